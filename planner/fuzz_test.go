// SPDX-License-Identifier: MIT

package planner_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/seed-f134cc8e/relkit/planner"
)

// FuzzParseGraph: no panic, errors or a graph; what is written reads back as
// the same graph.
func FuzzParseGraph(f *testing.F) {
	f.Add([]byte(`{"format":"planner-graph/1","nodes":[{"id":"a","kind":"source"},{"id":"b","kind":"binary"}],"edges":[[0,1,"build"],[1,0,"from"]]}`))
	f.Add([]byte(`{"format":"planner-graph/1","release":"f41","nodes":[{"id":"a","duration":"3s","labels":["x"],"arches":["y"],"bootstrap":true,"conduit":true}],"edges":[["a","b","run",{"weak":true,"evidence":"e","arches":["z"]}]]}`))
	f.Add([]byte(`{"format":"planner-graph/1","nodes":[],"edges":[[0,0,"build"]]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := planner.ParseGraph(data)
		if err != nil {
			return
		}
		out, err := g.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		back, err := planner.ParseGraph(out)
		if err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		if d := planner.DiffGraphs(g, back); !d.Empty() {
			t.Fatalf("%+v after %s", d, out)
		}
	})
}

// FuzzParseGraphText: the same for the text grammar.
func FuzzParseGraphText(f *testing.F) {
	f.Add(family)
	f.Add(tangle)
	f.Add("node \"a b\" conduit\nnode \"node\" \"x=y\" duration=1ns # end\n\"a b\" order \"node\" possible arch=x \"ev\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := planner.ParseGraphText(text)
		if err != nil || !utf8.ValidString(text) {
			return
		}
		var out bytes.Buffer
		if err := g.WriteText(&out); err != nil {
			t.Fatal(err)
		}
		back, err := planner.ParseGraphText(out.String())
		if err != nil {
			t.Fatalf("%v in %q", err, out.String())
		}
		if d := planner.DiffGraphs(g, back); !d.Empty() {
			t.Fatalf("%+v after %q", d, out.String())
		}
	})
}

// FuzzPlan: any request on any graph gives a plan that the brute-force oracle
// agrees with, and every question about it an answer.
func FuzzPlan(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) {
		rng := rand.New(rand.NewPCG(a, b))
		u := wild(rng)
		q := u.ask(rng)
		q.Cycles = planner.CyclePolicy(rng.IntN(3))
		g := u.graph(t)
		p, err := g.Plan(q)
		if err != nil {
			t.Fatal(err)
		}
		o := consult(u, q)
		if !slices.Equal(o.rebuild, p.Rebuild) {
			t.Fatalf("rebuilds %v instead of %v", p.Rebuild, o.rebuild)
		}
		for k, tier := range p.Tiers {
			for _, id := range tier.Members() {
				if o.level[id] != k {
					t.Fatalf("%s in tier %d instead of %d", id, k, o.level[id])
				}
			}
		}
		for _, n := range u.nodes {
			if _, err := p.Explain(n.ID); err != nil {
				t.Fatal(err)
			}
		}
		for i := range p.Cycles {
			if _, err := p.Cycle(i); err != nil {
				t.Fatal(err)
			}
		}
		_, _, _, _ = p.Text(), p.DOT(), p.SVG(), p.Digest()
	})
}

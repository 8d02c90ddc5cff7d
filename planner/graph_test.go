// SPDX-License-Identifier: MIT

package planner_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

func built(t testing.TB, fill func(b *planner.Builder)) *planner.Graph {
	t.Helper()
	var b planner.Builder
	fill(&b)
	g, err := b.Graph()
	require.NoError(t, err)
	return g
}

func TestNodesAddedTwiceAreUnited(t *testing.T) {
	parts := []planner.Node{
		{ID: "a", Kind: planner.KindBinary, Conduit: true},
		{ID: "a", Labels: []string{"x", "w"}},
		{ID: "a", Duration: 5, Bootstrap: true, Labels: []string{"x"}},
		{ID: "a", Duration: 3, Arches: []string{"s390x"}},
	}
	want := planner.Node{
		ID: "a", Kind: planner.KindBinary, Conduit: true, Arches: []string{"s390x"}, Labels: []string{"w", "x"},
		Duration: 5, Bootstrap: true,
	}
	for range 10 {
		rand.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		n, ok := built(t, func(b *planner.Builder) { b.AddNodes(parts) }).Node("a")
		assert.True(t, ok)
		assert.Equal(t, want, n)
	}
}

func TestEdgesKeepWhatDistinguishesThem(t *testing.T) {
	plain := planner.Edge{From: "a", To: "b"}
	weak, run, one, two := plain, plain, plain, plain
	weak.Weak, run.Kind = true, planner.EdgeRun
	one.Evidence, two.Arches = "BuildRequires: b", []string{"x86_64", "s390x", "x86_64"}
	g := built(t, func(b *planner.Builder) {
		b.AddEdges([]planner.Edge{weak, run, plain, two, one, plain, weak})
		b.AddNodes([]planner.Node{{ID: "b"}, {ID: "a"}})
	})
	two.Arches = []string{"s390x", "x86_64"}
	want := []planner.Edge{plain, two, one, weak, run}
	assert.Equal(t, want, slices.Collect(g.Edges()))
	assert.Equal(t, want, slices.Collect(g.Needs("a")))
	assert.Equal(t, want, slices.Collect(g.NeededBy("b")))
	for range g.Edges() {
		break // an iterator can be left
	}
	for range g.Nodes() {
		break
	}
	for range g.Needs("a") {
		break
	}
	for range g.NeededBy("b") {
		break
	}
}

func TestEdgesToNothingAreReported(t *testing.T) {
	e := planner.Edge{From: "a", To: "gone", Kind: planner.EdgeRun, Evidence: "Requires: gone"}
	g := built(t, func(b *planner.Builder) {
		b.AddEdge(e)
		b.AddEdge(planner.Edge{From: "lost", To: "a"})
		b.AddEdge(e)
		b.AddNode(planner.Node{ID: "a"})
	})
	assert.Equal(t, []planner.Edge{e, {From: "lost", To: "a"}}, g.Dangling())
	assert.Equal(t, 0, g.Size())
	assert.Equal(t, 2, g.Stats().Dangling)
	assert.Contains(t, mustPlan(t, g, planner.Request{All: true}).Text(), "2 edges with an end that it does not hold")
}

func TestWhatABuilderRefuses(t *testing.T) {
	ok := planner.Node{ID: "a", Kind: planner.KindSource}
	for name, c := range map[string]struct {
		fill func(b *planner.Builder)
		want string
	}{
		"an empty node id":         {func(b *planner.Builder) { b.AddNode(planner.Node{}) }, "node 0 has an empty id"},
		"an empty end":             {func(b *planner.Builder) { b.AddEdge(planner.Edge{From: "a"}) }, `edge "a" -> "" has an empty id`},
		"an empty end among many":  {func(b *planner.Builder) { b.AddEdges([]planner.Edge{{To: "a"}}) }, `edge "" -> "a" has an empty id`},
		"a negative duration":      {func(b *planner.Builder) { b.AddNode(planner.Node{ID: "a", Duration: -time.Second}) }, `node "a" has the negative duration -1s`},
		"two kinds":                {func(b *planner.Builder) { b.AddNodes([]planner.Node{ok, {ID: "a", Kind: "image"}}) }, `node "a" is both source and image`},
		"a conduit that is none":   {func(b *planner.Builder) { b.AddNodes([]planner.Node{ok, {ID: "a", Kind: "source", Conduit: true}}) }, `node "a" is both source and source (conduit)`},
		"an unknown edge kind":     {func(b *planner.Builder) { b.AddEdge(planner.Edge{From: "a", To: "b", Kind: 77}) }, `has the unknown kind EdgeKind(77)`},
		"an unknown kind of many":  {func(b *planner.Builder) { b.AddEdges([]planner.Edge{{From: "a", To: "a", Kind: 77}}) }, `has the unknown kind EdgeKind(77)`},
		"a label with a comma":     {func(b *planner.Builder) { b.AddNode(planner.Node{ID: "a", Labels: []string{"x,y"}}) }, `the label or architecture "x,y" is not a plain word`},
		"an architecture of words": {func(b *planner.Builder) { b.AddEdge(planner.Edge{From: "a", To: "b", Arches: []string{"x y"}}) }, `"x y" is not a plain word`},
		"a foreign ref":            {func(b *planner.Builder) { b.Connect(b.AddNode(ok), 7, 0) }, "edge 0 -> 7 with detail 0 is not of this builder (1 nodes)"},
		"a negative ref":           {func(b *planner.Builder) { b.Connect(-1, b.AddNode(ok), 0) }, "edge -1 -> 0"},
		"a foreign detail":         {func(b *planner.Builder) { b.Connect(b.AddNode(ok), 0, 9) }, "with detail 9"},
		"a negative detail":        {func(b *planner.Builder) { b.Connect(b.AddNode(ok), 0, -1) }, "with detail -1"},
		"lists of two lengths":     {func(b *planner.Builder) { b.ConnectAll([]planner.Ref{0}, nil, nil) }, "edges of 1 from, 0 to and 0 details"},
	} {
		var b planner.Builder
		c.fill(&b)
		g, err := b.Graph()
		assert.Nil(t, g, name)
		assert.ErrorIs(t, err, planner.ErrInvalid, name)
		assert.ErrorContains(t, err, c.want, name)
		_, err = b.Graph()
		assert.NoError(t, err, "%s: the builder is empty afterwards", name)
	}
	var b planner.Builder
	for range 25 {
		b.AddNode(planner.Node{})
	}
	_, err := b.Graph()
	assert.ErrorContains(t, err, "and 15 more mistakes")
}

func TestEveryWayIntoABuilderGivesTheSameGraph(t *testing.T) {
	for seed := range uint64(200) {
		u := wild(rand.New(rand.NewPCG(seed, 2)))
		want := u.text(t)
		one := built(t, func(b *planner.Builder) {
			b.Grow(len(u.nodes), len(u.edges))
			first := b.AddNodes(u.nodes)
			for _, e := range u.edges {
				ref := func(id planner.ID) planner.Ref {
					return first + planner.Ref(slices.IndexFunc(u.nodes, func(n planner.Node) bool { return n.ID == id }))
				}
				b.Connect(ref(e.From), ref(e.To), b.Detail(e))
			}
		})
		many := built(t, func(b *planner.Builder) {
			b.AddNodes(u.nodes)
			b.AddEdges(u.edges)
		})
		for _, g := range []*planner.Graph{one, many} {
			data, err := g.MarshalJSON()
			require.NoError(t, err)
			require.Equal(t, want, string(data), "seed %d", seed)
		}
	}
}

func TestGraphFilesSurviveARoundTrip(t *testing.T) {
	graphs := []*planner.Graph{parsed(t, family+"x run nothing\n"), parsed(t, tangle), built(t, func(b *planner.Builder) {
		b.Release = "f 41"
		b.AddNode(planner.Node{ID: "node", Kind: "a kind", Conduit: true})
		b.AddNode(planner.Node{ID: "release", Kind: "conduit"})
		b.AddNode(planner.Node{ID: "#x", Kind: planner.KindBinary})
		b.AddNode(planner.Node{ID: "with \"quotes\" and\nlines", Duration: 1})
		b.AddNode(planner.Node{ID: "ünï", Labels: []string{"größe"}, Arches: []string{"x=y"}})
		b.AddEdge(planner.Edge{From: "#x", To: "ünï", Kind: planner.EdgeOrder, Possible: true, Arches: []string{"a", "b"}, Evidence: "arch=no"})
	})}
	for seed := range uint64(50) {
		graphs = append(graphs, wild(rand.New(rand.NewPCG(seed, 3))).graph(t))
	}
	for _, g := range graphs {
		data, err := g.MarshalJSON()
		require.NoError(t, err)
		back, err := planner.ParseGraph(data)
		require.NoError(t, err, "%s", data)
		assert.True(t, planner.DiffGraphs(g, back).Empty(), "%s", data)
		assert.Equal(t, g.Dangling(), back.Dangling())
		assert.Equal(t, g.Release(), back.Release())

		var text bytes.Buffer
		require.NoError(t, g.WriteText(&text))
		back, err = planner.ParseGraphText(text.String())
		require.NoError(t, err, "%s", text.String())
		assert.True(t, planner.DiffGraphs(g, back).Empty(), "%s", text.String())
	}
}

func TestGraphFilesNameTheirMistakes(t *testing.T) {
	file := func(nodes, edges string) string {
		return `{"format":"planner-graph/1","nodes":[` + nodes + `],"edges":[` + edges + `]}`
	}
	for text, want := range map[string]string{
		``:                                       "unexpected end",
		`{}`:                                     "no format",
		`[1]`:                                    "cannot unmarshal array",
		`{"format":"planner-graph/2"}`:           `the format "planner-graph/2"`,
		file(`{"id":""}`, ``):                    "empty id",
		file(`{"id":"a","duration":"soon"}`, ``): `nodes[0] "a"`,
		file(`{"id":"a","duration":"-3s"}`, ``):  "negative duration",
		file(`{"id":"a"}`, `[0,1,"build"]`):      "there are only 1 nodes",
		file(`{"id":"a"}`, `[0,0,"build"],[0,99999999999,"x"]`): "edges[1]",
		file(`{"id":"a"}`, `[0,-1,"build"]`):                    "neither a position nor an id",
		file(`{"id":"a"}`, `[0,0.5,"build"]`):                   "neither a position nor an id",
		file(`{"id":"a"}`, `[0,0,"builds"]`):                    `unknown edge kind "builds"`,
		file(`{"id":"a"}`, `[0,0,7]`):                           "edges[0]",
		file(`{"id":"a"}`, `[0,0]`):                             "2 elements, not 3 or 4",
		file(`{"id":"a"}`, `{}`):                                "edges[0]",
		file(`{"id":"a"}`, `[0,0,"run",{"weak":1}]`):            "edges[0]",
		file(`{"id":"a"}`, `["a","","run"]`):                    "empty id",
	} {
		_, err := planner.ParseGraph([]byte(text))
		assert.ErrorIs(t, err, planner.ErrInvalid, text)
		assert.ErrorContains(t, err, want, text)
	}
	for text, want := range map[string]string{
		"node":                        "line 1: a node line holds an id",
		"\nnode a source fast":        `line 2: unknown node word "fast"`,
		"node a source duration=soon": "line 1: ",
		"node a source duration=-1s":  "negative duration",
		"a build":                     "an edge line holds at least three words",
		"a needs b":                   `unknown edge kind "needs"`,
		"a build b hard":              `unknown edge word "hard"`,
		`a build "b`:                  "quote that does not end",
		`a build "b"c`:                "text right after the quote",
		"release":                     "a release line holds one label",
		"node a label=,":              "",
		"node \"\"":                   "empty id",
		"node a source\nnode a image": "is both",
		"node a source label=x\"y":    "not a plain word",
	} {
		_, err := planner.ParseGraphText(text)
		if want == "" {
			assert.NoError(t, err, text)
			continue
		}
		assert.ErrorIs(t, err, planner.ErrInvalid, text)
		assert.ErrorContains(t, err, want, text)
	}
}

// brokenWriter fails after some bytes.
type brokenWriter struct{ left int }

var errBroken = errors.New("disk full")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWriteErrorsAreReturned(t *testing.T) {
	s := synthetic{nodes: 6000, deps: 3, state: 1}
	g := s.graph(t, s.ids(), nil)
	for _, room := range []int{0, 70_000, 300_000} {
		assert.ErrorIs(t, g.WriteJSON(&brokenWriter{room}), errBroken)
		assert.ErrorIs(t, g.WriteText(&brokenWriter{room}), errBroken)
	}
}

func TestEnumsNameThemselves(t *testing.T) {
	for k := planner.EdgeBuild; k <= planner.EdgeOrder; k++ {
		text, err := k.MarshalText()
		require.NoError(t, err)
		var back planner.EdgeKind
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, k, back)
	}
	for c := planner.CycleSeeded; c <= planner.CycleRefuse; c++ {
		text, err := c.MarshalText()
		require.NoError(t, err)
		var back planner.CyclePolicy
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, c, back)
	}
	assert.Equal(t, "EdgeKind(7)", planner.EdgeKind(7).String())
	assert.Equal(t, "CyclePolicy(7)", planner.CyclePolicy(7).String())
	_, err := planner.EdgeKind(7).MarshalText()
	assert.ErrorIs(t, err, planner.ErrInvalid)
	_, err = planner.CyclePolicy(7).MarshalText()
	assert.ErrorIs(t, err, planner.ErrInvalid)
	assert.ErrorIs(t, new(planner.EdgeKind).UnmarshalText([]byte("x")), planner.ErrInvalid)
	assert.ErrorIs(t, new(planner.CyclePolicy).UnmarshalText([]byte("x")), planner.ErrInvalid)
}

func TestAGraphIsSafeForConcurrentUse(t *testing.T) {
	s := synthetic{nodes: 2000, deps: 4, window: 50, state: 1}
	ids := s.ids()
	g := s.graph(t, ids, func(add func(from, to int)) { add(10, 20); add(500, 510) })
	want := mustPlan(t, g, planner.Request{Changed: ids[5:6]})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				p, err := g.Plan(planner.Request{Changed: ids[5:6]})
				if err != nil || p.Digest() != want.Digest() || fmt.Sprint(p.Tiers) != fmt.Sprint(want.Tiers) {
					t.Error("another plan")
				}
				if _, err := want.Explain(ids[1999]); err != nil {
					t.Error(err)
				}
				if _, err := want.Cycle(0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestManyIDsInAnyOrder(t *testing.T) {
	s := synthetic{nodes: 5000, deps: 3, state: 9}
	ids := s.ids()
	for i := range ids {
		ids[i] += planner.ID(strings.Repeat("x", i%7)) // keeps the order, not the lengths
	}
	want := s.graph(t, ids, nil)
	orders := [][]int{rand.New(rand.NewPCG(1, 1)).Perm(len(ids))}
	for _, runs := range []int{2, 3, 4, 5, 9} { // ascending runs are merged
		var order []int
		for r := range runs {
			for i := r; i < len(ids); i += runs {
				order = append(order, i)
			}
		}
		orders = append(orders, order)
	}
	for k, order := range orders {
		got := built(t, func(b *planner.Builder) {
			for _, i := range order {
				b.AddNode(planner.Node{ID: ids[i], Kind: planner.KindSource})
			}
			s.each(func(from, to int) { b.AddEdge(planner.Edge{From: ids[from], To: ids[to]}) })
		})
		assert.True(t, planner.DiffGraphs(want, got).Empty(), "order %d", k)
	}
}

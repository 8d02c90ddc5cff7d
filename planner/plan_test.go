// SPDX-License-Identifier: MIT

package planner_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/planner"
)

func parsed(t testing.TB, text string) *planner.Graph {
	t.Helper()
	g, err := planner.ParseGraphText(text)
	require.NoError(t, err)
	return g
}

// tiersOf writes tiers as "a b | c".
func tiersOf(p *planner.Plan) string {
	var parts []string
	for _, tier := range p.Tiers {
		parts = append(parts, joined(tier.Members(), " "))
	}
	return strings.Join(parts, " | ")
}

const family = `
release f41
node a source label=ring0 duration=10m
node b source label=ring1 duration=5m
node c source label=ring1,perl
node d source label=ring2 arch=x86_64
node a-libs binary
node e image
a-libs from a
b build a-libs "BuildRequires: liba.so.1()(64bit)"
c build a-libs "BuildRequires: a-devel >= 2"
d build b
d run c weak
e contains d
`

func TestRequestsBoundThePlan(t *testing.T) {
	change := []planner.ID{"a"}
	for name, c := range map[string]struct {
		request planner.Request
		want    string
		leftOut string
	}{
		"everything that needs the change":          {planner.Request{Changed: change}, "a | b c | d | e", ""},
		"nothing changed":                           {planner.Request{}, "", ""},
		"a mass rebuild needs no change":            {planner.Request{All: true}, "a | b c | d | e", ""},
		"a mass rebuild obeys exclusions":           {planner.Request{All: true, Exclude: []planner.ID{"b", "c"}}, "a d | e", ""},
		"hops count buildable nodes only":           {planner.Request{Changed: change, MaxDepth: new(1)}, "a | b c", ""},
		"no hops":                                   {planner.Request{Changed: change, MaxDepth: new(0)}, "a", ""},
		"edge kinds":                                {planner.Request{Changed: change, Kinds: []planner.EdgeKind{planner.EdgeBuild, planner.EdgeFrom}}, "a | b c | d", ""},
		"no kinds at all":                           {planner.Request{Changed: change, Kinds: []planner.EdgeKind{}}, "a", ""},
		"the changed node is built already":         {planner.Request{Changed: change, OmitChanged: true}, "b c | d | e", ""},
		"a stop label ends the spread":              {planner.Request{Changed: change, StopLabels: []string{"ring1"}}, "a | b c", ""},
		"a node expected to come out equal":         {planner.Request{Changed: change, StopAt: []planner.ID{"b"}}, "a | b c | d | e", ""},
		"both ways expected to come out equal":      {planner.Request{Changed: change, StopAt: []planner.ID{"b", "c"}}, "a | b c", ""},
		"a blocked node neither builds nor spreads": {planner.Request{Changed: change, Block: []string{"[bc]"}}, "a", "b: block [bc], c: block [bc]"},
		"blocked by label":                          {planner.Request{Changed: change, Block: []string{"label:ring1"}}, "a", "b: block label:ring1, c: block label:ring1"},
		"blocked by kind":                           {planner.Request{Changed: change, Block: []string{"kind:image"}}, "a | b c | d", "e: block kind:image"},
		"only what is allowed":                      {planner.Request{Changed: change, Allow: []string{"a", "b"}}, "a | b", "c: not allowed, d: not allowed"},
		"a blocked change":                          {planner.Request{Changed: change, Block: []string{"a"}}, "", "a: block a"},
		"a lost soname reaches its users":           {planner.Request{Changed: change, ABI: []string{"liba.so.1()(64bit)"}}, "a | b | d | e", ""},
		"a name with a version in the evidence":     {planner.Request{Changed: change, ABI: []string{"a-devel"}}, "a | c | d | e", ""},
		"nothing was lost":                          {planner.Request{Changed: change, ABI: []string{}}, "a", ""},
		"one architecture":                          {planner.Request{Changed: change, Arches: []string{"aarch64"}}, "a | b c", "d: built for other architectures: x86_64"},
		"a given list is only ordered":              {planner.Request{Select: []planner.ID{"c", "a", "e", "a-libs"}}, "a e | c", ""},
		"a given list and a rule":                   {planner.Request{Select: []planner.ID{"c", "a"}, Block: []string{"c"}}, "a", "c: block c"},
		"an empty list":                             {planner.Request{Changed: change, Select: []planner.ID{}}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := parsed(t, family)
			p := mustPlan(t, g, c.request)
			assert.Equal(t, c.want, tiersOf(p))
			var left []string
			for _, l := range p.LeftOut {
				left = append(left, fmt.Sprintf("%s: %s", l.ID, l.Rule))
			}
			assert.Equal(t, c.leftOut, strings.Join(left, ", "))
			z, err := g.Measure(c.request)
			require.NoError(t, err)
			assert.Equal(t, []int{p.Affected, len(p.Rebuild)}, []int{z.Affected, z.Rebuild}, "measure")
			assert.Equal(t, p.Work, z.Work)
			assert.Equal(t, p.Unestimated, z.Unestimated)
		})
	}
}

func TestOrderEdgesOrderAndCauseNothing(t *testing.T) {
	g := parsed(t, "node a source\nnode b source\nnode c source\nnode x binary\nb order x\nx order a\nc build b\n")
	assert.Equal(t, "a", tiersOf(mustPlan(t, g, planner.Request{Changed: []planner.ID{"a"}})))
	assert.Equal(t, "a | b | c", tiersOf(mustPlan(t, g, planner.Request{Changed: []planner.ID{"a", "b"}})))
}

func TestPossibleEdgesSpreadOnRequestAndNeverOrder(t *testing.T) {
	g := parsed(t, "node a source\nnode b source\nb build a possible\n")
	assert.Equal(t, "a", tiersOf(mustPlan(t, g, planner.Request{Changed: []planner.ID{"a"}})))
	assert.Equal(t, "a b", tiersOf(mustPlan(t, g, planner.Request{Changed: []planner.ID{"a"}, Possible: true})))
}

func TestArchEdgesHoldForTheirArchitectures(t *testing.T) {
	g := parsed(t, "node a source\nnode b source\nb build a arch=s390x,x86_64\n")
	for arch, want := range map[string]string{"x86_64": "a | b", "aarch64": "a"} {
		assert.Equal(t, want, tiersOf(mustPlan(t, g, planner.Request{Changed: []planner.ID{"a"}, Arches: []string{arch}})), arch)
	}
	p := mustPlan(t, g, planner.Request{Changed: []planner.ID{"a", "b"}, Arches: []string{"aarch64"}})
	assert.Equal(t, "a b", tiersOf(p), "an edge of another architecture does not order")
}

func TestALargePlanIsHeldWithAReport(t *testing.T) {
	g := parsed(t, family)
	q := planner.Request{Changed: []planner.ID{"a"}, Limits: planner.Limits{
		Nodes: 3, Work: 10 * time.Minute, PerLabel: map[string]int{"ring1": 1, "ring2": 5, "perl": 0},
	}}
	p := mustPlan(t, g, q)
	var text []string
	for _, h := range p.Held {
		text = append(text, h.String())
	}
	assert.Equal(t, []string{"5 rebuilds, limit 3", "work 15m, limit 10m", "2 rebuilds with label ring1, limit 1"}, text)
	assert.Equal(t, 15*time.Minute, p.Work)
	assert.Equal(t, 3, p.Unestimated)
	z, err := g.Measure(q)
	require.NoError(t, err)
	assert.Equal(t, p.Held, z.Held)

	q.Durations = func(planner.ID) time.Duration { return 1<<63 - 1 }
	assert.Equal(t, time.Duration(1<<63-1), mustPlan(t, g, q).Work, "work does not run over")
}

func TestUnknownIDsAreReportedOnceAndSorted(t *testing.T) {
	q := planner.Request{
		Changed: []planner.ID{"zz", "a", "b", "zz"}, Exclude: []planner.ID{"yy"}, Select: []planner.ID{"xx", "a"}, StopAt: []planner.ID{"ww"},
		CyclesOf: map[planner.ID]planner.CyclePolicy{"vv": 0, "a": 0},
	}
	p := mustPlan(t, parsed(t, family), q)
	assert.Equal(t, []planner.ID{"vv", "ww", "xx", "yy", "zz"}, p.Unknown)
	z, err := parsed(t, family).Measure(q)
	require.NoError(t, err)
	assert.Equal(t, p.Unknown, z.Unknown)
	assert.Equal(t, "a", tiersOf(p))
}

func TestRequestsThatMakeNoSenseAreErrors(t *testing.T) {
	for name, q := range map[string]planner.Request{
		"unknown edge kind":       {Kinds: []planner.EdgeKind{200}},
		"negative depth":          {MaxDepth: new(-1)},
		"negative passes":         {Passes: -1},
		"negative node limit":     {Limits: planner.Limits{Nodes: -1}},
		"negative work limit":     {Limits: planner.Limits{Work: -time.Second}},
		"negative label limit":    {Limits: planner.Limits{PerLabel: map[string]int{"x": -1}}},
		"unknown cycle policy":    {Cycles: 99},
		"unknown policy of a one": {CyclesOf: map[planner.ID]planner.CyclePolicy{"a": 99}},
		"a rule that is no glob":  {Block: []string{"["}},
		"an empty rule":           {Allow: []string{"label:"}},
	} {
		_, err := parsed(t, family).Plan(q)
		assert.ErrorIs(t, err, planner.ErrInvalid, name)
		_, err = parsed(t, family).Measure(q)
		assert.ErrorIs(t, err, planner.ErrInvalid, name)
	}
}

func TestAChainOfAMillionIsPlannedAndExplained(t *testing.T) {
	if testing.Short() {
		t.Skip("plans a chain of a million")
	}
	ids := synthetic{nodes: 1_000_000}.ids()
	for _, ring := range []bool{false, true} {
		n := len(ids)
		if ring {
			n /= 5
		}
		var b planner.Builder
		b.Grow(n, n)
		for _, id := range ids[:n] {
			b.AddNode(planner.Node{ID: id})
		}
		for i := 1; i < n; i++ {
			b.Connect(planner.Ref(i), planner.Ref(i-1), 0)
		}
		if ring {
			b.Connect(0, planner.Ref(n-1), 0)
		}
		g, err := b.Graph()
		require.NoError(t, err)
		p := mustPlan(t, g, planner.Request{Changed: ids[:1]})
		if ring {
			require.Len(t, p.Tiers, 1)
			require.Len(t, p.Cycles[0], n)
			c, err := p.Cycle(0)
			require.NoError(t, err)
			require.Len(t, c.Witness, n)
			require.Len(t, c.Cut, 1)
			continue
		}
		require.Len(t, p.Tiers, n)
		x, err := p.Explain(ids[n-1])
		require.NoError(t, err)
		require.Len(t, x.Path, n)
		require.Equal(t, ids[n-2], x.Bottleneck)
		x, err = p.Explain(ids[1])
		require.NoError(t, err)
		require.Equal(t, n-1, x.Brings)
	}
}

func TestZeroValuesAreEmpty(t *testing.T) {
	var g planner.Graph
	p := mustPlan(t, &g, planner.Request{All: true, Changed: []planner.ID{"x"}})
	assert.Empty(t, p.Rebuild)
	assert.Equal(t, []planner.ID{"x"}, p.Unknown)
	assert.Equal(t, planner.Stats{Kinds: []planner.Count{}, EdgeKinds: []planner.Count{}}, g.Stats())
	_, ok := g.Node("x")
	assert.False(t, ok)
	for range g.NeededBy("x") {
		t.Error("an edge")
	}
	for range g.Needs("x") {
		t.Error("an edge")
	}

	var made planner.Plan // not by Graph.Plan
	require.NoError(t, json.Unmarshal([]byte(`{"rebuild":["a"],"tiers":[{"groups":[["a"]]}],"cycles":[["b","c"]]}`), &made))
	_, err := made.Explain("a")
	assert.ErrorIs(t, err, planner.ErrInvalid)
	_, err = made.Cycle(0)
	assert.ErrorIs(t, err, planner.ErrInvalid)
	assert.Empty(t, made.Digest())
	assert.Empty(t, made.Bottlenecks(-1))
	assert.Nil(t, made.Graph())
	assert.Contains(t, made.Text(), "1 rebuild in 1 tier")
	assert.Contains(t, made.DOT(), "tier 0")
	assert.Contains(t, made.SVG(), "tier 0")
	assert.False(t, planner.DiffPlans(&made, p).Empty())
}

func TestTheDigestFollowsWhatIsPlanned(t *testing.T) {
	q := planner.Request{Changed: []planner.ID{"a"}}
	base := mustPlan(t, parsed(t, family), q).Digest()
	assert.Equal(t, base, mustPlan(t, parsed(t, family+"node lone source\n"), q).Digest(), "a node without part in it")
	assert.NotEqual(t, base, mustPlan(t, parsed(t, family+"e build b\n"), q).Digest(), "another need")
	assert.NotEqual(t, base, mustPlan(t, parsed(t, strings.Replace(family, "f41", "f42", 1)), q).Digest(), "another release")
	q.Passes = 3
	assert.NotEqual(t, base, mustPlan(t, parsed(t, family), q).Digest(), "other passes")
	ring := mustPlan(t, parsed(t, tangle), planner.Request{All: true}).Digest()
	assert.NotEqual(t, ring, mustPlan(t, parsed(t, tangle), planner.Request{All: true, Cycles: planner.CycleTogether}).Digest())
	assert.NotEqual(t, ring, mustPlan(t, parsed(t, strings.Replace(tangle, "build doc weak", "build doc", 1)), planner.Request{All: true}).Digest())
}

func TestRenderings(t *testing.T) {
	for _, name := range []string{"family", "tangle"} {
		data, err := os.ReadFile(filepath.Join("testdata", "graph", name+".txt"))
		require.NoError(t, err)
		g := parsed(t, string(data))
		p := mustPlan(t, g, planner.Request{
			Changed: []planner.ID{"rpms/zlib", "rpms/<odd> & \"co\"", "rpms/none"}, Block: []string{"rpms/kernel*"},
			Limits: planner.Limits{Nodes: 4},
		})
		out := filepath.Join("testdata", "plan", name)
		golden.Compare(t, out+".txt", []byte(p.Text()))
		golden.Compare(t, out+".dot", []byte(p.DOT()))
		golden.Compare(t, out+".graph.dot", []byte(g.DOT()))
		golden.Compare(t, out+".svg", []byte(p.SVG()))
		text, err := json.MarshalIndent(p, "", "\t")
		require.NoError(t, err)
		golden.Compare(t, out+".json", append(text, '\n'))
		dec := xml.NewDecoder(strings.NewReader(p.SVG()))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("the picture is no XML: %v", err)
			}
		}
	}
}

func TestLargePicturesStayBounded(t *testing.T) {
	s := synthetic{nodes: 20_000, deps: 5, window: 10, state: 1}
	p := mustPlan(t, s.graph(t, s.ids(), nil), planner.Request{All: true})
	assert.Less(t, len(p.SVG()), 20_000*300)
	wide := synthetic{nodes: 3000, deps: 0}
	p = mustPlan(t, wide.graph(t, wide.ids(), nil), planner.Request{All: true})
	assert.Contains(t, p.SVG(), "and 2940 more")
}

func TestPlansDiffer(t *testing.T) {
	g := parsed(t, family)
	before := mustPlan(t, g, planner.Request{Changed: []planner.ID{"a"}})
	assert.Equal(t, "no difference\n", planner.DiffPlans(before, before).Text())
	after := mustPlan(t, g, planner.Request{Changed: []planner.ID{"b", "c"}})
	d := planner.DiffPlans(before, after)
	assert.Equal(t, []planner.ID{"a"}, d.Removed)
	assert.Equal(t, planner.Move{ID: "e", Before: 3, After: 2}, d.Moved[3])
	back := planner.DiffPlans(after, before)
	assert.Equal(t, []planner.ID{"a"}, back.Added)
	assert.True(t, slices.IsSortedFunc(back.Moved, func(x, y planner.Move) int { return strings.Compare(string(x.ID), string(y.ID)) }))
}

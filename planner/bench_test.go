// SPDX-License-Identifier: MIT

package planner_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

// benchInput is a graph taken apart, as a program that reads package metadata
// would have it.
type benchInput struct {
	nodes    []planner.Node
	from, to []planner.Ref
	kind     []planner.Detail
	evidence []int32 // into names; -1 for none
	names    []string
}

// srcbin is a graph in the shape of a distribution: sources that need binary
// packages to build, binaries that come from sources and need each other at
// run time. With a corpus it is the real one; otherwise one made up in the
// same size.
func srcbin(tb testing.TB) *benchInput {
	tb.Helper()
	in := &benchInput{}
	if root := os.Getenv("RELKIT_CORPUS"); root != "" {
		var file struct {
			Nodes []planner.Node `json:"nodes"`
			Edges []jsonEdge     `json:"edges"`
		}
		data := corpusBytes(tb, "graphs", "bookworm-srcbin.json.gz")
		require.NoError(tb, json.Unmarshal(data, &file), filepath.Base(root))
		for _, n := range file.Nodes {
			n.Conduit = n.Kind == planner.KindBinary
			in.nodes = append(in.nodes, n)
		}
		for _, e := range file.Edges {
			in.add(e.from, e.to, e.kind)
		}
		return in
	}
	const sources, binaries = 34_288, 63_436
	s := synthetic{nodes: sources + binaries, deps: 1, state: 7}
	for _, id := range s.ids() {
		n := planner.Node{ID: "binary/" + id, Kind: planner.KindBinary, Conduit: true}
		if len(in.nodes) >= binaries {
			n = planner.Node{ID: "rpms/" + id, Kind: planner.KindSource}
		}
		in.nodes = append(in.nodes, n)
	}
	draw := synthetic{nodes: 2, deps: 1 << 30, state: 42}.numbers()
	below := func(limit int) int { // small numbers are needed most
		a, b := draw()%uint64(limit), draw()%uint64(limit)
		return int(min(a, b))
	}
	for b := range binaries {
		in.add(b, binaries+b*sources/binaries, planner.EdgeFrom)
		for range 4 {
			if b > 0 {
				in.add(b, below(b), planner.EdgeRun)
			}
		}
	}
	for s := range sources {
		for range 8 {
			in.add(binaries+s, below(min(binaries, 100+s*2)), planner.EdgeBuild)
		}
	}
	return in
}

type jsonEdge struct {
	from, to int
	kind     planner.EdgeKind
}

func (e *jsonEdge) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&e.from, &e.to, &e.kind})
}

// add adds an edge; build edges carry the name they were written as.
func (in *benchInput) add(from, to int, kind planner.EdgeKind) {
	in.from = append(in.from, planner.Ref(from))
	in.to = append(in.to, planner.Ref(to))
	in.kind = append(in.kind, planner.Detail(kind))
	evidence := int32(-1)
	if kind == planner.EdgeBuild {
		evidence = int32(to)
		for len(in.names) < len(in.nodes) {
			in.names = append(in.names, "BuildRequires: "+string(in.nodes[len(in.names)].ID))
		}
	}
	in.evidence = append(in.evidence, evidence)
}

// interned builds the graph by numbers.
func (in *benchInput) interned(tb testing.TB) *planner.Graph {
	var b planner.Builder
	b.AddNodes(in.nodes)
	b.ConnectAll(in.from, in.to, in.kind)
	g, err := b.Graph()
	require.NoError(tb, err)
	return g
}

// edges returns the edges by id, with evidence.
func (in *benchInput) edges() []planner.Edge {
	list := make([]planner.Edge, len(in.from))
	for i, f := range in.from {
		list[i] = planner.Edge{From: in.nodes[f].ID, To: in.nodes[in.to[i]].ID, Kind: planner.EdgeKind(in.kind[i])}
		if e := in.evidence[i]; e >= 0 {
			list[i].Evidence = in.names[e]
		}
	}
	return list
}

func planAll(tb testing.TB, g *planner.Graph) *planner.Plan {
	p, err := g.Plan(planner.Request{All: true})
	require.NoError(tb, err)
	return p
}

// BenchmarkInterned goes from edges by number to tiers, on 97,724 nodes and
// 597,676 edges.
func BenchmarkInterned(b *testing.B) {
	in := srcbin(b)
	b.ReportAllocs()
	for b.Loop() {
		planAll(b, in.interned(b))
	}
}

// BenchmarkInternedEvidence does the same with the evidence of every build
// edge.
func BenchmarkInternedEvidence(b *testing.B) {
	in := srcbin(b)
	b.ReportAllocs()
	for b.Loop() {
		var x planner.Builder
		x.Grow(len(in.nodes), len(in.from))
		for _, n := range in.nodes {
			x.AddNode(n)
		}
		details := make([]planner.Detail, len(in.names))
		for i, name := range in.names {
			details[i] = x.Detail(planner.Edge{Kind: planner.EdgeBuild, Evidence: name})
		}
		for i, f := range in.from {
			d := in.kind[i]
			if e := in.evidence[i]; e >= 0 {
				d = details[e]
			}
			x.Connect(f, in.to[i], d)
		}
		g, err := x.Graph()
		require.NoError(b, err)
		planAll(b, g)
	}
}

// BenchmarkStrings goes from edges by id, with evidence, to tiers on the same
// graph.
func BenchmarkStrings(b *testing.B) {
	in := srcbin(b)
	edges := in.edges()
	for _, c := range []struct {
		name  string
		edges []planner.Edge
	}{{"plain", stripEvidence(edges)}, {"evidence", edges}} {
		edges := c.edges
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var x planner.Builder
				x.AddNodes(in.nodes)
				x.AddEdges(edges)
				g, err := x.Graph()
				require.NoError(b, err)
				planAll(b, g)
			}
		})
	}
}

func stripEvidence(edges []planner.Edge) []planner.Edge {
	list := make([]planner.Edge, len(edges))
	for i, e := range edges {
		e.Evidence = ""
		list[i] = e
	}
	return list
}

// BenchmarkLarge goes from edges by number to tiers on the synthetic graphs
// of the corpus: 10^5 and 10^6 nodes with ten edges each. live-B/edge is what
// graph and plan keep; B/op by edges is what they take all in all.
func BenchmarkLarge(b *testing.B) {
	for _, s := range []struct {
		name string
		synthetic
	}{
		{"uniform/nodes=1e5", synthetic{nodes: 100_000, deps: 10, state: 42}},
		{"uniform/nodes=1e6", synthetic{nodes: 1_000_000, deps: 10, state: 42}},
		{"window/nodes=1e5", synthetic{nodes: 100_000, deps: 10, window: 1000, state: 42}},
		{"window/nodes=1e6", synthetic{nodes: 1_000_000, deps: 10, window: 1000, state: 42}},
	} {
		b.Run(s.name, func(b *testing.B) {
			ids := s.ids()
			nodes := make([]planner.Node, len(ids))
			for i, id := range ids {
				nodes[i] = planner.Node{ID: id, Kind: planner.KindSource}
			}
			var from, to []planner.Ref
			s.each(func(f, t int) { from, to = append(from, planner.Ref(f)), append(to, planner.Ref(t)) })
			kinds := make([]planner.Detail, len(from)) // all EdgeBuild
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var p *planner.Plan
			b.ReportAllocs()
			for b.Loop() {
				var x planner.Builder
				x.AddNodes(nodes)
				x.ConnectAll(from, to, kinds)
				g, err := x.Graph()
				require.NoError(b, err)
				p = planAll(b, g)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/float64(len(from)), "live-B/edge")
			runtime.KeepAlive([]any{p, nodes, from, to, kinds})
		})
	}
}

// BenchmarkChange plans one change on a kept graph of 97,724 nodes: the one
// with the most dependents, and a typical one.
func BenchmarkChange(b *testing.B) {
	in := srcbin(b)
	g := in.interned(b)
	core := planner.ID(g.Stats().MostNeeded.Name)
	for _, c := range []struct {
		name string
		id   planner.ID
	}{{"core", core}, {"leaf", in.nodes[len(in.nodes)-1].ID}} {
		q := planner.Request{Changed: []planner.ID{c.id}}
		b.Run("plan/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := g.Plan(q)
				require.NoError(b, err)
			}
		})
		b.Run("measure/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := g.Measure(q)
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkExplain answers why one rebuild of a large plan is in it, the first
// question included and not.
func BenchmarkExplain(b *testing.B) {
	in := srcbin(b)
	g := in.interned(b)
	q := planner.Request{Changed: []planner.ID{planner.ID(g.Stats().MostNeeded.Name)}}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			p, err := g.Plan(q)
			require.NoError(b, err)
			_, err = p.Explain(p.Rebuild[len(p.Rebuild)-1])
			require.NoError(b, err)
		}
	})
	b.Run("next", func(b *testing.B) {
		p, err := g.Plan(q)
		require.NoError(b, err)
		for b.Loop() {
			_, err = p.Explain(p.Rebuild[len(p.Rebuild)-1])
			require.NoError(b, err)
		}
	})
}

// BenchmarkCycle works out how the largest cycle group is gone through.
func BenchmarkCycle(b *testing.B) {
	in := srcbin(b)
	g := in.interned(b)
	for b.Loop() {
		p := planAll(b, g)
		big := 0
		for i, c := range p.Cycles {
			if len(c) > len(p.Cycles[big]) {
				big = i
			}
		}
		if len(p.Cycles) > 0 {
			_, err := p.Cycle(big)
			require.NoError(b, err)
		}
	}
}

// BenchmarkFeedbackArcs opens the largest cycle group of the direct build
// edges between sources (4,850 nodes and 38,421 edges with a corpus), and
// reports how many edges the first pass goes without. Cutting what a
// depth-first search finds to lead back would take 20,008, the greedy order of
// Eades, Lin and Smyth alone 1,877.
func BenchmarkFeedbackArcs(b *testing.B) {
	in := srcbin(b)
	source := make([]planner.Ref, len(in.nodes)) // of a binary
	for i, f := range in.from {
		if in.kind[i] == planner.Detail(planner.EdgeFrom) {
			source[f] = in.to[i]
		}
	}
	var x planner.Builder
	x.AddNodes(in.nodes)
	for i, f := range in.from {
		if to := source[in.to[i]]; in.kind[i] == planner.Detail(planner.EdgeBuild) && to != f {
			x.Connect(f, to, 0)
		}
	}
	g, err := x.Graph()
	require.NoError(b, err)
	edges, cut := 0, 0
	for b.Loop() {
		p := planAll(b, g)
		if len(p.Cycles) == 0 {
			b.Skip("nothing is circular")
		}
		big := 0
		for i, c := range p.Cycles {
			if len(c) > len(p.Cycles[big]) {
				big = i
			}
		}
		c, err := p.Cycle(big)
		require.NoError(b, err)
		cut, edges = len(c.Cut), len(c.Members)
	}
	b.ReportMetric(float64(cut), "cut-edges")
	b.ReportMetric(float64(edges), "members")
}

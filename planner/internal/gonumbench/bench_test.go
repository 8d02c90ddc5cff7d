// SPDX-License-Identifier: MIT

package gonumbench

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
	"gonum.org/v1/gonum/graph/traverse"

	"github.com/seed-f134cc8e/relkit/planner"
)

var large = flag.Bool("large", false, "run the graph of 10^6 nodes and 10^7 edges through gonum too")

// input is a graph as numbers, with a name for each node.
type input struct {
	ids      []planner.ID
	conduit  []bool
	nodes    []planner.Node
	from, to []planner.Ref
	kind     []planner.Detail
}

func numbers(state uint64) func() uint64 {
	return func() uint64 {
		state += 0x9E3779B97F4A7C15
		z := state
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		return z ^ z>>31
	}
}

func (in *input) add(from, to int, kind planner.EdgeKind) {
	in.from = append(in.from, planner.Ref(from))
	in.to = append(in.to, planner.Ref(to))
	in.kind = append(in.kind, planner.Detail(kind))
}

// distribution is the graph of 97,724 nodes.
func distribution(tb testing.TB) *input {
	tb.Helper()
	in := &input{}
	if root := os.Getenv("RELKIT_CORPUS"); root != "" {
		f, err := os.Open(filepath.Join(root, "planner", "graphs", "bookworm-srcbin.json.gz"))
		if err != nil {
			tb.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			tb.Fatal(err)
		}
		var file struct {
			Nodes []planner.Node `json:"nodes"`
			Edges [][3]any       `json:"edges"`
		}
		if err := json.NewDecoder(z).Decode(&file); err != nil {
			tb.Fatal(err)
		}
		for _, n := range file.Nodes {
			in.ids, in.conduit = append(in.ids, n.ID), append(in.conduit, n.Kind == planner.KindBinary)
		}
		for _, e := range file.Edges {
			var k planner.EdgeKind
			if err := k.UnmarshalText([]byte(e[2].(string))); err != nil {
				tb.Fatal(err)
			}
			in.add(int(e[0].(float64)), int(e[1].(float64)), k)
		}
		return in.ready()
	}
	const sources, binaries = 34_288, 63_436
	for i := range sources + binaries {
		in.ids = append(in.ids, planner.ID(fmt.Sprintf("node/%06d", i)))
		in.conduit = append(in.conduit, i < binaries)
	}
	draw := numbers(42)
	below := func(limit int) int { return int(min(draw()%uint64(limit), draw()%uint64(limit))) }
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
	return in.ready()
}

func (in *input) ready() *input {
	for i, id := range in.ids {
		in.nodes = append(in.nodes, planner.Node{ID: id, Conduit: in.conduit[i]})
	}
	return in
}

// uniform is the graph of n nodes with ten edges each.
func uniform(n int) *input {
	in := &input{conduit: make([]bool, n)}
	draw := numbers(42)
	for i := range n {
		in.ids = append(in.ids, planner.ID(fmt.Sprintf("n%07d", i)))
		for range 10 {
			if i > 0 {
				in.add(i, i-1-int(draw()%uint64(i)), planner.EdgeBuild)
			}
		}
	}
	return in.ready()
}

func (in *input) relkit(tb testing.TB) *planner.Graph {
	var b planner.Builder
	b.AddNodes(in.nodes)
	b.ConnectAll(in.from, in.to, in.kind)
	g, err := b.Graph()
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func (in *input) gonum() *simple.DirectedGraph {
	g := simple.NewDirectedGraph()
	for i := range in.ids {
		g.AddNode(simple.Node(i))
	}
	for i, f := range in.from {
		if f != in.to[i] { // gonum refuses edges to oneself
			g.SetEdge(simple.Edge{F: simple.Node(f), T: simple.Node(in.to[i])})
		}
	}
	return g
}

// layers gives every strongly connected component its longest-path level;
// gonum returns components with what they need first.
func layers(g graph.Directed, conduit []bool) int {
	level := make(map[int64]int)
	most := 0
	for _, component := range topo.TarjanSCC(g) {
		in := make(map[int64]bool, len(component))
		builds := 0
		for _, n := range component {
			in[n.ID()] = true
			if !conduit[n.ID()] {
				builds = 1
			}
		}
		at := 0
		for _, n := range component {
			to := g.From(n.ID())
			for to.Next() {
				if id := to.Node().ID(); !in[id] {
					at = max(at, level[id])
				}
			}
		}
		for _, n := range component {
			level[n.ID()] = at + builds
		}
		most = max(most, at+builds)
	}
	return most
}

func tiers(tb testing.TB, g *planner.Graph) int {
	p, err := g.Plan(planner.Request{All: true})
	if err != nil {
		tb.Fatal(err)
	}
	return len(p.Tiers)
}

// TestSameTiers makes sure that both sides do the same work.
func TestSameTiers(t *testing.T) {
	in := uniform(2000)
	if a, b := tiers(t, in.relkit(t)), layers(in.gonum(), in.conduit); a != b {
		t.Fatalf("%d tiers against %d", a, b)
	}
	if testing.Short() {
		return
	}
	in = distribution(t)
	if a, b := tiers(t, in.relkit(t)), layers(in.gonum(), in.conduit); a != b {
		t.Fatalf("%d tiers against %d", a, b)
	}
}

// BenchmarkInterned goes from edges by number to tiers, 97,724 nodes and
// 597,676 edges.
func BenchmarkInterned(b *testing.B) {
	in := distribution(b)
	b.Run("relkit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tiers(b, in.relkit(b))
		}
	})
	b.Run("gonum", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			layers(in.gonum(), in.conduit)
		}
	})
}

// BenchmarkStrings does the same from edges by name.
func BenchmarkStrings(b *testing.B) {
	in := distribution(b)
	edges := make([]planner.Edge, len(in.from))
	for i, f := range in.from {
		edges[i] = planner.Edge{From: in.ids[f], To: in.ids[in.to[i]], Kind: planner.EdgeKind(in.kind[i])}
	}
	b.Run("relkit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var x planner.Builder
			x.AddNodes(in.nodes)
			x.AddEdges(edges)
			g, err := x.Graph()
			if err != nil {
				b.Fatal(err)
			}
			tiers(b, g)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			number := make(map[planner.ID]int64)
			g := simple.NewDirectedGraph()
			for _, id := range in.ids {
				number[id] = int64(len(number))
				g.AddNode(simple.Node(number[id]))
			}
			for i := range edges {
				if from, to := number[edges[i].From], number[edges[i].To]; from != to {
					g.SetEdge(simple.Edge{F: simple.Node(from), T: simple.Node(to)})
				}
			}
			layers(g, in.conduit)
		}
	})
}

// BenchmarkLarge is 10^6 nodes and 10^7 edges. live-B/edge is what is kept in
// the end; B/op by edges is what it took all in all.
func BenchmarkLarge(b *testing.B) {
	in := uniform(1_000_000)
	measure := func(b *testing.B, f func() any) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		b.ReportAllocs()
		var kept any
		for b.Loop() {
			kept = f()
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/float64(len(in.from)), "live-B/edge")
		runtime.KeepAlive([]any{kept, in})
	}
	b.Run("relkit", func(b *testing.B) {
		measure(b, func() any {
			p, err := in.relkit(b).Plan(planner.Request{All: true})
			if err != nil {
				b.Fatal(err)
			}
			return p
		})
	})
	if !*large {
		return
	}
	b.Run("gonum", func(b *testing.B) {
		measure(b, func() any {
			g := in.gonum()
			layers(g, in.conduit)
			return g
		})
	})
}

// reversed walks edges from the one who is needed.
type reversed struct{ *simple.DirectedGraph }

func (r reversed) From(id int64) graph.Nodes      { return r.DirectedGraph.To(id) }
func (r reversed) Edge(u, v int64) graph.Edge     { return r.DirectedGraph.Edge(v, u) }
func (r reversed) HasEdgeFromTo(u, v int64) bool  { return r.DirectedGraph.HasEdgeFromTo(v, u) }
func (r reversed) To(id int64) graph.Nodes        { return r.DirectedGraph.From(id) }
func (r reversed) HasEdgeBetween(u, v int64) bool { return r.DirectedGraph.HasEdgeBetween(u, v) }

// BenchmarkChange plans one change that affects nearly everything on a kept
// graph, beside one breadth-first search from it.
func BenchmarkChange(b *testing.B) {
	in := distribution(b)
	g := in.relkit(b)
	stats := g.Stats()
	q := planner.Request{Changed: []planner.ID{planner.ID(stats.MostNeeded.Name)}}
	b.Run("relkit-plan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := g.Plan(q); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("relkit-measure", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := g.Measure(q); err != nil {
				b.Fatal(err)
			}
		}
	})
	peer := reversed{in.gonum()}
	var start int64
	for i, id := range in.ids {
		if string(id) == stats.MostNeeded.Name {
			start = int64(i)
		}
	}
	b.Run("gonum", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			bf := traverse.BreadthFirst{Visit: func(graph.Node) { n++ }}
			bf.Walk(peer, simple.Node(start), nil)
		}
	})
}

// SPDX-License-Identifier: MIT

package planner

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"sync"
	"time"
)

// A Graph holds what depends on what in one release. It is immutable and safe
// for concurrent use; a [Builder] makes it. The zero value is an empty graph.
type Graph struct {
	release string

	// Nodes are numbered in the order of their ids, so comparing numbers
	// compares ids.
	ids       []ID
	flags     []uint8
	profileOf []int32
	profile   []nodeProfile
	times     []int64 // nil when no node has a duration

	fwd      rows
	detailOf []int32 // per forward edge; nil when all details are plain kinds
	details  []edgeDetail
	attrs    [attrCount]bool // attributes that occur
	dangling []Edge

	revOnce sync.Once
	rev     rows
	pool    sync.Pool // *scratch
}

// rows is an adjacency list in compressed rows: node i's neighbours are
// to[off[i]:off[i+1]], ascending.
type rows struct {
	off  []int32
	to   []int32
	attr []uint8
}

const (
	nodeConduit   = 1
	nodeBootstrap = 2
)

func (g *Graph) placeFlags() {
	of := make([]uint8, len(g.profile))
	for i, p := range g.profile {
		if p.conduit {
			of[i] |= nodeConduit
		}
		if p.bootstrap {
			of[i] |= nodeBootstrap
		}
	}
	g.flags = make([]uint8, len(g.ids))
	for i, p := range g.profileOf {
		g.flags[i] = of[p]
	}
}

// reverse returns the edges by the one who is needed, made on first use.
func (g *Graph) reverse() *rows {
	g.revOnce.Do(func() {
		n := len(g.ids)
		off := make([]int32, n+1)
		for _, t := range g.fwd.to {
			off[t]++
		}
		var sum int32
		for i, c := range off {
			off[i] = sum
			sum += c
		}
		from := make([]int32, len(g.fwd.to))
		attr := make([]uint8, len(g.fwd.to))
		for f := range n {
			for e := g.fwd.off[f]; e < g.fwd.off[f+1]; e++ {
				t := g.fwd.to[e]
				from[off[t]] = int32(f)
				attr[off[t]] = g.fwd.attr[e]
				off[t]++
			}
		}
		copy(off[1:], off)
		off[0] = 0
		g.rev = rows{off: off, to: from, attr: attr}
	})
	return &g.rev
}

// index returns the number of a node, or where it would be.
func (g *Graph) index(id ID) (int32, bool) {
	i, ok := slices.BinarySearch(g.ids, id)
	return int32(i), ok
}

func (g *Graph) conduit(i int32) bool { return g.flags[i]&nodeConduit != 0 }

// Release returns the label of the release that the graph speaks of.
func (g *Graph) Release() string { return g.release }

// Len returns the number of nodes, conduits included.
func (g *Graph) Len() int { return len(g.ids) }

// Size returns the number of edges, each distinct one counted once; edges in
// [Graph.Dangling] are not among them.
func (g *Graph) Size() int { return len(g.fwd.to) }

// Node returns the node with the given id, or false when there is none. The
// slices in it belong to the graph and must not be changed.
func (g *Graph) Node(id ID) (Node, bool) {
	i, ok := g.index(id)
	if !ok {
		return Node{}, false
	}
	return g.node(i), true
}

func (g *Graph) node(i int32) Node {
	p := &g.profile[g.profileOf[i]]
	n := Node{ID: g.ids[i], Kind: p.kind, Conduit: p.conduit, Arches: p.arches, Labels: p.labels, Bootstrap: p.bootstrap}
	if g.times != nil {
		n.Duration = time.Duration(g.times[i])
	}
	return n
}

// Nodes yields every node in the order of ids.
func (g *Graph) Nodes() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for i := range g.ids {
			if !yield(g.node(int32(i))) {
				return
			}
		}
	}
}

// Edges yields every edge once, sorted by From, To, kind, flags, evidence and
// architectures.
func (g *Graph) Edges() iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		for f := range g.ids {
			for e := g.fwd.off[f]; e < g.fwd.off[f+1]; e++ {
				if !yield(g.edge(int32(f), e)) {
					return
				}
			}
		}
	}
}

// Needs yields the edges from a node to what it depends on; none for an id
// that the graph does not know.
func (g *Graph) Needs(id ID) iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		i, ok := g.index(id)
		if !ok {
			return
		}
		for e := g.fwd.off[i]; e < g.fwd.off[i+1]; e++ {
			if !yield(g.edge(i, e)) {
				return
			}
		}
	}
}

// NeededBy yields the edges to a node from what depends on it; none for an id
// that the graph does not know.
func (g *Graph) NeededBy(id ID) iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		i, ok := g.index(id)
		if !ok {
			return
		}
		rev := g.reverse()
		last := int32(-1)
		for k := rev.off[i]; k < rev.off[i+1]; k++ {
			f := rev.to[k]
			if f == last {
				continue
			}
			last = f
			for _, e := range g.between(f, i) {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Dangling returns the edges that were left out because one of their ends is
// no node, sorted. The slice belongs to the graph.
func (g *Graph) Dangling() []Edge { return g.dangling }

// span returns the forward edges from f to t as a range of positions.
func (g *Graph) span(f, t int32) (lo, hi int32) {
	start, end := g.fwd.off[f], g.fwd.off[f+1]
	row := g.fwd.to[start:end]
	i := sort.Search(len(row), func(i int) bool { return row[i] >= t })
	lo = start + int32(i)
	for hi = lo; hi < end && g.fwd.to[hi] == t; hi++ {
	}
	return lo, hi
}

func (g *Graph) between(f, t int32) []Edge {
	lo, hi := g.span(f, t)
	list := make([]Edge, 0, hi-lo)
	for e := lo; e < hi; e++ {
		list = append(list, g.edge(f, e))
	}
	return list
}

func (g *Graph) edge(f, e int32) Edge {
	return g.detailAt(e).edge(g.ids[f], g.ids[g.fwd.to[e]])
}

func (g *Graph) detailAt(e int32) edgeDetail {
	if g.detailOf == nil {
		return edgeDetail{attr: g.fwd.attr[e]}
	}
	return g.details[g.detailOf[e]]
}

func (d edgeDetail) edge(from, to ID) Edge {
	return Edge{
		From: from, To: to, Kind: EdgeKind(d.attr >> attrShift),
		Weak: d.attr&attrWeak != 0, Bootstrap: d.attr&attrBootstrap != 0, Possible: d.attr&attrPossible != 0,
		Arches: d.arches, Evidence: d.evidence,
	}
}

func compareEdges(x, y Edge) int {
	if c := cmp.Compare(x.From, y.From); c != 0 {
		return c
	}
	if c := cmp.Compare(x.To, y.To); c != 0 {
		return c
	}
	if c := cmp.Compare(x.attr(), y.attr()); c != 0 {
		return c
	}
	if c := cmp.Compare(x.Evidence, y.Evidence); c != 0 {
		return c
	}
	return slices.Compare(x.Arches, y.Arches)
}

// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"slices"
)

// Union returns one graph with everything that the given ones hold. An edge
// that dangles in one and has its node in another becomes whole. nil graphs
// count as empty. Errors wrap [ErrInvalid]: two different releases, or a node
// of two kinds.
func Union(graphs ...*Graph) (*Graph, error) {
	var b Builder
	nodes, edges := 0, 0
	for _, g := range graphs {
		if g == nil {
			continue
		}
		if b.Release != "" && g.release != "" && b.Release != g.release {
			return nil, fmt.Errorf("planner: union of the releases %q and %q: %w", b.Release, g.release, ErrInvalid)
		}
		b.Release = max(b.Release, g.release)
		nodes, edges = nodes+g.Len(), edges+g.Size()
	}
	b.Grow(nodes, edges)
	for _, g := range graphs {
		if g == nil {
			continue
		}
		refs := make([]Ref, g.Len())
		for i := range refs {
			refs[i] = b.AddNode(g.node(int32(i)))
		}
		details := make([]Detail, len(g.details))
		for i, d := range g.details {
			details[i] = b.Detail(d.edge("", ""))
		}
		for f := range refs {
			for e := g.fwd.off[f]; e < g.fwd.off[f+1]; e++ {
				d := Detail(g.fwd.attr[e] >> attrShift)
				if g.detailOf != nil {
					d = details[g.detailOf[e]]
				}
				b.Connect(refs[f], refs[g.fwd.to[e]], d)
			}
		}
		for _, e := range g.dangling {
			b.AddEdge(e)
		}
	}
	return b.Graph()
}

// Filter returns the graph with the edges for which keep returns true, for
// example to see what a plan would gain without an edge. Nodes stay.
func (g *Graph) Filter(keep func(Edge) bool) *Graph {
	n := len(g.ids)
	out := &Graph{
		release: g.release, ids: g.ids, flags: g.flags, profileOf: g.profileOf, profile: g.profile,
		times: g.times, details: g.details,
	}
	out.fwd.off = make([]int32, n+1)
	for f := range n {
		for e := g.fwd.off[f]; e < g.fwd.off[f+1]; e++ {
			if !keep(g.edge(int32(f), e)) {
				continue
			}
			out.fwd.to = append(out.fwd.to, g.fwd.to[e])
			out.fwd.attr = append(out.fwd.attr, g.fwd.attr[e])
			out.attrs[g.fwd.attr[e]] = true
			if g.detailOf != nil {
				out.detailOf = append(out.detailOf, g.detailOf[e])
			}
		}
		out.fwd.off[f+1] = int32(len(out.fwd.to))
	}
	for _, e := range g.dangling {
		if keep(e) {
			out.dangling = append(out.dangling, e)
		}
	}
	return out
}

// A GraphDiff is what distinguishes two graphs; all lists are sorted.
type GraphDiff struct {
	NodesAdded   []ID   `json:"nodesAdded,omitempty"`
	NodesRemoved []ID   `json:"nodesRemoved,omitempty"`
	NodesChanged []ID   `json:"nodesChanged,omitempty"` // other kind, labels, ...
	EdgesAdded   []Edge `json:"edgesAdded,omitempty"`
	EdgesRemoved []Edge `json:"edgesRemoved,omitempty"`
}

// Empty reports whether the graphs were equal.
func (d GraphDiff) Empty() bool {
	return len(d.NodesAdded)+len(d.NodesRemoved)+len(d.NodesChanged)+len(d.EdgesAdded)+len(d.EdgesRemoved) == 0
}

// DiffGraphs compares two graphs. An edge that changed in kind, flags,
// architectures or evidence is removed and added; dangling edges count as
// edges.
func DiffGraphs(before, after *Graph) GraphDiff {
	var d GraphDiff
	i, j := int32(0), int32(0)
	for int(i) < len(before.ids) || int(j) < len(after.ids) {
		switch {
		case int(j) == len(after.ids) || int(i) < len(before.ids) && before.ids[i] < after.ids[j]:
			d.NodesRemoved = append(d.NodesRemoved, before.ids[i])
			i++
		case int(i) == len(before.ids) || after.ids[j] < before.ids[i]:
			d.NodesAdded = append(d.NodesAdded, after.ids[j])
			j++
		default:
			if !sameNode(before.node(i), after.node(j)) {
				d.NodesChanged = append(d.NodesChanged, before.ids[i])
			}
			i, j = i+1, j+1
		}
	}
	x, y := before.allEdges(), after.allEdges()
	for len(x) > 0 || len(y) > 0 {
		c := 0
		switch {
		case len(y) == 0:
			c = -1
		case len(x) == 0:
			c = 1
		default:
			c = compareEdges(x[0], y[0])
		}
		switch {
		case c < 0:
			d.EdgesRemoved = append(d.EdgesRemoved, x[0])
			x = x[1:]
		case c > 0:
			d.EdgesAdded = append(d.EdgesAdded, y[0])
			y = y[1:]
		default:
			x, y = x[1:], y[1:]
		}
	}
	return d
}

func (g *Graph) allEdges() []Edge {
	list := slices.AppendSeq(make([]Edge, 0, g.Size()+len(g.dangling)), g.Edges())
	if len(g.dangling) > 0 {
		list = append(list, g.dangling...)
		slices.SortFunc(list, compareEdges)
	}
	return list
}

func sameNode(x, y Node) bool {
	return x.Kind == y.Kind && x.Conduit == y.Conduit && x.Bootstrap == y.Bootstrap && x.Duration == y.Duration &&
		slices.Equal(x.Arches, y.Arches) && slices.Equal(x.Labels, y.Labels)
}

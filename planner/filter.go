// SPDX-License-Identifier: MIT

package planner

import (
	"slices"
	"strings"
)

// edgeFilter tells which edges are followed: by attribute, and, where a
// request looks closer, by detail.
type edgeFilter struct {
	attr   [attrCount]bool
	all    bool   // every attribute passes
	detail []bool // per edge detail; nil when the attribute decides
}

// filters returns what spreads a change and what orders rebuilds.
func (g *Graph) filters(q *Request) (spread, order edgeFilter) {
	var kinds [edgeKinds]bool
	for k := range kinds {
		kinds[k] = q.Kinds == nil || slices.Contains(q.Kinds, EdgeKind(k))
	}
	for a := range attrCount {
		k, possible := EdgeKind(a>>attrShift), a&attrPossible != 0
		spread.attr[a] = kinds[k] && k != EdgeOrder && (!possible || q.Possible)
		order.attr[a] = kinds[k] && !possible
	}
	spread.all, order.all = g.passesAll(&spread), g.passesAll(&order)
	if g.detailOf == nil || (q.Arches == nil && q.ABI == nil) {
		return spread, order
	}
	arch := make([]bool, len(g.details))
	for i, d := range g.details {
		arch[i] = q.Arches == nil || overlap(d.arches, q.Arches)
	}
	if q.Arches != nil {
		order.detail = arch
	}
	spread.detail = arch
	if q.ABI != nil {
		names := make(map[string]bool, len(q.ABI))
		for _, n := range q.ABI {
			names[n] = true
		}
		spread.detail = slices.Clone(arch)
		for i, d := range g.details {
			if d.evidence != "" && !names[d.evidence] && !names[capability(d.evidence)] {
				spread.detail[i] = false
			}
		}
	}
	return spread, order
}

// passesAll reports whether every attribute that occurs in g passes, so that
// inner loops need not look.
func (g *Graph) passesAll(f *edgeFilter) bool {
	for a, used := range g.attrs {
		if used && !f.attr[a] {
			return false
		}
	}
	return true
}

// sameEdges reports whether two filters let the same edges of g pass.
func (g *Graph) sameEdges(a, b *edgeFilter) bool {
	for i, used := range g.attrs {
		if used && a.attr[i] != b.attr[i] {
			return false
		}
	}
	return a.detail == nil && b.detail == nil
}

// passes decides for a forward edge.
func (f *edgeFilter) passes(g *Graph, e int32) bool {
	return f.attr[g.fwd.attr[e]] && (f.detail == nil || f.detail[g.detailOf[e]])
}

// passesBetween decides for a reverse edge, whose details only the forward
// rows hold.
func (f *edgeFilter) passesBetween(g *Graph, from, to int32) bool {
	lo, hi := g.span(from, to)
	for e := lo; e < hi; e++ {
		if f.passes(g, e) {
			return true
		}
	}
	return false
}

// capability returns the bare name in a piece of evidence:
// "BuildRequires: pkgconfig(zlib) >= 1.2" speaks of "pkgconfig(zlib)".
func capability(evidence string) string {
	if _, rest, ok := strings.Cut(evidence, ": "); ok {
		evidence = rest
	}
	name, _, _ := strings.Cut(strings.TrimSpace(evidence), " ")
	return name
}

// overlap reports whether two architecture sets have something in common; nil
// and "noarch" are in common with everything.
func overlap(a, b []string) bool {
	if a == nil || b == nil {
		return true
	}
	for _, x := range a {
		if x == "noarch" || slices.Contains(b, x) {
			return true
		}
	}
	return false
}

// SPDX-License-Identifier: MIT

package planner

import (
	"cmp"
	"slices"
)

// dominate finds for every reached node the nearest other node that each way
// from a change to it passes through, by the algorithm of Lengauer and Tarjan
// with simple path compression, and counts the rebuilds below each. reached
// are the nodes that a change reaches, in any order.
func (r *reach) dominate(p *Plan, reached []int32) {
	n := len(p.graph.ids)
	r.idom = make([]int32, n)
	r.brings = make([]int32, n)
	size := int32(len(reached)) + 1 // 0 is the root above all changes
	num := make([]int32, n)         // node -> its number in depth-first order
	vertex := make([]int32, size)
	parent := make([]int32, size)
	r.number(p, num, vertex, parent)

	semi, label, ancestor := make([]int32, size), make([]int32, size), make([]int32, size)
	idom, bucket, link := make([]int32, size), make([]int32, size), make([]int32, size)
	for i := range size {
		semi[i], label[i], ancestor[i], bucket[i] = i, i, -1, -1
	}
	var path []int32
	eval := func(v int32) int32 {
		if ancestor[v] < 0 {
			return v
		}
		path = path[:0]
		for u := v; ancestor[ancestor[u]] >= 0; u = ancestor[u] {
			path = append(path, u)
		}
		for k := len(path) - 1; k >= 0; k-- {
			u := path[k]
			a := ancestor[u]
			if semi[label[a]] < semi[label[u]] {
				label[u] = label[a]
			}
			ancestor[u] = ancestor[a]
		}
		return label[v]
	}
	g := p.graph
	for w := size - 1; w > 0; w-- {
		v := vertex[w]
		if r.dist[v] == 0 {
			semi[w] = 0
		}
		for e, end := g.fwd.off[v], g.fwd.off[v+1]; e < end; e++ {
			t := g.fwd.to[e]
			if r.dist[t] < 0 || !p.spread.passes(g, e) || p.rules.stops(g, t) {
				continue
			}
			if u := eval(num[t]); semi[u] < semi[w] {
				semi[w] = semi[u]
			}
		}
		link[w], bucket[semi[w]] = bucket[semi[w]], w
		ancestor[w] = parent[w]
		for u := bucket[parent[w]]; u >= 0; u = link[u] {
			if y := eval(u); semi[y] < semi[u] {
				idom[u] = y
			} else {
				idom[u] = parent[w]
			}
		}
		bucket[parent[w]] = -1
	}
	for w := int32(1); w < size; w++ {
		if idom[w] != semi[w] {
			idom[w] = idom[idom[w]]
		}
		r.idom[vertex[w]] = -1
		if idom[w] > 0 {
			r.idom[vertex[w]] = vertex[idom[w]]
		}
	}
	for _, v := range p.order.rebuild {
		if r.dist[v] >= 0 {
			r.brings[v] = 1
		}
	}
	for w := size - 1; w > 0; w-- {
		if idom[w] > 0 {
			r.brings[vertex[idom[w]]] += r.brings[vertex[w]]
		}
	}
}

// number goes depth first from the changes, without recursion.
func (r *reach) number(p *Plan, num, vertex, parent []int32) {
	rev := p.graph.reverse()
	type frame struct{ v, e int32 }
	var stack []frame
	next := int32(1)
	for _, c := range r.changed {
		if num[c] != 0 {
			continue
		}
		enter := func(v, from int32) {
			num[v], vertex[next], parent[next] = next, v, from
			next++
			e := rev.off[v]
			if p.rules.stops(p.graph, v) {
				e = rev.off[v+1]
			}
			stack = append(stack, frame{v, e})
		}
		enter(c, 0)
	search:
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			for f.e < rev.off[f.v+1] {
				e := f.e
				f.e++
				w := rev.to[e]
				if r.dist[w] < 0 || num[w] != 0 || !p.spread.attr[rev.attr[e]] ||
					p.spread.detail != nil && !p.spread.passesBetween(p.graph, w, f.v) {
					continue
				}
				enter(w, num[f.v])
				continue search
			}
			stack = stack[:len(stack)-1]
		}
	}
}

// A Bottleneck is a node and what only it brings into a plan.
type Bottleneck struct {
	ID ID `json:"id"`
	// Brings is the number of rebuilds that fall out without the node, its
	// own included where it is one.
	Brings int `json:"brings"`
}

// Bottlenecks returns the n affected nodes that bring in the most rebuilds by
// themselves, most first, equal ones by id; all for a negative n. Nodes that
// bring in nothing but themselves are not listed.
func (p *Plan) Bottlenecks(n int) []Bottleneck {
	if p.order == nil {
		return nil
	}
	r := p.reach()
	var list []Bottleneck
	for i, b := range r.brings {
		own := int32(0)
		if !p.graph.conduit(int32(i)) {
			own = 1
		}
		if r.dist[i] >= 0 && b > own {
			list = append(list, Bottleneck{p.graph.ids[i], int(b)})
		}
	}
	slices.SortStableFunc(list, func(x, y Bottleneck) int { return cmp.Compare(y.Brings, x.Brings) })
	if n >= 0 && len(list) > n {
		list = list[:n]
	}
	return list
}

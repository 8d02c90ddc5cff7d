// SPDX-License-Identifier: MIT

package planner

import (
	"cmp"
	"fmt"
	"slices"
)

// A Cycle says how a group of nodes that need each other is gone through.
type Cycle struct {
	// Members are the buildable nodes of the group, sorted.
	Members []ID `json:"members"`
	// Policy is the way chosen for the group.
	Policy CyclePolicy `json:"policy"`
	// Witness is a shortest cycle that holds at least two buildable nodes:
	// each id needs the next, and the last needs the first.
	Witness []ID `json:"witness"`
	// Cut are the edges that the first pass leaves out, building against
	// older results instead: without them nothing in the group is circular,
	// and with any single one of them it would be. Weak and bootstrap edges
	// are preferred. Sorted.
	Cut []Edge `json:"cut,omitempty"`
	// Pays are the edges through which most of the shortest cycles go, most
	// first: where dropping a dependency pays most.
	Pays []Payoff `json:"pays,omitempty"`
	// Passes are the builds in order; none under [CycleTogether]. Passes
	// after the first are the most that can be owed: what a partner did not
	// change is not built again.
	Passes []Pass `json:"passes,omitempty"`
}

// A Payoff is an edge and the number of shortest cycles, one for each member
// of the group that was looked at, that go through it.
type Payoff struct {
	Edge   Edge `json:"edge"`
	Cycles int  `json:"cycles"`
}

// A Pass is one time through a cycle group.
type Pass struct {
	// Number counts from 1.
	Number int `json:"number"`
	// Variants are the nodes that this pass builds as bootstrap variants,
	// sorted.
	Variants []ID `json:"variants,omitempty"`
	// Tiers are the builds of the pass in order, each tier sorted.
	Tiers [][]ID `json:"tiers"`
}

// Bounds of the search for witnesses and payoffs, in edges looked at.
const (
	witnessWork = 40_000_000
	payoffWork  = 20_000_000
	payoffCount = 10
)

// Cycle tells how the n-th of [Plan.Cycles] is gone through. It is worked out
// when asked for, because large groups take a while: about a second for 5,000
// members and their 9,000 binary packages. The error wraps [ErrNotFound] when
// there is no such group.
func (p *Plan) Cycle(n int) (Cycle, error) {
	if p.order == nil {
		return Cycle{}, errNotMade
	}
	if n < 0 || n >= len(p.Cycles) {
		return Cycle{}, fmt.Errorf("planner: no cycle group %d among %d: %w", n, len(p.Cycles), ErrNotFound)
	}
	group := p.groupOf(p.Cycles[n][0])
	t := p.knot(group)
	c := Cycle{Members: p.Cycles[n], Policy: p.cyclePolicy(group), Cut: t.cutEdges()}
	s := p.newRing(group)
	c.Witness = s.witness()
	c.Pays = s.payoffs()
	if c.Policy != CycleTogether {
		c.Passes = p.passes(t, c.Policy)
	}
	return c, nil
}

func (t *knot) cutEdges() []Edge {
	var list []Edge
	for a, cut := range t.cut {
		if !cut {
			continue
		}
		for _, e := range t.edges[t.edgeOff[a]:t.edgeOff[a+1]] {
			list = append(list, t.g.edge(t.members[e[0]], e[1]))
		}
	}
	slices.SortFunc(list, compareEdges)
	return list
}

// passes writes down the builds of each pass: everything once, then again
// what has used an older partner or needs something built again.
func (p *Plan) passes(t *knot, policy CyclePolicy) []Pass {
	limit := p.Request.Passes
	if limit == 0 {
		limit = 2
	}
	if policy == CycleBootstrap {
		limit = max(limit, 2)
	}
	n := len(t.builds)
	node := make([]int32, n) // vertex -> the graph's number, for buildable ones
	for i, v := range t.vertex {
		node[v] = t.members[i]
	}
	line := make([]int32, n)
	for v, at := range t.place {
		line[at] = int32(v)
	}
	variant := func(v int32) bool {
		return policy == CycleBootstrap && t.builds[v] && t.g.flags[node[v]]&nodeBootstrap != 0
	}
	now, before := make([]bool, n), make([]bool, n)
	for i := range before {
		before[i] = true
	}
	height := make([]int32, n)
	var list []Pass
	for number := 1; number <= limit; number++ {
		pass := Pass{Number: number}
		for _, v := range line {
			now[v], height[v] = number == 1 || policy == CycleBootstrap && variant(v), 0
			for a := t.off[v]; a < t.off[v+1]; a++ {
				u := t.to[a]
				switch {
				case number == 1 && variant(v) && t.weight[a] == weightBootstrap:
				case t.cut[a]:
					now[v] = now[v] || policy != CycleBootstrap && before[u]
				default:
					now[v] = now[v] || now[u] && (policy != CycleBootstrap || !t.builds[v])
					if now[u] {
						height[v] = max(height[v], height[u])
					}
				}
			}
			if !now[v] || !t.builds[v] {
				continue
			}
			for int(height[v]) >= len(pass.Tiers) {
				pass.Tiers = append(pass.Tiers, nil)
			}
			id := t.g.ids[node[v]]
			pass.Tiers[height[v]] = append(pass.Tiers[height[v]], id)
			height[v]++
			if number == 1 && variant(v) {
				pass.Variants = append(pass.Variants, id)
			}
		}
		if len(pass.Tiers) == 0 {
			break
		}
		for _, tier := range pass.Tiers {
			slices.Sort(tier)
		}
		slices.Sort(pass.Variants)
		list = append(list, pass)
		now, before = before, now
	}
	return list
}

// ring searches one group for short cycles.
type ring struct {
	g      *Graph
	nodes  []int32 // members, ascending
	off    []int32 // inner edges by member
	to     []int32
	parent []int32 // search state -> the state before, +1; 0 = not seen
	queue  []int32
	work   int
}

func (p *Plan) newRing(group int32) *ring {
	g, o := p.graph, p.order
	r := &ring{g: g, nodes: o.members(group), off: []int32{0}}
	s := g.borrow()
	for i, v := range r.nodes {
		s.state[v] = int32(i)
	}
	for _, v := range r.nodes {
		last := int32(-1)
		for e, end := g.fwd.off[v], g.fwd.off[v+1]; e < end; e++ {
			w := g.fwd.to[e]
			if s.state[w] != outside && w != v && w != last && o.orders(e) {
				r.to = append(r.to, s.state[w])
				last = w
			}
		}
		r.off = append(r.off, int32(len(r.to)))
	}
	for _, v := range r.nodes {
		s.state[v] = outside
	}
	g.pool.Put(s)
	r.parent = make([]int32, 2*len(r.nodes))
	return r
}

// through returns the shortest cycle through a member that passes another
// buildable one, shorter than limit; nil when there is none. States are
// 2*member, plus 1 once another buildable member was passed.
func (r *ring) through(start int32, limit int) []int32 {
	defer func() {
		for _, x := range r.queue {
			r.parent[x] = 0
		}
	}()
	r.queue = append(r.queue[:0], 2*start)
	r.parent[2*start] = -1
	depth, end := 1, 1 // end of the states at this depth
	for k := 0; k < len(r.queue); k++ {
		if k == end {
			depth, end = depth+1, len(r.queue)
		}
		if depth >= limit {
			return nil
		}
		x := r.queue[k]
		for e := r.off[x/2]; e < r.off[x/2+1]; e++ {
			r.work++
			u := r.to[e]
			if u == start {
				if x&1 == 0 {
					continue // back through its own results only
				}
				path := make([]int32, 0, depth)
				for y := x; y >= 0; y = r.parent[y] - 1 {
					path = append(path, y/2)
					if y == 2*start {
						break
					}
				}
				slices.Reverse(path)
				return path
			}
			y := 2*u + x&1
			if !r.g.conduit(r.nodes[u]) {
				y |= 1
			}
			if r.parent[y] == 0 {
				r.parent[y] = x + 1
				r.queue = append(r.queue, y)
			}
		}
	}
	return nil
}

// witness returns a shortest cycle; of equally short ones that with the
// smallest buildable id.
func (r *ring) witness() []ID {
	var best []int32
	limit := len(r.parent) + 1
	for i, v := range r.nodes {
		if r.g.conduit(v) {
			continue
		}
		if path := r.through(int32(i), limit); path != nil {
			best, limit = path, len(path)
		}
		if limit == 2 || best != nil && r.work > witnessWork {
			break
		}
	}
	ids := make([]ID, len(best))
	for k, i := range best {
		ids[k] = r.g.ids[r.nodes[i]]
	}
	return ids
}

// payoffs counts the edges from buildable members on the shortest cycle
// through each member.
func (r *ring) payoffs() []Payoff {
	count := make([]int32, len(r.to))
	r.work = 0
	for i, v := range r.nodes {
		if r.g.conduit(v) {
			continue
		}
		path := r.through(int32(i), len(r.parent)+1)
		for k, from := range path {
			if r.g.conduit(r.nodes[from]) {
				continue
			}
			row := r.to[r.off[from]:r.off[from+1]]
			if at, ok := slices.BinarySearch(row, path[(k+1)%len(path)]); ok {
				count[int(r.off[from])+at]++
			}
		}
		if r.work += len(path); r.work > payoffWork {
			break
		}
	}
	type arc struct{ from, to, count int32 }
	var arcs []arc
	for from := range r.nodes {
		for e := r.off[from]; e < r.off[from+1]; e++ {
			if count[e] > 0 {
				arcs = append(arcs, arc{r.nodes[from], r.nodes[r.to[e]], count[e]})
			}
		}
	}
	slices.SortStableFunc(arcs, func(x, y arc) int { return cmp.Compare(y.count, x.count) })
	var list []Payoff
	for _, a := range arcs[:min(payoffCount, len(arcs))] {
		for _, e := range r.g.between(a.from, a.to) {
			list = append(list, Payoff{e, int(a.count)})
		}
	}
	return list
}

// SPDX-License-Identifier: MIT

package planner

import "slices"

// addCycle adds the units of a cycle group that is gone through in passes.
//
// An entry junction waits for everything that the group needs from outside.
// In pass 1 every member is built once, in an order in which as many members
// as possible find their partners new; a partner that comes later in that
// order is used as it was before. After a barrier, each further pass builds
// those members again whose partners have changed since. The last barrier is
// the group's exit.
func (b *unitBuilder) addCycle(k int32) {
	members := b.order.members(k)
	g := b.order.graph
	knot := b.plan.knot(k)
	pos := func(i int) int32 { return knot.place[knot.vertex[i]] }
	policy := b.plan.cyclePolicy(k)
	passes := max(b.plan.Request.Passes, 1)
	if b.plan.Request.Passes == 0 {
		passes = 2
	}
	boot := make([]bool, len(members))
	if policy == CycleBootstrap {
		for i, v := range members {
			boot[i] = g.flags[v]&nodeBootstrap != 0
		}
		passes = max(passes, 2)
	}

	atVertex := make([]int32, len(knot.place)) // conduits that need each other share a unit
	cyc := int32(len(b.cycles))
	begin := b.add(unit{kind: unitJoin, node: -1, cyc: -1})
	b.in[k] = begin
	b.entries = append(b.entries, begin)
	var list []int32
	prev := make([]int32, len(members)) // the unit of each member in the pass before
	cur := make([]int32, len(members))
	for pass := 1; pass <= passes; pass++ {
		for i := range atVertex {
			atVertex[i] = -1
		}
		for i, v := range members {
			if policy == CycleBootstrap && pass > 1 && !boot[i] {
				cur[i] = prev[i]
				continue
			}
			if at := atVertex[knot.vertex[i]]; at >= 0 {
				cur[i] = at
				continue
			}
			u := unit{kind: unitJoin, node: -1, cyc: cyc, pass: uint16(pass)}
			if !g.conduit(v) {
				p, _ := slices.BinarySearch(b.order.rebuild, v)
				u.kind, u.node = unitBuild, int32(p)
				if boot[i] && pass == 1 {
					u.flags |= unitBootstrap
				}
			}
			at := b.add(u)
			if u.kind == unitBuild {
				if pass == 1 {
					b.first[u.node] = at
				} else {
					b.units[prev[i]].next = at
					b.need(at, prev[i])
				}
				list = append(list, at)
			}
			cur[i], atVertex[knot.vertex[i]] = at, at
			b.need(at, begin)
		}
		for i, v := range members {
			if policy == CycleBootstrap && pass > 1 && !boot[i] {
				continue
			}
			last := int32(-1)
			for e := g.fwd.off[v]; e < g.fwd.off[v+1]; e++ {
				t := g.fwd.to[e]
				if t == v || t == last || !b.order.orders(e) {
					continue
				}
				j, ok := slices.BinarySearch(members, t)
				if !ok || knot.vertex[i] == knot.vertex[j] {
					continue
				}
				switch {
				case pass == 1 && boot[i] && g.fwd.attr[e]&attrBootstrap != 0:
					continue // the variant lacks this edge; another may say the same without the flag
				case pos(j) < pos(i):
					b.need(cur[i], cur[j])
				case pass > 1:
					b.need(cur[i], prev[j])
				}
				last = t
			}
		}
		end := unit{kind: unitJoin, node: -1, cyc: -1}
		if pass < passes {
			end.flags |= unitSilent
		}
		begin = b.add(end)
		for i, v := range members {
			if !g.conduit(v) {
				b.need(begin, cur[i])
			}
		}
		copy(prev, cur)
	}
	for i, v := range members {
		if !g.conduit(v) {
			b.units[cur[i]].flags |= unitLast
		}
	}
	b.out[k] = begin
	b.cycles = append(b.cycles, list)
}

// SPDX-License-Identifier: MIT

package planner

import (
	"slices"
	"sync"
)

// planOrder is the order graph of one plan with its cycle groups collapsed:
// the rebuild set and the conduits between its members. Groups are numbered
// so that everything a group needs has a smaller number. Conduits stay as
// groups of their own, so that N users of a conduit with M sources cost N+M
// edges.
type planOrder struct {
	graph *Graph

	// rebuild are the graph's numbers of the rebuild set, ascending, which
	// is the order of ids; groupOf are their groups.
	rebuild []int32
	groupOf []int32

	// nodes[nodeOff[k]:nodeOff[k+1]] are the members of group k as the
	// graph's numbers, ascending, conduits included.
	nodeOff []int32
	nodes   []int32
	// level is a group's tier; builds its number of buildable members, 0
	// for a group of conduits; flags see below.
	level  []int32
	builds []int32
	flags  []uint8

	allow   edgeFilter // the edges that order
	changed []int32    // the request's changed nodes that are not excluded

	once        sync.Once
	needsOff    []int32
	needs       []int32
	neededByOff []int32
	neededBy    []int32
}

// Marks of a group.
const (
	groupLoop           = 1 << iota // an edge stays inside the group
	groupChanged                    // a buildable member is in Request.Changed
	groupChangedConduit             // a conduit in it is in Request.Changed
	groupNeedsChanged               // it needs a changed node that is not in the order graph (set by link)
)

// groups returns the number of groups, conduit groups included.
func (o *planOrder) groups() int { return len(o.level) }

// members returns the graph's numbers of a group's nodes, ascending,
// conduits included.
func (o *planOrder) members(k int32) []int32 { return o.nodes[o.nodeOff[k]:o.nodeOff[k+1]] }

// place returns where a node stands among a group's members.
func (o *planOrder) place(k, node int32) (int32, bool) {
	i, ok := slices.BinarySearch(o.members(k), node)
	return int32(i), ok
}

// position returns where a node stands in rebuild.
func (o *planOrder) position(id ID) (int32, bool) {
	i, ok := o.graph.index(id)
	if !ok {
		return 0, false
	}
	p, ok := slices.BinarySearch(o.rebuild, i)
	return int32(p), ok
}

// needsOf returns the groups that a group needs, ascending, each once, itself
// not among them; link must have been called.
func (o *planOrder) needsOf(k int32) []int32 { return o.needs[o.needsOff[k]:o.needsOff[k+1]] }

// neededByOf returns the groups that need a group, ascending, each once; link
// must have been called.
func (o *planOrder) neededByOf(k int32) []int32 {
	return o.neededBy[o.neededByOff[k]:o.neededByOff[k+1]]
}

// orders reports whether a forward edge of the graph orders rebuilds.
func (o *planOrder) orders(e int32) bool { return o.allow.passes(o.graph, e) }

// include marks the nodes of the order graph and returns them. plain tells
// that the affected conduits are all that can lie between rebuilds.
func (o *planOrder) include(w *wave, plain bool) []int32 {
	g, s := o.graph, w.s
	nodes := make([]int32, 0, len(o.rebuild)+len(w.affected))
	add := func(i int32) {
		s.mark[i] |= markOrder
		s.state[i] = 0
		nodes = append(nodes, i)
	}
	for _, i := range o.rebuild {
		add(i)
	}
	if plain {
		for _, i := range w.affected {
			if g.flags[i]&nodeConduit != 0 {
				add(i)
			}
		}
		return nodes
	}
	for _, i := range w.changed {
		if g.flags[i]&nodeConduit != 0 {
			add(i)
		}
	}
	rev := g.reverse()
	for k := 0; k < len(nodes); k++ {
		u := nodes[k]
		for e, end := rev.off[u], rev.off[u+1]; e < end; e++ {
			f := rev.to[e]
			if g.flags[f]&nodeConduit == 0 || s.mark[f]&(markOrder|markExcluded) != 0 || !o.allow.attr[rev.attr[e]] {
				continue
			}
			if o.allow.detail == nil || o.allow.passesBetween(g, f, u) {
				add(f)
			}
		}
	}
	return nodes
}

// condense finds the groups by Pearce's form of Tarjan's search, without
// recursion, and their levels on the way. state is 0 for nodes not visited and
// the lowest search number known while they are open; once their group is
// known, ^state is the level of whoever needs them. That makes outside, the
// state of nodes that are not in the order graph, a need that raises nothing.
// size is the number of nodes in the order graph.
func (o *planOrder) condense(s *scratch, size int) {
	g := o.graph
	off, to := g.fwd.off, g.fwd.to
	state, group := s.state, s.group
	all := o.allow.all && o.allow.detail == nil
	o.nodeOff = make([]int32, 1, size+1)
	o.nodes = make([]int32, 0, size)
	o.level = make([]int32, 0, size)
	o.builds = make([]int32, 0, size)
	o.flags = make([]uint8, 0, size)

	frames, open := s.frames[:0], s.open[:0] // open: visited, group not known
	index := int32(1)
	for _, root := range o.rebuild {
		if state[root] != 0 {
			continue
		}
		frames = append(frames, frame{root, off[root], index, index, 0})
		state[root] = index
		index++
	search:
		for len(frames) > 0 {
			f := &frames[len(frames)-1]
			v, low, level := f.v, f.low, f.level
			for e, end := f.e, off[v+1]; e < end; e++ {
				w := to[e]
				st := state[w]
				if st < 0 {
					if ^st > level && (all || o.allow.passes(g, e)) {
						level = ^st
					}
					continue
				}
				if !all && !o.allow.passes(g, e) {
					continue
				}
				if st == 0 {
					f.e, f.low, f.level = e, low, level // look again when w is done
					frames = append(frames, frame{w, off[w], index, index, 0})
					state[w] = index
					index++
					continue search
				}
				if st < low {
					low = st
				} else if w == v {
					s.mark[v] |= markLoop
				}
			}
			first := f.first
			frames = frames[:len(frames)-1]
			if low != first {
				state[v] = low
				open = append(open, v)
				up := &frames[len(frames)-1] // of the same group
				up.level = max(up.level, level)
				continue
			}
			k := int32(len(o.level))
			start := len(o.nodes)
			o.nodes = append(o.nodes, v)
			if (len(open) == 0 || state[open[len(open)-1]] < low) && s.mark[v]&(markLoop|markChanged) == 0 {
				builds := int32(g.flags[v]&nodeConduit ^ nodeConduit) // a group of its own, nothing special
				state[v], group[v] = ^(level + builds), k
				o.builds = append(o.builds, builds)
				o.flags = append(o.flags, 0)
				index--
			} else {
				for len(open) > 0 && state[open[len(open)-1]] >= low {
					o.nodes = append(o.nodes, open[len(open)-1])
					open = open[:len(open)-1]
				}
				index -= int32(len(o.nodes) - start)
				o.close(s, start, level, k)
			}
			o.level = append(o.level, level)
			o.nodeOff = append(o.nodeOff, int32(len(o.nodes)))
		}
	}
	s.frames, s.open = frames[:0], open[:0]
	o.groupOf = make([]int32, len(o.rebuild))
	for i, v := range o.rebuild {
		o.groupOf[i] = group[v]
	}
}

// close makes group k of nodes[start:].
func (o *planOrder) close(s *scratch, start int, level, k int32) {
	members := o.nodes[start:]
	if len(members) > 1 {
		slices.Sort(members)
	}
	var builds int32
	var flags uint8
	for _, v := range members {
		changed := s.mark[v]&markChanged != 0
		if o.graph.flags[v]&nodeConduit == 0 {
			builds++
			if changed {
				flags |= groupChanged
			}
		} else if changed {
			flags |= groupChangedConduit
		}
		if len(members) > 1 || s.mark[v]&markLoop != 0 {
			flags |= groupLoop
		}
	}
	if builds > 0 {
		level++
	}
	for _, v := range members {
		s.state[v], s.group[v] = ^level, k
	}
	o.builds = append(o.builds, builds)
	o.flags = append(o.flags, flags)
}

// link makes the edges between groups, once.
func (o *planOrder) link() {
	o.once.Do(func() {
		g := o.graph
		n := int32(o.groups())
		s := g.borrow()
		of := s.state // node -> group
		for k := range n {
			for _, v := range o.members(k) {
				of[v] = k
			}
		}
		for _, id := range o.changed {
			s.mark[id] = markChanged
		}
		last := make([]int32, n)
		o.needsOff = make([]int32, n+1)
		for k := range n {
			for _, v := range o.members(k) {
				for e, end := g.fwd.off[v], g.fwd.off[v+1]; e < end; e++ {
					w := g.fwd.to[e]
					t := of[w]
					if t == outside {
						if s.mark[w] != 0 && o.allow.passes(g, e) {
							o.flags[k] |= groupNeedsChanged
						}
						continue
					}
					if t != k && last[t] != k+1 && o.allow.passes(g, e) {
						last[t] = k + 1
						o.needs = append(o.needs, t)
					}
				}
			}
			slices.Sort(o.needs[o.needsOff[k]:])
			o.needsOff[k+1] = int32(len(o.needs))
		}
		o.neededByOff, o.neededBy = transpose(o.needsOff, o.needs)
		for _, v := range o.nodes {
			of[v] = outside
		}
		for _, id := range o.changed {
			s.mark[id] = 0
		}
		g.pool.Put(s)
	})
}

// transpose turns compressed rows around; the new rows are ascending.
func transpose(off, to []int32) (roff, rto []int32) {
	n := len(off) - 1
	roff = make([]int32, n+1)
	for _, t := range to {
		roff[t]++
	}
	var sum int32
	for i, c := range roff {
		roff[i] = sum
		sum += c
	}
	rto = make([]int32, len(to))
	for f := range n {
		for _, t := range to[off[f]:off[f+1]] {
			rto[roff[t]] = int32(f)
			roff[t]++
		}
	}
	copy(roff[1:], roff)
	roff[0] = 0
	return roff, rto
}

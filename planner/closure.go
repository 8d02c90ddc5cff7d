// SPDX-License-Identifier: MIT

package planner

import (
	"slices"
)

// scratch is working memory in the size of a graph. Between plans every mark
// is 0 and every state is outside, so that a plan costs what it touches.
type scratch struct {
	mark   []uint8
	state  []int32 // see condense; elsewhere a map from nodes to small numbers
	group  []int32
	frames []frame
	open   []int32
	queue  []int32
	next   []int32
}

// frame is a node on the way of a depth-first search: where it stands in its
// row, its search number, the lowest one it reaches, and its level so far.
type frame struct{ v, e, first, low, level int32 }

const (
	markSeen     = 1 << iota // affected
	markExcluded             // in Request.Exclude
	markBarred               // kept out by a rule
	markChanged              // in Request.Changed and affected
	markOrder                // in the order graph
	markLoop                 // has an edge to itself
)

// outside is the state of nodes that are not in the order graph.
const outside = -1

func (g *Graph) borrow() *scratch {
	if s, ok := g.pool.Get().(*scratch); ok {
		return s
	}
	n := len(g.ids)
	s := &scratch{mark: make([]uint8, n), state: make([]int32, n), group: make([]int32, n)}
	s.frames, s.open = make([]frame, 0, n/16+16), make([]int32, 0, n/16+16)
	for i := range s.state {
		s.state[i] = outside
	}
	return s
}

// wave is the spread of a change through a graph.
type wave struct {
	g      *Graph
	s      *scratch
	rules  *rules
	filter edgeFilter
	depth  int // hops left over from MaxDepth; -1 without a limit

	changed  []int32 // changed, known and not excluded, ascending
	excluded []int32
	affected []int32 // in the order of discovery
	barred   []int32
	leftOut  []LeftOut
}

// start marks what a request excludes and changes.
func (w *wave) start(excluded, changed []int32) {
	w.excluded = excluded
	for _, i := range excluded {
		w.s.mark[i] |= markExcluded
	}
	for _, i := range changed {
		if w.s.mark[i] != 0 || w.bar(i) {
			continue
		}
		w.s.mark[i] = markSeen | markChanged
		w.changed = append(w.changed, i)
	}
}

// bar keeps a node out if a rule says so.
func (w *wave) bar(i int32) bool {
	if w.rules == nil || w.g.conduit(i) {
		return false
	}
	rule := w.rules.bars(w.g, i)
	if rule == "" {
		return false
	}
	w.s.mark[i] |= markBarred
	w.barred = append(w.barred, i)
	w.leftOut = append(w.leftOut, LeftOut{ID: w.g.ids[i], Rule: rule})
	return true
}

// spread finds everything affected: breadth first over buildable hops, with
// conduits taken in on the way at no cost.
func (w *wave) spread() {
	if len(w.changed) == 0 {
		return
	}
	rev := w.g.reverse()
	w.affected = append(w.s.queue[:0], w.changed...)
	if w.depth < 0 && w.rules == nil && w.filter.detail == nil {
		w.flood(rev)
	} else {
		w.rise(rev)
	}
	w.s.queue = w.affected[:0]
}

// flood is spread without limits and rules.
func (w *wave) flood(rev *rows) {
	mark, off, to := w.s.mark, rev.off, rev.to
	list := w.affected
	for k := 0; k < len(list); k++ {
		u := list[k]
		lo, hi := off[u], off[u+1]
		if w.filter.all {
			for _, f := range to[lo:hi] {
				if mark[f] == 0 {
					mark[f] = markSeen
					list = append(list, f)
				}
			}
			continue
		}
		for e := lo; e < hi; e++ {
			if f := to[e]; mark[f] == 0 && w.filter.attr[rev.attr[e]] {
				mark[f] = markSeen
				list = append(list, f)
			}
		}
	}
	w.affected = list
}

// rise is spread with limits and rules, hop by hop. Conduits found join the
// hop under way.
func (w *wave) rise(rev *rows) {
	g, mark := w.g, w.s.mark
	next := w.s.next[:0]
	k := 0
	for depth := 0; ; depth++ {
		for ; k < len(w.affected); k++ {
			u := w.affected[k]
			if w.rules.stops(g, u) {
				continue
			}
			for e, end := rev.off[u], rev.off[u+1]; e < end; e++ {
				f := rev.to[e]
				if mark[f] != 0 || !w.filter.attr[rev.attr[e]] || w.filter.detail != nil && !w.filter.passesBetween(g, f, u) {
					continue
				}
				if g.flags[f]&nodeConduit != 0 {
					mark[f] = markSeen
					w.affected = append(w.affected, f)
				} else if (w.depth < 0 || depth < w.depth) && !w.bar(f) {
					mark[f] = markSeen
					next = append(next, f)
				}
			}
		}
		if len(next) == 0 {
			break
		}
		w.affected = append(w.affected, next...)
		next = next[:0]
	}
	w.s.next = next
}

// everything marks all nodes that are not excluded as affected.
func (w *wave) everything() {
	n := len(w.g.ids)
	w.affected = make([]int32, 0, n)
	for i := range int32(n) {
		if w.s.mark[i]&(markExcluded|markBarred) == 0 && (w.rules == nil || !w.bar(i)) {
			w.s.mark[i] |= markSeen
			w.affected = append(w.affected, i)
		}
	}
}

// finish gives the memory back.
func (w *wave) finish(order []int32) {
	if len(w.affected) > len(w.s.mark)/16 {
		clear(w.s.mark)
	} else {
		for _, list := range [][]int32{w.affected, w.changed, w.excluded, w.barred, order} {
			for _, i := range list {
				w.s.mark[i] = 0
			}
		}
	}
	for _, i := range order {
		w.s.state[i] = outside
	}
	w.g.pool.Put(w.s)
}

// resolve returns the numbers of ids, ascending and each once, and appends
// those that the graph does not know to unknown.
func (g *Graph) resolve(ids []ID, unknown *[]ID) []int32 {
	if len(ids) == 0 {
		return nil
	}
	list := make([]int32, 0, len(ids))
	for k, id := range ids {
		lo := 0
		if k > 0 && len(list) > 0 && ids[k-1] <= id {
			lo = int(list[len(list)-1]) // sorted lists need no search from the start
			if lo < len(g.ids) && g.ids[lo] == id {
				continue
			}
			if lo+1 < len(g.ids) && g.ids[lo+1] == id {
				list = append(list, int32(lo+1))
				continue
			}
		}
		i, ok := slices.BinarySearch(g.ids, id)
		if !ok {
			*unknown = append(*unknown, id)
			continue
		}
		list = append(list, int32(i))
	}
	if !slices.IsSorted(list) {
		slices.Sort(list)
	}
	return slices.Compact(list)
}

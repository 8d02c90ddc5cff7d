// SPDX-License-Identifier: MIT

package planner

import (
	"container/heap"
	"slices"
)

// arcs is a small weighted digraph in compressed rows, both ways. An arc x->y
// says that x wants y before it.
type arcs struct {
	off, to []int32
	weight  []int32
	roff    []int32
	rto     []int32
	rweight []int32
}

func newArcs(off, to, weight []int32) *arcs {
	a := &arcs{off: off, to: to, weight: weight}
	n := len(off) - 1
	a.roff = make([]int32, n+1)
	for _, t := range to {
		a.roff[t]++
	}
	var sum int32
	for i, c := range a.roff {
		a.roff[i] = sum
		sum += c
	}
	a.rto, a.rweight = make([]int32, len(to)), make([]int32, len(to))
	for f := range n {
		for e := off[f]; e < off[f+1]; e++ {
			t := to[e]
			a.rto[a.roff[t]], a.rweight[a.roff[t]] = int32(f), weight[e]
			a.roff[t]++
		}
	}
	copy(a.roff[1:], a.roff)
	a.roff[0] = 0
	return a
}

func (a *arcs) len() int { return len(a.off) - 1 }

// linear returns an order of the nodes in which little weight of arcs x->y has
// y after x: the greedy order of Eades, Lin and Smyth, improved by moving
// single nodes to their best places until nothing gains.
func (a *arcs) linear() []int32 {
	order := a.greedy()
	a.sift(order)
	return order
}

// greedyHeap holds the nodes not placed by out-weight minus in-weight, largest
// first, then by number.
type greedyHeap struct {
	nodes []int32
	at    []int32
	delta []int64
}

func (h *greedyHeap) Len() int { return len(h.nodes) }
func (h *greedyHeap) Less(i, j int) bool {
	x, y := h.nodes[i], h.nodes[j]
	return h.delta[x] > h.delta[y] || h.delta[x] == h.delta[y] && x < y
}
func (h *greedyHeap) Swap(i, j int) {
	h.nodes[i], h.nodes[j] = h.nodes[j], h.nodes[i]
	h.at[h.nodes[i]], h.at[h.nodes[j]] = int32(i), int32(j)
}
func (h *greedyHeap) Push(any) {}
func (h *greedyHeap) Pop() any {
	v := h.nodes[len(h.nodes)-1]
	h.nodes = h.nodes[:len(h.nodes)-1]
	h.at[v] = -1
	return v
}

// greedy places sinks first, sources last, and where there are neither the
// node with the largest surplus of out-weight last.
func (a *arcs) greedy() []int32 {
	n := a.len()
	h := &greedyHeap{nodes: make([]int32, n), at: make([]int32, n), delta: make([]int64, n)}
	out, in := make([]int32, n), make([]int32, n)
	var sinks, sources []int32
	for v := range int32(n) {
		h.nodes[v], h.at[v] = v, v
		for e := a.off[v]; e < a.off[v+1]; e++ {
			h.delta[v] += int64(a.weight[e])
		}
		for e := a.roff[v]; e < a.roff[v+1]; e++ {
			h.delta[v] -= int64(a.rweight[e])
		}
		out[v], in[v] = a.off[v+1]-a.off[v], a.roff[v+1]-a.roff[v]
		if out[v] == 0 {
			sinks = append(sinks, v)
		} else if in[v] == 0 {
			sources = append(sources, v)
		}
	}
	heap.Init(h)
	first := make([]int32, 0, n) // built first
	var last []int32             // built last, backwards
	take := func(v int32) {
		heap.Remove(h, int(h.at[v]))
		for e := a.off[v]; e < a.off[v+1]; e++ {
			t := a.to[e]
			if h.at[t] < 0 {
				continue
			}
			h.delta[t] += int64(a.weight[e])
			heap.Fix(h, int(h.at[t]))
			if in[t]--; in[t] == 0 {
				sources = append(sources, t)
			}
		}
		for e := a.roff[v]; e < a.roff[v+1]; e++ {
			f := a.rto[e]
			if h.at[f] < 0 {
				continue
			}
			h.delta[f] -= int64(a.rweight[e])
			heap.Fix(h, int(h.at[f]))
			if out[f]--; out[f] == 0 {
				sinks = append(sinks, f)
			}
		}
	}
	for h.Len() > 0 {
		switch {
		case len(sinks) > 0:
			v := sinks[len(sinks)-1]
			sinks = sinks[:len(sinks)-1]
			if h.at[v] >= 0 {
				take(v)
				first = append(first, v)
			}
		case len(sources) > 0:
			v := sources[len(sources)-1]
			sources = sources[:len(sources)-1]
			if h.at[v] >= 0 {
				take(v)
				last = append(last, v)
			}
		default:
			v := h.nodes[0]
			take(v)
			last = append(last, v)
		}
	}
	slices.Reverse(last)
	return append(first, last...)
}

// siftRounds and siftWork bound the improvement; on real graphs it ends by
// itself earlier.
const (
	siftRounds = 60
	siftWork   = 50_000_000
)

// sift moves nodes to where the weight of violated arcs is smallest. Places
// are spaced numbers, so that a move costs only the node's own arcs.
func (a *arcs) sift(order []int32) {
	n := len(order)
	const gap = int64(1) << 32
	place := make([]int64, n)
	spread := func() {
		for i, v := range order {
			place[v] = int64(i+1) * gap
		}
	}
	spread()
	type stop struct {
		at   int64 // place of the neighbour
		step int64 // what passing it upwards adds to the cost
	}
	var stops []stop
	resort := func() {
		slices.SortFunc(order, func(x, y int32) int {
			switch {
			case place[x] < place[y]:
				return -1
			case place[x] > place[y]:
				return 1
			}
			return int(x - y)
		})
		spread()
	}
	for range min(siftRounds, 1+siftWork/(len(a.to)+1)) {
		moved := false
		for v := range int32(n) {
			stops = stops[:0]
			for e := a.off[v]; e < a.off[v+1]; e++ {
				stops = append(stops, stop{place[a.to[e]], -int64(a.weight[e])}) // past what it wants: good
			}
			for e := a.roff[v]; e < a.roff[v+1]; e++ {
				stops = append(stops, stop{place[a.rto[e]], int64(a.rweight[e])}) // past who wants it: bad
			}
			slices.SortFunc(stops, func(x, y stop) int {
				switch {
				case x.at < y.at:
					return -1
				case x.at > y.at:
					return 1
				}
				return int(x.step - y.step)
			})
			var cost, best, here int64 // relative to the lowest place
			where, known := -1, false  // best is right after stops[where]
			for i, s := range stops {
				if !known && s.at > place[v] {
					here, known = cost, true
				}
				cost += s.step
				if cost < best && (i+1 == len(stops) || stops[i+1].at != s.at) {
					best, where = cost, i
				}
			}
			if !known {
				here = cost
			}
			if best >= here {
				continue
			}
			lo, hi := int64(0), gap
			if where >= 0 {
				lo = stops[where].at
				hi = lo + gap
			}
			if where+1 < len(stops) {
				hi = min(hi, stops[where+1].at)
			}
			if hi-lo < 2 {
				resort()
				moved = true
				continue
			}
			place[v] = lo + (hi-lo)/2
			moved = true
		}
		resort()
		if !moved {
			return
		}
	}
}

// SPDX-License-Identifier: MIT

package planner

import "slices"

// Weights of an edge when a cycle must be opened: what the request or the
// packager offers to drop goes first.
const (
	weightBootstrap = 1
	weightWeak      = 8
	weightFirm      = 64
)

// knot is one cycle group taken apart: its inner edges, and which of them the
// first pass leaves out. Conduits that need each other are one vertex. Only
// edges that leave a buildable node can be cut, which is always enough: what
// conduits alone tie together is no obstacle.
type knot struct {
	g       *Graph
	members []int32 // the graph's numbers, ascending
	vertex  []int32 // per member

	// Arcs between vertices, by the one who needs; parallel edges are one arc.
	off, to  []int32
	weight   []int32
	cuttable []bool
	edges    [][2]int32 // per arc: member, forward edge of the graph; see edgeOff
	edgeOff  []int32
	builds   []bool // per vertex

	cut   []bool  // per arc
	place []int32 // per vertex: its place in an order that all uncut arcs agree with
}

// knot takes a group apart, once.
func (p *Plan) knot(group int32) *knot {
	p.knotMu.Lock()
	defer p.knotMu.Unlock()
	if t := p.knots[group]; t != nil {
		return t
	}
	t := p.tie(group)
	t.chooseCut()
	if p.knots == nil {
		p.knots = make(map[int32]*knot)
	}
	p.knots[group] = t
	return t
}

// tie collects a group's vertices and arcs.
func (p *Plan) tie(group int32) *knot {
	g, o := p.graph, p.order
	t := &knot{g: g, members: o.members(group)}
	bootstrap := p.cyclePolicy(group) == CycleBootstrap
	s := g.borrow()
	local := s.state
	for i, v := range t.members {
		local[v] = int32(i)
	}
	t.vertex = t.mergeConduits(o, local)
	vertices := int32(0)
	for _, v := range t.vertex {
		vertices = max(vertices, v+1)
	}
	t.builds = make([]bool, vertices)
	type arc struct {
		from, to     int32
		weight       int32
		member, edge int32
	}
	var list []arc
	for i, v := range t.members {
		t.builds[t.vertex[i]] = g.flags[v]&nodeConduit == 0
		for e, end := g.fwd.off[v], g.fwd.off[v+1]; e < end; e++ {
			j := local[g.fwd.to[e]]
			if j == outside || t.vertex[i] == t.vertex[j] || !o.allow.passes(g, e) {
				continue
			}
			w := int32(weightFirm)
			switch a := g.fwd.attr[e]; {
			case bootstrap && a&attrBootstrap != 0 && g.flags[v]&nodeBootstrap != 0:
				w = weightBootstrap
			case a&attrWeak != 0:
				w = weightWeak
			}
			list = append(list, arc{t.vertex[i], t.vertex[j], w, int32(i), e})
		}
	}
	for _, v := range t.members {
		local[v] = outside
	}
	g.pool.Put(s)
	slices.SortFunc(list, func(x, y arc) int {
		if x.from != y.from {
			return int(x.from - y.from)
		}
		if x.to != y.to {
			return int(x.to - y.to)
		}
		return int(x.edge - y.edge)
	})
	t.off = make([]int32, vertices+1)
	for k, a := range list {
		t.edges = append(t.edges, [2]int32{a.member, a.edge})
		if k > 0 && list[k-1].from == a.from && list[k-1].to == a.to {
			last := len(t.weight) - 1
			t.weight[last] = max(t.weight[last], a.weight)
			continue
		}
		t.to = append(t.to, a.to)
		t.weight = append(t.weight, a.weight)
		t.cuttable = append(t.cuttable, t.builds[a.from])
		t.edgeOff = append(t.edgeOff, int32(k))
		t.off[a.from+1]++
	}
	t.edgeOff = append(t.edgeOff, int32(len(list)))
	for i := range vertices {
		t.off[i+1] += t.off[i]
	}
	return t
}

// mergeConduits numbers the vertices: conduits that need each other get one,
// and what a conduit needs of other conduits gets a smaller number than it;
// buildable members come after all conduits.
func (t *knot) mergeConduits(o *planOrder, local []int32) []int32 {
	g := t.g
	n := len(t.members)
	vertex := make([]int32, n)
	index := make([]int32, n) // 0: not visited; otherwise search number
	low := make([]int32, n)
	for i := range vertex {
		vertex[i] = -1
	}
	type frame struct{ i, e int32 }
	var frames []frame
	var open []int32
	next, count := int32(1), int32(0)
	for root := range int32(n) {
		if index[root] != 0 || !g.conduit(t.members[root]) {
			continue
		}
		frames = append(frames, frame{root, g.fwd.off[t.members[root]]})
		index[root], low[root] = next, next
		next++
		open = append(open, root)
	search:
		for len(frames) > 0 {
			f := &frames[len(frames)-1]
			i := f.i
			for end := g.fwd.off[t.members[i]+1]; f.e < end; f.e++ {
				w := g.fwd.to[f.e]
				j := local[w]
				if j == outside || g.flags[w]&nodeConduit == 0 || !o.allow.passes(g, f.e) {
					continue
				}
				if index[j] == 0 {
					frames = append(frames, frame{j, g.fwd.off[w]})
					index[j], low[j] = next, next
					next++
					open = append(open, j)
					continue search
				}
				if vertex[j] < 0 {
					low[i] = min(low[i], low[j])
				}
			}
			frames = frames[:len(frames)-1]
			if low[i] == index[i] {
				for {
					j := open[len(open)-1]
					open = open[:len(open)-1]
					vertex[j] = count
					if j == i {
						break
					}
				}
				count++
			}
		}
	}
	for i, v := range t.members {
		if !g.conduit(v) {
			vertex[i] = count
			count++
		}
	}
	return vertex
}

// projectionWork bounds how many steps through conduits are taken to see which
// buildable members need which.
const projectionWork = 40_000_000

// chooseCut finds an order of the buildable vertices that violates little,
// cuts the arcs that disagree with it and all that are not firm, and puts back
// what can be put back. A firm edge stays cut only where firm edges alone are
// circular.
func (t *knot) chooseCut() {
	conduits := int32(slices.Index(t.builds, true)) // buildable vertices come last
	a, complete := t.project(conduits, false)
	if !complete {
		a, _ = t.project(conduits, true)
	}
	order := a.linear() // of buildable vertices, counted from conduits
	n := int32(len(t.builds))
	key := make([]int32, n) // when a vertex is there, as a position in order
	for pos, b := range order {
		key[conduits+b] = int32(pos)
	}
	for c := range conduits { // needs have smaller numbers
		key[c] = -1
		for e := t.off[c]; e < t.off[c+1]; e++ {
			key[c] = max(key[c], key[t.to[e]])
		}
	}
	t.cut = make([]bool, len(t.to))
	for b := conduits; b < n; b++ {
		for e := t.off[b]; e < t.off[b+1]; e++ {
			t.cut[e] = key[t.to[e]] >= key[b] || t.weight[e] < weightFirm // the latter mostly come back
		}
	}
	line := make([]int32, n)
	for i := range line {
		line[i] = int32(i)
	}
	slices.SortFunc(line, func(x, y int32) int {
		if key[x] != key[y] {
			return int(key[x] - key[y])
		}
		if t.builds[x] != t.builds[y] { // the node, then what comes out of it
			if t.builds[x] {
				return -1
			}
			return 1
		}
		return int(x - y)
	})
	t.place = make([]int32, n)
	for i, v := range line {
		t.place[v] = int32(i)
	}
	t.restore()
}

// project returns who needs whom among buildable vertices, through conduits.
// near stops at the first conduit of each way, which is cheap and still a
// good hint. complete is false when the work bound was hit.
func (t *knot) project(conduits int32, near bool) (a *arcs, complete bool) {
	n := int32(len(t.builds))
	off := make([]int32, 1, n-conduits+1)
	var to, weight []int32
	seen := make([]int32, n) // position+1 of the arc in to, or mark for conduits
	for i := range seen {
		seen[i] = -1
	}
	var stack []int32
	work := 0
	mark := make([]int32, conduits) // conduits visited for b at weight class
	for b := conduits; b < n; b++ {
		start := len(to)
		add := func(v, w int32) {
			if v == b {
				return
			}
			if k := seen[v]; int(k) >= start {
				weight[k] = max(weight[k], w)
				return
			}
			seen[v] = int32(len(to))
			to = append(to, v-conduits)
			weight = append(weight, w)
		}
		// Heavier first edges first, so that a conduit is walked once.
		for _, class := range [...]int32{weightFirm, weightWeak, weightBootstrap} {
			for e := t.off[b]; e < t.off[b+1]; e++ {
				if t.weight[e] != class {
					continue
				}
				if v := t.to[e]; v >= conduits {
					add(v, class)
					continue
				} else if mark[v] != b {
					mark[v] = b
					stack = append(stack, v)
				}
				for len(stack) > 0 {
					c := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					for k := t.off[c]; k < t.off[c+1]; k++ {
						work++
						v := t.to[k]
						if v >= conduits {
							add(v, class)
						} else if mark[v] != b && !near {
							mark[v] = b
							stack = append(stack, v)
						}
					}
				}
				if work > projectionWork && !near {
					return nil, false
				}
			}
		}
		off = append(off, int32(len(to)))
	}
	return newArcs(off, to, weight), true
}

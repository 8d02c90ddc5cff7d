// SPDX-License-Identifier: MIT

package planner

// before orders owed actions: repositories before gates before builds, then
// the longer chain of work, then the smaller id and pass.
func (r *Run) before(x, y int32) bool {
	a, b := &r.units[x], &r.units[y]
	if s := a.phase == phaseOwed; s && b.phase == phaseOwed && a.step != b.step {
		return a.step < b.step
	} else if s != (b.phase == phaseOwed) {
		return s
	}
	if a.remaining != b.remaining {
		return a.remaining > b.remaining
	}
	if a.node != b.node {
		return a.node < b.node
	}
	return x < y
}

func (r *Run) heapOf(i int32) *[]int32 {
	u := &r.units[i]
	if u.phase == phaseReady {
		return &r.classes[u.class].heap
	}
	return &r.classes[stepClass].heap
}

func (r *Run) makeReady(i int32) {
	u := &r.units[i]
	u.phase, u.step = phaseReady, ActionBuild
	r.queued++
	r.push(i)
}

func (r *Run) owe(i int32, step ActionKind) {
	u := &r.units[i]
	if u.phase == phaseOwed {
		if u.step == step {
			return
		}
		r.withdrawStep(i)
	}
	u.phase, u.step = phaseOwed, step
	r.push(i)
}

// withdraw forgets the owed action of a unit.
func (r *Run) withdraw(i int32) {
	if u := &r.units[i]; u.phase == phaseReady || u.phase == phaseOwed {
		r.unheap(i)
		u.phase = phaseIdle
	}
}

func (r *Run) withdrawStep(i int32) {
	if r.units[i].phase == phaseOwed {
		r.withdraw(i)
	}
}

func (r *Run) push(i int32) {
	h := r.heapOf(i)
	*h = append(*h, i)
	r.units[i].heap = int32(len(*h) - 1)
	r.up(*h, len(*h)-1)
}

// unheap takes a unit out of its heap; its phase must still be as it was.
func (r *Run) unheap(i int32) {
	u := &r.units[i]
	h := r.heapOf(i)
	at, last := int(u.heap), len(*h)-1
	r.swap(*h, at, last)
	*h = (*h)[:last]
	if at < last {
		r.sift(*h, at)
		r.up(*h, at)
	}
	u.heap = -1
	if u.phase == phaseReady {
		r.queued--
	}
}

func (r *Run) swap(h []int32, a, b int) {
	h[a], h[b] = h[b], h[a]
	r.units[h[a]].heap, r.units[h[b]].heap = int32(a), int32(b)
}

func (r *Run) up(h []int32, at int) {
	for at > 0 {
		p := (at - 1) / 2
		if !r.before(h[at], h[p]) {
			return
		}
		r.swap(h, at, p)
		at = p
	}
}

func (r *Run) sift(h []int32, at int) {
	for {
		c := 2*at + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && r.before(h[c+1], h[c]) {
			c++
		}
		if !r.before(h[c], h[at]) {
			return
		}
		r.swap(h, at, c)
		at = c
	}
}

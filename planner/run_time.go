// SPDX-License-Identifier: MIT

package planner

import (
	"iter"
	"slices"
	"time"
)

// timer asks for a look at a unit at a time.
type timer struct {
	at   time.Duration
	unit int32
}

func (t timer) less(o timer) bool { return t.at < o.at || t.at == o.at && t.unit < o.unit }

func (r *Run) wakeAt(at time.Duration, i int32) {
	r.timers = append(r.timers, timer{at, i})
	for c := len(r.timers) - 1; c > 0; {
		p := (c - 1) / 2
		if !r.timers[c].less(r.timers[p]) {
			break
		}
		r.timers[c], r.timers[p] = r.timers[p], r.timers[c]
		c = p
	}
}

func (r *Run) popTimer() {
	last := len(r.timers) - 1
	r.timers[0] = r.timers[last]
	r.timers = r.timers[:last]
	for at := 0; ; {
		c := 2*at + 1
		if c >= last {
			return
		}
		if c+1 < last && r.timers[c+1].less(r.timers[c]) {
			c++
		}
		if !r.timers[c].less(r.timers[at]) {
			return
		}
		r.timers[at], r.timers[c] = r.timers[c], r.timers[at]
		at = c
	}
}

// waits reports whether a unit still waits for that time.
func (t timer) waits(r *Run) bool {
	u := &r.units[t.unit]
	if u.notBefore != t.at || !u.ready() {
		return false // if it comes to be ready, it asks anew
	}
	if u.kind != unitBuild {
		return u.phase == phaseRetry
	}
	stale := r.stale(t.unit)
	if r.parked(u, stale) {
		return false
	}
	return u.phase == phaseRetry || u.phase == phaseIdle && !u.is(unitSettled) && stale
}

func (r *Run) fireTimers() {
	for len(r.timers) > 0 && r.timers[0].at <= r.now {
		if r.timers[0].waits(r) {
			r.work = append(r.work, r.timers[0].unit)
		}
		r.popTimer()
	}
	if n := len(r.starts); n > 0 && r.starts[n-1]+r.opts.Rate.Per <= r.now {
		r.starts = r.starts[:0]
	}
}

// NextWake returns the time at which something becomes due by time alone: a
// retry, the end of a debounce, the next start that the rate allows. Tell the
// run then by an [EventTick]. There is none when only other events lead on.
func (r *Run) NextWake() (time.Duration, bool) {
	for len(r.timers) > 0 && !r.timers[0].waits(r) {
		r.popTimer()
	}
	wake, ok := time.Duration(0), false
	if len(r.timers) > 0 {
		wake, ok = r.timers[0].at, true
	}
	if n := r.opts.Rate.Starts; n > 0 && r.queued > 0 && r.held == "" && r.recentStarts() >= n {
		at := r.starts[len(r.starts)-n] + r.opts.Rate.Per
		if !ok || at < wake {
			wake, ok = at, true
		}
	}
	return wake, ok
}

// pickCanaries chooses the builds that go ahead of all others.
func (r *Run) pickCanaries() {
	if r.opts.Canary.Count == 0 {
		return
	}
	type candidate struct {
		unit int32
		many int
	}
	var list []candidate
	for i := range r.units {
		if r.units[i].phase == phaseReady {
			list = append(list, candidate{int32(i), r.dependents(int32(i))})
		}
	}
	slices.SortFunc(list, func(x, y candidate) int {
		if x.many != y.many {
			return y.many - x.many
		}
		return int(x.unit) - int(y.unit)
	})
	for _, c := range list[:min(len(list), r.opts.Canary.Count)] {
		r.canaries = append(r.canaries, c.unit)
	}
}

// dependents counts the builds that wait for a unit alone or with others, up
// to a thousand.
func (r *Run) dependents(i int32) int {
	seen := map[int32]bool{i: true}
	list := []int32{i}
	n := 0
	for at := 0; at < len(list) && at < 1000; at++ {
		for _, d := range r.graph.neededByOf(list[at]) {
			if len(seen) > 2000 {
				return n
			}
			if !seen[d] {
				seen[d] = true
				list = append(list, d)
				if r.units[d].kind == unitBuild {
					n++
				}
			}
		}
	}
	return n
}

// watch ends the canaries' time and holds a run in which too much fails.
func (r *Run) watch() {
	if r.canaries != nil {
		bad := 0
		for _, i := range r.canaries {
			switch u := &r.units[i]; {
			case u.phase == phaseFailed:
				bad++
			case !u.is(unitSettled) && u.phase != phaseCanceled:
				return
			}
		}
		n := len(r.canaries)
		r.canaries = nil
		if float64(bad) > r.opts.Canary.MaxFailed*float64(n) {
			r.held = "because too many of the first builds failed"
		}
	}
	if s := r.opts.Stop; s.Share > 0 && r.held == "" && r.ended >= max(s.AtLeast, 1) && float64(r.endedBadly) > s.Share*float64(r.ended) {
		r.held = "because too many builds failed"
	}
}

// queue keeps values by key in the order in which they came.
type queue[T any] struct {
	at   map[Key]int
	keys []Key // "" where a value was dropped
	list []T
}

func (q *queue[T]) len() int { return len(q.at) }

func (q *queue[T]) get(k Key) (v T, ok bool) {
	i, ok := q.at[k]
	if ok {
		v = q.list[i]
	}
	return v, ok
}

func (q *queue[T]) put(k Key, v T) {
	if q.at == nil {
		q.at = map[Key]int{}
	}
	if i, ok := q.at[k]; ok {
		q.list[i] = v
		return
	}
	q.at[k] = len(q.list)
	q.keys = append(q.keys, k)
	q.list = append(q.list, v)
}

func (q *queue[T]) drop(k Key) {
	i, ok := q.at[k]
	if !ok {
		return
	}
	delete(q.at, k)
	var zero T
	q.keys[i], q.list[i] = "", zero
	if len(q.keys) < 16 || len(q.at) > len(q.keys)/2 {
		return
	}
	n := 0
	for i, k := range q.keys {
		if k != "" {
			q.keys[n], q.list[n] = k, q.list[i]
			q.at[k] = n
			n++
		}
	}
	clear(q.list[n:])
	q.keys, q.list = q.keys[:n], q.list[:n]
}

func (q *queue[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i, k := range q.keys {
			if k != "" && !yield(q.list[i]) {
				return
			}
		}
	}
}

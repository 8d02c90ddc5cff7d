// SPDX-License-Identifier: MIT

package planner

import (
	"slices"
	"time"
)

// simEvent is the end of a task (task >= 0) or of a repository (job < 0).
type simEvent struct {
	at   time.Duration
	job  int32
	task int32
}

func (e simEvent) less(o simEvent) bool {
	if e.at != o.at {
		return e.at < o.at
	}
	if e.job != o.job {
		return e.job < o.job
	}
	return e.task < o.task
}

type eventHeap []simEvent

func (h *eventHeap) push(e simEvent) {
	*h = append(*h, e)
	for c := len(*h) - 1; c > 0; {
		p := (c - 1) / 2
		if !(*h)[c].less((*h)[p]) {
			return
		}
		(*h)[c], (*h)[p] = (*h)[p], (*h)[c]
		c = p
	}
}

func (h *eventHeap) pop() simEvent {
	old := *h
	top, last := old[0], len(old)-1
	old[0] = old[last]
	*h = old[:last]
	for at := 0; ; {
		c := 2*at + 1
		if c >= last {
			return top
		}
		if c+1 < last && old[c+1].less(old[c]) {
			c++
		}
		if !old[c].less(old[at]) {
			return top
		}
		old[at], old[c] = old[c], old[at]
		at = c
	}
}

// before orders ready jobs.
func (s *simulation) before(x, y int32) bool {
	a, b := &s.jobs[x], &s.jobs[y]
	if a.remaining != b.remaining {
		return a.remaining > b.remaining
	}
	return a.IDs[0] < b.IDs[0]
}

func (s *simulation) makeReady(j int32) {
	s.jobs[j].Ready = s.now
	s.ready = append(s.ready, j)
	for c := len(s.ready) - 1; c > 0; {
		p := (c - 1) / 2
		if !s.before(s.ready[c], s.ready[p]) {
			return
		}
		s.ready[c], s.ready[p] = s.ready[p], s.ready[c]
		c = p
	}
}

func (s *simulation) popReady() int32 {
	top, last := s.ready[0], len(s.ready)-1
	s.ready[0] = s.ready[last]
	s.ready = s.ready[:last]
	for at := 0; ; {
		c := 2*at + 1
		if c >= last {
			return top
		}
		if c+1 < last && s.before(s.ready[c+1], s.ready[c]) {
			c++
		}
		if !s.before(s.ready[c], s.ready[at]) {
			return top
		}
		s.ready[at], s.ready[c] = s.ready[c], s.ready[at]
		at = c
	}
}

// runFrontier starts jobs as soon as what they need is available.
func (s *simulation) runFrontier() {
	o := s.order
	s.wait = make([]int32, o.groups())
	var free []int32
	for k := range int32(o.groups()) {
		s.wait[k] = int32(len(o.needsOf(k)))
		if s.wait[k] == 0 {
			free = append(free, k)
		}
	}
	s.release(free)
	s.begin()
	for len(s.events) > 0 {
		s.now = s.events[0].at
		for len(s.events) > 0 && s.events[0].at == s.now {
			s.take(s.events.pop())
		}
		s.repository()
		s.begin()
	}
}

// release makes groups whose needs are available ready; conduits carry on at
// once.
func (s *simulation) release(free []int32) {
	for len(free) > 0 {
		k := free[len(free)-1]
		free = free[:len(free)-1]
		if j := s.jobOf[k]; j >= 0 {
			s.makeReady(j)
			continue
		}
		free = s.pass(k, free)
	}
}

func (s *simulation) pass(k int32, free []int32) []int32 {
	for _, d := range s.order.neededByOf(k) {
		if s.wait[d]--; s.wait[d] == 0 {
			free = append(free, d)
		}
	}
	return free
}

// take handles the end of a task or of a repository.
func (s *simulation) take(e simEvent) {
	if e.job < 0 {
		if e.task == 0 {
			return // only a moment to look at the repository
		}
		made := s.making
		s.making = nil
		s.available(made)
		return
	}
	j := &s.jobs[e.job]
	t := j.Tasks[e.task]
	s.putLane(t.Pool, t.Lane)
	if j.open--; j.open > 0 {
		return
	}
	j.End = s.now
	for _, l := range j.labels {
		s.busy[l]--
	}
	if s.opts.RepoDelay == 0 && s.opts.RepoWindow == 0 {
		s.available([]int32{e.job})
		return
	}
	if len(s.pending) == 0 {
		s.repoFrom = s.now + s.opts.RepoWindow
		s.events.push(simEvent{at: s.repoFrom, job: -1})
	}
	s.pending = append(s.pending, e.job)
}

// repository begins one when results wait long enough and none is being made.
func (s *simulation) repository() {
	if len(s.pending) == 0 || s.making != nil || s.repoFrom > s.now {
		return
	}
	s.making, s.pending = s.pending, nil
	s.repos++
	s.events.push(simEvent{at: s.now + s.opts.RepoDelay, job: -1, task: 1})
}

func (s *simulation) available(jobs []int32) {
	var free []int32
	for _, i := range jobs {
		s.jobs[i].Available = s.now
		if s.wait != nil {
			free = s.pass(s.jobs[i].group, free)
		}
	}
	s.release(free)
}

// begin hands ready jobs to free builders.
func (s *simulation) begin() {
	var later []int32
	for len(s.ready) > 0 && s.anyFree() {
		i := s.popReady()
		if !s.beginJob(i) {
			later = append(later, i)
		}
	}
	for _, i := range later {
		at := s.jobs[i].Ready
		s.makeReady(i)
		s.jobs[i].Ready = at
	}
}

// beginJob begins as many tasks of a job as builders are free and reports
// whether all have begun.
func (s *simulation) beginJob(i int32) bool {
	j := &s.jobs[i]
	if j.begun == 0 {
		for _, l := range j.labels {
			if s.busy[l] >= s.opts.Limits[l].Max {
				return false
			}
		}
	}
	for t := range j.pool {
		if j.pool[t] < -1 {
			continue // begun already
		}
		q := j.pool[t]
		if q == -1 {
			q = slices.IndexFunc(s.pools, poolState.isFree)
		}
		if q < 0 || !s.pools[q].isFree() {
			continue
		}
		if j.begun == 0 {
			j.Start = s.now
			for _, l := range j.labels {
				s.busy[l]++
			}
		}
		j.begun++
		end := addDurations(s.now, j.dur[t])
		j.Tasks = append(j.Tasks, Task{Pool: q, Lane: s.takeLane(q), Start: s.now, End: end})
		s.pools[q].work = addDurations(s.pools[q].work, j.dur[t])
		s.events.push(simEvent{at: end, job: i, task: int32(len(j.Tasks) - 1)})
		j.pool[t] = -2
	}
	return j.begun == len(j.pool)
}

func (s *simulation) anyFree() bool { return slices.ContainsFunc(s.pools, poolState.isFree) }

func (p poolState) isFree() bool { return p.builders == 0 || len(p.free) > 0 || p.lanes < p.builders }

// takeLane takes the first free builder of a pool.
func (s *simulation) takeLane(q int) int {
	p := &s.pools[q]
	if len(p.free) == 0 {
		p.lanes++
		return p.lanes - 1
	}
	h := p.free
	lane, last := h[0], len(h)-1
	h[0] = h[last]
	p.free = h[:last]
	for at := 0; ; {
		c := 2*at + 1
		if c >= last {
			return lane
		}
		if c+1 < last && h[c+1] < h[c] {
			c++
		}
		if h[c] >= h[at] {
			return lane
		}
		h[at], h[c] = h[c], h[at]
		at = c
	}
}

func (s *simulation) putLane(q, lane int) {
	h := append(s.pools[q].free, lane)
	for c := len(h) - 1; c > 0 && h[c] < h[(c-1)/2]; c = (c - 1) / 2 {
		h[c], h[(c-1)/2] = h[(c-1)/2], h[c]
	}
	s.pools[q].free = h
}

// runBarrier goes tier by tier.
func (s *simulation) runBarrier() {
	tiers := make([][]int32, 0)
	for i := range s.jobs {
		for len(tiers) <= s.jobs[i].Tier {
			tiers = append(tiers, nil)
		}
		tiers[s.jobs[i].Tier] = append(tiers[s.jobs[i].Tier], int32(i))
	}
	for i := range s.jobs { // inside a tier the longest job goes first
		s.jobs[i].remaining = s.jobs[i].length
	}
	for _, tier := range tiers {
		for _, i := range tier {
			s.makeReady(i)
		}
		s.begin()
		for len(s.events) > 0 {
			s.now = s.events[0].at
			for len(s.events) > 0 && s.events[0].at == s.now {
				s.take(s.events.pop())
			}
			s.repository()
			s.begin()
		}
	}
}

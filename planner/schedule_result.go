// SPDX-License-Identifier: MIT

package planner

import (
	"cmp"
	"slices"
	"time"
)

// result writes the course down.
func (s *simulation) result() *Schedule {
	out := &Schedule{Repos: s.repos, Unknown: s.unknown}
	for k := range int32(s.order.groups()) { // earliest starts, by group number
		j := s.jobOf[k]
		e := s.earliest[k]
		out.Critical = max(out.Critical, addDurations(e, s.tail[k]))
		if j >= 0 {
			e = addDurations(addDurations(e, s.jobs[j].length), s.opts.RepoDelay)
		}
		for _, d := range s.order.neededByOf(k) {
			s.earliest[d] = max(s.earliest[d], e)
		}
	}
	s.trace(out)
	for q := range s.pools {
		name := ""
		if s.opts.Pools != nil {
			name = s.opts.Pools[q].Name
		}
		out.Pools = append(out.Pools, name)
		out.Lanes = append(out.Lanes, s.pools[q].lanes)
	}
	for i := range s.jobs {
		j := &s.jobs[i]
		j.Slack = out.Critical - s.earliest[j.group] - s.tail[j.group]
		out.Makespan = max(out.Makespan, j.Available)
		out.Jobs = append(out.Jobs, j.Job)
	}
	s.bounds(out)
	slices.SortFunc(out.Jobs, func(x, y Job) int {
		return cmp.Or(cmp.Compare(x.Start, y.Start), compareIDs(x.IDs[0], y.IDs[0]))
	})
	return out
}

// trace follows the longest chain from its first job, smallest ids first.
func (s *simulation) trace(out *Schedule) {
	better := func(a, b int32) bool { // by group; b may be -1
		if b < 0 || s.tail[a] != s.tail[b] {
			return b < 0 || s.tail[a] > s.tail[b]
		}
		return s.order.graph.ids[s.order.members(a)[0]] < s.order.graph.ids[s.order.members(b)[0]]
	}
	at := int32(-1)
	for i := range s.jobs {
		if k := s.jobs[i].group; s.earliest[k] == 0 && better(k, at) {
			at = k
		}
	}
	for at >= 0 {
		if j := s.jobOf[at]; j >= 0 {
			s.jobs[j].Critical = true
			out.CriticalPath = append(out.CriticalPath, s.jobs[j].IDs[0])
		}
		next := int32(-1)
		for _, d := range s.order.neededByOf(at) {
			if s.tail[d] > 0 && better(d, next) {
				next = d
			}
		}
		at = next
	}
}

func (s *simulation) bounds(out *Schedule) {
	out.LowerBound = out.Critical
	builders, limited := 0, true
	for q := range s.pools {
		p := &s.pools[q]
		out.Work = addDurations(out.Work, p.work)
		builders += p.builders
		limited = limited && p.builders > 0
	}
	if limited {
		// Jobs that any pool may take count for all builders together.
		bound := (out.Work + time.Duration(builders) - 1) / time.Duration(builders)
		out.LowerBound = max(out.LowerBound, bound)
		if out.Makespan > 0 {
			total := float64(out.Makespan) * float64(builders)
			out.Idle = max(0, 1-float64(out.Work)/total)
		}
	}
	for q := range s.pools {
		n := time.Duration(s.pools[q].builders)
		if n == 0 {
			continue
		}
		var own time.Duration
		for i := range s.jobs {
			own = addDurations(own, s.jobs[i].bound(q))
		}
		out.LowerBound = max(out.LowerBound, (own+n-1)/n)
	}
}

// bound returns the time that a job must spend in a pool.
func (j *job) bound(q int) time.Duration {
	var d time.Duration
	for _, t := range j.Tasks {
		if t.Pool == q && !j.roams {
			d = addDurations(d, t.End-t.Start)
		}
	}
	return d
}

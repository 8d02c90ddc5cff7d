// SPDX-License-Identifier: MIT

package planner

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// ScheduleOptions are the terms of a simulation. The zero value simulates a
// frontier run with unlimited builders and an instant repository.
type ScheduleOptions struct {
	// Builders is the number of builders that take anything; 0 is unlimited.
	// Pools, when not nil, take its place.
	Builders int
	Pools    []Pool
	// Barrier starts a tier when all of the one before is available; the
	// longest job of a tier goes first.
	Barrier bool
	// RepoDelay is how long it takes to make a repository after which
	// results can be used. One is made at a time. RepoWindow is how long
	// after a result the next one waits for others to come in.
	RepoDelay, RepoWindow time.Duration
	// Limits bound the jobs under way with a label.
	Limits []LabelLimit
	// Durations, when not nil, says how long a node's build takes in a pool
	// ("" without pools) instead of what the plan knows; 0 means unknown.
	Durations func(id ID, pool string) time.Duration
	// Unknown is the duration of nodes whose duration is not known; 0 means
	// one minute.
	Unknown time.Duration
}

// A Pool is a set of equal builders. A node takes one task in every pool that
// serves one of its architectures; a node without architectures takes one task
// in whichever pool is free first.
type Pool struct {
	// Name is the architecture that the pool serves, or of a channel.
	Name string
	// Builders is their number; 0 is unlimited.
	Builders int
	// Arches are the architectures served; nil means Name alone.
	Arches []string
}

// A Schedule is the simulated course of a plan.
type Schedule struct {
	// Makespan is when the last result is available.
	Makespan time.Duration
	// CriticalPath is the longest chain of jobs, by the smallest id of each,
	// and Critical its length, which no number of builders shortens.
	CriticalPath []ID
	Critical     time.Duration
	// Work is the time that all builders together are busy; for cycle groups
	// that is the longest member, as the group is one job.
	Work time.Duration
	// LowerBound is the larger of Critical and, for every pool, work by
	// builders: no order of the jobs ends earlier.
	LowerBound time.Duration
	// Idle is the share of builder time, 0 to 1, that is not used up to
	// Makespan; 0 with unlimited builders.
	Idle float64
	// Repos is the number of repositories that were made.
	Repos int
	// Unknown is the number of jobs for which a duration was assumed.
	Unknown int
	// Jobs are in the order in which they start, then by id.
	Jobs []Job
	// Pools are the names of the pools, Lanes how many builders of each were
	// used.
	Pools []string
	Lanes []int
}

// A Job is one node, or one cycle group, in a schedule.
type Job struct {
	// IDs are the nodes that are built, sorted.
	IDs []ID
	// Tier is the job's tier in the plan.
	Tier int
	// Ready is when everything that it needs was available, Start when its
	// first task began, End when its last one did, Available when others
	// could use the result.
	Ready, Start, End, Available time.Duration
	// Slack is by how much the job could take longer without making the
	// critical path longer.
	Slack time.Duration
	// Critical tells that the job is on the reported critical path.
	Critical bool
	// Tasks are its parts, one in each pool.
	Tasks []Task
}

// A Task is a job's part on one builder.
type Task struct {
	Pool       int // index in Schedule.Pools
	Lane       int // builder of that pool, counted from 0
	Start, End time.Duration
}

// Schedule simulates the plan: at every moment, all results of that moment are
// taken first, then free builders take the jobs that are ready, the one with
// the longest chain of work behind it first, equal ones by smallest id. A cycle
// group is one job that lasts as long as its longest member. The error wraps
// [ErrInvalid] for options that make no sense.
func (p *Plan) Schedule(opts ScheduleOptions) (*Schedule, error) {
	if p.order == nil {
		return nil, errNotMade
	}
	if err := opts.check(); err != nil {
		return nil, err
	}
	s := newSimulation(p, opts)
	if opts.Barrier {
		s.runBarrier()
	} else {
		s.runFrontier()
	}
	return s.result(), nil
}

func (o *ScheduleOptions) check() error {
	bad := func(what string, v any) error {
		return fmt.Errorf("planner: schedule: %s %v: %w", what, v, ErrInvalid)
	}
	switch {
	case o.Builders < 0:
		return bad("builders", o.Builders)
	case o.RepoDelay < 0:
		return bad("repo delay", o.RepoDelay)
	case o.RepoWindow < 0:
		return bad("repo window", o.RepoWindow)
	case o.Unknown < 0:
		return bad("unknown", o.Unknown)
	case o.Pools != nil && len(o.Pools) == 0:
		return bad("pools", "(none)")
	}
	names := map[string]bool{}
	for _, p := range o.Pools {
		if p.Builders < 0 || p.Name == "" || names[p.Name] {
			return bad("pool", p)
		}
		names[p.Name] = true
	}
	for _, l := range o.Limits {
		if l.Label == "" || l.Max <= 0 {
			return bad("limit", l)
		}
	}
	return nil
}

// job is one group that is built.
type job struct {
	group     int32
	dur       []time.Duration // per task
	pool      []int           // per task; -1 means any
	length    time.Duration   // longest task
	remaining time.Duration
	labels    []int
	open      int  // tasks not ended
	begun     int  // tasks begun
	roams     bool // its one task may run in any pool
	Job
}

type simulation struct {
	plan  *Plan
	order *planOrder
	opts  ScheduleOptions
	pools []poolState

	jobs     []job
	jobOf    []int32 // per group, -1 for conduits
	tail     []time.Duration
	earliest []time.Duration // per group, with unlimited builders
	wait     []int32
	busy     []int // jobs under way per limit
	unknown  int

	now      time.Duration
	events   eventHeap
	ready    []int32 // jobs with tasks to begin, a heap by urgency
	pending  []int32 // ended, not in a repository
	repoFrom time.Duration
	making   []int32
	repos    int
}

type poolState struct {
	builders int   // 0 is unlimited
	free     []int // lanes that were used and are free, a heap
	lanes    int
	work     time.Duration
}

func newSimulation(p *Plan, opts ScheduleOptions) *simulation {
	o := p.order
	o.link()
	s := &simulation{plan: p, order: o, opts: opts}
	if opts.Pools == nil {
		s.pools = []poolState{{builders: opts.Builders}}
	}
	for _, q := range opts.Pools {
		s.pools = append(s.pools, poolState{builders: q.Builders})
	}
	n := o.groups()
	s.jobOf = make([]int32, n)
	s.tail = make([]time.Duration, n)
	s.earliest = make([]time.Duration, n)
	s.busy = make([]int, len(opts.Limits))
	for k := range int32(n) {
		s.jobOf[k] = -1
		if o.builds[k] > 0 {
			s.jobOf[k] = int32(len(s.jobs))
			s.addJob(k)
		}
	}
	for k := int32(n) - 1; k >= 0; k-- {
		var most time.Duration
		for _, d := range o.neededByOf(k) {
			most = max(most, s.tail[d])
		}
		if j := s.jobOf[k]; j >= 0 {
			if most > 0 {
				most = addDurations(most, opts.RepoDelay)
			}
			most = addDurations(most, s.jobs[j].length)
			s.jobs[j].remaining = most
		}
		s.tail[k] = most
	}
	return s
}

// addJob makes the job of a group.
func (s *simulation) addJob(k int32) {
	j := job{group: k}
	j.Tier = int(s.order.level[k])
	labels := map[int]bool{}
	longest := map[int]time.Duration{}
	assumed := false
	for _, v := range s.order.members(k) {
		at, ok := slices.BinarySearch(s.order.rebuild, v)
		if !ok {
			continue
		}
		id := s.plan.Rebuild[at]
		j.IDs = append(j.IDs, id)
		profile := &s.order.graph.profile[s.order.graph.profileOf[v]]
		for i, l := range s.opts.Limits {
			if slices.Contains(profile.labels, l.Label) {
				labels[i] = true
			}
		}
		for _, q := range s.poolsFor(profile.arches) {
			name := ""
			if q >= 0 && s.opts.Pools != nil {
				name = s.opts.Pools[q].Name
			}
			d := s.duration(int32(at), id, name)
			if d <= 0 {
				assumed = true
				d = cmp.Or(s.opts.Unknown, time.Minute)
			}
			longest[q] = max(longest[q], d)
		}
	}
	if assumed {
		s.unknown++
	}
	for q := -1; q < len(s.pools); q++ {
		if d, ok := longest[q]; ok {
			j.pool, j.dur = append(j.pool, q), append(j.dur, d)
			j.length = max(j.length, d)
		}
	}
	for i := range s.opts.Limits {
		if labels[i] {
			j.labels = append(j.labels, i)
		}
	}
	j.open = len(j.pool)
	j.roams = slices.Contains(j.pool, -1)
	s.jobs = append(s.jobs, j)
}

func (s *simulation) duration(at int32, id ID, pool string) time.Duration {
	if s.opts.Durations != nil {
		return s.opts.Durations(id, pool)
	}
	return s.plan.duration(at)
}

// poolsFor returns the pools that build for some architectures; -1 is
// whichever is free first.
func (s *simulation) poolsFor(arches []string) []int {
	if s.opts.Pools == nil {
		return []int{0}
	}
	var list []int
	for q, p := range s.opts.Pools {
		for _, a := range arches {
			if p.Arches == nil && p.Name == a || slices.Contains(p.Arches, a) {
				list = append(list, q)
				break
			}
		}
	}
	if list == nil {
		return []int{-1}
	}
	return list
}

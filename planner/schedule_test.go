// SPDX-License-Identifier: MIT

package planner_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/planner"
)

func scheduleOf(t testing.TB, p *planner.Plan, opts planner.ScheduleOptions) *planner.Schedule {
	t.Helper()
	s, err := p.Schedule(opts)
	require.NoError(t, err)
	return s
}

// checkSchedule holds a schedule to what every schedule must be.
func checkSchedule(t testing.TB, g *planner.Graph, p *planner.Plan, s *planner.Schedule, builders int, msg string) {
	t.Helper()
	needs := orderNeeds(g, p)
	jobOf := map[planner.ID]*planner.Job{}
	for i := range s.Jobs {
		for _, id := range s.Jobs[i].IDs {
			require.Nil(t, jobOf[id], "%s: %s twice", msg, id)
			jobOf[id] = &s.Jobs[i]
		}
	}
	require.Len(t, jobOf, len(p.Rebuild), msg)
	type span struct{ start, end time.Duration }
	lanes := map[int][]span{}
	for id, j := range jobOf {
		for _, n := range needs[id] {
			if d := jobOf[n]; d != j {
				require.LessOrEqual(t, d.Available, j.Start, "%s: %s before %s", msg, id, n)
			}
		}
		require.LessOrEqual(t, j.Ready, j.Start, msg)
		require.GreaterOrEqual(t, j.Slack, time.Duration(0), msg)
	}
	for _, j := range s.Jobs {
		for _, task := range j.Tasks {
			lanes[task.Lane] = append(lanes[task.Lane], span{task.Start, task.End})
		}
	}
	if builders > 0 {
		require.LessOrEqual(t, len(lanes), builders, msg)
	}
	for _, spans := range lanes {
		slices.SortFunc(spans, func(x, y span) int { return int(x.start - y.start) })
		for i := 1; i < len(spans); i++ {
			require.LessOrEqual(t, spans[i-1].end, spans[i].start, "%s: one builder, two jobs", msg)
		}
	}
	var chain time.Duration
	for _, id := range s.CriticalPath {
		require.True(t, jobOf[id].Critical, msg)
		require.Zero(t, jobOf[id].Slack, msg)
		longest := time.Duration(0)
		for _, task := range jobOf[id].Tasks {
			longest = max(longest, task.End-task.Start)
		}
		chain += longest
	}
	require.Equal(t, s.Critical, chain, msg)
}

// Invariant 12.
func TestSchedulesKeepGrahamsBounds(t *testing.T) {
	for seed := range seedsOf(t, 400) {
		rng := rand.New(rand.NewPCG(seed, 5))
		g := randomGraph(rng, seed%2 == 0)
		q := planner.Request{Changed: []planner.ID{"n00", "n01"}, Durations: corpusDuration}
		p, err := g.Plan(q)
		require.NoError(t, err)
		msg := fmt.Sprintf("seed %d", seed)
		endless := scheduleOf(t, p, planner.ScheduleOptions{})
		checkSchedule(t, g, p, endless, 0, msg)
		require.Equal(t, endless.Critical, endless.Makespan, msg)
		one := scheduleOf(t, p, planner.ScheduleOptions{Builders: 1})
		require.Equal(t, one.Work, one.Makespan, msg)
		barrier := scheduleOf(t, p, planner.ScheduleOptions{Barrier: true})
		require.GreaterOrEqual(t, barrier.Makespan, endless.Makespan, msg)
		for _, n := range []int{1, 2, 3, 7} {
			s := scheduleOf(t, p, planner.ScheduleOptions{Builders: n})
			checkSchedule(t, g, p, s, n, msg)
			require.GreaterOrEqual(t, s.Makespan, s.LowerBound, msg)
			require.LessOrEqual(t, s.Makespan, s.Critical+s.Work/time.Duration(n), msg)
			require.GreaterOrEqual(t, s.LowerBound, s.Critical, msg)
			require.GreaterOrEqual(t, s.LowerBound*time.Duration(n), s.Work, msg)
			again := scheduleOf(t, p, planner.ScheduleOptions{Builders: n})
			require.Equal(t, s, again, msg)
			checkSchedule(t, g, p, scheduleOf(t, p, planner.ScheduleOptions{Builders: n, Barrier: true}), n, msg)
			slow := scheduleOf(t, p, planner.ScheduleOptions{Builders: n, RepoDelay: time.Minute, RepoWindow: 30 * time.Second})
			require.GreaterOrEqual(t, slow.Makespan, slow.LowerBound, msg)
			require.LessOrEqual(t, slow.Repos, len(slow.Jobs), msg)
		}
	}
}

func ring(g *planner.Builder, id planner.ID, minutes int, arches []string, labels ...string) {
	g.AddNode(planner.Node{ID: id, Duration: time.Duration(minutes) * time.Minute, Arches: arches, Labels: labels})
}

func scheduleGraph(t testing.TB) *planner.Graph {
	t.Helper()
	var b planner.Builder
	ring(&b, "rpms/zlib", 10, nil)
	ring(&b, "rpms/curl", 20, []string{"x86_64", "s390x"}, "slow")
	ring(&b, "rpms/git", 30, []string{"x86_64"}, "slow")
	ring(&b, "rpms/tree", 5, nil)
	ring(&b, "rpms/vim", 0, nil)
	for _, id := range []planner.ID{"rpms/curl", "rpms/git", "rpms/tree", "rpms/vim"} {
		b.AddEdge(planner.Edge{From: id, To: "rpms/zlib"})
	}
	b.AddEdge(planner.Edge{From: "rpms/git", To: "rpms/curl"})
	g, err := b.Graph()
	require.NoError(t, err)
	return g
}

func TestEveryArchitectureHasItsOwnBuilders(t *testing.T) {
	p := planOf(t, scheduleGraph(t), "rpms/zlib")
	s := scheduleOf(t, p, planner.ScheduleOptions{Pools: []planner.Pool{{Name: "x86_64", Builders: 1}, {Name: "s390x", Builders: 1}}})
	jobs := map[planner.ID]planner.Job{}
	for _, j := range s.Jobs {
		jobs[j.IDs[0]] = j
	}
	curl := jobs["rpms/curl"]
	require.Len(t, curl.Tasks, 2, "a task on each architecture")
	assert.Equal(t, 10*time.Minute, curl.Start)
	assert.Equal(t, []int{0, 1}, []int{curl.Tasks[0].Pool, curl.Tasks[1].Pool})
	assert.Equal(t, 60*time.Minute, s.Makespan)
	assert.Equal(t, 1, s.Unknown, "vim")
	// tree may run anywhere: it takes the pool that is free first.
	assert.Len(t, jobs["rpms/tree"].Tasks, 1)
}

func TestARepositoryTakesItsTime(t *testing.T) {
	p := planOf(t, scheduleGraph(t), "rpms/zlib")
	s := scheduleOf(t, p, planner.ScheduleOptions{RepoDelay: 4 * time.Minute, RepoWindow: time.Minute})
	jobs := map[planner.ID]planner.Job{}
	for _, j := range s.Jobs {
		jobs[j.IDs[0]] = j
	}
	assert.Equal(t, 15*time.Minute, jobs["rpms/curl"].Start, "10 of zlib, 1 of window, 4 of repository")
	assert.Equal(t, 15*time.Minute, jobs["rpms/zlib"].Available)
	assert.Equal(t, 60*time.Minute+8*time.Minute, s.Critical, "the delay lies between the jobs of a chain")
	list, best, err := p.CompareWindows(planner.ScheduleOptions{RepoDelay: 4 * time.Minute}, 0, 20*time.Minute)
	require.NoError(t, err)
	assert.Equal(t, 0, best)
	assert.Less(t, list[1].Repos, list[0].Repos)
	_, best, err = p.CompareWindows(planner.ScheduleOptions{})
	require.NoError(t, err)
	assert.Equal(t, -1, best)
}

func TestLabelLimitsHoldInASchedule(t *testing.T) {
	var b planner.Builder
	ring(&b, "a", 10, nil, "slow")
	ring(&b, "b", 10, nil, "slow")
	ring(&b, "c", 10, nil)
	g, err := b.Graph()
	require.NoError(t, err)
	p := planOf(t, g, "a", "b", "c")
	s := scheduleOf(t, p, planner.ScheduleOptions{Limits: []planner.LabelLimit{{Label: "slow", Max: 1}}})
	assert.Equal(t, 20*time.Minute, s.Makespan)
}

func TestScheduleOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	p := planOf(t, scheduleGraph(t), "rpms/zlib")
	for _, o := range []planner.ScheduleOptions{
		{Builders: -1}, {RepoDelay: -1}, {RepoWindow: -1}, {Unknown: -1}, {Pools: []planner.Pool{}},
		{Pools: []planner.Pool{{Name: "x", Builders: -1}}}, {Pools: []planner.Pool{{Name: "x"}, {Name: "x"}}},
		{Limits: []planner.LabelLimit{{Label: "x"}}},
	} {
		_, err := p.Schedule(o)
		assert.ErrorIs(t, err, planner.ErrInvalid, "%+v", o)
	}
	_, err := new(planner.Plan).Schedule(planner.ScheduleOptions{})
	assert.ErrorIs(t, err, planner.ErrInvalid)
}

func TestASchedulesPictures(t *testing.T) {
	p := planOf(t, scheduleGraph(t), "rpms/zlib")
	s := scheduleOf(t, p, planner.ScheduleOptions{Builders: 2, RepoDelay: 2 * time.Minute})
	golden.Compare(t, filepath.Join("testdata", "schedule.txt"), []byte(s.Text()))
	golden.Compare(t, filepath.Join("testdata", "schedule.svg"), []byte(s.SVG()))
	empty := scheduleOf(t, planOf(t, scheduleGraph(t)), planner.ScheduleOptions{})
	for _, text := range []string{s.SVG(), empty.SVG()} {
		d := xml.NewDecoder(strings.NewReader(text))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
	}
	assert.NotEmpty(t, empty.Text())
}

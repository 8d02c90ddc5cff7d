// SPDX-License-Identifier: MIT

package planner_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

// corpusDuration is the duration of a node in the corpus, in seconds.
func corpusDuration(id planner.ID) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(id))
	return time.Duration(1+h.Sum32()%600) * time.Second
}

// smallCase is a case of the planner-small files with its further questions.
type smallCase struct {
	where   string
	graph   *planner.Graph
	request planner.Request
	ask     struct {
		Failed     []planner.ID `json:"failed"`
		Equivalent []planner.ID `json:"equivalent"`
		Done       []planner.ID `json:"done"`
		Building   []planner.ID `json:"building"`
		Then       []planner.ID `json:"then"`
	}
	expect map[string]json.RawMessage
}

func smallCases(t *testing.T, yield func(smallCase)) {
	t.Helper()
	smallFiles(t, func(file, name string, g *planner.Graph, request json.RawMessage, expect map[string]json.RawMessage) {
		s := smallCase{where: file + " " + name, graph: g, expect: expect}
		var q corpusRequest
		require.NoError(t, json.Unmarshal(request, &q), s.where)
		require.NoError(t, json.Unmarshal(request, &s.ask), s.where)
		s.request = q.request()
		yield(s)
	})
}

// knownKeys complains about expectations that nothing judges.
func knownKeys(bad []string, raw json.RawMessage, keys ...string) []string {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return append(bad, err.Error())
	}
	for k := range m {
		if !slices.Contains(keys, k) {
			bad = append(bad, "nothing judges the key "+k)
		}
	}
	return bad
}

func TestCorpusFailure(t *testing.T) {
	y := &tally{t: t, name: "failure"}
	smallCases(t, func(c smallCase) {
		raw := c.expect["after_failure"]
		if raw == nil {
			return
		}
		var want struct {
			Blocked  []planner.ID `json:"blocked"`
			Continue []planner.ID `json:"can_continue"`
		}
		require.NoError(t, json.Unmarshal(raw, &want), c.where)
		bad := knownKeys(nil, raw, "blocked", "can_continue")
		p, err := c.graph.Plan(c.request)
		require.NoError(t, err, c.where)
		m := p.AfterFailure(c.ask.Failed...)
		bad = appendIDs(bad, "blocked", want.Blocked, m.Blocked)
		bad = appendIDs(bad, "can_continue", want.Continue, m.Continue)

		// A run in which the same nodes fail ends so too, whatever it built
		// before: a failed node that is blocked itself never comes to fail.
		r, err := planner.NewRun(p, planner.RunOptions{Repo: planner.RepoNever})
		require.NoError(t, err, c.where)
		carryOut(t, r, c.ask.Failed, nil)
		var blocked, done []planner.ID
		for row := range r.Rows() {
			switch {
			case slices.Contains(c.ask.Failed, row.ID):
				if row.State != planner.StateFailed && row.State != planner.StateBlocked {
					bad = append(bad, fmt.Sprintf("the failed %s ends as %v", row.ID, row.State))
				}
			case row.State == planner.StateBlocked:
				blocked = append(blocked, row.ID)
			case row.State == planner.StateDone:
				done = append(done, row.ID)
			}
		}
		bad = appendIDs(bad, "blocked in a run", want.Blocked, blocked)
		bad = appendIDs(bad, "done in a run", want.Continue, done)
		y.judge(c.where, bad)
	})
	y.log()
}

// carryOut answers all actions of a run: nodes in failed fail, results of those
// in same are equivalent to what was there.
func carryOut(t *testing.T, r *planner.Run, failed, same []planner.ID) (built []planner.ID) {
	t.Helper()
	for {
		due := r.Due(1)
		if len(due) == 0 {
			slices.Sort(built)
			return slices.Compact(built)
		}
		a := due[0]
		e := planner.Event{Kind: planner.EventStarted, Key: a.Key}
		if a.Kind == planner.ActionBuild {
			built = append(built, a.ID)
			e.Kind, e.Artifact, e.Same = planner.EventBuilt, string(a.Key), slices.Contains(same, a.ID)
			if slices.Contains(failed, a.ID) {
				e.Kind = planner.EventFailed
			}
		}
		require.NoError(t, r.Apply(e))
	}
}

func appendIDs(bad []string, key string, want, got []planner.ID) []string {
	if slices.Equal(want, got) {
		return bad
	}
	return append(bad, fmt.Sprintf("%s: %v instead of %v", key, got, want))
}

func TestCorpusCutoff(t *testing.T) {
	y := &tally{t: t, name: "cutoff"}
	smallCases(t, func(c smallCase) {
		raw := c.expect["built_with_cutoff"]
		if raw == nil {
			return
		}
		var want []planner.ID
		require.NoError(t, json.Unmarshal(raw, &want), c.where)
		p, err := c.graph.Plan(c.request)
		require.NoError(t, err, c.where)
		bad := appendIDs(nil, "built", want, p.Cutoff(planner.CutoffRequest{Equivalent: c.ask.Equivalent}))

		// A run comes to the same; there, changed nodes that are left out
		// are built already and came out different.
		r, err := planner.NewRun(p, planner.RunOptions{Repo: planner.RepoNever})
		require.NoError(t, err, c.where)
		built := carryOut(t, r, nil, c.ask.Equivalent)
		bad = appendIDs(bad, "built in a run", p.Cutoff(planner.CutoffRequest{Equivalent: c.ask.Equivalent, Outside: true}), built)
		y.judge(c.where, bad)
	})
	y.log()
}

func TestCorpusMerge(t *testing.T) {
	y := &tally{t: t, name: "merge"}
	smallCases(t, func(c smallCase) {
		raw := c.expect["merged"]
		if raw == nil {
			return
		}
		var want struct {
			Redo      []planner.ID   `json:"redo_done"`
			Stale     []planner.ID   `json:"stale_building"`
			Kept      []planner.ID   `json:"left_alone"`
			Remaining [][]planner.ID `json:"remaining_tiers"`
		}
		require.NoError(t, json.Unmarshal(raw, &want), c.where)
		bad := knownKeys(nil, raw, "redo_done", "stale_building", "left_alone", "remaining_tiers")
		p, err := c.graph.Plan(c.request)
		require.NoError(t, err, c.where)
		m, err := p.Merge(c.ask.Then, c.ask.Done, c.ask.Building)
		require.NoError(t, err, c.where)
		bad = appendIDs(bad, "redo", want.Redo, m.Redo)
		bad = appendIDs(bad, "stale", want.Stale, m.Stale)
		bad = appendIDs(bad, "kept", want.Kept, m.Kept)
		if len(m.Remaining.Tiers) != len(want.Remaining) {
			bad = append(bad, fmt.Sprintf("%d tiers remain instead of %d", len(m.Remaining.Tiers), len(want.Remaining)))
		} else {
			for i, tier := range m.Remaining.Tiers {
				bad = appendIDs(bad, fmt.Sprint("remaining tier ", i), want.Remaining[i], tier.Members())
			}
		}
		y.judge(c.where, bad)
	})
	y.log()
}

func TestCorpusSchedule(t *testing.T) {
	y, paths := &tally{t: t, name: "schedule"}, &tally{t: t, name: "schedule bounds"}
	planCases(t, func(c planCase) {
		where := c.file + " " + c.name
		c.request.Durations = corpusDuration
		raw := c.expect["schedule"]
		if raw == nil && c.expect["critical_path"] == nil && c.expect["total_work"] == nil {
			return
		}
		p, err := c.graph.Plan(c.request)
		require.NoError(t, err, where)
		seconds := func(d time.Duration) int64 { return int64(d / time.Second) }
		unlimited, err := p.Schedule(planner.ScheduleOptions{})
		require.NoError(t, err, where)
		if c.expect["critical_path"] != nil || c.expect["total_work"] != nil {
			var bad []string
			bad = appendNumber(bad, c.expect, "critical_path", seconds(unlimited.Critical))
			bad = appendNumber(bad, c.expect, "total_work", seconds(p.Work))
			paths.judge(where, bad)
		}
		if raw == nil {
			return
		}
		var want map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(raw, &want), where)
		bad := knownKeys(nil, raw, "jobs", "job_work", "critical_path", "frontier", "barrier")
		bad = appendNumber(bad, want, "jobs", int64(len(unlimited.Jobs)))
		bad = appendNumber(bad, want, "job_work", seconds(unlimited.Work))
		bad = appendNumber(bad, want, "critical_path", seconds(unlimited.Critical))
		for _, mode := range []string{"frontier", "barrier"} {
			var spans map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(want[mode], &spans), where)
			for n := range spans {
				opts := planner.ScheduleOptions{Barrier: mode == "barrier"}
				if n != "inf" {
					opts.Builders, err = strconv.Atoi(n)
					require.NoError(t, err, where)
				}
				s, err := p.Schedule(opts)
				require.NoError(t, err, where)
				bad = appendNumber(bad, spans, n, seconds(s.Makespan))
			}
		}
		y.judge(where, bad)
	})
	y.log()
	paths.log()
}

func appendNumber(bad []string, m map[string]json.RawMessage, key string, got int64) []string {
	if raw := m[key]; raw != nil && string(raw) != strconv.FormatInt(got, 10) {
		return append(bad, fmt.Sprintf("%s: %d instead of %s", key, got, raw))
	}
	return bad
}

func TestCorpusReuse(t *testing.T) {
	y := &tally{t: t, name: "mbs/reuse"}
	files, err := filepath.Glob(corpusPath(t, "mbs", "*.json"))
	require.NoError(t, err)
	for _, name := range files {
		base := filepath.Base(name)
		data := corpusBytes(t, "mbs", base)
		var head struct {
			Format string            `json:"format"`
			Cases  []json.RawMessage `json:"cases"`
		}
		require.NoError(t, json.Unmarshal(data, &head), base)
		if head.Format != "module-reuse/1" {
			continue
		}
		for _, raw := range head.Cases {
			var c struct {
				Name     string                `json:"name"`
				Strategy planner.ReuseStrategy `json:"strategy"`
				Old      planner.ModuleBuild   `json:"old"`
				New      planner.ModuleBuild   `json:"new"`
				Expect   json.RawMessage       `json:"expect"`
			}
			require.NoError(t, json.Unmarshal(raw, &c))
			var want struct {
				Reused  []planner.ID `json:"reused"`
				Rebuilt []planner.ID `json:"rebuilt"`
			}
			require.NoError(t, json.Unmarshal(c.Expect, &want), c.Name)
			bad := knownKeys(nil, c.Expect, "reused", "rebuilt")
			bad = append(bad, knownKeys(nil, raw, "name", "note", "strategy", "old", "new", "expect")...)
			var reused, rebuilt []planner.ID
			for _, d := range planner.ReuseComponents(c.Strategy, c.Old, c.New) {
				if d.Reused {
					reused = append(reused, planner.ID(d.Component))
				} else {
					rebuilt = append(rebuilt, planner.ID(d.Component))
					if d.Reason == "" {
						bad = append(bad, d.Component+": no reason")
					}
				}
			}
			bad = appendIDs(bad, "reused", want.Reused, reused)
			bad = appendIDs(bad, "rebuilt", want.Rebuilt, rebuilt)
			y.judge(base+" "+c.Name, bad)
		}
	}
	y.log()
}

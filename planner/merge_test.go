// SPDX-License-Identifier: MIT

package planner_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

// auditOf compares a finished run's records with what it made.
func auditOf(t testing.TB, r *planner.Run, g *planner.Graph) []planner.StaleNode {
	t.Helper()
	w := planner.World{Current: map[planner.ID]string{}, Records: slices.Collect(r.Records())}
	for _, rec := range w.Records {
		if rec.Artifact != "" {
			w.Current[rec.ID] = rec.Artifact
		}
	}
	stale, err := g.Audit(w, planner.Request{})
	require.NoError(t, err)
	return stale
}

// Invariant 13: however the changes are spread over time, the end is that of a
// plan of all of them, and everything is fresh; a change told twice is told
// once.
func TestMergingEqualsPlanningFromScratch(t *testing.T) {
	for seed := range seedsOf(t, 600) {
		rng := rand.New(rand.NewPCG(seed, 3))
		g := randomGraph(rng, false)
		var all []planner.ID
		var ids []planner.ID
		for n := range g.Nodes() {
			ids = append(ids, n.ID)
		}
		change := func() planner.ID {
			id := ids[rng.IntN(len(ids))]
			all = append(all, id)
			return id
		}
		p := planOf(t, g, change())
		repo := []planner.RepoPolicy{planner.RepoAlways, planner.RepoNever}[rng.IntN(2)]
		r := runOf(t, p, planner.RunOptions{Repo: repo, Stale: planner.StalePolicy(rng.IntN(3))})
		// What really was there when a build began, and what is there now.
		saw, now := map[planner.ID]map[planner.ID]string{}, map[planner.ID]string{}
		late := 1 + rng.IntN(3)
		msg := fmt.Sprintf("seed %d", seed)
		ends := 0
		for step := 0; late > 0 || len(r.Actions()) > 0 || len(r.InFlight()) > 0; step++ {
			require.Less(t, step, 5000, msg)
			if late > 0 && (rng.IntN(5) == 0 || len(r.Actions())+len(r.InFlight()) == 0) {
				late--
				e := planner.Event{Kind: planner.EventChanged, IDs: []planner.ID{change()}, Ref: fmt.Sprint(late)}
				apply(t, r, e)
				once := snapshot(t, r)
				apply(t, r, e)
				sameState(t, once, snapshot(t, r), "%s: merged twice", msg)
				continue
			}
			if due := r.Actions(); len(due) > 0 && rng.IntN(2) == 0 {
				a := due[rng.IntN(len(due))]
				apply(t, r, planner.Event{Kind: planner.EventDispatched, Key: a.Key})
				if a.Kind == planner.ActionBuild {
					saw[a.ID] = maps.Clone(now)
				}
				continue
			}
			if flight := r.InFlight(); len(flight) > 0 {
				a := flight[rng.IntN(len(flight))]
				e := planner.Event{Kind: planner.EventStarted, Key: a.Key}
				switch a.Kind {
				case planner.ActionBuild:
					ends++
					e.Kind, e.Artifact = planner.EventBuilt, fmt.Sprint(a.ID, "-", ends)
					if repo == planner.RepoNever {
						now[a.ID] = e.Artifact
					}
				case planner.ActionAwaitRepo:
					e.Kind = planner.EventAvailable
					now[a.ID] = a.Artifact
				}
				apply(t, r, e)
			}
		}
		require.True(t, r.Finished(), msg)
		scratch := planOf(t, g, all...)
		require.Equal(t, scratch.Rebuild, r.Plan().Rebuild, msg)
		for row := range r.Rows() {
			require.Equal(t, planner.StateDone, row.State, "%s %s", msg, row.ID)
		}
		require.Empty(t, auditOf(t, r, g), msg)
		for id, needs := range orderNeeds(g, scratch) {
			for _, n := range needs {
				require.Equal(t, now[n], saw[id][n], "%s: %s was built against an old %s", msg, id, n)
			}
		}
	}
}

// Invariant 14.
func TestCutoffBuildsOnlyWithReason(t *testing.T) {
	for seed := range seedsOf(t, 600) {
		rng := rand.New(rand.NewPCG(seed, 4))
		g := randomGraph(rng, seed%2 == 0)
		p := randomPlan(rng, g)
		msg := fmt.Sprintf("seed %d", seed)
		var equal []planner.ID
		last := p.Cutoff(planner.CutoffRequest{})
		if !slices.Equal(last, p.Rebuild) {
			require.Equal(t, p.Rebuild, last, msg)
		}
		for _, id := range p.Rebuild {
			if rng.IntN(3) > 0 {
				continue
			}
			equal = append(equal, id)
			built := p.Cutoff(planner.CutoffRequest{Equivalent: equal})
			require.Subset(t, last, built, "%s: adding %s", msg, id)
			last = built
			opts := planner.RunOptions{Repo: planner.RepoNever}
			r := runOf(t, p, opts)
			require.Equal(t, built, notEmpty(carryOutMembers(t, r, equal)), "%s: a run with %v", msg, equal)
			require.True(t, r.Finished())
		}
	}
}

func notEmpty(ids []planner.ID) []planner.ID {
	if len(ids) == 0 {
		return nil
	}
	return ids
}

// carryOutMembers is carryOut for plans whose groups may be built together.
func carryOutMembers(t *testing.T, r *planner.Run, same []planner.ID) []planner.ID {
	t.Helper()
	members := map[planner.ID][]planner.ID{}
	for _, c := range r.Plan().Cycles {
		for _, id := range c {
			members[id] = c
		}
	}
	var built []planner.ID
	for {
		due := r.Due(1)
		if len(due) == 0 {
			slices.Sort(built)
			return slices.Compact(built)
		}
		a := due[0]
		e := planner.Event{Kind: planner.EventStarted, Key: a.Key}
		if a.Kind == planner.ActionBuild {
			list := append(slices.Clone(a.Members), a.ID)
			built = append(built, list...)
			e.Kind, e.Artifact, e.Same = planner.EventBuilt, string(a.Key), true
			for _, id := range list {
				e.Same = e.Same && slices.Contains(same, id)
			}
		}
		require.NoError(t, r.Apply(e))
	}
}

func TestAFurtherChangeLeavesTheRestAlone(t *testing.T) {
	g := graphOf(t, "a:\nb: a\nc: b\nx:\ny: x\nz: y c\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever})
	apply(t, r,
		planner.Event{Kind: planner.EventBuilt, Key: "build/a/1/1", Artifact: "a-2"},
		planner.Event{Kind: planner.EventDispatched, Key: "build/b/1/1"},
		planner.Event{Kind: planner.EventChanged, IDs: []planner.ID{"x"}})
	assert.Equal(t, []string{"build/x/1/1"}, keys(r.Actions()), "b goes on, a is not built again")
	assert.Equal(t, "building", state(t, r, "b"))
	apply(t, r, planner.Event{Kind: planner.EventBuilt, Key: "build/b/1/1", Artifact: "b-2"})
	assert.Equal(t, []string{"c/1/1", "x/1/1", "y/1/1", "z/1/1"}, sorted(finish(t, r)))
}

func TestAChangeUnderABuildMakesItWorthless(t *testing.T) {
	for policy, want := range map[planner.StalePolicy][]string{
		planner.StaleFinish: nil,
		planner.StaleCancel: {"cancel/build/b/1/1"},
	} {
		g := graphOf(t, "a:\nb: a\n")
		r := runOf(t, planOf(t, g, "b"), planner.RunOptions{Repo: planner.RepoNever, Stale: policy})
		apply(t, r,
			planner.Event{Kind: planner.EventStarted, Key: "build/b/1/1", Ref: "7"},
			planner.Event{Kind: planner.EventChanged, IDs: []planner.ID{"a"}})
		assert.Equal(t, append(slices.Clone(want), "build/a/1/1"), keys(r.Actions()), policy)
		if want == nil {
			apply(t, r, planner.Event{Kind: planner.EventBuilt, Key: "build/b/1/1", Artifact: "b-2"})
			assert.Equal(t, "stale", state(t, r, "b"))
		} else {
			assert.Equal(t, "7", r.Actions()[0].Ref)
		}
		assert.Equal(t, []string{"a/1/1", "b/1/2"}, finish(t, r))
		assert.True(t, r.Finished())
	}
}

func TestAnEquivalentResultStopsTheWave(t *testing.T) {
	g := graphOf(t, "a:\nb: a\nc: b\nd: a\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever})
	apply(t, r,
		planner.Event{Kind: planner.EventBuilt, Key: "build/a/1/1", Artifact: "a-2"},
		planner.Event{Kind: planner.EventBuilt, Key: "build/b/1/1", Artifact: "b-2", Same: true})
	assert.Equal(t, "unneeded", state(t, r, "c"))
	assert.Equal(t, []string{"d/1/1"}, finish(t, r))
	// The record of c speaks of the new b, so nothing fires again later.
	assert.Empty(t, auditOf(t, r, g))
	i := slices.IndexFunc(slices.Collect(r.Records()), func(rec planner.Record) bool { return rec.ID == "c" })
	require.GreaterOrEqual(t, i, 0)
	assert.Equal(t, planner.Record{ID: "c", Inputs: []planner.Input{{ID: "b", Artifact: "b-2"}}}, slices.Collect(r.Records())[i])
}

func TestWordOfEquivalenceMayComeLate(t *testing.T) {
	g := graphOf(t, "a:\nb: a\nc: b\nd: a\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever})
	apply(t, r,
		planner.Event{Kind: planner.EventBuilt, Key: "build/a/1/1", Artifact: "a-2"},
		planner.Event{Kind: planner.EventDispatched, Key: "build/d/1/1"},
		planner.Event{Kind: planner.EventEquivalent, ID: "a"})
	assert.Empty(t, r.Actions(), "b and c lose their reason; d is under way already")
	assert.Equal(t, "unneeded", state(t, r, "c"))
	assert.Equal(t, "building", state(t, r, "d"))
}

func TestAnAuditFindsWhatWasForgotten(t *testing.T) {
	g := graphOf(t, "a:\n=a: a\nb: =a\nc: b\nd:\n")
	w := planner.World{
		Current: map[planner.ID]string{"a": "a-2", "b": "b-1", "c": "c-1", "d": "d-1"},
		Records: []planner.Record{
			{ID: "a", Artifact: "a-2"},
			{ID: "b", Artifact: "b-1", Inputs: []planner.Input{{ID: "a", Artifact: "a-1"}}},
			{ID: "c", Artifact: "c-1"},
		},
	}
	stale, err := g.Audit(w, planner.Request{})
	require.NoError(t, err)
	var text []string
	for _, s := range stale {
		for _, why := range s.Reasons {
			text = append(text, string(s.ID)+": "+why.String())
		}
	}
	assert.Equal(t, []string{
		"b: a: built against a-1, now a-2",
		"c: b: now b-1, not recorded",
		"d: nothing is recorded",
	}, text)

	w.Equivalent = func(id planner.ID, a, b string) bool { return id == "a" && a == "a-1" && b == "a-2" }
	stale, err = g.Audit(w, planner.Request{Exclude: []planner.ID{"d"}})
	require.NoError(t, err)
	require.Len(t, stale, 1)
	assert.Equal(t, planner.ID("c"), stale[0].ID)
	_, err = g.Audit(w, planner.Request{MaxDepth: new(-1)})
	require.ErrorIs(t, err, planner.ErrInvalid)
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

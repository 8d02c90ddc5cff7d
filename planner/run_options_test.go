// SPDX-License-Identifier: MIT

package planner_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

// labelled gives nodes labels: "a:x y" and joins edges "b>a".
func labelled(t testing.TB, nodes map[string][]string, edges ...string) *planner.Graph {
	t.Helper()
	var b planner.Builder
	for id, labels := range nodes {
		b.AddNode(planner.Node{ID: planner.ID(id), Labels: labels})
	}
	for _, e := range edges {
		b.AddEdge(planner.Edge{From: planner.ID(e[:1]), To: planner.ID(e[2:])})
	}
	g, err := b.Graph()
	require.NoError(t, err)
	return g
}

func done(id planner.ID) planner.Event {
	return planner.Event{Kind: planner.EventBuilt, Key: planner.Key("build/" + id + "/1/1"), Artifact: string(id) + "-2"}
}

func TestABarrierHoldsTheNextTier(t *testing.T) {
	g := graphOf(t, "a:\nb: a\nc: b\nd:\ne: d\n")
	r := runOf(t, planOf(t, g, "a", "d"), planner.RunOptions{Mode: planner.Barrier, Repo: planner.RepoNever})
	assert.Equal(t, []string{"build/a/1/1", "build/d/1/1"}, keys(r.Actions()))
	apply(t, r, done("a"))
	assert.Equal(t, []string{"build/d/1/1"}, keys(r.Actions()), "b waits for d, which it does not need")
	apply(t, r, done("d"))
	assert.Equal(t, []string{"build/b/1/1", "build/e/1/1"}, keys(r.Actions()))
	apply(t, r, planner.Event{Kind: planner.EventFailed, Key: "build/e/1/1"}, done("b"))
	assert.Equal(t, "blocked", state(t, r, "c"), "a failure holds the tiers after it")
	apply(t, r, planner.Event{Kind: planner.EventOverride, ID: "e"})
	assert.Equal(t, []planner.ID{"e"}, r.Debts())
	finish(t, r)
	assert.True(t, r.Finished())
	assert.Equal(t, "done", state(t, r, "c"))
}

func TestGatesOverTiersAndLabels(t *testing.T) {
	g := labelled(t, map[string][]string{"a": {"ring0"}, "b": {"ring0"}, "c": nil, "d": nil, "e": nil}, "b>c", "c>a", "d>a", "e>d")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever, Gates: []planner.Gate{
		{Name: "ring 0", Scope: planner.GateLabel, Label: "ring0"},
	}})
	apply(t, r, done("a"))
	// c is needed by b of the ring, so it does not wait for the ring's gate.
	assert.Equal(t, []string{"build/c/1/1"}, keys(r.Actions()))
	apply(t, r, done("c"), done("b"))
	due := r.Actions()
	require.Equal(t, []string{"gate/gate:ring 0/0/1"}, keys(due))
	assert.Equal(t, []planner.ID{"a", "b"}, due[0].Members)
	apply(t, r, planner.Event{Kind: planner.EventFailed, Key: due[0].Key, Failure: planner.FailureGate, Detail: "installer broken"})
	assert.Equal(t, "blocked", state(t, r, "d"))
	assert.Equal(t, planner.ID("gate:ring 0"), r.Failures()[0].ID)
	assert.Equal(t, 2, r.Failures()[0].Blocks)
	by, err := r.BlockedBy("e")
	require.NoError(t, err)
	assert.Equal(t, []planner.ID{"gate:ring 0"}, by)
	// A waiver arrives.
	apply(t, r, planner.Event{Kind: planner.EventPassed, Key: due[0].Key})
	assert.Equal(t, []string{"d/1/1", "e/1/1"}, finish(t, r))

	r = runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever, Gates: []planner.Gate{{Name: "ci", Scope: planner.GateTier}}})
	apply(t, r, done("a"))
	due = r.Actions()
	require.Equal(t, []string{"gate/gate:tier 0/0/1"}, keys(due))
	assert.Equal(t, []string{"ci"}, due[0].Gates)
	assert.Equal(t, []planner.ID{"a"}, due[0].Members)
	apply(t, r, planner.Event{Kind: planner.EventPassed, Key: due[0].Key})
	assert.Equal(t, []string{"build/c/1/1", "build/d/1/1"}, keys(r.Actions()))
	finish(t, r)
	assert.True(t, r.Finished())
}

func TestGatesThatNeedEachOthersNodesDoNotLock(t *testing.T) {
	g := labelled(t, map[string][]string{"a": {"x"}, "b": {"y"}, "c": {"x"}, "d": {"y"}, "e": nil}, "b>a", "c>b", "d>c", "e>d")
	for _, gates := range [][]planner.Gate{
		{{Name: "x", Scope: planner.GateLabel, Label: "x"}, {Name: "y", Scope: planner.GateLabel, Label: "y"}},
		{{Name: "y", Scope: planner.GateLabel, Label: "y"}, {Name: "x", Scope: planner.GateLabel, Label: "x"}},
	} {
		r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Gates: gates})
		finish(t, r)
		assert.True(t, r.Finished(), "%v: %s", gates, r.Summary())
	}
}

func TestRetriesByKindOfFailure(t *testing.T) {
	g := graphOf(t, "a:\nb: a\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever, Retry: planner.Retries{
		Infra: planner.Retry{Max: 3, Wait: time.Minute, MaxWait: 3 * time.Minute},
		Flaky: planner.Retry{Max: 1, Wait: 10 * time.Minute},
	}})
	var waits []string
	at := time.Duration(0)
	for attempt, kind := range []planner.FailureKind{planner.FailureInfra, planner.FailureFlaky, planner.FailureInfra, planner.FailureInfra, planner.FailureFlaky} {
		key := planner.Key(fmt.Sprintf("build/a/1/%d", attempt+1))
		require.Equal(t, []string{string(key)}, keys(r.Actions()))
		apply(t, r, planner.Event{Kind: planner.EventFailed, Key: key, Failure: kind, At: at})
		wake, ok := r.NextWake()
		if !ok {
			break
		}
		waits = append(waits, (wake - at).String())
		assert.Equal(t, "queued", state(t, r, "a"))
		apply(t, r, planner.Event{At: wake - 1})
		assert.Empty(t, r.Actions(), "too early")
		at = wake
		apply(t, r, planner.Event{At: at})
	}
	assert.Equal(t, []string{"1m0s", "10m0s", "2m0s", "3m0s"}, waits, "counted apart, doubling, bounded")
	assert.Equal(t, "failed", state(t, r, "a"))
	assert.Equal(t, planner.FailureFlaky, r.Failures()[0].Kind)
	apply(t, r, planner.Event{Kind: planner.EventRetry, ID: "a"})
	assert.Equal(t, []string{"a/1/6", "b/1/1"}, finish(t, r))
}

func TestARepositoryThatFailsIsAskedForAgain(t *testing.T) {
	g := graphOf(t, "a:\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Retry: planner.Retries{Infra: planner.Retry{Max: 1, Wait: time.Minute}}})
	apply(t, r, done("a"), planner.Event{Kind: planner.EventFailed, Key: "repo/a/1/1", Failure: planner.FailureInfra})
	apply(t, r, planner.Event{At: time.Minute})
	assert.Equal(t, []string{"repo/a/1/1.2"}, keys(r.Actions()))
	apply(t, r, planner.Event{Kind: planner.EventAvailable, Key: "repo/a/1/1.2"})
	assert.True(t, r.Finished())
}

func TestLimitsPerLabelAndAltogether(t *testing.T) {
	g := labelled(t, map[string][]string{"a": {"big"}, "b": {"big"}, "c": {"big", "java"}, "d": {"java"}, "e": nil})
	opts := planner.RunOptions{Repo: planner.RepoNever, Limits: []planner.LabelLimit{{Label: "big", Max: 2}, {Label: "java", Max: 1}}}
	r := runOf(t, planOf(t, g, "a", "b", "c", "d", "e"), opts)
	assert.Equal(t, []string{"build/a/1/1", "build/b/1/1", "build/d/1/1", "build/e/1/1"}, keys(r.Actions()))
	apply(t, r, planner.Event{Kind: planner.EventDispatched, Key: "build/a/1/1"}, planner.Event{Kind: planner.EventDispatched, Key: "build/d/1/1"}, planner.Event{Kind: planner.EventDispatched, Key: "build/b/1/1"})
	assert.Equal(t, []string{"build/e/1/1"}, keys(r.Actions()))
	err := r.Apply(planner.Event{Kind: planner.EventDispatched, Key: "build/c/1/1"})
	require.ErrorIs(t, err, planner.ErrConflict)
	apply(t, r, done("a"))
	assert.Equal(t, []string{"build/e/1/1"}, keys(r.Actions()), "c also waits for d")
	apply(t, r, done("d"))
	assert.Equal(t, []string{"build/c/1/1", "build/e/1/1"}, keys(r.Actions()))

	r = runOf(t, planOf(t, g, "a", "b", "c", "d", "e"), planner.RunOptions{MaxBuilding: 2})
	assert.Len(t, r.Actions(), 2)
	assert.Len(t, r.Due(1), 1)
	apply(t, r, planner.Event{Kind: planner.EventDispatched, Key: r.Actions()[0].Key})
	assert.Len(t, r.Actions(), 1)
}

func TestARateOfStarts(t *testing.T) {
	g := graphOf(t, "a:\nb:\nc:\n")
	r := runOf(t, planOf(t, g, "a", "b", "c"), planner.RunOptions{Repo: planner.RepoNever, Rate: planner.Rate{Starts: 2, Per: time.Minute}})
	apply(t, r, done("a"), planner.Event{Kind: planner.EventBuilt, Key: "build/b/1/1", Artifact: "b", At: 10 * time.Second})
	assert.Empty(t, r.Actions())
	wake, ok := r.NextWake()
	assert.True(t, ok)
	assert.Equal(t, time.Minute, wake)
	apply(t, r, planner.Event{At: wake})
	assert.Equal(t, []string{"build/c/1/1"}, keys(r.Actions()))
}

func TestCanariesGoAhead(t *testing.T) {
	g := graphOf(t, "a:\nb:\nc: b\nd: b\ne:\nf: e\n")
	start := func() *planner.Run {
		r := runOf(t, planOf(t, g, "a", "b", "e"), planner.RunOptions{Repo: planner.RepoNever, Canary: planner.Canary{Count: 2, MaxFailed: 0.5}})
		assert.Equal(t, []string{"build/b/1/1", "build/e/1/1"}, keys(r.Actions()), "those on which most depends")
		apply(t, r, done("b"))
		assert.Equal(t, []string{"build/e/1/1"}, keys(r.Actions()))
		return r
	}
	r := start()
	apply(t, r, done("e"))
	assert.Equal(t, []string{"build/a/1/1", "build/c/1/1", "build/d/1/1", "build/f/1/1"}, keys(r.Actions()))
	r = runOf(t, planOf(t, g, "a", "b", "e"), planner.RunOptions{Repo: planner.RepoNever, Canary: planner.Canary{Count: 2}})
	apply(t, r, done("b"), planner.Event{Kind: planner.EventFailed, Key: "build/e/1/1"})
	why, held := r.Held()
	assert.True(t, held)
	assert.Contains(t, why, "too many of the first builds failed")
	assert.Equal(t, []string{"notify/build/e/1/1"}, keys(r.Actions()))
	assert.Equal(t, "held", state(t, r, "a"))
	apply(t, r, planner.Event{Kind: planner.EventRelease})
	assert.Contains(t, keys(r.Actions()), "build/a/1/1")
}

func TestARunInWhichTooMuchFailsIsHeld(t *testing.T) {
	g := graphOf(t, "a:\nb:\nc:\nd:\n")
	r := runOf(t, planOf(t, g, "a", "b", "c", "d"), planner.RunOptions{Repo: planner.RepoNever, Stop: planner.StopRule{Share: 0.4, AtLeast: 2}})
	apply(t, r, planner.Event{Kind: planner.EventFailed, Key: "build/a/1/1"})
	_, held := r.Held()
	assert.False(t, held, "one is too few to tell")
	apply(t, r, done("b"))
	_, held = r.Held()
	assert.True(t, held)
	apply(t, r, planner.Event{Kind: planner.EventRelease})
	_, held = r.Held()
	assert.False(t, held)
}

func TestAPlanOverItsLimitsWaitsForAPerson(t *testing.T) {
	g := graphOf(t, "a:\nb: a\n")
	p, err := g.Plan(planner.Request{Changed: []planner.ID{"a"}, Limits: planner.Limits{Nodes: 1}})
	require.NoError(t, err)
	r := runOf(t, p, planner.RunOptions{})
	assert.Empty(t, r.Actions())
	assert.Equal(t, "held", state(t, r, "a"))
	why, _ := r.Held()
	assert.Contains(t, why, "nodes")
	assert.False(t, r.Finished())
	apply(t, r, planner.Event{Kind: planner.EventRelease})
	assert.Equal(t, []string{"build/a/1/1"}, keys(r.Actions()))
}

func TestChangesComeToRest(t *testing.T) {
	g := graphOf(t, "a:\nb: a\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Debounce: []planner.Debounce{{Wait: time.Minute}}})
	assert.Empty(t, r.Actions())
	apply(t, r, planner.Event{Kind: planner.EventChanged, IDs: []planner.ID{"a"}, At: 50 * time.Second})
	apply(t, r, planner.Event{At: time.Minute})
	assert.Empty(t, r.Actions(), "another change came meanwhile")
	wake, _ := r.NextWake()
	assert.Equal(t, 110*time.Second, wake)
	apply(t, r, planner.Event{At: wake})
	assert.Equal(t, []string{"a/1/1", "b/1/1"}, finish(t, r), "one build for two changes")
	assert.Len(t, r.Changes(), 1)
}

func TestAnOverrideIsADebt(t *testing.T) {
	g := graphOf(t, "a:\nb: a\nc: b\nd: b\n")
	fail := planner.Event{Kind: planner.EventFailed, Key: "build/b/1/1"}
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever})
	apply(t, r, done("a"), fail, planner.Event{Kind: planner.EventOverride, ID: "c"})
	assert.Contains(t, keys(r.Actions()), "notify/build/b/1/1")
	assert.Equal(t, []planner.ID{"c"}, r.Debts())
	assert.Equal(t, "blocked", state(t, r, "d"))
	finish(t, r)
	assert.True(t, r.Stuck())
	// Without a new reason c is not built against the old b again: b is
	// what it was.
	assert.Equal(t, "unneeded", state(t, r, "c"))
	apply(t, r, planner.Event{Kind: planner.EventFixArrived, ID: "b", Artifact: "b-fix"})
	assert.Equal(t, []string{"c/1/1", "d/1/1"}, finish(t, r), "the debt is paid")
	assert.Empty(t, r.Debts())
	assert.True(t, r.Finished())

	r = runOf(t, planOf(t, g, "a", "c"), planner.RunOptions{Repo: planner.RepoNever})
	apply(t, r, done("a"), fail, planner.Event{Kind: planner.EventOverride, ID: "b"})
	assert.Equal(t, []string{"c/1/1"}, finish(t, r), "what changed itself is built against the old b")
	assert.Equal(t, []planner.ID{"b"}, r.Debts())
	assert.Equal(t, "failed", state(t, r, "b"))
	apply(t, r, planner.Event{Kind: planner.EventRetry, ID: "b"})
	assert.Equal(t, []string{"b/1/2", "c/1/2", "d/1/1"}, finish(t, r), "and again when b is repaired")
	assert.True(t, r.Finished())
}

func TestCancelingTakesNodesOut(t *testing.T) {
	g := graphOf(t, "a:\nb: a\nc: b\nd: a\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever})
	apply(t, r, done("a"), planner.Event{Kind: planner.EventStarted, Key: "build/b/1/1", Ref: "task 9"}, planner.Event{Kind: planner.EventCancel, IDs: []planner.ID{"b"}})
	due := r.Actions()
	assert.Equal(t, []string{"cancel/build/b/1/1", "build/d/1/1"}, keys(due))
	assert.Equal(t, "task 9", due[0].Ref)
	assert.Equal(t, planner.Key("build/b/1/1"), due[0].Of)
	assert.False(t, r.InHand("build/b/1/1"))
	apply(t, r, done("b")) // the cancellation came too late: told, and of no use
	assert.Equal(t, "canceled", state(t, r, "b"))
	finish(t, r)
	assert.True(t, r.Finished(), "what is blocked by a cancellation alone is nobody's to repair")
	assert.Equal(t, "4 nodes: 2 done, 1 canceled, 1 blocked", r.Summary().String())

	r = runOf(t, planOf(t, g, "a"), planner.RunOptions{})
	apply(t, r, planner.Event{Kind: planner.EventCancel})
	assert.True(t, r.Finished())
	assert.Empty(t, r.Actions())
}

func TestAResultMadeAgainstAnOldRepositoryIsStale(t *testing.T) {
	g := graphOf(t, "a:\nb: a\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever, Retry: planner.Retries{Stale: planner.Retry{Max: 1}}})
	apply(t, r, done("a"))
	e := done("b")
	e.Inputs = []planner.Input{{ID: "a", Artifact: "a-1"}, {ID: "elsewhere", Artifact: "x-1"}}
	apply(t, r, e)
	assert.Equal(t, []string{"build/b/1/2"}, keys(r.Actions()), "green, but without the new a")
	e.Key, e.Inputs[0].Artifact = "build/b/1/2", "a-2"
	apply(t, r, e)
	assert.True(t, r.Finished())
}

func TestAFixIsOnlyAnotherEvent(t *testing.T) {
	g := graphOf(t, "a:\nb: a\nc: b\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever})
	fix := planner.Event{Kind: planner.EventFixArrived, ID: "b", Artifact: "b-fix"}
	apply(t, r, fix)
	assert.Equal(t, []string{"build/a/1/1"}, keys(r.Actions()))
	// It was made before the new a was there, so it is done again.
	assert.Equal(t, []string{"a/1/1", "b/1/2", "c/1/1"}, finish(t, r))
	// A newer build of something done sends its wave.
	apply(t, r, planner.Event{Kind: planner.EventFixArrived, ID: "b", Artifact: "b-fix-2"})
	assert.Equal(t, []string{"c/1/2"}, finish(t, r))
	row, err := r.Row("b")
	require.NoError(t, err)
	assert.True(t, row.Manual)
	assert.Equal(t, "b-fix-2", row.Artifact)
	// One that is already superseded by its inputs is not taken.
	apply(t, r, planner.Event{Kind: planner.EventFixArrived, ID: "b", Artifact: "b-3", Inputs: []planner.Input{{ID: "a", Artifact: "a-1"}}})
	assert.Contains(t, keys(r.Actions()), "build/b/1/5")
}

func TestTheLongestChainGoesFirst(t *testing.T) {
	g := graphOf(t, "a:\nb:\nc:\nd: c\ne: d\nf: b\n")
	r := runOf(t, planOf(t, g, "a", "b", "c"), planner.RunOptions{})
	assert.Equal(t, []string{"build/c/1/1", "build/b/1/1", "build/a/1/1"}, keys(r.Actions()))
	p, err := g.Plan(planner.Request{Changed: []planner.ID{"a", "b", "c"}, Durations: func(id planner.ID) time.Duration {
		if id == "a" {
			return time.Hour
		}
		return time.Minute
	}})
	require.NoError(t, err)
	assert.Equal(t, []string{"build/a/1/1", "build/c/1/1", "build/b/1/1"}, keys(runOf(t, p, planner.RunOptions{}).Actions()))
}

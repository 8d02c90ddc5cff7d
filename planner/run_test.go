// SPDX-License-Identifier: MIT

package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

// graphOf reads lines "a: b c" (a needs b and c); an id that begins with "="
// is a conduit, "name!" has a bootstrap variant and an edge "b!" is one that
// the variant lacks.
func graphOf(t testing.TB, text string) *planner.Graph {
	t.Helper()
	var b planner.Builder
	seen := map[string]bool{}
	node := func(s string) planner.ID {
		id := strings.TrimSuffix(s, "!")
		if !seen[id] {
			seen[id] = true
			b.AddNode(planner.Node{ID: planner.ID(id), Conduit: strings.HasPrefix(id, "=")})
		}
		return planner.ID(id)
	}
	for line := range strings.Lines(text) {
		from, needs, _ := strings.Cut(strings.TrimSpace(line), ":")
		if from == "" {
			continue
		}
		f := node(from)
		if strings.HasSuffix(from, "!") {
			b.AddNode(planner.Node{ID: f, Bootstrap: true})
		}
		for _, n := range strings.Fields(needs) {
			b.AddEdge(planner.Edge{From: f, To: node(n), Bootstrap: strings.HasSuffix(n, "!")})
		}
	}
	g, err := b.Graph()
	require.NoError(t, err)
	return g
}

func planOf(t testing.TB, g *planner.Graph, changed ...planner.ID) *planner.Plan {
	t.Helper()
	p, err := g.Plan(planner.Request{Changed: changed})
	require.NoError(t, err)
	return p
}

func runOf(t testing.TB, p *planner.Plan, opts planner.RunOptions) *planner.Run {
	t.Helper()
	r, err := planner.NewRun(p, opts)
	require.NoError(t, err)
	return r
}

func apply(t testing.TB, r *planner.Run, events ...planner.Event) {
	t.Helper()
	for _, e := range events {
		require.NoError(t, r.Apply(e), e.String())
	}
}

func keys(list []planner.Action) []string {
	var out []string
	for _, a := range list {
		out = append(out, string(a.Key))
	}
	return out
}

// finish answers every action well until nothing is owed and returns the
// builds in the order in which they were begun.
func finish(t testing.TB, r *planner.Run) []string {
	t.Helper()
	var built []string
	for range 100000 {
		due := r.Actions()
		if len(due) == 0 {
			return built
		}
		a := due[0]
		e := planner.Event{Key: a.Key}
		switch a.Kind {
		case planner.ActionBuild:
			built = append(built, strings.TrimPrefix(string(a.Key), "build/"))
			e.Kind, e.Artifact = planner.EventBuilt, string(a.Key)
		case planner.ActionAwaitRepo:
			e.Kind = planner.EventAvailable
		case planner.ActionGate:
			e.Kind = planner.EventPassed
		default:
			e.Kind = planner.EventStarted
		}
		apply(t, r, e)
	}
	t.Fatal("the run does not end")
	return nil
}

func state(t testing.TB, r *planner.Run, id planner.ID) string {
	t.Helper()
	s, err := r.State(id)
	require.NoError(t, err)
	return s.String()
}

func TestANodeStartsWhenWhatItNeedsHasPassed(t *testing.T) {
	g := graphOf(t, "a:\n =a: a\n b: =a\n c: =a\n d: b c\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Gates: []planner.Gate{{Name: "ci"}}})
	assert.Equal(t, []string{"build/a/1/1"}, keys(r.Actions()))
	apply(t, r, planner.Event{Kind: planner.EventDispatched, Key: "build/a/1/1"})
	assert.Empty(t, r.Actions())
	assert.Equal(t, "building", state(t, r, "a"))
	apply(t, r, planner.Event{Kind: planner.EventStarted, Key: "build/a/1/1", Ref: "task 7"})
	require.Len(t, r.InFlight(), 1)
	assert.Equal(t, "task 7", r.InFlight()[0].Ref)
	apply(t, r, planner.Event{Kind: planner.EventBuilt, Key: "build/a/1/1", Artifact: "a-2-1"})
	assert.Equal(t, []string{"repo/a/1/1"}, keys(r.Actions()))
	assert.Equal(t, "a-2-1", r.Actions()[0].Artifact)
	assert.Equal(t, "built", state(t, r, "a"))
	apply(t, r, planner.Event{Kind: planner.EventAvailable, Key: "repo/a/1/1"})
	assert.Equal(t, []string{"gate/a/1/1"}, keys(r.Actions()))
	assert.Equal(t, "waiting", state(t, r, "b"))
	apply(t, r, planner.Event{Kind: planner.EventPassed, Key: "gate/a/1/1"})
	assert.Equal(t, []string{"build/b/1/1", "build/c/1/1"}, keys(r.Actions()))
	assert.Equal(t, "done", state(t, r, "a"))
	assert.Equal(t, []string{"b/1/1", "c/1/1", "d/1/1"}, finish(t, r))
	assert.True(t, r.Finished())
	assert.Equal(t, "4 nodes: 4 done", r.Summary().String())
}

func TestAFailureBlocksOnlyWhatNeedsIt(t *testing.T) {
	g := graphOf(t, "a:\n b: a\n c: b\n d: a\n e: d\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever})
	apply(t, r,
		planner.Event{Kind: planner.EventBuilt, Key: "build/a/1/1", Artifact: "a"},
		planner.Event{Kind: planner.EventFailed, Key: "build/b/1/1"})
	assert.Equal(t, "failed", state(t, r, "b"))
	assert.Equal(t, "blocked", state(t, r, "c"))
	due := r.Actions()
	assert.Equal(t, []string{"notify/build/b/1/1", "build/d/1/1"}, keys(due))
	assert.Equal(t, 1, due[0].Blocks)
	finish(t, r)
	assert.False(t, r.Finished())
	assert.True(t, r.Stuck())
	assert.Equal(t, "5 nodes: 3 done, 1 failed, 1 blocked; fix b first (blocks 1)", r.Summary().String())
	by, err := r.BlockedBy("c")
	require.NoError(t, err)
	assert.Equal(t, []planner.ID{"b"}, by)

	apply(t, r, planner.Event{Kind: planner.EventFixArrived, ID: "b", Artifact: "b-fix"})
	assert.Equal(t, []string{"c/1/1"}, finish(t, r))
	assert.True(t, r.Finished())
}

func TestACycleIsGoneThroughInPasses(t *testing.T) {
	g := graphOf(t, "a: c\n b: a\n c: b\n d: c\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{})
	built := finish(t, r)
	assert.True(t, r.Finished())
	assert.Equal(t, "d/1/1", built[len(built)-1])
	count := map[string]int{}
	for _, k := range built {
		count[k[:1]]++
	}
	for id, n := range count {
		assert.LessOrEqual(t, n, 2, id)
	}
	assert.Equal(t, 1, count["d"])
	slices.Sort(built)
	assert.Equal(t, slices.Compact(slices.Clone(built)), built)
}

func TestTwoPassesOfANodeAreNeverBuiltAtOnce(t *testing.T) {
	g := graphOf(t, "a: b\nb: a\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{Repo: planner.RepoNever})
	var second planner.Key
	for second == "" {
		a := r.Actions()[0]
		if a.Pass == 2 {
			second = a.Key
			apply(t, r, planner.Event{Kind: planner.EventDispatched, Key: second})
			break
		}
		apply(t, r, planner.Event{Kind: planner.EventBuilt, Key: a.Key, Artifact: string(a.Key)})
	}
	id := r.InFlight()[0].ID
	apply(t, r, planner.Event{Kind: planner.EventChanged, IDs: []planner.ID{id}})
	for _, a := range r.Actions() {
		assert.NotEqual(t, id, a.ID, "its second pass is under way")
	}
	apply(t, r, planner.Event{Kind: planner.EventBuilt, Key: second, Artifact: "late"})
	finish(t, r)
	assert.True(t, r.Finished())
	row, err := r.Row(id)
	require.NoError(t, err)
	assert.NotEqual(t, "late", row.Artifact)
}

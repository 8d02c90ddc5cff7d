// SPDX-License-Identifier: MIT

package planner_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

func TestEventsThatMakeNoSenseAreRefused(t *testing.T) {
	g := graphOf(t, "a:\nb: a\n=c: a\n")
	r := runOf(t, planOf(t, g, "a"), planner.RunOptions{})
	before := snapshot(t, r)
	for _, c := range []struct {
		e  planner.Event
		is error
	}{
		{planner.Event{At: -1}, planner.ErrInvalid},
		{planner.Event{Kind: 99}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventFailed, Key: "build/a/1/1", Failure: 99}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventStarted}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventStarted, Key: "build"}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventStarted, Key: "build/a/1/01"}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventStarted, Key: "build/a/1/99999999999"}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventStarted, Key: "build/b/1/1"}, planner.ErrNotFound},
		{planner.Event{Kind: planner.EventStarted, Key: "build/a/2/1"}, planner.ErrNotFound},
		{planner.Event{Kind: planner.EventStarted, Key: "build/a/1/2"}, planner.ErrNotFound},
		{planner.Event{Kind: planner.EventStarted, Key: "build/x/1/1"}, planner.ErrNotFound},
		{planner.Event{Kind: planner.EventStarted, Key: "build/=c/1/1"}, planner.ErrNotFound},
		{planner.Event{Kind: planner.EventAvailable, Key: "build/a/1/1"}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventPassed, Key: "repo/a/1/1"}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventBuilt, Key: "build/a/1/1"}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventFixArrived, ID: "a"}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventFixArrived, Artifact: "a"}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventFixArrived, ID: "x", Artifact: "a"}, planner.ErrNotFound},
		{planner.Event{Kind: planner.EventChanged}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventChanged, IDs: []planner.ID{"x"}}, planner.ErrNotFound},
		{planner.Event{Kind: planner.EventEquivalent, ID: "a"}, planner.ErrConflict},
		{planner.Event{Kind: planner.EventOverride, ID: "x"}, planner.ErrNotFound},
		{planner.Event{Kind: planner.EventRetry}, planner.ErrInvalid},
		{planner.Event{Kind: planner.EventCancel, IDs: []planner.ID{"a", "x"}}, planner.ErrNotFound},
	} {
		err := r.Apply(c.e)
		assert.ErrorIs(t, err, c.is, c.e.String())
		sameState(t, before, snapshot(t, r), "%v", c.e)
	}
	apply(t, r, planner.Event{Kind: planner.EventStarted, Key: "build/a/1/1", Ref: "1"})
	assert.ErrorIs(t, r.Apply(planner.Event{Kind: planner.EventStarted, Key: "build/a/1/1", Ref: "2"}), planner.ErrConflict)
	apply(t, r, done("a"))
	other := done("a")
	other.Artifact = "a-3"
	assert.ErrorIs(t, r.Apply(other), planner.ErrConflict)
	assert.ErrorIs(t, r.Apply(planner.Event{Kind: planner.EventFailed, Key: "build/a/1/1"}), planner.ErrConflict)
	_, err := r.State("x")
	assert.ErrorIs(t, err, planner.ErrNotFound)
}

func TestRunOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	p := planOf(t, graphOf(t, "a:\n"), "a")
	for _, o := range []planner.RunOptions{
		{Mode: 9}, {Repo: 9}, {Stale: 9}, {MaxBuilding: -1}, {Unknown: -1},
		{Retry: planner.Retries{Flaky: planner.Retry{Max: -1}}},
		{Limits: []planner.LabelLimit{{Label: "x"}}}, {Limits: []planner.LabelLimit{{Max: 1}}},
		{Limits: []planner.LabelLimit{{Label: "x", Max: 1}, {Label: "x", Max: 2}}},
		{Rate: planner.Rate{Starts: -1}}, {Canary: planner.Canary{Count: -1}}, {Canary: planner.Canary{MaxFailed: 2}},
		{Stop: planner.StopRule{Share: -0.1}}, {Debounce: []planner.Debounce{{Wait: -1}}},
		{Gates: []planner.Gate{{}}}, {Gates: []planner.Gate{{Name: "x"}, {Name: "x"}}},
		{Gates: []planner.Gate{{Name: "x", Scope: planner.GateLabel}}}, {Gates: []planner.Gate{{Name: "x", Scope: 9}}},
		{Gates: []planner.Gate{{Name: "x", Scope: planner.GateTier, Label: "y"}}},
	} {
		_, err := planner.NewRun(p, o)
		assert.ErrorIs(t, err, planner.ErrInvalid, "%+v", o)
	}
	_, err := planner.NewRun(nil, planner.RunOptions{})
	assert.ErrorIs(t, err, planner.ErrInvalid)
	_, err = planner.NewRun(&planner.Plan{}, planner.RunOptions{})
	assert.ErrorIs(t, err, planner.ErrInvalid)
}

func TestSequenceAloneGivesNoReason(t *testing.T) {
	var b planner.Builder
	for _, id := range []planner.ID{"a", "b", "c", "x"} {
		b.AddNode(planner.Node{ID: id})
	}
	b.AddEdge(planner.Edge{From: "b", To: "a"})
	b.AddEdge(planner.Edge{From: "c", To: "b"})
	b.AddEdge(planner.Edge{From: "c", To: "x", Kind: planner.EdgeOrder})
	g, err := b.Graph()
	require.NoError(t, err)
	r := runOf(t, planOf(t, g, "a", "x"), planner.RunOptions{Repo: planner.RepoNever})
	same := done("b")
	same.Same = true
	apply(t, r, done("a"), same)
	assert.Equal(t, "waiting", state(t, r, "c"), "it comes after x")
	apply(t, r, done("x"))
	assert.Equal(t, "unneeded", state(t, r, "c"), "but x is no reason to build it")
	assert.True(t, r.Finished())
}

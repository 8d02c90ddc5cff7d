// SPDX-License-Identifier: MIT

package planner_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

func TestUnionHoldsBothAndMakesDanglingEdgesWhole(t *testing.T) {
	a := parsed(t, "release f41\nnode a source label=x\na build b\n")
	b := parsed(t, "node b source\nnode a source label=y\nb run c weak \"why\"\n")
	g, err := planner.Union(a, nil, b)
	require.NoError(t, err)
	assert.Equal(t, "f41", g.Release())
	assert.Equal(t, []planner.Edge{{From: "a", To: "b"}}, slices.Collect(g.Edges()))
	assert.Len(t, g.Dangling(), 1)
	n, _ := g.Node("a")
	assert.Equal(t, []string{"x", "y"}, n.Labels)

	_, err = planner.Union(a, parsed(t, "release f42\n"))
	assert.ErrorIs(t, err, planner.ErrInvalid)
	_, err = planner.Union(a, parsed(t, "node a image\n"))
	assert.ErrorIs(t, err, planner.ErrInvalid)

	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 4))
		u := wild(rng)
		half := len(u.edges) / 2
		x, y := universe{u.nodes, u.edges[:half]}, universe{u.nodes, u.edges[half:]}
		g, err := planner.Union(x.graph(t), y.graph(t))
		require.NoError(t, err)
		assert.True(t, planner.DiffGraphs(u.graph(t), g).Empty(), "seed %d", seed)
	}
}

func TestGraphsDiffer(t *testing.T) {
	before := parsed(t, "node a source\nnode b source\nnode d source\nb build a\nd build gone\n")
	after := parsed(t, "node a source label=x\nnode b source\nnode c source\nb build a weak\nc build b\n")
	d := planner.DiffGraphs(before, after)
	assert.Equal(t, planner.GraphDiff{
		NodesAdded: []planner.ID{"c"}, NodesRemoved: []planner.ID{"d"}, NodesChanged: []planner.ID{"a"},
		EdgesAdded:   []planner.Edge{{From: "b", To: "a", Weak: true}, {From: "c", To: "b"}},
		EdgesRemoved: []planner.Edge{{From: "b", To: "a"}, {From: "d", To: "gone"}},
	}, d)
	back := planner.DiffGraphs(after, before)
	assert.Equal(t, d.NodesAdded, back.NodesRemoved)
	assert.Equal(t, d.EdgesAdded, back.EdgesRemoved)
}

func TestFilterTakesEdgesAway(t *testing.T) {
	g := parsed(t, tangle)
	all := g.Size()
	h := g.Filter(func(e planner.Edge) bool { return !e.Weak && !e.Bootstrap })
	assert.Equal(t, all-2, h.Size())
	assert.Equal(t, all, g.Size())
	assert.Empty(t, mustPlan(t, h, planner.Request{All: true}).Cycles)
	assert.Equal(t, []planner.ID(nil), mustPlan(t, h, planner.Request{All: true}).SelfCycles)
}

func TestStatsCount(t *testing.T) {
	s := parsed(t, family+tangle).Stats()
	assert.Equal(t, planner.Stats{
		Nodes: 12, Conduits: 3, Edges: 13,
		Kinds:     []planner.Count{{Name: "binary", N: 3}, {Name: "image", N: 1}, {Name: "source", N: 8}},
		EdgeKinds: []planner.Count{{Name: "build", N: 8}, {Name: "contains", N: 1}, {Name: "from", N: 3}, {Name: "run", N: 1}},
		Weak:      2, Bootstrap: 1, Unneeded: 2,
		MostNeeds:  planner.Count{Name: "d", N: 2},
		MostNeeded: planner.Count{Name: "a-libs", N: 2},
		Tiers:      4, Cycles: 1, LargestCycle: 3,
	}, s)
}

// SPDX-License-Identifier: MIT

package planner_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

const tangle = `
node gcc source bootstrap
node gcc-bin binary
node isl source
node isl-bin binary
node doc source
node app source
gcc-bin from gcc
isl-bin from isl
gcc build isl-bin bootstrap "BuildRequires: isl-devel"
isl build gcc-bin
gcc build doc weak "BuildRequires: doc"
doc build gcc-bin
app build isl-bin
`

func TestCyclePolicies(t *testing.T) {
	g := parsed(t, tangle)
	plan := func(q planner.Request) (*planner.Plan, error) {
		q.Changed = []planner.ID{"isl"}
		return g.Plan(q)
	}
	p, err := plan(planner.Request{})
	require.NoError(t, err)
	assert.Equal(t, "doc gcc isl | app", tiersOf(p))

	c, err := p.Cycle(0)
	require.NoError(t, err)
	assert.Equal(t, "doc gcc-bin gcc", joined(c.Witness, " "), "three edges, the smallest buildable id first")
	assert.Len(t, c.Passes, 2)

	p, err = plan(planner.Request{Cycles: planner.CycleBootstrap})
	require.NoError(t, err)
	c, err = p.Cycle(0)
	require.NoError(t, err)
	assert.Equal(t, []planner.ID{"gcc"}, c.Passes[0].Variants)
	assert.Equal(t, [][]planner.ID{{"gcc"}, {"doc", "isl"}}, c.Passes[0].Tiers)
	assert.Equal(t, [][]planner.ID{{"gcc"}}, c.Passes[1].Tiers, "then the real build of the variant")
	for _, e := range c.Cut {
		assert.True(t, e.Weak || e.Bootstrap, "%v", e)
	}

	p, err = plan(planner.Request{CyclesOf: map[planner.ID]planner.CyclePolicy{"isl": planner.CycleTogether}})
	require.NoError(t, err)
	c, err = p.Cycle(0)
	require.NoError(t, err)
	assert.Equal(t, planner.CycleTogether, c.Policy)
	assert.Empty(t, c.Passes)

	_, err = plan(planner.Request{Cycles: planner.CycleRefuse})
	var refused *planner.CycleError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, [][]planner.ID{{"doc", "gcc", "isl"}}, refused.Cycles)
	assert.ErrorIs(t, err, planner.ErrInvalid)
	assert.EqualError(t, err, "planner: 1 cycle group is refused: doc, gcc, isl")

	p, err = plan(planner.Request{Cycles: planner.CycleRefuse, CyclesOf: map[planner.ID]planner.CyclePolicy{"gcc": planner.CycleSeeded}})
	require.NoError(t, err)
	assert.Len(t, p.Cycles, 1)

	_, err = p.Cycle(1)
	assert.ErrorIs(t, err, planner.ErrNotFound)
	_, err = p.Cycle(-1)
	assert.ErrorIs(t, err, planner.ErrNotFound)
}

func TestPaysNamesTheEdgeOfMostShortCycles(t *testing.T) {
	g := parsed(t, `
		node hub source
		node a source
		node b source
		node c source
		node tool source
		hub build tool weak
		tool build hub
		a build hub
		b build hub
		c build hub
		tool build a
		tool build b
		tool build c
	`)
	c, err := mustPlan(t, g, planner.Request{All: true}).Cycle(0)
	require.NoError(t, err)
	assert.Equal(t, planner.ID("hub"), c.Pays[0].Edge.From)
	assert.Equal(t, planner.ID("tool"), c.Pays[0].Edge.To)
	assert.Equal(t, 5, c.Pays[0].Cycles)
	require.Len(t, c.Cut, 1)
	assert.True(t, c.Cut[0].Weak)
}

func TestManyWeakEdgesAreCutBeforeOneFirm(t *testing.T) {
	var b planner.Builder
	b.AddNodes([]planner.Node{{ID: "x"}, {ID: "y"}})
	b.AddEdge(planner.Edge{From: "x", To: "y"})
	for i := range 20 {
		id := planner.ID(fmt.Sprintf("z%02d", i))
		b.AddNode(planner.Node{ID: id})
		b.AddEdge(planner.Edge{From: "y", To: id, Weak: true})
		b.AddEdge(planner.Edge{From: id, To: "x"})
	}
	g, err := b.Graph()
	require.NoError(t, err)
	c, err := mustPlan(t, g, planner.Request{All: true}).Cycle(0)
	require.NoError(t, err)
	assert.Len(t, c.Cut, 20)
	for _, e := range c.Cut {
		assert.True(t, e.Weak)
	}
}

func TestLongRefusalsAreCutShort(t *testing.T) {
	var b planner.Builder
	for i := range 12 {
		b.AddNode(planner.Node{ID: planner.ID(fmt.Sprintf("n%02d", i))})
		b.AddEdge(planner.Edge{From: planner.ID(fmt.Sprintf("n%02d", i)), To: planner.ID(fmt.Sprintf("n%02d", (i+1)%12))})
	}
	g, err := b.Graph()
	require.NoError(t, err)
	_, err = g.Plan(planner.Request{All: true, Cycles: planner.CycleRefuse})
	assert.EqualError(t, err, "planner: 1 cycle group is refused: n00, n01, n02, n03, n04, n05, n06, n07, n08, n09 and 2 more")
	assert.EqualError(t, &planner.CycleError{}, "planner: dependency cycles are refused")
	assert.EqualError(t, &planner.CycleError{Cycles: [][]planner.ID{{"a", "b"}, {"c", "d"}}}, "planner: 2 cycle groups are refused, first: a, b")
}

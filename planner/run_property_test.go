// SPDX-License-Identifier: MIT

package planner_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

// randomGraph makes a small graph with conduits and, when cyclic, cycles.
func randomGraph(rng *rand.Rand, cyclic bool) *planner.Graph {
	var b planner.Builder
	n := 2 + rng.IntN(14)
	id := func(i int) planner.ID { return planner.ID(fmt.Sprintf("n%02d", i)) }
	for i := range n {
		node := planner.Node{ID: id(i), Conduit: i > 0 && rng.IntN(4) == 0, Bootstrap: rng.IntN(4) == 0}
		if rng.IntN(3) == 0 {
			node.Labels = []string{fmt.Sprint("ring", rng.IntN(2))}
		}
		b.AddNode(node)
	}
	for range rng.IntN(3 * n) {
		f, t := rng.IntN(n), rng.IntN(n)
		if !cyclic && f <= t {
			if f == t {
				continue
			}
			f, t = t, f
		}
		b.AddEdge(planner.Edge{From: id(f), To: id(t), Bootstrap: rng.IntN(5) == 0, Weak: rng.IntN(5) == 0})
	}
	g, err := b.Graph()
	if err != nil {
		panic(err)
	}
	return g
}

func randomPlan(rng *rand.Rand, g *planner.Graph) *planner.Plan {
	q := planner.Request{Passes: rng.IntN(4), Cycles: planner.CyclePolicy(rng.IntN(3))}
	for n := range g.Nodes() {
		if len(q.Changed) == 0 || rng.IntN(8) == 0 {
			q.Changed = append(q.Changed, n.ID)
		}
	}
	p, err := g.Plan(q)
	if err != nil {
		panic(err)
	}
	return p
}

func randomOptions(rng *rand.Rand) planner.RunOptions {
	var o planner.RunOptions
	o.Mode = planner.Mode(rng.IntN(2))
	o.Repo = planner.RepoPolicy(rng.IntN(3))
	if rng.IntN(3) == 0 {
		o.Gates = append(o.Gates, planner.Gate{Name: "each"})
	}
	if rng.IntN(3) == 0 {
		o.Gates = append(o.Gates, planner.Gate{Name: "r0", Scope: planner.GateLabel, Label: "ring0"})
	}
	if rng.IntN(3) == 0 {
		o.Gates = append(o.Gates, planner.Gate{Name: "r1", Scope: planner.GateLabel, Label: "ring1"})
	}
	if rng.IntN(4) == 0 {
		o.Gates = append(o.Gates, planner.Gate{Name: "tier", Scope: planner.GateTier})
	}
	if rng.IntN(3) == 0 {
		o.MaxBuilding = 1 + rng.IntN(3)
	}
	if rng.IntN(3) == 0 {
		o.Limits = []planner.LabelLimit{{Label: "ring0", Max: 1}}
	}
	return o
}

// orderNeeds returns, for each node of a plan, the other nodes of the plan
// that it needs through conduits, by brute force on the graph alone.
func orderNeeds(g *planner.Graph, p *planner.Plan) map[planner.ID][]planner.ID {
	in := map[planner.ID]bool{}
	for _, id := range p.Rebuild {
		in[id] = true
	}
	needs := map[planner.ID][]planner.ID{}
	for _, id := range p.Rebuild {
		seen := map[planner.ID]bool{}
		var walk func(planner.ID)
		walk = func(at planner.ID) {
			for e := range g.Needs(at) {
				if seen[e.To] {
					continue
				}
				seen[e.To] = true
				if n, _ := g.Node(e.To); n.Conduit {
					walk(e.To)
				} else if in[e.To] {
					needs[id] = append(needs[id], e.To)
				}
			}
		}
		walk(id)
	}
	return needs
}

func reaches(needs map[planner.ID][]planner.ID, from planner.ID) map[planner.ID]bool {
	seen := map[planner.ID]bool{}
	stack := []planner.ID{from}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, n := range needs[at] {
			if !seen[n] {
				seen[n] = true
				stack = append(stack, n)
			}
		}
	}
	return seen
}

// Invariants 10 and 11: any interleaving of completions and failures.
func TestExecutionUnderAnyInterleaving(t *testing.T) {
	for seed := range seedsOf(t, 1500) {
		rng := rand.New(rand.NewPCG(seed, 1))
		g := randomGraph(rng, seed%2 == 0)
		p := randomPlan(rng, g)
		opts := randomOptions(rng)
		failing := seed%3 == 0
		needs := orderNeeds(g, p)
		inCycle := func(a, b planner.ID) bool { return reaches(needs, a)[b] && reaches(needs, b)[a] }
		r, err := planner.NewRun(p, opts)
		require.NoError(t, err)
		msg := fmt.Sprintf("seed %d %+v", seed, opts)

		running := map[planner.ID]bool{}
		starts := map[planner.ID]int{}
		failed := map[planner.ID]bool{}
		gateFailed := false
		var flight []planner.Action
		for step := 0; ; step++ {
			require.Less(t, step, 5000, msg)
			due := r.Actions()
			if len(due) > 0 && (len(flight) == 0 || rng.IntN(2) == 0) {
				a := due[rng.IntN(len(due))]
				require.NoError(t, r.Apply(planner.Event{Kind: planner.EventDispatched, Key: a.Key}), msg)
				flight = append(flight, a)
				if a.Kind == planner.ActionBuild {
					members := a.Members
					if members == nil {
						members = []planner.ID{a.ID}
					}
					for _, id := range members {
						require.False(t, running[id], "%s runs twice; %s", id, msg)
						running[id] = true
						for n := range failed {
							require.False(t, inCycle(id, n), "%s started while its partner %s has failed; %s", id, n, msg)
						}
						starts[id]++
						for _, n := range needs[id] {
							if s, err := r.State(n); err != nil || s != planner.StateDone && !inCycle(id, n) {
								t.Fatalf("%s started while %s is %v (%v); %s", id, n, s, err, msg)
							}
						}
					}
				}
				continue
			}
			if len(flight) == 0 {
				break
			}
			i := rng.IntN(len(flight))
			a := flight[i]
			flight = slices.Delete(flight, i, i+1)
			e := planner.Event{Key: a.Key, Kind: planner.EventStarted}
			bad := failing && rng.IntN(8) == 0
			switch a.Kind {
			case planner.ActionBuild:
				e.Kind, e.Artifact = planner.EventBuilt, string(a.Key)
				for _, id := range append(a.Members, a.ID) {
					running[id] = false
				}
			case planner.ActionAwaitRepo:
				e.Kind, bad = planner.EventAvailable, false
			case planner.ActionGate:
				e.Kind = planner.EventPassed
			default:
				bad = false
			}
			if bad {
				e.Kind, e.Artifact = planner.EventFailed, ""
				for _, id := range append(a.Members, a.ID) {
					failed[id] = true
				}
				if a.Kind == planner.ActionGate && a.Members != nil {
					gateFailed = true
				}
			}
			require.NoError(t, r.Apply(e), msg)
			require.NoError(t, r.Apply(e), "told twice; %s", msg)
		}
		passes := max(p.Request.Passes, 1)
		if p.Request.Passes == 0 || p.Request.Cycles == planner.CycleBootstrap {
			passes = max(passes, 2)
		}
		for _, id := range p.Rebuild {
			s, err := r.State(id)
			require.NoError(t, err)
			switch {
			case len(failed) == 0:
				require.Equal(t, planner.StateDone, s, "%s; %s", id, msg)
				most := 1
				for _, n := range needs[id] {
					if n != id && inCycle(id, n) {
						most = passes
					}
				}
				require.LessOrEqual(t, starts[id], most, "%s; %s", id, msg)
				require.GreaterOrEqual(t, starts[id], 1, "%s; %s", id, msg)
			case gateFailed || opts.Mode == planner.Barrier:
				// gates over many and tiers block more; the state only must
				// be final
				require.Contains(t, []planner.State{planner.StateDone, planner.StateFailed, planner.StateBlocked}, s, "%s; %s", id, msg)
			default:
				blocked := false
				for n := range reaches(needs, id) {
					blocked = blocked || failed[n]
				}
				labelGate := len(opts.Gates) > 0
				switch {
				case failed[id] && s == planner.StateFailed:
				case failed[id]:
					t.Fatalf("%s failed but is %v; %s", id, s, msg)
				case blocked:
					require.Equal(t, planner.StateBlocked, s, "%s; %s", id, msg)
				case !labelGate:
					require.Equal(t, planner.StateDone, s, "%s; %s", id, msg)
				}
			}
		}
		require.Equal(t, len(failed) == 0, r.Finished(), msg)
		require.Equal(t, len(failed) > 0, r.Stuck(), msg)
	}
}

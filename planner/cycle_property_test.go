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

func TestPropertyCutsOpenCyclesAndAreMinimal(t *testing.T) {
	for _, policy := range []planner.CyclePolicy{planner.CycleSeeded, planner.CycleBootstrap} {
		everywhere(t, func(t *testing.T, _ *rand.Rand, u universe, q planner.Request) {
			q.Cycles = policy
			u.edges = slices.DeleteFunc(u.edges, func(e planner.Edge) bool { return e.From == e.To })
			g := u.graph(t)
			p := mustPlan(t, g, q)
			for i := range p.Cycles {
				c, err := p.Cycle(i)
				require.NoError(t, err)
				circular := func(without ...planner.Edge) bool {
					h := g.Filter(func(e planner.Edge) bool {
						return !slices.ContainsFunc(without, func(w planner.Edge) bool { return fmt.Sprint(w) == fmt.Sprint(e) })
					})
					k := mustPlan(t, h, planner.Request{Select: c.Members, Kinds: q.Kinds, Exclude: q.Exclude})
					return len(k.Cycles)+len(k.SelfCycles) > 0
				}
				if circular(c.Cut...) {
					t.Errorf("the group %v is circular without %v", c.Members, c.Cut)
				}
				for k, e := range c.Cut {
					if !circular(slices.Concat(c.Cut[:k], c.Cut[k+1:])...) {
						t.Errorf("the group %v is open without cutting %v", c.Members, e)
					}
				}
				firm := func(e planner.Edge) bool { return !e.Weak && !e.Bootstrap }
				soft := slices.DeleteFunc(slices.Collect(g.Edges()), func(e planner.Edge) bool {
					return !(e.Weak || policy == planner.CycleBootstrap && e.Bootstrap && bootstraps(u, e.From)) || conduitIn(u, e.From)
				})
				if !circular(soft...) && slices.ContainsFunc(c.Cut, firm) {
					t.Errorf("the cut %v takes a firm edge though weak ones are enough", c.Cut)
				}
				checkWitness(t, g, q, c)
				checkPasses(t, c)
			}
		})
	}
}

func bootstraps(u universe, id planner.ID) bool {
	return slices.ContainsFunc(u.nodes, func(n planner.Node) bool { return n.ID == id && n.Bootstrap })
}

func conduitIn(u universe, id planner.ID) bool {
	return slices.ContainsFunc(u.nodes, func(n planner.Node) bool { return n.ID == id && n.Conduit })
}

// checkWitness makes sure that a witness is a cycle through two members or
// more, as short as any, beginning with its smallest member.
func checkWitness(t *testing.T, g *planner.Graph, q planner.Request, c planner.Cycle) {
	t.Helper()
	conducts := func(id planner.ID) bool {
		n, _ := g.Node(id)
		return !slices.Contains(q.Exclude, id) && (n.Conduit || slices.Contains(c.Members, id))
	}
	// dist is the number of edges from one node to others inside the group.
	dist := func(from planner.ID) map[planner.ID]int {
		d := map[planner.ID]int{from: 0}
		queue := []planner.ID{from}
		for len(queue) > 0 {
			id := queue[0]
			queue = queue[1:]
			for e := range g.Needs(id) {
				if _, seen := d[e.To]; !seen && conducts(e.To) && (q.Kinds == nil || slices.Contains(q.Kinds, e.Kind)) {
					d[e.To] = d[id] + 1
					queue = append(queue, e.To)
				}
			}
		}
		return d
	}
	shortest := 1 << 20
	for _, x := range c.Members {
		for _, y := range c.Members {
			if x != y {
				shortest = min(shortest, dist(x)[y]+dist(y)[x])
			}
		}
	}
	differ(t, "length of the witness", shortest, len(c.Witness))
	var members []planner.ID
	for i, id := range c.Witness {
		differ(t, "step of the witness", 1, dist(id)[c.Witness[(i+1)%len(c.Witness)]])
		if slices.Contains(c.Members, id) {
			members = append(members, id)
		}
	}
	if len(members) < 2 || c.Witness[0] != slices.Min(members) {
		t.Errorf("the witness %v does not begin with the smallest of two members or more", c.Witness)
	}
}

// checkPasses makes sure that the first pass builds everything once, and that
// what a pass has together needs nothing of it in the same tier but what is
// cut.
func checkPasses(t *testing.T, c planner.Cycle) {
	t.Helper()
	if len(c.Passes) == 0 {
		t.Errorf("no passes for %v", c.Members)
		return
	}
	first := slices.Concat(c.Passes[0].Tiers...)
	slices.Sort(first)
	differ(t, "first pass", c.Members, first)
	for _, pass := range c.Passes {
		all := slices.Concat(pass.Tiers...)
		slices.Sort(all)
		if len(slices.Compact(all)) != len(slices.Concat(pass.Tiers...)) || !subset(all, c.Members) {
			t.Errorf("pass %d builds %v", pass.Number, pass.Tiers)
		}
	}
}

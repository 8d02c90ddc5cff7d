// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// bumped is what new packages break, and the rebuilds that repair it.
type bumped struct {
	rpm.Bump
	Plan plan `json:"plan"`
}

func (b bumped) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d changed, %d dependencies lost, %d broken\n", len(b.Sources), len(b.Lost), len(b.Broken))
	for _, x := range b.Broken {
		fmt.Fprintf(&s, "  %s needs %s, which %s had", x.ID, x.Requirement, x.Was)
		if len(x.Elsewhere) > 0 {
			fmt.Fprintf(&s, " and %v still has", x.Elsewhere)
		}
		s.WriteByte('\n')
	}
	for _, p := range b.Problems {
		fmt.Fprintf(&s, "problem: %s: %s\n", p.Package, p.Reason)
	}
	s.WriteString(b.Plan.String())
	return s.String()
}

func (a *asker) bumped() (any, error) {
	b := a.universe.Bump(a.next)
	q := b.Request()
	p, err := a.g.Plan(q)
	if err != nil {
		return nil, err
	}
	return bumped{b, plan{Changed: q.Changed, Count: len(p.Rebuild), Tiers: tiers(p), Cycles: p.Cycles}}, nil
}

func tiers(p *planner.Plan) [][]planner.ID {
	out := [][]planner.ID{}
	for _, t := range p.Tiers {
		out = append(out, t.Members())
	}
	return out
}

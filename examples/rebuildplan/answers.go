// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
)

// show writes a plan.
func show(p *planner.Plan, format string) (string, error) {
	switch format {
	case "json":
		return indented(p)
	case "dot":
		return p.DOT(), nil
	case "svg":
		return p.SVG(), nil
	}
	return p.Text(), nil
}

// explain says why each id is in the plan or not.
func explain(p *planner.Plan, o *options) (string, error) {
	var text strings.Builder
	list := make([]planner.Explanation, 0, len(o.ids))
	for _, id := range o.ids {
		x, err := p.Explain(id)
		if err != nil {
			return "", err
		}
		list = append(list, x)
		text.WriteString(x.Text())
	}
	if o.format == "json" {
		return indented(list)
	}
	return text.String(), nil
}

// outcome is a plan in numbers.
type outcome struct {
	Rebuilds int           `json:"rebuilds"`
	Tiers    int           `json:"tiers"`
	Cycles   int           `json:"cycles"`
	Work     time.Duration `json:"work"`
	Makespan time.Duration `json:"makespan"`
}

// whatIf compares the plan as asked with one without the exclusions, expected
// equal results and cuts.
func whatIf(g *planner.Graph, p *planner.Plan, o *options) (string, error) {
	plain := o.request
	plain.Exclude, plain.StopAt = nil, nil
	before, err := g.Plan(plain)
	if err != nil {
		return "", err
	}
	after := p
	if len(o.cut) > 0 {
		h, err := cut(g, o.cut)
		if err != nil {
			return "", err
		}
		if after, err = h.Plan(o.request); err != nil {
			return "", err
		}
	}
	var was, is outcome
	if was, err = measure(before, o); err != nil {
		return "", err
	}
	if is, err = measure(after, o); err != nil {
		return "", err
	}
	diff := planner.DiffPlans(before, after)
	if o.format == "json" {
		return indented(struct {
			Before outcome          `json:"before"`
			After  outcome          `json:"after"`
			Diff   planner.PlanDiff `json:"diff"`
		}{was, is, diff})
	}
	return fmt.Sprintf("before: %s\nafter:  %s\n\n%s", was, is, diff.Text()), nil
}

func (m outcome) String() string {
	return fmt.Sprintf("%d rebuilds, %d tiers, %d cycle groups, work %s, takes %s", m.Rebuilds, m.Tiers, m.Cycles, m.Work, m.Makespan)
}

func measure(p *planner.Plan, o *options) (outcome, error) {
	s, err := p.Schedule(o.terms)
	if err != nil {
		return outcome{}, err
	}
	return outcome{len(p.Rebuild), len(p.Tiers), len(p.Cycles), p.Work, s.Makespan}, nil
}

// cut takes edges away, each FROM->TO. One that is not there is an error.
func cut(g *planner.Graph, edges []string) (*planner.Graph, error) {
	missing := make(map[string]bool)
	for _, e := range edges {
		missing[e] = true
	}
	h := g.Filter(func(e planner.Edge) bool {
		name := string(e.From + "->" + e.To)
		if slices.Contains(edges, name) {
			delete(missing, name)
			return false
		}
		return true
	})
	for _, e := range edges {
		if missing[e] {
			return nil, fmt.Errorf("-cut %s: no such edge: %w", e, planner.ErrNotFound)
		}
	}
	return h, nil
}

// simulate writes how a plan would go on builders.
func simulate(p *planner.Plan, o *options) (string, error) {
	s, err := p.Schedule(o.terms)
	if err != nil {
		return "", err
	}
	switch o.format {
	case "json":
		return indented(s)
	case "svg":
		return s.SVG(), nil
	}
	return s.Text(), nil
}

// graphText writes the graph.
func graphText(g *planner.Graph, format string) (string, int, error) {
	var b strings.Builder
	var err error
	switch format {
	case "json":
		err = g.WriteJSON(&b)
	case "dot":
		b.WriteString(g.DOT())
	default:
		err = g.WriteText(&b)
	}
	return b.String(), exitDone, err
}

func indented(v any) (string, error) {
	data, err := json.MarshalIndent(v, "", "  ")
	return string(data) + "\n", err
}

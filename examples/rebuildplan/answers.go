// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
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
		if after, err = cut(g, o).Plan(o.request); err != nil {
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

// cut takes edges away.
func cut(g *planner.Graph, o *options) *planner.Graph {
	gone := make(map[string]bool)
	for _, c := range o.cut {
		gone[c] = true
	}
	return g.Filter(func(e planner.Edge) bool { return !gone[string(e.From+"->"+e.To)] })
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

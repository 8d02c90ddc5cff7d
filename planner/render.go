// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Text returns the plan as a table for people: its size, what holds it, one
// line for each rebuild with its tier and the reason, and how cycle groups
// are gone through.
func (p *Plan) Text() string {
	var b strings.Builder
	b.WriteString(p.Summary())
	b.WriteByte('\n')
	for _, h := range p.Held {
		fmt.Fprintf(&b, "HELD: %s\n", h)
	}
	if len(p.Rebuild) > 0 && p.order != nil {
		b.WriteByte('\n')
		p.table(&b)
	}
	p.cycleLines(&b)
	list := func(title string, ids []ID) {
		if len(ids) > 0 {
			fmt.Fprintf(&b, "\n%s: %s\n", title, joinIDs(ids, ", "))
		}
	}
	list("needs itself", p.SelfCycles)
	list("unknown", p.Unknown)
	if len(p.LeftOut) > 0 {
		b.WriteString("\nleft out:\n")
		for _, l := range p.LeftOut {
			fmt.Fprintf(&b, "  %s (%s)\n", l.ID, l.Rule)
		}
	}
	if p.graph != nil && len(p.graph.dangling) > 0 {
		fmt.Fprintf(&b, "\nnote: the graph has %s with an end that it does not hold\n", plural(len(p.graph.dangling), "edge"))
	}
	return b.String()
}

// Summary returns the plan's size in one line.
func (p *Plan) Summary() string {
	var b strings.Builder
	if p.Release != "" {
		fmt.Fprintf(&b, "%s: ", p.Release)
	}
	fmt.Fprintf(&b, "%s in %s", plural(len(p.Rebuild), "rebuild"), plural(len(p.Tiers), "tier"))
	if p.graph != nil {
		all := 0
		for _, f := range p.graph.flags {
			if f&nodeConduit == 0 {
				all++
			}
		}
		fmt.Fprintf(&b, ", of %d that could be", all)
	}
	if len(p.Cycles) > 0 {
		fmt.Fprintf(&b, ", %s", plural(len(p.Cycles), "cycle group"))
	}
	if p.Work > 0 {
		fmt.Fprintf(&b, ", work %s", shortDuration(p.Work))
		if p.Unestimated > 0 {
			fmt.Fprintf(&b, " and %d of unknown duration", p.Unestimated)
		}
	}
	return b.String()
}

// String says the limit and by how much it is exceeded.
func (h Held) String() string {
	switch {
	case h.Limit == "work":
		return fmt.Sprintf("work %s, limit %s", shortDuration(time.Duration(h.Have)), shortDuration(time.Duration(h.Max)))
	case h.Limit == "nodes":
		return fmt.Sprintf("%d rebuilds, limit %d", h.Have, h.Max)
	}
	return fmt.Sprintf("%d rebuilds with %s, limit %d", h.Have, h.Limit, h.Max)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// table writes one line a rebuild.
func (p *Plan) table(b *strings.Builder) {
	width := len("rebuild")
	for _, id := range p.Rebuild {
		width = max(width, utf8.RuneCountInString(string(id)))
	}
	width = min(width, 60)
	fmt.Fprintf(b, "tier  %-*s  why\n", width, "rebuild")
	number := make(map[ID]int)
	for i, c := range p.Cycles {
		number[c[0]] = i + 1
	}
	for k, tier := range p.Tiers {
		for _, group := range tier.Groups {
			for _, id := range group {
				why := ""
				if x, err := p.Explain(id); err == nil {
					why = x.Why
					if e := x.evidence(); e != "" {
						why += " (" + e + ")"
					}
				}
				if n := number[group[0]]; n > 0 {
					why = fmt.Sprintf("[cycle %d] %s", n, why)
				}
				fmt.Fprintf(b, "%4d  %-*s  %s\n", k, width, id, why)
			}
		}
	}
}

// evidence returns the evidence of the first edge on the path that has any.
func (x *Explanation) evidence() string {
	for _, step := range x.Steps {
		for _, e := range step {
			if e.Evidence != "" {
				return e.Evidence
			}
		}
	}
	return ""
}

// textCycles is how many groups, and textCut how many edges of each, Text
// goes into.
const (
	textCycles = 20
	textCut    = 5
)

func (p *Plan) cycleLines(b *strings.Builder) {
	for i := range p.Cycles[:min(textCycles, len(p.Cycles))] {
		c, err := p.Cycle(i)
		if err != nil {
			return
		}
		fmt.Fprintf(b, "\ncycle %d: %d members, %s", i+1, len(c.Members), c.Policy)
		switch n := len(c.Passes); n {
		case 0:
		case 1:
			b.WriteString(", 1 pass")
		default:
			fmt.Fprintf(b, ", up to %d passes", n)
		}
		fmt.Fprintf(b, "\n  shortest: %s -> %s\n", joinIDs(c.Witness, " -> "), c.Witness[0])
		if c.Policy == CycleTogether {
			continue
		}
		fmt.Fprintf(b, "  first pass goes without %s:\n", plural(len(c.Cut), "edge"))
		for _, e := range c.Cut[:min(textCut, len(c.Cut))] {
			fmt.Fprintf(b, "    %s -> %s (%s)\n", e.From, e.To, describeEdge(e))
		}
		if more := len(c.Cut) - textCut; more > 0 {
			fmt.Fprintf(b, "    and %d more\n", more)
		}
	}
	if more := len(p.Cycles) - textCycles; more > 0 {
		fmt.Fprintf(b, "\nand %s more\n", plural(more, "cycle group"))
	}
}

// Text returns the explanation for people, one line a step.
func (x Explanation) Text() string {
	var b strings.Builder
	switch {
	case x.Rebuilt:
		fmt.Fprintf(&b, "%s is rebuilt in tier %d: %s\n", x.ID, x.Tier, x.Why)
	case x.Affected:
		fmt.Fprintf(&b, "%s is affected: %s\n", x.ID, x.Why)
	default:
		fmt.Fprintf(&b, "%s is not affected: %s\n", x.ID, x.Why)
	}
	for i, step := range x.Steps {
		parts := make([]string, len(step))
		for k, e := range step {
			parts[k] = describeEdge(e)
		}
		fmt.Fprintf(&b, "  %s -> %s (%s)\n", x.Path[i], x.Path[i+1], strings.Join(parts, "; "))
	}
	if x.Bottleneck != "" {
		fmt.Fprintf(&b, "  without %s it would not be\n", x.Bottleneck)
	}
	if x.Brings > 1 || x.Brings == 1 && !x.Rebuilt {
		fmt.Fprintf(&b, "  without it, %s would fall out\n", plural(x.Brings, "rebuild"))
	}
	return b.String()
}

// Text returns the difference for people, a line each; "no difference" when
// there is none.
func (d PlanDiff) Text() string {
	if d.Empty() {
		return "no difference\n"
	}
	var b strings.Builder
	for _, id := range d.Added {
		fmt.Fprintf(&b, "+ %s\n", id)
	}
	for _, id := range d.Removed {
		fmt.Fprintf(&b, "- %s\n", id)
	}
	for _, m := range d.Moved {
		fmt.Fprintf(&b, "  %s moves from tier %d to %d\n", m.ID, m.Before, m.After)
	}
	fmt.Fprintf(&b, "%d added, %d removed, %d moved; %s before, %d after\n",
		len(d.Added), len(d.Removed), len(d.Moved), plural(d.TiersBefore, "tier"), d.TiersAfter)
	return b.String()
}

// drawn is what the pictures of a plan show: the groups of buildable nodes in
// the order of tiers, and which needs which, conduits left out.
type drawn struct {
	tiers [][][]ID
	edges [][2]ID // by first members: who needs, who is needed
}

// drawnEdges bounds the edges of a picture; beyond it only those to the tier
// right before are drawn, beyond that none.
const drawnEdges = 3000

// draw collects a picture.
func (p *Plan) draw() drawn {
	var d drawn
	for _, t := range p.Tiers {
		d.tiers = append(d.tiers, t.Groups)
	}
	o := p.order
	if o == nil {
		return d
	}
	o.link()
	first := make([]ID, o.groups())
	for i := len(o.rebuild) - 1; i >= 0; i-- {
		first[o.groupOf[i]] = p.Rebuild[i]
	}
	for _, near := range []bool{false, true} {
		if edges, ok := o.drawEdges(first, near); ok {
			d.edges = edges
			break
		}
	}
	slices.SortFunc(d.edges, func(x, y [2]ID) int {
		if c := compareIDs(x[0], y[0]); c != 0 {
			return c
		}
		return compareIDs(x[1], y[1])
	})
	return d
}

func (o *planOrder) drawEdges(first []ID, near bool) (edges [][2]ID, ok bool) {
	seen := make([]int32, o.groups())
	var stack []int32
	work := 0
	for k := range int32(o.groups()) {
		if o.builds[k] == 0 {
			continue
		}
		stack = append(stack[:0], k)
		for len(stack) > 0 {
			x := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, n := range o.needsOf(x) {
				work++
				if seen[n] == k+1 {
					continue
				}
				seen[n] = k + 1
				if o.builds[n] == 0 {
					stack = append(stack, n)
				} else if !near || o.level[n] == o.level[k]-1 {
					edges = append(edges, [2]ID{first[k], first[n]})
				}
			}
			if len(edges) > drawnEdges || work > 1_000_000 {
				return nil, false
			}
		}
	}
	return edges, true
}

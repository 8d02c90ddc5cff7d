// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"strconv"
	"strings"
)

// DOT returns the plan in Graphviz's language: a column for each tier, a box
// for each rebuild or cycle group, an arrow from what is needed to what needs
// it. Large plans show only the arrows between neighbouring tiers, or none.
func (p *Plan) DOT() string {
	d := p.draw()
	var b strings.Builder
	b.WriteString("digraph plan {\n\trankdir=LR;\n\tnode [shape=box, fontname=\"sans-serif\", fontsize=10];\n")
	for k, groups := range d.tiers {
		fmt.Fprintf(&b, "\tsubgraph tier%d {\n\t\trank=same;\n\t\t\"tier %d\" [shape=plaintext];\n", k, k)
		for _, g := range groups {
			attr := ""
			if len(g) > 1 {
				attr = ", style=filled, fillcolor=\"#ffe0c0\""
			}
			fmt.Fprintf(&b, "\t\t%s [label=%s%s];\n", dotQuote(string(g[0])), dotQuote(groupLabel(g, "\n")), attr)
		}
		b.WriteString("\t}\n")
		if k > 0 {
			fmt.Fprintf(&b, "\t\"tier %d\" -> \"tier %d\" [style=invis];\n", k-1, k)
		}
	}
	for _, e := range d.edges {
		fmt.Fprintf(&b, "\t%s -> %s;\n", dotQuote(string(e[1])), dotQuote(string(e[0])))
	}
	b.WriteString("}\n")
	return b.String()
}

// DOT returns the graph in Graphviz's language: boxes for nodes that are
// built, ellipses for conduits, an arrow from who needs to who is needed;
// weak and possible edges are dashed.
func (g *Graph) DOT() string {
	var b strings.Builder
	b.WriteString("digraph dependencies {\n\tnode [shape=box, fontname=\"sans-serif\", fontsize=10];\n")
	for i := range g.ids {
		attr := ""
		if g.conduit(int32(i)) {
			attr = " [shape=ellipse]"
		}
		fmt.Fprintf(&b, "\t%s%s;\n", dotQuote(string(g.ids[i])), attr)
	}
	for e := range g.Edges() {
		style := ""
		if e.Weak || e.Possible {
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "\t%s -> %s [label=%s%s];\n", dotQuote(string(e.From)), dotQuote(string(e.To)), dotQuote(e.Kind.String()), style)
	}
	b.WriteString("}\n")
	return b.String()
}

// groupLabel names the members of a group, at most five.
func groupLabel(g []ID, sep string) string {
	if len(g) > 5 {
		return joinIDs(g[:4], sep) + sep + "and " + strconv.Itoa(len(g)-4) + " more"
	}
	return joinIDs(g, sep)
}

// dotQuote writes a quoted string as Graphviz reads it.
func dotQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Measures of the picture of tiers, in pixels.
const (
	svgRow    = 22
	svgBox    = 16
	svgTop    = 40
	svgGap    = 60
	svgLetter = 6.2
	svgRows   = 60 // boxes drawn in a tier
	svgText   = 40 // letters of a name
)

// SVG returns a picture of the tiers: a column for each, a box for each
// rebuild or cycle group, a line to what it needs. A tier of more than 60
// groups shows how many are left out.
func (p *Plan) SVG() string {
	d := p.draw()
	type spot struct{ x, y, width int }
	spots := make(map[ID]spot)
	var body strings.Builder
	x, height := 20, svgTop
	for k, groups := range d.tiers {
		shown := groups[:min(len(groups), svgRows)]
		letters := len("tier 0000")
		for _, g := range shown {
			letters = max(letters, utf8.RuneCountInString(svgLabel(g)))
		}
		width := int(float64(letters)*svgLetter) + 12
		members := 0
		for _, g := range groups {
			members += len(g)
		}
		fmt.Fprintf(&body, "<text x=\"%d\" y=\"24\" class=\"t\">tier %d (%d)</text>\n", x, k, members)
		y := svgTop
		for _, g := range shown {
			class := "n"
			if len(g) > 1 {
				class = "c"
			}
			fmt.Fprintf(&body, "<g><title>%s</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\" class=\"%s\"/>",
				xmlText(groupLabel(g, ", ")), x, y, width, svgBox, class)
			fmt.Fprintf(&body, "<text x=\"%d\" y=\"%d\">%s</text></g>\n", x+6, y+12, xmlText(svgLabel(g)))
			spots[g[0]] = spot{x, y + svgBox/2, width}
			y += svgRow
		}
		if more := len(groups) - len(shown); more > 0 {
			fmt.Fprintf(&body, "<text x=\"%d\" y=\"%d\" class=\"t\">and %d more</text>\n", x+6, y+12, more)
			y += svgRow
		}
		height = max(height, y)
		x += width + svgGap
	}
	var lines strings.Builder
	for _, e := range d.edges {
		from, ok := spots[e[1]]
		to, ok2 := spots[e[0]]
		if ok && ok2 {
			x1, x2 := from.x+from.width, to.x
			fmt.Fprintf(&lines, "<path d=\"M%d %dC%d %d %d %d %d %d\"/>\n", x1, from.y, x1+svgGap/2, from.y, x2-svgGap/2, to.y, x2, to.y)
		}
	}
	var b strings.Builder
	width := max(x-svgGap+20, 200)
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", width, height+20, width, height+20)
	fmt.Fprintf(&b, "<title>%s</title>\n", xmlText(p.Summary()))
	b.WriteString("<style>text{font:10px monospace}.t{font-weight:bold}rect{stroke:#456}.n{fill:#eef4fa}.c{fill:#ffe0c0}path{fill:none;stroke:#9ab}</style>\n")
	b.WriteString("<rect width=\"100%\" height=\"100%\" style=\"fill:#fff;stroke:none\"/>\n")
	b.WriteString(lines.String())
	b.WriteString(body.String())
	b.WriteString("</svg>\n")
	return b.String()
}

func svgLabel(g []ID) string {
	text := string(g[0])
	if utf8.RuneCountInString(text) > svgText {
		text = string([]rune(text)[:svgText-3]) + "..."
	}
	if len(g) > 1 {
		text += fmt.Sprintf(" +%d", len(g)-1)
	}
	return text
}

// xmlText escapes text and drops what XML cannot hold.
func xmlText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

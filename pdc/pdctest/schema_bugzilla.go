// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"strings"
)

func (p *PDC) defineBugzilla() {
	t := p.table("bugzillacomponent", "bugzilla component", asSet("name", "parent_component"))
	p.add(&resource{path: "bugzilla-components/", table: t, verbs: "LGCPUD",
		fields: []*field{
			f("id", kInt, ro),
			f("name", kStr, req, maxLen(100), check(func(_ *PDC, s string) any {
				if strings.Contains(s, "/") {
					return "Bugzilla component name should not contain \"/\""
				}
				return nil
			})),
			f("parent_component", kCustom, ro, show(func(_ *call, x *row) any { return bugzillaParent(x) })),
			f("subcomponents", kCustom, ro, show(func(c *call, x *row) any { return c.p.subcomponents(x, "") })),
			f("parent_pk", kCustom, null, hide, attr("parent_component"), parse(func(w *writing, x any) (any, any) {
				if x == nil {
					return nil, nil
				}
				id, ok := x.(int)
				if !ok {
					return nil, []any{fmt.Sprintf("Bugzilla component with pk %s does not exist.", pyText(x))}
				}
				if parent := t.get(id); parent != nil {
					return parent, nil
				}
				return nil, []any{fmt.Sprintf("Bugzilla component with pk %d does not exist.", id)}
			})),
		},
		before: func(w *writing) any {
			for at, _ := w.v["parent_component"].(*row); at != nil && w.old != nil; at = at.ref("parent_component") {
				if at == w.old {
					return "A node may not be made a child of itself or of its descendants."
				}
			}
			return nil
		},
		creating: func(w *writing) (*row, bool) {
			parent, _ := w.v["parent_component"].(*row)
			for _, x := range t.rows {
				if x.str("name") == text(w.v["name"]) && x.ref("parent_component") == parent {
					w.notes["Pdc-Warning"] = "The bugzilla component already exists"
					return x, true
				}
			}
			return nil, false
		},
		filters: map[string]filter{"name": multi("name"), "parent_component": multi("parent_component.name")}})
}

func bugzillaParent(x *row) any {
	if parent := x.ref("parent_component"); parent != nil {
		return parent.v["name"]
	}
	return nil
}

func (p *PDC) subcomponents(x *row, prefix string) []any {
	out := []any{}
	for _, y := range p.tables["bugzillacomponent"].rows {
		if y.ref("parent_component") == x {
			name := prefix + y.str("name")
			out = append(append(out, name), p.subcomponents(y, name+"/")...)
		}
	}
	return out
}

func (p *PDC) bugzillaObject(x *row) any {
	if x == nil {
		return nil
	}
	return obj{{"id", x.id}, {"name", x.v["name"]}, {"parent_component", bugzillaParent(x)}, {"subcomponents", p.subcomponents(x, "")}}
}

// bugzillaRef finds a component by its path.
func bugzillaRef(w *writing, x any) (any, any) {
	path := text(x)
	if path == "" {
		return nil, nil
	}
	var at *row
	for name := range strings.SplitSeq(path, "/") {
		var next *row
		for _, y := range w.c.p.tables["bugzillacomponent"].rows {
			if y.str("name") == name && y.ref("parent_component") == at {
				next = y
			}
		}
		if next == nil {
			return nil, []any{fmt.Sprintf("Bugzilla component with name %s does not exist.", path)}
		}
		at = next
	}
	return at, nil
}

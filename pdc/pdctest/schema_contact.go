// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"slices"
)

func (p *PDC) defineContacts() {
	t := p.table("contact", "contact")
	for _, kind := range []struct{ path, who string }{{"contacts/people/", "username"}, {"contacts/mailing-lists/", "mail_name"}} {
		p.add(&resource{path: kind.path, table: t, verbs: "LGCPUD",
			rows: func(*PDC) []*row { return t.where(func(x *row) bool { return x.str(kind.who) != "" }) },
			fields: []*field{
				f("id", kInt, ro), f(kind.who, kStr, req, maxLen(128)), f("email", kEmail, req, maxLen(254)),
			},
			before: func(w *writing) any {
				for _, x := range t.rows {
					if x != w.old && x.str(kind.who) == w.v[kind.who] && x.str("email") == w.v["email"] {
						return fmt.Sprintf("The fields %s, email must make a unique set.", kind.who)
					}
				}
				return nil
			},
			filters: map[string]filter{kind.who: multi(kind.who), "email": multi("email")}})
	}

	roles := p.table("contactrole", "contact role", byName("name"))
	p.add(&resource{path: "contact-roles/", table: roles, verbs: "LGCPUD", key: []string{"name"},
		fields: []*field{
			f("name", kStr, req),
			f("count_limit", kCustom, def(1), parse(func(_ *writing, x any) (any, any) {
				if x == "unlimited" {
					return 0, nil
				}
				n, wrong := intValue(x)
				if wrong != nil || n.(int) < 0 {
					return nil, []any{"Value must be a positive integer or \"unlimited\"."}
				}
				return n, nil
			}), show(func(_ *call, x *row) any {
				if x.v["count_limit"] == 0 {
					return "unlimited"
				}
				return x.v["count_limit"]
			})),
		},
		filters: map[string]filter{"name": multi("name")}})

	global := p.table("globalcomponentcontact", "global component contact", asSet("role", "component", "contact"))
	g := p.add(&resource{path: "global-component-contacts/", table: global, verbs: "LGCPUD",
		fields: append([]*field{f("id", kInt, ro), f("component", kRef, req, to("globalcomponent", "name"))}, contactFields()...),
		before: roleLimit})
	g.filters["component"] = multiRegex("component.name")

	release := p.table("releasecomponentcontact", "release component contact", asSet("role", "component", "contact"))
	r := p.add(&resource{path: "release-component-contacts/", table: release, verbs: "LGCPUD",
		fields: append([]*field{f("id", kInt, ro), f("component", kCustom, req, parse(parseComponent), showComponent("component"))}, contactFields()...),
		before: func(w *writing) any {
			if wrong := ambiguous(w); wrong != nil {
				return wrong
			}
			return roleLimit(w)
		}})
	r.filters["component"] = multiRegex("component.name")
	r.filters["release"] = multi("component.release.release_id")
	r.filters["global_component"] = multi("component.global_component.name")
	r.filters["dist_git_branch"] = func(_ *PDC, want []string) (func(*row) bool, *problem) {
		return func(x *row) bool { return slices.Contains(want, text(branchOf(x.ref("component")))) }, nil
	}
	for _, res := range []*resource{g, r} {
		res.filters["role"] = multi("role.name")
		res.filters["email"] = multi("contact.email")
		res.filters["contact"] = func(_ *PDC, want []string) (func(*row) bool, *problem) {
			return func(x *row) bool {
				c := x.ref("contact")
				return slices.Contains(want, c.str("username")) && c.str("username") != "" ||
					slices.Contains(want, c.str("mail_name")) && c.str("mail_name") != ""
			}, nil
		}
	}
}

func contactFields() []*field {
	return []*field{
		f("role", kRef, req, to("contactrole", "name")),
		f("contact", kCustom, req, parse(parseContact), show(func(_ *call, x *row) any { return contactObject(x.ref("contact")) })),
	}
}

func contactObject(x *row) obj {
	who := "username"
	if x.str(who) == "" {
		who = "mail_name"
	}
	return obj{{"id", x.id}, {who, x.v[who]}, {"email", x.v["email"]}}
}

// parseContact finds a person or list by both its names, or makes it.
func parseContact(w *writing, x any) (any, any) {
	m, ok := x.(map[string]any)
	if !ok {
		return nil, []any{fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", pyType(x))}
	}
	keys := sorted(m)
	for path, who := range map[string]string{"contacts/people/": "username", "contacts/mailing-lists/": "mail_name"} {
		if !slices.Equal(keys, sorted(map[string]any{"email": 0, who: 0})) {
			continue
		}
		p := w.c.p
		for _, c := range p.tables["contact"].rows {
			if c.str(who) == text(m[who]) && c.str("email") == text(m["email"]) {
				return c, nil
			}
		}
		made, prob := p.create(w.c, p.resources[path], selection{}, m)
		if prob != nil {
			return nil, prob.detailOrBody()
		}
		return made.row, nil
	}
	return nil, []any{"Could not determine type of contact."}
}

// roleLimit holds the number of contacts that a role allows for a component.
func roleLimit(w *writing) any {
	role := w.v["role"].(*row)
	limit, _ := role.v["count_limit"].(int)
	if limit == 0 {
		return nil
	}
	n := 0
	for _, x := range w.r.table.rows {
		if x != w.old && x.ref("role") == role && x.v["component"] == w.v["component"] {
			n++
		}
	}
	if n >= limit {
		return "Exceed contact role limit for the component. The limit is " + text(limit)
	}
	return nil
}

// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"slices"
)

func (p *PDC) defineBranches() {
	slas := p.table("sla", "SLA", byName("name"))
	p.add(&resource{path: "component-sla-types/", table: slas, verbs: "LGCPUD", order: []string{"name"},
		fields: []*field{f("id", kInt, ro), f("name", kStr, req, maxLen(300)), f("description", kStr, blank, def(""))},
		before: func(w *writing) any {
			if w.old != nil && w.old.v["name"] != w.v["name"] {
				return map[string]any{"name": []any{"You may not modify the name of the SLA due to policy. Please create a new SLA instead."}}
			}
			return nil
		},
		filters: map[string]filter{"name": one("name"), "description": one("description")}})

	branches := p.table("componentbranch", "component branch",
		unique{[]string{"global_component", "name", "type"}, []string{"global_component", "name", "type"}, bySet})
	links := p.table("slatocomponentbranch", "sla to component branch")
	p.add(&resource{path: "component-branches/", table: branches, verbs: "LGCPUD",
		order: []string{"global_component__name", "name", "type__name"},
		fields: []*field{
			f("id", kInt, ro), f("global_component", kRef, req, to("globalcomponent", "name")), f("name", kStr, req),
			f("slas", kCustom, ro, show(func(c *call, x *row) any {
				out := []any{}
				for _, l := range c.p.slasOf(x) {
					out = append(out, obj{{"id", l.id}, {"sla", l.ref("sla").v["name"]}, {"eol", l.v["eol"]}})
				}
				return out
			})),
			f("type", kEnum, req, to("releasecomponenttype", "name")),
			f("active", kBool, ro, show(func(c *call, x *row) any { return c.p.branchActive(x) })),
			f("critical_path", kBool, def(false)),
		},
		before: func(w *writing) any {
			if w.old != nil && w.old.v["name"] != w.v["name"] {
				return map[string]any{"name": []any{"You may not modify the name of the branch due to policy. Please create a new branch instead."}}
			}
			return nil
		},
		filters: map[string]filter{"global_component": one("global_component.name"), "name": one("name"), "type": one("type.name"),
			"critical_path": boolAt("critical_path"),
			"active":        strictBool(func(p *PDC, x *row) bool { return p.branchActive(x) })}})

	p.add(&resource{path: "component-branch-slas/", table: links, verbs: "LGCPUD",
		order: []string{"branch__global_component__name", "branch__name"},
		fields: []*field{
			f("id", kInt, ro), f("sla", kEnum, req, to("sla", "name")),
			f("branch", kCustom, req, parse(parseBranch), show(func(c *call, x *row) any {
				b := x.ref("branch")
				return obj{{"id", b.id}, {"name", b.v["name"]}, {"global_component", b.ref("global_component").v["name"]},
					{"type", b.ref("type").v["name"]}, {"critical_path", b.v["critical_path"]}, {"active", c.p.branchActive(b)}}
			})),
			f("eol", kDate, req),
		},
		before: branchLink,
		filters: map[string]filter{"eol": day("eol", sameDay), "sla": one("sla.name"), "branch": one("branch.name"),
			"global_component": one("branch.global_component.name"), "branch_type": one("branch.type.name"),
			"branch_active":        strictBool(func(p *PDC, x *row) bool { return p.branchActive(x.ref("branch")) }),
			"branch_critical_path": boolAt("branch.critical_path"),
			"eol_after":            day("eol", fromDay), "eol_before": day("eol", untilDay)}})

	schedules := p.table("releaseschedule", "release schedule", asSet("release", "sla"))
	p.add(&resource{path: "release-schedules/", table: schedules, verbs: "LGCPUD", order: []string{"date"},
		fields: []*field{
			f("id", kInt, ro), f("release", kRef, req, to("release", "release_id")), f("sla", kEnum, req, to("sla", "name")),
			f("date", kDate, req), f("active", kBool, ro, show(func(c *call, x *row) any { return x.str("date") >= c.p.today() })),
			f("release_url", kURL, ro, show(func(c *call, x *row) any {
				return c.base + root + "releases/" + x.ref("release").str("release_id") + "/"
			})),
			f("sla_url", kURL, ro, show(func(c *call, x *row) any {
				return fmt.Sprintf("%s%scomponent-sla-types/%d/", c.base, root, x.ref("sla").id)
			})),
		},
		filters: map[string]filter{"date": day("date", sameDay), "release": one("release.release_id"),
			"product_version": one("release.product_version.product_version_id"), "sla": multi("sla.name"),
			"active":     boolean(func(p *PDC, x *row) bool { return x.str("date") >= p.today() }),
			"date_after": day("date", fromDay), "date_before": day("date", untilDay)}})
}

func (p *PDC) slasOf(branch *row) []*row {
	return p.tables["slatocomponentbranch"].where(func(l *row) bool { return l.ref("branch") == branch })
}

// branchActive is so as long as any promise for the branch reaches today.
func (p *PDC) branchActive(branch *row) bool {
	return slices.ContainsFunc(p.slasOf(branch), func(l *row) bool { return l.str("eol") >= p.today() })
}

// parseBranch reads the branch of an SLA link, to be found or made.
func parseBranch(w *writing, x any) (any, any) {
	m, ok := x.(map[string]any)
	if !ok {
		return nil, map[string]any{"detail": []any{fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", pyType(x))}}
	}
	r := w.c.p.resources["component-branches/"]
	errs := map[string]any{}
	v := map[string]any{}
	for _, name := range []string{"name", "global_component", "type", "critical_path"} {
		f := r.field(name)
		in, given := m[name]
		if !given {
			if f.req {
				errs[name] = []any{"This field is required."}
			}
			continue
		}
		got, wrong := w.value(f, in)
		if wrong != nil {
			errs[name] = wrong
			continue
		}
		v[name] = got
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return v, nil
}

// branchLink finds or makes the branch that an SLA is for.
func branchLink(w *writing) any {
	v, given := w.v["branch"].(map[string]any)
	if !given {
		return nil
	}
	p := w.c.p
	t := p.tables["componentbranch"]
	b := t.index[0][t.unique[0].key(v)]
	if w.old != nil {
		if b != w.old.ref("branch") {
			return map[string]any{"branch": []any{"The branch cannot be modified using this API"}}
		}
		w.v["branch"] = b
		return nil
	}
	if b == nil {
		if v["critical_path"] == nil {
			v["critical_path"] = false
		}
		b = p.insert(t, v)
		p.note(p.resources["component-branches/"], b, nil)
	} else if crit, ok := v["critical_path"]; ok && crit != b.v["critical_path"] {
		return map[string]any{"branch.critical_path": []any{"The found branch's critical_path field did not match the supplied value"}}
	}
	sla := w.v["sla"].(*row)
	if slices.ContainsFunc(p.slasOf(b), func(l *row) bool { return l.ref("sla") == sla }) {
		return map[string]any{"branch": []any{fmt.Sprintf("The SLA %q tied to the component %q and branch %q already exists",
			sla.str("name"), b.ref("global_component").str("name"), b.str("name"))}}
	}
	w.v["branch"] = b
	return nil
}

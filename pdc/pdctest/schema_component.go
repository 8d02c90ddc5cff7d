// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"slices"
	"strconv"
)

// distGitWeb is where links to package sources point.
const distGitWeb = "http://pkgs.example.com/cgit/rpms/"

func (p *PDC) defineComponents() {
	t := p.table("globalcomponent", "global component", asModel("name", "Name"))
	p.add(&resource{path: "global-components/", table: t, verbs: "LGCPUD",
		fields: []*field{
			f("id", kInt, ro), f("name", kStr, req, maxLen(200)),
			f("dist_git_path", kStr, null, blank, maxLen(200), def(nil)),
			f("dist_git_web_url", kURL, ro, show(func(_ *call, x *row) any { return webURL(x) })),
			f("labels", kCustom, ro, show(func(c *call, x *row) any {
				out := []any{}
				for _, l := range x.refs("labels") {
					out = append(out, obj{{"url", fmt.Sprintf("%s%slabels/%d/", c.base, root, l.id)},
						{"name", l.v["name"]}, {"description", l.v["description"]}})
				}
				return out
			})),
			f("upstream", kCustom, null, def(nil), parse(upstream), show(func(_ *call, x *row) any {
				if u, ok := x.v["upstream"].(obj); ok {
					return u
				}
				return nil
			})),
		},
		export: func(_ *PDC, x *row) map[string]any {
			labels := []any{}
			for _, l := range x.refs("labels") {
				labels = append(labels, l.v["name"])
			}
			return map[string]any{"name": x.v["name"], "dist_git_path": x.v["dist_git_path"], "labels": labels, "upstream": plain(x.v["upstream"])}
		},
		filters: map[string]filter{"name": multi("name"), "dist_git_path": multi("dist_git_path"), "label": multi("labels.name"),
			"upstream_homepage": upstreamFilter("homepage"), "upstream_scm_type": upstreamFilter("scm_type"),
			"upstream_scm_url": upstreamFilter("scm_url")}})

	p.defineBugzilla()

	types := p.table("releasecomponenttype", "release component type", byName("name"))
	for _, n := range []string{"rpm", "container", "zip", "iso", "composite"} {
		types.insert(map[string]any{"name": n, "has_osbs": false})
	}
	p.add(&resource{path: "release-component-types/", table: types, verbs: "L",
		fields: []*field{f("name", kStr, req), f("has_osbs", kBool)}})

	p.defineReleaseComponents()
	p.defineRelationships()
	p.defineGroups()
}

func webURL(global *row) string {
	if path := global.str("dist_git_path"); path != "" {
		return distGitWeb + path
	}
	return distGitWeb + global.str("name")
}

func upstream(_ *writing, x any) (any, any) {
	if x == nil {
		return nil, nil
	}
	m, ok := x.(map[string]any)
	if !ok {
		return nil, map[string]any{"detail": []any{fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", pyType(x))}}
	}
	out, errs := obj{}, map[string]any{}
	for _, k := range []string{"homepage", "scm_type", "scm_url"} {
		s, ok := m[k].(string)
		switch {
		case m[k] == nil:
			errs[k] = []any{"This field is required."}
		case !ok:
			errs[k] = []any{"Not a valid string."}
		case k != "scm_type" && !urlRE.MatchString(s):
			errs[k] = []any{"Enter a valid URL."}
		}
		out = append(out, kv{k, s})
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return out, nil
}

func upstreamFilter(member string) filter {
	return func(_ *PDC, want []string) (func(*row) bool, *problem) {
		return func(x *row) bool {
			u, _ := x.v["upstream"].(obj)
			return slices.Contains(want, text(u.get(member))) && u != nil
		}, nil
	}
}

func (p *PDC) defineReleaseComponents() {
	t := p.table("releasecomponent", "release component", asSet("release", "name", "type"))
	r := p.add(&resource{path: "release-components/", table: t, verbs: "LGCPUD", params: []string{"include_inactive_release"},
		fields: []*field{
			f("id", kInt, ro),
			f("release", kRef, req, to("release", "release_id"), show(func(_ *call, x *row) any {
				rel := x.ref("release")
				return obj{{"active", rel.v["active"]}, {"release_id", rel.v["release_id"]}}
			})),
			f("bugzilla_component", kCustom, null, def(nil), parse(bugzillaRef), show(func(c *call, x *row) any {
				return c.p.bugzillaObject(x.ref("bugzilla_component"))
			})),
			f("brew_package", kStr, null, blank, def(nil)),
			f("global_component", kRef, req, to("globalcomponent", "name")),
			f("name", kStr, req, maxLen(200)),
			f("dist_git_branch", kStr, null, blank, def(nil), show(func(_ *call, x *row) any { return branchOf(x) })),
			f("dist_git_web_url", kURL, ro, show(func(_ *call, x *row) any {
				u := webURL(x.ref("global_component"))
				if b, ok := branchOf(x).(string); ok {
					u += "?h=" + b
				}
				return u
			})),
			f("active", kBool, def(true)),
			f("type", kEnum, def(nil), to("releasecomponenttype", "name")),
			mapping("srpm", "name"),
		},
		visible: func(c *call, x *row) bool {
			_, all := c.query["include_inactive_release"]
			return all || x.ref("release").is("active")
		},
		before: func(w *writing) any {
			if w.old != nil {
				if _, ok := w.in["release"]; ok {
					return detail(400, `Unknown fields: "release".`)
				}
			} else if rel := w.v["release"].(*row); !rel.is("active") {
				return fmt.Sprintf("Can not create a release component with an inactive release %s.", rel.str("release_id"))
			}
			if w.v["type"] == nil {
				w.v["type"] = w.c.p.tables["releasecomponenttype"].find("name", "rpm")
			}
			return nil
		}})
	r.filters["name"] = multi("name")
	r.filters["release"] = multi("release.release_id")
	r.filters["global_component"] = multi("global_component.name")
	r.filters["active"] = boolAt("active")
	r.filters["bugzilla_component"] = multi("bugzilla_component.name")
	r.filters["type"] = one("type.name")
	r.filters["brew_package"] = multi("brew_package")
	r.filters["srpm_name"] = oneOrNull("srpm")
	r.filters["dist_git_branch"] = func(_ *PDC, want []string) (func(*row) bool, *problem) {
		return func(x *row) bool { return slices.Contains(want, text(branchOf(x))) && branchOf(x) != nil }, nil
	}
}

// branchOf is a component's branch, or that of its release.
func branchOf(x *row) any {
	if b := x.str("dist_git_branch"); b != "" {
		return b
	}
	if b := x.ref("release").str("dist_git"); b != "" {
		return b
	}
	return nil
}

func componentRef(x *row) obj {
	return obj{{"id", x.id}, {"name", x.v["name"]}, {"release", x.ref("release").v["release_id"]}}
}

// parseComponent finds a release component by id, or by release and name.
func parseComponent(w *writing, x any) (any, any) {
	bad := func(text string) (any, any) { return nil, map[string]any{"detail": text} }
	m, ok := x.(map[string]any)
	if !ok {
		return bad(fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", pyType(x)))
	}
	t := w.c.p.tables["releasecomponent"]
	keys := sorted(m)
	switch {
	case slices.Equal(keys, []string{"id"}):
		id, err := strconv.Atoi(text(m["id"]))
		if c := t.get(id); c != nil && err == nil {
			return c, nil
		}
	case slices.Equal(keys, []string{"name", "release"}):
		var found []*row
		rel := w.c.p.tables["release"].find("release_id", text(m["release"]))
		for _, name := range []string{"rpm", "container", "zip", "iso", "composite", "module"} {
			typ := w.c.p.tables["releasecomponenttype"].find("name", name)
			if c := t.index[0][t.unique[0].key(map[string]any{"release": rel, "name": text(m["name"]), "type": typ})]; c != nil && typ != nil {
				found = append(found, c)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			w.notes["ambiguous"] = true
			return found[0], nil
		}
	default:
		return bad("Only accept ['id'] or ['release', 'name']")
	}
	return bad(fmt.Sprintf("ReleaseComponent [%s] doesn't exist", pyRepr(m)))
}

// ambiguous is what the server answers when a name means several components.
func ambiguous(w *writing) any {
	if w.notes["ambiguous"] != nil {
		return internalError
	}
	return nil
}

func showComponent(attr string) opt {
	return show(func(_ *call, x *row) any { return componentRef(x.ref(attr)) })
}

func (p *PDC) defineRelationships() {
	types := p.table("releasecomponentrelationshiptype", "release component relationship type", byName("name"))
	for _, n := range []string{"bundles", "executes"} {
		types.insert(map[string]any{"name": n})
	}
	p.add(&resource{path: "component-relationship-types/", table: types, verbs: "LGCPUD",
		fields:  []*field{f("id", kInt, ro), f("name", kStr, req, maxLen(100))},
		filters: map[string]filter{"name": multi("name")}})

	t := p.table("releasecomponentrelationship", "release component relationship",
		unique{[]string{"relation_type", "from_component", "to_component"}, []string{"relation_type", "from_component", "to_component"}, bySet})
	p.add(&resource{path: "release-component-relationships/", table: t, verbs: "LGCPUD",
		name: "Release Component Relationship", about: "API endpoint that allows release component relationship to be viewed or edited.",
		fields: []*field{
			f("id", kInt, ro),
			f("type", kEnum, req, attr("relation_type"), to("releasecomponentrelationshiptype", "name")),
			f("from_component", kCustom, req, parse(parseComponent), showComponent("from_component")),
			f("to_component", kCustom, req, parse(parseComponent), showComponent("to_component")),
		},
		before: ambiguous,
		filters: map[string]filter{"type": multi("relation_type.name"),
			"from_component_release": multi("from_component.release.release_id"), "from_component_name": multi("from_component.name"),
			"to_component_release": multi("to_component.release.release_id"), "to_component_name": multi("to_component.name")}})
}

func (p *PDC) defineGroups() {
	types := p.table("grouptype", "group type", byName("name"))
	p.add(&resource{path: "component-group-types/", table: types, verbs: "LGCPUD",
		fields:  []*field{f("id", kInt, ro), f("name", kStr, req, maxLen(100)), f("description", kStr, blank, def(""))},
		filters: map[string]filter{"name": multi("name")}})

	t := p.table("releasecomponentgroup", "release component group", asSet("group_type", "release", "description"))
	p.add(&resource{path: "component-groups/", table: t, verbs: "LGCPUD",
		fields: []*field{
			f("id", kInt, ro), f("group_type", kRef, req, to("grouptype", "name")), f("description", kStr, req),
			f("release", kRef, req, to("release", "release_id")),
			f("components", kCustom, def([]*row{}), parse(func(w *writing, x any) (any, any) {
				list, ok := x.([]any)
				if !ok {
					return nil, []any{fmt.Sprintf("Expected a list of items but got type %q.", pyType(x))}
				}
				out := []*row{}
				for _, item := range list {
					c, wrong := parseComponent(w, item)
					if wrong != nil {
						return nil, wrong
					}
					if !slices.Contains(out, c.(*row)) {
						out = append(out, c.(*row))
					}
				}
				return out, nil
			}), show(func(_ *call, x *row) any {
				out := []any{}
				for _, c := range x.refs("components") {
					out = append(out, obj{{"id", c.id}, {"name", c.v["name"]}})
				}
				return out
			})),
		},
		before: func(w *writing) any {
			list, _ := w.v["components"].([]*row)
			for _, c := range list {
				if c.ref("release") != w.v["release"].(*row) {
					return detail(400, []any{fmt.Sprintf("Not allow to group release_component[%s] <release[%s]> with other release[%s].",
						c.str("name"), c.ref("release").str("release_id"), w.v["release"].(*row).str("release_id"))})
				}
			}
			return ambiguous(w)
		},
		filters: map[string]filter{"group_type": multi("group_type.name"), "release": multi("release.release_id"),
			"release_component": multi("components.name")}})

	osbs := p.table("osbsrecord", "osbs record")
	p.add(&resource{path: "osbs/", table: osbs, verbs: "LGPU", key: []string{"component.release.release_id", "component.name"},
		fields: []*field{
			f("component", kCustom, ro, showComponent("component")), f("autorebuild", kNullBool, req, null),
		},
		filters: map[string]filter{"autorebuild": boolAt("autorebuild"), "release": multi("component.release.release_id"),
			"component_name": multi("component.name")}})
}

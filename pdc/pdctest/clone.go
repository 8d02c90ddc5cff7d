// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// cloneRelease makes a release after the model of another.
func (p *PDC) cloneRelease(c *call, body []byte) reply {
	data, prob := parseBody(c, body)
	if prob != nil {
		return prob.reply()
	}
	m, _ := data.(map[string]any)
	from, ok := m["old_release_id"]
	if !ok {
		return (&problem{status: 400, body: obj{{"__all__", "Missing old_release_id"}}}).reply()
	}
	old := p.tables["release"].find("release_id", text(from))
	if old == nil {
		return notFound.reply()
	}
	r := p.resources["releases/"]
	in := map[string]any{}
	for _, f := range r.fields {
		if f.ro || f.name == "allowed_push_targets" {
			continue
		}
		if v := plain(f.value(c, old)); v != nil {
			in[f.name] = v
		}
	}
	steer := map[string]any{}
	for k, v := range m {
		switch k {
		case "old_release_id":
		case "include_trees", "include_inactive", "component_dist_git_branch":
			steer[k] = v
		default:
			in[k] = v
		}
	}
	w, prob := p.create(c, r, selection{}, in)
	if prob != nil {
		return prob.reply()
	}
	if prob := p.cloneVariants(c, old, w.row, steer["include_trees"]); prob != nil {
		return prob.reply()
	}
	if prob := p.copyComponents(old, w.row, steer); prob != nil {
		return prob.reply()
	}
	return reply{status: 201, raw: r.render(nil, c, w.row, selection{})}
}

func (p *PDC) cloneVariants(_ *call, from, to *row, trees any) *problem {
	t := p.tables["variant"]
	var wanted []string
	for _, x := range anyList(trees) {
		wanted = append(wanted, text(x))
	}
	for _, v := range t.where(func(v *row) bool { return v.ref("release") == from }) {
		arches := slices.Clone(v.refs("arches"))
		if trees != nil {
			arches = slices.DeleteFunc(arches, func(a *row) bool {
				return !slices.Contains(wanted, v.str("variant_uid")+"."+a.str("name"))
			})
		}
		if len(arches) == 0 {
			continue
		}
		copied := maps.Clone(v.v)
		copied["release"], copied["arches"] = to, arches
		p.insert(t, copied)
	}
	for _, tree := range wanted {
		uid, arch, _ := strings.Cut(tree, ".")
		v := p.variant(to.str("release_id"), uid)
		if v == nil || !slices.ContainsFunc(v.refs("arches"), func(a *row) bool { return a.str("name") == arch }) {
			return detail(400, []any{fmt.Sprintf("%s is not a tree of the release", tree)})
		}
	}
	return nil
}

// copyComponents copies components, and the edges between those copied.
func (p *PDC) copyComponents(from, to *row, steer map[string]any) *problem {
	inactive, _ := boolValue(steer["include_inactive"])
	if _, given := steer["include_inactive"]; !given {
		inactive = true
	}
	comps := p.tables["releasecomponent"]
	branch, setBranch := steer["component_dist_git_branch"]
	copies := map[*row]*row{}
	r := p.resources["release-components/"]
	for _, x := range comps.where(func(x *row) bool { return x.ref("release") == from && (inactive || x.is("active")) }) {
		v := maps.Clone(x.v)
		v["release"] = to
		if setBranch {
			v["dist_git_branch"] = branch
		}
		if _, clash := comps.clash(v, nil); clash {
			continue
		}
		copies[x] = p.insert(comps, v)
		p.note(r, copies[x], nil)
	}
	edges := p.tables["releasecomponentrelationship"]
	list := edges.where(func(e *row) bool {
		return copies[e.ref("from_component")] != nil && copies[e.ref("to_component")] != nil
	})
	slices.SortStableFunc(list, func(a, b *row) int { return a.ref("to_component").id - b.ref("to_component").id })
	for _, e := range list {
		p.insert(edges, map[string]any{"relation_type": e.ref("relation_type"), "from_component": copies[e.ref("from_component")],
			"to_component": copies[e.ref("to_component")]})
	}
	return nil
}

func (p *PDC) cloneComponents(c *call, body []byte) reply {
	data, prob := parseBody(c, body)
	if prob != nil {
		return prob.reply()
	}
	m, _ := data.(map[string]any)
	errs := map[string]any{}
	var ends []*row
	for _, k := range []string{"source_release_id", "target_release_id"} {
		if m[k] == nil {
			errs[k] = []any{"This field is required."}
			continue
		}
		if rel := p.tables["release"].find("release_id", text(m[k])); rel != nil {
			ends = append(ends, rel)
		} else {
			return notFound.reply()
		}
	}
	if len(errs) > 0 {
		return fieldErrors(errs).reply()
	}
	if prob := p.copyComponents(ends[0], ends[1], m); prob != nil {
		return prob.reply()
	}
	return reply{status: 201, body: obj{{"url", c.base + root + "release-components/?release=" + ends[1].str("release_id")}}}
}

// importRelease makes a release from a composeinfo document.
func (p *PDC) importRelease(c *call, body []byte) reply {
	data, err := parseOrdered(body)
	if in, ok := data.(obj); err != nil || !ok || len(in) == 0 {
		return detail(400, "Missing composeinfo").reply()
	}
	payload := member(data, "payload")
	rel, ok := member(payload, "release").(obj)
	if !ok {
		rel, ok = member(payload, "product").(obj)
	}
	if !ok {
		return badMetadata("no release").reply()
	}
	typ := text(rel.get("type"))
	if typ == "" {
		typ = "ga"
	}
	made, prob := p.releaseFrom(c, rel, typ, nil)
	if prob != nil {
		return prob.reply()
	}
	variants, _ := member(payload, "variants").(obj)
	for _, uid := range sortedKeys(variants) {
		if prob := p.variantFrom(c, made, uid, variants.get(uid), rel); prob != nil {
			return prob.reply()
		}
	}
	return reply{status: 201, body: obj{{"url", root + "releases/" + made.str("release_id") + "/"}}}
}

// releaseFrom finds or makes a release, its product and product version.
func (p *PDC) releaseFrom(c *call, rel obj, typ string, base *row) (*row, *problem) {
	short, version, name := strings.ToLower(text(rel.get("short"))), text(rel.get("version")), text(rel.get("name"))
	find := func(path, key, value string, in map[string]any) (*row, *problem) {
		r := p.resources[path]
		if x := r.table.find(key, value); x != nil {
			return x, nil
		}
		w, prob := p.create(c, r, selection{}, in)
		if prob != nil {
			return nil, prob
		}
		return w.row, nil
	}
	product := p.tables["product"].find("short", short)
	if product != nil && product.str("name") != name {
		return nil, detail(400, []any{fmt.Sprintf("Product with this short %s already exists under another name.", short)})
	}
	if _, prob := find("products/", "short", short, map[string]any{"name": name, "short": short}); prob != nil {
		return nil, prob
	}
	major, _, _ := strings.Cut(version, ".")
	pv, prob := find("product-versions/", "product_version_id", short+"-"+major,
		map[string]any{"name": name, "short": short, "version": major, "product": short})
	if prob != nil {
		return nil, prob
	}
	in := map[string]any{"name": name, "short": short, "version": version, "release_type": typ, "product_version": pv.v["product_version_id"]}
	id := short + "-" + version
	if t := p.tables["releasetype"].find("short", typ); t != nil {
		id += t.str("suffix")
	}
	if base != nil {
		in["base_product"] = base.v["base_product_id"]
		id += "@" + base.str("base_product_id")
	}
	return find("releases/", "release_id", id, in)
}

// variantFrom makes a variant, and the layered release that it may hold.
func (p *PDC) variantFrom(c *call, release *row, uid string, info any, parent obj) *problem {
	if p.variant(release.str("release_id"), uid) == nil {
		arches := append([]any{}, anyList(member(info, "arches"))...)
		in := map[string]any{"release": release.v["release_id"], "id": text(member(info, "id")), "uid": uid,
			"name": text(member(info, "name")), "type": text(member(info, "type")), "arches": arches}
		if _, prob := p.create(c, p.resources["release-variants/"], selection{}, in); prob != nil {
			return prob
		}
	}
	layered, ok := member(info, "release").(obj)
	if !ok {
		layered, ok = member(info, "product").(obj)
	}
	if !ok || text(member(info, "type")) != "layered-product" {
		return nil
	}
	major, _, _ := strings.Cut(text(parent.get("version")), ".")
	short := strings.ToLower(text(parent.get("short")))
	base := p.tables["baseproduct"].find("base_product_id", short+"-"+major)
	if base == nil {
		w, prob := p.create(c, p.resources["base-products/"], selection{}, map[string]any{"name": text(parent.get("name")),
			"short": short, "version": major, "release_type": "ga"})
		if prob != nil {
			return prob
		}
		base = w.row
	}
	made, prob := p.releaseFrom(c, layered, "ga", base)
	if prob == nil && made.ref("integrated_with") == nil {
		p.assign(p.tables["release"], made, map[string]any{"integrated_with": release})
	}
	return prob
}

// cloneOverrides copies overrides from one release to another.
func (p *PDC) cloneOverrides(c *call, body []byte) reply {
	data, prob := parseBody(c, body)
	if prob != nil {
		return prob.reply()
	}
	m, _ := data.(map[string]any)
	var ends []*row
	for _, k := range []string{"source_release_id", "target_release_id"} {
		rel := p.tables["release"].find("release_id", text(m[k]))
		if rel == nil {
			return notFound.reply()
		}
		ends = append(ends, rel)
	}
	r := p.resources["overrides/rpm/"]
	b := []byte{'['}
	for _, o := range r.table.where(func(o *row) bool { return o.ref("release") == ends[0] }) {
		v := maps.Clone(o.v)
		v["release"] = ends[1]
		if _, clash := r.table.clash(v, nil); clash {
			continue
		}
		made := p.insert(r.table, v)
		p.note(r, made, nil)
		b = r.appendRow(b, c, made)
	}
	if len(b) == 1 {
		return detail(200, "Does not have any overrides to clone.").reply()
	}
	return reply{status: 201, raw: append(b, ']')}
}

// appendRow adds a row to a list that begins with its bracket.
func (r *resource) appendRow(b []byte, c *call, x *row) []byte {
	if len(b) > 1 {
		b = append(b, ',')
	}
	return r.render(b, c, x, selection{})
}

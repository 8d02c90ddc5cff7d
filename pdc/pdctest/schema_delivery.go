// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

func (p *PDC) defineDelivery() {
	described := func(table, label, path string, filters map[string]filter, rows [][2]string, extra ...*field) {
		t := p.tables[table]
		if t == nil {
			t = p.table(table, label, byName("name"))
		}
		for _, r := range rows {
			t.insert(map[string]any{"name": r[0], "description": r[1]})
		}
		fields := append(append([]*field{f("name", kStr, req, maxLen(50))}, extra...), f("description", kStr, req, maxLen(200)))
		p.add(&resource{path: path, table: t, verbs: "L", fields: fields, filters: filters})
	}
	described("service", "service", "content-delivery-services/", nil,
		[][2]string{{"rhn", "Red Hat Network"}, {"pulp", "Pulp (CDN)"}, {"ftp", "ftp://ftp.redhat.com"}})
	described("contentcategory", "content category", "content-delivery-content-categories/", nil,
		[][2]string{{"binary", "Binary"}, {"debug", "Debug"}, {"source", "Source"}})
	described("contentformat", "content format", "content-delivery-content-formats/", nil,
		[][2]string{{"rpm", "RPM packages"}, {"iso", "ISO images"}, {"kickstart", "Installable kickstart trees"},
			{"comps", "Comps XML with package group definitions"}, {"docker", "Docker image content format"}, {"dud", "Driver Update Disk"}},
		f("pdc_endpoint", kStr, null))
	described("repofamily", "repo family", "content-delivery-repo-families/", map[string]filter{"name": icontains("name")},
		[][2]string{{"dist", "Production repositories"}, {"beta", "Beta (pre-production) repositories"},
			{"htb", "Repostitories for High Touch Beta (HTB) customers"}})

	t := p.table("repo", "repo", unique{[]string{"variant", "arch", "service", "repo_family", "content_format", "content_category", "name", "shadow"},
		[]string{"Variant arch", "Service", "Repo family", "Content format", "Content category", "Name", "Shadow"}, byModelSet})
	r := p.add(&resource{path: "content-delivery-repos/", table: t, verbs: "LGCPUD",
		fields: []*field{
			f("id", kInt, ro), f("release_id", kStr, req, show(func(_ *call, x *row) any { return x.ref("variant").ref("release").v["release_id"] })),
			f("variant_uid", kStr, req, show(func(_ *call, x *row) any { return x.ref("variant").v["variant_uid"] })),
			f("arch", kStr, req, show(func(_ *call, x *row) any { return x.ref("arch").v["name"] }), attr("arch_name")),
			f("service", kEnum, req, to("service", "name")), f("repo_family", kEnum, req, to("repofamily", "name")),
			f("content_format", kEnum, req, to("contentformat", "name")), f("content_category", kEnum, req, to("contentcategory", "name")),
			f("name", kStr, req, maxLen(2000)), f("shadow", kBool, def(false)), f("product_id", kInt, null, def(nil)),
		},
		before: repoTree})
	for n, path := range map[string]string{"arch": "arch.name", "content_category": "content_category.name",
		"content_format": "content_format.name", "name": "name", "release_id": "variant.release.release_id",
		"repo_family": "repo_family.name", "service": "service.name", "variant_uid": "variant.variant_uid"} {
		r.filters[n] = multi(path)
	}
	r.filters["shadow"] = boolAt("shadow")
	r.filters["product_id"] = multiInt("product_id", "product_id")

	p.defineDestinations()
	p.defineReleasedFiles()
}

// repoTree finds the variant and arch that a repository is for.
func repoTree(w *writing) any {
	release, uid, arch := text(w.v["release_id"]), text(w.v["variant_uid"]), text(w.v["arch_name"])
	if w.old != nil {
		v := w.old.ref("variant")
		if release == "" {
			release = v.ref("release").str("release_id")
		}
		if uid == "" {
			uid = v.str("variant_uid")
		}
		if arch == "" {
			arch = w.old.ref("arch").str("name")
		}
	}
	for _, k := range []string{"release_id", "variant_uid", "arch_name"} {
		delete(w.v, k)
	}
	v := w.c.p.variant(release, uid)
	if v != nil {
		for _, a := range v.refs("arches") {
			if a.str("name") == arch {
				w.v["variant"], w.v["arch"] = v, a
				return nil
			}
		}
	}
	return fmt.Sprintf("No VariantArch for release_id=%s, variant_uid=%s, arch=%s", release, uid, arch)
}

func repoObject(c *call, x *row) rawJSON {
	return c.p.resources["content-delivery-repos/"].render(nil, c, x, selection{})
}

// parseRepo finds a repository by its id.
func parseRepo(w *writing, x any) (any, any) {
	m, ok := x.(map[string]any)
	if !ok || len(m) != 1 {
		return nil, []any{"Only accept [u'id']"}
	}
	id, err := strconv.Atoi(text(m["id"]))
	if r := w.c.p.tables["repo"].get(id); r != nil && err == nil {
		return r, nil
	}
	return nil, []any{fmt.Sprintf("Repo [%s] doesn't exist", pyRepr(m))}
}

func repoField(name string, opts ...opt) *field {
	return f(name, kCustom, append(opts, req, parse(parseRepo), show(func(c *call, x *row) any { return repoObject(c, x.ref(name)) }))...)
}

func (p *PDC) defineDestinations() {
	t := p.table("multidestination", "multi destination", asSet("global_component", "origin_repo", "destination_repo"))
	r := p.add(&resource{path: "multi-destinations/", table: t, verbs: "LGCPUD", order: []string{"global_component"},
		fields: []*field{
			f("id", kInt, ro), f("global_component", kEnum, req, to("globalcomponent", "name")),
			repoField("origin_repo"), repoField("destination_repo"),
			f("subscribers", kEnums, def([]*row{}), to("contact", "username")), f("active", kBool, def(true)),
		},
		before: func(w *writing) any {
			a, b := w.v["origin_repo"].(*row), w.v["destination_repo"].(*row)
			for _, k := range []string{"arch", "service"} {
				if a.ref(k) != b.ref(k) {
					return map[string]any{"detail": []any{fmt.Sprintf("Origin and destination repositories' %s must NOT differ.",
						map[string]string{"arch": "architectures", "service": "services"}[k])}}
				}
			}
			if a == b {
				return "Origin and destination repositories must differ."
			}
			return nil
		}})
	r.filters["id"] = multi("id")
	r.filters["global_component"] = multi("global_component.name")
	for _, side := range []string{"origin_repo", "destination_repo"} {
		r.filters[side] = multiInt(side+".id", side)
		r.filters[side+"_name"] = multi(side + ".name")
		r.filters[side+"_release_id"] = multi(side + ".variant.release.release_id")
	}
	r.filters["subscribers"] = multi("subscribers.username")
	r.filters["active"] = boolAt("active")
}

func (p *PDC) defineReleasedFiles() {
	t := p.table("releasedfiles", "released files", asSet("file_primary_key", "repo"))
	moment := func(attr string) *field {
		return f(attr, kTime, ro, show(func(_ *call, x *row) any {
			return x.v[attr].(time.Time).UTC().Format("2006-01-02T15:04:05.000000Z")
		}))
	}
	of := func(name string, value func(rpm *row) any) *field {
		return f(name, kStr, ro, show(func(c *call, x *row) any {
			if rpm := c.p.tables["rpm"].get(x.v["file_primary_key"].(int)); rpm != nil {
				return value(rpm)
			}
			return nil
		}))
	}
	r := p.add(&resource{path: "released-files/", table: t, verbs: "LGCPUD",
		fields: []*field{
			f("id", kInt, ro), f("file_primary_key", kInt, req), repoField("repo"),
			f("released_date", kDate, null, def(nil)), f("release_date", kDate, req),
			moment("created_at"), moment("updated_at"),
			f("zero_day_release", kBool, def(false)), f("obsolete", kBool, def(false)),
			of("build", func(x *row) any { return fmt.Sprintf("%s-%s-%s", x.v["name"], x.v["version"], x.v["arch"]) }),
			of("package", func(x *row) any { return x.v["srpm_name"] }),
			of("file", func(x *row) any { return x.v["filename"] }),
		},
		before: func(w *writing) any {
			if repo := w.v["repo"].(*row); repo.ref("content_format").str("name") != "rpm" {
				return "Currently we just support rpm type of repo"
			}
			if w.c.p.tables["rpm"].get(w.v["file_primary_key"].(int)) == nil {
				return "There is no relevant rpm existed"
			}
			if w.old == nil {
				w.v["created_at"] = w.c.p.now
			}
			w.v["updated_at"] = w.c.p.now
			return nil
		}})
	for n, path := range map[string]string{"released_date": "released_date", "release_date": "release_date", "repo": "repo.id",
		"repo_name": "repo.name", "release_id": "repo.variant.release.release_id", "service": "repo.service.name",
		"arch": "repo.arch.name", "variant_uid": "repo.variant.variant_uid"} {
		r.filters[n] = multi(path)
	}
	r.filters["file_primary_key"] = multiInt("file_primary_key", "file_primary_key")
	r.filters["zero_day_release"] = boolAt("zero_day_release")
	r.filters["obsolete"] = boolAt("obsolete")
	for _, n := range []string{"release_date", "released_date"} {
		r.filters[n+"_after"] = day(n, fromDay)
		r.filters[n+"_before"] = day(n, untilDay)
	}
}

// cloneRepos serves rpc/content-delivery-repos/clone/.
func (p *PDC) cloneRepos(c *call, body []byte) reply {
	data, prob := parseBody(c, body)
	if prob != nil {
		return prob.reply()
	}
	m, _ := data.(map[string]any)
	errs := map[string]any{}
	for _, k := range []string{"release_id_from", "release_id_to"} {
		if m[k] == nil {
			errs[k] = []any{"This field is required."}
		}
	}
	if len(errs) > 0 {
		return fieldErrors(errs).reply()
	}
	from, to := p.tables["release"].find("release_id", text(m["release_id_from"])), p.tables["release"].find("release_id", text(m["release_id_to"]))
	if from == nil || to == nil {
		return detail(404, "Not found.").reply()
	}
	r := p.resources["content-delivery-repos/"]
	keep := map[string][]string{}
	for _, k := range []string{"service", "repo_family", "content_format", "content_category"} {
		for _, s := range anyList(m["include_"+k]) {
			keep[k] = append(keep[k], text(s))
		}
	}
	rows := r.table.where(func(x *row) bool {
		if x.ref("variant").ref("release") != from {
			return false
		}
		for k, list := range keep {
			if !slices.Contains(list, x.ref(k).str("name")) {
				return false
			}
		}
		return m["include_shadow"] == nil || x.is("shadow") == m["include_shadow"]
	})
	slices.SortStableFunc(rows, func(a, b *row) int { return compareValues(a.v["name"], b.v["name"]) })
	b := []byte{'['}
	for _, x := range rows {
		v := p.variant(to.str("release_id"), x.ref("variant").str("variant_uid"))
		if v == nil || !slices.Contains(v.refs("arches"), x.ref("arch")) {
			continue
		}
		values := map[string]any{}
		for k, val := range x.v {
			values[k] = val
		}
		values["variant"] = v
		if id, ok := m["product_id"]; ok {
			values["product_id"] = id
		}
		if _, clash := r.table.clash(values, nil); clash {
			continue
		}
		made := p.insert(r.table, values)
		p.note(r, made, nil)
		b = r.appendRow(b, c, made)
	}
	return reply{status: 200, raw: append(b, ']')}
}

func anyList(v any) []any {
	list, _ := v.([]any)
	return list
}

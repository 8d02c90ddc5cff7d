// SPDX-License-Identifier: MIT

package pdctest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// composeTypes are in the order in which composes of one day are listed.
var composeTypes = []string{"test", "nightly", "production"}

func (p *PDC) defineComposes() {
	p.names("composeacceptancetestingstate", "compose acceptance testing state", "untested", "passed", "failed")
	p.names("location", "location")
	p.names("scheme", "scheme")

	composes := p.table("compose", "compose", unique{[]string{"compose_id"}, []string{"compose_id"}, byField})
	p.table("composevariant", "variant", unique{[]string{"compose", "uid"}, nil, silent})
	p.table("composevariantarch", "variant arch", unique{[]string{"variant", "arch"}, nil, silent})
	p.table("composerpm", "compose rpm", unique{[]string{"variant_arch", "rpm"}, nil, silent})
	p.table("composeimage", "compose image", unique{[]string{"variant_arch", "image"}, nil, silent})

	r := p.add(&resource{path: "composes/", table: composes, verbs: "LGUD", key: []string{"compose_id"},
		fields: []*field{
			f("compose_id", kStr, ro), f("compose_date", kDate, ro), f("compose_type", kStr, ro), f("compose_respin", kInt, ro),
			f("release", kStr, ro, show(func(_ *call, x *row) any { return x.ref("release").v["release_id"] })),
			f("compose_label", kStr, ro), f("deleted", kBool, ro),
			f("rpm_mapping_template", kURL, ro, show(func(c *call, x *row) any {
				return c.base + root + "composes/" + x.str("compose_id") + "/rpm-mapping/{{package}}/"
			})),
			f("sigkeys", kRefs, ro, show(func(c *call, x *row) any { return c.p.sigkeysOf(x) })),
			f("acceptance_testing", kEnum, to("composeacceptancetestingstate", "name")),
			f("linked_releases", kRefs, to("release", "release_id")),
			f("rtt_tested_architectures", kCustom, parse(func(w *writing, x any) (any, any) { return x, w.c.p.checkTested(w, x) }),
				store(func(w *writing, _ map[string]any, x any) { w.notes["tested"] = x }),
				show(func(c *call, x *row) any {
					out := obj{}
					for _, v := range c.p.variantsOf(x) {
						arches := obj{}
						for _, va := range c.p.archesOf(v) {
							arches = append(arches, kv{va.ref("arch").str("name"), va.ref("test_result").v["name"]})
						}
						out = append(out, kv{v.str("uid"), arches})
					}
					return out
				})),
		},
		before: func(w *writing) any {
			if list, given := w.in["linked_releases"].([]any); given && len(list) == 0 {
				return map[string]any{"linked_releases": []any{"This field may not be null."}}
			}
			if slices.Contains(refsOf(w.v["linked_releases"]), w.v["release"].(*row)) {
				return map[string]any{"detail": []any{"Can not link to release " + w.v["release"].(*row).str("release_id") + " itself."}}
			}
			return nil
		},
		after: func(w *writing) {
			p := w.c.p
			m, _ := w.notes["tested"].(map[string]any)
			for _, va := range p.treesOf(w.row) {
				arches, _ := m[va.ref("variant").str("uid")].(map[string]any)
				if state := p.tables["composeacceptancetestingstate"].find("name", text(arches[va.ref("arch").str("name")])); state != nil {
					p.assign(p.tables["composevariantarch"], va, map[string]any{"test_result": state})
				}
			}
		},
		deleting: func(c *call, x *row) *problem {
			if x.is("deleted") {
				return &problem{status: 204, header: map[string]string{"Pdc-Warning": "No change. This compose was marked as deleted already."}}
			}
			r := c.p.resources["composes/"]
			was := c.p.exported(r, x)
			c.p.assign(r.table, x, map[string]any{"deleted": true})
			c.p.note(r, x, was)
			return nil
		},
		export: func(_ *PDC, x *row) map[string]any {
			return map[string]any{"acceptance_testing": x.ref("acceptance_testing").v["name"], "compose_date": x.v["compose_date"],
				"compose_id": x.v["compose_id"], "compose_label": x.v["compose_label"], "compose_respin": x.v["compose_respin"],
				"compose_type": x.v["compose_type"], "deleted": x.v["deleted"],
				"linked_releases": names(x.refs("linked_releases"), "release_id"), "release": x.ref("release").v["release_id"]}
		},
		sort: sortComposes})
	r.filters["deleted"] = boolAt("deleted")
	r.filters["compose_id"] = multiCI("compose_id")
	r.filters["compose_date"] = multi("compose_date")
	r.filters["compose_respin"] = multi("compose_respin")
	r.filters["compose_label"] = multi("compose_label")
	r.filters["release"] = multiCI("release.release_id")
	r.filters["compose_type"] = multiCI("compose_type")
	r.filters["acceptance_testing"] = multi("acceptance_testing.name")
	r.filters["rpm_nvr"] = composeRPMFilter(func(x *row, w string) bool {
		return w == fmt.Sprintf("%s-%s-%s", x.v["name"], x.v["version"], x.v["release"])
	})
	r.filters["rpm_nvra"] = composeRPMFilter(func(x *row, w string) bool {
		return w == fmt.Sprintf("%s-%s-%s.%s", x.v["name"], x.v["version"], x.v["release"], x.v["arch"])
	})
	for param, attr := range map[string]string{"rpm_name": "name", "srpm_name": "srpm_name", "rpm_version": "version",
		"rpm_release": "release", "rpm_arch": "arch"} {
		r.filters[param] = composeRPMFilter(func(x *row, w string) bool { return strings.EqualFold(x.str(attr), w) })
	}
	p.defineTrees()
}

func refsOf(v any) []*row {
	list, _ := v.([]*row)
	return list
}

// composeRPMFilter passes composes with an rpm of some kind.
func composeRPMFilter(ok func(rpm *row, want string) bool) filter {
	return func(p *PDC, want []string) (func(*row) bool, *problem) {
		w := want[len(want)-1]
		if w == "" {
			return nil, nil
		}
		in := map[*row]bool{}
		for _, cr := range p.tables["composerpm"].rows {
			if ok(cr.ref("rpm"), w) {
				in[cr.ref("compose")] = true
			}
		}
		return func(x *row) bool { return in[x] }, nil
	}
}

func sortComposes(_ *PDC, rows []*row) {
	slices.SortStableFunc(rows, func(a, b *row) int {
		ra, rb := a.ref("release"), b.ref("release")
		return cmp.Or(strings.Compare(ra.str("short"), rb.str("short")), compareDotted(ra.str("version"), rb.str("version")),
			strings.Compare(ra.str("release_id"), rb.str("release_id")), strings.Compare(a.str("compose_date"), b.str("compose_date")),
			cmp.Compare(slices.Index(composeTypes, a.str("compose_type")), slices.Index(composeTypes, b.str("compose_type"))),
			compareValues(a.v["compose_respin"], b.v["compose_respin"]))
	})
}

func (p *PDC) variantsOf(compose *row) []*row {
	return p.tables["composevariant"].where(func(x *row) bool { return x.ref("compose") == compose })
}

func (p *PDC) archesOf(variant *row) []*row {
	return p.tables["composevariantarch"].where(func(x *row) bool { return x.ref("variant") == variant })
}

func (p *PDC) treesOf(compose *row) []*row {
	return p.tables["composevariantarch"].where(func(x *row) bool { return x.ref("compose") == compose })
}

// composesOf are a release's, and those linked to it.
func (p *PDC) composesOf(release *row) []*row {
	rows := p.tables["compose"].where(func(x *row) bool {
		return x.ref("release") == release || slices.Contains(x.refs("linked_releases"), release)
	})
	sortComposes(p, rows)
	return rows
}

// composesWith are the composes, but for deleted ones, that hold an rpm.
func (p *PDC) composesWith(rpm *row) []*row {
	var out []*row
	for _, x := range p.tables["composerpm"].rows {
		if c := x.ref("compose"); x.ref("rpm") == rpm && !c.is("deleted") && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	sortComposes(p, out)
	return out
}

func (p *PDC) composesWithImage(image *row) []*row {
	var out []*row
	for _, x := range p.tables["composeimage"].rows {
		if c := x.ref("compose"); x.ref("image") == image && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	sortComposes(p, out)
	return out
}

func (p *PDC) sigkeysOf(compose *row) []any {
	seen := map[any]bool{}
	for _, x := range p.tables["composerpm"].rows {
		if x.ref("compose") == compose {
			seen[x.v["sigkey"]] = true
		}
	}
	out := []any{}
	for _, k := range p.tables["sigkey"].rows {
		if seen[k.v["key_id"]] {
			out = append(out, k.v["key_id"])
		}
	}
	if seen[nil] {
		out = append(out, nil)
	}
	return out
}

// checkTested says what is wrong with a map of test results.
func (p *PDC) checkTested(w *writing, x any) any {
	m, ok := x.(map[string]any)
	if !ok {
		return []any{fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", pyType(x))}
	}
	for _, uid := range sorted(m) {
		arches, _ := m[uid].(map[string]any)
		for _, arch := range sorted(arches) {
			if !slices.ContainsFunc(p.treesOf(w.old), func(va *row) bool {
				return va.ref("variant").str("uid") == uid && va.ref("arch").str("name") == arch
			}) {
				return []any{fmt.Sprintf("%s.%s not present in compose %s.", uid, arch, w.old.str("compose_id"))}
			}
			if p.tables["composeacceptancetestingstate"].find("name", text(arches[arch])) == nil {
				return []any{fmt.Sprintf("%q is not a known testing status for %s.%s.", text(arches[arch]), uid, arch)}
			}
		}
	}
	return nil
}

// defineTrees are the resources about variants and arches of composes.
func (p *PDC) defineTrees() {
	state := to("composeacceptancetestingstate", "name")
	trees := p.tables["composevariantarch"]
	at := func(name string, path string) *field {
		steps := dots(path)
		return f(name, kStr, ro, show(func(_ *call, x *row) any { return first(values(x, steps, nil)) }))
	}
	p.add(&resource{path: "compose-tree-rtt-tests/", table: trees, verbs: "LGPU",
		key:   []string{"compose.compose_id", "variant.uid", "arch.name"},
		order: []string{"variant", "arch"},
		fields: []*field{at("compose", "compose.compose_id"), at("variant", "variant.uid"), at("arch", "arch.name"),
			f("test_result", kEnum, req, state)},
		filters: map[string]filter{"compose": multi("compose.compose_id"), "variant": multi("variant.uid"), "arch": multi("arch.name"),
			"test_result": multi("test_result.name")}})

	images := p.tables["composeimage"]
	p.add(&resource{path: "compose-image-rtt-tests/", table: images, verbs: "LGPU",
		key: []string{"compose.compose_id", "variant_arch.variant.uid", "variant_arch.arch.name", "image.file_name"},
		fields: []*field{at("compose", "compose.compose_id"), at("variant", "variant_arch.variant.uid"), at("arch", "variant_arch.arch.name"),
			at("file_name", "image.file_name"), f("test_result", kEnum, req, state)},
		sort: func(_ *PDC, rows []*row) { // by the tree, then by the image
			slices.SortStableFunc(rows, func(a, b *row) int {
				return cmp.Or(cmp.Compare(a.ref("variant_arch").id, b.ref("variant_arch").id), cmp.Compare(a.ref("image").id, b.ref("image").id))
			})
		},
		filters: map[string]filter{"compose": multi("compose.compose_id"), "variant": multi("variant_arch.variant.uid"),
			"arch": multi("variant_arch.arch.name"), "file_name": multi("image.file_name"), "test_result": multi("test_result.name")}})

	locations := p.table("composetree", "compose tree", asSet("compose", "variant", "arch", "location", "scheme"))
	p.add(&resource{path: "compose-tree-locations/", table: locations, verbs: "LGCPUD",
		key: []string{"compose.compose_id", "variant.uid", "arch.name", "location.name", "scheme.name"},
		sort: func(_ *PDC, rows []*row) {
			slices.SortStableFunc(rows, func(a, b *row) int {
				return cmp.Or(cmp.Compare(a.ref("compose").id, b.ref("compose").id), cmp.Compare(a.ref("variant").id, b.ref("variant").id),
					cmp.Compare(a.ref("arch").id, b.ref("arch").id), cmp.Compare(a.ref("location").id, b.ref("location").id))
			})
		},
		fields: []*field{
			f("compose", kRef, req, to("compose", "compose_id")),
			f("variant", kStr, req, attr("variant_uid"), show(func(_ *call, x *row) any { return x.ref("variant").v["uid"] })),
			f("arch", kRef, req, to("arch", "name")), f("location", kEnum, req, to("location", "name")),
			f("scheme", kEnum, req, to("scheme", "name")), f("url", kStr, req),
			f("synced_content", kEnums, req, to("contentcategory", "name")),
		},
		before: func(w *writing) any {
			uid, given := w.v["variant_uid"].(string)
			delete(w.v, "variant_uid")
			if !given {
				return nil
			}
			for _, v := range w.c.p.variantsOf(w.v["compose"].(*row)) {
				if v.str("uid") == uid {
					w.v["variant"] = v
					return nil
				}
			}
			return map[string]any{"detail": []any{fmt.Sprintf("variant %s does not exist", uid)}}
		},
		filters: map[string]filter{"compose": multiCI("compose.compose_id"), "variant": multiCI("variant.uid"), "arch": multiCI("arch.name"),
			"location": multiCI("location.name"), "scheme": multiCI("scheme.name")}})

	overrides := p.table("overriderpm", "override rpm",
		unique{[]string{"release", "variant", "arch", "rpm_name", "rpm_arch"}, []string{"release", "variant", "arch", "rpm_name", "rpm_arch"}, bySet})
	p.add(&resource{path: "overrides/rpm/", table: overrides, verbs: "LCD", collect: clearOverrides,
		fields: []*field{
			f("id", kInt, ro), f("release", kRef, req, to("release", "release_id")), f("variant", kStr, req, maxLen(200)),
			f("arch", kStr, req, maxLen(20)), f("srpm_name", kStr, req, maxLen(200)), f("rpm_name", kStr, req, maxLen(200)),
			f("rpm_arch", kStr, req, maxLen(20)), f("include", kBool, req), f("comment", kStr, blank, def("")),
			f("do_not_delete", kBool, def(false)),
		},
		filters: map[string]filter{"release": multiCI("release.release_id"), "variant": multi("variant"), "arch": multi("arch"),
			"srpm_name": multi("srpm_name"), "rpm_name": multi("rpm_name"), "rpm_arch": multi("rpm_arch"), "comment": icontains("comment")}})
}

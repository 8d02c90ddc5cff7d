// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"slices"
	"strings"
)

func (p *PDC) defineVariants() {
	for _, n := range []string{"release-variant-types/", "variant-types/"} {
		t := p.tables["varianttype"]
		if t == nil {
			t = p.names("varianttype", "variant type", "variant", "optional", "addon", "layered-product", "module")
		}
		p.add(&resource{path: n, table: t, verbs: "L", fields: []*field{f("name", kStr, req, maxLen(100))}})
	}
	t := p.table("variant", "variant", asSet("release", "variant_uid"))
	p.add(&resource{path: "release-variants/", table: t, verbs: "LGCPUD", key: []string{"release.release_id", "variant_uid"},
		order: []string{"uid"}, modified: []string{"variant"},
		fields: []*field{
			f("release", kRef, req, to("release", "release_id")),
			f("id", kStr, req, attr("variant_id")), f("uid", kStr, req, attr("variant_uid")),
			f("name", kStr, req, attr("variant_name")), f("type", kEnum, req, attr("variant_type"), to("varianttype", "name")),
			f("arches", kCustom, req, parse(archList), show(func(_ *call, x *row) any { return names(x.refs("arches"), "name") })),
			f("variant_version", kStr, null, def(nil)), f("variant_release", kStr, null, def(nil)),
			pushTargets("variant"),
			f("add_arches", kCustom, hide, parse(archList), store(func(w *writing, v map[string]any, x any) { addArches(v, x, true) })),
			f("remove_arches", kCustom, hide, parse(archList), store(func(w *writing, v map[string]any, x any) { addArches(v, x, false) })),
		},
		before: func(w *writing) any {
			_, all := w.in["arches"]
			_, add := w.in["add_arches"]
			_, remove := w.in["remove_arches"]
			if all && (add || remove) {
				return detail(400, "It is not allowed to specify arches and add_arches or remove_arches at the same time.")
			}
			if bad, _ := w.v["no_arch"].(string); bad != "" {
				return detail(400, fmt.Sprintf("No such arch: %q.", bad))
			}
			return maskTargets(w)
		},
		filters: map[string]filter{"release": multi("release.release_id"), "id": multi("variant_id"), "uid": multi("variant_uid"),
			"name": multi("variant_name"), "type": multi("variant_type.name"), "allowed_push_targets": targetFilter("variant"),
			"variant_version": multi("variant_version"), "variant_release": multi("variant_release")}})

	cpes := p.table("cpe", "CPE", byName("cpe"))
	p.add(&resource{path: "cpes/", table: cpes, verbs: "LGCPUD", order: []string{"cpe"},
		fields: []*field{f("id", kInt, ro), f("cpe", kStr, req, check(func(_ *PDC, s string) any {
			if !strings.HasPrefix(s, "cpe:") {
				return map[string]any{"detail": `CPE must start with "cpe:"`}
			}
			return nil
		})), f("description", kStr, blank, def(""))},
		filters: map[string]filter{"cpe": multi("cpe"), "description": multi("description")}})

	vc := p.table("variantcpe", "variant cpe", asSet("variant", "cpe"))
	p.add(&resource{path: "variant-cpes/", table: vc, verbs: "LGCPUD", order: []string{"id"},
		fields: []*field{
			f("id", kInt, ro),
			f("release", kStr, req, show(func(_ *call, x *row) any { return x.ref("variant").ref("release").v["release_id"] })),
			f("variant_uid", kStr, req, show(func(_ *call, x *row) any { return x.ref("variant").v["variant_uid"] })),
			f("cpe", kRef, req, to("cpe", "cpe")),
		},
		before: func(w *writing) any {
			v := w.c.p.variant(text(w.v["release"]), text(w.v["variant_uid"]))
			if w.partial && w.v["release"] == nil {
				v = w.old.ref("variant")
			}
			if v == nil {
				return fmt.Sprintf("variant (release=%s, uid=%s) does not exist", text(w.v["release"]), text(w.v["variant_uid"]))
			}
			delete(w.v, "release")
			delete(w.v, "variant_uid")
			w.v["variant"] = v
			return nil
		},
		filters: map[string]filter{"id": multi("id"), "release": multi("variant.release.release_id"),
			"variant_uid": multi("variant.variant_uid"), "cpe": multi("cpe.cpe")}})
}

func (p *PDC) variant(release, uid string) *row {
	for _, v := range p.tables["variant"].rows {
		if v.str("variant_uid") == uid && v.ref("release").str("release_id") == release {
			return v
		}
	}
	return nil
}

func archList(w *writing, x any) (any, any) {
	list, ok := x.([]any)
	if !ok {
		return nil, []any{fmt.Sprintf("Expected a list of items but got type %q.", pyType(x))}
	}
	out := []*row{}
	for _, item := range list {
		a := w.c.p.tables["arch"].find("name", text(item))
		if a == nil {
			w.v["no_arch"] = text(item)
			return out, nil
		}
		out = append(out, a)
	}
	return sortArches(out), nil
}

func sortArches(list []*row) []*row {
	slices.SortFunc(list, func(a, b *row) int { return strings.Compare(a.str("name"), b.str("name")) })
	return slices.Compact(list)
}

func addArches(v map[string]any, x any, add bool) {
	list, _ := x.([]*row)
	have, _ := v["arches"].([]*row)
	have = slices.Clone(have)
	if add {
		v["arches"] = sortArches(append(have, list...))
		return
	}
	v["arches"] = slices.DeleteFunc(have, func(a *row) bool { return slices.Contains(list, a) })
}

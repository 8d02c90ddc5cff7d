// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"slices"
	"strings"
)

// dep is a module that another one needs.
type dep struct{ name, stream string }

func (p *PDC) defineModules() {
	t := p.table("module", "module",
		unique{[]string{"name", "stream", "version", "context"}, []string{"name", "stream", "version", "context"}, bySet},
		unique{[]string{"uid"}, []string{"uid"}, silent})
	modules := p.add(&resource{path: "modules/", table: t, verbs: "LGCPUD", key: []string{"uid"}, order: []string{"uid"},
		rows: func(p *PDC) []*row { return t.where(func(x *row) bool { return x.str("type") == "module" }) },
		fields: append([]*field{
			f("uid", kStr, ro), f("name", kStr, req, maxLen(300)), f("stream", kStr, req, maxLen(100)),
			f("version", kStr, req, maxLen(100)), f("context", kStr, req, maxLen(100)), activeModule(),
			f("koji_tag", kStr, req, maxLen(300)), f("modulemd", kStr, req),
		}, moduleLists()...),
		before: func(w *writing) any {
			w.v["type"] = "module"
			w.v["variant_id"] = w.v["name"]
			w.v["uid"] = fmt.Sprintf("%s:%s:%s:%s", w.v["name"], w.v["stream"], w.v["version"], w.v["context"])
			return frozenDeps(w)
		}})
	old := p.add(&resource{path: "unreleasedvariants/", table: t, verbs: "LGCPUD", key: []string{"uid"}, order: []string{"uid"},
		fields: append(append([]*field{
			f("variant_id", kStr, req, maxLen(100)), f("variant_uid", kStr, req, attr("uid")), f("variant_name", kStr, req, attr("name")),
			f("variant_type", kStr, req, attr("type")), f("variant_version", kStr, req, attr("stream")),
			f("variant_release", kStr, req, attr("version")), f("variant_context", kStr, attr("context"), def("00000000")),
			f("koji_tag", kStr, req, maxLen(300)), f("modulemd", kStr, req),
		}, moduleLists()[:2]...), activeModule(), moduleLists()[2]),
		before: frozenDeps})
	for _, r := range []*resource{modules, old} {
		r.filters["koji_tag"] = iexact("koji_tag")
		r.filters["active"] = boolAt("active")
		for _, side := range []string{"runtime", "build"} {
			r.filters[side+"_dep_name"] = depFilter(side+"_deps", func(d dep) string { return d.name })
			r.filters[side+"_dep_stream"] = depFilter(side+"_deps", func(d dep) string { return d.stream })
		}
		r.filters["component_name"] = multi("rpms.srpm_name")
		r.filters["component_branch"] = multi("rpms.srpm_commit_branch")
		r.filters["rpm_filename"] = multi("rpms.filename")
		r.filters["component"] = componentFilter
	}
	for _, n := range []string{"uid", "name", "stream", "version", "context"} {
		modules.filters[n] = iexact(n)
	}
	for n, attr := range map[string]string{"id": "variant_id", "uid": "uid", "name": "name", "type": "type",
		"version": "stream", "release": "version", "context": "context"} {
		old.filters["variant_"+n] = iexact(attr)
	}
	old.filters["modulemd"] = one("modulemd")
}

func activeModule() *field { return f("active", kBool, def(false)) }

func moduleLists() []*field {
	list := func(name string) *field {
		return f(name, kCustom, parse(parseDeps), show(func(_ *call, x *row) any {
			out := []any{}
			deps, _ := x.v[name].([]dep)
			for _, d := range deps {
				out = append(out, obj{{"dependency", d.name}, {"stream", d.stream}})
			}
			return out
		}))
	}
	return []*field{list("runtime_deps"), list("build_deps"),
		f("rpms", kCustom, parse(parseRPMs), show(showRPMs))}
}

func parseDeps(_ *writing, x any) (any, any) {
	list, ok := x.([]any)
	if !ok {
		return nil, map[string]any{"detail": []any{fmt.Sprintf("Expected a list of items but got type %q.", pyType(x))}}
	}
	var out []dep
	for _, item := range list {
		m, ok := item.(map[string]any)
		name, okName := m["dependency"].(string)
		stream, okStream := m["stream"].(string)
		if !ok || !okName || !okStream {
			return nil, []any{map[string]any{"dependency": []any{"This field is required."}}}
		}
		out = append(out, dep{name, stream})
	}
	return out, nil
}

// frozenDeps is a flaw of the server: dependencies can't be set on existing
// modules.
func frozenDeps(w *writing) any {
	if w.old == nil {
		return nil
	}
	for _, n := range []string{"runtime_deps", "build_deps"} {
		if _, given := w.in[n]; given {
			return internalError
		}
	}
	return nil
}

func depFilter(attr string, of func(dep) string) filter {
	return func(_ *PDC, want []string) (func(*row) bool, *problem) {
		return func(x *row) bool {
			deps, _ := x.v[attr].([]dep)
			return slices.ContainsFunc(deps, func(d dep) bool { return slices.Contains(want, of(d)) })
		}, nil
	}
}

// componentFilter matches name and branch on one rpm, by the rpm's own name.
func componentFilter(_ *PDC, want []string) (func(*row) bool, *problem) {
	return func(x *row) bool {
		return slices.ContainsFunc(x.refs("rpms"), func(rpm *row) bool {
			return slices.ContainsFunc(want, func(w string) bool {
				name, branch, both := strings.Cut(w, "/")
				if !both || strings.Contains(branch, "/") {
					return rpm.str("name") == w
				}
				return rpm.str("name") == name && rpm.str("srpm_commit_branch") == branch
			})
		})
	}, nil
}

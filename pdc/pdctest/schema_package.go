// SPDX-License-Identifier: MIT

package pdctest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var dependencyKinds = []string{"recommends", "suggests", "obsoletes", "provides", "conflicts", "requires"}

func (p *PDC) definePackages() {
	t := p.table("rpm", "rpm",
		unique{[]string{"name", "epoch", "version", "release", "arch"}, []string{"name", "epoch", "version", "release", "arch"}, bySet})
	r := p.add(&resource{path: "rpms/", table: t, verbs: "LGCPU",
		fields: []*field{
			f("id", kInt, ro), f("name", kStr, req, maxLen(200)), f("version", kStr, req, maxLen(200)), f("epoch", kInt, req),
			f("release", kStr, req, maxLen(200)), f("arch", kStr, req, maxLen(200)), f("srpm_name", kStr, req, maxLen(200)),
			f("srpm_nevra", kStr, null, blank, maxLen(200), def(nil)), f("filename", kStr, blank, def(nil)),
			f("linked_releases", kRefs, def([]*row{}), to("release", "release_id")),
			f("linked_composes", kRefs, ro, show(func(c *call, x *row) any { return names(c.p.composesWith(x), "compose_id") })),
			f("dependencies", kCustom, def(map[string][]string{}), parse(dependencies), show(func(_ *call, x *row) any {
				deps, _ := x.v["dependencies"].(map[string][]string)
				out := obj{}
				for _, k := range dependencyKinds {
					list := deps[k]
					if list == nil {
						list = []string{}
					}
					out = append(out, kv{k, list})
				}
				return out
			})),
			f("built_for_release", kRef, null, def(nil), to("release", "release_id")),
			f("srpm_commit_hash", kStr, null, blank, maxLen(200), def(nil)),
			f("srpm_commit_branch", kStr, null, blank, maxLen(200), def(nil)),
		},
		before: rpmRules})
	for _, n := range []string{"version", "release", "arch", "srpm_name", "filename", "srpm_commit_hash", "srpm_commit_branch"} {
		r.filters[n] = multi(n)
	}
	r.filters["name"] = multiRegex("name")
	r.filters["epoch"] = multiInt("epoch", "epoch")
	r.filters["srpm_nevra"] = oneOrNull("srpm_nevra")
	r.filters["linked_release"] = multi("linked_releases.release_id")
	r.filters["built_for_release"] = multi("built_for_release.release_id")
	r.filters["compose"] = func(p *PDC, want []string) (func(*row) bool, *problem) {
		in := map[*row]bool{}
		for _, cr := range p.tables["composerpm"].rows {
			if slices.Contains(want, cr.ref("compose").str("compose_id")) {
				in[cr.ref("rpm")] = true
			}
		}
		return func(x *row) bool { return in[x] }, nil
	}
	for _, k := range dependencyKinds {
		r.filters[k] = dependencyFilter(k)
	}
	r.filters["has_no_deps"] = boolean(func(_ *PDC, x *row) bool {
		deps, _ := x.v["dependencies"].(map[string][]string)
		return !slices.ContainsFunc(dependencyKinds, func(k string) bool { return len(deps[k]) > 0 })
	})
}

func rpmRules(w *writing) any {
	if v := text(w.v["srpm_nevra"]); v == "" {
		w.v["srpm_nevra"] = nil
	}
	if (w.v["srpm_nevra"] == nil) != (text(w.v["arch"]) == "src") {
		return "RPM's srpm_nevra should be empty if and only if arch is src"
	}
	if text(w.v["filename"]) == "" {
		w.v["filename"] = rpmFile(w.v)
	}
	return nil
}

func rpmFile(v map[string]any) string {
	return fmt.Sprintf("%s-%s-%s.%s.rpm", v["name"], v["version"], v["release"], v["arch"])
}

// nevra is how others show an rpm.
func nevra(x *row) string {
	return fmt.Sprintf("%s-%d:%s-%s.%s", x.v["name"], x.v["epoch"], x.v["version"], x.v["release"], x.v["arch"])
}

var dependencyRE = regexp.MustCompile(`^(\S+?)\s*(?:(<=|>=|<|>|=)\s*(\S+))?$`)

func dependencies(_ *writing, x any) (any, any) {
	m, ok := x.(map[string]any)
	if !ok {
		return nil, []any{fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", pyType(x))}
	}
	out := map[string][]string{}
	for _, kind := range sorted(m) {
		if !slices.Contains(dependencyKinds, kind) {
			return nil, []any{fmt.Sprintf("<%s> is not a known dependency type.", kind)}
		}
		list, ok := m[kind].([]any)
		if !ok {
			return nil, []any{fmt.Sprintf("Value for <%s> is not a list.", kind)}
		}
		for _, item := range list {
			s, ok := item.(string)
			match := dependencyRE.FindStringSubmatch(strings.TrimSpace(s))
			if !ok || match == nil {
				return nil, []any{fmt.Sprintf("Dependency <%s> for <%s> has bad format", pyText(item), kind)}
			}
			if match[2] != "" {
				s = match[1] + " " + match[2] + " " + match[3]
			} else {
				s = match[1]
			}
			out[kind] = append(out[kind], s)
		}
	}
	return out, nil
}

// dependencyFilter asks by name, or by name and version: would a package of
// that version satisfy, or overlap.
func dependencyFilter(kind string) filter {
	return func(_ *PDC, want []string) (func(*row) bool, *problem) {
		w := strings.TrimSpace(want[len(want)-1])
		if w == "" {
			return nil, nil
		}
		m := dependencyRE.FindStringSubmatch(w)
		if m == nil {
			return nil, detail(400, []any{"Unrecognized value for filter " + kind})
		}
		name, op, version := m[1], m[2], m[3]
		return func(x *row) bool {
			deps, _ := x.v["dependencies"].(map[string][]string)
			return slices.ContainsFunc(deps[kind], func(d string) bool {
				m := dependencyRE.FindStringSubmatch(d)
				return m != nil && m[1] == name && (op == "" || m[2] == "" || overlap(op, version, m[2], m[3]))
			})
		}, nil
	}
}

// overlap reports whether some version satisfies both conditions.
func overlap(op1, v1, op2, v2 string) bool {
	d := compareDotted(v1, v2)
	up := func(op string) bool { return op[0] == '>' }
	down := func(op string) bool { return op[0] == '<' }
	equal := func(op string) bool { return strings.HasSuffix(op, "=") }
	switch {
	case op1 == "=" && op2 == "=":
		return d == 0
	case up(op1) && up(op2) || down(op1) && down(op2):
		return true
	case d == 0:
		return equal(op1) && equal(op2)
	case op1 == "=" && up(op2) || down(op1) && (up(op2) || op2 == "="):
		return d > 0
	}
	return d < 0
}

// parseRPMs finds the packages of a module or image, or makes them.
func parseRPMs(w *writing, x any) (any, any) {
	list, ok := x.([]any)
	if !ok {
		return nil, []any{fmt.Sprintf("Expected a list of items but got type %q.", pyType(x))}
	}
	out := []*row{}
	for _, item := range list {
		rpm, wrong := parseRPM(w, item)
		if wrong != nil {
			return nil, wrong
		}
		if !slices.Contains(out, rpm) {
			out = append(out, rpm)
		}
	}
	slices.SortFunc(out, func(a, b *row) int { return cmp.Compare(a.id, b.id) })
	return out, nil
}

func parseRPM(w *writing, x any) (*row, any) {
	m, ok := x.(map[string]any)
	if !ok {
		return nil, []any{fmt.Sprintf("Unsupported RPM input: %s", pyText(x))}
	}
	p := w.c.p
	r := p.resources["rpms/"]
	key := map[string]any{}
	for _, name := range []string{"name", "epoch", "version", "release", "arch", "srpm_name"} {
		v, given := m[name]
		if !given {
			return nil, []any{map[string]any{name: []any{"This field is required."}}}
		}
		got, wrong := w.value(r.field(name), v)
		if wrong != nil {
			return nil, map[string]any{name: wrong}
		}
		key[name] = got
	}
	if found := r.table.index[0][r.table.unique[0].key(key)]; found != nil {
		return found, nil
	}
	made, prob := p.create(w.c, r, selection{}, m)
	if prob != nil {
		return nil, prob.detailOrBody()
	}
	return made.row, nil
}

func (prob *problem) detailOrBody() any {
	if m, ok := prob.body.(map[string]any); ok {
		return m
	}
	return prob.detail()
}

func showRPMs(_ *call, x *row) any {
	out := []any{}
	rpms := slices.Clone(x.refs("rpms"))
	slices.SortStableFunc(rpms, func(a, b *row) int { return strings.Compare(a.str("name"), b.str("name")) })
	for _, rpm := range rpms {
		out = append(out, nevra(rpm)+".rpm")
	}
	return out
}

// SPDX-License-Identifier: MIT

package pdctest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// define makes all tables and resources, empty but for the rows of a new
// server.
func (p *PDC) define() {
	p.defineCommon()
	p.defineProducts()
	p.defineReleases()
	p.defineVariants()
	p.defineComponents()
	p.defineBranches()
	p.definePackages()
	p.defineModules()
	p.defineContacts()
	p.defineDelivery()
	p.defineComposes()
	p.defineImages()
	p.defineAuth()
	p.defineChanges()
}

// names makes a small table of names, read-only for clients.
func (p *PDC) names(table, label string, list ...string) *table {
	t := p.table(table, label, unique{[]string{"name"}, []string{"name"}, byField})
	for _, n := range list {
		t.insert(map[string]any{"name": n})
	}
	return t
}

var shortRE = regexp.MustCompile(`^[a-z]+([a-z0-9]*-?[a-z0-9]+)*$`)

func lowerName(_ *PDC, s string) any {
	if !shortRE.MatchString(s) {
		return "Only accept lowercase letters, numbers or -"
	}
	return nil
}

var versionRE = regexp.MustCompile(`^([^0-9].*|([0-9]+(\.?[0-9]+)*))$`)

func releaseVersion(_ *PDC, s string) any {
	if !versionRE.MatchString(s) {
		return "Only accept comma separated numbers or any text"
	}
	return nil
}

func (p *PDC) defineCommon() {
	arches := p.names("arch", "arch", strings.Fields(`alpha alphaev4 alphaev45 alphaev5 alphaev56 alphaev6 alphaev67
		alphaev68 alphaev7 alphapca56 amd64 arm64 armv5tejl armv5tel armv6l armv7hl armv7hnl armv7l athlon geode
		i386 i486 i586 i686 ia32e ia64 noarch nosrc ppc ppc64 ppc64iseries ppc64le ppc64p7 ppc64pseries s390 s390x sh3
		sh4 sh4a sparc sparc64 sparc64v sparcv8 sparcv9 sparcv9v src x86_64 aarch64`)...)
	p.add(&resource{path: "arches/", table: arches, verbs: "LC", modified: []string{"arch"},
		fields: []*field{f("name", kStr, req, maxLen(50))}})

	keys := p.table("sigkey", "sig key", byName("key_id"))
	p.add(&resource{path: "sigkeys/", table: keys, verbs: "LGCPU", key: []string{"key_id"}, dotless: true,
		fields: []*field{
			f("name", kStr, def(nil), null, maxLen(50)),
			f("key_id", kStr, req, maxLen(20), check(func(_ *PDC, s string) any {
				if !regexp.MustCompile(`^[a-f0-9]+$`).MatchString(s) {
					return s + " contains invalid characters"
				}
				return nil
			})),
			f("description", kStr, def(""), blank, maxLen(100)),
		},
		filters: map[string]filter{"name": multi("name"), "key_id": multi("key_id"), "description": icontains("description")}})

	labels := p.table("label", "label", byName("name"))
	p.add(&resource{path: "labels/", table: labels, verbs: "LGCPUD", fields: labelFields("labels/"),
		filters: map[string]filter{"name": multi("name")}})

	targets := p.table("pushtarget", "push target", byName("name"))
	p.names("service", "service")
	p.add(&resource{path: "push-targets/", table: targets, verbs: "LGCPUD", order: []string{"name"},
		fields: []*field{
			f("id", kInt, ro), f("name", kStr, req), f("description", kStr, req, blank),
			f("service", kEnum, req, to("service", "name")), f("host", kStr, blank, def("")),
		},
		before: func(w *writing) any {
			if h := text(w.v["host"]); h != "" && !urlRE.MatchString(h) {
				return detail(400, []any{"Enter a valid URL."})
			}
			return nil
		},
		filters: map[string]filter{"name": multi("name"), "description": multi("description"),
			"service": multi("service.name"), "host": multi("host")}})
}

func labelFields(path string) []*field {
	return []*field{
		f("url", kCustom, ro, show(func(c *call, x *row) any { return fmt.Sprintf("%s%s%s%d/", c.base, root, path, x.id) })),
		f("name", kStr, req, maxLen(100)), f("description", kStr, req, maxLen(500)),
	}
}

func (p *PDC) defineProducts() {
	types := p.table("releasetype", "release type", byName("short"))
	for _, t := range [][3]string{{"ga", "Release", ""}, {"updates", "Updates for a release", "-updates"},
		{"eus", "Extended Update Support (EUS)", "-eus"},
		{"aus", "Advanced Update Support (AUS) (also Advanced Mission Critical, Long Life)", "-aus"},
		{"els", "Extended Life-cycle Support", "-els"}, {"fast", "FasTrack", "-fast"}} {
		types.insert(map[string]any{"short": t[0], "name": t[1], "suffix": t[2]})
	}
	p.add(&resource{path: "release-types/", table: types, verbs: "L", order: []string{"short", "name", "suffix"},
		fields:  []*field{f("short", kStr, req), f("name", kStr, req), f("suffix", kStr, req)},
		filters: map[string]filter{"name": icontains("name"), "short": multi("short")}})

	base := p.table("baseproduct", "base product", asSet("short", "version", "release_type"),
		asSet("name", "version", "release_type"), unique{[]string{"base_product_id"}, []string{"Base product id"}, silent})
	p.add(&resource{path: "base-products/", table: base, verbs: "LGCPU", key: []string{"base_product_id"},
		order: []string{"base_product_id"}, modified: []string{"baseproduct"},
		fields: []*field{
			f("base_product_id", kStr, ro), f("short", kStr, req, maxLen(200), check(lowerName)),
			f("version", kStr, req, maxLen(200), check(releaseVersion)), f("name", kStr, req, maxLen(255)),
			f("release_type", kEnum, req, to("releasetype", "short")),
		},
		before: func(w *writing) any {
			w.v["base_product_id"] = releaseID(w.v, nil)
			return nil
		},
		filters: map[string]filter{"base_product_id": multi("base_product_id"), "short": multi("short"),
			"version": multi("version"), "name": multi("name")}})

	products := p.table("product", "product", byName("short"))
	p.add(&resource{path: "products/", table: products, verbs: "LGCPU", key: []string{"short"}, dotless: true,
		order: []string{"short"}, modified: []string{"product", "productversion", "release"},
		name: "Product", about: "API endpoint that allows products to be viewed or edited.\n\n" +
			"Each product can have multiple version. Their identifiers are provided in\n" +
			"the form of `product_version_id` (both in requests and responses).",
		fields: []*field{
			f("name", kStr, req, maxLen(200)), f("short", kStr, req, maxLen(200), check(lowerName)),
			f("active", kBool, ro, show(func(c *call, x *row) any { return c.p.productActive(x) })),
			f("product_versions", kRefs, ro, show(func(c *call, x *row) any {
				return names(c.p.versionsOf(x), "product_version_id")
			})),
			pushTargets("product"),
		},
		filters: map[string]filter{"name": multi("name"), "short": multi("short"),
			"active":               boolean(func(p *PDC, x *row) bool { return p.productActive(x) }),
			"allowed_push_targets": multi("allowed_push_targets.name")}})

	versions := p.table("productversion", "product version",
		asSet("short", "version"), unique{[]string{"product_version_id"}, []string{"Product version id"}, silent})
	p.add(&resource{path: "product-versions/", table: versions, verbs: "LGCPU", key: []string{"product_version_id"},
		order: []string{"product_version_id"},
		fields: []*field{
			f("name", kStr, req, maxLen(200)), f("short", kStr, maxLen(200), check(lowerName)),
			f("version", kStr, req, maxLen(200), check(releaseVersion)),
			f("active", kBool, ro, show(func(c *call, x *row) any { return c.p.versionActive(x) })),
			f("product_version_id", kStr, ro), f("product", kRef, req, to("product", "short")),
			f("releases", kRefs, ro, show(func(c *call, x *row) any {
				rows := c.p.tables["release"].where(func(r *row) bool { return r.ref("product_version") == x })
				sortReleases(c.p, rows)
				return names(rows, "release_id")
			})),
			pushTargets("productversion"),
		},
		before: func(w *writing) any {
			if text(w.v["short"]) == "" {
				w.v["short"] = w.v["product"].(*row).str("short")
			}
			w.v["product_version_id"] = text(w.v["short"]) + "-" + text(w.v["version"])
			return maskTargets(w)
		},
		filters: map[string]filter{"name": multi("name"), "product_version_id": multi("product_version_id"),
			"version": multi("version"), "short": multi("short"),
			"active":               boolean(func(p *PDC, x *row) bool { return p.versionActive(x) }),
			"allowed_push_targets": targetFilter("productversion")}})
}

func (p *PDC) versionsOf(product *row) []*row {
	rows := p.tables["productversion"].where(func(x *row) bool { return x.ref("product") == product })
	slices.SortStableFunc(rows, func(a, b *row) int { return strings.Compare(a.str("product_version_id"), b.str("product_version_id")) })
	return rows
}

func (p *PDC) versionActive(v *row) bool {
	return slices.ContainsFunc(p.tables["release"].rows, func(r *row) bool { return r.ref("product_version") == v && r.is("active") })
}

func (p *PDC) productActive(product *row) bool {
	return slices.ContainsFunc(p.versionsOf(product), p.versionActive)
}

func names(rows []*row, attr string) []any {
	out := make([]any, len(rows))
	for i, x := range rows {
		out[i] = x.v[attr]
	}
	return out
}

// releaseID makes the id of a release or base product.
func releaseID(v map[string]any, base *row) string {
	id := text(v["short"]) + "-" + text(v["version"]) + v["release_type"].(*row).str("suffix")
	if base != nil {
		id += "@" + base.str("base_product_id")
	}
	return id
}

// pushTargets is the member allowed_push_targets. A product has them; what is
// below it takes the parent's but for those masked.
func pushTargets(table string) *field {
	if table == "product" {
		return f("allowed_push_targets", kRefs, def([]*row{}), to("pushtarget", "name"))
	}
	return f("allowed_push_targets", kRefs, def([]*row(nil)), to("pushtarget", "name"),
		show(func(c *call, x *row) any { return names(allowedTargets(table, x), "name") }),
		store(func(w *writing, v map[string]any, x any) { v["wanted_push_targets"] = x }))
}

// parentOf is what a row's targets come from.
func parentOf(table string, v map[string]any) (string, *row) {
	attr, up := map[string]string{"productversion": "product", "release": "product_version", "variant": "release"}[table],
		map[string]string{"productversion": "product", "release": "productversion", "variant": "release"}[table]
	x, _ := v[attr].(*row)
	return up, x
}

func allowedTargets(table string, x *row) []*row {
	if x == nil {
		return nil
	}
	if table == "product" {
		return x.refs("allowed_push_targets")
	}
	up, parent := parentOf(table, x.v)
	return slices.DeleteFunc(slices.Clone(allowedTargets(up, parent)),
		func(t *row) bool { return slices.Contains(x.refs("masked_push_targets"), t) })
}

func targetFilter(table string) filter {
	return func(_ *PDC, want []string) (func(*row) bool, *problem) {
		return func(x *row) bool {
			return slices.ContainsFunc(allowedTargets(table, x), func(t *row) bool { return slices.Contains(want, t.str("name")) })
		}, nil
	}
}

// maskTargets turns the targets asked for into those masked.
func maskTargets(w *writing) any {
	wanted, ok := w.v["wanted_push_targets"].([]*row)
	delete(w.v, "wanted_push_targets")
	if !ok || wanted == nil {
		return nil
	}
	up, parent := parentOf(w.r.table.name, w.v)
	var masked, have = []*row{}, allowedTargets(up, parent)
	for _, t := range have {
		if !slices.Contains(wanted, t) {
			masked = append(masked, t)
		}
	}
	for _, t := range wanted {
		if !slices.Contains(have, t) {
			return map[string]any{"detail": []any{fmt.Sprintf("Push targets must be allowed in parent %s: [u'%s']",
				w.r.table.label, t.str("name"))}}
		}
	}
	w.v["masked_push_targets"] = masked
	return nil
}

func (p *PDC) defineReleases() {
	t := p.table("release", "release", asModel("release_id", "Release id"))
	r := p.add(&resource{path: "releases/", table: t, verbs: "LGCPU", key: []string{"release_id"},
		modified: []string{"release", "productversion", "product", "baseproduct"},
		fields: []*field{
			f("release_id", kStr, ro), f("short", kStr, req, maxLen(200), check(lowerName)),
			f("version", kStr, req, maxLen(200), check(releaseVersion)), f("name", kStr, req, maxLen(255)),
			f("base_product", kRef, null, def(nil), to("baseproduct", "base_product_id")),
			f("active", kBool, def(true)),
			f("product_version", kRef, null, def(nil), to("productversion", "product_version_id")),
			f("release_type", kEnum, req, to("releasetype", "short")),
			f("compose_set", kRefs, ro, show(func(c *call, x *row) any {
				live := slices.DeleteFunc(c.p.composesOf(x), func(y *row) bool { return y.is("deleted") })
				return names(live, "compose_id")
			})),
			f("integrated_with", kRef, null, def(nil), to("release", "release_id")),
			f("sigkey", kRef, null, def(nil), to("sigkey", "key_id")),
			f("allow_buildroot_push", kBool, def(false)),
			f("allowed_debuginfo_services", kEnums, def([]*row{}), to("service", "name")),
			pushTargets("release"),
			mapping("bugzilla", "product"), mapping("dist_git", "branch"),
		},
		before: func(w *writing) any {
			base, _ := w.v["base_product"].(*row)
			w.v["release_id"] = releaseID(w.v, base)
			return maskTargets(w)
		},
	})
	r.sort = func(p *PDC, rows []*row) { sortReleases(p, rows) }
	for _, n := range []string{"release_id", "name", "short", "version"} {
		r.filters[n] = multi(n)
	}
	r.filters["product_version"] = multi("product_version.product_version_id")
	r.filters["release_type"] = multi("release_type.short")
	r.filters["base_product"] = multi("base_product.base_product_id")
	r.filters["active"] = boolAt("active")
	r.filters["integrated_with"] = oneOrNull("integrated_with.release_id")
	r.filters["sigkey"] = multi("sigkey.key_id")
	r.filters["allow_buildroot_push"] = boolAt("allow_buildroot_push")
	r.filters["allowed_debuginfo_services"] = multi("allowed_debuginfo_services.name")
	r.filters["allowed_push_targets"] = targetFilter("release")
	r.filters["bugzilla_product"] = oneOrNull("bugzilla")
	r.filters["dist_git_branch"] = oneOrNull("dist_git")
	r.filters["has_base_product"] = func(_ *PDC, want []string) (func(*row) bool, *problem) {
		switch want[len(want)-1] {
		case "True":
			return func(x *row) bool { return x.ref("base_product") != nil }, nil
		case "False":
			return func(x *row) bool { return x.ref("base_product") == nil }, nil
		}
		return nil, nil
	}

	p.names("releasegrouptype", "release group type")
	groups := p.table("releasegroup", "release group", byName("name"))
	p.add(&resource{path: "release-groups/", table: groups, verbs: "LGCPUD", key: []string{"name"}, order: []string{"name"},
		fields: []*field{
			f("name", kStr, req, maxLen(255)), f("description", kStr, req),
			f("type", kEnum, req, to("releasegrouptype", "name")),
			f("releases", kEnums, def([]*row{}), to("release", "release_id")), f("active", kBool, def(true)),
		},
		filters: map[string]filter{"name": multi("name"), "description": multi("description"), "type": multi("type.name"),
			"releases": multi("releases.release_id"), "active": boolAt("active")}})
}

// mapping is an object of one text, or null.
func mapping(name, member string) *field {
	return f(name, kCustom, null, def(nil),
		parse(func(_ *writing, x any) (any, any) {
			if x == nil {
				return nil, nil
			}
			m, ok := x.(map[string]any)
			if !ok {
				return nil, map[string]any{"detail": []any{fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", pyType(x))}}
			}
			for k := range m {
				if k != member {
					return nil, map[string]any{"detail": []any{"Unknown fields: " + strconv.Quote(k) + "."}}
				}
			}
			s, ok := m[member].(string)
			if _, given := m[member]; !given {
				return nil, map[string]any{member: []any{"This field is required."}}
			}
			if !ok {
				return nil, map[string]any{member: []any{"Not a valid string."}}
			}
			return s, nil
		}),
		show(func(_ *call, x *row) any {
			if s := x.str(name); s != "" {
				return obj{{member, s}}
			}
			return nil
		}))
}

// sortReleases orders by short name, then by version as numbers.
func sortReleases(_ *PDC, rows []*row) {
	slices.SortStableFunc(rows, func(a, b *row) int {
		return cmp.Or(strings.Compare(a.str("short"), b.str("short")), compareDotted(a.str("version"), b.str("version")))
	})
}

func (p *PDC) today() string { return p.now.Format(time.DateOnly) }

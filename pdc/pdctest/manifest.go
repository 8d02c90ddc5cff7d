// SPDX-License-Identifier: MIT

package pdctest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// manifest gives back what was imported, as a metadata document.
func (p *PDC) manifest(kind, composeID string) handlerFunc {
	return func(c *call, _ []byte) reply {
		if prob := unknownQuery(c); prob != nil {
			return prob.reply()
		}
		compose := p.tables["compose"].find("compose_id", composeID)
		if compose == nil {
			return notFound.reply()
		}
		content := p.rpmManifest(compose)
		if kind == "images" {
			content = p.imageManifest(compose)
		}
		return reply{status: 200, body: obj{
			{"header", obj{{"version", "1.2"}, {"type", "productmd." + kind}}},
			{"payload", obj{{kind, content}, {"compose", obj{
				{"date", strings.ReplaceAll(compose.str("compose_date"), "-", "")}, {"respin", compose.v["compose_respin"]},
				{"type", compose.v["compose_type"]}, {"id", compose.v["compose_id"]}}}}}}}
	}
}

// into returns the member of a nested map, made if there is none.
func into(m map[string]any, key string) map[string]any {
	sub, ok := m[key].(map[string]any)
	if !ok {
		sub = map[string]any{}
		m[key] = sub
	}
	return sub
}

func (p *PDC) rpmManifest(compose *row) map[string]any {
	out := map[string]any{}
	for _, x := range p.tables["composerpm"].rows {
		if x.ref("compose") != compose {
			continue
		}
		va, rpm := x.ref("variant_arch"), x.ref("rpm")
		srpm := rpm.str("srpm_nevra")
		if srpm == "" {
			srpm = nevra(rpm)
		}
		into(into(into(out, va.ref("variant").str("uid")), va.ref("arch").str("name")), srpm)[nevra(rpm)] = obj{
			{"category", x.v["category"]}, {"path", x.v["path"]}, {"sigkey", x.v["sigkey"]}}
	}
	return out
}

func (p *PDC) imageManifest(compose *row) map[string]any {
	out := map[string]any{}
	for _, x := range p.tables["composeimage"].rows {
		if x.ref("compose") != compose {
			continue
		}
		va, im := x.ref("variant_arch"), x.ref("image")
		arches := into(out, va.ref("variant").str("uid"))
		list, _ := arches[va.ref("arch").str("name")].([]any)
		sums := obj{}
		for _, k := range []string{"sha1", "sha256", "md5"} {
			if im.v[k] != nil {
				sums = append(sums, kv{k, im.v[k]})
			}
		}
		arches[va.ref("arch").str("name")] = append(list, obj{
			{"subvariant", im.v["subvariant"]}, {"format", im.ref("image_format").v["name"]}, {"volume_id", im.v["volume_id"]},
			{"mtime", im.v["mtime"]}, {"checksums", sums}, {"arch", im.v["arch"]}, {"size", im.v["size"]},
			{"disc_count", im.v["disc_count"]}, {"bootable", im.v["bootable"]}, {"implant_md5", im.v["implant_md5"]},
			{"disc_number", im.v["disc_number"]}, {"path", x.v["path"]}, {"type", im.ref("image_type").v["name"]}})
	}
	return out
}

// place is one rpm in a tree, as mappings speak of it.
type place struct{ variant, arch, rpm, rpmArch string }

func (a place) compare(b place) int {
	return cmp.Or(cmp.Compare(a.variant, b.variant), cmp.Compare(a.arch, b.arch), cmp.Compare(a.rpm, b.rpm), cmp.Compare(a.rpmArch, b.rpmArch))
}

// mappingOf lists where the packages of a source are in a compose, within the
// trees that the release has, with the release's overrides put in.
func (p *PDC) mappingOf(compose *row, srpm string, overrides bool) map[place]bool {
	out := map[place]bool{}
	release := compose.ref("release")
	within := func(variant, arch string) bool {
		v := p.variant(release.str("release_id"), variant)
		return v != nil && slices.ContainsFunc(v.refs("arches"), func(a *row) bool { return a.str("name") == arch })
	}
	for _, x := range p.tables["composerpm"].rows {
		rpm, va := x.ref("rpm"), x.ref("variant_arch")
		if x.ref("compose") == compose && rpm.str("srpm_name") == srpm && within(va.ref("variant").str("uid"), va.ref("arch").str("name")) {
			out[place{va.ref("variant").str("uid"), va.ref("arch").str("name"), rpm.str("name"), rpm.str("arch")}] = true
		}
	}
	if overrides {
		for _, o := range p.overridesOf(release, srpm) {
			if o.is("include") {
				out[placeOf(o)] = true
			} else {
				delete(out, placeOf(o))
			}
		}
	}
	return out
}

func placeOf(o *row) place {
	return place{o.str("variant"), o.str("arch"), o.str("rpm_name"), o.str("rpm_arch")}
}

func (p *PDC) overridesOf(release *row, srpm string) []*row {
	return p.tables["overriderpm"].where(func(o *row) bool { return o.ref("release") == release && o.str("srpm_name") == srpm })
}

func mappingJSON(m map[place]bool) map[string]any {
	out := map[string]any{}
	for _, at := range sortedPlaces(m) {
		arches := into(into(out, at.variant), at.arch)
		list, _ := arches[at.rpm].([]any)
		arches[at.rpm] = append(list, at.rpmArch)
	}
	return out
}

func sortedPlaces(m map[place]bool) []place {
	out := make([]place, 0, len(m))
	for at := range m {
		out = append(out, at)
	}
	slices.SortFunc(out, place.compare)
	return out
}

// rpmMapping serves composes/{id}/rpm-mapping/{package}/.
func (p *PDC) rpmMapping(composeID, pkg string) handlerFunc {
	return func(c *call, body []byte) reply {
		resource := "composes/(?P<compose_id>[^/]+)/rpm-mapping"
		if prob := p.admitTo(c, resource, c.r.Method); prob != nil {
			return prob.reply()
		}
		allow := "GET, PUT, PATCH, HEAD, OPTIONS"
		if !strings.Contains(", "+allow+",", ", "+c.r.Method+",") {
			return methodNotAllowed(c.r.Method, allow).reply()
		}
		for k := range c.query {
			if k != "disable_overrides" && k != "perform" {
				return detail(400, "Unknown query params: "+k+".").reply()
			}
		}
		compose := p.tables["compose"].find("compose_id", composeID)
		if compose == nil {
			return notFound.reply()
		}
		if reading(c.r.Method) {
			return reply{status: 200, body: mappingJSON(p.mappingOf(compose, pkg, c.query.Get("disable_overrides") == ""))}
		}
		data, prob := parseBody(c, body)
		if prob != nil {
			return prob.reply()
		}
		if c.r.Method == http.MethodPut {
			return p.putMapping(c, compose, pkg, data)
		}
		list, ok := data.([]any)
		if !ok {
			return detail(400, "Expected a list of changes.").reply()
		}
		if prob := p.applyOverrides(c, compose.ref("release"), list); prob != nil {
			return prob.reply()
		}
		return reply{status: 204}
	}
}

// putMapping works out which overrides would make the mapping as given.
func (p *PDC) putMapping(c *call, compose *row, pkg string, data any) reply {
	want := map[place]bool{}
	m, _ := data.(map[string]any)
	for variant, arches := range m {
		am, _ := arches.(map[string]any)
		for arch, rpms := range am {
			rm, _ := rpms.(map[string]any)
			for rpm, list := range rm {
				for _, ra := range anyList(list) {
					want[place{variant, arch, rpm, text(ra)}] = true
				}
			}
		}
	}
	release := compose.ref("release")
	original := p.mappingOf(compose, pkg, false)
	have := map[place]*row{}
	for _, o := range p.overridesOf(release, pkg) {
		have[placeOf(o)] = o
	}
	var out []any
	var todo []any
	add := func(action string, at place, include bool) {
		out = append(out, obj{{"rpm_arch", at.rpmArch}, {"release_id", release.v["release_id"]}, {"action", action}, {"arch", at.arch},
			{"include", include}, {"variant", at.variant}, {"srpm_name", pkg}, {"rpm_name", at.rpm}})
		todo = append(todo, map[string]any{"action": action, "variant": at.variant, "arch": at.arch, "srpm_name": pkg,
			"rpm_name": at.rpm, "rpm_arch": at.rpmArch, "include": include, "comment": "", "do_not_delete": false})
	}
	all := map[place]bool{}
	for _, m := range []map[place]bool{want, original} {
		for at := range m {
			all[at] = true
		}
	}
	for at := range have {
		all[at] = true
	}
	places := sortedPlaces(all)
	for _, at := range places { // overrides that say nothing new, or the opposite
		if o := have[at]; o != nil && (o.is("include") != want[at] || original[at] == want[at]) && !o.is("do_not_delete") {
			add("delete", at, o.is("include"))
		}
	}
	for _, at := range places {
		if want[at] != original[at] && (have[at] == nil || have[at].is("include") != want[at]) {
			add("create", at, want[at])
		}
	}
	if c.query.Get("perform") != "" {
		if prob := p.applyOverrides(c, release, todo); prob != nil {
			return prob.reply()
		}
	}
	if out == nil {
		out = []any{}
	}
	return reply{status: 200, body: out}
}

// applyOverrides creates and deletes overrides by a list of actions.
func (p *PDC) applyOverrides(c *call, release *row, list []any) *problem {
	r := p.resources["overrides/rpm/"]
	for _, item := range list {
		m, _ := item.(map[string]any)
		in := map[string]any{"release": release.v["release_id"]}
		for k, v := range m {
			if k != "action" {
				in[k] = v
			}
		}
		switch m["action"] {
		case "create":
			if _, prob := p.create(c, r, selection{}, in); prob != nil {
				return prob
			}
		case "delete":
			at := place{text(m["variant"]), text(m["arch"]), text(m["rpm_name"]), text(m["rpm_arch"])}
			i := slices.IndexFunc(r.table.rows, func(o *row) bool { return o.ref("release") == release && placeOf(o) == at })
			if i < 0 {
				return p.missing("OverrideRPM")
			}
			x := r.table.rows[i]
			p.noteDeleted(r, x)
			p.drop(r.table, x)
		default:
			return detail(400, []any{fmt.Sprintf("Unknown action: %s", text(m["action"]))})
		}
	}
	return nil
}

// releaseMapping serves releases/{id}/rpm-mapping/{package}/.
func (p *PDC) releaseMapping(releaseID, pkg string) handlerFunc {
	return func(c *call, _ []byte) reply {
		for k := range c.query {
			if k != "disable_overrides" {
				return detail(400, "Unknown query params: "+k+".").reply()
			}
		}
		release := p.tables["release"].find("release_id", releaseID)
		if release == nil {
			return notFound.reply()
		}
		var latest *row
		for _, x := range p.composesOf(release) {
			if !x.is("deleted") {
				latest = x
			}
		}
		var id any
		m := map[place]bool{}
		if latest != nil {
			id = latest.v["compose_id"]
			m = p.mappingOf(latest, pkg, c.query.Get("disable_overrides") == "")
		}
		if len(m) == 0 {
			return detail(404, fmt.Sprintf("Package %s not present in release %s", pkg, releaseID)).reply()
		}
		return reply{status: 200, body: obj{{"compose", id}, {"mapping", mappingJSON(m)}}}
	}
}

// clearOverrides is the other form of deleting overrides.
func clearOverrides(c *call, data any) (*reply, bool) {
	m, ok := data.(map[string]any)
	if !ok {
		return nil, false
	}
	p := c.p
	release := p.tables["release"].find("release_id", text(m["release"]))
	if release == nil {
		rep := notFound.reply()
		return &rep, true
	}
	r := p.resources["overrides/rpm/"]
	force, _ := boolValue(m["force"])
	rows := r.table.where(func(o *row) bool { return o.ref("release") == release && (force || !o.is("do_not_delete")) })
	if len(rows) == 0 {
		rep := notFound.reply()
		return &rep, true
	}
	b := []byte{'['}
	for i, x := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.render(b, c, x, selection{})
	}
	for _, x := range rows {
		p.noteDeleted(r, x)
		p.drop(r.table, x)
	}
	return &reply{status: 200, raw: append(b, ']')}, true
}

// pdcNEVRA is name-epoch:version-release.arch taken apart.
type pdcNEVRA struct {
	name, version, release, arch string
	epoch                        int
}

func (n *pdcNEVRA) parse(s string) bool {
	s = strings.TrimSuffix(s, ".rpm")
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 {
		return false
	}
	s, n.arch = s[:dot], s[dot+1:]
	dash := strings.LastIndexByte(s, '-')
	if dash < 0 {
		return false
	}
	s, n.release = s[:dash], s[dash+1:]
	if dash = strings.LastIndexByte(s, '-'); dash < 0 {
		return false
	}
	n.name = s[:dash]
	epoch, version, ok := strings.Cut(s[dash+1:], ":")
	if !ok {
		n.version = s[dash+1:]
		return true
	}
	var err error
	n.version = version
	n.epoch, err = strconv.Atoi(epoch)
	return err == nil
}

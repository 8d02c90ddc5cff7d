// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// remote finds the handler of a path below rpc/.
func (p *PDC) remote(segs []string) (handlerFunc, bool) {
	name := strings.Join(segs, "/")
	switch name {
	case "compose-full-import":
		return p.only(http.MethodPost, "rpc/"+name, p.importCompose(true, true, true)), true
	case "content-delivery-repos/clone", "repos/clone":
		return p.only(http.MethodPost, "rpc/"+name, p.cloneRepos), true
	case "release/clone":
		return p.only(http.MethodPost, "rpc/"+name, p.cloneRelease), true
	case "release/clone-components":
		return p.only(http.MethodPost, "rpc/"+name, p.cloneComponents), true
	case "release/import-from-composeinfo":
		return p.only(http.MethodPost, "rpc/"+name, p.importRelease), true
	case "overrides-rpm/clone":
		return p.only(http.MethodPost, "rpc/"+name, p.cloneOverrides), true
	case "where-to-file-bugs":
		return p.only(http.MethodGet, "rpc/"+name, p.whereToFileBugs), true
	}
	if len(segs) != 3 {
		return nil, false
	}
	find := map[string]func(*call, string, string) reply{
		"find-compose-by-release-rpm":          p.findByRelease,
		"find-composes-by-product-version-rpm": p.findByProductVersion,
		"find-older-compose-by-compose-rpm":    p.findOlder,
	}[segs[0]]
	if find == nil {
		return nil, false
	}
	return p.only(http.MethodGet, "rpc/"+segs[0], func(c *call, _ []byte) reply {
		for k := range c.query {
			if !slices.Contains([]string{"included_compose_type", "excluded_compose_type", "latest", "to_dict"}, k) {
				return detail(400, "Unknown query params: "+k+".").reply()
			}
		}
		return find(c, segs[1], segs[2])
	}), true
}

// flag is a truth value of the strict kind.
func flag(c *call, name string) (bool, *problem) {
	switch v := c.query.Get(name); v {
	case "true", "t", "True", "1":
		return true, nil
	case "", "false", "f", "False", "0":
		return false, nil
	default:
		return false, &problem{status: 400, body: []any{fmt.Sprintf("Value [%s] of %s is not a boolean", v, name)}}
	}
}

func (p *PDC) findByRelease(c *call, releaseID, rpm string) reply {
	release := p.tables["release"].find("release_id", releaseID)
	if release == nil {
		return notFound.reply()
	}
	return p.findComposes(c, p.composesOf(release), rpm)
}

func (p *PDC) findByProductVersion(c *call, id, rpm string) reply {
	pv := p.tables["productversion"].find("product_version_id", id)
	if pv == nil {
		return notFound.reply()
	}
	var composes []*row
	for _, r := range p.tables["release"].rows {
		if r.ref("product_version") == pv {
			composes = append(composes, p.composesOf(r)...)
		}
	}
	sortComposes(p, composes)
	return p.findComposes(c, slices.Compact(composes), rpm)
}

func wantedType(c *call, compose *row) bool {
	typ := compose.str("compose_type")
	in, out := c.query.Get("included_compose_type"), c.query.Get("excluded_compose_type")
	return !compose.is("deleted") && (in == "" || in == typ) && (out == "" || out != typ)
}

func (p *PDC) findComposes(c *call, composes []*row, rpm string) reply {
	latest, prob := flag(c, "latest")
	if prob != nil {
		return prob.reply()
	}
	toDict, prob := flag(c, "to_dict")
	if prob != nil {
		return prob.reply()
	}
	out := []any{}
	for _, x := range composes {
		if wantedType(c, x) {
			out = append(out, p.found(c, x, rpm, toDict))
		}
	}
	if latest && len(out) > 0 {
		out = out[len(out)-1:]
	}
	return reply{status: 200, body: out}
}

func (p *PDC) found(c *call, compose *row, name string, toDict bool) obj {
	list := []any{}
	for _, x := range p.packagesIn(compose, name) {
		if !toDict {
			list = append(list, nevra(x)+".rpm")
			continue
		}
		list = append(list, rawJSON(p.resources["rpms/"].render(nil, c, x, selection{not: map[string]bool{"dependencies": true}})))
	}
	return obj{{"compose", compose.v["compose_id"]}, {"packages", list}}
}

func (p *PDC) packagesIn(compose *row, name string) []*row {
	var out []*row
	for _, x := range p.tables["composerpm"].rows {
		if rpm := x.ref("rpm"); x.ref("compose") == compose && rpm.str("name") == name && !slices.Contains(out, rpm) {
			out = append(out, rpm)
		}
	}
	slices.SortFunc(out, func(a, b *row) int { return strings.Compare(nevra(a), nevra(b)) })
	return out
}

// findOlder is the newest older compose of the release that has another
// build of the package.
func (p *PDC) findOlder(c *call, composeID, name string) reply {
	compose := p.tables["compose"].find("compose_id", composeID)
	if compose == nil {
		return notFound.reply()
	}
	toDict, prob := flag(c, "to_dict")
	if prob != nil {
		return prob.reply()
	}
	now := p.packagesIn(compose, name)
	var best *row
	for _, x := range p.composesOf(compose.ref("release")) {
		if x == compose {
			break
		}
		then := p.packagesIn(x, name)
		if wantedType(c, x) && slices.ContainsFunc(then, func(r *row) bool { return !slices.Contains(now, r) }) {
			best = x
		}
	}
	if best == nil {
		return notFound.reply()
	}
	return reply{status: 200, body: p.found(c, best, name, toDict)}
}

func (p *PDC) whereToFileBugs(c *call, _ []byte) reply {
	nvr := c.query.Get("nvr")
	if nvr == "" {
		return detail(400, "The nvr is required.").reply()
	}
	var out []any
	seen := map[*row]bool{}
	for _, x := range p.tables["rpm"].rows {
		if fmt.Sprintf("%s-%s-%s", x.v["name"], x.v["version"], x.v["release"]) != nvr {
			continue
		}
		releases := slices.Clone(x.refs("linked_releases"))
		for _, compose := range p.composesWith(x) {
			releases = append(releases, compose.ref("release"))
		}
		for _, rel := range releases {
			if seen[rel] {
				continue
			}
			seen[rel] = true
			var product any
			if s := rel.str("bugzilla"); s != "" {
				product = s
			}
			out = append(out, obj{{"bugzilla_product", product}, {"bugzilla_component", p.bugzillaOf(rel, x.str("srpm_name"))}})
		}
	}
	if out == nil {
		return notFound.reply()
	}
	return reply{status: 200, body: out}
}

func (p *PDC) bugzillaOf(release *row, srpm string) []any {
	out := []any{}
	for _, comp := range p.tables["releasecomponent"].rows {
		b := comp.ref("bugzilla_component")
		if comp.ref("release") != release || b == nil || comp.str("srpm") != srpm && comp.str("name") != srpm {
			continue
		}
		path := b.str("name")
		for up := b.ref("parent_component"); up != nil; up = up.ref("parent_component") {
			path = up.str("name") + "/" + path
		}
		out = append(out, path)
	}
	return out
}

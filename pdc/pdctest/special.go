// SPDX-License-Identifier: MIT

package pdctest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

type handlerFunc = func(*call, []byte) reply

// special finds what serves a path that is no table.
func (p *PDC) special(path string) (handlerFunc, bool) {
	segs := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for i, s := range segs {
		if u, err := url.PathUnescape(s); err == nil {
			segs[i] = u
		}
	}
	at := func(i int) string {
		if i < len(segs) {
			return segs[i]
		}
		return ""
	}
	switch at(0) {
	case "auth":
		switch {
		case path == "auth/current-user/":
			return func(c *call, _ []byte) reply { return p.currentUser(c) }, true
		case at(1) == "token" && len(segs) <= 3 && slices.Contains([]string{"", "obtain", "refresh"}, at(2)):
			return func(c *call, _ []byte) reply { return p.token(c, at(2)) }, true
		}
	case "rpc":
		return p.remote(segs[1:])
	case "compose-rpms", "compose-images":
		kind := strings.TrimPrefix(at(0), "compose-")
		switch len(segs) {
		case 1:
			return p.only(http.MethodPost, at(0), p.importCompose(kind == "rpms", kind == "images", false)), true
		case 2:
			return p.only(http.MethodGet, at(0), p.manifest(kind, at(1))), true
		}
	case "composes", "releases":
		if at(2) != "rpm-mapping" || len(segs) != 4 || strings.Contains(at(3), ".") {
			break
		}
		if at(0) == "composes" {
			return p.rpmMapping(at(1), at(3)), true
		}
		return p.only(http.MethodGet, "releases/(?P<release_id>[^/]+)/rpm-mapping", p.releaseMapping(at(1), at(3))), true
	case "global-components":
		if at(2) == "labels" && len(segs) <= 4 {
			return func(c *call, body []byte) reply { return p.componentLabels(c, at(1), at(3), body) }, true
		}
	}
	return nil, false
}

// only serves one method of a path that is no table.
func (p *PDC) only(method, resource string, h handlerFunc) handlerFunc {
	allow := method + ", OPTIONS"
	if method == http.MethodGet {
		allow = "GET, HEAD, OPTIONS"
	}
	return func(c *call, body []byte) reply {
		if prob := p.admitTo(c, resource, c.r.Method); prob != nil {
			return prob.reply()
		}
		if c.r.Method != method && !(method == http.MethodGet && reading(c.r.Method)) {
			return methodNotAllowed(c.r.Method, allow).reply()
		}
		rep := h(c, body)
		if rep.header == nil {
			rep.header = map[string]string{}
		}
		rep.header["Allow"] = allow
		return rep
	}
}

// componentLabels serves the labels of one package.
func (p *PDC) componentLabels(c *call, component, label string, body []byte) reply {
	r := p.resources["labels/"]
	allow := "GET, POST, HEAD, OPTIONS"
	if label != "" {
		allow = "GET, DELETE, HEAD, OPTIONS"
	}
	if prob := p.admitTo(c, "global-components/(?P<instance_pk>[^/.]+)/labels", c.r.Method); prob != nil {
		return prob.reply()
	}
	if !strings.Contains(", "+allow+",", ", "+c.r.Method+",") {
		return methodNotAllowed(c.r.Method, allow).reply()
	}
	if prob := r.unknownParams(c); prob != nil {
		return prob.reply()
	}
	id, _ := strconv.Atoi(component)
	owner := p.tables["globalcomponent"].get(id)
	if owner == nil {
		return notFound.reply()
	}
	have := owner.refs("labels")
	t := p.tables["globalcomponent"]
	set := func(list []*row) {
		owners := p.resources["global-components/"]
		was := p.exported(owners, owner)
		p.assign(t, owner, map[string]any{"labels": list})
		p.note(owners, owner, was)
	}
	if label != "" {
		n, _ := strconv.Atoi(label)
		i := slices.IndexFunc(have, func(l *row) bool { return l.id == n })
		if i < 0 {
			return notFound.reply()
		}
		if reading(c.r.Method) {
			return reply{status: 200, raw: r.render(nil, c, have[i], selection{})}
		}
		set(slices.Delete(slices.Clone(have), i, i+1))
		return reply{status: 204}
	}
	if reading(c.r.Method) {
		sub := *r
		sub.rows = func(*PDC) []*row { return have }
		return sub.list(c)
	}
	data, prob := parseBody(c, body)
	if prob != nil {
		return prob.reply()
	}
	m, _ := data.(map[string]any)
	if m["name"] == nil {
		return fieldErrors(map[string]any{"name": []any{"This field is required."}}).reply()
	}
	l := p.tables["label"].find("name", text(m["name"]))
	if l == nil {
		return notFound.reply()
	}
	if !slices.Contains(have, l) {
		set(append(slices.Clone(have), l))
	}
	return reply{status: 201, raw: r.render(nil, c, l, selection{}), header: map[string]string{"Allow": allow}}
}

type rootName struct{ name, path string }

// rootNames are the entries of the API root.
func (p *PDC) rootNames() []rootName {
	var out []rootName
	for path := range p.resources {
		name := strings.TrimSuffix(path, "/")
		out = append(out, rootName{name, path})
	}
	for _, name := range []string{"auth/current-user", "auth/token", "rpc/compose-full-import", "rpc/content-delivery-repos/clone",
		"rpc/find-compose-by-release-rpm/{release_id}/{rpm_name}", "rpc/find-composes-by-product-version-rpm/{product_version}/{rpm_name}",
		"rpc/find-older-compose-by-compose-rpm/{compose_id}/{rpm_name}", "rpc/overrides-rpm/clone", "rpc/release/clone",
		"rpc/release/clone-components", "rpc/release/import-from-composeinfo", "rpc/repos/clone", "rpc/where-to-file-bugs"} {
		out = append(out, rootName{name, name + "/"})
	}
	out = append(out, rootName{"compose-images", "compose-images/"}, rootName{"compose-rpms", "compose-rpms/"},
		rootName{"composes/{compose_id}/rpm-mapping", "composes/{compose_id}/rpm-mapping/{package}/"},
		rootName{"releases/{release_id}/rpm-mapping", "releases/{release_id}/rpm-mapping/{package}/"},
		rootName{"global-components/{instance_pk}/labels", "global-components/0/labels/"})
	slices.SortFunc(out, func(a, b rootName) int { return strings.Compare(a.name, b.name) })
	return out
}

// describe answers OPTIONS.
func (r *resource) describe(c *call) any {
	kinds := map[kind]string{kStr: "string", kInt: "integer", kBool: "boolean", kNullBool: "boolean", kDate: "date",
		kTime: "datetime", kURL: "url", kEmail: "email"}
	members := func() obj {
		out := obj{}
		for _, x := range r.fields {
			if x.hide {
				continue
			}
			typ := kinds[x.kind]
			if typ == "" {
				typ = "field"
			}
			label := capital(strings.ReplaceAll(x.name, "_", " "))
			if x.name == "id" {
				label = "ID"
			}
			o := obj{{"type", typ}, {"required", x.req}, {"read_only", x.ro}, {"label", label}}
			if x.max > 0 {
				o = append(o, kv{"max_length", x.max})
			}
			if x.name == "allowed_push_targets" {
				o = append(o, kv{"help_text", label})
			}
			out = append(out, kv{x.name, o})
		}
		return out
	}
	name := r.name
	if name == "" {
		name = camelWords(r.table.label)
	}
	about := r.about
	if about == "" {
		about = "API endpoint that allows " + r.table.label + " to be viewed or edited."
	}
	out := obj{{"name", name + " List"}, {"description", about}, {"renders", []string{"application/json", "text/html"}},
		{"parses", []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}}}
	actions := obj{}
	for _, a := range []struct {
		verb   byte
		method string
	}{{'P', http.MethodPut}, {'C', http.MethodPost}} {
		if r.can(a.verb) && c.user != nil && c.p.admit(c, r, a.method) == nil {
			actions = append(actions, kv{a.method, members()})
		}
	}
	if len(actions) > 0 {
		out = append(out, kv{"actions", actions})
	}
	return out
}

func camelWords(label string) string {
	words := strings.Fields(label)
	for i, w := range words {
		words[i] = capital(w)
	}
	return strings.Join(words, " ")
}

// SPDX-License-Identifier: MIT

package kojitest

import (
	"slices"
	"strings"
)

func systemMethods(m map[string]handler) {
	m["getKojiVersion"] = func(*call) (any, *fault) { return Version, nil }
	m["getAPIVersion"] = func(*call) (any, *fault) { return 1, nil }
	m["hello"] = func(*call) (any, *fault) { return "Hello World", nil }
	m["echo"] = func(c *call) (any, *fault) { return append([]any{}, c.rest...), nil }
	m["error"] = func(*call) (any, *fault) { return nil, generic("test error") }
	m["fault"] = func(*call) (any, *fault) { return nil, pythonError("Exception", "test exception") }
	m["mavenEnabled"] = func(*call) (any, *fault) { return true, nil }
	m["winEnabled"] = func(*call) (any, *fault) { return true, nil }
	m["multiCall"] = (*call).multiCall
	m["system.multicall"] = (*call).multiCall
	m["system.listMethods"] = func(c *call) (any, *fault) { return texts(c.h.names), nil }
	m["system.methodSignature"] = func(*call) (any, *fault) { return "signatures not supported", nil }
	m["system.methodHelp"] = (*call).methodHelp
	m["_listapi"] = (*call).listAPI
	m["count"] = (*call).count
	m["filterResults"] = (*call).filterResults
	m["countAndFilterResults"] = (*call).countAndFilter
	m["search"] = (*call).search
}

func (c *call) methodHelp() (any, *fault) {
	name := pyText(c.arg("method"))
	m := c.h.methods[name]
	if m == nil {
		return nil, nil
	}
	return name + m.desc, nil
}

func (c *call) listAPI() (any, *fault) {
	rows := []any{}
	for _, name := range c.h.names {
		m := c.h.methods[name]
		args, defaults, entries := []any{}, []any{}, []any{}
		for _, p := range m.params {
			args = append(args, p.name)
			if p.required {
				entries = append(entries, p.name)
				continue
			}
			defaults = append(defaults, p.fallback)
			entries = append(entries, []any{p.name, p.fallback})
		}
		var fallbacks, star, kw any
		if len(defaults) > 0 {
			fallbacks = defaults
		}
		if m.star {
			star = "args"
		}
		if m.kw {
			kw = "opts"
		}
		rows = append(rows, record{
			"name": name, "doc": nil, "argspec": []any{args, star, kw, fallbacks, []any{}, nil, record{}},
			"argdesc": m.desc, "args": entries,
		})
	}
	return rows, nil
}

// inner runs the method that a wrapper names.
func (c *call) inner() (any, *fault) {
	params := append([]any{}, c.rest...)
	if len(c.kw) > 0 {
		named := record{"__starstar": true}
		for k, v := range c.kw {
			named[k] = v
		}
		params = append(params, named)
	}
	return c.invoke(pyText(c.arg("methodName")), params)
}

func (c *call) count() (any, *fault) {
	v, f := c.inner()
	if f != nil {
		return nil, f
	}
	list, ok := v.([]any)
	if !ok {
		return nil, generic("Invalid return type: %s", pyType(v))
	}
	return len(list), nil
}

func (c *call) filtered() ([]any, any, *fault) {
	opts, _ := c.kw["filterOpts"].(map[string]any)
	delete(c.kw, "filterOpts")
	v, f := c.inner()
	if f != nil {
		return nil, nil, f
	}
	list, ok := v.([]any)
	if !ok {
		return nil, nil, generic("Invalid return type: %s", pyType(v))
	}
	rows := make([]record, 0, len(list))
	for _, e := range list {
		if r, ok := e.(map[string]any); ok {
			rows = append(rows, r)
		}
	}
	page, f := applyQuery(rows, opts, "")
	return list, page, f
}

func (c *call) filterResults() (any, *fault) {
	_, page, f := c.filtered()
	return page, f
}

func (c *call) countAndFilter() (any, *fault) {
	all, page, f := c.filtered()
	if f != nil {
		return nil, f
	}
	return []any{len(all), page}, nil
}

// search finds things by the pattern of their names.
func (c *call) search() (any, *fault) {
	terms, f := c.text("terms")
	if f != nil {
		return nil, f
	}
	if terms == "" {
		return nil, generic("empty search terms")
	}
	kind := pyText(c.arg("type"))
	match, f := matcher(terms, pyText(c.arg("matchType")))
	if f != nil {
		return nil, f
	}
	h := c.h
	rows := []record{}
	add := func(id int, name string) {
		if match(name) {
			rows = append(rows, record{"id": id, "name": name})
		}
	}
	switch kind {
	case "package":
		for _, p := range h.packages.rows {
			add(p.id, p.name)
		}
	case "build":
		for _, b := range h.builds.rows {
			add(b.id, b.nvr())
		}
	case "tag":
		for _, t := range h.tags.rows {
			if t.config(0) != nil {
				add(t.id, t.name)
			}
		}
	case "target":
		for _, t := range h.targets.rows {
			if t.config(0) != nil {
				add(t.id, t.name)
			}
		}
	case "user":
		for _, u := range h.users.rows {
			add(u.id, u.name)
		}
	case "host":
		for _, o := range h.hosts.rows {
			add(o.id, o.name)
		}
	case "rpm":
		for _, r := range h.rpms.rows {
			add(r.id, r.nvra()+".rpm")
		}
	case "maven", "win":
		for _, a := range h.archives.rows {
			if a.btype.name == kind {
				add(a.id, a.filename)
			}
		}
	case "file":
	default:
		return nil, generic("No such search type: %s", kind)
	}
	return applyQuery(rows, c.structArg("queryOpts"), "id")
}

// nextRelease adds to the last number of a release, before its dist tag.
func nextRelease(release string, by int) (string, bool) {
	if n, ok := atoi(release); ok {
		return pyText(n + by), true
	}
	head, tail, ok := strings.Cut(release, ".")
	if n, isNumber := atoi(head); ok && isNumber {
		return pyText(n+by) + "." + tail, true
	}
	i := strings.LastIndexByte(release, '.')
	if i < 0 {
		return "", false
	}
	if n, isNumber := atoi(release[i+1:]); isNumber {
		return release[:i+1] + pyText(n+by), true
	}
	return "", false
}

func atoi(s string) (int, bool) {
	if s == "" || slices.ContainsFunc([]byte(s), func(b byte) bool { return b < '0' || b > '9' }) || len(s) > 15 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// draftRelease is the release of a draft build.
func draftRelease(release string, id int) string { return release + ",draft_" + pyText(id) }

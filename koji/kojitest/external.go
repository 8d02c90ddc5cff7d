// SPDX-License-Identifier: MIT

package kojitest

import (
	"cmp"
	"slices"
)

type externalRow struct {
	id      int
	name    string
	configs []*externalConfig
}

type externalConfig struct {
	span
	url string
}

func (e *externalRow) config(event int) *externalConfig {
	for i := len(e.configs) - 1; i >= 0; i-- {
		if e.configs[i].at(event) {
			return e.configs[i]
		}
	}
	return nil
}

func (e *externalRow) record(event int) record {
	return record{"id": e.id, "name": e.name, "url": e.config(event).url}
}

func externalMethods(m map[string]handler) {
	m["createExternalRepo"] = (*call).createExternalRepo
	m["editExternalRepo"] = (*call).editExternalRepo
	m["deleteExternalRepo"] = (*call).deleteExternalRepo
	m["getExternalRepo"] = (*call).getExternalRepo
	m["listExternalRepos"] = (*call).listExternalRepos
	m["getTagExternalRepos"] = (*call).getTagExternalRepos
	m["getExternalRepoList"] = (*call).getExternalRepoList
	m["addExternalRepoToTag"] = (*call).addExternalRepoToTag
	m["editTagExternalRepo"] = (*call).editTagExternalRepo
	m["removeExternalRepoFromTag"] = (*call).removeExternalRepoFromTag
}

// external finds an external repo by name or id.
func (h *Hub) external(info any, event int) *externalRow {
	if m, ok := info.(map[string]any); ok {
		info = m["id"]
	}
	for _, e := range h.externals.rows {
		if (info == e.name || equal(info, e.id)) && e.config(event) != nil {
			return e
		}
	}
	return nil
}

func (c *call) needExternal(param string) (*externalRow, *fault) {
	e := c.h.external(c.arg(param), 0)
	if e == nil {
		return nil, generic("invalid repo info: %s", pyText(c.arg(param)))
	}
	return e, nil
}

func (c *call) createExternalRepo() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	name, f := checkInternalName(c.arg("name"))
	if f != nil {
		return nil, f
	}
	if c.h.external(name, 0) != nil {
		return nil, generic("An external repo named \"%s\" already exists", name)
	}
	e := c.addExternal(name, pyTextOr(c.arg("url")))
	return e.record(0), nil
}

func (c *call) addExternal(name, url string) *externalRow {
	e := &externalRow{id: c.h.externals.next(), name: name}
	c.h.externals.insert(c.tx, e.id, e)
	c.setURL(e, url)
	return e
}

func (c *call) setURL(e *externalRow, url string) {
	if url != "" && url[len(url)-1] != '/' {
		url += "/"
	}
	if cfg := e.config(0); cfg != nil {
		c.revoke(&cfg.span)
	}
	push(c.tx, &e.configs, &externalConfig{span: c.fresh(), url: url})
}

func (c *call) editExternalRepo() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	e, f := c.needExternal("info")
	if f != nil {
		return nil, f
	}
	if v := c.arg("name"); v != nil && v != e.name {
		name, f := checkInternalName(v)
		if f != nil {
			return nil, f
		}
		if other := c.h.external(name, 0); other != nil {
			return nil, generic("name \"%s\" is already taken by external repo %d", name, other.id)
		}
		set(c.tx, &e.name, name)
	}
	if v := c.arg("url"); v != nil {
		c.setURL(e, pyText(v))
	}
	return nil, nil
}

func (c *call) deleteExternalRepo() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	e, f := c.needExternal("info")
	if f != nil {
		return nil, f
	}
	for _, t := range c.h.tags.rows {
		for _, x := range t.externals {
			if x.repo == e && x.at(0) {
				c.revoke(&x.span)
				c.touch(t)
			}
		}
	}
	c.revoke(&e.config(0).span)
	return nil, nil
}

func (c *call) getExternalRepo() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	e := c.h.external(c.arg("info"), event)
	if e == nil {
		if c.flag("strict") {
			return nil, generic("No such repo: %s", pyText(c.arg("info")))
		}
		return nil, nil
	}
	return e.record(event), nil
}

func (c *call) listExternalRepos() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	rows := []record{}
	for _, e := range c.h.externals.rows {
		cfg := e.config(event)
		info, url := c.arg("info"), c.arg("url")
		if cfg == nil || info != nil && info != e.name && !equal(info, e.id) || url != nil && url != cfg.url {
			continue
		}
		rows = append(rows, e.record(event))
	}
	return applyQuery(rows, c.structArg("queryOpts"), "")
}

func (x *tagExternal) record(t *tagRow, event int) record {
	r := record{
		"arches": x.arches, "external_repo_id": x.repo.id, "external_repo_name": x.repo.name, "merge_mode": x.mode,
		"priority": x.priority, "tag_id": t.id, "tag_name": t.name, "url": nil,
	}
	if cfg := x.repo.config(event); cfg != nil {
		r["url"] = cfg.url
	}
	return r
}

func (t *tagRow) externalsAt(event int) []*tagExternal {
	var rows []*tagExternal
	for _, x := range t.externals {
		if x.at(event) {
			rows = append(rows, x)
		}
	}
	slices.SortStableFunc(rows, func(a, b *tagExternal) int { return cmp.Compare(a.priority, b.priority) })
	return rows
}

func (c *call) getTagExternalRepos() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	var only *tagRow
	if info := c.arg("tag_info"); info != nil {
		if only, f = c.h.tagAt(info, true, event); f != nil {
			return nil, f
		}
	}
	rows := []any{}
	for _, t := range c.h.tags.rows {
		if only != nil && t != only {
			continue
		}
		for _, x := range t.externalsAt(event) {
			if r := c.arg("repo_info"); r == nil || r == x.repo.name || equal(r, x.repo.id) {
				rows = append(rows, x.record(t, event))
			}
		}
	}
	return rows, nil
}

// getExternalRepoList goes through the inheritance; a repo counts once, where
// it is nearest.
func (c *call) getExternalRepoList() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	t, f := c.h.tagAt(c.arg("tag_info"), true, event)
	if f != nil {
		return nil, f
	}
	tags := []*tagRow{t}
	for _, s := range c.h.inheritance(t, event) {
		tags = append(tags, s.parent)
	}
	seen := map[*externalRow]bool{}
	rows := []any{}
	for _, one := range tags {
		for _, x := range one.externalsAt(event) {
			if !seen[x.repo] {
				seen[x.repo] = true
				rows = append(rows, x.record(one, event))
			}
		}
	}
	return rows, nil
}

func (c *call) externalArgs() (*tagRow, *externalRow, *tagExternal, *fault) {
	if f := c.perm("tag"); f != nil {
		return nil, nil, nil, f
	}
	t, f := c.h.tag(c.arg("tag_info"), true)
	if f != nil {
		return nil, nil, nil, f
	}
	e, f := c.needExternal("repo_info")
	if f != nil {
		return nil, nil, nil, f
	}
	for _, x := range t.externalsAt(0) {
		if x.repo == e {
			return t, e, x, nil
		}
	}
	return t, e, nil, nil
}

var mergeModes = []string{"koji", "simple", "bare"}

func (c *call) addExternalRepoToTag() (any, *fault) {
	t, e, old, f := c.externalArgs()
	if f != nil {
		return nil, f
	}
	if old != nil {
		return nil, generic("tag %s already associated with external repo %s", t.name, e.name)
	}
	priority, _, f := c.number("priority")
	if f != nil {
		return nil, f
	}
	for _, x := range t.externalsAt(0) {
		if x.priority == priority {
			return nil, generic("tag %s already associated with an external repo at priority %d", t.name, priority)
		}
	}
	mode := pyText(c.arg("merge_mode"))
	if !slices.Contains(mergeModes, mode) {
		return nil, generic("No such merge mode: %s", mode)
	}
	push(c.tx, &t.externals, &tagExternal{span: c.fresh(), repo: e, priority: priority, mode: mode, arches: c.arg("arches")})
	c.touch(t)
	c.h.stale(c, t)
	return nil, nil
}

func (c *call) editTagExternalRepo() (any, *fault) {
	t, e, old, f := c.externalArgs()
	if f != nil {
		return nil, f
	}
	if old == nil {
		return nil, generic("external repo %s not associated with tag %s", e.name, t.name)
	}
	next := *old
	if n, ok, f := c.number("priority"); f != nil {
		return nil, f
	} else if ok {
		next.priority = n
	}
	if v := c.arg("merge_mode"); v != nil {
		next.mode = pyText(v)
		if !slices.Contains(mergeModes, next.mode) {
			return nil, generic("No such merge mode: %s", next.mode)
		}
	}
	if v := c.arg("arches"); v != nil {
		next.arches = textOrNil(pyText(v))
	}
	if next == *old {
		return false, nil
	}
	c.revoke(&old.span)
	next.span = c.fresh()
	push(c.tx, &t.externals, &next)
	c.touch(t)
	c.h.stale(c, t)
	return true, nil
}

func (c *call) removeExternalRepoFromTag() (any, *fault) {
	t, e, old, f := c.externalArgs()
	if f != nil {
		return nil, f
	}
	if old == nil {
		return nil, generic("external repo %s not associated with tag %s", e.name, t.name)
	}
	c.revoke(&old.span)
	c.touch(t)
	c.h.stale(c, t)
	return nil, nil
}

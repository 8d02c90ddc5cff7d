// SPDX-License-Identifier: MIT

package kojitest

import (
	"maps"
	"strings"
)

type tagRow struct {
	id        int
	name      string
	changed   int // the last event that changed the tag's own data
	configs   []*tagConfig
	extra     []*tagExtra
	parents   []*linkRow
	externals []*tagExternal
	groups    []*groupRow

	listed   []*listedRow         // package list, with history
	listedOf map[int][]*listedRow // the same by package id
	ownerOf  map[int][]*ownerRow  // package owners by package id
	listing  []*entryRow          // tagged builds, with history
	entryOf  map[int][]*entryRow  // the same by package id
}

type tagConfig struct {
	span
	arches          any // nil for none
	perm            *permRow
	locked          bool
	mavenSupport    bool
	mavenIncludeAll bool
}

type tagExtra struct {
	span
	key     string
	value   any
	blocked bool
}

// A linkRow is one line of inheritance, kept with the child.
type linkRow struct {
	span
	child, parent *tagRow
	priority      int
	maxdepth      any // nil for none
	intransitive  bool
	noconfig      bool
	filter        string
}

type tagExternal struct {
	span
	repo     *externalRow
	priority int
	mode     string
	arches   any
}

// config is the tag's configuration at an event; nil when it did not exist.
func (t *tagRow) config(event int) *tagConfig {
	for i := len(t.configs) - 1; i >= 0; i-- {
		if t.configs[i].at(event) {
			return t.configs[i]
		}
	}
	return nil
}

func (t *tagRow) extraAt(event int) map[string]*tagExtra {
	m := map[string]*tagExtra{}
	for _, e := range t.extra {
		if e.at(event) {
			m[e.key] = e
		}
	}
	return m
}

// touch notes that the tag changed now.
func (c *call) touch(t *tagRow) {
	set(c.tx, &t.changed, c.event())
}

// tagRow finds a tag by name, id or struct, whether or not it is deleted.
func (h *Hub) anyTag(info any) (*tagRow, *fault) {
	switch v := info.(type) {
	case string:
		return h.tagByName[v], nil
	case map[string]any:
		if v["id"] != nil {
			return h.anyTag(v["id"])
		}
		if v["name"] != nil {
			return h.anyTag(v["name"])
		}
	default:
		if n, ok := asInt(info); ok {
			return h.tags.get(n), nil
		}
	}
	return nil, parameter("Invalid name or id value: %s", pyRepr(info))
}

// tag finds a tag that exists now.
func (h *Hub) tag(info any, strict bool) (*tagRow, *fault) { return h.tagAt(info, strict, 0) }

// tagAt finds a tag that existed at an event.
func (h *Hub) tagAt(info any, strict bool, event int) (*tagRow, *fault) {
	t, f := h.anyTag(info)
	if f != nil {
		return nil, f
	}
	if t == nil || t.config(event) == nil {
		if strict {
			return nil, generic("No such tagInfo: %s", pyRepr(info))
		}
		return nil, nil
	}
	return t, nil
}

// record is the tag's row without extra.
func (t *tagRow) record(event int) record {
	cfg := t.config(event)
	r := record{
		"id": t.id, "name": t.name, "arches": cfg.arches, "locked": cfg.locked, "maven_support": cfg.mavenSupport,
		"maven_include_all": cfg.mavenIncludeAll, "perm": nil, "perm_id": nil,
	}
	if cfg.perm != nil {
		r["perm"], r["perm_id"] = cfg.perm.name, cfg.perm.id
	}
	return r
}

// whole is the tag's row with extra; with blocked, every extra value is a
// pair of whether it is blocked and the value.
func (t *tagRow) whole(event int, blocked bool) record {
	r := t.record(event)
	extra := record{}
	for key, e := range t.extraAt(event) {
		switch {
		case blocked:
			extra[key] = []any{e.blocked, e.value}
		case !e.blocked:
			extra[key] = e.value
		}
	}
	r["extra"] = extra
	if event != 0 {
		r["query_event"] = event
	}
	return r
}

func tagMethods(m map[string]handler) {
	m["getTag"] = (*call).getTag
	m["getTagID"] = (*call).getTagID
	m["listTags"] = (*call).listTags
	m["getBuildConfig"] = (*call).getBuildConfig
	m["getInheritanceData"] = (*call).getInheritanceData
	m["getFullInheritance"] = (*call).getFullInheritance
	m["checkTagAccess"] = (*call).checkTagAccess
}

func (c *call) getTag() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	t, f := c.h.tagAt(c.arg("tagInfo"), c.flag("strict"), event)
	if f != nil || t == nil {
		return nil, f
	}
	return t.whole(event, c.flag("blocked")), nil
}

func (c *call) getTagID() (any, *fault) {
	t, f := c.h.anyTag(c.arg("info"))
	if f != nil {
		return nil, f
	}
	if t == nil {
		if c.flag("strict") {
			return nil, generic("No such entry in table tag: %s", pyText(c.arg("info")))
		}
		return nil, nil
	}
	return t.id, nil
}

func (c *call) listTags() (any, *fault) {
	h := c.h
	var b *buildRow
	var f *fault
	if info := c.arg("build"); info != nil {
		if b, f = h.build(info, true); f != nil {
			return nil, f
		}
	}
	var p *packageRow
	if info := c.arg("package"); info != nil {
		if p, f = h.pkg(info); f != nil {
			return nil, f
		}
		if p == nil {
			return nil, generic("No such entry in table package: %s", pyText(info))
		}
	}
	pattern, f := c.text("pattern")
	if f != nil {
		return nil, f
	}
	rows := []record{}
	for _, t := range h.tags.rows {
		if t.config(0) == nil || pattern != "" && !globMatch(pattern, t.name) || b != nil && t.entry(b, 0) == nil {
			continue
		}
		r := t.record(0)
		if !c.flag("perms") {
			delete(r, "perm")
			delete(r, "perm_id")
		}
		if p != nil {
			l := t.listedAt(p.id, 0)
			if l == nil {
				continue
			}
			r["blocked"], r["extra_arches"] = l.blocked, l.extraArches
			r["owner_id"], r["owner_name"] = nil, nil
			if o := t.ownerAt(p.id, 0); o != nil {
				r["owner_id"], r["owner_name"] = o.owner.id, o.owner.name
			}
		}
		rows = append(rows, r)
	}
	return applyQuery(rows, c.structArg("queryOpts"), "")
}

func (c *call) getBuildConfig() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	t, f := c.h.tagAt(c.arg("tag"), true, event)
	if f != nil {
		return nil, f
	}
	return c.h.buildConfig(t, event), nil
}

// buildConfig is the tag with arches and extra completed from what it
// inherits.
func (h *Hub) buildConfig(t *tagRow, event int) record {
	r := t.record(event)
	if event != 0 {
		r["query_event"] = event
	}
	seen := map[string]bool{}
	extra, extraFrom := record{}, record{}
	own := t.extraAt(event)
	for key, e := range own {
		seen[key] = true
		if !e.blocked {
			extra[key] = e.value
		}
	}
	var archesFrom any
	for _, link := range h.inheritance(t, event) {
		if link.noconfig {
			continue
		}
		cfg := link.parent.config(event)
		if cfg == nil {
			continue
		}
		from := record{"id": link.parent.id, "name": link.parent.name}
		if r["arches"] == nil && cfg.arches != nil {
			r["arches"], archesFrom = cfg.arches, from
		}
		for key, e := range link.parent.extraAt(event) {
			if seen[key] {
				continue
			}
			seen[key] = true
			if !e.blocked {
				extra[key], extraFrom[key] = e.value, maps.Clone(from)
			}
		}
	}
	r["extra"] = extra
	r["config_inheritance"] = record{"arches": archesFrom, "extra": extraFrom}
	return r
}

func (c *call) getInheritanceData() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	t, f := c.h.anyTag(c.arg("tag"))
	if f != nil {
		return nil, f
	}
	if t == nil {
		return nil, generic("No such entry in table tag: %s", pyText(c.arg("tag")))
	}
	rows := []any{}
	for _, l := range t.links(event) {
		rows = append(rows, l.record())
	}
	return rows, nil
}

func (l *linkRow) record() record {
	return record{
		"intransitive": l.intransitive, "maxdepth": l.maxdepth, "name": l.parent.name, "noconfig": l.noconfig,
		"parent_id": l.parent.id, "pkg_filter": l.filter, "priority": l.priority, "child_id": l.child.id,
	}
}

func (c *call) getFullInheritance() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	t, f := c.h.anyTag(c.arg("tag"))
	if f != nil {
		return nil, f
	}
	if t == nil {
		return nil, generic("No such entry in table tag: %s", pyText(c.arg("tag")))
	}
	reverse := c.flag("reverse")
	rows := []any{}
	for _, s := range c.h.walkInheritance(t, event, reverse) {
		r := s.linkRow.record()
		if reverse {
			delete(r, "child_id")
			r["name"], r["tag_id"] = s.child.name, s.child.id
		}
		r["nextdepth"], r["currdepth"], r["filter"] = s.nextdepth, s.currdepth, texts(s.filters)
		rows = append(rows, r)
	}
	return rows, nil
}

func (c *call) checkTagAccess() (any, *fault) {
	t, f := c.h.tag(c.arg("tag_id"), true)
	if f != nil {
		return nil, f
	}
	u := c.user
	if who := c.arg("user_id"); who != nil {
		if u, f = c.h.user(who, true); f != nil {
			return nil, f
		}
	}
	ok, override, reason := t.access(u)
	return []any{ok, override, reason}, nil
}

// access tells whether a user may change the tag's contents, whether force
// helps, and why not.
func (t *tagRow) access(u *userRow) (ok, override bool, reason string) {
	cfg := t.config(0)
	admin := u != nil && u.has("admin")
	switch {
	case cfg.locked:
		return false, u != nil && (admin || u.has("tag")) && admin, "tag is locked"
	case cfg.perm != nil && (u == nil || !u.has(cfg.perm.name)):
		return false, admin, strings.TrimSpace("tag requires " + cfg.perm.name + " permission")
	}
	return true, false, ""
}

// SPDX-License-Identifier: MIT

package kojitest

import "fmt"

func tagEditMethods(m map[string]handler) {
	m["createTag"] = (*call).createTag
	m["editTag"] = (*call).editTag
	m["editTag2"] = (*call).editTag
	m["deleteTag"] = (*call).deleteTagCall
	m["setInheritanceData"] = (*call).setInheritanceData
}

// tagSettings is what a new tag starts with.
type tagSettings struct {
	arches          any
	perm            *permRow
	locked          bool
	mavenSupport    bool
	mavenIncludeAll bool
	extra           record
}

// addTag makes a tag; a deleted one of the same name comes back with its id.
func (c *call) addTag(name string, s tagSettings) *tagRow { return c.newTag(0, name, s) }

// newTag makes a tag with a given id; 0 takes the next one.
func (c *call) newTag(id int, name string, s tagSettings) *tagRow {
	t := c.h.tagByName[name]
	if t == nil {
		if id == 0 {
			id = c.h.tags.next()
		}
		t = &tagRow{
			id: id, name: name, listedOf: map[int][]*listedRow{}, ownerOf: map[int][]*ownerRow{},
			entryOf: map[int][]*entryRow{},
		}
		c.h.tags.insert(c.tx, t.id, t)
		put(c.tx, c.h.tagByName, name, t)
	}
	push(c.tx, &t.configs, &tagConfig{
		span: c.fresh(), arches: s.arches, perm: s.perm, locked: s.locked, mavenSupport: s.mavenSupport,
		mavenIncludeAll: s.mavenIncludeAll,
	})
	c.touch(t)
	for _, key := range sortedKeys(s.extra) {
		c.setExtra(t, key, s.extra[key], false)
	}
	return t
}

func (c *call) setExtra(t *tagRow, key string, value any, blocked bool) {
	c.dropExtra(t, key)
	push(c.tx, &t.extra, &tagExtra{span: c.fresh(), key: key, value: value, blocked: blocked})
	c.touch(t)
}

func (c *call) dropExtra(t *tagRow, key string) bool {
	for _, e := range t.extra {
		if e.key == key && e.at(0) {
			c.revoke(&e.span)
			c.touch(t)
			return true
		}
	}
	return false
}

func (c *call) link(l *linkRow) {
	l.span = c.fresh()
	push(c.tx, &l.child.parents, l)
	c.touch(l.child)
}

func (c *call) createTag() (any, *fault) {
	if f := c.perm("tag"); f != nil {
		return nil, f
	}
	name, f := checkInternalName(c.arg("name"))
	if f != nil {
		return nil, f
	}
	if t, _ := c.h.tag(name, false); t != nil {
		return nil, generic("A tag with the name '%s' already exists", name)
	}
	var parent *tagRow
	if info := c.arg("parent"); info != nil {
		if parent, f = c.h.tag(info, false); f != nil {
			return nil, f
		}
		if parent == nil {
			return nil, generic("Parent tag '%s' could not be found", pyText(info))
		}
	}
	s := tagSettings{
		arches: c.arg("arches"), locked: c.flag("locked"), mavenSupport: c.flag("maven_support"),
		mavenIncludeAll: c.flag("maven_include_all"), extra: c.structArg("extra"),
	}
	if p := c.arg("perm"); p != nil {
		if s.perm = c.h.perm(p); s.perm == nil {
			return nil, generic("No such entry in table permissions: %s", pyText(p))
		}
	}
	t := c.addTag(name, s)
	if parent != nil {
		c.link(&linkRow{child: t, parent: parent})
	}
	return t.id, nil
}

// editTag answers editTag (all settings by position) and editTag2 (those that
// change, by name).
func (c *call) editTag() (any, *fault) {
	if f := c.perm("tag"); f != nil {
		return nil, f
	}
	t, f := c.h.tag(c.arg("tagInfo"), true)
	if f != nil {
		return nil, f
	}
	want := c.kw
	if c.method == "editTag" {
		want = record{
			"name": c.arg("name"), "arches": c.arg("arches"), "locked": c.arg("locked"),
			"perm_id": c.arg("permissionID"), "extra": c.arg("extra"),
		}
	}
	cfg := *t.config(0)
	for _, key := range sortedKeys(want) {
		v := want[key]
		switch key {
		case "name":
			name, f := checkInternalName(v)
			if f != nil {
				return nil, f
			}
			if other := c.h.tagByName[name]; other != nil && other != t {
				return nil, generic("Name %s already taken by tag %d", name, other.id)
			}
			if name != t.name {
				drop(c.tx, c.h.tagByName, t.name)
				put(c.tx, c.h.tagByName, name, t)
				set(c.tx, &t.name, name)
			}
		case "arches":
			cfg.arches = v
		case "locked":
			cfg.locked = truth(v)
		case "maven_support":
			cfg.mavenSupport = truth(v)
		case "maven_include_all":
			cfg.mavenIncludeAll = truth(v)
		case "perm", "perm_id":
			cfg.perm = nil
			if v != nil {
				if cfg.perm = c.h.perm(v); cfg.perm == nil {
					return nil, generic("No such entry in table permissions: %s", pyText(v))
				}
			}
		case "extra", "remove_extra", "block_extra":
		default:
			return nil, parameter("edit_tag() got an unexpected keyword argument '%s'", key)
		}
	}
	if old := t.config(0); cfg != *old {
		c.revoke(&old.span)
		cfg.span = c.fresh()
		push(c.tx, &t.configs, &cfg)
		c.touch(t)
		c.h.stale(c, t)
	}
	return nil, c.editExtra(t, want)
}

func (c *call) editExtra(t *tagRow, want record) *fault {
	extra, _ := want["extra"].(map[string]any)
	remove, _ := want["remove_extra"].([]any)
	block, _ := want["block_extra"].([]any)
	for _, v := range remove {
		if _, both := extra[pyText(v)]; both {
			return generic("Can not both add/update and remove tag-extra: '%s'", pyText(v))
		}
		if t.extraAt(0)[pyText(v)] == nil {
			return generic("Tag: %s doesn't have extra: %s", t.name, pyText(v))
		}
	}
	for _, v := range block {
		if _, both := extra[pyText(v)]; both {
			return generic("Can not both add/update and block tag-extra: '%s'", pyText(v))
		}
	}
	now := t.extraAt(0)
	for _, key := range sortedKeys(extra) {
		if e := now[key]; e == nil || e.blocked || fmt.Sprint(e.value) != fmt.Sprint(extra[key]) {
			c.setExtra(t, key, extra[key], false)
		}
	}
	for _, v := range block {
		if e := now[pyText(v)]; e == nil || !e.blocked {
			c.setExtra(t, pyText(v), nil, true)
		}
	}
	for _, v := range remove {
		c.dropExtra(t, pyText(v))
	}
	if len(extra)+len(block)+len(remove) > 0 {
		c.h.stale(c, t)
	}
	return nil
}

func (c *call) deleteTagCall() (any, *fault) {
	if f := c.perm("tag"); f != nil {
		return nil, f
	}
	t, f := c.h.tag(c.arg("tagInfo"), true)
	if f != nil {
		return nil, f
	}
	c.deleteTag(t)
	return nil, nil
}

// deleteTag ends everything the tag consists of; its history stays.
func (c *call) deleteTag(t *tagRow) {
	end := func(s *span) {
		if s.revoked == 0 {
			c.revoke(s)
		}
	}
	t.changes(end)
	for _, child := range c.h.tags.rows {
		for _, l := range child.parents {
			if l.parent == t && l.at(0) {
				c.revoke(&l.span)
				c.touch(child)
			}
		}
	}
	for _, target := range c.h.targets.rows {
		if cfg := target.config(0); cfg != nil && (cfg.build == t || cfg.dest == t) {
			c.revoke(&cfg.span)
		}
	}
	c.touch(t)
	drop(c.tx, c.h.dirty, t.id)
}

func (c *call) setInheritanceData() (any, *fault) {
	if f := c.perm("tag"); f != nil {
		return nil, f
	}
	t, f := c.h.tag(c.arg("tag"), true)
	if f != nil {
		return nil, f
	}
	changes, ok := c.arg("data").([]any)
	if one, isOne := c.arg("data").(map[string]any); isOne {
		changes, ok = []any{one}, true
	}
	if !ok {
		return nil, parameter("Invalid type for data: %s", pyType(c.arg("data")))
	}
	return nil, c.writeInheritance(t, changes, c.flag("clear"))
}

func (c *call) writeInheritance(t *tagRow, changes []any, clear bool) *fault {
	fields := []string{"parent_id", "priority", "maxdepth", "intransitive", "noconfig", "pkg_filter"}
	links := map[int]*linkRow{} // what will be, by parent
	old := map[int]*linkRow{}
	var order []int
	for _, l := range t.links(0) {
		old[l.parent.id], links[l.parent.id] = l, l
		order = append(order, l.parent.id)
	}
	if clear {
		links = map[int]*linkRow{}
	}
	for _, v := range changes {
		m, _ := v.(map[string]any)
		check := fields
		if truth(m["delete link"]) {
			check = fields[:1]
		}
		for _, name := range check {
			if _, ok := m[name]; !ok {
				return generic("No value for %s", name)
			}
		}
		id, _ := asInt(m["parent_id"])
		parent := c.h.tags.get(id)
		if truth(m["delete link"]) {
			delete(links, id)
			continue
		}
		if parent == nil {
			return generic("No such tagInfo: %s", pyRepr(m["parent_id"]))
		}
		priority, _ := asInt(m["priority"])
		l := &linkRow{
			child: t, parent: parent, priority: priority, intransitive: truth(m["intransitive"]),
			noconfig: truth(m["noconfig"]), filter: pyTextOr(m["pkg_filter"]),
		}
		if n, ok := asInt(m["maxdepth"]); ok {
			l.maxdepth = n
		}
		if had := old[id]; had != nil && had.same(l) {
			l = had
		} else if had == nil {
			order = append(order, id)
		}
		links[id] = l
	}
	byPriority := map[int][]any{}
	for _, id := range order {
		if l := links[id]; l != nil {
			byPriority[l.priority] = append(byPriority[l.priority], id)
			if ids := byPriority[l.priority]; len(ids) > 1 {
				return generic("Multiple parent tags (%s) cannot have the same priority value (%d) on child tag %d",
					pyRepr(ids), l.priority, t.id)
			}
		}
	}
	changed := false
	for _, id := range order {
		had, want := old[id], links[id]
		if had == want {
			continue
		}
		changed = true
		if had != nil {
			c.revoke(&had.span)
			c.touch(t)
		}
		if want != nil {
			c.link(want)
		}
	}
	if changed {
		c.h.stale(c, t)
	}
	return nil
}

func (l *linkRow) same(o *linkRow) bool {
	return l.priority == o.priority && compareValues(l.maxdepth, o.maxdepth) == 0 &&
		l.intransitive == o.intransitive && l.noconfig == o.noconfig && l.filter == o.filter
}

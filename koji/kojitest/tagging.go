// SPDX-License-Identifier: MIT

package kojitest

import "strings"

func taggingMethods(m map[string]handler) {
	m["tagBuild"] = (*call).tagBuild
	m["moveBuild"] = (*call).moveBuild
	m["moveAllBuilds"] = (*call).moveAllBuilds
	m["untagBuild"] = (*call).untagBuild
	m["tagBuildBypass"] = (*call).tagBuildBypass
	m["untagBuildBypass"] = (*call).untagBuildBypass
	m["massTag"] = (*call).massTag
}

// mayTag checks access, state and package list, in the hub's order.
func (c *call) mayTag(t *tagRow, b *buildRow, force bool) *fault {
	if f := c.tagAccess(t, force); f != nil {
		return f
	}
	if b.state != buildComplete {
		return tagError("build %s not complete: state %s", b.nvr(), buildStates[b.state])
	}
	if force && c.isAdmin() {
		return nil
	}
	l, ok := c.h.packageOf(t, b.pkg, 0)
	switch {
	case !ok:
		return tagError("Package %s not in list for %s", b.pkg.name, t.name)
	case l.blocked:
		return tagError("Package %s blocked in %s", b.pkg.name, t.name)
	}
	return nil
}

func (c *call) tagAccess(t *tagRow, force bool) *fault {
	ok, override, reason := t.access(c.user)
	if !ok && !(override && force) {
		return notAllowed("%s", reason)
	}
	return nil
}

func (c *call) tagAndBuild() (*tagRow, *buildRow, *fault) {
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, nil, f
	}
	t, f := c.h.tag(c.arg("tag"), true)
	return t, b, f
}

func (c *call) tagBuild() (any, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	t, b, f := c.tagAndBuild()
	if f != nil {
		return nil, f
	}
	var from any
	if info := c.arg("fromtag"); info != nil {
		source, f := c.h.tag(info, true)
		if f != nil {
			return nil, f
		}
		from = source.id
	}
	force := c.flag("force")
	if f := c.mayTag(t, b, force); f != nil {
		return nil, f
	}
	return c.newTask("tagBuild", []any{t.id, b.id, force, from}, taskOpts{priority: 10}).id, nil
}

func (c *call) moveBuild() (any, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	from, f := c.h.tag(c.arg("tag1"), true)
	if f != nil {
		return nil, f
	}
	to, f := c.h.tag(c.arg("tag2"), true)
	if f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	return c.move(from, to, b, c.flag("force"))
}

func (c *call) move(from, to *tagRow, b *buildRow, force bool) (any, *fault) {
	if f := c.tagAccess(from, force); f != nil {
		return nil, f
	}
	if f := c.mayTag(to, b, force); f != nil {
		return nil, f
	}
	return c.newTask("tagBuild", []any{to.id, b.id, force, from.id}, taskOpts{priority: 10}).id, nil
}

func (c *call) moveAllBuilds() (any, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	from, f := c.h.tag(c.arg("tag1"), true)
	if f != nil {
		return nil, f
	}
	to, f := c.h.tag(c.arg("tag2"), true)
	if f != nil {
		return nil, f
	}
	p, f := c.h.needPkg(c.arg("package"))
	if f != nil {
		return nil, f
	}
	ids := []any{}
	list := c.h.tagged(from, tagQuery{pkg: p})
	for i := len(list) - 1; i >= 0; i-- { // oldest first
		id, f := c.move(from, to, list[i].build, c.flag("force"))
		if f != nil {
			return nil, f
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (c *call) untagBuild() (any, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	return c.untagCall()
}

func (c *call) untagCall() (any, *fault) {
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	t, f := c.h.tag(c.arg("tag"), true)
	if f != nil {
		return nil, f
	}
	if f := c.tagAccess(t, c.flag("force")); f != nil {
		return nil, f
	}
	return nil, c.untag(t, b, c.flag("strict"))
}

func (c *call) tagBuildBypass() (any, *fault) {
	if f := c.perm("tag"); f != nil {
		return nil, f
	}
	t, b, f := c.tagAndBuild()
	if f != nil {
		return nil, f
	}
	if f := c.tagAccess(t, c.flag("force")); f != nil {
		return nil, f
	}
	if b.state != buildComplete {
		return nil, tagError("build %s not complete: state %s", b.nvr(), buildStates[b.state])
	}
	return nil, c.enter(t, b, c.flag("force"))
}

func (c *call) untagBuildBypass() (any, *fault) {
	if f := c.perm("tag"); f != nil {
		return nil, f
	}
	return c.untagCall()
}

func (c *call) massTag() (any, *fault) {
	if f := c.perm("tag"); f != nil {
		return nil, f
	}
	t, f := c.h.tag(c.arg("tag"), true)
	if f != nil {
		return nil, f
	}
	list, _ := c.arg("builds").([]any)
	for _, info := range list {
		b, f := c.h.build(info, true)
		if f != nil {
			return nil, f
		}
		if f := c.enter(t, b, true); f != nil {
			return nil, f
		}
		c.tx.event = nil // one event per build, which keeps their order
	}
	return nil, nil
}

// enter puts a build into a tag; with force, one that is there already moves
// to the top.
func (c *call) enter(t *tagRow, b *buildRow, force bool) *fault {
	if e := t.entry(b, 0); e != nil {
		if !force {
			return tagError("build %s already tagged (%s)", b.nvr(), t.name)
		}
		c.revoke(&e.span)
	}
	c.place(t, b)
	c.h.stale(c, t)
	return nil
}

func (c *call) place(t *tagRow, b *buildRow) {
	e := &entryRow{span: c.fresh(), tag: t, build: b}
	push(c.tx, &t.listing, e)
	rows := t.entryOf[b.pkg.id]
	put(c.tx, t.entryOf, b.pkg.id, append(rows[:len(rows):len(rows)], e))
	c.touch(t)
}

func (c *call) untag(t *tagRow, b *buildRow, strict bool) *fault {
	e := t.entry(b, 0)
	if e == nil {
		if strict {
			return tagError("build %s not in tag %s", b.nvr(), t.name)
		}
		return nil
	}
	c.revoke(&e.span)
	c.touch(t)
	c.h.stale(c, t)
	return nil
}

// archesOf splits a tag's arches.
func archesOf(v any) []string {
	s, _ := v.(string)
	return strings.Fields(s)
}

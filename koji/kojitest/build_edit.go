// SPDX-License-Identifier: MIT

package kojitest

import (
	"cmp"
	"slices"
	"time"
)

func buildEditMethods(m map[string]handler) {
	m["createEmptyBuild"] = (*call).createEmptyBuild
	m["cancelBuild"] = (*call).cancelBuild
	m["deleteBuild"] = (*call).deleteBuild
	m["resetBuild"] = (*call).resetBuild
	m["setBuildOwner"] = (*call).setBuildOwner
	m["setBuildTimestamp"] = (*call).setBuildTimestamp
	m["promoteBuild"] = (*call).promoteBuild
	m["buildReferences"] = (*call).buildReferences
	m["addBType"] = (*call).addBType
}

func (c *call) createEmptyBuild() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	n := newBuild{
		name: pyTextOr(c.arg("name")), version: pyTextOr(c.arg("version")), release: pyTextOr(c.arg("release")),
		epoch: c.arg("epoch"), state: buildComplete, draft: c.flag("draft"), strict: true,
	}
	if who := c.arg("owner"); who != nil {
		u, f := c.h.user(who, true)
		if f != nil {
			return nil, f
		}
		n.owner = u
	}
	b, f := c.addBuild(n)
	if f != nil {
		return nil, f
	}
	return b.id, nil
}

func (c *call) cancelBuild() (any, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("buildID"), c.flag("strict"))
	if f != nil || b == nil {
		return false, f
	}
	if b.owner != c.user && !c.isAdmin() {
		return nil, notAllowed("Cannot cancel build, not owner")
	}
	if b.state != buildBuilding {
		return false, nil
	}
	c.setBuildState(b, buildCanceled)
	if t := c.h.tasks.get(b.task); t != nil {
		c.cancel(t, true)
	}
	return true, nil
}

// tagsOf are the tags that a build is in, in the order in which it came there.
func (c *call) tagsOf(b *buildRow) []any {
	var in []*entryRow
	for _, t := range c.h.tags.rows {
		if e := t.entry(b, 0); e != nil {
			in = append(in, e)
		}
	}
	slices.SortStableFunc(in, func(a, b *entryRow) int { return cmp.Compare(a.created, b.created) })
	tags := []any{}
	for _, e := range in {
		tags = append(tags, record{"name": e.tag.name, "tag_id": e.tag.id})
	}
	return tags
}

func (c *call) deleteBuild() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	refuse := func(f *fault) (any, *fault) {
		if c.flag("strict") {
			return nil, f
		}
		return false, nil
	}
	if tags := c.tagsOf(b); len(tags) > 0 {
		return refuse(generic("Cannot delete build, tagged: %s", pyRepr(tags)))
	}
	age, _ := asInt(c.arg("min_ref_age"))
	var last time.Time
	for _, root := range c.h.roots.rows {
		for _, r := range root.rpms {
			if r.build == b && root.created.After(last) {
				last = root.created
			}
		}
	}
	if !last.IsZero() && c.h.now.Sub(last) < time.Duration(age)*time.Second {
		return refuse(generic("Cannot delete build, used in recent buildroots"))
	}
	for _, r := range b.rpms {
		c.dropSigs(r)
	}
	c.setBuildState(b, buildDeleted)
	return true, nil
}

func (c *call) resetBuild() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("build"), false)
	if f != nil || b == nil {
		return nil, f
	}
	for _, r := range b.rpms {
		c.h.rpms.remove(c.tx, r.id)
	}
	next := *b
	next.rpms, next.types, next.state, next.task = nil, map[string]record{}, buildCanceled, 0
	set(c.tx, b, next)
	for _, t := range c.h.tags.rows {
		if e := t.entry(b, 0); e != nil {
			c.revoke(&e.span)
			c.touch(t)
		}
	}
	return nil, nil
}

func (c *call) setBuildOwner() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	u, f := c.h.user(c.arg("user"), true)
	if f != nil {
		return nil, f
	}
	set(c.tx, &b.owner, u)
	return nil, nil
}

func (c *call) setBuildTimestamp() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	at, f := parseTime(c.arg("ts"))
	if f != nil {
		return nil, f
	}
	set(c.tx, &b.completed, at)
	return nil, nil
}

func (c *call) promoteBuild() (any, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	if !b.draft {
		return nil, generic("Cannot promote build %s. Reason: Not a draft build", b.nvr())
	}
	if b.state != buildComplete {
		return nil, generic("Cannot promote build %s. Reason: Not in COMPLETE state", b.nvr())
	}
	target := b.release[:len(b.release)-len(draftRelease("", b.id))]
	nvr := b.pkg.name + "-" + b.version + "-" + target
	if old := c.h.buildByNVR[nvr]; old != nil {
		return nil, generic("Cannot promote build %s. Reason: Target build already exists: %s (id=%d)", b.nvr(), nvr, old.id)
	}
	drop(c.tx, c.h.buildByNVR, b.nvr())
	next := *b
	next.release, next.draft, next.promoter, next.promoted = target, false, c.user, c.h.now
	set(c.tx, b, next)
	put(c.tx, c.h.buildByNVR, nvr, b)
	for _, r := range b.rpms {
		set(c.tx, &r.draft, false)
	}
	return b.record(), nil
}

func (c *call) buildReferences() (any, *fault) {
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	most, limited := asInt(c.arg("limit"))
	lazy := c.flag("lazy")
	r := record{"tags": c.tagsOf(b)}
	if lazy && len(r["tags"].([]any)) > 0 {
		return r, nil
	}
	rpms := []any{}
	var last time.Time
	seen := map[*rpmRow]bool{}
	for _, root := range c.h.roots.rows {
		for _, used := range root.rpms {
			if used.build != b {
				continue
			}
			if root.retired.After(last) {
				last = root.retired
			}
			for _, made := range c.h.rpms.rows {
				if made.root == root && !seen[made] && !(limited && len(rpms) >= most) {
					seen[made] = true
					rpms = append(rpms, record{
						"id": made.id, "name": made.name, "version": made.version, "release": made.release,
						"arch": made.arch, "build_id": made.build.id,
					})
				}
			}
		}
	}
	r["rpms"], r["component_of"], r["archives"], r["images"] = rpms, []any{}, []any{}, []any{}
	r["last_used"] = timeNumber(last)
	return r, nil
}

func (c *call) addBType() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	name, f := checkInternalName(c.arg("name"))
	if f != nil {
		return nil, f
	}
	if c.h.btype(name) != nil {
		return nil, generic("btype already exists")
	}
	c.newBType(name)
	return nil, nil
}

func (c *call) newBType(name string) {
	t := &btypeRow{c.h.btypes.next(), name}
	c.h.btypes.insert(c.tx, t.id, t)
}

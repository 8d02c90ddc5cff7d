// SPDX-License-Identifier: MIT

package kojitest

func packageEditMethods(m map[string]handler) {
	m["packageListAdd"] = func(c *call) (any, *fault) {
		return nil, c.listPackage(listing{
			owner: c.arg("owner"), block: c.arg("block"), arches: c.arg("extra_arches"),
			force: c.flag("force"), update: c.flag("update"),
		})
	}
	m["packageListBlock"] = func(c *call) (any, *fault) {
		return nil, c.listPackage(listing{block: true, force: c.flag("force"), update: true})
	}
	m["packageListUnblock"] = (*call).packageListUnblock
	m["packageListSetOwner"] = func(c *call) (any, *fault) {
		return nil, c.listPackage(listing{owner: c.arg("owner"), force: c.flag("force"), update: true})
	}
	m["packageListSetArches"] = func(c *call) (any, *fault) {
		return nil, c.listPackage(listing{arches: c.arg("arches"), force: c.flag("force"), update: true})
	}
	m["packageListRemove"] = (*call).packageListRemove
}

// A listing is a wanted change of a package's entry in a tag; nil members
// stay as they are.
type listing struct {
	owner, block, arches any
	force, update        bool
}

// packagePolicy is the hub's default policy for package lists.
func (c *call) packagePolicy() *fault {
	if f := c.login(); f != nil {
		return f
	}
	if !c.isAdmin() && !c.user.has("tag") {
		return notAllowed("policy violation (package_list): Only admin/tag can do this via default policy")
	}
	return nil
}

func (c *call) listPackage(want listing) *fault {
	h := c.h
	if f := c.login(); f != nil {
		return f
	}
	t, f := h.tag(c.arg("taginfo"), true)
	if f != nil {
		return f
	}
	var owner *userRow
	if want.owner != nil {
		if owner, f = h.user(want.owner, true); f != nil {
			return f
		}
	}
	info := c.arg("pkginfo")
	p, f := h.pkg(info)
	if f != nil {
		return f
	}
	if p == nil && want.update {
		return generic("No such package: %s", pyText(info))
	}
	if f := c.packagePolicy(); f != nil {
		return f
	}
	if p == nil {
		name, f := checkInternalName(info)
		if f != nil {
			return f
		}
		p = c.addPackage(name)
	}
	near, known := h.packageOf(t, p, 0)
	if want.update && !known && !want.force {
		return tagError("No such package %s in tag %s", p.name, t.name)
	}
	blocked, arches := truth(want.block), want.arches
	old := owner
	if known {
		if want.block == nil {
			blocked = near.blocked
		}
		if arches == nil {
			arches = near.extraArches
		}
		old = near.owner(0)
		if near.blocked && !blocked && !want.force && !want.update && want.block == nil {
			return notAllowed("package %s is blocked in tag %s", p.name, near.tag.name)
		}
	}
	if owner == nil {
		owner = old
	}
	if owner == nil {
		owner = c.user
	}
	if known && !want.force && near.blocked == blocked && compareValues(near.extraArches, arches) == 0 && old == owner {
		return nil
	}
	changed := !known || near.blocked != blocked || compareValues(near.extraArches, arches) != 0 || want.force
	if changed {
		c.enlist(t, p, blocked, arches)
	}
	if changed || old != owner { // an entry of the tag's own has an owner of its own
		c.setOwner(t, p, owner)
	}
	return nil
}

// enlist writes a package's entry in a tag.
func (c *call) enlist(t *tagRow, p *packageRow, blocked bool, arches any) {
	if l := t.listedAt(p.id, 0); l != nil {
		c.revoke(&l.span)
	}
	row := &listedRow{span: c.fresh(), pkg: p, blocked: blocked, extraArches: arches}
	push(c.tx, &t.listed, row)
	put(c.tx, t.listedOf, p.id, append(t.listedOf[p.id][:len(t.listedOf[p.id]):len(t.listedOf[p.id])], row))
	c.touch(t)
	c.h.stale(c, t)
}

func (c *call) setOwner(t *tagRow, p *packageRow, owner *userRow) {
	if o := t.ownerAt(p.id, 0); o != nil {
		c.revoke(&o.span)
	}
	row := &ownerRow{span: c.fresh(), owner: owner}
	put(c.tx, t.ownerOf, p.id, append(t.ownerOf[p.id][:len(t.ownerOf[p.id]):len(t.ownerOf[p.id])], row))
}

func (c *call) packageListUnblock() (any, *fault) {
	h := c.h
	if f := c.login(); f != nil {
		return nil, f
	}
	t, f := h.tag(c.arg("taginfo"), true)
	if f != nil {
		return nil, f
	}
	p, f := h.needPkg(c.arg("pkginfo"))
	if f != nil {
		return nil, f
	}
	if f := c.packagePolicy(); f != nil {
		return nil, f
	}
	near, known := h.packageOf(t, p, 0)
	if !known {
		return nil, generic("no data (blocked or otherwise) for package %s in tag %s", p.name, t.name)
	}
	if !near.blocked {
		return nil, generic("package %s NOT blocked in tag %s", p.name, t.name)
	}
	if near.tag != t {
		c.enlist(t, p, false, near.extraArches)
		return nil, nil
	}
	c.revoke(&near.span)
	c.touch(t)
	if up, ok := h.packageOf(t, p, 0); !ok || up.blocked {
		c.enlist(t, p, false, near.extraArches)
	}
	return nil, nil
}

func (c *call) packageListRemove() (any, *fault) {
	h := c.h
	if f := c.login(); f != nil {
		return nil, f
	}
	t, f := h.tag(c.arg("taginfo"), true)
	if f != nil {
		return nil, f
	}
	p, f := h.needPkg(c.arg("pkginfo"))
	if f != nil {
		return nil, f
	}
	if f := c.packagePolicy(); f != nil {
		return nil, f
	}
	if !c.flag("force") {
		for _, e := range t.entryOf[p.id] {
			if e.at(0) {
				return nil, generic("Package %s has builds in tag %s", p.name, t.name)
			}
		}
	}
	if l := t.listedAt(p.id, 0); l != nil {
		c.revoke(&l.span)
		c.touch(t)
		h.stale(c, t)
	}
	if o := t.ownerAt(p.id, 0); o != nil {
		c.revoke(&o.span)
	}
	return nil, nil
}

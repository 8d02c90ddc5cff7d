// SPDX-License-Identifier: MIT

package kojitest

func snapshotMethods(m map[string]handler) {
	m["snapshotTag"] = func(c *call) (any, *fault) { return c.snapshot(false) }
	m["snapshotTagModify"] = func(c *call) (any, *fault) { return c.snapshot(true) }
}

// snapshot copies a tag: into one that must not exist, or into one that does.
func (c *call) snapshot(modify bool) (any, *fault) {
	h := c.h
	if f := c.perm("tag"); f != nil {
		return nil, f
	}
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	src, f := h.tagAt(c.arg("src"), true, event)
	if f != nil {
		return nil, f
	}
	dst, f := h.tag(c.arg("dst"), false)
	if f != nil {
		return nil, f
	}
	cfg := src.config(event)
	switch {
	case modify && dst == nil:
		return nil, generic("No such tagInfo: %s", pyRepr(c.arg("dst")))
	case !modify && dst != nil:
		return nil, generic("Target tag already exists")
	case dst == nil:
		name, f := checkInternalName(c.arg("dst"))
		if f != nil {
			return nil, f
		}
		s := tagSettings{}
		if c.flag("config") {
			s = tagSettings{arches: cfg.arches, perm: cfg.perm, mavenSupport: cfg.mavenSupport, mavenIncludeAll: cfg.mavenIncludeAll}
		}
		dst = c.addTag(name, s)
	case dst.config(0).locked && !c.flag("force"):
		return nil, generic("Destination tag is locked, use force to edit")
	}
	if c.flag("config") {
		extra := src.extraAt(event)
		for _, key := range sortedKeys(extra) {
			if e := extra[key]; !e.blocked {
				c.setExtra(dst, key, e.value, false)
			}
		}
	}
	if c.flag("pkgs") {
		for _, l := range h.packageList(src, event, true, false) {
			if _, listed := h.packageOf(dst, l.pkg, 0); listed {
				continue
			}
			c.enlist(dst, l.pkg, l.blocked, l.extraArches)
			if owner := l.owner(event); owner != nil {
				c.setOwner(dst, l.pkg, owner)
			}
		}
	}
	if c.flag("builds") {
		q := tagQuery{event: event, inherit: c.flag("inherit_builds")}
		if c.flag("latest_only") {
			q.latest = 1
		}
		c.copyBuilds(dst, h.tagged(src, q), modify && c.args["remove"] != nil && c.flag("remove"))
	}
	if c.flag("groups") {
		c.copyGroups(src, dst, event)
	}
	h.stale(c, dst)
	return nil, nil
}

// copyBuilds tags builds in the order of the source, oldest first; with
// remove, builds that the source does not have leave.
func (c *call) copyBuilds(dst *tagRow, list []*entryRow, remove bool) {
	wanted := map[*buildRow]bool{}
	for i := len(list) - 1; i >= 0; i-- {
		b := list[i].build
		wanted[b] = true
		if dst.entry(b, 0) == nil {
			c.place(dst, b)
			c.tx.event = nil
		}
	}
	if !remove {
		return
	}
	for _, e := range dst.listing {
		if e.at(0) && !wanted[e.build] {
			c.revoke(&e.span)
			c.touch(dst)
		}
	}
}

func (c *call) copyGroups(src, dst *tagRow, event int) {
	for _, one := range c.h.changeTags(src, true) {
		for _, g := range one.groups {
			cfg := g.config(event)
			if cfg == nil || dst.group(g.name) != nil {
				continue
			}
			to := &groupRow{name: g.name}
			push(c.tx, &dst.groups, to)
			push(c.tx, &to.conf, &groupConfig{span: c.fresh(), values: cfg.values, blocked: cfg.blocked})
			for _, p := range g.pkgs {
				if p.at(event) {
					push(c.tx, &to.pkgs, &groupPackage{span: c.fresh(), name: p.name, values: p.values, blocked: p.blocked})
				}
			}
			for _, q := range g.reqs {
				if q.at(event) {
					push(c.tx, &to.reqs, &groupReq{span: c.fresh(), req: q.req, values: q.values, blocked: q.blocked})
				}
			}
			c.touch(dst)
		}
	}
}

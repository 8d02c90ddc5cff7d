// SPDX-License-Identifier: MIT

package kojitest

import "maps"

// groupArgs checks the permission and finds tag and group. The group is nil
// when the tag has none of that name, unless create is set.
func (c *call) groupArgs(create bool) (*tagRow, *groupName, *groupRow, *fault) {
	if f := c.perm("tag"); f != nil {
		return nil, nil, nil, f
	}
	t, f := c.h.tag(c.arg("taginfo"), true)
	if f != nil {
		return nil, nil, nil, f
	}
	name, f := c.groupNamed(c.arg("grpinfo"), create)
	if f != nil {
		return nil, nil, nil, f
	}
	g := t.group(name)
	if g == nil && create {
		g = &groupRow{name: name}
		push(c.tx, &t.groups, g)
	}
	return t, name, g, nil
}

// inheritedGroup reports whether the tag or one it inherits from has a group.
func (c *call) inheritedGroup(t *tagRow, name *groupName) *groupConfig {
	for _, one := range c.h.changeTags(t, true) {
		if g := one.group(name); g != nil {
			if cfg := g.config(0); cfg != nil {
				return cfg
			}
		}
	}
	return nil
}

func (c *call) groupListAdd() (any, *fault) { return nil, c.setGroup(c.kw, c.flag("block")) }

func (c *call) setGroup(opts record, block bool) *fault {
	t, name, g, f := c.groupArgs(true)
	if f != nil {
		return f
	}
	values := record{
		"display_name": name.name, "is_default": nil, "uservisible": true, "description": nil, "langonly": nil,
		"biarchonly": false, "exported": true,
	}
	if old := c.inheritedGroup(t, name); old != nil {
		if old.blocked && !block && !c.flag("force") {
			return generic("group is blocked: %s", name.name)
		}
		maps.Copy(values, old.values)
	}
	for k, v := range opts {
		if _, ok := values[k]; !ok {
			return parameter("grplist_add() got an unexpected keyword argument '%s'", k)
		}
		values[k] = v
	}
	if cfg := g.config(0); cfg != nil {
		c.revoke(&cfg.span)
	}
	push(c.tx, &g.conf, &groupConfig{span: c.fresh(), values: values, blocked: block})
	c.touch(t)
	return nil
}

func (c *call) groupListRemove() (any, *fault) {
	t, name, g, f := c.groupArgs(false)
	if f != nil {
		return nil, f
	}
	if g == nil || g.config(0) == nil {
		return nil, generic("No such group: %s, %s", t.name, name.name)
	}
	c.revoke(&g.config(0).span)
	if c.flag("force") {
		for _, p := range g.pkgs {
			if p.at(0) {
				c.revoke(&p.span)
			}
		}
		for _, q := range g.reqs {
			if q.at(0) {
				c.revoke(&q.span)
			}
		}
	}
	c.touch(t)
	return nil, nil
}

func (c *call) groupListUnblock() (any, *fault) {
	t, name, g, f := c.groupArgs(false)
	if f != nil {
		return nil, f
	}
	if g == nil || g.config(0) == nil {
		return nil, generic("group not found: %s", name.name)
	}
	if !g.config(0).blocked {
		return nil, generic("group %s is NOT blocked in tag %s", name.name, t.name)
	}
	c.revoke(&g.config(0).span)
	c.touch(t)
	return nil, nil
}

// filledGroup finds a group that is in the tag or inherited and not blocked.
func (c *call) filledGroup(create bool) (*tagRow, *groupRow, *fault) {
	t, name, g, f := c.groupArgs(false)
	if f != nil {
		return nil, nil, f
	}
	cfg := c.inheritedGroup(t, name)
	if cfg == nil {
		return nil, nil, generic("group %s not present in tag %s", name.name, t.name)
	}
	if cfg.blocked {
		return nil, nil, generic("group %s is blocked in tag %s", name.name, t.name)
	}
	if g == nil && create {
		g = &groupRow{name: name}
		push(c.tx, &t.groups, g)
	}
	return t, g, nil
}

func (g *groupRow) pkg(name string) *groupPackage {
	if g == nil {
		return nil
	}
	for _, p := range g.pkgs {
		if p.name == name && p.at(0) {
			return p
		}
	}
	return nil
}

func (g *groupRow) req(name *groupName) *groupReq {
	if g == nil {
		return nil
	}
	for _, q := range g.reqs {
		if q.req == name && q.at(0) {
			return q
		}
	}
	return nil
}

func (c *call) groupPackageAdd() (any, *fault) {
	return nil, c.setGroupPackage(c.kw, c.flag("block"))
}

func (c *call) setGroupPackage(opts record, block bool) *fault {
	name := pyText(c.arg("pkg_name"))
	t, g, f := c.filledGroup(true)
	if f != nil {
		return f
	}
	values := record{"type": "mandatory", "basearchonly": nil, "requires": nil}
	if old := g.pkg(name); old != nil {
		if old.blocked && !block && !c.flag("force") {
			return generic("package %s is blocked in group %s, tag %s", name, g.name.name, t.name)
		}
		maps.Copy(values, old.values)
		c.revoke(&old.span)
	}
	for k, v := range opts {
		if _, ok := values[k]; !ok {
			return parameter("grp_pkg_add() got an unexpected keyword argument '%s'", k)
		}
		values[k] = v
	}
	push(c.tx, &g.pkgs, &groupPackage{span: c.fresh(), name: name, values: values, blocked: block})
	c.touch(t)
	return nil
}

func (c *call) groupPackageRemove() (any, *fault) {
	t, g, f := c.filledGroup(false)
	if f != nil {
		return nil, f
	}
	if p := g.pkg(pyText(c.arg("pkg_name"))); p != nil {
		c.revoke(&p.span)
		c.touch(t)
	}
	return nil, nil
}

func (c *call) groupPackageUnblock() (any, *fault) {
	t, g, f := c.filledGroup(false)
	if f != nil {
		return nil, f
	}
	p := g.pkg(pyText(c.arg("pkg_name")))
	if p == nil || !p.blocked {
		return nil, generic("package %s is NOT blocked in group %s, tag %s", pyText(c.arg("pkg_name")), pyText(c.arg("grpinfo")), t.name)
	}
	c.revoke(&p.span)
	c.touch(t)
	return nil, nil
}

func (c *call) groupReqAdd() (any, *fault) { return nil, c.setGroupReq(c.kw, c.flag("block")) }

func (c *call) setGroupReq(opts record, block bool) *fault {
	t, g, f := c.filledGroup(true)
	if f != nil {
		return f
	}
	req, f := c.groupNamed(c.arg("reqinfo"), false)
	if f != nil {
		return f
	}
	values := record{"type": "mandatory", "is_metapkg": false}
	if old := g.req(req); old != nil {
		if old.blocked && !block && !c.flag("force") {
			return generic("requirement %s is blocked in group %s, tag %s", req.name, g.name.name, t.name)
		}
		maps.Copy(values, old.values)
		c.revoke(&old.span)
	}
	for k, v := range opts {
		if _, ok := values[k]; !ok {
			return parameter("grp_req_add() got an unexpected keyword argument '%s'", k)
		}
		values[k] = v
	}
	push(c.tx, &g.reqs, &groupReq{span: c.fresh(), req: req, values: values, blocked: block})
	c.touch(t)
	return nil
}

func (c *call) groupReqRemove() (any, *fault) {
	t, g, f := c.filledGroup(false)
	if f != nil {
		return nil, f
	}
	req, f := c.groupNamed(c.arg("reqinfo"), false)
	if f != nil {
		return nil, f
	}
	if q := g.req(req); q != nil {
		c.revoke(&q.span)
		c.touch(t)
	}
	return nil, nil
}

func (c *call) groupReqUnblock() (any, *fault) {
	t, g, f := c.filledGroup(false)
	if f != nil {
		return nil, f
	}
	req, f := c.groupNamed(c.arg("reqinfo"), false)
	if f != nil {
		return nil, f
	}
	q := g.req(req)
	if q == nil || !q.blocked {
		return nil, generic("req %s is NOT blocked in group %s, tag %s", req.name, g.name.name, t.name)
	}
	c.revoke(&q.span)
	c.touch(t)
	return nil, nil
}

// SPDX-License-Identifier: MIT

package kojitest

// A groupRow is a package group in a tag.
type groupRow struct {
	name *groupName
	conf []*groupConfig
	pkgs []*groupPackage
	reqs []*groupReq
}

// A groupName gives a group its id, the same in every tag.
type groupName struct {
	id   int
	name string
}

type groupConfig struct {
	span
	values  record
	blocked bool
}

type groupPackage struct {
	span
	name    string
	values  record
	blocked bool
}

type groupReq struct {
	span
	req     *groupName
	values  record
	blocked bool
}

func (t *tagRow) groupChanges(visit func(*span)) {
	for _, g := range t.groups {
		for _, r := range g.conf {
			visit(&r.span)
		}
		for _, r := range g.pkgs {
			visit(&r.span)
		}
		for _, r := range g.reqs {
			visit(&r.span)
		}
	}
}

func groupMethods(m map[string]handler) {
	m["getTagGroups"] = (*call).getTagGroups
	m["groupListAdd"] = (*call).groupListAdd
	m["groupListRemove"] = (*call).groupListRemove
	m["groupListBlock"] = func(c *call) (any, *fault) { return nil, c.setGroup(nil, true) }
	m["groupListUnblock"] = (*call).groupListUnblock
	m["groupPackageListAdd"] = (*call).groupPackageAdd
	m["groupPackageListRemove"] = (*call).groupPackageRemove
	m["groupPackageListBlock"] = func(c *call) (any, *fault) { return nil, c.setGroupPackage(nil, true) }
	m["groupPackageListUnblock"] = (*call).groupPackageUnblock
	m["groupReqListAdd"] = (*call).groupReqAdd
	m["groupReqListRemove"] = (*call).groupReqRemove
	m["groupReqListBlock"] = func(c *call) (any, *fault) { return nil, c.setGroupReq(nil, true) }
	m["groupReqListUnblock"] = (*call).groupReqUnblock
}

func (g *groupRow) config(event int) *groupConfig {
	for i := len(g.conf) - 1; i >= 0; i-- {
		if g.conf[i].at(event) {
			return g.conf[i]
		}
	}
	return nil
}

func (t *tagRow) group(name *groupName) *groupRow {
	for _, g := range t.groups {
		if g.name == name {
			return g
		}
	}
	return nil
}

// groupNamed finds the id of a group's name; with create, one is made.
func (c *call) groupNamed(info any, create bool) (*groupName, *fault) {
	for _, n := range c.h.groups.rows {
		if info == n.name || equal(info, n.id) {
			return n, nil
		}
	}
	if !create {
		return nil, generic("No such entry in table groups: %s", pyText(info))
	}
	name, f := checkInternalName(info)
	if f != nil {
		return nil, f
	}
	n := &groupName{id: c.h.groups.next(), name: name}
	c.h.groups.insert(c.tx, n.id, n)
	return n, nil
}

func (c *call) getTagGroups() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	t, f := c.h.tagAt(c.arg("tag"), true, event)
	if f != nil {
		return nil, f
	}
	tags := []*tagRow{t}
	if c.flag("inherit") {
		for _, s := range c.h.inheritance(t, event) {
			tags = append(tags, s.parent)
		}
	}
	var order []record
	byName := map[*groupName]record{}
	for _, one := range tags {
		for _, g := range one.groups {
			if cfg := g.config(event); cfg != nil && byName[g.name] == nil {
				r := record{"packagelist": []any{}, "grouplist": []any{}, "blocked": cfg.blocked, "tag_id": one.id,
					"group_id": g.name.id, "name": g.name.name}
				for k, v := range cfg.values {
					r[k] = v
				}
				byName[g.name] = r
				order = append(order, r)
			}
		}
	}
	blocked := c.flag("incl_blocked")
	seen := map[string]bool{}
	for _, one := range tags {
		for _, g := range one.groups {
			r := byName[g.name]
			if r == nil {
				continue
			}
			if c.flag("incl_pkgs") {
				for _, p := range g.pkgs {
					if key := "p" + g.name.name + "/" + p.name; p.at(event) && !seen[key] {
						seen[key] = true
						if !p.blocked || blocked {
							r["packagelist"] = append(r["packagelist"].([]any), p.record(one, g))
						}
					}
				}
			}
			if c.flag("incl_reqs") {
				for _, q := range g.reqs {
					if key := "g" + g.name.name + "/" + q.req.name; q.at(event) && byName[q.req] != nil && !seen[key] {
						seen[key] = true
						if !q.blocked || blocked {
							r["grouplist"] = append(r["grouplist"].([]any), q.record(one, g))
						}
					}
				}
			}
		}
	}
	rows := []any{}
	for _, r := range order {
		if blocked || !truth(r["blocked"]) {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func (p *groupPackage) record(t *tagRow, g *groupRow) record {
	r := record{"package": p.name, "blocked": p.blocked, "tag_id": t.id, "group_id": g.name.id}
	for k, v := range p.values {
		r[k] = v
	}
	return r
}

func (q *groupReq) record(t *tagRow, g *groupRow) record {
	r := record{"req_id": q.req.id, "name": q.req.name, "blocked": q.blocked, "tag_id": t.id, "group_id": g.name.id}
	for k, v := range q.values {
		r[k] = v
	}
	return r
}

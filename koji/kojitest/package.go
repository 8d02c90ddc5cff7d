// SPDX-License-Identifier: MIT

package kojitest

import (
	"strings"
)

type packageRow struct {
	id   int
	name string
}

// A listedRow is a package's entry in a tag's package list.
type listedRow struct {
	span
	pkg         *packageRow
	blocked     bool
	extraArches any
}

type ownerRow struct {
	span
	owner *userRow
}

func (t *tagRow) listedAt(pkg, event int) *listedRow {
	rows := t.listedOf[pkg]
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].at(event) {
			return rows[i]
		}
	}
	return nil
}

func (t *tagRow) ownerAt(pkg, event int) *ownerRow {
	rows := t.ownerOf[pkg]
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].at(event) {
			return rows[i]
		}
	}
	return nil
}

// pkg finds a package by name, id or struct; nil when there is none.
func (h *Hub) pkg(info any) (*packageRow, *fault) {
	switch v := info.(type) {
	case string:
		return h.packageByName[v], nil
	case map[string]any:
		if v["id"] != nil {
			return h.pkg(v["id"])
		}
		if v["name"] != nil {
			return h.pkg(v["name"])
		}
	default:
		if n, ok := asInt(info); ok {
			return h.packages.get(n), nil
		}
	}
	return nil, parameter("Invalid name or id value: %s", pyRepr(info))
}

// needPkg finds a package that must exist.
func (h *Hub) needPkg(info any) (*packageRow, *fault) {
	p, f := h.pkg(info)
	if f == nil && p == nil {
		f = generic("No such entry in table package: %s", pyText(info))
	}
	return p, f
}

func (c *call) addPackage(name string) *packageRow { return c.newPackage(0, name) }

// newPackage makes a package with a given id; 0 takes the next one.
func (c *call) newPackage(id int, name string) *packageRow {
	if id == 0 {
		id = c.h.packages.next()
	}
	p := &packageRow{id: id, name: name}
	c.h.packages.insert(c.tx, p.id, p)
	put(c.tx, c.h.packageByName, name, p)
	return p
}

// A listedPkg is a package of a tag, own or inherited.
type listedPkg struct {
	*listedRow
	tag *tagRow
}

func (l listedPkg) owner(event int) *userRow {
	if o := l.tag.ownerAt(l.pkg.id, event); o != nil {
		return o.owner
	}
	return nil
}

// packageOf is the entry of one package that counts for a tag: the nearest.
func (h *Hub) packageOf(t *tagRow, p *packageRow, event int) (listedPkg, bool) {
	if l := t.listedAt(p.id, event); l != nil {
		return listedPkg{l, t}, true
	}
	for _, s := range h.inheritance(t, event) {
		if l := s.parent.listedAt(p.id, event); l != nil && s.passes(p.name) {
			return listedPkg{l, s.parent}, true
		}
	}
	return listedPkg{}, false
}

// packageList is a tag's package list, nearest entries first; with dups, also
// those that a nearer tag hides.
func (h *Hub) packageList(t *tagRow, event int, inherit, dups bool) []listedPkg {
	var list []listedPkg
	seen := make(map[int]bool, len(t.listed))
	add := func(from *tagRow, s *step) {
		for _, l := range from.listed {
			if !l.at(event) || s != nil && !s.passes(l.pkg.name) || seen[l.pkg.id] && (s != nil && !dups) {
				continue
			}
			seen[l.pkg.id] = true
			list = append(list, listedPkg{l, from})
		}
	}
	add(t, nil)
	if inherit {
		for _, s := range h.inheritance(t, event) {
			add(s.parent, &s)
		}
	}
	return list
}

func packageMethods(m map[string]handler) {
	m["getPackage"] = (*call).getPackage
	m["getPackageID"] = (*call).getPackageID
	m["listPackages"] = (*call).listPackages
	m["listPackagesSimple"] = (*call).listPackagesSimple
	m["getPackageConfig"] = (*call).getPackageConfig
	m["checkTagPackage"] = (*call).checkTagPackage
	packageEditMethods(m)
}

func (c *call) getPackage() (any, *fault) {
	p, f := c.h.pkg(c.arg("info"))
	if f != nil {
		return nil, f
	}
	if p == nil && c.flag("create") {
		if f := c.perm("admin"); f != nil {
			return nil, f
		}
		name, f := checkInternalName(c.arg("info"))
		if f != nil {
			return nil, f
		}
		p = c.addPackage(name)
	}
	if p == nil {
		if c.flag("strict") {
			return nil, generic("No such entry in table package: %s", pyText(c.arg("info")))
		}
		return nil, nil
	}
	return record{"id": p.id, "name": p.name}, nil
}

func (c *call) getPackageID() (any, *fault) {
	name, _ := c.arg("name").(string)
	if p := c.h.packageByName[name]; p != nil {
		return p.id, nil
	}
	if c.flag("strict") {
		return nil, generic("No such entry in table package: %s", pyText(c.arg("name")))
	}
	return nil, nil
}

func (c *call) listPackagesSimple() (any, *fault) {
	prefix, f := c.text("prefix")
	if f != nil {
		return nil, f
	}
	rows := []record{}
	for _, p := range c.h.packages.rows {
		if strings.HasPrefix(p.name, prefix) {
			rows = append(rows, record{"package_id": p.id, "package_name": p.name})
		}
	}
	return applyQuery(rows, c.structArg("queryOpts"), "package_name")
}

func (c *call) listPackages() (any, *fault) {
	h := c.h
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	prefix, f := c.text("prefix")
	if f != nil {
		return nil, f
	}
	var t *tagRow
	if info := c.arg("tagID"); info != nil {
		if t, f = h.tagAt(info, true, event); f != nil {
			return nil, f
		}
	}
	var u *userRow
	if info := c.arg("userID"); info != nil {
		if u, f = h.user(info, true); f != nil {
			return nil, f
		}
	}
	var p *packageRow
	if info := c.arg("pkgID"); info != nil {
		if p, f = h.needPkg(info); f != nil {
			return nil, f
		}
	}
	var rows []record
	if t == nil && u == nil && p == nil {
		for _, p := range h.packages.rows {
			if strings.HasPrefix(p.name, prefix) {
				rows = append(rows, record{"package_id": p.id, "package_name": p.name})
			}
		}
		return applyQuery(rows, c.structArg("queryOpts"), "package_id")
	}
	tags := h.tags.rows
	if t != nil {
		tags = []*tagRow{t}
	}
	owners := c.flag("with_owners") || u != nil
	at := map[int]int{} // without a tag, a package is listed once: as in the last tag
	for _, from := range tags {
		if from.config(event) == nil {
			continue
		}
		for _, l := range h.packageList(from, event, t != nil && c.flag("inherited"), c.flag("with_dups")) {
			owner := l.owner(event)
			if !strings.HasPrefix(l.pkg.name, prefix) || p != nil && l.pkg != p || u != nil && owner != u ||
				l.blocked && !c.flag("with_blocked") {
				continue
			}
			if i, again := at[l.pkg.id]; again && t == nil && !c.flag("with_dups") {
				rows[i] = l.record(owners, owner)
				continue
			}
			at[l.pkg.id] = len(rows)
			rows = append(rows, l.record(owners, owner))
		}
	}
	return applyQuery(rows, c.structArg("queryOpts"), "")
}

func (l listedPkg) record(owners bool, owner *userRow) record {
	r := record{
		"package_id": l.pkg.id, "package_name": l.pkg.name, "tag_id": l.tag.id, "tag_name": l.tag.name,
		"blocked": l.blocked, "extra_arches": l.extraArches,
	}
	if owners {
		r["owner_id"], r["owner_name"] = nil, nil
		if owner != nil {
			r["owner_id"], r["owner_name"] = owner.id, owner.name
		}
	}
	return r
}

func (c *call) getPackageConfig() (any, *fault) {
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	t, f := c.h.tagAt(c.arg("tag"), false, event)
	if f != nil || t == nil {
		return nil, f
	}
	p, f := c.h.pkg(c.arg("pkg"))
	if f != nil || p == nil {
		return nil, f
	}
	l, ok := c.h.packageOf(t, p, event)
	if !ok {
		return nil, nil
	}
	return l.record(true, l.owner(event)), nil
}

func (c *call) checkTagPackage() (any, *fault) {
	t, f := c.h.tag(c.arg("tag"), false)
	if f != nil || t == nil {
		return false, f
	}
	p, f := c.h.pkg(c.arg("pkg"))
	if f != nil || p == nil {
		return false, f
	}
	l, ok := c.h.packageOf(t, p, 0)
	return ok && !l.blocked, nil
}

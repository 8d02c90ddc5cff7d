// SPDX-License-Identifier: MIT

package kojitest

import (
	"regexp"
	"slices"
	"strings"
)

// Kinds of users.
const (
	kindPerson = 0
	kindHost   = 1
	kindGroup  = 2
)

type userRow struct {
	id         int
	name       string
	password   string
	kind       int
	blocked    bool
	principals []string
	grants     []*grantRow
	groups     []*memberRow // that the user is in
}

type permRow struct {
	id          int
	name        string
	description string
}

type grantRow struct {
	span
	perm *permRow
}

type memberRow struct {
	span
	group *userRow
}

// has reports a permission held directly or through a group.
func (u *userRow) has(perm string) bool {
	for _, g := range u.grants {
		if g.at(0) && g.perm.name == perm {
			return true
		}
	}
	for _, m := range u.groups {
		if m.at(0) && m.group.has(perm) {
			return true
		}
	}
	return false
}

// sources tells for each permission who gives it: nil is the user, otherwise
// the name of a group.
func (u *userRow) permSources() map[string][]any {
	from := map[string][]any{}
	for _, g := range u.grants {
		if g.at(0) {
			from[g.perm.name] = append(from[g.perm.name], nil)
		}
	}
	for _, m := range u.groups {
		if !m.at(0) {
			continue
		}
		for _, g := range m.group.grants {
			if g.at(0) {
				from[g.perm.name] = append(from[g.perm.name], m.group.name)
			}
		}
	}
	return from
}

func (u *userRow) record(principals bool) record {
	status := 0
	if u.blocked {
		status = 1
	}
	r := record{"id": u.id, "name": u.name, "status": status, "usertype": u.kind}
	if principals {
		r["krb_principals"] = texts(u.principals)
	}
	return r
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// user finds a user by name, id, principal or struct.
func (h *Hub) user(info any, strict bool) (*userRow, *fault) {
	var u *userRow
	switch v := info.(type) {
	case string:
		if u = h.userByName[v]; u == nil {
			u = h.principal(v)
		}
	case map[string]any:
		switch {
		case v["id"] != nil:
			n, _ := asInt(v["id"])
			u = h.users.get(n)
		case v["name"] != nil:
			u = h.userByName[pyText(v["name"])]
		case v["krb_principal"] != nil:
			u = h.principal(pyText(v["krb_principal"]))
		}
	default:
		n, ok := asInt(info)
		if !ok {
			return nil, generic("Invalid type for userInfo: %s", pyType(info))
		}
		u = h.users.get(n)
	}
	if u == nil && strict {
		return nil, generic("No such user: %s", pyRepr(info))
	}
	return u, nil
}

func (h *Hub) principal(name string) *userRow {
	for _, u := range h.users.rows {
		if slices.Contains(u.principals, name) {
			return u
		}
	}
	return nil
}

// loginUser is the user of a certificate or principal; a principal that is
// new makes a user of the part before the @.
func (c *call) loginUser(who string) *userRow {
	h := c.h
	if u := h.userByName[who]; u != nil {
		return u
	}
	if u := h.principal(who); u != nil {
		return u
	}
	name, _, isPrincipal := strings.Cut(who, "@")
	if !isPrincipal {
		return c.addUser(who, kindPerson)
	}
	u := h.userByName[name]
	if u == nil {
		u = c.addUser(name, kindPerson)
	}
	push(c.tx, &u.principals, who)
	return u
}

func (c *call) addUser(name string, kind int) *userRow {
	h := c.h
	u := &userRow{id: h.users.next(), name: name, kind: kind}
	h.users.insert(c.tx, u.id, u)
	put(c.tx, h.userByName, name, u)
	return u
}

func (c *call) grant(u *userRow, p *permRow) {
	push(c.tx, &u.grants, &grantRow{span: c.fresh(), perm: p})
}

func (h *Hub) perm(info any) *permRow {
	if n, ok := asInt(info); ok {
		return h.perms.get(n)
	}
	for _, p := range h.perms.rows {
		if p.name == info {
			return p
		}
	}
	return nil
}

func (c *call) addPerm(name, description string) *permRow {
	p := &permRow{id: c.h.perms.next(), name: name, description: description}
	c.h.perms.insert(c.tx, p.id, p)
	return p
}

var (
	internalName = regexp.MustCompile(`^[A-Za-z0-9/_.+-]+$`)
	userName     = regexp.MustCompile(`^[A-Za-z0-9/_.@-]+$`)
)

// checkName holds the name rules of the hub's default configuration.
func checkName(v any, rule *regexp.Regexp, option string) (string, *fault) {
	name, ok := v.(string)
	if !ok {
		return "", parameter("Invalid type for value '%s': %s", pyText(v), pyType(v))
	}
	if len(name) > 256 {
		limit := "MaxNameLengthInternal"
		return "", generic("Value %s is over the maximum length of 256 allowed by %s", name, limit)
	}
	if !rule.MatchString(name) {
		return "", generic("Name %s does not match %s value", name, option)
	}
	return name, nil
}

func checkInternalName(v any) (string, *fault) {
	return checkName(v, internalName, "RegexNameInternal")
}

func userMethods(m map[string]handler) {
	m["getUser"] = (*call).getUser
	m["listUsers"] = (*call).listUsers
	m["getPerms"] = (*call).getPerms
	m["hasPerm"] = (*call).hasPerm
	m["getUserPerms"] = (*call).getUserPerms
	m["getUserPermsInheritance"] = (*call).getUserPermsInheritance
	m["getAllPerms"] = (*call).getAllPerms
	m["getUserGroups"] = (*call).getUserGroups
	m["getGroupMembers"] = (*call).getGroupMembers
	m["createUser"] = (*call).createUser
	m["enableUser"] = func(c *call) (any, *fault) { return c.setBlocked(false) }
	m["disableUser"] = func(c *call) (any, *fault) { return c.setBlocked(true) }
	m["grantPermission"] = (*call).grantPermission
	m["revokePermission"] = (*call).revokePermission
	m["newGroup"] = (*call).newGroup
	m["addGroupMember"] = (*call).addGroupMember
	m["dropGroupMember"] = (*call).dropGroupMember
}

func (c *call) getUser() (any, *fault) {
	info := c.arg("userInfo")
	if info == nil {
		if c.user == nil {
			return nil, generic("No user provided")
		}
		info = c.user.id
	}
	u, f := c.h.user(info, c.flag("strict"))
	if f != nil || u == nil {
		return nil, f
	}
	r := u.record(c.flag("krb_princs"))
	if c.flag("groups") {
		groups := []any{}
		for _, m := range u.groups {
			if m.at(0) {
				groups = append(groups, m.group.name)
			}
		}
		r["groups"] = groups
	}
	return r, nil
}

func (c *call) listUsers() (any, *fault) {
	kinds := c.arg("userType")
	prefix, f := c.text("prefix")
	if f != nil {
		return nil, f
	}
	var rows []record
	for _, u := range c.h.users.rows {
		if !strings.HasPrefix(u.name, prefix) || !kindWanted(kinds, u.kind) {
			continue
		}
		if p := c.arg("perm"); p != nil {
			from := u.permSources()[pyText(p)]
			if len(from) == 0 || from[0] != nil && !c.flag("inherited_perm") {
				continue
			}
		}
		rows = append(rows, u.record(true))
	}
	return applyQuery(rows, c.structArg("queryOpts"), "id")
}

func kindWanted(want any, kind int) bool {
	switch v := want.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { n, ok := asInt(e); return ok && n == kind })
	}
	n, ok := asInt(want)
	return ok && n == kind
}

func (c *call) getPerms() (any, *fault) {
	if c.user == nil {
		return []any{}, nil
	}
	return texts(sortedKeys(c.user.permSources())), nil
}

func (c *call) hasPerm() (any, *fault) {
	name := pyText(c.arg("perm"))
	if c.flag("strict") && c.h.perm(name) == nil {
		return nil, generic("No such permission %s defined", name)
	}
	return c.user != nil && (c.user.has(name) || c.user.has("admin")), nil
}

func (c *call) getUserPerms() (any, *fault) {
	who := c.arg("userID")
	if who == nil {
		return c.getPerms()
	}
	u, f := c.h.user(who, true)
	if f != nil {
		return nil, f
	}
	from := u.permSources()
	names := []any{}
	for _, name := range sortedKeys(from) {
		if c.flag("with_groups") || slices.Contains(from[name], nil) {
			names = append(names, name)
		}
	}
	return names, nil
}

func (c *call) getUserPermsInheritance() (any, *fault) {
	u, f := c.h.user(c.arg("userID"), true)
	if f != nil {
		return nil, f
	}
	r := record{}
	for name, from := range u.permSources() {
		r[name] = from
	}
	return r, nil
}

func (c *call) getAllPerms() (any, *fault) {
	rows := []any{}
	for _, p := range c.h.perms.rows {
		rows = append(rows, record{"id": p.id, "name": p.name, "description": textOrNil(p.description)})
	}
	return rows, nil
}

func (c *call) getUserGroups() (any, *fault) {
	u, f := c.h.user(c.arg("user"), true)
	if f != nil {
		return nil, f
	}
	rows := []any{}
	for _, m := range u.groups {
		if m.at(0) {
			rows = append(rows, record{"id": m.group.id, "name": m.group.name})
		}
	}
	return rows, nil
}

func (c *call) getGroupMembers() (any, *fault) {
	g, f := c.h.user(c.arg("group"), false)
	if f != nil {
		return nil, f
	}
	if g == nil {
		return nil, generic("No such group: %s", pyText(c.arg("group")))
	}
	rows := []any{}
	for _, u := range c.h.users.rows {
		if u.memberOf(g) != nil {
			r := u.record(true)
			delete(r, "status")
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// memberOf is the user's active membership of a group; nil for none.
func (u *userRow) memberOf(g *userRow) *memberRow {
	for _, m := range u.groups {
		if m.at(0) && m.group == g {
			return m
		}
	}
	return nil
}

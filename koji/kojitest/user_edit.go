// SPDX-License-Identifier: MIT

package kojitest

import "slices"

func (c *call) createUser() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	name, f := checkName(c.arg("username"), userName, "RegexUserName")
	if f != nil {
		return nil, f
	}
	if u := c.h.userByName[name]; u != nil {
		return nil, generic("user already exists: %s", name)
	}
	u := c.addUser(name, kindPerson)
	if n, ok, f := c.number("status"); f != nil {
		return nil, f
	} else if ok {
		set(c.tx, &u.blocked, n == 1)
	}
	if p, f := c.text("krb_principal"); f != nil {
		return nil, f
	} else if p != "" {
		push(c.tx, &u.principals, p)
	}
	return u.id, nil
}

func (c *call) setBlocked(blocked bool) (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	u, f := c.h.user(c.arg("username"), true)
	if f != nil {
		return nil, f
	}
	set(c.tx, &u.blocked, blocked)
	return nil, nil
}

func (c *call) grantPermission() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	if c.arg("description") != nil && !c.flag("create") {
		return nil, generic("Description should be specified only with create.")
	}
	u, f := c.h.user(c.arg("userinfo"), true)
	if f != nil {
		return nil, f
	}
	p := c.h.perm(c.arg("permission"))
	if p == nil {
		if !c.flag("create") {
			return nil, generic("No such entry in table permissions: %s", pyText(c.arg("permission")))
		}
		name, f := checkInternalName(c.arg("permission"))
		if f != nil {
			return nil, f
		}
		p = c.addPerm(name, pyTextOr(c.arg("description")))
	}
	for _, g := range u.grants {
		if g.at(0) && g.perm == p {
			return nil, generic("user %s already has permission: %s", u.name, p.name)
		}
	}
	c.grant(u, p)
	return nil, nil
}

func pyTextOr(v any) string {
	if v == nil {
		return ""
	}
	return pyText(v)
}

func (c *call) revokePermission() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	u, f := c.h.user(c.arg("userinfo"), true)
	if f != nil {
		return nil, f
	}
	p := c.h.perm(c.arg("permission"))
	if p == nil {
		return nil, generic("No such entry in table permissions: %s", pyText(c.arg("permission")))
	}
	for _, g := range u.grants {
		if g.at(0) && g.perm == p {
			c.revoke(&g.span)
			return nil, nil
		}
	}
	return nil, generic("user %s does not have permission: %s", u.name, p.name)
}

func (c *call) newGroup() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	name, f := checkInternalName(c.arg("name"))
	if f != nil {
		return nil, f
	}
	if c.h.userByName[name] != nil {
		return nil, generic("user/group already exists: %s", name)
	}
	return c.addUser(name, kindGroup).id, nil
}

func (c *call) groupAndUser(strict bool) (g, u *userRow, f *fault) {
	if f = c.perm("admin"); f != nil {
		return nil, nil, f
	}
	if g, f = c.h.user(c.arg("group"), false); f != nil {
		return nil, nil, f
	}
	if g == nil || g.kind != kindGroup {
		return nil, nil, generic("Not a group: %s", pyText(c.arg("group")))
	}
	u, f = c.h.user(c.arg("user"), strict)
	return g, u, f
}

func (c *call) addGroupMember() (any, *fault) {
	g, u, f := c.groupAndUser(false)
	if f != nil {
		return nil, f
	}
	if u == nil {
		return nil, generic("Not a user: %s", pyText(c.arg("user")))
	}
	if u.kind == kindGroup {
		return nil, generic("Groups cannot be members of other groups")
	}
	if u.memberOf(g) != nil {
		if c.flag("strict") {
			return nil, generic("User already in group")
		}
		return nil, nil
	}
	push(c.tx, &u.groups, &memberRow{span: c.fresh(), group: g})
	return nil, nil
}

func (c *call) dropGroupMember() (any, *fault) {
	g, u, f := c.groupAndUser(true)
	if f != nil {
		return nil, f
	}
	m := u.memberOf(g)
	if m == nil {
		return nil, generic("No such user in group: %s", g.name)
	}
	c.revoke(&m.span)
	return nil, nil
}

func userEditMethods(m map[string]handler) {
	m["editUser"] = (*call).editUser
	m["addUserKrbPrincipal"] = (*call).addPrincipal
	m["removeUserKrbPrincipal"] = (*call).removePrincipal
	m["editPermission"] = (*call).editPermission
}

func (c *call) editUser() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	u, f := c.h.user(c.arg("userInfo"), true)
	if f != nil {
		return nil, f
	}
	if v := c.arg("name"); v != nil && v != u.name {
		name, f := checkName(v, userName, "RegexUserName")
		if f != nil {
			return nil, f
		}
		if other := c.h.userByName[name]; other != nil {
			return nil, generic("Name %s already taken by user %d", name, other.id)
		}
		drop(c.tx, c.h.userByName, u.name)
		set(c.tx, &u.name, name)
		put(c.tx, c.h.userByName, name, u)
	}
	list, _ := c.arg("krb_principal_mappings").([]any)
	for _, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, parameter("Invalid type for krb_principal_mappings: %s", pyType(v))
		}
		if old := pyTextOr(m["old"]); old != "" {
			if f := c.unbind(u, old); f != nil {
				return nil, f
			}
		}
		if next := pyTextOr(m["new"]); next != "" {
			if f := c.bindPrincipal(u, next); f != nil {
				return nil, f
			}
		}
	}
	return nil, nil
}

func (c *call) bindPrincipal(u *userRow, name string) *fault {
	if c.h.principal(name) != nil {
		return generic("user with this Kerberos principal already exists: %s", name)
	}
	push(c.tx, &u.principals, name)
	return nil
}

func (c *call) unbind(u *userRow, name string) *fault {
	if !slices.Contains(u.principals, name) {
		return generic("cannot remove Kerberos Principal: %s with user %s", name, u.name)
	}
	set(c.tx, &u.principals, slices.DeleteFunc(slices.Clone(u.principals), func(p string) bool { return p == name }))
	return nil
}

func (c *call) principalArgs() (*userRow, string, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, "", f
	}
	u, f := c.h.user(c.arg("user"), true)
	return u, pyTextOr(c.arg("krb_principal")), f
}

func (c *call) addPrincipal() (any, *fault) {
	u, name, f := c.principalArgs()
	if f != nil {
		return nil, f
	}
	if f := c.bindPrincipal(u, name); f != nil {
		return nil, f
	}
	return u.id, nil
}

func (c *call) removePrincipal() (any, *fault) {
	u, name, f := c.principalArgs()
	if f != nil {
		return nil, f
	}
	if f := c.unbind(u, name); f != nil {
		return nil, f
	}
	return u.id, nil
}

func (c *call) editPermission() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	p := c.h.perm(c.arg("permission"))
	if p == nil {
		return nil, generic("No such entry in table permissions: %s", pyText(c.arg("permission")))
	}
	set(c.tx, &p.description, pyTextOr(c.arg("description")))
	return nil, nil
}

// SPDX-License-Identifier: MIT

package kojitest

// A noticeRow is a user's wish to be told, or not to be told, about builds.
type noticeRow struct {
	id      int
	user    *userRow
	pkg     any
	tag     any
	success bool
}

func noticeMethods(m map[string]handler) {
	m["createNotification"] = (*call).createNotice
	m["updateNotification"] = (*call).updateNotice
	m["deleteNotification"] = func(c *call) (any, *fault) { return c.deleteNotice(&c.h.notices, "notification") }
	m["getBuildNotification"] = (*call).getNotice
	m["getBuildNotifications"] = (*call).listNotices
	m["createNotificationBlock"] = (*call).createBlock
	m["deleteNotificationBlock"] = func(c *call) (any, *fault) { return c.deleteNotice(&c.h.blocks, "notification block") }
	m["getBuildNotificationBlock"] = (*call).getBlock
	m["getBuildNotificationBlocks"] = (*call).listBlocks
}

func (n *noticeRow) record() record {
	return record{
		"id": n.id, "user_id": n.user.id, "package_id": n.pkg, "tag_id": n.tag, "success_only": n.success,
		"email": n.user.name + "@example.com",
	}
}

func (n *noticeRow) blockRecord() record {
	return record{"id": n.id, "user_id": n.user.id, "package_id": n.pkg, "tag_id": n.tag}
}

// noticeArgs reads who, which package and which tag; only the user and
// administrators may change them.
func (c *call) noticeArgs(who any) (*noticeRow, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	u, f := c.h.user(who, true)
	if f != nil {
		return nil, f
	}
	if u != c.user && !c.isAdmin() {
		return nil, notAllowed("user %s cannot create notifications for user %s", c.user.name, u.name)
	}
	n := &noticeRow{user: u, success: truth(c.args["success_only"])}
	if v := c.arg("package_id"); v != nil {
		p, f := c.h.pkg(v)
		if f != nil {
			return nil, f
		}
		if p == nil {
			return nil, generic("invalid package ID: %s", pyText(v))
		}
		n.pkg = p.id
	}
	if v := c.arg("tag_id"); v != nil {
		t, f := c.h.tag(v, true)
		if f != nil {
			return nil, f
		}
		n.tag = t.id
	}
	return n, nil
}

func (c *call) createNotice() (any, *fault) {
	n, f := c.noticeArgs(c.arg("user_id"))
	if f != nil {
		return nil, f
	}
	for _, old := range c.h.notices.rows {
		if old.user == n.user && old.pkg == n.pkg && old.tag == n.tag {
			return nil, generic("notification already exists")
		}
	}
	n.id = c.h.notices.next()
	c.h.notices.insert(c.tx, n.id, n)
	return nil, nil
}

func (c *call) updateNotice() (any, *fault) {
	id, _, f := c.number("id")
	if f != nil {
		return nil, f
	}
	old := c.h.notices.get(id)
	if old == nil {
		return nil, generic("No notification with ID %d found", id)
	}
	n, f := c.noticeArgs(old.user.id)
	if f != nil {
		return nil, f
	}
	n.id = old.id
	set(c.tx, old, *n)
	return nil, nil
}

func (c *call) deleteNotice(from *table[noticeRow], what string) (any, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	id, _, f := c.number("id")
	if f != nil {
		return nil, f
	}
	n := from.get(id)
	if n == nil {
		return nil, generic("No %s with ID %d found", what, id)
	}
	if n.user != c.user && !c.isAdmin() {
		return nil, notAllowed("user %s cannot delete %ss for user %s", c.user.name, what, n.user.name)
	}
	from.remove(c.tx, id)
	return nil, nil
}

func (c *call) getNotice() (any, *fault) {
	id, _, f := c.number("id")
	if f != nil {
		return nil, f
	}
	n := c.h.notices.get(id)
	if n == nil {
		if c.flag("strict") {
			return nil, generic("No notification with ID %d found", id)
		}
		return nil, nil
	}
	return n.record(), nil
}

// noticeUser is the user asked about, or the caller.
func (c *call) noticeUser() (*userRow, *fault) {
	if who := c.arg("userID"); who != nil {
		return c.h.user(who, true)
	}
	if c.user == nil {
		return nil, generic("No user provided")
	}
	return c.user, nil
}

func (c *call) listNotices() (any, *fault) {
	u, f := c.noticeUser()
	if f != nil {
		return nil, f
	}
	rows := []any{}
	for _, n := range c.h.notices.rows {
		if n.user == u {
			rows = append(rows, n.record())
		}
	}
	return rows, nil
}

func (c *call) createBlock() (any, *fault) {
	n, f := c.noticeArgs(c.arg("user_id"))
	if f != nil {
		return nil, f
	}
	for _, old := range c.h.blocks.rows {
		if old.user == n.user && old.pkg == n.pkg && old.tag == n.tag {
			return nil, generic("notification already exists")
		}
	}
	n.id = c.h.blocks.next()
	c.h.blocks.insert(c.tx, n.id, n)
	return nil, nil
}

func (c *call) getBlock() (any, *fault) {
	id, _, f := c.number("id")
	if f != nil {
		return nil, f
	}
	n := c.h.blocks.get(id)
	if n == nil {
		if c.flag("strict") {
			return nil, generic("No notification block with ID %d found", id)
		}
		return nil, nil
	}
	return n.blockRecord(), nil
}

func (c *call) listBlocks() (any, *fault) {
	u, f := c.noticeUser()
	if f != nil {
		return nil, f
	}
	rows := []any{}
	for _, n := range c.h.blocks.rows {
		if n.user == u {
			rows = append(rows, n.blockRecord())
		}
	}
	return rows, nil
}

// SPDX-License-Identifier: MIT

package kojitest

import (
	"fmt"
	"slices"
	"strings"
)

func sideTagMethods(m map[string]handler) {
	m["createSideTag"] = (*call).createSideTag
	m["removeSideTag"] = (*call).removeSideTag
	m["listSideTags"] = (*call).listSideTags
	m["editSideTag"] = (*call).editSideTag
}

func (c *call) createSideTag() (any, *fault) {
	h := c.h
	if f := c.login(); f != nil {
		return nil, f
	}
	base, f := h.tag(c.arg("basetag"), true)
	if f != nil {
		return nil, f
	}
	suffix, f := c.text("suffix")
	if f != nil {
		return nil, f
	}
	isBuildTag := slices.ContainsFunc(h.targets.rows, func(t *targetRow) bool {
		cfg := t.config(0)
		return cfg != nil && cfg.build == base
	})
	if !isBuildTag {
		return nil, generic("Base tag must be a build tag of some target: %s", base.name)
	}
	id := h.tags.next()
	name := fmt.Sprintf("%s-side-%d", base.name, id)
	if suffix != "" {
		name += "-" + suffix
	}
	if _, f := checkInternalName(name); f != nil {
		return nil, f
	}
	extra := record{"sidetag": true, "sidetag_user": c.user.name, "sidetag_user_id": c.user.id}
	if c.flag("debuginfo") {
		extra["with_debuginfo"] = true
	}
	t := c.addTag(name, tagSettings{arches: base.config(0).arches, extra: extra})
	c.link(&linkRow{child: t, parent: base})
	c.addTarget(name, t, t)
	h.stale(c, t)
	return record{"name": name, "id": t.id, "task_id": nil, "request": nil}, nil
}

// sideTagOwner is the id of a side tag's owner; ok is false for other tags.
func (t *tagRow) sideTagOwner() (int, bool) {
	extra := t.extraAt(0)
	if e := extra["sidetag"]; e == nil || !truth(e.value) {
		return 0, false
	}
	if e := extra["sidetag_user_id"]; e != nil {
		return asInt(e.value)
	}
	return 0, true
}

// ownSideTag finds a side tag that the caller may change.
func (c *call) ownSideTag() (*tagRow, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	t, f := c.h.tag(c.arg("sidetag"), true)
	if f != nil {
		return nil, f
	}
	owner, ok := t.sideTagOwner()
	if !ok {
		return nil, generic("Not a sidetag: %s", t.name)
	}
	if owner != c.user.id && !c.isAdmin() && !c.user.has("sidetag_admin") {
		return nil, notAllowed("This is not your sidetag")
	}
	return t, nil
}

func (c *call) removeSideTag() (any, *fault) {
	t, f := c.ownSideTag()
	if f != nil {
		return nil, f
	}
	c.deleteTag(t)
	return nil, nil
}

func (c *call) listSideTags() (any, *fault) {
	h := c.h
	var base *tagRow
	var user *userRow
	var f *fault
	if info := c.arg("basetag"); info != nil {
		if base, f = h.tag(info, true); f != nil {
			return nil, f
		}
	}
	if info := c.arg("user"); info != nil {
		if user, f = h.user(info, true); f != nil {
			return nil, f
		}
	}
	rows := []record{}
	for _, t := range h.tags.rows {
		if t.config(0) == nil {
			continue
		}
		owner, ok := t.sideTagOwner()
		if !ok || user != nil && owner != user.id {
			continue
		}
		if base != nil && !slices.ContainsFunc(t.links(0), func(l *linkRow) bool { return l.parent == base }) {
			continue
		}
		r := record{"id": t.id, "name": t.name, "user_id": pyText(owner), "user_name": nil}
		if u := h.users.get(owner); u != nil {
			r["user_name"] = u.name
		}
		rows = append(rows, r)
	}
	return applyQuery(rows, c.structArg("queryOpts"), "id")
}

func (c *call) editSideTag() (any, *fault) {
	t, f := c.ownSideTag()
	if f != nil {
		return nil, f
	}
	changes := map[string]any{}
	var gone []string
	if v := c.arg("debuginfo"); v != nil {
		changes["with_debuginfo"] = truth(v)
	}
	macros := c.structArg("rpm_macros")
	removed, _ := c.arg("remove_rpm_macros").([]any)
	extra := c.structArg("extra")
	dropped, _ := c.arg("remove_extra").([]any)
	admin := c.isAdmin() || c.user.has("sidetag_admin")
	if (len(macros) > 0 || len(removed) > 0) && !admin {
		allowed := false
		for _, l := range t.links(0) {
			e := l.parent.extraAt(0)["sidetag_rpm_macros_allowed"]
			allowed = allowed || e != nil && truth(e.value)
		}
		if !allowed {
			return nil, generic("RPM macros change is not allowed in parent tag.")
		}
	}
	if (len(extra) > 0 || len(dropped) > 0) && !admin {
		return nil, generic("Extra can be edited only by sidetag admins.")
	}
	for k, v := range macros {
		changes["rpm.macro."+strings.TrimPrefix(k, "%")] = v
	}
	for _, v := range removed {
		gone = append(gone, "rpm.macro."+pyText(v))
	}
	for k, v := range extra {
		changes[k] = v
	}
	for _, v := range dropped {
		gone = append(gone, pyText(v))
	}
	for _, key := range sortedKeys(changes) {
		c.setExtra(t, key, changes[key], false)
	}
	for _, key := range gone {
		if !c.dropExtra(t, key) {
			return nil, generic("Tag: %s doesn't have extra: %s", t.name, key)
		}
	}
	return nil, nil
}

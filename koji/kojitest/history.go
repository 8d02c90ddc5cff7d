// SPDX-License-Identifier: MIT

package kojitest

import (
	"slices"
)

func historyMethods(m map[string]handler) {
	m["queryHistory"] = (*call).queryHistory
}

// historyTables are the tables in the order in which they are worked on.
var historyTables = []string{
	"user_perms", "user_groups", "cg_users", "tag_inheritance", "tag_config", "tag_extra", "build_target_config",
	"external_repo_config", "external_repo_data", "host_config", "host_channels", "tag_external_repos", "tag_listing",
	"tag_packages", "tag_package_owners", "group_config", "group_req_listing", "group_package_listing",
}

// A filter of queryHistory keeps only the tables that have its column.
var historyFilters = map[string][]string{
	"tag": {"tag_inheritance", "tag_config", "tag_extra", "tag_external_repos", "tag_listing", "tag_packages",
		"tag_package_owners", "group_config", "group_req_listing", "group_package_listing", "build_target_config"},
	"build":         {"tag_listing"},
	"package":       {"tag_packages", "tag_package_owners", "tag_listing", "group_package_listing"},
	"user":          {"user_perms", "user_groups", "tag_package_owners", "cg_users"},
	"permission":    {"user_perms"},
	"external_repo": {"external_repo_config", "tag_external_repos"},
	"build_target":  {"build_target_config"},
	"group":         {"group_config", "group_req_listing", "group_package_listing"},
	"cg":            {"cg_users"},
	"xkey":          {"tag_extra"},
	"host":          {"host_config", "host_channels"},
	"channel":       {"host_channels"},
}

// A past is one row of a history table.
type past struct {
	*span
	values record
	keys   map[string]any // what filters compare: ids and names
}

func (c *call) queryHistory() (any, *fault) {
	h := c.h
	wanted := slices.Clone(historyTables)
	if list, ok := c.arg("tables").([]any); ok && len(list) > 0 {
		wanted = nil
		for _, v := range list {
			name := pyText(v)
			if !slices.Contains(historyTables, name) {
				return nil, generic("No such history table: %s", name)
			}
			wanted = append(wanted, name)
		}
	}
	filters := map[string]any{}
	for k, v := range c.kw {
		if v == nil || k == "queryOpts" {
			continue
		}
		if tables, ok := historyFilters[k]; ok {
			wanted = slices.DeleteFunc(wanted, func(t string) bool { return !slices.Contains(tables, t) })
			key, f := h.historyKey(k, v)
			if f != nil {
				return nil, f
			}
			filters[k] = key
			continue
		}
		filters[k] = v
	}
	out := record{}
	for _, name := range wanted {
		rows := []record{}
		for _, p := range h.history(name) {
			ok, f := p.matches(h, filters)
			if f != nil {
				return nil, f
			}
			if ok {
				rows = append(rows, p.record(h, filters))
			}
		}
		if len(rows) > 0 || c.arg("tables") != nil {
			v, f := applyQuery(rows, truthyRecord(c.kw["queryOpts"]), "")
			if f != nil {
				return nil, f
			}
			out[name] = v
		}
	}
	return out, nil
}

func truthyRecord(v any) record { m, _ := v.(map[string]any); return m }

// historyKey resolves a filter's value to an id.
func (h *Hub) historyKey(kind string, v any) (any, *fault) {
	switch kind {
	case "tag":
		t, f := h.anyTag(v)
		if f != nil {
			return nil, f
		}
		if t == nil {
			return nil, generic("No such entry in table tag: %s", pyText(v))
		}
		return t.id, nil
	case "build":
		b, f := h.build(v, true)
		if f != nil {
			return nil, f
		}
		return b.id, nil
	case "package":
		p, f := h.needPkg(v)
		if f != nil {
			return nil, f
		}
		return p.id, nil
	case "user":
		u, f := h.user(v, true)
		if f != nil {
			return nil, f
		}
		return u.id, nil
	case "permission":
		if p := h.perm(v); p != nil {
			return p.id, nil
		}
		return nil, generic("No such entry in table permissions: %s", pyText(v))
	}
	return v, nil
}

func (p *past) matches(h *Hub, filters map[string]any) (bool, *fault) {
	for k, want := range filters {
		switch k {
		case "active":
			if truth(want) != (p.revoked == 0) {
				return false, nil
			}
		case "beforeEvent", "afterEvent":
			n, _ := asInt(want)
			before := k == "beforeEvent"
			if !happened(p.created, n, before) && !(p.revoked != 0 && happened(p.revoked, n, before)) {
				return false, nil
			}
		case "before", "after":
			limit, f := parseTime(want)
			if f != nil {
				return false, f
			}
			at := h.events.get(p.created).at
			if k == "before" && !at.Before(limit) || k == "after" && !at.After(limit) {
				return false, nil
			}
		case "editor":
			u, f := h.user(want, true)
			if f != nil {
				return false, f
			}
			if p.creator != u.id && p.revoker != u.id {
				return false, nil
			}
		default:
			has, known := p.keys[k]
			if !known {
				return false, generic("Invalid history query option: %s", k)
			}
			list, isList := has.([]any)
			if !isList {
				list = []any{has}
			}
			if !slices.ContainsFunc(list, func(e any) bool { return equal(want, e) }) {
				return false, nil
			}
		}
	}
	return true, nil
}

func happened(event, limit int, before bool) bool {
	if before {
		return event < limit
	}
	return event > limit
}

func (p *past) record(h *Hub, filters map[string]any) record {
	r := record{
		"create_event": p.created, "create_ts": timeNumber(h.events.get(p.created).at), "creator_id": p.creator,
		"creator_name": nil, "revoke_event": nil, "revoke_ts": nil, "revoker_id": nil, "revoker_name": nil, "active": true,
	}
	if u := h.users.get(p.creator); u != nil {
		r["creator_name"] = u.name
	}
	if p.revoked != 0 {
		r["active"], r["revoke_event"], r["revoke_ts"] = nil, p.revoked, timeNumber(h.events.get(p.revoked).at)
		r["revoker_id"] = p.revoker
		if u := h.users.get(p.revoker); u != nil {
			r["revoker_name"] = u.name
		}
	}
	for k, side := range map[string]string{"beforeEvent": "before", "afterEvent": "after"} {
		v, ok := filters[k]
		if !ok {
			continue
		}
		n, _ := asInt(v)
		r["_created_"+side+"_event"] = happened(p.created, n, side == "before")
		r["_revoked_"+side+"_event"] = nil
		if p.revoked != 0 {
			r["_revoked_"+side+"_event"] = happened(p.revoked, n, side == "before")
		}
	}
	for k, v := range p.values {
		r[k] = v
	}
	return r
}

// SPDX-License-Identifier: MIT

package kojitest

import (
	"cmp"
	"encoding/json"
	"slices"
)

// history reads one history table, oldest rows first.
func (h *Hub) history(name string) []past {
	var rows []past
	add := func(s *span, values, keys record) { rows = append(rows, past{s, values, keys}) }
	switch name {
	case "user_perms", "user_groups":
		h.userHistory(name, add)
	case "cg_users":
		for _, g := range h.cgs.rows {
			for _, u := range g.users {
				add(&u.span, record{"cg_id": g.id, "content_generator.name": g.name, "user_id": u.user.id, "user.name": u.user.name},
					record{"cg": g.name, "user": u.user.id})
			}
		}
	case "build_target_config":
		for _, t := range h.targets.rows {
			for _, cfg := range t.configs {
				add(&cfg.span, record{
					"build_target_id": t.id, "build_target.name": t.name, "build_tag": cfg.build.id,
					"build_tag.name": cfg.build.name, "dest_tag": cfg.dest.id, "dest_tag.name": cfg.dest.name,
				}, record{"build_target": t.name, "tag": []any{cfg.build.id, cfg.dest.id}})
			}
		}
	case "external_repo_config":
		for _, e := range h.externals.rows {
			for _, cfg := range e.configs {
				add(&cfg.span, record{"external_repo_id": e.id, "external_repo.name": e.name, "url": cfg.url},
					record{"external_repo": e.name})
			}
		}
	default:
		for _, t := range h.tags.rows {
			t.history(name, add)
		}
	}
	slices.SortStableFunc(rows, func(a, b past) int { return cmp.Compare(a.created, b.created) })
	return rows
}

func (h *Hub) userHistory(name string, add func(*span, record, record)) {
	for _, u := range h.users.rows {
		if name == "user_perms" {
			for _, g := range u.grants {
				add(&g.span, record{"user_id": u.id, "user.name": u.name, "perm_id": g.perm.id, "permission.name": g.perm.name},
					record{"user": u.id, "permission": g.perm.id})
			}
			continue
		}
		for _, m := range u.groups {
			add(&m.span, record{"user_id": u.id, "user.name": u.name, "group_id": m.group.id, "group.name": m.group.name},
				record{"user": []any{u.id, m.group.id}})
		}
	}
}

// history reads the tag's part of a table.
func (t *tagRow) history(name string, add func(*span, record, record)) {
	base := func(more record) record {
		more["tag_id"], more["tag.name"] = t.id, t.name
		return more
	}
	switch name {
	case "tag_config":
		for _, cfg := range t.configs {
			r := base(record{
				"arches": cfg.arches, "locked": cfg.locked, "maven_support": cfg.mavenSupport,
				"maven_include_all": cfg.mavenIncludeAll, "perm_id": nil, "permission.name": nil,
			})
			if cfg.perm != nil {
				r["perm_id"], r["permission.name"] = cfg.perm.id, cfg.perm.name
			}
			add(&cfg.span, r, record{"tag": t.id})
		}
	case "tag_extra":
		for _, e := range t.extra {
			var text any
			if b, err := json.Marshal(e.value); err == nil {
				text = string(b)
			}
			add(&e.span, base(record{"key": e.key, "value": text}), record{"tag": t.id, "xkey": e.key})
		}
	case "tag_inheritance":
		for _, l := range t.parents {
			add(&l.span, base(record{
				"parent_id": l.parent.id, "parent.name": l.parent.name, "priority": l.priority, "maxdepth": l.maxdepth,
				"intransitive": l.intransitive, "noconfig": l.noconfig, "pkg_filter": l.filter,
			}), record{"tag": []any{t.id, l.parent.id}})
		}
	case "tag_external_repos":
		for _, x := range t.externals {
			add(&x.span, base(record{
				"external_repo_id": x.repo.id, "external_repo.name": x.repo.name, "priority": x.priority,
				"merge_mode": x.mode, "arches": x.arches,
			}), record{"tag": t.id, "external_repo": x.repo.name})
		}
	case "tag_listing":
		for _, e := range t.listing {
			b := e.build
			add(&e.span, base(record{
				"build_id": b.id, "build.state": b.state, "name": b.pkg.name, "version": b.version, "release": b.release,
				"epoch": b.epoch,
			}), record{"tag": t.id, "build": b.id, "package": b.pkg.id})
		}
	case "tag_packages":
		for _, l := range t.listed {
			add(&l.span, base(record{
				"package_id": l.pkg.id, "package.name": l.pkg.name, "blocked": l.blocked, "extra_arches": l.extraArches,
			}), record{"tag": t.id, "package": l.pkg.id})
		}
	case "tag_package_owners":
		for _, l := range t.listed {
			if l != t.listedOf[l.pkg.id][0] {
				continue
			}
			for _, o := range t.ownerOf[l.pkg.id] {
				add(&o.span, base(record{
					"package_id": l.pkg.id, "package.name": l.pkg.name, "owner": o.owner.id, "owner.name": o.owner.name,
				}), record{"tag": t.id, "package": l.pkg.id, "user": o.owner.id})
			}
		}
	default:
		t.groupHistory(name, base, add)
	}
}

func (t *tagRow) groupHistory(name string, base func(record) record, add func(*span, record, record)) {
	for _, g := range t.groups {
		with := func(more record, values record) record {
			for k, v := range values {
				more[k] = v
			}
			more["group_id"], more["group.name"] = g.name.id, g.name.name
			return base(more)
		}
		keys := record{"tag": t.id, "group": g.name.name}
		switch name {
		case "group_config":
			for _, r := range g.conf {
				add(&r.span, with(record{"blocked": r.blocked}, r.values), keys)
			}
		case "group_package_listing":
			for _, r := range g.pkgs {
				add(&r.span, with(record{"blocked": r.blocked, "package": r.name}, r.values),
					record{"tag": t.id, "group": g.name.name, "package": nil})
			}
		case "group_req_listing":
			for _, r := range g.reqs {
				add(&r.span, with(record{"blocked": r.blocked, "req_id": r.req.id, "req.name": r.req.name}, r.values), keys)
			}
		}
	}
}

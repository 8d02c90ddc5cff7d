// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"cmp"
	"maps"
	"slices"
)

// build makes the rest by calls.
func (k *knowledge) build(p *player) {
	for _, id := range byID(k.users) {
		if u := k.users[id]; num(u["usertype"]) == 2 {
			p.must("newGroup", u["name"])
		}
	}
	for _, id := range byID(k.users) {
		name := textOf(k.users[id]["name"])
		perms := slices.SortedFunc(slices.Values(k.perms[name]), func(a, b any) int {
			return cmp.Or(cmp.Compare(k.order[a.(string)], k.order[b.(string)]), cmp.Compare(a.(string), b.(string)))
		})
		for _, perm := range perms {
			p.must("grantPermission", name, perm, true)
		}
		for _, g := range k.groupsOf[name] {
			if _, err := p.admin.call("newGroup", g); err == nil {
				for _, perm := range k.perms[g] {
					p.must("grantPermission", g, perm, true)
				}
			}
			p.try("addGroupMember", g, name)
		}
	}
	k.buildTags(p)
	k.buildContents(p)
	k.buildRest(p)
}

func (k *knowledge) buildTags(p *player) {
	next := int64(1)
	for _, id := range byID(k.tags) {
		t := k.tags[id]
		for ; next < id; next++ { // ids of tags that no answer tells of
			p.must("createTag", "gap-"+toText(next))
			p.must("deleteTag", "gap-"+toText(next))
		}
		next = id + 1
		extra, _ := t["extra"].(row)
		p.must("createTag", t["name"], nil, t["arches"], t["perm"], t["locked"], t["maven_support"], t["maven_include_all"], extra)
	}
	for _, key := range slices.SortedFunc(keys(k.links), func(a, b [2]int64) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(num(k.links[a]["priority"]), num(k.links[b]["priority"])))
	}) {
		l := k.links[key]
		p.try("setInheritanceData", key[0], []any{row{
			"parent_id": key[1], "priority": l["priority"], "maxdepth": l["maxdepth"], "intransitive": l["intransitive"],
			"noconfig": l["noconfig"], "pkg_filter": l["pkg_filter"],
		}})
	}
	for _, id := range byID(k.targets) {
		t := k.targets[id]
		p.try("createBuildTarget", t["name"], t["build_tag_name"], t["dest_tag_name"])
	}
}

func keys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (k *knowledge) buildContents(p *player) {
	for _, key := range k.lines {
		l := k.listed[key]
		p.try("packageListAdd", key[0], l["package_name"], l["owner_name"], l["blocked"], l["extra_arches"], true)
	}
	spare := ""
	for _, id := range byID(k.tags) {
		spare = textOf(k.tags[id]["name"])
		break
	}
	for nvr, tags := range k.tagsOf {
		for _, e := range tags {
			k.entryFor(nvr, e.(row))
		}
	}
	for _, key := range slices.SortedFunc(keys(k.entries), func(a, b [3]int64) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[2], b[2]))
	}) {
		p.pad(key[0], spare)
		p.try("massTag", key[1], []any{key[2]})
	}
	p.pad(k.last+1, spare)
}

// entryFor notes a tag of a build when nothing tells since which event: right
// after the build was made.
func (k *knowledge) entryFor(nvr string, tag row) {
	for id, b := range k.builds {
		if textOf(b["nvr"]) != nvr {
			continue
		}
		for key := range k.entries {
			if key[1] == num(tag["tag_id"]) && key[2] == id {
				return
			}
		}
		k.entries[[3]int64{num(b["creation_event_id"]) + 1, num(tag["tag_id"]), id}] = tag
	}
}

func (k *knowledge) buildRest(p *player) {
	for _, name := range slices.Sorted(maps.Keys(k.generators)) {
		users, _ := k.generators[name].(row)["users"].([]any)
		for i, u := range users {
			if !k.made[name] {
				p.try("grantCGAccess", u, name, i == 0)
			}
		}
	}
	for _, v := range k.volumes {
		p.try("addVolume", v.(row)["name"])
	}
	for _, id := range byID(k.external) {
		p.try("createExternalRepo", k.external[id]["name"], k.external[id]["url"])
	}
	for key, x := range k.attached {
		p.try("addExternalRepoToTag", key[0], x["external_repo_name"], x["priority"], x["merge_mode"], x["arches"])
	}
	for _, id := range byID(k.channels) {
		ch := k.channels[id]
		p.try("addChannel", ch["name"], ch["description"])
	}
	for _, id := range byID(k.hosts) {
		h := k.hosts[id]
		p.try("editHost", h["name"], kwargs("capacity", h["capacity"], "comment", h["comment"], "description", h["description"]))
	}
	for _, g := range k.groups {
		opts := kwargs()
		for _, key := range []string{"display_name", "is_default", "uservisible", "description", "langonly", "biarchonly"} {
			opts[key] = g[key]
		}
		p.try("groupListAdd", g["tag_id"], g["name"], opts)
	}
	for _, g := range k.groups {
		for _, e := range g["packagelist"].([]any) {
			m := e.(row)
			p.try("groupPackageListAdd", m["tag_id"], g["name"], m["package"],
				kwargs("type", m["type"], "basearchonly", m["basearchonly"], "requires", m["requires"]))
		}
		for _, e := range g["grouplist"].([]any) {
			m := e.(row)
			p.try("groupReqListAdd", m["tag_id"], g["name"], m["name"], kwargs("type", m["type"], "is_metapkg", m["is_metapkg"]))
		}
	}
	if len(k.hosts) == 0 {
		return
	}
	host := &caller{t: p.t, hub: p.hub}
	name := textOf(k.hosts[byID(k.hosts)[0]]["name"])
	host.login(name, "password")
	host.call("exclusiveSession", true)
	for _, id := range byID(k.repos) {
		r := k.repos[id]
		made, err := host.call("host.repoInit", r["tag_id"], kwargs("task_id", r["task_id"], "event", r["create_event"]))
		if err == nil {
			host.call("host.repoDone", made.([]any)[0], row{})
		}
	}
	host.call("logout")
}

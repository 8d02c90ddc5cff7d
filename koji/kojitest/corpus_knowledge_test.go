// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"time"
)

type row = map[string]any

// knowledge is what recorded answers tell about the hub as it was before the
// first recorded change: rows by kind and id, the first sighting of each.
type knowledge struct {
	last       int64 // the last event before
	lastTask   int64
	lastTag    int64
	lastUser   int64
	first      string // the first user, who may do all
	words      map[string]string
	users      map[int64]row
	tags       map[int64]row
	links      map[[2]int64]row
	listed     map[[2]int64]row
	lines      [][2]int64 // keys of listed, as they were seen
	packages   map[int64]string
	builds     map[int64]row
	entries    map[[3]int64]row
	targets    map[int64]row
	tasks      map[int64]row
	repos      map[int64]row
	rpms       map[int64]row
	hosts      map[int64]row
	channels   map[int64]row
	external   map[int64]row
	attached   map[[2]int64]row
	groups     []row
	perms      map[string][]any // by user
	params     map[string][]string
	tokens     map[string]string
	output     map[int64][]any
	contents   map[string]string
	tagsOf     map[string][]any
	order      map[string]int64 // of permissions
	volumes    []any
	groupsOf   map[string][]string
	made       map[string]bool // by recorded calls
	generators row
}

func learnAll(all []*situation) *knowledge {
	k := &knowledge{
		words: map[string]string{}, users: map[int64]row{}, tags: map[int64]row{}, links: map[[2]int64]row{},
		listed: map[[2]int64]row{}, packages: map[int64]string{}, builds: map[int64]row{}, entries: map[[3]int64]row{},
		targets: map[int64]row{}, tasks: map[int64]row{}, repos: map[int64]row{}, rpms: map[int64]row{},
		hosts: map[int64]row{}, channels: map[int64]row{}, external: map[int64]row{}, attached: map[[2]int64]row{},
		perms: map[string][]any{}, params: map[string][]string{}, tokens: map[string]string{}, output: map[int64][]any{},
		contents: map[string]string{}, tagsOf: map[string][]any{}, order: map[string]int64{}, groupsOf: map[string][]string{}, made: map[string]bool{},
	}
	for _, s := range all { // what the first answers say of the last event and task
		if m, ok := s.answer.(row); ok && s.method == "getLastEvent" && k.last == 0 {
			k.last = num(m["id"])
		}
		if n, ok := s.answer.(int64); ok {
			switch {
			case s.method == "build" && k.lastTask == 0:
				k.lastTask = n - 1
			case (s.method == "newGroup" || s.method == "createUser") && k.lastUser == 0:
				k.lastUser = n - 1
			case s.method == "createTag" && (k.lastTag == 0 || n <= k.lastTag):
				k.lastTag = n - 1
			}
		}
		if m, ok := s.answer.(row); ok && s.method == "createSideTag" && (k.lastTag == 0 || num(m["id"]) <= k.lastTag) {
			k.lastTag = num(m["id"]) - 1
		}
	}
	for _, s := range all { // whole lists first: they tell the order
		if _, kw := named(s.params); s.method == "listPackages" && kw["userID"] == nil {
			k.see(s.answer)
		}
	}
	for _, s := range all {
		if s.method == "login" && s.fault == nil && len(s.params) > 1 {
			k.words[s.params[0].(string)] = s.params[1].(string)
		}
		if s.fault == nil && creates.MatchString(s.method) {
			for _, v := range s.params {
				k.made[textOf(v)] = true
			}
		}
		if s.fault == nil {
			k.special(s)
			k.see(s.answer)
		}
	}
	for _, id := range byID(k.users) {
		k.first, _ = k.users[id]["name"].(string)
		break
	}
	return k
}

func num(v any) int64 { n, _ := v.(int64); return n }

func (k *knowledge) special(s *situation) {
	args, kw := named(s.params)
	switch s.method {
	case "_listapi":
		list, _ := s.answer.([]any)
		for _, e := range list {
			m := e.(row)
			spec, _ := m["argspec"].([]any)
			names, _ := spec[0].([]any)
			for _, n := range names {
				k.params[m["name"].(string)] = append(k.params[m["name"].(string)], n.(string))
			}
		}
	case "getTagGroups":
		if len(k.groups) == 0 {
			list, _ := s.answer.([]any)
			for _, e := range list {
				k.groups = append(k.groups, e.(row))
			}
		}
	case "getUserPermsInheritance":
		m, _ := s.answer.(row)
		for perm, from := range m {
			for _, f := range from.([]any) {
				who := args[0].(string)
				if f != nil {
					who = f.(string)
				}
				if !slices.Contains(k.perms[who], any(perm)) {
					k.perms[who] = append(k.perms[who], perm)
				}
			}
		}
	case "getGroupMembers", "getUserGroups":
		list, _ := s.answer.([]any)
		for _, e := range list {
			who, group := textOf(e.(row)["name"]), textOf(args[0])
			if s.method == "getUserGroups" {
				who, group = group, who
			}
			if !slices.Contains(k.groupsOf[who], group) {
				k.groupsOf[who] = append(k.groupsOf[who], group)
			}
		}
	case "buildReferences":
		m, _ := s.answer.(row)
		tags, _ := m["tags"].([]any)
		k.tagsOf[textOf(args[0])] = tags
	case "queryHistory":
		m, _ := s.answer.(row)
		list, _ := m["user_perms"].([]any)
		for _, e := range list {
			k.order[textOf(e.(row)["permission.name"])] = num(e.(row)["create_event"])
		}
	case "getTaskRequest":
		if id := num(args[0]); id != 0 && id <= k.lastTask {
			note(k.tasks, id, row{"id": id, "request": s.answer})
		}
	case "listTags":
		list, _ := s.answer.([]any)
		if name := textOf(kw["package"]); name != "" {
			for _, e := range list {
				m := e.(row)
				for id, known := range k.packages {
					if known == name {
						k.list(num(m["id"]), id, row{
							"package_name": name, "blocked": m["blocked"], "owner_name": m["owner_name"], "extra_arches": m["extra_arches"],
						})
					}
				}
			}
		}
	case "listCGs":
		k.generators, _ = s.answer.(row)
	case "listVolumes":
		k.volumes, _ = s.answer.([]any)
	case "downloadTaskOutput":
		if text, ok := s.answer.(string); ok && kw == nil && len(args) == 2 {
			data, _ := base64.StdEncoding.DecodeString(text)
			k.contents[textOf(args[1])] = string(data)
		}
	case "listTaskOutput":
		if list, ok := s.answer.([]any); ok && kw == nil && len(args) == 1 {
			k.output[num(args[0])] = list
		}
	}
}

// see takes every row in an answer that it knows by its members.
func (k *knowledge) see(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			k.see(e)
		}
	case row:
		k.take(v)
		for _, e := range v {
			k.see(e)
		}
	}
}

func has(m row, keys ...string) bool {
	for _, key := range keys {
		if _, ok := m[key]; !ok {
			return false
		}
	}
	return true
}

func note[K comparable](m map[K]row, key K, r row) {
	if m[key] == nil {
		m[key] = maps.Clone(r)
		return
	}
	for name, v := range r { // members that an earlier sighting lacks
		if _, ok := m[key][name]; !ok {
			m[key][name] = v
		}
	}
}

func (k *knowledge) take(m row) {
	switch {
	case has(m, "usertype", "name", "id"):
		if num(m["id"]) <= k.lastUser {
			note(k.users, num(m["id"]), m)
		}
	case has(m, "maven_support", "name", "id"):
		if num(m["id"]) <= k.lastTag {
			note(k.tags, num(m["id"]), m)
		}
	case has(m, "parent_id", "child_id", "priority"):
		note(k.links, [2]int64{num(m["child_id"]), num(m["parent_id"])}, m)
	case has(m, "parent_id", "tag_id", "priority", "pkg_filter"): // of a reverse walk
		note(k.links, [2]int64{num(m["tag_id"]), num(m["parent_id"])}, m)
	case has(m, "package_id", "package_name", "blocked", "tag_id"):
		k.list(num(m["tag_id"]), num(m["package_id"]), m)
	case has(m, "package_id", "package.name", "blocked", "tag_id") && m["active"] == true && num(m["create_event"]) <= k.last:
		k.list(num(m["tag_id"]), num(m["package_id"]), row{"package_name": m["package.name"], "blocked": m["blocked"]})
	case has(m, "creation_event_id", "package_name", "release"):
		k.takeBuild(m)
	case has(m, "build_tag", "dest_tag", "name"):
		note(k.targets, num(m["id"]), m)
	case has(m, "channel_id", "weight", "method"):
		if num(m["id"]) <= k.lastTask {
			note(k.tasks, num(m["id"]), m)
		}
	case has(m, "create_event", "state_ts", "dist"):
		if num(m["create_event"]) <= k.last {
			note(k.repos, num(m["id"]), m)
			if id := num(m["task_id"]); id != 0 && id <= k.lastTask && m["task_state"] != nil {
				note(k.tasks, id, row{
					"id": id, "method": "newRepo", "state": m["task_state"], "request": []any{m["tag_name"]}, "stub": true,
				})
			}
		}
	case has(m, "name", "arch", "build_id", "version", "release") && !has(m, "filename"):
		if m["rpm_id"] != nil {
			m = maps.Clone(m)
			m["id"] = m["rpm_id"]
		}
		note(k.rpms, num(m["id"]), m)
	case has(m, "capacity", "name"):
		note(k.hosts, num(m["id"]), m)
	case has(m, "comment", "description", "enabled", "name"):
		note(k.channels, num(m["id"]), m)
	case has(m, "external_repo_id", "merge_mode", "tag_id"):
		note(k.attached, [2]int64{num(m["tag_id"]), num(m["external_repo_id"])}, m)
	case has(m, "id", "name", "url"):
		note(k.external, num(m["id"]), m)
	case has(m, "build.state", "tag.name", "create_event") && m["revoke_event"] == nil && num(m["create_event"]) <= k.last:
		note(k.entries, [3]int64{num(m["create_event"]), num(m["tag_id"]), num(m["build_id"])}, m)
	}
	if has(m, "package_id", "package_name") {
		if name, ok := m["package_name"].(string); ok {
			k.packages[num(m["package_id"])] = name
		}
	}
}

// list notes that a tag lists a package.
func (k *knowledge) list(tag, pkg int64, m row) {
	key := [2]int64{tag, pkg}
	if k.listed[key] == nil {
		k.lines = append(k.lines, key)
	}
	note(k.listed, key, m)
}

func (k *knowledge) takeBuild(m row) {
	if num(m["creation_event_id"]) > k.last {
		return
	}
	id := num(m["build_id"])
	note(k.builds, id, m)
	if event := num(m["create_event"]); event != 0 && event <= k.last {
		note(k.entries, [3]int64{event, num(m["tag_id"]), id}, m)
	}
}

// password is the recorded one, or a common one.
func (k *knowledge) password(user string) string {
	if w := k.words[user]; w != "" {
		return w
	}
	return "password"
}

var loggedIn = regexp.MustCompile(`\(logged in as ([^)]+)\)|User (\d+) is not a host|requires an (exclusive) session`)

// behind finds in an answer who asked.
func (k *knowledge) behind(s *situation) string {
	m, _ := s.answer.(row)
	if s.session() == "" {
		return ""
	}
	switch s.method {
	case "login":
		if s.fault == nil && len(s.params) > 0 {
			return textOf(s.params[0])
		}
	case "getLoggedInUser", "getUser":
		if len(s.params) == 0 && m != nil {
			return m["name"].(string)
		}
	case "getSessionInfo":
		if u := k.users[num(m["user_id"])]; u != nil {
			return u["name"].(string)
		}
	case "repo.request":
		if r, ok := m["request"].(row); ok {
			return r["owner_name"].(string)
		}
	case "host.getHost":
		if u := k.users[num(m["user_id"])]; u != nil {
			return u["name"].(string)
		}
		return m["name"].(string)
	}
	if s.fault != nil {
		if f := loggedIn.FindStringSubmatch(s.fault.String); f != nil && f[1] != "" {
			return f[1]
		}
	}
	return ""
}

func seconds(v any) time.Time {
	switch v := v.(type) {
	case float64:
		return time.UnixMicro(int64(v * 1e6)).UTC()
	case int64:
		return time.Unix(v, 0).UTC()
	}
	return time.Time{}
}

func textOf(v any) string { s, _ := v.(string); return s }

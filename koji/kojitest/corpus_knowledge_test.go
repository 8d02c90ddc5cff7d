// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"cmp"
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
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

// seed is what a seed can say of it.
func (k *knowledge) seed() kojitest.Seed {
	seed := kojitest.Seed{Builder: kojitest.Builder{Manual: true}, Repos: []string{}, Now: k.now(), Packages: k.seedPackages()}
	groups := map[string]bool{}
	for _, id := range byID(k.users) {
		if num(k.users[id]["usertype"]) == 2 {
			groups[textOf(k.users[id]["name"])] = true
		}
	}
	for _, id := range byID(k.users) {
		u := k.users[id]
		name := textOf(u["name"])
		if groups[name] {
			continue
		}
		su := kojitest.User{ID: int(id), Name: name, Password: k.password(name), Blocked: num(u["status"]) == 1}
		principals, _ := u["krb_principals"].([]any)
		for _, p := range principals {
			su.Principals = append(su.Principals, p.(string))
		}
		if len(seed.Users) == 0 {
			su.Permissions = []string{"admin"}
		}
		seed.Users = append(seed.Users, su)
	}
	for _, id := range byID(k.hosts) {
		h := k.hosts[id]
		seed.Hosts = append(seed.Hosts, kojitest.Host{
			ID: int(id), Name: textOf(h["name"]), Password: "password", Arches: textOf(h["arches"]),
			Disabled: h["enabled"] == false, Seen: seconds(h["update_ts"]),
		})
	}
	seed.Builds = k.seedBuilds()
	seed.Tasks = k.seedTasks()
	return seed
}

func (k *knowledge) now() time.Time {
	var last time.Time
	for _, r := range k.repos {
		if at := seconds(r["state_ts"]); at.After(last) {
			last = at
		}
	}
	return last
}

func (k *knowledge) seedPackages() []kojitest.Package {
	ids := make([]int64, 0, len(k.packages))
	for id := range k.packages {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var list []kojitest.Package
	for _, id := range ids {
		list = append(list, kojitest.Package{ID: int(id), Name: k.packages[id]})
	}
	return list
}

func (k *knowledge) seedBuilds() []kojitest.Build {
	rpms := map[int64][]row{}
	for _, id := range byID(k.rpms) {
		r := k.rpms[id]
		rpms[num(r["build_id"])] = append(rpms[num(r["build_id"])], r)
	}
	var list []kojitest.Build
	for _, id := range byID(k.builds) {
		b := k.builds[id]
		sb := kojitest.Build{
			ID: int(id), NVR: textOf(b["nvr"]), Owner: textOf(b["owner_name"]), Source: textOf(b["source"]),
			Task: int(num(b["task_id"])), Failed: num(b["state"]) == 3, Started: seconds(b["start_ts"]),
			Completed: seconds(b["completion_ts"]), Files: []kojitest.RPM{},
		}
		if sb.Completed.IsZero() {
			sb.Completed, _ = time.Parse("2006-01-02 15:04:05.999999Z07:00", textOf(b["completion_time"]))
			sb.Started, _ = time.Parse("2006-01-02 15:04:05.999999Z07:00", textOf(b["start_time"]))
		}
		if n, ok := b["epoch"].(int64); ok {
			epoch := int(n)
			sb.Epoch = &epoch
		}
		sb.Extra, _ = b["extra"].(row)
		for _, r := range rpms[id] {
			sb.Files = append(sb.Files, kojitest.RPM{
				ID: int(num(r["id"])), Name: textOf(r["name"]), Arch: textOf(r["arch"]), Size: int(num(r["size"])),
				SigMD5: textOf(r["payloadhash"]), BuildTime: seconds(r["buildtime"]),
			})
		}
		list = append(list, sb)
	}
	return list
}

func (k *knowledge) seedTasks() []kojitest.Task {
	var list []kojitest.Task
	for _, id := range byID(k.tasks) {
		t := k.tasks[id]
		parent := num(t["parent"])
		if parent != 0 && k.tasks[parent] == nil {
			parent = 0
		}
		st := kojitest.Task{
			ID: int(id), Method: textOf(t["method"]), Parent: int(parent), Label: textOf(t["label"]), Arch: textOf(t["arch"]),
			State: koji.TaskState(num(t["state"])), Created: seconds(t["create_ts"]), Started: seconds(t["start_ts"]),
			Completed: seconds(t["completion_ts"]), Priority: int(num(t["priority"])),
		}
		if u := k.users[num(t["owner"])]; u != nil {
			st.Owner = textOf(u["name"])
		}
		st.Request, _ = t["request"].([]any)
		if f, ok := t["result"].(row); ok && f["faultCode"] != nil {
			st.Code, st.Fault = int(num(f["faultCode"])), textOf(f["faultString"])
		} else {
			st.Result = t["result"]
		}
		for _, name := range k.output[id] {
			text := k.contents[name.(string)]
			if text == "" {
				text = "not recorded\n"
			}
			st.Output = append(st.Output, kojitest.File{Name: name.(string), Data: text})
		}
		list = append(list, st)
	}
	return list
}

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

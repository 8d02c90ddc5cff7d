// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"slices"
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

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

// SPDX-License-Identifier: MIT

package kojitest

import "time"

// States of a buildroot, as the wire has them.
const (
	rootInitial = iota
	rootWaiting
	rootBuilding
	rootExpired
)

type rootRow struct {
	id        int
	arch      string
	tag       *tagRow
	repo      *repoRow
	repoState int // of the repo when the buildroot was made
	host      int
	hostName  string
	task      *taskRow
	state     int
	event     *eventRow
	created   time.Time
	retire    *eventRow
	retired   time.Time
	rpms      []*rpmRow
	updates   map[*rpmRow]bool

	// of a content generator's buildroot
	cg        *cgRow
	cgVersion string
	hostOS    string
	hostArch  string
	container string
	extra     any
}

// newRoot makes the buildroot of a task.
func (c *call) newRoot(t *tagRow, r *repoRow, arch string, task *taskRow) *rootRow {
	h := c.h
	c.event()
	root := &rootRow{
		id: h.roots.next(), arch: arch, tag: t, repo: r, repoState: r.state, host: task.host, task: task,
		state: rootBuilding, event: c.tx.event, created: c.tx.event.at, container: "chroot", updates: map[*rpmRow]bool{},
	}
	if o := h.host(task.host); o != nil {
		root.hostName = o.name
	}
	h.roots.insert(c.tx, root.id, root)
	return root
}

// rootOf is the buildroot of a build's architecture; nil without one.
func (h *Hub) rootOf(t *taskRow, arch string) *rootRow {
	for _, root := range h.roots.rows {
		if root.task != nil && root.task.parent == t && root.arch == arch {
			return root
		}
	}
	return nil
}

func (c *call) retireRoot(t *taskRow) *rootRow {
	for i := len(c.h.roots.rows) - 1; i >= 0; i-- {
		root := c.h.roots.rows[i]
		if root.task != t {
			continue
		}
		c.expireRoot(root)
		return root
	}
	return nil
}

func (c *call) expireRoot(root *rootRow) {
	c.event()
	next := *root
	next.state, next.retire, next.retired = rootExpired, c.tx.event, c.tx.event.at
	set(c.tx, root, next)
}

// fillRoot notes what was installed: what the package needs, as the repo has
// it.
func (c *call) fillRoot(root *rootRow, m *making) {
	h := c.h
	if root == nil {
		return
	}
	var rows []*rpmRow
	for _, need := range h.needs(m.name) {
		p := h.packageByName[need.Package]
		if p == nil {
			continue
		}
		for _, e := range h.tagged(m.root, tagQuery{event: m.repo.event.id, inherit: true, latest: 1, pkg: p}) {
			for _, r := range e.build.rpms {
				if r.arch == root.arch || r.arch == "noarch" {
					rows = append(rows, r)
				}
			}
		}
	}
	push(c.tx, &root.rpms, rows...)
}

func (root *rootRow) record() record {
	v := record{
		"arch": root.arch, "br_type": 0, "cg_id": nil, "cg_name": nil, "cg_version": nil, "container_arch": root.arch,
		"container_type": root.container, "create_event_id": nil, "create_event_time": nil, "create_ts": nil,
		"extra": root.extra, "host_arch": textOrNil(root.hostArch), "host_id": nil, "host_name": nil,
		"host_os": textOrNil(root.hostOS), "id": root.id, "repo_create_event_id": nil, "repo_create_event_time": nil,
		"repo_id": nil, "repo_state": nil, "retire_event_id": nil, "retire_event_time": nil, "retire_ts": nil,
		"state": nil, "tag_id": nil, "tag_name": nil, "task_id": nil,
	}
	if root.cg != nil {
		v["br_type"], v["cg_id"], v["cg_name"], v["cg_version"] = 1, root.cg.id, root.cg.name, root.cgVersion
		return v
	}
	v["create_event_id"], v["create_event_time"], v["create_ts"] =
		root.event.id, timeText(root.created), timeNumber(root.created)
	v["host_id"], v["host_name"], v["state"] = root.host, root.hostName, root.state
	v["repo_id"], v["repo_state"] = root.repo.id, root.repo.state
	v["repo_create_event_id"], v["repo_create_event_time"] = root.repo.event.id, timeText(root.repo.event.at)
	v["tag_id"], v["tag_name"], v["task_id"] = root.tag.id, root.tag.name, root.task.id
	if root.retire != nil {
		v["retire_event_id"], v["retire_event_time"], v["retire_ts"] =
			root.retire.id, timeText(root.retired), timeNumber(root.retired)
	}
	return v
}

func buildrootMethods(m map[string]handler) {
	m["getBuildroot"] = (*call).getBuildroot
	m["listBuildroots"] = (*call).listBuildroots
	m["getBuildrootListing"] = (*call).getBuildrootListing
}

func (c *call) getBuildroot() (any, *fault) {
	n, _, f := c.number("buildrootID")
	if f != nil {
		return nil, f
	}
	if root := c.h.roots.get(n); root != nil {
		return root.record(), nil
	}
	if c.flag("strict") {
		return nil, generic("No such buildroot: %d", n)
	}
	return nil, nil
}

func (c *call) listBuildroots() (any, *fault) {
	want := map[string]any{}
	for _, key := range []string{"hostID", "tagID", "taskID", "buildrootID", "repoID", "rpmID", "archiveID"} {
		if v := c.arg(key); v != nil {
			want[key] = v
		}
	}
	rows := []record{}
	for _, root := range c.h.roots.rows {
		if !root.matches(want) {
			continue
		}
		if v := c.arg("state"); v != nil && !kindWanted(v, root.state) {
			continue
		}
		rows = append(rows, root.record())
	}
	return applyQuery(rows, c.structArg("queryOpts"), "id")
}

func (root *rootRow) matches(want map[string]any) bool {
	for key, v := range want {
		var has any
		switch key {
		case "hostID":
			has = root.host
		case "tagID":
			if root.tag != nil {
				has = root.tag.id
			}
		case "taskID":
			if root.task != nil {
				has = root.task.id
			}
		case "buildrootID":
			has = root.id
		case "repoID":
			if root.repo != nil {
				has = root.repo.id
			}
		case "rpmID":
			for _, r := range root.rpms {
				if equal(v, r.id) {
					has = r.id
				}
			}
		}
		if !equal(v, has) {
			return false
		}
	}
	return true
}

func (c *call) getBuildrootListing() (any, *fault) {
	n, _, f := c.number("id")
	if f != nil {
		return nil, f
	}
	rows := []any{}
	root := c.h.roots.get(n)
	if root == nil {
		return rows, nil
	}
	for _, r := range root.rpms {
		rows = append(rows, record{
			"arch": r.arch, "build_id": r.build.id, "draft": r.draft, "epoch": r.epoch, "external_repo_id": 0,
			"external_repo_name": "INTERNAL", "is_update": root.updates[r], "name": r.name, "release": r.release,
			"rpm_id": r.id, "version": r.version,
		})
	}
	return rows, nil
}

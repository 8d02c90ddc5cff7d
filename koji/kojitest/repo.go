// SPDX-License-Identifier: MIT

package kojitest

import (
	"slices"
	"time"
)

// Repo states, as the wire has them.
const (
	repoInit = iota
	repoReady
	repoExpired
	repoDeleted
	repoProblem
)

type repoRow struct {
	id      int
	tag     *tagRow
	state   int
	event   *eventRow // whose contents it has
	begin   int       // since when the tag had these contents
	created time.Time
	changed time.Time // of the state
	dist    bool
	opts    record
	custom  record
	task    *taskRow
}

// newRepo makes a repo of a tag's contents at an event.
func (c *call) newRepo(t *tagRow, event, state int, dist bool, opts record) *repoRow {
	h := c.h
	all := record{"src": false, "debuginfo": false, "separate_src": false, "maven": false}
	custom := record{}
	for k, v := range opts {
		if all[k] != truth(v) {
			custom[k] = truth(v)
		}
		all[k] = truth(v)
	}
	r := &repoRow{
		id: h.repos.next(), tag: t, state: state, event: h.events.get(event), created: h.now, changed: h.now,
		dist: dist, opts: all, custom: custom, begin: h.lastChange(t, event+1, true),
	}
	h.repos.insert(c.tx, r.id, r)
	return r
}

func (c *call) setRepoState(r *repoRow, state int) {
	next := *r
	next.state, next.changed = state, c.h.now
	set(c.tx, r, next)
}

func (r *repoRow) record(h *Hub) record {
	v := record{
		"begin_event": intOrNil(r.begin), "begin_ts": nil, "create_event": r.event.id, "create_ts": timeNumber(r.event.at),
		"creation_time": timeText(r.created), "creation_ts": timeNumber(r.created), "custom_opts": r.custom,
		"dist": r.dist, "end_event": nil, "end_ts": nil, "id": r.id, "opts": r.opts, "state": r.state,
		"state_time": timeText(r.changed), "state_ts": timeNumber(r.changed), "tag_id": r.tag.id, "tag_name": r.tag.name,
		"task_id": nil, "task_state": nil,
	}
	if e := h.events.get(r.begin); e != nil {
		v["begin_ts"] = timeNumber(e.at)
	}
	if r.task != nil {
		v["task_id"], v["task_state"] = r.task.id, r.task.state
	}
	return v
}

func repoMethods(m map[string]handler) {
	m["getRepo"] = (*call).getRepo
	m["repoInfo"] = (*call).repoInfo
	m["getActiveRepos"] = (*call).getActiveRepos
	m["newRepo"] = (*call).submitRepo
	m["repoExpire"] = func(c *call) (any, *fault) { return c.changeRepo(repoExpired) }
	m["repoProblem"] = func(c *call) (any, *fault) { return c.changeRepo(repoProblem) }
	m["repoDelete"] = (*call).repoDelete
	m["repo.references"] = (*call).repoReferences
	m["repo.setState"] = (*call).repoSetState
}

func (c *call) getRepo() (any, *fault) {
	t, f := c.h.anyTag(c.arg("tag"))
	if f != nil {
		return nil, f
	}
	if t == nil {
		return nil, generic("No such entry in table tag: %s", pyText(c.arg("tag")))
	}
	event, f := c.eventArg()
	if f != nil {
		return nil, f
	}
	least, _, f := c.number("min_event")
	if f != nil {
		return nil, f
	}
	state, hasState, f := c.number("state")
	if f != nil {
		return nil, f
	}
	if !hasState {
		state = repoReady
	}
	for _, r := range slices.Backward(c.h.repos.rows) {
		if r.tag != t || r.dist != c.flag("dist") {
			continue
		}
		if event != 0 && r.event.id <= event || event == 0 && r.state == state && r.event.id >= least {
			return r.record(c.h), nil
		}
	}
	return nil, nil
}

func (c *call) repoInfo() (any, *fault) {
	n, _, f := c.number("repo_id")
	if f != nil {
		return nil, f
	}
	if r := c.h.repos.get(n); r != nil {
		return r.record(c.h), nil
	}
	if c.flag("strict") {
		return nil, generic("query returned no rows")
	}
	return nil, nil
}

func (c *call) getActiveRepos() (any, *fault) {
	rows := []any{}
	for _, r := range c.h.repos.rows {
		if r.state == repoDeleted {
			continue
		}
		v := r.record(c.h)
		for _, key := range []string{"begin_event", "begin_ts", "creation_time", "custom_opts", "end_ts", "state_time", "task_state"} {
			delete(v, key)
		}
		rows = append(rows, v)
	}
	return rows, nil
}

// submitRepo answers newRepo.
func (c *call) submitRepo() (any, *fault) {
	if c.user == nil || !c.user.has("regen-repo") {
		if f := c.perm("repo"); f != nil {
			return nil, f
		}
	}
	t, f := c.h.tag(c.arg("tag"), true)
	if f != nil {
		return nil, f
	}
	named := record{}
	if e := c.arg("event"); e != nil {
		named["event"] = e
	}
	// the hub reads its own parameters by position and misses src and
	// debuginfo by one; what is stored is what the recordings show
	for _, key := range []string{"src", "debuginfo", "separate_src"} {
		if c.flag(key) {
			named[key] = true
		}
	}
	return c.repoTask(t, named, c.user).id, nil
}

func (c *call) repoTask(t *tagRow, named record, owner *userRow) *taskRow {
	request := []any{t.name}
	if len(named) > 0 {
		named["__starstar"] = true
		request = append(request, named)
	}
	return c.newTask("newRepo", request, taskOpts{priority: 15, channel: "createrepo", owner: owner})
}

func (c *call) repoArg() (*repoRow, *fault) {
	if f := c.perm("repo"); f != nil {
		return nil, f
	}
	n, _, f := c.number("repo_id")
	if f != nil {
		return nil, f
	}
	r := c.h.repos.get(n)
	if r == nil {
		return nil, generic("query returned no rows")
	}
	return r, nil
}

func (c *call) changeRepo(state int) (any, *fault) {
	r, f := c.repoArg()
	if f != nil {
		return nil, f
	}
	c.setRepoState(r, state)
	return nil, nil
}

func (c *call) repoSetState() (any, *fault) {
	r, f := c.repoArg()
	if f != nil {
		return nil, f
	}
	n, _, f := c.number("state")
	if f != nil {
		return nil, f
	}
	c.setRepoState(r, n)
	return nil, nil
}

func (c *call) repoDelete() (any, *fault) {
	r, f := c.repoArg()
	if f != nil {
		return nil, f
	}
	n := 0
	for _, b := range c.h.roots.rows {
		if b.repo == r && b.state != rootExpired {
			n++
		}
	}
	if n == 0 {
		c.setRepoState(r, repoDeleted)
	}
	return n, nil
}

func (c *call) repoReferences() (any, *fault) {
	n, _, f := c.number("repo_id")
	if f != nil {
		return nil, f
	}
	rows := []any{}
	for _, b := range c.h.roots.rows {
		if b.repo != nil && b.repo.id == n && b.state != rootExpired {
			rows = append(rows, b.record())
		}
	}
	return rows, nil
}

// SPDX-License-Identifier: MIT

package kojitest

import "slices"

// stale notes that a tag changed: the repos of build tags that inherit from
// it are owed anew.
func (h *Hub) stale(c *call, t *tagRow) {
	if h.planting || h.seed.Builder.ManualRepos || h.seed.Builder.Manual {
		return
	}
	affected := map[*tagRow]bool{t: true}
	for _, s := range h.walkInheritance(t, 0, true) {
		affected[s.child] = true
	}
	for _, target := range h.targets.rows {
		cfg := target.config(0)
		if cfg == nil || !affected[cfg.build] || h.dirty[cfg.build.id] {
			continue
		}
		root := cfg.build
		put(c.tx, h.dirty, root.id, true)
		h.after(c, h.seed.Builder.RepoDelay, func(c *call) {
			if h.dirty[root.id] && root.config(0) != nil {
				c.repoTask(root, record{}, c.daemon())
			}
		})
	}
}

// openRepo starts a newRepo task: from here on the contents are fixed.
func (h *Hub) openRepo(c *call, t *taskRow) {
	args := namedRequest(t.request, "tag", "event", "src", "debuginfo", "separate_src", "opts")
	tag, f := h.tag(args["tag"], true)
	if f != nil {
		c.fail(t, f)
		return
	}
	opts := record{}
	for _, key := range []string{"src", "debuginfo", "separate_src"} {
		if truth(args[key]) {
			opts[key] = true
		}
	}
	event, ok := asInt(args["event"])
	if !ok {
		event = c.event()
		drop(c.tx, h.dirty, tag.id)
	}
	r := c.newRepo(tag, event, repoInit, false, opts)
	set(c.tx, &r.task, t)
	arches := archesOf(h.buildConfig(tag, 0)["arches"])
	if len(arches) == 0 {
		arches = []string{"noarch"}
	}
	for _, arch := range arches {
		h.child(c, t, taskOpts{label: arch, channel: "createrepo", arch: "noarch"}, "createrepo", []any{r.id, arch, nil},
			h.seed.Builder.RepoTime, func(c *call, child *taskRow) {
				c.close(child, []any{"tasks/" + pyText(child.id), []any{"repomd.xml"}})
			})
	}
	set(c.tx, &t.done, func(c *call) {
		if f := h.failedChild(t); f != nil {
			c.setRepoState(r, repoProblem)
			c.fail(t, f)
			return
		}
		c.close(t, []any{r.id, r.event.id})
		h.repoDone(c, r)
	})
}

// repoDone makes a repo READY and expires the ones before, as the repo daemon
// does in time.
func (h *Hub) repoDone(c *call, r *repoRow) {
	for _, old := range h.repos.rows {
		if old.tag == r.tag && old != r && old.state == repoReady && old.dist == r.dist && old.event.id <= r.event.id {
			c.setRepoState(old, repoExpired)
		}
	}
	h.repoReady(c, r)
}

// repoReady makes a repo READY, answers requests and wakes those who wait.
func (h *Hub) repoReady(c *call, r *repoRow) {
	c.setRepoState(r, repoReady)
	for _, q := range h.requests.rows {
		if q.active && q.serves(r) {
			next := *q
			next.active, next.repo, next.updated = false, r, h.now
			set(c.tx, q, next)
		}
	}
	waits := h.waits
	var rest []repoWait
	var ready []*taskRow
	for _, w := range waits {
		switch {
		case finished(w.task.state):
		case w.want.met(h, r):
			ready = append(ready, w.task)
		default:
			rest = append(rest, w)
		}
	}
	set(c.tx, &h.waits, rest)
	for _, t := range ready {
		c.close(t, r.record(h))
	}
}

// A repoWant is what a waiting task needs of a repo.
type repoWant struct {
	tag    *tagRow
	event  int
	builds []string
}

type repoWait struct {
	task *taskRow
	want repoWant
}

// met reports whether a READY repo has what is wanted: a build counts as
// there when the repo has it or one that was tagged later.
func (w repoWant) met(h *Hub, r *repoRow) bool {
	if r == nil || r.tag != w.tag || r.state != repoReady || r.event.id < w.event {
		return false
	}
	for _, nvr := range w.builds {
		b := h.buildByNVR[nvr]
		if b == nil {
			return false
		}
		have := h.tagged(w.tag, tagQuery{event: r.event.id, inherit: true, latest: 1, pkg: b.pkg})
		if len(have) == 0 {
			return false
		}
		if have[0].build == b {
			continue
		}
		later := false
		for _, e := range h.tagged(w.tag, tagQuery{event: r.event.id, inherit: true, pkg: b.pkg}) {
			later = later || e.build == b && have[0].created >= e.created
		}
		if !later {
			return false
		}
	}
	return true
}

// currentRepo is the newest READY repo that has what is wanted.
func (h *Hub) currentRepo(w repoWant) *repoRow {
	for _, r := range slices.Backward(h.repos.rows) {
		if r.tag == w.tag && r.state == repoReady && !r.dist {
			if w.met(h, r) {
				return r
			}
			return nil
		}
	}
	return nil
}

// awaitRepo closes a waitrepo task when a repo has what it wants.
func (h *Hub) awaitRepo(c *call, t *taskRow, w repoWant) {
	if r := h.currentRepo(w); r != nil {
		h.plan(c, t, 0, func(c *call, t *taskRow) { c.close(t, r.record(h)) })
		return
	}
	push(c.tx, &h.waits, repoWait{t, w})
	h.ensureRepo(c, w.tag, max(w.event, h.lastChange(w.tag, 0, true)))
}

// ensureRepo starts a newRepo task for a tag, unless one that will cover the
// event is on its way or there already.
func (h *Hub) ensureRepo(c *call, t *tagRow, event int) *taskRow {
	for _, r := range slices.Backward(h.repos.rows) {
		if r.tag == t && !r.dist && (r.state == repoReady || r.state == repoInit) && r.event.id >= event {
			return r.task
		}
	}
	if h.dirty[t.id] {
		return nil
	}
	for _, n := range h.tasks.rows {
		if n.method == "newRepo" && n.state == taskFree && namedRequest(n.request, "tag")["tag"] == t.name {
			return n
		}
	}
	return c.repoTask(t, record{}, c.daemon())
}

// openWait starts a waitrepo task of its own.
func (h *Hub) openWait(c *call, t *taskRow) {
	args := namedRequest(t.request, "tag", "newer_than", "nvrs", "min_event")
	tag, f := h.tag(args["tag"], true)
	if f != nil {
		c.fail(t, f)
		return
	}
	w := repoWant{tag: tag}
	w.event, _ = asInt(args["min_event"])
	nvrs, _ := args["nvrs"].([]any)
	for _, v := range nvrs {
		w.builds = append(w.builds, pyText(v))
	}
	h.awaitRepo(c, t, w)
}

// daemon is the user that regenerates repos; it comes into being when first
// needed.
func (c *call) daemon() *userRow {
	const name = "kojira"
	if u := c.h.userByName[name]; u != nil {
		return u
	}
	u := c.addUser(name, kindPerson)
	c.grant(u, c.h.perm("repo"))
	return u
}

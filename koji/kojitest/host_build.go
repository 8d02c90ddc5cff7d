// SPDX-License-Identifier: MIT

package kojitest

func (c *call) hostTagBuild() (any, *fault) {
	_, t, f := c.hostTask("task_id")
	if f != nil {
		return nil, f
	}
	saved := c.user
	c.user = t.owner // the task acts for the one who asked for it
	defer func() { c.user = saved }()
	b, f := c.h.build(c.arg("build"), true)
	if f != nil {
		return nil, f
	}
	to, f := c.h.tag(c.arg("tag"), true)
	if f != nil {
		return nil, f
	}
	force := c.flag("force")
	if info := c.arg("fromtag"); info != nil {
		from, f := c.h.tag(info, true)
		if f != nil {
			return nil, f
		}
		if f := c.untag(from, b, true); f != nil {
			return nil, f
		}
	}
	if f := c.mayTag(to, b, force); f != nil {
		return nil, f
	}
	return nil, c.enter(to, b, force)
}

func (c *call) hostRepoInit() (any, *fault) {
	if _, f := c.asHost(); f != nil {
		return nil, f
	}
	t, f := c.h.tag(c.arg("tag"), true)
	if f != nil {
		return nil, f
	}
	event, ok, f := c.number("event")
	if f != nil {
		return nil, f
	}
	if !ok {
		event = c.event()
	}
	opts := c.structArg("opts")
	r := c.newRepo(t, event, repoInit, false, opts)
	if id, ok, _ := c.number("task_id"); ok {
		if task := c.h.tasks.get(id); task != nil {
			set(c.tx, &r.task, task)
		}
	}
	drop(c.tx, c.h.dirty, t.id)
	return []any{r.id, r.event.id}, nil
}

func (c *call) hostRepoDone() (any, *fault) {
	if _, f := c.asHost(); f != nil {
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
	if r.state != repoInit {
		return nil, generic("Repo %d not in INIT state (got %s)", r.id, repoStates[r.state])
	}
	if c.flag("expire") {
		c.setRepoState(r, repoExpired)
		return nil, nil
	}
	c.h.repoReady(c, r)
	return nil, nil
}

var repoStates = [...]string{"INIT", "READY", "EXPIRED", "DELETED", "PROBLEM"}

func (c *call) hostNewRoot() (any, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, f
	}
	n, _, f := c.number("repo")
	if f != nil {
		return nil, f
	}
	r := c.h.repos.get(n)
	if r == nil {
		return nil, generic("query returned no rows")
	}
	task := &taskRow{host: o.id}
	if id := c.arg("task_id"); id != nil {
		if task, f = c.h.task(id); f != nil {
			return nil, f
		}
		if f := c.ownedBy(task, o); f != nil {
			return nil, f
		}
	}
	root := c.newRoot(r.tag, r, pyText(c.arg("arch")), task)
	set(c.tx, &root.state, rootInitial)
	return root.id, nil
}

// hostRoot is the buildroot that a builder speaks of.
func (c *call) hostRoot() (*rootRow, *fault) {
	if _, f := c.asHost(); f != nil {
		return nil, f
	}
	n, _, f := c.number("brootid")
	if f != nil {
		return nil, f
	}
	if root := c.h.roots.get(n); root != nil {
		return root, nil
	}
	return nil, generic("No such buildroot: %d", n)
}

func (c *call) hostRootState() (any, *fault) {
	root, f := c.hostRoot()
	if f != nil {
		return nil, f
	}
	state, _ := asInt(c.arg("state"))
	for i, name := range []string{"INIT", "WAITING", "BUILDING", "EXPIRED"} {
		if c.arg("state") == name {
			state = i
		}
	}
	if root.state == rootExpired {
		return nil, generic("buildroot %d is EXPIRED", root.id)
	}
	if state == rootExpired {
		c.expireRoot(root)
		return nil, nil
	}
	set(c.tx, &root.state, state)
	return nil, nil
}

func (c *call) hostInitBuild() (any, *fault) {
	if _, f := c.asHost(); f != nil {
		return nil, f
	}
	data := c.structArg("data")
	id, ok := asInt(data["task_id"])
	if !ok {
		return nil, generic("task_id is missing")
	}
	t, f := c.h.task(id)
	if f != nil {
		return nil, f
	}
	b, f := c.addBuild(newBuild{
		name: pyTextOr(data["name"]), version: pyTextOr(data["version"]), release: pyTextOr(data["release"]),
		epoch: data["epoch"], owner: t.owner, task: t.id, state: buildBuilding, source: data["source"],
		extra: data["extra"], draft: truth(data["draft"]), started: c.h.now,
	})
	if f != nil {
		return nil, f
	}
	set(c.tx, &t.build, b)
	return b.id, nil
}

func (c *call) hostFailBuild() (any, *fault) {
	_, t, f := c.hostTask("task_id")
	if f != nil {
		return nil, f
	}
	b, f := c.h.build(c.arg("build_id"), true)
	if f != nil {
		return nil, f
	}
	if b.state != buildBuilding || b.task != t.id {
		return nil, generic("build %d is not BUILDING for task %d", b.id, t.id)
	}
	c.setBuildState(b, buildFailed)
	return nil, nil
}

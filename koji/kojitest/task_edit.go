// SPDX-License-Identifier: MIT

package kojitest

func taskEditMethods(m map[string]handler) {
	m["cancelTask"] = (*call).cancelTask
	m["cancelTaskFull"] = (*call).cancelTaskFull
	m["cancelTaskChildren"] = (*call).cancelTaskChildren
	m["resubmitTask"] = (*call).resubmitTask
	m["freeTask"] = (*call).freeTask
	m["assignTask"] = (*call).assignTask
	m["setTaskPriority"] = (*call).setTaskPriority
	m["makeTask"] = (*call).makeTask
}

func (c *call) ownTask(t *taskRow) *fault {
	if f := c.login(); f != nil {
		return f
	}
	if t.owner != c.user && !c.isAdmin() && !(c.user.kind == kindHost && t.host != 0) {
		return notAllowed("Cannot cancel task, not owner")
	}
	return nil
}

func (c *call) cancelTask() (any, *fault) {
	t, f := c.h.task(c.arg("task_id"))
	if f != nil {
		return nil, f
	}
	if f := c.ownTask(t); f != nil {
		return nil, f
	}
	c.cancel(t, c.flag("recurse"))
	return nil, nil
}

// cancel ends a task, its build and, with recurse, its children. A finished
// task stays as it is.
func (c *call) cancel(t *taskRow, recurse bool) {
	if !finished(t.state) {
		set(c.tx, &t.state, taskCanceled)
		set(c.tx, &t.completed, c.h.now)
		c.h.release(c, t)
		if b := t.build; b != nil && b.state == buildBuilding {
			c.setBuildState(b, buildCanceled)
		}
		c.h.childEnded(c, t)
	}
	if recurse {
		for _, child := range c.h.children[t.id] {
			c.cancel(child, true)
		}
	}
}

func (c *call) cancelTaskFull() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	t, f := c.h.task(c.arg("task_id"))
	if f != nil {
		return nil, f
	}
	if t.parent != nil {
		if c.flag("strict") {
			return nil, generic("Task %d is not top-level (parent=%d)", t.id, t.parent.id)
		}
		for t.parent != nil {
			t = t.parent
		}
	}
	c.cancel(t, true)
	return nil, nil
}

func (c *call) cancelTaskChildren() (any, *fault) {
	t, f := c.h.task(c.arg("task_id"))
	if f != nil {
		return nil, f
	}
	if f := c.ownTask(t); f != nil {
		return nil, f
	}
	for _, child := range c.h.children[t.id] {
		c.cancel(child, true)
	}
	return nil, nil
}

func (c *call) resubmitTask() (any, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	t, f := c.h.task(c.arg("taskID"))
	if f != nil {
		return nil, f
	}
	if t.state != taskCanceled && t.state != taskFailed {
		return nil, generic("only canceled or failed tasks may be resubmitted")
	}
	if t.parent != nil {
		return nil, generic("only top-level tasks may be resubmitted")
	}
	if t.owner != c.user && !c.isAdmin() {
		return nil, generic("only the task owner or an admin may resubmit a task")
	}
	again := c.newTask(t.method, t.request, taskOpts{
		priority: t.priority, channel: t.channel, arch: t.arch, weight: t.weight, owner: t.owner, label: t.label,
	})
	set(c.tx, &again.source, t.source)
	set(c.tx, &again.sources, t.sources)
	return again.id, nil
}

func (c *call) freeTask() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	t, f := c.h.task(c.arg("task_id"))
	if f != nil {
		return nil, f
	}
	if finished(t.state) {
		return nil, generic("Cannot free task %d, state is %s", t.id, taskStates[t.state])
	}
	c.free(t)
	return nil, nil
}

// free puts a task back to where it was before a builder took it.
func (c *call) free(t *taskRow) {
	for _, child := range c.h.children[t.id] {
		c.cancel(child, true)
	}
	if b := t.build; b != nil && b.state == buildBuilding {
		c.setBuildState(b, buildCanceled)
	}
	c.h.release(c, t)
	next := *t
	next.state, next.host, next.runs, next.done = taskFree, 0, t.runs+1, nil
	next.waiting = nil
	set(c.tx, t, next)
	c.h.enqueue(c, t)
}

var taskStates = [...]string{"FREE", "OPEN", "CLOSED", "CANCELED", "ASSIGNED", "FAILED"}

func (c *call) assignTask() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	t, f := c.h.task(c.arg("task_id"))
	if f != nil {
		return nil, f
	}
	host := c.h.host(c.arg("host"))
	if host == nil {
		return nil, generic("No such host: %s", pyText(c.arg("host")))
	}
	if t.state != taskFree && !(c.flag("force") && !finished(t.state)) {
		return false, nil
	}
	set(c.tx, &t.state, taskAssigned)
	set(c.tx, &t.host, host.id)
	c.noteRun(t, host.id)
	return true, nil
}

func (c *call) setTaskPriority() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	t, f := c.h.task(c.arg("task_id"))
	if f != nil {
		return nil, f
	}
	n, ok, f := c.number("priority")
	if f != nil || !ok {
		return nil, f
	}
	for todo := []*taskRow{t}; len(todo) > 0; todo = todo[1:] {
		if !finished(todo[0].state) {
			set(c.tx, &todo[0].priority, n)
		}
		if c.flag("recurse") {
			todo = append(todo, c.h.children[todo[0].id]...)
		}
	}
	return nil, nil
}

var makeTaskSignature = parseSignature("make_task(method, arglist, **opts)")

func (c *call) makeTask() (any, *fault) {
	if f := c.perm("admin"); f != nil {
		return nil, f
	}
	m := *makeTaskSignature
	m.python = "make_task"
	bound, _, opts, f := m.bind(c.rest, c.kw)
	if f != nil {
		return nil, f
	}
	args, _ := bound["arglist"].([]any)
	o, f := c.taskOpts(opts)
	if f != nil {
		return nil, f
	}
	return c.newTask(pyText(bound["method"]), args, o).id, nil
}

// taskOpts reads the settings that makeTask and host.subtask take.
func (c *call) taskOpts(opts record) (taskOpts, *fault) {
	o := taskOpts{label: opts["label"], channel: opts["channel"]}
	o.priority, _ = asInt(opts["priority"])
	o.arch, _ = opts["arch"].(string)
	if w := opts["weight"]; w != nil {
		o.weight = number(w)
	}
	if who := opts["owner"]; who != nil {
		u, f := c.h.user(who, true)
		if f != nil {
			return o, f
		}
		o.owner = u
	}
	if p := opts["parent"]; p != nil {
		t, f := c.h.task(p)
		if f != nil {
			return o, f
		}
		o.parent = t
	}
	return o, nil
}

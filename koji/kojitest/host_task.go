// SPDX-License-Identifier: MIT

package kojitest

import (
	"errors"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

// A runRow is one assignment of a task to a host.
type runRow struct {
	id     int
	task   *taskRow
	host   int
	active bool
	at     time.Time
}

func hostTaskMethods(m map[string]handler) {
	m["host.getID"] = (*call).hostID
	m["host.getHost"] = (*call).hostSelf
	m["host.isEnabled"] = (*call).hostEnabled
	m["host.updateHost"] = (*call).hostUpdate
	m["host.setHostData"] = (*call).hostSetData
	m["host.getLoadData"] = (*call).hostLoadData
	m["host.getTasks"] = (*call).hostTasks
	m["host.getHostTasks"] = (*call).hostOpenTasks
	m["host.openTask"] = (*call).hostOpenTask
	m["host.closeTask"] = (*call).hostCloseTask
	m["host.failTask"] = (*call).hostFailTask
	m["host.freeTasks"] = (*call).hostFreeTasks
	m["host.setTaskWeight"] = (*call).hostSetWeight
	m["host.subtask"] = (*call).hostSubtask
	m["host.taskSetWait"] = (*call).hostSetWait
	m["host.taskWait"] = (*call).hostWait
	m["host.taskWaitResults"] = (*call).hostWaitResults
	m["host.tagBuild"] = (*call).hostTagBuild
	m["host.repoInit"] = (*call).hostRepoInit
	m["host.repoDone"] = (*call).hostRepoDone
	m["host.newBuildRoot"] = (*call).hostNewRoot
	m["host.setBuildRootState"] = (*call).hostRootState
	m["host.initBuild"] = (*call).hostInitBuild
	m["host.failBuild"] = (*call).hostFailBuild
}

// asHost is the host that the caller is, in an exclusive session.
func (c *call) asHost() (*hostRow, *fault) {
	if f := c.login(); f != nil {
		return nil, f
	}
	for _, o := range c.h.hosts.rows {
		if o.user == c.user {
			if !c.session.exclusive && c.session.master == 0 {
				return nil, authError("This method requires an exclusive session")
			}
			return o, nil
		}
	}
	return nil, authError("User %d is not a host", c.userID())
}

func (c *call) ownedBy(t *taskRow, o *hostRow) *fault {
	if t.state != taskOpen || t.host != o.id {
		return notAllowed("host %d does not own task %d", o.id, t.id)
	}
	return nil
}

// hostTask finds the caller's open task.
func (c *call) hostTask(param string) (*hostRow, *taskRow, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, nil, f
	}
	t, f := c.h.task(c.arg(param))
	if f != nil {
		return nil, nil, f
	}
	return o, t, c.ownedBy(t, o)
}

func (c *call) hostID() (any, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, f
	}
	return o.id, nil
}

func (c *call) hostSelf() (any, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, f
	}
	return o.record(), nil
}

func (c *call) hostEnabled() (any, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, f
	}
	return o.enabled, nil
}

func (c *call) hostUpdate() (any, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, f
	}
	next := *o
	next.load, next.ready, next.updated = number(c.arg("task_load")), c.flag("ready"), c.h.now
	if data := c.structArg("data"); data != nil {
		next.data = data
	}
	set(c.tx, o, next)
	return nil, nil
}

func (c *call) hostSetData() (any, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, f
	}
	set(c.tx, &o.data, c.structArg("hostdata"))
	return nil, nil
}

func (t *taskRow) loadRecord() record {
	return record{
		"arch": t.arch, "channel_id": t.channel, "create_ts": timeNumber(t.created), "host_id": intOrNil(t.host),
		"id": t.id, "method": t.method, "priority": t.priority, "state": t.state,
	}
}

func (c *call) hostLoadData() (any, *fault) {
	if _, f := c.asHost(); f != nil {
		return nil, f
	}
	hosts, tasks := []any{}, []any{}
	for _, o := range c.h.hosts.rows {
		if o.enabled && o.ready && !o.updated.IsZero() && c.h.now.Sub(o.updated) < 15*time.Minute {
			r := o.record()
			ids := make([]any, len(o.channels))
			for i, n := range o.channels {
				ids[i] = n
			}
			r["channels"] = ids
			hosts = append(hosts, r)
		}
	}
	for _, t := range c.h.tasks.rows {
		if t.state == taskFree || t.state == taskAssigned {
			tasks = append(tasks, t.loadRecord())
		}
	}
	return []any{hosts, tasks}, nil
}

func (c *call) hostTasks() (any, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, f
	}
	rows := []any{}
	for _, t := range c.h.tasks.rows {
		if t.state == taskAssigned && t.host == o.id {
			rows = append(rows, t.loadRecord())
		}
	}
	return rows, nil
}

func (c *call) hostOpenTasks() (any, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, f
	}
	rows := []any{}
	for _, t := range c.h.tasks.rows {
		if t.state == taskOpen && t.host == o.id {
			rows = append(rows, record{"id": t.id, "waiting": t.waiting, "weight": t.weight})
		}
	}
	return rows, nil
}

func (c *call) hostOpenTask() (any, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, f
	}
	t, f := c.h.task(c.arg("task_id"))
	if f != nil {
		return nil, f
	}
	if t.state != taskAssigned || t.host != o.id {
		return nil, nil
	}
	c.begin(t, o.id)
	r := t.record(false)
	r["request"] = t.requestText()
	return r, nil
}

func (c *call) hostCloseTask() (any, *fault) {
	_, t, f := c.hostTask("task_id")
	if f != nil {
		return nil, f
	}
	var v any
	err := xmlrpc.DecodeResponse(strings.NewReader(pyTextOr(c.arg("response"))), &v, xmlrpc.Options{})
	if err != nil {
		return nil, parameter("Invalid response: %s", err)
	}
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	c.close(t, v)
	return nil, nil
}

func (c *call) hostFailTask() (any, *fault) {
	_, t, f := c.hostTask("task_id")
	if f != nil {
		return nil, f
	}
	var v any
	err := xmlrpc.DecodeResponse(strings.NewReader(pyTextOr(c.arg("response"))), &v, xmlrpc.Options{})
	said := &fault{code: codeUnexpected, text: pyTextOr(c.arg("response"))}
	if x, ok := errors.AsType[*xmlrpc.FaultError](err); ok {
		said = &fault{code: x.Code, text: x.String}
	} else if x, ok := errors.AsType[xmlrpc.FaultError](err); ok {
		said = &fault{code: x.Code, text: x.String}
	}
	c.fail(t, said)
	return nil, nil
}

func (c *call) hostFreeTasks() (any, *fault) {
	o, f := c.asHost()
	if f != nil {
		return nil, f
	}
	list, _ := c.arg("tasks").([]any)
	for _, id := range list {
		t, f := c.h.task(id)
		if f != nil {
			return nil, f
		}
		if !finished(t.state) && t.host == o.id {
			c.free(t)
		}
	}
	return nil, nil
}

func (c *call) hostSetWeight() (any, *fault) {
	_, t, f := c.hostTask("task_id")
	if f != nil {
		return nil, f
	}
	set(c.tx, &t.weight, number(c.arg("weight")))
	return nil, nil
}

// hostSubtask makes a child; asked again with the same label it returns the
// first one.
func (c *call) hostSubtask() (any, *fault) {
	_, p, f := c.hostTask("parent")
	if f != nil {
		return nil, f
	}
	o, f := c.taskOpts(c.kw)
	if f != nil {
		return nil, f
	}
	if o.label != nil {
		for _, t := range c.h.children[p.id] {
			if equal(t.label, o.label) {
				return t.id, nil
			}
		}
	}
	o.parent = p
	args, _ := c.arg("arglist").([]any)
	return c.newTask(pyText(c.arg("method")), args, o).id, nil
}

func (c *call) hostSetWait() (any, *fault) {
	_, p, f := c.hostTask("parent")
	if f != nil {
		return nil, f
	}
	for _, t := range c.h.children[p.id] {
		if list, ok := c.arg("tasks").([]any); ok && !containsInt(list, t.id) {
			continue
		}
		set(c.tx, &t.awaited, any(true))
	}
	set(c.tx, &p.waiting, any(true))
	return nil, nil
}

func containsInt(list []any, n int) bool {
	for _, v := range list {
		if equal(v, n) {
			return true
		}
	}
	return false
}

func (c *call) hostWait() (any, *fault) {
	_, p, f := c.hostTask("parent")
	if f != nil {
		return nil, f
	}
	done, open := []any{}, []any{}
	for _, t := range c.h.children[p.id] {
		switch {
		case t.awaited != true:
		case finished(t.state):
			done = append(done, t.id)
			set(c.tx, &t.awaited, any(false))
		default:
			open = append(open, t.id)
		}
	}
	if len(open) == 0 {
		set(c.tx, &p.waiting, any(false))
	}
	return []any{done, open}, nil
}

func (c *call) hostWaitResults() (any, *fault) {
	_, p, f := c.hostTask("parent")
	if f != nil {
		return nil, f
	}
	canFail, _ := c.arg("canfail").([]any)
	list, _ := c.arg("tasks").([]any)
	rows := []any{}
	for _, t := range c.h.children[p.id] {
		if c.arg("tasks") != nil && !containsInt(list, t.id) {
			continue
		}
		switch t.state {
		case taskClosed:
			rows = append(rows, []any{t.id, t.result})
		case taskFailed:
			if !containsInt(canFail, t.id) {
				return nil, &fault{code: t.fault.code, text: t.fault.text}
			}
			rows = append(rows, []any{t.id, t.faultRecord()})
		case taskCanceled:
			return nil, generic("Task %d is canceled", t.id)
		}
	}
	return rows, nil
}

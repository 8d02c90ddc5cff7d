// SPDX-License-Identifier: MIT

package kojitest

import "time"

// Task states, as the wire has them.
const (
	taskFree = iota
	taskOpen
	taskClosed
	taskCanceled
	taskAssigned
	taskFailed
)

type taskRow struct {
	id        int
	method    string
	request   []any
	owner     *userRow
	parent    *taskRow
	label     any
	arch      string
	channel   int
	priority  int
	weight    float64
	state     int
	host      int
	created   time.Time
	started   time.Time
	completed time.Time
	waiting   any
	awaited   any
	result    any
	fault     *fault
	output    map[string][]byte
	names     []string // of output, in the order of their making

	source  source            // what the embedder says the source makes
	sources map[string]source // the same for the sources of a chain
	runs    int               // how often the task was opened; older plans are void
	slot    bool              // counts as a running build
	build   *buildRow
	run     *runRow       // the newest assignment
	done    func(c *call) // what the parent does when its children are finished
}

func finished(state int) bool {
	return state == taskClosed || state == taskCanceled || state == taskFailed
}

// taskOpts are the settings of a new task.
type taskOpts struct {
	id       int // 0 takes the next one
	priority int // absolute; 0 is the default 20
	channel  any
	parent   *taskRow
	label    any
	arch     string
	weight   float64
	owner    *userRow
	held     bool // no builder comes on its own
}

const defaultPriority = 20

// newTask makes a task; its builder comes to it when time goes on.
func (c *call) newTask(name string, request []any, o taskOpts) *taskRow {
	h := c.h
	id := o.id
	if id == 0 {
		id = h.tasks.next()
	}
	t := &taskRow{
		id: id, method: name, request: request, owner: c.user, parent: o.parent, label: o.label,
		arch: o.arch, priority: o.priority, weight: o.weight, created: h.now, channel: h.channelFor(name, o.channel),
	}
	if t.arch == "" {
		t.arch = "noarch"
	}
	if t.priority == 0 {
		t.priority = defaultPriority
	}
	if t.weight == 0 {
		t.weight = 1
	}
	if o.owner != nil {
		t.owner = o.owner
	}
	if o.parent != nil {
		t.owner, t.priority = o.parent.owner, o.parent.priority-1
		rows := h.children[o.parent.id]
		put(c.tx, h.children, o.parent.id, append(rows[:len(rows):len(rows)], t))
	}
	h.tasks.insert(c.tx, t.id, t)
	if c.req != nil {
		t.sources = c.req.sources
	} else if o.parent != nil {
		t.sources = o.parent.sources
	}
	if len(request) > 0 {
		if url, ok := request[0].(string); ok {
			t.source = t.sources[url]
		}
	}
	if !o.held {
		h.enqueue(c, t)
	}
	return t
}

func (t *taskRow) record(request bool) record {
	r := record{
		"arch": t.arch, "awaited": t.awaited, "channel_id": t.channel,
		"completion_time": timeText(t.completed), "completion_ts": timeNumber(t.completed),
		"create_time": timeText(t.created), "create_ts": timeNumber(t.created),
		"host_id": intOrNil(t.host), "id": t.id, "label": t.label, "method": t.method, "owner": t.owner.id,
		"parent": nil, "priority": t.priority, "start_time": timeText(t.started), "start_ts": timeNumber(t.started),
		"state": t.state, "waiting": t.waiting, "weight": t.weight,
	}
	if t.parent != nil {
		r["parent"] = t.parent.id
	}
	if request {
		r["request"] = t.request
	}
	return r
}

// task finds a task by its id.
func (h *Hub) task(info any) (*taskRow, *fault) {
	n, ok := asInt(info)
	if !ok {
		return nil, parameter("Invalid type for task id: %s", pyType(info))
	}
	t := h.tasks.get(n)
	if t == nil {
		return nil, generic("No such task: %d", n)
	}
	return t, nil
}

func taskMethods(m map[string]handler) {
	m["getTaskInfo"] = (*call).getTaskInfo
	m["getTaskChildren"] = (*call).getTaskChildren
	m["getTaskDescendents"] = (*call).getTaskDescendents
	m["getTaskRequest"] = (*call).getTaskRequest
	m["getTaskResult"] = (*call).getTaskResult
	m["taskFinished"] = (*call).taskFinished
	m["listTasks"] = (*call).listTasks
	m["listTaskOutput"] = (*call).listTaskOutput
	m["downloadTaskOutput"] = (*call).downloadTaskOutput
}

func (c *call) getTaskInfo() (any, *fault) {
	one := func(info any) (any, *fault) {
		n, ok := asInt(info)
		if !ok {
			return nil, parameter("Invalid type for task id: %s", pyType(info))
		}
		t := c.h.tasks.get(n)
		if t == nil {
			if c.flag("strict") {
				return nil, generic("query returned no rows")
			}
			return nil, nil
		}
		return t.record(c.flag("request")), nil
	}
	list, ok := c.arg("task_id").([]any)
	if !ok {
		return one(c.arg("task_id"))
	}
	rows := make([]any, len(list))
	for i, info := range list {
		r, f := one(info)
		if f != nil {
			return nil, f
		}
		rows[i] = r
	}
	return rows, nil
}

func (c *call) getTaskChildren() (any, *fault) {
	n, ok := asInt(c.arg("task_id"))
	if !ok || c.h.tasks.get(n) == nil {
		if c.flag("strict") {
			return nil, generic("No such task: %s", pyText(c.arg("task_id")))
		}
		return []any{}, nil
	}
	rows := []any{}
	for _, t := range c.h.children[n] {
		rows = append(rows, t.record(c.flag("request")))
	}
	return rows, nil
}

func (c *call) getTaskDescendents() (any, *fault) {
	t, f := c.h.task(c.arg("task_id"))
	if f != nil {
		return nil, f
	}
	r := record{}
	for todo := []*taskRow{t}; len(todo) > 0; todo = todo[1:] {
		rows := []any{}
		for _, child := range c.h.children[todo[0].id] {
			rows = append(rows, child.record(c.flag("request")))
			todo = append(todo, child)
		}
		r[pyText(todo[0].id)] = rows
	}
	return r, nil
}

func (c *call) getTaskRequest() (any, *fault) {
	t, f := c.h.task(c.arg("taskId"))
	if f != nil {
		return nil, f
	}
	return t.request, nil
}

func (c *call) getTaskResult() (any, *fault) {
	t, f := c.h.task(c.arg("taskId"))
	if f != nil {
		return nil, f
	}
	switch t.state {
	case taskClosed:
		return t.result, nil
	case taskCanceled:
		return nil, generic("Task %d is canceled", t.id)
	case taskFailed:
		if c.flag("raise_fault") {
			return nil, &fault{code: t.fault.code, text: t.fault.text}
		}
		return t.faultRecord(), nil
	}
	return nil, generic("Task %d is not finished", t.id)
}

func (t *taskRow) faultRecord() record {
	return record{"faultCode": t.fault.code, "faultString": t.fault.text}
}

func (c *call) taskFinished() (any, *fault) {
	t, f := c.h.task(c.arg("taskId"))
	if f != nil {
		return nil, f
	}
	return finished(t.state), nil
}

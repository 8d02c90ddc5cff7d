// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
	"github.com/seed-f134cc8e/relkit/planner/status"
)

// TaskState is where a task stands.
type TaskState int

// The states of a task, by the hub's numbers. A task may go back from
// TaskAssigned and TaskOpen to TaskFree when its builder restarts.
const (
	TaskFree TaskState = iota
	TaskOpen
	TaskClosed
	TaskCanceled
	TaskAssigned
	TaskFailed
)

var taskStates = []string{"FREE", "OPEN", "CLOSED", "CANCELED", "ASSIGNED", "FAILED"}

// String returns the hub's word: "CLOSED".
func (s TaskState) String() string { return enumString(taskStates, "TaskState", int(s)) }

// Terminal reports whether the task is finished: closed, canceled or failed.
func (s TaskState) Terminal() bool {
	return s == TaskClosed || s == TaskCanceled || s == TaskFailed
}

// MarshalText returns the hub's word, or digits for an unknown state.
func (s TaskState) MarshalText() ([]byte, error) { return enumText(taskStates, int(s)) }

// UnmarshalText reads what MarshalText writes.
func (s *TaskState) UnmarshalText(text []byte) error {
	n, err := enumParse(taskStates, "task state", text)
	*s = TaskState(n)
	return err
}

// Status returns the state in the words that all of relkit shares.
func (s TaskState) Status() status.State {
	switch s {
	case TaskFree, TaskAssigned:
		return status.Queued
	case TaskOpen:
		return status.Building
	case TaskClosed:
		return status.Built
	case TaskCanceled:
		return status.Canceled
	case TaskFailed:
		return status.Failed
	}
	return status.Unknown
}

// A Task is one job of the hub. Numbers of users, hosts and channels come
// without names, except where a listing adds them.
type Task struct {
	ID        int       `xmlrpc:"id"`
	Method    string    `xmlrpc:"method"`
	State     TaskState `xmlrpc:"state"`
	Arch      string    `xmlrpc:"arch"`
	Label     string    `xmlrpc:"label"`  // tells the children of one parent apart; "" if none
	Parent    int       `xmlrpc:"parent"` // 0: a task of its own
	OwnerID   int       `xmlrpc:"owner"`
	HostID    int       `xmlrpc:"host_id"` // 0: no builder has it
	ChannelID int       `xmlrpc:"channel_id"`
	Priority  int       `xmlrpc:"priority"` // lower is earlier, 20 is usual
	Weight    float64   `xmlrpc:"weight"`
	Waiting   *bool     `xmlrpc:"waiting"` // it waits for its children; nil: never has
	Awaited   *bool     `xmlrpc:"awaited"` // its parent waits for it; nil: never has
	Created   time.Time `xmlrpc:"create_time,create_ts"`
	Started   time.Time `xmlrpc:"start_time,start_ts"`           // zero before
	Completed time.Time `xmlrpc:"completion_time,completion_ts"` // zero before

	// Request holds the arguments when they were asked for, in generic form;
	// named ones are a map with the member "__starstar" at the end.
	// [Task.Parameters] gives them by name. Without TaskQuery.Decode a listing
	// has them, and Result, as one XML text.
	Request any `xmlrpc:"request"`
	Result  any `xmlrpc:"result"` // as Request

	Owner     string         `xmlrpc:"owner_name"` // listings only
	OwnerType UserType       `xmlrpc:"owner_type"` // listings only
	Children  []Task         `xmlrpc:"-"`          // of [Client.TaskTree], by number
	More      map[string]any `xmlrpc:",extra"`     // members that have no field here
}

// Finished reports whether the task has come to its end, good or bad.
func (t Task) Finished() bool { return t.State.Terminal() }

// Status returns the task in the form that all of relkit shares, without
// links; [Client.TaskStatus] adds them.
func (t Task) Status() status.Status {
	return status.Status{ID: "task " + strconv.Itoa(t.ID), State: t.State.Status(), Detail: t.State.String()}
}

// Task returns a task with its request. It calls getTaskInfo.
func (c *Client) Task(ctx context.Context, id int) (Task, error) {
	return get[Task](ctx, c, "getTaskInfo", id, arguments([]any{id}, c.strictly(Named{"request": true}))...)
}

// TaskState returns a task without its request, which may be large. It calls
// getTaskInfo.
func (c *Client) TaskState(ctx context.Context, id int) (Task, error) {
	return get[Task](ctx, c, "getTaskInfo", id, arguments([]any{id}, c.strictly(nil))...)
}

// Task adds a [Client.Task] to the batch.
func (b *Batch) Task(id int) *Future[Task] {
	return addGet[Task](b, "getTaskInfo", id, id, Named{"request": true})
}

// TasksByID returns many tasks with their requests, in the order of ids; nil stands
// for those that don't exist. It calls getTaskInfo.
func (c *Client) TasksByID(ctx context.Context, ids []int) ([]*Task, error) {
	out := make([]*Task, 0, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), c.hub.cfg.calls)
		rows, err := value[[]*Task](ctx, c, "getTaskInfo", ids[:n], Named{"request": true})
		if err != nil {
			return nil, err
		}
		if len(rows) != n {
			return nil, &Error{Op: "getTaskInfo", Msg: fmt.Sprintf("asked for %d tasks, got %d", n, len(rows)), Err: ErrUnavailable}
		}
		out, ids = append(out, rows...), ids[n:]
	}
	return out, nil
}

// TaskChildren returns the tasks that a task has started, one level deep. It
// calls getTaskChildren.
func (c *Client) TaskChildren(ctx context.Context, id int) ([]Task, error) {
	return list[Task](ctx, c, "getTaskChildren", id)
}

// TaskTree returns a task with its request and all tasks below it in
// Children, each level by number. It calls getTaskInfo and getTaskDescendents
// in one request.
func (c *Client) TaskTree(ctx context.Context, id int) (Task, error) {
	b := c.NewBatch()
	top := b.Task(id)
	below := Add[map[string][]Task](b, "getTaskDescendents", id)
	if err := b.Do(ctx); err != nil {
		return Task{}, err
	}
	t, err := top.Get()
	if err != nil {
		return Task{}, err
	}
	levels, err := below.Get()
	if err != nil {
		return Task{}, err
	}
	attach(&t, levels, map[int]bool{t.ID: true})
	return t, nil
}

// attach hangs the descendants below t; seen guards against a hub that tells
// of circles.
func attach(t *Task, levels map[string][]Task, seen map[int]bool) {
	for _, child := range levels[strconv.Itoa(t.ID)] {
		if seen[child.ID] {
			continue
		}
		seen[child.ID] = true
		attach(&child, levels, seen)
		t.Children = append(t.Children, child)
	}
	sortTasks(t.Children)
}

// TaskRequest returns a task's arguments in generic form. It calls
// getTaskRequest.
func (c *Client) TaskRequest(ctx context.Context, id int) ([]any, error) {
	return get[[]any](ctx, c, "getTaskRequest", id, id)
}

// TaskResult decodes what a task returned into result, a pointer; nil drops
// it. A failed task is an [*Error] with the code and text of its failure and
// Op "task N"; one that is not finished, or was canceled, is an error too. It
// calls getTaskResult.
func (c *Client) TaskResult(ctx context.Context, id int, result any) error {
	var raw taskResult
	raw.target = result
	if err := c.Call(ctx, "getTaskResult", []any{id, Named{"raise_fault": false}}, &raw); err != nil {
		return err
	}
	if raw.fault != nil {
		return fault("task "+strconv.Itoa(id), *raw.fault, nil)
	}
	return nil
}

// taskResult tells a failed task's fault from a result.
type taskResult struct {
	target any
	fault  *xmlrpc.FaultError
}

// UnmarshalXMLRPC implements xmlrpc.Unmarshaler. Structs are read in generic
// form first, because only their members tell what they are.
func (t *taskResult) UnmarshalXMLRPC(d *xmlrpc.Decoder) error {
	t.fault = nil
	k, err := d.Kind()
	if err != nil {
		return err
	}
	if k != xmlrpc.Struct {
		return d.Value(t.target)
	}
	var m map[string]any
	if err := d.Value(&m); err != nil {
		return err
	}
	if code, ok := m["faultCode"].(int64); ok && len(m) == 2 {
		if text, ok := m["faultString"].(string); ok {
			t.fault = &xmlrpc.FaultError{Code: int(code), String: text}
			return nil
		}
	}
	return reread(m, t.target)
}

// reread decodes a generic value into a typed one.
func reread(v, target any) error {
	if target == nil {
		return nil
	}
	doc, err := xmlrpc.EncodeResponse(v)
	if err != nil {
		return err
	}
	return xmlrpc.DecodeResponse(strings.NewReader(string(doc)), target, xmlrpc.Options{Lenient: true})
}

// TaskFinished reports whether a task has come to its end. It calls
// taskFinished.
func (c *Client) TaskFinished(ctx context.Context, id int) (bool, error) {
	return value[bool](ctx, c, "taskFinished", id)
}

// A TaskQuery selects tasks. Its zero value selects all there ever were.
type TaskQuery struct {
	States          []TaskState `koji:"opts.state"` // empty: any
	NotStates       []TaskState `koji:"opts.not_state"`
	Method          string      `koji:"opts.method"`
	Arches          []string    `koji:"opts.arch"`
	NotArches       []string    `koji:"opts.not_arch"`
	OwnerIDs        []int       `koji:"opts.owner"`
	NotOwnerIDs     []int       `koji:"opts.not_owner"`
	HostIDs         []int       `koji:"opts.host_id"`
	ChannelIDs      []int       `koji:"opts.channel_id"`
	Parents         []int       `koji:"opts.parent"`
	CreatedBefore   Moment      `koji:"opts.createdBefore"`
	CreatedAfter    Moment      `koji:"opts.createdAfter"`
	StartedBefore   Moment      `koji:"opts.startedBefore"`
	StartedAfter    Moment      `koji:"opts.startedAfter"`
	CompletedBefore Moment      `koji:"opts.completeBefore"`
	CompletedAfter  Moment      `koji:"opts.completeAfter"`
	Decode          bool        `koji:"opts.decode"` // requests and results as values instead of XML text

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"` // rows per request; 0: all in [Client.ListTasks], 1,000 in [Client.Tasks]
}

// named gives the filters, which the hub wants even when there are none.
func (q TaskQuery) named() Named {
	n := named(q)
	if n["opts"] == nil {
		n["opts"] = map[string]any{}
	}
	return n
}

// ListTasks returns the tasks that match, in one request. It calls listTasks.
func (c *Client) ListTasks(ctx context.Context, q TaskQuery) ([]Task, error) {
	return list[Task](ctx, c, "listTasks", q.named())
}

// Tasks returns the tasks that match, page by page, in the query's order and by
// number within it. It calls listTasks.
func (c *Client) Tasks(ctx context.Context, q TaskQuery) iter.Seq2[Task, error] {
	q.Order = stable(q.Order, "id")
	return paged(ctx, q, q.Offset, q.Limit, func(q *TaskQuery, o, l int) { q.Offset, q.Limit = o, l }, c.ListTasks)
}

// CountTasks returns how many tasks match. It calls listTasks.
func (c *Client) CountTasks(ctx context.Context, q TaskQuery) (int, error) {
	return value[int](ctx, c, "listTasks", countOnly(q.named()))
}

// CancelTask cancels a task and those below it. On a finished task nothing
// happens. Only its owner and admins may. It calls cancelTask.
func (c *Client) CancelTask(ctx context.Context, id int) error {
	return c.Call(ctx, "cancelTask", []any{id}, nil)
}

// CancelTaskGroup cancels the whole tree that a task belongs to. Admins only.
// It calls cancelTaskFull.
func (c *Client) CancelTaskGroup(ctx context.Context, id int) error {
	return c.Call(ctx, "cancelTaskFull", []any{id}, nil)
}

// CancelTaskChildren cancels the tasks below a task. It calls
// cancelTaskChildren.
func (c *Client) CancelTaskChildren(ctx context.Context, id int) error {
	return c.Call(ctx, "cancelTaskChildren", []any{id}, nil)
}

// ResubmitTask starts a failed or canceled task anew and returns the new
// task's number. It must be a task of its own. It calls resubmitTask.
func (c *Client) ResubmitTask(ctx context.Context, id int) (int, error) {
	return value[int](ctx, c, "resubmitTask", id)
}

// SetTaskPriority changes a task's priority, and with recurse that of those
// below it. Admins only. It calls setTaskPriority.
func (c *Client) SetTaskPriority(ctx context.Context, id, priority int, recurse bool) error {
	args := []any{id, priority}
	if !recurse {
		args = append(args, Named{"recurse": false})
	}
	return c.Call(ctx, "setTaskPriority", args, nil)
}

// FreeTask takes a task from its builder and puts it back into the queue.
// Admins only. It calls freeTask.
func (c *Client) FreeTask(ctx context.Context, id int) error {
	return c.Call(ctx, "freeTask", []any{id}, nil)
}

// AssignTask gives a task to a builder. It returns false if the task was not
// free; force takes it from another builder. Admins only. It calls assignTask.
func (c *Client) AssignTask(ctx context.Context, id int, host Ref, force bool) (bool, error) {
	args := []any{id, host}
	if force {
		args = append(args, Named{"force": true})
	}
	return value[bool](ctx, c, "assignTask", args...)
}

// MakeTask makes a task of any method. Admins only. Most tasks have a call of
// their own. It calls makeTask.
func (c *Client) MakeTask(ctx context.Context, method string, args []any, opts Named) (int, error) {
	if args == nil {
		args = []any{}
	}
	return value[int](ctx, c, "makeTask", arguments([]any{method, args}, opts)...)
}

// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/seed-f134cc8e/relkit/planner/status"
)

// Errors of tasks that came to a bad end, beside the hub's own words and code.
var (
	// ErrTaskFailed: the task failed.
	ErrTaskFailed = errors.New("task failed")
	// ErrTaskCanceled: somebody canceled the task.
	ErrTaskCanceled = errors.New("task canceled")
)

const (
	firstPoll = time.Second
	lastPoll  = 15 * time.Second
)

// poll waits longer each time that nothing has changed.
type poll struct{ first, last, next time.Duration }

func newPoll(first, last time.Duration) *poll {
	if first <= 0 {
		first = firstPoll
	}
	if last <= 0 {
		last = lastPoll
	}
	return &poll{first: first, last: max(first, last), next: first}
}

func (p *poll) wait(ctx context.Context, changed bool) error {
	if changed {
		p.next = p.first
	}
	d := p.next
	p.next = min(p.last, p.next*3/2)
	return sleep(ctx, d)
}

// WaitTask waits until a task is finished and returns it. A task that failed
// is [ErrTaskFailed] with the code and words of its failure, one that was
// canceled [ErrTaskCanceled]; the task is returned with the error. Ending the
// context leaves the task running. It asks every second at first, less often
// while nothing changes. It calls getTaskInfo and getTaskResult.
func (c *Client) WaitTask(ctx context.Context, id int) (Task, error) {
	p := newPoll(0, 0)
	last := TaskState(-1)
	for {
		t, err := c.TaskState(ctx, id)
		if err != nil {
			return t, err
		}
		if t.Finished() {
			return t, c.outcome(ctx, t)
		}
		if err := p.wait(ctx, t.State != last); err != nil {
			return t, &Error{Op: taskOp(id), Msg: "still " + t.State.String(), Err: err}
		}
		last = t.State
	}
}

func taskOp(id int) string { return "task " + strconv.Itoa(id) }

// outcome is the error of a finished task, nil for a closed one.
func (c *Client) outcome(ctx context.Context, t Task) error {
	switch t.State {
	case TaskClosed:
		return nil
	case TaskCanceled:
		return &Error{Op: taskOp(t.ID), Msg: t.Method + " was canceled", Err: ErrTaskCanceled}
	}
	err := c.TaskResult(ctx, t.ID, nil)
	var e *Error
	if errors.As(err, &e) && e.Op == taskOp(t.ID) {
		e.Err = fmt.Errorf("%w: %w", ErrTaskFailed, e.Code)
		return e
	}
	if err != nil && ctx.Err() != nil {
		return err
	}
	return &Error{Op: taskOp(t.ID), Msg: t.Method + " failed", Err: ErrTaskFailed}
}

// A Watch says which tasks are watched and how often the hub is asked: every
// Interval after a change, less often up to MaxInterval while nothing changes.
// Zero means one and fifteen seconds.
type Watch struct {
	Tasks       []int
	Interval    time.Duration
	MaxInterval time.Duration
}

// A TaskChange is a task that is new to a watch or has changed its state.
type TaskChange struct {
	Task Task
	Top  int        // the watched task that it belongs to
	Old  *TaskState // nil: seen for the first time
}

// Status returns the changed task in the form that all of relkit shares.
func (t TaskChange) Status() status.Status { return t.Task.Status() }

// WatchTasks follows tasks and all that they start, until the watched ones are
// finished. Each round is one request for all of them. A watched task comes
// last among its tree's changes of a round. Failures of the hub end the watch
// with an error; the tasks' own failures don't. It calls getTaskInfo and
// getTaskDescendents in multicalls.
func (c *Client) WatchTasks(ctx context.Context, w Watch) iter.Seq2[TaskChange, error] {
	return func(yield func(TaskChange, error) bool) {
		open := append([]int(nil), w.Tasks...)
		seen := map[int]TaskState{}
		p := newPoll(w.Interval, w.MaxInterval)
		for len(open) > 0 {
			changes, still, err := c.watchRound(ctx, open, seen)
			if err != nil {
				yield(TaskChange{}, err)
				return
			}
			for _, ch := range changes {
				if !yield(ch, nil) {
					return
				}
			}
			if open = still; len(open) == 0 {
				return
			}
			if err := p.wait(ctx, len(changes) > 0); err != nil {
				yield(TaskChange{}, &Error{Op: "watch tasks", Msg: fmt.Sprintf("%d of %d tasks unfinished", len(open), len(w.Tasks)), Err: err})
				return
			}
		}
	}
}

func (c *Client) watchRound(ctx context.Context, open []int, seen map[int]TaskState) (changes []TaskChange, still []int, err error) {
	b := c.NewBatch()
	tops := make([]*Future[Task], len(open))
	below := make([]*Future[map[string][]Task], len(open))
	for i, id := range open {
		// Descendants first: a task that is then finished has no news below it.
		below[i] = Add[map[string][]Task](b, "getTaskDescendents", id, Named{"request": true})
		tops[i] = b.Task(id)
	}
	if err := b.Do(ctx); err != nil {
		return nil, nil, err
	}
	for i, id := range open {
		top, err := tops[i].Get()
		if err != nil {
			return nil, nil, err
		}
		levels, err := below[i].Get()
		if err != nil {
			return nil, nil, err
		}
		var all []Task
		for _, level := range levels {
			all = append(all, level...)
		}
		sortTasks(all)
		for _, t := range append(all, top) {
			old, known := seen[t.ID]
			if known && old == t.State {
				continue
			}
			seen[t.ID] = t.State
			ch := TaskChange{Task: t, Top: id}
			if known {
				ch.Old = &old
			}
			changes = append(changes, ch)
		}
		if !top.Finished() {
			still = append(still, id)
		}
	}
	return changes, still, nil
}

// TaskStatus returns a task in the form that all of relkit shares, with links
// to the web interface where its address is known. A failed task comes with
// the words of the failure, a build under way with an estimate of how much is
// done, from how long builds of the package take. It calls getTaskInfo,
// getTaskResult and getAverageBuildDuration.
func (c *Client) TaskStatus(ctx context.Context, id int) (status.Status, error) {
	t, err := c.Task(ctx, id)
	if err != nil {
		return status.Status{}, err
	}
	s := t.Status()
	if pkg := t.Package(); t.State == TaskOpen && t.Method == "build" && pkg != "" {
		if usual, err := c.AverageBuildDuration(ctx, Ref(pkg), 0); err == nil && usual > 0 {
			s.Estimate = true
			s.Percent = new(min(99, 100*float64(time.Since(t.Started))/float64(usual)))
		}
	}
	if link := c.TaskURL(id); link != "" {
		s.Links = append(s.Links, status.Link{Title: "task", URL: link})
	}
	if t.State == TaskFailed {
		var e *Error
		if err := c.outcome(ctx, t); errors.As(err, &e) {
			s.Error = e.Msg
		}
	}
	return s, nil
}

// Status returns the build in the form that all of relkit shares, without
// links.
func (b Build) Status() status.Status {
	s := status.Status{ID: "build " + b.NVR, Detail: b.State.String()}
	switch b.State {
	case BuildBuilding:
		s.State = status.Building
	case BuildComplete:
		s.State = status.Built
	case BuildFailed:
		s.State = status.Failed
	case BuildCanceled:
		s.State = status.Canceled
	case BuildDeleted:
		s.State = status.Stale
	}
	return s
}

// SPDX-License-Identifier: MIT

package kojitest

import "time"

// A job is something that happens when the hub's time comes to it.
type job struct {
	at  time.Time
	seq int
	run func(c *call)
}

// after plans a job for when d has passed.
func (h *Hub) after(c *call, d time.Duration, run func(c *call)) {
	set(c.tx, &h.jobs, h.jobs+1)
	push(c.tx, &h.agenda, job{h.now.Add(max(d, 0)), h.jobs, run})
}

// Advance lets time pass: tasks that are due open, finish or fail, repos
// regenerate, in the order in which that would happen. It returns the hub's
// new time. Negative durations count as zero.
func (h *Hub) Advance(d time.Duration) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.advanceTo(h.now.Add(max(d, 0)))
}

// SetTime lets time pass until t. A time before the hub's own changes nothing.
func (h *Hub) SetTime(t time.Time) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.advanceTo(t.UTC().Truncate(time.Microsecond))
}

// Next is when the next thing happens on its own; zero when nothing is
// planned, so that an embedder can jump there.
func (h *Hub) Next() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := h.nextJob(); i >= 0 {
		return h.agenda[i].at
	}
	return time.Time{}
}

func (h *Hub) nextJob() int {
	first := -1
	for i, j := range h.agenda {
		if first < 0 || j.at.Before(h.agenda[first].at) || j.at.Equal(h.agenda[first].at) && j.seq < h.agenda[first].seq {
			first = i
		}
	}
	return first
}

func (h *Hub) advanceTo(to time.Time) time.Time {
	worked := false
	for {
		i := h.nextJob()
		if i < 0 || h.agenda[i].at.After(to) {
			break
		}
		j := h.agenda[i]
		h.agenda = append(h.agenda[:i:i], h.agenda[i+1:]...)
		if j.at.After(h.now) {
			h.now = j.at
		}
		j.run(h.system(h.users.get(h.builderID)))
		worked = true
	}
	if to.After(h.now) {
		h.now = to
	}
	if worked {
		h.note(entry{Do: "advance"})
	}
	return h.now
}

// release gives a task's build slot to the next in the queue.
func (h *Hub) release(c *call, t *taskRow) {
	if !t.slot {
		return
	}
	set(c.tx, &t.slot, false)
	set(c.tx, &h.running, h.running-1)
	var next *taskRow
	rest := make([]*taskRow, 0, len(h.waiting))
	for _, w := range h.waiting {
		if w.state == taskFree && (next == nil || w.priority < next.priority ||
			w.priority == next.priority && w.id < next.id) {
			next = w
		}
	}
	for _, w := range h.waiting {
		if w != next && w.state == taskFree {
			rest = append(rest, w)
		}
	}
	set(c.tx, &h.waiting, rest)
	if next != nil {
		h.plan(c, next, 0, h.open)
	}
}

// plan lets a task go on after d, unless it was ended or freed before.
func (h *Hub) plan(c *call, t *taskRow, d time.Duration, run func(c *call, t *taskRow)) {
	runs := t.runs
	h.after(c, d, func(c *call) {
		if t.runs == runs && !finished(t.state) {
			run(c, t)
		}
	})
}

// enqueue lets a builder come to a FREE task.
func (h *Hub) enqueue(c *call, t *taskRow) {
	if h.seed.Builder.Manual {
		return
	}
	h.plan(c, t, h.seed.Builder.Assign, h.open)
}

// open starts a FREE task.
func (h *Hub) open(c *call, t *taskRow) {
	if t.state != taskFree && t.state != taskAssigned {
		return
	}
	if slots := h.seed.Builder.Slots; t.method == "build" && slots > 0 {
		if h.running >= slots {
			push(c.tx, &h.waiting, t)
			return
		}
		set(c.tx, &h.running, h.running+1)
		set(c.tx, &t.slot, true)
	}
	c.begin(t, h.hosts.rows[0].id)
	switch t.method {
	case "build":
		h.openBuild(c, t)
	case "chainbuild":
		h.openChain(c, t)
	case "tagBuild":
		h.plan(c, t, h.seed.Builder.Tag, h.runTag)
	case "newRepo":
		h.openRepo(c, t)
	case "waitrepo":
		h.openWait(c, t)
	default:
		h.plan(c, t, h.seed.Builder.Build, func(c *call, t *taskRow) { c.close(t, nil) })
	}
}

func (c *call) begin(t *taskRow, host int) {
	if t.state != taskAssigned {
		c.noteRun(t, host)
	}
	next := *t
	next.state, next.host, next.started, next.runs = taskOpen, host, c.h.now, t.runs+1
	set(c.tx, t, next)
}

func (c *call) noteRun(t *taskRow, host int) {
	if t.run != nil {
		set(c.tx, &t.run.active, false)
	}
	run := &runRow{id: c.h.runs.next(), task: t, host: host, active: true, at: c.h.now}
	c.h.runs.insert(c.tx, run.id, run)
	set(c.tx, &t.run, run)
}

// close ends a task with a result.
func (c *call) close(t *taskRow, result any) {
	next := *t
	next.state, next.result, next.completed = taskClosed, result, c.h.now
	c.end(t, next)
}

// fail ends a task with a fault.
func (c *call) fail(t *taskRow, f *fault) {
	next := *t
	next.state, next.fault, next.completed = taskFailed, f, c.h.now
	if b := t.build; b != nil && b.state == buildBuilding {
		c.setBuildState(b, buildFailed)
	}
	c.end(t, next)
}

func (c *call) end(t *taskRow, next taskRow) {
	set(c.tx, t, next)
	c.h.release(c, t)
	c.h.childEnded(c, t)
}

// childEnded wakes a parent that waits for its children.
func (h *Hub) childEnded(c *call, t *taskRow) {
	p := t.parent
	if p == nil || p.done == nil || finished(p.state) {
		return
	}
	for _, child := range h.children[p.id] {
		if !finished(child.state) {
			return
		}
	}
	done := p.done
	set(c.tx, &p.done, nil)
	if h.failedChild(p) == nil {
		set(c.tx, &p.waiting, any(false))
		for _, child := range h.children[p.id] {
			set(c.tx, &child.awaited, any(false))
		}
	}
	done(c)
}

// child starts a subtask that a builder takes at once and that goes on with
// run after d.
func (h *Hub) child(c *call, p *taskRow, o taskOpts, name string, request []any, d time.Duration,
	run func(c *call, t *taskRow)) *taskRow {
	o.parent, o.held = p, true
	t := c.newTask(name, request, o)
	set(c.tx, &t.awaited, any(true))
	set(c.tx, &p.waiting, any(true))
	c.begin(t, p.host)
	if run != nil {
		h.plan(c, t, d, run)
	}
	return t
}

// failedChild is the fault of the first child that did not close.
func (h *Hub) failedChild(p *taskRow) *fault {
	for _, t := range h.children[p.id] {
		switch t.state {
		case taskFailed:
			return t.fault
		case taskCanceled:
			return generic("Task %d is canceled", t.id)
		}
	}
	return nil
}

// SPDX-License-Identifier: MIT

package drive

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
)

// dispatch takes in hand as much of what is owed as calls are free.
func (d *Driver) dispatch(ctx context.Context, now time.Duration) error {
	free := d.opts.Dispatch - d.calls
	if d.polling {
		free++
	}
	if d.errors > 0 { // one call finds out whether the outside is back
		free = min(free, 1-d.calls)
	}
	for free > 0 && len(d.tasks) > 0 {
		t := d.tasks[0]
		d.tasks = d.tasks[1:]
		if !d.run.InHand(t.action.Key) {
			continue // given up meanwhile; its cancellation looks for the effect
		}
		d.call(ctx, t)
		free--
	}
	if free <= 0 {
		return nil
	}
	due := d.run.Due(free)
	var intents []planner.Event
	for _, a := range due {
		if err := d.hook(BeforeIntent, a); err != nil {
			return crashError{err}
		}
		e := planner.Event{Kind: planner.EventDispatched, Key: a.Key, At: now}
		if _, err := d.apply(e); err != nil {
			return err
		}
		intents = append(intents, e)
	}
	if err := d.commit(intents); err != nil {
		return err
	}
	for _, a := range due {
		if err := d.hook(AfterIntent, a); err != nil {
			return crashError{err}
		}
	}
	for _, a := range due {
		d.call(ctx, task{action: a})
	}
	return nil
}

// call lets the actor do one action.
func (d *Driver) call(ctx context.Context, t task) {
	d.calls++
	ended := make(chan struct{})
	before := d.active[t.action.Of] // of the action that is canceled
	d.active[t.action.Key] = ended
	go func() {
		r := result{task: t}
		defer func() {
			close(ended)
			d.results <- r
		}()
		if before != nil {
			<-before
		}
		if t.uncertain {
			if r.ref, r.recovered, r.err = d.actor.Find(ctx, t.action); r.err != nil || r.recovered {
				return
			}
		}
		if r.crash = d.hook(BeforeCall, t.action); r.crash != nil {
			return
		}
		switch t.action.Kind {
		case planner.ActionCancel:
			r.err = d.actor.Cancel(ctx, t.action)
		case planner.ActionNotify:
			r.err = d.actor.Notify(ctx, t.action)
		default:
			r.ref, r.err = d.actor.Start(ctx, t.action)
		}
		r.crash = d.hook(AfterCall, t.action)
	}()
}

func (d *Driver) startPoll(ctx context.Context) {
	w := Watch{Failures: d.run.Failures()}
	for _, f := range d.run.InFlight() {
		if f.Started && f.Kind != planner.ActionCancel && f.Kind != planner.ActionNotify {
			w.InFlight = append(w.InFlight, f)
		}
	}
	d.polling = true
	d.calls++
	since := d.now()
	go func() {
		r := result{poll: true, since: since}
		defer func() { d.results <- r }()
		r.events, r.err = d.actor.Poll(ctx, w)
	}()
}

// take notes what a call came to.
func (d *Driver) take(ctx context.Context, r result) error {
	if r.poll {
		d.polling = false
		d.nextPoll = d.now() + d.opts.Poll
	}
	if r.crash != nil {
		return crashError{r.crash}
	}
	if r.poll {
		err := d.tellPolled(r.events)
		if r.err == nil {
			d.looked = d.looked || d.stuckAt >= 0 && r.since >= d.stuckAt
			d.isBack()
		} else if ctx.Err() == nil {
			d.failed(nil, r.err)
			d.nextPoll = d.pause
		}
		return err
	}
	a := r.task.action
	delete(d.active, a.Key)
	e := planner.Event{Kind: planner.EventStarted, Key: a.Key, Ref: r.ref, At: d.now()}
	var failed *FailedError
	switch {
	case r.err == nil:
	case errors.As(r.err, &failed):
		e.Kind, e.Ref, e.Failure, e.Detail = planner.EventFailed, "", failed.Kind, failed.Err.Error()
	default:
		d.tasks = append(d.tasks, task{a, true})
		if ctx.Err() == nil {
			d.failed(&a, r.err)
		}
		return nil
	}
	d.isBack()
	if err := d.hook(BeforeOutcome, a); err != nil {
		return crashError{err}
	}
	changed, err := d.apply(e)
	switch {
	case d.broken != nil:
		return d.broken
	case err != nil:
		d.observe(Notice{Kind: NoticeRefused, Event: &e, Action: &a, Err: err})
	case changed:
		if err := d.commit([]planner.Event{e}); err != nil {
			return err
		}
		if r.recovered {
			d.observe(Notice{Kind: NoticeRecovered, Event: &e, Action: &a})
		}
	}
	if err := d.hook(AfterOutcome, a); err != nil {
		return crashError{err}
	}
	return nil
}

// tellPolled applies what a poll brought.
func (d *Driver) tellPolled(events []planner.Event) error {
	var changes []planner.Event
	for _, e := range events {
		e.At = d.now()
		changed, err := d.apply(e)
		switch {
		case d.broken != nil:
			return d.broken
		case err != nil:
			e := e
			d.observe(Notice{Kind: NoticeRefused, Event: &e, Err: err})
		case changed:
			changes = append(changes, e)
		}
	}
	return d.commit(slices.Clip(changes))
}

// failed makes all calls wait after one that could not be made.
func (d *Driver) failed(a *planner.Action, err error) {
	wait := d.opts.Backoff
	for range min(d.errors, 40) {
		wait = min(2*wait, d.opts.MaxBackoff)
	}
	d.errors++
	d.pause = d.now() + wait
	d.observe(Notice{Kind: NoticeWaiting, Action: a, Err: err, Until: d.pause})
}

func (d *Driver) isBack() {
	if d.errors > 0 {
		d.errors, d.pause = 0, 0
		d.observe(Notice{Kind: NoticeBack})
	}
}

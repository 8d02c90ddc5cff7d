// SPDX-License-Identifier: MIT

package drive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A Driver carries out one run against an [Actor]. Its methods are safe for
// concurrent use.
type Driver struct {
	actor Actor
	opts  Options
	lock  *os.File

	mu      sync.Mutex
	run     *planner.Run
	journal *journal
	broken  error // the journal cannot be written any more
	running bool
	closed  bool
	poke    chan struct{}

	// Of the loop alone.
	tasks    []task                        // in hand, not confirmed: to be tried when their time comes
	calls    int                           // calls of the actor under way, polls included
	active   map[planner.Key]chan struct{} // closed when the call for that action ends
	polling  bool
	results  chan result
	errors   int           // calls that failed in a row
	pause    time.Duration // no calls before this time
	lastErr  string
	nextPoll time.Duration
	stuckAt  time.Duration // since when the run waits for a person, -1 when it does not
}

// task is an action in hand whose effect is not confirmed.
type task struct {
	action    planner.Action
	uncertain bool // its effect may have happened
}

// result is what a call of the actor came to.
type result struct {
	task      task
	poll      bool
	ref       string
	recovered bool
	events    []planner.Event
	err       error
	crash     error
}

// Run carries out a plan: it begins a journal in dir, or goes on with the one
// that is there, and returns when the run has finished. The folder is made
// when it does not exist. See [Open] for the errors about the journal; further
// ones are [ErrStuck] (see [Options.Patience]) and that of ctx. Whatever the
// error, calling Run again goes on where it stopped.
func Run(ctx context.Context, p *planner.Plan, dir string, a Actor, opts Options) (planner.Summary, error) {
	d, err := Open(p, dir, a, opts)
	if err != nil {
		return planner.Summary{}, err
	}
	err = d.Run(ctx)
	var s planner.Summary
	d.View(func(r *planner.Run) { s = r.Summary() })
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return s, err
}

// Open locks a folder and begins the journal of a run of the plan there, or
// reads the one that is there. Errors match [ErrLocked], [ErrOtherPlan],
// [ErrFormat], [ErrCorrupt], [planner.ErrInvalid] (options that make no sense),
// or are those of the file system.
func Open(p *planner.Plan, dir string, a Actor, opts Options) (*Driver, error) {
	opts.Dispatch = cmp.Or(max(opts.Dispatch, 0), 8)
	opts.Poll = cmp.Or(max(opts.Poll, 0), 30*time.Second)
	opts.Backoff = cmp.Or(max(opts.Backoff, 0), 5*time.Second)
	opts.MaxBackoff = max(cmp.Or(max(opts.MaxBackoff, 0), 5*time.Minute), opts.Backoff)
	if opts.Clock == nil {
		opts.Clock = systemClock{}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, &JournalError{Path: dir, Err: err}
	}
	if err := syncDir(filepath.Dir(filepath.Clean(dir))); err != nil && !errors.Is(err, os.ErrPermission) {
		return nil, &JournalError{Path: dir, Err: err}
	}
	lock, err := takeLock(dir, opts.Clock.Now())
	if err != nil {
		return nil, err
	}
	j, run, err := openJournal(dir, p, opts, opts.Clock.Now())
	if err != nil {
		lock.Close()
		return nil, err
	}
	return &Driver{actor: a, opts: opts, lock: lock, run: run, journal: j, poke: make(chan struct{}, 1), stuckAt: -1}, nil
}

// Close gives the journal back. A driver that is running must be stopped by its
// context first.
func (d *Driver) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	if d.running {
		return errors.New("drive: close: the driver is running")
	}
	d.closed = true
	err := d.journal.close()
	if lerr := d.lock.Close(); err == nil {
		err = lerr
	}
	return err
}

// View calls f with the run, to be read during the call only.
func (d *Driver) View(f func(*planner.Run)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(d.run)
}

// Tell tells the run events from outside: a change, an override, a
// cancellation. They are in the journal when Tell returns. The error of the
// first event that the run refuses is returned, those before it hold.
func (d *Driver) Tell(events ...planner.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("drive: tell: %w", os.ErrClosed)
	}
	defer func() {
		select {
		case d.poke <- struct{}{}:
		default:
		}
	}()
	var written []planner.Event
	var refused error
	for _, e := range events {
		e.At = d.now()
		if changed, err := d.apply(e); err != nil {
			refused = err
			break
		} else if changed {
			written = append(written, e)
		}
	}
	return cmp.Or(d.commit(written), refused)
}

// now is the time since the run began, never before the newest event.
func (d *Driver) now() time.Duration {
	return max(d.opts.Clock.Now().Sub(d.journal.began), d.run.Now())
}

// apply tells the run one event and reports whether that changed anything.
func (d *Driver) apply(e planner.Event) (bool, error) {
	if d.broken != nil {
		return false, d.broken
	}
	before := d.run.Moment()
	if err := d.run.Apply(e); err != nil {
		return false, err
	}
	return e.Kind == planner.EventTick || d.run.Moment() != before, nil
}

// commit makes applied events durable and tells the observer.
func (d *Driver) commit(events []planner.Event) error {
	if len(events) == 0 {
		return nil
	}
	if err := d.journal.write(events...); err != nil {
		d.broken = err // the run is ahead of its journal: nothing may follow
		return err
	}
	for i := range events {
		d.observe(Notice{Kind: NoticeEvent, Event: &events[i]})
	}
	return nil
}

func (d *Driver) observe(n Notice) {
	if d.opts.Observe == nil {
		return
	}
	n.At, n.Run = d.run.Now(), d.run
	d.opts.Observe(n)
}

func (d *Driver) hook(p Point, a planner.Action) error {
	if d.opts.Hook == nil {
		return nil
	}
	return d.opts.Hook(p, a)
}

// Run carries out the run until it has finished, waits for a person longer than
// [Options.Patience] allows ([ErrStuck]), or ctx ends; then it returns the
// context's error and leaves the work outside as it is. Calls of the Actor
// under way are waited for. It can be called again.
func (d *Driver) Run(ctx context.Context) error {
	d.mu.Lock()
	if d.running || d.closed {
		d.mu.Unlock()
		return errors.New("drive: run: the driver is running or closed")
	}
	d.running = true
	d.active = map[planner.Key]chan struct{}{}
	d.tasks, d.errors, d.pause, d.lastErr, d.nextPoll = nil, 0, 0, "", 0
	for _, f := range d.run.InFlight() {
		if !f.Started { // taken in hand before, and not known whether it happened
			d.tasks = append(d.tasks, task{f.Action, true})
		}
	}
	d.mu.Unlock()
	d.results = make(chan result, d.opts.Dispatch+1)
	ctx, stop := context.WithCancel(ctx)
	err := d.loop(ctx)
	stop()
	for d.calls > 0 {
		r := <-d.results
		d.calls--
		if r.crash == nil && !isCrash(err) {
			d.mu.Lock()
			d.take(ctx, r)
			d.mu.Unlock()
		}
	}
	d.mu.Lock()
	d.running = false
	d.mu.Unlock()
	if c, ok := err.(crashError); ok {
		return c.error
	}
	return err
}

// crashError is what a hook returned.
type crashError struct{ error }

func isCrash(err error) bool { _, ok := err.(crashError); return ok }

func (d *Driver) loop(ctx context.Context) error {
	for {
		d.mu.Lock()
		wait, err := d.step(ctx)
		d.mu.Unlock()
		if err != nil {
			return err
		}
		if wait == 0 {
			return nil
		}
		var timer <-chan time.Time
		if wait > 0 {
			timer = d.opts.Clock.After(wait)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("drive: %w", context.Cause(ctx))
		case <-timer:
		case <-d.poke:
		case r := <-d.results:
			for more := true; more; {
				d.calls--
				d.mu.Lock()
				err := d.take(ctx, r)
				d.mu.Unlock()
				if err != nil {
					return err
				}
				select {
				case r = <-d.results:
				default:
					more = false
				}
			}
		}
	}
}

// step does what is due and returns how long there is nothing to do: 0 when
// the run has finished, below 0 until a call returns.
func (d *Driver) step(ctx context.Context) (time.Duration, error) {
	if d.broken != nil {
		return 0, d.broken
	}
	now := d.now()
	if wake, ok := d.run.NextWake(); ok && wake <= now {
		e := planner.Event{Kind: planner.EventTick, At: now}
		if _, err := d.apply(e); err != nil {
			return 0, err
		}
		if err := d.commit([]planner.Event{e}); err != nil {
			return 0, err
		}
	}
	if d.run.Finished() {
		return 0, nil
	}
	if d.pause <= now {
		if err := d.dispatch(ctx, now); err != nil {
			return 0, err
		}
	}
	if !d.polling && d.nextPoll <= now && d.pause <= now {
		d.startPoll(ctx)
	}
	next := time.Duration(-1)
	at := func(t time.Duration) {
		if t := max(t-now, 1); next < 0 || t < next {
			next = t
		}
	}
	if wake, ok := d.run.NextWake(); ok {
		at(wake)
	}
	if d.pause > now {
		at(d.pause)
	} else if !d.polling {
		at(d.nextPoll)
	}
	if end, err := d.waitsForPerson(now); err != nil {
		return 0, err
	} else if end > 0 {
		at(end)
	}
	return next, nil
}

// waitsForPerson watches patience and returns when it ends, 0 for never.
func (d *Driver) waitsForPerson(now time.Duration) (time.Duration, error) {
	_, held := d.run.Held()
	if !d.run.Stuck() && !(held && len(d.run.InFlight()) == 0 && len(d.run.Due(1)) == 0) {
		d.stuckAt = -1
		return 0, nil
	}
	first := d.stuckAt < 0
	if first {
		d.stuckAt = now
	}
	end := d.stuckAt + d.opts.Patience
	if d.opts.Patience < 0 {
		end = 0
	}
	if first {
		d.observe(Notice{Kind: NoticeStuck, Until: end})
	}
	if d.opts.Patience >= 0 && now >= end && !d.polling && d.nextPoll > now {
		return 0, fmt.Errorf("drive: %w: %s", ErrStuck, d.run.Summary())
	}
	return end, nil
}

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
	go func() {
		r := result{poll: true}
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
			d.isBack()
		} else if ctx.Err() == nil {
			d.failed(nil, r.err)
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

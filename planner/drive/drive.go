// SPDX-License-Identifier: MIT

package drive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	looked   bool          // a poll has come back since then
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
	since     time.Duration // when a poll was begun
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
		unlock(lock)
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
	if lerr := unlock(d.lock); err == nil {
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
	end, err := d.waitsForPerson(now)
	if err != nil {
		return 0, err
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
	if end > now {
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
		d.stuckAt, d.looked = now, false
		d.nextPoll = now // before giving up, look once for what is missing
	}
	end := d.stuckAt + d.opts.Patience
	if d.opts.Patience < 0 {
		end = 0
	}
	if first {
		d.observe(Notice{Kind: NoticeStuck, Until: end})
	}
	if d.opts.Patience >= 0 && now >= end && d.looked && !d.polling && d.errors == 0 {
		return 0, fmt.Errorf("drive: %w: %s", ErrStuck, d.run.Summary())
	}
	return end, nil
}

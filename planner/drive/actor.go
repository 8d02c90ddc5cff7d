// SPDX-License-Identifier: MIT

package drive

import (
	"context"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
)

// An Actor does what a run wants done: the embedding program's side. Its
// methods are called from several goroutines at a time, as many as
// [Options.Dispatch] allows; Poll is never called twice at a time.
//
// Every action has a [planner.Key] that stays the same over retries and
// restarts. An Actor that leaves the key where its effect happens (in the
// build's source reference, a task's comment, the name of a branch) makes Find
// easy; one that cannot must recognise its effect by what it asked for.
//
// An error that is not made by [Failed] means that the outside could not be
// reached or that it is not known what happened: the driver waits, longer each
// time, asks Find, and only then repeats.
type Actor interface {
	// Start does what an action of kind build, repo or gate asks for, as far
	// as it can be done at once: it submits the build, begins to wait, asks
	// for the decision. It returns what the outside calls that work (a task
	// id), which may be empty. The outcome is told later by Poll.
	Start(ctx context.Context, a planner.Action) (ref string, err error)

	// Find looks whether an action was done already and returns what Start
	// would have returned. It is called before an action is repeated whose
	// first try may have had its effect: after a crash, or after Start,
	// Cancel or Notify returned an error. An action that has ended by now is
	// found too.
	Find(ctx context.Context, a planner.Action) (ref string, found bool, err error)

	// Poll looks at the outside and returns what happened: the end of work
	// in flight, and whatever nobody asked for (a fix that arrived, a
	// further change). Telling things twice is harmless, so Poll may return
	// everything that it sees each time. The driver fills in Event.At.
	Poll(ctx context.Context, w Watch) ([]planner.Event, error)

	// Cancel stops the work that a.Ref names. That it has ended by itself is
	// no error. An empty Ref means that the start of action a.Of was not
	// confirmed.
	Cancel(ctx context.Context, a planner.Action) error

	// Notify tells people of a failure that only they can repair.
	Notify(ctx context.Context, a planner.Action) error
}

// Watch is what [Actor.Poll] is asked to look at.
type Watch struct {
	// InFlight are the actions of kind build, repo and gate that are known
	// to have started and have not ended.
	InFlight []planner.InFlight
	// Failures are what a fix is waited for, the most urgent first.
	Failures []planner.Failure
}

// Clock tells the time and waits. [Options.Clock] replaces the system's.
type Clock interface {
	Now() time.Time
	// After returns a channel that receives once after d.
	After(d time.Duration) <-chan time.Time
}

type systemClock struct{}

func (systemClock) Now() time.Time                         { return time.Now() }
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Options say how a driver works. The zero value drives a run with zero
// [planner.RunOptions], eight calls at a time, a poll every half minute, and
// returns when the run waits for a person.
type Options struct {
	// Run are the run's options. They become part of the journal. Opening an
	// existing journal with the zero value takes its options; with others
	// than the journal's is refused.
	Run planner.RunOptions
	// Meta is kept in the header of a new journal for the embedder's own
	// use, see [Read].
	Meta map[string]string

	// Dispatch is the most calls of the Actor at a time; 0 means 8.
	Dispatch int
	// Poll is the time between two calls of [Actor.Poll]; 0 means 30 s.
	Poll time.Duration
	// Backoff is the wait after an error before the next try; it doubles
	// with each further error up to MaxBackoff. 0 means 5 s and 5 min.
	Backoff, MaxBackoff time.Duration
	// Patience is how long a run that is stuck or held goes on polling for
	// a fix before the driver returns [ErrStuck]; 0 returns at once, below 0
	// never.
	Patience time.Duration

	// Clock is the time; nil means the system's.
	Clock Clock
	// Observe, when not nil, is told everything that happens, one call at a
	// time. It must not call the driver; Notice.Run is to be read only.
	Observe func(Notice)
	// Hook, when not nil, is called at every point of an action's way
	// through the journal. An error makes the driver drop everything at that
	// point as a crash would, and return the error; tests use it so. It may
	// be called by several goroutines at a time.
	Hook func(Point, planner.Action) error
}

// NoticeKind tells what an observer is told. The zero value is [NoticeEvent].
type NoticeKind uint8

// The notice kinds.
const (
	// NoticeEvent: an event was applied and is in the journal.
	NoticeEvent NoticeKind = iota
	// NoticeRefused: an event that Poll or Tell brought made no sense; Err
	// says why. It was left out.
	NoticeRefused
	// NoticeWaiting: a call failed; Err says how, Until when it is tried
	// again. Action is nil when it was a poll.
	NoticeWaiting
	// NoticeBack: the outside answers again after NoticeWaiting.
	NoticeBack
	// NoticeRecovered: an action whose start was not confirmed was found
	// done; Event is its start.
	NoticeRecovered
	// NoticeStuck: the run waits for a person; Until is when patience ends,
	// 0 when it does not.
	NoticeStuck
)

var noticeKindNames = [...]string{"event", "refused", "waiting", "back", "recovered", "stuck"}

// String returns the kind's name in lower case.
func (k NoticeKind) String() string {
	if int(k) >= len(noticeKindNames) {
		return "NoticeKind(" + itoa(int(k)) + ")"
	}
	return noticeKindNames[k]
}

// A Notice is one thing that an observer is told.
type Notice struct {
	Kind NoticeKind
	// At is the time since the run began.
	At time.Duration
	// Event and Action are what it is about; nil when it is not about one.
	Event  *planner.Event
	Action *planner.Action
	// Err and Until are explained at the kinds.
	Err   error
	Until time.Duration
	// Run is the run, to be read during the call only.
	Run *planner.Run
}

// Point is a place on an action's way through the journal. The zero value is
// [BeforeIntent].
type Point uint8

// The points, in order.
const (
	// BeforeIntent: nothing is written yet.
	BeforeIntent Point = iota
	// AfterIntent: the journal says durably that the action is taken in hand.
	AfterIntent
	// BeforeCall and AfterCall: around the Actor's Start, Cancel or Notify.
	BeforeCall
	AfterCall
	// BeforeOutcome: the call has ended, the journal does not know it.
	BeforeOutcome
	// AfterOutcome: the journal knows it durably.
	AfterOutcome
	points = iota
)

var pointNames = [points]string{
	"before intent", "after intent", "before call", "after call", "before outcome", "after outcome",
}

// String returns the point's name.
func (p Point) String() string {
	if int(p) >= len(pointNames) {
		return "Point(" + itoa(int(p)) + ")"
	}
	return pointNames[p]
}

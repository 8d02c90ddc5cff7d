// SPDX-License-Identifier: MIT

package planner

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrConflict is wrapped by errors about an event that contradicts what was
// told before.
var ErrConflict = errors.New("contradicts what was told before")

// A Run carries out a plan as a pure state machine: events go in by
// [Run.Apply], what has to be done comes out by [Run.Actions]. It has no clock:
// the time is that of the newest event, and [Run.NextWake] tells when the next
// [EventTick] is needed. The same plan, options and events always give the
// same run. A Run must not be used by two goroutines at the same time.
//
// A node goes from built over available (in the repository that others build
// from) to passed (through its gates); only then does what needs it start. A
// node is built when it changed or when something that it needs came out
// different after its own newest build began; otherwise it is unneeded, or
// stays as it is. So a run looks at results, not at what it was told when:
// events may come late or twice, results may be made by people, and new
// changes may join at any time.
type Run struct {
	plan   *Plan
	digest string
	opts   RunOptions
	now    time.Duration
	seq    uint32

	nodes  []nodeState
	pushed map[int32]uint32 // changed conduits by the graph's number
	merged []Change
	refs   map[string]bool

	units   []unit
	graph   unitGraph
	first   []int32 // per node: its first pass
	out     []int32 // per group of the order: its last unit
	cycles  [][]int32
	entries []int32
	broken  []int32 // failed and canceled units per cycle
	gates   []gateUnit
	gateOf  map[ID]int32 // index in gates
	pushes  map[int32]uint32
	down    []int32 // units to unsettle
	work    []int32 // units to look at again

	classes  []class
	busy     []int // builds under way per limited label
	building int
	queued   int // builds owed
	owed     queue[Action]
	flight   queue[InFlight]
	timers   []timer
	starts   []time.Duration // newest starts, for the rate

	unsettled, badUnits, failed int
	ended, endedBadly           int
	held                        string
	canaries                    []int32 // units that go ahead; nil when none or over
	restoring                   bool    // units are found as they were
}

// Change is a change that joined a run under way.
type Change struct {
	IDs []ID          `json:"ids"`
	Ref string        `json:"ref,omitempty"`
	At  time.Duration `json:"at"`
	seq uint32
}

// nodeState is what a run knows of one node of the rebuild set. Numbers are
// moments: the count of events that changed something.
type nodeState struct {
	forced  uint32 // when its own content changed
	seen    uint32 // its newest result has seen everything up to here
	record  uint32 // what its record of inputs speaks of
	content uint32 // when its result last came out different
	before  uint32 // content before that
	by      uint16 // the pass that made the newest result
	flags   uint8
	results []result
}

type result struct {
	at       uint32
	artifact string
}

// Flags of a node.
const (
	nodeBuilt     = 1 << iota // has a result of this run
	nodeAvailable             // that result is available
	nodePassed                // and through its gates
	nodePartial               // and made by a bootstrap variant
	nodeSame                  // and equivalent to the one before
	nodeManual                // and made by somebody else
)

func (n *nodeState) is(flag uint8) bool { return n.flags&flag != 0 }

func (n *nodeState) artifact() string {
	if len(n.results) == 0 {
		return ""
	}
	return n.results[len(n.results)-1].artifact
}

// NewRun begins a run of a plan. A plan that is over its limits begins held
// ([Run.Held]) and waits for [EventRelease]. The error wraps [ErrInvalid] and
// names the option that makes no sense.
func NewRun(p *Plan, opts RunOptions) (*Run, error) {
	if p == nil || p.order == nil {
		return nil, errNotMade
	}
	if err := opts.check(); err != nil {
		return nil, err
	}
	if p.Request.Passes < 0 || p.Request.Passes > 100 {
		return nil, fmt.Errorf("planner: %d passes: %w", p.Request.Passes, ErrInvalid)
	}
	opts.Gates = slices.Clone(opts.Gates)
	opts.Limits = slices.Clone(opts.Limits)
	opts.Debounce = slices.Clone(opts.Debounce)
	r := &Run{plan: p, digest: p.Digest(), opts: opts, refs: map[string]bool{}, pushed: map[int32]uint32{}}
	switch {
	case len(p.Held) > 0:
		r.held = "over the limit on " + p.Held[0].Limit
	case opts.Hold:
		r.held = "by the run's options"
	}
	r.seq = 1
	r.nodes = make([]nodeState, len(p.order.rebuild))
	r.build()
	r.addReasons(p, p.Request.Select != nil || p.Request.All)
	r.settleAll()
	r.pickCanaries()
	return r, nil
}

// build makes the units of the current plan; states are filled in by others.
func (r *Run) build() {
	b := buildUnits(r.plan, &r.opts)
	r.units, r.graph, r.first, r.out = b.units, b.graph, b.first, b.out
	r.cycles, r.entries, r.gates = b.cycles, b.entries, b.gates
	r.broken = make([]int32, len(r.cycles))
	r.gateOf = map[ID]int32{}
	for i, g := range r.gates {
		r.gateOf[g.id] = int32(i)
		r.units[g.unit].n1 = int32(i)
	}
	r.makeClasses()
	r.weigh()
}

// addReasons marks what a plan's changes give reason to build, at the present
// moment.
func (r *Run) addReasons(p *Plan, all bool) {
	o := p.order
	o.link()
	g := o.graph
	force := func(i int32) {
		pos, ok := slices.BinarySearch(r.plan.order.rebuild, i)
		if !ok {
			return
		}
		u := &r.units[r.first[pos]]
		r.nodes[pos].forced, r.nodes[u.node].forced = r.seq, r.seq // u.node differs when members are built together
		if wait := r.classes[u.class].wait; wait > 0 && !all {
			u.notBefore = r.now + wait
		}
	}
	if all {
		for _, i := range o.rebuild {
			force(i)
		}
		return
	}
	changed := make(map[int32]bool, len(p.Request.Changed))
	for _, id := range p.Request.Changed {
		if i, ok := g.index(id); ok {
			changed[i] = true
		}
	}
	for k := range int32(o.groups()) {
		f := o.flags[k]
		if f&(groupChanged|groupChangedConduit|groupNeedsChanged) == 0 {
			continue
		}
		for _, i := range o.members(k) {
			if changed[i] && g.conduit(i) {
				r.pushed[i] = r.seq
			}
			switch {
			case changed[i] && !g.conduit(i):
				force(i)
			case f&(groupChangedConduit|groupNeedsChanged) == 0:
			case o.builds[k] == 0:
				r.pushed[i] = r.seq
			case !g.conduit(i):
				force(i)
			}
		}
	}
}

// settleAll works out from the nodes' states what each unit waits for.
func (r *Run) settleAll() {
	o := r.plan.order
	r.pushes = map[int32]uint32{}
	if len(r.pushed) > 0 {
		for k := range int32(o.groups()) {
			for _, i := range o.members(k) {
				if at := r.pushed[i]; at > 0 {
					r.pushes[r.out[k]] = max(r.pushes[r.out[k]], at)
				}
			}
		}
	}
	for c, list := range r.cycles { // a group is built as a whole
		for _, i := range list {
			at := r.nodes[r.units[i].node].forced
			r.pushes[r.entries[c]] = max(r.pushes[r.entries[c]], at)
		}
	}
	r.unsettled, r.badUnits, r.failed = len(r.units), 0, 0
	for i := range r.units {
		u := &r.units[i]
		u.flags &^= unitSettled | unitBad
		u.wait, u.bad = int32(len(r.graph.needsOf(int32(i)))), 0
		if (u.phase == phaseFailed || u.phase == phaseCanceled) && !u.is(unitOverride) {
			if u.phase == phaseFailed {
				r.failed++
			}
			if u.cyc >= 0 {
				r.broken[u.cyc]++
			}
		}
	}
	for place := range r.units {
		r.look(r.graph.at(place))
	}
	r.drain()
}

// Plan returns the plan as it is now, changes that joined included.
func (r *Run) Plan() *Plan { return r.plan }

// Digest returns the digest of the plan that the run began with.
func (r *Run) Digest() string { return r.digest }

// Options returns the run's options.
func (r *Run) Options() RunOptions { return r.opts }

// Now returns the time of the newest event.
func (r *Run) Now() time.Duration { return r.now }

// Changes returns the changes that joined since the run began, oldest first.
func (r *Run) Changes() []Change { return slices.Clone(r.merged) }

// Held returns why no builds start, and whether that is so. A hold ends with
// [EventRelease].
func (r *Run) Held() (why string, held bool) { return r.held, r.held != "" }

// Finished reports whether nothing is left to do: every node is done,
// unneeded, canceled, or blocked by canceled ones alone.
func (r *Run) Finished() bool { return r.quiet() && r.failed == 0 }

// Stuck reports whether everything that could be done without the nodes that
// failed is done: only a fix, a retry, an override or a cancellation leads on.
func (r *Run) Stuck() bool { return r.quiet() && r.failed > 0 }

func (r *Run) quiet() bool {
	return r.unsettled == r.badUnits && r.owed.len() == 0 && r.flight.len() == 0
}

// Moment counts the events that changed something. An event that was told
// before leaves it as it was.
func (r *Run) Moment() int { return int(r.seq) }

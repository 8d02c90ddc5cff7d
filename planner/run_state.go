// SPDX-License-Identifier: MIT

package planner

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// State is how far a node is in a run. Its words are those of package
// planner/status. The zero value is [StateWaiting].
type State uint8

// The states.
const (
	StateWaiting   State = iota // something that it needs is not passed yet
	StateHeld                   // could start, but the run is held
	StateQueued                 // could start: its build is owed, or waits for another attempt
	StateBuilding               // its build is under way
	StateBuilt                  // built, not yet available to others
	StateAvailable              // available, its gate not asked yet
	StateGating                 // its gate is asked
	StateDone                   // available and passed
	StateFailed                 // a build, a repository or a gate failed
	StateCanceled               // taken out of the run
	StateBlocked                // something that it needs has failed or was canceled
	StateStale                  // done before, but what it needs is under way again
	StateUnneeded               // no reason to build it was left
	states         = iota
)

var stateNames = [states]string{
	"waiting", "held", "queued", "building", "built", "available", "gating", "done",
	"failed", "canceled", "blocked", "stale", "unneeded",
}

// String returns the state's name in lower case, or "State(n)" for a number
// outside the list.
func (s State) String() string { return enumString(s, stateNames[:], "State") }

// MarshalText returns the state's name; it fails for a number outside the list.
func (s State) MarshalText() ([]byte, error) { return enumMarshal(s, stateNames[:], "state") }

// UnmarshalText reads a name as [State.String] writes it. Other text is an
// error that wraps [ErrInvalid].
func (s *State) UnmarshalText(text []byte) error {
	return enumUnmarshal(s, text, stateNames[:], "state")
}

// Terminal reports whether nothing will happen to the node any more without a
// new cause.
func (s State) Terminal() bool {
	return s == StateDone || s == StateFailed || s == StateCanceled || s == StateUnneeded
}

// A Row is what a run knows of one node.
type Row struct {
	ID    ID    `json:"id"`
	State State `json:"state"`
	// Tier is the node's tier in the plan.
	Tier int `json:"tier"`
	// Pass and Attempt are those of the newest build.
	Pass    int `json:"pass,omitempty"`
	Attempt int `json:"attempt,omitempty"`
	// Artifact is the newest result; empty when there is none.
	Artifact string `json:"artifact,omitempty"`
	// Ref is what the outside calls the work under way.
	Ref string `json:"ref,omitempty"`
	// Since is when the newest step was taken in hand.
	Since time.Duration `json:"since,omitempty"`
	// Failure is how the newest step failed; meaningful in StateFailed, and
	// in StateQueued before another attempt.
	Failure FailureKind `json:"failure,omitempty"`
	// Manual tells that somebody else made the result.
	Manual bool `json:"manual,omitempty"`
}

// State returns how far a node is. The error wraps [ErrNotFound] for an id
// that is not rebuilt in this run.
func (r *Run) State(id ID) (State, error) {
	p, err := r.node(id)
	if err != nil {
		return 0, fmt.Errorf("planner: %w", err)
	}
	return r.state(p), nil
}

func (r *Run) state(p int32) State {
	n := &r.nodes[p]
	settled, blocked, canceled, best := true, false, false, StateWaiting
	for i := r.first[p]; i >= 0; i = r.units[i].next {
		u := &r.units[i]
		settled = settled && u.is(unitSettled)
		switch u.phase {
		case phaseFailed:
			return StateFailed
		case phaseCanceled:
			canceled = true
		case phaseStart, phaseRunning:
			return StateBuilding
		case phaseStep, phaseOwed:
			switch {
			case u.step == ActionAwaitRepo:
				return StateBuilt
			case u.phase == phaseStep:
				return StateGating
			}
			return StateAvailable
		case phaseReady, phaseRetry:
			best = StateQueued
			if r.held != "" {
				best = StateHeld
			}
		}
		// A member of a cycle group is not through while a partner has failed.
		blocked = blocked || u.is(unitBad) || u.cyc >= 0 && r.broken[u.cyc] > 0
	}
	switch {
	case canceled:
		return StateCanceled
	case blocked:
		return StateBlocked
	case settled && n.is(nodeBuilt):
		return StateDone
	case settled:
		return StateUnneeded
	case best == StateWaiting && n.is(nodeBuilt) && r.units[r.first[p]].phase == phaseIdle && !r.units[r.first[p]].is(unitSettled):
		return StateStale
	}
	return best
}

// Row returns what the run knows of a node. The error wraps [ErrNotFound] for
// an id that is not rebuilt in this run.
func (r *Run) Row(id ID) (Row, error) {
	p, err := r.node(id)
	if err != nil {
		return Row{}, fmt.Errorf("planner: %w", err)
	}
	return r.row(p), nil
}

func (r *Run) row(p int32) Row {
	n := &r.nodes[p]
	o := r.plan.order
	row := Row{
		ID: r.plan.Rebuild[p], State: r.state(p), Tier: int(o.level[o.groupOf[p]]),
		Artifact: n.artifact(), Manual: n.is(nodeManual),
	}
	for i := r.first[p]; i >= 0; i = r.units[i].next {
		u := &r.units[i]
		if u.attempt == 0 && u.phase == phaseIdle {
			continue
		}
		row.Pass, row.Attempt, row.Since = int(u.pass), int(u.attempt), u.since
		if u.phase == phaseFailed || u.phase == phaseRetry {
			row.Failure = u.how
		}
		if u.inFlight() {
			row.Ref = u.ref
		}
	}
	return row
}

// Rows yields what the run knows of every node, in the order of ids.
func (r *Run) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for p := range r.nodes {
			if !yield(r.row(int32(p))) {
				return
			}
		}
	}
}

// InFlight returns the actions that were taken in hand and have not ended, in
// the order in which they were.
func (r *Run) InFlight() []InFlight { return slices.Collect(r.flight.all()) }

// A Failure is a node or a gate that only a fix, a retry, an override or a
// cancellation leads on from.
type Failure struct {
	// ID is the node, or "gate:" and the name of a gate over many.
	ID ID `json:"id"`
	// Action is the step that failed.
	Action Key `json:"action"`
	// Kind is how.
	Kind FailureKind `json:"kind"`
	// Artifact is the node's newest result; for a failed build that is an
	// older one, or empty.
	Artifact string `json:"artifact,omitempty"`
	// Blocks is the number of nodes that it holds up, Work the sum of their
	// durations.
	Blocks int           `json:"blocks"`
	Work   time.Duration `json:"work"`
}

// Failures returns what has failed in the order in which repairs free the most:
// by work held up, then nodes held up, then id. "Fix this first" is the first.
func (r *Run) Failures() []Failure {
	var list []Failure
	if r.failed == 0 {
		return nil
	}
	for i := range r.units {
		u := &r.units[i]
		if u.phase != phaseFailed || u.is(unitOverride) {
			continue
		}
		f := Failure{ID: r.idOf(int32(i)), Action: r.key(int32(i), u.step), Kind: u.how}
		if n := r.nodeOf(u); n != nil {
			f.Artifact = n.artifact()
		}
		for _, p := range r.blockedBy(int32(i)) {
			f.Blocks++
			f.Work = addDurations(f.Work, r.duration(p))
		}
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(x, y Failure) int {
		return cmp.Or(cmp.Compare(y.Work, x.Work), cmp.Compare(y.Blocks, x.Blocks), compareIDs(x.ID, y.ID))
	})
	return list
}

// blockedBy returns the nodes that a failed unit holds up: those that need it,
// directly or not, and the partners in its cycle group.
func (r *Run) blockedBy(failed int32) []int32 {
	seen := map[int32]bool{failed: true}
	stack := []int32{failed}
	var list []int32
	add := func(t int32) {
		if u := &r.units[t]; !seen[t] && u.is(unitBad) {
			seen[t] = true
			stack = append(stack, t)
			if u.kind == unitBuild && u.phase != phaseFailed && u.phase != phaseCanceled {
				list = append(list, r.membersOf(t)...)
			}
		}
	}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, d := range r.graph.neededByOf(t) {
			add(d)
		}
		if u := &r.units[t]; u.cyc >= 0 && t == failed {
			for _, d := range r.cycles[u.cyc] {
				if ph := r.units[d].phase; ph != phaseFailed && ph != phaseCanceled {
					list = append(list, r.units[d].node)
				}
				add(d)
			}
		}
	}
	own := r.units[failed].node
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(p int32) bool { return p == own })
}

// BlockedBy returns the failed and canceled nodes that hold a node up, sorted;
// none when nothing does. The error wraps [ErrNotFound] for an id that is not
// rebuilt in this run.
func (r *Run) BlockedBy(id ID) ([]ID, error) {
	p, err := r.node(id)
	if err != nil {
		return nil, fmt.Errorf("planner: %w", err)
	}
	var list []ID
	seen := map[int32]bool{}
	var stack []int32
	for i := r.first[p]; i >= 0; i = r.units[i].next {
		stack = append(stack, i)
	}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		u := &r.units[t]
		if seen[t] || !u.is(unitBad) {
			continue
		}
		seen[t] = true
		if (u.phase == phaseFailed || u.phase == phaseCanceled) && u.node != p {
			list = append(list, r.idOf(t))
		}
		stack = append(stack, r.graph.needsOf(t)...)
		if u.cyc >= 0 {
			for _, d := range r.cycles[u.cyc] {
				if ph := r.units[d].phase; ph == phaseFailed || ph == phaseCanceled {
					stack = append(stack, d)
				}
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// Debts returns the nodes and gates that an override passed over and that are
// not repaired yet, sorted.
func (r *Run) Debts() []ID {
	var list []ID
	for i := range r.units {
		if r.units[i].is(unitOverride) {
			list = append(list, r.idOf(int32(i)))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// A Summary counts the nodes of a run by state.
type Summary struct {
	Nodes  int           `json:"nodes"`
	States map[State]int `json:"states"`
	Now    time.Duration `json:"now"`
	Held   string        `json:"held,omitempty"`
	Debts  []ID          `json:"debts,omitempty"`
	Fix    []Failure     `json:"fix,omitempty"`
	// Builds is the number of builds begun, retries and passes included.
	Builds int `json:"builds"`
}

// Summary returns how the run stands.
func (r *Run) Summary() Summary {
	s := Summary{Nodes: len(r.nodes), States: map[State]int{}, Now: r.now, Held: r.held, Debts: r.Debts(), Fix: r.Failures()}
	for p := range r.nodes {
		s.States[r.state(int32(p))]++
		for i := r.first[p]; i >= 0; i = r.units[i].next {
			s.Builds += int(r.units[i].attempt)
		}
	}
	return s
}

// String returns one line for a person: "18 nodes: 16 done, 1 failed, 1
// blocked; fix rpms/a first (blocks 1)".
func (s Summary) String() string {
	var parts []string
	for st := range State(states) {
		if n := s.States[st]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, st))
		}
	}
	out := fmt.Sprintf("%d nodes", s.Nodes)
	if len(parts) > 0 {
		out += ": " + strings.Join(parts, ", ")
	}
	if s.Held != "" {
		out += "; held " + s.Held
	}
	if len(s.Fix) > 0 {
		out += fmt.Sprintf("; fix %s first (blocks %d)", s.Fix[0].ID, s.Fix[0].Blocks)
	}
	if len(s.Debts) > 0 {
		out += fmt.Sprintf("; %d debts", len(s.Debts))
	}
	return out
}

// InHand reports whether an action was taken in hand and has not ended. A
// build that a fix or a cancellation made pointless is not in hand any more.
func (r *Run) InHand(k Key) bool {
	_, ok := r.flight.get(k)
	return ok
}

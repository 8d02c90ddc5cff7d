// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"slices"
)

// Apply tells the run what happened. An event told twice, or one that speaks
// of an attempt that is over, changes nothing. The error is an [*EventError]
// wrapping [ErrInvalid] (malformed), [ErrNotFound] (a node or an action that
// the run does not know) or [ErrConflict] (it contradicts what was told
// before); the run is then as it was. The cost does not depend on the size of
// the plan but on how much the event changes, except for [EventChanged], which
// plans anew.
func (r *Run) Apply(e Event) error {
	act, err := r.accepts(e)
	if err != nil {
		return &EventError{Event: e, Err: err}
	}
	r.now = max(r.now, e.At)
	r.fireTimers()
	if act != nil {
		r.seq++
		act()
	}
	r.drain()
	r.watch()
	return nil
}

// accepts checks an event and returns what it does, nil for nothing. It
// changes nothing itself.
func (r *Run) accepts(e Event) (func(), error) {
	if e.At < 0 {
		return nil, fmt.Errorf("the time %v is negative: %w", e.At, ErrInvalid)
	}
	if int(e.Failure) >= failureKinds {
		return nil, fmt.Errorf("%v: %w", e.Failure, ErrInvalid)
	}
	if r.seq == 1<<32-1 {
		return nil, fmt.Errorf("a run has at most 2^32 events: %w", ErrLimit)
	}
	switch e.Kind {
	case EventTick:
		return nil, nil
	case EventDispatched, EventStarted, EventBuilt, EventAvailable, EventPassed, EventFailed:
		return r.answer(e)
	case EventFixArrived:
		return r.acceptFix(e)
	case EventChanged:
		return r.acceptChange(e)
	case EventEquivalent:
		return r.acceptEquivalent(e)
	case EventOverride:
		return r.acceptOverride(e)
	case EventRetry:
		return r.acceptRetry(e)
	case EventCancel:
		return r.acceptCancel(e)
	case EventHold:
		why := e.Detail
		if why == "" {
			why = "by a person"
		}
		if r.held == why {
			return nil, nil
		}
		return func() { r.held = why }, nil
	case EventRelease:
		if r.held == "" {
			return nil, nil
		}
		return func() {
			r.held = ""
			r.ended, r.endedBadly = 0, 0 // the stop rule counts anew
		}, nil
	}
	return nil, fmt.Errorf("%v: %w", e.Kind, ErrInvalid)
}

// node returns the position of a node of the run.
func (r *Run) node(id ID) (int32, error) {
	if id == "" {
		return 0, fmt.Errorf("it names no node: %w", ErrInvalid)
	}
	p, ok := r.plan.order.position(id)
	if !ok {
		return 0, fmt.Errorf("%q is not rebuilt in this run: %w", id, ErrNotFound)
	}
	return p, nil
}

// unitOf returns the unit that a key speaks of.
func (r *Run) unitOf(k keyParts) (int32, error) {
	if at, ok := r.gateOf[k.id]; ok && k.kind == ActionGate && k.pass == 0 {
		return r.gates[at].unit, nil
	}
	p, err := r.node(k.id)
	if err != nil {
		return 0, err
	}
	for i := r.first[p]; i >= 0; i = r.units[i].next {
		if int32(r.units[i].pass) == k.pass {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%q has no pass %d: %w", k.id, k.pass, ErrNotFound)
}

// answer handles an event that answers an action.
func (r *Run) answer(e Event) (func(), error) {
	if e.Key == "" {
		return nil, fmt.Errorf("it names no action: %w", ErrInvalid)
	}
	k, err := e.Key.parse()
	if err != nil {
		return nil, err
	}
	if k.kind == ActionCancel || k.kind == ActionNotify {
		return r.answerMessage(e)
	}
	i, err := r.unitOf(k)
	if err != nil {
		return nil, err
	}
	switch e.Kind { // does the event fit the kind of action?
	case EventBuilt:
		if k.kind != ActionBuild {
			err = ErrInvalid
		}
	case EventAvailable:
		if k.kind != ActionAwaitRepo {
			err = ErrInvalid
		}
	case EventPassed:
		if k.kind != ActionGate {
			err = ErrInvalid
		}
	}
	if err != nil {
		return nil, fmt.Errorf("a %v action does not end so: %w", k.kind, err)
	}
	if e.Kind == EventBuilt && e.Artifact == "" {
		return nil, fmt.Errorf("it names no artifact: %w", ErrInvalid)
	}
	if r.offered(i) == e.Key { // owed and not taken in hand
		return r.begins(i, e)
	}
	if _, ok := r.flight.get(e.Key); !ok {
		return r.answerLate(i, k, e)
	}
	switch e.Kind {
	case EventDispatched:
		return nil, nil
	case EventStarted:
		f, _ := r.flight.get(e.Key)
		if f.Started && f.Ref != e.Ref {
			return nil, fmt.Errorf("it was started as %q: %w", f.Ref, ErrConflict)
		}
		if f.Started {
			return nil, nil
		}
		return func() { r.started(i, e) }, nil
	}
	return func() { r.ends(i, e) }, nil
}

// begins handles an event for an action that is owed. Whoever tells of a
// start or an end has taken it in hand.
func (r *Run) begins(i int32, e Event) (func(), error) {
	if u := &r.units[i]; u.phase == phaseReady && e.Kind == EventDispatched {
		if why := r.barred(u); why != "" {
			return nil, fmt.Errorf("it may not start now: %s: %w", why, ErrConflict)
		}
	}
	return func() {
		r.dispatch(i)
		switch e.Kind {
		case EventDispatched:
		case EventStarted:
			r.started(i, e)
		default:
			r.ends(i, e)
		}
	}, nil
}

// answerLate handles an event for an action that is not under way: it is over,
// or was never owed.
func (r *Run) answerLate(i int32, k keyParts, e Event) (func(), error) {
	u := &r.units[i]
	if k.attempt > u.attempt || k.attempt == u.attempt && k.try > u.tried(k.kind) {
		return nil, fmt.Errorf("no such action was owed: %w", ErrNotFound)
	}
	current := k.attempt == u.attempt && k.try == u.tried(k.kind)
	if !current {
		return nil, nil
	}
	n := r.nodeOf(u)
	switch {
	case e.Kind == EventPassed && u.phase == phaseFailed && u.step == ActionGate:
		return func() { // a waiver came
			r.revive(i)
			r.passed(i)
		}, nil
	case e.Kind == EventBuilt && n != nil && n.is(nodeBuilt) && n.by == u.pass && !n.is(nodeManual) && n.artifact() != e.Artifact:
		return nil, fmt.Errorf("its result was %q: %w", n.artifact(), ErrConflict)
	case e.Kind == EventBuilt && u.phase == phaseFailed && u.step == ActionBuild,
		e.Kind == EventFailed && k.kind == ActionBuild && n != nil && n.is(nodeBuilt) && n.by == u.pass && !n.is(nodeManual):
		return nil, fmt.Errorf("it ended otherwise: %w", ErrConflict)
	}
	return nil, nil
}

func (r *Run) nodeOf(u *unit) *nodeState {
	if u.node < 0 {
		return nil
	}
	return &r.nodes[u.node]
}

// answerMessage handles what is told of cancellations and notifications.
func (r *Run) answerMessage(e Event) (func(), error) {
	_, owed := r.owed.get(e.Key)
	_, flying := r.flight.get(e.Key)
	switch {
	case !owed && !flying:
		return nil, nil // over
	case e.Kind == EventDispatched && owed:
		return func() {
			a, _ := r.owed.get(e.Key)
			r.owed.drop(e.Key)
			r.flight.put(e.Key, InFlight{Action: a, Since: r.now})
		}, nil
	case e.Kind == EventStarted, e.Kind == EventFailed:
		return func() {
			r.owed.drop(e.Key)
			r.flight.drop(e.Key)
		}, nil
	case e.Kind == EventDispatched:
		return nil, nil
	}
	return nil, fmt.Errorf("such an action does not end so: %w", ErrInvalid)
}

// started notes that an action's effect has happened.
func (r *Run) started(i int32, e Event) {
	u := &r.units[i]
	f, _ := r.flight.get(e.Key)
	f.Started, f.Ref = true, e.Ref
	r.flight.put(e.Key, f)
	u.ref = e.Ref
	if u.phase == phaseStart {
		u.phase = phaseRunning
	}
}

// ends handles the end of a build or a step that is under way.
func (r *Run) ends(i int32, e Event) {
	u := &r.units[i]
	r.land(i)
	switch e.Kind {
	case EventFailed:
		r.fail(i, e.Failure, e.Detail)
	case EventBuilt:
		if id, stale := r.staleInput(u, e.Inputs); stale {
			r.fail(i, FailureStale, "it was built against an old "+string(id))
			return
		}
		r.built(i, e)
	case EventAvailable:
		r.makeAvailable(i)
		r.work = append(r.work, i)
	case EventPassed:
		r.passed(i)
	}
}

// staleInput finds an input that is older than what the run has made
// available.
func (r *Run) staleInput(u *unit, inputs []Input) (ID, bool) {
	for _, in := range inputs {
		p, ok := r.plan.order.position(in.ID)
		if !ok || p == u.node {
			continue
		}
		n := &r.nodes[p]
		if !n.is(nodeAvailable) || n.artifact() == in.Artifact || n.content > u.stamp {
			continue // later changes are found without the listing
		}
		if k := r.plan.order.groupOf; k[p] == k[u.node] {
			continue // partners of a cycle may be old
		}
		if n.is(nodeSame) && slices.ContainsFunc(n.results, func(x result) bool { return x.artifact == in.Artifact }) {
			continue
		}
		return in.ID, true
	}
	return "", false
}

// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"slices"
)

// acceptFix takes a build that somebody else made.
func (r *Run) acceptFix(e Event) (func(), error) {
	p, err := r.node(e.ID)
	if err != nil {
		return nil, err
	}
	if e.Artifact == "" {
		return nil, fmt.Errorf("it names no artifact: %w", ErrInvalid)
	}
	n := &r.nodes[p]
	if n.artifact() == e.Artifact && n.is(nodeBuilt) && !r.failedAt(p, ActionBuild) {
		return nil, nil
	}
	return func() {
		first := r.first[p]
		for i := first; i >= 0; i = r.units[i].next {
			u := &r.units[i]
			r.supersede(i)
			r.withdraw(i)
			switch u.phase {
			case phaseFailed, phaseCanceled:
				r.revive(i)
			}
			u.phase, u.notBefore = phaseIdle, 0
			u.retries = [failureKinds]uint8{}
			r.work = append(r.work, i)
		}
		u := &r.units[first]
		u.attempt++
		u.tries = [2]int32{}
		u.stamp = r.seq
		n.results = append(n.results, result{r.seq, e.Artifact})
		n := &r.nodes[u.node] // another one when members are built together
		n.by = u.pass
		n.flags = nodeBuilt | nodeManual
		if e.Same {
			n.flags |= nodeSame
		}
		// Without a listing of its inputs a fix counts as made against what
		// is available now.
		if _, stale := r.staleInput(u, e.Inputs); !stale {
			n.seen, n.record = r.seq, r.seq
		} else {
			n.forced = r.seq
			n.seen = r.seq - 1
		}
		if u.is(unitTogether) {
			r.shareTogether(first)
		}
		r.down = append(r.down, first)
	}, nil
}

// failedAt reports whether a pass at a node failed in the given step.
func (r *Run) failedAt(p int32, step ActionKind) bool {
	for i := r.first[p]; i >= 0; i = r.units[i].next {
		if u := &r.units[i]; u.phase == phaseFailed && u.step == step {
			return true
		}
	}
	return false
}

// acceptEquivalent takes the word that a node's newest result is equivalent to
// the one before, or that the one under way will be.
func (r *Run) acceptEquivalent(e Event) (func(), error) {
	p, err := r.node(e.ID)
	if err != nil {
		return nil, err
	}
	n := &r.nodes[r.units[r.first[p]].node]
	for i := r.first[p]; i >= 0; i = r.units[i].next {
		if u := &r.units[i]; u.phase == phaseStart || u.phase == phaseRunning {
			if u.is(unitSame) {
				return nil, nil
			}
			return func() { u.flags |= unitSame }, nil
		}
	}
	if !n.is(nodeBuilt) {
		return nil, fmt.Errorf("%q has no result to be equivalent: %w", e.ID, ErrConflict)
	}
	if n.is(nodeSame) {
		return nil, nil
	}
	return func() {
		n.flags |= nodeSame
		if !n.is(nodeAvailable) {
			return
		}
		// Those who started against it did so; the others lose the reason.
		n.content = n.before
		for i := r.first[p]; i >= 0; i = r.units[i].next {
			if r.units[i].is(unitTogether) {
				r.shareTogether(i)
			}
			r.work = append(r.work, i)
		}
	}, nil
}

// acceptOverride lets work go on in spite of a failure.
func (r *Run) acceptOverride(e Event) (func(), error) {
	list, err := r.unitsOf(e.ID)
	if err != nil {
		return nil, err
	}
	todo := slices.DeleteFunc(list, func(i int32) bool {
		u := &r.units[i]
		ended := u.phase == phaseFailed || u.phase == phaseCanceled
		return u.is(unitOverride) || !ended && u.bad == 0
	})
	if len(todo) == 0 {
		return nil, nil
	}
	return func() {
		for _, i := range todo {
			u := &r.units[i]
			u.flags |= unitOverride
			if u.phase == phaseFailed {
				r.withdrawNotice(i)
				r.failed--
			}
			if u.phase == phaseFailed || u.phase == phaseCanceled {
				r.breakCycle(u, -1)
			}
			r.work = append(r.work, i)
		}
	}, nil
}

// unitsOf returns the units of a node, or the gate that an id names.
func (r *Run) unitsOf(id ID) ([]int32, error) {
	if at, ok := r.gateOf[id]; ok {
		return []int32{r.gates[at].unit}, nil
	}
	p, err := r.node(id)
	if err != nil {
		return nil, err
	}
	var list []int32
	for i := r.first[p]; i >= 0; i = r.units[i].next {
		list = append(list, i)
	}
	return list, nil
}

// acceptRetry begins another attempt at what failed.
func (r *Run) acceptRetry(e Event) (func(), error) {
	list, err := r.unitsOf(e.ID)
	if err != nil {
		return nil, err
	}
	todo := slices.DeleteFunc(list, func(i int32) bool {
		p := r.units[i].phase
		return p != phaseFailed && p != phaseCanceled && p != phaseRetry
	})
	if len(todo) == 0 {
		return nil, nil
	}
	return func() {
		for _, i := range todo {
			if u := &r.units[i]; u.phase == phaseRetry {
				u.notBefore = 0
				r.work = append(r.work, i)
			} else {
				r.revive(i)
			}
		}
	}, nil
}

// acceptCancel takes nodes out of the run.
func (r *Run) acceptCancel(e Event) (func(), error) {
	var list []int32
	if len(e.IDs) == 0 {
		for i := range r.units {
			if r.units[i].kind != unitJoin {
				list = append(list, int32(i))
			}
		}
	}
	for _, id := range e.IDs {
		units, err := r.unitsOf(id)
		if err != nil {
			return nil, err
		}
		list = append(list, units...)
	}
	todo := slices.DeleteFunc(list, func(i int32) bool {
		u := &r.units[i]
		return u.is(unitSettled) || u.phase == phaseCanceled
	})
	if len(todo) == 0 {
		return nil, nil
	}
	return func() {
		for _, i := range todo {
			u := &r.units[i]
			if u.phase == phaseCanceled { // named twice
				continue
			}
			r.supersede(i)
			r.withdraw(i)
			if u.phase == phaseFailed {
				r.revive(i)
			}
			u.step = ActionBuild
			u.stamp = r.seq
			r.endBadly(i, phaseCanceled)
		}
	}, nil
}

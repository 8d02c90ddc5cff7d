// SPDX-License-Identifier: MIT

package planner

import "slices"

// drain looks at every unit whose surroundings changed until nothing changes
// any more. What is not settled any more is told first, so that a wave of
// settling never meets half of it. Each edge carries each piece of news once.
func (r *Run) drain() {
	for len(r.down) > 0 || len(r.work) > 0 {
		if n := len(r.down); n > 0 {
			i := r.down[n-1]
			r.down = r.down[:n-1]
			r.unsettle(i)
			continue
		}
		i := r.work[len(r.work)-1]
		r.work = r.work[:len(r.work)-1]
		r.look(i)
	}
}

// look decides what a unit does next.
func (r *Run) look(i int32) {
	u := &r.units[i]
	ready := u.ready()
	if u.wait == 0 && u.is(unitOverride) && u.phase != phaseFailed && u.phase != phaseCanceled {
		u.flags &^= unitOverride // the debt can be paid
	}
	if ended := u.phase == phaseFailed || u.phase == phaseCanceled; ended && ready && r.reason(i) > u.stamp {
		r.revive(i)
	} else if ended {
		if u.is(unitOverride) {
			r.tellBad(i, false)
			r.settle(i)
		} else {
			r.down = append(r.down, i)
			r.tellBad(i, true)
		}
		return
	}
	if !ready {
		r.withdraw(i)
		r.down = append(r.down, i)
		r.tellBad(i, !u.is(unitOverride) && u.bad > 0)
		return
	}
	if u.kind == unitBuild && r.parked(u, r.stale(i)) {
		r.withdraw(i)
		r.down = append(r.down, i)
		r.tellBad(i, true)
		return
	}
	r.tellBad(i, false)
	switch u.kind {
	case unitJoin:
		r.join(i)
	case unitGate:
		r.lookGate(i)
	case unitBuild:
		r.lookBuild(i)
	}
}

// occupied reports whether a unit is at work or waits for its next attempt, and
// then keeps it so.
func (r *Run) occupied(i int32) bool {
	u := &r.units[i]
	switch {
	case u.inFlight():
	case u.phase == phaseRetry && u.notBefore > r.now:
		r.wakeAt(u.notBefore, i)
	default:
		if u.phase == phaseRetry {
			u.phase = phaseIdle
		}
		return false
	}
	r.down = append(r.down, i)
	return true
}

func (r *Run) lookBuild(i int32) {
	u := &r.units[i]
	n := &r.nodes[u.node]
	if r.occupied(i) {
		return
	}
	switch {
	case r.stale(i):
		r.down = append(r.down, i)
		r.withdrawStep(i)
		if r.busyElsewhere(i) {
			r.withdraw(i)
			return // looked at again when the other pass ends
		}
		if u.phase == phaseReady {
			return
		}
		if u.notBefore > r.now {
			r.wakeAt(u.notBefore, i)
			return
		}
		r.makeReady(i)
		return
	case n.is(nodeBuilt) && !n.is(nodeAvailable):
		if n.by < u.pass { // an earlier pass sees to it, and tells
			r.withdraw(i)
			r.down = append(r.down, i)
			return
		}
		if n.by > u.pass && !u.is(unitLast) { // a later pass does, this one is through
			break
		}
		r.withdraw(i)
		if r.needsRepo(i) {
			r.down = append(r.down, i)
			r.owe(i, ActionAwaitRepo)
			return
		}
		r.makeAvailable(i)
		r.lookBuild(i)
		return
	case u.is(unitLast) && n.is(nodeBuilt) && !n.is(nodePassed) && len(r.gateNames(u)) > 0:
		r.withdraw(i)
		r.down = append(r.down, i)
		if n.by != u.pass { // the result was made by an earlier pass
			n.by, u.tries = u.pass, [2]int32{}
			u.attempt++
		}
		r.owe(i, ActionGate)
		return
	}
	r.withdraw(i)
	if u.cyc < 0 && u.wait == 0 && !u.is(unitSettled) && !r.restoring {
		n.record = r.seq
	}
	r.settle(i)
}

func (r *Run) lookGate(i int32) {
	u := &r.units[i]
	if r.occupied(i) {
		return
	}
	var newest uint32
	for _, t := range r.graph.needsOf(i) {
		newest = max(newest, r.carried(t, -1))
	}
	if newest > u.c1 {
		r.down = append(r.down, i)
		if u.phase == phaseIdle {
			r.owe(i, ActionGate)
		}
		return
	}
	r.withdraw(i)
	r.settle(i)
}

// carried returns when what a unit carries last came out different, leaving
// out the node self, whose own changes are no news to it.
func (r *Run) carried(t, self int32) uint32 {
	u := &r.units[t]
	switch {
	case u.is(unitSilent):
		return 0
	case u.kind == unitBuild:
		if u.node == self {
			return 0
		}
	case u.n1 == self:
		return u.c2
	}
	return u.c1
}

// reason returns the newest moment at which something happened that calls for
// a build: the node's own change, or a change of what the unit needs.
func (r *Run) reason(i int32) uint32 {
	u := &r.units[i]
	if u.kind != unitBuild {
		return 0
	}
	newest := r.nodes[u.node].forced
	for _, t := range r.graph.needsOf(i) {
		newest = max(newest, r.carried(t, u.node))
	}
	return newest
}

// busyElsewhere reports whether another pass at the same node is being built.
func (r *Run) busyElsewhere(i int32) bool {
	for j := r.first[r.units[i].node]; j >= 0; j = r.units[j].next {
		if p := r.units[j].phase; j != i && (p == phaseStart || p == phaseRunning) {
			return true
		}
	}
	return false
}

// parked reports whether a unit with reason to build must not, because a
// partner in its cycle group has failed.
func (r *Run) parked(u *unit, stale bool) bool {
	return u.cyc >= 0 && r.broken[u.cyc] > 0 && stale && !u.inFlight()
}

// stale reports whether a unit has reason to build.
func (r *Run) stale(i int32) bool {
	u := &r.units[i]
	n := &r.nodes[u.node]
	return r.reason(i) > n.seen || n.is(nodePartial) && !u.is(unitBootstrap)
}

// join passes on what a junction's needs carry: the newest change, and the
// newest of another node, for the one whose own change it is.
func (r *Run) join(i int32) {
	u := &r.units[i]
	c1, c2, n1 := r.pushes[i], uint32(0), int32(-1)
	note := func(c uint32, n int32) {
		switch {
		case n == n1 && n >= 0:
			c1 = max(c1, c)
		case c > c1:
			c1, n1, c2 = c, n, c1
		case c > c2:
			c2 = c
		}
	}
	for _, t := range r.graph.needsOf(i) {
		switch v := &r.units[t]; {
		case v.is(unitSilent):
		case v.kind == unitBuild:
			note(v.c1, v.node)
		default:
			note(v.c1, v.n1)
			note(v.c2, -2)
		}
	}
	moved := c1 != u.c1 || c2 != u.c2 || n1 != u.n1
	u.c1, u.c2, u.n1 = c1, c2, n1
	if moved && u.is(unitSettled) {
		r.work = append(r.work, r.graph.neededByOf(i)...)
	}
	r.settle(i)
}

func (r *Run) settle(i int32) {
	u := &r.units[i]
	ended := u.phase == phaseFailed || u.phase == phaseCanceled // and overridden: it carries what it did before
	if n := r.nodeOf(u); n != nil && !ended && (n.by <= u.pass || u.is(unitLast)) && u.c1 != max(n.content, r.pushes[i]) {
		u.c1 = max(n.content, r.pushes[i]) // what later passes made is not this unit's
		if u.is(unitSettled) {
			r.work = append(r.work, r.graph.neededByOf(i)...)
		}
	}
	if u.is(unitSettled) {
		return
	}
	u.flags |= unitSettled
	r.unsettled--
	for _, d := range r.graph.neededByOf(i) {
		r.units[d].wait--
		if v := &r.units[d]; v.wait == 0 || v.is(unitOverride) {
			r.work = append(r.work, d)
		}
	}
}

func (r *Run) unsettle(i int32) {
	u := &r.units[i]
	if !u.is(unitSettled) {
		return
	}
	u.flags &^= unitSettled
	r.unsettled++
	for _, d := range r.graph.neededByOf(i) {
		v := &r.units[d]
		v.wait++
		if v.is(unitSettled) && !(v.phase == phaseFailed || v.phase == phaseCanceled) {
			r.down = append(r.down, d)
		}
		r.work = append(r.work, d)
	}
}

// tellBad tells those who need a unit whether it is failed or blocked.
func (r *Run) tellBad(i int32, bad bool) {
	u := &r.units[i]
	if u.is(unitBad) == bad {
		return
	}
	u.flags ^= unitBad
	d := int32(1)
	if !bad {
		d = -1
	}
	r.badUnits += int(d)
	for _, t := range r.graph.neededByOf(i) {
		r.units[t].bad += d
		r.work = append(r.work, t)
	}
}

// endBadly marks a unit as failed or canceled.
func (r *Run) endBadly(i int32, phase uint8) {
	u := &r.units[i]
	u.phase = phase
	u.flags &^= unitOverride
	if phase == phaseFailed {
		r.failed++
	}
	r.breakCycle(u, 1)
	r.work = append(r.work, i)
}

// revive makes a failed or canceled unit work again.
func (r *Run) revive(i int32) {
	u := &r.units[i]
	if !u.is(unitOverride) { // else that was done when it was overridden
		if u.phase == phaseFailed {
			r.failed--
		}
		r.breakCycle(u, -1)
	}
	u.phase = phaseIdle
	u.flags &^= unitOverride
	u.retries = [failureKinds]uint8{}
	r.withdrawNotice(i)
	r.work = append(r.work, i)
}

func (r *Run) breakCycle(u *unit, by int32) {
	if u.cyc < 0 {
		return
	}
	r.broken[u.cyc] += by
	if r.broken[u.cyc] == 0 || by > 0 && r.broken[u.cyc] == 1 {
		r.work = append(r.work, r.cycles[u.cyc]...)
	}
}

// gateNames returns the gates that judge a unit's result by itself.
func (r *Run) gateNames(u *unit) []string {
	return r.classes[u.class].gates
}

// needsRepo reports whether a result must be waited for.
func (r *Run) needsRepo(i int32) bool {
	switch r.opts.Repo {
	case RepoNever:
		return false
	case RepoIfNeeded:
		u := &r.units[i]
		return len(r.graph.neededByOf(i)) > 0 && r.neededAtAll(i) || len(r.gateNames(u)) > 0
	}
	return true
}

// neededAtAll reports whether a build or a gate lies beyond a unit, looking
// through junctions.
func (r *Run) neededAtAll(i int32) bool {
	seen := map[int32]bool{}
	stack := slices.Clone(r.graph.neededByOf(i))
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if r.units[t].kind != unitJoin {
			return true
		}
		if !seen[t] {
			seen[t] = true
			stack = append(stack, r.graph.neededByOf(t)...)
		}
	}
	return false
}

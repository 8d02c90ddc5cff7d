// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"slices"
)

// dispatch takes the owed action of a unit in hand.
func (r *Run) dispatch(i int32) {
	u := &r.units[i]
	a := r.action(i)
	if u.kind == unitGate && r.newRound(u) {
		u.attempt++
		u.tries = [2]int32{}
	}
	r.unheap(i)
	u.stamp, u.since, u.ref = r.seq, r.now, ""
	if u.phase == phaseReady {
		u.phase = phaseStart
		u.attempt++
		u.tries = [2]int32{}
		u.flags &^= unitSame
		r.building++
		for _, l := range r.classes[u.class].limits {
			r.busy[l]++
		}
		if r.opts.Rate.Starts > 0 {
			if len(r.starts) >= r.opts.Rate.Starts {
				r.starts = slices.Delete(r.starts, 0, len(r.starts)-r.opts.Rate.Starts+1)
			}
			r.starts = append(r.starts, r.now)
		}
	} else {
		u.phase = phaseStep
		u.addTry()
	}
	r.flight.put(a.Key, InFlight{Action: a, Since: r.now})
}

// land ends what a unit had in flight and returns its reference.
func (r *Run) land(i int32) (key Key, ref string) {
	u := &r.units[i]
	kind := u.step
	if u.phase != phaseStep {
		kind = ActionBuild
		r.building--
		for _, l := range r.classes[u.class].limits {
			r.busy[l]--
		}
	}
	key = r.key(i, kind)
	r.flight.drop(key)
	if kind == ActionBuild {
		r.lookAtPasses(u.node) // the others may have waited
	}
	ref, u.ref = u.ref, ""
	u.step = kind
	u.phase = phaseIdle
	return key, ref
}

// key returns the name of the newest action of a unit.
func (r *Run) key(i int32, kind ActionKind) Key {
	u := &r.units[i]
	return makeKey(kind, r.idOf(i), int32(u.pass), u.attempt, u.tried(kind))
}

func (r *Run) idOf(i int32) ID {
	u := &r.units[i]
	if u.kind == unitGate {
		return r.gates[u.n1].id
	}
	return r.plan.Rebuild[u.node]
}

// built takes a new result; what comes after it follows from the state.
func (r *Run) built(i int32, e Event) {
	u := &r.units[i]
	n := &r.nodes[u.node]
	n.results = append(n.results, result{r.seq, e.Artifact})
	n.seen, n.record, n.by = u.stamp, u.stamp, u.pass
	n.flags = nodeBuilt
	if u.is(unitBootstrap) {
		n.flags |= nodePartial
	}
	if e.Same || u.is(unitSame) {
		n.flags |= nodeSame
	}
	u.retries = [failureKinds]uint8{}
	r.ended++
	if u.is(unitTogether) {
		for _, in := range e.Results {
			if p, ok := r.plan.order.position(in.ID); ok && p != u.node && r.first[p] == i {
				m := &r.nodes[p]
				m.results = append(m.results, result{r.seq, in.Artifact})
			}
		}
		r.shareTogether(i)
	}
	r.work = append(r.work, i)
}

// shareTogether gives all members of a group that is one job the state of the
// one that stands for it.
func (r *Run) shareTogether(i int32) {
	n := &r.nodes[r.units[i].node]
	for _, p := range r.membersOf(i) {
		if p == r.units[i].node {
			continue
		}
		m := &r.nodes[p]
		m.seen, m.record, m.content, m.before, m.by, m.flags = n.seen, n.record, n.content, n.before, n.by, n.flags
	}
}

// membersOf returns the nodes that a unit builds.
func (r *Run) membersOf(i int32) []int32 {
	u := &r.units[i]
	if !u.is(unitTogether) {
		return []int32{u.node}
	}
	o := r.plan.order
	var list []int32
	for _, v := range o.members(o.groupOf[u.node]) {
		if p, ok := slices.BinarySearch(o.rebuild, v); ok {
			list = append(list, int32(p))
		}
	}
	return list
}

// makeAvailable lets others see a node's newest result.
func (r *Run) makeAvailable(i int32) {
	u := &r.units[i]
	n := &r.nodes[u.node]
	n.flags |= nodeAvailable
	if len(n.results) > 0 {
		n.results[len(n.results)-1].at = r.seq // others see it from now on
	}
	if !n.is(nodeSame) {
		n.before, n.content = n.content, r.seq
	}
	if u.is(unitTogether) {
		r.shareTogether(i)
	}
	r.lookAtPasses(u.node)
}

// lookAtPasses looks at all passes of a node again.
func (r *Run) lookAtPasses(p int32) {
	for i := r.first[p]; i >= 0; i = r.units[i].next {
		r.work = append(r.work, i)
	}
}

// newRound reports whether a gate over many has passed since it was asked last,
// so that asking again is another attempt.
func (r *Run) newRound(u *unit) bool { return u.c1 == u.stamp }

// passed ends a gate well.
func (r *Run) passed(i int32) {
	u := &r.units[i]
	if u.kind == unitGate {
		u.c1 = u.stamp
	} else {
		r.nodes[u.node].flags |= nodePassed
		if u.is(unitTogether) {
			r.shareTogether(i)
		}
	}
	r.work = append(r.work, i)
}

// fail ends a build or a step badly: another attempt later, or a failure that
// blocks.
func (r *Run) fail(i int32, how FailureKind, detail string) {
	u := &r.units[i]
	u.how = how
	rule := r.opts.Retry.of(how)
	if used := int(u.retries[how]); used < rule.Max && used < 255 {
		u.retries[how]++
		u.phase = phaseRetry
		u.notBefore = r.now + rule.after(used)
		r.wakeAt(u.notBefore, i)
		r.work = append(r.work, i)
		return
	}
	r.ended++
	r.endedBadly++
	r.endBadly(i, phaseFailed)
	of := r.key(i, u.step)
	r.drain() // so that what is blocked is known
	blocks := len(r.blockedBy(i))
	text := fmt.Sprintf("%s failed (%s)", of, how)
	if detail != "" {
		text += ": " + detail
	}
	a := Action{
		Kind: ActionNotify, ID: r.idOf(i), Pass: int(u.pass), Attempt: int(u.attempt),
		Key: "notify/" + of, Of: of, Detail: text, Blocks: blocks, Remaining: u.remaining,
	}
	r.owed.put(a.Key, a)
}

// withdrawNotice forgets a notification that nobody has sent yet.
func (r *Run) withdrawNotice(i int32) {
	r.owed.drop("notify/" + r.key(i, r.units[i].step))
}

// supersede gives up what a unit has under way; it is canceled outside.
func (r *Run) supersede(i int32) {
	u := &r.units[i]
	if !u.inFlight() {
		return
	}
	step := u.phase == phaseStep
	key, ref := r.land(i)
	if step {
		return // waiting and asking end by themselves
	}
	a := Action{Kind: ActionCancel, ID: r.idOf(i), Pass: int(u.pass), Attempt: int(u.attempt), Key: "cancel/" + key, Of: key, Ref: ref}
	r.owed.put(a.Key, a)
}

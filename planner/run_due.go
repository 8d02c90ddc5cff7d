// SPDX-License-Identifier: MIT

package planner

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// class gathers the units to which the same limits, gates and delays apply.
// Its heap holds those whose action is owed, the most urgent first.
type class struct {
	limits []int // indices in Options.Limits
	gates  []string
	wait   time.Duration
	heap   []int32
}

// The first class holds steps after builds, which no limit applies to.
const stepClass = 0

// makeClasses sorts the units into classes.
func (r *Run) makeClasses() {
	g := r.plan.order.graph
	r.classes = []class{{}}
	r.busy = make([]int, len(r.opts.Limits))
	byText := map[string]uint16{}
	byProfile := map[int32]uint16{}
	for i := range r.units {
		u := &r.units[i]
		if u.kind != unitBuild {
			continue
		}
		v := r.plan.order.rebuild[u.node]
		c, ok := byProfile[g.profileOf[v]]
		if !ok {
			var k class
			n := g.node(v)
			for j, l := range r.opts.Limits {
				if slices.Contains(n.Labels, l.Label) {
					k.limits = append(k.limits, j)
				}
			}
			for _, d := range r.opts.Debounce {
				if d.Label == "" || slices.Contains(n.Labels, d.Label) {
					k.wait = max(k.wait, d.Wait)
				}
			}
			k.gates = r.opts.gateNames(n)
			text := fmt.Sprint(k.limits, k.wait, len(k.gates), k.gates)
			if c, ok = byText[text]; !ok {
				c = uint16(len(r.classes))
				r.classes = append(r.classes, k)
				byText[text] = c
			}
			byProfile[g.profileOf[v]] = c
		}
		u.class = c
	}
}

// weigh finds the longest chain of work from each unit to the end.
func (r *Run) weigh() {
	for place := len(r.units) - 1; place >= 0; place-- {
		i := r.graph.at(place)
		u := &r.units[i]
		var most time.Duration
		for _, d := range r.graph.neededByOf(i) {
			most = max(most, r.units[d].remaining)
		}
		if u.kind == unitBuild {
			own := r.duration(u.node)
			if u.is(unitTogether) {
				for _, p := range r.membersOf(i) {
					own = max(own, r.duration(p))
				}
			}
			if most > 1<<62-own {
				most = 1<<62 - own
			}
			most += own
		}
		u.remaining = most
	}
}

func (r *Run) duration(p int32) time.Duration {
	if d := r.plan.duration(p); d > 0 {
		return d
	}
	if r.opts.Unknown > 0 {
		return r.opts.Unknown
	}
	return time.Minute
}

// Actions returns everything that is owed now and not taken in hand, the most
// urgent first: cancellations and notifications, then waiting for repositories
// and asking at gates, then builds as far as holds and limits allow, the one
// with the longest chain of work behind it first. The list does not change
// until the next event.
func (r *Run) Actions() []Action { return r.Due(-1) }

// Due returns the first max actions of [Run.Actions], at a cost that depends
// on max alone; below zero means all.
func (r *Run) Due(max int) []Action {
	if max < 0 {
		max = 1<<31 - 1
	}
	var list []Action
	for a := range r.owed.all() {
		if len(list) == max {
			return list
		}
		list = append(list, a)
	}
	for _, i := range r.top([]int{stepClass}, max-len(list), nil) {
		list = append(list, r.action(i))
	}
	if len(list) < max {
		for _, i := range r.topBuilds(max - len(list)) {
			list = append(list, r.action(i))
		}
	}
	return list
}

// topBuilds returns the builds that may start now.
func (r *Run) topBuilds(max int) []int32 {
	if r.held != "" {
		return nil
	}
	if r.opts.MaxBuilding > 0 {
		max = min(max, r.opts.MaxBuilding-r.building)
	}
	if n := r.opts.Rate.Starts; n > 0 {
		max = min(max, n-r.recentStarts())
	}
	if max <= 0 {
		return nil
	}
	free := make([]int, len(r.busy))
	for l, n := range r.busy {
		free[l] = r.opts.Limits[l].Max - n
	}
	if r.canaries != nil {
		var list []int32
		for _, i := range r.canaries {
			if r.units[i].phase == phaseReady && len(list) < max && r.take(i, free) {
				list = append(list, i)
			}
		}
		return list
	}
	classes := make([]int, 0, len(r.classes)-1)
	for c := 1; c < len(r.classes); c++ {
		classes = append(classes, c)
	}
	return r.top(classes, max, free)
}

// take uses up the limits of a unit and reports whether there was room.
func (r *Run) take(i int32, free []int) bool {
	limits := r.classes[r.units[i].class].limits
	for _, l := range limits {
		if free[l] <= 0 {
			return false
		}
	}
	for _, l := range limits {
		free[l]--
	}
	return true
}

// top returns the most urgent units of some heaps without changing them: it
// walks down from the tops, always to the most urgent unit it can see.
func (r *Run) top(classes []int, max int, free []int) []int32 {
	type place struct{ class, at int }
	var seen []place // a heap by urgency
	unitAt := func(p place) int32 { return r.classes[p.class].heap[p.at] }
	less := func(x, y place) bool { return r.before(unitAt(x), unitAt(y)) }
	push := func(p place) {
		if p.at >= len(r.classes[p.class].heap) {
			return
		}
		seen = append(seen, p)
		for at := len(seen) - 1; at > 0 && less(seen[at], seen[(at-1)/2]); at = (at - 1) / 2 {
			seen[at], seen[(at-1)/2] = seen[(at-1)/2], seen[at]
		}
	}
	for _, c := range classes {
		push(place{c, 0})
	}
	var list []int32
	for len(list) < max && len(seen) > 0 {
		p := seen[0]
		last := len(seen) - 1
		seen[0] = seen[last]
		seen = seen[:last]
		for at := 0; ; {
			c := 2*at + 1
			if c >= last {
				break
			}
			if c+1 < last && less(seen[c+1], seen[c]) {
				c++
			}
			if !less(seen[c], seen[at]) {
				break
			}
			seen[at], seen[c] = seen[c], seen[at]
			at = c
		}
		i := unitAt(p)
		if free != nil && !r.take(i, free) {
			continue // nothing else of this class can start either
		}
		list = append(list, i)
		push(place{p.class, 2*p.at + 1})
		push(place{p.class, 2*p.at + 2})
	}
	return list
}

// barred returns why a build must not start now, empty when it may.
func (r *Run) barred(u *unit) string {
	switch {
	case r.held != "":
		return "the run is held " + r.held
	case r.opts.MaxBuilding > 0 && r.building >= r.opts.MaxBuilding:
		return fmt.Sprintf("%d builds are under way", r.building)
	case r.opts.Rate.Starts > 0 && r.recentStarts() >= r.opts.Rate.Starts:
		return "too many builds started just now"
	}
	for _, l := range r.classes[u.class].limits {
		if r.busy[l] >= r.opts.Limits[l].Max {
			return fmt.Sprintf("%d builds with label %q are under way", r.busy[l], r.opts.Limits[l].Label)
		}
	}
	return ""
}

func (r *Run) recentStarts() int {
	n := 0
	for _, t := range r.starts {
		if t+r.opts.Rate.Per > r.now {
			n++
		}
	}
	return n
}

// offered returns the key of the owed action of a unit, empty when none is.
func (r *Run) offered(i int32) Key {
	switch u := &r.units[i]; u.phase {
	case phaseReady:
		return makeKey(ActionBuild, r.idOf(i), int32(u.pass), u.attempt+1, 1)
	case phaseOwed:
		if u.kind == unitGate && r.newRound(u) {
			return makeKey(u.step, r.idOf(i), 0, u.attempt+1, 1)
		}
		return makeKey(u.step, r.idOf(i), int32(u.pass), u.attempt, u.tried(u.step)+1)
	}
	return ""
}

// action describes the owed action of a unit.
func (r *Run) action(i int32) Action {
	u := &r.units[i]
	a := Action{
		Kind: u.step, Key: r.offered(i), ID: r.idOf(i), Pass: int(u.pass), Attempt: int(u.attempt), Remaining: u.remaining,
	}
	if u.phase == phaseReady {
		a.Attempt++
		a.Bootstrap = u.is(unitBootstrap)
	}
	switch {
	case u.kind == unitGate:
		a.Gates = r.gates[u.n1].names
		if r.newRound(u) {
			a.Attempt++
		}
		for _, p := range r.judged(i) {
			a.Members = append(a.Members, r.plan.Rebuild[p])
		}
	case u.is(unitTogether):
		for _, p := range r.membersOf(i) {
			a.Members = append(a.Members, r.plan.Rebuild[p])
		}
	}
	if u.phase == phaseOwed && u.node >= 0 {
		a.Artifact = r.nodes[u.node].artifact()
		if u.step == ActionGate {
			a.Gates = r.gateNames(u)
		}
	}
	return a
}

// judged returns the nodes whose results a gate over many judges: those built
// in this run, ascending.
func (r *Run) judged(i int32) []int32 {
	var list []int32
	for _, t := range r.graph.needsOf(i) {
		stack := []int32{t}
		for len(stack) > 0 {
			t := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			switch u := &r.units[t]; {
			case u.kind == unitBuild:
				list = append(list, r.membersOf(t)...)
			case u.kind == unitJoin && !u.is(unitSilent): // the exit of a cycle group
				stack = append(stack, r.graph.needsOf(t)...)
			}
		}
	}
	list = slices.DeleteFunc(list, func(p int32) bool { return !r.nodes[p].is(nodeBuilt) })
	slices.SortFunc(list, cmp.Compare[int32])
	return slices.Compact(list)
}

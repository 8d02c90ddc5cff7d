// SPDX-License-Identifier: MIT

package planner

import (
	"slices"
	"time"
)

// A run works on units: one for each pass at each node, one junction for each
// group of conduits and at the edges of cycle groups, one for each gate over
// many nodes. Units and what they need form an acyclic graph; everything that
// orders a run (conduits, passes, tiers, gates) is an edge in it.

type unitKind uint8

const (
	unitBuild unitKind = iota // builds a node, waits for the repository, passes its gates
	unitJoin                  // carries on what it needs
	unitGate                  // a gate over many nodes
)

// Phases of a unit; a unit that is waiting or settled is idle.
const (
	phaseIdle    uint8 = iota
	phaseReady         // its build is owed
	phaseStart         // its build was taken in hand
	phaseRunning       // its build runs
	phaseOwed          // a step after the build is owed
	phaseStep          // that step was taken in hand
	phaseRetry         // waits for the time of another attempt
	phaseFailed
	phaseCanceled
)

// Flags of a unit.
const (
	unitSettled   = 1 << iota // what needs it may go on
	unitBad                   // failed, canceled or blocked, and told so to those who need it
	unitOverride              // goes on although something it needs is bad, or bad itself
	unitLast                  // the last pass at its node
	unitBootstrap             // builds the bootstrap variant
	unitSilent                // orders only; carries no change
	unitTogether              // builds all members of its group
	unitSame                  // the build under way came out equivalent
)

type unit struct {
	kind  unitKind
	phase uint8
	flags uint8
	step  ActionKind // the step of phaseOwed, phaseStep, phaseRetry, phaseFailed
	how   FailureKind
	pass  uint16
	class uint16 // which label limits apply
	node  int32  // position in the rebuild set, -1 for none
	cyc   int32  // cycle group, -1 for none
	next  int32  // next pass at the same node, -1 for none

	attempt int32    // builds begun
	tries   [2]int32 // tries of the repository and of the gate in this attempt
	wait    int32    // needs that are not settled
	bad     int32    // of these, the ones that are bad
	heap    int32    // place in its class's heap, -1 for none
	stamp   uint32   // when the newest attempt was taken in hand

	// What a build carries is c1: when its result last came out different. A
	// junction carries the newest change that it needs, whose it is, and the
	// newest change of another. A gate over many keeps in c1 what it passed
	// and in n1 its place in Run.gates.
	c1, c2 uint32
	n1     int32

	since     time.Duration // when the attempt was taken in hand
	notBefore time.Duration // when a retry or a debounced build may start
	remaining time.Duration // longest chain of work from here on
	ref       string
	retries   [failureKinds]uint8
}

func (u *unit) is(flag uint8) bool { return u.flags&flag != 0 }

// ready reports whether a unit need not wait for any other.
func (u *unit) ready() bool { return u.wait == 0 || u.is(unitOverride) && u.wait == u.bad }

// inFlight reports whether a build or a step of the unit was taken in hand.
func (u *unit) inFlight() bool {
	return u.phase == phaseStart || u.phase == phaseRunning || u.phase == phaseStep
}

type gateUnit struct {
	unit  int32
	id    ID
	names []string
}

// unitGraph is the static part: who needs whom, in compressed rows.
type unitGraph struct {
	needsOff, needs       []int32
	neededByOff, neededBy []int32
	topo                  []int32 // what a unit needs comes before it
}

func (g *unitGraph) needsOf(u int32) []int32 { return g.needs[g.needsOff[u]:g.needsOff[u+1]] }

func (g *unitGraph) neededByOf(u int32) []int32 {
	return g.neededBy[g.neededByOff[u]:g.neededByOff[u+1]]
}

type unitBuilder struct {
	plan  *Plan
	order *planOrder
	opts  *RunOptions

	units   []unit
	in, out []int32 // per group of the order: its first and last unit
	first   []int32 // per position in the rebuild set: its first pass
	cycles  [][]int32
	entries []int32 // the entry junction of each cycle
	gates   []gateUnit
	pairs   []int32 // edges as unit, need
	graph   unitGraph
}

func buildUnits(p *Plan, opts *RunOptions) *unitBuilder {
	o := p.order
	o.link()
	n := o.groups()
	b := &unitBuilder{plan: p, order: o, opts: opts, in: make([]int32, n), out: make([]int32, n), first: make([]int32, len(o.rebuild))}
	b.units = make([]unit, 0, n)
	for k := range n {
		b.addGroup(int32(k))
	}
	weak := b.orderOnly()
	if len(b.units) == n && len(opts.Gates) == 0 && opts.Mode == Frontier && weak == nil {
		// Units are the groups: the order's rows serve as they are.
		b.graph = unitGraph{o.needsOff, o.needs, o.neededByOff, o.neededBy, nil}
		return b
	}
	for k := range n {
		for _, t := range o.needsOf(int32(k)) {
			if s, ok := weak[[2]int32{int32(k), t}]; ok {
				b.need(b.in[k], s)
				continue
			}
			b.need(b.in[k], b.out[t])
		}
	}
	b.addTiers()
	for _, g := range opts.Gates {
		if g.Scope == GateLabel {
			b.addLabelGate(g)
		}
	}
	b.link()
	return b
}

// orderOnly finds the needs that are sequence alone, and gives them a silent
// junction: what is waited for there gives no reason to build.
func (b *unitBuilder) orderOnly() map[[2]int32]int32 {
	o, g := b.order, b.order.graph
	found := false
	for a, used := range g.attrs {
		found = found || used && EdgeKind(a>>attrShift) == EdgeOrder && o.allow.attr[a]
	}
	if !found {
		return nil
	}
	of := make([]int32, len(g.ids))
	for i := range of {
		of[i] = -1
	}
	for k := range int32(o.groups()) {
		for _, v := range o.members(k) {
			of[v] = k
		}
	}
	firm := make([]int32, o.groups()) // the last group that needs it for more than sequence
	for t := range firm {
		firm[t] = -1
	}
	silent := make(map[int32]int32)
	weak := make(map[[2]int32]int32)
	for k := range int32(o.groups()) {
		for _, v := range o.members(k) {
			for e := g.fwd.off[v]; e < g.fwd.off[v+1]; e++ {
				if t := of[g.fwd.to[e]]; t >= 0 && o.orders(e) && EdgeKind(g.fwd.attr[e]>>attrShift) != EdgeOrder {
					firm[t] = k
				}
			}
		}
		for _, t := range o.needsOf(k) {
			if firm[t] == k {
				continue
			}
			if _, ok := silent[t]; !ok {
				silent[t] = b.add(unit{kind: unitJoin, node: -1, cyc: -1, flags: unitSilent})
				b.need(silent[t], b.out[t])
			}
			weak[[2]int32{k, t}] = silent[t]
		}
	}
	return weak
}

func (b *unitBuilder) add(u unit) int32 {
	u.next, u.heap = -1, -1
	b.units = append(b.units, u)
	return int32(len(b.units) - 1)
}

func (b *unitBuilder) need(u, t int32) { b.pairs = append(b.pairs, u, t) }

// addGroup adds the units of one group of the order graph.
func (b *unitBuilder) addGroup(k int32) {
	members := b.order.members(k)
	var u int32
	switch {
	case b.order.builds[k] == 0:
		u = b.add(unit{kind: unitJoin, node: -1, cyc: -1})
	case b.order.builds[k] == 1 || b.plan.cyclePolicy(k) == CycleTogether:
		u = int32(len(b.units))
		flags := uint8(unitLast)
		if b.order.builds[k] > 1 {
			flags |= unitTogether
		}
		node := int32(-1)
		for _, i := range members {
			if b.order.graph.conduit(i) {
				continue
			}
			p, _ := slices.BinarySearch(b.order.rebuild, i)
			b.first[p] = u
			if node < 0 {
				node = int32(p)
			}
		}
		b.add(unit{kind: unitBuild, node: node, cyc: -1, pass: 1, flags: flags})
	default:
		b.addCycle(k)
		return
	}
	b.in[k], b.out[k] = u, u
}

// link makes the rows and the order of units from the pairs.
func (b *unitBuilder) link() {
	n := len(b.units)
	g := &b.graph
	g.needsOff, g.needs = compress(n, b.pairs, 0)
	g.neededByOff, g.neededBy = compress(n, b.pairs, 1)
	wait := make([]int32, n)
	g.topo = make([]int32, 0, n)
	for u := range n {
		wait[u] = g.needsOff[u+1] - g.needsOff[u]
		if wait[u] == 0 {
			g.topo = append(g.topo, int32(u))
		}
	}
	for i := 0; i < len(g.topo); i++ {
		for _, d := range g.neededByOf(g.topo[i]) {
			if wait[d]--; wait[d] == 0 {
				g.topo = append(g.topo, d)
			}
		}
	}
}

// compress sorts pairs into rows by their first (side 0) or second (side 1)
// end.
func compress(n int, pairs []int32, side int) (off, to []int32) {
	off = make([]int32, n+1)
	to = make([]int32, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		off[pairs[i+side]+1]++
	}
	for i := range n {
		off[i+1] += off[i]
	}
	at := slices.Clone(off[:n])
	for i := 0; i < len(pairs); i += 2 {
		f := pairs[i+side]
		to[at[f]] = pairs[i+1-side]
		at[f]++
	}
	return off, to
}

// topoOf yields the place-th unit of the order; groups are in order already.
func (g *unitGraph) at(place int) int32 {
	if g.topo == nil {
		return int32(place)
	}
	return g.topo[place]
}

// tried returns how often a step was tried in this attempt.
func (u *unit) tried(step ActionKind) int32 {
	switch step {
	case ActionAwaitRepo:
		return u.tries[0]
	case ActionGate:
		return u.tries[1]
	}
	return 1
}

func (u *unit) addTry() {
	if u.step == ActionAwaitRepo {
		u.tries[0]++
	} else {
		u.tries[1]++
	}
}

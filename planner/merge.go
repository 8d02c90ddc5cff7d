// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"slices"
)

// A Merge says what a further change means for a plan under way.
type Merge struct {
	// Redo are the done nodes that the change affects, Stale those under
	// way whose result it makes worthless, and Kept the done nodes and
	// those under way that it leaves alone; all sorted.
	Redo  []ID `json:"redo"`
	Stale []ID `json:"stale"`
	Kept  []ID `json:"kept"`
	// Remaining is the plan of what is left: everything of the first plan
	// that is neither done nor under way, and all that the change affects.
	// Whoever carries it out also waits for what is under way.
	Remaining *Plan `json:"remaining"`
}

// Merge plans a further change, under the request's other terms, on top of a
// plan of which done nodes are done and building ones are under way. Ids that
// the plan does not rebuild are ignored in done and building. The error is
// that of [Graph.Plan].
func (p *Plan) Merge(changed, done, building []ID) (Merge, error) {
	var m Merge
	second, err := p.further(changed)
	if err != nil {
		return m, err
	}
	has := func(q *Plan, id ID) bool { _, ok := q.order.position(id); return ok }
	out := make(map[ID]bool, len(done)+len(building))
	part := func(ids []ID, hit *[]ID) {
		for _, id := range ids {
			if !has(p, id) || out[id] {
				continue
			}
			out[id] = true
			if has(second, id) {
				*hit = append(*hit, id)
			} else {
				m.Kept = append(m.Kept, id)
			}
		}
		slices.Sort(*hit)
	}
	part(done, &m.Redo)
	part(building, &m.Stale)
	slices.Sort(m.Kept)
	left := slices.DeleteFunc(slices.Clone(p.Rebuild), func(id ID) bool { return out[id] })
	m.Remaining, err = p.joined(second, left)
	return m, err
}

// further plans another change under the same terms.
func (p *Plan) further(changed []ID) (*Plan, error) {
	q := p.Request
	q.Changed, q.Select, q.All = changed, nil, false
	q.Limits = Limits{}
	return p.graph.Plan(q)
}

// joined plans the given nodes and those of a second plan as a list.
func (p *Plan) joined(second *Plan, ids []ID) (*Plan, error) {
	q := p.Request
	q.Select = append(slices.Clone(ids), second.Rebuild...)
	slices.Sort(q.Select)
	q.Select = slices.Compact(q.Select)
	if q.Select == nil {
		q.Select = []ID{}
	}
	q.All = false
	q.Changed = append(slices.Clone(q.Changed), second.Request.Changed...)
	slices.Sort(q.Changed)
	q.Changed = slices.Compact(q.Changed)
	return p.graph.Plan(q)
}

// acceptChange lets a further change join.
func (r *Run) acceptChange(e Event) (func(), error) {
	if len(e.IDs) == 0 {
		return nil, fmt.Errorf("it names no node: %w", ErrInvalid)
	}
	for _, id := range e.IDs {
		if _, ok := r.plan.graph.index(id); !ok {
			return nil, fmt.Errorf("%q is not in the graph: %w", id, ErrNotFound)
		}
	}
	if e.Ref != "" && r.refs[e.Ref] {
		return nil, nil
	}
	ids := slices.Clone(e.IDs)
	slices.Sort(ids)
	c := Change{IDs: slices.Compact(ids), Ref: e.Ref, At: max(r.now, e.At)}
	second, err := r.plan.further(c.IDs)
	if err != nil {
		return nil, err
	}
	joined, err := r.plan.joined(second, r.plan.Rebuild)
	if err != nil {
		return nil, err
	}
	return func() { r.merge(c, second, joined) }, nil
}

// merge takes the states of all nodes over into the units of the joined plan.
func (r *Run) merge(c Change, second, joined *Plan) {
	c.seq = r.seq
	r.merged = append(r.merged, c)
	if c.Ref != "" {
		r.refs[c.Ref] = true
	}
	r.move(joined)
	r.addReasons(second, false)
	r.settleAll()
	r.dropStale(second)
	r.drain()
}

// move takes a run over to a plan that holds all nodes of the one before.
func (r *Run) move(to *Plan) {
	old := *r
	r.plan = to
	r.nodes = make([]nodeState, len(to.order.rebuild))
	r.build()
	r.building, r.queued = 0, 0
	r.timers, r.canaries = nil, nil
	canary := map[int32]bool{}
	for _, i := range old.canaries {
		canary[i] = true
	}
	for p, v := range old.plan.order.rebuild {
		np, _ := slices.BinarySearch(to.order.rebuild, v)
		r.nodes[np] = old.nodes[p]
		done := map[int32]bool{}
		for i := old.first[p]; i >= 0; i = old.units[i].next {
			if old.units[i].node != int32(p) {
				continue // built together with another, which stands for it
			}
			if j, ok := r.pass(r.first[np], old.units[i].pass); ok && !done[j] {
				done[j] = true
				if r.units[j].node == int32(np) {
					r.adopt(j, &old.units[i])
					if canary[i] {
						r.canaries = append(r.canaries, j)
					}
					continue
				}
			}
			old.supersede(i) // its place is gone
		}
	}
	r.owed, r.flight = old.owed, old.flight
	for _, g := range old.gates {
		if at, ok := r.gateOf[g.id]; ok {
			r.adopt(r.gates[at].unit, &old.units[g.unit])
		} else {
			old.supersede(g.unit)
		}
	}
}

func (r *Run) pass(i int32, pass uint16) (int32, bool) {
	for ; i >= 0; i = r.units[i].next {
		if r.units[i].pass == pass {
			return i, true
		}
	}
	return 0, false
}

// adopt takes over what a unit did before.
func (r *Run) adopt(j int32, u *unit) {
	v := &r.units[j]
	v.phase, v.step, v.how = u.phase, u.step, u.how
	v.flags |= u.flags & (unitOverride | unitSame)
	v.attempt, v.tries, v.stamp = u.attempt, u.tries, u.stamp
	v.c1 = u.c1
	v.since, v.notBefore, v.ref, v.retries = u.since, u.notBefore, u.ref, u.retries
	switch v.phase {
	case phaseReady, phaseOwed:
		v.phase = phaseIdle // found owed again if it is
	case phaseStart, phaseRunning:
		r.building++
		for _, l := range r.classes[v.class].limits {
			r.busy[l]++
		}
	}
}

// dropStale cancels builds under way that a change makes worthless, as the
// run's options say.
func (r *Run) dropStale(second *Plan) {
	if r.opts.Stale == StaleFinish {
		return
	}
	for _, v := range second.order.rebuild {
		p, _ := slices.BinarySearch(r.plan.order.rebuild, v)
		for i := r.first[p]; i >= 0; i = r.units[i].next {
			u := &r.units[i]
			if u.phase != phaseStart && u.phase != phaseRunning {
				continue
			}
			if r.opts.Stale == StaleCancelEarly && r.now-u.since >= r.duration(int32(p))/2 {
				continue
			}
			r.supersede(i)
			r.work = append(r.work, i)
		}
	}
}

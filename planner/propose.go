// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Plan answers a request, which the plan keeps and which must not be changed
// afterwards. Ids that the graph does not know are data in
// [Plan.Unknown]. The error tells of a request that makes no sense, such as a
// negative limit (wrapping [ErrInvalid]), or of cycles that it refuses (a
// [*CycleError]).
func (g *Graph) Plan(q Request) (*Plan, error) {
	w, orders, unknown, err := g.wave(&q)
	if err != nil {
		return nil, err
	}
	p := &Plan{
		Release: g.release, Request: q, Unknown: unknown, Affected: len(w.affected),
		graph: g, affected: slices.Clone(w.affected), spread: w.filter, rules: w.rules,
	}
	o := &planOrder{graph: g, allow: orders, changed: w.changed}
	if q.Select != nil {
		o.rebuild = w.selected(g.resolve(q.Select, &p.Unknown))
	} else {
		o.rebuild = w.buildable(q.OmitChanged)
	}
	slices.Sort(p.Unknown)
	p.Unknown = slices.Compact(p.Unknown)
	p.LeftOut = w.leftOut
	slices.SortFunc(p.LeftOut, func(x, y LeftOut) int { return compareIDs(x.ID, y.ID) })

	// Without rules, what lies between two rebuilds is affected itself.
	plain := q.Select == nil && (q.All || w.rules == nil && g.sameEdges(&w.filter, &orders))
	nodes := o.include(w, plain)
	o.condense(w.s, len(nodes))
	p.order = o
	p.arrange()
	w.finish(nodes)
	p.Work, p.Unestimated = g.work(&q, o.rebuild)
	p.Held = g.holds(&q, o.rebuild, len(o.rebuild), p.Work)
	if err := p.refuse(); err != nil {
		return nil, err
	}
	return p, nil
}

// wave finds what a request affects. The caller gives the memory back with
// wave.finish.
func (g *Graph) wave(q *Request) (w *wave, orders edgeFilter, unknown []ID, err error) {
	r, err := q.check()
	if err != nil {
		return nil, orders, nil, err
	}
	w = &wave{g: g, s: g.borrow(), rules: r, depth: -1}
	if q.MaxDepth != nil {
		w.depth = *q.MaxDepth
	}
	r.stopAt(g, q.StopAt, &unknown)
	w.filter, orders = g.filters(q)
	w.start(g.resolve(q.Exclude, &unknown), g.resolve(q.Changed, &unknown))
	for id := range q.CyclesOf {
		if _, ok := g.index(id); !ok {
			unknown = append(unknown, id)
		}
	}
	if q.All {
		w.everything()
	} else {
		w.spread()
	}
	slices.Sort(unknown)
	return w, orders, slices.Compact(unknown), nil
}

// check finds what makes no sense in a request.
func (q *Request) check() (*rules, error) {
	for _, k := range q.Kinds {
		if k >= edgeKinds {
			return nil, fmt.Errorf("planner: unknown edge kind %s: %w", k, ErrInvalid)
		}
	}
	if q.MaxDepth != nil && *q.MaxDepth < 0 {
		return nil, fmt.Errorf("planner: the depth %d is negative: %w", *q.MaxDepth, ErrInvalid)
	}
	if q.Passes < 0 {
		return nil, fmt.Errorf("planner: the number of passes %d is negative: %w", q.Passes, ErrInvalid)
	}
	if q.Limits.Nodes < 0 || q.Limits.Work < 0 {
		return nil, fmt.Errorf("planner: a limit is negative (%d nodes, %s of work): %w", q.Limits.Nodes, q.Limits.Work, ErrInvalid)
	}
	for _, label := range sortedKeys(q.Limits.PerLabel) {
		if n := q.Limits.PerLabel[label]; n < 0 {
			return nil, fmt.Errorf("planner: the limit %d on label %q is negative: %w", n, label, ErrInvalid)
		}
	}
	if q.Cycles >= cyclePolicies {
		return nil, fmt.Errorf("planner: unknown cycle policy %s: %w", q.Cycles, ErrInvalid)
	}
	for _, id := range sortedKeys(q.CyclesOf) {
		if c := q.CyclesOf[id]; c >= cyclePolicies {
			return nil, fmt.Errorf("planner: unknown cycle policy %s for %q: %w", c, id, ErrInvalid)
		}
	}
	return newRules(q)
}

// buildable returns the affected nodes that are built, ascending.
func (w *wave) buildable(omitChanged bool) []int32 {
	g, mark := w.g, w.s.mark
	skip := func(i int32) bool {
		return g.flags[i]&nodeConduit != 0 || omitChanged && mark[i]&markChanged != 0
	}
	list := make([]int32, 0, len(w.affected))
	if len(w.affected) > len(g.ids)/16 { // a sweep beats sorting
		for i, m := range mark {
			if m&markSeen != 0 && !skip(int32(i)) {
				list = append(list, int32(i))
			}
		}
		return list
	}
	for _, i := range w.affected {
		if !skip(i) {
			list = append(list, i)
		}
	}
	slices.Sort(list)
	return list
}

func (w *wave) selected(known []int32) []int32 {
	return slices.DeleteFunc(known, func(i int32) bool {
		return w.g.conduit(i) || w.s.mark[i]&(markExcluded|markBarred) != 0 || w.bar(i)
	})
}

// arrange writes the condensed order down as tiers and cycle groups.
func (p *Plan) arrange() {
	o, g := p.order, p.graph
	n := len(o.rebuild)
	p.Rebuild = g.ids[:n:n]
	if n != len(g.ids) {
		p.Rebuild = make([]ID, n)
		for i, v := range o.rebuild {
			p.Rebuild[i] = g.ids[v]
		}
	}
	tiers, groups, shared, cycles, loops := int32(0), 0, 0, 0, 0
	for k, b := range o.builds {
		if b == 0 {
			continue
		}
		groups++
		tiers = max(tiers, o.level[k]+1)
		if b > 1 {
			cycles++
			shared += int(b)
		} else if o.flags[k]&groupLoop != 0 {
			loops++
		}
	}
	p.Cycles = slices.Grow(p.Cycles, cycles)
	p.SelfCycles = slices.Grow(p.SelfCycles, loops)
	at := make([]int32, tiers+1)
	for k, b := range o.builds {
		if b > 0 {
			at[o.level[k]+1]++
		}
	}
	slab := make([][]ID, groups)
	p.Tiers = make([]Tier, tiers)
	for t := range p.Tiers {
		at[t+1] += at[t]
		p.Tiers[t].Groups = slab[at[t]:at[t+1]:at[t+1]]
	}
	members := make([]ID, 0, shared)
	place := at[:tiers]
	var slot []int32 // group -> its place in slab, for groups of several
	if shared > 0 {
		slot = make([]int32, o.groups())
	}
	for i, k := range o.groupOf {
		b := o.builds[k]
		if b == 1 {
			slab[place[o.level[k]]] = p.Rebuild[i : i+1 : i+1]
			place[o.level[k]]++
			if o.flags[k]&groupLoop != 0 {
				p.SelfCycles = append(p.SelfCycles, p.Rebuild[i])
			}
			continue
		}
		if slot[k] == 0 {
			end := len(members) + int(b)
			s := place[o.level[k]]
			place[o.level[k]]++
			slot[k] = s + 1
			slab[s] = members[len(members):len(members):end]
			p.Cycles = append(p.Cycles, members[len(members):end:end])
			members = members[:end]
		}
		s := slot[k] - 1
		slab[s] = append(slab[s], p.Rebuild[i])
	}
}

// duration returns how long the i-th rebuild takes, 0 when unknown.
func (p *Plan) duration(i int32) time.Duration {
	return p.graph.duration(&p.Request, p.order.rebuild[i])
}

// refuse returns an error for cycle groups whose policy forbids them.
func (p *Plan) refuse() error {
	q := &p.Request
	if q.Cycles != CycleRefuse && len(q.CyclesOf) == 0 {
		return nil
	}
	var bad [][]ID
	for _, c := range p.Cycles {
		if p.cyclePolicy(p.groupOf(c[0])) == CycleRefuse {
			bad = append(bad, c)
		}
	}
	if bad == nil {
		return nil
	}
	return &CycleError{Cycles: bad}
}

// groupOf returns the group of a member of the rebuild set.
func (p *Plan) groupOf(id ID) int32 {
	pos, _ := p.order.position(id)
	return p.order.groupOf[pos]
}

// cyclePolicy returns the policy for a group of the order: the one told for
// its smallest member in CyclesOf, or the request's. A group without bootstrap
// variants cannot be bootstrapped; it is seeded.
func (p *Plan) cyclePolicy(group int32) CyclePolicy {
	g, policy, told, variants := p.graph, p.Request.Cycles, false, false
	for _, v := range p.order.members(group) {
		if g.conduit(v) {
			continue
		}
		variants = variants || g.flags[v]&nodeBootstrap != 0
		if c, ok := p.Request.CyclesOf[g.ids[v]]; ok && !told {
			policy, told = c, true
		}
	}
	if policy == CycleBootstrap && !variants {
		return CycleSeeded
	}
	return policy
}

func compareIDs(a, b ID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func sortedKeys[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

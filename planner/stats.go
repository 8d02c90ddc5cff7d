// SPDX-License-Identifier: MIT

package planner

import "cmp"

// Stats are the measures of a graph.
type Stats struct {
	Nodes    int `json:"nodes"`
	Conduits int `json:"conduits"`
	Edges    int `json:"edges"`
	Dangling int `json:"dangling"`
	// Kinds and EdgeKinds count nodes and edges by kind, sorted by name.
	Kinds     []Count `json:"kinds"`
	EdgeKinds []Count `json:"edgeKinds"`
	// Weak, Bootstrap and Possible count edges with these flags.
	Weak      int `json:"weak"`
	Bootstrap int `json:"bootstrap"`
	Possible  int `json:"possible"`
	// Unneeded is the number of buildable nodes that nothing depends on.
	Unneeded int `json:"unneeded"`
	// MostNeeds is a node with the most edges to others, MostNeeded one with
	// the most edges from others; of several the smallest.
	MostNeeds  Count `json:"mostNeeds"`
	MostNeeded Count `json:"mostNeeded"`
	// Tiers, Cycles, SelfCycles and LargestCycle describe a mass rebuild of
	// the whole graph.
	Tiers        int `json:"tiers"`
	Cycles       int `json:"cycles"`
	SelfCycles   int `json:"selfCycles"`
	LargestCycle int `json:"largestCycle"`
}

// Count is a name and how often it occurs.
type Count struct {
	Name string `json:"name"`
	N    int    `json:"n"`
}

// Stats measures the graph.
func (g *Graph) Stats() Stats {
	s := Stats{Nodes: g.Len(), Edges: g.Size(), Dangling: len(g.dangling)}
	kinds, edgeKind := make(map[string]int), make(map[string]int)
	rev := g.reverse()
	for i := range g.ids {
		kinds[string(g.profile[g.profileOf[i]].kind)]++
		needs, needed := int(g.fwd.off[i+1]-g.fwd.off[i]), int(rev.off[i+1]-rev.off[i])
		if g.conduit(int32(i)) {
			s.Conduits++
		} else if needed == 0 {
			s.Unneeded++
		}
		if needs > s.MostNeeds.N {
			s.MostNeeds = Count{string(g.ids[i]), needs}
		}
		if needed > s.MostNeeded.N {
			s.MostNeeded = Count{string(g.ids[i]), needed}
		}
	}
	for _, a := range g.fwd.attr {
		edgeKind[EdgeKind(a>>attrShift).String()]++
		s.Weak += int(a & attrWeak / attrWeak)
		s.Bootstrap += int(a & attrBootstrap / attrBootstrap)
		s.Possible += int(a & attrPossible / attrPossible)
	}
	s.Kinds, s.EdgeKinds = counts(kinds), counts(edgeKind)
	if p, err := g.Plan(Request{All: true}); err == nil {
		s.Tiers, s.Cycles, s.SelfCycles = len(p.Tiers), len(p.Cycles), len(p.SelfCycles)
		for _, c := range p.Cycles {
			s.LargestCycle = max(s.LargestCycle, len(c))
		}
	}
	return s
}

func counts(m map[string]int) []Count {
	list := make([]Count, 0, len(m))
	for _, k := range sortedKeys(m) {
		list = append(list, Count{k, m[k]})
	}
	return list
}

// A PlanDiff is what distinguishes two plans; all lists are sorted by id.
type PlanDiff struct {
	Added   []ID   `json:"added,omitempty"`
	Removed []ID   `json:"removed,omitempty"`
	Moved   []Move `json:"moved,omitempty"`
	// TiersBefore and TiersAfter are the numbers of tiers.
	TiersBefore int `json:"tiersBefore"`
	TiersAfter  int `json:"tiersAfter"`
}

// Move is a rebuild that is in another tier than before.
type Move struct {
	ID     ID  `json:"id"`
	Before int `json:"before"`
	After  int `json:"after"`
}

// Empty reports whether the plans rebuild the same nodes in the same tiers.
func (d PlanDiff) Empty() bool { return len(d.Added)+len(d.Removed)+len(d.Moved) == 0 }

// DiffPlans compares two plans, of the same graph or of two.
func DiffPlans(before, after *Plan) PlanDiff {
	d := PlanDiff{TiersBefore: len(before.Tiers), TiersAfter: len(after.Tiers)}
	i, j := 0, 0
	for i < len(before.Rebuild) || j < len(after.Rebuild) {
		c := 0
		switch {
		case j == len(after.Rebuild):
			c = -1
		case i == len(before.Rebuild):
			c = 1
		default:
			c = cmp.Compare(before.Rebuild[i], after.Rebuild[j])
		}
		switch {
		case c < 0:
			d.Removed = append(d.Removed, before.Rebuild[i])
			i++
		case c > 0:
			d.Added = append(d.Added, after.Rebuild[j])
			j++
		default:
			id := before.Rebuild[i]
			a, _ := before.Tier(id)
			b, _ := after.Tier(id)
			if a != b {
				d.Moved = append(d.Moved, Move{id, a, b})
			}
			i, j = i+1, j+1
		}
	}
	return d
}

// Graph returns the graph that the plan was made of; nil for a plan that was
// not made by [Graph.Plan].
func (p *Plan) Graph() *Graph { return p.graph }

// Tier returns the tier of a rebuild, or false for an id outside the rebuild
// set.
func (p *Plan) Tier(id ID) (int, bool) {
	if p.order == nil {
		return 0, false
	}
	i, ok := p.order.position(id)
	if !ok {
		return 0, false
	}
	return p.tierAt(int(i)), true
}

func (p *Plan) tierAt(i int) int { return int(p.order.level[p.order.groupOf[i]]) }

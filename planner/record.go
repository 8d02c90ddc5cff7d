// SPDX-License-Identifier: MIT

package planner

import (
	"iter"
	"slices"
)

// A Record says what a result was built against. Records are what freshness is
// decided from; whoever keeps them needs no memory of events.
type Record struct {
	ID       ID     `json:"id"`
	Artifact string `json:"artifact"`
	// Inputs are the artifacts of what the node needs, sorted by ID. An
	// input without artifact was used as it was before anything was
	// recorded.
	Inputs []Input `json:"inputs,omitempty"`
}

// Records yields, for every node that has a result of this run or was found
// unneeded by it, what the result was built against or counts as built against:
// the nodes of the plan that it needs directly or through conduits. When such
// a node came out equivalent, the record already names the new artifact, so
// that comparing later does not bring the wave back. A node with no result of
// this run has a record without artifact. The cost is that of looking through
// the conduits from every node.
func (r *Run) Records() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		o := r.plan.order
		g := o.graph
		seen := make(map[int32]bool)
		var stack []int32
		for p := range r.nodes {
			n := &r.nodes[p]
			if n.record == 0 {
				continue
			}
			rec := Record{ID: r.plan.Rebuild[p], Artifact: n.artifact()}
			clear(seen)
			stack = append(stack[:0], o.rebuild[p])
			for len(stack) > 0 {
				v := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				for e := g.fwd.off[v]; e < g.fwd.off[v+1]; e++ {
					t := g.fwd.to[e]
					if seen[t] || !o.orders(e) || EdgeKind(g.fwd.attr[e]>>attrShift) == EdgeOrder {
						continue
					}
					seen[t] = true
					if g.conduit(t) {
						stack = append(stack, t)
						continue
					}
					if q, ok := slices.BinarySearch(o.rebuild, t); ok && q != p {
						rec.Inputs = append(rec.Inputs, Input{g.ids[t], r.nodes[q].artifactAt(n.record)})
					}
				}
			}
			slices.SortFunc(rec.Inputs, func(x, y Input) int { return compareIDs(x.ID, y.ID) })
			if !yield(rec) {
				return
			}
		}
	}
}

// artifactAt returns the artifact that a node had at a moment.
func (n *nodeState) artifactAt(at uint32) string {
	for i := len(n.results) - 1; i >= 0; i-- {
		if n.results[i].at <= at {
			return n.results[i].artifact
		}
	}
	return ""
}

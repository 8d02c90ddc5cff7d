// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"slices"
)

// World is what is there now: the newest artifact of each node, and what it
// was built against.
type World struct {
	// Current are the newest available artifacts by node. Conduits may have
	// one too (the NVR of a binary, the id of a repository); one that very
	// many nodes need and that needs many itself, such as a buildroot,
	// should, because an audit looks through the others from each node.
	Current map[ID]string
	// Records say what the current artifacts were built against.
	Records []Record
	// Equivalent reports whether a result of a node can stand for another;
	// nil means that only equal ones can.
	Equivalent func(id ID, a, b string) bool
}

// StaleNode is a node whose newest result does not fit what it needs now.
type StaleNode struct {
	ID ID `json:"id"`
	// Reasons are why, sorted by input.
	Reasons []StaleReason `json:"reasons"`
}

// StaleReason is one way in which a result does not fit.
type StaleReason struct {
	// Input is what changed; empty when the node has no record at all.
	Input ID `json:"input,omitempty"`
	// Saw is what the result was built against, Now what is there; empty
	// when there is none.
	Saw string `json:"saw,omitempty"`
	Now string `json:"now,omitempty"`
}

// String returns one line for a person: "rpms/zlib: built against zlib-1-1, now
// zlib-1-2".
func (s StaleReason) String() string {
	switch {
	case s.Input == "":
		return "nothing is recorded"
	case s.Saw == "":
		return fmt.Sprintf("%s: now %s, not recorded", s.Input, s.Now)
	case s.Now == "":
		return fmt.Sprintf("%s: built against %s, now gone", s.Input, s.Saw)
	}
	return fmt.Sprintf("%s: built against %s, now %s", s.Input, s.Saw, s.Now)
}

// Audit compares what is there with what it was built against and returns the
// nodes that are not fresh, sorted by id: those with an input of another
// artifact than the current one, those that lack a record of something that
// they need, and those with an artifact but no record. It looks at the edges
// that the request's kinds, exclusions and architectures leave, and through
// conduits that have no artifact of their own. It goes by the state of the
// world alone, so a forgotten event shows up here: planning the returned nodes
// as changed is what is owed. The error is that of [Graph.Plan] for a request
// that makes no sense.
func (g *Graph) Audit(w World, q Request) ([]StaleNode, error) {
	if _, err := q.check(); err != nil {
		return nil, err
	}
	_, orders := g.filters(&q)
	same := func(id ID, a, b string) bool {
		return a == b || a != "" && b != "" && w.Equivalent != nil && w.Equivalent(id, a, b)
	}
	out := make(map[int32]bool, len(q.Exclude))
	for _, id := range q.Exclude {
		if i, ok := g.index(id); ok {
			out[i] = true
		}
	}
	records := make(map[ID]Record, len(w.Records))
	for _, r := range w.Records {
		records[r.ID] = r
	}
	var list []StaleNode
	seen := make(map[int32]bool)
	var stack []int32
	for i := range int32(len(g.ids)) {
		id := g.ids[i]
		rec, ok := records[id]
		if g.conduit(i) || out[i] || !ok && w.Current[id] == "" {
			continue
		}
		s := StaleNode{ID: id}
		if !ok {
			s.Reasons = []StaleReason{{}}
			list = append(list, s)
			continue
		}
		has := make(map[ID]bool, len(rec.Inputs))
		for _, in := range rec.Inputs {
			has[in.ID] = true
			now, known := w.Current[in.ID]
			at, inGraph := g.index(in.ID)
			if in.ID == id || inGraph && out[at] || !known && in.Artifact == "" || same(in.ID, in.Artifact, now) {
				continue
			}
			s.Reasons = append(s.Reasons, StaleReason{in.ID, in.Artifact, now})
		}
		clear(seen)
		stack = append(stack[:0], i)
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for e := g.fwd.off[v]; e < g.fwd.off[v+1]; e++ {
				t := g.fwd.to[e]
				if t == i || seen[t] || out[t] || !orders.passes(g, e) || EdgeKind(g.fwd.attr[e]>>attrShift) == EdgeOrder {
					continue
				}
				seen[t] = true
				now := w.Current[g.ids[t]]
				switch {
				case has[g.ids[t]]:
				case now != "":
					s.Reasons = append(s.Reasons, StaleReason{Input: g.ids[t], Now: now})
				case g.conduit(t):
					stack = append(stack, t)
				}
			}
		}
		if s.Reasons != nil {
			slices.SortFunc(s.Reasons, func(x, y StaleReason) int { return compareIDs(x.Input, y.Input) })
			list = append(list, s)
		}
	}
	return list, nil
}

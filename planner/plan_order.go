// SPDX-License-Identifier: MIT

package planner

import (
	"slices"
	"sync"
)

// planOrder is the order graph of one plan with its cycle groups collapsed:
// the rebuild set and the conduits between its members. Groups are numbered
// so that everything a group needs has a smaller number. Conduits stay as
// groups of their own, so that N users of a conduit with M sources cost N+M
// edges.
type planOrder struct {
	graph *Graph

	// rebuild are the graph's numbers of the rebuild set, ascending, which
	// is the order of ids; groupOf are their groups.
	rebuild []int32
	groupOf []int32

	// nodes[nodeOff[k]:nodeOff[k+1]] are the members of group k as the
	// graph's numbers, ascending, conduits included.
	nodeOff []int32
	nodes   []int32
	// level is a group's tier; builds its number of buildable members, 0
	// for a group of conduits; flags see below.
	level  []int32
	builds []int32
	flags  []uint8

	allow edgeFilter // the edges that order

	once        sync.Once
	needsOff    []int32
	needs       []int32
	neededByOff []int32
	neededBy    []int32
}

// Marks of a group.
const (
	groupLoop           = 1 << iota // an edge stays inside the group
	groupChanged                    // a buildable member is in Request.Changed
	groupChangedConduit             // a conduit in it is in Request.Changed
	groupNeedsChanged               // it needs a changed node that is not in the order graph (set by link)
)

// groups returns the number of groups, conduit groups included.
func (o *planOrder) groups() int { return len(o.level) }

// members returns the graph's numbers of a group's nodes, ascending,
// conduits included.
func (o *planOrder) members(k int32) []int32 { return o.nodes[o.nodeOff[k]:o.nodeOff[k+1]] }

// position returns where a node stands in rebuild.
func (o *planOrder) position(id ID) (int32, bool) {
	i, ok := o.graph.index(id)
	if !ok {
		return 0, false
	}
	p, ok := slices.BinarySearch(o.rebuild, i)
	return int32(p), ok
}

// needsOf returns the groups that a group needs, ascending, each once, itself
// not among them; link must have been called.
func (o *planOrder) needsOf(k int32) []int32 { return o.needs[o.needsOff[k]:o.needsOff[k+1]] }

// neededByOf returns the groups that need a group, ascending, each once; link
// must have been called.
func (o *planOrder) neededByOf(k int32) []int32 {
	return o.neededBy[o.neededByOff[k]:o.neededByOff[k+1]]
}

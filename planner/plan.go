// SPDX-License-Identifier: MIT

package planner

import (
	"sync"
	"time"
)

// A Plan says what is rebuilt after a change, and in which order. It is plain
// data, made by [Graph.Plan] and not changed afterwards; it is safe for
// concurrent use.
type Plan struct {
	// Release is the label of the graph's release.
	Release string `json:"release,omitempty"`
	// Request is what was asked.
	Request Request `json:"request"`
	// Affected is the number of affected nodes, conduits included.
	Affected int `json:"affected"`
	// Rebuild is the rebuild set, sorted.
	Rebuild []ID `json:"rebuild"`
	// Tiers are the rebuild set in order: what a tier needs of the plan lies
	// in earlier tiers or in the same group.
	Tiers []Tier `json:"tiers"`
	// Cycles are the groups of two or more nodes that need each other,
	// members sorted, groups sorted by first member. [Plan.Cycle] tells how
	// each is gone through.
	Cycles [][]ID `json:"cycles,omitempty"`
	// SelfCycles are the nodes that need their own results to be built,
	// sorted.
	SelfCycles []ID `json:"selfCycles,omitempty"`
	// Unknown are the ids of the request that the graph does not know,
	// sorted.
	Unknown []ID `json:"unknown,omitempty"`
	// LeftOut are the affected nodes that a rule kept out, sorted by id.
	LeftOut []LeftOut `json:"leftOut,omitempty"`
	// Held says why the plan must not start before a person agrees; nil
	// when nothing holds it.
	Held []Held `json:"held,omitempty"`
	// Work is the sum of the known durations.
	Work time.Duration `json:"work"`
	// Unestimated is the number of rebuilds without a known duration.
	Unestimated int `json:"unestimated,omitempty"`

	graph    *Graph
	order    *planOrder
	affected []int32 // in the order of discovery
	spread   edgeFilter
	rules    *rules
	once     sync.Once
	lazy     *reach
	knotMu   sync.Mutex
	knots    map[int32]*knot // by group
}

// A Tier is a set of rebuilds that can go on at the same time.
type Tier struct {
	// Groups are sorted by first member; a group of more than one id is a
	// cycle, its members sorted.
	Groups [][]ID `json:"groups"`
}

// LeftOut is an affected node that a rule kept out of the rebuild set.
type LeftOut struct {
	ID ID `json:"id"`
	// Rule is the rule in words: "block rpms/kernel*", "not allowed".
	Rule string `json:"rule"`
}

// Held is a limit that a plan exceeds.
type Held struct {
	// Limit names the limit: "nodes", "work", "label ring0".
	Limit string `json:"limit"`
	// Have is what the plan comes to and Max what the request allows; for
	// work both are nanoseconds.
	Have int64 `json:"have"`
	Max  int64 `json:"max"`
}

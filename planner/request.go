// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"strconv"
	"time"
)

// A Request says what changed and how far the consequences are followed. The
// zero value means that nothing changed; its plan is empty.
type Request struct {
	// Changed are the nodes with new content. Ids that the graph does not
	// know are listed in [Plan.Unknown].
	Changed []ID `json:"changed,omitempty"`
	// All asks for a mass rebuild: every buildable node that is not
	// excluded is rebuilt, whatever changed.
	All bool `json:"all,omitempty"`
	// Select, when not nil, is the whole rebuild set; nothing is
	// propagated, the planner only orders. Conduits in it are ignored.
	Select []ID `json:"select,omitempty"`

	// Kinds are the edge kinds that are followed; nil means all.
	Kinds []EdgeKind `json:"kinds,omitempty"`
	// Possible follows edges flagged [Edge.Possible] when looking for what
	// is affected. They never order.
	Possible bool `json:"possible,omitempty"`
	// Arches, when not nil, leaves out edges that hold only for other
	// architectures.
	Arches []string `json:"arches,omitempty"`
	// ABI, when not nil, are the names of capabilities that disappeared or
	// changed ("libfoo.so.1()(64bit)"). An edge that carries evidence then
	// spreads the change only when its evidence is one of these names;
	// edges without evidence always do.
	ABI []string `json:"abi,omitempty"`

	// Exclude are nodes that take part in nothing.
	Exclude []ID `json:"exclude,omitempty"`
	// MaxDepth is how many buildable nodes a change may pass into, besides
	// the changed node; conduits cost nothing. nil means no limit.
	MaxDepth *int `json:"maxDepth,omitempty"`
	// OmitChanged leaves the changed nodes out of the rebuild set: they are
	// built already.
	OmitChanged bool `json:"omitChanged,omitempty"`
	// StopLabels end the spread: a node with one of these labels is
	// rebuilt, but what needs it is not affected through it.
	StopLabels []string `json:"stopLabels,omitempty"`
	// StopAt does the same for single nodes: they are rebuilt, and expected
	// to come out equal to what they were.
	StopAt []ID `json:"stopAt,omitempty"`
	// Allow and Block are rules on buildable nodes: a glob on the id
	// ("rpms/perl-*"), or "label:" or "kind:" and a glob on these. What no
	// Allow rule names (when there are any) or a Block rule names is not
	// rebuilt and does not spread the change; it is told in [Plan.LeftOut].
	Allow []string `json:"allow,omitempty"`
	Block []string `json:"block,omitempty"`

	// Limits hold a plan that is too large.
	Limits Limits `json:"limits,omitzero"`
	// Cycles is how cycle groups are gone through; CyclesOf overrides it
	// for the group that holds the given member.
	Cycles   CyclePolicy        `json:"cycles,omitzero"`
	CyclesOf map[ID]CyclePolicy `json:"cyclesOf,omitempty"`
	// Passes is the most often a member of a cycle group is built; 0 means
	// 2.
	Passes int `json:"passes,omitempty"`
	// Durations, when not nil, says how long a node's build takes instead
	// of [Node.Duration]; 0 means unknown. It must be a pure function.
	Durations func(ID) time.Duration `json:"-"`
}

// Limits are bounds beyond which a plan is held for a person to decide. A
// zero field is no bound.
type Limits struct {
	// Nodes is the largest rebuild set.
	Nodes int `json:"nodes,omitempty"`
	// Work is the largest sum of durations.
	Work time.Duration `json:"work,omitempty"`
	// PerLabel is the largest number of rebuilds with a label.
	PerLabel map[string]int `json:"perLabel,omitempty"`
}

// CyclePolicy is a way of going through a group of nodes that need each other.
// The zero value is [CycleSeeded].
type CyclePolicy uint8

// The cycle policies.
const (
	// CycleSeeded builds the members against the old results of their
	// partners first, and those again whose partners changed after.
	CycleSeeded CyclePolicy = iota
	// CycleBootstrap builds bootstrap variants first, then the rest, then
	// the real builds of the variants. A group without variants is seeded.
	CycleBootstrap
	// CycleTogether treats the group as one job.
	CycleTogether
	// CycleRefuse makes planning fail with a [*CycleError].
	CycleRefuse
	cyclePolicies = iota
)

var cyclePolicyNames = [cyclePolicies]string{"seeded", "bootstrap", "together", "refuse"}

// String returns the policy's name in lower case, or "CyclePolicy(n)" for a
// number outside the list.
func (c CyclePolicy) String() string {
	if int(c) >= len(cyclePolicyNames) {
		return "CyclePolicy(" + strconv.Itoa(int(c)) + ")"
	}
	return cyclePolicyNames[c]
}

// MarshalText returns the policy's name; it fails for a number outside the list.
func (c CyclePolicy) MarshalText() ([]byte, error) {
	if int(c) >= len(cyclePolicyNames) {
		return nil, fmt.Errorf("planner: no cycle policy has the number %d: %w", int(c), ErrInvalid)
	}
	return []byte(cyclePolicyNames[c]), nil
}

// UnmarshalText reads a name as [CyclePolicy.String] writes it. Other text is
// an error that wraps [ErrInvalid].
func (c *CyclePolicy) UnmarshalText(text []byte) error {
	for i, n := range cyclePolicyNames {
		if n == string(text) {
			*c = CyclePolicy(i)
			return nil
		}
	}
	return fmt.Errorf("planner: unknown cycle policy %q: %w", text, ErrInvalid)
}

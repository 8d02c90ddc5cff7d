// SPDX-License-Identifier: MIT

package rpm

import (
	"strconv"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Policy says how packages become a graph. The zero value takes all
// architectures, follows no weak dependencies and no build group, and judges
// versions as rpm and libsolv do.
type Policy struct {
	// Release is the graph's label.
	Release string
	// Arches are the architectures whose packages take part, besides noarch
	// and source packages; nil means all.
	Arches []string
	// Prefer are names of packages that are chosen before others, the first
	// before the next.
	Prefer []string
	// Block are names of binary packages that do not exist as far as the
	// graph goes: blocked in the tag, for example.
	Block []string
	// BuildGroup are the names of the packages that every build starts
	// with; GroupName names their node "buildroot/NAME", "build" when empty;
	// Group says what becomes of them.
	BuildGroup []string
	GroupName  string
	Group      GroupPolicy
	// Weak says what becomes of Recommends and Supplements. Suggests and
	// Enhances never make edges: nothing installs by them.
	Weak WeakPolicy
	// Versioned lets only a provide with a version satisfy a require with
	// one; rpm and libsolv take a provide without a version for any.
	Versioned bool
	// Strict chooses no provider where only the repository, the source or
	// the alphabet would decide: the dependency is reported as unresolved,
	// and all its providers are possible ones.
	Strict bool
}

// GroupPolicy says what becomes of the build group. The zero value is
// GroupIgnore.
type GroupPolicy uint8

const (
	GroupIgnore GroupPolicy = iota // no node, no edges
	GroupOrder                     // builds wait for rebuilt members, but a changed member causes none
	GroupFollow                    // a changed member causes a rebuild of everything
)

var groupNames = [...]string{"ignore", "order", "follow"}

// String returns the policy's name, or "GroupPolicy(n)" for a number outside
// the list.
func (g GroupPolicy) String() string {
	if int(g) < len(groupNames) {
		return groupNames[g]
	}
	return "GroupPolicy(" + strconv.Itoa(int(g)) + ")"
}

// MarshalText returns the policy's name; it fails for a number outside the
// list.
func (g GroupPolicy) MarshalText() ([]byte, error) { return marshal(groupNames[:], int(g)) }

// UnmarshalText reads a name as [GroupPolicy.String] writes it. Other text is
// an error that wraps [ErrSyntax].
func (g *GroupPolicy) UnmarshalText(text []byte) error {
	n, err := unmarshal(groupNames[:], text)
	*g = GroupPolicy(n)
	return err
}

// WeakPolicy says what becomes of weak dependencies. The zero value is
// WeakIgnore, as in buildroots.
type WeakPolicy uint8

const (
	WeakIgnore   WeakPolicy = iota // no edges
	WeakPossible                   // possible edges, flagged weak
	WeakFollow                     // edges like others, flagged weak: as composed images have them
)

var weakNames = [...]string{"ignore", "possible", "follow"}

// String returns the policy's name, or "WeakPolicy(n)" for a number outside
// the list.
func (w WeakPolicy) String() string {
	if int(w) < len(weakNames) {
		return weakNames[w]
	}
	return "WeakPolicy(" + strconv.Itoa(int(w)) + ")"
}

// MarshalText returns the policy's name; it fails for a number outside the
// list.
func (w WeakPolicy) MarshalText() ([]byte, error) { return marshal(weakNames[:], int(w)) }

// UnmarshalText reads a name as [WeakPolicy.String] writes it. Other text is
// an error that wraps [ErrSyntax].
func (w *WeakPolicy) UnmarshalText(text []byte) error {
	n, err := unmarshal(weakNames[:], text)
	*w = WeakPolicy(n)
	return err
}

// Rule says by which rule a provider was chosen among several.
type Rule uint8

// The rules, in the order in which they are tried.
const (
	RulePrefer   Rule = iota // the caller prefers it: [Policy.Prefer]
	RuleName                 // its name is the dependency
	RuleForced               // another dependency of the same node leaves no other choice
	RulePriority             // its repository has the highest priority
	RuleSource               // its source is that of another chosen package
	RuleText                 // its name is the smallest
)

var ruleNames = [...]string{"prefer", "name", "forced", "priority", "source", "text"}

// String returns the rule's name, or "Rule(n)" for a number outside the list.
func (r Rule) String() string {
	if int(r) < len(ruleNames) {
		return ruleNames[r]
	}
	return "Rule(" + strconv.Itoa(int(r)) + ")"
}

// MarshalText returns the rule's name; it fails for a number outside the list.
func (r Rule) MarshalText() ([]byte, error) { return marshal(ruleNames[:], int(r)) }

// UnmarshalText reads a name as [Rule.String] writes it. Other text is an
// error that wraps [ErrSyntax].
func (r *Rule) UnmarshalText(text []byte) error {
	n, err := unmarshal(ruleNames[:], text)
	*r = Rule(n)
	return err
}

func marshal(names []string, n int) ([]byte, error) {
	if n < len(names) {
		return []byte(names[n]), nil
	}
	return nil, syntax(strconv.Itoa(n), 0, "no such value")
}

func unmarshal(names []string, text []byte) (int, error) {
	for i, name := range names {
		if name == string(text) {
			return i, nil
		}
	}
	return 0, syntax(string(text), 0, "no such value")
}

// Unresolved is a dependency that no edge was made of, or only possible ones.
type Unresolved struct {
	By          planner.ID `json:"by"`
	Requirement string     `json:"requirement"`
	// Arch is the architecture for which it is so; empty when the universe
	// has only one.
	Arch   string `json:"arch,omitempty"`
	Reason string `json:"reason"`
}

// Choice is a dependency that several packages could satisfy.
type Choice struct {
	By          planner.ID   `json:"by"`
	Requirement string       `json:"requirement"`
	Chosen      planner.ID   `json:"chosen"`
	Rejected    []planner.ID `json:"rejected"` // sorted; possible edges lead to them
	Rule        Rule         `json:"rule"`
}

// Problem is a package that could not be taken as it is.
type Problem struct {
	Package string `json:"package"` // its NEVRA, as far as there is one
	Reason  string `json:"reason"`
}

// SPDX-License-Identifier: MIT

package gate

import "fmt"

// A Ring is a set of packages that must be through together before the next
// ring is begun: the base, then what stands on it.
type Ring struct {
	Name string `json:"name"`
	// Packages are globs on the package name. A package belongs to the first
	// ring that names it.
	Packages []string `json:"packages"`
}

// A RingState says how a ring stands.
type RingState struct {
	Name string `json:"name"`
	// State is the worst state of the ring's packages; [Satisfied] for a
	// ring without any.
	State State `json:"state"`
	// Open tells that every ring before is satisfied, so that this one may
	// go on.
	Open bool `json:"open"`
	// Packages is how many packages belong to the ring, Waiting and Failed
	// are those that are, in the order given.
	Packages int      `json:"packages"`
	Waiting  []string `json:"waiting,omitempty"`
	Failed   []string `json:"failed,omitempty"`
	// Reason is why the ring is not open, for a person; empty when it is.
	Reason string `json:"reason,omitempty"`
}

// RingOf returns the index of the ring that a package belongs to, or -1.
func RingOf(rings []Ring, pkg string) int {
	for i, r := range rings {
		if matches(r.Packages, pkg) {
			return i
		}
	}
	return -1
}

// Rings says how each ring stands, given the packages concerned and the state
// of each. Packages that no ring names are left out.
func Rings(rings []Ring, packages []string, state func(pkg string) State) []RingState {
	list := make([]RingState, len(rings))
	for i, r := range rings {
		list[i].Name = r.Name
	}
	for _, pkg := range packages {
		i := RingOf(rings, pkg)
		if i < 0 {
			continue
		}
		s := state(pkg)
		list[i].Packages++
		list[i].State = max(list[i].State, s)
		switch s {
		case Satisfied:
		case Waiting:
			list[i].Waiting = append(list[i].Waiting, pkg)
		default:
			list[i].Failed = append(list[i].Failed, pkg)
		}
	}
	open := true
	reason := ""
	for i := range list {
		list[i].Open, list[i].Reason = open, reason
		if r := &list[i]; open && r.State != Satisfied {
			open = false
			reason = fmt.Sprintf("ring %s is %s: %d waiting, %d failed", r.Name, r.State, len(r.Waiting), len(r.Failed))
		}
	}
	return list
}

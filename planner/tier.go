// SPDX-License-Identifier: MIT

package planner

import "slices"

// Members returns all ids of the tier, sorted.
func (t Tier) Members() []ID {
	n := 0
	for _, g := range t.Groups {
		n += len(g)
	}
	ids := make([]ID, 0, n)
	for _, g := range t.Groups {
		ids = append(ids, g...)
	}
	slices.Sort(ids)
	return ids
}

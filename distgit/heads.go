// SPDX-License-Identifier: MIT

package distgit

import "slices"

// Heads is where the branches of a repository point.
type Heads struct {
	Repo Repo
	// Default is the branch HEAD names, in its short form; empty when the
	// server does not say, or the repository is empty.
	Default string
	// Branches maps short names to commits. Symbolic branches (a "main" that
	// stands for "rawhide") are in it under both names. Empty for an empty
	// repository.
	Branches map[string]string
}

// Names returns the branch names in order.
func (h Heads) Names() []string { return sortedKeys(h.Branches) }

// Devel returns the development branch: rawhide, main or master, whichever is
// there first; "" if none is.
func (h Heads) Devel() string {
	return DevelBranch(func(n string) bool { _, ok := h.Branches[n]; return ok })
}

// Releases returns the branches that stand for a release by their name, in
// order: no streams, no private ones.
func (h Heads) Releases() []Branch {
	var out []Branch
	for _, n := range h.Names() {
		if b := ParseBranch(n); b.Kind != BranchStream && b.Kind != BranchPrivate && b.Kind != BranchModular {
			out = append(out, b)
		}
	}
	return slices.Clip(out)
}

// SPDX-License-Identifier: MIT

package distgit

import "time"

// Poll compares heads that were read at a time with what is known, and returns
// the observations they amount to: changes nobody told of, branches that are
// gone, and for branches where they should be that they were seen there. Add
// them to make them known.
func (h *History) Poll(heads Heads, at time.Time) []Observation {
	repo := heads.Repo.Normal()
	var out []Observation
	seen := map[string]bool{}
	for _, ref := range heads.Names() {
		seen[ref] = true
		out = append(out, h.poll(repo, ref, heads.Branches[ref], at))
	}
	for _, ref := range h.Refs(repo) {
		if !seen[ref] && h.at(repo, ref, at.Unix(), maxAliases).Exists() {
			out = append(out, h.poll(repo, ref, NoCommit, at))
		}
	}
	return out
}

func (h *History) poll(repo Repo, ref, head string, at time.Time) Observation {
	o := Observation{Repo: repo, Ref: ref, New: head, At: at, Evidence: FromPoll}
	h.locked(repo, ref, func(l *timeline) {
		for i := len(l.entries) - 1; i >= 0; i-- {
			e := l.entries[i]
			if e.at <= at.Unix() && Evidence(e.evidence) != FromGit && e.target == 0 {
				o.Old, o.NotBefore = h.hashes[e.new].String(), time.Unix(e.at, 0)
				return
			}
		}
	})
	return o
}

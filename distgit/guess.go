// SPDX-License-Identifier: MIT

package distgit

import (
	"fmt"
	"slices"
	"time"
)

// Dating is a rule by which the dates of a branch's commits are taken for the
// times of pushes. Neither is more than a guess: over adversarial histories
// each is right about seven times in ten.
type Dating int

// The rules.
const (
	// DatingRunningMax lets no commit become the tip before those behind it:
	// the date of a commit is the latest among it and its ancestors. The
	// default; it stands clocks that were behind.
	DatingRunningMax Dating = iota
	// DatingRunningMin lets no commit become the tip after those before it: the
	// date is the earliest among it and what came later. It is what
	// git rev-list -1 --first-parent --before answers; it stands clocks that
	// were ahead.
	DatingRunningMin
)

var datingNames = []string{"running-max", "running-min"}

// String returns "running-max" or "running-min".
func (d Dating) String() string {
	if d < 0 || int(d) >= len(datingNames) {
		return fmt.Sprintf("Dating(%d)", int(d))
	}
	return datingNames[d]
}

// MarshalText returns [Dating.String].
func (d Dating) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [Dating.String] gives.
func (d *Dating) UnmarshalText(text []byte) error {
	i := slices.Index(datingNames, string(text))
	if i < 0 {
		return &Error{Op: "parse dating", Msg: fmt.Sprintf("unknown rule %q", text), Err: ErrInvalid}
	}
	*d = Dating(i)
	return nil
}

// DatedCommit is a commit with its committer's date, which is a client's
// clock.
type DatedCommit struct {
	Hash string
	When time.Time
}

// GuessHistory turns the first-parent commits of a branch, the tip first, into
// guesses of when each became the tip. until, if not zero, is when the tip was
// read: dates beyond it are of clocks that were ahead and are taken back. In a
// [History] guesses count only for the time before anything better is known.
func GuessHistory(repo Repo, ref string, commits []DatedCommit, rule Dating, until time.Time) []Observation {
	when := make([]int64, len(commits)) // the tip first
	for i, c := range commits {
		when[i] = c.When.Unix()
		if !until.IsZero() && c.When.After(until) {
			when[i] = until.Unix()
			if i > 0 {
				when[i] = min(when[i], when[i-1])
			}
		}
	}
	if rule == DatingRunningMin {
		for i := 1; i < len(when); i++ {
			when[i] = min(when[i], when[i-1])
		}
	} else {
		for i := len(when) - 2; i >= 0; i-- {
			when[i] = max(when[i], when[i+1])
		}
	}
	out := make([]Observation, 0, len(commits))
	for i := len(commits) - 1; i >= 0; i-- {
		// Of several at one second only the last was ever answered.
		if i > 0 && when[i] == when[i-1] {
			continue
		}
		out = append(out, Observation{Repo: repo, Ref: ref, New: commits[i].Hash, At: time.Unix(when[i], 0).UTC(), Evidence: FromGit})
	}
	return out
}

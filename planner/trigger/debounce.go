// SPDX-License-Identifier: MIT

package trigger

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Debounce is how long changes are collected before they are planned. The zero
// value plans each at once.
type Debounce struct {
	// Quiet is how long nothing more must have come for the release.
	Quiet time.Duration `json:"quiet,omitempty"`
	// Most is how long the first change waits at the longest, however many
	// follow; 0 means without bound.
	Most time.Duration `json:"most,omitempty"`
}

// A Batch is what waits for one release and effect. It is plain data: store it
// as JSON and go on with it after a restart.
type Batch struct {
	Release string    `json:"release"`
	Effect  Effect    `json:"effect"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Changes []Change  `json:"changes"`
}

// IDs returns the changed nodes, sorted, each once.
func (b Batch) IDs() []planner.ID {
	var out []planner.ID
	for _, c := range b.Changes {
		out = append(out, c.IDs...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Due is when the batch is to be planned.
func (d Debounce) Due(b Batch) time.Time {
	due := b.Last.Add(d.Quiet)
	if end := b.First.Add(d.Most); d.Most > 0 && end.Before(due) {
		return end
	}
	return due
}

// Add returns the batches with one more change, which was heard at the given
// time. The given slice is not altered. A change that waits already is not
// taken twice and does not prolong the wait.
func (d Debounce) Add(batches []Batch, c Change, at time.Time) []Batch {
	out := slices.Clone(batches)
	i := slices.IndexFunc(out, func(b Batch) bool { return b.Release == c.Release && b.Effect == c.Effect })
	if i < 0 {
		out = append(out, Batch{Release: c.Release, Effect: c.Effect, First: at, Last: at, Changes: []Change{c}})
		slices.SortFunc(out, func(a, b Batch) int {
			if n := strings.Compare(a.Release, b.Release); n != 0 {
				return n
			}
			return int(a.Effect) - int(b.Effect)
		})
		return out
	}
	same := func(o Change) bool {
		return o.Artifact == c.Artifact && o.At == c.At && o.Check == c.Check && slices.Equal(o.IDs, c.IDs)
	}
	if slices.ContainsFunc(out[i].Changes, same) {
		return out
	}
	out[i].Changes = append(slices.Clone(out[i].Changes), c)
	if at.After(out[i].Last) {
		out[i].Last = at
	}
	return out
}

// Take parts the batches that are due at the given time from those that wait.
func (d Debounce) Take(batches []Batch, now time.Time) (due, waiting []Batch) {
	for _, b := range batches {
		if d.Due(b).After(now) {
			waiting = append(waiting, b)
		} else {
			due = append(due, b)
		}
	}
	return due, waiting
}

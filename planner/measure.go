// SPDX-License-Identifier: MIT

package planner

import (
	"slices"
	"time"
)

// A Size is how large a plan would be.
type Size struct {
	// Affected is the number of affected nodes, conduits included; Rebuild
	// is the size of the rebuild set.
	Affected int `json:"affected"`
	Rebuild  int `json:"rebuild"`
	// Work is the sum of the known durations, Unestimated the number of
	// rebuilds without one.
	Work        time.Duration `json:"work"`
	Unestimated int           `json:"unestimated,omitempty"`
	// Unknown are the request's ids that the graph does not know, sorted.
	Unknown []ID `json:"unknown,omitempty"`
	// Held are the limits that the plan would exceed.
	Held []Held `json:"held,omitempty"`
}

// Measure returns the size of the plan that a request would get, without
// making it: the cheap answer to "what if" questions, asked as often as one
// likes. Errors are those of [Graph.Plan], except that cycles are not looked
// for.
func (g *Graph) Measure(q Request) (Size, error) {
	w, _, unknown, err := g.wave(&q)
	if err != nil {
		return Size{}, err
	}
	z := Size{Affected: len(w.affected), Unknown: unknown}
	var list []int32
	if q.Select != nil {
		list = w.selected(g.resolve(q.Select, &z.Unknown))
		slices.Sort(z.Unknown)
		z.Unknown = slices.Compact(z.Unknown)
	} else if needsList := q.Durations != nil || g.times != nil || len(q.Limits.PerLabel) > 0; needsList {
		list = w.buildable(q.OmitChanged)
	} else {
		z.Rebuild = w.countBuildable(q.OmitChanged)
		z.Unestimated = z.Rebuild
	}
	if list != nil {
		z.Rebuild = len(list)
		z.Work, z.Unestimated = g.work(&q, list)
	}
	z.Held = g.holds(&q, list, z.Rebuild, z.Work)
	w.finish(nil)
	return z, nil
}

// countBuildable counts the affected nodes that are built.
func (w *wave) countBuildable(omitChanged bool) int {
	n := 0
	for _, i := range w.affected {
		if w.g.flags[i]&nodeConduit == 0 {
			n++
		}
	}
	if omitChanged {
		for _, i := range w.changed {
			if w.g.flags[i]&nodeConduit == 0 {
				n--
			}
		}
	}
	return n
}

// work sums the durations of nodes.
func (g *Graph) work(q *Request, list []int32) (sum time.Duration, unestimated int) {
	if q.Durations == nil && g.times == nil {
		return 0, len(list)
	}
	for _, i := range list {
		if d := g.duration(q, i); d > 0 {
			sum = addDurations(sum, d)
		} else {
			unestimated++
		}
	}
	return sum, unestimated
}

// duration returns how long a node takes, 0 when unknown.
func (g *Graph) duration(q *Request, i int32) time.Duration {
	switch {
	case q.Durations != nil:
		return max(0, q.Durations(g.ids[i]))
	case g.times != nil:
		return time.Duration(g.times[i])
	}
	return 0
}

// addDurations adds without running over.
func addDurations(a, b time.Duration) time.Duration {
	if sum := a + b; sum >= a {
		return sum
	}
	return 1<<63 - 1
}

// holds returns the limits that a rebuild set exceeds.
func (g *Graph) holds(q *Request, list []int32, nodes int, work time.Duration) (held []Held) {
	l := &q.Limits
	if l.Nodes > 0 && nodes > l.Nodes {
		held = append(held, Held{"nodes", int64(nodes), int64(l.Nodes)})
	}
	if l.Work > 0 && work > l.Work {
		held = append(held, Held{"work", int64(work), int64(l.Work)})
	}
	if len(l.PerLabel) == 0 {
		return held
	}
	count := make(map[string]int)
	for _, i := range list {
		for _, label := range g.profile[g.profileOf[i]].labels {
			count[label]++
		}
	}
	for _, label := range sortedKeys(l.PerLabel) {
		if limit := l.PerLabel[label]; limit > 0 && count[label] > limit {
			held = append(held, Held{"label " + label, int64(count[label]), int64(limit)})
		}
	}
	return held
}

// SPDX-License-Identifier: MIT

package planner_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

// BenchmarkRunEvent is the cost of one event of a run that builds everything,
// with asking for what is due, on graphs with ten edges a node: it must not
// depend on the size of the graph.
func BenchmarkRunEvent(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		for _, window := range []int{1000, 0} {
			name := "window"
			if window == 0 {
				name = "uniform"
			}
			b.Run(fmt.Sprintf("%s/nodes=%d", name, n), func(b *testing.B) {
				s := synthetic{nodes: n, deps: 10, window: window, state: 42}
				p := planAll(b, s.graph(b, s.ids(), nil))
				var r *planner.Run
				b.ReportAllocs()
				for b.Loop() {
					if r == nil || r.Finished() {
						b.StopTimer()
						var err error
						r, err = planner.NewRun(p, planner.RunOptions{Repo: planner.RepoNever})
						require.NoError(b, err)
						b.StartTimer()
					}
					due := r.Due(1)
					if err := r.Apply(planner.Event{Kind: planner.EventBuilt, Key: due[0].Key, Artifact: "a-1-1"}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRunStart is the cost of beginning a run, which is that of one look
// at the plan.
func BenchmarkRunStart(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("nodes=%d", n), func(b *testing.B) {
			s := synthetic{nodes: n, deps: 10, window: 1000, state: 42}
			p := planAll(b, s.graph(b, s.ids(), nil))
			b.ReportAllocs()
			for b.Loop() {
				_, err := planner.NewRun(p, planner.RunOptions{})
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/node")
		})
	}
}

// BenchmarkSchedule simulates the mass rebuild of a distribution.
func BenchmarkSchedule(b *testing.B) {
	p := planAll(b, srcbin(b).interned(b))
	for _, builders := range []int{16, 0} {
		b.Run(fmt.Sprintf("builders=%d", builders), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := p.Schedule(planner.ScheduleOptions{Builders: builders})
				require.NoError(b, err)
			}
		})
	}
}

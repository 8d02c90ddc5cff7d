// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Text returns the schedule as a table for people: the figures, the critical
// path, and up to 40 jobs in the order in which they start.
func (s *Schedule) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "makespan       %s\n", shortDuration(s.Makespan))
	fmt.Fprintf(&b, "lower bound    %s", shortDuration(s.LowerBound))
	if s.LowerBound > 0 {
		fmt.Fprintf(&b, " (%.2fx)", float64(s.Makespan)/float64(s.LowerBound))
	}
	fmt.Fprintf(&b, "\ncritical path  %s, %s\n", shortDuration(s.Critical), plural(len(s.CriticalPath), "job"))
	fmt.Fprintf(&b, "work           %s in %s\n", shortDuration(s.Work), plural(len(s.Jobs), "job"))
	for q, n := range s.Lanes {
		fmt.Fprintf(&b, "builders       %d used", n)
		if s.Pools[q] != "" {
			fmt.Fprintf(&b, " for %s", s.Pools[q])
		}
		b.WriteByte('\n')
	}
	if s.Idle > 0 {
		fmt.Fprintf(&b, "idle           %.0f%%\n", 100*s.Idle)
	}
	if s.Repos > 0 {
		fmt.Fprintf(&b, "repositories   %d\n", s.Repos)
	}
	if s.Unknown > 0 {
		fmt.Fprintf(&b, "assumed        the duration of %s\n", plural(s.Unknown, "job"))
	}
	if len(s.Jobs) == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "\n%9s %9s %9s  %s\n", "start", "end", "slack", "job (* on the critical path)")
	for _, j := range s.Jobs[:min(len(s.Jobs), 40)] {
		mark := " "
		if j.Critical {
			mark = "*"
		}
		fmt.Fprintf(&b, "%9s %9s %9s %s%s\n", shortDuration(j.Start), shortDuration(j.End), shortDuration(j.Slack), mark, svgLabel(j.IDs))
	}
	if more := len(s.Jobs) - 40; more > 0 {
		fmt.Fprintf(&b, "and %d more\n", more)
	}
	return b.String()
}

// shortDuration writes a duration with whole seconds: "1h2m", "2m5s", "40s".
func shortDuration(d time.Duration) string {
	if d < time.Second && d > 0 {
		return d.String()
	}
	text := d.Round(time.Second).String()
	if rest, ok := strings.CutSuffix(text, "m0s"); ok {
		text = rest + "m"
		if rest, ok := strings.CutSuffix(text, "h0m"); ok {
			text = rest + "h"
		}
	}
	return text
}

// Measures of the picture of a schedule, in pixels.
const (
	ganttWidth = 1200
	ganttLeft  = 110
	ganttRow   = 18
	ganttLanes = 200 // builders drawn in a pool
)

// SVG returns a picture of the schedule: a row for each builder, a bar for each
// task, those on the critical path marked. At most 200 builders of a pool are
// drawn.
func (s *Schedule) SVG() string {
	type bar struct {
		job  *Job
		task Task
	}
	lanes := make([][]bar, 0)
	start := make([]int, len(s.Lanes)) // first row of each pool
	for q, n := range s.Lanes {
		start[q] = len(lanes)
		lanes = append(lanes, make([][]bar, min(n, ganttLanes))...)
	}
	for i := range s.Jobs {
		for _, t := range s.Jobs[i].Tasks {
			if t.Lane < ganttLanes {
				row := start[t.Pool] + t.Lane
				lanes[row] = append(lanes[row], bar{&s.Jobs[i], t})
			}
		}
	}
	scale := 0.0
	if s.Makespan > 0 {
		scale = float64(ganttWidth-ganttLeft-20) / float64(s.Makespan)
	}
	at := func(d time.Duration) float64 { return ganttLeft + float64(d)*scale }
	height := 60 + ganttRow*len(lanes)
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", ganttWidth, height, ganttWidth, height)
	fmt.Fprintf(&b, "<title>%s in %s, lower bound %s</title>\n", plural(len(s.Jobs), "job"), shortDuration(s.Makespan), shortDuration(s.LowerBound))
	b.WriteString("<style>text{font:10px monospace}rect{stroke:#456}.n{fill:#dce8f4}.c{fill:#f4b08a}line{stroke:#9ab}</style>\n")
	b.WriteString("<rect width=\"100%\" height=\"100%\" style=\"fill:#fff;stroke:none\"/>\n")
	for k := range 5 {
		d := s.Makespan / 4 * time.Duration(k)
		fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"16\">%s</text><line x1=\"%.1f\" y1=\"22\" x2=\"%.1f\" y2=\"%d\"/>\n",
			at(d), shortDuration(d), at(d), at(d), height-20)
	}
	for row, bars := range lanes {
		q := len(start) - 1
		for start[q] > row {
			q--
		}
		y := 28 + ganttRow*row
		name := fmt.Sprintf("builder %d", row-start[q]+1)
		if s.Pools[q] != "" {
			name = fmt.Sprintf("%s %d", s.Pools[q], row-start[q]+1)
		}
		fmt.Fprintf(&b, "<text x=\"4\" y=\"%d\">%s</text>\n", y+11, xmlText(name))
		slices.SortFunc(bars, func(x, y bar) int { return int(x.task.Start/1e6 - y.task.Start/1e6) })
		for _, r := range bars {
			class := "n"
			if r.job.Critical {
				class = "c"
			}
			width := at(r.task.End) - at(r.task.Start)
			label := svgLabel(r.job.IDs)
			fmt.Fprintf(&b, "<g><title>%s, %s to %s</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"%s\"/>",
				xmlText(groupLabel(r.job.IDs, ", ")), shortDuration(r.task.Start), shortDuration(r.task.End), at(r.task.Start), y, width, ganttRow-4, class)
			if float64(utf8.RuneCountInString(label))*svgLetter < width-4 {
				fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%d\">%s</text>", at(r.task.Start)+3, y+11, xmlText(label))
			}
			b.WriteString("</g>\n")
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// Window is what one repository window comes to.
type Window struct {
	// Window is the time that a repository waits for further results.
	Window time.Duration
	// Makespan and Repos are those of the schedule with it.
	Makespan time.Duration
	Repos    int
}

// CompareWindows simulates the plan once for each repository window and returns
// what each comes to, in the order given, and the index of the best: the
// shortest makespan, then the fewest repositories, then the first. There is no
// best of none, -1. The error is that of [Plan.Schedule].
func (p *Plan) CompareWindows(opts ScheduleOptions, windows ...time.Duration) (list []Window, best int, err error) {
	best = -1
	for _, w := range windows {
		opts.RepoWindow = w
		s, err := p.Schedule(opts)
		if err != nil {
			return nil, -1, err
		}
		list = append(list, Window{w, s.Makespan, s.Repos})
		if n := len(list) - 1; best < 0 || s.Makespan < list[best].Makespan ||
			s.Makespan == list[best].Makespan && s.Repos < list[best].Repos {
			best = n
		}
	}
	return list, best, nil
}

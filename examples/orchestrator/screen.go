// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// screen tells people, or with -json programs, what happens. On a terminal a
// bar stays below the lines.
type screen struct {
	mu    sync.Mutex
	w     io.Writer
	json  bool
	bar   bool
	drawn bool
	began time.Time
	speed float64
}

func newScreen(w io.Writer, o options) *screen {
	s := &screen{w: w, json: o.json, began: time.Now(), speed: o.speed}
	if f, ok := w.(*os.File); ok && !o.json {
		info, err := f.Stat()
		s.bar = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return s
}

// line prints one line, above the bar.
func (s *screen) line(format string, args ...any) {
	if s.drawn {
		fmt.Fprint(s.w, "\r\x1b[K")
		s.drawn = false
	}
	fmt.Fprintf(s.w, format+"\n", args...)
}

func (s *screen) object(v any) {
	data, err := json.Marshal(v)
	if err == nil {
		fmt.Fprintf(s.w, "%s\n", data)
	}
}

func (s *screen) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.json {
		s.object(map[string]string{"say": fmt.Sprintf(format, args...)})
		return
	}
	s.line(format, args...)
}

// plan prints what is going to be rebuilt, why, and how long it should take.
func (s *screen) plan(p *planner.Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.json {
		s.object(map[string]any{"plan": p})
		return
	}
	if len(p.Held) > 0 {
		s.line("%s", p.Summary())
		for _, b := range p.Bottlenecks(5) {
			s.line("  without %s %d rebuilds would fall out", b.ID, b.Brings)
		}
		for _, h := range p.Held {
			switch h.Limit {
			case "nodes":
				s.line("held: %d rebuilds, the limit is %d", h.Have, h.Max)
			case "work":
				s.line("held: %s of work, the limit is %s", time.Duration(h.Have), time.Duration(h.Max))
			default:
				s.line("held: %d of %s, the limit is %d", h.Have, h.Limit, h.Max)
			}
		}
		return
	}
	s.line("%s", strings.TrimRight(p.Text(), "\n"))
	if f, err := p.Schedule(planner.ScheduleOptions{Builders: forecastBuilders, RepoDelay: forecastRepo}); err == nil {
		s.line("forecast: %s on %d builders, at least %s; the longest chain is %d builds",
			f.Makespan.Round(time.Minute), forecastBuilders, f.LowerBound.Round(time.Minute), len(f.CriticalPath))
	}
}

// What the forecast assumes.
const (
	forecastBuilders = 8
	forecastRepo     = 2 * time.Minute
)

// message prints what the people who look after a component are told.
func (s *screen) message(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.json {
		s.object(map[string]any{"message": m})
		return
	}
	s.line("          mail to %s: %s", strings.Join(m.To, ", "), m.Text)
}

// notice prints what the driver tells. It is called one at a time.
func (s *screen) notice(n drive.Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.json {
		out := map[string]any{"notice": n.Kind.String(), "at": n.At.Seconds()}
		if n.Event != nil {
			out["event"] = n.Event
		}
		if n.Action != nil {
			out["action"] = n.Action
		}
		if n.Err != nil {
			out["error"] = n.Err.Error()
		}
		s.object(out)
		return
	}
	at := clock(n.At)
	switch n.Kind {
	case drive.NoticeWaiting:
		s.line("%s  waiting, next try in %s: %v", at, (n.Until - n.At).Round(time.Second), n.Err)
	case drive.NoticeBack:
		s.line("%s  the services answer again", at)
	case drive.NoticeRecovered:
		s.line("%s  found again: %s", at, n.Action)
	case drive.NoticeStuck:
		s.line("%s  everything else is done; waiting for a fix of %s", at, failures(n.Run))
	case drive.NoticeRefused:
		s.line("%s  left out: %v", at, n.Err)
	case drive.NoticeEvent:
		s.event(at, *n.Event, n.Run)
	}
	if s.bar {
		s.draw(n.Run)
	}
}

// event prints the events that people want to see.
func (s *screen) event(at string, e planner.Event, r *planner.Run) {
	what := string(e.ID)
	if e.Key != "" {
		what = strings.TrimSuffix(string(e.Key), "/1/1")
	}
	switch e.Kind {
	case planner.EventStarted:
		if strings.HasPrefix(what, "build/") {
			s.line("%s  %s: task %s", at, what, e.Ref)
		}
	case planner.EventBuilt:
		s.line("%s  %s: %s", at, what, e.Artifact)
	case planner.EventPassed:
		s.line("%s  %s: passed", at, what)
	case planner.EventFixArrived:
		s.line("%s  fix of %s: %s, %s", at, e.ID, e.Artifact, e.Detail)
	case planner.EventFailed:
		s.line("%s  %s FAILED (%s): %s", at, what, e.Failure, firstLine(e.Detail))
		for i, f := range r.Failures() {
			if f.Blocks > 0 {
				s.line("          fix %d first: %s blocks %d rebuilds (%s of work)", i+1, f.ID, f.Blocks, f.Work.Round(time.Second))
			}
		}
	}
}

// draw shows how far the run is, on one line.
func (s *screen) draw(r *planner.Run) {
	sum := r.Summary()
	done := sum.States[planner.StateDone] + sum.States[planner.StateUnneeded]
	const width = 30
	filled := 0
	if sum.Nodes > 0 {
		filled = done * width / sum.Nodes
	}
	fmt.Fprintf(s.w, "\r\x1b[K[%s%s] %d/%d %s", strings.Repeat("#", filled), strings.Repeat(".", width-filled), done, sum.Nodes, sum)
	s.drawn = true
}

// summary prints what became of the run.
func (s *screen) summary(p *planner.Plan, r *planner.Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := r.Summary()
	if s.json {
		s.object(map[string]any{"summary": sum})
		return
	}
	s.line("")
	s.line("%s", sum)
	took := r.Now()
	least := time.Duration(0)
	if f, err := p.Schedule(planner.ScheduleOptions{}); err == nil {
		least = f.LowerBound
	}
	s.line("%d builds in %s, lower bound %s%s", sum.Builds, took.Round(time.Second), least.Round(time.Second), s.outside())
	for _, f := range sum.Fix {
		s.line("unfixed: %s (%s) blocks %d rebuilds", f.ID, f.Kind, f.Blocks)
	}
}

func (s *screen) outside() string {
	if s.speed == 1 {
		return ""
	}
	return fmt.Sprintf(" (%s here: the world runs %.0f times faster)", time.Since(s.began).Round(time.Second), s.speed)
}

func failures(r *planner.Run) string {
	var names []string
	for _, f := range r.Failures() {
		names = append(names, string(f.ID))
	}
	return strings.Join(names, ", ")
}

// clock writes a time of the run as hours, minutes and seconds.
func clock(d time.Duration) string {
	d = d.Round(time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
}

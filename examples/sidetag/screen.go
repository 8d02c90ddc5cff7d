// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// screen tells people, or with -json programs, what happens. People are told
// of a tier when all of it and of those before is built, so that the same run
// reads the same; with -v of everything at once, and when.
type screen struct {
	mu   sync.Mutex
	w    io.Writer
	json bool
	loud bool
	told int // tiers
}

// tell prints an object for programs or a line for people.
func (s *screen) tell(v any, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.json {
		if format != "" {
			fmt.Fprintf(s.w, format+"\n", args...)
		}
		return
	}
	if v == nil {
		return
	}
	if data, err := json.Marshal(v); err == nil {
		fmt.Fprintf(s.w, "%s\n", data)
	}
}

type object map[string]any

func (s *screen) say(format string, args ...any) {
	s.tell(object{"say": fmt.Sprintf(format, args...)}, format, args...)
}

func names(ids []planner.ID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = packageName(id)
	}
	return strings.Join(words, " ")
}

// plan prints what is new, who breaks by it and why, and in which order it is
// repaired.
func (s *screen) plan(b *breakage, p *planner.Plan) {
	if s.json {
		s.tell(object{"breakage": b, "plan": p}, "")
		return
	}
	for _, id := range b.Sources {
		s.tell(nil, "new: %s %s (was %s)", packageName(id), b.Versions[id], b.Were[id])
	}
	for _, x := range b.Problems {
		s.tell(nil, "left out: %s: %s", x.Package, x.Reason)
	}
	for _, name := range b.Lost {
		s.tell(nil, "lost: %s", name)
		for _, x := range b.Broken {
			if x.Requirement != name {
				continue
			}
			line := fmt.Sprintf("  breaks %s", strings.TrimPrefix(string(x.ID), "binary/"))
			if src := packageName(x.Source); x.Source == "" {
				line += ", of no known source"
			} else if x.ID == x.Source {
				line = fmt.Sprintf("  breaks the build of %s", src)
			} else if src != strings.TrimPrefix(string(x.ID), "binary/") {
				line += " of " + src
			}
			if len(x.Elsewhere) > 0 {
				line += fmt.Sprintf(" (but %s still has it)", strings.ReplaceAll(fmt.Sprint(x.Elsewhere), "binary/", ""))
			}
			s.tell(nil, "%s", line)
		}
	}
	for _, id := range b.Stale {
		s.tell(nil, "  %s is new and needs it still: it was built too early", packageName(id))
	}
	if len(b.Broken)+len(b.Stale) == 0 {
		return
	}
	s.tell(nil, "%s", p.Summary())
	if len(p.Request.Exclude) > 0 {
		s.tell(nil, "  left as they are: %s", names(p.Request.Exclude))
	}
	for i, t := range p.Tiers {
		s.tell(nil, "  tier %d: %s", i, names(t.Members()))
	}
	for _, c := range p.Cycles {
		s.tell(nil, "  need each other: %s", names(c))
	}
	if len(p.Unknown) > 0 {
		s.tell(nil, "  new, and unknown to the old repositories: %s", names(p.Unknown))
	}
	for _, h := range p.Held {
		s.tell(nil, "held: %d %s, the limit is %d", h.Have, h.Limit, h.Max)
	}
}

func (s *screen) sideTag(name string) {
	s.tell(object{"sideTag": name}, "building in %s", name)
}

// tiers tells of those that have been built since the last look.
func (s *screen) tiers(r *planner.Run, p *planner.Plan) {
	for ; s.told < len(p.Tiers); s.told++ {
		var nvrs []string
		for _, id := range p.Tiers[s.told].Members() {
			row, err := r.Row(id)
			if err != nil || row.State != planner.StateDone {
				return
			}
			nvrs = append(nvrs, row.Artifact)
		}
		s.tell(object{"tier": s.told, "builds": nvrs}, "tier %d is built: %s", s.told, strings.Join(nvrs, " "))
	}
}

// notice tells what the driver tells. It is called one at a time.
func (s *screen) notice(n drive.Notice, p *planner.Plan) {
	what := object{"notice": n.Kind.String(), "at": n.At.Seconds()}
	line := ""
	switch n.Kind {
	case drive.NoticeWaiting:
		line = fmt.Sprintf("waiting, next try in %s: %v", (n.Until - n.At).Round(time.Second), n.Err)
	case drive.NoticeBack:
		line = "the services answer again"
	case drive.NoticeRecovered:
		line = fmt.Sprintf("found again: %s", n.Action)
	case drive.NoticeStuck:
		line = "everything else is built; waiting for a fix"
	case drive.NoticeRefused:
		line = fmt.Sprintf("left out: %v", n.Err)
	case drive.NoticeEvent:
		line = s.event(*n.Event)
	}
	if n.Event != nil {
		what["event"] = n.Event
	}
	if n.Action != nil {
		what["action"] = n.Action
	}
	if n.Err != nil {
		what["error"] = n.Err.Error()
	}
	if s.loud && line != "" {
		line = fmt.Sprintf("%8s  %s", n.At.Round(time.Second), line)
	}
	if line == "" {
		s.tell(what, "")
	} else {
		s.tell(what, "%s", line)
	}
	s.tiers(n.Run, p)
}

// event is the line for one; empty when only -v tells of it.
func (s *screen) event(e planner.Event) string {
	switch {
	case e.Kind == planner.EventFailed:
		return fmt.Sprintf("FAILED (%s): %s: %s", e.Failure, strings.TrimPrefix(strings.TrimSuffix(string(e.Key), "/1/1"), "build/rpms/"), firstLine(e.Detail))
	case e.Kind == planner.EventFixArrived:
		return fmt.Sprintf("fixed: %s, %s", e.Artifact, e.Detail)
	case s.loud:
		return e.String()
	}
	return ""
}

// failure says whose turn it is.
func (s *screen) failure(a planner.Action, people []string, tag string) {
	who := strings.Join(people, ", ")
	if who == "" {
		who = "nobody that dist-git knows of"
	}
	s.tell(object{"failure": a.ID, "blocks": a.Blocks, "maintainers": people, "detail": a.Detail},
		"  %s blocks %d others; look after it: %s (a build of theirs in %s counts)", packageName(a.ID), a.Blocks, who, tag)
}

// summary tells what is left to do, if anything is.
func (s *screen) summary(r *planner.Run, state *state) {
	sum := r.Summary()
	s.tell(object{"summary": sum}, "%s", sum)
	for _, f := range sum.Fix {
		s.tell(nil, "unfixed: %s (%s) blocks %d others", packageName(f.ID), f.Kind, f.Blocks)
	}
	if len(sum.Fix) > 0 && !state.Temporary {
		s.tell(nil, "when fixed: sidetag resume -state %s -retry %s", state.Dir, packageName(sum.Fix[0].ID))
	}
}

func (s *screen) update(u bodhi.Update, created bool, missing []string) {
	line := fmt.Sprintf("update %s is %s: %d builds", u.Alias, u.Status, len(u.Builds))
	if created {
		line = fmt.Sprintf("update %s was made of %s: %d builds", u.Alias, u.FromTag, len(u.Builds))
	}
	if len(missing) > 0 {
		line += ", without " + strings.Join(missing, " ") + ": edit it to take them in"
	}
	s.tell(object{"update": u.Alias, "status": u.Status, "url": u.URL, "created": created, "missing": missing}, "%s", line)
}

func (s *screen) merged(n int, tag string) {
	s.tell(object{"merged": n, "tag": tag}, "merged %d builds into %s", n, tag)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

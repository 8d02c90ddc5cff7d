// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/koji/ci"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// actor does what a run wants done: it builds in the side tag, asks for
// decisions, gives up what takes too long, and tells people.
type actor struct {
	*rebuild.Builder
	o     options
	c     *clients
	tell  notifier
	since map[planner.Key]time.Time // when Poll first saw an action under way
}

var _ drive.Actor = (*actor)(nil)

// notifier tells people. A message is told once for each key; Told looks
// whether it was.
type notifier interface {
	Tell(ctx context.Context, m message) error
	Told(ctx context.Context, key string) (bool, error)
}

// message is for the people who look after a component.
type message struct {
	Key  string   `json:"key"`
	To   []string `json:"to"`
	Text string   `json:"text"`
}

func newActor(o options, c *clients, s *state, out *screen) *actor {
	b := &rebuild.Builder{Clients: c.Clients, Tag: s.Tag.Name, Branch: o.Branch, Run: s.ID,
		Message: "Rebuilt for " + o.Changed, Author: rebuild.Author(o.Mail, o.User)}
	return &actor{Builder: b, o: o, c: c, tell: &outbox{path: s.Path("outbox.jsonl"), out: out}, since: map[planner.Key]time.Time{}}
}

// Find looks whether an action was done before; a message by its key.
func (b *actor) Find(ctx context.Context, a planner.Action) (string, bool, error) {
	if a.Kind == planner.ActionNotify {
		told, err := b.tell.Told(ctx, string(a.Key))
		return "", told, err
	}
	return b.Builder.Find(ctx, a)
}

// Notify tells the maintainers, as dist-git names them.
func (b *actor) Notify(ctx context.Context, a planner.Action) error {
	people, err := b.Maintainers(ctx, a.ID)
	if err != nil {
		return err
	}
	text := firstLine(a.Detail)
	if text == "" {
		text = string(a.ID) + " failed"
	}
	if a.Blocks > 0 {
		text += fmt.Sprintf(". It blocks %d other rebuilds; please fix it first.", a.Blocks)
	}
	return b.tell.Tell(ctx, message{Key: string(a.Key), To: people, Text: text})
}

// Poll looks at everything that is under way.
func (b *actor) Poll(ctx context.Context, w drive.Watch) ([]planner.Event, error) {
	events, err := b.Builder.Poll(ctx, w)
	if err != nil {
		return events, err
	}
	decisions, err := b.pollGates(ctx, w)
	if events = append(events, decisions...); err != nil {
		return events, err
	}
	return b.pollTimeouts(ctx, w.InFlight, events)
}

// pollTimeouts gives up what takes longer than is allowed. A build is canceled
// first, so that it can't end well later on.
func (b *actor) pollTimeouts(ctx context.Context, flight []planner.InFlight, events []planner.Event) ([]planner.Event, error) {
	ended := map[planner.Key]bool{}
	for _, e := range events {
		ended[e.Key] = true
	}
	now := b.o.clock().Now()
	for _, f := range flight {
		first, ok := b.since[f.Key]
		switch {
		case ended[f.Key]:
			delete(b.since, f.Key)
		case !ok:
			b.since[f.Key] = now
		case now.Sub(first) > b.o.timeout:
			if task, err := strconv.Atoi(f.Ref); err == nil && f.Kind == planner.ActionBuild {
				if err := b.c.Koji.CancelTask(ctx, task); err != nil {
					return events, err
				}
			}
			delete(b.since, f.Key)
			events = append(events, planner.Event{
				Kind: planner.EventFailed, Key: f.Key, Failure: planner.FailureTimeout, Detail: fmt.Sprintf("%s: no end after %s", f.Action, b.o.timeout),
			})
		}
	}
	return events, nil
}

// pollGates asks for the decisions that are waited for, and for those against
// a result once more: a waiver may have come.
func (b *actor) pollGates(ctx context.Context, w drive.Watch) ([]planner.Event, error) {
	if b.c.ci == nil {
		return nil, nil
	}
	var events []planner.Event
	decide := func(key planner.Key, nvr string, failed bool) error {
		d, err := b.c.ci.Decide(ctx, ci.DecisionRequest{
			ProductVersion: b.o.Release, DecisionContext: []string{b.o.Context}, SubjectType: ci.KojiBuild, SubjectIdentifier: nvr,
		})
		if err != nil {
			return err
		}
		if d.Satisfied {
			events = append(events, planner.Event{Kind: planner.EventPassed, Key: key, Detail: d.Summary})
			return nil
		}
		for _, r := range d.Unmet {
			if r.Failed() && !failed {
				events = append(events, planner.Event{
					Kind: planner.EventFailed, Key: key, Failure: planner.FailureGate, Detail: nvr + ": " + r.Testcase + ": " + d.Summary,
				})
				break
			}
		}
		return nil
	}
	for _, f := range w.InFlight {
		if f.Kind != planner.ActionGate {
			continue
		}
		if err := decide(f.Key, f.Artifact, false); err != nil {
			return events, err
		}
	}
	for _, f := range w.Failures {
		if f.Kind == planner.FailureGate && f.Artifact != "" {
			if err := decide(f.Action, f.Artifact, true); err != nil {
				return events, err
			}
		}
	}
	return events, nil
}

// outbox is a notifier that appends messages to a file and prints them. A real
// one would send mail whose Message-ID is made of the key.
type outbox struct {
	mu   sync.Mutex
	path string
	out  *screen
}

// Tell writes the message down, durably, and prints it.
func (b *outbox) Tell(_ context.Context, m message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(b.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		b.out.message(m)
	}
	return err
}

// Told looks for a message in the file; half a line at its end is none.
func (b *outbox) Told(_ context.Context, key string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, err := os.Open(b.path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var m message
		if json.Unmarshal(sc.Bytes(), &m) == nil && m.Key == key {
			return true, nil
		}
	}
	return false, sc.Err()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

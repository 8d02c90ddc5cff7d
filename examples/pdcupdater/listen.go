// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/modulemd/mbs"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/compose"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// listener hears messages one by one.
type listener struct {
	*app
	inbox    trigger.Inbox
	dispatch *trigger.Dispatcher
	queue    *updater.Queue // nil: nothing waits
	next     time.Time      // what was down is not asked before
	counts   counts
}

// counts are how many messages ended how.
type counts struct {
	Event    string `json:"event"`
	Messages int    `json:"messages"`
	Told     int    `json:"told"`      // PDC was compared with what they are about
	Aside    int    `json:"set_aside"` // malformed, forged, doubled
	Failed   int    `json:"failed"`    // could not be dealt with
	Waiting  int    `json:"waiting"`   // in the queue
	Written  int    `json:"written"`   // or would be
	Remain   int    `json:"remain"`    // writes that PDC refused, or that a person must decide
}

func (a *app) listen(ctx context.Context) (err error) {
	l := &listener{app: a}
	if a.prefix != "" {
		trusted := a.prefix + "."
		if a.env != "" {
			trusted += a.env + "."
		}
		l.inbox.Trusted = []string{trusted}
	}
	if l.dispatch, err = trigger.NewDispatcher(a.updater.Handler(l.done)); err != nil {
		return err
	}
	l.tellUnheard()
	if a.options.queue != "" {
		if l.queue, err = updater.OpenQueue(a.options.queue); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, l.queue.Close()) }()
		if n := l.queue.Len(); n > 0 {
			l.tell(map[string]any{"event": "found waiting", "messages": n}, "%s from before", count(n, "waiting message"))
		}
		if err := l.drain(ctx); err != nil {
			return err
		}
	}
	if a.replay != "" {
		err = l.hearReplay(ctx)
	} else {
		err = l.hearFile(ctx)
	}
	if err != nil {
		return err
	}
	l.next = time.Time{} // a last try
	if err := l.drain(ctx); err != nil {
		return err
	}
	if l.queue != nil {
		l.counts.Waiting = l.queue.Len()
	}
	c := l.counts
	c.Event = "end"
	word := "written"
	if a.dry {
		word = "would be written"
	}
	l.tell(c, "%s: %d dealt with, %d set aside, %d failed, %d waiting; %s %s", count(c.Messages, "message"), c.Told, c.Aside, c.Failed, c.Waiting,
		count(c.Written, "row"), word)
	if c.Failed+c.Waiting+c.Remain > 0 {
		return errDiffers
	}
	return nil
}

// tellUnheard names the kinds whose messages are passed by.
func (l *listener) tellUnheard() {
	var names []string
	for _, k := range updater.Kinds() {
		if len(k.Topics(l.prefix, l.env)) > 0 && !slices.Contains(l.updater.Kinds, k) {
			names = append(names, k.String())
		}
	}
	if names != nil {
		l.warn("messages of these kinds are passed by, since nobody is given who tells of them (-koji, -mbs, ...): %s", strings.Join(names, " "))
	}
}

func (l *listener) hearFile(ctx context.Context) error {
	if l.messages == "-" {
		return l.hearInput(ctx)
	}
	data, err := os.ReadFile(l.messages)
	if err != nil {
		return err
	}
	return l.hearAll(ctx, data)
}

func (l *listener) hearAll(ctx context.Context, data []byte) error {
	for raw, err := range trigger.Split(data) {
		if err != nil {
			l.counts.Messages++
			l.aside(err)
			continue
		}
		if err := l.hear(ctx, raw); err != nil {
			return err
		}
	}
	return nil
}

// hearInput hears standard input: line by line as they come when the first
// line is a message, else all of it at its end.
func (l *listener) hearInput(ctx context.Context) error {
	type piece struct {
		data []byte
		err  error
	}
	pieces := make(chan piece)
	go func() { // a read can't be interrupted; it ends with the process
		r := bufio.NewReader(l.stdin)
		for first := true; ; first = false {
			data, err := r.ReadBytes('\n')
			if first && err == nil && !json.Valid(data) {
				var rest []byte
				rest, err = io.ReadAll(r)
				data = append(data, rest...)
				if err == nil {
					err = io.EOF
				}
			}
			select {
			case pieces <- piece{data, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p := <-pieces:
			if err := l.hearAll(ctx, p.data); err != nil {
				return err
			}
			if p.err == io.EOF {
				return nil
			}
			if p.err != nil {
				return p.err
			}
		}
	}
}

// hear does what one message asks for. An error means that the message is
// neither dealt with nor waiting, and ends the listening.
func (l *listener) hear(ctx context.Context, raw []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.counts.Messages++
	ev, err := l.inbox.Accept("", raw)
	if err != nil {
		l.aside(err)
		return nil
	}
	asks, err := l.policy.Asks(ev)
	if err != nil {
		l.fails(ev, err)
		return nil
	}
	if !slices.ContainsFunc(asks, func(a updater.Ask) bool { return slices.Contains(l.updater.Kinds, a.Kind) }) {
		return nil // of no interest
	}
	if err := l.drain(ctx); err != nil {
		return err
	}
	if l.queue != nil && l.queue.Len() > 0 {
		return l.wait(raw, ev, errors.New("others wait before it"))
	}
	err = l.handle(ctx, ev)
	if err == nil || ctx.Err() != nil || !waits(err) {
		return err
	}
	l.next = l.now().Add(l.pause)
	return l.wait(raw, ev, err)
}

// handle tells the updater of an event. Failures that a later try won't mend
// are told here and are none for the caller.
func (l *listener) handle(ctx context.Context, ev trigger.Event) error {
	failures := l.dispatch.Dispatch(ctx, ev) // of the only handler: one at most
	if len(failures) == 0 {
		l.counts.Told++
		return nil
	}
	err := failures[0].Err
	if ctx.Err() != nil || waits(err) || errors.Is(err, pdc.ErrUnauthorized) || errors.Is(err, pdc.ErrForbidden) {
		return err
	}
	l.fails(ev, err)
	return nil
}

// waits reports whether a server is down: telling the message later helps.
func waits(err error) bool {
	return slices.ContainsFunc([]error{pdc.ErrUnavailable, koji.ErrUnavailable, mbs.ErrUnavailable, compose.ErrUnavailable, distgit.ErrUnavailable, errUnavailable},
		func(down error) bool { return errors.Is(err, down) })
}

// wait puts a message into the queue.
func (l *listener) wait(raw []byte, ev trigger.Event, why error) error {
	if l.queue == nil {
		if l.updater.DryRun {
			return why
		}
		return fmt.Errorf("%w (with -queue FILE messages would wait)", why)
	}
	if err := l.queue.Add(raw, why); err != nil {
		return err
	}
	l.tell(map[string]any{"event": "waits", "topic": ev.Topic, "id": ev.ID, "error": why.Error()}, "%s: waits: %v", title(ev), why)
	return nil
}

// drain tells waiting messages, unless what is down was asked just now.
func (l *listener) drain(ctx context.Context) error {
	if l.queue == nil || l.queue.Len() == 0 || l.now().Before(l.next) {
		return nil
	}
	n, err := l.queue.Drain(ctx, func(ctx context.Context, raw []byte) error {
		ev, err := trigger.Decode(raw)
		if err != nil {
			l.aside(err)
			return nil
		}
		return l.handle(ctx, ev)
	})
	if n > 0 {
		l.tell(map[string]any{"event": "told waiting", "messages": n}, "%s told", count(n, "waiting message"))
	}
	if err == nil || ctx.Err() != nil || !waits(err) {
		return err
	}
	l.next = l.now().Add(l.pause)
	return nil
}

// done prints what a message led to.
func (l *listener) done(ev trigger.Event, r updater.Report) {
	o := outcomeOf(r)
	l.counts.Written += len(o.Written)
	l.counts.Remain += len(o.Refused) + len(o.Undecided) // what is left is told again
	l.tell(struct {
		Event string `json:"event"`
		Topic string `json:"topic"`
		ID    string `json:"id"`
		outcome
	}{"handled", ev.Topic, ev.ID, o}, "%s:%s", title(ev), o)
}

func (l *listener) aside(err error) {
	l.counts.Aside++
	l.tell(map[string]any{"event": "set aside", "reason": trigger.Reason(err), "error": err.Error()}, "set aside: %v", err)
}

func (l *listener) fails(ev trigger.Event, err error) {
	l.counts.Failed++
	l.tell(map[string]any{"event": "failed", "topic": ev.Topic, "id": ev.ID, "error": err.Error()}, "%s: failed: %v", title(ev), err)
}

func title(ev trigger.Event) string {
	return trigger.ParseTopic(ev.Topic).String() + " " + ev.ID
}

// SPDX-License-Identifier: MIT

// Package owed is an orchestrator by the bus alone: what passed its check or
// became available has the rebuilds of its dependents scheduled, and a failure
// is told to people. Programs differ in where their messages come from.
package owed

import (
	"fmt"
	"io"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// A Service knows which release an event belongs to (Routes) and who depends
// on what there (Ask). What is owed goes to Out.
type Service struct {
	Routes trigger.Routes
	Ask    func(release string) (*planner.Graph, error)
	Out    io.Writer
	inbox  trigger.Inbox
}

// Hear does what one message asks for. A [trigger.Error] says that the message
// was set aside; any other error is the service's, and the message may be
// heard again.
func (s *Service) Hear(m trigger.Message) error {
	ev, err := s.inbox.AcceptMessage(m)
	for _, c := range s.Routes.Changes(ev) {
		if err = s.schedule(c); err != nil {
			s.inbox.Forget(m)
			break
		}
	}
	return err
}

func (s *Service) schedule(c trigger.Change) error {
	switch c.Effect {
	case trigger.EffectPassed, trigger.EffectAvailable:
		g, err := s.Ask(c.Release)
		if err != nil {
			return err
		}
		p, err := g.Plan(planner.Request{Changed: c.IDs, OmitChanged: true})
		if err != nil {
			return err
		}
		fmt.Fprintf(s.Out, "%s: %s is %s: %d rebuilds\n", c.Release, c.Artifact, c.Effect, len(p.Rebuild))
		for i, tier := range p.Tiers {
			fmt.Fprintf(s.Out, "  tier %d: %v\n", i+1, tier.Members())
		}
	case trigger.EffectRefused, trigger.EffectFailed:
		text := fmt.Sprintf("%s: notify: %s is %s: %s %s", c.Release, c.Artifact, c.Effect, c.Check, c.Detail)
		fmt.Fprintln(s.Out, strings.TrimRight(text, ": "))
	}
	return nil
}

// SPDX-License-Identifier: MIT

// Busorchestrator answers "what is owed now?" from the bus alone: a build that
// passed its check, or a module that became ready, has the rebuilds of its
// dependents planned; a failed check is told to people.
//
//	go run ./examples/busorchestrator -replay messages.jsonl
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// listen hears messages one by one. ask is the service's own knowledge: who
// depends on what in a release.
func listen(messages []byte, routes trigger.Routes, ask func(release string) (*planner.Graph, error), out io.Writer) error {
	var in trigger.Inbox
	for raw, err := range trigger.Split(messages) {
		var ev trigger.Event
		if err == nil {
			ev, err = in.Accept("", raw)
		}
		if err != nil {
			fmt.Fprintln(out, "set aside:", err)
			continue
		}
		for _, c := range routes.Changes(ev) {
			switch c.Effect {
			case trigger.EffectPassed, trigger.EffectAvailable:
				g, err := ask(c.Release)
				if err != nil {
					return err
				}
				p, err := g.Plan(planner.Request{Changed: c.IDs, OmitChanged: true})
				if err != nil {
					return err
				}
				fmt.Fprintf(out, "%s: %s is %s: %d rebuilds\n", c.Release, c.Artifact, c.Effect, len(p.Rebuild))
				for i, tier := range p.Tiers {
					fmt.Fprintf(out, "  tier %d: %v\n", i+1, tier.Members())
				}
			case trigger.EffectRefused, trigger.EffectFailed:
				text := fmt.Sprintf("%s: notify: %s is %s: %s %s", c.Release, c.Artifact, c.Effect, c.Check, c.Detail)
				fmt.Fprintln(out, strings.TrimRight(text, ": "))
			}
		}
	}
	return nil
}

// SPDX-License-Identifier: MIT

// Package status is the one way in which everything that is being made tells
// how far it is: a Koji task, a module build, a compose, a node of a plan.
//
// Each client converts its own service's states with a pure function, so that
// a dashboard or an orchestrator needs one renderer. The package imports
// nothing of relkit and may be imported by every client. Documents of Image
// Factory, which has no client here, are read by [FactoryImage].
package status

import (
	"fmt"
	"strconv"
)

// State is where something stands on its way from a plan to its place in a
// repository. The zero value is [Unknown]. States from services that relkit
// does not know stay Unknown; the service's own word goes to [Status.Detail].
type State int

// The states, in the order in which things usually go through them.
const (
	Unknown    State = iota // the service said something relkit does not know
	Held                    // over a limit; waits for a person
	Queued                  // accepted, not started
	Building                // being made
	Built                   // made, but not yet where others can use it
	Available               // tagged and in the repository that others build from
	Gating                  // waits for tests or a decision
	Publishing              // on its way to users
	Done                    // nothing is left to do
	Failed                  // ended without a result
	Canceled                // a person or a policy stopped it
	Blocked                 // something that it needs has failed
	Stale                   // made against something older than what it needs
	Unneeded                // its reason went away before it was made
)

var names = [...]string{
	"unknown", "held", "queued", "building", "built", "available", "gating",
	"publishing", "done", "failed", "canceled", "blocked", "stale", "unneeded",
}

// String returns the state's name in lower case, or "State(n)" for a number
// outside the list.
func (s State) String() string {
	if s < 0 || int(s) >= len(names) {
		return "State(" + strconv.Itoa(int(s)) + ")"
	}
	return names[s]
}

// Terminal reports whether nothing will happen any more without a new cause:
// done, failed, canceled and unneeded.
func (s State) Terminal() bool {
	switch s {
	case Done, Failed, Canceled, Unneeded:
		return true
	}
	return false
}

// MarshalText returns the state's name; it fails for a number outside the list.
func (s State) MarshalText() ([]byte, error) {
	if s < 0 || int(s) >= len(names) {
		return nil, fmt.Errorf("status: no state has the number %d", int(s))
	}
	return []byte(names[s]), nil
}

// UnmarshalText reads a name as [State.String] writes it.
func (s *State) UnmarshalText(text []byte) error {
	for i, n := range names {
		if n == string(text) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("status: unknown state %q", text)
}

// A Link leads a person to more: a task page, a log, a test result.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// A Status is what is known of one thing being made. It is plain data.
type Status struct {
	// ID names the thing in its service: "task 123", "module-build 7".
	ID string `json:"id"`
	// State is the service's state in relkit's words.
	State State `json:"state"`
	// Detail is the service's own word for its state ("OPEN", "wait").
	Detail string `json:"detail,omitempty"`
	// Percent is how much is done, 0 to 100; nil when unknown.
	Percent *float64 `json:"percent,omitempty"`
	// Estimate tells that Percent was derived from usual durations, not
	// reported by the service.
	Estimate bool `json:"estimate,omitempty"`
	// Error is what the system said of a failure, the end of its log
	// included; empty otherwise.
	Error string `json:"error,omitempty"`
	// Links lead to more.
	Links []Link `json:"links,omitempty"`
}

// String returns one line for a person: "task 123: building (OPEN, 40%)".
func (s Status) String() string {
	out := s.ID + ": " + s.State.String()
	switch {
	case s.Percent != nil && s.Detail != "":
		out += fmt.Sprintf(" (%s, %.0f%%)", s.Detail, *s.Percent)
	case s.Percent != nil:
		out += fmt.Sprintf(" (%.0f%%)", *s.Percent)
	case s.Detail != "":
		out += " (" + s.Detail + ")"
	}
	if s.Error != "" {
		out += ": " + s.Error
	}
	return out
}

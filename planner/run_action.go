// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ActionKind tells what a run wants done. The zero value is [ActionBuild].
type ActionKind uint8

// The action kinds.
const (
	// ActionBuild starts a build. Answered by [EventStarted], then
	// [EventBuilt] or [EventFailed].
	ActionBuild ActionKind = iota
	// ActionAwaitRepo waits until Artifact can be used by others. Answered
	// by [EventStarted] (waiting), then [EventAvailable] or [EventFailed].
	ActionAwaitRepo
	// ActionGate asks for a decision about Artifact or, for a gate over
	// many, about Members. Answered by [EventStarted], then [EventPassed] or
	// [EventFailed].
	ActionGate
	// ActionCancel stops the work called Ref, which was action Of. Answered
	// by [EventStarted] alone.
	ActionCancel
	// ActionNotify tells people of a failure that only they can repair.
	// Answered by [EventStarted] alone.
	ActionNotify
	actionKinds = iota
)

var actionKindNames = [actionKinds]string{"build", "repo", "gate", "cancel", "notify"}

// String returns the kind's name in lower case, or "ActionKind(n)" for a
// number outside the list.
func (k ActionKind) String() string { return enumString(k, actionKindNames[:], "ActionKind") }

// MarshalText returns the kind's name; it fails for a number outside the list.
func (k ActionKind) MarshalText() ([]byte, error) {
	return enumMarshal(k, actionKindNames[:], "action kind")
}

// UnmarshalText reads a name as [ActionKind.String] writes it. Other text is
// an error that wraps [ErrInvalid].
func (k *ActionKind) UnmarshalText(text []byte) error {
	return enumUnmarshal(k, text, actionKindNames[:], "action kind")
}

// A Key names one action of a run for good: "build/rpms/bash/1/2" is the
// second attempt at the first pass of rpms/bash. The same state of a run always
// gives the same keys, so that the effect of an action can be found again by
// its key after a crash. A repeated step of one attempt ends in ".2", ".3".
type Key string

func makeKey(kind ActionKind, id ID, pass, attempt, try int32) Key {
	b := make([]byte, 0, len(id)+24)
	b = append(b, kind.String()...)
	b = append(b, '/')
	b = append(b, id...)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(pass), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(attempt), 10)
	if try > 1 {
		b = append(b, '.')
		b = strconv.AppendInt(b, int64(try), 10)
	}
	return Key(b)
}

type keyParts struct {
	kind               ActionKind
	id                 ID
	pass, attempt, try int32
}

func (k Key) parse() (p keyParts, err error) {
	bad := fmt.Errorf("malformed key %q: %w", string(k), ErrInvalid)
	kind, rest, ok := strings.Cut(string(k), "/")
	if !ok || p.kind.UnmarshalText([]byte(kind)) != nil {
		return p, bad
	}
	i := strings.LastIndexByte(rest, '/')
	if i < 0 {
		return p, bad
	}
	j := strings.LastIndexByte(rest[:i], '/')
	if j <= 0 {
		return p, bad
	}
	p.id = ID(rest[:j])
	attempt, try, repeated := strings.Cut(rest[i+1:], ".")
	p.try = 1
	for _, f := range []struct {
		text string
		to   *int32
	}{{rest[j+1 : i], &p.pass}, {attempt, &p.attempt}, {try, &p.try}} {
		if f.text == "" && f.to == &p.try && !repeated {
			continue
		}
		n, err := strconv.ParseInt(f.text, 10, 32)
		if err != nil || n < 0 {
			return p, bad
		}
		*f.to = int32(n)
	}
	if makeKey(p.kind, p.id, p.pass, p.attempt, p.try) != k {
		return p, bad
	}
	return p, nil
}

// An Action is something that a run wants done, a value to hand to whoever
// does it.
type Action struct {
	// Kind is what to do.
	Kind ActionKind `json:"kind"`
	// Key names the action for good; events that answer it carry the key.
	Key Key `json:"key"`
	// ID is the node that is built, waited for or judged; for a gate over
	// many it is "gate:" and the gate's name.
	ID ID `json:"id"`
	// Pass counts from 1; it is above 1 only inside cycle groups.
	Pass int `json:"pass,omitempty"`
	// Attempt counts the builds of this pass from 1.
	Attempt int `json:"attempt,omitempty"`
	// Bootstrap asks for the node's bootstrap variant.
	Bootstrap bool `json:"bootstrap,omitempty"`
	// Members are all nodes of a group that is built together, or what a
	// gate over many judges; nil otherwise.
	Members []ID `json:"members,omitempty"`
	// Artifact is the result that is waited for or judged.
	Artifact string `json:"artifact,omitempty"`
	// Gates are the names of the gates that must be passed.
	Gates []string `json:"gates,omitempty"`
	// Of is the action to cancel, or the one whose failure is told.
	Of Key `json:"of,omitempty"`
	// Ref is what the outside calls the work to cancel.
	Ref string `json:"ref,omitempty"`
	// Detail is what a notification says.
	Detail string `json:"detail,omitempty"`
	// Blocks is the number of nodes that the told failure holds up.
	Blocks int `json:"blocks,omitempty"`
	// Remaining is the longest chain of work from here to the end of the
	// plan, by which builds are ordered.
	Remaining time.Duration `json:"remaining,omitempty"`
}

// String returns one line for a person: "build rpms/bash (pass 2)".
func (a Action) String() string {
	out := a.Kind.String() + " " + string(a.ID)
	if a.Bootstrap {
		out += " (bootstrap)"
	}
	if a.Pass > 1 {
		out += fmt.Sprintf(" (pass %d)", a.Pass)
	}
	if a.Attempt > 1 {
		out += fmt.Sprintf(" (attempt %d)", a.Attempt)
	}
	if a.Artifact != "" {
		out += ": " + a.Artifact
	}
	return out
}

// InFlight is an action that was taken in hand and has not ended.
type InFlight struct {
	Action
	// Started tells that the effect is known to have happened; false
	// between [EventDispatched] and [EventStarted].
	Started bool `json:"started"`
	// Since is when it was taken in hand.
	Since time.Duration `json:"since"`
}

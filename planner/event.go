// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"time"
)

// EventKind tells what happened. The zero value is [EventTick].
type EventKind uint8

// The event kinds. Those up to EventPassed answer an action of the run and
// carry its [Key]; the others come from outside and carry an [ID] or [Event.IDs].
const (
	// EventTick says only that time has passed.
	EventTick EventKind = iota
	// EventDispatched says that an action was taken in hand: it is not owed
	// any more, and its effect may or may not have happened.
	EventDispatched
	// EventStarted says that an action's effect has happened; Ref is what
	// the outside calls it (a task id).
	EventStarted
	// EventBuilt says that a build ended well; Artifact is its result (an
	// NVR), Inputs what it was built against as far as known, Same that the
	// result is equivalent to what was there before.
	EventBuilt
	// EventAvailable says that a result can be used by others: it is in the
	// repository that they build from.
	EventAvailable
	// EventPassed says that a gate was passed. It may follow EventFailed on
	// the same key: a waiver came.
	EventPassed
	// EventFailed says that the step with this key failed; Failure is how.
	EventFailed
	// EventFixArrived says that somebody else made a build of ID: Artifact.
	EventFixArrived
	// EventChanged says that the nodes in IDs have new content, so that the
	// run also owes what depends on them. Ref may name the change; a change
	// with a Ref that was told before changes nothing.
	EventChanged
	// EventEquivalent says that the newest result of ID is equivalent to the
	// one before: what needs it loses this reason to be rebuilt.
	EventEquivalent
	// EventOverride lets work go on in spite of a failure. For a failed or
	// canceled ID: what needs it is built against its previous result. For a
	// blocked ID: it is built against what is there. Both are debts that
	// are rebuilt when the failure is repaired; see [Run.Debts].
	EventOverride
	// EventRetry asks for another attempt at the failed or canceled ID.
	EventRetry
	// EventCancel takes the nodes in IDs out of the run; without IDs,
	// everything that is not done.
	EventCancel
	// EventHold stops new builds until EventRelease; Detail says why.
	EventHold
	// EventRelease ends a hold, also that of a plan over its limits.
	EventRelease
	eventKinds = iota
)

var eventKindNames = [eventKinds]string{
	"tick", "dispatched", "started", "built", "available", "passed", "failed", "fix-arrived",
	"changed", "equivalent", "override", "retry", "cancel", "hold", "release",
}

// String returns the kind's name in lower case, or "EventKind(n)" for a number
// outside the list.
func (k EventKind) String() string { return enumString(k, eventKindNames[:], "EventKind") }

// MarshalText returns the kind's name; it fails for a number outside the list.
func (k EventKind) MarshalText() ([]byte, error) {
	return enumMarshal(k, eventKindNames[:], "event kind")
}

// UnmarshalText reads a name as [EventKind.String] writes it. Other text is an
// error that wraps [ErrInvalid].
func (k *EventKind) UnmarshalText(text []byte) error {
	return enumUnmarshal(k, text, eventKindNames[:], "event kind")
}

// FailureKind tells how a step failed, which decides whether it is tried
// again. The zero value is [FailureBuild].
type FailureKind uint8

// The failure kinds.
const (
	// FailureBuild is a build that would fail again: it blocks at once
	// unless [Retries.Build] says otherwise.
	FailureBuild FailureKind = iota
	// FailureFlaky is a build that may succeed when tried again.
	FailureFlaky
	// FailureInfra is trouble of the machinery: a builder died, a
	// repository could not be made.
	FailureInfra
	// FailureTimeout is a step that took too long.
	FailureTimeout
	// FailureGate is a decision against a result.
	FailureGate
	// FailureStale is a build that turned out to have been made against
	// something older than what was available.
	FailureStale
	// FailureCanceled is a step that somebody outside stopped.
	FailureCanceled
	failureKinds = iota
)

var failureKindNames = [failureKinds]string{"build", "flaky", "infra", "timeout", "gate", "stale", "canceled"}

// String returns the kind's name in lower case, or "FailureKind(n)" for a
// number outside the list.
func (k FailureKind) String() string { return enumString(k, failureKindNames[:], "FailureKind") }

// MarshalText returns the kind's name; it fails for a number outside the list.
func (k FailureKind) MarshalText() ([]byte, error) {
	return enumMarshal(k, failureKindNames[:], "failure kind")
}

// UnmarshalText reads a name as [FailureKind.String] writes it. Other text is
// an error that wraps [ErrInvalid].
func (k *FailureKind) UnmarshalText(text []byte) error {
	return enumUnmarshal(k, text, failureKindNames[:], "failure kind")
}

// An Event is something that happened, told to [Run.Apply]. Which fields
// matter depends on Kind; the others stay zero.
type Event struct {
	// Kind is what happened.
	Kind EventKind `json:"kind"`
	// At is when, as time since the run began. A time before the run's
	// newest event counts as that event's time; a negative one is refused.
	At time.Duration `json:"at,omitempty"`
	// Key names the action that the event answers.
	Key Key `json:"key,omitempty"`
	// ID is the node that the event speaks of.
	ID ID `json:"id,omitempty"`
	// IDs are the nodes that changed or are canceled.
	IDs []ID `json:"ids,omitempty"`
	// Ref is what the outside calls the work that started, or the change.
	Ref string `json:"ref,omitempty"`
	// Artifact is the result: an NVR, a digest.
	Artifact string `json:"artifact,omitempty"`
	// Inputs is what a build was really made against, from its buildroot
	// listing; nil means unknown. An input whose ID belongs to the run and
	// whose artifact is not the newest available one makes the build stale.
	Inputs []Input `json:"inputs,omitempty"`
	// Results are the results of the further members of a group that is
	// built together.
	Results []Input `json:"results,omitempty"`
	// Same marks a result that is equivalent to what it replaces.
	Same bool `json:"same,omitempty"`
	// Failure is how a step failed.
	Failure FailureKind `json:"failure,omitempty"`
	// Detail is the system's own text: the end of a log, a reason.
	Detail string `json:"detail,omitempty"`
}

// String returns one line for a person: "failed build/rpms/a/1/1: infra: ...".
func (e Event) String() string {
	out := e.Kind.String()
	switch {
	case e.Key != "":
		out += " " + string(e.Key)
	case e.ID != "":
		out += " " + string(e.ID)
	case len(e.IDs) == 1:
		out += " " + string(e.IDs[0])
	case len(e.IDs) > 1:
		out += fmt.Sprintf(" %s and %d more", e.IDs[0], len(e.IDs)-1)
	}
	switch {
	case e.Artifact != "":
		out += ": " + e.Artifact
	case e.Kind == EventFailed:
		out += ": " + e.Failure.String()
	case e.Ref != "":
		out += ": " + e.Ref
	}
	if e.Same {
		out += " (equivalent)"
	}
	if e.Detail != "" {
		out += ": " + e.Detail
	}
	return out
}

// Input is an artifact of a node: one thing that a result was built against,
// or a result itself.
type Input struct {
	ID       ID     `json:"id"`
	Artifact string `json:"artifact"`
}

// An EventError tells why [Run.Apply] refused an event. The run is then as it
// was before. It wraps [ErrInvalid], [ErrNotFound] or [ErrConflict].
type EventError struct {
	// Event is what was told.
	Event Event
	// Err is why it makes no sense.
	Err error
}

// Error names the event and the reason.
func (e *EventError) Error() string {
	return "planner: event " + e.Event.String() + ": " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *EventError) Unwrap() error { return e.Err }

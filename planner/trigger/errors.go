// SPDX-License-Identifier: MIT

package trigger

import (
	"errors"
	"fmt"
)

// The reasons for which a message is set aside; test with [errors.Is].
var (
	// ErrMalformed: not JSON, truncated, no topic, or a body that lacks
	// what its topic cannot do without.
	ErrMalformed = errors.New("malformed message")
	// ErrTooLarge: longer than [Inbox.MaxBytes].
	ErrTooLarge = errors.New("message too large")
	// ErrForged: the message contradicts the way it came, or another
	// message with its id.
	ErrForged = errors.New("forged message")
	// ErrDuplicate: the message was accepted before.
	ErrDuplicate = errors.New("duplicate message")
	// ErrInvalid: a rule, list or option of the caller is wrong.
	ErrInvalid = errors.New("invalid")
)

// An Error says which message was set aside and why. It wraps one of
// [ErrMalformed], [ErrTooLarge], [ErrForged] and [ErrDuplicate].
type Error struct {
	// Topic and ID are the message's, "" where they could not be read.
	Topic, ID string
	// Err is the reason.
	Err error
}

// Error names the message and the reason.
func (e *Error) Error() string {
	switch {
	case e.Topic == "" && e.ID == "":
		return "trigger: " + e.Err.Error()
	case e.ID == "":
		return fmt.Sprintf("trigger: %s: %v", e.Topic, e.Err)
	}
	return fmt.Sprintf("trigger: %s %s: %v", e.Topic, e.ID, e.Err)
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

func malformed(topic, id, format string, args ...any) error {
	return &Error{Topic: topic, ID: id, Err: fmt.Errorf("%w: %w", ErrMalformed, fmt.Errorf(format, args...))}
}

// SPDX-License-Identifier: MIT

package drive

import (
	"errors"
	"fmt"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Errors that callers branch on with [errors.Is].
var (
	// ErrLocked tells that another driver holds the journal; the error is a
	// [*LockedError].
	ErrLocked = errors.New("journal is in use")
	// ErrFormat tells that a journal is of a format this version does not
	// know.
	ErrFormat = errors.New("unknown journal format")
	// ErrOtherPlan tells that a journal belongs to another plan or to other
	// options.
	ErrOtherPlan = errors.New("journal of another run")
	// ErrCorrupt tells that a journal is damaged before its last line; the
	// error is a [*JournalError] and names the line.
	ErrCorrupt = errors.New("damaged journal")
	// ErrStuck tells that everything that could be done is done, and the rest
	// waits for a person: failures to repair, or a run that is held.
	ErrStuck = errors.New("run waits for a person")
)

// A LockedError names the driver that holds a journal. It wraps [ErrLocked].
type LockedError struct {
	// Dir is the journal's folder.
	Dir string
	// PID, Host and Since tell who holds it; zero when that is not known.
	PID   int
	Host  string
	Since time.Time
}

// Error names the folder and the holder.
func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("drive: %s: %v", e.Dir, ErrLocked)
	}
	return fmt.Sprintf("drive: %s: %v by process %d on %s since %s", e.Dir, ErrLocked, e.PID, e.Host, e.Since.Format(time.RFC3339))
}

// Unwrap returns [ErrLocked].
func (e *LockedError) Unwrap() error { return ErrLocked }

// A JournalError tells what is wrong with a journal and where. It wraps one of
// the sentinels or the error of the file system.
type JournalError struct {
	// Path is the journal's file, Line the line counted from 1, 0 when the
	// error is not about one.
	Path string
	Line int
	// Err is what is wrong.
	Err error
}

// Error names the file, the line and what is wrong.
func (e *JournalError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("drive: %s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("drive: %s:%d: %v", e.Path, e.Line, e.Err)
}

// Unwrap returns what is wrong.
func (e *JournalError) Unwrap() error { return e.Err }

// A FailedError is an Actor's word that an action has failed for good, as
// opposed to could not be tried: see [Failed].
type FailedError struct {
	// Kind is how it failed.
	Kind planner.FailureKind
	// Err is the system's answer.
	Err error
}

// Error names the kind and the answer.
func (e *FailedError) Error() string { return e.Kind.String() + ": " + e.Err.Error() }

// Unwrap returns the system's answer.
func (e *FailedError) Unwrap() error { return e.Err }

// Failed marks an error of [Actor.Start] as the end of the action: the run is
// told of a failure of that kind, and its retry rules apply. Any other error
// means that the action could not be tried; the driver looks whether it was
// done all the same and tries again later.
func Failed(kind planner.FailureKind, err error) error {
	if err == nil {
		return nil
	}
	return &FailedError{Kind: kind, Err: err}
}

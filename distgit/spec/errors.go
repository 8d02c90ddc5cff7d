// SPDX-License-Identifier: MIT

package spec

import (
	"errors"
	"fmt"
	"strings"
)

// Sentinels for what callers branch on. An [*Error] wraps one of them.
var (
	// ErrSyntax is returned for text that rpm itself could not read at all,
	// such as a macro that is never closed.
	ErrSyntax = errors.New("not a well-formed spec file")
	// ErrConflict is returned when merge conflict markers were committed.
	ErrConflict = errors.New("merge conflict markers")
	// ErrBinary is returned for data with NUL bytes: not a spec file.
	ErrBinary = errors.New("binary data")
	// ErrTooLarge is returned for data over the size limit.
	ErrTooLarge = errors.New("over the size limit")
	// ErrNoRelease is returned when there is no Release tag to bump.
	ErrNoRelease = errors.New("no release to bump")
	// ErrNotBumpable is returned when the release is made by a shell command,
	// Lua, an expression or something else that text editing can't increase.
	ErrNotBumpable = errors.New("release cannot be bumped")
	// ErrNotIncreased is returned when the edit would leave epoch, version and
	// release where they are, or lower them.
	ErrNotIncreased = errors.New("release would not increase")
	// ErrProcessed is returned for specs that rpmautospec has already
	// processed: they come out of a source package, not out of dist-git.
	ErrProcessed = errors.New("already processed by rpmautospec")
	// ErrRejected is returned for spec files that rpm refuses: unknown tags,
	// missing fields, bad versions, conditions that don't parse.
	ErrRejected = errors.New("rpm would refuse it")
	// ErrInvalid is returned for options that make no sense, before any work.
	ErrInvalid = errors.New("invalid options")
)

// Error says what is wrong with a spec file and where. Err is one of the
// package's sentinels.
type Error struct {
	File string // name as given by the caller, may be empty
	Line int    // 1-based; 0 when the whole file is meant
	Msg  string
	Err  error
}

// Error returns "spec: FILE:LINE: text".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("spec: ")
	if e.File != "" {
		b.WriteString(e.File)
		b.WriteByte(':')
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "%d:", e.Line)
	}
	if e.File != "" || e.Line > 0 {
		b.WriteByte(' ')
	}
	if e.Err != nil {
		b.WriteString(e.Err.Error())
		if e.Msg != "" {
			b.WriteString(": ")
		}
	}
	b.WriteString(e.Msg)
	return b.String()
}

// Unwrap returns the sentinel, so that errors.Is works.
func (e *Error) Unwrap() error { return e.Err }

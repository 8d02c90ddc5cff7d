// SPDX-License-Identifier: MIT

package comps

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// Errors that callers branch on with [errors.Is].
var (
	// ErrInvalid is wrapped by every error about what a document or an edit
	// says.
	ErrInvalid = errors.New("invalid")
	// ErrNotFound is wrapped when an edit or a question names what is not
	// there.
	ErrNotFound = errors.New("not found")
	// ErrExist is wrapped when an edit adds what is there already.
	ErrExist = errors.New("already there")
)

// An Error says what is wrong with a document, and where. It is [ErrInvalid].
type Error struct {
	// Line and Column begin with 1; 0 for documents made by a program.
	Line, Column int
	// Path leads to the place: "group[2]/packagelist/packagereq[5]", counted
	// from 1; empty when the XML itself is broken.
	Path string
	// Err is the reason.
	Err error
}

// Error returns "comps: line 12: group[2]: the id is missing".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("comps: ")
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	return b.String() + e.Err.Error()
}

// Is reports whether target is [ErrInvalid].
func (e *Error) Is(target error) bool { return target == ErrInvalid }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Failures are all that is wrong with a document, in the order of its lines.
type Failures []*Error

// Error returns one line for each, at most ten.
func (f Failures) Error() string {
	var lines []string
	for i, e := range f {
		if i == 10 {
			lines = append(lines, fmt.Sprintf("and %d more", len(f)-i))
			break
		}
		lines = append(lines, e.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the faults one by one.
func (f Failures) Unwrap() []error {
	out := make([]error, len(f))
	for i, e := range f {
		out[i] = e
	}
	return out
}

func byLine(a, b *Error) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// SPDX-License-Identifier: MIT

package modulemd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Class sorts what can be wrong with a document. The names are the
// reference library's.
type Class int

// The classes of errors.
const (
	ClassUnparseable  Class = iota + 1 // not YAML
	ClassParse                         // YAML of the wrong shape or type
	ClassMissing                       // a mandatory key or value is absent
	ClassInconsistent                  // two parts of a document contradict each other
	ClassUnknownKey                    // a key nobody knows, in strict reading
	ClassValidate                      // well-formed, but against a rule
	ClassUpgrade                       // a conversion that does not exist
	ClassLimit                         // over one of the limits of Options
)

// Sentinels, one per class, for errors.Is.
var (
	ErrUnparseable  = errors.New("not valid YAML")
	ErrParse        = errors.New("unexpected shape or type")
	ErrMissing      = errors.New("required value is missing")
	ErrInconsistent = errors.New("inconsistent")
	ErrUnknownKey   = errors.New("unknown key")
	ErrValidate     = errors.New("invalid")
	ErrUpgrade      = errors.New("cannot be converted")
	ErrLimit        = errors.New("limit reached")
)

var classes = [...]struct {
	name string
	err  error
}{
	ClassUnparseable:  {"UNPARSEABLE", ErrUnparseable},
	ClassParse:        {"PARSE", ErrParse},
	ClassMissing:      {"MISSING_REQUIRED", ErrMissing},
	ClassInconsistent: {"INCONSISTENT", ErrInconsistent},
	ClassUnknownKey:   {"UNKNOWN_ATTR", ErrUnknownKey},
	ClassValidate:     {"VALIDATE", ErrValidate},
	ClassUpgrade:      {"UPGRADE", ErrUpgrade},
	ClassLimit:        {"LIMIT", ErrLimit},
}

// String returns the class's name, such as PARSE; an unknown value prints as
// Class(99).
func (c Class) String() string {
	if c <= 0 || int(c) >= len(classes) {
		return "Class(" + strconv.Itoa(int(c)) + ")"
	}
	return classes[c].name
}

// MarshalText returns the name of the class.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (c *Class) UnmarshalText(b []byte) error {
	for i, k := range classes {
		if k.name == string(b) && i > 0 {
			*c = Class(i)
			return nil
		}
	}
	return fmt.Errorf("modulemd: unknown error class %q", b)
}

// Error is one fault of one document. errors.Is finds the sentinel of its
// class, such as [ErrValidate].
type Error struct {
	File     string // name given in Options, may be empty
	Document int    // number of the document in its file, from 1; 0 for values made by a program
	Line     int    // in the file, from 1; 0 when there is no file
	Column   int    // in characters, from 1; 0 when there is no file
	Path     string // "data.components.rpms.bar.buildorder"; empty for the whole document
	Class    Class
	Msg      string
}

// Error returns "file:line:column: path: message".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("modulemd: ")
	if e.File != "" {
		b.WriteString(e.File)
		b.WriteByte(':')
	}
	if e.Line > 0 {
		if e.File == "" {
			b.WriteString("line ")
		}
		fmt.Fprintf(&b, "%d:%d:", e.Line, e.Column)
	}
	if e.File != "" || e.Line > 0 {
		b.WriteByte(' ')
	}
	if e.Path != "" {
		b.WriteString(e.Path)
		b.WriteString(": ")
	}
	b.WriteString(e.Msg)
	return b.String()
}

// Unwrap returns the sentinel of the class.
func (e *Error) Unwrap() error {
	if e.Class <= 0 || int(e.Class) >= len(classes) {
		return nil
	}
	return classes[e.Class].err
}

// Failures are all the faults that were found, in the order of the input. It
// is the error that loading and validation return; errors.As and errors.Is
// look into each.
type Failures []*Error

// Error returns the faults one per line, at most ten of them.
func (f Failures) Error() string {
	var b strings.Builder
	for i, e := range f {
		if i == 10 {
			fmt.Fprintf(&b, "\nmodulemd: and %d more", len(f)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	return b.String()
}

// Unwrap returns the faults one by one.
func (f Failures) Unwrap() []error {
	errs := make([]error, len(f))
	for i, e := range f {
		errs[i] = e
	}
	return errs
}

// Documents returns how many documents the faults are in.
func (f Failures) Documents() int {
	n, last := 0, -1
	for _, e := range f {
		if e.Document != last {
			n, last = n+1, e.Document
		}
	}
	return n
}

// err returns f as an error, nil when it is empty.
func (f Failures) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

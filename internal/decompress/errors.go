// SPDX-License-Identifier: MIT

package decompress

import (
	"errors"
	"fmt"
	"strings"
)

// What went wrong, for errors.Is.
var (
	// ErrTruncated means that the data ends in the middle of a packed part.
	ErrTruncated = errors.New("truncated")
	// ErrCorrupt means that the packed data contradicts itself, a checksum
	// included, or that something else follows it.
	ErrCorrupt = errors.New("corrupt")
	// ErrTooLarge means that a limit of Options was reached: more output, or
	// a larger window, than allowed.
	ErrTooLarge = errors.New("too large")
	// ErrUnsupported means a format, or a feature of one, that is recognised
	// but not read.
	ErrUnsupported = errors.New("unsupported")
)

// Error says what could not be unpacked and why.
type Error struct {
	Name   string // file name as given, may be empty
	Format Format // what the first bytes said
	In     int64  // packed bytes taken from the source, read-ahead included
	Out    int64  // unpacked bytes delivered before the error
	Msg    string // detail, may be empty
	Err    error  // one of the package's sentinels, or the source's own error
}

// Error returns "name: gzip: truncated after 4096 bytes: detail".
func (e *Error) Error() string {
	var b strings.Builder
	if e.Name != "" {
		b.WriteString(e.Name)
		b.WriteString(": ")
	}
	if e.Format != Plain {
		b.WriteString(e.Format.String())
		b.WriteString(": ")
	}
	fmt.Fprintf(&b, "%v after %d bytes", e.Err, e.Out)
	if e.Msg != "" {
		b.WriteString(": ")
		b.WriteString(e.Msg)
	}
	return b.String()
}

// Unwrap returns the sentinel or the source's error.
func (e *Error) Unwrap() error { return e.Err }

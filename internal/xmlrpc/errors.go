// SPDX-License-Identifier: MIT

package xmlrpc

import (
	"errors"
	"fmt"
	"strings"

	kolo "github.com/kolo/xmlrpc"
)

// FaultError is a fault as the peer sent it. It is the type that users of
// kolo/xmlrpc know, so that errors.As finds it in either world.
type FaultError = kolo.FaultError

// Classes of [Error], for errors.Is.
var (
	// ErrSyntax: the document is not well-formed XML or not XML-RPC.
	ErrSyntax = errors.New("malformed document")
	// ErrType: a value does not fit the Go value it is meant for.
	ErrType = errors.New("unexpected type")
	// ErrLimit: the document exceeds one of the Options.
	ErrLimit = errors.New("limit exceeded")
	// ErrEncode: a Go value can't be written as XML-RPC.
	ErrEncode = errors.New("value can't be encoded")
)

// An Error tells what is wrong with a document or a value, and where.
type Error struct {
	// Path leads to the place: "result[12].epoch", "params[0]".
	Path string
	// Offset is the number of bytes read before the place; -1 when encoding.
	Offset int64
	// Msg says what is wrong.
	Msg string
	// Err is the class of the error, or the reader's own error.
	Err error
}

// Error returns the path, the message and the offset in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("xmlrpc: ")
	if e.Path != "" {
		b.WriteString(e.Path)
		b.WriteString(": ")
	}
	b.WriteString(e.Msg)
	if e.Offset >= 0 {
		fmt.Fprintf(&b, " (at byte %d)", e.Offset)
	}
	return b.String()
}

// Unwrap returns the class, or the reader's error.
func (e *Error) Unwrap() error { return e.Err }

// within puts a step before the path of an error on its way up.
func within(err error, step string) error {
	if e, ok := err.(*Error); ok {
		e.Path = step + e.Path
	}
	return err
}

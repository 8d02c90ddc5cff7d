// SPDX-License-Identifier: MIT

package compose

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// The kinds of failure that callers branch on, with errors.Is.
var (
	ErrNotFound     = errors.New("not found")
	ErrUnauthorized = errors.New("unauthorized")
	ErrForbidden    = errors.New("forbidden")
	ErrConflict     = errors.New("conflict")
	ErrInvalid      = errors.New("invalid")
	ErrUnavailable  = errors.New("unavailable")

	// ErrVersion says that metadata is of a major version that is not known.
	ErrVersion = errors.New("metadata version is not supported")
	// ErrPath says that metadata holds a path that is absolute or leads out
	// of the compose.
	ErrPath = errors.New("path leads out of the compose")
)

// Error says what was read, where in it the trouble is, and what it is.
type Error struct {
	Op     string // "GET /composes/", or the kind of metadata: "rpms"
	Status int    // HTTP status, 0 if none
	Path   string // the place within the metadata, such as payload.images.Server
	Msg    string // what is wrong, without secrets
	Err    error  // one of the sentinels, or the error below
}

// Error returns the operation, the place and the words.
func (e *Error) Error() string {
	parts := []string{"compose"}
	for _, s := range []string{e.Op, e.Path} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if e.Status != 0 {
		parts = append(parts, fmt.Sprint(e.Status))
	}
	switch {
	case e.Msg != "":
		parts = append(parts, e.Msg)
	case e.Err != nil:
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Is lets errors.Is match the file errors of the standard library.
func (e *Error) Is(target error) bool {
	return transport.Sentinels{NotFound: ErrNotFound, Unauthorized: ErrUnauthorized, Forbidden: ErrForbidden, Conflict: ErrConflict}.Standard(e.Err, target)
}

// LogValue groups the fields for slog.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(slog.String("op", e.Op), slog.String("path", e.Path),
		slog.Int("status", e.Status), slog.String("msg", e.Error()))
}

// invalid makes the error of a document that breaks a rule at a place.
func invalid(op, path, format string, args ...any) *Error {
	return &Error{Op: op, Path: path, Msg: fmt.Sprintf(format, args...), Err: ErrInvalid}
}

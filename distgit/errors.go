// SPDX-License-Identifier: MIT

package distgit

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// What callers branch on; each error of this package and of distgit/git wraps
// at most one of them. Some also match the standard library's: [ErrNotFound]
// is fs.ErrNotExist, [ErrUnauthorized] and [ErrForbidden] are
// fs.ErrPermission, [ErrConflict] is fs.ErrExist.
var (
	// ErrNotFound says that the repository, branch, commit or file is not there
	// (or not to be seen with these credentials).
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized says that credentials are missing, wrong or expired.
	ErrUnauthorized = errors.New("not authorized")
	// ErrForbidden says that the credentials don't allow it.
	ErrForbidden = errors.New("forbidden")
	// ErrConflict says that something else is already there, or was changed
	// meanwhile.
	ErrConflict = errors.New("conflict")
	// ErrInvalid says that the request can't be right, whoever sends it.
	ErrInvalid = errors.New("invalid")
	// ErrUnavailable says that the server can't answer now; later may do.
	ErrUnavailable = errors.New("unavailable")
	// ErrUnsupported says that this forge has no such operation.
	ErrUnsupported = errors.New("not supported by this forge")
)

// Error tells what was asked of a dist-git, and what came back.
type Error struct {
	Op     string // what was done: "GET /api/0/rpms/bash", "parse repository"
	Status int    // HTTP status, 0 if none
	Code   string // Pagure's error_code, such as "ENOPROJECT"; "" elsewhere
	Msg    string // the server's text, trimmed, without secrets
	Err    error  // one of the sentinels, or the transport's error; nil if neither
}

// Error returns "distgit: <op>: <text>".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("distgit: ")
	b.WriteString(e.Op)
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	if e.Msg != "" {
		b.WriteString(": ")
		b.WriteString(e.Msg)
	}
	if e.Code != "" {
		b.WriteString(" (")
		b.WriteString(e.Code)
		b.WriteString(")")
	}
	return b.String()
}

// Unwrap returns [Error.Err].
func (e *Error) Unwrap() error { return e.Err }

// Is makes the package's sentinels match those of io/fs, for callers that
// handle several clients alike.
func (e *Error) Is(target error) bool {
	if target == fs.ErrInvalid {
		return errors.Is(e.Err, ErrInvalid)
	}
	return transport.Sentinels{NotFound: ErrNotFound, Unauthorized: ErrUnauthorized, Forbidden: ErrForbidden, Conflict: ErrConflict}.Standard(e.Err, target)
}

// LogValue groups the fields for slog.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("op", e.Op)}
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("status", e.Status))
	}
	if e.Code != "" {
		attrs = append(attrs, slog.String("code", e.Code))
	}
	if e.Msg != "" {
		attrs = append(attrs, slog.String("msg", e.Msg))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	return slog.GroupValue(attrs...)
}

// statusError maps an HTTP status to its sentinel, nil for one without.
func statusError(status int) error {
	switch status {
	case 401:
		return ErrUnauthorized
	case 403, 423:
		return ErrForbidden
	case 404, 410:
		return ErrNotFound
	case 409:
		return ErrConflict
	case 400, 405, 411, 413, 414, 415, 422:
		return ErrInvalid
	case 408, 425, 429, 500, 502, 503, 504, 507:
		return ErrUnavailable
	}
	return nil
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// SPDX-License-Identifier: MIT

package ci

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/seed-f134cc8e/relkit/internal/jsonapi"
	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// Sentinels for what callers branch on; test with errors.Is.
var (
	ErrNotFound     = errors.New("not found")            // 404; for decisions: no policy applies
	ErrUnauthorized = errors.New("not authenticated")    // 401
	ErrForbidden    = errors.New("not permitted")        // 403
	ErrConflict     = errors.New("conflict")             // 409
	ErrInvalid      = errors.New("invalid request")      // 400, 415, 422, and requests refused before sending
	ErrUnavailable  = errors.New("service unavailable")  // no connection, 429, 5xx, unreadable answers
	errStatus       = errors.New("unexpected HTTP code") // anything else
)

// Error is the failure of one request.
type Error struct {
	Service string // "resultsdb", "waiverdb", "greenwave"
	Op      string // "GET /results/5"
	Status  int    // HTTP status, 0 without an answer
	Msg     string // the server's words, without secrets
	Err     error  // one of the sentinels, or the transport's error
}

// Error returns "greenwave: POST /decision: 404: words of the server".
func (e *Error) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("%s: %s: %d: %s", e.Service, e.Op, e.Status, e.Msg)
	}
	return fmt.Sprintf("%s: %s: %s", e.Service, e.Op, e.Msg)
}

// Unwrap returns the sentinel or the transport's error.
func (e *Error) Unwrap() error { return e.Err }

// Is also matches fs.ErrNotExist, fs.ErrPermission and fs.ErrExist, so that
// one check serves all clients.
func (e *Error) Is(target error) bool {
	return transport.Sentinels{NotFound: ErrNotFound, Unauthorized: ErrUnauthorized, Forbidden: ErrForbidden, Conflict: ErrConflict}.Standard(e.Err, target)
}

// LogValue groups the fields for slog.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(slog.String("service", e.Service), slog.String("op", e.Op),
		slog.Int("status", e.Status), slog.String("msg", e.Msg))
}

var sentinels = map[jsonapi.Kind]error{
	jsonapi.Other: errStatus, jsonapi.NotFound: ErrNotFound, jsonapi.Unauthorized: ErrUnauthorized,
	jsonapi.Forbidden: ErrForbidden, jsonapi.Conflict: ErrConflict, jsonapi.Invalid: ErrInvalid,
	jsonapi.Unavailable: ErrUnavailable,
}

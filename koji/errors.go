// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/transport"
	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

// Errors that callers branch on. errors.Is on any error of this package finds
// them, and the standard library's counterparts beside them: fs.ErrNotExist
// for ErrNotFound, fs.ErrPermission for ErrUnauthorized and ErrForbidden,
// fs.ErrExist for ErrConflict.
var (
	// ErrNotFound: what was asked for does not exist.
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized: not logged in, or the credentials were refused.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: a permission is missing or a policy says no.
	ErrForbidden = errors.New("forbidden")
	// ErrConflict: it exists already, is locked, or is in use.
	ErrConflict = errors.New("conflict")
	// ErrInvalid: the arguments make no sense; nothing was done.
	ErrInvalid = errors.New("invalid argument")
	// ErrUnavailable: no usable answer came from the hub.
	ErrUnavailable = errors.New("hub unavailable")
	// ErrAlreadyApplied: the hub did what was asked, but its answer was lost
	// on the way and can't be had again. Look at the hub for the outcome; do
	// not repeat the call.
	ErrAlreadyApplied = errors.New("already applied, answer lost")
	// ErrOutcomeUnknown: a call that changes something was sent, and whether
	// the hub carried it out can't be told. Look before repeating it.
	ErrOutcomeUnknown = errors.New("outcome unknown")
)

// An Error is what every method of this package fails with.
type Error struct {
	Op     string    // upstream method: "getBuild"; or what was done: "new client"
	Status int       // HTTP status of an answer that was no hub's answer, else 0
	Code   FaultCode // code of the hub's fault, else 0
	Msg    string    // what the hub said, on one line
	Err    error     // one of the package's sentinels, or what went wrong below

	// Traceback is the hub's whole text when it sent more than one line.
	Traceback string

	negotiate string // WWW-Authenticate of a 401
}

// Error returns one line: what was asked and what was answered.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("koji: ")
	b.WriteString(e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": HTTP %d", e.Status)
		if t := http.StatusText(e.Status); t != "" {
			b.WriteString(" " + t)
		}
	}
	switch {
	case e.Msg != "":
		b.WriteString(": " + e.Msg)
		for _, err := range []error{ErrAlreadyApplied, ErrOutcomeUnknown} {
			if errors.Is(e.Err, err) {
				b.WriteString(" (" + err.Error() + ")")
			}
		}
	case e.Err != nil:
		b.WriteString(": " + strings.TrimPrefix(e.Err.Error(), "xmlrpc: "))
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the fault's code or one of its parents, or the
// standard library's word for the sentinel in Err.
func (e *Error) Is(target error) bool {
	if (transport.Sentinels{NotFound: ErrNotFound, Unauthorized: ErrUnauthorized, Forbidden: ErrForbidden, Conflict: ErrConflict}).Standard(e.Err, target) {
		return true
	}
	if code, ok := target.(FaultCode); ok && e.Code != 0 {
		for c := e.Code; c != 0; c = c.Parent() {
			if c == code {
				return true
			}
		}
	}
	return false
}

// As lets errors.As find the fault as kolo/xmlrpc's FaultError too.
func (e *Error) As(target any) bool {
	if f, ok := target.(*xmlrpc.FaultError); ok && e.Code != 0 {
		*f = xmlrpc.FaultError{Code: int(e.Code), String: e.text()}
		return true
	}
	return false
}

func (e *Error) text() string {
	if e.Traceback != "" {
		return e.Traceback
	}
	return e.Msg
}

// LogValue groups the fields for slog.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("op", e.Op)}
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("status", e.Status))
	}
	if e.Code != 0 {
		attrs = append(attrs, slog.Int("code", int(e.Code)))
	}
	attrs = append(attrs, slog.String("msg", e.Msg))
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	return slog.GroupValue(attrs...)
}

func invalid(op, format string, args ...any) error {
	return &Error{Op: op, Msg: fmt.Sprintf(format, args...), Err: ErrInvalid}
}

func notFound(op, format string, args ...any) error {
	return &Error{Op: op, Msg: fmt.Sprintf(format, args...), Err: ErrNotFound}
}

// fault turns the hub's fault into an Error.
func fault(op string, f xmlrpc.FaultError, hide []string) *Error {
	text := redact(strings.TrimSpace(f.String), hide)
	e := &Error{Op: op, Code: FaultCode(f.Code), Msg: text}
	if strings.ContainsRune(text, '\n') {
		e.Traceback = text
		e.Msg = lastLine(text)
	}
	e.Err = e.Code.sentinel(e.Msg)
	if e.Code == 0 { // no hub uses 0; keep the error recognisable as a fault
		e.Code, e.Err = FaultUnexpected, FaultUnexpected
	}
	return e
}

// lastLine returns what a Python traceback ends with, without the class
// prefix of Koji's own errors and without the lines in which PostgreSQL points
// at its own statement.
func lastLine(text string) string {
	lines := strings.Split(text, "\n")
	last := ""
	for i := len(lines) - 1; i >= 0 && last == ""; i-- {
		if line := strings.TrimSpace(lines[i]); !databaseNote(line) {
			last = line
		}
	}
	if last == "" {
		last = oneLine(text)
	}
	if class, msg, ok := strings.Cut(last, ": "); ok && strings.HasPrefix(class, "koji.") && !strings.Contains(class, " ") {
		return msg
	}
	return last
}

// databaseNote reports whether a line comes after PostgreSQL's message: the
// statement, a caret below it, or a note.
func databaseNote(line string) bool {
	if line == "^" {
		return true
	}
	for _, p := range []string{"LINE ", "DETAIL: ", "HINT: ", "CONTEXT: "} {
		if strings.HasPrefix(line, p) {
			return true
		}
	}
	return false
}

func redact(text string, hide []string) string {
	for _, s := range hide {
		if len(s) > 2 {
			text = strings.ReplaceAll(text, s, "[hidden]")
		}
	}
	return text
}

// broken wraps an error below the hub: no answer, or one that does not read.
func broken(op string, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	e = &Error{Op: op, Err: err}
	var te *transport.Error
	if errors.As(err, &te) {
		e.Msg = strings.TrimPrefix(te.Error(), te.Op+": ")
		e.Status = te.Status
		if te.Status >= 200 && te.Status < 300 {
			e.Status = 0
		}
	}
	var redirect *transport.RedirectError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, transport.ErrTooLarge), errors.As(err, &redirect):
	default:
		e.Err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return e
}

// refused turns an answer that is no hub's into an Error.
func refused(op string, resp *transport.Response, hide []string) *Error {
	e := &Error{Op: op, Status: resp.Status, Msg: redact(page(resp), hide)}
	switch resp.Status {
	case http.StatusUnauthorized:
		e.Err = ErrUnauthorized
	case http.StatusForbidden:
		e.Err = ErrForbidden
	case http.StatusNotFound:
		e.Err = ErrNotFound
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		e.Err = ErrUnavailable
	default:
		e.Err = ErrInvalid
		if resp.Status >= 500 || resp.Status < 400 {
			e.Err = ErrUnavailable
		}
	}
	return e
}

// page returns what an answer other than XML says, on one short line.
func page(resp *transport.Response) string {
	body := string(resp.Body)
	if html(body) {
		if _, after, ok := cutFold(body, "<title>"); ok {
			if title, _, ok := cutFold(after, "</title>"); ok {
				return "a web page: " + oneLine(title)
			}
		}
		return "a web page"
	}
	return oneLine(body)
}

func html(body string) bool {
	head := strings.ToLower(strings.TrimSpace(body[:min(len(body), 200)]))
	return strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html") || strings.HasPrefix(head, "<head")
}

func cutFold(s, sep string) (before, after string, ok bool) {
	i := strings.Index(strings.ToLower(s), sep)
	if i < 0 || i+len(sep) > len(s) {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "..."
	}
	return s
}

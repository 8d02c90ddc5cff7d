// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// What callers branch on, with errors.Is. They also match fs.ErrNotExist,
// fs.ErrPermission and fs.ErrExist where these fit.
var (
	ErrNotFound     = errors.New("not found")
	ErrUnauthorized = errors.New("not authenticated")
	ErrForbidden    = errors.New("permission denied")
	ErrConflict     = errors.New("already exists")
	ErrInvalid      = errors.New("invalid request")

	// ErrUnavailable means that the service can't be reached or its front end
	// says so (429, 502, 503 or 504 without PDC's JSON): waiting helps.
	ErrUnavailable = errors.New("service unavailable")

	// ErrInternal means that PDC itself failed: 500, or 503 with its JSON. It
	// answers so to any unforeseen exception, hence the same request mostly
	// fails again.
	ErrInternal = errors.New("internal error of the server")

	// ErrRedirected means that a write was answered with a redirect, which was
	// not followed since it would have lost the body. The text names where to.
	ErrRedirected = errors.New("redirected")

	// ErrNotModified means that nothing changed since [Query.Since].
	ErrNotModified = errors.New("not modified")

	// ErrUnexpected means an answer that is not PDC's: a login page, broken
	// JSON, or a value of the wrong type.
	ErrUnexpected = errors.New("unexpected answer")
)

// Error is every error of this package. Its text has neither query nor token.
type Error struct {
	Op     string // method and path: "GET /rest_api/v1/releases/"
	Status int    // HTTP status, 0 if there was no answer
	Msg    string // the server's words, or ours
	Err    error  // one of the package's errors, or what went wrong below

	// Fields says which members of the request were wrong, in the order of
	// their paths.
	Fields []FieldError

	// Item is which element of a bulk request was wrong: the key for updates
	// and deletions, the index for creations. Empty otherwise.
	Item string

	// Warning is the pdc-warning header of the answer.
	Warning string
}

// FieldError is what the server said about one member of a request.
type FieldError struct {
	Path     string   // "name", or "branch.type" for nested members
	Messages []string // one or more
}

// Error says which operation failed, and why.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("pdc: ")
	var te *transport.Error
	if errors.As(e.Err, &te) {
		b.WriteString(te.Error())
		return b.String()
	}
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d ", e.Status)
	}
	if e.Item != "" {
		b.WriteString("item " + e.Item + ": ")
	}
	parts := make([]string, 0, len(e.Fields)+1)
	if e.Msg != "" {
		parts = append(parts, e.Msg)
	}
	for _, f := range e.Fields {
		parts = append(parts, f.Path+": "+strings.Join(f.Messages, " "))
	}
	if len(parts) == 0 && e.Err != nil {
		parts = append(parts, e.Err.Error())
	} else if e.Err != nil && !isSentinel(e.Err) {
		parts = append(parts, e.Err.Error())
	}
	b.WriteString(strings.Join(parts, "; "))
	return strings.TrimSpace(b.String())
}

func isSentinel(err error) bool {
	return slices.Contains([]error{ErrNotFound, ErrUnauthorized, ErrForbidden, ErrConflict, ErrInvalid,
		ErrUnavailable, ErrInternal, ErrRedirected, ErrNotModified, ErrUnexpected}, err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Is matches the package's errors and those of io/fs.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnavailable:
		var te *transport.Error
		return errors.As(e.Err, &te) && !e.redirected() && !errors.Is(te, transport.ErrTooLarge) &&
			!errors.Is(te, context.Canceled) && !errors.Is(te, context.DeadlineExceeded)
	case ErrRedirected:
		return e.redirected()
	case fs.ErrNotExist:
		return e.Err == ErrNotFound
	case fs.ErrPermission:
		return e.Err == ErrForbidden || e.Err == ErrUnauthorized
	case fs.ErrExist:
		return e.Err == ErrConflict
	}
	return false
}

func (e *Error) redirected() bool {
	var re *transport.RedirectError
	return errors.As(e.Err, &re)
}

// LogValue groups the fields for slog.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("op", e.Op), slog.Int("status", e.Status), slog.String("msg", e.Msg)}
	if e.Item != "" {
		attrs = append(attrs, slog.String("item", e.Item))
	}
	for _, f := range e.Fields {
		attrs = append(attrs, slog.Any("field."+f.Path, f.Messages))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	return slog.GroupValue(attrs...)
}

// Unknown returns the names that the server called unknown: query parameters,
// names in "fields", or members of the body. Nil if it did not.
func (e *Error) Unknown() []string {
	for _, prefix := range []string{"Unknown query params: ", "Unknown fields: ",
		`Unknown fields in "fields" filter: `, `Unknown fields in "exclude_fields" filter: `} {
		_, list, ok := strings.Cut(e.Msg, prefix)
		if !ok {
			continue
		}
		names := strings.Split(strings.TrimSuffix(list, "."), ", ")
		for i := range names {
			names[i] = strings.Trim(names[i], `"`)
		}
		return names
	}
	return nil
}

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// errorOf maps an answer that is no success.
func errorOf(op string, r *transport.Response) *Error {
	e := &Error{Op: op, Status: r.Status, Warning: r.Header.Get("Pdc-Warning")}
	var doc any
	isJSON := strings.Contains(r.Header.Get("Content-Type"), "json") && json.Unmarshal(r.Body, &doc) == nil
	if isJSON {
		e.read(doc)
	} else {
		e.Msg = pageText(r.Body)
	}
	e.Err = sentinelOf(r.Status, isJSON, e)
	if e.Msg == "" && len(e.Fields) == 0 {
		e.Msg = http.StatusText(r.Status)
	}
	slices.SortFunc(e.Fields, func(a, b FieldError) int { return strings.Compare(a.Path, b.Path) })
	return e
}

func sentinelOf(status int, isJSON bool, e *Error) error {
	switch status {
	case http.StatusNotModified:
		return ErrNotModified
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound, http.StatusGone:
		return ErrNotFound
	case http.StatusConflict:
		return ErrConflict
	case http.StatusBadRequest:
		if e.duplicate() {
			return ErrConflict
		}
		return ErrInvalid
	case http.StatusInternalServerError:
		return ErrInternal
	case http.StatusServiceUnavailable:
		if isJSON {
			return ErrInternal
		}
		return ErrUnavailable
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return ErrUnavailable
	}
	switch {
	case status >= 500:
		return ErrInternal
	case status >= 400:
		return ErrInvalid
	}
	return ErrUnexpected
}

// duplicate recognises the server's words for a second creation: it answers
// those with 400.
func (e *Error) duplicate() bool {
	texts := []string{e.Msg}
	for _, f := range e.Fields {
		texts = append(texts, f.Messages...)
	}
	for _, t := range texts {
		if strings.Contains(t, "already exists") || strings.Contains(t, "must make a unique set") ||
			strings.Contains(t, "must be unique") {
			return true
		}
	}
	return false
}

// read takes an error body apart. Generations of the server differ in the key
// for what belongs to no field.
func (e *Error) read(doc any) {
	m, ok := doc.(map[string]any)
	if !ok {
		e.Msg = strings.Join(texts(doc), " ")
		return
	}
	if id, ok := m["id_of_invalid_data"]; ok {
		e.Item = strings.Join(texts(id), "/")
		if inner, ok := m["detail"].(map[string]any); ok {
			e.read(inner)
			return
		}
		e.Msg = strings.Join(texts(m["detail"]), " ")
		return
	}
	var general []string
	for _, key := range []string{"detail", "non_field_errors", "__all__", "reason"} {
		general = append(general, texts(m[key])...)
	}
	e.Msg = strings.Join(general, " ")
	for key, v := range m {
		switch key {
		case "detail", "non_field_errors", "__all__", "reason":
		default:
			e.field(key, v)
		}
	}
}

// field adds the messages below a member, however deep they are.
func (e *Error) field(path string, v any) {
	m, ok := v.(map[string]any)
	if !ok {
		if t := texts(v); len(t) > 0 {
			e.Fields = append(e.Fields, FieldError{path, t})
		} else if list, ok := v.([]any); ok {
			for i, item := range list {
				if sub, ok := item.(map[string]any); ok {
					e.field(fmt.Sprintf("%s[%d]", path, i), sub)
				}
			}
		}
		return
	}
	for key, inner := range m {
		if key == "detail" || key == "non_field_errors" {
			e.field(path, inner)
		} else {
			e.field(path+"."+key, inner)
		}
	}
}

// texts flattens a text or list of texts; other values are printed.
func texts(v any) []string {
	switch v := v.(type) {
	case nil, map[string]any:
		return nil
	case string:
		return []string{strings.TrimSpace(v)}
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, texts(item)...)
		}
		return out
	}
	return []string{fmt.Sprint(v)}
}

var (
	titleRE = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	tagRE   = regexp.MustCompile(`(?s)<(script|style).*?</(script|style)>|<[^>]*>`)
)

// pageText is what an HTML or plain page says, shortened.
func pageText(body []byte) string {
	text := string(body[:min(len(body), 16<<10)])
	if m := titleRE.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	text = strings.Join(strings.Fields(html.UnescapeString(tagRE.ReplaceAllString(text, " "))), " ")
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200]) + "…"
	}
	return text
}

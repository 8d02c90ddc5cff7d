// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// ErrTooLarge is in the chain of errors about an answer over its limit.
var ErrTooLarge = errors.New("answer is over the size limit")

var (
	errRedirects = errors.New("stopped after 10 redirects")
	errEncoding  = errors.New("unknown Content-Encoding")
)

// Error says that a request got no complete answer. Its text has neither
// query nor credentials.
type Error struct {
	Op       string // as in [Request.Op]
	Method   string
	Host     string // with port, if any
	Path     string
	Attempts int
	Status   int   // of the last attempt's answer, 0 if there was none
	Err      error // what ended the request: the context's error, or that of the last attempt
	Last     error // the last attempt's error, when Err is the context's; nil if it had an answer

	secrets []string
}

// Error names the operation, host and path, what happened and after how many
// attempts.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" && !strings.HasPrefix(e.Op, e.Method+" ") {
		b.WriteString(e.Op + ": ")
	}
	if e.Host != "" {
		b.WriteString(e.Method + " " + e.Host + e.Path + ": ")
	}
	b.WriteString(e.Err.Error())
	switch {
	case e.Last != nil:
		fmt.Fprintf(&b, " (last attempt: %v)", e.Last)
	case e.Status != 0 && e.Err != nil && isContext(e.Err):
		fmt.Fprintf(&b, " (last attempt: %d %s)", e.Status, http.StatusText(e.Status))
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " (%d attempts)", e.Attempts)
	}
	return redact(b.String(), e.secrets)
}

// Unwrap returns what ended the request, so that errors.Is finds
// context.Canceled, io.ErrUnexpectedEOF or syscall.ECONNREFUSED, and errors.As
// a [*RedirectError] or *net.OpError.
func (e *Error) Unwrap() []error {
	if e.Last == nil {
		return []error{e.Err}
	}
	return []error{e.Err, e.Last}
}

// LogValue groups the fields for slog.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(slog.String("op", e.Op), slog.String("method", e.Method),
		slog.String("host", e.Host), slog.String("path", e.Path),
		slog.Int("status", e.Status), slog.Int("attempts", e.Attempts),
		slog.String("error", redact(fmt.Sprint(e.Err), e.secrets)))
}

// RedirectError says that a server answered a request with a redirect that
// was not followed, since the request would have lost its body or gone to an
// address nobody configured.
type RedirectError struct {
	Status   int
	Method   string
	Location string // where to, without query and user information
}

// Error names the new address.
func (e *RedirectError) Error() string {
	return fmt.Sprintf("%d redirect to %s not followed for %s: use that address", e.Status, e.Location, e.Method)
}

// retryable marks an error of a streaming function.
type retryable struct{ err error }

func (r *retryable) Error() string { return r.err.Error() }
func (r *retryable) Unwrap() error { return r.err }

// Retryable marks an error that the function of [Client.Stream] returns when
// the request should be repeated, idempotent or not. After the last attempt
// the error is returned without the mark. Nil stays nil.
func Retryable(err error) error {
	if err == nil {
		return nil
	}
	return &retryable{err}
}

func unmark(err error) error {
	if r, ok := err.(*retryable); ok {
		return r.err
	}
	return err
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// fail builds the error of a call that has ended for the reason err.
func (k *call) fail(err error) *Error {
	e := &Error{Op: k.r.Op, Method: k.r.Method, Host: k.url.Host, Path: k.url.Path,
		Attempts: k.n, Err: err, secrets: k.secrets}
	if k.resp != nil {
		e.Status = k.resp.Status
	}
	if k.cause != nil && k.cause != err {
		if last := unmark(k.cause); !errors.Is(last, err) {
			e.Last = last
		}
	}
	if ctxErr := k.ctx.Err(); ctxErr != nil {
		if !errors.Is(e.Err, ctxErr) { // such as a read on a closed connection
			e.Last, e.Err = e.Err, ctxErr
		}
		if why := context.Cause(k.ctx); why != nil && !errors.Is(e.Err, why) {
			e.Err = fmt.Errorf("%w: %w", e.Err, why)
		}
	}
	return e
}

// secretsOf lists what must not appear in texts about a request.
func (c *Client) secretsOf(req *http.Request) []string {
	var s []string
	add := func(v string) {
		if len(v) > 2 { // shorter ones would only garble the text
			s = append(s, v)
		}
	}
	add(req.URL.RawQuery)
	if u := req.URL.User; u != nil {
		if p, ok := u.Password(); ok {
			add(u.String())
			add(p)
			add(url.QueryEscape(p))
			add(base64.StdEncoding.EncodeToString([]byte(u.Username() + ":" + p)))
		}
	}
	for _, name := range c.secret {
		for _, v := range req.Header[name] {
			add(v)
			if _, token, ok := strings.Cut(v, " "); ok {
				add(token)
			}
		}
	}
	return s
}

func redact(text string, secrets []string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "[hidden]")
	}
	return text
}

func withoutUser(u *url.URL) *url.URL {
	c := *u
	c.User = nil
	return &c
}

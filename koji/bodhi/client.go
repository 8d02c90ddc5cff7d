// SPDX-License-Identifier: MIT

package bodhi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/jsonapi"
	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// Option configures a client at its construction.
type Option func(*jsonapi.Config) error

// Retry says how often and how patiently reads are repeated. The zero value
// means no retries.
type Retry struct {
	Max     int           // retries after the first attempt
	Wait    time.Duration // bound of the first wait, doubling; 0 means 1 s
	MaxWait time.Duration // bound of every wait; 0 means 30 s
}

// WithHTTPClient makes requests go through hc: its transport, proxies, TLS
// and credentials. hc is not changed. Nil is an error.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *jsonapi.Config) error { return c.SetHTTPClient(hc) }
}

// WithUserAgent puts product before relkit's own name in the User-Agent.
func WithUserAgent(product string) Option {
	return func(c *jsonapi.Config) error { c.UserAgent = product; return nil }
}

// WithRetry sets the retry policy. The default is 4 retries from 1 s to 30 s.
func WithRetry(r Retry) Option {
	return func(c *jsonapi.Config) error { c.Retry = transport.Retry(r); return nil }
}

// WithLogger logs each attempt at debug level. Nil is silent.
func WithLogger(l *slog.Logger) Option {
	return func(c *jsonapi.Config) error { c.Logger = l; return nil }
}

// WithToken logs in with a token of the identity service (OpenID Connect)
// before a write. It goes with every request as "Authorization: Bearer token".
func WithToken(token string) Option {
	return func(c *jsonapi.Config) error { return c.SetToken(token) }
}

// Client is a client of one Bodhi service. It is immutable and safe for
// concurrent use.
type Client struct {
	api   *jsonapi.Service
	token bool // there is a token to log in with
}

// NewClient returns a client for the service at the given root URL. It does no
// I/O; it returns an error wrapping [ErrInvalid] for a URL or an option that
// can't be used.
func NewClient(url string, opts ...Option) (*Client, error) {
	c := &Client{}
	api, err := jsonapi.Open(url, "", append(slices.Clip(opts), func(o *jsonapi.Config) error {
		c.token = o.Token != ""
		return keepCookies(o)
	}))
	if err != nil {
		return nil, &Error{Op: "new client", Msg: err.Error(), Err: ErrInvalid}
	}
	api.Words = serverWords
	c.api = api
	return c, nil
}

// keepCookies gives the client a cookie jar of its own, unless there is one:
// Bodhi knows a login, and the session that a CSRF token is for, by cookies.
func keepCookies(o *jsonapi.Config) error {
	hc := http.Client{Transport: transport.NewTransport()}
	if o.HTTPClient != nil {
		hc = *o.HTTPClient
	}
	if hc.Jar == nil {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return err
		}
		hc.Jar = jar
	}
	o.HTTPClient = &hc
	return nil
}

// serverWords joins the descriptions of Bodhi's error list.
func serverWords(body []byte) string {
	var m struct {
		Errors []struct {
			Location    string `json:"location"`
			Name        string `json:"name"`
			Description string `json:"description"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &m) != nil {
		return ""
	}
	var parts []string
	for _, e := range m.Errors {
		if e.Name != "" {
			parts = append(parts, e.Name+": "+e.Description)
		} else {
			parts = append(parts, e.Description)
		}
	}
	return strings.Join(parts, "; ")
}

// Do calls any path, with the client's retries, errors and logging. in is sent
// as JSON unless nil; out receives the decoded answer unless nil.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	err := c.api.Send(ctx, jsonapi.Call{Method: method, Path: path, Query: query, In: in, Out: out})
	var f *jsonapi.Failure
	if !errors.As(err, &f) {
		return err
	}
	return &Error{Op: f.Op, Status: f.Status, Msg: f.Msg, Err: f.Chain(sentinels[f.Kind])}
}

// Sentinels for what callers branch on; test with errors.Is.
var (
	ErrNotFound     = errors.New("not found")
	ErrUnauthorized = errors.New("not authenticated")
	ErrForbidden    = errors.New("not permitted")
	ErrConflict     = errors.New("conflict")
	ErrInvalid      = errors.New("invalid request")
	ErrUnavailable  = errors.New("service unavailable")
	// ErrEnded says that an update will not reach the state waited for.
	ErrEnded  = errors.New("update ended otherwise")
	errStatus = errors.New("unexpected HTTP code")
)

var sentinels = map[jsonapi.Kind]error{
	jsonapi.Other: errStatus, jsonapi.NotFound: ErrNotFound, jsonapi.Unauthorized: ErrUnauthorized,
	jsonapi.Forbidden: ErrForbidden, jsonapi.Conflict: ErrConflict, jsonapi.Invalid: ErrInvalid,
	jsonapi.Unavailable: ErrUnavailable,
}

// Error is the failure of one request.
type Error struct {
	Op     string // "GET /updates/FEDORA-2026-0123abcd"
	Status int    // HTTP status, 0 without an answer
	Msg    string // the server's words, without secrets
	Err    error  // one of the sentinels, or the transport's error
}

// Error returns "bodhi: GET /updates/x: 404: words of the server".
func (e *Error) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("bodhi: %s: %d: %s", e.Op, e.Status, e.Msg)
	}
	return fmt.Sprintf("bodhi: %s: %s", e.Op, e.Msg)
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
	return slog.GroupValue(slog.String("op", e.Op), slog.Int("status", e.Status), slog.String("msg", e.Msg))
}

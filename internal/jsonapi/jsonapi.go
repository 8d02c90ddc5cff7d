// SPDX-License-Identifier: MIT

// Package jsonapi is what the clients of small JSON services share: building
// a request below a base URL, sending it through internal/transport, and
// sorting failures into kinds. Each client turns a [Failure] into an error
// type of its own, so that its documentation stands alone.
package jsonapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// Kind sorts failures by what a caller can do about them.
type Kind int

// The kinds of failure.
const (
	Other        Kind = iota // an HTTP status that means none of the below
	NotFound                 // 404, 410
	Unauthorized             // 401
	Forbidden                // 403
	Conflict                 // 409
	Invalid                  // 400, 405, 413, 415, 422, and what was refused before sending
	Unavailable              // no answer, 408, 429, 5xx, an answer that is not the JSON expected
)

// Failure is a request that got no usable answer.
type Failure struct {
	Op     string // "GET /path"
	Status int    // HTTP status, 0 without an answer
	Msg    string // the server's words, or what went wrong, without secrets
	Kind   Kind
	Cause  error // the transport's error; nil when there was an answer
}

// Error returns the operation, status and words.
func (f *Failure) Error() string {
	if f.Status != 0 {
		return fmt.Sprintf("%s: %d: %s", f.Op, f.Status, f.Msg)
	}
	return f.Op + ": " + f.Msg
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// Chain returns what an error type's Unwrap should give for a failure that
// its package calls sentinel: the sentinel, with the transport's error beside
// it, or the context's error alone when the caller gave up.
func (f *Failure) Chain(sentinel error) error {
	switch {
	case f.Cause == nil:
		return sentinel
	case errors.Is(f.Cause, context.Canceled) || errors.Is(f.Cause, context.DeadlineExceeded):
		return f.Cause
	}
	return &chain{sentinel, f.Cause}
}

type chain struct{ sentinel, cause error }

func (c *chain) Error() string   { return c.cause.Error() }
func (c *chain) Unwrap() []error { return []error{c.sentinel, c.cause} }

// Service is one JSON service. It is safe for concurrent use.
type Service struct {
	// Base is the root of all paths, without a slash at the end.
	Base string
	// Header is sent with every request.
	Header http.Header
	// Words takes the server's message out of an error body; nil or an empty
	// answer means the members "message" and "error", else the body's start.
	Words func(body []byte) string

	tr *transport.Client
}

// New returns a service at base, to which prefix is appended unless base
// already ends in it. It does no I/O; its error is the caller's mistake.
func New(base, prefix string, o transport.Options) (*Service, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, errors.New("the service URL can't be parsed")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("want an http or https URL with a host, got scheme %q", u.Scheme)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the service URL must have no query or fragment")
	}
	tr, err := transport.New(o)
	if err != nil {
		return nil, err
	}
	root := strings.TrimSuffix(u.String(), "/")
	if !strings.HasSuffix(root, prefix) {
		root += prefix
	}
	return &Service{Base: root, Header: http.Header{}, tr: tr}, nil
}

// Call is one request.
type Call struct {
	Method string
	Path   string // below the base, or a whole URL on the same host
	Query  url.Values
	In     any  // sent as JSON unless nil
	Out    any  // gets the decoded answer unless nil
	Safe   bool // may be executed twice: GET and HEAD always may
}

// Send sends one request. Its error is a [*Failure].
func (s *Service) Send(ctx context.Context, c Call) error {
	op := c.Method + " " + c.Path
	target := s.Base + c.Path
	if len(c.Query) > 0 {
		target += "?" + c.Query.Encode()
	}
	header := s.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Accept", "application/json")
	var body []byte
	if c.In != nil {
		var err error
		if body, err = json.Marshal(c.In); err != nil {
			return &Failure{Op: op, Msg: err.Error(), Kind: Invalid}
		}
		header.Set("Content-Type", "application/json")
	}
	resp, err := s.tr.Do(ctx, transport.Request{
		Op: op, Method: c.Method, URL: target, Header: header, Body: body,
		Idempotent: c.Safe || c.Method == http.MethodGet || c.Method == http.MethodHead,
	})
	if err != nil {
		return &Failure{Op: op, Msg: err.Error(), Kind: Unavailable, Cause: err}
	}
	// 300 leads nowhere: it is an answer that lists where one may go.
	if resp.Status < 200 || resp.Status > http.StatusMultipleChoices {
		return &Failure{Op: op, Status: resp.Status, Msg: s.words(resp), Kind: kindOf(resp.Status)}
	}
	if c.Out == nil || len(resp.Body) == 0 {
		return nil
	}
	if err := json.Unmarshal(resp.Body, c.Out); err != nil {
		return &Failure{
			Op: op, Status: resp.Status, Kind: Unavailable,
			Msg: fmt.Sprintf("the answer is not the JSON expected: %v (%s)", err, excerpt(resp.Body)),
		}
	}
	return nil
}

func (s *Service) words(r *transport.Response) string {
	if s.Words != nil {
		if w := s.Words(r.Body); w != "" {
			return w
		}
	}
	var m struct {
		Message string          `json:"message"`
		Error   json.RawMessage `json:"error"`
	}
	if json.Unmarshal(r.Body, &m) == nil {
		var short string
		_ = json.Unmarshal(m.Error, &short)
		switch {
		case m.Message != "":
			return m.Message
		case short != "":
			return short
		}
	}
	if len(r.Body) == 0 {
		return http.StatusText(r.Status)
	}
	return excerpt(r.Body)
}

func excerpt(b []byte) string {
	const limit = 200
	s := strings.Join(strings.Fields(strings.ToValidUTF8(string(b[:min(len(b), 2*limit)]), "?")), " ")
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "..."
	}
	return s
}

func kindOf(status int) Kind {
	switch status {
	case 400, 405, 413, 415, 422:
		return Invalid
	case 401:
		return Unauthorized
	case 403:
		return Forbidden
	case 404, 410:
		return NotFound
	case 409:
		return Conflict
	case 408, 429, 500, 502, 503, 504:
		return Unavailable
	}
	return Other
}

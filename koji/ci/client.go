// SPDX-License-Identifier: MIT

package ci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// Option configures a client at its construction.
type Option func(*config) error

type config struct {
	http   *http.Client
	agent  string
	retry  Retry
	logger *slog.Logger
	token  string
}

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
	return func(c *config) error {
		if hc == nil {
			return errors.New("nil http client")
		}
		c.http = hc
		return nil
	}
}

// WithUserAgent puts product before relkit's own name in the User-Agent.
func WithUserAgent(product string) Option {
	return func(c *config) error { c.agent = product; return nil }
}

// WithRetry sets the retry policy. The default is 4 retries from 1 s to 30 s.
func WithRetry(r Retry) Option {
	return func(c *config) error { c.retry = r; return nil }
}

// WithLogger logs each attempt at debug level. Nil is silent.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error { c.logger = l; return nil }
}

// WithToken sends "Authorization: Bearer token" with every request.
func WithToken(token string) Option {
	return func(c *config) error {
		if token == "" {
			return errors.New("empty token")
		}
		c.token = token
		return nil
	}
}

// service is what the three clients share: one base URL and one transport.
type service struct {
	name  string
	base  string
	token string
	tr    *transport.Client
}

func newService(name, base, prefix string, opts []Option) (service, error) {
	fail := func(err error) (service, error) {
		return service{}, &Error{Service: name, Op: "new client", Msg: err.Error(), Err: ErrInvalid}
	}
	u, err := url.Parse(base)
	if err != nil {
		return fail(errors.New("the service URL can't be parsed"))
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fail(fmt.Errorf("want an http or https URL with a host, got scheme %q", u.Scheme))
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return fail(errors.New("the service URL must have no query or fragment"))
	}
	cfg := config{retry: Retry{Max: 4}}
	for _, o := range opts {
		if err := o(&cfg); err != nil {
			return fail(err)
		}
	}
	tr, err := transport.New(transport.Options{
		HTTPClient: cfg.http, UserAgent: cfg.agent, Logger: cfg.logger, MaxBody: 64 << 20,
		Retry: transport.Retry{Max: cfg.retry.Max, Wait: cfg.retry.Wait, MaxWait: cfg.retry.MaxWait},
	})
	if err != nil {
		return fail(err)
	}
	root := strings.TrimSuffix(u.String(), "/")
	if !strings.HasSuffix(root, prefix) {
		root += prefix
	}
	return service{name: name, base: root, token: cfg.token, tr: tr}, nil
}

// do sends one request; GET and HEAD are repeated when it is safe, others not.
func (s service) do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	safe := method == http.MethodGet || method == http.MethodHead
	return s.send(ctx, method, path, query, in, out, safe)
}

// read sends a request that changes nothing whatever its method.
func (s service) read(ctx context.Context, method, path string, in, out any) error {
	return s.send(ctx, method, path, nil, in, out, true)
}

func (s service) send(ctx context.Context, method, path string, query url.Values, in, out any, safe bool) error {
	op := method + " " + path
	target := s.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	header := http.Header{"Accept": {"application/json"}}
	if s.token != "" {
		header.Set("Authorization", "Bearer "+s.token)
	}
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return &Error{Service: s.name, Op: op, Msg: err.Error(), Err: ErrInvalid}
		}
		header.Set("Content-Type", "application/json")
	}
	resp, err := s.tr.Do(ctx, transport.Request{Op: op, Method: method, URL: target, Header: header, Body: body, Idempotent: safe})
	if err != nil {
		return &Error{Service: s.name, Op: op, Msg: err.Error(), Err: unreachable(err)}
	}
	if resp.Status < 200 || resp.Status > 299 {
		return &Error{Service: s.name, Op: op, Status: resp.Status, Msg: message(resp), Err: sentinel(resp.Status)}
	}
	if out == nil || len(resp.Body) == 0 {
		return nil
	}
	if err := json.Unmarshal(resp.Body, out); err != nil {
		return &Error{
			Service: s.name, Op: op, Status: resp.Status, Err: ErrUnavailable,
			Msg: fmt.Sprintf("the answer is not the JSON expected: %v (%s)", err, excerpt(resp.Body)),
		}
	}
	return nil
}

// unreachable keeps the transport's error in the chain, for context errors
// and net errors, and marks it as the service being unavailable.
func unreachable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &joined{ErrUnavailable, err}
}

type joined struct{ sentinel, cause error }

func (j *joined) Error() string   { return j.cause.Error() }
func (j *joined) Unwrap() []error { return []error{j.sentinel, j.cause} }

func (s service) invalid(op, msg string) error {
	return &Error{Service: s.name, Op: op, Msg: msg, Err: ErrInvalid}
}

// message takes the server's words out of an error answer: {"message": ...}
// of all three services, else the start of the body.
func message(r *transport.Response) string {
	var m struct {
		Message string `json:"message"`
		Error   string `json:"error"`
	}
	if json.Unmarshal(r.Body, &m) == nil {
		switch {
		case m.Message != "":
			return m.Message
		case m.Error != "":
			return m.Error
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

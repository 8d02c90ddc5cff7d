// SPDX-License-Identifier: MIT

package ci

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
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

// WithToken sends "Authorization: Bearer token" with every request.
func WithToken(token string) Option {
	return func(c *jsonapi.Config) error { return c.SetToken(token) }
}

// service is what the three clients share.
type service struct {
	name string
	api  *jsonapi.Service
}

func newService(name, base, prefix string, opts []Option) (service, error) {
	api, err := jsonapi.Open(base, prefix, opts)
	if err != nil {
		return service{}, &Error{Service: name, Op: "new client", Msg: err.Error(), Err: ErrInvalid}
	}
	return service{name: name, api: api}, nil
}

// do sends one request; GET and HEAD are repeated when it is safe, others not.
func (s service) do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	return s.send(ctx, jsonapi.Call{Method: method, Path: path, Query: query, In: in, Out: out})
}

// read sends a request that changes nothing whatever its method.
func (s service) read(ctx context.Context, method, path string, in, out any) error {
	return s.send(ctx, jsonapi.Call{Method: method, Path: path, In: in, Out: out, Safe: true})
}

func (s service) send(ctx context.Context, c jsonapi.Call) error {
	err := s.api.Send(ctx, c)
	var f *jsonapi.Failure
	if !errors.As(err, &f) {
		return err
	}
	return &Error{Service: s.name, Op: f.Op, Status: f.Status, Msg: f.Msg, Err: f.Chain(sentinels[f.Kind])}
}

func (s service) invalid(op, msg string) error {
	return &Error{Service: s.name, Op: op, Msg: msg, Err: ErrInvalid}
}

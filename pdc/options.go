// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Option configures a client; see the With functions.
type Option func(*config) error

type config struct {
	http     *http.Client
	agent    string
	retry    Retry
	logger   *slog.Logger
	token    func(context.Context) (string, error)
	warn     func(ctx context.Context, op, text string)
	pageSize int
	maxBody  int64
}

// Retry says how often and how patiently reads are repeated. The zero value
// means none. Writes are repeated only when no connection could be made.
type Retry struct {
	Max     int           // retries after the first attempt
	Wait    time.Duration // upper bound of the first wait, doubling with each retry; 0 means 1 s
	MaxWait time.Duration // upper bound of every wait, Retry-After included; 0 means 30 s
}

// WithHTTPClient makes requests go through hc: its proxies, TLS settings,
// cookies and timeout per attempt. A transport that negotiates Kerberos goes
// here too.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) error {
		if hc == nil {
			return errors.New("pdc: WithHTTPClient: nil client")
		}
		c.http = hc
		return nil
	}
}

// WithUserAgent puts a product such as "my-orchestrator/1.2" in front of
// relkit's own in the User-Agent header.
func WithUserAgent(product string) Option {
	return func(c *config) error { c.agent = product; return nil }
}

// WithRetry sets how reads are retried. Without it there are no retries.
func WithRetry(r Retry) Option {
	return func(c *config) error { c.retry = r; return nil }
}

// WithLogger makes the client tell l about each attempt at debug level, and
// about the server's warnings at warn level. Nil is silent.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error { c.logger = l; return nil }
}

// WithToken sends the token with every request. Without one, requests are
// anonymous: most servers allow that for reads.
func WithToken(token string) Option {
	return WithTokenSource(func(context.Context) (string, error) { return token, nil })
}

// WithTokenSource asks source for the token before each request, for tokens
// that are refreshed. An empty token makes the request anonymous; an error
// ends it.
func WithTokenSource(source func(context.Context) (string, error)) Option {
	return func(c *config) error {
		if source == nil {
			return errors.New("pdc: WithTokenSource: nil source")
		}
		c.token = source
		return nil
	}
}

// WithWarnings hands the pdc-warning header of successful answers to f, such
// as "The bugzilla component already exists". Op is as in [Error].
func WithWarnings(f func(ctx context.Context, op, text string)) Option {
	return func(c *config) error { c.warn = f; return nil }
}

// WithPageSize sets the page size of iterators that have none in their query.
// Without it that is 100, the most a server gives; -1 asks for everything in
// one answer.
func WithPageSize(n int) Option {
	return func(c *config) error { c.pageSize = n; return nil }
}

// WithMaxBody limits answers to n bytes after decompression; 0 means 256 MiB,
// a negative number no limit.
func WithMaxBody(n int64) Option {
	return func(c *config) error { c.maxBody = n; return nil }
}

type commentKey struct{}

// WithComment returns a context whose writes carry the change comment (header
// PDC-Change-Comment), which the server keeps in their changesets. The bus
// message that caused a write is what pdc-updater puts there.
func WithComment(ctx context.Context, comment string) context.Context {
	return context.WithValue(ctx, commentKey{}, comment)
}

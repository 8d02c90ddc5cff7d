// SPDX-License-Identifier: MIT

package distgit

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Option configures a [Client].
type Option func(*config) error

type config struct {
	http    *http.Client
	agent   string
	retry   Retry
	logger  *slog.Logger
	forge   Forge
	group   string
	token   string
	maxBody int64
}

// Retry says how often and how patiently a request is repeated. The zero value
// means no retries. Only reads, and writes that do no harm twice, are repeated
// once the server may have seen them.
type Retry struct {
	Max     int           // retries after the first attempt
	Wait    time.Duration // upper bound of the first wait, doubling with each retry; 0 means 1 s
	MaxWait time.Duration // upper bound of every wait, Retry-After included; 0 means 30 s
}

// WithHTTPClient sets what requests go through: its Transport, Jar and Timeout
// (per attempt) are kept. Middleware is its Transport. Nil keeps the default.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) error { c.http = hc; return nil }
}

// WithUserAgent puts a product in front of relkit's own User-Agent.
func WithUserAgent(product string) Option {
	return func(c *config) error { c.agent = product; return nil }
}

// WithRetry sets the retry policy; without it nothing is retried.
func WithRetry(r Retry) Option {
	return func(c *config) error { c.retry = r; return nil }
}

// WithLogger sets a logger that gets one debug record per attempt, never with
// bodies, queries or tokens. Nil is silent.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error { c.logger = l; return nil }
}

// WithForge says which software answers. Without it the first call probes.
func WithForge(f Forge) Option {
	return func(c *config) error {
		if f < ForgeUnknown || f > GitLab {
			return fmt.Errorf("unknown forge %d", int(f))
		}
		c.forge = f
		return nil
	}
}

// WithGroup sets a path that stands before every namespace, such as GitLab's
// "redhat/centos-stream".
func WithGroup(group string) Option {
	return func(c *config) error { c.group = strings.Trim(group, "/"); return nil }
}

// WithToken sets the API token. Reads need none on most servers. It is sent to
// the client's own host only.
func WithToken(token string) Option {
	return func(c *config) error {
		if token == "" || strings.ContainsAny(token, " \r\n\t") {
			return errors.New("token is empty or has blanks")
		}
		c.token = token
		return nil
	}
}

// WithMaxBody limits answers to so many bytes after decompression; 0 means
// the default of 64 MiB. A larger answer is an error.
func WithMaxBody(bytes int64) Option {
	return func(c *config) error {
		if bytes < 0 {
			return errors.New("body limit is negative")
		}
		c.maxBody = bytes
		return nil
	}
}

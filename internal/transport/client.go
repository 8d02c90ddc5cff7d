// SPDX-License-Identifier: MIT

package transport

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/textproto"
	"time"
)

// DefaultMaxBody is the largest decompressed answer, in bytes, that a client
// without [Options.MaxBody] reads.
const DefaultMaxBody = 256 << 20

// Retry says how often and how patiently an attempt is repeated. The zero
// value means no retries.
type Retry struct {
	Max     int           // retries after the first attempt
	Wait    time.Duration // upper bound of the first wait, doubling with each retry; 0 means 1 s
	MaxWait time.Duration // upper bound of every wait, Retry-After included; 0 means 30 s
}

// Options configure a [Client]. The zero value works: no retries, no logs,
// [NewTransport] underneath.
type Options struct {
	// HTTPClient is what requests go through: its Transport, Jar and Timeout
	// (per attempt, body included) are kept, its CheckRedirect is asked after
	// this package's rules. It is not changed. Nil means a client over
	// [NewTransport].
	HTTPClient *http.Client

	// UserAgent comes first in the User-Agent header; relkit's own name and
	// version are appended.
	UserAgent string

	// Retry is the policy for all requests of the client.
	Retry Retry

	// Logger gets one debug record per attempt. Nil is silent.
	Logger *slog.Logger

	// MaxBody is the largest answer in bytes after decompression, MaxWire the
	// largest before it. Zero means [DefaultMaxBody], for MaxWire the value of
	// MaxBody; a negative number means no limit.
	MaxBody, MaxWire int64

	// SecretHeaders are names of headers that are treated as Authorization is:
	// never sent to another host by a redirect, never shown.
	SecretHeaders []string

	// Jitter picks the wait between zero and the given bound. Nil means a
	// uniformly random one.
	Jitter func(bound time.Duration) time.Duration
}

// Client sends requests by one policy. It is safe for concurrent use.
type Client struct {
	http    *http.Client // without CheckRedirect
	user    *http.Client // as given, nil if none
	agent   string
	retry   Retry
	logger  *slog.Logger
	maxBody int64
	maxWire int64
	secret  []string // canonical names, standard ones included
	jitter  func(time.Duration) time.Duration
}

// New returns a client for the options. It does no I/O. The error tells of a
// negative or contradictory retry setting, or a user agent that can't be sent.
func New(o Options) (*Client, error) {
	if o.Retry.Max < 0 || o.Retry.Wait < 0 || o.Retry.MaxWait < 0 {
		return nil, errors.New("retry settings must not be negative")
	}
	if !sendable(o.UserAgent) {
		return nil, errors.New("user agent holds control characters")
	}
	c := &Client{
		user: o.HTTPClient, retry: o.Retry, logger: o.Logger, jitter: o.Jitter,
		maxBody: o.MaxBody, maxWire: o.MaxWire, agent: agent(o.UserAgent),
		secret: []string{"Authorization", "Proxy-Authorization", "Cookie", "Cookie2", "Www-Authenticate", "Referer"},
	}
	for _, name := range o.SecretHeaders {
		c.secret = append(c.secret, textproto.CanonicalMIMEHeaderKey(name))
	}
	if c.retry.Wait == 0 {
		c.retry.Wait = time.Second
	}
	if c.retry.MaxWait == 0 {
		c.retry.MaxWait = max(30*time.Second, c.retry.Wait)
	}
	if c.retry.MaxWait < c.retry.Wait {
		return nil, errors.New("retry: MaxWait is below Wait")
	}
	if c.maxBody == 0 {
		c.maxBody = DefaultMaxBody
	}
	if c.maxWire == 0 {
		c.maxWire = c.maxBody
	}
	if c.jitter == nil {
		c.jitter = func(bound time.Duration) time.Duration { return rand.N(bound + 1) }
	}
	inner := http.Client{}
	if o.HTTPClient != nil {
		inner = *o.HTTPClient
	}
	switch {
	case o.HTTPClient == nil:
		inner.Transport = NewTransport()
	case inner.Transport == nil:
		inner.Transport = http.DefaultTransport
	}
	inner.Transport = keep{inner.Transport}
	c.http = &inner
	return c, nil
}

// keep hides CloseIdleConnections of a transport: go-retryablehttp calls it
// after each failed request, and the pool is shared with others.
type keep struct{ next http.RoundTripper }

func (k keep) RoundTrip(r *http.Request) (*http.Response, error) { return k.next.RoundTrip(r) }

// NewTransport returns a new transport with the settings that suit release
// engineering services: proxies from the environment, HTTP/2, TLS 1.2 or
// newer, many idle connections per host, and ten minutes for the head of an
// answer (a busy hub takes its time). Clients that need client certificates
// or their own CA set TLSClientConfig on it and pass it in
// [Options.HTTPClient].
func NewTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ForceAttemptHTTP2 = true
	t.MaxIdleConns = 0
	t.MaxIdleConnsPerHost = 64
	t.IdleConnTimeout = 90 * time.Second
	t.TLSHandshakeTimeout = 30 * time.Second
	t.ResponseHeaderTimeout = 10 * time.Minute
	t.TLSClientConfig = tlsConfig()
	return t
}

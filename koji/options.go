// SPDX-License-Identifier: MIT

package koji

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Option configures a [Client].
type Option func(*config) error

type config struct {
	http     *http.Client
	agent    string
	retry    Retry
	logger   *slog.Logger
	auth     authenticator
	proxy    string
	proxyAs  *AuthType
	offline  time.Duration
	lenient  bool
	strict   bool
	relogin  bool
	topURL   string
	webURL   string
	maxBytes int64
	calls    int
	bytes    int
	chunk    int
	roots    *x509.CertPool
	insecure bool
}

// Retry says how often and how patiently a call is repeated. The zero value
// means no retries. A call is repeated after lost connections, 408, 429, 5xx
// and while the hub says that it is offline; calls that change something are
// repeated only inside a session, with the call number they had, so that the
// hub never carries them out twice.
type Retry struct {
	Max     int           // retries after the first attempt
	Wait    time.Duration // upper bound of the first wait, doubling with each retry; 0 means 1 s
	MaxWait time.Duration // upper bound of every wait, Retry-After included; 0 means 30 s
}

// WithHTTPClient sets what requests go through: its Transport, Jar and Timeout
// (per attempt) are kept. Middleware is its Transport. Nil keeps the default.
// For a client certificate and for [WithRootCAs] the Transport must be an
// *http.Transport, which is cloned.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) error { c.http = hc; return nil }
}

// WithUserAgent puts a product in front of relkit's own User-Agent.
func WithUserAgent(product string) Option {
	return func(c *config) error { c.agent = product; return nil }
}

// WithRetry sets the retry policy. Without it a call is tried 5 times over
// about 15 seconds; Retry{} turns retries off.
func WithRetry(r Retry) Option {
	return func(c *config) error { c.retry = r; return nil }
}

// WithLogger sets a logger that gets one debug record per attempt, never with
// bodies, queries or keys. Nil is silent.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error { c.logger = l; return nil }
}

// WithPassword logs in with a user's password at the first call.
func WithPassword(user, password string) Option {
	return func(c *config) error {
		if user == "" {
			return errors.New("user is empty")
		}
		return c.authenticate(&passwordAuth{user: user, password: password})
	}
}

// WithClientCert logs in with a TLS client certificate at the first call.
// Both files are PEM; keyFile may be empty when certFile holds the key too, as
// Koji's client.crt does. They are read at each login. The hub's URL must be
// https.
func WithClientCert(certFile, keyFile string) Option {
	return func(c *config) error {
		if certFile == "" {
			return errors.New("certificate file is empty")
		}
		if keyFile == "" {
			keyFile = certFile
		}
		return c.authenticate(&certAuth{certFile: certFile, keyFile: keyFile})
	}
}

// WithNegotiator logs in with Kerberos at the first call. Package
// koji/kerberos has a [Negotiator] in pure Go.
func WithNegotiator(n Negotiator) Option {
	return func(c *config) error {
		if n == nil {
			return errors.New("negotiator is nil")
		}
		return c.authenticate(&gssAuth{n: n})
	}
}

func (c *config) authenticate(a authenticator) error {
	if c.auth != nil {
		return errors.New("two ways to log in")
	}
	c.auth = a
	return nil
}

// WithProxyUser makes the session one of another user, where the hub lets the
// one who logs in do so. Only for [WithClientCert] and [WithNegotiator].
func WithProxyUser(name string) Option {
	return func(c *config) error { c.proxy = name; return nil }
}

// WithProxyAuthType names how the proxied user is known to the hub, where it
// differs from how the caller logs in.
func WithProxyAuthType(t AuthType) Option {
	return func(c *config) error { c.proxyAs = &t; return nil }
}

// WithOfflineWait keeps a call waiting while the hub says that it is offline,
// asking again at the interval until its context ends. Without it, being
// offline counts as a failed attempt of [WithRetry].
func WithOfflineWait(interval time.Duration) Option {
	return func(c *config) error {
		if interval <= 0 {
			return errors.New("offline interval must be positive")
		}
		c.offline = interval
		return nil
	}
}

// WithLenient drops characters that XML forbids from the hub's answers instead
// of failing the call: old changelogs and task results hold such.
func WithLenient() Option {
	return func(c *config) error { c.lenient = true; return nil }
}

// WithStrict makes getters of single objects send strict=True, so that the
// error for a missing object has the hub's own words. It is [ErrNotFound]
// either way.
func WithStrict() Option {
	return func(c *config) error { c.strict = true; return nil }
}

// WithRelogin logs in anew when the hub has closed the session: logged out
// elsewhere, or forced out by an exclusive one. An expired session is renewed
// in any case. A call of which an attempt may have been carried out is not
// repeated in the new session.
func WithRelogin() Option {
	return func(c *config) error { c.relogin = true; return nil }
}

// WithTopURL sets where the hub's files are served ("topurl" in profiles),
// for downloads and links.
func WithTopURL(url string) Option {
	return func(c *config) (err error) { c.topURL, err = base(url, "top URL"); return err }
}

// WithWebURL sets where the web interface is ("weburl" in profiles), for
// links to people.
func WithWebURL(url string) Option {
	return func(c *config) (err error) { c.webURL, err = base(url, "web URL"); return err }
}

// WithMaxResponse limits answers to so many bytes; 0 means 1 GiB.
func WithMaxResponse(bytes int64) Option {
	return func(c *config) error {
		if bytes < 0 {
			return errors.New("response limit is negative")
		}
		c.maxBytes = bytes
		return nil
	}
}

// WithBatchSize sets how many calls, and how many bytes of XML, one multicall
// request carries at most; 0 keeps 500 calls and 2 MiB. Hubs refuse requests
// over 4 MiB unless configured otherwise.
func WithBatchSize(calls, bytes int) Option {
	return func(c *config) error {
		if calls < 0 || bytes < 0 {
			return errors.New("batch size is negative")
		}
		if calls > 0 {
			c.calls = calls
		}
		if bytes > 0 {
			c.bytes = bytes
		}
		return nil
	}
}

// WithUploadChunk sets how many bytes one upload request carries; 0 keeps
// 1 MiB.
func WithUploadChunk(bytes int) Option {
	return func(c *config) error {
		if bytes < 0 {
			return errors.New("chunk size is negative")
		}
		if bytes > 0 {
			c.chunk = bytes
		}
		return nil
	}
}

// WithRootCAs sets the authorities that the hub's certificate is checked
// against, instead of the system's ("serverca" in profiles).
func WithRootCAs(pool *x509.CertPool) Option {
	return func(c *config) error { c.roots = pool; return nil }
}

// base checks an address that paths are joined to.
func base(s, what string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s does not parse", what)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", fmt.Errorf("%s: want http or https and a host", what)
	case u.User != nil:
		return "", fmt.Errorf("%s holds credentials", what)
	case u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("%s has a query or fragment", what)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

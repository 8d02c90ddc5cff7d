// SPDX-License-Identifier: MIT

package git

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// Option configures a [Client].
type Option func(*config) error

type config struct {
	http     *http.Client
	agent    string
	retry    Retry
	logger   *slog.Logger
	site     *distgit.Site
	user     string
	auth     transport.AuthMethod
	web      *distgit.Client
	workers  int
	attempts int
	lookBack int
	limits   packLimits
	now      func() time.Time
}

// Retry says how often reads are repeated after cut connections, 429 and 5xx,
// and bounds the waits of the race loop. The zero value means no retries of
// reads.
type Retry struct {
	Max     int           // retries after the first attempt
	Wait    time.Duration // upper bound of the first wait, doubling with each retry; 0 means 200 ms
	MaxWait time.Duration // upper bound of every wait; 0 means 10 s
}

// WithHTTPClient sets what requests over HTTP go through: Transport, Jar and
// Timeout are kept. Nil keeps the default.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) error { c.http = hc; return nil }
}

// WithUserAgent puts a product in front of relkit's own name. Some forges
// answer git's protocol only to agents that begin with "git/": the header
// begins so in any case.
func WithUserAgent(product string) Option {
	return func(c *config) error {
		if strings.ContainsAny(product, "\r\n\x00") {
			return errors.New("user agent holds control characters")
		}
		c.agent = product
		return nil
	}
}

// WithRetry sets the retry policy of reads.
func WithRetry(r Retry) Option {
	return func(c *config) error {
		if r.Max < 0 || r.Wait < 0 || r.MaxWait < 0 {
			return errors.New("retry settings must not be negative")
		}
		c.retry = r
		return nil
	}
}

// WithLogger sets a logger for debug records: one per HTTP request, one per
// attempt of a push. Nil is silent.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error { c.logger = l; return nil }
}

// WithSite sets how addresses are made: clones from [distgit.Site.CloneURL],
// pushes to [distgit.Site.PushURL] in the given account's name. An empty Root
// takes the client's URL.
func WithSite(site distgit.Site, user string) Option {
	return func(c *config) error {
		c.site, c.user = &site, user
		return nil
	}
}

// WithAuth sets the credentials for all requests, as go-git has them: a
// *http.BasicAuth, *http.TokenAuth or one of its ssh methods. Without it https
// goes anonymous and ssh asks the agent.
func WithAuth(a transport.AuthMethod) Option {
	return func(c *config) error { c.auth = a; return nil }
}

// WithPassword sets user name and password or token for requests over HTTP.
func WithPassword(user, password string) Option {
	return WithAuth(&githttp.BasicAuth{Username: user, Password: password})
}

// WithWeb lets [Client.File] read through the front end's raw files, which is
// cheaper than git. See there for the rule.
func WithWeb(web *distgit.Client) Option {
	return func(c *config) error { c.web = web; return nil }
}

// WithWorkers bounds how many repositories are worked on at once by calls
// that take many; the default is 8.
func WithWorkers(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.New("workers: want at least 1")
		}
		c.workers = n
		return nil
	}
}

// WithAttempts bounds how often a commit is made anew after somebody else was
// faster; the default is 5.
func WithAttempts(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.New("attempts: want at least 1")
		}
		c.attempts = n
		return nil
	}
}

// WithLookBack sets how many commits of a branch are searched for one with the
// same reason; the default is 20.
func WithLookBack(commits int) Option {
	return func(c *config) error {
		if commits < 1 {
			return errors.New("look-back: want at least 1")
		}
		c.lookBack = commits
		return nil
	}
}

// WithLimits bounds what one fetch may bring: bytes of the pack, bytes of one
// object and of all objects after decompression. Zero keeps a default: 256 MiB,
// 128 MiB, 1 GiB.
func WithLimits(pack, object, objects int64) Option {
	return func(c *config) error {
		if pack < 0 || object < 0 || objects < 0 {
			return errors.New("limits must not be negative")
		}
		for _, l := range []struct{ to, from *int64 }{{&c.limits.bytes, &pack}, {&c.limits.object, &object}, {&c.limits.objects, &objects}} {
			if *l.from > 0 {
				*l.to = *l.from
			}
		}
		return nil
	}
}

// WithNow sets the clock that dates commits; the default is time.Now.
func WithNow(now func() time.Time) Option {
	return func(c *config) error { c.now = now; return nil }
}

// Client reads and writes the git repositories of one dist-git. It is
// immutable and safe for concurrent use; pushes to one branch go one after
// another.
type Client struct {
	cfg   config
	site  distgit.Site
	local string // folder of the repositories, when they are local
	http  transport.Transport

	mu    sync.Mutex
	locks map[string]chan struct{}
}

// NewClient returns a client for the repositories below url: the anonymous
// root such as "https://src.fedoraproject.org", an ssh root, or a local folder
// ("/srv/git", "file:///srv/git") that holds <namespace>/<name>.git. It does no
// I/O. The error wraps [ErrInvalid].
func NewClient(url string, opts ...Option) (*Client, error) {
	cfg := config{
		workers: 8, attempts: 5, lookBack: 20, now: time.Now,
		limits: packLimits{bytes: 256 << 20, object: 128 << 20, objects: 1 << 30},
	}
	fail := func(why string) (*Client, error) {
		return nil, &Error{Op: "new client", Msg: why, Err: ErrInvalid}
	}
	for _, o := range opts {
		if err := o(&cfg); err != nil {
			return fail(err.Error())
		}
	}
	c := &Client{locks: map[string]chan struct{}{}}
	root, local, err := parseRoot(url)
	if err != nil {
		return fail(err.Error())
	}
	c.local = local
	c.site = distgit.Site{Root: root}
	if cfg.site != nil {
		c.site = *cfg.site
		if c.site.Root == "" {
			c.site.Root = root
		}
	}
	if cfg.now == nil {
		cfg.now = time.Now
	}
	if cfg.retry.Wait == 0 {
		cfg.retry.Wait = 200 * time.Millisecond
	}
	if cfg.retry.MaxWait == 0 {
		cfg.retry.MaxWait = max(10*time.Second, cfg.retry.Wait)
	}
	c.cfg = cfg
	inner := http.Client{}
	if cfg.http != nil {
		inner = *cfg.http
	}
	if inner.Transport == nil {
		inner.Transport = pool(cfg.workers)
	}
	inner.Transport = &wire{next: inner.Transport, c: c}
	c.http = githttp.NewClient(&inner)
	return c, nil
}

// pool is the default transport: as many kept connections as workers, since
// each repository takes several requests to one host.
func pool(workers int) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          4 * workers,
		MaxIdleConnsPerHost:   workers,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   15 * time.Second,
		ResponseHeaderTimeout: 5 * time.Minute,
	}
}

func parseRoot(s string) (root, local string, err error) {
	if filepath.IsAbs(s) {
		return "file://" + filepath.ToSlash(filepath.Clean(s)), filepath.Clean(s), nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", "", errors.New("url: does not parse")
	}
	switch u.Scheme {
	case "file":
		return s, filepath.FromSlash(u.Path), nil
	case "http", "https", "ssh", "git":
		if u.Host == "" {
			return "", "", errors.New("url: no host")
		}
	default:
		return "", "", fmt.Errorf("url: scheme %q, want http, https, ssh, git, file or an absolute path", u.Scheme)
	}
	if _, has := u.User.Password(); has {
		return "", "", errors.New("url: holds a password; use WithPassword")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "", "", errors.New("url: has a query or fragment")
	}
	return strings.TrimRight(u.String(), "/"), "", nil
}

// Site returns how this client's addresses are made.
func (c *Client) Site() distgit.Site { return c.site }

// lock waits for the right to push to a branch.
func (c *Client) lock(repo distgit.Repo, branch string) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := repo.Normal().String() + " " + branch
	l := c.locks[key]
	if l == nil {
		l = make(chan struct{}, 1)
		c.locks[key] = l
	}
	return l
}

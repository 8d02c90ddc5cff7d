// SPDX-License-Identifier: MIT

package koji

import (
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// Client talks to one hub. It is safe for concurrent use. Without credentials
// calls run in parallel; with them a client is one session, in which calls that
// change something go one after the other, and reads go beside them when the
// session is busy. More sessions come from [Client.Subsession].
type Client struct {
	hub  *hub
	sess *session // nil: anonymous
}

// hub is what the sessions of one client share.
type hub struct {
	cfg     config
	url     string
	host    string
	tr      *transport.Client
	plain   *transport.Client // without retries, for files and uploads
	version atomic.Pointer[string]
}

// NewClient returns a client for the hub at url, such as
// "https://koji.fedoraproject.org/kojihub". It does no I/O: the first call
// that needs it logs in. The error wraps [ErrInvalid].
func NewClient(url string, opts ...Option) (*Client, error) {
	cfg := config{
		retry: Retry{Max: 4, Wait: time.Second, MaxWait: 30 * time.Second},
		calls: 500, bytes: 2 << 20, chunk: 1 << 20,
	}
	for _, o := range opts {
		if err := o(&cfg); err != nil {
			return nil, invalid("new client", "%v", err)
		}
	}
	return newClient(url, cfg)
}

func newClient(address string, cfg config) (*Client, error) {
	const op = "new client"
	root, err := base(address, "hub URL")
	if err != nil {
		return nil, invalid(op, "%v", err)
	}
	u, err := url.Parse(root)
	if err != nil {
		return nil, invalid(op, "hub URL does not parse")
	}
	if cfg.maxBytes == 0 {
		cfg.maxBytes = 1 << 30
	}
	switch cfg.auth.(type) {
	case nil:
		if cfg.proxy != "" {
			return nil, invalid(op, "a proxy user needs a login")
		}
	case *passwordAuth:
		if cfg.proxy != "" {
			return nil, invalid(op, "a password login can't be for a proxy user")
		}
	}
	hc, err := cfg.httpClient()
	if err != nil {
		return nil, invalid(op, "%v", err)
	}
	h := &hub{cfg: cfg, url: root, host: u.Host}
	h.tr, err = h.transport(hc, cfg.retry, cfg.logger)
	if err == nil {
		h.plain, err = h.transport(hc, Retry{}, cfg.logger)
	}
	if err != nil {
		return nil, invalid(op, "%v", err)
	}
	c := &Client{hub: h}
	if cfg.auth != nil {
		c.sess = newSession(cfg.auth)
	}
	return c, nil
}

func (h *hub) transport(hc *http.Client, r Retry, l *slog.Logger) (*transport.Client, error) {
	return transport.New(transport.Options{
		HTTPClient: hc, UserAgent: h.cfg.agent, Logger: l, MaxBody: h.cfg.maxBytes,
		Retry:         transport.Retry{Max: r.Max, Wait: r.Wait, MaxWait: r.MaxWait},
		SecretHeaders: []string{headerKey},
	})
}

// URL returns the hub's address, without a trailing slash.
func (c *Client) URL() string { return c.hub.url }

// Anonymous returns a client for the same hub, over the same connections, that
// does not log in.
func (c *Client) Anonymous() *Client { return &Client{hub: c.hub} }

// HubVersion returns the version that the hub's answers have named so far, ""
// before the first answer and with hubs before 1.35, which don't name it; ask
// [Client.KojiVersion] then.
func (c *Client) HubVersion() string {
	if v := c.hub.version.Load(); v != nil {
		return *v
	}
	return ""
}

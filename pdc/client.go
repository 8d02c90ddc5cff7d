// SPDX-License-Identifier: MIT

package pdc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// DefaultPageSize is the page size of iterators, the most a server gives.
const DefaultPageSize = 100

// Client talks to one PDC server. It is immutable and safe for concurrent use.
type Client struct {
	root     *url.URL // API root, path ends with a slash
	http     *transport.Client
	log      *slog.Logger
	token    func(context.Context) (string, error)
	warn     func(ctx context.Context, op, text string)
	pageSize int
	fresh    *atomic.Uint64
}

// NewClient returns a client for a server, given by its address
// ("https://pdc.example.com") or that of its API root
// ("https://pdc.example.com/rest_api/v1/"). It does no I/O. The error wraps
// [ErrInvalid].
func NewClient(url string, opts ...Option) (*Client, error) {
	root, err := apiRoot(url)
	if err != nil {
		return nil, err
	}
	cfg := config{pageSize: DefaultPageSize}
	for _, o := range opts {
		if err := o(&cfg); err != nil {
			return nil, &Error{Op: "NewClient", Msg: err.Error(), Err: ErrInvalid}
		}
	}
	t, err := transport.New(transport.Options{HTTPClient: cfg.http, UserAgent: cfg.agent,
		Retry: transport.Retry(cfg.retry), Logger: cfg.logger, MaxBody: cfg.maxBody})
	if err != nil {
		return nil, &Error{Op: "NewClient", Msg: err.Error(), Err: ErrInvalid}
	}
	return &Client{root: root, http: t, log: cfg.logger, token: cfg.token, warn: cfg.warn,
		pageSize: cfg.pageSize, fresh: new(atomic.Uint64)}, nil
}

const apiPath = "/rest_api/v1/"

func apiRoot(server string) (*url.URL, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &Error{Op: "NewClient", Msg: "server must be an http or https URL", Err: ErrInvalid}
	}
	u.RawQuery, u.Fragment = "", ""
	if u.Path = strings.TrimRight(u.Path, "/") + "/"; u.Path == "/" {
		u.Path = apiPath
	}
	u.RawPath = ""
	return u, nil
}

// URL returns the address of the API root, without user information.
func (c *Client) URL() string {
	u := *c.root
	u.User = nil
	return u.String()
}

// Do sends a request to a path below the API root ("rpc/release/clone/",
// escaped as it goes over the wire; a missing final slash is added) and
// decodes the JSON answer into out. In is sent as JSON unless nil; out may be
// nil. It is what all typed methods are made of, for what they don't cover.
// The error is an [*Error].
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	resp, err := c.send(ctx, request{method: method, path: path, query: query, in: in})
	if err != nil {
		return err
	}
	return resp.decode(out)
}

// request is one call as the layers above see it.
type request struct {
	method string
	path   string // below the root, escaped
	query  url.Values
	in     any // nil for none
	fresh  bool
	once   bool // a GET that changes something
	since  time.Time
}

type response struct {
	*transport.Response
	op string
}

func (r request) op(c *Client) string { return r.method + " " + c.root.Path + slashed(r.path) }

func slashed(path string) string {
	path = strings.TrimPrefix(path, "/")
	if path != "" && !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}

// build makes the transport's request.
func (c *Client) build(ctx context.Context, r request) (transport.Request, error) {
	op := r.op(c)
	if strings.ContainsAny(r.path, "?#") {
		return transport.Request{}, &Error{Op: op, Msg: "path holds a query or fragment", Err: ErrInvalid}
	}
	read := r.method == http.MethodGet || r.method == http.MethodHead || r.method == http.MethodOptions
	h := http.Header{"Accept": {"application/json"}}
	if r.fresh {
		// The server's page cache keys on URL, Accept and Cookie.
		h.Set("Accept", "application/json, application/x-relkit-"+strconv.FormatUint(c.nonce(), 36)+";q=0.1")
	}
	if !r.since.IsZero() {
		h.Set("If-Modified-Since", r.since.UTC().Format(http.TimeFormat))
	}
	var body []byte
	if r.in != nil {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r.in); err != nil {
			return transport.Request{}, &Error{Op: op, Msg: "encoding the request: " + err.Error(), Err: ErrInvalid}
		}
		body = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
		h.Set("Content-Type", "application/json")
	}
	if comment, _ := ctx.Value(commentKey{}).(string); comment != "" && !read {
		h.Set("PDC-Change-Comment", comment)
	}
	if c.token != nil {
		token, err := c.token(ctx)
		if err != nil {
			return transport.Request{}, &Error{Op: op, Msg: "no token", Err: err}
		}
		if token != "" {
			h.Set("Authorization", "Token "+token)
		}
	}
	u := strings.TrimSuffix(c.root.String(), "/") + "/" + slashed(r.path)
	if len(r.query) > 0 {
		u += "?" + r.query.Encode()
	}
	return transport.Request{Op: op, Method: r.method, URL: u, Header: h, Body: body, Idempotent: read && !r.once}, nil
}

// nonce is unlike that of other processes and earlier calls.
func (c *Client) nonce() uint64 { return uint64(time.Now().UnixNano()) + c.fresh.Add(1) }

// send returns the answer to a request if it was a success.
func (c *Client) send(ctx context.Context, r request) (*response, error) {
	t, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(ctx, t)
	return c.judge(ctx, t.Op, resp, err)
}

// stream hands the body of a success to fn.
func (c *Client) stream(ctx context.Context, r request, fn func(io.Reader) error) (*response, error) {
	t, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Stream(ctx, t, func(r *transport.Response, body io.Reader) error {
		if err := wantJSON(t.Op, r, nil); err != nil {
			return err
		}
		return fn(body)
	})
	return c.judge(ctx, t.Op, resp, err)
}

func (c *Client) judge(ctx context.Context, op string, resp *transport.Response, err error) (*response, error) {
	if err != nil {
		if _, ok := err.(*transport.Error); ok {
			return nil, &Error{Op: op, Err: err}
		}
		return nil, err
	}
	if resp.Status < 200 || resp.Status > 299 {
		return nil, errorOf(op, resp)
	}
	if w := resp.Header.Get("Pdc-Warning"); w != "" {
		if c.log != nil {
			c.log.WarnContext(ctx, "pdc warning", "op", op, "text", w)
		}
		if c.warn != nil {
			c.warn(ctx, op, w)
		}
	}
	return &response{resp, op}, nil
}

func (r *response) decode(out any) error {
	if out == nil || r.Status == http.StatusNoContent {
		return nil
	}
	if err := wantJSON(r.op, r.Response, r.Body); err != nil {
		return err
	}
	if err := json.Unmarshal(r.Body, out); err != nil {
		return &Error{Op: r.op, Status: r.Status, Msg: "decoding the answer: " + err.Error(), Err: ErrUnexpected}
	}
	return nil
}

// wantJSON refuses pages that only look like success, such as the login form
// of a front end.
func wantJSON(op string, r *transport.Response, body []byte) error {
	if kind := r.Header.Get("Content-Type"); !strings.Contains(kind, "json") {
		return &Error{Op: op, Status: r.Status, Msg: strings.TrimSpace(fmt.Sprintf("answer is %s, not JSON: %s",
			strings.ToLower(kind), pageText(body))), Err: ErrUnexpected}
	}
	return nil
}

// Resources lists the server's resources: name to URL, as its API root tells.
// Its generation shows here: "modules" came in 2018, "contacts/people" was
// "persons" before.
func (c *Client) Resources(ctx context.Context) (map[string]string, error) {
	var out map[string]string
	err := c.Do(ctx, http.MethodGet, "", nil, nil, &out)
	return out, err
}

// Has reports whether the server has a resource ("modules"), by asking it for
// one row.
func (c *Client) Has(ctx context.Context, resource string) (bool, error) {
	err := c.Do(ctx, http.MethodGet, resource+"/", url.Values{"page_size": {"1"}}, nil, nil)
	if isNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// SPDX-License-Identifier: MIT

package distgit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

const defaultMaxBody = 64 << 20

// Client asks the web front end of one dist-git. It is immutable and safe for
// concurrent use. Reading and writing git itself is the job of distgit/git.
type Client struct {
	site  Site
	token string
	tr    *transport.Client

	mu    sync.Mutex // held while probing
	forge Forge
}

// NewClient returns a client for the front end at url, such as
// "https://src.fedoraproject.org". It does no I/O. The error wraps
// [ErrInvalid]. A user name or password in the URL is refused: use
// [WithToken].
func NewClient(url string, opts ...Option) (*Client, error) {
	fail := func(why string) (*Client, error) {
		return nil, &Error{Op: "new client", Msg: why, Err: ErrInvalid}
	}
	cfg := config{maxBody: defaultMaxBody}
	for _, o := range opts {
		if err := o(&cfg); err != nil {
			return fail(err.Error())
		}
	}
	if cfg.maxBody == 0 {
		cfg.maxBody = defaultMaxBody
	}
	root, err := parseRoot(url)
	if err != nil {
		return fail(err.Error())
	}
	tr, err := transport.New(transport.Options{
		HTTPClient: cfg.http, UserAgent: cfg.agent, Logger: cfg.logger, MaxBody: cfg.maxBody,
		Retry:         transport.Retry{Max: cfg.retry.Max, Wait: cfg.retry.Wait, MaxWait: cfg.retry.MaxWait},
		SecretHeaders: []string{"Private-Token"},
	})
	if err != nil {
		return fail(err.Error())
	}
	return &Client{
		site:  Site{Root: root, Forge: cfg.forge, Group: cfg.group},
		token: cfg.token, tr: tr, forge: cfg.forge,
	}, nil
}

func parseRoot(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return "", errors.New("url: does not parse")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", errors.New("url: want http or https and a host")
	case u.User != nil:
		return "", errors.New("url: holds credentials; use WithToken")
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("url: has a query or fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// URL returns the root the client was made for, without a trailing slash.
func (c *Client) URL() string { return c.site.Root }

// Site returns how this dist-git's addresses are made. Its Forge is what is
// known so far; [Client.Forge] asks.
func (c *Client) Site() Site {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.site
	s.Forge = c.forge
	return s
}

// Do is the way to calls that have no method here. The path is below the
// root and already escaped ("/api/0/rpms/bash/git/alias"). in is sent as a
// form when it is url.Values, else as JSON; nil sends no body. A 2xx answer is
// decoded from JSON into out, or stored when out is a *[]byte; nil drops it.
// GET and HEAD are retried by the client's policy, other methods only when the
// server can't have seen them. Errors are [*Error].
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	_, err := c.do(ctx, request{method: method, path: path, query: query, in: in, out: out})
	return err
}

// request is one call of the web API.
type request struct {
	method string
	path   string // below the root, escaped
	query  url.Values
	in     any
	out    any
	again  bool // repeating does no harm though it is not a GET
}

func (c *Client) do(ctx context.Context, r request) (*transport.Response, error) {
	if r.method == "" {
		r.method = http.MethodGet
	}
	op := r.method + " " + r.path
	if !strings.HasPrefix(r.path, "/") || strings.ContainsAny(r.path, "?# \r\n") {
		return nil, &Error{Op: op, Msg: "path must be absolute and escaped, without query", Err: ErrInvalid}
	}
	u := c.site.Root + r.path
	if len(r.query) > 0 {
		u += "?" + r.query.Encode()
	}
	req := transport.Request{Op: op, Method: r.method, URL: u, Header: http.Header{}}
	req.Idempotent = r.again || r.method == http.MethodGet || r.method == http.MethodHead
	if _, raw := r.out.(*[]byte); !raw {
		req.Header.Set("Accept", "application/json")
	}
	switch in := r.in.(type) {
	case nil:
	case url.Values:
		req.Body = []byte(in.Encode())
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	default:
		body, err := json.Marshal(in)
		if err != nil {
			return nil, &Error{Op: op, Msg: "request does not encode: " + err.Error(), Err: ErrInvalid}
		}
		req.Body = body
		req.Header.Set("Content-Type", "application/json")
	}
	c.authorize(req.Header, r.path)
	resp, err := c.tr.Do(ctx, req)
	if err != nil {
		return nil, callError(op, err)
	}
	if resp.Status < 200 || resp.Status > 299 {
		return resp, answerError(op, resp)
	}
	return resp, decode(op, resp, r.out)
}

func (c *Client) authorize(h http.Header, path string) {
	if c.token == "" {
		return
	}
	if strings.HasPrefix(path, "/api/v4/") {
		h.Set("Private-Token", c.token)
		return
	}
	h.Set("Authorization", "token "+c.token)
}

func decode(op string, resp *transport.Response, out any) error {
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = resp.Body
		return nil
	}
	if len(resp.Body) == 0 {
		return &Error{Op: op, Status: resp.Status, Msg: "empty answer where JSON was expected", Err: ErrUnavailable}
	}
	if isHTML(resp.Header, resp.Body) {
		return &Error{Op: op, Status: resp.Status, Msg: "an HTML page where JSON was expected: is this the API of a dist-git?", Err: ErrUnavailable}
	}
	if err := json.Unmarshal(resp.Body, out); err != nil {
		return &Error{Op: op, Status: resp.Status, Msg: "answer does not decode", Err: err}
	}
	return nil
}

func isHTML(h http.Header, body []byte) bool {
	if strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		return true
	}
	b := strings.TrimLeft(string(body[:min(len(body), 64)]), "\ufeff \r\n\t")
	return strings.HasPrefix(b, "<")
}

// callError wraps a transport error: no answer, or none in full.
func callError(op string, err error) error {
	e := &Error{Op: op, Err: err}
	var te *transport.Error
	if errors.As(err, &te) {
		e.Status = te.Status
	}
	if !isContext(err) && !errors.Is(err, transport.ErrTooLarge) {
		var redirect *transport.RedirectError
		if !errors.As(err, &redirect) {
			e.Err = fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	return e
}

// answerError reads what the three forges say in an error body: Pagure
// {error, error_code, errors: map or string}, Forgejo {message, url, errors},
// GitLab {message: text, map or list} or {error}.
func answerError(op string, resp *transport.Response) error {
	e := &Error{Op: op, Status: resp.Status, Err: statusError(resp.Status)}
	var body struct {
		Error   string          `json:"error"`
		Code    string          `json:"error_code"`
		Errors  json.RawMessage `json:"errors"`
		Message json.RawMessage `json:"message"`
	}
	if isHTML(resp.Header, resp.Body) || json.Unmarshal(resp.Body, &body) != nil {
		e.Msg = "status " + fmt.Sprint(resp.Status)
		if t := strings.TrimSpace(string(resp.Body)); t != "" && len(t) < 200 && !strings.Contains(t, "<") {
			e.Msg += ": " + t
		}
		return e
	}
	e.Code = body.Code
	var texts []string
	for _, t := range []string{body.Error, flatten(body.Message), flatten(body.Errors)} {
		if t != "" {
			texts = append(texts, t)
		}
	}
	if e.Msg = strings.Join(texts, ": "); e.Msg == "" {
		e.Msg = "status " + fmt.Sprint(resp.Status)
	}
	switch body.Code {
	case "ENOPROJECT", "ENOCOMMIT", "EBRANCHNOTFOUND", "EFILENOTFOUND", "ENOUSER", "ENOGROUP", "ENOREQ", "ENOTAG", "EEMPTYGIT":
		e.Err = ErrNotFound
	case "EINVALIDTOK":
		e.Err = ErrUnauthorized
	case "ENOTHIGHENOUGH", "EMODIFYPROJECTNOTALLOWED", "EUBLOCKED", "EREBASENOTALLOWED":
		e.Err = ErrForbidden
	case "EPRCONFLICTS":
		e.Err = ErrConflict
	}
	if resp.Status == http.StatusUnprocessableEntity && strings.HasPrefix(e.Msg, "sha does not match") {
		e.Err = ErrConflict // Forgejo's lock on a file's content
	}
	if resp.Status == http.StatusMethodNotAllowed {
		e.Err = ErrUnsupported // an operation this object does not have
	}
	return e
}

// flatten renders an error text that may be a string, a list or a map.
func flatten(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	return flattenValue(v)
}

func flattenValue(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		var parts []string
		for _, x := range v {
			if t := flattenValue(x); t != "" {
				parts = append(parts, t)
			}
		}
		return strings.Join(parts, "; ")
	case map[string]any:
		var parts []string
		for _, k := range sortedKeys(v) {
			if t := flattenValue(v[k]); t != "" {
				parts = append(parts, k+": "+t)
			}
		}
		return strings.Join(parts, "; ")
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

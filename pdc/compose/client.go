// SPDX-License-Identifier: MIT

package compose

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
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
}

// Retry says how often and how patiently reads are repeated. The zero value
// means no retries.
type Retry struct {
	Max     int           // retries after the first attempt
	Wait    time.Duration // bound of the first wait, doubling; 0 means 1 s
	MaxWait time.Duration // bound of every wait; 0 means 30 s
}

// WithHTTPClient makes requests go through hc. Nil is an error.
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

// Client reads a folder of composes, over HTTP or from a file system. It is
// safe for concurrent use.
type Client struct{ files files }

// files is where composes are read from.
type files interface {
	// open hands a file to fn.
	open(ctx context.Context, path string, fn func(io.Reader) error) error
	// list returns the names in a folder, without slashes.
	list(ctx context.Context, path string) ([]string, error)
}

// NewClient returns a client for a folder of composes on a web server. It
// does no I/O. The error is ErrInvalid.
func NewClient(url string, opts ...Option) (*Client, error) {
	base, err := baseURL(url)
	if err != nil {
		return nil, err
	}
	cfg := config{retry: Retry{Max: 4, Wait: time.Second, MaxWait: 30 * time.Second}}
	for _, o := range opts {
		if err := o(&cfg); err != nil {
			return nil, invalid("new client", "", "%v", err)
		}
	}
	t, err := transport.New(transport.Options{HTTPClient: cfg.http, UserAgent: cfg.agent,
		Retry: transport.Retry(cfg.retry), Logger: cfg.logger, MaxBody: 1 << 30})
	if err != nil {
		return nil, invalid("new client", "", "%v", err)
	}
	return &Client{web{base, t}}, nil
}

func baseURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", invalid("new client", "", "want an http or https URL")
	}
	u.RawQuery, u.Fragment = "", ""
	return strings.TrimRight(u.String(), "/") + "/", nil
}

// NewDirClient returns a client for a folder of composes, such as
// os.DirFS("/mnt/koji/compose/rawhide").
func NewDirClient(fsys fs.FS) *Client { return &Client{folder{fsys}} }

type folder struct{ fsys fs.FS }

func (f folder) open(ctx context.Context, path string, fn func(io.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	file, err := f.fsys.Open(path)
	if err != nil {
		return fileError(path, err)
	}
	defer file.Close()
	return fn(file)
}

func (f folder) list(ctx context.Context, path string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(f.fsys, path)
	if err != nil {
		return nil, fileError(path, err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

func fileError(path string, err error) error {
	e := &Error{Op: "open " + path, Msg: err.Error(), Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Msg, e.Err = "not found", ErrNotFound
	case errors.Is(err, fs.ErrPermission):
		e.Err = ErrForbidden
	}
	return e
}

type web struct {
	base string
	t    *transport.Client
}

// get sends a GET request for a path below the base.
func (w web) get(ctx context.Context, path string, fn func(io.Reader) error) error {
	op := "GET /" + path
	if !fs.ValidPath(strings.TrimSuffix(path, "/")) && path != "" {
		return invalid(op, "", "not a path")
	}
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	var failed error
	resp, err := w.t.Stream(ctx, transport.Request{Op: op, URL: w.base + strings.Join(parts, "/"), Idempotent: true},
		func(_ *transport.Response, r io.Reader) error {
			failed = fn(r)
			return failed
		})
	if err != nil {
		if _, ok := errors.AsType[*transport.Error](err); !ok {
			return err
		}
		kind := ErrUnavailable
		if ctx.Err() != nil {
			kind = ctx.Err()
		}
		return &Error{Op: op, Msg: err.Error(), Err: errors.Join(kind, err)}
	}
	if resp.Status/100 == 2 {
		return nil
	}
	e := &Error{Op: op, Status: resp.Status, Msg: http.StatusText(resp.Status), Err: ErrInvalid}
	switch s := resp.Status; {
	case s == http.StatusNotFound || s == http.StatusGone:
		e.Err = ErrNotFound
	case s == http.StatusUnauthorized:
		e.Err = ErrUnauthorized
	case s == http.StatusForbidden:
		e.Err = ErrForbidden
	case s == http.StatusConflict:
		e.Err = ErrConflict
	case s >= 500 || s == http.StatusTooManyRequests || s == http.StatusRequestTimeout:
		e.Err = ErrUnavailable
	}
	return e
}

func (w web) open(ctx context.Context, path string, fn func(io.Reader) error) error {
	return w.get(ctx, path, fn)
}

var anchor = regexp.MustCompile(`(?i)<a\s[^>]*href\s*=\s*["']([^"'>]*)["']`)

// list reads a page with links to the names in a folder, as web servers make.
func (w web) list(ctx context.Context, path string) ([]string, error) {
	var page []byte
	if path == "." {
		path = ""
	} else {
		path += "/"
	}
	err := w.get(ctx, path, func(r io.Reader) (err error) {
		page, err = io.ReadAll(io.LimitReader(r, 32<<20))
		return err
	})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range anchor.FindAllSubmatch(page, -1) {
		name, err := url.PathUnescape(strings.TrimSuffix(strings.TrimPrefix(string(m[1]), "./"), "/"))
		if err == nil && name != "" && name != ".." && !strings.ContainsAny(name, "?/#:") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

func readAll(ctx context.Context, f files, path string, limit int64) ([]byte, error) {
	var data []byte
	err := f.open(ctx, path, func(r io.Reader) (err error) {
		data, err = io.ReadAll(io.LimitReader(r, limit+1))
		if err == nil && int64(len(data)) > limit {
			err = invalid(path, "", "over %d bytes", limit)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

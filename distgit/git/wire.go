// SPDX-License-Identifier: MIT

package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/seed-f134cc8e/relkit/distgit"
)

const maxErrorBody = 64 << 10

// wire is the RoundTripper under go-git: it sets the agent, refuses answers
// that are not git's protocol, bounds error pages, and notes what came back,
// which go-git's errors only hold as text.
type wire struct {
	next http.RoundTripper
	c    *Client
}

// exchange is what the last HTTP request of an operation came to.
type exchange struct {
	status int
	sent   bool // a push was sent: whether it took effect must be looked up
	retry  time.Duration
}

type exchangeKey struct{}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	x, _ := req.Context().Value(exchangeKey{}).(*exchange)
	if x == nil {
		x = new(exchange)
	}
	x.status, x.retry = 0, 0
	req = req.Clone(req.Context())
	agent := "git/2.0 (relkit)"
	if w.c.cfg.agent != "" {
		agent += " " + w.c.cfg.agent
	}
	req.Header.Set("User-Agent", agent)
	push := strings.HasSuffix(req.URL.Path, "/git-receive-pack")
	if push {
		x.sent = true
	}
	start := time.Now()
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		var op *net.OpError
		if push && errors.As(err, &op) && op.Op == "dial" {
			x.sent = false
		}
		w.log(req, 0, start, err)
		return nil, err
	}
	x.status = resp.StatusCode
	w.log(req, resp.StatusCode, start, nil)
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return resp, nil
	}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	switch {
	case resp.StatusCode != http.StatusOK:
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		resp.Body.Close()
		text := strings.TrimSpace(string(body))
		if strings.HasPrefix(text, "<") || strings.Contains(kind, "html") || len(text) > 500 {
			text = "" // a page for people
		}
		resp.Body = io.NopCloser(strings.NewReader(text))
		if after, err := time.ParseDuration(resp.Header.Get("Retry-After") + "s"); err == nil {
			x.retry = after
		}
	case !strings.HasPrefix(kind, "application/x-git-"):
		resp.Body.Close()
		return nil, fmt.Errorf("%w: answered %q", ErrNotGit, kind)
	}
	return resp, nil
}

func (w *wire) log(req *http.Request, status int, start time.Time, err error) {
	l := w.c.cfg.logger
	if l == nil || !l.Enabled(req.Context(), slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", req.Method), slog.String("host", req.URL.Host), slog.String("path", req.URL.Path),
		slog.Int("status", status), slog.Duration("elapsed", time.Since(start)),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	l.LogAttrs(req.Context(), slog.LevelDebug, "git request", attrs...)
}

// failure turns go-git's errors into ours.
func failure(ctx context.Context, err error, x *exchange) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e := &Error{Status: x.status, Err: err}
	text := err.Error()
	tail := func(sentinel error) string {
		return strings.Trim(strings.TrimPrefix(text, sentinel.Error()), ": \n")
	}
	var ours *Error
	var unexpected *plumbing.UnexpectedError
	switch {
	case errors.As(err, &ours):
		return err
	case errors.Is(err, ErrTooLarge), errors.Is(err, ErrNotGit), errors.Is(err, errPack):
		return e
	case strings.Contains(text, ErrNotGit.Error()): // go-git's wrapper hides the chain
		e.Err = ErrNotGit
		_, e.Msg, _ = strings.Cut(text, ErrNotGit.Error()+": ")
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		e.Err = ErrEmpty
	case errors.Is(err, transport.ErrRepositoryNotFound):
		e.Err, e.Msg = ErrNotFound, tail(transport.ErrRepositoryNotFound)
	case strings.Contains(text, "ssh: unable to authenticate"):
		e.Err, e.Msg = ErrUnauthorized, "no ssh key is accepted"
	case errors.Is(err, transport.ErrAuthenticationRequired):
		e.Err, e.Msg = ErrUnauthorized, tail(transport.ErrAuthenticationRequired)
	case errors.Is(err, transport.ErrAuthorizationFailed), x.status == http.StatusForbidden:
		e.Err, e.Msg = ErrForbidden, tail(transport.ErrAuthorizationFailed)
	case x.status >= 300 && x.status < 400:
		e.Err, e.Msg = ErrInvalid, "the server redirects a request that must not be: use the new address"
	case x.status == http.StatusOK && errors.Is(err, pktline.ErrInvalidPktLen):
		e.Err, e.Msg = ErrNotGit, text
	case retryStatus(x.status):
		e.Err, e.Msg = ErrUnavailable, http.StatusText(x.status)
	case x.status == 0, errors.As(err, &unexpected), errors.Is(err, io.ErrUnexpectedEOF):
		e.Err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return e
}

func retryStatus(s int) bool {
	return s == http.StatusRequestTimeout || s == http.StatusTooManyRequests || s >= 500 && s != http.StatusNotImplemented
}

// reading runs f, which changes nothing on the server, and repeats it by the
// retry policy while the server is unavailable.
func (c *Client) reading(ctx context.Context, f func(context.Context) error) error {
	for n := 0; ; n++ {
		x := &exchange{}
		err := failure(ctx, f(context.WithValue(ctx, exchangeKey{}, x)), x)
		if err == nil || n >= c.cfg.retry.Max || !errors.Is(err, ErrUnavailable) {
			return err
		}
		if !c.pause(ctx, n, x.retry) {
			return err
		}
	}
}

// pause waits before attempt n+2 and reports whether there is time for one.
func (c *Client) pause(ctx context.Context, n int, atLeast time.Duration) bool {
	bound := c.cfg.retry.MaxWait
	if n < 30 && c.cfg.retry.Wait < bound>>n {
		bound = c.cfg.retry.Wait << n
	}
	wait := rand.N(bound + 1)
	if atLeast > wait {
		wait = min(atLeast, c.cfg.retry.MaxWait)
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// advertised is a ref list with what the server can do.
type advertised struct {
	*packp.AdvRefs
	heads distgit.Heads
}

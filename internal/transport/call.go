// SPDX-License-Identifier: MIT

package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// errorBody is how much of an answer other than 2xx is read.
const errorBody = 1 << 20

// call is one request under way; its methods are go-retryablehttp's hooks.
type call struct {
	c      *Client
	r      *Request
	fn     func(*Response, io.Reader) error
	ctx    context.Context // of this one call
	url    *url.URL
	header http.Header

	n          int // attempts begun
	start      time.Time
	wait       time.Duration
	resp       *Response // last answer
	cause      error     // why the last attempt has no answer
	prepErr    error
	fnErr      error // what fn returned at the last attempt
	bodyFailed bool  // reading the last body failed
	bytes      int64 // of the last body, decompressed
	handled    bool
	secrets    []string // values that must not be shown
}

// prepare makes an attempt's headers and body.
func (k *call) prepare(req *http.Request) error {
	k.prepErr = k.build(req)
	return k.prepErr
}

func (k *call) build(req *http.Request) error {
	if err := k.ctx.Err(); err != nil {
		return err
	}
	req.Header = k.header.Clone()
	req.Body, req.GetBody, req.ContentLength = http.NoBody, nil, 0
	switch {
	case k.r.BodyFunc != nil && k.r.BodySize != 0:
		body, err := k.r.BodyFunc()
		if err != nil {
			return fmt.Errorf("opening the body: %w", err)
		}
		req.Body, req.ContentLength = body, k.r.BodySize
	case len(k.r.Body) > 0:
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(k.r.Body)), nil }
		req.Body, _ = req.GetBody()
		req.ContentLength = int64(len(k.r.Body))
	}
	if k.r.Attempt != nil {
		if err := k.r.Attempt(req); err != nil {
			req.Body.Close()
			return err
		}
	}
	for name, values := range req.Header {
		for _, v := range values {
			if !sendable(v) {
				req.Body.Close()
				return fmt.Errorf("header %s holds control characters", name)
			}
		}
	}
	k.secrets = k.c.secretsOf(req)
	k.n++
	k.start = time.Now()
	return nil
}

// handle reads an answer.
func (k *call) handle(resp *http.Response) error {
	k.handled = true
	defer resp.Body.Close()
	k.resp = &Response{Status: resp.StatusCode, Header: resp.Header, URL: withoutUser(resp.Request.URL)}
	ok := resp.StatusCode >= 200 && resp.StatusCode < 300
	size, wire := k.limits()
	b := newBody(resp, size, wire)
	if k.r.Raw {
		b.raw()
	}
	defer func() { k.bytes = b.n }()
	switch {
	case !ok:
		k.resp.Body, _ = b.prefix(errorBody)
		return nil
	case k.fn == nil:
		var err error
		k.resp.Body, err = b.all(resp.ContentLength)
		k.bodyFailed = err != nil
		return err
	}
	k.fnErr = k.fn(k.resp, b)
	k.bodyFailed = k.fnErr != nil && b.err != nil && b.err != io.EOF && errors.Is(k.fnErr, b.err)
	if k.fnErr == nil {
		b.finish()
	}
	return k.fnErr
}

func (k *call) limits() (body, wire int64) {
	if k.r.MaxBody != 0 {
		return k.r.MaxBody, k.r.MaxBody
	}
	return k.c.maxBody, k.c.maxWire
}

// check decides whether there is another attempt. go-retryablehttp asks twice
// when there is an answer: before and after it was handled.
func (k *call) check(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if err == nil && !k.handled {
		return false, nil
	}
	var ue *url.Error
	if errors.As(err, &ue) && !k.handled { // its text holds the whole URL
		err = ue.Err
	}
	k.cause = err
	if !k.handled {
		k.resp, k.bytes, k.fnErr, k.bodyFailed = nil, 0, nil, false
	}
	again := ctx.Err() == nil && k.n <= k.c.retry.Max && k.retriable()
	if again {
		k.wait = k.nextWait()
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= k.wait {
			again = false // it would only sleep into the deadline
		}
	}
	k.log(again)
	k.handled = false
	return again, nil
}

func (k *call) retriable() bool {
	if k.cause == nil {
		return k.r.Idempotent && retryStatus(k.resp.Status)
	}
	var mark *retryable
	switch {
	case errors.As(k.cause, &mark):
		return true
	case hopeless(k.cause):
		return false
	case notSent(k.cause):
		return true
	case !k.r.Idempotent:
		return false
	case k.fnErr != nil:
		return k.bodyFailed && k.bytes == 0
	}
	return true
}

// retryStatus tells which answers a server means as "later".
func retryStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// notSent reports whether the connection was never made, so that the server
// can't have seen the request.
func notSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// hopeless reports errors that a second attempt can't change.
func hopeless(err error) bool {
	var (
		redirect *RedirectError
		cert     *tls.CertificateVerificationError
		alert    tls.AlertError
		record   tls.RecordHeaderError
	)
	return errors.As(err, &redirect) || errors.As(err, &cert) || errors.As(err, &alert) ||
		errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch) ||
		errors.Is(err, ErrTooLarge) || errors.Is(err, errRedirects) || errors.Is(err, errEncoding)
}

// nextWait is the wait before the next attempt.
func (k *call) nextWait() time.Duration {
	bound := k.c.retry.MaxWait
	if shift := k.n - 1; shift < 32 && k.c.retry.Wait < bound>>shift {
		bound = k.c.retry.Wait << shift
	}
	if k.resp != nil && k.cause == nil {
		if after, ok := retryAfter(k.resp.Header.Get("Retry-After"), time.Now()); ok && after > 0 {
			return min(after, k.c.retry.MaxWait)
		}
	}
	return k.c.jitter(bound)
}

// retryAfter reads both forms of the header: seconds and a date.
func retryAfter(v string, now time.Time) (time.Duration, bool) {
	v = strings.TrimSpace(v)
	if v == "" {
		return 0, false
	}
	if secs, err := strconv.ParseInt(v, 10, 64); err == nil {
		if secs < 0 {
			return 0, false
		}
		return time.Duration(min(secs, int64(1<<62/time.Second))) * time.Second, true
	}
	if strings.Trim(v, "0123456789") == "" { // digits beyond int64
		return 1 << 62, true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(now)), true
}

func (k *call) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return k.wait }

// log writes the record of the attempt that has just ended.
func (k *call) log(again bool) {
	l := k.c.logger
	if l == nil || !l.Enabled(k.ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("op", k.r.Op), slog.String("method", k.r.Method),
		slog.String("host", k.url.Host), slog.String("path", k.url.Path),
	}
	if k.resp != nil {
		attrs = append(attrs, slog.Int("status", k.resp.Status))
	}
	attrs = append(attrs, slog.Int("attempt", k.n),
		slog.Duration("elapsed", time.Since(k.start)), slog.Int64("bytes", k.bytes))
	if k.cause != nil {
		attrs = append(attrs, slog.String("error", redact(k.cause.Error(), k.secrets)))
	}
	if again {
		attrs = append(attrs, slog.Duration("retry_in", k.wait))
	}
	l.LogAttrs(k.ctx, slog.LevelDebug, "http attempt", attrs...)
}

// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/go-retryablehttp"
)

// Request is one logical request; its attempts differ only in what Attempt
// and BodyFunc give them. It is not changed and may be sent again.
type Request struct {
	Op     string // what is done, for errors and logs ("getBuild"); "" means method and path
	Method string // "" means GET
	URL    string // absolute, http or https
	Header http.Header
	Body   []byte // sent at each attempt; nil for none

	// BodyFunc, used instead of Body, opens the body anew for each attempt;
	// nothing is held in memory. BodySize is its number of bytes, negative when
	// unknown (then sent in chunks). An error from it ends the request.
	BodyFunc func() (io.ReadCloser, error)
	BodySize int64

	// Idempotent says that a second execution does no harm: the request is
	// repeated after cut connections, 429 and 5xx.
	Idempotent bool

	// Attempt, if set, completes the headers of each attempt, such as tokens
	// that can be used once. It must touch nothing else. An error from it ends
	// the request.
	Attempt func(*http.Request) error

	// Raw asks for the bytes as stored: no compression is offered and none
	// undone. For downloads whose checksum is that of the file.
	Raw bool

	// MaxBody overrides the client's limits on the answer, before and after
	// decompression; 0 keeps them, a negative number means no limit.
	MaxBody int64
}

// Response is the final answer to a request, whatever its status.
type Response struct {
	Status   int
	Header   http.Header
	Body     []byte   // decompressed; nil when it was streamed
	URL      *url.URL // where the answer came from, after redirects; without user information
	Attempts int
}

// Do sends the request and reads the answer. When retries are exhausted the
// last answer is returned without an error, so that the caller can map its
// status and text. An error is always an [*Error].
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	return c.run(ctx, r, nil)
}

// Stream is [Client.Do] with the body of a 2xx answer handed to fn, which may
// stop early and must not keep the reader. Other answers are read and
// returned, without fn being called.
//
// An error of fn is returned as it is, or within an [*Error] when reading the
// body caused it. The request is then repeated if it is idempotent and reading
// failed before the first byte, or if fn says so by returning a [Retryable]
// error; fn must forget what it had of the attempt before.
func (c *Client) Stream(ctx context.Context, r Request, fn func(*Response, io.Reader) error) (*Response, error) {
	if fn == nil {
		return nil, &Error{Op: r.Op, Err: errors.New("no function to stream to")}
	}
	return c.run(ctx, r, fn)
}

func (c *Client) run(ctx context.Context, r Request, fn func(*Response, io.Reader) error) (*Response, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	first, err := http.NewRequestWithContext(ctx, r.Method, r.URL, nil)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) { // its text holds the whole URL
			err = fmt.Errorf("bad URL: %w", ue.Err)
		}
		return nil, &Error{Op: r.Op, Method: r.Method, Err: err}
	}
	k := &call{c: c, r: &r, fn: fn, ctx: ctx, url: first.URL}
	if r.Op == "" {
		k.r.Op = r.Method + " " + first.URL.Path
	}
	if s := first.URL.Scheme; s != "http" && s != "https" || first.URL.Host == "" {
		return nil, k.fail(fmt.Errorf("bad URL: want http or https and a host"))
	}
	k.header = r.Header.Clone()
	if k.header == nil {
		k.header = http.Header{}
	}
	if k.header.Get("User-Agent") == "" {
		k.header.Set("User-Agent", c.agent)
	}
	switch {
	case r.Raw:
		k.header.Set("Accept-Encoding", "identity")
	case r.Method != http.MethodHead && k.header.Get("Range") == "":
		k.header.Set("Accept-Encoding", "gzip")
	}
	if err := k.prepare(first); err != nil {
		return nil, k.fail(err)
	}
	return k.send(first)
}

// send runs the attempts through go-retryablehttp. All decisions are in
// [call.check]; each answer is read in [call.handle], so that a body cut in
// the middle counts as a failed attempt.
func (k *call) send(first *http.Request) (*Response, error) {
	hc := *k.c.http
	hc.CheckRedirect = k.redirect
	rc := &retryablehttp.Client{
		HTTPClient:   &hc,
		RetryMax:     k.c.retry.Max,
		CheckRetry:   k.check,
		Backoff:      k.backoff,
		PrepareRetry: k.prepare,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	req := &retryablehttp.Request{Request: first}
	req.SetResponseHandler(k.handle)
	resp, err := rc.Do(req)
	if resp != nil {
		resp.Body.Close() // handle did so; once more does no harm
	}
	switch {
	case k.prepErr != nil:
		return nil, k.fail(k.prepErr)
	case err == nil && k.cause == nil:
		k.resp.Attempts = k.n
		return k.resp, nil
	case err == k.ctx.Err(): // it ended between two attempts
		return nil, k.fail(err)
	case k.fnErr != nil && !k.bodyFailed:
		return nil, unmark(k.fnErr)
	default:
		return nil, k.fail(unmark(k.cause))
	}
}

// sendable reports whether a header value has no control characters.
func sendable(v string) bool {
	return strings.IndexFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) < 0
}

// SPDX-License-Identifier: MIT

package distgittest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// Op names a kind of request, for faults and the call log.
type Op string

// The kinds of requests.
const (
	OpRefs   Op = "refs"   // the ref list before a fetch (GET info/refs for git-upload-pack)
	OpFetch  Op = "fetch"  // POST git-upload-pack
	OpRefsW  Op = "refs-w" // the ref list before a push (GET info/refs for git-receive-pack)
	OpPush   Op = "push"   // POST git-receive-pack
	OpAPI    Op = "api"    // the web API
	OpRaw    Op = "raw"    // a raw file by the web front end
	OpUpload Op = "upload" // the lookaside's upload script
	OpSource Op = "source" // a download from the lookaside
)

// Call is one request that was answered, or cut.
type Call struct {
	Op     Op
	Method string
	Path   string       // escaped, with the query
	Repo   distgit.Repo // zero when the path names none
	User   string       // of the basic authentication; tokens are not kept
	Status int          // 0 when the connection was cut
}

// Calls returns what was asked so far, in the order of the answers.
func (h *Host) Calls() []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Call(nil), h.calls...)
}

// Cut says at which point a [Fault] closes the connection.
type Cut int

// Where a connection is cut.
const (
	NoCut     Cut = iota // not at all
	CutBefore            // before anything is done
	CutAfter             // when all is done and nothing answered
)

// Fault makes requests fail. All conditions must hold; zero conditions hold
// always.
type Fault struct {
	Op    Op           // "" is any
	Repo  distgit.Repo // zero is any
	Times int          // how many requests; 0 is one, negative is all until Heal

	Delay  time.Duration // before anything else; the request's end ends it
	Status int           // answered instead of doing anything; 0 is none
	Body   string        // of that answer; empty is an HTML page, as proxies send
	Cut    Cut
}

// Fail adds a fault. Of several that fit a request the oldest is used.
func (h *Host) Fail(f Fault) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	h.faults = append(h.faults, &f)
}

// Heal removes all faults.
func (h *Host) Heal() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = nil
}

func (h *Host) fault(op Op, r distgit.Repo) Fault {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.faults {
		if f.Times == 0 || f.Op != "" && f.Op != op || f.Repo != (distgit.Repo{}) && f.Repo.Normal() != r {
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		return *f
	}
	return Fault{}
}

// request is one request with what its path names.
type request struct {
	*http.Request
	op   Op
	repo distgit.Repo
	user string
	rest []string // unescaped path segments after the repository
}

// classify tells what a request is about. Repository paths have any number of
// segments and are told by their end.
func (h *Host) classify(r *http.Request) (request, http.HandlerFunc, bool) {
	q := request{Request: r}
	q.user, _, _ = r.BasicAuth()
	path := r.URL.EscapedPath()
	switch {
	case strings.HasPrefix(path, "/repo/pkgs/"), strings.HasPrefix(path, "/lookaside/pkgs/"):
		q.op = OpSource
		if strings.HasSuffix(path, "/upload.cgi") {
			q.op = OpUpload
			return q, func(w http.ResponseWriter, _ *http.Request) { h.upload(w, q) }, true
		}
		return q, func(w http.ResponseWriter, _ *http.Request) { h.download(w, q) }, true
	case strings.HasPrefix(path, "/api/"), strings.HasPrefix(path, "/_dg/"), strings.HasPrefix(path, "/extras/"):
		q.op = OpAPI
		return q, h.api(&q), true
	}
	if base, ok := strings.CutSuffix(path, "/info/refs"); ok {
		switch r.URL.Query().Get("service") {
		case "git-upload-pack":
			q.op = OpRefs
		case "git-receive-pack":
			q.op = OpRefsW
		default:
			return q, nil, false // the dumb protocol
		}
		return q, func(w http.ResponseWriter, _ *http.Request) { h.smart(w, q) }, q.setRepo(base)
	}
	for suffix, op := range map[string]Op{"/git-upload-pack": OpFetch, "/git-receive-pack": OpPush} {
		if base, ok := strings.CutSuffix(path, suffix); ok {
			q.op = op
			return q, func(w http.ResponseWriter, _ *http.Request) { h.smart(w, q) }, q.setRepo(base)
		}
	}
	if base, rest, ok := strings.Cut(path, "/raw/"); ok {
		q.op = OpRaw
		q.rest = segments(rest)
		return q, func(w http.ResponseWriter, _ *http.Request) { h.raw(w, q) }, q.setRepo(base)
	}
	return q, nil, false
}

func (q *request) setRepo(escaped string) bool {
	p, err := url.PathUnescape(escaped)
	if err != nil {
		return false
	}
	q.repo, err = distgit.ParseRepo(p)
	return err == nil
}

func segments(escaped string) []string {
	var out []string
	for s := range strings.SplitSeq(strings.Trim(escaped, "/"), "/") {
		u, err := url.PathUnescape(s)
		if err != nil {
			return nil
		}
		out = append(out, u)
	}
	return out
}

// ServeHTTP answers git, lookaside and web requests.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, serve, ok := h.classify(r)
	if !ok || serve == nil {
		http.NotFound(w, r)
		return
	}
	f := h.fault(q.op, q.repo)
	if f.Delay > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), f.Delay)
		<-ctx.Done()
		cancel()
	}
	rec := &recorder{ResponseWriter: w, hold: f.Cut == CutAfter}
	switch {
	case f.Cut == CutBefore:
		h.log(q, 0)
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		body, kind := f.Body, "text/plain; charset=utf-8"
		if body == "" {
			body, kind = fmt.Sprintf("<html><body><h1>%d %s</h1></body></html>\n", f.Status, http.StatusText(f.Status)), "text/html"
		}
		rec.Header().Set("Content-Type", kind)
		rec.WriteHeader(f.Status)
		_, _ = io.WriteString(rec, body)
	default:
		serve(rec, r)
	}
	if f.Cut == CutAfter {
		h.log(q, 0)
		panic(http.ErrAbortHandler)
	}
	h.log(q, rec.status())
}

func (h *Host) log(q request, status int) {
	c := Call{Op: q.op, Method: q.Method, Path: q.URL.RequestURI(), Repo: q.repo, User: q.user, Status: status}
	h.mu.Lock()
	h.calls = append(h.calls, c)
	h.mu.Unlock()
	if h.opt.Logger != nil {
		h.opt.Logger.LogAttrs(q.Context(), slog.LevelDebug, "distgit request",
			slog.String("op", string(c.Op)), slog.String("method", c.Method), slog.String("path", q.URL.EscapedPath()), slog.Int("status", status))
	}
}

// recorder keeps the status; with hold it keeps the whole answer back.
type recorder struct {
	http.ResponseWriter
	code int
	hold bool
}

func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
	}
	if !r.hold {
		r.ResponseWriter.WriteHeader(code)
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	if r.hold {
		return len(p), nil
	}
	return r.ResponseWriter.Write(p)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) status() int {
	if r.code == 0 {
		return http.StatusOK
	}
	return r.code
}

// account returns the name a write goes by, and whether it may write. The
// token is the password of the basic authentication or that of an
// Authorization header "token X" or "Bearer X".
func (h *Host) account(r *http.Request) (name string, ok bool) {
	name, token, basic := r.BasicAuth()
	if !basic {
		if _, t, found := strings.Cut(r.Header.Get("Authorization"), " "); found {
			token = t
		}
	}
	if len(h.opt.Users) == 0 {
		if name == "" {
			name = "anonymous"
		}
		return name, true
	}
	if basic {
		want, known := h.opt.Users[name]
		return name, known && want == token
	}
	for user, want := range h.opt.Users {
		if token != "" && want == token {
			return user, true
		}
	}
	return "", false
}

// limitBody reads a request's body, undoing gzip is git's own business.
func limitBody(r *http.Request, max int64) ([]byte, error) {
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(r.Body, max+1))
	if err == nil && n > max {
		err = fmt.Errorf("request is over %d bytes", max)
	}
	return b.Bytes(), err
}

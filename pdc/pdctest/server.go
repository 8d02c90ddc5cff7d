// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/pdc"
)

// PDC is a server in memory: state, and an http.Handler that speaks the wire
// of the real one. It is safe for concurrent use; requests are answered one
// after another. It has no clock: see [PDC.SetNow].
type PDC struct {
	mu        sync.Mutex
	now       time.Time
	resources map[string]*resource
	tables    map[string]*table
	changed   map[string]time.Time // table → last change
	users     []*user
	undo      []func()
	record    []change // of the write under way
	version   int      // grows with each change
	lists     map[string][]*row
	calls     []Call
	faults    []*fault
	journal   *journal
	options   Options
	pages     map[string]cached
}

// Options switch the server to what other generations and deployments do. The
// zero value is the server of 2018.
type Options struct {
	// Old answers as servers before 2018 did: there is no resource "modules",
	// and errors that belong to no field are under "non_field_errors".
	Old bool

	// Cache keeps answers to GET for as long, by URL, Accept and Cookie, as
	// the stock settings do for 30 s. The time is that of [PDC.SetNow].
	Cache time.Duration

	// NextHost is put into links to other pages instead of the request's
	// host: "http://internal:8000" is what a server behind a proxy says.
	NextHost string

	// RemoteUser tells who the front end has authenticated; "" for nobody.
	RemoteUser func(*http.Request) string

	// Closed refuses anonymous reads.
	Closed bool

	// MaxURL answers 414 to longer request targets; 0 means no limit.
	MaxURL int
}

// New returns a server with the rows of the seed. The error names the first
// row that the server itself would refuse.
func New(seed Seed, o Options) (*PDC, error) {
	p := &PDC{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), resources: map[string]*resource{},
		tables: map[string]*table{}, changed: map[string]time.Time{}, lists: map[string][]*row{},
		pages: map[string]cached{}, options: o}
	p.define()
	if o.Old {
		delete(p.resources, "modules/")
	}
	if err := p.load(seed); err != nil {
		return nil, err
	}
	return p, nil
}

// SetNow sets the server's time, from which it knows which branches are past
// their end of life and what it writes into changesets.
func (p *PDC) SetNow(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = t.UTC()
	p.version++
}

// Server is a PDC behind a listener on the loopback interface.
type Server struct {
	*httptest.Server
	PDC *PDC
}

// NewServer starts a listener for p; Close ends it.
func NewServer(p *PDC) *Server { return &Server{httptest.NewServer(p), p} }

// Client returns a client of the server.
func (s *Server) Client(opts ...pdc.Option) (*pdc.Client, error) {
	return pdc.NewClient(s.URL, opts...)
}

// Transport answers requests without a listener, for http.Client.
func (p *PDC) Transport() http.RoundTripper { return roundTripper{p} }

type roundTripper struct{ p *PDC }

func (t roundTripper) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	if r.Host == "" {
		r = r.Clone(r.Context())
		r.Host = r.URL.Host
	}
	w := httptest.NewRecorder()
	defer func() {
		if x := recover(); x == http.ErrAbortHandler {
			resp, err = nil, fmt.Errorf("connection cut")
		} else if x != nil {
			panic(x)
		}
	}()
	t.p.ServeHTTP(w, r)
	resp = w.Result()
	resp.Request = r
	return resp, nil
}

const root = "/rest_api/v1/"

// call is one request under way.
type call struct {
	p     *PDC
	r     *http.Request
	query url.Values
	user  *user
	base  string // scheme and host for links
	path  string // below the root
}

// problem is an answer that is an error.
type problem struct {
	status int
	body   any
	header map[string]string
}

// reply is an answer.
type reply struct {
	status int
	body   any // nil for none
	header map[string]string
	raw    []byte // JSON, instead of body
}

// detail is an error that belongs to no field.
func detail(status int, text any) *problem {
	return &problem{status: status, body: obj{{"detail", text}}}
}

func fieldErrors(errs map[string]any) *problem { return &problem{status: 400, body: errs} }

var notFound = detail(404, "Not found.")

// ServeHTTP implements http.Handler.
func (p *PDC) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := readBody(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.logCall(r, body)
	cut := p.injected(w, r, n)
	if cut == faultAnswered {
		return
	}
	c := &call{p: p, r: r, base: scheme(r) + "://" + r.Host}
	if p.options.MaxURL > 0 && len(r.URL.RequestURI()) > p.options.MaxURL {
		p.send(w, c, reply{status: 414, body: page("414 Request-URI Too Large")})
		p.calls[n].Status = 414
		return
	}
	rep := p.answer(c, body)
	p.calls[n].Status = rep.status
	if cut == faultCutAfter {
		panic(http.ErrAbortHandler)
	}
	p.send(w, c, rep)
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// page is an HTML answer, as front ends give it.
type page string

func (p *PDC) send(w http.ResponseWriter, c *call, rep reply) {
	h := w.Header()
	for k, v := range rep.header {
		h.Set(k, v)
	}
	if text, ok := rep.body.(page); ok {
		h.Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(rep.status)
		if c.r.Method != http.MethodHead {
			fmt.Fprintf(w, "<html><head><title>%s</title></head><body><h1>%[1]s</h1></body></html>", string(text))
		}
		return
	}
	data := rep.raw
	if data == nil && rep.body != nil {
		data = appendJSON(nil, rep.body)
	}
	if data == nil {
		w.WriteHeader(rep.status)
		return
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(rep.status)
	if c.r.Method != http.MethodHead {
		_, _ = w.Write(data)
	}
}

// answer runs a request as one transaction.
func (p *PDC) answer(c *call, body []byte) (rep reply) {
	key, hit := p.cachedPage(c.r)
	if hit != nil {
		return *hit
	}
	p.undo, p.record = nil, nil
	rep = p.route(c, body)
	if rep.status >= 400 {
		for i := len(p.undo) - 1; i >= 0; i-- {
			p.undo[i]()
		}
		if len(p.undo) > 0 {
			p.version++
		}
	} else {
		p.commit(c)
		if len(p.undo) > 0 {
			p.remember(c, body)
		}
	}
	p.undo, p.record = nil, nil
	if key != "" && rep.status == 200 {
		p.pages[key] = cached{rep, p.now}
	}
	return rep
}

type cached struct {
	rep reply
	at  time.Time
}

// cachedPage is the page cache in front of GETs.
func (p *PDC) cachedPage(r *http.Request) (key string, hit *reply) {
	if p.options.Cache == 0 || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return "", nil
	}
	key = r.Method + " " + r.URL.RequestURI() + "\x00" + r.Header.Get("Accept") + "\x00" + r.Header.Get("Cookie")
	if e, ok := p.pages[key]; ok && p.now.Sub(e.at) < p.options.Cache {
		return key, &e.rep
	}
	return key, nil
}

func (prob *problem) reply() reply {
	return reply{status: prob.status, body: prob.body, header: prob.header}
}

func (p *PDC) route(c *call, body []byte) reply {
	path := c.r.URL.EscapedPath()
	below, ok := strings.CutPrefix(path, root)
	if !ok {
		if path+"/" == root {
			return moved(c, root)
		}
		return detail(404, "Not found").reply()
	}
	c.query = c.r.URL.Query()
	if below == "" {
		return p.serveRoot(c)
	}
	if !strings.HasSuffix(below, "/") {
		if p.knows(below + "/") {
			return moved(c, path+"/")
		}
		return detail(404, "Not found").reply()
	}
	c.path = below
	h, ok := p.handler(below)
	if !ok {
		return detail(404, "Not found").reply()
	}
	rep := h(c, body)
	if rep.header == nil {
		rep.header = map[string]string{}
	}
	rep.header["Vary"] = "Accept, Cookie"
	return rep
}

func moved(c *call, path string) reply {
	if c.r.URL.RawQuery != "" {
		path += "?" + c.r.URL.RawQuery
	}
	return reply{status: 301, header: map[string]string{"Location": path, "Content-Type": "text/html; charset=utf-8"}}
}

func (p *PDC) knows(path string) bool {
	_, ok := p.handler(path)
	return ok
}

// handler finds what serves a path: a special one, or a resource and a key.
func (p *PDC) handler(path string) (func(*call, []byte) reply, bool) {
	if h, ok := p.special(path); ok {
		return h, true
	}
	segs := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for i := len(segs); i > 0; i-- {
		r, ok := p.resources[strings.Join(segs[:i], "/")+"/"]
		if !ok {
			continue
		}
		key := make([]string, len(segs)-i)
		for j, s := range segs[i:] {
			k, err := url.PathUnescape(s)
			if err != nil || k == "" {
				return nil, false
			}
			key[j] = k
		}
		if len(key) == 0 {
			return func(c *call, body []byte) reply { return p.collection(c, r, body) }, true
		}
		if want := len(r.key); len(key) != want+btoi(want == 0) || !strings.ContainsAny(r.verbs, "GPUD") {
			return nil, false
		}
		return func(c *call, body []byte) reply { return p.item(c, r, key, body) }, true
	}
	return nil, false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p *PDC) serveRoot(c *call) reply {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return methodNotAllowed(c.r.Method, "GET, HEAD, OPTIONS").reply()
	}
	out := obj{}
	for _, name := range p.rootNames() {
		out = append(out, kv{name.name, c.base + root + name.path})
	}
	return reply{status: 200, body: out}
}

func methodNotAllowed(method, allow string) *problem {
	return &problem{status: 405, body: obj{{"detail", fmt.Sprintf("Method %q not allowed.", method)}},
		header: map[string]string{"Allow": allow}}
}

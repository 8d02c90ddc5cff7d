// SPDX-License-Identifier: MIT

package pdctest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Call is a request that the server has seen.
type Call struct {
	Method string
	Path   string // below the API root: "releases/fedora-42/"
	Query  string // as sent
	Header http.Header
	Body   string
	Status int // of the answer; 0 if the connection was cut before it was looked at
}

// Calls returns what was asked so far, in order.
func (p *PDC) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// ForgetCalls empties the call log.
func (p *PDC) ForgetCalls() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = nil
}

func (p *PDC) logCall(r *http.Request, body []byte) int {
	p.calls = append(p.calls, Call{Method: r.Method, Path: strings.TrimPrefix(r.URL.EscapedPath(), root),
		Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: string(body)})
	return len(p.calls) - 1
}

// Fault is what goes wrong; make one with [Status], [ServerError],
// [CutBefore], [CutAfter] or [Slow].
type Fault struct {
	kind   faultKind
	status int
	wait   time.Duration
	times  int
}

type faultKind uint8

const (
	statusFault faultKind = iota
	errorFault
	cutBefore
	cutAfter
	slow
)

// Status answers with a front end's HTML page of that status; nothing is
// done.
func Status(status int) Fault { return Fault{kind: statusFault, status: status, times: 1} }

// ServerError answers as the server does when it fails itself: 503 with JSON.
func ServerError() Fault { return Fault{kind: errorFault, times: 1} }

// CutBefore drops the connection without doing what was asked.
func CutBefore() Fault { return Fault{kind: cutBefore, times: 1} }

// CutAfter does what was asked, then drops the connection.
func CutAfter() Fault { return Fault{kind: cutAfter, times: 1} }

// Slow lets the request wait, or until its context ends, then answers it.
// Other requests wait behind it.
func Slow(d time.Duration) Fault { return Fault{kind: slow, wait: d, times: 1} }

// Times repeats a fault; a negative number means for ever.
func (f Fault) Times(n int) Fault {
	f.times = n
	return f
}

type fault struct {
	Fault
	method, prefix string
}

// Fail makes the next matching request fail: method is "" for all, prefix is
// the beginning of the path below the API root ("rpms/"), "" for all. Faults
// are taken in the order they were given.
func (p *PDC) Fail(method, prefix string, f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, &fault{f, method, prefix})
}

// Heal forgets all faults that are still to come.
func (p *PDC) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

type outcome uint8

const (
	faultNone outcome = iota
	faultAnswered
	faultCutAfter
)

func (p *PDC) injected(w http.ResponseWriter, r *http.Request, n int) outcome {
	path := strings.TrimPrefix(r.URL.EscapedPath(), root)
	for i, f := range p.faults {
		if f.method != "" && f.method != r.Method || !strings.HasPrefix(path, f.prefix) {
			continue
		}
		if f.times--; f.times == 0 {
			p.faults = slices.Delete(p.faults, i, i+1)
		}
		switch f.kind {
		case statusFault:
			p.calls[n].Status = f.status
			p.send(w, &call{r: r}, reply{status: f.status, body: page(http.StatusText(f.status))})
			return faultAnswered
		case errorFault:
			p.calls[n].Status = 503
			p.send(w, &call{r: r}, internalError.reply())
			return faultAnswered
		case cutBefore:
			defer panic(http.ErrAbortHandler)
			return faultAnswered
		case cutAfter:
			return faultCutAfter
		case slow:
			t := time.NewTimer(f.wait)
			defer t.Stop()
			select {
			case <-t.C:
			case <-r.Context().Done():
			}
		}
		return faultNone
	}
	return faultNone
}

var internalError = detail(503, "The server encountered an internal error or misconfiguration and was unable to complete your request.")

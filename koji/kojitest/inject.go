// SPDX-License-Identifier: MIT

package kojitest

import (
	"fmt"
	"strings"
	"time"
)

// An injection is a disturbance of some calls.
type injection struct {
	method     string
	skip       int
	times      int // negative: always
	status     int
	retryAfter time.Duration
	fault      *fault
	cutBefore  bool
	cutAfter   bool
	truncate   bool
	keep       int
	slow       time.Duration
	expire     bool
}

// String says what the injection does, for [Call.Injected].
func (in *injection) String() string {
	switch {
	case in.status != 0:
		return fmt.Sprintf("HTTP %d", in.status)
	case in.fault != nil:
		return fmt.Sprintf("fault %d", in.fault.code)
	case in.cutBefore:
		return "cut before"
	case in.cutAfter:
		return "cut after"
	case in.truncate:
		return fmt.Sprintf("truncated to %d bytes", in.keep)
	case in.expire:
		return "session expired"
	case in.slow > 0:
		return "slow"
	}
	return ""
}

// A Disturbance says how calls fail; see [Hub.Fail].
type Disturbance func(*injection)

// Times disturbs n calls; the default is 1. Negative is all that follow.
func Times(n int) Disturbance { return func(in *injection) { in.times = n } }

// After lets n calls pass before the first that is disturbed.
func After(n int) Disturbance { return func(in *injection) { in.skip = n } }

// HTTP answers with a status and an HTML page, as a proxy in front of the hub
// does. The hub does not see the call.
func HTTP(status int) Disturbance { return func(in *injection) { in.status = status } }

// RetryAfter adds a Retry-After header of whole seconds to [HTTP].
func RetryAfter(d time.Duration) Disturbance {
	return func(in *injection) { in.retryAfter = d }
}

// Fault answers with an XML-RPC fault instead of doing the call.
func Fault(code int, text string) Disturbance {
	return func(in *injection) { in.fault = &fault{code: code, text: text} }
}

// Offline answers as a hub that is out of service: fault 1014.
func Offline() Disturbance { return Fault(codeServerOffline, "server is offline") }

// CutBefore cuts the connection before the hub does anything.
func CutBefore() Disturbance { return func(in *injection) { in.cutBefore = true } }

// CutAfter cuts the connection after the hub has done and committed the call:
// the answer is lost.
func CutAfter() Disturbance { return func(in *injection) { in.cutAfter = true } }

// Truncate sends the first n bytes of the answer and cuts the connection; the
// call is done and committed.
func Truncate(n int) Disturbance {
	return func(in *injection) { in.truncate, in.keep = true, max(n, 0) }
}

// Slow answers late by d; the call is done at once.
func Slow(d time.Duration) Disturbance { return func(in *injection) { in.slow = d } }

// Expire lets the caller's session expire right before the call, which then
// gets fault 1007 and may renew.
func Expire() Disturbance { return func(in *injection) { in.expire = true } }

// Fail disturbs coming calls of a method: by default the next one, which then
// is answered as one that is offline unless another disturbance is named. The
// empty method means any call over the wire; [UploadMethod] means raw
// uploads. Calls inside a multicall are not disturbed on their own, name
// "multiCall". Several Fail of one method take effect one after the other.
func (h *Hub) Fail(method string, how ...Disturbance) {
	in := &injection{method: method, times: 1}
	for _, d := range how {
		d(in)
	}
	if in.String() == "" {
		Offline()(in)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.injections = append(h.injections, in)
}

// injected finds the disturbance of a request and counts it.
func (h *Hub) injected(r *request) *injection {
	for i, in := range h.injections {
		if in.method != "" && in.method != r.method {
			continue
		}
		if in.skip > 0 {
			in.skip--
			continue
		}
		if in.times > 0 {
			in.times--
		}
		if in.times == 0 {
			h.injections = append(h.injections[:i:i], h.injections[i+1:]...)
		}
		return in
	}
	return nil
}

// SetOffline takes the hub out of service: every call gets fault 1014 with
// this text. The empty text puts it back.
func (h *Hub) SetOffline(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.offline = text
}

// SetLockOut lets only administrators and logins pass, as during maintenance.
func (h *Hub) SetLockOut(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lockout = on
}

// ExpireSessions lets every session expire: the next call of each gets fault
// 1007 and may renew.
func (h *Hub) ExpireSessions() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.sessions.rows {
		h.expire(s.id)
	}
}

func (h *Hub) expire(session int) {
	if s := h.sessions.get(session); s != nil && !s.closed && !s.expired {
		s.expired = true
		h.note(entry{Do: "expire", ID: session})
	}
}

// FailBuild makes coming builds fail that would otherwise work.
func (h *Hub) FailBuild(f Failure) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failBuild(f)
	h.note(entry{Do: "failBuild", Failure: &f})
}

func (h *Hub) failBuild(f Failure) {
	if f.Times == 0 {
		f.Times = 1
	}
	h.failures = append(h.failures, &f)
}

// RepairBuilds takes back the failures told for a package or NVR.
func (h *Hub) RepairBuilds(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.repairBuilds(name)
	h.note(entry{Do: "repairBuilds", Name: name})
}

func (h *Hub) repairBuilds(name string) {
	for _, f := range h.failures {
		if f.Package == name || f.NVR == name || f.NVR != "" && strings.HasPrefix(f.NVR, name+"-") {
			f.Times = 0
		}
	}
}

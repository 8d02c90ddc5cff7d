// SPDX-License-Identifier: MIT

package kojitest

import (
	"slices"
	"time"
)

// A Call is one call that reached the hub, alone or in a multicall.
type Call struct {
	// Time is the hub's time.
	Time time.Time
	// Method as it was called; "upload" for raw uploads.
	Method string
	// Args are the positional arguments, as the wire decodes.
	Args []any
	// Named are the named arguments; nil without any.
	Named map[string]any
	// User is the caller's name; "" for anonymous calls.
	User string
	// Session is the caller's session; 0 for anonymous calls.
	Session int
	// CallNum is the call number sent; -1 for none.
	CallNum int
	// Batched calls came inside the multicall before them in the log.
	Batched bool
	// Committed calls have changed something that stays.
	Committed bool
	// Code and Fault are the fault that was answered; Code 0 for none.
	Code  int
	Fault string
	// Injected says what [Hub.Fail] did to the call; "" for nothing.
	Injected string

	start int // of the transaction's writes
}

// Calls are all calls so far, in the order of their work, also those that
// failed or were cut off.
func (h *Hub) Calls() []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls)
}

// ForgetCalls empties the call log.
func (h *Hub) ForgetCalls() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = nil
}

// Submissions counts the build tasks that were submitted per source: a URL
// or an SRPM's path. It counts tasks that exist, so it is right after a
// restart too.
func (h *Hub) Submissions() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := map[string]int{}
	for _, t := range h.tasks.rows {
		if t.method == "build" && len(t.request) > 0 {
			n[pyTextOr(t.request[0])]++
		}
	}
	return n
}

// BuildAttempts counts the build tasks per NVR, for those whose NVR is known:
// more than one means that something was built again.
func (h *Hub) BuildAttempts() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := map[string]int{}
	for _, t := range h.tasks.rows {
		if t.method != "build" {
			continue
		}
		nvr := t.source.NVR
		if nvr == "" && t.build != nil {
			nvr = t.build.nvr()
		}
		if nvr != "" {
			n[nvr]++
		}
	}
	return n
}

// record logs a call and returns its place in the log.
func (h *Hub) record(c *call, params []any) int {
	args, named := splitNamed(params)
	one := Call{Time: h.now, Method: c.method, Args: args, Named: named, CallNum: -1}
	if c.req != nil {
		one.CallNum = c.req.callnum
		if c.req.hasSession {
			one.Session = c.req.session
			if s := h.sessions.get(c.req.session); s != nil {
				one.User = s.user.name
			}
		}
	}
	h.calls = append(h.calls, one)
	return len(h.calls) - 1
}

func (h *Hub) identify(i int, c *call) {
	if c.user != nil {
		h.calls[i].User = c.user.name
	}
}

func (h *Hub) recordBatched(c *call, name string, params []any) int {
	saved := c.method
	c.method = name
	i := h.record(c, params)
	c.method = saved
	h.identify(i, c)
	h.calls[i].Batched, h.calls[i].start = true, len(c.tx.undo)
	return i
}

// finish notes how a call ended.
func (h *Hub) finish(i int, c *call, f *fault) {
	if f != nil {
		h.calls[i].Code, h.calls[i].Fault = f.code, f.whole()
		return
	}
	h.calls[i].Committed = len(c.tx.undo) > h.calls[i].start
}

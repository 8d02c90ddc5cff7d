// SPDX-License-Identifier: MIT

package kojitest

import (
	"maps"
)

// serve works on one request from the wire: session, method, commit.
// The hub is locked.
func (h *Hub) serve(r *request) (any, *fault) {
	if h.offline != "" {
		return nil, faultf(codeServerOffline, "%s", h.offline)
	}
	c := &call{h: h, req: r, method: r.method, tx: &tx{}}
	entry := h.record(c, r.params)
	v, f := h.attempt(c, r.params, entry)
	if f == nil && c.tx.dirty() {
		if s := c.session; s != nil && r.callnum >= 0 && !r.renewal() {
			s.callnum = r.callnum
		}
	}
	h.finish(entry, c, f)
	return v, f
}

// attempt runs the call and undoes what a failing one did.
func (h *Hub) attempt(c *call, params []any, entry int) (any, *fault) {
	if f := c.authenticate(); f != nil {
		return nil, f
	}
	h.identify(entry, c)
	if h.lockout && !c.isAdmin() && c.method != "login" && c.method != "sslLogin" && c.method != "logout" {
		return nil, faultf(codeServerOffline, "Server disabled for maintenance")
	}
	var v any
	var f *fault
	if c.req.upload != nil {
		v, f = c.rawUpload()
	} else {
		v, f = c.invoke(c.method, params)
	}
	if f != nil {
		c.tx.rollback(0)
	}
	return v, f
}

// invoke runs one method with the parameters of the wire.
func (c *call) invoke(name string, params []any) (any, *fault) {
	m := c.h.methods[name]
	if m == nil {
		return nil, generic("Invalid method: %s", name)
	}
	args, kw := splitNamed(params)
	bound, rest, extra, f := m.bind(args, kw)
	if f != nil {
		return nil, f
	}
	saved := *c
	c.method, c.args, c.rest, c.kw = name, bound, rest, extra
	v, f := m.handle(c)
	c.method, c.args, c.rest, c.kw = saved.method, saved.args, saved.rest, saved.kw
	return v, f
}

// splitNamed takes the named arguments out of a parameter list: they are a
// last struct that says __starstar.
func splitNamed(params []any) ([]any, record) {
	if len(params) == 0 {
		return params, nil
	}
	last, ok := params[len(params)-1].(map[string]any)
	if !ok || !truth(last["__starstar"]) {
		return params, nil
	}
	kw := maps.Clone(last)
	delete(kw, "__starstar")
	return params[:len(params)-1], kw
}

// multiCall runs calls one after the other, each in a savepoint.
func (c *call) multiCall() (any, *fault) {
	list, ok := c.arg("calls").([]any)
	if !ok {
		if s, isText := c.arg("calls").(string); isText {
			list = make([]any, len([]rune(s)))
			for i, r := range []rune(s) {
				list[i] = string(r)
			}
		} else {
			return nil, pythonError("TypeError", "'%s' object is not iterable", pyType(c.arg("calls")))
		}
	}
	results := make([]any, len(list))
	for i, e := range list {
		savepoint := len(c.tx.undo)
		v, f := c.batched(e)
		if f != nil {
			c.tx.rollback(savepoint)
			results[i] = record{"faultCode": f.code, "faultString": f.text, "traceback": []any{f.traceback()}}
		} else {
			results[i] = []any{v}
		}
		c.tx.event = nil // later calls get events of their own
	}
	return results, nil
}

func (f *fault) traceback() string {
	if f.code == codeUnexpected && f.class != "" {
		return f.class + ": " + f.text + "\n"
	}
	return "koji.GenericError: " + f.text + "\n"
}

func (c *call) batched(e any) (any, *fault) {
	one, ok := e.(map[string]any)
	if !ok {
		return nil, pythonError("TypeError", "%s indices must be integers, not 'str'", indexed(e))
	}
	name, ok := one["methodName"].(string)
	if !ok {
		return nil, pythonError("KeyError", "methodName")
	}
	params, ok := one["params"].([]any)
	if !ok {
		return nil, pythonError("KeyError", "params")
	}
	if name == "login" || name == "sslLogin" {
		return nil, generic("Invalid method: %s", name)
	}
	c.depth++
	entry := c.h.recordBatched(c, name, params)
	v, f := c.invoke(name, params)
	c.depth--
	c.h.finish(entry, c, f)
	return v, f
}

func indexed(e any) string {
	if _, ok := e.(string); ok {
		return "string"
	}
	return pyType(e)
}

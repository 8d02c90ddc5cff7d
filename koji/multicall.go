// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"errors"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

// A Batch collects calls and sends many of them in one request. Each call
// succeeds or fails alone; its outcome is in its [Future]. A batch that changes
// something is sent in order and each of its requests at most once, as any
// such call.
//
// A Batch is not safe for concurrent use. After Do it is empty and may be used
// again.
type Batch struct {
	c     *Client
	calls []*queued
}

// queued is one call of a batch.
type queued struct {
	method string
	args   []any
	target any // where its result is decoded to
	err    error
	done   bool
}

// NewBatch returns an empty batch.
func (c *Client) NewBatch() *Batch { return &Batch{c: c} }

// Len returns how many calls wait for Do.
func (b *Batch) Len() int { return len(b.calls) }

// A Future is the outcome of one call of a [Batch], once Do has returned.
type Future[T any] struct {
	q     *queued
	value *T
	what  any // for getters: what was asked for
	get   bool
}

// Get returns the call's result or its error: an [*Error] with the hub's fault,
// or the error of the whole request. Before Do it is [ErrInvalid].
func (f *Future[T]) Get() (T, error) {
	var zero T
	switch {
	case !f.q.done:
		return zero, invalid(f.q.method, "the batch was not sent yet")
	case f.q.err != nil:
		return zero, f.q.err
	case f.value == nil && f.get:
		return zero, notFound(f.q.method, "no such %s: %v", object(f.q.method), f.what)
	case f.value == nil:
		return zero, nil
	}
	return *f.value, nil
}

// Add puts a call into the batch. The method and its arguments are those of
// [Client.Call]; a nil answer becomes the zero T.
func Add[T any](b *Batch, method string, args ...any) *Future[T] {
	f := &Future[T]{q: &queued{method: method, args: args}}
	f.q.target = &f.value
	b.calls = append(b.calls, f.q)
	return f
}

// addGet is Add for getters, whose nil answer is ErrNotFound.
func addGet[T any](b *Batch, method string, what any, args ...any) *Future[T] {
	f := Add[T](b, method, args...)
	f.get, f.what = true, what
	return f
}

// Do sends the calls in as few requests as the batch size allows. It returns
// the error of the first request that failed as a whole; calls of that request
// and of those after it, which are not sent, carry it too. Faults of single
// calls are in their futures only. It calls multiCall.
func (b *Batch) Do(ctx context.Context) error {
	calls := b.calls
	b.calls = nil
	fail := func(rest []*queued, err error) error {
		for _, q := range rest {
			q.err, q.done = err, true
		}
		return err
	}
	var requests []*call
	var sizes []int
	for rest := calls; len(rest) > 0; {
		n, r, err := b.c.pack(rest)
		if err != nil {
			return fail(calls, err) // nothing was sent
		}
		requests, sizes, rest = append(requests, r), append(sizes, n), rest[n:]
	}
	for i, r := range requests {
		if err := b.c.do(ctx, r); err != nil {
			return fail(calls, err)
		}
		for _, q := range calls[:sizes[i]] {
			q.done = true
		}
		calls = calls[sizes[i]:]
	}
	return nil
}

// pack makes the request of as many calls as fit.
func (c *Client) pack(calls []*queued) (int, *call, error) {
	r := &call{op: "multiCall", read: true}
	list := []any{}
	size, n := 0, 0
	for n < len(calls) && n < c.hub.cfg.calls {
		q := calls[n]
		args, err := params(q.method, q.args)
		if err == nil && !xmlrpc.MethodName(q.method) {
			err = invalid(q.method, "not a method name")
		}
		entry := map[string]any{"methodName": q.method, "params": args}
		var xml []byte
		if err == nil {
			xml, err = xmlrpc.AppendValue(nil, entry)
		}
		if err != nil {
			if errors.Is(err, xmlrpc.ErrEncode) {
				err = invalid(q.method, "%s", strings.TrimPrefix(err.Error(), "xmlrpc: "))
			}
			return 0, nil, err
		}
		if n > 0 && size+len(xml) > c.hub.cfg.bytes {
			break
		}
		size += len(xml)
		list = append(list, entry)
		r.read = r.read && readOnly(q.method, q.args)
		n++
	}
	r.args = []any{list}
	r.result = &batchReply{op: r.op, calls: calls[:n]}
	return n, r, nil
}

// batchReply decodes the answer of a multicall: per call an array of one
// value, or a struct that is its fault.
type batchReply struct {
	op    string
	calls []*queued
}

// UnmarshalXMLRPC implements xmlrpc.Unmarshaler.
func (b *batchReply) UnmarshalXMLRPC(d *xmlrpc.Decoder) error {
	seen := 0
	err := d.Array(func(i int) error {
		if i >= len(b.calls) {
			return &Error{Op: b.op, Msg: "the hub's answer has more results than there were calls", Err: ErrUnavailable}
		}
		q := b.calls[i]
		q.err = nil // of an attempt that was cut short
		seen++
		k, err := d.Kind()
		if err != nil {
			return err
		}
		if k == xmlrpc.Struct {
			return b.fault(d, q)
		}
		n := 0
		err = d.Array(func(int) error {
			if n++; n > 1 {
				return &Error{Op: q.method, Msg: "the hub's answer has more than one result for the call", Err: ErrUnavailable}
			}
			return d.Value(q.target)
		})
		if err == nil && n == 0 {
			err = &Error{Op: q.method, Msg: "the hub's answer has no result for the call", Err: ErrUnavailable}
		}
		return err
	})
	if err == nil && seen < len(b.calls) {
		return &Error{Op: b.op, Msg: "the hub's answer has fewer results than there were calls", Err: ErrUnavailable}
	}
	return err
}

func (b *batchReply) fault(d *xmlrpc.Decoder, q *queued) error {
	var f struct {
		Code      int    `xmlrpc:"faultCode"`
		String    string `xmlrpc:"faultString"`
		Traceback []any  `xmlrpc:"traceback"`
	}
	if err := d.Value(&f); err != nil {
		return err
	}
	e := fault(q.method, xmlrpc.FaultError{Code: f.Code, String: f.String}, nil)
	for _, line := range f.Traceback {
		if s, ok := line.(string); ok {
			e.Traceback += s
		}
	}
	q.err = e
	return nil
}

// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Resource is one kind of object on the server, decoded as T. Get one from
// the client ([Client.Releases], [Client.RPMs], ...) or with [NewResource] for
// what they don't cover. It is safe for concurrent use.
//
// Reads are repeated as [WithRetry] says; writes only when no connection could
// be made. Verbs that a resource lacks are answered with 405 by the server.
type Resource[T any] struct {
	c       *Client
	path    string
	numbers bool // keys are numbers
}

// NewResource returns the resource at a path below the API root ("tree-foo/"),
// for servers of other generations. T is what encoding/json makes of its rows;
// a field of type [Extra] gets what T doesn't name. Fields tagged `pdc:"ro"`
// are never sent, those tagged `pdc:"req"` always, others unless they are
// zero.
func NewResource[T any](c *Client, path string) Resource[T] {
	return Resource[T]{c: c, path: slashed(path)}
}

func numbered[T any](c *Client, path string) Resource[T] {
	return Resource[T]{c: c, path: path, numbers: true}
}

// Path returns the resource's path below the API root.
func (r Resource[T]) Path() string { return r.path }

// Fields are members of a row by name, for partial updates and for values
// that a typed row can't say, such as an explicit null.
type Fields map[string]any

// FieldsOf returns what Create would send for a row: without the members that
// the server computes, and without those left at zero.
func FieldsOf(row any) Fields {
	w, err := writeForm(row)
	if err != nil {
		return nil
	}
	f, _ := w.(Fields)
	return f
}

// key turns an identifier into path segments; "a/b" are two.
func (r Resource[T]) key(key string) (string, error) {
	if key == "" {
		return "", &Error{Op: r.path, Msg: "empty key", Err: ErrInvalid}
	}
	parts := strings.Split(key, "/")
	for i, p := range parts {
		if p == "" || p == "." || p == ".." {
			return "", &Error{Op: r.path, Msg: fmt.Sprintf("key %q has an empty or dotted part", key), Err: ErrInvalid}
		}
		parts[i] = url.PathEscape(p)
	}
	return r.path + strings.Join(parts, "/") + "/", nil
}

// one sends a request and decodes its answer as one row.
func (r Resource[T]) one(ctx context.Context, req request) (T, error) {
	var v T
	resp, err := r.c.send(ctx, req)
	if err != nil {
		return v, err
	}
	var raw json.RawMessage
	if err := resp.decode(&raw); err != nil {
		return v, err
	}
	if err := newDecoder[T]().decode(raw, &v); err != nil {
		return v, &Error{Op: resp.op, Status: resp.Status, Msg: "decoding the answer: " + err.Error(), Err: ErrUnexpected}
	}
	return v, nil
}

// Get returns one row by its key; keys of several parts are joined with "/"
// ("fedora-42/Server"). [ErrNotFound] if there is none.
func (r Resource[T]) Get(ctx context.Context, key string) (T, error) {
	return r.GetPart(ctx, key, Query{})
}

// GetPart is Get with the query's Fields, Exclude, Filter and Fresh.
func (r Resource[T]) GetPart(ctx context.Context, key string, q Query) (T, error) {
	path, err := r.key(key)
	if err != nil {
		var zero T
		return zero, err
	}
	return r.one(ctx, request{method: http.MethodGet, path: path, query: q.values(), fresh: q.Fresh})
}

// Create makes a row and returns it as the server has it. Members that the
// server computes are not sent, nor are optional ones left at zero (the server
// has defaults for them; use CreateFields to send zeros). [ErrConflict] if it
// exists already.
func (r Resource[T]) Create(ctx context.Context, row T) (T, error) {
	return r.write(ctx, http.MethodPost, r.path, row)
}

// CreateFields is Create with exactly the given members.
func (r Resource[T]) CreateFields(ctx context.Context, f Fields) (T, error) {
	return r.one(ctx, request{method: http.MethodPost, path: r.path, in: f})
}

func (r Resource[T]) write(ctx context.Context, method, path string, row T) (T, error) {
	in, err := writeForm(row)
	if err != nil {
		var zero T
		return zero, &Error{Op: method + " " + r.path, Msg: err.Error(), Err: ErrInvalid}
	}
	return r.one(ctx, request{method: method, path: path, in: in})
}

// Replace sets a row to what is given (PUT): optional members left at zero are
// erased or reset by the server. Update is what is mostly wanted.
func (r Resource[T]) Replace(ctx context.Context, key string, row T) (T, error) {
	path, err := r.key(key)
	if err != nil {
		return row, err
	}
	return r.write(ctx, http.MethodPut, path, row)
}

// Update changes some members of a row (PATCH) and returns it. The server
// refuses members that it computes. No members is [ErrInvalid] without asking.
func (r Resource[T]) Update(ctx context.Context, key string, f Fields) (T, error) {
	path, err := r.key(key)
	if err == nil && len(f) == 0 {
		err = &Error{Op: "PATCH " + r.path, Msg: "nothing to change", Err: ErrInvalid}
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return r.one(ctx, request{method: http.MethodPatch, path: path, in: f})
}

// Delete removes a row.
func (r Resource[T]) Delete(ctx context.Context, key string) error {
	path, err := r.key(key)
	if err != nil {
		return err
	}
	return r.c.Do(ctx, http.MethodDelete, path, nil, nil, nil)
}

// CreateAll makes rows, size of them at a time (0 means 200), each batch in
// one transaction of the server. It returns the rows made; after an error
// these are the batches before the one that failed, and [Error.Item] is the
// index within rows. To continue, call it with rows[len(done):].
func (r Resource[T]) CreateAll(ctx context.Context, rows []T, size int) (done []T, err error) {
	in := make([]any, len(rows))
	for i, row := range rows {
		if in[i], err = writeForm(row); err != nil {
			return nil, &Error{Op: "POST " + r.path, Item: strconv.Itoa(i), Msg: err.Error(), Err: ErrInvalid}
		}
	}
	return r.createAll(ctx, in, size)
}

// CreateAllFields is CreateAll with exactly the given members.
func (r Resource[T]) CreateAllFields(ctx context.Context, rows []Fields, size int) (done []T, err error) {
	in := make([]any, len(rows))
	for i, row := range rows {
		in[i] = row
	}
	return r.createAll(ctx, in, size)
}

func (r Resource[T]) createAll(ctx context.Context, rows []any, size int) (done []T, err error) {
	if size <= 0 {
		size = 200
	}
	for start := 0; start < len(rows); start += size {
		part := rows[start:min(start+size, len(rows))]
		var raw []json.RawMessage
		if err := r.c.Do(ctx, http.MethodPost, r.path, nil, part, &raw); err != nil {
			return done, shiftItem(err, start)
		}
		d := newDecoder[T]()
		for i, b := range raw {
			var v T
			if err := d.decode(b, &v); err != nil {
				return done, unexpected("POST "+r.c.root.Path+r.path, http.StatusCreated, start+i, err)
			}
			done = append(done, v)
		}
	}
	return done, nil
}

func shiftItem(err error, start int) error {
	var e *Error
	if errors.As(err, &e) && start > 0 {
		if i, convErr := strconv.Atoi(e.Item); convErr == nil {
			shifted := *e
			shifted.Item = strconv.Itoa(start + i)
			return &shifted
		}
	}
	return err
}

// UpdateAll changes several rows by key in one transaction (PATCH of the
// collection) and returns them by the keys given.
func (r Resource[T]) UpdateAll(ctx context.Context, changes map[string]Fields) (map[string]T, error) {
	if len(changes) == 0 {
		return nil, &Error{Op: "PATCH " + r.path, Msg: "nothing to change", Err: ErrInvalid}
	}
	return r.many(ctx, http.MethodPatch, changes)
}

// ReplaceAll is Replace for several rows by key in one transaction.
func (r Resource[T]) ReplaceAll(ctx context.Context, rows map[string]T) (map[string]T, error) {
	in := make(map[string]any, len(rows))
	for key, row := range rows {
		w, err := writeForm(row)
		if err != nil {
			return nil, &Error{Op: "PUT " + r.path, Item: key, Msg: err.Error(), Err: ErrInvalid}
		}
		in[key] = w
	}
	return r.many(ctx, http.MethodPut, in)
}

func (r Resource[T]) many(ctx context.Context, method string, in any) (map[string]T, error) {
	var raw map[string]json.RawMessage
	if err := r.c.Do(ctx, method, r.path, nil, in, &raw); err != nil {
		return nil, err
	}
	out := make(map[string]T, len(raw))
	d := newDecoder[T]()
	for key, b := range raw {
		var v T
		if err := d.decode(b, &v); err != nil {
			return nil, &Error{Op: method + " " + r.path, Item: key, Msg: "decoding the answer: " + err.Error(), Err: ErrUnexpected}
		}
		out[key] = v
	}
	return out, nil
}

// DeleteAll removes rows by key in one transaction: all or none. If one is
// missing the error is [ErrNotFound] and names it in [Error.Item].
func (r Resource[T]) DeleteAll(ctx context.Context, keys []string) error {
	in := make([]any, len(keys))
	for i, key := range keys {
		in[i] = key
		if !r.numbers {
			continue
		}
		n, err := strconv.Atoi(key)
		if err != nil {
			return &Error{Op: "DELETE " + r.path, Item: key, Msg: "key is not a number", Err: ErrInvalid}
		}
		in[i] = n
	}
	return r.c.Do(ctx, http.MethodDelete, r.path, nil, in, nil)
}

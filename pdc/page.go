// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Page is one answer to a list request.
type Page[T any] struct {
	Items []T
	Count int // rows over all pages; the server counts again for each page
	Next  int // number of the next page, 0 if this is the last

	// LastModified is when the resource last changed, to the second; zero for
	// resources that don't know. See [Query.Since].
	LastModified time.Time

	next string
}

// List returns one page: exactly one request.
func (r Resource[T]) List(ctx context.Context, q Query) (Page[T], error) {
	req := request{method: http.MethodGet, path: r.path, query: q.values(), fresh: q.Fresh, since: q.Since}
	resp, err := r.c.send(ctx, req)
	if err != nil {
		return Page[T]{}, err
	}
	if err := wantJSON(resp.op, resp.Response, resp.Body); err != nil {
		return Page[T]{}, err
	}
	var p Page[T]
	d := newDecoder[T]()
	rows := &rowReader{buf: resp.Body, eof: true}
	for {
		row, err := rows.next()
		if err == io.EOF {
			break
		}
		var v T
		if err == nil {
			err = d.decode(row, &v)
		}
		if err != nil {
			return Page[T]{}, unexpected(resp.op, resp.Status, len(p.Items), err)
		}
		if p.Items == nil {
			p.Items = make([]T, 0, max(1, min(rows.count, DefaultPageSize)))
		}
		p.Items = append(p.Items, v)
	}
	p.next = rows.nextURL
	if p.Count = rows.count; rows.bare {
		p.Count = len(p.Items)
	}
	p.Next, _ = strconv.Atoi(pageOf(p.next))
	p.LastModified, _ = http.ParseTime(resp.Header.Get("Last-Modified"))
	return p, nil
}

func unexpected(op string, status, row int, err error) *Error {
	return &Error{Op: op, Status: status, Msg: "row " + strconv.Itoa(row) + ": " + err.Error(), Err: ErrUnexpected}
}

func pageOf(next string) string {
	u, err := url.Parse(next)
	if err != nil {
		return ""
	}
	return u.Query().Get("page")
}

// All returns the rows of all pages, one request a page. Of the server's link
// to the next page only the query is used: its host is often an internal one.
// A page size of -1 streams everything out of one answer. Rows may repeat or
// be missed when others write at the same time, since pages shift. An error
// comes once and ends the sequence.
func (r Resource[T]) All(ctx context.Context, q Query) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if q.PageSize == 0 && q.Filter.Get("page_size") == "" {
			q.PageSize = r.c.pageSize
		}
		if q.PageSize < 0 {
			r.stream(ctx, q, yield)
			return
		}
		var zero T
		for q, first := q, true; ; first = false {
			p, err := r.List(ctx, q)
			if err != nil {
				if !first && invalidPage(err) {
					return // the list became shorter meanwhile
				}
				yield(zero, err)
				return
			}
			for _, v := range p.Items {
				if !yield(v, nil) {
					return
				}
			}
			if p.next == "" {
				return
			}
			if q, err = r.follow(q, p.next); err != nil {
				yield(zero, err)
				return
			}
		}
	}
}

func invalidPage(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound && strings.HasPrefix(e.Msg, "Invalid page")
}

// follow is the query of the page that next names.
func (r Resource[T]) follow(q Query, next string) (Query, error) {
	bad := func(why string) (Query, error) {
		return Query{}, &Error{Op: "GET " + r.c.root.Path + r.path, Msg: "link to the next page: " + why, Err: ErrUnexpected}
	}
	u, err := url.Parse(next)
	if err != nil {
		return bad("not a URL")
	}
	v, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return bad("query can't be read")
	}
	n, err := strconv.Atoi(v.Get("page"))
	now := max(1, q.Page)
	if p := q.Filter.Get("page"); p != "" {
		now, _ = strconv.Atoi(p)
	}
	if err != nil || n <= now {
		return bad("no page after the present one")
	}
	return Query{Filter: v, Fresh: q.Fresh}, nil
}

var errStop = errors.New("enough rows")

func (r Resource[T]) stream(ctx context.Context, q Query, yield func(T, error) bool) {
	req := request{method: http.MethodGet, path: r.path, query: q.values(), fresh: q.Fresh, since: q.Since}
	var zero T
	d := newDecoder[T]()
	resume := ""
	_, err := r.c.stream(ctx, req, func(body io.Reader) error {
		rows := &rowReader{r: body}
		for n := 0; ; n++ {
			row, err := rows.next()
			if err == io.EOF {
				resume = rows.nextURL
				return nil
			}
			var v T
			if err == nil {
				err = d.decode(row, &v)
			}
			if err != nil {
				if rows.ioErr != nil {
					return rows.ioErr
				}
				return unexpected(req.op(r.c), http.StatusOK, n, err)
			}
			if !yield(v, nil) {
				return errStop
			}
		}
	})
	switch {
	case errors.Is(err, errStop):
	case err != nil:
		yield(zero, err)
	case resume != "": // a server that pages all the same
		if q, err = r.follow(q, resume); err != nil {
			yield(zero, err)
			return
		}
		for v, err := range r.All(ctx, q) {
			if !yield(v, err) {
				return
			}
		}
	}
}

// Count returns how many rows match the query, by asking for a page of one.
func (r Resource[T]) Count(ctx context.Context, q Query) (int, error) {
	q.Page, q.PageSize = 0, 1
	p, err := r.List(ctx, q)
	return p.Count, err
}

// namesPerRequest keeps addresses below what front ends accept (414).
const namesPerRequest = 100

// AllOf is All with a filter of many values, such as component names: the
// values are asked for a hundred at a time. No values means no rows.
func (r Resource[T]) AllOf(ctx context.Context, q Query, filter string, values []string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for len(values) > 0 {
			n := min(namesPerRequest, len(values))
			part := q
			part.Filter = url.Values{}
			for k, v := range q.Filter {
				part.Filter[k] = v
			}
			part.Filter[filter] = values[:n]
			for v, err := range r.All(ctx, part) {
				if !yield(v, err) || err != nil {
					return
				}
			}
			values = values[n:]
		}
	}
}

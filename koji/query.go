// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
)

// A Moment is a point in time in a query, as text that hubs read: a date
// ("2026-01-31"), or a date and a time in UTC ("2026-01-31 12:00:00"). [At]
// makes one of a [time.Time]. The zero Moment means none.
type Moment string

// At returns t as a Moment; the zero time gives none.
func At(t time.Time) Moment {
	if t.IsZero() {
		return ""
	}
	return Moment(FormatTime(t))
}

// seconds is a time as Unix seconds: whole where it is, else with decimals.
func seconds(t time.Time) any {
	if t.Nanosecond() == 0 {
		return t.Unix()
	}
	return float64(t.UnixMicro()) / 1e6
}

// named turns a query struct into named arguments. A field's tag is the
// argument's name, "a.b" a member of a struct argument. Zero fields are left
// out; pointers stand for values of which zero means something.
func named(query any) Named {
	out := Named{}
	addNamed(out, reflect.ValueOf(query))
	return out
}

func addNamed(out Named, v reflect.Value) {
	t := v.Type()
	for i := range t.NumField() {
		f, fv := t.Field(i), v.Field(i)
		name := f.Tag.Get("koji")
		if name == "" || name == "-" || fv.IsZero() {
			continue
		}
		if fv.Kind() == reflect.Slice && fv.Len() == 0 {
			continue
		}
		if fv.Kind() == reflect.Pointer {
			fv = fv.Elem()
		}
		var value any = fv.Interface()
		switch x := value.(type) {
		case Named:
			for k, v := range x {
				out[k] = v
			}
			continue
		}
		outer, inner, nested := strings.Cut(name, ".")
		if !nested {
			out[name] = value
			continue
		}
		m, ok := out[outer].(map[string]any)
		if !ok {
			m = map[string]any{}
			out[outer] = m
		}
		m[inner] = value
	}
}

// arguments joins positional and named arguments; empty named ones go.
func arguments(positional []any, n Named) []any {
	if len(n) == 0 {
		return positional
	}
	return append(positional[:len(positional):len(positional)], n)
}

// value calls a method and returns its answer as a T.
func value[T any](ctx context.Context, c *Client, method string, args ...any) (T, error) {
	var v T
	err := c.Call(ctx, method, args, &v)
	return v, err
}

// get calls a method that answers nil for what does not exist.
func get[T any](ctx context.Context, c *Client, method string, what any, args ...any) (T, error) {
	var v *T
	if err := c.Call(ctx, method, args, &v); err != nil {
		return *new(T), err
	}
	if v == nil {
		return *new(T), notFound(method, "no such %s: %v", object(method), what)
	}
	return *v, nil
}

// object is the noun that a getter's name ends in.
func object(method string) string {
	for _, verb := range []string{"get", "find", "repo."} {
		if rest, ok := strings.CutPrefix(method, verb); ok && rest != "" {
			return strings.ToLower(rest[:1]) + rest[1:]
		}
	}
	return "object"
}

// strictly adds strict=True to a getter's named arguments for [WithStrict].
func (c *Client) strictly(n Named) Named {
	if c.hub.cfg.strict {
		if n == nil {
			n = Named{}
		}
		n["strict"] = true
	}
	return n
}

// list calls a method that answers a list; nil becomes an empty one.
func list[T any](ctx context.Context, c *Client, method string, args ...any) ([]T, error) {
	v, err := value[[]T](ctx, c, method, args...)
	if err == nil && v == nil {
		v = []T{}
	}
	return v, err
}

// stream calls a method that answers a list and hands out the rows as they
// arrive, so that a listing of any size takes constant memory.
func stream[T any](ctx context.Context, c *Client, method string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		stopped := false
		r := &call{op: method, args: args, read: true}
		r.rows = func(d *xmlrpc.Decoder) error {
			var row T // one for all: what is handed out is a copy
			return d.Array(func(int) error {
				if err := d.Value(&row); err != nil {
					return err
				}
				r.handed = true
				if !yield(row, nil) {
					stopped = true
					return errStopped
				}
				return nil
			})
		}
		if err := c.do(ctx, r); err != nil && !stopped {
			yield(*new(T), err)
		}
	}
}

// errStopped ends the reading of rows when the caller has seen enough.
var errStopped = errors.New("stopped")

// pages calls a method page by page. more is called for the rows after the
// first offset ones; size is how many there are at most.
func pages[T any](ctx context.Context, offset, size int, more func(ctx context.Context, offset, limit int) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for at := offset; ; at += size {
			rows, err := more(ctx, at, size)
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if len(rows) < size {
				return
			}
		}
	}
}

// stable ends an order in a unique column, without which pages overlap.
func stable(order, unique string) string {
	for column := range strings.SplitSeq(order, ",") {
		if strings.TrimPrefix(column, "-") == unique {
			return order
		}
	}
	if order == "" {
		return unique
	}
	return order + "," + unique
}

const pageSize = 1000

// paged goes through the pages of a query: set gives it its place.
func paged[Q, T any](ctx context.Context, q Q, offset, limit int, set func(q *Q, offset, limit int), list func(context.Context, Q) ([]T, error)) iter.Seq2[T, error] {
	if limit <= 0 {
		limit = pageSize
	}
	return pages(ctx, offset, limit, func(ctx context.Context, offset, limit int) ([]T, error) {
		q := q
		set(&q, offset, limit)
		return list(ctx, q)
	})
}

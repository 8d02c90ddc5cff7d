// SPDX-License-Identifier: MIT

package koji_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
)

// args are a recorded call's arguments by name, from which the arguments of a
// typed method are made. What a typed method has no way to say is noted.
type args struct {
	m   map[string]any
	why string
}

func (a *args) cannot(format string, x ...any) {
	if a.why == "" {
		a.why = fmt.Sprintf(format, x...)
	}
}

func (a *args) has(name string) bool { _, ok := a.m[name]; return ok }

func toRef(v any) (koji.Ref, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return koji.Ref(v), true
	case int64:
		return koji.ID(int(v)), true
	case map[string]any:
		n := koji.NVR{}
		for k, x := range v {
			s, _ := x.(string)
			switch k {
			case "name":
				n.Name = s
			case "version":
				n.Version = s
			case "release":
				n.Release = s
			case "epoch":
				e, ok := x.(int64)
				if !ok {
					return "", false
				}
				n.Epoch = new(int(e))
			default:
				return "", false
			}
		}
		return n.Ref(), true
	}
	return "", false
}

func (a *args) ref(name string) koji.Ref {
	r, ok := toRef(a.m[name])
	if !ok {
		a.cannot("%s is %T", name, a.m[name])
	}
	return r
}

func (a *args) refs(name string) []koji.Ref {
	list, ok := a.m[name].([]any)
	if !ok {
		a.cannot("%s is %T", name, a.m[name])
	}
	out := []koji.Ref{}
	for _, v := range list {
		r, ok := toRef(v)
		if !ok {
			a.cannot("%s holds %T", name, v)
		}
		out = append(out, r)
	}
	return out
}

func (a *args) str(name string) string {
	s, ok := a.m[name].(string)
	if !ok && a.m[name] != nil {
		a.cannot("%s is %T", name, a.m[name])
	}
	return s
}

func (a *args) num(name string) int {
	n, ok := a.m[name].(int64)
	if !ok && a.m[name] != nil {
		a.cannot("%s is %T", name, a.m[name])
	}
	return int(n)
}

func (a *args) yes(name string) bool {
	b, ok := a.m[name].(bool)
	if !ok && a.m[name] != nil {
		a.cannot("%s is %T", name, a.m[name])
	}
	return b
}

// no tells whether an argument that is true by default is false.
func (a *args) no(name string) bool { return a.has(name) && !a.yes(name) }

func (a *args) strs(name string) []string {
	switch v := a.m[name].(type) {
	case nil:
		return nil
	case string:
		return []string{v}
	case []any:
		out := []string{}
		for _, x := range v {
			s, ok := x.(string)
			if !ok {
				a.cannot("%s holds %T", name, x)
			}
			out = append(out, s)
		}
		return out
	}
	a.cannot("%s is %T", name, a.m[name])
	return nil
}

func (a *args) nums(name string) []int {
	list, ok := a.m[name].([]any)
	if !ok && a.m[name] != nil {
		a.cannot("%s is %T", name, a.m[name])
	}
	out := []int{}
	for _, v := range list {
		n, ok := v.(int64)
		if !ok {
			a.cannot("%s holds %T", name, v)
		}
		out = append(out, int(n))
	}
	return out
}

func (a *args) dict(name string) map[string]any {
	m, ok := a.m[name].(map[string]any)
	if !ok && a.m[name] != nil {
		a.cannot("%s is %T", name, a.m[name])
	}
	return m
}

func (a *args) sub(name string) *args { return &args{m: a.dict(name)} }

// number is an int or a float; latest may be a bool too.
func (a *args) latest() int {
	switch v := a.m["latest"].(type) {
	case nil:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case int64:
		return int(v)
	}
	a.cannot("latest is %T", a.m["latest"])
	return 0
}

func toTime(v any) time.Time {
	switch v := v.(type) {
	case int64:
		return time.Unix(v, 0).UTC()
	case float64:
		return time.UnixMicro(int64(math.Round(v * 1e6))).UTC()
	}
	return time.Time{}
}

// except returns the arguments that have no other place.
func (a *args) except(names ...string) koji.Named {
	out := koji.Named{}
	for k, v := range a.m {
		if !contains(names, k) {
			out[k] = v
		}
	}
	return out
}

// fill sets the fields of a query by their tags.
func (a *args) fill(query any) {
	v := reflect.ValueOf(query).Elem()
	t := v.Type()
	for i := range t.NumField() {
		tag := t.Field(i).Tag.Get("koji")
		outer, inner, nested := strings.Cut(tag, ".")
		x, given := a.m[outer]
		if nested {
			m, _ := x.(map[string]any)
			x, given = m[inner]
		}
		if tag != "" && given && x != nil {
			a.set(tag, v.Field(i), x)
		}
	}
}

func (a *args) set(name string, f reflect.Value, x any) {
	switch f.Interface().(type) {
	case koji.Ref:
		r, ok := toRef(x)
		if !ok {
			a.cannot("%s is %T", name, x)
		}
		f.Set(reflect.ValueOf(r))
		return
	}
	switch f.Kind() {
	case reflect.Pointer:
		p := reflect.New(f.Type().Elem())
		a.set(name, p.Elem(), x)
		f.Set(p)
		return
	case reflect.Slice:
		list, ok := x.([]any)
		if !ok {
			a.cannot("%s is %T", name, x)
			return
		}
		s := reflect.MakeSlice(f.Type(), len(list), len(list))
		for i, e := range list {
			a.set(name, s.Index(i), e)
		}
		f.Set(s)
		return
	case reflect.Map:
		m, ok := x.(map[string]any)
		if ok {
			f.Set(reflect.ValueOf(m))
			return
		}
	case reflect.String:
		if s, ok := x.(string); ok {
			f.SetString(s)
			return
		}
	case reflect.Int, reflect.Int64:
		if n, ok := x.(int64); ok {
			f.SetInt(n)
			return
		}
	case reflect.Float64:
		if n, ok := x.(float64); ok {
			f.SetFloat(n)
			return
		}
	case reflect.Bool:
		if b, ok := x.(bool); ok {
			f.SetBool(b)
			return
		}
	}
	a.cannot("%s is %T", name, x)
}

// query fills a query struct and calls a method that takes it.
func query[Q, R any](method func(c *koji.Client, ctx context.Context, q Q) (R, error)) adapter {
	return func(ctx context.Context, c *koji.Client, a *args) (any, error) {
		var q Q
		a.fill(&q)
		return answer(method(c, ctx, q))
	}
}

// byRef calls a method that takes one Ref.
func byRef[R any](name string, method func(c *koji.Client, ctx context.Context, r koji.Ref) (R, error)) adapter {
	return func(ctx context.Context, c *koji.Client, a *args) (any, error) {
		return answer(method(c, ctx, a.ref(name)))
	}
}

// byNumber calls a method that takes one number.
func byNumber[R any](name string, method func(c *koji.Client, ctx context.Context, id int) (R, error)) adapter {
	return func(ctx context.Context, c *koji.Client, a *args) (any, error) {
		return answer(method(c, ctx, a.num(name)))
	}
}

// plain calls a method without arguments.
func plain[R any](method func(c *koji.Client, ctx context.Context) (R, error)) adapter {
	return func(ctx context.Context, c *koji.Client, a *args) (any, error) { return answer(method(c, ctx)) }
}

func answer[R any](r R, err error) (any, error) { return r, err }

func nothing(err error) (any, error) { return nil, err }

// adapter calls the typed method for an upstream method.
type adapter func(ctx context.Context, c *koji.Client, a *args) (any, error)

func countOnly(a *args) bool {
	opts, _ := a.m["queryOpts"].(map[string]any)
	return opts["countOnly"] == true
}

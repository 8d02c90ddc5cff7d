// SPDX-License-Identifier: MIT

package koji_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

var timeType = reflect.TypeFor[time.Time]()

// vanished lists what a generic value holds and a typed one does not, or holds
// differently. Only nil may become a zero value, and two members of one fact
// (a time as text and as seconds) one field.
func vanished(path string, want any, got reflect.Value) []string {
	differ := func() []string {
		var shown any
		if got.IsValid() {
			shown = got.Interface()
		}
		return []string{fmt.Sprintf("%s: want %#v, got %#v", path, want, shown)}
	}
	if !got.IsValid() {
		if want == nil {
			return nil
		}
		return differ()
	}
	if got.Type() == timeType {
		if sameTime(want, got.Interface().(time.Time)) {
			return nil
		}
		return differ()
	}
	switch got.Kind() {
	case reflect.Pointer, reflect.Interface:
		if got.IsNil() || want == nil {
			if got.IsNil() && want == nil {
				return nil
			}
			return differ()
		}
		return vanished(path, want, got.Elem())
	}
	if want == nil {
		if got.IsZero() || (got.Kind() == reflect.Slice || got.Kind() == reflect.Map) && got.Len() == 0 {
			return nil
		}
		return differ()
	}
	switch w := want.(type) {
	case map[string]any:
		switch got.Kind() {
		case reflect.Map:
			return vanishedMap(path, w, got)
		case reflect.Struct:
			return vanishedStruct(path, w, got)
		}
	case []any:
		if got.Kind() != reflect.Slice || got.Len() != len(w) {
			return append(differ(), "length")
		}
		var out []string
		for i, x := range w {
			out = append(out, vanished(path+"["+strconv.Itoa(i)+"]", x, got.Index(i))...)
		}
		return out
	default:
		if sameScalar(want, got) {
			return nil
		}
	}
	return differ()
}

func vanishedMap(path string, want map[string]any, got reflect.Value) []string {
	var out []string
	if got.Len() != len(want) {
		out = append(out, fmt.Sprintf("%s: want %d members, got %d", path, len(want), got.Len()))
	}
	for k, x := range want {
		v := got.MapIndex(reflect.ValueOf(k).Convert(got.Type().Key()))
		if !v.IsValid() {
			out = append(out, path+"."+k+": vanished")
			continue
		}
		out = append(out, vanished(path+"."+k, x, v)...)
	}
	return out
}

func vanishedStruct(path string, want map[string]any, got reflect.Value) []string {
	fields, extra := map[string][]reflect.Value{}, reflect.Value{}
	collect(got, fields, &extra)
	var out []string
	for k, x := range want {
		if fs, ok := fields[k]; ok {
			for _, f := range fs {
				// The second name of a fact gives way to the first.
				if x == nil && !f.IsZero() && len(fields[k]) == 1 && otherGives(want, fields, f, k) {
					continue
				}
				out = append(out, vanished(path+"."+k, x, f)...)
			}
			continue
		}
		v := reflect.Value{}
		if extra.IsValid() && !extra.IsNil() {
			v = extra.MapIndex(reflect.ValueOf(k))
		}
		if !v.IsValid() {
			out = append(out, path+"."+k+": vanished")
			continue
		}
		out = append(out, vanished(path+"."+k, x, v)...)
	}
	for k, fs := range fields {
		if _, told := want[k]; told {
			continue
		}
		for _, f := range fs {
			if !f.IsZero() && !otherGives(want, fields, f, k) {
				out = append(out, path+"."+k+": not in the answer, yet "+fmt.Sprint(f.Interface()))
			}
		}
	}
	return out
}

// otherGives tells whether a field has another name that the answer holds.
func otherGives(want map[string]any, fields map[string][]reflect.Value, f reflect.Value, not string) bool {
	for k, fs := range fields {
		if k == not || want[k] == nil {
			continue
		}
		for _, g := range fs {
			if g.Addr().Interface() == f.Addr().Interface() {
				return true
			}
		}
	}
	return false
}

func collect(v reflect.Value, fields map[string][]reflect.Value, extra *reflect.Value) {
	t := v.Type()
	if !v.CanAddr() {
		c := reflect.New(t).Elem()
		c.Set(v)
		v = c
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Tag == "" {
			collect(v.Field(i), fields, extra)
			continue
		}
		tag := f.Tag.Get("xmlrpc")
		if tag == ",extra" {
			if !extra.IsValid() {
				*extra = v.Field(i)
			} else if extra.Len() == 0 {
				*extra = v.Field(i)
			}
			continue
		}
		if tag == "" || tag == "-" {
			continue
		}
		for name := range strings.SplitSeq(tag, ",") {
			fields[name] = append(fields[name], v.Field(i))
		}
	}
}

func sameTime(want any, got time.Time) bool {
	switch w := want.(type) {
	case nil:
		return got.IsZero()
	case string:
		for _, layout := range []string{"2006-01-02 15:04:05.999999-07:00", "2006-01-02 15:04:05-07:00", "2006-01-02 15:04:05.999999", "2006-01-02 15:04:05"} {
			if t, err := time.Parse(layout, w); err == nil {
				return t.Equal(got)
			}
		}
		return false
	case int64:
		return time.Unix(w, 0).Equal(got)
	case float64:
		return math.Abs(float64(got.UnixMicro())/1e6-w) < 2e-6
	}
	return false
}

func sameScalar(want any, got reflect.Value) bool {
	switch w := want.(type) {
	case string:
		switch got.Kind() {
		case reflect.String:
			return got.String() == w
		case reflect.Int, reflect.Int64:
			return strconv.FormatInt(got.Int(), 10) == w
		}
	case int64:
		switch got.Kind() {
		case reflect.Int, reflect.Int64:
			return got.Int() == w
		case reflect.Bool:
			return w == 0 && !got.Bool() || w == 1 && got.Bool()
		case reflect.Float64:
			return got.Float() == float64(w)
		}
	case bool:
		return got.Kind() == reflect.Bool && got.Bool() == w
	case float64:
		switch got.Kind() {
		case reflect.Float64:
			return got.Float() == w || math.IsNaN(w) && math.IsNaN(got.Float())
		case reflect.Int64: // a duration
			return math.Abs(float64(got.Int())/1e9-w) < 1e-6
		}
	case []byte:
		return got.Kind() == reflect.Slice && string(got.Bytes()) == string(w)
	case time.Time:
		return got.Type() == timeType && w.Equal(got.Interface().(time.Time))
	}
	return false
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%#v", v)
	}
	if len(b) > 300 {
		b = append(b[:300], "..."...)
	}
	return string(b)
}

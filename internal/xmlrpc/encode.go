// SPDX-License-Identifier: MIT

package xmlrpc

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Marshaler is implemented by types that are written as another value.
type Marshaler interface {
	MarshalXMLRPC() any
}

// maxEncodeDepth bounds what is encoded, so that a value that contains itself
// ends in an error.
const maxEncodeDepth = 256

// AppendValue appends v as a <value> element in the layout that Python's
// marshaller uses. It takes what the decoder gives and every Go type made of
// such: structs by their xmlrpc tags (omitempty leaves zero fields out, an
// ,extra map adds its members), maps with string keys in sorted order, nil
// pointers as nil. It fails with an [Error] of class ErrEncode for other
// types, for strings that XML can't carry and for numbers beyond 64 bits.
func AppendValue(dst []byte, v any) ([]byte, error) {
	return appendValue(dst, v, 0)
}

func encodeError(format string, args ...any) error {
	return &Error{Offset: -1, Msg: fmt.Sprintf(format, args...), Err: ErrEncode}
}

func appendValue(dst []byte, v any, depth int) ([]byte, error) {
	if depth > maxEncodeDepth {
		return dst, encodeError("values nested deeper than %d", maxEncodeDepth)
	}
	switch v := v.(type) {
	case nil:
		return append(dst, "<value><nil/></value>"...), nil
	case string:
		return appendString(dst, v)
	case bool:
		return appendBool(dst, v), nil
	case int:
		return appendInt(dst, int64(v)), nil
	case int64:
		return appendInt(dst, v), nil
	case float64:
		return appendFloat(dst, v), nil
	case []byte:
		return appendBase64(dst, v), nil
	case time.Time:
		dst = append(dst, "<value><dateTime.iso8601>"...)
		dst = v.UTC().AppendFormat(dst, "20060102T15:04:05")
		return append(dst, "</dateTime.iso8601></value>\n"...), nil
	case []any:
		return appendArray(dst, len(v), func(dst []byte, i int) ([]byte, error) {
			return appendValue(dst, v[i], depth+1)
		})
	case map[string]any:
		return appendMap(dst, v, depth)
	}
	rv := reflect.ValueOf(v)
	if m, ok := v.(Marshaler); ok && !(rv.Kind() == reflect.Pointer && rv.IsNil()) {
		return appendValue(dst, m.MarshalXMLRPC(), depth+1)
	}
	return appendReflect(dst, rv, depth)
}

func appendReflect(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return appendValue(dst, nil, depth)
		}
		return appendValue(dst, v.Elem().Interface(), depth+1)
	case reflect.String:
		return appendString(dst, v.String())
	case reflect.Bool:
		return appendBool(dst, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return appendInt(dst, v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if v.Uint() > math.MaxInt64 {
			return dst, encodeError("integer %d exceeds 64 bits", v.Uint())
		}
		return appendInt(dst, int64(v.Uint())), nil
	case reflect.Float32, reflect.Float64:
		return appendFloat(dst, v.Float()), nil
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return appendBase64(dst, v.Bytes()), nil
		}
		fallthrough
	case reflect.Array:
		return appendArray(dst, v.Len(), func(dst []byte, i int) ([]byte, error) {
			return appendValue(dst, v.Index(i).Interface(), depth+1)
		})
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String {
			return dst, encodeError("a map with keys of type %s can't be encoded", v.Type().Key())
		}
		m := make(map[string]any, v.Len())
		for _, k := range v.MapKeys() {
			m[k.String()] = v.MapIndex(k).Interface()
		}
		return appendMap(dst, m, depth)
	case reflect.Struct:
		if v.Type() == timeType {
			return appendValue(dst, v.Interface(), depth)
		}
		return appendStruct(dst, v, depth)
	}
	return dst, encodeError("a value of type %s can't be encoded", v.Type())
}

func appendArray(dst []byte, n int, elem func([]byte, int) ([]byte, error)) ([]byte, error) {
	dst = append(dst, "<value><array><data>\n"...)
	for i := range n {
		var err error
		if dst, err = elem(dst, i); err != nil {
			return dst, within(err, step(i))
		}
	}
	return append(dst, "</data></array></value>\n"...), nil
}

func appendMember(dst []byte, name string, v any, depth int) ([]byte, error) {
	dst = append(dst, "<member>\n<name>"...)
	dst, err := appendText(dst, name)
	if err == nil {
		dst = append(dst, "</name>\n"...)
		dst, err = appendValue(dst, v, depth+1)
	}
	if err != nil {
		return dst, within(err, memberStep(name))
	}
	return append(dst, "</member>\n"...), nil
}

func appendMap(dst []byte, m map[string]any, depth int) ([]byte, error) {
	dst = append(dst, "<value><struct>\n"...)
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		var err error
		if dst, err = appendMember(dst, k, m[k], depth); err != nil {
			return dst, err
		}
	}
	return append(dst, "</struct></value>\n"...), nil
}

func appendStruct(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	dst = append(dst, "<value><struct>\n"...)
	dst, err := appendFields(dst, v, depth)
	if err != nil {
		return dst, err
	}
	return append(dst, "</struct></value>\n"...), nil
}

func appendFields(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	t := v.Type()
	var err error
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("xmlrpc")
		if f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct && f.Type != timeType {
			if dst, err = appendFields(dst, v.Field(i), depth); err != nil {
				return dst, err
			}
			continue
		}
		if !f.IsExported() || tag == "-" {
			continue
		}
		names, extra, omit := parseTag(tag, f.Name)
		if omit && v.Field(i).IsZero() {
			continue
		}
		if extra {
			m, _ := v.Field(i).Interface().(map[string]any)
			keys := make([]string, 0, len(m))
			for k := range m {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				if dst, err = appendMember(dst, k, m[k], depth); err != nil {
					return dst, err
				}
			}
			continue
		}
		if dst, err = appendMember(dst, names[0], v.Field(i).Interface(), depth); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func appendInt(dst []byte, n int64) []byte {
	if n < math.MinInt32 || n > math.MaxInt32 {
		dst = append(dst, "<value><i8>"...)
		dst = strconv.AppendInt(dst, n, 10)
		return append(dst, "</i8></value>\n"...)
	}
	dst = append(dst, "<value><int>"...)
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, "</int></value>\n"...)
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, "<value><boolean>1</boolean></value>\n"...)
	}
	return append(dst, "<value><boolean>0</boolean></value>\n"...)
}

// appendFloat writes a number as Python's repr does.
func appendFloat(dst []byte, f float64) []byte {
	dst = append(dst, "<value><double>"...)
	switch {
	case math.IsNaN(f):
		dst = append(dst, "nan"...)
	case math.IsInf(f, 1):
		dst = append(dst, "inf"...)
	case math.IsInf(f, -1):
		dst = append(dst, "-inf"...)
	default:
		format := byte('f')
		if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
			format = 'e'
		}
		s := strconv.FormatFloat(f, format, -1, 64)
		if format == 'f' && !strings.Contains(s, ".") {
			s += ".0"
		}
		dst = append(dst, s...)
	}
	return append(dst, "</double></value>\n"...)
}

// appendBase64 writes lines of 76 characters, as Python does.
func appendBase64(dst, b []byte) []byte {
	dst = append(dst, "<value><base64>\n"...)
	const chunk = 57
	for len(b) > 0 {
		n := min(chunk, len(b))
		dst = base64.StdEncoding.AppendEncode(dst, b[:n])
		dst = append(dst, '\n')
		b = b[n:]
	}
	return append(dst, "</base64></value>\n"...)
}

func appendString(dst []byte, s string) ([]byte, error) {
	dst = append(dst, "<value><string>"...)
	dst, err := appendText(dst, s)
	return append(dst, "</string></value>\n"...), err
}

// appendText escapes s. A carriage return becomes a reference, because XML
// readers turn a raw one into a line feed.
func appendText(dst []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return dst, encodeError("string %s is not UTF-8", quoted([]byte(s)))
	}
	last := 0
	for i := range len(s) {
		var esc string
		switch c := s[i]; c {
		case '&':
			esc = "&amp;"
		case '<':
			esc = "&lt;"
		case '>':
			esc = "&gt;"
		case '\r':
			esc = "&#13;"
		case '\t', '\n':
			continue
		default:
			if c >= ' ' {
				continue
			}
			return dst, encodeError("character %U can't be written in XML", c)
		}
		dst = append(dst, s[last:i]...)
		dst = append(dst, esc...)
		last = i + 1
	}
	return append(dst, s[last:]...), nil
}

// SPDX-License-Identifier: MIT

package pdctest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kv and obj are a JSON object in a given order.
type kv struct {
	k string
	v any
}

type obj []kv

func (o obj) get(k string) any {
	for _, m := range o {
		if m.k == k {
			return m.v
		}
	}
	return nil
}

// appendJSON writes a value as the server does: compact, UTF-8 not escaped.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case float64:
		s, _ := json.Marshal(v)
		return append(b, s...)
	case obj:
		b = append(b, '{')
		for i, m := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, m.k)
			b = append(b, ':')
			b = appendJSON(b, m.v)
		}
		return append(b, '}')
	case map[string]any:
		b = append(b, '{')
		for i, k := range sorted(v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, k)
			b = append(b, ':')
			b = appendJSON(b, v[k])
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i, x := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, x)
		}
		return append(b, ']')
	case []string:
		b = append(b, '[')
		for i, x := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, x)
		}
		return append(b, ']')
	}
	s, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, s...)
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func appendString(b []byte, s string) []byte {
	plain := utf8.ValidString(s)
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= ' ' && s[i] != '"' && s[i] != '\\'
	}
	if plain {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	var w bytes.Buffer
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s)
	return append(b, bytes.TrimSuffix(w.Bytes(), []byte("\n"))...)
}

func readBody(r *http.Request) []byte {
	if r.Body == nil {
		return nil
	}
	data, _ := io.ReadAll(io.LimitReader(r.Body, 1<<30))
	return data
}

// parseBody reads a request's body as data: JSON, or a form.
func parseBody(c *call, body []byte) (any, *problem) {
	if len(body) == 0 {
		return map[string]any{}, nil
	}
	full := c.r.Header.Get("Content-Type")
	kind, _, _ := strings.Cut(full, ";")
	switch strings.TrimSpace(strings.ToLower(kind)) {
	case "application/json":
		v, err := parseJSON(body)
		if err != nil {
			return nil, detail(400, "JSON parse error - "+err.Error())
		}
		return v, nil
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, detail(400, "Malformed request.")
		}
		out := map[string]any{}
		for k, v := range form {
			out[k] = v[len(v)-1]
		}
		return out, nil
	case "multipart/form-data":
		req := c.r.Clone(c.r.Context())
		req.Body = io.NopCloser(bytes.NewReader(body))
		if err := req.ParseMultipartForm(1 << 20); err != nil {
			return nil, detail(400, "Multipart form parse error - "+err.Error())
		}
		out := map[string]any{}
		for k, v := range req.MultipartForm.Value {
			out[k] = v[len(v)-1]
		}
		return out, nil
	}
	return nil, detail(415, `Unsupported media type "`+full+`" in request.`)
}

// parseJSON makes int, float64, string, bool, nil, []any and map[string]any.
func parseJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, io.ErrUnexpectedEOF
	}
	return numbers(v), nil
}

func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}

// pyType is what the server calls a value's type.
func pyType(v any) string {
	switch v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int:
		return "int"
	case float64:
		return "float"
	case string:
		return "unicode"
	case []any:
		return "list"
	}
	return "dict"
}

// pyText is a value as the server prints it in messages.
func pyText(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return v
	}
	return pyRepr(v)
}

// pyRepr is Python 2's repr of what came out of JSON.
func pyRepr(v any) string {
	switch v := v.(type) {
	case string:
		return "u'" + strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\`), "'", `\'`) + "'"
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = pyRepr(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, k := range pyOrder(sorted(v)) {
			parts = append(parts, pyRepr(k)+": "+pyRepr(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case int:
		return strconv.Itoa(v)
	case nil, bool:
		return pyText(v)
	}
	return string(appendJSON(nil, v))
}

// parseOrdered reads JSON keeping the order of members.
func parseOrdered(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := ordered(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, io.ErrUnexpectedEOF
	}
	return v, nil
}

func ordered(d *json.Decoder) (any, error) {
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		o := obj{}
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := ordered(d)
			if err != nil {
				return nil, err
			}
			o = append(o, kv{k.(string), v})
		}
		_, err := d.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := ordered(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return numbers(tok), nil
}

// member walks into ordered objects.
func member(v any, path ...string) any {
	for _, k := range path {
		o, ok := v.(obj)
		if !ok {
			return nil
		}
		v = o.get(k)
	}
	return v
}

// keysOf are an object's members in the order of a dictionary made from it.
func keysOf(v any) []string {
	o, _ := v.(obj)
	var keys []string
	for _, m := range o {
		keys = append(keys, m.k)
	}
	return pyOrder(keys)
}

func sortedKeys(o obj) []string {
	keys := make([]string, len(o))
	for i, m := range o {
		keys[i] = m.k
	}
	slices.Sort(keys)
	return keys
}

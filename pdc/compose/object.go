// SPDX-License-Identifier: MIT

package compose

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
)

// source remembers which members an object was read with, so that writing it
// gives the same JSON value: a member that is null stays null, one that was
// left out stays out. Its zero value means an object made by hand.
type source struct {
	read bool
	null map[string]bool // members with a zero value: true if null, false if spelled out
}

// decodeObject reads a JSON object into the tagged fields of the struct that v
// points to; members that no field is for go to extra.
func decodeObject(data []byte, v any, src *source, extra *map[string]json.RawMessage) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	if m == nil {
		return fmt.Errorf("want an object, have null")
	}
	*src = source{read: true}
	zero := func(name string, null bool) {
		if src.null == nil {
			src.null = map[string]bool{}
		}
		src.null[name] = null
	}
	for name, f := range fieldsOf(v) {
		raw, ok := m[name]
		if !ok {
			continue
		}
		delete(m, name)
		if string(bytes.TrimSpace(raw)) == "null" {
			f.SetZero()
			zero(name, true)
			continue
		}
		if err := json.Unmarshal(raw, f.Addr().Interface()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if f.IsZero() {
			zero(name, false)
		}
	}
	*extra = nil
	if len(m) > 0 {
		*extra = m
	}
	return nil
}

// encodeObject is the reverse of decodeObject. Zero fields of an object made
// by hand are left out when their tag says omitzero.
func encodeObject(v any, src source, extra map[string]json.RawMessage) ([]byte, error) {
	m := make(map[string]json.RawMessage, len(extra)+8)
	maps.Copy(m, extra)
	rv := reflect.ValueOf(v).Elem()
	for name, f := range fieldsOf(v) {
		if f.IsZero() {
			null, had := src.null[name]
			switch {
			case src.read && !had:
				continue
			case src.read && null:
				m[name] = json.RawMessage("null")
				continue
			case !src.read && omitZero(rv.Type(), name):
				continue
			}
		}
		raw, err := marshal(f.Interface())
		if err != nil {
			return nil, err
		}
		m[name] = raw
	}
	return marshal(m)
}

// fieldsOf returns the tagged fields of the struct that v points to.
func fieldsOf(v any) map[string]reflect.Value {
	rv := reflect.ValueOf(v).Elem()
	m := make(map[string]reflect.Value, rv.NumField())
	for i := range rv.NumField() {
		name, _, _ := strings.Cut(rv.Type().Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			m[name] = rv.Field(i)
		}
	}
	return m
}

func omitZero(t reflect.Type, name string) bool {
	for field := range t.Fields() {
		if tag := field.Tag.Get("json"); tag == name+",omitzero" {
			return true
		}
	}
	return false
}

// marshal is json.Marshal that leaves <, > and & as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// checkPath refuses a path that is not below the folder it is relative to.
func checkPath(op, where, path string) error {
	if unsafePath(path) {
		return &Error{Op: op, Path: where, Msg: fmt.Sprintf("path %q leads out of the compose", path), Err: ErrPath}
	}
	return nil
}

func unsafePath(p string) bool {
	if len(p) == 0 {
		return false
	}
	if p[0] == '/' || strings.IndexByte(p, '\\') >= 0 || strings.IndexByte(p, 0) >= 0 {
		return true
	}
	if !strings.Contains(p, "..") {
		return false
	}
	for s := range strings.SplitSeq(p, "/") {
		if s == ".." {
			return true
		}
	}
	return false
}

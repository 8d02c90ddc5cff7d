// SPDX-License-Identifier: MIT

package pdc

import (
	"fmt"
	"reflect"
	"strings"
)

// writer is a value that the server wants in another form than it gives it.
type writer interface {
	// write returns that form, or nil to leave the member out.
	write() any
}

// writeForm is what a row looks like in a request.
func writeForm(row any) (any, error) {
	v := reflect.ValueOf(row)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return row, nil
	}
	if w, ok := v.Interface().(writer); ok {
		return w.write(), nil
	}
	out := Fields{}
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		rule := f.Tag.Get("pdc")
		if name == "" || name == "-" || rule == "ro" || !f.IsExported() {
			continue
		}
		value := v.Field(i)
		if rule != "req" && empty(value) {
			continue
		}
		w, err := writeValue(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if w != nil {
			out[name] = w
		}
	}
	return out, nil
}

func empty(v reflect.Value) bool {
	return v.IsZero() || v.Kind() == reflect.Map && v.Len() == 0
}

func writeValue(v reflect.Value) (any, error) {
	if w, ok := v.Interface().(writer); ok {
		return w.write(), nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
		return writeValue(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Struct {
			return v.Interface(), nil
		}
		list := make([]any, v.Len())
		for i := range list {
			w, err := writeForm(v.Index(i).Interface())
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			list[i] = w
		}
		return list, nil
	case reflect.Struct:
		return writeForm(v.Interface())
	}
	return v.Interface(), nil
}

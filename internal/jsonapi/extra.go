// SPDX-License-Identifier: MIT

package jsonapi

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
)

// UnmarshalExtra decodes data into v, a pointer to a struct, and returns the
// members that the struct has no field for, so that nothing a newer server
// adds is lost; nil when there are none.
func UnmarshalExtra(data []byte, v any) (map[string]json.RawMessage, error) {
	if err := json.Unmarshal(data, v); err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	t := reflect.TypeOf(v).Elem()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		delete(all, name)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

// MarshalExtra encodes v, a struct, and adds the extra members.
func MarshalExtra(v any, extra map[string]json.RawMessage) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil || len(extra) == 0 {
		return data, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	maps.Copy(all, extra)
	return json.Marshal(all)
}

// Value returns what p points to, or the zero value for nil: services write
// null where a value is absent.
func Value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

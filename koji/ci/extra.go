// SPDX-License-Identifier: MIT

package ci

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"time"
)

// unmarshalExtra decodes data into v, a pointer to a struct, and returns the
// members that the struct has no field for, so that nothing a newer server
// adds is lost. It returns nil when there are none.
func unmarshalExtra(data []byte, v any) (map[string]json.RawMessage, error) {
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

// marshalExtra encodes v and adds the extra members.
func marshalExtra(v any, extra map[string]json.RawMessage) ([]byte, error) {
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

// serverTime is the services' form of a time: ISO without a zone, read as UTC.
const serverTime = "2006-01-02T15:04:05.999999"

// parseTime reads a time of any of the forms that the services have used. The
// empty text is the zero time.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(serverTime, s)
	if err == nil {
		return t, nil
	}
	if z, zerr := time.Parse(time.RFC3339Nano, s); zerr == nil {
		return z.UTC(), nil
	}
	return time.Time{}, err
}

// formatTime writes a time as the services do: always six decimals.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000")
}

// orNull returns nil for the empty string: the services write null there.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

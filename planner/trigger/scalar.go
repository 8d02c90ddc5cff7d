// SPDX-License-Identifier: MIT

package trigger

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Text is a string that some services send as a number, a boolean or null:
// ids, epochs, "scratch". A number keeps its digits, a boolean is "true" or
// "false", null and anything composed is "". The original spelling of what is
// not a string is in [Event.Extra].
type Text string

// UnmarshalJSON reads any JSON value; it never fails.
func (t *Text) UnmarshalJSON(data []byte) error {
	*t = ""
	switch c := data[0]; {
	case c == '"':
		if in := data[1 : len(data)-1]; !bytes.ContainsRune(in, '\\') && utf8.Valid(in) {
			*t = Text(in)
			return nil
		}
		var s string
		if err := json.Unmarshal(data, &s); err == nil {
			*t = Text(s)
		}
	case c == 'n', c == '{', c == '[':
	default:
		*t = Text(data)
	}
	return nil
}

// Name is the name of a user, group or package. Older messages carry an
// object in its place, whose "username" or "name" it takes.
type Name string

// UnmarshalJSON reads any JSON value; it never fails. What holds no name is "".
func (n *Name) UnmarshalJSON(data []byte) error {
	*n = ""
	if data[0] != '{' {
		var t Text
		_ = t.UnmarshalJSON(data)
		*n = Name(t)
		return nil
	}
	var o struct {
		Username Text `json:"username"`
		Name     Text `json:"name"`
	}
	_ = json.Unmarshal(data, &o)
	if *n = Name(o.Username); *n == "" {
		*n = Name(o.Name)
	}
	return nil
}

// Time is a moment as the services spell it: RFC 3339 with or without a zone,
// with a space for the T, with "UTC" behind it, or seconds since 1970 as a
// number. No zone means UTC. The zero value is a time that was not sent or
// could not be read.
type Time struct{ time.Time }

// timeLayouts are tried in order; a fraction after the seconds is always
// accepted.
var timeLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02",
}

// ParseTime reads a time in any of the spellings of the services. The zero
// Time and false stand for text that is none of them.
func ParseTime(text string) (Time, bool) {
	text = strings.TrimSuffix(strings.TrimSpace(text), " UTC")
	if !strings.Contains(text, "-") {
		return parseSeconds(text)
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return Time{t.UTC()}, true
		}
	}
	return Time{}, false
}

// parseSeconds reads seconds since 1970.
func parseSeconds(text string) (Time, bool) {
	if f, err := strconv.ParseFloat(text, 64); err == nil && f > 0 && f < 1e11 {
		whole, part := math.Modf(f)
		return Time{time.Unix(int64(whole), int64(math.Round(part*1e6))*1000).UTC()}, true
	}
	return Time{}, false
}

// UnmarshalJSON reads any JSON value; it never fails. What is not a time is
// the zero Time.
func (t *Time) UnmarshalJSON(data []byte) error {
	var s Text
	_ = s.UnmarshalJSON(data)
	*t, _ = ParseTime(string(s))
	return nil
}

// MarshalJSON writes RFC 3339, and null for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.Time.MarshalJSON()
}

// isObject reports whether valid JSON is an object.
func isObject(data []byte) bool {
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 0 && data[0] == '{'
}

// SPDX-License-Identifier: MIT

package kojitest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// record is a struct on the wire.
type record = map[string]any

// timeText is a hub's text form of a time: a space between date and time,
// microseconds only where there are any, the offset of the database session.
func timeText(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02 15:04:05") + "+00:00"
	}
	return t.Format("2006-01-02 15:04:05.000000") + "+00:00"
}

// timeNumber is the companion of timeText: seconds since 1970 with fractions.
func timeNumber(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return float64(t.UnixMicro()) / 1e6
}

// intOrNil is nil for 0: database ids start at 1.
func intOrNil(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// textOrNil is nil for the empty text.
func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// asInt takes any number that a client may send for an integer.
func asInt(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case int64:
		return int(v), true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case float64:
		if v == math.Trunc(v) {
			return int(v), true
		}
	}
	return 0, false
}

// truth is Python's idea of truth, which the hub applies to its flags.
func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int:
		return v != 0
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// pyRepr writes a value as Python's repr does, for fault texts.
func pyRepr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		quote := "'"
		if strings.Contains(v, "'") && !strings.Contains(v, `"`) {
			quote = `"`
		}
		r := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`)
		if quote == "'" {
			r = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "'", `\'`)
		}
		return quote + r.Replace(v) + quote
	case float64:
		return pyFloat(v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = pyRepr(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range sortedKeys(v) {
			parts = append(parts, pyRepr(k)+": "+pyRepr(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

func pyFloat(f float64) string {
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		format = 'e'
	}
	s := strconv.FormatFloat(f, format, -1, 64)
	if !strings.ContainsAny(s, ".eIN") {
		s += ".0"
	}
	return s
}

// pyText writes a value as Python's str does.
func pyText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return pyRepr(v)
}

// pyType is the name of a value's Python type.
func pyType(v any) string {
	switch v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case string:
		return "str"
	case float64:
		return "float"
	case []any:
		return "list"
	case map[string]any:
		return "dict"
	case []byte:
		return "Binary"
	}
	return "int"
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// parseTime reads a time argument: seconds since 1970, or a text that starts
// with a date.
func parseTime(v any) (time.Time, *fault) {
	switch v := v.(type) {
	case float64:
		return time.UnixMicro(int64(math.Round(v * 1e6))).UTC(), nil
	case string:
		for _, layout := range []string{
			"2006-01-02 15:04:05.999999Z07:00", "2006-01-02 15:04:05Z07:00",
			"2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999", "2006-01-02 15:04", "2006-01-02",
		} {
			if t, err := time.Parse(layout, v); err == nil {
				return t.UTC(), nil
			}
		}
		return time.Time{}, generic("Invalid time format: %s", v)
	}
	if n, ok := asInt(v); ok {
		return time.Unix(int64(n), 0).UTC(), nil
	}
	return time.Time{}, generic("Invalid type for timestamp: %s", pyType(v))
}

// globMatch is the hub's pattern language: * and ? only, over the whole name,
// slashes and brackets included.
func globMatch(pattern, name string) bool {
	p, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			p = star + 1
			mark++
			n = mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// splitNVR cuts name-version-release at its last two dashes.
func splitNVR(nvr string) (name, version, release string, ok bool) {
	r := strings.LastIndexByte(nvr, '-')
	if r <= 0 {
		return "", "", "", false
	}
	v := strings.LastIndexByte(nvr[:r], '-')
	if v <= 0 {
		return "", "", "", false
	}
	return nvr[:v], nvr[v+1 : r], nvr[r+1:], true
}

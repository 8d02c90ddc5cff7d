// SPDX-License-Identifier: MIT

package modulemd

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// The grammars of scalars are those of the C functions that the reference
// uses: strtoull, strtoll, g_date and strptime.

// parseUint reads a uint64: leading white space, an optional plus sign,
// decimal digits.
func parseUint(s string) (uint64, bool) {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	s = strings.TrimPrefix(s, "+")
	if !digits(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}

// parseInt reads an int64 by the same grammar, with a sign.
func parseInt(s string) (int64, bool) {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	if t, ok := strings.CutPrefix(s, "+"); ok {
		s = t
		if !digits(s) {
			return 0, false
		}
	} else if !digits(strings.TrimPrefix(s, "-")) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// parseBool reads a truth value, of which there are two spellings only.
func parseBool(s string) (value, ok bool) { return s == "true", s == "true" || s == "false" }

// parseDate reads a day: three parts between dashes, of each the leading
// digits. What follows is ignored, as is a time after the day.
func parseDate(s string) (time.Time, bool) {
	parts := strings.Split(s, "-")
	if len(parts) < 3 {
		return time.Time{}, false
	}
	var n [3]int
	for i := range n {
		p := parts[i]
		end := 0
		for end < len(p) && p[end] >= '0' && p[end] <= '9' {
			end++
		}
		v, err := strconv.ParseUint(p[:end], 10, 16)
		if err != nil {
			return time.Time{}, false
		}
		n[i] = int(v)
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, time.UTC)
	if n[0] < 1 || t.Year() != n[0] || int(t.Month()) != n[1] || t.Day() != n[2] {
		return time.Time{}, false
	}
	return t, true
}

// Minute is a point in time as obsoletes documents hold it: the decimal
// digits YYYYMMDDHHMM, in UTC. Zero means absent. Larger is later. Days are
// not checked against the month, so that February 30 is kept as it was
// written.
type Minute uint64

// MinuteOf returns t in UTC, without its seconds.
func MinuteOf(t time.Time) Minute {
	t = t.UTC()
	return Minute(uint64(t.Year())*1e8 + uint64(t.Month())*1e6 + uint64(t.Day())*1e4 + uint64(t.Hour())*100 + uint64(t.Minute()))
}

// Time returns the point in time; days beyond the end of a month count on
// into the next. A zero m gives the zero time.
func (m Minute) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	y, mo, d, h, mi := m.split()
	return time.Date(y, time.Month(mo), d, h, mi, 0, 0, time.UTC)
}

func (m Minute) split() (year, month, day, hour, minute int) {
	return int(m / 1e8 % 1e6), int(m / 1e6 % 100), int(m / 1e4 % 100), int(m / 100 % 100), int(m % 100)
}

// String returns the form documents use, 2020-05-01T00:00Z.
func (m Minute) String() string {
	return string(m.append(nil))
}

func (m Minute) append(b []byte) []byte {
	y, mo, d, h, mi := m.split()
	b = appendPadded(b, y, 4)
	b = append(b, '-')
	b = appendPadded(b, mo, 2)
	b = append(b, '-')
	b = appendPadded(b, d, 2)
	b = append(b, 'T')
	b = appendPadded(b, h, 2)
	b = append(b, ':')
	b = appendPadded(b, mi, 2)
	return append(b, 'Z')
}

func appendPadded(b []byte, n, width int) []byte {
	s := strconv.Itoa(n)
	for range width - len(s) {
		b = append(b, '0')
	}
	return append(b, s...)
}

// valid reports whether m can be written and read back.
func (m Minute) valid() bool {
	_, mo, d, h, mi := m.split()
	return m < math.MaxInt64 && m/1e8 <= 9999 && mo >= 1 && mo <= 12 && d >= 1 && d <= 31 && h < 24 && mi < 60
}

// ParseMinute reads the form YYYY-MM-DDTHH:MMZ as strptime does: parts may
// have fewer digits and white space before them.
func ParseMinute(s string) (Minute, bool) {
	var n [5]int
	widths := [5]int{4, 2, 2, 2, 2}
	for i, sep := range "--T:Z" {
		s = strings.TrimLeft(s, " \t\n\v\f\r")
		end := 0
		for end < len(s) && end < widths[i] && s[end] >= '0' && s[end] <= '9' {
			n[i] = n[i]*10 + int(s[end]-'0')
			end++
		}
		if end == 0 || end >= len(s) || s[end] != byte(sep) {
			return 0, false
		}
		s = s[end+1:]
	}
	m := Minute(n[0])*1e8 + Minute(n[1])*1e6 + Minute(n[2])*1e4 + Minute(n[3])*100 + Minute(n[4])
	if s != "" || !m.valid() {
		return 0, false
	}
	return m, true
}

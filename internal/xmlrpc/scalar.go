// SPDX-License-Identifier: MIT

package xmlrpc

import (
	"bytes"
	"encoding/base64"
	"math"
	"strconv"
	"time"
)

func quoted(text []byte) string {
	if len(text) > 40 {
		return strconv.Quote(string(text[:40])) + "..."
	}
	return strconv.Quote(string(text))
}

func (d *Decoder) integer(text []byte) (int64, error) {
	if n, ok := parseInt(text); ok {
		return n, nil
	}
	t := bytes.TrimSpace(text)
	n, err := strconv.ParseInt(string(t), 10, 64)
	if err == nil {
		return n, nil
	}
	if e, ok := err.(*strconv.NumError); ok && e.Err == strconv.ErrRange {
		return 0, d.fail(ErrType, "integer "+quoted(t)+" exceeds 64 bits")
	}
	return 0, d.fail(ErrSyntax, "malformed integer "+quoted(text))
}

// parseInt parses what is usual; it returns false for the rest.
func parseInt(b []byte) (int64, bool) {
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if neg {
		n = -n
	}
	return n, true
}

func (d *Decoder) boolean(text []byte) (bool, error) {
	switch string(bytes.TrimSpace(text)) {
	case "0", "false":
		return false, nil
	case "1", "true":
		return true, nil
	}
	return false, d.fail(ErrSyntax, "malformed boolean "+quoted(text))
}

func (d *Decoder) double(text []byte) (float64, error) {
	f, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64)
	if err == nil {
		return f, nil
	}
	if e, ok := err.(*strconv.NumError); ok && e.Err == strconv.ErrRange {
		return f, nil // beyond the largest double: infinity, as elsewhere
	}
	return 0, d.fail(ErrSyntax, "malformed double "+quoted(text))
}

func (d *Decoder) base64(text []byte) ([]byte, error) {
	// Encoders break lines anywhere and differ in padding.
	compact := make([]byte, 0, len(text))
	for _, c := range text {
		if !blank(c) {
			compact = append(compact, c)
		}
	}
	compact = bytes.TrimRight(compact, "=")
	n, err := base64.RawStdEncoding.Decode(compact, compact)
	if err != nil {
		return nil, d.fail(ErrSyntax, "malformed base64: "+err.Error())
	}
	return compact[:n:n], nil
}

func (d *Decoder) time(text []byte) (time.Time, error) {
	s := string(bytes.TrimSpace(text))
	for _, layout := range [...]string{"20060102T15:04:05", "20060102T15:04:05Z07:00", "2006-01-02T15:04:05", time.RFC3339, "20060102T15:04:05Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, d.fail(ErrSyntax, "malformed dateTime "+quoted(text))
}

// ParseTime reads a time as Koji writes it: a date, a space or T, a time with
// up to nine decimals, and an offset (+00:00, -0530, +02, Z) or none for UTC.
// The result is in UTC.
func ParseTime(s string) (time.Time, bool) { return parseTime([]byte(s)) }

func parseTime(b []byte) (time.Time, bool) {
	none := time.Time{}
	if len(b) < 19 || b[4] != '-' || b[7] != '-' || b[10] != ' ' && b[10] != 'T' || b[13] != ':' || b[16] != ':' {
		return none, false
	}
	year, ok1 := digits(b[0:4])
	month, ok2 := digits(b[5:7])
	day, ok3 := digits(b[8:10])
	hour, ok4 := digits(b[11:13])
	minute, ok5 := digits(b[14:16])
	second, ok6 := digits(b[17:19])
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return none, false
	}
	b = b[19:]
	nanos := 0
	if len(b) > 0 && b[0] == '.' {
		n := 1
		for n < len(b) && b[n] >= '0' && b[n] <= '9' {
			if n <= 9 {
				nanos = nanos*10 + int(b[n]-'0')
			}
			n++
		}
		if n == 1 {
			return none, false
		}
		for i := n; i <= 9; i++ {
			nanos *= 10
		}
		b = b[n:]
	}
	offset, ok := zone(b)
	if !ok {
		return none, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	if t.Day() != day {
		return none, false
	}
	return t.Add(-time.Duration(offset) * time.Minute), true
}

// zone parses an offset in minutes.
func zone(b []byte) (minutes int, ok bool) {
	if len(b) == 0 || len(b) == 1 && b[0] == 'Z' {
		return 0, true
	}
	if b[0] != '+' && b[0] != '-' || len(b) < 3 {
		return 0, false
	}
	hours, ok := digits(b[1:3])
	rest := b[3:]
	if len(rest) > 0 && rest[0] == ':' {
		rest = rest[1:]
		ok = ok && len(rest) == 2
	}
	if ok && len(rest) > 0 {
		if len(rest) != 2 {
			return 0, false
		}
		minutes, ok = digits(rest)
	}
	minutes += hours * 60
	if !ok || minutes > 24*60 {
		return 0, false
	}
	if b[0] == '-' {
		minutes = -minutes
	}
	return minutes, true
}

func digits(b []byte) (n int, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// Seconds returns the time that many seconds after the start of 1970, in UTC
// and to the microsecond, which is what a double can hold of today's times.
func Seconds(f float64) (time.Time, bool) {
	if math.IsNaN(f) || math.Abs(f) > 253402300799 {
		return time.Time{}, false
	}
	whole := math.Floor(f)
	micros := math.Round((f - whole) * 1e6)
	return time.Unix(int64(whole), int64(micros)*1000).UTC(), true
}

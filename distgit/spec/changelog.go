// SPDX-License-Identifier: MIT

package spec

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

type changelogLine struct {
	text string
	line int
}

// ParseChangelog reads the text of a %changelog section, macros expanded, as
// rpm does. Entries begin with "* "; their dates are "Thu Jan 02 2025" or
// "Thu Jan  2 13:14:15 UTC 2025". Errors are [*Error] with the line within the
// text and wrap ErrRejected; the entries before the fault are returned with
// it.
func ParseChangelog(text string) ([]Entry, error) {
	var lines []changelogLine
	n := 0
	for l := range strings.Lines(text) {
		n++
		if !strings.HasPrefix(trimSpace(l), "#") {
			lines = append(lines, changelogLine{strings.TrimSuffix(l, "\n"), n})
		}
	}
	return parseChangelog(lines)
}

// Changelog reads the changelog as it stands in the file, macros unexpanded:
// enough for most files, and for those that don't evaluate. Entries that rpm
// would refuse end the list, with the error.
func (s *Spec) Changelog() ([]Entry, error) {
	for _, sec := range s.Sections {
		if sec.Name != "changelog" {
			continue
		}
		var lines []changelogLine
		for _, it := range s.Items[sec.First+1 : sec.Last] {
			for i, l := range strings.Split(strings.TrimSuffix(it.Raw, "\n"), "\n") {
				if it.Kind != KindComment {
					lines = append(lines, changelogLine{l, it.Pos.Line + i})
				}
			}
		}
		entries, err := parseChangelog(lines)
		if e, ok := errors.AsType[*Error](err); ok {
			e.File = s.File
		}
		return entries, err
	}
	return nil, nil
}

// parseChangelog reads entries from lines, newest first.
func parseChangelog(lines []changelogLine) ([]Entry, error) {
	var out []Entry
	fail := func(line int, msg string) ([]Entry, error) {
		return out, &Error{Line: line, Err: ErrRejected, Msg: msg}
	}
	for i := 0; ; {
		for i < len(lines) && trimSpace(lines[i].text) == "" {
			i++
		}
		if i == len(lines) {
			return out, nil
		}
		head := lines[i]
		header := head.text
		if len(out) == 0 {
			header = strings.TrimLeft(header, " \t") // space before the first entry does not count
		}
		if !strings.HasPrefix(header, "*") {
			return fail(head.line, "%changelog entries must start with *: "+shorten(head.text))
		}
		e := Entry{Line: head.line}
		var ok bool
		if e.Time, e.Name, ok = parseEntryHeader(header[1:]); !ok {
			return fail(head.line, "bad date in %changelog: "+shorten(head.text))
		}
		if trimSpace(e.Name) == "" {
			return fail(head.line, "missing name in %changelog")
		}
		if len(out) > 0 && out[len(out)-1].Time.Before(e.Time) {
			return fail(head.line, "%changelog not in descending chronological order")
		}
		i++
		var text []string
		for blank := true; i < len(lines) && (blank || !strings.HasPrefix(lines[i].text, "*")); i++ {
			text = append(text, lines[i].text)
			blank = blank && trimSpace(lines[i].text) == ""
		}
		e.Text = trimSpace(strings.Join(text, "\n"))
		if e.Text == "" {
			return fail(head.line, "no description in %changelog")
		}
		out = append(out, e)
	}
}

var monthDays = [...]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// parseEntryHeader reads date and name.
func parseEntryHeader(s string) (t time.Time, name string, ok bool) {
	next := func() string {
		s = strings.TrimLeft(s, " \t\r\v\f")
		n := strings.IndexFunc(s, func(r rune) bool { return r < utf8.RuneSelf && isSpace(byte(r)) })
		if n < 0 {
			n = len(s)
		}
		word := s[:n]
		s = s[n:]
		return word
	}
	index := func(list, word string) int {
		if len(word) != 3 {
			return -1
		}
		i := strings.Index(list, word)
		if i%3 != 0 {
			return -1
		}
		return i / 3
	}
	if index("SunMonTueWedThuFriSat", next()) < 0 {
		return t, "", false
	}
	month := index("JanFebMarAprMayJunJulAugSepOctNovDec", next())
	if month < 0 {
		return t, "", false
	}
	day, ok := number(next())
	if !ok || day > monthDays[month] {
		return t, "", false
	}
	word := next()
	clock := [3]int{12, 0, 0}
	zone := time.UTC
	if len(word) > 2 && (word[1] == ':' || word[2] == ':') {
		parts := strings.Split(word, ":")
		if len(parts) != 3 {
			return t, "", false
		}
		for i, p := range parts {
			if clock[i], ok = number(p); !ok || clock[i] > [...]int{23, 59, 59}[i] {
				return t, "", false
			}
		}
		tz := next()
		if tz == "" || len(tz) > 8 {
			return t, "", false
		}
		zone = location(tz)
		word = next()
	}
	year, ok := number(word)
	if !ok || year < 1990 || year >= 3000 {
		return t, "", false
	}
	t = time.Date(year, time.Month(month+1), day, clock[0], clock[1], clock[2], 0, zone).UTC()
	return t, strings.TrimLeft(s, " \t\r\v\f"), true
}

func number(s string) (n int, ok bool) {
	if s == "" || len(s) > 6 || span(s, isDigit) != len(s) {
		return 0, false
	}
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n, true
}

// location gives the zones that the C library knows by abbreviation; it takes
// all others for UTC.
func location(name string) *time.Location {
	switch name {
	case "EST":
		return time.FixedZone(name, -5*3600)
	case "MST":
		return time.FixedZone(name, -7*3600)
	case "HST":
		return time.FixedZone(name, -10*3600)
	case "CET", "EET", "MET", "WET":
		if l, err := time.LoadLocation(name); err == nil {
			return l
		}
	}
	return time.UTC
}

// closeChangelog reads the collected lines.
func (e *evaluator) closeChangelog() {
	var marks strings.Builder
	lines := e.changelog
	for i, l := range lines {
		if marked(l.text) {
			marks.WriteString(onlyMarks(l.text))
		}
		tag := "changelogtext"
		if strings.HasPrefix(l.text, "*") {
			tag = "changelogname"
		}
		e.pkgs[0].texts = append(e.pkgs[0].texts, taggedText{tag, l.text})
		lines[i].text = e.plain(l.text)
	}
	// Expanded text may hold several lines.
	var split []changelogLine
	for _, l := range lines {
		for part := range strings.SplitSeq(l.text, "\n") {
			split = append(split, changelogLine{part, l.line})
		}
	}
	entries, _ := parseChangelog(split) // a fault ends the list, for rpm too
	log := &e.ev.Changelog
	log.List = entries
	log.Unknown = append(log.Unknown, e.why(marks.String())...)
}

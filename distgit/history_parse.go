// SPDX-License-Identifier: MIT

package distgit

import (
	"bytes"
	"strings"
	"time"
)

// fastLine is a line of a history file as [HistoryFile.Add] writes it, cut into its
// values. Anything else (another order, escapes, blanks) is left to
// encoding/json, which takes ten times as long.
type fastLine struct {
	repo, ref      []byte
	branch         []byte // both as they stand in the line, a key for them
	old, new, base objectName
	target         []byte
	at, notBefore  int64
	evidence       uint8
	forced         bool
	id, agent      []byte
}

func (f *fastLine) parse(line []byte) bool {
	*f = fastLine{notBefore: minTime, at: minTime}
	rest, ok := bytes.CutPrefix(line, []byte(`{"repo":`))
	if !ok {
		return false
	}
	start := rest
	if f.repo, rest, ok = quoted(rest); !ok {
		return false
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(`,"ref":`)); !ok {
		return false
	}
	if f.ref, rest, ok = quoted(rest); !ok {
		return false
	}
	f.branch = start[:len(start)-len(rest)]
	for {
		if len(rest) == 0 {
			return false
		}
		if rest[0] == '}' {
			return len(bytes.TrimSpace(rest[1:])) == 0 && f.at != minTime && (f.new.n == 0) != (len(f.target) == 0) && f.notBefore <= f.at
		}
		var key, val []byte
		if rest[0] != ',' {
			return false
		}
		if key, rest, ok = quoted(rest[1:]); !ok || len(rest) == 0 || rest[0] != ':' {
			return false
		}
		rest = rest[1:]
		if string(key) == "forced" {
			if rest, ok = bytes.CutPrefix(rest, []byte("true")); !ok {
				return false
			}
			f.forced = true
			continue
		}
		if val, rest, ok = quoted(rest); !ok || !f.set(string(key), val) {
			return false
		}
	}
}

func (f *fastLine) set(key string, val []byte) (ok bool) {
	ok = true
	switch key {
	case "old":
		f.old, ok = parseName(val)
	case "new":
		f.new, ok = parseName(val)
	case "base":
		f.base, ok = parseName(val)
	case "target":
		f.target = val
	case "id":
		f.id = val
	case "agent":
		f.agent = val
	case "at":
		f.at, ok = parseSecond(val)
	case "not_before":
		f.notBefore, ok = parseSecond(val)
	case "evidence":
		for i, n := range evidenceNames {
			if n == string(val) {
				f.evidence = uint8(i)
				return true
			}
		}
		return false
	default:
		return false
	}
	return ok
}

// addFast adds a line. What a branch is called is checked once; a line that
// has anything to check besides is left to [Observation.check].
func (h *History) addFast(f *fastLine, lines map[string]*timeline) bool {
	l := lines[string(f.branch)]
	if l == nil {
		o := Observation{Ref: string(f.ref), New: NoCommit, At: time.Unix(f.at, 0)}
		var err error
		if o.Repo, err = ParseRepo(string(f.repo)); err != nil || o.check() != nil || strings.HasPrefix(string(f.ref), "refs/heads/") {
			return false
		}
		l = h.line(lineKey{o.Repo, o.Ref})
		lines[string(f.branch)] = l
	}
	e := entry{
		at: f.at, notBefore: f.notBefore, target: h.word(f.target), agent: h.word(f.agent), evidence: f.evidence, forced: f.forced,
	}
	for _, x := range []struct {
		to   *uint32
		name *objectName
	}{{&e.old, &f.old}, {&e.new, &f.new}, {&e.base, &f.base}} {
		switch {
		case x.name.n == 0:
		case x.name.b == [32]byte{}: // of whatever length
			*x.to = hashNone
		default:
			*x.to = h.numberOf(*x.name)
		}
	}
	if l.add(e) {
		l.entries[l.latest].id = h.text(f.id)
		h.count++
	}
	return true
}

// quoted cuts a JSON string without escapes off the front.
func quoted(b []byte) (s, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, false
	}
	for i, c := range b[1:] {
		switch {
		case c == '"':
			return b[1 : 1+i], b[i+2:], true
		case c == '\\' || c < ' ' || c >= 0x80: // json replaces what is not UTF-8
			return nil, nil, false
		}
	}
	return nil, nil, false
}

// parseSecond reads 2006-01-02T15:04:05Z as seconds since 1970.
func parseSecond(b []byte) (int64, bool) {
	const form = "0000-00-00T00:00:00Z"
	if len(b) != len(form) {
		return 0, false
	}
	var n [6]int
	field := 0
	for i, c := range b {
		if form[i] != '0' {
			if c != form[i] {
				return 0, false
			}
			field++
			continue
		}
		if c < '0' || c > '9' {
			return 0, false
		}
		n[field] = n[field]*10 + int(c-'0')
	}
	if n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 28 && n[2] > daysIn(n[0], n[1]) || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return 0, false
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC).Unix(), true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

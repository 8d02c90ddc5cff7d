// SPDX-License-Identifier: MIT

package modulemd

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Query selects builds. Each field is a shell pattern (*, ?, [...]); an empty
// one matches everything, any other only builds that have the part at all.
type Query struct {
	Name    string
	Stream  string
	Version string // matched as decimal digits; a build without version has none
	Context string
	Arch    string
}

func (q Query) match(n NSVC) bool {
	version := ""
	if n.Version != 0 {
		version = strconv.FormatUint(n.Version, 10)
	}
	return matchPart(q.Name, n.Name) && matchPart(q.Stream, n.Stream) && matchPart(q.Version, version) &&
		matchPart(q.Context, n.Context) && matchPart(q.Arch, n.Arch)
}

func matchPart(pattern, s string) bool { return pattern == "" || s != "" && matchGlob(pattern, s) }

// Search returns the builds that q matches: modules by name, then streams as
// text, the highest version first, then contexts and arches.
func (x *Index) Search(q Query) []*Build {
	var out []*Build
	for b := range x.Builds() {
		if q.match(b.id) {
			out = append(out, b)
		}
	}
	slices.SortStableFunc(out, func(a, b *Build) int {
		return cmp.Or(cmp.Compare(a.id.Name, b.id.Name), cmp.Compare(a.id.Stream, b.id.Stream), cmp.Compare(b.id.Version, a.id.Version),
			cmp.Compare(a.id.Context, b.id.Context), cmp.Compare(a.id.Arch, b.id.Arch))
	})
	return out
}

// SearchNSVCA returns the builds whose [NSVC.NSVCA] text a shell pattern
// matches: modules by name, builds in order of arrival.
func (x *Index) SearchNSVCA(pattern string) []*Build {
	var out []*Build
	for b := range x.Builds() {
		if matchGlob(pattern, b.id.NSVCA()) {
			out = append(out, b)
		}
	}
	return out
}

// SearchRPMs returns the streams that have an artifact which a shell pattern
// matches, such as bash-0:*.x86_64: modules by name, streams in order of
// arrival. The error is that of streams in a lazy index.
func (x *Index) SearchRPMs(pattern string) ([]*Stream, error) {
	return x.streamsWith(func(s *Stream) bool {
		return slices.ContainsFunc(s.Artifacts, func(a string) bool { return matchGlob(pattern, a) })
	})
}

// Containing returns the streams that have a source package as component:
// those to rebuild after it. Order and error are those of [Index.SearchRPMs].
func (x *Index) Containing(component string) ([]*Stream, error) {
	return x.streamsWith(func(s *Stream) bool { return s.Contains(component) })
}

func (x *Index) streamsWith(match func(*Stream) bool) ([]*Stream, error) {
	var out []*Stream
	var errs Failures
	for s, err := range x.Streams() {
		if f, ok := err.(Failures); ok {
			errs = append(errs, f...)
			continue
		}
		if match(s) {
			out = append(out, s)
		}
	}
	return out, errs.err()
}

// DefaultStreams returns the default stream of every module that has one, for
// an intent, "" being the general case.
func (x *Index) DefaultStreams(intent string) map[string]string {
	out := map[string]string{}
	for name, m := range x.modules {
		if s, ok := m.DefaultStream(intent); ok {
			out[name] = s
		}
	}
	return out
}

// matchGlob reports whether the shell pattern matches all of s, as fnmatch
// does without flags. It takes time in proportion to the product of the
// lengths at worst.
func matchGlob(pattern, s string) bool {
	p, i := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		if p < len(pattern) {
			if pattern[p] == '*' {
				star, mark = p, i
				p++
				continue
			}
			if width, next, ok := matchOne(pattern[p:], s[i:]); ok {
				p, i = p+next, i+width
				continue
			}
		}
		if star < 0 {
			return false
		}
		_, n := utf8.DecodeRuneInString(s[mark:])
		mark += n
		p, i = star+1, mark
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchOne matches the first character of s with the first element of the
// pattern and returns the lengths of both.
func matchOne(pattern, s string) (width, next int, ok bool) {
	r, width := utf8.DecodeRuneInString(s)
	switch pattern[0] {
	case '?':
		return width, 1, true
	case '[':
		if next, in, ok := matchBracket(pattern, r); ok {
			return width, next, in
		}
	case '\\':
		if len(pattern) > 1 {
			pattern = pattern[1:]
			next = 1
		}
	}
	w, n := utf8.DecodeRuneInString(pattern)
	return width, next + n, w == r && strings.HasPrefix(s, pattern[:n])
}

// matchBracket matches a set such as [a-c] or [!x]. It is no set when it is
// not closed.
func matchBracket(pattern string, r rune) (next int, in, ok bool) {
	i, negated := 1, false
	if i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^') {
		negated = true
		i++
	}
	for first := true; i < len(pattern); first = false {
		if pattern[i] == ']' && !first {
			return i + 1, in != negated, true
		}
		lo, n := bracketRune(pattern[i:])
		i += n
		hi := lo
		if i+1 < len(pattern) && pattern[i] == '-' && pattern[i+1] != ']' {
			hi, n = bracketRune(pattern[i+1:])
			i += 1 + n
		}
		in = in || lo <= r && r <= hi
	}
	return 0, false, false
}

func bracketRune(s string) (rune, int) {
	if s[0] == '\\' && len(s) > 1 {
		r, n := utf8.DecodeRuneInString(s[1:])
		return r, n + 1
	}
	return utf8.DecodeRuneInString(s)
}

// SPDX-License-Identifier: MIT

package distgit

import (
	"fmt"
	"strings"
)

// Entries returns the archives in file order, repetitions included.
func (s *Sources) Entries() []SourceEntry {
	var out []SourceEntry
	for _, l := range s.lines {
		if l.ok {
			out = append(out, l.entry)
		}
	}
	return out
}

// Entry returns the entry of a file; ok is false when there is none.
func (s *Sources) Entry(file string) (e SourceEntry, ok bool) {
	for _, l := range s.lines {
		if l.ok && l.entry.File == file {
			return l.entry, true
		}
	}
	return e, false
}

// Bytes returns the file: for unedited Sources exactly what was parsed.
func (s *Sources) Bytes() []byte {
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(l.raw)
	}
	return []byte(b.String())
}

// Rewritten returns the file as packaging tools write it: every entry as
// "TYPE (file) = hash", everything else gone.
func (s *Sources) Rewritten() []byte {
	var b strings.Builder
	for _, e := range s.Entries() {
		b.WriteString(e.String() + "\n")
	}
	return []byte(b.String())
}

// Set adds entries, each in the place of one for the same file or at the end.
// Lines that already say so stay as they are; others don't change. It refuses
// invalid entries ([ErrInvalid]) and, like the packaging tools, a second hash
// type in one file ([ErrConflict]); nothing is changed then. To change the
// type, use [Sources.Replace].
func (s *Sources) Set(entries ...SourceEntry) error {
	replaced := map[string]bool{}
	for _, e := range entries {
		if err := e.Valid(); err != nil {
			return &Error{Op: "set source", Msg: strings.TrimPrefix(err.Error(), ErrInvalid.Error()+": "), Err: ErrInvalid}
		}
		replaced[e.File] = true
	}
	kind := ""
	for _, e := range s.Entries() {
		if !replaced[e.File] {
			kind = e.HashType
			break
		}
	}
	for _, e := range entries {
		if kind == "" {
			kind = e.HashType
		}
		if e.HashType != kind {
			return &Error{Op: "set source", Msg: fmt.Sprintf("%s is %s where others are %s", e.File, e.HashType, kind), Err: ErrConflict}
		}
	}
	for _, e := range entries {
		s.set(e)
	}
	return nil
}

func (s *Sources) set(e SourceEntry) {
	e.Hash = strings.ToLower(e.Hash)
	for i := range s.lines {
		l := &s.lines[i]
		if !l.ok || l.entry.File != e.File {
			continue
		}
		if !sameContent(l.entry, e) {
			end := l.raw[len(strings.TrimRight(l.raw, "\r\n")):]
			l.raw, l.entry = e.String()+end, e
		}
		return
	}
	end := "\n"
	if n := len(s.lines); n > 0 {
		last := &s.lines[n-1]
		switch {
		case strings.HasSuffix(last.raw, "\r\n"):
			end = "\r\n"
		case !strings.HasSuffix(last.raw, "\n"):
			if n > 1 && strings.HasSuffix(s.lines[n-2].raw, "\r\n") {
				end = "\r\n"
			}
			last.raw += end
		}
	}
	s.lines = append(s.lines, sourcesLine{raw: e.String() + end, entry: e, ok: true})
}

// Replace writes the file from scratch, as new-sources does. The error wraps
// [ErrInvalid], or [ErrConflict] for two entries of one file; nothing is
// changed then.
func (s *Sources) Replace(entries ...SourceEntry) error {
	seen := map[string]SourceEntry{}
	for _, e := range entries {
		if err := e.Valid(); err != nil {
			return &Error{Op: "replace sources", Msg: strings.TrimPrefix(err.Error(), ErrInvalid.Error()+": "), Err: ErrInvalid}
		}
		if o, ok := seen[e.File]; ok && !sameContent(o, e) {
			return &Error{Op: "replace sources", Msg: e.File + " has two hashes", Err: ErrConflict}
		}
		seen[e.File] = e
	}
	s.lines = nil
	for _, e := range entries {
		s.set(e)
	}
	return nil
}

// Remove takes a file's lines out and reports whether there were any.
func (s *Sources) Remove(file string) bool {
	kept := s.lines[:0:0]
	for _, l := range s.lines {
		if !l.ok || l.entry.File != file {
			kept = append(kept, l)
		}
	}
	found := len(kept) < len(s.lines)
	s.lines = kept
	return found
}

// IgnoreArchives returns a .gitignore with a line "/file" for each archive that
// no line matches yet. Other lines stay as they are.
func IgnoreArchives(gitignore []byte, files ...string) []byte {
	lines := splitLines(string(gitignore))
	end := "\n"
	if len(lines) > 0 && strings.HasSuffix(lines[0], "\r\n") {
		end = "\r\n"
	}
	for _, f := range files {
		ignored := false
		for _, l := range lines {
			l = strings.TrimPrefix(strings.TrimRight(l, " \t\r\n"), "/")
			if l != "" && l[0] != '#' && matchName(l, f) {
				ignored = true
				break
			}
		}
		if ignored {
			continue
		}
		if n := len(lines); n > 0 && !strings.HasSuffix(lines[n-1], "\n") {
			lines[n-1] += end
		}
		lines = append(lines, "/"+f+end)
	}
	return []byte(strings.Join(lines, ""))
}

// matchName matches a shell pattern against a whole name: ?, * and [].
func matchName(pattern, name string) bool {
	// Greedy with one way back: linear for patterns without many stars.
	star, mark := -1, 0
	p, n := 0, 0
	for n < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			star, mark = p, n
			p++
			continue
		}
		if size, ok := matchOne(pattern[p:], name[n]); ok {
			p += size
			n++
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		p, n = star+1, mark
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchOne matches the first element of a pattern against one byte.
func matchOne(pattern string, c byte) (size int, ok bool) {
	if pattern == "" {
		return 0, false
	}
	switch pattern[0] {
	case '?':
		return 1, true
	case '[':
		end := strings.IndexByte(pattern[1:], ']')
		if end <= 0 {
			break
		}
		set := pattern[1 : end+1]
		negate := set[0] == '!'
		set = strings.TrimPrefix(set, "!")
		in := false
		for i := 0; i < len(set); i++ {
			if i+2 < len(set) && set[i+1] == '-' {
				in = in || set[i] <= c && c <= set[i+2]
				i += 2
			} else {
				in = in || set[i] == c
			}
		}
		return end + 2, in != negate
	}
	return 1, pattern[0] == c
}

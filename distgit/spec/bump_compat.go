// SPDX-License-Identifier: MIT

package spec

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// The patterns by which rpmdev-bumpspec finds its lines. They know nothing of
// the structure of a spec file.
var (
	compatMacro = regexp.MustCompile(`^%(?:define|global)[\s\v]+(?i:release|baserelease)[\s\v]+([0-9]+.*)`)
	compatTag   = []*regexp.Regexp{
		regexp.MustCompile(`^(?i:release)[\s\v\x{a0}]*:[\s\v\x{a0}]*([0-9]+.*)`),
		regexp.MustCompile(`^(?i:release)[\s\v\x{a0}]*:[\s\v\x{a0}]+%(?i:release_func)[\s\v]+([0-9]+.*)`),
	}
	autoreleaseUse   = regexp.MustCompile(`%(?:autorelease(?:\s|$)|\{\??autorelease(?:\s+[^}]*)?\})`)
	autochangelogUse = regexp.MustCompile(`^\s*%(?:autochangelog|\{\??autochangelog\})\s*$`)
	autoreleaseOwn   = regexp.MustCompile(`^\s*%define\s+autorelease\(`)
)

// bumpCompat is rpmdev-bumpspec 1.0.13: a line editor.
func bumpCompat(data []byte, opts BumpOptions) (BumpResult, error) {
	if !utf8.Valid(data) {
		return BumpResult{}, &Error{File: opts.File, Line: invalidLine(data), Err: ErrNotBumpable, Msg: "not UTF-8"}
	}
	text := strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\r", "\n")
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	r := BumpResult{Data: data}
	if !opts.NoAutorelease {
		r.Autorelease, r.Autochangelog = usesAutospec(lines)
	}
	write := false
	switch {
	case opts.Version != "":
		write = compatVersion(lines, &opts, !r.Autorelease)
	case r.Autorelease && r.Autochangelog:
	case !r.Autorelease:
		if !compatRelease(lines, opts.suffix()) {
			return BumpResult{}, &Error{File: opts.File, Err: ErrNoRelease, Msg: "no line with a release was found"}
		}
		write = true
	}
	header := -1
	for i, line := range lines {
		if changelogHeader(line) {
			header = i
			break
		}
	}
	switch {
	case r.Autochangelog:
	case header < 0:
		r.Notes = append(r.Notes, "no %changelog, no entry written")
	default:
		evr := entryEVR([]byte(strings.Join(lines, "")), &opts)
		if !evr.same {
			r.Differences = append(r.Differences, DifferentEntry)
			r.Notes = append(r.Notes, "version and release for the changelog entry are known to rpm alone")
		}
		r.Entry = changelogEntry(opts.Date, opts.Author, evr.literal.String(), opts.comment())
		lines[header] += r.Entry
		write = true
	}
	if write {
		r.Data = []byte(strings.Join(lines, ""))
	}
	r.Changed = string(r.Data) != string(data)
	r.verify(data, &opts)
	return r, nil
}

func invalidLine(data []byte) int {
	line := 1
	for len(data) > 0 {
		c, n := utf8.DecodeRune(data)
		if c == utf8.RuneError && n == 1 {
			break
		}
		if c == '\n' {
			line++
		}
		data = data[n:]
	}
	return line
}

// usesAutospec finds %autorelease and %autochangelog as rpmautospec does: any
// mention counts, in comments too.
func usesAutospec(lines []string) (release, changelog bool) {
	inChangelog := false
	for _, line := range lines {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case autoreleaseOwn.MatchString(line):
			return false, false
		case changelogHeader(line):
			inChangelog = true
		case autochangelogUse.MatchString(line):
			changelog = true
		case !inChangelog && autoreleaseUse.MatchString(line):
			release = true
		}
	}
	return release, changelog
}

// compatRelease bumps every line it takes for a release, up to and including
// the first macro definition.
func compatRelease(lines []string, suffix *string) (bumped bool) {
	for i, line := range lines {
		if line == "" || strings.IndexByte("rR%", line[0]) < 0 || strings.Contains(line, "$Revision:") {
			continue
		}
		if new, ok := compatReplace(compatMacro, line, suffix); ok {
			lines[i] = new
			return true
		}
		if new, ok := compatReplace(compatTag[0], line, suffix); ok {
			lines[i], bumped = new, true
		} else if new, ok := compatReplace(compatTag[1], line, suffix); ok {
			lines[i], bumped = new, true
		} else if hasFold(line, "release:") {
			old := trimRight(line[len("release:"):])
			if new := bumpTrailing(old, deref(suffix)); old != new {
				lines[i], bumped = strings.ReplaceAll(line, old, new), true
			}
		}
	}
	return bumped
}

func compatReplace(re *regexp.Regexp, line string, suffix *string) (string, bool) {
	m := re.FindStringSubmatchIndex(line)
	if m == nil {
		return line, false
	}
	return line[:m[2]] + bumpValue(line[m[2]:m[3]], suffix) + line[m[3]:], true
}

// compatVersion sets the last word of every line that looks like a version or
// release.
func compatVersion(lines []string, opts *BumpOptions, release bool) (changed bool) {
	for i, line := range lines {
		switch {
		case hasFold(line, "version:"):
			lines[i] = replaceLastWord(trimRight(line), ": \t", opts.Version) + "\n"
		case release && hasFold(line, "release:"):
			head, rest, _ := strings.Cut(trimRight(line), ":")
			rest, _, _ = strings.Cut(rest, ":")
			lines[i] = head + ":" + replaceLastWord(rest, " \t", opts.release()) + "\n"
		}
		changed = changed || lines[i] != line
	}
	return changed
}

func replaceLastWord(s, separators, word string) string {
	return s[:strings.LastIndexAny(s, separators)+1] + word
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

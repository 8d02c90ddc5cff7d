// SPDX-License-Identifier: MIT

package spec

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Difference names a departure of BumpSmart from rpmdev-bumpspec 1.0.13.
type Difference string

// The departures, each with what the reference tool would have done.
const (
	// DifferentLineEnds: the tool turns every CR LF of the file into LF.
	DifferentLineEnds Difference = "line ends kept"
	// DifferentEncoding: the tool refuses files that are not UTF-8.
	DifferentEncoding Difference = "encoding kept"
	// DifferentMacro: the tool appends ".1" to a release that is a macro it
	// does not know; here the definition of the macro is increased.
	DifferentMacro Difference = "macro followed"
	// DifferentUnused: the tool increases the first %global release or
	// baserelease it sees, used or not, and stops there.
	DifferentUnused Difference = "unused macro left"
	// DifferentLate: the tool increases a macro that is defined below the
	// Release tag, as well as the tag, which does not see it.
	DifferentLate Difference = "late macro left"
	// DifferentBranches: the tool increases one definition of several in a
	// conditional, whose other branches then keep their release.
	DifferentBranches Difference = "all branches bumped"
	// DifferentText: the tool edits text that looks like a tag in
	// descriptions and scripts.
	DifferentText Difference = "text left"
	// DifferentTag: the tool does not see the tag as it is spelled, or
	// replaces only its last word.
	DifferentTag Difference = "tag seen"
	// DifferentSubpackage: with a new version, the tool sets it for
	// sub-packages with a version of their own too.
	DifferentSubpackage Difference = "sub-package version left"
	// DifferentEntry: the tool's changelog entry would be glued to
	// %changelog at the end of a file, or carry a wrong version or none.
	DifferentEntry Difference = "changelog entry"
	// DifferentAutorelease: the tool sees %autorelease in comments, or misses
	// it where rpmautospec is not installed.
	DifferentAutorelease Difference = "autorelease detection"
)

// compare names what the reference tool would have done otherwise.
func (b *bumper) compare(data []byte) {
	if !utf8.Valid(data) {
		b.differ(DifferentEncoding)
		return
	}
	if strings.Contains(string(data), "\r") && b.result.Changed {
		b.differ(DifferentLineEnds)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\r", "\n")
	lines := strings.SplitAfter(text, "\n")
	auto, autolog := usesAutospec(lines)
	hasLog := slices.ContainsFunc(b.spec.Sections, func(s Section) bool { return s.Name == "changelog" })
	if auto != b.result.Autorelease || hasLog && autolog != b.result.Autochangelog {
		b.differ(DifferentAutorelease)
		return
	}
	before := slices.Clone(lines)
	switch {
	case b.opts.Version != "":
		compatVersion(lines, b.opts, !auto)
	case !auto:
		compatRelease(lines, b.opts.suffix())
	}
	touched := map[int]bool{} // lines that the tool changes
	for i := range lines {
		if lines[i] != before[i] {
			touched[i+1] = true
		}
	}
	for i := range b.spec.Items {
		it := &b.spec.Items[i]
		n := 1 + strings.Count(strings.TrimSuffix(it.Raw, "\n"), "\n")
		changed := b.done[i]
		theirs := false
		for l := it.Pos.Line; l < it.Pos.Line+n; l++ {
			theirs = theirs || touched[l]
		}
		switch {
		case changed == theirs && (!changed || strings.TrimRight(it.Raw, "\r\n") == strings.TrimRight(lines[it.Pos.Line-1], "\n")):
		case changed && it.Kind == KindMacro && !theirs:
			if len(b.definitions(it.Macro.Name, len(b.spec.Items))) > 1 {
				b.differ(DifferentBranches)
			}
			b.differ(DifferentMacro)
		case changed:
			b.differ(DifferentTag)
		case it.Kind == KindMacro:
			b.differ(DifferentUnused)
		case it.Kind == KindTag && it.Section != 0:
			b.differ(DifferentSubpackage)
		case it.Kind == KindTag:
			b.differ(DifferentMacro)
		default:
			b.differ(DifferentText)
		}
	}
}

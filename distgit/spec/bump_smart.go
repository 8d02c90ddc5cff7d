// SPDX-License-Identifier: MIT

package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// counters are the macro names that by custom hold nothing but a release.
var counters = []string{
	"release", "baserelease", "base_release", "rel", "pkgrel", "pkgrelease", "pkg_release",
	"rpmrel", "rpmrelease", "rpm_release", "specrel", "specrelease", "spec_release", "mainrelease", "main_release",
}

var (
	leadingMacro = regexp.MustCompile(`^(0\.)?%(?:\{\??([A-Za-z_][A-Za-z0-9_]*)\}|\??([A-Za-z_][A-Za-z0-9_]*))`)
	releaseFunc  = regexp.MustCompile(`^%(?i:release_func)[ \t]+([0-9])`)
)

// bumper edits a parsed spec. Edits replace the Raw text of items.
type bumper struct {
	spec   *Spec
	opts   *BumpOptions
	result BumpResult
	done   map[int]bool     // items that are already edited
	byName map[string][]int // definitions, see definitions
	only   map[string]bool  // cache of releaseOnly
}

func bumpSmart(data []byte, opts BumpOptions) (BumpResult, error) {
	s, err := Parse(opts.File, data)
	if err != nil {
		return BumpResult{}, err
	}
	b := bumper{spec: s, opts: &opts, result: BumpResult{Data: data}, done: map[int]bool{}}
	if err := b.processed(); err != nil {
		return BumpResult{}, err
	}
	releases, err := b.releases()
	if err != nil {
		return BumpResult{}, err
	}
	edit := b.increase
	if opts.Version != "" {
		edit = b.reset
		if err := b.setVersion(); err != nil {
			return BumpResult{}, err
		}
	}
	for _, i := range releases {
		if err := edit(i); err != nil {
			return BumpResult{}, err
		}
	}
	b.entry()
	r := &b.result
	r.Data = s.Bytes()
	r.Changed = string(r.Data) != string(data)
	b.compare(data)
	r.verify(data, &opts)
	if r.Before != (EVR{}) && r.After != (EVR{}) && !r.Autorelease && !r.Verified {
		return BumpResult{}, &Error{File: opts.File, Line: s.Items[releases[0]].Pos.Line, Err: ErrNotIncreased,
			Msg: fmt.Sprintf("%v before, %v after", r.Before, r.After)}
	}
	return *r, nil
}

func (b *bumper) processed() error {
	for _, it := range b.spec.Items {
		if it.Kind == KindComment && strings.HasPrefix(it.Raw, "## START: Set by rpmautospec") {
			return &Error{File: b.opts.File, Line: it.Pos.Line, Err: ErrProcessed}
		}
	}
	return nil
}

// releases returns the Release tags to bump, of the main package and of
// sub-packages with a release of their own, and notes those that are counted
// by rpmautospec.
func (b *bumper) releases() ([]int, error) {
	var out []int
	var revision *Item
	for i := range b.spec.Items {
		it := &b.spec.Items[i]
		if it.Kind != KindTag || !strings.EqualFold(it.Tag.Name, "release") {
			continue
		}
		if strings.Contains(it.Raw, "$Revision:") {
			revision = it
			continue
		}
		if len(out) <= maxDefinitions && b.autorelease(it.Tag.Value, i, map[int]bool{}) {
			b.result.Autorelease = true
			continue
		}
		out = append(out, i)
	}
	if len(out) > maxDefinitions {
		return nil, &Error{File: b.opts.File, Line: b.spec.Items[out[maxDefinitions]].Pos.Line, Err: ErrNotBumpable, Msg: "too many Release tags"}
	}
	if len(out) > 0 || b.result.Autorelease {
		return out, nil
	}
	if revision != nil {
		return nil, &Error{File: b.opts.File, Line: revision.Pos.Line, Err: ErrNotBumpable, Msg: "the release is a $Revision: keyword"}
	}
	return nil, &Error{File: b.opts.File, Err: ErrNoRelease, Msg: "no Release tag in any preamble"}
}

// autorelease reports whether a value uses %autorelease, itself or through
// macros that are defined before item at.
func (b *bumper) autorelease(value string, at int, seen map[int]bool) bool {
	if autoreleaseUse.MatchString(value) {
		return true
	}
	m := leadingMacro.FindStringSubmatch(value)
	if m == nil {
		return false
	}
	for _, d := range b.definitions(m[2]+m[3], at) {
		if seen[d] {
			continue
		}
		seen[d] = true
		if b.autorelease(b.spec.Items[d].Macro.Body, d, seen) {
			return true
		}
	}
	return false
}

// maxDefinitions is how many branches a release counter is followed into.
const maxDefinitions = 64

// definitions returns the items before at that define the macro; none when
// there are too many to be a release counter.
func (b *bumper) definitions(name string, at int) []int {
	if b.byName == nil {
		b.byName = map[string][]int{}
		for i := range b.spec.Items {
			if m := b.spec.Items[i].Macro; m != nil && !m.HasParams && (m.Keyword == "define" || m.Keyword == "global") {
				b.byName[m.Name] = append(b.byName[m.Name], i)
			}
		}
	}
	defs := b.byName[name]
	if len(defs) > maxDefinitions {
		return nil
	}
	n, _ := slices.BinarySearch(defs, at)
	return defs[:n]
}

func (b *bumper) differ(d Difference) {
	if !slices.Contains(b.result.Differences, d) {
		b.result.Differences = append(b.result.Differences, d)
	}
}

// splice replaces the part of an item that begins at pos and ends with the
// item's last line, line end excluded.
func (b *bumper) splice(i int, pos Pos, edit func(string) string) {
	it := &b.spec.Items[i]
	at := pos.Offset - it.Pos.Offset
	end := len(strings.TrimRight(it.Raw, "\r\n"))
	old := it.Raw
	it.Raw = old[:at] + edit(old[at:end]) + old[end:]
	b.done[i] = it.Raw != old
}

// increase bumps one Release tag, or the macros that it goes by.
func (b *bumper) increase(i int) error {
	tag := b.spec.Items[i].Tag
	suffix := b.opts.suffix()
	if m := releaseFunc.FindStringSubmatchIndex(tag.Value); m != nil {
		at := tag.ValuePos
		at.Offset += m[2]
		b.splice(i, at, func(v string) string { return bumpValue(v, suffix) })
		return nil
	}
	if defs, ok := b.follow(tag.Value, i, "", map[int]bool{}); ok {
		for _, d := range defs {
			if !b.done[d] {
				b.spliceMacro(d, func(v string) string { return bumpValue(v, suffix) })
			}
		}
		return nil
	}
	if suffix == nil {
		for _, dynamic := range []string{"%(", "%{lua:", "%["} {
			if strings.HasPrefix(strings.TrimPrefix(tag.Value, "0."), dynamic) {
				return &Error{File: b.opts.File, Line: tag.ValuePos.Line, Err: ErrNotBumpable,
					Msg: fmt.Sprintf("the release %s is computed; a minor bump would append to it", tag.Value)}
			}
		}
	}
	if tag.Value != "" && isDigit(tag.Value[0]) {
		b.splice(i, tag.ValuePos, func(v string) string { return bumpValue(v, suffix) })
		return nil
	}
	if tag.Value == "" {
		return &Error{File: b.opts.File, Line: tag.ValuePos.Line, Err: ErrNotBumpable, Msg: "the release is empty"}
	}
	b.splice(i, tag.ValuePos, func(v string) string { return bumpTrailing(v, deref(suffix)) })
	return nil
}

// spliceMacro edits the body of a definition, leaving the braces around
// %{!?x:%global x 1} alone.
func (b *bumper) spliceMacro(i int, edit func(string) string) {
	m := b.spec.Items[i].Macro
	b.splice(i, m.BodyPos, func(v string) string { return edit(v[:len(m.Body)]) + v[len(m.Body):] })
}

// follow returns the definitions whose values begin the release: all of them,
// one for each branch of a conditional. ok is false when the release does not
// begin with a macro, or with one that is more than a release counter. The
// value is that of the macro via, or of a tag.
func (b *bumper) follow(value string, at int, via string, seen map[int]bool) (out []int, ok bool) {
	m := leadingMacro.FindStringSubmatch(value)
	if m == nil || len(seen) > maxDefinitions {
		return nil, false
	}
	name := m[2] + m[3]
	defs := b.definitions(name, at)
	if len(defs) == 0 {
		if len(b.definitions(name, len(b.spec.Items))) > 0 {
			b.differ(DifferentLate)
		}
		return nil, false
	}
	if !slices.Contains(counters, strings.ToLower(name)) && !b.releaseOnly(name, via) {
		return nil, false
	}
	for _, d := range defs {
		if seen[d] {
			continue // its part is in already
		}
		seen[d] = true
		item := &b.spec.Items[d]
		if b.opts.suffix() != nil && !compatMacro.MatchString(item.Raw) {
			return nil, false // a minor bump belongs at the end of the tag
		}
		if body := item.Macro.Body; body == "" || !isDigit(body[0]) {
			deeper, ok := b.follow(body, d, name, seen)
			if !ok {
				return nil, false
			}
			out = append(out, deeper...)
			continue
		} else if span(body, isDigit) > 5 { // a date or a revision of the source
			return nil, false
		}
		out = append(out, d)
	}
	return out, true
}

// releaseOnly reports whether nothing but Release tags, the macro via and the
// changelog use the macro, so that changing it changes the release alone.
func (b *bumper) releaseOnly(name, via string) bool {
	key := name + " " + via
	if only, ok := b.only[key]; ok {
		return only
	}
	if b.only == nil {
		b.only = map[string]bool{}
	}
	b.only[key] = b.unusedElsewhere(name, via)
	return b.only[key]
}

func (b *bumper) unusedElsewhere(name, via string) bool {
	for i := range b.spec.Items {
		it := &b.spec.Items[i]
		if it.Kind == KindMacro && (it.Macro.Name == name || it.Macro.Name == via) || it.Kind == KindComment || b.spec.Sections[it.Section].Name == "changelog" {
			continue
		}
		if it.Kind == KindTag && strings.EqualFold(it.Tag.Name, "release") {
			continue
		}
		if mentions(it.Raw, name) {
			return false
		}
	}
	return true
}

// mentions reports whether a macro of that name is used in the text.
func mentions(text, name string) bool {
	for i := strings.Index(text, name); i >= 0; {
		before := strings.TrimRight(text[:i], "?!{-")
		after := text[i+len(name):]
		if strings.HasSuffix(before, "%") && (after == "" || !isAlnum(after[0]) && after[0] != '_') {
			return true
		}
		next := strings.Index(text[i+1:], name)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// reset gives a Release tag of the main package the release that goes with a
// new version.
func (b *bumper) reset(i int) error {
	it := &b.spec.Items[i]
	if it.Section != 0 {
		b.differ(DifferentSubpackage)
		return b.increase(i)
	}
	b.splice(i, it.Tag.ValuePos, func(string) string { return b.opts.release() })
	return nil
}

// setVersion replaces the value of the main package's Version tags.
func (b *bumper) setVersion() error {
	found := false
	for i := range b.spec.Items {
		it := &b.spec.Items[i]
		if it.Kind != KindTag || !strings.EqualFold(it.Tag.Name, "version") {
			continue
		}
		if it.Section != 0 {
			b.differ(DifferentSubpackage)
			continue
		}
		found = true
		b.splice(i, it.Tag.ValuePos, func(string) string { return b.opts.Version })
	}
	if !found {
		return &Error{File: b.opts.File, Err: ErrNotBumpable, Msg: "no Version tag in the main preamble"}
	}
	return nil
}

// changelog returns the index of the section that takes the entry: the first
// %changelog with entries, since rpm refuses another one after it, or else the
// first. It is -1 when there is none.
func (b *bumper) changelog() int {
	first := -1
	for i, s := range b.spec.Sections {
		if s.Name != "changelog" {
			continue
		}
		if slices.ContainsFunc(b.spec.Items[s.First+1:s.Last], func(it Item) bool { return it.Kind != KindBlank && it.Kind != KindComment }) {
			if first >= 0 {
				b.differ(DifferentEntry)
			}
			return i
		}
		if first < 0 {
			first = i
		}
	}
	return first
}

// entry adds the changelog entry below %changelog.
func (b *bumper) entry() {
	at := b.changelog()
	if at < 0 {
		b.result.Notes = append(b.result.Notes, "no %changelog, no entry written")
		return
	}
	section := b.spec.Sections[at]
	for _, it := range b.spec.Items[section.First+1 : section.Last] {
		if autochangelogUse.MatchString(strings.TrimRight(it.Raw, "\r\n")) {
			b.result.Autochangelog = true
			return
		}
	}
	evr := entryEVR(b.spec.Bytes(), b.opts)
	if !evr.same || evr.literal != evr.evr {
		b.differ(DifferentEntry)
	}
	if !evr.known {
		b.result.Notes = append(b.result.Notes, "version and release for the changelog entry are known to rpm alone")
	}
	comment := strings.ReplaceAll(b.opts.comment(), "%", "%%")
	b.result.Entry = changelogEntry(b.opts.Date, b.opts.Author, evr.evr.String(), comment)
	header := &b.spec.Items[section.First]
	end := "\n"
	switch {
	case strings.HasSuffix(header.Raw, "\r\n"):
		end = "\r\n"
	case !strings.HasSuffix(header.Raw, "\n"):
		if section.First > 0 && strings.HasSuffix(b.spec.Items[section.First-1].Raw, "\r\n") {
			end = "\r\n"
		}
		header.Raw += end
		b.differ(DifferentEntry)
	}
	b.result.Entry = strings.ReplaceAll(strings.ReplaceAll(b.result.Entry, "\r\n", "\n"), "\n", end)
	header.Raw += b.result.Entry
}

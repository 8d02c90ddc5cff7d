// SPDX-License-Identifier: MIT

package spec

import (
	"fmt"
	"strings"
)

// tagForm says what may stand between a tag's name and its colon.
type tagForm int

const (
	formPlain tagForm = iota
	formLanguage
	formQualifier
	formNumber
)

// tags are rpm's preamble tags, in its order: where one is the beginning of
// another, the longer comes first.
var tags = []struct {
	name  string
	form  tagForm
	macro bool // its value becomes a macro
}{
	{"name", formPlain, true}, {"version", formPlain, true}, {"release", formPlain, true}, {"epoch", formPlain, true},
	{"summary", formLanguage, true}, {"license", formPlain, true}, {"sourcelicense", formPlain, true},
	{"distribution", formPlain, true}, {"disturl", formPlain, true}, {"vendor", formPlain, true},
	{"group", formLanguage, true}, {"packager", formPlain, true}, {"url", formPlain, true}, {"vcs", formPlain, true},
	{"source", formNumber, false}, {"patch", formNumber, false}, {"nosource", formPlain, false}, {"nopatch", formPlain, false},
	{"excludearch", formPlain, false}, {"exclusivearch", formPlain, false}, {"excludeos", formPlain, false}, {"exclusiveos", formPlain, false},
	{"icon", formPlain, false}, {"provides", formPlain, false}, {"requires", formQualifier, false}, {"recommends", formPlain, false},
	{"suggests", formPlain, false}, {"supplements", formPlain, false}, {"enhances", formPlain, false}, {"prereq", formQualifier, false},
	{"conflicts", formPlain, false}, {"obsoletes", formPlain, false}, {"prefixes", formPlain, true}, {"prefix", formPlain, true},
	{"buildroot", formPlain, false}, {"buildarchitectures", formPlain, false}, {"buildarch", formPlain, false},
	{"buildconflicts", formPlain, false}, {"buildprereq", formPlain, false}, {"buildrequires", formPlain, false},
	{"autoreqprov", formPlain, false}, {"autoreq", formPlain, false}, {"autoprov", formPlain, false}, {"docdir", formPlain, false},
	{"disttag", formPlain, true}, {"bugurl", formPlain, true}, {"translationurl", formPlain, true}, {"upstreamreleases", formPlain, true},
	{"orderwithrequires", formQualifier, false}, {"removepathpostfixes", formPlain, true}, {"modularitylabel", formPlain, true},
}

// splitTag reads "name(qualifier): value" as rpm does; ok is false for a line
// that is no tag.
func splitTag(line string) (name, qualifier, value string, macro, ok bool) {
	for _, t := range tags {
		if !hasFold(line, t.name) {
			continue
		}
		rest := line[len(t.name):]
		s := strings.TrimLeft(rest, " \t\r\v\f")
		switch {
		case t.form == formNumber:
		case strings.HasPrefix(s, ":"):
		case t.form == formPlain || !strings.HasPrefix(s, "("):
			return "", "", "", false, false
		default:
			end := strings.IndexByte(s, ')')
			if end < 0 || !strings.HasPrefix(strings.TrimLeft(s[end+1:], " \t"), ":") {
				return "", "", "", false, false
			}
			qualifier = trimSpace(s[1:end])
			if t.form == formLanguage && strings.ContainsAny(qualifier, " \t") {
				return "", "", "", false, false
			}
		}
		_, value, ok = strings.Cut(line, ":")
		if t.form == formNumber {
			qualifier, _, _ = strings.Cut(rest, ":")
		}
		return t.name, qualifier, trimSpace(value), t.macro, ok
	}
	return "", "", "", false, false
}

// tagLine reads one line of a preamble.
func (e *evaluator) tagLine(p *pkg, line string) {
	line = strings.TrimRight(line, " \t\r\n\v\f")
	trimmed := trimSpace(line)
	if trimmed == "" || trimmed[0] == '#' {
		return
	}
	name, qualifier, value, macro, ok := splitTag(line)
	if !ok {
		switch head, _, _ := strings.Cut(trimmed, ":"); {
		case trimmed[0] == mark || marked(head):
			e.opaqueLine(p, line)
			for _, r := range e.why(line) {
				if r.Kind == ReasonUndefined { // met before rpm began anew
					e.refuse(line)
				}
			}
		case undefinedIn(trimmed) != "" && trimmed[0] == '%':
			e.undefinedLine(p, trimmed)
		default:
			e.x.fail("Unknown tag: " + line)
		}
		return
	}
	if value == "" {
		e.x.fail("Empty tag: " + line)
		return
	}
	e.current = line
	e.tag(p, name, qualifier, value)
	if macro && e.x.err == nil {
		e.x.push(name, definition{body: value, level: levelSpec})
		if p == e.pkgs[0] {
			e.x.push(strings.ToUpper(name), definition{body: value, level: levelSpec})
		}
	}
}

// opaqueLine takes a line whose text only rpm can know: it may hold any tag,
// and so change the macros that tags become.
func (e *evaluator) opaqueLine(p *pkg, marks string) {
	p.opaque.add(marks)
	e.doubtful = true
	first := firstMark(marks)
	words, ok := e.printed[first]
	if !ok {
		var here markSet
		here.add(first)
		words = map[string]bool{}
		for _, t := range tags {
			if t.macro && e.x.mayPrint(here, t.name) {
				words[t.name], words[strings.ToUpper(t.name)] = true, true
			}
		}
		e.printed[first] = words
	}
	e.x.distrust(taint{words: words, exact: true, reason: first})
}

// undefinedLine takes a line that is a macro nobody defined: rpm refuses it,
// and a distribution that defines it may put anything there.
func (e *evaluator) undefinedLine(p *pkg, line string) {
	why := e.x.unknown(ReasonUndefined, line)
	e.opaqueLine(p, why)
	e.refuse(why)
	e.x.distrust(taint{reason: why})
}

// tag takes the value of one tag.
func (e *evaluator) tag(p *pkg, name, qualifier, value string) {
	main := p == e.pkgs[0]
	switch name {
	case "name", "version", "release", "epoch", "url", "vcs", "disttag", "bugurl", "modularitylabel":
		if len(fields(value)) > 1 {
			e.x.fail("Tag takes single token only: " + e.current)
			return
		}
	}
	switch name {
	case "name", "version", "release", "epoch", "url", "license", "vendor", "packager", "distribution", "vcs", "disturl":
		p.texts = append(p.texts, taggedText{name, value})
		e.scalar(p, name, value)
	case "summary", "group":
		p.texts = append(p.texts, taggedText{name, value})
		if name == "summary" && (qualifier == "" || qualifier == "C") {
			p.Summary = e.value(value)
			p.set["summary"] = true
		}
	case "source", "patch":
		e.addSource(name == "patch", value, trimSpace(qualifier)+"\x00")
	case "exclusivearch", "excludearch":
		list := &e.ev.ExclusiveArch
		if name == "excludearch" {
			list = &e.ev.ExcludeArch
		}
		words, _ := shellWords(value)
		for _, w := range words {
			list.Unknown = append(list.Unknown, e.doubts(w)...)
			if !marked(w) {
				list.List = append(list.List, w)
			}
		}
	case "buildarch", "buildarchitectures":
		e.buildArch(p, main, value)
	case "buildrequires", "buildprereq":
		e.dependencies(&e.ev.BuildRequires, p, name, "", value)
	case "buildconflicts":
		e.dependencies(&e.ev.BuildConflicts, p, name, "", value)
	case "requires", "prereq":
		e.dependencies(&p.Requires, p, name, qualifier, value)
	case "provides":
		e.dependencies(&p.Provides, p, name, "", value)
	case "obsoletes":
		e.dependencies(&p.Obsoletes, p, name, "", value)
	case "conflicts":
		e.dependencies(&p.Conflicts, p, name, "", value)
	case "recommends":
		e.dependencies(&p.Recommends, p, name, "", value)
	case "suggests":
		e.dependencies(&p.Suggests, p, name, "", value)
	case "supplements":
		e.dependencies(&p.Supplements, p, name, "", value)
	case "enhances":
		e.dependencies(&p.Enhances, p, name, "", value)
	case "orderwithrequires":
		e.dependencies(&p.OrderWithRequires, p, name, qualifier, value)
	}
}

// scalar sets a tag that may stand once.
func (e *evaluator) scalar(p *pkg, name, value string) {
	if p.set[name] && name != "license" && name != "packager" && name != "vendor" && name != "distribution" {
		e.x.fail("duplicate " + name + " entries in package: " + value)
		return
	}
	v := e.value(value)
	switch name {
	case "name":
		if !e.checkName(value) {
			return
		}
		p.name, p.Name = value, v
		e.byName[value] = p
		e.doubtful = e.doubtful || marked(value)
	case "version", "release":
		if !e.checkChars(value, "._+%{}~^") {
			return
		}
		if name == "version" {
			p.Version = v
		} else {
			p.Release = v
		}
	case "epoch":
		if v.Known() {
			if span(value, isDigit) != len(value) || len(strings.TrimLeft(value, "0")) > 10 {
				e.x.fail("Epoch field must be an unsigned number: " + e.current)
				return
			}
			if v.Text = strings.TrimLeft(value, "0"); v.Text == "" {
				v.Text = "0"
			}
		}
		p.Epoch = v
	case "license":
		p.License = v
	case "url":
		if p == e.pkgs[0] {
			e.ev.URL = v
		}
	}
	p.set[name] = true
}

func (e *evaluator) checkName(name string) bool {
	if c := name[0]; !isAlnum(c) && c != '_' && c != '%' && c != mark {
		e.x.fail(illegal(c) + e.current)
		return false
	}
	return e.checkChars(name, ".-_+%{}")
}

// illegal is how rpm complains of a character.
func illegal(c byte) string {
	shown := c
	if c < ' ' || c > '~' {
		shown = '?'
	}
	return fmt.Sprintf("Illegal char '%c' (0x%x) in: ", shown, c)
}

// checkChars refuses characters that may not stand in names and versions.
func (e *evaluator) checkChars(s, allowed string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == mark {
			i = markEnd(s, i) - 1
			continue
		}
		if isAlnum(s[i]) || strings.IndexByte(allowed, s[i]) >= 0 {
			continue
		}
		if undefinedIn(s) != "" {
			return true // a call with arguments
		}
		e.x.fail(illegal(s[i]) + e.current)
		return false
	}
	if strings.Contains(s, "..") {
		e.x.fail("Illegal sequence \"..\" in: " + e.current)
		return false
	}
	return true
}

// addSource takes a Source or Patch: number holds what stands between the
// tag's name and the colon and ends in NUL; it is empty for list sections.
func (e *evaluator) addSource(patch bool, value, number string) {
	list, last, name := &e.ev.Sources, &e.sourceN, "SOURCE"
	if patch {
		list, last, name = &e.ev.Patches, &e.patchN, "PATCH"
	}
	if marked(strings.TrimSuffix(number, "\x00")) {
		list.Unknown = append(list.Unknown, e.why(strings.TrimSuffix(number, "\x00"))...)
		return
	}
	n := *last + 1
	if number = strings.TrimSuffix(number, "\x00"); number != "" {
		if span(number, isDigit) != len(number) || len(number) > 9 {
			e.x.fail("bad " + strings.ToLower(name) + " number: " + number)
			return
		}
		n = 0
		for _, c := range number {
			n = n*10 + int(c-'0')
		}
	}
	*last = max(*last, n)
	if e.numbers[name+itoa(n)] {
		e.x.fail(strings.ToLower(name) + " " + itoa(n) + " defined multiple times")
		return
	}
	e.numbers[name+itoa(n)] = true
	list.Unknown = append(list.Unknown, e.doubts(value)...)
	list.List = append(list.List, SourceFile{Number: n, Value: e.plain(value), Line: e.x.line})
	dir := e.x.expand("%{_sourcedir}/")
	e.x.push(name+itoa(n), definition{body: dir + baseName(value), level: levelSpec})
	e.x.push(name+"URL"+itoa(n), definition{body: value, level: levelSpec})
}

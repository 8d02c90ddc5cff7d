// SPDX-License-Identifier: MIT

package spec

import (
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxWorlds limits how often a file is evaluated for conditions that only rpm
// can decide: once for each combination of their outcomes.
const maxWorlds = 64

// Evaluate says what rpm (4.18) would make of the spec file under the given
// circumstances, without running anything: shell, Lua and what depends on the
// machine make values unknown, with the reason. Where a condition is unknown,
// what comes out alike both ways is still known.
//
// Errors are [*Error] and wrap ErrRejected for files that rpm refuses, or
// ErrTooLarge for macros that expand without end, or ErrInvalid for options.
func (s *Spec) Evaluate(opts Options) (*Evaluation, error) {
	table, err := s.macros(opts)
	if err != nil {
		return nil, err
	}
	var worlds []*Evaluation
	var conditions []Reason
	var failed error
	budget := maxOutput
	for script := []bool{}; ; {
		if len(worlds) == maxWorlds {
			worlds[0].limit(Reason{Kind: ReasonLimit, Text: "too many conditions that only rpm can decide"})
			return worlds[0], nil
		}
		e := evaluator{spec: s, opts: &opts, table: table, script: script, budget: budget}
		ev, err := e.run()
		budget = e.x.budget
		switch {
		case budget < 0 && len(worlds) > 0: // not all ways were gone through
			worlds[0].limit(Reason{Kind: ReasonLimit, Text: "too much to read for every way it could go"})
			return worlds[0], nil
		case err != nil:
			failed = err
			if budget < 0 {
				return nil, failed
			}
		default:
			worlds = append(worlds, ev)
		}
		for _, r := range e.conditions {
			if !slices.Contains(conditions, r) {
				conditions = append(conditions, r)
			}
		}
		script = slices.Clone(e.trail)
		for len(script) > 0 && !script[len(script)-1] {
			script = script[:len(script)-1]
		}
		if len(script) == 0 {
			break
		}
		script[len(script)-1] = false
	}
	if len(worlds) == 0 {
		return nil, failed
	}
	for _, w := range worlds[1:] {
		worlds[0].merge(w, conditions)
	}
	if opts.Oracle != nil {
		worlds[0].ask(opts.Oracle, s.File, s.Bytes(), opts.Macros)
	}
	return worlds[0], nil
}

// macros returns the macro table that a file starts with, less rpm's own part.
func (s *Spec) macros(opts Options) (macroTable, error) {
	t := macroTable{}
	for name, body := range opts.Macros {
		if marked(name) || marked(body) {
			return nil, &Error{File: s.File, Err: ErrInvalid, Msg: fmt.Sprintf("NUL in macro %q", name)}
		}
		t.add(name, body)
	}
	return t, nil
}

// evaluator is one pass over a file, with the outcome of unknown conditions
// given by a script.
type evaluator struct {
	spec   *Spec
	opts   *Options
	table  macroTable
	script []bool
	trail  []bool          // outcomes used, in order of need
	chosen map[string]bool // by condition
	budget int

	x               *expander
	r               *reader
	ev              *Evaluation
	pkgs            []*pkg
	byName          map[string]*pkg
	doubtful        bool            // a package's name has marks, or its preamble opaque lines
	numbers         map[string]bool // "SOURCE1" and so on, as taken
	arches          []string        // of the main package's BuildArch, once it is known
	second          bool            // the pass after BuildArch
	restart         bool
	printed         map[string]map[string]bool // tags that the code behind a mark may print
	current         string                     // line of the tag that is being read
	sourceN, patchN int
	changelog       []changelogLine
	scripts         map[string]bool // "package\x00section" seen
	conditions      []Reason        // unknown conditions met
}

// pkg is a package that is being read.
type pkg struct {
	Package
	name      string // with marks
	set       map[string]bool
	described bool
	noarch    bool
	opaque    markSet // of lines that may hold any tag
	texts     []taggedText
}

// taggedText is a text that goes into a package's header, where it must be
// UTF-8.
type taggedText struct{ tag, text string }

func (e *evaluator) run() (*Evaluation, error) {
	e.chosen, e.printed = map[string]bool{}, map[string]map[string]bool{}
	e.x = &expander{table: maps.Clone(e.table), file: e.spec.File, budget: e.budget, byText: map[string]int{}, prints: map[int]map[string]bool{}}
	if e.opts.Files != nil {
		e.x.loader = func(name string) (string, bool) {
			data, err := fs.ReadFile(e.opts.Files, strings.TrimPrefix(name, "./"))
			return string(data), err == nil && checkBytes(name, data) == nil
		}
	}
	e.autospec()
	for e.pass(); e.restart && e.x.err == nil; e.pass() {
		e.second = true
	}
	if e.x.err == nil {
		e.finish()
	}
	if e.x.err == nil && e.x.overflow {
		e.ev.limit(Reason{Kind: ReasonLimit, Text: "too many things that only rpm can know"})
	}
	return e.ev, e.x.err
}

// autospec defines the macros that rpmautospec computes from history.
func (e *evaluator) autospec() {
	if e.table["autorelease"] == nil {
		number := "%{" + autoreleaseNumber + ":%{?-b*}%{!?-b:1}}"
		e.x.commits = e.opts.Autorelease
		if e.opts.Autorelease <= 0 {
			number = e.x.unknown(ReasonAutorelease, "%autorelease")
		}
		e.x.push("autorelease", definition{params: true, opts: "e:s:pb:n",
			body: "%{?-p:0.}" + number + "%{?-e:.%{-e*}}%{?-s:.%{-s*}}%{!?-n:%{?dist}}"})
	}
	if e.table["autochangelog"] == nil {
		d := definition{body: e.opts.Autochangelog}
		if d.body == "" {
			d.body = e.x.unknown(ReasonAutorelease, "%autochangelog")
		}
		e.x.push("autochangelog", d)
	}
}

func (e *evaluator) decide(condition string) bool {
	if v, ok := e.chosen[condition]; ok {
		return v
	}
	if len(e.trail) == maxWorlds { // each takes a world of its own at least
		e.x.overflow = true
		return true
	}
	v := len(e.trail) >= len(e.script) || e.script[len(e.trail)]
	e.trail = append(e.trail, v)
	e.chosen[condition] = v
	e.conditions = append(e.conditions, Reason{Kind: ReasonCondition, Line: e.x.line, Text: shorten(e.plain(condition))})
	return v
}

// pass reads the file from its beginning to its end, or to the BuildArch of
// the main package: rpm then begins anew for that architecture, with the
// macros as they are.
func (e *evaluator) pass() {
	e.restart = false
	e.ev = &Evaluation{}
	e.pkgs = []*pkg{{set: map[string]bool{}, Package: Package{Line: 1}}}
	e.byName, e.numbers, e.doubtful = map[string]*pkg{}, map[string]bool{}, false
	e.sourceN, e.patchN = -1, -1
	e.changelog, e.scripts = nil, map[string]bool{}
	e.r = &reader{x: e.x, decide: e.decide, files: e.opts.Files, inputs: []input{{rest: e.text(), line: 1}}}
	if e.second {
		e.x.push("_target_cpu", definition{body: e.arches[0], level: levelSpec})
	}
	var current section = preambleSection{e.pkgs[0]}
	for e.x.err == nil && !e.restart {
		line, ok := e.r.next()
		if !ok {
			break
		}
		if word := sectionWord(strings.TrimRight(line, " \t\r\n\v\f")); word != "" {
			e.close(current)
			if e.x.err == nil {
				current = e.open(word, trimSpace(line[1+len(word):]))
			}
			continue
		}
		current.line(e, line)
	}
	if e.x.err == nil && !e.restart {
		e.close(current)
	}
}

func (e *evaluator) text() string {
	var b strings.Builder
	for i := range e.spec.Items {
		b.WriteString(e.spec.Items[i].Raw)
	}
	return b.String()
}

// finish checks what rpm checks at the end, and hands out the values.
func (e *evaluator) finish() {
	if len(e.r.missing) > 0 {
		for _, p := range e.pkgs {
			p.opaque.add(strings.Join(e.r.missing, ""))
		}
		for _, why := range e.r.missing {
			e.refuse(why)
		}
	}
	for _, p := range e.pkgs {
		if !p.described && len(p.opaque) == 0 {
			e.x.fail("Package has no %description: " + p.name)
			return
		}
		for _, t := range p.texts {
			if !utf8.ValidString(t.text) {
				tag := strings.ToUpper(t.tag[:1]) + t.tag[1:]
				e.x.fail("Package " + p.name + ": invalid utf-8 encoding in " + tag + ": " + strings.ToValidUTF8(t.text, "\ufffd"))
				return
			}
		}
	}
	e.selfProvides()
	main := e.pkgs[0]
	ev := e.ev
	ev.Package = main.Package
	for _, p := range e.pkgs {
		ev.Packages.List = append(ev.Packages.List, p.Package)
	}
	e.opaque()
}

// opaque spreads what is not known because of lines that may hold anything.
func (e *evaluator) opaque() {
	ev := e.ev
	var all markSet
	for i, p := range e.pkgs {
		q := &ev.Packages.List[i]
		main := &ev.Packages.List[0]
		why := e.x.whySet(p.opaque)
		for _, v := range []struct {
			tag         string
			value, from *Value
		}{{"name", &q.Name, nil}, {"summary", &q.Summary, nil}, {"epoch", &q.Epoch, &main.Epoch}, {"version", &q.Version, &main.Version},
			{"release", &q.Release, &main.Release}, {"license", &q.License, &main.License}} {
			if p.set[v.tag] {
				continue
			}
			if i > 0 && v.from != nil {
				v.value.Unknown = v.from.Unknown // it is inherited
			}
			if len(p.opaque) > 0 && e.x.mayPrint(p.opaque, v.tag) {
				v.value.Unknown = append(slices.Clip(v.value.Unknown), why...)
			}
		}
		if len(p.opaque) == 0 {
			continue
		}
		if all == nil {
			all = markSet{}
		}
		maps.Copy(all, p.opaque)
		if e.x.mayPrint(p.opaque, "buildarch") && (i > 0 || len(e.arches) == 0) {
			q.Arch.Unknown = append(q.Arch.Unknown, why...)
		}
		for tag, d := range q.lists() {
			if e.x.mayPrint(p.opaque, tag) {
				d.Unknown = append(d.Unknown, why...)
			}
		}
	}
	if len(all) == 0 {
		return
	}
	why := e.x.whySet(all)
	ev.Opaque = why
	if e.x.mayPrint(all, "%") { // sections, and so scriptlets and files of any package
		for i := range ev.Packages.List {
			q := &ev.Packages.List[i]
			q.Requires.Unknown = append(q.Requires.Unknown, why...)
			q.Files.Unknown = append(q.Files.Unknown, why...)
		}
	}
	ev.Package = ev.Packages.List[0]
	for tag, list := range map[string]*[]Reason{"buildrequires": &ev.BuildRequires.Unknown, "buildconflicts": &ev.BuildConflicts.Unknown,
		"exclusivearch": &ev.ExclusiveArch.Unknown, "excludearch": &ev.ExcludeArch.Unknown, "buildarch": &ev.BuildArch.Unknown,
		"source": &ev.Sources.Unknown, "patch": &ev.Patches.Unknown, "package": &ev.Packages.Unknown} {
		if e.x.mayPrint(all, tag) {
			*list = append(*list, why...)
		}
	}
	if !e.pkgs[0].set["url"] && e.x.mayPrint(all, "url") {
		ev.URL.Unknown = append(ev.URL.Unknown, why...)
	}
}

// lists yields all dependency lists of a package by tag.
func (p *Package) lists() iter.Seq2[string, *Dependencies] {
	return func(yield func(string, *Dependencies) bool) {
		for _, l := range []struct {
			tag  string
			list *Dependencies
		}{{"provides", &p.Provides}, {"requires", &p.Requires}, {"obsoletes", &p.Obsoletes}, {"conflicts", &p.Conflicts},
			{"recommends", &p.Recommends}, {"suggests", &p.Suggests}, {"supplements", &p.Supplements}, {"enhances", &p.Enhances},
			{"orderwithrequires", &p.OrderWithRequires}} {
			if !yield(l.tag, l.list) {
				return
			}
		}
	}
}

func (e *evaluator) why(marks string) []Reason { return e.x.why(marks) }
func (e *evaluator) plain(s string) string     { return e.x.plain(s) }

// value makes a Value of a text with marks; a macro that stayed in it is not
// defined.
func (e *evaluator) value(s string) Value {
	return Value{Text: e.plain(s), Line: e.x.line, Unknown: e.doubts(s)}
}

// doubts returns why a text is not known.
func (e *evaluator) doubts(s string) []Reason {
	why := e.why(s)
	if name := undefinedIn(s); name != "" {
		why = append(why, Reason{Kind: ReasonUndefined, Line: e.x.line, Text: shorten(e.plain(name))})
	}
	return why
}

// undefinedIn returns the first macro call that is left in a text, or "".
func undefinedIn(s string) string {
	for i := strings.IndexByte(s, '%'); i >= 0 && i+1 < len(s); {
		if end := macroEnd(s, i+1); end > i+1 && (s[i+1] == '{' || isAlpha(s[i+1]) || s[i+1] == '_' || s[i+1] == '?') {
			return s[i:end]
		}
		n := strings.IndexByte(s[i+1:], '%')
		if n < 0 {
			break
		}
		i += 1 + n
	}
	return ""
}

// refuse notes what rpm would give the file up for, if it is as it looks.
func (e *evaluator) refuse(marks string) {
	for _, r := range e.why(marks) {
		if !slices.Contains(e.ev.Refused, r) {
			e.ev.Refused = append(e.ev.Refused, r)
		}
	}
}

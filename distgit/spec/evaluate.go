// SPDX-License-Identifier: MIT

package spec

import (
	"fmt"
	"io/fs"
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
		if err != nil {
			failed = err
			if budget < 0 {
				break
			}
		} else {
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
	return worlds[0], nil
}

// macros returns the macro table that a file starts with.
func (s *Spec) macros(opts Options) (macroTable, error) {
	t := macroTable{}
	for _, set := range []map[string]string{RPMMacros(), opts.Macros} {
		for name, body := range set {
			if marked(name) || marked(body) {
				return nil, &Error{File: s.File, Err: ErrInvalid, Msg: fmt.Sprintf("NUL in macro %q", name)}
			}
			d := definition{body: body}
			if i := strings.IndexByte(name, '('); i >= 0 && strings.HasSuffix(name, ")") {
				d.params, d.opts = true, name[i+1:len(name)-1]
				name = name[:i]
			}
			t[name] = &d
		}
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
	arches          []string // of the main package's BuildArch, once it is known
	second          bool     // the pass after BuildArch
	restart         bool
	sourceN, patchN int
	changelog       []changelogLine
	hasChangelog    bool
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
	opaque    string // marks of lines that may hold any tag
	texts     []string
}

func (e *evaluator) run() (*Evaluation, error) {
	e.chosen = map[string]bool{}
	e.x = &expander{table: cloneTable(e.table), file: e.spec.File, budget: e.budget, byReason: map[Reason]int{}}
	if e.opts.Files != nil {
		e.x.loader = func(name string) (string, bool) {
			data, err := fs.ReadFile(e.opts.Files, strings.TrimPrefix(name, "./"))
			return string(data), err == nil && checkBytes(name, data) == nil
		}
	}
	e.autospec()
	e.known()
	for e.pass(); e.restart && e.x.err == nil; e.pass() {
		e.second = true
	}
	if e.x.err == nil {
		e.finish()
	}
	return e.ev, e.x.err
}

func cloneTable(t macroTable) macroTable {
	out := make(macroTable, len(t)+64)
	for k, v := range t {
		out[k] = v // definitions are never changed, only stacked
	}
	return out
}

// autospec defines the macros that rpmautospec computes from history.
func (e *evaluator) autospec() {
	if e.table["autorelease"] == nil {
		number := "%[%{?-b*}%{!?-b:1} + " + itoa(e.opts.Autorelease) + " - 1]"
		if e.opts.Autorelease <= 0 {
			number = e.x.unknown(ReasonAutorelease, "%autorelease")
		}
		e.x.push("autorelease", definition{params: true, opts: "e:s:pb:n",
			body: "%{?-p:0.}" + number + "%{?-e:.%{-e*}}%{?-s:.%{-s*}}%{!?-n:%{?dist}}"})
	}
	if e.table["autochangelog"] == nil {
		d := definition{body: e.opts.Autochangelog, literal: true}
		if d.body == "" {
			d.body = e.x.unknown(ReasonAutorelease, "%autochangelog")
		}
		e.x.push("autochangelog", d)
	}
}

// known gives the macros that rpm defines, but whose values are not carried
// here, a mark for a value.
func (e *evaluator) known() {
	for name := range strings.FieldsSeq(rpmOtherMacros) {
		if e.table[name] == nil {
			e.x.push(name, definition{literal: true, body: e.x.unknown(ReasonMacro, "%{"+name+"}")})
		}
	}
}

func (e *evaluator) decide(condition string) bool {
	if v, ok := e.chosen[condition]; ok {
		return v
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
	e.sourceN, e.patchN = -1, -1
	e.changelog, e.hasChangelog, e.scripts = nil, false, map[string]bool{}
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
				current = e.open(word, strings.TrimSpace(line[1+len(word):]))
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
			p.opaque += strings.Join(e.r.missing, "")
		}
		for _, why := range e.r.missing {
			e.refuse(why)
		}
	}
	for _, p := range e.pkgs {
		if !p.described && p.opaque == "" {
			e.x.fail("package has no %description: " + e.plain(p.name))
			return
		}
		for _, t := range p.texts {
			if !utf8.ValidString(t) {
				e.x.fail("package " + e.plain(p.name) + ": not UTF-8: " + fmt.Sprintf("%.60q", t))
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
	var all string
	for i, p := range e.pkgs {
		if p.opaque == "" {
			continue
		}
		all += p.opaque
		q := &e.ev.Packages.List[i]
		why := e.why(p.opaque)
		for _, v := range []struct {
			tag   string
			value *Value
		}{{"epoch", &q.Epoch}, {"version", &q.Version}, {"release", &q.Release}, {"summary", &q.Summary}, {"license", &q.License}, {"name", &q.Name}} {
			if !p.set[v.tag] && (i == 0 || v.tag != "name") {
				v.value.Unknown = append(v.value.Unknown, why...)
			}
		}
		if i == 0 && len(e.arches) == 0 {
			q.Arch.Unknown = append(q.Arch.Unknown, why...)
		}
		for _, d := range q.lists() {
			d.Unknown = append(d.Unknown, why...)
		}
	}
	if all != "" {
		why := e.why(all)
		ev := e.ev
		ev.Package = ev.Packages.List[0]
		for _, list := range []*[]Reason{&ev.BuildRequires.Unknown, &ev.BuildConflicts.Unknown, &ev.ExclusiveArch.Unknown,
			&ev.ExcludeArch.Unknown, &ev.BuildArch.Unknown, &ev.Sources.Unknown, &ev.Patches.Unknown, &ev.Packages.Unknown} {
			*list = append(*list, why...)
		}
		if !e.pkgs[0].set["url"] {
			ev.URL.Unknown = append(ev.URL.Unknown, why...)
		}
	}
}

// lists returns all dependency lists of a package.
func (p *Package) lists() []*Dependencies {
	return []*Dependencies{&p.Provides, &p.Requires, &p.Obsoletes, &p.Conflicts, &p.Recommends, &p.Suggests,
		&p.Supplements, &p.Enhances, &p.OrderWithRequires}
}

// why turns marks into reasons, each once.
func (e *evaluator) why(marks string) []Reason {
	var out []Reason
	for _, n := range strings.Split(strings.ReplaceAll(onlyMarks(marks), "\x00\x00", "\x00"), "\x00") {
		if n == "" {
			continue
		}
		i := 0
		for _, c := range n {
			i = i*10 + int(c-'0')
		}
		if r := e.x.reasons[i]; !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// plain puts the text of the macro in the place of each mark.
func (e *evaluator) plain(s string) string {
	if !marked(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != mark {
			b.WriteByte(s[i])
			i++
			continue
		}
		end := markEnd(s, i)
		for _, r := range e.why(s[i:end]) {
			b.WriteString(r.Text)
		}
		i = end
	}
	return b.String()
}

// value makes a Value of a text with marks; a macro that stayed in it is not
// defined.
func (e *evaluator) value(s string) Value {
	return Value{Text: e.plain(s), Line: e.x.line, Unknown: e.doubts(s)}
}

// doubts returns why a text is not known.
func (e *evaluator) doubts(s string) []Reason {
	why := e.why(s)
	if name := undefinedIn(s); name != "" {
		why = append(why, Reason{Kind: ReasonUndefined, Line: e.x.line, Text: name})
	}
	return why
}

// undefinedIn returns the first macro call that is left in a text, or "".
func undefinedIn(s string) string {
	for i := strings.IndexByte(s, '%'); i >= 0 && i+1 < len(s); {
		if end := macroEnd(s, i+1); end > i+1 && (s[i+1] == '{' || isName(s[i+1]) || s[i+1] == '?') {
			return shorten(s[i:end])
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

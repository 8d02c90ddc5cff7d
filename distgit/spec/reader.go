// SPDX-License-Identifier: MIT

package spec

import (
	"io/fs"
	"strings"
)

// level is one open %if.
type level struct {
	reading  bool // its present branch counts
	readable bool // a later branch may still count
	elseSeen bool
	line     int
}

// input is a file that is being read: the spec, or one it includes.
type input struct {
	rest string
	line int
}

// reader hands out the lines of a spec file as rpm's parser sees them: macros
// expanded, branches that don't count blank.
type reader struct {
	x       *expander
	inputs  []input
	pending string // expanded text that is still to be handed out
	levels  []level
	decide  func(why string) bool // for conditions only rpm can know
	files   fs.FS
	missing []string // marks of includes that are not at hand
}

func (r *reader) reading() bool {
	return len(r.levels) == 0 || r.levels[len(r.levels)-1].reading
}

// next returns the next line without its line end; ok is false at the end or
// after a failure.
func (r *reader) next() (line string, ok bool) {
	for r.x.affordable() {
		if r.pending == "" {
			if !r.fill() {
				return "", false
			}
			continue
		}
		line = r.cut()
		if line, done := r.classify(line); done {
			return line, true
		}
	}
	return "", false
}

// fill expands the next logical line of the file into pending.
func (r *reader) fill() bool {
	in := &r.inputs[len(r.inputs)-1]
	if in.rest == "" {
		if len(r.inputs) > 1 {
			r.inputs = r.inputs[:len(r.inputs)-1]
			return true
		}
		if len(r.levels) > 0 {
			r.x.line = r.levels[len(r.levels)-1].line
			r.x.fail("unclosed %if")
		}
		return false
	}
	raw, closed := logicalLine(in.rest, true)
	r.x.budget -= len(raw)
	first := in.line
	in.rest = in.rest[len(raw):]
	in.line += strings.Count(raw, "\n")
	r.x.line = first
	if !closed {
		r.x.fail("unclosed macro or bad line continuation")
		return false
	}
	expand := r.reading()
	if strings.HasPrefix(conditionWord(trimSpace(raw)), "elif") {
		expand = len(r.levels) > 0 && r.levels[len(r.levels)-1].readable
	}
	if expand {
		r.pending = r.x.expand(raw)
	} else {
		r.pending = raw
	}
	return true
}

// cut takes the first line off pending. Conditions and includes go on after a
// backslash.
func (r *reader) cut() string {
	text := r.pending
	trimmed := strings.TrimLeft(text, " \t\r\v\f")
	head, _, _ := strings.Cut(trimmed, "\n")
	directive := conditionWord(strings.TrimRight(head, " \t\r")) != "" || hasWord(head, "%include")
	end := 0
	for end < len(text) {
		n := strings.IndexByte(text[end:], '\n')
		if n < 0 {
			end = len(text)
			break
		}
		end += n + 1
		if !directive || end < 2 || text[end-2] != '\\' {
			break
		}
	}
	r.pending = text[end:]
	if directive {
		return strings.ReplaceAll(text[:end], "\\\n", "  ")
	}
	return text[:end]
}

// classify handles conditions and includes. done is true for lines that the
// parser gets to see; those in branches that don't count are blank.
func (r *reader) classify(line string) (text string, done bool) {
	s := trimSpace(line)
	word := conditionWord(s)
	if word == "" {
		if !r.reading() {
			return "", true
		}
		if hasWord(s, "%include") {
			r.include(trimSpace(s[len("%include"):]))
			return "", false
		}
		return strings.TrimSuffix(line, "\n"), true
	}
	expr := trimSpace(s[1+len(word):])
	if strings.HasPrefix(word, "if") {
		reading := r.reading()
		match := reading && r.condition(word[2:], expr)
		r.levels = append(r.levels, level{reading: match, readable: reading && !match, line: r.x.line})
		return "", true
	}
	if len(r.levels) == 0 {
		r.x.fail("%" + word + " with no %if")
		return "", true
	}
	top := &r.levels[len(r.levels)-1]
	switch {
	case word == "endif":
		r.levels = r.levels[:len(r.levels)-1]
	case top.elseSeen:
		r.x.fail("%" + word + " after %else")
	case word == "else":
		top.reading, top.elseSeen = top.readable, true
	default:
		top.reading = top.readable && r.condition(word[4:], expr)
		if top.reading {
			top.readable = false
		}
	}
	return "", true
}

// condition decides %if, %ifarch and so on; kind is what follows "if".
func (r *reader) condition(kind, expr string) bool {
	if kind == "" {
		v, bad := r.x.evaluate(expr, false)
		switch {
		case bad != "" && !marked(bad):
			r.x.fail("bad condition: " + expr + ": " + bad)
			return false
		case bad != "" || v.kind == 0:
			return r.decide(expr)
		}
		return v.truth()
	}
	if expr == "" {
		r.x.fail("argument expected for %if" + kind)
		return false
	}
	own := "%{_target_cpu}"
	if strings.HasSuffix(kind, "os") {
		own = "%{_target_os}"
	}
	own = r.x.expand(own)
	match := false
	for _, word := range fields(expr) {
		match = match || strings.EqualFold(word, own)
	}
	if !match && marked(expr+own) {
		match = r.decide(kind + " " + expr)
	}
	return match != strings.HasPrefix(kind, "n")
}

// include reads a file in place, where the caller has it.
func (r *reader) include(name string) {
	if len(r.inputs) > 16 {
		r.x.fail("too many levels of %include")
		return
	}
	if r.files != nil && !marked(name) {
		if data, err := fs.ReadFile(r.files, strings.TrimPrefix(name, "./")); err == nil {
			if err := checkBytes(name, data); err != nil {
				r.x.err = err
				return
			}
			r.inputs = append(r.inputs, input{rest: string(data), line: 1})
			return
		}
	}
	why := r.x.unknown(ReasonInclude, "%include "+name)
	r.x.distrust(taint{reason: why})
	r.missing = append(r.missing, why)
}

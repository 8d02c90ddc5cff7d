// SPDX-License-Identifier: MIT

package spec

import (
	"maps"
	"strings"
	"sync"
)

// Levels of definitions, as rpm numbers them: %global is 0, a %define inside a
// parametric macro lives as long as that macro's expansion.
const (
	levelSpec   = -3
	levelGlobal = 0
)

// definition is one entry of the macro table; entries of one name are stacked.
type definition struct {
	body    string
	opts    string
	params  bool // parametric: called with arguments
	literal bool // the body is not expanded
	outside bool // rpm defines it, with a value that is not carried here
	auto    bool // %1, %*, %-f: seen at their own level only
	level   int
	seq     int // when it was defined
	prev    *definition
}

// macroTable maps names to the newest definition, nil for what was undefined.
// What it does not hold is looked up in rpm's own table.
type macroTable map[string]*definition

func (t macroTable) find(name string) *definition {
	if d, ok := t[name]; ok {
		return d
	}
	return baseTable()[name]
}

func (t macroTable) push(name string, d definition) {
	d.prev = t.find(name)
	t[name] = &d
}

func (t macroTable) pop(name string) {
	if d := t.find(name); d != nil {
		t[name] = d.prev
	}
}

// add puts a macro given by a caller into the table.
func (t macroTable) add(name, body string) {
	d := definition{body: body}
	if i := strings.IndexByte(name, '('); i >= 0 && strings.HasSuffix(name, ")") {
		d.params, d.opts = true, name[i+1:len(name)-1]
		name = name[:i]
	}
	t.push(name, d)
}

// baseTable holds what rpm defines before it reads a spec file. Nobody writes
// to it.
var baseTable = sync.OnceValue(func() macroTable {
	t := macroTable{}
	for name, body := range rpmMacros {
		name, params := strings.CutSuffix(name, "()")
		t[name] = &definition{body: body, params: params}
	}
	for name := range strings.FieldsSeq(rpmOtherMacros) {
		t[name] = &definition{outside: true, literal: true}
	}
	return t
})

// expander is rpm's macro engine (4.18), less what runs code or looks at the
// machine: that becomes a mark.
type expander struct {
	table    macroTable
	depth    int
	level    int
	line     int // of the logical line that is being expanded
	file     string
	budget   int // bytes of expansion left
	err      error
	reasons  []Reason
	byText   map[string]int // reasons by kind and whole text
	locals   []string       // names with definitions above levelGlobal, oldest first
	seq      int
	commits  int // what %autorelease counts
	taint    []taint
	prints   map[int]map[string]bool // words of a script, by the number of its mark
	overflow bool                    // more than maxReasons
	loader   func(name string) (string, bool)
}

// taint remembers that code which is not run here may have defined macros.
type taint struct {
	words  map[string]bool // nil: any macro
	exact  bool            // none that only begins or ends with a word
	seq    int
	reason string // mark
}

const (
	maxDepth  = 64       // of macros in macros, as in rpm
	maxOutput = 64 << 20 // bytes read and expanded, calls counted as 16
)

// fail records what rpm would refuse; the first failure counts.
func (x *expander) fail(msg string) {
	if x.err == nil {
		x.err = &Error{File: x.file, Line: x.line, Err: ErrRejected, Msg: shortenTo(x.plain(msg), 300)}
	}
}

// unknown returns a mark for something only rpm can know. The same thing gives
// the same mark, so that two conditions on it are decided alike.
func (x *expander) unknown(kind ReasonKind, text string) string {
	key := itoa(int(kind)) + text
	n, ok := x.byText[key]
	if !ok {
		if n = len(x.reasons); n == maxReasons {
			x.overflow = true
			return string(mark) + "0" + string(mark)
		}
		x.reasons = append(x.reasons, Reason{Kind: kind, Line: x.line, Text: shortenTo(x.plain(text), 200)})
		x.byText[key] = n
	}
	return string(mark) + itoa(n) + string(mark)
}

// mayDefine notes that code with this text was met: macros whose names it
// spells, in whole or in part, are unknown from here on.
func (x *expander) mayDefine(code, why string) {
	if !strings.Contains(code, "define") && !strings.Contains(code, "expand") && !strings.Contains(code, "macros") &&
		!strings.Contains(code, "load") && !strings.Contains(code, "require") && !strings.Contains(code, "dofile") {
		return
	}
	t := taint{words: map[string]bool{}, reason: why}
	x.addWords(t.words, code, 0)
	x.distrust(t)
}

// distrust adds a taint from here on, once for each reason.
func (x *expander) distrust(t taint) {
	x.seq++
	t.seq = x.seq
	for i := range x.taint {
		if o := &x.taint[i]; o.reason == t.reason && o.exact == t.exact && (o.words == nil) == (t.words == nil) {
			if !t.exact { // of those, the words stay the same
				maps.Copy(o.words, t.words)
			}
			o.seq = t.seq
			return
		}
	}
	x.taint = append(x.taint, t)
}

func (x *expander) addWords(words map[string]bool, code string, depth int) {
	for _, w := range strings.FieldsFunc(code, func(r rune) bool { return r > 127 || !isAlnum(byte(r)) && r != '_' }) {
		if len(w) < 2 || words[w] {
			continue
		}
		words[w] = true
		if d := x.table.find(w); d != nil && depth < 8 {
			x.addWords(words, d.body, depth+1)
		}
	}
}

// mayPrint reports whether what stands behind the marks may print a word. A
// script prints only words that stand in it, or in macros that it names, but
// one that knows a section's name may print anything; of other things nothing
// is known. The word is lower case.
func (x *expander) mayPrint(marks markSet, word string) bool {
	for m := range marks {
		words, ok := x.prints[m]
		if !ok {
			return true
		}
		x.budget -= len(words)
		for w := range words {
			if sectionWord("%"+w) != "" || strings.Contains(strings.ToLower(w), word) {
				return true
			}
		}
	}
	return false
}

// tainted returns the mark of code that may have defined the macro after its
// present definition.
func (x *expander) tainted(name string, d *definition) string {
	if reserved(name) {
		return ""
	}
	x.budget -= len(x.taint)
	for _, t := range x.taint {
		if d != nil && d.seq > t.seq {
			continue
		}
		if t.words == nil {
			if d == nil {
				return t.reason
			}
			continue
		}
		if t.words[name] {
			return t.reason
		}
		if d != nil || t.exact {
			continue
		}
		x.budget -= len(t.words)
		for w := range t.words {
			if strings.HasPrefix(name, w) || strings.HasSuffix(name, w) {
				return t.reason
			}
		}
	}
	return ""
}

func (x *expander) push(name string, d definition) {
	x.seq++
	d.seq = x.seq
	if d.level > levelGlobal {
		x.locals = append(x.locals, name)
	}
	x.table.push(name, d)
}

// define reads a definition from text: name, options, body. It returns how
// much of the text it took; whole says that all of it is the definition.
func (x *expander) define(text string, level int, expandBody, whole bool) int {
	i := span(text, isBlank)
	n := span(text[i:], isName)
	name := text[i : i+n]
	i += n
	d := definition{level: level}
	if i < len(text) && text[i] == '(' {
		end := strings.IndexByte(text[i:], ')')
		if end < 0 {
			x.fail("macro %" + name + " has unterminated opts")
			return len(text)
		}
		d.params, d.opts = true, text[i+1:i+end]
		i += end + 1
	}
	i += span(text[i:], isBlank)
	var body string
	switch {
	case whole:
		body, i = text[i:], len(text)
	case i < len(text) && text[i] == '{':
		end := matchChar(text, i, '{', '}')
		if end < 0 {
			x.fail("macro %" + name + " has unterminated body")
			return len(text)
		}
		body, i = text[i+1:end-1], end
	default:
		var n int
		var ok bool
		if body, n, ok = freeBody(text[i:]); !ok {
			x.fail("macro %" + name + " has unterminated body")
			return len(text)
		}
		i += n
	}
	for i < len(text) && (text[i] == '\n' || text[i] == '\r') {
		i++
	}
	if !x.validName(name) {
		return i
	}
	if body == "" {
		x.fail("macro %" + name + " has empty body")
		return i
	}
	if expandBody {
		body = x.expand(body)
	}
	d.body = body
	x.push(name, d)
	return i
}

// freeBody reads a body up to the end of its line; a backslash or an open
// brace continues it.
func freeBody(text string) (body string, n int, ok bool) {
	var b strings.Builder
	var braces, parens, brackets, i int
	put := func() { b.WriteByte(text[i]); i++ }
	for i < len(text) && (braces > 0 || parens > 0 || text[i] != '\n' && text[i] != '\r') {
		next := byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch text[i] {
		case '\\':
			if next != 0 {
				i++
			}
		case '%':
			switch next {
			case '{':
				put()
				braces++
			case '(':
				put()
				parens++
			case '[':
				put()
				brackets++
			case '%':
				put()
			}
		case '{':
			braces = more(braces)
		case '}':
			braces = less(braces)
		case '(':
			parens = more(parens)
		case ')':
			parens = less(parens)
		case '[':
			brackets = more(brackets)
		case ']':
			brackets = less(brackets)
		}
		put()
	}
	return strings.TrimRight(b.String(), " \t\r\n"), i, braces == 0 && parens == 0 && brackets == 0
}

func isName(c byte) bool { return isAlnum(c) || c == '_' }

func (x *expander) validName(name string) bool {
	if name == "" || !isAlpha(name[0]) && !(name[0] == '_' && len(name) > 1) {
		x.fail("macro %" + name + " has illegal name")
		return false
	}
	if builtinNamed(name) != nil {
		x.fail("macro %" + name + " is a built-in")
		return false
	}
	return true
}

// matchChar returns the index after the character that closes the one at i, or
// -1. A backslash escapes.
func matchChar(s string, i int, open, close byte) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case close:
			if depth--; depth <= 0 {
				return i + 1
			}
		case open:
			depth++
		}
	}
	return -1
}

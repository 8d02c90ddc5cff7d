// SPDX-License-Identifier: MIT

package spec

import (
	"bytes"
	"fmt"
	"strings"
)

// MaxSize is the size limit of a spec file in bytes. The largest real ones
// (kernel, texlive) have a few megabytes.
const MaxSize = 8 << 20

// Parse reads a spec file at syntax level. The name is used in messages and
// may be empty. The bytes are not decoded: Latin-1, a byte order mark and
// carriage returns stay as they are.
//
// Errors are [*Error] and wrap ErrTooLarge, ErrBinary, ErrConflict or
// ErrSyntax. Parse accepts what rpm would refuse for its meaning (unknown
// tags, missing fields): see [Spec.Evaluate] for that.
func Parse(name string, data []byte) (*Spec, error) {
	if err := checkBytes(name, data); err != nil {
		return nil, err
	}
	p := parser{spec: &Spec{File: name, Sections: []Section{{Pos: Pos{Line: 1, Column: 1}}}}, text: string(data), line: 1}
	if err := p.run(); err != nil {
		return nil, err
	}
	return p.spec, nil
}

// checkBytes refuses what is not a spec file before anybody edits it.
func checkBytes(name string, data []byte) error {
	if len(data) > MaxSize {
		return &Error{File: name, Err: ErrTooLarge, Msg: fmt.Sprintf("%d bytes, at most %d", len(data), MaxSize)}
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return &Error{File: name, Line: 1 + bytes.Count(data[:i], []byte("\n")), Err: ErrBinary, Msg: "NUL byte"}
	}
	for _, mark := range []string{"<<<<<<< ", ">>>>>>> ", "||||||| "} {
		i := bytes.Index(data, []byte("\n"+mark)) + 1
		if i == 0 && !bytes.HasPrefix(data, []byte(mark)) {
			continue
		}
		return &Error{File: name, Line: 1 + bytes.Count(data[:i], []byte("\n")), Err: ErrConflict, Msg: mark[:7]}
	}
	return nil
}

type parser struct {
	spec   *Spec
	text   string
	offset int
	line   int
	depth  int // open conditionals
}

func (p *parser) run() error {
	for p.offset < len(p.text) {
		text := p.text[p.offset:]
		raw, closed := logicalLine(text, continues(text))
		if !closed {
			return &Error{File: p.spec.File, Line: p.line, Err: ErrSyntax, Msg: "a macro or a continued line that begins here is never closed"}
		}
		p.item(raw)
		p.offset += len(raw)
		p.line += strings.Count(raw, "\n")
	}
	last := &p.spec.Sections[len(p.spec.Sections)-1]
	last.Last = len(p.spec.Items)
	return nil
}

// continues reports whether a backslash at the end of the line that text begins
// with makes the next line a part of it: so for definitions and conditions.
// Other lines are joined by rpm only while it expands macros.
func continues(text string) bool {
	line, _, _ := strings.Cut(text, "\n")
	line = strings.TrimLeft(line, " \t")
	for strings.HasPrefix(line, "%{") {
		_, rest, ok := strings.Cut(line, ":")
		if !ok {
			return false
		}
		line = strings.TrimLeft(rest, " \t")
	}
	return conditionWord(strings.TrimRight(line, " \t\r")) != "" || hasWord(line, "%define") || hasWord(line, "%global")
}

// logicalLine returns the first line of text, with those after it that belong
// to it by rpm's rule: an open %{, %( or %[ and, when join is set, a backslash
// at the line's end. closed is false when the text ends before the line does.
func logicalLine(text string, join bool) (line string, closed bool) {
	var braces, parens, brackets int
	continued := false
	for i := 0; i < len(text); i++ {
		next := byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		switch text[i] {
		case '\\':
			switch next {
			case 0:
			case '\n':
				if !join {
					continue
				}
				continued = true
				i++
			default:
				i++
			}
		case '\n':
			continued = false
			if braces == 0 && parens == 0 && brackets == 0 {
				return text[:i+1], true
			}
		case '%':
			switch next {
			case '{':
				braces++
				i++
			case '(':
				parens++
				i++
			case '[':
				brackets++
				i++
			case '%':
				i++
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
	}
	return text, braces == 0 && parens == 0 && brackets == 0 && !continued
}

func more(n int) int {
	if n > 0 {
		return n + 1
	}
	return 0
}

func less(n int) int {
	return max(n-1, 0)
}

func (p *parser) pos(in int) Pos {
	raw := p.text[p.offset : p.offset+in]
	nl := strings.LastIndexByte(raw, '\n')
	return Pos{Line: p.line + strings.Count(raw, "\n"), Column: in - nl, Offset: p.offset + in}
}

// item classifies one logical line.
func (p *parser) item(raw string) {
	s := p.spec
	it := Item{Pos: p.pos(0), Raw: raw, Section: len(s.Sections) - 1, Depth: p.depth}
	body := strings.TrimRight(raw, " \t\r\n\v\f")
	lead := span(body, isSpace)
	text := body[lead:]
	cond := conditionWord(text)
	switch {
	case text == "":
		it.Kind = KindBlank
	case cond != "":
		it.Kind = KindCondition
		it.Condition = &Condition{Keyword: cond, Expr: trimSpace(text[1+len(cond):])}
		p.nest(&it)
	case hasWord(text, "%include"):
		it.Kind = KindInclude
	case sectionWord(body) != "":
		name := sectionWord(body)
		s.Sections[len(s.Sections)-1].Last = len(s.Items)
		s.Sections = append(s.Sections, Section{Name: name, Args: trimSpace(body[1+len(name):]), Pos: it.Pos, First: len(s.Items)})
		it.Kind, it.Section = KindSection, len(s.Sections)-1
	case text[0] == '#', hasWord(text, "%dnl"):
		it.Kind = KindComment
	default:
		if it.Macro = p.macro(body, lead); it.Macro != nil {
			it.Kind = KindMacro
		} else if s.Sections[it.Section].Preamble() {
			if it.Tag = p.tag(body); it.Tag != nil {
				it.Kind = KindTag
			}
		}
	}
	s.Items = append(s.Items, it)
}

// nest keeps count of the open conditionals. Whether they balance is for
// [Spec.Evaluate] to say: in a branch that does not count, rpm sees an %endif
// even in the body of a definition.
func (p *parser) nest(it *Item) {
	switch {
	case strings.HasPrefix(it.Condition.Keyword, "if"):
		p.depth++
	case p.depth == 0:
	case it.Condition.Keyword == "endif":
		p.depth--
		it.Depth--
	default:
		it.Depth--
	}
}

// tag reads "Name(qualifier): value"; nil when the line is something else.
func (p *parser) tag(body string) *Tag {
	n := span(body, func(c byte) bool { return isAlnum(c) || c == '_' || c == '-' })
	if n == 0 {
		return nil
	}
	t := &Tag{Name: body[:n]}
	i := n + span(body[n:], isBlank)
	if i < len(body) && body[i] == '(' {
		end := strings.IndexByte(body[i:], ')')
		if end < 0 {
			return nil
		}
		t.Qualifier = trimSpace(body[i+1 : i+end])
		i += end + 1
		i += span(body[i:], isBlank)
	}
	if i >= len(body) || body[i] != ':' {
		return nil
	}
	i++
	i += span(body[i:], isSpace)
	t.Value, t.ValuePos = body[i:], p.pos(i)
	return t
}

// macro reads a definition; nil when the line is something else. The forms
// %{!?x:%global x 1} and %{?x:%define y z} count when they are all there is
// on the line.
func (p *parser) macro(body string, lead int) *Macro {
	i, end := lead, len(body)
	for depth := 0; strings.HasPrefix(body[i:end], "%{") && body[end-1] == '}'; depth++ {
		if depth == 8 {
			return nil
		}
		colon := strings.IndexByte(body[i:end], ':')
		if colon < 0 || matchBrace(body, i+1) != end-1 {
			return nil
		}
		i += colon + 1
		i += span(body[i:end], isSpace)
		end--
		end -= len(body[i:end]) - len(strings.TrimRight(body[i:end], " \t\r\n"))
	}
	if i >= end || body[i] != '%' {
		return nil
	}
	n := span(body[i+1:end], func(c byte) bool { return isAlnum(c) || c == '_' })
	word := body[i+1 : i+1+n]
	switch word {
	case "define", "global", "undefine", "bcond_with", "bcond_without", "bcond":
	default:
		return nil
	}
	i += 1 + n
	if i >= end || !isBlank(body[i]) && body[i] != '\\' {
		return nil
	}
	i += span(body[i:end], isBlank)
	n = span(body[i:end], func(c byte) bool {
		return isAlnum(c) || c == '_' || c == '-' && word[0] == 'b' || c == '+' && word[0] == 'b'
	})
	if n == 0 {
		return nil
	}
	m := &Macro{Keyword: word, Name: body[i : i+n]}
	i += n
	if i < end && body[i] == '(' && (word == "define" || word == "global") {
		close := strings.IndexByte(body[i:end], ')')
		if close < 0 {
			return nil
		}
		m.HasParams, m.Params = true, body[i+1:i+close]
		i += close + 1
	}
	for i < end && (isBlank(body[i]) || strings.HasPrefix(body[i:], "\\\n")) {
		i++
		if body[i-1] == '\\' {
			i++
		}
	}
	m.Body, m.BodyPos = body[i:end], p.pos(i)
	return m
}

// matchBrace returns the index of the brace that closes the one at open, or -1.
func matchBrace(s string, open int) int {
	depth := 0
	for i := open; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

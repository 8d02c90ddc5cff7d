// SPDX-License-Identifier: MIT

package modulemd

import (
	"strings"
	"unicode/utf8"
)

// plain reads a plain scalar, over several lines if they are indented more
// than the collection around it, and returns the column of the next content.
func (p *scanner) plain(parent, at int) (int, bool) {
	if !p.plainStart(p.s[p.pos]) {
		return 0, false
	}
	line := p.line
	text, comment, ok := p.plainLine()
	if !ok {
		return 0, false
	}
	if !p.endOfLine() {
		return 0, false
	}
	first, breaks := true, 0
	for {
		for p.spaces(); !p.atEnd() && p.s[p.pos] == '\n'; p.spaces() {
			p.newline()
			breaks++
		}
		if p.atEnd() || p.pos-p.bol <= parent || p.s[p.pos] == '#' || p.s[p.pos] == '\t' {
			break
		}
		if comment || !p.plainStart(p.s[p.pos]) {
			return 0, false
		}
		var more string
		if more, comment, ok = p.plainLine(); !ok {
			return 0, false
		}
		if first {
			p.buf = append(p.buf[:0], text...)
			first = false
		}
		p.buf = fold(p.buf, breaks)
		p.buf = append(p.buf, more...)
		breaks = 0
		if !p.endOfLine() {
			return 0, false
		}
	}
	if !first {
		text = string(p.buf)
	}
	p.scalar(text, line, at)
	return p.nextContent()
}

// plainLine reads the part of a plain scalar that stands on this line and
// reports whether a comment ends it. A colon that would make it a key is not
// for us to judge.
func (p *scanner) plainLine() (text string, comment, ok bool) {
	start := p.pos
	rest := p.s[start:]
	if n := strings.IndexByte(rest, '\n'); n >= 0 {
		rest = rest[:n]
	}
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\t':
			return "", false, false
		case ':':
			if i+1 == len(rest) || rest[i+1] == ' ' {
				return "", false, false
			}
		case '#':
			if i > 0 && rest[i-1] == ' ' {
				rest, comment = rest[:i], true
			}
		}
	}
	rest = strings.TrimRight(rest, " ")
	p.pos = start + len(rest)
	return rest, comment, true
}

// fold joins two lines with breaks empty lines between them.
func fold(b []byte, breaks int) []byte {
	if breaks == 0 {
		return append(b, ' ')
	}
	for range breaks {
		b = append(b, '\n')
	}
	return b
}

// quoted reads a single- or double-quoted scalar.
func (p *scanner) quoted() (string, bool) {
	quote := p.s[p.pos]
	p.pos++
	start := p.pos
	// The usual scalar has neither breaks nor escapes and is a slice.
	for p.pos < len(p.s) {
		switch c := p.s[p.pos]; {
		case c == quote:
			if quote == '\'' && p.pos+1 < len(p.s) && p.s[p.pos+1] == '\'' {
				return p.quotedSlow(start, quote)
			}
			p.pos++
			return p.s[start : p.pos-1], true
		case c == '\n', c == '\\' && quote == '"':
			return p.quotedSlow(start, quote)
		}
		p.pos++
	}
	return "", false
}

func (p *scanner) quotedSlow(start int, quote byte) (string, bool) {
	b := append(p.buf[:0], p.s[start:p.pos]...)
	defer func() { p.buf = b[:0] }()
	keep := 0 // what was written as an escape is not trimmed
	for p.pos < len(p.s) {
		c := p.s[p.pos]
		switch {
		case c == quote:
			p.pos++
			if quote == '"' || p.atEnd() || p.s[p.pos] != '\'' {
				return string(b), true
			}
			b = append(b, '\'')
			p.pos++
		case c == '\n':
			for len(b) > keep && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
				b = b[:len(b)-1]
			}
			b = fold(b, p.emptyLines())
		case c == '\\' && quote == '"':
			var ok bool
			if b, ok = p.escape(b); !ok {
				return "", false
			}
			keep = len(b)
		default:
			b = append(b, c)
			p.pos++
		}
	}
	return "", false
}

// emptyLines goes over a line break inside a quoted scalar, the empty lines
// after it and the next line's indentation, and counts the empty lines.
func (p *scanner) emptyLines() int {
	n := -1
	for p.pos < len(p.s) {
		switch p.s[p.pos] {
		case '\n':
			n++
			p.newline()
		case ' ', '\t':
			p.pos++
		default:
			return n
		}
	}
	return n
}

// escape reads a backslash sequence of a double-quoted scalar.
func (p *scanner) escape(b []byte) ([]byte, bool) {
	if p.pos+1 >= len(p.s) {
		return b, false
	}
	c := p.s[p.pos+1]
	p.pos += 2
	switch c {
	case 'x':
		return p.escapeCode(b, 2)
	case 'u':
		return p.escapeCode(b, 4)
	case 'U':
		return p.escapeCode(b, 8)
	case '"', '\\', '/', ' ':
		return append(b, c), true
	case 'N':
		return append(b, "\u0085"...), true
	case '_':
		return append(b, "\u00a0"...), true
	case 'L':
		return append(b, "\u2028"...), true
	case 'P':
		return append(b, "\u2029"...), true
	case '\n':
		p.pos--
		if p.emptyLines() > 0 {
			return b, false
		}
		return b, true
	}
	const codes = "0\x00a\x07b\x08t\tn\nv\vf\fr\re\x1b"
	for i := 0; i < len(codes); i += 2 {
		if codes[i] == c {
			return append(b, codes[i+1]), true
		}
	}
	return b, false
}

func (p *scanner) escapeCode(b []byte, digits int) ([]byte, bool) {
	var r rune
	for range digits {
		if p.atEnd() {
			return b, false
		}
		c := p.s[p.pos]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return b, false
		}
		if r > utf8.MaxRune>>4 {
			return b, false
		}
		r = r<<4 | rune(c)
		p.pos++
	}
	if !utf8.ValidRune(r) {
		return b, false
	}
	return utf8.AppendRune(b, r), true
}

// flowSeq reads a flow sequence of scalars, which may go over several lines.
func (p *scanner) flowSeq() bool {
	if !p.enter() {
		return false
	}
	self := p.open(kindSeq, p.pos-p.bol)
	p.pos++
	for first := true; ; first = false {
		if !p.flowSpace() {
			return false
		}
		if p.s[p.pos] == ']' {
			break
		}
		if !first {
			if p.s[p.pos] != ',' {
				return false
			}
			p.pos++
			if !p.flowSpace() {
				return false
			}
			if p.s[p.pos] == ']' {
				break
			}
		}
		at, line := p.pos-p.bol, p.line
		var text string
		switch c := p.s[p.pos]; c {
		case '\'', '"':
			var ok bool
			if text, ok = p.quoted(); !ok {
				return false
			}
		default:
			if c == ':' || c == '?' || c == '-' && p.flowDash() || !p.plainStart(c) {
				return false
			}
			start := p.pos
		scan:
			for {
				if p.atEnd() {
					return false
				}
				switch p.s[p.pos] {
				case ',', ']':
					break scan
				case '\n', ':', '?', '[', '{', '}', '#', '\t':
					return false
				}
				p.pos++
			}
			text = strings.TrimRight(p.s[start:p.pos], " ")
		}
		p.scalar(text, line, at)
	}
	p.pos++
	p.close(self)
	return true
}

// flowDash reports whether a dash is followed by something that makes it
// more than the beginning of a word.
func (p *scanner) flowDash() bool {
	i := p.pos + 1
	return i >= len(p.s) || strings.IndexByte(",]}", p.s[i]) >= 0
}

// flowSpace goes over blanks and line breaks between the items of a flow
// sequence; there has to be something behind them.
func (p *scanner) flowSpace() bool {
	for p.pos < len(p.s) {
		switch p.s[p.pos] {
		case ' ':
			p.pos++
		case '\n':
			p.newline()
			if p.pos < len(p.s) && p.s[p.pos] == '%' {
				return false
			}
		case '#', '\t':
			return false
		default:
			return true
		}
	}
	return false
}

// SPDX-License-Identifier: MIT

package modulemd

import (
	"strings"
	"unicode/utf8"
)

// scanner turns the YAML that modules are written in into tokens: block
// mappings and sequences, flow sequences of scalars, every scalar style,
// comments. Whatever is rarer (tags, anchors, flow mappings, explicit keys,
// tabs as separation, odd line breaks) and whatever is wrong makes it decline,
// and the YAML library decides. It must therefore never be more tolerant than
// that library nor give other values; the fuzz tests compare them.
type scanner struct {
	s        string
	pos      int
	line     int32
	bol      int // position of the first byte of the current line
	toks     []token
	depth    int
	maxDepth int
	buf      []byte // for scalars that are not a slice of the input
}

// scan fills toks with the tokens of the document and reports whether it could.
func (p *scanner) scan(s string) bool {
	p.s, p.pos, p.line, p.bol, p.depth = s, 0, 1, 0, 0
	p.toks = p.toks[:0]
	if !printable(s) {
		return false
	}
	if strings.HasPrefix(s, "---") {
		if len(s) > 3 && s[3] != ' ' && s[3] != '\n' {
			return false
		}
		p.pos = 3
		if !p.endOfLine() {
			return false // content on the marker's line
		}
	}
	col, ok := p.nextContent()
	if !ok || p.atEnd() {
		return false
	}
	if !p.isKey() {
		return false // a header has to be a mapping
	}
	if !p.blockMap(col) {
		return false
	}
	return p.atEnd()
}

// printable reports whether s is UTF-8 that YAML allows, without the
// characters that would need care: carriage returns and Unicode line breaks.
func printable(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < 0x20 && c != '\n' && c != '\t' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1, r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff, r == 0xfffe, r == 0xffff:
			return false
		}
		i += n
	}
	return true
}

func (p *scanner) atEnd() bool { return p.pos >= len(p.s) }

func (p *scanner) newline() {
	p.pos++
	p.line++
	p.bol = p.pos
}

func (p *scanner) spaces() {
	for p.pos < len(p.s) && p.s[p.pos] == ' ' {
		p.pos++
	}
}

// endOfLine goes over spaces and a comment to the end of the line, and over
// the line break. It reports whether there was nothing else.
func (p *scanner) endOfLine() bool {
	p.spaces()
	if p.pos < len(p.s) && p.s[p.pos] == '#' && (p.pos == p.bol || p.s[p.pos-1] == ' ') {
		n := strings.IndexByte(p.s[p.pos:], '\n')
		if n < 0 {
			p.pos = len(p.s)
			return true
		}
		p.pos += n
	}
	if p.atEnd() {
		return true
	}
	if p.s[p.pos] != '\n' {
		return false
	}
	p.newline()
	return true
}

// nextContent goes to the first character of the next line that is neither
// blank nor a comment and returns its column, from 0. At the end of the
// document the column is -1, which closes every collection.
func (p *scanner) nextContent() (int, bool) {
	for {
		p.spaces()
		if p.atEnd() {
			return -1, true
		}
		switch p.s[p.pos] {
		case '\n':
			p.newline()
		case '#':
			n := strings.IndexByte(p.s[p.pos:], '\n')
			if n < 0 {
				p.pos = len(p.s)
				return -1, true
			}
			p.pos += n
			p.newline()
		case '\t':
			return 0, false
		case '%':
			return p.pos - p.bol, p.pos != p.bol
		default:
			return p.pos - p.bol, true
		}
	}
}

func (p *scanner) open(k kind, col int) int {
	p.toks = append(p.toks, token{kind: k, line: p.line, col: int32(col + 1)})
	return len(p.toks) - 1
}

func (p *scanner) enter() bool {
	p.depth++
	return p.depth <= p.maxDepth
}

func (p *scanner) close(i int) {
	p.depth--
	p.toks[i].end = int32(len(p.toks))
}

func (p *scanner) scalar(text string, line int32, col int) {
	p.toks = append(p.toks, token{text: text, line: line, col: int32(col + 1), end: int32(len(p.toks) + 1)})
}

// blank reports whether position i is a space, a line break or the end.
func (p *scanner) blank(i int) bool {
	return i >= len(p.s) || p.s[i] == ' ' || p.s[i] == '\n'
}

// isEntry reports whether a block sequence entry begins here.
func (p *scanner) isEntry() bool { return p.s[p.pos] == '-' && p.blank(p.pos+1) }

// isKey reports whether a simple key of a block mapping begins here, in the
// plain or quoted form that key reads. It looks at no more than one line.
func (p *scanner) isKey() bool {
	pos, line, bol := p.pos, p.line, p.bol
	_, ok := p.key()
	p.pos, p.line, p.bol = pos, line, bol
	return ok
}

// maxKey is below the length from which YAML forbids simple keys, so that the
// library can say so.
const maxKey = 1000

// key reads a simple key with its colon.
func (p *scanner) key() (string, bool) {
	start := p.pos
	var text string
	switch c := p.s[p.pos]; c {
	case '\'', '"':
		line := p.line
		var ok bool
		if text, ok = p.quoted(); !ok || p.line != line {
			return "", false
		}
		p.spaces()
		if p.atEnd() || p.s[p.pos] != ':' || !p.blank(p.pos+1) {
			return "", false
		}
	default:
		if !p.plainStart(c) {
			return "", false
		}
		for {
			if p.atEnd() || p.pos-start > maxKey {
				return "", false
			}
			c := p.s[p.pos]
			if c == ':' && p.blank(p.pos+1) {
				break
			}
			if c == '\n' || c == '\t' || c == '#' && p.s[p.pos-1] == ' ' {
				return "", false
			}
			p.pos++
		}
		end := p.pos
		for p.s[end-1] == ' ' {
			end--
		}
		text = p.s[start:end]
	}
	if p.pos-start > maxKey {
		return "", false
	}
	p.pos++
	return text, true
}

// plainStart reports whether c, at the current position, can begin a plain
// scalar outside of flow collections.
func (p *scanner) plainStart(c byte) bool {
	switch c {
	case '-', '?', ':':
		return !p.blank(p.pos+1) && p.s[p.pos+1] != '\t'
	case ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '\t':
		return false
	}
	return true
}

// blockMap reads a mapping whose keys stand in column col; the scanner is at
// the first of them. It stops at the first line that is less indented.
func (p *scanner) blockMap(col int) bool {
	if !p.enter() {
		return false
	}
	self := p.open(kindMap, col)
	for {
		line := p.line
		text, ok := p.key()
		if !ok {
			return false
		}
		p.scalar(text, line, col)
		next, ok := p.value(col, true)
		if !ok {
			return false
		}
		if next > col {
			return false
		}
		if next < col {
			break
		}
	}
	p.close(self)
	return true
}

// blockSeq reads a sequence whose dashes stand in column col.
func (p *scanner) blockSeq(col int) bool {
	if !p.enter() {
		return false
	}
	self := p.open(kindSeq, col)
	for {
		p.pos++ // the dash
		next, ok := p.value(col, false)
		if !ok || next > col {
			return false
		}
		if next < col || !p.isEntry() {
			break
		}
	}
	p.close(self)
	return true
}

// value reads what follows the colon of a key (in a mapping) or a dash, in a
// collection of column col, and returns the column of the next content.
func (p *scanner) value(col int, inMap bool) (int, bool) {
	line, start := p.line, p.pos
	p.spaces()
	if p.atEnd() || p.s[p.pos] == '\n' || p.s[p.pos] == '#' && p.pos > start {
		at := p.pos - p.bol
		if !p.endOfLine() {
			return 0, false
		}
		next, ok := p.nextContent()
		if !ok {
			return 0, false
		}
		switch {
		case next > col:
			return p.node(col, next, true)
		case next == col && inMap && p.isEntry():
			if !p.blockSeq(col) {
				return 0, false
			}
			return p.here(), true
		}
		p.scalar("", line, at)
		return next, true
	}
	if !inMap {
		return p.node(col, p.pos-p.bol, true)
	}
	return p.node(col, p.pos-p.bol, false)
}

// here returns the column of the content that a nested collection stopped at.
func (p *scanner) here() int {
	if p.atEnd() {
		return -1
	}
	return p.pos - p.bol
}

// node reads the node that begins here, in column at, inside a collection of
// column parent. Block collections are allowed where block is set.
func (p *scanner) node(parent, at int, block bool) (int, bool) {
	switch c := p.s[p.pos]; c {
	case '|', '>':
		if !p.blockScalar(parent, c == '|') {
			return 0, false
		}
		return p.nextContent()
	case '[':
		if !p.flowSeq() || !p.endOfLine() {
			return 0, false
		}
		return p.nextContent()
	case '{':
		if !strings.HasPrefix(p.s[p.pos:], "{}") {
			return 0, false
		}
		p.close(p.openEmpty(at))
		p.pos += 2
		if !p.endOfLine() {
			return 0, false
		}
		return p.nextContent()
	case '\'', '"':
		if block && p.isKey() {
			return p.nested(at, true)
		}
		line := p.line
		text, ok := p.quoted()
		if !ok {
			return 0, false
		}
		p.scalar(text, line, at)
		if !p.endOfLine() {
			return 0, false
		}
		return p.nextContent()
	case '-':
		if p.isEntry() {
			if !block {
				return 0, false
			}
			return p.nested(at, false)
		}
	}
	if block && p.isKey() {
		return p.nested(at, true)
	}
	return p.plain(parent, at)
}

func (p *scanner) openEmpty(col int) int {
	p.depth++
	return p.open(kindMap, col)
}

func (p *scanner) nested(at int, isMap bool) (int, bool) {
	ok := false
	if isMap {
		ok = p.blockMap(at)
	} else {
		ok = p.blockSeq(at)
	}
	if !ok {
		return 0, false
	}
	return p.here(), true
}

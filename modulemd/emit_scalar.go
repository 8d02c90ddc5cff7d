// SPDX-License-Identifier: MIT

package modulemd

import (
	"strings"
	"unicode/utf8"
)

// style is how a scalar is asked to be written.
type style uint8

const (
	plainStyle style = iota
	singleQuoted
	doubleQuoted
	foldedStyle
)

// scalar writes s in the first style that it can have, starting with the one
// asked for.
func (e *emitter) scalar(s string, a analysis, st style) {
	if e.simpleKey && a.multiline {
		st = doubleQuoted
	}
	if st == plainStyle {
		ok := a.blockPlain
		if e.flow {
			ok = a.flowPlain
		}
		if !ok || s == "" && (e.flow || e.simpleKey) {
			st = singleQuoted
		}
	}
	if st == singleQuoted && !a.single {
		st = doubleQuoted
	}
	if st == foldedStyle && (!a.blockFit || e.flow || e.simpleKey) {
		st = doubleQuoted
	}
	e.push(true, false)
	switch st {
	case plainStyle:
		e.writePlain(s)
	case singleQuoted:
		e.writeSingle(s)
	case doubleQuoted:
		e.writeDouble(s)
	case foldedStyle:
		e.writeFolded(s)
	}
	e.pop()
}

// put writes the character at i and returns its length.
func (e *emitter) put(s string, i int) int {
	n := 1
	if s[i] >= utf8.RuneSelf {
		_, n = utf8.DecodeRuneInString(s[i:])
	}
	e.b = append(e.b, s[i:i+n]...)
	e.column++
	return n
}

// word writes what stands before the next space, break or quote, the
// character at i in any case, and returns where that ends.
func (e *emitter) word(s string, i int) int {
	start := i
	ascii := true
	for ; i < len(s); i++ {
		c := s[i]
		if c == ' ' || c == '\n' || c == '\r' || c == '\'' {
			break
		}
		if c >= utf8.RuneSelf {
			if breakAt(s, i) {
				break
			}
			ascii = false
		}
	}
	if i == start {
		return i + e.put(s, i)
	}
	e.b = append(e.b, s[start:i]...)
	if ascii {
		e.column += i - start
	} else {
		e.column += utf8.RuneCountInString(s[start:i])
	}
	return i
}

// putLineBreak writes the line break at i and returns its length.
func (e *emitter) putLineBreak(s string, i int) int {
	_, n := utf8.DecodeRuneInString(s[i:])
	e.b = append(e.b, s[i:i+n]...)
	e.column = 0
	return n
}

func breakAt(s string, i int) bool {
	switch c := s[i]; {
	case c == '\n' || c == '\r':
		return true
	case c == 0xc2 || c == 0xe2:
		r, _ := utf8.DecodeRuneInString(s[i:])
		return isBreak(r)
	}
	return false
}

func (e *emitter) writePlain(s string) {
	if !e.whitespace && (s != "" || e.flow) {
		e.b = append(e.b, ' ')
		e.column++
	}
	if n := len(s); e.simpleKey || e.column+n <= bestWidth {
		// Nothing to fold: bytes are no fewer than characters.
		e.b = append(e.b, s...)
		e.column += utf8.RuneCountInString(s)
		e.whitespace, e.indention = false, false
		return
	}
	spaces := false
	for i := 0; i < len(s); {
		if s[i] == ' ' {
			if !spaces && e.column > bestWidth && i+1 < len(s) && s[i+1] != ' ' {
				e.writeIndent()
				i++
			} else {
				i += e.put(s, i)
			}
			spaces = true
			continue
		}
		i = e.word(s, i)
		e.indention, spaces = false, false
	}
	e.whitespace, e.indention = false, false
}

func (e *emitter) writeSingle(s string) {
	e.indicator("'", true, false, false)
	spaces, breaks := false, false
	for i := 0; i < len(s); {
		switch {
		case s[i] == ' ':
			if !e.simpleKey && !spaces && e.column > bestWidth && i > 0 && i < len(s)-1 && s[i+1] != ' ' {
				e.writeIndent()
				i++
			} else {
				i += e.put(s, i)
			}
			spaces = true
		case breakAt(s, i):
			if !breaks && s[i] == '\n' {
				e.putBreak()
			}
			i += e.putLineBreak(s, i)
			e.indention, breaks = true, true
		default:
			if breaks {
				e.writeIndent()
			}
			if s[i] == '\'' {
				e.b = append(e.b, '\'')
				e.column++
			}
			i = e.word(s, i)
			e.indention, spaces, breaks = false, false, false
		}
	}
	if breaks {
		e.writeIndent()
	}
	e.indicator("'", false, false, false)
	e.whitespace, e.indention = false, false
}

func (e *emitter) writeDouble(s string) {
	e.indicator(`"`, true, false, false)
	spaces := false
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == '"', c == '\\', !printableRune(c, n), isBreak(c):
			e.invalid = e.invalid || c == utf8.RuneError && n == 1
			e.escape(c)
			i += n
			spaces = false
		case c == ' ':
			if !e.simpleKey && !spaces && e.column > bestWidth && i > 0 && i < len(s)-1 {
				e.writeIndent()
				if s[i+1] == ' ' {
					e.b = append(e.b, '\\')
					e.column++
				}
				i++
			} else {
				i += e.put(s, i)
			}
			spaces = true
		default:
			i += e.put(s, i)
			spaces = false
		}
	}
	e.indicator(`"`, false, false, false)
	e.whitespace, e.indention = false, false
}

func (e *emitter) escape(c rune) {
	const short = "\x000\x07a\x08b\x09t\x0an\x0bv\x0cf\x0dr\x1be\"\"\\\\"
	start := len(e.b)
	e.b = append(e.b, '\\')
	switch {
	case c < utf8.RuneSelf && strings.IndexByte(short, byte(c))%2 == 0:
		e.b = append(e.b, short[strings.IndexByte(short, byte(c))+1])
	case c == 0x85:
		e.b = append(e.b, 'N')
	case c == 0x2028:
		e.b = append(e.b, 'L')
	case c == 0x2029:
		e.b = append(e.b, 'P')
	case c <= 0xff:
		e.hex('x', c, 2)
	case c <= 0xffff:
		e.hex('u', c, 4)
	default:
		e.hex('U', c, 8)
	}
	e.column += len(e.b) - start
}

func (e *emitter) hex(prefix byte, c rune, width int) {
	e.b = append(e.b, prefix)
	for shift := (width - 1) * 4; shift >= 0; shift -= 4 {
		e.b = append(e.b, "0123456789ABCDEF"[c>>shift&15])
	}
}

func (e *emitter) writeFolded(s string) {
	e.indicator(">", true, false, false)
	if s[0] == ' ' || breakAt(s, 0) {
		e.indicator("2", false, false, false)
	}
	last, n := utf8.DecodeLastRuneInString(s)
	if !isBreak(last) {
		e.indicator("-", false, false, false)
	} else if rest := s[:len(s)-n]; rest == "" {
		e.indicator("+", false, false, false)
	} else if before, _ := utf8.DecodeLastRuneInString(rest); isBreak(before) {
		e.indicator("+", false, false, false)
	}
	e.putBreak()
	e.indention, e.whitespace = true, true
	breaks, leading := true, true
	for i := 0; i < len(s); {
		if breakAt(s, i) {
			if !breaks && !leading && s[i] == '\n' {
				k := i
				for k < len(s) && breakAt(s, k) {
					_, n := utf8.DecodeRuneInString(s[k:])
					k += n
				}
				if k < len(s) && !blankAt(s, k) {
					e.putBreak()
				}
			}
			i += e.putLineBreak(s, i)
			e.indention, breaks = true, true
			continue
		}
		if breaks {
			e.writeIndent()
			leading = s[i] == ' ' || s[i] == '\t'
		}
		if !breaks && s[i] == ' ' && e.column > bestWidth && i+1 < len(s) && s[i+1] != ' ' {
			e.writeIndent()
			i++
		} else {
			i = e.word(s, i)
		}
		e.indention, breaks = false, false
	}
}

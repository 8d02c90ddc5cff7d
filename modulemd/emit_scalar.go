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

// analysis says which styles a scalar can be written in.
type analysis struct {
	multiline                               bool
	flowPlain, blockPlain, single, blockFit bool
}

// What a byte means for analyze, behind the first one of a scalar.
const (
	byteHarmless = iota
	byteFlow     // an indicator in flow collections only
	byteColon
	byteSpace
	byteHash
	byteRare // control characters and all that is not ASCII
)

var byteClass = func() (class [256]uint8) {
	for c := range class {
		switch {
		case c < ' ' || c > '~':
			class[c] = byteRare
		case strings.IndexByte(",?[]{}", byte(c)) >= 0:
			class[c] = byteFlow
		}
	}
	class[':'], class[' '], class['#'] = byteColon, byteSpace, byteHash
	return class
}()

// analyze finds out what a scalar contains, by libyaml's rules. The usual
// ones, in ASCII and beginning with a letter or digit, take the quick way.
func analyze(s string) analysis {
	if s == "" {
		return analysis{blockPlain: true, single: true}
	}
	if c := s[0]; c < '0' || c > 'z' || c > '9' && c < 'A' || c > 'Z' && c < 'a' {
		return analyzeAll(s)
	}
	flowInd, blockInd := false, false
	for i := 1; i < len(s); i++ {
		switch byteClass[s[i]] {
		case byteHarmless:
		case byteFlow:
			flowInd = true
		case byteColon:
			flowInd = true
			if i+1 == len(s) || s[i+1] == ' ' {
				blockInd = true
			}
		case byteSpace:
			if i+1 == len(s) || s[i+1] == '#' {
				return analyzeAll(s)
			}
		case byteRare:
			return analyzeAll(s)
		}
	}
	return analysis{flowPlain: !flowInd && !blockInd, blockPlain: !blockInd, single: true, blockFit: true}
}

func analyzeAll(s string) analysis {
	var flowInd, blockInd, breaks, special bool
	var leadSpace, leadBreak, trailSpace, trailBreak, breakSpace, spaceBreak bool
	var prevSpace, prevBreak bool
	if strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...") {
		flowInd, blockInd = true, true
	}
	preceded := true
	for i := 0; i < len(s); {
		c, n := rune(s[i]), 1
		if c >= utf8.RuneSelf {
			c, n = utf8.DecodeRuneInString(s[i:])
		}
		followed := i+n >= len(s) || blankAt(s, i+n)
		first, last := i == 0, i+n == len(s)
		switch c {
		case '#':
			if first || preceded {
				flowInd, blockInd = true, true
			}
		case ',', '[', ']', '{', '}':
			flowInd = true
			blockInd = blockInd || first
		case '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`':
			if first {
				flowInd, blockInd = true, true
			}
		case '?':
			flowInd = true
			blockInd = blockInd || first && followed
		case ':':
			flowInd = true
			blockInd = blockInd || followed
		case '-':
			if first && followed {
				flowInd, blockInd = true, true
			}
		}
		special = special || !printableRune(c, n)
		brk := isBreak(c)
		breaks = breaks || brk
		switch {
		case c == ' ':
			leadSpace = leadSpace || first
			trailSpace = trailSpace || last
			breakSpace = breakSpace || prevBreak
			prevSpace, prevBreak = true, false
		case brk:
			leadBreak = leadBreak || first
			trailBreak = trailBreak || last
			spaceBreak = spaceBreak || prevSpace
			prevSpace, prevBreak = false, true
		default:
			prevSpace, prevBreak = false, false
		}
		preceded = c == ' ' || c == '\t' || brk
		i += n
	}
	a := analysis{multiline: breaks, flowPlain: true, blockPlain: true, single: true, blockFit: true}
	if leadSpace || leadBreak || trailSpace || trailBreak || breaks {
		a.flowPlain, a.blockPlain = false, false
	}
	if trailSpace {
		a.blockFit = false
	}
	if breakSpace {
		a.flowPlain, a.blockPlain, a.single = false, false, false
	}
	if spaceBreak || special {
		a.flowPlain, a.blockPlain, a.single, a.blockFit = false, false, false, false
	}
	if flowInd {
		a.flowPlain = false
	}
	if blockInd {
		a.blockPlain = false
	}
	return a
}

func isBreak(c rune) bool {
	return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029
}

// blankAt reports whether a blank, a break or a NUL stands at i.
func blankAt(s string, i int) bool {
	c := rune(s[i])
	if c >= utf8.RuneSelf {
		c, _ = utf8.DecodeRuneInString(s[i:])
	}
	return c == ' ' || c == '\t' || c == 0 || isBreak(c)
}

// printableRune reports whether libyaml writes a character as it is outside
// of double quotes.
func printableRune(c rune, n int) bool {
	switch {
	case c == '\n', c >= 0x20 && c <= 0x7e, c >= 0xa0 && c <= 0xd7ff:
		return true
	case c == utf8.RuneError && n == 1, c == 0xfeff, c == 0xfffe, c == 0xffff:
		return false
	}
	return c >= 0xe000 && c <= 0xfffd
}

// looksNumeric reports whether readers could take a text for a number. The
// rule is the reference's own and odd: an exponent needs a point before it.
func looksNumeric(s string) bool {
	if c := s[0]; c > '9' || c < '+' {
		return false
	}
	if s == ".nan" {
		return true
	}
	if s[0] == '+' || s[0] == '-' {
		s = s[1:]
	}
	if s == ".inf" {
		return true
	}
	if len(s) > 2 && s[0] == '0' && s[1] == 'x' {
		return strings.Trim(s[2:], "0123456789abcdefABCDEF") == ""
	}
	if len(s) > 2 && s[0] == '0' && s[1] == 'o' {
		return strings.Trim(s[2:], "01234567") == ""
	}
	point, exponent, digit := false, false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digit = true
		case c == '.' && !point:
			point = true
		case (c == 'e' || c == 'E') && point && !exponent:
			exponent = true
			if i+1 < len(s) && (s[i+1] == '+' || s[i+1] == '-') {
				i++
			}
		default:
			return false
		}
	}
	return digit
}

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

// SPDX-License-Identifier: MIT

package modulemd

import (
	"strings"
	"unicode/utf8"
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

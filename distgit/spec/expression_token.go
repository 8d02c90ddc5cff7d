// SPDX-License-Identifier: MIT

package spec

import "strings"

// next reads a token: an operator, or a value, for which the token is "v", or
// "f" for a function's name.
func (p *exprParser) next() {
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
	if p.at >= len(p.text) {
		p.token = ""
		return
	}
	rest := p.text[p.at:]
	for _, op := range []string{"==", "!=", "<=", ">=", "&&", "||"} {
		if strings.HasPrefix(rest, op) {
			p.token = op
			p.at += 2
			return
		}
	}
	c := rest[0]
	switch {
	case strings.IndexByte("+-*/()!<>?:,", c) >= 0:
		p.token = rest[:1]
		p.at++
	case isDigit(c) || c == mark || c == '%' && p.expand:
		p.number()
	case c == '"' || strings.HasPrefix(rest, `v"`):
		p.quoted(c == 'v')
	case isAlpha(c):
		n := span(rest, func(c byte) bool { return isAlnum(c) || c == '_' || c == '.' || c == ':' })
		if n < len(rest) && rest[n] == '(' {
			p.token, p.value = "f", exprValue{kind: 's', s: rest[:n]}
			p.at += n
			return
		}
		p.fail("bare words are no longer supported, please use \"...\"")
	default:
		p.fail("parse error in expression")
	}
}

// skip returns the index after the macro or mark at i.
func (p *exprParser) skip(i int) int {
	if p.text[i] == mark {
		return markEnd(p.text, i)
	}
	if i+1 < len(p.text) && p.text[i+1] == '%' {
		return i + 2
	}
	if end := macroEnd(p.text, i+1); end >= 0 {
		return max(end, i+1)
	}
	return len(p.text)
}

func (p *exprParser) number() {
	i := p.at
	for i < len(p.text) {
		if p.text[i] == mark || p.text[i] == '%' && p.expand {
			i = p.skip(i)
		} else if isDigit(p.text[i]) {
			i++
		} else {
			break
		}
	}
	text := p.text[p.at:i]
	p.at, p.token = i, "v"
	if p.discard > 0 {
		p.value = exprValue{kind: 'i'}
		return
	}
	if p.expand {
		text = p.x.expand(text)
	}
	if marked(text) {
		p.value = exprValue{why: onlyMarks(text)}
		return
	}
	digits := strings.TrimPrefix(text, "-")
	if span(digits, isDigit) != len(digits) {
		p.fail("macro expansion did not return an integer")
		return
	}
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
		if n > 1<<40 {
			n = 1 << 40
		}
	}
	if digits != text {
		n = -n
	}
	p.value = exprValue{kind: 'i', n: n}
}

func (p *exprParser) quoted(version bool) {
	i := p.at + 1
	if version {
		i++
	}
	start := i
	for i < len(p.text) && p.text[i] != '"' {
		if p.text[i] == mark || p.text[i] == '%' && p.expand {
			i = p.skip(i)
		} else {
			i++
		}
	}
	if i >= len(p.text) {
		p.fail("unterminated string in expression")
		return
	}
	text := p.text[start:i]
	p.at, p.token = i+1, "v"
	kind := byte('s')
	if version {
		kind = 'v'
	}
	switch {
	case p.discard > 0:
		text = ""
		if version {
			text = "0"
		}
	case p.expand:
		text = p.x.expand(text)
	}
	if marked(text) {
		p.value = exprValue{why: onlyMarks(text)}
		return
	}
	if version {
		if _, ok := parseLabel(text); !ok {
			p.fail("invalid version")
			return
		}
	}
	p.value = exprValue{kind: kind, s: text}
}

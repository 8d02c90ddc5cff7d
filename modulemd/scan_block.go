// SPDX-License-Identifier: MIT

package modulemd

import "strings"

// blockScalar reads a literal or folded scalar inside a collection of column
// parent. The rules of folding are those of YAML 1.1, as the reference's
// library applies them.
func (p *scanner) blockScalar(parent int, literal bool) bool {
	line, at := p.line, p.pos-p.bol
	p.pos++
	chomp, indent := 0, 0
	for p.pos < len(p.s) {
		c := p.s[p.pos]
		if c == '+' && chomp == 0 {
			chomp = 1
		} else if c == '-' && chomp == 0 {
			chomp = -1
		} else if c >= '1' && c <= '9' && indent == 0 {
			indent = int(c-'0') + parent
		} else {
			break
		}
		p.pos++
	}
	if !p.endOfLine() {
		return false
	}
	breaks, ok := p.blockBreaks(&indent, parent)
	if !ok {
		return false
	}
	start := len(p.buf)
	b := p.buf
	haveBreak, leadingBlank := false, false
	for p.pos-p.bol == indent && !p.atEnd() {
		trailingBlank := p.s[p.pos] == ' ' || p.s[p.pos] == '\t'
		if haveBreak {
			if !literal && !leadingBlank && !trailingBlank {
				if breaks == 0 {
					b = append(b, ' ')
				}
			} else {
				b = append(b, '\n')
			}
			haveBreak = false
		}
		for ; breaks > 0; breaks-- {
			b = append(b, '\n')
		}
		leadingBlank = trailingBlank
		n := strings.IndexByte(p.s[p.pos:], '\n')
		if n < 0 {
			b = append(b, p.s[p.pos:]...)
			p.pos = len(p.s)
			break
		}
		b = append(b, p.s[p.pos:p.pos+n]...)
		p.pos += n
		p.newline()
		haveBreak = true
		if breaks, ok = p.blockBreaks(&indent, parent); !ok {
			return false
		}
	}
	if chomp != -1 && haveBreak {
		b = append(b, '\n')
	}
	if chomp == 1 {
		for ; breaks > 0; breaks-- {
			b = append(b, '\n')
		}
	}
	p.scalar(string(b[start:]), line, at)
	p.buf = b[:start]
	return true
}

// blockBreaks eats indentation and empty lines; it finds the indentation of a
// block scalar when that is not known yet.
func (p *scanner) blockBreaks(indent *int, parent int) (breaks int, ok bool) {
	most := 0
	for {
		for (*indent == 0 || p.pos-p.bol < *indent) && !p.atEnd() && p.s[p.pos] == ' ' {
			p.pos++
		}
		most = max(most, p.pos-p.bol)
		if p.atEnd() {
			break
		}
		if p.s[p.pos] == '\t' && (*indent == 0 || p.pos-p.bol < *indent) {
			return 0, false
		}
		if p.s[p.pos] != '\n' {
			break
		}
		p.newline()
		breaks++
	}
	if *indent == 0 {
		*indent = max(most, parent+1, 1)
	}
	return breaks, true
}

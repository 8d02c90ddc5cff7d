// SPDX-License-Identifier: MIT

package xmlrpc

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// text takes the character data up to the next tag, which it leaves. The
// slice is valid until the next read. Comments and processing instructions
// inside are dropped, CDATA and references resolved, line ends normalised.
func (s *scanner) text() ([]byte, error) {
	n, ascii := 0, true
	for {
		b := s.buf[s.pos:s.end]
		for n < len(b) {
			switch classes[b[n]] {
			case 0:
				n++
				continue
			case high:
				ascii = false
				n++
				continue
			case slow:
				return s.slowText()
			}
			if n+1 >= len(b) {
				break
			}
			if c := b[n+1]; c == '!' || c == '?' || !ascii && !utf8.Valid(b[:n]) {
				return s.slowText()
			}
			if n > s.maxText {
				return nil, s.tooLong()
			}
			s.pos += n
			return b[:n], nil
		}
		if n > s.maxText {
			return nil, s.tooLong()
		}
		if !s.more() {
			return nil, s.ended("inside a text")
		}
	}
}

func (s *scanner) tooLong() error {
	return s.fail(ErrLimit, "text longer than "+strconv.Itoa(s.maxText)+" bytes")
}

// slowText is text for what can't be returned as it stands.
func (s *scanner) slowText() ([]byte, error) {
	out := s.scratch[:0]
	defer func() { s.scratch = out[:0] }()
	for {
		if len(out) > s.maxText {
			return nil, s.tooLong()
		}
		if s.pos == s.end && !s.more() {
			return nil, s.ended("inside a text")
		}
		n := s.pos
		for n < s.end && classes[s.buf[n]] == 0 {
			n++
		}
		out = append(out, s.buf[s.pos:n]...)
		s.pos = n
		if n == s.end {
			continue
		}
		var err error
		switch c := s.buf[n]; {
		case c == '<':
			if !s.need(2) {
				return nil, s.ended("inside a text")
			}
			switch s.buf[s.pos+1] {
			case '?':
				err = s.instruction()
			case '!':
				if s.literal("<![CDATA[") {
					out, err = s.cdata(out)
				} else {
					err = s.comment()
				}
			default:
				return out, nil
			}
		case c == '&':
			out, err = s.reference(out)
		case c == '\r':
			out = append(out, '\n')
			s.pos++
			s.literal("\n")
		case c >= utf8.RuneSelf:
			out, err = s.rune(out)
		default:
			err = s.forbidden(rune(c))
			s.pos++
		}
		if err != nil {
			return nil, err
		}
	}
}

// forbidden refuses a character that XML does not allow, unless lenient.
func (s *scanner) forbidden(r rune) error {
	if s.lenient {
		return nil
	}
	return s.fail(ErrSyntax, fmt.Sprintf("character %U is not allowed in XML", r))
}

// rune takes one character that is not ASCII.
func (s *scanner) rune(out []byte) ([]byte, error) {
	for !utf8.FullRune(s.buf[s.pos:s.end]) && s.more() {
	}
	r, size := utf8.DecodeRune(s.buf[s.pos:s.end])
	if r == utf8.RuneError && size <= 1 {
		if !s.lenient {
			return out, s.fail(ErrSyntax, "invalid UTF-8")
		}
		s.pos++
		return append(out, "\uFFFD"...), nil
	}
	out = append(out, s.buf[s.pos:s.pos+size]...)
	s.pos += size
	return out, nil
}

// cdata takes what is left of a CDATA section.
func (s *scanner) cdata(out []byte) ([]byte, error) {
	for {
		if s.pos == s.end && !s.more() {
			return out, s.ended("inside a CDATA section")
		}
		if len(out) > s.maxText {
			return out, s.tooLong()
		}
		var err error
		switch c := s.buf[s.pos]; {
		case c == ']':
			if s.literal("]]>") {
				return out, nil
			}
			out = append(out, c)
			s.pos++
		case c == '\r':
			out = append(out, '\n')
			s.pos++
			s.literal("\n")
		case c >= utf8.RuneSelf:
			out, err = s.rune(out)
		case classes[c] == slow && c != '&':
			err = s.forbidden(rune(c))
			s.pos++
		default:
			out = append(out, c)
			s.pos++
		}
		if err != nil {
			return out, err
		}
	}
}

// reference takes a character reference or one of XML's five entities.
func (s *scanner) reference(out []byte) ([]byte, error) {
	const longest = 16
	s.need(longest)
	b := s.buf[s.pos+1 : min(s.end, s.pos+longest)]
	i := bytes.IndexByte(b, ';')
	if i < 0 {
		return out, s.fail(ErrSyntax, "'&' without a reference")
	}
	b = b[:i]
	var r rune
	switch string(b) {
	case "lt":
		r = '<'
	case "gt":
		r = '>'
	case "amp":
		r = '&'
	case "quot":
		r = '"'
	case "apos":
		r = '\''
	default:
		digits, base := b, 10
		if len(b) > 1 && b[0] == '#' {
			if digits = b[1:]; digits[0] == 'x' {
				digits, base = digits[1:], 16
			}
		} else {
			return out, s.fail(ErrSyntax, "unknown entity &"+string(b)+";")
		}
		n, err := strconv.ParseUint(string(digits), base, 32)
		if err != nil || n > utf8.MaxRune {
			return out, s.fail(ErrSyntax, "malformed reference &"+string(b)+";")
		}
		r = rune(n)
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0xD800 && r < 0xE000 || r == 0xFFFE || r == 0xFFFF {
			s.pos += i + 2
			return out, s.forbidden(r)
		}
	}
	s.pos += i + 2
	return utf8.AppendRune(out, r), nil
}

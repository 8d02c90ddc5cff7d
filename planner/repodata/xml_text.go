// SPDX-License-Identifier: MIT

package repodata

import (
	"bytes"
	"hash/maphash"
	"strconv"
	"unicode/utf8"
)

// attr goes to the next attribute of the start tag: key and raw val.
func (s *xmlScanner) attr() (bool, error) {
	a := s.attrs
	i := 0
	for i < len(a) && a[i] <= ' ' {
		i++
	}
	if i == len(a) {
		return false, nil
	}
	eq := bytes.IndexByte(a[i:], '=')
	if eq <= 0 {
		return false, s.fail(ErrInvalid, "an attribute without a value")
	}
	key := bytes.TrimRight(a[i:i+eq], " \t\r\n")
	j := i + eq + 1
	for j < len(a) && a[j] <= ' ' {
		j++
	}
	if j == len(a) || a[j] != '"' && a[j] != '\'' {
		return false, s.fail(ErrInvalid, "an attribute without quotes")
	}
	k := bytes.IndexByte(a[j+1:], a[j])
	if k < 0 {
		return false, s.fail(ErrInvalid, "an attribute that does not end")
	}
	s.key, s.val = key, a[j+1:j+1+k]
	s.attrs = a[j+k+2:]
	return true, nil
}

// text returns the raw text of the element just begun, up to its first child
// or its end; CDATA and comments inside are resolved. The bytes are valid
// until the next call of anything.
func (s *xmlScanner) text() ([]byte, error) {
	if s.empty {
		return nil, nil
	}
	n, err := s.until("<")
	if err != nil {
		return nil, err
	}
	raw := s.buf[s.pos : s.pos+n-1]
	s.pos += n - 1
	if s.pos+1 < s.end && s.buf[s.pos+1] != '!' {
		return s.unescape(raw)
	}
	if raw, err = s.unescape(raw); err != nil {
		return nil, err
	}
	out := bytes.Clone(raw)
	for {
		if ok, err := s.need(2); err != nil || !ok || s.buf[s.pos+1] != '!' {
			return out, err
		}
		start := s.offset()
		if _, err := s.need(9); err != nil {
			return nil, err
		}
		data := bytes.HasPrefix(s.buf[s.pos:s.end], []byte("<![CDATA["))
		if data {
			n, err := s.until("]]>")
			if err != nil {
				return nil, err
			}
			out = append(out, s.buf[s.pos+9:s.pos+n-3]...)
			s.pos += n
		} else if err := s.skipBang(); err != nil {
			return nil, err
		}
		n, err := s.until("<")
		if err != nil {
			return nil, err
		}
		more := s.buf[s.pos : s.pos+n-1]
		s.pos += n - 1
		if more, err = s.unescape(more); err != nil {
			return nil, err
		}
		if out = append(out, more...); len(out) > maxToken || s.offset()-start > maxToken {
			return nil, s.fail(ErrTooLarge, "a text is longer than 16 MiB")
		}
	}
}

// unescape resolves entities and refuses what is not UTF-8.
func (s *xmlScanner) unescape(b []byte) ([]byte, error) {
	if !utf8.Valid(b) {
		return nil, s.fail(ErrInvalid, "text that is not UTF-8")
	}
	i := bytes.IndexByte(b, '&')
	if i < 0 {
		return b, nil
	}
	out := s.spare[:0]
	for {
		out = append(out, b[:i]...)
		b = b[i:]
		j := bytes.IndexByte(b, ';')
		if j < 0 || j > 12 {
			return nil, s.fail(ErrInvalid, "'&' that begins no entity")
		}
		r, ok := entity(b[1:j])
		if !ok {
			return nil, s.fail(ErrInvalid, "unknown entity "+string(b[:j+1]))
		}
		out = utf8.AppendRune(out, r)
		b = b[j+1:]
		if i = bytes.IndexByte(b, '&'); i < 0 {
			s.spare = append(out, b...)
			return s.spare, nil
		}
	}
}

func entity(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := string(name[1:]), 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n == 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

// str makes a string of bytes; texts that came a short while ago are shared.
func (s *xmlScanner) str(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	slot := &s.texts[maphash.Bytes(s.seed, b)&uint64(len(s.texts)-1)]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}

// value is the current attribute's value as a string.
func (s *xmlScanner) value() (string, error) {
	b, err := s.unescape(s.val)
	return s.str(b), err
}

// textString is the element's text as a string, blanks around it dropped.
func (s *xmlScanner) textString() (string, error) {
	b, err := s.text()
	return s.str(bytes.Trim(b, " \t\r\n")), err
}

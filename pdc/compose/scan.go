// SPDX-License-Identifier: MIT

package compose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

const (
	scanBuffer = 128 << 10
	maxToken   = 4 << 20 // largest string, number or unknown member in rpms.json
)

// scanner reads JSON tokens from a window over a stream. Slices that it
// returns hold until the next call.
type scanner struct {
	r        io.Reader
	buf      []byte
	pos, end int
	base     int64 // offset of buf[0]
	keep     int   // start of what fill must keep, -1 for pos
	err      error // of the reader, io.EOF at the end
	long     []byte
}

var errToken = errors.New("string, number or member is too long")

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, scanBuffer), keep: -1}
}

// fill reads more; it reports whether there was more.
func (s *scanner) fill() bool {
	if s.err != nil {
		return false
	}
	from := s.pos
	if s.keep >= 0 {
		from = s.keep
	}
	if from > 0 {
		copy(s.buf, s.buf[from:s.end])
		s.base += int64(from)
		s.end -= from
		s.pos -= from
		if s.keep >= 0 {
			s.keep = 0
		}
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= maxToken {
			s.err = errToken
			return false
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if err != nil {
			s.err = err
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	s.err = io.ErrNoProgress
	return false
}

// fail makes the error at the present place.
func (s *scanner) fail(format string, args ...any) error {
	if s.err == errToken {
		return invalid("rpms", fmt.Sprintf("offset %d", s.base+int64(s.pos)), "%v", errToken)
	}
	if s.err != nil && s.err != io.EOF {
		return &Error{Op: "rpms", Path: fmt.Sprintf("offset %d", s.base+int64(s.pos)), Msg: s.err.Error(), Err: s.err}
	}
	if s.pos >= s.end && s.err == io.EOF {
		return &Error{Op: "rpms", Path: fmt.Sprintf("offset %d", s.base+int64(s.pos)), Msg: "the file is cut off",
			Err: errors.Join(ErrInvalid, io.ErrUnexpectedEOF)}
	}
	return invalid("rpms", fmt.Sprintf("offset %d", s.base+int64(s.pos)), format, args...)
}

// peek skips space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for {
		b := s.buf[s.pos:s.end]
		for i, c := range b {
			if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
				s.pos += i
				return c
			}
		}
		s.pos = s.end
		if !s.fill() {
			return 0
		}
	}
}

func (s *scanner) expect(c byte) error {
	if got := s.peek(); got != c || s.pos >= s.end {
		return s.fail("want %q", c)
	}
	s.pos++
	return nil
}

// plain are the bytes that a string may hold as they are.
var plain = func() (t [256]bool) {
	for i := range t {
		t[i] = i >= 0x20 && i < 0x80 && i != '"' && i != '\\'
	}
	return t
}()

// str reads a string.
func (s *scanner) str() ([]byte, error) {
	if s.peek() != '"' {
		return nil, s.fail("want a string")
	}
	s.keep = s.pos
	defer func() { s.keep = -1 }()
	i, odd := s.pos+1, false
	for {
		for i < s.end && plain[s.buf[i]] {
			i++
		}
		if i >= s.end {
			n := i - s.keep
			s.pos = s.end
			if !s.fill() {
				return nil, s.fail("string is cut off")
			}
			i = s.keep + n
			continue
		}
		switch c := s.buf[i]; {
		case c == '"':
			raw := s.buf[s.keep : i+1]
			s.pos = i + 1
			if !odd {
				return raw[1 : len(raw)-1], nil
			}
			return s.unquote(raw)
		case c < 0x20:
			s.pos = i
			return nil, s.fail("control character in a string")
		case c == '\\':
			if i+1 >= s.end {
				n := i - s.keep
				s.pos = s.end
				if !s.fill() {
					return nil, s.fail("string is cut off")
				}
				i = s.keep + n
			}
			i++
		}
		odd = true
		i++
	}
}

// unquote reads a string with escapes or letters outside ASCII.
func (s *scanner) unquote(raw []byte) ([]byte, error) {
	if !utf8.Valid(raw) {
		return nil, s.fail("string is not UTF-8")
	}
	var v string
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, s.fail("%v", err)
	}
	s.long = append(s.long[:0], v...)
	return s.long, nil
}

// null reads the word if it is next.
func (s *scanner) null() bool {
	if s.peek() != 'n' {
		return false
	}
	for s.end-s.pos < 4 {
		if !s.fill() {
			return false
		}
	}
	if !bytes.Equal(s.buf[s.pos:s.pos+4], []byte("null")) {
		return false
	}
	s.pos += 4
	return true
}

// object goes through the members of an object; member reads the value.
func (s *scanner) object(member func(key []byte) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	for {
		key, err := s.str()
		if err != nil {
			return err
		}
		// The colon nearly always follows at once, which keeps the key in place.
		if s.pos < s.end && s.buf[s.pos] == ':' {
			s.pos++
		} else {
			s.long = append(s.long[:0], key...)
			key = s.long
			if err := s.expect(':'); err != nil {
				return err
			}
		}
		if err := member(key); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return nil
		default:
			return s.fail("want a comma or the end of the object")
		}
	}
}

// names is object for members that are names, and so can't be empty.
func (s *scanner) names(member func(key []byte) error) error {
	return s.object(func(key []byte) error {
		if len(key) == 0 {
			return s.fail("empty name")
		}
		return member(key)
	})
}

// value reads any value and returns its bytes, checked.
func (s *scanner) value() (json.RawMessage, error) {
	s.peek()
	s.keep = s.pos
	depth, inString := 0, false
	i := s.pos
	for {
		if i >= s.end {
			n := i - s.keep
			s.pos = s.end
			if !s.fill() {
				s.keep = -1
				return nil, s.fail("value is cut off")
			}
			i = s.keep + n
			continue
		}
		c := s.buf[i]
		switch {
		case inString && c == '\\':
			i++ // what follows can't end the string; if it isn't there, the loop asks for it
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']' || c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t':
			if depth == 0 {
				raw := bytes.Clone(s.buf[s.keep:i])
				s.pos, s.keep = i, -1
				if !json.Valid(raw) || !utf8.Valid(raw) {
					return nil, s.fail("value is not JSON")
				}
				return raw, nil
			}
			if c == '}' || c == ']' {
				depth--
			}
		}
		i++
		if depth == 0 && !inString && (c == '}' || c == ']' || c == '"') {
			raw := bytes.Clone(s.buf[s.keep:i])
			s.pos, s.keep = i, -1
			if !json.Valid(raw) || !utf8.Valid(raw) {
				return nil, s.fail("value is not JSON")
			}
			return raw, nil
		}
	}
}

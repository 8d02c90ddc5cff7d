// SPDX-License-Identifier: MIT

package xmlrpc

import (
	"bytes"
	"io"
	"strconv"
	"unicode/utf8"
)

// Options limit what a document may cost. The zero value stands for the
// defaults, which fit the largest answers of the largest public hubs.
type Options struct {
	// MaxBytes limits the document; 0 means 1 GiB, negative no limit.
	MaxBytes int64
	// MaxText limits one text, base64 data included; 0 means 256 MiB.
	MaxText int
	// MaxDepth limits the nesting of arrays and structs; 0 means 256.
	MaxDepth int
	// Lenient drops characters that XML forbids (control characters in old
	// changelogs) and replaces invalid UTF-8 by U+FFFD, instead of failing.
	Lenient bool
}

const (
	firstWindow = 4 << 10
	window      = 64 << 10
)

// classes of bytes inside text; 0 is plain.
const (
	special = 1 + iota // '<'
	slow               // '&', CR and control characters
	high               // not ASCII
)

var classes = func() (t [256]uint8) {
	for i := range t {
		switch {
		case i == '<':
			t[i] = special
		case i == '&', i == '\r', i < ' ' && i != '\t' && i != '\n':
			t[i] = slow
		case i >= utf8.RuneSelf:
			t[i] = high
		}
	}
	return t
}()

// scanner cuts a document into tags and texts over a sliding window.
type scanner struct {
	r       io.Reader
	buf     []byte
	pos     int   // next unread byte in buf
	end     int   // end of valid bytes in buf
	off     int64 // bytes of the document before buf[0]
	err     error // what the reader said last
	maxText int
	maxDoc  int64
	lenient bool
	scratch []byte // texts that can't be returned as they stand
	name    []byte // name of a tag that needed the slow path
}

func (s *scanner) offset() int64 { return s.off + int64(s.pos) }

func (s *scanner) fail(class error, msg string) error {
	return &Error{Offset: s.offset(), Msg: msg, Err: class}
}

// more reads further bytes behind buf[pos:end], which moves to the front.
func (s *scanner) more() bool {
	if s.err != nil {
		return false
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.off += int64(s.pos)
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) || s.off > 0 && len(s.buf) < window {
		size := 2 * len(s.buf)
		switch {
		case size == 0:
			size = firstWindow
		case size < window:
			size = window
		}
		grown := make([]byte, size)
		copy(grown, s.buf[:s.end])
		s.buf = grown
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		if n < 0 || n > len(s.buf)-s.end {
			err, n = io.ErrNoProgress, 0
		}
		s.end += n
		if s.maxDoc > 0 && s.off+int64(s.end) > s.maxDoc {
			s.end = max(s.pos, int(s.maxDoc-s.off))
			s.err = ErrLimit
			return n > 0 && s.end > s.pos
		}
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

// ended explains why more returned false.
func (s *scanner) ended(what string) error {
	s.pos = s.end
	switch s.err {
	case ErrLimit:
		return s.fail(ErrLimit, "the document is longer than "+strconv.FormatInt(s.maxDoc, 10)+" bytes")
	case io.EOF, nil:
		return s.fail(errTruncated, "the document ends "+what)
	}
	return &Error{Offset: s.offset(), Msg: "read " + what + ": " + s.err.Error(), Err: s.err}
}

// errTruncated is both a syntax error and an unexpected end of file.
var errTruncated error = truncated{}

type truncated struct{}

func (truncated) Error() string        { return "unexpected end of the document" }
func (truncated) Is(target error) bool { return target == ErrSyntax || target == io.ErrUnexpectedEOF }

// need makes at least n bytes available if the document has them.
func (s *scanner) need(n int) bool {
	for s.end-s.pos < n {
		if !s.more() {
			return false
		}
	}
	return true
}

// literal takes lit if it comes next.
func (s *scanner) literal(lit string) bool {
	if s.end-s.pos < len(lit) && !s.need(len(lit)) {
		return false
	}
	if string(s.buf[s.pos:s.pos+len(lit)]) != lit {
		return false
	}
	s.pos += len(lit)
	return true
}

func blank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// space skips white space; it returns false at the end of the document.
func (s *scanner) space() bool {
	for {
		for s.pos < s.end {
			if !blank(s.buf[s.pos]) {
				return true
			}
			s.pos++
		}
		if !s.more() {
			return false
		}
	}
}

type tagKind uint8

const (
	opening tagKind = iota
	closing
	empty
)

// tag takes the next tag and returns its name without a namespace prefix, in
// a slice that is valid until the next read. Only white space, comments and
// processing instructions may stand before it.
func (s *scanner) tag() ([]byte, tagKind, error) {
	for {
		if !s.space() {
			return nil, 0, s.ended("where a tag is due")
		}
		if s.buf[s.pos] != '<' {
			return nil, 0, s.unexpectedText()
		}
		if !s.need(3) {
			return nil, 0, s.ended("inside a tag")
		}
		switch s.buf[s.pos+1] {
		case '!':
			if !bytes.HasPrefix(s.buf[s.pos:s.end], []byte("<!-")) {
				return nil, 0, s.fail(ErrSyntax, "document type declarations and CDATA are not allowed here")
			}
			if err := s.comment(); err != nil {
				return nil, 0, err
			}
			continue
		case '?':
			if err := s.instruction(); err != nil {
				return nil, 0, err
			}
			continue
		}
		b := s.buf[s.pos:s.end]
		kind, n := opening, 1
		if b[1] == '/' {
			kind, n = closing, 2
		}
		start := n
		for n < len(b) {
			c := b[n]
			if c == '>' {
				if n == start {
					return nil, 0, s.fail(ErrSyntax, "tag without a name")
				}
				s.pos += n + 1
				return b[start:n], kind, nil
			}
			if c == '/' || c == ':' || c <= ' ' || c == '<' {
				break
			}
			n++
		}
		return s.slowTag()
	}
}

func (s *scanner) unexpectedText() error {
	b := s.buf[s.pos:min(s.end, s.pos+20)]
	return s.fail(ErrSyntax, "text "+strconv.Quote(string(b))+" where a tag is due")
}

const maxTag = 4096

// slowTag reads a tag with attributes, a prefix, a closing slash, or one that
// is cut by the window.
func (s *scanner) slowTag() ([]byte, tagKind, error) {
	n, quote := 1, byte(0)
scan:
	for {
		for s.pos+n < s.end {
			c := s.buf[s.pos+n]
			switch {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '<':
				return nil, 0, s.fail(ErrSyntax, "'<' inside a tag")
			case c == '>':
				break scan
			}
			n++
			if n > maxTag {
				return nil, 0, s.fail(ErrLimit, "tag longer than "+strconv.Itoa(maxTag)+" bytes")
			}
		}
		if !s.more() {
			return nil, 0, s.ended("inside a tag")
		}
	}
	body := s.buf[s.pos+1 : s.pos+n]
	kind := opening
	if len(body) > 0 && body[0] == '/' {
		kind, body = closing, body[1:]
	} else if len(body) > 0 && body[len(body)-1] == '/' {
		kind, body = empty, body[:len(body)-1]
	}
	name, rest := body, []byte(nil)
	for i, c := range body {
		if c <= ' ' {
			name, rest = body[:i], body[i:]
			break
		}
	}
	if len(name) == 0 {
		return nil, 0, s.fail(ErrSyntax, "tag without a name")
	}
	if kind == closing && len(bytes.TrimSpace(rest)) > 0 {
		return nil, 0, s.fail(ErrSyntax, "attribute in a closing tag")
	}
	if i := bytes.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	if bytes.IndexByte(name, '/') >= 0 {
		return nil, 0, s.fail(ErrSyntax, "'/' inside a tag")
	}
	s.name = append(s.name[:0], name...)
	s.pos += n + 1
	return s.name, kind, nil
}

// comment skips a comment; "<!-" comes next.
func (s *scanner) comment() error {
	if !s.literal("<!--") {
		return s.fail(ErrSyntax, "malformed comment")
	}
	for {
		if i := bytes.Index(s.buf[s.pos:s.end], []byte("--")); i >= 0 {
			s.pos += i + 2
			if !s.need(1) {
				return s.ended("inside a comment")
			}
			if s.buf[s.pos] != '>' {
				return s.fail(ErrSyntax, "'--' inside a comment")
			}
			s.pos++
			return nil
		}
		if s.end-s.pos > 1 {
			s.pos = s.end - 1
		}
		if !s.more() {
			return s.ended("inside a comment")
		}
	}
}

// instruction skips a processing instruction; "<?" comes next. An XML
// declaration with an encoding other than UTF-8 or ASCII is refused.
func (s *scanner) instruction() error {
	decl := s.need(6) && string(s.buf[s.pos:s.pos+5]) == "<?xml" && blank(s.buf[s.pos+5])
	if decl && s.offset() != 0 {
		return s.fail(ErrSyntax, "XML declaration inside the document")
	}
	s.pos += 2
	for {
		if i := bytes.Index(s.buf[s.pos:s.end], []byte("?>")); i >= 0 {
			body := s.buf[s.pos : s.pos+i]
			s.pos += i + 2
			if decl {
				return s.encoding(body)
			}
			return nil
		}
		if !decl && s.end-s.pos > 1 {
			s.pos = s.end - 1
		}
		if s.end-s.pos > maxTag {
			return s.fail(ErrLimit, "XML declaration longer than "+strconv.Itoa(maxTag)+" bytes")
		}
		if !s.more() {
			return s.ended("inside a processing instruction")
		}
	}
}

func (s *scanner) encoding(decl []byte) error {
	_, after, ok := bytes.Cut(decl, []byte("encoding"))
	if !ok {
		return nil
	}
	name := bytes.ToLower(bytes.Trim(after, " \t\r\n='\""))
	switch string(name) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return nil
	}
	return s.fail(ErrSyntax, "encoding "+strconv.Quote(string(name))+" is not supported")
}

// SPDX-License-Identifier: MIT

package repodata

import (
	"bytes"
	"errors"
	"hash/maphash"
	"io"
	"strconv"
)

// maxToken is the most that one tag or one text may take.
const maxToken = 16 << 20

// xmlScanner walks through the XML that repositories consist of: elements,
// attributes and text, no DTD. Names are compared without their prefix.
type xmlScanner struct {
	r    io.Reader
	file string
	what string // the package being read

	buf      []byte
	pos, end int
	base     int64 // offset of buf[0]
	eof      bool

	stack []byte // names of the open elements
	marks []int  // where each begins in stack

	// The current start tag.
	name  []byte // local name
	attrs []byte // what is left of its attributes
	level int    // 1 for the root
	empty bool   // <a/>
	root  bool   // a root was seen
	key   []byte
	val   []byte

	seed  maphash.Seed
	texts []string
	spare []byte
}

func newXML(r io.Reader, file string) *xmlScanner {
	return &xmlScanner{
		r: r, file: file, buf: make([]byte, 256<<10),
		seed: maphash.MakeSeed(), texts: make([]string, 1<<14),
	}
}

func (s *xmlScanner) offset() int64 { return s.base + int64(s.pos) }

func (s *xmlScanner) fail(err error, msg string) error {
	return &Error{File: s.file, Package: s.what, Offset: s.offset(), Msg: msg, Err: err}
}

// fill reads more behind the unread bytes; io.EOF means there is no more.
func (s *xmlScanner) fill() error {
	if s.eof {
		return io.EOF
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.base += int64(s.pos)
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= maxToken {
			return s.fail(ErrTooLarge, "a tag or a text is longer than 16 MiB")
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if err == io.EOF {
			s.eof = true
			if n == 0 {
				return io.EOF
			}
			return nil
		}
		if err != nil {
			var own *Error
			if errors.As(err, &own) {
				return own
			}
			return s.fail(readError(err), "")
		}
		if n > 0 {
			return nil
		}
	}
	return s.fail(io.ErrNoProgress, "")
}

// need makes sure that n unread bytes are there; false at the end.
func (s *xmlScanner) need(n int) (bool, error) {
	for s.end-s.pos < n {
		if err := s.fill(); err == io.EOF {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	return true, nil
}

// until returns the length of the unread bytes up to and with what.
func (s *xmlScanner) until(what string) (int, error) {
	from := 0
	for {
		if i := bytes.Index(s.buf[s.pos+from:s.end], []byte(what)); i >= 0 {
			return from + i + len(what), nil
		}
		from = max(0, s.end-s.pos-len(what)+1)
		if err := s.fill(); err == io.EOF {
			return 0, s.fail(ErrTruncated, "the file ends inside of markup")
		} else if err != nil {
			return 0, err
		}
	}
}

// next goes to the next tag, dropping text. start tells an element's begin
// from its end; io.EOF is returned after the root.
func (s *xmlScanner) next() (start bool, err error) {
	for {
		i := bytes.IndexByte(s.buf[s.pos:s.end], '<')
		if i != 0 {
			n := i
			if i < 0 {
				n = s.end - s.pos
			}
			if len(s.marks) == 0 && !blank(s.buf[s.pos:s.pos+n]) {
				return false, s.fail(ErrInvalid, "text outside of the document")
			}
			s.pos += n
		}
		if i < 0 {
			if err := s.fill(); err == io.EOF {
				switch {
				case len(s.marks) > 0:
					return false, s.fail(ErrTruncated, "the file ends inside of <"+string(s.top())+">")
				case !s.root:
					return false, s.fail(ErrTruncated, "no document")
				}
				return false, io.EOF
			} else if err != nil {
				return false, err
			}
			continue
		}
		ok, err := s.need(2)
		if err != nil {
			return false, err
		}
		if !ok {
			return false, s.fail(ErrTruncated, "the file ends inside of markup")
		}
		switch s.buf[s.pos+1] {
		case '?':
			n, err := s.until("?>")
			if err != nil {
				return false, err
			}
			if err := s.declaration(s.buf[s.pos : s.pos+n]); err != nil {
				return false, err
			}
			s.pos += n
		case '!':
			if err := s.skipBang(); err != nil {
				return false, err
			}
		case '/':
			return false, s.endTag()
		default:
			return true, s.startTag()
		}
	}
}

func blank(b []byte) bool {
	return len(bytes.TrimLeft(b, " \t\r\n\ufeff")) == 0
}

func (s *xmlScanner) top() []byte { return s.stack[s.marks[len(s.marks)-1]:] }

// declaration refuses other encodings than UTF-8.
func (s *xmlScanner) declaration(b []byte) error {
	if !bytes.HasPrefix(b, []byte("<?xml ")) {
		return nil
	}
	i := bytes.Index(b, []byte("encoding="))
	if i < 0 {
		return nil
	}
	v := b[i+len("encoding="):]
	if len(v) > 6 && (bytes.EqualFold(v[1:6], []byte("utf-8")) || bytes.EqualFold(v[1:6], []byte("us-as"))) {
		return nil
	}
	return s.fail(ErrUnsupported, "another encoding than UTF-8")
}

// skipBang goes past a comment or a CDATA section.
func (s *xmlScanner) skipBang() error {
	if _, err := s.need(9); err != nil {
		return err
	}
	b := s.buf[s.pos:s.end]
	ends := ""
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		ends = "-->"
	case bytes.HasPrefix(b, []byte("<![CDATA[")) && len(s.marks) > 0:
		ends = "]]>"
	default:
		return s.fail(ErrUnsupported, "a document type or other declaration")
	}
	n, err := s.until(ends)
	s.pos += n
	return err
}

// tag returns the length of the tag at pos, quotes regarded.
func (s *xmlScanner) tag() (int, error) {
	i := 1
	for {
		b := s.buf[s.pos:s.end]
	scan:
		for i < len(b) {
			switch b[i] {
			case '>':
				return i + 1, nil
			case '<':
				return 0, s.fail(ErrInvalid, "'<' inside of a tag")
			case '"', '\'':
				value := b[i+1:]
				j := bytes.IndexByte(value, b[i])
				if j >= 0 {
					value = value[:j]
				}
				if bytes.IndexByte(value, '<') >= 0 {
					return 0, s.fail(ErrInvalid, "'<' inside of a tag")
				}
				if j < 0 {
					break scan
				}
				i += j + 2
			default:
				i++
			}
		}
		if err := s.fill(); err == io.EOF {
			return 0, s.fail(ErrTruncated, "the file ends inside of a tag")
		} else if err != nil {
			return 0, err
		}
	}
}

func (s *xmlScanner) endTag() error {
	n, err := s.until(">")
	if err != nil {
		return err
	}
	name := bytes.TrimRight(s.buf[s.pos+2:s.pos+n-1], " \t\r\n")
	if len(s.marks) == 0 || !bytes.Equal(name, s.top()) {
		return s.fail(ErrInvalid, "</"+cutText(name)+"> ends nothing")
	}
	s.level = len(s.marks)
	s.marks, s.stack = s.marks[:len(s.marks)-1], s.stack[:s.marks[len(s.marks)-1]]
	s.pos += n
	return nil
}

func cutText(b []byte) string {
	if len(b) > 40 {
		return strconv.QuoteToASCII(string(b[:40])) + "..."
	}
	return string(b)
}

func (s *xmlScanner) startTag() error {
	n, err := s.tag()
	if err != nil {
		return err
	}
	b := s.buf[s.pos+1 : s.pos+n-1]
	s.empty = len(b) > 0 && b[len(b)-1] == '/'
	if s.empty {
		b = b[:len(b)-1]
	}
	i := 0
	for i < len(b) && b[i] > ' ' {
		i++
	}
	full := b[:i]
	if len(full) == 0 || full[0] == '"' || full[0] == '\'' || full[0] == '=' {
		return s.fail(ErrInvalid, "a tag without a name")
	}
	s.name = full
	if j := bytes.IndexByte(full, ':'); j >= 0 {
		s.name = full[j+1:]
	}
	s.attrs = b[i:]
	if len(s.marks) == 0 {
		if s.root {
			return s.fail(ErrInvalid, "a second document")
		}
		s.root = true
	}
	if len(s.marks) > 100 {
		return s.fail(ErrTooLarge, "elements are nested more than 100 deep")
	}
	s.level = len(s.marks) + 1
	if !s.empty {
		s.marks = append(s.marks, len(s.stack))
		s.stack = append(s.stack, full...)
	}
	s.pos += n
	return nil
}

// SPDX-License-Identifier: MIT

package modulemd

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// splitter cuts a stream into documents at the markers that stand at the
// beginning of a line. YAML forbids these inside every kind of scalar, so no
// parsing is needed.
type splitter struct {
	r     io.Reader
	opts  *Options
	buf   []byte
	start int // of the document being collected
	pos   int // of the next line
	line  int // number of the next line
	index int
	eof   bool
	begun bool // the byte order mark has been looked for
	// More is the state between documents: a document's marker was read
	// ahead and its document starts at start.
	open      bool
	openLine  int
	directive int // where directives before the next document begin, -1 if none
	directAt  int // their line
}

func newSplitter(r io.Reader, o *Options) *splitter {
	return &splitter{r: r, opts: o, line: 1, directive: -1}
}

// readLine returns the next line with its break; io.EOF after the last.
func (s *splitter) readLine() ([]byte, error) {
	searched := 0
	for {
		if n := bytes.IndexByte(s.buf[s.pos+searched:], '\n'); n >= 0 {
			line := s.buf[s.pos : s.pos+searched+n+1]
			s.pos += len(line)
			s.line++
			return line, nil
		}
		searched = len(s.buf) - s.pos
		if s.eof {
			if searched == 0 {
				return nil, io.EOF
			}
			line := s.buf[s.pos:]
			s.pos = len(s.buf)
			s.line++
			return line, nil
		}
		if len(s.buf)-s.start > s.opts.MaxDocument {
			return nil, s.failure(ClassLimit, s.line, fmt.Sprintf("document is larger than %d bytes", s.opts.MaxDocument))
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
		if searched > len(s.buf)-s.pos { // a byte order mark was taken out
			searched = 0
		}
	}
}

// minRead is how much room is made for a read.
const minRead = 16 << 10

// fill reads more input behind what has been collected.
func (s *splitter) fill() error {
	if cap(s.buf)-len(s.buf) < minRead {
		buf := s.buf
		if len(s.buf)-s.start > cap(s.buf)/2 || cap(s.buf) == 0 {
			buf = make([]byte, 0, 2*cap(s.buf)+minRead)
		}
		s.buf = append(buf[:0], s.buf[s.start:]...)
		s.pos -= s.start
		if s.directive >= 0 {
			s.directive -= s.start
		}
		s.start = 0
	}
	for range 100 {
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		if err == io.EOF {
			s.eof = true
		} else if err != nil {
			return err
		}
		if !s.begun && (len(s.buf) >= 3 || s.eof) {
			s.begun = true
			if err := s.byteOrder(); err != nil {
				return err
			}
		}
		if n > 0 || s.eof {
			return nil
		}
	}
	return io.ErrNoProgress
}

// byteOrder removes a byte order mark and turns UTF-16 into UTF-8.
func (s *splitter) byteOrder() error {
	switch {
	case bytes.HasPrefix(s.buf, []byte("\xef\xbb\xbf")):
		s.buf = s.buf[:copy(s.buf, s.buf[3:])]
	case bytes.HasPrefix(s.buf, []byte("\xff\xfe")), bytes.HasPrefix(s.buf, []byte("\xfe\xff")):
		big := s.buf[0] == 0xfe
		rest, err := io.ReadAll(s.r)
		if err != nil {
			return err
		}
		raw := append(s.buf[2:], rest...)
		units := make([]uint16, 0, len(raw)/2)
		for i := 0; i+1 < len(raw); i += 2 {
			u := uint16(raw[i]) | uint16(raw[i+1])<<8
			if big {
				u = u<<8 | u>>8
			}
			units = append(units, u)
		}
		s.buf = s.buf[:0]
		for _, r := range utf16.Decode(units) {
			s.buf = utf8.AppendRune(s.buf, r)
		}
		s.eof = true
	}
	return nil
}

func (s *splitter) failure(c Class, line int, msg string) *Error {
	return &Error{File: s.opts.Name, Document: s.index + 1, Line: line, Column: 1, Class: c, Msg: msg}
}

// marker reports whether line begins with the three-byte marker m.
func marker(line []byte, m byte) bool {
	if len(line) < 3 || line[0] != m || line[1] != m || line[2] != m {
		return false
	}
	return len(line) == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\n' || line[3] == '\r'
}

// empty reports whether line holds nothing but blanks and a comment.
func empty(line []byte) bool {
	line = bytes.TrimLeft(line, " \t\r\n")
	return len(line) == 0 || line[0] == '#'
}

// next returns the next document. The error is io.EOF at the end, an *Error
// for text that belongs to no document (after which next may be called
// again) or a limit, or what reading gave.
func (s *splitter) next() (document, error) {
	inside, started := s.open, s.openLine
	s.open = false
	for {
		at := s.pos - s.start // positions move when the buffer does
		number := s.line
		line, err := s.readLine()
		if err == io.EOF {
			if !inside && s.directive < 0 {
				return document{}, io.EOF
			}
			if !inside {
				started = s.directAt
			}
			return s.cut(s.pos, started), nil
		}
		if err != nil {
			return document{}, err
		}
		at += s.start
		switch {
		case marker(line, '-'):
			if inside {
				end := at
				begin, beginLine := at, number
				if s.directive >= 0 {
					end, begin, beginLine = s.directive, s.directive, s.directAt
				}
				d := s.cutTo(end, begin, started)
				s.open, s.openLine = true, beginLine
				return d, nil
			}
			inside, started = true, number
			s.start = at
			if s.directive >= 0 {
				s.start, started = s.directive, s.directAt
			}
			s.directive = -1
		case marker(line, '.'):
			switch {
			case inside:
			case s.directive >= 0: // which a document has to follow
				inside, started, s.start = true, s.directAt, s.directive
			case s.index == 0:
				inside, started, s.start = true, number, at // the end of an empty document
			}
			if inside {
				s.directive = -1
				d := s.cutTo(at, s.pos, started)
				if !empty(line[3:]) {
					s.pos = at // what follows the marker belongs nowhere
					s.line--
					s.buf[at], s.buf[at+1], s.buf[at+2] = ' ', ' ', ' '
					s.start = at
				}
				return d, nil
			}
			if !empty(line[3:]) {
				return s.stray(number)
			}
			s.start = s.pos
		case line[0] == '%' && s.directive < 0:
			s.directive, s.directAt = at, number
		case line[0] == '%' || empty(line):
			if !inside && s.directive < 0 {
				s.start = s.pos
			}
		case inside:
			s.directive = -1
		case s.index > 0:
			s.directive = -1
			return s.stray(number)
		default:
			inside, started, s.start = true, number, at
			if s.directive >= 0 { // not allowed, which is for the parser to say
				s.start, started = s.directive, s.directAt
			}
			s.directive = -1
		}
	}
}

// stray goes over text between documents and reports it.
func (s *splitter) stray(number int) (document, error) {
	err := s.failure(ClassUnparseable, number, "text between documents: a document begins with ---")
	s.index++
	for {
		line := s.line
		s.start = s.pos
		text, e := s.readLine()
		if e == io.EOF {
			return document{}, err
		}
		if e != nil {
			return document{}, e
		}
		if marker(text, '-') {
			s.start = s.pos - len(text)
			s.open, s.openLine = true, line
			return document{}, err
		}
	}
}

// cut ends the document at end, where the next one begins too.
func (s *splitter) cut(end, line int) document {
	s.directive = -1
	return s.cutTo(end, end, line)
}

func (s *splitter) cutTo(end, begin, line int) document {
	s.index++
	d := document{text: string(s.buf[s.start:end]), line: line, index: s.index}
	s.start = begin
	s.directive = -1
	return d
}

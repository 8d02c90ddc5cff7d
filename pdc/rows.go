// SPDX-License-Identifier: MIT

package pdc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// rowReader splits an answer into rows: a bare array, or an object with count,
// next and results. It holds no more than one row.
type rowReader struct {
	r   io.Reader // nil when buf is all there is
	buf []byte
	pos int
	eof bool

	ioErr   error // what reading failed with
	state   state
	bare    bool
	count   int
	nextURL string
}

type state uint8

const (
	atStart state = iota
	inObject
	inRows
	atEnd
)

var (
	errTruncated = errors.New("answer ends too early")
	errShape     = errors.New("neither a list nor an object with results")
)

// next returns the next row, valid until the call after it; io.EOF at the end.
func (r *rowReader) next() ([]byte, error) {
	for {
		switch r.state {
		case atStart:
			switch c, err := r.peek(); {
			case err != nil:
				return nil, r.early(err)
			case c == '[':
				r.pos++
				r.state, r.bare = inRows, true
			case c == '{':
				r.pos++
				r.state = inObject
			default:
				return nil, errShape
			}
		case inObject:
			done, err := r.member()
			if err != nil {
				return nil, r.early(err)
			}
			if done {
				r.state = atEnd
			}
		case inRows:
			c, err := r.peek()
			switch {
			case err != nil:
				return nil, r.early(err)
			case c == ',':
				r.pos++
			case c == ']':
				r.pos++
				if r.state = inObject; r.bare {
					r.state = atEnd
				}
			default:
				return r.value()
			}
		case atEnd:
			if _, err := r.peek(); err == io.EOF {
				return nil, io.EOF
			} else if err != nil {
				return nil, err
			}
			return nil, errors.New("text after the answer")
		}
	}
}

func (r *rowReader) early(err error) error {
	if err == io.EOF {
		return errTruncated
	}
	return err
}

// member reads one member of the envelope, or finds its end.
func (r *rowReader) member() (done bool, err error) {
	c, err := r.peek()
	if err != nil {
		return false, err
	}
	switch c {
	case '}':
		r.pos++
		return true, nil
	case ',':
		r.pos++
		if _, err = r.peek(); err != nil {
			return false, err
		}
	}
	raw, err := r.value()
	if err != nil {
		return false, err
	}
	key := string(raw)
	if c, err = r.peek(); err != nil {
		return false, err
	}
	if c != ':' {
		return false, errShape
	}
	r.pos++
	if c, err = r.peek(); err != nil {
		return false, err
	}
	if key == `"results"` && c == '[' {
		r.pos++
		r.state = inRows
		return false, nil
	}
	if raw, err = r.value(); err != nil {
		return false, err
	}
	switch key {
	case `"count"`:
		err = json.Unmarshal(raw, &r.count)
	case `"next"`:
		err = json.Unmarshal(raw, &r.nextURL) // null leaves it empty
	case `"results"`:
		err = errShape
	}
	return false, err
}

// peek returns the next byte that is no space, without taking it.
func (r *rowReader) peek() (byte, error) {
	for {
		r.pos = space(r.buf, r.pos)
		if r.pos < len(r.buf) {
			return r.buf[r.pos], nil
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
}

// value takes the JSON value at the present position.
func (r *rowReader) value() ([]byte, error) {
	for {
		// A number or literal at the end of the window may go on.
		end := skip(r.buf, r.pos)
		if end > 0 && (end < len(r.buf) || r.eof || closed(r.buf[end-1])) {
			v := r.buf[r.pos:end]
			r.pos = end
			return v, nil
		}
		if err := r.fill(); err != nil {
			return nil, r.early(err)
		}
	}
}

func closed(c byte) bool { return c == '"' || c == '}' || c == ']' }

// fill reads more, dropping what was consumed.
func (r *rowReader) fill() error {
	if r.eof {
		if r.ioErr != nil {
			return r.ioErr
		}
		return io.EOF
	}
	rest := len(r.buf) - r.pos
	if cap(r.buf) < 64<<10 || rest > cap(r.buf)/2 {
		grown := make([]byte, rest, max(64<<10, 2*cap(r.buf)))
		copy(grown, r.buf[r.pos:])
		r.buf = grown
	} else {
		r.buf = r.buf[:copy(r.buf[:cap(r.buf)], r.buf[r.pos:])]
	}
	r.pos = 0
	for {
		n, err := r.r.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		if err != nil {
			if r.eof = true; err != io.EOF {
				r.ioErr = err
			}
			if n == 0 {
				return err
			}
		}
		if n > 0 {
			return nil
		}
	}
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skip returns the end of the value that begins at i, or 0 when it doesn't end
// in b. It only finds the bounds: decoding judges what is inside.
func skip(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			for i++; ; i++ {
				n := bytes.IndexByte(b[i:], '"')
				if n < 0 {
					return 0
				}
				slashes := 0
				for k := i + n - 1; k >= i && b[k] == '\\'; k-- {
					slashes++
				}
				if i += n; slashes%2 == 0 {
					break
				}
			}
			i++
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		default:
			if depth > 0 {
				i++
				continue
			}
			start := i
			for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] != ':' && b[i] > ' ' {
				i++
			}
			if i == start { // a stray comma: let decoding complain
				i++
			}
		}
		if depth <= 0 {
			return i
		}
	}
	return 0
}

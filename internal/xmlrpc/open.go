// SPDX-License-Identifier: MIT

package xmlrpc

import "bytes"

// startValue takes <value> or <value/>.
func (d *Decoder) startValue() error {
	name, kind, err := d.tag()
	if err != nil {
		return err
	}
	if kind == closing || string(name) != "value" {
		return d.unexpectedTag(name, kind, "<value>")
	}
	d.started(kind)
	return nil
}

func (d *Decoder) started(k tagKind) {
	d.state = started
	if k == empty {
		d.state = bare
	}
}

// Kind tells what the value that comes next is, without taking it.
func (d *Decoder) Kind() (Kind, error) {
	switch d.state {
	case opened:
		return d.kind, nil
	case noValue:
		return 0, d.fail(ErrSyntax, "no value comes next")
	case bare:
		return d.untyped(nil), nil
	}
	if k := d.openFast(); k != 0 {
		d.kind, d.state, d.read, d.closed = k, opened, false, false
		return k, nil
	}
	text, err := d.text()
	if err != nil {
		return 0, err
	}
	// The next read would overwrite text.
	d.early = append(d.early[:0], text...)
	name, kind, err := d.tag()
	if err != nil {
		return 0, err
	}
	if kind == closing {
		if string(name) != "value" {
			return 0, d.unexpectedTag(name, kind, "</value>")
		}
		return d.untyped(d.early), nil
	}
	if len(bytes.TrimSpace(d.early)) > 0 {
		return 0, d.fail(ErrSyntax, "text and an element in one value")
	}
	t, ok := types[string(name)]
	if !ok {
		return 0, d.unexpectedTag(name, kind, "a type")
	}
	d.kind, d.state, d.typ, d.closed = t.kind, opened, t.name, false
	if d.read = kind == empty; d.read {
		d.typ, d.early = "", d.early[:0]
	}
	return d.kind, nil
}

// untyped opens a string without a type, whose end was taken already.
func (d *Decoder) untyped(text []byte) Kind {
	d.kind, d.state, d.typ, d.read, d.closed, d.early = String, opened, "", true, true, text
	return String
}

// content takes the text of the opened scalar.
func (d *Decoder) content() ([]byte, error) {
	if d.read {
		return d.early, nil
	}
	return d.text()
}

// openFast takes the type tags as Python writes them.
func (d *Decoder) openFast() Kind {
	if d.end-d.pos < 8 && !d.need(8) {
		return 0
	}
	b := d.buf[d.pos:]
	if b[0] != '<' {
		return 0
	}
	switch b[1] {
	case 's':
		if string(b[:8]) == "<string>" {
			d.pos += 8
			d.typ = "string"
			return String
		}
		if string(b[:8]) == "<struct>" {
			d.pos += 8
			d.typ = "struct"
			return Struct
		}
	case 'i':
		if string(b[:5]) == "<int>" {
			d.pos += 5
			d.typ = "int"
			return Int
		}
	case 'd':
		if string(b[:8]) == "<double>" {
			d.pos += 8
			d.typ = "double"
			return Double
		}
	}
	return 0
}

// close takes what ends the opened value.
func (d *Decoder) close() error {
	d.state = noValue
	if d.closed {
		return nil
	}
	if d.typ != "" {
		if err := d.expectEnd(d.typ); err != nil {
			return err
		}
	}
	return d.expectEnd("value")
}

var types = map[string]struct {
	kind Kind
	name string
}{
	"nil": {Nil, "nil"}, "int": {Int, "int"}, "i4": {Int, "i4"}, "i8": {Int, "i8"}, "i1": {Int, "i1"}, "i2": {Int, "i2"},
	"biginteger": {Int, "biginteger"}, "boolean": {Bool, "boolean"}, "double": {Double, "double"}, "float": {Double, "float"},
	"string": {String, "string"}, "dateTime.iso8601": {Time, "dateTime.iso8601"}, "base64": {Bytes, "base64"},
	"array": {Array, "array"}, "struct": {Struct, "struct"},
}

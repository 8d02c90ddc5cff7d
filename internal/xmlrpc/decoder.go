// SPDX-License-Identifier: MIT

package xmlrpc

import (
	"bytes"
	"io"
	"reflect"
	"strconv"
)

// Kind is what a value on the wire is.
type Kind uint8

// The kinds of values.
const (
	Nil Kind = iota + 1
	Int
	Bool
	Double
	String
	Time
	Bytes
	Array
	Struct
)

var kindNames = [...]string{"no value", "nil", "int", "boolean", "double", "string", "dateTime", "base64", "array", "struct"}

// String returns the kind's name in XML-RPC's words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Unmarshaler is implemented by types that read themselves. UnmarshalXMLRPC
// must take exactly one value from d: by Value, Array, Struct or Skip.
type Unmarshaler interface {
	UnmarshalXMLRPC(d *Decoder) error
}

// A Tuple is a target for an array of fixed positions: each element goes to
// the value that the pointer at its position points to. Missing elements
// leave their targets alone, more elements than targets are an error.
type Tuple []any

// A Decoder reads one document. It is not safe for concurrent use.
type Decoder struct {
	scanner
	maxDepth int
	depth    int
	state    valueState
	kind     Kind   // of the opened value
	typ      string // the element that is to be closed, "" if there is none
	read     bool   // the content is in early already
	closed   bool   // </value> was taken already
	early    []byte // text of an untyped or self-closed value
	cache    cache
	sizes    [8]int            // members of the last map, by depth
	order    map[*plan][]int16 // which field followed which, per type
}

type valueState uint8

const (
	noValue valueState = iota // outside of values
	started                   // <value> was taken
	bare                      // <value/> was taken
	opened                    // the type's tag was taken
)

// NewDecoder returns a decoder for the document in r.
func NewDecoder(r io.Reader, o Options) *Decoder {
	d := &Decoder{}
	d.r = r
	d.lenient = o.Lenient
	d.maxDoc, d.maxText, d.maxDepth = o.MaxBytes, o.MaxText, o.MaxDepth
	if d.maxDoc == 0 {
		d.maxDoc = 1 << 30
	}
	if d.maxText <= 0 {
		d.maxText = 256 << 20
	}
	if d.maxDepth <= 0 {
		d.maxDepth = 256
	}
	return d
}

// DecodeResponse reads a methodResponse into v, a pointer; nil skips the
// result. A fault is returned as a [FaultError].
func DecodeResponse(r io.Reader, v any, o Options) error {
	d := NewDecoder(r, o)
	if err := d.Response(); err != nil {
		return err
	}
	if err := d.Value(v); err != nil {
		return within(err, "result")
	}
	return d.End()
}

// DecodeCall reads a methodCall, as a server does.
func DecodeCall(r io.Reader, o Options) (method string, params []any, err error) {
	d := NewDecoder(r, o)
	if err = d.prolog("methodCall"); err != nil {
		return "", nil, err
	}
	if err = d.expect("methodName"); err != nil {
		return "", nil, err
	}
	text, err := d.text()
	if err != nil {
		return "", nil, err
	}
	method = string(bytes.TrimSpace(text))
	if err = d.expectEnd("methodName"); err != nil {
		return method, nil, err
	}
	name, kind, err := d.tag()
	if err != nil {
		return method, nil, err
	}
	params = []any{}
	if kind == closing && string(name) == "methodCall" {
		return method, params, d.eof()
	}
	if string(name) != "params" || kind == closing {
		return method, nil, d.unexpectedTag(name, kind, "<params>")
	}
	for kind != empty {
		name, kind, err = d.tag()
		if err != nil {
			return method, nil, err
		}
		if kind == closing && string(name) == "params" {
			break
		}
		if string(name) != "param" || kind != opening {
			return method, nil, d.unexpectedTag(name, kind, "<param>")
		}
		var v any
		if err = d.startValue(); err == nil {
			err = d.Value(&v)
		}
		if err != nil {
			return method, nil, within(err, "params["+strconv.Itoa(len(params))+"]")
		}
		if err = d.expectEnd("param"); err != nil {
			return method, nil, err
		}
		params = append(params, v)
	}
	if err = d.expectEnd("methodCall"); err != nil {
		return method, nil, err
	}
	return method, params, d.eof()
}

func (d *Decoder) prolog(root string) error {
	if d.need(3) && string(d.buf[d.pos:d.pos+3]) == "\xEF\xBB\xBF" {
		d.pos += 3
	}
	name, kind, err := d.tag()
	if err != nil {
		return err
	}
	if string(name) != root || kind != opening {
		return d.unexpectedTag(name, kind, "<"+root+">")
	}
	return nil
}

// Response reads up to the result's value; a fault is returned as a
// [FaultError]. Value, Array, Struct or Skip must follow, then End.
func (d *Decoder) Response() error {
	if err := d.prolog("methodResponse"); err != nil {
		return err
	}
	name, kind, err := d.tag()
	if err != nil {
		return err
	}
	switch {
	case kind == opening && string(name) == "params":
		if err := d.expect("param"); err != nil {
			return err
		}
		return d.startValue()
	case kind == opening && string(name) == "fault":
		var f struct {
			Code   int    `xmlrpc:"faultCode"`
			String string `xmlrpc:"faultString"`
		}
		if err := d.startValue(); err != nil {
			return within(err, "fault")
		}
		if err := d.Value(&f); err != nil {
			return within(err, "fault")
		}
		if err := d.expectEnd("fault"); err != nil {
			return err
		}
		return FaultError{Code: f.Code, String: f.String}
	}
	return d.unexpectedTag(name, kind, "<params> or <fault>")
}

// End reads what must follow the result and checks that nothing else does.
func (d *Decoder) End() error {
	for _, name := range [...]string{"param", "params", "methodResponse"} {
		if err := d.expectEnd(name); err != nil {
			return err
		}
	}
	return d.eof()
}

func (d *Decoder) eof() error {
	for d.space() {
		if !d.need(2) || d.buf[d.pos] != '<' {
			return d.fail(ErrSyntax, "text after the end of the document")
		}
		var err error
		switch d.buf[d.pos+1] {
		case '!':
			err = d.comment()
		case '?':
			err = d.instruction()
		default:
			err = d.fail(ErrSyntax, "another element after the end of the document")
		}
		if err != nil {
			return err
		}
	}
	if d.err != io.EOF {
		return d.ended("without an end")
	}
	return nil
}

func (d *Decoder) unexpectedTag(name []byte, kind tagKind, want string) error {
	text := string(name[:min(len(name), 40)])
	switch kind {
	case closing:
		text = "</" + text + ">"
	case empty:
		text = "<" + text + "/>"
	default:
		text = "<" + text + ">"
	}
	return d.fail(ErrSyntax, text+" where "+want+" is due")
}

func (d *Decoder) expect(want string) error {
	name, kind, err := d.tag()
	if err == nil && (kind != opening || string(name) != want) {
		err = d.unexpectedTag(name, kind, "<"+want+">")
	}
	return err
}

func (d *Decoder) expectEnd(want string) error {
	name, kind, err := d.tag()
	if err == nil && (kind != closing || string(name) != want) {
		err = d.unexpectedTag(name, kind, "</"+want+">")
	}
	return err
}

// Value takes the next value into v, a non-nil pointer; nil skips the value.
func (d *Decoder) Value(v any) error {
	switch t := v.(type) {
	case nil:
		return d.Skip()
	case *any:
		x, err := d.any()
		if err == nil {
			*t = x
		}
		return err
	case Tuple:
		return d.tuple(t)
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		return d.fail(ErrType, "the target must be a pointer, got "+rv.Type().String())
	}
	p, err := planOf(rv.Type().Elem())
	if err != nil {
		return d.fail(ErrType, err.Error())
	}
	return d.into(p, rv.Elem())
}

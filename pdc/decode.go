// SPDX-License-Identifier: MIT

package pdc

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Extra holds members of a row that its type doesn't know, by name: those of
// other generations or deployments of the server. Nil if there are none.
type Extra map[string]json.RawMessage

// decoder turns rows into T as encoding/json would, and keeps what T doesn't
// know. Names must match exactly. It is not safe for concurrent use.
type decoder[T any] struct {
	plan *plan // nil for types that encoding/json had better decode
	p    parser
}

func newDecoder[T any]() *decoder[T] {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct || ownDecoding(t) {
		return &decoder[T]{}
	}
	return &decoder[T]{plan: planOf(t, map[reflect.Type]*plan{})}
}

func (d *decoder[T]) decode(row []byte, v *T) error {
	if d.plan == nil {
		return json.Unmarshal(row, v)
	}
	d.p.b, d.p.i = row, 0
	if err := d.p.object(d.plan, reflect.ValueOf(v).Elem()); err != nil {
		return err
	}
	if d.p.space(); d.p.i < len(row) {
		return errSyntax
	}
	return nil
}

// plan is how a struct type is decoded.
type plan struct {
	members []memberPlan
	byName  map[string]int // index in members
	extra   int            // index of the field of type Extra, -1 if none
}

type memberPlan struct {
	name  string
	field int
	kind  decoding
	elem  decoding // of slices
	sub   *plan    // of structs, and of elements that are structs
	last  string   // the value before: most repeat
}

type decoding uint8

const (
	byLibrary decoding = iota
	asText
	asBool
	asInt
	asStruct
	asList
	asPointer
)

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// ownDecoding reports types that say themselves how they are read.
func ownDecoding(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(unmarshaler) || p.Implements(textUnmarshaler)
}

func decodingOf(t reflect.Type) decoding {
	if ownDecoding(t) {
		return byLibrary
	}
	switch t.Kind() {
	case reflect.String:
		return asText
	case reflect.Bool:
		return asBool
	case reflect.Int, reflect.Int64:
		return asInt
	case reflect.Struct:
		return asStruct
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return asList
		}
	case reflect.Pointer:
		return asPointer
	}
	return byLibrary
}

func planOf(t reflect.Type, known map[reflect.Type]*plan) *plan {
	if p := known[t]; p != nil {
		return p
	}
	p := &plan{byName: make(map[string]int, t.NumField()), extra: -1}
	known[t] = p
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type == reflect.TypeFor[Extra]() {
			p.extra = i
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		m := memberPlan{name: name, field: i, kind: decodingOf(f.Type)}
		inner := f.Type
		if m.kind == asList || m.kind == asPointer {
			inner = f.Type.Elem()
			if m.elem = decodingOf(inner); m.elem == asList || m.elem == asPointer {
				m.elem = byLibrary
			}
		}
		if strings.Contains(options, "string") {
			m.kind = byLibrary
		}
		if m.kind == asStruct || m.elem == asStruct {
			m.sub = planOf(inner, known)
		}
		p.byName[name] = len(p.members)
		p.members = append(p.members, m)
	}
	return p
}

var errSyntax = errors.New("broken JSON")

// parser reads one JSON value.
type parser struct {
	b []byte
	i int
}

func (p *parser) space() { p.i = space(p.b, p.i) }

// take expects a byte after spaces.
func (p *parser) take(c byte) error {
	p.space()
	if p.i >= len(p.b) || p.b[p.i] != c {
		return errSyntax
	}
	p.i++
	return nil
}

func (p *parser) peek() byte {
	p.space()
	if p.i >= len(p.b) {
		return 0
	}
	return p.b[p.i]
}

// null takes a null if there is one.
func (p *parser) null() bool {
	if p.peek() == 'n' && p.i+4 <= len(p.b) && string(p.b[p.i:p.i+4]) == "null" {
		p.i += 4
		return true
	}
	return false
}

// raw takes a value whole.
func (p *parser) raw() ([]byte, error) {
	p.space()
	end := skip(p.b, p.i)
	if end == 0 || end == p.i {
		return nil, errSyntax
	}
	v := p.b[p.i:end]
	p.i = end
	return v, nil
}

func (p *parser) object(plan *plan, v reflect.Value) error {
	if p.null() {
		return nil
	}
	if p.peek() != '{' {
		return p.mismatch("an object")
	}
	p.i++
	var extra Extra
	for next := 0; ; {
		if p.peek() == '}' && (next == 0 || p.b[p.i-1] != ',') {
			p.i++
			break
		}
		key, err := p.key()
		if err != nil {
			return err
		}
		if err := p.take(':'); err != nil {
			return err
		}
		// Rows have their members in the same order as the type, mostly.
		at, known := next, next < len(plan.members) && plan.members[next].name == string(key)
		if !known {
			at, known = lookup(plan, key)
		}
		if known {
			next = at + 1
			m := &plan.members[at]
			if err := p.member(m, v.Field(m.field)); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
		} else {
			name := string(key)
			raw, err := p.raw()
			if err != nil || !json.Valid(raw) {
				return errSyntax
			}
			if plan.extra >= 0 {
				if extra == nil {
					extra = Extra{}
				}
				extra[name] = bytes.Clone(raw)
			}
			next = max(next, 1)
		}
		switch p.peek() {
		case ',':
			p.i++
			if p.peek() != '"' {
				return errSyntax
			}
		case '}':
		default:
			return errSyntax
		}
	}
	if extra != nil {
		v.Field(plan.extra).Set(reflect.ValueOf(extra))
	}
	return nil
}

func lookup(plan *plan, key []byte) (int, bool) {
	at, ok := plan.byName[string(key)]
	return at, ok
}

// key takes a member's name.
func (p *parser) key() ([]byte, error) {
	if p.peek() != '"' {
		return nil, errSyntax
	}
	raw, err := p.raw()
	if err != nil {
		return nil, err
	}
	if plain(raw[1 : len(raw)-1]) {
		return raw[1 : len(raw)-1], nil
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return nil, errSyntax
	}
	return []byte(s), nil
}

// plain reports text that stands for itself: printable ASCII.
func plain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c >= 0x80 || c == '\\' {
			return false
		}
	}
	return true
}

func (p *parser) member(m *memberPlan, v reflect.Value) error {
	switch m.kind {
	case asText:
		if p.null() {
			return nil
		}
		s, err := p.text(m.last)
		if err != nil {
			return err
		}
		m.last = s
		v.SetString(s)
		return nil
	case asList:
		return p.list(m, v)
	case asPointer:
		if p.null() {
			v.SetZero()
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return p.value(m.elem, m.sub, v.Elem())
	}
	return p.value(m.kind, m.sub, v)
}

func (p *parser) value(kind decoding, sub *plan, v reflect.Value) error {
	if kind == asStruct {
		return p.object(sub, v)
	}
	if kind == byLibrary {
		raw, err := p.raw()
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, v.Addr().Interface())
	}
	if p.null() {
		return nil
	}
	switch kind {
	case asText:
		s, err := p.text("")
		if err != nil {
			return err
		}
		v.SetString(s)
	case asBool:
		raw, err := p.raw()
		if err != nil {
			return err
		}
		switch string(raw) {
		case "true":
			v.SetBool(true)
		case "false":
			v.SetBool(false)
		default:
			return wanted("true or false", raw)
		}
	case asInt:
		raw, err := p.raw()
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(raw), 10, v.Type().Bits())
		if err != nil || !json.Valid(raw) { // "+1" and "007" are no JSON
			return wanted("a whole number", raw)
		}
		v.SetInt(n)
	}
	return nil
}

// text takes a string; last is returned when it is the same.
func (p *parser) text(last string) (string, error) {
	if p.peek() != '"' {
		return "", p.mismatch("a text")
	}
	raw, err := p.raw()
	if err != nil {
		return "", err
	}
	inner := raw[1 : len(raw)-1]
	if last != "" && string(inner) == last {
		return last, nil
	}
	if plain(inner) {
		return string(inner), nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", errSyntax
	}
	return s, nil
}

func (p *parser) list(m *memberPlan, v reflect.Value) error {
	if p.null() {
		v.SetZero()
		return nil
	}
	if p.peek() != '[' {
		return p.mismatch("a list")
	}
	p.i++
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	if p.peek() == ']' {
		p.i++
		return nil
	}
	for n := 0; ; n++ {
		if n == v.Cap() {
			v.Grow(max(4, n))
		}
		v.SetLen(n + 1)
		v.Index(n).SetZero()
		if err := p.value(m.elem, m.sub, v.Index(n)); err != nil {
			return fmt.Errorf("[%d]: %w", n, err)
		}
		switch p.peek() {
		case ',':
			p.i++
		case ']':
			p.i++
			return nil
		default:
			return errSyntax
		}
	}
}

func (p *parser) mismatch(want string) error {
	raw, err := p.raw()
	if err != nil {
		return err
	}
	return wanted(want, raw)
}

func wanted(want string, raw []byte) error {
	if !json.Valid(raw) {
		return errSyntax
	}
	if len(raw) > 40 {
		raw = append(raw[:40:40], "..."...)
	}
	return fmt.Errorf("want %s, got %s", want, raw)
}

// SPDX-License-Identifier: MIT

package xmlrpc

import (
	"math"
	"reflect"
	"strconv"
	"time"
)

// into takes the next value into v, which must be settable.
func (d *Decoder) into(p *plan, v reflect.Value) error {
	if p.shape == toSelf {
		return v.Addr().Interface().(Unmarshaler).UnmarshalXMLRPC(d)
	}
	k, err := d.Kind()
	if err != nil {
		return err
	}
	if k == Nil {
		v.SetZero()
		return d.Skip()
	}
	switch p.shape {
	case toAny:
		x, err := d.any()
		if err == nil {
			v.Set(reflect.ValueOf(x))
		}
		return err
	case toPointer:
		target := reflect.New(p.elem.typ)
		if err := d.into(p.elem, target.Elem()); err != nil {
			return err
		}
		v.Set(target)
		return nil
	case toSlice:
		return d.slice(p, v)
	case toMap:
		return d.typedMap(p, v)
	case toStruct:
		return d.typedStruct(p, v)
	}
	if k == Array || k == Struct {
		return d.mismatch(p.typ.String(), k)
	}
	text, err := d.content()
	if err != nil {
		return err
	}
	if err := d.scalar(p, v, k, text); err != nil {
		return err
	}
	return d.close()
}

func (d *Decoder) scalar(p *plan, v reflect.Value, k Kind, text []byte) error {
	switch p.shape {
	case toString:
		if k != String {
			return d.mismatch(p.typ.String(), k)
		}
		v.SetString(d.cache.text(text))
	case toInt:
		n, err := d.lenientInt(p, k, text)
		if err != nil {
			return err
		}
		if v.OverflowInt(n) {
			return d.fail(ErrType, "integer "+quoted(text)+" exceeds "+p.typ.String())
		}
		v.SetInt(n)
	case toUint:
		n, err := d.lenientInt(p, k, text)
		if err != nil {
			return err
		}
		if n < 0 || v.OverflowUint(uint64(n)) {
			return d.fail(ErrType, "integer "+quoted(text)+" exceeds "+p.typ.String())
		}
		v.SetUint(uint64(n))
	case toFloat:
		f, err := d.lenientFloat(p, k, text)
		if err != nil {
			return err
		}
		v.SetFloat(f)
	case toBool:
		if k == Int {
			k = Bool
			if n, err := d.integer(text); err != nil || n != 0 && n != 1 {
				return d.mismatch(p.typ.String(), Int)
			}
		}
		if k != Bool {
			return d.mismatch(p.typ.String(), k)
		}
		b, err := d.boolean(text)
		if err != nil {
			return err
		}
		v.SetBool(b)
	case toTime:
		t, err := d.lenientTime(p, k, text)
		if err != nil {
			return err
		}
		*v.Addr().Interface().(*time.Time) = t
	case toBytes:
		switch k {
		case Bytes:
			b, err := d.base64(text)
			if err != nil {
				return err
			}
			v.SetBytes(b)
		case String:
			v.SetBytes(append([]byte{}, text...))
		default:
			return d.mismatch(p.typ.String(), k)
		}
	}
	return nil
}

func (d *Decoder) lenientInt(p *plan, k Kind, text []byte) (int64, error) {
	switch k {
	case Int:
		return d.integer(text)
	case Bool:
		b, err := d.boolean(text)
		if b {
			return 1, err
		}
		return 0, err
	case String:
		if n, ok := parseInt(text); ok {
			return n, nil
		}
	case Double:
		f, err := d.double(text)
		if err != nil {
			return 0, err
		}
		if f == math.Trunc(f) && math.Abs(f) < 1<<63 {
			return int64(f), nil
		}
		return 0, d.fail(ErrType, "want "+p.typ.String()+", got the double "+quoted(text))
	}
	return 0, d.mismatch(p.typ.String(), k)
}

func (d *Decoder) lenientFloat(p *plan, k Kind, text []byte) (float64, error) {
	switch k {
	case Double:
		return d.double(text)
	case Int:
		n, err := d.integer(text)
		return float64(n), err
	case String:
		if f, err := strconv.ParseFloat(string(text), 64); err == nil {
			return f, nil
		}
	}
	return 0, d.mismatch(p.typ.String(), k)
}

func (d *Decoder) lenientTime(p *plan, k Kind, text []byte) (time.Time, error) {
	switch k {
	case String:
		if len(text) == 0 {
			return time.Time{}, nil
		}
		if t, ok := parseTime(text); ok {
			return t, nil
		}
		return time.Time{}, d.fail(ErrType, "want a time, got "+quoted(text))
	case Int, Double:
		f, err := d.lenientFloat(p, k, text)
		if err != nil {
			return time.Time{}, err
		}
		if t, ok := Seconds(f); ok {
			return t, nil
		}
		return time.Time{}, d.fail(ErrType, "want a time, got "+quoted(text)+" seconds")
	case Time:
		return d.time(text)
	}
	return time.Time{}, d.mismatch(p.typ.String(), k)
}

func (d *Decoder) slice(p *plan, v reflect.Value) error {
	if k, _ := d.Kind(); k != Array {
		return d.mismatch(p.typ.String(), k)
	}
	v.Set(reflect.MakeSlice(p.typ, 0, 0))
	return d.Array(func(i int) error {
		if i == v.Cap() {
			v.Grow(max(4, i))
		}
		v.SetLen(i + 1)
		return d.into(p.elem, v.Index(i))
	})
}

func (d *Decoder) typedMap(p *plan, v reflect.Value) error {
	if k, _ := d.Kind(); k != Struct {
		return d.mismatch(p.typ.String(), k)
	}
	m := reflect.MakeMap(p.typ)
	v.Set(m)
	return d.Struct(func(name string) error {
		elem := reflect.New(p.elem.typ).Elem()
		if err := d.into(p.elem, elem); err != nil {
			return err
		}
		m.SetMapIndex(reflect.ValueOf(name).Convert(p.typ.Key()), elem)
		return nil
	})
}

// typedStruct fills a struct member by member. Rows of one list have their
// members in one order, so each field remembers which came after it.
func (d *Decoder) typedStruct(p *plan, v reflect.Value) error {
	k, err := d.Kind()
	if err != nil {
		return err
	}
	if k != Struct {
		return d.mismatch(p.typ.String(), k)
	}
	v.SetZero()
	if d.read {
		return d.close()
	}
	if err := d.enter(); err != nil {
		return err
	}
	next := d.order[p]
	if next == nil {
		if d.order == nil {
			d.order = map[*plan][]int16{}
		}
		next = make([]int16, len(p.fields)+1)
		d.order[p] = next
	}
	prev := len(p.fields)
	var taken bits // fields of several names that have been filled
	for {
		more, err := d.member()
		if err != nil {
			return err
		}
		if !more {
			return d.closeStruct()
		}
		name, err := d.text()
		if err != nil {
			return err
		}
		i := int(next[prev])
		if i >= len(p.fields) || p.fields[i].name != string(name) {
			known := false
			if i, known = p.byName[string(name)]; !known {
				if err := d.memberValue(name, func(name string) error { return d.unknown(p, v, name) }); err != nil {
					return err
				}
				continue
			}
			next[prev] = int16(i)
		}
		prev = i
		f := &p.fields[i]
		if err := d.field(p, f, v, &taken); err != nil {
			return within(err, memberStep(f.name))
		}
		if d.literalAfterSpace("</member>") {
			continue
		}
		if err := d.expectEnd("member"); err != nil {
			return err
		}
	}
}

// field takes what follows a known member's name.
func (d *Decoder) field(p *plan, f *field, v reflect.Value, taken *bits) error {
	if d.literal("</name>\n<value>") {
		d.state = started
	} else {
		if err := d.expectEnd("name"); err != nil {
			return err
		}
		if err := d.startValue(); err != nil {
			return err
		}
	}
	target := v
	if f.flat >= 0 {
		target = v.Field(f.flat)
	} else {
		target = v.FieldByIndex(f.index)
	}
	if shared := f.rank > 0 || f.twin+1 < len(p.fields) && p.fields[f.twin+1].rank > 0; shared {
		return d.sharedField(f, target, taken)
	}
	return d.into(f.plan, target)
}

// sharedField fills a field that has several names: the first name that is
// not nil wins over later ones, in whatever order they come.
func (d *Decoder) sharedField(f *field, target reflect.Value, taken *bits) error {
	k, err := d.Kind()
	if err != nil {
		return err
	}
	if k == Nil || f.rank > 0 && taken.has(f.twin) {
		return d.Skip()
	}
	taken.set(f.twin)
	return d.into(f.plan, target)
}

// bits is a small set of positions; positions beyond it are never in it.
type bits [4]uint64

func (b *bits) has(i int) bool { return i < 256 && b[i/64]&(1<<(i%64)) != 0 }

func (b *bits) set(i int) {
	if i < 256 {
		b[i/64] |= 1 << (i % 64)
	}
}

// unknown takes a member without a field into the ,extra field, if there is
// one.
func (d *Decoder) unknown(p *plan, v reflect.Value, name string) error {
	if p.extra == nil {
		return d.Skip()
	}
	x, err := d.any()
	if err != nil {
		return err
	}
	m := v.FieldByIndex(p.extra).Addr().Interface().(*map[string]any)
	if *m == nil {
		*m = map[string]any{}
	}
	(*m)[name] = x
	return nil
}

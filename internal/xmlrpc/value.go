// SPDX-License-Identifier: MIT

package xmlrpc

import (
	"hash/maphash"
	"strconv"
)

// Array takes the next value, an array, element by element: each is called
// before each element and must take it, by Value, Array, Struct or Skip. Nil
// is taken as an empty array. What each returns ends the reading.
func (d *Decoder) Array(each func(i int) error) error {
	k, err := d.Kind()
	if err != nil {
		return err
	}
	if k == Nil {
		return d.Skip()
	}
	if k != Array {
		return d.mismatch(Array.String(), k)
	}
	if d.read {
		return d.close()
	}
	if err := d.enter(); err != nil {
		return err
	}
	outer := d.typ
	name, kind, err := d.tag()
	if err != nil {
		return err
	}
	if string(name) != "data" || kind == closing {
		return d.unexpectedTag(name, kind, "<data>")
	}
	for i := 0; kind != empty; i++ {
		if !d.literalAfterSpace("<value>") {
			name, kind, err = d.tag()
			if err != nil {
				return within(err, step(i))
			}
			if kind == closing && string(name) == "data" {
				break
			}
			if kind == closing || string(name) != "value" {
				return within(d.unexpectedTag(name, kind, "<value>"), step(i))
			}
		}
		d.started(kind)
		kind = opening
		if err := each(i); err != nil {
			return within(err, step(i))
		}
		if d.state != noValue {
			return within(d.fail(ErrType, "the value was not taken"), step(i))
		}
	}
	d.depth--
	d.kind, d.state, d.typ, d.read, d.closed = Array, opened, outer, false, false
	return d.close()
}

func step(i int) string { return "[" + strconv.Itoa(i) + "]" }

// Struct takes the next value, a struct, member by member: each is called
// before each member's value and must take it. Nil is taken as an empty struct.
func (d *Decoder) Struct(each func(name string) error) error {
	k, err := d.Kind()
	if err != nil {
		return err
	}
	if k == Nil {
		return d.Skip()
	}
	if k != Struct {
		return d.mismatch(Struct.String(), k)
	}
	if d.read {
		return d.close()
	}
	if err := d.enter(); err != nil {
		return err
	}
	for {
		more, err := d.member()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		text, err := d.text()
		if err != nil {
			return err
		}
		if err := d.memberValue(text, each); err != nil {
			return err
		}
	}
	return d.closeStruct()
}

// closeStruct ends a struct whose own closing tag was taken by member.
func (d *Decoder) closeStruct() error {
	d.depth--
	d.state = noValue
	if d.literalAfterSpace("</value>") {
		return nil
	}
	return d.expectEnd("value")
}

func (d *Decoder) memberValue(text []byte, each func(name string) error) error {
	name := d.cache.text(text)
	err := d.expectEnd("name")
	if err == nil {
		err = d.startValue()
	}
	if err == nil {
		if err = each(name); err == nil && d.state != noValue {
			err = d.fail(ErrType, "the value was not taken")
		}
	}
	if err != nil {
		return within(err, memberStep(name))
	}
	if d.literalAfterSpace("</member>") {
		return nil
	}
	return d.expectEnd("member")
}

// memberStep names a member in a path, quoted where a plain name would
// mislead.
func memberStep(name string) string {
	if len(name) > 60 {
		name = name[:60] + "..."
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c == '.' || c == '[' || c >= 0x7F {
			return "[" + strconv.Quote(name) + "]"
		}
	}
	return "." + name
}

// member takes <member><name>, or </struct>.
func (d *Decoder) member() (bool, error) {
	if d.literalAfterSpace("<member>\n<name>") {
		return true, nil
	}
	name, kind, err := d.tag()
	if err != nil {
		return false, err
	}
	if kind == closing && string(name) == "struct" {
		return false, nil
	}
	if kind != opening || string(name) != "member" {
		return false, d.unexpectedTag(name, kind, "<member>")
	}
	return true, d.expect("name")
}

func (d *Decoder) literalAfterSpace(lit string) bool {
	if d.pos < d.end && d.buf[d.pos] == '\n' {
		d.pos++
	}
	return d.literal(lit)
}

func (d *Decoder) enter() error {
	if d.depth++; d.depth > d.maxDepth {
		return d.fail(ErrLimit, "values nested deeper than "+strconv.Itoa(d.maxDepth))
	}
	return nil
}

func (d *Decoder) mismatch(want string, got Kind) error {
	return d.fail(ErrType, "want "+want+", got "+got.String())
}

// Skip takes the next value and drops it.
func (d *Decoder) Skip() error {
	k, err := d.Kind()
	if err != nil {
		return err
	}
	switch k {
	case Array:
		return d.Array(func(int) error { return d.Skip() })
	case Struct:
		return d.Struct(func(string) error { return d.Skip() })
	}
	if _, err := d.content(); err != nil {
		return err
	}
	return d.close()
}

func (d *Decoder) tuple(t Tuple) error {
	return d.Array(func(i int) error {
		if i >= len(t) {
			return d.fail(ErrType, "want an array of at most "+strconv.Itoa(len(t))+" elements, got more")
		}
		return d.Value(t[i])
	})
}

// any takes the next value in its generic form.
func (d *Decoder) any() (any, error) {
	k, err := d.Kind()
	if err != nil {
		return nil, err
	}
	switch k {
	case Array:
		out := []any{}
		err := d.Array(func(int) error {
			v, err := d.any()
			out = append(out, v)
			return err
		})
		return out, err
	case Struct:
		return d.anyMap()
	}
	text, err := d.content()
	if err != nil {
		return nil, err
	}
	var v any
	switch k {
	case Nil:
	case String:
		v = d.cache.boxed(text)
	case Int:
		v, err = d.integer(text)
	case Bool:
		v, err = d.boolean(text)
	case Double:
		v, err = d.double(text)
	case Time:
		v, err = d.time(text)
	case Bytes:
		v, err = d.base64(text)
	}
	if err != nil {
		return nil, err
	}
	return v, d.close()
}

func (d *Decoder) anyMap() (map[string]any, error) {
	// Rows of a list have the same members: size a map like its predecessor.
	hint := &d.sizes[min(d.depth, len(d.sizes)-1)]
	out := make(map[string]any, *hint)
	err := d.Struct(func(name string) error {
		v, err := d.any()
		out[name] = v
		return err
	})
	*hint = min(len(out), 64)
	return out, err
}

// cache keeps short texts that came lately, because names of tags, owners and
// packages repeat in every row. It is bounded and forgets by overwriting.
type cache struct {
	seed   maphash.Seed
	slots  []cached
	misses int
}

type cached struct {
	s   string
	box any
}

const (
	firstSlots = 128
	mostSlots  = 4096
	cacheText  = 40
)

func (c *cache) slot(b []byte) *cached {
	if c.slots == nil {
		c.seed, c.slots = maphash.MakeSeed(), make([]cached, firstSlots)
	}
	s := &c.slots[maphash.Bytes(c.seed, b)%uint64(len(c.slots))]
	if s.s == string(b) {
		return s
	}
	if c.misses++; c.misses > 4*len(c.slots) && len(c.slots) < mostSlots {
		c.slots, c.misses = make([]cached, 4*len(c.slots)), 0
		s = &c.slots[maphash.Bytes(c.seed, b)%uint64(len(c.slots))]
	}
	s.s, s.box = string(b), nil
	return s
}

// text returns b as a string.
func (c *cache) text(b []byte) string {
	if len(b) == 0 || len(b) > cacheText {
		return string(b)
	}
	return c.slot(b).s
}

// boxed returns b as a string in an interface.
func (c *cache) boxed(b []byte) any {
	if len(b) == 0 || len(b) > cacheText {
		return string(b)
	}
	s := c.slot(b)
	if s.box == nil {
		s.box = s.s
	}
	return s.box
}

// SPDX-License-Identifier: MIT

package pdctest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// row is one object in the database: values by attribute. References are
// *row, lists of references []*row.
type row struct {
	id int
	v  map[string]any
}

func (r *row) str(attr string) string {
	s, _ := r.v[attr].(string)
	return s
}

func (r *row) ref(attr string) *row {
	x, _ := r.v[attr].(*row)
	return x
}

func (r *row) refs(attr string) []*row {
	x, _ := r.v[attr].([]*row)
	return x
}

func (r *row) is(attr string) bool {
	b, _ := r.v[attr].(bool)
	return b
}

// table keeps rows in the order of their ids, which are never reused.
type table struct {
	name   string // the model's, lower case: "releasecomponent"
	label  string // for messages: "release component"
	rows   []*row
	nextID int
	unique []unique
	index  []map[string]*row // one for each of unique
}

// unique is a rule that no two rows may break. Fields are its names in the
// message.
type unique struct {
	attrs  []string
	fields []string
	style  style
}

// style is which of the server's validators notices.
type style uint8

const (
	byField    style = iota // {"short": ["product with this short already exists."]}
	byModel                 // {"detail": ["Release with this Release id already exists."]}
	bySet                   // {"detail": ["The fields a, b must make a unique set."]}
	byModelSet              // {"detail": ["Repo with this A, B and C already exists."]}
	silent                  // checked elsewhere
)

func (u unique) key(v map[string]any) string {
	if len(u.attrs) == 1 {
		return text(v[u.attrs[0]])
	}
	var b strings.Builder
	for _, a := range u.attrs {
		switch x := v[a].(type) {
		case *row:
			if x != nil {
				b.WriteString(strconv.Itoa(x.id))
			}
		case string:
			b.WriteString(x)
		default:
			b.WriteString(text(x))
		}
		b.WriteByte(0)
	}
	return b.String()
}

// text is a value as a key or in a message.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case *row:
		if v == nil {
			return ""
		}
		return strconv.Itoa(v.id)
	}
	return fmt.Sprint(v)
}

func newTable(name, label string, unique ...unique) *table {
	t := &table{name: name, label: label, nextID: 1, unique: unique}
	for range unique {
		t.index = append(t.index, map[string]*row{})
	}
	return t
}

// hasNull reports whether a rule doesn't apply since a value is missing, as
// in SQL.
func (u unique) hasNull(v map[string]any) bool {
	for _, a := range u.attrs {
		switch x := v[a].(type) {
		case nil:
			return true
		case *row:
			if x == nil {
				return true
			}
		}
	}
	return false
}

// clash returns the rule that values would break, if any; self is the row
// they are for.
func (t *table) clash(v map[string]any, self *row) (unique, bool) {
	for i, u := range t.unique {
		if u.hasNull(v) {
			continue
		}
		if other := t.index[i][u.key(v)]; other != nil && other != self {
			return u, true
		}
	}
	return unique{}, false
}

func (t *table) insert(v map[string]any) *row {
	r := &row{id: t.nextID, v: v}
	t.nextID++
	t.rows = append(t.rows, r)
	t.enter(r)
	return r
}

func (t *table) enter(r *row) {
	for i, u := range t.unique {
		if !u.hasNull(r.v) {
			t.index[i][u.key(r.v)] = r
		}
	}
}

func (t *table) leave(r *row) {
	for i, u := range t.unique {
		if k := u.key(r.v); t.index[i][k] == r {
			delete(t.index[i], k)
		}
	}
}

func (t *table) get(id int) *row {
	i, ok := slices.BinarySearchFunc(t.rows, id, func(r *row, id int) int { return cmp.Compare(r.id, id) })
	if !ok {
		return nil
	}
	return t.rows[i]
}

func (t *table) remove(r *row) {
	i, ok := slices.BinarySearchFunc(t.rows, r.id, func(x *row, id int) int { return cmp.Compare(x.id, id) })
	if ok {
		t.leave(r)
		t.rows = slices.Delete(t.rows, i, i+1)
	}
}

// find returns the first row whose attribute has a value, by an index if
// there is one.
func (t *table) find(attr string, value any) *row {
	for i, u := range t.unique {
		if len(u.attrs) == 1 && u.attrs[0] == attr {
			return t.index[i][text(value)]
		}
	}
	for _, r := range t.rows {
		if r.v[attr] == value {
			return r
		}
	}
	return nil
}

func (t *table) where(f func(*row) bool) []*row {
	var out []*row
	for _, r := range t.rows {
		if f(r) {
			out = append(out, r)
		}
	}
	return out
}

// values follows a dotted path from a row, through references and lists:
// "release.release_id". Nothing stands at its end when a reference is empty.
func values(r *row, path []string, out []any) []any {
	if r == nil {
		return out
	}
	if path[0] == "id" && len(path) == 1 {
		return append(out, r.id)
	}
	switch v := r.v[path[0]].(type) {
	case *row:
		if len(path) > 1 {
			return values(v, path[1:], out)
		}
		if v == nil {
			return out
		}
		return append(out, v.id)
	case []*row:
		for _, x := range v {
			if len(path) > 1 {
				out = values(x, path[1:], out)
			} else {
				out = append(out, x.id)
			}
		}
		return out
	case []string:
		for _, s := range v {
			out = append(out, s)
		}
		return out
	case nil:
		return out
	default:
		return append(out, v)
	}
}

// SPDX-License-Identifier: MIT

package modulemd

import (
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"
)

// Value is a piece of free-form metadata: a text, a truth value, a sequence
// or a mapping. A module's xmd section is one, and so is what an unknown key
// held. Values are immutable and safe for concurrent use; the zero Value means
// absent. Build new ones with [NewValue].
type Value struct {
	toks []token // the first is the value itself; ends count from base
	base int32
}

// ValueKind says what a [Value] is.
type ValueKind int

// The kinds of values.
const (
	ValueAbsent ValueKind = iota
	ValueText
	ValueBool
	ValueSeq
	ValueMap
)

var valueKindNames = [...]string{"absent", "text", "bool", "seq", "map"}

// String returns the kind's name; an unknown value prints as ValueKind(9).
func (k ValueKind) String() string {
	if k < 0 || int(k) >= len(valueKindNames) {
		return fmt.Sprintf("ValueKind(%d)", int(k))
	}
	return valueKindNames[k]
}

// MarshalText returns the name of the kind.
func (k ValueKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (k *ValueKind) UnmarshalText(b []byte) error {
	i := slices.Index(valueKindNames[:], string(b))
	if i < 0 {
		return fmt.Errorf("modulemd: unknown value kind %q", b)
	}
	*k = ValueKind(i)
	return nil
}

// Kind returns what v is. Only the exact texts TRUE and FALSE are truth
// values, as in the reference; 5.30 and true are text.
func (v Value) Kind() ValueKind {
	if len(v.toks) == 0 {
		return ValueAbsent
	}
	switch v.toks[0].kind {
	case kindMap:
		return ValueMap
	case kindSeq:
		return ValueSeq
	}
	if t := v.toks[0].text; t == "TRUE" || t == "FALSE" {
		return ValueBool
	}
	return ValueText
}

// IsZero reports whether v is absent.
func (v Value) IsZero() bool { return len(v.toks) == 0 }

// Text returns the text of a scalar, truth values included, and "" for
// everything else.
func (v Value) Text() string {
	if len(v.toks) == 0 || v.toks[0].kind != kindScalar {
		return ""
	}
	return v.toks[0].text
}

// Bool reports whether v is the truth value TRUE.
func (v Value) Bool() bool { return v.Kind() == ValueBool && v.toks[0].text == "TRUE" }

func (v Value) at(i int) Value {
	n := int(v.toks[i].end - v.base)
	return Value{v.toks[i:n:n], v.base + int32(i)}
}

// Items returns the items of a sequence in order; nothing for other kinds.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != ValueSeq {
			return
		}
		for i := 1; i < len(v.toks); i = int(v.toks[i].end - v.base) {
			if !yield(v.at(i)) {
				return
			}
		}
	}
}

// Entries returns the entries of a mapping by byte order of their keys;
// nothing for other kinds.
func (v Value) Entries() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.Kind() != ValueMap {
			return
		}
		for i := 1; i < len(v.toks); {
			val := v.at(i + 1)
			if !yield(v.toks[i].text, val) {
				return
			}
			i += 1 + len(val.toks)
		}
	}
}

// Len returns how many items or entries v has; 0 for scalars.
func (v Value) Len() int {
	n := 0
	if v.Kind() == ValueMap || v.Kind() == ValueSeq {
		for i := 1; i < len(v.toks); i = int(v.toks[i].end - v.base) {
			n++
		}
	}
	if v.Kind() == ValueMap {
		n /= 2
	}
	return n
}

// Get follows mapping keys, as in Get("mbs", "buildrequires", "platform"),
// and returns the zero Value where one is missing.
func (v Value) Get(keys ...string) Value {
	for _, key := range keys {
		var found Value
		for k, val := range v.Entries() {
			if k == key {
				found = val
				break
			}
		}
		v = found
	}
	return v
}

// Any returns v as map[string]any, []any, string and bool; nil when absent.
func (v Value) Any() any {
	switch v.Kind() {
	case ValueText:
		return v.Text()
	case ValueBool:
		return v.Bool()
	case ValueSeq:
		out := []any{}
		for item := range v.Items() {
			out = append(out, item.Any())
		}
		return out
	case ValueMap:
		out := map[string]any{}
		for k, item := range v.Entries() {
			out[k] = item.Any()
		}
		return out
	}
	return nil
}

// Equal reports whether two values are the same, whatever the order in which
// mapping keys were written.
func (v Value) Equal(w Value) bool {
	return slices.EqualFunc(v.toks, w.toks, func(a, b token) bool {
		return a.kind == b.kind && a.text == b.text && a.end-v.base == b.end-w.base
	})
}

// NewValue builds a value from strings, bools, integers (kept as text),
// slices and maps with string keys, nested as they like; nil gives the zero
// Value. Other types are an error.
func NewValue(x any) (Value, error) {
	if x == nil {
		return Value{}, nil
	}
	toks, err := appendValue(nil, x, DefaultMaxDepth)
	if err != nil {
		return Value{}, err
	}
	return Value{toks: toks}, nil
}

func appendValue(toks []token, x any, depth int) ([]token, error) {
	if depth < 0 {
		return nil, &Error{Class: ClassLimit, Msg: fmt.Sprintf("value nests deeper than %d", DefaultMaxDepth)}
	}
	self := len(toks)
	toks = append(toks, token{})
	var err error
	switch x := x.(type) {
	case Value:
		toks = toks[:self]
		if x.IsZero() {
			return append(toks, token{end: int32(self + 1)}), nil
		}
		for _, t := range x.toks {
			t.end += int32(self) - x.base
			toks = append(toks, t)
		}
		return toks, nil
	case nil:
	case string:
		toks[self].text = x
	case bool:
		toks[self].text = strings.ToUpper(fmt.Sprint(x))
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		toks[self].text = fmt.Sprint(x)
	case []string:
		toks[self].kind = kindSeq
		for _, s := range x {
			toks = append(toks, token{text: s, end: int32(len(toks) + 1)})
		}
	case []any:
		toks[self].kind = kindSeq
		for _, item := range x {
			if toks, err = appendValue(toks, item, depth-1); err != nil {
				return nil, err
			}
		}
	case map[string]string:
		toks[self].kind = kindMap
		for _, k := range sortedKeys(x) {
			toks = append(toks, token{text: k, end: int32(len(toks) + 1)}, token{text: x[k], end: int32(len(toks) + 2)})
		}
	case map[string]any:
		toks[self].kind = kindMap
		for _, k := range sortedKeys(x) {
			toks = append(toks, token{text: k, end: int32(len(toks) + 1)})
			if toks, err = appendValue(toks, x[k], depth-1); err != nil {
				return nil, err
			}
		}
	default:
		return nil, &Error{Class: ClassParse, Msg: fmt.Sprintf("a value cannot hold %T", x)}
	}
	toks[self].end = int32(len(toks))
	return toks, nil
}

// valueOf copies the value at token i, with every mapping sorted and only the
// last of repeated keys kept. Keys must have been found to be scalars.
func valueOf(toks []token, i int) Value {
	if int(toks[i].end) == i+1 {
		t := toks[i]
		t.end = 1
		return Value{toks: []token{t}}
	}
	return Value{toks: appendSorted(make([]token, 0, int(toks[i].end)-i), toks, i)}
}

func appendSorted(out, toks []token, i int) []token {
	self := len(out)
	t := toks[i]
	out = append(out, t)
	end := int(t.end)
	switch {
	case t.kind == kindSeq:
		for c := i + 1; c < end; c = int(toks[c].end) {
			out = appendSorted(out, toks, c)
		}
	case t.kind == kindMap && inOrder(toks, i):
		for k := i + 1; k < end; k = int(toks[k+1].end) {
			out = append(out, token{text: toks[k].text, line: toks[k].line, col: toks[k].col, end: int32(len(out) + 1)})
			out = appendSorted(out, toks, k+1)
		}
	case t.kind == kindMap:
		var keys []int
		for k := i + 1; k < end; k = int(toks[k+1].end) {
			keys = append(keys, k)
		}
		sort.SliceStable(keys, func(a, b int) bool { return toks[keys[a]].text < toks[keys[b]].text })
		for n, k := range keys {
			if n+1 < len(keys) && toks[keys[n+1]].text == toks[k].text {
				continue
			}
			out = append(out, token{text: toks[k].text, line: toks[k].line, col: toks[k].col, end: int32(len(out) + 1)})
			out = appendSorted(out, toks, k+1)
		}
	}
	out[self].end = int32(len(out))
	return out
}

// inOrder reports whether the keys of the mapping at i ascend.
func inOrder(toks []token, i int) bool {
	last := -1
	for k := i + 1; k < int(toks[i].end); k = int(toks[k+1].end) {
		if last >= 0 && toks[last].text >= toks[k].text {
			return false
		}
		last = k
	}
	return true
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

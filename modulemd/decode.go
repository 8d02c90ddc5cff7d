// SPDX-License-Identifier: MIT

package modulemd

import (
	"fmt"
	"iter"
	"slices"
)

// decoder turns the tokens of one document after another into typed values.
// It goes on after a fault, so that all of a document's are found.
type decoder struct {
	opts    *Options
	scanner scanner
	lib     []token
	toks    []token
	chars   bool // columns count characters already

	doc      document
	strict   bool
	errs     Failures
	unknown  []UnknownKey
	places   []place // where errs and unknown are, until resolve fills it in
	checking bool    // validation speaks, not decoding
}

func newDecoder(o *Options) *decoder {
	return &decoder{opts: o, scanner: scanner{maxDepth: o.MaxDepth}}
}

// tokens scans the document. Aliases are refused here, wherever they stand.
func (d *decoder) tokens(doc document) bool {
	d.doc, d.errs, d.unknown, d.places, d.strict = doc, nil, nil, d.places[:0], d.opts.Strict
	d.checking = false
	if d.scanner.scan(doc.text) {
		d.toks, d.chars = d.scanner.toks, false
		return true
	}
	d.chars = true
	toks, err := parseWithLibrary(d.lib, doc, d.opts)
	d.lib, d.toks = toks, toks
	if err != nil {
		d.errs = append(d.errs, err)
		return false
	}
	for i := range toks {
		if toks[i].kind == kindAlias {
			d.fail(i, ClassParse, "alias: modules are written without anchors and aliases")
		}
	}
	return len(d.errs) == 0
}

// fail adds a fault of the token t. Beyond the limit of faults nothing is
// kept, so that hostile input costs no more than its size.
func (d *decoder) fail(t int, c Class, format string, args ...any) {
	if len(d.errs) >= d.opts.MaxFailures {
		return
	}
	d.add(t, &Error{Class: c, Msg: fmt.Sprintf(format, args...)})
}

func (d *decoder) add(t int, e *Error) {
	e.File, e.Document = d.opts.Name, d.doc.index
	d.places = append(d.places, place{t, len(d.errs), false, d.checking})
	d.errs = append(d.errs, e)
}

// pairs goes over the keys and values of the mapping at m. Keys that are not
// scalars are faults and left out.
func (d *decoder) pairs(m int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		end := int(d.toks[m].end)
		for k := m + 1; k < end; {
			v := int(d.toks[k].end)
			if d.toks[k].kind != kindScalar {
				d.fail(k, ClassParse, "a key must be text, not a collection")
			} else if !yield(k, v) {
				return
			}
			k = int(d.toks[v].end)
		}
	}
}

var kindWords = [...]string{kindScalar: "text", kindMap: "a mapping", kindSeq: "a list", kindAlias: "an alias"}

// expect checks the shape of a value.
func (d *decoder) expect(v int, k kind) bool {
	if d.toks[v].kind == k {
		return true
	}
	got := kindWords[d.toks[v].kind]
	if d.toks[v].kind == kindScalar && d.toks[v].text == "" {
		got = "nothing"
	}
	d.fail(v, ClassParse, "%s expected, got %s", kindWords[k], got)
	return false
}

func (d *decoder) text(v int, dst *string) {
	if d.expect(v, kindScalar) {
		*dst = d.toks[v].text
	}
}

// optional reads a text and remembers whether it is there but empty.
func (d *decoder) optional(v int, dst *string, empty *emptyKeys, bit emptyKeys) {
	d.text(v, dst)
	if *dst == "" {
		*empty |= bit
	} else {
		*empty &^= bit
	}
}

func (d *decoder) uint(v int, dst *uint64) {
	if !d.expect(v, kindScalar) {
		return
	}
	n, ok := parseUint(d.toks[v].text)
	if !ok {
		d.fail(v, ClassValidate, "%q is no number from 0 to 18446744073709551615", d.toks[v].text)
	}
	*dst = n
}

func (d *decoder) bool(v int, dst *bool) {
	if !d.expect(v, kindScalar) {
		return
	}
	b, ok := parseBool(d.toks[v].text)
	if !ok {
		d.fail(v, ClassParse, "%q is neither true nor false", d.toks[v].text)
	}
	*dst = b
}

func (d *decoder) minute(v int, dst *Minute) {
	if !d.expect(v, kindScalar) {
		return
	}
	m, ok := ParseMinute(d.toks[v].text)
	if !ok {
		d.fail(v, ClassParse, "%q is no time of the form 2020-05-01T00:00Z", d.toks[v].text)
	}
	*dst = m
}

// set reads a list of texts, or a single one, as a sorted set.
func (d *decoder) set(v int, dst *[]string) {
	*dst = nil
	switch d.toks[v].kind {
	case kindScalar:
		if t := d.toks[v].text; t != "" {
			*dst = []string{t}
		}
		return
	case kindSeq:
	default:
		d.expect(v, kindSeq)
		return
	}
	end := int(d.toks[v].end)
	if end == v+1 {
		return
	}
	out := make([]string, 0, end-v-1)
	ordered := true
	for c := v + 1; c < end; c = int(d.toks[c].end) {
		if !d.expect(c, kindScalar) {
			continue
		}
		t := d.toks[c].text
		if n := len(out); n > 0 && t <= out[n-1] {
			if t == out[n-1] {
				continue
			}
			ordered = false
		}
		out = append(out, t)
	}
	if !ordered {
		slices.Sort(out)
		out = slices.Compact(out)
	}
	*dst = out
}

// unknownKey passes over a key, or refuses it in strict reading.
func (d *decoder) unknownKey(k, v int) {
	if d.strict {
		d.fail(k, ClassUnknownKey, "unknown key")
		return
	}
	if len(d.unknown) >= d.opts.MaxFailures || !d.scalarKeys(v) {
		return
	}
	d.places = append(d.places, place{tok: k, index: len(d.unknown), unknown: true})
	d.unknown = append(d.unknown, UnknownKey{Value: valueOf(d.toks, v)})
}

// scalarKeys reports whether all keys below v are texts.
func (d *decoder) scalarKeys(v int) bool {
	return d.badKey(v) < 0
}

func (d *decoder) badKey(v int) int {
	end := int(d.toks[v].end)
	switch d.toks[v].kind {
	case kindMap:
		for k := v + 1; k < end; {
			if d.toks[k].kind != kindScalar {
				return k
			}
			val := k + 1
			if bad := d.badKey(val); bad >= 0 {
				return bad
			}
			k = int(d.toks[val].end)
		}
	case kindSeq:
		for c := v + 1; c < end; c = int(d.toks[c].end) {
			if bad := d.badKey(c); bad >= 0 {
				return bad
			}
		}
	}
	return -1
}

// header is what stands around the data of a document.
type header struct {
	kind    Kind
	version uint64
	data    int
}

// header reads the root mapping. It reports false when the document cannot be
// told what it is.
func (d *decoder) header() (header, bool) {
	var h header
	if d.toks[0].kind != kindMap {
		if d.toks[0].kind == kindScalar && d.toks[0].text == "" {
			d.fail(0, ClassParse, "empty document")
		} else {
			d.fail(0, ClassParse, "a document must be a mapping with document, version and data")
		}
		return h, false
	}
	seen := [3]bool{}
	for k, v := range d.pairs(0) {
		switch key := d.toks[k].text; key {
		case "document":
			if d.twice(k, &seen[0]) || !d.expect(v, kindScalar) {
				continue
			}
			if h.kind = kindOf(d.toks[v].text); h.kind == 0 {
				d.fail(v, ClassParse, "%q is no kind of document", d.toks[v].text)
			}
		case "version":
			if d.twice(k, &seen[1]) || !d.expect(v, kindScalar) {
				continue
			}
			n, ok := parseUint(d.toks[v].text)
			if !ok {
				d.fail(v, ClassParse, "%q is no version number", d.toks[v].text)
				continue
			}
			h.version = n
			if n == 0 {
				d.fail(v, ClassMissing, "version 0 counts as none")
			}
		case "data":
			if seen[2] {
				continue // as the reference does
			}
			seen[2] = true
			h.data = v
		default:
			d.unknownKey(k, v)
		}
	}
	for i, key := range []string{"document", "version", "data"} {
		if !seen[i] {
			d.fail(0, ClassMissing, "%s is missing", key)
		}
	}
	if len(d.errs) > 0 && !d.onlyUnknown() {
		return h, false
	}
	return h, d.expect(h.data, kindMap)
}

func (d *decoder) onlyUnknown() bool {
	return !slices.ContainsFunc(d.errs, func(e *Error) bool { return e.Class != ClassUnknownKey })
}

func (d *decoder) twice(k int, seen *bool) bool {
	if *seen {
		d.fail(k, ClassParse, "key appears twice")
		return true
	}
	*seen = true
	return false
}

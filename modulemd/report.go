// SPDX-License-Identifier: MIT

package modulemd

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// report collects what validation finds. Where the document's tokens are at
// hand it knows the lines too.
type report struct {
	d    *decoder // nil for values made by a program
	errs Failures
}

// at adds a fault of the value at path, whose elements are mapping keys.
func (r *report) at(c Class, path []string, format string, args ...any) {
	r.item(c, "", path, format, args...)
}

// item adds a fault of one item of the list at path.
func (r *report) item(c Class, item string, path []string, format string, args ...any) {
	if r.d != nil && len(r.d.errs) >= r.d.opts.MaxFailures {
		return
	}
	e := &Error{Class: c, Path: joinPath(path), Msg: fmt.Sprintf(format, args...)}
	if r.d != nil {
		r.d.add(r.d.locate(path, item), e)
		return
	}
	r.errs = append(r.errs, e)
}

// inItem adds a fault below one item of the list at path.
func (r *report) inItem(c Class, n int, path, below []string, format string, args ...any) {
	if r.d != nil && len(r.d.errs) >= r.d.opts.MaxFailures {
		return
	}
	e := &Error{Class: c, Msg: fmt.Sprintf(format, args...)}
	e.Path = joinPath(path) + "[" + strconv.Itoa(n) + "]." + strings.Join(below, ".")
	if r.d != nil {
		r.d.add(r.d.descend(r.d.item(r.d.locate(path, ""), n), below), e)
		return
	}
	r.errs = append(r.errs, e)
}

func joinPath(path []string) string {
	return strings.Join(append([]string{"data"}, path...), ".")
}

func validate(d Document) error {
	var r report
	d.check(&r)
	return r.errs.err()
}

// locate returns the token of the value at path; where the path ends early,
// of the collection that lacks it.
func (d *decoder) locate(path []string, item string) int {
	t := 0
	if _, v := d.find(0, "data"); v > 0 {
		t = v
	}
	t = d.descend(t, path)
	if item != "" && d.toks[t].kind == kindSeq {
		for c := t + 1; c < int(d.toks[t].end); c = int(d.toks[c].end) {
			if d.toks[c].text == item {
				return c
			}
		}
	}
	return t
}

// descend follows mapping keys from t as far as they are there.
func (d *decoder) descend(t int, path []string) int {
	for _, key := range path {
		_, v := d.find(t, key)
		if v == 0 {
			return t
		}
		t = v
	}
	return t
}

// item returns the nth item of the list at t, or t.
func (d *decoder) item(t, n int) int {
	if d.toks[t].kind == kindSeq {
		for c := t + 1; c < int(d.toks[t].end); c = int(d.toks[c].end) {
			if n == 0 {
				return c
			}
			n--
		}
	}
	return t
}

// find returns the last key token with the given text in the mapping at m,
// and its value; zeros when there is none.
func (d *decoder) find(m int, key string) (k, v int) {
	if d.toks[m].kind != kindMap {
		return 0, 0
	}
	for i := m + 1; i < int(d.toks[m].end); {
		val := int(d.toks[i].end)
		if d.toks[i].text == key && d.toks[i].kind == kindScalar {
			k, v = i, val
		}
		i = int(d.toks[val].end)
	}
	return k, v
}

// place ties a fault, or an unknown key, to a token.
type place struct {
	tok, index        int
	unknown, checking bool
}

// resolve gives every fault and unknown key its path and position, in one
// walk over the tokens, and sorts the faults by position.
func (d *decoder) resolve() {
	if len(d.places) == 0 {
		return
	}
	slices.SortStableFunc(d.places, func(a, b place) int { return cmp.Compare(a.tok, b.tok) })
	w := walker{d: d, text: d.doc.text, line: 1}
	w.open(0)
	for _, p := range d.places {
		path := w.path(p.tok)
		line, col := w.position(p.tok)
		if p.unknown {
			d.unknown[p.index].Path, d.unknown[p.index].Line = path, line
			continue
		}
		e := d.errs[p.index]
		e.Line, e.Column = line, col
		if e.Path == "" || strings.HasPrefix(path, e.Path) {
			e.Path = path
		}
	}
	sorted := make(Failures, 0, len(d.errs))
	for _, p := range d.places {
		if !p.unknown && !(p.checking && d.known(d.errs[p.index].Path)) {
			sorted = append(sorted, d.errs[p.index])
		}
	}
	d.errs = sorted
}

// known reports whether decoding found fault with the value at path, or one
// around or inside it, so that validation would only repeat that.
func (d *decoder) known(path string) bool {
	for _, p := range d.places {
		if p.unknown || p.checking {
			continue
		}
		e := d.errs[p.index]
		if e.Class != ClassUnknownKey && (strings.HasPrefix(e.Path, path) || strings.HasPrefix(path, e.Path)) {
			return true
		}
	}
	return false
}

// walker goes over the tokens once, for targets in ascending order.
type walker struct {
	d     *decoder
	stack []frame
	text  string // from line on
	line  int
}

type frame struct {
	end    int
	isMap  bool
	cursor int // the current item, or the key of the current entry
	n      int // the current item's number
}

func (w *walker) open(t int) {
	tok := w.d.toks[t]
	if (tok.kind == kindMap || tok.kind == kindSeq) && int(tok.end) > t+1 {
		w.stack = append(w.stack, frame{end: int(tok.end), isMap: tok.kind == kindMap, cursor: t + 1})
	}
}

func (w *walker) path(target int) string {
	toks := w.d.toks
	for len(w.stack) > 0 && w.stack[len(w.stack)-1].end <= target {
		w.stack = w.stack[:len(w.stack)-1]
	}
	if target == 0 {
		return ""
	}
	for {
		f := &w.stack[len(w.stack)-1]
		for {
			v := f.cursor
			if f.isMap {
				v = int(toks[v].end)
			}
			next := int(toks[v].end)
			if target >= next {
				f.cursor, f.n = next, f.n+1
				continue
			}
			if target == f.cursor || target == v {
				return w.names()
			}
			if target < v { // inside a key that is a collection
				return w.names()
			}
			w.open(v)
			break
		}
	}
}

func (w *walker) names() string {
	var b strings.Builder
	for _, f := range w.stack {
		if !f.isMap {
			b.WriteString("[" + strconv.Itoa(f.n) + "]")
			continue
		}
		key := w.d.toks[f.cursor]
		if key.kind != kindScalar {
			continue // a fault of the key itself
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(key.text)
	}
	return b.String()
}

func (w *walker) position(t int) (line, col int) {
	tok := w.d.toks[t]
	line, col = int(tok.line), int(tok.col)
	if !w.d.chars {
		for w.line < line {
			w.text = w.text[strings.IndexByte(w.text, '\n')+1:]
			w.line++
		}
		col = utf8.RuneCountInString(w.text[:min(col-1, len(w.text))]) + 1
	}
	return w.d.doc.line - 1 + line, col
}

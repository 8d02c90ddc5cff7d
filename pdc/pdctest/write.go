// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// writing is one row being made or changed.
type writing struct {
	c       *call
	r       *resource
	in      map[string]any
	old     *row // nil when it is made
	row     *row // once it is stored
	v       map[string]any
	partial bool
	existed bool // get-or-create found it
	notes   map[string]any
}

const emptyPatch = "Partial update with no changes does not make much sense."

// writeCollection serves POST, and the bulk forms of all writes.
func (p *PDC) writeCollection(c *call, r *resource, body []byte) reply {
	data, prob := parseBody(c, body)
	if prob != nil {
		return prob.reply()
	}
	sel, prob := choose(c, r)
	if prob != nil {
		return prob.reply()
	}
	switch c.r.Method {
	case http.MethodPost:
		if list, ok := data.([]any); ok {
			return p.bulkCreate(c, r, sel, list)
		}
		w, prob := p.create(c, r, sel, data)
		if prob != nil {
			return prob.reply()
		}
		rep := reply{status: 201, raw: r.render(nil, c, w.row, sel), header: map[string]string{}}
		if w.existed {
			rep.status = 200
		}
		for k, v := range w.notes {
			rep.header[k] = text(v)
		}
		if f := r.field("url"); f != nil && f.kind != kRef {
			if u, _ := f.value(c, w.row).(string); u != "" {
				rep.header["Location"] = u
			}
		}
		return rep
	case http.MethodDelete:
		return p.bulkDelete(c, r, data)
	}
	return p.bulkUpdate(c, r, sel, data)
}

func (p *PDC) writeItem(c *call, r *resource, key []string, body []byte) reply {
	if c.r.Method == http.MethodDelete {
		x := r.lookup(c, key)
		if x == nil {
			return notFound.reply()
		}
		if prob := p.delete(c, r, x); prob != nil {
			return prob.reply()
		}
		return reply{status: 204}
	}
	data, prob := parseBody(c, body)
	if prob != nil {
		return prob.reply()
	}
	sel, prob := choose(c, r)
	if prob != nil {
		return prob.reply()
	}
	partial := c.r.Method == http.MethodPatch
	if m, ok := data.(map[string]any); partial && ok && len(m) == 0 {
		prob := detail(400, emptyPatch)
		prob.header = map[string]string{"Pdc-Warning": emptyPatch}
		return prob.reply()
	}
	x := r.lookup(c, key)
	if x == nil {
		return notFound.reply()
	}
	w, prob := p.update(c, r, sel, x, data, partial)
	if prob != nil {
		return prob.reply()
	}
	return reply{status: 200, raw: r.render(nil, c, w.row, sel)}
}

func (p *PDC) bulkCreate(c *call, r *resource, sel selection, list []any) reply {
	b := append([]byte(nil), '[')
	for i, item := range list {
		w, prob := p.create(c, r, sel, item)
		if prob != nil {
			return bulkProblem(prob, i, item).reply()
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = r.render(b, c, w.row, sel)
	}
	return reply{status: 201, raw: append(b, ']')}
}

func bulkProblem(prob *problem, id, data any) *problem {
	inner := prob.body
	if d := prob.detail(); d != nil {
		inner = d
	}
	return &problem{status: prob.status, body: obj{{"id_of_invalid_data", id}, {"detail", inner}, {"invalid_data", data}}}
}

func (p *PDC) bulkUpdate(c *call, r *resource, sel selection, data any) reply {
	m, ok := data.(map[string]any)
	if !ok {
		return detail(400, "Bulk update needs a mapping.").reply()
	}
	partial := c.r.Method == http.MethodPatch
	if partial && len(m) == 0 {
		return detail(400, emptyPatch).reply()
	}
	out := obj{}
	for _, key := range sorted(m) {
		prob := notFound
		var w *writing
		if x := r.lookup(c, r.splitKey(key)); x != nil {
			if in, ok := m[key].(map[string]any); ok && partial && len(in) == 0 {
				prob = detail(400, emptyPatch)
			} else {
				w, prob = p.update(c, r, sel, x, m[key], partial)
			}
		}
		if prob != nil {
			return bulkProblem(prob, key, m[key]).reply()
		}
		out = append(out, kv{key, rawJSON(r.render(nil, c, w.row, sel))})
	}
	return reply{status: 200, body: out}
}

// rawJSON is text that is JSON already.
type rawJSON []byte

// MarshalJSON implements json.Marshaler.
func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }

// splitKey takes a joined key of several parts apart. Only the last part of
// one-part keys may have slashes, which then are part of it.
func (r *resource) splitKey(key string) []string {
	n := max(1, len(r.key))
	parts := strings.SplitN(key, "/", n)
	for len(parts) < n {
		parts = append(parts, "")
	}
	return parts
}

func (p *PDC) bulkDelete(c *call, r *resource, data any) reply {
	if r.collect != nil {
		if rep, ok := r.collect(c, data); ok {
			return *rep
		}
	}
	list, ok := data.([]any)
	if !ok {
		return detail(400, "Bulk delete needs a list of identifiers.").reply()
	}
	done := map[string]bool{}
	for _, id := range list {
		var key string
		switch v := id.(type) {
		case string:
			key = v
		case int:
			key = strconv.Itoa(v)
		default:
			return detail(400, fmt.Sprintf("%q is not a valid identifier (must be a string or integer).", pyText(id))).reply()
		}
		if done[key] {
			continue
		}
		done[key] = true
		prob := notFound
		if x := r.lookup(c, r.splitKey(key)); x != nil {
			prob = p.delete(c, r, x)
		}
		if prob != nil && prob.status >= 300 {
			return (&problem{status: prob.status, body: obj{{"detail", prob.detail()}, {"id_of_invalid_data", id}}}).reply()
		}
	}
	return reply{status: 204}
}

func (prob *problem) detail() any {
	if o, ok := prob.body.(obj); ok {
		return o.get("detail")
	}
	return prob.body
}

// create makes a row from a request.
func (p *PDC) create(c *call, r *resource, sel selection, data any) (*writing, *problem) {
	w := &writing{c: c, r: r, v: map[string]any{}, notes: map[string]any{}}
	if prob := w.read(data, sel); prob != nil {
		return nil, prob
	}
	if r.creating != nil {
		if x, ok := r.creating(w); ok {
			w.row, w.existed = x, true
			return w, nil
		}
	}
	if prob := w.unique(); prob != nil {
		return nil, prob
	}
	w.row = p.insert(r.table, w.v)
	if r.after != nil {
		r.after(w)
	}
	p.note(r, w.row, nil)
	return w, nil
}

// update changes a row from a request.
func (p *PDC) update(c *call, r *resource, sel selection, x *row, data any, partial bool) (*writing, *problem) {
	w := &writing{c: c, r: r, old: x, v: maps.Clone(x.v), partial: partial, notes: map[string]any{}}
	if prob := w.read(data, sel); prob != nil {
		return nil, prob
	}
	if prob := w.unique(); prob != nil {
		return nil, prob
	}
	was := p.exported(r, x)
	p.set(r.table, x, w.v)
	w.row = x
	if r.after != nil {
		r.after(w)
	}
	p.note(r, x, was)
	return w, nil
}

// read checks a request's members and puts their values together.
func (w *writing) read(data any, sel selection) *problem {
	in, ok := data.(map[string]any)
	if !ok {
		return w.general(fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", pyType(data)))
	}
	w.in = in
	var unknown, fixed []string
	for key := range in {
		f := w.r.field(key)
		switch {
		case f == nil || !sel.shows(key) || f.hide && f.ro:
			unknown = append(unknown, strconv.Quote(key))
		case f.ro:
			fixed = append(fixed, strconv.Quote(key))
		}
	}
	slices.Sort(unknown)
	slices.Sort(fixed)
	if len(unknown) > 0 {
		return detail(400, "Unknown fields: "+strings.Join(unknown, ", ")+".")
	}
	if len(fixed) > 0 {
		return detail(400, "Can not update read only fields: "+strings.Join(fixed, ", ")+".")
	}
	errs := map[string]any{}
	for _, f := range w.r.fields {
		if f.ro || !sel.shows(f.name) {
			continue
		}
		x, given := in[f.name]
		if !given {
			if w.partial {
				continue
			}
			if f.req {
				errs[f.name] = []any{"This field is required."}
			} else if f.reset || w.old == nil {
				w.put(f, f.def)
			}
			continue
		}
		v, wrong := w.value(f, x)
		if wrong == nil {
			wrong = w.taken(f, v)
		}
		if wrong != nil {
			errs[f.name] = wrong
			continue
		}
		w.put(f, v)
	}
	if len(errs) > 0 {
		return fieldErrors(errs)
	}
	if w.r.before != nil {
		if wrong := w.r.before(w); wrong != nil {
			switch x := wrong.(type) {
			case *problem:
				return x
			case map[string]any:
				return fieldErrors(x)
			default:
				return w.general(x)
			}
		}
	}
	return nil
}

func (w *writing) put(f *field, v any) {
	if f.store != nil {
		f.store(w, w.v, v)
		return
	}
	if f.kind != kCustom || f.attr != "" || !f.hide {
		w.v[f.at()] = v
	}
}

// general is an error of no field: a list under detail.
func (w *writing) general(text any) *problem {
	key := "detail"
	if w.c.p.options.Old {
		key = "non_field_errors"
	}
	if _, ok := text.([]any); !ok {
		text = []any{text}
	}
	return &problem{status: 400, body: obj{{key, text}}}
}

// taken is the check of unique fields, which comes with the others.
func (w *writing) taken(f *field, v any) any {
	for i, u := range w.r.table.unique {
		if u.style == byField && len(u.attrs) == 1 && u.attrs[0] == f.at() {
			if x := w.r.table.index[i][text(v)]; x != nil && x != w.old {
				return []any{fmt.Sprintf("%s with this %s already exists.", w.r.table.label, strings.ReplaceAll(f.name, "_", " "))}
			}
		}
	}
	return nil
}

// unique is the check of everything else that must be so.
func (w *writing) unique() *problem {
	u, clash := w.r.table.clash(w.v, w.old)
	if !clash {
		return nil
	}
	label := w.r.table.label
	switch u.style {
	case bySet:
		return w.general(fmt.Sprintf("The fields %s must make a unique set.", strings.Join(u.fields, ", ")))
	case byModelSet:
		n := len(u.fields) - 1
		return w.general(fmt.Sprintf("%s with this %s and %s already exists.", capital(label),
			strings.Join(u.fields[:n], ", "), u.fields[n]))
	}
	return w.general(fmt.Sprintf("%s with this %s already exists.", capital(label), u.fields[0]))
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

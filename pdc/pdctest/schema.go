// SPDX-License-Identifier: MIT

package pdctest

import "strings"

// kind is how a member is checked and shown.
type kind uint8

const (
	kStr kind = iota
	kInt
	kBool
	kNullBool
	kDate
	kTime  // moment, read-only
	kURL   // http, https or ftp
	kEmail //
	kRef   // another row by its slug; "Object with x=y does not exist."
	kEnum  // the same over a small table: "'y' is not allowed value. Use one of ..."
	kRefs
	kEnums
	kCustom // parse and read say all
)

// field is a member of a resource's rows.
type field struct {
	name  string
	attr  string // in the row; the name by default
	kind  kind
	req   bool
	null  bool
	blank bool
	ro    bool // computed: refused in requests
	hide  bool // accepted but not shown
	max   int
	def   any // on creation and replacement when absent
	reset bool
	table string // kRef, kEnum and lists: the table referred to
	slug  string // its attribute

	check func(*PDC, string) any                    // further check of a text: nil or what is wrong
	parse func(*writing, any) (any, any)            // value and what is wrong with it
	show  func(*call, *row) any                     // for computed and custom ones
	store func(w *writing, v map[string]any, x any) // instead of v[attr] = x
}

func (f *field) at() string {
	if f.attr != "" {
		return f.attr
	}
	return f.name
}

// opt changes a field under construction.
type opt func(*field)

func f(name string, k kind, opts ...opt) *field {
	x := &field{name: name, kind: k}
	for _, o := range opts {
		o(x)
	}
	return x
}

func req(x *field)   { x.req = true }
func null(x *field)  { x.null = true }
func blank(x *field) { x.blank = true }
func ro(x *field)    { x.ro = true }
func hide(x *field)  { x.hide = true }

func maxLen(n int) opt       { return func(x *field) { x.max = n } }
func attr(a string) opt      { return func(x *field) { x.attr = a } }
func def(v any) opt          { return func(x *field) { x.def, x.reset = v, true } }
func to(table, s string) opt { return func(x *field) { x.table, x.slug = table, s } }

func check(c func(*PDC, string) any) opt              { return func(x *field) { x.check = c } }
func parse(p func(*writing, any) (any, any)) opt      { return func(x *field) { x.parse = p } }
func show(s func(*call, *row) any) opt                { return func(x *field) { x.show = s } }
func store(s func(*writing, map[string]any, any)) opt { return func(x *field) { x.store = s } }

// resource is one endpoint over a table.
type resource struct {
	path     string
	table    *table
	fields   []*field
	filters  map[string]filter
	params   []string // further query parameters
	key      []string // paths of the key's parts; empty for the id
	dotless  bool     // the key takes no dot
	verbs    string   // of "LGCPUD": list, get, create, put, patch, delete
	order    []string
	modified []string // tables behind Last-Modified
	name     string   // as OPTIONS tells it, without "List"
	about    string   // as OPTIONS tells it

	rows     func(*PDC) []*row             // instead of all of the table
	sort     func(*PDC, []*row)            // default order when it is none by columns
	visible  func(*call, *row) bool        // what lists and details show
	before   func(w *writing) any          // after the fields: cross checks
	after    func(w *writing)              // the row is stored
	creating func(w *writing) (*row, bool) // get-or-create
	deleting func(c *call, r *row) *problem
	collect  func(c *call, body any) (*reply, bool) // bulk delete of another form
	export   func(*PDC, *row) map[string]any        // for change records
	numbered bool
}

func (r *resource) can(verb byte) bool { return strings.IndexByte(r.verbs, verb) >= 0 }

func (r *resource) field(name string) *field {
	for _, x := range r.fields {
		if x.name == name {
			return x
		}
	}
	return nil
}

// filter makes a test of rows from the values of a query parameter. A nil
// test lets all rows pass.
type filter func(p *PDC, values []string) (func(*row) bool, *problem)

func (p *PDC) add(r *resource) *resource {
	if r.filters == nil {
		r.filters = map[string]filter{}
	}
	r.numbered = len(r.key) == 0
	p.resources[r.path] = r
	return r
}

func (p *PDC) table(name, label string, u ...unique) *table {
	t := newTable(name, label, u...)
	p.tables[name] = t
	return t
}

func byName(attrs ...string) unique { return unique{attrs, attrs, byField} }
func asSet(attrs ...string) unique  { return unique{attrs, attrs, bySet} }
func asModel(attr, label string) unique {
	return unique{[]string{attr}, []string{label}, byModel}
}

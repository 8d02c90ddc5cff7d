// SPDX-License-Identifier: MIT

package pdctest

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// selection is which members are shown, by fields and exclude_fields.
type selection struct {
	only map[string]bool // nil for all
	not  map[string]bool
}

func (s selection) shows(name string) bool {
	return (s.only == nil || s.only[name]) && !s.not[name]
}

// choose reads the selection of a request.
func choose(c *call, r *resource) (selection, *problem) {
	var s selection
	for _, param := range []string{"fields", "exclude_fields"} {
		vals, ok := c.query[param]
		if !ok {
			continue
		}
		set := map[string]bool{}
		var unknown []string
		for _, list := range vals {
			for name := range strings.SplitSeq(list, ",") {
				if name = strings.TrimSpace(name); name == "" {
					continue
				}
				if x := r.field(name); (x == nil || x.hide) && !slices.Contains(unknown, name) {
					unknown = append(unknown, name)
				}
				set[name] = true
			}
		}
		if len(unknown) > 0 {
			slices.Sort(unknown)
			return s, detail(400, `Unknown fields in "`+param+`" filter: `+strings.Join(unknown, ", "))
		}
		if len(set) == 0 {
			continue
		}
		if param == "fields" {
			s.only = set
		} else {
			s.not = set
		}
	}
	return s, nil
}

// render appends a row as JSON.
func (r *resource) render(b []byte, c *call, x *row, s selection) []byte {
	b = append(b, '{')
	first := true
	for _, f := range r.fields {
		if f.hide || !s.shows(f.name) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, '"')
		b = append(b, f.name...)
		b = append(b, '"', ':')
		b = appendJSON(b, f.value(c, x))
	}
	return append(b, '}')
}

// value is a member as shown.
func (f *field) value(c *call, x *row) any {
	if f.show != nil {
		return f.show(c, x)
	}
	if f.name == "id" && f.attr == "" {
		return x.id
	}
	v := x.v[f.at()]
	switch f.kind {
	case kRef, kEnum:
		if to, ok := v.(*row); ok && to != nil {
			return to.v[f.slug]
		}
		return nil
	case kRefs, kEnums:
		list := make([]any, 0, 4)
		for _, to := range x.refs(f.at()) {
			list = append(list, to.v[f.slug])
		}
		return list
	}
	return v
}

// unknownParams refuses query parameters that the resource doesn't have.
func (r *resource) unknownParams(c *call) *problem {
	var unknown []string
	for name := range c.query {
		switch name {
		case "page", "page_size", "ordering", "fields", "exclude_fields":
			continue
		}
		if r.filters[name] == nil && !slices.Contains(r.params, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return detail(400, "Unknown query params: "+strings.Join(unknown, ", ")+".")
}

// list answers a GET of a collection.
func (r *resource) list(c *call) reply {
	sel, prob := choose(c, r)
	if prob != nil {
		return prob.reply()
	}
	rows, prob := r.selectRows(c)
	if prob != nil {
		return prob.reply()
	}
	size, paged := pageSize(c.query.Get("page_size"))
	if !paged {
		b := append([]byte(nil), '[')
		for i, x := range rows {
			if i > 0 {
				b = append(b, ',')
			}
			b = r.render(b, c, x, sel)
		}
		return reply{status: 200, raw: append(b, ']')}
	}
	pages := max(1, (len(rows)+size-1)/size)
	page := 1
	if s, ok := c.query["page"]; ok {
		word := s[len(s)-1]
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if word == "last" {
			n, err = pages, nil
		}
		if err != nil || n < 1 || n > pages {
			return detail(404, "Invalid page.").reply()
		}
		page = n
	}
	b := append([]byte(nil), `{"count":`...)
	b = strconv.AppendInt(b, int64(len(rows)), 10)
	b = append(b, `,"next":`...)
	b = appendJSON(b, r.pageLink(c, page+1, page < pages))
	b = append(b, `,"previous":`...)
	b = appendJSON(b, r.pageLink(c, page-1, page > 1))
	b = append(b, `,"results":[`...)
	start := (page - 1) * size
	for i, x := range rows[start:min(start+size, len(rows))] {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.render(b, c, x, sel)
	}
	return reply{status: 200, raw: append(b, "]}"...)}
}

// pageSize reads the parameter: 20 by default and for nonsense, 100 at most,
// no paging for zero and below.
func pageSize(s string) (size int, paged bool) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	switch {
	case err != nil:
		return 20, true
	case n <= 0:
		return 0, false
	}
	return min(n, 100), true
}

func (r *resource) pageLink(c *call, page int, exists bool) any {
	if !exists {
		return nil
	}
	q := url.Values{}
	for k, v := range c.query {
		q[k] = v
	}
	if q.Set("page", strconv.Itoa(page)); page == 1 {
		q.Del("page")
	}
	base := c.base
	if c.p.options.NextHost != "" {
		base = c.p.options.NextHost
	}
	link := base + root + c.path
	if enc := strings.ReplaceAll(q.Encode(), "~", "%7E"); enc != "" {
		link += "?" + enc
	}
	return link
}

// selectRows filters and sorts. The result is kept until something changes,
// since clients come back for the next page.
func (r *resource) selectRows(c *call) ([]*row, *problem) {
	key := cacheKey(c)
	if rows, ok := c.p.lists[key]; ok {
		return rows, nil
	}
	var tests []func(*row) bool
	for _, name := range sorted(c.query) {
		flt := r.filters[name]
		if flt == nil {
			continue
		}
		test, prob := flt(c.p, slices.Clone(c.query[name]))
		if prob != nil {
			return nil, prob
		}
		if test != nil {
			tests = append(tests, test)
		}
	}
	all := r.all(c.p)
	rows := make([]*row, 0, 16)
	for _, x := range all {
		if r.visible != nil && !r.visible(c, x) {
			continue
		}
		if !slices.ContainsFunc(tests, func(t func(*row) bool) bool { return !t(x) }) {
			rows = append(rows, x)
		}
	}
	if prob := r.sortRows(c, rows); prob != nil {
		return nil, prob
	}
	if len(c.p.lists) > 64 {
		clear(c.p.lists)
	}
	c.p.lists[key] = rows
	return rows, nil
}

func cacheKey(c *call) string {
	q := url.Values{}
	for k, v := range c.query {
		switch k {
		case "page", "page_size", "fields", "exclude_fields":
		default:
			q[k] = v
		}
	}
	return strconv.Itoa(c.p.version) + " " + c.path + "?" + q.Encode()
}

func (r *resource) all(p *PDC) []*row {
	if r.rows != nil {
		return r.rows(p)
	}
	return r.table.rows
}

// sortRows sorts by the request's ordering, else by the resource's own.
func (r *resource) sortRows(c *call, rows []*row) *problem {
	var by []string
	for _, list := range c.query["ordering"] {
		for name := range strings.SplitSeq(list, ",") {
			if name = strings.TrimSpace(name); name != "" {
				by = append(by, name)
			}
		}
	}
	if len(by) == 0 {
		if r.sort != nil {
			r.sort(c.p, rows)
			return nil
		}
		by = r.order
	}
	type column struct {
		path []string
		desc bool
	}
	var cols []column
	var unknown []string
	for _, name := range by {
		bare, desc := strings.CutPrefix(name, "-")
		path, ok := r.column(bare)
		if !ok {
			unknown = append(unknown, name)
			continue
		}
		cols = append(cols, column{path, desc})
	}
	if len(unknown) > 0 {
		return detail(400, "Unknown query key: "+strings.Join(unknown, ", ")+" not in fields")
	}
	if len(cols) == 1 && len(cols[0].path) == 1 && cols[0].path[0] == "id" && !cols[0].desc {
		return nil // they are kept so
	}
	slices.SortStableFunc(rows, func(a, b *row) int {
		for _, col := range cols {
			d := compareValues(first(values(a, col.path, nil)), first(values(b, col.path, nil)))
			if col.desc {
				d = -d
			}
			if d != 0 {
				return d
			}
		}
		return 0
	})
	return nil
}

func first(v []any) any {
	if len(v) == 0 {
		return nil
	}
	return v[0]
}

func compareValues(a, b any) int {
	switch x := a.(type) {
	case nil:
		return btoi(b == nil) - 1
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	case int:
		if y, ok := b.(int); ok {
			return cmp.Compare(x, y)
		}
	case bool:
		if y, ok := b.(bool); ok {
			return btoi(x) - btoi(y)
		}
	}
	if b == nil {
		return 1
	}
	return strings.Compare(text(a), text(b))
}

// column finds what a name in an ordering means: a member, or an attribute,
// with "__" walking references.
func (r *resource) column(name string) ([]string, bool) {
	if f := r.field("id"); name == "pk" || name == "id" && (f == nil || f.attr == "") {
		return []string{"id"}, true
	}
	head, rest, walks := strings.Cut(name, "__")
	for _, f := range r.fields {
		if f.name != head && f.at() != head {
			continue
		}
		if walks {
			return append([]string{f.at()}, strings.Split(rest, "__")...), true
		}
		if f.slug != "" {
			return []string{f.at(), f.slug}, true
		}
		return []string{f.at()}, true
	}
	return nil, false
}

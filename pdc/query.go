// SPDX-License-Identifier: MIT

package pdc

import (
	"net/url"
	"strconv"
	"time"
)

// Query says which rows of a resource are wanted, and what of them. The zero
// value lists everything, whole.
type Query struct {
	// Filter holds the server's filters by name. Values of one name are
	// alternatives where the server allows several; names are combined. The
	// server refuses names that it doesn't know.
	Filter url.Values

	// Fields are the members wanted, Exclude those not wanted. Leaving out what
	// is expensive ("modulemd") makes lists much faster.
	Fields, Exclude []string

	// Order are the names to sort by, "-" in front for descending, "__" to walk
	// a relation ("from_component__name"). Empty means the resource's own order.
	Order []string

	// Page is the page wanted from List, counting from 1; 0 means the first.
	// PageSize is how many rows a page has, at most 100; -1 asks for everything
	// in one answer. Zero means the server's default for List (20), the
	// client's for All.
	Page, PageSize int

	// Fresh asks past the server's page cache, which shows pages up to half a
	// minute old even right after a write of one's own.
	Fresh bool

	// Since makes List return [ErrNotModified] when nothing changed after it.
	// Only arches, products, base-products, releases and release-variants know
	// when they changed; see [Page.LastModified].
	Since time.Time
}

func (q Query) values() url.Values {
	v := url.Values{}
	for name, values := range q.Filter {
		v[name] = append([]string(nil), values...)
	}
	for _, f := range q.Fields {
		v.Add("fields", f)
	}
	for _, f := range q.Exclude {
		v.Add("exclude_fields", f)
	}
	for i, o := range q.Order {
		if i == 0 {
			v.Set("ordering", o)
		} else {
			v.Set("ordering", v.Get("ordering")+","+o)
		}
	}
	if q.Page != 0 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	if q.PageSize != 0 {
		v.Set("page_size", strconv.Itoa(q.PageSize))
	}
	return v
}

// SPDX-License-Identifier: MIT

package pdctest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// change is part of a changeset.
type change struct {
	resource, id, old, new string
}

// exported is a row as change records show it.
func (p *PDC) exported(r *resource, x *row) string {
	if x == nil {
		return "null"
	}
	if r.export != nil {
		return pyJSON(r.export(p, x))
	}
	out := obj{}
	c := &call{p: p}
	for _, f := range r.fields {
		if !f.ro && !f.hide {
			out = append(out, kv{f.name, f.value(c, x)})
		}
	}
	return pyJSON(out)
}

// plain turns ordered objects into maps.
func plain(v any) any {
	switch v := v.(type) {
	case obj:
		m := make(map[string]any, len(v))
		for _, x := range v {
			m[x.k] = plain(x.v)
		}
		return m
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i])
		}
		return out
	}
	return v
}

// note records that a row was made or changed; was is what it was like.
func (p *PDC) note(r *resource, x *row, was any) {
	old, ok := was.(string)
	if !ok {
		old = "null"
	}
	if now := p.exported(r, x); now != old {
		p.record = append(p.record, change{r.table.name, strconv.Itoa(x.id), old, now})
	}
}

func (p *PDC) noteDeleted(r *resource, x *row) {
	p.record = append(p.record, change{r.table.name, strconv.Itoa(x.id), p.exported(r, x), "null"})
}

// commit keeps the changes of a request as one changeset.
func (p *PDC) commit(c *call) {
	if len(p.record) == 0 {
		return
	}
	author := ""
	if c.user != nil {
		author = c.user.Name
	}
	var comment any
	if s := c.r.Header.Get("PDC-Change-Comment"); s != "" {
		comment = s
	}
	p.insert(p.tables["changeset"], map[string]any{"author": author, "requested_on": p.now, "committed_on": p.now,
		"comment": comment, "changes": p.record})
}

func (p *PDC) defineChanges() {
	t := p.table("changeset", "changeset")
	moment := func(attr string) func(*call, *row) any {
		return func(_ *call, x *row) any { return x.v[attr].(time.Time).UTC().Format("2006-01-02T15:04:05.000000Z") }
	}
	r := p.add(&resource{path: "changesets/", table: t, verbs: "LG", fields: []*field{
		f("id", kInt, ro), f("author", kStr, ro),
		f("requested_on", kTime, ro, show(moment("requested_on"))),
		f("committed_on", kTime, ro, show(moment("committed_on"))),
		f("duration", kStr, ro, show(func(*call, *row) any { return "0.000000" })),
		f("changes", kCustom, ro, show(func(_ *call, x *row) any {
			out := []any{}
			for _, ch := range x.v["changes"].([]change) {
				out = append(out, obj{{"resource", ch.resource}, {"resource_id", ch.id}, {"old_value", ch.old}, {"new_value", ch.new}})
			}
			return out
		})),
		f("comment", kStr, ro),
	}})
	r.sort = func(_ *PDC, rows []*row) {
		slices.SortStableFunc(rows, func(a, b *row) int {
			return cmp.Or(b.v["committed_on"].(time.Time).Compare(a.v["committed_on"].(time.Time)), cmp.Compare(b.id, a.id))
		})
	}
	r.filters["author"] = multi("author")
	r.filters["resource"] = func(_ *PDC, want []string) (func(*row) bool, *problem) {
		return func(x *row) bool {
			return slices.ContainsFunc(x.v["changes"].([]change), func(ch change) bool { return slices.Contains(want, ch.resource) })
		}, nil
	}
	r.filters["comment"] = contains("comment")
	since := func(ok func(at, bound time.Time) bool) filter {
		return func(_ *PDC, want []string) (func(*row) bool, *problem) {
			w := want[len(want)-1]
			if w == "" {
				return nil, nil
			}
			bound, err := parseMoment(w)
			if err != nil {
				return nil, detail(400, []any{"Enter a valid date/time."})
			}
			return func(x *row) bool { return ok(x.v["committed_on"].(time.Time), bound) }, nil
		}
	}
	r.filters["changed_since"] = since(func(at, b time.Time) bool { return !at.Before(b) })
	r.filters["changed_until"] = since(func(at, b time.Time) bool { return !at.After(b) })
}

// parseMoment reads the forms that the server takes; without a zone it means
// its own, which here is UTC.
func parseMoment(s string) (time.Time, error) {
	var err error
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999", "2006-01-02 15:04:05.999999",
		"2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		var t time.Time
		if t, err = time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t, nil
		}
	}
	return time.Time{}, err
}

// SPDX-License-Identifier: MIT

package kojitest

func eventMethods(m map[string]handler) {
	m["getLastEvent"] = (*call).getLastEvent
	m["getEvent"] = (*call).getEvent
	m["tagLastChangeEvent"] = (*call).tagLastChangeEvent
	m["tagFirstChangeEvent"] = (*call).tagFirstChangeEvent
	m["tagChangedSinceEvent"] = (*call).tagChangedSinceEvent
}

func (e *eventRow) record() record { return record{"id": e.id, "ts": timeNumber(e.at)} }

func (c *call) getLastEvent() (any, *fault) {
	rows := c.h.events.rows
	if b := c.arg("before"); b != nil {
		before, f := parseTime(b)
		if f != nil {
			return nil, f
		}
		n := len(rows)
		for n > 0 && !rows[n-1].at.Before(before) {
			n--
		}
		rows = rows[:n]
	}
	if len(rows) == 0 {
		if c.flag("strict") {
			return nil, generic("query returned no rows")
		}
		return nil, nil
	}
	return rows[len(rows)-1].record(), nil
}

func (c *call) getEvent() (any, *fault) {
	n, ok, f := c.number("id")
	if f != nil {
		return nil, f
	}
	if e := c.h.events.get(n); ok && e != nil {
		return e.record(), nil
	}
	if c.flag("strict") {
		return nil, generic("query returned no rows")
	}
	return nil, nil
}

// changes are all spans of what a tag consists of.
func (t *tagRow) changes(visit func(*span)) {
	for _, r := range t.configs {
		visit(&r.span)
	}
	for _, r := range t.extra {
		visit(&r.span)
	}
	for _, r := range t.parents {
		visit(&r.span)
	}
	for _, r := range t.listed {
		visit(&r.span)
	}
	for _, r := range t.listing {
		visit(&r.span)
	}
	for _, r := range t.externals {
		visit(&r.span)
	}
	t.groupChanges(visit)
}

// lastChange is the last event, before another if that is not 0, at which the
// tag or something it inherits from changed. 0 means never.
func (h *Hub) lastChange(t *tagRow, before int, inherit bool) int {
	last := 0
	for _, one := range h.changeTags(t, inherit) {
		if before == 0 {
			last = max(last, one.changed)
			continue
		}
		one.changes(func(s *span) {
			for _, n := range []int{s.created, s.revoked} {
				if n < before {
					last = max(last, n)
				}
			}
		})
	}
	return last
}

// changeTags are the tag and, with inherit, what it inherits from.
func (h *Hub) changeTags(t *tagRow, inherit bool) []*tagRow {
	tags := []*tagRow{t}
	if inherit {
		for _, link := range h.inheritance(t, 0) {
			tags = append(tags, link.parent)
		}
	}
	return tags
}

func (c *call) tagLastChangeEvent() (any, *fault) {
	t, f := c.h.tag(c.arg("tag"), true)
	if f != nil {
		return nil, f
	}
	before, _, f := c.number("before")
	if f != nil {
		return nil, f
	}
	return intOrNil(c.h.lastChange(t, before, c.flag("inherit"))), nil
}

func (c *call) tagFirstChangeEvent() (any, *fault) {
	t, f := c.h.tag(c.arg("tag"), true)
	if f != nil {
		return nil, f
	}
	after, _, f := c.number("after")
	if f != nil {
		return nil, f
	}
	first := 0
	see := func(n int) {
		if n > after && (first == 0 || n < first) {
			first = n
		}
	}
	for _, one := range c.h.changeTags(t, c.flag("inherit")) {
		one.changes(func(s *span) { see(s.created); see(s.revoked) })
	}
	return intOrNil(first), nil
}

func (c *call) tagChangedSinceEvent() (any, *fault) {
	since, _, f := c.number("event")
	if f != nil {
		return nil, f
	}
	list, _ := c.arg("taglist").([]any)
	changed := false
	for _, v := range list {
		if s, ok := v.(string); ok {
			return nil, pythonError("psycopg2.errors.InvalidTextRepresentation",
				"invalid input syntax for type integer: %q", s)
		}
		n, _ := asInt(v)
		if t := c.h.tags.get(n); t != nil {
			changed = changed || c.h.lastChange(t, 0, false) > since
		}
	}
	return changed, nil
}

// SPDX-License-Identifier: MIT

package kojitest

import (
	"strings"
)

// An entryRow says that a build is in a tag.
type entryRow struct {
	span
	tag   *tagRow
	build *buildRow
}

// entry is the build's entry in the tag at an event.
func (t *tagRow) entry(b *buildRow, event int) *entryRow {
	rows := t.entryOf[b.pkg.id]
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].build == b && rows[i].at(event) {
			return rows[i]
		}
	}
	return nil
}

// A tagQuery asks for tagged builds.
type tagQuery struct {
	event   int
	inherit bool
	latest  int // so many of each package; 0 for all
	pkg     *packageRow
	owner   *userRow
	prefix  string
	btype   string
	draft   any
}

// tagged lists builds: tag after tag in inheritance order, in each the newest
// entry first. Packages that are not listed or are blocked are left out, with
// or without inherit.
func (h *Hub) tagged(t *tagRow, q tagQuery) []*entryRow {
	chain := h.inheritance(t, q.event)
	tags := []*tagRow{t}
	if q.inherit {
		for _, s := range chain {
			tags = append(tags, s.parent)
		}
	}
	allowed := map[int]bool{}
	wanted := func(p *packageRow) bool {
		if q.pkg != nil && p != q.pkg || !strings.HasPrefix(p.name, q.prefix) {
			return false
		}
		ok, known := allowed[p.id]
		if !known {
			ok = h.unblocked(t, chain, p, q.event)
			allowed[p.id] = ok
		}
		return ok
	}
	var list []*entryRow
	count := map[int]int{}
	for _, one := range tags {
		rows := one.listing
		if q.pkg != nil {
			rows = one.entryOf[q.pkg.id]
		}
		for i := len(rows) - 1; i >= 0; i-- {
			e := rows[i]
			b := e.build
			if !e.at(q.event) || b.state != buildComplete || !wanted(b.pkg) ||
				q.owner != nil && b.owner != q.owner || q.btype != "" && !b.hasType(q.btype) ||
				q.draft != nil && truth(q.draft) != b.draft {
				continue
			}
			if q.latest > 0 {
				if count[b.pkg.id] >= q.latest {
					continue
				}
				count[b.pkg.id]++
			}
			list = append(list, e)
		}
	}
	return list
}

// unblocked reports whether the nearest entry of a package allows its builds.
func (h *Hub) unblocked(t *tagRow, chain []step, p *packageRow, event int) bool {
	if l := t.listedAt(p.id, event); l != nil {
		return !l.blocked
	}
	for _, s := range chain {
		if l := s.parent.listedAt(p.id, event); l != nil && s.passes(p.name) {
			return !l.blocked
		}
	}
	return false
}

// record is a row of listTagged.
func (e *entryRow) record() record {
	b := e.build
	r := record{
		"build_id": b.id, "completion_time": timeText(b.completed), "create_event": e.created,
		"creation_event_id": b.event.id, "creation_time": timeText(b.event.at), "draft": b.draft, "epoch": b.epoch,
		"id": b.id, "name": b.pkg.name, "nvr": b.nvr(), "owner_id": b.owner.id, "owner_name": b.owner.name,
		"package_id": b.pkg.id, "package_name": b.pkg.name, "release": b.release,
		"start_time": timeText(b.started), "state": b.state, "tag_id": e.tag.id, "tag_name": e.tag.name,
		"task_id": intOrNil(b.task), "version": b.version,
	}
	b.addCommon(r)
	delete(r, "promotion_ts")
	return r
}

func taggedMethods(m map[string]handler) {
	m["listTagged"] = (*call).listTagged
	m["getLatestBuilds"] = (*call).getLatestBuilds
	m["listTaggedRPMS"] = (*call).listTaggedRPMS
	m["getLatestRPMS"] = (*call).getLatestRPMS
	m["untaggedBuilds"] = (*call).untaggedBuilds
}

// latestArg reads True, False or a number.
func latestArg(v any) int {
	n, _ := asInt(v)
	return n
}

// tagQueryArgs reads the arguments that the tagged-content methods share. The
// tag is nil when it does not exist and strict is off.
func (c *call) tagQueryArgs(q *tagQuery, strict bool) (*tagRow, *fault) {
	h := c.h
	var f *fault
	if q.event, f = c.eventArg(); f != nil {
		return nil, f
	}
	t, f := h.tagAt(c.arg("tag"), strict, q.event)
	if f != nil || t == nil {
		return nil, f
	}
	if info := c.arg("package"); info != nil {
		if q.pkg, f = h.pkg(info); f != nil {
			return nil, f
		}
		if q.pkg == nil {
			q.pkg = &packageRow{} // nothing matches
		}
	}
	if info := c.arg("owner"); info != nil {
		if q.owner, f = h.user(info, false); f != nil {
			return nil, f
		}
		if q.owner == nil {
			q.owner = &userRow{} // nothing matches
		}
	}
	if q.btype, f = c.text("type"); f != nil {
		return nil, f
	}
	if q.btype != "" && h.btype(q.btype) == nil {
		return nil, generic("unsupported build type: %s", q.btype)
	}
	q.draft = c.arg("draft")
	return t, nil
}

func (c *call) listTagged() (any, *fault) {
	q := tagQuery{inherit: c.flag("inherit"), latest: latestArg(c.arg("latest"))}
	t, f := c.tagQueryArgs(&q, c.flag("strict"))
	if f != nil {
		return nil, f
	}
	if t == nil {
		return []any{}, nil
	}
	if q.prefix, f = c.text("prefix"); f != nil {
		return nil, f
	}
	rows := []any{}
	for _, e := range c.h.tagged(t, q) {
		r := e.record()
		if c.flag("extra") {
			r["extra"] = e.build.extraValue()
		}
		e.build.addTyped(r, q.btype)
		rows = append(rows, r)
	}
	return rows, nil
}

func (c *call) getLatestBuilds() (any, *fault) {
	q := tagQuery{inherit: true, latest: 1}
	t, f := c.tagQueryArgs(&q, true)
	if f != nil {
		return nil, f
	}
	rows := []any{}
	for _, e := range c.h.tagged(t, q) {
		r := e.record()
		e.build.addTyped(r, q.btype)
		rows = append(rows, r)
	}
	return rows, nil
}

func (c *call) untaggedBuilds() (any, *fault) {
	name, f := c.text("name")
	if f != nil {
		return nil, f
	}
	in := map[*buildRow]bool{}
	for _, t := range c.h.tags.rows {
		for _, e := range t.listing {
			if e.at(0) {
				in[e.build] = true
			}
		}
	}
	rows := []record{}
	for _, b := range c.h.builds.rows {
		if in[b] || b.state != buildComplete || name != "" && b.pkg.name != name {
			continue
		}
		if d := c.arg("draft"); d != nil && truth(d) != b.draft {
			continue
		}
		rows = append(rows, record{"id": b.id, "name": b.pkg.name, "version": b.version, "release": b.release})
	}
	return applyQuery(rows, c.structArg("queryOpts"), "id")
}

// SPDX-License-Identifier: MIT

package kojitest

import (
	"strings"
	"time"
)

func buildListMethods(m map[string]handler) {
	m["listBuilds"] = (*call).listBuilds
}

func (c *call) listBuilds() (any, *fault) {
	h := c.h
	match, f := c.buildFilter()
	if f != nil {
		return nil, f
	}
	from := h.builds.rows
	if info := c.arg("packageID"); info != nil {
		p, f := h.pkg(info)
		if f != nil {
			return nil, f
		}
		if p == nil {
			return []any{}, nil
		}
		from = h.packageBuilds[p.id]
	}
	query := c.structArg("queryOpts")
	count := truth(query["countOnly"])
	rows := []record{}
	for _, b := range from {
		if !match(b) {
			continue
		}
		if count {
			rows = append(rows, record{"build_id": b.id})
			continue
		}
		r := b.listRecord()
		if t, _ := c.arg("type").(string); t != "" {
			b.addTyped(r, t)
		}
		rows = append(rows, r)
	}
	return applyQuery(rows, query, "build_id")
}

// buildFilter joins the filters of listBuilds.
func (c *call) buildFilter() (func(*buildRow) bool, *fault) {
	h := c.h
	var tests []func(*buildRow) bool
	add := func(test func(*buildRow) bool) { tests = append(tests, test) }
	if who := c.arg("userID"); who != nil {
		u, f := h.user(who, false)
		if f != nil {
			return nil, f
		}
		add(func(b *buildRow) bool { return u != nil && b.owner == u })
	}
	if who := c.arg("promoter"); who != nil {
		u, f := h.user(who, false)
		if f != nil {
			return nil, f
		}
		add(func(b *buildRow) bool { return u != nil && b.promoter == u })
	}
	if n, ok, f := c.number("taskID"); f != nil {
		return nil, f
	} else if ok {
		add(func(b *buildRow) bool { return b.task == n })
	}
	if n, ok, f := c.number("state"); f != nil {
		return nil, f
	} else if ok {
		add(func(b *buildRow) bool { return b.state == n })
	}
	if n, ok, f := c.number("volumeID"); f != nil {
		return nil, f
	} else if ok {
		add(func(b *buildRow) bool { return b.volume == nil && n == 0 || b.volume != nil && b.volume.id == n })
	}
	if v := c.arg("cgID"); v != nil {
		add(func(b *buildRow) bool { return b.cg != nil && (b.cg.name == v || equal(v, b.cg.id)) })
	}
	if v := c.arg("draft"); v != nil {
		add(func(b *buildRow) bool { return b.draft == truth(v) })
	}
	if s, f := c.text("prefix"); f != nil {
		return nil, f
	} else if s != "" {
		add(func(b *buildRow) bool { return strings.HasPrefix(b.pkg.name, s) })
	}
	if s, f := c.text("pattern"); f != nil {
		return nil, f
	} else if s != "" {
		add(func(b *buildRow) bool { return globMatch(s, b.nvr()) })
	}
	if s, f := c.text("source"); f != nil {
		return nil, f
	} else if s != "" {
		add(func(b *buildRow) bool { v, ok := b.source.(string); return ok && globMatch(s, v) })
	}
	if s, f := c.text("type"); f != nil {
		return nil, f
	} else if s != "" {
		if h.btype(s) == nil {
			return nil, generic("unsupported build type: %s", s)
		}
		info := c.structArg("typeInfo")
		add(func(b *buildRow) bool {
			if !b.hasType(s) {
				return false
			}
			for k, v := range info {
				if !equal(v, b.types[s][k]) {
					return false
				}
			}
			return true
		})
	}
	times := []struct {
		name string
		of   func(*buildRow) time.Time
	}{
		{"created", func(b *buildRow) time.Time { return b.event.at }},
		{"complete", func(b *buildRow) time.Time { return b.completed }},
		{"promoted", func(b *buildRow) time.Time { return b.promoted }},
	}
	for _, t := range times {
		for _, side := range []string{"Before", "After"} {
			v := c.arg(t.name + side)
			if v == nil {
				continue
			}
			limit, f := parseTime(v)
			if f != nil {
				return nil, f
			}
			add(func(b *buildRow) bool {
				at := t.of(b)
				return !at.IsZero() && (side == "Before" && at.Before(limit) || side == "After" && at.After(limit))
			})
		}
	}
	return func(b *buildRow) bool {
		for _, test := range tests {
			if !test(b) {
				return false
			}
		}
		return true
	}, nil
}

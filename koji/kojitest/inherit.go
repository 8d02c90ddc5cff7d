// SPDX-License-Identifier: MIT

package kojitest

import (
	"cmp"
	"regexp"
	"slices"
)

// A step is one entry of a full inheritance.
type step struct {
	*linkRow
	nextdepth any // depth that is left, nil for no limit
	currdepth int // 1 for a direct parent
	filters   []string
	noconfigs bool // this link or one on the way is noconfig
}

// links are the tag's own parents at an event, by priority.
func (t *tagRow) links(event int) []*linkRow {
	var rows []*linkRow
	for _, l := range t.parents {
		if l.at(event) {
			rows = append(rows, l)
		}
	}
	slices.SortStableFunc(rows, func(a, b *linkRow) int { return cmp.Compare(a.priority, b.priority) })
	return rows
}

// heirs are the links that lead to the tag, by priority and the
// children's ids.
func (h *Hub) heirs(t *tagRow, event int) []*linkRow {
	var rows []*linkRow
	for _, child := range h.tags.rows {
		for _, l := range child.parents {
			if l.parent == t && l.at(event) {
				rows = append(rows, l)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b *linkRow) int { return cmp.Compare(a.priority, b.priority) })
	return rows
}

// inheritance is what a tag inherits from, in the order in which it is asked.
func (h *Hub) inheritance(t *tagRow, event int) []step { return h.walkInheritance(t, event, false) }

func (h *Hub) walkInheritance(t *tagRow, event int, reverse bool) []step {
	w := walk{h: h, event: event, reverse: reverse, seen: map[int][]step{}}
	w.visit(t, nil, 0, nil, false, nil)
	return w.order
}

type walk struct {
	h       *Hub
	event   int
	reverse bool
	order   []step
	seen    map[int][]step
}

// visit goes depth first through the links of a tag. maxdepth is what is left
// from here; path holds the tags above, to prune loops.
func (w *walk) visit(t *tagRow, path []*tagRow, depth int, maxdepth any, noconfig bool, filters []string) {
	left, limited := asInt(maxdepth)
	if limited && left < 1 {
		return
	}
	depth++
	path = append(path[:len(path):len(path)], t)
	links := t.links(w.event)
	if w.reverse {
		links = w.h.heirs(t, w.event)
	}
	for _, l := range links {
		next := l.parent
		if w.reverse {
			next = l.child
		}
		if slices.Contains(path, next) || l.intransitive && len(path) > 1 && !w.reverse || l.priority < 0 {
			continue
		}
		s := step{linkRow: l, currdepth: depth, nextdepth: l.maxdepth, filters: filters}
		if limited {
			s.nextdepth = left - 1
			if own, ok := asInt(l.maxdepth); ok {
				s.nextdepth = min(own, left) - 1
			}
		}
		if l.noconfig {
			noconfig = true // stays on for the node's later links, as in the hub
		}
		s.noconfigs = noconfig
		if l.filter != "" {
			s.filters = append(slices.Clone(filters), l.filter)
		}
		if before, ok := w.seen[next.id]; ok && slices.ContainsFunc(before, s.coveredBy) {
			continue
		}
		w.seen[next.id] = append(w.seen[next.id], s)
		w.order = append(w.order, s)
		if l.intransitive && w.reverse {
			continue
		}
		w.visit(next, path, depth, s.nextdepth, noconfig, s.filters)
	}
}

// coveredBy reports whether an earlier visit of the same tag saw at least as
// much as this one would.
func (s step) coveredBy(earlier step) bool {
	had, hadLimit := asInt(earlier.nextdepth)
	has, hasLimit := asInt(s.nextdepth)
	switch {
	case hadLimit && (!hasLimit || had < has):
		return false
	case earlier.linkRow.noconfig && !s.noconfigs:
		return false
	}
	return len(earlier.filters) == 0
}

// passes reports whether a package's name matches every filter on the way;
// a pattern matches at the start of the name.
func (s step) passes(name string) bool {
	for _, pattern := range s.filters {
		re, err := regexp.Compile("^(?:" + pattern + ")")
		if err != nil || !re.MatchString(name) {
			return false
		}
	}
	return true
}

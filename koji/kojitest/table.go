// SPDX-License-Identifier: MIT

package kojitest

import "time"

// A tx is one database transaction: what a failing call did is undone.
type tx struct {
	undo  []func()
	event *eventRow
}

// dirty reports whether anything was written.
func (t *tx) dirty() bool { return len(t.undo) > 0 }

// rollback undoes everything since the savepoint, newest first.
func (t *tx) rollback(savepoint int) {
	for i := len(t.undo) - 1; i >= savepoint; i-- {
		t.undo[i]()
	}
	t.undo = t.undo[:savepoint]
	t.event = nil
}

// set assigns *p, for as long as the transaction holds.
func set[T any](t *tx, p *T, v T) {
	old := *p
	t.undo = append(t.undo, func() { *p = old })
	*p = v
}

// push appends to *s.
func push[T any](t *tx, s *[]T, v ...T) {
	old := *s
	t.undo = append(t.undo, func() { *s = old })
	*s = append(old[:len(old):cap(old)], v...)
}

// put assigns m[k].
func put[K comparable, V any](t *tx, m map[K]V, k K, v V) {
	old, had := m[k]
	t.undo = append(t.undo, func() {
		if had {
			m[k] = old
		} else {
			delete(m, k)
		}
	})
	m[k] = v
}

// drop deletes m[k].
func drop[K comparable, V any](t *tx, m map[K]V, k K) {
	old, had := m[k]
	if !had {
		return
	}
	t.undo = append(t.undo, func() { m[k] = old })
	delete(m, k)
}

// A table holds rows in the order of their insertion, found by id.
type table[T any] struct {
	rows []*T
	byID map[int]*T
	last int
}

func (tb *table[T]) get(id int) *T { return tb.byID[id] }

// next is the id that the next row gets.
func (tb *table[T]) next() int { return tb.last + 1 }

// insert adds a row under its id; ids go up from the highest used.
func (tb *table[T]) insert(t *tx, id int, row *T) {
	if tb.byID == nil {
		tb.byID = make(map[int]*T)
	}
	push(t, &tb.rows, row)
	put(t, tb.byID, id, row)
	if id > tb.last {
		set(t, &tb.last, id)
	}
}

// remove deletes a row.
func (tb *table[T]) remove(t *tx, id int) {
	row := tb.byID[id]
	if row == nil {
		return
	}
	rows := make([]*T, 0, len(tb.rows))
	for _, r := range tb.rows {
		if r != row {
			rows = append(rows, r)
		}
	}
	set(t, &tb.rows, rows)
	drop(t, tb.byID, id)
}

// An eventRow is one event: a change of the versioned data.
type eventRow struct {
	id int
	at time.Time
}

// A span says from which event to which a versioned row holds.
type span struct {
	created, revoked int // event ids; revoked is 0 while the row is active
	creator, revoker int // user ids
}

// at reports whether the row held at an event; 0 asks about now.
func (s *span) at(event int) bool {
	if event == 0 {
		return s.revoked == 0
	}
	return s.created <= event && (s.revoked == 0 || event < s.revoked)
}

// fresh is the span of a row that this call creates.
func (c *call) fresh() span {
	return span{created: c.event(), creator: c.userID()}
}

// revoke ends a row's span.
func (c *call) revoke(s *span) {
	next := *s
	next.revoked, next.revoker = c.event(), c.userID()
	set(c.tx, s, next)
}

// event is the event of this call's transaction, made on first need.
func (c *call) event() int {
	if c.tx.event == nil {
		h := c.h
		at := h.now
		if n := len(h.events.rows); n > 0 {
			if last := h.events.rows[n-1].at; !at.After(last) {
				at = last.Add(time.Microsecond)
			}
		}
		row := &eventRow{id: h.events.next(), at: at}
		h.events.insert(c.tx, row.id, row)
		c.tx.event = row
	}
	return c.tx.event.id
}

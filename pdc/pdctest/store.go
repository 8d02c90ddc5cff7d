// SPDX-License-Identifier: MIT

package pdctest

import (
	"maps"
	"slices"
)

func (p *PDC) insert(t *table, v map[string]any) *row {
	x := t.insert(v)
	p.changedNow(t, func() {
		t.remove(x)
		t.nextID = x.id
	})
	return x
}

func (p *PDC) set(t *table, x *row, v map[string]any) {
	old := x.v
	t.leave(x)
	x.v = v
	t.enter(x)
	p.changedNow(t, func() {
		t.leave(x)
		x.v = old
		t.enter(x)
	})
}

// assign sets some attributes of a row.
func (p *PDC) assign(t *table, x *row, v map[string]any) {
	all := maps.Clone(x.v)
	maps.Copy(all, v)
	p.set(t, x, all)
}

func (p *PDC) drop(t *table, x *row) {
	i := slices.Index(t.rows, x)
	if i < 0 {
		return
	}
	t.remove(x)
	p.changedNow(t, func() {
		t.rows = slices.Insert(t.rows, i, x)
		t.enter(x)
	})
}

func (p *PDC) changedNow(t *table, undo func()) {
	before, had := p.changed[t.name]
	p.changed[t.name] = p.now
	p.version++
	p.undo = append(p.undo, func() {
		undo()
		if had {
			p.changed[t.name] = before
		} else {
			delete(p.changed, t.name)
		}
	})
}

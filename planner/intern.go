// SPDX-License-Identifier: MIT

package planner

import "math/bits"

// interner is an open-addressing hash table from ids to their positions in a
// slice that its owner keeps. It costs a third of what a Go map does.
type interner struct {
	slots []uint64 // hash<<32 | position+1, 0 = free
	known int      // how many of the owner's ids are in the table
}

// find returns the position of id, or -1 and the slot where it belongs.
func (t *interner) find(ids []ID, id ID, h uint32) (slot int, pos int32) {
	mask := uint32(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			return int(i), -1
		}
		if uint32(s>>32) == h {
			if p := int32(uint32(s)) - 1; ids[p] == id {
				return int(i), p
			}
		}
	}
}

// guess returns the position of the first id with a hash, or -1.
func (t *interner) guess(h uint32) int32 {
	mask := uint32(len(t.slots) - 1)
	for i := h & mask; t.slots[i] != 0; i = (i + 1) & mask {
		if uint32(t.slots[i]>>32) == h {
			return int32(uint32(t.slots[i])) - 1
		}
	}
	return -1
}

func (t *interner) put(slot int, h uint32, pos int32) {
	t.slots[slot] = uint64(h)<<32 | uint64(pos+1)
}

// room brings all of ids into the table, of equal ones the first, and makes
// sure that one more fits.
func (t *interner) room(ids []ID) {
	if want := (len(ids) + 1) * 3 / 2; want > len(t.slots) {
		t.slots = make([]uint64, 1<<bits.Len(uint(max(8, want))))
		t.known = 0
	}
	for p := t.known; p < len(ids); p++ {
		h := hashID(ids[p])
		if slot, have := t.find(ids, ids[p], h); have < 0 {
			t.put(slot, h, int32(p))
		}
	}
	t.known = len(ids)
}

const (
	hashK0 = 0xa0761d6478bd642f
	hashK1 = 0xe7037ed1a0b428db
)

func hashID(s ID) uint32 {
	h := uint64(len(s)) * hashK0
	for len(s) >= 8 {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		hi, lo := bits.Mul64(w^hashK1, h^hashK0)
		h = hi ^ lo
		s = s[8:]
	}
	var w uint64
	for i := 0; i < len(s); i++ {
		w |= uint64(s[i]) << (8 * i)
	}
	hi, lo := bits.Mul64(w^hashK1, h^hashK0)
	h = hi ^ lo
	return uint32(h ^ h>>32)
}

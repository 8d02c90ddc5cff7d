// SPDX-License-Identifier: MIT

package planner

import "math/bits"

// interner is an open-addressing hash table from ids to their positions in a
// slice that its owner keeps. A Go map would hold every string twice and cost
// about three times as much per edge.
type interner struct {
	slots  []int32 // position+1, 0 = free
	hashes []uint32
}

func (t *interner) find(ids []ID, id ID, h uint32) (slot int, pos int32) {
	mask := uint32(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		p := t.slots[i]
		if p == 0 {
			return int(i), -1
		}
		if t.hashes[p-1] == h && ids[p-1] == id {
			return int(i), p - 1
		}
	}
}

// room brings all of ids into the table and makes sure that one more fits.
func (t *interner) room(ids []ID, capacity int) {
	known := len(t.hashes)
	for i := known; i < len(ids); i++ {
		t.hashes = append(t.hashes, hashID(ids[i]))
	}
	capacity = max(capacity, len(ids)+1)
	if capacity*3/2 > len(t.slots) {
		t.slots = make([]int32, 1<<bits.Len(uint(max(8, capacity*3/2))))
		known = 0
	}
	mask := uint32(len(t.slots) - 1)
	for p := known; p < len(t.hashes); p++ {
		i := t.hashes[p] & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = int32(p + 1)
	}
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

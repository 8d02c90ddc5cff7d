// SPDX-License-Identifier: MIT

package distgit

import (
	"encoding/hex"
	"strings"
)

// objectName is a commit's name in binary, of SHA-1 or SHA-256.
type objectName struct {
	b [32]byte
	n uint8
}

// parseName reads a full name in lower case.
func parseName[T string | []byte](s T) (name objectName, ok bool) {
	if len(s) != 40 && len(s) != 64 {
		return name, false
	}
	name.n = uint8(len(s) / 2)
	for i := range name.n {
		hi, lo := nibble[s[2*i]], nibble[s[2*i+1]]
		if hi|lo > 15 {
			return name, false
		}
		name.b[i] = hi<<4 | lo
	}
	return name, true
}

var nibble = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = byte(i)
	}
	return t
}()

func (o objectName) String() string {
	if o.n == 0 {
		return ""
	}
	var buf [64]byte
	return string(buf[:hex.Encode(buf[:], o.b[:o.n])])
}

// number returns the number of a commit, a new one if need be.
func (h *History) number(hash string) uint32 {
	if hash == "" {
		return 0
	}
	name, _ := parseName(hash)
	return h.numberOf(name)
}

func (h *History) numberOf(name objectName) uint32 {
	h.init()
	n, ok := h.byHash[name]
	if !ok {
		n = uint32(len(h.hashes))
		h.hashes = append(h.hashes, name)
		h.byHash[name] = n
	}
	return n
}

func (h *History) word(w []byte) uint32 {
	if len(w) == 0 {
		return 0
	}
	h.init()
	n, ok := h.byWord[string(w)]
	if !ok {
		n = uint32(len(h.words))
		h.words = append(h.words, string(w))
		h.byWord[h.words[n]] = n
	}
	return n
}

// text keeps a message's id: many share an allocation.
func (h *History) text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if h.ids.Cap()-h.ids.Len() < len(b) {
		h.ids = strings.Builder{}
		h.ids.Grow(max(64<<10, len(b)))
	}
	at := h.ids.Len()
	h.ids.Write(b)
	return h.ids.String()[at:]
}

func (h *History) init() {
	if h.byHash == nil {
		none, _ := parseName(NoCommit)
		h.hashes, h.byHash = []objectName{{}, none}, map[objectName]uint32{none: hashNone}
		h.words, h.byWord = []string{""}, map[string]uint32{}
		h.lines = map[lineKey]*timeline{}
	}
}

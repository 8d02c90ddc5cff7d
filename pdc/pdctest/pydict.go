// SPDX-License-Identifier: MIT

package pdctest

import "strings"

// The server keeps what changed as JSON text made from Python 2 dictionaries.
// Their order is that of the hash table, which is the same in every process:
// to give the same text, the table is rebuilt here.

// pyHash is Python 2's hash of an ASCII text on 64 bit.
func pyHash(s string) int64 {
	if s == "" {
		return 0
	}
	x := int64(s[0]) << 7
	for i := 0; i < len(s); i++ {
		x = 1000003*x ^ int64(s[i])
	}
	if x ^= int64(len(s)); x == -1 {
		return -2
	}
	return x
}

// pyOrder is the order in which a dictionary gives keys that were put into it
// in the given order.
func pyOrder(keys []string) []string { return hashOrder(keys, pyHash) }

// hashOrder is the order of a hash table; sets have the same.
func hashOrder[K any](keys []K, hash func(K) int64) []K {
	type slot struct {
		key  K
		hash int64
		used bool
	}
	table := make([]slot, 8)
	put := func(t []slot, key K, hash int64) {
		mask := uint64(len(t) - 1)
		i := uint64(hash) & mask
		for perturb := uint64(hash); t[i&mask].used; perturb >>= 5 {
			i = i<<2 + i + perturb + 1
		}
		t[i&mask] = slot{key, hash, true}
	}
	for n, key := range keys {
		put(table, key, hash(key))
		if (n+1)*3 >= len(table)*2 {
			size := 8
			for size <= (n+1)*4 {
				size <<= 1
			}
			grown := make([]slot, size)
			for _, s := range table {
				if s.used {
					put(grown, s.key, s.hash)
				}
			}
			table = grown
		}
	}
	out := make([]K, 0, len(keys))
	for _, s := range table {
		if s.used {
			out = append(out, s.key)
		}
	}
	return out
}

// pyJSON is Python's json.dumps of a value, dictionaries in their order.
func pyJSON(v any) string {
	var b strings.Builder
	writePyJSON(&b, v)
	return b.String()
}

func writePyJSON(b *strings.Builder, v any) {
	switch v := v.(type) {
	case obj:
		keys := make([]string, len(v))
		for i, m := range v {
			keys[i] = m.k
		}
		b.WriteByte('{')
		for i, k := range pyOrder(keys) {
			if i > 0 {
				b.WriteString(", ")
			}
			writePyJSON(b, k)
			b.WriteString(": ")
			writePyJSON(b, v.get(k))
		}
		b.WriteByte('}')
	case map[string]any:
		b.WriteByte('{')
		for i, k := range pyOrder(sorted(v)) {
			if i > 0 {
				b.WriteString(", ")
			}
			writePyJSON(b, k)
			b.WriteString(": ")
			writePyJSON(b, v[k])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			writePyJSON(b, x)
		}
		b.WriteByte(']')
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		writePyJSON(b, list)
	case string:
		b.WriteString(asciiJSON(v))
	default:
		b.Write(appendJSON(nil, v))
	}
}

// asciiJSON escapes what is not ASCII, as json.dumps does.
func asciiJSON(s string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r >= ' ' && r < 0x7f:
			b.WriteRune(r)
		default:
			units := []rune{r}
			if r > 0xffff {
				r -= 0x10000
				units = []rune{0xd800 + r>>10, 0xdc00 + r&0x3ff}
			}
			for _, u := range units {
				b.WriteString(`\u`)
				for shift := 12; shift >= 0; shift -= 4 {
					b.WriteByte(hex[u>>shift&15])
				}
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}

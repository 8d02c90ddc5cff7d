// SPDX-License-Identifier: MIT

package modulemd

import (
	"crypto/sha1"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"
)

// Contexts are the hashes by which a build system tells apart the builds of
// one stream and version, and finds earlier ones to reuse.
type Contexts struct {
	Build   string // SHA-1 of the streams that were there when building
	Runtime string // SHA-1 of the streams that are required
	Context string // the eight digits that go into the NSVC
}

// ComputeContexts hashes what a module was built with (module name to stream,
// everything that was in the buildroot, not only what was asked for) and what
// its combinations require. The texts that are hashed are those of Python's
// json.dumps with sorted keys, as the Module Build Service makes them.
func ComputeContexts(buildRequires map[string]string, deps []Dependencies) Contexts {
	b := []byte{'{'}
	for i, name := range sortedKeys(buildRequires) {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendJSON(b, name)
		b = append(b, ": "...)
		b = appendJSON(b, buildRequires[name])
	}
	c := Contexts{Build: sha1Hex(append(b, '}'))}

	requires := map[string]map[string]bool{}
	for _, d := range deps {
		for name, streams := range d.Requires {
			if requires[name] == nil {
				requires[name] = map[string]bool{}
			}
			for _, s := range streams {
				requires[name][s] = true
			}
		}
	}
	b = append(b[:0], '{')
	for i, name := range sortedKeys(requires) {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendJSON(b, name)
		b = append(b, ": ["...)
		for j, s := range slices.Sorted(maps.Keys(requires[name])) {
			if j > 0 {
				b = append(b, ", "...)
			}
			b = appendJSON(b, s)
		}
		b = append(b, ']')
	}
	c.Runtime = sha1Hex(append(b, '}'))
	c.Context = sha1Hex([]byte(c.Build + ":" + c.Runtime))[:8]
	return c
}

// Contexts computes the hashes of a built stream from what the build system
// noted in its xmd section. It reports false when nothing is noted there.
func (s *Stream) Contexts() (Contexts, bool) {
	noted := s.XMD.Get("mbs", "buildrequires")
	if noted.Kind() != ValueMap {
		return Contexts{}, false
	}
	built := map[string]string{}
	for name, v := range noted.Entries() {
		built[name] = v.Get("stream").Text()
	}
	return ComputeContexts(built, s.Dependencies), true
}

// BuildContextWithout returns the hash Contexts.Build would be without some
// modules, by custom the base modules such as platform: with it, builds for
// different platforms can be compared.
func BuildContextWithout(buildRequires map[string]string, base ...string) string {
	rest := maps.Clone(buildRequires)
	for _, name := range base {
		delete(rest, name)
	}
	return ComputeContexts(rest, nil).Build
}

func sha1Hex(b []byte) string {
	sum := sha1.Sum(b)
	return hex.EncodeToString(sum[:])
}

// appendJSON writes a JSON string the way Python does: only ASCII.
func appendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r >= 0x20 && r < 0x7f:
			b = append(b, byte(r))
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			b = appendCode(appendCode(b, hi), lo)
		default:
			b = appendCode(b, r)
		}
	}
	return append(b, '"')
}

func appendCode(b []byte, r rune) []byte {
	digits := strconv.FormatUint(uint64(r), 16)
	b = append(b, `\u`...)
	for range 4 - len(digits) {
		b = append(b, '0')
	}
	return append(b, digits...)
}

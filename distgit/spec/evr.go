// SPDX-License-Identifier: MIT

package spec

import (
	"cmp"
	"strings"

	"github.com/seed-f134cc8e/relkit/internal/rpmver"
)

// EVR is an epoch, version and release. An empty Epoch means none, which rpm
// orders like 0.
type EVR struct {
	Epoch   string
	Version string
	Release string
}

// String returns [epoch:]version-release, as changelogs have it, or "" for
// the zero EVR.
func (e EVR) String() string {
	if e == (EVR{}) {
		return ""
	}
	s := e.Version + "-" + e.Release
	if e.Epoch != "" {
		s = e.Epoch + ":" + s
	}
	return s
}

// Compare returns -1, 0 or +1 by rpm's order: epoch as a number, then version,
// then release. It implements rpm's label comparison, with tilde (older than
// the end) and caret (newer than the end).
func (e EVR) Compare(o EVR) int {
	if c := compareNumbers(e.Epoch, o.Epoch); c != 0 {
		return c
	}
	if c := rpmver.Compare(e.Version, o.Version); c != 0 {
		return c
	}
	return rpmver.Compare(e.Release, o.Release)
}

func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }
func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'
}
func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func span(s string, class func(byte) bool) int {
	n := 0
	for n < len(s) && class(s[n]) {
		n++
	}
	return n
}

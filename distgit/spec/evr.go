// SPDX-License-Identifier: MIT

package spec

import (
	"cmp"
	"strings"
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
	if c := compareLabels(e.Version, o.Version); c != 0 {
		return c
	}
	return compareLabels(e.Release, o.Release)
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

// compareLabels orders two versions or releases as rpm does.
func compareLabels(a, b string) int {
	if a == b {
		return 0
	}
	separator := func(c byte) bool { return !isAlnum(c) && c != '~' && c != '^' }
	for a != "" || b != "" {
		for a != "" && separator(a[0]) {
			a = a[1:]
		}
		for b != "" && separator(b[0]) {
			b = b[1:]
		}
		if at, bt := strings.HasPrefix(a, "~"), strings.HasPrefix(b, "~"); at || bt {
			if at != bt {
				if at {
					return -1
				}
				return 1
			}
			a, b = a[1:], b[1:]
			continue
		}
		if ac, bc := strings.HasPrefix(a, "^"), strings.HasPrefix(b, "^"); ac || bc {
			switch {
			case ac && bc:
				a, b = a[1:], b[1:]
				continue
			case a == "":
				return -1
			case b == "":
				return 1
			case ac:
				return -1
			default:
				return 1
			}
		}
		if a == "" || b == "" {
			break
		}
		class := isAlpha
		number := isDigit(a[0])
		if number {
			class = isDigit
		}
		as, bs := span(a, class), span(b, class)
		if bs == 0 { // a number is newer than a word
			if number {
				return 1
			}
			return -1
		}
		var c int
		if number {
			c = compareNumbers(a[:as], b[:bs])
		} else {
			c = cmp.Compare(a[:as], b[:bs])
		}
		if c != 0 {
			return c
		}
		a, b = a[as:], b[bs:]
	}
	return cmp.Compare(min(len(a), 1), min(len(b), 1))
}

func span(s string, class func(byte) bool) int {
	n := 0
	for n < len(s) && class(s[n]) {
		n++
	}
	return n
}

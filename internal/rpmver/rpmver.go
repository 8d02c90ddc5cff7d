// SPDX-License-Identifier: MIT

// Package rpmver holds rpm's order of versions, for the packages that compare
// builds and may not import each other.
package rpmver

import "strings"

const (
	classOther = iota
	classDigit
	classAlpha
	classTilde
	classCaret
)

// classes sorts bytes into what rpm's comparison knows.
var classes = func() (t [256]uint8) {
	for c := range 256 {
		switch {
		case c >= '0' && c <= '9':
			t[c] = classDigit
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			t[c] = classAlpha
		case c == '~':
			t[c] = classTilde
		case c == '^':
			t[c] = classCaret
		}
	}
	return t
}()

// Compare orders two versions or two releases as rpm's rpmvercmp does, and
// returns -1, 0 or +1: runs of digits as numbers, runs of letters by bytes,
// other characters only separate; a tilde is older than the end of the text, a
// caret newer than the end but older than anything else. It does not allocate.
func Compare(a, b string) int {
	if a == b {
		return 0
	}
	// What both begin with orders nothing, except that a run must be compared
	// from where it begins.
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	for i > 0 && (classes[a[i-1]] == classDigit || classes[a[i-1]] == classAlpha) {
		i--
	}
	j := i
	for i < len(a) || j < len(b) {
		for i < len(a) && classes[a[i]] == classOther {
			i++
		}
		for j < len(b) && classes[b[j]] == classOther {
			j++
		}
		ca, cb := uint8(classOther), uint8(classOther) // other stands for the end
		if i < len(a) {
			ca = classes[a[i]]
		}
		if j < len(b) {
			cb = classes[b[j]]
		}
		if ca == classTilde || cb == classTilde {
			if ca != classTilde {
				return 1
			}
			if cb != classTilde {
				return -1
			}
			i++
			j++
			continue
		}
		if ca == classCaret || cb == classCaret {
			switch {
			case i >= len(a):
				return -1
			case j >= len(b):
				return 1
			case ca != classCaret:
				return 1
			case cb != classCaret:
				return -1
			}
			i++
			j++
			continue
		}
		if i >= len(a) || j >= len(b) {
			break
		}
		starti, startj := i, j
		for i < len(a) && classes[a[i]] == ca {
			i++
		}
		for j < len(b) && classes[b[j]] == ca {
			j++
		}
		if startj == j { // runs of different kinds: digits are newer
			if ca == classDigit {
				return 1
			}
			return -1
		}
		if ca == classDigit {
			for starti < i && a[starti] == '0' {
				starti++
			}
			for startj < j && b[startj] == '0' {
				startj++
			}
			if i-starti != j-startj {
				if i-starti > j-startj {
					return 1
				}
				return -1
			}
		}
		if c := strings.Compare(a[starti:i], b[startj:j]); c != 0 {
			return c
		}
	}
	switch {
	case i < len(a):
		return 1
	case j < len(b):
		return -1
	}
	return 0
}

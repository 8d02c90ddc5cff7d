// SPDX-License-Identifier: MIT

package spec

import (
	"strings"
	"unicode"
)

// The rules by which a release value is increased are those of
// rpmdev-bumpspec 1.0.13: see the package comment.

// bumpValue increases a value that begins with a digit. A nil suffix bumps the
// leading number; otherwise the trailing ".SUFFIX<number>".
func bumpValue(old string, suffix *string) string {
	switch {
	case suffix != nil:
		return bumpTrailing(old, *suffix)
	case strings.Index(old, "jpp") > 0:
		if v, ok := bumpJPackage(old); ok {
			return v
		}
	default:
		if v, ok := bumpLeading(old); ok {
			return v
		}
	}
	return bumpTrailing(old, "")
}

// bumpLeading increases the first number, or the second where the first is 0
// and marks a pre-release. A value with "rc" after its number is refused: the
// number that counts is not the first one.
func bumpLeading(old string) (string, bool) {
	lead := ""
	rest := old
	if strings.HasPrefix(old, "0.") {
		lead, rest = "0.", old[2:]
	}
	n := span(rest, isDigit)
	if n == 0 {
		return "", false
	}
	post := rest[n:]
	if lead == "" && strings.Contains(post, "rc") {
		return "", false
	}
	return lead + increment(rest[:n]) + post, true
}

// bumpJPackage increases the number after "jpp.", as in 1jpp.2.
func bumpJPackage(old string) (string, bool) {
	for i := strings.LastIndex(old, "jpp."); i > 0; i = strings.LastIndex(old[:i], "jpp.") {
		if !isDigit(old[i-1]) {
			continue
		}
		post, ok := bumpLeading(old[i+4:])
		return old[:i+4] + post, ok
	}
	return "", false
}

// bumpTrailing increases a trailing ".SUFFIX<number>" or appends ".SUFFIX1".
func bumpTrailing(old, suffix string) string {
	if i := strings.LastIndex(old, "."+suffix); i > 0 {
		if at := i + 1 + len(suffix); at < len(old) && span(old[at:], isDigit) == len(old)-at {
			return old[:at] + increment(old[at:])
		}
	}
	return trimRight(old) + "." + suffix + "1"
}

// increment adds one to a decimal number of any length; leading zeros go.
func increment(number string) string {
	digits := []byte(strings.TrimLeft(number, "0"))
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i] < '9' {
			digits[i]++
			return string(digits)
		}
		digits[i] = '0'
	}
	return "1" + string(digits)
}

// trimRight cuts white space off the end, that of Unicode too when the text is
// UTF-8.
func trimRight(s string) string { return strings.TrimRightFunc(s, isUnicodeSpace) }

func isUnicodeSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// SPDX-License-Identifier: MIT

package koji

import (
	"fmt"
	"strconv"
)

// enumString returns the word of a number, or "Type(7)".
func enumString(names []string, typ string, n int) string {
	if n >= 0 && n < len(names) {
		return names[n]
	}
	return typ + "(" + strconv.Itoa(n) + ")"
}

// enumText writes numbers without a word as digits.
func enumText(names []string, n int) ([]byte, error) {
	if n >= 0 && n < len(names) {
		return []byte(names[n]), nil
	}
	return strconv.AppendInt(nil, int64(n), 10), nil
}

func enumParse(names []string, typ string, text []byte) (int, error) {
	for i, name := range names {
		if name == string(text) {
			return i, nil
		}
	}
	if n, err := strconv.Atoi(string(text)); err == nil {
		return n, nil
	}
	return 0, fmt.Errorf("koji: %q is no %s", text, typ)
}

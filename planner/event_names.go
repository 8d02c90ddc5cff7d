// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"strconv"
)

// enumString returns the name of a number, or "Type(n)" outside the list.
func enumString[T ~uint8](v T, names []string, typ string) string {
	if int(v) >= len(names) {
		return typ + "(" + strconv.Itoa(int(v)) + ")"
	}
	return names[v]
}

func enumMarshal[T ~uint8](v T, names []string, typ string) ([]byte, error) {
	if int(v) >= len(names) {
		return nil, fmt.Errorf("planner: no %s has the number %d: %w", typ, int(v), ErrInvalid)
	}
	return []byte(names[v]), nil
}

func enumUnmarshal[T ~uint8](v *T, text []byte, names []string, typ string) error {
	for i, n := range names {
		if n == string(text) {
			*v = T(i)
			return nil
		}
	}
	return fmt.Errorf("planner: unknown %s %q: %w", typ, text, ErrInvalid)
}

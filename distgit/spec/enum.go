// SPDX-License-Identifier: MIT

package spec

import "fmt"

func enumName(kind string, v int, names []string) string {
	if v >= 0 && v < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", kind, v)
}

func enumValue(kind, text string, names []string) (int, error) {
	for i, n := range names {
		if n == text {
			return i, nil
		}
	}
	var i int
	if _, err := fmt.Sscanf(text, kind+"(%d)", &i); err == nil {
		return i, nil
	}
	return 0, fmt.Errorf("spec: unknown %s %q", kind, text)
}

// SPDX-License-Identifier: MIT

package koji

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func sortTasks(tasks []Task) {
	slices.SortFunc(tasks, func(a, b Task) int { return cmp.Compare(a.ID, b.ID) })
}

// joined is how the hub takes lists of arches.
func joined(words []string) string { return strings.Join(words, " ") }

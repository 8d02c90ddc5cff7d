// SPDX-License-Identifier: MIT

package kojitest

import (
	"cmp"
	"slices"
	"strings"
)

// applyQuery orders, cuts, counts rows by a queryOpts struct, as the hub's
// query processor does. fallback is the order when none is asked for.
func applyQuery(rows []record, opts record, fallback string) (any, *fault) {
	order := fallback
	if o, ok := opts["order"].(string); ok && o != "" {
		order = o
	}
	if order != "" && len(rows) > 0 {
		for key := range strings.SplitSeq(order, ",") {
			name := strings.TrimPrefix(key, "-")
			if _, ok := rows[0][name]; !ok && order != fallback {
				return nil, pythonError("Exception", "Invalid order: %s", name)
			}
		}
		slices.SortStableFunc(rows, func(a, b record) int { return compareRows(a, b, order) })
	}
	if truth(opts["countOnly"]) {
		n := len(rows)
		if at, ok := asInt(opts["offset"]); ok {
			n = max(0, n-at)
		}
		if most, ok := asInt(opts["limit"]); ok {
			n = min(n, most)
		}
		return n, nil
	}
	if at, ok := asInt(opts["offset"]); ok && at > 0 {
		rows = rows[min(at, len(rows)):]
	}
	if most, ok := asInt(opts["limit"]); ok && most >= 0 {
		rows = rows[:min(most, len(rows))]
	}
	return listOf(rows), nil
}

// listOf is rows as the wire takes them.
func listOf(rows []record) []any {
	out := make([]any, len(rows))
	for i, r := range rows {
		out[i] = r
	}
	return out
}

func compareRows(a, b record, order string) int {
	for key := range strings.SplitSeq(order, ",") {
		name, down := strings.CutPrefix(key, "-")
		if d := compareValues(a[name], b[name]); d != 0 {
			if down {
				return -d
			}
			return d
		}
	}
	return 0
}

// compareValues orders values of one column; nil comes last, as in the
// database.
func compareValues(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	}
	return cmp.Compare(number(a), number(b))
}

func number(v any) float64 {
	if f, ok := v.(float64); ok {
		return f
	}
	n, _ := asInt(v)
	return float64(n)
}

// SPDX-License-Identifier: MIT

package pdctest

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	urlRE   = regexp.MustCompile(`^(?i)(https?|ftps?)://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:\d{2,5})?([/?#]\S*)?$`)
	emailRE = regexp.MustCompile(`^[^@\s]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]{2,}$`)
)

// value checks what a request says about a member: the value to store, or
// what is wrong, as the server words it.
func (w *writing) value(f *field, x any) (any, any) {
	if x == nil {
		if f.null {
			return nil, nil
		}
		if f.kind != kCustom {
			return nil, []any{"This field may not be null."}
		}
	}
	switch f.kind {
	case kCustom:
		return f.parse(w, x)
	case kInt:
		return intValue(x)
	case kBool, kNullBool:
		if b, ok := boolValue(x); ok {
			return b, nil
		}
		return nil, []any{fmt.Sprintf("%q is not a valid boolean.", pyText(x))}
	case kDate:
		s, ok := x.(string)
		if _, err := time.Parse(time.DateOnly, s); ok && err == nil {
			return s, nil
		}
		return nil, []any{"Date has wrong format. Use one of these formats instead: YYYY[-MM[-DD]]."}
	case kRef, kEnum:
		return w.reference(f, x)
	case kRefs, kEnums:
		return w.references(f, x)
	}
	return w.textValue(f, x)
}

func (w *writing) textValue(f *field, x any) (any, any) {
	var s string
	switch v := x.(type) {
	case string:
		s = v
	case int:
		s = strconv.Itoa(v)
	case float64:
		s = strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return nil, []any{"Not a valid string."}
	}
	if s = strings.TrimSpace(s); s == "" {
		if f.blank {
			return "", nil
		}
		return nil, []any{"This field may not be blank."}
	}
	var wrong []any
	if f.check != nil {
		switch why := f.check(w.c.p, s).(type) {
		case nil:
		case string:
			wrong = append(wrong, why)
		default:
			return nil, why
		}
	}
	switch {
	case f.kind == kURL && !urlRE.MatchString(s):
		wrong = append(wrong, "Enter a valid URL.")
	case f.kind == kEmail && !emailRE.MatchString(s):
		wrong = append(wrong, "Enter a valid email address.")
	}
	if f.max > 0 && len([]rune(s)) > f.max {
		wrong = append(wrong, fmt.Sprintf("Ensure this field has no more than %d characters.", f.max))
	}
	if wrong != nil {
		return nil, wrong
	}
	return s, nil
}

func intValue(x any) (any, any) {
	switch v := x.(type) {
	case int:
		return v, nil
	case bool:
		return btoi(v), nil
	case float64:
		if v == math.Trunc(v) {
			return int(v), nil
		}
	case string:
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			return n, nil
		}
	}
	return nil, []any{"A valid integer is required."}
}

func boolValue(x any) (value, ok bool) {
	switch v := x.(type) {
	case bool:
		return v, true
	case int:
		return v == 1, v == 0 || v == 1
	case string:
		switch v {
		case "t", "T", "true", "True", "TRUE", "1":
			return true, true
		case "f", "F", "false", "False", "FALSE", "0":
			return false, true
		}
	}
	return false, false
}

// reference finds the row that a slug names.
func (w *writing) reference(f *field, x any) (any, any) {
	switch x.(type) {
	case map[string]any, []any:
		return nil, []any{"Invalid value."}
	}
	t := w.c.p.tables[f.table]
	s := pyText(x)
	if to := t.find(f.slug, s); to != nil {
		return to, nil
	}
	if f.kind == kEnum || f.kind == kEnums {
		var names []string
		for _, r := range w.c.p.sortedTable(f.table) {
			names = append(names, "'"+r.str(f.slug)+"'")
		}
		return nil, []any{fmt.Sprintf("'%s' is not allowed value. Use one of %s.", s, strings.Join(names, ", "))}
	}
	return nil, []any{fmt.Sprintf("Object with %s=%s does not exist.", f.slug, s)}
}

// sortedTable is a table in its default order.
func (p *PDC) sortedTable(name string) []*row {
	rows := slices.Clone(p.tables[name].rows)
	if name == "releasetype" {
		slices.SortFunc(rows, func(a, b *row) int { return strings.Compare(a.str("short"), b.str("short")) })
	}
	return rows
}

func (w *writing) references(f *field, x any) (any, any) {
	list, ok := x.([]any)
	if !ok {
		return nil, []any{fmt.Sprintf("Expected a list of items but got type %q.", pyType(x))}
	}
	out := []*row{}
	for _, item := range list {
		to, wrong := w.reference(f, item)
		if wrong != nil {
			return nil, wrong
		}
		if !slices.Contains(out, to.(*row)) {
			out = append(out, to.(*row))
		}
	}
	slices.SortFunc(out, func(a, b *row) int { return cmp.Compare(a.id, b.id) })
	return out, nil
}

func compareDotted(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, errM := strconv.Atoi(x[i])
		n, errN := strconv.Atoi(y[i])
		var d int
		switch {
		case errM == nil && errN == nil:
			d = cmp.Compare(m, n)
		case errM == nil:
			d = -1
		case errN == nil:
			d = 1
		default:
			d = strings.Compare(x[i], y[i])
		}
		if d != 0 {
			return d
		}
	}
	return cmp.Compare(len(x), len(y))
}

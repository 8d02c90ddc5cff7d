// SPDX-License-Identifier: MIT

package pdctest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func dots(path string) []string { return strings.Split(path, ".") }

// multi passes rows that have one of the values at the path.
func multi(path string) filter {
	steps := dots(path)
	return func(_ *PDC, want []string) (func(*row) bool, *problem) {
		set := map[string]bool{}
		for _, w := range want {
			set[w] = true
		}
		if len(steps) == 2 { // the common case, without building lists
			return func(r *row) bool {
				if x, ok := r.v[steps[0]].(*row); ok {
					if x == nil {
						return false
					}
					if s, ok := x.v[steps[1]].(string); ok {
						return set[s]
					}
				}
				return has(r, steps, set)
			}, nil
		}
		return func(r *row) bool { return has(r, steps, set) }, nil
	}
}

func has(r *row, steps []string, set map[string]bool) bool {
	for _, v := range values(r, steps, nil) {
		if set[text(v)] {
			return true
		}
	}
	return false
}

// one passes rows with the last of the values; an empty one is ignored.
func one(path string) filter {
	steps := dots(path)
	return func(_ *PDC, want []string) (func(*row) bool, *problem) {
		w := want[len(want)-1]
		if w == "" {
			return nil, nil
		}
		return func(r *row) bool { return has(r, steps, map[string]bool{w: true}) }, nil
	}
}

func match(path string, ok func(have, want string) bool) filter {
	steps := dots(path)
	return func(_ *PDC, want []string) (func(*row) bool, *problem) {
		w := want[len(want)-1]
		if w == "" {
			return nil, nil
		}
		return func(r *row) bool {
			return slices.ContainsFunc(values(r, steps, nil), func(v any) bool { return ok(text(v), w) })
		}, nil
	}
}

func iexact(path string) filter { return match(path, strings.EqualFold) }

func icontains(path string) filter {
	return match(path, func(have, want string) bool {
		return strings.Contains(strings.ToLower(have), strings.ToLower(want))
	})
}

func contains(path string) filter { return match(path, strings.Contains) }

// multiCI is multi without regard to case.
func multiCI(path string) filter {
	steps := dots(path)
	return func(_ *PDC, want []string) (func(*row) bool, *problem) {
		return func(r *row) bool {
			return slices.ContainsFunc(values(r, steps, nil), func(v any) bool {
				return slices.ContainsFunc(want, func(w string) bool { return strings.EqualFold(w, text(v)) })
			})
		}, nil
	}
}

// multiInt is multi over numbers.
func multiInt(path, name string) filter {
	inner := multi(path)
	return func(p *PDC, want []string) (func(*row) bool, *problem) {
		for i, w := range want {
			n, err := strconv.Atoi(strings.TrimSpace(w))
			if err != nil {
				return nil, detail(400, []any{fmt.Sprintf("Value [%s] of %s is not an integer", w, name)})
			}
			want[i] = strconv.Itoa(n)
		}
		return inner(p, want)
	}
}

// multiRegex passes rows where one of the expressions is found.
func multiRegex(path string) filter {
	steps := dots(path)
	return func(_ *PDC, want []string) (func(*row) bool, *problem) {
		var res []*regexp.Regexp
		exact := map[string]bool{} // ^name$ needs no machine
		for _, w := range want {
			if name, ok := plainName(w); ok {
				exact[name] = true
				continue
			}
			re, err := regexp.Compile(w)
			if err != nil {
				return nil, detail(400, []any{fmt.Sprintf("%q is not a valid regular expression", w)})
			}
			res = append(res, re)
		}
		return func(r *row) bool {
			for _, v := range values(r, steps, nil) {
				s := text(v)
				if exact[s] || slices.ContainsFunc(res, func(re *regexp.Regexp) bool { return re.MatchString(s) }) {
					return true
				}
			}
			return false
		}, nil
	}
}

// plainName recognises an anchored expression that means one text.
func plainName(re string) (string, bool) {
	inner, ok := strings.CutPrefix(re, "^")
	if !ok {
		return "", false
	}
	if inner, ok = strings.CutSuffix(inner, "$"); !ok {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		c := inner[i]
		if c == '\\' && i+1 < len(inner) && strings.IndexByte(`.+*?()|[]{}^$\-`, inner[i+1]) >= 0 {
			i++
			c = inner[i]
		} else if strings.IndexByte(`.+*?()|[]{}^$\`, c) >= 0 {
			return "", false
		}
		b.WriteByte(c)
	}
	return b.String(), true
}

func truth(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "t", "1":
		return true, true
	case "false", "f", "0":
		return false, true
	}
	return false, false
}

// boolean is the usual filter of truth values.
func boolean(test func(*PDC, *row) bool) filter {
	return func(p *PDC, want []string) (func(*row) bool, *problem) {
		w := want[len(want)-1]
		if strings.TrimSpace(w) == "" {
			return nil, nil
		}
		b, ok := truth(w)
		if !ok {
			return nil, detail(400, w+" is not a valid boolean value")
		}
		return func(r *row) bool { return test(p, r) == b }, nil
	}
}

func boolAt(path string) filter {
	steps := dots(path)
	return boolean(func(_ *PDC, r *row) bool {
		return slices.Contains(values(r, steps, nil), any(true))
	})
}

// strictBool knows fewer spellings and answers with a bare list.
func strictBool(test func(*PDC, *row) bool) filter {
	return func(p *PDC, want []string) (func(*row) bool, *problem) {
		w := want[len(want)-1]
		var b bool
		switch w {
		case "":
			return nil, nil
		case "true", "t", "True", "1":
			b = true
		case "false", "f", "False", "0":
		default:
			return nil, &problem{status: 400, body: []any{fmt.Sprintf("Value [%s] is not a boolean", w)}}
		}
		return func(r *row) bool { return test(p, r) == b }, nil
	}
}

// oneOrNull is one, with words for rows that have no value.
func oneOrNull(path string) filter {
	steps := dots(path)
	return func(_ *PDC, want []string) (func(*row) bool, *problem) {
		w := want[len(want)-1]
		switch w {
		case "":
			return nil, nil
		case "null", "Null", "NULL", "None":
			return func(r *row) bool { return len(values(r, steps, nil)) == 0 }, nil
		}
		return func(r *row) bool { return has(r, steps, map[string]bool{w: true}) }, nil
	}
}

// day compares dates; what is no date matches nothing.
func day(path string, ok func(have, want string) bool) filter {
	steps := dots(path)
	return func(_ *PDC, want []string) (func(*row) bool, *problem) {
		w := want[len(want)-1]
		if w == "" {
			return nil, nil
		}
		if _, err := time.Parse(time.DateOnly, w); err != nil {
			return func(*row) bool { return false }, nil
		}
		return func(r *row) bool {
			return slices.ContainsFunc(values(r, steps, nil), func(v any) bool { return text(v) != "" && ok(text(v), w) })
		}, nil
	}
}

func sameDay(have, want string) bool  { return have == want }
func fromDay(have, want string) bool  { return have >= want }
func untilDay(have, want string) bool { return have <= want }

// SPDX-License-Identifier: MIT

package gate

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// speaksOf reports whether a policy applies to a question.
func (p Policy) speaksOf(q Question) bool {
	if (Subject{Type: p.SubjectType}).plain().Type != q.Subject.Type || !matches(p.Products, q.Product) {
		return false
	}
	if !slices.ContainsFunc(q.Contexts, func(c string) bool { return slices.Contains(p.Contexts, c) }) {
		return false
	}
	return len(p.Packages) == 0 || matches(p.Packages, q.Package)
}

// holds reports whether a rule is in force at a time.
func (r Rule) holds(when time.Time) bool {
	if when.IsZero() {
		return r.ValidUntil.IsZero()
	}
	return !when.Before(r.ValidSince) && (r.ValidUntil.IsZero() || when.Before(r.ValidUntil))
}

// packageOf returns what an NVR begins with: the name of the package.
func packageOf(nvr string) string {
	for range 2 {
		i := strings.LastIndexByte(nvr, '-')
		if i < 0 {
			return nvr
		}
		nvr = nvr[:i]
	}
	return nvr
}

func matches(globs []string, text string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return glob(g, text) })
}

// glob matches "*" (any text) and "?" (any character) against the whole text.
func glob(pattern, text string) bool {
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] != '*' && pattern[p] == text[t]):
			p++
			t++
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case star >= 0:
			p = star + 1
			mark++
			t = mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

type place struct{ testcase, scenario, arch, variant string }

// evidence is what is known of a subject.
type evidence struct {
	q       Question
	results map[place]Result
	waivers []Waiver
}

func after(t, when time.Time) bool { return !when.IsZero() && t.After(when) }

// latest keeps the newest result for each place.
func latest(q Question, results []Result) map[place]Result {
	m := map[place]Result{}
	for _, r := range results {
		if r.Subject.plain() != q.Subject || after(r.Submitted, q.When) {
			continue
		}
		r.Outcome = strings.ToUpper(r.Outcome)
		p := place{r.Testcase, r.Scenario, r.Arch, r.Variant}
		if old, ok := m[p]; !ok || cmp.Or(r.Submitted.Compare(old.Submitted), cmp.Compare(r.ID, old.ID)) > 0 {
			m[p] = r
		}
	}
	return m
}

// standing keeps the waivers that hold: for one test, scenario and user the
// newest counts, and only when it waives.
func standing(q Question, waivers []Waiver) []Waiver {
	type key struct{ testcase, scenario, user string }
	m := map[key]Waiver{}
	for _, w := range waivers {
		if w.Subject.plain() != q.Subject || w.Product != q.Product || after(w.Submitted, q.When) {
			continue
		}
		k := key{w.Testcase, w.Scenario, w.User}
		if old, ok := m[k]; !ok || cmp.Or(w.Submitted.Compare(old.Submitted), cmp.Compare(w.ID, old.ID)) > 0 {
			m[k] = w
		}
	}
	var list []Waiver
	for _, w := range m {
		if w.Waived {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(x, y Waiver) int { return cmp.Compare(x.ID, y.ID) })
	return list
}

// judge says how a rule stands: one requirement for each place where its test
// has a result, or one that is missing.
func (k evidence) judge(r Rule) []Requirement {
	var list []Requirement
	for p, res := range k.results {
		if p.testcase != r.Testcase || r.Scenario != "" && p.scenario != r.Scenario {
			continue
		}
		x := Requirement{Testcase: r.Testcase, Scenario: p.scenario, Arch: p.arch, Variant: p.variant, Result: res.ID}
		where := ""
		if p.arch != "" {
			where = " on " + p.arch
		}
		switch res.Outcome {
		case "PASSED", "INFO":
			x.Kind = Passed
		case "QUEUED", "RUNNING":
			x.Kind, x.Reason = Missing, "still "+res.Outcome+where
		case "ERROR":
			x.Kind, x.Reason = Errored, res.Outcome+where
			if res.Note != "" {
				x.Reason += ": " + res.Note
			}
		default:
			x.Kind, x.Reason = NotGood, res.Outcome+where
		}
		list = append(list, k.waive(x))
	}
	if list == nil {
		list = []Requirement{k.waive(Requirement{Kind: Missing, Testcase: r.Testcase, Scenario: r.Scenario, Reason: "no result"})}
	}
	return list
}

// waive looks for a waiver that satisfies a requirement.
func (k evidence) waive(x Requirement) Requirement {
	if x.Kind == Passed {
		return x
	}
	for _, w := range k.waivers {
		if w.Testcase == x.Testcase && (w.Scenario == "" || w.Scenario == x.Scenario) {
			x.Waiver = w.ID
			if w.Comment != "" {
				x.Reason += ", waived: " + w.Comment
			}
			return x
		}
	}
	return x
}

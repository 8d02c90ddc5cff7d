// SPDX-License-Identifier: MIT

package gate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrInvalid is wrapped by errors about questions that make no sense.
var ErrInvalid = errors.New("invalid question")

// ErrNoPolicy tells that no policy speaks of the question's subject type,
// product and context at all, as the service's answer 404 does.
var ErrNoPolicy = errors.New("no policy applies")

// State is a decision in one word. The zero value is [Satisfied].
type State uint8

// The states, the worse the later.
const (
	Satisfied State = iota // every requirement is met
	Waiting                // a result is missing, none is bad
	Failed                 // a result is bad and not waived
)

var stateNames = [...]string{"satisfied", "waiting", "failed"}

// String returns the state's name in lower case, or "State(n)" for a number
// outside the list.
func (s State) String() string {
	if int(s) >= len(stateNames) {
		return "State(" + strconv.Itoa(int(s)) + ")"
	}
	return stateNames[s]
}

// MarshalText returns the state's name; it fails for a number outside the list.
func (s State) MarshalText() ([]byte, error) {
	if int(s) >= len(stateNames) {
		return nil, fmt.Errorf("gate: no state has the number %d", int(s))
	}
	return []byte(stateNames[s]), nil
}

// UnmarshalText reads a name as [State.String] writes it.
func (s *State) UnmarshalText(text []byte) error {
	i := slices.Index(stateNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("gate: unknown state %q", text)
	}
	*s = State(i)
	return nil
}

// Subject is what is judged: a build, a module, a compose.
type Subject struct {
	// Type is the kind: "koji_build", "redhat-module", "compose". The older
	// word "brew-build" means "koji_build".
	Type string `json:"subject_type"`
	// ID is the identifier: an NVR, a compose id.
	ID string `json:"subject_identifier"`
}

func (s Subject) plain() Subject {
	if s.Type == "brew-build" {
		s.Type = "koji_build"
	}
	return s
}

// A Result is one outcome of one test, as ResultsDB keeps it.
type Result struct {
	ID       int64   `json:"id"`
	Subject  Subject `json:"subject"`
	Testcase string  `json:"testcase"`
	// Outcome is the upper-case word: PASSED, INFO, FAILED,
	// NEEDS_INSPECTION, ERROR, QUEUED, RUNNING, NOT_APPLICABLE.
	Outcome string `json:"outcome"`
	// Arch, Variant and Scenario tell results of one test apart; empty when
	// the test does not use them.
	Arch     string `json:"system_architecture,omitempty"`
	Variant  string `json:"system_variant,omitempty"`
	Scenario string `json:"scenario,omitempty"`
	// Submitted is when; of equal times the larger ID is newer.
	Submitted time.Time `json:"submit_time,omitzero"`
	// Note is why, for errors.
	Note string `json:"note,omitempty"`
}

// A Waiver says that a bad or missing result does not matter, as WaiverDB keeps
// it.
type Waiver struct {
	ID       int64   `json:"id"`
	Subject  Subject `json:"subject"`
	Testcase string  `json:"testcase"`
	// Scenario limits the waiver; empty waives all scenarios.
	Scenario string `json:"scenario,omitempty"`
	// Product is the product version that the waiver holds for.
	Product string `json:"product_version"`
	User    string `json:"username,omitempty"`
	// Waived is false when the waiver takes an earlier one back.
	Waived    bool      `json:"waived"`
	Comment   string    `json:"comment,omitempty"`
	Submitted time.Time `json:"timestamp,omitzero"`
}

// A Rule requires that a test passes.
type Rule struct {
	Testcase string `json:"test_case_name"`
	// Scenario limits the rule; empty looks at all scenarios.
	Scenario string `json:"scenario,omitempty"`
	// ValidSince and ValidUntil bound the time of the question for which the
	// rule holds; zero is no bound. The end is not part of it.
	ValidSince time.Time `json:"valid_since,omitzero"`
	ValidUntil time.Time `json:"valid_until,omitzero"`
}

// A Policy says which tests which subjects must pass.
type Policy struct {
	ID string `json:"id"`
	// Products are globs on the product version ("fedora-*").
	Products []string `json:"product_versions"`
	// Contexts are the decision contexts ("bodhi_update_push_stable").
	Contexts []string `json:"decision_contexts"`
	// SubjectType is the kind of subjects that it speaks of.
	SubjectType string `json:"subject_type"`
	// Packages are globs on the package name; none means all. Excluded
	// packages need nothing.
	Packages []string `json:"packages,omitempty"`
	Excluded []string `json:"excluded_packages,omitempty"`
	Rules    []Rule   `json:"rules"`
}

// A Question asks for a decision.
type Question struct {
	// Product is the product version: "fedora-41".
	Product string
	// Contexts are the decision contexts, at least one; all must agree.
	Contexts []string
	Subject  Subject
	// Package is the subject's package name; empty takes what an NVR as
	// Subject.ID begins with.
	Package string
	// When is the time for which rules count; results and waivers submitted
	// later are left out. Zero looks at everything, and at all rules that
	// have no end.
	When time.Time
}

// RequirementKind is the service's word for how a requirement stands.
type RequirementKind string

// The kinds. Each of the last three has a waived form, see
// [Requirement.Waiver].
const (
	Passed   RequirementKind = "test-result-passed"
	Missing  RequirementKind = "test-result-missing"
	NotGood  RequirementKind = "test-result-failed"
	Errored  RequirementKind = "test-result-errored"
	Excluded RequirementKind = "excluded"
)

// A Requirement is one required test and how it stands.
type Requirement struct {
	// Kind is the service's word; [Requirement.Type] adds "-waived".
	Kind     RequirementKind `json:"kind"`
	Policy   string          `json:"policy"`
	Testcase string          `json:"testcase,omitempty"`
	Scenario string          `json:"scenario,omitempty"`
	Arch     string          `json:"system_architecture,omitempty"`
	Variant  string          `json:"system_variant,omitempty"`
	// Result is the deciding result, also of a test that has not ended; 0
	// when there is none.
	Result int64 `json:"result_id,omitempty"`
	// Waiver is the waiver that satisfies the requirement; 0 when none does.
	Waiver int64 `json:"waiver_id,omitempty"`
	// Reason is for a person: "FAILED on x86_64", "still RUNNING".
	Reason string `json:"reason,omitempty"`
}

// Type returns the kind as the service writes it.
func (r Requirement) Type() string {
	if r.Waiver != 0 {
		return string(r.Kind) + "-waived"
	}
	return string(r.Kind)
}

// State returns what the requirement says by itself.
func (r Requirement) State() State {
	switch {
	case r.Waiver != 0 || r.Kind == Passed || r.Kind == Excluded:
		return Satisfied
	case r.Kind == Missing:
		return Waiting
	}
	return Failed
}

// A Decision answers a question.
type Decision struct {
	State State `json:"state"`
	// Policies are the ids of those that applied, in the order given.
	Policies []string `json:"applicable_policies"`
	// Requirements are sorted by test, scenario, architecture and variant;
	// what two policies require is there once.
	Requirements []Requirement `json:"requirements"`
}

// Decide answers a question from what is known. Results and waivers of other
// subjects may be among them. The error wraps [ErrInvalid] for a question that
// lacks something, or [ErrNoPolicy].
func Decide(policies []Policy, q Question, results []Result, waivers []Waiver) (Decision, error) {
	d := Decision{}
	switch {
	case q.Product == "":
		return d, fmt.Errorf("gate: no product version: %w", ErrInvalid)
	case len(q.Contexts) == 0:
		return d, fmt.Errorf("gate: no decision context: %w", ErrInvalid)
	case q.Subject.Type == "" || q.Subject.ID == "":
		return d, fmt.Errorf("gate: no subject: %w", ErrInvalid)
	}
	q.Subject = q.Subject.plain()
	if q.Package == "" {
		q.Package = packageOf(q.Subject.ID)
	}
	known := evidence{q: q, results: latest(q, results), waivers: standing(q, waivers)}
	seen := map[string]bool{}
	for _, p := range policies {
		if !p.speaksOf(q) {
			continue
		}
		d.Policies = append(d.Policies, p.ID)
		if matches(p.Excluded, q.Package) {
			d.Requirements = append(d.Requirements, Requirement{Kind: Excluded, Policy: p.ID, Reason: q.Package + " is excluded"})
			continue
		}
		for _, r := range p.Rules {
			if !r.holds(q.When) {
				continue
			}
			for _, x := range known.judge(r) {
				x.Policy = p.ID
				if key := fmt.Sprintf("%q %q %q %q", x.Testcase, x.Scenario, x.Arch, x.Variant); !seen[key] {
					seen[key] = true
					d.Requirements = append(d.Requirements, x)
				}
			}
		}
	}
	if d.Policies == nil {
		return d, fmt.Errorf("gate: %s %s in %s of %s: %w", q.Subject.Type, q.Subject.ID, strings.Join(q.Contexts, ", "), q.Product, ErrNoPolicy)
	}
	slices.SortStableFunc(d.Requirements, func(x, y Requirement) int {
		return cmp.Or(cmp.Compare(x.Testcase, y.Testcase), cmp.Compare(x.Scenario, y.Scenario), cmp.Compare(x.Arch, y.Arch), cmp.Compare(x.Variant, y.Variant))
	})
	for _, x := range d.Requirements {
		d.State = max(d.State, x.State())
	}
	return d, nil
}

// Summary returns the decision in the service's words: "Of 3 required tests, 1
// test failed, 1 result missing".
func (d Decision) Summary() string {
	var total, failed, errored, missing int
	for _, x := range d.Requirements {
		if x.Kind == Excluded {
			continue
		}
		total++
		switch {
		case x.State() == Satisfied:
		case x.Kind == Missing:
			missing++
		case x.Kind == Errored:
			errored++
		default:
			failed++
		}
	}
	switch {
	case total == 0:
		return "No tests are required"
	case failed+errored+missing == 0:
		return fmt.Sprintf("All required tests (%d total) have passed or been waived", total)
	}
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{{failed, "test failed", "tests failed"}, {errored, "test errored", "tests errored"}, {missing, "result missing", "results missing"}} {
		switch p.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+p.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.many))
		}
	}
	noun := "tests"
	if total == 1 {
		noun = "test"
	}
	return fmt.Sprintf("Of %d required %s, %s", total, noun, strings.Join(parts, ", "))
}

// Reasons returns a line for every requirement that is not met: "rpmdeplint:
// FAILED on x86_64".
func (d Decision) Reasons() []string {
	var list []string
	for _, x := range d.Requirements {
		if x.State() != Satisfied {
			list = append(list, x.Testcase+": "+x.Reason)
		}
	}
	return list
}

// SPDX-License-Identifier: MIT

package ci

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/jsonapi"
)

// A Rule is one requirement of a policy.
type Rule struct {
	// Type is "PassingTestCaseRule", or "RemoteRule" for the gating.yaml at
	// the build's commit.
	Type     string
	Testcase string // empty for remote rules
	Scenario string // empty: any
	// ValidSince and ValidUntil bound the rule in time; empty: open. They are
	// kept as the server writes them.
	ValidSince, ValidUntil string
	// Extra holds members that this package does not know.
	Extra map[string]json.RawMessage
}

type wireRule struct {
	Type       string  `json:"type"`
	Testcase   string  `json:"test_case_name,omitempty"`
	Scenario   *string `json:"scenario,omitempty"`
	ValidSince *string `json:"valid_since,omitempty"`
	ValidUntil *string `json:"valid_until,omitempty"`
}

// UnmarshalJSON reads a rule as Greenwave lists it.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var w wireRule
	extra, err := jsonapi.UnmarshalExtra(data, &w)
	if err != nil {
		return err
	}
	*r = Rule{w.Type, w.Testcase, jsonapi.Value(w.Scenario), jsonapi.Value(w.ValidSince), jsonapi.Value(w.ValidUntil), extra}
	return nil
}

// MarshalJSON writes a rule as a decision request takes it.
func (r Rule) MarshalJSON() ([]byte, error) {
	return jsonapi.MarshalExtra(wireRule{r.Type, r.Testcase, orNull(r.Scenario), orNull(r.ValidSince), orNull(r.ValidUntil)}, r.Extra)
}

// A Policy says what a subject needs in a decision context.
type Policy struct {
	ID               string   `json:"id"`
	ProductVersions  []string `json:"product_versions"` // globs, "fedora-*"
	DecisionContext  string   `json:"decision_context,omitempty"`
	DecisionContexts []string `json:"decision_contexts"`
	SubjectType      string   `json:"subject_type"`
	SubjectTypes     []string `json:"subject_types,omitempty"`
	Packages         []string `json:"packages"`          // empty: all
	ExcludedPackages []string `json:"excluded_packages"` // globs
	Rules            []Rule   `json:"rules"`
}

// A Requirement is one line of a decision.
type Requirement struct {
	// Type is the server's word: "test-result-passed", "test-result-failed",
	// "test-result-missing", "test-result-errored", these with "-waived", and
	// the gating.yaml kinds.
	Type              string
	Testcase          string
	SubjectType       string
	SubjectIdentifier string
	Scenario          string // empty: none
	Source            string // which service said it; empty when not said
	ResultID          int64  // 0 when there is no result
	WaiverID          int64  // 0 when not waived
	ErrorReason       string
	Details           string
	// Extra holds members that this package does not know ("item" among them).
	Extra map[string]json.RawMessage
}

type wireRequirement struct {
	Type              string  `json:"type"`
	Testcase          string  `json:"testcase,omitempty"`
	SubjectType       string  `json:"subject_type,omitempty"`
	SubjectIdentifier string  `json:"subject_identifier,omitempty"`
	Scenario          *string `json:"scenario,omitempty"`
	Source            *string `json:"source"`
	ResultID          int64   `json:"result_id,omitempty"`
	WaiverID          int64   `json:"waiver_id,omitempty"`
	ErrorReason       string  `json:"error_reason,omitempty"`
	Details           string  `json:"details,omitempty"`
}

// UnmarshalJSON reads a requirement as Greenwave writes it.
func (r *Requirement) UnmarshalJSON(data []byte) error {
	var w wireRequirement
	extra, err := jsonapi.UnmarshalExtra(data, &w)
	if err != nil {
		return err
	}
	*r = Requirement{
		w.Type, w.Testcase, w.SubjectType, w.SubjectIdentifier, jsonapi.Value(w.Scenario), jsonapi.Value(w.Source),
		w.ResultID, w.WaiverID, w.ErrorReason, w.Details, extra,
	}
	return nil
}

// MarshalJSON writes a requirement as Greenwave does; absent and null
// members are the same to it.
func (r Requirement) MarshalJSON() ([]byte, error) {
	return jsonapi.MarshalExtra(wireRequirement{
		r.Type, r.Testcase, r.SubjectType, r.SubjectIdentifier, orNull(r.Scenario), orNull(r.Source),
		r.ResultID, r.WaiverID, r.ErrorReason, r.Details,
	}, r.Extra)
}

// Missing reports whether the requirement waits for a result, as opposed to
// one that has failed.
func (r Requirement) Missing() bool { return r.Type == "test-result-missing" }

// Failed reports whether a test of the requirement failed or broke.
func (r Requirement) Failed() bool {
	return r.Type == "test-result-failed" || r.Type == "test-result-errored"
}

// Waived reports whether a waiver satisfies the requirement.
func (r Requirement) Waived() bool { return strings.HasSuffix(r.Type, "-waived") }

// A Decision is Greenwave's answer.
type Decision struct {
	Satisfied   bool
	Summary     string   // one sentence for people
	Policies    []string // ids of the policies that applied; nil for on-demand rules
	Met         []Requirement
	Unmet       []Requirement
	Results     []Result // only when asked for (Verbose)
	Waivers     []Waiver // only when asked for (Verbose)
	verboseRead bool
	// Extra holds members that this package does not know.
	Extra map[string]json.RawMessage
}

type wireDecision struct {
	Satisfied bool          `json:"policies_satisfied"`
	Summary   string        `json:"summary"`
	Met       []Requirement `json:"satisfied_requirements"`
	Unmet     []Requirement `json:"unsatisfied_requirements"`
	Policies  []string      `json:"applicable_policies,omitempty"`
	Results   *[]Result     `json:"results,omitempty"`
	Waivers   *[]Waiver     `json:"waivers,omitempty"`
}

// UnmarshalJSON reads a decision as Greenwave writes it.
func (d *Decision) UnmarshalJSON(data []byte) error {
	var w wireDecision
	extra, err := jsonapi.UnmarshalExtra(data, &w)
	if err != nil {
		return err
	}
	*d = Decision{Satisfied: w.Satisfied, Summary: w.Summary, Policies: w.Policies, Met: w.Met, Unmet: w.Unmet, Extra: extra}
	if w.Results != nil {
		d.Results, d.verboseRead = *w.Results, true
	}
	if w.Waivers != nil {
		d.Waivers, d.verboseRead = *w.Waivers, true
	}
	return nil
}

// MarshalJSON writes a decision as Greenwave does.
func (d Decision) MarshalJSON() ([]byte, error) {
	w := wireDecision{Satisfied: d.Satisfied, Summary: d.Summary, Met: d.Met, Unmet: d.Unmet, Policies: d.Policies}
	if w.Met == nil {
		w.Met = []Requirement{}
	}
	if w.Unmet == nil {
		w.Unmet = []Requirement{}
	}
	if d.verboseRead || d.Results != nil || d.Waivers != nil {
		w.Results, w.Waivers = &d.Results, &d.Waivers
		if d.Results == nil {
			w.Results = &[]Result{}
		}
		if d.Waivers == nil {
			w.Waivers = &[]Waiver{}
		}
	}
	return jsonapi.MarshalExtra(w, d.Extra)
}

// DecisionRequest asks whether a subject may go on. Either DecisionContext or
// Rules is needed, and ProductVersion always.
type DecisionRequest struct {
	ProductVersion    string
	DecisionContext   []string
	Rules             []Rule // on-demand rules instead of a context
	SubjectType       string
	SubjectIdentifier string
	Verbose           bool      // also return results and waivers
	IgnoreResults     []int64   // decide as if these were not there
	IgnoreWaivers     []int64   // decide as if these were not there
	When              time.Time // decide as of this time; zero = now
}

// Greenwave is a client of one Greenwave service (API v1.0). It is safe for
// concurrent use.
type Greenwave struct{ s service }

// NewGreenwave returns a client for the service at the given root URL, the
// one that "/api/v1.0" is appended to. It does no I/O; it returns an error
// wrapping [ErrInvalid] for a URL or an option that can't be used.
func NewGreenwave(url string, opts ...Option) (*Greenwave, error) {
	s, err := newService("greenwave", url, "/api/v1.0", opts)
	if err != nil {
		return nil, err
	}
	return &Greenwave{s}, nil
}

// Decide asks for a decision. A decision is a read: it is repeated after
// connection errors. No policy for the subject is [ErrNotFound]; a result or
// waiver service that Greenwave can't reach is [ErrUnavailable].
func (c *Greenwave) Decide(ctx context.Context, r DecisionRequest) (Decision, error) {
	const op = "decide"
	switch {
	case r.ProductVersion == "" || r.SubjectType == "" || r.SubjectIdentifier == "":
		return Decision{}, c.s.invalid(op, "product version, subject type and subject identifier are needed")
	case len(r.DecisionContext) == 0 && len(r.Rules) == 0:
		return Decision{}, c.s.invalid(op, "a decision context or rules are needed")
	case len(r.DecisionContext) > 0 && len(r.Rules) > 0:
		return Decision{}, c.s.invalid(op, "give a decision context or rules, not both")
	}
	in := map[string]any{
		"product_version": r.ProductVersion, "subject_type": r.SubjectType, "subject_identifier": r.SubjectIdentifier,
	}
	switch len(r.DecisionContext) {
	case 0:
		in["rules"] = r.Rules
	case 1: // older services take only a string
		in["decision_context"] = r.DecisionContext[0]
	default:
		in["decision_context"] = r.DecisionContext
	}
	if r.Verbose {
		in["verbose"] = true
	}
	if len(r.IgnoreResults) > 0 {
		in["ignore_result"] = r.IgnoreResults
	}
	if len(r.IgnoreWaivers) > 0 {
		in["ignore_waiver"] = r.IgnoreWaivers
	}
	if !r.When.IsZero() {
		in["when"] = formatTime(r.When)
	}
	var d Decision
	err := c.s.read(ctx, http.MethodPost, "/decision", in, &d)
	return d, err
}

// Policies returns the policies that the service was configured with.
func (c *Greenwave) Policies(ctx context.Context) ([]Policy, error) {
	var out struct {
		Policies []Policy `json:"policies"`
	}
	err := c.s.do(ctx, http.MethodGet, "/policies", nil, nil, &out)
	return out.Policies, err
}

// Do calls any path below the API root; see [ResultsDB.Do].
func (c *Greenwave) Do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	return c.s.do(ctx, method, path, query, in, out)
}

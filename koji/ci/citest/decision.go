// SPDX-License-Identifier: MIT

package citest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/koji/ci"
)

func (s *Services) waiverdb(r *http.Request, path string) (int, any, bool) {
	switch {
	case path == "/waivers/" && r.Method == http.MethodGet:
		q := r.URL.Query()
		page, prev, next, err := pageOf(s.selectWaivers(q.Get, q.Get("include_obsolete") != ""), r, 1, 10)
		if err != nil {
			return say(400, "%v", err)
		}
		return 200, map[string]any{"data": page, "prev": prev, "next": next, "first": nil, "last": nil}, false
	case path == "/waivers/" && r.Method == http.MethodPost:
		var w ci.Waiver
		if err := json.NewDecoder(r.Body).Decode(&w); err != nil {
			return say(400, "Malformed request: %v", err)
		}
		switch {
		case w.ProductVersion == "":
			return say(400, "Missing required parameter: product_version")
		case w.Comment == "":
			return say(400, "Comment is a required argument.")
		case w.SubjectType == "" || w.SubjectIdentifier == "" || w.Testcase == "":
			return say(400, "Either result_id or subject/testcase are required arguments.")
		}
		if w.Username == "" {
			w.Username = "anonymous"
		}
		stored, err := s.addWaiver(w)
		if err != nil {
			return say(500, "%v", err)
		}
		return 201, stored, false
	case path == "/waivers/+filtered" && r.Method == http.MethodPost:
		var in struct {
			Filters         []map[string]string `json:"filters"`
			IncludeObsolete bool                `json:"include_obsolete"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return say(400, "Malformed request: %v", err)
		}
		data := []ci.Waiver{}
		for _, f := range in.Filters {
			for _, w := range s.selectWaivers(func(k string) string { return f[k] }, in.IncludeObsolete) {
				if !slices.ContainsFunc(data, func(x ci.Waiver) bool { return x.ID == w.ID }) {
					data = append(data, w)
				}
			}
		}
		return 200, map[string]any{"data": data}, false
	case strings.HasPrefix(path, "/waivers/") && r.Method == http.MethodGet:
		id, err := strconv.ParseInt(strings.TrimPrefix(path, "/waivers/"), 10, 64)
		i := slices.IndexFunc(s.waivers, func(w ci.Waiver) bool { return w.ID == id })
		if err != nil || i < 0 {
			return say(404, "Waiver not found")
		}
		return 200, s.waivers[i], false
	}
	return say(404, "Not found")
}

// selectWaivers returns the matching waivers, newest first.
func (s *Services) selectWaivers(get func(string) string, obsolete bool) []ci.Waiver {
	from, to, err := parseSince(get("since"))
	if err != nil {
		return nil
	}
	seen := map[string]bool{}
	var out []ci.Waiver
	for i := len(s.waivers) - 1; i >= 0; i-- {
		w := s.waivers[i]
		key := strings.Join([]string{w.SubjectType, w.SubjectIdentifier, w.Testcase, w.Scenario, w.Username, w.ProductVersion}, "\x00")
		old := seen[key]
		seen[key] = true
		if old && !obsolete {
			continue
		}
		if !from.IsZero() && w.Timestamp.Before(from) || !to.IsZero() && w.Timestamp.After(to) {
			continue
		}
		ok := true
		for want, have := range map[string]string{
			"subject_type": w.SubjectType, "subject_identifier": w.SubjectIdentifier, "testcase": w.Testcase,
			"scenario": w.Scenario, "username": w.Username, "proxied_by": w.ProxiedBy, "product_version": w.ProductVersion,
		} {
			if v := get(want); v != "" && v != have {
				ok = false
			}
		}
		if ok {
			out = append(out, w)
		}
	}
	return out
}

type decisionRequest struct {
	ProductVersion    string    `json:"product_version"`
	DecisionContext   words     `json:"decision_context"`
	Rules             []ci.Rule `json:"rules"`
	SubjectType       string    `json:"subject_type"`
	SubjectIdentifier string    `json:"subject_identifier"`
	Verbose           bool      `json:"verbose"`
	IgnoreResult      []int64   `json:"ignore_result"`
	IgnoreWaiver      []int64   `json:"ignore_waiver"`
	When              string    `json:"when"`
}

func (s *Services) greenwave(r *http.Request, path string) (int, any, bool) {
	if path == "/policies" {
		return 200, map[string]any{"policies": s.policies}, false
	}
	if r.Method != http.MethodPost {
		return say(405, "The method is not allowed for the requested URL.")
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return say(415, "No JSON payload in request")
	}
	var in decisionRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return say(400, "Invalid JSON payload: %v", err)
	}
	switch {
	case in.ProductVersion == "":
		return say(400, "Missing required product version")
	case len(in.DecisionContext) == 0 && len(in.Rules) == 0:
		return say(400, "Either decision_context or rules is required.")
	case len(in.DecisionContext) > 0 && len(in.Rules) > 0:
		return say(400, "Cannot have both decision_context and rules")
	case in.SubjectType == "":
		return say(400, `Missing required "subject_type" parameter`)
	case in.SubjectIdentifier == "":
		return say(400, `Missing required "subject_identifier" parameter`)
	}
	rules, applied := in.Rules, []string(nil)
	if len(in.DecisionContext) > 0 {
		for _, p := range s.policies {
			if policyApplies(p, in) {
				rules = append(rules, p.Rules...)
				applied = append(applied, p.ID)
			}
		}
		if len(applied) == 0 {
			return say(404, "Cannot find any applicable policies for %s subjects at gating point %s in %s",
				in.SubjectType, strings.Join(in.DecisionContext, ", "), in.ProductVersion)
		}
	}
	d, err := s.decide(in, rules)
	if err != nil {
		return say(400, "%v", err)
	}
	d.Policies = applied
	return 200, d, false
}

func policyApplies(p ci.Policy, in decisionRequest) bool {
	if !anyLike(p.ProductVersions, in.ProductVersion) {
		return false
	}
	contexts := append(slices.Clone(p.DecisionContexts), p.DecisionContext)
	if !slices.ContainsFunc(in.DecisionContext, func(c string) bool { return slices.Contains(contexts, c) }) {
		return false
	}
	if p.SubjectType != in.SubjectType && !slices.Contains(p.SubjectTypes, in.SubjectType) {
		return false
	}
	if in.SubjectType != ci.KojiBuild {
		return true
	}
	name := in.SubjectIdentifier
	for range 2 { // name-version-release
		if i := strings.LastIndexByte(name, '-'); i >= 0 {
			name = name[:i]
		}
	}
	if anyLike(p.ExcludedPackages, name) {
		return false
	}
	return len(p.Packages) == 0 || anyLike(p.Packages, name)
}

func (s *Services) decide(in decisionRequest, rules []ci.Rule) (ci.Decision, error) {
	_, until, err := parseSince("," + in.When)
	if err != nil {
		return ci.Decision{}, fmt.Errorf("when: %w", err)
	}
	q := url.Values{"item": {in.SubjectIdentifier}}
	found, err := s.selectResults(q)
	if err != nil {
		return ci.Decision{}, err
	}
	found = slices.DeleteFunc(found, func(r ci.Result) bool {
		t := r.Data["type"]
		return len(t) > 0 && !slices.Contains(t, in.SubjectType) && !slices.Contains(t, "brew-build") ||
			slices.Contains(in.IgnoreResult, r.ID) || !until.IsZero() && r.SubmitTime.After(until)
	})
	waivers := s.selectWaivers(func(key string) string {
		switch key {
		case "subject_type":
			return in.SubjectType
		case "subject_identifier":
			return in.SubjectIdentifier
		case "product_version":
			return in.ProductVersion
		}
		return ""
	}, false)
	waivers = slices.DeleteFunc(waivers, func(w ci.Waiver) bool {
		return !w.Waived || slices.Contains(in.IgnoreWaiver, w.ID) || !until.IsZero() && w.Timestamp.After(until)
	})
	var d ci.Decision
	done := map[string]bool{}
	for _, rule := range rules {
		key := rule.Testcase + "\x00" + rule.Scenario
		if rule.Type != "PassingTestCaseRule" && rule.Type != "" || done[key] {
			continue
		}
		done[key] = true
		for _, req := range requirements(in, rule, found) {
			waive(&req, waivers)
			if req.Type == "test-result-passed" || req.Waived() {
				d.Met = append(d.Met, req)
			} else {
				d.Unmet = append(d.Unmet, req)
			}
		}
	}
	d.Satisfied = len(d.Unmet) == 0
	d.Summary = summary(d)
	if in.Verbose {
		d.Results, d.Waivers = append([]ci.Result{}, found...), append([]ci.Waiver{}, waivers...)
	}
	return d, nil
}

// requirements judges one rule: one line for each architecture, variant and
// scenario that has a result, or one that says that there is none.
func requirements(in decisionRequest, rule ci.Rule, newestFirst []ci.Result) []ci.Requirement {
	base := ci.Requirement{
		Type: "test-result-missing", Testcase: rule.Testcase, Scenario: rule.Scenario,
		SubjectType: in.SubjectType, SubjectIdentifier: in.SubjectIdentifier,
	}
	seen := map[string]bool{}
	var out []ci.Requirement
	for _, r := range newestFirst {
		if r.Testcase.Name != rule.Testcase || rule.Scenario != "" && r.Scenario() != rule.Scenario {
			continue
		}
		key := fmt.Sprint(r.Data["system_architecture"], r.Data["system_variant"], r.Data["scenario"])
		if seen[key] {
			continue
		}
		seen[key] = true
		req := base
		req.ResultID, req.Scenario = r.ID, r.Scenario()
		switch {
		case r.Outcome.Good():
			req.Type = "test-result-passed"
		case r.Outcome == ci.Errored:
			req.Type, req.ErrorReason = "test-result-errored", r.Note
		case r.Outcome.Final():
			req.Type = "test-result-failed"
		}
		out = append(out, req)
	}
	if len(out) == 0 {
		out = append(out, base)
	}
	return out
}

func waive(req *ci.Requirement, waivers []ci.Waiver) {
	if req.Type == "test-result-passed" {
		return
	}
	for _, w := range waivers {
		if w.Testcase == req.Testcase && (w.Scenario == "" || w.Scenario == req.Scenario) {
			req.Type += "-waived"
			req.WaiverID = w.ID
			return
		}
	}
}

func summary(d ci.Decision) string {
	total := len(d.Met) + len(d.Unmet)
	if total == 0 {
		return "No tests are required"
	}
	if len(d.Unmet) == 0 {
		return fmt.Sprintf("All required tests (%d total) have passed or been waived", total)
	}
	var failed, errored, missing int
	for _, r := range d.Unmet {
		switch {
		case r.Missing():
			missing++
		case r.Type == "test-result-errored":
			errored++
		default:
			failed++
		}
	}
	var parts []string
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			parts = append(parts, "1 "+one)
		case n > 1:
			parts = append(parts, strconv.Itoa(n)+" "+many)
		}
	}
	add(errored, "test error", "test errors")
	add(failed, "test failed", "tests failed")
	add(missing, "result missing", "results missing")
	tests := "tests"
	if total == 1 {
		tests = "test"
	}
	return fmt.Sprintf("Of %d required %s, %s", total, tests, strings.Join(parts, ", "))
}

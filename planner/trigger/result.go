// SPDX-License-Identifier: MIT

package trigger

import (
	"encoding/json"
	"errors"
	"strings"
)

// TaskotronResult is taskotron.result.new: a check of Taskotron ended.
type TaskotronResult struct {
	Task   TaskotronTask    `json:"task,omitzero"`
	Result TaskotronOutcome `json:"result,omitzero"`
}

// TaskotronTask is what was checked: Type is koji_build, bodhi_update or
// compose, Item the NVR, update or compose id.
type TaskotronTask struct {
	Item string `json:"item,omitzero"`
	Type string `json:"type,omitzero"`
	Name string `json:"name,omitzero"`
}

// TaskotronOutcome is how it went.
type TaskotronOutcome struct {
	ID          Text   `json:"id,omitzero"`
	Outcome     string `json:"outcome,omitzero"`
	PrevOutcome string `json:"prev_outcome,omitzero"`
	SubmitTime  Time   `json:"submit_time,omitzero"`
	LogURL      string `json:"log_url,omitzero"`
	JobURL      string `json:"job_url,omitzero"`
}

func (r *TaskotronResult) check(Topic) error {
	if r.Task.Item == "" || r.Result.Outcome == "" {
		return errors.New("a result without item or outcome")
	}
	return nil
}

func (r *TaskotronResult) outcomes(Topic) []outcome {
	return judged(r.Task.Type, r.Task.Item, r.Task.Name, r.Result.Outcome, r.Result.LogURL)
}

// Result is resultsdb.result.new: a result of ResultsDB, whose data values are
// lists of strings.
type Result struct {
	ID         Text            `json:"id,omitzero"`
	Outcome    string          `json:"outcome,omitzero"`
	TestCase   TestCase        `json:"testcase,omitzero"`
	Data       ResultData      `json:"data,omitzero"`
	Groups     json.RawMessage `json:"groups,omitzero"`
	SubmitTime Time            `json:"submit_time,omitzero"`
	Note       string          `json:"note,omitzero"`
	RefURL     string          `json:"ref_url,omitzero"`
	Href       string          `json:"href,omitzero"`
}

// TestCase names a test.
type TestCase struct {
	Name   string `json:"name,omitzero"`
	RefURL string `json:"ref_url,omitzero"`
	Href   string `json:"href,omitzero"`
}

// ResultData says what a result is about.
type ResultData map[string][]string

// First returns the first value of a key, "" when there is none.
func (d ResultData) First(key string) string {
	if v := d[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (r *Result) check(Topic) error {
	if r.Outcome == "" || r.TestCase.Name == "" {
		return errors.New("a result without outcome or testcase")
	}
	return nil
}

func (r *Result) outcomes(Topic) []outcome {
	return judged(r.Data.First("type"), r.Data.First("item"), r.TestCase.Name, r.Outcome, r.RefURL)
}

// judged turns a result on an item into outcomes. Updates are left out: their
// builds are not told.
func judged(kind, item, check, result, detail string) []outcome {
	effect := effectOf(result)
	var a Artifact
	switch kind {
	case "koji_build", "brew-build", "koji-build":
		a = Artifact{NVR: item}
	case "compose", "productmd-compose":
		a = Artifact{Type: "productmd-compose", ID: Text(item)}
	case "redhat-module":
		// the NVR of a module: stream dashes are underscores in it, so
		// that the stream is as Koji spells it
		name, release := splitNVR(item)
		a = Artifact{Type: kind, NSVC: item, Name: name, Stream: strings.TrimSuffix(strings.TrimPrefix(item, name+"-"), "-"+release)}
	}
	o := a.outcome()
	if effect == EffectNone || o.ids == nil {
		return nil
	}
	o.effect, o.check, o.detail = effect, check, detail
	return []outcome{o}
}

// Waiver is waiverdb.waiver.new. Old ones name a result, newer ones subject
// and testcase.
type Waiver struct {
	ID                int64           `json:"id,omitzero"`
	ResultID          Text            `json:"result_id,omitzero"`
	Username          Name            `json:"username,omitzero"`
	ProxiedBy         Name            `json:"proxied_by,omitzero"`
	ProductVersion    string          `json:"product_version,omitzero"`
	Waived            *bool           `json:"waived,omitzero"`
	Comment           string          `json:"comment,omitzero"`
	Timestamp         Time            `json:"timestamp,omitzero"`
	Subject           json.RawMessage `json:"subject,omitzero"`
	SubjectType       string          `json:"subject_type,omitzero"`
	SubjectIdentifier string          `json:"subject_identifier,omitzero"`
	TestCase          string          `json:"testcase,omitzero"`
	Scenario          string          `json:"scenario,omitzero"`
}

func (w *Waiver) check(Topic) error {
	if w.Waived == nil {
		return errors.New("a waiver that does not say whether it waives")
	}
	return nil
}

func (*Waiver) outcomes(Topic) []outcome { return nil }

// Decision is greenwave.decision.update: the verdict on a subject changed.
// Misspelt is the key of early messages; ask [Decision.Passed].
type Decision struct {
	Satisfied         *bool             `json:"policies_satisfied,omitzero"`
	Misspelt          *bool             `json:"policies_satisified,omitzero"`
	DecisionContext   Text              `json:"decision_context,omitzero"`
	ProductVersion    string            `json:"product_version,omitzero"`
	SubjectType       string            `json:"subject_type,omitzero"`
	SubjectIdentifier string            `json:"subject_identifier,omitzero"`
	Subject           []DecisionSubject `json:"subject,omitzero"`
	Summary           string            `json:"summary,omitzero"`
	Policies          []string          `json:"applicable_policies,omitzero"`
	Unsatisfied       json.RawMessage   `json:"unsatisfied_requirements,omitzero"`
	Previous          json.RawMessage   `json:"previous,omitzero"`
	TestCase          string            `json:"testcase,omitzero"`
}

// DecisionSubject is an item of the list that early decisions had.
type DecisionSubject struct {
	Item string `json:"item,omitzero"`
	Type string `json:"type,omitzero"`
	NVR  string `json:"original_spec_nvr,omitzero"`
}

// Passed reports the verdict. ok is false when the message tells none.
func (d *Decision) Passed() (passed, ok bool) {
	for _, b := range []*bool{d.Satisfied, d.Misspelt} {
		if b != nil {
			return *b, true
		}
	}
	return false, false
}

func (d *Decision) check(Topic) error {
	if _, ok := d.Passed(); !ok {
		return errors.New("a decision without verdict")
	}
	return nil
}

func (d *Decision) outcomes(Topic) []outcome {
	subjects := d.Subject
	if d.SubjectIdentifier != "" {
		subjects = []DecisionSubject{{Item: d.SubjectIdentifier, Type: d.SubjectType}}
	}
	result := "FAILED"
	if passed, _ := d.Passed(); passed {
		result = "PASSED"
	}
	var out []outcome
	for _, s := range subjects {
		out = append(out, judged(s.Type, s.Item, string(d.DecisionContext), result, d.Summary)...)
	}
	return out
}

// Koschei is koschei.package.state.change: New is ok, failing or unresolved.
type Koschei struct {
	Name           string   `json:"name,omitzero"`
	Old            string   `json:"old,omitzero"`
	New            string   `json:"new,omitzero"`
	Collection     string   `json:"collection,omitzero"`
	CollectionName string   `json:"collection_name,omitzero"`
	Groups         []string `json:"groups,omitzero"`
	KojiInstance   string   `json:"koji_instance,omitzero"`
	Repo           string   `json:"repo,omitzero"`
}

func (*Koschei) check(Topic) error        { return nil }
func (*Koschei) outcomes(Topic) []outcome { return nil }

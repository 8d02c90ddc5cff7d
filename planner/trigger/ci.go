// SPDX-License-Identifier: MIT

package trigger

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
)

// CI is a message of the common CI format: ci.<artifact>.<stage>.<state>.
// Versions 0.1 have category, namespace, status and type at the top where
// later ones have Test; Contact was CI then.
type CI struct {
	Artifact    *Artifact       `json:"artifact,omitzero"`
	Test        *Test           `json:"test,omitzero"`
	Error       *CIError        `json:"error,omitzero"`
	Run         *CIRun          `json:"run,omitzero"`
	Contact     *Contact        `json:"contact,omitzero"`
	CI          *Contact        `json:"ci,omitzero"`
	Pipeline    *CIPipeline     `json:"pipeline,omitzero"`
	System      json.RawMessage `json:"system,omitzero"`
	Category    string          `json:"category,omitzero"`
	Namespace   string          `json:"namespace,omitzero"`
	Type        string          `json:"type,omitzero"`
	Status      string          `json:"status,omitzero"`
	Reason      string          `json:"reason,omitzero"`
	GeneratedAt Time            `json:"generated_at,omitzero"`
	Version     string          `json:"version,omitzero"`
}

// Artifact is what was tested.
type Artifact struct {
	Type       string     `json:"type,omitzero"`
	ID         Text       `json:"id,omitzero"`
	Issuer     Name       `json:"issuer,omitzero"`
	Component  string     `json:"component,omitzero"`
	NVR        string     `json:"nvr,omitzero"`
	Scratch    Text       `json:"scratch,omitzero"`
	Source     string     `json:"source,omitzero"`
	Name       string     `json:"name,omitzero"`
	Stream     string     `json:"stream,omitzero"`
	Version    Text       `json:"version,omitzero"`
	Context    string     `json:"context,omitzero"`
	NSVC       string     `json:"nsvc,omitzero"`
	Release    Text       `json:"release,omitzero"`
	Repository string     `json:"repository,omitzero"`
	TaskID     int64      `json:"task_id,omitzero"`
	Builds     []Artifact `json:"builds,omitzero"`
}

// Test is the test and how it went: passed, failed, info, needs_inspection.
type Test struct {
	Type      string `json:"type,omitzero"`
	Category  string `json:"category,omitzero"`
	Namespace string `json:"namespace,omitzero"`
	Result    string `json:"result,omitzero"`
	Note      string `json:"note,omitzero"`
	Docs      string `json:"docs,omitzero"`
	XUnit     string `json:"xunit,omitzero"`
}

// CIError is why a test could not be carried out.
type CIError struct {
	Reason  string `json:"reason,omitzero"`
	IsInfra *bool  `json:"is_infra,omitzero"`
}

// CIRun is where to read on.
type CIRun struct {
	URL     string `json:"url,omitzero"`
	Log     string `json:"log,omitzero"`
	LogRaw  string `json:"log_raw,omitzero"`
	Rebuild string `json:"rebuild,omitzero"`
	Debug   string `json:"debug,omitzero"`
}

// CIPipeline is the pipeline that ran.
type CIPipeline struct {
	ID    Text   `json:"id,omitzero"`
	Name  string `json:"name,omitzero"`
	Build Text   `json:"build,omitzero"`
}

// TestCase returns namespace.type.category, the name under which ResultsDB
// keeps the result.
func (c *CI) TestCase() string {
	t := Test{Type: c.Type, Category: c.Category, Namespace: c.Namespace}
	if c.Test != nil {
		t = *c.Test
	}
	return t.Namespace + "." + t.Type + "." + t.Category
}

// Outcome returns how the test went as ResultsDB names it: PASSED, FAILED,
// INFO, NEEDS_INSPECTION, QUEUED, RUNNING, ERROR; "" when that is not said.
func (c *CI) Outcome(topic Topic) string {
	switch topic.Event[strings.LastIndexByte(topic.Event, '.')+1:] {
	case "queued":
		return "QUEUED"
	case "running":
		return "RUNNING"
	case "error":
		return "ERROR"
	}
	said := c.Status
	if c.Test != nil && c.Test.Result != "" {
		said = c.Test.Result
	}
	switch said = strings.ToUpper(said); said {
	case "SUCCESS", "PASS":
		return "PASSED"
	case "FAILURE", "FAIL", "UNSTABLE":
		return "FAILED"
	}
	return said
}

func (c *CI) check(Topic) error {
	if c.Artifact == nil {
		return errors.New("a CI message without artifact")
	}
	return nil
}

func (c *CI) outcomes(topic Topic) []outcome {
	if strings.EqualFold(string(c.Artifact.Scratch), "true") {
		return nil
	}
	var out []outcome
	for _, a := range append([]Artifact{*c.Artifact}, c.Artifact.Builds...) {
		o := a.outcome()
		o.check = c.TestCase()
		if c.Run != nil {
			o.detail = c.Run.URL
		}
		if o.effect = effectOf(c.Outcome(topic)); o.effect != EffectNone && o.ids != nil {
			out = append(out, o)
		}
	}
	return out
}

// outcome says which node the artifact is.
func (a Artifact) outcome() outcome {
	switch {
	case a.NSVC != "" || a.Type == "redhat-module":
		name, stream := a.Name, a.Stream
		if name == "" {
			name, stream, _ = strings.Cut(a.NSVC, ":")
			stream, _, _ = strings.Cut(stream, ":")
		}
		if name == "" || stream == "" {
			return outcome{}
		}
		at := name + ":" + stream
		return outcome{ids: ids(planner.ID("modules/" + at)), artifact: cmp.Or(a.NSVC, at), place: PlaceStream, at: at}
	case a.Type == "productmd-compose":
		return outcome{ids: ids(planner.ID("composes/" + string(a.ID))), artifact: string(a.ID), place: PlaceCompose, at: string(a.ID)}
	case a.Type == "redhat-container-image":
		return outcome{ids: ids(planner.ID("containers/" + a.Component)), artifact: a.NVR, place: PlaceDist, at: "container"}
	}
	name, release := splitNVR(a.NVR)
	return outcome{ids: sourceID(name, release), artifact: a.NVR, place: PlaceDist, at: distTag(release)}
}

// effectOf says what a test's outcome does to what was tested.
func effectOf(result string) Effect {
	switch strings.ToUpper(result) {
	case "PASSED", "INFO":
		return EffectPassed
	case "FAILED", "NEEDS_INSPECTION", "ERROR":
		return EffectRefused
	}
	return EffectNone
}

// Pipeline is ci.pipeline.* of 2018, in which everything is a string.
type Pipeline struct {
	Branch      string `json:"branch,omitzero"`
	Namespace   string `json:"namespace,omitzero"`
	Repo        string `json:"repo,omitzero"`
	Rev         string `json:"rev,omitzero"`
	Ref         string `json:"ref,omitzero"`
	NVR         string `json:"nvr,omitzero"`
	OriginalNVR string `json:"original_spec_nvr,omitzero"`
	Scratch     Text   `json:"scratch,omitzero"`
	Status      string `json:"status,omitzero"`
	BuildID     string `json:"build_id,omitzero"`
	BuildURL    string `json:"build_url,omitzero"`
	Username    string `json:"username,omitzero"`
	CommentID   Text   `json:"comment_id,omitzero"`
	Topic       string `json:"topic,omitzero"`
	Guidance    string `json:"test_guidance,omitzero"`
	Content     string `json:"message-content,omitzero"`
	CIName      string `json:"CI_NAME,omitzero"`
	CIType      string `json:"CI_TYPE,omitzero"`
}

func (*Pipeline) check(Topic) error { return nil }

// outcomes leaves out pipelines that ended for a pull request: they tested
// nobody's source yet.
func (p *Pipeline) outcomes(t Topic) []outcome {
	if t.Event != "pipeline.complete" && t.Event != "pipeline.allpackages-build.complete" || p.Repo == "" {
		return nil
	}
	o := outcome{ids: ids(planner.ID(inNamespace(p.Namespace, p.Repo))), artifact: p.NVR, place: PlaceBranch, at: p.Branch, check: "ci.pipeline", detail: p.BuildURL}
	switch p.Status {
	case "SUCCESS":
		o.effect = EffectPassed
	case "FAILURE", "UNSTABLE", "ABORTED":
		o.effect = EffectRefused
	default:
		return nil
	}
	return []outcome{o}
}

// SPDX-License-Identifier: MIT

package trigger

import (
	"encoding/json"
	"errors"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Compose is pungi.compose.status.change. Status is STARTED, FINISHED,
// FINISHED_INCOMPLETE, DOOMED or TERMINATED.
type Compose struct {
	ComposeID      string `json:"compose_id,omitzero"`
	Status         string `json:"status,omitzero"`
	Location       string `json:"location,omitzero"`
	ComposeDate    string `json:"compose_date,omitzero"`
	ComposeType    string `json:"compose_type,omitzero"`
	ComposeRespin  *int   `json:"compose_respin,omitzero"`
	ComposeLabel   string `json:"compose_label,omitzero"`
	ComposePath    string `json:"compose_path,omitzero"`
	ReleaseShort   string `json:"release_short,omitzero"`
	ReleaseName    string `json:"release_name,omitzero"`
	ReleaseVersion string `json:"release_version,omitzero"`
	ReleaseType    string `json:"release_type,omitzero"`
	Layered        *bool  `json:"release_is_layered,omitzero"`
}

// Good reports whether the compose can be used: FINISHED, or
// FINISHED_INCOMPLETE when deliverables that may fail did.
func (c *Compose) Good() bool { return c.Status == "FINISHED" || c.Status == "FINISHED_INCOMPLETE" }

func (c *Compose) check(Topic) error {
	if c.ComposeID == "" || c.Status == "" {
		return errors.New("a compose without id or status")
	}
	return nil
}

func (c *Compose) outcomes(Topic) []outcome {
	o := outcome{artifact: c.ComposeID, ids: ids(planner.ID("composes/" + c.ComposeID)), place: PlaceCompose, at: c.ComposeID}
	switch {
	case c.Good():
		o.effect = EffectAvailable
	case c.Status == "DOOMED" || c.Status == "TERMINATED":
		o.effect = EffectFailed
	default:
		return nil
	}
	return []outcome{o}
}

// ComposeStep is everything else that is told of a compose under way: pungi's
// phases and images, and the compose.<branch>.<step> of the release scripts
// before it.
type ComposeStep struct {
	ComposeID    string   `json:"compose_id,omitzero"`
	Location     string   `json:"location,omitzero"`
	Phase        string   `json:"phase_name,omitzero"`
	Deliverables []string `json:"deliverables,omitzero"`
	File         string   `json:"file,omitzero"`
	Variant      string   `json:"variant,omitzero"`
	Arch         *string  `json:"arch,omitzero"`
	Ref          string   `json:"ref,omitzero"`
	CommitID     string   `json:"commitid,omitzero"`
	Detail       string   `json:"detail,omitzero"`
	Config       string   `json:"config,omitzero"`
	Command      []string `json:"command,omitzero"`
	TargetDir    string   `json:"target_dir,omitzero"`
	Log          string   `json:"log,omitzero"`
	Branch       string   `json:"branch,omitzero"`
	Short        string   `json:"short,omitzero"`
}

func (*ComposeStep) check(Topic) error        { return nil }
func (*ComposeStep) outcomes(Topic) []outcome { return nil }

// Tree is pungi.tree of the module prototype. State is running or finished.
type Tree struct {
	Tag     string   `json:"tag,omitzero"`
	Path    string   `json:"path,omitzero"`
	Arches  []string `json:"arches,omitzero"`
	SigKeys []string `json:"sigkeys,omitzero"`
	State   string   `json:"state,omitzero"`
}

func (*Tree) check(Topic) error        { return nil }
func (*Tree) outcomes(Topic) []outcome { return nil }

// ODCS is odcs.compose.state-changed: a compose on demand went on.
type ODCS struct {
	Event   string      `json:"event,omitzero"`
	Compose ODCSCompose `json:"compose,omitzero"`
}

// ODCSCompose is a compose of ODCS, whose states are wait 0, generating 1,
// done 2, removed 3 and failed 4.
type ODCSCompose struct {
	ID            int64           `json:"id,omitzero"`
	Owner         Name            `json:"owner,omitzero"`
	State         *int            `json:"state,omitzero"`
	StateName     string          `json:"state_name,omitzero"`
	StateReason   string          `json:"state_reason,omitzero"`
	SourceType    int             `json:"source_type,omitzero"`
	Source        string          `json:"source,omitzero"`
	Packages      string          `json:"packages,omitzero"`
	Builds        string          `json:"builds,omitzero"`
	Arches        string          `json:"arches,omitzero"`
	SigKeys       *string         `json:"sigkeys,omitzero"`
	Flags         json.RawMessage `json:"flags,omitzero"`
	Results       json.RawMessage `json:"results,omitzero"`
	TopLevelURL   string          `json:"toplevel_url,omitzero"`
	PungiID       string          `json:"pungi_compose_id,omitzero"`
	TimeSubmitted Time            `json:"time_submitted,omitzero"`
	TimeDone      Time            `json:"time_done,omitzero"`
	TimeToExpire  Time            `json:"time_to_expire,omitzero"`
}

func (o *ODCS) check(Topic) error {
	if o.Compose.ID == 0 {
		return errors.New("an ODCS compose without id")
	}
	return nil
}

func (*ODCS) outcomes(Topic) []outcome { return nil }

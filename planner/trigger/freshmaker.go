// SPDX-License-Identifier: MIT

package trigger

import (
	"encoding/json"
	"strconv"
)

// FreshmakerEventState is where Freshmaker stands with what it heard.
type FreshmakerEventState int

// The states of an event.
const (
	FreshmakerEventInitialized FreshmakerEventState = iota
	FreshmakerEventBuilding
	FreshmakerEventComplete
	FreshmakerEventFailed
	FreshmakerEventSkipped
	FreshmakerEventCanceled
)

// String returns the service's word in lower case, or
// "FreshmakerEventState(n)" for a number outside the list.
func (s FreshmakerEventState) String() string {
	return wordOf(int(s), "FreshmakerEventState", "initialized", "building", "complete", "failed", "skipped", "canceled")
}

// FreshmakerBuildState is where one of its rebuilds stands.
type FreshmakerBuildState int

// The states of a rebuild.
const (
	FreshmakerBuildBuilding FreshmakerBuildState = iota
	FreshmakerBuildDone
	FreshmakerBuildFailed
	FreshmakerBuildCanceled
	FreshmakerBuildPlanned
)

// String returns the service's word in lower case, or
// "FreshmakerBuildState(n)" for a number outside the list.
func (s FreshmakerBuildState) String() string {
	return wordOf(int(s), "FreshmakerBuildState", "build", "done", "failed", "canceled", "planned")
}

// FreshmakerType is what is rebuilt.
type FreshmakerType int

// The types of artifacts.
const (
	FreshmakerRPM FreshmakerType = iota
	FreshmakerImage
	FreshmakerModule
	FreshmakerRepository
)

// String returns the service's word in lower case, by which allow lists name
// the type too, or "FreshmakerType(n)" for a number outside the list.
func (t FreshmakerType) String() string {
	return wordOf(int(t), "FreshmakerType", "rpm", "image", "module", "image_repository")
}

func wordOf(n int, kind string, words ...string) string {
	if n < 0 || n >= len(words) {
		return kind + "(" + strconv.Itoa(n) + ")"
	}
	return words[n]
}

// FreshmakerEvent is freshmaker.event.state.changed, and an event of the
// service's REST API: what it heard and what it rebuilds therefore.
type FreshmakerEvent struct {
	ID                int64                 `json:"id,omitzero"`
	MessageID         string                `json:"message_id,omitzero"`
	SearchKey         Text                  `json:"search_key,omitzero"`
	EventType         int                   `json:"event_type_id,omitzero"`
	State             *FreshmakerEventState `json:"state,omitzero"`
	StateName         string                `json:"state_name,omitzero"`
	StateReason       string                `json:"state_reason,omitzero"`
	TimeCreated       Time                  `json:"time_created,omitzero"`
	TimeDone          Time                  `json:"time_done,omitzero"`
	Requester         Name                  `json:"requester,omitzero"`
	RequestedRebuilds []string              `json:"requested_rebuilds,omitzero"`
	DryRun            *bool                 `json:"dry_run,omitzero"`
	DependsOn         []int64               `json:"depends_on_events,omitzero"`
	Depending         []int64               `json:"depending_events,omitzero"`
	// Builds are whole rebuilds or their ids alone; see [FreshmakerEvent.Rebuilds].
	Builds json.RawMessage `json:"builds,omitzero"`
	URL    string          `json:"url,omitzero"`
}

// Rebuilds returns the rebuilds of the event, nil when the message has none or
// only their ids. The error wraps [ErrMalformed].
func (e *FreshmakerEvent) Rebuilds() ([]FreshmakerBuild, error) {
	var whole []json.RawMessage
	if len(e.Builds) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(e.Builds, &whole); err != nil {
		return nil, malformed("", "", "the rebuilds of event %d: %w", e.ID, err)
	}
	var out []FreshmakerBuild
	for _, raw := range whole {
		if !isObject(raw) {
			continue
		}
		var b FreshmakerBuild
		if err := json.Unmarshal(raw, &b); err != nil {
			return nil, malformed("", "", "the rebuilds of event %d: %w", e.ID, err)
		}
		out = append(out, b)
	}
	return out, nil
}

func (*FreshmakerEvent) check(Topic) error        { return nil }
func (*FreshmakerEvent) outcomes(Topic) []outcome { return nil }

// FreshmakerBuild is freshmaker.build.state.changed, and a rebuild of the
// service's REST API.
type FreshmakerBuild struct {
	ID            int64                 `json:"id,omitzero"`
	Name          string                `json:"name,omitzero"`
	OriginalNVR   string                `json:"original_nvr,omitzero"`
	RebuiltNVR    string                `json:"rebuilt_nvr,omitzero"`
	Type          *FreshmakerType       `json:"type,omitzero"`
	TypeName      string                `json:"type_name,omitzero"`
	State         *FreshmakerBuildState `json:"state,omitzero"`
	StateName     string                `json:"state_name,omitzero"`
	StateReason   string                `json:"state_reason,omitzero"`
	DepOn         string                `json:"dep_on,omitzero"`
	DepOnID       int64                 `json:"dep_on_id,omitzero"`
	EventID       int64                 `json:"event_id,omitzero"`
	BuildID       int64                 `json:"build_id,omitzero"`
	Composes      []int64               `json:"odcs_composes,omitzero"`
	RebuildReason Text                  `json:"rebuild_reason,omitzero"`
	TimeSubmitted Time                  `json:"time_submitted,omitzero"`
	TimeCompleted Time                  `json:"time_completed,omitzero"`
	URL           string                `json:"url,omitzero"`
}

func (*FreshmakerBuild) check(Topic) error        { return nil }
func (*FreshmakerBuild) outcomes(Topic) []outcome { return nil }

// FreshmakerCancel is freshmaker.manage.eventcancel: rebuilds are called off.
type FreshmakerCancel struct {
	Action  string  `json:"action,omitzero"`
	EventID int64   `json:"event_id,omitzero"`
	Builds  []int64 `json:"builds_id,omitzero"`
}

func (*FreshmakerCancel) check(Topic) error        { return nil }
func (*FreshmakerCancel) outcomes(Topic) []outcome { return nil }

// SPDX-License-Identifier: MIT

package trigger

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
)

// ModuleState is the state of a module build in MBS.
type ModuleState int

// The states of a module build.
const (
	ModuleInit ModuleState = iota
	ModuleWait
	ModuleBuilding
	ModuleDone
	ModuleFailed
	ModuleReady
	ModuleGarbage
)

var moduleStateNames = []string{"init", "wait", "build", "done", "failed", "ready", "garbage"}

// String returns MBS's name of the state, or "ModuleState(n)" for a number
// outside the list.
func (s ModuleState) String() string {
	if s < 0 || int(s) >= len(moduleStateNames) {
		return "ModuleState(" + strconv.Itoa(int(s)) + ")"
	}
	return moduleStateNames[s]
}

// Module is mbs.module.state.change, and rida.module.state.change of the
// prototype, which told Release where later ones have Stream and no Context.
type Module struct {
	ID            int64           `json:"id,omitzero"`
	Name          string          `json:"name,omitzero"`
	Stream        string          `json:"stream,omitzero"`
	Version       Text            `json:"version,omitzero"`
	Context       string          `json:"context,omitzero"`
	Release       Text            `json:"release,omitzero"`
	State         *ModuleState    `json:"state,omitzero"`
	StateName     string          `json:"state_name,omitzero"`
	StateReason   string          `json:"state_reason,omitzero"`
	StateURL      string          `json:"state_url,omitzero"`
	Owner         Name            `json:"owner,omitzero"`
	SCMURL        string          `json:"scmurl,omitzero"`
	KojiTag       string          `json:"koji_tag,omitzero"`
	RebuildPolicy string          `json:"rebuild_strategy,omitzero"`
	Scratch       *bool           `json:"scratch,omitzero"`
	Modulemd      string          `json:"modulemd,omitzero"`
	Components    json.RawMessage `json:"component_builds,omitzero"`
	TimeSubmitted Time            `json:"time_submitted,omitzero"`
	TimeModified  Time            `json:"time_modified,omitzero"`
	TimeCompleted Time            `json:"time_completed,omitzero"`
}

// NSVC returns name:stream:version:context as far as they were sent. The
// prototype's version stands for the stream and its release for the version.
func (m *Module) NSVC() string {
	parts := []string{m.Name, m.Stream, string(m.Version), m.Context}
	if m.Stream == "" {
		parts = []string{m.Name, string(m.Version), string(m.Release), ""}
	}
	return strings.TrimRight(strings.Join(parts, ":"), ":")
}

func (m *Module) check(Topic) error {
	if m.Name == "" || m.State == nil {
		return errors.New("a module build without name or state")
	}
	return nil
}

// outcomes counts a module as available when it is ready: done modules still
// wait for their gate. A scratch build changes nothing.
func (m *Module) outcomes(Topic) []outcome {
	if m.Scratch != nil && *m.Scratch {
		return nil
	}
	stream := m.Stream
	if stream == "" {
		stream = string(m.Version)
	}
	o := outcome{artifact: m.NSVC(), ids: ids(planner.ID("modules/" + m.Name + ":" + stream)), place: PlaceStream, at: m.Name + ":" + stream}
	switch *m.State {
	case ModuleDone:
		o.effect = EffectBuilt
	case ModuleReady:
		o.effect = EffectAvailable
	case ModuleFailed:
		o.effect = EffectFailed
	case ModuleGarbage:
		o.effect = EffectWithdrawn
	default:
		return nil
	}
	return []outcome{o}
}

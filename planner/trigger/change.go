// SPDX-License-Identifier: MIT

package trigger

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Effect is what an event means for an artifact.
type Effect uint8

// The effects.
const (
	// EffectNone: nothing.
	EffectNone Effect = iota
	// EffectSource: new source content, not built yet.
	EffectSource
	// EffectBuilt: built, in no tag of interest yet.
	EffectBuilt
	// EffectAvailable: what others build against has it.
	EffectAvailable
	// EffectPassed: a check let it through.
	EffectPassed
	// EffectRefused: a check failed or could not be carried out.
	EffectRefused
	// EffectFailed: its build failed or was canceled.
	EffectFailed
	// EffectWithdrawn: untagged, deleted, unpushed.
	EffectWithdrawn
	// EffectRetired: it will not come again.
	EffectRetired
	effects = iota
)

var effectNames = [effects]string{"none", "source", "built", "available", "passed", "refused", "failed", "withdrawn", "retired"}

// String returns the effect in lower case, or "Effect(n)" for a number outside
// the list.
func (e Effect) String() string {
	if int(e) >= len(effectNames) {
		return "Effect(" + strconv.Itoa(int(e)) + ")"
	}
	return effectNames[e]
}

// MarshalText returns the name; it fails for a number outside the list.
func (e Effect) MarshalText() ([]byte, error) {
	if int(e) >= len(effectNames) {
		return nil, fmt.Errorf("trigger: no effect has the number %d: %w", int(e), ErrInvalid)
	}
	return []byte(effectNames[e]), nil
}

// UnmarshalText reads a name as [Effect.String] writes it.
func (e *Effect) UnmarshalText(text []byte) error {
	i := slices.Index(effectNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("trigger: unknown effect %q: %w", text, ErrInvalid)
	}
	*e = Effect(i)
	return nil
}

// Place is the kind of name by which an event says where it happened.
type Place string

// The places.
const (
	// PlaceBranch: a dist-git branch ("f41").
	PlaceBranch Place = "branch"
	// PlaceTag: a Koji tag ("f41-updates").
	PlaceTag Place = "tag"
	// PlaceDist: the dist tag in a build's release ("fc41"); "module" for
	// the components of modules.
	PlaceDist Place = "dist"
	// PlaceStream: a module stream ("nodejs:18").
	PlaceStream Place = "stream"
	// PlaceUpdate: Bodhi's name of a release ("F41").
	PlaceUpdate Place = "update"
	// PlaceCompose: a compose id or the name of an updates push.
	PlaceCompose Place = "compose"
)

// outcome is a change that belongs to no release yet.
type outcome struct {
	ids      []planner.ID
	artifact string
	effect   Effect
	place    Place
	at       string
	check    string
	detail   string
}

// A Change says what an event means in a release. IDs go into
// [planner.Request] as they are.
type Change struct {
	// Release is the label of the graph.
	Release string `json:"release"`
	// IDs are the changed nodes, by the naming rules of the planner.
	IDs    []planner.ID `json:"ids"`
	Effect Effect       `json:"effect"`
	// Artifact is what it was exactly: an NVR, an NSVC, a repository with
	// commit, a compose id.
	Artifact string `json:"artifact,omitempty"`
	// Place and At are what the release was chosen by.
	Place Place  `json:"place"`
	At    string `json:"at"`
	// Check is the test or decision behind passed and refused.
	Check string `json:"check,omitempty"`
	// Detail is a URL or sentence for a person.
	Detail string `json:"detail,omitempty"`
	// Topic and MessageID say whence it is known.
	Topic     string `json:"topic"`
	MessageID string `json:"messageID,omitempty"`
}

// A Route leads what happens at a place to a release.
type Route struct {
	// Place is the kind of name; "" means [PlaceBranch].
	Place Place `json:"place,omitempty"`
	// Pattern is a glob on the name, as in [path.Match]: "f41", "epel9*".
	Pattern string `json:"pattern"`
	// Release is the label; "{}" in it stands for the whole matched name.
	Release string `json:"release"`
}

// Routes lead events to releases. All routes that match count: one branch may
// feed several releases. The zero value leads nothing anywhere.
type Routes []Route

// Check returns an error that wraps [ErrInvalid] and names the first route with
// a bad pattern, an unknown place or no release.
func (r Routes) Check() error {
	places := []Place{"", PlaceBranch, PlaceTag, PlaceDist, PlaceStream, PlaceUpdate, PlaceCompose}
	for i, one := range r {
		switch _, err := path.Match(one.Pattern, ""); {
		case err != nil:
			return fmt.Errorf("trigger: route %d: pattern %q: %w: %w", i, one.Pattern, ErrInvalid, err)
		case one.Release == "":
			return fmt.Errorf("trigger: route %d: no release: %w", i, ErrInvalid)
		case !slices.Contains(places, one.Place):
			return fmt.Errorf("trigger: route %d: unknown place %q: %w", i, one.Place, ErrInvalid)
		}
	}
	return nil
}

// Releases returns the releases that a name leads to, sorted, each once.
func (r Routes) Releases(place Place, name string) []string {
	var out []string
	for _, one := range r {
		by := one.Place
		if by == "" {
			by = PlaceBranch
		}
		if by != place {
			continue
		}
		if ok, err := path.Match(one.Pattern, name); err == nil && ok {
			out = append(out, strings.ReplaceAll(one.Release, "{}", name))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Changes returns what an event means, by release. It is nil for events that
// change nothing, are about no artifact, or lead to no release.
func (r Routes) Changes(ev Event) []Change {
	if ev.Payload == nil {
		return nil
	}
	var out []Change
	for _, o := range ev.Payload.outcomes(ParseTopic(ev.Topic)) {
		if o.ids == nil || o.effect == EffectNone {
			continue
		}
		for _, release := range r.Releases(o.place, o.at) {
			out = append(out, Change{
				Release: release, IDs: slices.Clone(o.ids), Effect: o.effect, Artifact: o.artifact, Place: o.place, At: o.at,
				Check: o.check, Detail: o.detail, Topic: ev.Topic, MessageID: ev.ID,
			})
		}
	}
	return out
}

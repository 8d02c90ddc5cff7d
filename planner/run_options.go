// SPDX-License-Identifier: MIT

package planner

import (
	"fmt"
	"time"
)

// Mode is how far a run keeps to tiers. The zero value is [Frontier].
type Mode uint8

// The modes.
const (
	// Frontier starts a node as soon as what it needs has passed.
	Frontier Mode = iota
	// Barrier starts a tier when everything in the tiers before has passed.
	Barrier
	modes = iota
)

var modeNames = [modes]string{"frontier", "barrier"}

// String returns the mode's name in lower case, or "Mode(n)" for a number
// outside the list.
func (m Mode) String() string { return enumString(m, modeNames[:], "Mode") }

// MarshalText returns the mode's name; it fails for a number outside the list.
func (m Mode) MarshalText() ([]byte, error) { return enumMarshal(m, modeNames[:], "mode") }

// UnmarshalText reads a name as [Mode.String] writes it. Other text is an
// error that wraps [ErrInvalid].
func (m *Mode) UnmarshalText(text []byte) error { return enumUnmarshal(m, text, modeNames[:], "mode") }

// RepoPolicy says for which results a run waits until they are in the
// repository that others build from. The zero value is [RepoAlways].
type RepoPolicy uint8

// The repository policies.
const (
	// RepoAlways waits for every result.
	RepoAlways RepoPolicy = iota
	// RepoIfNeeded waits only for results that something in the plan needs
	// or that a gate judges.
	RepoIfNeeded
	// RepoNever takes every result as available when it is built.
	RepoNever
	repoPolicies = iota
)

var repoPolicyNames = [repoPolicies]string{"always", "if-needed", "never"}

// String returns the policy's name in lower case, or "RepoPolicy(n)" for a
// number outside the list.
func (p RepoPolicy) String() string { return enumString(p, repoPolicyNames[:], "RepoPolicy") }

// MarshalText returns the policy's name; it fails for a number outside the list.
func (p RepoPolicy) MarshalText() ([]byte, error) {
	return enumMarshal(p, repoPolicyNames[:], "repo policy")
}

// UnmarshalText reads a name as [RepoPolicy.String] writes it. Other text is
// an error that wraps [ErrInvalid].
func (p *RepoPolicy) UnmarshalText(text []byte) error {
	return enumUnmarshal(p, text, repoPolicyNames[:], "repo policy")
}

// StalePolicy says what happens to a build under way when a change makes its
// result worthless. The zero value is [StaleFinish].
type StalePolicy uint8

// The policies for stale builds.
const (
	// StaleFinish lets it end and builds again after.
	StaleFinish StalePolicy = iota
	// StaleCancel cancels it at once.
	StaleCancel
	// StaleCancelEarly cancels it when less than half of its usual duration
	// has passed.
	StaleCancelEarly
	stalePolicies = iota
)

var stalePolicyNames = [stalePolicies]string{"finish", "cancel", "cancel-early"}

// String returns the policy's name in lower case, or "StalePolicy(n)" for a
// number outside the list.
func (p StalePolicy) String() string { return enumString(p, stalePolicyNames[:], "StalePolicy") }

// MarshalText returns the policy's name; it fails for a number outside the list.
func (p StalePolicy) MarshalText() ([]byte, error) {
	return enumMarshal(p, stalePolicyNames[:], "stale policy")
}

// UnmarshalText reads a name as [StalePolicy.String] writes it. Other text is
// an error that wraps [ErrInvalid].
func (p *StalePolicy) UnmarshalText(text []byte) error {
	return enumUnmarshal(p, text, stalePolicyNames[:], "stale policy")
}

// Retry says how often and after what time a failed step is tried again. The
// wait doubles with each attempt up to MaxWait. The zero value is no retry.
type Retry struct {
	// Max is the number of further attempts.
	Max int `json:"max,omitempty"`
	// Wait is the time before the first of them.
	Wait time.Duration `json:"wait,omitempty"`
	// MaxWait bounds the wait; 0 means no bound.
	MaxWait time.Duration `json:"maxWait,omitempty"`
}

// after returns the wait before attempt n+1, n being retries already made.
func (r Retry) after(n int) time.Duration {
	limit := r.MaxWait
	if limit <= 0 {
		limit = 1 << 62
	}
	wait := min(r.Wait, limit)
	for ; n > 0 && wait < limit; n-- {
		if wait > limit/2 {
			return limit
		}
		wait *= 2
	}
	return wait
}

// Retries are the retry rules by kind of failure, counted apart. A failed gate
// is never tried again by itself. The zero value retries nothing; see
// [DefaultRetries].
type Retries struct {
	Build   Retry `json:"build,omitzero"`
	Flaky   Retry `json:"flaky,omitzero"`
	Infra   Retry `json:"infra,omitzero"`
	Timeout Retry `json:"timeout,omitzero"`
	Stale   Retry `json:"stale,omitzero"`
}

// DefaultRetries returns rules that suit a public build system: trouble of the
// machinery is tried five more times, what may be flaky or stale twice, a
// timeout once, a failed build never.
func DefaultRetries() Retries {
	return Retries{
		Flaky:   Retry{Max: 2, Wait: time.Minute, MaxWait: 10 * time.Minute},
		Infra:   Retry{Max: 5, Wait: time.Minute, MaxWait: 30 * time.Minute},
		Timeout: Retry{Max: 1, Wait: time.Minute},
		Stale:   Retry{Max: 2, Wait: time.Minute},
	}
}

func (r Retries) of(k FailureKind) Retry {
	switch k {
	case FailureBuild:
		return r.Build
	case FailureFlaky:
		return r.Flaky
	case FailureInfra:
		return r.Infra
	case FailureTimeout:
		return r.Timeout
	case FailureStale:
		return r.Stale
	}
	return Retry{}
}

// LabelLimit bounds how many builds of nodes with a label are under way.
type LabelLimit struct {
	Label string `json:"label"`
	Max   int    `json:"max"`
}

// Rate bounds how many builds start within a time. The zero value is no bound.
type Rate struct {
	Starts int           `json:"starts,omitempty"`
	Per    time.Duration `json:"per,omitempty"`
}

// Canary sends a few builds ahead of all others. The zero value sends none.
type Canary struct {
	// Count is how many: of the builds that can start at once, those on
	// which most depends.
	Count int `json:"count,omitempty"`
	// MaxFailed is the share of them that may fail, 0 to 1; when more do,
	// the run is held.
	MaxFailed float64 `json:"maxFailed,omitempty"`
}

// StopRule holds a run when too many builds fail. The zero value never does.
type StopRule struct {
	// Share is the share of ended builds, 0 to 1, above which the run is
	// held; 0 turns the rule off.
	Share float64 `json:"share,omitempty"`
	// AtLeast is the number of ended builds from which the rule counts.
	AtLeast int `json:"atLeast,omitempty"`
}

// Debounce delays builds of changed nodes with a label until no further change
// to them has come for a time.
type Debounce struct {
	// Label picks the nodes; empty means all.
	Label string        `json:"label,omitempty"`
	Wait  time.Duration `json:"wait"`
}

// RunOptions say how a plan is carried out. The zero value is a frontier run
// without limits, gates or retries that waits for the repository after every
// build. Options are plain data and part of a run's journal.
type RunOptions struct {
	Mode  Mode       `json:"mode,omitzero"`
	Repo  RepoPolicy `json:"repo,omitzero"`
	Gates []Gate     `json:"gates,omitempty"`
	Retry Retries    `json:"retry,omitzero"`
	// Stale says what happens to builds that a later change makes worthless.
	Stale StalePolicy `json:"stale,omitzero"`
	// MaxBuilding is the most builds under way at a time; 0 is no limit.
	MaxBuilding int          `json:"maxBuilding,omitempty"`
	Limits      []LabelLimit `json:"limits,omitempty"`
	Rate        Rate         `json:"rate,omitzero"`
	Canary      Canary       `json:"canary,omitzero"`
	Stop        StopRule     `json:"stop,omitzero"`
	Debounce    []Debounce   `json:"debounce,omitempty"`
	// Hold makes the run wait for [EventRelease] before its first build.
	Hold bool `json:"hold,omitempty"`
	// Unknown is the duration of a node whose duration is not known, for
	// priorities; 0 means one minute.
	Unknown time.Duration `json:"unknown,omitempty"`
}

func (o RunOptions) check() error {
	bad := func(what string, v any) error {
		return fmt.Errorf("planner: run options: %s: %v: %w", what, v, ErrInvalid)
	}
	if int(o.Mode) >= modes {
		return bad("mode", o.Mode)
	}
	if int(o.Repo) >= repoPolicies {
		return bad("repo", o.Repo)
	}
	if int(o.Stale) >= stalePolicies {
		return bad("stale", o.Stale)
	}
	for _, k := range []FailureKind{FailureBuild, FailureFlaky, FailureInfra, FailureTimeout, FailureStale} {
		if r := o.Retry.of(k); r.Max < 0 || r.Wait < 0 || r.MaxWait < 0 {
			return bad("retry "+k.String(), r)
		}
	}
	if o.MaxBuilding < 0 {
		return bad("maxBuilding", o.MaxBuilding)
	}
	seen := map[string]bool{}
	for _, l := range o.Limits {
		if l.Label == "" || l.Max <= 0 || seen[l.Label] {
			return bad("limits", l)
		}
		seen[l.Label] = true
	}
	if o.Rate.Starts < 0 || o.Rate.Per < 0 {
		return bad("rate", o.Rate)
	}
	if o.Canary.Count < 0 || !(o.Canary.MaxFailed >= 0 && o.Canary.MaxFailed <= 1) {
		return bad("canary", o.Canary)
	}
	if !(o.Stop.Share >= 0 && o.Stop.Share <= 1) || o.Stop.AtLeast < 0 {
		return bad("stop", o.Stop)
	}
	for _, d := range o.Debounce {
		if d.Wait < 0 {
			return bad("debounce", d)
		}
	}
	if o.Unknown < 0 {
		return bad("unknown", o.Unknown)
	}
	return checkGates(o.Gates)
}

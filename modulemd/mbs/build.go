// SPDX-License-Identifier: MIT

package mbs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/jsonapi"
	"github.com/seed-f134cc8e/relkit/planner/status"
)

// State is where a module build stands. The zero value is [Init].
type State int

// The states of a module build. A build goes from init to ready; a scratch
// build stops at done; a failed one that was cleaned up is garbage.
const (
	Init State = iota
	Wait
	Building
	Done
	Failed
	Ready
	Garbage
)

var stateNames = [...]string{"init", "wait", "build", "done", "failed", "ready", "garbage"}

// String returns the service's word, or "State(n)" for a number outside the
// list.
func (s State) String() string {
	if s < 0 || int(s) >= len(stateNames) {
		return "State(" + strconv.Itoa(int(s)) + ")"
	}
	return stateNames[s]
}

// MarshalText returns the service's word; it fails for a number outside the
// list.
func (s State) MarshalText() ([]byte, error) {
	if s < 0 || int(s) >= len(stateNames) {
		return nil, fmt.Errorf("mbs: no state has the number %d", int(s))
	}
	return []byte(stateNames[s]), nil
}

// UnmarshalText reads a word as [State.String] writes it.
func (s *State) UnmarshalText(text []byte) error {
	for i, n := range stateNames {
		if n == string(text) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("mbs: unknown state %q", text)
}

// Terminal reports whether the build will not move on by itself. A scratch
// build ends at done, which is not terminal for others.
func (s State) Terminal() bool { return s == Failed || s == Ready || s == Garbage }

// Build is one module build: one context of a module's stream and version.
type Build struct {
	ID              int64
	Name            string
	Stream          string
	Version         string // digits; compare as a number
	Context         string
	State           State
	StateReason     string // empty when there is none
	Scratch         bool
	Owner           string
	SCMURL          string // empty for builds from a YAML file
	KojiTag         string // empty until it has one
	RebuildStrategy string
	ComponentIDs    []int64
	Siblings        []int64 // the other contexts of the same version
	BuildRequires   map[string]Requirement
	Tasks           map[string]map[string]Task // by format ("rpms") and package
	Submitted       time.Time                  // zero when absent, as the others
	Modified        time.Time
	Completed       time.Time
	// Modulemd is the document, only in verbose answers.
	Modulemd string
	// Trace is the build's history, only in verbose answers.
	Trace []Transition
	// ReusedID is the build that this one is a copy of; 0 when none. Only in
	// verbose answers.
	ReusedID int64
	// Extra holds the members without a field above.
	Extra map[string]json.RawMessage
}

// NSVC returns "name:stream:version:context".
func (b Build) NSVC() string {
	return b.Name + ":" + b.Stream + ":" + b.Version + ":" + b.Context
}

// Requirement is a module that a build was made against.
type Requirement struct {
	Stream       string   `json:"stream"`
	Version      string   `json:"version"`
	Context      string   `json:"context"`
	KojiTag      string   `json:"koji_tag"`
	Ref          string   `json:"ref"`
	FilteredRPMs []string `json:"filtered_rpms"`
}

// Task is a component's Koji task as a build lists it.
type Task struct {
	TaskID      int64  `json:"task_id"` // 0: none yet
	State       *int   `json:"state"`   // Koji build state, nil: not submitted
	StateReason string `json:"state_reason"`
	NVR         string `json:"nvr"` // empty: not known yet
}

// Transition is one step of a build's history.
type Transition struct {
	Time   time.Time `json:"time"`
	State  State     `json:"-"`
	Reason string    `json:"reason"` // empty when there is none
}

// UnmarshalJSON reads a step; the state is taken by its number.
func (t *Transition) UnmarshalJSON(data []byte) error {
	var w struct {
		Time   time.Time `json:"time"`
		State  int       `json:"state"`
		Reason *string   `json:"reason"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*t = Transition{Time: w.Time.UTC(), State: State(w.State)}
	if w.Reason != nil {
		t.Reason = *w.Reason
	}
	return nil
}

type wireBuild struct {
	ID              int64                      `json:"id"`
	Name            string                     `json:"name"`
	Stream          string                     `json:"stream"`
	Version         string                     `json:"version"`
	Context         string                     `json:"context"`
	State           int                        `json:"state"`
	StateName       string                     `json:"state_name"`
	StateReason     *string                    `json:"state_reason"`
	Scratch         bool                       `json:"scratch"`
	Owner           string                     `json:"owner"`
	SCMURL          *string                    `json:"scmurl"`
	KojiTag         *string                    `json:"koji_tag"`
	RebuildStrategy string                     `json:"rebuild_strategy"`
	ComponentIDs    []int64                    `json:"component_builds"`
	Siblings        []int64                    `json:"siblings"`
	BuildRequires   map[string]Requirement     `json:"buildrequires"`
	Tasks           map[string]map[string]Task `json:"tasks"`
	Submitted       *time.Time                 `json:"time_submitted"`
	Modified        *time.Time                 `json:"time_modified"`
	Completed       *time.Time                 `json:"time_completed"`
	Modulemd        string                     `json:"modulemd"`
	Trace           []Transition               `json:"state_trace"`
	ReusedID        *int64                     `json:"reused_module_id"`
}

// UnmarshalJSON reads a build at any of the service's detail levels.
func (b *Build) UnmarshalJSON(data []byte) error {
	var w wireBuild
	extra, err := jsonapi.UnmarshalExtra(data, &w)
	if err != nil {
		return err
	}
	*b = Build{
		ID: w.ID, Name: w.Name, Stream: w.Stream, Version: w.Version, Context: w.Context, State: State(w.State),
		StateReason: jsonapi.Value(w.StateReason), Scratch: w.Scratch, Owner: w.Owner, SCMURL: jsonapi.Value(w.SCMURL), KojiTag: jsonapi.Value(w.KojiTag),
		RebuildStrategy: w.RebuildStrategy, ComponentIDs: w.ComponentIDs, Siblings: w.Siblings, BuildRequires: w.BuildRequires,
		Tasks: w.Tasks, Submitted: utc(w.Submitted), Modified: utc(w.Modified), Completed: utc(w.Completed),
		Modulemd: w.Modulemd, Trace: w.Trace, ReusedID: jsonapi.Value(w.ReusedID), Extra: extra,
	}
	return nil
}

func utc(p *time.Time) time.Time {
	if p == nil {
		return time.Time{}
	}
	return p.UTC()
}

// Status converts a module build to relkit's common status. The share of
// components that have a state ended is the estimate of what is done.
func (b Build) Status() status.Status {
	s := status.Status{ID: "module-build " + strconv.FormatInt(b.ID, 10), Detail: b.State.String()}
	switch b.State {
	case Init, Wait:
		s.State = status.Queued
	case Building:
		s.State = status.Building
	case Done:
		s.State = status.Gating
		if b.Scratch {
			s.State = status.Done
		}
	case Ready:
		s.State = status.Done
	case Failed, Garbage:
		s.State, s.Error = status.Failed, b.StateReason
	}
	total, ended := 0, 0
	for _, tasks := range b.Tasks {
		for _, t := range tasks {
			total++
			if t.State != nil && *t.State != 0 {
				ended++
			}
		}
	}
	if total > 0 && s.State == status.Building {
		percent := 100 * float64(ended) / float64(total)
		s.Percent, s.Estimate = &percent, true
	}
	return s
}

// BuildQuery selects module builds; empty fields select all.
type BuildQuery struct {
	NSVC    string // "name[:stream[:version[:context]]]"
	Name    string
	Stream  string
	Owner   string
	KojiTag string
	RPM     string // a binary package that the module's tag holds
	States  []State
	// SubmittedAfter, ModifiedAfter bound the times; zero is open.
	SubmittedAfter, ModifiedAfter time.Time
	// Verbose also reads the modulemd document and the history.
	Verbose bool
	// OldestFirst orders by ascending ID instead of newest first.
	OldestFirst bool
	PerPage     int // 0 = 100
}

func (q BuildQuery) values() url.Values {
	v := url.Values{}
	for key, value := range map[string]string{
		"nsvc": q.NSVC, "name": q.Name, "stream": q.Stream, "owner": q.Owner, "koji_tag": q.KojiTag, "rpm": q.RPM,
	} {
		if value != "" {
			v.Set(key, value)
		}
	}
	for _, s := range q.States {
		v.Add("state", s.String())
	}
	for key, t := range map[string]time.Time{"submitted_after": q.SubmittedAfter, "modified_after": q.ModifiedAfter} {
		if !t.IsZero() {
			v.Set(key, t.UTC().Format("2006-01-02T15:04:05Z"))
		}
	}
	if q.Verbose {
		v.Set("verbose", "1")
	}
	if q.OldestFirst {
		v.Set("order_by", "id")
	}
	v.Set("per_page", strconv.Itoa(perPage(q.PerPage)))
	return v
}

func perPage(n int) int {
	if n > 0 {
		return n
	}
	return 100
}

// pages yields the items of a paged list.
func pages[T any](ctx context.Context, c *Client, path string, v url.Values) iter.Seq2[T, error] {
	return jsonapi.Items[T](v, func(v url.Values, out any) error { return c.Do(ctx, http.MethodGet, path, v, nil, out) })
}

// Builds yields the module builds that the query selects, newest first, one
// request a page. It yields an error at most once and then ends.
func (c *Client) Builds(ctx context.Context, q BuildQuery) iter.Seq2[Build, error] {
	return func(yield func(Build, error) bool) {
		pages[Build](ctx, c, "/module-builds/", q.values())(yield)
	}
}

// Build returns one module build with its document and history; [ErrNotFound]
// when there is none of that ID.
func (c *Client) Build(ctx context.Context, id int64) (Build, error) {
	var b Build
	err := c.Do(ctx, http.MethodGet, "/module-builds/"+strconv.FormatInt(id, 10), url.Values{"verbose": {"1"}}, nil, &b)
	return b, err
}

// Component is one component of a module build.
type Component struct {
	ID          int64  `json:"id"`
	Package     string `json:"package"`
	Format      string `json:"format"`
	TaskID      int64  `json:"task_id"` // Koji task; 0: none yet
	State       *int   `json:"state"`   // Koji build state; nil: not submitted
	StateName   string `json:"state_name"`
	StateReason string `json:"state_reason"`
	ModuleBuild int64  `json:"module_build"`
	NVR         string `json:"nvr"`   // empty: not known yet
	Batch       int    `json:"batch"` // only in verbose answers
}

// Components yields the components of a module build with their batches.
func (c *Client) Components(ctx context.Context, build int64) iter.Seq2[Component, error] {
	return func(yield func(Component, error) bool) {
		v := url.Values{"module_build": {strconv.FormatInt(build, 10)}, "verbose": {"1"}, "per_page": {"100"}, "order_by": {"id"}}
		pages[Component](ctx, c, "/component-builds/", v)(yield)
	}
}

// Submission asks for a module build. SCMURL and Branch are needed.
type Submission struct {
	SCMURL          string              `json:"scmurl"` // "https://host/modules/name?#commit"
	Branch          string              `json:"branch"`
	Scratch         bool                `json:"scratch,omitempty"`
	RebuildStrategy string              `json:"rebuild_strategy,omitempty"` // all, changed-and-after, only-changed
	BuildRequires   map[string][]string `json:"buildrequire_overrides,omitempty"`
	Requires        map[string][]string `json:"require_overrides,omitempty"`
	ReuseFrom       string              `json:"reuse_components_from,omitempty"` // an ID or NSVC of a ready build
}

// Submit asks for a build and returns one for each context that the module's
// dependencies expand to (one of them, with version 1 of the API).
// [ErrConflict] says that all of them exist and none has failed; resubmitting a
// failed one makes it go on where it failed. It is sent once.
func (c *Client) Submit(ctx context.Context, s Submission) ([]Build, error) {
	if s.SCMURL == "" || s.Branch == "" {
		return nil, &Error{Op: "POST /module-builds/", Msg: "a source URL and a branch are needed", Err: ErrInvalid}
	}
	var raw json.RawMessage
	if err := c.Do(ctx, http.MethodPost, "/module-builds/", nil, s, &raw); err != nil {
		return nil, err
	}
	var out []Build
	if strings.HasPrefix(strings.TrimSpace(string(raw)), "{") {
		out = make([]Build, 1)
		if err := json.Unmarshal(raw, &out[0]); err != nil {
			return nil, &Error{Op: "POST /module-builds/", Msg: err.Error(), Err: ErrUnavailable}
		}
		return out, nil
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, &Error{Op: "POST /module-builds/", Msg: err.Error(), Err: ErrUnavailable}
	}
	return out, nil
}

// Cancel fails a build that is in init, wait or build. Other states are
// [ErrForbidden].
func (c *Client) Cancel(ctx context.Context, id int64) error {
	return c.Do(ctx, http.MethodPatch, "/module-builds/"+strconv.FormatInt(id, 10), nil, map[string]string{"state": "failed"}, nil)
}

// Watch asks for a build every interval and yields it whenever its status has
// changed, until it ends: ready, or done for a scratch build. A failed build is
// yielded with [ErrFailed]. A service that is away is asked again until ctx
// ends.
func (c *Client) Watch(ctx context.Context, id int64, interval time.Duration) iter.Seq2[Build, error] {
	return func(yield func(Build, error) bool) {
		tick := time.NewTicker(max(interval, time.Millisecond))
		defer tick.Stop()
		last := ""
		for {
			b, err := c.Build(ctx, id)
			if err != nil && !errors.Is(err, ErrUnavailable) {
				yield(b, err)
				return
			}
			if err == nil {
				s := b.Status()
				if b.State == Failed || b.State == Garbage {
					yield(b, &Error{Op: "wait for " + b.NSVC(), Msg: b.StateReason, Err: ErrFailed})
					return
				}
				if now := s.String(); now != last {
					last = now
					if !yield(b, nil) {
						return
					}
				}
				if s.State == status.Done {
					return
				}
			}
			select {
			case <-ctx.Done():
				yield(b, &Error{Op: "wait for module build " + strconv.FormatInt(id, 10), Msg: "still " + b.State.String(), Err: ctx.Err()})
				return
			case <-tick.C:
			}
		}
	}
}

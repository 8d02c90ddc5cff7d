// SPDX-License-Identifier: MIT

package odcs

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
)

// State is where a compose stands. The zero value is [Wait].
type State int

// The states of a compose.
const (
	Wait State = iota
	Generating
	Done
	Removed
	Failed
)

var stateNames = [...]string{"wait", "generating", "done", "removed", "failed"}

// String returns the service's word, or "State(n)" for a number outside the
// list.
func (s State) String() string { return nameOf(int(s), stateNames[:], "State") }

// Terminal reports whether the compose will not move on to be usable.
func (s State) Terminal() bool { return s == Done || s == Removed || s == Failed }

// SourceType is what a compose is made from. The zero value is none.
type SourceType int

// The source types.
const (
	Tag          SourceType = iota + 1 // a Koji tag
	Module                             // modules, as name:stream[:version[:context]]
	Repo                               // other repositories
	Pulp                               // content sets
	RawConfig                          // a pungi configuration, as name#commit
	Build                              // builds, from Request.Builds
	PungiCompose                       // another compose
	sourceTypes  = iota
)

var sourceNames = [...]string{"", "tag", "module", "repo", "pulp", "raw_config", "build", "pungi_compose"}

// String returns the service's word, or "SourceType(n)" for a number outside
// the list.
func (s SourceType) String() string { return nameOf(int(s), sourceNames[:], "SourceType") }

func nameOf(n int, names []string, kind string) string {
	if n < 0 || n >= len(names) || names[n] == "" {
		return kind + "(" + strconv.Itoa(n) + ")"
	}
	return names[n]
}

// Compose is one compose of the service. Lists that the service writes as
// text separated by spaces are slices here.
type Compose struct {
	ID             int64
	State          State
	StateReason    string // empty when there is none
	Owner          string
	SourceType     SourceType
	Source         []string
	Packages       []string
	Builds         []string
	Modules        []string
	SigKeys        []string
	Arches         []string
	Flags          []string
	Results        []string
	KojiEvent      int64 // 0: none
	KojiTask       int64 // 0: none
	ComposeType    string
	PungiComposeID string // empty until known
	RespinOf       string
	Label          string
	Repo           string // URL of the repositories
	RepoFile       string // URL of a .repo file for package managers
	TopURL         string
	TargetDir      string
	Submitted      time.Time // zero when absent, as the others
	Started        time.Time
	Finished       time.Time
	Expires        time.Time
	RemovedAt      time.Time
	RemovedBy      string
	// Extra holds the members without a field above.
	Extra map[string]json.RawMessage
}

type wireCompose struct {
	ID             int64      `json:"id"`
	State          int        `json:"state"`
	StateName      string     `json:"state_name"`
	StateReason    *string    `json:"state_reason"`
	Owner          string     `json:"owner"`
	SourceType     int        `json:"source_type"`
	Source         words      `json:"source"`
	Packages       words      `json:"packages"`
	Builds         words      `json:"builds"`
	Modules        words      `json:"modules"`
	SigKeys        words      `json:"sigkeys"`
	Arches         words      `json:"arches"`
	Flags          words      `json:"flags"`
	Results        words      `json:"results"`
	KojiEvent      *int64     `json:"koji_event"`
	KojiTask       *int64     `json:"koji_task_id"`
	ComposeType    *string    `json:"compose_type"`
	PungiComposeID *string    `json:"pungi_compose_id"`
	RespinOf       *string    `json:"respin_of"`
	Label          *string    `json:"label"`
	Repo           string     `json:"result_repo"`
	RepoFile       string     `json:"result_repofile"`
	TopURL         string     `json:"toplevel_url"`
	TargetDir      string     `json:"target_dir"`
	Submitted      *time.Time `json:"time_submitted"`
	Started        *time.Time `json:"time_started"`
	Finished       *time.Time `json:"time_done"`
	Expires        *time.Time `json:"time_to_expire"`
	RemovedAt      *time.Time `json:"time_removed"`
	RemovedBy      *string    `json:"removed_by"`
}

// words is a list that arrives as text separated by spaces, as an array, or
// as null.
type words []string

func (w *words) UnmarshalJSON(data []byte) error {
	var list []string
	if json.Unmarshal(data, &list) == nil {
		*w = list
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*w = strings.Fields(text)
	return nil
}

// UnmarshalJSON reads a compose as the service and its messages write it.
func (c *Compose) UnmarshalJSON(data []byte) error {
	var w wireCompose
	extra, err := jsonapi.UnmarshalExtra(data, &w)
	if err != nil {
		return err
	}
	*c = Compose{
		ID: w.ID, State: State(w.State), StateReason: jsonapi.Value(w.StateReason), Owner: w.Owner, SourceType: SourceType(w.SourceType),
		Source: w.Source, Packages: w.Packages, Builds: w.Builds, Modules: w.Modules, SigKeys: w.SigKeys, Arches: w.Arches,
		Flags: w.Flags, Results: w.Results, KojiEvent: jsonapi.Value(w.KojiEvent), KojiTask: jsonapi.Value(w.KojiTask),
		ComposeType: jsonapi.Value(w.ComposeType), PungiComposeID: jsonapi.Value(w.PungiComposeID), RespinOf: jsonapi.Value(w.RespinOf), Label: jsonapi.Value(w.Label),
		Repo: w.Repo, RepoFile: w.RepoFile, TopURL: w.TopURL, TargetDir: w.TargetDir, RemovedBy: jsonapi.Value(w.RemovedBy),
		Submitted: jsonapi.Value(w.Submitted).UTC(), Started: jsonapi.Value(w.Started).UTC(), Finished: jsonapi.Value(w.Finished).UTC(),
		Expires: jsonapi.Value(w.Expires).UTC(), RemovedAt: jsonapi.Value(w.RemovedAt).UTC(), Extra: extra,
	}
	return nil
}

// Query selects composes; empty fields select all.
type Query struct {
	Owner       string
	SourceType  SourceType // 0: any
	Source      string
	States      []State
	OldestFirst bool
	PerPage     int // 0 = 100
}

// Composes yields the composes that the query selects, newest first, one
// request a page. It yields an error at most once and then ends.
func (c *Client) Composes(ctx context.Context, q Query) iter.Seq2[Compose, error] {
	return func(yield func(Compose, error) bool) {
		v := url.Values{"order_by": {"-id"}, "per_page": {"100"}}
		if q.OldestFirst {
			v.Set("order_by", "id")
		}
		if q.PerPage > 0 {
			v.Set("per_page", strconv.Itoa(q.PerPage))
		}
		if q.Owner != "" {
			v.Set("owner", q.Owner)
		}
		if q.SourceType != 0 {
			v.Set("source_type", strconv.Itoa(int(q.SourceType)))
		}
		if q.Source != "" {
			v.Set("source", q.Source)
		}
		for _, s := range q.States {
			v.Add("state", strconv.Itoa(int(s)))
		}
		jsonapi.Items[Compose](v, func(v url.Values, out any) error {
			return c.Do(ctx, http.MethodGet, "/composes/", v, nil, out)
		})(yield)
	}
}

// Compose returns one compose; [ErrNotFound] when there is none of that ID.
func (c *Client) Compose(ctx context.Context, id int64) (Compose, error) {
	var out Compose
	err := c.Do(ctx, http.MethodGet, "/composes/"+strconv.FormatInt(id, 10), nil, nil, &out)
	return out, err
}

// Request asks for a compose. SourceType and Source are needed, except Source
// with [Build].
type Request struct {
	SourceType SourceType
	Source     []string
	Packages   []string
	Builds     []string // NVRs added to the compose
	SigKeys    []string
	Arches     []string
	Flags      []string // "no_deps", "no_reuse", ...
	Results    []string // "repository", "iso", ...
	KojiEvent  int64    // 0: now
	// ScratchModules and ScratchTasks are scratch builds of modules, and Koji
	// tasks of scratch builds, that are added.
	ScratchModules []string
	ScratchTasks   []int64
	// ModularTags are Koji tags whose modules are added.
	ModularTags []string
	// ModuleDefaults is a git repository with the defaults of modules, and
	// ModuleDefaultsCommit the commit; both or none.
	ModuleDefaults, ModuleDefaultsCommit string
	// Multilib are the architectures that get packages of their 32-bit
	// brothers, by MultilibMethods: "runtime", "devel", "all".
	Multilib        []string
	MultilibMethods []string
	LookasideRepos  []string // URLs; what is in them is left out
	Label           string   // "RC-1.0"
	ComposeType     string   // of the Pungi compose; empty: "test"
	TargetDir       string   // name of a folder the service is configured with
	Parents         []string // ids of Pungi composes
	RespinOf        string   // id of a Pungi compose
	// TimeToLive is how long the compose is kept; 0 is the service's default.
	TimeToLive time.Duration
}

// Request asks for a compose and returns it, usually waiting. The service
// answers with an equal compose that exists unless Flags hold "no_reuse".
func (c *Client) Request(ctx context.Context, r Request) (Compose, error) {
	if r.SourceType <= 0 || int(r.SourceType) > sourceTypes || len(r.Source) == 0 && r.SourceType != Build {
		return Compose{}, &Error{Op: "POST /composes/", Msg: "a source type and a source are needed", Err: ErrInvalid}
	}
	if (r.ModuleDefaults == "") != (r.ModuleDefaultsCommit == "") {
		return Compose{}, &Error{Op: "POST /composes/", Msg: "module defaults need a commit, and the commit a repository", Err: ErrInvalid}
	}
	source := map[string]any{"type": r.SourceType.String(), "source": strings.Join(r.Source, " ")}
	in := map[string]any{"source": source}
	for key, list := range map[string][]string{
		"packages": r.Packages, "builds": r.Builds, "sigkeys": r.SigKeys, "scratch_modules": r.ScratchModules, "modular_koji_tags": r.ModularTags,
	} {
		if len(list) > 0 {
			source[key] = list
		}
	}
	for key, list := range map[string][]string{
		"arches": r.Arches, "flags": r.Flags, "results": r.Results, "multilib_arches": r.Multilib, "multilib_method": r.MultilibMethods,
		"lookaside_repos": r.LookasideRepos, "parent_pungi_compose_ids": r.Parents,
	} {
		if len(list) > 0 {
			in[key] = list
		}
	}
	for key, text := range map[string]string{"label": r.Label, "compose_type": r.ComposeType, "target_dir": r.TargetDir, "respin_of": r.RespinOf} {
		if text != "" {
			in[key] = text
		}
	}
	if len(r.ScratchTasks) > 0 {
		source["scratch_build_tasks"] = r.ScratchTasks
	}
	if r.ModuleDefaults != "" {
		source["module_defaults_url"], source["module_defaults_commit"] = r.ModuleDefaults, r.ModuleDefaultsCommit
	}
	if r.KojiEvent != 0 {
		source["koji_event"] = r.KojiEvent
	}
	if r.TimeToLive > 0 {
		in["seconds_to_live"] = int64(r.TimeToLive / time.Second)
	}
	var out Compose
	err := c.Do(ctx, http.MethodPost, "/composes/", nil, in, &out)
	return out, err
}

// Extend keeps a done compose for so much longer from now; the service makes a
// new one, with another ID, when the compose is gone.
func (c *Client) Extend(ctx context.Context, id int64, live time.Duration) (Compose, error) {
	var out Compose
	in := map[string]int64{"seconds_to_live": int64(live / time.Second)}
	err := c.Do(ctx, http.MethodPatch, "/composes/"+strconv.FormatInt(id, 10), nil, in, &out)
	return out, err
}

// Delete cancels a waiting compose or asks for the removal of one that ended.
func (c *Client) Delete(ctx context.Context, id int64) error {
	return c.Do(ctx, http.MethodDelete, "/composes/"+strconv.FormatInt(id, 10), nil, nil, nil)
}

// Wait asks for a compose every interval until it is done, and returns it. One
// that failed or was removed is [ErrFailed]; a service that is away is asked
// again until ctx ends.
func (c *Client) Wait(ctx context.Context, id int64, interval time.Duration) (Compose, error) {
	tick := time.NewTicker(max(interval, time.Millisecond))
	defer tick.Stop()
	for {
		got, err := c.Compose(ctx, id)
		switch {
		case err != nil && !errors.Is(err, ErrUnavailable):
			return got, err
		case err == nil && got.State == Done:
			return got, nil
		case err == nil && got.State.Terminal():
			return got, &Error{Op: fmt.Sprintf("wait for compose %d", id), Msg: got.State.String() + ": " + got.StateReason, Err: ErrFailed}
		}
		select {
		case <-ctx.Done():
			return got, &Error{Op: fmt.Sprintf("wait for compose %d", id), Msg: "still " + got.State.String(), Err: ctx.Err()}
		case <-tick.C:
		}
	}
}

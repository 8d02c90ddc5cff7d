// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"time"
)

// RepoState is where a repo stands.
type RepoState int

// The states of a repo. Builds use the newest RepoReady; expired ones stay for
// the builds that began with them.
const (
	RepoInit RepoState = iota
	RepoReady
	RepoExpired
	RepoDeleted
	RepoProblem
)

var repoStates = []string{"INIT", "READY", "EXPIRED", "DELETED", "PROBLEM"}

// String returns the hub's word: "READY".
func (s RepoState) String() string { return enumString(repoStates, "RepoState", int(s)) }

// Terminal reports whether nothing can be built from the repo any more.
func (s RepoState) Terminal() bool { return s == RepoDeleted || s == RepoProblem }

// MarshalText returns the hub's word, or digits for an unknown state.
func (s RepoState) MarshalText() ([]byte, error) { return enumText(repoStates, int(s)) }

// UnmarshalText reads what MarshalText writes.
func (s *RepoState) UnmarshalText(text []byte) error {
	n, err := enumParse(repoStates, "repo state", text)
	*s = RepoState(n)
	return err
}

// A Repo is what builds in a tag install packages from: the tag's builds as
// they were at EventID.
type Repo struct {
	ID           int            `xmlrpc:"id"`
	TagID        int            `xmlrpc:"tag_id"`
	Tag          string         `xmlrpc:"tag_name"`
	State        RepoState      `xmlrpc:"state"`
	StateChanged time.Time      `xmlrpc:"state_time,state_ts"`
	EventID      int            `xmlrpc:"create_event"`
	EventTime    time.Time      `xmlrpc:"create_ts"`
	BeginEvent   int            `xmlrpc:"begin_event"` // since which event the tag is as the repo has it
	BeginTime    time.Time      `xmlrpc:"begin_ts"`
	EndEvent     *int           `xmlrpc:"end_event"` // first later change of the tag; nil: none yet
	EndTime      time.Time      `xmlrpc:"end_ts"`
	Created      time.Time      `xmlrpc:"creation_time,creation_ts"`
	TaskID       int            `xmlrpc:"task_id"`    // 0: none
	TaskState    *TaskState     `xmlrpc:"task_state"` // nil: no task, or not told
	Dist         bool           `xmlrpc:"dist"`       // a distribution repo
	Opts         map[string]any `xmlrpc:"opts"`
	CustomOpts   map[string]any `xmlrpc:"custom_opts"`
	More         map[string]any `xmlrpc:",extra"` // members that have no field here
}

// A RepoQuery says which repo of a tag is meant. The zero value of its other
// fields means the newest one that is ready.
type RepoQuery struct {
	Tag      Ref
	State    *RepoState `koji:"state"`     // nil: READY
	Event    int        `koji:"event"`     // the newest made at or before it, in any state
	MinEvent int        `koji:"min_event"` // not older than this event
	Dist     bool       `koji:"dist"`      // distribution repos
}

// Repo returns a repo of a tag; if there is none it is [ErrNotFound]. It calls
// getRepo.
func (c *Client) Repo(ctx context.Context, q RepoQuery) (Repo, error) {
	if q.Tag == "" {
		return Repo{}, invalid("getRepo", "no tag given")
	}
	return get[Repo](ctx, c, "getRepo", q.Tag, arguments([]any{q.Tag}, named(q))...)
}

// RepoByID returns a repo by its number. It calls repoInfo.
func (c *Client) RepoByID(ctx context.Context, id int) (Repo, error) {
	return get[Repo](ctx, c, "repoInfo", id, arguments([]any{id}, c.strictly(nil))...)
}

// A RepoMatch says what a repo must be like.
type RepoMatch struct {
	Tag      Ref
	MinEvent int            `koji:"min_event"`
	AtEvent  int            `koji:"at_event"`
	Opts     map[string]any `koji:"opts"` // src, debuginfo, separate_src, maven
}

// MatchingRepo returns the newest ready repo that matches; if there is none it
// is [ErrNotFound]. Hubs before 1.35 don't know the call. It calls repo.get.
func (c *Client) MatchingRepo(ctx context.Context, m RepoMatch) (Repo, error) {
	return get[Repo](ctx, c, "repo.get", m.Tag, arguments([]any{m.Tag}, named(m))...)
}

// ListActiveRepos returns the repos that are being made or in use. It calls
// getActiveRepos.
func (c *Client) ListActiveRepos(ctx context.Context) ([]Repo, error) {
	return list[Repo](ctx, c, "getActiveRepos")
}

// A Clause restricts a query of repos or requests: a field, an operator of
// = != > < >= <= IN IS, and a value.
type Clause struct {
	Field, Op string
	Value     any
}

func clauses(cs []Clause) []any {
	out := make([]any, len(cs))
	for i, c := range cs {
		out[i] = []any{c.Field, c.Op, c.Value}
	}
	return out
}

// QueryRepos returns the repos that meet all clauses, with the given fields
// only; no fields gives a hub's usual ones. opts are query options such as
// order and limit. It calls repo.query.
func (c *Client) QueryRepos(ctx context.Context, where []Clause, fields []string, opts Named) ([]Repo, error) {
	return list[Repo](ctx, c, "repo.query", clauseArgs(clauses(where), fields, opts)...)
}

func clauseArgs(where []any, fields []string, opts Named) []any {
	args := []any{where}
	if len(fields) > 0 || len(opts) > 0 {
		var f any
		if len(fields) > 0 {
			f = fields
		}
		args = append(args, f)
	}
	if len(opts) > 0 {
		args = append(args, map[string]any(opts))
	}
	return args
}

// A RepoRequest asks for a repo of a tag.
type RepoRequest struct {
	Tag      Ref
	MinEvent int            // not older than this event; 0: the tag's last change, within the hub's lag
	Last     bool           // as new as the tag's last change, without lag; MinEvent must be 0
	AtEvent  int            `koji:"at_event"` // exactly as of this event
	Opts     map[string]any `koji:"opts"`     // src, debuginfo, separate_src, maven
	Priority int            `koji:"priority"` // relative to the usual; negative needs admin
	Force    bool           `koji:"force"`    // a new one in any case
}

// A QueuedRepo is a request for a repo in the hub's queue.
type QueuedRepo struct {
	ID        int            `xmlrpc:"id"`
	Active    bool           `xmlrpc:"active"` // false: done, or given up
	TagID     int            `xmlrpc:"tag_id"`
	Tag       string         `xmlrpc:"tag_name"`
	MinEvent  *int           `xmlrpc:"min_event"` // nil: any
	AtEvent   *int           `xmlrpc:"at_event"`  // nil: any
	Opts      map[string]any `xmlrpc:"opts"`
	OwnerID   int            `xmlrpc:"owner"`
	Owner     string         `xmlrpc:"owner_name"`
	Priority  int            `xmlrpc:"priority"`
	RepoID    int            `xmlrpc:"repo_id"` // 0: not yet
	TaskID    int            `xmlrpc:"task_id"` // 0: not yet
	TaskState *TaskState     `xmlrpc:"task_state"`
	Tries     int            `xmlrpc:"tries"`
	Created   time.Time      `xmlrpc:"create_time,create_ts"`
	Updated   time.Time      `xmlrpc:"update_time,update_ts"`
	More      map[string]any `xmlrpc:",extra"` // members that have no field here
}

// A RepoAnswer is a repo that meets a request, or the request in the queue.
type RepoAnswer struct {
	Repo      *Repo          `xmlrpc:"repo"`      // nil: not yet
	Request   *QueuedRepo    `xmlrpc:"request"`   // nil: not needed
	Duplicate bool           `xmlrpc:"duplicate"` // somebody had asked before
	Task      any            `xmlrpc:"task"`
	More      map[string]any `xmlrpc:",extra"` // members that have no field here
}

// RequestRepo asks for a repo and returns at once: with the repo if there is a
// suitable one, else with the request, which [Client.CheckRepoRequest] follows.
// Hubs before 1.35 don't know the call. [Client.WaitRepo] does all of it. It
// calls repo.request.
func (c *Client) RequestRepo(ctx context.Context, r RepoRequest) (RepoAnswer, error) {
	n := named(r)
	switch {
	case r.Tag == "":
		return RepoAnswer{}, invalid("repo.request", "no tag given")
	case r.Last && r.MinEvent != 0:
		return RepoAnswer{}, invalid("repo.request", "Last and MinEvent exclude each other")
	case r.Last:
		n["min_event"] = "last"
	case r.MinEvent != 0:
		n["min_event"] = r.MinEvent
	}
	return value[RepoAnswer](ctx, c, "repo.request", arguments([]any{r.Tag}, n)...)
}

// CheckRepoRequest returns how far a request is. It calls repo.checkRequest.
func (c *Client) CheckRepoRequest(ctx context.Context, id int) (RepoAnswer, error) {
	return value[RepoAnswer](ctx, c, "repo.checkRequest", id)
}

// ListRepoRequests returns requests in the queue that meet all clauses. It
// calls repo.queryQueue.
func (c *Client) ListRepoRequests(ctx context.Context, where []Clause, fields []string, opts Named) ([]QueuedRepo, error) {
	var args []any
	if len(where) > 0 || len(fields) > 0 || len(opts) > 0 {
		args = clauseArgs(clauses(where), fields, opts)
	}
	return list[QueuedRepo](ctx, c, "repo.queryQueue", args...)
}

// SetRepoRequestPriority changes a request's priority. Admins only. It calls
// repo.setRequestPriority.
func (c *Client) SetRepoRequestPriority(ctx context.Context, id, priority int) error {
	return c.Call(ctx, "repo.setRequestPriority", []any{id, priority}, nil)
}

// RepoReferences returns the buildroots that use a repo. It calls
// repo.references.
func (c *Client) RepoReferences(ctx context.Context, id int) ([]Buildroot, error) {
	return list[Buildroot](ctx, c, "repo.references", id)
}

// A NewRepoRequest asks for a repo of a tag in the old way, by a task.
type NewRepoRequest struct {
	Tag         Ref
	Event       int // 0 is now
	Source      bool
	Debuginfo   bool
	SeparateSrc bool
}

// StartRepo starts a task that makes a repo, and returns the task's number. It
// needs the permission repo or regen-repo; [Client.RequestRepo] needs none. It
// calls newRepo.
func (c *Client) StartRepo(ctx context.Context, r NewRepoRequest) (int, error) {
	n := at(r.Event)
	if n == nil {
		n = Named{}
	}
	for name, on := range map[string]bool{"src": r.Source, "debuginfo": r.Debuginfo, "separate_src": r.SeparateSrc} {
		if on {
			n[name] = true
		}
	}
	return value[int](ctx, c, "newRepo", arguments([]any{r.Tag}, n)...)
}

// ExpireRepo marks a repo as no longer to be used. It needs the permission
// repo. It calls repoExpire.
func (c *Client) ExpireRepo(ctx context.Context, id int) error {
	return c.Call(ctx, "repoExpire", []any{id}, nil)
}

// MarkRepoProblem marks a repo as broken. It calls repoProblem.
func (c *Client) MarkRepoProblem(ctx context.Context, id int) error {
	return c.Call(ctx, "repoProblem", []any{id}, nil)
}

// DeleteRepo marks a repo as deleted unless buildroots use it; it returns how
// many do, 0 meaning that it is deleted. It calls repoDelete.
func (c *Client) DeleteRepo(ctx context.Context, id int) (int, error) {
	return value[int](ctx, c, "repoDelete", id)
}

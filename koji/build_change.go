// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"time"
)

// A BuildRequest asks for a build from source.
type BuildRequest struct {
	Source   string // "git+https://host/path#commit", or an uploaded source rpm's path
	Target   string // build target; may be empty with RepoID
	Priority int    // relative to the usual 20: higher is later; negative needs admin
	Channel  string // channel that the task goes to; "" for the hub's choice

	Scratch      bool           // don't keep the result as a build
	Arches       []string       // instead of the tag's; scratch builds only
	RepoID       int            // build from this repo instead of the target's newest
	SkipTag      bool           // don't tag the result
	FailFast     bool           // cancel the other arches when one fails
	WaitRepo     bool           // wait for a repo newer than the request
	WaitBuilds   []string       // wait until these builds (name-version-release) are in the repo
	Draft        bool           // make a draft build
	RebuildSRPM  *bool          // of an uploaded source rpm; scratch builds only
	UserMetadata map[string]any // goes to the build's extra data
	Options      Named          // options that have no field here
}

func (r BuildRequest) options() map[string]any {
	opts := map[string]any{}
	for k, v := range r.Options {
		opts[k] = v
	}
	set := func(name string, on bool, v any) {
		if on {
			opts[name] = v
		}
	}
	set("scratch", r.Scratch, true)
	set("arch_override", len(r.Arches) > 0, joined(r.Arches))
	set("repo_id", r.RepoID != 0, r.RepoID)
	set("skip_tag", r.SkipTag, true)
	set("fail_fast", r.FailFast, true)
	set("wait_repo", r.WaitRepo, true)
	set("wait_builds", len(r.WaitBuilds) > 0, r.WaitBuilds)
	set("draft", r.Draft, true)
	if r.RebuildSRPM != nil {
		opts["rebuild_srpm"] = *r.RebuildSRPM
	}
	set("custom_user_metadata", r.UserMetadata != nil, r.UserMetadata)
	return opts
}

// submission appends what all calls that create builds end with.
func submission(args []any, opts map[string]any, priority int, channel string) []any {
	if len(opts) > 0 || priority != 0 || channel != "" {
		args = append(args, opts)
	}
	n := Named{}
	if priority != 0 {
		n["priority"] = priority
	}
	if channel != "" {
		n["channel"] = channel
	}
	return arguments(args, n)
}

// StartBuild submits a build and returns the number of its task, which
// [Client.WaitTask] waits for. A lost answer is [ErrAlreadyApplied]: the task
// exists; [Client.ListTasks] finds it. It calls build.
func (c *Client) StartBuild(ctx context.Context, r BuildRequest) (int, error) {
	if r.Source == "" {
		return 0, invalid("build", "no source given")
	}
	if r.Target == "" && r.RepoID == 0 {
		return 0, invalid("build", "no target given for %s", r.Source)
	}
	var target any
	if r.Target != "" {
		target = r.Target
	}
	return value[int](ctx, c, "build", submission([]any{r.Source, target}, r.options(), r.Priority, r.Channel)...)
}

// A ChainRequest asks for builds in groups, one after the other: each group is
// built when the repo has all of the group before. A group may name builds to
// wait for, by name-version-release, beside sources.
type ChainRequest struct {
	Groups   [][]string
	Target   string
	Priority int
	Channel  string
	Options  Named // as of a [BuildRequest]
}

// StartChainBuild submits a chain and returns the number of its task. The
// target's build tag must inherit from its destination. It calls chainBuild.
func (c *Client) StartChainBuild(ctx context.Context, r ChainRequest) (int, error) {
	if len(r.Groups) == 0 || r.Target == "" {
		return 0, invalid("chainBuild", "needs groups and a target")
	}
	return value[int](ctx, c, "chainBuild", submission([]any{r.Groups, r.Target}, r.Options, r.Priority, r.Channel)...)
}

// CancelBuild cancels a build that is under way, and its task. It returns
// false when there was nothing to cancel. It calls cancelBuild.
func (c *Client) CancelBuild(ctx context.Context, ref Ref) (bool, error) {
	return value[bool](ctx, c, "cancelBuild", ref)
}

// PromoteBuild makes a draft a real build and returns it. force, for admins,
// passes over the policy. It calls promoteBuild.
func (c *Client) PromoteBuild(ctx context.Context, ref Ref, force bool) (Build, error) {
	n := Named{}
	if force {
		n["force"] = true
	}
	return value[Build](ctx, c, "promoteBuild", arguments([]any{ref}, n)...)
}

// DeleteBuild deletes a build's files and keeps its row. A build that is
// tagged or was used lately stays: that is an error. Admins only. It calls
// deleteBuild.
func (c *Client) DeleteBuild(ctx context.Context, ref Ref) error {
	return c.Call(ctx, "deleteBuild", []any{ref}, nil)
}

// ResetBuild makes a build as if it had never been imported. Admins only. It
// calls resetBuild.
func (c *Client) ResetBuild(ctx context.Context, ref Ref) error {
	return c.Call(ctx, "resetBuild", []any{ref}, nil)
}

// SetBuildOwner gives a build to another user. Admins only. It calls
// setBuildOwner.
func (c *Client) SetBuildOwner(ctx context.Context, ref, user Ref) error {
	return c.Call(ctx, "setBuildOwner", []any{ref, user}, nil)
}

// SetBuildTimestamp changes when a build was completed. Admins only. It calls
// setBuildTimestamp.
func (c *Client) SetBuildTimestamp(ctx context.Context, ref Ref, t time.Time) error {
	return c.Call(ctx, "setBuildTimestamp", []any{ref, seconds(t)}, nil)
}

// CreateEmptyBuild makes a build without content and returns its number.
// Admins only. It calls createEmptyBuild.
func (c *Client) CreateEmptyBuild(ctx context.Context, n NVR, draft bool) (int, error) {
	args := []any{n.Name, n.Version, n.Release, n.Epoch}
	if draft {
		args = append(args, Named{"draft": true})
	}
	return value[int](ctx, c, "createEmptyBuild", args...)
}

// An IDName is what has little more than a number and a name.
type IDName struct {
	ID   int            `xmlrpc:"id"`
	Name string         `xmlrpc:"name"`
	More map[string]any `xmlrpc:",extra"` // members that have no field here
}

// ListBuildTypes returns the build types that the hub knows. It calls
// listBTypes.
func (c *Client) ListBuildTypes(ctx context.Context) ([]IDName, error) {
	return list[IDName](ctx, c, "listBTypes")
}

// AddBuildType makes a new build type. Admins only. It calls addBType.
func (c *Client) AddBuildType(ctx context.Context, name string) error {
	return c.Call(ctx, "addBType", []any{name}, nil)
}

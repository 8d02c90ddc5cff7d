// SPDX-License-Identifier: MIT

package koji

import "context"

// An ExternalRepo is a repo outside the hub that tags can draw rpms from.
type ExternalRepo struct {
	ID   int            `xmlrpc:"id"`
	Name string         `xmlrpc:"name"`
	URL  string         `xmlrpc:"url"`    // may hold $arch
	More map[string]any `xmlrpc:",extra"` // members that have no field here
}

// A TagExternalRepo is an external repo as a tag uses it.
type TagExternalRepo struct {
	TagID     int            `xmlrpc:"tag_id"`
	Tag       string         `xmlrpc:"tag_name"`
	ID        int            `xmlrpc:"external_repo_id"`
	Name      string         `xmlrpc:"external_repo_name"`
	URL       string         `xmlrpc:"url"`
	Priority  int            `xmlrpc:"priority"`
	MergeMode string         `xmlrpc:"merge_mode"` // koji, simple, bare
	Arches    string         `xmlrpc:"arches"`     // separated by blanks; "" for all
	More      map[string]any `xmlrpc:",extra"`     // members that have no field here
}

// ExternalRepo returns an external repo. It calls getExternalRepo.
func (c *Client) ExternalRepo(ctx context.Context, ref Ref) (ExternalRepo, error) {
	if ref == "" {
		return ExternalRepo{}, invalid("getExternalRepo", "no external repo given")
	}
	return get[ExternalRepo](ctx, c, "getExternalRepo", ref, arguments([]any{ref}, c.strictly(nil))...)
}

// An ExternalRepoQuery selects external repos. Its zero value selects all.
type ExternalRepoQuery struct {
	Repo  Ref    `koji:"info"`
	URL   string `koji:"url"`
	Event int    `koji:"event"`

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"`
}

// ListExternalRepos returns the external repos that match. It calls
// listExternalRepos.
func (c *Client) ListExternalRepos(ctx context.Context, q ExternalRepoQuery) ([]ExternalRepo, error) {
	return list[ExternalRepo](ctx, c, "listExternalRepos", arguments(nil, named(q))...)
}

// ListTagExternalRepos returns which tags use which external repos themselves,
// for a tag, a repo or both; event 0 is now. It calls getTagExternalRepos.
func (c *Client) ListTagExternalRepos(ctx context.Context, tag, repo Ref, event int) ([]TagExternalRepo, error) {
	n := Named{}
	if tag != "" {
		n["tag_info"] = tag
	}
	if repo != "" {
		n["repo_info"] = repo
	}
	if event != 0 {
		n["event"] = event
	}
	return list[TagExternalRepo](ctx, c, "getTagExternalRepos", arguments(nil, n)...)
}

// ListBuildExternalRepos returns the external repos that builds in a tag draw
// from, inherited ones included, in the order that counts; event 0 is now. It
// calls getExternalRepoList.
func (c *Client) ListBuildExternalRepos(ctx context.Context, tag Ref, event int) ([]TagExternalRepo, error) {
	return list[TagExternalRepo](ctx, c, "getExternalRepoList", arguments([]any{tag}, at(event))...)
}

// CreateExternalRepo makes an external repo known. Admins only. It calls
// createExternalRepo.
func (c *Client) CreateExternalRepo(ctx context.Context, name, url string) (ExternalRepo, error) {
	return value[ExternalRepo](ctx, c, "createExternalRepo", name, url)
}

// EditExternalRepo gives an external repo a name or an address; empty ones
// stay. It calls editExternalRepo.
func (c *Client) EditExternalRepo(ctx context.Context, repo Ref, name, url string) error {
	n := Named{}
	if name != "" {
		n["name"] = name
	}
	if url != "" {
		n["url"] = url
	}
	return c.Call(ctx, "editExternalRepo", arguments([]any{repo}, n), nil)
}

// DeleteExternalRepo forgets an external repo. It calls deleteExternalRepo.
func (c *Client) DeleteExternalRepo(ctx context.Context, repo Ref) error {
	return c.Call(ctx, "deleteExternalRepo", []any{repo}, nil)
}

// A TagExternalRepoEdit says how a tag uses an external repo; zero fields stay
// as they are.
type TagExternalRepoEdit struct {
	Tag, Repo Ref
	Priority  *int    `koji:"priority"`
	MergeMode string  `koji:"merge_mode"`
	Arches    *string `koji:"arches"` // separated by blanks
}

// AddExternalRepoToTag makes a tag use an external repo. Priority is required.
// It needs the permission tag. It calls addExternalRepoToTag.
func (c *Client) AddExternalRepoToTag(ctx context.Context, e TagExternalRepoEdit) error {
	if e.Priority == nil {
		return invalid("addExternalRepoToTag", "no priority given")
	}
	n := named(e)
	delete(n, "priority")
	return c.Call(ctx, "addExternalRepoToTag", arguments([]any{e.Tag, e.Repo, *e.Priority}, n), nil)
}

// EditTagExternalRepo changes how a tag uses an external repo; it returns
// false if nothing was different. It calls editTagExternalRepo.
func (c *Client) EditTagExternalRepo(ctx context.Context, e TagExternalRepoEdit) (bool, error) {
	return value[bool](ctx, c, "editTagExternalRepo", arguments([]any{e.Tag, e.Repo}, named(e))...)
}

// RemoveExternalRepoFromTag ends the use of an external repo by a tag. It
// calls removeExternalRepoFromTag.
func (c *Client) RemoveExternalRepoFromTag(ctx context.Context, tag, repo Ref) error {
	return c.Call(ctx, "removeExternalRepoFromTag", []any{tag, repo}, nil)
}

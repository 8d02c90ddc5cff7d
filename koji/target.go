// SPDX-License-Identifier: MIT

package koji

import "context"

// A Target joins the tag to build in with the tag that results go to.
type Target struct {
	ID         int            `xmlrpc:"id"`
	Name       string         `xmlrpc:"name"`
	BuildTagID int            `xmlrpc:"build_tag"`
	BuildTag   string         `xmlrpc:"build_tag_name"`
	DestTagID  int            `xmlrpc:"dest_tag"`
	DestTag    string         `xmlrpc:"dest_tag_name"`
	More       map[string]any `xmlrpc:",extra"` // members that have no field here
}

// Target returns a build target. It calls getBuildTarget.
func (c *Client) Target(ctx context.Context, ref Ref) (Target, error) {
	if ref == "" {
		return Target{}, invalid("getBuildTarget", "no target given")
	}
	return get[Target](ctx, c, "getBuildTarget", ref, arguments([]any{ref}, c.strictly(nil))...)
}

// A TargetQuery selects build targets. Its zero value selects all.
type TargetQuery struct {
	Target   Ref `koji:"info"`
	Event    int `koji:"event"`
	BuildTag Ref `koji:"buildTagID"`
	DestTag  Ref `koji:"destTagID"`

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"`
}

// ListTargets returns the targets that match. It calls getBuildTargets.
func (c *Client) ListTargets(ctx context.Context, q TargetQuery) ([]Target, error) {
	return list[Target](ctx, c, "getBuildTargets", arguments(nil, named(q))...)
}

// CreateTarget makes a build target. It needs the permission target. It calls
// createBuildTarget.
func (c *Client) CreateTarget(ctx context.Context, name string, buildTag, destTag Ref) error {
	return c.Call(ctx, "createBuildTarget", []any{name, buildTag, destTag}, nil)
}

// EditTarget gives a target a name and tags, which may be those it has. It
// calls editBuildTarget.
func (c *Client) EditTarget(ctx context.Context, target Ref, name string, buildTag, destTag Ref) error {
	return c.Call(ctx, "editBuildTarget", []any{target, name, buildTag, destTag}, nil)
}

// DeleteTarget deletes a target. It calls deleteBuildTarget.
func (c *Client) DeleteTarget(ctx context.Context, target Ref) error {
	return c.Call(ctx, "deleteBuildTarget", []any{target}, nil)
}

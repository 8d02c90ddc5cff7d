// SPDX-License-Identifier: MIT

package koji

import "context"

// A SideTag is a private tag to build in, with a target of the same name.
type SideTag struct {
	ID     int            `xmlrpc:"id"`
	Name   string         `xmlrpc:"name"`
	UserID int            `xmlrpc:"user_id"`
	User   string         `xmlrpc:"user_name"`
	TaskID int            `xmlrpc:"task_id"` // of the first repo, where the hub makes one; 0: none
	Repo   *QueuedRepo    `xmlrpc:"request"` // request for the first repo; nil: none
	More   map[string]any `xmlrpc:",extra"`  // members that have no field here
}

// A SideTagRequest asks for a side tag below a target's build tag.
type SideTagRequest struct {
	BaseTag   Ref
	Debuginfo bool   `koji:"debuginfo"` // repos with debuginfo packages
	Suffix    string `koji:"suffix"`    // of the name, where the hub allows some
}

// CreateSideTag makes a side tag. It calls createSideTag of the sidetag
// plugin.
func (c *Client) CreateSideTag(ctx context.Context, r SideTagRequest) (SideTag, error) {
	return value[SideTag](ctx, c, "createSideTag", arguments([]any{r.BaseTag}, named(r))...)
}

// RemoveSideTag removes a side tag and its target. Only its owner may. It calls
// removeSideTag.
func (c *Client) RemoveSideTag(ctx context.Context, tag Ref) error {
	return c.Call(ctx, "removeSideTag", []any{tag}, nil)
}

// A SideTagQuery selects side tags. Its zero value selects all.
type SideTagQuery struct {
	BaseTag Ref `koji:"basetag"`
	User    Ref `koji:"user"`

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"`
}

// ListSideTags returns the side tags that match. It calls listSideTags.
func (c *Client) ListSideTags(ctx context.Context, q SideTagQuery) ([]SideTag, error) {
	return list[SideTag](ctx, c, "listSideTags", arguments(nil, named(q))...)
}

// A SideTagEdit changes a side tag; zero fields stay as they are.
type SideTagEdit struct {
	Debuginfo       *bool          `koji:"debuginfo"`
	RPMMacros       map[string]any `koji:"rpm_macros"`
	RemoveRPMMacros []string       `koji:"remove_rpm_macros"`
	Extra           map[string]any `koji:"extra"` // side tag admins only
	RemoveExtra     []string       `koji:"remove_extra"`
}

// EditSideTag changes a side tag. It calls editSideTag.
func (c *Client) EditSideTag(ctx context.Context, tag Ref, e SideTagEdit) error {
	return c.Call(ctx, "editSideTag", arguments([]any{tag}, named(e)), nil)
}

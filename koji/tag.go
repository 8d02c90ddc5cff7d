// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"iter"
	"strings"
)

// A Tag holds builds and a configuration for building in it.
type Tag struct {
	ID           int            `xmlrpc:"id,tag_id"`
	Name         string         `xmlrpc:"name,tag_name"`
	Arches       string         `xmlrpc:"arches"` // separated by blanks; "" if the tag has none of its own
	Locked       bool           `xmlrpc:"locked"`
	Permission   string         `xmlrpc:"perm"` // needed to change its builds; "" if none
	PermissionID int            `xmlrpc:"perm_id"`
	MavenSupport bool           `xmlrpc:"maven_support"`
	MavenAll     bool           `xmlrpc:"maven_include_all"`
	Extra        map[string]any `xmlrpc:"extra"`       // settings by key: "mock.package_manager"; values of any kind
	QueryEvent   int            `xmlrpc:"query_event"` // the event that was asked for, 0 if none

	// Inheritance says where arches and extra settings came from; only of
	// [Client.BuildConfig].
	Inheritance TagConfigOrigin `xmlrpc:"config_inheritance"`

	// Of ListTags with a package only: the package's settings in the tag.
	OwnerID     int    `xmlrpc:"owner_id"`
	Owner       string `xmlrpc:"owner_name"`
	Blocked     bool   `xmlrpc:"blocked"`
	ExtraArches string `xmlrpc:"extra_arches"`

	More map[string]any `xmlrpc:",extra"` // members that have no field here
}

// A TagConfigOrigin says which tags an effective configuration came from.
type TagConfigOrigin struct {
	Arches *TagOrigin           `xmlrpc:"arches"` // nil: the tag's own, or none
	Extra  map[string]TagOrigin `xmlrpc:"extra"`  // by key
	More   map[string]any       `xmlrpc:",extra"` // members that have no field here
}

// A TagOrigin is the tag that a setting was inherited from.
type TagOrigin struct {
	ID   int            `xmlrpc:"id"`
	Name string         `xmlrpc:"name"`
	More map[string]any `xmlrpc:",extra"` // members that have no field here
}

// ArchList returns the tag's arches.
func (t Tag) ArchList() []string { return strings.Fields(t.Arches) }

// Tag returns a tag. It calls getTag.
func (c *Client) Tag(ctx context.Context, ref Ref) (Tag, error) { return c.TagAt(ctx, ref, 0) }

// TagAt returns a tag as it was at an event; 0 is now. Names are not
// versioned: a renamed tag is found by its new name only. It calls getTag.
func (c *Client) TagAt(ctx context.Context, ref Ref, event int) (Tag, error) {
	if ref == "" {
		return Tag{}, invalid("getTag", "no tag given")
	}
	return get[Tag](ctx, c, "getTag", ref, arguments([]any{ref}, c.strictly(at(event)))...)
}

// at is the named argument for an event, if there is one.
func at(event int) Named {
	if event == 0 {
		return nil
	}
	return Named{"event": event}
}

// TagWithBlocked returns a tag with the extra settings that it blocks; each
// value in Extra is a list of two: whether it is blocked, and the value. It
// calls getTag.
func (c *Client) TagWithBlocked(ctx context.Context, ref Ref) (Tag, error) {
	return get[Tag](ctx, c, "getTag", ref, arguments([]any{ref}, c.strictly(Named{"blocked": true}))...)
}

// FindTagID returns a tag's number. It calls getTagID.
func (c *Client) FindTagID(ctx context.Context, name Ref) (int, error) {
	return get[int](ctx, c, "getTagID", name, arguments([]any{name}, c.strictly(nil))...)
}

// BuildConfig returns a tag with the arches and extra settings that builds in
// it see, those it inherits included; event 0 is now. It calls getBuildConfig.
func (c *Client) BuildConfig(ctx context.Context, tag Ref, event int) (Tag, error) {
	return get[Tag](ctx, c, "getBuildConfig", tag, arguments([]any{tag}, at(event))...)
}

// A TagsQuery selects tags: by a build that they hold, or a package in their
// list, or a glob over their names.
type TagsQuery struct {
	Build     Ref    `koji:"build"`
	Package   Ref    `koji:"package"`
	Pattern   string `koji:"pattern"`
	OmitPerms bool   // leave Permission empty, which spares the hub a join

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"` // rows per request; 0: all in [Client.ListTags], 1,000 in [Client.Tags]
}

// ListTags returns the tags that match, in one request. It calls listTags.
func (c *Client) ListTags(ctx context.Context, q TagsQuery) ([]Tag, error) {
	n := named(q)
	if q.OmitPerms {
		n["perms"] = false
	}
	return list[Tag](ctx, c, "listTags", arguments(nil, n)...)
}

// Tags returns the tags that match, page by page, in the query's order and by
// number within it. It calls listTags.
func (c *Client) Tags(ctx context.Context, q TagsQuery) iter.Seq2[Tag, error] {
	q.Order = stable(q.Order, "id")
	return paged(ctx, q, q.Offset, q.Limit, func(q *TagsQuery, o, l int) { q.Offset, q.Limit = o, l }, c.ListTags)
}

// A TagRequest describes a new tag.
type TagRequest struct {
	Name       string
	Parent     Ref            `koji:"parent"`
	Arches     []string       // the hub takes them as one text
	Permission Ref            `koji:"perm"`
	Locked     bool           `koji:"locked"`
	Maven      bool           `koji:"maven_support"`
	MavenAll   bool           `koji:"maven_include_all"`
	Extra      map[string]any `koji:"extra"`
}

// CreateTag makes a tag and returns its number. It needs the permission tag.
// It calls createTag.
func (c *Client) CreateTag(ctx context.Context, r TagRequest) (int, error) {
	n := named(r)
	if len(r.Arches) > 0 {
		n["arches"] = joined(r.Arches)
	}
	return value[int](ctx, c, "createTag", arguments([]any{r.Name}, n)...)
}

// A TagEdit changes a tag; nil and empty fields stay as they are.
type TagEdit struct {
	Name        string         `koji:"name"`
	Arches      *string        `koji:"arches"` // separated by blanks
	Locked      *bool          `koji:"locked"`
	Permission  *string        `koji:"perm"` // "" removes it
	Maven       *bool          `koji:"maven_support"`
	MavenAll    *bool          `koji:"maven_include_all"`
	Extra       map[string]any `koji:"extra"`        // settings to set
	RemoveExtra []string       `koji:"remove_extra"` // settings to drop
	BlockExtra  []string       `koji:"block_extra"`  // settings not to inherit
}

// EditTag changes a tag. It needs the permission tag. It calls editTag2.
func (c *Client) EditTag(ctx context.Context, tag Ref, e TagEdit) error {
	n := named(e)
	if e.Permission != nil && *e.Permission == "" {
		n["perm"] = nil
	}
	return c.Call(ctx, "editTag2", arguments([]any{tag}, n), nil)
}

// DeleteTag deletes a tag. Its history stays. It calls deleteTag.
func (c *Client) DeleteTag(ctx context.Context, tag Ref) error {
	return c.Call(ctx, "deleteTag", []any{tag}, nil)
}

// TagAccess is what a user may do with a tag's builds.
type TagAccess struct {
	Allowed bool
	Force   bool   // an admin's force passes
	Reason  string // why not
}

// CheckTagAccess tells whether a user may tag into a tag; the zero Ref asks
// for the session's user. It calls checkTagAccess.
func (c *Client) CheckTagAccess(ctx context.Context, tag Ref, user Ref) (TagAccess, error) {
	args := []any{tag}
	if user != "" {
		args = append(args, user)
	}
	var a TagAccess
	err := c.Call(ctx, "checkTagAccess", args, tuple(&a.Allowed, &a.Force, &a.Reason))
	return a, err
}

// A SnapshotRequest says what a snapshot of a tag takes along. The zero value
// takes configuration, packages, groups and the latest builds, inherited ones
// included.
type SnapshotRequest struct {
	Source, Dest    Ref
	Event           int  // as the source was at this event; 0 is now
	OmitConfig      bool // leave out the tag's settings
	OmitPackages    bool // leave out the package list
	OmitBuilds      bool // leave out the builds
	OmitGroups      bool // leave out the groups
	AllBuilds       bool // all builds, not only the latest
	OwnBuilds       bool // not those that are inherited
	Force           bool // admins: past the checks
	RemoveFromDest  bool // SnapshotTagModify only: remove what the source lacks
	intoExistingTag bool
}

func (r SnapshotRequest) named() Named {
	n := Named{}
	for name, off := range map[string]bool{
		"config": r.OmitConfig, "pkgs": r.OmitPackages, "builds": r.OmitBuilds, "groups": r.OmitGroups,
		"latest_only": r.AllBuilds, "inherit_builds": r.OwnBuilds,
	} {
		if off {
			n[name] = false
		}
	}
	if r.Event != 0 {
		n["event"] = r.Event
	}
	if r.Force {
		n["force"] = true
	}
	if r.intoExistingTag && r.RemoveFromDest {
		n["remove"] = true
	}
	return n
}

// SnapshotTag copies a tag into a new one. It calls snapshotTag.
func (c *Client) SnapshotTag(ctx context.Context, r SnapshotRequest) error {
	return c.Call(ctx, "snapshotTag", arguments([]any{r.Source, r.Dest}, r.named()), nil)
}

// SnapshotTagModify copies a tag into one that exists. It calls
// snapshotTagModify.
func (c *Client) SnapshotTagModify(ctx context.Context, r SnapshotRequest) error {
	r.intoExistingTag = true
	return c.Call(ctx, "snapshotTagModify", arguments([]any{r.Source, r.Dest}, r.named()), nil)
}

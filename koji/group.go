// SPDX-License-Identifier: MIT

package koji

import "context"

// A Group is a named set of packages in a tag, as in comps: "build" and
// "srpm-build" are what every buildroot gets.
type Group struct {
	ID          int            `xmlrpc:"group_id"`
	TagID       int            `xmlrpc:"tag_id"`
	Name        string         `xmlrpc:"name"`
	DisplayName string         `xmlrpc:"display_name"`
	Description string         `xmlrpc:"description"`
	Default     bool           `xmlrpc:"is_default"`
	UserVisible bool           `xmlrpc:"uservisible"`
	Exported    bool           `xmlrpc:"exported"`
	BiarchOnly  bool           `xmlrpc:"biarchonly"`
	LangOnly    string         `xmlrpc:"langonly"`
	Blocked     bool           `xmlrpc:"blocked"`
	Packages    []GroupPackage `xmlrpc:"packagelist"`
	Groups      []GroupReq     `xmlrpc:"grouplist"` // groups that it contains
	More        map[string]any `xmlrpc:",extra"`    // members that have no field here
}

// A GroupPackage is a package in a group.
type GroupPackage struct {
	Package       string         `xmlrpc:"package"`
	Type          string         `xmlrpc:"type"` // mandatory, default, optional, conditional
	Requires      string         `xmlrpc:"requires"`
	BaseArchOnly  bool           `xmlrpc:"basearchonly"`
	Blocked       bool           `xmlrpc:"blocked"`
	TagID         int            `xmlrpc:"tag_id"`
	GroupID       int            `xmlrpc:"group_id"`
	PackageNumber int            `xmlrpc:"package_id"`
	More          map[string]any `xmlrpc:",extra"` // members that have no field here
}

// A GroupReq is a group in a group.
type GroupReq struct {
	Name        string         `xmlrpc:"name"`
	Type        string         `xmlrpc:"type"`
	ReqID       int            `xmlrpc:"req_id"`
	MetaPackage bool           `xmlrpc:"is_metapkg"`
	Blocked     bool           `xmlrpc:"blocked"`
	TagID       int            `xmlrpc:"tag_id"`
	GroupID     int            `xmlrpc:"group_id"`
	More        map[string]any `xmlrpc:",extra"` // members that have no field here
}

// A GroupQuery says which groups of a tag are meant. Its zero value means all
// that count, inherited ones included.
type GroupQuery struct {
	Tag          Ref
	Event        int  `koji:"event"`
	Own          bool // not those that are inherited
	OmitPackages bool // leave Packages empty
	OmitGroups   bool // leave Groups empty
	WithBlocked  bool `koji:"incl_blocked"`
}

// ListGroups returns a tag's groups. It calls getTagGroups.
func (c *Client) ListGroups(ctx context.Context, q GroupQuery) ([]Group, error) {
	n := named(q)
	for name, off := range map[string]bool{"inherit": q.Own, "incl_pkgs": q.OmitPackages, "incl_reqs": q.OmitGroups} {
		if off {
			n[name] = false
		}
	}
	return list[Group](ctx, c, "getTagGroups", arguments([]any{q.Tag}, n)...)
}

// A GroupListing puts a group into a tag, or changes it there. Nil and empty
// fields stay as they are, or become what the hub takes for new groups.
type GroupListing struct {
	Tag, Group  Ref
	DisplayName string `koji:"display_name"`
	Description string `koji:"description"`
	Default     *bool  `koji:"is_default"`
	UserVisible *bool  `koji:"uservisible"`
	Exported    *bool  `koji:"exported"`
	LangOnly    string `koji:"langonly"`
	BiarchOnly  *bool  `koji:"biarchonly"`
	Block       bool   `koji:"block"`
	Force       bool   `koji:"force"`
}

// AddGroup puts a group into a tag. It needs the permission tag, as all that
// changes groups. It calls groupListAdd.
func (c *Client) AddGroup(ctx context.Context, g GroupListing) error {
	return c.Call(ctx, "groupListAdd", arguments([]any{g.Tag, g.Group}, named(g)), nil)
}

// RemoveGroup takes a group out of a tag. It calls groupListRemove.
func (c *Client) RemoveGroup(ctx context.Context, tag, group Ref, force bool) error {
	return c.Call(ctx, "groupListRemove", arguments([]any{tag, group}, forced(force)), nil)
}

// BlockGroup keeps an inherited group out of a tag. It calls groupListBlock.
func (c *Client) BlockGroup(ctx context.Context, tag, group Ref) error {
	return c.Call(ctx, "groupListBlock", []any{tag, group}, nil)
}

// UnblockGroup takes back what BlockGroup did. It calls groupListUnblock.
func (c *Client) UnblockGroup(ctx context.Context, tag, group Ref) error {
	return c.Call(ctx, "groupListUnblock", []any{tag, group}, nil)
}

// A GroupPackageListing puts a package into a group.
type GroupPackageListing struct {
	Tag, Group   Ref
	Package      string
	Type         string `koji:"type"`
	Requires     string `koji:"requires"`
	BaseArchOnly *bool  `koji:"basearchonly"`
	Block        bool   `koji:"block"`
	Force        bool   `koji:"force"`
}

// AddGroupPackage puts a package into a group. It calls groupPackageListAdd.
func (c *Client) AddGroupPackage(ctx context.Context, p GroupPackageListing) error {
	return c.Call(ctx, "groupPackageListAdd", arguments([]any{p.Tag, p.Group, p.Package}, named(p)), nil)
}

// RemoveGroupPackage takes a package out of a group. It calls
// groupPackageListRemove.
func (c *Client) RemoveGroupPackage(ctx context.Context, tag, group Ref, pkg string) error {
	return c.Call(ctx, "groupPackageListRemove", []any{tag, group, pkg}, nil)
}

// BlockGroupPackage keeps an inherited package out of a group. It calls
// groupPackageListBlock.
func (c *Client) BlockGroupPackage(ctx context.Context, tag, group Ref, pkg string) error {
	return c.Call(ctx, "groupPackageListBlock", []any{tag, group, pkg}, nil)
}

// UnblockGroupPackage takes back what BlockGroupPackage did. It calls
// groupPackageListUnblock.
func (c *Client) UnblockGroupPackage(ctx context.Context, tag, group Ref, pkg string) error {
	return c.Call(ctx, "groupPackageListUnblock", []any{tag, group, pkg}, nil)
}

// A GroupReqListing puts a group into a group.
type GroupReqListing struct {
	Tag, Group, Req Ref
	Type            string `koji:"type"`
	MetaPackage     *bool  `koji:"is_metapkg"`
	Block           bool   `koji:"block"`
	Force           bool   `koji:"force"`
}

// AddGroupReq puts a group into a group. It calls groupReqListAdd.
func (c *Client) AddGroupReq(ctx context.Context, r GroupReqListing) error {
	return c.Call(ctx, "groupReqListAdd", arguments([]any{r.Tag, r.Group, r.Req}, named(r)), nil)
}

// RemoveGroupReq takes a group out of a group. It calls groupReqListRemove.
func (c *Client) RemoveGroupReq(ctx context.Context, tag, group, req Ref) error {
	return c.Call(ctx, "groupReqListRemove", []any{tag, group, req}, nil)
}

// BlockGroupReq keeps an inherited group out of a group. It calls
// groupReqListBlock.
func (c *Client) BlockGroupReq(ctx context.Context, tag, group, req Ref) error {
	return c.Call(ctx, "groupReqListBlock", []any{tag, group, req}, nil)
}

// UnblockGroupReq takes back what BlockGroupReq did. It calls
// groupReqListUnblock.
func (c *Client) UnblockGroupReq(ctx context.Context, tag, group, req Ref) error {
	return c.Call(ctx, "groupReqListUnblock", []any{tag, group, req}, nil)
}

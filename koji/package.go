// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"iter"
)

// A Package is a package by itself or, in a listing of a tag, with its
// settings there.
type Package struct {
	ID          int            `xmlrpc:"package_id,id"`
	Name        string         `xmlrpc:"package_name,name"`
	TagID       int            `xmlrpc:"tag_id"`   // 0 outside of a tag
	Tag         string         `xmlrpc:"tag_name"` // the tag whose setting counts, which inheritance may have led to
	OwnerID     int            `xmlrpc:"owner_id"`
	Owner       string         `xmlrpc:"owner_name"`
	Blocked     bool           `xmlrpc:"blocked"`
	ExtraArches string         `xmlrpc:"extra_arches"` // separated by blanks
	More        map[string]any `xmlrpc:",extra"`       // members that have no field here
}

// Package returns a package's number and name. It calls getPackage.
func (c *Client) Package(ctx context.Context, ref Ref) (Package, error) {
	if ref == "" {
		return Package{}, invalid("getPackage", "no package given")
	}
	return get[Package](ctx, c, "getPackage", ref, arguments([]any{ref}, c.strictly(nil))...)
}

// FindPackageID returns a package's number. It calls getPackageID.
func (c *Client) FindPackageID(ctx context.Context, name string) (int, error) {
	return get[int](ctx, c, "getPackageID", name, arguments([]any{name}, c.strictly(nil))...)
}

// PackageConfig returns a package's settings in a tag, inherited ones
// included; event 0 is now. A package that the tag's list lacks is
// [ErrNotFound]. It calls getPackageConfig.
func (c *Client) PackageConfig(ctx context.Context, tag, pkg Ref, event int) (Package, error) {
	return get[Package](ctx, c, "getPackageConfig", string(pkg)+" in "+string(tag), arguments([]any{tag, pkg}, at(event))...)
}

// CheckTagPackage reports whether a package is in a tag's list and not
// blocked. It calls checkTagPackage.
func (c *Client) CheckTagPackage(ctx context.Context, tag, pkg Ref) (bool, error) {
	return value[bool](ctx, c, "checkTagPackage", tag, pkg)
}

// A PackageQuery selects packages: all that the hub knows, or those in the
// lists of a tag or user.
type PackageQuery struct {
	Tag         Ref    `koji:"tagID"`
	Owner       Ref    `koji:"userID"`
	Package     Ref    `koji:"pkgID"`
	Prefix      string `koji:"prefix"`
	Inherited   bool   `koji:"inherited"` // with the lists that the tag inherits
	Duplicates  bool   `koji:"with_dups"` // every list's row, not only the one that counts
	Event       int    `koji:"event"`
	OmitOwners  bool   // leave owners out
	OmitBlocked bool   // leave blocked packages out

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"`
}

func (q PackageQuery) args() []any {
	n := named(q)
	if q.OmitOwners {
		n["with_owners"] = false
	}
	if q.OmitBlocked {
		n["with_blocked"] = false
	}
	return arguments(nil, n)
}

// ListPackages returns the packages that match. It calls listPackages.
func (c *Client) ListPackages(ctx context.Context, q PackageQuery) ([]Package, error) {
	return list[Package](ctx, c, "listPackages", q.args()...)
}

// Packages returns the same packages as [Client.ListPackages], one by one as
// they arrive. It calls listPackages.
func (c *Client) Packages(ctx context.Context, q PackageQuery) iter.Seq2[Package, error] {
	return stream[Package](ctx, c, "listPackages", q.args()...)
}

// ListPackageNames returns number and name of all packages whose name starts
// with prefix. It calls listPackagesSimple.
func (c *Client) ListPackageNames(ctx context.Context, prefix string) ([]Package, error) {
	n := Named{}
	if prefix != "" {
		n["prefix"] = prefix
	}
	return list[Package](ctx, c, "listPackagesSimple", arguments(nil, n)...)
}

// A PackageListing puts a package into a tag's list.
type PackageListing struct {
	Tag, Package Ref
	Owner        Ref    `koji:"owner"` // required for a package that is new to the tag
	ExtraArches  string `koji:"extra_arches"`
	Block        bool   `koji:"block"`
	Force        bool   `koji:"force"`
	Update       bool   `koji:"update"` // only change what is there
}

// AddPackage puts a package into a tag's list, making the package if it is
// new. It calls packageListAdd.
func (c *Client) AddPackage(ctx context.Context, p PackageListing) error {
	return c.Call(ctx, "packageListAdd", arguments([]any{p.Tag, p.Package}, named(p)), nil)
}

// RemovePackage takes a package out of a tag's list. It calls
// packageListRemove.
func (c *Client) RemovePackage(ctx context.Context, tag, pkg Ref, force bool) error {
	return c.Call(ctx, "packageListRemove", arguments([]any{tag, pkg}, forced(force)), nil)
}

// BlockPackage keeps a package's builds out of a tag. It calls
// packageListBlock.
func (c *Client) BlockPackage(ctx context.Context, tag, pkg Ref, force bool) error {
	return c.Call(ctx, "packageListBlock", arguments([]any{tag, pkg}, forced(force)), nil)
}

// UnblockPackage takes back what BlockPackage did. It calls
// packageListUnblock.
func (c *Client) UnblockPackage(ctx context.Context, tag, pkg Ref, force bool) error {
	return c.Call(ctx, "packageListUnblock", arguments([]any{tag, pkg}, forced(force)), nil)
}

// SetPackageOwner gives a package in a tag to another user. It calls
// packageListSetOwner.
func (c *Client) SetPackageOwner(ctx context.Context, tag, pkg, owner Ref, force bool) error {
	return c.Call(ctx, "packageListSetOwner", arguments([]any{tag, pkg, owner}, forced(force)), nil)
}

// SetPackageArches sets the extra arches of a package in a tag. It calls
// packageListSetArches.
func (c *Client) SetPackageArches(ctx context.Context, tag, pkg Ref, arches []string, force bool) error {
	return c.Call(ctx, "packageListSetArches", arguments([]any{tag, pkg, joined(arches)}, forced(force)), nil)
}

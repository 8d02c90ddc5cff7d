// SPDX-License-Identifier: MIT

package koji

import "context"

// A Permission is a right that users may have at the hub.
type Permission struct {
	ID          int            `xmlrpc:"id"`
	Name        string         `xmlrpc:"name"`
	Description string         `xmlrpc:"description"`
	More        map[string]any `xmlrpc:",extra"` // members that have no field here
}

// ListPermissions returns the permissions that the hub knows. It calls
// getAllPerms.
func (c *Client) ListPermissions(ctx context.Context) ([]Permission, error) {
	return list[Permission](ctx, c, "getAllPerms")
}

// MyPermissions returns the names of the session's permissions. It calls
// getPerms.
func (c *Client) MyPermissions(ctx context.Context) ([]string, error) {
	return list[string](ctx, c, "getPerms")
}

// HasPermission reports whether the session has a permission; admins have
// all. It calls hasPerm.
func (c *Client) HasPermission(ctx context.Context, name string) (bool, error) {
	return value[bool](ctx, c, "hasPerm", name)
}

// UserPermissions returns the names of a user's permissions, those that come
// through groups included. It calls getUserPerms.
func (c *Client) UserPermissions(ctx context.Context, user Ref) ([]string, error) {
	return list[string](ctx, c, "getUserPerms", user)
}

// UserPermissionSources returns a user's permissions with the groups that they
// come through, "" standing for the user itself. It calls
// getUserPermsInheritance.
func (c *Client) UserPermissionSources(ctx context.Context, user Ref) (map[string][]string, error) {
	return value[map[string][]string](ctx, c, "getUserPermsInheritance", user)
}

// GrantPermission gives a user a permission. Admins only. It calls
// grantPermission.
func (c *Client) GrantPermission(ctx context.Context, user Ref, permission string) error {
	return c.Call(ctx, "grantPermission", []any{user, permission}, nil)
}

// CreatePermission makes a permission and gives it to a first user. Admins
// only. It calls grantPermission.
func (c *Client) CreatePermission(ctx context.Context, user Ref, permission, description string) error {
	n := Named{"create": true}
	if description != "" {
		n["description"] = description
	}
	return c.Call(ctx, "grantPermission", []any{user, permission, n}, nil)
}

// RevokePermission takes a permission from a user. Admins only. It calls
// revokePermission.
func (c *Client) RevokePermission(ctx context.Context, user Ref, permission string) error {
	return c.Call(ctx, "revokePermission", []any{user, permission}, nil)
}

// EditPermission changes a permission's description. Admins only. It calls
// editPermission.
func (c *Client) EditPermission(ctx context.Context, permission Ref, description string) error {
	return c.Call(ctx, "editPermission", []any{permission, description}, nil)
}

// UserGroups returns the groups of users that a user is in. It calls
// getUserGroups.
func (c *Client) UserGroups(ctx context.Context, user Ref) ([]IDName, error) {
	return list[IDName](ctx, c, "getUserGroups", user)
}

// GroupMembers returns the users in a group. It calls getGroupMembers.
func (c *Client) GroupMembers(ctx context.Context, group Ref) ([]User, error) {
	return list[User](ctx, c, "getGroupMembers", group)
}

// CreateUserGroup makes a group of users and returns its number. Admins only.
// It calls newGroup.
func (c *Client) CreateUserGroup(ctx context.Context, name string) (int, error) {
	return value[int](ctx, c, "newGroup", name)
}

// AddGroupMember puts a user into a group. Admins only. It calls
// addGroupMember.
func (c *Client) AddGroupMember(ctx context.Context, group, user Ref) error {
	return c.Call(ctx, "addGroupMember", []any{group, user}, nil)
}

// RemoveGroupMember takes a user out of a group. Admins only. It calls
// dropGroupMember.
func (c *Client) RemoveGroupMember(ctx context.Context, group, user Ref) error {
	return c.Call(ctx, "dropGroupMember", []any{group, user}, nil)
}

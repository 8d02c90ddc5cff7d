// SPDX-License-Identifier: MIT

package koji

import (
	"context"
	"iter"
	"time"
)

// UserType tells people from builders and groups.
type UserType int

// The types of users.
const (
	UserNormal UserType = iota
	UserHost
	UserGroup
)

var userTypes = []string{"NORMAL", "HOST", "GROUP"}

// String returns the hub's word: "NORMAL".
func (t UserType) String() string { return enumString(userTypes, "UserType", int(t)) }

// MarshalText returns the hub's word, or digits for an unknown type.
func (t UserType) MarshalText() ([]byte, error) { return enumText(userTypes, int(t)) }

// UnmarshalText reads what MarshalText writes.
func (t *UserType) UnmarshalText(text []byte) error {
	n, err := enumParse(userTypes, "user type", text)
	*t = UserType(n)
	return err
}

// UserStatus tells whether a user may log in.
type UserStatus int

// The states of a user.
const (
	UserActive UserStatus = iota
	UserBlocked
)

var userStatuses = []string{"NORMAL", "BLOCKED"}

// String returns the hub's word: "BLOCKED".
func (s UserStatus) String() string { return enumString(userStatuses, "UserStatus", int(s)) }

// MarshalText returns the hub's word, or digits for an unknown status.
func (s UserStatus) MarshalText() ([]byte, error) { return enumText(userStatuses, int(s)) }

// UnmarshalText reads what MarshalText writes.
func (s *UserStatus) UnmarshalText(text []byte) error {
	n, err := enumParse(userStatuses, "user status", text)
	*s = UserStatus(n)
	return err
}

// AuthType is how a session was logged in.
type AuthType int

// The ways to log in.
const (
	AuthPassword AuthType = iota
	AuthKerberos          // of hubs before 1.32
	AuthSSL
	AuthGSSAPI
)

var authTypes = []string{"NORMAL", "KERBEROS", "SSL", "GSSAPI"}

// String returns the hub's word: "GSSAPI".
func (t AuthType) String() string { return enumString(authTypes, "AuthType", int(t)) }

// MarshalText returns the hub's word, or digits for an unknown way.
func (t AuthType) MarshalText() ([]byte, error) { return enumText(authTypes, int(t)) }

// UnmarshalText reads what MarshalText writes.
func (t *AuthType) UnmarshalText(text []byte) error {
	n, err := enumParse(authTypes, "auth type", text)
	*t = AuthType(n)
	return err
}

// A User is a person, a builder or a group.
type User struct {
	ID         int            `xmlrpc:"id"`
	Name       string         `xmlrpc:"name"`
	Type       UserType       `xmlrpc:"usertype"`
	Status     UserStatus     `xmlrpc:"status"`
	Principals []string       `xmlrpc:"krb_principals"` // nil where the call does not tell them
	Groups     []string       `xmlrpc:"groups"`         // nil unless asked for
	Auth       AuthType       `xmlrpc:"authtype"`       // of [Client.LoggedInUser] only
	Principal  string         `xmlrpc:"krb_principal"`  // of [Client.LoggedInUser] only; "" if none
	More       map[string]any `xmlrpc:",extra"`         // members that have no field here
}

// User returns a user by number, name or Kerberos principal. It calls getUser.
func (c *Client) User(ctx context.Context, ref Ref) (User, error) {
	if ref == "" {
		return User{}, invalid("getUser", "no user given")
	}
	return get[User](ctx, c, "getUser", ref, arguments([]any{ref}, c.strictly(nil))...)
}

// UserWithGroups is [Client.User] with Groups filled. It calls getUser.
func (c *Client) UserWithGroups(ctx context.Context, ref Ref) (User, error) {
	return get[User](ctx, c, "getUser", ref, arguments([]any{ref}, c.strictly(Named{"groups": true}))...)
}

// Myself returns the session's user with its principals; without a session it
// fails. [Client.LoggedInUser] tells how it was logged in. It calls getUser.
func (c *Client) Myself(ctx context.Context) (User, error) {
	return get[User](ctx, c, "getUser", "myself")
}

// LoggedInUser returns the session's user; without a session it is
// [ErrUnauthorized]. It calls getLoggedInUser.
func (c *Client) LoggedInUser(ctx context.Context) (User, error) {
	u, err := value[*User](ctx, c, "getLoggedInUser")
	if err != nil {
		return User{}, err
	}
	if u == nil {
		return User{}, &Error{Op: "getLoggedInUser", Msg: "not logged in", Err: ErrUnauthorized}
	}
	return *u, nil
}

// SessionInfo is what the hub knows of a session.
type SessionInfo struct {
	ID        int            `xmlrpc:"id"` // 0 unless details were asked for
	UserID    int            `xmlrpc:"user_id"`
	Auth      AuthType       `xmlrpc:"authtype"`
	Callnum   *int           `xmlrpc:"callnum"`   // number of the last call that changed something; nil: none yet
	Exclusive bool           `xmlrpc:"exclusive"` // the user's only session
	Expired   bool           `xmlrpc:"expired"`
	Master    int            `xmlrpc:"master"` // session that it is a subsession of; 0: none
	Started   time.Time      `xmlrpc:"start_time,start_ts"`
	Renewed   time.Time      `xmlrpc:"renew_time,renew_ts"` // zero: never
	Updated   time.Time      `xmlrpc:"update_time,update_ts"`
	HostIP    string         `xmlrpc:"hostip"` // "" unless details were asked for
	More      map[string]any `xmlrpc:",extra"` // members that have no field here
}

// SessionInfo returns what the hub knows of the session; without one it is
// [ErrUnauthorized]. It calls getSessionInfo.
func (c *Client) SessionInfo(ctx context.Context) (SessionInfo, error) {
	s, err := value[*SessionInfo](ctx, c, "getSessionInfo")
	if err != nil {
		return SessionInfo{}, err
	}
	if s == nil {
		return SessionInfo{}, &Error{Op: "getSessionInfo", Msg: "not logged in", Err: ErrUnauthorized}
	}
	return *s, nil
}

// SessionText returns the hub's one-line description of the session. It calls
// showSession.
func (c *Client) SessionText(ctx context.Context) (string, error) {
	return value[string](ctx, c, "showSession")
}

// KojiVersion returns the hub's version: "1.35.3". Hubs before 1.23 don't know
// the call. It calls getKojiVersion.
func (c *Client) KojiVersion(ctx context.Context) (string, error) {
	return value[string](ctx, c, "getKojiVersion")
}

// APIVersion returns the version of the hub's calls, 1 so far. It calls
// getAPIVersion.
func (c *Client) APIVersion(ctx context.Context) (int, error) {
	return value[int](ctx, c, "getAPIVersion")
}

// ListMethods returns the names of all methods that the hub knows. It calls
// system.listMethods.
func (c *Client) ListMethods(ctx context.Context) ([]string, error) {
	return list[string](ctx, c, "system.listMethods")
}

// A UserQuery selects users.
type UserQuery struct {
	Types         []UserType // empty: people only; all: every type there is
	Prefix        string     `koji:"prefix"`
	Permission    string     `koji:"perm"`           // who has it
	ThroughGroups bool       `koji:"inherited_perm"` // count permissions that come through groups

	Order  string `koji:"queryOpts.order"`
	Offset int    `koji:"queryOpts.offset"`
	Limit  int    `koji:"queryOpts.limit"`
}

// ListUsers returns the users that match. It calls listUsers.
func (c *Client) ListUsers(ctx context.Context, q UserQuery) ([]User, error) {
	n := named(q)
	if len(q.Types) > 0 {
		n["userType"] = q.Types
	}
	return list[User](ctx, c, "listUsers", arguments(nil, n)...)
}

// Users returns the same users as [Client.ListUsers], page by page, in the query's
// order and by number within it. It calls listUsers.
func (c *Client) Users(ctx context.Context, q UserQuery) iter.Seq2[User, error] {
	q.Order = stable(q.Order, "id")
	return paged(ctx, q, q.Offset, q.Limit, func(q *UserQuery, o, l int) { q.Offset, q.Limit = o, l }, c.ListUsers)
}

// CreateUser makes a user and returns its number. Admins only. It calls
// createUser.
func (c *Client) CreateUser(ctx context.Context, name, principal string) (int, error) {
	n := Named{}
	if principal != "" {
		n["krb_principal"] = principal
	}
	return value[int](ctx, c, "createUser", arguments([]any{name}, n)...)
}

// A UserEdit changes a user; empty fields stay as they are.
type UserEdit struct {
	Name       string
	Principals []PrincipalChange
}

// A PrincipalChange replaces one Kerberos principal by another; an empty Old
// adds, an empty New removes.
type PrincipalChange struct{ Old, New string }

// EditUser changes a user. Admins only. It calls editUser.
func (c *Client) EditUser(ctx context.Context, user Ref, e UserEdit) error {
	n := Named{}
	if e.Name != "" {
		n["name"] = e.Name
	}
	var maps []any
	for _, p := range e.Principals {
		m := map[string]any{"old": nil, "new": nil}
		if p.Old != "" {
			m["old"] = p.Old
		}
		if p.New != "" {
			m["new"] = p.New
		}
		maps = append(maps, m)
	}
	if maps != nil {
		n["krb_principal_mappings"] = maps
	}
	return c.Call(ctx, "editUser", arguments([]any{user}, n), nil)
}

// EnableUser lets a user log in again. Admins only. It calls enableUser.
func (c *Client) EnableUser(ctx context.Context, user Ref) error {
	return c.Call(ctx, "enableUser", []any{user}, nil)
}

// DisableUser keeps a user from logging in. Admins only. It calls disableUser.
func (c *Client) DisableUser(ctx context.Context, user Ref) error {
	return c.Call(ctx, "disableUser", []any{user}, nil)
}

// AddUserPrincipal gives a user a Kerberos principal. Admins only. It calls
// addUserKrbPrincipal.
func (c *Client) AddUserPrincipal(ctx context.Context, user Ref, principal string) error {
	return c.Call(ctx, "addUserKrbPrincipal", []any{user, principal}, nil)
}

// RemoveUserPrincipal takes a Kerberos principal from a user. Admins only. It
// calls removeUserKrbPrincipal.
func (c *Client) RemoveUserPrincipal(ctx context.Context, user Ref, principal string) error {
	return c.Call(ctx, "removeUserKrbPrincipal", []any{user, principal}, nil)
}

// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"net/http"
)

// ObtainToken returns the caller's token, which the server makes at its first
// use. The front end must have authenticated the caller, by a transport given
// to [WithHTTPClient]; or the client has the token already. Servers of all
// generations are asked by the name they know.
func (c *Client) ObtainToken(ctx context.Context) (string, error) {
	var err error
	for _, path := range []string{"auth/token/obtain/", "auth/obtain-token/", "auth/obtain_token/"} {
		var out struct {
			Token string `json:"token"`
		}
		if err = c.Do(ctx, http.MethodGet, path, nil, nil, &out); err == nil {
			return out.Token, nil
		}
		if !isNotFound(err) {
			break
		}
	}
	return "", err
}

// RefreshToken makes a new token for the caller; the old one is dead at once.
func (c *Client) RefreshToken(ctx context.Context) (string, error) {
	// A repetition would kill the token that got lost on the way.
	resp, err := c.send(ctx, request{method: http.MethodGet, path: "auth/token/refresh/", once: true})
	if err != nil {
		return "", err
	}
	var out struct {
		Token string `json:"token"`
	}
	err = resp.decode(&out)
	return out.Token, err
}

// User is what the server knows of the caller.
type User struct {
	Username            string          `json:"username"`
	FullName            string          `json:"fullname"`
	Email               string          `json:"e-mail"`
	Superuser           bool            `json:"is_superuser"`
	Staff               bool            `json:"is_staff"`
	Groups              []string        `json:"groups"`
	Permissions         []string        `json:"permissions"`
	ResourcePermissions []ResourceRight `json:"resource_permissions"`
}

// ResourceRight is a right to do something with a resource.
type ResourceRight struct {
	Resource   string `json:"resource"`
	Permission string `json:"permission"` // "create", "read", "update", "delete"
	Extra      Extra  `json:"-"`
}

// CurrentUser tells who the caller is. [ErrUnauthorized] if nobody.
func (c *Client) CurrentUser(ctx context.Context) (User, error) {
	var u User
	err := c.Do(ctx, http.MethodGet, "auth/current-user/", nil, nil, &u)
	return u, err
}

// Group is a group of users.
type Group struct {
	URL         string       `json:"url" pdc:"ro"`
	Name        string       `json:"name" pdc:"req"`
	Permissions []Permission `json:"permissions" pdc:"req"`
	Extra       Extra        `json:"-"`
}

// ID returns the group's id, which the server tells only in the URL.
func (g Group) ID() int { return idOf(g.URL) }

// Permission is a right within the server's own database.
type Permission struct {
	Codename string `json:"codename" pdc:"req"`
	AppLabel string `json:"app_label" pdc:"req"`
	Model    string `json:"model" pdc:"req"`
	Extra    Extra  `json:"-"`
}

// Groups are keyed by id; see [Group.ID].
func (c *Client) Groups() Resource[Group] { return numbered[Group](c, "auth/groups/") }

// Permissions can be listed only.
func (c *Client) Permissions() Resource[Permission] {
	return Resource[Permission]{c: c, path: "auth/permissions/"}
}

// ResourceRights can be listed only.
func (c *Client) ResourceRights() Resource[ResourceRight] {
	return Resource[ResourceRight]{c: c, path: "auth/resource-permissions/"}
}

// GroupRight gives a group a right.
type GroupRight struct {
	ID         int    `json:"id" pdc:"ro"`
	Resource   string `json:"resource" pdc:"req"`
	Permission string `json:"permission" pdc:"req"`
	Group      string `json:"group" pdc:"req"`
	Extra      Extra  `json:"-"`
}

// GroupRights are keyed by id.
func (c *Client) GroupRights() Resource[GroupRight] {
	return numbered[GroupRight](c, "auth/group-resource-permissions/")
}

// ResourceURL points to a page about a resource.
type ResourceURL struct {
	ID       int    `json:"id" pdc:"ro"`
	Resource string `json:"resource" pdc:"req"`
	URL      string `json:"url" pdc:"req"`
	Extra    Extra  `json:"-"`
}

// ResourceURLs are keyed by id.
func (c *Client) ResourceURLs() Resource[ResourceURL] {
	return numbered[ResourceURL](c, "auth/resource-api-urls/")
}

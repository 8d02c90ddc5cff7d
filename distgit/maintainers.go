// SPDX-License-Identifier: MIT

package distgit

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
)

// Maintainers are the people who look after a repository.
type Maintainers struct {
	// Owner is the main contact; "orphan" with Pagure when there is none. With
	// Forgejo and GitLab it is the namespace.
	Owner string
	// Admins, Committers and Groups may push; Groups are not resolved to
	// people. Sorted, each name once and in one list only.
	Admins, Committers, Groups []string
}

// Orphaned reports whether nobody owns the repository.
func (m Maintainers) Orphaned() bool { return m.Owner == "orphan" || m.Owner == "" }

// People returns the owner, admins and committers, each once, the owner first.
// An orphan has no owner.
func (m Maintainers) People() []string {
	var out []string
	if !m.Orphaned() {
		out = append(out, m.Owner)
	}
	for _, list := range [][]string{m.Admins, m.Committers} {
		for _, n := range list {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// Maintainers returns who looks after a repository. With Forgejo the list of
// collaborators needs a token; without one only the owner is known.
func (c *Client) Maintainers(ctx context.Context, repo Repo) (Maintainers, error) {
	forge, err := c.repoCall(ctx, "maintainers", repo)
	if err != nil {
		return Maintainers{}, err
	}
	switch forge {
	case Forgejo:
		return c.forgejoMaintainers(ctx, repo)
	case GitLab:
		return c.gitlabMaintainers(ctx, repo)
	}
	var raw pagureProject
	if _, err := c.do(ctx, request{path: c.pagurePath(repo), out: &raw}); err != nil {
		return Maintainers{}, err
	}
	m := Maintainers{Owner: raw.User.Name, Admins: raw.AccessUsers["admin"], Committers: raw.AccessUsers["commit"]}
	if owner := raw.AccessUsers["owner"]; len(owner) > 0 {
		m.Owner = owner[0]
	}
	m.Groups = append(slices.Clone(raw.AccessGroups["admin"]), raw.AccessGroups["commit"]...)
	return m.tidy(), nil
}

func (m Maintainers) tidy() Maintainers {
	seen := map[string]bool{m.Owner: true}
	once := func(list []string) []string {
		list = slices.Clone(list)
		slices.Sort(list)
		return slices.DeleteFunc(list, func(n string) bool {
			dup := seen[n] || n == ""
			seen[n] = true
			return dup
		})
	}
	m.Admins, m.Committers = once(m.Admins), once(m.Committers)
	slices.Sort(m.Groups)
	m.Groups = slices.Compact(m.Groups)
	return m
}

func (c *Client) forgejoMaintainers(ctx context.Context, repo Repo) (Maintainers, error) {
	base := "/api/v1/repos/" + forgejoPath(repo)
	var raw forgejoRepo
	if _, err := c.do(ctx, request{path: base, out: &raw}); err != nil {
		return Maintainers{}, err
	}
	m := Maintainers{Owner: raw.Owner.Login}
	type user struct {
		Login string `json:"login"`
	}
	for u, err := range pages(1, func(page int) ([]user, bool, error) {
		var list []user
		resp, err := c.do(ctx, request{path: base + "/collaborators", query: url.Values{"page": {strconv.Itoa(page)}, "limit": {"50"}}, out: &list})
		if err != nil {
			return nil, false, err
		}
		return list, hasNext(resp.Header.Get("Link")), nil
	}) {
		if errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrForbidden) {
			return m.tidy(), nil
		}
		if err != nil {
			return m, err
		}
		m.Committers = append(m.Committers, u.Login)
	}
	var teams []struct {
		Name       string `json:"name"`
		Permission string `json:"permission"`
	}
	_, err := c.do(ctx, request{path: base + "/teams", out: &teams})
	if err != nil && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrUnauthorized) && !errors.Is(err, ErrForbidden) {
		return m, err // unsupported: the owner is a person, who has no teams
	}
	for _, t := range teams {
		if t.Permission != "read" && t.Permission != "none" {
			m.Groups = append(m.Groups, t.Name)
		}
	}
	return m.tidy(), nil
}

func (c *Client) gitlabMaintainers(ctx context.Context, repo Repo) (Maintainers, error) {
	p, err := c.Project(ctx, repo)
	if err != nil {
		return Maintainers{}, err
	}
	m := Maintainers{Owner: p.Owner}
	type member struct {
		Username string `json:"username"`
		Level    int    `json:"access_level"`
	}
	for u, err := range pages(1, func(page int) ([]member, bool, error) {
		var list []member
		resp, err := c.do(ctx, request{path: c.gitlabPath(repo) + "/members/all", query: url.Values{"page": {strconv.Itoa(page)}, "per_page": {"100"}}, out: &list})
		if err != nil {
			return nil, false, err
		}
		return list, resp.Header.Get("X-Next-Page") != "", nil
	}) {
		if err != nil {
			return m, err
		}
		switch {
		case u.Level >= 40:
			m.Admins = append(m.Admins, u.Username)
		case u.Level >= 30:
			m.Committers = append(m.Committers, u.Username)
		}
	}
	return m.tidy(), nil
}

// Permission returns what a user may do with a repository: "none", "read",
// "write", "admin" or "owner". Only Forgejo tells, and about others than
// yourself only to admins.
func (c *Client) Permission(ctx context.Context, repo Repo, user string) (string, error) {
	forge, err := c.repoCall(ctx, "permission", repo)
	if err != nil {
		return "", err
	}
	if forge != Forgejo {
		return "", unsupported("permission", forge)
	}
	var raw struct {
		Permission string `json:"permission"`
	}
	_, err = c.do(ctx, request{path: "/api/v1/repos/" + forgejoPath(repo) + "/collaborators/" + url.PathEscape(user) + "/permission", out: &raw})
	return raw.Permission, err
}

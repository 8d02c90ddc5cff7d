// SPDX-License-Identifier: MIT

package distgit

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Project is a repository as the web front end knows it.
type Project struct {
	Repo        Repo
	Description string
	// Default is the default branch; empty where the forge tells it elsewhere
	// (Pagure: see [Client.Heads]).
	Default string
	// Owner is the user or organization it belongs to.
	Owner string
	// Parent is the repository this is a fork of; zero for none.
	Parent Repo
	// URL is the page, CloneURL and SSHURL what git is given; empty where the
	// forge does not say.
	URL, CloneURL, SSHURL string
	Empty, Archived       bool
	Created               time.Time // UTC, zero when not said
}

// ProjectQuery chooses projects. The zero value is all main repositories.
type ProjectQuery struct {
	Namespace string // "rpms"; with Forgejo and GitLab it must be set
	Pattern   string // name with '*', such as "lib*"; Pagure only
	Owner     string // owned by this user; Pagure only
	User      string // this user may commit; Pagure only
	Forks     bool   // forks too; Pagure only
	Page      int    // first page to read, from 1; 0 is 1
	PerPage   int    // 0 is the most the forge gives (100, 50 with Forgejo)
}

// Projects lists projects over all pages, one request each. Order is the
// forge's. Pagure cannot list what a very active user may commit to in one
// go: use patterns there.
func (c *Client) Projects(ctx context.Context, q ProjectQuery) iter.Seq2[Project, error] {
	return pages(q.Page, func(page int) ([]Project, bool, error) {
		q.Page = page
		return c.listProjects(ctx, q)
	})
}

// ListProjects reads one page of projects: that of q.Page.
func (c *Client) ListProjects(ctx context.Context, q ProjectQuery) ([]Project, error) {
	list, _, err := c.listProjects(ctx, q)
	return list, err
}

// pages turns a function that reads one page into an iterator. read tells
// whether there is another page.
func pages[T any](first int, read func(page int) ([]T, bool, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page := max(first, 1); ; page++ {
			items, more, err := read(page)
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if !more {
				return
			}
		}
	}
}

func (c *Client) listProjects(ctx context.Context, q ProjectQuery) ([]Project, bool, error) {
	if q.Page < 0 || q.PerPage < 0 || q.PerPage > 100 {
		return nil, false, &Error{Op: "list projects", Msg: "page or page size out of range", Err: ErrInvalid}
	}
	forge, err := c.Forge(ctx)
	if err != nil {
		return nil, false, err
	}
	if forge != Pagure {
		if q.Pattern != "" || q.Owner != "" || q.User != "" || q.Forks {
			return nil, false, &Error{Op: "list projects", Msg: "only by namespace with " + forge.String(), Err: ErrUnsupported}
		}
		if q.Namespace == "" {
			return nil, false, &Error{Op: "list projects", Msg: "no namespace", Err: ErrInvalid}
		}
	}
	v := url.Values{"page": {strconv.Itoa(max(q.Page, 1))}}
	switch forge {
	case Forgejo:
		v.Set("limit", strconv.Itoa(min(cmp.Or(q.PerPage, 50), 50)))
		var raw []forgejoRepo
		resp, err := c.do(ctx, request{path: "/api/v1/orgs/" + url.PathEscape(q.Namespace) + "/repos", query: v, out: &raw})
		if err != nil {
			return nil, false, err
		}
		return convert(raw, forgejoRepo.project), hasNext(resp.Header.Get("Link")), nil
	case GitLab:
		v.Set("per_page", strconv.Itoa(cmp.Or(q.PerPage, 100)))
		var raw []gitlabProject
		group := c.Site().gitlabGroup(q.Namespace)
		resp, err := c.do(ctx, request{path: "/api/v4/groups/" + url.PathEscape(group) + "/projects", query: v, out: &raw})
		if err != nil {
			return nil, false, err
		}
		return convert(raw, c.gitlabProject), resp.Header.Get("X-Next-Page") != "", nil
	}
	v.Set("per_page", strconv.Itoa(cmp.Or(q.PerPage, 100)))
	v.Set("fork", strconv.FormatBool(q.Forks))
	if q.Forks {
		v.Del("fork") // "true" would list forks alone
	}
	for key, val := range map[string]string{"namespace": q.Namespace, "pattern": q.Pattern, "owner": q.Owner, "username": q.User} {
		if val != "" {
			v.Set(key, val)
		}
	}
	var raw struct {
		Projects   []pagureProject `json:"projects"`
		Pagination struct {
			Pages int     `json:"pages"`
			Next  *string `json:"next"`
		} `json:"pagination"`
	}
	if _, err := c.do(ctx, request{path: "/api/0/projects", query: v, out: &raw}); err != nil {
		return nil, false, err
	}
	return convert(raw.Projects, c.pagureProject), raw.Pagination.Next != nil, nil
}

func convert[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}

// Project reads one repository's record.
func (c *Client) Project(ctx context.Context, repo Repo) (Project, error) {
	forge, err := c.repoCall(ctx, "project", repo)
	if err != nil {
		return Project{}, err
	}
	switch forge {
	case Forgejo:
		var raw forgejoRepo
		_, err := c.do(ctx, request{path: "/api/v1/repos/" + forgejoPath(repo), out: &raw})
		return raw.project(), err
	case GitLab:
		var raw gitlabProject
		_, err := c.do(ctx, request{path: c.gitlabPath(repo), out: &raw})
		return c.gitlabProject(raw), err
	}
	var raw pagureProject
	_, err = c.do(ctx, request{path: c.pagurePath(repo), out: &raw})
	return c.pagureProject(raw), err
}

// Fork makes a fork of a repository for the token's user and returns it. A
// fork that exists already is returned as it is.
func (c *Client) Fork(ctx context.Context, repo Repo) (Project, error) {
	forge, err := c.repoCall(ctx, "fork", repo)
	if err != nil {
		return Project{}, err
	}
	switch forge {
	case Forgejo:
		var raw forgejoRepo
		_, err := c.do(ctx, request{method: "POST", path: "/api/v1/repos/" + forgejoPath(repo) + "/forks", in: struct{}{}, out: &raw})
		if errors.Is(err, ErrConflict) { // it exists
			user, werr := c.WhoAmI(ctx)
			if werr != nil {
				return Project{}, werr
			}
			repo.Fork = user
			return c.Project(ctx, repo)
		}
		return raw.project(), err
	case Pagure:
		user, err := c.WhoAmI(ctx)
		if err != nil {
			return Project{}, err
		}
		in := url.Values{"repo": {repo.Name}, "namespace": {repo.namespace()}, "wait": {"true"}}
		err = c.Do(ctx, "POST", "/api/0/fork", nil, in, nil)
		if err != nil && !strings.Contains(err.Error(), "already exists") {
			return Project{}, err
		}
		repo.Fork = user
		return c.Project(ctx, repo)
	}
	return Project{}, unsupported("fork", forge)
}

// WhoAmI returns the user name that the token belongs to.
func (c *Client) WhoAmI(ctx context.Context) (string, error) {
	forge, err := c.Forge(ctx)
	if err != nil {
		return "", err
	}
	var v struct {
		Username string `json:"username"`
		Login    string `json:"login"`
	}
	switch forge {
	case Forgejo:
		_, err = c.do(ctx, request{path: "/api/v1/user", out: &v})
	case GitLab:
		_, err = c.do(ctx, request{path: "/api/v4/user", out: &v})
	default:
		_, err = c.do(ctx, request{method: "POST", path: "/api/0/-/whoami", out: &v, again: true})
	}
	return cmp.Or(v.Username, v.Login), err
}

// repoCall checks a repository's name and finds the forge, before a call.
func (c *Client) repoCall(ctx context.Context, op string, repo Repo) (Forge, error) {
	if err := repo.Valid(); err != nil {
		return ForgeUnknown, &Error{Op: op, Msg: err.Error(), Err: ErrInvalid}
	}
	return c.Forge(ctx)
}

func unsupported(op string, f Forge) error {
	return &Error{Op: op, Msg: f.String() + " has no such call, or this client does not speak it", Err: ErrUnsupported}
}

func (c *Client) pagurePath(r Repo) string {
	p := r.namespace() + "/" + r.Name
	if r.Fork != "" {
		p = "fork/" + r.Fork + "/" + p
	}
	return "/api/0/" + escapePath(p)
}

func (c *Client) gitlabPath(r Repo) string { return "/api/v4/projects/" + c.Site().gitlabID(r) }

func (s Site) gitlabGroup(namespace string) string {
	if s.Group == "" || namespace == s.Group || strings.HasPrefix(namespace, s.Group+"/") {
		return namespace
	}
	return s.Group + "/" + namespace
}

// hasNext reports whether a Link header names a next page. The address in it
// is not followed: the next page is asked for by its number, of the same host.
func hasNext(link string) bool { return strings.Contains(link, `rel="next"`) }

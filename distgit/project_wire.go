// SPDX-License-Identifier: MIT

package distgit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

type pagureUser struct {
	Name string `json:"name"`
}

type pagureProject struct {
	Name         string              `json:"name"`
	Namespace    string              `json:"namespace"`
	Fullname     string              `json:"fullname"`
	Description  string              `json:"description"`
	URLPath      string              `json:"url_path"`
	FullURL      string              `json:"full_url"`
	Created      epochText           `json:"date_created"`
	User         pagureUser          `json:"user"`
	Parent       *pagureProject      `json:"parent"`
	AccessUsers  map[string][]string `json:"access_users"`
	AccessGroups map[string][]string `json:"access_groups"`
}

func (p *pagureProject) repo() Repo {
	r, err := ParseRepo(p.Fullname)
	if err != nil {
		r = Repo{Namespace: p.Namespace, Name: p.Name}
	}
	return r
}

func (c *Client) pagureProject(p pagureProject) Project {
	out := Project{
		Repo: p.repo(), Description: p.Description, Owner: p.User.Name, URL: p.FullURL, Created: p.Created.Time,
	}
	if out.URL == "" && p.URLPath != "" {
		out.URL = c.site.Root + "/" + p.URLPath
	}
	out.CloneURL = Site{Root: c.site.Root, Forge: Pagure}.CloneURL(out.Repo)
	if p.Parent != nil {
		out.Parent = p.Parent.repo()
	}
	return out
}

// epochText is a time as Pagure writes it: seconds since 1970, in a string.
type epochText struct{ time.Time }

// UnmarshalJSON reads a string of digits, a number, or null.
func (t *epochText) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "" || s == "null" {
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 1<<40 {
		return fmt.Errorf("time %s", b)
	}
	t.Time = time.Unix(int64(f), 0).UTC()
	return nil
}

type forgejoRepo struct {
	ID    int64 `json:"id"`
	Owner struct {
		Login string `json:"login"`
	} `json:"owner"`
	Name          string       `json:"name"`
	Description   string       `json:"description"`
	Empty         bool         `json:"empty"`
	Archived      bool         `json:"archived"`
	Fork          bool         `json:"fork"`
	Parent        *forgejoRepo `json:"parent"`
	DefaultBranch string       `json:"default_branch"`
	CloneURL      string       `json:"clone_url"`
	SSHURL        string       `json:"ssh_url"`
	HTMLURL       string       `json:"html_url"`
	Created       time.Time    `json:"created_at"`
}

// repo names a repository as this package does: a fork by its parent's
// namespace and its owner.
func (r forgejoRepo) repo() Repo {
	if r.Fork && r.Parent != nil {
		return Repo{Namespace: r.Parent.Owner.Login, Name: r.Name, Fork: r.Owner.Login}
	}
	return Repo{Namespace: r.Owner.Login, Name: r.Name}
}

func (r forgejoRepo) project() Project {
	p := Project{
		Repo: r.repo(), Description: r.Description, Default: r.DefaultBranch, Owner: r.Owner.Login, Empty: r.Empty, Archived: r.Archived,
		URL: r.HTMLURL, CloneURL: r.CloneURL, SSHURL: r.SSHURL, Created: realTime(r.Created),
	}
	if r.Parent != nil {
		p.Parent = r.Parent.repo()
	}
	return p
}

// realTime drops the zero times that Go servers write, year 1 and 1970.
func realTime(t time.Time) time.Time {
	if t.Unix() <= 0 {
		return time.Time{}
	}
	return t.UTC()
}

type gitlabProject struct {
	ID            int64     `json:"id"`
	Path          string    `json:"path"`
	FullPath      string    `json:"path_with_namespace"`
	Description   string    `json:"description"`
	DefaultBranch string    `json:"default_branch"`
	HTTPURL       string    `json:"http_url_to_repo"`
	SSHURL        string    `json:"ssh_url_to_repo"`
	WebURL        string    `json:"web_url"`
	Created       time.Time `json:"created_at"`
	Empty         bool      `json:"empty_repo"`
	Archived      bool      `json:"archived"`
	Parent        *struct {
		FullPath string `json:"path_with_namespace"`
	} `json:"forked_from_project"`
}

func (c *Client) gitlabProject(p gitlabProject) Project {
	out := Project{
		Repo: c.gitlabRepo(p.FullPath), Description: p.Description, Default: p.DefaultBranch, Empty: p.Empty, Archived: p.Archived,
		URL: p.WebURL, CloneURL: p.HTTPURL, SSHURL: p.SSHURL, Created: realTime(p.Created),
	}
	if i := strings.LastIndexByte(p.FullPath, '/'); i > 0 {
		out.Owner = p.FullPath[:i]
	}
	if p.Parent != nil {
		out.Parent = c.gitlabRepo(p.Parent.FullPath)
	}
	return out
}

// gitlabRepo names a project by its path, the client's group removed.
func (c *Client) gitlabRepo(path string) Repo {
	path = strings.TrimPrefix(path, c.site.Group+"/")
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return Repo{Name: path}
	}
	return Repo{Namespace: path[:i], Name: path[i+1:]}
}

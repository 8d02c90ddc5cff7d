// SPDX-License-Identifier: MIT

package distgit

import (
	"context"
	"net/url"
)

// What Pagure's dist-git plugin and Fedora's static lists know. Other forges
// answer ErrUnsupported.

// Orphan says whether a package has lost its owner, and why.
type Orphan struct {
	Orphaned     bool
	Reason, Info string
}

// Orphan reads whether a package is orphaned. Pagure only.
func (c *Client) Orphan(ctx context.Context, repo Repo) (Orphan, error) {
	var raw struct {
		Orphan bool   `json:"orphan"`
		Reason string `json:"reason"`
		Info   string `json:"reason_info"`
	}
	err := c.plugin(ctx, "GET", "orphan", repo, &raw)
	return Orphan{raw.Orphan, raw.Reason, raw.Info}, err
}

// Adopt takes an orphaned package for the token's user and returns the new
// contact. Pagure only.
func (c *Client) Adopt(ctx context.Context, repo Repo) (string, error) {
	var raw struct {
		Contact string `json:"point_of_contact"`
	}
	err := c.plugin(ctx, "POST", "take_orphan", repo, &raw)
	return raw.Contact, err
}

// Monitoring returns how upstream releases of a package are watched, such as
// "no-monitoring", "monitoring" or "monitoring-with-scratch". A monitoring.toml
// on the rawhide branch has precedence over it. Pagure only.
func (c *Client) Monitoring(ctx context.Context, repo Repo) (string, error) {
	var raw struct {
		Monitoring string `json:"monitoring"`
	}
	err := c.plugin(ctx, "GET", "anitya", repo, &raw)
	return raw.Monitoring, err
}

// Assignees returns who gets a package's bugs instead of its owner, for
// Fedora and for EPEL; empty where nobody else does. Pagure only.
func (c *Client) Assignees(ctx context.Context, repo Repo) (fedora, epel string, err error) {
	var raw struct {
		Fedora *string `json:"fedora_assignee"`
		EPEL   *string `json:"epel_assignee"`
	}
	err = c.plugin(ctx, "GET", "bzoverrides", repo, &raw)
	if raw.Fedora != nil {
		fedora = *raw.Fedora
	}
	if raw.EPEL != nil {
		epel = *raw.EPEL
	}
	return fedora, epel, err
}

func (c *Client) plugin(ctx context.Context, method, call string, repo Repo, out any) error {
	forge, err := c.repoCall(ctx, call, repo)
	if err != nil {
		return err
	}
	if forge != Pagure {
		return unsupported(call, forge)
	}
	r := request{method: method, path: "/_dg/" + call + "/" + escapePath(repo.namespace()+"/"+repo.Name), out: out}
	if method == "POST" {
		r.in = url.Values{}
	}
	_, err = c.do(ctx, r)
	return err
}

// AllMaintainers reads the server's list of every package and the people who
// may commit to it, groups left out; "orphan" among them marks an orphan. One
// request of some megabytes, cheaper than asking for each. Pagure only.
func (c *Client) AllMaintainers(ctx context.Context) (map[Repo][]string, error) {
	return extras[[]string](ctx, c, "pagure_owner_alias")
}

// AllBugMail reads the server's list of who gets mail about each package's
// bugs; groups begin with "@". Pagure only.
func (c *Client) AllBugMail(ctx context.Context) (map[Repo][]string, error) {
	return extras[[]string](ctx, c, "pagure_bz")
}

// Contact names the main contacts of a package.
type Contact struct {
	Admin  string `json:"admin"`
	Fedora string `json:"fedora"` // gets the bugs of Fedora
	EPEL   string `json:"epel"`   // gets the bugs of EPEL
}

// AllContacts reads the server's list of each package's main contacts. Pagure
// only.
func (c *Client) AllContacts(ctx context.Context) (map[Repo]Contact, error) {
	return extras[Contact](ctx, c, "pagure_poc")
}

func extras[T any](ctx context.Context, c *Client, name string) (map[Repo]T, error) {
	forge, err := c.Forge(ctx)
	if err != nil {
		return nil, err
	}
	if forge != Pagure {
		return nil, unsupported(name, forge)
	}
	var raw map[string]map[string]T
	if _, err := c.do(ctx, request{path: "/extras/" + name + ".json", out: &raw}); err != nil {
		return nil, err
	}
	out := map[Repo]T{}
	for ns, list := range raw {
		for pkg, v := range list {
			out[Repo{Namespace: ns, Name: pkg}] = v
		}
	}
	return out, nil
}

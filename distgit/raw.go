// SPDX-License-Identifier: MIT

package distgit

import (
	"context"
	"net/url"
	"strings"
)

// RawFile reads a file by the front end's raw address: the cheapest way to
// one file. ref is a branch or a full commit hash; a branch is a moving
// target, so resolve it first where that matters ([Client.Heads]). The error
// wraps [ErrNotFound] when there is none; Pagure says so of an empty file too.
// Symbolic links give the link's text.
func (c *Client) RawFile(ctx context.Context, repo Repo, ref, path string) ([]byte, error) {
	if err := repo.Valid(); err != nil {
		return nil, &Error{Op: "raw file", Msg: err.Error(), Err: ErrInvalid}
	}
	if ref == "" || path == "" || strings.Contains(path, "..") || strings.HasPrefix(path, "/") || strings.HasPrefix(ref, "-") {
		return nil, &Error{Op: "raw file", Msg: "want a ref, and a path within the repository", Err: ErrInvalid}
	}
	forge, err := c.Forge(ctx)
	if err != nil {
		return nil, err
	}
	var data []byte
	r := request{out: &data}
	site := c.Site()
	switch forge {
	case Forgejo:
		r.path = "/api/v1/repos/" + forgejoPath(repo) + "/raw/" + escapePath(path)
		r.query = url.Values{"ref": {ref}}
	case GitLab:
		r.path = "/api/v4/projects/" + site.gitlabID(repo) + "/repository/files/" + url.PathEscape(path) + "/raw"
		r.query = url.Values{"ref": {ref}}
	default:
		r.path = strings.TrimPrefix(site.WebURL(repo), site.Root) + "/raw/" + escapePath(ref) + "/f/" + escapePath(path)
	}
	_, err = c.do(ctx, r)
	return data, err
}

// forgejoPath is {owner}/{repository}: the namespace is an organization, a
// fork belongs to its user.
func forgejoPath(r Repo) string {
	if r.Fork != "" {
		return escapePath(r.Fork + "/" + r.Name)
	}
	return escapePath(r.namespace() + "/" + r.Name)
}

// gitlabID is the project's path as one escaped segment.
func (s Site) gitlabID(r Repo) string {
	s.Forge = GitLab
	p, err := url.PathUnescape(s.gitPath(r))
	if err != nil {
		p = s.gitPath(r)
	}
	return url.PathEscape(p)
}

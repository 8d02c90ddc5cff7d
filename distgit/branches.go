// SPDX-License-Identifier: MIT

package distgit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// BranchHead is a branch with what the web front end says of it.
type BranchHead struct {
	Name    string
	Commit  string
	Default bool
	// Protected says that pushes are restricted, where the forge tells.
	Protected bool
}

// Branches lists a repository's branches. An empty repository has none. With
// Forgejo the list comes from its database, which may lag behind git; see
// [Client.Heads].
func (c *Client) Branches(ctx context.Context, repo Repo) iter.Seq2[BranchHead, error] {
	return func(yield func(BranchHead, error) bool) {
		forge, err := c.repoCall(ctx, "branches", repo)
		if err != nil {
			yield(BranchHead{}, err)
			return
		}
		read := map[Forge]func(int) ([]BranchHead, bool, error){
			Pagure:  func(int) ([]BranchHead, bool, error) { return c.pagureBranches(ctx, repo) },
			Forgejo: func(page int) ([]BranchHead, bool, error) { return c.forgejoBranches(ctx, repo, page) },
			GitLab:  func(page int) ([]BranchHead, bool, error) { return c.gitlabBranches(ctx, repo, page) },
		}[forge]
		for b, err := range pages(1, read) {
			if !yield(b, err) {
				return
			}
		}
	}
}

// pagureList is Pagure's branch list in its two forms: names, and with
// commits objects from name to hash.
type pagureList struct {
	Branches json.RawMessage `json:"branches"`
	Default  json.RawMessage `json:"default"`
}

func (l pagureList) read() (names []string, commits map[string]string, def string, err error) {
	if json.Unmarshal(l.Branches, &commits) == nil {
		names = sortedKeys(commits)
	} else if err = json.Unmarshal(l.Branches, &names); err != nil {
		return nil, nil, "", fmt.Errorf("branches: %w", err)
	}
	var object map[string]string
	if len(l.Default) > 0 && json.Unmarshal(l.Default, &object) == nil {
		for n := range object { // one, or none while unborn
			def = n
		}
	} else if len(l.Default) > 0 {
		err = json.Unmarshal(l.Default, &def)
	}
	return names, commits, def, err
}

func (c *Client) pagureBranches(ctx context.Context, repo Repo) ([]BranchHead, bool, error) {
	var raw pagureList
	path := c.pagurePath(repo) + "/git/branches"
	_, err := c.do(ctx, request{path: path, query: url.Values{"with_commits": {"1"}}, out: &raw})
	if err != nil {
		return nil, false, err
	}
	names, commits, def, err := raw.read()
	if err != nil {
		return nil, false, &Error{Op: "GET " + path, Msg: "answer does not decode", Err: err}
	}
	out := make([]BranchHead, len(names))
	for i, n := range names {
		out[i] = BranchHead{Name: n, Commit: commits[n], Default: n == def}
	}
	return out, false, nil
}

func (c *Client) forgejoBranches(ctx context.Context, repo Repo, page int) ([]BranchHead, bool, error) {
	var raw []struct {
		Name   string `json:"name"`
		Commit *struct {
			ID string `json:"id"`
		} `json:"commit"`
		Protected bool `json:"protected"`
	}
	q := url.Values{"page": {strconv.Itoa(page)}, "limit": {"50"}}
	resp, err := c.do(ctx, request{path: "/api/v1/repos/" + forgejoPath(repo) + "/branches", query: q, out: &raw})
	if err != nil {
		return nil, false, err
	}
	out := make([]BranchHead, len(raw)) // an empty repository answers null
	for i, b := range raw {
		out[i] = BranchHead{Name: b.Name, Protected: b.Protected}
		if b.Commit != nil {
			out[i].Commit = b.Commit.ID
		}
	}
	return out, hasNext(resp.Header.Get("Link")), nil
}

func (c *Client) gitlabBranches(ctx context.Context, repo Repo, page int) ([]BranchHead, bool, error) {
	var raw []struct {
		Name   string `json:"name"`
		Commit struct {
			ID string `json:"id"`
		} `json:"commit"`
		Protected bool `json:"protected"`
		Default   bool `json:"default"`
	}
	q := url.Values{"page": {strconv.Itoa(page)}, "per_page": {"100"}}
	resp, err := c.do(ctx, request{path: c.gitlabPath(repo) + "/repository/branches", query: q, out: &raw})
	if err != nil {
		return nil, false, err
	}
	out := make([]BranchHead, len(raw))
	for i, b := range raw {
		out[i] = BranchHead{Name: b.Name, Commit: b.Commit.ID, Protected: b.Protected, Default: b.Default}
	}
	return out, resp.Header.Get("X-Next-Page") != "", nil
}

type forgejoRef struct {
	Ref    string `json:"ref"`
	Object struct {
		Type string `json:"type"`
		SHA  string `json:"sha"`
	} `json:"object"`
}

// Heads returns where all branches point: what git ls-remote says, in one
// request with Pagure and Forgejo. An empty repository has no branches and is
// no error.
func (c *Client) Heads(ctx context.Context, repo Repo) (Heads, error) {
	h := Heads{Repo: repo, Branches: map[string]string{}}
	forge, err := c.repoCall(ctx, "heads", repo)
	if err != nil {
		return h, err
	}
	if forge == Forgejo { // from the refs themselves, not paged
		refs, err := c.forgejoRefs(ctx, repo, "heads")
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) {
			// No refs looks like no repository.
			p, perr := c.Project(ctx, repo)
			if perr == nil && p.Empty {
				return h, nil
			}
		}
		for _, r := range refs {
			h.Branches[ShortRef(r.Ref)] = r.Object.SHA
		}
		return h, err
	}
	for b, err := range c.Branches(ctx, repo) {
		if err != nil {
			return h, err
		}
		h.Branches[b.Name] = b.Commit
		if b.Default {
			h.Default = b.Name
		}
	}
	return h, nil
}

func (c *Client) forgejoRefs(ctx context.Context, repo Repo, prefix string) ([]forgejoRef, error) {
	var refs []forgejoRef
	_, err := c.do(ctx, request{path: "/api/v1/repos/" + forgejoPath(repo) + "/git/refs/" + escapePath(prefix), out: &refs})
	return refs, err
}

// Head returns the commit of one branch. The error wraps [ErrNotFound] when
// there is no such repository or branch.
func (c *Client) Head(ctx context.Context, repo Repo, branch string) (string, error) {
	if branch == "" {
		return "", &Error{Op: "head", Msg: "no branch", Err: ErrInvalid}
	}
	forge, err := c.repoCall(ctx, "head", repo)
	if err != nil {
		return "", err
	}
	missing := &Error{Op: "head " + repo.String(), Msg: "no branch " + branch, Err: ErrNotFound}
	switch forge {
	case Forgejo:
		refs, err := c.forgejoRefs(ctx, repo, "heads/"+branch)
		if err != nil {
			return "", err
		}
		// The server filters by prefix: epel9 brings epel9-next too.
		i := slices.IndexFunc(refs, func(r forgejoRef) bool { return r.Ref == "refs/heads/"+branch })
		if i < 0 {
			return "", missing
		}
		return refs[i].Object.SHA, nil
	case GitLab:
		var raw struct {
			Commit struct {
				ID string `json:"id"`
			} `json:"commit"`
		}
		_, err := c.do(ctx, request{path: c.gitlabPath(repo) + "/repository/branches/" + url.PathEscape(branch), out: &raw})
		return raw.Commit.ID, err
	}
	list, _, err := c.pagureBranches(ctx, repo)
	if err != nil {
		return "", err
	}
	for _, b := range list {
		if b.Name == branch && b.Commit != "" {
			return b.Commit, nil
		}
	}
	return "", missing
}

// CreateBranch makes a branch at a commit or another branch. The error wraps
// [ErrConflict] when it exists.
func (c *Client) CreateBranch(ctx context.Context, repo Repo, name, from string) error {
	if name == "" || from == "" {
		return &Error{Op: "create branch", Msg: "want a name and what to start from", Err: ErrInvalid}
	}
	forge, err := c.repoCall(ctx, "create branch", repo)
	if err != nil {
		return err
	}
	switch forge {
	case Forgejo:
		in := map[string]string{"new_branch_name": name, "old_ref_name": from}
		return c.Do(ctx, "POST", "/api/v1/repos/"+forgejoPath(repo)+"/branches", nil, in, nil)
	case GitLab:
		in := map[string]string{"branch": name, "ref": from}
		return c.Do(ctx, "POST", c.gitlabPath(repo)+"/repository/branches", nil, in, nil)
	}
	in := url.Values{"branch": {name}, "from_branch": {from}}
	if isHash(from) {
		in = url.Values{"branch": {name}, "from_commit": {from}}
	}
	err = c.Do(ctx, "POST", c.pagurePath(repo)+"/git/branch", nil, in, nil)
	var e *Error
	if errors.As(err, &e) && strings.Contains(e.Msg, "already exists") {
		e.Err = ErrConflict
	}
	return err
}

// Aliases returns the branches that stand for others by a symbolic ref, alias
// to target, in short names. Only Pagure tells.
func (c *Client) Aliases(ctx context.Context, repo Repo) (map[string]string, error) {
	forge, err := c.repoCall(ctx, "aliases", repo)
	if err != nil {
		return nil, err
	}
	if forge != Pagure {
		return nil, unsupported("aliases", forge)
	}
	var raw map[string]string
	if _, err := c.do(ctx, request{path: c.pagurePath(repo) + "/git/alias", out: &raw}); err != nil {
		return nil, err
	}
	out := make(map[string]string, len(raw))
	for a, t := range raw {
		out[ShortRef(a)] = ShortRef(t)
	}
	return out, nil
}

// isHash reports whether s is a full object name, of SHA-1 or SHA-256.
func isHash(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// SPDX-License-Identifier: MIT

package distgit

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// PullState is the state of a pull request.
type PullState string

// The states, in this package's words.
const (
	PullOpen   PullState = "open"
	PullMerged PullState = "merged"
	PullClosed PullState = "closed" // without a merge
)

// PullRequest is a request to take commits into a branch; with GitLab a merge
// request.
type PullRequest struct {
	ID     int // counted within the repository
	Title  string
	Body   string
	State  PullState
	Author string
	// From is the branch it comes from, FromFork the owner of the fork that
	// has it; empty for a branch of the same repository, or a fork that is
	// gone.
	From, FromFork string
	To             string // the branch it is for
	Commit         string // the tip of From, where the forge says
	Merge          string // the commit that merged it, where the forge says
	URL            string // the page
	Created        time.Time
}

// PullQuery chooses pull requests.
type PullQuery struct {
	State  PullState // empty is open; "all" is all
	Author string    // with Pagure and Forgejo
	Page   int       // first page to read, from 1; 0 is 1
}

// PullRequests lists pull requests over all pages, newest first.
func (c *Client) PullRequests(ctx context.Context, repo Repo, q PullQuery) iter.Seq2[PullRequest, error] {
	return pages(q.Page, func(page int) ([]PullRequest, bool, error) {
		forge, err := c.repoCall(ctx, "pull requests", repo)
		if err != nil {
			return nil, false, err
		}
		v := url.Values{"page": {strconv.Itoa(page)}}
		switch forge {
		case Forgejo:
			v.Set("limit", "50")
			v.Set("state", map[PullState]string{"": "open", PullMerged: "closed"}[q.State])
			if v.Get("state") == "" {
				v.Set("state", string(q.State))
			}
			if q.Author != "" {
				v.Set("poster", q.Author)
			}
			var raw []forgejoPull
			resp, err := c.do(ctx, request{path: "/api/v1/repos/" + forgejoPath(repo) + "/pulls", query: v, out: &raw})
			if err != nil {
				return nil, false, err
			}
			return keepPulls(convert(raw, forgejoPull.pull), q), hasNext(resp.Header.Get("Link")), nil
		case GitLab:
			v.Set("per_page", "100")
			if q.State != "all" {
				v.Set("state", map[PullState]string{"": "opened", PullOpen: "opened", PullMerged: "merged", PullClosed: "closed"}[q.State])
			}
			if q.Author != "" {
				v.Set("author_username", q.Author)
			}
			var raw []gitlabMerge
			resp, err := c.do(ctx, request{path: c.gitlabPath(repo) + "/merge_requests", query: v, out: &raw})
			if err != nil {
				return nil, false, err
			}
			return convert(raw, gitlabMerge.pull), resp.Header.Get("X-Next-Page") != "", nil
		}
		v.Set("per_page", "100")
		v.Set("status", map[PullState]string{"": "Open", PullOpen: "Open", PullMerged: "Merged", PullClosed: "Closed", "all": "All"}[q.State])
		if q.Author != "" {
			v.Set("author", q.Author)
		}
		var raw struct {
			Requests   []pagurePull `json:"requests"`
			Pagination struct {
				Next *string `json:"next"`
			} `json:"pagination"`
		}
		if _, err := c.do(ctx, request{path: c.pagurePath(repo) + "/pull-requests", query: v, out: &raw}); err != nil {
			return nil, false, err
		}
		return keepPulls(convert(raw.Requests, c.pagurePull), q), raw.Pagination.Next != nil, nil
	})
}

// keepPulls drops what a forge's filter is too coarse for.
func keepPulls(list []PullRequest, q PullQuery) []PullRequest {
	if q.State == "" || q.State == "all" {
		return list
	}
	out := list[:0]
	for _, p := range list {
		if p.State == q.State {
			out = append(out, p)
		}
	}
	return out
}

// PullRequest reads one pull request.
func (c *Client) PullRequest(ctx context.Context, repo Repo, id int) (PullRequest, error) {
	forge, err := c.repoCall(ctx, "pull request", repo)
	if err != nil {
		return PullRequest{}, err
	}
	switch n := strconv.Itoa(id); forge {
	case Forgejo:
		var raw forgejoPull
		_, err := c.do(ctx, request{path: "/api/v1/repos/" + forgejoPath(repo) + "/pulls/" + n, out: &raw})
		return raw.pull(), err
	case GitLab:
		var raw gitlabMerge
		_, err := c.do(ctx, request{path: c.gitlabPath(repo) + "/merge_requests/" + n, out: &raw})
		return raw.pull(), err
	default:
		var raw pagurePull
		_, err := c.do(ctx, request{path: c.pagurePath(repo) + "/pull-request/" + n, out: &raw})
		return c.pagurePull(raw), err
	}
}

// CreatePullRequest asks for a branch (of p.FromFork's fork, or of the
// repository itself) to be taken into p.To. Title, From and To are required.
// The error wraps [ErrConflict] when the same request is open with Forgejo and
// GitLab.
func (c *Client) CreatePullRequest(ctx context.Context, repo Repo, p PullRequest) (PullRequest, error) {
	if p.Title == "" || p.From == "" || p.To == "" {
		return PullRequest{}, &Error{Op: "create pull request", Msg: "want a title and both branches", Err: ErrInvalid}
	}
	forge, err := c.repoCall(ctx, "create pull request", repo)
	if err != nil {
		return PullRequest{}, err
	}
	switch forge {
	case Forgejo:
		head := p.From
		if p.FromFork != "" {
			head = p.FromFork + ":" + p.From
		}
		var raw forgejoPull
		in := map[string]string{"title": p.Title, "head": head, "base": p.To, "body": p.Body}
		_, err := c.do(ctx, request{method: "POST", path: "/api/v1/repos/" + forgejoPath(repo) + "/pulls", in: in, out: &raw})
		return raw.pull(), err
	case GitLab:
		if p.FromFork != "" { // it would be a call on the fork, with the target's number
			return PullRequest{}, unsupported("create pull request from a fork", forge)
		}
		var raw gitlabMerge
		in := map[string]string{"title": p.Title, "source_branch": p.From, "target_branch": p.To, "description": p.Body}
		_, err := c.do(ctx, request{method: "POST", path: c.gitlabPath(repo) + "/merge_requests", in: in, out: &raw})
		return raw.pull(), err
	}
	in := url.Values{"title": {p.Title}, "branch_from": {p.From}, "branch_to": {p.To}, "initial_comment": {p.Body}}
	if p.FromFork != "" {
		in.Set("repo_from", repo.Name)
		in.Set("repo_from_username", p.FromFork)
		in.Set("repo_from_namespace", repo.namespace())
	}
	var raw pagurePull
	_, err = c.do(ctx, request{method: "POST", path: c.pagurePath(repo) + "/pull-request/new", in: in, out: &raw})
	return c.pagurePull(raw), err
}

type pagurePull struct {
	ID         int            `json:"id"`
	Title      string         `json:"title"`
	Body       string         `json:"initial_comment"`
	Status     string         `json:"status"`
	User       pagureUser     `json:"user"`
	From       string         `json:"branch_from"`
	To         string         `json:"branch"`
	Stop       string         `json:"commit_stop"`
	RepoFrom   *pagureProject `json:"repo_from"`
	FullURL    string         `json:"full_url"`
	Created    epochText      `json:"date_created"`
	MergeState string         `json:"cached_merge_status"`
}

func (c *Client) pagurePull(p pagurePull) PullRequest {
	out := PullRequest{
		ID: p.ID, Title: p.Title, Body: p.Body, State: PullState(strings.ToLower(p.Status)), Author: p.User.Name,
		From: p.From, To: p.To, Commit: p.Stop, URL: p.FullURL, Created: p.Created.Time,
	}
	if p.RepoFrom != nil {
		out.FromFork = p.RepoFrom.repo().Fork
	}
	return out
}

type forgejoPull struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	State  string `json:"state"`
	Merged bool   `json:"merged"`
	User   *struct {
		Login string `json:"login"`
	} `json:"user"`
	Base, Head struct {
		Ref  string       `json:"ref"`
		SHA  string       `json:"sha"`
		Repo *forgejoRepo `json:"repo"`
	}
	MergeCommit *string    `json:"merge_commit_sha"`
	HTMLURL     string     `json:"html_url"`
	Created     *time.Time `json:"created_at"`
}

func (p forgejoPull) pull() PullRequest {
	out := PullRequest{
		ID: p.Number, Title: p.Title, Body: p.Body, State: PullState(p.State),
		From: p.Head.Ref, To: p.Base.Ref, Commit: p.Head.SHA, URL: p.HTMLURL,
	}
	if p.Merged {
		out.State = PullMerged
	}
	if p.User != nil {
		out.Author = p.User.Login
	}
	if r := p.Head.Repo; r != nil && p.Base.Repo != nil && r.ID != p.Base.Repo.ID {
		out.FromFork = r.Owner.Login
	}
	if p.MergeCommit != nil {
		out.Merge = *p.MergeCommit
	}
	if p.Created != nil {
		out.Created = realTime(*p.Created)
	}
	return out
}

type gitlabMerge struct {
	IID    int    `json:"iid"`
	Title  string `json:"title"`
	Body   string `json:"description"`
	State  string `json:"state"`
	Author struct {
		Username string `json:"username"`
	} `json:"author"`
	Source      string    `json:"source_branch"`
	Target      string    `json:"target_branch"`
	SHA         string    `json:"sha"`
	MergeCommit *string   `json:"merge_commit_sha"`
	WebURL      string    `json:"web_url"`
	Created     time.Time `json:"created_at"`
}

func (m gitlabMerge) pull() PullRequest {
	out := PullRequest{
		ID: m.IID, Title: m.Title, Body: m.Body, State: PullState(m.State), Author: m.Author.Username,
		From: m.Source, To: m.Target, Commit: m.SHA, URL: m.WebURL, Created: realTime(m.Created),
	}
	if m.State == "opened" || m.State == "locked" {
		out.State = PullOpen
	}
	if m.MergeCommit != nil {
		out.Merge = *m.MergeCommit
	}
	return out
}

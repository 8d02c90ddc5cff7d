// SPDX-License-Identifier: MIT

package distgit

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Person is the author or committer of a commit. Pagure gives names only.
type Person struct {
	Name, Email string
}

// Commit is a commit as the web front end shows it.
type Commit struct {
	Hash              string
	Message           string
	Author, Committer Person
	// When is the committer's date in UTC: a client's clock, not the time of
	// the push.
	When    time.Time
	Tree    string // empty with GitLab
	Parents []string
	Files   []ChangedFile // only from [Client.Commits] with CommitQuery.Files
}

// ChangedFile is a file that a commit touched.
type ChangedFile struct {
	Path   string
	Status string // "added", "modified", "removed"
}

// Commit reads one commit by its full hash.
func (c *Client) Commit(ctx context.Context, repo Repo, hash string) (Commit, error) {
	if !isHash(hash) {
		return Commit{}, &Error{Op: "commit", Msg: "want a full commit hash", Err: ErrInvalid}
	}
	forge, err := c.repoCall(ctx, "commit", repo)
	if err != nil {
		return Commit{}, err
	}
	switch forge {
	case Forgejo:
		var raw forgejoCommit
		q := url.Values{"stat": {"false"}, "files": {"false"}, "verification": {"false"}}
		_, err := c.do(ctx, request{path: "/api/v1/repos/" + forgejoPath(repo) + "/git/commits/" + hash, query: q, out: &raw})
		return raw.commit(), err
	case GitLab:
		var raw gitlabCommit
		_, err := c.do(ctx, request{path: c.gitlabPath(repo) + "/repository/commits/" + hash, out: &raw})
		return raw.commit(), err
	}
	var raw struct {
		Author    string   `json:"author"`
		Committer string   `json:"committer"`
		Time      int64    `json:"commit_time"`
		Hash      string   `json:"hash"`
		Message   string   `json:"message"`
		Parents   []string `json:"parent_ids"`
		Tree      string   `json:"tree_id"`
	}
	_, err = c.do(ctx, request{path: c.pagurePath(repo) + "/c/" + hash + "/info", out: &raw})
	if err != nil {
		return Commit{}, err
	}
	return Commit{
		Hash: raw.Hash, Message: raw.Message, Author: Person{Name: raw.Author}, Committer: Person{Name: raw.Committer},
		When: time.Unix(raw.Time, 0).UTC(), Tree: raw.Tree, Parents: raw.Parents,
	}, nil
}

// CommitQuery chooses commits.
type CommitQuery struct {
	Ref   string // branch, tag or hash; empty is the default branch
	Path  string // only commits that touch it
	Files bool   // with the changed files; Forgejo only, and slow there
	Page  int    // first page to read, from 1; 0 is 1
}

// Commits lists the commits of a ref, newest first, over all pages. Pagure has
// no such call ([ErrUnsupported]): history needs git there. An empty
// repository has none.
func (c *Client) Commits(ctx context.Context, repo Repo, q CommitQuery) iter.Seq2[Commit, error] {
	return pages(q.Page, func(page int) ([]Commit, bool, error) {
		forge, err := c.repoCall(ctx, "commits", repo)
		if err != nil {
			return nil, false, err
		}
		v := url.Values{"page": {strconv.Itoa(page)}}
		if q.Path != "" {
			v.Set("path", q.Path)
		}
		switch forge {
		case Forgejo:
			v.Set("stat", "false")
			v.Set("verification", "false")
			v.Set("files", strconv.FormatBool(q.Files))
			v.Set("limit", "50")
			if q.Ref != "" {
				v.Set("sha", q.Ref)
			}
			var raw []forgejoCommit
			resp, err := c.do(ctx, request{path: "/api/v1/repos/" + forgejoPath(repo) + "/commits", query: v, out: &raw})
			if err != nil {
				var e *Error
				if errors.As(err, &e) && e.Status == http.StatusConflict { // "Git Repository is empty."
					return nil, false, nil
				}
				return nil, false, err
			}
			return convert(raw, forgejoCommit.commit), resp.Header.Get("X-HasMore") == "true" || hasNext(resp.Header.Get("Link")), nil
		case GitLab:
			v.Set("per_page", "100")
			if q.Ref != "" {
				v.Set("ref_name", q.Ref)
			}
			var raw []gitlabCommit
			resp, err := c.do(ctx, request{path: c.gitlabPath(repo) + "/repository/commits", query: v, out: &raw})
			if err != nil {
				return nil, false, err
			}
			return convert(raw, gitlabCommit.commit), resp.Header.Get("X-Next-Page") != "", nil
		}
		return nil, false, unsupported("commits", forge)
	})
}

type forgejoPerson struct {
	Name  string    `json:"name"`
	Email string    `json:"email"`
	Date  time.Time `json:"date"`
}

type forgejoCommit struct {
	SHA    string `json:"sha"`
	Commit struct {
		Message   string        `json:"message"`
		Author    forgejoPerson `json:"author"`
		Committer forgejoPerson `json:"committer"`
		Tree      struct {
			SHA string `json:"sha"`
		} `json:"tree"`
	} `json:"commit"`
	Parents []struct {
		SHA string `json:"sha"`
	} `json:"parents"`
	Files []struct {
		Filename string `json:"filename"`
		Status   string `json:"status"`
	} `json:"files"`
}

func (f forgejoCommit) commit() Commit {
	c := Commit{
		Hash: f.SHA, Message: f.Commit.Message, When: f.Commit.Committer.Date.UTC(), Tree: f.Commit.Tree.SHA,
		Author:    Person{f.Commit.Author.Name, f.Commit.Author.Email},
		Committer: Person{f.Commit.Committer.Name, f.Commit.Committer.Email},
	}
	for _, p := range f.Parents {
		c.Parents = append(c.Parents, p.SHA)
	}
	for _, x := range f.Files {
		c.Files = append(c.Files, ChangedFile{x.Filename, x.Status})
	}
	return c
}

type gitlabCommit struct {
	ID             string    `json:"id"`
	Message        string    `json:"message"`
	AuthorName     string    `json:"author_name"`
	AuthorEmail    string    `json:"author_email"`
	CommitterName  string    `json:"committer_name"`
	CommitterEmail string    `json:"committer_email"`
	Committed      time.Time `json:"committed_date"`
	Parents        []string  `json:"parent_ids"`
}

func (g gitlabCommit) commit() Commit {
	return Commit{
		Hash: g.ID, Message: g.Message, When: g.Committed.UTC(), Parents: g.Parents,
		Author: Person{g.AuthorName, g.AuthorEmail}, Committer: Person{g.CommitterName, g.CommitterEmail},
	}
}

// SPDX-License-Identifier: MIT

package git

import (
	"context"
	"errors"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// LogCommit is a commit of a branch's history.
type LogCommit struct {
	Hash              string
	Parents           []string
	Author, Committer Signature
	Authored          time.Time // UTC
	When              time.Time // the committer's date, UTC: a client's clock, not the time of the push
	Message           string
	// Reason is what the commit's [ReasonTrailer] says; empty without one.
	Reason string
}

// Log returns the commits of a ref along first parents, the tip first. limit
// bounds how many; 0 takes the whole history, which is fetched at once: where
// the server can, without files.
func (c *Client) Log(ctx context.Context, repo distgit.Repo, ref string, limit int) ([]LogCommit, error) {
	if limit < 0 {
		return nil, &Error{Op: "log", Repo: repo, Ref: ref, Msg: "negative limit", Err: ErrInvalid}
	}
	var snap *snapshot
	err := c.reading(ctx, func(ctx context.Context) (err error) {
		snap, err = c.fetchWith(ctx, repo, ref, fetchOptions{depth: limit, commitsOnly: true})
		return err
	})
	if err != nil {
		return nil, at(err, "log", repo, ref)
	}
	var out []LogCommit
	for h := snap.tip; limit == 0 || len(out) < limit; {
		oc, err := getCommit(snap.objs, h)
		if errors.Is(err, plumbing.ErrObjectNotFound) && len(out) > 0 {
			break // a shallow fetch, or a shallow repository
		}
		if err != nil {
			return nil, at(err, "log", repo, ref)
		}
		out = append(out, logCommit(oc))
		if len(oc.ParentHashes) == 0 {
			break
		}
		h = oc.ParentHashes[0]
	}
	return out, nil
}

func logCommit(oc *object.Commit) LogCommit {
	l := LogCommit{
		Hash: oc.Hash.String(), Message: oc.Message, Reason: findReason(oc.Message),
		Author: Signature{oc.Author.Name, oc.Author.Email}, Committer: Signature{oc.Committer.Name, oc.Committer.Email},
		Authored: oc.Author.When.UTC(), When: oc.Committer.When.UTC(),
	}
	for _, p := range oc.ParentHashes {
		l.Parents = append(l.Parents, p.String())
	}
	return l
}

// FirstParents returns what [distgit.GuessHistory] takes: the commits of a
// branch along first parents with their committers' dates, the tip first. A
// limit of 0 takes all.
func (c *Client) FirstParents(ctx context.Context, repo distgit.Repo, ref string, limit int) ([]distgit.DatedCommit, error) {
	log, err := c.Log(ctx, repo, ref, limit)
	if err != nil {
		return nil, err
	}
	out := make([]distgit.DatedCommit, len(log))
	for i, l := range log {
		out[i] = distgit.DatedCommit{Hash: l.Hash, When: l.When}
	}
	return out, nil
}

// SPDX-License-Identifier: MIT

package git

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// ReasonTrailer is the trailer that carries a commit's reason:
// "Rebuild-Reason: <id>" in the last paragraph of the message.
const ReasonTrailer = "Rebuild-Reason"

// Signature is a person or a service in a commit.
type Signature struct {
	Name, Email string
}

// String returns "Name <mail>".
func (s Signature) String() string { return s.Name + " <" + s.Email + ">" }

func (s Signature) check(what string) error {
	if s.Name == "" || s.Email == "" || strings.ContainsAny(s.Name+s.Email, "<>\n\r\x00") {
		return fmt.Errorf("%s %q <%q>: want a name and a mail address", what, s.Name, s.Email)
	}
	return nil
}

// CommitRequest asks for one commit on one branch.
type CommitRequest struct {
	Repo   distgit.Repo
	Branch string // short name; required, the branch must exist
	// Author is on whose behalf; Committer is who does it, the author if zero.
	Author, Committer Signature
	// Message is the commit message; its first line is what %autochangelog
	// makes a changelog entry of. Required.
	Message string
	// Reason is an id of why the commit is made, without blanks. It is written
	// as a [ReasonTrailer], and a branch that has a commit with the same reason
	// among its latest (see [WithLookBack]) is not committed to again. Empty
	// means that nothing prevents a second commit.
	Reason string
	// Expect, if set, is the commit the branch must be at; if it is elsewhere
	// the error is [ErrRaced] and nothing is retried.
	Expect string
	// Files are new contents by path, Remove are paths to remove. Neither
	// makes an empty commit.
	Files  map[string][]byte
	Remove []string
	// DryRun makes everything but the push.
	DryRun bool
}

// Outcome says what became of a request for a commit.
type Outcome int

// The outcomes.
const (
	// Pushed means that the commit was made and the branch moved to it.
	Pushed Outcome = iota
	// AlreadyDone means that a commit with the same reason was found, made by
	// an earlier attempt or another process; nothing was pushed.
	AlreadyDone
	// Planned means that nothing was pushed since a dry run was asked for.
	Planned
)

var outcomeNames = []string{"pushed", "already done", "planned"}

// String returns "pushed", "already done" or "planned".
func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomeNames) {
		return "Outcome(" + itoa(int(o)) + ")"
	}
	return outcomeNames[o]
}

// MarshalText returns [Outcome.String].
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what [Outcome.String] gives.
func (o *Outcome) UnmarshalText(text []byte) error {
	i := slices.Index(outcomeNames, string(text))
	if i < 0 {
		return &Error{Op: "parse outcome", Msg: fmt.Sprintf("unknown outcome %q", text), Err: ErrInvalid}
	}
	*o = Outcome(i)
	return nil
}

// Commit is a commit made, found or planned.
type Commit struct {
	Repo    distgit.Repo
	Branch  string
	Hash    string // for a dry run: what the commit would have been called
	Parent  string
	Outcome Outcome
	// Attempts is how many commits were made to get one in: 1 unless others
	// were faster.
	Attempts int
	Message  string
	// Files are the paths that differ from the parent, in order; empty for an
	// empty commit and for one that was found.
	Files []string
	// Diff is the change in git's unified form; empty for an empty commit and
	// for one that was found.
	Diff string
}

// change is what an edit wants done to a tree: contents by path, nil to
// remove.
type change map[string][]byte

// Commit makes one commit and pushes it. When somebody else is faster, all is
// read and made anew on top of theirs, a bounded number of times (see
// [WithAttempts]). A push whose answer was lost is looked up before anything
// is repeated.
//
// Errors wrap [ErrInvalid] for requests that can't be right, [ErrNotFound] for
// a repository or branch that is not there, [ErrUnauthorized], [ErrForbidden],
// [ErrRejected] or [ErrProtected] when the server refuses, [ErrRaced] when
// others were faster every time; the repository is then as it was. Only
// [ErrUnavailable] leaves open whether the commit was taken: the same request
// with its reason finds out.
func (c *Client) Commit(ctx context.Context, req CommitRequest) (Commit, error) {
	edit := change{}
	for path, content := range req.Files {
		if content == nil {
			content = []byte{}
		}
		edit[path] = content
	}
	for _, path := range req.Remove {
		if _, ok := edit[path]; ok {
			return Commit{}, &Error{Op: "commit", Repo: req.Repo, Ref: req.Branch, Path: path, Msg: "both written and removed", Err: ErrInvalid}
		}
		edit[path] = nil
	}
	paths := slices.Sorted(maps.Keys(edit))
	for i, path := range paths {
		err := validPath(path)
		if err == nil && i > 0 && strings.HasPrefix(path, paths[i-1]+"/") {
			err = fmt.Errorf("%q is below the file %q", path, paths[i-1])
		}
		if err != nil {
			return Commit{}, &Error{Op: "commit", Repo: req.Repo, Ref: req.Branch, Path: path, Msg: err.Error(), Err: ErrInvalid}
		}
	}
	done, err := c.commit(ctx, req, func(*Tree, time.Time) (change, error) { return edit, nil })
	return done, at(err, "commit", req.Repo, req.Branch)
}

// commit is the loop: read, edit, make, push, and again when others were
// faster.
func (c *Client) commit(ctx context.Context, req CommitRequest, edit func(*Tree, time.Time) (change, error)) (Commit, error) {
	if err := req.check(); err != nil {
		return Commit{}, err
	}
	lock := c.lock(req.Repo, req.Branch)
	select {
	case lock <- struct{}{}:
		defer func() { <-lock }()
	case <-ctx.Done():
		return Commit{}, context.Cause(ctx)
	}
	var made []plumbing.Hash // commits whose push got no answer
	var lost error           // why the last attempt did not get in
	for n := 1; n <= c.cfg.attempts; n++ {
		if n > 1 && !c.pause(ctx, n-2, 0) {
			if ctx.Err() != nil {
				return Commit{}, context.Cause(ctx)
			}
			break
		}
		done, pushed, err := c.attempt(ctx, req, edit, made, n)
		if err == nil {
			return done, nil
		}
		c.logAttempt(ctx, req, n, err)
		switch {
		case errors.Is(err, ErrRaced) && req.Expect == "":
		case errors.Is(err, errUnknown):
			made = append(made, pushed)
		default:
			return Commit{}, err
		}
		lost = err
	}
	if errors.Is(lost, errUnknown) {
		return Commit{}, &Error{Msg: fmt.Sprintf("no answer to a push, and the commit was not seen since (%d attempts)", c.cfg.attempts), Err: fmt.Errorf("%w: %w", ErrUnavailable, lost)}
	}
	return Commit{}, &Error{Msg: fmt.Sprintf("others were faster %d times", c.cfg.attempts), Err: ErrRaced}
}

// errUnknown marks a push that may or may not have been taken.
var errUnknown = errors.New("outcome of the push is unknown")

func (c *Client) logAttempt(ctx context.Context, req CommitRequest, n int, err error) {
	if c.cfg.logger != nil {
		c.cfg.logger.LogAttrs(ctx, slog.LevelDebug, "push attempt", slog.Any("repo", req.Repo),
			slog.String("branch", req.Branch), slog.Int("attempt", n), slog.String("error", err.Error()))
	}
}

// attempt is one turn of the loop. On an unknown outcome it returns the commit
// that was pushed.
func (c *Client) attempt(ctx context.Context, req CommitRequest, edit func(*Tree, time.Time) (change, error), made []plumbing.Hash, n int) (Commit, plumbing.Hash, error) {
	depth := 1
	if req.Reason != "" || len(made) > 0 {
		depth = c.cfg.lookBack
	}
	var d *door
	if overHTTP := strings.HasPrefix(c.site.PushURL(req.Repo, c.cfg.user), "http"); overHTTP && !req.DryRun && c.local == "" {
		d = c.open(ctx, req.Repo)
		defer d.close()
	}
	var snap *snapshot
	err := c.reading(ctx, func(ctx context.Context) (err error) {
		snap, err = c.fetch(ctx, req.Repo, "refs/heads/"+req.Branch, depth)
		return err
	})
	if err != nil {
		return Commit{}, plumbing.ZeroHash, err
	}
	parent, tree, err := snap.tree()
	if err != nil {
		return Commit{}, plumbing.ZeroHash, err
	}
	done := Commit{Repo: req.Repo, Branch: req.Branch, Attempts: n, Message: req.message()}
	if found, ok := snap.earlier(req.Reason, made, c.cfg.lookBack); ok {
		done.Hash, done.Outcome, done.Message = found.Hash.String(), AlreadyDone, found.Message
		if slices.Contains(made, found.Hash) {
			done.Outcome, done.Attempts = Pushed, n-1
		}
		if len(found.ParentHashes) > 0 {
			done.Parent = found.ParentHashes[0].String()
		}
		return done, plumbing.ZeroHash, nil
	}
	done.Parent = parent.Hash.String()
	if req.Expect != "" && req.Expect != done.Parent {
		return Commit{}, plumbing.ZeroHash, &Error{Msg: fmt.Sprintf("is at %s, not at %s", done.Parent, req.Expect), Err: ErrRaced}
	}
	when := c.when(parent)
	changes, err := edit(tree, when)
	if err != nil {
		return Commit{}, plumbing.ZeroHash, err
	}
	out := memory.NewStorage()
	hash, err := c.make(req, done.Message, parent, tree, changes, when, out)
	if err != nil {
		return Commit{}, plumbing.ZeroHash, err
	}
	done.Hash = hash.String()
	if done.Files, done.Diff, err = describe(tree, changes); err != nil {
		return Commit{}, plumbing.ZeroHash, err
	}
	if req.DryRun {
		done.Outcome = Planned
		return done, plumbing.ZeroHash, nil
	}
	if d == nil { // one connection at a time where each is an ssh login
		d = c.open(ctx, req.Repo)
		defer d.close()
	}
	return done, hash, c.push(ctx, d, req, parent.Hash, hash, out)
}

// earlier finds a commit with the reason, or one of ours whose push got no
// answer, among the latest of the branch. It follows all parents: a commit
// may have been merged.
func (s *snapshot) earlier(reason string, made []plumbing.Hash, max int) (*object.Commit, bool) {
	if reason == "" && len(made) == 0 {
		return nil, false
	}
	seen := map[plumbing.Hash]bool{}
	todo := []plumbing.Hash{s.tip}
	for len(todo) > 0 && len(seen) < 4*max {
		h := todo[0]
		todo = todo[1:]
		if seen[h] {
			continue
		}
		seen[h] = true
		c, err := getCommit(s.objs, h)
		if err != nil {
			continue // the history ends here: the fetch was shallow
		}
		if slices.Contains(made, h) || reason != "" && findReason(c.Message) == reason {
			return c, true
		}
		todo = append(todo, c.ParentHashes...)
	}
	return nil, false
}

// when dates a commit later than its parent: a module's version is made of
// the commit's second. A parent from the far future is left alone.
func (c *Client) when(parent *object.Commit) time.Time {
	now := c.cfg.now().UTC().Truncate(time.Second)
	was := parent.Committer.When.UTC()
	if !now.After(was) && was.Sub(now) < 24*time.Hour {
		return was.Add(time.Second)
	}
	return now
}

// make writes the commit and what is new below it into out.
func (c *Client) make(req CommitRequest, message string, parent *object.Commit, tree *Tree, changes change, when time.Time, out *memory.Storage) (plumbing.Hash, error) {
	root := tree.root
	if len(changes) > 0 {
		var err error
		if root, err = tree.edit(changes, out); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	oc := &object.Commit{
		Author:       object.Signature{Name: req.Author.Name, Email: req.Author.Email, When: when},
		Committer:    object.Signature{Name: req.Committer.Name, Email: req.Committer.Email, When: when},
		Message:      message,
		TreeHash:     root,
		ParentHashes: []plumbing.Hash{parent.Hash},
	}
	enc := out.NewEncodedObject()
	if err := oc.Encode(enc); err != nil {
		return plumbing.ZeroHash, err
	}
	return out.SetEncodedObject(enc)
}

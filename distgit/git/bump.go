// SPDX-License-Identifier: MIT

package git

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/spec"
)

// BumpRequest asks for the commit that makes a rebuild: a higher release in
// the spec file, or an empty commit where that is what makes a new build.
type BumpRequest struct {
	Repo   distgit.Repo
	Branch string // short name, required
	// Author is on whose behalf, and signs the changelog entry; Committer is
	// who does it, the author if zero.
	Author, Committer Signature
	// Message is the commit message. Required.
	Message string
	// Changelog is the text of the entry; empty takes the first line of the
	// message. '%' is escaped.
	Changelog string
	// Reason, Expect and DryRun are as in [CommitRequest].
	Reason, Expect string
	DryRun         bool
	// Minor bumps behind the dist tag ("1%{?dist}.1"): for branches that must
	// stay below the newer ones.
	Minor bool
	// Empty makes an empty commit whatever the repository holds.
	Empty bool
	// Macros are the build's, for which the new release is checked to be
	// higher; nil takes those that the branch's name tells.
	Macros map[string]string
}

// Bump is what became of a [BumpRequest].
type Bump struct {
	Commit
	// Spec is the path of the spec file; empty where none was looked at.
	Spec string
	// Empty says that the commit changes no file: %autorelease, modules,
	// containers.
	Empty bool
	// Before and After are the main package's versions, zero where not known.
	Before, After spec.EVR
	// Verified says that After is known to be newer than Before.
	Verified bool
	// Notes is what a person should know, such as a missing %changelog.
	Notes []string
}

// Bump makes the commit that a rebuild of a package, module or container needs
// and pushes it. See [Client.Commit] for how races, lost answers and second
// attempts are handled.
//
// Besides the errors of [Client.Commit] there are [ErrRetired] for a branch
// with dead.package, [ErrNoSpec], and those of [spec.Bump] (reach them with
// errors.Is and errors.As; they name file and line): in all these cases
// nothing was written.
func (c *Client) Bump(ctx context.Context, req BumpRequest) (Bump, error) {
	var b Bump
	edit := func(t *Tree, when time.Time) (change, error) {
		b = Bump{} // an attempt before may have left something
		return c.bumpTree(ctx, t, req, when, &b)
	}
	done, err := c.commit(ctx, CommitRequest{
		Repo: req.Repo, Branch: req.Branch, Author: req.Author, Committer: req.Committer,
		Message: req.Message, Reason: req.Reason, Expect: req.Expect, DryRun: req.DryRun,
	}, edit)
	if err != nil {
		return Bump{}, at(err, "bump", req.Repo, req.Branch)
	}
	if done.Outcome == AlreadyDone {
		b = Bump{}
	}
	b.Commit = done
	return b, nil
}

func (c *Client) bumpTree(ctx context.Context, t *Tree, req BumpRequest, when time.Time, b *Bump) (change, error) {
	names, err := t.ReadDir(".")
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(names, func(e Entry) bool { return e.Name == "dead.package" }) {
		why, _ := t.ReadFile("dead.package")
		return nil, &Error{Path: "dead.package", Msg: firstLine(string(why)), Err: ErrRetired}
	}
	if req.Empty || !req.Repo.BumpsSpec() {
		b.Empty = true
		return nil, nil
	}
	path, err := findSpec(t, names, req.Repo.Name)
	if err != nil {
		return nil, err
	}
	data, err := t.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text := req.Changelog
	if text == "" {
		text = firstLine(req.Message)
	}
	macros := req.Macros
	if macros == nil {
		macros = distgit.ParseBranch(req.Branch).Macros(0)
	}
	opts := spec.BumpOptions{
		File: path, Author: req.Author.String(), Date: when,
		Comment: text, Minor: req.Minor, Macros: macros,
	}
	res, err := spec.Bump(data, opts)
	if err == nil && res.Autorelease && res.Changed {
		// A changelog by hand beside a release that counts commits: the entry
		// names the release, which takes the whole history to know.
		auto, aerr := c.Autospec(ctx, req.Repo, t.Commit)
		if errors.Is(aerr, ErrNotFound) { // not given out by its hash
			auto, aerr = c.Autospec(ctx, req.Repo, req.Branch)
		}
		if aerr != nil {
			return nil, aerr
		}
		opts.AutoreleaseNumber = auto.Tip.Number + 1
		res, err = spec.Bump(data, opts)
	}
	if err != nil {
		return nil, &Error{Path: path, Err: err}
	}
	b.Spec, b.Before, b.After, b.Verified, b.Notes = path, res.Before, res.After, res.Verified, res.Notes
	if res.Autorelease && !res.Changed {
		b.Empty = true
		return nil, nil
	}
	if !res.Changed {
		return nil, &Error{Path: path, Msg: "the bump changed nothing", Err: spec.ErrNotIncreased}
	}
	return change{path: res.Data}, nil
}

// findSpec prefers <name>.spec, takes a sole other one, and looks into SPECS/
// as CentOS 7 and 8 had it.
func findSpec(t *Tree, root []Entry, name string) (string, error) {
	var found []string
	for _, e := range root {
		if strings.HasSuffix(e.Name, ".spec") && !e.Mode.IsDir() {
			found = append(found, e.Name)
		}
	}
	prefix := ""
	if len(found) == 0 {
		below, err := t.ReadDir("SPECS")
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
		for _, e := range below {
			if strings.HasSuffix(e.Name, ".spec") && !e.Mode.IsDir() {
				found = append(found, e.Name)
			}
		}
		prefix = "SPECS/"
	}
	switch {
	case slices.Contains(found, name+".spec"):
		return prefix + name + ".spec", nil
	case len(found) == 1:
		return prefix + found[0], nil
	case len(found) == 0:
		return "", &Error{Msg: "the branch holds none", Err: ErrNoSpec}
	}
	return "", &Error{Msg: "several: " + strings.Join(found, ", "), Err: ErrNoSpec}
}

// BumpResult is one answer of [Client.BumpAll].
type BumpResult struct {
	Bump Bump
	Err  error
}

// BumpAll does many bumps, a bounded number at once (see [WithWorkers]), and
// returns an answer for each, in the order asked. One failure does not stop
// the others; when ctx ends, the rest fail with its error. Two requests for
// one branch are done one after the other.
func (c *Client) BumpAll(ctx context.Context, reqs []BumpRequest) []BumpResult {
	out := make([]BumpResult, len(reqs))
	c.each(len(reqs), func(i int) {
		out[i].Bump, out[i].Err = c.Bump(ctx, reqs[i])
	})
	return out
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(line)
}

func itoa(n int) string { return strconv.Itoa(n) }

// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-f134cc8e/relkit/distgit/git"
	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// actor does what a run wants done: it builds in the side tag and names the
// maintainers of what has failed.
type actor struct {
	*rebuild.Builder
	out *screen
}

var _ drive.Actor = actor{}

func newActor(o options, c *clients, s *state, out *screen) actor {
	b := &rebuild.Builder{Clients: c.Clients, Tag: s.Tag.Name, Branch: o.Branch, Run: s.ID,
		Message: s.Breakage.reason(), Author: rebuild.Author(o.Mail, o.User)}
	// A new version is built as dist-git has it, or taken from the side tag.
	b.As = func(ctx context.Context, a planner.Action) (commit, nvr string, ok bool, err error) {
		if !s.Breakage.asIs(a.ID) || a.Attempt > 1 || a.Pass > 1 {
			return "", "", false, nil
		}
		if nvr, err = c.inSideTag(ctx, s.Tag.Name, a.ID, s.Breakage); err != nil || nvr != "" {
			return "", nvr, true, err
		}
		repo, _ := rebuild.Component(a.ID)
		heads, err := c.Git.Heads(ctx, repo)
		if err != nil {
			return "", "", true, err
		}
		if commit = heads.Branches[o.Branch]; commit == "" {
			return "", "", true, fmt.Errorf("%s has no branch %s: %w", a.ID, o.Branch, git.ErrNotFound)
		}
		return commit, "", true, nil
	}
	return actor{b, out}
}

// Notify names the maintainers, as dist-git knows them, of what has failed.
func (b actor) Notify(ctx context.Context, a planner.Action) error {
	people, err := b.Maintainers(ctx, a.ID)
	if err == nil {
		b.out.failure(a, people, b.Tag)
	}
	return err
}

// reason is what commits and the update say.
func (b *breakage) reason() string {
	var what []string
	for _, id := range b.Sources {
		if b.asIs(id) {
			what = append(what, packageName(id)+" "+b.Versions[id])
		}
	}
	return "Rebuilt for " + strings.Join(what, ", ")
}

// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/planner"
)

// update makes an update of the side tag, once, and follows it as far as was
// asked. Bodhi removes the side tag itself when it is done with it.
func (c *clients) update(ctx context.Context, o options, s *state, built map[planner.ID]string, out *screen) error {
	if s.Update == "" {
		notes := o.Notes
		if notes == "" {
			notes = s.Breakage.notes(built)
		}
		u, created, err := c.bodhi.CreateFromSideTag(ctx, s.Tag.Name, bodhi.NewUpdate{Notes: notes, Type: o.Type, Severity: o.Severity, Bugs: o.Bugs})
		if errors.Is(err, bodhi.ErrInvalid) || errors.Is(err, bodhi.ErrForbidden) || errors.Is(err, bodhi.ErrUnauthorized) {
			return fmt.Errorf("everything is built in %s, but there is no update of it: %w (resume tries again)", s.Tag.Name, err)
		}
		if err != nil {
			return err
		}
		s.Update = u.Alias
		if err := s.save(); err != nil {
			return err
		}
		out.update(u, created, missing(u, built))
	}
	if o.Wait == "" {
		return nil
	}
	u, err := c.bodhi.WaitUpdate(ctx, s.Update, bodhi.UpdateStatus(o.Wait), o.clock().Real(o.poll))
	if errors.Is(err, bodhi.ErrEnded) && u.Status == bodhi.Stable {
		err = nil // further than was asked
	}
	if err != nil {
		return err
	}
	out.update(u, false, nil)
	return nil
}

// notes say what the update is about.
func (b *breakage) notes(built map[planner.ID]string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n", b.reason())
	for _, id := range slices.Sorted(maps.Keys(built)) {
		fmt.Fprintf(&text, "- %s\n", built[id])
	}
	return text.String()
}

// missing are our builds that an update does not hold: somebody made it
// before all was built.
func missing(u bodhi.Update, built map[planner.ID]string) []string {
	var out []string
	for _, nvr := range built {
		if !slices.ContainsFunc(u.Builds, func(b bodhi.Build) bool { return b.NVR == nvr }) {
			out = append(out, nvr)
		}
	}
	slices.Sort(out)
	return out
}

// merge brings the builds to where everybody finds them, and removes the side
// tag if we made it. Everything is looked for before it is done, so that it may
// be repeated.
func (c *clients) merge(ctx context.Context, o options, s *state, built map[planner.ID]string, out *screen) error {
	if s.Merged {
		return nil
	}
	t, err := c.Koji.Target(ctx, koji.Ref(o.Target))
	if err != nil {
		return err
	}
	if err := rebuild.TagAll(ctx, c.Koji, t.DestTag, slices.Collect(maps.Values(built)), o.clock().Real(o.poll)); err != nil {
		return err
	}
	if s.Ours {
		if err := s.Tag.Remove(ctx, c.Koji); err != nil {
			return err
		}
	}
	s.Merged = true
	out.merged(len(built), t.DestTag)
	return s.save()
}

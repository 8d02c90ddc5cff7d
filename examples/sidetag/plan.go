// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// breakage is what the new packages do to the old ones. It is kept in the state
// folder beside the graph, so that a resumed run plans the same.
type breakage struct {
	rpm.Bump
	// Versions are those of the new packages, by source. Such a source is
	// built as its dist-git has it, unless the side tag has that version.
	Versions map[planner.ID]string `json:"versions"`
	// Were are the old ones.
	Were map[planner.ID]string `json:"were"`
	// Stale are the new sources whose packages still need what is lost: they
	// were built too early, and are rebuilt like the others.
	Stale []planner.ID `json:"stale,omitempty"`
}

// compare reads both sets of packages and tells what breaks. What is in the new
// one but not new is no news.
func compare(ctx context.Context, o options, c *clients, out *screen) (*planner.Graph, *breakage, error) {
	before, err := c.packages(ctx, o, o.Old, func() (koji.Ref, error) {
		t, err := c.Koji.Target(ctx, koji.Ref(o.Target))
		return koji.Ref(t.BuildTag), err
	}, out)
	if err != nil {
		return nil, nil, fmt.Errorf("old packages: %w", err)
	}
	after, err := c.packages(ctx, o, o.New, func() (koji.Ref, error) { return koji.Ref(o.SideTag), c.fresh(ctx, o.SideTag) }, out)
	if err != nil {
		return nil, nil, fmt.Errorf("new packages: %w", err)
	}
	u, err := rpm.NewUniverse(before, rpm.Policy{Release: o.Branch})
	if err != nil {
		return nil, nil, err
	}
	b := &breakage{Bump: u.Bump(after), Versions: map[planner.ID]string{}, Were: map[planner.ID]string{}}
	for i := range after {
		p := &after[i]
		name, err := p.SourceName()
		if p.IsSource() || err != nil {
			continue // told as a problem
		}
		id := sourceID(name)
		if _, isNew := slices.BinarySearch(b.Sources, id); !isNew {
			continue
		}
		if slices.ContainsFunc(p.Requires, func(r rpm.Relation) bool { return slices.Contains(b.Lost, r.String()) }) {
			b.Stale = append(b.Stale, id)
		}
		b.Versions[id] = versionOf(p.Source)
	}
	for i := range before {
		p := &before[i]
		if name, err := p.SourceName(); err == nil && !p.IsSource() && b.Versions[sourceID(name)] != "" {
			b.Were[sourceID(name)] = versionOf(p.Source)
		}
	}
	slices.Sort(b.Stale)
	b.Stale = slices.Compact(b.Stale)
	return u.Graph, b, nil
}

// packages reads repositories, or when none are named the repo of a build tag.
func (c *clients) packages(ctx context.Context, o options, repos []string, tag func() (koji.Ref, error), out *screen) ([]rpm.Package, error) {
	if len(repos) > 0 {
		return source.Packages(ctx, repos)
	}
	name, err := tag()
	if err != nil {
		return nil, err
	}
	t, err := source.Koji(ctx, c.Koji, string(name), source.KojiOptions{Arches: o.Arches, Progress: func(text string) {
		if o.loud {
			out.say("%s: %s", name, text)
		}
	}})
	if err != nil {
		return nil, err
	}
	if len(t.Unread) > 0 {
		out.say("%s: the hub does not tell what %d source packages need, for example %s", name, len(t.Unread), t.Unread[0])
	}
	return t.Packages, nil
}

// fresh refuses a side tag whose newest repo lacks builds of it: what breaks
// by these would be overlooked.
func (c *clients) fresh(ctx context.Context, tag string) error {
	repo, err := c.Koji.Repo(ctx, koji.RepoQuery{Tag: koji.Ref(tag)})
	if err != nil {
		return err
	}
	tagged, err := c.Koji.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(tag)})
	for _, t := range tagged {
		if t.TagTime > repo.EventID {
			return fmt.Errorf("repo %d of %s is older than %s: ask for a new one with \"koji wait-repo --request %s\"", repo.ID, tag, t.NVR, tag)
		}
	}
	return err
}

// versionOf is the version in a source package's file name.
func versionOf(file string) string {
	n, err := koji.ParseNVRA(file)
	if err != nil {
		return ""
	}
	return n.Version
}

// plan makes the plan of what broke.
func (b *breakage) plan(g *planner.Graph, o options) (*planner.Plan, error) {
	q := b.Request()
	q.Limits.Nodes = o.Limit
	for _, name := range o.Exclude {
		q.Exclude = append(q.Exclude, sourceID(name))
	}
	return g.Plan(q)
}

// asIs reports whether a source is new already: it needs no bump.
func (b *breakage) asIs(id planner.ID) bool {
	return b.Versions[id] != "" && !slices.Contains(b.Stale, id)
}

func sourceID(name string) planner.ID  { return planner.ID("rpms/" + strings.TrimPrefix(name, "rpms/")) }
func packageName(id planner.ID) string { return strings.TrimPrefix(string(id), "rpms/") }

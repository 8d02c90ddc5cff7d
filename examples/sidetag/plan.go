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

// compare reads both sets of repositories and tells what breaks. What is in
// the new ones but not new is no news.
func compare(ctx context.Context, o options) (*planner.Graph, *breakage, error) {
	before, err := source.Packages(ctx, o.Old)
	if err != nil {
		return nil, nil, fmt.Errorf("old packages: %w", err)
	}
	after, err := source.Packages(ctx, o.New)
	if err != nil {
		return nil, nil, fmt.Errorf("new packages: %w", err)
	}
	u, err := rpm.NewUniverse(before, rpm.Policy{Release: o.Branch})
	if err != nil {
		return nil, nil, err
	}
	after = onlyNew(before, after)
	b := &breakage{Bump: u.Bump(after), Versions: map[planner.ID]string{}, Were: map[planner.ID]string{}}
	for i := range after {
		p := &after[i]
		name, err := p.SourceName()
		if p.IsSource() || err != nil {
			continue // told as a problem
		}
		id := planner.ID("rpms/" + name)
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

// versionOf is the version in a source package's file name.
func versionOf(file string) string {
	n, err := koji.ParseNVRA(file)
	if err != nil {
		return ""
	}
	return n.Version
}

// onlyNew drops the packages of sources that have nothing but packages that
// are old, too: repositories of everything are compared as well as those of a
// side tag's own builds. A source that counted as replaced would not be looked
// at.
func onlyNew(before, after []rpm.Package) []rpm.Package {
	old, fresh := map[rpm.NEVRA]bool{}, map[string]bool{}
	for i := range before {
		old[before[i].NEVRA] = true
	}
	for i := range after {
		if p := &after[i]; !p.IsSource() && !old[p.NEVRA] {
			fresh[p.Source] = true
		}
	}
	return slices.DeleteFunc(after, func(p rpm.Package) bool { return !p.IsSource() && !fresh[p.Source] })
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

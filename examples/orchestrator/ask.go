// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"net/url"

	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// dependencies returns the graph to plan by: as it was when the run began, or
// what the source tells. Of a source that tells everything, the part that
// matters for the change is kept.
func dependencies(ctx context.Context, o options, c *clients, s *state, out *screen) (*planner.Graph, error) {
	if s.Graph != nil {
		return s.Graph, nil
	}
	from := o.From
	if from.Source == source.FromKoji {
		if err := c.buildTag(ctx, o, &from); err != nil {
			return nil, err
		}
	}
	label := from.Release
	if label == "" {
		label = from.Tag
	}
	known, err := from.Read(ctx, source.Ask{
		Changed: source.PackageNames(o.changed), Koji: c.Koji, PDC: c.pdc, Policy: rpm.Policy{Release: label},
		Progress: func(text string) { out.say("%s: %s", from.Source, text) },
	})
	if err != nil {
		return nil, err
	}
	for _, note := range known.Notes {
		out.say("%s", note)
	}
	g, total := known.Graph, 0
	switch from.Source {
	case source.FromFile:
		return g, nil
	case source.FromPDC:
		if total, err = packagesOf(ctx, c.pdc, from.Release); err != nil {
			return c.durations(ctx, g)
		}
	default:
		total = sourcesIn(g)
		if g, err = source.Around(g, o.changed); err != nil {
			return nil, err
		}
	}
	out.say("%s: %d of %d packages of %s are affected", from.Source, sourcesIn(g), total, label)
	return c.durations(ctx, g)
}

// buildTag fills in which tag is read where only the target was named, and
// where its modules are.
func (c *clients) buildTag(ctx context.Context, o options, from *source.From) error {
	if o.Target == "" {
		return nil
	}
	t, err := c.Koji.Target(ctx, koji.Ref(o.Target))
	if err != nil {
		return err
	}
	if from.Tag == "" {
		from.Tag = t.BuildTag
	}
	if from.Modules == nil {
		from.Modules = []string{modularTag(t.DestTag)}
	}
	return nil
}

// modularTag is where the module builds of a tag's distribution are.
func modularTag(tag string) string { return tag + "-modular" }

func sourcesIn(g *planner.Graph) (n int) {
	for node := range g.Nodes() {
		if node.Kind == planner.KindSource {
			n++
		}
	}
	return n
}

// packagesOf counts the source packages of a release.
func packagesOf(ctx context.Context, c *pdc.Client, release string) (int, error) {
	page, err := c.RPMs().List(ctx, pdc.Query{Filter: url.Values{"linked_release": {release}, "arch": {"src"}}, Fields: []string{"name"}, PageSize: 1})
	return page.Count, err
}

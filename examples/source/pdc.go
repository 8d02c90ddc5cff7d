// SPDX-License-Identifier: MIT

package source

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/planner"
)

// ErrUnknown says that PDC has no package of a component: planning from
// that would end in an empty plan that looks like good news.
var ErrUnknown = errors.New("PDC knows no package of it")

// inquiry walks PDC from changed components to everything that needs them.
// PDC answers one level at a time, in names of binary packages; the graph is
// put together from relationships (who needs which binary) and rpms (which
// source a binary comes from).
type inquiry struct {
	pdc     *pdc.Client
	release string
	b       planner.Builder

	sourceOf map[string]string // binary to source package
	sources  map[string]bool   // affected source packages
	binaries map[string]bool   // affected binary packages
}

// PDC returns the part of a release's graph that matters for a change: the
// changed source packages, everything affected by them, and the edges between.
// progress is told how far it is; nil is silent. A source of which PDC has no
// package is [ErrUnknown].
func PDC(ctx context.Context, c *pdc.Client, release string, changed []string, progress func(string)) (*planner.Graph, error) {
	if progress == nil {
		progress = func(string) {}
	}
	q := &inquiry{
		pdc: c, release: release, b: planner.Builder{Release: release},
		sourceOf: map[string]string{}, sources: map[string]bool{}, binaries: map[string]bool{},
	}
	names, frontier := slices.Clone(changed), []string(nil)
	for level := 0; len(names) > 0 || len(frontier) > 0; level++ {
		built, err := q.builtFrom(ctx, names)
		if err != nil {
			return nil, err
		}
		if level == 0 {
			if err := q.mustKnow(changed); err != nil {
				return nil, err
			}
		}
		if names, frontier, err = q.neededBy(ctx, append(frontier, built...)); err != nil {
			return nil, err
		}
		progress(fmt.Sprintf("level %d: %d packages affected", level, len(q.sources)))
	}
	if err := q.modules(ctx); err != nil {
		return nil, err
	}
	return q.b.Graph()
}

func (q *inquiry) mustKnow(changed []string) error {
	for _, name := range changed {
		known := false
		for _, source := range q.sourceOf {
			known = known || source == name
		}
		if !known {
			return fmt.Errorf("%s in %s: %w", name, q.release, ErrUnknown)
		}
	}
	return nil
}

// builtFrom adds source packages and the binaries built from them, and returns
// the binaries not seen before.
func (q *inquiry) builtFrom(ctx context.Context, sources []string) ([]string, error) {
	var ask, found []string
	for _, s := range sources {
		if !q.sources[s] {
			q.sources[s] = true
			ask = append(ask, s)
		}
	}
	if len(ask) == 0 {
		return nil, nil
	}
	query := pdc.Query{Fields: []string{"name", "srpm_name", "arch"}, Filter: url.Values{"linked_release": {q.release}}}
	for r, err := range q.pdc.RPMs().AllOf(ctx, query, "srpm_name", ask) {
		if err != nil {
			return nil, err
		}
		if r.Arch == "src" || r.Arch == "nosrc" {
			continue
		}
		if err := q.origin(r.Name, r.SRPMName); err != nil {
			return nil, err
		}
		q.b.AddNode(planner.Node{ID: SourceID(r.SRPMName), Kind: "source"})
		q.b.AddNode(planner.Node{ID: BinaryID(r.Name), Kind: "binary", Conduit: true})
		q.b.AddEdge(planner.Edge{From: BinaryID(r.Name), To: SourceID(r.SRPMName), Kind: planner.EdgeFrom})
		if !q.binaries[r.Name] {
			q.binaries[r.Name] = true
			found = append(found, r.Name)
		}
	}
	return found, nil
}

// origin notes which source a binary comes from. Two answers in one release
// contradict each other: the plan would be wrong whichever is taken.
func (q *inquiry) origin(binary, source string) error {
	if have, ok := q.sourceOf[binary]; ok && have != source {
		return fmt.Errorf("PDC contradicts itself: in %s the binary %s is built from %s and from %s", q.release, binary, have, source)
	}
	q.sourceOf[binary] = source
	return nil
}

// neededBy adds the edges that point to the given binaries and returns the
// source packages and binaries at their other ends that are new.
func (q *inquiry) neededBy(ctx context.Context, names []string) (sources, binaries []string, err error) {
	if len(names) == 0 {
		return nil, nil, nil
	}
	var rows []pdc.Relationship
	unknown := map[string]bool{}
	ask := pdc.DependencyQuery{Release: q.release, Types: []string{pdc.RPMRequires, pdc.RPMBuildRequires}, Names: names}
	for r, err := range q.pdc.Dependents(ctx, ask) {
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, r)
		if q.sourceOf[r.From.Name] == "" {
			unknown[r.From.Name] = true
		}
	}
	if len(unknown) > 0 {
		more, err := q.pdc.Sources(ctx, q.release, slices.Sorted(maps.Keys(unknown)))
		if err != nil {
			return nil, nil, err
		}
		for binary, source := range more {
			if err := q.origin(binary, source); err != nil {
				return nil, nil, err
			}
		}
	}
	seen := map[string]bool{}
	for _, r := range rows {
		source := q.sourceOf[r.From.Name]
		if source == "" {
			return nil, nil, fmt.Errorf("PDC contradicts itself: %s needs %s in %s, but no rpm of that name is in the release", r.From.Name, r.To.Name, q.release)
		}
		if r.Type == pdc.RPMBuildRequires {
			q.b.AddNode(planner.Node{ID: SourceID(source), Kind: "source"})
			q.b.AddEdge(planner.Edge{From: SourceID(source), To: BinaryID(r.To.Name), Kind: planner.EdgeBuild, Evidence: "BuildRequires: " + r.To.Name})
			if !q.sources[source] && !seen[source] {
				seen[source] = true
				sources = append(sources, source)
			}
			continue
		}
		q.b.AddNode(planner.Node{ID: BinaryID(r.From.Name), Kind: "binary", Conduit: true})
		q.b.AddEdge(planner.Edge{From: BinaryID(r.From.Name), To: BinaryID(r.To.Name), Kind: planner.EdgeRun, Evidence: "Requires: " + r.To.Name})
		if !q.binaries[r.From.Name] {
			q.binaries[r.From.Name] = true
			binaries = append(binaries, r.From.Name)
		}
	}
	return sources, binaries, nil
}

// modules adds the module streams that hold an affected package. Which
// packages a module holds is read from its modulemd document.
func (q *inquiry) modules(ctx context.Context) error {
	affected := slices.Sorted(maps.Keys(q.sources))
	query := pdc.Query{Fields: []string{"name", "stream", "version", "modulemd"}, Filter: url.Values{"active": {"true"}}}
	latest := map[planner.ID]pdc.Module{}
	for m, err := range q.pdc.Modules().AllOf(ctx, query, "component_name", affected) {
		if err != nil {
			return err
		}
		id := ModuleID(m.Name, m.Stream)
		if have, ok := latest[id]; !ok || len(m.Version) > len(have.Version) || len(m.Version) == len(have.Version) && m.Version > have.Version {
			latest[id] = m
		}
	}
	for _, id := range slices.Sorted(maps.Keys(latest)) {
		stream, err := modulemd.ParseLax(string(id), []byte(latest[id].Modulemd))
		if err != nil {
			return fmt.Errorf("the modulemd document of %s in PDC: %w", id, err)
		}
		moduleOf(id, stream).add(&q.b, func(name string) bool { return q.sources[name] })
	}
	return nil
}

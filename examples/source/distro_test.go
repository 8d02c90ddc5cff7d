// SPDX-License-Identifier: MIT

package source_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/examples/world/services"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
	"github.com/seed-f134cc8e/relkit/planner"
)

// shape is what a plan comes to, without what a source does not know
// (durations) or says in other words (evidence).
func shape(p *planner.Plan) string {
	var b strings.Builder
	for _, tier := range p.Tiers {
		for _, g := range tier.Groups {
			fmt.Fprint(&b, g, "; ")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// demo is the demo distribution as its services tell of it.
type demo struct {
	*distro.Distro
	world *services.World
	want  *planner.Graph
}

func startDemo(t testing.TB) demo {
	t.Helper()
	d, err := distro.Load()
	require.NoError(t, err)
	g, err := d.Graph()
	require.NoError(t, err)
	w, err := services.Start(services.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.Close()) })
	return demo{d, w, g}
}

func (d demo) compare(t *testing.T, from string, got *planner.Graph, changed ...string) {
	t.Helper()
	q := planner.Request{}
	for _, name := range changed {
		q.Changed = append(q.Changed, source.SourceID(name))
	}
	a, err := d.want.Plan(q)
	require.NoError(t, err)
	b, err := got.Plan(q)
	require.NoError(t, err)
	if shape(a) != shape(b) || a.Affected != b.Affected {
		t.Errorf("%v: %d affected in %d tiers by the sources, %d in %d by %s", changed, a.Affected, len(a.Tiers), b.Affected, len(b.Tiers), from)
	}
}

// each compares the plans for every component that may change.
func (d demo) each(t *testing.T, from string, got *planner.Graph) {
	t.Helper()
	d.compare(t, from, got, "perl-App-FatPacker", "perl-B-Debug")
	for i, p := range d.Packages {
		if !testing.Short() || i%50 == 0 {
			d.compare(t, from, got, p.Name)
		}
	}
}

// PDC speaks of binary packages only. The graph that is put together from its
// relationships and rpms must give the plan that the sources give.
func TestPlansFromPDCAreThoseOfTheDistribution(t *testing.T) {
	d := startDemo(t)
	c, err := pdc.NewClient(d.world.PDC)
	require.NoError(t, err)
	t.Run("asked about everything", func(t *testing.T) {
		var all []string
		for i, p := range d.Packages {
			if !testing.Short() || i%50 == 0 || p.Name == "perl-App-FatPacker" || p.Name == "perl-B-Debug" {
				all = append(all, p.Name)
			}
		}
		got, err := source.PDC(t.Context(), c, distro.Release, all, nil)
		require.NoError(t, err)
		d.each(t, "PDC", got)
	})
	t.Run("asked about one", func(t *testing.T) {
		for i, p := range d.Packages {
			if (testing.Short() || i%300 != 7) && p.Name != "perl-App-FatPacker" && p.Name != "perl-B-Debug" {
				continue
			}
			got, err := source.PDC(t.Context(), c, distro.Release, []string{p.Name}, nil)
			require.NoError(t, err)
			d.compare(t, "PDC", got, p.Name)
		}
	})
	t.Run("asked about what it does not know", func(t *testing.T) {
		_, err := source.PDC(t.Context(), c, distro.Release, []string{"no-such-package"}, nil)
		assert.ErrorIs(t, err, source.ErrUnknown)
		assert.ErrorContains(t, err, "no-such-package in fedora-43")
		_, err = source.PDC(t.Context(), c, "fedora-99", []string{"bash"}, nil)
		assert.ErrorIs(t, err, source.ErrUnknown)
	})
}

func TestRowsOfPDCThatContradictEachOtherAreRefused(t *testing.T) {
	p, err := pdctest.New(pdctest.Seed{
		Rows: []pdctest.Rows{
			{Resource: "releases/", Rows: []any{pdc.Release{Short: "fedora", Version: "43", Name: "Fedora", ReleaseType: "ga", Active: true}}},
			{Resource: "rpms/", Rows: []any{pdc.RPM{
				Name: "liba-devel", Version: "3", Release: "1", Arch: "x86_64", SRPMName: "other", SRPMNEVRA: "other-0:3-1.src", LinkedReleases: []string{distro.Release},
			}}},
		},
		Graphs: []pdctest.Graph{{Release: distro.Release, Packages: []pdctest.Package{
			{Name: "liba", Source: "a"}, {Name: "liba-devel", Source: "a", Version: "2"}, {Name: "b", Source: "b"},
		}, Edges: []pdctest.Edge{{From: "b", To: "liba-devel", Type: pdc.RPMBuildRequires}, {From: "liba-devel", To: "liba", Type: pdc.RPMRequires}}}},
	}, pdctest.Options{})
	require.NoError(t, err)
	srv := pdctest.NewServer(p)
	defer srv.Close()
	c, err := srv.Client()
	require.NoError(t, err)
	_, err = source.PDC(t.Context(), c, distro.Release, []string{"a", "other"}, nil)
	assert.ErrorContains(t, err, "PDC contradicts itself: in fedora-43 the binary liba-devel is built from")
}

// A build tag's repo and the hub's source packages give the graph that the
// sources give: the same nodes, and the same edges but for the words.
func TestTheGraphOfAKojiTagIsTheDistributions(t *testing.T) {
	if testing.Short() {
		t.Skip("reads the whole distribution from the hub")
	}
	d := startDemo(t)
	from := source.From{Source: source.FromKoji, Koji: d.world.Koji, Tag: distro.BuildTag, Modules: []string{services.ModularTag, "none"}}
	var steps []string
	got, err := from.Read(t.Context(), source.Ask{Progress: func(s string) { steps = append(steps, s) }})
	require.NoError(t, err)
	assert.Empty(t, got.Notes)
	assert.Equal(t, "reading repos/f43-build/1/x86_64", steps[0])
	assert.Equal(t, "repo 1: 7385 packages", steps[1])
	assert.Equal(t, "BuildRequires of 3057 of 3057 source packages", steps[len(steps)-1])
	d.want = without(t, d.want, debuginfo)
	assert.True(t, maps.Equal(edges(d.want), edges(got.Graph)))
	d.each(t, "Koji", got.Graph)

	// The part of it that matters for a change gives the same plan.
	changed := []planner.ID{"rpms/perl-App-FatPacker", "rpms/perl-B-Debug"}
	part, err := source.Around(got.Graph, changed)
	require.NoError(t, err)
	assert.Less(t, part.Len(), 100)
	d.compare(t, "a part", part, "perl-App-FatPacker", "perl-B-Debug")

	// The repo alone, read without the hub, knows no BuildRequires, and tells it.
	files := strings.Replace(d.world.Koji, "kojihub", "kojifiles", 1)
	alone := source.From{Source: source.FromRepo, Repos: []string{files + "/repos/f43-build/latest/x86_64"}}
	binaries, err := alone.Read(t.Context(), source.Ask{})
	require.NoError(t, err)
	assert.Len(t, binaries.Universe.Assumed, len(d.Packages))
	assert.Contains(t, binaries.Notes[0], "whose needs are not known: 3057")

	// A repo with source packages knows all but the modules.
	c, err := d.world.Client(services.User)
	require.NoError(t, err)
	task, err := c.StartRepo(t.Context(), koji.NewRepoRequest{Tag: distro.BuildTag, Source: true})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		state, err := c.Task(t.Context(), task)
		return err == nil && state.State == koji.TaskClosed
	}, 30*time.Second, 20*time.Millisecond)
	alone.Repos = []string{files + "/repos/f43-build/2/x86_64"}
	whole, err := alone.Read(t.Context(), source.Ask{})
	require.NoError(t, err)
	assert.Empty(t, whole.Notes)
	d.want = without(t, d.want, func(id planner.ID) bool { return strings.HasPrefix(string(id), "modules/") })
	assert.True(t, maps.Equal(edges(d.want), edges(whole.Graph)))
	d.compare(t, "a repo", whole.Graph, "perl-App-FatPacker", "perl-B-Debug")
}

// debuginfo is what a build tag's repo does not have.
func debuginfo(id planner.ID) bool {
	return strings.HasSuffix(string(id), "-debuginfo") || strings.HasSuffix(string(id), "-debugsource")
}

func without(t *testing.T, g *planner.Graph, drop func(planner.ID) bool) *planner.Graph {
	t.Helper()
	b := planner.Builder{Release: g.Release()}
	for n := range g.Nodes() {
		if !drop(n.ID) {
			b.AddNode(n)
		}
	}
	for e := range g.Edges() {
		if !drop(e.From) && !drop(e.To) {
			b.AddEdge(e)
		}
	}
	out, err := b.Graph()
	require.NoError(t, err)
	return out
}

// edges are a graph's nodes and edges without durations and evidence.
func edges(g *planner.Graph) map[string]bool {
	out := map[string]bool{}
	for n := range g.Nodes() {
		out[fmt.Sprint(n.ID, n.Kind, n.Conduit)] = true
	}
	for e := range g.Edges() {
		out[fmt.Sprint(e.From, e.Kind, e.To, e.Possible, e.Weak)] = true
	}
	return out
}

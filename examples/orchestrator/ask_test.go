// SPDX-License-Identifier: MIT

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/examples/world/services"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
	"github.com/seed-f134cc8e/relkit/planner"
)

// shape is what a plan comes to, without what PDC does not know (durations).
func shape(p *planner.Plan) string {
	var b strings.Builder
	for _, tier := range p.Tiers {
		for _, g := range tier.Groups {
			b.WriteString(joinIDs(g))
			b.WriteString("; ")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// PDC speaks of binary packages only. The graph that is put together from its
// relationships and rpms must give the plan that the sources give, for every
// component that may change.
func TestPlansFromPDCAreThoseOfTheDistribution(t *testing.T) {
	d, err := distro.Load()
	require.NoError(t, err)
	want, err := d.Graph()
	require.NoError(t, err)
	w := startWorld(t, services.Options{})
	c, err := pdc.NewClient(w.PDC)
	require.NoError(t, err)
	silent := func(string) {}
	compare := func(t *testing.T, got *planner.Graph, name string) {
		t.Helper()
		q := planner.Request{Changed: []planner.ID{sourceID(name)}}
		a, err := want.Plan(q)
		require.NoError(t, err)
		b, err := got.Plan(q)
		require.NoError(t, err)
		if shape(a) != shape(b) || a.Affected != b.Affected {
			t.Errorf("%s: %d affected in %d tiers by the sources, %d in %d by PDC", name, a.Affected, len(a.Tiers), b.Affected, len(b.Tiers))
		}
	}
	t.Run("asked about everything", func(t *testing.T) {
		var all []string
		for _, p := range d.Packages {
			all = append(all, p.Name)
		}
		got, err := askPDC(t.Context(), c, distro.Release, all, silent)
		require.NoError(t, err)
		for i, p := range d.Packages {
			if testing.Short() && i%50 != 0 {
				continue
			}
			compare(t, got, p.Name)
		}
	})
	t.Run("asked about one", func(t *testing.T) {
		for i, p := range d.Packages {
			if i%300 != 7 && p.Name != "perl-App-FatPacker" && p.Name != "perl-B-Debug" {
				continue
			}
			got, err := askPDC(t.Context(), c, distro.Release, []string{p.Name}, silent)
			require.NoError(t, err)
			compare(t, got, p.Name)
		}
	})
	t.Run("rows that contradict each other are refused", func(t *testing.T) {
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
		_, err = askPDC(t.Context(), c, distro.Release, []string{"a", "other"}, silent)
		assert.ErrorContains(t, err, "PDC contradicts itself: in fedora-43 the binary liba-devel is built from")
	})
	t.Run("asked about what it does not know", func(t *testing.T) {
		_, err := askPDC(t.Context(), c, distro.Release, []string{"no-such-package"}, silent)
		assert.ErrorIs(t, err, errNothingKnown)
		assert.ErrorContains(t, err, "no-such-package in fedora-43")
		_, err = askPDC(t.Context(), c, "fedora-99", []string{"bash"}, silent)
		assert.ErrorIs(t, err, errNothingKnown)
	})
}

// SPDX-License-Identifier: MIT

package distro_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit/spec"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/planner"
)

func TestTheDistributionIsWhole(t *testing.T) {
	d, err := distro.Load()
	require.NoError(t, err)
	assert.Len(t, d.Packages, 3057)
	binaries := 0
	for _, p := range d.Packages {
		binaries += len(p.Binaries)
		assert.NotEmpty(t, p.Binaries, p.Name)
		for _, r := range p.BuildRequires {
			_, ok := d.Binary(r)
			assert.True(t, ok, "%s needs %s", p.Name, r)
		}
	}
	assert.Equal(t, 7391, binaries)
	require.Len(t, d.Modules, 3)
	assert.EqualValues(t, "modules/meson:main", d.Modules[0].ID())
	assert.Contains(t, d.Modules[2].Components, "perl-B-Debug")
	g, err := d.Graph()
	require.NoError(t, err)
	assert.Equal(t, 3057+7391+3, g.Len())
	p, err := g.Plan(planner.Request{Changed: []planner.ID{"rpms/perl-App-FatPacker"}})
	require.NoError(t, err)
	assert.Len(t, p.Rebuild, 18)
	assert.Len(t, p.Tiers, 9)
	require.Len(t, p.Cycles, 1)
	assert.Len(t, p.Cycles[0], 3)
}

// The spec files say what the graph says, to a reader that knows nothing of it.
func TestSpecFilesSayWhatTheGraphSays(t *testing.T) {
	d, err := distro.Load()
	require.NoError(t, err)
	auto := 0
	for i, p := range d.Packages {
		if i%20 != 0 {
			continue
		}
		if p.Autorelease {
			auto++
		}
		s, err := spec.Parse(p.Name+".spec", p.Spec())
		require.NoError(t, err)
		e, err := s.Evaluate(spec.Options{Macros: map[string]string{"dist": distro.Dist}, Autorelease: 1})
		require.NoError(t, err)
		evr, ok := e.EVR()
		require.True(t, ok)
		assert.Equal(t, p.NVR(1), p.Name+"-"+evr.Version+"-"+evr.Release)
		var names []string
		for _, r := range e.BuildRequires.List {
			names = append(names, r.Name)
		}
		assert.ElementsMatch(t, p.BuildRequires, names, p.Name)
	}
	assert.NotZero(t, auto)
}

// SPDX-License-Identifier: MIT

package pdctest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

func TestAWholeReleaseLoadsAndReads(t *testing.T) {
	if testing.Short() {
		t.Skip("loads a whole release")
	}
	const sources, binaries, edges = 3057, 7391, 36709
	p := distribution(t, sources, binaries, edges)
	srv := pdctest.NewServer(p)
	defer srv.Close()
	c, err := srv.Client()
	require.NoError(t, err)
	n := 0
	seen := map[int]bool{}
	for e, err := range c.Dependencies(t.Context(), pdc.DependencyQuery{Release: "fedora-42"}) {
		require.NoError(t, err)
		n++
		seen[e.ID] = true
	}
	assert.Equal(t, edges, n)
	assert.Equal(t, edges, len(seen), "each once")
	m, err := c.Sources(t.Context(), "fedora-42", nil)
	require.NoError(t, err)
	assert.Equal(t, "src5", m["bin5"])
	assert.Equal(t, binaries, len(m))
}

func distribution(t testing.TB, sources, binaries, edges int) *pdctest.PDC {
	g := pdctest.Graph{Release: "fedora-42"}
	for i := range binaries {
		g.Packages = append(g.Packages, pdctest.Package{Name: fmt.Sprintf("bin%d", i), Source: fmt.Sprintf("src%d", i%sources), Version: "1.0"})
	}
	for i := range edges {
		g.Edges = append(g.Edges, pdctest.Edge{From: fmt.Sprintf("bin%d", i%binaries), To: fmt.Sprintf("bin%d", (i*7+i/binaries)%binaries),
			Type: []string{pdc.RPMRequires, pdc.RPMBuildRequires}[i%2]})
	}
	p, err := pdctest.New(pdctest.Seed{Rows: smallSeed().Rows, Graphs: []pdctest.Graph{g}}, pdctest.Options{})
	require.NoError(t, err)
	return p
}

func BenchmarkSeed(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		distribution(b, 3057, 7391, 36709)
	}
}

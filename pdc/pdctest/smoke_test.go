package pdctest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

func TestSmoke(t *testing.T) {
	g := pdctest.Graph{Release: "fedora-42"}
	for i := range 7391 {
		g.Packages = append(g.Packages, pdctest.Package{Name: fmt.Sprintf("bin%d", i), Source: fmt.Sprintf("src%d", i%3057), Version: "1.0"})
	}
	for i := range 36709 {
		g.Edges = append(g.Edges, pdctest.Edge{From: fmt.Sprintf("bin%d", i%7391), To: fmt.Sprintf("bin%d", (i*7+i/7391)%7391), Type: []string{pdc.RPMRequires, pdc.RPMBuildRequires}[i%2]})
	}
	start := time.Now()
	p, err := pdctest.New(pdctest.Seed{
		Rows:   []pdctest.Rows{{Resource: "releases/", Rows: []any{pdc.Release{Short: "fedora", Version: "42", Name: "Fedora", ReleaseType: "ga"}}}},
		Graphs: []pdctest.Graph{g},
	}, pdctest.Options{})
	require.NoError(t, err)
	t.Log("seed", time.Since(start))
	srv := pdctest.NewServer(p)
	defer srv.Close()
	c, err := srv.Client()
	require.NoError(t, err)
	ctx := context.Background()
	start = time.Now()
	n := 0
	for _, err := range c.Dependencies(ctx, pdc.DependencyQuery{Release: "fedora-42"}) {
		require.NoError(t, err)
		n++
	}
	t.Log("edges", n, time.Since(start))
	start = time.Now()
	n = 0
	for _, err := range c.Relationships().All(ctx, pdc.Query{PageSize: -1}) {
		require.NoError(t, err)
		n++
	}
	t.Log("edges bare", n, time.Since(start))
	start = time.Now()
	m, err := c.Sources(ctx, "fedora-42", nil)
	require.NoError(t, err)
	t.Log("sources", len(m), time.Since(start))
	start = time.Now()
	var names []string
	for i := range 3000 {
		names = append(names, fmt.Sprintf("bin%d", i))
	}
	m, err = c.Sources(ctx, "fedora-42", names)
	require.NoError(t, err)
	t.Log("sources of 3000", len(m), time.Since(start))
	start = time.Now()
	n = 0
	for _, err := range c.Dependents(ctx, pdc.DependencyQuery{Release: "fedora-42", Names: names}) {
		require.NoError(t, err)
		n++
	}
	t.Log("dependents of 3000", n, time.Since(start))
}

// SPDX-License-Identifier: MIT

package pdc_test

import (
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

var (
	liveURL   = flag.String("pdc.url", "", "a PDC server to hold the contract against; read only")
	liveToken = flag.String("pdc.token", "", "token for -pdc.url")
)

// TestContract holds what this package relies on against the fake, and with
// -pdc.url against a real server. It only reads.
func TestContract(t *testing.T) {
	p, c := server(t, pdctest.Options{})
	p.SetNow(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
	t.Run("fake", func(t *testing.T) { contract(t, c) })
	if *liveURL == "" {
		return
	}
	opts := []pdc.Option{pdc.WithRetry(pdc.Retry{Max: 3, Wait: time.Second})}
	if *liveToken != "" {
		opts = append(opts, pdc.WithToken(*liveToken))
	}
	live, err := pdc.NewClient(*liveURL, opts...)
	require.NoError(t, err)
	t.Run("live", func(t *testing.T) { contract(t, live) })
}

func contract(t *testing.T, c *pdc.Client) {
	ctx := t.Context()
	t.Run("the root lists resources", func(t *testing.T) {
		names, err := c.Resources(ctx)
		require.NoError(t, err)
		for _, n := range []string{"releases", "rpms", "release-components", "release-component-relationships", "unreleasedvariants"} {
			assert.Contains(t, names, n)
		}
	})
	t.Run("pages and the whole list agree", func(t *testing.T) {
		paged := names(t, c.Arches().All(ctx, pdc.Query{PageSize: 7}))
		assert.Equal(t, paged, names(t, c.Arches().All(ctx, pdc.Query{PageSize: -1})))
		n, err := c.Arches().Count(ctx, pdc.Query{})
		require.NoError(t, err)
		assert.Len(t, paged, n)
	})
	t.Run("a page has at most a hundred rows", func(t *testing.T) {
		page, err := c.RPMs().List(ctx, pdc.Query{PageSize: 1000, Fields: []string{"name"}})
		require.NoError(t, err)
		assert.LessOrEqual(t, len(page.Items), 100)
	})
	t.Run("past the end", func(t *testing.T) {
		_, err := c.Arches().List(ctx, pdc.Query{Page: 100000})
		require.ErrorIs(t, err, pdc.ErrNotFound)
	})
	t.Run("unknown filters are refused", func(t *testing.T) {
		_, err := c.Releases().List(ctx, pdc.Query{Filter: map[string][]string{"colour": {"red"}}})
		require.ErrorIs(t, err, pdc.ErrInvalid)
		var e *pdc.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, []string{"colour"}, e.Unknown())
	})
	t.Run("unknown members are refused", func(t *testing.T) {
		_, err := c.Releases().List(ctx, pdc.Query{Fields: []string{"bogus"}})
		require.ErrorIs(t, err, pdc.ErrInvalid)
	})
	t.Run("an unknown object", func(t *testing.T) {
		_, err := c.Releases().Get(ctx, "no-such-release-0")
		require.ErrorIs(t, err, pdc.ErrNotFound)
	})
	t.Run("an unknown value is an empty list", func(t *testing.T) {
		page, err := c.Releases().List(ctx, pdc.Query{Filter: map[string][]string{"release_id": {"no-such-release-0"}}})
		require.NoError(t, err)
		assert.Zero(t, page.Count)
	})
	t.Run("no truth value", func(t *testing.T) {
		_, err := c.Releases().List(ctx, pdc.Query{Filter: map[string][]string{"active": {"perhaps"}}})
		require.ErrorIs(t, err, pdc.ErrInvalid)
	})
	t.Run("releases are typed whole", func(t *testing.T) {
		for r, err := range c.ActiveReleases(ctx, "") {
			require.NoError(t, err)
			assert.NotEmpty(t, r.ReleaseID)
			assert.True(t, r.Active)
			break
		}
	})
}

// TestEveryResourceHasAType compares the client's resources with those that
// the server's root lists.
func TestEveryResourceHasAType(t *testing.T) {
	_, c := server(t, pdctest.Options{})
	all, err := c.Resources(t.Context())
	require.NoError(t, err)
	known := resources(c)
	for name := range all {
		if _, ok := known[name+"/"]; ok {
			delete(known, name+"/")
			continue
		}
		switch name {
		case "auth/current-user", "auth/token", "compose-images", "compose-rpms", "composes/{compose_id}/rpm-mapping",
			"releases/{release_id}/rpm-mapping", "global-components/{instance_pk}/labels", "rpc/compose-full-import",
			"rpc/content-delivery-repos/clone", "rpc/find-compose-by-release-rpm/{release_id}/{rpm_name}",
			"rpc/find-composes-by-product-version-rpm/{product_version}/{rpm_name}", "rpc/where-to-file-bugs",
			"rpc/find-older-compose-by-compose-rpm/{compose_id}/{rpm_name}", "rpc/release/clone", "rpc/release/clone-components",
			"rpc/release/import-from-composeinfo", "rpc/overrides-rpm/clone":
			continue // methods of their own
		case "rpc/repos/clone":
			continue // another name of rpc/content-delivery-repos/clone
		}
		t.Errorf("%s has no type", name)
	}
	assert.Empty(t, known, "and none is made up")
}

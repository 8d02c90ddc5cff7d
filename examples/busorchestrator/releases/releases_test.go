// SPDX-License-Identifier: MIT

package releases_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/examples/busorchestrator/releases"
	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/koji/bodhi/bodhitest"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

func TestThreeServicesTellTheSameReleases(t *testing.T) {
	off := false
	release := func(version, branch string) pdc.Release {
		return pdc.Release{Short: "fedora", Name: "Fedora", Version: version, ReleaseType: "ga", DistGit: &pdc.DistGit{Branch: branch}}
	}
	old := map[string]any{"short": "fedora", "name": "Fedora", "version": "40", "release_type": "ga", "active": off, "dist_git": map[string]string{"branch": "f40"}}
	updates := release("42", "f42")
	updates.ReleaseType = "updates"
	unmapped := pdc.Release{Short: "other", Name: "Other", Version: "1", ReleaseType: "ga"}
	p, err := pdctest.New(pdctest.Seed{Rows: []pdctest.Rows{{Resource: "releases/", Rows: []any{
		release("42", "f42"), updates, release("43", "rawhide"), old, unmapped,
	}}}}, pdctest.Options{})
	require.NoError(t, err)
	inPDC := pdctest.NewServer(p)
	defer inPDC.Close()

	inBodhi := bodhitest.NewServer(bodhitest.Seed{Releases: []bodhi.Release{
		{Name: "F40", Branch: "f40", DistTag: "f40", State: "archived"},
		{Name: "F41", Branch: "f41", DistTag: "f41", State: "current", EOL: "2025-12-15"},
		{Name: "F42", Branch: "f42", DistTag: "f42", State: "current", StableTag: "f42-updates", OverrideTag: "f42-override", EOL: "2026-05-13"},
		{Name: "F42C", Branch: "f42", DistTag: "f42", State: "current", StableTag: "f42-container-updates"},
		{Name: "F43", Branch: "rawhide", DistTag: "f43", State: "pending", StableTag: "f43"},
		{Name: "ELN", Branch: "eln", DistTag: "eln", State: "current"},
	}})
	defer inBodhi.Close()

	src, err := distgittest.NewServer(distgittest.Options{})
	require.NoError(t, err)
	defer src.Close()
	require.NoError(t, src.Add(distgit.Repo{Namespace: "rpms", Name: "bash"}, distgittest.Seed{Commits: []distgittest.Commit{
		{Files: map[string]string{"a": "1"}}, {Branch: "f42", From: "rawhide"}, {Branch: "private-me", From: "rawhide"}, {Branch: "5.2", From: "rawhide"},
	}}))

	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, from := range []string{"pdc=" + inPDC.URL, "bodhi=" + inBodhi.URL, "distgit=" + src.URL + "/rpms/bash"} {
		got, err := releases.Active(t.Context(), from, now)
		require.NoError(t, err, from)
		var labels []string
		for _, r := range got {
			labels = append(labels, r.Label)
		}
		assert.Equal(t, []string{"f42", "rawhide"}, labels, from)
		routes := trigger.RoutesTo(got...)
		require.NoError(t, routes.Check())
		for at, want := range map[[2]string]string{
			{"branch", "f42"}: "f42", {"branch", "rawhide"}: "rawhide", {"dist", "fc42"}: "f42", {"dist", "fc43"}: "rawhide",
			{"tag", "f42-updates"}: "f42", {"tag", "f43"}: "rawhide", {"tag", "f43-build"}: "rawhide",
		} {
			assert.Equal(t, []string{want}, routes.Releases(trigger.Place(at[0]), at[1]), "%s: %v", from, at)
		}
		assert.Empty(t, routes.Releases(trigger.PlaceBranch, "f40"), from)
	}
	got, err := releases.Active(t.Context(), "bodhi="+inBodhi.URL, now)
	require.NoError(t, err)
	assert.Equal(t, []string{"F42", "F42C"}, got[0].At[trigger.PlaceUpdate])

	for _, from := range []string{"", "pdc", "koji=https://example.org", "pdc=ftp://example.org", "bodhi=nonsense", "distgit=https://example.org", "distgit=" + src.URL + "/rpms/none"} {
		_, err := releases.Active(t.Context(), from, now)
		assert.Error(t, err, from)
	}
}

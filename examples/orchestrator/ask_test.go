// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/examples/world/services"
)

// planned is what a plan printed with -json comes to.
type planned struct {
	Rebuild []json.RawMessage `json:"rebuild"`
	Tiers   json.RawMessage   `json:"tiers"`
	Cycles  json.RawMessage   `json:"cycles"`
	Work    json.RawMessage   `json:"work"`
}

func planOf(t *testing.T, args ...string) (p planned, said string) {
	t.Helper()
	code, out, errs := start(t.Context(), append([]string{"-plan-only", "-json"}, args...))
	require.Equal(t, rebuild.ExitDone, code, "%s\n%s", out, errs)
	var lines []string
	for line := range strings.Lines(out) {
		var v struct {
			Say  string   `json:"say"`
			Plan *planned `json:"plan"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &v), line)
		if lines = append(lines, v.Say); v.Plan != nil {
			p = *v.Plan
		}
	}
	require.NotEmpty(t, p.Tiers)
	return p, strings.Join(lines, "\n")
}

func TestThePlanIsTheSameFromEverySource(t *testing.T) {
	pdc, said := planOf(t)
	assert.Contains(t, said, "pdc: 19 of 3057 packages of fedora-43 are affected")
	same := func(got planned) {
		t.Helper()
		assert.Len(t, got.Rebuild, len(pdc.Rebuild))
		assert.JSONEq(t, string(pdc.Tiers), string(got.Tiers))
		assert.JSONEq(t, string(pdc.Cycles), string(got.Cycles))
		assert.JSONEq(t, string(pdc.Work), string(got.Work))
	}
	koji, said := planOf(t, "-source", "koji")
	assert.Contains(t, said, "koji: BuildRequires of 3057 of 3057 source packages")
	assert.Contains(t, said, "koji: 19 of 3057 packages of fedora-43 are affected")
	same(koji)
}

// A hub's tag is planned by with nothing but the hub, and a resumed run keeps
// what it was planned from.
func TestAHubAloneIsEnoughToPlan(t *testing.T) {
	w := startWorld(t, services.Options{})
	for _, where := range [][]string{{"-target", distro.Target}, {"-tag", distro.BuildTag}, {"-tag", distro.BuildTag, "-koji-repo", "latest", "-arch", "x86_64"}} {
		args := append([]string{"-koji", w.Koji, "-changed", "rpms/perl-App-FatPacker"}, where...)
		_, said := planOf(t, args...)
		assert.Contains(t, said, "koji: 18 of 3057 packages of f43-build are affected")
	}
	for want, args := range map[string][]string{
		"no such tag: none":                            {"-tag", "none"},
		"koji tag f43: no repo is ready (it never":     {"-tag", distro.Tag},
		"koji tag f43-build: repo 99: ":                {"-tag", distro.BuildTag, "-koji-repo", "99"},
		"no arch s390x, only x86_64":                   {"-tag", distro.BuildTag, "-arch", "s390x"},
		"its files are gone, or lie elsewhere than":    {"-tag", distro.BuildTag, "-topurl", w.PDC},
		"no such buildTarget: f99":                     {"-target", "f99"},
		filepath.FromSlash("none: repodata: repodata"): {"-repo", "none"},
	} {
		code, out, errs := start(t.Context(), append([]string{"-koji", w.Koji, "-changed", "rpms/perl-App-FatPacker"}, args...))
		assert.Equal(t, rebuild.ExitFailed, code, out)
		assert.Contains(t, errs, want)
	}
}

// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

func TestCommandLinesThatMakeNoSense(t *testing.T) {
	for words, args := range map[string][]string{
		"unexpected argument": {"now"},
		"resume needs -state": {"resume"},
		"must be positive":    {"-poll", "0s"},
		"where the new":       {"-repo", "x"},
		"compared with":       {"-koji", "http://hub", "-new", "x"},
		"or the hub and -si":  {"-koji", "http://hub", "-target", "x"},
		"not both":            {"-repo", "x", "-new", "y", "-koji", "http://hub", "-profile", "p"},
		"moves the builds":    {"-repo", "x", "-new", "y", "-bodhi", "http://b", "-merge"},
		"testing or stable":   {"-wait", "tomorrow"},
		"-wait needs":         {"-repo", "x", "-new", "y", "-wait", "stable"},
		"-write needs":        {"-repo", "x", "-new", "y", "-write", "-koji", "http://hub", "-distgit", "http://git", "-target", "t", "-branch", "b", "-user", "u"},
		"goes with resume":    {"-retry", "x"},
		"an empty entry":      {"-repo", "x,,y"},
		"is not a number":     {"-bugs", "1,one"},
		"not defined":         {"-nonsense"},
		"no package":          {"-bump", "no-such-package", "-plan-only"},
	} {
		var out, errs bytes.Buffer
		assert.Equal(t, rebuild.ExitUsage, run(t.Context(), args, &out, &errs), words)
		assert.Contains(t, errs.String(), words)
		assert.Empty(t, out.String())
	}
	var out, errs bytes.Buffer
	assert.Equal(t, rebuild.ExitDone, run(t.Context(), []string{"-h"}, &out, &errs))
	assert.Contains(t, errs.String(), "usage: sidetag")
}

func TestOtherEnds(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "run.json"), []byte("{"), 0o644))
	half := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(half, "run.json"), []byte("{}"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(half, "graph.json"), []byte(`{"format":"planner-graph/1","nodes":[],"edges":[]}`), 0o644))
	for words, tc := range map[string]struct {
		code int
		args []string
	}{
		"limit of 3":              {rebuild.ExitHeld, []string{"-limit", "3"}},
		"holds no run":            {rebuild.ExitState, []string{"resume", "-state", filepath.Join(dir, "none")}},
		"run.json":                {rebuild.ExitState, []string{"resume", "-state", dir}},
		"lacks a part":            {rebuild.ExitState, []string{"resume", "-state", half}},
		"old packages: ":          {rebuild.ExitFailed, []string{"-repo", filepath.Join(dir, "none"), "-new", dir, "-plan-only"}},
		"no such file or directo": {rebuild.ExitFailed, []string{"-repo", filepath.Join(dir, "none"), "-new", dir}},
	} {
		var out, errs bytes.Buffer
		assert.Equal(t, tc.code, run(t.Context(), tc.args, &out, &errs), words)
		assert.Contains(t, errs.String(), words)
	}
}

func pkg(name, version, source string, provides, requires []string) rpm.Package {
	p := rpm.Package{NEVRA: rpm.NEVRA{Name: name, EVR: rpm.EVR{Version: version, Release: "1"}, Arch: "x86_64"}}
	p.Source = source + "-" + version + "-1.src.rpm"
	for _, x := range provides {
		p.Provides = append(p.Provides, rpm.Relation{Name: x})
	}
	for _, x := range requires {
		p.Requires = append(p.Requires, rpm.Relation{Name: x})
	}
	return p
}

// Without repositories, the build tag's repo is compared with the side tag's.
func TestTagsAreCompared(t *testing.T) {
	seed := kojitest.Seed{
		Users:   []kojitest.User{{Name: "me", Password: "x", Permissions: []string{"admin"}}},
		Tags:    []kojitest.Tag{{Name: "f", Arches: "x86_64"}, {Name: "f-build", Arches: "x86_64", Parents: []string{"f"}}, {Name: "side", Arches: "x86_64", Parents: []string{"f-build"}, Extra: map[string]any{"sidetag": true}}},
		Targets: []kojitest.Target{{Name: "f", BuildTag: "f-build", DestTag: "f"}, {Name: "side", BuildTag: "side", DestTag: "side"}},
		Repos:   []string{"f-build", "side"},
		Deps: func(nvr, name, arch string) kojitest.Deps {
			switch {
			case name == "app" && arch == "src":
				return kojitest.Deps{Requires: []string{"libx"}}
			case name == "app":
				return kojitest.Deps{Requires: []string{"libx.so.1()(64bit)"}}
			case arch != "src":
				return kojitest.Deps{Provides: []string{"libx.so." + strings.Split(nvr, "-")[1] + "()(64bit)"}}
			}
			return kojitest.Deps{}
		},
	}
	seed.Builds = []kojitest.Build{{NVR: "libx-1-1", Tags: []string{"f"}}, {NVR: "app-1-1", Tags: []string{"f"}}, {NVR: "libx-2-1", Tags: []string{"side"}}}
	srv := kojitest.NewServer(kojitest.NewHub(seed))
	defer srv.Close()
	plan := func() (int, string, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"-koji", srv.URL, "-target", "f", "-side-tag", "side", "-plan-only"}, &out, &errs)
		return code, out.String(), errs.String()
	}
	code, out, errs := plan()
	assert.Equal(t, rebuild.ExitDone, code, errs)
	assert.Contains(t, out, "new: libx 2 (was 1)\nlost: libx.so.1()(64bit)\n  breaks app\n")
	assert.Contains(t, out, "tier 0: libx\n  tier 1: app\n")

	c, err := srv.Client(koji.WithPassword("me", "x"))
	require.NoError(t, err)
	require.NoError(t, c.TagBuildDirectly(t.Context(), "side", "app-1-1", false))
	code, _, errs = plan()
	assert.Equal(t, rebuild.ExitFailed, code)
	assert.Contains(t, errs, "of side is older than app-1-1: ask for a new one")
}

// The new repository is one of everything: what is old in it is not new, what
// was rebuilt is taken, and what was rebuilt too early is not.
func TestRepositoriesOfEverythingAreCompared(t *testing.T) {
	dir := t.TempDir()
	o := options{Old: []string{filepath.Join(dir, "old")}, New: []string{filepath.Join(dir, "new")}}
	lib, one, two := []string{"libx.so.1"}, []string{"libx.so.1"}, []string{"libx.so.2"}
	require.NoError(t, writeRepo(o.Old[0], []rpm.Package{
		pkg("libx", "1", "libx", lib, nil), pkg("same", "1", "same", nil, one), pkg("early", "1", "early", nil, one), pkg("done", "1", "done", nil, one), pkg("far", "1", "far", nil, nil),
	}))
	require.NoError(t, writeRepo(o.New[0], []rpm.Package{
		pkg("libx", "2", "libx", two, nil), pkg("same", "1", "same", nil, one), pkg("early", "1.1", "early", nil, one), pkg("done", "1.1", "done", nil, two), pkg("far", "1", "far", nil, nil),
	}))
	g, b, err := compare(t.Context(), o, &clients{}, &screen{w: io.Discard})
	require.NoError(t, err)
	assert.Equal(t, []planner.ID{"rpms/done", "rpms/early", "rpms/libx"}, b.Sources)
	assert.Equal(t, []planner.ID{"rpms/early"}, b.Stale)
	assert.Equal(t, map[planner.ID]string{"rpms/done": "1.1", "rpms/early": "1.1", "rpms/libx": "2"}, b.Versions)
	p, err := b.plan(g, o)
	require.NoError(t, err)
	assert.Equal(t, []planner.ID{"rpms/done", "rpms/early", "rpms/libx", "rpms/same"}, p.Rebuild)
	assert.True(t, b.asIs("rpms/done"))
	assert.False(t, b.asIs("rpms/early"), "it is bumped")
	assert.False(t, b.asIs("rpms/same"))
	assert.Equal(t, "Rebuilt for done 1.1, libx 2", b.reason())
}

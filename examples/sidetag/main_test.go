// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

func TestCommandLinesThatMakeNoSense(t *testing.T) {
	for words, args := range map[string][]string{
		"unexpected argument": {"now"},
		"resume needs -state": {"resume"},
		"must be positive":    {"-poll", "0s"},
		"-repo has the":       {"-repo", "x"},
		"say what is":         {"-koji", "http://hub", "-new", "x"},
		"not both":            {"-repo", "x", "-new", "y", "-koji", "http://hub", "-profile", "p"},
		"moves the builds":    {"-repo", "x", "-new", "y", "-bodhi", "http://b", "-merge"},
		"testing or stable":   {"-wait", "tomorrow"},
		"-wait needs":         {"-repo", "x", "-new", "y", "-wait", "stable"},
		"-write needs":        {"-repo", "x", "-new", "y", "-write"},
		"goes with resume":    {"-retry", "x"},
		"an empty entry":      {"-repo", "x,,y"},
		"invalid syntax":      {"-bugs", "one"},
		"not defined":         {"-nonsense"},
		"no package":          {"-bump", "no-such-package", "-plan-only"},
	} {
		var out, errs bytes.Buffer
		assert.Equal(t, exitUsage, run(t.Context(), args, &out, &errs), words)
		assert.Contains(t, errs.String(), words)
		assert.Empty(t, out.String())
	}
	var out, errs bytes.Buffer
	assert.Equal(t, exitDone, run(t.Context(), []string{"-h"}, &out, &errs))
	assert.Contains(t, errs.String(), "usage: sidetag")
}

func TestOtherEnds(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "run.json"), []byte("{"), 0o644))
	for words, tc := range map[string]struct {
		code int
		args []string
	}{
		"limit of 3":              {exitHeld, []string{"-limit", "3"}},
		"holds no run":            {exitState, []string{"resume", "-state", filepath.Join(dir, "none")}},
		"run.json":                {exitState, []string{"resume", "-state", dir}},
		"old packages: ":          {exitFailed, []string{"-repo", filepath.Join(dir, "none"), "-new", dir, "-plan-only"}},
		"no such file or directo": {exitFailed, []string{"-repo", filepath.Join(dir, "none"), "-new", dir}},
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
	g, b, err := compare(t.Context(), o)
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

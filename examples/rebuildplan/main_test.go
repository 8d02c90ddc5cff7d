// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
	"github.com/seed-f134cc8e/relkit/planner"
)

func rebuildplan(args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return out.String(), errs.String(), code
}

func TestAnswers(t *testing.T) {
	for name, args := range map[string][]string{
		"plan.txt":      {"-changed", "rpms/zlib"},
		"plan.json":     {"-changed", "rpms/zlib", "-format", "json"},
		"plan.dot":      {"-changed", "rpms/zlib", "-format", "dot", "plan"},
		"plan.svg":      {"-changed", "rpms/zlib", "draw"},
		"bootstrap.txt": {"-changed", "rpms/isl", "-cycles", "bootstrap", "-block", "rpms/kernel,kind:image"},
		"select.txt":    {"-select", "rpms/git,rpms/zlib,rpms/curl"},
		"explain.txt":   {"-changed", "rpms/zlib", "explain", "rpms/git", "rpms/kernel", "rpms/openssl"},
		"explain.json":  {"-changed", "rpms/zlib", "-format", "json", "explain", "rpms/git"},
		"whatif.txt":    {"-changed", "rpms/zlib", "-equal", "rpms/openssl", "-builders", "2", "whatif"},
		"whatif.json":   {"-changed", "rpms/zlib", "-exclude", "rpms/curl", "-format", "json", "whatif"},
		"cut.txt":       {"-changed", "rpms/zlib", "-cut", "rpms/perl->binary/perl-Test-Simple", "whatif"},
		"simulate.txt":  {"-changed", "rpms/zlib", "-builders", "2", "-repo-delay", "5m", "simulate"},
		"graph.txt":     {"graph"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := rebuildplan(args...)
			require.Equal(t, exitDone, code, errs)
			assert.Empty(t, errs)
			golden.Compare(t, filepath.Join("testdata", name), []byte(out))
		})
	}
}

func TestEveryFormatOfEveryCommand(t *testing.T) {
	for command, can := range formats {
		for _, format := range can {
			args := []string{"-changed", "rpms/zlib", "-equal", "rpms/git", "-format", format, command}
			if command == "explain" {
				args = append(args, "rpms/git")
			}
			out, errs, code := rebuildplan(args...)
			require.Equal(t, exitDone, code, "%v: %s", args, errs)
			switch format {
			case "json":
				assert.True(t, json.Valid([]byte(out)), "%v", args)
			case "svg":
				assert.True(t, strings.HasPrefix(out, "<svg "), "%v", args)
			case "dot":
				assert.True(t, strings.HasPrefix(out, "digraph "), "%v", args)
			default:
				assert.NotEmpty(t, out)
			}
		}
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		errs string
	}{
		{"-h", exitDone, "usage: rebuildplan"},
		{"-bogus", exitUsage, "flag provided but not defined"},
		{"", exitUsage, "what changed?"},
		{"-changed rpms/zlib frob", exitUsage, `unknown command "frob"`},
		{"-changed rpms/zlib -format svg explain rpms/git", exitUsage, `explain writes text, json, not "svg"`},
		{"-changed rpms/zlib explain", exitUsage, "explain what?"},
		{"-changed rpms/zlib plan more", exitUsage, "plan takes no arguments"},
		{"-changed rpms/zlib whatif", exitUsage, "what if?"},
		{"-changed rpms/zlib -cut a->b", exitUsage, "-cut goes with whatif"},
		{"-changed rpms/zlib -cut a whatif", exitUsage, "is not FROM->TO"},
		{"-changed rpms/zlib -kinds builds", exitUsage, `unknown edge kind "builds"`},
		{"-changed rpms/zlib -cycles maybe", exitUsage, `unknown cycle policy "maybe"`},
		{"-changed rpms/zlib -builders -1", exitUsage, "cannot be negative"},
		{"-changed rpms/zlib -passes -1", exitUsage, "cannot be negative"},
		{"-graph testdata/none.json -all", exitFailed, "no such file"},
		{"-graph main.go -all", exitFailed, "main.go: planner: graph text: line 1"},
		{"-source moon -all", exitUsage, "-source moon is none of koji, pdc, repo, file"},
		{"-source koji -graph x -all", exitUsage, "contradict each other"},
		{"-source pdc -all", exitUsage, "name them with -changed"},
		{"-source pdc graph", exitUsage, "name them with -changed"},
		{"-pdc x -changed rpms/a", exitUsage, "-pdc URL and -release NAME go together"},
		{"-source file -all", exitUsage, "-source file needs -graph"},
		{"-graph x -repo y -all", exitUsage, "give -graph or -repo, not both"},
		{"-graph x -tag y -all", exitUsage, "go with -source koji"},
		{"-koji http://127.0.0.1:1/kojihub -all", exitFailed, "name a build tag with -tag"},
		{"-koji ftp://x -tag y -all", exitFailed, "koji"},
		{"-repo testdata/none -all", exitFailed, "testdata/none: repodata: repodata/repomd.xml"},
		{"-all -cycles refuse", exitFailed, "2 cycle groups are refused"},
		{"-changed rpms/zlib -block [", exitFailed, "is no glob"},
		{"-all -max-nodes 3", exitHeld, ""},
		{"-changed rpms/nope", exitUnknown, "not in the graph: rpms/nope"},
		{"-changed rpms/zlib explain rpms/nope", exitUnknown, "no such node"},
		{"-changed rpms/zlib -cut a->b whatif", exitUnknown, "no such edge"},
	} {
		_, errs, code := rebuildplan(strings.Fields(c.args)...)
		assert.Equal(t, c.code, code, "%s: %s", c.args, errs)
		assert.Contains(t, errs, c.errs, c.args)
	}
}

func TestGraphsInEveryFormGiveOnePlan(t *testing.T) {
	want, _, _ := rebuildplan("-changed", "rpms/zlib")
	dir := t.TempDir()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	text, _, _ := rebuildplan("-format", "json", "graph")
	_, err := z.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for name, data := range map[string][]byte{"demo.txt": []byte(demo), "demo.json": []byte(text), "demo.json.gz": zipped.Bytes()} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o644))
		out, errs, code := rebuildplan("-graph", path, "-changed", "rpms/zlib")
		require.Equal(t, exitDone, code, errs)
		assert.Equal(t, want, out, name)
	}
	path := filepath.Join(dir, "torn.json.gz")
	require.NoError(t, os.WriteFile(path, zipped.Bytes()[:100], 0o644))
	_, errs, code := rebuildplan("-graph", path, "-all")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "unexpected EOF")
}

// smallHub is a hub with a library, and a program that is built with it.
func smallHub(t *testing.T) (url string) {
	t.Helper()
	srv := kojitest.NewServer(kojitest.NewHub(kojitest.Seed{
		Tags:    []kojitest.Tag{{Name: "f43", Arches: "x86_64"}, {Name: "f43-build", Arches: "x86_64", Parents: []string{"f43"}}},
		Targets: []kojitest.Target{{Name: "f43", BuildTag: "f43-build", DestTag: "f43"}},
		Builds: []kojitest.Build{
			{NVR: "zlib-1.3-1", Tags: []string{"f43"}, RPMs: []string{"zlib", "zlib-devel"}}, {NVR: "curl-8-1", Tags: []string{"f43"}, RPMs: []string{"curl"}},
		},
		Deps: func(nvr, name, arch string) kojitest.Deps {
			if name == "curl" && arch == "src" {
				return kojitest.Deps{Requires: []string{"zlib-devel", "perl(None)"}}
			}
			return kojitest.Deps{}
		},
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestThePlanFromAHubIsThatOfItsGraph(t *testing.T) {
	hub := smallHub(t)
	want, errs, code := rebuildplan("-koji", hub, "-tag", "f43-build", "-v", "-changed", "rpms/zlib")
	require.Equal(t, exitDone, code, errs)
	assert.Contains(t, errs, "BuildRequires of 2 of 2 source packages")
	assert.Contains(t, errs, "unresolved dependencies: 1, for example rpms/curl needs perl(None)")
	assert.Contains(t, want, "2 rebuilds in 2 tiers")
	text, errs, code := rebuildplan("-source", "koji", "-koji", hub, "-tag", "f43-build", "graph")
	require.Equal(t, exitDone, code, errs)
	path := filepath.Join(t.TempDir(), "graph.txt")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	out, errs, code := rebuildplan("-graph", path, "-changed", "rpms/zlib")
	require.Equal(t, exitDone, code, errs)
	assert.Equal(t, want, out)
	_, errs, code = rebuildplan("-koji", hub, "-tag", "nope", "-all")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "no such tag: nope")
}

func TestTheDemoWorldIsReadWithoutAnAddress(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the demo world")
	}
	for _, from := range []string{"koji", "pdc"} {
		out, errs, code := rebuildplan("-source", from, "-changed", "rpms/perl-App-FatPacker")
		require.Equal(t, exitDone, code, errs)
		assert.Empty(t, errs)
		assert.Contains(t, out, "18 rebuilds in 9 tiers", from)
	}
}

func TestRepositoriesArePlannedAsTheyAre(t *testing.T) {
	out, errs, code := rebuildplan("-repo", "../whatdepends/demo", "-changed", "rpms/zlib", "-max-depth", "1")
	require.Equal(t, exitDone, code, errs)
	assert.Contains(t, out, "rpms/curl")
	assert.Contains(t, errs, "unresolved dependencies: 1, for example")
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAWriteErrorIsTold(t *testing.T) {
	var errs bytes.Buffer
	assert.Equal(t, exitFailed, run(t.Context(), []string{"graph"}, fullDisk{}, &errs))
	assert.Contains(t, errs.String(), "disk full")
}

func TestTheDemoIsWhole(t *testing.T) {
	g, err := load(t.Context(), &options{}, io.Discard)
	require.NoError(t, err)
	assert.Empty(t, g.Dangling())
	p, err := g.Plan(planner.Request{All: true})
	require.NoError(t, err)
	assert.Zero(t, p.Unestimated)
}

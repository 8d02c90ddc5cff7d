// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
)

func whatdepends(args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return out.String(), errs.String(), code
}

func TestAnswers(t *testing.T) {
	graph := filepath.Join("testdata", "graph.txt")
	for name, args := range map[string][]string{
		"needs.txt":         {"needs", "zlib", "rpms/zlib"},
		"needs-name.txt":    {"-possible", "needs", "libcurl.so.4()(64bit)"},
		"needs-file.txt":    {"needs", "/usr/share/crypto-policies/config"},
		"needs.json":        {"-json", "needs", "perl-interpreter"},
		"provides.txt":      {"provides", "libcurl.so.4()(64bit)", "perl >= 5", "/usr/bin/git"},
		"provides.json":     {"-json", "provides", "/bin/sh"},
		"rebuilt.txt":       {"rebuilt", "zlib"},
		"rebuilt-depth.txt": {"-depth", "1", "rebuilt", "zlib"},
		"rebuilt.json":      {"-json", "rebuilt", "rpms/curl", "openssl"},
		"bumped.txt":        {"bumped"},
		"bumped.json":       {"-json", "bumped"},
		"unresolved.txt":    {"unresolved"},
		"unresolved.json":   {"-json", "unresolved"},
		"graph-needs.txt":   {"-graph", graph, "needs", "zlib", "pkgconfig(zlib)"},
		"graph-rebuilt.txt": {"-graph", graph, "rebuilt", "zlib"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := whatdepends(args...)
			require.Equal(t, exitDone, code, errs)
			golden.Compare(t, filepath.Join("testdata", name), []byte(out))
			if filepath.Ext(name) == ".json" {
				assert.True(t, json.Valid([]byte(out)))
			}
		})
	}
}

func TestWhatIsUnresolvedIsToldWithEveryAnswer(t *testing.T) {
	_, errs, code := whatdepends("rebuilt", "zlib")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, errs, "1 unresolved")
}

func TestRepositoriesComeFromFoldersAndURLs(t *testing.T) {
	want, _, code := whatdepends("rebuilt", "zlib")
	require.Equal(t, exitDone, code)
	srv := httptest.NewServer(http.FileServer(http.Dir("demo")))
	defer srv.Close()
	for _, repo := range []string{"demo", srv.URL, srv.URL + "/"} {
		out, errs, code := whatdepends("-repo", repo, "rebuilt", "zlib")
		require.Equal(t, exitDone, code, errs)
		assert.Equal(t, want, out)
	}
	out, errs, code := whatdepends("-repo", "demo,"+srv.URL, "-json", "unresolved")
	require.Equal(t, exitDone, code, errs)
	assert.Contains(t, out, `"duplicates"`, "the same packages from two places are told")

	_, errs, code = whatdepends("-repo", srv.URL+"/none", "unresolved")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "404")
}

func TestAKojiTagIsAskedLikeARepository(t *testing.T) {
	out, errs, code := whatdepends("-source", "koji", "-v", "-depth", "1", "rebuilt", "perl-App-FatPacker")
	require.Equal(t, exitDone, code, errs)
	assert.Contains(t, errs, "BuildRequires of 3057 of 3057 source packages")
	assert.Contains(t, out, "  rpms/perl-Module-Pluggable\n")
	same, errs, code := whatdepends("-source", "pdc", "-depth", "1", "rebuilt", "perl-App-FatPacker")
	require.Zero(t, code, errs)
	assert.Equal(t, out, same, "PDC and the hub know the same")
	_, errs, code = whatdepends("-source", "koji", "-tag", "f43", "unresolved")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, `koji tag f43: no repo is ready (it never had one): ask for one with "koji request-repo f43"`)
}

func TestADamagedRepositoryGivesNoAnswer(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("demo")))
	path := filepath.Join(dir, "repodata", "primary.xml")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, bytes.Replace(data, []byte("libz.so.1"), []byte("libz.so.2"), 1), 0o644))
	out, errs, code := whatdepends("-repo", dir, "rebuilt", "zlib")
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, out)
	assert.Contains(t, errs, "checksum differs")
	assert.Contains(t, errs, "repodata/primary.xml")
}

func TestCommandLine(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"help":                       {[]string{"-h"}, exitDone, "usage: whatdepends"},
		"no command":                 {nil, exitUsage, "no command"},
		"an unknown command":         {[]string{"dance"}, exitUsage, `no command "dance"`},
		"an unknown flag":            {[]string{"-x", "needs", "a"}, exitUsage, "not defined"},
		"no names":                   {[]string{"needs"}, exitUsage, "needs of what"},
		"names where there are none": {[]string{"unresolved", "a"}, exitUsage, "takes no names"},
		"an empty repository":        {[]string{"-repo", "a,,b", "unresolved"}, exitUsage, "an empty entry"},
		"a graph and a repository":   {[]string{"-graph", "a", "-repo", "b", "needs", "c"}, exitUsage, "give -graph or -repo, not both"},
		"new without old":            {[]string{"-new", "a", "bumped"}, exitUsage, "together"},
		"a graph's gaps":             {[]string{"-graph", "a", "unresolved"}, exitUsage, "does not tell"},
		"a koji and a repository":    {[]string{"-source", "koji", "-repo", "b", "needs", "c"}, exitUsage, "contradict each other"},
		"no such source":             {[]string{"-source", "moon", "needs", "c"}, exitUsage, "-source moon is none of koji, pdc, repo, file"},
		"what PDC knows not":         {[]string{"-source", "pdc", "provides", "c"}, exitUsage, "PDC does not tell that"},
		"new without bumped":         {[]string{"-new", "a", "needs", "c"}, exitUsage, "-new goes with bumped"},
		"a hub without a tag":        {[]string{"-koji", "http://127.0.0.1:1/kojihub", "needs", "c"}, exitFailed, "-tag"},
		"a missing graph":            {[]string{"-graph", "testdata/none", "needs", "c"}, exitFailed, "no such file"},
		"a missing repository":       {[]string{"-repo", "testdata/none", "needs", "c"}, exitFailed, "repomd.xml"},
		"an unknown source":          {[]string{"rebuilt", "nosuch"}, exitUnknown, "nosuch"},
		"an unknown name":            {[]string{"needs", "nosuch"}, exitUnknown, "nosuch"},
		"a name nobody provides":     {[]string{"provides", "nosuch"}, exitUnknown, "nosuch"},
		"a relation that is none":    {[]string{"provides", "a >="}, exitFailed, "offset"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := whatdepends(c.args...)
			assert.Equal(t, c.code, code)
			assert.Empty(t, out)
			assert.Contains(t, errs, c.want)
		})
	}
}

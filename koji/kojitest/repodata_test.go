// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
	"github.com/seed-f134cc8e/relkit/planner/repodata"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// repoSeed has what a repo can hold: an epoch, several arches, a package for
// none, a blocked one, one of an inherited tag, debuginfo.
func repoSeed() kojitest.Seed {
	epoch := 2
	return kojitest.Seed{
		Users: []kojitest.User{{Name: "alice", Password: "secret", Permissions: []string{"admin"}}},
		Tags: []kojitest.Tag{
			{Name: "base", Arches: "x86_64 i686"},
			{Name: "dist", Arches: "x86_64 i686", Parents: []string{"base"}},
			{Name: "build", Arches: "x86_64 i686", Parents: []string{"dist"}},
		},
		Targets:  []kojitest.Target{{Name: "dist", BuildTag: "build", DestTag: "dist"}},
		Builder:  kojitest.Builder{ManualRepos: true},
		Packages: []kojitest.Package{{Name: "bad", Tags: []string{"dist"}, Blocked: true}, {Name: "bad", Tags: []string{"base"}}},
		Builds: []kojitest.Build{
			{NVR: "zlib-1.2-1", Tags: []string{"base"}, RPMs: []string{"zlib", "zlib-devel", "zlib-debuginfo"}},
			{NVR: "zlib-1.3-1", Epoch: &epoch, Tags: []string{"base"}, RPMs: []string{"zlib", "zlib-devel", "zlib-debuginfo"}},
			{NVR: "bad-1-1", Tags: []string{"base"}, RPMs: []string{"bad"}},
			{NVR: "app-1<&>-1", Tags: []string{"dist"}, Files: []kojitest.RPM{{Name: "app", Arch: "src"}, {Name: "app", Arch: "noarch"}, {Name: "app-lost", Arch: "noarch", MetadataOnly: true}}},
		},
		Deps: func(nvr, name, arch string) kojitest.Deps {
			switch {
			case name == "app" && arch == "src":
				return kojitest.Deps{Requires: []string{"zlib-devel >= 2:1.3", "(gcc or clang)"}}
			case name == "app":
				return kojitest.Deps{Requires: []string{"libz.so.1()(64bit)", "/bin/sh"}, Provides: []string{"app(<&>) = 1"}}
			case name == "zlib" && arch != "src":
				return kojitest.Deps{Provides: []string{"libz.so.1()(64bit)"}}
			}
			return kojitest.Deps{}
		},
	}
}

// hubFS is a folder below the hub's top URL.
type hubFS struct {
	hub *kojitest.Hub
	dir string
}

func (f hubFS) Open(name string) (fs.File, error) {
	data, ok := f.hub.File(path.Join(f.dir, name))
	if !ok {
		return nil, fs.ErrNotExist
	}
	return fstest.MapFS{"x": {Data: data}}.Open("x")
}

func load(t *testing.T, hub *kojitest.Hub, dir string) (byName map[string]rpm.Package) {
	t.Helper()
	r, err := repodata.Open(hubFS{hub, dir}, repodata.Options{})
	require.NoError(t, err, dir)
	pkgs, err := r.Load()
	require.NoError(t, err, dir)
	byName = map[string]rpm.Package{}
	for _, p := range pkgs {
		byName[p.Name+"."+p.Arch] = p
	}
	return byName
}

func TestAReposMetadataSaysWhatItsTagHeld(t *testing.T) {
	hub := kojitest.NewHub(repoSeed())
	got := load(t, hub, "repos/build/1/x86_64")
	var names []string
	for name := range got {
		names = append(names, name)
	}
	assert.ElementsMatch(t, []string{"zlib.x86_64", "zlib-devel.x86_64", "app.noarch"}, names, "neither older, blocked, source nor debuginfo packages")
	assert.Equal(t, "2:1.3-1", got["zlib.x86_64"].EVR.String())
	assert.Equal(t, []string{"zlib = 2:1.3-1", "libz.so.1()(64bit)"}, words(got["zlib.x86_64"].Provides))
	assert.Equal(t, []string{"app = 1<&>-1", "app(<&>) = 1"}, words(got["app.noarch"].Provides))
	assert.Equal(t, []string{"libz.so.1()(64bit)", "/bin/sh"}, words(got["app.noarch"].Requires))
	assert.Equal(t, "app-1<&>-1.src.rpm", got["app.noarch"].Source)
	assert.Equal(t, "zlib-1.3-1.src.rpm", got["zlib.x86_64"].Source)
	assert.Contains(t, load(t, hub, "repos/build/1/i386"), "zlib.i686", "i686 is in i386")

	// What is tagged later is in a later repo only; a file is what it says.
	c, err := koji.NewClient("http://koji.example.com/kojihub", koji.WithHTTPClient(&http.Client{Transport: hub.Transport()}), koji.WithPassword("alice", "secret"), koji.WithTopURL("http://koji.example.com/kojifiles"))
	require.NoError(t, err)
	require.NoError(t, c.UntagBuild(t.Context(), "dist", "app-1<&>-1", false))
	id, err := c.StartRepo(t.Context(), koji.NewRepoRequest{Tag: "build", Source: true, Debuginfo: true})
	require.NoError(t, err)
	hub.Advance(0)
	task, err := c.Task(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, koji.TaskClosed, task.State)
	assert.Contains(t, load(t, hub, "repos/build/1/x86_64"), "app.noarch", "an expired repo stays")
	later := load(t, hub, "repos/build/latest/x86_64")
	assert.NotContains(t, later, "app.noarch")
	assert.Contains(t, later, "zlib-debuginfo.x86_64")
	assert.Equal(t, []string{"zlib = 2:1.3-1"}, words(later["zlib.src"].Provides))
	data, ok := hub.File("repos/build/latest/repo.json")
	require.True(t, ok)
	var about struct {
		ID    int    `json:"id"`
		Event int    `json:"event_id"`
		Tag   string `json:"tag"`
	}
	require.NoError(t, json.Unmarshal(data, &about))
	repo, err := c.Repo(t.Context(), koji.RepoQuery{Tag: "build"})
	require.NoError(t, err)
	assert.Equal(t, repo.ID, about.ID)
	assert.Equal(t, repo.EventID, about.Event)

	deps, err := c.RPMDepsOf(t.Context(), "app-1<&>-1.src", koji.DepRequires)
	require.NoError(t, err)
	var told []string
	for _, d := range deps {
		told = append(told, strings.TrimSpace(fmt.Sprintln(d.Name, d.Op(), d.Version)))
	}
	assert.Equal(t, []string{"zlib-devel >= 2:1.3", "(gcc or clang)", "rpmlib(CompressedFileNames) <= 3.0.4-1"}, told)

	// A package without a file: the hub knows of it, and cannot look into it.
	lost, err := c.RPM(t.Context(), "app-lost-1<&>-1.noarch")
	require.NoError(t, err)
	assert.True(t, lost.MetadataOnly)
	deps, err = c.RPMDeps(t.Context(), lost.Ref())
	require.NoError(t, err)
	assert.Empty(t, deps)
	_, ok = hub.File("packages/app/1<&>/1/noarch/app-lost-1<&>-1.noarch.rpm")
	assert.False(t, ok)
	_, ok = hub.File("packages/app/1<&>/1/noarch/app-1<&>-1.noarch.rpm")
	assert.True(t, ok)

	// What is not there.
	require.NoError(t, c.ExpireRepo(t.Context(), 1))
	_, err = c.DeleteRepo(t.Context(), 1)
	require.NoError(t, err)
	for _, gone := range []string{
		"repos/build/1/x86_64/repodata/repomd.xml", "repos/build/latest/s390x/repodata/repomd.xml", "repos/dist/latest/x86_64/repodata/repomd.xml",
		"repos/build/99/x86_64/repodata/repomd.xml", "repos/build/latest/x86_64/repodata/primary.xml.gz", "repos/build/latest",
	} {
		_, ok := hub.File(gone)
		assert.False(t, ok, gone)
	}
}

func words(list []rpm.Relation) (out []string) {
	for _, r := range list {
		out = append(out, r.String())
	}
	return out
}

// The field's own reader of repositories takes the metadata, where it is
// installed.
func TestCreaterepoReadsTheMetadata(t *testing.T) {
	tool, err := exec.LookPath("mergerepo_c")
	if err != nil {
		t.Skip("mergerepo_c is not installed")
	}
	hub := kojitest.NewHub(repoSeed())
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "in", "repodata"), 0o755))
	repo := hubFS{hub, "repos/build/1/x86_64"}
	r, err := repodata.Open(repo, repodata.Options{})
	require.NoError(t, err)
	primary, err := r.Repomd.Find("primary")
	require.NoError(t, err)
	lists, err := r.Repomd.Find("filelists")
	require.NoError(t, err)
	for _, name := range []string{"repodata/repomd.xml", primary.Location, lists.Location} {
		data, err := fs.ReadFile(repo, name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "in", name), data, 0o644))
	}
	out, err := exec.Command(tool, "--all", "-r", filepath.Join(dir, "in"), "-o", filepath.Join(dir, "out")).CombinedOutput()
	require.NoError(t, err, string(out))
	r, err = repodata.Open(os.DirFS(filepath.Join(dir, "out")), repodata.Options{})
	require.NoError(t, err)
	pkgs, err := r.Load()
	require.NoError(t, err)
	assert.Len(t, pkgs, 3)
}

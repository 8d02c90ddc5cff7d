// SPDX-License-Identifier: MIT

package git_test

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/distgit/git"
)

func TestHeads(t *testing.T) {
	servers(t, func(t *testing.T, srv *distgittest.Server) {
		require.NoError(t, srv.Add(demo, distgittest.Seed{
			Commits: []distgittest.Commit{
				{Files: map[string]string{"demo.spec": demoSpec}},
				{Branch: "f41", From: "rawhide", Files: map[string]string{"x": "y"}},
			},
			Aliases: map[string]string{"main": "rawhide"},
		}))
		empty := distgit.Repo{Name: "empty"}
		require.NoError(t, srv.Add(empty, distgittest.Seed{}))
		c := newClient(t, srv)

		h, err := c.Heads(t.Context(), demo)
		require.NoError(t, err)
		rawhide, err := srv.Head(demo, "rawhide")
		require.NoError(t, err)
		assert.Equal(t, rawhide, h.Branches["rawhide"])
		assert.Equal(t, "rawhide", h.Devel())
		assert.NotEqual(t, rawhide, h.Branches["f41"])
		if srv.RealGit() {
			assert.Equal(t, "rawhide", h.Default)
			assert.Equal(t, []string{"f41", "main", "rawhide"}, h.Names())
		}

		h, err = c.Heads(t.Context(), empty)
		require.NoError(t, err)
		assert.Empty(t, h.Branches)

		_, err = c.Heads(t.Context(), distgit.Repo{Name: "nosuch"})
		assert.ErrorIs(t, err, git.ErrNotFound)
		assert.ErrorIs(t, err, fs.ErrNotExist)
	})
}

func TestHeadsOfMany(t *testing.T) {
	srv := newServer(t, distgittest.Options{Seed: func(r distgit.Repo) (distgittest.Seed, error) {
		if r.Name == "bad" {
			return distgittest.Seed{}, fs.ErrNotExist
		}
		return distgittest.Package(map[string]string{r.Name + ".spec": "Name: " + r.Name + "\n"}), nil
	}})
	repos := []distgit.Repo{{Name: "a"}, {Name: "bad"}, {Name: "libstdc++"}, {Name: "gtk+"}}
	got := newClient(t, srv).HeadsAll(t.Context(), repos)
	require.Len(t, got, 4)
	assert.ErrorIs(t, got[1].Err, git.ErrNotFound)
	for _, i := range []int{0, 2, 3} {
		require.NoError(t, got[i].Err)
		assert.Equal(t, repos[i], got[i].Heads.Repo)
		assert.Len(t, got[i].Heads.Branches, 1)
	}
}

func TestFile(t *testing.T) {
	servers(t, func(t *testing.T, srv *distgittest.Server) {
		addDemo(t, srv)
		c := newClient(t, srv)
		head, err := srv.Head(demo, "rawhide")
		require.NoError(t, err)

		for _, ref := range []string{"rawhide", "", head} {
			f, err := c.File(t.Context(), demo, ref, "demo.spec")
			require.NoError(t, err, ref)
			assert.Equal(t, demoSpec, string(f.Data))
			assert.Equal(t, head, f.Commit)
		}
		f, err := c.File(t.Context(), demo, "rawhide", "patches/a.patch")
		require.NoError(t, err)
		assert.Equal(t, "--- a\n+++ b\n", string(f.Data))
		f, err = c.File(t.Context(), demo, "rawhide", "sources")
		require.NoError(t, err, "an empty file is a file")
		assert.Empty(t, f.Data)

		_, err = c.File(t.Context(), demo, "rawhide", "nosuch")
		assert.ErrorIs(t, err, git.ErrNotFound)
		_, err = c.File(t.Context(), demo, "f41", "demo.spec")
		assert.ErrorIs(t, err, git.ErrNotFound)
		assert.ErrorContains(t, err, "rpms/demo f41")
		_, err = c.File(t.Context(), demo, "rawhide", "patches")
		assert.ErrorIs(t, err, git.ErrNotFile)
		for _, bad := range []string{"../x", "/etc/passwd", ".git/config", "a/.GIT/x", "", ".", "a\\b", "git~1/x"} {
			_, err = c.File(t.Context(), demo, "rawhide", bad)
			assert.ErrorIs(t, err, git.ErrInvalid, bad)
		}
	})
}

func TestAFileOnDiskIsReadThere(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	addDemo(t, srv)
	c, err := git.NewClient(srv.Dir() + "/repos")
	require.NoError(t, err)
	f, err := c.File(t.Context(), demo, "", "demo.spec")
	require.NoError(t, err)
	assert.Equal(t, git.ViaLocal, f.Via)
	assert.Equal(t, demoSpec, string(f.Data))
	assert.Empty(t, srv.Calls())
}

func TestAFileAtACommitIsReadByTheWeb(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	addDemo(t, srv)
	web, err := srv.Client()
	require.NoError(t, err)
	c := newClient(t, srv, git.WithWeb(web))
	head, err := srv.Head(demo, "rawhide")
	require.NoError(t, err)

	f, err := c.File(t.Context(), demo, head, "demo.spec")
	require.NoError(t, err)
	assert.Equal(t, git.ViaWeb, f.Via)
	assert.Equal(t, demoSpec, string(f.Data))
	f, err = c.File(t.Context(), demo, head, "sources")
	require.NoError(t, err, "404 of an empty file is asked again of git")
	assert.Equal(t, git.ViaGit, f.Via)
	f, err = c.File(t.Context(), demo, "rawhide", "demo.spec")
	require.NoError(t, err)
	assert.Equal(t, git.ViaGit, f.Via, "a branch's name does not say which commit was read")
}

func TestReadsAreRetriedWhileTheServerIsAway(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	addDemo(t, srv)
	srv.Fail(distgittest.Fault{Op: distgittest.OpRefs, Status: 503, Times: 2})
	srv.Fail(distgittest.Fault{Op: distgittest.OpFetch, Cut: distgittest.CutAfter})
	_, err := newClient(t, srv).File(t.Context(), demo, "rawhide", "demo.spec")
	assert.ErrorIs(t, err, git.ErrUnavailable, "no retries unless asked for")
	_, err = newClient(t, srv, git.WithRetry(git.Retry{Max: 4, Wait: time.Millisecond})).File(t.Context(), demo, "rawhide", "demo.spec")
	assert.NoError(t, err)
}

func TestAServerThatAnswersAPage(t *testing.T) {
	for name, f := range map[string]distgittest.Fault{
		"login page":  {Op: distgittest.OpRefs, Status: 200, Times: -1},
		"maintenance": {Op: distgittest.OpRefs, Status: 200, Times: -1, Body: "<html>back soon</html>"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, distgittest.Options{})
			addDemo(t, srv)
			srv.Fail(f)
			_, err := newClient(t, srv).Bump(t.Context(), bumpRequest())
			assert.ErrorIs(t, err, git.ErrNotGit)
			assert.NotContains(t, err.Error(), "<html>")
			srv.Heal()
			assert.Empty(t, srv.Pushes())
		})
	}
}

func TestAutospecOfARemote(t *testing.T) {
	servers(t, func(t *testing.T, srv *distgittest.Server) {
		auto := strings.Replace(demoSpec, "Release: 1%{?dist}", "Release: %autorelease", 1)
		next := strings.Replace(auto, "Version: 1.0", "Version: 1.1", 1)
		require.NoError(t, srv.Add(demo, distgittest.Seed{Commits: []distgittest.Commit{
			{Files: map[string]string{"README": ""}}, {Files: map[string]string{"demo.spec": auto}}, {Message: "Rebuild\n\n[skip changelog]"},
			{Files: map[string]string{"demo.spec": next}, Message: "Update to 1.1"},
			{Message: "Rebuilt for 100% more foo\n\n- see the bug\n\n[bump release: 7]"},
		}}))
		a, err := newClient(t, srv).Autospec(t.Context(), demo, "rawhide")
		require.NoError(t, err)
		assert.Equal(t, "7", a.Tip.Release)
		assert.Equal(t, "1.1", a.Tip.EpochVersion)
		log, err := srv.Log(demo, "rawhide")
		require.NoError(t, err)
		var numbers []int
		for _, l := range log {
			numbers = append(numbers, a.Releases[l.Hash].Number)
		}
		assert.Equal(t, []int{7, 1, 2, 1, 0}, numbers)
		assert.Equal(t, `* Tue Jan 02 2024 Demo Packager <packager@example.org> - 1.1-7
- Rebuilt for 100%% more foo
- see the bug

* Tue Jan 02 2024 Demo Packager <packager@example.org> - 1.1-1
- Update to 1.1

* Tue Jan 02 2024 Demo Packager <packager@example.org> - 1.0-1
- Update`, a.Changelog)
	})
}

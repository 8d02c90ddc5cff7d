// SPDX-License-Identifier: MIT

package git_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/distgit/git"
	"github.com/seed-f134cc8e/relkit/distgit/spec"
)

const demoSpec = `Name: demo
Version: 1.0
Release: 1%{?dist}
Summary: A demo
License: MIT

%description
Nothing.

%files

%changelog
* Mon Jan 01 2024 Jane Packager <jane@example.org> - 1.0-1
- first
`

var (
	bot  = git.Signature{Name: "Rebuild Bot", Email: "bot@example.org"}
	demo = distgit.Repo{Namespace: "rpms", Name: "demo"}
	noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
)

// servers runs a test on both kinds of remote: real git and go-git's server.
func servers(t *testing.T, f func(t *testing.T, srv *distgittest.Server)) {
	t.Helper()
	for _, without := range []bool{false, true} {
		name := "real git"
		if without {
			name = "go-git"
		}
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, distgittest.Options{WithoutGit: without})
			if !without && !srv.RealGit() {
				t.Skip("the git command is not installed: only go-git's server was tested")
			}
			f(t, srv)
		})
	}
}

func newServer(t testing.TB, opt distgittest.Options) *distgittest.Server {
	t.Helper()
	if opt.Now == nil {
		opt.Now = func() time.Time { return noon }
	}
	srv, err := distgittest.NewServer(opt)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, srv.Close()) })
	return srv
}

func newClient(t testing.TB, srv *distgittest.Server, opts ...git.Option) *git.Client {
	t.Helper()
	opts = append([]git.Option{
		git.WithNow(func() time.Time { return noon }),
		git.WithRetry(git.Retry{Wait: time.Millisecond, MaxWait: 2 * time.Millisecond}),
	}, opts...)
	c, err := git.NewClient(srv.URL, opts...)
	require.NoError(t, err)
	return c
}

func addDemo(t testing.TB, srv *distgittest.Server) {
	t.Helper()
	require.NoError(t, srv.Add(demo, distgittest.Package(map[string]string{
		"demo.spec": demoSpec, "sources": "", "patches/a.patch": "--- a\n+++ b\n",
	})))
}

func bumpRequest() git.BumpRequest {
	return git.BumpRequest{Repo: demo, Branch: "rawhide", Author: bot, Message: "Rebuilt for libfoo 2.0", Reason: "libfoo-2"}
}

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

func TestBumpOfASpec(t *testing.T) {
	servers(t, func(t *testing.T, srv *distgittest.Server) {
		addDemo(t, srv)
		c := newClient(t, srv)
		before, err := srv.Head(demo, "rawhide")
		require.NoError(t, err)

		b, err := c.Bump(t.Context(), bumpRequest())
		require.NoError(t, err)
		head, err := srv.Head(demo, "rawhide")
		require.NoError(t, err)
		assert.Equal(t, head, b.Hash)
		assert.Equal(t, before, b.Parent)
		assert.Equal(t, git.Pushed, b.Outcome)
		assert.Equal(t, 1, b.Attempts)
		assert.Equal(t, []string{"demo.spec"}, b.Files)
		assert.Equal(t, "1", b.Before.Release)
		assert.Equal(t, "2", b.After.Release)

		data, err := srv.File(demo, "rawhide", "demo.spec")
		require.NoError(t, err)
		assert.Contains(t, string(data), "Release: 2%{?dist}\n")
		assert.Contains(t, string(data), "* Tue Mar 03 2026 Rebuild Bot <bot@example.org> - 1.0-2\n- Rebuilt for libfoo 2.0\n")
		patch, err := srv.File(demo, "rawhide", "patches/a.patch")
		require.NoError(t, err)
		assert.Equal(t, "--- a\n+++ b\n", string(patch), "the rest of the tree stays")

		log, err := srv.Log(demo, "rawhide")
		require.NoError(t, err)
		require.Len(t, log, 2)
		assert.Equal(t, "Rebuilt for libfoo 2.0\n\nRebuild-Reason: libfoo-2\n", log[0].Message)
		assert.Equal(t, "Rebuild Bot <bot@example.org>", log[0].Author)
	})
}

func TestAPercentSignInTheMessageIsNoMacro(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	addDemo(t, srv)
	req := bumpRequest()
	req.Message = "Rebuilt for 100% more %{foo}"
	_, err := newClient(t, srv).Bump(t.Context(), req)
	require.NoError(t, err)
	data, err := srv.File(demo, "rawhide", "demo.spec")
	require.NoError(t, err)
	assert.Contains(t, string(data), "\n- Rebuilt for 100%% more %%{foo}\n")
	log, err := srv.Log(demo, "rawhide")
	require.NoError(t, err)
	assert.Contains(t, log[0].Message, "Rebuilt for 100% more %{foo}\n")
}

func TestASecondBumpFindsTheFirst(t *testing.T) {
	servers(t, func(t *testing.T, srv *distgittest.Server) {
		addDemo(t, srv)
		first, err := newClient(t, srv).Bump(t.Context(), bumpRequest())
		require.NoError(t, err)
		for i := range 3 {
			_, err := srv.Commit(demo, distgittest.Commit{Files: map[string]string{"n": fmt.Sprint(i)}})
			require.NoError(t, err)
		}
		again, err := newClient(t, srv).Bump(t.Context(), bumpRequest())
		require.NoError(t, err)
		assert.Equal(t, git.AlreadyDone, again.Outcome)
		assert.Equal(t, first.Hash, again.Hash)
		assert.Equal(t, first.Parent, again.Parent)
		log, err := srv.Log(demo, "rawhide")
		require.NoError(t, err)
		assert.Len(t, log, 5)

		other := bumpRequest()
		other.Reason = "libfoo-3"
		third, err := newClient(t, srv).Bump(t.Context(), other)
		require.NoError(t, err)
		assert.Equal(t, git.Pushed, third.Outcome)
		assert.Equal(t, "3", third.After.Release)
	})
}

func TestALostRaceIsRunAgainOnTheNewTip(t *testing.T) {
	servers(t, func(t *testing.T, srv *distgittest.Server) {
		addDemo(t, srv)
		srv.Race(demo, "rawhide", 2)
		b, err := newClient(t, srv).Bump(t.Context(), bumpRequest())
		require.NoError(t, err)
		assert.Equal(t, 3, b.Attempts)
		log, err := srv.Log(demo, "rawhide")
		require.NoError(t, err)
		require.Len(t, log, 4, "two of the others, one of ours")
		assert.Equal(t, b.Hash, log[0].Hash)
		assert.Equal(t, "2", b.After.Release)
	})
}

func TestARaceLostEveryTimeIsToldAndLeavesNothing(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	addDemo(t, srv)
	srv.Race(demo, "rawhide", 100)
	_, err := newClient(t, srv, git.WithAttempts(3)).Bump(t.Context(), bumpRequest())
	assert.ErrorIs(t, err, git.ErrRaced)
	assert.ErrorIs(t, err, git.ErrConflict)
	assert.ErrorIs(t, err, fs.ErrExist)
	for _, p := range srv.Pushes() {
		assert.True(t, !p.Accepted || p.Agent == "other", "%+v", p)
	}
}

func TestAHooksRefusalIsNotRetried(t *testing.T) {
	servers(t, func(t *testing.T, srv *distgittest.Server) {
		addDemo(t, srv)
		before, err := srv.Head(demo, "rawhide")
		require.NoError(t, err)
		srv.SetHook(func(distgittest.Push) error { return errors.New("freeze: only blockers are taken") })
		_, err = newClient(t, srv).Bump(t.Context(), bumpRequest())
		assert.ErrorIs(t, err, git.ErrRejected)
		assert.ErrorIs(t, err, fs.ErrPermission)
		assert.NotErrorIs(t, err, git.ErrRaced)
		if srv.RealGit() { // go-git's server has no channel for the hook's words
			assert.ErrorContains(t, err, "freeze: only blockers are taken")
		}
		after, err := srv.Head(demo, "rawhide")
		require.NoError(t, err)
		assert.Equal(t, before, after)
		assert.Equal(t, 1, count(srv, distgittest.OpPush))

		srv.SetHook(func(distgittest.Push) error { return errors.New("error: rawhide is a protected branch") })
		if srv.RealGit() {
			_, err = newClient(t, srv).Bump(t.Context(), bumpRequest())
			assert.ErrorIs(t, err, git.ErrProtected)
		}
	})
}

func count(srv *distgittest.Server, op distgittest.Op) int {
	n := 0
	for _, c := range srv.Calls() {
		if c.Op == op {
			n++
		}
	}
	return n
}

func TestCredentials(t *testing.T) {
	srv := newServer(t, distgittest.Options{Users: map[string]string{"bot": "secret-token"}})
	addDemo(t, srv)
	_, err := newClient(t, srv).Bump(t.Context(), bumpRequest())
	assert.ErrorIs(t, err, git.ErrUnauthorized)
	_, err = newClient(t, srv, git.WithPassword("bot", "wrong-token")).Bump(t.Context(), bumpRequest())
	assert.ErrorIs(t, err, git.ErrUnauthorized)
	assert.NotContains(t, err.Error(), "wrong-token")
	_, err = newClient(t, srv, git.WithPassword("bot", "secret-token")).Bump(t.Context(), bumpRequest())
	require.NoError(t, err)
	assert.Equal(t, "bot", srv.Pushes()[0].Agent)

	srv.Fail(distgittest.Fault{Op: distgittest.OpPush, Status: http.StatusForbidden})
	req := bumpRequest()
	req.Reason = "other"
	_, err = newClient(t, srv, git.WithPassword("bot", "secret-token")).Bump(t.Context(), req)
	assert.ErrorIs(t, err, git.ErrForbidden)
}

func TestALostAnswerIsLookedUp(t *testing.T) {
	for name, cut := range map[string]distgittest.Cut{"before the effect": distgittest.CutBefore, "after the effect": distgittest.CutAfter} {
		for _, reason := range []string{"libfoo-2", ""} {
			t.Run(name+" reason "+reason, func(t *testing.T) {
				srv := newServer(t, distgittest.Options{})
				addDemo(t, srv)
				srv.Fail(distgittest.Fault{Op: distgittest.OpPush, Cut: cut})
				req := bumpRequest()
				req.Reason = reason
				b, err := newClient(t, srv).Bump(t.Context(), req)
				require.NoError(t, err)
				assert.Equal(t, git.Pushed, b.Outcome)
				log, err := srv.Log(demo, "rawhide")
				require.NoError(t, err)
				require.Len(t, log, 2, "exactly one bump")
				assert.Equal(t, b.Hash, log[0].Hash)
			})
		}
	}
	t.Run("502 after the effect", func(t *testing.T) {
		srv := newServer(t, distgittest.Options{})
		addDemo(t, srv)
		srv.Fail(distgittest.Fault{Op: distgittest.OpPush, Status: 502})
		b, err := newClient(t, srv).Bump(t.Context(), bumpRequest())
		require.NoError(t, err)
		assert.Equal(t, 2, b.Attempts)
	})
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

func TestADryRunShowsTheDiffAndPushesNothing(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	addDemo(t, srv)
	before, err := srv.Head(demo, "rawhide")
	require.NoError(t, err)
	req := bumpRequest()
	req.DryRun = true
	b, err := newClient(t, srv).Bump(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, git.Planned, b.Outcome)
	assert.Equal(t, `diff --git a/demo.spec b/demo.spec
--- a/demo.spec
+++ b/demo.spec
@@ -1,6 +1,6 @@
 Name: demo
 Version: 1.0
-Release: 1%{?dist}
+Release: 2%{?dist}
 Summary: A demo
 License: MIT
 
@@ -10,5 +10,8 @@
 %files
 
 %changelog
+* Tue Mar 03 2026 Rebuild Bot <bot@example.org> - 1.0-2
+- Rebuilt for libfoo 2.0
+
 * Mon Jan 01 2024 Jane Packager <jane@example.org> - 1.0-1
 - first
`, b.Diff)
	after, err := srv.Head(demo, "rawhide")
	require.NoError(t, err)
	assert.Equal(t, before, after)
	assert.Zero(t, count(srv, distgittest.OpPush)+count(srv, distgittest.OpRefsW))
}

func TestEmptyCommits(t *testing.T) {
	auto := strings.Replace(demoSpec, "Release: 1%{?dist}", "Release: %autorelease", 1)
	auto = auto[:strings.Index(auto, "%changelog")] + "%changelog\n%autochangelog\n"
	for name, repo := range map[string]distgit.Repo{
		"autorelease": {Namespace: "rpms", Name: "demo"},
		"module":      {Namespace: "modules", Name: "nodejs"},
		"container":   {Namespace: "container", Name: "httpd"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, distgittest.Options{})
			files := map[string]string{"demo.spec": auto}
			if name != "autorelease" {
				files = map[string]string{repo.Name + ".yaml": "document: modulemd\n"}
			}
			require.NoError(t, srv.Add(repo, distgittest.Seed{Commits: []distgittest.Commit{{Branch: "18", Files: files}}}))
			req := bumpRequest()
			req.Repo, req.Branch = repo, "18"
			b, err := newClient(t, srv).Bump(t.Context(), req)
			require.NoError(t, err)
			assert.True(t, b.Empty)
			assert.Empty(t, b.Files)
			log, err := srv.Log(repo, "18")
			require.NoError(t, err)
			assert.Len(t, log, 2)
		})
	}
}

func TestAManualChangelogBesideAutoreleaseNamesTheCountedRelease(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	auto := strings.Replace(demoSpec, "Release: 1%{?dist}", "Release: %autorelease -b 3", 1)
	require.NoError(t, srv.Add(demo, distgittest.Seed{Commits: []distgittest.Commit{
		{Files: map[string]string{"demo.spec": auto}}, {Files: map[string]string{"a": "1"}}, {Files: map[string]string{"a": "2"}},
	}}))
	b, err := newClient(t, srv).Bump(t.Context(), bumpRequest())
	require.NoError(t, err)
	assert.Equal(t, []string{"demo.spec"}, b.Files)
	data, err := srv.File(demo, "rawhide", "demo.spec")
	require.NoError(t, err)
	assert.Contains(t, string(data), "Rebuild Bot <bot@example.org> - 1.0-6\n", "the fourth commit, from three on")
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

func TestCommitsOfOneSecondGetDifferentTimes(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	repo := distgit.Repo{Namespace: "modules", Name: "nodejs"}
	require.NoError(t, srv.Add(repo, distgittest.Seed{Commits: []distgittest.Commit{{Branch: "18", Files: map[string]string{"nodejs.yaml": ""}}}}))
	req := bumpRequest()
	req.Repo, req.Branch, req.Reason = repo, "18", ""
	c := newClient(t, srv)
	for range 2 {
		_, err := c.Bump(t.Context(), req)
		require.NoError(t, err)
	}
	log, err := srv.Log(repo, "18")
	require.NoError(t, err)
	assert.Equal(t, noon.Add(time.Second), log[0].When)
	assert.Equal(t, noon, log[1].When)
}

func TestRefusedBumpsLeaveTheRepositoryAsItWas(t *testing.T) {
	conflict := strings.Replace(demoSpec, "Release: 1%{?dist}", "<<<<<<< HEAD\nRelease: 1%{?dist}\n=======\nRelease: 2%{?dist}\n>>>>>>> x", 1)
	for name, c := range map[string]struct {
		commit distgittest.Commit
		want   error
		text   string
	}{
		"retired":         {distgittest.Commit{Files: map[string]string{"dead.package": "Orphaned for 6+ weeks\n"}}, git.ErrRetired, "Orphaned for 6+ weeks"},
		"no spec":         {distgittest.Commit{Files: map[string]string{"README": ""}}, git.ErrNoSpec, ""},
		"several specs":   {distgittest.Commit{Files: map[string]string{"a.spec": "", "b.spec": ""}}, git.ErrNoSpec, "a.spec, b.spec"},
		"conflict":        {distgittest.Commit{Files: map[string]string{"demo.spec": conflict}}, spec.ErrConflict, "demo.spec"},
		"binary":          {distgittest.Commit{Files: map[string]string{"demo.spec": "Name: x\x00\x01"}}, spec.ErrBinary, "demo.spec"},
		"spec is a link":  {distgittest.Commit{Links: map[string]string{"demo.spec": "../../etc/passwd"}}, git.ErrNotFile, "symbolic link"},
		"shell release":   {distgittest.Commit{Files: map[string]string{"demo.spec": "Name: demo\nVersion: 1\nRelease: %(touch /tmp/owned; echo 1)\n"}}, spec.ErrNotBumpable, "demo.spec"},
		"spec is no file": {distgittest.Commit{Submodules: map[string]string{"demo.spec": "1111111111111111111111111111111111111111"}}, git.ErrNotFile, "submodule"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, distgittest.Options{})
			require.NoError(t, srv.Add(demo, distgittest.Seed{Commits: []distgittest.Commit{c.commit}}))
			before, err := srv.Head(demo, "rawhide")
			require.NoError(t, err)
			_, err = newClient(t, srv).Bump(t.Context(), bumpRequest())
			assert.ErrorIs(t, err, c.want)
			assert.ErrorContains(t, err, c.text)
			after, err := srv.Head(demo, "rawhide")
			require.NoError(t, err)
			assert.Equal(t, before, after)
			assert.Empty(t, srv.Pushes())
		})
	}
}

func TestLinksAndSubmodulesBesideTheSpecSurvive(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	require.NoError(t, srv.Add(demo, distgittest.Seed{Commits: []distgittest.Commit{{
		Files: map[string]string{"demo.spec": demoSpec, "demo/x": "below a folder that sorts behind demo.spec"},
		Links: map[string]string{"link": "demo.spec"}, Submodules: map[string]string{"sub": "1111111111111111111111111111111111111111"},
	}}}))
	c := newClient(t, srv)
	was, err := c.Tree(t.Context(), demo, "rawhide")
	require.NoError(t, err)
	names, err := was.ReadDir(".")
	require.NoError(t, err)
	_, err = c.Bump(t.Context(), bumpRequest())
	require.NoError(t, err)
	is, err := c.Tree(t.Context(), demo, "rawhide")
	require.NoError(t, err)
	now, err := is.ReadDir(".")
	require.NoError(t, err)
	require.Len(t, now, len(names))
	for i := range names {
		assert.Equal(t, names[i].Name, now[i].Name)
		assert.Equal(t, names[i].Mode, now[i].Mode)
		assert.Equal(t, names[i].Name != "demo.spec", names[i].Hash == now[i].Hash, names[i].Name)
	}
}

func TestBadRequestsAskNothingOfAnybody(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	c := newClient(t, srv)
	for name, change := range map[string]func(*git.BumpRequest){
		"no repository": func(r *git.BumpRequest) { r.Repo = distgit.Repo{} },
		"traversal":     func(r *git.BumpRequest) { r.Repo.Name = "../../etc" },
		"no branch":     func(r *git.BumpRequest) { r.Branch = "" },
		"bad branch":    func(r *git.BumpRequest) { r.Branch = "a..b" },
		"option branch": func(r *git.BumpRequest) { r.Branch = "--upload-pack=x" },
		"no author":     func(r *git.BumpRequest) { r.Author = git.Signature{} },
		"author injection": func(r *git.BumpRequest) {
			r.Author.Name = "x\ncommitter y <y@example.org> 1 +0000"
		},
		"no message":   func(r *git.BumpRequest) { r.Message = " \n" },
		"bad reason":   func(r *git.BumpRequest) { r.Reason = "a b" },
		"bad expect":   func(r *git.BumpRequest) { r.Expect = "abc" },
		"two reasons":  func(r *git.BumpRequest) { r.Message += "\n\nRebuild-Reason: other" },
		"short expect": func(r *git.BumpRequest) { r.Expect = strings.Repeat("a", 39) },
	} {
		t.Run(name, func(t *testing.T) {
			req := bumpRequest()
			change(&req)
			_, err := c.Bump(t.Context(), req)
			assert.ErrorIs(t, err, git.ErrInvalid)
			assert.Empty(t, srv.Calls())
		})
	}
}

func TestExpectHoldsTheBranchToACommit(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	addDemo(t, srv)
	head, err := srv.Head(demo, "rawhide")
	require.NoError(t, err)
	req := bumpRequest()
	req.Expect = head
	_, err = newClient(t, srv).Bump(t.Context(), req)
	require.NoError(t, err)
	req.Reason = "next"
	_, err = newClient(t, srv).Bump(t.Context(), req)
	assert.ErrorIs(t, err, git.ErrRaced)
	assert.Len(t, srv.Pushes(), 1)
}

func TestManyBumpsAtOnce(t *testing.T) {
	srv := newServer(t, distgittest.Options{Seed: func(r distgit.Repo) (distgittest.Seed, error) {
		if r.Name == "p3" {
			return distgittest.Seed{}, fs.ErrNotExist
		}
		return distgittest.Package(map[string]string{r.Name + ".spec": demoSpec}), nil
	}})
	var reqs []git.BumpRequest
	for i := range 6 {
		req := bumpRequest()
		req.Repo.Name = fmt.Sprintf("p%d", i)
		reqs = append(reqs, req)
	}
	for i, r := range newClient(t, srv, git.WithWorkers(3)).BumpAll(t.Context(), reqs) {
		if i == 3 {
			assert.ErrorIs(t, r.Err, git.ErrNotFound)
			continue
		}
		require.NoError(t, r.Err)
		assert.Equal(t, reqs[i].Repo, r.Bump.Repo)
	}
	assert.Len(t, srv.Pushes(), 5)
}

func TestTwoProcessesWithOneReasonMakeOneCommit(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	addDemo(t, srv)
	var wg sync.WaitGroup
	hashes := make([]string, 4)
	for i := range hashes {
		c := newClient(t, srv, git.WithAttempts(20))
		wg.Go(func() {
			b, err := c.Bump(context.Background(), bumpRequest())
			if assert.NoError(t, err) {
				hashes[i] = b.Hash
			}
		})
	}
	wg.Wait()
	log, err := srv.Log(demo, "rawhide")
	require.NoError(t, err)
	require.Len(t, log, 2)
	for _, h := range hashes {
		assert.Equal(t, log[0].Hash, h)
	}
}

func TestRealGitSeesACleanRepository(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	if !srv.RealGit() {
		t.Skip("the git command is not installed")
	}
	addDemo(t, srv)
	b, err := newClient(t, srv).Bump(t.Context(), bumpRequest())
	require.NoError(t, err)
	dir := t.TempDir()
	run := func(args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Env = append(cmd.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
		return string(out)
	}
	run("clone", "-q", srv.URL+"/rpms/demo.git", dir)
	assert.Empty(t, strings.TrimSpace(run("-C", dir, "fsck", "--strict")))
	assert.Equal(t, b.Hash, strings.TrimSpace(run("-C", dir, "rev-parse", "HEAD")))
	assert.Equal(t, "libfoo-2", strings.TrimSpace(run("-C", dir, "log", "-1", "--format=%(trailers:key=Rebuild-Reason,valueonly)")))

	patch := filepath.Join(t.TempDir(), "diff")
	require.NoError(t, os.WriteFile(patch, []byte(b.Diff), 0o600))
	run("-C", dir, "checkout", "-q", "HEAD~1")
	run("-C", dir, "apply", "--index", patch)
	assert.Equal(t, run("-C", dir, "rev-parse", b.Hash+"^{tree}"), run("-C", dir, "write-tree"), "the diff is the change")
}

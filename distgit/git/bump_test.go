// SPDX-License-Identifier: MIT

package git_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/distgit/git"
	"github.com/seed-f134cc8e/relkit/distgit/spec"
)

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

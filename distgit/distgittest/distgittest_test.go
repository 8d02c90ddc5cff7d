// SPDX-License-Identifier: MIT

package distgittest_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
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
)

var (
	demo = distgit.Repo{Namespace: "rpms", Name: "demo"}
	noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
)

func newServer(t *testing.T, opt distgittest.Options) *distgittest.Server {
	t.Helper()
	if opt.Now == nil {
		opt.Now = func() time.Time { return noon }
	}
	srv, err := distgittest.NewServer(opt)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, srv.Close()) })
	return srv
}

func files(content string) distgittest.Seed {
	return distgittest.Package(map[string]string{"demo.spec": content, "dir/a": "1", "dir.x": "2"})
}

// runGit runs the git command in a folder, without anybody's settings.
func runGit(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("the git command is not installed")
	}
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.org")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func mustGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := runGit(t, dir, args...)
	require.NoError(t, err, "git %v: %s", args, out)
	return out
}

func TestGitClonesAndPushes(t *testing.T) {
	for _, without := range []bool{false, true} {
		t.Run(fmt.Sprint("without git: ", without), func(t *testing.T) {
			srv := newServer(t, distgittest.Options{WithoutGit: without, Users: map[string]string{"jane": "x"}})
			require.NoError(t, srv.Add(demo, files("one\n")))
			dir := filepath.Join(t.TempDir(), "clone")
			mustGit(t, ".", "clone", "-q", strings.Replace(srv.URL, "://", "://jane:x@", 1)+"/rpms/demo.git", dir)
			assert.Empty(t, mustGit(t, dir, "fsck", "--strict"))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "demo.spec"), []byte("two\n"), 0o600))
			mustGit(t, dir, "commit", "-qam", "Second")
			mustGit(t, dir, "push", "-q", "origin", "HEAD:rawhide", "HEAD:f41")
			data, err := srv.File(demo, "f41", "demo.spec")
			require.NoError(t, err)
			assert.Equal(t, "two\n", string(data))
			pushes := srv.Pushes()
			require.Len(t, pushes, 2)
			for _, p := range pushes {
				assert.True(t, p.Accepted)
				assert.Equal(t, "jane", p.Agent)
			}
			mustGit(t, dir, "push", "-q", "origin", ":f41")
			_, err = srv.Head(demo, "f41")
			assert.ErrorIs(t, err, fs.ErrNotExist)
		})
	}
}

func TestShallowClones(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	if !srv.RealGit() {
		t.Skip("the git command is not installed")
	}
	seed := files("one\n")
	seed.Commits = append(seed.Commits, distgittest.Commit{Files: map[string]string{"demo.spec": "two\n"}})
	require.NoError(t, srv.Add(demo, seed))
	dir := filepath.Join(t.TempDir(), "clone")
	mustGit(t, ".", "clone", "-q", "--depth", "1", srv.URL+"/rpms/demo.git", dir)
	assert.Equal(t, "1", mustGit(t, dir, "rev-list", "--count", "HEAD"))
}

func TestSeedsAreMadeOnFirstAccessAndAlwaysTheSame(t *testing.T) {
	asked := 0
	seed := func(r distgit.Repo) (distgittest.Seed, error) {
		asked++
		if r.Name != "demo" {
			return distgittest.Seed{}, fs.ErrNotExist
		}
		return files("one\n"), nil
	}
	a := newServer(t, distgittest.Options{Seed: seed})
	assert.Zero(t, asked)
	first, err := a.Head(demo, "rawhide")
	require.NoError(t, err)
	_, err = a.Head(demo, "rawhide")
	require.NoError(t, err)
	assert.Equal(t, 1, asked)
	_, err = a.Head(distgit.Repo{Name: "other"}, "rawhide")
	assert.ErrorIs(t, err, fs.ErrNotExist)
	for _, bad := range []string{"..", "../x", ".git", "a/../../b"} {
		_, err = a.Head(distgit.Repo{Name: bad}, "rawhide")
		assert.ErrorIs(t, err, fs.ErrNotExist, bad)
	}
	second, err := newServer(t, distgittest.Options{Seed: seed}).Head(demo, "rawhide")
	require.NoError(t, err)
	assert.Equal(t, first, second)
}

func TestAKilledHostGoesOn(t *testing.T) {
	dir := t.TempDir()
	first := newServer(t, distgittest.Options{Dir: dir, Seed: func(distgit.Repo) (distgittest.Seed, error) { return files("one\n"), nil }})
	hash, err := first.Commit(demo, distgittest.Commit{Files: map[string]string{"demo.spec": "two\n"}, Message: "Second"})
	require.NoError(t, err)
	// It is not closed; a torn line and a half made repository are left.
	f, err := os.OpenFile(filepath.Join(dir, "pushes.jsonl"), os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = f.WriteString(`{"time":"2026`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "tmp", "new-1", "objects"), 0o700))

	second := newServer(t, distgittest.Options{Dir: dir, Seed: func(distgit.Repo) (distgittest.Seed, error) { return files("seeded anew\n"), nil }})
	head, err := second.Head(demo, "rawhide")
	require.NoError(t, err)
	assert.Equal(t, hash, head)
	assert.Len(t, second.Pushes(), 1)
	left, err := os.ReadDir(filepath.Join(dir, "tmp"))
	require.NoError(t, err)
	assert.Empty(t, left)
	_, err = second.Commit(demo, distgittest.Commit{Files: map[string]string{"x": ""}})
	require.NoError(t, err)
	third := newServer(t, distgittest.Options{Dir: dir})
	assert.Len(t, third.Pushes(), 2)
	if third.RealGit() {
		assert.Equal(t, "Second", mustGit(t, filepath.Join(dir, "repos", "rpms", "demo.git"), "log", "-1", "--format=%s", "HEAD~1"))
	}
}

func TestARefusedPushIsWordedByGit(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	if !srv.RealGit() {
		t.Skip("the git command is not installed")
	}
	require.NoError(t, srv.Add(demo, files("one\n")))
	dir := filepath.Join(t.TempDir(), "clone")
	mustGit(t, ".", "clone", "-q", srv.URL+"/rpms/demo.git", dir)
	mustGit(t, dir, "commit", "-q", "--allow-empty", "-m", "x")
	srv.SetHook(func(p distgittest.Push) error { return fmt.Errorf("no pushes to %s today", p.Ref) })
	out, err := runGit(t, dir, "push", "-q", "origin", "HEAD:rawhide")
	assert.Error(t, err)
	assert.Contains(t, out, "remote: no pushes to refs/heads/rawhide today")
	assert.Contains(t, out, "pre-receive hook declined")
	require.Len(t, srv.Pushes(), 1)
	assert.False(t, srv.Pushes()[0].Accepted)

	srv.SetHook(nil)
	srv.Race(demo, "rawhide", 1)
	out, err = runGit(t, dir, "push", "-q", "origin", "HEAD:rawhide")
	assert.Error(t, err)
	assert.Contains(t, out, "failed to update ref")
}

func TestFaults(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	require.NoError(t, srv.Add(demo, files("one\n")))
	get := func() (int, error) {
		resp, err := http.Get(srv.URL + "/rpms/demo.git/info/refs?service=git-upload-pack")
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, nil
	}
	srv.Fail(distgittest.Fault{Op: distgittest.OpRefs, Status: 502})
	status, err := get()
	require.NoError(t, err)
	assert.Equal(t, 502, status)
	status, err = get()
	require.NoError(t, err)
	assert.Equal(t, 200, status, "once, unless told otherwise")
	for _, cut := range []distgittest.Cut{distgittest.CutBefore, distgittest.CutAfter} {
		srv.Fail(distgittest.Fault{Repo: demo, Cut: cut, Times: -1})
		_, err = get()
		assert.Error(t, err)
		srv.Heal()
	}
	srv.Fail(distgittest.Fault{Repo: distgit.Repo{Name: "other"}, Status: 500})
	status, err = get()
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	srv.Heal()
	srv.Fail(distgittest.Fault{Delay: 30 * time.Millisecond})
	start := time.Now()
	_, err = get()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, time.Since(start), 30*time.Millisecond)
	calls := srv.Calls()
	assert.Equal(t, distgittest.OpRefs, calls[0].Op)
	assert.Equal(t, 502, calls[0].Status)
	assert.Equal(t, demo, calls[0].Repo)
}

func TestLookaside(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	require.NoError(t, srv.Add(demo, files("")))
	sum, err := srv.Store(demo, "demo-1.0.tar.gz", []byte("archive"))
	require.NoError(t, err)
	for path, want := range map[string]int{
		"/repo/pkgs/rpms/demo/demo-1.0.tar.gz/sha512/" + sum + "/demo-1.0.tar.gz":      200,
		"/lookaside/pkgs/rpms/demo/demo-1.0.tar.gz/sha512/" + sum + "/demo-1.0.tar.gz": 200,
		"/repo/pkgs/rpms/demo/demo-1.0.tar.gz/sha512/abc/demo-1.0.tar.gz":              404,
		"/repo/pkgs/rpms/demo/x/sha512/%2e%2e/x":                                       404,
		"/repo/pkgs/x":                                                                 404,
	} {
		resp, err := http.Get(srv.URL + path)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, want, resp.StatusCode, path)
	}
	_, err = srv.Store(demo, "../x", nil)
	assert.Error(t, err)
}

// history pushes by real means and returns what the messages make of it.
func history(t *testing.T, srv *distgittest.Server, clock *time.Time) (*distgit.History, []distgittest.Push) {
	t.Helper()
	tick := func() { *clock = clock.Add(time.Hour) }
	commit := func(branch string, n int) string {
		tick()
		h, err := srv.Commit(demo, distgittest.Commit{Branch: branch, From: "rawhide", Files: map[string]string{"n": fmt.Sprint(n)}})
		require.NoError(t, err)
		return h
	}
	set := func(branch, hash string) {
		tick()
		require.NoError(t, srv.SetRef(demo, branch, hash))
	}
	require.NoError(t, srv.Add(demo, distgittest.Seed{}))
	a := commit("rawhide", 1)
	b := commit("rawhide", 2)
	set("f41", b)     // without commits of its own
	set("rawhide", a) // a rewind
	c := commit("rawhide", 3)
	set("f41", c)  // forced
	set("f41", "") // deleted
	set("f41", a)
	commit("f41", 4)
	set("rawhide", b) // forced
	commit("rawhide", 5)
	ms, err := srv.Messages()
	require.NoError(t, err)
	h := new(distgit.History)
	for _, m := range ms {
		obs, err := distgit.Observe(m)
		require.NoError(t, err)
		_, err = h.Add(obs...)
		require.NoError(t, err)
	}
	return h, srv.Pushes()
}

func TestMessages(t *testing.T) {
	for forge, silent := range map[distgit.Forge]bool{distgit.Pagure: true, distgit.Forgejo: false} {
		t.Run(forge.String(), func(t *testing.T) {
			clock := noon
			srv := newServer(t, distgittest.Options{Forge: forge, Now: func() time.Time { return clock }})
			h, pushes := history(t, srv, &clock)
			wrong := 0
			for _, p := range pushes {
				tip := h.At(demo, p.Ref, p.Time)
				if tip.Commit != p.New {
					wrong++
					assert.NotEqual(t, distgit.Exact, tip.Confidence, "%+v", p)
				}
			}
			if silent {
				assert.Equal(t, 1, wrong, "the rewind")
			} else {
				assert.Zero(t, wrong)
			}
		})
	}
}

func TestOddRequests(t *testing.T) {
	srv := newServer(t, distgittest.Options{Users: map[string]string{"bot": "secret"}})
	require.NoError(t, srv.Add(demo, files("")))
	for path, want := range map[string]int{
		"/":                        404,
		"/rpms/demo.git/info/refs": 404, // the dumb protocol
		"/rpms/nosuch.git/info/refs?service=git-upload-pack": 404,
		"/rpms/demo.git/info/refs?service=git-receive-pack":  401,
		"/rpms/demo/raw/rawhide/f/nosuch":                    404,
		"/rpms/demo/raw/rawhide/f/demo.spec":                 404, // empty
		"/rpms/demo/raw/rawhide/f/dir/a":                     200,
		"/api/0/nosuch":                                      404,
		"/api/1/x":                                           404,
		"/%2e%2e/%2e%2e/info/refs?service=git-upload-pack":   404,
	} {
		resp, err := http.Get(srv.URL + path)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, want, resp.StatusCode, path)
	}
	_, err := distgittest.NewHost(distgittest.Options{Forge: distgit.GitLab})
	assert.Error(t, err)
	assert.True(t, errors.Is(srv.Add(demo, files("")), fs.ErrExist))
}

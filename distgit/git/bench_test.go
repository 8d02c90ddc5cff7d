// SPDX-License-Identifier: MIT

package git_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/distgit/git"
)

// packageSeed is a package of usual size: a spec, a dozen patches of up to
// 40 kB, two hundred commits, six branches.
func packageSeed(name string, commits int) distgittest.Seed {
	rng := rand.New(rand.NewPCG(1, uint64(len(name))))
	text := func(size int) string {
		var b strings.Builder
		for b.Len() < size {
			fmt.Fprintf(&b, "+%x %x\n", rng.Uint64(), rng.Uint64())
		}
		return b.String()
	}
	files := map[string]string{name + ".spec": strings.Replace(demoSpec, "demo", name, 1), "sources": "SHA512 (x) = 00\n"}
	for i := range 12 {
		files[fmt.Sprintf("%04d-fix.patch", i)] = text(2000 + rng.IntN(38000))
	}
	seed := distgittest.Seed{Commits: []distgittest.Commit{{Files: files}}}
	for i := range commits - 1 {
		patch := fmt.Sprintf("%04d-fix.patch", i%12)
		seed.Commits = append(seed.Commits, distgittest.Commit{Files: map[string]string{patch: files[patch] + text(300)}})
	}
	for _, b := range []string{"f41", "f42", "f43", "epel9", "epel10"} {
		seed.Commits = append(seed.Commits, distgittest.Commit{Branch: b, From: "rawhide", Message: "Branch"})
	}
	return seed
}

func benchServer(b *testing.B, seed func(distgit.Repo) (distgittest.Seed, error)) *distgittest.Server {
	b.Helper()
	srv, err := distgittest.NewServer(distgittest.Options{Seed: seed})
	require.NoError(b, err)
	b.Cleanup(func() { srv.Close() })
	if !srv.RealGit() {
		b.Skip("the git command, which is the reference, is not installed")
	}
	_, err = srv.Head(demo, "rawhide")
	require.NoError(b, err)
	packed := exec.Command("git", "-C", filepath.Join(srv.Dir(), "repos", "rpms", "demo.git"), "gc", "-q") // as servers keep them
	out, err := packed.CombinedOutput()
	require.NoError(b, err, string(out))
	return srv
}

func usual(r distgit.Repo) (distgittest.Seed, error) { return packageSeed(r.Name, 200), nil }

func reference(b *testing.B, dir string, args ...string) {
	b.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.org")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("git %v: %v: %s", args, err, out)
	}
}

// A file at a branch head over smart HTTP; the reference is the git command's
// clone of depth 1, which is how scripts do it.
func BenchmarkFileAtBranchHead(b *testing.B) {
	b.Run("relkit", func(b *testing.B) {
		srv := benchServer(b, usual)
		c, err := git.NewClient(srv.URL)
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			f, err := c.File(b.Context(), demo, "rawhide", "demo.spec")
			if err != nil || len(f.Data) != len(demoSpec) {
				b.Fatal(err)
			}
		}
	})
	b.Run("git clone depth 1", func(b *testing.B) {
		srv := benchServer(b, usual)
		root := b.TempDir()
		n := 0
		for b.Loop() {
			n++
			dir := filepath.Join(root, fmt.Sprint(n))
			reference(b, root, "clone", "-q", "--depth", "1", "-b", "rawhide", srv.URL+"/rpms/demo.git", dir)
			data, err := os.ReadFile(filepath.Join(dir, "demo.spec"))
			if err != nil || len(data) != len(demoSpec) {
				b.Fatal(err)
			}
		}
	})
}

// Clone, bump and push over smart HTTP; the reference is the git command
// doing the same, with the edit for nothing.
func BenchmarkBumpAndPush(b *testing.B) {
	b.Run("relkit", func(b *testing.B) {
		srv := benchServer(b, usual)
		c, err := git.NewClient(srv.URL)
		require.NoError(b, err)
		n := 0
		b.ReportAllocs()
		for b.Loop() {
			n++
			req := bumpRequest()
			req.Reason = fmt.Sprint("reason-", n)
			if _, err := c.Bump(b.Context(), req); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("git", func(b *testing.B) {
		srv := benchServer(b, usual)
		root := b.TempDir()
		n := 0
		for b.Loop() {
			n++
			dir := filepath.Join(root, fmt.Sprint(n))
			reference(b, root, "clone", "-q", "--depth", "1", "-b", "rawhide", srv.URL+"/rpms/demo.git", dir)
			spec := filepath.Join(dir, "demo.spec")
			data, err := os.ReadFile(spec)
			require.NoError(b, err)
			require.NoError(b, os.WriteFile(spec, append(data, fmt.Sprintf("# %d\n", n)...), 0o600))
			reference(b, dir, "commit", "-q", "-a", "-m", "Rebuilt for libfoo 2.0")
			reference(b, dir, "push", "-q", "origin", "HEAD:rawhide")
		}
	})
}

// Fifty packages bumped eight at a time; peak-MiB is the highest resident
// size of this process, which is the server too.
func BenchmarkBump50Packages8AtATime(b *testing.B) {
	seed := func(r distgit.Repo) (distgittest.Seed, error) { return packageSeed(r.Name, 25), nil }
	srv := benchServer(b, seed)
	c, err := git.NewClient(srv.URL, git.WithWorkers(8))
	require.NoError(b, err)
	round := 0
	var peak atomic.Int64
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				peak.Store(max(peak.Load(), resident()))
			}
		}
	}()
	defer close(stop)
	for i := range 50 { // made before the time is taken
		_, err := srv.Head(distgit.Repo{Name: fmt.Sprint("p", i)}, "rawhide")
		require.NoError(b, err)
	}
	b.ReportAllocs()
	for b.Loop() {
		round++
		var reqs []git.BumpRequest
		for i := range 50 {
			req := bumpRequest()
			req.Repo.Name, req.Reason = fmt.Sprint("p", i), fmt.Sprint("round-", round)
			reqs = append(reqs, req)
		}
		for _, r := range c.BumpAll(b.Context(), reqs) {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
	b.ReportMetric(float64(peak.Load())/(1<<20), "peak-MiB")
}

// resident returns this process's resident size in bytes, 0 where the system
// does not tell.
func resident() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, rss int64
	if _, err := fmt.Sscan(string(data), &size, &rss); err != nil {
		return 0
	}
	return rss * int64(os.Getpagesize())
}

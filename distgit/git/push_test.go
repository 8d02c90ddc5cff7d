// SPDX-License-Identifier: MIT

package git_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/distgit/git"
)

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
	t.Run("the list of refs before the push is read again", func(t *testing.T) {
		srv := newServer(t, distgittest.Options{})
		addDemo(t, srv)
		srv.Fail(distgittest.Fault{Op: distgittest.OpRefsW, Status: 503})
		_, err := newClient(t, srv).Bump(t.Context(), bumpRequest())
		assert.ErrorIs(t, err, git.ErrUnavailable)
		srv.Fail(distgittest.Fault{Op: distgittest.OpRefsW, Status: 503})
		b, err := newClient(t, srv, git.WithRetry(git.Retry{Max: 2, Wait: time.Millisecond})).Bump(t.Context(), bumpRequest())
		require.NoError(t, err)
		assert.Equal(t, 1, b.Attempts)
	})
	t.Run("502 after the effect", func(t *testing.T) {
		srv := newServer(t, distgittest.Options{})
		addDemo(t, srv)
		srv.Fail(distgittest.Fault{Op: distgittest.OpPush, Status: 502})
		b, err := newClient(t, srv).Bump(t.Context(), bumpRequest())
		require.NoError(t, err)
		assert.Equal(t, 2, b.Attempts)
	})
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

func TestALocalRepositoryIsPushedTo(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	if !srv.RealGit() {
		t.Skip("the git command, which pushes to local folders go through, is not installed")
	}
	addDemo(t, srv)
	c, err := git.NewClient("file://"+srv.Dir()+"/repos", git.WithNow(func() time.Time { return noon }))
	require.NoError(t, err)
	b, err := c.Bump(t.Context(), bumpRequest())
	require.NoError(t, err)
	head, err := srv.Head(demo, "rawhide")
	require.NoError(t, err)
	assert.Equal(t, head, b.Hash)
	again, err := c.Bump(t.Context(), bumpRequest())
	require.NoError(t, err)
	assert.Equal(t, git.AlreadyDone, again.Outcome)
	assert.Empty(t, srv.Calls())
}

func TestCommitWritesAndRemoves(t *testing.T) {
	servers(t, func(t *testing.T, srv *distgittest.Server) {
		addDemo(t, srv)
		c := newClient(t, srv)
		req := git.CommitRequest{
			Repo: demo, Branch: "rawhide", Author: bot, Message: "Retire", Reason: "gone",
			Files: map[string][]byte{"dead.package": []byte("Orphaned\n"), "a/b/c": nil}, Remove: []string{"demo.spec", "patches/a.patch"},
		}
		done, err := c.Commit(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, []string{"a/b/c", "dead.package", "demo.spec", "patches/a.patch"}, done.Files)
		tree, err := c.Tree(t.Context(), demo, "rawhide")
		require.NoError(t, err)
		names, err := tree.ReadDir(".")
		require.NoError(t, err)
		var got []string
		for _, n := range names {
			got = append(got, n.Name)
		}
		assert.Equal(t, []string{"a", "dead.package", "sources"}, got, "an emptied folder goes")

		req.Reason, req.Files, req.Remove = "again", nil, []string{"nosuch"}
		_, err = c.Commit(t.Context(), req)
		assert.ErrorIs(t, err, git.ErrNotFound)
		for _, bad := range []map[string][]byte{{"../x": nil}, {".git/hooks/x": nil}, {"a": nil, "a/b": nil}, {"": nil}} {
			req.Remove, req.Files = nil, bad
			_, err = c.Commit(t.Context(), req)
			assert.ErrorIs(t, err, git.ErrInvalid, "%v", bad)
		}
		assert.Len(t, srv.Pushes(), 1)
	})
}

func TestALogEndsWhereTheHistoryDoes(t *testing.T) {
	servers(t, func(t *testing.T, srv *distgittest.Server) {
		addDemo(t, srv)
		for i := range 4 {
			_, err := srv.Commit(demo, distgittest.Commit{Files: map[string]string{"n": fmt.Sprint(i)}})
			require.NoError(t, err)
		}
		c := newClient(t, srv)
		for limit, want := range map[int]int{0: 5, 1: 1, 3: 3, 99: 5} {
			log, err := c.Log(t.Context(), demo, "rawhide", limit)
			require.NoError(t, err)
			assert.Len(t, log, want)
		}
		_, err := c.Log(t.Context(), demo, "rawhide", -1)
		assert.ErrorIs(t, err, git.ErrInvalid)
	})
}

func TestForgesThatFilterSendNoFilesForALog(t *testing.T) {
	srv := newServer(t, distgittest.Options{AllowAnyCommit: true})
	if !srv.RealGit() {
		t.Skip("the git command is not installed")
	}
	addDemo(t, srv)
	first, err := srv.Head(demo, "rawhide")
	require.NoError(t, err)
	_, err = srv.Commit(demo, distgittest.Commit{Files: map[string]string{"n": "1"}})
	require.NoError(t, err)
	c := newClient(t, srv)
	log, err := c.Log(t.Context(), demo, "", 0)
	require.NoError(t, err)
	assert.Len(t, log, 2)
	f, err := c.File(t.Context(), demo, first, "demo.spec")
	require.NoError(t, err, "any commit by its hash")
	assert.Equal(t, first, f.Commit)
}

func TestCommitsBehindATipAreReadByTheirHash(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	if !srv.RealGit() {
		t.Skip("go-git's server gives out any commit")
	}
	addDemo(t, srv)
	first, err := srv.Head(demo, "rawhide")
	require.NoError(t, err)
	second, err := srv.Commit(demo, distgittest.Commit{Files: map[string]string{"n": "1"}})
	require.NoError(t, err)
	c := newClient(t, srv)
	f, err := c.File(t.Context(), demo, first, "demo.spec")
	require.NoError(t, err)
	assert.Equal(t, first, f.Commit)
	require.NoError(t, srv.SetRef(demo, "rawhide", first))
	_, err = c.File(t.Context(), demo, second, "demo.spec")
	assert.ErrorIs(t, err, git.ErrNotFound, "rewound: no branch leads to it")
}

func TestLimitsHold(t *testing.T) {
	srv := newServer(t, distgittest.Options{})
	big := strings.Repeat("x", 1<<20)
	require.NoError(t, srv.Add(demo, distgittest.Package(map[string]string{"demo.spec": demoSpec, "big": big})))
	for name, c := range map[string]*git.Client{
		"object":  newClient(t, srv, git.WithLimits(0, 1<<19, 0)),
		"objects": newClient(t, srv, git.WithLimits(0, 0, 1<<19)),
		"pack":    newClient(t, srv, git.WithLimits(500, 0, 0)),
	} {
		_, err := c.File(t.Context(), demo, "rawhide", "demo.spec")
		assert.ErrorIs(t, err, git.ErrTooLarge, name)
	}
}

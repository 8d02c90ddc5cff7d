// SPDX-License-Identifier: MIT

package git_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
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

// SPDX-License-Identifier: MIT

package koji_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
	"github.com/seed-f134cc8e/relkit/planner/status"
)

// drive lets a hub's time pass in steps, as ours does, until stop is called.
func drive(hub *kojitest.Hub, step time.Duration, each func(i int)) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-time.After(step):
			}
			if each != nil {
				each(i)
			}
			hub.Advance(step)
		}
	}()
	return func() { close(done); <-ended }
}

func TestWaitingForTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seed := small()
		seed.Builder = kojitest.Builder{SRPM: time.Minute, Build: 10 * time.Minute}
		hub := kojitest.NewHub(seed)
		c := alice(t, hub, koji.WithWebURL("https://koji.example.com/koji"))
		defer drive(hub, 30*time.Second, nil)()
		id, err := c.StartBuild(t.Context(), koji.BuildRequest{Source: "git+https://src.example.com/rpms/bash#2222222", Target: "f42"})
		require.NoError(t, err)
		var seen []string
		for ch, err := range c.WatchTasks(t.Context(), koji.Watch{Tasks: []int{id}}) {
			require.NoError(t, err)
			assert.Equal(t, id, ch.Top)
			if ch.Task.Finished() {
				seen = append(seen, ch.Task.Method)
			}
		}
		assert.Equal(t, "build", seen[len(seen)-1], "the watched task comes last")
		assert.Subset(t, seen, []string{"buildSRPMFromSCM", "buildArch"})
		task, err := c.WaitTask(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, koji.TaskClosed, task.State)
		assert.Positive(t, task.Duration())
		tree, err := c.TaskTree(t.Context(), id)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, len(tree.Children), 2)

		hub.FailBuild(kojitest.Failure{Package: "zlib", Text: "mock exited with status 1; see build.log for more information", Log: "boom\n"})
		id, err = c.StartBuild(t.Context(), koji.BuildRequest{Source: "git+https://src.example.com/rpms/zlib#3333333", Target: "f42"})
		require.NoError(t, err)
		logs := map[string]string{}
		for chunk, err := range c.FollowLogs(t.Context(), koji.Watch{Tasks: []int{id}}) {
			require.NoError(t, err)
			logs[chunk.File] += string(chunk.Data)
		}
		assert.Contains(t, logs["build.log"], "boom")
		task, err = c.WaitTask(t.Context(), id)
		assert.ErrorIs(t, err, koji.ErrTaskFailed)
		assert.ErrorIs(t, err, koji.FaultBuild)
		assert.ErrorContains(t, err, "see build.log")
		assert.Equal(t, koji.TaskFailed, task.State)
		s, err := c.TaskStatus(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, status.Failed, s.State)
		assert.Contains(t, s.Error, "mock exited")
		assert.Equal(t, fmt.Sprintf("https://koji.example.com/koji/taskinfo?taskID=%d", id), s.Links[0].URL)
		why, err := c.TaskFailure(t.Context(), id, 1)
		require.NoError(t, err)
		assert.Equal(t, "buildArch", why.Task.Method)
		assert.Equal(t, "build.log", why.Log)
		assert.Equal(t, "boom", why.Tail)

		id, err = c.StartBuild(t.Context(), koji.BuildRequest{Source: "git+https://src.example.com/rpms/x#4444444", Target: "f42", Scratch: true})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err = c.WaitTask(ctx, id)
		cancel()
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, c.CancelTask(t.Context(), id))
		_, err = c.WaitTask(t.Context(), id)
		assert.ErrorIs(t, err, koji.ErrTaskCanceled)
	})
}

func TestWaitingForARepo(t *testing.T) {
	for _, passive := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			seed := small()
			seed.Builder = kojitest.Builder{RepoDelay: time.Minute, RepoTime: 5 * time.Minute, ManualRepos: !passive}
			seed.Builds = append(seed.Builds, kojitest.Build{NVR: "new-1-1"})
			hub := kojitest.NewHub(seed)
			c := alice(t, hub)
			require.NoError(t, c.AddPackage(t.Context(), koji.PackageListing{Tag: "f42", Package: "new", Owner: "alice"}))
			old, err := c.Repo(t.Context(), koji.RepoQuery{Tag: "f42-build"})
			require.NoError(t, err)
			defer drive(hub, 20*time.Second, func(i int) {
				if i == 3 {
					assert.NoError(t, c.TagBuildDirectly(t.Context(), "f42", "new-1-1", false))
				}
			})()
			repo, err := c.WaitRepo(t.Context(), koji.RepoWait{Tag: "f42-build", Builds: []string{"new-1-1"}, Passive: passive})
			require.NoError(t, err)
			assert.Greater(t, repo.EventID, old.EventID)
			assert.Equal(t, koji.RepoReady, repo.State)
			assert.Equal(t, passive, len(callsOf(hub, "repo.request")) == 0)

			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err = c.WaitRepo(ctx, koji.RepoWait{Tag: "f42-build", Builds: []string{"never-1-1"}})
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.ErrorContains(t, err, "not in f42-build yet: never-1-1")
		})
	}
}

func TestOldHubsWithoutRepoRequestsAreWaitedForPassively(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := kojitest.NewHub(small())
		hub.Fail("repo.request", kojitest.Fault(1000, "Invalid method: repo.request"), kojitest.Times(-1))
		repo, err := alice(t, hub).WaitRepo(t.Context(), koji.RepoWait{Tag: "f42-build"})
		require.NoError(t, err)
		assert.Equal(t, "f42-build", repo.Tag)
	})
}

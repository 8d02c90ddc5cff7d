// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// small is a hub with one target, three packages and two people.
func small() kojitest.Seed {
	return kojitest.Seed{
		Users: []kojitest.User{
			{Name: "admin", Password: "secret", Permissions: []string{"admin"}},
			{Name: "alice", Password: "wonder", Principals: []string{"alice@EXAMPLE.COM"}},
		},
		Tags: []kojitest.Tag{
			{Name: "f42", Arches: "x86_64 aarch64"},
			{Name: "f42-build", Arches: "x86_64", Parents: []string{"f42"}},
		},
		Targets: []kojitest.Target{{Name: "f42", BuildTag: "f42-build", DestTag: "f42"}},
		Builds: []kojitest.Build{
			{NVR: "zlib-1.3.1-4.fc42", Tags: []string{"f42"}, Owner: "alice"},
			{NVR: "bash-5.2.32-1.fc42", Tags: []string{"f42"}, Owner: "alice"},
			{NVR: "emacs-30.1-2.fc42", Tags: []string{"f42"}},
		},
		Builder: kojitest.Builder{
			Assign: time.Minute, SRPM: time.Minute, Build: 10 * time.Minute, Tag: time.Minute,
			RepoDelay: 2 * time.Minute, RepoTime: 3 * time.Minute,
		},
		Source: func(url string) (string, error) {
			_, nvr, ok := strings.Cut(url, "#")
			if !ok {
				return "", errors.New("fatal: no such commit")
			}
			return nvr, nil
		},
	}
}

// start serves a hub and logs alice in.
func start(t *testing.T, seed kojitest.Seed) (*kojitest.Hub, *koji.Client) {
	t.Helper()
	hub := kojitest.NewHub(seed)
	return hub, clientOf(t, hub, "alice", "wonder")
}

func clientOf(t *testing.T, hub *kojitest.Hub, user, password string) *koji.Client {
	t.Helper()
	srv := kojitest.NewServer(hub)
	t.Cleanup(srv.Close)
	c, err := srv.Client(koji.WithPassword(user, password), koji.WithRetry(koji.Retry{Max: 3, Wait: time.Millisecond}))
	require.NoError(t, err)
	return c
}

func submit(t *testing.T, c *koji.Client, name, nvr string) int {
	t.Helper()
	id, err := c.StartBuild(t.Context(), koji.BuildRequest{
		Source: fmt.Sprintf("git+https://src.example.com/rpms/%s#%s", name, nvr), Target: "f42",
	})
	require.NoError(t, err)
	return id
}

func TestABuildGoesFromSubmissionToTheRepo(t *testing.T) {
	hub, c := start(t, small())
	ctx := t.Context()
	id := submit(t, c, "zlib", "zlib-1.3.2-1.fc42")

	task, err := c.Task(ctx, id)
	require.NoError(t, err)
	assert.Equal(t, koji.TaskFree, task.State, "nothing moves before time is told to go on")

	hub.Advance(3 * time.Minute)
	b, err := c.Build(ctx, "zlib-1.3.2-1.fc42")
	require.NoError(t, err)
	assert.Equal(t, koji.BuildBuilding, b.State)
	tree, err := c.TaskTree(ctx, id)
	require.NoError(t, err)
	assert.Equal(t, koji.TaskOpen, tree.State)

	hub.Advance(20 * time.Minute)
	task, err = c.Task(ctx, id)
	require.NoError(t, err)
	assert.Equal(t, koji.TaskClosed, task.State)
	b, err = c.Build(ctx, "zlib-1.3.2-1.fc42")
	require.NoError(t, err)
	assert.Equal(t, koji.BuildComplete, b.State)
	latest, err := c.LatestBuild(ctx, "f42-build", "zlib")
	require.NoError(t, err)
	assert.Equal(t, "zlib-1.3.2-1.fc42", latest.NVR)

	repo, err := c.Repo(ctx, koji.RepoQuery{Tag: "f42-build"})
	require.NoError(t, err)
	assert.Greater(t, repo.ID, 1, "the change of the tag owes a new repo")
	assert.Equal(t, 1, hub.BuildAttempts()["zlib-1.3.2-1.fc42"])
}

func TestABuildFailsWhenItsRepoLacksWhatItNeeds(t *testing.T) {
	seed := small()
	seed.Needs = func(pkg string) []kojitest.Need {
		if pkg == "bash" {
			return []kojitest.Need{{Package: "zlib", NVR: "zlib-1.3.2-1.fc42"}}
		}
		return nil
	}
	hub, c := start(t, seed)
	ctx := t.Context()
	submit(t, c, "zlib", "zlib-1.3.2-1.fc42")
	hub.Advance(13*time.Minute + time.Second) // built and tagged, repo not yet there
	early := submit(t, c, "bash", "bash-5.2.32-2.fc42")
	hub.Advance(time.Minute + 30*time.Second)
	hub.Advance(30 * time.Minute)
	task, err := c.Task(ctx, early)
	require.NoError(t, err)
	assert.Equal(t, koji.TaskFailed, task.State)
	err = c.TaskResult(ctx, early, nil)
	assert.ErrorContains(t, err, "mock exited with status 30; see root.log")

	late := submit(t, c, "bash", "bash-5.2.32-2.fc42")
	hub.Advance(30 * time.Minute)
	task, err = c.Task(ctx, late)
	require.NoError(t, err)
	assert.Equal(t, koji.TaskClosed, task.State, "a failed build may be built again once the repo has what it needs")
}

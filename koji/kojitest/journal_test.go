// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// picture is what a hub shows of itself.
func picture(t *testing.T, hub *kojitest.Hub) []any {
	t.Helper()
	c := &caller{t: t, hub: hub}
	var all []any
	for _, one := range []struct {
		method string
		args   []any
	}{
		{"listTasks", nil}, {"listBuilds", nil}, {"listTags", nil}, {"getActiveRepos", nil}, {"getLastEvent", nil},
		{"listTagged", []any{"f42-build", nil, true}}, {"listRPMs", nil}, {"listBuildroots", nil},
	} {
		v, err := c.call(one.method, one.args...)
		require.NoError(t, err)
		all = append(all, v)
	}
	return append(all, hub.Now(), hub.Next(), hub.Submissions(), hub.BuildAttempts())
}

func TestAKilledHubComesBackAsItWas(t *testing.T) {
	dir := t.TempDir()
	seed := small()
	asked := 0
	seed.Needs = func(string) []kojitest.Need {
		asked++ // another answer each time: only the first may count
		return []kojitest.Need{{Package: "emacs", Event: asked % 3}}
	}
	seed.Builder.Duration = func(string) time.Duration { return time.Duration(asked) * time.Minute }
	hub, err := kojitest.Open(dir, seed)
	require.NoError(t, err)
	c := clientOf(t, hub, "alice", "wonder")
	ctx := t.Context()

	submit(t, c, "zlib", "zlib-1.3.2-1.fc42")
	hub.FailBuild(kojitest.Failure{Package: "bash"})
	submit(t, c, "bash", "bash-5.3-1.fc42")
	side, err := c.CreateSideTag(ctx, koji.SideTagRequest{BaseTag: "f42-build"})
	require.NoError(t, err)
	for range 6 {
		hub.Advance(3 * time.Minute)
	}
	canceled := submit(t, c, "emacs", "emacs-31-1.fc42")
	require.NoError(t, c.CancelTask(ctx, canceled))
	forced := submit(t, c, "emacs", "emacs-31-2.fc42")
	require.NoError(t, hub.FinishTask(forced, koji.TaskFailed, "by hand"))
	hub.ExpireSessions()
	require.NoError(t, c.RemoveSideTag(ctx, koji.ID(side.ID)))
	submit(t, c, "emacs", "emacs-32-1.fc42")
	hub.Advance(90 * time.Second)

	before, times := picture(t, hub), asked
	again, err := kojitest.Open(dir, seed) // without Close: as after a kill
	require.NoError(t, err)
	assert.Equal(t, before, picture(t, again))
	assert.Equal(t, times, asked, "what was asked is not asked again")

	seed.Needs, seed.Builder.Duration = nil, nil
	again, err = kojitest.Open(dir, seed)
	require.NoError(t, err)
	hub2, err := kojitest.Open(dir, seed)
	require.NoError(t, err)
	hub = hub2
	hub.Advance(time.Hour)
	again.Advance(time.Hour)
	assert.Equal(t, picture(t, hub), picture(t, again), "what was planned goes on in the same way")
}

func TestATornLineIsDroppedAndAForeignStateRefused(t *testing.T) {
	dir := t.TempDir()
	hub, err := kojitest.Open(dir, small())
	require.NoError(t, err)
	submit(t, clientOf(t, hub, "alice", "wonder"), "zlib", "zlib-2-1")
	require.NoError(t, hub.Close())
	name := filepath.Join(dir, "hub.jsonl")
	whole, err := os.ReadFile(name)
	require.NoError(t, err)

	require.NoError(t, os.WriteFile(name, append(whole, `{"at":"2026-01-01T00:0`...), 0o600))
	hub, err = kojitest.Open(dir, small())
	require.NoError(t, err)
	assert.Len(t, hub.Submissions(), 1)
	require.NoError(t, hub.Close())
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, string(whole), string(text))

	other := small()
	other.Builds = nil
	_, err = kojitest.Open(dir, other)
	assert.ErrorContains(t, err, "another seed")
	require.NoError(t, os.WriteFile(name, []byte("{\"format\":99}\n"), 0o600))
	_, err = kojitest.Open(dir, small())
	assert.ErrorContains(t, err, "not a hub's state of format 1")
}

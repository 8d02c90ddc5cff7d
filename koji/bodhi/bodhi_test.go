// SPDX-License-Identifier: MIT

package bodhi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/koji/bodhi/bodhitest"
)

const token = "t0ken"

var release = bodhi.Release{Name: "F43", IDPrefix: "FEDORA", State: "current", CandidateTag: "f43-updates-candidate", StableTag: "f43-updates", ComposedByBodhi: true}

// start starts a service whose side tags hold a build each, of the tag's name.
func start(t *testing.T) (*bodhitest.Server, *bodhi.Client) {
	t.Helper()
	srv := bodhitest.NewServer(bodhitest.Seed{
		Releases: []bodhi.Release{release},
		Users:    []bodhitest.User{{Name: "me", Token: token, Groups: []string{"packager"}}},
		SideTag: func(name string) (bodhitest.SideTag, error) {
			return bodhitest.SideTag{Owner: "me", Builds: []string{name + "-1-1"}, Inherits: []string{"f43-updates"}}, nil
		},
	})
	t.Cleanup(srv.Close)
	c, err := srv.Client(token)
	require.NoError(t, err)
	return srv, c
}

func TestASideTagGetsOneUpdateEvenAfterALostAnswer(t *testing.T) {
	srv, c := start(t)
	srv.Lose(http.MethodPost, "/updates/", 1)
	_, _, err := c.CreateFromSideTag(t.Context(), "side-1", bodhi.NewUpdate{Notes: "rebuild", Bugs: []int{1, 2}})
	require.ErrorIs(t, err, bodhi.ErrUnavailable)
	u, created, err := c.CreateFromSideTag(t.Context(), "side-1", bodhi.NewUpdate{Notes: "rebuild"})
	require.NoError(t, err)
	assert.False(t, created)
	assert.Equal(t, "side-1", u.FromTag)
	assert.Len(t, u.Bugs, 2)
	_, created, err = c.CreateFromSideTag(t.Context(), "side-2", bodhi.NewUpdate{Notes: "rebuild", NoAutoPush: true})
	require.NoError(t, err)
	assert.True(t, created)
	all, err := srv.Updates()
	require.NoError(t, err)
	assert.Len(t, all, 2)
	_, _, err = c.CreateFromSideTag(t.Context(), "", bodhi.NewUpdate{})
	assert.ErrorIs(t, err, bodhi.ErrInvalid)
}

// The service knows a login and a session by cookies alone.
func TestWritesLogInAndReadsDoNot(t *testing.T) {
	srv, c := start(t)
	for range c.Updates(t.Context(), bodhi.UpdateQuery{}) {
	}
	assert.Equal(t, []bodhitest.Call{{Method: "GET", Path: "/updates/", Status: 200}}, srv.Calls())
	_, _, err := c.CreateFromSideTag(t.Context(), "side-1", bodhi.NewUpdate{Notes: "rebuild"})
	require.NoError(t, err)

	mine := &http.Client{}
	for what, want := range map[string]struct {
		opts []bodhi.Option
		err  error
	}{
		"nobody":               {nil, bodhi.ErrForbidden},
		"a wrong token":        {[]bodhi.Option{bodhi.WithToken("wrong")}, bodhi.ErrUnauthorized},
		"the caller's client":  {[]bodhi.Option{bodhi.WithToken(token), bodhi.WithHTTPClient(mine)}, nil},
		"no login page at all": {[]bodhi.Option{bodhi.WithToken(token)}, bodhi.ErrForbidden},
	} {
		if strings.HasPrefix(what, "no login") {
			srv.Fail(http.MethodGet, "/oidc/", 1, 404)
		}
		other, err := srv.Client("", want.opts...)
		require.NoError(t, err)
		_, _, err = other.CreateFromSideTag(t.Context(), what[:2], bodhi.NewUpdate{Notes: "rebuild"})
		assert.ErrorIs(t, err, want.err, what)
	}
	assert.Nil(t, mine.Jar, "the caller's client is not changed")
}

func TestUpdatesArePagedThrough(t *testing.T) {
	_, c := start(t)
	var want []string
	for i := range 7 {
		u, _, err := c.CreateFromSideTag(t.Context(), fmt.Sprint("side-", i), bodhi.NewUpdate{Notes: "rebuild"})
		require.NoError(t, err)
		want = append([]string{u.Alias}, want...)
	}
	var got []string
	for u, err := range c.Updates(t.Context(), bodhi.UpdateQuery{Rows: 2}) {
		require.NoError(t, err)
		got = append(got, u.Alias)
	}
	assert.Equal(t, want, got, "newest first")
	_, err := c.Update(t.Context(), "nope")
	assert.ErrorIs(t, err, bodhi.ErrNotFound)
	assert.ErrorContains(t, err, "id: Invalid update id")
}

func TestWaitingEndsWithTheStateOrSaysWhyNot(t *testing.T) {
	srv, c := start(t)
	u, _, err := c.CreateFromSideTag(t.Context(), "side-1", bodhi.NewUpdate{Notes: "rebuild"})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = c.WaitUpdate(ctx, u.Alias, bodhi.Testing, time.Millisecond)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, srv.Sign())
	_, err = srv.Compose("F43")
	require.NoError(t, err)
	srv.Fail(http.MethodGet, "/updates/", 5, 503) // more than the retries of one call
	got, err := c.WaitUpdate(t.Context(), u.Alias, bodhi.Testing, time.Millisecond)
	require.NoError(t, err)
	assert.Equal(t, bodhi.Testing, got.Status)

	_, err = c.RequestUpdate(t.Context(), u.Alias, bodhi.PushStable)
	assert.ErrorIs(t, err, bodhi.ErrInvalid)
	assert.ErrorContains(t, err, "minimum testing requirements")
	got, err = c.RequestUpdate(t.Context(), u.Alias, bodhi.Unpush)
	require.NoError(t, err)
	assert.Equal(t, bodhi.Unpushed, got.Status)
	_, err = c.WaitUpdate(t.Context(), u.Alias, bodhi.Stable, time.Millisecond)
	assert.ErrorIs(t, err, bodhi.ErrEnded)
}

// TestCorpusDocuments decodes every Bodhi document of the corpus and expects
// each member of an update to be in a field or in Extra, and each member of a
// release in a field.
func TestCorpusDocuments(t *testing.T) {
	base := golden.Corpus(t)
	files, err := filepath.Glob(filepath.Join(base, "ecosystem", "bodhi-rest", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	updates, releases, other, differ := 0, 0, 0, 0
	var judge func(t *testing.T, v any)
	judge = func(t *testing.T, v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				judge(t, x)
			}
		case map[string]any:
			data, err := json.Marshal(v)
			require.NoError(t, err)
			switch {
			case v["alias"] != nil && v["status"] != nil:
				updates++
				var u bodhi.Update
				if err := json.Unmarshal(data, &u); err != nil || u.Alias != v["alias"] || string(u.Status) != v["status"] || len(u.Builds) != size(v["builds"]) {
					differ++
					t.Errorf("update %v: %+v %v", v["alias"], u, err)
				}
			case v["dist_tag"] != nil && v["name"] != nil:
				releases++
				var r bodhi.Release
				if err := json.Unmarshal(data, &r); err != nil || r.DistTag != v["dist_tag"] || r.Name != v["name"] || r.StableTag != v["stable_tag"] {
					differ++
					t.Errorf("release %v: %+v %v", v["name"], r, err)
				}
			}
			for _, x := range v {
				judge(t, x)
			}
		}
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		var v any
		require.NoError(t, json.Unmarshal(data, &v), f)
		before := updates + releases
		judge(t, v)
		if updates+releases == before {
			other++
		}
	}
	t.Logf("corpus ecosystem/bodhi-rest: %d updates, %d releases, %d files with neither, %d differ", updates, releases, other, differ)
}

func size(v any) int {
	list, _ := v.([]any)
	return len(list)
}

// SPDX-License-Identifier: MIT

package bodhi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/koji/bodhi"
)

// service is a Bodhi of a few updates, with the paths that the client uses.
type service struct {
	updates []map[string]any
	posts   int
	lose    bool // the answer to the next POST is cut, after its effect
	away    int  // requests to answer 503
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.away > 0 {
		s.away--
		w.WriteHeader(503)
		return
	}
	answer := func(status int, v any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	switch {
	case r.URL.Path == "/csrf":
		answer(200, map[string]string{"csrf_token": "tok"})
	case r.URL.Path == "/updates/" && r.Method == http.MethodPost:
		var in map[string]any
		_ = json.NewDecoder(r.Body).Decode(&in)
		if in["csrf_token"] != "tok" || r.Header.Get("Authorization") != "Bearer t0ken" {
			answer(403, map[string]any{"status": "error", "errors": []any{map[string]string{"location": "body", "name": "acl", "description": "who are you?"}}})
			return
		}
		s.posts++
		u := map[string]any{"alias": fmt.Sprintf("FEDORA-2026-%04d", s.posts), "status": "pending", "from_tag": in["from_tag"], "notes": in["notes"], "request": nil}
		s.updates = append(s.updates, u)
		if s.lose {
			s.lose = false
			panic(http.ErrAbortHandler)
		}
		answer(201, u)
	case r.URL.Path == "/updates/":
		rows, _ := strconv.Atoi(r.URL.Query().Get("rows_per_page"))
		rows = max(rows, 2)
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		pages := (len(s.updates) + rows - 1) / rows
		start := min((page-1)*rows, len(s.updates))
		answer(200, map[string]any{"updates": s.updates[start:min(start+rows, len(s.updates))], "page": page, "pages": pages})
	case strings.HasPrefix(r.URL.Path, "/updates/"):
		for _, u := range s.updates {
			if u["alias"] == strings.TrimPrefix(r.URL.Path, "/updates/") {
				answer(200, map[string]any{"update": u, "can_edit": false})
				return
			}
		}
		answer(404, map[string]any{"status": "error", "errors": []any{map[string]string{"location": "url", "name": "id", "description": "Invalid update id"}}})
	default:
		answer(404, nil)
	}
}

func start(t *testing.T, s *service) *bodhi.Client {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	c, err := bodhi.NewClient(srv.URL, bodhi.WithToken("t0ken"), bodhi.WithRetry(bodhi.Retry{Max: 1, Wait: 1, MaxWait: 1}))
	require.NoError(t, err)
	return c
}

func TestASideTagGetsOneUpdateEvenAfterALostAnswer(t *testing.T) {
	s := &service{lose: true}
	c := start(t, s)
	_, _, err := c.CreateFromSideTag(t.Context(), "f43-build-side-1", bodhi.NewUpdate{Notes: "rebuild", Bugs: []int{1, 2}})
	require.ErrorIs(t, err, bodhi.ErrUnavailable)
	u, created, err := c.CreateFromSideTag(t.Context(), "f43-build-side-1", bodhi.NewUpdate{Notes: "rebuild"})
	require.NoError(t, err)
	assert.False(t, created)
	assert.Equal(t, "FEDORA-2026-0001", u.Alias)
	assert.Equal(t, 1, s.posts)
	_, created, err = c.CreateFromSideTag(t.Context(), "f43-build-side-2", bodhi.NewUpdate{Notes: "rebuild"})
	require.NoError(t, err)
	assert.True(t, created)
	_, _, err = c.CreateFromSideTag(t.Context(), "", bodhi.NewUpdate{})
	assert.ErrorIs(t, err, bodhi.ErrInvalid)
}

func TestUpdatesArePagedThrough(t *testing.T) {
	s := &service{}
	for i := range 7 {
		s.updates = append(s.updates, map[string]any{"alias": fmt.Sprint(i), "status": "testing"})
	}
	c := start(t, s)
	var got []string
	for u, err := range c.Updates(t.Context(), bodhi.UpdateQuery{}) {
		require.NoError(t, err)
		got = append(got, u.Alias)
	}
	assert.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6"}, got)
	_, err := c.Update(t.Context(), "nope")
	assert.ErrorIs(t, err, bodhi.ErrNotFound)
	assert.ErrorContains(t, err, "id: Invalid update id")
}

func TestWaitingEndsWithTheStateOrSaysWhyNot(t *testing.T) {
	s := &service{updates: []map[string]any{{"alias": "a", "status": "stable"}, {"alias": "b", "status": "obsolete"}, {"alias": "c", "status": "pending"}}}
	c := start(t, s)
	s.away = 3 // more than the retries of one call
	u, err := c.WaitUpdate(t.Context(), "a", bodhi.Stable, time.Millisecond)
	require.NoError(t, err)
	assert.Equal(t, bodhi.Stable, u.Status)
	_, err = c.WaitUpdate(t.Context(), "b", bodhi.Stable, time.Millisecond)
	assert.ErrorIs(t, err, bodhi.ErrEnded)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = c.WaitUpdate(ctx, "c", bodhi.Stable, time.Millisecond)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
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

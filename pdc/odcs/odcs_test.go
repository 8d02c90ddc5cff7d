// SPDX-License-Identifier: MIT

package odcs_test

import (
	"context"
	"encoding/json"
	"errors"
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
	"github.com/seed-f134cc8e/relkit/pdc/odcs"
)

// service makes a compose that is done after it was asked for twice; one for
// the source "empty" fails.
type service struct {
	composes []map[string]any
	sent     []map[string]any
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(status int, v any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	id, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/api/1/composes/"))
	switch {
	case r.Method == http.MethodPost:
		var in map[string]any
		_ = json.NewDecoder(r.Body).Decode(&in)
		s.sent = append(s.sent, in)
		source := in["source"].(map[string]any)["source"]
		c := map[string]any{"id": len(s.composes) + 1, "state": 0, "source": source, "source_type": 1, "state_reason": nil, "arches": "x86_64 aarch64", "flags": []string{"no_deps"}}
		s.composes = append(s.composes, c)
		answer(200, c)
	case id == 0:
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		meta := map[string]any{"next": nil}
		if page < len(s.composes) {
			meta["next"] = "more"
		}
		answer(200, map[string]any{"items": s.composes[page-1 : page], "meta": meta})
	case id > len(s.composes):
		answer(404, map[string]any{"status": 404, "error": "Not Found", "message": "No such compose found."})
	case r.Method == http.MethodDelete:
		answer(202, map[string]any{"status": 202, "message": "accepted"})
	default:
		c := s.composes[id-1]
		answer(200, c)
		switch {
		case c["state"] == 0:
			c["state"] = 1
		case c["source"] == "empty":
			c["state"], c["state_reason"] = 4, "Error while generating compose: no packages"
		default:
			c["state"] = 2
		}
	}
}

func start(t *testing.T, s *service) *odcs.Client {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	c, err := odcs.NewClient(srv.URL, odcs.WithRetry(odcs.Retry{}))
	require.NoError(t, err)
	return c
}

func TestAComposeIsRequestedAndWaitedFor(t *testing.T) {
	s := &service{}
	c := start(t, s)
	made, err := c.Request(t.Context(), odcs.Request{
		SourceType: odcs.Tag, Source: []string{"f43", "f43-extra"}, Packages: []string{"bash"}, Flags: []string{"no_deps"}, TimeToLive: time.Hour,
	})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"source":          map[string]any{"type": "tag", "source": "f43 f43-extra", "packages": []any{"bash"}},
		"flags":           []any{"no_deps"},
		"seconds_to_live": 3600.0,
	}, s.sent[0])
	assert.Equal(t, []string{"x86_64", "aarch64"}, made.Arches)
	_, err = c.Request(t.Context(), odcs.Request{
		SourceType: odcs.Module, Source: []string{"nodejs:18"}, ScratchTasks: []int64{7}, ModularTags: []string{"f43-modular"}, ModuleDefaults: "https://example.org/defaults.git",
		ModuleDefaultsCommit: "ab", Multilib: []string{"x86_64"}, MultilibMethods: []string{"devel"}, LookasideRepos: []string{"https://example.org/base"},
		Label: "RC-1.0", ComposeType: "production", TargetDir: "private", Parents: []string{"Demo-1-20260105.n.0"}, RespinOf: "Demo-1-20260104.n.0",
	})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"source": map[string]any{"type": "module", "source": "nodejs:18", "scratch_build_tasks": []any{7.0}, "modular_koji_tags": []any{"f43-modular"},
			"module_defaults_url": "https://example.org/defaults.git", "module_defaults_commit": "ab"},
		"multilib_arches": []any{"x86_64"}, "multilib_method": []any{"devel"}, "lookaside_repos": []any{"https://example.org/base"},
		"label": "RC-1.0", "compose_type": "production", "target_dir": "private", "parent_pungi_compose_ids": []any{"Demo-1-20260105.n.0"}, "respin_of": "Demo-1-20260104.n.0",
	}, s.sent[1])
	_, err = c.Request(t.Context(), odcs.Request{SourceType: odcs.Tag, Source: []string{"f43"}, ModuleDefaults: "https://example.org/defaults.git"})
	assert.ErrorIs(t, err, odcs.ErrInvalid)
	done, err := c.Wait(t.Context(), made.ID, time.Millisecond)
	require.NoError(t, err)
	assert.Equal(t, odcs.Done, done.State)
	require.NoError(t, c.Delete(t.Context(), made.ID))
	_, err = c.Extend(t.Context(), 99, time.Hour)
	assert.ErrorIs(t, err, odcs.ErrNotFound)
	_, err = c.Request(t.Context(), odcs.Request{})
	assert.ErrorIs(t, err, odcs.ErrInvalid)
}

func TestAFailedComposeIsToldWithItsReason(t *testing.T) {
	c := start(t, &service{})
	made, err := c.Request(t.Context(), odcs.Request{SourceType: odcs.Tag, Source: []string{"empty"}})
	require.NoError(t, err)
	_, err = c.Wait(t.Context(), made.ID, time.Millisecond)
	assert.ErrorIs(t, err, odcs.ErrFailed)
	assert.ErrorContains(t, err, "no packages")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Wait(ctx, made.ID, time.Millisecond)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestComposesArePagedThrough(t *testing.T) {
	c := start(t, &service{})
	for range 3 {
		_, err := c.Request(t.Context(), odcs.Request{SourceType: odcs.Tag, Source: []string{"f43"}})
		require.NoError(t, err)
	}
	n := 0
	for x, err := range c.Composes(t.Context(), odcs.Query{States: []odcs.State{odcs.Wait}}) {
		require.NoError(t, err)
		n++
		assert.EqualValues(t, n, x.ID)
	}
	assert.Equal(t, 3, n)
}

// TestCorpusDocuments decodes every compose of the corpus: typed members hold
// the document's values, the others are in Extra.
func TestCorpusDocuments(t *testing.T) {
	base := golden.Corpus(t)
	files, err := filepath.Glob(filepath.Join(base, "ecosystem", "rest-synthetic", "odcs-*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	cases, other, differ := 0, 0, 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		var m map[string]any
		require.NoError(t, json.Unmarshal(data, &m), f)
		list := []any{m}
		if items, ok := m["items"].([]any); ok {
			list = items
		}
		for _, x := range list {
			m := x.(map[string]any)
			if m["source_type"] == nil {
				other++
				if why := answered(t, f, m); why != "" {
					differ++
					t.Errorf("%s: %s", filepath.Base(f), why)
				}
				continue
			}
			cases++
			raw, err := json.Marshal(m)
			require.NoError(t, err)
			if why := difference(raw, m); why != "" {
				differ++
				t.Errorf("%s: %s", filepath.Base(f), why)
			}
		}
	}
	t.Logf("%d composes, %d other answers", cases, other)
	t.Logf("corpus ecosystem/odcs-documents: %d cases, %d differ", cases+other, differ)
}

// answered judges an answer that is no compose: its status is the one in the
// name of the file, and an error has the service's words.
func answered(t *testing.T, file string, m map[string]any) string {
	t.Helper()
	number, _ := m["status"].(float64)
	status := int(number)
	if status < 100 || !strings.HasSuffix(file, fmt.Sprintf("-%d.json", status)) {
		return fmt.Sprintf("it is not %d", status)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(m)
	}))
	defer srv.Close()
	c, err := odcs.NewClient(srv.URL, odcs.WithRetry(odcs.Retry{}))
	require.NoError(t, err)
	err = c.Delete(t.Context(), 1)
	if status < 300 {
		if said, _ := m["message"].(string); err != nil || said == "" {
			return fmt.Sprintf("%v after %v", err, m)
		}
		return ""
	}
	failure, ok := errors.AsType[*odcs.Error](err)
	if !ok || failure.Status != status || failure.Msg != m["message"] || m["error"] != http.StatusText(status) {
		return fmt.Sprintf("%v of %v", err, m)
	}
	return ""
}

func difference(raw []byte, m map[string]any) string {
	var c odcs.Compose
	if err := json.Unmarshal(raw, &c); err != nil {
		return err.Error()
	}
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format("2006-01-02T15:04:05Z")
	}
	typed := map[string]string{
		"id": number(c.ID), "state_name": c.State.String(), "state": strconv.Itoa(int(c.State)), "state_reason": c.StateReason,
		"owner": c.Owner, "source_type": strconv.Itoa(int(c.SourceType)), "source": strings.Join(c.Source, " "),
		"packages": strings.Join(c.Packages, " "), "builds": strings.Join(c.Builds, " "), "modules": strings.Join(c.Modules, " "),
		"sigkeys": strings.Join(c.SigKeys, " "), "arches": strings.Join(c.Arches, " "), "flags": fmt.Sprint(c.Flags), "results": fmt.Sprint(c.Results),
		"koji_event": number(c.KojiEvent), "koji_task_id": number(c.KojiTask), "compose_type": c.ComposeType, "pungi_compose_id": c.PungiComposeID,
		"respin_of": c.RespinOf, "label": c.Label, "result_repo": c.Repo, "result_repofile": c.RepoFile, "toplevel_url": c.TopURL,
		"target_dir": c.TargetDir, "time_submitted": stamp(c.Submitted), "time_started": stamp(c.Started), "time_done": stamp(c.Finished),
		"time_to_expire": stamp(c.Expires), "time_removed": stamp(c.RemovedAt), "removed_by": c.RemovedBy,
	}
	for key, v := range m {
		have, ok := typed[key]
		if !ok {
			if _, kept := c.Extra[key]; !kept {
				return key + " vanished"
			}
			continue
		}
		want := ""
		switch v := v.(type) {
		case nil:
		case float64:
			want = strconv.FormatFloat(v, 'f', -1, 64)
		default:
			want = fmt.Sprint(v)
		}
		if have != want {
			return fmt.Sprintf("%s: want %q, got %q", key, want, have)
		}
	}
	return ""
}

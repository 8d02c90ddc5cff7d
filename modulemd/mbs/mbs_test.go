// SPDX-License-Identifier: MIT

package mbs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/modulemd/mbs"
	"github.com/seed-f134cc8e/relkit/planner/status"
)

// service is a module build service that moves every build one state further
// each time it is asked for.
type service struct {
	builds []map[string]any
	fail   bool // the walk ends in failed
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(status int, v any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	refuse := func(status int, msg string) {
		answer(status, map[string]any{"status": status, "error": http.StatusText(status), "message": msg})
	}
	const root = "/module-build-service/2/module-builds/"
	id, one := strings.CutPrefix(r.URL.Path, root)
	switch {
	case r.Method == http.MethodPost && r.URL.Path == root:
		var in mbs.Submission
		_ = json.NewDecoder(r.Body).Decode(&in)
		if strings.HasPrefix(in.SCMURL, "ftp:") {
			refuse(403, "The submitted scmurl is not allowed")
			return
		}
		for _, b := range s.builds {
			if b["scmurl"] == in.SCMURL {
				refuse(409, "All modules already exist. Trying to resubmit the same modules?")
				return
			}
		}
		b := map[string]any{
			"id": len(s.builds) + 1, "name": "m", "stream": in.Branch, "version": "1", "context": "00000000",
			"state": 0, "scmurl": in.SCMURL, "state_reason": nil,
			"tasks": map[string]any{"rpms": map[string]any{"a": map[string]any{"task_id": 1, "state": 1}, "b": map[string]any{"task_id": nil, "state": nil}}},
		}
		s.builds = append(s.builds, b)
		answer(201, []any{b})
	case r.Method == http.MethodGet && one && id == "":
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		meta := map[string]any{"next": nil}
		if page < len(s.builds) {
			meta["next"] = "x"
		}
		answer(200, map[string]any{"items": s.builds[page-1 : page], "meta": meta})
	case one:
		n, _ := strconv.Atoi(id)
		if n < 1 || n > len(s.builds) {
			refuse(404, "No such module found.")
			return
		}
		b := s.builds[n-1]
		next := map[int]int{0: 1, 1: 2, 2: 3, 3: 5}
		if s.fail {
			next = map[int]int{0: 1, 1: 2, 2: 4}
			b["state_reason"] = "Component(s) b failed to build."
		}
		answer(200, b)
		if to, ok := next[b["state"].(int)]; ok {
			b["state"] = to
		}
	default:
		refuse(404, "The requested API version is not available")
	}
}

func start(t *testing.T, s *service) *mbs.Client {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	c, err := mbs.NewClient(srv.URL, mbs.WithRetry(mbs.Retry{}))
	require.NoError(t, err)
	return c
}

func TestASubmissionThatExistsIsAConflict(t *testing.T) {
	c := start(t, &service{})
	sub := mbs.Submission{SCMURL: "https://src.example.com/modules/m?#0123", Branch: "1"}
	got, err := c.Submit(t.Context(), sub)
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, "m:1:1:00000000", got[0].NSVC())
	_, err = c.Submit(t.Context(), sub)
	assert.ErrorIs(t, err, mbs.ErrConflict)
	assert.ErrorContains(t, err, "All modules already exist")
	_, err = c.Submit(t.Context(), mbs.Submission{SCMURL: "ftp://x", Branch: "1"})
	assert.ErrorIs(t, err, mbs.ErrForbidden)
	_, err = c.Submit(t.Context(), mbs.Submission{})
	assert.ErrorIs(t, err, mbs.ErrInvalid)
	_, err = c.Build(t.Context(), 9)
	assert.ErrorIs(t, err, mbs.ErrNotFound)
}

func TestAWatchTellsEachStateOnceAndEndsWithTheBuild(t *testing.T) {
	c := start(t, &service{})
	_, err := c.Submit(t.Context(), mbs.Submission{SCMURL: "https://x/m?#1", Branch: "1"})
	require.NoError(t, err)
	var seen []string
	for b, err := range c.Watch(t.Context(), 1, time.Millisecond) {
		require.NoError(t, err)
		seen = append(seen, b.Status().String())
	}
	assert.Equal(t, []string{
		"module-build 1: queued (init)", "module-build 1: queued (wait)", "module-build 1: building (build, 50%)",
		"module-build 1: gating (done)", "module-build 1: done (ready)",
	}, seen)
}

func TestAFailedBuildEndsTheWatchWithItsReason(t *testing.T) {
	c := start(t, &service{fail: true})
	_, err := c.Submit(t.Context(), mbs.Submission{SCMURL: "https://x/m?#1", Branch: "1"})
	require.NoError(t, err)
	var last error
	for b, err := range c.Watch(t.Context(), 1, time.Millisecond) {
		last = err
		if err != nil {
			assert.Equal(t, status.Failed, b.Status().State)
		}
	}
	assert.ErrorIs(t, last, mbs.ErrFailed)
	assert.ErrorContains(t, last, "Component(s) b failed to build.")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range c.Watch(ctx, 1, time.Millisecond) {
		assert.ErrorIs(t, err, context.Canceled)
	}
}

func TestBuildsArePagedThrough(t *testing.T) {
	c := start(t, &service{})
	for i := range 3 {
		_, err := c.Submit(t.Context(), mbs.Submission{SCMURL: fmt.Sprintf("https://x/m?#%d", i), Branch: "1"})
		require.NoError(t, err)
	}
	n := 0
	for b, err := range c.Builds(t.Context(), mbs.BuildQuery{}) {
		require.NoError(t, err)
		n++
		assert.EqualValues(t, n, b.ID)
	}
	assert.Equal(t, 3, n)
}

func TestStatesSurviveText(t *testing.T) {
	for s := mbs.Init; s <= mbs.Garbage; s++ {
		text, err := s.MarshalText()
		require.NoError(t, err)
		var back mbs.State
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, s, back)
	}
	assert.Equal(t, "State(9)", mbs.State(9).String())
	var s mbs.State
	assert.Error(t, s.UnmarshalText([]byte("none")))
}

// TestCorpusDocuments decodes every document of a module build service in the
// corpus: each member of a build or component is in a field or in Extra, and
// the typed members hold the document's values.
func TestCorpusDocuments(t *testing.T) {
	base := golden.Corpus(t)
	files, err := filepath.Glob(filepath.Join(base, "ecosystem", "rest-synthetic", "mbs-*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	builds, components, errorsSeen, other, differ := 0, 0, 0, 0, 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		var v any
		require.NoError(t, json.Unmarshal(data, &v), f)
		before := builds + components + errorsSeen
		walk(v, func(m map[string]any) {
			raw, err := json.Marshal(m)
			require.NoError(t, err)
			ok := true
			switch {
			case m["state"] != nil && m["version"] != nil && m["name"] != nil:
				builds++
				ok = sameBuild(raw, m)
			case m["module_build"] != nil && m["package"] != nil:
				components++
				ok = sameComponent(raw, m)
			case m["status"] != nil && m["message"] != nil:
				errorsSeen++
				ok = sameError(raw, m)
			}
			if !ok {
				differ++
				t.Errorf("%s: %s", filepath.Base(f), raw)
			}
		})
		if builds+components+errorsSeen == before {
			other++
		}
	}
	t.Logf("corpus ecosystem/mbs-documents: %d builds, %d components, %d errors, %d other files, %d differ", builds, components, errorsSeen, other, differ)
}

func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			walk(x, visit)
		}
	case map[string]any:
		visit(v)
		if items, ok := v["items"]; ok {
			walk(items, visit)
		}
	}
}

// text returns the document's word for a typed value.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func sameBuild(raw []byte, m map[string]any) bool {
	var b mbs.Build
	if json.Unmarshal(raw, &b) != nil {
		return false
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format("2006-01-02T15:04:05Z")
	}
	typed := map[string]string{
		"id": fmt.Sprint(b.ID), "name": b.Name, "stream": b.Stream, "version": b.Version, "context": b.Context,
		"state": fmt.Sprint(int(b.State)), "state_name": b.State.String(), "owner": b.Owner, "scmurl": b.SCMURL,
		"koji_tag": b.KojiTag, "rebuild_strategy": b.RebuildStrategy, "state_reason": b.StateReason, "modulemd": b.Modulemd,
		"time_submitted": stamp(b.Submitted), "time_modified": stamp(b.Modified), "time_completed": stamp(b.Completed),
		"scratch": fmt.Sprint(b.Scratch),
	}
	lists := map[string]int{"component_builds": len(b.ComponentIDs), "siblings": len(b.Siblings), "buildrequires": len(b.BuildRequires), "tasks": len(b.Tasks), "state_trace": len(b.Trace)}
	for key, v := range m {
		if have, ok := typed[key]; ok {
			if have != text(v) {
				return false
			}
			continue
		}
		if n, ok := lists[key]; ok {
			if reflect.ValueOf(v).Len() != n {
				return false
			}
			continue
		}
		if key == "reused_module_id" {
			continue
		}
		if _, ok := b.Extra[key]; !ok {
			return false
		}
	}
	for i, step := range b.Trace {
		want := m["state_trace"].([]any)[i].(map[string]any)
		if step.State.String() != want["state_name"] || stamp(step.Time) != want["time"] || step.Reason != text(want["reason"]) {
			return false
		}
	}
	for name, r := range b.BuildRequires {
		want := m["buildrequires"].(map[string]any)[name].(map[string]any)
		if r.Stream != want["stream"] || r.Version != want["version"] || r.Context != want["context"] || r.KojiTag != text(want["koji_tag"]) || r.Ref != text(want["ref"]) {
			return false
		}
	}
	return true
}

func sameComponent(raw []byte, m map[string]any) bool {
	var c mbs.Component
	if json.Unmarshal(raw, &c) != nil {
		return false
	}
	state := ""
	if c.State != nil {
		state = fmt.Sprint(*c.State)
	}
	task := ""
	if c.TaskID != 0 {
		task = fmt.Sprint(c.TaskID)
	}
	typed := map[string]string{
		"id": fmt.Sprint(c.ID), "package": c.Package, "format": c.Format, "task_id": task, "state": state,
		"state_name": c.StateName, "state_reason": c.StateReason, "module_build": fmt.Sprint(c.ModuleBuild), "nvr": c.NVR,
	}
	for key, v := range m {
		if have, ok := typed[key]; ok && have != text(v) {
			return false
		}
	}
	return true
}

// sameError serves the document as an answer and expects the sentinel of its
// status and its words in the error.
func sameError(raw []byte, m map[string]any) bool {
	code := int(m["status"].(float64))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = w.Write(raw)
	}))
	defer srv.Close()
	c, err := mbs.NewClient(srv.URL, mbs.WithRetry(mbs.Retry{}))
	if err != nil {
		return false
	}
	_, err = c.Build(context.Background(), 1)
	return err != nil && strings.Contains(err.Error(), text(m["message"])) && strings.Contains(err.Error(), strconv.Itoa(code))
}

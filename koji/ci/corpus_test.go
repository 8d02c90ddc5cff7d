// SPDX-License-Identifier: MIT

package ci_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/koji/ci"
)

// tear appends half a line to the state's file, as a crash would leave it.
func tear(t *testing.T, dir string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "ci.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"result":{"id":3,"outc`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// TestCorpusDocuments decodes every ResultsDB, WaiverDB and Greenwave document
// of the corpus into the client's types and expects no member to vanish:
// encoded again, it is the same JSON value, null and an absent member alike.
func TestCorpusDocuments(t *testing.T) {
	base := golden.Corpus(t)
	dir := filepath.Join(base, "ecosystem", "rest-synthetic")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	cases, differ := 0, 0
	for _, e := range entries {
		var target any
		name := e.Name()
		switch {
		case strings.HasPrefix(name, "resultsdb-landing"):
			target = &ci.About{}
		case strings.HasPrefix(name, "resultsdb-results"):
			target = &struct {
				Data []ci.Result `json:"data"`
				Prev *string     `json:"prev"`
				Next *string     `json:"next"`
			}{}
		case strings.HasPrefix(name, "resultsdb-group"):
			target = &ci.Group{}
		case strings.HasPrefix(name, "waiverdb-waivers"):
			target = &struct {
				Data  []ci.Waiver `json:"data"`
				Prev  *string     `json:"prev"`
				Next  *string     `json:"next"`
				First *string     `json:"first"`
				Last  *string     `json:"last"`
			}{}
		case strings.HasPrefix(name, "waiverdb-waiver"):
			target = &ci.Waiver{}
		case strings.HasPrefix(name, "greenwave-decision"):
			target = &ci.Decision{}
		case strings.HasPrefix(name, "greenwave-policies"):
			target = &struct {
				Policies []ci.Policy `json:"policies"`
			}{}
		default:
			continue // other services' documents, and errors
		}
		cases++
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		if err := json.Unmarshal(data, target); err != nil {
			t.Errorf("%s: %v", name, err)
			differ++
			continue
		}
		again, err := json.Marshal(target)
		require.NoError(t, err)
		var want, got any
		require.NoError(t, json.Unmarshal(data, &want))
		require.NoError(t, json.Unmarshal(again, &got))
		if !assert.Equal(t, withoutNulls(want), withoutNulls(got), name) {
			differ++
		}
	}
	t.Logf("corpus ecosystem/ci-documents: %d cases, %d differ", cases, differ)
}

// TestCorpusErrors answers with every recorded error, under the HTTP status in
// its name, and expects the server's words and the sentinel of the status.
func TestCorpusErrors(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(golden.Corpus(t, "ecosystem", "rest-synthetic"), "*-error-*.json"))
	require.NoError(t, err)
	sentinels := map[int]error{400: ci.ErrInvalid, 401: ci.ErrUnauthorized, 403: ci.ErrForbidden, 404: ci.ErrNotFound, 409: ci.ErrConflict, 503: ci.ErrUnavailable}
	cases, differ := 0, 0
	for _, file := range files {
		service, code, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".json"), "-error-")
		if service != "resultsdb" && service != "waiverdb" && service != "greenwave" {
			continue
		}
		cases++
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		status, err := strconv.Atoi(code)
		require.NoError(t, err, file)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write(data)
		}))
		c, err := ci.NewResultsDB(srv.URL, ci.WithRetry(ci.Retry{}))
		require.NoError(t, err)
		err = c.Do(t.Context(), http.MethodGet, "/x", nil, nil, nil)
		srv.Close()
		said := map[string]any{}
		require.NoError(t, json.Unmarshal(data, &said))
		failure, ok := errors.AsType[*ci.Error](err)
		if !ok || len(said) != 1 || failure.Msg != said["message"] || failure.Status != status || sentinels[status] != nil && !errors.Is(err, sentinels[status]) {
			differ++
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
	t.Logf("corpus ecosystem/ci-errors: %d cases, %d differ", cases, differ)
}

// withoutNulls drops null members and empty texts, which the types do not
// tell apart.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x == nil || x == "" {
				delete(v, k)
			} else {
				v[k] = withoutNulls(x)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}

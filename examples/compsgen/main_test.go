// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/modulemd/comps"
)

func compsgen(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return out.String(), errs.String(), code
}

func TestAnswers(t *testing.T) {
	for name, args := range map[string][]string{
		"demo.txt":     {},
		"comps.xml":    {"comps"},
		"variants.xml": {"-variant", "Mods", "-name", "All modules", "-arches", "x86_64,s390x", "variants"},
		"edits.json":   {"edits"},
	} {
		out, errs, code := compsgen(t, args...)
		assert.Equal(t, exitDone, code, name)
		assert.Empty(t, errs)
		golden.Compare(t, filepath.Join("testdata", name), []byte(out))
	}
}

func TestCommandLine(t *testing.T) {
	_, errs, code := compsgen(t, "-h")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, errs, "usage: compsgen")
	for _, args := range [][]string{{"-nonsense"}, {"nonsense"}, {"comps", "more"}, {"-variant", "", "comps"}, {"-arches", ",", "comps"}} {
		_, errs, code = compsgen(t, args...)
		assert.Equal(t, exitUsage, code, args)
		assert.Contains(t, errs, "usage: compsgen")
	}
	_, errs, code = compsgen(t, "-modules", "none.yaml", "comps")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "none.yaml")
}

func TestServing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "edits.jsonl")
	s := &store{variant: "V", arches: []string{"x86_64"}, edits: file, write: true, now: func() time.Time { return time.Unix(0, 0) }}
	srv := httptest.NewServer(s.handler())
	defer srv.Close()
	ask := func(method, path, header, value, body string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		if header != "" {
			r.Header.Set(header, value)
		}
		resp, err := srv.Client().Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	tag := ask("GET", "/comps.xml?arch=x86_64", "", "", "").Header.Get("ETag")
	assert.Equal(t, http.StatusNotModified, ask("GET", "/comps.xml?arch=x86_64", "If-None-Match", tag, "").StatusCode)
	revision := ask("GET", "/edits", "", "", "").Header.Get("ETag")
	add := `[{"op":"add","package":"yarn","group":"nodejs-common"}]`
	assert.Equal(t, http.StatusPreconditionRequired, ask("POST", "/edits", "", "", add).StatusCode)
	for body, want := range map[string]int{
		"{}": http.StatusBadRequest, add + "x": http.StatusBadRequest, `[{"colour":"red"}]`: http.StatusBadRequest,
		`[{"op":"turn","group":"nodejs-common"}]`:                                             http.StatusBadRequest,
		`[{"op":"remove","group":"none"}]`:                                                    http.StatusConflict,
		`[{"op":"add","package":"a","group":"nodejs-common"},{"op":"remove","group":"none"}]`: http.StatusConflict,
		`[{"op":"add","package":"\u0001","group":"nodejs-common"}]`:                           http.StatusBadRequest,
		`["` + strings.Repeat("a", maxPost) + `"]`:                                            http.StatusRequestEntityTooLarge,
	} {
		assert.Equal(t, want, ask("POST", "/edits", "If-Match", revision, body).StatusCode, body[:min(len(body), 80)])
	}
	assert.NoFileExists(t, file, "what is refused leaves nothing")
	done := ask("POST", "/edits", "If-Match", revision, add)
	assert.Equal(t, http.StatusOK, done.StatusCode)
	assert.Equal(t, http.StatusPreconditionFailed, ask("POST", "/edits", "If-Match", revision, add).StatusCode)
	assert.Equal(t, done.Header.Get("ETag"), ask("GET", "/edits", "", "", "").Header.Get("ETag"))
	assert.Equal(t, http.StatusOK, ask("GET", "/comps.xml?arch=x86_64", "If-None-Match", tag, "").StatusCode, "it has changed")

	out, _, code := compsgen(t, "-edits", file, "comps")
	assert.Equal(t, exitDone, code)
	c, err := comps.Read(strings.NewReader(out))
	require.NoError(t, err)
	assert.NotNil(t, c.Group("nodejs-common").Package("yarn"), "edits outlive the server")

	s.write = false
	assert.Equal(t, http.StatusForbidden, ask("POST", "/edits", "If-Match", "*", add).StatusCode)
}

func TestStoredEditsThatDoNotFitAreToldAndLeftOut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "edits.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(`{"change":{"edit":{"op":"remove","package":"gone","group":"nodejs-common"}}}
{"change":{"edit":{"op":"add","package":"yarn","group":"nodejs-common"}}}
`), 0o644))
	out, errs, code := compsgen(t, "-edits", file, "comps")
	assert.Equal(t, exitConflict, code)
	assert.Contains(t, errs, "1 of 2")
	assert.Contains(t, out, "yarn")
	require.NoError(t, os.WriteFile(file, []byte("{}\n{"), 0o644))
	_, errs, code = compsgen(t, "-edits", file, "comps")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "line 2")
}

func TestTheServerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	assert.NoError(t, serve(ctx, "127.0.0.1:0", &store{}, &out))
}

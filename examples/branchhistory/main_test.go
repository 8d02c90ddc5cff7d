// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/internal/golden"
)

func branchhistory(stdin string, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), code
}

func TestDemo(t *testing.T) {
	for name, args := range map[string][]string{"demo.txt": nil, "demo.json": {"-format", "json", "demo"}} {
		out, errs, code := branchhistory("", args...)
		require.Equal(t, exitDone, code, errs)
		golden.Compare(t, filepath.Join("testdata", name), []byte(out))
	}
}

const (
	first  = "1111111111111111111111111111111111111111"
	second = "2222222222222222222222222222222222222222"
)

const messages = `{"id":"m1","topic":"org.example.prod.pagure.git.branch.creation","headers":{"sent-at":"2026-03-01T10:00:00+00:00"},"body":{"repo":{"fullname":"rpms/bash"},"branch":"f43","rev":"` + first + `"}}
{"msg_id":"m2","topic":"org.example.prod.pagure.git.receive","timestamp":1772366400.5,"msg":{"repo":{"fullname":"rpms/bash"},"branch":"f43","old_commit":"` + first + `","end_commit":"` + second + `","forced":false}}

{"id":"m3","topic":"org.example.prod.buildsys.build.state.change","headers":{},"body":{}}
{"id":"m1","topic":"org.example.prod.pagure.git.branch.creation","headers":{"sent-at":"2026-03-01T10:00:00+00:00"},"body":{"repo":{"fullname":"rpms/bash"},"branch":"f43","rev":"` + first + `"}}
`

func TestRecordAndAsk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "h.jsonl")
	out, errs, code := branchhistory(messages, "-file", file, "record")
	require.Equal(t, exitDone, code, errs)
	assert.Equal(t, "2 observations; 2 messages told nothing new\n", out)

	out, _, code = branchhistory("", "-file", file, "at", "rpms/bash", "f43", "2026-03-01T11:00:00Z")
	assert.Equal(t, exitDone, code)
	assert.Equal(t, "rpms/bash f43: 111111111111, exact (from 2026-03-01 10:00:00 to 2026-03-01 12:00:00)\n", out)
	out, _, code = branchhistory("", "-file", file, "-format", "json", "between", "bash", "f43", "2026-03-01", "2026-03-02")
	assert.Equal(t, exitDone, code)
	assert.Equal(t, 3, strings.Count(out, "\n"))
	out, _, code = branchhistory("", "-file", file, "whohas", second)
	assert.Equal(t, exitDone, code)
	assert.Contains(t, out, "likely (from 2026-03-01 12:00:00 to now)")
	_, errs, code = branchhistory("", "-file", file, "at", "rpms/zlib", "f43", "2026-03-01")
	assert.Equal(t, exitUnknown, code, errs)
	_, errs, code = branchhistory("garbage here\n"+messages, "-file", file, "record")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "line 1 (garbage)")
}

func TestPollAndGuess(t *testing.T) {
	srv, err := distgittest.NewServer(distgittest.Options{})
	require.NoError(t, err)
	defer srv.Close()
	require.NoError(t, srv.Add(distgit.Repo{Name: "bash"}, distgittest.Seed{Commits: []distgittest.Commit{{Branch: "f43", Files: map[string]string{"a": "1"}}, {Branch: "f43", Files: map[string]string{"a": "2"}}}}))
	file := filepath.Join(t.TempDir(), "h.jsonl")
	out, errs, code := branchhistory("", "-file", file, "-distgit", srv.URL, "poll", "rpms/bash")
	require.Equal(t, exitDone, code, errs)
	assert.Equal(t, "1 observations\n", out)
	out, errs, code = branchhistory("", "-file", file, "-distgit", srv.URL, "guess", "rpms/bash", "f43")
	require.Equal(t, exitDone, code, errs)
	assert.Equal(t, "2 guesses from 2 commits\n", out)
	out, _, _ = branchhistory("", "-file", file, "at", "rpms/bash", "f43", "2024-01-02T12:30:00Z")
	assert.Contains(t, out, "guess (from 2024-01-02 12:00:00 to 2024-01-02 13:00:00)")
	_, errs, code = branchhistory("", "-file", file, "-distgit", srv.URL, "poll", "rpms/nosuch", "rpms/bash")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "rpms/nosuch")
}

func TestServe(t *testing.T) {
	h, err := distgit.OpenHistory(filepath.Join(t.TempDir(), "h.jsonl"))
	require.NoError(t, err)
	defer h.Close()
	a := &app{history: h, now: func() time.Time { return time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC) }}
	srv := httptest.NewServer(a.handler("secret"))
	defer srv.Close()
	get := func(path string) (int, string) {
		resp, err := http.Get(srv.URL + path)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}
	post := func(u, body, secret string) int {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(body))
		req, err := http.NewRequest("POST", u+"/webhook", strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("X-Forgejo-Event", "push")
		req.Header.Set("X-Forgejo-Delivery", "d1")
		req.Header.Set("X-Forgejo-Signature", hex.EncodeToString(mac.Sum(nil)))
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		return resp.StatusCode
	}
	body := `{"ref":"refs/heads/f43","before":"` + first + `","after":"` + second + `","repository":{"owner":{"login":"rpms"},"name":"bash"}}`
	assert.Equal(t, http.StatusUnauthorized, post(srv.URL, body, "wrong"))
	assert.Zero(t, h.Len())
	assert.Equal(t, http.StatusOK, post(srv.URL, body, "secret"))
	assert.Equal(t, http.StatusBadRequest, post(srv.URL, "{}", "secret"))
	assert.Equal(t, 1, h.Len())

	status, text := get("/at?repo=rpms/bash&branch=f43&time=" + url.QueryEscape("2026-03-01T10:00:00Z"))
	assert.Equal(t, 200, status)
	assert.JSONEq(t, `{"repo":"rpms/bash","branch":"f43","commit":"`+second+`","from":"2026-03-01T10:00:00Z","confidence":"likely","evidence":"log"}`, text)
	status, text = get("/between?repo=rpms/bash&branch=f43&from=2026-03-01&to=2026-03-02")
	assert.Equal(t, 200, status)
	assert.Equal(t, 2, strings.Count(text, `"repo"`))
	status, text = get("/whohas?commit=" + second)
	assert.Equal(t, 200, status)
	assert.Equal(t, 1, strings.Count(text, `"repo"`))
	for path, want := range map[string]int{
		"/at?repo=rpms/zlib&branch=f43&time=2026-03-01": 404, "/at?repo=../x&branch=f43&time=2026-03-01": 400,
		"/at?repo=rpms/bash&time=2026-03-01": 400, "/at?repo=rpms/bash&branch=f43&time=yesterday": 400, "/nosuch": 404,
	} {
		status, _ = get(path)
		assert.Equal(t, want, status, path)
	}
	open := httptest.NewServer(a.handler(""))
	defer open.Close()
	assert.Equal(t, http.StatusForbidden, post(open.URL, body, ""), "nobody writes history unasked")
}

func TestServeEndsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var out, errs bytes.Buffer
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"-file", filepath.Join(t.TempDir(), "h.jsonl"), "-listen", "127.0.0.1:0", "serve"}, nil, &out, &errs)
	}()
	time.Sleep(50 * time.Millisecond)
	cancel()
	assert.Equal(t, exitDone, <-done, errs.String())
}

func TestCommandLinesThatMakeNoSense(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown command": {"-file", "x", "frobnicate"},
		"no file":         {"at", "rpms/bash", "f43", "2026-03-01"},
		"few arguments":   {"-file", "x", "at", "rpms/bash"},
		"no distgit":      {"-file", "x", "poll", "rpms/bash"},
		"format":          {"-format", "xml"},
		"unknown flag":    {"-x"},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs, code := branchhistory("", args...)
			assert.Equal(t, exitUsage, code, errs)
			assert.NotEmpty(t, errs)
		})
	}
	_, errs, code := branchhistory("", "-h")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, errs, "exit codes")
	file := filepath.Join(t.TempDir(), "h.jsonl")
	_, _, code = branchhistory("", "-file", file, "at", "rpms/bash", "f43", "yesterday")
	assert.Equal(t, exitUsage, code)
	require.NoError(t, os.WriteFile(file, []byte("something else\n"), 0o600))
	_, errs, code = branchhistory("", "-file", file, "whohas", first)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "line 1")
}

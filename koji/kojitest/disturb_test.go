// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/xmlrpc"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// A caller speaks the wire without a client's care: one request is one call.
type caller struct {
	t       *testing.T
	hub     http.Handler
	session string
	key     string
	callnum string
}

func (c *caller) post(path, body string) *http.Response { return c.send(path, body, "text/xml") }

func (c *caller) send(path, body, kind string) *http.Response {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	if c.session != "" {
		r.Header.Set("Koji-Session-Id", c.session)
		r.Header.Set("Koji-Session-Key", c.key)
		if c.callnum != "" {
			r.Header.Set("Koji-Session-Callnum", c.callnum)
		}
	}
	w := httptest.NewRecorder()
	c.hub.ServeHTTP(w, r)
	return w.Result()
}

func (c *caller) call(method string, params ...any) (any, error) {
	c.t.Helper()
	body, err := xmlrpc.EncodeCall(method, params)
	require.NoError(c.t, err)
	resp := c.post("/kojihub", string(body))
	text, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, resp.StatusCode, string(text))
	var v any
	err = xmlrpc.DecodeResponse(bytes.NewReader(text), &v, xmlrpc.Options{})
	return v, err
}

func (c *caller) login(user, password string) {
	c.t.Helper()
	v, err := c.call("login", user, password)
	require.NoError(c.t, err)
	s := v.(map[string]any)
	c.session, c.key = toText(s["session-id"]), s["session-key"].(string)
}

func toText(v any) string {
	n, _ := v.(int64)
	return string(appendInt(nil, n))
}

func appendInt(b []byte, n int64) []byte {
	if n >= 10 {
		b = appendInt(b, n/10)
	}
	return append(b, byte('0'+n%10))
}

func wantFault(t *testing.T, err error, code int, text string) {
	t.Helper()
	var f *xmlrpc.FaultError
	if v, ok := err.(xmlrpc.FaultError); ok {
		f = &v
	} else {
		f, _ = err.(*xmlrpc.FaultError)
	}
	require.NotNil(t, f, "a fault, not %v", err)
	assert.Equal(t, code, f.Code)
	assert.Equal(t, text, f.String)
}

func TestAStoredCallNumberMovesOnlyWithACommit(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := &caller{t: t, hub: hub}
	c.login("alice", "wonder")
	c.callnum = "10"
	_, err := c.call("getLoggedInUser")
	require.NoError(t, err)
	c.callnum = "9"
	_, err = c.call("getLoggedInUser")
	require.NoError(t, err, "a read does not move it")
	c.callnum = "20"
	_, err = c.call("build", "git+https://x/zlib#zlib-1-1", "f42")
	require.NoError(t, err)
	_, err = c.call("build", "git+https://x/zlib#zlib-1-1", "f42")
	wantFault(t, err, 1009, "unable to retry call 20 (method build) for session 1")
	c.callnum = "5"
	_, err = c.call("getLoggedInUser")
	wantFault(t, err, 1008, "20 > 5 (session 1)")
	c.callnum = "21"
	_, err = c.call("untagBuild", "f42", "zlib-1.3.1-4.fc42", false)
	require.NoError(t, err)
	c.callnum = "22"
	_, err = c.call("untagBuild", "f42", "zlib-1.3.1-4.fc42")
	wantFault(t, err, 1003, "build zlib-1.3.1-4.fc42 not in tag f42")
	_, err = c.call("untagBuild", "f42", "zlib-1.3.1-4.fc42", false)
	require.NoError(t, err, "a failed write leaves the number free")
}

func TestAFailingCallOfAMulticallIsUndoneAlone(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := &caller{t: t, hub: hub}
	c.login("admin", "secret")
	call := func(method string, params ...any) any {
		return map[string]any{"methodName": method, "params": params}
	}
	v, err := c.call("multiCall", []any{
		call("createTag", "one"),
		call("createTag", "bad name"),
		call("editTag2", "one", map[string]any{"name": "two", "remove_extra": []any{"zz"}, "__starstar": true}),
		call("nope"),
		call("getTag", "one"),
	})
	require.NoError(t, err)
	list := v.([]any)
	require.Len(t, list, 5)
	assert.Equal(t, []any{int64(3)}, list[0])
	assert.Equal(t, int64(1000), list[1].(map[string]any)["faultCode"])
	assert.Equal(t, "Tag: two doesn't have extra: zz", list[2].(map[string]any)["faultString"])
	assert.Equal(t, "Invalid method: nope", list[3].(map[string]any)["faultString"])
	assert.Equal(t, "one", list[4].([]any)[0].(map[string]any)["name"], "the renaming was undone")

	calls := hub.Calls()
	require.Len(t, calls, 7)
	assert.True(t, calls[1].Committed)
	assert.True(t, calls[2].Batched && calls[2].Committed)
	assert.False(t, calls[3].Committed)
	assert.False(t, calls[4].Committed)
}

func TestAWriteWhoseAnswerIsLostIsNotDoneTwice(t *testing.T) {
	for name, c := range map[string]struct {
		how     kojitest.Disturbance
		applied bool
	}{
		"cut before the commit": {kojitest.CutBefore(), false},
		"cut after the commit":  {kojitest.CutAfter(), true},
		"truncated":             {kojitest.Truncate(40), true},
		"bad gateway":           {kojitest.HTTP(http.StatusBadGateway), false},
	} {
		t.Run(name, func(t *testing.T) {
			hub, client := start(t, small())
			hub.Fail("build", c.how)
			_, err := client.StartBuild(t.Context(), koji.BuildRequest{Source: "git+https://x/zlib#zlib-2-1", Target: "f42"})
			if c.applied {
				assert.ErrorIs(t, err, koji.ErrAlreadyApplied)
			} else {
				assert.NoError(t, err)
			}
			assert.Equal(t, map[string]int{"git+https://x/zlib#zlib-2-1": 1}, hub.Submissions())
		})
	}
}

func TestASessionThatExpiresIsRenewedInTheMiddleOfACall(t *testing.T) {
	hub, client := start(t, small())
	_, err := client.LoggedInUser(t.Context())
	require.NoError(t, err)
	hub.Fail("build", kojitest.Expire())
	submit(t, client, "zlib", "zlib-2-1")
	hub.Advance(25 * time.Hour)
	submit(t, client, "zlib", "zlib-3-1")
	logins := 0
	for _, c := range hub.Calls() {
		if c.Method == "login" {
			logins++
			assert.True(t, c.Committed)
		}
	}
	assert.Equal(t, 3, logins)
	assert.Equal(t, 1, hub.BuildAttempts()["zlib-2-1"])
	assert.Equal(t, 1, hub.BuildAttempts()["zlib-3-1"])
}

func TestDisturbancesAreCounted(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := &caller{t: t, hub: hub}
	hub.Fail("hello", kojitest.After(1), kojitest.Times(2), kojitest.Fault(1000, "no"))
	var codes []int
	for range 4 {
		_, err := c.call("hello")
		if err == nil {
			codes = append(codes, 0)
		} else {
			codes = append(codes, 1000)
		}
	}
	assert.Equal(t, []int{0, 1000, 1000, 0}, codes)
	hub.Fail("", kojitest.Times(1))
	_, err := c.call("hello")
	wantFault(t, err, 1014, "server is offline")
	hub.SetOffline("back at six")
	_, err = c.call("login", "alice", "wonder")
	wantFault(t, err, 1014, "back at six")
	hub.SetOffline("")
	hub.SetLockOut(true)
	_, err = c.call("hello")
	wantFault(t, err, 1014, "Server disabled for maintenance")
	c.login("admin", "secret")
	_, err = c.call("hello")
	assert.NoError(t, err)
}

func TestWhatIsNoCallIsRefusedWithoutAFault(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := &caller{t: t, hub: hub}
	for name, want := range map[string]struct{ body, text string }{
		"text":   {"this is not xml", "Invalid request: syntax error: line 1, column 0\n"},
		"json":   {`{"a":1}`, "Invalid request: not well-formed (invalid token): line 1, column 0\n"},
		"empty":  {"", "Invalid request: no element found: line 1, column 0\n"},
		"entity": {`<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "b">]><methodCall><methodName>hello</methodName></methodCall>`, "Invalid request: EntitiesForbidden(name='a', system_id=None, public_id=None)\n"},
		"long":   {"<" + strings.Repeat("x", 5<<20), "Invalid request: Request too long\n"},
	} {
		t.Run(name, func(t *testing.T) {
			resp := c.post("/kojihub", want.body)
			body, _ := io.ReadAll(resp.Body)
			assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
			assert.Equal(t, want.text, string(body))
		})
	}
	w := httptest.NewRecorder()
	hub.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/kojihub", nil))
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "POST", w.Header().Get("Allow"))
}

func decode(r io.Reader, v any) error { return xmlrpc.DecodeResponse(r, v, xmlrpc.Options{}) }

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

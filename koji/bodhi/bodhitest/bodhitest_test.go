// SPDX-License-Identifier: MIT

package bodhitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/koji/bodhi/bodhitest"
)

var (
	composed = bodhi.Release{Name: "F43", Version: "43", IDPrefix: "FEDORA", State: "current", CandidateTag: "f43-updates-candidate", ComposedByBodhi: true}
	rawhide  = bodhi.Release{Name: "F44", Version: "44", IDPrefix: "FEDORA", State: "pending", StableTag: "f44"}
	frozen   = bodhi.Release{Name: "F45", Version: "45", IDPrefix: "FEDORA", State: "frozen", StableTag: "f45", ComposedByBodhi: true}
	packager = bodhitest.User{Name: "me", Token: "mine", Groups: []string{"packager"}}
	other    = bodhitest.User{Name: "other", Token: "theirs", Groups: []string{"packager"}}
	proven   = bodhitest.User{Name: "proven", Token: "all", Groups: []string{"packager", "provenpackager"}}
)

// tags answers for side tags named RELEASE-PACKAGE[-PACKAGE...], and some that
// are not as they should be.
func tags(name string) (bodhitest.SideTag, error) {
	words := strings.Split(name, "-")
	out := bodhitest.SideTag{Owner: "me", Inherits: []string{"base", map[string]string{"f43": "f43-updates-candidate"}[words[0]], words[0]}}
	for _, w := range words[1:] {
		out.Builds = append(out.Builds, w+"-1-1")
	}
	switch words[0] {
	case "none":
		return bodhitest.SideTag{}, bodhitest.ErrNoTag
	case "plain":
		out.Owner = ""
	case "trouble":
		return out, fmt.Errorf("koji is away")
	}
	return out, nil
}

func start(t *testing.T, seed bodhitest.Seed) *bodhitest.Server {
	t.Helper()
	seed.Releases = []bodhi.Release{composed, rawhide, frozen}
	seed.Users = []bodhitest.User{packager, other, proven, {Name: "guest", Token: "guest"}}
	seed.SideTag = tags
	srv := bodhitest.NewServer(seed)
	t.Cleanup(srv.Close)
	return srv
}

func client(t *testing.T, srv *bodhitest.Server, token string) *bodhi.Client {
	t.Helper()
	c, err := srv.Client(token)
	require.NoError(t, err)
	return c
}

func create(t *testing.T, c *bodhi.Client, tag string) bodhi.Update {
	t.Helper()
	u, created, err := c.CreateFromSideTag(t.Context(), tag, bodhi.NewUpdate{Notes: "rebuild"})
	require.NoError(t, err)
	require.True(t, created)
	return u
}

func TestRefusalsAreTheServicesOwn(t *testing.T) {
	srv := start(t, bodhitest.Seed{})
	create(t, client(t, srv, "mine"), "f43-bash")
	for _, tc := range []struct {
		rule, token, tag string
		update           bodhi.NewUpdate
		err              error
		words            string
	}{
		{"unknown tag", "mine", "none-x", bodhi.NewUpdate{}, bodhi.ErrInvalid, "from_tag: The supplied from_tag doesn't exist."},
		{"no side tag", "mine", "plain-x", bodhi.NewUpdate{}, bodhi.ErrInvalid, "from_tag: The supplied tag is not a side tag."},
		{"empty side tag", "mine", "f43", bodhi.NewUpdate{}, bodhi.ErrInvalid, "doesn't contain any builds"},
		{"koji away", "mine", "trouble-x", bodhi.NewUpdate{}, bodhi.ErrInvalid, "koji is away"},
		{"no release", "mine", "el9-x", bodhi.NewUpdate{}, bodhi.ErrInvalid, "Cannot find release associated with build: x-1-1"},
		{"a build of another update", "mine", "f44-zsh-bash", bodhi.NewUpdate{}, bodhi.ErrInvalid, "Update for bash-1-1 already exists"},
		{"another's side tag", "theirs", "f43-zsh", bodhi.NewUpdate{}, bodhi.ErrForbidden, "other does not have commit access to zsh"},
		{"no packager", "guest", "f43-zsh", bodhi.NewUpdate{}, bodhi.ErrForbidden, "failed permission check"},
		{"security without severity", "mine", "f43-zsh", bodhi.NewUpdate{Type: "security"}, bodhi.ErrInvalid, "Must specify severity"},
		{"unknown type", "mine", "f43-zsh", bodhi.NewUpdate{Type: "soname"}, bodhi.ErrInvalid, `type: "soname" is not one of bugfix`},
		{"notes too short", "mine", "f43-zsh", bodhi.NewUpdate{Notes: "x"}, bodhi.ErrInvalid, "notes: Shorter than minimum length 2"},
		{"a proven packager may", "all", "f43-zsh", bodhi.NewUpdate{}, nil, ""},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			if tc.update.Notes == "" {
				tc.update.Notes = "rebuild"
			}
			_, _, err := client(t, srv, tc.token).CreateFromSideTag(t.Context(), tc.tag, tc.update)
			assert.ErrorIs(t, err, tc.err)
			if tc.err != nil {
				assert.ErrorContains(t, err, tc.words)
			}
		})
	}
	all, err := srv.Updates()
	require.NoError(t, err)
	assert.Len(t, all, 2, "a refusal leaves nothing behind")

	c := client(t, srv, "mine")
	assert.ErrorIs(t, c.Do(t.Context(), http.MethodPut, "/updates/", nil, nil, nil), bodhi.ErrInvalid)
	assert.ErrorIs(t, c.Do(t.Context(), http.MethodGet, "/overrides/", nil, nil, nil), bodhi.ErrNotFound)
	_, err = c.RequestUpdate(t.Context(), all[0].Alias, "burn")
	assert.ErrorContains(t, err, `"burn" is not one of testing`)
}

func TestASideTagIsUsedOnceForGood(t *testing.T) {
	srv := start(t, bodhitest.Seed{})
	c := client(t, srv, "mine")
	u := create(t, c, "f43-bash")
	require.NoError(t, srv.Sign("bash-1-1"))
	u, err := c.RequestUpdate(t.Context(), u.Alias, bodhi.Revoke)
	require.NoError(t, err)
	assert.Equal(t, bodhi.Unpushed, u.Status)
	_, _, err = c.CreateFromSideTag(t.Context(), "f43-bash", bodhi.NewUpdate{Notes: "again"})
	assert.ErrorIs(t, err, bodhi.ErrInvalid)
	assert.ErrorContains(t, err, "Update already exists using this side tag")
}

func TestTheCSRFTokenBelongsToASession(t *testing.T) {
	srv := start(t, bodhitest.Seed{})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	hc := &http.Client{Jar: jar}
	post := func(token string) (int, string) {
		resp, err := hc.Post(srv.URL+"/updates/", "application/json", strings.NewReader(`{"from_tag":"f43-bash","notes":"ok","type":"bugfix","csrf_token":"`+token+`"}`))
		require.NoError(t, err)
		defer resp.Body.Close()
		var body struct{ Errors []struct{ Name string } }
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&body))
		if len(body.Errors) == 0 {
			return resp.StatusCode, ""
		}
		return resp.StatusCode, body.Errors[0].Name
	}
	get := func(path string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+path, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer mine")
		resp, err := hc.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		var body struct {
			Token string `json:"csrf_token"`
		}
		_ = json.NewDecoder(resp.Body).Decode(&body)
		return body.Token
	}
	token := get("/csrf")
	require.NotEmpty(t, token)
	status, _ := post(token)
	assert.Equal(t, 403, status, "a session alone is no login")
	get("/oidc/login-token")
	for _, wrong := range []string{"", "csrf-of-another"} {
		status, name := post(wrong)
		assert.Equal(t, 400, status)
		assert.Equal(t, "csrf_token", name)
	}
	status, _ = post(token)
	assert.Equal(t, 200, status)
}

func TestReleasesMoveUpdatesInTheirWays(t *testing.T) {
	srv := start(t, bodhitest.Seed{})
	c := client(t, srv, "mine")
	status := func(u bodhi.Update) string {
		u, err := c.Update(t.Context(), u.Alias)
		require.NoError(t, err)
		return string(u.Status) + " " + u.Request
	}
	two := create(t, c, "f43-bash-zsh")
	assert.Equal(t, "pending ", status(two))
	require.NoError(t, srv.Sign("bash-1-1"))
	assert.Equal(t, "pending ", status(two), "one build is not signed")
	require.NoError(t, srv.Sign("zsh-1-1"))
	assert.Equal(t, "pending testing", status(two))

	own := create(t, c, "f44-vim")
	require.NoError(t, srv.Sign())
	assert.Equal(t, "testing ", status(own), "not composed by Bodhi")
	_, err := c.RequestUpdate(t.Context(), own.Alias, bodhi.PushStable)
	assert.ErrorContains(t, err, "not composed by Bodhi is not allowed")
	require.NoError(t, srv.SetGating(own.Alias, bodhi.GatingFailed))
	assert.ErrorContains(t, srv.Approve(own.Alias), "gating")
	require.NoError(t, srv.SetGating(own.Alias, bodhi.GatingPassed))
	require.NoError(t, srv.Approve(own.Alias))
	assert.Equal(t, "stable ", status(own))
	_, err = c.RequestUpdate(t.Context(), own.Alias, bodhi.PushTesting)
	assert.ErrorContains(t, err, "stable update is not allowed")

	cold := create(t, c, "f45-nano")
	_, err = c.RequestUpdate(t.Context(), cold.Alias, bodhi.PushStable)
	assert.ErrorContains(t, err, "frozen")
	_, err = c.RequestUpdate(t.Context(), cold.Alias, bodhi.Unpush)
	assert.ErrorContains(t, err, "Can't unpush a pending update")
	_, err = c.RequestUpdate(t.Context(), cold.Alias, bodhi.Revoke)
	assert.ErrorContains(t, err, "existing request")
	_, err = c.RequestUpdate(t.Context(), cold.Alias, bodhi.MakeObsolete)
	require.NoError(t, err)
	assert.Equal(t, "obsolete ", status(cold))

	moved, err := srv.Compose("F43")
	require.NoError(t, err)
	assert.Equal(t, 1, moved)
	require.NoError(t, srv.Approve(two.Alias))
	assert.Equal(t, "testing stable", status(two))
	require.NoError(t, srv.SetGating(two.Alias, bodhi.GatingFailed))
	moved, err = srv.Compose("F43")
	require.NoError(t, err)
	assert.Zero(t, moved, "gating throws it out")
	assert.Equal(t, "testing ", status(two))
	assert.Error(t, srv.Approve("nope"))
}

func TestQueriesSelect(t *testing.T) {
	srv := start(t, bodhitest.Seed{})
	c := client(t, srv, "mine")
	for _, tag := range []string{"f43-bash", "f44-zsh", "f43-vim-nano"} {
		create(t, c, tag)
	}
	require.NoError(t, srv.Sign("zsh-1-1"))
	for want, q := range map[string]bodhi.UpdateQuery{
		"[vim-1-1 zsh-1-1 bash-1-1]": {},
		"[vim-1-1 bash-1-1]":         {Releases: []string{"f43"}},
		"[zsh-1-1]":                  {Status: []bodhi.UpdateStatus{bodhi.Testing}},
		"[vim-1-1]":                  {Packages: []string{"nano", "emacs"}},
		"[bash-1-1]":                 {Builds: []string{"bash-1-1"}},
		"[]":                         {User: "other"},
	} {
		got := []string{}
		for u, err := range c.Updates(t.Context(), q) {
			require.NoError(t, err)
			got = append(got, u.Builds[0].NVR)
		}
		assert.Equal(t, want, fmt.Sprint(got), "%+v", q)
	}
	for _, q := range []bodhi.UpdateQuery{{Status: []bodhi.UpdateStatus{"done"}}, {Releases: []string{"F9"}}, {Rows: 1001}} {
		for _, err := range c.Updates(t.Context(), q) {
			assert.ErrorIs(t, err, bodhi.ErrInvalid)
		}
	}
	n := 0
	for r, err := range c.Releases(t.Context(), "current") {
		require.NoError(t, err)
		assert.Equal(t, composed, r)
		n++
	}
	assert.Equal(t, 1, n)
}

func TestAFolderKeepsTheUpdates(t *testing.T) {
	dir := t.TempDir()
	u := create(t, client(t, start(t, bodhitest.Seed{Dir: dir}), "mine"), "f43-bash")
	again := start(t, bodhitest.Seed{Dir: dir})
	got, err := client(t, again, "").Update(t.Context(), u.Alias)
	require.NoError(t, err)
	assert.Equal(t, u, got)
	second := create(t, client(t, again, "mine"), "f43-zsh")
	assert.NotEqual(t, u.Alias, second.Alias)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bodhi.json"), []byte("{"), 0o644))
	_, err = bodhitest.New(bodhitest.Seed{Dir: dir})
	assert.ErrorContains(t, err, "bodhi.json")
}

func TestFaultsOnRequest(t *testing.T) {
	srv := start(t, bodhitest.Seed{})
	c := client(t, srv, "mine")
	srv.Fail(http.MethodGet, "/csrf", 2, 502)
	srv.Fail(http.MethodGet, "/updates/", 1, 0)
	create(t, c, "f43-bash")
	srv.SetOffline(true)
	_, err := c.Update(t.Context(), "x")
	assert.ErrorIs(t, err, bodhi.ErrUnavailable)
	srv.SetOffline(false)
	var seen []int
	for _, call := range srv.Calls() {
		seen = append(seen, call.Status)
	}
	assert.Equal(t, []int{0, 200, 202, 502, 502, 200, 200, 503, 503, 503}, seen)
}

// TestCorpusMembers compares the members that the fake writes with those of
// recorded updates: each that is written there is written here.
func TestCorpusMembers(t *testing.T) {
	base := golden.Corpus(t)
	srv := start(t, bodhitest.Seed{})
	u := create(t, client(t, srv, "mine"), "f43-bash")
	resp, err := http.Get(srv.URL + "/updates/?alias=" + u.Alias)
	require.NoError(t, err)
	defer resp.Body.Close()
	var ours any
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&ours))
	have := members(ours)
	require.NotEmpty(t, have)
	files, err := filepath.Glob(filepath.Join(base, "ecosystem", "bodhi-rest", "*.json"))
	require.NoError(t, err)
	cases, differ := 0, 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		var doc any
		require.NoError(t, json.Unmarshal(data, &doc))
		for _, name := range members(doc) {
			cases++
			if !slices.Contains(have, name) {
				differ++
				t.Errorf("%s: update member %q is not written", filepath.Base(f), name)
			}
		}
	}
	t.Logf("corpus ecosystem/bodhi-rest: %d members of updates as written by the fake, %d differ", cases, differ)
}

// members are the names of what updates with builds hold, anywhere in v.
func members(v any) []string {
	var out []string
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			out = append(out, members(x)...)
		}
	case map[string]any:
		if v["alias"] != nil && v["builds"] != nil && v["user"] != nil {
			for name := range v {
				out = append(out, name)
			}
			return out
		}
		for _, x := range v {
			out = append(out, members(x)...)
		}
	}
	return out
}

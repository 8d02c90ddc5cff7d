// SPDX-License-Identifier: MIT

package pdctest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

// small is a server with one release and two packages; releng may do
// everything, guest nothing.
func small(t testing.TB, o pdctest.Options) *pdctest.PDC {
	t.Helper()
	p, err := pdctest.New(smallSeed(), o)
	require.NoError(t, err)
	return p
}

func smallSeed() pdctest.Seed {
	return pdctest.Seed{
		Users: []pdctest.User{{Name: "releng", Token: "secret", Superuser: true}, {Name: "guest", Token: "guest"}},
		Rows: []pdctest.Rows{
			{Resource: "releases/", Rows: []any{pdc.Release{Short: "fedora", Version: "42", Name: "Fedora", ReleaseType: "ga",
				DistGit: &pdc.DistGit{Branch: "f42"}}}},
			{Resource: "component-sla-types/", Rows: []any{pdc.NamedType{Name: "security_fixes"}}},
		},
		Graphs: []pdctest.Graph{{Release: "fedora-42",
			Packages: []pdctest.Package{{Name: "bash"}, {Name: "glibc"}, {Name: "ncurses-libs", Source: "ncurses"}},
			Edges: []pdctest.Edge{{From: "bash", To: "glibc", Type: pdc.RPMRequires}, {From: "bash", To: "ncurses-libs", Type: pdc.RPMRequires},
				{From: "glibc", To: "bash", Type: pdc.RPMBuildRequires}}}},
	}
}

// ask sends a request as releng and returns status and body.
func ask(t testing.TB, p *pdctest.PDC, method, path, body string, header ...string) (int, string, http.Header) {
	t.Helper()
	req := httptest.NewRequest(method, "http://pdc.example.com/rest_api/v1/"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Token secret")
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, req)
	return w.Code, w.Body.String(), w.Header()
}

func TestAnswersAreTheRealServers(t *testing.T) {
	p := small(t, pdctest.Options{})
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"unknown query parameters are refused by name, in order", "GET", "rpms/?size=1&colour=red", "", 400,
			`{"detail":"Unknown query params: colour, size."}`},
		{"so are unknown members", "POST", "labels/", `{"name":"a","description":"b","x":1}`, 400, `{"detail":"Unknown fields: \"x\"."}`},
		{"and those that the server computes", "PATCH", "releases/fedora-42/", `{"release_id":"x"}`, 400,
			`{"detail":"Can not update read only fields: \"release_id\"."}`},
		{"unknown names to select", "GET", "rpms/?fields=name,bogus", "", 400, `{"detail":"Unknown fields in \"fields\" filter: bogus"}`},
		{"an unknown object has a dot", "GET", "releases/x/", "", 404, `{"detail":"Not found."}`},
		{"an unknown resource has none", "GET", "nothing/", "", 404, `{"detail":"Not found"}`},
		{"past the last page", "GET", "arches/?page=9", "", 404, `{"detail":"Invalid page."}`},
		{"a second creation", "POST", "releases/", `{"name":"Fedora","short":"fedora","version":"42","release_type":"ga"}`, 400,
			`{"detail":["Release with this Release id already exists."]}`},
		{"an edge twice", "POST", "release-component-relationships/",
			`{"type":"RPMRequires","from_component":{"id":1},"to_component":{"id":2}}`, 400,
			`{"detail":["The fields relation_type, from_component, to_component must make a unique set."]}`},
		{"an edge to nothing", "POST", "release-component-relationships/",
			`{"type":"RPMRequires","from_component":{"id":1},"to_component":{"release":"fedora-42","name":"x"}}`, 400,
			`{"to_component":{"detail":"ReleaseComponent [{u'release': u'fedora-42', u'name': u'x'}] doesn't exist"}}`},
		{"an empty update", "PATCH", "releases/fedora-42/", `{}`, 400, `{"detail":"Partial update with no changes does not make much sense."}`},
		{"a closed list of values", "POST", "releases/", `{"name":"F","short":"f","version":"1","release_type":"x"}`, 400,
			`{"release_type":["'x' is not allowed value. Use one of 'aus', 'els', 'eus', 'fast', 'ga', 'updates'."]}`},
		{"the rule about source packages", "POST", "rpms/", `{"name":"a","epoch":0,"version":"1","release":"1","arch":"x86_64","srpm_name":"a"}`, 400,
			`{"detail":["RPM's srpm_nevra should be empty if and only if arch is src"]}`},
		{"a rich dependency", "PATCH", "rpms/1/", `{"dependencies":{"requires":["(a if b)"]}}`, 400,
			`{"dependencies":["Dependency <(a if b)> for <requires> has bad format"]}`},
		{"what it has no verb for", "DELETE", "rpms/1/", "", 405, `{"detail":"Method \"DELETE\" not allowed."}`},
		{"a list where a map is due", "PATCH", "rpms/", `[]`, 400, `{"detail":"Bulk update needs a mapping."}`},
		{"a map where a list is due", "DELETE", "labels/", `{}`, 400, `{"detail":"Bulk delete needs a list of identifiers."}`},
		{"a module's dependencies can't be changed", "PATCH", "modules/x/", `{"build_deps":[]}`, 404, `{"detail":"Not found."}`},
		{"no truth value", "GET", "releases/?active=yes", "", 400, `{"detail":"yes is not a valid boolean value"}`},
		{"no truth value for branches", "GET", "component-branches/?active=maybe", "", 400, `["Value [maybe] is not a boolean"]`},
		{"broken JSON", "POST", "labels/", `{`, 400, `{"detail":"JSON parse error - unexpected EOF"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, body, _ := ask(t, p, tc.method, tc.path, tc.body)
			assert.Equal(t, tc.status, status)
			assert.Equal(t, tc.want, body)
		})
	}
}

func TestListsHaveTwoShapes(t *testing.T) {
	p := small(t, pdctest.Options{})
	_, body, _ := ask(t, p, "GET", "rpms/?page_size=2&page=2&fields=name", "")
	assert.Equal(t, `{"count":6,"next":"http://pdc.example.com/rest_api/v1/rpms/?fields=name&page=3&page_size=2",`+
		`"previous":"http://pdc.example.com/rest_api/v1/rpms/?fields=name&page_size=2","results":[{"name":"glibc"},{"name":"glibc"}]}`, body)
	for _, size := range []string{"-1", "0"} {
		_, body, _ = ask(t, p, "GET", "rpms/?fields=name&arch=src&page_size="+size, "")
		assert.Equal(t, `[{"name":"bash"},{"name":"glibc"},{"name":"ncurses"}]`, body)
	}
	_, body, _ = ask(t, p, "GET", "rpms/?fields=name&page=last&page_size=4", "")
	assert.Contains(t, body, `"next":null`)
	assert.Contains(t, body, `"results":[{"name":"ncurses"},{"name":"ncurses-libs"}]`)
}

func TestRights(t *testing.T) {
	p := small(t, pdctest.Options{})
	for _, tc := range []struct {
		name, auth string
		status     int
		text       string
	}{
		{"nobody may not write", "", 401, "Authentication credentials were not provided."},
		{"another scheme is nobody", "Bearer secret", 401, "Authentication credentials were not provided."},
		{"a wrong token is told", "Token wrong", 401, "Invalid token."},
		{"a user without the right", "Token guest", 403, "You do not have permission to perform this action."},
		{"one who has it", "Token secret", 400, "This field is required."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, body, h := ask(t, p, "POST", "labels/", `{}`, "Authorization", tc.auth)
			assert.Equal(t, tc.status, status)
			assert.Contains(t, body, tc.text)
			assert.Equal(t, status == 401, h.Get("Www-Authenticate") == "Token")
		})
	}
	require.Error(t, p.Grant("nobody", "labels", "create"))
	p.AddUser(pdctest.User{Name: "guest", Token: "guest", Groups: []string{"editors"}})
	require.NoError(t, p.Grant("editors", "labels", "create"))
	status, _, _ := ask(t, p, "POST", "labels/", `{"name":"a","description":"b"}`, "Authorization", "Token guest")
	assert.Equal(t, 201, status)
	status, _, _ = ask(t, p, "DELETE", "labels/1/", "", "Authorization", "Token guest")
	assert.Equal(t, 403, status, "another right")
}

func TestBulkRequestsAreAllOrNothing(t *testing.T) {
	p := small(t, pdctest.Options{})
	status, body, _ := ask(t, p, "POST", "labels/", `[{"name":"a","description":"x"},{"name":"a","description":"x"}]`)
	assert.Equal(t, 400, status)
	assert.Equal(t, `{"id_of_invalid_data":1,"detail":{"name":["label with this name already exists."]},"invalid_data":{"description":"x","name":"a"}}`, body)
	_, body, _ = ask(t, p, "GET", "labels/", "")
	assert.Contains(t, body, `"count":0`)
	_, body, _ = ask(t, p, "POST", "labels/", `{"name":"a","description":"x"}`)
	assert.Contains(t, body, "/labels/1/", "ids of what was taken back are used again")

	status, body, _ = ask(t, p, "DELETE", "release-component-relationships/", `[1,"2",99]`)
	assert.Equal(t, 404, status)
	assert.Equal(t, `{"detail":"Not found.","id_of_invalid_data":99}`, body)
	_, body, _ = ask(t, p, "GET", "release-component-relationships/?page_size=1", "")
	assert.Contains(t, body, `"count":3`)
	_, body, _ = ask(t, p, "GET", "changesets/?page_size=1", "")
	assert.Contains(t, body, `"count":1`, "only what was done is recorded")
}

func TestRelationshipsGoWithTheirComponents(t *testing.T) {
	p := small(t, pdctest.Options{})
	status, _, _ := ask(t, p, "DELETE", "global-components/1/", "")
	assert.Equal(t, 204, status)
	_, body, _ := ask(t, p, "GET", "release-component-relationships/?page_size=-1", "")
	assert.Equal(t, "[]", body)
	_, body, _ = ask(t, p, "GET", "release-components/?fields=name&page_size=-1", "")
	assert.Equal(t, `[{"name":"glibc"},{"name":"ncurses-libs"}]`, body)
}

func TestBranchesAreActiveUntilTheEndOfTheirLastDay(t *testing.T) {
	p := small(t, pdctest.Options{})
	day := time.Date(2026, 11, 20, 23, 59, 0, 0, time.UTC)
	p.SetNow(day)
	status, body, _ := ask(t, p, "POST", "component-branch-slas/",
		`{"sla":"security_fixes","eol":"2026-11-20","branch":{"name":"f42","global_component":"bash","type":"rpm"}}`)
	require.Equal(t, 201, status, body)
	_, body, _ = ask(t, p, "GET", "component-branches/?active=true", "")
	assert.Contains(t, body, `"count":1`)
	p.SetNow(day.Add(time.Hour))
	_, body, _ = ask(t, p, "GET", "component-branches/?active=true", "")
	assert.Contains(t, body, `"count":0`)
}

func TestModulesRenameOldRows(t *testing.T) {
	p := small(t, pdctest.Options{})
	status, body, _ := ask(t, p, "POST", "unreleasedvariants/", `{"variant_id":"a","variant_uid":"a-1-2","variant_name":"a","variant_type":"module",
		"variant_version":"1","variant_release":"2","koji_tag":"t","modulemd":"m"}`)
	require.Equal(t, 201, status, body)
	_, body, _ = ask(t, p, "PATCH", "modules/a-1-2/?fields=uid,active", `{"active":true}`)
	assert.Equal(t, `{"uid":"a:1:2:00000000","active":true}`, body)
	status, _, _ = ask(t, p, "GET", "modules/a:1:2:00000000/", "")
	assert.Equal(t, 200, status)
	status, _, _ = ask(t, p, "PATCH", "modules/a:1:2:00000000/", `{"build_deps":[]}`)
	assert.Equal(t, 503, status, "a flaw that is the server's")
}

func TestOlderGenerations(t *testing.T) {
	p := small(t, pdctest.Options{Old: true})
	status, _, _ := ask(t, p, "GET", "modules/?page_size=1", "")
	assert.Equal(t, 404, status)
	_, body, _ := ask(t, p, "POST", "releases/", `{"name":"Fedora","short":"fedora","version":"42","release_type":"ga"}`)
	assert.Equal(t, `{"non_field_errors":["Release with this Release id already exists."]}`, body)
}

func TestTheCacheShowsOldPages(t *testing.T) {
	p := small(t, pdctest.Options{Cache: 30 * time.Second})
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p.SetNow(now)
	count := func(header ...string) string {
		_, body, _ := ask(t, p, "GET", "labels/", "", header...)
		return strings.SplitN(body, ",", 2)[0]
	}
	assert.Equal(t, `{"count":0`, count())
	status, _, _ := ask(t, p, "POST", "labels/", `{"name":"a","description":"x"}`)
	require.Equal(t, 201, status)
	assert.Equal(t, `{"count":0`, count(), "even after one's own write")
	assert.Equal(t, `{"count":1`, count("Accept", "application/json, x/y"), "another Accept is another page")
	p.SetNow(now.Add(31 * time.Second))
	assert.Equal(t, `{"count":1`, count())
}

func TestFaults(t *testing.T) {
	p := small(t, pdctest.Options{})
	srv := pdctest.NewServer(p)
	defer srv.Close()
	c, err := srv.Client(pdc.WithToken("secret"))
	require.NoError(t, err)
	label := pdc.Label{Name: "a", Description: "b"}

	p.Fail("GET", "labels/", pdctest.Status(502).Times(2))
	for range 2 {
		_, err = c.Labels().List(t.Context(), pdc.Query{})
		require.ErrorIs(t, err, pdc.ErrUnavailable)
	}
	_, err = c.Labels().List(t.Context(), pdc.Query{})
	require.NoError(t, err)

	p.Fail("", "labels/", pdctest.ServerError())
	_, err = c.Labels().Create(t.Context(), label)
	require.ErrorIs(t, err, pdc.ErrInternal)

	p.Fail("POST", "labels/", pdctest.CutBefore())
	_, err = c.Labels().Create(t.Context(), label)
	require.ErrorIs(t, err, io.EOF)
	n, err := c.Labels().Count(t.Context(), pdc.Query{})
	require.NoError(t, err)
	assert.Zero(t, n, "nothing was done")

	p.Fail("POST", "labels/", pdctest.CutAfter())
	_, err = c.Labels().Create(t.Context(), label)
	require.ErrorIs(t, err, io.EOF)
	_, err = c.Labels().Create(t.Context(), label)
	require.ErrorIs(t, err, pdc.ErrConflict, "it was done")

	p.Fail("", "", pdctest.Slow(20*time.Millisecond))
	start := time.Now()
	_, err = c.Labels().List(t.Context(), pdc.Query{})
	require.NoError(t, err)
	assert.GreaterOrEqual(t, time.Since(start), 20*time.Millisecond)

	p.Fail("", "", pdctest.Status(500).Times(-1))
	p.Heal()
	_, err = c.Labels().List(t.Context(), pdc.Query{})
	require.NoError(t, err)

	var seen []string
	for _, call := range p.Calls() {
		seen = append(seen, fmt.Sprintf("%s %s %d", call.Method, call.Path, call.Status))
	}
	assert.Equal(t, []string{"GET labels/ 502", "GET labels/ 502", "GET labels/ 200", "POST labels/ 503", "POST labels/ 0", "GET labels/ 200",
		"POST labels/ 201", "POST labels/ 400", "GET labels/ 200", "GET labels/ 200"}, seen)
	p.ForgetCalls()
	assert.Empty(t, p.Calls())
}

func TestFaultsWithoutAListener(t *testing.T) {
	p := small(t, pdctest.Options{})
	c, err := pdc.NewClient("http://pdc.example.com", pdc.WithHTTPClient(&http.Client{Transport: p.Transport()}))
	require.NoError(t, err)
	p.Fail("", "", pdctest.CutAfter())
	_, err = c.Labels().List(t.Context(), pdc.Query{})
	require.ErrorIs(t, err, pdc.ErrUnavailable)
	_, err = c.Labels().List(t.Context(), pdc.Query{})
	require.NoError(t, err)
}

func TestStateInAFolder(t *testing.T) {
	dir := t.TempDir()
	start := func() *pdctest.PDC {
		p := small(t, pdctest.Options{})
		require.NoError(t, p.Persist(dir))
		return p
	}
	p := start()
	require.NoError(t, p.AdminAdd("location", "BOS"))
	status, _, _ := ask(t, p, "POST", "labels/", `{"name":"a","description":"b"}`, "PDC-Change-Comment", "why")
	require.Equal(t, 201, status)
	status, _, _ = ask(t, p, "POST", "labels/", `{"name":"a","description":"b"}`)
	require.Equal(t, 400, status)
	_, token, _ := ask(t, p, "GET", "auth/token/refresh/", "", "Authorization", "Token guest")
	_, want, _ := ask(t, p, "GET", "changesets/", "")

	q := start() // the first was killed: never closed
	_, got, _ := ask(t, q, "GET", "changesets/", "")
	assert.Equal(t, want, got)
	_, again, _ := ask(t, q, "GET", "auth/token/obtain/", "", "Authorization", "Token "+strings.Split(token, `"`)[3])
	assert.Equal(t, token, again, "tokens live on")
	require.NoError(t, q.Close())

	// A line torn in the middle of a write is a write that was not answered.
	f, err := os.OpenFile(filepath.Join(dir, "pdc.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"at":"2026-`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, got, _ = ask(t, start(), "GET", "changesets/", "")
	assert.Equal(t, want, got)

	other, err := pdctest.New(pdctest.Seed{}, pdctest.Options{})
	require.NoError(t, err)
	require.ErrorContains(t, other.Persist(dir), "another seed")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pdc.jsonl"), []byte("{\"pdctest\":9}\n"), 0o644))
	require.ErrorContains(t, small(t, pdctest.Options{}).Persist(dir), "format")
}

func TestBadSeedsAreErrors(t *testing.T) {
	for name, seed := range map[string]pdctest.Seed{
		"a row that the server refuses": {Rows: []pdctest.Rows{{Resource: "labels/", Rows: []any{pdc.Label{}}}}},
		"a resource without creation":   {Rows: []pdctest.Rows{{Resource: "changesets/", Rows: []any{1}}}},
		"a table that is none":          {Admin: map[string][]string{"nothing": {"x"}}},
		"a graph of no release":         {Graphs: []pdctest.Graph{{Release: "x"}}},
		"an edge to nothing": {Rows: smallSeed().Rows[:1], Graphs: []pdctest.Graph{{Release: "fedora-42",
			Edges: []pdctest.Edge{{From: "a", To: "b"}}}}},
		"a package twice": {Rows: smallSeed().Rows[:1], Graphs: []pdctest.Graph{{Release: "fedora-42",
			Packages: []pdctest.Package{{Name: "a"}, {Name: "a"}}}}},
	} {
		_, err := pdctest.New(seed, pdctest.Options{})
		assert.Error(t, err, name)
	}
}

// SPDX-License-Identifier: MIT

package pdc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

// server is a fake with a release, and a client that may do everything.
func server(t testing.TB, o pdctest.Options, opts ...pdc.Option) (*pdctest.PDC, *pdc.Client) {
	t.Helper()
	p, err := pdctest.New(pdctest.Seed{
		Users: []pdctest.User{{Name: "releng", Token: "secret", Superuser: true}},
		Rows: []pdctest.Rows{{Resource: "releases/", Rows: []any{
			pdc.Release{Short: "fedora", Version: "42", Name: "Fedora", ReleaseType: "ga"},
			pdc.Fields{"short": "fedora", "version": "41", "name": "Fedora", "release_type": "ga", "active": false}}}},
	}, o)
	require.NoError(t, err)
	c, err := pdc.NewClient("http://pdc.example.com", append([]pdc.Option{pdc.WithToken("secret"),
		pdc.WithHTTPClient(&http.Client{Transport: p.Transport()})}, opts...)...)
	require.NoError(t, err)
	return p, c
}

// answering is a client of a server that always answers the same.
func answering(t testing.TB, status int, kind, body string, opts ...pdc.Option) *pdc.Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	c, err := pdc.NewClient(srv.URL, opts...)
	require.NoError(t, err)
	return c
}

func TestServerAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"https://pdc.example.com":                   "https://pdc.example.com/rest_api/v1/",
		"https://pdc.example.com/":                  "https://pdc.example.com/rest_api/v1/",
		"https://pdc.example.com/rest_api/v1/":      "https://pdc.example.com/rest_api/v1/",
		"https://pdc.example.com/rest_api/v1":       "https://pdc.example.com/rest_api/v1/",
		"https://u:p@example.com/pdc/rest_api/v1//": "https://example.com/pdc/rest_api/v1/",
	} {
		c, err := pdc.NewClient(in)
		require.NoError(t, err, in)
		assert.Equal(t, want, c.URL())
	}
	for _, in := range []string{"", "pdc.example.com", "ftp://pdc.example.com", "https://", "http://a b"} {
		_, err := pdc.NewClient(in)
		require.ErrorIs(t, err, pdc.ErrInvalid, in)
	}
}

func TestBadOptionsAreErrors(t *testing.T) {
	for name, o := range map[string]pdc.Option{
		"nil client":     pdc.WithHTTPClient(nil),
		"nil source":     pdc.WithTokenSource(nil),
		"negative retry": pdc.WithRetry(pdc.Retry{Max: -1}),
		"user agent":     pdc.WithUserAgent("a\r\nb"),
	} {
		_, err := pdc.NewClient("https://pdc.example.com", o)
		require.ErrorIs(t, err, pdc.ErrInvalid, name)
	}
}

func TestCallerMistakesAreNotSent(t *testing.T) {
	p, c := server(t, pdctest.Options{})
	ctx := t.Context()
	_, err := c.Releases().Get(ctx, "")
	require.ErrorIs(t, err, pdc.ErrInvalid)
	_, err = c.Releases().Get(ctx, "../changesets")
	require.ErrorIs(t, err, pdc.ErrInvalid)
	_, err = c.Releases().Update(ctx, "fedora-42", nil)
	require.ErrorIs(t, err, pdc.ErrInvalid)
	_, err = c.Releases().UpdateAll(ctx, nil)
	require.ErrorIs(t, err, pdc.ErrInvalid)
	require.ErrorIs(t, c.Labels().DeleteAll(ctx, []string{"1", "x"}), pdc.ErrInvalid)
	require.ErrorIs(t, c.Do(ctx, "GET", "releases/?a=b", nil, nil, nil), pdc.ErrInvalid)
	require.ErrorIs(t, c.Do(ctx, "POST", "labels/", nil, make(chan int), nil), pdc.ErrInvalid)
	_, err = c.WhereToFileBugs(ctx, "")
	require.ErrorIs(t, err, pdc.ErrInvalid)
	assert.Empty(t, p.Calls())
}

func TestKeysAreEscaped(t *testing.T) {
	p, c := server(t, pdctest.Options{})
	_, err := c.Modules().Get(t.Context(), "a:b c:d%:e+f")
	require.ErrorIs(t, err, pdc.ErrNotFound)
	_, err = c.ReleaseVariants().Get(t.Context(), "fedora-42/Server")
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Equal(t, "modules/a:b%20c:d%25:e+f/", p.Calls()[0].Path)
	assert.Equal(t, "release-variants/fedora-42/Server/", p.Calls()[1].Path)
}

func TestChangeCommentsBelongToOneCall(t *testing.T) {
	p, c := server(t, pdctest.Options{})
	ctx := pdc.WithComment(t.Context(), "2026-cafe: Zürich")
	_, err := c.Labels().Create(ctx, pdc.Label{Name: "a", Description: "b"})
	require.NoError(t, err)
	_, err = c.Labels().Create(t.Context(), pdc.Label{Name: "c", Description: "d"})
	require.NoError(t, err)
	_, err = c.Labels().List(ctx, pdc.Query{})
	require.NoError(t, err)
	calls := p.Calls()
	assert.Empty(t, calls[1].Header.Get("PDC-Change-Comment"))
	assert.Empty(t, calls[2].Header.Get("PDC-Change-Comment"), "reads have none")
	page, err := c.Changesets().List(t.Context(), pdc.Query{})
	require.NoError(t, err)
	assert.Equal(t, "2026-cafe: Zürich", page.Items[1].Comment)
	assert.Equal(t, "label", page.Items[1].Changes[0].Resource)
	_, err = c.Labels().Create(pdc.WithComment(t.Context(), "a\r\nX-Evil: 1"), pdc.Label{Name: "e", Description: "f"})
	require.Error(t, err)
}

func TestWritesOfTypedRowsLeaveOutWhatTheServerComputes(t *testing.T) {
	p, c := server(t, pdctest.Options{})
	r, err := c.Releases().Get(t.Context(), "fedora-42")
	require.NoError(t, err)
	r.Version, r.DistGit = "43", &pdc.DistGit{Branch: "f43"}
	r, err = c.Releases().Create(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, "fedora-43", r.ReleaseID)
	assert.Equal(t, `{"active":true,"allowed_debuginfo_services":[],"allowed_push_targets":[],"dist_git":{"branch":"f43"},`+
		`"name":"Fedora","release_type":"ga","short":"fedora","version":"43"}`, p.Calls()[1].Body)
	assert.Equal(t, pdc.Fields{"name": "a", "count_limit": pdc.CountLimit(0)}, pdc.FieldsOf(pdc.ContactRole{Name: "a"}))
}

func TestOnlyReadsAreRepeated(t *testing.T) {
	p, c := server(t, pdctest.Options{}, pdc.WithRetry(pdc.Retry{Max: 3, Wait: time.Millisecond}))
	p.Fail("", "", pdctest.Status(502).Times(2))
	_, err := c.Releases().Get(t.Context(), "fedora-42")
	require.NoError(t, err)
	p.Fail("", "", pdctest.Status(502).Times(2))
	_, err = c.Labels().Create(t.Context(), pdc.Label{Name: "a", Description: "b"})
	require.ErrorIs(t, err, pdc.ErrUnavailable)
	p.Heal()
	p.Fail("", "", pdctest.Status(502))
	_, err = c.RefreshToken(t.Context())
	require.ErrorIs(t, err, pdc.ErrUnavailable, "a second one would kill the first one's token")
}

func TestTokens(t *testing.T) {
	p, c := server(t, pdctest.Options{})
	ctx := t.Context()
	u, err := c.CurrentUser(ctx)
	require.NoError(t, err)
	assert.True(t, u.Superuser)
	old, err := c.ObtainToken(ctx)
	require.NoError(t, err)
	assert.Equal(t, "secret", old)
	fresh, err := c.RefreshToken(ctx)
	require.NoError(t, err)
	assert.Len(t, fresh, 40)
	_, err = c.Releases().Get(ctx, "fedora-42")
	require.ErrorIs(t, err, pdc.ErrUnauthorized, "the old one is dead")

	tokens := []string{fresh, "", "wrong"}
	c, err = pdc.NewClient("http://pdc.example.com", pdc.WithHTTPClient(&http.Client{Transport: p.Transport()}),
		pdc.WithTokenSource(func(context.Context) (string, error) {
			if len(tokens) == 0 {
				return "", errors.New("no ticket")
			}
			s := tokens[0]
			tokens = tokens[1:]
			return s, nil
		}))
	require.NoError(t, err)
	_, err = c.CurrentUser(ctx)
	require.NoError(t, err)
	_, err = c.CurrentUser(ctx)
	require.ErrorIs(t, err, fs.ErrPermission, "an empty token is nobody's")
	_, err = c.CurrentUser(ctx)
	require.ErrorIs(t, err, pdc.ErrUnauthorized)
	_, err = c.CurrentUser(ctx)
	require.ErrorContains(t, err, "no ticket")
}

func TestTokensOfOlderServers(t *testing.T) {
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "obtain_token/") {
			_, _ = io.WriteString(w, `{"token":"old"}`)
			return
		}
		w.WriteHeader(404)
		_, _ = io.WriteString(w, `{"detail":"Not found"}`)
	}))
	defer srv.Close()
	c, err := pdc.NewClient(srv.URL)
	require.NoError(t, err)
	token, err := c.ObtainToken(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "old", token)
	assert.Equal(t, []string{"/rest_api/v1/auth/token/obtain/", "/rest_api/v1/auth/obtain-token/", "/rest_api/v1/auth/obtain_token/"}, asked)
}

func TestWarnings(t *testing.T) {
	var said []string
	var log bytes.Buffer
	_, c := server(t, pdctest.Options{}, pdc.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		pdc.WithWarnings(func(_ context.Context, op, text string) { said = append(said, op+": "+text) }))
	for range 2 {
		_, err := c.BugzillaComponents().Create(t.Context(), pdc.BugzillaComponent{Name: "kernel"})
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"POST /rest_api/v1/bugzilla-components/: The bugzilla component already exists"}, said)
	assert.Contains(t, log.String(), "level=WARN msg=\"pdc warning\"")
	assert.Contains(t, log.String(), "level=DEBUG msg=\"http attempt\"")
	assert.NotContains(t, log.String(), "secret")
}

func TestFreshReadsGoPastTheCache(t *testing.T) {
	_, c := server(t, pdctest.Options{Cache: 30 * time.Second})
	ctx := t.Context()
	count := func(fresh bool) int {
		n, err := c.Labels().Count(ctx, pdc.Query{Fresh: fresh})
		require.NoError(t, err)
		return n
	}
	assert.Equal(t, 0, count(false))
	_, err := c.Labels().Create(ctx, pdc.Label{Name: "a", Description: "b"})
	require.NoError(t, err)
	assert.Equal(t, 0, count(false), "the server's trap")
	assert.Equal(t, 1, count(true))
	_, err = c.Labels().Create(ctx, pdc.Label{Name: "c", Description: "d"})
	require.NoError(t, err)
	assert.Equal(t, 2, count(true), "each time")
	n := 0
	for _, err := range c.Labels().All(ctx, pdc.Query{Fresh: true, PageSize: 1}) {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, 2, n)
}

func TestUnchangedSince(t *testing.T) {
	p, c := server(t, pdctest.Options{})
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	p.SetNow(now)
	_, err := c.Releases().Update(t.Context(), "fedora-41", pdc.Fields{"active": true})
	require.NoError(t, err)
	page, err := c.Releases().List(t.Context(), pdc.Query{Since: now.Add(-time.Second)})
	require.NoError(t, err)
	assert.True(t, page.LastModified.Equal(now))
	_, err = c.Releases().List(t.Context(), pdc.Query{Since: page.LastModified})
	require.ErrorIs(t, err, pdc.ErrNotModified)
}

func TestGenerations(t *testing.T) {
	for _, old := range []bool{false, true} {
		_, c := server(t, pdctest.Options{Old: old})
		ok, err := c.Has(t.Context(), "modules")
		require.NoError(t, err)
		assert.Equal(t, !old, ok)
		names, err := c.Resources(t.Context())
		require.NoError(t, err)
		assert.Contains(t, names, "unreleasedvariants")
	}
	_, err := answering(t, 502, "text/html", "").Has(t.Context(), "modules")
	require.ErrorIs(t, err, pdc.ErrUnavailable)
}

func TestUnknownMembersAreKept(t *testing.T) {
	c := answering(t, 200, "application/json", `{"count":1,"next":null,"previous":null,"results":[{"release_id":"r","active":true,
		"brew":{"allowed_tags":["a"]},"un\u0065ven":1}]}`)
	page, err := c.Releases().List(t.Context(), pdc.Query{})
	require.NoError(t, err)
	assert.True(t, page.Items[0].Active)
	assert.Equal(t, `{"allowed_tags":["a"]}`, string(page.Items[0].Extra["brew"]))
	assert.Contains(t, page.Items[0].Extra, "uneven")
	r, err := pdc.NewResource[map[string]any](c, "other").List(t.Context(), pdc.Query{})
	require.NoError(t, err)
	assert.Equal(t, "r", r.Items[0]["release_id"])
}

func TestActiveReleasesAndBranches(t *testing.T) {
	p, c := server(t, pdctest.Options{})
	p.SetNow(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
	ctx := t.Context()
	var ids []string
	for r, err := range c.ActiveReleases(ctx, "fedora") {
		require.NoError(t, err)
		ids = append(ids, r.ReleaseID)
	}
	assert.Equal(t, []string{"fedora-42"}, ids)

	_, err := c.GlobalComponents().Create(ctx, pdc.GlobalComponent{Name: "bash"})
	require.NoError(t, err)
	_, err = c.SLATypes().Create(ctx, pdc.NamedType{Name: "bugs"})
	require.NoError(t, err)
	for name, eol := range map[string]pdc.Date{"f41": "2026-11-19", "f42": "2026-11-20"} {
		_, err = c.BranchSLAs().Create(ctx, pdc.BranchSLA{SLA: "bugs", EOL: eol,
			Branch: pdc.BranchRef{Name: name, GlobalComponent: "bash", Type: "rpm"}})
		require.NoError(t, err)
	}
	var names []string
	for b, err := range c.ActiveBranches(ctx, "bash", "rpm") {
		require.NoError(t, err)
		names = append(names, b.Name)
	}
	assert.Equal(t, []string{"f42"}, names)
}

func TestDates(t *testing.T) {
	assert.Equal(t, pdc.Date("2026-11-20"), pdc.DateOf(time.Date(2026, 11, 21, 1, 0, 0, 0, time.FixedZone("", 7200))))
	assert.Equal(t, 2026, pdc.Date("2026-11-20").Time().Year())
	assert.True(t, pdc.Date("").Time().IsZero())
}

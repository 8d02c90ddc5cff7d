// SPDX-License-Identifier: MIT

package pdc_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

func TestErrorBodiesOfEveryForm(t *testing.T) {
	for _, tc := range []struct {
		name, kind, body string
		status           int
		is               error
		text             string
		fields           []pdc.FieldError
		item             string
	}{
		{"fields", "application/json", `{"short":["This field is required."],"name":["a","b"]}`, 400, pdc.ErrInvalid,
			"400 name: a b; short: This field is required.",
			[]pdc.FieldError{{Path: "name", Messages: []string{"a", "b"}}, {Path: "short", Messages: []string{"This field is required."}}}, ""},
		{"nested fields", "application/json", `{"branch":{"type":["x"]},"upstream":{"homepage":["y"]}}`, 400, pdc.ErrInvalid,
			"400 branch.type: x; upstream.homepage: y",
			[]pdc.FieldError{{Path: "branch.type", Messages: []string{"x"}}, {Path: "upstream.homepage", Messages: []string{"y"}}}, ""},
		{"an object instead of a list", "application/json", `{"cpe":{"detail":"bad"}}`, 400, pdc.ErrInvalid, "400 cpe: bad",
			[]pdc.FieldError{{Path: "cpe", Messages: []string{"bad"}}}, ""},
		{"a list of objects", "application/json", `{"rpms":[{"name":["bad"]}]}`, 400, pdc.ErrInvalid, "400 rpms[0].name: bad",
			[]pdc.FieldError{{Path: "rpms[0].name", Messages: []string{"bad"}}}, ""},
		{"detail", "application/json", `{"detail":"no"}`, 403, pdc.ErrForbidden, "403 no", nil, ""},
		{"detail as a list", "application/json", `{"detail":["no","never"]}`, 400, pdc.ErrInvalid, "400 no never", nil, ""},
		{"detail of older servers", "application/json", `{"non_field_errors":["no"]}`, 400, pdc.ErrInvalid, "400 no", nil, ""},
		{"a bare list", "application/json", `["no"]`, 400, pdc.ErrInvalid, "400 no", nil, ""},
		{"release clone", "application/json", `{"__all__":"Missing old_release_id"}`, 400, pdc.ErrInvalid, "400 Missing old_release_id", nil, ""},
		{"imports", "application/json", `{"detail":"Error parsing.","reason":"why"}`, 400, pdc.ErrInvalid, "400 Error parsing. why", nil, ""},
		{"bulk by index", "application/json", `{"id_of_invalid_data":3,"detail":{"name":["bad"]},"invalid_data":{}}`, 400, pdc.ErrInvalid,
			"400 item 3: name: bad", []pdc.FieldError{{Path: "name", Messages: []string{"bad"}}}, "3"},
		{"bulk by key", "application/json", `{"id_of_invalid_data":"a:b","detail":"Not found."}`, 404, pdc.ErrNotFound, "404 item a:b: Not found.", nil, "a:b"},
		{"a duplicate by field", "application/json", `{"name":["label with this name already exists."]}`, 400, pdc.ErrConflict, "", nil, ""},
		{"a duplicate by set", "application/json", `{"detail":["The fields a, b must make a unique set."]}`, 400, pdc.ErrConflict, "", nil, ""},
		{"a database conflict", "application/json", `{"detail":"x"}`, 409, fs.ErrExist, "409 x", nil, ""},
		{"503 of the server itself", "application/json", `{"detail":"The server encountered an internal error"}`, 503, pdc.ErrInternal, "", nil, ""},
		{"503 of the front end", "text/html", `<html><head><title>503 Service&nbsp;Unavailable</title></head><body>x</body></html>`, 503,
			pdc.ErrUnavailable, "503 503 Service Unavailable", nil, ""},
		{"500", "application/json", `{"detail":"x"}`, 500, pdc.ErrInternal, "500 x", nil, ""},
		{"502", "text/html", `<h1>Bad Gateway</h1><script>x()</script>`, 502, pdc.ErrUnavailable, "502 Bad Gateway", nil, ""},
		{"429", "text/plain", "", 429, pdc.ErrUnavailable, "429 Too Many Requests", nil, ""},
		{"414", "text/html", "", 414, pdc.ErrInvalid, "414 Request URI Too Long", nil, ""},
		{"JSON that is none", "application/json", `{`, 400, pdc.ErrInvalid, "400 {", nil, ""},
		{"401", "application/json", `{"detail":"Invalid token."}`, 401, fs.ErrPermission, "401 Invalid token.", nil, ""},
		{"a login page", "text/html; charset=utf-8", `<title>Log in</title>`, 200, pdc.ErrUnexpected, "", nil, ""},
		{"broken JSON", "application/json", `{"release_id":`, 200, pdc.ErrUnexpected, "", nil, ""},
		{"a wrong type", "application/json", `{"active":"yes"}`, 200, pdc.ErrUnexpected, "", nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := answering(t, tc.status, tc.kind, tc.body)
			_, err := c.Releases().Get(t.Context(), "r")
			require.ErrorIs(t, err, tc.is)
			var e *pdc.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tc.status, e.Status)
			assert.Equal(t, tc.item, e.Item)
			if tc.fields != nil {
				assert.Equal(t, tc.fields, e.Fields)
			}
			if tc.text != "" {
				assert.Equal(t, "pdc: GET /rest_api/v1/releases/r/: "+tc.text, err.Error())
			}
			assert.NotEmpty(t, e.LogValue().String())
			for _, other := range []error{pdc.ErrUnavailable, pdc.ErrInternal} {
				if tc.is != other {
					assert.NotErrorIs(t, err, other)
				}
			}
		})
	}
}

func TestUnknownNamesAreTold(t *testing.T) {
	_, c := server(t, pdctest.Options{})
	var e *pdc.Error
	_, err := c.RPMs().List(t.Context(), pdc.Query{Filter: map[string][]string{"colour": {"red"}, "size": {"1"}}})
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []string{"colour", "size"}, e.Unknown())
	_, err = c.RPMs().List(t.Context(), pdc.Query{Fields: []string{"name", "bogus"}})
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []string{"bogus"}, e.Unknown())
	_, err = c.Labels().CreateFields(t.Context(), pdc.Fields{"x": 1, "a b": 2})
	require.ErrorAs(t, err, &e)
	assert.Equal(t, []string{"a b", "x"}, e.Unknown())
	_, err = c.Labels().Get(t.Context(), "9")
	require.ErrorAs(t, err, &e)
	assert.Nil(t, e.Unknown())
}

func TestAWriteIsNotRedirected(t *testing.T) {
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		http.Redirect(w, r, "https://pdc.example.com"+r.URL.Path+"?token=sesame", http.StatusMovedPermanently)
	}))
	defer srv.Close()
	c, err := pdc.NewClient(srv.URL, pdc.WithRetry(pdc.Retry{Max: 3}))
	require.NoError(t, err)
	_, err = c.Labels().Create(t.Context(), pdc.Label{Name: "a"})
	require.ErrorIs(t, err, pdc.ErrRedirected)
	require.ErrorContains(t, err, "https://pdc.example.com/rest_api/v1/labels/")
	assert.NotContains(t, err.Error(), "sesame")
	assert.NotErrorIs(t, err, pdc.ErrUnavailable)
	assert.Equal(t, 1, n)
}

func TestTheServiceCannotBeReached(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	c, err := pdc.NewClient(srv.URL, pdc.WithToken("secret"))
	require.NoError(t, err)
	srv.Close()
	_, err = c.Releases().List(t.Context(), pdc.Query{Filter: map[string][]string{"name": {"sesame"}}})
	require.ErrorIs(t, err, pdc.ErrUnavailable)
	assert.NotContains(t, err.Error(), "sesame")
	assert.Contains(t, err.Error(), "/rest_api/v1/releases/")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Releases().List(ctx, pdc.Query{})
	require.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, pdc.ErrUnavailable)
}

func TestAnswersOverTheLimit(t *testing.T) {
	c := answering(t, 200, "application/json", `{"count":0,"next":null,"previous":null,"results":[]}`, pdc.WithMaxBody(10))
	_, err := c.Releases().List(t.Context(), pdc.Query{})
	require.Error(t, err)
	assert.NotErrorIs(t, err, pdc.ErrUnavailable)
}

func TestAnInterruptedBulkGoesOnWhereItWas(t *testing.T) {
	p, c := server(t, pdctest.Options{})
	ctx := t.Context()
	var rows []pdc.Label
	for _, n := range []string{"a", "b", "c", "d", "e", "a", "g"} {
		rows = append(rows, pdc.Label{Name: n, Description: n})
	}
	p.Fail("POST", "labels/", pdctest.Slow(0))
	p.Fail("POST", "labels/", pdctest.Status(502))
	done, err := c.Labels().CreateAll(ctx, rows, 2)
	require.ErrorIs(t, err, pdc.ErrUnavailable)
	require.Len(t, done, 2)
	more, err := c.Labels().CreateAll(ctx, rows[len(done):], 2)
	require.ErrorIs(t, err, pdc.ErrConflict)
	var e *pdc.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "3", e.Item, "the index within what was given")
	assert.Len(t, more, 2)
	last, err := c.Labels().CreateAll(ctx, rows[6:], 0)
	require.NoError(t, err)
	assert.Equal(t, 5, last[0].ID())
	require.ErrorIs(t, c.Labels().DeleteAll(ctx, []string{"1", "99"}), pdc.ErrNotFound)
	require.NoError(t, c.Labels().DeleteAll(ctx, []string{"1", "2", "3", "4", "5"}))
	none, err := c.Labels().CreateAll(ctx, nil, 0)
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestErrorsOfTheContextSurvive(t *testing.T) {
	_, c := server(t, pdctest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, err := range c.Arches().All(ctx, pdc.Query{PageSize: 10}) {
		if err != nil {
			require.True(t, errors.Is(err, context.Canceled))
			return
		}
		cancel()
	}
	t.Fatal("it did not stop")
}

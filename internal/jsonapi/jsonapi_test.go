// SPDX-License-Identifier: MIT

package jsonapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/jsonapi"
	"github.com/seed-f134cc8e/relkit/internal/transport"
)

var errSentinel = errors.New("sentinel")

func TestFailuresAreSortedByStatusWithTheServersWords(t *testing.T) {
	var status int
	var body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	defer srv.Close()
	s, err := jsonapi.New(srv.URL, "/api", transport.Options{})
	require.NoError(t, err)
	for _, tc := range []struct {
		status int
		body   string
		kind   jsonapi.Kind
		msg    string
	}{
		{404, `{"message":"no such thing"}`, jsonapi.NotFound, "no such thing"},
		{400, `{"error":"Bad Request"}`, jsonapi.Invalid, "Bad Request"},
		{409, `{"error":"Conflict","message":"exists"}`, jsonapi.Conflict, "exists"},
		{503, "<html>\n  down\n</html>", jsonapi.Unavailable, "<html> down </html>"},
		{401, "", jsonapi.Unauthorized, "Unauthorized"},
		{403, `[]`, jsonapi.Forbidden, "[]"},
		{418, `{}`, jsonapi.Other, "{}"},
		{200, `{"a":`, jsonapi.Unavailable, `the answer is not the JSON expected: unexpected end of JSON input ({"a":)`},
	} {
		status, body = tc.status, tc.body
		var out map[string]any
		err := s.Send(t.Context(), jsonapi.Call{Method: http.MethodGet, Path: "/x", Out: &out})
		var f *jsonapi.Failure
		require.ErrorAs(t, err, &f)
		assert.Equal(t, tc.kind, f.Kind, tc.body)
		assert.Equal(t, tc.msg, f.Msg)
		assert.Equal(t, fmt.Sprintf("GET /x: %d: %s", tc.status, tc.msg), f.Error())
		assert.Equal(t, errSentinel, f.Chain(errSentinel))
	}
	status, body = http.StatusMultipleChoices, `{"results":"/x"}`
	var out map[string]any
	require.NoError(t, s.Send(t.Context(), jsonapi.Call{Method: http.MethodGet, Path: "/", Out: &out}), "a list of choices is an answer")
	assert.Equal(t, map[string]any{"results": "/x"}, out)
}

func TestNoAnswerKeepsItsCauseBesideTheSentinel(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	s, err := jsonapi.New(srv.URL, "", transport.Options{})
	require.NoError(t, err)
	err = s.Send(t.Context(), jsonapi.Call{Method: http.MethodGet, Path: "/x"})
	var f *jsonapi.Failure
	require.ErrorAs(t, err, &f)
	assert.Equal(t, jsonapi.Unavailable, f.Kind)
	assert.ErrorIs(t, f.Chain(errSentinel), errSentinel)
	var te *transport.Error
	assert.ErrorAs(t, f.Chain(errSentinel), &te)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = s.Send(ctx, jsonapi.Call{Method: http.MethodGet, Path: "/x"})
	require.ErrorAs(t, err, &f)
	assert.ErrorIs(t, f.Chain(errSentinel), context.Canceled)
	assert.NotErrorIs(t, f.Chain(errSentinel), errSentinel, "the caller gave up; the service did nothing wrong")
}

func TestOnlySafeCallsAreSentTwice(t *testing.T) {
	calls := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.WriteHeader(502)
	}))
	defer srv.Close()
	s, err := jsonapi.New(srv.URL, "", transport.Options{Retry: transport.Retry{Max: 2, Wait: 1, MaxWait: 1}})
	require.NoError(t, err)
	for _, tc := range []struct {
		call jsonapi.Call
		want int
	}{
		{jsonapi.Call{Method: http.MethodPost, Path: "/x", In: 1}, 1},
		{jsonapi.Call{Method: http.MethodPost, Path: "/x", In: 1, Safe: true}, 3},
		{jsonapi.Call{Method: http.MethodGet, Path: "/x"}, 3},
	} {
		calls = 0
		assert.Error(t, s.Send(t.Context(), tc.call))
		assert.Equal(t, tc.want, calls)
	}
}

func TestTheBaseTakesItsPrefixOnce(t *testing.T) {
	for _, base := range []string{"http://h", "http://h/", "http://h/api", "http://h/api/"} {
		s, err := jsonapi.New(base, "/api", transport.Options{})
		require.NoError(t, err)
		assert.Equal(t, "http://h/api", s.Base)
	}
	for _, bad := range []string{"", "h", "ftp://h", "http://h?x=1", "http://h#f", "http://%zz"} {
		_, err := jsonapi.New(bad, "", transport.Options{})
		assert.Error(t, err, bad)
	}
}

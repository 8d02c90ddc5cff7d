// SPDX-License-Identifier: MIT

package transport_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

func TestWritesNeverFollowRedirects(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			s := &script{steps: []func(*http.Request) (*http.Response, error){
				answer(status, "", "Location", "https://u:p@hub.example.com/kojihub?token=sesame"), answer(200, "lost")}}
			c := s.client(t, transport.Options{Retry: retries(3)})
			_, err := c.Do(t.Context(), transport.Request{Method: method, URL: "http://hub.example.com/kojihub",
				Body: []byte("data"), Idempotent: true})
			var re *transport.RedirectError
			require.ErrorAs(t, err, &re, "%s %d", method, status)
			assert.Equal(t, transport.RedirectError{Status: status, Method: method,
				Location: "https://hub.example.com/kojihub"}, *re)
			assert.Contains(t, err.Error(), "https://hub.example.com/kojihub")
			assert.NotContains(t, err.Error(), "sesame")
			assert.Len(t, s.seen, 1)
		}
	}
}

func TestReadsFollowRedirects(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){
		answer(301, "", "Location", "/rest_api/v1/arches/?page=2"), answer(200, "here")}}
	c := s.client(t, transport.Options{})
	r, err := c.Do(t.Context(), transport.Request{URL: "http://bob:pw@pdc/rest_api/v1/arches?page=2",
		Header: http.Header{"Authorization": {"Token t"}}})
	require.NoError(t, err)
	assert.Equal(t, "here", string(r.Body))
	assert.Equal(t, "http://pdc/rest_api/v1/arches/?page=2", r.URL.String())
	assert.Equal(t, "Token t", s.seen[1].header.Get("Authorization"), "the same host still gets it")
}

func TestCredentialsStayOnTheirHost(t *testing.T) {
	for _, tc := range []struct {
		name string
		hops []string
		kept bool
	}{
		{"the same host keeps them", []string{"https://pdc.example.com/b"}, true},
		{"the same host with its default port written out", []string{"https://pdc.example.com:443/b"}, true},
		{"another host", []string{"https://evil.example.org/b"}, false},
		{"a subdomain", []string{"https://x.pdc.example.com/b"}, false},
		{"another port", []string{"https://pdc.example.com:8443/b"}, false},
		{"the same host without TLS", []string{"http://pdc.example.com/b"}, false},
		{"there and back again", []string{"https://evil.example.org/b", "https://pdc.example.com/c"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &script{}
			for _, hop := range tc.hops {
				s.steps = append(s.steps, answer(302, "", "Location", hop))
			}
			s.steps = append(s.steps, answer(200, ""))
			c := s.client(t, transport.Options{SecretHeaders: []string{"koji-session-key"}})
			_, err := c.Do(t.Context(), transport.Request{URL: "https://pdc.example.com/a?token=sesame",
				Header: http.Header{"Authorization": {"Token t"}, "Cookie": {"c=1"},
					"Koji-Session-Key": {"k"}, "Accept": {"application/json"}}})
			require.NoError(t, err)
			last := s.seen[len(s.seen)-1].header
			assert.Equal(t, "application/json", last.Get("Accept"))
			for _, name := range []string{"Authorization", "Cookie", "Koji-Session-Key"} {
				if tc.kept {
					assert.NotEmpty(t, last.Get(name), name)
				} else {
					assert.Empty(t, last.Get(name), name)
				}
			}
			if !tc.kept {
				assert.Empty(t, last.Get("Referer"), "the query of the first address is nobody's business")
			}
		})
	}
}

func TestRedirectLoopsEnd(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(302, "", "Location", "/again")}}
	c := s.client(t, transport.Options{Retry: retries(5)})
	_, err := c.Do(t.Context(), transport.Request{URL: "http://hub/again", Idempotent: true})
	require.ErrorContains(t, err, "10 redirects")
	assert.Len(t, s.seen, 10, "one round, no retries")
}

func TestOtherSchemesAreNotFollowed(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(302, "", "Location", "file:///etc/passwd")}}
	_, err := s.client(t, transport.Options{}).Do(t.Context(), transport.Request{URL: "http://hub/x"})
	var re *transport.RedirectError
	require.ErrorAs(t, err, &re)
}

func TestTheUsersRedirectRuleIsAsked(t *testing.T) {
	mine := errors.New("not there")
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(302, "", "Location", "/b"), answer(200, "")}}
	c, err := transport.New(transport.Options{HTTPClient: &http.Client{Transport: s,
		CheckRedirect: func(*http.Request, []*http.Request) error { return mine }}})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), transport.Request{URL: "http://hub/a"})
	require.ErrorIs(t, err, mine)
}

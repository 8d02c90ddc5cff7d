// SPDX-License-Identifier: MIT

package pdc_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

func names(t *testing.T, seq func(func(pdc.Name, error) bool)) []string {
	var out []string
	for v, err := range seq {
		require.NoError(t, err)
		out = append(out, v.Name)
	}
	return out
}

func TestAllPagesByEveryRule(t *testing.T) {
	p, c := server(t, pdctest.Options{})
	whole := names(t, c.Arches().All(t.Context(), pdc.Query{}))
	require.Len(t, whole, 48)
	assert.Len(t, p.Calls(), 1, "pages of a hundred")
	assert.Equal(t, "page_size=100", p.Calls()[0].Query)
	for _, size := range []int{1, 7, 48, 1000, -1} {
		p.ForgetCalls()
		seq := c.Arches().All(t.Context(), pdc.Query{PageSize: size, Fields: []string{"name"}})
		assert.Equal(t, whole, names(t, seq))
		assert.Equal(t, whole, names(t, seq), "it can be ranged over again")
	}
	p.ForgetCalls()
	for range c.Arches().All(t.Context(), pdc.Query{PageSize: 5}) {
		break
	}
	assert.Len(t, p.Calls(), 1, "stopping stops asking")
	page, err := c.Arches().List(t.Context(), pdc.Query{PageSize: 5, Page: 10})
	require.NoError(t, err)
	assert.Equal(t, 48, page.Count)
	assert.Zero(t, page.Next)
	_, err = c.Arches().List(t.Context(), pdc.Query{Page: 99})
	require.ErrorIs(t, err, pdc.ErrNotFound)
	n, err := c.Arches().Count(t.Context(), pdc.Query{Page: 7})
	require.NoError(t, err)
	assert.Equal(t, 48, n)
}

func TestClientsPageSize(t *testing.T) {
	p, c := server(t, pdctest.Options{}, pdc.WithPageSize(-1))
	assert.Len(t, names(t, c.Arches().All(t.Context(), pdc.Query{})), 48)
	assert.Equal(t, "page_size=-1", p.Calls()[0].Query)
}

// TestNextIsFollowedOnTheSameServer is the server behind a proxy, whose links
// have an internal name.
func TestNextIsFollowedOnTheSameServer(t *testing.T) {
	p, c := server(t, pdctest.Options{NextHost: "http://evil.example.org:8000"})
	assert.Len(t, names(t, c.Arches().All(t.Context(), pdc.Query{PageSize: 20})), 48)
	for _, call := range p.Calls() {
		assert.Equal(t, "Token secret", call.Header.Get("Authorization"))
		assert.Equal(t, "arches/", call.Path)
	}
	assert.Len(t, p.Calls(), 3)
}

func TestBadLinksToTheNextPage(t *testing.T) {
	for name, next := range map[string]string{
		"the same page again": `"http://x/?page=1"`,
		"no page":             `"http://x/?a=b"`,
		"no number":           `"http://x/?page=x"`,
		"no URL":              `":"`,
		"no query":            `"http://x/?page=2;%zz"`,
	} {
		c := answering(t, 200, "application/json", `{"count":2,"next":`+next+`,"previous":null,"results":[{"name":"a"}]}`)
		var errs, rows int
		for _, err := range c.Arches().All(t.Context(), pdc.Query{}) {
			if err != nil {
				require.ErrorIs(t, err, pdc.ErrUnexpected, name)
				errs++
			} else {
				rows++
			}
		}
		assert.Equal(t, []int{1, 1}, []int{rows, errs}, name)
	}
}

// TestAListThatShrinks loses its last page between two requests.
func TestAListThatShrinks(t *testing.T) {
	_, c := server(t, pdctest.Options{})
	ctx := t.Context()
	for _, n := range []string{"a", "b", "c"} {
		_, err := c.Labels().Create(ctx, pdc.Label{Name: n, Description: n})
		require.NoError(t, err)
	}
	n := 0
	for _, err := range c.Labels().All(ctx, pdc.Query{PageSize: 2}) {
		require.NoError(t, err)
		if n++; n == 1 {
			require.NoError(t, c.Labels().DeleteAll(ctx, []string{"2", "3"}))
		}
	}
	assert.Equal(t, 2, n)
}

func TestAServerThatPagesThoughAskedForAll(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		page, next := r.URL.Query().Get("page"), "null"
		if page == "" {
			page, next = "1", `"http://elsewhere/?page=2&page_size=-1"`
		}
		fmt.Fprintf(w, `{"results":[{"name":"p%s"}],"count":2,"next":%s}`, page, next)
	}))
	defer srv.Close()
	c, err := pdc.NewClient(srv.URL)
	require.NoError(t, err)
	assert.Equal(t, []string{"p1", "p2"}, names(t, c.Arches().All(t.Context(), pdc.Query{PageSize: -1})))
}

func TestManyNamesAreAskedForInParts(t *testing.T) {
	p, c := server(t, pdctest.Options{MaxURL: 4000})
	var want []string
	for i := range 250 {
		want = append(want, fmt.Sprintf("package-%03d", i))
	}
	_, err := c.Sources(t.Context(), "fedora-42", want)
	require.NoError(t, err)
	assert.Len(t, p.Calls(), 3)
	p.ForgetCalls()
	for range c.RPMs().AllOf(t.Context(), pdc.Query{}, "srpm_name", nil) {
		t.Fatal("no names, no rows")
	}
	assert.Empty(t, p.Calls())
}

func TestAnswersThatAreNoLists(t *testing.T) {
	for name, body := range map[string]string{
		"empty":           ``,
		"a number":        `1`,
		"no list":         `{"count":1,"results":{}}`,
		"cut in a row":    `{"count":1,"results":[{"name":"a`,
		"cut after a row": `[{"name":"a"}`,
		"cut in a member": `{"count":1,"next":"htt`,
		"more after it":   `[{"name":"a"}] x`,
		"a bad row":       `[{"name":"a"},{"name":}]`,
		"a wrong type":    `[{"name":"a"},{"name":5}]`,
		"a bad count":     `{"count":"x","results":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := answering(t, 200, "application/json", body)
			_, err := c.Arches().List(t.Context(), pdc.Query{})
			require.ErrorIs(t, err, pdc.ErrUnexpected)
			last := error(nil)
			for _, err := range c.Arches().All(t.Context(), pdc.Query{PageSize: -1}) {
				last = err
			}
			require.ErrorIs(t, last, pdc.ErrUnexpected)
		})
	}
}

// TestRowsOfAnySizeAndCut reads rows in the smallest portions.
func TestRowsOfAnySizeAndCut(t *testing.T) {
	long := strings.Repeat(`\"[{`, 50_000)
	body := ` { "count" : 3 , "next" : null , "results" : [ {"name":"a"} , {"name":"` + long + `"}, {"name":"c","n":[1,{"x":-1.5e3}],"t":true} ] , "x":"]}" } `
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(w, iotest.OneByteReader(strings.NewReader(body)))
	}))
	defer srv.Close()
	c, err := pdc.NewClient(srv.URL)
	require.NoError(t, err)
	for _, size := range []int{-1, 100} {
		got := names(t, c.Arches().All(t.Context(), pdc.Query{PageSize: size}))
		require.Len(t, got, 3)
		assert.Len(t, got[1], 3*50_000)
		assert.Equal(t, "c", got[2])
	}
}

func FuzzList(f *testing.F) {
	f.Add([]byte(`{"count":1,"next":"http://x/?page=2","previous":null,"results":[{"name":"a","x":[1,"]"]}]}`))
	f.Add([]byte(`[{"name":"a"},{"name":"\"\\"}]`))
	f.Add([]byte(`{"results":[],"next":null}`))
	f.Add([]byte(`[[],{},"",1,null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		rt := func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
				Body: io.NopCloser(iotest.HalfReader(strings.NewReader(string(body))))}, nil
		}
		c, err := pdc.NewClient("http://pdc.example.com", pdc.WithHTTPClient(&http.Client{Transport: roundTrip(rt)}))
		require.NoError(t, err)
		page, listErr := c.Arches().List(t.Context(), pdc.Query{})
		n := 0
		var streamErr error
		for _, err := range c.Arches().All(t.Context(), pdc.Query{PageSize: -1}) {
			if err != nil {
				streamErr = err
			} else if n++; n >= len(page.Items) && page.Next > 0 {
				return // the same answer for ever
			}
		}
		if (listErr == nil) != (streamErr == nil) && page.Next == 0 && !strings.Contains(fmt.Sprint(streamErr), "next page") {
			t.Fatalf("%q: page %v, stream %v", body, listErr, streamErr)
		}
		if listErr == nil && streamErr == nil && n != len(page.Items) {
			t.Fatalf("%q: %d rows, streamed %d", body, len(page.Items), n)
		}
	})
}

// FuzzRow has encoding/json for a judge.
func FuzzRow(f *testing.F) {
	f.Add([]byte(`{"id":1,"name":"a\u00e9","epoch":-0,"linked_releases":["x",null],"dependencies":{"requires":["a = 1"]},"new":{"a":[1e5]}}`))
	f.Add([]byte(`{"id":null,"dependencies":null,"linked_releases":[],"name":"\ud800"}`))
	f.Add([]byte(`{"name":5}`))
	f.Add([]byte(`{"a":1,}`))
	f.Add([]byte(`{"epoch":01}`))
	f.Fuzz(func(t *testing.T, row []byte) {
		rt := func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
				Body: io.NopCloser(strings.NewReader(string(row)))}, nil
		}
		c, err := pdc.NewClient("http://pdc.example.com", pdc.WithHTTPClient(&http.Client{Transport: roundTrip(rt)}))
		require.NoError(t, err)
		got, err := c.RPMs().Get(t.Context(), "1")
		var want pdc.RPM
		wantErr := json.Unmarshal(row, &want)
		switch {
		case err == nil && !json.Valid(row):
			t.Fatalf("%q was read", row)
		case wantErr == nil && err != nil:
			t.Fatalf("%q: %v", row, err)
		case wantErr == nil && !strings.ContainsAny(string(row), "ABCDEFGHIJKLMNOPQRSTUVWXYZ\\") && strings.Count(string(row), `":`) < 3:
			got.Extra = nil
			a, _ := json.Marshal(got)
			b, _ := json.Marshal(want)
			if string(a) != string(b) {
				t.Fatalf("%q:\n%s\n%s", row, a, b)
			}
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// archive is datagrepper with so many messages a page.
type archive struct {
	messages []string
	rows     int
	asked    []string // page numbers
	down     int      // the request from which on it fails; 0 is never
}

func (a *archive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if a.down > 0 && len(a.asked)+1 >= a.down {
		http.Error(w, "away", http.StatusBadGateway)
		return
	}
	a.asked = append(a.asked, q.Get("page"))
	page, _ := strconv.Atoi(q.Get("page"))
	pages := (len(a.messages) + a.rows - 1) / a.rows
	part := a.messages[min((page-1)*a.rows, len(a.messages)):min(page*a.rows, len(a.messages))]
	if q.Get("start") == "" || q.Get("end") == "" || q.Get("order") != "asc" || !strings.Contains(q.Encode(), "topic=org.fedoraproject.prod.fas.user.create") {
		part = nil
	}
	fmt.Fprintf(w, `{"arguments":{"page":%d},"count":%d,"pages":%d,"total":%d,"raw_messages":[%s]}`, page, len(part), pages, len(a.messages), strings.Join(part, ","))
}

func TestTheReplayIsReadPageByPageAndGoesOnWhereItWas(t *testing.T) {
	s, run := onStage(t)
	a := &archive{rows: 2, messages: []string{created("1", "ann"), `{"id":"x"}`, created("2", "bob")}}
	srv := httptest.NewServer(a)
	defer srv.Close()
	args := []string{"listen", "-replay", srv.URL + "/v2/search", "-since", s.file("since"), "-write"}

	a.down = 2 // the second page does not come
	_, errs, code := run(args...)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "502")
	assert.Equal(t, []string{"ann"}, s.people(t))
	var at position
	require.NoError(t, json.Unmarshal(read(t, s.file("since")), &at))
	assert.Equal(t, 2, at.Page)

	a.down = 0
	out, errs, code := run(args...)
	require.Equal(t, exitDone, code, errs)
	assert.Equal(t, []string{"1", "2"}, a.asked, "the first page is not read again")
	assert.Equal(t, []string{"ann", "bob"}, s.people(t))
	assert.Contains(t, out, "1 message: 1 dealt with")
	before := at
	at = position{}
	require.NoError(t, json.Unmarshal(read(t, s.file("since")), &at))
	assert.Equal(t, position{Format: positionFormat, URL: srv.URL + "/v2/search", Start: before.End}, at, "the next window begins where this one ended")

	for text, want := range map[string]string{
		"{":                    "damaged state",
		`{"format":"other/1"}`: `its format is "other/1"`,
		`{"format":"` + positionFormat + `","url":"http://elsewhere","start":"2026-01-01T00:00:00Z"}`:                                       "it is of http://elsewhere",
		`{"format":"` + positionFormat + `","url":"` + srv.URL + `/v2/search"}`:                                                             "it names no place",
		`{"format":"` + positionFormat + `","url":"` + srv.URL + `/v2/search","start":"2026-01-01T00:00:00Z","end":"2026-01-02T00:00:00Z"}`: "it names no place",
	} {
		s.put(t, "since", text)
		_, errs, code = run(args...)
		assert.Equal(t, exitDamaged, code, text)
		assert.Contains(t, errs, want)
		assert.Equal(t, text, string(read(t, s.file("since"))), "a damaged file is left alone")
	}
}

func TestAPageThatIsNoneIsAnError(t *testing.T) {
	s, run := onStage(t)
	answer := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) }))
	defer srv.Close()
	for _, answer = range []string{"<html>", `{"error":"too much"}`, `{"raw_messages":[{}],"count":2,"pages":1}`} {
		_, errs, code := run("listen", "-replay", srv.URL)
		assert.Equal(t, exitFailed, code, answer)
		assert.Contains(t, errs, "malformed message: a page of a replay")
	}
	_, errs, code := run("listen", "-replay", "http://127.0.0.1:1/v2/search")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "http://127.0.0.1:1/v2/search: unavailable: ")
	assert.NotContains(t, errs, "rows_per_page")
	_ = s
}

func TestWithEveryTheArchiveIsAskedAgain(t *testing.T) {
	s, _ := onStage(t)
	a := &archive{rows: 2, messages: []string{created("1", "ann")}}
	ctx, cancel := context.WithCancel(t.Context())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.ServeHTTP(w, r); len(a.asked) == 3 {
			cancel()
		}
	}))
	defer srv.Close()
	o, err := parse(append([]string{"listen", "-replay", srv.URL, "-every", "1ms", "-write"}, s.flags...), io.Discard)
	require.NoError(t, err)
	now := demoDay
	app := &app{options: o, errs: io.Discard, now: func() time.Time { now = now.Add(time.Minute); return now }}
	err = app.run(ctx, io.Discard)
	assert.Equal(t, exitInterrupted, exitCode(ctx, err))
	assert.Equal(t, []string{"ann"}, s.people(t), "the message came three times")
}

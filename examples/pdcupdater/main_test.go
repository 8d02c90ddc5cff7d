// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

func pdcupdater(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), code
}

func TestTheDemo(t *testing.T) {
	out, errs, code := pdcupdater(t)
	require.Equal(t, exitDone, code, errs)
	assert.Empty(t, errs)
	golden.Compare(t, "testdata/demo.golden", []byte(out))
	again, _, _ := pdcupdater(t)
	assert.Equal(t, out, again)
}

// onStage returns the demo's world and a way to run commands in it.
func onStage(t *testing.T) (*stage, func(args ...string) (out, errs string, code int)) {
	t.Helper()
	s := &stage{now: demoDay}
	t.Cleanup(s.end)
	require.NoError(t, s.set(t.Context()))
	return s, func(args ...string) (string, string, int) {
		return pdcupdater(t, append(args, s.flags...)...)
	}
}

func (s *stage) file(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) put(t *testing.T, name, text string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(s.file(name), []byte(text), 0o600))
	return s.file(name)
}

func (s *stage) people(t *testing.T) []string {
	t.Helper()
	c, err := pdc.NewClient("http://pdc.invalid", pdc.WithHTTPClient(&http.Client{Transport: s.pdc.Transport()}))
	require.NoError(t, err)
	var names []string
	for p, err := range c.People().All(t.Context(), pdc.Query{Fresh: true}) {
		require.NoError(t, err)
		names = append(names, p.Username)
	}
	return names
}

// created is a message about a new person: the one that needs no other system.
func created(id, user string) string {
	return fmt.Sprintf(`{"id":%q,"topic":"org.fedoraproject.prod.fas.user.create","body":{"agent":%q,"user":%q},"headers":{}}`, id, user, user)
}

func TestNothingIsWrittenWithoutBeingAskedFor(t *testing.T) {
	s, run := onStage(t)
	for _, args := range [][]string{{"listen", "-messages", s.file("bus.jsonl")}, {"audit"}, {"branch", "f43", "-from", "fedora-rawhide", "-eol", "a=2027-01-01"}} {
		run(args...)
	}
	for _, c := range s.pdc.Calls() {
		assert.Equal(t, http.MethodGet, c.Method, c.Path)
	}
	out, _, _ := run("listen", "-messages", s.file("later.jsonl"), "-json")
	assert.Contains(t, out, `"dry_run":true`)
	out, _, code := run("listen", "-messages", s.file("later.jsonl"))
	assert.Contains(t, out, "would write: person: missing contacts/people fred")
	assert.Equal(t, exitDone, code)
}

func TestABrokenMessageStopsNothing(t *testing.T) {
	s, run := onStage(t)
	file := s.put(t, "m", created("1", "ann")+"\n"+created("2", "bob")[:60]+"\n"+`"text"`+"\n"+
		`{"id":"3","topic":"org.fedoraproject.prod.pkgdb.package.new","body":{"package_listing":{"collection":{"name":"Fedora"},"package":{"name":"x"}}},"headers":{}}`+"\n"+
		created("4", "cat")+"\n")
	out, errs, code := run("listen", "-messages", file, "-write")
	assert.Equal(t, exitDiffers, code, "a message that could not be dealt with: %s", errs)
	assert.Equal(t, []string{"ann", "cat"}, s.people(t))
	assert.Equal(t, 2, strings.Count(out, "set aside: "), out)
	assert.Contains(t, out, "pkgdb.package.new 3: failed: ")
	assert.Contains(t, out, "5 messages: 2 dealt with, 2 set aside, 1 failed, 0 waiting; 2 rows written")
}

func TestWhatNobodyTellsOfIsPassedBy(t *testing.T) {
	s, _ := onStage(t)
	srv := httptest.NewServer(s.pdc)
	defer srv.Close()
	args := []string{"listen", "-messages", s.file("bus.jsonl"), "-pdc", srv.URL}
	out, errs, code := pdcupdater(t, args...)
	assert.Equal(t, exitDone, code)
	assert.Contains(t, errs, "rpm dependency container compose module retirement group")
	assert.Contains(t, out, "12 messages: 2 dealt with")
	out, _, _ = pdcupdater(t, append(args, "-env", "stg")...)
	assert.Contains(t, out, "12 messages: 0 dealt with, 11 set aside")
	out, _, _ = pdcupdater(t, append(args, "-prefix", "")...)
	assert.Contains(t, out, "12 messages: 2 dealt with, 2 set aside", "all topics are trusted")
}

func TestStandardInputIsHeardAsItComes(t *testing.T) {
	s, _ := onStage(t)
	in, w := io.Pipe()
	var out, errs bytes.Buffer
	code := make(chan int)
	go func() {
		code <- run(t.Context(), append([]string{"listen", "-messages", "-", "-write"}, s.flags...), in, &out, &errs)
	}()
	_, err := io.WriteString(w, created("1", "ann")+"\n")
	require.NoError(t, err)
	for i := 0; len(s.people(t)) == 0; i++ {
		require.Less(t, i, 500)
		time.Sleep(10 * time.Millisecond)
	}
	_, err = io.WriteString(w, created("2", "bob"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.Equal(t, exitDone, <-code, errs.String())
	assert.Equal(t, []string{"ann", "bob"}, s.people(t))

	out.Reset()
	page := "{\n \"raw_messages\": [\n" + created("3", "cat") + ",\n" + created("4", "dan") + "\n]}"
	require.Equal(t, exitDone, run(t.Context(), append([]string{"listen", "-messages", "-", "-write"}, s.flags...), strings.NewReader(page), &out, &errs))
	assert.Contains(t, out.String(), "2 messages: 2 dealt with")
}

func TestAnInterruptEndsTheListening(t *testing.T) {
	s, _ := onStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	in, _ := io.Pipe() // nothing ever comes
	time.AfterFunc(50*time.Millisecond, cancel)
	assert.Equal(t, exitInterrupted, run(ctx, append([]string{"listen", "-messages", "-"}, s.flags...), in, io.Discard, io.Discard))
}

func TestMessagesWaitInTheirOrderAcrossRestarts(t *testing.T) {
	s, run := onStage(t)
	queue := s.file("queue")
	listen := func(messages ...string) (string, int) {
		out, errs, code := run("listen", "-messages", s.put(t, "m", strings.Join(messages, "\n")), "-queue", queue, "-write")
		assert.Empty(t, errs)
		return out, code
	}
	s.pdc.Fail("", "", pdctest.Status(503).Times(-1))
	_, code := listen(created("1", "ann"), created("2", "bob"))
	assert.Equal(t, exitDiffers, code)
	_, code = listen(created("3", "cat")) // still down
	assert.Equal(t, exitDiffers, code)

	// A process that dies while it writes leaves half a line.
	f, err := os.OpenFile(queue, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"message":{"id":"9"`)
	require.NoError(t, errors.Join(err, f.Close()))

	s.pdc.Heal()
	s.pdc.ForgetCalls()
	out, code := listen(created("4", "dan"))
	assert.Equal(t, exitDone, code)
	assert.Contains(t, out, "3 waiting messages from before")
	var made []string
	for _, c := range s.pdc.Calls() {
		if c.Method == http.MethodPost {
			var row struct{ Username string }
			require.NoError(t, json.Unmarshal([]byte(strings.Trim(c.Body, "[]")), &row))
			made = append(made, row.Username)
		}
	}
	assert.Equal(t, []string{"ann", "bob", "cat", "dan"}, made)
	out, _ = listen()
	assert.NotContains(t, out, "from before")

	require.NoError(t, os.WriteFile(queue, []byte("what\n"), 0o600))
	_, errs, code := run("listen", "-messages", s.file("m"), "-queue", queue, "-write")
	assert.Equal(t, exitDamaged, code)
	assert.Contains(t, errs, "line 1: damaged queue")
}

func TestAMomentsFailureIsOverByTheEnd(t *testing.T) {
	for _, pause := range []string{"1h", "0s"} {
		s, run := onStage(t)
		s.pdc.Fail("", "", pdctest.Status(503))
		out, _, code := run("listen", "-messages", s.put(t, "m", created("1", "ann")+"\n"+created("2", "bob")), "-queue", s.file("queue"), "-write", "-pause", pause)
		assert.Equal(t, exitDone, code, out)
		assert.Equal(t, []string{"ann", "bob"}, s.people(t))
		assert.Equal(t, pause == "1h", strings.Contains(out, "others wait before it"), out)
	}
}

func TestASourceThatIsDownMakesMessagesWaitToo(t *testing.T) {
	s, run := onStage(t)
	s.hub.SetOffline("maintenance")
	args := []string{"listen", "-messages", s.file("later.jsonl"), "-queue", s.file("queue"), "-write"}
	out, _, code := run(args...)
	assert.Equal(t, exitDiffers, code)
	assert.Contains(t, out, "2026-0013: waits: ")
	assert.Contains(t, out, "maintenance")
	s.hub.SetOffline("")
	out, _, code = run("listen", "-messages", s.file("none.jsonl"), "-queue", s.file("queue"), "-write")
	assert.Equal(t, exitDone, code, out)
	assert.Equal(t, []string{"fred"}, s.people(t))
}

func TestWithoutAQueueADownPDCEndsTheListening(t *testing.T) {
	s, run := onStage(t)
	s.pdc.Fail("", "", pdctest.Status(503).Times(-1))
	_, errs, code := run("listen", "-messages", s.file("later.jsonl"), "-write")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, errs, "with -queue FILE messages would wait")
	s.pdc.Heal()
	s.put(t, "token", "wrong")
	_, errs, code = run("listen", "-messages", s.file("later.jsonl"), "-queue", s.file("queue"), "-write")
	assert.Equal(t, exitFailed, code, "a refused token is nothing that waiting mends")
	assert.Contains(t, errs, "401")
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

func TestTheRowsOfEveryCommandAreJSONLines(t *testing.T) {
	s, run := onStage(t)
	for _, args := range [][]string{
		{"listen", "-messages", s.file("bus.jsonl"), "-write"}, {"audit"}, {"audit", "-repair"},
		{"branch", "f43", "-from", "fedora-rawhide", "-eol", "bug_fixes=2027-01-01"},
	} {
		out, _, _ := run(append(args, "-json")...)
		require.NotEmpty(t, out)
		for line := range strings.Lines(out) {
			var record struct{ Event string }
			require.NoError(t, json.Unmarshal([]byte(line), &record), line)
			assert.NotEmpty(t, record.Event, line)
			assert.Less(t, len(line), 20_000, "documents are cut short")
		}
	}
	out, _, _ := run("branch", "f44", "-from", "fedora-rawhide", "-eol", "bug_fixes=2027-01-01", "-json")
	assert.Contains(t, out, `"eol":"2027-01-01"`)
}

func TestCommandLine(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"help":                     {[]string{"-h"}, exitDone, "usage: pdcupdater"},
		"help of a command":        {[]string{"audit", "-h"}, exitDone, "usage: pdcupdater"},
		"flags alone":              {[]string{"-json"}, exitUsage, "no command"},
		"an unknown command":       {[]string{"dance", "-pdc", "http://a"}, exitUsage, `no command "dance"`},
		"an unknown flag":          {[]string{"audit", "-x"}, exitUsage, "not defined"},
		"no PDC":                   {[]string{"audit"}, exitUsage, "say which PDC"},
		"two PDCs":                 {[]string{"audit", "-pdc", "http://a", "-pdc-server", "b"}, exitUsage, "say which PDC"},
		"two tokens":               {[]string{"audit", "-pdc-server", "b", "-token-file", "c"}, exitUsage, "-token-file"},
		"two hubs":                 {[]string{"audit", "-pdc", "http://a", "-koji", "http://b", "-profile", "c"}, exitUsage, "-koji or -profile"},
		"no messages":              {[]string{"listen", "-pdc", "http://a"}, exitUsage, "where messages come from"},
		"messages twice":           {[]string{"listen", "-pdc", "http://a", "-messages", "b", "-replay", "http://c"}, exitUsage, "where messages come from"},
		"listen to words":          {[]string{"listen", "b", "-pdc", "http://a", "-messages", "b"}, exitUsage, `listen takes no "b"`},
		"remembering a file":       {[]string{"listen", "-pdc", "http://a", "-messages", "b", "-since", "c"}, exitUsage, "belong to -replay"},
		"forgetting in a dry run":  {[]string{"listen", "-pdc", "http://a", "-messages", "b", "-queue", "c"}, exitUsage, "need -write"},
		"no time":                  {[]string{"listen", "-pdc", "http://a", "-replay", "http://b", "-start", "soon"}, exitUsage, `-start "soon"`},
		"another command's flag":   {[]string{"audit", "-pdc", "http://a", "-queue", "b"}, exitUsage, "-queue is a flag of listen"},
		"an unknown kind":          {[]string{"audit", "-pdc", "http://a", "rpms"}, exitUsage, `no kind "rpms"`},
		"a kind without a list":    {[]string{"audit", "-pdc", "http://a", "image"}, exitUsage, "can't be audited"},
		"a kind without a source":  {[]string{"audit", "-pdc", "http://a", "rpm"}, exitUsage, "nobody is given who tells all there is of rpm"},
		"no source":                {[]string{"audit", "-pdc", "http://a"}, exitFailed, "nothing to audit"},
		"an audit that writes":     {[]string{"audit", "-pdc", "http://a", "-write"}, exitUsage, "-repair"},
		"no branch":                {[]string{"branch", "-pdc", "http://a", "-from", "b"}, exitUsage, "want one branch"},
		"a branch of nothing":      {[]string{"branch", "f43", "-pdc", "http://a"}, exitUsage, "-from"},
		"a branch to nowhere":      {[]string{"branch", "next", "-pdc", "http://a", "-from", "b"}, exitUsage, "-to"},
		"a branch of itself":       {[]string{"branch", "f43", "-pdc", "http://a", "-from", "fedora-43"}, exitUsage, "itself"},
		"a branch without end":     {[]string{"branch", "f43", "-pdc", "http://a", "-from", "b"}, exitUsage, "-eol"},
		"no date":                  {[]string{"branch", "f43", "-eol", "a=soon"}, exitUsage, "no date"},
		"no pair":                  {[]string{"audit", "-tags", "f43"}, exitUsage, "KEY=VALUE"},
		"a pair twice":             {[]string{"audit", "-tags", "f43=a,f43=b"}, exitUsage, "both a and b"},
		"an empty entry":           {[]string{"audit", "-composes", "a,,b"}, exitUsage, "an empty entry"},
		"no jobs":                  {[]string{"audit", "-pdc", "http://a", "-jobs", "0"}, exitUsage, "-jobs"},
		"a URL that is none":       {[]string{"audit", "-pdc", "ftp://a"}, exitFailed, "pdc: "},
		"a folder that is missing": {[]string{"audit", "-pdc", "http://a", "-composes", "/nowhere"}, exitFailed, "/nowhere"},
		"a token that is missing":  {[]string{"audit", "-pdc", "http://a", "-token-file", "/nowhere"}, exitFailed, "/nowhere"},
		"a file that is missing":   {[]string{"listen", "-pdc", "http://a", "-messages", "/nowhere"}, exitFailed, "/nowhere"},
		"no network":               {[]string{"branch", "f43", "-pdc", "http://127.0.0.1:1", "-from", "b", "-eol", "a=2027-01-01", "-retries", "0"}, exitFailed, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := pdcupdater(t, c.args...)
			assert.Equal(t, c.code, code, errs)
			assert.Empty(t, out)
			assert.Contains(t, errs, c.want)
		})
	}
}

func TestConflictsOfABranchingRemain(t *testing.T) {
	_, run := onStage(t)
	out, _, code := run("branch", "f43", "-from", "fedora-41", "-eol", "bug_fixes=2027-01-01", "-write")
	assert.Equal(t, exitDiffers, code)
	assert.Contains(t, out, "no such release to branch from (for a person to decide)")
}

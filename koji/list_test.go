// SPDX-License-Identifier: MIT

package koji_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

func manyBuilds(n int) kojitest.Seed {
	seed := small()
	for i := range n {
		seed.Builds = append(seed.Builds, kojitest.Build{NVR: fmt.Sprintf("pkg%03d-1-1", i), Tags: []string{"f42"}})
	}
	return seed
}

func TestMissingObjectsAreNotFound(t *testing.T) {
	hub := kojitest.NewHub(small())
	for _, strict := range []bool{false, true} {
		var opts []koji.Option
		if strict {
			opts = append(opts, koji.WithStrict())
		}
		c := connect(t, hub, opts...)
		ctx := t.Context()
		for name, ask := range map[string]func() error{
			"build":  func() error { _, err := c.Build(ctx, "nope-1-1"); return err },
			"number": func() error { _, err := c.Build(ctx, koji.ID(4711)); return err },
			"nvr": func() error {
				_, err := c.Build(ctx, koji.NVR{Name: "nope", Version: "1", Release: "1"}.Ref())
				return err
			},
			"tag":     func() error { _, err := c.Tag(ctx, "nope"); return err },
			"task":    func() error { _, err := c.Task(ctx, 4711); return err },
			"target":  func() error { _, err := c.Target(ctx, "nope"); return err },
			"user":    func() error { _, err := c.User(ctx, "nope"); return err },
			"package": func() error { _, err := c.Package(ctx, "nope"); return err },
			"rpm":     func() error { _, err := c.RPM(ctx, "nope-1-1.noarch"); return err },
		} {
			err := ask()
			assert.ErrorIs(t, err, koji.ErrNotFound, "%s, strict %v", name, strict)
			if !strict && name == "build" {
				assert.EqualError(t, err, "koji: getBuild: no such build: nope-1-1")
			}
		}
	}
	c := connect(t, hub)
	_, err := c.Build(t.Context(), "malformed")
	assert.ErrorIs(t, err, koji.ErrInvalid)
	_, err = c.Build(t.Context(), "")
	assert.ErrorIs(t, err, koji.ErrInvalid)
	_, err = c.ListTagged(t.Context(), koji.TaggedQuery{Tag: "nope"})
	assert.ErrorIs(t, err, koji.ErrNotFound)
	rows, err := c.ListTagged(t.Context(), koji.TaggedQuery{Tag: "nope", Missing: true})
	assert.NoError(t, err)
	assert.Equal(t, []koji.TaggedBuild{}, rows)
}

func TestIteratorsGoThroughAllPages(t *testing.T) {
	hub := kojitest.NewHub(manyBuilds(25))
	c := connect(t, hub)
	all := c.Builds(t.Context(), koji.BuildQuery{Limit: 10})
	for range 2 { // it can be ranged again
		hub.ForgetCalls()
		last, n := 0, 0
		for b, err := range all {
			require.NoError(t, err)
			assert.Greater(t, b.ID, last, "in order of numbers")
			last = b.ID
			n++
		}
		assert.Equal(t, 27, n)
		assert.Len(t, callsOf(hub, "listBuilds"), 3)
	}
	hub.ForgetCalls()
	for range all {
		break
	}
	assert.Len(t, callsOf(hub, "listBuilds"), 1, "who stops early asks for no more")
	n, err := c.CountBuilds(t.Context(), koji.BuildQuery{Package: "pkg001"})
	require.NoError(t, err)
	assert.Equal(t, 1, n)

	hub.Fail("listBuilds", kojitest.Fault(1, "SQL error"), kojitest.After(1))
	errs := 0
	for _, err := range all {
		if err != nil {
			errs++
			assert.ErrorIs(t, err, koji.FaultUnexpected)
		}
	}
	assert.Equal(t, 1, errs, "an error ends it")
}

func TestQueriesSendWhatTheySay(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := connect(t, hub)
	_, err := c.ListBuilds(t.Context(), koji.BuildQuery{Package: "bash", State: new(koji.BuildBuilding), CreatedAfter: koji.At(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), Order: "-build_id", Limit: 5})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"packageID": "bash", "state": int64(0), "createdAfter": "2026-01-02 03:04:05", "queryOpts": map[string]any{"order": "-build_id", "limit": int64(5)},
	}, callsOf(hub, "listBuilds")[0].Named)
	_, err = c.ListTasks(t.Context(), koji.TaskQuery{})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"opts": map[string]any{}}, callsOf(hub, "listTasks")[0].Named)
}

func TestBatches(t *testing.T) {
	hub := kojitest.NewHub(manyBuilds(30))
	c := connect(t, hub, koji.WithBatchSize(10, 0))
	b := c.NewBatch()
	var builds []*koji.Future[koji.Build]
	for i := range 25 {
		builds = append(builds, b.Build(koji.Ref(fmt.Sprintf("pkg%03d-1-1", i))))
	}
	missing := b.Build("nope-1-1")
	bad := koji.Add[int](b, "noSuchMethod", 1)
	wrong := koji.Add[int](b, "getBuild", koji.Named{"bogus": 1})
	_, err := missing.Get()
	assert.ErrorIs(t, err, koji.ErrInvalid, "not sent yet")
	assert.Equal(t, 28, b.Len())
	require.NoError(t, b.Do(t.Context()))
	assert.Len(t, callsOf(hub, "multiCall"), 3)
	for i, f := range builds {
		got, err := f.Get()
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("pkg%03d-1-1", i), got.NVR)
	}
	_, err = missing.Get()
	assert.ErrorIs(t, err, koji.ErrNotFound)
	_, err = bad.Get()
	assert.ErrorIs(t, err, koji.FaultGeneric)
	assert.ErrorContains(t, err, "noSuchMethod")
	_, err = wrong.Get()
	assert.ErrorIs(t, err, koji.FaultParameter)
	assert.ErrorIs(t, err, koji.ErrInvalid)

	small := connect(t, hub, koji.WithBatchSize(0, 1000))
	got, err := small.BuildsByRef(t.Context(), []koji.Ref{"pkg000-1-1", "nope-1-1", koji.ID(1), "pkg001-1-1", "pkg002-1-1", "pkg003-1-1", "pkg004-1-1"})
	require.NoError(t, err)
	assert.Len(t, got, 7)
	assert.Nil(t, got[1])
	assert.Equal(t, "bash-5.2-1.fc42", got[2].NVR)
	assert.Greater(t, len(callsOf(hub, "multiCall")), 4, "split by size")
}

func TestABatchThatChangesThingsIsDoneOnce(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	b := c.NewBatch()
	f := koji.Add[any](b, "addBType", "one")
	g := koji.Add[any](b, "untagBuild", "f42", "nope-1-1")
	hub.Fail("multiCall", kojitest.CutBefore())
	require.NoError(t, b.Do(t.Context()))
	_, err := f.Get()
	assert.NoError(t, err)
	_, err = g.Get()
	assert.Error(t, err, "one call's fault is its own")

	koji.Add[any](b, "addBType", "two")
	hub.Fail("multiCall", kojitest.CutAfter())
	assert.ErrorIs(t, b.Do(t.Context()), koji.ErrAlreadyApplied)

	f = koji.Add[any](b, "addBType", "three")
	koji.Add[any](b, "addBType", make(chan int))
	hub.ForgetCalls()
	assert.ErrorIs(t, b.Do(t.Context()), koji.ErrInvalid)
	_, err = f.Get()
	assert.ErrorIs(t, err, koji.ErrInvalid)
	assert.Empty(t, hub.Calls(), "nothing is sent of a batch that can't be written")
}

func TestAnswersThatAreNoHubs(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		kind   string
		body   string
		is     error
		text   string
	}{
		"a web page":         {200, "text/html", "<!DOCTYPE html><html><title>Welcome</title>", koji.ErrUnavailable, "is this a hub's address?"},
		"a proxy's page":     {502, "text/html", "<html><head><title>502 Bad Gateway</title></head></html>", koji.ErrUnavailable, "HTTP 502 Bad Gateway: a web page: 502 Bad Gateway"},
		"an empty answer":    {200, "text/xml", "", koji.ErrUnavailable, "the document ends"},
		"a DTD":              {200, "text/xml", `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><methodResponse/>`, koji.ErrUnavailable, "not allowed"},
		"a truncated answer": {200, "text/xml", "<methodResponse><params>", koji.ErrUnavailable, "ends"},
		"another type":       {200, "text/xml", reply("<value><struct><member><name>state</name><value><string>x</string></value></member></struct></value>"), koji.ErrUnavailable, "result.state: want koji.BuildState, got string"},
		"bad arguments":      {400, "text/plain", "Invalid request: Request too long\n", koji.ErrInvalid, "Invalid request: Request too long"},
		"a wrong path":       {404, "text/plain", "not here", koji.ErrNotFound, "HTTP 404 Not Found: not here"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := koji.NewClient("http://koji.example.com/kojihub", koji.WithRetry(koji.Retry{}), koji.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {c.kind}}, Body: readCloser(c.body), ContentLength: -1, Request: r}, nil
			})}))
			require.NoError(t, err)
			_, err = client.Build(t.Context(), "a-1-1")
			assert.ErrorIs(t, err, c.is)
			assert.ErrorContains(t, err, c.text)
			assert.ErrorContains(t, err, "koji: getBuild: ")
			var e *koji.Error
			assert.ErrorAs(t, err, &e)
		})
	}
}

func reply(value string) string {
	return "<?xml version='1.0'?><methodResponse><params><param>" + value + "</param></params></methodResponse>"
}

type closer struct{ *strings.Reader }

func (closer) Close() error { return nil }

func readCloser(s string) closer { return closer{strings.NewReader(s)} }

func TestARedirectIsNotFollowed(t *testing.T) {
	c, err := koji.NewClient("http://koji.example.com/kojihub", koji.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 301, Header: http.Header{"Location": {"https://koji.example.com/kojihub"}}, Body: http.NoBody, Request: r}, nil
	})}))
	require.NoError(t, err)
	_, err = c.Build(t.Context(), "a-1-1")
	assert.ErrorContains(t, err, "https://koji.example.com/kojihub")
}

func TestBadSettingsAreRefusedBeforeAnyIO(t *testing.T) {
	for name, opts := range map[string][]koji.Option{
		"two logins":             {koji.WithPassword("a", "b"), koji.WithClientCert("x", "")},
		"an empty user":          {koji.WithPassword("", "b")},
		"a nil negotiator":       {koji.WithNegotiator(nil)},
		"a proxy without login":  {koji.WithProxyUser("bob")},
		"a proxied password":     {koji.WithPassword("a", "b"), koji.WithProxyUser("bob")},
		"a negative retry":       {koji.WithRetry(koji.Retry{Max: -1})},
		"a top URL of no scheme": {koji.WithTopURL("kojifiles")},
		"no interval":            {koji.WithOfflineWait(0)},
	} {
		_, err := koji.NewClient("https://koji.example.com/kojihub", opts...)
		assert.ErrorIs(t, err, koji.ErrInvalid, name)
	}
	for _, url := range []string{"", "koji.example.com", "ftp://x/y", "https://u:p@x/y", "https://x/y?z=1", "https:///x", "http://[::1"} {
		_, err := koji.NewClient(url)
		assert.ErrorIs(t, err, koji.ErrInvalid, url)
	}
	c, err := koji.NewClient("http://koji.example.com/kojihub/")
	require.NoError(t, err)
	assert.Equal(t, "http://koji.example.com/kojihub", c.URL())
	for _, args := range [][]any{{koji.Named{}, 1}, {map[string]any{"__starstar": true}}, {make(chan int)}, {"\x00"}} {
		assert.ErrorIs(t, c.Call(t.Context(), "getBuild", args, nil), koji.ErrInvalid)
	}
	assert.ErrorIs(t, c.Call(t.Context(), "get build", nil, nil), koji.ErrInvalid)
}

func TestFaultsKnowTheirParents(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := connect(t, hub, koji.WithRetry(koji.Retry{}))
	for code, parents := range map[koji.FaultCode][]koji.FaultCode{
		koji.FaultAuthLock: {koji.FaultAuth, koji.FaultGeneric}, koji.FaultPreBuild: {koji.FaultBuild, koji.FaultGeneric},
		koji.FaultCallback: {koji.FaultPlugin}, koji.FaultName: {koji.FaultGeneric}, 1099: {koji.FaultGeneric}, koji.FaultUnexpected: {},
	} {
		hub.Fail("getBuild", kojitest.Fault(int(code), "words"))
		_, err := c.Build(t.Context(), "a-1-1")
		assert.ErrorIs(t, err, code)
		for _, p := range parents {
			assert.ErrorIs(t, err, p)
		}
		assert.False(t, errors.Is(err, koji.FaultTag), code)
	}
	assert.Equal(t, "TagError", koji.FaultTag.Error())
	assert.Equal(t, "FaultCode(7)", koji.FaultCode(7).String())
}

func TestAFaultOfTheDatabaseSaysWhatIsWrong(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := connect(t, hub, koji.WithRetry(koji.Retry{}))
	const want = `invalid input syntax for type integer: "nope"`
	const note = "\nLINE 9:  WHERE (volume.id = 'nope')\n                            ^\n\n"
	for text, msg := range map[string]string{
		"Traceback (most recent call last):\n  File \"db.py\", line 154, in execute\npsycopg2.errors.InvalidTextRepresentation: " + want + note: "psycopg2.errors.InvalidTextRepresentation: " + want,
		"<class 'psycopg2.errors.InvalidTextRepresentation'>: " + want + note:                                                                   "<class 'psycopg2.errors.InvalidTextRepresentation'>: " + want,
		"psycopg2.errors.UniqueViolation: duplicate key\nDETAIL:  Key (id)=(1) already exists.\n":                                               "psycopg2.errors.UniqueViolation: duplicate key",
		"\n  ^\n^": "^ ^",
	} {
		hub.Fail("listBuilds", kojitest.Fault(1, text))
		_, err := c.ListBuilds(t.Context(), koji.BuildQuery{})
		var e *koji.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, msg, e.Msg)
		assert.Equal(t, strings.TrimSpace(text), e.Traceback)
	}
}

func TestTextsOfGenericFaultsTellWhatTheyMean(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := connect(t, hub, koji.WithRetry(koji.Retry{}))
	for text, want := range map[string]error{
		"Name f42 already taken by tag 1":                                                  koji.ErrConflict,
		`name "f42" is already taken by build target 1`:                                    koji.ErrConflict,
		"User already in group":                                                            koji.ErrConflict,
		"User already has access to content generator cg":                                  koji.ErrConflict,
		"tag f42-build already associated with an external repo at priority 10":            koji.ErrConflict,
		"Existing build found: bash-5.2-1 (id=1, state=COMPLETE)":                          koji.ErrConflict,
		"user/group already exists: team":                                                  koji.ErrConflict,
		"No group: build found for tag: f42":                                               koji.ErrNotFound,
		"cannot update: tag f42 has no data for package nope":                              koji.ErrNotFound,
		"build tag 'nope' does not exist":                                                  koji.ErrNotFound,
		"invalid format: nodashes":                                                         koji.ErrInvalid,
		"Multiple parent tags ([2, 1]) cannot have the same priority value (0) on child 3": koji.FaultGeneric,
	} {
		hub.Fail("getBuild", kojitest.Fault(1000, text))
		_, err := c.Build(t.Context(), "a-1-1")
		assert.ErrorIs(t, err, want, text)
	}
}

// SPDX-License-Identifier: MIT

package koji_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// small is a hub with a target, a few builds and two users.
func small() kojitest.Seed {
	return kojitest.Seed{
		Users: []kojitest.User{
			{Name: "alice", Password: "wonderland", Permissions: []string{"admin"}},
			{Name: "bob", Password: "builder-pw"},
		},
		Tags: []kojitest.Tag{
			{Name: "f42"},
			{Name: "f42-build", Arches: "x86_64", Parents: []string{"f42"}},
		},
		Builds: []kojitest.Build{
			{NVR: "bash-5.2-1.fc42", Tags: []string{"f42"}, Source: "git+https://src.example.com/rpms/bash#1"},
			{NVR: "zlib-1.3-1.fc42", Tags: []string{"f42"}},
		},
		Targets: []kojitest.Target{{Name: "f42", BuildTag: "f42-build", DestTag: "f42"}},
	}
}

const secret = "wonderland"

// connect returns a client of a hub without a network.
func connect(t testing.TB, hub *kojitest.Hub, opts ...koji.Option) *koji.Client {
	t.Helper()
	all := append([]koji.Option{
		koji.WithHTTPClient(&http.Client{Transport: hub.Transport()}),
		koji.WithRetry(koji.Retry{Max: 3, Wait: time.Microsecond, MaxWait: time.Microsecond}),
		koji.WithTopURL("http://koji.example.com" + kojitest.FilesPath),
	}, opts...)
	c, err := koji.NewClient("http://koji.example.com"+kojitest.HubPath, all...)
	require.NoError(t, err)
	return c
}

func alice(t testing.TB, hub *kojitest.Hub, opts ...koji.Option) *koji.Client {
	return connect(t, hub, append([]koji.Option{koji.WithPassword("alice", secret)}, opts...)...)
}

func callsOf(hub *kojitest.Hub, method string) (out []kojitest.Call) {
	for _, c := range hub.Calls() {
		if c.Method == method {
			out = append(out, c)
		}
	}
	return out
}

func TestTheFirstCallLogsIn(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	assert.Empty(t, hub.Calls(), "a client does nothing before it is asked")
	u, err := c.LoggedInUser(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "alice", u.Name)
	require.NoError(t, c.Login(t.Context()), "logging in again does nothing")
	assert.Len(t, callsOf(hub, "login"), 1)

	require.NoError(t, c.Logout(t.Context()))
	require.NoError(t, c.Logout(t.Context()))
	_, err = c.LoggedInUser(t.Context())
	require.NoError(t, err, "a call after logging out logs in anew")
	assert.Len(t, callsOf(hub, "login"), 2)
}

func TestAWrongPasswordIsUnauthorizedAndStaysSecret(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := connect(t, hub, koji.WithPassword("alice", "guessed-secret"))
	_, err := c.Build(t.Context(), "bash-5.2-1.fc42")
	assert.ErrorIs(t, err, koji.ErrUnauthorized)
	assert.ErrorIs(t, err, koji.FaultAuth)
	assert.ErrorIs(t, err, fs.ErrPermission)
	assert.NotContains(t, err.Error(), "guessed-secret")
}

func TestAnonymousClientsReadAndMayNotWrite(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := connect(t, hub)
	b, err := c.Build(t.Context(), "bash-5.2-1.fc42")
	require.NoError(t, err)
	assert.Equal(t, "bash", b.Name)
	_, err = c.TagBuild(t.Context(), "f42", "bash-5.2-1.fc42", false)
	assert.ErrorIs(t, err, fs.ErrPermission)
	assert.ErrorIs(t, c.Login(t.Context()), koji.ErrInvalid)
	_, err = c.LoggedInUser(t.Context())
	assert.ErrorIs(t, err, koji.ErrUnauthorized)
}

func TestARetryKeepsItsCallNumber(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	require.NoError(t, c.Login(t.Context()))
	hub.Fail("untagBuild", kojitest.CutBefore(), kojitest.Times(2))
	require.NoError(t, c.UntagBuild(t.Context(), "f42", "bash-5.2-1.fc42", false))
	calls := callsOf(hub, "untagBuild")
	require.Len(t, calls, 3)
	for _, call := range calls {
		assert.Equal(t, calls[0].CallNum, call.CallNum)
	}
	_, err := c.LoggedInUser(t.Context())
	require.NoError(t, err)
	last := callsOf(hub, "getLoggedInUser")
	assert.Equal(t, calls[0].CallNum+1, last[0].CallNum)
}

func TestALostAnswerOfAWriteIsToldApart(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	hub.Fail("untagBuild", kojitest.CutAfter())
	err := c.UntagBuild(t.Context(), "f42", "bash-5.2-1.fc42", false)
	assert.ErrorIs(t, err, koji.ErrAlreadyApplied)
	assert.ErrorIs(t, err, koji.FaultRetry)
	assert.NotErrorIs(t, err, koji.ErrOutcomeUnknown)
	builds, err := c.ListTagged(t.Context(), koji.TaggedQuery{Tag: "f42"})
	require.NoError(t, err)
	assert.Len(t, builds, 1, "it was done, once")
}

func TestALostAnswerOfAReadIsAskedForAgain(t *testing.T) {
	for name, how := range map[string]kojitest.Disturbance{
		"cut": kojitest.CutAfter(), "truncated": kojitest.Truncate(300), "bad gateway": kojitest.HTTP(502), "offline": kojitest.Offline(),
	} {
		t.Run(name, func(t *testing.T) {
			hub := kojitest.NewHub(small())
			c := alice(t, hub)
			hub.Fail("getBuild", how, kojitest.Times(2))
			b, err := c.Build(t.Context(), "bash-5.2-1.fc42")
			require.NoError(t, err)
			assert.Equal(t, "bash-5.2-1.fc42", b.NVR)
		})
	}
}

func TestAWriteWithoutASessionIsNotRepeated(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := connect(t, hub)
	hub.Fail("tagBuild", kojitest.CutBefore(), kojitest.Times(-1))
	_, err := c.TagBuild(t.Context(), "f42", "bash-5.2-1.fc42", false)
	assert.ErrorIs(t, err, koji.ErrOutcomeUnknown)
	assert.ErrorIs(t, err, koji.ErrUnavailable)
	assert.Len(t, callsOf(hub, "tagBuild"), 1)
}

func TestWhenRetriesRunOutTheOutcomeIsUnknown(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	hub.Fail("untagBuild", kojitest.CutAfter(), kojitest.Times(-1))
	err := c.UntagBuild(t.Context(), "f42", "bash-5.2-1.fc42", false)
	assert.ErrorIs(t, err, koji.ErrOutcomeUnknown)
	hub.Fail("getBuild", kojitest.HTTP(503), kojitest.Times(-1))
	_, err = c.Build(t.Context(), "bash-5.2-1.fc42")
	assert.ErrorIs(t, err, koji.ErrUnavailable)
	assert.NotErrorIs(t, err, koji.ErrOutcomeUnknown, "a read has no outcome")
	var e *koji.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, 503, e.Status)
}

func TestAnExpiredSessionIsRenewedInTheMiddleOfACall(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	before, err := c.SessionInfo(t.Context())
	require.NoError(t, err)
	hub.ExpireSessions()
	require.NoError(t, c.UntagBuild(t.Context(), "f42", "bash-5.2-1.fc42", false))
	after, err := c.SessionInfo(t.Context())
	require.NoError(t, err)
	assert.Equal(t, before.UserID, after.UserID)
	assert.False(t, after.Renewed.IsZero(), "it is the same session, renewed")
	logins := callsOf(hub, "login")
	require.Len(t, logins, 2)
	assert.Equal(t, true, logins[1].Named["renew"])
	calls := callsOf(hub, "untagBuild")
	assert.Greater(t, calls[1].CallNum, calls[0].CallNum, "numbers go on: the hub keeps the last one")
}

func TestAnExclusiveSessionStaysSoThroughARenewal(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	require.NoError(t, c.ExclusiveSession(t.Context(), false))
	other := alice(t, hub)
	_, err := other.LoggedInUser(t.Context())
	assert.ErrorIs(t, err, koji.FaultAuthLock)
	assert.ErrorIs(t, err, koji.FaultAuth)
	assert.ErrorIs(t, err, koji.ErrConflict)
	hub.ExpireSessions()
	_, err = c.LoggedInUser(t.Context())
	require.NoError(t, err)
	logins := callsOf(hub, "login")
	assert.Equal(t, true, logins[len(logins)-1].Named["exclusive"])
	require.NoError(t, c.SharedSession(t.Context()))
	hub.ExpireSessions()
	_, err = c.LoggedInUser(t.Context())
	require.NoError(t, err)
	logins = callsOf(hub, "login")
	assert.Equal(t, false, logins[len(logins)-1].Named["exclusive"])
}

func TestARenewalWhoseAnswerIsLostEndsInANewSession(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	require.NoError(t, c.Login(t.Context()))
	hub.ExpireSessions()
	hub.Fail("login", kojitest.CutAfter())
	require.NoError(t, c.UntagBuild(t.Context(), "f42", "bash-5.2-1.fc42", false))
}

func TestAWriteInDoubtIsNotRepeatedInARenewedSession(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	require.NoError(t, c.Login(t.Context()))
	// Done and lost; the repetition finds the session expired, so that the hub
	// can't say that it knows the number.
	hub.Fail("untagBuild", kojitest.CutAfter())
	hub.Fail("untagBuild", kojitest.Expire())
	err := c.UntagBuild(t.Context(), "f42", "bash-5.2-1.fc42", false)
	assert.ErrorIs(t, err, koji.ErrOutcomeUnknown)
	committed := 0
	for _, call := range callsOf(hub, "untagBuild") {
		if call.Committed {
			committed++
		}
	}
	assert.Equal(t, 1, committed)
}

func TestAClosedSessionIsOpenedAnewOnlyIfTheCallerAllows(t *testing.T) {
	hub := kojitest.NewHub(small())
	for _, relogin := range []bool{false, true} {
		var opts []koji.Option
		if relogin {
			opts = append(opts, koji.WithRelogin())
		}
		c := alice(t, hub, opts...)
		require.NoError(t, c.Login(t.Context()))
		forcer := alice(t, hub)
		require.NoError(t, forcer.ExclusiveSession(t.Context(), true)) // closes all others
		require.NoError(t, forcer.SharedSession(t.Context()))
		hub.Fail("getLoggedInUser", kojitest.Fault(1002, "Invalid session or bad credentials"))
		_, err := c.LoggedInUser(t.Context())
		if relogin {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorIs(t, err, koji.ErrUnauthorized)
		require.NoError(t, c.Login(t.Context()), "Login opens a new one")
		_, err = c.LoggedInUser(t.Context())
		assert.NoError(t, err)
	}
}

func TestSubsessionsHaveAnOrderOfTheirOwn(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	sub, err := c.Subsession(t.Context())
	require.NoError(t, err)
	require.NoError(t, sub.UntagBuild(t.Context(), "f42", "bash-5.2-1.fc42", false))
	require.NoError(t, c.UntagBuild(t.Context(), "f42", "zlib-1.3-1.fc42", false))
	calls := callsOf(hub, "untagBuild")
	assert.NotEqual(t, calls[0].Session, calls[1].Session)
	assert.Equal(t, 0, calls[0].CallNum)
	require.NoError(t, sub.Logout(t.Context()))
	_, err = c.LoggedInUser(t.Context())
	require.NoError(t, err, "the parent lives on")
	_, err = connect(t, hub).Subsession(t.Context())
	assert.ErrorIs(t, err, koji.ErrInvalid)
}

func TestConcurrentCallsKeepTheHubsOrder(t *testing.T) {
	seed := small()
	for i := range 40 {
		seed.Builds = append(seed.Builds, kojitest.Build{NVR: fmt.Sprintf("pkg%d-1-1", i), Tags: []string{"f42"}})
	}
	hub := kojitest.NewHub(seed)
	c := alice(t, hub)
	var wg sync.WaitGroup
	errs := make(chan error, 200)
	for i := range 40 {
		wg.Go(func() { errs <- c.UntagBuild(t.Context(), "f42", koji.Ref(fmt.Sprintf("pkg%d-1-1", i)), false) })
		wg.Go(func() { _, err := c.Build(t.Context(), "bash-5.2-1.fc42"); errs <- err })
		if i == 20 {
			hub.ExpireSessions()
		}
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		assert.NoError(t, err)
	}
	builds, err := c.ListTagged(t.Context(), koji.TaggedQuery{Tag: "f42"})
	require.NoError(t, err)
	assert.Len(t, builds, 2)
}

func TestAReadBesideAWriteHasNoNumber(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub)
	require.NoError(t, c.Login(t.Context()))
	hub.ForgetCalls()
	for b, err := range c.Tagged(t.Context(), koji.TaggedQuery{Tag: "f42"}) {
		require.NoError(t, err)
		// The listing is still being read; a write in between does not wait.
		require.NoError(t, c.UntagBuild(t.Context(), "f42", b.Ref(), false))
	}
	assert.Equal(t, -1, callsOf(hub, "listTagged")[0].CallNum)
	assert.Len(t, callsOf(hub, "untagBuild"), 2)
}

func TestAnOfflineHubIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := kojitest.NewHub(small())
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo}))
		c := alice(t, hub, koji.WithOfflineWait(20*time.Second), koji.WithLogger(logger))
		require.NoError(t, c.Login(t.Context()))
		hub.SetOffline("upgrade until noon")
		go func() {
			time.Sleep(time.Hour)
			hub.SetOffline("")
		}()
		start := time.Now()
		require.NoError(t, c.UntagBuild(t.Context(), "f42", "bash-5.2-1.fc42", false))
		assert.GreaterOrEqual(t, time.Since(start), time.Hour)
		assert.Contains(t, log.String(), "upgrade until noon")

		hub.SetOffline("gone")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := c.Build(ctx, "bash-5.2-1.fc42")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "gone")
	})
}

func TestHubsWithoutHeadersGetTheSessionInTheQuery(t *testing.T) {
	var urls []string
	old := roundTrip(func(r *http.Request) (*http.Response, error) {
		urls = append(urls, r.URL.RawQuery)
		body, _ := io.ReadAll(r.Body)
		doc := nilReply
		switch {
		case bytes.Contains(body, []byte(">login<")):
			doc = `<methodResponse><params><param><value><struct><member><name>session-id</name><value><int>5</int></value></member>` +
				`<member><name>session-key</name><value><string>sesame-key</string></value></member></struct></value></param></params></methodResponse>`
		case len(urls) == 3:
			return nil, errors.New("connection reset by peer")
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte(doc))), Request: r}, nil
	})
	c, err := koji.NewClient("http://koji.example.com/kojihub", koji.WithHTTPClient(&http.Client{Transport: old}), koji.WithPassword("u", "p"), koji.WithRetry(koji.Retry{}))
	require.NoError(t, err)
	require.NoError(t, c.Call(t.Context(), "hello", nil, nil))
	err = c.Call(t.Context(), "hello", nil, nil)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "sesame-key")
	assert.Equal(t, []string{"", "callnum=0&session-id=5&session-key=sesame-key", "callnum=1&session-id=5&session-key=sesame-key"}, urls)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

// script is a server in memory: the i-th attempt gets the i-th answer, the
// last one is repeated.
type script struct {
	steps []func(*http.Request) (*http.Response, error)
	seen  []seen
}

type seen struct {
	method, url, body string
	header            http.Header
	length            int64
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	i := min(len(s.seen), len(s.steps)-1)
	s.seen = append(s.seen, seen{r.Method, r.URL.String(), string(body), r.Header, r.ContentLength})
	resp, err := s.steps[i](r)
	if resp != nil {
		resp.Request = r
	}
	return resp, err
}

func (s *script) client(t *testing.T, o transport.Options) *transport.Client {
	t.Helper()
	o.HTTPClient = &http.Client{Transport: s}
	c, err := transport.New(o)
	require.NoError(t, err)
	return c
}

func answer(status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(header); i += 2 {
			h.Add(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, ContentLength: int64(len(body)),
			Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func broken(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// cut answers 200 and breaks the body off after the given bytes.
func cut(body string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1,
			Body: io.NopCloser(io.MultiReader(strings.NewReader(body), errReader{io.ErrUnexpectedEOF}))}, nil
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

var dialError = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

func full(d time.Duration) time.Duration { return d }

func retries(n int) transport.Retry { return transport.Retry{Max: n, Wait: time.Second} }

func TestWhatIsRetried(t *testing.T) {
	reset := &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	for _, tc := range []struct {
		name       string
		method     string
		idempotent bool
		step       func(*http.Request) (*http.Response, error)
		attempts   int
	}{
		{"a connection that was never made is tried again even for a POST", "POST", false, broken(dialError), 3},
		{"so is one that a proxy refused", "POST", false, broken(&net.OpError{Op: "proxyconnect", Err: io.EOF}), 3},
		{"a POST cut after it was sent is not repeated", "POST", false, broken(reset), 1},
		{"a GET that nobody called idempotent is not repeated", "GET", false, broken(reset), 1},
		{"an idempotent POST is", "POST", true, broken(reset), 3},
		{"503 of a POST is not", "POST", false, answer(503, "x"), 1},
		{"429 of a POST is not", "POST", false, answer(429, "x"), 1},
		{"503 of an idempotent call is", "POST", true, answer(503, "x"), 3},
		{"429 is", "GET", true, answer(429, "x"), 3},
		{"408 is", "GET", true, answer(408, "x"), 3},
		{"500 is", "GET", true, answer(500, "x"), 3},
		{"501 is not", "GET", true, answer(501, "x"), 1},
		{"404 is not", "GET", true, answer(404, "x"), 1},
		{"401 is not", "GET", true, answer(401, "x"), 1},
		{"a body cut in the middle is", "GET", true, cut("half"), 3},
		{"but not for other writes", "POST", false, cut("half"), 1},
		{"TLS talk with a plain server is not", "GET", true, broken(http.ErrSchemeMismatch), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []func(*http.Request) (*http.Response, error){tc.step}}
				c := s.client(t, transport.Options{Retry: retries(2)})
				_, _ = c.Do(t.Context(), transport.Request{Method: tc.method, URL: "http://hub/x",
					Body: []byte("same body"), Idempotent: tc.idempotent})
				require.Len(t, s.seen, tc.attempts)
				for _, r := range s.seen {
					assert.Equal(t, "same body", r.body)
					assert.EqualValues(t, 9, r.length)
				}
			})
		})
	}
}

func TestTheLastAnswerIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []func(*http.Request) (*http.Response, error){
			answer(502, "proxy"), answer(503, "the reason", "Pdc-Warning", "w")}}
		c := s.client(t, transport.Options{Retry: retries(1)})
		r, err := c.Do(t.Context(), transport.Request{URL: "http://hub/x", Idempotent: true})
		require.NoError(t, err)
		assert.Equal(t, 503, r.Status)
		assert.Equal(t, "the reason", string(r.Body))
		assert.Equal(t, "w", r.Header.Get("Pdc-Warning"))
		assert.Equal(t, 2, r.Attempts)
	})
}

func TestAnAnswerAfterRetriesIsPlainSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []func(*http.Request) (*http.Response, error){
			broken(dialError), answer(503, ""), cut("ab"), answer(200, "abc")}}
		c := s.client(t, transport.Options{Retry: retries(4), Jitter: full})
		start := time.Now()
		r, err := c.Do(t.Context(), transport.Request{URL: "http://hub/x", Idempotent: true})
		require.NoError(t, err)
		assert.Equal(t, "abc", string(r.Body))
		assert.Equal(t, 4, r.Attempts)
		assert.Equal(t, 7*time.Second, time.Since(start), "waits of 1, 2 and 4 s")
	})
}

func TestWaits(t *testing.T) {
	for _, tc := range []struct {
		name  string
		retry transport.Retry
		after string
		want  time.Duration
	}{
		{"double up to MaxWait", transport.Retry{Max: 4, Wait: time.Second, MaxWait: 3 * time.Second}, "", 9 * time.Second},
		{"Retry-After is obeyed", transport.Retry{Max: 1, Wait: time.Second}, "7", 7 * time.Second},
		{"but capped", transport.Retry{Max: 1, Wait: time.Second, MaxWait: 20 * time.Second}, "86400", 20 * time.Second},
		{"beyond all numbers too", transport.Retry{Max: 1, Wait: time.Second}, "99999999999999999999999", 30 * time.Second},
		{"and as seconds that overflow", transport.Retry{Max: 1, Wait: time.Second}, "9999999999999", 30 * time.Second},
		{"a date far off is capped", transport.Retry{Max: 1, Wait: time.Second}, "Fri, 01 Jan 2100 00:00:00 GMT", 30 * time.Second},
		{"a date in the past means our own wait", transport.Retry{Max: 1, Wait: time.Second}, "Fri, 01 Jan 1999 00:00:00 GMT", time.Second},
		{"zero means our own wait", transport.Retry{Max: 1, Wait: time.Second}, "0", time.Second},
		{"so does nonsense", transport.Retry{Max: 1, Wait: time.Second}, "soon", time.Second},
		{"and a negative number", transport.Retry{Max: 1, Wait: time.Second}, "-5", time.Second},
		{"many retries don't overflow", transport.Retry{Max: 70, Wait: time.Second, MaxWait: time.Second}, "", 70 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []func(*http.Request) (*http.Response, error){answer(503, "", "Retry-After", tc.after)}}
				c := s.client(t, transport.Options{Retry: tc.retry, Jitter: full})
				start := time.Now()
				_, err := c.Do(t.Context(), transport.Request{URL: "http://hub/x", Idempotent: true})
				require.NoError(t, err)
				assert.Equal(t, tc.want, time.Since(start))
			})
		})
	}
}

func TestJitterIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []func(*http.Request) (*http.Response, error){answer(503, "")}}
		c := s.client(t, transport.Options{Retry: transport.Retry{Max: 1, Wait: time.Second}})
		var low, high bool
		for range 200 {
			start := time.Now()
			_, err := c.Do(t.Context(), transport.Request{URL: "http://hub/x", Idempotent: true})
			require.NoError(t, err)
			took := time.Since(start)
			require.LessOrEqual(t, took, time.Second)
			low = low || took < 200*time.Millisecond
			high = high || took > 800*time.Millisecond
		}
		assert.True(t, low && high, "waits spread over the whole range")
	})
}

func TestNoSleepingIntoTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []func(*http.Request) (*http.Response, error){answer(503, "busy", "Retry-After", "25")}}
		c := s.client(t, transport.Options{Retry: retries(3)})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		start := time.Now()
		r, err := c.Do(ctx, transport.Request{URL: "http://hub/x", Idempotent: true})
		require.NoError(t, err)
		assert.Equal(t, "busy", string(r.Body), "the server's own words")
		assert.Zero(t, time.Since(start))
	})
}

func TestContextErrorsSurviveWithTheLastCause(t *testing.T) {
	for _, tc := range []struct {
		name string
		step func(*http.Request) (*http.Response, error)
		text string
	}{
		{"after an answer", answer(502, ""), "502 Bad Gateway"},
		{"after an error", broken(dialError), "connection refused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []func(*http.Request) (*http.Response, error){tc.step}}
				c := s.client(t, transport.Options{Retry: retries(9), Jitter: full})
				why := errors.New("maintenance begins")
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(5*time.Second, func() { cancel(why) })
				_, err := c.Do(ctx, transport.Request{Op: "getTag", URL: "http://hub/x", Idempotent: true})
				require.ErrorIs(t, err, context.Canceled)
				require.ErrorIs(t, err, why)
				var te *transport.Error
				require.ErrorAs(t, err, &te)
				assert.Equal(t, 3, te.Attempts)
				assert.Contains(t, err.Error(), "getTag: GET hub/x: context canceled")
				assert.Contains(t, err.Error(), "last attempt: ")
				assert.Contains(t, err.Error(), tc.text)
			})
		})
	}
}

func TestACanceledContextSendsNothing(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(200, "")}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.client(t, transport.Options{}).Do(ctx, transport.Request{URL: "http://hub/x"})
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, s.seen)
}

func TestATimeoutOfTheUsersClientCountsPerAttempt(t *testing.T) {
	first := true
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first {
			first = false
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, "ok")
	}))
	defer srv.Close()
	c, err := transport.New(transport.Options{HTTPClient: &http.Client{Timeout: 50 * time.Millisecond},
		Retry: transport.Retry{Max: 1, Wait: time.Millisecond}})
	require.NoError(t, err)
	r, err := c.Do(t.Context(), transport.Request{URL: srv.URL, Idempotent: true})
	require.NoError(t, err)
	assert.Equal(t, 2, r.Attempts)
}

func TestAttemptMakesFreshHeadersEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []func(*http.Request) (*http.Response, error){answer(503, "")}}
		c := s.client(t, transport.Options{Retry: retries(2)})
		n := 0
		_, err := c.Do(t.Context(), transport.Request{URL: "http://hub/x", Idempotent: true,
			Header: http.Header{"X-Kept": {"1"}},
			Attempt: func(r *http.Request) error {
				n++
				r.Header.Add("Authorization", "Negotiate token"+strings.Repeat("x", n))
				return nil
			}})
		require.NoError(t, err)
		require.Len(t, s.seen, 3)
		for i, r := range s.seen {
			assert.Equal(t, []string{"Negotiate token" + strings.Repeat("x", i+1)}, r.header["Authorization"])
			assert.Equal(t, []string{"1"}, r.header["X-Kept"])
		}
	})
}

func TestAnErrorOfAttemptEndsTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []func(*http.Request) (*http.Response, error){answer(503, "")}}
		c := s.client(t, transport.Options{Retry: retries(5)})
		expired := errors.New("ticket expired")
		n := 0
		_, err := c.Do(t.Context(), transport.Request{URL: "http://hub/x", Idempotent: true,
			Attempt: func(*http.Request) error {
				if n++; n == 2 {
					return expired
				}
				return nil
			}})
		require.ErrorIs(t, err, expired)
		assert.Len(t, s.seen, 1)
	})
}

func TestUserAgentAndTransportOfTheUserAreKept(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(200, "")}}
	c := s.client(t, transport.Options{UserAgent: "my-orchestrator/1.2"})
	_, err := c.Do(t.Context(), transport.Request{URL: "http://hub/x"})
	require.NoError(t, err)
	assert.Regexp(t, `^my-orchestrator/1\.2 relkit/\S+$`, s.seen[0].header.Get("User-Agent"))
}

func TestIdleConnectionsOfOthersSurviveAFailure(t *testing.T) {
	s := &closeable{script: script{steps: []func(*http.Request) (*http.Response, error){broken(io.EOF)}}}
	c, err := transport.New(transport.Options{HTTPClient: &http.Client{Transport: s}})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), transport.Request{URL: "http://hub/x"})
	require.ErrorIs(t, err, io.EOF)
	assert.Zero(t, s.closed)
}

type closeable struct {
	script
	closed int
}

func (c *closeable) CloseIdleConnections() { c.closed++ }

func TestBadRequestsAreRefusedBeforeAnyIO(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(200, "")}}
	c := s.client(t, transport.Options{Retry: retries(3)})
	for name, r := range map[string]transport.Request{
		"no scheme":      {URL: "hub/x"},
		"other scheme":   {URL: "file:///etc/passwd"},
		"no host":        {URL: "http:///x"},
		"unreadable":     {URL: "http://user:pass word@hub/\x7f?token=sesame"},
		"control header": {URL: "http://hub/", Header: http.Header{"X-A": {"a\r\nCookie: sesame"}}},
		"bad method":     {URL: "http://hub/", Method: "GE T"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Do(t.Context(), r)
			var te *transport.Error
			require.ErrorAs(t, err, &te)
			assert.NotContains(t, err.Error(), "sesame")
		})
	}
	_, err := c.Stream(t.Context(), transport.Request{URL: "http://hub/x"}, nil)
	require.Error(t, err)
	assert.Empty(t, s.seen)
}

func TestBadOptionsAreRefused(t *testing.T) {
	for _, o := range []transport.Options{
		{Retry: transport.Retry{Max: -1}},
		{Retry: transport.Retry{Wait: -1}},
		{Retry: transport.Retry{Wait: 2, MaxWait: 1}},
		{UserAgent: "a\nb"},
	} {
		_, err := transport.New(o)
		assert.Error(t, err, "%+v", o)
	}
}

func TestOneDebugRecordPerAttemptWithoutSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var buf bytes.Buffer
		log := slog.New(slog.NewTextHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug}))
		leak := errors.New(`Get "http://bob:hunter2@hub/x?session-key=sesame": token deadbeef refused`)
		s := &script{steps: []func(*http.Request) (*http.Response, error){answer(503, "later"), broken(leak)}}
		c := s.client(t, transport.Options{Retry: retries(1), Logger: log})
		_, err := c.Do(t.Context(), transport.Request{Op: "getTag", URL: "http://bob:hunter2@hub/x?session-key=sesame",
			Idempotent: true, Header: http.Header{"Authorization": {"Token deadbeef"}}})
		require.ErrorIs(t, err, leak)
		lines := strings.Split(strings.TrimSpace(buf.String()), "\n")
		require.Len(t, lines, 2)
		assert.Contains(t, lines[0], "level=DEBUG msg=\"http attempt\" op=getTag method=GET host=hub path=/x status=503 attempt=1 elapsed=0s bytes=5")
		assert.Contains(t, lines[1], "attempt=2")
		for _, secret := range []string{"hunter2", "sesame", "deadbeef", "session-key"} {
			assert.NotContains(t, buf.String(), secret)
			assert.NotContains(t, err.Error(), secret)
			var te *transport.Error
			require.ErrorAs(t, err, &te)
			assert.NotContains(t, te.LogValue().String(), secret)
		}
	})
}

func TestErrorsNameOperationHostAndPath(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){broken(dialError)}}
	c := s.client(t, transport.Options{})
	_, err := c.Do(t.Context(), transport.Request{Op: "getBuild", Method: "POST", URL: "https://hub.example.com/kojihub?a=b"})
	assert.EqualError(t, err, "getBuild: POST hub.example.com/kojihub: dial tcp: connection refused")
	_, err = c.Do(t.Context(), transport.Request{Op: "GET /rest_api/v1/arches/", URL: "https://pdc.example.com/rest_api/v1/arches/"})
	assert.EqualError(t, err, "GET pdc.example.com/rest_api/v1/arches/: dial tcp: connection refused")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

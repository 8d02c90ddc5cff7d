// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/transport"
)

func gz(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, s)
	w.Close()
	return b.String()
}

func TestGzipIsUndone(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(200, gz("hello"), "Content-Encoding", "gzip")}}
	r, err := s.client(t, transport.Options{}).Do(t.Context(), transport.Request{URL: "http://hub/x"})
	require.NoError(t, err)
	assert.Equal(t, "hello", string(r.Body))
	assert.Equal(t, "gzip", s.seen[0].header.Get("Accept-Encoding"))
}

func TestRawBodiesAreLeftAlone(t *testing.T) {
	file := gz("a tarball")
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(200, file, "Content-Encoding", "x-gzip")}}
	r, err := s.client(t, transport.Options{}).Do(t.Context(), transport.Request{URL: "http://hub/x", Raw: true})
	require.NoError(t, err)
	assert.Equal(t, file, string(r.Body))
	assert.Equal(t, "identity", s.seen[0].header.Get("Accept-Encoding"))
}

func TestRangesAndHeadAskForNoCompression(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(206, "x")}}
	c := s.client(t, transport.Options{})
	_, err := c.Do(t.Context(), transport.Request{URL: "http://hub/x", Header: http.Header{"Range": {"bytes=0-0"}}})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), transport.Request{URL: "http://hub/x", Method: "HEAD"})
	require.NoError(t, err)
	for _, r := range s.seen {
		assert.Empty(t, r.header.Get("Accept-Encoding"))
	}
}

func TestAnEmptyGzipAnswerIsEmpty(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(204, "", "Content-Encoding", "gzip")}}
	r, err := s.client(t, transport.Options{}).Do(t.Context(), transport.Request{URL: "http://hub/x"})
	require.NoError(t, err)
	assert.Empty(t, r.Body)
}

func TestLimits(t *testing.T) {
	bomb := gz(strings.Repeat("\x00", 10<<20))
	for _, tc := range []struct {
		name string
		o    transport.Options
		max  int64
		step func(*http.Request) (*http.Response, error)
		ok   bool
	}{
		{"a body at the limit passes", transport.Options{MaxBody: 5}, 0, answer(200, "12345"), true},
		{"one byte more doesn't", transport.Options{MaxBody: 5}, 0, answer(200, "123456"), false},
		{"a gzip bomb doesn't", transport.Options{MaxBody: 1 << 20}, 0, answer(200, bomb, "Content-Encoding", "gzip"), false},
		{"nor too much before decompression", transport.Options{MaxBody: 20 << 20, MaxWire: 1000}, 0, answer(200, bomb, "Content-Encoding", "gzip"), false},
		{"a request can raise the limit", transport.Options{MaxBody: 5}, 6, answer(200, "123456"), true},
		{"or lift it", transport.Options{MaxBody: 5}, -1, answer(200, strings.Repeat("x", 1<<20)), true},
		{"a client can have none", transport.Options{MaxBody: -1}, 0, answer(200, strings.Repeat("x", 1<<20)), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.o.Retry = transport.Retry{Max: 3, Wait: time.Nanosecond}
			s := &script{steps: []func(*http.Request) (*http.Response, error){tc.step}}
			r, err := s.client(t, tc.o).Do(t.Context(), transport.Request{URL: "http://hub/x", MaxBody: tc.max, Idempotent: true})
			assert.Len(t, s.seen, 1, "a second time would be no smaller")
			if tc.ok {
				require.NoError(t, err)
				assert.NotEmpty(t, r.Body)
				return
			}
			require.ErrorIs(t, err, transport.ErrTooLarge)
		})
	}
}

func TestABombCostsNoMoreMemoryThanTheLimit(t *testing.T) {
	bomb := gz(strings.Repeat("\x00", 64<<20))
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(200, bomb, "Content-Encoding", "gzip")}}
	c := s.client(t, transport.Options{MaxBody: 1 << 20})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.Do(t.Context(), transport.Request{URL: "http://hub/x"})
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, transport.ErrTooLarge)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20))
}

func TestAnEndlessErrorPageKeepsItsStatus(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){
		func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 403, Header: http.Header{}, Body: io.NopCloser(endless{})}, nil
		}}}
	r, err := s.client(t, transport.Options{}).Do(t.Context(), transport.Request{URL: "http://hub/x"})
	require.NoError(t, err)
	assert.Equal(t, 403, r.Status)
	assert.Len(t, r.Body, 1<<20)
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestDamagedAndUnknownEncodings(t *testing.T) {
	for name, step := range map[string]func(*http.Request) (*http.Response, error){
		"not gzip at all": answer(200, "plain", "Content-Encoding", "gzip"),
		"cut gzip":        answer(200, gz(strings.Repeat("abc", 1000))[:20], "Content-Encoding", "gzip"),
		"unknown":         answer(200, "x", "Content-Encoding", "br"),
	} {
		s := &script{steps: []func(*http.Request) (*http.Response, error){step}}
		_, err := s.client(t, transport.Options{}).Do(t.Context(), transport.Request{URL: "http://hub/x"})
		assert.Error(t, err, name)
	}
}

func TestStreamHandsOverTheBody(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(200, gz("rows"), "Content-Encoding", "gzip", "X-A", "b")}}
	var got string
	r, err := s.client(t, transport.Options{}).Stream(t.Context(), transport.Request{URL: "http://hub/x"},
		func(r *transport.Response, body io.Reader) error {
			assert.Equal(t, "b", r.Header.Get("X-A"))
			data, err := io.ReadAll(body)
			got = string(data)
			return err
		})
	require.NoError(t, err)
	assert.Equal(t, "rows", got)
	assert.Nil(t, r.Body)
}

func TestStreamReturnsOtherAnswersWhole(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(404, "no such thing")}}
	r, err := s.client(t, transport.Options{}).Stream(t.Context(), transport.Request{URL: "http://hub/x"},
		func(*transport.Response, io.Reader) error { t.Error("not for 404"); return nil })
	require.NoError(t, err)
	assert.Equal(t, "no such thing", string(r.Body))
}

func TestWhenAStreamIsRepeated(t *testing.T) {
	mine := errors.New("row 3 is odd")
	read := func(_ *transport.Response, b io.Reader) error { _, err := io.ReadAll(b); return err }
	for _, tc := range []struct {
		name       string
		idempotent bool
		step       func(*http.Request) (*http.Response, error)
		fn         func(*transport.Response, io.Reader) error
		attempts   int
		want       error
	}{
		{"cut before the first byte: again", true, cut(""), read, 3, io.ErrUnexpectedEOF},
		{"but not when it isn't idempotent", false, cut(""), read, 1, io.ErrUnexpectedEOF},
		{"cut after rows were handed over: not again", true, cut("row"), read, 1, io.ErrUnexpectedEOF},
		{"unless the function says so", true, cut("row"), func(r *transport.Response, b io.Reader) error {
			return transport.Retryable(read(r, b))
		}, 3, io.ErrUnexpectedEOF},
		{"the function's word counts for writes too", false, answer(200, "offline"),
			func(*transport.Response, io.Reader) error { return transport.Retryable(mine) }, 3, mine},
		{"the function's own error ends it", true, answer(200, "rows"),
			func(*transport.Response, io.Reader) error { return mine }, 1, mine},
		{"503 is answered again without it", true, answer(503, ""), nil, 3, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []func(*http.Request) (*http.Response, error){tc.step}}
				fn := tc.fn
				if fn == nil {
					fn = func(*transport.Response, io.Reader) error { t.Error("called"); return nil }
				}
				_, err := s.client(t, transport.Options{Retry: retries(2)}).Stream(t.Context(),
					transport.Request{Method: "POST", URL: "http://hub/x", Idempotent: tc.idempotent}, fn)
				require.ErrorIs(t, err, tc.want)
				assert.Len(t, s.seen, tc.attempts)
				if tc.want == mine {
					assert.Equal(t, mine, err, "as it was returned")
				}
			})
		})
	}
}

func TestStreamLimitReachesTheFunction(t *testing.T) {
	s := &script{steps: []func(*http.Request) (*http.Response, error){answer(200, "123456")}}
	_, err := s.client(t, transport.Options{MaxBody: 3}).Stream(t.Context(), transport.Request{URL: "http://hub/x"},
		func(_ *transport.Response, b io.Reader) error {
			data, err := io.ReadAll(b)
			assert.Equal(t, "123", string(data))
			return err
		})
	require.ErrorIs(t, err, transport.ErrTooLarge)
	var te *transport.Error
	require.ErrorAs(t, err, &te)
}

func TestUploadsAreStreamedAndReopened(t *testing.T) {
	const size = 8 << 20
	var lengths []int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lengths = append(lengths, r.ContentLength)
		n, _ := io.Copy(io.Discard, r.Body)
		if assert.EqualValues(t, size, n); len(lengths) == 1 {
			w.WriteHeader(503)
		}
	}))
	defer srv.Close()
	c, err := transport.New(transport.Options{Retry: transport.Retry{Max: 1, Wait: time.Millisecond}})
	require.NoError(t, err)
	for _, known := range []int64{size, -1} {
		lengths = nil
		opened, closed := 0, 0
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := c.Do(t.Context(), transport.Request{Method: "POST", URL: srv.URL, Idempotent: true, BodySize: known,
			BodyFunc: func() (io.ReadCloser, error) {
				opened++
				return &closer{io.LimitReader(endless{}, size), &closed}, nil
			}})
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		assert.Equal(t, 200, r.Status)
		assert.Equal(t, []int64{known, known}, lengths)
		assert.Equal(t, 2, opened)
		assert.GreaterOrEqual(t, closed, 2)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(size), "nothing is slurped")
	}
}

type closer struct {
	io.Reader
	closed *int
}

func (c *closer) Close() error { *c.closed++; return nil }

func TestABodyThatCannotBeReopenedEndsTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []func(*http.Request) (*http.Response, error){broken(dialError)}}
		gone := errors.New("pipe is used up")
		n := 0
		_, err := s.client(t, transport.Options{Retry: retries(5)}).Do(t.Context(), transport.Request{Method: "POST", URL: "http://hub/x",
			BodySize: -1, BodyFunc: func() (io.ReadCloser, error) {
				if n++; n > 1 {
					return nil, gone
				}
				return io.NopCloser(strings.NewReader("x")), nil
			}})
		require.ErrorIs(t, err, gone)
		assert.ErrorContains(t, err, "connection refused", "why it was opened again")
		assert.Len(t, s.seen, 1)
	})
}

func TestConnectionsAreReused(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, gz(strings.Repeat("x", 10000)))
	}))
	defer srv.Close()
	c, err := transport.New(transport.Options{})
	require.NoError(t, err)
	var addrs = map[string]bool{}
	srv.Config.Handler = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { addrs[r.RemoteAddr] = true; next.ServeHTTP(w, r) })
	}(srv.Config.Handler)
	for range 3 {
		_, err := c.Do(t.Context(), transport.Request{URL: srv.URL})
		require.NoError(t, err)
		_, err = c.Stream(t.Context(), transport.Request{URL: srv.URL}, func(_ *transport.Response, b io.Reader) error {
			_, err := io.ReadFull(b, make([]byte, 10000))
			return err
		})
		require.NoError(t, err)
	}
	assert.Len(t, addrs, 1)
}

// SPDX-License-Identifier: MIT

package distgit_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
)

var cachedRepo = distgit.Repo{Namespace: "rpms", Name: "bash"}

func sha512sum(data []byte) string { s := sha512.Sum512(data); return hex.EncodeToString(s[:]) }

func archiveOf(file string, data []byte) distgit.Archive {
	return distgit.Archive{Repo: cachedRepo, SourceEntry: distgit.SourceEntry{HashType: "sha512", Hash: sha512sum(data), File: file}}
}

// content is 300,000 bytes that don't repeat soon.
func content() []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < 300_000; i++ {
		fmt.Fprintf(&b, "%d ", i*i)
	}
	return b.Bytes()
}

func TestLayoutsOfTheKnownCaches(t *testing.T) {
	sum := strings.Repeat("ab", 64)
	for _, c := range []struct {
		layout distgit.Layout
		repo   string
		branch string
		want   string
	}{
		{distgit.LayoutFedora, "rpms/libstdc++", "", "rpms/libstdc++/a%20b.tgz/sha512/" + sum + "/a%20b.tgz"},
		{distgit.LayoutFedora, "@group/project/bash", "", "@group/project/bash/a%20b.tgz/sha512/" + sum + "/a%20b.tgz"},
		{distgit.LayoutNoNamespace, "bash", "", "bash/a%20b.tgz/sha512/" + sum + "/a%20b.tgz"},
		{distgit.LayoutBranch, "bash", "c8", "bash/c8/" + sum},
		{distgit.LayoutBlob, "bash", "", sum},
		{"pkgs/" + distgit.LayoutNoNamespaceMD5, "bash", "", "pkgs/bash/a%20b.tgz/" + sum + "/a%20b.tgz"},
	} {
		l, err := distgit.NewLookaside("https://cache.example.com/repo/pkgs/", []distgit.Layout{c.layout})
		require.NoError(t, err)
		repo, err := distgit.ParseRepo(c.repo)
		require.NoError(t, err)
		urls, err := l.URLs(distgit.Archive{Repo: repo, Branch: c.branch, SourceEntry: distgit.SourceEntry{HashType: "sha512", Hash: strings.ToUpper(sum), File: "a b.tgz"}})
		require.NoError(t, err)
		assert.Equal(t, []string{"https://cache.example.com/repo/pkgs/" + c.want}, urls)
	}
	l, err := distgit.NewLookaside("https://cache.example.com", nil)
	require.NoError(t, err)
	urls, err := l.URLs(distgit.Archive{Repo: cachedRepo, SourceEntry: distgit.SourceEntry{HashType: "md5", Hash: md5of, File: "a.tgz"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"https://cache.example.com/rpms/bash/a.tgz/md5/" + md5of + "/a.tgz", "https://cache.example.com/rpms/bash/a.tgz/" + md5of + "/a.tgz"}, urls)
	for _, bad := range []distgit.Layout{"/{hash}", "{file}", "{hash}?x", ""} {
		_, err := distgit.NewLookaside("https://cache.example.com", []distgit.Layout{bad})
		require.ErrorIs(t, err, distgit.ErrInvalid, string(bad))
	}
	l, err = distgit.NewLookaside("https://cache.example.com", []distgit.Layout{distgit.LayoutBranch})
	require.NoError(t, err)
	for name, a := range map[string]distgit.Archive{
		"no branch":  archiveOf("a.tgz", nil),
		"up":         {Repo: cachedRepo, Branch: "c8", SourceEntry: distgit.SourceEntry{HashType: "md5", Hash: md5of, File: "../a"}},
		"bad repo":   {Repo: distgit.Repo{Name: "../x"}, Branch: "c8", SourceEntry: distgit.SourceEntry{HashType: "md5", Hash: md5of, File: "a"}},
		"short hash": {Repo: cachedRepo, Branch: "c8", SourceEntry: distgit.SourceEntry{HashType: "md5", Hash: "12", File: "a"}},
	} {
		_, err := l.URLs(a)
		require.ErrorIs(t, err, distgit.ErrInvalid, name)
		_, err = l.Download(t.Context(), distgit.Download{Archive: a, Dir: t.TempDir()})
		require.ErrorIs(t, err, distgit.ErrInvalid, name)
	}
}

func fakeCache(t *testing.T, opt distgittest.Options, opts ...distgit.Option) (*distgittest.Server, *distgit.Lookaside) {
	t.Helper()
	srv, err := distgittest.NewServer(opt)
	require.NoError(t, err)
	t.Cleanup(func() { srv.Close() })
	require.NoError(t, srv.Add(cachedRepo, distgittest.Package(map[string]string{"bash.spec": "Name: bash\n"})))
	l, err := distgit.NewLookaside(srv.URL+"/repo/pkgs", nil, opts...)
	require.NoError(t, err)
	return srv, l
}

func TestArchivesComeDownOnceAndWhole(t *testing.T) {
	srv, l := fakeCache(t, distgittest.Options{})
	data := content()
	sum, err := srv.Store(cachedRepo, "bash-5.2.tar.gz", data)
	require.NoError(t, err)
	d := distgit.Download{Archive: archiveOf("bash-5.2.tar.gz", data), Dir: t.TempDir()}
	require.Equal(t, sum, d.Hash)
	got, err := l.Download(t.Context(), d)
	require.NoError(t, err)
	assert.Equal(t, distgit.Downloaded{Path: filepath.Join(d.Dir, d.File), Size: int64(len(data)),
		URL: srv.URL + "/repo/pkgs/rpms/bash/bash-5.2.tar.gz/sha512/" + sum + "/bash-5.2.tar.gz"}, got)
	assert.Equal(t, data, readFile(t, got.Path))
	got, err = l.Download(t.Context(), d)
	require.NoError(t, err)
	assert.True(t, got.Present)
	assert.Equal(t, []string{"bash-5.2.tar.gz"}, names(t, d.Dir), "nothing else is left")

	d.SourceEntry = archiveOf("other.tgz", []byte("x")).SourceEntry
	_, err = l.Download(t.Context(), d)
	require.ErrorIs(t, err, distgit.ErrNotFound)
	assert.Equal(t, []string{"bash-5.2.tar.gz"}, names(t, d.Dir))
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// moody serves one archive as it is told to.
type moody struct {
	sync.Mutex
	data   []byte
	answer func(w http.ResponseWriter, r *http.Request, n int)
	asked  []string // Range headers
}

func (m *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.Lock()
	m.asked = append(m.asked, r.Header.Get("Range"))
	n := len(m.asked)
	m.Unlock()
	if r.Header.Get("Accept-Encoding") != "identity" {
		http.Error(w, "compressed archives have other hashes", http.StatusBadRequest)
		return
	}
	m.answer(w, r, n)
}

func (m *moody) serve(w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(m.data))
}

// cut sends the beginning of what was asked for, and breaks the connection.
func (m *moody) cut(w http.ResponseWriter, r *http.Request, bytes int) {
	m.serve(&cutWriter{w, bytes}, r)
}

type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(p []byte) (int, error) {
	if c.left < len(p) {
		c.ResponseWriter.Write(p[:c.left])
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

func newMoody(t *testing.T, opts ...distgit.Option) (*moody, *distgit.Lookaside, distgit.Download) {
	t.Helper()
	m := &moody{data: content()}
	m.answer = func(w http.ResponseWriter, r *http.Request, _ int) { m.serve(w, r) }
	srv := httptest.NewServer(m)
	t.Cleanup(srv.Close)
	l, err := distgit.NewLookaside(srv.URL, nil, opts...)
	require.NoError(t, err)
	return m, l, distgit.Download{Archive: archiveOf("a.tgz", m.data), Dir: t.TempDir()}
}

func TestAnInterruptedDownloadGoesOn(t *testing.T) {
	m, l, d := newMoody(t)
	m.answer = func(w http.ResponseWriter, r *http.Request, n int) {
		if n == 1 {
			m.cut(w, r, 100_000)
		}
		m.serve(w, r)
	}
	_, err := l.Download(t.Context(), d)
	require.ErrorIs(t, err, distgit.ErrUnavailable)
	require.Len(t, names(t, d.Dir), 1, "the part is kept")
	assert.NotContains(t, names(t, d.Dir), "a.tgz", "but not under the archive's name")
	got, err := l.Download(t.Context(), d)
	require.NoError(t, err)
	assert.Positive(t, got.Resumed)
	assert.Equal(t, []string{"", fmt.Sprintf("bytes=%d-", got.Resumed)}, m.asked)
	assert.Equal(t, m.data, readFile(t, got.Path))
	assert.Equal(t, []string{"a.tgz"}, names(t, d.Dir))
}

func TestARetriedDownloadGoesOnFromTheCut(t *testing.T) {
	m, l, d := newMoody(t, distgit.WithRetry(distgit.Retry{Max: 3, Wait: time.Millisecond, MaxWait: time.Millisecond}))
	m.answer = func(w http.ResponseWriter, r *http.Request, n int) {
		switch n {
		case 1, 2:
			m.cut(w, r, 90_000)
		case 3:
			http.Error(w, "busy", http.StatusServiceUnavailable)
		default:
			m.serve(w, r)
		}
	}
	got, err := l.Download(t.Context(), d)
	require.NoError(t, err)
	assert.Equal(t, m.data, readFile(t, got.Path))
	assert.Zero(t, got.Resumed, "nothing was there before")
	require.Len(t, m.asked, 4)
	assert.Equal(t, m.asked[2], m.asked[3])
	assert.NotEqual(t, m.asked[1], m.asked[2])
}

func TestAServerMayNotKnowRanges(t *testing.T) {
	m, l, d := newMoody(t)
	m.answer = func(w http.ResponseWriter, r *http.Request, n int) {
		if n == 1 {
			m.cut(w, r, 100_000)
		}
		r.Header.Del("Range")
		m.serve(w, r)
	}
	_, err := l.Download(t.Context(), d)
	require.Error(t, err)
	got, err := l.Download(t.Context(), d)
	require.NoError(t, err)
	assert.Equal(t, m.data, readFile(t, got.Path))
}

func TestAPartOfSomethingElseIsDropped(t *testing.T) {
	m, l, d := newMoody(t)
	for name, part := range map[string][]byte{"other bytes": bytes.Repeat([]byte("x"), 1000), "too many bytes": append(bytes.Clone(m.data), 'x'), "all of it": m.data} {
		path := filepath.Join(d.Dir, ".a.tgz."+d.Hash[:16]+".part")
		require.NoError(t, os.WriteFile(path, part, 0o600))
		got, err := l.Download(t.Context(), d)
		require.NoError(t, err, name)
		assert.Equal(t, m.data, readFile(t, got.Path), name)
		assert.Equal(t, []string{"a.tgz"}, names(t, d.Dir))
		require.NoError(t, os.Remove(got.Path))
	}
}

func TestWrongContentNeverGetsTheName(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(m *moody) func(http.ResponseWriter, *http.Request, int)
		is     error
		html   bool
	}{
		"other content": {func(*moody) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, _ *http.Request, _ int) { io.WriteString(w, "other") }
		}, distgit.ErrChecksum, false},
		"a web page": {func(*moody) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, _ *http.Request, _ int) {
				io.WriteString(w, "<!DOCTYPE html><html>log in</html>")
			}
		}, distgit.ErrChecksum, true},
		"another success": {func(*moody) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusAccepted) }
		}, distgit.ErrUnavailable, false},
		"an empty file": {func(*moody) func(http.ResponseWriter, *http.Request, int) {
			return func(http.ResponseWriter, *http.Request, int) {}
		}, distgit.ErrChecksum, false},
		"no permission": {func(*moody) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusForbidden) }
		}, distgit.ErrForbidden, false},
		"too large": {func(m *moody) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, r *http.Request, _ int) { m.serve(w, r) }
		}, distgit.ErrInvalid, false},
	} {
		t.Run(name, func(t *testing.T) {
			m, l, d := newMoody(t)
			m.answer = c.answer(m)
			if name == "too large" {
				d.MaxSize = 1000
			}
			old := filepath.Join(d.Dir, "a.tgz")
			require.NoError(t, os.WriteFile(old, []byte("older content"), 0o600))
			_, err := l.Download(t.Context(), d)
			require.ErrorIs(t, err, c.is)
			assert.Equal(t, "older content", string(readFile(t, old)))
			assert.Equal(t, []string{"a.tgz"}, names(t, d.Dir), "no useless part stays")
			var sum *distgit.ChecksumError
			if errors.As(err, &sum) {
				assert.Equal(t, c.html, sum.HTML)
				assert.Contains(t, err.Error(), "a.tgz: expected sha512 "+d.Hash+", got "+sum.Got)
			}
		})
	}
}

func TestAnUnknownHashTypeIsNotTrusted(t *testing.T) {
	_, l, d := newMoody(t)
	d.HashType = "blake2b"
	_, err := l.Download(t.Context(), d)
	require.ErrorIs(t, err, distgit.ErrInvalid)
	assert.Empty(t, names(t, d.Dir))
}

func TestADownloadEndsWithItsContext(t *testing.T) {
	m, l, d := newMoody(t, distgit.WithRetry(distgit.Retry{Max: 5}))
	ctx, cancel := context.WithCancel(t.Context())
	m.answer = func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Write(m.data[:1000])
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	}
	_, err := l.Download(ctx, d)
	require.ErrorIs(t, err, context.Canceled)
	assert.Len(t, m.asked, 1)
}

func TestAllLayoutsAreTried(t *testing.T) {
	data := []byte("old and small")
	sum := md5.Sum(data)
	e := distgit.SourceEntry{HashType: "md5", Hash: hex.EncodeToString(sum[:]), File: "a.tgz"}
	mux := http.NewServeMux()
	mux.HandleFunc("/rpms/bash/a.tgz/"+e.Hash+"/a.tgz", func(w http.ResponseWriter, _ *http.Request) { w.Write(data) })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	l, err := distgit.NewLookaside(srv.URL, nil)
	require.NoError(t, err)
	got, err := l.Download(t.Context(), distgit.Download{Archive: distgit.Archive{Repo: cachedRepo, SourceEntry: e}, Dir: t.TempDir()})
	require.NoError(t, err)
	assert.Equal(t, srv.URL+"/rpms/bash/a.tgz/"+e.Hash+"/a.tgz", got.URL)
}

func TestNewSourcesAreUploadedThenNamed(t *testing.T) {
	srv, l := fakeCache(t, distgittest.Options{Users: map[string]string{"jane": "secret"}}, distgit.WithToken("secret"))
	dir := t.TempDir()
	a, b := filepath.Join(dir, "bash-5.3.tar.gz"), filepath.Join(dir, "doc 1.pdf")
	require.NoError(t, os.WriteFile(a, content(), 0o600))
	require.NoError(t, os.WriteFile(b, []byte("doc"), 0o600))
	_, err := srv.Store(cachedRepo, "doc 1.pdf", []byte("doc"))
	require.NoError(t, err)
	old := "SHA512 (bash-5.2.tar.gz) = " + sha512of + "\n"
	n := distgit.NewSources{Repo: cachedRepo, Files: []string{a, b}, Sources: []byte(old), Gitignore: []byte("/bash-*.tar.gz\n")}
	got, err := l.NewSources(t.Context(), n)
	require.NoError(t, err)
	require.Len(t, got.Uploaded, 2)
	assert.False(t, got.Uploaded[0].Already)
	assert.True(t, got.Uploaded[1].Already)
	lines := got.Uploaded[0].String() + "\n" + got.Uploaded[1].String() + "\n"
	assert.Equal(t, old+lines, string(got.Sources))
	assert.Equal(t, "/bash-*.tar.gz\n/doc 1.pdf\n", string(got.Gitignore))
	n.Replace = true
	got, err = l.NewSources(t.Context(), n)
	require.NoError(t, err)
	assert.Equal(t, lines, string(got.Sources))
	assert.True(t, got.Uploaded[0].Already, "the second time, nothing is sent")

	down, err := l.Download(t.Context(), distgit.Download{Archive: distgit.Archive{Repo: cachedRepo, SourceEntry: got.Uploaded[0].SourceEntry}, Dir: t.TempDir()})
	require.NoError(t, err)
	assert.Equal(t, content(), readFile(t, down.Path))
}

func TestNothingIsSentThatCannotBeNamed(t *testing.T) {
	calls := 0
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls++ }))
	defer srv.Close()
	l, err := distgit.NewLookaside(srv.URL, nil)
	require.NoError(t, err)
	dir := t.TempDir()
	a := filepath.Join(dir, "a.tgz")
	require.NoError(t, os.WriteFile(a, []byte("x"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "d"), 0o755))
	twin := filepath.Join(dir, "d", "a.tgz")
	require.NoError(t, os.WriteFile(twin, []byte("y"), 0o600))
	hidden := filepath.Join(dir, ".gitattributes")
	require.NoError(t, os.WriteFile(hidden, []byte("y"), 0o600))
	for name, c := range map[string]struct {
		n  distgit.NewSources
		is error
	}{
		"no files":         {distgit.NewSources{Repo: cachedRepo}, distgit.ErrInvalid},
		"missing file":     {distgit.NewSources{Repo: cachedRepo, Files: []string{filepath.Join(dir, "no")}}, os.ErrNotExist},
		"git's own file":   {distgit.NewSources{Repo: cachedRepo, Files: []string{hidden}}, distgit.ErrInvalid},
		"two of a name":    {distgit.NewSources{Repo: cachedRepo, Files: []string{a, twin}}, distgit.ErrConflict},
		"bad old sources":  {distgit.NewSources{Repo: cachedRepo, Files: []string{a}, Sources: []byte("<<<<<<< HEAD\n")}, distgit.ErrMalformed},
		"hashes don't mix": {distgit.NewSources{Repo: cachedRepo, Files: []string{a}, Sources: []byte(md5of + "  old.tgz\n")}, distgit.ErrConflict},
		"a fork":           {distgit.NewSources{Repo: distgit.Repo{Namespace: "rpms", Name: "bash", Fork: "jane"}, Files: []string{a}}, distgit.ErrInvalid},
	} {
		_, err := l.NewSources(t.Context(), c.n)
		require.ErrorIs(t, err, c.is, name)
	}
	assert.Zero(t, calls)
}

func TestWhatTheUploadScriptSaysIsUnderstood(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.tgz")
	require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	for name, c := range map[string]struct {
		check, upload  string
		status         int
		is             error
		already, posts int
	}{
		"stored":             {"Missing\n", "File a.tgz size 1 SHA512 12 stored OK\n", 200, nil, 0, 2},
		"somebody was first": {"Missing", "File a.tgz already exists\nFile: /srv/a.tgz Size: 1", 200, nil, 1, 2},
		"there":              {"Available\n", "", 200, nil, 1, 1},
		"odd check":          {"Perhaps", "", 200, distgit.ErrUnavailable, 0, 1},
		"odd upload":         {"Missing", "hello", 200, distgit.ErrUnavailable, 0, 2},
		"a web page":         {"Missing", "<html>", 200, distgit.ErrUnavailable, 0, 2},
		"no packager":        {"Missing", "You must connect with a valid certificate", 403, distgit.ErrForbidden, 0, 2},
		"no login":           {"Missing", "", 401, distgit.ErrUnauthorized, 0, 2},
		"no repository":      {"Missing", `Module "rpms/bash" does not exist!`, 404, distgit.ErrNotFound, 0, 2},
		"md5 refused":        {"Missing", "Uploads with md5 are no longer allowed.", 406, distgit.ErrUnsupported, 0, 2},
		"bad checksum":       {"Missing", "SHA512 check failed. Received 1 instead of 2", 400, distgit.ErrInvalid, 0, 2},
		"broken":             {"Missing", "oops", 500, distgit.ErrUnavailable, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			posts := 0
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				posts++
				if !assert.NoError(t, r.ParseMultipartForm(1<<20)) {
					return
				}
				assert.Equal(t, "/repo/pkgs/upload.cgi", r.URL.Path)
				assert.Equal(t, "rpms/bash", r.FormValue("name"))
				assert.Equal(t, sha512sum([]byte("x")), r.FormValue("sha512sum"))
				if r.FormValue("filename") != "" {
					io.WriteString(w, c.check)
					return
				}
				assert.NotEmpty(t, r.FormValue("mtime"))
				f, h, err := r.FormFile("file")
				if assert.NoError(t, err) {
					data, _ := io.ReadAll(f)
					assert.Equal(t, "a.tgz x", h.Filename+" "+string(data))
				}
				w.WriteHeader(c.status)
				io.WriteString(w, c.upload)
			}))
			defer srv.Close()
			l, err := distgit.NewLookaside(srv.URL+"/repo/pkgs", nil)
			require.NoError(t, err)
			u, err := l.Upload(t.Context(), cachedRepo, path)
			assert.Equal(t, c.posts, posts)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.already == 1, u.Already)
		})
	}
}

func ExampleLookaside_Download() {
	srv, err := distgittest.NewServer(distgittest.Options{})
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	if _, err := srv.Store(cachedRepo, "bash-5.2.tar.gz", []byte("an archive")); err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "sources")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	text := "SHA512 (bash-5.2.tar.gz) = " + sha512sum([]byte("an archive")) + "\n"
	sources, err := distgit.ParseSources("sources", []byte(text), distgit.ReadSources)
	if err != nil {
		panic(err)
	}
	cache, err := distgit.NewLookaside(srv.URL+"/repo/pkgs", nil)
	if err != nil {
		panic(err)
	}
	for _, e := range sources.Entries() {
		got, err := cache.Download(context.Background(), distgit.Download{Archive: distgit.Archive{Repo: cachedRepo, SourceEntry: e}, Dir: dir})
		if err != nil {
			panic(err)
		}
		fmt.Println(filepath.Base(got.Path), got.Size, "bytes")
	}
	// Output: bash-5.2.tar.gz 10 bytes
}

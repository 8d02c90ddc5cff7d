// SPDX-License-Identifier: MIT

package koji_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

func TestUploads(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 1000)
	for name, c := range map[string]struct {
		size    int
		disturb func(*kojitest.Hub)
	}{
		"in pieces":       {9999, nil},
		"in whole pieces": {8192, nil},
		"an empty file":   {0, nil},
		"one byte":        {1, nil},
		"connections cut before": {9999, func(h *kojitest.Hub) {
			h.Fail(kojitest.UploadMethod, kojitest.CutBefore(), kojitest.After(1), kojitest.Times(2))
		}},
		"connections cut after": {9999, func(h *kojitest.Hub) {
			h.Fail(kojitest.UploadMethod, kojitest.CutAfter(), kojitest.After(1), kojitest.Times(2))
		}},
		"a session that expires":  {9999, func(h *kojitest.Hub) { h.Fail(kojitest.UploadMethod, kojitest.Expire(), kojitest.After(1)) }},
		"a hub that is rebooting": {9999, func(h *kojitest.Hub) { h.Fail(kojitest.UploadMethod, kojitest.HTTP(502)) }},
	} {
		t.Run(name, func(t *testing.T) {
			hub := kojitest.NewHub(small())
			c2 := alice(t, hub, koji.WithUploadChunk(1024))
			require.NoError(t, c2.Login(t.Context()))
			if c.disturb != nil {
				c.disturb(hub)
			}
			var last int64 = -1
			data := content[:c.size]
			path, err := c2.Upload(t.Context(), bytes.NewReader(data), int64(len(data)), koji.UploadRequest{Dir: "cli-build/1", Name: "a.src.rpm", Progress: func(done, size int64) {
				assert.Greater(t, done, last)
				assert.EqualValues(t, c.size, size)
				last = done
			}})
			require.NoError(t, err)
			assert.Equal(t, "cli-build/1/a.src.rpm", path)
			got, ok := hub.File("work/" + path)
			require.True(t, ok)
			assert.True(t, bytes.Equal(data, got))
			assert.EqualValues(t, c.size, last)
		})
	}
}

func TestAnUploadGoesOnWhereItEnded(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := alice(t, hub, koji.WithUploadChunk(100))
	content := bytes.Repeat([]byte("abcdefgh"), 100)
	file := filepath.Join(t.TempDir(), "x.src.rpm")
	require.NoError(t, os.WriteFile(file, content, 0o600))
	_, err := c.UploadPart(t.Context(), koji.UploadPart{Dir: "d/1", Name: "x.src.rpm", Data: content[:500]})
	require.NoError(t, err)
	hub.ForgetCalls()
	_, err = c.UploadFile(t.Context(), file, koji.UploadRequest{Dir: "d/1", Resume: true})
	require.NoError(t, err)
	assert.Len(t, callsOf(hub, kojitest.UploadMethod), 3)
	got, _ := hub.File("work/d/1/x.src.rpm")
	assert.Equal(t, content, got)

	// What is there of another content is written over.
	_, err = c.UploadPart(t.Context(), koji.UploadPart{Dir: "d/1", Name: "x.src.rpm", Data: []byte("other"), Overwrite: true})
	require.NoError(t, err)
	_, err = c.UploadFile(t.Context(), file, koji.UploadRequest{Dir: "d/1", Resume: true})
	require.NoError(t, err)
	got, _ = hub.File("work/d/1/x.src.rpm")
	assert.Equal(t, content, got)

	for _, bad := range []koji.UploadRequest{{Name: "x"}, {Dir: "d", Name: "a/b"}} {
		_, err := c.UploadFile(t.Context(), file, bad)
		assert.ErrorIs(t, err, koji.ErrInvalid)
	}
	_, err = c.UploadFile(t.Context(), file+".nope", koji.UploadRequest{Dir: "d"})
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = connect(t, hub).UploadFile(t.Context(), file, koji.UploadRequest{Dir: "d"})
	assert.ErrorIs(t, err, os.ErrPermission)
	_, err = c.CheckUpload(t.Context(), koji.UploadCheck{Dir: "d/1", Name: "nope"})
	assert.ErrorIs(t, err, koji.ErrNotFound)
	a, b := koji.NewUploadDir("relkit", time.Unix(1750000000, 123456000)), koji.NewUploadDir("relkit", time.Unix(1750000000, 123456000))
	assert.True(t, strings.HasPrefix(a, "relkit/1750000000.123456."), a)
	assert.NotEqual(t, a, b)
}

// fileServer serves one file, cutting connections after some bytes for the
// first answers.
type fileServer struct {
	content []byte
	cuts    []int // bytes of each of the first answers
	ranges  bool
	asked   []string
}

func (f *fileServer) RoundTrip(r *http.Request) (*http.Response, error) {
	f.asked = append(f.asked, r.Header.Get("Range"))
	body, status, header := f.content, 200, http.Header{}
	var from int
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil && f.ranges {
		if from >= len(body) {
			return &http.Response{StatusCode: 416, Header: header, Body: http.NoBody, Request: r}, nil
		}
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-1, len(body)))
		body, status = body[from:], 206
	}
	header.Set("Content-Length", fmt.Sprint(len(body)))
	var reader io.Reader = bytes.NewReader(body)
	if len(f.cuts) > 0 {
		reader = io.MultiReader(bytes.NewReader(body[:min(len(body), f.cuts[0])]), broken{})
		f.cuts = f.cuts[1:]
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(reader), ContentLength: int64(len(body)), Request: r}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestDownloadsGoOnWhereTheyEnded(t *testing.T) {
	content := bytes.Repeat([]byte("rpmrpm"), 5000)
	sum := sha256.Sum256(content)
	f := koji.FileRequest{Path: "packages/a/1/1/noarch/a-1-1.noarch.rpm", Size: int64(len(content)), Checksum: hex.EncodeToString(sum[:]), ChecksumType: "sha256"}
	for name, srv := range map[string]*fileServer{
		"at once":                    {content: content, ranges: true},
		"cut twice":                  {content: content, ranges: true, cuts: []int{1000, 7}},
		"cut, by a server of whole":  {content: content, cuts: []int{1000}},
		"cut before the first byte":  {content: content, ranges: true, cuts: []int{0, 0}},
		"cut just before the end":    {content: content, ranges: true, cuts: []int{len(content) - 1}},
		"cut at the end (whole now)": {content: content, ranges: true, cuts: []int{len(content)}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := koji.NewClient("http://koji.example.com/kojihub", koji.WithTopURL("http://koji.example.com/kojifiles"),
				koji.WithHTTPClient(&http.Client{Transport: srv}), koji.WithRetry(koji.Retry{Max: 3, Wait: time.Microsecond, MaxWait: time.Microsecond}))
			require.NoError(t, err)
			dest := filepath.Join(t.TempDir(), "sub", "a.rpm")
			require.NoError(t, c.DownloadFile(t.Context(), f, dest))
			got, err := os.ReadFile(dest)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(content, got))
			assert.NoFileExists(t, dest+".part")
			n := len(srv.asked)
			require.NoError(t, c.DownloadFile(t.Context(), f, dest))
			assert.Len(t, srv.asked, n, "what is there is not fetched again")
		})
	}
}

func TestADownloadThatDoesNotMatchLeavesNothing(t *testing.T) {
	srv := &fileServer{content: []byte("changed"), ranges: true}
	c, err := koji.NewClient("http://koji.example.com/kojihub", koji.WithTopURL("http://koji.example.com/kojifiles"), koji.WithHTTPClient(&http.Client{Transport: srv}))
	require.NoError(t, err)
	dest := filepath.Join(t.TempDir(), "a.rpm")
	err = c.DownloadFile(t.Context(), koji.FileRequest{Path: "a", Checksum: strings.Repeat("0", 64), ChecksumType: "sha256"}, dest)
	assert.ErrorIs(t, err, koji.ErrDigest)
	assert.NoFileExists(t, dest)
	assert.NoFileExists(t, dest+".part")
	// A partial file of something longer is begun anew.
	require.NoError(t, os.WriteFile(dest+".part", []byte("much longer than the file"), 0o600))
	require.NoError(t, c.DownloadFile(t.Context(), koji.FileRequest{Path: "a"}, dest))
	got, _ := os.ReadFile(dest)
	assert.Equal(t, "changed", string(got))

	for _, p := range []string{"", "../etc/passwd", "a/../../b"} {
		assert.ErrorIs(t, c.DownloadFile(t.Context(), koji.FileRequest{Path: p}, dest), koji.ErrInvalid, p)
	}
	assert.ErrorIs(t, c.DownloadFile(t.Context(), koji.FileRequest{Path: "a", Checksum: "x", ChecksumType: "crc"}, dest), koji.ErrInvalid)
	none, err := koji.NewClient("http://koji.example.com/kojihub")
	require.NoError(t, err)
	_, err = none.CopyFile(t.Context(), "a", 0, io.Discard)
	assert.ErrorIs(t, err, koji.ErrInvalid)
}

func TestDownloadingABuild(t *testing.T) {
	hub := kojitest.NewHub(small())
	c := connect(t, hub)
	dir := t.TempDir()
	files, err := c.DownloadBuild(t.Context(), "bash-5.2-1.fc42", koji.BuildDownload{Dir: dir})
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		assert.FileExists(t, f)
		assert.True(t, strings.HasSuffix(f, ".rpm"), f)
	}
	_, err = c.CopyFile(t.Context(), "packages/nope/1/1/x.rpm", 0, io.Discard)
	assert.ErrorIs(t, err, koji.ErrNotFound)
}

func TestPaths(t *testing.T) {
	b := koji.Build{Name: "bash", Version: "5.2^1~rc", Release: "1.f41,draft_71", Volume: "DEFAULT"}
	r := koji.RPM{Name: "bash-doc", Version: "5.2^1~rc", Release: "1.f41,draft_71", Arch: "noarch"}
	assert.Equal(t, "packages/bash/5.2^1~rc/1.f41,draft_71/noarch/bash-doc-5.2^1~rc-1.f41,draft_71.noarch.rpm", koji.RPMPath(b, r))
	b.Volume = "vol2"
	assert.Equal(t, "vol/vol2/packages/bash/5.2^1~rc/1.f41,draft_71/data/signed/31aaa6c1/noarch/bash-doc-5.2^1~rc-1.f41,draft_71.noarch.rpm", koji.SignedRPMPath(b, r, "31AAA6C1"))
	b = koji.Build{Name: "a", Version: "1", Release: "2"}
	for want, got := range map[string]string{
		"packages/a/1/2/data/sigcache/k/src/a-1-2.src.rpm.sig":   koji.SignaturePath(b, koji.RPM{Name: "a", Version: "1", Release: "2", Arch: "src"}, "k"),
		"packages/a/1/2/data/logs/x86_64/build.log":              koji.BuildLogPath(b, "x86_64", "build.log"),
		"packages/a/1/2/metadata.json":                           koji.MetadataPath(b),
		"packages/a/1/2/files/module/modulemd.txt":               koji.ArchivePath(b, koji.Archive{BuildType: "module", Filename: "modulemd.txt"}),
		"packages/a/1/2/images/disk.qcow2":                       koji.ArchivePath(b, koji.Archive{BuildType: "image", Filename: "disk.qcow2"}),
		"packages/a/1/2/maven/com/example/demo/1.0/demo-1.0.jar": koji.ArchivePath(b, koji.Archive{BuildType: "maven", GroupID: "com.example", ArtifactID: "demo", Version: "1.0", Filename: "demo-1.0.jar"}),
		"packages/a/1/2/win/sub/x.exe":                           koji.ArchivePath(b, koji.Archive{BuildType: "win", RelPath: "sub", Filename: "x.exe"}),
		"work/tasks/5/120005":                                    koji.TaskPath(120005),
		"repos/f41-build/7/x86_64":                               koji.RepoPath(koji.Repo{Tag: "f41-build", ID: 7}, "x86_64"),
		"repos-dist/f41/8":                                       koji.RepoPath(koji.Repo{Tag: "f41", ID: 8, Dist: true}, ""),
		"repos/f41-build/latest/i386":                            koji.LatestRepoPath("f41-build", koji.RepoArch("i686")), "repos/f41-build/latest/armhfp": koji.LatestRepoPath("f41-build", koji.RepoArch("armv7hl")),
		"repos/f41-build/latest/ppc64le": koji.LatestRepoPath("f41-build", koji.RepoArch("ppc64le")), "repos/f41-build/latest/aarch64": koji.LatestRepoPath("f41-build", koji.RepoArch("aarch64")),
		"repos/f41-build/latest/x86_64":                                koji.LatestRepoPath("f41-build", "x86_64"),
		"http://koji.example.com/kojifiles/a%2Cb/c%5Ed~e+f/g%20%C5%BE": fileURL(t, "a,b/c^d~e+f/g ž"),
	} {
		assert.Equal(t, want, got)
	}
}

func fileURL(t *testing.T, p string) string {
	c, err := koji.NewClient("http://koji.example.com/kojihub", koji.WithTopURL("http://koji.example.com/kojifiles/"))
	require.NoError(t, err)
	return c.FileURL(p)
}

func TestTaskFilesThroughTheHub(t *testing.T) {
	seed := small()
	hub := kojitest.NewHub(seed)
	c := alice(t, hub)
	id, err := c.StartBuild(t.Context(), koji.BuildRequest{Source: "git+https://src.example.com/rpms/bash#2222222", Target: "f42"})
	require.NoError(t, err)
	hub.Advance(time.Hour)
	tree, err := c.TaskTree(t.Context(), id)
	require.NoError(t, err)
	for _, child := range tree.Children {
		files, err := c.TaskFiles(t.Context(), child.ID)
		require.NoError(t, err)
		for _, f := range files {
			if !strings.HasSuffix(f.Name, ".log") {
				continue
			}
			dest := filepath.Join(t.TempDir(), f.Name)
			require.NoError(t, c.DownloadTaskFile(t.Context(), child.ID, f.Name, dest))
			data, err := os.ReadFile(dest)
			require.NoError(t, err)
			assert.EqualValues(t, f.Size, len(data))
			var b strings.Builder
			for part, err := range c.FollowLog(t.Context(), child.ID, f.Name) {
				require.NoError(t, err)
				b.Write(part)
			}
			assert.Equal(t, string(data), b.String())
		}
	}
	err = c.DownloadTaskFile(t.Context(), id, "nope.log", filepath.Join(t.TempDir(), "x"))
	assert.ErrorIs(t, err, koji.ErrNotFound)
	err = c.DownloadTaskFile(t.Context(), id, "../../etc/passwd", filepath.Join(t.TempDir(), "x"))
	var e *koji.Error
	assert.True(t, errors.As(err, &e) && e.Code == koji.FaultGeneric, err)
}

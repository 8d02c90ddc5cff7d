// SPDX-License-Identifier: MIT

package source_test

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/planner/repodata"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// folder is a repository with file lists.
var folder = filepath.Join("..", "whatdepends", "demo")

func TestOneRepositoryFromEverywhere(t *testing.T) {
	want, err := source.PackagesFS(t.Context(), os.DirFS(folder), "x")
	require.NoError(t, err)
	require.NotEmpty(t, want)
	srv := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer srv.Close()
	for _, name := range []string{folder, srv.URL, srv.URL + "/", srv.URL + "?token=secret", strings.Replace(srv.URL, "//", "//me:secret@", 1)} {
		got, err := source.Packages(t.Context(), []string{name})
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for i := range got {
			assert.NotContains(t, got[i].Repo, "secret")
			got[i].Repo = "x"
		}
		assert.Equal(t, want, got)
	}
	got, err := source.Packages(t.Context(), nil)
	require.NoError(t, err)
	assert.Empty(t, got)
}

// A package of one repository asks for a file that only the file lists of
// another know.
func TestFilesAreLookedUpInAllRepositories(t *testing.T) {
	got, err := source.Packages(t.Context(), []string{folder, filepath.Join("..", "whatdepends", "next")})
	require.NoError(t, err)
	u, err := rpm.NewUniverse(got, rpm.Policy{})
	require.NoError(t, err)
	assert.NotEmpty(t, u.Providers(rpm.Relation{Name: "/usr/share/crypto-policies/config"}))
}

func TestErrorsNameTheRepository(t *testing.T) {
	broken := t.TempDir()
	require.NoError(t, os.CopyFS(broken, os.DirFS(folder)))
	path := filepath.Join(broken, "repodata", "primary.xml")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, data[:len(data)/2], 0o644))

	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/gone/"):
			w.WriteHeader(http.StatusGone)
		case strings.HasPrefix(r.URL.Path, "/closed/"):
			w.WriteHeader(http.StatusForbidden)
		case strings.HasPrefix(r.URL.Path, "/torn/"):
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write([]byte("<repomd>"))
		default:
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer srv.Close()
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	secret := strings.Replace(srv.URL, "//", "//me:hunter2@", 1)

	for name, c := range map[string]struct {
		repo string
		is   error
		says string
	}{
		"no folder":      {filepath.Join(broken, "none"), fs.ErrNotExist, filepath.Join(broken, "none")},
		"half a file":    {broken, repodata.ErrChecksum, "primary.xml"},
		"a repo is gone": {secret + "/gone/?token=hunter2", fs.ErrNotExist, srv.URL[7:] + "/gone/: repodata: repodata/repomd.xml: offset 0: GET repodata/repomd.xml: 410 Gone"},
		"not allowed":    {secret + "/closed", fs.ErrPermission, "403"},
		"a torn answer":  {srv.URL + "/torn", nil, srv.URL + "/torn: "},
		"a bad gateway":  {secret + "/bad", nil, "502"},
		"nobody there":   {dead.URL + "/?token=hunter2", nil, dead.URL},
		"no host":        {"http://", nil, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := source.Packages(t.Context(), []string{folder, c.repo})
			assert.Nil(t, got)
			require.ErrorContains(t, err, c.says)
			assert.NotContains(t, err.Error(), "hunter2")
			if c.is != nil {
				assert.ErrorIs(t, err, c.is)
			}
		})
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer srv.Close()
	_, err := source.Packages(ctx, []string{srv.URL})
	assert.ErrorIs(t, err, context.Canceled)
	_, err = source.Packages(ctx, []string{folder})
	assert.ErrorIs(t, err, context.Canceled)
}

// SPDX-License-Identifier: MIT

package git_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/distgit/git"
)

const demoSpec = `Name: demo
Version: 1.0
Release: 1%{?dist}
Summary: A demo
License: MIT

%description
Nothing.

%files

%changelog
* Mon Jan 01 2024 Jane Packager <jane@example.org> - 1.0-1
- first
`

var (
	bot  = git.Signature{Name: "Rebuild Bot", Email: "bot@example.org"}
	demo = distgit.Repo{Namespace: "rpms", Name: "demo"}
	noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
)

// servers runs a test on both kinds of remote: real git and go-git's server.
func servers(t *testing.T, f func(t *testing.T, srv *distgittest.Server)) {
	t.Helper()
	for _, without := range []bool{false, true} {
		name := "real git"
		if without {
			name = "go-git"
		}
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, distgittest.Options{WithoutGit: without})
			if !without && !srv.RealGit() {
				t.Skip("the git command is not installed: only go-git's server was tested")
			}
			f(t, srv)
		})
	}
}

func newServer(t testing.TB, opt distgittest.Options) *distgittest.Server {
	t.Helper()
	if opt.Now == nil {
		opt.Now = func() time.Time { return noon }
	}
	srv, err := distgittest.NewServer(opt)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, srv.Close()) })
	return srv
}

func newClient(t testing.TB, srv *distgittest.Server, opts ...git.Option) *git.Client {
	t.Helper()
	opts = append([]git.Option{
		git.WithNow(func() time.Time { return noon }),
		git.WithRetry(git.Retry{Wait: time.Millisecond, MaxWait: 2 * time.Millisecond}),
	}, opts...)
	c, err := git.NewClient(srv.URL, opts...)
	require.NoError(t, err)
	return c
}

func addDemo(t testing.TB, srv *distgittest.Server) {
	t.Helper()
	require.NoError(t, srv.Add(demo, distgittest.Package(map[string]string{
		"demo.spec": demoSpec, "sources": "", "patches/a.patch": "--- a\n+++ b\n",
	})))
}

func bumpRequest() git.BumpRequest {
	return git.BumpRequest{Repo: demo, Branch: "rawhide", Author: bot, Message: "Rebuilt for libfoo 2.0", Reason: "libfoo-2"}
}

// SPDX-License-Identifier: MIT

package distgit_test

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
)

// fronts runs a test on both imitated front ends.
func fronts(t *testing.T, f func(t *testing.T, srv *distgittest.Server, c *distgit.Client, forge distgit.Forge)) {
	t.Helper()
	for _, forge := range []distgit.Forge{distgit.Pagure, distgit.Forgejo} {
		t.Run(forge.String(), func(t *testing.T) {
			srv, err := distgittest.NewServer(distgittest.Options{
				Forge: forge, Users: map[string]string{"bot": "secret"}, Now: func() time.Time { return zero },
			})
			require.NoError(t, err)
			t.Cleanup(func() { srv.Close() })
			require.NoError(t, srv.Add(bashRepo, distgittest.Seed{
				Owner: "jane", Admins: []string{"joe"}, Committers: []string{"ann", "joe"}, Groups: []string{"shell-sig"},
				Description: "The GNU shell",
				Commits: []distgittest.Commit{
					{Files: map[string]string{"bash.spec": "Name: bash\n", "sources": ""}, Message: "Initial import\n"},
					{Files: map[string]string{"a": "b"}, Message: "Second\n"},
					{Branch: "epel9-next", From: "rawhide", Message: "Branch"},
				},
			}))
			c, err := srv.Client(distgit.WithToken("secret"))
			require.NoError(t, err)
			f(t, srv, c, forge)
		})
	}
}

func TestProjects(t *testing.T) {
	fronts(t, func(t *testing.T, srv *distgittest.Server, c *distgit.Client, forge distgit.Forge) {
		p, err := c.Project(t.Context(), bashRepo)
		require.NoError(t, err)
		assert.Equal(t, bashRepo, p.Repo)
		assert.Equal(t, "The GNU shell", p.Description)
		assert.Equal(t, srv.URL+"/rpms/bash.git", p.CloneURL)
		assert.Equal(t, zero, p.Created)

		_, err = c.Project(t.Context(), distgit.Repo{Name: "nosuch"})
		assert.ErrorIs(t, err, distgit.ErrNotFound)
		assert.ErrorIs(t, err, fs.ErrNotExist)
		_, err = c.Project(t.Context(), distgit.Repo{Name: "../x"})
		assert.ErrorIs(t, err, distgit.ErrInvalid)

		for _, name := range []string{"a1", "a2", "a3", "b+"} {
			require.NoError(t, srv.Add(distgit.Repo{Name: name}, distgittest.Seed{}))
		}
		var names []string
		for p, err := range c.Projects(t.Context(), distgit.ProjectQuery{Namespace: "rpms", PerPage: 2}) {
			require.NoError(t, err)
			names = append(names, p.Repo.Name)
		}
		assert.Equal(t, []string{"a1", "a2", "a3", "b+", "bash"}, names)
		one, err := c.ListProjects(t.Context(), distgit.ProjectQuery{Namespace: "rpms", PerPage: 2, Page: 2})
		require.NoError(t, err)
		assert.Len(t, one, 2)
		if forge == distgit.Pagure {
			found, err := c.ListProjects(t.Context(), distgit.ProjectQuery{Pattern: "a*", Owner: "!jane"})
			require.NoError(t, err)
			assert.Len(t, found, 3)
		} else {
			_, err = c.ListProjects(t.Context(), distgit.ProjectQuery{Namespace: "rpms", Pattern: "a*"})
			assert.ErrorIs(t, err, distgit.ErrUnsupported)
		}
	})
}

func TestBranchesAndHeads(t *testing.T) {
	fronts(t, func(t *testing.T, srv *distgittest.Server, c *distgit.Client, forge distgit.Forge) {
		want, err := srv.Head(bashRepo, "rawhide")
		require.NoError(t, err)
		h, err := c.Heads(t.Context(), bashRepo)
		require.NoError(t, err)
		assert.Equal(t, want, h.Branches["rawhide"])
		assert.Equal(t, []string{"epel9-next", "rawhide"}, h.Names())
		assert.Equal(t, "rawhide", h.Devel())
		assert.Len(t, h.Releases(), 2)

		got, err := c.Head(t.Context(), bashRepo, "rawhide")
		require.NoError(t, err)
		assert.Equal(t, want, got)
		_, err = c.Head(t.Context(), bashRepo, "epel9")
		assert.ErrorIs(t, err, distgit.ErrNotFound, "a prefix is not the branch")

		require.NoError(t, c.CreateBranch(t.Context(), bashRepo, "f42", "rawhide"))
		require.NoError(t, c.CreateBranch(t.Context(), bashRepo, "f41", want))
		err = c.CreateBranch(t.Context(), bashRepo, "f42", "rawhide")
		assert.ErrorIs(t, err, distgit.ErrConflict)
		assert.ErrorIs(t, err, fs.ErrExist)
		got, err = c.Head(t.Context(), bashRepo, "f42")
		require.NoError(t, err)
		assert.Equal(t, want, got)

		empty := distgit.Repo{Name: "empty"}
		require.NoError(t, srv.Add(empty, distgittest.Seed{}))
		h, err = c.Heads(t.Context(), empty)
		require.NoError(t, err)
		assert.Empty(t, h.Branches)
		for range c.Branches(t.Context(), empty) {
			t.Error("an empty repository has no branches")
		}
		anonymous, err := srv.Client()
		require.NoError(t, err)
		assert.ErrorIs(t, anonymous.CreateBranch(t.Context(), bashRepo, "x", "rawhide"), distgit.ErrUnauthorized)
	})
}

func TestRawFiles(t *testing.T) {
	fronts(t, func(t *testing.T, srv *distgittest.Server, c *distgit.Client, forge distgit.Forge) {
		head, err := srv.Head(bashRepo, "rawhide")
		require.NoError(t, err)
		for _, ref := range []string{"rawhide", head} {
			data, err := c.RawFile(t.Context(), bashRepo, ref, "bash.spec")
			require.NoError(t, err)
			assert.Equal(t, "Name: bash\n", string(data))
		}
		_, err = c.RawFile(t.Context(), bashRepo, "rawhide", "sources")
		if forge == distgit.Pagure {
			assert.ErrorIs(t, err, distgit.ErrNotFound, "an empty file is none for Pagure")
		} else {
			assert.NoError(t, err)
		}
		for _, bad := range [][2]string{{"", "x"}, {"rawhide", ""}, {"rawhide", "../x"}, {"rawhide", "/etc"}, {"-x", "y"}} {
			_, err = c.RawFile(t.Context(), bashRepo, bad[0], bad[1])
			assert.ErrorIs(t, err, distgit.ErrInvalid)
		}
	})
}

func TestCommits(t *testing.T) {
	fronts(t, func(t *testing.T, srv *distgittest.Server, c *distgit.Client, forge distgit.Forge) {
		head, err := srv.Head(bashRepo, "rawhide")
		require.NoError(t, err)
		got, err := c.Commit(t.Context(), bashRepo, head)
		require.NoError(t, err)
		assert.Equal(t, "Second\n", got.Message)
		assert.Equal(t, "Demo Packager", got.Author.Name)
		assert.Len(t, got.Parents, 1)
		assert.Equal(t, time.Date(2024, 1, 2, 13, 0, 0, 0, time.UTC), got.When)
		_, err = c.Commit(t.Context(), bashRepo, "abc")
		assert.ErrorIs(t, err, distgit.ErrInvalid)

		var messages []string
		for cm, err := range c.Commits(t.Context(), bashRepo, distgit.CommitQuery{Ref: "rawhide"}) {
			if forge == distgit.Pagure {
				assert.ErrorIs(t, err, distgit.ErrUnsupported)
				return
			}
			require.NoError(t, err)
			messages = append(messages, cm.Message)
		}
		assert.Equal(t, []string{"Second\n", "Initial import\n"}, messages)
	})
}

func TestStatuses(t *testing.T) {
	fronts(t, func(t *testing.T, srv *distgittest.Server, c *distgit.Client, forge distgit.Forge) {
		head, err := srv.Head(bashRepo, "rawhide")
		require.NoError(t, err)
		got, err := c.Statuses(t.Context(), bashRepo, head)
		require.NoError(t, err)
		assert.Empty(t, got)
		assert.Equal(t, distgit.StatusState(""), distgit.CombinedState(got))
		s := distgit.Status{Context: "rebuild", State: distgit.StatusPending, Description: "queued", URL: "https://ci.example.org/1", UID: "u1"}
		set, err := c.SetStatus(t.Context(), bashRepo, head, s)
		require.NoError(t, err)
		assert.Equal(t, distgit.StatusPending, set.State)
		assert.Equal(t, "bot", set.User)
		s.State = distgit.StatusSuccess
		_, err = c.SetStatus(t.Context(), bashRepo, head, s)
		require.NoError(t, err)
		_, err = c.SetStatus(t.Context(), bashRepo, head, distgit.Status{Context: "other", State: distgit.StatusFailure, Description: "x", URL: "https://ci.example.org/2"})
		require.NoError(t, err)
		got, err = c.Statuses(t.Context(), bashRepo, head)
		require.NoError(t, err)
		assert.Len(t, got, map[distgit.Forge]int{distgit.Pagure: 2, distgit.Forgejo: 3}[forge], "Forgejo has a row for each change")
		latest := distgit.Latest(got)
		require.Len(t, latest, 2)
		assert.Equal(t, distgit.StatusFailure, distgit.CombinedState(got))
		_, err = c.SetStatus(t.Context(), bashRepo, "abc", s)
		assert.ErrorIs(t, err, distgit.ErrInvalid)
	})
}

func TestPullRequests(t *testing.T) {
	fronts(t, func(t *testing.T, srv *distgittest.Server, c *distgit.Client, forge distgit.Forge) {
		fork, err := c.Fork(t.Context(), bashRepo)
		require.NoError(t, err)
		assert.Equal(t, distgit.Repo{Namespace: "rpms", Name: "bash", Fork: "bot"}, fork.Repo)
		assert.Equal(t, bashRepo, fork.Parent)
		again, err := c.Fork(t.Context(), bashRepo)
		require.NoError(t, err, "a fork that exists is as good")
		assert.Equal(t, fork, again)

		forkRepo := fork.Repo
		if forge == distgit.Forgejo {
			forkRepo = distgit.Repo{Namespace: "bot", Name: "bash"}
		}
		tip, err := srv.Commit(forkRepo, distgittest.Commit{Branch: "fix", From: "rawhide", Files: map[string]string{"fix": "1"}})
		require.NoError(t, err)
		p, err := c.CreatePullRequest(t.Context(), bashRepo, distgit.PullRequest{Title: "Fix", From: "fix", FromFork: "bot", To: "rawhide"})
		require.NoError(t, err)
		assert.Equal(t, distgit.PullOpen, p.State)
		assert.Equal(t, tip, p.Commit)
		assert.Equal(t, "bot", p.FromFork)
		got, err := c.PullRequest(t.Context(), bashRepo, p.ID)
		require.NoError(t, err)
		assert.Equal(t, p, got)
		for _, state := range []distgit.PullState{"", distgit.PullOpen, "all"} {
			n := 0
			for p, err := range c.PullRequests(t.Context(), bashRepo, distgit.PullQuery{State: state}) {
				require.NoError(t, err)
				assert.Equal(t, got, p)
				n++
			}
			assert.Equal(t, 1, n, state)
		}
		for range c.PullRequests(t.Context(), bashRepo, distgit.PullQuery{State: distgit.PullMerged}) {
			t.Error("none is merged")
		}
		_, err = c.PullRequest(t.Context(), bashRepo, 99)
		assert.ErrorIs(t, err, distgit.ErrNotFound)
		_, err = c.CreatePullRequest(t.Context(), bashRepo, distgit.PullRequest{Title: "Fix", From: "nosuch", To: "rawhide"})
		assert.Error(t, err)
		_, err = c.CreatePullRequest(t.Context(), bashRepo, distgit.PullRequest{})
		assert.ErrorIs(t, err, distgit.ErrInvalid)
	})
}

func TestMaintainers(t *testing.T) {
	fronts(t, func(t *testing.T, srv *distgittest.Server, c *distgit.Client, forge distgit.Forge) {
		m, err := c.Maintainers(t.Context(), bashRepo)
		require.NoError(t, err)
		assert.Equal(t, []string{"shell-sig"}, m.Groups)
		assert.False(t, m.Orphaned())
		if forge == distgit.Pagure {
			assert.Equal(t, distgit.Maintainers{Owner: "jane", Admins: []string{"joe"}, Committers: []string{"ann"}, Groups: []string{"shell-sig"}}, m)
			assert.Equal(t, []string{"jane", "joe", "ann"}, m.People())
			all, err := c.AllMaintainers(t.Context())
			require.NoError(t, err)
			assert.Equal(t, map[distgit.Repo][]string{bashRepo: {"ann", "jane", "joe"}}, all)
		} else {
			assert.Equal(t, "rpms", m.Owner)
			assert.Equal(t, []string{"ann", "joe"}, m.Committers)
			_, err := c.Orphan(t.Context(), bashRepo)
			assert.ErrorIs(t, err, distgit.ErrUnsupported)
		}
	})
}

func TestProbing(t *testing.T) {
	fronts(t, func(t *testing.T, srv *distgittest.Server, _ *distgit.Client, forge distgit.Forge) {
		c, err := distgit.NewClient(srv.URL)
		require.NoError(t, err)
		got, err := c.Forge(t.Context())
		require.NoError(t, err)
		assert.Equal(t, forge, got)
		assert.Equal(t, forge, c.Site().Forge)
	})
	nothing := httptest.NewServer(http.NotFoundHandler())
	defer nothing.Close()
	c, err := distgit.NewClient(nothing.URL)
	require.NoError(t, err)
	_, err = c.Heads(t.Context(), bashRepo)
	assert.ErrorIs(t, err, distgit.ErrUnsupported)
}

func TestPagesForPeopleAreNotDecoded(t *testing.T) {
	fronts(t, func(t *testing.T, srv *distgittest.Server, c *distgit.Client, forge distgit.Forge) {
		for status, want := range map[int]error{502: distgit.ErrUnavailable, 200: distgit.ErrUnavailable, 403: distgit.ErrForbidden} {
			srv.Fail(distgittest.Fault{Op: distgittest.OpAPI, Status: status})
			_, err := c.Project(t.Context(), bashRepo)
			assert.ErrorIs(t, err, want)
			assert.NotContains(t, err.Error(), "<html>")
			var e *distgit.Error
			require.True(t, errors.As(err, &e))
			assert.Equal(t, status, e.Status)
		}
		retrying, err := srv.Client(distgit.WithRetry(distgit.Retry{Max: 2, Wait: time.Millisecond}))
		require.NoError(t, err)
		srv.Fail(distgittest.Fault{Op: distgittest.OpAPI, Status: 502, Times: 2})
		_, err = retrying.Project(t.Context(), bashRepo)
		assert.NoError(t, err)
		srv.Fail(distgittest.Fault{Op: distgittest.OpAPI, Cut: distgittest.CutBefore, Times: -1})
		_, err = c.Project(t.Context(), bashRepo)
		assert.ErrorIs(t, err, distgit.ErrUnavailable)
	})
}

func TestNewClientRefusesWhatCannotWork(t *testing.T) {
	for name, c := range map[string]struct {
		url string
		opt distgit.Option
	}{
		"no scheme":        {"src.example.org", nil},
		"ssh":              {"ssh://src.example.org", nil},
		"credentials":      {"https://user:secret-word@src.example.org", nil},
		"query":            {"https://src.example.org?x=1", nil},
		"empty token":      {"https://src.example.org", distgit.WithToken("")},
		"token with blank": {"https://src.example.org", distgit.WithToken("a b")},
		"forge":            {"https://src.example.org", distgit.WithForge(99)},
		"negative retries": {"https://src.example.org", distgit.WithRetry(distgit.Retry{Max: -1})},
		"negative limit":   {"https://src.example.org", distgit.WithMaxBody(-1)},
	} {
		t.Run(name, func(t *testing.T) {
			var opts []distgit.Option
			if c.opt != nil {
				opts = append(opts, c.opt)
			}
			_, err := distgit.NewClient(c.url, opts...)
			assert.ErrorIs(t, err, distgit.ErrInvalid)
			assert.NotContains(t, err.Error(), "secret-word")
		})
	}
}

func TestTokensStayOutOfErrors(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", 500) }))
	c, err := distgit.NewClient(srv.URL, distgit.WithForge(distgit.Forgejo), distgit.WithToken("secret-word"))
	require.NoError(t, err)
	_, err = c.Project(t.Context(), bashRepo)
	assert.ErrorIs(t, err, distgit.ErrUnavailable)
	assert.NotContains(t, err.Error(), "secret-word")
	srv.Close()
	_, err = c.Project(t.Context(), bashRepo)
	assert.ErrorIs(t, err, distgit.ErrUnavailable)
	assert.NotContains(t, err.Error(), "secret-word")
}

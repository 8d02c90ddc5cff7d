// SPDX-License-Identifier: MIT

package distgit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
)

type judgement func(t *testing.T, c *distgit.Client, x *exchange) error

// typedJudges say which typed call a recorded answer belongs to, and hold its
// result against the answer. A recorded error is one for the typed call too.
var typedJudges = []struct {
	method, path string
	judge        func(t *testing.T, c *distgit.Client, x *exchange, m []string) error
}{
	{"GET", `^/api/0/([^/]+/[^/]+)$`, judgeProject},
	{"GET", `^/api/v1/repos/([^/]+/[^/]+)$`, judgeProject},
	{"GET", `^/api/v4/projects/([^/]+)$`, judgeProject},
	{"POST", `^/api/v1/repos/([^/]+/[^/]+)/forks$`, judgeFork},
	{"GET", `^/api/0/(.+)/git/branches$`, judgeBranches},
	{"GET", `^/api/v1/repos/(.+)/branches$`, judgeBranches},
	{"GET", `^/api/v4/projects/([^/]+)/repository/branches$`, judgeBranches},
	{"POST", `^/api/(?:0|v1/repos)/(.+?)/(?:git/branch|branches)$`, judgeCreateBranch},
	{"GET", `^/api/v1/repos/(.+)/git/refs/heads/(.+)$`, judgeHead},
	{"GET", `^/api/0/(.+)/git/alias$`, judgeAliases},
	{"GET", `^/api/v1/repos/(.+)/commits$`, judgeCommits},
	{"GET", `^/api/v1/repos/(.+)/raw/(.+)$`, judgeRawFile},
	{"GET", `^/api/v4/projects/([^/]+)/repository/files/(.+)/raw$`, judgeRawFile},
	{"GET", `^/api/0/(.+)/c/([^/]+)/flag$`, judgeStatuses},
	{"GET", `^/api/v1/repos/(.+)/commits/([^/]+)/statuses$`, judgeStatuses},
	{"POST", `^/api/0/(.+)/c/([^/]+)/flag$`, judgeSetStatus},
	{"POST", `^/api/v1/repos/(.+)/statuses/([^/]+)$`, judgeSetStatus},
	{"POST", `^/api/v4/projects/([^/]+)/statuses/([^/]+)$`, judgeSetStatus},
	{"POST", `^/api/v1/repos/(.+)/pulls$`, judgePull},
	{"POST", `^/api/0/(.+)/pull-request/new$`, judgePull},
	{"GET", `^/api/v1/repos/(.+)/collaborators/([^/]+)/permission$`, judgePermission},
	{"GET", `^/_dg/(orphan|anitya|bzoverrides)/(.+)$`, judgePlugin},
	{"POST", `^/_dg/(take_orphan)/(.+)$`, judgePlugin},
	{"GET", `^/extras/(.+)\.json$`, judgeExtras},
	{"GET", `^/api/(?:0|v1)/version$`, judgeVersion},
}

func typedJudge(x *exchange) judgement {
	path, _ := x.path()
	for _, r := range typedJudges {
		if m := regexp.MustCompile(r.path).FindStringSubmatch(path); m != nil && r.method == x.Request.Method {
			return func(t *testing.T, c *distgit.Client, x *exchange) error { return r.judge(t, c, x, m) }
		}
	}
	return nil
}

func repoOf(escaped string) distgit.Repo {
	p, _ := url.PathUnescape(escaped)
	r, _ := distgit.ParseRepo(p)
	return r
}

// failed judges a call's error against a recorded failure; done says that
// there is nothing more to judge.
func failed(x *exchange, err error) (done bool, verdict error) {
	if x.Status < 300 {
		return err != nil, err
	}
	var e *distgit.Error
	if !errors.As(err, &e) || e.Status != x.Status {
		return true, fmt.Errorf("got %v, want an error with status %d", err, x.Status)
	}
	return true, same("sentinel", e.Unwrap(), wantSentinel(x.Status, e.Msg))
}

func fields(body json.RawMessage) map[string]any {
	var m map[string]any
	_ = json.Unmarshal(body, &m)
	return m
}

func str(m any, keys ...string) string {
	for _, k := range keys {
		o, _ := m.(map[string]any)
		m = o[k]
	}
	switch v := m.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func stamp(s string) time.Time {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0).UTC()
	}
	t, _ := time.Parse(time.RFC3339, s)
	if t.Unix() <= 0 {
		return time.Time{}
	}
	return t.UTC()
}

func judgeProject(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	p, err := c.Project(t.Context(), repoOf(m[1]))
	if done, verdict := failed(x, err); done {
		return verdict
	}
	b := fields(x.Body)
	want := [...]string{repoOf(m[1]).String(), str(b, "description"), str(b, "default_branch"), str(b, "clone_url"), str(b, "ssh_url")}
	return errors.Join(
		same("project", [...]string{p.Repo.String(), p.Description, p.Default, p.CloneURL, p.SSHURL}, want),
		same("created", p.Created, stamp(str(b, "created_at"))),
	)
}

func judgeFork(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	p, err := c.Fork(t.Context(), repoOf(m[1]))
	if done, verdict := failed(x, err); done {
		return verdict
	}
	b := fields(x.Body)
	return errors.Join(
		same("fork", p.Repo.Fork+"/"+p.Repo.Name, str(b, "full_name")),
		same("parent", p.Parent.String(), str(b, "parent", "full_name")),
		same("clone", p.CloneURL, str(b, "clone_url")),
	)
}

func judgeBranches(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	type row struct {
		name, commit       string
		def, protectedness bool
	}
	if _, q := x.path(); q.Get("page") > "1" {
		return nil // read together with the first
	}
	var got []row
	var err error
	for b, e := range c.Branches(t.Context(), repoOf(m[1])) {
		if e != nil {
			err = e
			break
		}
		got = append(got, row{b.Name, b.Commit, b.Default, b.Protected})
	}
	if done, verdict := failed(x, err); done {
		return verdict
	}
	var want []row
	var list []map[string]any
	if json.Unmarshal(x.Body, &list) == nil { // Forgejo, GitLab; null is an empty one
		for _, b := range list {
			def, _ := b["default"].(bool)
			protected, _ := b["protected"].(bool)
			want = append(want, row{str(b, "name"), str(b, "commit", "id"), def, protected})
		}
		if len(got) > len(want) && strings.Contains(x.header().Get("Link"), `rel="next"`) {
			got = got[:len(want)] // the rest is of the next page
		}
		return same("branches", got, want)
	}
	b := fields(x.Body)
	def := str(b, "default")
	if o, ok := b["default"].(map[string]any); ok {
		for n := range o {
			def = n
		}
	}
	switch branches := b["branches"].(type) {
	case []any:
		for _, n := range branches {
			want = append(want, row{n.(string), "", n == def, false})
		}
	case map[string]any:
		for n, h := range branches {
			want = append(want, row{n, h.(string), n == def, false})
		}
	}
	slices.SortFunc(want, func(a, b row) int { return strings.Compare(a.name, b.name) })
	return same("branches", got, want)
}

func judgeCreateBranch(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	err := c.CreateBranch(t.Context(), repoOf(m[1]), "f42", "rawhide")
	_, verdict := failed(x, err)
	return verdict
}

func judgeHead(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	var list []map[string]any
	_ = json.Unmarshal(x.Body, &list)
	got, err := c.Head(t.Context(), repoOf(m[1]), m[2])
	if done, verdict := failed(x, err); done {
		return verdict
	}
	for _, r := range list {
		if str(r, "ref") == "refs/heads/"+m[2] {
			return same("head", got, str(r, "object", "sha"))
		}
	}
	return fmt.Errorf("got %q of a ref that is not there", got)
}

func judgeAliases(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	got, err := c.Aliases(t.Context(), repoOf(m[1]))
	if done, verdict := failed(x, err); done {
		return verdict
	}
	want := map[string]string{}
	for a, b := range fields(x.Body) {
		want[strings.TrimPrefix(a, "refs/heads/")] = strings.TrimPrefix(b.(string), "refs/heads/")
	}
	return same("aliases", got, want)
}

func judgeCommits(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	var want []map[string]any
	_ = json.Unmarshal(x.Body, &want)
	_, q := x.path()
	n := 0
	for got, err := range c.Commits(t.Context(), repoOf(m[1]), distgit.CommitQuery{Ref: q.Get("sha"), Files: q.Get("files") == "true"}) {
		if err != nil {
			_, verdict := failed(x, err)
			return verdict
		}
		if n == len(want) {
			break // the next page is the same answer again
		}
		w := want[n]
		var parents, files []string
		for _, p := range w["parents"].([]any) {
			parents = append(parents, str(p, "sha"))
		}
		for _, f := range w["files"].([]any) {
			files = append(files, str(f, "filename")+" "+str(f, "status"))
		}
		var gotFiles []string
		for _, f := range got.Files {
			gotFiles = append(gotFiles, f.Path+" "+f.Status)
		}
		err := errors.Join(
			same("commit", [...]string{got.Hash, got.Message, got.Author.Name, got.Author.Email, got.Committer.Name, got.Committer.Email, got.Tree},
				[...]string{str(w, "sha"), str(w, "commit", "message"), str(w, "commit", "author", "name"), str(w, "commit", "author", "email"),
					str(w, "commit", "committer", "name"), str(w, "commit", "committer", "email"), str(w, "commit", "tree", "sha")}),
			same("parents", got.Parents, parents), same("files", gotFiles, files),
			same("date", got.When, stamp(str(w, "commit", "committer", "date"))),
			same("date", got.When, stamp(str(w, "created"))),
		)
		if err != nil {
			return err
		}
		n++
	}
	return same("number of commits", n, len(want)) // none for an empty repository's 409
}

func judgeRawFile(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	_, q := x.path()
	path, _ := url.PathUnescape(m[2])
	got, err := c.RawFile(t.Context(), repoOf(m[1]), q.Get("ref"), path)
	if done, verdict := failed(x, err); done {
		return verdict
	}
	return same("file", string(got), string(x.bytes()))
}

// rawStatus reads one flag or status of any forge.
func rawStatus(r map[string]any) distgit.Status {
	s := distgit.Status{State: distgit.StatusState(str(r, "status")), URL: str(r, "url"), Description: str(r, "comment"), Context: str(r, "username")}
	s.User = str(r, "user", "name")
	s.Created, s.Updated = stamp(str(r, "date_created")), stamp(str(r, "date_updated"))
	if n, ok := r["percent"].(float64); ok {
		s.Percent = new(int(n))
	}
	if _, ok := r["target_url"]; ok { // Forgejo and GitLab
		s.URL, s.Description, s.Context, s.User = str(r, "target_url"), str(r, "description"), str(r, "context"), str(r, "creator", "login")
		s.Created, s.Updated = stamp(str(r, "created_at")), stamp(str(r, "updated_at"))
		if name, ok := r["name"].(string); ok {
			s.Context, s.Updated = name, s.Created
			if s.State == "running" {
				s.State = distgit.StatusPending
			}
		}
	}
	return s
}

func judgeStatuses(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	got, err := c.Statuses(t.Context(), repoOf(m[1]), m[2])
	if done, verdict := failed(x, err); done {
		return verdict
	}
	var rows []map[string]any
	if json.Unmarshal(x.Body, &rows) != nil {
		for _, r := range fields(x.Body)["flags"].([]any) {
			rows = append(rows, r.(map[string]any))
		}
	}
	var want []distgit.Status
	for _, r := range rows {
		want = append(want, rawStatus(r))
	}
	return same("statuses", got, want)
}

func judgeSetStatus(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	s := distgit.Status{Context: "rebuild", State: distgit.StatusPending, Description: "queued", URL: "https://ci.example.org/1"}
	got, err := c.SetStatus(t.Context(), repoOf(m[1]), m[2], s)
	if done, verdict := failed(x, err); done {
		return verdict
	}
	b := fields(x.Body)
	if flag, ok := b["flag"].(map[string]any); ok {
		if err := same("uid", got.UID, str(b, "uid")); err != nil {
			return err
		}
		got.UID, b = "", flag
	}
	return same("status", got, rawStatus(b))
}

func judgePull(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	got, err := c.CreatePullRequest(t.Context(), repoOf(m[1]), distgit.PullRequest{Title: "Update to 1.2", From: "up-1.2", FromFork: "jane", To: "rawhide"})
	if done, verdict := failed(x, err); done {
		return verdict
	}
	b := fields(x.Body)
	fork := str(b, "head", "repo", "owner", "login")
	if str(b, "head", "repo_id") == str(b, "base", "repo_id") {
		fork = ""
	}
	return errors.Join(
		same("request", [...]string{strconv.Itoa(got.ID), got.Title, string(got.State), got.Author, got.From, got.FromFork, got.To, got.Commit, got.URL},
			[...]string{str(b, "number"), str(b, "title"), str(b, "state"), str(b, "user", "login"), str(b, "head", "ref"), fork, str(b, "base", "ref"), str(b, "head", "sha"), str(b, "html_url")}),
		same("created", got.Created, stamp(str(b, "created_at"))),
	)
}

func judgePermission(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	got, err := c.Permission(t.Context(), repoOf(m[1]), m[2])
	if done, verdict := failed(x, err); done {
		return verdict
	}
	return same("permission", got, str(fields(x.Body), "permission"))
}

func judgePlugin(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	repo, b := repoOf(m[2]), fields(x.Body)
	var got, want any
	var err error
	switch m[1] {
	case "orphan":
		orphaned, _ := b["orphan"].(bool)
		got, err = c.Orphan(t.Context(), repo)
		want = distgit.Orphan{Orphaned: orphaned, Reason: str(b, "reason"), Info: str(b, "reason_info")}
	case "take_orphan":
		got, err = c.Adopt(t.Context(), repo)
		want = str(b, "point_of_contact")
	case "anitya":
		got, err = c.Monitoring(t.Context(), repo)
		want = str(b, "monitoring")
	default:
		var fedora, epel string
		fedora, epel, err = c.Assignees(t.Context(), repo)
		got, want = [2]string{fedora, epel}, [2]string{str(b, "fedora_assignee"), str(b, "epel_assignee")}
	}
	if done, verdict := failed(x, err); done {
		return verdict
	}
	return same(m[1], got, want)
}

func judgeExtras(t *testing.T, c *distgit.Client, x *exchange, m []string) error {
	type lists map[distgit.Repo][]string
	got, want := lists{}, lists{}
	var err error
	switch m[1] {
	case "pagure_owner_alias":
		got, err = c.AllMaintainers(t.Context())
	case "pagure_bz":
		got, err = c.AllBugMail(t.Context())
	case "pagure_poc":
		var all map[distgit.Repo]distgit.Contact
		all, err = c.AllContacts(t.Context())
		for r, p := range all {
			got[r] = []string{p.Admin, p.Fedora, p.EPEL}
		}
	default:
		return nil
	}
	if done, verdict := failed(x, err); done {
		return verdict
	}
	for ns, pkgs := range fields(x.Body) {
		for name, v := range pkgs.(map[string]any) {
			r := distgit.Repo{Namespace: ns, Name: name}
			if o, ok := v.(map[string]any); ok {
				want[r] = []string{str(o, "admin"), str(o, "fedora"), str(o, "epel")}
			} else {
				want[r] = leaves(v)
			}
		}
	}
	return same(m[1], got, want)
}

// A version call is what tells the forges apart.
func judgeVersion(t *testing.T, _ *distgit.Client, x *exchange, _ []string) error {
	srv := serveOnly(t, x)
	c, err := distgit.NewClient(srv)
	if err != nil {
		return err
	}
	got, err := c.Forge(t.Context())
	if err != nil {
		return err
	}
	want := distgit.Pagure
	if path, _ := x.path(); strings.HasPrefix(path, "/api/v1/") {
		want = distgit.Forgejo
	}
	return same("forge", got, want)
}

// SPDX-License-Identifier: MIT

package distgit

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// StatusState is the state of a CI result on a commit. The constants are the
// words of this package; each forge's own are translated both ways, and a word
// that none of them has comes through as it is.
type StatusState string

// The states that all forges have in some form.
const (
	StatusPending  StatusState = "pending"  // GitLab's running and pending
	StatusSuccess  StatusState = "success"  //
	StatusFailure  StatusState = "failure"  // the test failed; GitLab's failed
	StatusError    StatusState = "error"    // the test could not run
	StatusCanceled StatusState = "canceled" // Pagure and GitLab
	StatusWarning  StatusState = "warning"  // Forgejo
)

// Terminal reports whether the result will not change by itself.
func (s StatusState) Terminal() bool { return s != StatusPending && s != "" && s != "running" }

// Status is a CI result on a commit: a flag with Pagure, a commit status with
// Forgejo and GitLab.
type Status struct {
	// Context names the test or service; with Pagure the flag's user name.
	Context string
	State   StatusState
	// Description is a short text; URL is where more is to be seen.
	Description, URL string
	// Percent is Pagure's result in percent, nil where there is none.
	Percent *int
	// UID makes a Pagure flag the same one when it is set again, up to 32
	// characters. The list does not give it back: keep yours.
	UID string
	// User is the account that set it.
	User             string
	Created, Updated time.Time // UTC, zero when not said
}

// Statuses returns the results on a commit, newest first. With Forgejo and
// GitLab every change is a row of its own: the first of a context is the one
// that counts. See [Latest].
func (c *Client) Statuses(ctx context.Context, repo Repo, commit string) ([]Status, error) {
	forge, err := c.repoCall(ctx, "statuses", repo)
	if err != nil {
		return nil, err
	}
	if commit == "" {
		return nil, &Error{Op: "statuses", Msg: "no commit", Err: ErrInvalid}
	}
	switch forge {
	case Forgejo:
		var out []Status
		for s, err := range pages(1, func(page int) ([]forgejoStatus, bool, error) {
			var raw []forgejoStatus
			q := url.Values{"sort": {"recentupdate"}, "page": {strconv.Itoa(page)}, "limit": {"50"}}
			resp, err := c.do(ctx, request{path: "/api/v1/repos/" + forgejoPath(repo) + "/commits/" + escapePath(commit) + "/statuses", query: q, out: &raw})
			if err != nil {
				return nil, false, err
			}
			return raw, hasNext(resp.Header.Get("Link")), nil
		}) {
			if err != nil {
				return nil, err
			}
			out = append(out, s.status())
		}
		return out, nil
	case GitLab:
		var out []Status
		for s, err := range pages(1, func(page int) ([]gitlabStatus, bool, error) {
			var raw []gitlabStatus
			q := url.Values{"page": {strconv.Itoa(page)}, "per_page": {"100"}}
			resp, err := c.do(ctx, request{path: c.gitlabPath(repo) + "/repository/commits/" + url.PathEscape(commit) + "/statuses", query: q, out: &raw})
			if err != nil {
				return nil, false, err
			}
			return raw, resp.Header.Get("X-Next-Page") != "", nil
		}) {
			if err != nil {
				return nil, err
			}
			out = append(out, s.status())
		}
		slices.SortStableFunc(out, func(a, b Status) int { return b.Created.Compare(a.Created) })
		return out, nil
	}
	var raw struct {
		Flags []pagureFlag `json:"flags"`
	}
	if _, err := c.do(ctx, request{path: c.pagurePath(repo) + "/c/" + url.PathEscape(commit) + "/flag", out: &raw}); err != nil {
		return nil, err
	}
	return convert(raw.Flags, pagureFlag.status), nil
}

// Latest keeps the first status of each context: the valid ones of what
// [Client.Statuses] returns.
func Latest(statuses []Status) []Status {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(statuses), func(s Status) bool {
		dup := seen[s.Context]
		seen[s.Context] = true
		return dup
	})
}

// CombinedState returns the worst state of all contexts of a commit, as
// Forgejo combines them: error, failure, warning, pending, success; "" when
// there is no status at all.
func CombinedState(statuses []Status) StatusState {
	order := []StatusState{StatusError, StatusFailure, StatusCanceled, StatusWarning, StatusPending, StatusSuccess}
	worst := len(order)
	for _, s := range Latest(statuses) {
		if i := slices.Index(order, s.State); i >= 0 {
			worst = min(worst, i)
		}
	}
	if worst == len(order) {
		return ""
	}
	return order[worst]
}

// SetStatus writes a result on a commit and returns what was stored. With a
// UID a Pagure flag is updated and the call repeated safely; elsewhere each
// call adds a row.
func (c *Client) SetStatus(ctx context.Context, repo Repo, commit string, s Status) (Status, error) {
	if !isHash(commit) || s.Context == "" || s.State == "" || len(s.UID) > 32 {
		return Status{}, &Error{Op: "set status", Msg: "want a full commit hash, a context, a state, and a UID of up to 32 characters", Err: ErrInvalid}
	}
	forge, err := c.repoCall(ctx, "set status", repo)
	if err != nil {
		return Status{}, err
	}
	switch forge {
	case Forgejo: // posted as "state", answered as "status"
		in := map[string]string{"state": string(s.State), "context": s.Context, "description": s.Description, "target_url": s.URL}
		if s.State == StatusCanceled {
			in["state"] = string(StatusError)
		}
		var raw forgejoStatus
		_, err := c.do(ctx, request{method: "POST", path: "/api/v1/repos/" + forgejoPath(repo) + "/statuses/" + commit, in: in, out: &raw})
		return raw.status(), err
	case GitLab:
		in := map[string]string{"state": gitlabState(s.State), "name": s.Context, "description": s.Description, "target_url": s.URL}
		var raw gitlabStatus
		_, err := c.do(ctx, request{method: "POST", path: c.gitlabPath(repo) + "/statuses/" + commit, in: in, out: &raw})
		return raw.status(), err
	}
	in := url.Values{"username": {s.Context}, "comment": {s.Description}, "url": {s.URL}, "status": {string(s.State)}}
	if s.State == StatusWarning {
		in.Set("status", string(StatusFailure))
	}
	if s.UID != "" {
		in.Set("uid", s.UID)
	}
	if s.Percent != nil {
		in.Set("percent", strconv.Itoa(*s.Percent))
	}
	var raw struct {
		Flag pagureFlag `json:"flag"`
		UID  string     `json:"uid"`
	}
	_, err = c.do(ctx, request{method: "POST", path: c.pagurePath(repo) + "/c/" + commit + "/flag", in: in, out: &raw, again: s.UID != ""})
	out := raw.Flag.status()
	out.UID = raw.UID
	return out, err
}

type pagureFlag struct {
	Username string     `json:"username"`
	Percent  *int       `json:"percent"`
	Comment  string     `json:"comment"`
	Status   string     `json:"status"`
	URL      string     `json:"url"`
	Created  epochText  `json:"date_created"`
	Updated  epochText  `json:"date_updated"`
	User     pagureUser `json:"user"`
}

func (f pagureFlag) status() Status {
	return Status{
		Context: f.Username, State: StatusState(f.Status), Description: f.Comment, URL: f.URL, Percent: f.Percent,
		User: f.User.Name, Created: f.Created.Time, Updated: f.Updated.Time,
	}
}

type forgejoStatus struct {
	Status      string `json:"status"`
	State       string `json:"state"` // of a combined answer
	TargetURL   string `json:"target_url"`
	Description string `json:"description"`
	Context     string `json:"context"`
	Creator     *struct {
		Login string `json:"login"`
	} `json:"creator"`
	Created time.Time `json:"created_at"`
	Updated time.Time `json:"updated_at"`
}

func (f forgejoStatus) status() Status {
	s := Status{
		Context: f.Context, State: StatusState(cmp.Or(f.Status, f.State)), Description: f.Description, URL: f.TargetURL,
		Created: realTime(f.Created), Updated: realTime(f.Updated),
	}
	if f.Creator != nil {
		s.User = f.Creator.Login
	}
	return s
}

type gitlabStatus struct {
	Status      string `json:"status"`
	Name        string `json:"name"`
	TargetURL   string `json:"target_url"`
	Description string `json:"description"`
	Author      *struct {
		Username string `json:"username"`
	} `json:"author"`
	Created  time.Time  `json:"created_at"`
	Finished *time.Time `json:"finished_at"`
}

func (g gitlabStatus) status() Status {
	s := Status{
		Context: g.Name, State: StatusState(g.Status), Description: g.Description, URL: g.TargetURL,
		Created: realTime(g.Created), Updated: realTime(g.Created),
	}
	switch g.Status {
	case "running":
		s.State = StatusPending
	case "failed":
		s.State = StatusFailure
	}
	if g.Author != nil {
		s.User = g.Author.Username
	}
	if g.Finished != nil {
		s.Updated = realTime(*g.Finished)
	}
	return s
}

func gitlabState(s StatusState) string {
	switch s {
	case StatusFailure, StatusError, StatusWarning:
		return "failed"
	case StatusPending:
		return "running"
	}
	return string(s)
}

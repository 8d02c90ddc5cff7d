// SPDX-License-Identifier: MIT

package bodhi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/internal/jsonapi"
)

// UpdateStatus is where an update stands. Unknown words are kept.
type UpdateStatus string

// The states of an update.
const (
	Pending        UpdateStatus = "pending"
	Testing        UpdateStatus = "testing"
	Stable         UpdateStatus = "stable"
	Unpushed       UpdateStatus = "unpushed"
	Obsolete       UpdateStatus = "obsolete"
	SideTagActive  UpdateStatus = "side_tag_active"
	SideTagExpired UpdateStatus = "side_tag_expired"
)

// String returns the state's word.
func (s UpdateStatus) String() string { return string(s) }

// Terminal reports whether the update will not move on by itself.
func (s UpdateStatus) Terminal() bool {
	return s == Stable || s == Unpushed || s == Obsolete || s == SideTagExpired
}

// Gating is what gating says of an update. Unknown words are kept.
type Gating string

// The gating states of an update.
const (
	GatingWaiting Gating = "waiting"
	GatingIgnored Gating = "ignored"
	GatingQueued  Gating = "queued"
	GatingRunning Gating = "running"
	GatingPassed  Gating = "passed"
	GatingFailed  Gating = "failed"
	GatingBroken  Gating = "greenwave_failed"
)

// String returns the state's word.
func (g Gating) String() string { return string(g) }

// timestamp is a moment as Bodhi writes it; null is the zero time.
type timestamp struct{ time.Time }

func (t *timestamp) UnmarshalJSON(data []byte) error {
	var s *string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	if s == nil || *s == "" {
		t.Time = time.Time{}
		return nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999", time.RFC3339Nano} {
		if v, err := time.Parse(layout, *s); err == nil {
			t.Time = v.UTC()
			return nil
		}
	}
	return fmt.Errorf("bodhi: time %q", *s)
}

// Build is a build of an update.
type Build struct {
	NVR       string `json:"nvr"`
	Epoch     int    `json:"epoch"`
	Signed    bool   `json:"signed"`
	Type      string `json:"type"`
	ReleaseID int    `json:"release_id"`
}

// User is a person or a bot.
type User struct {
	ID     int    `json:"id"`
	Name   string `json:"name"`
	Email  string `json:"email"`
	Groups []struct {
		Name string `json:"name"`
	} `json:"groups"`
}

// Bug is a bug that an update speaks of.
type Bug struct {
	ID       int    `json:"bug_id"`
	Title    string `json:"title"`
	Security bool   `json:"security"`
	Parent   bool   `json:"parent"`
}

// Release is a release that updates are made for. Its tags are how tools map
// Koji tags to releases.
type Release struct {
	Name               string `json:"name"` // "F43"
	LongName           string `json:"long_name"`
	Version            string `json:"version"`
	IDPrefix           string `json:"id_prefix"`
	Branch             string `json:"branch"`
	DistTag            string `json:"dist_tag"`
	StableTag          string `json:"stable_tag"`
	TestingTag         string `json:"testing_tag"`
	CandidateTag       string `json:"candidate_tag"`
	PendingSigningTag  string `json:"pending_signing_tag"`
	PendingTestingTag  string `json:"pending_testing_tag"`
	PendingStableTag   string `json:"pending_stable_tag"`
	OverrideTag        string `json:"override_tag"`
	State              string `json:"state"` // disabled, pending, frozen, current, archived
	ComposedByBodhi    bool   `json:"composed_by_bodhi"`
	MailTemplate       string `json:"mail_template"`
	PackageManager     string `json:"package_manager"`
	TestingRepository  string `json:"testing_repository"`
	ReleasedOn         string `json:"released_on"` // date; empty when not released
	EOL                string `json:"eol"`         // date; empty when unknown
	CreateAutoUpdates  bool   `json:"create_automatic_updates"`
	MandatoryDaysInTst *int   `json:"mandatory_days_in_testing"` // nil when not said
}

// Update is a set of builds on its way to users.
type Update struct {
	Alias        string
	UpdateID     string // older id; empty on new servers
	Title        string
	DisplayName  string
	Status       UpdateStatus
	Request      string // testing, stable, ...; empty when none is pending
	Type         string // bugfix, security, newpackage, enhancement, unspecified
	Severity     string
	Suggest      string // unspecified, reboot, logout
	ContentType  string // rpm, module, container, flatpak
	Notes        string
	Builds       []Build
	Release      Release
	User         User
	Bugs         []Bug
	Karma        int
	Critpath     bool
	Locked       bool
	Pushed       bool
	Gating       Gating
	FromTag      string // the side tag it was made from; empty otherwise
	URL          string
	Requirements bool      // meets the requirements of its testing period
	Submitted    time.Time // zero when absent, as the others
	Modified     time.Time
	InTesting    time.Time
	InStable     time.Time
	PushedAt     time.Time
	Approved     time.Time
	// Extra holds the members without a field above, comments among them.
	Extra map[string]json.RawMessage
}

type wireUpdate struct {
	Alias        string       `json:"alias"`
	UpdateID     string       `json:"updateid"`
	Title        string       `json:"title"`
	DisplayName  string       `json:"display_name"`
	Status       UpdateStatus `json:"status"`
	Request      *string      `json:"request"`
	Type         string       `json:"type"`
	Severity     string       `json:"severity"`
	Suggest      string       `json:"suggest"`
	ContentType  string       `json:"content_type"`
	Notes        string       `json:"notes"`
	Builds       []Build      `json:"builds"`
	Release      *Release     `json:"release"`
	User         *User        `json:"user"`
	Bugs         []Bug        `json:"bugs"`
	Karma        int          `json:"karma"`
	Critpath     bool         `json:"critpath"`
	Locked       bool         `json:"locked"`
	Pushed       bool         `json:"pushed"`
	Gating       *Gating      `json:"test_gating_status"`
	FromTag      *string      `json:"from_tag"`
	URL          string       `json:"url"`
	Requirements bool         `json:"meets_testing_requirements"`
	Submitted    timestamp    `json:"date_submitted"`
	Modified     timestamp    `json:"date_modified"`
	InTesting    timestamp    `json:"date_testing"`
	InStable     timestamp    `json:"date_stable"`
	PushedAt     timestamp    `json:"date_pushed"`
	Approved     timestamp    `json:"date_approved"`
}

// UnmarshalJSON reads an update as Bodhi's REST API and its messages write it.
func (u *Update) UnmarshalJSON(data []byte) error {
	var w wireUpdate
	extra, err := jsonapi.UnmarshalExtra(data, &w)
	if err != nil {
		return err
	}
	*u = Update{
		Alias: w.Alias, UpdateID: w.UpdateID, Title: w.Title, DisplayName: w.DisplayName, Status: w.Status,
		Type: w.Type, Severity: w.Severity, Suggest: w.Suggest, ContentType: w.ContentType, Notes: w.Notes,
		Builds: w.Builds, Bugs: w.Bugs, Karma: w.Karma, Critpath: w.Critpath, Locked: w.Locked, Pushed: w.Pushed,
		URL: w.URL, Requirements: w.Requirements, Submitted: w.Submitted.Time, Modified: w.Modified.Time,
		InTesting: w.InTesting.Time, InStable: w.InStable.Time, PushedAt: w.PushedAt.Time, Approved: w.Approved.Time,
		Extra:   extra,
		Request: jsonapi.Value(w.Request), FromTag: jsonapi.Value(w.FromTag), Gating: jsonapi.Value(w.Gating),
		Release: jsonapi.Value(w.Release), User: jsonapi.Value(w.User),
	}
	return nil
}

// UpdateQuery selects updates; empty fields select all.
type UpdateQuery struct {
	Builds      []string // NVRs, any of these
	Packages    []string
	Releases    []string // "F43"
	Status      []UpdateStatus
	FromSideTag string // exact tag name; filtered here, the service can only say whether
	User        string
	Rows        int // rows a page, 0 = the server's default (20), at most 1000
}

func (q UpdateQuery) values() url.Values {
	v := url.Values{}
	for key, list := range map[string][]string{"builds": q.Builds, "packages": q.Packages, "releases": q.Releases} {
		if len(list) > 0 {
			v.Set(key, strings.Join(list, ","))
		}
	}
	for _, s := range q.Status {
		v.Add("status", string(s))
	}
	if q.FromSideTag != "" {
		v.Set("from_side_tag", "true")
	}
	if q.User != "" {
		v.Set("user", q.User)
	}
	if q.Rows > 0 {
		v.Set("rows_per_page", strconv.Itoa(q.Rows))
	}
	return v
}

// Updates yields the updates that the query selects, newest first, one
// request a page. It yields an error at most once and then ends.
func (c *Client) Updates(ctx context.Context, q UpdateQuery) iter.Seq2[Update, error] {
	return func(yield func(Update, error) bool) {
		v := q.values()
		for page := 1; ; page++ {
			v.Set("page", strconv.Itoa(page))
			var out struct {
				Updates []Update `json:"updates"`
				Pages   int      `json:"pages"`
			}
			if err := c.Do(ctx, http.MethodGet, "/updates/", v, nil, &out); err != nil {
				yield(Update{}, err)
				return
			}
			for _, u := range out.Updates {
				if q.FromSideTag != "" && u.FromTag != q.FromSideTag {
					continue
				}
				if !yield(u, nil) {
					return
				}
			}
			if page >= out.Pages || len(out.Updates) == 0 {
				return
			}
		}
	}
}

// Update returns one update by its alias; [ErrNotFound] when there is none.
func (c *Client) Update(ctx context.Context, alias string) (Update, error) {
	var out struct {
		Update Update `json:"update"`
	}
	err := c.Do(ctx, http.MethodGet, "/updates/"+url.PathEscape(alias), nil, nil, &out)
	return out.Update, err
}

// Releases yields all releases, or those in one of the given states.
func (c *Client) Releases(ctx context.Context, states ...string) iter.Seq2[Release, error] {
	return func(yield func(Release, error) bool) {
		for page := 1; ; page++ {
			var out struct {
				Releases []Release `json:"releases"`
				Pages    int       `json:"pages"`
			}
			v := url.Values{"page": {strconv.Itoa(page)}, "rows_per_page": {"100"}}
			if err := c.Do(ctx, http.MethodGet, "/releases/", v, nil, &out); err != nil {
				yield(Release{}, err)
				return
			}
			for _, r := range out.Releases {
				if len(states) > 0 && !slices.Contains(states, r.State) {
					continue
				}
				if !yield(r, nil) {
					return
				}
			}
			if page >= out.Pages || len(out.Releases) == 0 {
				return
			}
		}
	}
}

// NewUpdate is what an update from a side tag is made of. Notes are needed.
type NewUpdate struct {
	Notes    string
	Type     string // empty: unspecified
	Severity string // empty: unspecified
	Bugs     []int
	// NoAutoPush leaves the push to stable to a person.
	NoAutoPush bool
}

// CreateFromSideTag makes an update of everything in a side tag and returns
// it; created is false when the tag had an update already, which is then
// returned unchanged, so that the call may be repeated after a lost answer.
// Bodhi refuses a second update from a side tag, also after the first was
// withdrawn: [ErrInvalid] with its words.
func (c *Client) CreateFromSideTag(ctx context.Context, tag string, n NewUpdate) (u Update, created bool, err error) {
	if tag == "" || strings.TrimSpace(n.Notes) == "" {
		return u, false, &Error{Op: "POST /updates/", Msg: "a side tag and notes are needed", Err: ErrInvalid}
	}
	for u, err := range c.Updates(ctx, UpdateQuery{FromSideTag: tag, Status: []UpdateStatus{Pending, Testing, Stable}}) {
		return u, false, err
	}
	in := map[string]any{"from_tag": tag, "notes": n.Notes, "type": "unspecified", "severity": "unspecified"}
	if n.Type != "" {
		in["type"] = n.Type
	}
	if n.Severity != "" {
		in["severity"] = n.Severity
	}
	if len(n.Bugs) > 0 {
		bugs := make([]string, len(n.Bugs))
		for i, b := range n.Bugs {
			bugs[i] = strconv.Itoa(b)
		}
		in["bugs"] = strings.Join(bugs, ",")
	}
	if n.NoAutoPush {
		in["autokarma"], in["autotime"] = false, false
	}
	err = c.write(ctx, "/updates/", in, &u)
	return u, err == nil, err
}

// write logs in, asks for a CSRF token and posts.
func (c *Client) write(ctx context.Context, path string, in map[string]any, out any) error {
	if c.token {
		// It answers with a cookie. A service behind another login has no
		// such page.
		if err := c.Do(ctx, http.MethodGet, "/oidc/login-token", nil, nil, nil); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	var csrf struct {
		Token string `json:"csrf_token"`
	}
	if err := c.Do(ctx, http.MethodGet, "/csrf", nil, nil, &csrf); err != nil {
		return err
	}
	in["csrf_token"] = csrf.Token
	return c.Do(ctx, http.MethodPost, path, nil, in, out)
}

// Action is what is requested of an update.
type Action string

// The actions.
const (
	PushTesting  Action = "testing"
	PushStable   Action = "stable"
	Unpush       Action = "unpush"   // out of testing
	Revoke       Action = "revoke"   // the request that is pending
	MakeObsolete Action = "obsolete" // withdrawn for good
)

// String returns the action's word.
func (a Action) String() string { return string(a) }

// RequestUpdate asks for an update to be pushed or withdrawn, and returns it as
// it is then. Asking again changes nothing. What the service's rules forbid, a
// push to stable before its tests for example, is [ErrInvalid] with the reason.
func (c *Client) RequestUpdate(ctx context.Context, alias string, a Action) (Update, error) {
	var out struct {
		Update Update `json:"update"`
	}
	err := c.write(ctx, "/updates/"+url.PathEscape(alias)+"/request", map[string]any{"update": alias, "request": string(a)}, &out)
	return out.Update, err
}

// WaitUpdate asks for an update every interval until it has the wanted state,
// and returns it. An update that ends in another state is [ErrEnded]; a
// service that is away is asked again until ctx ends.
func (c *Client) WaitUpdate(ctx context.Context, alias string, want UpdateStatus, interval time.Duration) (Update, error) {
	tick := time.NewTicker(max(interval, time.Millisecond))
	defer tick.Stop()
	for {
		u, err := c.Update(ctx, alias)
		switch {
		case err == nil && u.Status == want:
			return u, nil
		case err == nil && u.Status.Terminal():
			return u, &Error{Op: "wait for " + alias, Msg: fmt.Sprintf("is %s, not %s", u.Status, want), Err: ErrEnded}
		case err != nil && !errors.Is(err, ErrUnavailable):
			return u, err
		}
		select {
		case <-ctx.Done():
			return u, &Error{Op: "wait for " + alias, Msg: fmt.Sprintf("still %s", u.Status), Err: ctx.Err()}
		case <-tick.C:
		}
	}
}

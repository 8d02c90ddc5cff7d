// SPDX-License-Identifier: MIT

package bodhitest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/koji/bodhi"
)

// stamp is a time as the service writes it: UTC, without a zone.
type stamp string

// update is one as it is written on the wire and into the state's file.
type update struct {
	Alias        string             `json:"alias"`
	UpdateID     string             `json:"updateid"`
	Title        string             `json:"title"`
	DisplayName  string             `json:"display_name"`
	Status       bodhi.UpdateStatus `json:"status"`
	Request      *string            `json:"request"`
	Type         string             `json:"type"`
	Severity     string             `json:"severity"`
	Suggest      string             `json:"suggest"`
	ContentType  string             `json:"content_type"`
	Notes        string             `json:"notes"`
	Builds       []bodhi.Build      `json:"builds"`
	Release      bodhi.Release      `json:"release"`
	User         wireUser           `json:"user"`
	Submitter    string             `json:"submitter"`
	Bugs         []wireBug          `json:"bugs"`
	Comments     []any              `json:"comments"`
	TestCases    []any              `json:"test_cases"`
	Karma        int                `json:"karma"`
	StableKarma  int                `json:"stable_karma"`
	UnstableK    int                `json:"unstable_karma"`
	StableDays   int                `json:"stable_days"`
	Autokarma    bool               `json:"autokarma"`
	Autotime     bool               `json:"autotime"`
	CloseBugs    bool               `json:"close_bugs"`
	RequireBugs  bool               `json:"require_bugs"`
	RequireTests bool               `json:"require_testcases"`
	Req          string             `json:"requirements"`
	Critpath     bool               `json:"critpath"`
	Locked       bool               `json:"locked"`
	Pushed       bool               `json:"pushed"`
	Gating       *bodhi.Gating      `json:"test_gating_status"`
	FromTag      *string            `json:"from_tag"`
	URL          string             `json:"url"`
	Requirements bool               `json:"meets_testing_requirements"`
	DateSubmit   *stamp             `json:"date_submitted"`
	DateModified *stamp             `json:"date_modified"`
	DateTesting  *stamp             `json:"date_testing"`
	DateStable   *stamp             `json:"date_stable"`
	DatePushed   *stamp             `json:"date_pushed"`
	DateApproved *stamp             `json:"date_approved"`
	DateLocked   *stamp             `json:"date_locked"`
}

type wireUser struct {
	ID     int         `json:"id"`
	Name   string      `json:"name"`
	Email  *string     `json:"email"`
	Groups []wireGroup `json:"groups"`
}

type wireGroup struct {
	Name string `json:"name"`
}

type wireBug struct {
	ID       int    `json:"bug_id"`
	Title    string `json:"title"`
	Security bool   `json:"security"`
	Parent   bool   `json:"parent"`
	Feedback []any  `json:"feedback"`
}

func (u *update) signed() bool {
	return !slices.ContainsFunc(u.Builds, func(b bodhi.Build) bool { return !b.Signed })
}

// gated reports whether gating lets the update pass; no answer does.
func (u *update) gated() bool {
	return u.Gating == nil || *u.Gating == bodhi.GatingPassed || *u.Gating == bodhi.GatingIgnored
}

// packageOf is the name of a name-version-release; false for other text.
func packageOf(nvr string) (string, bool) {
	name := nvr
	for range 2 {
		i := strings.LastIndexByte(name, '-')
		if i <= 0 || i == len(name)-1 {
			return "", false
		}
		name = name[:i]
	}
	return name, true
}

// releaseOf finds the release that one of the tags belongs to.
func (b *Bodhi) releaseOf(tags []string) (bodhi.Release, bool) {
	for _, tag := range tags {
		for _, r := range b.seed.Releases {
			if tag != "" && slices.Contains([]string{
				r.CandidateTag, r.TestingTag, r.StableTag, r.OverrideTag, r.PendingSigningTag, r.PendingTestingTag, r.PendingStableTag,
			}, tag) {
				return r, true
			}
		}
	}
	return bodhi.Release{}, false
}

// refusal is one entry of the service's error list, and the HTTP status that
// goes with it.
type refusal struct {
	status                int
	location, name, words string
}

func refuse(name, format string, args ...any) *refusal {
	return &refusal{400, "body", name, fmt.Sprintf(format, args...)}
}

// create makes an update from a side tag.
func (b *Bodhi) create(in form, user User) (*update, *refusal) {
	tag := in.text("from_tag")
	if tag == "" {
		return nil, refuse("builds,from_tag", "You must specify either builds or from_tag.")
	}
	for _, u := range b.updates {
		if u.FromTag != nil && *u.FromTag == tag {
			return nil, refuse("from_tag", "Update already exists using this side tag")
		}
	}
	found, err := SideTag{}, ErrNoTag
	if b.seed.SideTag != nil {
		found, err = b.seed.SideTag(tag)
	}
	switch {
	case err == ErrNoTag:
		return nil, refuse("from_tag", "The supplied from_tag doesn't exist.")
	case err != nil:
		return nil, refuse("from_tag", "Encountered error while requesting tagged builds from Koji: '%v'", err)
	case found.Owner == "":
		return nil, refuse("from_tag", "The supplied tag is not a side tag.")
	case len(found.Builds) == 0:
		return nil, refuse("from_tag", "The supplied from_tag doesn't contain any builds.")
	}
	u := &update{
		Status: bodhi.Pending, Type: in.text("type"), Severity: in.text("severity"), Suggest: "unspecified", ContentType: "rpm",
		Notes: in.text("notes"), FromTag: &tag, User: wireUser{Name: user.Name, Groups: []wireGroup{}}, Submitter: user.Name,
		Bugs: []wireBug{}, Comments: []any{}, TestCases: []any{}, StableKarma: 3, UnstableK: -3,
		Autokarma: in.flag("autokarma", true), Autotime: in.flag("autotime", true), CloseBugs: in.flag("close_bugs", true),
		RequireBugs: in.flag("require_bugs", true), RequireTests: in.flag("require_testcases", true),
		DisplayName: strings.TrimSpace(in.text("display_name")),
	}
	var ok bool
	if u.Release, ok = b.releaseOf(found.Inherits); !ok {
		return nil, refuse("builds", "Cannot find release associated with build: %s, tags: %v", found.Builds[0], found.Inherits)
	}
	for _, g := range user.Groups {
		u.User.Groups = append(u.User.Groups, wireGroup{g})
	}
	proven := slices.Contains(user.Groups, "provenpackager")
	for _, nvr := range found.Builds {
		name, ok := packageOf(nvr)
		if !ok {
			return nil, refuse("builds", "Invalid koji build: %s", nvr)
		}
		if user.Name != found.Owner && !proven {
			r := refuse("builds", "%s does not have commit access to %s", user.Name, name)
			r.status = 403
			return nil, r
		}
		for _, other := range b.updates {
			if other.Status != bodhi.Unpushed && slices.ContainsFunc(other.Builds, func(x bodhi.Build) bool { return x.NVR == nvr }) {
				return nil, refuse("builds", "Update for %s already exists", nvr)
			}
		}
		u.Builds = append(u.Builds, bodhi.Build{NVR: nvr, Type: "rpm"})
	}
	for _, bug := range in.numbers("bugs") {
		u.Bugs = append(u.Bugs, wireBug{ID: bug, Feedback: []any{}})
	}
	if !u.Release.ComposedByBodhi {
		u.Autotime = true
	}
	u.DateSubmit = b.now()
	prefix := u.Release.IDPrefix
	if prefix == "" {
		prefix = "FEDORA"
	}
	u.Alias = fmt.Sprintf("%s-%.4s-%010x", prefix, *u.DateSubmit, len(b.updates)+1)
	u.UpdateID = u.Alias
	u.Title = u.Builds[0].NVR
	if n := len(u.Builds); n > 1 {
		u.Title += fmt.Sprintf(", and %d more", n-1)
	}
	b.updates = append(b.updates, u)
	return u, nil
}

// request does what a user asks of an update.
func (b *Bodhi) request(u *update, action string) *refusal {
	no := func(format string, args ...any) *refusal { return refuse("request", format, args...) }
	has := func(r string) bool { return u.Request != nil && *u.Request == r }
	switch {
	case u.Locked:
		return no("Can't change request on a locked update")
	case u.Status == bodhi.Stable && action == "testing":
		return no("Pushing back to testing a stable update is not allowed")
	case string(u.Status) == action, has(action):
		return nil
	case !u.Release.ComposedByBodhi && action == "stable":
		return no("Setting a request on an Update for a Release not composed by Bodhi is not allowed")
	}
	switch action {
	case "unpush":
		if u.Status == bodhi.Unpushed {
			return nil
		}
		if u.Status != bodhi.Testing {
			return no("Can't unpush a %s update", u.Status)
		}
		u.Pushed, u.Status, u.Request = false, bodhi.Unpushed, nil
		return nil
	case "obsolete":
		u.Status, u.Request = bodhi.Obsolete, nil
		return nil
	case "revoke":
		if u.Request == nil {
			return no("Can only revoke an update with an existing request")
		}
		if u.Status == bodhi.Stable {
			return no("Can only revoke a pending, testing, unpushed, or obsolete update, not one that is stable")
		}
		if u.Status == bodhi.Pending && has("testing") {
			u.Status = bodhi.Unpushed
		}
		u.Request = nil
		return nil
	case "stable":
		if u.Status == bodhi.Pending && u.Release.State == "frozen" {
			return no("The release of this update is frozen and the update has not yet been pushed to testing. It is currently not possible to push it to stable.")
		}
		if !u.Requirements || !u.gated() {
			why := "The update has not yet met its testing requirements"
			if !u.gated() {
				why = "Required tests did not pass on this update."
			}
			if u.Status == bodhi.Testing || has("testing") {
				return no("This update has not yet met the minimum testing requirements: %s", why)
			}
			action = "testing" // it is forced into testing first
		}
	}
	if u.Status == bodhi.Obsolete || u.Status == bodhi.Unpushed {
		u.Status = bodhi.Pending
	}
	u.Request = &action
	return nil
}

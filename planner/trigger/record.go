// SPDX-License-Identifier: MIT

package trigger

import (
	"encoding/json"
	"errors"

	"github.com/seed-f134cc8e/relkit/planner"
)

// PDC is pdc.<resource>: rows were created, updated, deleted or imported. The
// resource is the topic's Event; its members are in [Event.Extra].
type PDC struct {
	Action        string `json:"action,omitzero"`
	Attribute     string `json:"attribute,omitzero"`
	Count         *int   `json:"count,omitzero"`
	ComposeID     string `json:"compose_id,omitzero"`
	ComposeDate   string `json:"compose_date,omitzero"`
	ComposeType   string `json:"compose_type,omitzero"`
	ComposeRespin *int   `json:"compose_respin,omitzero"`
}

func (*PDC) check(Topic) error        { return nil }
func (*PDC) outcomes(Topic) []outcome { return nil }

// Pkgdb is pkgdb.*: the package database of before PDC.
type Pkgdb struct {
	Agent          Name            `json:"agent,omitzero"`
	PackageListing *PackageListing `json:"package_listing,omitzero"`
	PackageName    string          `json:"package_name,omitzero"`
	Package        Name            `json:"package,omitzero"`
	Status         Text            `json:"status,omitzero"`
	PrevStatus     string          `json:"prev_status,omitzero"`
	Branch         string          `json:"branch,omitzero"`
	Branches       []string        `json:"branches,omitzero"`
	Fields         []string        `json:"fields,omitzero"`
	Retirement     string          `json:"retirement,omitzero"`
	Collection     *Collection     `json:"collection,omitzero"`
}

// PackageListing is a package in a collection.
type PackageListing struct {
	Package        PkgdbPackage `json:"package,omitzero"`
	Collection     Collection   `json:"collection,omitzero"`
	PointOfContact Name         `json:"point_of_contact,omitzero"`
	Owner          Name         `json:"owner,omitzero"`
	Status         Text         `json:"status,omitzero"`
	Critpath       *bool        `json:"critpath,omitzero"`
}

// PkgdbPackage is a package.
type PkgdbPackage struct {
	Name      string `json:"name,omitzero"`
	Namespace string `json:"namespace,omitzero"`
	Summary   string `json:"summary,omitzero"`
	Status    Text   `json:"status,omitzero"`
}

// Collection is a release of a distribution, "devel" being the next.
type Collection struct {
	Name       string `json:"name,omitzero"`
	Version    Text   `json:"version,omitzero"`
	BranchName string `json:"branchname,omitzero"`
	DistTag    string `json:"dist_tag,omitzero"`
	OldDistTag string `json:"disttag,omitzero"`
	KojiName   string `json:"koji_name,omitzero"`
	Status     Text   `json:"status,omitzero"`
}

// Names returns the package with its namespace ("rpms/bash"), "" when the
// message is about none. The oldest messages have no package_name.
func (p *Pkgdb) Names() string {
	name, namespace := p.PackageName, ""
	if l := p.PackageListing; l != nil && l.Package.Name != "" {
		name, namespace = l.Package.Name, l.Package.Namespace
	}
	if name == "" {
		name = string(p.Package)
	}
	if name == "" {
		return ""
	}
	return inNamespace(namespace, name)
}

func (p *Pkgdb) check(t Topic) error {
	if (t.Event == "package.new" || t.Event == "package.branch.new") && p.Names() == "" {
		return errors.New("a new package without name")
	}
	return nil
}

// outcomes tells of retirement alone: a new package has no content yet.
func (p *Pkgdb) outcomes(t Topic) []outcome {
	l := p.PackageListing
	retired := t.Event == "package.retire" || t.Event == "package.update.status" && p.Status == "Retired"
	if !retired || l == nil || p.Names() == "" {
		return nil
	}
	return []outcome{{ids: ids(planner.ID(p.Names())), artifact: p.Names(), effect: EffectRetired, place: PlaceBranch, at: l.Collection.BranchName}}
}

// FAS is fas.user.* and fas.group.*: accounts and groups.
type FAS struct {
	Agent  Name     `json:"agent,omitzero"`
	User   Name     `json:"user,omitzero"`
	Group  Name     `json:"group,omitzero"`
	Fields []string `json:"fields,omitzero"`
}

func (*FAS) check(Topic) error        { return nil }
func (*FAS) outcomes(Topic) []outcome { return nil }

// FreshmakerEvent is freshmaker.event.state.changed. States: initialized 0,
// building 1, complete 2, failed 3, skipped 4, canceled 5.
type FreshmakerEvent struct {
	ID          int64           `json:"id,omitzero"`
	MessageID   string          `json:"message_id,omitzero"`
	SearchKey   Text            `json:"search_key,omitzero"`
	EventType   int             `json:"event_type_id,omitzero"`
	State       *int            `json:"state,omitzero"`
	StateName   string          `json:"state_name,omitzero"`
	StateReason string          `json:"state_reason,omitzero"`
	TimeCreated Time            `json:"time_created,omitzero"`
	TimeDone    Time            `json:"time_done,omitzero"`
	Requester   Name            `json:"requester,omitzero"`
	DryRun      *bool           `json:"dry_run,omitzero"`
	Builds      json.RawMessage `json:"builds,omitzero"`
	URL         string          `json:"url,omitzero"`
}

func (*FreshmakerEvent) check(Topic) error        { return nil }
func (*FreshmakerEvent) outcomes(Topic) []outcome { return nil }

// FreshmakerBuild is freshmaker.build.state.changed. States: build 0, done 1,
// failed 2, canceled 3, planned 4.
type FreshmakerBuild struct {
	ID            int64  `json:"id,omitzero"`
	Name          string `json:"name,omitzero"`
	OriginalNVR   string `json:"original_nvr,omitzero"`
	RebuiltNVR    string `json:"rebuilt_nvr,omitzero"`
	Type          *int   `json:"type,omitzero"`
	TypeName      string `json:"type_name,omitzero"`
	State         *int   `json:"state,omitzero"`
	StateName     string `json:"state_name,omitzero"`
	StateReason   string `json:"state_reason,omitzero"`
	DepOn         string `json:"dep_on,omitzero"`
	DepOnID       int64  `json:"dep_on_id,omitzero"`
	EventID       int64  `json:"event_id,omitzero"`
	BuildID       int64  `json:"build_id,omitzero"`
	RebuildReason Text   `json:"rebuild_reason,omitzero"`
	TimeSubmitted Time   `json:"time_submitted,omitzero"`
	TimeCompleted Time   `json:"time_completed,omitzero"`
	URL           string `json:"url,omitzero"`
}

func (*FreshmakerBuild) check(Topic) error        { return nil }
func (*FreshmakerBuild) outcomes(Topic) []outcome { return nil }

// FreshmakerCancel is freshmaker.manage.eventcancel: rebuilds are called off.
type FreshmakerCancel struct {
	Action  string  `json:"action,omitzero"`
	EventID int64   `json:"event_id,omitzero"`
	Builds  []int64 `json:"builds_id,omitzero"`
}

func (*FreshmakerCancel) check(Topic) error        { return nil }
func (*FreshmakerCancel) outcomes(Topic) []outcome { return nil }

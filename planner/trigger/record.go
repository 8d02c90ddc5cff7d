// SPDX-License-Identifier: MIT

package trigger

import (
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

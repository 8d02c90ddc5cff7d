// SPDX-License-Identifier: MIT

package updater

import (
	"encoding/json"
	"fmt"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// Collection is a release of a distribution as pkgdb's REST interface tells
// it. Times are as it writes them, "2014-05-14 12:36:15".
type Collection struct {
	Name        string `json:"name"`       // "Fedora", "Fedora EPEL"
	Version     string `json:"version"`    // "24", "devel"
	BranchName  string `json:"branchname"` // "f24", "master"
	DistTag     string `json:"dist_tag"`
	KojiName    string `json:"koji_name"`
	Status      string `json:"status"` // "Active", "Under Development", "EOL"
	AllowRetire bool   `json:"allow_retire"`
	DateCreated string `json:"date_created"`
	DateUpdated string `json:"date_updated"`
}

// Active reports whether packages are still built for it.
func (c Collection) Active() bool { return c.Status != "EOL" }

// Release returns its release in PDC; see [ReleaseOfCollection].
func (c Collection) Release() (string, error) {
	return ReleaseOfCollection(trigger.Collection{Name: c.Name, Version: trigger.Text(c.Version), DistTag: c.DistTag})
}

// ListedPackage is a package as pkgdb's REST interface tells it.
type ListedPackage struct {
	Name           string          `json:"name"`
	Namespace      string          `json:"namespace,omitzero"`
	Summary        string          `json:"summary"`
	Description    string          `json:"description"`
	Status         string          `json:"status"`     // "Approved", "Orphaned", "Retired", ...
	ReviewURL      *string         `json:"review_url"` // nil if there was none
	UpstreamURL    *string         `json:"upstream_url"`
	CreationDate   float64         `json:"creation_date"` // seconds since 1970
	Monitor        json.RawMessage `json:"monitor,omitzero"`
	KoscheiMonitor bool            `json:"koschei_monitor"`
	ACLs           json.RawMessage `json:"acls,omitzero"`
	Collections    []Collection    `json:"collections"`
}

// ParseCollections reads the answer of /pkgdb/api/collections.
func ParseCollections(data []byte) ([]Collection, error) {
	var doc struct {
		Output      string       `json:"output"`
		Error       string       `json:"error"`
		Collections []Collection `json:"collections"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("updater: collections of pkgdb: %w", err)
	}
	if doc.Output != "ok" {
		return nil, fmt.Errorf("updater: collections of pkgdb: its answer is %q: %s", doc.Output, doc.Error)
	}
	return doc.Collections, nil
}

// PackagesOf returns what packages of pkgdb mean for PDC: one fact for each
// collection that they are in, ended ones included. Namespaces other than rpms
// are left out.
func PackagesOf(list []ListedPackage) ([]Package, error) {
	var out []Package
	for _, p := range list {
		if p.Namespace != "" && p.Namespace != "rpms" {
			continue
		}
		for _, c := range p.Collections {
			release, err := c.Release()
			if err != nil {
				return nil, fmt.Errorf("%w (package %s)", err, p.Name)
			}
			out = append(out, Package{Name: p.Name, Release: release, Branch: c.BranchName, ReleaseName: c.Name})
		}
	}
	return out, nil
}

// Account is a person as FAS2's user list tells it.
type Account struct {
	Username  string  `json:"username"`
	HumanName *string `json:"human_name"` // nil if not told
	Status    string  `json:"status"`     // "active", "inactive"
}

// ParseAccounts reads the answer of FAS2's /accounts/user/list: the approved
// people first, then the others.
func ParseAccounts(data []byte) (approved, others []Account, err error) {
	var doc struct {
		People     *[]Account `json:"people"`
		Unapproved []Account  `json:"unapproved_people"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, nil, fmt.Errorf("updater: user list of FAS: %w", err)
	}
	if doc.People == nil {
		return nil, nil, fmt.Errorf("updater: user list of FAS: it has no people")
	}
	return *doc.People, doc.Unapproved, nil
}

// PeopleOf returns the persons that PDC should know: those with an active
// account.
func PeopleOf(accounts []Account) []Person {
	var out []Person
	for _, a := range accounts {
		if a.Status == "" || a.Status == "active" {
			out = append(out, Person{Username: a.Username})
		}
	}
	return out
}

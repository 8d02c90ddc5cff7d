// SPDX-License-Identifier: MIT

package updater

import (
	"encoding/json"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/compose"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// Facts are what the systems of record say: Koji of builds, the module build
// service of modules, dist-git of retirements, and so on. The zero value says
// nothing.
type Facts struct {
	// Today is the day on which they were gathered, in UTC. Without it no end
	// of life is judged.
	Today pdc.Date

	Packages   []Package
	Builds     []Build
	Needs      []Needs
	Composes   []Compose
	Modules    []Module
	Branches   []Branch
	People     []Person
	Groups     []Group
	Images     []Image
	Bugzilla   []Bugzilla
	Branchings []Branching

	// Whole names where the facts are all there is. Rows of PDC in there that
	// no fact speaks of are extra; elsewhere they are let alone.
	Whole []Scope
}

// Scope is a part of PDC: the rows of a kind, of one release or of all.
type Scope struct {
	Kind    Kind   `json:"kind"`
	Release string `json:"release,omitzero"` // "" for all of the kind
}

// String returns kind and release.
func (s Scope) String() string {
	if s.Release == "" {
		return s.Kind.String()
	}
	return s.Kind.String() + " of " + s.Release
}

// Package is a package in a release, with the branch of dist-git that it is
// built from.
type Package struct {
	Name    string
	Release string // release id
	Branch  string
	Type    string // of the component: "rpm" when empty

	// ReleaseName is the release's human name, for when it must be made; ""
	// derives one from the id.
	ReleaseName string
}

// RPM is one built rpm.
type RPM struct {
	Name, Version, Release, Arch string
	Epoch                        int

	// SRPM is the name of the source package; "" is the build's.
	SRPM string
	// CommitHash and CommitBranch say which commit of dist-git it was built
	// from; "" when not known.
	CommitHash, CommitBranch string
}

// Build is a build with all its rpms, and the releases that it is part of.
type Build struct {
	ID                     int64
	Name, Version, Release string
	Epoch                  int
	Releases               []string // release ids
	RPMs                   []RPM    // with the source rpm
	// CommitHash and CommitBranch are those of its source; "" when not known.
	CommitHash, CommitBranch string
}

// NVR returns name-version-release.
func (b Build) NVR() string { return b.Name + "-" + b.Version + "-" + b.Release }

// Needs is all that one package or container needs or holds, of some types of
// relationship. What PDC has beyond it of these types is stale.
type Needs struct {
	Release string
	Name    string // of a binary package, or of a container
	Type    string // of the component: "rpm" when empty, or "container"

	// On holds names of packages by type of relationship ([pdc.RPMRequires]).
	// A type with an empty list has no relationships; one that is absent is let
	// alone. Names must be of packages: what a package requires by another name
	// ("libz.so.1()(64bit)", "/bin/sh") is resolved by who gathers the facts.
	On map[string][]string
}

// Compose is a finished compose with its metadata as published.
type Compose struct {
	Info   *compose.Info
	Images json.RawMessage // images.json; nil if there is none
	RPMs   json.RawMessage // rpms.json; nil if there is none
	// InfoJSON is composeinfo.json as it was read; nil writes Info.
	InfoJSON json.RawMessage
	// Modules are uids of the modules in it (name:stream:version:context).
	Modules []string
}

// Module is a module build as its build service knows it.
type Module struct {
	Name, Stream, Version, Context string // an empty context is "00000000"
	State                          trigger.ModuleState
	KojiTag                        string // "" before it has one
	Modulemd                       string // YAML; its dependencies are read from it
	RPMs                           []RPM  // once it is ready

	// Release is the release for which its needs are kept as relationships
	// between components of type module; "" keeps none.
	Release string
}

// UID returns name:stream:version:context.
func (m Module) UID() string {
	return m.Name + ":" + m.Stream + ":" + m.Version + ":" + contextOr(m.Context)
}

func contextOr(c string) string {
	if c == "" {
		return "00000000"
	}
	return c
}

// Branch is a branch of dist-git, as it is there.
type Branch struct {
	Component string
	Type      string // "rpm", "module", "container"
	Name      string
	// Dead says that it is retired: dead.package is at its head.
	Dead bool
	// EOL, when set, is when it ends whether or not it is retired; SLAs that
	// last longer are shortened to it.
	EOL pdc.Date
}

// Person is somebody with an account.
type Person struct {
	Username, Email string
}

// Group is a set of source packages that belong together in a release.
type Group struct {
	Type, Release, Description string
	Packages                   []string
}

// Image is an image that was built alone.
type Image struct {
	ID, Format, MD5 string // ID is the build's NVR
	Releases        []string
	RPMs            []RPM
	Archives        []pdc.Archive
}

// Bugzilla says where bugs of a package in a release go.
type Bugzilla struct {
	Release, Package string
	Path             string // "component", or "component/subcomponent"
}

// Branching is a release that branches off another one.
type Branching struct {
	From, To   string // release ids; From exists
	FromBranch string // branch of dist-git that From is built from: "master", "rawhide"
	Branch     string // of To
	Name       string // To's human name; "" takes From's

	// EOL says until when branches of To get what an SLA promises, by name of
	// the SLA. SLAs of the old branch that it does not name are not carried
	// over.
	EOL map[string]pdc.Date
}

// BuildrootRPM is an rpm of a build root, as Koji lists it.
type BuildrootRPM struct {
	Name     string `json:"name"`
	IsUpdate bool   `json:"is_update"` // it was asked for, after the build root was made
}

// FromBuildroot returns what a package built in a build root needs: what it
// asked for, and what was there anyway.
func FromBuildroot(root []BuildrootRPM) map[string][]string {
	on := map[string][]string{pdc.RPMBuildRequires: {}, pdc.RPMBuildRoot: {}}
	for _, r := range root {
		typ := pdc.RPMBuildRoot
		if r.IsUpdate {
			typ = pdc.RPMBuildRequires
		}
		on[typ] = append(on[typ], r.Name)
	}
	return on
}

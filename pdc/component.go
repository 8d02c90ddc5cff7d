// SPDX-License-Identifier: MIT

package pdc

import (
	"strconv"
	"strings"
)

// GlobalComponent is a package, over all releases.
type GlobalComponent struct {
	ID            int       `json:"id" pdc:"ro"`
	Name          string    `json:"name" pdc:"req"`
	DistGitPath   string    `json:"dist_git_path"` // "" when it is the name
	DistGitWebURL string    `json:"dist_git_web_url" pdc:"ro"`
	Labels        []Label   `json:"labels" pdc:"ro"`
	Upstream      *Upstream `json:"upstream"` // nil if unknown
	Extra         Extra     `json:"-"`
}

// Upstream is where a package comes from. The server takes http, https and
// ftp URLs only, and wants all three members.
type Upstream struct {
	Homepage string `json:"homepage" pdc:"req"`
	SCMType  string `json:"scm_type" pdc:"req"`
	SCMURL   string `json:"scm_url" pdc:"req"`
}

// GlobalComponents are keyed by id. Deleting one deletes its release
// components and their relationships.
func (c *Client) GlobalComponents() Resource[GlobalComponent] {
	return numbered[GlobalComponent](c, "global-components/")
}

// Label is a mark that packages can have.
type Label struct {
	URL         string `json:"url" pdc:"ro"`
	Name        string `json:"name" pdc:"req"`
	Description string `json:"description"`
	Extra       Extra  `json:"-"`
}

// ID returns the label's id, which the server tells only in the URL; 0 if
// there is none.
func (l Label) ID() int { return idOf(l.URL) }

func idOf(u string) int {
	u = strings.TrimSuffix(u, "/")
	id, _ := strconv.Atoi(u[strings.LastIndexByte(u, '/')+1:])
	return id
}

// Labels are keyed by id; see [Label.ID].
func (c *Client) Labels() Resource[Label] { return numbered[Label](c, "labels/") }

// ComponentLabels are the labels of one package, by its id. Create adds an
// existing label by name, Delete removes one by label id.
func (c *Client) ComponentLabels(globalComponent int) Resource[Label] {
	return numbered[Label](c, "global-components/"+strconv.Itoa(globalComponent)+"/labels/")
}

// ReleaseRef is a release as other objects show it.
type ReleaseRef struct {
	ReleaseID string `json:"release_id"`
	Active    bool   `json:"active"` // told by the server only
}

func (r ReleaseRef) write() any { return r.ReleaseID }

// SRPM names the source package of a component for the bug look-up.
type SRPM struct {
	Name string `json:"name" pdc:"req"`
}

// ReleaseComponent is a package in a release; unique by release, name and
// type.
type ReleaseComponent struct {
	ID              int          `json:"id" pdc:"ro"`
	Release         ReleaseRef   `json:"release" pdc:"req"`
	Bugzilla        *BugzillaRef `json:"bugzilla_component"` // nil if not mapped; written as a path
	BrewPackage     string       `json:"brew_package"`
	GlobalComponent string       `json:"global_component" pdc:"req"`
	Name            string       `json:"name" pdc:"req"`
	DistGitBranch   string       `json:"dist_git_branch"` // the release's when not set
	DistGitWebURL   string       `json:"dist_git_web_url" pdc:"ro"`
	Active          bool         `json:"active"` // on by default
	Type            string       `json:"type"`   // "rpm" by default, "container", "module", ...
	SRPM            *SRPM        `json:"srpm"`   // nil if not mapped
	Extra           Extra        `json:"-"`
}

// ReleaseComponents are keyed by id. Those of inactive releases are hidden
// from lists and from Get unless the filter include_inactive_release is given.
func (c *Client) ReleaseComponents() Resource[ReleaseComponent] {
	return numbered[ReleaseComponent](c, "release-components/")
}

// ComponentType is a kind of release component.
type ComponentType struct {
	Name    string `json:"name" pdc:"req"`
	HasOSBS bool   `json:"has_osbs"`
	Extra   Extra  `json:"-"`
}

// ComponentTypes can be listed only.
func (c *Client) ComponentTypes() Resource[ComponentType] {
	return Resource[ComponentType]{c: c, path: "release-component-types/"}
}

// BugzillaComponent is where bugs of a package go, a tree of names.
type BugzillaComponent struct {
	ID            int      `json:"id" pdc:"ro"`
	Name          string   `json:"name" pdc:"req"`
	Parent        string   `json:"parent_component" pdc:"ro"` // name; to set it, use CreateFields with parent_pk
	Subcomponents []string `json:"subcomponents" pdc:"ro"`    // paths of those below
	Extra         Extra    `json:"-"`
}

// BugzillaComponents are keyed by id. Creating one that exists returns it,
// with a warning. Deleting one takes those below it too.
func (c *Client) BugzillaComponents() Resource[BugzillaComponent] {
	return numbered[BugzillaComponent](c, "bugzilla-components/")
}

// BugzillaRef is a bugzilla component as others refer to it: read whole,
// written as the path "parent/name".
type BugzillaRef struct {
	ID            int      `json:"id"`
	Name          string   `json:"name"`
	Parent        string   `json:"parent_component"`
	Subcomponents []string `json:"subcomponents"`
}

func (b BugzillaRef) write() any {
	if b.Parent != "" {
		return b.Parent + "/" + b.Name
	}
	return b.Name
}

// ComponentGroup is a set of a release's components, such as what goes into
// an image.
type ComponentGroup struct {
	ID          int            `json:"id" pdc:"ro"`
	GroupType   string         `json:"group_type" pdc:"req"`
	Description string         `json:"description" pdc:"req"`
	Release     string         `json:"release" pdc:"req"`
	Components  []ComponentRef `json:"components"`
	Extra       Extra          `json:"-"`
}

// ComponentGroups are keyed by id. Replacing components replaces them all.
func (c *Client) ComponentGroups() Resource[ComponentGroup] {
	return numbered[ComponentGroup](c, "component-groups/")
}

// NamedType is a kind of something, with an id.
type NamedType struct {
	ID          int    `json:"id" pdc:"ro"`
	Name        string `json:"name" pdc:"req"`
	Description string `json:"description"`
	Extra       Extra  `json:"-"`
}

// ComponentGroupTypes are keyed by id.
func (c *Client) ComponentGroupTypes() Resource[NamedType] {
	return numbered[NamedType](c, "component-group-types/")
}

// OSBS says whether a container is rebuilt automatically.
type OSBS struct {
	Component   ComponentRef `json:"component" pdc:"ro"`
	Autorebuild *bool        `json:"autorebuild" pdc:"req"` // nil if not decided
	Extra       Extra        `json:"-"`
}

// OSBS rows are keyed by "release/component".
func (c *Client) OSBS() Resource[OSBS] { return Resource[OSBS]{c: c, path: "osbs/"} }

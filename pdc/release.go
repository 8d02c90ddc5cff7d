// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"net/http"
	"time"
)

// Date is a calendar day as PDC writes it, "2026-11-20"; empty when absent.
// Dates compare as strings.
type Date string

// DateOf returns the day of a time in UTC.
func DateOf(t time.Time) Date { return Date(t.UTC().Format(time.DateOnly)) }

// Time returns midnight UTC of the day, or the zero time if it is none.
func (d Date) Time() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Release is a version of a distribution, such as fedora-42 or
// fedora-42-updates.
type Release struct {
	ReleaseID      string   `json:"release_id" pdc:"ro"` // made of short, version, type and base product; changes with them
	Short          string   `json:"short" pdc:"req"`     // lower case
	Version        string   `json:"version" pdc:"req"`
	Name           string   `json:"name" pdc:"req"`
	BaseProduct    string   `json:"base_product"` // "" if it is not layered
	Active         bool     `json:"active"`       // on by default: to create an inactive one use CreateFields
	ProductVersion string   `json:"product_version"`
	ReleaseType    string   `json:"release_type" pdc:"req"` // "ga", "updates", "eus", ...
	ComposeSet     []string `json:"compose_set" pdc:"ro"`
	IntegratedWith string   `json:"integrated_with"`
	Sigkey         string   `json:"sigkey"`

	AllowBuildrootPush       bool     `json:"allow_buildroot_push"`
	AllowedDebuginfoServices []string `json:"allowed_debuginfo_services"`
	AllowedPushTargets       []string `json:"allowed_push_targets"`

	Bugzilla *BugzillaProduct `json:"bugzilla"` // nil if not mapped
	DistGit  *DistGit         `json:"dist_git"` // nil if not mapped

	Extra Extra `json:"-"`
}

// BugzillaProduct is where bugs of a release go.
type BugzillaProduct struct {
	Product string `json:"product"`
}

// DistGit is where the sources of a release are.
type DistGit struct {
	Branch string `json:"branch"`
}

// Releases are the releases; keyed by release id ("fedora-42",
// "rhscl-2.3@rhel-7"). They can't be deleted, only made inactive.
func (c *Client) Releases() Resource[Release] { return Resource[Release]{c: c, path: "releases/"} }

// ReleaseVariant is a variant (Server, Workstation) of a release.
type ReleaseVariant struct {
	Release            string   `json:"release" pdc:"req"`
	ID                 string   `json:"id" pdc:"req"`
	UID                string   `json:"uid" pdc:"req"` // unique in the release
	Name               string   `json:"name" pdc:"req"`
	Type               string   `json:"type" pdc:"req"` // "variant", "optional", "addon", "layered-product", "module"
	Arches             []string `json:"arches" pdc:"req"`
	VariantVersion     string   `json:"variant_version"`
	VariantRelease     string   `json:"variant_release"`
	AllowedPushTargets []string `json:"allowed_push_targets"`
	Extra              Extra    `json:"-"`
}

// ReleaseVariants are the variants of releases; keyed by "release/uid". An
// update may carry add_arches and remove_arches.
func (c *Client) ReleaseVariants() Resource[ReleaseVariant] {
	return Resource[ReleaseVariant]{c: c, path: "release-variants/"}
}

// ReleaseGroup is a set of releases that ship together.
type ReleaseGroup struct {
	Name        string   `json:"name" pdc:"req"`
	Description string   `json:"description" pdc:"req"`
	Type        string   `json:"type" pdc:"req"`
	Releases    []string `json:"releases"`
	Active      bool     `json:"active"` // on by default
	Extra       Extra    `json:"-"`
}

// ReleaseGroups are keyed by name.
func (c *Client) ReleaseGroups() Resource[ReleaseGroup] {
	return Resource[ReleaseGroup]{c: c, path: "release-groups/"}
}

// ReleaseSchedule says until when a release gets what an SLA promises.
type ReleaseSchedule struct {
	ID         int    `json:"id" pdc:"ro"`
	Release    string `json:"release" pdc:"req"`
	SLA        string `json:"sla" pdc:"req"`
	Date       Date   `json:"date" pdc:"req"`
	Active     bool   `json:"active" pdc:"ro"` // the day is not past
	ReleaseURL string `json:"release_url" pdc:"ro"`
	SLAURL     string `json:"sla_url" pdc:"ro"`
	Extra      Extra  `json:"-"`
}

// ReleaseSchedules are keyed by id.
func (c *Client) ReleaseSchedules() Resource[ReleaseSchedule] {
	return numbered[ReleaseSchedule](c, "release-schedules/")
}

// ReleaseType is a kind of release.
type ReleaseType struct {
	Short  string `json:"short" pdc:"req"`
	Name   string `json:"name" pdc:"req"`
	Suffix string `json:"suffix" pdc:"req"` // what it adds to release ids
	Extra  Extra  `json:"-"`
}

// ReleaseTypes can be listed only.
func (c *Client) ReleaseTypes() Resource[ReleaseType] {
	return Resource[ReleaseType]{c: c, path: "release-types/"}
}

// Name is a row that has nothing but a name.
type Name struct {
	Name  string `json:"name" pdc:"req"`
	Extra Extra  `json:"-"`
}

// ReleaseVariantTypes can be listed only.
func (c *Client) ReleaseVariantTypes() Resource[Name] {
	return Resource[Name]{c: c, path: "release-variant-types/"}
}

// VariantTypes can be listed only; older servers have them under this name.
func (c *Client) VariantTypes() Resource[Name] { return Resource[Name]{c: c, path: "variant-types/"} }

// Arches are the architectures; they can be listed and created.
func (c *Client) Arches() Resource[Name] { return Resource[Name]{c: c, path: "arches/"} }

// Product is a line of releases.
type Product struct {
	Name               string   `json:"name" pdc:"req"`
	Short              string   `json:"short" pdc:"req"`
	Active             bool     `json:"active" pdc:"ro"` // has an active release
	ProductVersions    []string `json:"product_versions" pdc:"ro"`
	AllowedPushTargets []string `json:"allowed_push_targets"`
	Extra              Extra    `json:"-"`
}

// Products are keyed by short name, which has neither dot nor slash.
func (c *Client) Products() Resource[Product] { return Resource[Product]{c: c, path: "products/"} }

// ProductVersion is a version of a product, over all its releases.
type ProductVersion struct {
	Name               string   `json:"name" pdc:"req"`
	Short              string   `json:"short"` // the product's by default
	Version            string   `json:"version" pdc:"req"`
	Active             bool     `json:"active" pdc:"ro"`
	ProductVersionID   string   `json:"product_version_id" pdc:"ro"`
	Product            string   `json:"product" pdc:"req"`
	Releases           []string `json:"releases" pdc:"ro"`
	AllowedPushTargets []string `json:"allowed_push_targets"`
	Extra              Extra    `json:"-"`
}

// ProductVersions are keyed by id ("fedora-42").
func (c *Client) ProductVersions() Resource[ProductVersion] {
	return Resource[ProductVersion]{c: c, path: "product-versions/"}
}

// BaseProduct is what layered releases build upon.
type BaseProduct struct {
	BaseProductID string `json:"base_product_id" pdc:"ro"`
	Short         string `json:"short" pdc:"req"`
	Version       string `json:"version" pdc:"req"`
	Name          string `json:"name" pdc:"req"`
	ReleaseType   string `json:"release_type" pdc:"req"`
	Extra         Extra  `json:"-"`
}

// BaseProducts are keyed by id ("rhel-7").
func (c *Client) BaseProducts() Resource[BaseProduct] {
	return Resource[BaseProduct]{c: c, path: "base-products/"}
}

// CloneRelease makes a release after the model of another, with its variants
// and components (calls rpc/release/clone/). Changes are the members that
// differ; null removes an inherited one, and include_trees, include_inactive
// and component_dist_git_branch steer what is copied.
func (c *Client) CloneRelease(ctx context.Context, from string, changes Fields) (Release, error) {
	in := Fields{"old_release_id": from}
	for k, v := range changes {
		in[k] = v
	}
	return Resource[Release]{c: c}.one(ctx, request{method: http.MethodPost, path: "rpc/release/clone/", in: in})
}

// ComponentsClone says what [Client.CloneComponents] copies.
type ComponentsClone struct {
	Source          string `json:"source_release_id"`
	Target          string `json:"target_release_id"`
	DistGitBranch   string `json:"component_dist_git_branch,omitempty"` // "" keeps what the source says
	IncludeInactive bool   `json:"include_inactive"`
}

// CloneComponents copies the components of a release, and the relationships
// within it, to another (calls rpc/release/clone-components/).
func (c *Client) CloneComponents(ctx context.Context, in ComponentsClone) error {
	return c.Do(ctx, http.MethodPost, "rpc/release/clone-components/", nil, in, nil)
}

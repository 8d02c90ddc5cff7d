// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"net/http"
	"time"
)

// Repo is a repository through which content is delivered.
type Repo struct {
	ID              int    `json:"id" pdc:"ro"`
	ReleaseID       string `json:"release_id" pdc:"req"`
	VariantUID      string `json:"variant_uid" pdc:"req"`
	Arch            string `json:"arch" pdc:"req"`
	Service         string `json:"service" pdc:"req"`
	RepoFamily      string `json:"repo_family" pdc:"req"`
	ContentFormat   string `json:"content_format" pdc:"req"`
	ContentCategory string `json:"content_category" pdc:"req"`
	Name            string `json:"name" pdc:"req"`
	Shadow          bool   `json:"shadow"`
	ProductID       *int   `json:"product_id"` // nil if it has none
	Extra           Extra  `json:"-"`
}

// Repos are keyed by id.
func (c *Client) Repos() Resource[Repo] { return numbered[Repo](c, "content-delivery-repos/") }

// RepoRef is a repository as others refer to it: read whole, written as its
// id.
type RepoRef Repo

func (r RepoRef) write() any { return Fields{"id": r.ID} }

// ClonedRepos says which repositories [Client.CloneRepos] copies; empty lists
// mean all.
type ClonedRepos struct {
	From       string   `json:"release_id_from"`
	To         string   `json:"release_id_to"`
	Services   []string `json:"include_service,omitempty"`
	Families   []string `json:"include_repo_family,omitempty"`
	Formats    []string `json:"include_content_format,omitempty"`
	Categories []string `json:"include_content_category,omitempty"`
	Shadow     *bool    `json:"include_shadow,omitempty"` // nil for both
	ProductID  *int     `json:"product_id,omitempty"`     // nil keeps each one's
}

// CloneRepos copies repositories to another release, for the trees that it
// has (calls rpc/content-delivery-repos/clone/).
func (c *Client) CloneRepos(ctx context.Context, in ClonedRepos) ([]Repo, error) {
	var out []Repo
	err := c.Do(ctx, http.MethodPost, "rpc/content-delivery-repos/clone/", nil, in, &out)
	return out, err
}

// Described is a row of a small read-only table.
type Described struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Endpoint    string `json:"pdc_endpoint"` // content formats only
	Extra       Extra  `json:"-"`
}

// DeliveryServices can be listed only.
func (c *Client) DeliveryServices() Resource[Described] {
	return Resource[Described]{c: c, path: "content-delivery-services/"}
}

// ContentCategories can be listed only.
func (c *Client) ContentCategories() Resource[Described] {
	return Resource[Described]{c: c, path: "content-delivery-content-categories/"}
}

// ContentFormats can be listed only.
func (c *Client) ContentFormats() Resource[Described] {
	return Resource[Described]{c: c, path: "content-delivery-content-formats/"}
}

// RepoFamilies can be listed only.
func (c *Client) RepoFamilies() Resource[Described] {
	return Resource[Described]{c: c, path: "content-delivery-repo-families/"}
}

// MultiDestination says that a package goes to a second repository too.
type MultiDestination struct {
	ID              int      `json:"id" pdc:"ro"`
	GlobalComponent string   `json:"global_component" pdc:"req"`
	Origin          RepoRef  `json:"origin_repo" pdc:"req"`
	Destination     RepoRef  `json:"destination_repo" pdc:"req"`
	Subscribers     []string `json:"subscribers"`
	Active          bool     `json:"active"` // on by default
	Extra           Extra    `json:"-"`
}

// MultiDestinations are keyed by id.
func (c *Client) MultiDestinations() Resource[MultiDestination] {
	return numbered[MultiDestination](c, "multi-destinations/")
}

// PushTarget is where content can be pushed.
type PushTarget struct {
	ID          int    `json:"id" pdc:"ro"`
	Name        string `json:"name" pdc:"req"`
	Description string `json:"description" pdc:"req"`
	Service     string `json:"service" pdc:"req"`
	Host        string `json:"host"` // a URL
	Extra       Extra  `json:"-"`
}

// PushTargets are keyed by id.
func (c *Client) PushTargets() Resource[PushTarget] { return numbered[PushTarget](c, "push-targets/") }

// ReleasedFile is a file that went out through a repository.
type ReleasedFile struct {
	ID             int       `json:"id" pdc:"ro"`
	FilePrimaryKey int       `json:"file_primary_key" pdc:"req"` // id of the rpm
	Repo           RepoRef   `json:"repo" pdc:"req"`
	ReleasedDate   Date      `json:"released_date"`
	ReleaseDate    Date      `json:"release_date" pdc:"req"`
	CreatedAt      time.Time `json:"created_at" pdc:"ro"`
	UpdatedAt      time.Time `json:"updated_at" pdc:"ro"`
	ZeroDayRelease bool      `json:"zero_day_release"`
	Obsolete       bool      `json:"obsolete"`
	Build          string    `json:"build" pdc:"ro"`
	Package        string    `json:"package" pdc:"ro"`
	File           string    `json:"file" pdc:"ro"`
	Extra          Extra     `json:"-"`
}

// ReleasedFiles are keyed by id.
func (c *Client) ReleasedFiles() Resource[ReleasedFile] {
	return numbered[ReleasedFile](c, "released-files/")
}

// Sigkey is a key that rpms are signed with.
type Sigkey struct {
	Name        string `json:"name"`
	KeyID       string `json:"key_id" pdc:"req"`
	Description string `json:"description"`
	Extra       Extra  `json:"-"`
}

// Sigkeys are keyed by key id.
func (c *Client) Sigkeys() Resource[Sigkey] { return Resource[Sigkey]{c: c, path: "sigkeys/"} }

// CPE is a platform name of the Common Platform Enumeration.
type CPE struct {
	ID          int    `json:"id" pdc:"ro"`
	CPE         string `json:"cpe" pdc:"req"`
	Description string `json:"description"`
	Extra       Extra  `json:"-"`
}

// CPEs are keyed by id.
func (c *Client) CPEs() Resource[CPE] { return numbered[CPE](c, "cpes/") }

// VariantCPE ties a CPE to a variant.
type VariantCPE struct {
	ID         int    `json:"id" pdc:"ro"`
	Release    string `json:"release" pdc:"req"`
	VariantUID string `json:"variant_uid" pdc:"req"`
	CPE        string `json:"cpe" pdc:"req"`
	Extra      Extra  `json:"-"`
}

// VariantCPEs are keyed by id.
func (c *Client) VariantCPEs() Resource[VariantCPE] { return numbered[VariantCPE](c, "variant-cpes/") }

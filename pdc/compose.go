// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// Compose is a build of a release's trees and images. It is made by an import;
// only acceptance_testing, linked_releases and rtt_tested_architectures can be
// changed, and deleting only marks it.
type Compose struct {
	ComposeID          string                       `json:"compose_id" pdc:"ro"`
	Date               Date                         `json:"compose_date" pdc:"ro"`
	Type               string                       `json:"compose_type" pdc:"ro"` // "test", "nightly", "production"
	Respin             int                          `json:"compose_respin" pdc:"ro"`
	Release            string                       `json:"release" pdc:"ro"`
	Label              string                       `json:"compose_label" pdc:"ro"`
	Deleted            bool                         `json:"deleted" pdc:"ro"`
	RPMMappingTemplate string                       `json:"rpm_mapping_template" pdc:"ro"`
	Sigkeys            []*string                    `json:"sigkeys" pdc:"ro"` // nil among them stands for unsigned rpms
	AcceptanceTesting  string                       `json:"acceptance_testing"`
	LinkedReleases     []string                     `json:"linked_releases"`
	TestedArches       map[string]map[string]string `json:"rtt_tested_architectures"` // variant → arch → state
	Extra              Extra                        `json:"-"`
}

// Composes are keyed by compose id. Deleted ones stay in lists: filter
// deleted=false.
func (c *Client) Composes() Resource[Compose] { return Resource[Compose]{c: c, path: "composes/"} }

// Manifests are the productmd documents of a compose, as parsed JSON or
// anything that encodes to it.
type Manifests struct {
	Release     string // release id
	ComposeInfo any
	RPMs        any // nil leaves them out
	Images      any // nil leaves them out
}

// Imported is what an import did.
type Imported struct {
	Compose   string `json:"compose"`
	RPMs      int    `json:"imported rpms"`
	Images    int    `json:"imported images"`
	Locations int    `json:"set_locations"`
}

// ImportComposeRPMs makes the compose if need be and adds its rpms. It takes
// minutes for a full compose; it adds only, so that it can be repeated.
func (c *Client) ImportComposeRPMs(ctx context.Context, m Manifests) (Imported, error) {
	return c.importCompose(ctx, "compose-rpms/", Fields{"release_id": m.Release, "composeinfo": m.ComposeInfo, "rpm_manifest": m.RPMs})
}

// ImportComposeImages makes the compose if need be and adds its images.
func (c *Client) ImportComposeImages(ctx context.Context, m Manifests) (Imported, error) {
	return c.importCompose(ctx, "compose-images/", Fields{"release_id": m.Release, "composeinfo": m.ComposeInfo, "image_manifest": m.Images})
}

// ComposeLocation is where a compose's trees are.
type ComposeLocation struct {
	Location, URL, Scheme string
}

// ImportCompose makes a compose with its rpms, images and locations in one
// transaction (calls rpc/compose-full-import/).
func (c *Client) ImportCompose(ctx context.Context, m Manifests, at ComposeLocation) (Imported, error) {
	return c.importCompose(ctx, "rpc/compose-full-import/", Fields{"release_id": m.Release, "composeinfo": m.ComposeInfo,
		"rpm_manifest": m.RPMs, "image_manifest": m.Images, "location": at.Location, "url": at.URL, "scheme": at.Scheme})
}

func (c *Client) importCompose(ctx context.Context, path string, in Fields) (Imported, error) {
	var out Imported
	err := c.Do(ctx, http.MethodPost, path, nil, in, &out)
	return out, err
}

// ComposeRPMs returns the rpms of a compose as the productmd document that the
// server rebuilds.
func (c *Client) ComposeRPMs(ctx context.Context, composeID string) (json.RawMessage, error) {
	return NewResource[json.RawMessage](c, "compose-rpms/").Get(ctx, composeID)
}

// ComposeImages returns the images of a compose as the productmd document that
// the server rebuilds.
func (c *Client) ComposeImages(ctx context.Context, composeID string) (json.RawMessage, error) {
	return NewResource[json.RawMessage](c, "compose-images/").Get(ctx, composeID)
}

// ImportRelease makes a release with its variants from a composeinfo document
// (calls rpc/release/import-from-composeinfo/) and returns its path on the
// server.
func (c *Client) ImportRelease(ctx context.Context, composeinfo any) (path string, err error) {
	var out struct {
		URL string `json:"url"`
	}
	err = c.Do(ctx, http.MethodPost, "rpc/release/import-from-composeinfo/", nil, composeinfo, &out)
	return out.URL, err
}

// TreeLocation is where one tree of a compose is.
type TreeLocation struct {
	Compose       string   `json:"compose" pdc:"req"`
	Variant       string   `json:"variant" pdc:"req"`
	Arch          string   `json:"arch" pdc:"req"`
	Location      string   `json:"location" pdc:"req"`
	Scheme        string   `json:"scheme" pdc:"req"`
	URL           string   `json:"url" pdc:"req"`
	SyncedContent []string `json:"synced_content" pdc:"req"` // "binary", "debug", "source"
	Extra         Extra    `json:"-"`
}

// TreeLocations are keyed by "compose/variant/arch/location/scheme".
func (c *Client) TreeLocations() Resource[TreeLocation] {
	return Resource[TreeLocation]{c: c, path: "compose-tree-locations/"}
}

// TreeTest is the state of testing of a compose's tree.
type TreeTest struct {
	Compose    string `json:"compose" pdc:"ro"`
	Variant    string `json:"variant" pdc:"ro"`
	Arch       string `json:"arch" pdc:"ro"`
	TestResult string `json:"test_result" pdc:"req"` // "untested", "passed", "failed"
	Extra      Extra  `json:"-"`
}

// TreeTests are keyed by "compose/variant/arch".
func (c *Client) TreeTests() Resource[TreeTest] {
	return Resource[TreeTest]{c: c, path: "compose-tree-rtt-tests/"}
}

// ComposeImageTest is the state of testing of a compose's image.
type ComposeImageTest struct {
	Compose    string `json:"compose" pdc:"ro"`
	Variant    string `json:"variant" pdc:"ro"`
	Arch       string `json:"arch" pdc:"ro"`
	FileName   string `json:"file_name" pdc:"ro"`
	TestResult string `json:"test_result" pdc:"req"`
	Extra      Extra  `json:"-"`
}

// ComposeImageTests are keyed by "compose/variant/arch/file".
func (c *Client) ComposeImageTests() Resource[ComposeImageTest] {
	return Resource[ComposeImageTest]{c: c, path: "compose-image-rtt-tests/"}
}

// Found is a compose and the packages of it that were asked for.
type Found struct {
	Compose  string    `json:"compose"`
	Packages []RPMLink `json:"packages"` // empty if it has none
}

// FindQuery narrows a search for composes.
type FindQuery struct {
	IncludedType, ExcludedType string // compose types; "" for all
	Latest                     bool   // the last one only
}

func (q FindQuery) values() url.Values {
	v := url.Values{}
	if q.IncludedType != "" {
		v.Set("included_compose_type", q.IncludedType)
	}
	if q.ExcludedType != "" {
		v.Set("excluded_compose_type", q.ExcludedType)
	}
	if q.Latest {
		v.Set("latest", strconv.FormatBool(true))
	}
	return v
}

// ComposesWith lists a release's composes, oldest first, each with its builds
// of the named rpm; composes without it have no packages.
func (c *Client) ComposesWith(ctx context.Context, release, rpm string, q FindQuery) ([]Found, error) {
	return c.find(ctx, "rpc/find-compose-by-release-rpm/", release, rpm, q)
}

// ComposesOfProductVersionWith is [Client.ComposesWith] for all releases of a
// product version.
func (c *Client) ComposesOfProductVersionWith(ctx context.Context, productVersion, rpm string, q FindQuery) ([]Found, error) {
	return c.find(ctx, "rpc/find-composes-by-product-version-rpm/", productVersion, rpm, q)
}

func (c *Client) find(ctx context.Context, path, of, rpm string, q FindQuery) ([]Found, error) {
	var out []Found
	err := c.Do(ctx, http.MethodGet, path+url.PathEscape(of)+"/"+url.PathEscape(rpm)+"/", q.values(), nil, &out)
	return out, err
}

// OlderComposeWith is the newest compose before the given one that has another
// build of the rpm. [ErrNotFound] if there is none.
func (c *Client) OlderComposeWith(ctx context.Context, compose, rpm string, q FindQuery) (Found, error) {
	var out Found
	err := c.Do(ctx, http.MethodGet, "rpc/find-older-compose-by-compose-rpm/"+url.PathEscape(compose)+"/"+url.PathEscape(rpm)+"/",
		q.values(), nil, &out)
	return out, err
}

// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// Mapping says where the rpms of a source package go: variant → arch → rpm →
// rpm arches.
type Mapping map[string]map[string]map[string][]string

// Override changes where an rpm goes in composes of a release.
type Override struct {
	ID          int    `json:"id" pdc:"ro"`
	Release     string `json:"release" pdc:"req"`
	Variant     string `json:"variant" pdc:"req"`
	Arch        string `json:"arch" pdc:"req"`
	SRPMName    string `json:"srpm_name" pdc:"req"`
	RPMName     string `json:"rpm_name" pdc:"req"`
	RPMArch     string `json:"rpm_arch" pdc:"req"`
	Include     bool   `json:"include" pdc:"req"` // false takes it out
	Comment     string `json:"comment"`
	DoNotDelete bool   `json:"do_not_delete"`
	Extra       Extra  `json:"-"`
}

// Overrides are keyed by id; they can be listed, created and deleted in bulk.
func (c *Client) Overrides() Resource[Override] { return numbered[Override](c, "overrides/rpm/") }

// ClearOverrides deletes a release's overrides and returns them; those marked
// do_not_delete only with force. [ErrNotFound] if there are none.
func (c *Client) ClearOverrides(ctx context.Context, release string, force bool) ([]Override, error) {
	var out []Override
	err := c.Do(ctx, http.MethodDelete, "overrides/rpm/", nil, Fields{"release": release, "force": force}, &out)
	return out, err
}

// CloneOverrides copies a release's overrides to another (calls
// rpc/overrides-rpm/clone/) and returns those made; none if there was nothing
// to copy.
func (c *Client) CloneOverrides(ctx context.Context, from, to string) ([]Override, error) {
	var raw json.RawMessage
	err := c.Do(ctx, http.MethodPost, "rpc/overrides-rpm/clone/", nil, Fields{"source_release_id": from, "target_release_id": to}, &raw)
	if err != nil || len(raw) == 0 || raw[0] == '{' { // 200 with a detail: nothing to do
		return nil, err
	}
	var out []Override
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, &Error{Op: "POST rpc/overrides-rpm/clone/", Msg: "decoding the answer: " + err.Error(), Err: ErrUnexpected}
	}
	return out, nil
}

// OverrideChange is a change that makes a mapping as wanted.
type OverrideChange struct {
	Action      string `json:"action"` // "create" or "delete"
	Release     string `json:"release_id,omitempty"`
	Variant     string `json:"variant"`
	Arch        string `json:"arch"`
	SRPMName    string `json:"srpm_name"`
	RPMName     string `json:"rpm_name"`
	RPMArch     string `json:"rpm_arch"`
	Include     bool   `json:"include"`
	Comment     string `json:"comment"`
	DoNotDelete bool   `json:"do_not_delete"`
}

func mappingPath(compose, srpm string) (string, error) {
	return Resource[Mapping]{path: "composes/"}.key(compose + "/rpm-mapping/" + srpm)
}

func withoutOverrides(raw bool) url.Values {
	if raw {
		return url.Values{"disable_overrides": {"1"}}
	}
	return nil
}

// ComposeMapping is where a source package's rpms are in a compose, within the
// trees that its release has; raw leaves overrides out. It can't be asked for
// packages with a dot in their name.
func (c *Client) ComposeMapping(ctx context.Context, compose, srpm string, raw bool) (Mapping, error) {
	path, err := mappingPath(compose, srpm)
	if err != nil {
		return nil, err
	}
	var out Mapping
	err = c.Do(ctx, http.MethodGet, path, withoutOverrides(raw), nil, &out)
	return out, err
}

// PlanMapping returns the overrides that would make a compose's mapping as
// given; perform makes them.
func (c *Client) PlanMapping(ctx context.Context, compose, srpm string, want Mapping, perform bool) ([]OverrideChange, error) {
	path, err := mappingPath(compose, srpm)
	if err != nil {
		return nil, err
	}
	var q url.Values
	if perform {
		q = url.Values{"perform": {"1"}}
	}
	var out []OverrideChange
	err = c.Do(ctx, http.MethodPut, path, q, want, &out)
	return out, err
}

// ChangeMapping creates and deletes overrides.
func (c *Client) ChangeMapping(ctx context.Context, compose, srpm string, changes []OverrideChange) error {
	path, err := mappingPath(compose, srpm)
	if err != nil {
		return err
	}
	return c.Do(ctx, http.MethodPatch, path, nil, changes, nil)
}

// ReleaseMapping is [Client.ComposeMapping] of a release's latest compose,
// whose id it returns too. [ErrNotFound] if that has nothing of the package.
func (c *Client) ReleaseMapping(ctx context.Context, release, srpm string, raw bool) (compose string, m Mapping, err error) {
	path, err := Resource[Mapping]{path: "releases/"}.key(release + "/rpm-mapping/" + srpm)
	if err != nil {
		return "", nil, err
	}
	var out struct {
		Compose string  `json:"compose"`
		Mapping Mapping `json:"mapping"`
	}
	err = c.Do(ctx, http.MethodGet, path, withoutOverrides(raw), nil, &out)
	return out.Compose, out.Mapping, err
}

// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"iter"
	"net/url"
	"strconv"
)

// Branch is a package's branch in dist-git.
type Branch struct {
	ID              int         `json:"id" pdc:"ro"`
	GlobalComponent string      `json:"global_component" pdc:"req"`
	Name            string      `json:"name" pdc:"req"` // can't be changed
	SLAs            []BranchEOL `json:"slas" pdc:"ro"`
	Type            string      `json:"type" pdc:"req"`  // "rpm", "container", "module"
	Active          bool        `json:"active" pdc:"ro"` // some SLA's end of life is not past; without any it is inactive
	CriticalPath    bool        `json:"critical_path"`
	Extra           Extra       `json:"-"`
}

// BranchEOL is until when a branch gets what an SLA promises.
type BranchEOL struct {
	ID  int    `json:"id"` // of the [BranchSLA]
	SLA string `json:"sla"`
	EOL Date   `json:"eol"` // the last day
}

// Branches are keyed by id. All their filters take one value.
func (c *Client) Branches() Resource[Branch] { return numbered[Branch](c, "component-branches/") }

// BranchSLA ties an SLA to a branch. Creating one creates the branch if there
// is none.
type BranchSLA struct {
	ID     int       `json:"id" pdc:"ro"`
	SLA    string    `json:"sla" pdc:"req"`
	Branch BranchRef `json:"branch" pdc:"req"`
	EOL    Date      `json:"eol" pdc:"req"`
	Extra  Extra     `json:"-"`
}

// BranchRef is a branch as SLAs show it.
type BranchRef struct {
	ID              int    `json:"id" pdc:"ro"`
	Name            string `json:"name" pdc:"req"`
	GlobalComponent string `json:"global_component" pdc:"req"`
	Type            string `json:"type" pdc:"req"`
	CriticalPath    *bool  `json:"critical_path"` // nil leaves it to the server; a value must match an existing branch
	Active          bool   `json:"active" pdc:"ro"`
}

// BranchSLAs are keyed by id. A package is retired by setting each SLA's end of
// life to today; the branch counts as active until midnight UTC.
func (c *Client) BranchSLAs() Resource[BranchSLA] {
	return numbered[BranchSLA](c, "component-branch-slas/")
}

// SLATypes are the promises that branches can carry; keyed by id. Names can't
// be changed.
func (c *Client) SLATypes() Resource[NamedType] {
	return numbered[NamedType](c, "component-sla-types/")
}

// ActiveBranches are the branches of a package that are not past their end of
// life; all packages' if component is empty. Type is "rpm", "module",
// "container", or "" for all.
func (c *Client) ActiveBranches(ctx context.Context, component, typ string) iter.Seq2[Branch, error] {
	f := url.Values{"active": {strconv.FormatBool(true)}}
	if component != "" {
		f.Set("global_component", component)
	}
	if typ != "" {
		f.Set("type", typ)
	}
	return c.Branches().All(ctx, Query{Filter: f})
}

// ActiveReleases are the releases that are not switched off, in the server's
// order: by short name, then by version. Short is "" for all products.
func (c *Client) ActiveReleases(ctx context.Context, short string) iter.Seq2[Release, error] {
	f := url.Values{"active": {strconv.FormatBool(true)}}
	if short != "" {
		f.Set("short", short)
	}
	return c.Releases().All(ctx, Query{Filter: f})
}

// SPDX-License-Identifier: MIT

package pdc

import (
	"context"
	"iter"
	"net/url"
)

// Types of relationships that pdc-updater keeps. The component in From needs
// or includes the one in To; both are names of binary packages (or of a
// container) within releases.
const (
	RPMRequires          = "RPMRequires"          // needs it when installed
	RPMBuildRequires     = "RPMBuildRequires"     // asked for it at its build
	RPMBuildRoot         = "RPMBuildRoot"         // was in its build root; millions of rows in a full release
	ContainerIncludesRPM = "ContainerIncludesRPM" // the container holds the package
)

// ComponentRef is a release component as other objects refer to it. To write
// one, ID alone is best: by release and name it is ambiguous when an rpm and a
// container share the name.
type ComponentRef struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Release string `json:"release,omitempty"`
}

func (r ComponentRef) write() any {
	if r.ID != 0 {
		return Fields{"id": r.ID}
	}
	return Fields{"release": r.Release, "name": r.Name}
}

// Relationship is an edge between release components.
type Relationship struct {
	ID    int          `json:"id" pdc:"ro"`
	Type  string       `json:"type" pdc:"req"`
	From  ComponentRef `json:"from_component" pdc:"req"`
	To    ComponentRef `json:"to_component" pdc:"req"`
	Extra Extra        `json:"-"`
}

// Relationships are the edges between release components; keyed by id. They
// vanish with their components.
func (c *Client) Relationships() Resource[Relationship] {
	return numbered[Relationship](c, "release-component-relationships/")
}

// RelationshipTypes are keyed by id.
func (c *Client) RelationshipTypes() Resource[NamedType] {
	return numbered[NamedType](c, "component-relationship-types/")
}

// DependencyQuery says which edges are wanted.
type DependencyQuery struct {
	Release string   // "" for all releases
	Types   []string // empty for all types
	Names   []string // binary package names; empty for all: a whole release
}

func (d DependencyQuery) query(side string) Query {
	f := url.Values{}
	if d.Release != "" {
		f.Set(side+"_component_release", d.Release)
	}
	if len(d.Types) > 0 {
		f["type"] = d.Types
	}
	return Query{Filter: f, Fields: []string{"id", "type", "from_component", "to_component"}}
}

// Dependents are the edges that point to the named packages: what depends on
// them, one level. Names are asked for a hundred at a time, pages read as they
// are ranged over.
func (c *Client) Dependents(ctx context.Context, d DependencyQuery) iter.Seq2[Relationship, error] {
	return c.edges(ctx, d, "to")
}

// Dependencies are the edges that begin at the named packages: what they
// need, one level. Without names and with a release, they are the release's
// whole graph.
func (c *Client) Dependencies(ctx context.Context, d DependencyQuery) iter.Seq2[Relationship, error] {
	return c.edges(ctx, d, "from")
}

func (c *Client) edges(ctx context.Context, d DependencyQuery, side string) iter.Seq2[Relationship, error] {
	q := d.query(side)
	if len(d.Names) == 0 {
		return c.Relationships().All(ctx, q)
	}
	return c.Relationships().AllOf(ctx, q, side+"_component_name", d.Names)
}

// Sources maps names of binary packages in a release to those of the source
// packages they are built from, by what the server knows of its rpms. Names
// without an entry are unknown to it. Empty names means all of the release.
func (c *Client) Sources(ctx context.Context, release string, names []string) (map[string]string, error) {
	out := map[string]string{}
	q := Query{Fields: []string{"name", "srpm_name", "arch"}, Filter: url.Values{}}
	if release != "" {
		q.Filter.Set("linked_release", release)
	}
	rows := c.RPMs().All(ctx, q)
	if len(names) > 0 {
		exact := make([]string, len(names))
		for i, n := range names {
			exact[i] = exactly(n)
		}
		rows = c.RPMs().AllOf(ctx, q, "name", exact)
	}
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		// A source package may bear the name of another one's binary.
		if r.SRPMName != "" && r.Arch != "src" && r.Arch != "nosrc" {
			out[r.Name] = r.SRPMName
		}
	}
	return out, nil
}

// SPDX-License-Identifier: MIT

package pdc

import (
	"cmp"
	"context"
	"iter"
	"net/url"
	"slices"
	"strings"
)

// Module is one build of a module stream.
type Module struct {
	UID         string             `json:"uid" pdc:"ro"` // name:stream:version:context
	Name        string             `json:"name" pdc:"req"`
	Stream      string             `json:"stream" pdc:"req"`
	Version     string             `json:"version" pdc:"req"` // digits
	Context     string             `json:"context" pdc:"req"`
	Active      bool               `json:"active"`
	KojiTag     string             `json:"koji_tag" pdc:"req"`
	Modulemd    string             `json:"modulemd" pdc:"req"` // YAML, up to megabytes: leave it out of lists
	RuntimeDeps []ModuleDependency `json:"runtime_deps"`       // can be set at creation only
	BuildDeps   []ModuleDependency `json:"build_deps"`         // can be set at creation only
	RPMs        []RPMLink          `json:"rpms"`
	Extra       Extra              `json:"-"`
}

// ModuleDependency is a module stream that another one needs.
type ModuleDependency struct {
	Dependency string `json:"dependency" pdc:"req"` // module name
	Stream     string `json:"stream" pdc:"req"`
}

// Modules are the module builds; keyed by uid. Servers before 2018 have
// [Client.UnreleasedVariants] only. Any write through this resource renames a
// build that has a uid of the older form.
func (c *Client) Modules() Resource[Module] { return Resource[Module]{c: c, path: "modules/"} }

// UnreleasedVariant is the older view of the same rows: the variant_* members
// are a module's name, stream (version), version (release) and context.
type UnreleasedVariant struct {
	VariantID      string             `json:"variant_id" pdc:"req"`
	VariantUID     string             `json:"variant_uid" pdc:"req"` // whatever its creator said
	VariantName    string             `json:"variant_name" pdc:"req"`
	VariantType    string             `json:"variant_type" pdc:"req"` // "module"
	VariantVersion string             `json:"variant_version" pdc:"req"`
	VariantRelease string             `json:"variant_release" pdc:"req"`
	VariantContext string             `json:"variant_context"` // "00000000" by default; absent on servers of 2017
	KojiTag        string             `json:"koji_tag" pdc:"req"`
	Modulemd       string             `json:"modulemd" pdc:"req"`
	RuntimeDeps    []ModuleDependency `json:"runtime_deps"`
	BuildDeps      []ModuleDependency `json:"build_deps"`
	Active         bool               `json:"active"`
	RPMs           []RPMLink          `json:"rpms"`
	Extra          Extra              `json:"-"`
}

// UnreleasedVariants are keyed by variant_uid.
func (c *Client) UnreleasedVariants() Resource[UnreleasedVariant] {
	return Resource[UnreleasedVariant]{c: c, path: "unreleasedvariants/"}
}

// Module returns the same build in today's words.
func (u UnreleasedVariant) Module() Module {
	return Module{UID: u.VariantUID, Name: u.VariantName, Stream: u.VariantVersion, Version: u.VariantRelease,
		Context: u.VariantContext, Active: u.Active, KojiTag: u.KojiTag, Modulemd: u.Modulemd,
		RuntimeDeps: u.RuntimeDeps, BuildDeps: u.BuildDeps, RPMs: u.RPMs, Extra: u.Extra}
}

// ModuleQuery says which module builds are wanted; empty members don't matter.
type ModuleQuery struct {
	Name, Stream string // of the module

	// Component is the source package of an rpm in the build, Branch the
	// dist-git branch that an rpm of the build came from. The server matches
	// the two on possibly different rpms of the build.
	Component, Branch string

	// BuildDep and RuntimeDep are name and stream of modules it needs; the
	// stream may be empty.
	BuildDep, RuntimeDep ModuleDependency

	Inactive bool // also builds that are not active
}

func (q ModuleQuery) filter(old bool) url.Values {
	f := url.Values{}
	set := func(name, value string) {
		if value != "" {
			f.Set(name, value)
		}
	}
	name, stream := "name", "stream"
	if old {
		name, stream = "variant_name", "variant_version"
		f.Set("variant_type", "module")
	}
	set(name, q.Name)
	set(stream, q.Stream)
	set("component_name", q.Component)
	set("component_branch", q.Branch)
	set("build_dep_name", q.BuildDep.Dependency)
	set("build_dep_stream", q.BuildDep.Stream)
	set("runtime_dep_name", q.RuntimeDep.Dependency)
	set("runtime_dep_stream", q.RuntimeDep.Stream)
	if !q.Inactive {
		f.Set("active", "true")
	}
	return f
}

// LatestModules returns the newest build of each stream that matches the
// query, one for each context, in the order of their names and streams. A
// stream whose newest build no longer matches (it dropped the component, say)
// is left out. Documents and rpms of the builds are not asked for. It works
// with servers of both generations.
func (c *Client) LatestModules(ctx context.Context, q ModuleQuery) ([]Module, error) {
	found, err := collect(c.moduleBuilds(ctx, q))
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(m Module) bool {
		return !depends(m.BuildDeps, q.BuildDep) || !depends(m.RuntimeDeps, q.RuntimeDep)
	})
	type stream struct{ name, stream string }
	top := map[stream]string{}
	for _, m := range found {
		k := stream{m.Name, m.Stream}
		if v, ok := top[k]; !ok || compareVersions(m.Version, v) > 0 {
			top[k] = m.Version
		}
	}
	// A newer build that doesn't match makes the stream's match history.
	for k, version := range top {
		for m, err := range c.moduleBuilds(ctx, ModuleQuery{Name: k.name, Stream: k.stream, Inactive: q.Inactive}) {
			if err != nil {
				return nil, err
			}
			if compareVersions(m.Version, version) > 0 {
				delete(top, k)
				break
			}
		}
	}
	found = slices.DeleteFunc(found, func(m Module) bool { return top[stream{m.Name, m.Stream}] != m.Version })
	slices.SortFunc(found, func(a, b Module) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Context, b.Context))
	})
	return found, nil
}

// depends repeats the server's check on one row: it matches name and stream
// on possibly different ones.
func depends(deps []ModuleDependency, want ModuleDependency) bool {
	if want == (ModuleDependency{}) {
		return true
	}
	return slices.ContainsFunc(deps, func(d ModuleDependency) bool {
		return (want.Dependency == "" || d.Dependency == want.Dependency) && (want.Stream == "" || d.Stream == want.Stream)
	})
}

// moduleBuilds asks the newer resource, or the older where that is all there
// is.
func (c *Client) moduleBuilds(ctx context.Context, q ModuleQuery) iter.Seq2[Module, error] {
	return func(yield func(Module, error) bool) {
		first := true
		for m, err := range c.Modules().All(ctx, Query{Filter: q.filter(false), Exclude: []string{"modulemd", "rpms"}}) {
			if err != nil && first && isNotFound(err) {
				for u, err := range c.UnreleasedVariants().All(ctx, Query{Filter: q.filter(true), Exclude: []string{"modulemd", "rpms"}}) {
					if !yield(u.Module(), err) {
						return
					}
				}
				return
			}
			if first = false; !yield(m, err) {
				return
			}
		}
	}
}

func collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// compareVersions orders versions, which are numbers, of any length.
func compareVersions(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

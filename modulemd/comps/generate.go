// SPDX-License-Identifier: MIT

package comps

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

// Source is what groups are generated from.
type Source struct {
	// Variant and Name are the id and the name of the variant; the name of
	// the category and of the environment is that, too.
	Variant string
	Name    string // empty means as Variant
	// Arch limits packages to those that the module has there, or as noarch.
	// Empty means no limit; packages that are not noarch are then marked with
	// the architectures that have them, for [Comps.Filter].
	Arch string
	// Streams are the module builds of the variant. Of several builds of one
	// stream the packages are united, profile by profile.
	Streams []*modulemd.Stream
	// Defaults say, by module, which profiles are default ones, besides those
	// that say so themselves.
	Defaults map[string]*modulemd.Defaults
}

// Generate returns the groups of a variant's modules: one for each profile,
// with the id module-profile, or module-stream-profile where the variant has
// several streams of the module; all of them in a category, and in an
// environment, to which default profiles belong and where others are options.
// Packages that the module filters out, or, where it lists artifacts, that it
// does not have on the architecture, are left out; so are groups that are empty
// then. Default profiles are visible, others not. Everything is sorted by id. A
// source without a variant, or ids that two profiles come to share, are errors
// that are [ErrInvalid].
func Generate(src Source) (*Comps, error) {
	if src.Variant == "" {
		return nil, fmt.Errorf("comps: the variant to generate for has no id: %w", ErrInvalid)
	}
	streams := map[string]map[string]bool{}
	for _, s := range src.Streams {
		if streams[s.Name] == nil {
			streams[s.Name] = map[string]bool{}
		}
		streams[s.Name][s.Stream] = true
	}
	c := &Comps{}
	from := map[string][3]string{} // group id to module, stream, profile
	preferred := map[string]bool{}
	at := map[string]int{} // group id to index
	for _, s := range inOrder(src.Streams) {
		defaults := defaultProfiles(s, src.Defaults[s.Name])
		present := available(s, src.Arch)
		for _, profile := range slices.Sorted(maps.Keys(s.Profiles)) {
			id := s.Name + "-" + profile
			if len(streams[s.Name]) > 1 {
				id = s.Name + "-" + s.Stream + "-" + profile
			}
			owner := [3]string{s.Name, s.Stream, profile}
			if other, ok := from[id]; ok && other != owner {
				return nil, fmt.Errorf("comps: profile %s of %s:%s and profile %s of %s:%s both make the group %s: %w",
					other[2], other[0], other[1], profile, s.Name, s.Stream, id, ErrInvalid)
			}
			from[id] = owner
			var packages []Package
			for _, name := range s.Profiles[profile].RPMs {
				if arches, ok := present(name); ok {
					packages = append(packages, Package{Name: name, Type: Default, Scope: Scope{Arches: arches}})
				}
			}
			if len(packages) == 0 {
				continue
			}
			if _, ok := at[id]; !ok {
				at[id] = len(c.Groups)
				isDefault := slices.Contains(defaults, profile)
				preferred[id] = isDefault
				c.Groups = append(c.Groups, Group{
					ID:          id,
					Name:        Text{Text: s.Name + " " + s.Stream + " " + profile},
					Description: &Text{Text: cmp.Or(s.Profiles[profile].Description, s.Summary)},
					Default:     new(false),
					UserVisible: &isDefault,
				})
			}
			g := &c.Groups[at[id]]
			g.Packages = append(g.Packages, packages...)
		}
	}
	slices.SortFunc(c.Groups, func(a, b Group) int { return cmp.Compare(a.ID, b.ID) })
	name := Text{Text: cmp.Or(src.Name, src.Variant)}
	env := Environment{ID: src.Variant + "-modules", Name: name, Description: &Text{Text: "Modules of " + name.Text}}
	cat := Category{ID: src.Variant + "-modules", Name: name, Description: &Text{Text: "Modules of " + name.Text}}
	for i := range c.Groups {
		g := &c.Groups[i]
		g.Packages = united(g.Packages)
		cat.Groups = append(cat.Groups, GroupRef{ID: g.ID})
		if preferred[g.ID] {
			env.Groups = append(env.Groups, GroupRef{ID: g.ID})
		} else {
			env.Options = append(env.Options, GroupRef{ID: g.ID})
		}
	}
	if len(cat.Groups) > 0 {
		c.Categories = []Category{cat}
		env.HasOptions = len(env.Options) > 0
		c.Environments = []Environment{env}
	}
	return c, nil
}

func inOrder(streams []*modulemd.Stream) []*modulemd.Stream {
	return slices.SortedStableFunc(slices.Values(streams), func(a, b *modulemd.Stream) int { return a.NSVC().Compare(b.NSVC()) })
}

func defaultProfiles(s *modulemd.Stream, d *modulemd.Defaults) []string {
	var out []string
	for name, p := range s.Profiles {
		if p.Default {
			out = append(out, name)
		}
	}
	if d != nil {
		more, _ := d.DefaultProfiles(s.Stream, "")
		out = append(out, more...)
	}
	return out
}

// united sorts packages by name and makes one of those of the same name, for all
// architectures that they are for.
func united(list []Package) []Package {
	slices.SortStableFunc(list, func(a, b Package) int { return cmp.Compare(a.Name, b.Name) })
	out := list[:0]
	for _, p := range list {
		if len(out) == 0 || out[len(out)-1].Name != p.Name {
			out = append(out, p)
			continue
		}
		last := &out[len(out)-1].Scope
		if len(last.Arches) == 0 || len(p.Scope.Arches) == 0 {
			last.Arches = nil
			continue
		}
		last.Arches = slices.Concat(last.Arches, p.Scope.Arches)
		slices.Sort(last.Arches)
		last.Arches = slices.Compact(last.Arches)
	}
	return out
}

// available returns whether a stream ships a package on an architecture, or, of
// an empty one, on which it does; none means all.
func available(s *modulemd.Stream, arch string) func(name string) ([]string, bool) {
	filtered := map[string]bool{}
	for _, name := range s.Filter {
		filtered[name] = true
	}
	shipped := map[string][]string{}
	for _, a := range s.Artifacts {
		n, err := modulemd.ParseNEVRA(a)
		if err == nil && n.Arch != "src" && n.Arch != "nosrc" && (arch == "" || n.Arch == arch || n.Arch == "noarch") {
			shipped[n.Name] = append(shipped[n.Name], n.Arch)
		}
	}
	return func(name string) ([]string, bool) {
		arches, ok := shipped[name]
		switch {
		case filtered[name]:
			return nil, false
		case len(s.Artifacts) == 0:
			return nil, true
		case arch != "" || slices.Contains(arches, "noarch"):
			return nil, ok
		}
		arches = slices.Clone(arches)
		slices.Sort(arches)
		return slices.Compact(arches), ok
	}
}

// ModuleVariant returns the entry of variants.xml that goes with what
// [Generate] made of a source: the modules as name:stream, the groups with
// their flags, the environments.
func ModuleVariant(src Source, c *Comps, arches ...string) Variant {
	v := Variant{ID: src.Variant, Name: cmp.Or(src.Name, src.Variant), Type: TypeVariant, Arches: slices.Clone(arches)}
	for _, s := range inOrder(src.Streams) {
		v.Modules = append(v.Modules, VariantModule{Name: s.Name + ":" + s.Stream})
	}
	v.Modules = slices.Compact(v.Modules)
	for _, g := range c.Groups {
		v.Groups = append(v.Groups, VariantGroup{ID: g.ID, Default: g.Default, UserVisible: g.UserVisible})
	}
	for _, e := range c.Environments {
		v.Environments = append(v.Environments, VariantEnvironment{ID: e.ID, DisplayOrder: e.DisplayOrder})
	}
	return v
}

// Merge adds the groups, environments and categories of another file, and its
// language packs, black list and whiteout where they are new. What has the id of
// one that is there already takes its place.
func (c *Comps) Merge(other *Comps) {
	o := other.Clone()
	c.Groups = merged(c.Groups, o.Groups, func(g Group) string { return g.ID })
	c.Environments = merged(c.Environments, o.Environments, func(e Environment) string { return e.ID })
	c.Categories = merged(c.Categories, o.Categories, func(e Category) string { return e.ID })
	c.Langpacks = merged(c.Langpacks, o.Langpacks, func(l Langpack) string { return l.Name })
	c.Blacklist = merged(c.Blacklist, o.Blacklist, func(b Blacklisted) string { return strings.Join([]string{b.Name, b.Arch}, " ") })
	c.Whiteout = merged(c.Whiteout, o.Whiteout, func(d IgnoredDep) string { return d.Requires + " " + d.Package })
	c.Unknown = append(c.Unknown, o.Unknown...)
}

func merged[T any](list, more []T, key func(T) string) []T {
	at := map[string]int{}
	for i, x := range list {
		at[key(x)] = i
	}
	for _, x := range more {
		if i, ok := at[key(x)]; ok {
			list[i] = x
			continue
		}
		at[key(x)] = len(list)
		list = append(list, x)
	}
	return list
}

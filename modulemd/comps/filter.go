// SPDX-License-Identifier: MIT

package comps

import (
	"cmp"
	"path"
	"slices"
)

// keep reports whether a scope admits an architecture and a variant, and
// returns what is left to say: what was decided is dropped. An empty
// architecture or variant decides nothing.
func (s Scope) keep(arch, variant string) (Scope, bool) {
	if arch != "" && len(s.Arches) > 0 {
		if !slices.Contains(s.Arches, arch) {
			return s, false
		}
		s.Arches = nil
	}
	if variant != "" && len(s.Variants) > 0 {
		if !slices.Contains(s.Variants, variant) {
			return s, false
		}
		s.Variants = nil
	}
	return s, true
}

func scoped[T any](list []T, scope func(*T) *Scope, arch, variant string) []T {
	out := list[:0]
	for i := range list {
		if s, ok := scope(&list[i]).keep(arch, variant); ok {
			*scope(&list[i]) = s
			out = append(out, list[i])
		}
	}
	clear(list[len(out):])
	return out
}

// FilterPackages drops the packages that do not count for an architecture and a
// variant, and from the others what was thereby decided. Empty means all.
func (c *Comps) FilterPackages(arch, variant string) {
	for i := range c.Groups {
		g := &c.Groups[i]
		g.Packages = scoped(g.Packages, func(p *Package) *Scope { return &p.Scope }, arch, variant)
	}
}

// FilterGroups drops the groups that do not count for an architecture and a
// variant, as [Comps.FilterPackages] does with packages.
func (c *Comps) FilterGroups(arch, variant string) {
	c.Groups = scoped(c.Groups, func(g *Group) *Scope { return &g.Scope }, arch, variant)
}

// FilterEnvironments drops the environments, and of these the groups, that do
// not count for an architecture and a variant.
func (c *Comps) FilterEnvironments(arch, variant string) {
	c.Environments = scoped(c.Environments, func(e *Environment) *Scope { return &e.Scope }, arch, variant)
	for i := range c.Environments {
		e := &c.Environments[i]
		e.Groups = scoped(e.Groups, refScope, arch, variant)
		e.Options = scoped(e.Options, refScope, arch, variant)
	}
}

// FilterCategories drops the categories, and of these the groups, that do not
// count for an architecture and a variant.
func (c *Comps) FilterCategories(arch, variant string) {
	c.Categories = scoped(c.Categories, func(e *Category) *Scope { return &e.Scope }, arch, variant)
	for i := range c.Categories {
		c.Categories[i].Groups = scoped(c.Categories[i].Groups, refScope, arch, variant)
	}
}

func refScope(r *GroupRef) *Scope { return &r.Scope }

// Filter drops everything that does not count for an architecture and a
// variant, black-listed packages of other architectures included, and then what
// is left empty: see [Comps.Clean].
func (c *Comps) Filter(arch, variant string, keep ...string) {
	c.FilterPackages(arch, variant)
	c.FilterGroups(arch, variant)
	c.FilterEnvironments(arch, variant)
	c.FilterCategories(arch, variant)
	if arch != "" {
		c.Blacklist = slices.DeleteFunc(c.Blacklist, func(b Blacklisted) bool { return b.Arch != "" && b.Arch != arch })
	}
	c.Clean(keep...)
}

// Clean drops groups without packages, but not those whose id is to be kept;
// then groups that are not there from environments and categories; then
// environments that have no groups left, options aside, and categories.
func (c *Comps) Clean(keep ...string) {
	c.Groups = slices.DeleteFunc(c.Groups, func(g Group) bool { return len(g.Packages) == 0 && !slices.Contains(keep, g.ID) })
	have := map[string]bool{}
	for i := range c.Groups {
		have[c.Groups[i].ID] = true
	}
	missing := func(r GroupRef) bool { return !have[r.ID] }
	for i := range c.Environments {
		e := &c.Environments[i]
		e.Groups = slices.DeleteFunc(e.Groups, missing)
		e.Options = slices.DeleteFunc(e.Options, missing)
	}
	c.Environments = slices.DeleteFunc(c.Environments, func(e Environment) bool { return len(e.Groups) == 0 })
	for i := range c.Categories {
		c.Categories[i].Groups = slices.DeleteFunc(c.Categories[i].Groups, missing)
	}
	c.Categories = slices.DeleteFunc(c.Categories, func(e Category) bool { return len(e.Groups) == 0 })
}

// SelectGroups drops the groups that a variant does not list, puts the variant's
// flags in the place of the groups' own, and takes dropped groups out of
// categories, and with them categories that are left empty. It returns the
// entries, sorted, that match no group.
func (c *Comps) SelectGroups(list []VariantGroup) (unmatched []string) {
	used := make([]bool, len(list))
	c.Groups = slices.DeleteFunc(c.Groups, func(g Group) bool {
		return !slices.ContainsFunc(list, func(v VariantGroup) bool { return v.matches(g.ID) })
	})
	have := map[string]bool{}
	for i := range c.Groups {
		g := &c.Groups[i]
		have[g.ID] = true
		for j, v := range list {
			if !v.matches(g.ID) {
				continue
			}
			used[j] = true
			g.Default = cmp.Or(v.Default, g.Default)
			g.UserVisible = cmp.Or(v.UserVisible, g.UserVisible)
		}
	}
	for i := range c.Categories {
		c.Categories[i].Groups = slices.DeleteFunc(c.Categories[i].Groups, func(r GroupRef) bool { return !have[r.ID] })
	}
	c.Categories = slices.DeleteFunc(c.Categories, func(e Category) bool { return len(e.Groups) == 0 })
	for j, v := range list {
		if !used[j] {
			unmatched = append(unmatched, v.ID)
		}
	}
	slices.Sort(unmatched)
	return unmatched
}

func (v VariantGroup) matches(id string) bool {
	if !v.Glob {
		return v.ID == id
	}
	ok, err := path.Match(v.ID, id)
	return ok && err == nil
}

// SelectEnvironments drops the environments that a variant does not list, and
// puts the variant's order in the place of their own. The others come in the
// order of these numbers, those without one last, then by id. It returns the
// ids, sorted, that are not there.
func (c *Comps) SelectEnvironments(list []VariantEnvironment) (unmatched []string) {
	c.Environments = slices.DeleteFunc(c.Environments, func(e Environment) bool {
		return !slices.ContainsFunc(list, func(v VariantEnvironment) bool { return v.ID == e.ID })
	})
	for _, v := range list {
		e := c.Environment(v.ID)
		if e == nil {
			unmatched = append(unmatched, v.ID)
			continue
		}
		e.DisplayOrder = cmp.Or(v.DisplayOrder, e.DisplayOrder)
	}
	slices.SortStableFunc(c.Environments, func(a, b Environment) int {
		return cmp.Or(compareOrder(a.DisplayOrder, b.DisplayOrder), cmp.Compare(a.ID, b.ID))
	})
	slices.Sort(unmatched)
	return unmatched
}

func compareOrder(a, b *int) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return cmp.Compare(*a, *b)
}

// ForVariant returns what a variant of a compose offers on an architecture: a
// copy, filtered, with the groups and environments that the variant lists. A
// variant without a list of groups, or of environments, has them all. The
// entries of the variant that match nothing are returned, too.
func (c *Comps) ForVariant(v Variant, arch string) (out *Comps, unmatched []string) {
	out = c.Clone()
	out.FilterPackages(arch, v.ID)
	out.FilterGroups(arch, v.ID)
	out.FilterEnvironments(arch, v.ID)
	out.FilterCategories(arch, v.ID)
	out.Clean()
	if len(v.Groups) > 0 {
		unmatched = out.SelectGroups(v.Groups)
	}
	if len(v.Environments) > 0 {
		unmatched = append(unmatched, out.SelectEnvironments(v.Environments)...)
	}
	return out, unmatched
}

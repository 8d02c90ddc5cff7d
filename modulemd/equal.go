// SPDX-License-Identifier: MIT

package modulemd

import (
	"maps"
	"slices"
)

// Equal reports whether two streams say the same, whatever the order of their
// lists. A version of the format does not count, nor does what lenient reading
// passed over.
func (s *Stream) Equal(t *Stream) bool {
	e, f := s.empty, t.empty
	return e.same(f, emptyName, s.Name, t.Name) && e.same(f, emptyStream, s.Stream, t.Stream) &&
		s.Version == t.Version && e.same(f, emptyContext, s.Context, t.Context) &&
		s.StaticContext == t.StaticContext && e.same(f, emptyArch, s.Arch, t.Arch) &&
		e.same(f, emptySummary, s.Summary, t.Summary) && e.same(f, emptyDescription, s.Description, t.Description) &&
		maps.Equal(s.ServiceLevels, t.ServiceLevels) &&
		sameSet(s.ModuleLicenses, t.ModuleLicenses) && sameSet(s.ContentLicenses, t.ContentLicenses) &&
		s.XMD.Equal(t.XMD) && slices.EqualFunc(s.Dependencies, t.Dependencies, Dependencies.equal) &&
		s.References == t.References && maps.EqualFunc(s.Profiles, t.Profiles, Profile.equal) &&
		sameSet(s.API, t.API) && sameSet(s.Filter, t.Filter) && sameSet(s.Demodularized, t.Demodularized) &&
		s.BuildOpts.equal(t.BuildOpts) && maps.EqualFunc(s.RPMs, t.RPMs, RPMComponent.equal) &&
		maps.Equal(s.Modules, t.Modules) && sameSet(s.Artifacts, t.Artifacts) &&
		maps.EqualFunc(s.RPMMap, t.RPMMap, func(a, b map[string]RPMMapEntry) bool { return maps.Equal(a, b) })
}

func sameSet(a, b []string) bool { return slices.Equal(set(a), set(b)) }

func sameSets(a, b map[string][]string) bool { return maps.EqualFunc(a, b, sameSet) }

func (d Dependencies) equal(o Dependencies) bool {
	return sameSets(d.BuildRequires, o.BuildRequires) && sameSets(d.Requires, o.Requires)
}

func (p Profile) equal(q Profile) bool {
	return p.empty.same(q.empty, emptyDescription, p.Description, q.Description) && p.Default == q.Default && sameSet(p.RPMs, q.RPMs)
}

func (b *BuildOpts) equal(c *BuildOpts) bool {
	if b == nil || c == nil {
		return b == c
	}
	return b.empty.same(c.empty, emptyMacros, b.Macros, c.Macros) && sameSet(b.Whitelist, c.Whitelist) && sameSet(b.Arches, c.Arches)
}

func (c RPMComponent) equal(d RPMComponent) bool {
	return c.Rationale == d.Rationale && c.Name == d.Name && c.Repository == d.Repository && c.Cache == d.Cache &&
		c.Ref == d.Ref && c.BuildOnly == d.BuildOnly && c.BuildRoot == d.BuildRoot && c.SRPMBuildRoot == d.SRPMBuildRoot &&
		c.BuildOrder == d.BuildOrder && sameSet(c.BuildAfter, d.BuildAfter) && sameSet(c.Arches, d.Arches) &&
		sameSet(c.Multilib, d.Multilib) && c.empty == d.empty
}

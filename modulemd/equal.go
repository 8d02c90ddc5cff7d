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
		s.References.equal(t.References) && maps.EqualFunc(s.Profiles, t.Profiles, Profile.equal) &&
		sameSet(s.API, t.API) && sameSet(s.Filter, t.Filter) && sameSet(s.Demodularized, t.Demodularized) &&
		s.BuildOpts.equal(t.BuildOpts) && maps.EqualFunc(s.RPMs, t.RPMs, RPMComponent.equal) &&
		maps.EqualFunc(s.Modules, t.Modules, ModuleComponent.equal) && sameSet(s.Artifacts, t.Artifacts) &&
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

func (r References) equal(o References) bool {
	return r.empty.same(o.empty, emptyCommunity, r.Community, o.Community) &&
		r.empty.same(o.empty, emptyDocumentation, r.Documentation, o.Documentation) &&
		r.empty.same(o.empty, emptyTracker, r.Tracker, o.Tracker)
}

func (c RPMComponent) equal(d RPMComponent) bool {
	return c.empty.same(d.empty, emptyRationale, c.Rationale, d.Rationale) && c.empty.same(d.empty, emptyName, c.Name, d.Name) &&
		c.empty.same(d.empty, emptyRepository, c.Repository, d.Repository) && c.empty.same(d.empty, emptyCache, c.Cache, d.Cache) &&
		c.empty.same(d.empty, emptyRef, c.Ref, d.Ref) && c.BuildOnly == d.BuildOnly && c.BuildRoot == d.BuildRoot &&
		c.SRPMBuildRoot == d.SRPMBuildRoot && c.BuildOrder == d.BuildOrder && sameSet(c.BuildAfter, d.BuildAfter) &&
		sameSet(c.Arches, d.Arches) && sameSet(c.Multilib, d.Multilib)
}

func (c ModuleComponent) equal(d ModuleComponent) bool {
	return c.empty.same(d.empty, emptyRationale, c.Rationale, d.Rationale) &&
		c.empty.same(d.empty, emptyRepository, c.Repository, d.Repository) && c.empty.same(d.empty, emptyRef, c.Ref, d.Ref) &&
		c.BuildOrder == d.BuildOrder && c.BuildOnly == d.BuildOnly
}

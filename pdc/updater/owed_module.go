// SPDX-License-Identifier: MIT

package updater

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// noTag is what a module's koji_tag says before the module has one.
const noTag = "NA"

// Types of relationships between components of type module.
const (
	ModuleRequires      = "ModuleRequires"      // needs it when installed
	ModuleBuildRequires = "ModuleBuildRequires" // asked for it at its build
)

// moduleOwed: a module is a row from the moment it waits to be built; it gets
// its tag when it has one, and is active with its rpms once it is ready (facts:
// mbs.module.state.change). Only ever more becomes true, so that messages may
// come late, twice, or not at all.
func (o *owing) moduleOwed(m Module) {
	switch m.State {
	case trigger.ModuleWait, trigger.ModuleBuilding, trigger.ModuleDone, trigger.ModuleReady:
	default:
		return // not yet begun, failed, or given up: nothing that PDC tells of
	}
	resource := modules
	if o.have.OldModules {
		resource = oldModules
	}
	stream, err := modulemd.ParseLax(m.UID(), []byte(m.Modulemd))
	if err != nil {
		stream = nil // a row that is there can do without
	}
	tag, ready := cmp.Or(m.KojiTag, noTag), m.State == trigger.ModuleReady
	row := o.have.modules[m.UID()]
	switch {
	case row == nil && m.Modulemd == "":
		o.conflict(KindModule, resource, m.UID(), "not in PDC, and its modulemd is not known")
		return
	case row == nil && err != nil:
		o.conflict(KindModule, resource, m.UID(), "its modulemd can't be read: %v", err)
		return
	case row == nil:
		build, run := flatten(stream)
		f := pdc.Fields{"koji_tag": tag, "modulemd": m.Modulemd, "build_deps": build, "runtime_deps": run}
		names := []string{"name", "stream", "version", "context"}
		if o.have.OldModules {
			names = []string{"variant_name", "variant_version", "variant_release", "variant_context"}
			f["variant_id"], f["variant_uid"], f["variant_type"] = m.Name, m.UID(), "module"
		}
		for i, v := range []string{m.Name, m.Stream, m.Version, contextOr(m.Context)} {
			f[names[i]] = v
		}
		if ready {
			f["active"], f["rpms"] = true, written(o.moduleLinks(m, stream))
		}
		o.missing(KindModule, resource, m.UID(), f)
	default:
		f, detail := pdc.Fields{}, []string{}
		if tag != noTag && row.KojiTag != tag {
			f["koji_tag"] = tag
			detail = append(detail, "tag "+row.KojiTag+", not "+tag)
		}
		if ready && !row.Active {
			f["active"] = true
			detail = append(detail, "not active")
		}
		if ready {
			want := o.moduleLinks(m, stream)
			if now, w := linkNames(row.RPMs), linkNames(want); len(want) > 0 && !slices.Equal(now, w) {
				f["rpms"] = written(want)
				detail = append(detail, "rpms "+listChange(now, w))
			}
		}
		if len(f) > 0 {
			o.differs(KindModule, resource, m.UID(), strings.Join(detail, "; "), row.UID, f)
		}
	}
	if ready && m.Release != "" && stream != nil {
		o.moduleNeeds(m, stream)
	}
}

// moduleNeeds keeps what a ready module needs as relationships between
// components of type module, named name:stream as PDC knows no streams there.
func (o *owing) moduleNeeds(m Module, stream *modulemd.Stream) {
	build, run := flatten(stream)
	on := map[string][]string{ModuleBuildRequires: {}, ModuleRequires: {}}
	for typ, deps := range map[string][]pdc.ModuleDependency{ModuleBuildRequires: build, ModuleRequires: run} {
		for _, d := range deps {
			if d.Dependency != "platform" {
				on[typ] = append(on[typ], d.Dependency+":"+d.Stream)
			}
		}
	}
	name := m.Name + ":" + m.Stream
	if len(on[ModuleBuildRequires])+len(on[ModuleRequires]) == 0 && len(o.have.edges[componentName(m.Release, "module", name)]) == 0 {
		return
	}
	if from := o.component(m.Release, "module", name, ""); from != nil {
		o.edgesOwed(KindModule, m.Release, "module", name, "module", from, on)
	}
}

// flatten returns the module dependencies as PDC keeps them: pairs of name and
// stream from all combinations, each once. An expanded modulemd names streams;
// those that a dependency rules out are none that it needs.
func flatten(s *modulemd.Stream) (build, run []pdc.ModuleDependency) {
	build, run = []pdc.ModuleDependency{}, []pdc.ModuleDependency{}
	if s == nil {
		return build, run
	}
	add := func(to *[]pdc.ModuleDependency, needs map[string][]string) {
		for _, name := range sorted(needs) {
			for _, stream := range needs[name] {
				d := pdc.ModuleDependency{Dependency: name, Stream: stream}
				if !strings.HasPrefix(stream, "-") && !slices.Contains(*to, d) {
					*to = append(*to, d)
				}
			}
		}
	}
	for _, d := range s.Dependencies {
		add(&build, d.BuildRequires)
		add(&run, d.Requires)
	}
	return build, run
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// moduleLinks are a module's rpms with the commits that its components were
// built from: xmd.mbs.rpms tells the commit, the component's ref the branch.
func (o *owing) moduleLinks(m Module, s *modulemd.Stream) []pdc.RPMLink {
	rpms := slices.Clone(m.RPMs)
	for i, r := range rpms {
		if !isSource(r.Arch) || s == nil || r.CommitHash != "" {
			continue
		}
		ref := builtFrom(s, r.Name)
		c, ok := s.RPMs[r.Name]
		if !ok || ref == "" {
			continue
		}
		rpms[i].CommitHash = ref
		if c.Ref != ref {
			rpms[i].CommitBranch = c.Ref
		}
	}
	return o.links(rpms, "")
}

// builtFrom returns xmd.mbs.rpms.NAME.ref.
func builtFrom(s *modulemd.Stream, name string) string {
	return s.XMD.Get("mbs", "rpms", name, "ref").Text()
}

// links are rpms as other rows hold them, sorted. An rpm without a source of
// its own takes that of the source rpm beside it, else its own name.
func (o *owing) links(rpms []RPM, srpm string) []pdc.RPMLink {
	source := map[string]RPM{}
	for _, r := range rpms {
		if isSource(r.Arch) {
			source[r.Name] = r
		}
	}
	out := make([]pdc.RPMLink, 0, len(rpms))
	for _, r := range rpms {
		l := pdc.RPMLink{Name: r.Name, Epoch: r.Epoch, Version: r.Version, Release: r.Release, Arch: r.Arch,
			SRPMName: cmp.Or(r.SRPM, srpm, r.Name), SRPMCommitHash: r.CommitHash, SRPMCommitBranch: r.CommitBranch}
		if !isSource(r.Arch) {
			s, ok := source[l.SRPMName]
			if !ok {
				s = RPM{Name: l.SRPMName, Epoch: r.Epoch, Version: r.Version, Release: r.Release}
			}
			l.SRPMNEVRA = o.source(s.Name, s.Epoch, s.Version, s.Release)
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b pdc.RPMLink) int { return cmp.Compare(a.String(), b.String()) })
	return slices.CompactFunc(out, func(a, b pdc.RPMLink) bool { return a.String() == b.String() })
}

// written are links as requests carry them: objects, where answers have names.
func written(links []pdc.RPMLink) []pdc.Fields {
	out := make([]pdc.Fields, len(links))
	for i, l := range links {
		out[i] = pdc.FieldsOf(l)
	}
	return out
}

func linkNames(links []pdc.RPMLink) []string {
	out := make([]string, len(links))
	for i, l := range links {
		out[i] = l.String()
	}
	slices.Sort(out)
	return out
}

// modulesExtra finds active modules that the build service does not know.
func (o *owing) modulesExtra() {
	if !o.isWhole(KindModule, "") {
		return
	}
	known := map[string]bool{}
	for _, m := range o.facts.Modules {
		known[m.UID()] = true
	}
	for uid, row := range o.have.modules {
		if row.Active && !known[uid] {
			o.add(Finding{Kind: KindModule, Verdict: Extra, Resource: modules, Name: uid, Detail: "active, and unknown to the build service"})
		}
	}
}

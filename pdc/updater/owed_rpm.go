// SPDX-License-Identifier: MIT

package updater

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc"
)

// source returns the srpm_nevra of a binary rpm.
func (p Policy) source(name string, epoch int, version, release string) string {
	if p.PlainSRPM {
		return name + "-" + version + "-" + release
	}
	return fmt.Sprintf("%s-%d:%s-%s.src", name, epoch, version, release)
}

func isSource(arch string) bool { return arch == "src" || arch == "nosrc" }

// buildOwed: each rpm of a tagged build is a row that is linked to the tag's
// release (facts: buildsys.tag). PDC removes no rpms, so that leaving a release
// means losing the link.
func (o *owing) buildOwed(b Build) {
	for _, id := range b.Releases {
		if !o.release(id, "") {
			return
		}
	}
	sorted := slices.SortedFunc(slices.Values(b.RPMs), func(x, y RPM) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Arch, y.Arch))
	})
	for _, r := range sorted {
		key := rpmName(r.Name, r.Epoch, r.Version, r.Release, r.Arch)
		row := o.have.rpms[key]
		if row == nil {
			f := pdc.Fields{"name": r.Name, "epoch": r.Epoch, "version": r.Version, "release": r.Release, "arch": r.Arch,
				"srpm_name": cmp.Or(r.SRPM, b.Name), "srpm_nevra": nil, "linked_releases": slices.Clone(b.Releases)}
			if !isSource(r.Arch) {
				f["srpm_nevra"] = o.source(b.Name, b.Epoch, b.Version, b.Release)
			}
			if hash := cmp.Or(r.CommitHash, b.CommitHash); hash != "" {
				f["srpm_commit_hash"] = hash
			}
			if branch := cmp.Or(r.CommitBranch, b.CommitBranch); branch != "" {
				f["srpm_commit_branch"] = branch
			}
			o.missing(KindRPM, rpms, key, f)
			continue
		}
		if add := without(b.Releases, row.LinkedReleases); len(add) > 0 {
			o.differs(KindRPM, rpms, key, "not linked to "+strings.Join(add, ", "), fmt.Sprint(row.ID),
				pdc.Fields{"linked_releases": slices.Concat(row.LinkedReleases, add)})
		}
	}
}

func (o *owing) rpmsExtra() {
	linked := map[string]bool{}
	for _, b := range o.facts.Builds {
		for _, r := range b.RPMs {
			for _, release := range b.Releases {
				linked[release+" "+rpmName(r.Name, r.Epoch, r.Version, r.Release, r.Arch)] = true
			}
		}
	}
	for i := range o.have.RPMs {
		row := &o.have.RPMs[i]
		key := rpmName(row.Name, row.Epoch, row.Version, row.Release, row.Arch)
		var stay, leave []string
		for _, release := range row.LinkedReleases {
			if o.isWhole(KindRPM, release) && !linked[release+" "+key] {
				leave = append(leave, release)
			} else {
				stay = append(stay, release)
			}
		}
		if len(leave) == 0 {
			continue
		}
		// What else is missing of the row was found before; one write does both.
		if i, ok := o.found[sameKey(Differs, rpms, key)]; ok {
			fields := o.out[i].Write.Fields
			for _, release := range fields["linked_releases"].([]string) {
				if !slices.Contains(leave, release) && !slices.Contains(stay, release) {
					stay = append(stay, release)
				}
			}
			fields["linked_releases"] = append([]string{}, stay...)
		}
		o.add(Finding{KindRPM, Extra, rpms, key, "no longer in " + strings.Join(leave, ", "),
			&Write{"PATCH", rpms, fmt.Sprint(row.ID), pdc.Fields{"linked_releases": append([]string{}, stay...)}}})
	}
}

// needsOwed: the relationships of a package or container are those of the
// facts, for each type that these speak of (facts: the dependency handlers).
func (o *owing) needsOwed(n Needs) {
	kind := KindDependency
	if typeOr(n.Type) != "rpm" {
		kind = KindContainer
	}
	if len(n.On) == 0 {
		return
	}
	from := o.component(n.Release, n.Type, n.Name, "")
	if from == nil {
		return
	}
	o.edgesOwed(kind, n.Release, typeOr(n.Type), n.Name, "rpm", from, n.On)
}

// edgesOwed compares the relationships that begin at one component.
func (o *owing) edgesOwed(kind Kind, release, fromType, name, toType string, from any, on map[string][]string) {
	fromName := componentName(release, fromType, name)
	there := map[string]bool{}
	for _, e := range o.have.edges[fromName] {
		targets, managed := on[e.Type]
		if !managed || e.To.Release != release && e.To.Release != "" {
			continue
		}
		key := edgeName(release, fromType, name, e.Type, e.To.Name)
		if slices.Contains(targets, e.To.Name) && !there[key] {
			there[key] = true
			continue
		}
		o.add(Finding{kind, Extra, relationships, fmt.Sprintf("%s #%d", key, e.ID), "", &Write{Method: "DELETE", Resource: relationships, Key: fmt.Sprint(e.ID)}})
	}
	for _, typ := range sorted(on) {
		if !o.have.relTypes[typ] {
			o.missing(kind, relationshipTypes, typ, pdc.Fields{"name": typ})
		}
		for _, to := range slices.Compact(slices.Sorted(slices.Values(on[typ]))) {
			key := edgeName(release, fromType, name, typ, to)
			if there[key] {
				continue
			}
			if toType == "rpm" && strings.ContainsAny(to, "()/ ") {
				o.conflict(kind, relationships, key, "%q is not the name of a package", to)
				continue
			}
			if ref := o.component(release, toType, to, ""); ref != nil {
				o.missing(kind, relationships, key, pdc.Fields{"type": typ, "from_component": componentValue(from), "to_component": componentValue(ref)})
			}
		}
	}
}

// edgesExtra finds the relationships of components that no fact speaks of.
func (o *owing) edgesExtra() {
	known := map[string]bool{}
	types := map[Kind]map[string]bool{KindDependency: {pdc.RPMRequires: true, pdc.RPMBuildRequires: true, pdc.RPMBuildRoot: true},
		KindContainer: {pdc.ContainerIncludesRPM: true}}
	for _, n := range o.facts.Needs {
		known[componentName(n.Release, typeOr(n.Type), n.Name)] = true
	}
	for kind, managed := range types {
		for from, edges := range o.have.edges {
			if known[from] {
				continue
			}
			for _, e := range edges {
				if managed[e.Type] && o.isWhole(kind, e.From.Release) {
					o.add(Finding{kind, Extra, relationships, fmt.Sprintf("%s %s %s #%d", from, e.Type, e.To.Name, e.ID), "",
						&Write{Method: "DELETE", Resource: relationships, Key: fmt.Sprint(e.ID)}})
				}
			}
		}
	}
}

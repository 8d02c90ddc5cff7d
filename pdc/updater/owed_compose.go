// SPDX-License-Identifier: MIT

package updater

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/compose"
)

// ReleaseOfCompose returns the id of the release that a compose is of:
// composeinfo's words, in lower case as PDC demands.
func ReleaseOfCompose(info *compose.Info) string {
	r := info.Release
	base := ""
	if r.Layered && info.BaseProduct != nil {
		b := *info.BaseProduct
		base = idOfRelease(strings.ToLower(b.Short), b.Version, strings.ToLower(b.Type), "")
	}
	return idOfRelease(strings.ToLower(r.Short), r.Version, strings.ToLower(r.Type), base)
}

// composeOwed: a finished compose is imported with its images and rpms, once
// (facts: pungi.compose.status.change). Composes that PDC alone knows are
// nothing wrong: their files are cleaned up in time. Modules in a compose are
// active.
func (o *owing) composeOwed(c Compose) {
	if c.Info == nil {
		return
	}
	id := c.Info.Compose.ID
	for _, uid := range c.Modules {
		switch row := o.have.modules[uid]; {
		case row == nil:
			o.conflict(KindModule, modules, uid, "in compose %s, and not in PDC", id)
		case !row.Active:
			resource := modules
			if o.have.OldModules {
				resource = oldModules
			}
			o.differs(KindModule, resource, uid, "in compose "+id+", and not active", row.UID, pdc.Fields{"active": true})
		}
	}
	if o.have.composes[id] != nil {
		return
	}
	release := ReleaseOfCompose(c.Info)
	if !o.release(release, c.Info.Release.Name) {
		return
	}
	info := c.InfoJSON
	if info == nil {
		data, err := json.Marshal(c.Info)
		if err != nil {
			o.conflict(KindCompose, composes, id, "its composeinfo can't be written: %v", err)
			return
		}
		info = data
	}
	if c.Images == nil && c.RPMs == nil {
		o.conflict(KindCompose, composes, id, "it has neither images nor rpms, which is what PDC makes a compose of")
		return
	}
	for _, arch := range archesOf(c) {
		if !o.have.arches[arch] {
			o.missing(KindCompose, arches, arch, pdc.Fields{"name": arch})
		}
	}
	if c.Images != nil {
		o.missing(KindCompose, composeImages, id, pdc.Fields{"release_id": release, "composeinfo": info, "image_manifest": c.Images})
	}
	if c.RPMs != nil {
		o.missing(KindCompose, composeRPMs, id, pdc.Fields{"release_id": release, "composeinfo": info, "rpm_manifest": c.RPMs})
	}
}

// archesOf are the architectures that an import asks for by name.
func archesOf(c Compose) []string {
	all := set{}
	for _, v := range c.Info.Variants {
		all.add(v.Arches...)
	}
	for _, manifest := range []json.RawMessage{c.Images, c.RPMs} {
		var doc struct {
			Payload struct {
				Images, RPMs map[string]map[string]json.RawMessage
			}
		}
		if json.Unmarshal(manifest, &doc) != nil {
			continue // the import will tell
		}
		for _, byArch := range doc.Payload.Images {
			all.add(sorted(byArch)...)
		}
		for _, byArch := range doc.Payload.RPMs {
			all.add(sorted(byArch)...)
		}
	}
	return sorted(all)
}

// branchOwed: the SLAs of a retired branch end today, those of one that ends
// no later than that (facts: dead.package).
func (o *owing) branchOwed(b Branch) {
	if o.facts.Today == "" {
		return
	}
	key := branchName(b.Type, b.Component, b.Name)
	row := o.have.branches[key]
	switch {
	case row == nil && (b.Dead || b.EOL != ""):
		o.conflict(KindRetirement, branches, key, "retired, and not in PDC")
		return
	case row == nil:
		return
	}
	end := b.EOL
	if b.Dead && (end == "" || end > o.facts.Today) {
		end = o.facts.Today
	}
	if end == "" {
		if !row.Active && o.isWhole(KindRetirement, "") {
			o.conflict(KindRetirement, branches, key, "past its end of life in PDC, and not retired in dist-git")
		}
		return
	}
	for _, s := range row.SLAs {
		if s.EOL > end {
			o.differs(KindRetirement, branchSLAs, key+" "+s.SLA, fmt.Sprintf("until %s, not %s", s.EOL, end), fmt.Sprint(s.ID), pdc.Fields{"eol": end})
		}
	}
}

func (o *owing) branchesExtra() {
	if !o.isWhole(KindRetirement, "") {
		return
	}
	known := map[string]bool{}
	for _, b := range o.facts.Branches {
		known[branchName(b.Type, b.Component, b.Name)] = true
	}
	for key, row := range o.have.branches {
		if row.Active && !known[key] {
			o.add(Finding{Kind: KindRetirement, Verdict: Extra, Resource: branches, Name: key, Detail: "active, and unknown to dist-git"})
		}
	}
}

// branchingOwed: the new release is a clone of the old one, and each branch
// that is active and carries a wanted SLA gets a branch of the new name with
// it. Told again after a crash, it goes on with what is still missing.
func (o *owing) branchingOwed(b Branching) {
	from := o.have.releases[b.From]
	if from == nil {
		o.conflict(KindBranching, releases, b.From, "no such release to branch from")
		return
	}
	if o.have.releases[b.To] == nil {
		row, err := releaseRow(b.To, cmp.Or(b.Name, from.Name))
		if err != nil {
			o.conflict(KindBranching, releases, b.To, "%v", err)
			return
		}
		row["old_release_id"], row["dist_git"] = b.From, pdc.Fields{"branch": b.Branch}
		row["component_dist_git_branch"] = b.Branch
		o.add(Finding{KindBranching, Missing, releases, b.To, "a clone of " + b.From, &Write{Method: "POST", Resource: releaseClone, Fields: row}})
	}
	have := have(o.have.SLATypes, func(t *pdc.NamedType) string { return t.Name })
	wanted := sorted(b.EOL)
	for _, sla := range wanted {
		if !have[sla] {
			o.missing(KindBranching, slaTypes, sla, pdc.Fields{"name": sla})
		}
	}
	for i := range o.have.Branches {
		old := &o.have.Branches[i]
		if old.Name != b.FromBranch || !old.Active {
			continue
		}
		key := branchName(old.Type, old.GlobalComponent, b.Branch)
		now := o.have.branches[key]
		for _, s := range old.SLAs {
			if !slices.Contains(wanted, s.SLA) {
				continue
			}
			if now != nil && slices.ContainsFunc(now.SLAs, func(x pdc.BranchEOL) bool { return x.SLA == s.SLA }) {
				continue // its end may have been changed on purpose since
			}
			o.missing(KindBranching, branchSLAs, key+" "+s.SLA, pdc.Fields{"sla": s.SLA, "eol": b.EOL[s.SLA], "branch": pdc.Fields{
				"name": b.Branch, "global_component": old.GlobalComponent, "type": old.Type, "critical_path": old.CriticalPath}})
		}
	}
}

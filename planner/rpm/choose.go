// SPDX-License-Identifier: MIT

package rpm

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
)

// choose decides the needs of the node at hand and adds its links.
func (x *resolver) choose(fam int) {
	slices.SortFunc(x.needs, func(a, b need) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmpBool(a.possible, b.possible), cmpBool(a.weak, b.weak))
	})
	x.needs = slices.CompactFunc(x.needs, func(a, b need) bool { return a.text == b.text && a.weak == b.weak })
	mask := uint64(1) << (max(fam, 0) % 64)
	chosen := map[planner.ID]bool(nil)
	for _, n := range x.needs {
		if len(n.cands) == 1 && !n.possible {
			x.links = append(x.links, link{n.cands[0], n.text, false, n.weak, mask})
		}
	}
	for _, n := range x.needs {
		if n.possible {
			for _, c := range n.cands {
				x.links = append(x.links, link{c, n.text, true, n.weak, mask})
			}
			continue
		}
		if len(n.cands) == 1 {
			continue
		}
		if chosen == nil {
			chosen = map[planner.ID]bool{}
			for _, l := range x.links {
				if !l.possible && l.families == mask {
					chosen[x.u.sourceID[l.to]] = true
				}
			}
			delete(chosen, "")
		}
		pick, rule := x.pick(n, chosen)
		strict := x.u.policy.Strict && rule > RuleForced
		if strict {
			x.unresolved(n.text, "have choice: "+x.names(n.cands))
		} else {
			x.u.choices = append(x.u.choices, choice{x.by, n.text, pick, n.cands, rule})
			chosen[x.u.sourceID[pick]] = true
			delete(chosen, "")
		}
		for _, c := range n.cands {
			x.links = append(x.links, link{c, n.text, c != pick || strict, n.weak, mask})
		}
	}
}

func cmpBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// names returns up to ten ids.
func (x *resolver) names(list []int32) string {
	var ids []string
	for _, n := range list {
		ids = append(ids, string(x.u.ids[n]))
	}
	slices.Sort(ids)
	if len(ids) > 10 {
		ids = append(ids[:10], "...")
	}
	return strings.Join(ids, ", ")
}

// pick chooses one of several candidates. chosen are the sources of what was
// chosen before.
func (x *resolver) pick(n need, chosen map[planner.ID]bool) (int32, Rule) {
	left := n.cands
	narrow := func(rule Rule, keep func(int32) bool) bool {
		var kept []int32
		for _, c := range left {
			if keep(c) {
				kept = append(kept, c)
			}
		}
		if len(kept) > 0 && len(kept) < len(left) {
			left = kept
		}
		return len(left) == 1
	}
	if len(x.prefer) > 0 {
		first := math.MaxInt
		for _, c := range left {
			if at, ok := x.prefer[x.u.binary(c).Name]; ok {
				first = min(first, at)
			}
		}
		if first < math.MaxInt && narrow(RulePrefer, func(c int32) bool {
			at, ok := x.prefer[x.u.binary(c).Name]
			return ok && at == first
		}) {
			return left[0], RulePrefer
		}
	}
	name, _, _ := strings.Cut(n.text, " ")
	if narrow(RuleName, func(c int32) bool { return x.u.binary(c).Name == name }) {
		return left[0], RuleName
	}
	if len(x.forced) > 0 && narrow(RuleForced, func(c int32) bool {
		_, ok := slices.BinarySearch(x.forced, c)
		return ok
	}) {
		return left[0], RuleForced
	}
	top := math.MinInt
	for _, c := range left {
		top = max(top, x.u.binary(c).Priority)
	}
	if narrow(RulePriority, func(c int32) bool { return x.u.binary(c).Priority == top }) {
		return left[0], RulePriority
	}
	if narrow(RuleSource, func(c int32) bool { return chosen[x.u.sourceID[c]] }) {
		return left[0], RuleSource
	}
	// The numbers of binaries go by name and architecture.
	return left[0], RuleText
}

// connect makes edges of the links of the node at hand and forgets them.
func (x *resolver) connect(kind planner.EdgeKind, from planner.Ref) {
	all := uint64(1)<<len(x.u.index.families) - 1
	if len(x.u.index.families) >= 64 {
		all = math.MaxUint64
	}
	if len(x.u.index.families) > 1 { // what holds everywhere is one edge
		slices.SortFunc(x.links, func(a, b link) int {
			return cmp.Or(cmp.Compare(a.to, b.to), strings.Compare(a.text, b.text), cmpBool(a.possible, b.possible), cmpBool(a.weak, b.weak))
		})
		kept := x.links[:0]
		for _, l := range x.links {
			if n := len(kept) - 1; n >= 0 && kept[n].to == l.to && kept[n].text == l.text && kept[n].possible == l.possible && kept[n].weak == l.weak {
				kept[n].families |= l.families
				continue
			}
			kept = append(kept, l)
		}
		x.links = kept
	}
	for _, l := range x.links {
		e := planner.Edge{Kind: kind, Weak: l.weak, Possible: l.possible, Evidence: l.text, Arches: x.arches(l.families, all)}
		x.b.Connect(from, x.refs[l.to], x.b.Detail(e))
		if kind == planner.EdgeRun && x.source != "" && !l.weak && x.u.sourceID[l.to] != x.source && isABI(l.text) {
			e.Kind = planner.EdgeBuild
			x.b.Connect(x.src[x.source], x.refs[l.to], x.b.Detail(e))
		}
	}
	x.links = x.links[:0]
}

func (x *resolver) arches(mask, all uint64) []string {
	if mask == all {
		return nil
	}
	var out []string
	for i, f := range x.u.index.families {
		if mask&(1<<(i%64)) != 0 {
			out = append(out, x.u.index.primary[f])
		}
	}
	return out
}

// isABI tells requirements that are made by building against something: a
// binary that has one was built with its provider in the buildroot, and must
// be rebuilt when the name is lost.
func isABI(text string) bool {
	name, _, _ := strings.Cut(text, " ")
	return KindOf(name) == Soname || strings.HasSuffix(name, "(abi)") ||
		strings.HasPrefix(name, "perl(:MODULE_COMPAT_") ||
		strings.HasPrefix(name, "ocaml(") || strings.HasPrefix(name, "ocamlx(") || strings.HasPrefix(name, "ghc(")
}

// supplements makes edges from what a package supplements to it.
func (x *resolver) supplements(p *Package) {
	if x.u.policy.Weak == WeakIgnore || len(p.Supplements) == 0 {
		return
	}
	for _, r := range p.Supplements {
		d := Dep{Relation: r}
		sure := true
		if KindOf(r.Name) == Rich {
			var err error
			if d, err = Parse(r.Name); err != nil {
				x.unresolved(r.Name, err.Error())
				continue
			}
			sure = d.Op == None || d.Op == Or
		}
		d.Relations(func(rel Relation) bool {
			arch := p.Arch
			for _, n := range x.u.index.candidates(x.u, rel, arch) {
				if n == x.self {
					continue
				}
				x.b.Connect(x.refs[n], x.refs[x.self], x.b.Detail(planner.Edge{
					Kind: planner.EdgeRun, Weak: true, Possible: !sure || x.u.policy.Weak == WeakPossible,
					Evidence: "Supplements: " + r.String(),
				}))
			}
			return true
		})
	}
}

// buildGroup makes the node of the build group.
func (x *resolver) buildGroup() {
	u := x.u
	if u.policy.Group == GroupIgnore || len(u.policy.BuildGroup) == 0 {
		return
	}
	name := u.policy.GroupName
	if name == "" {
		name = "build"
	}
	x.by, x.self, x.source = planner.ID("buildroot/"+name), -1, ""
	group := x.b.AddNode(planner.Node{ID: x.by, Kind: planner.KindBuildroot, Conduit: true})
	p := &Package{}
	for _, member := range u.policy.BuildGroup {
		p.Requires = append(p.Requires, Relation{Name: member})
	}
	x.everywhere(p)
	x.connect(planner.EdgeRun, group)
	kind := planner.EdgeOrder
	if u.policy.Group == GroupFollow {
		kind = planner.EdgeBuild
	}
	for _, ref := range x.src {
		x.b.Connect(ref, group, planner.Detail(kind))
	}
}

// SPDX-License-Identifier: MIT

package rpm

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
)

// need is one thing that a node needs: candidates of which one is chosen.
type need struct {
	text     string
	cands    []int32
	possible bool
	weak     bool
}

// resolver turns the dependencies of one node after another into edges.
type resolver struct {
	u      *Universe
	b      planner.Builder
	refs   []planner.Ref // by number, as Universe.ids
	src    map[planner.ID]planner.Ref
	prefer map[string]int
	dead   map[Unresolved]bool
	parsed map[string]Dep

	// The node at hand.
	by     planner.ID
	self   int32 // its number; -1 for sources
	source planner.ID
	arch   string // for which its needs are looked at
	shown  string // arch as Unresolved tells it
	needs  []need
	later  []Dep // "or", decided when all else is known
	forced []int32
	links  []link
}

// link is an edge of the node at hand.
type link struct {
	to       int32
	text     string
	possible bool
	weak     bool
	families uint64
}

func (u *Universe) resolve() error {
	x := &resolver{
		u: u, prefer: map[string]int{}, dead: map[Unresolved]bool{}, parsed: map[string]Dep{},
		src: make(map[planner.ID]planner.Ref, len(u.sources)+len(u.Assumed)),
	}
	for i, name := range u.policy.Prefer {
		if _, ok := x.prefer[name]; !ok {
			x.prefer[name] = i
		}
	}
	x.b.Release = u.policy.Release
	x.addNodes()
	for n := range u.binaries {
		p := u.binary(int32(n))
		x.by, x.self, x.source = u.ids[n], int32(n), u.sourceID[n]
		if p.Arch == "noarch" {
			x.everywhere(p)
		} else {
			x.inFamily(p, p.Arch, slices.Index(u.index.families, family(p.Arch)))
		}
		x.connect(planner.EdgeRun, x.refs[n])
		x.supplements(p)
	}
	for i, s := range u.sources {
		n := len(u.binaries) + i
		x.by, x.self, x.source = u.ids[n], -1, u.ids[n]
		x.everywhere(&u.pkgs[s])
		x.connect(planner.EdgeBuild, x.refs[n])
	}
	x.buildGroup()
	for d := range x.dead {
		u.Unresolved = append(u.Unresolved, d)
	}
	slices.SortFunc(u.Unresolved, func(a, b Unresolved) int {
		return cmp.Or(cmp.Compare(a.By, b.By), strings.Compare(a.Requirement, b.Requirement),
			strings.Compare(a.Arch, b.Arch), strings.Compare(a.Reason, b.Reason))
	})
	g, err := x.b.Graph()
	u.Graph = g
	return err
}

func (x *resolver) addNodes() {
	u := x.u
	x.b.Grow(len(u.ids)+len(u.Assumed)+1, 12*len(u.ids))
	for n, id := range u.ids {
		node := planner.Node{ID: id, Kind: planner.KindSource}
		if n < len(u.binaries) {
			node.Kind, node.Conduit = planner.KindBinary, true
			if a := u.binary(int32(n)).Arch; a != "noarch" && len(u.index.families) > 1 {
				node.Arches = []string{a}
			}
		}
		x.refs = append(x.refs, x.b.AddNode(node))
		if n >= len(u.binaries) {
			x.src[id] = x.refs[n]
		}
	}
	for _, id := range u.Assumed {
		x.src[id] = x.b.AddNode(planner.Node{ID: id, Kind: planner.KindSource})
	}
	for n, id := range u.sourceID {
		if id != "" {
			x.b.Connect(x.refs[n], x.src[id], planner.Detail(planner.EdgeFrom))
		}
	}
}

// everywhere looks at the needs of a package on every architecture.
func (x *resolver) everywhere(p *Package) {
	for i, f := range x.u.index.families {
		x.inFamily(p, x.u.index.primary[f], i)
	}
}

// inFamily looks at the needs of a package on one architecture.
func (x *resolver) inFamily(p *Package, arch string, fam int) {
	x.arch, x.shown = arch, ""
	if len(x.u.index.families) > 1 {
		x.shown = arch
	}
	x.needs, x.later, x.forced = x.needs[:0], x.later[:0], x.forced[:0]
	for i := range p.Requires {
		x.require(p.Requires[i], false)
	}
	if x.u.policy.Weak != WeakIgnore {
		begin := len(x.needs)
		for i := range p.Recommends {
			x.require(p.Recommends[i], x.u.policy.Weak == WeakPossible)
		}
		for i := begin; i < len(x.needs); i++ {
			x.needs[i].weak = true
		}
	}
	for _, n := range x.needs {
		if len(n.cands) == 1 && !n.possible {
			x.forced = append(x.forced, n.cands[0])
		}
	}
	slices.Sort(x.forced)
	slices.SortFunc(x.later, func(a, b Dep) int { return strings.Compare(a.String(), b.String()) })
	for len(x.later) > 0 {
		later := x.later
		x.later = nil
		for _, d := range later {
			x.either(d)
		}
	}
	x.choose(fam)
}

// require adds the needs of one dependency.
func (x *resolver) require(r Relation, possible bool) {
	if KindOf(r.Name) != Rich {
		x.expand(Dep{Relation: r}, possible)
		return
	}
	d, ok := x.parsed[r.Name]
	if !ok {
		var err error
		if d, err = Parse(r.Name); err != nil {
			x.unresolved(r.Name, err.Error())
			return
		}
		x.parsed[r.Name] = d
	}
	x.expand(d, possible)
}

func (x *resolver) unresolved(text, reason string) {
	x.dead[Unresolved{By: x.by, Requirement: text, Arch: x.shown, Reason: reason}] = true
}

// expand adds the needs of a dependency. Possible ones that nothing provides
// are of no concern.
func (x *resolver) expand(d Dep, possible bool) {
	switch d.Op {
	case None:
		if KindOf(d.Relation.Name) == RPMLib {
			return
		}
		cands := x.u.index.candidates(x.u, d.Relation, x.arch)
		if len(cands) == 0 {
			if !possible {
				x.unresolved(d.Relation.String(), x.u.missing(d.Relation))
			}
			return
		}
		x.add(d, cands, possible)
	case And:
		for _, a := range d.Args {
			x.expand(a, possible)
		}
	case Or:
		if possible {
			for _, a := range d.Args {
				x.expand(a, true)
			}
			return
		}
		x.later = append(x.later, d)
	case If, Unless:
		x.conditional(d)
	case With, Without:
		var cands []int32
		d.Args[0].Relations(func(r Relation) bool {
			for _, n := range x.u.index.candidates(x.u, r, x.arch) {
				if x.u.satisfies(n, d) {
					cands = append(cands, n)
				}
			}
			return true
		})
		slices.Sort(cands)
		cands = slices.Compact(cands)
		if len(cands) == 0 {
			if !possible {
				x.unresolved(d.String(), "no package satisfies it alone")
			}
			return
		}
		x.add(d, cands, possible)
	}
}

// conditional adds what "if" and "unless" may ask for: it depends on what else
// is installed. What is asked for when the condition can come true, but
// nothing provides, is told.
func (x *resolver) conditional(d Dep) {
	x.expand(d.Args[0], true)
	if len(d.Args) > 2 {
		x.expand(d.Args[2], true)
	}
	if d.Op == If && x.resolves(d.Args[1]) && !x.resolves(d.Args[0]) {
		x.unresolved(d.String(), "nothing provides "+d.Args[0].String()+" should "+d.Args[1].String()+" be installed")
	}
}

// add adds a need, unless the package satisfies it itself.
func (x *resolver) add(d Dep, cands []int32, possible bool) {
	if x.self >= 0 {
		if _, own := slices.BinarySearch(cands, x.self); own {
			return
		}
	}
	text := d.Relation.Name
	if d.Op != None {
		text = d.String()
	} else if d.Relation.Sense != 0 {
		text = d.Relation.String()
	}
	x.needs = append(x.needs, need{text: text, cands: cands, possible: possible})
}

// resolves reports whether some packages satisfy a dependency.
func (x *resolver) resolves(d Dep) bool {
	switch d.Op {
	case None:
		return KindOf(d.Relation.Name) == RPMLib || len(x.u.index.candidates(x.u, d.Relation, x.arch)) > 0
	case Or:
		return slices.ContainsFunc(d.Args, x.resolves)
	case And:
		return !slices.ContainsFunc(d.Args, func(a Dep) bool { return !x.resolves(a) })
	case With, Without:
		found := false
		d.Args[0].Relations(func(r Relation) bool {
			found = slices.ContainsFunc(x.u.index.candidates(x.u, r, x.arch), func(n int32) bool { return x.u.satisfies(n, d) })
			return !found
		})
		return found
	}
	return true // conditions can be false
}

// either decides an "or": the first alternative that something else forces,
// else the first that can be satisfied. The others are possible.
func (x *resolver) either(d Dep) {
	pick := slices.IndexFunc(d.Args, x.isForced)
	if pick < 0 {
		pick = slices.IndexFunc(d.Args, x.resolves)
	}
	if pick < 0 {
		x.unresolved(d.String(), "no alternative is provided")
		return
	}
	for i, a := range d.Args {
		x.expand(a, i != pick)
	}
}

func (x *resolver) isForced(d Dep) bool {
	if d.Op != None {
		return false
	}
	return slices.ContainsFunc(x.u.index.candidates(x.u, d.Relation, x.arch), func(n int32) bool {
		_, ok := slices.BinarySearch(x.forced, n)
		return ok || n == x.self
	})
}

// missing says why nothing satisfies a relation.
func (u *Universe) missing(r Relation) string {
	have := u.index.provides[r.Name]
	if len(have) == 0 {
		switch {
		case KindOf(r.Name) == File && len(u.index.files[r.Name]) == 0:
			return "no package is known to hold the file"
		case KindOf(r.Name) != File:
			return "nothing provides it"
		}
		return "provided for other architectures only"
	}
	if len(u.index.all(u, r)) > 0 {
		return "provided for other architectures only"
	}
	var best *Relation
	for _, p := range have {
		if best == nil || p.rel.EVR.Compare(best.EVR) > 0 || best.Sense == 0 && p.rel.Sense != 0 {
			best = p.rel
		}
	}
	if best.Sense == 0 {
		return "provided without a version only"
	}
	return "provided in other versions only: " + best.String()
}

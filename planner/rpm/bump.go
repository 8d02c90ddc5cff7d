// SPDX-License-Identifier: MIT

package rpm

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Bump is what new packages of some sources would do to a universe.
type Bump struct {
	// Sources are the sources whose packages are replaced, sorted.
	Sources []planner.ID `json:"sources"`
	// Lost are the dependencies of other packages that the sources' old
	// packages satisfy and the new ones do not, as edges have them for
	// evidence; sorted. A library's new soname loses the old one.
	Lost []string `json:"lost"`
	// Broken are those who have a lost dependency, sorted by id and
	// dependency.
	Broken []Broken `json:"broken,omitempty"`
	// Problems are new packages that could not be taken.
	Problems []Problem `json:"problems,omitempty"`
}

// Broken is one lost dependency of one node.
type Broken struct {
	ID          planner.ID `json:"id"`     // who needs it
	Source      planner.ID `json:"source"` // what must be rebuilt; empty when not known
	Requirement string     `json:"requirement"`
	Was         planner.ID `json:"was"` // the old package that satisfied it
	// Elsewhere are packages of other sources that satisfy it still: nothing
	// becomes uninstallable, but the node stays with the old.
	Elsewhere []planner.ID `json:"elsewhere,omitempty"`
}

// Request returns the plan request for the bump: the sources changed, and only
// edges of lost dependencies spread that. Who broke by a dependency that leads
// to no rebuild by itself, an exact version for example, counts as changed too.
func (b Bump) Request() planner.Request {
	r := planner.Request{Changed: slices.Clone(b.Sources), ABI: append([]string{}, b.Lost...)}
	for _, x := range b.Broken {
		if x.Source != "" && x.ID != x.Source && !isABI(x.Requirement) {
			r.Changed = append(r.Changed, x.Source)
		}
	}
	slices.Sort(r.Changed)
	r.Changed = slices.Compact(r.Changed)
	return r
}

// Bump compares new binary packages with those of the same sources in the
// universe, all of which they replace, and tells which dependencies of others
// are lost. Boolean dependencies count by their single relations. Source
// packages among the new ones are ignored, and builds of which the universe has
// all packages already: a whole repository does as well as a side tag's own
// builds.
func (u *Universe) Bump(packages []Package) Bump {
	b := Bump{Lost: []string{}}
	replaced := map[planner.ID]bool{}
	var fresh []*Package
	isNew := u.newBuilds(packages)
	for i := range packages {
		p := &packages[i]
		if p.IsSource() || p.Source != "" && !isNew[p.Source] {
			continue
		}
		name, err := p.SourceName()
		if err != nil || p.Name == "" {
			b.Problems = append(b.Problems, Problem{p.NEVRA.String(), "its source can't be told"})
			continue
		}
		replaced[planner.ID("rpms/"+name)] = true
		fresh = append(fresh, p)
	}
	for id := range replaced {
		b.Sources = append(b.Sources, id)
	}
	slices.Sort(b.Sources)
	news := map[string][]*Relation{}
	for _, p := range fresh {
		news[p.Name] = append(news[p.Name], &Relation{Name: p.Name, Sense: Equal, EVR: p.EVR})
		for i := range p.Provides {
			news[p.Provides[i].Name] = append(news[p.Provides[i].Name], &p.Provides[i])
		}
		for _, f := range p.Files {
			news[f] = append(news[f], &Relation{Name: f})
		}
	}
	// judged are the relations looked at: who satisfied them and was lost.
	type verdict struct {
		was       int32
		elsewhere []planner.ID
	}
	judged := map[Relation]*verdict{}
	judge := func(r Relation) *verdict {
		v, ok := judged[r]
		if ok {
			return v
		}
		var out *verdict
		for _, n := range u.index.all(u, r) {
			if !replaced[u.sourceID[n]] {
				continue
			}
			if !slices.ContainsFunc(news[r.Name], func(p *Relation) bool { return u.policy.match(r, *p) }) {
				out = &verdict{was: n}
			}
			break
		}
		if out != nil {
			for _, n := range u.index.all(u, r) {
				if !replaced[u.sourceID[n]] {
					out.elsewhere = append(out.elsewhere, u.ids[n])
				}
			}
			slices.Sort(out.elsewhere)
		}
		judged[r] = out
		return out
	}
	lost := map[string]bool{}
	look := func(id, source planner.ID, self int32, p *Package) {
		for _, r := range p.Requires {
			d := Dep{Relation: r}
			if KindOf(r.Name) == Rich {
				var err error
				if d, err = Parse(r.Name); err != nil {
					continue // told in Unresolved
				}
			}
			d.Relations(func(one Relation) bool {
				if v := judge(one); v != nil && v.was != self {
					text := one.String()
					if d.Op == With || d.Op == Without {
						text = d.String()
					}
					lost[text] = true
					b.Broken = append(b.Broken, Broken{id, source, text, u.ids[v.was], v.elsewhere})
				}
				return true
			})
		}
	}
	if len(replaced) > 0 {
		for n := range u.binaries {
			if src := u.sourceID[n]; !replaced[src] {
				look(u.ids[n], src, int32(n), u.binary(int32(n)))
			}
		}
		for i, s := range u.sources {
			if id := u.ids[len(u.binaries)+i]; !replaced[id] {
				look(id, id, -1, &u.pkgs[s])
			}
		}
	}
	for text := range lost {
		b.Lost = append(b.Lost, text)
	}
	slices.Sort(b.Lost)
	slices.SortFunc(b.Broken, func(x, y Broken) int {
		return cmp.Or(cmp.Compare(x.ID, y.ID), strings.Compare(x.Requirement, y.Requirement))
	})
	b.Broken = slices.CompactFunc(b.Broken, func(x, y Broken) bool { return x.ID == y.ID && x.Requirement == y.Requirement })
	return b
}

// newBuilds returns the builds, by source package, that have a package which
// the universe lacks.
func (u *Universe) newBuilds(packages []Package) map[string]bool {
	old := make(map[NEVRA]bool, len(u.pkgs))
	for i := range u.pkgs {
		old[u.pkgs[i].NEVRA] = true
	}
	isNew := map[string]bool{}
	for i := range packages {
		if p := &packages[i]; !p.IsSource() && !old[p.NEVRA] {
			isNew[p.Source] = true
		}
	}
	return isNew
}

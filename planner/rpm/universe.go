// SPDX-License-Identifier: MIT

package rpm

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Universe is a set of packages with their dependencies resolved. It is
// immutable and safe for concurrent use; [NewUniverse] makes it.
type Universe struct {
	// Graph has a node "rpms/NAME" for each source and a conduit
	// "binary/NAME" for each binary package, "binary/NAME.ARCH" where the
	// name comes for several architectures. The evidence of an edge is the
	// dependency as [Relation.String] writes it.
	Graph *planner.Graph
	// Unresolved are the dependencies that nothing satisfies, sorted.
	Unresolved []Unresolved
	// Duplicates are packages that came more than once, each once for every
	// repeat, sorted.
	Duplicates []NEVRA
	// Superseded are packages that were left out because the same name came
	// with a higher repository priority or a higher version, sorted.
	Superseded []NEVRA
	// Problems are packages without a name, version or architecture, which
	// were left out, and binary packages whose source can't be told, which
	// are in the graph without one. Sorted.
	Problems []Problem
	// Assumed are the sources that only binary packages tell of: they are in
	// the graph, but what they need for building is not known. Sorted.
	Assumed []planner.ID

	policy   Policy
	pkgs     []Package // the caller's
	binaries []int32   // places in pkgs, by name and architecture
	sources  []int32
	index    index
	ids      []planner.ID // of binaries, then of sources
	sourceID []planner.ID // of each binary; empty without a source
	choices  []choice
}

// choice is a [Choice] by numbers.
type choice struct {
	by     planner.ID
	text   string
	chosen int32
	among  []int32
	rule   Rule
}

// NewUniverse resolves the dependencies of packages: binary ones and, where
// the needs of builds matter, source ones. The order of packages does not
// matter. Of one name and architecture only one package takes part: that of
// the highest priority, then of the highest version.
//
// A provider is chosen among those for the node's own architecture or noarch,
// where there are any, else among those of its family: the first of
// [Policy.Prefer]; the package whose name is the dependency; one that another
// dependency of the same node leaves no other choice than; those of the highest
// repository priority; one of the same source as another chosen one; the
// bytewise smallest name. The others are possible edges. What a package
// provides itself, and features of rpm, make no edge.
//
// Nothing is left out silently: see the fields of Universe. pkgs must not be
// changed afterwards. The errors are those of [planner.Builder.Graph].
func NewUniverse(pkgs []Package, policy Policy) (*Universe, error) {
	u := &Universe{policy: policy, pkgs: pkgs}
	u.take()
	u.name()
	u.index.build(u)
	if err := u.resolve(); err != nil {
		return nil, err
	}
	return u, nil
}

// take decides which packages take part.
func (u *Universe) take() {
	blocked := make(map[string]bool, len(u.policy.Block))
	for _, b := range u.policy.Block {
		blocked[b] = true
	}
	families := map[string]bool{}
	for _, a := range u.policy.Arches {
		families[family(a)] = true
	}
	for i := range u.pkgs {
		p := &u.pkgs[i]
		reason := ""
		switch {
		case p.Name == "":
			reason = "no name"
		case p.Arch == "":
			reason = "no architecture"
		case p.Version == "":
			reason = "no version"
		}
		switch {
		case reason != "":
			u.Problems = append(u.Problems, Problem{p.NEVRA.String(), reason})
		case p.IsSource():
			u.sources = append(u.sources, int32(i))
		case blocked[p.Name]:
		case len(families) > 0 && p.Arch != "noarch" && !families[family(p.Arch)]:
		default:
			u.binaries = append(u.binaries, int32(i))
		}
	}
	u.binaries = u.best(u.binaries, true)
	u.sources = u.best(u.sources, false)
	slices.SortFunc(u.Duplicates, compareNEVRA)
	slices.SortFunc(u.Superseded, compareNEVRA)
}

// best sorts packages and keeps the best of each name (and architecture).
func (u *Universe) best(list []int32, arch bool) []int32 {
	slices.SortFunc(list, func(a, b int32) int {
		p, q := &u.pkgs[a], &u.pkgs[b]
		if c := strings.Compare(p.Name, q.Name); c != 0 {
			return c
		}
		if arch {
			if c := strings.Compare(p.Arch, q.Arch); c != 0 {
				return c
			}
		}
		return cmp.Or(cmp.Compare(q.Priority, p.Priority), q.EVR.Compare(p.EVR), comparePackage(p, q))
	})
	kept := list[:0]
	for _, i := range list {
		p := &u.pkgs[i]
		if len(kept) > 0 {
			if last := &u.pkgs[kept[len(kept)-1]]; last.Name == p.Name && (!arch || last.Arch == p.Arch) {
				if last.NEVRA == p.NEVRA {
					u.Duplicates = append(u.Duplicates, p.NEVRA)
				} else {
					u.Superseded = append(u.Superseded, p.NEVRA)
				}
				continue
			}
		}
		kept = append(kept, i)
	}
	return kept
}

func compareNEVRA(a, b NEVRA) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), a.EVR.Compare(b.EVR), strings.Compare(a.String(), b.String()))
}

// comparePackage orders packages of equal name, priority and version by what
// else there is, so that the order of input never matters.
func comparePackage(p, q *Package) int {
	return cmp.Or(
		strings.Compare(p.NEVRA.String(), q.NEVRA.String()),
		strings.Compare(p.Repo, q.Repo), strings.Compare(p.ID, q.ID), strings.Compare(p.Source, q.Source),
		slices.CompareFunc(p.Provides, q.Provides, compareRelation),
		slices.CompareFunc(p.Requires, q.Requires, compareRelation),
		slices.CompareFunc(p.Recommends, q.Recommends, compareRelation),
		slices.CompareFunc(p.Supplements, q.Supplements, compareRelation),
		slices.Compare(p.Files, q.Files),
	)
}

func compareRelation(a, b Relation) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Sense, b.Sense), strings.Compare(a.EVR.String(), b.EVR.String()))
}

// name gives the packages their ids, and binaries their sources.
func (u *Universe) name() {
	u.ids = make([]planner.ID, 0, len(u.binaries)+len(u.sources))
	u.sourceID = make([]planner.ID, len(u.binaries))
	sameName := func(a, b int) bool {
		return a >= 0 && b < len(u.binaries) && u.binary(int32(a)).Name == u.binary(int32(b)).Name
	}
	known := make(map[string]planner.ID, len(u.sources))
	for _, i := range u.sources {
		known[u.pkgs[i].Name] = planner.ID("rpms/" + u.pkgs[i].Name)
	}
	files := map[string]planner.ID{}
	for n := range u.binaries {
		p := u.binary(int32(n))
		id := "binary/" + p.Name
		if sameName(n-1, n) || sameName(n, n+1) {
			id += "." + p.Arch
		}
		u.ids = append(u.ids, planner.ID(id))
		src, ok := files[p.Source]
		if !ok {
			name, err := p.SourceName()
			if err != nil {
				u.Problems = append(u.Problems, Problem{p.NEVRA.String(), fmt.Sprintf("source %q: not the file of a source package", p.Source)})
				continue
			}
			if src, ok = known[name]; !ok {
				src = planner.ID("rpms/" + name)
				known[name] = src
				u.Assumed = append(u.Assumed, src)
			}
			files[p.Source] = src
		}
		u.sourceID[n] = src
	}
	for _, i := range u.sources {
		u.ids = append(u.ids, known[u.pkgs[i].Name])
	}
	slices.Sort(u.Assumed)
	slices.SortFunc(u.Problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Package, b.Package), strings.Compare(a.Reason, b.Reason))
	})
}

func (u *Universe) binary(n int32) *Package { return &u.pkgs[u.binaries[n]] }

// Choices yields every dependency that several packages could satisfy, and
// what was chosen, ordered by node and dependency.
func (u *Universe) Choices() iter.Seq[Choice] {
	return func(yield func(Choice) bool) {
		for _, c := range u.choices {
			out := Choice{By: c.by, Requirement: c.text, Chosen: u.ids[c.chosen], Rule: c.rule}
			for _, n := range c.among {
				if n != c.chosen {
					out.Rejected = append(out.Rejected, u.ids[n])
				}
			}
			slices.Sort(out.Rejected)
			if !yield(out) {
				return
			}
		}
	}
}

// Providers returns the binary packages that satisfy a relation alone, sorted
// by id: by a provide, by a file path, or, where the relation's name is a
// boolean dependency of with, without and or, by all that it asks for. A text
// that can't be read is provided by nobody.
func (u *Universe) Providers(r Relation) []planner.ID {
	found := u.index.all(u, r)
	if KindOf(r.Name) == Rich {
		d, err := Parse(r.Name)
		if err != nil {
			return nil
		}
		d.Relations(func(one Relation) bool {
			for _, n := range u.index.all(u, one) {
				if u.satisfies(n, d) {
					found = append(found, n)
				}
			}
			return true
		})
	}
	var out []planner.ID
	for _, n := range found {
		out = append(out, u.ids[n])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Package returns the package that a node of the graph stands for; false for
// nodes without one, such as assumed sources.
func (u *Universe) Package(id planner.ID) (Package, bool) {
	for n, have := range u.ids {
		if have != id {
			continue
		}
		if n < len(u.binaries) {
			return *u.binary(int32(n)), true
		}
		return u.pkgs[u.sources[n-len(u.binaries)]], true
	}
	return Package{}, false
}

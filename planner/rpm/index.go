// SPDX-License-Identifier: MIT

package rpm

import (
	"slices"
	"strings"
)

// index finds packages by what they provide.
type index struct {
	provides map[string][]provide
	files    map[string][]int32 // every path that a package lists
	families []string           // sorted; one empty family when there are only noarch packages
	primary  map[string]string  // the architecture that stands for a family
	memo     map[query][]int32
}

// provide is one provide of the binary with number pkg.
type provide struct {
	pkg int32
	rel *Relation
}

// query is a relation as seen from an architecture.
type query struct {
	Relation
	arch string
}

// family returns the architectures' common name where packages of one run
// beside those of another.
func family(arch string) string {
	switch {
	case strings.HasPrefix(arch, "x86_64"), arch == "amd64", arch == "ia32e", arch == "athlon",
		len(arch) == 4 && arch[0] == 'i' && strings.HasSuffix(arch, "86"):
		return "x86_64"
	case arch == "ppc64", arch == "ppc":
		return "ppc64"
	case arch == "s390x", arch == "s390":
		return "s390x"
	case strings.HasPrefix(arch, "armv7"):
		return "armv7hl"
	}
	return arch
}

func (x *index) build(u *Universe) {
	x.provides = make(map[string][]provide, 4*len(u.binaries))
	x.files = map[string][]int32{}
	x.primary = map[string]string{}
	x.memo = map[query][]int32{}
	for n := range u.binaries {
		p := u.binary(int32(n))
		itself := false
		for i := range p.Provides {
			r := &p.Provides[i]
			x.provides[r.Name] = append(x.provides[r.Name], provide{int32(n), r})
			itself = itself || r.Name == p.Name && r.Sense == Equal && r.EVR == p.EVR
		}
		if !itself {
			r := &Relation{Name: p.Name, Sense: Equal, EVR: p.EVR}
			x.provides[p.Name] = append(x.provides[p.Name], provide{int32(n), r})
		}
		for _, f := range p.Files {
			if l := x.files[f]; len(l) == 0 || l[len(l)-1] != int32(n) {
				x.files[f] = append(l, int32(n))
			}
		}
		if p.Arch == "noarch" {
			continue
		}
		f := family(p.Arch)
		if have := x.primary[f]; have == "" || have != f && (p.Arch == f || p.Arch > have) {
			x.primary[f] = p.Arch
		}
	}
	for f := range x.primary {
		x.families = append(x.families, f)
	}
	if len(x.families) == 0 {
		x.families = []string{""}
	}
	slices.Sort(x.families)
}

// all returns the binaries of any architecture that satisfy a relation,
// ascending.
func (x *index) all(u *Universe, r Relation) []int32 {
	var out []int32
	for _, p := range x.provides[r.Name] {
		if len(out) > 0 && out[len(out)-1] == p.pkg {
			continue
		}
		if u.policy.match(r, *p.rel) {
			out = append(out, p.pkg)
		}
	}
	if strings.HasPrefix(r.Name, "/") && r.Sense == 0 {
		if files := x.files[r.Name]; len(files) > 0 {
			out = append(out, files...)
			slices.Sort(out)
			out = slices.Compact(out)
		}
	}
	return out
}

func (p *Policy) match(r, provided Relation) bool {
	if p.Versioned {
		return r.MatchVersioned(provided)
	}
	return r.Match(provided)
}

// candidates returns the binaries that satisfy a relation for a package of an
// architecture: of that one or noarch where there are any, else those of the
// family.
func (x *index) candidates(u *Universe, r Relation, arch string) []int32 {
	q := query{r, arch}
	if out, ok := x.memo[q]; ok {
		return out
	}
	out := x.fit(u, x.all(u, r), arch)
	x.memo[q] = out
	return out
}

func (x *index) fit(u *Universe, all []int32, arch string) []int32 {
	var native, related []int32
	for _, n := range all {
		switch a := u.binary(n).Arch; {
		case a == arch || a == "noarch":
			native = append(native, n)
		case arch != "" && family(a) == family(arch):
			related = append(related, n)
		}
	}
	if len(native) > 0 {
		return native
	}
	return related
}

// satisfies reports whether a binary satisfies a dependency by itself, as the
// arguments of "with" and "without" ask.
func (u *Universe) satisfies(n int32, d Dep) bool {
	switch d.Op {
	case None:
		_, ok := slices.BinarySearch(u.index.all(u, d.Relation), n)
		return ok
	case Or:
		return slices.ContainsFunc(d.Args, func(a Dep) bool { return u.satisfies(n, a) })
	case Without:
		return u.satisfies(n, d.Args[0]) && !u.satisfies(n, d.Args[1])
	case And, With:
		return !slices.ContainsFunc(d.Args, func(a Dep) bool { return !u.satisfies(n, a) })
	}
	return false
}

// SPDX-License-Identifier: MIT

package rpm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// distribution makes about n binary packages in n/3 sources, and the sources:
// libraries with sonames, symbols, -devel packages and virtual names.
func distribution(n int) []rpm.Package {
	r := rand.New(rand.NewPCG(1, 2))
	var out []rpm.Package
	sources := n / 3
	nevra := func(name, arch string) rpm.NEVRA {
		return rpm.NEVRA{Name: name, EVR: rpm.EVR{Version: "1.0", Release: "1.fc43"}, Arch: arch}
	}
	need := func(list *[]rpm.Relation, names ...string) {
		for _, name := range names {
			*list = append(*list, rpm.Relation{Name: name})
		}
	}
	for i := range sources {
		name := fmt.Sprintf("pkg%05d", i)
		file := name + "-1.0-1.fc43.src.rpm"
		own := nevra(name, "x86_64").EVR
		main := rpm.Package{NEVRA: nevra(name, "x86_64"), Source: file}
		main.Provides = append(main.Provides, rpm.Relation{Name: name, Sense: rpm.Equal, EVR: own},
			rpm.Relation{Name: name + "(x86-64)", Sense: rpm.Equal, EVR: own})
		so := fmt.Sprintf("lib%s.so.1", name)
		need(&main.Provides, so+"()(64bit)", so+"(V1)(64bit)", fmt.Sprintf("virtual%d", i%50))
		main.Files = []string{"/usr/bin/" + name}
		devel := rpm.Package{NEVRA: nevra(name+"-devel", "x86_64"), Source: file}
		devel.Provides = []rpm.Relation{{Name: "pkgconfig(" + name + ")", Sense: rpm.Equal, EVR: rpm.EVR{Version: "1.0"}}}
		devel.Requires = []rpm.Relation{{Name: name + "(x86-64)", Sense: rpm.Equal, EVR: own}}
		doc := rpm.Package{NEVRA: nevra(name+"-doc", "noarch"), Source: file}
		src := rpm.Package{NEVRA: nevra(name, "src")}
		need(&main.Requires, "rtld(GNU_HASH)", "rpmlib(CompressedFileNames)")
		for range 8 {
			if i == 0 {
				break
			}
			d := r.IntN(i)
			dep := fmt.Sprintf("pkg%05d", d)
			need(&main.Requires, fmt.Sprintf("lib%s.so.1()(64bit)", dep), fmt.Sprintf("lib%s.so.1(V1)(64bit)", dep))
			need(&devel.Requires, "pkgconfig("+dep+")")
			need(&src.Requires, "pkgconfig("+dep+")")
		}
		if i%10 == 3 {
			need(&main.Requires, fmt.Sprintf("virtual%d", r.IntN(50)), "/usr/bin/pkg00000",
				fmt.Sprintf("(pkg%05d >= 1 or pkg00001)", r.IntN(i)))
		}
		out = append(out, main, devel, doc, src)
	}
	out[0].Provides = append(out[0].Provides, rpm.Relation{Name: "rtld(GNU_HASH)"})
	return out
}

// BenchmarkDistribution makes a graph of 65,000 binary packages and their
// sources, and plans a change of one library on it.
func BenchmarkDistribution(b *testing.B) {
	pkgs := distribution(65000)
	b.Run("universe", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			u, err := rpm.NewUniverse(pkgs, rpm.Policy{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(u.Graph.Size()), "edges")
		}
	})
	b.Run("universe-to-plan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			u, err := rpm.NewUniverse(pkgs, rpm.Policy{})
			if err != nil {
				b.Fatal(err)
			}
			p, err := u.Graph.Plan(planner.Request{Changed: []planner.ID{"rpms/pkg01000"}})
			if err != nil || len(p.Tiers) < 2 {
				b.Fatal(err, p)
			}
		}
	})
	u, err := rpm.NewUniverse(pkgs, rpm.Policy{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("bump", func(b *testing.B) {
		next := []rpm.Package{{NEVRA: rpm.NEVRA{Name: "pkg01000", EVR: rpm.EVR{Version: "2", Release: "1"}, Arch: "x86_64"},
			Source: "pkg01000-2-1.src.rpm"}}
		for b.Loop() {
			if len(u.Bump(next).Broken) == 0 {
				b.Fatal("nobody is broken")
			}
		}
	})
}

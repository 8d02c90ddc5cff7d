// SPDX-License-Identifier: MIT

package rpm_test

import (
	"fmt"
	"log"

	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// Versions are ordered as rpm orders them.
func ExampleCompareVersions() {
	fmt.Println(rpm.CompareVersions("1.0~rc1", "1.0"), rpm.CompareVersions("1.0^git1", "1.0"), rpm.CompareVersions("1.10", "1.9"))
	// Output: -1 1 1
}

// Packages make a graph; new packages of a library tell who must be rebuilt.
func ExampleNewUniverse() {
	foo := func(version, soname string) rpm.Package {
		return rpm.Package{
			NEVRA:    rpm.NEVRA{Name: "foo", EVR: rpm.EVR{Version: version, Release: "1"}, Arch: "x86_64"},
			Source:   "foo-" + version + "-1.src.rpm",
			Provides: []rpm.Relation{{Name: soname}},
		}
	}
	app := rpm.Package{
		NEVRA:    rpm.NEVRA{Name: "app", EVR: rpm.EVR{Version: "3", Release: "1"}, Arch: "x86_64"},
		Source:   "app-3-1.src.rpm",
		Requires: []rpm.Relation{{Name: "libfoo.so.1()(64bit)"}, {Name: "no-such-thing"}},
	}
	u, err := rpm.NewUniverse([]rpm.Package{foo("1", "libfoo.so.1()(64bit)"), app}, rpm.Policy{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("unresolved:", u.Unresolved[0].Requirement)
	bump := u.Bump([]rpm.Package{foo("2", "libfoo.so.2()(64bit)")})
	fmt.Println("lost:", bump.Lost)
	p, err := u.Graph.Plan(bump.Request())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("rebuild:", p.Rebuild)
	// Output:
	// unresolved: no-such-thing
	// lost: [libfoo.so.1()(64bit)]
	// rebuild: [rpms/app rpms/foo]
}

// SPDX-License-Identifier: MIT

package modular_test

import (
	"fmt"

	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/planner/modular"
)

func ExamplePool_Expand() {
	type deps = map[string][]string
	platform := func(stream string) modular.Build {
		return modular.Build{NSVC: modulemd.NSVC{Name: "platform", Stream: stream, Version: 1, Context: "00000000"}}
	}
	node := func(stream, platform, context string) modular.Build {
		return modular.Build{
			NSVC:         modulemd.NSVC{Name: "nodejs", Stream: stream, Version: 7, Context: context},
			Dependencies: []modulemd.Dependencies{{Requires: deps{"platform": {platform}}}},
			BuiltAgainst: map[string]string{"platform": platform},
		}
	}
	pool := modular.NewPool([]modular.Build{
		platform("f41"), platform("f42"),
		node("18", "f41", "aaaa0001"), node("20", "f41", "aaaa0002"), node("20", "f42", "aaaa0003"),
	}, modular.Options{})

	x, err := pool.Expand(&modulemd.Stream{Name: "app", Stream: "1", Dependencies: []modulemd.Dependencies{{
		BuildRequires: deps{"platform": {}, "nodejs": {}},
		Requires:      deps{"platform": {}, "nodejs": {}},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range x.Variants {
		fmt.Println(v.Stream.Context, v.BuiltWith)
	}
	fmt.Println("a choice is left:", x.Ambiguous)
	// Output:
	// a277499a [nodejs:18:7:aaaa0001 platform:f41:1:00000000]
	// 0d0232d5 [nodejs:20:7:aaaa0002 platform:f41:1:00000000]
	// 491afeb7 [nodejs:20:7:aaaa0003 platform:f42:1:00000000]
	// a choice is left: [nodejs platform]
}

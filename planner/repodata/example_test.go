// SPDX-License-Identifier: MIT

package repodata_test

import (
	"fmt"
	"log"

	"github.com/seed-f134cc8e/relkit/planner/repodata"
)

// A repository is read from any file system; os.DirFS opens a folder.
func Example() {
	r, err := repodata.Open(full(), repodata.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for p, err := range r.Packages() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(p.NEVRA, p.Requires)
	}
	// Output:
	// app-1:2.0~rc1-3.el9.x86_64 [libz.so.1()(64bit) (a >= 1 or b) libfoo >= 1]
	// app-1:2.0~rc1-3.el9.src [gcc /usr/share/x]
}

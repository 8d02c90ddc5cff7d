// SPDX-License-Identifier: MIT

// Firstplan orders the rebuilds after a change of openssl, in the fewest lines.
package main

import (
	"fmt"
	"log"

	"github.com/seed-f134cc8e/relkit/planner"
)

const graph = `
node rpms/openssl source
node rpms/curl source
node rpms/git source
node rpms/bash source
rpms/curl build rpms/openssl "BuildRequires: openssl-devel"
rpms/git build rpms/curl "BuildRequires: libcurl-devel"
rpms/openssl build rpms/bash
`

func main() {
	g, err := planner.ParseGraphText(graph)
	if err != nil {
		log.Fatal(err)
	}
	p, err := g.Plan(planner.Request{Changed: []planner.ID{"rpms/openssl"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(p.Text())
}

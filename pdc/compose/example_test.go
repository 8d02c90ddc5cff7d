// SPDX-License-Identifier: MIT

package compose_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc/compose"
)

// What changed between the last fully good nightly and the last usable one.
func Example() {
	srv := httptest.NewServer(http.FileServerFS(demo())) // in life: https://kojipkgs.fedoraproject.org/compose/rawhide
	defer srv.Close()
	ctx := context.Background()
	c, err := compose.NewClient(srv.URL)
	if err != nil {
		log.Fatal(err)
	}
	q := compose.Query{Prefix: "Demo-1", Type: compose.Nightly}
	newest, err := c.LastGood(ctx, q)
	if err != nil {
		log.Fatal(err)
	}
	q.Status = []compose.Status{compose.Finished}
	full, err := c.LastGood(ctx, q)
	if err != nil {
		log.Fatal(err)
	}
	d, err := c.Diff(ctx, full.Name, newest.Name)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range d.Packages.Upgraded {
		fmt.Println(p.Old, "->", p.New)
	}
	// Output:
	// z-0:9-1.src -> z-0:10-1.src
}

// rpms.json is read as a stream, whatever its size.
func ExampleRPMReader() {
	r := compose.NewRPMReader(strings.NewReader(samples[0].text))
	for p, err := range r.All() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(p.Variant, p.Arch, p.NEVRA, p.Category)
	}
	fmt.Println(r.Compose().ID)
	// Output:
	// A x86_64 b-0:1-1.x86_64 binary
	// Demo-1-20260105.n.0
}

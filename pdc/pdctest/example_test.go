// SPDX-License-Identifier: MIT

package pdctest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

func Example() {
	p, err := pdctest.New(pdctest.Seed{
		Users: []pdctest.User{{Name: "releng", Token: "secret", Superuser: true}},
		Rows: []pdctest.Rows{{Resource: "releases/", Rows: []any{
			pdc.Release{Short: "fedora", Version: "42", Name: "Fedora", ReleaseType: "ga"}}}},
	}, pdctest.Options{})
	if err != nil {
		panic(err)
	}
	srv := pdctest.NewServer(p)
	defer srv.Close()
	c, err := srv.Client(pdc.WithToken("secret"))
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	p.Fail("PATCH", "releases/", pdctest.Status(502))
	for range 2 {
		r, err := c.Releases().Update(ctx, "fedora-42", pdc.Fields{"active": false})
		fmt.Println(r.ReleaseID, r.Active, errors.Is(err, pdc.ErrUnavailable))
	}
	for _, call := range p.Calls() {
		fmt.Println(call.Method, call.Path, call.Body, call.Status)
	}
	// Output:
	//  false true
	// fedora-42 false false
	// PATCH releases/fedora-42/ {"active":false} 502
	// PATCH releases/fedora-42/ {"active":false} 200
}

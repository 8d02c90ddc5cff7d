// SPDX-License-Identifier: MIT

package bodhi_test

import (
	"context"
	"fmt"

	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/koji/bodhi/bodhitest"
)

// A side tag becomes an update, and its way to users is told.
func Example() {
	srv := bodhitest.NewServer(bodhitest.Seed{
		Releases: []bodhi.Release{{Name: "F43", IDPrefix: "FEDORA", StableTag: "f43-updates", ComposedByBodhi: true}},
		Users:    []bodhitest.User{{Name: "me", Token: "secret", Groups: []string{"packager"}}},
		SideTag: func(string) (bodhitest.SideTag, error) {
			return bodhitest.SideTag{Owner: "me", Builds: []string{"bash-5.3-2.fc43"}, Inherits: []string{"f43-updates"}}, nil
		},
	})
	defer srv.Close()
	ctx := context.Background()
	c, err := bodhi.NewClient(srv.URL, bodhi.WithToken("secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	u, created, err := c.CreateFromSideTag(ctx, "f43-build-side-1", bodhi.NewUpdate{Notes: "Rebuilt for the new readline"})
	fmt.Println(u.Builds[0].NVR, u.Status, created, err)
	// Output: bash-5.3-2.fc43 pending true <nil>
}

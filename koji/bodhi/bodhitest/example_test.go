// SPDX-License-Identifier: MIT

package bodhitest_test

import (
	"context"
	"fmt"

	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/koji/bodhi/bodhitest"
)

// An update moves when it is told to: its builds are signed, the composer comes
// by, its testers are content.
func Example() {
	srv := bodhitest.NewServer(bodhitest.Seed{
		Releases: []bodhi.Release{{Name: "F43", StableTag: "f43-updates", ComposedByBodhi: true}},
		Users:    []bodhitest.User{{Name: "me", Token: "secret", Groups: []string{"packager"}}},
		SideTag: func(string) (bodhitest.SideTag, error) {
			return bodhitest.SideTag{Owner: "me", Builds: []string{"bash-5.3-2.fc43"}, Inherits: []string{"f43-updates"}}, nil
		},
	})
	defer srv.Close()
	c, err := srv.Client("secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	u, _, err := c.CreateFromSideTag(ctx, "f43-build-side-1", bodhi.NewUpdate{Notes: "Rebuilt for the new readline"})
	if err != nil {
		fmt.Println(err)
		return
	}
	compose := func() error { _, err := srv.Compose("F43"); return err }
	for _, step := range []func() error{func() error { return srv.Sign() }, compose, func() error { return srv.Approve(u.Alias) }, compose} {
		if err := step(); err != nil {
			fmt.Println(err)
			return
		}
		u, err = c.Update(ctx, u.Alias)
		fmt.Printf("%s, requested: %q %v\n", u.Status, u.Request, err)
	}
	// Output:
	// pending, requested: "testing" <nil>
	// testing, requested: "" <nil>
	// testing, requested: "stable" <nil>
	// stable, requested: "" <nil>
}

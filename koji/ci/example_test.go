// SPDX-License-Identifier: MIT

package ci_test

import (
	"context"
	"fmt"

	"github.com/seed-f134cc8e/relkit/koji/ci"
	"github.com/seed-f134cc8e/relkit/koji/ci/citest"
)

// A build is asked for, waits for its test, fails it, and is waived.
func Example() {
	ctx := context.Background()
	srv := citest.NewServer(citest.Seed{Policies: []ci.Policy{{
		ID: "rebuilds", ProductVersions: []string{"fedora-*"}, DecisionContext: "side_tag_merge",
		SubjectType: ci.KojiBuild, Rules: []ci.Rule{{Type: "PassingTestCaseRule", Testcase: "dist.install"}},
	}}})
	defer srv.Close()
	g, err := srv.Greenwave()
	if err != nil {
		fmt.Println(err)
		return
	}
	ask := func() {
		d, err := g.Decide(ctx, ci.DecisionRequest{
			ProductVersion: "fedora-43", DecisionContext: []string{"side_tag_merge"},
			SubjectType: ci.KojiBuild, SubjectIdentifier: "bash-5.3-1.fc43",
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(d.Satisfied, "-", d.Summary)
	}
	ask()
	db, _ := srv.ResultsDB()
	_, err = db.CreateResult(ctx, ci.Result{
		Testcase: ci.Testcase{Name: "dist.install"}, Outcome: ci.Failed,
		Data: map[string][]string{"item": {"bash-5.3-1.fc43"}, "type": {ci.KojiBuild}},
	})
	if err != nil {
		fmt.Println(err)
	}
	ask()
	waivers, _ := srv.WaiverDB()
	_, err = waivers.CreateWaiver(ctx, ci.Waiver{
		SubjectType: ci.KojiBuild, SubjectIdentifier: "bash-5.3-1.fc43", Testcase: "dist.install",
		ProductVersion: "fedora-43", Waived: true, Comment: "the test machine was broken",
	})
	if err != nil {
		fmt.Println(err)
	}
	ask()
	// Output:
	// false - Of 1 required test, 1 result missing
	// false - Of 1 required test, 1 test failed
	// true - All required tests (1 total) have passed or been waived
}

// SPDX-License-Identifier: MIT

package citest_test

import (
	"context"
	"fmt"

	"github.com/seed-f134cc8e/relkit/koji/ci"
	"github.com/seed-f134cc8e/relkit/koji/ci/citest"
)

// A test system stores a result; a program under test reads it over the wire.
func Example() {
	srv := citest.NewServer(citest.Seed{})
	defer srv.Close()
	_, err := srv.AddResult(ci.Result{
		Testcase: ci.Testcase{Name: "dist.install"}, Outcome: ci.Failed,
		Data: map[string][]string{"item": {"bash-5.3-1.fc43"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	db, err := srv.ResultsDB()
	if err != nil {
		fmt.Println(err)
		return
	}
	for r, err := range db.Results(context.Background(), ci.ResultQuery{Data: map[string][]string{"item": {"bash-5.3-1.fc43"}}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.Item(), r.Testcase.Name, r.Outcome)
	}
	// Output: bash-5.3-1.fc43 dist.install FAILED
}

// SPDX-License-Identifier: MIT

package planner_test

import (
	"fmt"

	"github.com/seed-f134cc8e/relkit/planner"
)

// A run is told what happens and says what is to be done next.
func ExampleRun() {
	g, err := planner.ParseGraphText(`
		node rpms/zlib source
		node rpms/curl source
		node rpms/git source
		node rpms/vim source
		rpms/curl build rpms/zlib
		rpms/git build rpms/curl
		rpms/vim build rpms/zlib
	`)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := g.Plan(planner.Request{Changed: []planner.ID{"rpms/zlib"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := planner.NewRun(plan, planner.RunOptions{Repo: planner.RepoNever})
	if err != nil {
		fmt.Println(err)
		return
	}
	tell := func(e planner.Event) {
		if err := run.Apply(e); err != nil {
			fmt.Println(err)
		}
		for _, a := range run.Actions() {
			fmt.Println("  to do:", a.Key)
		}
	}
	fmt.Println("zlib is built")
	tell(planner.Event{Kind: planner.EventBuilt, Key: "build/rpms/zlib/1/1", Artifact: "zlib-1.3-2"})
	fmt.Println("curl fails, vim is built")
	tell(planner.Event{Kind: planner.EventFailed, Key: "build/rpms/curl/1/1", Detail: "test 1139 failed"})
	tell(planner.Event{Kind: planner.EventBuilt, Key: "build/rpms/vim/1/1", Artifact: "vim-9-2"})
	fmt.Println(run.Summary())
	fmt.Println("somebody fixes curl")
	tell(planner.Event{Kind: planner.EventFixArrived, ID: "rpms/curl", Artifact: "curl-8.9-3"})
	// Output:
	// zlib is built
	//   to do: build/rpms/curl/1/1
	//   to do: build/rpms/vim/1/1
	// curl fails, vim is built
	//   to do: notify/build/rpms/curl/1/1
	//   to do: build/rpms/vim/1/1
	//   to do: notify/build/rpms/curl/1/1
	// 4 nodes: 2 done, 1 failed, 1 blocked; fix rpms/curl first (blocks 1)
	// somebody fixes curl
	//   to do: build/rpms/git/1/1
}

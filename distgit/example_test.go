// SPDX-License-Identifier: MIT

package distgit_test

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
)

// Who looks after a package, and which branches it has.
func Example() {
	bash := distgit.Repo{Namespace: "rpms", Name: "bash"}
	srv, err := distgittest.NewServer(distgittest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	err = srv.Add(bash, distgittest.Seed{
		Owner: "jane", Committers: []string{"joe"},
		Commits: []distgittest.Commit{{Files: map[string]string{"bash.spec": ""}}, {Branch: "f42", From: "rawhide"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	client, err := distgit.NewClient(srv.URL, distgit.WithForge(distgit.Pagure))
	if err != nil {
		fmt.Println(err)
		return
	}
	heads, err := client.Heads(context.Background(), bash)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range heads.Releases() {
		dist, _ := b.Dist(43)
		fmt.Println(b, b.Kind, dist)
	}
	people, err := client.Maintainers(context.Background(), bash)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(people.People())
	// Output:
	// f42 fedora .fc42
	// rawhide rawhide .fc43
	// [jane joe]
}

// Where did f42 point when a build started?
func ExampleHistory() {
	bash := distgit.Repo{Namespace: "rpms", Name: "bash"}
	at := func(hour int) time.Time { return time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC) }
	push := func(hour int, from, to string) distgit.Observation {
		return distgit.Observation{Repo: bash, Ref: "f42", Old: from, New: to, At: at(hour)}
	}
	a, b := "a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4", "b5b6b7b8b5b6b7b8b5b6b7b8b5b6b7b8b5b6b7b8"

	var h distgit.History
	if _, err := h.Add(push(9, distgit.NoCommit, a), push(12, a, b)); err != nil {
		fmt.Println(err)
		return
	}
	for _, hour := range []int{8, 10, 15} {
		tip := h.At(bash, "f42", at(hour))
		fmt.Printf("%d:00 %.7q %s\n", hour, tip.Commit, tip.Confidence)
	}
	for _, tip := range h.WhoHas(a) {
		fmt.Println(tip.Ref, "from", tip.From.Format("15:04"), "to", tip.To.Format("15:04"))
	}
	// Output:
	// 8:00 "" exact
	// 10:00 "a1b2c3d" exact
	// 15:00 "b5b6b7b" likely
	// f42 from 09:00 to 12:00
}

// Any call that has no method is a Do away.
func ExampleClient_Do() {
	srv, err := distgittest.NewServer(distgittest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client, err := srv.Client()
	if err != nil {
		fmt.Println(err)
		return
	}
	var v struct {
		Version string `json:"version"`
	}
	if err := client.Do(context.Background(), "GET", "/api/0/version", nil, nil, &v); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.Version)
	// Output: 0.40
}

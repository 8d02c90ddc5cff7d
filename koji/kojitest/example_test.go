// SPDX-License-Identifier: MIT

package kojitest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// A program submits a build and waits for it; the test lets time pass and
// looks at what was asked of the hub.
func Example() {
	hub := kojitest.NewHub(kojitest.Seed{
		Users:   []kojitest.User{{Name: "alice", Password: "secret"}},
		Tags:    []kojitest.Tag{{Name: "f42", Arches: "x86_64"}, {Name: "f42-build", Arches: "x86_64", Parents: []string{"f42"}}},
		Targets: []kojitest.Target{{Name: "f42", BuildTag: "f42-build", DestTag: "f42"}},
		Builds:  []kojitest.Build{{NVR: "bash-5.2.32-1.fc42", Tags: []string{"f42"}}},
		Builder: kojitest.Builder{Build: 10 * time.Minute},
		Source:  func(url string) (string, error) { return "bash-5.3-1.fc42", nil },
	})
	srv := kojitest.NewServer(hub)
	defer srv.Close()
	c, err := srv.Client(koji.WithPassword("alice", "secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()

	task, err := c.StartBuild(ctx, koji.BuildRequest{Source: "git+https://src.example.com/rpms/bash#0123abcd", Target: "f42"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		t, _ := c.Task(ctx, task)
		b, err := c.Build(ctx, "bash-5.3-1.fc42")
		fmt.Println(t.State, b.State, errors.Is(err, koji.ErrNotFound))
		hub.Advance(5 * time.Minute)
	}
	hub.Advance(5 * time.Minute)
	latest, _ := c.LatestBuild(ctx, "f42-build", "bash")
	fmt.Println(latest.NVR)
	fmt.Println(hub.BuildAttempts())
	// Output:
	// FREE BUILDING true
	// OPEN BUILDING false
	// bash-5.3-1.fc42
	// map[bash-5.3-1.fc42:1]
}

// The connection is cut after the hub has done what was asked: the client
// tells that the call was applied, and the hub has it once.
func ExampleHub_Fail() {
	hub := kojitest.NewHub(kojitest.Seed{
		Users: []kojitest.User{{Name: "admin", Password: "secret", Permissions: []string{"admin"}}},
	})
	c, err := koji.NewClient("http://koji.example.com/kojihub",
		koji.WithHTTPClient(&http.Client{Transport: hub.Transport()}),
		koji.WithPassword("admin", "secret"),
		koji.WithRetry(koji.Retry{Max: 2, Wait: time.Millisecond}))
	if err != nil {
		fmt.Println(err)
		return
	}
	hub.Fail("createTag", kojitest.CutAfter())
	_, err = c.CreateTag(context.Background(), koji.TagRequest{Name: "f42"})
	fmt.Println(errors.Is(err, koji.ErrAlreadyApplied))
	for _, call := range hub.Calls() {
		fmt.Printf("%s %d committed=%t fault=%d %q\n", call.Method, call.CallNum, call.Committed, call.Code, call.Injected)
	}
	// Output:
	// true
	// login -1 committed=true fault=0 ""
	// createTag 0 committed=true fault=0 "cut after"
	// createTag 0 committed=false fault=1009 ""
}

// A hub in a folder is there again when its process has ended.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "hub")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	seed := kojitest.Seed{Users: []kojitest.User{{Name: "admin", Password: "secret", Permissions: []string{"admin"}}}}
	client := func() (*koji.Client, *kojitest.Hub) {
		hub, err := kojitest.Open(dir, seed)
		if err != nil {
			panic(err)
		}
		c, err := koji.NewClient("http://hub.invalid/kojihub",
			koji.WithHTTPClient(&http.Client{Transport: hub.Transport()}), koji.WithPassword("admin", "secret"))
		if err != nil {
			panic(err)
		}
		return c, hub
	}
	ctx := context.Background()
	c, hub := client()
	id, _ := c.CreateTag(ctx, koji.TagRequest{Name: "f42"})
	hub.Close()

	c, hub = client()
	defer hub.Close()
	tag, err := c.Tag(ctx, "f42")
	fmt.Println(tag.ID == id, err)
	// Output: true <nil>
}

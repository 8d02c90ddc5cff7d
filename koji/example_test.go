// SPDX-License-Identifier: MIT

package koji_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// exampleHub is a hub in memory; programs give NewClient the address of a real
// one instead.
func exampleHub() (*kojitest.Hub, *koji.Client) {
	hub := kojitest.NewHub(small())
	c, err := koji.NewClient("http://koji.example.com"+kojitest.HubPath,
		koji.WithHTTPClient(&http.Client{Transport: hub.Transport()}),
		koji.WithPassword("alice", "wonderland"))
	if err != nil {
		log.Fatal(err)
	}
	return hub, c
}

func Example() {
	ctx := context.Background()
	hub, c := exampleHub()

	builds, err := c.ListTagged(ctx, koji.TaggedQuery{Tag: "f42-build", Inherit: true, Latest: 1})
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range builds {
		fmt.Println(b.NVR, "in", b.Tag)
	}

	id, err := c.StartBuild(ctx, koji.BuildRequest{Source: "git+https://src.example.com/rpms/bash#1234567", Target: "f42"})
	if err != nil {
		log.Fatal(err)
	}
	hub.Advance(time.Hour) // the hub in memory has no clock of its own
	task, err := c.WaitTask(ctx, id)
	fmt.Println(task.Status(), err)

	_, err = c.Build(ctx, "nope-1-1")
	fmt.Println(errors.Is(err, koji.ErrNotFound), err)
	// Output:
	// zlib-1.3-1.fc42 in f42
	// bash-5.2-1.fc42 in f42
	// task 1: built (CLOSED) <nil>
	// true koji: getBuild: no such build: nope-1-1
}

func ExampleClient_Call() {
	_, c := exampleHub()
	// A method without a typed form: arguments by name go into Named.
	var channels []struct {
		ID      int    `xmlrpc:"id"`
		Name    string `xmlrpc:"name"`
		Enabled bool   `xmlrpc:"enabled"`
	}
	err := c.Call(context.Background(), "listChannels", []any{koji.Named{"enabled": true}}, &channels)
	fmt.Println(channels[0], err)
	// Output: {1 default true} <nil>
}

func ExampleBatch() {
	ctx := context.Background()
	_, c := exampleHub()
	b := c.NewBatch()
	bash := b.Build("bash-5.2-1.fc42")
	nope := b.Build("nope-1-1")
	tags := koji.Add[[]koji.Tag](b, "listTags", koji.Named{"build": "bash-5.2-1.fc42"})
	if err := b.Do(ctx); err != nil { // one request for the three
		log.Fatal(err)
	}
	build, err := bash.Get()
	fmt.Println(build.Source, err)
	_, err = nope.Get()
	fmt.Println(err)
	held, _ := tags.Get()
	fmt.Println(held[0].Name)
	// Output:
	// git+https://src.example.com/rpms/bash#1 <nil>
	// koji: getBuild: no such build: nope-1-1
	// f42
}

func ExampleClient_Builds() {
	_, c := exampleHub()
	for b, err := range c.Builds(context.Background(), koji.BuildQuery{State: new(koji.BuildComplete)}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(b.ID, b.NVR, b.State)
	}
	// Output:
	// 1 bash-5.2-1.fc42 COMPLETE
	// 2 zlib-1.3-1.fc42 COMPLETE
}

func ExampleParseNVR() {
	n, err := koji.ParseNVR("python-requests-2.32.3-2.fc42")
	fmt.Println(n.Name, n.Version, n.Release, err)
	older, _ := koji.ParseNVR("python-requests-2.32.3~rc1-1.fc42")
	fmt.Println(n.Compare(older))
	// Output:
	// python-requests 2.32.3 2.fc42 <nil>
	// 1
}

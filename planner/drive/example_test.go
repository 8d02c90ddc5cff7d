// SPDX-License-Identifier: MIT

package drive_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// hub is an actor for a build system that builds everything at once.
type hub struct{ builds map[planner.Key]string }

func (h hub) Start(_ context.Context, a planner.Action) (string, error) {
	if a.Kind == planner.ActionBuild {
		fmt.Println("building", a.ID)
		h.builds[a.Key] = string(a.ID) + "-2-1"
	}
	return "", nil
}

func (h hub) Find(_ context.Context, a planner.Action) (string, bool, error) {
	_, ok := h.builds[a.Key]
	return "", ok, nil
}

func (h hub) Poll(_ context.Context, w drive.Watch) ([]planner.Event, error) {
	var events []planner.Event
	for _, f := range w.InFlight {
		switch f.Kind {
		case planner.ActionBuild:
			events = append(events, planner.Event{Kind: planner.EventBuilt, Key: f.Key, Artifact: h.builds[f.Key]})
		case planner.ActionAwaitRepo:
			events = append(events, planner.Event{Kind: planner.EventAvailable, Key: f.Key})
		}
	}
	return events, nil
}

func (h hub) Cancel(context.Context, planner.Action) error { return nil }
func (h hub) Notify(context.Context, planner.Action) error { return nil }

func ExampleRun() {
	var b planner.Builder
	b.AddNode(planner.Node{ID: "rpms/zlib"})
	b.AddNode(planner.Node{ID: "rpms/curl"})
	b.AddNode(planner.Node{ID: "rpms/git"})
	b.AddEdge(planner.Edge{From: "rpms/curl", To: "rpms/zlib"})
	b.AddEdge(planner.Edge{From: "rpms/git", To: "rpms/curl"})
	graph, err := b.Graph()
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := graph.Plan(planner.Request{Changed: []planner.ID{"rpms/zlib"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	summary, err := drive.Run(context.Background(), plan, dir, hub{map[planner.Key]string{}}, drive.Options{Poll: time.Millisecond, Dispatch: 1})
	fmt.Println(summary, err)
	// Output:
	// building rpms/zlib
	// building rpms/curl
	// building rpms/git
	// 3 nodes: 3 done <nil>
}

// SPDX-License-Identifier: MIT

package drive_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/seed-f134cc8e/relkit/planner"
)

// world is a build system that outlives its drivers: builds, repositories and
// decisions stay as they were when a driver dies.
type world struct {
	mu      sync.Mutex
	graph   *planner.Graph
	polls   int
	tasks   map[planner.Key]*worldTask // by the key that the submission carried
	order   []planner.Key
	done    map[planner.ID]string // newest available artifact
	told    []string              // notifications
	cancels []string

	fails      map[planner.ID]int // builds of a node that fail, counted down
	offline    int                // calls that fail, counted down
	deny       map[planner.ID]error
	fixes      map[planner.ID]string
	loseAnswer func(planner.Action) bool
}

type worldTask struct {
	key      planner.Key
	id       planner.ID
	kind     planner.ActionKind
	ref      string
	begun    int // poll number
	artifact string
	failed   bool
	canceled bool
}

func newWorld(g *planner.Graph) *world {
	return &world{graph: g, tasks: map[planner.Key]*worldTask{}, done: map[planner.ID]string{}, fails: map[planner.ID]int{}, fixes: map[planner.ID]string{}}
}

var errOffline = errors.New("hub is offline")

func (w *world) reach() error {
	if w.offline > 0 {
		w.offline--
		return errOffline
	}
	return nil
}

func (w *world) Start(_ context.Context, a planner.Action) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.reach(); err != nil {
		return "", err
	}
	if err := w.deny[a.ID]; err != nil {
		return "", err
	}
	if w.tasks[a.Key] != nil {
		panic("done twice: " + a.Key)
	}
	t := &worldTask{key: a.Key, id: a.ID, kind: a.Kind, ref: fmt.Sprintf("task %d", len(w.order)+1), begun: w.polls, artifact: a.Artifact}
	if a.Kind == planner.ActionBuild {
		t.artifact = fmt.Sprintf("%s-%d.%d", a.ID, a.Pass, a.Attempt)
		if w.fails[a.ID] > 0 {
			w.fails[a.ID]--
			t.failed = true
		}
	}
	w.tasks[a.Key] = t
	w.order = append(w.order, a.Key)
	if w.loseAnswer != nil && w.loseAnswer(a) {
		return "", errOffline
	}
	return t.ref, nil
}

func (w *world) Find(_ context.Context, a planner.Action) (string, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.reach(); err != nil {
		return "", false, err
	}
	switch a.Kind {
	case planner.ActionCancel:
		return "", slices.Contains(w.cancels, string(a.Of)), nil
	case planner.ActionNotify:
		return "", slices.Contains(w.told, string(a.Key)), nil
	}
	if t := w.tasks[a.Key]; t != nil {
		return t.ref, true, nil
	}
	return "", false, nil
}

func (w *world) Poll(_ context.Context, watch watch) ([]planner.Event, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.reach(); err != nil {
		return nil, err
	}
	w.polls++
	var events []planner.Event
	for _, f := range watch.InFlight {
		t := w.tasks[f.Key]
		switch {
		case t == nil:
			panic("polled for unknown work: " + f.Key)
		case t.begun == w.polls:
			continue // takes one more poll
		case t.failed:
			events = append(events, planner.Event{Kind: planner.EventFailed, Key: t.key, Failure: planner.FailureBuild})
		case t.kind == planner.ActionBuild:
			events = append(events, planner.Event{Kind: planner.EventBuilt, Key: t.key, Artifact: t.artifact})
		case t.kind == planner.ActionAwaitRepo:
			w.done[t.id] = t.artifact
			events = append(events, planner.Event{Kind: planner.EventAvailable, Key: t.key})
		case t.kind == planner.ActionGate:
			events = append(events, planner.Event{Kind: planner.EventPassed, Key: t.key})
		}
	}
	for _, f := range watch.Failures {
		if nvr := w.fixes[f.ID]; nvr != "" {
			events = append(events, planner.Event{Kind: planner.EventFixArrived, ID: f.ID, Artifact: nvr})
		}
	}
	return events, nil
}

func (w *world) Cancel(_ context.Context, a planner.Action) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.reach(); err != nil {
		return err
	}
	w.cancels = append(w.cancels, string(a.Of))
	if t := w.tasks[a.Of]; t != nil {
		t.canceled = true
	}
	return nil
}

func (w *world) Notify(_ context.Context, a planner.Action) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.reach(); err != nil {
		return err
	}
	w.told = append(w.told, string(a.Key))
	return nil
}

// summary is the world's final state: what is available and how often each
// thing was done.
func (w *world) summary() string {
	out := ""
	for _, id := range slices.Sorted(maps.Keys(w.done)) {
		out += fmt.Sprintf("%s=%s ", id, w.done[id])
	}
	keys := slices.Clone(w.order)
	slices.Sort(keys)
	return out + fmt.Sprint(keys, w.told)
}

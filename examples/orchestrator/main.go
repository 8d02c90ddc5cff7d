// SPDX-License-Identifier: MIT

// Orchestrator rebuilds what a change makes necessary: a component changed;
// ask what depends on it, plan the tiers, bump and build them in a side tag in
// the right order, gate each on its tests, tell the maintainers of failures,
// pick up their fixes, survive crashes, and merge when all has passed.
//
//	go run ./examples/orchestrator
//
// Without arguments it does so in a demo distribution of 3,057 packages, whose
// services it starts itself. With URLs it talks to real ones, and changes
// nothing there unless told to with -write:
//
//	orchestrator -changed rpms/openssl -plan-only -pdc URL -release fedora-43
//	orchestrator -changed rpms/openssl -plan-only -koji URL -target f43
//	orchestrator -changed rpms/openssl -graph deps.json -koji URL -target f43
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// Exit codes.
const (
	exitDone        = 0 // everything was rebuilt and merged, or planned as asked
	exitFailed      = 1 // a service or a file failed
	exitUsage       = 2 // the command line makes no sense
	exitHeld        = 3 // the plan is over its limit and waits for a person
	exitStuck       = 4 // failures are left that nobody has fixed
	exitState       = 5 // the state folder is in use, damaged, or of another run
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err != nil {
		return exitUsage
	}
	err = orchestrate(ctx, o, newScreen(stdout, o))
	if err != nil {
		fmt.Fprintln(stderr, "orchestrator:", err)
	}
	return exitCode(ctx, err)
}

func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, errHeld):
		return exitHeld
	case errors.Is(err, drive.ErrStuck):
		return exitStuck
	case errors.Is(err, drive.ErrLocked), errors.Is(err, drive.ErrOtherPlan), errors.Is(err, drive.ErrFormat), errors.Is(err, drive.ErrCorrupt), errors.Is(err, errState):
		return exitState
	}
	return exitFailed
}

// errHeld says that a person must agree to the plan first.
var errHeld = errors.New("the plan is held")

// orchestrate is the whole story.
func orchestrate(ctx context.Context, o options, out *screen) error {
	state, err := openState(&o) // where the run is remembered; empty for a new run
	if err != nil {
		return err
	}
	defer state.close()

	svc, err := connect(&o, out) // real services, or a demo world
	if err != nil {
		return err
	}
	defer svc.close()

	// What depends on what: from PDC, a Koji tag, repositories or a file, or as
	// it was when the run began.
	graph, err := dependencies(ctx, o, svc, state, out)
	if err != nil {
		return err
	}
	plan, err := graph.Plan(planner.Request{Changed: o.changed, Limits: planner.Limits{Nodes: o.limit}})
	if err != nil {
		return err
	}
	if err := sensible(o, plan); err != nil {
		return err
	}
	out.plan(plan)
	if len(plan.Held) > 0 && !o.yes {
		return fmt.Errorf("%d rebuilds are more than the limit of %d (-limit raises it, -yes goes on): %w", len(plan.Rebuild), o.limit, errHeld)
	}
	if o.planOnly || !o.write {
		return preview(ctx, o, svc, out)
	}

	// From here on things change. The state folder knows each step before it
	// is taken.
	if err := state.begin(graph, o); err != nil {
		return err
	}
	if err := patiently(ctx, o, out, func() error { return svc.login(ctx) }); err != nil {
		return err
	}
	if err := patiently(ctx, o, out, func() error { return svc.sideTag(ctx, o, state) }); err != nil {
		return err
	}
	out.say("building in %s, run %s", state.SideTag, state.ID)

	d, err := drive.Open(plan, state.dir, newBuilder(o, svc, state, out), drive.Options{
		Run: planner.RunOptions{
			Gates: o.gates(), Repo: planner.RepoIfNeeded, Retry: planner.DefaultRetries(), MaxBuilding: o.parallel,
		},
		Poll: o.poll, Backoff: o.poll, MaxBackoff: 8 * o.poll, Patience: o.patience,
		Clock: worldClock{o.speed}, Observe: out.notice, Hook: o.hook,
	})
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Run(ctx)
	built := map[planner.ID]string{}
	d.View(func(r *planner.Run) {
		for row := range r.Rows() {
			if row.Artifact != "" {
				built[row.ID] = row.Artifact
			}
		}
		out.summary(plan, r)
	})
	if err != nil {
		return err
	}
	// All has passed: only now does anything reach the others' buildroots.
	return patiently(ctx, o, out, func() error { return svc.merge(ctx, o, state, built, out) })
}

// patiently does what may be done again and again until the hub answers. It
// says that it waits.
func patiently(ctx context.Context, o options, out *screen, do func() error) error {
	for told := false; ; told = true {
		err := do()
		if err == nil || ctx.Err() != nil || !errors.Is(err, koji.ErrUnavailable) && !errors.Is(err, koji.ErrOutcomeUnknown) && !errors.Is(err, koji.ErrAlreadyApplied) {
			return err
		}
		if !told {
			out.say("waiting for the hub: %v", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(o.realTime(o.poll)):
		}
	}
}

// worldClock is the system's clock, faster where the world's is.
type worldClock struct{ speed float64 }

const worldEpoch = 1767225600 // 2026-01-01, in seconds

// Now does not multiply durations: these end after 292 years.
func (c worldClock) Now() time.Time {
	seconds, nanos := math.Modf(float64(time.Now().UnixNano()-worldEpoch*1e9) / 1e9 * c.speed)
	return time.Unix(worldEpoch+int64(seconds), int64(nanos*1e9)).UTC()
}

func (c worldClock) After(d time.Duration) <-chan time.Time {
	return time.After(time.Duration(float64(d) / c.speed))
}

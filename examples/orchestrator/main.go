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
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return rebuild.ExitDone
	}
	if err != nil {
		return rebuild.ExitUsage
	}
	err = orchestrate(ctx, o, newScreen(stdout, o))
	if err != nil {
		fmt.Fprintln(stderr, "orchestrator:", err)
	}
	return rebuild.ExitCode(ctx, err)
}

// orchestrate is the whole story.
func orchestrate(ctx context.Context, o options, out *screen) error {
	state, err := openState(&o) // where the run is remembered; empty for a new run
	if err != nil {
		return err
	}
	defer state.Close()

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
		return fmt.Errorf("%d rebuilds are more than the limit of %d (-limit raises it, -yes goes on): %w", len(plan.Rebuild), o.limit, rebuild.ErrHeld)
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
	if err := patiently(ctx, o, out, func() error { return state.Tag.Make(ctx, svc.Koji, o.Target, state.save) }); err != nil {
		return err
	}
	out.say("building in %s, run %s", state.Tag.Name, state.ID)

	d, err := drive.Open(plan, state.Dir, newActor(o, svc, state, out), drive.Options{
		Run: planner.RunOptions{
			Gates: o.gates(), Repo: planner.RepoIfNeeded, Retry: planner.DefaultRetries(), MaxBuilding: o.Parallel,
		},
		Poll: o.poll, Backoff: o.poll, MaxBackoff: 8 * o.poll, Patience: o.patience,
		Clock: o.clock(), Observe: out.notice, Hook: o.hook,
	})
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Run(ctx)
	var built map[planner.ID]string
	d.View(func(r *planner.Run) {
		built = rebuild.Built(r)
		out.summary(plan, r)
	})
	if err != nil {
		return err
	}
	// All has passed: only now does anything reach the others' buildroots.
	return patiently(ctx, o, out, func() error { return svc.merge(ctx, o, state, built, out) })
}

// patiently does what may be done again and again until the hub answers.
func patiently(ctx context.Context, o options, out *screen, do func() error) error {
	tell := func(err error) { out.say("waiting for the hub: %v", err) }
	return rebuild.Patiently(ctx, o.clock().Real(o.poll), tell, nil, do)
}

// SPDX-License-Identifier: MIT

// Sidetag carries a soname bump through: new packages of a library lose names
// that others need. It tells who breaks, rebuilds them in a side tag in the
// right order (bump in dist-git, build, wait for the repo), and when all has
// been built makes an update of the side tag in Bodhi, or merges its builds.
//
//	go run ./examples/sidetag
//
// Without arguments it does so in a demo distribution of 3,057 packages, whose
// services it starts itself. With URLs it compares real repositories and talks
// to real services, and changes nothing there unless told to with -write:
//
//	sidetag -repo URL,SOURCE-URL -new URL -plan-only
//	sidetag -profile fedora -target rawhide -side-tag f44-build-side-99 -plan-only
//	sidetag -repo URL,SOURCE-URL -new URL -profile fedora -distgit URL -branch rawhide -target rawhide \
//		-user NAME -bodhi URL -state DIR -write
//	sidetag resume -state DIR
//
// A package that fails is left to its maintainers, whose build in the side tag
// is taken for ours; or it is built again after a fix in dist-git:
//
//	sidetag resume -state DIR -retry PACKAGE
//
// The new packages may come from anywhere: from a side tag that has them built
// already (-side-tag NAME takes them as they are), or from a build on somebody's
// own machine; then dist-git must have the new version, and it is built first.
// Without -repo the packages are those of the target's build tag, without -new
// those of the side tag.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/koji/bodhi"
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
	switch {
	case errors.Is(err, flag.ErrHelp):
		return rebuild.ExitDone
	case err != nil:
		return rebuild.ExitUsage
	}
	err = carry(ctx, o, &screen{w: stdout, json: o.json, loud: o.loud})
	code := rebuild.ExitCode(ctx, err)
	if err != nil {
		fmt.Fprintln(stderr, "sidetag:", err)
		if _, none := os.Stat(filepath.Join(o.State, "run.json")); o.State != "" && none == nil && code != rebuild.ExitState {
			fmt.Fprintf(stderr, "sidetag: go on with: sidetag resume -state %s\n", o.State)
		}
	}
	return code
}

// carry is the whole story.
func carry(ctx context.Context, o options, out *screen) error {
	state, err := openState(&o) // where the run is remembered; empty for a new run
	if err != nil {
		return err
	}
	defer state.Close()

	svc, err := connect(&o, state, out) // real services, or a demo world
	if err != nil {
		return err
	}
	defer svc.close()

	// What the new packages break: asked once, and remembered.
	if state.Breakage == nil {
		if state.Graph, state.Breakage, err = compare(ctx, o, svc, out); err != nil {
			return err
		}
	}
	plan, err := state.Breakage.plan(state.Graph, o)
	if err != nil {
		return err
	}
	out.plan(state.Breakage, plan)
	if len(state.Breakage.Broken)+len(state.Breakage.Stale) == 0 {
		out.say("nothing to rebuild: no package loses anything that it needs")
		return nil
	}
	if len(plan.Held) > 0 && !o.yes {
		return fmt.Errorf("%d rebuilds are more than the limit of %d (-limit raises it, -yes goes on): %w", len(plan.Rebuild), o.Limit, rebuild.ErrHeld)
	}
	if o.planOnly {
		return nil
	}
	if err := svc.ready(ctx, o, state, out); err != nil || !o.write {
		return err
	}

	// From here on things change. The state folder knows each step before it
	// is taken.
	if err := state.begin(o); err != nil {
		return err
	}
	if err := patiently(ctx, o, out, func() error { return svc.sideTag(ctx, o, state) }); err != nil {
		return err
	}
	out.sideTag(state.Tag.Name)
	built, err := build(ctx, o, svc, state, plan, out)
	if err != nil {
		return err
	}

	// All has been built: only now does it leave the side tag.
	switch {
	case o.Bodhi != "":
		return patiently(ctx, o, out, func() error { return svc.update(ctx, o, state, built, out) })
	case o.Merge:
		return patiently(ctx, o, out, func() error { return svc.merge(ctx, o, state, built, out) })
	}
	out.say("%d builds wait in %s (-bodhi or -merge would bring them out)", len(built), state.Tag.Name)
	return nil
}

// build drives the plan to its end and returns what was built.
func build(ctx context.Context, o options, svc *clients, state *state, plan *planner.Plan, out *screen) (map[planner.ID]string, error) {
	mode := planner.Frontier
	if o.Barrier {
		mode = planner.Barrier
	}
	d, err := drive.Open(plan, state.Dir, newActor(o, svc, state, out), drive.Options{
		Run:  planner.RunOptions{Mode: mode, Repo: planner.RepoIfNeeded, Retry: planner.DefaultRetries(), MaxBuilding: o.Parallel},
		Poll: o.poll, Backoff: o.poll, MaxBackoff: 8 * o.poll, Patience: o.patience,
		Clock: o.clock(), Observe: func(n drive.Notice) { out.notice(n, plan) }, Hook: o.hook,
	})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	for _, name := range o.retry {
		if err := d.Tell(planner.Event{Kind: planner.EventRetry, ID: sourceID(name)}); err != nil {
			return nil, fmt.Errorf("-retry %s: %w", name, err)
		}
	}
	d.View(func(r *planner.Run) { out.tiers(r, plan) })
	err = d.Run(ctx)
	var built map[planner.ID]string
	d.View(func(r *planner.Run) {
		built = rebuild.Built(r)
		out.summary(r, state)
	})
	return built, err
}

// patiently does what may be done again and again until the services answer.
func patiently(ctx context.Context, o options, out *screen, do func() error) error {
	tell := func(err error) { out.say("waiting: %v", err) }
	away := func(err error) bool { return errors.Is(err, bodhi.ErrUnavailable) }
	return rebuild.Patiently(ctx, o.clock().Real(o.poll), tell, away, do)
}

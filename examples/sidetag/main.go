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
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// Exit codes.
const (
	exitDone        = 0 // everything was rebuilt, or nothing is to be, or planned as asked
	exitFailed      = 1 // a service or a repository failed, or refused
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
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitUsage
	}
	err = rebuild(ctx, o, &screen{w: stdout, json: o.json, loud: o.loud})
	code := exitCode(ctx, err)
	if err != nil {
		fmt.Fprintln(stderr, "sidetag:", err)
		if _, none := os.Stat(filepath.Join(o.State, "run.json")); o.State != "" && none == nil && code != exitState {
			fmt.Fprintf(stderr, "sidetag: go on with: sidetag resume -state %s\n", o.State)
		}
	}
	return code
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

// rebuild is the whole story.
func rebuild(ctx context.Context, o options, out *screen) error {
	state, err := openState(&o) // where the run is remembered; empty for a new run
	if err != nil {
		return err
	}
	defer state.close()

	svc, err := connect(&o, state, out) // real services, or a demo world
	if err != nil {
		return err
	}
	defer svc.close()

	// What the new packages break: asked once, and remembered.
	if state.Breakage == nil {
		if state.graph, state.Breakage, err = compare(ctx, o, svc, out); err != nil {
			return err
		}
	}
	plan, err := state.Breakage.plan(state.graph, o)
	if err != nil {
		return err
	}
	out.plan(state.Breakage, plan)
	if len(state.Breakage.Broken)+len(state.Breakage.Stale) == 0 {
		out.say("nothing to rebuild: no package loses anything that it needs")
		return nil
	}
	if len(plan.Held) > 0 && !o.yes {
		return fmt.Errorf("%d rebuilds are more than the limit of %d (-limit raises it, -yes goes on): %w", len(plan.Rebuild), o.Limit, errHeld)
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
	out.sideTag(state.SideTag)
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
	out.say("%d builds wait in %s (-bodhi or -merge would bring them out)", len(built), state.SideTag)
	return nil
}

// build drives the plan to its end and returns what was built.
func build(ctx context.Context, o options, svc *clients, state *state, plan *planner.Plan, out *screen) (map[planner.ID]string, error) {
	mode := planner.Frontier
	if o.Barrier {
		mode = planner.Barrier
	}
	d, err := drive.Open(plan, state.dir, &builder{o: o, c: svc, s: state, out: out}, drive.Options{
		Run:  planner.RunOptions{Mode: mode, Repo: planner.RepoIfNeeded, Retry: planner.DefaultRetries(), MaxBuilding: o.Parallel},
		Poll: o.poll, Backoff: o.poll, MaxBackoff: 8 * o.poll, Patience: o.patience,
		Clock: worldClock{o.speed}, Observe: func(n drive.Notice) { out.notice(n, plan) }, Hook: o.hook,
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
	built := map[planner.ID]string{}
	d.View(func(r *planner.Run) {
		for row := range r.Rows() {
			if row.Artifact != "" {
				built[row.ID] = row.Artifact
			}
		}
		out.summary(r, state)
	})
	return built, err
}

// patiently does what may be done again and again until the services answer.
// It says that it waits.
func patiently(ctx context.Context, o options, out *screen, do func() error) error {
	for told := false; ; told = true {
		err := do()
		away := errors.Is(err, koji.ErrUnavailable) || errors.Is(err, koji.ErrOutcomeUnknown) || errors.Is(err, koji.ErrAlreadyApplied) || errors.Is(err, bodhi.ErrUnavailable)
		if !away || ctx.Err() != nil {
			return err
		}
		if !told {
			out.say("waiting: %v", err)
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

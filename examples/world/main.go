// SPDX-License-Identifier: MIT

// World serves the demo distribution that the examples share: a Koji hub with
// builders, a PDC, a dist-git and a test system, with its state on disk, until
// it is interrupted.
//
//	go run ./examples/world -dir /tmp/world
//
// In another terminal, with the addresses that it prints:
//
//	go run ./examples/orchestrator -koji URL -pdc URL -distgit URL -ci URL ...
//
// Either side may be killed and started again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/examples/world/services"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "world:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o services.Options
	fs := flag.NewFlagSet("world", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.Dir, "dir", "", "keep the state in `DIR`; a temporary folder otherwise")
	fs.IntVar(&o.Port, "port", 0, "the hub's `PORT`, and the next three for PDC, dist-git and tests; 0: any free ones")
	fs.Float64Var(&o.Speed, "speed", 300, "how many seconds pass in the world in one second")
	fs.DurationVar(&o.FixAfter, "fix-after", 15*time.Minute, "how long, in the world, maintainers take for a fix; below 0: for ever")
	changed := fs.String("changed", "perl-App-FatPacker,perl-B-Debug", "packages whose change is about to come: builders check the order of what depends on them")
	fail := fs.String("fail", "", "packages whose build fails until it is fixed")
	failTest := fs.String("fail-test", "", "packages whose test fails until it is fixed")
	verbose := fs.Bool("v", false, "log every request")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return errUsage
	}
	if fs.NArg() > 0 || o.Speed <= 0 {
		fmt.Fprintf(stderr, "world: unexpected argument %q, or a speed that is not above 0\n", fs.Arg(0))
		return errUsage
	}
	for list, into := range map[*string]*[]string{changed: &o.Changed, fail: &o.FailBuild, failTest: &o.FailTest} {
		*into = strings.FieldsFunc(*list, func(r rune) bool { return r == ',' })
	}
	if *verbose {
		log := slog.New(slog.NewTextHandler(stderr, nil))
		o.Log = func(service, method, path string) {
			log.Info("request", "service", service, "method", method, "path", path)
		}
	}
	w, err := services.Start(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, `koji      %s  (user %s, password %s)
pdc       %s
dist-git  %s
ci        %s

KOJI_PASSWORD=%s go run ./examples/orchestrator -write -state run -changed %s \
  -koji %s -pdc %s -distgit %s -ci %s \
  -release %s -branch %s -target %s -user %s -speed %g -poll 15s
`, w.Koji, services.User, services.Password, w.PDC, w.DistGit, w.CI, services.Password, changedIDs(o.Changed),
		w.Koji, w.PDC, w.DistGit, w.CI, distro.Release, distro.Branch, distro.Target, services.User, o.Speed)
	<-ctx.Done()
	return w.Close()
}

func changedIDs(names []string) string {
	ids := make([]string, len(names))
	for i, n := range names {
		ids[i] = "rpms/" + n
	}
	return strings.Join(ids, ",")
}

// SPDX-License-Identifier: MIT

// Pdcupdater answers whether PDC still says what is true, and makes it so: it
// hears the messages of the bus, audits PDC against Koji, the module build
// service, composes and dist-git, and branches releases.
//
//	go run ./examples/pdcupdater                 # a demo
//	pdcupdater -pdc-server prod -koji https://koji.fedoraproject.org/kojihub -messages bus.jsonl listen
//	pdcupdater -pdc-server prod -profile koji -replay https://apps.fedoraproject.org/datagrepper/v2/search \
//	    -every 1m -queue waiting.jsonl -since position.json -write listen
//	pdcupdater -pdc-server prod -profile koji -state audit.json audit rpm dependency -release fedora-43
//	pdcupdater -pdc-server prod -profile koji audit -repair
//	pdcupdater -pdc-server prod branch f43 -from fedora-rawhide -from-branch rawhide -eol bug_fixes=2026-12-02 -write
//
// Nothing is written without -write, or -repair of an audit. The token is the
// one in PDC's client configuration, or in a file.
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
	"time"

	"github.com/seed-f134cc8e/relkit/pdc/updater"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1   // a server or file failed
	exitUsage       = 2   // the command line makes no sense
	exitDiffers     = 4   // differences, refused writes or waiting messages remain
	exitDamaged     = 5   // a state file is damaged, or of another run
	exitInterrupted = 130 // stopped by a signal; what is done is done
)

var (
	errDiffers = errors.New("not everything is as it should be")
	errDamaged = errors.New("a damaged state file")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// app is one command line at work.
type app struct {
	options
	services
	*printer
	updater *updater.Updater
	stdin   io.Reader
	errs    io.Writer
	now     func() time.Time
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitUsage
	}
	if o.command == "" {
		err = demonstrate(ctx, stdout)
	} else {
		a := &app{options: o, stdin: stdin, errs: stderr, now: time.Now}
		err = a.run(ctx, stdout)
	}
	code := exitCode(ctx, err)
	if err != nil && !errors.Is(err, errDiffers) {
		fmt.Fprintln(stderr, "pdcupdater:", err)
	}
	return code
}

func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errDiffers):
		return exitDiffers
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, errDamaged), errors.Is(err, updater.ErrCorrupt):
		return exitDamaged
	case ctx.Err() != nil:
		return exitInterrupted
	}
	return exitFailed
}

// run does one command.
func (a *app) run(ctx context.Context, out io.Writer) error {
	a.printer = &printer{out: out, asJSON: a.json, dry: !a.writes()}
	if a.services.pdc == nil {
		var err error
		if a.services, err = a.connect(); err != nil {
			return err
		}
	}
	a.updater = &updater.Updater{Client: a.services.pdc, Policy: a.policy, DryRun: !a.writes(), Now: a.now}
	a.updater.Sources, a.updater.Kinds = a.sources()
	err := a.do(ctx)
	if a.failed != nil {
		return a.failed // what was printed did not arrive
	}
	return err
}

func (a *app) do(ctx context.Context) error {
	switch a.command {
	case "listen":
		return a.listen(ctx)
	case "audit":
		return a.audit(ctx)
	}
	return a.branch(ctx)
}

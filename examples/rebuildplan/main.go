// SPDX-License-Identifier: MIT

// Rebuildplan answers what a change makes necessary, from a file that says
// what depends on what, from repositories or from a Koji tag:
//
//	go run ./examples/rebuildplan -changed rpms/zlib
//	go run ./examples/rebuildplan -changed rpms/zlib explain rpms/git
//	go run ./examples/rebuildplan -changed rpms/zlib -exclude rpms/curl whatif
//	go run ./examples/rebuildplan -changed rpms/zlib -builders 2 -repo-delay 5m simulate
//	go run ./examples/rebuildplan -changed rpms/zlib draw > plan.svg
//
//	go run ./examples/rebuildplan -koji URL -tag f43-build -changed rpms/zlib
//	go run ./examples/rebuildplan -pdc URL -release fedora-43 -changed rpms/zlib
//	go run ./examples/rebuildplan -repo /srv/os,/srv/source -changed rpms/zlib
//
// Without a source it uses a small demo distribution, demo.txt, which also shows
// the text format; "graph" writes the graph in use. With -source koji or pdc
// alone it asks the demo world's.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/planner"
)

// Exit codes.
const (
	exitDone    = 0 // answered
	exitFailed  = 1 // a source could not be read, or cycles are refused
	exitUsage   = 2 // the command line makes no sense
	exitHeld    = 3 // answered, and the plan is over a limit
	exitUnknown = 4 // an id is not in the graph
)

//go:embed demo.txt
var demo string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run answers one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, errHelp) {
		return exitDone
	}
	if err != nil {
		return exitUsage
	}
	g, err := load(ctx, o, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "rebuildplan:", err)
		return exitFailed
	}
	out, code, err := answer(g, o)
	if err != nil {
		fmt.Fprintln(stderr, "rebuildplan:", err)
		return code
	}
	if _, err := io.WriteString(stdout, out); err != nil {
		fmt.Fprintln(stderr, "rebuildplan:", err)
		return exitFailed
	}
	return code
}

// load reads the graph, or takes the demo when no source was named. What it
// lacks goes to notes.
func load(ctx context.Context, o *options, notes io.Writer) (*planner.Graph, error) {
	if o.Source == "" {
		return planner.ParseGraphText(demo)
	}
	stop, err := o.Demo()
	if err != nil {
		return nil, err
	}
	ask := source.Ask{Changed: source.PackageNames(o.request.Changed)}
	if o.verbose {
		ask.Progress = func(text string) { fmt.Fprintln(notes, "rebuildplan:", text) }
	}
	known, err := o.Read(ctx, ask)
	if err = errors.Join(err, stop()); err != nil {
		return nil, err
	}
	for _, n := range known.Notes {
		fmt.Fprintln(notes, "rebuildplan:", n)
	}
	return known.Graph, nil
}

// answer makes the text for one command.
func answer(g *planner.Graph, o *options) (out string, code int, err error) {
	if o.command == "graph" {
		return graphText(g, o.format)
	}
	p, err := g.Plan(o.request)
	if err != nil {
		return "", exitFailed, err
	}
	if len(p.Unknown) > 0 {
		return "", exitUnknown, fmt.Errorf("not in the graph: %s", joinIDs(p.Unknown))
	}
	if len(p.Held) > 0 {
		code = exitHeld
	}
	switch o.command {
	case "explain":
		out, err = explain(p, o)
	case "whatif":
		out, err = whatIf(g, p, o)
	case "simulate":
		out, err = simulate(p, o)
	default:
		out, err = show(p, o.format)
	}
	switch {
	case errors.Is(err, planner.ErrNotFound):
		code = exitUnknown
	case err != nil:
		code = exitFailed
	}
	return out, code, err
}

func joinIDs(ids []planner.ID) string {
	text := make([]string, len(ids))
	for i, id := range ids {
		text[i] = string(id)
	}
	return strings.Join(text, ", ")
}

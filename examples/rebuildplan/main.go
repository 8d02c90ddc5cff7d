// SPDX-License-Identifier: MIT

// Rebuildplan answers what a change makes necessary, from a file that says
// what depends on what:
//
//	go run ./examples/rebuildplan -changed rpms/zlib
//	go run ./examples/rebuildplan -changed rpms/zlib explain rpms/git
//	go run ./examples/rebuildplan -changed rpms/zlib -exclude rpms/curl whatif
//	go run ./examples/rebuildplan -changed rpms/zlib -builders 2 -repo-delay 5m simulate
//	go run ./examples/rebuildplan -changed rpms/zlib draw > plan.svg
//
// Without -graph it uses a small demo distribution, demo.txt, which also shows
// the text format; "graph" writes the graph in use.
package main

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Exit codes.
const (
	exitDone    = 0 // answered
	exitFailed  = 1 // a file could not be read, or cycles are refused
	exitUsage   = 2 // the command line makes no sense
	exitHeld    = 3 // answered, and the plan is over a limit
	exitUnknown = 4 // an id is not in the graph
)

//go:embed demo.txt
var demo string

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run answers one command line and returns its exit code.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, errHelp) {
		return exitDone
	}
	if err != nil {
		return exitUsage
	}
	g, err := load(o.graph)
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

// load reads a graph: JSON or text, plain or gzipped; the demo without a name.
func load(name string) (*planner.Graph, error) {
	if name == "" {
		return planner.ParseGraphText(demo)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if data, err = io.ReadAll(io.LimitReader(z, maxGraph+1)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if len(data) > maxGraph {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxGraph)
	}
	var g *planner.Graph
	if text := bytes.TrimSpace(data); len(text) > 0 && text[0] == '{' {
		g, err = planner.ParseGraph(text)
	} else {
		g, err = planner.ParseGraphText(string(data))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return g, nil
}

// maxGraph bounds a graph file, unpacked.
const maxGraph = 1 << 30

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

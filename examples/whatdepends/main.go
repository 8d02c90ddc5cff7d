// SPDX-License-Identifier: MIT

// Whatdepends answers what needs a package or a name, what provides it, and
// what would be rebuilt if it changed, from the metadata of repositories:
//
//	go run ./examples/whatdepends needs zlib
//	go run ./examples/whatdepends provides 'libcurl.so.4()(64bit)'
//	go run ./examples/whatdepends -repo /srv/os,https://example.com/source rebuilt zlib
//	go run ./examples/whatdepends -repo /srv/os -new /srv/sidetag bumped
//	go run ./examples/whatdepends unresolved
//
// A repository is a folder or a URL that has "repodata" in it; binary and source
// repositories are given together. -graph takes a graph file instead. Without
// either it uses a small demo repository.
package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"

	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// Exit codes.
const (
	exitDone    = 0 // answered
	exitFailed  = 1 // something could not be read
	exitUsage   = 2 // the command line makes no sense
	exitUnknown = 4 // a name is not known
)

//go:embed demo/repodata next/repodata
var demo embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are what the command line says.
type options struct {
	repos    []string
	new      []string
	graph    string
	json     bool
	possible bool
	depth    int
	arches   []string
	command  string
	names    []string
}

const usage = `usage: whatdepends [flags] COMMAND [NAME...]

commands:
  needs NAME...     who needs a package (zlib), a node (rpms/zlib) or a name ('libz.so.1()(64bit)')
  provides NAME...  who provides a name, with a version or without ('perl >= 5')
  rebuilt NAME...   what would be rebuilt if these sources changed, in tiers
  bumped            what the packages of -new break, and what must be rebuilt for it
  unresolved        what could not be resolved, or not be taken as it is

flags:
`

func parse(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("whatdepends", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() { fmt.Fprint(stderr, usage); f.PrintDefaults() }
	list := func(into *[]string) func(string) error {
		return func(s string) error {
			for v := range strings.SplitSeq(s, ",") {
				if v == "" {
					return errors.New("an empty entry")
				}
				*into = append(*into, v)
			}
			return nil
		}
	}
	f.Func("repo", "folders or URLs of repositories, with commas (default: a demo)", list(&o.repos))
	f.Func("arch", "architectures to look at, with commas (default: all)", list(&o.arches))
	f.Func("new", "repositories with new packages, for bumped (default: a demo)", list(&o.new))
	f.StringVar(&o.graph, "graph", "", "a graph `file` (JSON or text) instead of repositories")
	f.BoolVar(&o.json, "json", false, "answer in JSON")
	f.BoolVar(&o.possible, "possible", false, "follow dependencies on packages that only might be chosen, too")
	f.IntVar(&o.depth, "depth", -1, "how many rebuilds away from the change; -1 is no limit")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	complain := func(format string, a ...any) error {
		err := fmt.Errorf(format, a...)
		fmt.Fprintln(stderr, "whatdepends:", err)
		f.Usage()
		return err
	}
	if f.NArg() == 0 {
		return o, complain("no command")
	}
	o.command, o.names = f.Arg(0), f.Args()[1:]
	switch o.command {
	case "needs", "provides", "rebuilt":
		if len(o.names) == 0 {
			return o, complain("%s of what?", o.command)
		}
	case "unresolved", "bumped":
		if len(o.names) > 0 {
			return o, complain("%s takes no names", o.command)
		}
	default:
		return o, complain("no command %q", o.command)
	}
	switch {
	case o.command == "bumped" && (len(o.repos) == 0) != (len(o.new) == 0):
		return o, complain("bumped takes -repo and -new together, or neither for the demo")
	case o.graph != "" && len(o.repos) > 0:
		return o, complain("-graph and -repo exclude each other")
	case o.graph != "" && (o.command == "unresolved" || o.command == "bumped" || len(o.arches) > 0):
		return o, complain("a graph file does not tell that")
	}
	return o, nil
}

// run answers one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	if err != nil {
		return exitUsage
	}
	a := asker{options: o}
	if err = a.load(ctx); err == nil {
		var out any
		if out, err = a.answer(); err == nil {
			err = write(stdout, out, o.json)
		}
	}
	if a.universe != nil && o.command != "unresolved" {
		if n := len(a.universe.Unresolved) + len(a.universe.Problems); n > 0 {
			fmt.Fprintf(stderr, "whatdepends: %d unresolved; the command \"unresolved\" lists them\n", n)
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, "whatdepends:", err)
		if errors.Is(err, errUnknown) {
			return exitUnknown
		}
		return exitFailed
	}
	return exitDone
}

func write(w io.Writer, out any, asJSON bool) error {
	if !asJSON {
		_, err := fmt.Fprint(w, out)
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

// load reads the graph, or the repositories and makes one.
func (a *asker) load(ctx context.Context) error {
	if a.graph != "" {
		data, err := os.ReadFile(a.graph)
		if err != nil {
			return err
		}
		if text := strings.TrimSpace(string(data)); strings.HasPrefix(text, "{") {
			a.g, err = planner.ParseGraph(data)
		} else {
			a.g, err = planner.ParseGraphText(text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", a.graph, err)
		}
		return nil
	}
	all, err := packages(ctx, a.repos, "demo")
	if err != nil {
		return err
	}
	u, err := rpm.NewUniverse(all, rpm.Policy{Arches: a.arches})
	if err != nil {
		return err
	}
	a.universe, a.g = u, u.Graph
	if a.command == "bumped" {
		a.next, err = packages(ctx, a.new, "next")
	}
	return err
}

// packages reads repositories; without names, an embedded one.
func packages(ctx context.Context, names []string, embedded string) ([]rpm.Package, error) {
	if len(names) > 0 {
		return source.Packages(ctx, names)
	}
	sub, err := fs.Sub(demo, embedded)
	if err != nil {
		return nil, err
	}
	return source.PackagesFS(ctx, sub, embedded)
}

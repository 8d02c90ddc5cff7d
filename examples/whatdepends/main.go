// SPDX-License-Identifier: MIT

// Whatdepends answers what needs a package or a name, what provides it, and
// what would be rebuilt if it changed, from the metadata of repositories, a Koji
// tag or a graph file:
//
//	go run ./examples/whatdepends needs zlib
//	go run ./examples/whatdepends provides 'libcurl.so.4()(64bit)'
//	go run ./examples/whatdepends -repo /srv/os,https://example.com/source rebuilt zlib
//	go run ./examples/whatdepends -repo /srv/os -new /srv/sidetag bumped
//	go run ./examples/whatdepends unresolved
//
//	go run ./examples/whatdepends -koji URL -tag f43-build needs zlib
//
// A repository is a folder or a URL that has "repodata" in it; binary and source
// repositories are given together. Of a Koji tag, its repo and its source
// packages are read. -graph takes a graph file instead, -pdc asks PDC. Without
// any it uses a small demo repository, with -source koji or pdc alone the demo
// world's.
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
	source.From

	new      []string
	json     bool
	verbose  bool
	possible bool
	depth    int
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
	o.Flags(f, source.FromKoji, source.FromPDC, source.FromRepo, source.FromFile)
	source.List(f, "arch", "`architectures` to look at, with commas (default: all)", &o.Arches)
	source.List(f, "new", "`repositories` with new packages, for bumped (default: a demo)", &o.new)
	f.BoolVar(&o.verbose, "v", false, "tell how far reading is")
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
	if err := o.Settle(); err != nil {
		return o, complain("%v", err)
	}
	switch {
	case o.Source == source.FromFile && (o.command == "unresolved" || o.command == "bumped" || len(o.Arches) > 0):
		return o, complain("a graph file does not tell that")
	case o.Source == source.FromPDC && (o.command != "needs" && o.command != "rebuilt" || len(o.Arches) > 0):
		return o, complain("PDC does not tell that")
	case o.command == "bumped" && (o.Source == "") != (len(o.new) == 0):
		return o, complain("bumped takes -repo or -koji and -new together, or neither for the demo")
	case o.command != "bumped" && len(o.new) > 0:
		return o, complain("-new goes with bumped")
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
	if err = a.load(ctx, stderr); err == nil {
		var out any
		if out, err = a.answer(); err == nil {
			err = write(stdout, out, o.json)
		}
	}
	if a.universe != nil && o.command != "unresolved" {
		if n := a.unresolved().count(); n > 0 {
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

// load reads the source, or the embedded repositories when none was named.
func (a *asker) load(ctx context.Context, notes io.Writer) error {
	if a.Source == "" {
		all, err := embedded(ctx, "demo")
		if err != nil {
			return err
		}
		u, err := rpm.NewUniverse(all, rpm.Policy{Arches: a.Arches})
		if err != nil {
			return err
		}
		a.universe, a.g = u, u.Graph
	} else {
		stop, err := a.Demo()
		if err != nil {
			return err
		}
		ask := source.Ask{}
		for _, name := range a.names { // PDC is asked about source packages
			ask.Changed = append(ask.Changed, strings.TrimPrefix(name, "rpms/"))
		}
		if a.verbose {
			ask.Progress = func(text string) { fmt.Fprintln(notes, "whatdepends:", text) }
		}
		known, err := a.Read(ctx, ask)
		if err = errors.Join(err, stop()); err != nil {
			return err
		}
		a.universe, a.g, a.tag = known.Universe, known.Graph, known.Tag
	}
	var err error
	switch {
	case a.command != "bumped":
	case len(a.new) > 0:
		a.next, err = source.Packages(ctx, a.new)
	default:
		a.next, err = embedded(ctx, "next")
	}
	return err
}

// embedded reads one of the repositories that the program brings.
func embedded(ctx context.Context, name string) ([]rpm.Package, error) {
	sub, err := fs.Sub(demo, name)
	if err != nil {
		return nil, err
	}
	return source.PackagesFS(ctx, sub, name)
}

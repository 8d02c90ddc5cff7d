// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/planner"
)

// options are one command line.
type options struct {
	source.From

	format  string
	verbose bool
	command string
	ids     []planner.ID // of explain
	request planner.Request
	terms   planner.ScheduleOptions
	cut     []string // FROM->TO, of whatif
}

// formats are what each command can write, its own choice first.
var formats = map[string][]string{
	"plan":     {"text", "json", "dot", "svg"},
	"draw":     {"svg", "dot"},
	"explain":  {"text", "json"},
	"whatif":   {"text", "json"},
	"simulate": {"text", "json", "svg"},
	"graph":    {"text", "json", "dot"},
}

var errHelp = flag.ErrHelp

const usage = `usage: rebuildplan [flags] [command]

commands:
  plan          what is rebuilt, in which tiers, and why (default)
  explain ID... why something is in the plan, or why not
  whatif        what -exclude, -equal and -cut would change
  simulate      how long it takes on -builders
  draw          a picture of the tiers
  graph         the graph itself

exit codes: 0 answered, 1 failed, 2 usage, 3 over a limit, 4 unknown id

Without -graph, -repo, -koji or -pdc it is about a small demo distribution.

flags:
`

// parse reads a command line. Its error has been told already.
func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	q, t := &o.request, &o.terms
	f := flag.NewFlagSet("rebuildplan", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	o.Flags(f, source.FromKoji, source.FromPDC, source.FromRepo, source.FromFile)
	f.BoolVar(&o.verbose, "v", false, "tell how far reading is")
	f.StringVar(&o.format, "format", "", "text, json, dot or svg (default depends on the command)")
	list(f, "changed", "`ids` with new content", &q.Changed)
	f.BoolVar(&q.All, "all", false, "rebuild everything")
	list(f, "select", "rebuild just these `ids`, in order", &q.Select)
	f.Func("kinds", "edge `kinds` that are followed (default all)", func(s string) error {
		for _, word := range words(s) {
			var k planner.EdgeKind
			if err := k.UnmarshalText([]byte(word)); err != nil {
				return err
			}
			q.Kinds = append(q.Kinds, k)
		}
		return nil
	})
	f.BoolVar(&q.Possible, "possible", false, "follow possible edges too")
	list(f, "arch", "`architectures` that are built (default all)", &q.Arches)
	list(f, "abi", "`names` that changed; evidence of other names spreads nothing", &q.ABI)
	list(f, "exclude", "`ids` that take part in nothing", &q.Exclude)
	depth := f.Int("max-depth", -1, "follow so many `hops`")
	f.BoolVar(&q.OmitChanged, "omit-changed", false, "what changed is built already")
	list(f, "stop-label", "spread no further than nodes with these `labels`", &q.StopLabels)
	list(f, "equal", "`ids` expected to come out equal to what they were", &q.StopAt)
	list(f, "allow", "rebuild only what these `rules` name: globs, label:glob, kind:glob", &q.Allow)
	list(f, "block", "rebuild nothing that these `rules` name", &q.Block)
	f.IntVar(&q.Limits.Nodes, "max-nodes", 0, "hold a plan of more `rebuilds`")
	f.DurationVar(&q.Limits.Work, "max-work", 0, "hold a plan of more work")
	f.TextVar(&q.Cycles, "cycles", planner.CycleSeeded, "go through cycles `how`: seeded, bootstrap, together or refuse")
	f.IntVar(&q.Passes, "passes", 0, "build members of a cycle at most so often (default 2)")
	f.IntVar(&t.Builders, "builders", 0, "simulate so many builders (default unlimited)")
	f.BoolVar(&t.Barrier, "barrier", false, "simulate tier after tier")
	f.DurationVar(&t.RepoDelay, "repo-delay", 0, "simulate repositories that take so long to make")
	f.DurationVar(&t.RepoWindow, "repo-window", 0, "simulate repositories that wait so long for more results")
	list(f, "cut", "whatif: take these edges away, each `FROM->TO`", &o.cut)
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if *depth >= 0 {
		q.MaxDepth = depth
	}
	o.Arches = q.Arches
	err := o.Settle()
	if err == nil {
		err = o.settle(f.Args())
	}
	if err != nil {
		fmt.Fprintln(stderr, "rebuildplan:", err)
		fmt.Fprintln(stderr, "rebuildplan -h tells more")
		return nil, err
	}
	return o, nil
}

// settle checks what flags cannot.
func (o *options) settle(args []string) error {
	o.command = "plan"
	if len(args) > 0 {
		o.command, args = args[0], args[1:]
	}
	can, ok := formats[o.command]
	if !ok {
		return fmt.Errorf("unknown command %q", o.command)
	}
	if o.format == "" {
		o.format = can[0]
	}
	if !slices.Contains(can, o.format) {
		return fmt.Errorf("%s writes %s, not %q", o.command, strings.Join(can, ", "), o.format)
	}
	for _, a := range args {
		o.ids = append(o.ids, planner.ID(a))
	}
	q := &o.request
	switch {
	case o.command == "explain" && len(o.ids) == 0:
		return errors.New("explain what? name an id")
	case o.command != "explain" && len(o.ids) > 0:
		return fmt.Errorf("%s takes no arguments", o.command)
	case o.command != "graph" && len(q.Changed) == 0 && q.Select == nil && !q.All:
		return errors.New("what changed? say -changed, -select or -all")
	case o.Source == source.FromPDC && len(source.PackageNames(q.Changed)) == 0:
		return errors.New("PDC tells what depends on packages that changed: name them with -changed rpms/NAME")
	case o.command == "whatif" && len(q.Exclude)+len(q.StopAt)+len(o.cut) == 0:
		return errors.New("what if? say -exclude, -equal or -cut")
	case o.command != "whatif" && len(o.cut) > 0:
		return errors.New("-cut goes with whatif")
	case o.terms.Builders < 0 || o.terms.RepoDelay < 0 || o.terms.RepoWindow < 0:
		return errors.New("-builders, -repo-delay and -repo-window cannot be negative")
	case q.Passes < 0 || q.Limits.Nodes < 0 || q.Limits.Work < time.Duration(0):
		return errors.New("-passes, -max-nodes and -max-work cannot be negative")
	}
	for _, c := range o.cut {
		if from, to, ok := strings.Cut(c, "->"); !ok || from == "" || to == "" {
			return fmt.Errorf("-cut %q is not FROM->TO", c)
		}
	}
	return nil
}

// list is a flag that takes words with commas between, and may be repeated.
func list[T ~string](f *flag.FlagSet, name, help string, to *[]T) {
	f.Func(name, help, func(s string) error {
		if *to == nil {
			*to = []T{}
		}
		for _, w := range words(s) {
			*to = append(*to, T(w))
		}
		return nil
	})
}

func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

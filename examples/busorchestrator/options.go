// SPDX-License-Identifier: MIT

package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

//go:embed testdata/replay.jsonl
var recorded []byte

//go:embed testdata/depends.txt
var dependents string

// routes lead to the one release that the service looks after. Modules of
// every stream belong to it.
var routes = trigger.Routes{
	{Place: trigger.PlaceDist, Pattern: "fc41", Release: "f41"},
	{Place: trigger.PlaceStream, Pattern: "*", Release: "f41"},
}

// run returns the exit status: 0, 1 when the work failed, 2 when the command
// line is wrong.
func run(args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("busorchestrator", flag.ContinueOnError)
	flags.SetOutput(errs)
	replay := flags.String("replay", "", "`file` of messages: JSON lines, an array or datagrepper pages (default: a recorded bus)")
	graph := flags.String("graph", "", "`file` that says who depends on what, as planner.ParseGraphText reads it (default: one for the recorded bus)")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(errs, "busorchestrator: unexpected argument %q\n", flags.Arg(0))
		flags.Usage()
		return 2
	}
	messages, err := orFile(*replay, recorded)
	if err == nil {
		ask := func(string) (*planner.Graph, error) {
			text, err := orFile(*graph, []byte(dependents))
			if err != nil {
				return nil, err
			}
			return planner.ParseGraphText(string(text))
		}
		err = listen(messages, routes, ask, out)
	}
	if err != nil {
		fmt.Fprintln(errs, "busorchestrator:", err)
		return 1
	}
	return 0
}

func orFile(name string, otherwise []byte) ([]byte, error) {
	if name == "" {
		return otherwise, nil
	}
	return os.ReadFile(name)
}

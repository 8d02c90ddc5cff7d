// SPDX-License-Identifier: MIT

// Busorchestrator answers "what is owed now?" from the bus alone: a build that
// passed its check, or a module that became ready, has the rebuilds of its
// dependents scheduled; a failed check is told to people. Here the messages
// come from a file; the program in the folder amqp takes them from a broker.
// Both are the orchestrator in the folder owed.
//
//	go run ./examples/busorchestrator -replay messages.jsonl
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/seed-f134cc8e/relkit/examples/busorchestrator/owed"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

//go:embed testdata/replay.jsonl
var recorded []byte

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit status: 0, 1 when the work failed, 2 when the command
// line is wrong.
func run(args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("busorchestrator", flag.ContinueOnError)
	flags.SetOutput(errs)
	replay := flags.String("replay", "", "`file` of messages: JSON lines, an array or datagrepper pages (default: a recorded bus)")
	var options owed.Options
	options.Flags(flags)
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
	messages, err := recorded, error(nil)
	if *replay != "" {
		messages, err = os.ReadFile(*replay)
	}
	if err == nil {
		err = listen(messages, &options, out)
	}
	if err != nil {
		fmt.Fprintln(errs, "busorchestrator:", err)
		return 1
	}
	return 0
}

// listen hears messages one by one. Those that are set aside are told; the
// next is heard nevertheless.
func listen(messages []byte, options *owed.Options, out io.Writer) error {
	service, err := options.Service(context.Background(), out)
	if err != nil {
		return err
	}
	for raw, err := range trigger.Split(messages) {
		var m trigger.Message
		if err == nil {
			m, err = trigger.ParseMessage(raw)
		}
		if err == nil {
			err = service.Hear(m)
		}
		if _, aside := errors.AsType[*trigger.Error](err); aside {
			fmt.Fprintln(out, "set aside:", err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

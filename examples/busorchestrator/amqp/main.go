// SPDX-License-Identifier: MIT

// Amqp is busorchestrator on the live bus: it takes messages of
// fedora-messaging from an AMQP broker, as the field's own configuration file
// says, and gives them to the same orchestrator. It ends on an interrupt, when
// the message under way is done.
//
//	cd examples/busorchestrator/amqp
//	go run . -config /etc/fedora-messaging/fedora.toml -releases bodhi=https://bodhi.fedoraproject.org
//
// Every message is acknowledged when its work is done: what was under way
// comes again, and what comes twice is heard once. What is malformed goes to
// the broker's dead letters, if it has any. A broker that is away is asked
// again; one that refuses ends the program with status 1.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/seed-f134cc8e/relkit/examples/busorchestrator/owed"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends it at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit status: 0 when it was stopped, 1 when it gave up, 2
// when the command line or the configuration is wrong.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("amqp", flag.ContinueOnError)
	flags.SetOutput(errs)
	file := flags.String("config", "", "`file` in fedora-messaging's format (default $FEDORA_MESSAGING_CONF, or /etc/fedora-messaging/config.toml)")
	var options owed.Options
	options.Flags(flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(errs, "amqp: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	name := cmp.Or(*file, os.Getenv("FEDORA_MESSAGING_CONF"), "/etc/fedora-messaging/config.toml")
	text, err := os.ReadFile(name)
	if err != nil {
		fmt.Fprintln(errs, "amqp:", err)
		return 2
	}
	cfg, err := parseConfig(string(text))
	if err == nil {
		_, _, err = cfg.dial()
	}
	if err != nil {
		fmt.Fprintf(errs, "amqp: %s: %v\n", name, err)
		return 2
	}
	service, err := options.Service(ctx, out)
	if err == nil {
		c := &consumer{config: cfg, hear: service.Hear, log: slog.New(slog.NewTextHandler(errs, nil)), wait: time.Second, mostWait: time.Minute, attempts: 5}
		err = c.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(errs, "amqp:", err)
		return 1
	}
	return 0
}

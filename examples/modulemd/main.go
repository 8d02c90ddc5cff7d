// SPDX-License-Identifier: MIT

// Modulemd checks and handles module metadata on the command line:
//
//	go run ./examples/modulemd validate modules.yaml.gz
//	go run ./examples/modulemd -json validate *.yaml
//	go run ./examples/modulemd dump modules.yaml
//	go run ./examples/modulemd merge modules.yaml 1000=/etc/dnf/modules.defaults.d/site.yaml
//	go run ./examples/modulemd -name foo -stream 1.10 upgrade foo.yaml
//	go run ./examples/modulemd -contains openssl list modules.yaml
//	go run ./examples/modulemd -active -platform el8 list modules.yaml
//	go run ./examples/modulemd diff yesterday.yaml today.yaml
//
// Files may be plain or packed (gzip, bzip2, xz, zstd); - is standard input.
// Without files a small demonstration is used.
//
// Exit codes: 0 good, or no difference; 1 faults, or a difference; 2 wrong
// usage, or a file that cannot be read.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
)

// Exit codes.
const (
	exitGood  = 0
	exitFault = 1 // something is wrong with a document, or indexes differ
	exitUsage = 2 // wrong usage, or a file could not be read
)

// settings is a command line, taken apart.
type settings struct {
	json     bool
	lenient  bool
	overflow bool
	name     string
	stream   string
	contains string
	rpm      string
	active   bool
	platform string

	files []string
	demo  bool // the files are those that came with the program

	stdin          io.Reader
	stdout, stderr io.Writer
}

// command is one of the words that come first.
type command struct {
	word, files, what string
	least, most       int      // files
	demo              []string // files of the demonstration
	run               func(context.Context, *settings) (int, error)
}

var commands = []command{
	{"validate", "FILE...", "tell all that is wrong with files", 1, -1, []string{"demo/broken.yaml"}, validate},
	{"dump", "FILE", "write a file in the form of the reference", 1, 1, []string{"demo/modules.yaml"}, dump},
	{"merge", "[PRIORITY=]FILE...", "merge files, the higher priority overriding the lower (0)", 1, -1, []string{"demo/modules.yaml", "1000=demo/site.yaml"}, merge},
	{"upgrade", "FILE", "write older streams, or a packager document, as streams of version 2", 1, 1, []string{"demo/packager.yaml"}, upgrade},
	{"list", "FILE", "list the streams of a file", 1, 1, []string{"demo/modules.yaml"}, list},
	{"diff", "OLD NEW", "tell what changed between two files", 2, 2, []string{"demo/modules.yaml", "demo/update.yaml"}, diff},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run carries out one command line and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := &settings{stdin: stdin, stdout: stdout, stderr: stderr}
	flags := flag.NewFlagSet("modulemd", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&s.json, "json", false, "answer in JSON (validate, list, diff)")
	flags.BoolVar(&s.lenient, "lenient", false, "let unknown keys pass (validate)")
	flags.BoolVar(&s.overflow, "overflow", false, "take the buildorder 18446744073709551615 for -1, as RHEL 8 needs it")
	flags.StringVar(&s.name, "name", "", "name of the module where the document has none (upgrade)")
	flags.StringVar(&s.stream, "stream", "", "stream where the document has none (upgrade)")
	flags.StringVar(&s.contains, "contains", "", "only streams with this source package (list)")
	flags.StringVar(&s.rpm, "rpm", "", "only streams with an artifact of this pattern (list)")
	flags.BoolVar(&s.active, "active", false, "only what is active by default (list)")
	flags.StringVar(&s.platform, "platform", "", "stream of the platform module, such as el8 (list -active)")
	flags.Usage = func() { usage(flags) }
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitGood
		}
		return exitUsage
	}
	word := flags.Arg(0)
	if flags.NArg() > 1 {
		s.files = flags.Args()[1:]
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.word == word })
	if i < 0 {
		usage(flags)
		return exitUsage
	}
	c := commands[i]
	if len(s.files) == 0 {
		s.files, s.demo = c.demo, true
	}
	if len(s.files) < c.least || c.most >= 0 && len(s.files) > c.most {
		fmt.Fprintf(stderr, "modulemd: usage: modulemd %s %s\n", c.word, c.files)
		return exitUsage
	}
	code, err := c.run(ctx, s)
	if err != nil {
		fmt.Fprintln(stderr, strings.TrimPrefix(err.Error(), "modulemd: "))
	}
	return code
}

func usage(flags *flag.FlagSet) {
	out := flags.Output()
	fmt.Fprintln(out, "usage: modulemd [flags] command [files]")
	for _, c := range commands {
		fmt.Fprintf(out, "  %-9s %-20s %s\n", c.word, c.files, c.what)
	}
	flags.PrintDefaults()
}

// SPDX-License-Identifier: MIT

// Bump raises the release of packages for a rebuild, and says what it would do
// before it does it: a spec file is edited, a package with %autorelease, a
// module or a container gets an empty commit.
//
//	go run ./examples/bump bash git        # a dry run in the demo world
//	go run ./examples/bump -write bash           # pushed there
//
// With a URL it talks to a real dist-git, and pushes only with -write:
//
//	bump -distgit https://src.example.org -branch f43 \
//	  -author "Jane Packager <jane@example.org>" \
//	  -message "Rebuilt for libfoo 2.0" -reason libfoo-2 bar baz
//
// Asked twice with one reason it pushes once. Names may come from standard
// input, one a line, with "-".
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/git"
)

// Exit codes.
const (
	exitDone        = 0 // every package was bumped, or shown
	exitFailed      = 1 // at least one was not; the others were
	exitUsage       = 2 // the command line makes no sense
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args, stdin, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitUsage
	}
	client, done, err := connect(o)
	if err != nil {
		fmt.Fprintln(stderr, "bump:", err)
		return exitFailed
	}
	defer done()
	results := client.BumpAll(ctx, o.requests())
	if o.format == "json" {
		err = writeJSON(stdout, client, results)
	} else {
		err = writeText(stdout, client, results)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bump:", err)
		return exitFailed
	}
	code := exitDone
	for i, r := range results {
		if r.Err != nil {
			fmt.Fprintf(stderr, "bump: %v: %v\n", o.repos[i], explain(r.Err))
			code = exitFailed
		}
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return code
}

// requests says what is wanted of each package.
func (o *options) requests() []git.BumpRequest {
	reqs := make([]git.BumpRequest, len(o.repos))
	for i, r := range o.repos {
		reqs[i] = git.BumpRequest{
			Repo: r, Branch: o.branch, Author: o.author, Message: o.message, Reason: o.reason,
			Minor: o.minor, Empty: o.empty, DryRun: !o.write,
		}
	}
	return reqs
}

// explain turns the refusals that people meet into a next step.
func explain(err error) string {
	hint := ""
	switch {
	case errors.Is(err, git.ErrRetired):
		hint = "the package is retired there; leave it out"
	case errors.Is(err, git.ErrUnauthorized):
		hint = "give -user and -password-file, or an ssh address with -push"
	case errors.Is(err, git.ErrRaced):
		hint = "others push to it right now; run the same command again"
	case errors.Is(err, git.ErrUnavailable):
		hint = "run the same command again; with one -reason nothing is done twice"
	case errors.Is(err, git.ErrNotFound):
		hint = "is the name right, and has it that branch?"
	}
	if hint == "" {
		return err.Error()
	}
	return err.Error() + "\n      " + hint
}

func writeText(w io.Writer, c *git.Client, results []git.BumpResult) error {
	for _, r := range results {
		b := r.Bump
		if r.Err != nil {
			continue
		}
		line := fmt.Sprintf("%v %s: %s", b.Repo, b.Branch, b.Outcome)
		switch {
		case b.Outcome == git.AlreadyDone:
		case b.Empty:
			line += ", an empty commit"
		case b.Verified:
			line += fmt.Sprintf(", %v -> %v", b.Before, b.After)
		default:
			line += fmt.Sprintf(", %s (only rpm can tell the new release)", b.Spec)
		}
		if b.Outcome != git.Planned {
			line += "\n  " + c.Site().SourceURL(b.Repo, b.Hash)
		}
		for _, n := range b.Notes {
			line += "\n  note: " + n
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
		if b.Outcome == git.Planned && b.Diff != "" {
			if _, err := fmt.Fprintln(w, b.Diff); err != nil {
				return err
			}
		}
	}
	return nil
}

// row is one package in JSON.
type row struct {
	Repo     distgit.Repo `json:"repo"`
	Branch   string       `json:"branch,omitempty"`
	Outcome  string       `json:"outcome"`
	Commit   string       `json:"commit,omitempty"`
	Source   string       `json:"source,omitempty"` // what Koji is asked to build
	Before   string       `json:"before,omitempty"`
	After    string       `json:"after,omitempty"`
	Empty    bool         `json:"empty,omitempty"`
	Attempts int          `json:"attempts,omitempty"`
	Diff     string       `json:"diff,omitempty"`
	Notes    []string     `json:"notes,omitempty"`
	Error    string       `json:"error,omitempty"`
}

func writeJSON(w io.Writer, c *git.Client, results []git.BumpResult) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, r := range results {
		b := r.Bump
		out := row{Repo: b.Repo, Branch: b.Branch, Outcome: b.Outcome.String(), Empty: b.Empty, Attempts: b.Attempts, Notes: b.Notes}
		if r.Err != nil {
			out = row{Outcome: "failed", Error: r.Err.Error()}
			var e *git.Error
			if errors.As(r.Err, &e) {
				out.Repo, out.Branch = e.Repo, e.Ref
			}
		} else {
			if b.Verified {
				out.Before, out.After = strings.TrimSpace(b.Before.String()), strings.TrimSpace(b.After.String())
			}
			if b.Outcome == git.Planned {
				out.Diff = b.Diff
			} else {
				out.Commit, out.Source = b.Hash, c.Site().SourceURL(b.Repo, b.Hash)
			}
		}
		if err := enc.Encode(out); err != nil {
			return err
		}
	}
	return nil
}

// SPDX-License-Identifier: MIT

// Branchhistory answers where branches of a dist-git pointed at a time, which
// git itself does not know: from push messages, webhooks, looks at the heads,
// and, for the time before all these, from the dates of commits. It says how
// sure each answer is.
//
//	go run ./examples/branchhistory              # a demo
//	branchhistory -file h.jsonl record < messages.jsonl
//	branchhistory -file h.jsonl -distgit URL poll rpms/bash rpms/zlib
//	branchhistory -file h.jsonl -distgit URL guess rpms/bash f43
//	branchhistory -file h.jsonl at rpms/bash f43 2026-03-01T10:00:00Z
//	branchhistory -file h.jsonl between rpms/bash f43 2026-03-01 2026-03-05
//	branchhistory -file h.jsonl whohas 6d0077e9be64c0a7ff70519a9c05eff40d8979e7
//	branchhistory -file h.jsonl serve            # the same over HTTP
//
// The file is only ever appended to. Messages are JSON, one a line, as
// datagrepper or a bus client gives them.
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
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/git"
)

// Exit codes.
const (
	exitDone    = 0 // answered, or recorded
	exitFailed  = 1 // a file or server failed
	exitUsage   = 2 // the command line makes no sense
	exitUnknown = 4 // nothing is known of what was asked
)

const usage = `usage: branchhistory [flags] [command]

commands:
  demo                      what a dist-git's messages tell, and what not (default)
  record                    add messages from standard input
  poll REPO...              look at the heads and add what was found
  guess REPO BRANCH         add guesses from the dates of commits
  at REPO BRANCH TIME       where the branch pointed
  between REPO BRANCH FROM TO
  whohas COMMIT             which branches pointed at it, and when
  serve                     answer over HTTP, and record what is posted

exit codes: 0 done, 1 failed, 2 usage, 4 nothing is known

flags:
`

var errUnknown = errors.New("nothing is known of it")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// app is one command line.
type app struct {
	file, url, listen, secretFile, format string
	history                               *distgit.HistoryFile
	now                                   func() time.Time
	stdin                                 io.Reader
	out                                   io.Writer
}

type usageError struct{ error }

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{now: time.Now, stdin: stdin, out: stdout}
	f := flag.NewFlagSet("branchhistory", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.StringVar(&a.file, "file", "", "the history `FILE`; made if it is not there")
	f.StringVar(&a.url, "distgit", "", "`URL` of the repositories, for poll and guess")
	f.StringVar(&a.listen, "listen", "127.0.0.1:8080", "`ADDRESS` to serve at")
	f.StringVar(&a.secretFile, "secret-file", "", "`FILE` with the secret that webhooks are signed with; without one posts are refused")
	f.StringVar(&a.format, "format", "text", "text or json")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitUsage
	}
	err := a.command(ctx, f.Args())
	var bad usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &bad):
		fmt.Fprintln(stderr, "branchhistory:", err)
		return exitUsage
	case errors.Is(err, errUnknown):
		fmt.Fprintln(stderr, "branchhistory:", err)
		return exitUnknown
	}
	fmt.Fprintln(stderr, "branchhistory:", err)
	return exitFailed
}

func (a *app) command(ctx context.Context, args []string) (err error) {
	if a.format != "text" && a.format != "json" {
		return usageError{fmt.Errorf("format %q: want text or json", a.format)}
	}
	if len(args) == 0 || args[0] == "demo" {
		return a.demo(ctx)
	}
	want := map[string]int{"record": 0, "poll": -1, "guess": 2, "at": 3, "between": 4, "whohas": 1, "serve": 0}
	n, ok := want[args[0]]
	name, args := args[0], args[1:]
	switch {
	case !ok:
		return usageError{fmt.Errorf("unknown command %q (-h for help)", name)}
	case n >= 0 && len(args) != n, n < 0 && len(args) == 0:
		return usageError{fmt.Errorf("%s: wrong number of arguments (-h for help)", name)}
	case a.file == "":
		return usageError{errors.New("which -file?")}
	case (name == "poll" || name == "guess") && a.url == "":
		return usageError{errors.New("which -distgit?")}
	}
	if a.history, err = distgit.OpenHistory(a.file); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.history.Close()) }()
	switch name {
	case "record":
		return a.record()
	case "poll":
		return a.poll(ctx, args)
	case "guess":
		return a.guess(ctx, args[0], args[1])
	case "serve":
		return a.serve(ctx)
	}
	return a.ask(name, args)
}

func (a *app) ask(name string, args []string) error {
	if name == "whohas" {
		return a.print(a.history.WhoHas(args[0])...)
	}
	repo, err := distgit.ParseRepo(args[0])
	if err != nil {
		return usageError{err}
	}
	var times []time.Time
	for _, s := range args[2:] {
		t, err := parseTime(s)
		if err != nil {
			return usageError{err}
		}
		times = append(times, t)
	}
	if name == "between" {
		return a.print(a.history.Between(repo, args[1], times[0], times[1])...)
	}
	tip := a.history.At(repo, args[1], times[0])
	if tip.Confidence == distgit.Unknown {
		return fmt.Errorf("%v %s: %w", repo, args[1], errUnknown)
	}
	return a.print(tip)
}

func parseTime(s string) (time.Time, error) {
	for _, form := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q: want 2006-01-02 or 2006-01-02T15:04:05Z", s)
}

// answer is a tip in JSON.
type answer struct {
	Repo       distgit.Repo       `json:"repo"`
	Branch     string             `json:"branch"`
	Commit     string             `json:"commit"` // empty: the branch did not exist
	Other      string             `json:"other,omitempty"`
	From       time.Time          `json:"from,omitzero"`
	To         time.Time          `json:"to,omitzero"`
	Confidence distgit.Confidence `json:"confidence"`
	Evidence   distgit.Evidence   `json:"evidence"`
}

func newAnswer(t distgit.Tip) answer {
	return answer{t.Repo, t.Ref, t.Commit, t.Other, t.From, t.To, t.Confidence, t.Evidence}
}

func (a *app) print(tips ...distgit.Tip) error {
	if len(tips) == 0 {
		return errUnknown
	}
	for _, t := range tips {
		if a.format == "json" {
			if err := json.NewEncoder(a.out).Encode(newAnswer(t)); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintln(a.out, sentence(t)); err != nil {
			return err
		}
	}
	return nil
}

func sentence(t distgit.Tip) string {
	show := func(c string) string {
		if c == "" || c == distgit.NoCommit {
			return "not there"
		}
		return c[:min(len(c), 12)]
	}
	s := fmt.Sprintf("%v %s: %s", t.Repo, t.Ref, show(t.Commit))
	if t.Confidence == distgit.Between {
		s += " or " + show(t.Other)
	}
	clock := func(t time.Time, open string) string {
		if t.IsZero() {
			return open
		}
		return t.UTC().Format("2006-01-02 15:04:05")
	}
	return s + fmt.Sprintf(", %s (from %s to %s)", t.Confidence, clock(t.From, "ever"), clock(t.To, "now"))
}

// poll looks at the heads of repositories.
func (a *app) poll(ctx context.Context, names []string) error {
	c, err := git.NewClient(a.url, git.WithRetry(git.Retry{Max: 3}))
	if err != nil {
		return err
	}
	var repos []distgit.Repo
	for _, n := range names {
		r, err := distgit.ParseRepo(n)
		if err != nil {
			return usageError{err}
		}
		repos = append(repos, r)
	}
	at := a.now()
	var failed error
	added := 0
	for _, r := range c.HeadsAll(ctx, repos) {
		if r.Err != nil {
			failed = errors.Join(failed, r.Err)
			continue
		}
		n, err := a.history.Add(a.history.Poll(r.Heads, at)...)
		if added += n; err != nil {
			return err
		}
	}
	fmt.Fprintf(a.out, "%d observations\n", added)
	return failed
}

// guess fills the time before the first observation from the dates of commits.
func (a *app) guess(ctx context.Context, name, branch string) error {
	repo, err := distgit.ParseRepo(name)
	if err != nil {
		return usageError{err}
	}
	c, err := git.NewClient(a.url, git.WithRetry(git.Retry{Max: 3}))
	if err != nil {
		return err
	}
	commits, err := c.FirstParents(ctx, repo, branch, 0)
	if err != nil {
		return err
	}
	n, err := a.history.Add(distgit.GuessHistory(repo, branch, commits, distgit.DatingRunningMax, a.now())...)
	fmt.Fprintf(a.out, "%d guesses from %d commits\n", n, len(commits))
	return err
}

// firstWord is for messages about lines that do not read.
func firstWord(s string) string {
	w, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return w[:min(len(w), 40)]
}

// SPDX-License-Identifier: MIT

// Koji does with a hub what scripts need: call anything and print JSON, list a
// tag, follow a task with its logs, download a build, upload and build a
// source package, wait for a repo.
//
//	go run ./examples/koji                                  every command, on a demo hub
//	koji -profile fedora call getBuild bash-5.3-1.fc43
//	koji -hub URL list-tag f43-build bash
//	koji -hub URL -user me build f43 ./bash-5.3-2.src.rpm   (password in KOJI_PASSWORD)
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
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seed-f134cc8e/relkit/koji"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1 // the hub said no, or a task failed
	exitUsage       = 2
	exitNotFound    = 3
	exitUnavailable = 4 // no usable answer from the hub
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

var errUsage = errors.New("usage")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := execute(ctx, args, stdout, stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	fmt.Fprintln(stderr, "koji:", strings.TrimPrefix(err.Error(), "koji: "))
	switch {
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, koji.ErrNotFound):
		return exitNotFound
	case errors.Is(err, koji.ErrUnavailable):
		return exitUnavailable
	}
	return exitFailed
}

// session is what a command works with.
type session struct {
	c      *koji.Client
	out    io.Writer
	status io.Writer // progress for people
	json   bool
	dir    string
	every  time.Duration
}

// A command and its arguments, as the usage shows them.
type command struct {
	name, args, what string
	least            int // arguments
	run              func(ctx context.Context, s *session, args []string) error
}

var commands = []command{
	{"call", "METHOD [ARG...]", "call any method; arguments are JSON or plain text, NAME=JSON by name", 1, call},
	{"list-tag", "TAG [PACKAGE]", "the latest builds in a tag, inherited ones too", 1, listTag},
	{"watch", "TASK...", "follow tasks and their logs to the end", 1, watch},
	{"download", "BUILD", "fetch a build's packages, verified", 1, download},
	{"build", "TARGET SOURCE", "build a git URL or a source package, and follow it", 2, build},
	{"wait-repo", "TAG [NVR...]", "wait until builds are in a tag's repo", 1, waitRepo},
}

func execute(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("koji", flag.ContinueOnError)
	fs.SetOutput(stderr)
	hub := fs.String("hub", "", "hub at `URL`")
	profile := fs.String("profile", "", "hub of a profile in koji.conf")
	user := fs.String("user", "", "log in as this user, with the password in KOJI_PASSWORD")
	topurl := fs.String("topurl", "", "root of the hub's files, for download")
	s := &session{out: stdout, status: stderr}
	fs.BoolVar(&s.json, "json", false, "print JSON")
	fs.StringVar(&s.dir, "dir", ".", "where downloads go")
	fs.DurationVar(&s.every, "every", 5*time.Second, "time between looks at a task or repo")
	fs.Usage = func() {
		fmt.Fprint(stderr, "Usage: koji [flags] COMMAND\n\n")
		for _, c := range commands {
			fmt.Fprintf(stderr, "  %-26s %s\n", c.name+" "+c.args, c.what)
		}
		fmt.Fprint(stderr, "\nWithout a hub and a command it shows all of them on a demo hub.\n\n")
		fs.PrintDefaults()
		fmt.Fprint(stderr, "\nExit status: 0 done, 1 the hub said no or a task failed, 2 usage, 3 not found, 4 hub away.\n")
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if *hub == "" && *profile == "" {
		if fs.NArg() > 0 {
			return fmt.Errorf("%w: say which hub: -hub URL or -profile NAME", errUsage)
		}
		return demo(ctx, s)
	}
	var opts []koji.Option
	if *user != "" {
		opts = append(opts, koji.WithPassword(*user, os.Getenv("KOJI_PASSWORD")))
	}
	if *topurl != "" {
		opts = append(opts, koji.WithTopURL(*topurl))
	}
	var err error
	switch {
	case *hub != "" && *profile != "":
		return fmt.Errorf("%w: give -hub or -profile, not both", errUsage)
	case *hub != "":
		s.c, err = koji.NewClient(*hub, opts...)
	default:
		s.c, err = koji.FromProfile(*profile, opts...)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return s.do(ctx, fs.Args())
}

// do runs one command.
func (s *session) do(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: no command (-h lists them)", errUsage)
	}
	for _, c := range commands {
		if c.name == args[0] {
			if len(args)-1 < c.least {
				return fmt.Errorf("%w: %s %s", errUsage, c.name, c.args)
			}
			return c.run(ctx, s, args[1:])
		}
	}
	return fmt.Errorf("%w: no command %q (-h lists them)", errUsage, args[0])
}

// print writes a value as JSON.
func (s *session) print(v any) error {
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func call(ctx context.Context, s *session, args []string) error {
	var params []any
	named := koji.Named{}
	for _, a := range args[1:] {
		if name, value, ok := strings.Cut(a, "="); ok && name != "" && !strings.ContainsAny(name, "{[\"/:") {
			named[name] = argument(value)
			continue
		}
		params = append(params, argument(a))
	}
	if len(named) > 0 {
		params = append(params, named)
	}
	var result any
	if err := s.c.Call(ctx, args[0], params, &result); err != nil {
		return err
	}
	return s.print(result)
}

// argument reads JSON, with whole numbers as such, and takes everything else as
// text.
func argument(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	var v any
	if json.Unmarshal([]byte(text), &v) == nil {
		return v
	}
	return text
}

func listTag(ctx context.Context, s *session, args []string) error {
	q := koji.TaggedQuery{Tag: koji.Ref(args[0]), Inherit: true, Latest: 1}
	if len(args) > 1 {
		q.Package = args[1]
	}
	for b, err := range s.c.Tagged(ctx, q) {
		switch {
		case err != nil:
			return err
		case s.json:
			if err := json.NewEncoder(s.out).Encode(b); err != nil {
				return err
			}
		default:
			fmt.Fprintf(s.out, "%-50s %-20s %s\n", b.NVR, b.Tag, b.Owner)
		}
	}
	return nil
}

func watch(ctx context.Context, s *session, args []string) error {
	var ids []int
	for _, a := range args {
		id, err := strconv.Atoi(a)
		if err != nil {
			return fmt.Errorf("%w: %q is no task", errUsage, a)
		}
		ids = append(ids, id)
	}
	return s.follow(ctx, ids...)
}

// follow prints how tasks and what they start get on, then the end of the log
// of what failed.
func (s *session) follow(ctx context.Context, ids ...int) error {
	var failed error
	for ch, err := range s.c.WatchTasks(ctx, koji.Watch{Tasks: ids, Interval: s.every, MaxInterval: s.every}) {
		if err != nil {
			return err
		}
		if s.json {
			if err := json.NewEncoder(s.out).Encode(ch.Status()); err != nil {
				return err
			}
		} else {
			fmt.Fprintf(s.out, "%-17s %s\n", ch.Task.Method, ch.Status())
		}
		if ch.Task.ID == ch.Top && ch.Task.Finished() && ch.Task.State != koji.TaskClosed {
			failed = fmt.Errorf("task %d: %s", ch.Task.ID, ch.Task.State)
			if why, err := s.c.TaskFailure(ctx, ch.Task.ID, 20); err == nil {
				failed = fmt.Errorf("%w: %s\n%s", failed, why.Log, why.Tail)
			}
		}
	}
	return failed
}

func download(ctx context.Context, s *session, args []string) error {
	names, err := s.c.DownloadBuild(ctx, koji.Ref(args[0]), koji.BuildDownload{Dir: s.dir, Progress: s.bar})
	if err != nil {
		return err
	}
	for _, n := range names {
		fmt.Fprintln(s.out, n)
	}
	return nil
}

// bar shows how far a transfer is, on a line of its own.
func (s *session) bar(file string, done, size int64) {
	const width = 30
	filled := width
	if size > 0 {
		filled = int(done * width / size)
	}
	end := "\r"
	if done >= size {
		end = "\n"
	}
	fmt.Fprintf(s.status, "[%s%s] %d/%d %s%s", strings.Repeat("#", filled), strings.Repeat(".", width-filled), done, size, file, end)
}

func build(ctx context.Context, s *session, args []string) error {
	source := args[1]
	if strings.HasSuffix(source, ".src.rpm") {
		uploaded, err := s.c.UploadFile(ctx, source, koji.UploadRequest{
			Dir: koji.NewUploadDir("cli-build", time.Now()), Progress: func(done, size int64) { s.bar(source, done, size) },
		})
		if err != nil {
			return err
		}
		source = uploaded
	}
	task, err := s.c.StartBuild(ctx, koji.BuildRequest{Source: source, Target: args[0]})
	if err != nil {
		return err
	}
	return s.follow(ctx, task)
}

func waitRepo(ctx context.Context, s *session, args []string) error {
	repo, err := s.c.WaitRepo(ctx, koji.RepoWait{Tag: koji.Ref(args[0]), Builds: args[1:], Interval: s.every, MaxInterval: s.every})
	if err != nil {
		return err
	}
	if s.json {
		return s.print(repo)
	}
	fmt.Fprintf(s.out, "repo %d of %s, as of event %d\n", repo.ID, repo.Tag, repo.EventID)
	return nil
}

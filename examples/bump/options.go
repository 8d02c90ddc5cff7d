// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/mail"
	"os"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/git"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/examples/world/services"
)

// options are one command line.
type options struct {
	url, push, user, passwordFile string
	dir                           string // of the demo world
	branch, message, reason       string
	author                        git.Signature
	minor, empty, write           bool
	format                        string
	workers                       int
	repos                         []distgit.Repo
}

const usage = `usage: bump [flags] PACKAGE...

A package is NAME or NAMESPACE/NAME; "-" reads more from standard input.

exit codes: 0 done, 1 at least one failed, 2 usage, 130 interrupted

flags:
`

// parse reads a command line. Its error has been told already.
func parse(args []string, stdin io.Reader, stderr io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("bump", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.StringVar(&o.url, "distgit", "", "`URL` of the repositories; none: the demo world")
	f.StringVar(&o.dir, "dir", "", "keep the demo world in `DIR`, to look at it with git log afterwards")
	f.StringVar(&o.push, "push", "", "`URL` to push to, such as ssh://{user}@pkgs.example.org; none: where it is read from")
	f.StringVar(&o.user, "user", "", "account `NAME`")
	f.StringVar(&o.passwordFile, "password-file", "", "`FILE` with the account's password or token")
	f.StringVar(&o.branch, "branch", "", "`BRANCH` to bump; in the demo world "+distro.Branch)
	author := f.String("author", "", "`\"NAME <MAIL>\"` for commit and changelog")
	f.StringVar(&o.message, "message", "", "commit message and changelog `TEXT`; a rebuild if none is given")
	f.StringVar(&o.reason, "reason", "", "`ID` of why; with the same id nothing is done twice")
	f.BoolVar(&o.minor, "minor", false, "bump behind the dist tag, for branches that stay below newer ones")
	f.BoolVar(&o.empty, "empty", false, "make empty commits, whatever the repositories hold")
	f.BoolVar(&o.write, "write", false, "push; without it nothing is changed")
	f.StringVar(&o.format, "format", "text", "text or json (one object a line)")
	f.IntVar(&o.workers, "workers", 8, "how many repositories at a time")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	err := o.complete(*author, f.Args(), stdin)
	if err != nil {
		fmt.Fprintln(stderr, "bump:", err)
	}
	return o, err
}

func (o *options) complete(author string, names []string, stdin io.Reader) error {
	if o.url == "" { // the demo world
		if o.push != "" || o.user != "" || o.passwordFile != "" {
			return errors.New("-push, -user and -password-file need -distgit")
		}
		if o.branch == "" {
			o.branch = distro.Branch
		}
		if author == "" {
			author = "Release Engineering <releng@example.com>"
		}
	} else if o.dir != "" {
		return errors.New("-dir is for the demo world")
	}
	if o.message == "" {
		o.message = "Rebuilt"
	}
	switch {
	case o.branch == "":
		return errors.New("which -branch?")
	case author == "":
		return errors.New("which -author?")
	case o.format != "text" && o.format != "json":
		return fmt.Errorf("format %q: want text or json", o.format)
	case o.workers < 1:
		return errors.New("-workers: want at least 1")
	}
	a, err := mail.ParseAddress(author)
	if err != nil || a.Name == "" {
		return fmt.Errorf(`author %q: want "Name <mail>"`, author)
	}
	o.author = git.Signature{Name: a.Name, Email: a.Address}
	return o.packages(names, stdin)
}

func (o *options) packages(names []string, stdin io.Reader) error {
	seen := map[distgit.Repo]bool{}
	add := func(name string) error {
		r, err := distgit.ParseRepo(name)
		if err == nil && !seen[r] {
			seen[r] = true
			o.repos = append(o.repos, r)
		}
		return err
	}
	for _, n := range names {
		if n != "-" {
			if err := add(n); err != nil {
				return err
			}
			continue
		}
		sc := bufio.NewScanner(stdin)
		for sc.Scan() {
			if line := strings.TrimSpace(sc.Text()); line != "" && line[0] != '#' {
				if err := add(line); err != nil {
					return err
				}
			}
		}
		if err := sc.Err(); err != nil {
			return err
		}
	}
	if len(o.repos) == 0 {
		return errors.New("which packages? (-h for help)")
	}
	return nil
}

// demoTime dates the commits of the demo world, so that it always says the
// same.
var demoTime = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

// connect returns a client, of the demo world if there is no URL, and what to
// call in the end.
func connect(o *options) (*git.Client, func(), error) {
	opts := []git.Option{git.WithWorkers(o.workers), git.WithUserAgent("relkit-bump"), git.WithRetry(git.Retry{Max: 3})}
	root, done := o.url, func() {}
	if root == "" {
		w, err := services.Start(services.Options{Dir: o.dir})
		if err != nil {
			return nil, nil, err
		}
		root, done = w.DistGit, func() { _ = w.Close() }
		opts = append(opts, git.WithNow(func() time.Time { return demoTime }))
	}
	if o.push != "" {
		opts = append(opts, git.WithSite(distgit.Site{SSH: o.push}, o.user))
	}
	if o.passwordFile != "" {
		secret, err := os.ReadFile(o.passwordFile)
		if err != nil {
			done()
			return nil, nil, err
		}
		opts = append(opts, git.WithPassword(o.user, strings.TrimSpace(string(secret))))
	}
	c, err := git.NewClient(root, opts...)
	if err != nil {
		done()
		return nil, nil, err
	}
	return c, done, nil
}

// SPDX-License-Identifier: MIT

package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// options are the command line. Those with a JSON name are remembered in the
// state folder, so that resume needs none of them.
type options struct {
	source.From

	resume   bool
	changed  []planner.ID
	Changed  string `json:"changed"`
	DistGit  string `json:"distgit,omitempty"`
	Branch   string `json:"branch,omitempty"`
	User     string `json:"user,omitempty"`
	Target   string `json:"target,omitempty"`
	CI       string `json:"ci,omitempty"`
	Context  string `json:"context,omitempty"`
	Mail     string `json:"mail,omitempty"`
	State    string `json:"-"`
	Fail     string `json:"fail,omitempty"`
	FailTest string `json:"failTest,omitempty"`
	Demo     bool   `json:"demo,omitempty"`
	Parallel int    `json:"parallel,omitempty"`

	write, planOnly, yes, json bool
	limit                      int
	poll, patience, timeout    time.Duration
	speed                      float64
	password                   string

	// hook is called at every step of the journal; tests crash there.
	hook func(drive.Point, planner.Action) error
}

const demoChanged = "rpms/perl-App-FatPacker,rpms/perl-B-Debug"

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{password: os.Getenv("KOJI_PASSWORD")}
	if len(args) > 0 && args[0] == "resume" {
		o.resume, args = true, args[1:]
	}
	fs := flag.NewFlagSet("orchestrator", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, "Usage: orchestrator [flags]            rebuild what a change makes necessary\n"+
			"       orchestrator resume -state DIR  go on with a run that was stopped or killed\n\n"+
			"What depends on what comes from PDC (-pdc, -release), a Koji tag (-koji, -target or -tag),\n"+
			"repositories (-repo) or a graph file (-graph). Without any, it runs in a demo distribution.\n"+
			"The hub's password is read from the environment: KOJI_PASSWORD.\n\n")
		fs.PrintDefaults()
		fmt.Fprint(stderr, "\nExit status: 0 done, 1 failure, 2 usage, 3 held by a limit, 4 unfixed failures left,\n5 state folder in use, damaged or of another run, 130 interrupted.\n")
	}
	fs.StringVar(&o.Changed, "changed", "", "changed components, separated by commas (demo: "+demoChanged+")")
	o.Flags(fs, source.FromPDC, source.FromKoji, source.FromRepo, source.FromFile)
	source.List(fs, "arch", "`architectures` whose packages count, of a Koji tag or repositories (default: all)", &o.Arches)
	fs.StringVar(&o.DistGit, "distgit", "", "dist-git at `URL`, where commits are made")
	fs.StringVar(&o.Branch, "branch", "", "dist-git branch of the release")
	fs.StringVar(&o.User, "user", "", "user at the hub and at dist-git")
	fs.StringVar(&o.Target, "target", "", "build target; the side tag is made from its build tag, and the build tag is the -tag that is read")
	fs.StringVar(&o.CI, "ci", "", "Greenwave at `URL`; empty: builds are not gated")
	fs.StringVar(&o.Context, "context", "side_tag_merge", "decision context that a build must satisfy")
	fs.StringVar(&o.Mail, "mail", "", "author of commits, \"Name <mail>\"")
	fs.StringVar(&o.State, "state", "", "remember the run in `DIR`; a temporary folder otherwise")
	fs.StringVar(&o.Fail, "fail", "perl-DateTime-Locale", "demo: package whose build fails until it is fixed, or none")
	fs.StringVar(&o.FailTest, "fail-test", "perl-Perl-Critic", "demo: package whose test fails until it is fixed, or none")
	fs.BoolVar(&o.write, "write", false, "change real services; without it they are only read")
	fs.BoolVar(&o.planOnly, "plan-only", false, "print the plan and stop")
	fs.BoolVar(&o.yes, "yes", false, "go on although the plan is over its limit")
	fs.BoolVar(&o.json, "json", false, "print one JSON object a line instead of text")
	fs.IntVar(&o.limit, "limit", 500, "largest number of rebuilds that needs no agreement; 0: none")
	fs.IntVar(&o.Parallel, "parallel", 50, "most builds at a time")
	fs.DurationVar(&o.poll, "poll", 30*time.Second, "time between looks at the services")
	fs.DurationVar(&o.patience, "patience", 24*time.Hour, "how long to wait for a fix when nothing else is left to do")
	fs.DurationVar(&o.timeout, "timeout", 24*time.Hour, "how long a build, a repo or a decision may take")
	fs.Float64Var(&o.speed, "speed", 1, "how many seconds pass in the services' world in one second")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	fail := func(format string, args ...any) (options, error) {
		err := fmt.Errorf(format, args...)
		fmt.Fprintf(stderr, "orchestrator: %v (-h tells the flags)\n", err)
		return o, fmt.Errorf("%w: %w", rebuild.ErrUsage, err)
	}
	switch {
	case fs.NArg() > 0:
		return fail("unexpected argument %q", fs.Arg(0))
	case o.resume && o.State == "":
		return fail("resume needs -state DIR")
	case o.limit < 0 || o.Parallel < 1 || o.poll <= 0 || o.timeout <= 0 || o.speed <= 0:
		return fail("-limit, -parallel, -poll, -timeout and -speed must be positive")
	}
	if o.resume {
		return o, nil
	}
	if err := o.Settle(); err != nil {
		return fail("%v", err)
	}
	o.Demo = o.PDC == "" && o.DistGit == "" && o.Koji == "" && o.Profile == "" && o.CI == "" && (!o.given() || o.planOnly)
	if o.Changed == "" && o.Demo && !o.given() {
		o.Changed = demoChanged
	}
	for _, id := range strings.Split(o.Changed, ",") {
		if id = strings.TrimSpace(id); id != "" {
			o.changed = append(o.changed, planner.ID(id))
		}
	}
	switch {
	case len(o.changed) == 0:
		return fail("nothing changed: name the changed components with -changed")
	case o.Demo:
		o.demo()
	case !o.given() && (o.Source != source.FromPDC || o.PDC == "" || o.Release == "") &&
		(o.Source != source.FromKoji || o.Koji == "" && o.Profile == "" || o.Tag == "" && o.Target == ""):
		return fail("say where dependencies are known: -pdc URL -release NAME, -koji URL -target NAME (or -tag), -repo URL, or -graph FILE")
	case o.write && (o.Koji == "" && o.Profile == "" || o.DistGit == "" || o.Target == "" || o.Branch == "" || o.User == ""):
		return fail("-write needs -koji (or -profile), -distgit, -target, -branch and -user")
	}
	return o, nil
}

// given reports whether the source is at hand, without a service.
func (o options) given() bool { return o.Source == source.FromFile || o.Source == source.FromRepo }

// demo fills in what the demo world is.
func (o *options) demo() {
	o.write = !o.planOnly
	o.Release, o.Branch, o.Target = distro.Release, distro.Branch, distro.Target
	if o.Source == "" {
		o.Source = source.FromPDC
	}
	o.poll, o.speed = 15*time.Second, 400
	if o.Fail == "none" {
		o.Fail = ""
	}
	if o.FailTest == "none" {
		o.FailTest = ""
	}
}

// gates are what results must pass before others are built against them.
func (o options) gates() []planner.Gate {
	if o.CI == "" {
		return nil
	}
	return []planner.Gate{{Name: o.Context}}
}

// clock is the services' clock.
func (o options) clock() rebuild.Clock { return rebuild.Clock{Speed: o.speed} }

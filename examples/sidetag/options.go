// SPDX-License-Identifier: MIT

package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// options are the command line. Those with a JSON name are remembered in the
// state folder, so that resume needs none of them.
type options struct {
	resume   bool
	Old      []string `json:"old"`
	New      []string `json:"new"`
	Exclude  []string `json:"exclude,omitempty"`
	Koji     string   `json:"koji,omitempty"`
	Profile  string   `json:"profile,omitempty"`
	TopURL   string   `json:"topURL,omitempty"`
	Arches   []string `json:"arches,omitempty"`
	DistGit  string   `json:"distgit,omitempty"`
	Branch   string   `json:"branch,omitempty"`
	Target   string   `json:"target,omitempty"`
	SideTag  string   `json:"sideTag,omitempty"` // to be taken, not made
	User     string   `json:"user,omitempty"`
	Mail     string   `json:"mail,omitempty"`
	Bodhi    string   `json:"bodhi,omitempty"`
	Merge    bool     `json:"merge,omitempty"`
	Notes    string   `json:"notes,omitempty"`
	Type     string   `json:"type,omitempty"`
	Severity string   `json:"severity,omitempty"`
	Bugs     []int    `json:"bugs,omitempty"`
	Wait     string   `json:"wait,omitempty"`
	Barrier  bool     `json:"barrier,omitempty"`
	Limit    int      `json:"limit,omitempty"`
	Parallel int      `json:"parallel,omitempty"`
	Demo     bool     `json:"demo,omitempty"`
	Bump     string   `json:"bump,omitempty"`
	Fail     []string `json:"fail,omitempty"`

	State                            string `json:"-"`
	write, planOnly, yes, json, loud bool
	retry                            []string
	poll, patience                   time.Duration
	speed                            float64
	password, token                  string

	// hook is called at every step of the journal; tests crash there.
	hook func(drive.Point, planner.Action) error
}

const usage = `usage: sidetag [flags]            rebuild what new packages break, in a side tag
       sidetag resume -state DIR  go on with a run that was stopped or killed

Without -repo, -new and services it runs in a demo distribution.
Secrets are read from the environment: KOJI_PASSWORD for the hub and dist-git,
BODHI_TOKEN for Bodhi.

`

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{password: os.Getenv("KOJI_PASSWORD"), token: os.Getenv("BODHI_TOKEN")}
	if len(args) > 0 && args[0] == "resume" {
		o.resume, args = true, args[1:]
	}
	f := flag.NewFlagSet("sidetag", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
		fmt.Fprint(stderr, "\nExit status: 0 done, 1 failure, 2 usage, 3 held by a limit, 4 unfixed failures left,\n5 state folder in use, damaged or of another run, 130 interrupted.\n")
	}
	source.List(f, "repo", "`folders or URLs` of repositories as they are, binary and source, with commas (default: the repo of the target's build tag)", &o.Old)
	source.List(f, "new", "`repositories` that have the new packages, with commas (default: the repo of the side tag)", &o.New)
	source.List(f, "exclude", "`packages` that are not to be rebuilt although they break, with commas", &o.Exclude)
	f.StringVar(&o.Koji, "koji", "", "Koji hub at `URL`")
	f.StringVar(&o.Profile, "profile", "", "Koji hub of a profile in koji.conf")
	f.StringVar(&o.TopURL, "topurl", "", "the hub's files at `URL` (default: the profile's, or kojifiles beside kojihub)")
	source.List(f, "arch", "`architectures` of the tags that are read, with commas (default: all)", &o.Arches)
	f.StringVar(&o.DistGit, "distgit", "", "dist-git at `URL`, where commits are made")
	f.StringVar(&o.Branch, "branch", "", "dist-git branch of the release")
	f.StringVar(&o.Target, "target", "", "build target; the side tag is made below its build tag")
	f.StringVar(&o.SideTag, "side-tag", "", "take this side tag instead of making one; new versions that are in it are not built again")
	f.StringVar(&o.User, "user", "", "user at the hub and at dist-git")
	f.StringVar(&o.Mail, "mail", "", "author of commits, \"Name <mail>\"")
	f.StringVar(&o.Bodhi, "bodhi", "", "make an update of the side tag in the Bodhi at `URL`")
	f.BoolVar(&o.Merge, "merge", false, "tag the builds into the target's destination and remove the side tag, where there is no Bodhi")
	f.StringVar(&o.Notes, "notes", "", "what the update says (default: what was rebuilt, and for what)")
	f.StringVar(&o.Type, "type", "", "type of the update: bugfix, enhancement, security, newpackage")
	f.StringVar(&o.Severity, "severity", "", "severity of the update: low, medium, high, urgent")
	var bugs []string
	source.List(f, "bugs", "`numbers` of bugs that the update is about, with commas", &bugs)
	f.StringVar(&o.Wait, "wait", "", "wait until the update is `testing` or stable")
	f.StringVar(&o.State, "state", "", "remember the run in `DIR`, from where resume goes on")
	f.BoolVar(&o.write, "write", false, "change real services; without it they are only read")
	f.BoolVar(&o.planOnly, "plan-only", false, "tell what breaks and print the plan, and stop")
	f.BoolVar(&o.yes, "yes", false, "go on although the plan is over its limit")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line instead of text")
	f.BoolVar(&o.loud, "v", false, "tell everything when it happens, not only the ends of tiers")
	source.List(f, "retry", "with resume: failed `packages` to bump and build again, with commas", &o.retry)
	f.BoolVar(&o.Barrier, "barrier", false, "begin a tier when all before has been built, instead of each package when what it needs has")
	f.IntVar(&o.Limit, "limit", 100, "largest number of rebuilds that needs no agreement; 0: none")
	f.IntVar(&o.Parallel, "parallel", 20, "most builds at a time")
	f.DurationVar(&o.poll, "poll", 30*time.Second, "time between looks at the services")
	f.DurationVar(&o.patience, "patience", time.Hour, "how long to wait for a fix when nothing else is left to do")
	f.Float64Var(&o.speed, "speed", 1, "how many seconds pass in the services' world in one second")
	f.StringVar(&o.Bump, "bump", "libgpg-error", "demo: the library whose soname changes")
	source.List(f, "fail", "demo: `packages` whose build fails until it is fixed, with commas, or none (default: libksba)", &o.Fail)
	if err := f.Parse(args); err != nil {
		return o, err
	}
	fail := func(format string, args ...any) (options, error) {
		err := fmt.Errorf(format, args...)
		fmt.Fprintf(stderr, "sidetag: %v (-h tells the flags)\n", err)
		return o, fmt.Errorf("%w: %w", rebuild.ErrUsage, err)
	}
	for _, b := range bugs {
		n, err := strconv.Atoi(b)
		if err != nil {
			return fail("-bugs: %q is not a number", b)
		}
		o.Bugs = append(o.Bugs, n)
	}
	switch {
	case f.NArg() > 0:
		return fail("unexpected argument %q", f.Arg(0))
	case o.resume && o.State == "":
		return fail("resume needs -state DIR")
	case o.Limit < 0 || o.Parallel < 1 || o.poll <= 0 || o.patience < 0 || o.speed <= 0:
		return fail("-limit, -parallel, -poll, -patience and -speed must be positive")
	}
	if o.resume {
		return o, nil
	}
	if len(o.retry) > 0 {
		return fail("-retry goes with resume")
	}
	hub := o.Koji != "" || o.Profile != ""
	services := hub || o.DistGit != "" || o.Bodhi != ""
	o.Demo = len(o.Old) == 0 && len(o.New) == 0 && !services
	if o.Demo {
		o.demo()
	}
	switch {
	case o.Koji != "" && o.Profile != "":
		return fail("give -koji or -profile, not both")
	case !o.Demo && len(o.Old) == 0 && (!hub || o.Target == ""):
		return fail("say what the packages are compared with: -repo, or the hub and -target")
	case !o.Demo && len(o.New) == 0 && (!hub || o.SideTag == ""):
		return fail("say where the new packages are: -new, or the hub and -side-tag")
	case o.Bodhi != "" && o.Merge:
		return fail("give -bodhi or -merge, not both: Bodhi moves the builds itself")
	case o.Wait != "" && o.Wait != string(bodhi.Testing) && o.Wait != string(bodhi.Stable):
		return fail("-wait takes testing or stable")
	case o.Wait != "" && o.Bodhi == "" && !o.Demo:
		return fail("-wait needs -bodhi: only an update has such states")
	case !o.Demo && o.write && (o.Koji == "" && o.Profile == "" || o.DistGit == "" || o.Target == "" || o.Branch == "" || o.User == "" || o.State == ""):
		return fail("-write needs -koji (or -profile), -distgit, -target, -branch, -user and -state")
	}
	return o, nil
}

// demo fills in what the demo world is.
func (o *options) demo() {
	o.write = !o.planOnly
	o.Branch, o.Target = distro.Branch, distro.Target
	o.poll, o.speed = 15*time.Second, 400
	switch {
	case o.Fail == nil:
		o.Fail = []string{"libksba"}
	case slices.Equal(o.Fail, []string{"none"}):
		o.Fail = []string{}
	}
	if o.Wait == "" && !o.Merge {
		o.Wait = string(bodhi.Stable)
	}
}

// clock is the services' clock.
func (o options) clock() rebuild.Clock { return rebuild.Clock{Speed: o.speed} }

// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
)

var errUsage = errors.New("usage")

const usage = `usage: pdcupdater [flags]            shows a demo
       pdcupdater [flags] listen     hears messages and writes what they mean
       pdcupdater [flags] audit [KIND...]
                                     compares PDC with the systems of record
       pdcupdater [flags] branch BRANCH
                                     makes a release that branches off another

Kinds: package rpm dependency container compose module retirement person group.
Those without a system that tells of them (-koji, -mbs, ...) are left out.
Flags may stand behind the command, too.

exit codes: 0 done, 1 failed, 2 usage, 4 differences, refused writes or
waiting messages remain, 5 state damaged or of another run, 130 interrupted

flags:
`

// options are the command line.
type options struct {
	command string
	names   []string // what stands behind the command

	// The systems.
	pdcURL, pdcServer, tokenFile string
	kojiURL, profile             string
	mbsURL, distgitURL           string
	composes, repos, arches      []string
	groups                       map[string]string // type to URL
	pkgdbFile, fasFile           string
	jobs, retries                int

	policy updater.Policy
	kinds  []updater.Kind
	write  bool
	json   bool

	// listen
	messages, replay, queue, since, start string
	prefix, env                           string
	every, pause                          time.Duration
	// audit
	release, state string
	repair, ended  bool
	// branch
	branching updater.Branching
}

// writes reports whether the command may change PDC.
func (o options) writes() bool { return o.write || o.repair }

// only says to which command a flag belongs; the others are of all.
var only = map[string]string{
	"messages": "listen", "replay": "listen", "queue": "listen", "since": "listen", "start": "listen", "every": "listen", "pause": "listen",
	"prefix": "listen", "env": "listen", "release": "audit", "repair": "audit", "state": "audit", "ended": "audit",
	"from": "branch", "to": "branch", "from-branch": "branch", "name": "branch", "eol": "branch",
}

func (o *options) define(f *flag.FlagSet) {
	f.StringVar(&o.pdcURL, "pdc", "", "`URL` of PDC")
	f.StringVar(&o.pdcServer, "pdc-server", "", "PDC by its `NAME` in the Python client's configuration, with the token there")
	f.StringVar(&o.tokenFile, "token-file", "", "`FILE` that holds the token for -pdc")
	f.StringVar(&o.kojiURL, "koji", "", "`URL` of the Koji hub: rpm, dependency, container")
	f.StringVar(&o.profile, "profile", "", "Koji hub by its `NAME` in koji.conf")
	f.StringVar(&o.mbsURL, "mbs", "", "`URL` of the module build service: module; its rpms need the hub")
	f.StringVar(&o.distgitURL, "distgit", "", "`URL` of dist-git: retirement")
	f.Func("composes", "`FOLDERS` or URLs that hold composes, with commas: compose", list(&o.composes))
	f.Func("repo", "`REPOSITORIES` that tell what packages provide and need, in place of the hub's rpms one by one", list(&o.repos))
	f.Func("arch", "`ARCHES` whose dependencies count, with commas (default: all)", list(&o.arches))
	f.Func("groups", "`TYPE=URL,...` of lists of packages: group", pairs(&o.groups))
	f.StringVar(&o.pkgdbFile, "pkgdb", "", "`FILE` with pkgdb's packages, for audits of package")
	f.StringVar(&o.fasFile, "fas", "", "`FILE` with FAS's user list, for audits of person")
	f.IntVar(&o.jobs, "jobs", 8, "how many questions dist-git is asked at a time")
	f.IntVar(&o.retries, "retries", 4, "how often a read is repeated when a server fails")
	f.StringVar(&o.policy.Rawhide, "rawhide", "", "`VERSION` under development, such as 44")
	f.Func("tags", "`TAG=RELEASE,...` of rpms, beside the guessed ones", pairs(&o.policy.Tags))
	f.Func("container-tags", "`TAG=RELEASE,...` of containers, beside the guessed ones", pairs(&o.policy.Containers))
	f.Func("platforms", "`STREAM=RELEASE,...`: where the needs of modules on a platform are kept", pairs(&o.policy.Platforms))
	f.Func("group-repos", "`REPO=TYPE,...` of lists of packages (default: fedora-atomic=atomic-docker-host)", pairs(&o.policy.GroupRepos))
	f.BoolVar(&o.write, "write", false, "write; else it is only told what would be written")
	f.BoolVar(&o.json, "json", false, "print JSON, an object a line")

	f.StringVar(&o.messages, "messages", "", "listen: `FILE` of messages: JSON lines, an array or datagrepper pages; - is standard input")
	f.StringVar(&o.replay, "replay", "", "listen: `URL` of datagrepper's search")
	f.StringVar(&o.prefix, "prefix", "org.fedoraproject", "listen: `PREFIX` of topics; others are forged, if it is not empty")
	f.StringVar(&o.env, "env", "prod", "listen: environment in topics; empty for a bridge that has none")
	f.StringVar(&o.start, "start", "24h", "listen: `TIME` or duration ago at which the replay begins")
	f.StringVar(&o.since, "since", "", "listen: `FILE` that remembers how far the replay was read")
	f.DurationVar(&o.every, "every", 0, "listen: ask the replay again after this time, for ever")
	f.StringVar(&o.queue, "queue", "", "listen: `FILE` in which messages wait while PDC or a source is down")
	f.DurationVar(&o.pause, "pause", 30*time.Second, "listen: how long not to ask what was down")
	f.StringVar(&o.release, "release", "", "audit: only this `RELEASE` of PDC")
	f.StringVar(&o.state, "state", "", "audit: `FILE` that remembers what is done, to go on there")
	f.BoolVar(&o.repair, "repair", false, "audit: write what is missing or wrong")
	f.BoolVar(&o.ended, "ended", false, "audit: tell ended branches of PDC that dist-git has not retired, too")
	f.StringVar(&o.branching.From, "from", "", "branch: `RELEASE` to branch off")
	f.StringVar(&o.branching.To, "to", "", "branch: `RELEASE` to make (default: by the branch, f43 is fedora-43)")
	f.StringVar(&o.branching.FromBranch, "from-branch", "rawhide", "branch: branch of dist-git that -from is built from")
	f.StringVar(&o.branching.Name, "name", "", "branch: the new release's human name (default: the old one's)")
	f.Func("eol", "branch: `SLA=DATE,...` of the new branches, such as bug_fixes=2026-12-02", func(s string) error {
		var all map[string]string
		if err := pairs(&all)(s); err != nil {
			return err
		}
		if o.branching.EOL == nil {
			o.branching.EOL = map[string]pdc.Date{}
		}
		for sla, date := range all {
			if _, err := time.Parse(time.DateOnly, date); err != nil {
				return fmt.Errorf("%q is no date", date)
			}
			o.branching.EOL[sla] = pdc.Date(date)
		}
		return nil
	})
}

// list reads entries with commas between them; the flag may be given again.
func list(into *[]string) func(string) error {
	return func(s string) error {
		for v := range strings.SplitSeq(s, ",") {
			if v == "" {
				return errors.New("an empty entry")
			}
			*into = append(*into, v)
		}
		return nil
	}
}

// pairs reads KEY=VALUE entries with commas between them.
func pairs(into *map[string]string) func(string) error {
	return func(s string) error {
		for v := range strings.SplitSeq(s, ",") {
			key, value, ok := strings.Cut(v, "=")
			if !ok || key == "" || value == "" {
				return fmt.Errorf("%q: want KEY=VALUE", v)
			}
			if *into == nil {
				*into = map[string]string{}
			}
			if old, ok := (*into)[key]; ok && old != value {
				return fmt.Errorf("%s is both %s and %s", key, old, value)
			}
			(*into)[key] = value
		}
		return nil
	}
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("pdcupdater", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() { fmt.Fprint(stderr, usage); f.PrintDefaults() }
	o.define(f)
	var words []string
	for rest := args; ; { // flags may stand behind words
		if err := f.Parse(rest); err != nil {
			return o, err
		}
		if f.NArg() == 0 {
			break
		}
		words, rest = append(words, f.Arg(0)), f.Args()[1:]
	}
	var given []string
	f.Visit(func(x *flag.Flag) { given = append(given, x.Name) })
	if len(words) > 0 {
		o.command, o.names = words[0], words[1:]
	}
	if err := o.check(given); err != nil {
		fmt.Fprintf(stderr, "pdcupdater: %v (-h tells the flags)\n", err)
		return o, fmt.Errorf("%w: %w", errUsage, err)
	}
	return o, nil
}

// check refuses command lines that make no sense. Given are the flags in it.
func (o *options) check(given []string) error {
	if o.command == "" {
		if len(given) > 0 {
			return errors.New("no command: want listen, audit or branch, or no flags at all for the demo")
		}
		return nil
	}
	if !slices.Contains([]string{"listen", "audit", "branch"}, o.command) {
		return fmt.Errorf("no command %q", o.command)
	}
	for _, name := range given {
		if c := only[name]; c != "" && c != o.command {
			return fmt.Errorf("-%s is a flag of %s", name, c)
		}
	}
	switch {
	case (o.pdcURL == "") == (o.pdcServer == ""):
		return errors.New("say which PDC: -pdc URL or -pdc-server NAME")
	case o.pdcServer != "" && o.tokenFile != "":
		return errors.New("-token-file belongs to -pdc; -pdc-server has its token in the configuration")
	case o.kojiURL != "" && o.profile != "":
		return errors.New("give -koji or -profile, not both")
	case o.jobs < 1 || o.retries < 0 || o.every < 0 || o.pause < 0:
		return errors.New("-jobs must be 1 or more; -retries, -every and -pause not below 0")
	}
	switch o.command {
	case "listen":
		return o.checkListen()
	case "audit":
		return o.checkAudit()
	}
	return o.checkBranch()
}

func (o *options) checkListen() error {
	switch {
	case len(o.names) > 0:
		return fmt.Errorf("listen takes no %q", o.names[0])
	case (o.messages == "") == (o.replay == ""):
		return errors.New("say where messages come from: -messages FILE or -replay URL")
	case o.replay == "" && (o.since != "" || o.every > 0):
		return errors.New("-since and -every belong to -replay")
	case !o.write && (o.queue != "" || o.since != ""):
		return errors.New("-queue and -since forget messages once they are written: they need -write")
	}
	if _, err := startOf(o.start, time.Now()); err != nil {
		return err
	}
	return nil
}

// startOf reads a time, or a duration before now.
func startOf(s string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d).UTC(), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("-start %q: want a time such as 2026-01-31T12:00:00Z, or a duration such as 6h", s)
}

func (o *options) checkAudit() error {
	if o.write && !o.repair {
		return errors.New("an audit writes with -repair")
	}
	for _, name := range o.names {
		var k updater.Kind
		if err := k.UnmarshalText([]byte(name)); err != nil {
			return fmt.Errorf("no kind %q", name)
		}
		if !slices.Contains(audited, k) {
			return fmt.Errorf("nobody tells all there is of %s: it can't be audited", k)
		}
		if !slices.Contains(o.kinds, k) {
			o.kinds = append(o.kinds, k)
		}
	}
	slices.Sort(o.kinds)
	return nil
}

var fedoraBranch = regexp.MustCompile(`^(f|epel)(\d+)$`)

func (o *options) checkBranch() error {
	b := &o.branching
	if len(o.names) != 1 {
		return errors.New("want one branch, such as f43")
	}
	b.Branch = o.names[0]
	if m := fedoraBranch.FindStringSubmatch(b.Branch); b.To == "" && m != nil {
		b.To = strings.Replace(m[1], "f", "fedora", 1) + "-" + m[2]
	}
	switch {
	case b.From == "":
		return errors.New("say which release to branch off: -from RELEASE")
	case b.To == "":
		return fmt.Errorf("the release of branch %s can't be told: -to RELEASE", b.Branch)
	case b.From == b.To || b.FromBranch == b.Branch:
		return errors.New("a release can't branch off itself")
	case len(b.EOL) == 0:
		return errors.New("say until when the branches get what: -eol SLA=DATE")
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

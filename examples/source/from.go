// SPDX-License-Identifier: MIT

package source

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/examples/world/services"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// A Kind is where dependencies are known: the word after -source.
type Kind string

// The kinds of sources.
const (
	FromFile Kind = "file" // a graph file
	FromRepo Kind = "repo" // repositories, binary and source ones
	FromKoji Kind = "koji" // a build tag
	FromPDC  Kind = "pdc"  // a release in PDC
)

// From is what a command line says about the source. The zero value says
// nothing. Programs that remember it keep it as JSON.
type From struct {
	Source  Kind     `json:"source,omitempty"`
	Graph   string   `json:"graph,omitempty"`
	Repos   []string `json:"repos,omitempty"`
	Koji    string   `json:"koji,omitempty"`
	Profile string   `json:"profile,omitempty"`
	TopURL  string   `json:"topURL,omitempty"`
	Tag     string   `json:"tag,omitempty"`
	Repo    string   `json:"kojiRepo,omitempty"`
	PDC     string   `json:"pdc,omitempty"`
	Release string   `json:"release,omitempty"`
	// Arches are those that count; nil is all. Modules are Koji tags with
	// module builds. Programs set both where the flags leave them nil.
	Arches  []string `json:"arches,omitempty"`
	Modules []string `json:"modules,omitempty"`

	kinds []Kind
}

// Flags defines -source and the flags of the kinds that a program takes.
func (f *From) Flags(fs *flag.FlagSet, kinds ...Kind) {
	f.kinds = kinds
	fs.StringVar((*string)(&f.Source), "source", "", "`where` dependencies are known: "+join(kinds, ", ")+" (default: what the other flags name)")
	for _, k := range kinds {
		switch k {
		case FromFile:
			fs.StringVar(&f.Graph, "graph", "", "graph `file`, planner-graph/1 JSON or text, may be gzipped")
		case FromRepo:
			List(fs, "repo", "`folders or URLs` of repositories, binary and source ones, with commas", &f.Repos)
		case FromPDC:
			fs.StringVar(&f.PDC, "pdc", "", "PDC at `URL`")
			fs.StringVar(&f.Release, "release", "", "`release` in PDC")
		case FromKoji:
			fs.StringVar(&f.Koji, "koji", "", "Koji hub at `URL`")
			fs.StringVar(&f.Profile, "profile", "", "Koji hub of a `profile` in koji.conf")
			fs.StringVar(&f.TopURL, "topurl", "", "the hub's files at `URL` (default: the profile's, or kojifiles beside kojihub)")
			fs.StringVar(&f.Tag, "tag", "", "build `tag` whose repo tells what depends on what")
			fs.StringVar(&f.Repo, "koji-repo", "", "`number` of the tag's repo, or latest (default: the newest that is ready)")
			List(fs, "module-tag", "`tags` with module builds, with commas: modules are read from there", &f.Modules)
		}
	}
}

// List defines a flag of words with commas between, which may be repeated.
func List(fs *flag.FlagSet, name, help string, into *[]string) {
	fs.Func(name, help, func(s string) error {
		for v := range strings.SplitSeq(s, ",") {
			if v == "" {
				return errors.New("an empty entry")
			}
			*into = append(*into, v)
		}
		return nil
	})
}

func join(kinds []Kind, between string) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, between)
}

// Settle decides on the source after the flags were read: what -source says,
// or what the other flags make plain. Source stays empty when nothing was said.
// Flags that contradict each other are an error.
func (f *From) Settle() error {
	named := map[Kind]string{}
	for _, x := range []struct {
		kind Kind
		flag string
		set  bool
	}{{FromPDC, "-pdc", f.PDC != ""}, {FromFile, "-graph", f.Graph != ""}, {FromRepo, "-repo", len(f.Repos) > 0}} {
		if x.set {
			named[x.kind] = x.flag
		}
	}
	if f.Koji != "" && f.Profile != "" {
		return errors.New("give -koji or -profile, not both")
	}
	if f.Source == "" {
		var found []string
		for _, k := range []Kind{FromPDC, FromFile, FromRepo} {
			if named[k] != "" {
				f.Source = k
				found = append(found, named[k])
			}
		}
		if len(found) > 1 {
			return fmt.Errorf("give %s, not both", strings.Join(found, " or "))
		}
		if len(found) == 0 && (f.Koji != "" || f.Profile != "" || f.Tag != "") {
			f.Source = FromKoji
		}
	}
	if f.Source == "" {
		return nil
	}
	if !slices.Contains(f.kinds, f.Source) {
		return fmt.Errorf("-source %s is none of %s", f.Source, join(f.kinds, ", "))
	}
	for _, k := range []Kind{FromPDC, FromFile, FromRepo} {
		if k != f.Source && named[k] != "" {
			return fmt.Errorf("-source %s and %s contradict each other", f.Source, named[k])
		}
	}
	switch {
	case f.Source == FromFile && f.Graph == "":
		return errors.New("-source file needs -graph FILE")
	case f.Source == FromRepo && len(f.Repos) == 0:
		return errors.New("-source repo needs -repo")
	case f.Source != FromKoji && (f.Tag != "" || f.Repo != "" || f.Modules != nil):
		return fmt.Errorf("-tag, -koji-repo and -module-tag go with -source koji, not with %s", f.Source)
	case f.Source == FromPDC && (f.PDC == "") != (f.Release == ""):
		return errors.New("-pdc URL and -release NAME go together")
	}
	return nil
}

// Client returns a client of the hub that the flags name.
func (f *From) Client(opts ...koji.Option) (*koji.Client, error) {
	if f.Profile != "" {
		if f.TopURL != "" {
			opts = append(opts, koji.WithTopURL(f.TopURL))
		}
		return koji.FromProfile(f.Profile, opts...)
	}
	top := f.TopURL
	if top == "" {
		if base, ok := strings.CutSuffix(strings.TrimSuffix(f.Koji, "/"), "/kojihub"); ok {
			top = base + "/kojifiles"
		}
	}
	if top != "" {
		opts = append(opts, koji.WithTopURL(top))
	}
	return koji.NewClient(f.Koji, opts...)
}

// Demo starts the demo world where the source is Koji or PDC and no server was
// named, and names the world's. The caller stops it.
func (f *From) Demo() (stop func() error, err error) {
	hub, pdc := f.Source == FromKoji && f.Koji == "" && f.Profile == "", f.Source == FromPDC && f.PDC == ""
	if !hub && !pdc {
		return func() error { return nil }, nil
	}
	w, err := services.Start(services.Options{})
	if err != nil {
		return nil, err
	}
	if pdc {
		f.PDC, f.Release = w.PDC, distro.Release
		return w.Close, nil
	}
	f.Koji = w.Koji
	if f.Tag == "" {
		f.Tag = distro.BuildTag
	}
	if f.Modules == nil {
		f.Modules = []string{services.ModularTag}
	}
	return w.Close, nil
}

// Ask is what [From.Read] needs besides.
type Ask struct {
	// Changed are names of source packages. PDC is asked about what depends on
	// them; the other sources tell everything anyway.
	Changed []string
	// Koji and PDC are clients of the services; nil makes one.
	Koji *koji.Client
	PDC  *pdc.Client
	// Policy makes a graph of packages. Its arches are those of From.
	Policy rpm.Policy
	// Progress is told how far reading is; nil is silent.
	Progress func(text string)
}

// Known is what a source tells.
type Known struct {
	Graph *planner.Graph
	// Universe is what the graph was made of; nil for PDC and graph files.
	Universe *rpm.Universe
	// Tag is the Koji tag that was read; nil for other sources.
	Tag *KojiTag
	// Notes say what the graph lacks, for people: dependencies that nothing
	// satisfies, packages whose needs are not known.
	Notes []string
}

// Read reads the source that was settled on.
func (f *From) Read(ctx context.Context, ask Ask) (*Known, error) {
	k := &Known{}
	policy := ask.Policy
	policy.Arches = f.Arches
	var err error
	switch f.Source {
	case FromFile:
		k.Graph, err = Graph(f.Graph)
	case FromPDC:
		c := ask.PDC
		if c == nil {
			if c, err = pdc.NewClient(f.PDC); err != nil {
				return nil, err
			}
		}
		if k.Graph, err = PDC(ctx, c, f.Release, ask.Changed, ask.Progress); err != nil {
			err = fmt.Errorf("asking PDC what depends on the change: %w", err)
		}
	case FromRepo:
		var pkgs []rpm.Package
		if pkgs, err = Packages(ctx, f.Repos); err == nil {
			k.Universe, err = rpm.NewUniverse(pkgs, policy)
		}
		if err == nil {
			k.Graph = k.Universe.Graph
		}
	case FromKoji:
		c := ask.Koji
		if c == nil {
			if c, err = f.Client(); err != nil {
				return nil, err
			}
		}
		if f.Tag == "" {
			return nil, errors.New("which tag? name a build tag with -tag")
		}
		k.Tag, err = Koji(ctx, c, f.Tag, KojiOptions{Repo: f.Repo, Arches: f.Arches, Modules: f.Modules, Progress: ask.Progress})
		if err == nil {
			k.Universe, k.Graph, err = k.Tag.Universe(policy)
		}
	default:
		err = fmt.Errorf("no source %q", f.Source)
	}
	if err != nil {
		return nil, err
	}
	k.note()
	return k, nil
}

func (k *Known) note() {
	say := func(n int, what string, example any) {
		if n > 0 {
			k.Notes = append(k.Notes, fmt.Sprintf("%s: %d, for example %v", what, n, example))
		}
	}
	if t := k.Tag; t != nil {
		if n := len(t.Unread); n > 0 {
			say(n, "source packages without a file any more, whose needs are not known", t.Unread[0])
		}
		if n := len(t.Problems); n > 0 {
			say(n, "dependencies that cannot be read", t.Problems[0].Package+" "+t.Problems[0].Reason)
		}
		if n := len(t.External); n > 0 {
			say(n, "external repos merged into the tag's", t.External[0].Name)
		}
	}
	if u := k.Universe; u != nil {
		if n := len(u.Unresolved); n > 0 {
			say(n, "unresolved dependencies", fmt.Sprintf("%s needs %s: %s", u.Unresolved[0].By, u.Unresolved[0].Requirement, u.Unresolved[0].Reason))
		}
		if n := len(u.Problems); n > 0 {
			say(n, "packages that cannot be taken as they are", u.Problems[0].Package+": "+u.Problems[0].Reason)
		}
		if n := len(u.Assumed); n > 0 {
			say(n, "sources known by their binary packages alone, whose needs are not known", u.Assumed[0])
		}
	}
	if lost := k.Graph.Dangling(); len(lost) > 0 {
		say(len(lost), "dependencies that lead to nothing", fmt.Sprintf("%s -> %s", lost[0].From, lost[0].To))
	}
}

// PackageNames returns the names of the source packages among nodes, which is
// what PDC is asked by.
func PackageNames(ids []planner.ID) []string {
	var out []string
	for _, id := range ids {
		if name, ok := strings.CutPrefix(string(id), "rpms/"); ok {
			out = append(out, name)
		}
	}
	return out
}

// Around returns the part of a graph that matters for a change: the changed
// nodes, all that needs them, and the edges between.
func Around(g *planner.Graph, changed []planner.ID) (*planner.Graph, error) {
	in := map[planner.ID]bool{}
	queue := slices.Clone(changed)
	b := planner.Builder{Release: g.Release()}
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		n, ok := g.Node(id)
		if !ok || in[id] {
			continue
		}
		in[id] = true
		b.AddNode(n)
		for e := range g.NeededBy(id) {
			queue = append(queue, e.From)
		}
	}
	for id := range in {
		for e := range g.Needs(id) {
			if in[e.To] {
				b.AddEdge(e)
			}
		}
	}
	return b.Graph()
}

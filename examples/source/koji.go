// SPDX-License-Identifier: MIT

package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// KojiOptions say what of a tag is read. The zero value is the newest repo that
// is ready, for all its arches, without modules.
type KojiOptions struct {
	// Repo is the repo's number, or "latest" for the one that the link of that
	// name leads to, whatever the hub says of it; empty is the newest that the
	// hub calls ready.
	Repo string
	// Arches are those whose packages are read; nil is all of the tag's. A
	// binary package's node carries its arch in the id only if several are read.
	Arches []string
	// Modules are tags whose module builds are read too. A tag that does not
	// exist has none, and a hub that does not know the build type.
	Modules []string
	// Progress is told how far it is; nil is silent.
	Progress func(text string)
}

// KojiTag is what a build tag's repo and source packages tell: what the hub
// knew at the repo's event.
type KojiTag struct {
	Repo koji.Repo
	// Arches are those that were read.
	Arches []string
	// Packages are the binary packages of the repo, and the source packages of
	// the tag's latest builds, whose Requires are their BuildRequires.
	Packages []rpm.Package
	// Modules are the module streams of the tags that were asked for.
	Modules []Module
	// External are the repos of others that the hub has merged into this one.
	// What is built from their packages has no build in the tag: a universe
	// tells it as assumed.
	External []koji.TagExternalRepo
	// Unread are source packages, by name-version-release, for which the hub
	// tells no dependency at all, as it does when the file is gone. They are not
	// among Packages; a universe tells them as assumed too.
	Unread []string
	// Problems are dependencies that cannot be read; they count as satisfied by
	// any version.
	Problems []rpm.Problem
}

// chunk is how many calls one request to the hub makes.
const chunk = 200

// Koji reads what depends on what from a build tag: what binary packages need
// and offer from the metadata of the tag's repo, below the client's top URL;
// what source packages need from the hub, which reads it from their files.
//
// The repo is what builds in the tag install from: packages that are blocked
// are not in it, those of external repos are. A source package's BuildRequires
// are those of the machine that made the file: what the spec file says for
// other arches alone, or finds out during the build, is not known.
// The tag's build group, which every buildroot has anyway, makes no edges.
//
// Nothing is returned beside an error, which names the tag. An unknown tag, one
// without a repo and a repo without files are [koji.ErrNotFound].
func Koji(ctx context.Context, c *koji.Client, tag string, o KojiOptions) (*KojiTag, error) {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	t := &KojiTag{}
	err := t.read(ctx, c, tag, o)
	if err != nil {
		return nil, fmt.Errorf("koji tag %s: %w", tag, err)
	}
	return t, nil
}

func (t *KojiTag) read(ctx context.Context, c *koji.Client, tag string, o KojiOptions) (err error) {
	if t.Repo, err = findRepo(ctx, c, tag, o.Repo); err != nil {
		return err
	}
	config, err := c.BuildConfig(ctx, koji.Ref(tag), t.Repo.EventID)
	if err != nil {
		return err
	}
	if err := t.choose(config.ArchList(), o.Arches); err != nil {
		return err
	}
	if t.External, err = c.ListBuildExternalRepos(ctx, koji.Ref(tag), t.Repo.EventID); err != nil {
		return err
	}
	if err := t.binaries(ctx, c, o.Progress); err != nil {
		return err
	}
	if err := t.sources(ctx, c, tag, o.Progress); err != nil {
		return err
	}
	for _, from := range o.Modules {
		if err := t.modules(ctx, c, from); err != nil {
			return err
		}
	}
	return nil
}

// findRepo returns the repo that is meant, or an error that says what to do.
func findRepo(ctx context.Context, c *koji.Client, tag, which string) (koji.Repo, error) {
	if _, err := c.Tag(ctx, koji.Ref(tag)); err != nil {
		return koji.Repo{}, err
	}
	advice := fmt.Sprintf("ask for one with \"koji request-repo %s\" (\"regen-repo\" before Koji 1.35), and see that the tag is the build tag of a target", tag)
	if which == "" {
		r, err := c.Repo(ctx, koji.RepoQuery{Tag: koji.Ref(tag)})
		if !errors.Is(err, koji.ErrNotFound) {
			return r, err
		}
		there := "it never had one"
		for _, s := range []koji.RepoState{koji.RepoInit, koji.RepoExpired, koji.RepoProblem, koji.RepoDeleted} {
			if r, err := c.Repo(ctx, koji.RepoQuery{Tag: koji.Ref(tag), State: &s}); err == nil {
				there = fmt.Sprintf("repo %d is %s", r.ID, s)
				break
			}
		}
		return koji.Repo{}, fmt.Errorf("no repo is ready (%s): %s: %w", there, advice, koji.ErrNotFound)
	}
	id, err := strconv.Atoi(which)
	if which == "latest" {
		id, err = latest(ctx, c, tag)
	} else if err != nil {
		err = fmt.Errorf("%q is neither a repo's number nor latest", which)
	}
	if err != nil {
		return koji.Repo{}, err
	}
	r, err := c.RepoByID(ctx, id)
	switch {
	case err != nil:
		return koji.Repo{}, fmt.Errorf("repo %d: %w", id, err)
	case r.Tag != tag:
		return koji.Repo{}, fmt.Errorf("repo %d is of the tag %s", id, r.Tag)
	case r.State != koji.RepoReady && r.State != koji.RepoExpired:
		return koji.Repo{}, fmt.Errorf("repo %d is %s: %s: %w", id, r.State, advice, koji.ErrNotFound)
	}
	return r, nil
}

// latest is the number of the repo that the link leads to.
func latest(ctx context.Context, c *koji.Client, tag string) (int, error) {
	f, err := kojiFS{ctx, c, koji.LatestRepoPath(tag, "")}.Open("repo.json")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var about struct {
		ID int `json:"id"`
	}
	if err := json.NewDecoder(io.LimitReader(f, 1<<20)).Decode(&about); err != nil || about.ID == 0 {
		return 0, errors.New("the latest repo's repo.json does not tell its number")
	}
	return about.ID, nil
}

// choose settles the arches to read.
func (t *KojiTag) choose(have, want []string) error {
	if len(have) == 0 {
		return errors.New("the tag has no arches, so that its repo holds nothing")
	}
	for i := range have {
		have[i] = koji.RepoArch(have[i])
	}
	if len(want) == 0 {
		want = have
	}
	for _, a := range want {
		a = koji.RepoArch(a)
		if !slices.Contains(have, a) {
			return fmt.Errorf("no arch %s, only %s", a, strings.Join(have, ", "))
		}
		if !slices.Contains(t.Arches, a) {
			t.Arches = append(t.Arches, a)
		}
	}
	return nil
}

// binaries reads the repo's metadata. What is for all arches is in each arch's
// part of the repo and taken once; source packages are left to the hub.
func (t *KojiTag) binaries(ctx context.Context, c *koji.Client, progress func(string)) error {
	type key struct {
		name rpm.NEVRA
		id   string
	}
	seen := map[key]bool{}
	for _, arch := range t.Arches {
		dir := koji.RepoPath(t.Repo, arch)
		progress(fmt.Sprintf("reading %s", dir))
		pkgs, err := read(ctx, []repository{{name: dir, fsys: kojiFS{ctx, c, dir}}})
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("its files are gone, or lie elsewhere than below %s: %w", strings.TrimSuffix(c.FileURL("x"), "/x"), err)
		}
		if err != nil {
			return fmt.Errorf("repo %d: %w", t.Repo.ID, err)
		}
		for _, p := range pkgs {
			k := key{p.NEVRA, p.ID}
			if p.IsSource() || p.Arch == "noarch" && seen[k] {
				continue
			}
			if p.Arch == "noarch" {
				seen[k] = true
			}
			t.Packages = append(t.Packages, p)
		}
	}
	progress(fmt.Sprintf("repo %d: %d packages", t.Repo.ID, len(t.Packages)))
	return nil
}

// sources asks the hub what the source packages of the tag's latest builds
// need, many in one request.
func (t *KojiTag) sources(ctx context.Context, c *koji.Client, tag string, progress func(string)) error {
	rpms, _, err := c.ListTaggedRPMs(ctx, koji.TaggedRPMQuery{
		Tag: koji.Ref(tag), Event: t.Repo.EventID, Inherit: true, Latest: 1, Arches: []string{"src", "nosrc"},
	})
	if err != nil {
		return err
	}
	done := 0
	for part := range slices.Chunk(rpms, chunk) {
		b := c.NewBatch()
		var answers []*koji.Future[[]koji.RPMDep]
		for _, r := range part {
			answers = append(answers, koji.Add[[]koji.RPMDep](b, "getRPMDeps", r.ID, koji.Named{"depType": int(koji.DepRequires)}))
		}
		if err := b.Do(ctx); err != nil {
			return err
		}
		for i, r := range part {
			deps, err := answers[i].Get()
			if err != nil {
				return fmt.Errorf("%s: %w", r.Parsed(), err)
			}
			t.source(r, deps)
		}
		told := done * 10 / len(rpms)
		if done += len(part); done*10/len(rpms) > told {
			progress(fmt.Sprintf("BuildRequires of %d of %d source packages", done, len(rpms)))
		}
	}
	slices.Sort(t.Unread)
	return nil
}

// source takes a source package. rpm puts a feature of itself among the needs
// of each, so that none at all means that the hub could not look.
func (t *KojiTag) source(r koji.RPM, deps []koji.RPMDep) {
	if len(deps) == 0 {
		t.Unread = append(t.Unread, r.Name+"-"+r.Version+"-"+r.Release)
		return
	}
	p := rpm.Package{NEVRA: rpm.NEVRA{Name: r.Name, EVR: rpm.EVR{Version: r.Version, Release: r.Release}, Arch: r.Arch}}
	if r.Epoch != nil && *r.Epoch > 0 {
		p.Epoch = uint32(*r.Epoch)
	}
	for _, d := range deps {
		need := rpm.Relation{Name: d.Name}
		if op := d.Op(); op != "" && !strings.HasPrefix(d.Name, "(") {
			sense, err := rpm.ParseSense(op)
			var evr rpm.EVR
			if err == nil {
				evr, err = rpm.ParseEVR(d.Version)
			}
			if err != nil {
				t.Problems = append(t.Problems, rpm.Problem{Package: p.NEVRA.String(), Reason: fmt.Sprintf("needs %s %s %s: %v", d.Name, op, d.Version, err)})
			} else {
				need.Sense, need.EVR = sense, evr
			}
		}
		p.Requires = append(p.Requires, need)
	}
	t.Packages = append(t.Packages, p)
}

// modules reads the module streams of a tag: of each stream the build that was
// tagged last, as it was at the repo's event.
func (t *KojiTag) modules(ctx context.Context, c *koji.Client, tag string) error {
	seen := map[planner.ID]bool{}
	for b, err := range c.Tagged(ctx, koji.TaggedQuery{Tag: koji.Ref(tag), Event: t.Repo.EventID, Inherit: true, Type: "module", Extra: true, Missing: true}) {
		if e, ok := errors.AsType[*koji.Error](err); ok && strings.HasPrefix(e.Msg, "unsupported build type") {
			return nil // a hub that has never seen a module
		}
		if err != nil {
			return err
		}
		m, ok := b.Module()
		if !ok || m.Modulemd == "" {
			return fmt.Errorf("the build %s of %s holds no module document", b.NVR, tag)
		}
		id := ModuleID(m.Name, m.Stream)
		if seen[id] {
			continue
		}
		seen[id] = true
		doc, err := modulemd.ParseLax(b.NVR, []byte(m.Modulemd))
		if err != nil {
			return fmt.Errorf("the module document of %s: %w", b.NVR, err)
		}
		t.Modules = append(t.Modules, moduleOf(id, doc))
	}
	return nil
}

// Universe resolves the dependencies; with the policy's release as its label.
// The graph has the modules too, and so may hold more than the universe's own.
func (t *KojiTag) Universe(p rpm.Policy) (*rpm.Universe, *planner.Graph, error) {
	u, err := rpm.NewUniverse(t.Packages, p)
	if err != nil {
		return nil, nil, err
	}
	g, err := withModules(u.Graph, t.Modules)
	return u, g, err
}

// kojiFS opens files in a folder below a client's top URL.
type kojiFS struct {
	ctx context.Context
	c   *koji.Client
	dir string
}

// Open starts to fetch a file. It implements [fs.FS].
func (k kojiFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return fetch(k.ctx, k.c, path.Join(k.dir, name))
}

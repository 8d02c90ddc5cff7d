// SPDX-License-Identifier: MIT

package git

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/spec"
)

// Release is what %autorelease comes to at one commit.
type Release struct {
	Commit string
	// Number counts the commits since the version changed; those without a spec
	// file are not counted, and carry on the count before them.
	Number int
	// Release is the number with the macro's flags, without the dist tag:
	// "0.3.rc1". Empty when the commit has no spec file.
	Release string
	// EpochVersion is "1.0" or "1:1.0"; empty when it takes rpm to know.
	EpochVersion string
}

// Autospec is what rpmautospec makes of a branch's history.
type Autospec struct {
	Spec string // path of the spec file
	Tip  Release
	// Releases has the release at every commit behind the tip, by commit.
	Releases map[string]Release
	// Changelog is what %autochangelog comes to at the tip, entries parted by
	// blank lines.
	Changelog string
}

// Autospec computes releases and changelog as rpmautospec 0.8.5 does: from the
// whole history, which is fetched in one go and held compressed. The error
// wraps [ErrNoSpec] when the tip has no spec file.
//
// A version that only rpm can tell is unknown here and does not begin a new
// count; the tool, which runs rpm, may know it.
func (c *Client) Autospec(ctx context.Context, repo distgit.Repo, ref string) (*Autospec, error) {
	var snap *snapshot
	err := c.reading(ctx, func(ctx context.Context) (err error) {
		snap, err = c.fetch(ctx, repo, ref, 0)
		return err
	})
	if err != nil {
		return nil, at(err, "autospec", repo, ref)
	}
	a, err := autospec(snap, repo)
	return a, at(err, "autospec", repo, ref)
}

func autospec(snap *snapshot, repo distgit.Repo) (*Autospec, error) {
	_, tree, err := snap.tree()
	if err != nil {
		return nil, err
	}
	names, err := tree.ReadDir(".")
	if err != nil {
		return nil, err
	}
	path, err := findSpec(tree, names, repo.Name)
	if err != nil {
		return nil, err
	}
	w := &walker{objs: snap.objs, spec: path, flags: map[plumbing.Hash]verflags{}}
	if err := w.load(snap.tip); err != nil {
		return nil, err
	}
	out := &Autospec{Spec: path, Releases: make(map[string]Release, len(w.order))}
	for _, n := range w.order {
		w.number(n)
		out.Releases[n.release.Commit] = n.release
	}
	out.Tip = w.nodes[snap.tip].release
	out.Changelog = w.changelog()
	return out, nil
}

// walker goes through a history, parents before children.
type walker struct {
	objs  objects
	spec  string
	nodes map[plumbing.Hash]*walked
	order []*walked
	flags map[plumbing.Hash]verflags // by spec file
}

type walked struct {
	commit    *object.Commit
	parents   []*walked
	hasSpec   bool
	changelog plumbing.Hash // of the changelog file; zero without one
	ver       verflags
	magic     magic
	release   Release

	removed bool // a changelog file behind was removed in front
	seen    bool // by a child, while removed is made
}

// load reads all commits behind the tip, without recursion.
func (w *walker) load(tip plumbing.Hash) error {
	w.nodes = map[plumbing.Hash]*walked{}
	type step struct {
		hash plumbing.Hash
		done bool
	}
	stack := []step{{hash: tip}}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n := w.nodes[s.hash]; n != nil {
			if s.done {
				for _, p := range n.commit.ParentHashes {
					if pn := w.nodes[p]; pn != nil {
						n.parents = append(n.parents, pn)
					}
				}
				w.order = append(w.order, n)
			}
			continue
		}
		oc, err := getCommit(w.objs, s.hash)
		if errors.Is(err, plumbing.ErrObjectNotFound) && s.hash != tip {
			return &Error{Msg: "the history is cut off (a shallow repository?): counting commits would give a wrong number", Err: ErrNotFound}
		}
		if err != nil {
			return err
		}
		n := &walked{commit: oc, magic: parseMagic(oc.Message)}
		if err := w.look(n); err != nil {
			return err
		}
		w.nodes[s.hash] = n
		stack = append(stack, step{s.hash, true})
		for _, p := range slices.Backward(oc.ParentHashes) {
			stack = append(stack, step{hash: p})
		}
	}
	return nil
}

// look finds what counts in a commit's tree.
func (w *walker) look(n *walked) error {
	t := &Tree{Commit: n.commit.Hash.String(), objs: w.objs, root: n.commit.TreeHash}
	e, err := t.find(w.spec)
	switch {
	case err == nil && e.Mode != filemode.Dir && e.Mode != filemode.Submodule:
		n.hasSpec = true
		if n.ver, err = w.verflags(e.Hash); err != nil {
			return err
		}
	case err != nil && !errors.Is(err, ErrNotFound):
		return err
	}
	e, err = t.find("changelog")
	if err == nil && e.Mode != filemode.Dir {
		n.changelog = e.Hash
	} else if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// verflags is what a spec file says that counts here.
type verflags struct {
	epochVersion string // empty when not known
	pre          bool
	base         int
	tags         string // ".rc1.git9"
}

// autoreleaseFlags makes %autorelease say its flags instead of a release.
const autoreleaseFlags = "E%{?-e*}_S%{?-s*}_P%{?-p:1}%{!?-p:0}_B%{?-b*}"

var flagsForm = regexp.MustCompile(`^E([^_]*)_S([^_]*)_P([01])_B(\d*)$`)

func (w *walker) verflags(blob plumbing.Hash) (verflags, error) {
	if v, ok := w.flags[blob]; ok {
		return v, nil
	}
	data, err := getTyped(w.objs, blob, plumbing.BlobObject)
	if err != nil {
		return verflags{}, err
	}
	v := verflags{base: 1}
	if s, err := spec.Parse(w.spec, data); err == nil {
		macros := map[string]string{"autorelease(e:s:pb:n)": autoreleaseFlags, "autochangelog": "%{nil}"}
		if ev, err := s.Evaluate(spec.Options{Macros: macros}); err == nil {
			v = flagsOf(ev)
		}
	}
	w.flags[blob] = v
	return v, nil
}

func flagsOf(ev *spec.Evaluation) verflags {
	v := verflags{base: 1}
	if !ev.Version.Known() || !ev.Epoch.Known() || ev.Version.Text == "" {
		return v // the file counts for nothing then, as one that rpm cannot read
	}
	v.epochVersion = ev.Version.Text
	if ev.Epoch.Text != "" {
		v.epochVersion = ev.Epoch.Text + ":" + v.epochVersion
	}
	m := flagsForm.FindStringSubmatch(ev.Release.Text)
	if m == nil {
		return v
	}
	v.pre = m[3] == "1"
	if n, err := strconv.Atoi(m[4]); err == nil {
		v.base = n
	}
	for _, t := range m[1:3] {
		if t != "" {
			v.tags += "." + t
		}
	}
	return v
}

// number computes a commit's release; its parents have theirs.
func (w *walker) number(n *walked) {
	r := Release{Commit: n.commit.Hash.String(), EpochVersion: n.ver.epochVersion}
	number := 0
	for _, p := range n.parents {
		// Gaps are papered over: a file that does not parse, a package that was
		// retired and came back.
		if a, b := n.ver.epochVersion, p.ver.epochVersion; a == "" || b == "" || a == b {
			number = max(number, p.release.Number)
		}
	}
	if n.hasSpec {
		number++
	}
	number = max(number, n.magic.bump)
	n.release = r
	n.release.Number = number
	if n.hasSpec {
		pre := ""
		if n.ver.pre {
			pre = "0."
		}
		n.release.Release = fmt.Sprintf("%s%d%s", pre, number+n.ver.base-1, n.ver.tags)
	}
}

// magic is what the lines in brackets in a commit message ask for.
type magic struct {
	skip bool // no changelog entry
	bump int  // least release number
}

var (
	magicLine = regexp.MustCompile(`^\s*\[(.*)\]\s*$`)
	magicSkip = regexp.MustCompile(`^\s*skip\s+changelog\s*`)
	magicBump = regexp.MustCompile(`^\s*bump\s+release\s*(?::\s*)?(\d+)\s*`)
)

func parseMagic(message string) magic {
	var m magic
	for line := range strings.SplitSeq(message, "\n") {
		l := magicLine.FindStringSubmatch(line)
		if l == nil {
			continue
		}
		for part := range strings.SplitSeq(l[1], ",") {
			m.skip = m.skip || magicSkip.MatchString(part)
			if b := magicBump.FindStringSubmatch(part); b != nil {
				if n, err := strconv.Atoi(b[1]); err == nil {
					m.bump = max(m.bump, n)
				}
			}
		}
	}
	return m
}

// SPDX-License-Identifier: MIT

package distgittest

import (
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// Seed is the content of one repository at its creation. The zero value is an
// empty repository.
type Seed struct {
	// Commits are made in order. Equal seeds give equal hashes.
	Commits []Commit
	// Default is the branch that HEAD names; empty means that of the first
	// commit, or rawhide.
	Default string
	// Aliases are branches that are symbolic refs to others: alias to target.
	Aliases map[string]string
	// Owner, Admins, Committers and Groups are the people; an empty Owner is
	// the host's.
	Owner                      string
	Admins, Committers, Groups []string
	// Description is shown by the web front end.
	Description string
}

// Commit is one commit of a [Seed] or by [Host.Commit].
type Commit struct {
	// Branch is where the commit goes; empty means rawhide.
	Branch string
	// From is the branch that a new branch starts at; empty means no parent.
	From string
	// Files are written over what the parent has: path to content.
	Files map[string]string
	// Remove are paths that the parent has and this commit has not.
	Remove []string
	// Links are symbolic links, path to target; Submodules are path to commit.
	Links, Submodules map[string]string
	// Message is the commit message; empty means "Update".
	Message string
	// Author is "Name <mail>"; empty means a fixed demo packager. It is the
	// committer as well.
	Author string
	// When is the time of the commit. Zero means noon of 2 January 2024 and an
	// hour more for each commit of the seed; for Host.Commit the host's clock.
	When time.Time
}

// Package returns the usual seed: one commit on rawhide with these files.
func Package(files map[string]string) Seed {
	return Seed{Commits: []Commit{{Files: files, Message: "Initial import"}}}
}

var seedEpoch = time.Date(2024, 1, 2, 12, 0, 0, 0, time.UTC)

const seedAuthor = "Demo Packager <packager@example.org>"

// create writes the repository beside and moves it in place, so that a kill
// leaves none half made. The repository's lock is held.
func (h *Host) create(r distgit.Repo, seed Seed) error {
	tmp, err := os.MkdirTemp(filepath.Join(h.dir, "tmp"), "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	def := seed.Default
	if def == "" && len(seed.Commits) > 0 {
		def = seed.Commits[0].Branch
	}
	if def == "" {
		def = "rawhide"
	}
	for _, d := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags"} {
		if err := os.MkdirAll(filepath.Join(tmp, d), 0o755); err != nil {
			return err
		}
	}
	config := "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
	for name, text := range map[string]string{"HEAD": "ref: refs/heads/" + def + "\n", "config": config} {
		if err := os.WriteFile(filepath.Join(tmp, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	st := storage(tmp)
	for i, c := range seed.Commits {
		if c.When.IsZero() {
			c.When = seedEpoch.Add(time.Duration(i) * time.Hour)
		}
		if _, err := commit(st, c, plumbing.ZeroHash); err != nil {
			return fmt.Errorf("distgittest: seed of %v: %w", r, err)
		}
	}
	for alias, target := range seed.Aliases {
		ref := plumbing.NewSymbolicReference(plumbing.NewBranchReferenceName(alias), plumbing.NewBranchReferenceName(target))
		if err := st.SetReference(ref); err != nil {
			return err
		}
	}
	if err := saveRecord(tmp, h.newRecord(r, seed, def)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(h.path(r)), 0o755); err != nil {
		return err
	}
	return os.Rename(tmp, h.path(r))
}

func storage(dir string) *filesystem.Storage {
	return filesystem.NewStorage(osfs.New(dir), cache.NewObjectLRU(1<<20))
}

// commit adds a commit to a repository and moves its branch. A zero old takes
// the branch as it is.
func commit(st *filesystem.Storage, c Commit, old plumbing.Hash) (plumbing.Hash, error) {
	branch := plumbing.NewBranchReferenceName(c.Branch)
	if c.Branch == "" {
		branch = plumbing.NewBranchReferenceName("rawhide")
	}
	parent := old
	if parent.IsZero() {
		for _, name := range []plumbing.ReferenceName{branch, plumbing.NewBranchReferenceName(c.From)} {
			if ref, err := st.Reference(name); err == nil {
				parent = ref.Hash()
				break
			}
		}
	}
	entries := map[string]object.TreeEntry{}
	if !parent.IsZero() {
		p, err := object.GetCommit(st, parent)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		if entries, err = flatten(p); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	if err := apply(st, c, entries); err != nil {
		return plumbing.ZeroHash, err
	}
	tree, err := writeTree(st, entries, "")
	if err != nil {
		return plumbing.ZeroHash, err
	}
	author, err := signature(c.Author, c.When)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	oc := &object.Commit{Author: author, Committer: author, Message: c.Message, TreeHash: tree}
	if oc.Message == "" {
		oc.Message = "Update"
	}
	if !parent.IsZero() {
		oc.ParentHashes = []plumbing.Hash{parent}
	}
	hash, err := store(st, oc)
	if err != nil {
		return hash, err
	}
	return hash, st.SetReference(plumbing.NewHashReference(branch, hash))
}

func signature(who string, when time.Time) (object.Signature, error) {
	if who == "" {
		who = seedAuthor
	}
	a, err := mail.ParseAddress(who)
	if err != nil {
		return object.Signature{}, fmt.Errorf("author %q: %w", who, err)
	}
	return object.Signature{Name: a.Name, Email: a.Address, When: when.UTC()}, nil
}

func flatten(c *object.Commit) (map[string]object.TreeEntry, error) {
	tree, err := c.Tree()
	if err != nil {
		return nil, err
	}
	entries := map[string]object.TreeEntry{}
	w := object.NewTreeWalker(tree, true, nil)
	defer w.Close()
	for {
		name, e, err := w.Next()
		if err == io.EOF {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		if e.Mode != filemode.Dir {
			entries[name] = e
		}
	}
}

func apply(st *filesystem.Storage, c Commit, entries map[string]object.TreeEntry) error {
	put := func(path, content string, mode filemode.FileMode) error {
		o := st.NewEncodedObject()
		o.SetType(plumbing.BlobObject)
		w, err := o.Writer()
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte(content)); err != nil {
			return err
		}
		hash, err := st.SetEncodedObject(o)
		entries[path] = object.TreeEntry{Mode: mode, Hash: hash}
		return err
	}
	for path, content := range c.Files {
		if err := put(path, content, filemode.Regular); err != nil {
			return err
		}
	}
	for path, target := range c.Links {
		if err := put(path, target, filemode.Symlink); err != nil {
			return err
		}
	}
	for path, hash := range c.Submodules {
		entries[path] = object.TreeEntry{Mode: filemode.Submodule, Hash: plumbing.NewHash(hash)}
	}
	for _, path := range c.Remove {
		if _, ok := entries[path]; !ok {
			return fmt.Errorf("remove %s: not there", path)
		}
		delete(entries, path)
	}
	return nil
}

// writeTree writes the tree of all entries below prefix.
func writeTree(st *filesystem.Storage, entries map[string]object.TreeEntry, prefix string) (plumbing.Hash, error) {
	tree := &object.Tree{}
	seen := map[string]bool{}
	for path, e := range entries {
		rest, ok := strings.CutPrefix(path, prefix)
		if !ok {
			continue
		}
		name, below, isDir := strings.Cut(rest, "/")
		if name == "" || isDir && below == "" {
			return plumbing.ZeroHash, fmt.Errorf("path %q", path)
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		e.Name = name
		if isDir {
			hash, err := writeTree(st, entries, prefix+name+"/")
			if err != nil {
				return hash, err
			}
			e.Mode, e.Hash = filemode.Dir, hash
		}
		tree.Entries = append(tree.Entries, e)
	}
	slices.SortFunc(tree.Entries, func(a, b object.TreeEntry) int {
		return strings.Compare(treeKey(a), treeKey(b))
	})
	return store(st, tree)
}

// treeKey orders tree entries as git does: a folder as if its name ended in a
// slash.
func treeKey(e object.TreeEntry) string {
	if e.Mode == filemode.Dir {
		return e.Name + "/"
	}
	return e.Name
}

func store(st *filesystem.Storage, o interface {
	Encode(plumbing.EncodedObject) error
}) (plumbing.Hash, error) {
	enc := st.NewEncodedObject()
	if err := o.Encode(enc); err != nil {
		return plumbing.ZeroHash, err
	}
	return st.SetEncodedObject(enc)
}

// SPDX-License-Identifier: MIT

package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/memory"
)

// objects reads git objects: of a fetched pack, or of a repository on disk.
// Not safe for concurrent use.
type objects interface {
	get(plumbing.Hash) (plumbing.ObjectType, []byte, error)
}

type packObjects struct {
	*pack
	lim packLimits
}

func (o packObjects) get(h plumbing.Hash) (plumbing.ObjectType, []byte, error) {
	return o.object(h, o.lim)
}

type diskObjects struct {
	s   storer.EncodedObjectStorer
	lim packLimits
}

func (o diskObjects) get(h plumbing.Hash) (plumbing.ObjectType, []byte, error) {
	enc, err := o.s.EncodedObject(plumbing.AnyObject, h)
	if err != nil {
		return 0, nil, err
	}
	if enc.Size() > o.lim.object {
		return 0, nil, fmt.Errorf("%w: an object of %d bytes", ErrTooLarge, enc.Size())
	}
	r, err := enc.Reader()
	if err != nil {
		return 0, nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	return enc.Type(), data, err
}

func encoded(t plumbing.ObjectType, data []byte) *plumbing.MemoryObject {
	o := &plumbing.MemoryObject{}
	o.SetType(t)
	_, _ = o.Write(data) // cannot fail
	return o
}

func getTyped(o objects, h plumbing.Hash, want plumbing.ObjectType) ([]byte, error) {
	t, data, err := o.get(h)
	if err != nil {
		return nil, err
	}
	if t != want {
		return nil, fmt.Errorf("object %s is a %v, not a %v", h, t, want)
	}
	return data, nil
}

// getCommit reads a commit; annotated tags are followed.
func getCommit(o objects, h plumbing.Hash) (*object.Commit, error) {
	for range 8 {
		t, data, err := o.get(h)
		if err != nil {
			return nil, err
		}
		switch t {
		case plumbing.CommitObject:
			c := &object.Commit{Hash: h}
			if err := c.Decode(encoded(t, data)); err != nil {
				return nil, fmt.Errorf("commit %s: %w", h, err)
			}
			c.Hash = h
			return c, nil
		case plumbing.TagObject:
			tag := &object.Tag{}
			if err := tag.Decode(encoded(t, data)); err != nil {
				return nil, fmt.Errorf("tag %s: %w", h, err)
			}
			h = tag.Target
		default:
			return nil, fmt.Errorf("object %s is a %v, not a commit", h, t)
		}
	}
	return nil, fmt.Errorf("tag %s names a tag too often", h)
}

// getTree reads a tree's entries as they stand in it.
func getTree(o objects, h plumbing.Hash) ([]object.TreeEntry, error) {
	data, err := getTyped(o, h, plumbing.TreeObject)
	if err != nil {
		return nil, err
	}
	var entries []object.TreeEntry
	for len(data) > 0 {
		sp := bytes.IndexByte(data, ' ')
		nul := bytes.IndexByte(data, 0)
		if sp < 1 || nul < sp || len(data) < nul+1+20 {
			return nil, fmt.Errorf("tree %s is malformed", h)
		}
		mode, err := filemode.New(string(data[:sp]))
		if err != nil {
			return nil, fmt.Errorf("tree %s: %w", h, err)
		}
		e := object.TreeEntry{Mode: mode, Name: string(data[sp+1 : nul])}
		copy(e.Hash[:], data[nul+1:])
		entries = append(entries, e)
		data = data[nul+21:]
	}
	return entries, nil
}

// Tree is the content of one commit. Use it from one goroutine at a time.
type Tree struct {
	// Commit is the hash of the commit.
	Commit string
	objs   objects
	root   plumbing.Hash
}

// Entry is a name in a folder of a [Tree].
type Entry struct {
	Name string
	Mode fs.FileMode // fs.ModeDir, fs.ModeSymlink, fs.ModeIrregular for a submodule, 0o755 or 0o644
	Hash string      // of the blob, tree or submodule commit
}

// find walks to a path; the root is ".".
func (t *Tree) find(path string) (object.TreeEntry, error) {
	e := object.TreeEntry{Mode: filemode.Dir, Hash: t.root}
	if path == "." {
		return e, nil
	}
	if err := validPath(path); err != nil {
		return e, &Error{Op: "find", Path: path, Msg: err.Error(), Err: ErrInvalid}
	}
	for part := range strings.SplitSeq(path, "/") {
		if e.Mode != filemode.Dir {
			return e, &Error{Op: "find", Path: path, Msg: fmt.Sprintf("%s is a %s, not a folder", e.Name, kind(e.Mode)), Err: ErrNotFound}
		}
		entries, err := getTree(t.objs, e.Hash)
		if err != nil {
			return e, err
		}
		i := slices.IndexFunc(entries, func(e object.TreeEntry) bool { return e.Name == part })
		if i < 0 {
			return e, &Error{Op: "find", Path: path, Msg: "no such file at " + t.Commit, Err: ErrNotFound}
		}
		e = entries[i]
	}
	return e, nil
}

func kind(m filemode.FileMode) string {
	switch m {
	case filemode.Dir:
		return "folder"
	case filemode.Symlink:
		return "symbolic link"
	case filemode.Submodule:
		return "submodule"
	}
	return "file"
}

// ReadFile returns a file's bytes. The error wraps [ErrNotFound] when there is
// none, and [ErrNotFile] for a folder, symbolic link or submodule: links are
// not followed.
func (t *Tree) ReadFile(path string) ([]byte, error) {
	e, err := t.find(path)
	if err != nil {
		return nil, err
	}
	if e.Mode != filemode.Regular && e.Mode != filemode.Executable && e.Mode != filemode.Deprecated {
		return nil, &Error{Op: "read", Path: path, Msg: "is a " + kind(e.Mode), Err: ErrNotFile}
	}
	data, err := getTyped(t.objs, e.Hash, plumbing.BlobObject)
	if errors.Is(err, ErrTooLarge) {
		return nil, &Error{Op: "read", Path: path, Err: err}
	}
	return data, err
}

// ReadDir returns the names in a folder in git's order; "." is the root.
func (t *Tree) ReadDir(path string) ([]Entry, error) {
	e, err := t.find(path)
	if err != nil {
		return nil, err
	}
	if e.Mode != filemode.Dir {
		return nil, &Error{Op: "read folder", Path: path, Msg: "is a " + kind(e.Mode), Err: ErrNotFound}
	}
	raw, err := getTree(t.objs, e.Hash)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(raw))
	for i, e := range raw {
		entries[i] = Entry{Name: e.Name, Hash: e.Hash.String(), Mode: fsMode(e.Mode)}
	}
	return entries, nil
}

func fsMode(m filemode.FileMode) fs.FileMode {
	switch m {
	case filemode.Dir:
		return fs.ModeDir | 0o755
	case filemode.Symlink:
		return fs.ModeSymlink | 0o777
	case filemode.Submodule:
		return fs.ModeIrregular
	case filemode.Executable:
		return 0o755
	}
	return 0o644
}

// validPath refuses names that git itself would not check out.
func validPath(path string) error {
	if path == "." || !fs.ValidPath(path) || strings.ContainsAny(path, "\\\x00") {
		return fmt.Errorf("%q is no path within a repository", path)
	}
	for part := range strings.SplitSeq(path, "/") {
		if strings.EqualFold(strings.TrimRight(part, ". "), ".git") || strings.EqualFold(part, "git~1") {
			return fmt.Errorf("%q reaches into git's own folder", path)
		}
	}
	return nil
}

// edit writes changed blobs and the trees above them into out and returns the
// new root. nil content removes a path. Everything else stays as it is.
func (t *Tree) edit(changes map[string][]byte, out *memory.Storage) (plumbing.Hash, error) {
	return t.editDir(t.root, "", changes, out)
}

func (t *Tree) editDir(dir plumbing.Hash, prefix string, changes map[string][]byte, out *memory.Storage) (plumbing.Hash, error) {
	var entries []object.TreeEntry
	if !dir.IsZero() {
		var err error
		if entries, err = getTree(t.objs, dir); err != nil {
			return dir, err
		}
	}
	done := map[string]bool{}
	for path, content := range changes {
		rest, ok := strings.CutPrefix(path, prefix)
		if !ok {
			continue
		}
		name, _, below := strings.Cut(rest, "/")
		if done[name] {
			continue
		}
		done[name] = true
		i := slices.IndexFunc(entries, func(e object.TreeEntry) bool { return e.Name == name })
		e := object.TreeEntry{Name: name, Mode: filemode.Regular}
		if i >= 0 {
			e = entries[i]
		}
		full := prefix + name
		var err error
		if below {
			if i >= 0 && e.Mode != filemode.Dir {
				return dir, &Error{Op: "edit", Path: full, Msg: "is a " + kind(e.Mode) + ", not a folder", Err: ErrNotFile}
			}
			e.Mode = filemode.Dir
			e.Hash, err = t.editDir(e.Hash, full+"/", changes, out)
			if err == nil && e.Hash.IsZero() { // all of it was removed
				content = nil
			} else {
				content = []byte{}
			}
		} else if content != nil {
			if i >= 0 && e.Mode != filemode.Regular && e.Mode != filemode.Executable && e.Mode != filemode.Deprecated {
				return dir, &Error{Op: "edit", Path: full, Msg: "is a " + kind(e.Mode) + ", not a file", Err: ErrNotFile}
			}
			e.Hash, err = out.SetEncodedObject(encoded(plumbing.BlobObject, content))
		}
		switch {
		case err != nil:
			return dir, err
		case content == nil && i < 0:
			return dir, &Error{Op: "remove", Path: full, Msg: "not there", Err: ErrNotFound}
		case content == nil:
			entries = slices.Delete(entries, i, i+1)
		case i < 0:
			entries = append(entries, e)
		default:
			entries[i] = e
		}
	}
	if len(entries) == 0 && prefix != "" {
		return plumbing.ZeroHash, nil
	}
	slices.SortFunc(entries, func(a, b object.TreeEntry) int { return strings.Compare(treeKey(a), treeKey(b)) })
	enc := &plumbing.MemoryObject{}
	enc.SetType(plumbing.TreeObject)
	var b bytes.Buffer
	for _, e := range entries {
		fmt.Fprintf(&b, "%o %s\x00", e.Mode, e.Name)
		b.Write(e.Hash[:])
	}
	_, _ = enc.Write(b.Bytes())
	return out.SetEncodedObject(enc)
}

// treeKey orders entries as git does: a folder as if its name ended in a slash.
func treeKey(e object.TreeEntry) string {
	if e.Mode == filemode.Dir {
		return e.Name + "/"
	}
	return e.Name
}

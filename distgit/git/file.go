// SPDX-License-Identifier: MIT

package git

import (
	"context"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// File is a file as it is at one commit.
type File struct {
	Repo   distgit.Repo
	Ref    string // what was asked for: a branch, tag or hash; the branch's name for the default one
	Commit string // what the ref pointed at when it was read
	Path   string
	Data   []byte
	Via    Via
}

// Via says how a file was read.
type Via int

// The ways of reading, as [Client.File] chooses among them.
const (
	ViaGit   Via = iota // a fetch of depth 1 into memory
	ViaLocal            // a repository on disk
	ViaWeb              // a raw file by the web front end
)

// String returns "git", "local" or "web".
func (v Via) String() string {
	switch v {
	case ViaGit:
		return "git"
	case ViaLocal:
		return "local"
	case ViaWeb:
		return "web"
	}
	return "Via(" + itoa(int(v)) + ")"
}

// File reads one file at a branch, tag or full commit hash; an empty ref is
// the default branch. It takes the cheapest way that gives a certain answer:
//
//  1. a local repository is opened as it lies;
//  2. with [WithWeb] and a ref that is a commit hash, the front end's raw file
//     is read; when that fails git is asked: Pagure says "not found" of empty
//     files too;
//  3. else the ref is fetched at depth 1, into memory, without a work tree.
//
// A branch is never read through the web by its name: the commit it stood for
// would not be known. The error wraps [ErrNotFound] when there is no such
// repository, ref or file, [ErrNotFile] for folders, links and submodules.
func (c *Client) File(ctx context.Context, repo distgit.Repo, ref, path string) (File, error) {
	f := File{Repo: repo, Ref: ref, Path: path}
	if err := validPath(path); err != nil {
		return f, &Error{Op: "read", Repo: repo, Ref: ref, Path: path, Msg: err.Error(), Err: ErrInvalid}
	}
	if c.cfg.web != nil && c.local == "" && checkHash(ref) == nil {
		data, err := c.cfg.web.RawFile(ctx, repo, ref, path)
		if err == nil {
			f.Commit, f.Data, f.Via = ref, data, ViaWeb
			return f, nil
		}
		if isContext(err) {
			return f, at(err, "read", repo, ref)
		}
	}
	tree, snap, err := c.treeAt(ctx, repo, ref)
	if err != nil {
		return f, at(err, "read", repo, ref)
	}
	f.Ref, f.Commit = snap.ref, tree.Commit
	if c.local != "" {
		f.Via = ViaLocal
	}
	f.Data, err = tree.ReadFile(path)
	return f, at(err, "read", repo, ref)
}

// Tree fetches the content of a branch, tag or commit at depth 1 into memory.
// An empty ref is the default branch. For several files of one commit it is
// cheaper than several calls of [Client.File].
func (c *Client) Tree(ctx context.Context, repo distgit.Repo, ref string) (*Tree, error) {
	t, _, err := c.treeAt(ctx, repo, ref)
	return t, at(err, "read", repo, ref)
}

func (c *Client) treeAt(ctx context.Context, repo distgit.Repo, ref string) (*Tree, *snapshot, error) {
	var snap *snapshot
	err := c.reading(ctx, func(ctx context.Context) (err error) {
		snap, err = c.fetch(ctx, repo, ref, 1)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	_, tree, err := snap.tree()
	return tree, snap, err
}

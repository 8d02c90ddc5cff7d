// SPDX-License-Identifier: MIT

package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/file"
	gitproto "github.com/go-git/go-git/v5/plumbing/transport/git"
	"github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// endpoint returns how to reach a repository, for pushing or fetching.
func (c *Client) endpoint(repo distgit.Repo, push bool) (transport.Transport, *transport.Endpoint, error) {
	if err := repo.Valid(); err != nil {
		return nil, nil, &Error{Msg: err.Error(), Err: ErrInvalid}
	}
	addr := c.site.CloneURL(repo)
	if push {
		addr = c.site.PushURL(repo, c.cfg.user)
	}
	if c.local != "" {
		addr = "file://" + filepath.ToSlash(c.localPath(repo))
	}
	ep, err := transport.NewEndpoint(addr)
	if err != nil {
		return nil, nil, &Error{Msg: "address does not parse", Err: ErrInvalid}
	}
	switch ep.Protocol {
	case "http", "https":
		return c.http, ep, nil
	case "ssh":
		return ssh.DefaultClient, ep, nil
	case "git":
		return gitproto.DefaultClient, ep, nil
	case "file":
		return file.DefaultClient, ep, nil
	}
	return nil, nil, &Error{Msg: "no transport for " + ep.Protocol, Err: ErrInvalid}
}

// localPath returns the folder of a local repository.
func (c *Client) localPath(repo distgit.Repo) string {
	p := filepath.Join(c.local, filepath.FromSlash(repo.Normal().String()))
	if _, err := os.Stat(p + ".git"); err != nil {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	return p + ".git"
}

// openLocal opens a repository on disk, bare or with a work tree.
func (c *Client) openLocal(repo distgit.Repo) (*filesystem.Storage, error) {
	if err := repo.Valid(); err != nil {
		return nil, &Error{Msg: err.Error(), Err: ErrInvalid}
	}
	dir := c.localPath(repo)
	if sub := filepath.Join(dir, ".git"); isDir(sub) {
		dir = sub
	}
	if !isDir(filepath.Join(dir, "objects")) {
		return nil, &Error{Msg: "no repository in " + dir, Err: ErrNotFound}
	}
	return filesystem.NewStorage(osfs.New(dir), cache.NewObjectLRU(8<<20)), nil
}

func isDir(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.IsDir()
}

// Heads returns where the branches of a repository point, in one round trip.
// An empty repository has no branches and is no error; the error wraps
// [ErrNotFound] for one that is not there.
func (c *Client) Heads(ctx context.Context, repo distgit.Repo) (distgit.Heads, error) {
	var heads distgit.Heads
	err := c.reading(ctx, func(ctx context.Context) (err error) {
		heads, err = c.heads(ctx, repo)
		return err
	})
	if errors.Is(err, ErrEmpty) {
		return distgit.Heads{Repo: repo, Branches: map[string]string{}}, nil
	}
	return heads, at(err, "heads", repo, "")
}

func (c *Client) heads(ctx context.Context, repo distgit.Repo) (distgit.Heads, error) {
	if c.local != "" {
		st, err := c.openLocal(repo)
		if err != nil {
			return distgit.Heads{}, err
		}
		return localHeads(st, repo)
	}
	s, adv, err := c.upload(ctx, repo)
	if err != nil {
		return distgit.Heads{}, err
	}
	defer s.Close()
	return adv.heads, nil
}

func localHeads(st *filesystem.Storage, repo distgit.Repo) (distgit.Heads, error) {
	h := distgit.Heads{Repo: repo, Branches: map[string]string{}}
	if ref, err := st.Reference(plumbing.HEAD); err == nil && ref.Type() == plumbing.SymbolicReference {
		h.Default = ref.Target().Short()
	}
	it, err := st.IterReferences()
	if err != nil {
		return h, err
	}
	err = it.ForEach(func(ref *plumbing.Reference) error {
		if !ref.Name().IsBranch() {
			return nil
		}
		full, err := storer.ResolveReference(st, ref.Name())
		if errors.Is(err, plumbing.ErrReferenceNotFound) {
			return nil
		}
		if err == nil {
			h.Branches[ref.Name().Short()] = full.Hash().String()
		}
		return err
	})
	return h, err
}

// upload opens a session for fetching and reads the ref list.
func (c *Client) upload(ctx context.Context, repo distgit.Repo) (transport.UploadPackSession, advertised, error) {
	tr, ep, err := c.endpoint(repo, false)
	if err != nil {
		return nil, advertised{}, err
	}
	s, err := tr.NewUploadPackSession(ep, c.cfg.auth)
	if err != nil {
		return nil, advertised{}, err
	}
	adv, err := s.AdvertisedReferencesContext(ctx)
	if err != nil {
		s.Close()
		return nil, advertised{}, err
	}
	return s, newAdvertised(repo, adv), nil
}

func newAdvertised(repo distgit.Repo, adv *packp.AdvRefs) advertised {
	a := advertised{AdvRefs: adv, heads: distgit.Heads{Repo: repo, Branches: map[string]string{}}}
	for name, hash := range adv.References {
		if short, ok := strings.CutPrefix(name, "refs/heads/"); ok {
			a.heads.Branches[short] = hash.String()
		}
	}
	for _, sym := range adv.Capabilities.Get(capability.SymRef) {
		if target, ok := strings.CutPrefix(sym, "HEAD:refs/heads/"); ok {
			a.heads.Default = target
		}
	}
	return a
}

// snapshot is what a fetch brought: the objects of one commit and of the
// commits behind it.
type snapshot struct {
	objs  objects
	tip   plumbing.Hash
	ref   string // the branch's short name, or the hash asked for
	heads distgit.Heads
}

// fetch brings the commit a ref stands for, with so many commits of history.
// An empty ref is the default branch.
func (c *Client) fetch(ctx context.Context, repo distgit.Repo, ref string, depth int) (*snapshot, error) {
	return c.fetchWith(ctx, repo, ref, fetchOptions{depth: depth})
}

type fetchOptions struct {
	depth       int  // commits; 0 is all
	commitsOnly bool // no trees and files, where the server can leave them out
}

func (c *Client) fetchWith(ctx context.Context, repo distgit.Repo, ref string, opt fetchOptions) (*snapshot, error) {
	if c.local != "" {
		return c.fetchLocal(repo, ref)
	}
	s, adv, err := c.upload(ctx, repo)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	want, name, err := resolve(adv, ref)
	if err != nil {
		return nil, err
	}
	req := packp.NewUploadPackRequestFromCapabilities(adv.Capabilities)
	req.Wants = []plumbing.Hash{want}
	if adv.Capabilities.Supports(capability.Shallow) && opt.depth > 0 {
		req.Depth = packp.DepthCommits(opt.depth)
		if err := req.Capabilities.Set(capability.Shallow); err != nil {
			return nil, err
		}
	}
	if adv.Capabilities.Supports(capability.NoProgress) {
		if err := req.Capabilities.Set(capability.NoProgress); err != nil {
			return nil, err
		}
	}
	if opt.commitsOnly && adv.Capabilities.Supports(capability.Filter) {
		if err := req.Capabilities.Set(capability.Filter); err != nil {
			return nil, err
		}
		req.Filter = packp.FilterTreeDepth(0)
	}
	resp, err := s.UploadPack(ctx, req)
	if err != nil {
		if strings.Contains(err.Error(), "not our ref") || strings.Contains(err.Error(), "unadvertised object") {
			return nil, &Error{Ref: ref, Msg: "the server does not give out this commit by its hash", Err: ErrNotFound}
		}
		return nil, err
	}
	defer resp.Close()
	var in io.Reader = resp
	switch {
	case req.Capabilities.Supports(capability.Sideband64k):
		in = sideband.NewDemuxer(sideband.Sideband64k, resp)
	case req.Capabilities.Supports(capability.Sideband):
		in = sideband.NewDemuxer(sideband.Sideband, resp)
	}
	p, err := readPack(in, c.cfg.limits)
	if err != nil {
		return nil, err
	}
	return &snapshot{objs: packObjects{p, c.cfg.limits}, tip: want, ref: name, heads: adv.heads}, nil
}

// resolve finds what a ref stands for among the advertised ones: a branch, a
// full ref name, a tag, the default branch (""), or a full hash.
func resolve(adv advertised, ref string) (plumbing.Hash, string, error) {
	if ref == "" {
		if ref = adv.heads.Default; ref == "" {
			ref = adv.heads.Devel()
		}
		if ref == "" {
			return plumbing.ZeroHash, "", &Error{Msg: "no default branch", Err: ErrNotFound}
		}
	}
	for _, name := range []string{"refs/heads/" + ref, ref, "refs/tags/" + ref} {
		if hash, ok := adv.References[name]; ok {
			return hash, distgit.ShortRef(name), nil
		}
	}
	if plumbing.IsHash(ref) {
		return plumbing.NewHash(ref), ref, nil
	}
	return plumbing.ZeroHash, "", &Error{Ref: ref, Msg: "no such branch", Err: ErrNotFound}
}

func (c *Client) fetchLocal(repo distgit.Repo, ref string) (*snapshot, error) {
	st, err := c.openLocal(repo)
	if err != nil {
		return nil, err
	}
	heads, err := localHeads(st, repo)
	if err != nil {
		return nil, err
	}
	if len(heads.Branches) == 0 {
		return nil, ErrEmpty
	}
	adv := advertised{AdvRefs: packp.NewAdvRefs(), heads: heads}
	for name, hash := range heads.Branches {
		adv.References["refs/heads/"+name] = plumbing.NewHash(hash)
	}
	it, err := st.IterReferences()
	if err != nil {
		return nil, err
	}
	if err := it.ForEach(func(r *plumbing.Reference) error {
		if r.Name().IsTag() {
			adv.References[r.Name().String()] = r.Hash()
		}
		return nil
	}); err != nil {
		return nil, err
	}
	tip, name, err := resolve(adv, ref)
	if err != nil {
		return nil, err
	}
	objs := diskObjects{st, c.cfg.limits}
	if _, _, err := objs.get(tip); errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, &Error{Ref: ref, Msg: "no such commit", Err: ErrNotFound}
	}
	return &snapshot{objs: objs, tip: tip, ref: name, heads: heads}, nil
}

// tree returns the content of the tip.
func (s *snapshot) tree() (*object.Commit, *Tree, error) {
	c, err := getCommit(s.objs, s.tip)
	if err != nil {
		return nil, nil, err
	}
	return c, &Tree{Commit: c.Hash.String(), objs: s.objs, root: c.TreeHash}, nil
}

// HeadsResult is one answer of [Client.HeadsAll].
type HeadsResult struct {
	Heads distgit.Heads
	Err   error
}

// HeadsAll asks for the heads of many repositories, a bounded number at once
// (see [WithWorkers]), and returns an answer for each, in the order asked. One
// failure does not stop the others; when ctx ends, the rest fail with its
// error.
func (c *Client) HeadsAll(ctx context.Context, repos []distgit.Repo) []HeadsResult {
	out := make([]HeadsResult, len(repos))
	c.each(len(repos), func(i int) {
		out[i].Heads, out[i].Err = c.Heads(ctx, repos[i])
	})
	return out
}

// each runs f for 0..n-1 with the client's number of workers.
func (c *Client) each(n int, f func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(c.cfg.workers, n) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

func checkHash(s string) error {
	if !plumbing.IsHash(s) {
		return fmt.Errorf("%q is not a full commit hash", s)
	}
	return nil
}

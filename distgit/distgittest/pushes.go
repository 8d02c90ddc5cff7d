// SPDX-License-Identifier: MIT

package distgittest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// Push is one ref of one push, accepted or not, or a commit the host made.
type Push struct {
	Time     time.Time    `json:"time"`
	Repo     distgit.Repo `json:"repo"`
	Ref      string       `json:"ref"`           // full, refs/heads/f41
	Old      string       `json:"old,omitempty"` // empty: the ref was made
	New      string       `json:"new,omitempty"` // empty: the ref was deleted
	Agent    string       `json:"agent"`         // who pushed
	Accepted bool         `json:"accepted"`
	Forced   bool         `json:"forced,omitempty"` // Old is no ancestor of New
	Reason   string       `json:"reason,omitempty"` // why not accepted
}

type race struct {
	repo distgit.Repo
	ref  string
}

// SetHook sets a function that is asked before each ref of a push is taken; an
// error refuses the whole push, as a pre-receive hook does, and its text is
// what the pusher is shown. Nil accepts all.
func (h *Host) SetHook(hook func(Push) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hook = hook
}

// OnPush adds a function that is called for every accepted push, after the
// ref has moved and before the pusher is answered.
func (h *Host) OnPush(f func(Push)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onPush = append(h.onPush, f)
}

// Race lets somebody else win the next n pushes to a branch: between the
// pusher's look at the ref and its update the host adds a commit.
func (h *Host) Race(r distgit.Repo, branch string, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.races[race{r.Normal(), "refs/heads/" + branch}] = n
}

func (h *Host) lose(st *filesystem.Storage, r distgit.Repo, cmds []*packp.Command) error {
	for _, c := range cmds {
		h.mu.Lock()
		k := race{r.Normal(), c.Name.String()}
		due := h.races[k] > 0
		if due {
			h.races[k]--
		}
		h.mu.Unlock()
		if !due {
			continue
		}
		_, err := h.commit(st, r, Commit{
			Branch: c.Name.Short(), Message: "Somebody was faster", Author: "Other Packager <other@example.org>",
			Files: map[string]string{"README.race": fmt.Sprintf("before %s\n", c.New)},
		}, "other")
		if err != nil {
			return err
		}
	}
	return nil
}

// Commit adds a commit on the host itself, as a maintainer's push would, and
// returns its hash. It appears in the push log under the author's name.
func (h *Host) Commit(r distgit.Repo, c Commit) (string, error) {
	if err := h.ensure(r); err != nil {
		return "", fmt.Errorf("distgittest: %v: %w", r, err)
	}
	l := h.lock(r)
	l.Lock()
	defer l.Unlock()
	return h.commit(storage(h.path(r)), r, c, "")
}

func (h *Host) commit(st *filesystem.Storage, r distgit.Repo, c Commit, agent string) (string, error) {
	if c.When.IsZero() {
		c.When = h.opt.Now()
	}
	if c.Branch == "" {
		c.Branch = "rawhide"
	}
	ref := plumbing.NewBranchReferenceName(c.Branch)
	var old plumbing.Hash
	if was, err := st.Reference(ref); err == nil {
		old = was.Hash()
	}
	hash, err := commit(st, c, old)
	if err != nil {
		return "", fmt.Errorf("distgittest: commit to %v: %w", r, err)
	}
	if agent == "" {
		sig, err := signature(c.Author, c.When)
		if err != nil {
			return "", err
		}
		agent = sig.Name
	}
	h.record(Push{
		Time: h.opt.Now().UTC(), Repo: r.Normal(), Ref: ref.String(), Old: hashText(old), New: hash.String(),
		Agent: agent, Accepted: true,
	})
	return hash.String(), nil
}

// SetRef moves, makes or (with an empty commit) deletes a branch on the host,
// as a forced push would.
func (h *Host) SetRef(r distgit.Repo, branch, commit string) error {
	if err := h.ensure(r); err != nil {
		return fmt.Errorf("distgittest: %v: %w", r, err)
	}
	l := h.lock(r)
	l.Lock()
	defer l.Unlock()
	st := storage(h.path(r))
	name := plumbing.NewBranchReferenceName(branch)
	p := Push{Time: h.opt.Now().UTC(), Repo: r.Normal(), Ref: name.String(), New: commit, Agent: "admin", Accepted: true}
	if was, err := st.Reference(name); err == nil {
		p.Old = was.Hash().String()
	}
	if commit == "" {
		if err := st.RemoveReference(name); err != nil {
			return err
		}
	} else {
		if _, err := object.GetCommit(st, plumbing.NewHash(commit)); err != nil {
			return fmt.Errorf("distgittest: commit %s: %w", commit, err)
		}
		if err := st.SetReference(plumbing.NewHashReference(name, plumbing.NewHash(commit))); err != nil {
			return err
		}
	}
	p.Forced = p.Old != "" && p.New != "" && !reachable(st, p.New, p.Old)
	h.record(p)
	return nil
}

// Head returns the commit a branch points at. The error is fs.ErrNotExist
// when there is no such repository or branch.
func (h *Host) Head(r distgit.Repo, branch string) (string, error) {
	if err := h.ensure(r); err != nil {
		return "", fmt.Errorf("distgittest: %v: %w", r, err)
	}
	hash, ok := resolve(storage(h.path(r)), branch)
	if !ok {
		return "", fmt.Errorf("distgittest: %v: branch %s: %w", r, branch, fs.ErrNotExist)
	}
	return hash.String(), nil
}

// File returns a file's content at a branch or commit. The error is
// fs.ErrNotExist when there is none.
func (h *Host) File(r distgit.Repo, ref, path string) ([]byte, error) {
	if err := h.ensure(r); err != nil {
		return nil, fmt.Errorf("distgittest: %v: %w", r, err)
	}
	st := storage(h.path(r))
	hash, ok := resolve(st, ref)
	if !ok {
		return nil, fmt.Errorf("distgittest: %v: %s: %w", r, ref, fs.ErrNotExist)
	}
	return fileAt(st, hash, path)
}

func fileAt(st *filesystem.Storage, commit plumbing.Hash, path string) ([]byte, error) {
	c, err := object.GetCommit(st, commit)
	if err != nil {
		return nil, err
	}
	f, err := c.File(path)
	if errors.Is(err, object.ErrFileNotFound) {
		return nil, fmt.Errorf("distgittest: %s: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	rd, err := f.Reader()
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	return io.ReadAll(rd)
}

// LogEntry is one commit of [Host.Log].
type LogEntry struct {
	Hash, Author, Message string
	When                  time.Time // of the committer
}

// Log returns the commits of a branch from its tip along first parents.
func (h *Host) Log(r distgit.Repo, branch string) ([]LogEntry, error) {
	tip, err := h.Head(r, branch)
	if err != nil {
		return nil, err
	}
	st := storage(h.path(r))
	var log []LogEntry
	for next := plumbing.NewHash(tip); !next.IsZero(); {
		c, err := object.GetCommit(st, next)
		if err != nil {
			return nil, err
		}
		log = append(log, LogEntry{
			Hash: c.Hash.String(), Author: c.Author.Name + " <" + c.Author.Email + ">", Message: c.Message, When: c.Committer.When.UTC(),
		})
		next = plumbing.ZeroHash
		if len(c.ParentHashes) > 0 {
			next = c.ParentHashes[0]
		}
	}
	return log, nil
}

// resolve finds a branch by its name, else a commit by its hash.
func resolve(st *filesystem.Storage, ref string) (plumbing.Hash, bool) {
	name := plumbing.NewBranchReferenceName(distgit.ShortRef(ref))
	for range 5 {
		r, err := st.Reference(name)
		if err != nil {
			break
		}
		if r.Type() == plumbing.HashReference {
			return r.Hash(), true
		}
		name = r.Target()
	}
	if plumbing.IsHash(ref) {
		if _, err := object.GetCommit(st, plumbing.NewHash(ref)); err == nil {
			return plumbing.NewHash(ref), true
		}
	}
	return plumbing.ZeroHash, false
}

// reachable reports whether old is among the ancestors of new, or is it.
func reachable(st *filesystem.Storage, newer, old string) bool {
	want := plumbing.NewHash(old)
	seen := map[plumbing.Hash]bool{}
	todo := []plumbing.Hash{plumbing.NewHash(newer)}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == want {
			return true
		}
		if seen[n] {
			continue
		}
		seen[n] = true
		c, err := object.GetCommit(st, n)
		if err != nil {
			continue
		}
		todo = append(todo, c.ParentHashes...)
	}
	return false
}

// Pushes returns the push log, refused ones included, in order; a host opened
// on an existing folder has its predecessor's pushes first.
func (h *Host) Pushes() []Push {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Push(nil), h.pushes...)
}

func (h *Host) pushLog() string { return filepath.Join(h.dir, "pushes.jsonl") }

func (h *Host) record(p Push) {
	line, err := json.Marshal(p)
	if err != nil {
		panic("distgittest: push does not encode: " + err.Error())
	}
	h.mu.Lock()
	h.pushes = append(h.pushes, p)
	calls := h.onPush
	if f, err := os.OpenFile(h.pushLog(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
		_, _ = f.Write(append(line, '\n'))
		f.Close()
	}
	h.mu.Unlock()
	if p.Accepted {
		for _, f := range calls {
			f(p)
		}
	}
}

// loadPushes reads the log of a predecessor; a torn last line is cut off.
func (h *Host) loadPushes() error {
	data, err := os.ReadFile(h.pushLog())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if end := bytes.LastIndexByte(data, '\n') + 1; end < len(data) {
		data = data[:end]
		if err := os.Truncate(h.pushLog(), int64(end)); err != nil {
			return err
		}
	}
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var p Push
		if err := json.Unmarshal(sc.Bytes(), &p); err != nil {
			return fmt.Errorf("distgittest: %s: %w", h.pushLog(), err)
		}
		h.pushes = append(h.pushes, p)
	}
	return sc.Err()
}

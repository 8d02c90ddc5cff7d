// SPDX-License-Identifier: MIT

package distgittest

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
)

// Options configure a [Host]. The zero value is an empty dist-git in a
// temporary folder.
type Options struct {
	// Dir keeps the whole state: repositories below repos/, the push log, the
	// web front end's records and the lookaside. A host opened on the folder
	// of an earlier one goes on where that stopped, killed or closed. Empty
	// means a temporary folder that Close removes.
	Dir string

	// Seed makes repositories on first access. It returns the content of one,
	// or an error that is fs.ErrNotExist for one that does not exist. It may be
	// called concurrently, and again after a restart for repositories nobody
	// has touched. Nil means that only [Host.Add] makes repositories.
	Seed func(distgit.Repo) (Seed, error)

	// Forge is the web front end that is imitated: Pagure or Forgejo.
	// ForgeUnknown means Pagure.
	Forge distgit.Forge

	// Users are the accounts that may push and write through the web front
	// end, with their tokens. Empty means that anybody may, under the name that
	// the request's basic authentication gives, or "anonymous".
	Users map[string]string

	// Owner is the maintainer of repositories whose seed names none; empty
	// means "owner".
	Owner string

	// WithoutGit serves by go-git even where the git command is installed. Such
	// a server has no shallow fetch.
	WithoutGit bool

	// AllowAnyCommit lets clients fetch commits by their hash that no branch
	// leads to, and filter objects, as Forgejo and GitLab do. By default only
	// what is behind a branch, and unfiltered, as Pagure.
	AllowAnyCommit bool

	// NoUpload turns the lookaside's upload script off.
	NoUpload bool

	// Now is the clock of pushes, commits and records made by the host. Nil
	// means time.Now.
	Now func() time.Time

	// Logger gets one debug record per request; nil is silent.
	Logger *slog.Logger
}

// Host is a dist-git: a git remote over smart HTTP, a lookaside cache and a web
// front end, in one http.Handler. It is safe for concurrent use.
type Host struct {
	opt    Options
	dir    string
	remove bool   // dir is temporary
	git    string // its HTTP backend

	mu     sync.Mutex
	locks  map[distgit.Repo]*sync.RWMutex
	faults []*Fault
	races  map[race]int
	hook   func(Push) error
	onPush []func(Push)
	pushes []Push
	calls  []Call
}

// NewHost opens or makes a dist-git. The caller closes it.
func NewHost(opt Options) (*Host, error) {
	if opt.Forge == distgit.ForgeUnknown {
		opt.Forge = distgit.Pagure
	}
	if opt.Forge != distgit.Pagure && opt.Forge != distgit.Forgejo {
		return nil, fmt.Errorf("distgittest: no imitation of %v", opt.Forge)
	}
	if opt.Owner == "" {
		opt.Owner = "owner"
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	h := &Host{opt: opt, dir: opt.Dir, locks: map[distgit.Repo]*sync.RWMutex{}, races: map[race]int{}}
	if h.dir == "" {
		dir, err := os.MkdirTemp("", "distgittest-")
		if err != nil {
			return nil, err
		}
		h.dir, h.remove = dir, true
	}
	var err error
	if h.dir, err = filepath.Abs(h.dir); err != nil {
		return nil, err
	}
	if !opt.WithoutGit {
		h.git = findGit()
	}
	for _, open := range []func() error{h.makeFolders, h.loadPushes} {
		if err := open(); err != nil {
			h.Close()
			return nil, err
		}
	}
	return h, nil
}

// findGit returns git's HTTP backend, or "" when it is not installed.
func findGit() string {
	git, err := exec.LookPath("git")
	if err != nil {
		return ""
	}
	out, err := exec.Command(git, "--exec-path").Output()
	if err != nil {
		return ""
	}
	backend := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		return ""
	}
	return backend
}

// RealGit reports whether the git command serves; without it fetches are
// never shallow.
func (h *Host) RealGit() bool { return h.git != "" }

// Dir returns the folder of the state. Repositories are bare ones at
// repos/<namespace>/<name>.git, for git log and the like.
func (h *Host) Dir() string { return h.dir }

// Close ends the host and removes a temporary folder. Requests under way are
// not waited for.
func (h *Host) Close() error {
	if h.remove {
		return os.RemoveAll(h.dir)
	}
	return nil
}

func (h *Host) makeFolders() error {
	for _, d := range []string{"repos", "hooks", "lookaside", "tmp"} {
		if err := os.MkdirAll(filepath.Join(h.dir, d), 0o755); err != nil {
			return err
		}
	}
	// What a killed predecessor left half made.
	left, err := filepath.Glob(filepath.Join(h.dir, "tmp", "*"))
	if err != nil {
		return err
	}
	for _, p := range left {
		if err := os.RemoveAll(p); err != nil {
			return err
		}
	}
	// One real hook for all repositories, so that git itself words the refusal.
	script := "#!/bin/sh\nif [ -n \"$DISTGITTEST_REFUSE\" ]; then\n\tprintf '%s\\n' \"$DISTGITTEST_REFUSE\" >&2\n\texit 1\nfi\n"
	return os.WriteFile(filepath.Join(h.dir, "hooks", "pre-receive"), []byte(script), 0o755)
}

// path returns the folder of a repository.
func (h *Host) path(r distgit.Repo) string {
	r = r.Normal()
	if r.Fork != "" {
		return filepath.Join(h.dir, "repos", "forks", r.Fork, filepath.FromSlash(r.Namespace), r.Name+".git")
	}
	return filepath.Join(h.dir, "repos", filepath.FromSlash(r.Namespace), r.Name+".git")
}

// lock returns the lock of a repository: written to by pushes and seeding.
func (h *Host) lock(r distgit.Repo) *sync.RWMutex {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.locks[r.Normal()]
	if l == nil {
		l = new(sync.RWMutex)
		h.locks[r.Normal()] = l
	}
	return l
}

// Repos returns the repositories that exist on disk: added, or touched and
// seeded, in order.
func (h *Host) Repos() ([]distgit.Repo, error) {
	var repos []distgit.Repo
	root := filepath.Join(h.dir, "repos")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() || !strings.HasSuffix(p, ".git") {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		r, err := distgit.ParseRepo(filepath.ToSlash(rel))
		if err != nil {
			return err
		}
		repos = append(repos, r)
		return fs.SkipDir
	})
	slices.SortFunc(repos, distgit.Repo.Compare)
	return repos, err
}

// ensure makes the repository from its seed if it is not there. It returns an
// error that is fs.ErrNotExist for a repository that does not exist.
func (h *Host) ensure(r distgit.Repo) error {
	r = r.Normal()
	if err := r.Valid(); err != nil {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	if _, err := os.Stat(h.path(r)); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if h.opt.Seed == nil {
		return fs.ErrNotExist
	}
	l := h.lock(r)
	l.Lock()
	defer l.Unlock()
	if _, err := os.Stat(h.path(r)); err == nil {
		return nil
	}
	seed, err := h.opt.Seed(r)
	if err != nil {
		return err
	}
	return h.create(r, seed)
}

// Add makes a repository. It is an error if it exists.
func (h *Host) Add(r distgit.Repo, seed Seed) error {
	r = r.Normal()
	if err := r.Valid(); err != nil {
		return err
	}
	l := h.lock(r)
	l.Lock()
	defer l.Unlock()
	if _, err := os.Stat(h.path(r)); err == nil {
		return fmt.Errorf("distgittest: %v: %w", r, fs.ErrExist)
	}
	return h.create(r, seed)
}

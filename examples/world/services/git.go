// SPDX-License-Identifier: MIT

package services

import (
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/distgit/spec"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
)

// openGit makes the dist-git. Repositories come into being when somebody asks
// for them.
func (w *World) openGit(*memory) error {
	var err error
	w.Git, err = distgittest.NewHost(distgittest.Options{Dir: w.path("dist-git"), Seed: w.repository})
	return err
}

func (w *World) repository(r distgit.Repo) (distgittest.Seed, error) {
	switch r.Namespace {
	case "", "rpms":
		if p, ok := w.distro.Package(r.Name); ok {
			return distgittest.Seed{Owner: p.Maintainer, Commits: []distgittest.Commit{{
				Branch: distro.Branch, Files: map[string]string{p.Name + ".spec": string(p.Spec())}, Message: "First build",
				Author: p.Maintainer + " <" + p.Maintainer + "@example.com>",
			}}}, nil
		}
	case "modules":
		seed := distgittest.Seed{Owner: "modular"}
		for _, m := range w.distro.Modules {
			if m.Name == r.Name {
				seed.Commits = append(seed.Commits, distgittest.Commit{
					Branch: m.Stream, Files: map[string]string{m.Name + ".yaml": string(m.Document)}, Message: "First build",
					Author: "modular <modular@example.com>",
				})
			}
		}
		if len(seed.Commits) > 0 {
			return seed, nil
		}
	}
	return distgittest.Seed{}, fmt.Errorf("repository %v: %w", r, fs.ErrNotExist)
}

// nvrOf tells which build a source URL makes, by reading the sources at that
// commit. The hub's builders ask for it.
func (w *World) nvrOf(source string) (string, error) {
	u, err := url.Parse(strings.TrimPrefix(source, "git+"))
	if err != nil || u.Fragment == "" {
		return "", fmt.Errorf("source %q names no commit", source)
	}
	repo, err := distgit.ParseRepo(strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git"))
	if err != nil {
		return "", err
	}
	if repo.Namespace == "modules" {
		return w.moduleNVR(repo, u.Fragment)
	}
	data, err := w.Git.File(repo, u.Fragment, repo.Name+".spec")
	if err != nil {
		return "", err
	}
	parsed, err := spec.Parse(repo.Name+".spec", data)
	if err != nil {
		return "", err
	}
	commits, err := w.commitsUpTo(repo, distro.Branch, u.Fragment)
	if err != nil {
		return "", err
	}
	e, err := parsed.Evaluate(spec.Options{Macros: map[string]string{"dist": distro.Dist}, Autorelease: commits})
	if err != nil {
		return "", err
	}
	evr, ok := e.EVR()
	if !ok {
		return "", fmt.Errorf("%s: the version or release is unknown: %v", repo, e.Release.Unknown)
	}
	return repo.Name + "-" + evr.Version + "-" + evr.Release, nil
}

// commitsUpTo counts a branch's commits up to one of them.
func (w *World) commitsUpTo(repo distgit.Repo, branch, hash string) (int, error) {
	log, err := w.Git.Log(repo, branch)
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(log, func(e distgittest.LogEntry) bool { return e.Hash == hash })
	if i < 0 {
		return 0, fmt.Errorf("%v has no commit %s on %s", repo, hash, branch)
	}
	return len(log) - i, nil
}

// moduleNVR names a module build as a module build service imports it.
func (w *World) moduleNVR(repo distgit.Repo, hash string) (string, error) {
	for _, m := range w.distro.Modules {
		if m.Name != repo.Name {
			continue
		}
		if n, err := w.commitsUpTo(repo, m.Stream, hash); err == nil {
			return fmt.Sprintf("%s-%s-20260101%06d.%s", m.Name, strings.ReplaceAll(m.Stream, "-", "_"), n, m.Context), nil
		}
	}
	return "", fmt.Errorf("%v has no commit %s", repo, hash)
}

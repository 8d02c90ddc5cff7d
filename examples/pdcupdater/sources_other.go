// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
)

// namespaces maps PDC's types of branches to dist-git's namespaces.
var namespaces = map[string]string{"rpm": "rpms", "module": "modules", "container": "container"}

func repoOf(b updater.Branch) (distgit.Repo, error) {
	ns, ok := namespaces[b.Type]
	if !ok {
		return distgit.Repo{}, fmt.Errorf("dist-git has no namespace for branches of type %q", b.Type)
	}
	return distgit.Repo{Namespace: ns, Name: b.Component}, nil
}

// dead reports whether dead.package is at the head of a branch.
func (a *app) dead(ctx context.Context, b updater.Branch) (bool, error) {
	repo, err := repoOf(b)
	if err != nil {
		return false, err
	}
	return a.hasDeadPackage(ctx, repo, b.Name)
}

func (a *app) hasDeadPackage(ctx context.Context, repo distgit.Repo, ref string) (bool, error) {
	_, err := a.git.RawFile(ctx, repo, ref, "dead.package")
	if errors.Is(err, distgit.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// allBranches looks at the head of every branch that PDC believes alive, and
// with -ended of every other: those end with their release, mostly, without
// being retired. A branch that dist-git does not have is left out, which makes
// it extra. Repositories are looked at some at a time.
func (a *app) allBranches(ctx context.Context) ([]updater.Branch, error) {
	byRepo := map[distgit.Repo][]updater.Branch{}
	for row, err := range a.services.pdc.Branches().All(ctx, pdc.Query{Fresh: true}) {
		if err != nil {
			return nil, err
		}
		if !row.Active && !a.ended {
			continue
		}
		b := updater.Branch{Component: row.GlobalComponent, Type: row.Type, Name: row.Name}
		repo, err := repoOf(b)
		if err != nil {
			a.warn("%v", err)
			continue
		}
		byRepo[repo] = append(byRepo[repo], b)
	}
	repos := make([]distgit.Repo, 0, len(byRepo))
	for repo := range byRepo {
		repos = append(repos, repo)
	}
	slices.SortFunc(repos, distgit.Repo.Compare)
	found := make([][]updater.Branch, len(repos))
	err := each(ctx, a.jobs, len(repos), func(ctx context.Context, i int) (err error) {
		found[i], err = a.lookAt(ctx, repos[i], byRepo[repos[i]])
		return err
	})
	return slices.Concat(found...), err
}

// lookAt tells of those of the branches that a repository has whether they are
// dead.
func (a *app) lookAt(ctx context.Context, repo distgit.Repo, branches []updater.Branch) ([]updater.Branch, error) {
	heads, err := a.git.Heads(ctx, repo)
	if errors.Is(err, distgit.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []updater.Branch
	for _, b := range branches {
		hash, ok := heads.Branches[b.Name]
		if !ok {
			continue
		}
		if b.Dead, err = a.hasDeadPackage(ctx, repo, hash); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// each calls do for 0 to n-1, some at a time. The first error ends it.
func each(ctx context.Context, jobs, n int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var running sync.WaitGroup
	for range min(jobs, n) {
		running.Go(func() {
			for i := range next {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	running.Wait()
	return context.Cause(ctx)
}

// groupsOf reads the list of a type of group: a JSON object of releases with
// their packages,
//
//	{"fedora-43": ["bash", "kernel"]}
func (a *app) groupsOf(ctx context.Context, typ string) ([]updater.Group, error) {
	address, ok := a.groups[typ]
	if !ok {
		return nil, fmt.Errorf("%w: no list of packages for groups of type %q (-groups)", updater.ErrNoSource, typ)
	}
	data, err := get(ctx, address, 16<<20, a.retries)
	if err != nil {
		return nil, err
	}
	var lists map[string][]string
	if err := json.Unmarshal(data, &lists); err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	var out []updater.Group
	for _, release := range sortedKeys(lists) {
		out = append(out, updater.Group{Type: typ, Release: release, Description: typ, Packages: lists[release]})
	}
	return out, nil
}

// listedPackages reads pkgdb's packages from a file: answers of
// /pkgdb/api/packages, one after another. "" is all releases.
func (a *app) listedPackages(release string) ([]updater.Package, error) {
	f, err := os.Open(a.pkgdbFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []updater.ListedPackage
	for dec := json.NewDecoder(f); dec.More(); {
		var page struct {
			Output   string                  `json:"output"`
			Packages []updater.ListedPackage `json:"packages"`
		}
		if err := dec.Decode(&page); err != nil {
			return nil, fmt.Errorf("%s: %w", a.pkgdbFile, err)
		}
		if page.Output != "ok" || page.Packages == nil {
			return nil, fmt.Errorf("%s: not an answer of pkgdb with packages", a.pkgdbFile)
		}
		list = append(list, page.Packages...)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: no packages: all of PDC's would be extra", a.pkgdbFile)
	}
	all, err := updater.PackagesOf(list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.pkgdbFile, err)
	}
	return slices.DeleteFunc(all, func(p updater.Package) bool { return release != "" && p.Release != release }), nil
}

// listedPeople reads FAS's user list from a file.
func (a *app) listedPeople() ([]updater.Person, error) {
	data, err := os.ReadFile(a.fasFile)
	if err != nil {
		return nil, err
	}
	approved, _, err := updater.ParseAccounts(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.fasFile, err)
	}
	return updater.PeopleOf(approved), nil
}

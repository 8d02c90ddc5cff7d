// SPDX-License-Identifier: MIT

package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner/repodata"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// Packages returns the packages of repositories, in the order of the names:
// folders, or http and https URLs, that have "repodata" in them. Binary and
// source repositories are given together: the files that packages of one ask
// for are looked up in all. Repo of a package is the name as it was given.
func Packages(ctx context.Context, names []string) ([]rpm.Package, error) {
	var repos []repository
	for _, name := range names {
		r, err := place(ctx, name)
		if err != nil {
			return nil, err
		}
		repos = append(repos, r)
	}
	return read(ctx, repos)
}

// PackagesFS returns the packages of the repository in a file system, in which
// "repodata" lies at the top. Repo of every package is the name.
func PackagesFS(ctx context.Context, fsys fs.FS, name string) ([]rpm.Package, error) {
	return read(ctx, []repository{{name: name, fsys: fsys}})
}

// repository is one that is to be read.
type repository struct {
	name     string
	fsys     fs.FS
	priority int // the higher is preferred
}

// place returns the repository of a name.
func place(ctx context.Context, name string) (repository, error) {
	if !strings.HasPrefix(name, "http://") && !strings.HasPrefix(name, "https://") {
		return repository{name: name, fsys: os.DirFS(name)}, nil
	}
	u, err := url.Parse(name)
	if err != nil || u.Host == "" {
		return repository{}, errors.New("source: a repository's URL cannot be read")
	}
	return repository{name: label(u), fsys: webFS{ctx, u}}, nil
}

// read reads repositories that serve one buildroot.
func read(ctx context.Context, repos []repository) ([]rpm.Package, error) {
	var all []rpm.Package
	var opened []*repodata.Repo
	for _, r := range repos {
		o, err := repodata.Open(r.fsys, repodata.Options{Repo: r.name, Priority: r.priority})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		for p, err := range o.Packages() {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			all = append(all, p)
		}
		opened = append(opened, o)
	}
	missing := repodata.MissingFiles(all)
	for i, o := range opened {
		if err := o.AddFiles(all, missing); err != nil && !errors.Is(err, repodata.ErrNotFound) {
			return nil, fmt.Errorf("%s: %w", repos[i].name, err)
		}
	}
	return all, nil
}

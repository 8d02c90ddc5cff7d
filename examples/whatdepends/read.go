// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/seed-f134cc8e/relkit/planner/repodata"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// read returns the packages of repositories; without names, those of an
// embedded one.
func read(ctx context.Context, names []string, embedded string) ([]rpm.Package, error) {
	systems := map[string]fs.FS{}
	if len(names) == 0 {
		sub, err := fs.Sub(demo, embedded)
		if err != nil {
			return nil, err
		}
		names, systems[embedded] = []string{embedded}, sub
	}
	var all []rpm.Package
	var repos []*repodata.Repo
	for _, name := range names {
		fsys := systems[name]
		switch {
		case fsys != nil:
		case strings.HasPrefix(name, "http://"), strings.HasPrefix(name, "https://"):
			fsys = webFS{ctx, strings.TrimSuffix(name, "/")}
		default:
			fsys = os.DirFS(name)
		}
		r, err := repodata.Open(fsys, repodata.Options{Repo: name})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for p, err := range r.Packages() {
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			all = append(all, p)
		}
		repos = append(repos, r)
	}
	missing := repodata.MissingFiles(all)
	for i, r := range repos {
		if err := r.AddFiles(all, missing); err != nil && !errors.Is(err, repodata.ErrNotFound) {
			return nil, fmt.Errorf("%s: %w", names[i], err)
		}
	}
	return all, nil
}

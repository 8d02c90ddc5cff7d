// SPDX-License-Identifier: MIT

// Package releases asks which releases and branches are active, of whichever
// service knows it: PDC, Bodhi, or dist-git where neither runs.
package releases

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// Active returns the releases that are active at a time, by the label of their
// dist-git branch, development being "rawhide". from names the service:
//
//	pdc=https://pdc.example.org/rest_api/v1
//	bodhi=https://bodhi.example.org
//	distgit=https://src.example.org/rpms/bash
//
// dist-git does not tell which releases have ended: there all release branches
// of the package count. An error is a service's, or says what is wrong with
// from.
func Active(ctx context.Context, from string, at time.Time) ([]trigger.Release, error) {
	service, place, _ := strings.Cut(from, "=")
	switch service {
	case "pdc":
		c, err := pdc.NewClient(place)
		if err != nil {
			return nil, err
		}
		return trigger.ActiveReleases(c.ActiveReleases(ctx, ""), at, ofPDC)
	case "bodhi":
		c, err := bodhi.NewClient(place)
		if err != nil {
			return nil, err
		}
		return trigger.ActiveReleases(c.Releases(ctx, "pending", "frozen", "current"), at, ofBodhi)
	case "distgit":
		branches, rawhide, err := branchesOf(ctx, place)
		if err != nil {
			return nil, err
		}
		return trigger.ActiveReleases(branches, at, func(name string) (trigger.Release, bool) { return ofBranch(name, rawhide) })
	}
	return nil, fmt.Errorf("releases from %q: want pdc=URL, bodhi=URL or distgit=URL/rpms/PACKAGE", from)
}

// ofBranch says what the name of a branch tells. Rawhide is the number of the
// release that development becomes, 0 when unknown.
func ofBranch(name string, rawhide int) (trigger.Release, bool) {
	b := distgit.ParseBranch(name)
	switch b.Kind {
	case distgit.BranchStream, distgit.BranchModular, distgit.BranchPrivate:
		return trigger.Release{}, false
	}
	r := trigger.Release{Label: b.Name, At: map[trigger.Place][]string{trigger.PlaceBranch: {b.Name}}}
	tag := b.Name
	if b.Kind == distgit.BranchRawhide {
		r.Label, tag = "rawhide", ""
		if rawhide > 0 {
			tag = "f" + strconv.Itoa(rawhide)
		}
	}
	if dist, known := b.Dist(rawhide); known {
		r.At[trigger.PlaceDist] = []string{strings.TrimPrefix(dist, ".")}
	}
	r.At[trigger.PlaceTag] = tags(tag)
	return r, true
}

// tags are those from which builds of a release are built, by Fedora's rule.
func tags(base string) []string {
	if base == "" {
		return nil
	}
	return []string{base, base + "-updates", base + "-override", base + "-build"}
}

func ofPDC(row pdc.Release) (trigger.Release, bool) {
	if row.DistGit == nil {
		return trigger.Release{}, false
	}
	number, _ := strconv.Atoi(row.Version)
	r, ok := ofBranch(row.DistGit.Branch, number)
	r.Off = !row.Active
	return r, ok
}

func ofBodhi(row bodhi.Release) (trigger.Release, bool) {
	number, _ := strconv.Atoi(strings.TrimPrefix(row.DistTag, "f"))
	r, ok := ofBranch(row.Branch, number)
	if !ok {
		return r, false
	}
	r.At[trigger.PlaceUpdate] = []string{row.Name}
	r.At[trigger.PlaceTag] = append(r.At[trigger.PlaceTag], row.StableTag, row.OverrideTag)
	r.EOL, _ = time.Parse(time.DateOnly, row.EOL)
	return r, true
}

// branchesOf lists the branches of the package at a URL, and tells which
// release comes after the newest of Fedora's that has one.
func branchesOf(ctx context.Context, place string) (iter.Seq2[string, error], int, error) {
	u, err := url.Parse(place)
	if err != nil {
		return nil, 0, err
	}
	repo, err := distgit.ParseRepo(u.Path)
	if err != nil {
		return nil, 0, err
	}
	u.Path = ""
	c, err := distgit.NewClient(u.String())
	if err != nil {
		return nil, 0, err
	}
	var names []string
	rawhide := 0
	for b, err := range c.Branches(ctx, repo) {
		if err != nil {
			return nil, 0, err
		}
		names = append(names, b.Name)
		if f := distgit.ParseBranch(b.Name); f.Kind == distgit.BranchFedora {
			n, _ := strconv.Atoi(f.Version)
			rawhide = max(rawhide, n+1)
		}
	}
	return func(yield func(string, error) bool) {
		for _, n := range names {
			if !yield(n, nil) {
				return
			}
		}
	}, rawhide, nil
}

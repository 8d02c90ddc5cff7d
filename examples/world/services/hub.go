// SPDX-License-Identifier: MIT

package services

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
)

// ModularTag is where module builds are tagged.
const ModularTag = "f43-modular"

// openHub makes the hub, or reads it back: a tag with a build of every
// package, a target, and builders that know what a build needs.
func (w *World) openHub(m *memory) error {
	seed := kojitest.Seed{
		Users: []kojitest.User{{Name: User, Password: Password, Permissions: []string{"admin"}}, {Name: "modular", Password: Password}},
		Tags: []kojitest.Tag{
			{Name: distro.Tag, Arches: distro.Arch},
			{Name: distro.BuildTag, Arches: distro.Arch, Parents: []string{distro.Tag}, Extra: map[string]any{"sidetag_allowed": true}},
			{Name: ModularTag, Arches: distro.Arch},
		},
		Targets: []kojitest.Target{{Name: distro.Target, BuildTag: distro.BuildTag, DestTag: distro.Tag}},
		Source:  w.nvrOf,
		Builder: kojitest.Builder{
			Slots: 8, Assign: 2 * time.Second, SRPM: 20 * time.Second, Tag: 5 * time.Second,
			RepoDelay: 10 * time.Second, RepoTime: w.opts.RepoTime, Duration: w.Duration, RPMs: w.binaries,
			Failures: w.failures(),
		},
	}
	for _, p := range w.distro.Packages {
		if !slices.ContainsFunc(seed.Users, func(u kojitest.User) bool { return u.Name == p.Maintainer }) {
			seed.Users = append(seed.Users, kojitest.User{Name: p.Maintainer, Password: Password, Permissions: []string{"build"}})
		}
		seed.Builds = append(seed.Builds, kojitest.Build{NVR: p.NVR(1), Owner: p.Maintainer, Tags: []string{distro.Tag}})
	}
	for _, mod := range w.distro.Modules {
		seed.Packages = append(seed.Packages, kojitest.Package{Name: mod.Name, Owner: "modular", Tags: []string{ModularTag}})
	}
	for _, mod := range w.distro.Modules {
		version := strconv.FormatUint(mod.Version, 10)
		seed.Builds = append(seed.Builds, kojitest.Build{
			NVR: koji.ModuleNVR(mod.Name, mod.Stream, version, mod.Context).String(), Owner: "modular", Tags: []string{ModularTag},
			Extra: map[string]any{"typeinfo": map[string]any{"module": map[string]any{
				"name": mod.Name, "stream": mod.Stream, "version": version, "context": mod.Context, "modulemd_str": string(mod.Document),
			}}},
		})
	}
	seed.Deps = w.deps
	needs := Needs(w.distro, w.opts.Changed)
	seed.Needs = func(pkg string) []kojitest.Need {
		out := make([]kojitest.Need, len(needs[pkg]))
		for i, n := range needs[pkg] {
			out[i] = kojitest.Need{Package: n, Event: m.Event + 1}
		}
		return out
	}
	var err error
	if w.Hub, err = kojitest.Open(w.path("koji"), seed); err != nil {
		return err
	}
	if m.Event != 0 {
		w.began = m.Began
		return nil
	}
	c, err := koji.NewClient("http://hub.invalid/kojihub", koji.WithHTTPClient(&http.Client{Transport: w.Hub.Transport()}))
	if err != nil {
		return err
	}
	last, err := c.LastEvent(context.Background(), time.Time{})
	m.Event, m.Began, w.began = last.ID, w.Hub.Now(), w.Hub.Now()
	return err
}

// Duration is how long a build of the package takes in the world.
func (w *World) Duration(pkg string) time.Duration {
	if p, ok := w.distro.Package(pkg); ok {
		return p.Duration
	}
	return 5 * time.Minute
}

func (w *World) binaries(pkg string) []string {
	p, ok := w.distro.Package(pkg)
	if !ok {
		return nil
	}
	var out []string
	for _, b := range p.Binaries {
		out = append(out, b.Name)
	}
	return out
}

// deps are what a package asks for, as its spec file says.
func (w *World) deps(nvr, name, arch string) kojitest.Deps {
	if arch == "src" {
		p, _ := w.distro.Package(name)
		return kojitest.Deps{Requires: p.BuildRequires}
	}
	b, _ := w.distro.Binary(name)
	return kojitest.Deps{Requires: b.Requires}
}

func (w *World) failures() []kojitest.Failure {
	var out []kojitest.Failure
	for _, name := range w.opts.FailBuild {
		out = append(out, kojitest.Failure{
			Package: name, Log: "t/01-basic.t .. 1/12\n#   Failed test 'renders the month'\n#   at t/01-basic.t line 43.\nFAILED tests 7\nerror: Bad exit status from /var/tmp/rpm-tmp.Xk2 (%check)",
		})
	}
	return out
}

// Needs tells for each package that a change affects which packages must have
// been rebuilt before it: those that it needs, directly or through what these
// need at run time, and that are affected too. Packages that need each other
// are left out of each other's list: one of them has to be built first.
//
// It is written down apart from the planner on purpose: the hub's builders
// judge the planner's order by it.
func Needs(d *distro.Distro, changed []string) map[string][]string {
	direct := map[string]map[string]bool{} // package to packages in its buildroot
	for _, p := range d.Packages {
		root := map[string]bool{}
		queue := p.BuildRequires
		seen := map[string]bool{}
		for len(queue) > 0 {
			name := queue[0]
			queue = queue[1:]
			b, ok := d.Binary(name)
			if !ok || seen[name] {
				continue
			}
			seen[name] = true
			if b.Source != p.Name {
				root[b.Source] = true
			}
			queue = append(queue, b.Requires...)
		}
		direct[p.Name] = root
	}
	affected := map[string]bool{}
	for _, name := range changed {
		affected[name] = true
	}
	for grown := true; grown; {
		grown = false
		for name, root := range direct {
			if affected[name] {
				continue
			}
			for dep := range root {
				if affected[dep] {
					affected[name], grown = true, true
					break
				}
			}
		}
	}
	cycle := cycles(direct, affected)
	out := map[string][]string{}
	for name := range affected {
		for dep := range direct[name] {
			if affected[dep] && cycle[dep] != cycle[name] {
				out[name] = append(out[name], dep)
			}
		}
		slices.Sort(out[name])
	}
	for _, m := range d.Modules {
		for _, c := range m.Components {
			if affected[c] {
				out[m.Name] = append(out[m.Name], c)
			}
		}
	}
	return out
}

// cycles numbers the packages so that those that need each other, directly or
// not, have the same number: Kosaraju's two walks.
func cycles(direct map[string]map[string]bool, among map[string]bool) map[string]int {
	reverse := map[string][]string{}
	for name := range among {
		for dep := range direct[name] {
			if among[dep] {
				reverse[dep] = append(reverse[dep], name)
			}
		}
	}
	type step struct {
		name string
		left []string
	}
	var order []string // by the end of the first walk
	seen := map[string]bool{}
	for root := range among {
		if seen[root] {
			continue
		}
		seen[root] = true
		stack := []step{{root, reverse[root]}}
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.left) == 0 {
				order = append(order, top.name)
				stack = stack[:len(stack)-1]
				continue
			}
			next := top.left[0]
			top.left = top.left[1:]
			if !seen[next] {
				seen[next] = true
				stack = append(stack, step{next, reverse[next]})
			}
		}
	}
	number := map[string]int{}
	for i := len(order) - 1; i >= 0; i-- {
		queue := []string{order[i]}
		for len(queue) > 0 {
			name := queue[0]
			queue = queue[1:]
			if number[name] != 0 {
				continue
			}
			number[name] = i + 1
			for dep := range direct[name] {
				if among[dep] && number[dep] == 0 {
					queue = append(queue, dep)
				}
			}
		}
	}
	return number
}

// SPDX-License-Identifier: MIT

package spec

import (
	"slices"
	"strings"
)

// buildArch takes BuildArch: for the main package, rpm begins anew.
func (e *evaluator) buildArch(p *pkg, main bool, value string) {
	words, _ := shellWords(value)
	if !main {
		if len(words) != 1 || words[0] != "noarch" && !marked(words[0]) {
			e.x.fail("Only noarch subpackages are supported: " + e.current)
			return
		}
		p.Arch = e.value(words[0])
		p.noarch = true
		return
	}
	if e.second {
		e.ev.BuildArch.List = append(e.ev.BuildArch.List, words...)
		if p.set["buildarch"] {
			e.x.fail("Duplicate BuildArch entry: " + e.current)
		}
		p.set["buildarch"] = true
		return
	}
	own := e.x.expand("%{_target_cpu}")
	for _, w := range words {
		if w == "noarch" || w == own || marked(w) {
			e.arches = append(e.arches, w)
		}
	}
	if len(e.arches) == 0 {
		e.x.fail("No compatible architectures found for build: " + e.current)
		return
	}
	e.restart = true
}

// closePreamble checks and completes a package at the end of its preamble.
func (e *evaluator) closePreamble(p *pkg) {
	main := e.pkgs[0]
	if p != main {
		inherit := func(tag string, v *Value, from Value) {
			if !p.set[tag] {
				*v = from
			}
		}
		inherit("epoch", &p.Epoch, main.Epoch)
		inherit("version", &p.Version, main.Version)
		inherit("release", &p.Release, main.Release)
		inherit("license", &p.License, main.License)
	}
	if !p.noarch {
		p.Arch = e.value(e.x.expand("%{_target_cpu}"))
	}
	if len(p.opaque) > 0 || len(main.opaque) > 0 || len(e.r.missing) > 0 {
		return
	}
	name := p.name
	if p == main {
		name = "(main package)"
	}
	var missing []string
	for _, tag := range []string{"Name", "Version", "Release", "Summary", "License"} {
		if set := strings.ToLower(tag); !p.set[set] && (p == main || set == "summary" || !main.set[set]) {
			missing = append(missing, tag+" field must be present in package: "+name)
		}
	}
	if len(missing) > 0 {
		e.x.fail(strings.Join(missing, "; "))
	}
}

// selfProvides adds what every package provides: its own name, and with it the
// instruction set.
func (e *evaluator) selfProvides() {
	for _, p := range e.pkgs {
		evr := EVR{Epoch: p.Epoch.Text, Version: p.Version.Text, Release: p.Release.Text}.String()
		why := slices.Concat(p.Name.Unknown, p.Epoch.Unknown, p.Version.Unknown, p.Release.Unknown)
		for _, r := range why {
			if !slices.Contains(p.Provides.Unknown, r) {
				p.Provides.Unknown = append(p.Provides.Unknown, r)
			}
		}
		p.Provides.List = append(p.Provides.List, Dependency{Name: p.Name.Text, Op: "=", EVR: evr})
		if p.Arch.Text == "noarch" {
			continue
		}
		if isa := e.x.expand("%{?_isa}"); isa != "" {
			p.Provides.Unknown = append(p.Provides.Unknown, e.why(isa)...)
			p.Provides.List = append(p.Provides.List, Dependency{Name: p.Name.Text + e.plain(isa), Op: "=", EVR: evr})
		}
	}
}

// SPDX-License-Identifier: MIT

package updater

import (
	"strings"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

// set is a set of words.
type set map[string]bool

func (s set) add(words ...string) {
	for _, w := range words {
		if w != "" {
			s[w] = true
		}
	}
}

// needs is what the facts speak of, by name.
type need struct {
	releases   set
	globals    set
	components map[string]set // names by release
	from       map[string]set // names by release, of components with relationships
	edgeTypes  set
	rpms       set
	modules    set
	otherTypes bool // components that are no rpms
}

func (n *need) component(release, name string) {
	n.releases.add(release)
	if n.components[release] == nil {
		n.components[release] = set{}
	}
	n.components[release].add(name)
	global, _, _ := strings.Cut(name, ":")
	n.globals.add(name, global)
}

func (n *need) edges(release, name string, on map[string][]string) {
	n.component(release, name)
	if n.from[release] == nil {
		n.from[release] = set{}
	}
	n.from[release].add(name)
	for typ, names := range on {
		n.edgeTypes.add(typ)
		for _, to := range names {
			n.component(release, to)
		}
	}
}

func needed(f Facts) *need {
	n := &need{set{}, set{}, map[string]set{}, map[string]set{}, set{}, set{}, set{}, false}
	for _, p := range f.Packages {
		n.component(p.Release, p.Name)
		n.otherTypes = n.otherTypes || typeOr(p.Type) != "rpm"
	}
	for _, b := range f.Builds {
		n.releases.add(b.Releases...)
		for _, r := range b.RPMs {
			n.rpms.add(r.Name)
		}
	}
	for _, x := range f.Needs {
		n.edges(x.Release, x.Name, x.On)
		n.otherTypes = n.otherTypes || typeOr(x.Type) != "rpm"
	}
	for _, c := range f.Composes {
		if c.Info != nil {
			n.releases.add(ReleaseOfCompose(c.Info))
		}
		n.modules.add(c.Modules...)
	}
	for _, m := range f.Modules {
		n.modules.add(m.UID())
		if s, err := modulemd.ParseLax("", []byte(m.Modulemd)); m.Release != "" && err == nil {
			n.otherTypes = true
			build, run := flatten(s)
			on := map[string][]string{}
			for _, d := range build {
				on[ModuleBuildRequires] = append(on[ModuleBuildRequires], d.Dependency+":"+d.Stream)
			}
			for _, d := range run {
				on[ModuleRequires] = append(on[ModuleRequires], d.Dependency+":"+d.Stream)
			}
			n.edges(m.Release, m.Name+":"+m.Stream, on)
		}
	}
	for _, g := range f.Groups {
		n.releases.add(g.Release)
		for _, p := range g.Packages {
			n.component(g.Release, p)
		}
	}
	for _, i := range f.Images {
		n.releases.add(i.Releases...)
	}
	for _, b := range f.Bugzilla {
		n.component(b.Release, b.Package)
	}
	for _, b := range f.Branchings {
		n.releases.add(b.From, b.To)
	}
	for _, s := range f.Whole {
		n.releases.add(s.Release)
		switch s.Kind {
		case KindPackage, KindDependency, KindContainer:
			if n.components[s.Release] == nil && s.Release != "" {
				n.components[s.Release] = set{}
			}
		}
	}
	return n
}

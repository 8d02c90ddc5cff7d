// SPDX-License-Identifier: MIT

package spec

import (
	"maps"
	"slices"
)

// merge keeps of two evaluations what they agree on. Where they don't, the
// conditions on which they differ are the reasons.
func (ev *Evaluation) merge(o *Evaluation, why []Reason) {
	m := merger{why: why}
	m.value(&ev.URL, &o.URL)
	m.dependencies(&ev.BuildRequires, &o.BuildRequires)
	m.dependencies(&ev.BuildConflicts, &o.BuildConflicts)
	m.words(&ev.ExclusiveArch, &o.ExclusiveArch)
	m.words(&ev.ExcludeArch, &o.ExcludeArch)
	m.words(&ev.BuildArch, &o.BuildArch)
	m.files(&ev.Sources, &o.Sources)
	m.files(&ev.Patches, &o.Patches)
	m.packages(&ev.Packages, &o.Packages)
	ev.Package = ev.Packages.List[0]
	same := slices.EqualFunc(ev.Changelog.List, o.Changelog.List, func(a, b Entry) bool {
		return a.Time.Equal(b.Time) && a.Name == b.Name && a.Text == b.Text
	})
	m.list(&ev.Changelog.Unknown, o.Changelog.Unknown, same)
	ev.DynamicBuildRequires = ev.DynamicBuildRequires || o.DynamicBuildRequires
	ev.Refused = m.union(ev.Refused, o.Refused)
	ev.Opaque = m.union(ev.Opaque, o.Opaque)
}

type merger struct{ why []Reason }

func (m merger) union(a, b []Reason) []Reason {
	for _, r := range b {
		if !slices.Contains(a, r) {
			a = append(a, r)
		}
	}
	return a
}

func (m merger) list(unknown *[]Reason, other []Reason, same bool) {
	*unknown = m.union(*unknown, other)
	if !same {
		*unknown = m.union(*unknown, m.why)
	}
}

func (m merger) value(a, b *Value) {
	m.list(&a.Unknown, b.Unknown, a.Text == b.Text)
}

func (m merger) words(a, b *Words) {
	m.list(&a.Unknown, b.Unknown, slices.Equal(a.List, b.List))
}

func (m merger) files(a, b *SourceFiles) {
	m.list(&a.Unknown, b.Unknown, slices.EqualFunc(a.List, b.List, func(x, y SourceFile) bool {
		return x.Number == y.Number && x.Value == y.Value
	}))
}

// dependencies keeps what both have: each of them may not hold.
func (m merger) dependencies(a, b *Dependencies) {
	same := slices.EqualFunc(a.List, b.List, func(x, y Dependency) bool { return x.String() == y.String() && x.Qualifier == y.Qualifier })
	m.list(&a.Unknown, b.Unknown, same)
	if !same {
		both := map[string]bool{}
		for _, y := range b.List {
			both[y.String()] = true
		}
		a.List = slices.DeleteFunc(slices.Clone(a.List), func(x Dependency) bool { return !both[x.String()] })
	}
}

// packages keeps the packages that both have.
func (m merger) packages(a, b *Packages) {
	byName := map[string]*Package{}
	for i := range b.List {
		byName[b.List[i].Name.Text] = &b.List[i]
	}
	same := len(a.List) == len(b.List)
	kept := a.List[:0]
	for i := range a.List {
		p := a.List[i]
		q := byName[p.Name.Text]
		if i == 0 {
			q = &b.List[0] // the main package is always there
		}
		if q == nil {
			same = false
			continue
		}
		for _, v := range [][2]*Value{{&p.Name, &q.Name}, {&p.Epoch, &q.Epoch}, {&p.Version, &q.Version}, {&p.Release, &q.Release},
			{&p.Summary, &q.Summary}, {&p.License, &q.License}, {&p.Arch, &q.Arch}} {
			m.value(v[0], v[1])
		}
		theirs := maps.Collect(q.lists())
		for tag, d := range p.lists() {
			m.dependencies(d, theirs[tag])
		}
		m.words(&p.Files, &q.Files)
		kept = append(kept, p)
	}
	a.List = kept
	m.list(&a.Unknown, b.Unknown, same)
}

// limit makes everything unknown.
func (ev *Evaluation) limit(r Reason) {
	for i := range ev.Packages.List {
		p := &ev.Packages.List[i]
		for _, v := range []*Value{&p.Name, &p.Epoch, &p.Version, &p.Release, &p.Summary, &p.License, &p.Arch} {
			v.Unknown = append(v.Unknown, r)
		}
		for _, d := range p.lists() {
			*d = Dependencies{Unknown: append(d.Unknown, r)}
		}
	}
	ev.Package = ev.Packages.List[0]
	ev.BuildRequires.List, ev.BuildConflicts.List, ev.ExclusiveArch.List, ev.ExcludeArch.List, ev.BuildArch.List = nil, nil, nil, nil, nil
	ev.Sources.List, ev.Patches.List, ev.Changelog.List = nil, nil, nil
	for _, u := range []*[]Reason{&ev.URL.Unknown, &ev.BuildRequires.Unknown, &ev.BuildConflicts.Unknown, &ev.ExclusiveArch.Unknown,
		&ev.ExcludeArch.Unknown, &ev.BuildArch.Unknown, &ev.Sources.Unknown, &ev.Patches.Unknown, &ev.Packages.Unknown, &ev.Changelog.Unknown} {
		*u = append(*u, r)
	}
}

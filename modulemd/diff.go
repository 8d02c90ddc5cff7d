// SPDX-License-Identifier: MIT

package modulemd

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// ChangeOp is what happened to a document.
type ChangeOp int

// What can happen to a document.
const (
	Added ChangeOp = iota + 1
	Removed
	Changed
)

var changeNames = [...]string{"", "added", "removed", "changed"}

// String returns the word for the change; an unknown value prints as
// ChangeOp(7).
func (o ChangeOp) String() string {
	if o <= 0 || int(o) >= len(changeNames) {
		return fmt.Sprintf("ChangeOp(%d)", int(o))
	}
	return changeNames[o]
}

// MarshalText returns the word for the change.
func (o ChangeOp) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (o *ChangeOp) UnmarshalText(b []byte) error {
	i := slices.Index(changeNames[:], string(b))
	if i <= 0 {
		return fmt.Errorf("modulemd: unknown change %q", b)
	}
	*o = ChangeOp(i)
	return nil
}

// Change is a difference between two indexes.
type Change struct {
	Op      ChangeOp
	Kind    Kind
	Module  string
	ID      string   // of the newer document: NSVCA of a stream, module or module:stream otherwise
	Was     string   // ID of the older document when it is another one
	Details []string // what changed inside, in words
}

// Diff returns what is different in the second index: modules by name, of
// each in the order of [Module.Documents]. A new build of a stream is paired
// with the one it takes the place of: the one with the same context and arch,
// or the only one of the arch. The error is that of streams in a lazy index.
func Diff(from, to *Index) ([]Change, error) {
	names := map[string]bool{}
	for name := range from.modules {
		names[name] = true
	}
	for name := range to.modules {
		names[name] = true
	}
	var out []Change
	for _, name := range sortedKeys(names) {
		a, b := from.modules[name], to.modules[name]
		if a == nil {
			a = &Module{name: name}
		}
		if b == nil {
			b = &Module{name: name}
		}
		out = append(out, diffDefaults(name, a.defaults, b.defaults)...)
		out = append(out, diffObsoletes(name, a.obsoletes, b.obsoletes)...)
		out = append(out, diffTranslations(name, a.translations, b.translations)...)
		builds, err := diffBuilds(a, b)
		if err != nil {
			return nil, err
		}
		out = append(out, builds...)
	}
	return out, nil
}

func diffDefaults(name string, a, b *Defaults) []Change {
	c := Change{Kind: KindDefaults, Module: name, ID: name}
	switch {
	case a == nil && b == nil:
		return nil
	case a == nil:
		c.Op = Added
	case b == nil:
		c.Op = Removed
	default:
		c.Op = Changed
		if s, t := orNone(a.DefaultStream("")), orNone(b.DefaultStream("")); s != t {
			c.Details = append(c.Details, "default stream "+s+" → "+t)
		}
		for _, stream := range union(a.Profiles, b.Profiles) {
			p, pok := a.Profiles[stream]
			q, qok := b.Profiles[stream]
			if pok != qok || !sameSet(p, q) {
				c.Details = append(c.Details, fmt.Sprintf("default profiles of %s: %v → %v", stream, set(p), set(q)))
			}
		}
		if !reflect.DeepEqual(a.Intents, b.Intents) {
			c.Details = append(c.Details, "intents")
		}
		if c.Details == nil {
			return nil
		}
	}
	return []Change{c}
}

func orNone(stream string, ok bool) string {
	if !ok {
		return "none"
	}
	return stream
}

// union returns the keys of both maps, sorted.
func union[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return sortedKeys(all)
}

func diffObsoletes(name string, a, b []*Obsoletes) (out []Change) {
	same := func(o *Obsoletes) func(*Obsoletes) bool {
		return func(p *Obsoletes) bool {
			x, y := *o, *p
			x.Unknown, y.Unknown = nil, nil
			return reflect.DeepEqual(x, y)
		}
	}
	for _, o := range a {
		if !slices.ContainsFunc(b, same(o)) {
			out = append(out, Change{Op: Removed, Kind: KindObsoletes, Module: name, ID: name + ":" + o.Stream, Details: []string{o.Message}})
		}
	}
	for _, o := range b {
		if !slices.ContainsFunc(a, same(o)) {
			out = append(out, Change{Op: Added, Kind: KindObsoletes, Module: name, ID: name + ":" + o.Stream, Details: []string{o.Message}})
		}
	}
	return out
}

func diffTranslations(name string, a, b map[string]*Translations) (out []Change) {
	for _, stream := range union(a, b) {
		c := Change{Kind: KindTranslations, Module: name, ID: name + ":" + stream}
		x, y := a[stream], b[stream]
		switch {
		case x == nil:
			c.Op = Added
		case y == nil:
			c.Op = Removed
		case x.Modified != y.Modified || !reflect.DeepEqual(x.Locales, y.Locales):
			c.Op = Changed
		default:
			continue
		}
		out = append(out, c)
	}
	return out
}

func diffBuilds(a, b *Module) ([]Change, error) {
	var gone, fresh []*Build
	var out []Change
	for _, old := range a.sortedBuilds() {
		now := b.byID[old.id]
		if now == nil {
			gone = append(gone, old)
			continue
		}
		c, err := changed(old, now)
		if err != nil {
			return nil, err
		}
		if c.Details != nil {
			out = append(out, c)
		}
	}
	for _, now := range b.sortedBuilds() {
		if a.byID[now.id] == nil {
			fresh = append(fresh, now)
		}
	}
	for _, now := range fresh {
		if i := predecessor(gone, fresh, now); i >= 0 {
			c, err := changed(gone[i], now)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
			gone = slices.Delete(gone, i, i+1)
			continue
		}
		out = append(out, Change{Op: Added, Kind: KindStream, Module: b.name, ID: now.id.NSVCA()})
	}
	for _, old := range gone {
		out = append(out, Change{Op: Removed, Kind: KindStream, Module: a.name, ID: old.id.NSVCA()})
	}
	slices.SortStableFunc(out, func(c, d Change) int { return cmp.Compare(c.ID, d.ID) })
	return out, nil
}

// predecessor returns the index of the build that now takes the place of.
func predecessor(gone, fresh []*Build, now *Build) int {
	of := func(b *Build) bool { return b.id.Stream == now.id.Stream && b.id.Arch == now.id.Arch }
	only, found := -1, 0
	for i, old := range gone {
		if !of(old) {
			continue
		}
		if old.id.Context == now.id.Context {
			return i
		}
		only = i
		found++
	}
	rivals := 0
	for _, b := range fresh {
		if of(b) {
			rivals++
		}
	}
	if found == 1 && rivals == 1 {
		return only
	}
	return -1
}

// changed describes what differs between two builds.
func changed(old, now *Build) (Change, error) {
	c := Change{Op: Changed, Kind: KindStream, Module: now.id.Name, ID: now.id.NSVCA()}
	if old.id != now.id {
		c.Was = old.id.NSVCA()
	}
	s, err := old.Stream()
	if err != nil {
		return c, err
	}
	t, err := now.Stream()
	if err != nil {
		return c, err
	}
	add := func(format string, args ...any) { c.Details = append(c.Details, fmt.Sprintf(format, args...)) }
	for _, key := range union(s.RPMs, t.RPMs) {
		p, pok := s.RPMs[key]
		q, qok := t.RPMs[key]
		switch {
		case !pok:
			add("component %s added", key)
		case !qok:
			add("component %s removed", key)
		case p.Ref != q.Ref:
			add("component %s: %s → %s", key, p.Ref, q.Ref)
		case !p.equal(q):
			add("component %s changed", key)
		}
	}
	sets := []struct {
		what string
		a, b []string
	}{{"api", s.API, t.API}, {"filter", s.Filter, t.Filter}, {"demodularized", s.Demodularized, t.Demodularized}, {"artifacts", s.Artifacts, t.Artifacts}}
	for _, f := range sets {
		if more, less := beyond(f.b, f.a), beyond(f.a, f.b); len(more)+len(less) > 0 {
			add("%s: %s", f.what, brief(more, less))
		}
	}
	parts := []struct {
		what string
		same bool
	}{
		{"summary", s.Summary == t.Summary}, {"description", s.Description == t.Description},
		{"license", sameSet(s.ModuleLicenses, t.ModuleLicenses) && sameSet(s.ContentLicenses, t.ContentLicenses)},
		{"dependencies", slices.EqualFunc(s.Dependencies, t.Dependencies, Dependencies.equal)},
		{"profiles", maps.EqualFunc(s.Profiles, t.Profiles, Profile.equal)},
		{"included modules", maps.EqualFunc(s.Modules, t.Modules, ModuleComponent.equal)}, {"build options", s.BuildOpts.equal(t.BuildOpts)},
		{"service levels", maps.Equal(s.ServiceLevels, t.ServiceLevels)}, {"references", s.References.equal(t.References)},
		{"xmd", s.XMD.Equal(t.XMD)},
	}
	for _, p := range parts {
		if !p.same {
			add("%s", p.what)
		}
	}
	if c.Details == nil && c.Was == "" && !s.Equal(t) {
		add("other fields")
	}
	return c, nil
}

// beyond returns what a has and b has not.
func beyond(a, b []string) (out []string) {
	b = set(b)
	for _, s := range set(a) {
		if _, ok := slices.BinarySearch(b, s); !ok {
			out = append(out, s)
		}
	}
	return out
}

// brief names some of what came and went.
func brief(more, less []string) string {
	var parts []string
	for _, side := range []struct {
		sign  string
		items []string
	}{{"+", more}, {"-", less}} {
		for i, s := range side.items {
			if i == 5 {
				parts = append(parts, fmt.Sprintf("%s%d more", side.sign, len(side.items)-i))
				break
			}
			parts = append(parts, side.sign+s)
		}
	}
	return strings.Join(parts, " ")
}

// SPDX-License-Identifier: MIT

package modular

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

// A Variant is one of the documents that are built in place of a submitted one.
type Variant struct {
	// Stream is the document: one dependency block with one stream for each
	// build requirement, everything that is built with noted in xmd, the
	// context computed. What expansion does not touch it shares with the
	// document that was submitted.
	Stream *modulemd.Stream
	// Block is the index of the dependency block that it comes from.
	Block int
	// BuiltWith are all builds in its buildroot, sorted.
	BuiltWith []modulemd.NSVC
}

// An Expansion is what [Pool.Expand] makes of a document.
type Expansion struct {
	// Variants are in the order of dependency blocks, then of streams.
	Variants []Variant
	// Ambiguous are the modules, sorted, whose requirement leaves a choice of
	// streams and has no default.
	Ambiguous []string
}

// Expand returns the documents that are built when s is submitted, one for
// every distinct choice of streams:
//
// Streams of base modules that have no build are first replaced by the newest
// that has them as a virtual stream. Then "any" and "all but" become the streams
// that have builds; a module with an entry in [Options.Defaults] keeps only that
// one where there is a choice. The builds that may take part are those of
// [Pool.Candidates]. A runtime requirement that listed the same streams as the
// build requirement becomes the stream that was used; others stay.
func (p *Pool) Expand(s *modulemd.Stream) (*Expansion, error) {
	out := &Expansion{}
	blocks := make([]modulemd.Dependencies, len(s.Dependencies)) // virtual streams replaced
	wanted := make([]modulemd.Dependencies, len(s.Dependencies)) // and build requirements listed
	for i, d := range s.Dependencies {
		blocks[i] = p.replaceVirtual(d)
		wanted[i] = modulemd.Dependencies{BuildRequires: map[string][]string{}}
		for _, side := range []map[string][]string{blocks[i].BuildRequires, blocks[i].Requires} {
			for name, streams := range side {
				if p.ambiguous(name, streams) {
					out.Ambiguous = append(out.Ambiguous, name)
				}
			}
		}
		for name, streams := range blocks[i].BuildRequires {
			list := p.expandStreams(name, streams)
			if len(list) == 0 {
				return nil, fmt.Errorf("modular: dependency block %d: %s:[%s]: %w", i, name, strings.Join(streams, ", "), ErrNoBuild)
			}
			wanted[i].BuildRequires[name] = list
		}
	}
	slices.Sort(out.Ambiguous)
	out.Ambiguous = slices.Compact(out.Ambiguous)
	if p.o.ForbidAmbiguity && len(out.Ambiguous) > 0 {
		return nil, fmt.Errorf("modular: %s:%s: %s: %w", s.Name, s.Stream, strings.Join(out.Ambiguous, ", "), ErrAmbiguous)
	}
	candidates, err := p.candidates(wanted)
	if err != nil {
		return nil, err
	}
	combinations, err := candidates.Resolve(wanted)
	if err != nil {
		return nil, err
	}
	for _, c := range combinations {
		v, err := candidates.variant(s, blocks[c.Block], c)
		if err != nil {
			return nil, err
		}
		out.Variants = append(out.Variants, v)
	}
	return out, nil
}

// Candidates returns the builds that may take part in building a module with
// these dependency blocks, sorted: the required base modules with the earlier
// minor releases that are compatible; of each other required stream the newest
// version for each of these; and what all of them need at run time. A required
// stream without a build is an error that wraps [ErrNoBuild].
func (p *Pool) Candidates(deps []modulemd.Dependencies) ([]modulemd.NSVC, error) {
	wanted := make([]modulemd.Dependencies, len(deps))
	for i, d := range deps {
		wanted[i].BuildRequires = map[string][]string{}
		for name, streams := range p.replaceVirtual(d).BuildRequires {
			wanted[i].BuildRequires[name] = p.expandStreams(name, streams)
		}
	}
	c, err := p.candidates(wanted)
	if err != nil {
		return nil, err
	}
	var out []modulemd.NSVC
	for _, list := range c.builds {
		for _, b := range list {
			out = append(out, b.NSVC)
		}
	}
	slices.SortFunc(out, modulemd.NSVC.Compare)
	return out, nil
}

// candidates needs positive lists of streams.
func (p *Pool) candidates(deps []modulemd.Dependencies) (*Pool, error) {
	taken := map[*Build]bool{}
	for i, d := range deps {
		usable := map[string]map[string]bool{} // base module to streams
		var queue []*Build
		take := func(b *Build) {
			if !taken[b] {
				taken[b] = true
			}
			queue = append(queue, b)
		}
		for name, streams := range d.BuildRequires {
			if !p.isBase(name) {
				continue
			}
			usable[name] = map[string]bool{}
			for _, b := range p.builds[name] {
				if slices.ContainsFunc(streams, func(s string) bool { return b.NSVC.Stream == s || p.earlier(b, s) }) {
					usable[name][b.NSVC.Stream] = true
					take(b)
				}
			}
		}
		for name, streams := range d.BuildRequires {
			for _, stream := range streams {
				list := p.newest(name, stream, usable)
				if p.isBase(name) {
					list = p.newest(name, stream, nil)
				}
				if len(list) == 0 {
					return nil, fmt.Errorf("modular: dependency block %d: %s:%s: %w", i, name, stream, ErrNoBuild)
				}
				for _, b := range list {
					take(b)
				}
			}
		}
		seen := map[[2]string]bool{}
		for len(queue) > 0 {
			b := queue[0]
			queue = queue[1:]
			for _, rd := range b.Dependencies {
				for name, streams := range rd.Requires {
					if p.isBase(name) && usable[name] != nil {
						continue
					}
					for _, stream := range p.Streams(name) {
						key := [2]string{name, stream}
						if seen[key] || !p.anyMeets(b, name, stream, streams) {
							continue
						}
						seen[key] = true
						for _, n := range p.newest(name, stream, usable) {
							take(n)
						}
					}
				}
			}
		}
	}
	c := &Pool{o: p.o, builds: map[string][]*Build{}}
	for name, list := range p.builds {
		for _, b := range list {
			if taken[b] {
				c.builds[name] = append(c.builds[name], b)
			}
		}
	}
	return c, nil
}

func (p *Pool) anyMeets(by *Build, name, stream string, streams []string) bool {
	return slices.ContainsFunc(p.builds[name], func(b *Build) bool { return b.NSVC.Stream == stream && p.meets(by, b, streams) })
}

// earlier reports whether a base build is of an earlier, compatible release
// than stream.
func (p *Pool) earlier(b *Build, stream string) bool {
	have, ok := StreamVersion(b.NSVC.Stream)
	limit, ok2 := StreamVersion(stream)
	return ok && ok2 && have <= limit && p.compatible(b, stream)
}

// newest returns the builds with the newest version of a stream, all contexts,
// for each of the streams of base modules that they were built against and that
// are usable. A base module of which nothing is said admits all.
func (p *Pool) newest(name, stream string, usable map[string]map[string]bool) []*Build {
	var out []*Build
	version := map[string]uint64{}
build:
	for _, b := range p.builds[name] {
		if b.NSVC.Stream != stream {
			continue
		}
		var key strings.Builder
		for _, base := range p.o.Base {
			against := b.BuiltAgainst[base]
			if against != "" && usable[base] != nil && !usable[base][against] {
				continue build
			}
			key.WriteString(strconv.Quote(against))
		}
		k := key.String()
		if v, ok := version[k]; ok && v != b.NSVC.Version {
			continue
		}
		version[k] = b.NSVC.Version
		out = append(out, b)
	}
	return out
}

// ambiguous reports whether a requirement leaves a choice that no default
// settles, whatever builds there are today.
func (p *Pool) ambiguous(name string, streams []string) bool {
	if p.o.Defaults[name] != "" {
		return false
	}
	positive := 0
	for _, s := range streams {
		if !strings.HasPrefix(s, "-") {
			positive++
		}
	}
	return positive != 1
}

// expandStreams returns the streams that a requirement stands for, sorted.
func (p *Pool) expandStreams(name string, streams []string) []string {
	var out []string
	for _, s := range streams {
		if !strings.HasPrefix(s, "-") {
			out = append(out, s)
		}
	}
	chosen := p.o.Defaults[name]
	if len(out) == 0 {
		if chosen != "" {
			return []string{chosen}
		}
		for _, b := range p.builds[name] {
			if allowed(streams, p.names(b)...) {
				out = append(out, b.NSVC.Stream)
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 1 && slices.Contains(out, chosen) {
		return []string{chosen}
	}
	return out
}

// replaceVirtual puts streams of base modules in the place of virtual ones, on
// the runtime side where both sides list the same.
func (p *Pool) replaceVirtual(d modulemd.Dependencies) modulemd.Dependencies {
	for _, base := range p.o.Base {
		streams, ok := d.BuildRequires[base]
		if !ok {
			continue
		}
		replaced := slices.Clone(streams)
		for i, s := range streams {
			if n := p.newestVirtual(base, s); n != "" {
				replaced[i] = n
			}
		}
		if slices.Equal(replaced, streams) {
			continue
		}
		d.BuildRequires = maps.Clone(d.BuildRequires)
		d.BuildRequires[base] = replaced
		if r, ok := d.Requires[base]; ok && sameSet(r, streams) {
			d.Requires = maps.Clone(d.Requires)
			d.Requires[base] = replaced
		}
	}
	return d
}

// newestVirtual returns the newest stream of a base module that has s as a
// virtual stream, or "" when s is a stream itself or there is none.
func (p *Pool) newestVirtual(base, s string) string {
	var best string
	var number uint64
	for _, b := range p.builds[base] {
		if b.NSVC.Stream == s {
			return ""
		}
		if !slices.Contains(b.VirtualStreams, s) {
			continue
		}
		n, _ := StreamVersion(b.NSVC.Stream)
		if best == "" || cmp.Or(cmp.Compare(n, number), cmp.Compare(b.NSVC.Stream, best)) > 0 {
			best, number = b.NSVC.Stream, n
		}
	}
	return best
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

func (p *Pool) variant(s *modulemd.Stream, d modulemd.Dependencies, c Combination) (Variant, error) {
	doc := *s
	used := map[string]string{}
	for _, n := range c.Modules {
		used[n.Name] = n.Stream
	}
	one := modulemd.Dependencies{BuildRequires: map[string][]string{}, Requires: map[string][]string{}}
	for name := range d.BuildRequires {
		one.BuildRequires[name] = []string{used[name]}
	}
	for name, streams := range d.Requires {
		if built, ok := d.BuildRequires[name]; ok && sameSet(built, streams) {
			streams = []string{used[name]}
		}
		one.Requires[name] = streams
	}
	doc.Dependencies = []modulemd.Dependencies{one}

	xmd, _ := s.XMD.Any().(map[string]any)
	xmd = maps.Clone(xmd)
	if xmd == nil {
		xmd = map[string]any{}
	}
	mbs, _ := xmd["mbs"].(map[string]any)
	mbs = maps.Clone(mbs)
	if mbs == nil {
		mbs = map[string]any{}
	}
	requires := map[string]any{}
	for _, n := range c.Modules {
		note := map[string]any{"stream": n.Stream, "version": strconv.FormatUint(n.Version, 10), "context": n.Context}
		for _, b := range p.builds[n.Name] {
			if b.NSVC == n && b.Ref != "" {
				note["ref"] = b.Ref
			}
		}
		requires[n.Name] = note
	}
	mbs["buildrequires"], mbs["mse"] = requires, true
	xmd["mbs"] = mbs
	var err error
	if doc.XMD, err = modulemd.NewValue(xmd); err != nil {
		return Variant{}, fmt.Errorf("modular: %s: xmd: %w", s.NSVC(), err)
	}
	if !s.StaticContext {
		doc.Context = modulemd.ComputeContexts(used, doc.Dependencies).Context
	}
	return Variant{Stream: &doc, Block: c.Block, BuiltWith: c.Modules}, nil
}

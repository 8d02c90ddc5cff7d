// SPDX-License-Identifier: MIT

package modular

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

// Errors that callers branch on with [errors.Is].
var (
	// ErrNoBuild is wrapped when a required stream has no build at all.
	ErrNoBuild = errors.New("no build")
	// ErrNoSolution is wrapped when no choice of builds meets all
	// requirements.
	ErrNoSolution = errors.New("no solution")
	// ErrAmbiguous is wrapped when a requirement leaves a choice of streams
	// and [Options.ForbidAmbiguity] is set.
	ErrAmbiguous = errors.New("ambiguous stream")
	// ErrLimit is wrapped when a search took more than [Options.MaxSteps].
	ErrLimit = errors.New("limit reached")
)

// A ConflictError tells that two requirements need different streams of one
// module. It wraps [ErrNoSolution].
type ConflictError struct {
	// Block is the index of the dependency block that has no solution.
	Block int
	// Builds are the two that exclude each other, in order.
	Builds [2]modulemd.NSVC
}

// Error names the two builds.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("modular: dependency block %d: %s and %s are both required: %v", e.Block, e.Builds[0], e.Builds[1], ErrNoSolution)
}

// Unwrap returns [ErrNoSolution].
func (e *ConflictError) Unwrap() error { return ErrNoSolution }

// A Build is a module build that others can be built against.
type Build struct {
	NSVC modulemd.NSVC
	// Dependencies are its requirements; of several blocks one has to hold.
	Dependencies []modulemd.Dependencies
	// BuiltAgainst are the streams it was built with, by module. Only base
	// modules matter; when they are missing, the build can be used with all.
	BuiltAgainst map[string]string
	// VirtualStreams are further names of a base module's stream.
	VirtualStreams []string
	// Ref is the commit it was built from; empty when unknown.
	Ref string
}

// BuildOf returns what a published or built document says of a build: what it
// was built against, its virtual streams and its commit come from its xmd
// section, where the Module Build Service notes them.
func BuildOf(s *modulemd.Stream) Build {
	b := Build{NSVC: s.NSVC(), Dependencies: s.Dependencies, Ref: s.XMD.Get("mbs", "commit").Text()}
	b.NSVC.Arch = ""
	for name, v := range s.XMD.Get("mbs", "buildrequires").Entries() {
		if b.BuiltAgainst == nil {
			b.BuiltAgainst = map[string]string{}
		}
		b.BuiltAgainst[name] = v.Get("stream").Text()
	}
	for v := range s.XMD.Get("mbs", "virtual_streams").Items() {
		b.VirtualStreams = append(b.VirtualStreams, v.Text())
	}
	return b
}

// Options say how a [Pool] chooses. The zero value is what the Module Build
// Service does.
type Options struct {
	// Base are the names of base modules; nil means platform.
	Base []string
	// Defaults are streams, by module, that are taken where a requirement
	// leaves a choice. Only [Pool.Expand] heeds them.
	Defaults map[string]string
	// ForbidAmbiguity makes [Pool.Expand] fail where a choice is left.
	ForbidAmbiguity bool
	// MaxSteps limits a search; 0 means 1,000,000.
	MaxSteps int
}

const defaultSteps = 1_000_000

// A Pool holds the module builds that there are. Make it with [NewPool].
type Pool struct {
	o      Options
	builds map[string][]*Build // newest version first, then by text
}

// NewPool returns a pool of builds. Of builds with the same identity one is
// kept. The builds are not copied and must not be changed afterwards.
func NewPool(builds []Build, o Options) *Pool {
	if o.Base == nil {
		o.Base = []string{"platform"}
	}
	if o.MaxSteps <= 0 {
		o.MaxSteps = defaultSteps
	}
	p := &Pool{o: o, builds: map[string][]*Build{}}
	for i := range builds {
		b := &builds[i]
		p.builds[b.NSVC.Name] = append(p.builds[b.NSVC.Name], b)
	}
	for name, list := range p.builds {
		slices.SortStableFunc(list, func(a, b *Build) int {
			return cmp.Or(cmp.Compare(b.NSVC.Version, a.NSVC.Version), a.NSVC.Compare(b.NSVC))
		})
		p.builds[name] = slices.CompactFunc(list, func(a, b *Build) bool { return a.NSVC == b.NSVC })
	}
	return p
}

// Streams returns the streams of a module that have builds, sorted.
func (p *Pool) Streams(module string) []string {
	var out []string
	for _, b := range p.builds[module] {
		out = append(out, b.NSVC.Stream)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (p *Pool) isBase(name string) bool { return slices.Contains(p.o.Base, name) }

// names returns the stream of a build and, for a base module, its virtual
// streams.
func (p *Pool) names(b *Build) []string {
	if !p.isBase(b.NSVC.Name) {
		return []string{b.NSVC.Stream}
	}
	return append([]string{b.NSVC.Stream}, b.VirtualStreams...)
}

// allowed reports whether a list of streams admits a build that goes by any of
// the names. Entries with a dash exclude, and count only when all have one.
func allowed(streams []string, names ...string) bool {
	out := true
	for _, s := range streams {
		if n, ok := strings.CutPrefix(s, "-"); ok {
			if slices.Contains(names, n) {
				out = false
			}
		}
	}
	positive := false
	for _, s := range streams {
		if strings.HasPrefix(s, "-") {
			continue
		}
		if positive = true; slices.Contains(names, s) {
			return true
		}
	}
	return out && !positive
}

// meets reports whether a build fulfils a runtime requirement of another. A
// stream of a base module also does so for older ones that share a virtual
// stream with it: a build made on a minor release works on later ones of the
// same major release, never on earlier ones.
func (p *Pool) meets(by, b *Build, streams []string) bool {
	if !p.isBase(b.NSVC.Name) || len(streams) == 0 {
		return allowed(streams, b.NSVC.Stream)
	}
	if !slices.ContainsFunc(streams, func(s string) bool { return !strings.HasPrefix(s, "-") }) {
		return allowed(streams, p.names(b)...)
	}
	have, haveOK := StreamVersion(b.NSVC.Stream)
	for _, s := range streams {
		if s == b.NSVC.Stream {
			return true
		}
		if slices.Contains(b.VirtualStreams, s) {
			built, ok := StreamVersion(by.BuiltAgainst[b.NSVC.Name])
			if !ok || !haveOK || built <= have {
				return true
			}
			continue
		}
		if want, ok := StreamVersion(s); ok && haveOK && want <= have && p.compatible(b, s) {
			return true
		}
	}
	return false
}

// compatible reports whether a base module's stream belongs to the same major
// release as a build of that module: they share a virtual stream.
func (p *Pool) compatible(b *Build, stream string) bool {
	have, ok := StreamVersion(b.NSVC.Stream)
	want, ok2 := StreamVersion(stream)
	if !ok || !ok2 || have/10000 != want/10000 {
		return false
	}
	return slices.ContainsFunc(p.builds[b.NSVC.Name], func(o *Build) bool {
		return o.NSVC.Stream == stream && slices.ContainsFunc(o.VirtualStreams, func(v string) bool {
			return slices.Contains(b.VirtualStreams, v)
		})
	})
}

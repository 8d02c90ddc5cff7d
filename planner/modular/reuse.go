// SPDX-License-Identifier: MIT

package modular

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/planner"
)

// FirstBatch is the number of the first batch of components: batch 1 is the
// macros package that the Module Build Service generates.
const FirstBatch = 2

// BuildInputs returns what decides which components of a stream can be reused:
// the batch of each, its commit as the build system noted it in xmd, else the
// one that the document asks for, and its architectures, else those of the
// module. The context is the build context with the module's macros: other
// macros make other packages of all. Components that wait for each other are an
// error that is [modulemd.ErrInconsistent].
func BuildInputs(s *modulemd.Stream) (planner.ModuleBuild, error) {
	batches, err := s.Batches()
	if err != nil {
		return planner.ModuleBuild{}, fmt.Errorf("modular: %s: %w", s.NSVC(), err)
	}
	b := planner.ModuleBuild{Context: buildContext(s), Components: map[string]planner.ModuleComponent{}}
	if s.BuildOpts != nil && s.BuildOpts.Macros != "" {
		sum := sha256.Sum256([]byte(s.BuildOpts.Macros))
		b.Context += "+macros:" + hex.EncodeToString(sum[:8])
	}
	var arches []string
	if s.BuildOpts != nil {
		arches = s.BuildOpts.Arches
	}
	for i, batch := range batches {
		for _, name := range batch.RPMs {
			c := s.RPMs[name]
			b.Components[name] = planner.ModuleComponent{
				Batch:  FirstBatch + i,
				Ref:    cmp.Or(s.XMD.Get("mbs", "rpms", name, "ref").Text(), c.Ref),
				Arches: either(c.Arches, arches),
			}
		}
		for _, name := range batch.Modules {
			b.Components[name] = planner.ModuleComponent{Batch: FirstBatch + i, Ref: s.Modules[name].Ref, Arches: arches}
		}
	}
	return b, nil
}

func either(a, b []string) []string {
	if len(a) > 0 {
		return a
	}
	return b
}

// buildContext is empty for documents that are not expanded yet.
func buildContext(s *modulemd.Stream) string {
	c, ok := s.Contexts()
	if !ok {
		return ""
	}
	return c.Build
}

// Donor returns the build whose components may be reused for a new one: of the
// same stream, with the same build context, the newest one; of equally new ones
// the first by context. Modules named in ignore, by custom base modules, do not
// count for the context. It returns nil when there is none. The builds are
// those that are complete; the new one is not among its own donors.
func Donor(new *modulemd.Stream, builds []*modulemd.Stream, ignore ...string) *modulemd.Stream {
	var best *modulemd.Stream
	want := contextWithout(new, ignore)
	for _, b := range builds {
		if b.Name != new.Name || b.Stream != new.Stream || b.NSVC() == new.NSVC() || contextWithout(b, ignore) != want {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(best.Version, b.Version), cmp.Compare(b.Context, best.Context)) < 0 {
			best = b
		}
	}
	return best
}

func contextWithout(s *modulemd.Stream, ignore []string) string {
	return modulemd.BuildContextWithout(noted(s), ignore...)
}

// Reuse decides for every component of a new build whether the result of an
// earlier one is taken, sorted by name. Modules named in ignore do not count
// for the context, as in [Donor].
func Reuse(how planner.ReuseStrategy, old, new *modulemd.Stream, ignore ...string) ([]planner.ReuseDecision, error) {
	a, err := BuildInputs(old)
	if err != nil {
		return nil, err
	}
	b, err := BuildInputs(new)
	if err != nil {
		return nil, err
	}
	if len(ignore) > 0 && contextWithout(old, ignore) == contextWithout(new, ignore) && macros(old) == macros(new) {
		a.Context = b.Context
	}
	return planner.ReuseComponents(how, a, b), nil
}

func macros(s *modulemd.Stream) string {
	if s.BuildOpts == nil {
		return ""
	}
	return s.BuildOpts.Macros
}

// noted returns the streams that a build was made with, by module.
func noted(s *modulemd.Stream) map[string]string {
	out := map[string]string{}
	for name, v := range s.XMD.Get("mbs", "buildrequires").Entries() {
		out[name] = v.Get("stream").Text()
	}
	return out
}

// A Use is a build that contains, or was built against, something at a commit.
type Use struct {
	// Build is the user.
	Build modulemd.NSVC
	// Module is the module it was built against, or empty.
	Module string
	// Component is the package that it contains, or empty.
	Component string
}

// BuiltFrom returns which builds used a commit: as a module that they were
// built against, or as a component. The name is that of the module or the
// component; empty means any. They are sorted by build, modules first.
func BuiltFrom(builds []*modulemd.Stream, name, commit string) []Use {
	var out []Use
	for _, s := range builds {
		for module, v := range s.XMD.Get("mbs", "buildrequires").Entries() {
			if v.Get("ref").Text() == commit && (name == "" || name == module) {
				out = append(out, Use{Build: s.NSVC(), Module: module})
			}
		}
		for key, c := range s.RPMs {
			ref := cmp.Or(s.XMD.Get("mbs", "rpms", key, "ref").Text(), c.Ref)
			if component := cmp.Or(c.Name, key); ref == commit && (name == "" || name == component) {
				out = append(out, Use{Build: s.NSVC(), Component: component})
			}
		}
	}
	slices.SortFunc(out, func(a, b Use) int {
		return cmp.Or(a.Build.Compare(b.Build), cmp.Compare(a.Component, b.Component), cmp.Compare(a.Module, b.Module))
	})
	return slices.Compact(out)
}

// A Stale build was built against a build that is no longer the newest.
type Stale struct {
	Build modulemd.NSVC
	// Used is what it was built against, Newest the newest version of the
	// same stream and, where it exists, the same context.
	Used, Newest modulemd.NSVC
}

// Outdated returns, of builds and what they were built against, the pairs in
// which the latter has a newer version among the builds. They are sorted. With
// what it returns as changes, [ModuleGraph] gives the rebuilds in order.
func Outdated(builds []*modulemd.Stream) []Stale {
	newest := map[modulemd.NSVC]modulemd.NSVC{} // by name and stream, with and without context
	for _, s := range builds {
		n := s.NSVC()
		n.Arch = ""
		for _, key := range []modulemd.NSVC{{Name: n.Name, Stream: n.Stream}, {Name: n.Name, Stream: n.Stream, Context: n.Context}} {
			if have, ok := newest[key]; !ok || cmp.Or(cmp.Compare(have.Version, n.Version), cmp.Compare(n.Context, have.Context)) < 0 {
				newest[key] = n
			}
		}
	}
	var out []Stale
	for _, s := range builds {
		for name, v := range s.XMD.Get("mbs", "buildrequires").Entries() {
			used, err := modulemd.ParseNSVC(name + ":" + v.Get("stream").Text() + ":" + v.Get("version").Text() + ":" + v.Get("context").Text())
			if err != nil {
				continue // nothing usable is noted
			}
			n, ok := newest[modulemd.NSVC{Name: used.Name, Stream: used.Stream, Context: used.Context}]
			if !ok {
				n, ok = newest[modulemd.NSVC{Name: used.Name, Stream: used.Stream}]
			}
			if ok && n.Version > used.Version {
				out = append(out, Stale{Build: s.NSVC(), Used: used, Newest: n})
			}
		}
	}
	slices.SortFunc(out, func(a, b Stale) int { return cmp.Or(a.Build.Compare(b.Build), a.Used.Compare(b.Used)) })
	return slices.Compact(out)
}

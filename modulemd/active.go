// SPDX-License-Identifier: MIT

package modulemd

import (
	"fmt"
	"slices"
	"strings"
)

// Selection is what an administrator and a platform say about modules.
type Selection struct {
	Platform string            // stream of the platform module, such as el8; empty accepts all
	Arch     string            // empty accepts all
	Enabled  map[string]string // stream by module
	Disabled []string          // modules that are not to be used
}

// Active is what a [Selection] makes of an index.
type Active struct {
	// Streams holds the build that is used of every active module: the
	// highest version of a context whose requirements hold.
	Streams map[string]*Stream
	// LeftOut says, by module, why a default stream is not active.
	LeftOut map[string]string
}

// maxSteps bounds the search for streams that fit together.
const maxSteps = 200_000

// Active finds out which streams a package manager uses: those that are
// enabled, the default streams of modules that are neither enabled nor
// disabled, and what these require, one stream per module. A default stream
// whose requirements cannot hold is left out; an enabled one is an error.
// Modules are taken by name, so that the result depends on nothing else. A
// requirement excludes a stream only with a dash as its first character.
func (x *Index) Active(sel Selection) (*Active, error) {
	a := &activation{x: x, sel: sel, chosen: map[string]*Stream{}, steps: maxSteps}
	for _, name := range sortedKeys(sel.Enabled) {
		if slices.Contains(sel.Disabled, name) {
			return nil, Failures{{Class: ClassInconsistent, Msg: fmt.Sprintf("module %s is both enabled and disabled", name)}}
		}
		if !a.need(name, []string{sel.Enabled[name]}) {
			return nil, Failures{{Class: ClassInconsistent, Msg: fmt.Sprintf("%s:%s cannot be active: %s", name, sel.Enabled[name], a.why)}}
		}
	}
	out := &Active{Streams: a.chosen, LeftOut: map[string]string{}}
	defaults := x.DefaultStreams("")
	for _, name := range sortedKeys(defaults) {
		if _, ok := sel.Enabled[name]; ok || slices.Contains(sel.Disabled, name) {
			continue
		}
		a.why = ""
		if !a.need(name, []string{defaults[name]}) {
			out.LeftOut[name] = a.why
		}
	}
	return out, nil
}

// activation is a search: choices are made in order and taken back when what
// they require cannot be had.
type activation struct {
	x      *Index
	sel    Selection
	chosen map[string]*Stream
	why    string // the first reason met
	steps  int
}

func (a *activation) refuse(format string, args ...any) bool {
	if a.why == "" {
		a.why = fmt.Sprintf(format, args...)
	}
	return false
}

// requirement is a module and the streams of it that will do.
type requirement struct {
	module  string
	streams []string
}

// need makes one of the streams of module active, with all that it requires.
func (a *activation) need(module string, streams []string) bool {
	return a.solve([]requirement{{module, streams}})
}

// solve meets requirements one after another.
func (a *activation) solve(open []requirement) bool {
	for len(open) > 0 {
		r := open[0]
		if r.module == "platform" {
			if a.sel.Platform != "" && !allows(r.streams, a.sel.Platform) {
				return a.refuse("it is not for platform:%s", a.sel.Platform)
			}
		} else if s := a.chosen[r.module]; s != nil {
			if !allows(r.streams, s.Stream) {
				return a.refuse("%s is needed, %s:%s is active", wanted(r), r.module, s.Stream)
			}
		} else {
			return a.choose(r, open[1:])
		}
		open = open[1:]
	}
	return true
}

// choose tries the builds that meet r, each with what it requires and what
// else is open.
func (a *activation) choose(r requirement, rest []requirement) bool {
	if slices.Contains(a.sel.Disabled, r.module) {
		return a.refuse("%s is needed, but module %s is disabled", wanted(r), r.module)
	}
	m := a.x.Module(r.module)
	if m == nil {
		return a.refuse("%s is needed, but there is no module %s", wanted(r), r.module)
	}
	tried := false
	for _, b := range a.candidates(m) {
		if !allows(r.streams, b.id.Stream) {
			continue
		}
		if a.steps--; a.steps < 0 {
			return a.refuse("the search was given up after %d steps", maxSteps)
		}
		s, err := b.Stream()
		if err != nil {
			return a.refuse("%v", err)
		}
		tried = true
		alternatives := s.Dependencies
		if len(alternatives) == 0 {
			alternatives = []Dependencies{{}}
		}
		for _, d := range alternatives {
			open := slices.Clone(rest)
			for _, name := range sortedKeys(d.Requires) {
				open = append(open, requirement{name, d.Requires[name]})
			}
			before := sortedKeys(a.chosen)
			a.chosen[m.name] = s
			if a.solve(open) {
				return true
			}
			for name := range a.chosen {
				if _, ok := slices.BinarySearch(before, name); !ok {
					delete(a.chosen, name)
				}
			}
		}
	}
	if !tried {
		return a.refuse("there is no %s", wanted(r))
	}
	return false
}

// candidates returns the builds of a module in the order of preference: the
// enabled or default stream, then the others by name, of each the highest
// version; contexts in order of arrival.
func (a *activation) candidates(m *Module) []*Build {
	first, ok := a.sel.Enabled[m.name]
	if !ok {
		first, _ = m.DefaultStream("")
	}
	latest := map[string]uint64{}
	var out []*Build
	for _, b := range m.builds {
		if a.sel.Arch != "" && b.id.Arch != "" && b.id.Arch != a.sel.Arch || ok && b.id.Stream != first {
			continue
		}
		latest[b.id.Stream] = max(latest[b.id.Stream], b.id.Version)
		out = append(out, b)
	}
	out = slices.DeleteFunc(out, func(b *Build) bool { return b.id.Version < latest[b.id.Stream] })
	slices.SortStableFunc(out, func(b, c *Build) int {
		switch {
		case b.id.Stream == c.id.Stream:
			return 0
		case b.id.Stream == first:
			return -1
		case c.id.Stream == first:
			return 1
		}
		return strings.Compare(b.id.Stream, c.id.Stream)
	})
	return out
}

func wanted(r requirement) string {
	if len(r.streams) == 0 {
		return r.module
	}
	return r.module + ":[" + strings.Join(r.streams, ", ") + "]"
}

// SPDX-License-Identifier: MIT

package modular

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

// A Combination is a set of builds that a module can be built with.
type Combination struct {
	// Block is the index of the dependency block that it comes from.
	Block int
	// Direct are the builds that were asked for, Modules these and all that
	// they need at run time. Both are sorted.
	Direct  []modulemd.NSVC
	Modules []modulemd.NSVC
}

// Resolve returns what a module with these dependency blocks can be built with:
// for every choice of the streams that its build requirements admit, one
// combination with the newest builds. No combination holds two builds of one
// module, and the runtime requirements of all hold. Choices that cannot be had
// are left out; a block without any is an error that wraps [ErrNoSolution], or
// [ErrNoBuild] when one of its modules has no build that fits. Combinations are
// in the order of blocks, then of streams.
func (p *Pool) Resolve(deps []modulemd.Dependencies) ([]Combination, error) {
	var out []Combination
	steps := p.o.MaxSteps
	for i, d := range deps {
		list, err := p.resolveBlock(i, d.BuildRequires, &steps)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func (p *Pool) resolveBlock(block int, requires map[string][]string, steps *int) ([]Combination, error) {
	names := slices.Sorted(maps.Keys(requires))
	// Base modules first: they rule out the most.
	slices.SortStableFunc(names, func(a, b string) int { return rank(p.isBase(a)) - rank(p.isBase(b)) })
	streams := make([][]string, len(names))
	for i, name := range names {
		for _, b := range p.builds[name] {
			if allowed(requires[name], p.names(b)...) && !slices.Contains(streams[i], b.NSVC.Stream) {
				streams[i] = append(streams[i], b.NSVC.Stream)
			}
		}
		if len(streams[i]) == 0 {
			return nil, fmt.Errorf("modular: dependency block %d: %s:[%s]: %w", block, name, strings.Join(requires[name], ", "), ErrNoBuild)
		}
		slices.Sort(streams[i])
	}
	var out []Combination
	s := &search{pool: p, steps: steps}
	choice := make([]int, len(names))
	for {
		goals := make([]goal, len(names))
		for i, name := range names {
			goals[i] = goal{name: name, streams: []string{streams[i][choice[i]]}}
		}
		s.chosen = map[string]*Build{}
		if s.run(goals) {
			out = append(out, combination(block, names, s.chosen))
		}
		if *steps < 0 {
			return nil, fmt.Errorf("modular: dependency block %d: %w: more than %d steps", block, ErrLimit, p.o.MaxSteps)
		}
		i := len(choice) - 1
		for ; i >= 0; i-- {
			if choice[i]++; choice[i] < len(streams[i]) {
				break
			}
			choice[i] = 0
		}
		if i < 0 {
			break
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case s.conflict != nil:
		s.conflict.Block = block
		return nil, s.conflict
	}
	return nil, fmt.Errorf("modular: dependency block %d: %w", block, ErrNoSolution)
}

func rank(base bool) int {
	if base {
		return 0
	}
	return 1
}

func combination(block int, direct []string, chosen map[string]*Build) Combination {
	c := Combination{Block: block}
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		c.Modules = append(c.Modules, chosen[name].NSVC)
		if slices.Contains(direct, name) {
			c.Direct = append(c.Direct, chosen[name].NSVC)
		}
	}
	return c
}

// goal is a module that has to be there, because the build by requires it; nil
// means that it was asked for in this very stream.
type goal struct {
	by      *Build
	name    string
	streams []string
}

// search goes through the choices of builds, newest first, and takes back those
// that do not fit.
type search struct {
	pool     *Pool
	steps    *int
	chosen   map[string]*Build
	conflict *ConflictError // the first one met, not about base modules
}

func (s *search) fits(g *goal, b *Build) bool {
	if g.by == nil {
		return g.streams[0] == b.NSVC.Stream
	}
	return s.pool.meets(g.by, b, g.streams)
}

// note remembers that what g needs is excluded by a build.
func (s *search) note(g *goal, b *Build) {
	if s.conflict != nil || s.pool.isBase(g.name) {
		return
	}
	for _, other := range s.pool.builds[g.name] {
		if other.NSVC.Stream != b.NSVC.Stream && s.fits(g, other) {
			pair := [2]modulemd.NSVC{b.NSVC, other.NSVC}
			slices.SortFunc(pair[:], modulemd.NSVC.Compare)
			s.conflict = &ConflictError{Builds: pair}
			return
		}
	}
}

// run reports whether all goals can be reached together with what is chosen,
// and leaves in chosen how.
func (s *search) run(goals []goal) bool {
	if *s.steps--; *s.steps < 0 {
		return false
	}
	if len(goals) == 0 {
		return true
	}
	g, rest := &goals[0], goals[1:]
	if _, ok := s.chosen[g.name]; ok {
		// It fits, or else it would not have been chosen.
		return s.run(rest)
	}
next:
	for _, b := range s.pool.builds[g.name] {
		if !s.fits(g, b) {
			continue
		}
		for i := range rest {
			if rest[i].name == g.name && !s.fits(&rest[i], b) {
				s.note(&rest[i], b)
				continue next
			}
		}
		s.chosen[g.name] = b
		if len(b.Dependencies) == 0 && s.run(rest) {
			return true
		}
		for i := range b.Dependencies {
			if more, ok := s.needs(b, b.Dependencies[i].Requires); ok && s.run(append(rest[:len(rest):len(rest)], more...)) {
				return true
			}
		}
		delete(s.chosen, g.name)
	}
	return false
}

// needs returns the goals that a build brings with it, or false when one of its
// requirements is already out of reach.
func (s *search) needs(b *Build, requires map[string][]string) ([]goal, bool) {
	var out []goal
	for _, name := range slices.Sorted(maps.Keys(requires)) {
		g := goal{by: b, name: name, streams: requires[name]}
		if have, ok := s.chosen[name]; !ok {
			out = append(out, g)
		} else if !s.fits(&g, have) {
			s.note(&g, have)
			return nil, false
		}
	}
	return out, true
}

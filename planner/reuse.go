// SPDX-License-Identifier: MIT

package planner

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// BuildInputs is everything that decides what a build comes to. Two builds with
// equal inputs have equivalent results, so the earlier one can be taken.
type BuildInputs struct {
	// Source is the exact source: a URL with a commit, or a digest.
	Source string `json:"source"`
	// Arch is the architecture, or the set of them, that is built for.
	Arch string `json:"arch"`
	// Buildroot are the exact packages (NEVRAs) that the buildroot would
	// hold, in any order.
	Buildroot []string `json:"buildroot"`
	// Macros are the macros and build options in force.
	Macros map[string]string `json:"macros,omitempty"`
}

// Digest returns a hash, in hexadecimal, that is equal exactly for equal
// inputs; the order of packages and repeats of one do not matter.
func (in BuildInputs) Digest() string {
	h := sha256.New()
	text := func(s string) { fmt.Fprintf(h, "%d:%s,", len(s), s) }
	text("build-inputs/1")
	text(in.Source)
	text(in.Arch)
	for _, p := range inOrder(in.Buildroot) {
		text(p)
	}
	text("")
	for _, k := range sortedKeys(in.Macros) {
		text(k)
		text(in.Macros[k])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func inOrder(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// Differences returns, one line each, what would make a build with these inputs
// another than the old one: "source: a -> b", "buildroot: + bash-5.2-2.x86_64".
// Equal inputs have none.
func (in BuildInputs) Differences(old BuildInputs) []string {
	var out []string
	if in.Source != old.Source {
		out = append(out, fmt.Sprintf("source: %s -> %s", old.Source, in.Source))
	}
	if in.Arch != old.Arch {
		out = append(out, fmt.Sprintf("arch: %s -> %s", old.Arch, in.Arch))
	}
	a, b := inOrder(old.Buildroot), inOrder(in.Buildroot)
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			out = append(out, "buildroot: - "+a[0])
			a = a[1:]
		case len(a) == 0 || b[0] < a[0]:
			out = append(out, "buildroot: + "+b[0])
			b = b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	for _, k := range inOrder(append(sortedKeys(in.Macros), sortedKeys(old.Macros)...)) {
		x, hadX := old.Macros[k]
		y, hasY := in.Macros[k]
		switch {
		case !hadX:
			out = append(out, fmt.Sprintf("macro %s: + %q", k, y))
		case !hasY:
			out = append(out, fmt.Sprintf("macro %s: - %q", k, x))
		case x != y:
			out = append(out, fmt.Sprintf("macro %s: %q -> %q", k, x, y))
		}
	}
	return out
}

// A FinishedBuild is a build that could be taken instead of making one.
type FinishedBuild struct {
	// Artifact is its result: an NVR.
	Artifact string      `json:"artifact"`
	Inputs   BuildInputs `json:"inputs"`
}

// FindReuse returns the first of the finished builds that had exactly the
// wanted inputs, or false and, for a person, what the nearest one (with the
// fewest differences) lacks.
func FindReuse(want BuildInputs, have []FinishedBuild) (b FinishedBuild, why []string, ok bool) {
	digest := want.Digest()
	for _, f := range have {
		if f.Inputs.Digest() == digest {
			return f, nil, true
		}
	}
	for i, f := range have {
		if d := want.Differences(f.Inputs); i == 0 || len(d) < len(why) {
			why = d
		}
	}
	return FinishedBuild{}, why, false
}

// ReuseStrategy decides which components of a module build may be taken from
// an earlier build of the module, as the Module Build Service does. The zero
// value is [ReuseChangedAndAfter], that service's default.
type ReuseStrategy uint8

// The strategies.
const (
	// ReuseChangedAndAfter takes a component when it, its batch and every
	// earlier batch from 2 on are the same.
	ReuseChangedAndAfter ReuseStrategy = iota
	// ReuseOnlyChanged takes every component that is the same itself.
	ReuseOnlyChanged
	// ReuseNone rebuilds all; the service calls it "all".
	ReuseNone
	reuseStrategies = iota
)

var reuseStrategyNames = [reuseStrategies]string{"changed-and-after", "only-changed", "all"}

// String returns the strategy's name in the Module Build Service, or
// "ReuseStrategy(n)" for a number outside the list.
func (s ReuseStrategy) String() string { return enumString(s, reuseStrategyNames[:], "ReuseStrategy") }

// MarshalText returns the strategy's name; it fails for a number outside the
// list.
func (s ReuseStrategy) MarshalText() ([]byte, error) {
	return enumMarshal(s, reuseStrategyNames[:], "rebuild strategy")
}

// UnmarshalText reads a name as [ReuseStrategy.String] writes it. Other text
// is an error that wraps [ErrInvalid].
func (s *ReuseStrategy) UnmarshalText(text []byte) error {
	return enumUnmarshal(s, text, reuseStrategyNames[:], "rebuild strategy")
}

// ModuleBuild is what decides about reuse between two builds of a module.
type ModuleBuild struct {
	// Context is the hash of what the module was built against and with.
	Context string `json:"build_context"`
	// Components are the module's components by name.
	Components map[string]ModuleComponent `json:"components"`
}

// ModuleComponent is one component of a module build.
type ModuleComponent struct {
	// Batch is the component's place in the build order; 1 is the generated
	// macros package.
	Batch int `json:"batch"`
	// Ref is the commit that was built.
	Ref string `json:"ref"`
	// Arches are the architectures built for, in any order.
	Arches []string `json:"arches"`
}

func (c ModuleComponent) same(o ModuleComponent) bool {
	return c.Ref == o.Ref && slices.Equal(inOrder(c.Arches), inOrder(o.Arches))
}

// A ReuseDecision says whether a component is taken from the earlier build.
type ReuseDecision struct {
	Component string `json:"component"`
	Reused    bool   `json:"reused"`
	// Reason is why not, for a person; empty when it is reused.
	Reason string `json:"reason,omitempty"`
}

// ReuseComponents decides for every component of a new module build whether
// the earlier build's result is taken, sorted by name. The macros package in
// batch 1 is decided like all others.
func ReuseComponents(s ReuseStrategy, old, new ModuleBuild) []ReuseDecision {
	var list []ReuseDecision
	firstBad, badWhy := firstChangedBatch(old, new)
	for _, name := range sortedKeys(new.Components) {
		c := new.Components[name]
		o, had := old.Components[name]
		why := ""
		switch {
		case s == ReuseNone:
			why = "the strategy rebuilds everything"
		case s >= reuseStrategies:
			why = "unknown strategy " + s.String()
		case old.Context != new.Context:
			why = fmt.Sprintf("the build context changed: %s -> %s", old.Context, new.Context)
		case !had:
			why = "it is new"
		case c.Ref != o.Ref:
			why = fmt.Sprintf("the commit changed: %s -> %s", o.Ref, c.Ref)
		case !c.same(o):
			why = fmt.Sprintf("the architectures changed: %s -> %s",
				strings.Join(inOrder(o.Arches), " "), strings.Join(inOrder(c.Arches), " "))
		case s == ReuseOnlyChanged:
		case c.Batch != o.Batch:
			why = fmt.Sprintf("the batch changed: %d -> %d", o.Batch, c.Batch)
		case firstBad > 0 && firstBad < c.Batch:
			why = fmt.Sprintf("batch %d before it changed: %s", firstBad, badWhy)
		}
		list = append(list, ReuseDecision{Component: name, Reused: why == "", Reason: why})
	}
	return list
}

// firstChangedBatch returns the first batch from 2 on whose set of (name,
// commit, architectures) differs, 0 when none does, and a component of it that
// does.
func firstChangedBatch(old, new ModuleBuild) (batch int, why string) {
	note := func(n int, text string) {
		if n >= 2 && (batch == 0 || n < batch) {
			batch, why = n, text
		}
	}
	for _, name := range sortedKeys(new.Components) {
		c := new.Components[name]
		o, had := old.Components[name]
		switch {
		case !had:
			note(c.Batch, name+" is new")
		case c.Batch != o.Batch:
			note(min(max(c.Batch, 2), max(o.Batch, 2)), name+" moved")
		case !c.same(o):
			note(c.Batch, name+" changed")
		}
	}
	for _, name := range sortedKeys(old.Components) {
		if _, has := new.Components[name]; !has {
			note(old.Components[name].Batch, name+" is gone")
		}
	}
	return batch, why
}

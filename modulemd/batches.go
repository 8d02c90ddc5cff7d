// SPDX-License-Identifier: MIT

package modulemd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Batch is what a build system may build at the same time: it goes into the
// buildroot before the next batch begins.
type Batch struct {
	RPMs    []string // keys of Stream.RPMs, sorted; those of included modules as module/key
	Modules []string // keys of Stream.Modules that were not expanded, sorted
}

// Batches returns the components in the order in which they are built. With
// buildorder, packages and included modules of one order make a batch; the
// Module Build Service works like this, and numbers the first of them 2
// because its own macros package is batch 1. With buildafter, a package comes
// into the batch after the last one that it waits for. Packages that wait for
// each other are an error that is [ErrInconsistent]; those that wait for what
// is not there, [ErrValidate].
func (s *Stream) Batches() ([]Batch, error) { return s.ExpandBatches(nil) }

// ExpandBatches is [Stream.Batches] with included modules replaced by their
// own components, which go on where the batch of the module stands, as in the
// Module Build Service. The function finds the stream that is meant by a
// component; where it returns nil, the module stays as it is.
func (s *Stream) ExpandBatches(find func(name string, c ModuleComponent) (*Stream, error)) ([]Batch, error) {
	x := expansion{find: find}
	if _, err := x.add(s, "", -1, beforeAll, 0); err != nil {
		return nil, err
	}
	for _, b := range x.batches {
		slices.Sort(b.RPMs)
		slices.Sort(b.Modules)
	}
	return x.batches, nil
}

type expansion struct {
	find    func(string, ModuleComponent) (*Stream, error)
	batches []Batch
}

// step is where a component stands in the order of its module.
type step struct {
	order int64
	level int // within an order, from buildafter
}

var beforeAll = step{order: 0, level: -1} // equal to no component's

// maxInclusion is how deep modules may include each other; more is a cycle.
const maxInclusion = 32

// add puts the components of s into batches, going on from the batch at index
// batch, whose components stood at previous. It returns the last batch used.
func (x *expansion) add(s *Stream, prefix string, batch int, previous step, depth int) (int, error) {
	if depth > maxInclusion {
		return 0, Failures{{Class: ClassInconsistent, Path: "data.components.modules", Msg: "modules include each other: " + prefix}}
	}
	levels, err := s.levels()
	if err != nil {
		return 0, err
	}
	type component struct {
		step
		key    string
		module bool
	}
	var list []component
	for key, c := range s.RPMs {
		list = append(list, component{step{c.BuildOrder, levels[key]}, key, false})
	}
	for key, c := range s.Modules {
		list = append(list, component{step{c.BuildOrder, 0}, key, true})
	}
	slices.SortFunc(list, func(a, b component) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.level, b.level), cmp.Compare(a.key, b.key))
	})
	for _, c := range list {
		if c.step != previous {
			previous = c.step
			batch++
		}
		for len(x.batches) <= batch {
			x.batches = append(x.batches, Batch{})
		}
		if !c.module {
			x.batches[batch].RPMs = append(x.batches[batch].RPMs, prefix+c.key)
			continue
		}
		var included *Stream
		if x.find != nil {
			if included, err = x.find(c.key, s.Modules[c.key]); err != nil {
				return 0, err
			}
		}
		if included == nil {
			x.batches[batch].Modules = append(x.batches[batch].Modules, prefix+c.key)
			continue
		}
		if batch, err = x.add(included, prefix+c.key+"/", batch, previous, depth+1); err != nil {
			return 0, err
		}
	}
	return batch, nil
}

// levels returns, of every package, how many others have to be built before
// it one after another, by buildafter.
func (s *Stream) levels() (map[string]int, error) {
	waiting := map[string]int{}
	followers := map[string][]string{}
	var ready []string
	var errs Failures
	for _, key := range sortedKeys(s.RPMs) {
		after := set(s.RPMs[key].BuildAfter)
		waiting[key] = len(after)
		if len(after) == 0 {
			ready = append(ready, key)
		}
		for _, other := range after {
			if _, ok := s.RPMs[other]; !ok {
				errs = append(errs, &Error{Class: ClassValidate, Path: joinPath([]string{"components", "rpms", key, "buildafter"}),
					Msg: fmt.Sprintf("there is no component %q to build after", other)})
			}
			followers[other] = append(followers[other], key)
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	levels := map[string]int{}
	for len(ready) > 0 {
		key := ready[0]
		ready = ready[1:]
		for _, f := range followers[key] {
			levels[f] = max(levels[f], levels[key]+1)
			if waiting[f]--; waiting[f] == 0 {
				ready = append(ready, f)
			}
		}
		delete(waiting, key)
	}
	if len(waiting) == 0 {
		return levels, nil
	}
	// What only follows a cycle waits too; name those that are on one.
	stuck := cyclic(waiting, s.RPMs)
	shown := stuck[:min(len(stuck), 10)]
	return nil, Failures{{Class: ClassInconsistent, Path: "data.components.rpms",
		Msg: fmt.Sprintf("components wait for each other: %s", strings.Join(shown, ", "))}}
}

// cyclic returns the keys of waiting without those that nothing waits for,
// again and again.
func cyclic(waiting map[string]int, rpms map[string]RPMComponent) []string {
	uses := map[string]int{}
	for key := range waiting {
		for _, other := range set(rpms[key].BuildAfter) {
			uses[other]++
		}
	}
	var free []string
	for key := range waiting {
		if uses[key] == 0 {
			free = append(free, key)
		}
	}
	for len(free) > 0 {
		key := free[len(free)-1]
		free = free[:len(free)-1]
		delete(waiting, key)
		for _, other := range set(rpms[key].BuildAfter) {
			if uses[other]--; uses[other] == 0 {
				if _, ok := waiting[other]; ok {
					free = append(free, other)
				}
			}
		}
	}
	return sortedKeys(waiting)
}

// SPDX-License-Identifier: MIT

package modular_test

import (
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/planner/modular"
)

// admits is the rule for lists of streams, told once more.
func admits(streams []string, stream string) bool {
	var yes, no []string
	for _, s := range streams {
		if n, ok := strings.CutPrefix(s, "-"); ok {
			no = append(no, n)
		} else {
			yes = append(yes, s)
		}
	}
	if len(yes) > 0 {
		return slices.Contains(yes, stream)
	}
	return !slices.Contains(no, stream)
}

// consistent reports whether builds, at most one of a module, have all that
// they require.
func consistent(chosen map[string]*modular.Build) bool {
	for _, b := range chosen {
		ok := len(b.Dependencies) == 0
		for _, d := range b.Dependencies {
			holds := true
			for name, streams := range d.Requires {
				c := chosen[name]
				holds = holds && c != nil && admits(streams, c.NSVC.Stream)
			}
			ok = ok || holds
		}
		if !ok {
			return false
		}
	}
	return true
}

func TestResolveFindsAllThatTryingEverythingFinds(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	names := []string{"platform", "a", "b", "c", "d"}
	list := func() []string {
		return [][]string{{}, {"1"}, {"2"}, {"1", "2"}, {"-1"}, {"-2"}}[r.Intn(6)]
	}
	solved, failed := 0, 0
	for round := range 3000 {
		var builds []modular.Build
		byName := map[string][]int{}
		for _, name := range names {
			for i := range 1 + r.Intn(3) {
				b := modular.Build{NSVC: modulemd.NSVC{Name: name, Stream: fmt.Sprint(1 + r.Intn(2)), Version: uint64(1 + r.Intn(2)), Context: fmt.Sprint(i)}}
				for range r.Intn(3) {
					requires := lists{}
					for range r.Intn(3) {
						if other := names[r.Intn(len(names))]; other != name {
							requires[other] = list()
						}
					}
					b.Dependencies = append(b.Dependencies, modulemd.Dependencies{Requires: requires})
				}
				byName[name] = append(byName[name], len(builds))
				builds = append(builds, b)
			}
		}
		wanted := lists{}
		for range 1 + r.Intn(2) {
			wanted[names[r.Intn(len(names))]] = list()
		}
		direct := func(get func(string) string) string {
			var key []string
			for _, name := range names {
				if _, ok := wanted[name]; ok {
					key = append(key, name+":"+get(name))
				}
			}
			return strings.Join(key, " ")
		}

		want := map[string]bool{}
		var try func(i int, chosen map[string]*modular.Build)
		try = func(i int, chosen map[string]*modular.Build) {
			if i == len(names) {
				if consistent(chosen) {
					want[direct(func(n string) string { return chosen[n].NSVC.Stream })] = true
				}
				return
			}
			streams, needed := wanted[names[i]]
			if !needed {
				try(i+1, chosen)
			}
			for _, j := range byName[names[i]] {
				if needed && !admits(streams, builds[j].NSVC.Stream) {
					continue
				}
				chosen[names[i]] = &builds[j]
				try(i+1, chosen)
			}
			delete(chosen, names[i])
		}
		try(0, map[string]*modular.Build{})

		got := map[string]bool{}
		combinations, err := modular.NewPool(slices.Clone(builds), modular.Options{}).Resolve(needs(wanted))
		if err != nil {
			require.True(t, errors.Is(err, modular.ErrNoSolution) || errors.Is(err, modular.ErrNoBuild), err)
			failed++
		} else {
			solved++
		}
		for _, c := range combinations {
			chosen := map[string]*modular.Build{}
			for _, n := range c.Modules {
				for j := range builds {
					if builds[j].NSVC == n {
						chosen[n.Name] = &builds[j]
					}
				}
			}
			require.Len(t, chosen, len(c.Modules), "one build of a module")
			require.True(t, consistent(chosen), "round %d: %v", round, c.Modules)
			key := direct(func(n string) string { return chosen[n].NSVC.Stream })
			require.False(t, got[key], "one combination for each choice of streams")
			got[key] = true
		}
		require.Equal(t, want, got, "round %d: %v", round, wanted)

		r.Shuffle(len(builds), func(i, j int) { builds[i], builds[j] = builds[j], builds[i] })
		again, err2 := modular.NewPool(builds, modular.Options{}).Resolve(needs(wanted))
		require.Equal(t, combinations, again, "the order of builds does not matter")
		require.Equal(t, fmt.Sprint(err), fmt.Sprint(err2))
	}
	require.NotZero(t, solved)
	require.NotZero(t, failed)
}

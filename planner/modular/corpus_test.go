// SPDX-License-Identifier: MIT

package modular_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/planner/modular"
)

type corpusBuild struct {
	NSVC           string                  `json:"nsvc"`
	NameStream     string                  `json:"name_stream"`
	Deps           []modulemd.Dependencies `json:"deps"`
	BuiltAgainst   map[string]string       `json:"built_against"`
	VirtualStreams []string                `json:"virtual_streams"`
}

type corpusCase struct {
	Name       string                     `json:"name"`
	Available  []corpusBuild              `json:"available"`
	Build      corpusBuild                `json:"build"`
	BuildOrder map[string]int64           `json:"buildorder"`
	Expect     map[string]json.RawMessage `json:"expect"`
}

// judge says why an expectation does not hold.
type judge func(c corpusCase, key string, raw json.RawMessage) error

func judgeFile(t *testing.T, name string, j judge) {
	root := golden.Corpus(t)
	data, err := os.ReadFile(filepath.Join(root, "planner", "mbs", name+".json"))
	require.NoError(t, err)
	var file struct {
		Cases []corpusCase `json:"cases"`
	}
	require.NoError(t, json.Unmarshal(data, &file))
	differ := 0
	for _, c := range file.Cases {
		bad := len(c.Expect) == 0
		for _, key := range slices.Sorted(maps.Keys(c.Expect)) {
			if err := j(c, key, c.Expect[key]); err != nil {
				t.Errorf("%s %s: %s: %v", name, c.Name, key, err)
				bad = true
			}
		}
		if bad {
			differ++
		}
	}
	t.Logf("corpus planner/mbs/%s: %d cases, %d differ", name, len(file.Cases), differ)
}

func (c corpusCase) pool(t *testing.T) *modular.Pool {
	var builds []modular.Build
	for _, a := range c.Available {
		n, err := modulemd.ParseNSVC(a.NSVC)
		require.NoError(t, err)
		builds = append(builds, modular.Build{NSVC: n, Dependencies: a.Deps, BuiltAgainst: a.BuiltAgainst, VirtualStreams: a.VirtualStreams})
	}
	return modular.NewPool(builds, modular.Options{})
}

func equalJSON(want json.RawMessage, got any) error {
	var w any
	if err := json.Unmarshal(want, &w); err != nil {
		return err
	}
	b, err := json.Marshal(got)
	if err != nil {
		return err
	}
	var g any
	if err := json.Unmarshal(b, &g); err != nil {
		return err
	}
	wb, _ := json.Marshal(w)
	gb, _ := json.Marshal(g)
	if string(wb) != string(gb) {
		return fmt.Errorf("want %s, got %s", wb, gb)
	}
	return nil
}

// asSet sorts a list of JSON values by their text and drops repeats.
func asSet(raw json.RawMessage) (json.RawMessage, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	texts := []string{}
	for _, x := range list {
		var v any
		if err := json.Unmarshal(x, &v); err != nil {
			return nil, err
		}
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(b))
	}
	slices.Sort(texts)
	return json.RawMessage("[" + strings.Join(slices.Compact(texts), ",") + "]"), nil
}

func equalSets(want json.RawMessage, got any) error {
	b, err := json.Marshal(got)
	if err != nil {
		return err
	}
	w, err := asSet(want)
	if err != nil {
		return err
	}
	g, err := asSet(b)
	if err != nil {
		return err
	}
	return equalJSON(w, g)
}

func texts(list []modulemd.NSVC) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = n.String()
	}
	return out
}

func TestCorpusResolve(t *testing.T) {
	judgeFile(t, "resolve", func(c corpusCase, key string, raw json.RawMessage) error {
		combinations, err := c.pool(t).Resolve(c.Build.Deps)
		var conflict *modular.ConflictError
		kind := "none"
		switch {
		case errors.As(err, &conflict):
			kind = "stream-conflict"
		case errors.Is(err, modular.ErrNoSolution):
			kind = "no-solution"
		case err != nil:
			kind = err.Error()
		}
		switch key {
		case "error":
			return equalJSON(raw, kind)
		case "conflicting":
			if conflict == nil {
				return fmt.Errorf("no conflict: %v", err)
			}
			return equalSets(raw, texts(conflict.Builds[:]))
		case "combinations":
			if err != nil {
				return err
			}
			type combination struct {
				Block   int      `json:"dependency_block"`
				Modules []string `json:"modules"`
			}
			got := []combination{}
			for _, x := range combinations {
				got = append(got, combination{x.Block, texts(x.Modules)})
			}
			return equalSets(raw, got)
		}
		return errors.New("nobody judges this")
	})
}

func TestCorpusStreamExpansion(t *testing.T) {
	judgeFile(t, "stream-expansion", func(c corpusCase, key string, raw json.RawMessage) error {
		name, stream, _ := strings.Cut(c.Build.NameStream, ":")
		if key == "candidates" {
			list, err := c.pool(t).Candidates(c.Build.Deps)
			if err != nil {
				return err
			}
			return equalSets(raw, texts(list))
		}
		x, err := c.pool(t).Expand(&modulemd.Stream{Name: name, Stream: stream, Dependencies: c.Build.Deps})
		if err != nil {
			return err
		}
		flat := func(requires map[string][]string) []string {
			out := []string{}
			for name, streams := range requires {
				for _, s := range streams {
					out = append(out, name+":"+s)
				}
			}
			slices.Sort(out)
			return out
		}
		var got [][]string
		for _, v := range x.Variants {
			switch key {
			case "built_with":
				got = append(got, texts(v.BuiltWith))
			case "final_buildrequires":
				got = append(got, flat(v.Stream.Dependencies[0].BuildRequires))
			case "final_requires":
				got = append(got, flat(v.Stream.Dependencies[0].Requires))
			}
		}
		switch key {
		case "ambiguous":
			return equalJSON(raw, len(x.Ambiguous) > 0)
		case "built_with", "final_buildrequires", "final_requires":
			return equalSets(raw, got)
		}
		return errors.New("nobody judges this")
	})
}

func TestCorpusBuildOrder(t *testing.T) {
	judgeFile(t, "buildorder", func(c corpusCase, key string, raw json.RawMessage) error {
		s := &modulemd.Stream{Name: "m", Stream: "s", RPMs: map[string]modulemd.RPMComponent{}}
		for name, order := range c.BuildOrder {
			s.RPMs[name] = modulemd.RPMComponent{BuildOrder: order}
		}
		in, err := modular.BuildInputs(s)
		if err != nil {
			return err
		}
		batches := map[int][]string{}
		for name, component := range in.Components {
			batches[component.Batch] = append(batches[component.Batch], name)
		}
		numbers := slices.Sorted(maps.Keys(batches))
		switch key {
		case "first_batch":
			return equalJSON(raw, numbers[0])
		case "batches":
			var got [][]string
			for i, n := range numbers {
				if n != numbers[0]+i {
					return fmt.Errorf("batch %d follows %d", n, numbers[0]+i-1)
				}
				slices.Sort(batches[n])
				got = append(got, batches[n])
			}
			return equalJSON(raw, got)
		}
		return errors.New("nobody judges this")
	})
}

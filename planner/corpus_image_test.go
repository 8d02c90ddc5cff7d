// SPDX-License-Identifier: MIT

package planner_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

// imageCase is a case of the image-batches and image-dedupe files.
type imageCase struct {
	Name     string                     `json:"name"`
	Chains   [][]planner.ID             `json:"chains"`
	Skip     []planner.ID               `json:"skip"`
	Released []planner.ID               `json:"latest_released"`
	Only     bool                       `json:"released_only"`
	Apart    []planner.ID               `json:"different_repository"`
	Expect   map[string]json.RawMessage `json:"expect"`
}

func TestCorpusImages(t *testing.T) {
	files, err := filepath.Glob(corpusPath(t, "freshmaker", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		base := filepath.Base(name)
		var file struct {
			Format string      `json:"format"`
			Cases  []imageCase `json:"cases"`
		}
		require.NoError(t, json.Unmarshal(corpusBytes(t, "freshmaker", base), &file), base)
		y := &tally{t: t, name: "freshmaker/" + base[:len(base)-len(".json")]}
		for _, c := range file.Cases {
			var bad []string
			for key, want := range c.Expect {
				var got any
				switch key {
				case "batches":
					got = imageBatches(t, c)
				case "chains":
					got = planner.ChainDedupe{Released: c.Released, ReleasedOnly: c.Only, Apart: c.Apart}.Apply(c.Chains)
				default:
					bad = append(bad, "nothing judges the key "+key)
					continue
				}
				bad = appendDifference(bad, key, want, got)
			}
			y.judge(base+" "+c.Name, bad)
		}
		y.log()
	}
}

func imageBatches(t *testing.T, c imageCase) [][]planner.ID {
	t.Helper()
	g, err := planner.ChainGraph(c.Chains)
	require.NoError(t, err)
	p, err := g.Plan(planner.Request{All: true, Exclude: c.Skip})
	require.NoError(t, err)
	var batches [][]planner.ID
	for _, tier := range p.Tiers {
		batches = append(batches, tier.Members())
	}
	return batches
}

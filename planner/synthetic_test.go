// SPDX-License-Identifier: MIT

package planner_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

// synthetic is the generator of large graphs that the corpus describes: node i
// depends on deps nodes below it, at most window below.
type synthetic struct {
	nodes, deps, window int
	state               uint64
}

// each calls f for every edge, repeats included.
func (s synthetic) each(f func(from, to int)) {
	draw := s.numbers()
	for i := 1; i < s.nodes; i++ {
		w := i
		if s.window > 0 {
			w = min(i, s.window)
		}
		for range s.deps {
			f(i, i-1-int(draw()%uint64(w)))
		}
	}
}

// numbers returns the generator's plain numbers.
func (s synthetic) numbers() func() uint64 {
	return func() uint64 {
		s.state += 0x9E3779B97F4A7C15
		z := s.state
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		return z ^ z>>31
	}
}

// ids returns names that sort like the numbers.
func (s synthetic) ids() []planner.ID {
	width := len(strconv.Itoa(s.nodes))
	list := make([]planner.ID, s.nodes)
	for i := range list {
		list[i] = planner.ID(fmt.Sprintf("n%0*d", width, i))
	}
	return list
}

func (s synthetic) graph(t testing.TB, ids []planner.ID, extra func(add func(from, to int))) *planner.Graph {
	t.Helper()
	var b planner.Builder
	b.Grow(s.nodes, s.nodes*s.deps)
	for _, id := range ids {
		b.AddNode(planner.Node{ID: id, Kind: planner.KindSource})
	}
	add := func(from, to int) { b.Connect(planner.Ref(from), planner.Ref(to), planner.Detail(planner.EdgeBuild)) }
	s.each(add)
	if extra != nil {
		extra(add)
	}
	g, err := b.Graph()
	require.NoError(t, err)
	return g
}

var extraEdges = regexp.MustCompile(`^for i = (\d+), (\d+), \.\.\. below nodes: \(i-(\d+)\) depends on i$`)

func TestCorpusSynthetic(t *testing.T) {
	var file struct {
		Cases []map[string]json.RawMessage `json:"cases"`
	}
	require.NoError(t, json.Unmarshal(corpusBytes(t, "synthetic.json"), &file))
	y := &tally{t: t, name: "synthetic"}
	for _, c := range file.Cases {
		num := func(key string) (n int) {
			require.NoError(t, json.Unmarshal(c[key], &n), key)
			return n
		}
		s := synthetic{nodes: num("nodes"), deps: num("deps_per_node"), window: num("window"), state: uint64(num("seed"))}
		where := fmt.Sprintf("%d nodes, window %d", s.nodes, s.window)
		var extra func(add func(from, to int))
		if raw := c["extra_edges"]; raw != nil {
			var text string
			require.NoError(t, json.Unmarshal(raw, &text))
			m := extraEdges.FindStringSubmatch(text)
			require.NotNil(t, m, "the rule %q is not understood", text)
			first, _ := strconv.Atoi(m[1])
			second, _ := strconv.Atoi(m[2])
			back, _ := strconv.Atoi(m[3])
			extra = func(add func(from, to int)) {
				for i := first; i < s.nodes; i += second - first {
					add(i-back, i)
				}
			}
			where += ", " + text
		}
		edges, last := 0, []int{}
		s.each(func(from, to int) {
			edges++
			if from == s.nodes-1 {
				last = append(last, to)
			}
		})
		ids := s.ids()
		g := s.graph(t, ids, extra)
		p, err := g.Plan(planner.Request{All: true})
		require.NoError(t, err)
		sizes := make([]int, len(p.Tiers))
		text := make([]string, len(p.Tiers))
		levelSum, components := 0, len(p.Rebuild)
		for i, tier := range p.Tiers {
			for _, group := range tier.Groups {
				sizes[i] += len(group)
			}
			text[i] = strconv.Itoa(sizes[i])
			levelSum += i * sizes[i]
		}
		groups := make([]int, 0, len(p.Cycles))
		for _, group := range p.Cycles {
			components -= len(group) - 1
			groups = append(groups, len(group))
		}
		var bad []string
		for key, want := range c {
			var got any
			switch key {
			case "nodes", "deps_per_node", "window", "seed", "extra_edges":
				continue
			case "edges_with_repeats":
				got = edges
			case "first_targets_of_last_node":
				var n []int
				require.NoError(t, json.Unmarshal(want, &n))
				got = last[:min(len(n), len(last))]
			case "tiers":
				got = len(p.Tiers)
			case "tier_sizes_sha256":
				got = hash(strings.Join(text, ","))
			case "first_tier_sizes":
				var n []int
				require.NoError(t, json.Unmarshal(want, &n))
				got = sizes[:min(len(n), len(sizes))]
			case "closure_of_middle_node":
				var m struct{ Node, Size int }
				require.NoError(t, json.Unmarshal(want, &m))
				size, err := g.Measure(planner.Request{Changed: ids[m.Node : m.Node+1]})
				require.NoError(t, err)
				got = map[string]int{"node": m.Node, "size": size.Rebuild}
			case "level_sum":
				got = levelSum
			case "components":
				got = components
			case "cycle_groups":
				got = len(p.Cycles)
			case "cycle_group_sizes_head":
				var n []int
				require.NoError(t, json.Unmarshal(want, &n))
				descending(groups)
				got = groups[:min(len(n), len(groups))]
			default:
				bad = append(bad, "nothing judges the key "+key)
				continue
			}
			bad = appendDifference(bad, key, want, got)
		}
		y.judge(where, bad)
	}
	y.log()
}

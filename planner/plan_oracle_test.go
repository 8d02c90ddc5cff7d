// SPDX-License-Identifier: MIT

package planner_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

// universe is a small graph as lists, for tests that turn it around.
type universe struct {
	nodes []planner.Node
	edges []planner.Edge
}

// wild makes a random universe with conduits, cycles, self loops, repeats and
// all edge kinds.
func wild(rng *rand.Rand) universe {
	var u universe
	n := 1 + rng.IntN(12)
	for i := range n {
		node := planner.Node{ID: planner.ID(fmt.Sprintf("n%02d", i)), Kind: planner.KindSource}
		if rng.IntN(3) == 0 {
			node.Kind, node.Conduit = planner.KindBinary, true
		}
		node.Bootstrap = rng.IntN(4) == 0
		if rng.IntN(4) == 0 {
			node.Labels = []string{"ring" + fmt.Sprint(rng.IntN(3))}
		}
		u.nodes = append(u.nodes, node)
	}
	acyclic := rng.IntN(3) == 0
	for range rng.IntN(3 * n) {
		a, b := rng.IntN(n), rng.IntN(n)
		if acyclic {
			if a == b {
				continue
			}
			a, b = max(a, b), min(a, b)
		}
		e := planner.Edge{From: u.nodes[a].ID, To: u.nodes[b].ID, Kind: planner.EdgeKind(rng.IntN(3))}
		e.Weak, e.Bootstrap = rng.IntN(5) == 0, rng.IntN(5) == 0
		if rng.IntN(4) == 0 {
			e.Evidence = "needs " + string(e.To)
		}
		u.edges = append(u.edges, e)
		if rng.IntN(6) == 0 {
			u.edges = append(u.edges, e)
		}
	}
	return u
}

func (u universe) graph(t testing.TB) *planner.Graph {
	t.Helper()
	var b planner.Builder
	for _, n := range u.nodes {
		b.AddNode(n)
	}
	for _, e := range u.edges {
		b.AddEdge(e)
	}
	g, err := b.Graph()
	require.NoError(t, err)
	return g
}

func (u universe) clone() universe {
	return universe{slices.Clone(u.nodes), slices.Clone(u.edges)}
}

// ask makes a random request about a universe.
func (u universe) ask(rng *rand.Rand) planner.Request {
	some := func(most int) (ids []planner.ID) {
		for range rng.IntN(most + 1) {
			ids = append(ids, u.nodes[rng.IntN(len(u.nodes))].ID)
		}
		return ids
	}
	q := planner.Request{Changed: some(3)}
	if rng.IntN(3) == 0 {
		q.Exclude = some(2)
	}
	if rng.IntN(3) == 0 {
		q.MaxDepth = new(rng.IntN(4))
	}
	if rng.IntN(3) == 0 {
		q.Kinds = []planner.EdgeKind{planner.EdgeBuild, planner.EdgeFrom}
	}
	q.OmitChanged = rng.IntN(4) == 0
	if rng.IntN(5) == 0 {
		q.Select = append([]planner.ID{}, some(6)...)
	}
	if rng.IntN(8) == 0 {
		q.All = true
	}
	return q
}

// oracle answers a request by brute force, word for word as the rules are
// written: matrices and repetition until nothing changes.
type oracle struct {
	ids      []planner.ID
	conduit  map[planner.ID]bool
	affected map[planner.ID]bool
	rebuild  []planner.ID
	// waits[x][y]: x waits for y, directly or not.
	waits  map[planner.ID]map[planner.ID]bool
	level  map[planner.ID]int
	groups map[planner.ID][]planner.ID
	// dist is the number of edges to a change over affected nodes.
	dist map[planner.ID]int
}

func consult(u universe, q planner.Request) oracle {
	o := oracle{conduit: map[planner.ID]bool{}, affected: map[planner.ID]bool{}}
	known := map[planner.ID]bool{}
	for _, n := range u.nodes {
		if !slices.Contains(q.Exclude, n.ID) {
			o.ids = append(o.ids, n.ID)
			known[n.ID], o.conduit[n.ID] = true, n.Conduit
		}
	}
	slices.Sort(o.ids)
	var edges []planner.Edge
	for _, e := range u.edges {
		if known[e.From] && known[e.To] && (q.Kinds == nil || slices.Contains(q.Kinds, e.Kind)) {
			edges = append(edges, e)
		}
	}
	const far = 1 << 20
	hops := map[planner.ID]int{}
	for _, id := range o.ids {
		hops[id] = far
		if slices.Contains(q.Changed, id) || q.All {
			hops[id] = 0
		}
	}
	limit := far - 1
	if q.MaxDepth != nil {
		limit = *q.MaxDepth
	}
	for again := true; again; {
		again = false
		for _, e := range edges {
			h := hops[e.To]
			if !o.conduit[e.From] {
				h++
			}
			if h < hops[e.From] && h <= limit {
				hops[e.From], again = h, true
			}
		}
	}
	for _, id := range o.ids {
		o.affected[id] = hops[id] <= limit
		in := o.affected[id] && !(q.OmitChanged && slices.Contains(q.Changed, id))
		if q.Select != nil {
			in = slices.Contains(q.Select, id)
		}
		if in && !o.conduit[id] {
			o.rebuild = append(o.rebuild, id)
		}
	}
	o.order(edges)
	o.dist = map[planner.ID]int{}
	for _, id := range o.ids {
		if slices.Contains(q.Changed, id) && o.affected[id] {
			o.dist[id] = 0
		}
	}
	for again := true; again; {
		again = false
		for _, e := range edges {
			d, ok := o.dist[e.To]
			if have, had := o.dist[e.From]; ok && o.affected[e.From] && (!had || d+1 < have) {
				o.dist[e.From], again = d+1, true
			}
		}
	}
	return o
}

func (o *oracle) order(edges []planner.Edge) {
	in := map[planner.ID]bool{}
	o.waits = map[planner.ID]map[planner.ID]bool{}
	for _, id := range o.ids {
		in[id] = o.conduit[id] || slices.Contains(o.rebuild, id)
		o.waits[id] = map[planner.ID]bool{}
	}
	for _, e := range edges {
		if in[e.From] && in[e.To] {
			o.waits[e.From][e.To] = true
		}
	}
	for _, k := range o.ids {
		for _, x := range o.ids {
			for _, y := range o.ids {
				if o.waits[x][k] && o.waits[k][y] {
					o.waits[x][y] = true
				}
			}
		}
	}
	o.level, o.groups = map[planner.ID]int{}, map[planner.ID][]planner.ID{}
	for _, x := range o.rebuild {
		for _, y := range o.rebuild {
			if x == y || o.waits[x][y] && o.waits[y][x] {
				o.groups[x] = append(o.groups[x], y)
			}
		}
	}
	for again := true; again; {
		again = false
		for _, x := range o.rebuild {
			for _, y := range o.rebuild {
				if o.waits[x][y] && !o.waits[y][x] && o.level[x] <= o.level[y] {
					o.level[x], again = o.level[y]+1, true
				}
				if o.waits[x][y] && o.waits[y][x] && o.level[x] < o.level[y] {
					o.level[x], again = o.level[y], true
				}
			}
		}
	}
}

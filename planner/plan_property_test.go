// SPDX-License-Identifier: MIT

package planner_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

const universes = 600

// everywhere runs a property on many random universes and requests.
func everywhere(t *testing.T, check func(t *testing.T, rng *rand.Rand, u universe, q planner.Request)) {
	t.Helper()
	for seed := range uint64(universes) {
		rng := rand.New(rand.NewPCG(seed, 1))
		u := wild(rng)
		q := u.ask(rng)
		check(t, rng, u, q)
		if t.Failed() {
			text, _ := json.Marshal(q)
			t.Fatalf("seed %d, request %s, graph\n%s", seed, text, u.text(t))
		}
	}
}

func (u universe) text(t testing.TB) string {
	data, err := u.graph(t).MarshalJSON()
	require.NoError(t, err)
	return string(data)
}

func mustPlan(t testing.TB, g *planner.Graph, q planner.Request) *planner.Plan {
	t.Helper()
	p, err := g.Plan(q)
	require.NoError(t, err)
	return p
}

// bytesOf is everything that a plan says.
func bytesOf(t testing.TB, p *planner.Plan) string {
	t.Helper()
	data, err := json.Marshal(p)
	require.NoError(t, err)
	text := string(data) + p.Text() + p.DOT() + p.SVG() + p.Digest()
	for i := range p.Cycles {
		c, err := p.Cycle(i)
		require.NoError(t, err)
		data, err := json.Marshal(c)
		require.NoError(t, err)
		text += string(data)
	}
	return text
}

func differ[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	a, b := fmt.Sprint(want), fmt.Sprint(got)
	if a != b {
		t.Errorf("%s: want %s, got %s", what, a, b)
	}
}

func TestPropertyAPlanCoversExactlyWhatIsAffected(t *testing.T) {
	everywhere(t, func(t *testing.T, _ *rand.Rand, u universe, q planner.Request) {
		o, p := consult(u, q), mustPlan(t, u.graph(t), q)
		n := 0
		for _, in := range o.affected {
			if in {
				n++
			}
		}
		differ(t, "affected", n, p.Affected)
		differ(t, "rebuild", o.rebuild, p.Rebuild)
		var tiers []planner.ID
		for _, tier := range p.Tiers {
			tiers = append(tiers, tier.Members()...)
		}
		slices.Sort(tiers)
		differ(t, "ids of all tiers, each once", p.Rebuild, tiers)
		z, err := u.graph(t).Measure(q)
		require.NoError(t, err)
		differ(t, "measure", fmt.Sprint(p.Affected, len(p.Rebuild)), fmt.Sprint(z.Affected, z.Rebuild))
	})
}

func TestPropertyNeedsComeEarlierOrInTheSameGroup(t *testing.T) {
	everywhere(t, func(t *testing.T, _ *rand.Rand, u universe, q planner.Request) {
		o, p := consult(u, q), mustPlan(t, u.graph(t), q)
		for _, x := range p.Rebuild {
			for _, y := range p.Rebuild {
				tx, _ := p.Tier(x)
				ty, _ := p.Tier(y)
				if o.waits[x][y] && !o.waits[y][x] && ty >= tx {
					t.Errorf("%s in tier %d needs %s in tier %d", x, tx, y, ty)
				}
			}
		}
	})
}

func TestPropertyLevelsAreMinimal(t *testing.T) {
	everywhere(t, func(t *testing.T, _ *rand.Rand, u universe, q planner.Request) {
		o, p := consult(u, q), mustPlan(t, u.graph(t), q)
		for _, x := range p.Rebuild {
			tx, _ := p.Tier(x)
			if tx > 0 && !slices.ContainsFunc(p.Rebuild, func(y planner.ID) bool {
				ty, _ := p.Tier(y)
				return o.waits[x][y] && ty == tx-1
			}) {
				t.Errorf("%s is in tier %d and needs nothing of tier %d", x, tx, tx-1)
			}
		}
	})
}

func TestPropertyGroupsAreMutualNeeds(t *testing.T) {
	everywhere(t, func(t *testing.T, _ *rand.Rand, u universe, q planner.Request) {
		o, p := consult(u, q), mustPlan(t, u.graph(t), q)
		longest := 0
		var cycles [][]planner.ID
		var loops []planner.ID
		for _, x := range o.rebuild {
			longest = max(longest, o.level[x]+1)
			if len(o.groups[x]) > 1 && o.groups[x][0] == x {
				cycles = append(cycles, o.groups[x])
			}
			if len(o.groups[x]) == 1 && o.waits[x][x] {
				loops = append(loops, x)
			}
		}
		differ(t, "cycles", cycles, p.Cycles)
		differ(t, "self cycles", loops, p.SelfCycles)
		differ(t, "tiers", longest, len(p.Tiers))
		for k, tier := range p.Tiers {
			last := planner.ID("")
			for _, g := range tier.Groups {
				differ(t, "group", o.groups[g[0]], g)
				differ(t, "level", o.level[g[0]], k)
				if g[0] <= last {
					t.Errorf("tier %d is not sorted", k)
				}
				last = g[0]
			}
		}
	})
}

func TestPropertyInputOrderChangesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, rng *rand.Rand, u universe, q planner.Request) {
		g := u.graph(t)
		want := bytesOf(t, mustPlan(t, g, q))
		v := u.clone()
		v.edges = append(v.edges, u.edges...)
		v.nodes = append(v.nodes, u.nodes...)
		rng.Shuffle(len(v.nodes), func(i, j int) { v.nodes[i], v.nodes[j] = v.nodes[j], v.nodes[i] })
		rng.Shuffle(len(v.edges), func(i, j int) { v.edges[i], v.edges[j] = v.edges[j], v.edges[i] })
		h := v.graph(t)
		differ(t, "graph", u.text(t), v.text(t))
		differ(t, "plan", want, bytesOf(t, mustPlan(t, h, q)))
		// Edges first, and by the other ways into a builder.
		var b planner.Builder
		b.AddEdges(v.edges)
		b.AddNodes(v.nodes)
		k, err := b.Graph()
		require.NoError(t, err)
		differ(t, "plan of a graph built edges first", want, bytesOf(t, mustPlan(t, k, q)))
		differ(t, "plan again", want, bytesOf(t, mustPlan(t, g, q)))
	})
}

func subset(a, b []planner.ID) bool {
	return !slices.ContainsFunc(a, func(id planner.ID) bool { return !slices.Contains(b, id) })
}

func TestPropertyPlansAreMonotone(t *testing.T) {
	everywhere(t, func(t *testing.T, rng *rand.Rand, u universe, q planner.Request) {
		q.Select, q.OmitChanged, q.All = nil, false, false
		g := u.graph(t)
		base := mustPlan(t, g, q).Rebuild
		one := u.nodes[rng.IntN(len(u.nodes))].ID
		more := q
		more.Changed = append(slices.Clone(q.Changed), one)
		if got := mustPlan(t, g, more).Rebuild; !subset(base, got) {
			t.Errorf("a further change drops rebuilds: %v to %v", base, got)
		}
		less := q
		less.Exclude = append(slices.Clone(q.Exclude), one)
		if got := mustPlan(t, g, less).Rebuild; !subset(got, base) {
			t.Errorf("a further exclusion adds rebuilds: %v to %v", base, got)
		}
		fewer := q
		fewer.Kinds = []planner.EdgeKind{planner.EdgeBuild}
		if got := mustPlan(t, g, fewer).Rebuild; !subset(got, base) {
			t.Errorf("fewer kinds add rebuilds: %v to %v", base, got)
		}
		var last []planner.ID
		for d := range 5 {
			deep := q
			deep.MaxDepth = &d
			got := mustPlan(t, g, deep).Rebuild
			if !subset(last, got) {
				t.Errorf("depth %d drops rebuilds: %v to %v", d, last, got)
			}
			last = got
		}
	})
}

func TestPropertyClosureIsIdempotentAndAdditive(t *testing.T) {
	everywhere(t, func(t *testing.T, rng *rand.Rand, u universe, q planner.Request) {
		g := u.graph(t)
		pick := func() []planner.ID { return []planner.ID{u.nodes[rng.IntN(len(u.nodes))].ID} }
		a, b := pick(), pick()
		plan := func(ids []planner.ID) *planner.Plan {
			return mustPlan(t, g, planner.Request{Changed: ids, Exclude: q.Exclude, Kinds: q.Kinds})
		}
		pa, pb, both := plan(a), plan(b), plan(append(a, b...))
		again := plan(append(slices.Clone(pa.Rebuild), a...))
		differ(t, "closure of the closure", pa.Rebuild, again.Rebuild)
		differ(t, "its size", pa.Affected, again.Affected)
		union := append(slices.Clone(pa.Rebuild), pb.Rebuild...)
		slices.Sort(union)
		differ(t, "union", slices.Compact(union), both.Rebuild)
	})
}

func TestPropertyUnaffectedNodesDoNotMatter(t *testing.T) {
	everywhere(t, func(t *testing.T, rng *rand.Rand, u universe, q planner.Request) {
		q.Select, q.All = nil, false
		g := u.graph(t)
		p := mustPlan(t, g, q)
		var out []planner.ID
		for _, n := range u.nodes {
			if x, err := p.Explain(n.ID); err == nil && !x.Affected {
				out = append(out, n.ID)
			}
		}
		if len(out) == 0 {
			return
		}
		less := q
		less.Exclude = append(slices.Clone(q.Exclude), out...)
		quiet := mustPlan(t, g, less)
		differ(t, "tiers without unaffected nodes", p.Tiers, quiet.Tiers)
		differ(t, "cycles without unaffected nodes", p.Cycles, quiet.Cycles)
		v := u.clone()
		v.edges = append(v.edges, planner.Edge{From: u.nodes[rng.IntN(len(u.nodes))].ID, To: out[rng.IntN(len(out))]})
		if q.MaxDepth == nil && len(q.Exclude) == 0 { // else a node may be out and still lead to a change
			differ(t, "tiers with an edge to an unaffected node", p.Tiers, mustPlan(t, v.graph(t), q).Tiers)
		}
	})
}

func TestPropertyRelabellingRelabels(t *testing.T) {
	everywhere(t, func(t *testing.T, rng *rand.Rand, u universe, q planner.Request) {
		rename := func(id planner.ID) planner.ID { // keeps the order, not the lengths
			return "x/" + id + planner.ID(strings.Repeat("y", int(id[len(id)-1])%3))
		}
		all := func(ids []planner.ID) []planner.ID {
			var out []planner.ID
			for _, id := range ids {
				out = append(out, rename(id))
			}
			return out
		}
		v := u.clone()
		for i := range v.nodes {
			v.nodes[i].ID = rename(v.nodes[i].ID)
		}
		for i := range v.edges {
			v.edges[i].From, v.edges[i].To = rename(v.edges[i].From), rename(v.edges[i].To)
		}
		rng.Shuffle(len(v.nodes), func(i, j int) { v.nodes[i], v.nodes[j] = v.nodes[j], v.nodes[i] })
		r := q
		r.Changed, r.Exclude = all(q.Changed), all(q.Exclude)
		if q.Select != nil {
			r.Select = append([]planner.ID{}, all(q.Select)...)
		}
		p, k := mustPlan(t, u.graph(t), q), mustPlan(t, v.graph(t), r)
		differ(t, "tiers", len(p.Tiers), len(k.Tiers))
		for i := range p.Tiers {
			differ(t, "tier", all(p.Tiers[i].Members()), k.Tiers[i].Members())
		}
		for i := range p.Cycles {
			a, err := p.Cycle(i)
			require.NoError(t, err)
			b, err := k.Cycle(i)
			require.NoError(t, err)
			differ(t, "witness", all(a.Witness), b.Witness)
			differ(t, "cut", len(a.Cut), len(b.Cut))
		}
	})
}

func TestPropertyExplanationsHold(t *testing.T) {
	everywhere(t, func(t *testing.T, _ *rand.Rand, u universe, q planner.Request) {
		q.All = false
		g := u.graph(t)
		o, p := consult(u, q), mustPlan(t, g, q)
		for _, n := range u.nodes {
			x, err := p.Explain(n.ID)
			require.NoError(t, err)
			differ(t, "affected "+string(n.ID), o.affected[n.ID], x.Affected)
			if x.Why == "" {
				t.Errorf("%s: no reason", n.ID)
			}
			if !x.Affected {
				continue
			}
			differ(t, "length of the path of "+string(n.ID), o.dist[n.ID], len(x.Path)-1)
			for i, id := range x.Path {
				if !o.affected[id] {
					t.Errorf("the path %v passes %s, which is not affected", x.Path, id)
				}
				if i > 0 && len(x.Steps[i-1]) == 0 {
					t.Errorf("the path %v has a step that is no edge", x.Path)
				}
			}
			if end := x.Path[len(x.Path)-1]; !slices.Contains(q.Changed, end) {
				t.Errorf("the path %v does not end in a change", x.Path)
			}
			causes, err := p.Causes(n.ID)
			require.NoError(t, err)
			var want []planner.ID
			for _, c := range o.ids {
				one := q
				one.Changed = []planner.ID{c}
				if slices.Contains(q.Changed, c) && q.MaxDepth == nil && consult(u, one).affected[n.ID] {
					want = append(want, c)
				}
			}
			if q.MaxDepth == nil {
				differ(t, "causes of "+string(n.ID), want, causes)
			}
			without := func(id planner.ID) *planner.Plan {
				r := q
				r.Exclude = append(slices.Clone(q.Exclude), id)
				return mustPlan(t, g, r)
			}
			if x.Bottleneck != "" {
				if y, _ := without(x.Bottleneck).Explain(n.ID); y.Affected {
					t.Errorf("%s is affected without its bottleneck %s", n.ID, x.Bottleneck)
				}
			} else if q.MaxDepth == nil {
				for _, m := range u.nodes {
					if y, _ := without(m.ID).Explain(n.ID); m.ID != n.ID && !y.Affected {
						t.Errorf("%s has the bottleneck %s, and none is told", n.ID, m.ID)
					}
				}
			}
			if q.MaxDepth == nil && q.Select == nil {
				differ(t, "rebuilds that "+string(n.ID)+" brings", len(p.Rebuild)-len(without(n.ID).Rebuild), x.Brings)
			}
		}
	})
}

func TestPropertyPeelingGivesTheSameTiers(t *testing.T) {
	everywhere(t, func(t *testing.T, _ *rand.Rand, u universe, q planner.Request) {
		o, p := consult(u, q), mustPlan(t, u.graph(t), q)
		if len(p.Cycles) > 0 {
			return
		}
		left := slices.Clone(p.Rebuild)
		for k := 0; len(left) > 0; k++ {
			var tier []planner.ID
			for _, x := range left {
				if !slices.ContainsFunc(left, func(y planner.ID) bool { return x != y && o.waits[x][y] }) {
					tier = append(tier, x)
				}
			}
			differ(t, "tier", tier, p.Tiers[k].Members())
			left = slices.DeleteFunc(left, func(x planner.ID) bool { return slices.Contains(tier, x) })
		}
	})
}

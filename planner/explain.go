// SPDX-License-Identifier: MIT

package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An Explanation says why a node is in a plan, or why not.
type Explanation struct {
	// ID is the node that was asked about.
	ID ID `json:"id"`
	// Affected tells that the change reaches the node.
	Affected bool `json:"affected"`
	// Rebuilt tells that it is in the rebuild set; Tier is its tier then.
	Rebuilt bool `json:"rebuilt"`
	Tier    int  `json:"tier"`
	// Path leads from the node to a change over affected nodes: the
	// shortest, and among equally short ones the bytewise smallest
	// sequence; the node alone when it changed itself. For a node that is
	// not affected it leads to the nearest affected node over edges of any
	// kind, and is nil when there is none.
	Path []ID `json:"path,omitempty"`
	// Steps are the edges along Path, all that join each pair.
	Steps [][]Edge `json:"steps,omitempty"`
	// Bottleneck is the nearest other node without which this one would not
	// be affected; empty when changes reach it on independent ways.
	Bottleneck ID `json:"bottleneck,omitempty"`
	// Brings is the number of rebuilds, its own included, that fall out when
	// the node is excluded. Under [Request.MaxDepth] it is a lower bound,
	// as longer ways round may be cut off too.
	Brings int `json:"brings,omitempty"`
	// Why says it in words.
	Why string `json:"why"`
}

// reach is the affected part of the graph seen from the changes, made when
// first asked for.
type reach struct {
	dist    []int32 // hops to a change; unreached or untouched
	changed []int32
	idom    []int32 // immediate dominators: a node, or -1
	brings  []int32
}

const (
	untouched = -1 // not affected
	unreached = -2 // affected by request only
)

func (p *Plan) reach() *reach {
	p.once.Do(func() {
		g := p.graph
		r := &reach{dist: make([]int32, len(g.ids))}
		for i := range r.dist {
			r.dist[i] = untouched
		}
		for _, i := range p.affected {
			r.dist[i] = unreached
		}
		for _, i := range p.order.changed {
			if r.dist[i] == unreached {
				r.dist[i] = 0
				r.changed = append(r.changed, i)
			}
		}
		queue := slices.Clone(r.changed)
		for k := 0; k < len(queue); k++ {
			u := queue[k]
			p.dependents(u, func(f int32) {
				if r.dist[f] == unreached {
					r.dist[f] = r.dist[u] + 1
					queue = append(queue, f)
				}
			})
		}
		r.dominate(p, queue)
		p.lazy = r
	})
	return p.lazy
}

// dependents calls f for every node that u's change spreads to directly.
func (p *Plan) dependents(u int32, f func(int32)) {
	if p.rules.stops(p.graph, u) {
		return
	}
	rev := p.graph.reverse()
	for e, end := rev.off[u], rev.off[u+1]; e < end; e++ {
		w := rev.to[e]
		if p.spread.attr[rev.attr[e]] && (p.spread.detail == nil || p.spread.passesBetween(p.graph, w, u)) {
			f(w)
		}
	}
}

// Explain tells why a node is affected or not. The error wraps [ErrNotFound]
// for an id that the graph does not know. The first call on a plan costs about
// as much as planning, later ones only their answer.
func (p *Plan) Explain(id ID) (Explanation, error) {
	if p.order == nil {
		return Explanation{}, errNotMade
	}
	i, ok := p.graph.index(id)
	if !ok {
		return Explanation{}, fmt.Errorf("planner: explain %q: no such node: %w", id, ErrNotFound)
	}
	x := Explanation{ID: id}
	if pos, ok := p.order.position(id); ok {
		x.Rebuilt = true
		x.Tier = int(p.order.level[p.order.groupOf[pos]])
	}
	r := p.reach()
	switch d := r.dist[i]; {
	case d >= 0:
		x.Affected = true
		x.Path = p.witness(r, i)
		if r.idom[i] >= 0 {
			x.Bottleneck = p.graph.ids[r.idom[i]]
		}
		x.Brings = int(r.brings[i])
		x.Why = p.whyIn(&x)
	case d == unreached:
		x.Affected = true
		x.Why = "everything is rebuilt"
	default:
		if slices.Contains(p.Request.Exclude, id) {
			x.Why = "excluded"
		} else if x.Path = p.nearest(r, i); x.Path != nil {
			x.Why = p.obstacle(r, x.Path)
		} else {
			x.Why = "nothing that it needs is affected"
		}
		if x.Rebuilt {
			x.Why = "selected"
		}
	}
	for k := 1; k < len(x.Path); k++ {
		from, _ := p.graph.index(x.Path[k-1])
		to, _ := p.graph.index(x.Path[k])
		x.Steps = append(x.Steps, p.graph.between(from, to))
	}
	return x, nil
}

// Causes returns the changes that a node is affected by, itself among them if
// it changed, sorted; none for a node that is not affected. Under
// [Request.MaxDepth] some may be too far off to have reached it alone. The
// error wraps [ErrNotFound] for an id that the graph does not know.
func (p *Plan) Causes(id ID) ([]ID, error) {
	if p.order == nil {
		return nil, errNotMade
	}
	i, ok := p.graph.index(id)
	if !ok {
		return nil, fmt.Errorf("planner: causes of %q: no such node: %w", id, ErrNotFound)
	}
	g, r := p.graph, p.reach()
	if r.dist[i] < 0 {
		return nil, nil
	}
	seen := map[int32]bool{i: true}
	queue := []int32{i}
	var causes []int32
	for k := 0; k < len(queue); k++ {
		u := queue[k]
		if r.dist[u] == 0 {
			causes = append(causes, u)
		}
		for e, end := g.fwd.off[u], g.fwd.off[u+1]; e < end; e++ {
			t := g.fwd.to[e]
			if r.dist[t] >= 0 && !seen[t] && p.spread.passes(g, e) && !p.rules.stops(g, t) {
				seen[t] = true
				queue = append(queue, t)
			}
		}
	}
	slices.Sort(causes)
	ids := make([]ID, len(causes))
	for k, c := range causes {
		ids[k] = g.ids[c]
	}
	return ids, nil
}

// witness walks down the distances, always to the smallest id.
func (p *Plan) witness(r *reach, i int32) []ID {
	g := p.graph
	path := make([]ID, 0, r.dist[i]+1)
	path = append(path, g.ids[i])
	for r.dist[i] > 0 {
		next := int32(-1)
		for e, end := g.fwd.off[i], g.fwd.off[i+1]; e < end; e++ {
			t := g.fwd.to[e]
			if r.dist[t] == r.dist[i]-1 && p.spread.passes(g, e) && !p.rules.stops(g, t) {
				next = t
				break
			}
		}
		if next < 0 {
			break
		}
		i = next
		path = append(path, g.ids[i])
	}
	return path
}

func (p *Plan) whyIn(x *Explanation) string {
	q := &p.Request
	switch {
	case len(x.Path) == 1 && !x.Rebuilt && q.OmitChanged:
		return "changed, and built already"
	case len(x.Path) == 1:
		return "changed"
	case !x.Rebuilt && q.Select != nil:
		return "affected, but not selected"
	}
	text := "needs " + joinIDs(x.Path[1:], " -> ")
	if len(x.Path) > 8 {
		text = fmt.Sprintf("needs %s -> ... -> %s, %d hops", x.Path[1], x.Path[len(x.Path)-1], len(x.Path)-1)
	}
	return text
}

func joinIDs(ids []ID, sep string) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(string(id))
	}
	return b.String()
}

// nearest returns the shortest way from a node that is not affected to one
// that is, or that changed but takes no part, over edges of any kind.
func (p *Plan) nearest(r *reach, i int32) []ID {
	g := p.graph
	var ignored []ID
	given := g.resolve(p.Request.Changed, &ignored) // also those excluded or barred
	target := func(v int32) bool {
		if r.dist[v] >= 0 {
			return true
		}
		_, ok := slices.BinarySearch(given, v)
		return ok
	}
	if target(i) {
		return []ID{g.ids[i]}
	}
	parent := map[int32]int32{i: -1}
	queue := []int32{i}
	for k := 0; k < len(queue); k++ {
		u := queue[k]
		for e, end := g.fwd.off[u], g.fwd.off[u+1]; e < end; e++ {
			t := g.fwd.to[e]
			if _, seen := parent[t]; seen {
				continue
			}
			parent[t] = u
			if !target(t) {
				queue = append(queue, t)
				continue
			}
			var path []ID
			for v := t; v >= 0; v = parent[v] {
				path = append(path, g.ids[v])
			}
			slices.Reverse(path)
			return path
		}
	}
	return nil
}

// obstacle says what stopped the change on its way up a path.
func (p *Plan) obstacle(r *reach, path []ID) string {
	g, q := p.graph, &p.Request
	end := path[len(path)-1]
	if slices.Contains(q.Exclude, end) {
		return fmt.Sprintf("%s is excluded", end)
	}
	if rule := p.ruleOn(end); rule != "" {
		return fmt.Sprintf("%s is left out: %s", end, rule)
	}
	if len(path) == 1 {
		return "it takes no part"
	}
	user := path[len(path)-2]
	if slices.Contains(q.Exclude, user) {
		return fmt.Sprintf("%s is excluded", user)
	}
	if rule := p.ruleOn(user); rule != "" {
		return fmt.Sprintf("%s is left out: %s", user, rule)
	}
	from, _ := g.index(user)
	to, _ := g.index(end)
	if p.rules.stops(g, to) {
		return fmt.Sprintf("the change stops at %s", end)
	}
	if !p.spread.passesBetween(g, from, to) {
		e := g.between(from, to)[0]
		return fmt.Sprintf("the edge %s -> %s (%s) is not followed", user, end, describeEdge(e))
	}
	return fmt.Sprintf("%s lies beyond the depth limit", user)
}

func (p *Plan) ruleOn(id ID) string {
	if k, ok := slices.BinarySearchFunc(p.LeftOut, id, func(l LeftOut, id ID) int { return cmp.Compare(l.ID, id) }); ok {
		return p.LeftOut[k].Rule
	}
	return ""
}

// describeEdge says an edge's kind, flags and evidence.
func describeEdge(e Edge) string {
	text := e.Kind.String()
	if e.Weak {
		text += ", weak"
	}
	if e.Bootstrap {
		text += ", not in bootstrap"
	}
	if e.Possible {
		text += ", possible"
	}
	if len(e.Arches) > 0 {
		text += ", " + strings.Join(e.Arches, " ")
	}
	if e.Evidence != "" {
		text += ": " + e.Evidence
	}
	return text
}

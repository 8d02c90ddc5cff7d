// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

var errUnknown = errors.New("not known")

// asker has a graph, and the universe it was made of unless it came from a
// file.
type asker struct {
	options
	g        *planner.Graph
	universe *rpm.Universe
	tag      *source.KojiTag // nil for other sources
	next     []rpm.Package   // for bumped
}

func (a *asker) answer() (any, error) {
	switch a.command {
	case "needs":
		return each(a.names, a.needs)
	case "provides":
		return each(a.names, a.provides)
	case "rebuilt":
		return a.rebuilt()
	case "bumped":
		return a.bumped()
	}
	return a.unresolved(), nil
}

func (a *asker) unresolved() report {
	u := a.universe
	r := report{Unresolved: u.Unresolved, Problems: u.Problems, Duplicates: nevras(u.Duplicates), Superseded: nevras(u.Superseded), Assumed: u.Assumed}
	if a.tag != nil {
		r.Problems = append(slices.Clip(r.Problems), a.tag.Problems...)
		r.Unread = a.tag.Unread
		for _, x := range a.tag.External {
			r.External = append(r.External, x.Name)
		}
	}
	return r
}

func nevras(list []rpm.NEVRA) []string {
	out := []string{}
	for _, n := range list {
		out = append(out, n.String())
	}
	return out
}

// answers are what was asked for, one name after another.
type answers[T fmt.Stringer] []T

func (l answers[T]) String() string {
	var b strings.Builder
	for _, x := range l {
		b.WriteString(x.String())
	}
	return b.String()
}

func each[T fmt.Stringer](names []string, ask func(string) (T, error)) (answers[T], error) {
	var out answers[T]
	for _, name := range names {
		x, err := ask(name)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// needed says who needs something.
type needed struct {
	Name string         `json:"name"`
	By   []planner.Edge `json:"by"`
}

func (n needed) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is needed by %d\n", n.Name, len(n.By))
	for _, e := range n.By {
		fmt.Fprintf(&b, "  %-6s %s", e.Kind, e.From)
		if e.Evidence != "" {
			fmt.Fprintf(&b, "  (%s", e.Evidence)
			if string(e.To) != n.Name {
				fmt.Fprintf(&b, " of %s", e.To)
			}
			b.WriteString(")")
		}
		if e.Possible {
			b.WriteString(" possibly")
		}
		if e.Weak {
			b.WriteString(" weakly")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// nodes are the nodes that a name may mean: itself, or packages of that name.
func (a *asker) nodes(name string) (out []planner.ID) {
	if _, ok := a.g.Node(planner.ID(name)); ok {
		return []planner.ID{planner.ID(name)}
	}
	for n := range a.g.Nodes() {
		rest, binary := strings.CutPrefix(string(n.ID), "binary/"+name)
		if binary && (rest == "" || slices.Contains(suffixes, rest)) {
			out = append(out, n.ID)
		}
	}
	return out
}

// suffixes are what ids of packages for several architectures end in.
var suffixes = []string{".x86_64", ".i686", ".i586", ".i386", ".aarch64", ".ppc64le", ".s390x", ".riscv64", ".armv7hl", ".noarch"}

func (a *asker) needs(name string) (needed, error) {
	n := needed{Name: name, By: []planner.Edge{}}
	take := func(e planner.Edge) {
		if e.Kind != planner.EdgeFrom && (!e.Possible || a.possible) {
			n.By = append(n.By, e)
		}
	}
	nodes := a.nodes(name)
	for _, id := range nodes {
		for e := range a.g.NeededBy(id) {
			take(e)
		}
	}
	if len(nodes) == 0 {
		found := false
		for e := range a.g.Edges() {
			if said, _, _ := strings.Cut(e.Evidence, " "); e.Evidence == name || said == name {
				found = true
				take(e)
			}
		}
		if !found {
			if p, err := a.provides(name); err != nil || len(p.By) == 0 {
				return n, fmt.Errorf("%s: %w", name, errUnknown)
			}
		}
	}
	slices.SortStableFunc(n.By, func(x, y planner.Edge) int {
		return strings.Compare(string(x.From)+" "+x.Evidence+" "+string(x.To), string(y.From)+" "+y.Evidence+" "+string(y.To))
	})
	return n, nil
}

// provided says who provides something.
type provided struct {
	Name string       `json:"name"`
	By   []planner.ID `json:"by"`
}

func (p provided) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is provided by %d\n", p.Name, len(p.By))
	for _, id := range p.By {
		fmt.Fprintf(&b, "  %s\n", id)
	}
	return b.String()
}

// provides looks into the packages, or at what edges of a graph file say.
func (a *asker) provides(name string) (provided, error) {
	p := provided{Name: name, By: []planner.ID{}}
	if a.universe != nil {
		r := rpm.Relation{Name: name}
		d, err := rpm.Parse(name)
		if err != nil {
			return p, err
		}
		if d.Op == rpm.None {
			r = d.Relation
		}
		p.By = append(p.By, a.universe.Providers(r)...)
	} else {
		for e := range a.g.Edges() {
			if said, _, _ := strings.Cut(e.Evidence, " "); e.Evidence == name || said == name {
				p.By = append(p.By, e.To)
			}
		}
		slices.Sort(p.By)
		p.By = slices.Compact(p.By)
	}
	if len(p.By) == 0 {
		return p, fmt.Errorf("%s: provided by nobody: %w", name, errUnknown)
	}
	return p, nil
}

// plan is what would be rebuilt.
type plan struct {
	Changed []planner.ID   `json:"changed"`
	Count   int            `json:"count"`
	Tiers   [][]planner.ID `json:"tiers"`
	Cycles  [][]planner.ID `json:"cycles,omitempty"`
}

func (p plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rebuilds in %d tiers\n", p.Count, len(p.Tiers))
	for i, t := range p.Tiers {
		fmt.Fprintf(&b, "tier %d\n", i)
		for _, id := range t {
			fmt.Fprintf(&b, "  %s\n", id)
		}
	}
	for _, c := range p.Cycles {
		fmt.Fprintf(&b, "need each other: %v\n", c)
	}
	return b.String()
}

func (a *asker) rebuilt() (any, error) {
	q := planner.Request{Possible: a.possible}
	if a.depth >= 0 {
		q.MaxDepth = &a.depth
	}
	for _, name := range a.names {
		id := planner.ID(name)
		if _, ok := a.g.Node(id); !ok {
			id = planner.ID("rpms/" + name)
		}
		if _, ok := a.g.Node(id); !ok {
			return nil, fmt.Errorf("%s: neither a source nor a node: %w", name, errUnknown)
		}
		q.Changed = append(q.Changed, id)
	}
	p, err := a.g.Plan(q)
	if err != nil {
		return nil, err
	}
	return plan{Changed: q.Changed, Count: len(p.Rebuild), Tiers: tiers(p), Cycles: p.Cycles}, nil
}

// report is what is not as it should be.
type report struct {
	Unresolved []rpm.Unresolved `json:"unresolved"`
	Problems   []rpm.Problem    `json:"problems,omitempty"`
	Duplicates []string         `json:"duplicates,omitempty"`
	Superseded []string         `json:"superseded,omitempty"`
	Assumed    []planner.ID     `json:"assumed,omitempty"`
	Unread     []string         `json:"unread,omitempty"`
	External   []string         `json:"external,omitempty"`
}

// count is how much of it makes a graph smaller than it should be.
func (r report) count() int { return len(r.Unresolved) + len(r.Problems) + len(r.Unread) }

func (r report) String() string {
	var b strings.Builder
	for _, u := range r.Unresolved {
		fmt.Fprintf(&b, "unresolved: %s needs %s: %s", u.By, u.Requirement, u.Reason)
		if u.Arch != "" {
			fmt.Fprintf(&b, " (%s)", u.Arch)
		}
		b.WriteByte('\n')
	}
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "problem: %s: %s\n", p.Package, p.Reason)
	}
	for _, d := range r.Duplicates {
		fmt.Fprintf(&b, "duplicate: %s\n", d)
	}
	for _, s := range r.Superseded {
		fmt.Fprintf(&b, "superseded: %s\n", s)
	}
	for _, id := range r.Assumed {
		fmt.Fprintf(&b, "no source package: %s\n", id)
	}
	for _, nvr := range r.Unread {
		fmt.Fprintf(&b, "no file at the hub: %s\n", nvr)
	}
	for _, name := range r.External {
		fmt.Fprintf(&b, "merged from outside: %s\n", name)
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

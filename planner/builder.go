// SPDX-License-Identifier: MIT

package planner

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Ref is a node's number in the [Builder] that gave it.
type Ref int32

// A Detail stands for everything about an edge but its two ends, in the
// [Builder] that gave it. An [EdgeKind] converted to Detail stands for plain
// edges of that kind.
type Detail int32

// maxReported is how many mistakes an error of [Builder.Graph] names.
const maxReported = 10

// A Builder collects nodes and edges, in any order, and makes a [Graph] of
// them. The zero value is ready for use. A Builder must not be used by several
// goroutines at once.
type Builder struct {
	// Release is the label of the release that the graph speaks of.
	Release string

	ids      []ID
	profiles []int32 // index into profile, -1 while only edges named the node
	times    []int64 // durations; nil until one is given
	table    interner
	sorted   bool // table is not needed: ids ascend so far
	pending  int  // ids that only edges have named

	profile   []nodeProfile
	profileOf map[profileKey]int32
	lastKey   profileKey

	from, to []int32
	detail   []int32 // nil while every edge is plainOf
	details  []edgeDetail
	detailOf map[detailKey]int32
	lastFrom int32

	mistakes int
	errs     []error
}

// nodeProfile is what many nodes share.
type nodeProfile struct {
	kind      NodeKind
	conduit   bool
	bootstrap bool
	arches    []string
	labels    []string
}

type profileKey struct {
	kind               NodeKind
	conduit, bootstrap bool
	arches, labels     string
}

type edgeDetail struct {
	attr     uint8
	arches   []string
	evidence string
}

type detailKey struct {
	attr             uint8
	arches, evidence string
}

func (b *Builder) mistake(err error) {
	b.mistakes++
	if len(b.errs) < maxReported {
		b.errs = append(b.errs, err)
	}
}

// Grow makes room for so many more nodes and edges, which saves copying.
func (b *Builder) Grow(nodes, edges int) {
	if nodes > 0 {
		b.ids = slices.Grow(b.ids, nodes)
		b.profiles = slices.Grow(b.profiles, nodes)
	}
	if edges > 0 {
		b.from = slices.Grow(b.from, edges)
		b.to = slices.Grow(b.to, edges)
		b.detail = slices.Grow(b.detail, edges)
	}
}

// AddNode adds a node, or more about a node added before: an empty field takes
// the other's value, labels and architectures are united, the longer duration
// wins. Two kinds, or a conduit that is none, are a mistake that [Builder.Graph]
// reports, as are an empty id and a negative duration. The Ref serves
// [Builder.Connect].
func (b *Builder) AddNode(n Node) Ref {
	if n.ID == "" {
		b.mistake(fmt.Errorf("planner: node %d has an empty id: %w", len(b.ids), ErrInvalid))
		return -1
	}
	if n.Duration < 0 {
		b.mistake(fmt.Errorf("planner: node %q has the negative duration %s: %w", n.ID, n.Duration, ErrInvalid))
		n.Duration = 0
	}
	var r int32
	if last := len(b.ids) - 1; (last < 0 || b.sorted) && (last < 0 || b.ids[last] < n.ID) {
		r, b.sorted = b.append(n.ID), true
	} else {
		r = b.intern(n.ID)
	}
	if r < 0 {
		return -1
	}
	p := b.profileFor(n)
	switch old := b.profiles[r]; {
	case old < 0:
		b.pending--
		b.profiles[r] = p
	case old != p:
		b.profiles[r] = b.mergeProfiles(n.ID, old, p)
	}
	if n.Duration > 0 {
		for len(b.times) < len(b.ids) {
			b.times = append(slices.Grow(b.times, cap(b.ids)-len(b.times)), 0)
		}
		b.times[r] = max(b.times[r], int64(n.Duration))
	}
	return Ref(r)
}

func (b *Builder) append(id ID) int32 {
	if len(b.ids) >= math.MaxInt32-1 {
		b.mistake(fmt.Errorf("planner: more than %d nodes: %w", math.MaxInt32-1, ErrLimit))
		return -1
	}
	b.ids = append(b.ids, id)
	b.profiles = append(b.profiles, -1)
	b.pending++
	return int32(len(b.ids) - 1)
}

func (b *Builder) intern(id ID) int32 {
	if b.sorted || len(b.table.hashes) < len(b.ids) || len(b.ids)*3/2 >= len(b.table.slots) {
		b.table.room(b.ids, cap(b.ids))
		b.sorted = false
	}
	h := hashID(id)
	slot, p := b.table.find(b.ids, id, h)
	if p >= 0 {
		return p
	}
	r := b.append(id)
	if r >= 0 {
		b.table.slots[slot] = r + 1
		b.table.hashes = append(b.table.hashes, h)
	}
	return r
}

func (b *Builder) profileFor(n Node) int32 {
	key := profileKey{kind: n.Kind, conduit: n.Conduit, bootstrap: n.Bootstrap}
	if len(n.Arches)+len(n.Labels) > 0 {
		b.checkWords(string(n.ID), n.Arches, n.Labels)
		n.Arches, n.Labels = sortedSet(n.Arches), sortedSet(n.Labels)
		key.arches, key.labels = joinSet(n.Arches), joinSet(n.Labels)
	} else {
		n.Arches, n.Labels = nil, nil
	}
	if p, ok := b.profileOf[key]; ok {
		return p
	}
	if b.profileOf == nil {
		b.profileOf = make(map[profileKey]int32)
	}
	p := int32(len(b.profile))
	b.profile = append(b.profile, nodeProfile{n.Kind, n.Conduit, n.Bootstrap, n.Arches, n.Labels})
	b.profileOf[key] = p
	return p
}

// checkWords refuses labels and architectures that lists cannot hold.
func (b *Builder) checkWords(of string, lists ...[]string) {
	for _, w := range slices.Concat(lists...) {
		if w == "" || strings.ContainsFunc(w, func(r rune) bool { return r <= ' ' || r == ',' || r == '"' || r == 0x7f }) {
			b.mistake(fmt.Errorf("planner: %q: the label or architecture %q is not a plain word: %w", of, w, ErrInvalid))
		}
	}
}

func (b *Builder) mergeProfiles(id ID, i, j int32) int32 {
	p, q := b.profile[i], b.profile[j]
	if p.kind != "" && q.kind != "" && (p.kind != q.kind || p.conduit != q.conduit) {
		b.mistake(fmt.Errorf("planner: node %q is both %s and %s: %w", id, describe(p), describe(q), ErrInvalid))
		return i
	}
	return b.profileFor(Node{
		Kind:      max(p.kind, q.kind),
		Conduit:   p.conduit || q.conduit,
		Bootstrap: p.bootstrap || q.bootstrap,
		Arches:    append(slices.Clone(p.arches), q.arches...),
		Labels:    append(slices.Clone(p.labels), q.labels...),
	})
}

func describe(p nodeProfile) string {
	if p.conduit {
		return string(p.kind) + " (conduit)"
	}
	return string(p.kind)
}

// AddEdge adds an edge between nodes named by id. The nodes may be added
// later; an edge to or from an id that never becomes a node is told in
// [Graph.Dangling]. An empty id or an unknown kind is a mistake that
// [Builder.Graph] reports.
func (b *Builder) AddEdge(e Edge) {
	if e.From == "" || e.To == "" {
		b.mistake(fmt.Errorf("planner: edge %q -> %q has an empty id: %w", e.From, e.To, ErrInvalid))
		return
	}
	d := b.Detail(e)
	if d < 0 {
		return
	}
	from := b.lastFrom // edges mostly come sorted by From
	if int(from) >= len(b.ids) || b.ids[from] != e.From {
		from = b.intern(e.From)
	}
	b.lastFrom = max(from, 0)
	b.Connect(Ref(from), Ref(b.intern(e.To)), d)
}

// Detail returns the number under which this builder knows e's kind, flags,
// architectures and evidence; e's ends do not matter. It is -1 for an unknown
// kind, a mistake that [Builder.Graph] reports.
func (b *Builder) Detail(e Edge) Detail {
	if e.Kind >= edgeKinds {
		b.mistake(fmt.Errorf("planner: edge %q -> %q has the unknown kind %s: %w", e.From, e.To, e.Kind, ErrInvalid))
		return -1
	}
	attr := e.attr()
	if attr == uint8(e.Kind)<<attrShift && e.Evidence == "" && len(e.Arches) == 0 {
		return Detail(e.Kind)
	}
	key := detailKey{attr: attr, evidence: e.Evidence}
	if len(e.Arches) > 0 {
		b.checkWords(string(e.From), e.Arches)
		e.Arches = sortedSet(e.Arches)
		key.arches = joinSet(e.Arches)
	}
	if d, ok := b.detailOf[key]; ok {
		return Detail(d)
	}
	if b.detailOf == nil {
		b.detailOf = make(map[detailKey]int32)
	}
	b.plainDetails()
	d := int32(len(b.details))
	b.details = append(b.details, edgeDetail{attr, e.Arches, e.Evidence})
	b.detailOf[key] = d
	return Detail(d)
}

func (b *Builder) plainDetails() {
	for len(b.details) < edgeKinds {
		b.details = append(b.details, edgeDetail{attr: uint8(len(b.details)) << attrShift})
	}
}

// Connect adds an edge between nodes known by number: the fast way for large
// graphs. A Ref or Detail that this builder never gave is a mistake that
// [Builder.Graph] reports.
func (b *Builder) Connect(from, to Ref, d Detail) {
	if from < 0 || to < 0 || int(from) >= len(b.ids) || int(to) >= len(b.ids) ||
		d < 0 || (d >= edgeKinds && int(d) >= len(b.details)) || len(b.from) >= math.MaxInt32-1 {
		b.badConnect(from, to, d)
		return
	}
	b.from = append(b.from, int32(from))
	b.to = append(b.to, int32(to))
	b.detail = append(b.detail, int32(d))
}

func (b *Builder) badConnect(from, to Ref, d Detail) {
	if len(b.from) >= math.MaxInt32-1 {
		b.mistake(fmt.Errorf("planner: more than %d edges: %w", math.MaxInt32-1, ErrLimit))
		return
	}
	b.mistake(fmt.Errorf("planner: edge %d -> %d with detail %d is not of this builder (%d nodes): %w",
		from, to, d, len(b.ids), ErrInvalid))
}

// Graph makes the graph of everything added and empties the builder. What was
// added in which order does not matter. The error joins the first mistakes
// made; each wraps [ErrInvalid] or [ErrLimit], and there is no graph then.
func (b *Builder) Graph() (*Graph, error) {
	if b.mistakes > 0 {
		errs := b.errs
		if more := b.mistakes - len(errs); more > 0 {
			errs = append(errs, fmt.Errorf("planner: and %d more mistakes: %w", more, ErrInvalid))
		}
		*b = Builder{}
		return nil, errors.Join(errs...)
	}
	b.plainDetails()
	g := &Graph{release: b.Release}
	rank := b.placeNodes(g)
	detailRank := b.placeDetails(g)
	b.placeEdges(g, rank, detailRank)
	*b = Builder{}
	return g, nil
}

// placeNodes puts the nodes into g in the order of their ids and returns their
// new positions, -1 for ids that are no nodes; nil means that nothing moved.
func (b *Builder) placeNodes(g *Graph) []int32 {
	n := len(b.ids)
	for len(b.times) > 0 && len(b.times) < n {
		b.times = append(b.times, 0)
	}
	g.profile = b.profile
	if b.pending == 0 && (b.sorted || slices.IsSorted(b.ids)) {
		g.ids, g.profileOf, g.times = b.ids, b.profiles, b.times
		g.placeFlags()
		return nil
	}
	rank := make([]int32, n)
	order := make([]int32, 0, n-b.pending)
	for i, p := range b.profiles {
		if p < 0 {
			rank[i] = -1
		} else {
			order = append(order, int32(i))
		}
	}
	sortByID(order, b.ids)
	g.ids = make([]ID, len(order))
	g.profileOf = make([]int32, len(order))
	if len(b.times) > 0 {
		g.times = make([]int64, len(order))
	}
	for i, r := range order {
		rank[r] = int32(i)
		g.ids[i], g.profileOf[i] = b.ids[r], b.profiles[r]
		if g.times != nil {
			g.times[i] = b.times[r]
		}
	}
	g.placeFlags()
	return rank
}

// placeDetails puts the edge details into g in canonical order and returns
// their new numbers.
func (b *Builder) placeDetails(g *Graph) []int32 {
	order := make([]int32, len(b.details))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		x, y := b.details[i], b.details[j]
		if c := cmp.Compare(x.attr, y.attr); c != 0 {
			return c
		}
		if c := cmp.Compare(x.evidence, y.evidence); c != 0 {
			return c
		}
		return slices.Compare(x.arches, y.arches)
	})
	rank := make([]int32, len(order))
	g.details = make([]edgeDetail, len(order))
	for i, d := range order {
		rank[d] = int32(i)
		g.details[i] = b.details[d]
	}
	return rank
}

// placeEdges makes g's forward rows: edges sorted by (from, to, detail), each
// once. It reuses the builder's memory.
func (b *Builder) placeEdges(g *Graph, rank, detailRank []int32) {
	if rank != nil {
		b.moveEnds(g, rank)
	}
	n, m := len(g.ids), len(b.from)
	off := make([]int32, n+1)
	for _, f := range b.from {
		off[f]++
	}
	var sum int32
	for i, c := range off {
		off[i] = sum
		sum += c
	}
	keys := make([]uint64, m)
	to, detail := b.to[:m], b.detail[:m]
	for i, f := range b.from {
		keys[off[f]] = uint64(to[i])<<32 | uint64(detailRank[detail[i]])
		off[f]++
	}
	b.from = nil
	copy(off[1:], off) // off[f] is now where row f ended
	off[0] = 0

	attrOf := make([]uint8, len(g.details))
	for i, d := range g.details {
		attrOf[i] = d.attr
	}
	plain := len(g.details) == edgeKinds
	attr := make([]uint8, m)
	var out, start int32
	for f := range n {
		end := off[f+1]
		row := keys[start:end]
		sortKeys(row)
		last := ^uint64(0)
		for _, k := range row {
			if k == last {
				continue
			}
			last = k
			to[out] = int32(k >> 32)
			a := attrOf[uint32(k)]
			attr[out] = a
			g.attrs[a] = true
			detail[out] = int32(uint32(k))
			out++
		}
		start = end
		off[f+1] = out
	}
	g.fwd = rows{off: off, to: to[:out:out], attr: attr[:out:out]}
	if !plain {
		g.detailOf = detail[:out:out]
	}
}

// moveEnds renames the ends of edges after the nodes were sorted; edges with
// an end that is no node go to g.dangling.
func (b *Builder) moveEnds(g *Graph, rank []int32) {
	k := 0
	for i, f := range b.from {
		t := b.to[i]
		if rank[f] < 0 || rank[t] < 0 {
			d := b.details[b.detail[i]]
			g.dangling = append(g.dangling, d.edge(b.ids[f], b.ids[t]))
			continue
		}
		b.from[k], b.to[k], b.detail[k] = rank[f], rank[t], b.detail[i]
		k++
	}
	b.from, b.to, b.detail = b.from[:k], b.to[:k], b.detail[:k]
	slices.SortFunc(g.dangling, compareEdges)
	g.dangling = slices.CompactFunc(g.dangling, func(x, y Edge) bool { return compareEdges(x, y) == 0 })
}

// sortKeys sorts one row. Most rows are short or in order already.
func sortKeys(row []uint64) {
	if len(row) > 32 {
		if !slices.IsSorted(row) {
			slices.Sort(row)
		}
		return
	}
	for i := 1; i < len(row); i++ {
		k := row[i]
		j := i
		for j > 0 && row[j-1] > k {
			row[j] = row[j-1]
			j--
		}
		row[j] = k
	}
}

func sortByID(order []int32, ids []ID) {
	slices.SortFunc(order, func(i, j int32) int { return strings.Compare(string(ids[i]), string(ids[j])) })
}

func sortedSet(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Clip(slices.Compact(list))
}

func joinSet(list []string) string { return strings.Join(list, "\x00") }

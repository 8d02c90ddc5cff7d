// SPDX-License-Identifier: MIT

package planner

import (
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

// A link packs both ends of an edge and its kind, so a graph holds less than
// maxNodes nodes.
const (
	linkShift = 3
	maxNodes  = 1 << (31 - linkShift)
	maxEdges  = math.MaxInt32
)

// maxReported is how many mistakes an error of [Builder.Graph] names.
const maxReported = 10

// A Builder collects nodes and edges, in any order, and makes a [Graph] of
// them. The zero value is ready for use. A Builder must not be used by several
// goroutines at once.
type Builder struct {
	// Release is the label of the release that the graph speaks of.
	Release string

	// One row for every AddNode and every id first named by an edge; rows
	// of the same id are united in the end.
	ids      []ID
	profiles []int32 // index into profile, -1 while only an edge named the id
	times    []int64 // durations; nil until one is given
	table    interner
	pending  int // rows without a node

	profile     []nodeProfile
	profileOf   map[profileKey]int32
	lastProfile int32

	links    []uint64 // from<<32 | to<<linkShift | kind
	detail   []int32  // per link; nil while every edge is plain
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
		b.links = slices.Grow(b.links, edges)
	}
}

// AddNode adds a node, or more about a node added before: an empty field takes
// the other's value, labels and architectures are united, the longer duration
// wins. Two kinds, or a conduit that is none, are a mistake that [Builder.Graph]
// reports, as are an empty id and a negative duration. The Ref serves
// [Builder.Connect]; a node added twice has two, either will do.
func (b *Builder) AddNode(n Node) Ref {
	return Ref(b.addNode(&n))
}

// AddNodes adds many nodes at once and returns the Ref of the first; those of
// the others follow it one by one. Nodes with mistakes keep their number.
func (b *Builder) AddNodes(nodes []Node) Ref {
	b.Grow(len(nodes), 0)
	first := Ref(len(b.ids))
	for i := range nodes {
		b.addNode(&nodes[i])
	}
	return first
}

func (b *Builder) addNode(n *Node) int32 {
	if n.ID == "" {
		b.mistake(fmt.Errorf("planner: node %d has an empty id: %w", len(b.ids), ErrInvalid))
	}
	if n.Duration < 0 {
		b.mistake(fmt.Errorf("planner: node %q has the negative duration %s: %w", n.ID, n.Duration, ErrInvalid))
	}
	r := b.row(n.ID, b.profileFor(n))
	if n.Duration > 0 && r >= 0 {
		if len(b.times) < len(b.ids) {
			b.times = slices.Grow(b.times, cap(b.ids)-len(b.times))
			for len(b.times) < len(b.ids) {
				b.times = append(b.times, 0)
			}
		}
		b.times[r] = int64(n.Duration)
	}
	return r
}

func (b *Builder) row(id ID, profile int32) int32 {
	if len(b.ids) >= maxNodes {
		b.mistake(fmt.Errorf("planner: more than %d nodes: %w", maxNodes, ErrLimit))
		return -1
	}
	b.ids = append(b.ids, id)
	b.profiles = append(b.profiles, profile)
	return int32(len(b.ids) - 1)
}

// intern returns a row of an id that an edge names.
func (b *Builder) intern(id ID) int32 {
	if b.table.known < len(b.ids) || (len(b.ids)+1)*3/2 > len(b.table.slots) {
		b.table.room(b.ids)
	}
	h := hashID(id)
	slot, p := b.table.find(b.ids, id, h)
	if p >= 0 {
		return p
	}
	r := b.row(id, -1)
	if r >= 0 {
		b.table.put(slot, h, r)
		b.table.known = len(b.ids)
		b.pending++
	}
	return r
}

func (b *Builder) profileFor(n *Node) int32 {
	plain := len(n.Arches)+len(n.Labels) == 0
	if plain && len(b.profile) > 0 {
		if p := &b.profile[b.lastProfile]; p.kind == n.Kind && p.conduit == n.Conduit && p.bootstrap == n.Bootstrap &&
			p.arches == nil && p.labels == nil {
			return b.lastProfile
		}
	}
	key := profileKey{kind: n.Kind, conduit: n.Conduit, bootstrap: n.Bootstrap}
	made := nodeProfile{kind: n.Kind, conduit: n.Conduit, bootstrap: n.Bootstrap}
	if !plain {
		b.checkWords(n.ID, n.Arches, n.Labels)
		made.arches, made.labels = wordSet(n.Arches), wordSet(n.Labels)
		key.arches, key.labels = joinSet(made.arches), joinSet(made.labels)
	}
	p, ok := b.profileOf[key]
	if !ok {
		if b.profileOf == nil {
			b.profileOf = make(map[profileKey]int32)
			b.profile = make([]nodeProfile, 0, 8)
		}
		p = int32(len(b.profile))
		b.profile = append(b.profile, made)
		b.profileOf[key] = p
	}
	b.lastProfile = p
	return p
}

// checkWords refuses labels and architectures that lists cannot hold.
func (b *Builder) checkWords(of ID, lists ...[]string) {
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
	return b.profileFor(&Node{
		ID:        id,
		Kind:      max(p.kind, q.kind),
		Conduit:   p.conduit || q.conduit,
		Bootstrap: p.bootstrap || q.bootstrap,
		Arches:    slices.Concat(p.arches, q.arches),
		Labels:    slices.Concat(p.labels, q.labels),
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
	d := b.detailFor(&e)
	if d < 0 {
		return
	}
	b.Connect(b.fromRef(e.From), Ref(b.intern(e.To)), d)
}

// fromRef returns the row of an edge's From. Edges mostly come in the order of
// nodes, so the last one and the next are tried first.
func (b *Builder) fromRef(id ID) Ref {
	for k := b.lastFrom; int(k) < len(b.ids) && k < b.lastFrom+2; k++ {
		if b.ids[k] == id {
			b.lastFrom = k
			return Ref(k)
		}
	}
	r := b.intern(id)
	b.lastFrom = max(r, 0)
	return Ref(r)
}

// AddEdges adds many edges at once, as [Builder.AddEdge] would each. It is the
// fast way for edges named by id, best after their nodes.
func (b *Builder) AddEdges(edges []Edge) {
	b.Grow(0, len(edges))
	const chunk = 32
	var hashes [chunk]uint32
	var found [chunk]int32
	for len(edges) > 0 {
		part := edges[:min(chunk, len(edges))]
		edges = edges[len(part):]
		b.table.room(b.ids)
		// Step by step for all, so that waiting for memory overlaps.
		for i := range part {
			hashes[i] = hashID(part[i].To)
		}
		for i := range part {
			found[i] = b.table.guess(hashes[i])
		}
		for i := range part {
			e, to := &part[i], found[i]
			if to < 0 || b.ids[to] != e.To || e.From == "" || e.Kind >= edgeKinds {
				b.AddEdge(*e)
				continue
			}
			b.Connect(b.fromRef(e.From), Ref(to), b.detailFor(e))
		}
	}
}

// Detail returns the number under which this builder knows e's kind, flags,
// architectures and evidence; e's ends do not matter. It is -1 for an unknown
// kind, a mistake that [Builder.Graph] reports.
func (b *Builder) Detail(e Edge) Detail { return b.detailFor(&e) }

func (b *Builder) detailFor(e *Edge) Detail {
	if e.Kind >= edgeKinds {
		b.mistake(fmt.Errorf("planner: edge %q -> %q has the unknown kind %s: %w", e.From, e.To, e.Kind, ErrInvalid))
		return -1
	}
	attr := e.attr()
	if attr == uint8(e.Kind)<<attrShift && e.Evidence == "" && len(e.Arches) == 0 {
		return Detail(e.Kind)
	}
	key := detailKey{attr: attr, evidence: e.Evidence}
	var arches []string
	if len(e.Arches) > 0 {
		b.checkWords(e.From, e.Arches)
		arches = wordSet(e.Arches)
		key.arches = joinSet(arches)
	}
	if d, ok := b.detailOf[key]; ok {
		return Detail(d)
	}
	if b.detailOf == nil {
		b.detailOf = make(map[detailKey]int32)
	}
	b.plainDetails()
	d := int32(len(b.details))
	b.details = append(b.details, edgeDetail{attr, arches, e.Evidence})
	b.detailOf[key] = d
	return Detail(d)
}

func (b *Builder) plainDetails() {
	if b.details == nil {
		b.details = make([]edgeDetail, edgeKinds, 2*edgeKinds)
		for k := range b.details {
			b.details[k].attr = uint8(k) << attrShift
		}
	}
}

// Connect adds an edge between nodes known by number: the fast way for large
// graphs. A Ref or Detail that this builder never gave is a mistake that
// [Builder.Graph] reports.
func (b *Builder) Connect(from, to Ref, d Detail) {
	if n := uint(len(b.ids)); uint(from) < n && uint(to) < n && uint(d) < edgeKinds && b.detail == nil {
		b.links = append(b.links, uint64(from)<<32|uint64(to)<<linkShift|uint64(d))
		return
	}
	b.connectDetailed(from, to, d)
}

// ConnectAll adds many edges at once: from[i] needs to[i], in the way of
// details[i]. Slices of different lengths are a mistake that [Builder.Graph]
// reports.
func (b *Builder) ConnectAll(from, to []Ref, details []Detail) {
	if len(from) != len(to) || len(from) != len(details) {
		b.mistake(fmt.Errorf("planner: edges of %d from, %d to and %d details: %w", len(from), len(to), len(details), ErrInvalid))
		return
	}
	b.Grow(0, len(from))
	n := uint(len(b.ids))
	for i, f := range from {
		t, d := to[i], details[i]
		if uint(f) < n && uint(t) < n && uint(d) < edgeKinds && b.detail == nil {
			b.links = append(b.links, uint64(f)<<32|uint64(t)<<linkShift|uint64(d))
			continue
		}
		b.connectDetailed(f, t, d)
	}
}

// connectDetailed adds an edge whose detail is more than a kind, or reports
// what is wrong with it.
func (b *Builder) connectDetailed(from, to Ref, d Detail) {
	n := uint(len(b.ids))
	if uint(from) >= n || uint(to) >= n || d < 0 || d >= edgeKinds && int(d) >= len(b.details) {
		b.mistake(fmt.Errorf("planner: edge %d -> %d with detail %d is not of this builder (%d nodes): %w",
			from, to, d, len(b.ids), ErrInvalid))
		return
	}
	if b.detail == nil {
		b.detail = make([]int32, len(b.links), max(cap(b.links), len(b.links)+1))
		for i, l := range b.links {
			b.detail[i] = int32(l & (1<<linkShift - 1))
		}
	}
	b.links = append(b.links, uint64(from)<<32|uint64(to)<<linkShift)
	b.detail = append(b.detail, int32(d))
}

// Graph makes the graph of everything added and empties the builder. What was
// added in which order does not matter. The error joins the first mistakes
// made; each wraps [ErrInvalid] or [ErrLimit], and there is no graph then.
func (b *Builder) Graph() (*Graph, error) {
	defer func() { *b = Builder{} }()
	b.plainDetails()
	g := &Graph{release: b.Release}
	rank := b.placeNodes(g)
	if len(b.links) > maxEdges {
		b.mistake(fmt.Errorf("planner: more than %d edges: %w", maxEdges, ErrLimit))
	}
	if b.mistakes > 0 {
		errs := b.errs
		if more := b.mistakes - len(errs); more > 0 {
			errs = append(errs, fmt.Errorf("planner: and %d more mistakes: %w", more, ErrInvalid))
		}
		return nil, errors.Join(errs...)
	}
	b.placeEdges(g, rank)
	return g, nil
}

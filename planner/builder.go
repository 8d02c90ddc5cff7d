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

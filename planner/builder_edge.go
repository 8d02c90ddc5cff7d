// SPDX-License-Identifier: MIT

package planner

import "fmt"

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

// SPDX-License-Identifier: MIT

package planner

import (
	"cmp"
	"slices"
	"strings"
)

// placeNodes puts the nodes into g in the order of their ids and returns the
// new position of every row, -1 for ids that are no nodes; nil means that
// nothing moved.
func (b *Builder) placeNodes(g *Graph) []int32 {
	n := len(b.ids)
	for len(b.times) > 0 && len(b.times) < n {
		b.times = append(b.times, 0)
	}
	runs := ascendingRuns(b.ids)
	if b.pending == 0 && len(runs) <= 2 {
		g.ids, g.profileOf, g.times, g.profile = b.ids, b.profiles, b.times, b.profile
		g.placeFlags()
		return nil
	}
	order := sortRuns(b.ids, runs)
	rank := make([]int32, n)
	g.ids = make([]ID, 0, n-b.pending)
	g.profileOf = make([]int32, 0, n-b.pending)
	if len(b.times) > 0 {
		g.times = make([]int64, 0, n-b.pending)
	}
	for i := 0; i < n; {
		row := order[i]
		id := b.ids[row]
		j := i + 1
		for j < n && b.ids[order[j]] == id {
			j++
		}
		if p := b.profiles[row]; j == i+1 && p >= 0 && g.times == nil {
			rank[row] = int32(len(g.ids))
			g.ids = append(g.ids, id)
			g.profileOf = append(g.profileOf, p)
		} else {
			b.unite(g, order[i:j], rank)
		}
		i = j
	}
	g.profile = b.profile
	g.placeFlags()
	return rank
}

// unite makes one node of all rows of an id.
func (b *Builder) unite(g *Graph, rows, rank []int32) {
	id := b.ids[rows[0]]
	profile, long := int32(-1), int64(0)
	for _, r := range rows {
		switch p := b.profiles[r]; {
		case p < 0:
		case profile < 0:
			profile = p
		case profile != p:
			profile = b.mergeProfiles(id, profile, p)
		}
		if g.times != nil {
			long = max(long, b.times[r])
		}
	}
	at := int32(len(g.ids))
	if profile < 0 {
		at = -1
	} else {
		g.ids = append(g.ids, id)
		g.profileOf = append(g.profileOf, profile)
		if g.times != nil {
			g.times = append(g.times, long)
		}
	}
	for _, r := range rows {
		rank[r] = at
	}
}

// ascendingRuns returns where strictly ascending runs of ids begin, and the
// length at the end.
func ascendingRuns(ids []ID) []int32 {
	runs := make([]int32, 1, 8)
	for i := 1; i < len(ids); i++ {
		if ids[i-1] >= ids[i] {
			runs = append(runs, int32(i))
		}
	}
	return append(runs, int32(len(ids)))
}

// sortRuns returns the positions of ids in their order. Input often consists
// of few runs that ascend already (sources, then binaries), which only need
// merging.
func sortRuns(ids []ID, runs []int32) []int32 {
	order := make([]int32, len(ids))
	for i := range order {
		order[i] = int32(i)
	}
	if len(runs) > len(ids)/8+2 {
		sortByPrefix(order, ids)
		return order
	}
	other := make([]int32, len(ids))
	for len(runs) > 2 {
		out := runs[:1]
		for k := 0; k+1 < len(runs); k += 2 {
			if k+2 == len(runs) { // an odd run is left over
				copy(other[runs[k]:], order[runs[k]:])
				out = append(out, runs[k+1])
				break
			}
			lo, mid, hi := runs[k], runs[k+1], runs[k+2]
			mergeRuns(other[lo:hi], order[lo:mid], order[mid:hi], ids)
			out = append(out, hi)
		}
		runs = out
		order, other = other, order
	}
	return order
}

func mergeRuns(out, a, b []int32, ids []ID) {
	i, j := 0, 0
	for k := range out {
		if j == len(b) || i < len(a) && ids[a[i]] <= ids[b[j]] {
			out[k] = a[i]
			i++
		} else {
			out[k] = b[j]
			j++
		}
	}
}

// sortByPrefix sorts by the eight bytes after the common prefix first, which
// settles most comparisons without touching the strings.
func sortByPrefix(order []int32, ids []ID) {
	common := string(ids[0])
	for _, id := range ids {
		k := 0
		for k < len(common) && k < len(id) && common[k] == id[k] {
			k++
		}
		common = common[:k]
	}
	type entry struct {
		key uint64
		row int32
	}
	list := make([]entry, len(ids))
	for i, id := range ids {
		rest := id[len(common):]
		var key uint64
		for k := range min(8, len(rest)) {
			key |= uint64(rest[k]) << (56 - 8*k)
		}
		list[i] = entry{key, int32(i)}
	}
	slices.SortFunc(list, func(x, y entry) int {
		switch {
		case x.key < y.key:
			return -1
		case x.key > y.key:
			return 1
		}
		if c := strings.Compare(string(ids[x.row]), string(ids[y.row])); c != 0 {
			return c
		}
		return int(x.row - y.row)
	})
	for i, e := range list {
		order[i] = e.row
	}
}

// placeDetails puts the edge details into g in canonical order and returns
// their new numbers.
func (b *Builder) placeDetails(g *Graph) []int32 {
	order := make([]int32, len(b.details))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		x, y := &b.details[i], &b.details[j]
		if c := cmp.Compare(x.attr, y.attr); c != 0 {
			return c
		}
		if c := strings.Compare(x.evidence, y.evidence); c != 0 {
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
// once.
func (b *Builder) placeEdges(g *Graph, rank []int32) {
	if b.pending > 0 {
		b.dropDangling(g, rank)
	}
	off := make([]int32, len(g.ids)+1)
	if rank == nil {
		for _, l := range b.links {
			off[l>>32]++
		}
	} else {
		for i, l := range b.links {
			f := rank[l>>32]
			b.links[i] = uint64(f)<<32 | uint64(rank[uint32(l)>>linkShift])<<linkShift | l&(1<<linkShift-1)
			off[f]++
		}
	}
	var sum int32
	for i, c := range off {
		off[i] = sum
		sum += c
	}
	g.fwd.off = off
	if b.detail == nil {
		b.placePlain(g)
	} else {
		b.placeDetailed(g)
	}
}

// placePlain sorts edges that have nothing but a kind into rows by counting,
// then each row by itself. off holds where rows begin.
func (b *Builder) placePlain(g *Graph) {
	off := g.fwd.off
	keys := make([]int32, len(b.links)) // to<<linkShift | kind, in the end to
	for _, l := range b.links {
		f := l >> 32
		keys[off[f]] = int32(uint32(l))
		off[f]++
	}
	b.links = nil
	copy(off[1:], off) // off[f] was where row f ended
	off[0] = 0
	g.details = b.details
	attr := make([]uint8, len(keys))
	var used [edgeKinds]bool
	var out, start int32
	for f := 1; f < len(off); f++ {
		end := off[f]
		row := keys[start:end]
		if len(row) > 1 {
			sortKeys(row)
		}
		last := int32(-1)
		for _, k := range row {
			if k == last {
				continue
			}
			last = k
			keys[out] = k >> linkShift
			kind := k & (1<<linkShift - 1)
			attr[out] = uint8(kind) << attrShift
			used[kind] = true
			out++
		}
		start = end
		off[f] = out
	}
	for k, u := range used {
		g.attrs[k<<attrShift] = u
	}
	g.fwd.to, g.fwd.attr = keys[:out:out], attr[:out:out]
}

// placeDetailed does the same for edges with details.
func (b *Builder) placeDetailed(g *Graph) {
	off := g.fwd.off
	rank := b.placeDetails(g)
	keys := make([]uint64, len(b.links)) // to<<32 | rank of the detail
	for i, l := range b.links {
		f := l >> 32
		keys[off[f]] = uint64(uint32(l)>>linkShift)<<32 | uint64(rank[b.detail[i]])
		off[f]++
	}
	b.links = nil
	copy(off[1:], off)
	off[0] = 0
	to, attr := make([]int32, len(keys)), make([]uint8, len(keys))
	detail := b.detail[:len(keys)]
	var out, start int32
	for f := 1; f < len(off); f++ {
		end := off[f]
		row := keys[start:end]
		if len(row) > 1 {
			sortKeys(row)
		}
		last := ^uint64(0)
		for _, k := range row {
			if k == last {
				continue
			}
			last = k
			d := uint32(k)
			to[out], detail[out], attr[out] = int32(k>>32), int32(d), g.details[d].attr
			g.attrs[attr[out]] = true
			out++
		}
		start = end
		off[f] = out
	}
	g.fwd.to, g.fwd.attr, g.detailOf = to[:out:out], attr[:out:out], detail[:out:out]
}

// dropDangling moves edges with an end that is no node to g.dangling.
func (b *Builder) dropDangling(g *Graph, rank []int32) {
	k := 0
	for i, l := range b.links {
		f, t := l>>32, uint32(l)>>linkShift
		if rank[f] < 0 || rank[t] < 0 {
			d := l & (1<<linkShift - 1)
			if b.detail != nil {
				d = uint64(b.detail[i])
			}
			g.dangling = append(g.dangling, b.details[d].edge(b.ids[f], b.ids[t]))
			continue
		}
		b.links[k] = l
		if b.detail != nil {
			b.detail[k] = b.detail[i]
		}
		k++
	}
	b.links = b.links[:k]
	slices.SortFunc(g.dangling, compareEdges)
	g.dangling = slices.CompactFunc(g.dangling, func(x, y Edge) bool { return compareEdges(x, y) == 0 })
}

// sortKeys sorts one row. Most rows are short or in order already.
func sortKeys[K int32 | uint64](row []K) {
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

func wordSet(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Clip(slices.Compact(list))
}

func joinSet(list []string) string { return strings.Join(list, "\x00") }

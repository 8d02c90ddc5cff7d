// SPDX-License-Identifier: MIT

package planner

import "slices"

// restore puts cut arcs back as long as no cycle comes of it, firm ones first,
// and keeps place in step: the dynamic topological order of Pearce and Kelly.
// What stays cut is minimal.
func (t *knot) restore() {
	n := int32(len(t.builds))
	roff := make([]int32, n+1)
	for _, v := range t.to {
		roff[v]++
	}
	var sum int32
	for i, c := range roff {
		roff[i] = sum
		sum += c
	}
	rarc := make([]int32, len(t.to))
	from := make([]int32, len(t.to))
	var cuts []int32
	for f := range n {
		for e := t.off[f]; e < t.off[f+1]; e++ {
			v := t.to[e]
			rarc[roff[v]] = e
			roff[v]++
			from[e] = f
			if t.cut[e] {
				cuts = append(cuts, e)
			}
		}
	}
	copy(roff[1:], roff)
	roff[0] = 0
	slices.SortStableFunc(cuts, func(x, y int32) int { return int(t.weight[y] - t.weight[x]) })

	visited := make([]bool, n)
	var up, down []int32
	for _, c := range cuts {
		user, need := from[c], t.to[c]
		if t.place[need] < t.place[user] {
			t.cut[c] = false
			continue
		}
		// Who must come after user, up to need's place.
		limit := t.place[need]
		up = append(up[:0], user)
		visited[user] = true
		loop := false
		for k := 0; k < len(up) && !loop; k++ {
			for r := roff[up[k]]; r < roff[up[k]+1]; r++ {
				f := from[rarc[r]]
				if t.cut[rarc[r]] || visited[f] || t.place[f] > limit {
					continue
				}
				if f == need {
					loop = true
					break
				}
				visited[f] = true
				up = append(up, f)
			}
		}
		if !loop {
			// What must come before need, down to user's place.
			down = append(down[:0], need)
			visited[need] = true
			for k := 0; k < len(down); k++ {
				for e := t.off[down[k]]; e < t.off[down[k]+1]; e++ {
					v := t.to[e]
					if t.cut[e] || visited[v] || t.place[v] < t.place[user] {
						continue
					}
					visited[v] = true
					down = append(down, v)
				}
			}
			t.cut[c] = false
			t.reorder(down, up)
			for _, v := range down {
				visited[v] = false
			}
		}
		for _, v := range up {
			visited[v] = false
		}
	}
}

// reorder gives first and then second the places that they hold together,
// each in its own order.
func (t *knot) reorder(first, second []int32) {
	byPlace := func(x, y int32) int { return int(t.place[x] - t.place[y]) }
	first, second = slices.Clone(first), slices.Clone(second)
	slices.SortFunc(first, byPlace)
	slices.SortFunc(second, byPlace)
	all := append(first, second...)
	places := make([]int32, len(all))
	for i, v := range all {
		places[i] = t.place[v]
	}
	slices.Sort(places)
	for i, v := range all {
		t.place[v] = places[i]
	}
}

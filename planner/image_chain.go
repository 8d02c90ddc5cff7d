// SPDX-License-Identifier: MIT

package planner

import (
	"slices"
	"strings"
)

// ChainGraph makes a graph of image chains, each [leaf, parent, grandparent,
// ...]: every image depends on the next by [EdgeParent]. A mass rebuild of it
// gives the batches in which the images can be built; an image with several
// parents simply occurs in several chains. Errors are those of
// [Builder.Graph].
func ChainGraph(chains [][]ID) (*Graph, error) {
	var b Builder
	for _, chain := range chains {
		for i, id := range chain {
			b.AddNode(Node{ID: id, Kind: KindImage})
			if i > 0 {
				b.AddEdge(Edge{From: chain[i-1], To: id, Kind: EdgeParent})
			}
		}
	}
	return b.Graph()
}

// ChainDedupe says how [ChainDedupe.Apply] chooses among the releases of an
// image. The zero value takes the highest release everywhere.
type ChainDedupe struct {
	// Released are the images known as the newest published ones, by
	// name-version-release. Older releases are raised to these, and newer
	// ones, not published yet, are kept.
	Released []ID
	// ReleasedOnly brings newer releases down to the published one too.
	ReleasedOnly bool
	// Apart are images that stand in another repository than others of
	// their name and version, and are another image therefore.
	Apart []ID
	// Compare orders two releases; nil compares runs of digits as numbers
	// and runs of letters as text.
	Compare func(a, b string) int
}

// imageGroup is what releases of one image share.
type imageGroup struct {
	nameVersion string
	apart       bool
}

// Apply returns the chains, each [leaf, parent, ...], rewritten so that only
// one release of each name and version is rebuilt, as far as the settings let
// newer ones be. Where the chosen release stands on another parent than the
// one it replaces, the whole rest of the chain is taken from it. The input is
// not changed; an id that is no name-version-release stays as it is.
func (d ChainDedupe) Apply(chains [][]ID) [][]ID {
	compare := d.Compare
	if compare == nil {
		compare = compareReleases
	}
	tails := make(map[ID][]ID)
	best := make(map[imageGroup]ID)     // highest release
	released := make(map[imageGroup]ID) // highest published release
	raise := func(m map[imageGroup]ID, id ID) {
		g, release, ok := d.group(id)
		if !ok {
			return
		}
		if _, r, had := d.group(m[g]); !had || compare(release, r) > 0 {
			m[g] = id
		}
	}
	for _, chain := range chains {
		for i, id := range chain {
			if _, ok := tails[id]; !ok {
				tails[id] = chain[i:]
			}
			raise(best, id)
			if slices.Contains(d.Released, id) {
				raise(released, id)
			}
		}
	}
	target := func(id ID) ID {
		g, release, ok := d.group(id)
		if !ok {
			return id
		}
		floor, published := released[g]
		if !published {
			return best[g]
		}
		if _, r, _ := d.group(floor); d.ReleasedOnly || compare(release, r) < 0 {
			return floor
		}
		return id
	}
	out := make([][]ID, len(chains))
	for k, chain := range chains {
		done := make([]ID, 0, len(chain))
		seen := make(map[imageGroup]bool)
		for len(chain) > 0 {
			id := target(chain[0])
			g, _, ok := d.group(id)
			if ok && seen[g] {
				break // chains that stand on each other's releases would never end
			}
			seen[g] = ok
			done = append(done, id)
			rest := chain[1:]
			if tail := tails[id][1:]; id != chain[0] && !d.sameParent(rest, tail) {
				rest = tail
			}
			chain = rest
		}
		out[k] = done
	}
	return out
}

func (d ChainDedupe) sameParent(a, b []ID) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	x, _, _ := d.group(a[0])
	y, _, _ := d.group(b[0])
	return x == y
}

// group splits name-version-release.
func (d ChainDedupe) group(id ID) (g imageGroup, release string, ok bool) {
	text := string(id)
	i := strings.LastIndexByte(text, '-')
	if i <= 0 || strings.IndexByte(text[:i], '-') <= 0 {
		return imageGroup{nameVersion: text}, "", false
	}
	return imageGroup{text[:i], slices.Contains(d.Apart, id)}, text[i+1:], true
}

// compareReleases compares runs of digits as numbers and others as text.
func compareReleases(a, b string) int {
	for a != "" && b != "" {
		x, restA := leadingRun(a)
		y, restB := leadingRun(b)
		a, b = restA, restB
		if digit(x[0]) && digit(y[0]) {
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if len(x) != len(y) {
				return len(x) - len(y)
			}
		}
		if c := strings.Compare(x, y); c != 0 {
			return c
		}
	}
	return len(a) - len(b)
}

func leadingRun(s string) (run, rest string) {
	i := 1
	for i < len(s) && digit(s[i]) == digit(s[0]) {
		i++
	}
	return s[:i], s[i:]
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

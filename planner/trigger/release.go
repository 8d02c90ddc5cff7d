// SPDX-License-Identifier: MIT

package trigger

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Release is a release of a distribution as far as events are led to it,
// whoever tells of it: PDC, Bodhi, dist-git, or a file.
type Release struct {
	// Label is that of the release's graph ("f41").
	Label string `json:"label"`
	// At are the names by which events say that they belong to it, by kind:
	// branches, tags, dist tags, Bodhi's names.
	At map[Place][]string `json:"at"`
	// Off says that it was switched off: archived, disabled, inactive.
	Off bool `json:"off,omitempty"`
	// EOL is its last day, by UTC; zero when it has none yet.
	EOL time.Time `json:"eol,omitzero"`
}

// Active reports whether the release lives at the given time: it is not
// switched off, and its last day is not over, as PDC counts it.
func (r Release) Active(at time.Time) bool {
	return !r.Off && (r.EOL.IsZero() || at.UTC().Before(r.EOL.UTC().Truncate(24*time.Hour).Add(24*time.Hour)))
}

// ActiveReleases collects the releases that live at the given time from rows
// of any service, sorted by label. as reads a row and tells whether it is a
// release at all. Rows of one label are one release: the updates beside the
// release, the containers beside the packages. An error of the rows is
// returned alone, since releases that were not read look like ended ones.
func ActiveReleases[T any](rows iter.Seq2[T, error], at time.Time, as func(T) (Release, bool)) ([]Release, error) {
	found := map[string]Release{}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		r, ok := as(row)
		if !ok || !r.Active(at) {
			continue
		}
		old, had := found[r.Label]
		if had && (old.EOL.IsZero() || !r.EOL.IsZero() && r.EOL.Before(old.EOL)) {
			r.EOL = old.EOL
		}
		r.At = joinPlaces(old.At, r.At)
		found[r.Label] = r
	}
	out := make([]Release, 0, len(found))
	for _, label := range slices.Sorted(maps.Keys(found)) {
		out = append(out, found[label])
	}
	return out, nil
}

// joinPlaces returns the names of both, sorted, each once.
func joinPlaces(a, b map[Place][]string) map[Place][]string {
	out := map[Place][]string{}
	for _, at := range []map[Place][]string{a, b} {
		for place, names := range at {
			for _, n := range names {
				if n != "" {
					out[place] = append(out[place], n)
				}
			}
		}
	}
	for place, names := range out {
		slices.Sort(names)
		out[place] = slices.Compact(names)
	}
	return out
}

// RoutesTo leads every name of the releases to them. The names are not
// patterns here.
func RoutesTo(releases ...Release) Routes {
	literal := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)
	var out Routes
	for _, r := range releases {
		for _, place := range slices.Sorted(maps.Keys(r.At)) {
			for _, name := range r.At[place] {
				out = append(out, Route{Place: place, Pattern: literal.Replace(name), Release: r.Label})
			}
		}
	}
	return out
}

// SPDX-License-Identifier: MIT

package trigger_test

import (
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

func rows(releases []trigger.Release, end error) iter.Seq2[trigger.Release, error] {
	return func(yield func(trigger.Release, error) bool) {
		for _, r := range releases {
			if !yield(r, nil) {
				return
			}
		}
		if end != nil {
			yield(trigger.Release{}, end)
		}
	}
}

func TestActiveReleasesOfAnyService(t *testing.T) {
	now := time.Date(2024, 1, 5, 23, 30, 0, 0, time.UTC)
	day := func(d int) time.Time { return time.Date(2024, 1, d, 0, 0, 0, 0, time.UTC) }
	at := func(place trigger.Place, names ...string) map[trigger.Place][]string {
		return map[trigger.Place][]string{place: names}
	}
	all := []trigger.Release{
		{Label: "f41", At: map[trigger.Place][]string{trigger.PlaceBranch: {"f41"}, trigger.PlaceTag: {"f41-updates", ""}}, EOL: day(9)},
		{Label: "f40", At: at(trigger.PlaceBranch, "f40"), EOL: day(5)},
		{Label: "f39", At: at(trigger.PlaceBranch, "f39"), EOL: day(4)},
		{Label: "f41", At: map[trigger.Place][]string{trigger.PlaceBranch: {"f41"}, trigger.PlaceUpdate: {"F41C", "F41"}}},
		{Label: "f38", Off: true},
		{Label: "a*b", At: at(trigger.PlaceBranch, `a*[b]\?`)},
		{Label: "stream"},
	}
	is := func(r trigger.Release) (trigger.Release, bool) { return r, r.Label != "stream" }
	got, err := trigger.ActiveReleases(rows(all, nil), now, is)
	require.NoError(t, err)
	assert.Equal(t, []trigger.Release{
		{Label: "a*b", At: at(trigger.PlaceBranch, `a*[b]\?`)},
		{Label: "f40", At: at(trigger.PlaceBranch, "f40"), EOL: day(5)},
		{Label: "f41", At: map[trigger.Place][]string{trigger.PlaceBranch: {"f41"}, trigger.PlaceTag: {"f41-updates"}, trigger.PlaceUpdate: {"F41", "F41C"}}},
	}, got, "a last day counts until midnight; one row without an end keeps a release alive")

	routes := trigger.RoutesTo(got...)
	require.NoError(t, routes.Check())
	assert.Equal(t, []string{"f41"}, routes.Releases(trigger.PlaceTag, "f41-updates"))
	assert.Equal(t, []string{"f41"}, routes.Releases(trigger.PlaceUpdate, "F41C"))
	assert.Empty(t, routes.Releases(trigger.PlaceBranch, "f39"))
	assert.Equal(t, []string{"a*b"}, routes.Releases(trigger.PlaceBranch, `a*[b]\?`), "names are no patterns")
	assert.Empty(t, routes.Releases(trigger.PlaceBranch, "axb"))

	bad := errors.New("away")
	got, err = trigger.ActiveReleases(rows(all, bad), now, is)
	require.ErrorIs(t, err, bad)
	assert.Nil(t, got, "half a list would end releases")
	got, err = trigger.ActiveReleases(rows(nil, nil), now, is)
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestTheLaterEndOfJoinedRowsCounts(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2024, 1, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range [][3]int{{5, 9, 9}, {9, 5, 9}, {0, 5, 0}, {5, 0, 0}} {
		eol := func(d int) (at time.Time) {
			if d > 0 {
				at = day(d)
			}
			return at
		}
		got, err := trigger.ActiveReleases(rows([]trigger.Release{{Label: "a", EOL: eol(c[0])}, {Label: "a", EOL: eol(c[1])}}, nil), day(1),
			func(r trigger.Release) (trigger.Release, bool) { return r, true })
		require.NoError(t, err)
		assert.Equal(t, eol(c[2]), got[0].EOL, c)
	}
}

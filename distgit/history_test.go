// SPDX-License-Identifier: MIT

package distgit_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit"
)

var (
	bashRepo = distgit.Repo{Namespace: "rpms", Name: "bash"}
	zero     = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// commitNamed returns a made-up hash: "a" is aaaa...
func commitNamed(s string) string {
	switch s {
	case "", "-":
		return map[string]string{"": "", "-": distgit.NoCommit}[s]
	}
	return strings.Repeat(s, 40)[:40]
}

func minute(n int) time.Time { return zero.Add(time.Duration(n) * time.Minute) }

// told is an observation of rawhide: at a minute, from one commit to another.
func told(at int, from, to string) distgit.Observation {
	return distgit.Observation{Repo: bashRepo, Ref: "rawhide", Old: commitNamed(from), New: commitNamed(to), At: minute(at)}
}

func forced(at int, base, to string) distgit.Observation {
	o := told(at, "", to)
	o.Forced, o.Base = true, commitNamed(base)
	return o
}

func looked(since, at int, from, to string) distgit.Observation {
	o := told(at, from, to)
	o.Evidence = distgit.FromPoll
	if since >= 0 {
		o.NotBefore = minute(since)
	}
	return o
}

func guessed(at int, to string) distgit.Observation {
	o := told(at, "", to)
	o.Evidence = distgit.FromGit
	return o
}

func TestAt(t *testing.T) {
	type want struct {
		at         int
		commit     string
		confidence distgit.Confidence
		other      string
	}
	for name, c := range map[string]struct {
		obs  []distgit.Observation
		want []want
	}{
		"nothing is known": {nil, []want{{0, "", distgit.Unknown, ""}}},
		"a chain of messages is exact up to the last": {
			[]distgit.Observation{told(0, "-", "a"), told(10, "a", "b"), told(20, "b", "c")},
			[]want{{-1, "", distgit.Exact, ""}, {0, "a", distgit.Exact, ""}, {9, "a", distgit.Exact, ""}, {10, "b", distgit.Exact, ""},
				{20, "c", distgit.Likely, ""}, {9999, "c", distgit.Likely, ""}},
		},
		"order of arrival does not matter": {
			[]distgit.Observation{told(20, "b", "c"), told(0, "-", "a"), told(10, "a", "b")},
			[]want{{9, "a", distgit.Exact, ""}, {10, "b", distgit.Exact, ""}},
		},
		"a deletion is a state": {
			[]distgit.Observation{told(0, "-", "a"), told(10, "a", "-"), told(20, "-", "b")},
			[]want{{10, "", distgit.Exact, ""}, {19, "", distgit.Exact, ""}, {20, "b", distgit.Likely, ""}},
		},
		"a lost message leaves two possibilities": {
			[]distgit.Observation{told(0, "-", "a"), told(20, "b", "c")},
			[]want{{0, "a", distgit.Between, "b"}, {19, "a", distgit.Between, "b"}, {20, "c", distgit.Likely, ""}},
		},
		"a lost deletion too": {
			[]distgit.Observation{told(0, "-", "a"), told(20, "-", "c")},
			[]want{{10, "a", distgit.Between, "-"}},
		},
		"a forced push does not say where from": {
			[]distgit.Observation{told(0, "-", "a"), told(5, "a", "b"), forced(10, "a", "c"), told(20, "c", "d")},
			[]want{{7, "b", distgit.Likely, ""}, {10, "c", distgit.Exact, ""}},
		},
		"a forced push of an unrelated history is not trusted": {
			[]distgit.Observation{told(0, "-", "a"), forced(10, "a", "c"), told(20, "d", "e")},
			[]want{{10, "c", distgit.Guess, "d"}, {20, "e", distgit.Likely, ""}},
		},
		"a look confirms": {
			[]distgit.Observation{told(0, "-", "a"), looked(-1, 30, "", "a")},
			[]want{{29, "a", distgit.Exact, ""}, {30, "a", distgit.Exact, ""}, {31, "a", distgit.Likely, ""}},
		},
		"a look finds a change nobody told of": {
			[]distgit.Observation{told(0, "-", "a"), looked(-1, 10, "", "a"), looked(10, 30, "a", "b")},
			[]want{{10, "a", distgit.Exact, ""}, {11, "a", distgit.Between, "b"}, {29, "a", distgit.Between, "b"}, {30, "b", distgit.Likely, ""}},
		},
		"a message that comes late explains it": {
			[]distgit.Observation{told(0, "-", "a"), looked(0, 30, "a", "b"), told(20, "a", "b")},
			[]want{{19, "a", distgit.Exact, ""}, {20, "b", distgit.Exact, ""}, {30, "b", distgit.Exact, ""}},
		},
		"a silent rewind shows in the next message": {
			[]distgit.Observation{told(0, "-", "a"), told(10, "a", "b"), told(30, "a", "c")},
			[]want{{9, "a", distgit.Exact, ""}, {20, "b", distgit.Between, "a"}, {30, "c", distgit.Likely, ""}},
		},
		"guesses count before the first message": {
			[]distgit.Observation{guessed(-30, "1"), guessed(-20, "2"), guessed(5, "3"), told(0, "2", "a"), told(10, "a", "b")},
			[]want{{-31, "", distgit.Guess, ""}, {-25, "1", distgit.Guess, ""}, {-1, "2", distgit.Guess, ""}, {5, "a", distgit.Exact, ""}},
		},
		"guesses do not count before a creation": {
			[]distgit.Observation{guessed(-30, "1"), told(0, "-", "a")},
			[]want{{-1, "", distgit.Exact, ""}, {0, "a", distgit.Likely, ""}},
		},
		"guesses alone": {
			[]distgit.Observation{guessed(0, "1"), guessed(10, "2")},
			[]want{{-1, "", distgit.Guess, ""}, {5, "1", distgit.Guess, ""}, {99, "2", distgit.Guess, ""}},
		},
		"the first message says where it was, not since when": {
			[]distgit.Observation{told(10, "a", "b")},
			[]want{{0, "a", distgit.Guess, ""}},
		},
		"two pushes in one second are put in order": {
			[]distgit.Observation{told(0, "-", "a"), told(10, "b", "c"), told(10, "a", "b"), told(20, "c", "d")},
			[]want{{9, "a", distgit.Exact, ""}, {10, "c", distgit.Exact, ""}},
		},
		"two hooks tell of a new branch": {
			[]distgit.Observation{told(0, "-", "a"), told(0, "-", "a"), told(1, "-", "a"), told(10, "a", "b")},
			[]want{{0, "a", distgit.Exact, ""}, {5, "a", distgit.Exact, ""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var h distgit.History
			_, err := h.Add(c.obs...)
			require.NoError(t, err)
			for _, w := range c.want {
				got := h.At(bashRepo, "refs/heads/rawhide", minute(w.at))
				assert.Equal(t, strings.Replace(commitNamed(w.commit), distgit.NoCommit, "", 1), got.Commit, "minute %d", w.at)
				assert.Equal(t, w.confidence, got.Confidence, "minute %d", w.at)
				assert.Equal(t, commitNamed(w.other), got.Other, "minute %d", w.at)
			}
		})
	}
}

func TestTheSameChangeToldTwiceIsOne(t *testing.T) {
	var h distgit.History
	n, err := h.Add(told(0, "-", "a"), told(0, "-", "a"))
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	n, err = h.Add(told(10, "a", "b"), told(0, "-", "a"))
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	assert.Equal(t, 2, h.Len())
	assert.Len(t, slices.Collect(h.Observations(bashRepo, "rawhide")), 2)
}

func TestBetween(t *testing.T) {
	var h distgit.History
	_, err := h.Add(told(0, "-", "a"), told(10, "a", "b"), told(20, "b", "-"), told(30, "-", "c"))
	require.NoError(t, err)
	var got []string
	for _, tip := range h.Between(bashRepo, "rawhide", minute(10), minute(29)) {
		got = append(got, fmt.Sprintf("%.1s %s", tip.Commit, tip.Confidence))
	}
	assert.Equal(t, []string{"b exact", " exact"}, got)
	all := h.Between(bashRepo, "rawhide", time.Time{}, time.Time{})
	require.Len(t, all, 5)
	assert.True(t, all[0].From.IsZero())
	assert.Equal(t, minute(0), all[0].To)
	assert.True(t, all[4].To.IsZero())
	assert.False(t, all[3].Exists())
	assert.Empty(t, h.Between(bashRepo, "f41", time.Time{}, time.Time{}))
}

func TestWhoHas(t *testing.T) {
	var h distgit.History
	other := told(5, "-", "b")
	other.Ref = "f41"
	lib := told(7, "a", "b")
	lib.Repo = distgit.Repo{Name: "libfoo"} // the default namespace
	_, err := h.Add(told(0, "-", "a"), told(10, "a", "b"), told(20, "b", "c"), told(30, "c", "b"), other, lib)
	require.NoError(t, err)
	var got []string
	for _, tip := range h.WhoHas(commitNamed("b")) {
		got = append(got, fmt.Sprint(tip.Repo, " ", tip.Ref, " ", tip.From.Sub(zero)))
	}
	assert.Equal(t, []string{"rpms/bash f41 5m0s", "rpms/bash rawhide 10m0s", "rpms/bash rawhide 30m0s", "rpms/libfoo rawhide 7m0s"}, got)
	assert.Empty(t, h.WhoHas(commitNamed("f")))
	assert.Empty(t, h.WhoHas(distgit.NoCommit))
}

func TestAnAliasIsFollowed(t *testing.T) {
	var h distgit.History
	alias := distgit.Observation{Repo: bashRepo, Ref: "main", Target: "refs/heads/rawhide", At: minute(15)}
	loop := distgit.Observation{Repo: bashRepo, Ref: "x", Target: "x", At: minute(0)}
	old := told(0, "-", "e")
	old.Ref = "main"
	gone := told(12, "e", "-")
	gone.Ref = "main"
	_, err := h.Add(told(0, "-", "a"), told(10, "a", "b"), told(20, "b", "c"), old, gone, alias, loop)
	require.NoError(t, err)
	assert.Equal(t, commitNamed("e"), h.At(bashRepo, "main", minute(5)).Commit)
	assert.False(t, h.At(bashRepo, "main", minute(13)).Exists())
	tip := h.At(bashRepo, "main", minute(16))
	assert.Equal(t, commitNamed("b"), tip.Commit)
	assert.Equal(t, "rawhide", tip.Ref)
	assert.Equal(t, distgit.Unknown, h.At(bashRepo, "x", minute(5)).Confidence)
	var got string
	for _, tip := range h.Between(bashRepo, "main", minute(0), minute(60)) {
		got += cmpText(tip.Commit)
	}
	assert.Equal(t, "e-bc", got)
}

func cmpText(commit string) string {
	if commit == "" {
		return "-"
	}
	return commit[:1]
}

func TestPoll(t *testing.T) {
	var h distgit.History
	gone := told(0, "-", "d")
	gone.Ref = "private-x"
	_, err := h.Add(told(0, "-", "a"), gone)
	require.NoError(t, err)
	heads := distgit.Heads{Repo: bashRepo, Branches: map[string]string{"rawhide": commitNamed("b"), "f42": commitNamed("a")}}
	obs := h.Poll(heads, minute(30))
	require.Len(t, obs, 3)
	_, err = h.Add(obs...)
	require.NoError(t, err)
	tip := h.At(bashRepo, "rawhide", minute(10))
	assert.Equal(t, distgit.Between, tip.Confidence)
	assert.Equal(t, commitNamed("b"), tip.Other)
	assert.Equal(t, commitNamed("a"), h.At(bashRepo, "f42", minute(30)).Commit)
	assert.False(t, h.At(bashRepo, "private-x", minute(30)).Exists())

	obs = h.Poll(heads, minute(60))
	assert.Len(t, obs, 2, "seen where they should be")
	_, err = h.Add(obs...)
	require.NoError(t, err)
	assert.Equal(t, distgit.Exact, h.At(bashRepo, "rawhide", minute(45)).Confidence)
}

func TestObservationsThatMakeNoSenseAreRefusedTogether(t *testing.T) {
	for name, change := range map[string]func(*distgit.Observation){
		"no repository": func(o *distgit.Observation) { o.Repo = distgit.Repo{} },
		"traversal":     func(o *distgit.Observation) { o.Repo.Name = "../x" },
		"no branch":     func(o *distgit.Observation) { o.Ref = "refs/heads/" },
		"newline":       func(o *distgit.Observation) { o.Ref = "a\nb" },
		"no new value":  func(o *distgit.Observation) { o.New = "" },
		"short hash":    func(o *distgit.Observation) { o.New = "abc" },
		"upper case":    func(o *distgit.Observation) { o.New = strings.Repeat("A", 40) },
		"no time":       func(o *distgit.Observation) { o.At = time.Time{} },
		"backwards":     func(o *distgit.Observation) { o.NotBefore = o.At.Add(time.Hour) },
		"both":          func(o *distgit.Observation) { o.Target = "x" },
		"evidence":      func(o *distgit.Observation) { o.Evidence = 99 },
	} {
		t.Run(name, func(t *testing.T) {
			var h distgit.History
			bad := told(10, "a", "b")
			change(&bad)
			_, err := h.Add(told(0, "-", "a"), bad)
			assert.ErrorIs(t, err, distgit.ErrInvalid)
			assert.Zero(t, h.Len())
		})
	}
}

func TestAHistoryFileIsReadBackAndGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	h, err := distgit.OpenHistory(path)
	require.NoError(t, err)
	full := distgit.Observation{
		Repo: distgit.Repo{Namespace: "rpms", Name: "gtk+", Fork: "jane"}, Ref: "f41", New: commitNamed("a"), Base: commitNamed("b"),
		At: minute(3), NotBefore: minute(2), Evidence: distgit.FromPoll, Forced: true, ID: "id \"quoted\" \\ é", Agent: "jane",
	}
	alias := distgit.Observation{Repo: bashRepo, Ref: "main", Target: "rawhide", At: minute(1), Evidence: distgit.FromLog}
	n, err := h.Add(told(0, "-", "a"), full, alias)
	require.NoError(t, err)
	assert.Equal(t, 3, n)
	n, err = h.Add(told(0, "-", "a"))
	require.NoError(t, err)
	assert.Zero(t, n, "told twice")
	require.NoError(t, h.Close())
	_, err = h.Add(told(1, "a", "b"))
	assert.ErrorIs(t, err, os.ErrClosed)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, 4, bytes.Count(data, []byte("\n")))

	// A crash in the middle of the next line.
	require.NoError(t, os.WriteFile(path, append(data, `{"repo":"rpms/ba`...), 0o600))
	h, err = distgit.OpenHistory(path)
	require.NoError(t, err)
	assert.Equal(t, 16, h.Torn)
	_, err = h.Add(told(10, "a", "b"))
	require.NoError(t, err)
	require.NoError(t, h.Close())

	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	again, err := distgit.ReadHistory(f)
	require.NoError(t, err)
	assert.Equal(t, 4, again.Len())
	assert.Equal(t, []distgit.Observation{full}, slices.Collect(again.Observations(full.Repo, "f41")))
	assert.Equal(t, []distgit.Observation{alias}, slices.Collect(again.Observations(bashRepo, "main")))
	assert.Equal(t, []distgit.Repo{bashRepo, full.Repo}, again.Repos())
	assert.Equal(t, []string{"main", "rawhide"}, again.Refs(bashRepo))
}

func TestABrokenHistoryFileIsNamedByLineAndLeftAlone(t *testing.T) {
	good := `{"format":"relkit branch history","version":1}` + "\n"
	row := `{"repo":"rpms/bash","ref":"rawhide","new":"` + commitNamed("a") + `","at":"2026-03-01T12:00:00Z","evidence":"log"}` + "\n"
	for name, c := range map[string]struct{ text, want string }{
		"another format":  {"hello\n", "line 1"},
		"another version": {strings.Replace(good, "1}", "2}", 1), "line 1"},
		"not JSON":        {good + row + "garbage\n" + row, "line 3"},
		"no hash":         {good + strings.Replace(row, commitNamed("a"), "abc", 1), "line 2"},
		"no such day":     {good + strings.Replace(row, "03-01", "02-30", 1), "line 2"},
		"too long":        {good + strings.Repeat("x", 2<<20) + "\n", "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "history.jsonl")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			_, err := distgit.OpenHistory(path)
			assert.ErrorIs(t, err, distgit.ErrInvalid)
			assert.ErrorContains(t, err, c.want)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, c.text, string(data))
		})
	}
}

func TestHandWrittenLinesAreReadToo(t *testing.T) {
	text := `{"format":"relkit branch history","version":1}
{ "at": "2026-03-01T13:00:00+01:00", "new": "` + commitNamed("a") + `", "ref": "refs/heads/rawhide", "repo": "bash", "evidence": "message" }
`
	h, err := distgit.ReadHistory(strings.NewReader(text))
	require.NoError(t, err)
	assert.Equal(t, commitNamed("a"), h.At(bashRepo, "rawhide", zero).Commit)
}

func TestAHistoryIsSafeForConcurrentUse(t *testing.T) {
	var h distgit.History
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 50 {
				o := told(i, "", "a")
				o.New = fmt.Sprintf("%038x%02x", i, w)
				_, err := h.Add(o)
				assert.NoError(t, err)
				h.At(bashRepo, "rawhide", minute(i))
				h.WhoHas(o.New)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 200, h.Len())
}

func TestErrorsMatchTheStandardLibrarys(t *testing.T) {
	_, err := new(distgit.History).Add(distgit.Observation{})
	assert.True(t, errors.Is(err, os.ErrInvalid))
}

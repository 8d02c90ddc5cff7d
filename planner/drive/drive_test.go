// SPDX-License-Identifier: MIT

package drive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

type watch = drive.Watch

// fifteen is a plan of 15 nodes with a cycle of three and conduits between.
const fifteen = `
n00:
=n00: n00
n01: =n00
n02: =n00
n03: n01
n04: n01 n02
n05: n02
n06: n03 n08
n07: n06
n08: n07 n04
n09: n08
n10: n05
n11: n09 n10
n12: n05
n13: n11 n12
n14: n00
`

func graphOf(t testing.TB, text string) *planner.Graph {
	t.Helper()
	var b planner.Builder
	for line := range strings.Lines(text) {
		from, needs, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		n := planner.Node{ID: planner.ID(from), Conduit: strings.HasPrefix(from, "=")}
		if from == "n03" {
			n.Kind = planner.KindImage // the one that is gated
		}
		b.AddNode(n)
		for _, n := range strings.Fields(needs) {
			b.AddEdge(planner.Edge{From: planner.ID(from), To: planner.ID(n)})
		}
	}
	g, err := b.Graph()
	require.NoError(t, err)
	return g
}

func planOf(t testing.TB, g *planner.Graph, changed ...planner.ID) *planner.Plan {
	t.Helper()
	p, err := g.Plan(planner.Request{Changed: changed})
	require.NoError(t, err)
	return p
}

func TestARunIsCarriedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := graphOf(t, fifteen)
		w := newWorld(g)
		s, err := drive.Run(t.Context(), planOf(t, g, "n00"), t.TempDir(), w, drive.Options{})
		require.NoError(t, err)
		assert.Equal(t, 15, s.States[planner.StateDone], s)
		assert.Len(t, w.done, 15)
	})
}

func TestAFixIsWaitedForAndTakenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := graphOf(t, fifteen)
		w := newWorld(g)
		w.fails["n05"] = 1
		p, dir := planOf(t, g, "n00"), t.TempDir()
		s, err := drive.Run(t.Context(), p, dir, w, drive.Options{})
		require.ErrorIs(t, err, drive.ErrStuck)
		assert.ErrorContains(t, err, "fix n05 first (blocks 4)")
		assert.Equal(t, 4, s.States[planner.StateBlocked], s)
		assert.Len(t, w.told, 1)

		go func() {
			time.Sleep(time.Hour)
			w.mu.Lock()
			w.fixes["n05"] = "n05-fix"
			w.mu.Unlock()
		}()
		s, err = drive.Run(t.Context(), p, dir, w, drive.Options{Patience: -1})
		require.NoError(t, err)
		assert.Equal(t, 15, s.States[planner.StateDone], s)
		assert.Equal(t, "n05-fix", w.done["n05"])
		assert.Len(t, w.told, 1)
	})
}

var errCrash = errors.New("crash")

// runWithCrashes drives a plan to its end, dying at the nth point of the
// first life and, if every is set, at that point of every later one too.
func runWithCrashes(t *testing.T, w *world, p *planner.Plan, dir string, opts drive.Options, nth int) (points int) {
	t.Helper()
	var n atomic.Int64
	opts.Hook = func(drive.Point, planner.Action) error {
		if int(n.Add(1)) == nth {
			return errCrash
		}
		return nil
	}
	_, err := drive.Run(context.Background(), p, dir, w, opts)
	if err == nil {
		return int(n.Load())
	}
	require.ErrorIs(t, err, errCrash)
	opts.Hook = nil
	_, err = drive.Run(context.Background(), p, dir, w, opts)
	require.NoError(t, err)
	return int(n.Load())
}

func TestADeathAtAnyPointOfTheJournalDoesNothingTwiceAndLosesNothing(t *testing.T) {
	// With one call at a time every point is tried, with four a sample: what
	// lies between them differs only in what else is under way.
	for dispatch, stride := range map[int]int{1: 1, 4: 7} {
		t.Run(fmt.Sprint(dispatch, " calls at a time"), func(t *testing.T) {
			g := graphOf(t, fifteen)
			p := planOf(t, g, "n00")
			opts := drive.Options{
				Dispatch: dispatch, Patience: -1,
				Run: planner.RunOptions{Gates: []planner.Gate{{Name: "ci", Kind: "image"}}, Retry: planner.Retries{Build: planner.Retry{Max: 1, Wait: time.Minute}}},
			}
			life := func(nth int) (string, int) {
				var out string
				var points int
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(g)
					w.fails["n02"] = 1 // a retry
					w.fails["n05"] = 2 // a failure, a notification and a fix
					w.fixes["n05"] = "n05-fix"
					points = runWithCrashes(t, w, p, t.TempDir(), opts, nth)
					out = w.summary()
				})
				return out, points
			}
			want, points := life(-1)
			require.Greater(t, points, 200)
			for nth := 1; nth <= points; nth += stride {
				got, _ := life(nth)
				require.Equal(t, want, got, "death at point %d", nth)
			}
			t.Logf("%d points", points)
		})
	}
}

func TestATornJournalGoesOnFromItsLastWholeLine(t *testing.T) {
	g := graphOf(t, "a:\nb: a\n")
	p := planOf(t, g, "a")
	var journal []byte
	var want string
	synctest.Test(t, func(t *testing.T) {
		w, dir := newWorld(g), t.TempDir()
		_, err := drive.Run(t.Context(), p, dir, w, drive.Options{})
		require.NoError(t, err)
		want = w.summary()
		journal, err = os.ReadFile(filepath.Join(dir, "journal.jsonl"))
		require.NoError(t, err)
	})
	header := strings.IndexByte(string(journal), '\n') + 1
	for cut := header; cut <= len(journal); cut++ {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "journal.jsonl"), journal[:cut], 0o644))
			_, events, err := drive.Read(dir)
			require.NoError(t, err)
			assert.Len(t, events, strings.Count(string(journal[:cut]), "\n")-1)
			if cut%16 != 0 && journal[cut-1] != '\n' {
				return // driving on from every sixteenth byte is enough
			}
			// The world has seen everything, the journal a part of it.
			w := newWorld(g)
			_, err = drive.Run(t.Context(), p, t.TempDir(), w, drive.Options{})
			require.NoError(t, err)
			_, err = drive.Run(t.Context(), p, dir, forgetful{w}, drive.Options{})
			require.NoError(t, err, "cut at %d", cut)
			assert.Equal(t, want, w.summary())
		})
	}
}

// forgetful is an actor that looks before it starts, as one must whose
// intents can be lost together with the file that held them.
type forgetful struct{ *world }

func (f forgetful) Start(ctx context.Context, a planner.Action) (string, error) {
	if ref, ok, err := f.Find(ctx, a); ok || err != nil {
		return ref, err
	}
	return f.world.Start(ctx, a)
}

func contextWithStop(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	return ctx, stop
}

// SPDX-License-Identifier: MIT

package planner_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

// randomEvent makes an event that may or may not make sense.
func randomEvent(rng *rand.Rand, r *planner.Run, old []planner.Key) planner.Event {
	p := r.Plan()
	id := func() planner.ID {
		if len(p.Rebuild) == 0 || rng.IntN(10) == 0 {
			return planner.ID(fmt.Sprintf("n%02d", rng.IntN(20)))
		}
		return p.Rebuild[rng.IntN(len(p.Rebuild))]
	}
	e := planner.Event{At: r.Now() + time.Duration(rng.IntN(3))*20*time.Second}
	flight := r.InFlight()
	switch n := rng.IntN(100); {
	case n < 25:
		if due := r.Actions(); len(due) > 0 {
			e.Kind, e.Key = planner.EventDispatched, due[rng.IntN(len(due))].Key
			return e
		}
	case n < 70 && len(flight) > 0:
		return answer(rng, flight[rng.IntN(len(flight))].Action, e)
	case n < 75 && len(old) > 0:
		e.Key = old[rng.IntN(len(old))]
		e.Kind = planner.EventKind(1 + rng.IntN(6))
		e.Artifact = "late"
		return e
	case n < 80:
		e.Kind, e.ID, e.Artifact, e.Same = planner.EventFixArrived, id(), fmt.Sprint("fix", rng.IntN(3)), rng.IntN(3) == 0
	case n < 83:
		e.Kind, e.IDs = planner.EventChanged, []planner.ID{id()}
		if rng.IntN(2) == 0 {
			e.Ref = fmt.Sprint("change", rng.IntN(3))
		}
	case n < 87:
		e.Kind, e.ID = planner.EventEquivalent, id()
	case n < 90:
		e.Kind, e.ID = planner.EventOverride, id()
	case n < 93:
		e.Kind, e.ID = planner.EventRetry, id()
	case n < 94:
		e.Kind, e.IDs = planner.EventCancel, []planner.ID{id()}
	case n < 96:
		e.Kind = planner.EventHold
	case n < 98:
		e.Kind = planner.EventRelease
	}
	return e
}

// answer ends an action, mostly well.
func answer(rng *rand.Rand, a planner.Action, e planner.Event) planner.Event {
	e.Key = a.Key
	bad := rng.IntN(6) == 0
	switch {
	case a.Kind == planner.ActionCancel || a.Kind == planner.ActionNotify || rng.IntN(8) == 0:
		e.Kind, e.Ref = planner.EventStarted, "ref "+string(a.Key)
	case bad:
		e.Kind, e.Failure = planner.EventFailed, planner.FailureKind(rng.IntN(6))
	case a.Kind == planner.ActionBuild:
		e.Kind, e.Artifact, e.Same = planner.EventBuilt, string(a.Key), rng.IntN(5) == 0
	case a.Kind == planner.ActionAwaitRepo:
		e.Kind = planner.EventAvailable
	default:
		e.Kind = planner.EventPassed
	}
	return e
}

func snapshot(t testing.TB, r *planner.Run) string {
	t.Helper()
	data, err := r.Snapshot()
	require.NoError(t, err)
	return string(data)
}

// seedsOf returns how many random cases a test tries: RELKIT_SEEDS times as
// many when that is set.
func seedsOf(t testing.TB, n int) uint64 {
	t.Helper()
	if text := os.Getenv("RELKIT_SEEDS"); text != "" {
		times, err := strconv.Atoi(text)
		require.NoError(t, err)
		n *= times
	}
	return uint64(n)
}

// sameState compares snapshots and shows where they part.
func sameState(t testing.TB, want, got, format string, args ...any) {
	t.Helper()
	if want == got {
		return
	}
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	cut := func(s string) string { return s[max(0, i-120):min(len(s), i+120)] }
	t.Fatalf(format+":\n want ...%s\n  got ...%s", append(args, cut(want), cut(got))...)
}

// Invariant 16, and that an event told twice or refused changes nothing:
// whatever happens, in whatever order.
func TestARunIsItsLogAndItsSnapshot(t *testing.T) {
	for seed := range seedsOf(t, 300) {
		rng := rand.New(rand.NewPCG(seed, 2))
		g := randomGraph(rng, seed%2 == 0)
		p := randomPlan(rng, g)
		opts := randomOptions(rng)
		opts.Retry = planner.Retries{Flaky: planner.Retry{Max: 2, Wait: time.Minute}, Infra: planner.Retry{Max: 3, Wait: 20 * time.Second, MaxWait: time.Minute}}
		opts.Stale = planner.StalePolicy(rng.IntN(3))
		if rng.IntN(3) == 0 {
			opts.Canary = planner.Canary{Count: 2, MaxFailed: 0.5}
		}
		if rng.IntN(3) == 0 {
			opts.Rate = planner.Rate{Starts: 2, Per: time.Minute}
		}
		if rng.IntN(3) == 0 {
			opts.Debounce = []planner.Debounce{{Wait: time.Minute}}
		}
		msg := fmt.Sprintf("seed %d", seed)
		r, err := planner.NewRun(p, opts)
		require.NoError(t, err)
		log := planner.Log{Plan: p.Digest(), Options: opts}
		var old []planner.Key
		running := map[planner.ID]planner.Key{}
		for range 80 {
			e := randomEvent(rng, r, old)
			before := ""
			if rng.IntN(4) == 0 {
				before = snapshot(t, r)
			}
			err := r.Apply(e)
			var refused *planner.EventError
			if err != nil {
				require.ErrorAs(t, err, &refused, msg)
				require.True(t, errors.Is(err, planner.ErrInvalid) || errors.Is(err, planner.ErrNotFound) || errors.Is(err, planner.ErrConflict), msg)
				if before != "" {
					sameState(t, before, snapshot(t, r), "%s: refused %v", msg, e)
				}
				continue
			}
			log.Events = append(log.Events, e)
			if e.Key != "" {
				old = append(old, e.Key)
			}
			if e.Key != "" && rng.IntN(4) == 0 {
				now := snapshot(t, r)
				if err := r.Apply(e); err == nil {
					sameState(t, now, snapshot(t, r), "%s: told twice %v", msg, e)
				}
			}
			clear(running)
			for _, f := range r.InFlight() {
				if f.Kind != planner.ActionBuild {
					continue
				}
				require.Empty(t, running[f.ID], "%s: two builds of %s at once", msg, f.ID)
				running[f.ID] = f.Key
			}
			if rng.IntN(6) == 0 {
				now := snapshot(t, r)
				again, err := planner.RestoreRun(p, []byte(now))
				require.NoError(t, err, msg)
				sameState(t, now, snapshot(t, again), "%s: restored after %v", msg, e)
				require.Equal(t, r.Actions(), again.Actions(), "%s: restored after %v", msg, e)
				w1, ok1 := r.NextWake()
				w2, ok2 := again.NextWake()
				require.Equal(t, []any{w1, ok1}, []any{w2, ok2}, msg)
				require.Equal(t, r.Summary(), again.Summary(), msg)
				r = again
			}
		}
		data, err := log.Encode()
		require.NoError(t, err)
		parsed, err := planner.ParseLog(data)
		require.NoError(t, err)
		replayed, err := parsed.Replay(p)
		require.NoError(t, err, msg)
		sameState(t, snapshot(t, r), snapshot(t, replayed), "%s: replayed", msg)

		endWell(t, r, msg)
	}
}

// endWell repairs everything and lets the run come to its end.
func endWell(t testing.TB, r *planner.Run, msg string) {
	t.Helper()
	for round := 0; ; round++ {
		require.Less(t, round, 3000, "%s: the run does not end: %s", msg, r.Summary())
		apply(t, r, planner.Event{Kind: planner.EventRelease})
		for _, f := range r.Failures() {
			apply(t, r, planner.Event{Kind: planner.EventRetry, ID: f.ID})
		}
		for _, id := range r.Debts() {
			apply(t, r, planner.Event{Kind: planner.EventRetry, ID: id})
		}
		for row := range r.Rows() {
			if row.State == planner.StateCanceled {
				apply(t, r, planner.Event{Kind: planner.EventRetry, ID: row.ID})
			}
		}
		todo := r.Actions()
		for _, f := range r.InFlight() {
			todo = append(todo, f.Action)
		}
		if len(todo) == 0 {
			if wake, ok := r.NextWake(); ok {
				apply(t, r, planner.Event{At: wake})
				continue
			}
			break
		}
		e := planner.Event{Key: todo[0].Key}
		switch todo[0].Kind {
		case planner.ActionBuild:
			e.Kind, e.Artifact = planner.EventBuilt, string(todo[0].Key)
		case planner.ActionAwaitRepo:
			e.Kind = planner.EventAvailable
		case planner.ActionGate:
			e.Kind = planner.EventPassed
		default:
			e.Kind = planner.EventStarted
		}
		apply(t, r, e)
	}
	require.True(t, r.Finished(), "%s: %s", msg, r.Summary())
	require.Empty(t, r.Debts(), msg)
	for row := range r.Rows() {
		require.True(t, row.State == planner.StateDone || row.State == planner.StateUnneeded, "%s: %+v", msg, row)
	}
}

// SPDX-License-Identifier: MIT

package planner_test

import (
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-f134cc8e/relkit/planner"
)

// FuzzRestoreRun: a damaged snapshot is refused or gives a run that can be
// written and read again; never a panic.
func FuzzRestoreRun(f *testing.F) {
	g := graphOf(f, "a: c\n b: a\n c: b\n =d: c\n e: =d\n")
	p := planOf(f, g, "a")
	opts := planner.RunOptions{Gates: []planner.Gate{{Name: "x"}, {Name: "t", Scope: planner.GateTier}}}
	r := runOf(f, p, opts)
	for range 12 {
		data, err := r.Snapshot()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		if due := r.Actions(); len(due) > 0 {
			apply(f, r, planner.Event{Kind: planner.EventDispatched, Key: due[0].Key})
			apply(f, r, planner.Event{Kind: planner.EventStarted, Key: due[0].Key, Ref: "1"})
		}
		for _, a := range r.InFlight() {
			e := planner.Event{Key: a.Key, Kind: planner.EventBuilt, Artifact: "x"}
			if a.Kind == planner.ActionAwaitRepo {
				e.Kind = planner.EventAvailable
			} else if a.Kind == planner.ActionGate {
				e.Kind = planner.EventPassed
			}
			apply(f, r, e)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := planner.RestoreRun(p, data)
		if err != nil {
			return
		}
		out, err := r.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := planner.RestoreRun(p, out); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, a := range r.Actions() {
			if err := r.Apply(planner.Event{Kind: planner.EventDispatched, Key: a.Key}); err != nil && !errors.Is(err, planner.ErrConflict) {
				t.Fatal(err)
			}
		}
		r.Summary()
	})
}

// FuzzParseLog: what is read writes and reads the same again, and its events
// never make a run panic.
func FuzzParseLog(f *testing.F) {
	p := planOf(f, graphOf(f, "a: c\n b: a\n c: b\n =d: c\n e: =d\n"), "a")
	log := planner.Log{Plan: p.Digest(), Events: []planner.Event{
		{Kind: planner.EventBuilt, Key: "build/b/1/1", Artifact: "b-1", Inputs: []planner.Input{{ID: "a", Artifact: "x"}}},
		{Kind: planner.EventAvailable, Key: "repo/b/1/1"}, {Kind: planner.EventFixArrived, ID: "c", Artifact: "y"},
		{Kind: planner.EventChanged, IDs: []planner.ID{"e"}, Ref: "z"}, {Kind: planner.EventCancel}, {Kind: planner.EventOverride, ID: "a"},
	}}
	data, err := log.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		log, err := planner.ParseLog(data)
		if err != nil {
			return
		}
		out, err := log.Encode()
		if err != nil {
			return // numbers outside an enum's list cannot be written
		}
		back, err := planner.ParseLog(out)
		if err != nil {
			t.Fatal(err)
		}
		x, _ := json.Marshal(log)
		y, _ := json.Marshal(back)
		if string(x) != string(y) {
			t.Fatalf("%s\n%s", x, y)
		}
		r, err := planner.NewRun(p, log.Options)
		if err != nil {
			return
		}
		for _, e := range log.Events {
			_ = r.Apply(e)
			if r.Actions(); len(e.IDs) > 100 {
				return
			}
		}
		if _, err := r.Snapshot(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDamagedLogsAndSnapshotsAreRefused(t *testing.T) {
	p := planOf(t, graphOf(t, "a:\nb: a\n"), "a")
	other := planOf(t, graphOf(t, "a:\nb: a\nc: a\n"), "a")
	r := runOf(t, p, planner.RunOptions{})
	whole, err := r.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		if _, err := planner.RestoreRun(p, whole[:cut]); !errors.Is(err, planner.ErrInvalid) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
	if _, err := planner.RestoreRun(other, whole); !errors.Is(err, planner.ErrOtherPlan) {
		t.Fatal(err)
	}
	if _, err := planner.RestoreRun(p, []byte(`{"format":"planner-run/9"}`)); !errors.Is(err, planner.ErrFormat) {
		t.Fatal(err)
	}
	log, err := planner.Log{Plan: p.Digest(), Events: []planner.Event{{Kind: planner.EventHold}}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{nil, log[:len(log)-1], append(log, "{}x\n"...), []byte("{}\n")} {
		if _, err := planner.ParseLog(bad); !errors.Is(err, planner.ErrInvalid) && !errors.Is(err, planner.ErrFormat) {
			t.Fatalf("%q: %v", bad, err)
		}
	}
	l, err := planner.ParseLog(log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Replay(other); !errors.Is(err, planner.ErrOtherPlan) {
		t.Fatal(err)
	}
}

// damage changes one thing somewhere in a JSON value.
func damage(rng *rand.Rand, v any) any {
	switch v := v.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		if len(keys) == 0 {
			return v
		}
		k := keys[rng.IntN(len(keys))]
		if rng.IntN(10) == 0 {
			delete(v, k)
		} else {
			v[k] = damage(rng, v[k])
		}
		return v
	case []any:
		if len(v) == 0 {
			return v
		}
		i := rng.IntN(len(v))
		switch rng.IntN(10) {
		case 0:
			return slices.Delete(v, i, i+1)
		case 1:
			return append(v, v[i])
		}
		v[i] = damage(rng, v[i])
		return v
	case float64:
		return float64([]int{0, 1, 2, 3, 5, 6, 7, 8, 9, 63, 255, 1 << 30}[rng.IntN(12)])
	case string:
		return []string{"", "n00", "n01", "build/n00/1/1", "gate", "cancel", "repo/n01/1/1"}[rng.IntN(7)]
	case bool:
		return !v
	}
	return v
}

// A snapshot that was tampered with gives an error or a run that holds its
// own; nothing panics.
func TestTamperedSnapshotsDoNoHarm(t *testing.T) {
	taken := 0
	for seed := range seedsOf(t, 250) {
		rng := rand.New(rand.NewPCG(seed, 6))
		g := randomGraph(rng, seed%2 == 0)
		p := randomPlan(rng, g)
		opts := randomOptions(rng)
		opts.Canary.Count = rng.IntN(3)
		r := runOf(t, p, opts)
		for range 20 {
			_ = r.Apply(randomEvent(rng, r, nil))
		}
		data := []byte(snapshot(t, r))
		for range 10 {
			var v any
			if err := json.Unmarshal(data, &v); err != nil {
				t.Fatal(err)
			}
			for range 1 + rng.IntN(3) {
				v = damage(rng, v)
			}
			bad, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			r, err := planner.RestoreRun(p, bad)
			if err != nil {
				continue
			}
			taken++
			for range 30 {
				_ = r.Apply(randomEvent(rng, r, nil))
			}
			r.Summary()
			r.NextWake()
			snapshot(t, r)
		}
	}
	if taken == 0 {
		t.Fatal("nothing was taken: the test tests nothing")
	}
}

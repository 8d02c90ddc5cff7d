// SPDX-License-Identifier: MIT

package trigger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// ledger is what handlers make of a module build: the last state of each
// module, build, tag and repository.
type ledger map[string]string

// orchestrate plays messages to handlers behind an inbox and returns what they
// wrote down. Changes of available artifacts are counted.
func orchestrate(t *testing.T, messages []json.RawMessage) (ledger, int) {
	t.Helper()
	end := ledger{}
	available := 0
	routes := trigger.Routes{{Place: trigger.PlaceStream, Pattern: "*", Release: "r"}, {Place: trigger.PlaceTag, Pattern: "*", Release: "r"}}
	d, err := trigger.NewDispatcher(
		trigger.Handler{Name: "states", Handle: func(_ context.Context, ev trigger.Event) ([]trigger.Event, error) {
			switch p := ev.Payload.(type) {
			case *trigger.Module:
				end["module "+p.NSVC()] = fmt.Sprint(*p.State)
			case *trigger.Build:
				end["build "+p.NVR()] = fmt.Sprint(*p.New)
			case *trigger.Tag:
				end["tag "+p.Tag+" "+p.NVR()] = "in"
			case *trigger.Repo:
				end[fmt.Sprint("repo ", p.RepoID)] = trigger.ParseTopic(ev.Topic).Event
			}
			return nil, nil
		}},
		trigger.Handler{Name: "changes", Handle: func(_ context.Context, ev trigger.Event) ([]trigger.Event, error) {
			for _, c := range routes.Changes(ev) {
				if c.Effect == trigger.EffectAvailable {
					available++
				}
			}
			return nil, nil
		}},
		trigger.Handler{Name: "broken", Handle: func(context.Context, trigger.Event) ([]trigger.Event, error) { return nil, os.ErrClosed }},
	)
	require.NoError(t, err)
	var in trigger.Inbox
	for _, raw := range messages {
		ev, err := in.Accept("", raw)
		if trigger.Reason(err) == "duplicate" {
			continue
		}
		require.NoError(t, err)
		assert.Len(t, d.Dispatch(t.Context(), ev), 1, "only the broken handler fails")
	}
	return end, available
}

func TestCorpusModuleTrace(t *testing.T) {
	dir := corpus(t)
	files, err := filepath.Glob(filepath.Join(dir, "mbs", "*trace*.json"))
	require.NoError(t, err)
	differ := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var once []json.RawMessage
		for raw, err := range trigger.Split(data) {
			require.NoError(t, err)
			once = append(once, raw)
		}
		var doubled []json.RawMessage
		dice := rand.New(rand.NewPCG(1, 2))
		for i, raw := range once {
			doubled = append(doubled, raw)
			for dice.IntN(2) == 0 {
				doubled = append(doubled, once[dice.IntN(i+1)])
			}
		}
		end, n := orchestrate(t, once)
		for _, again := range [][]json.RawMessage{slices.Concat(once, once), doubled} {
			other, m := orchestrate(t, again)
			if !maps.Equal(end, other) || n != m {
				differ++
				t.Errorf("%s: %v and %d changes, then %v and %d", file, end, n, other, m)
			}
		}
		ready := 0
		for what, state := range end {
			if what[:4] == "modu" && state == fmt.Sprint(trigger.ModuleReady) {
				ready++
			}
		}
		told := slices.ContainsFunc(once, func(raw json.RawMessage) bool {
			ev, err := trigger.Decode(raw)
			m, ok := ev.Payload.(*trigger.Module)
			return err == nil && ok && m.State != nil && *m.State == trigger.ModuleReady
		})
		if told != (ready > 0) || told && n == 0 {
			differ++
			t.Errorf("%s: a module became ready: %v, states: %v", file, told, end)
		}
	}
	t.Logf("corpus ecosystem/module traces: %d cases, %d differ", len(files), differ)
}

// SPDX-License-Identifier: MIT

package trigger_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

func TestAnEventOfFreshmakerAndItsRebuilds(t *testing.T) {
	const body = `{"id":93,"state":1,"state_name":"BUILDING","depends_on_events":[92],"requested_rebuilds":["a-1-1"],
		"builds":[{"id":501,"type":2,"state":4,"dep_on":null,"odcs_composes":[7]},502]}`
	ev, err := trigger.Message{Topic: "freshmaker.event.state.changed", Body: []byte(body)}.Event()
	require.NoError(t, err)
	require.NoError(t, ev.Mismatch)
	e := ev.Payload.(*trigger.FreshmakerEvent)
	assert.Equal(t, trigger.FreshmakerEventBuilding, *e.State)
	builds, err := e.Rebuilds()
	require.NoError(t, err)
	require.Len(t, builds, 1)
	assert.Equal(t, trigger.FreshmakerModule, *builds[0].Type)
	assert.Equal(t, trigger.FreshmakerBuildPlanned, *builds[0].State)
	assert.Equal(t, []int64{7}, builds[0].Composes)
	again, err := ev.EncodeBody()
	require.NoError(t, err)
	assert.JSONEq(t, body, string(again))

	for _, bad := range []string{`7`, `[{"state":"x"}]`} {
		_, err := (&trigger.FreshmakerEvent{Builds: json.RawMessage(bad)}).Rebuilds()
		require.ErrorIs(t, err, trigger.ErrMalformed, bad)
	}
	assert.Equal(t, "canceled skipped image_repository", trigger.FreshmakerBuildCanceled.String()+" "+trigger.FreshmakerEventSkipped.String()+" "+trigger.FreshmakerRepository.String())
	assert.Equal(t, "FreshmakerType(9)", trigger.FreshmakerType(9).String())
}

// TestCorpusFreshmaker reads events of the service's REST API as the bodies
// that they are on the bus: nothing is lost, the names belong to the numbers,
// and each rebuild is one of this event.
func TestCorpusFreshmaker(t *testing.T) {
	golden.Judge(t, "ecosystem/rest-freshmaker", filepath.Join(corpus(t), "rest-synthetic"), "freshmaker-event*.json", func(data []byte) error {
		if why := freshmakerDiffers(t, data); why != "" {
			return errors.New(why)
		}
		return nil
	})
}

func freshmakerDiffers(t *testing.T, data []byte) string {
	t.Helper()
	read := func(topic string, body []byte) (trigger.Payload, string) {
		ev, err := trigger.Message{Topic: topic, Body: body}.Event()
		if err != nil || ev.Mismatch != nil {
			return nil, fmt.Sprint(err, ev.Mismatch)
		}
		again, err := ev.EncodeBody()
		if err != nil || !reflect.DeepEqual(golden.JSON(t, body), golden.JSON(t, again)) {
			return nil, fmt.Sprintf("written (%v): %s", err, again)
		}
		return ev.Payload, ""
	}
	p, why := read("freshmaker.event.state.changed", data)
	if why != "" {
		return why
	}
	e := p.(*trigger.FreshmakerEvent)
	if e.State == nil || !strings.EqualFold(e.State.String(), e.StateName) || !strings.HasSuffix(e.URL, fmt.Sprintf("/events/%d", e.ID)) {
		return fmt.Sprintf("state %v is called %q at %s", e.State, e.StateName, e.URL)
	}
	builds, err := e.Rebuilds()
	if err != nil {
		return err.Error()
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(e.Builds, &raw); err != nil || len(raw) != len(builds) {
		return fmt.Sprintf("%d rebuilds of %d: %v", len(builds), len(raw), err)
	}
	names := map[int64]string{}
	for _, b := range builds {
		names[b.ID] = b.Name
	}
	for i, b := range builds {
		p, why := read("freshmaker.build.state.changed", raw[i])
		if why != "" {
			return why
		}
		if !reflect.DeepEqual(p, &b) {
			return "a rebuild inside the event is another than by itself"
		}
		if b.State == nil || b.Type == nil || !strings.EqualFold(b.State.String(), b.StateName) || !strings.EqualFold(b.Type.String(), b.TypeName) ||
			b.EventID != e.ID || b.DepOn != names[b.DepOnID] || !strings.HasSuffix(b.URL, fmt.Sprintf("/builds/%d", b.ID)) {
			return fmt.Sprintf("rebuild %d contradicts itself", b.ID)
		}
	}
	return ""
}

// SPDX-License-Identifier: MIT

package status_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/status"
)

func TestEveryStateSurvivesText(t *testing.T) {
	for s := status.Unknown; s <= status.Unneeded; s++ {
		text, err := s.MarshalText()
		require.NoError(t, err)
		var back status.State
		require.NoError(t, back.UnmarshalText(text))
		assert.Equal(t, s, back)
	}
}

func TestNumbersOutsideTheListAreNamedAndRefused(t *testing.T) {
	assert.Equal(t, "State(99)", status.State(99).String())
	assert.Equal(t, "State(-1)", status.State(-1).String())
	_, err := status.State(99).MarshalText()
	assert.Error(t, err)
	var s status.State
	assert.ErrorContains(t, s.UnmarshalText([]byte("finished")), `"finished"`)
}

func TestTerminalStates(t *testing.T) {
	for s := status.Unknown; s <= status.Unneeded; s++ {
		want := s == status.Done || s == status.Failed || s == status.Canceled || s == status.Unneeded
		assert.Equal(t, want, s.Terminal(), s.String())
	}
}

func Example() {
	half := 50.0
	s := status.Status{ID: "task 123", State: status.Building, Detail: "OPEN", Percent: &half, Estimate: true}
	fmt.Println(s)
	data, _ := json.Marshal(s)
	fmt.Println(string(data))
	// Output:
	// task 123: building (OPEN, 50%)
	// {"id":"task 123","state":"building","detail":"OPEN","percent":50,"estimate":true}
}

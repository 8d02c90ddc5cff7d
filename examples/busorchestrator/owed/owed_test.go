// SPDX-License-Identifier: MIT

package owed_test

import (
	"bytes"
	"errors"
	"flag"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/examples/busorchestrator/owed"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

func TestAMessageWhoseWorkFailedIsHeardAgain(t *testing.T) {
	away := errors.New("nobody knows at the moment")
	var out bytes.Buffer
	s := owed.Service{
		Routes: trigger.Routes{{Place: trigger.PlaceTag, Pattern: "f41", Release: "f41"}}, Out: &out,
		Ask: func(string) (*planner.Graph, error) {
			if away != nil {
				return nil, away
			}
			return planner.ParseGraphText("node rpms/zlib source\nnode rpms/curl source\nrpms/curl build rpms/zlib\n")
		},
	}
	m, err := trigger.NewMessage("buildsys.tag", "1", nil, []byte(`{"tag":"f41","name":"zlib","version":"1","release":"1"}`))
	require.NoError(t, err)
	require.ErrorIs(t, s.Hear(m), away)
	away = nil
	require.NoError(t, s.Hear(m))
	assert.Equal(t, "f41: zlib-1-1 is available: 1 rebuilds\n  tier 1: [rpms/curl]\n", out.String())
	assert.Equal(t, "duplicate", trigger.Reason(s.Hear(m)))
}

func TestFlagsMakeAService(t *testing.T) {
	var o owed.Options
	f := flag.NewFlagSet("x", flag.ContinueOnError)
	o.Flags(f)
	require.NoError(t, f.Parse([]string{"-modules", "rawhide"}))
	s, err := o.Service(t.Context(), &bytes.Buffer{})
	require.NoError(t, err)
	assert.Equal(t, []string{"rawhide"}, s.Routes.Releases(trigger.PlaceStream, "nodejs:18"))
	assert.Equal(t, []string{"f41"}, s.Routes.Releases(trigger.PlaceDist, "fc41"))
}

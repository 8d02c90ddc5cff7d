// SPDX-License-Identifier: MIT

package koji_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/koji"
)

func TestMetadataIsReadAsItIsWritten(t *testing.T) {
	m := imageMetadata(koji.NVR{Name: "a", Version: "1", Release: "2", Epoch: new(1)}, nil)
	m.Extra, m.Build.More = map[string]any{"site": "x"}, map[string]any{"weight": 1.5, "n": 3}
	data, err := json.Marshal(m)
	require.NoError(t, err)
	var again koji.CGMetadata
	require.NoError(t, json.Unmarshal(data, &again))
	assert.True(t, m.Build.Started.Equal(again.Build.Started))
	assert.True(t, m.Build.Ended.Equal(again.Build.Ended))
	assert.Equal(t, m.Build.NVR, again.Build.NVR)
	assert.Equal(t, map[string]any{"site": "x"}, again.Extra)
	assert.Equal(t, map[string]any{"weight": 1.5, "n": 3}, again.Build.More)
	third, err := json.Marshal(again)
	require.NoError(t, err)
	assert.JSONEq(t, string(data), string(third))
}

func TestMetadataOfTheWrongTypeNamesThePlace(t *testing.T) {
	for doc, place := range map[string]string{
		`[]`:                                     "reading content generator metadata",
		`{"build": 1}`:                           "build is int",
		`{"build": {"start_time": "yesterday"}}`: "build.start_time is string",
		`{"build": {"start_time": 1e300}}`:       "build.start_time is float64",
		`{"build": {"epoch": "1"}}`:              "build.epoch is string",
		`{"output": [{"type": "log"}, {"filesize": "big"}]}`: "output[1].filesize is string",
		`{"output": {}}`: "output is map",
		`{"buildroots": [{"components": [{"type": "rpm"}, {"type": "rpm", "arch": 1}]}]}`: "buildroots[0].components[1].arch is int",
		`{"buildroots": [{"host": {"os": "x", "kernel": "6"}}]}`:                          "buildroots[0].host.kernel",
	} {
		m := koji.CGMetadata{Version: 7}
		err := json.Unmarshal([]byte(doc), &m)
		require.Error(t, err, doc)
		assert.ErrorContains(t, err, place)
		assert.Equal(t, koji.CGMetadata{Version: 7}, m, "nothing is half read")
	}
}

func FuzzCGMetadata(f *testing.F) {
	f.Add([]byte(`{"metadata_version": 0, "build": {"name": "a", "start_time": 1.5, "extra": {"typeinfo": {}}}, "buildroots": [{"id": 1, "tools": [{"name": "x"}]}], "output": [{"components": [{"type": "file", "filesize": 3}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m, again koji.CGMetadata
		if json.Unmarshal(data, &m) != nil {
			return
		}
		text, err := json.Marshal(m)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &again), "%s", text)
		third, err := json.Marshal(again)
		require.NoError(t, err)
		require.JSONEq(t, string(text), string(third))
	})
}

// TestCorpusContainers judges container metadata: it is read and written again
// with every member.
func TestCorpusContainers(t *testing.T) {
	golden.Judge(t, "ecosystem/osbs", golden.Corpus(t, "ecosystem", "osbs"), "*.json", func(data []byte) error {
		var m koji.CGMetadata
		if err := json.Unmarshal(data, &m); err != nil {
			return err
		}
		// What the hub would go by.
		if m.Build.NVR.Name == "" || m.Build.Ended.Before(m.Build.Started.Add(time.Second)) || len(m.Output) == 0 || len(m.Buildroots) == 0 || m.Buildroots[0].Generator == "" {
			return fmt.Errorf("read as %+v", m)
		}
		for i, o := range m.Output {
			if o.BuildrootID != m.Buildroots[0].ID {
				return fmt.Errorf("output %d is of buildroot %d, which is not told", i, o.BuildrootID)
			}
		}
		return golden.Held(data, m)
	})
}

// SPDX-License-Identifier: MIT

package compose_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/seed-f134cc8e/relkit/pdc/compose"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const tracked = `{"builder":"odcs","children":[],"parents":["Demo-1-20260104.n.0"],"tags":["nightly"],"respin_of":null,"respun_by":[],"new":{"a":1},
	"compose_url":"https://example.org/Demo-1-20260105.n.0","compose_info":`

func TestATrackedCompose(t *testing.T) {
	text := tracked + samples[6].text + `}`
	var c compose.Tracked
	require.NoError(t, json.Unmarshal([]byte(text), &c))
	assert.Equal(t, []string{"nightly"}, c.Tags)
	assert.Equal(t, "odcs", c.Builder)
	assert.NotEmpty(t, c.Info.Compose.ID)
	require.NoError(t, c.Info.Validate())
	again, err := json.Marshal(c)
	require.NoError(t, err)
	assert.JSONEq(t, text, string(again))

	for text, want := range map[string]error{
		tracked + `null}`: compose.ErrInvalid,
		`null`:            compose.ErrInvalid,
		`{"tags":7}`:      compose.ErrInvalid,
		tracked + `{"header":{"version":"3.0","type":"productmd.composeinfo"},"payload":{}}}`: compose.ErrVersion,
	} {
		var c compose.Tracked
		require.ErrorIs(t, json.Unmarshal([]byte(text), &c), want, text)
	}
}

// TestCorpusTracked reads and writes the composes of the tracking service, and
// checks that each is what its id and URL say.
func TestCorpusTracked(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t, "rest-synthetic"), "cts-compose*.json"))
	require.NoError(t, err)
	differ := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		if why := trackedDiffers(t, data); why != "" {
			differ++
			t.Errorf("%s: %s", filepath.Base(f), why)
		}
	}
	t.Logf("corpus ecosystem/rest-cts: %d cases, %d differ", len(files), differ)
}

func trackedDiffers(t *testing.T, data []byte) string {
	var c compose.Tracked
	if err := json.Unmarshal(data, &c); err != nil {
		return err.Error()
	}
	again, err := json.Marshal(c)
	if err != nil {
		return err.Error()
	}
	if !reflect.DeepEqual(value(t, data), value(t, again)) {
		return "written JSON differs"
	}
	if err := c.Info.Validate(); err != nil {
		return err.Error()
	}
	in := c.Info.Compose
	id, err := compose.ParseID(in.ID)
	switch {
	case err != nil:
		return err.Error()
	case id.Prefix != compose.Prefix(c.Info.Release, c.Info.BaseProduct), id.Date != in.Date, id.Type != in.Type, id.Respin != in.Respin:
		return "the id is another compose's than its parts"
	case c.URL != "" && filepath.Base(c.URL) != in.ID:
		return "the URL is another compose's"
	}
	return ""
}

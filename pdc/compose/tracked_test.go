// SPDX-License-Identifier: MIT

package compose_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/pdc/compose"
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
	golden.Judge(t, "ecosystem/rest-cts", corpus(t, "rest-synthetic"), "cts-compose*.json", func(data []byte) error {
		return wordsOf(trackedDiffers(t, data))
	})
}

// wordsOf makes an error of what is said, if anything is.
func wordsOf(why string) error {
	if why == "" {
		return nil
	}
	return errors.New(why)
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
	if !reflect.DeepEqual(golden.JSON(t, data), golden.JSON(t, again)) {
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

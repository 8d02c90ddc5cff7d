// SPDX-License-Identifier: MIT

package golden_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-f134cc8e/relkit/internal/golden"
)

func TestHeldNamesWhatWasLost(t *testing.T) {
	for _, c := range []struct{ doc, now, says string }{
		{`{"a": [1, {"b": null}]}`, `{"a": [1, {}], "more": 1}`, ""},
		{`{"a": [1, {"b": 2}]}`, `{"a": [1, {}]}`, ".a[1].b: 2 became <nil>"},
		{`{"a": [1, 2]}`, `{"a": [1]}`, ".a: 1 elements of 2 are left"},
		{`{"a": {}}`, `{"a": "x"}`, ""},
		{`"x"`, `"y"`, ": x became y"},
	} {
		err := golden.Held([]byte(c.doc), json.RawMessage(c.now))
		if c.says == "" {
			assert.NoError(t, err, c.doc)
		} else {
			assert.EqualError(t, err, c.says)
		}
	}
	assert.Error(t, golden.Held([]byte(`{`), 1))
	assert.Error(t, golden.Held([]byte(`1`), make(chan int)))
}

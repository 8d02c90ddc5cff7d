// SPDX-License-Identifier: MIT

package trigger_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

func TestAllowListTruthTable(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		criteria   trigger.Criteria
		want       bool
	}{
		{"no key in common", `{"name":".*"}`, trigger.Criteria{"branch": "f41"}, false},
		{"no criteria", `{"name":".*"}`, nil, false},
		{"an empty rule", `{}`, trigger.Criteria{"name": "a"}, false},
		{"anchored at the start", `{"name":"ash"}`, trigger.Criteria{"name": "bash"}, false},
		{"open at the end", `{"name":"ba"}`, trigger.Criteria{"name": "bash"}, true},
		{"an alternative stays anchored", `{"name":"x|ash"}`, trigger.Criteria{"name": "bash"}, false},
		{"a list is or", `{"name":["x","ba"]}`, trigger.Criteria{"name": "bash"}, true},
		{"an empty list", `{"name":[]}`, trigger.Criteria{"name": "bash"}, false},
		{"keys are and", `{"name":"bash","branch":"f41"}`, trigger.Criteria{"name": "bash", "branch": "f40"}, false},
		{"criteria without rule are ignored", `{"name":"bash"}`, trigger.Criteria{"name": "bash", "branch": "f40"}, true},
		{"rule keys without criteria are ignored", `{"name":"bash","branch":"f41"}`, trigger.Criteria{"name": "bash"}, true},
		{"a boolean", `{"manual":"True"}`, trigger.Criteria{"manual": true}, true},
		{"a false boolean", `{"manual":"false"}`, trigger.Criteria{"manual": false}, false},
		{"nothing", `{"manual":"None"}`, trigger.Criteria{"manual": nil}, true},
		{"a number", `{"id":"12$"}`, trigger.Criteria{"id": 12}, true},
		{"any", `["any",[{"name":"x"},{"name":"bash"}]]`, trigger.Criteria{"name": "bash"}, true},
		{"all", `["all",[{"name":"x"},{"name":"bash"}]]`, trigger.Criteria{"name": "bash"}, false},
		{"all of both", `["all",[{"name":"b"},["any",[{"branch":"f"}]]]]`, trigger.Criteria{"name": "bash", "branch": "f41"}, true},
		{"any of none", `["any",[]]`, trigger.Criteria{"name": "bash"}, false},
		{"all of none", `["all",[]]`, trigger.Criteria{"name": "bash"}, false},
		{"an empty list of rules", `[]`, trigger.Criteria{"name": "bash"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, err := trigger.ParseList([]byte(`{"global":{"rpm":` + c.rule + `}}`))
			require.NoError(t, err)
			assert.Equal(t, c.want, list.Has("h", "RPM", c.criteria))
			assert.Equal(t, c.want, trigger.Policy{Allow: list}.Allows("h", "rpm", c.criteria))
			assert.False(t, trigger.Policy{Allow: list, Block: list}.Allows("h", "rpm", c.criteria))
		})
	}
}

func TestAHandlersSectionReplacesTheGlobalOneByType(t *testing.T) {
	list, err := trigger.ParseList([]byte(`{"global":{"rpm":{"name":"a"},"image":{"name":"a"}},"h":{"rpm":{"name":"b"}}}`))
	require.NoError(t, err)
	a := trigger.Criteria{"name": "a"}
	assert.False(t, list.Has("h", "rpm", a))
	assert.True(t, list.Has("h", "image", a))
	assert.True(t, list.Has("other", "rpm", a))
	assert.False(t, list.Has("h", "module", a))
}

func TestBadListsAreErrors(t *testing.T) {
	for _, rule := range []string{`{"name":"("}`, `{"name":"a)(b"}`, `[{"name":"a"}]`, `["none",[]]`, `["any"]`, `7`, `null`, `{"name":true}`, `{"name":null}`, `["any",{"name":"a"}]`} {
		_, err := trigger.ParseList([]byte(`{"global":{"rpm":` + rule + `}}`))
		require.ErrorIs(t, err, trigger.ErrInvalid, rule)
	}
}

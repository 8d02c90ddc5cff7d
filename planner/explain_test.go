// SPDX-License-Identifier: MIT

package planner_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
)

func TestWhyNot(t *testing.T) {
	g := parsed(t, family+"node lone source\nnode f source\nf run lone possible\n")
	for name, c := range map[string]struct {
		id      planner.ID
		request planner.Request
		why     string
	}{
		"nothing it needs":     {"lone", planner.Request{}, "nothing that it needs is affected"},
		"excluded on the way":  {"e", planner.Request{Exclude: []planner.ID{"d"}}, "d is excluded"},
		"left out by a rule":   {"e", planner.Request{Block: []string{"d"}}, "d is left out: block d"},
		"a kind not followed":  {"e", planner.Request{Kinds: []planner.EdgeKind{planner.EdgeBuild, planner.EdgeFrom}}, "the edge e -> d (contains) is not followed"},
		"too deep":             {"d", planner.Request{MaxDepth: new(1)}, "d lies beyond the depth limit"},
		"stopped by a label":   {"d", planner.Request{StopLabels: []string{"ring1"}}, "the change stops at b"},
		"the change is barred": {"b", planner.Request{Block: []string{"a"}}, "a is left out: block a"},
		"the change is out":    {"a", planner.Request{Exclude: []planner.ID{"a"}}, "excluded"},
		"excluded itself":      {"d", planner.Request{Exclude: []planner.ID{"d"}}, "excluded"},
		"a possible edge":      {"f", planner.Request{Changed: []planner.ID{"lone"}}, "the edge f -> lone (run, possible) is not followed"},
		"only other names":     {"c", planner.Request{ABI: []string{"liba.so.1()(64bit)"}}, "the edge c -> a-libs (build: BuildRequires: a-devel >= 2) is not followed"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.request.Changed == nil {
				c.request.Changed = []planner.ID{"a"}
			}
			x, err := mustPlan(t, g, c.request).Explain(c.id)
			require.NoError(t, err)
			assert.False(t, x.Affected)
			assert.Equal(t, c.why, x.Why)
		})
	}
	_, err := mustPlan(t, g, planner.Request{}).Explain("nope")
	assert.ErrorIs(t, err, planner.ErrNotFound)
}

func TestWhyIn(t *testing.T) {
	g := parsed(t, family)
	explain := func(q planner.Request, id planner.ID) planner.Explanation {
		x, err := mustPlan(t, g, q).Explain(id)
		require.NoError(t, err)
		return x
	}
	change := planner.Request{Changed: []planner.ID{"a"}}
	assert.Equal(t, "changed", explain(change, "a").Why)
	change.OmitChanged = true
	assert.Equal(t, "changed, and built already", explain(change, "a").Why)
	assert.Equal(t, "everything is rebuilt", explain(planner.Request{All: true}, "d").Why)
	assert.Equal(t, "selected", explain(planner.Request{Select: []planner.ID{"d"}}, "d").Why)
	assert.Equal(t, "affected, but not selected", explain(planner.Request{Changed: []planner.ID{"a"}, Select: []planner.ID{"d"}}, "b").Why)
	x := explain(planner.Request{Changed: []planner.ID{"a"}}, "e")
	assert.Equal(t, "needs d -> b -> a-libs -> a", x.Why)
	assert.Equal(t, planner.ID("d"), x.Bottleneck)
	assert.Equal(t, 1, x.Brings)
	assert.Equal(t, 3, x.Tier)
	x = explain(planner.Request{Changed: []planner.ID{"a"}}, "d")
	assert.Equal(t, planner.ID("a-libs"), x.Bottleneck, "two ways lead from there")
	list := mustPlan(t, g, planner.Request{Changed: []planner.ID{"a"}}).Bottlenecks(2)
	assert.Equal(t, []planner.Bottleneck{{ID: "a", Brings: 5}, {ID: "a-libs", Brings: 4}}, list)
}

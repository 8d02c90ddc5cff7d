// SPDX-License-Identifier: MIT

package pdctest_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/pdc/internal/recorded"
)

type exchange = recorded.Exchange

// TestCorpusFake replays all exchanges in their order on one server that
// starts empty: status and body must be those seen.
func TestCorpusFake(t *testing.T) {
	all, err := recorded.Load(golden.Corpus(t, "pdc", "recorded"))
	require.NoError(t, err)
	r := newReplay(t, all)
	judged, differ := 0, 0
	for _, e := range all {
		status, body := r.send(e)
		if e.Setup {
			r.difference(e, status, body) // learns ids
			continue
		}
		judged++
		if why := r.difference(e, status, body); why != "" {
			differ++
			t.Errorf("%s: %s", e.ID(), why)
		}
	}
	t.Logf("corpus pdc/fake: %d cases, %d differ", judged, differ)
}

// difference says where an answer is unlike the recorded one.
func (r *replay) difference(e exchange, status int, body []byte) string {
	if status != e.Response.Status {
		return fmt.Sprintf("%s %s: status %d, want %d; body %.600s", e.Request.Method, e.Request.Path, status, e.Response.Status, body)
	}
	var got any
	if len(body) > 0 {
		if json.Unmarshal(body, &got) != nil {
			got = map[string]any{"__text__": string(body)}
		}
	}
	r.learn(e, got)
	g, w := normal(got), normal(r.ids.translate(resourceOf(e.Request.Path), e.Response.Body))
	if reflect.DeepEqual(g, w) {
		return ""
	}
	return fmt.Sprintf("%s %s: body differs\n%s", e.Request.Method, e.Request.Path, firstDifference("", g, w))
}

// firstDifference points to where two JSON values part.
func firstDifference(path string, got, want any) string {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			keys := map[string]bool{}
			for k := range w {
				keys[k] = true
			}
			for k := range g {
				keys[k] = true
			}
			for _, k := range sortedKeys(keys) {
				if !reflect.DeepEqual(g[k], w[k]) {
					return firstDifference(path+"."+k, g[k], w[k])
				}
			}
		}
	case []any:
		if g, ok := got.([]any); ok && len(g) == len(w) {
			for i := range w {
				if !reflect.DeepEqual(g[i], w[i]) {
					return firstDifference(fmt.Sprintf("%s[%d]", path, i), g[i], w[i])
				}
			}
		}
	}
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	return fmt.Sprintf("at %s\n  got  %.700s\n  want %.700s", path, g, w)
}

func sortedKeys(m map[string]bool) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

var momentRE = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)

// tokenRE finds tokens, and what stands for them in the recordings.
var tokenRE = regexp.MustCompile(`^([0-9a-f]{40}|<(new )?token of \w+>)$`)

// normal hides times, what they make, and tokens.
func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if k == "duration" {
				x = "<seconds>"
			}
			out[k] = normal(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = normal(x)
		}
		return out
	case string:
		switch {
		case momentRE.MatchString(v):
			return "<time>"
		case tokenRE.MatchString(v):
			return "<token>"
		}
	}
	return v
}

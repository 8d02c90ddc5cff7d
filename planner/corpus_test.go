// SPDX-License-Identifier: MIT

package planner_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/planner"
)

// corpusPath returns a place in the corpus, or skips the test when there is
// no corpus.
func corpusPath(t testing.TB, parts ...string) string {
	t.Helper()
	return filepath.Join(append([]string{golden.Corpus(t, "planner")}, parts...)...)
}

// corpusBytes reads a file of the corpus, unpacked.
func corpusBytes(t testing.TB, parts ...string) []byte {
	t.Helper()
	name := corpusPath(t, parts...)
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(data))
		require.NoError(t, err)
		data, err = io.ReadAll(z)
		require.NoError(t, err)
	}
	return data
}

// corpusRequest is a request of the case files.
type corpusRequest struct {
	Changed        []planner.ID       `json:"changed"`
	Kinds          []planner.EdgeKind `json:"kinds"`
	Exclude        []planner.ID       `json:"exclude"`
	MaxDepth       *int               `json:"max_depth"`
	IncludeChanged *bool              `json:"include_changed"`
	Select         []planner.ID       `json:"select"`
}

func (r corpusRequest) request() planner.Request {
	return planner.Request{
		Changed: r.Changed, Kinds: r.Kinds, Exclude: r.Exclude, MaxDepth: r.MaxDepth, Select: r.Select,
		OmitChanged: r.IncludeChanged != nil && !*r.IncludeChanged,
	}
}

// planCase is one case with its plan made.
type planCase struct {
	file, name string
	asks       []string // keys of the request
	request    planner.Request
	expect     map[string]json.RawMessage
	graph      *planner.Graph
}

// smallFiles yields every case of the planner-small files, its graph inline.
func smallFiles(t *testing.T, yield func(file, name string, g *planner.Graph, request json.RawMessage, expect map[string]json.RawMessage)) {
	t.Helper()
	small, err := filepath.Glob(corpusPath(t, "*.json"))
	require.NoError(t, err)
	for _, name := range small {
		base := filepath.Base(name)
		var file struct {
			Format string `json:"format"`
			Cases  []struct {
				Name    string                     `json:"name"`
				Graph   json.RawMessage            `json:"graph"`
				Request json.RawMessage            `json:"request"`
				Expect  map[string]json.RawMessage `json:"expect"`
			} `json:"cases"`
		}
		data := corpusBytes(t, base)
		var head struct {
			Format string `json:"format"`
		}
		if json.Unmarshal(data, &head) != nil || head.Format != "planner-small/1" {
			continue
		}
		require.NoError(t, json.Unmarshal(data, &file), base)
		for _, c := range file.Cases {
			graph := bytes.Replace(c.Graph, []byte("{"), []byte(`{"format":"planner-graph/1",`), 1)
			g, err := planner.ParseGraph(graph)
			require.NoError(t, err, c.Name)
			yield(base, c.Name, g, c.Request, c.Expect)
		}
	}
}

// planCases yields every case of the planner-small and planner-cases files.
func planCases(t *testing.T, yield func(planCase)) {
	t.Helper()
	smallFiles(t, func(file, name string, g *planner.Graph, request json.RawMessage, expect map[string]json.RawMessage) {
		var r corpusRequest
		require.NoError(t, json.Unmarshal(request, &r), name)
		yield(planCase{file, name, keysOf(t, request), r.request(), expect, g})
	})
	big, err := filepath.Glob(corpusPath(t, "cases", "*.json.gz"))
	require.NoError(t, err)
	for _, name := range big {
		base := filepath.Base(name)
		var file struct {
			Graph string            `json:"graph"`
			Cases []json.RawMessage `json:"cases"`
		}
		require.NoError(t, json.Unmarshal(corpusBytes(t, "cases", base), &file), base)
		g, err := planner.ParseGraph(corpusBytes(t, "graphs", file.Graph+".json.gz"))
		require.NoError(t, err, file.Graph)
		for _, raw := range file.Cases {
			var c struct {
				Name   string                     `json:"name"`
				Expect map[string]json.RawMessage `json:"expect"`
			}
			var r corpusRequest
			require.NoError(t, json.Unmarshal(raw, &c))
			require.NoError(t, json.Unmarshal(raw, &r))
			yield(planCase{base, c.Name, keysOf(t, raw), r.request(), c.Expect, g})
		}
	}
}

func keysOf(t *testing.T, raw json.RawMessage) []string {
	t.Helper()
	var m map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &m))
	return slices.Sorted(maps.Keys(m))
}

// requestKeys are the keys of requests that a test understands; the last line
// asks for what corpus_run_test.go judges.
var requestKeys = []string{
	"name", "note", "expect",
	"changed", "kinds", "exclude", "max_depth", "include_changed", "select", "explain",
	"failed", "equivalent", "done", "building", "then",
}

// tally counts the judgements of one kind and reports differences.
type tally struct {
	t              *testing.T
	name           string
	cases, differs int
}

func (y *tally) judge(where string, bad []string) {
	y.cases++
	if len(bad) > 0 {
		y.differs++
		y.t.Errorf("%s: %s", where, strings.Join(bad, "; "))
	}
}

func (y *tally) log() { y.t.Logf("corpus planner/%s: %d cases, %d differ", y.name, y.cases, y.differs) }

// answer is what a plan says under a key of the expectations. ok is false for
// keys that this judgement does not know.
func tiersAnswer(p *planner.Plan, key string) (value any, ok bool) {
	tiers := make([][]planner.ID, len(p.Tiers))
	sizes := make([]int, len(p.Tiers))
	for i, t := range p.Tiers {
		tiers[i] = t.Members()
		sizes[i] = len(tiers[i])
	}
	switch key {
	case "affected":
		return p.Affected, true
	case "rebuild":
		return len(p.Rebuild), true
	case "rebuild_sha256":
		return hash(joined(p.Rebuild, "\n")), true
	case "tiers":
		return len(p.Tiers), true
	case "tier_sizes":
		return sizes, true
	case "tiers_sha256":
		return hash(joinedAll(tiers)), true
	case "tiers_full", "tiers_list":
		return tiers, true
	case "tier_heads":
		heads := make([][]planner.ID, 0, 6)
		for _, t := range tiers[:min(6, len(tiers))] {
			heads = append(heads, t[:min(2, len(t))])
		}
		return heads, true
	case "unknown":
		return notNil(p.Unknown), true
	}
	return nil, false
}

func cyclesAnswer(p *planner.Plan, key string) (value any, ok bool) {
	switch key {
	case "cycle_groups":
		return len(p.Cycles), true
	case "cycle_group_sizes":
		sizes := make([]int, 0, len(p.Cycles))
		for _, c := range p.Cycles {
			sizes = append(sizes, len(c))
		}
		descending(sizes)
		return sizes, true
	case "cycles_sha256":
		return hash(joinedAll(p.Cycles)), true
	case "cycles", "cycles_full":
		return notNil(p.Cycles), true
	case "self_cycles":
		return notNil(p.SelfCycles), true
	case "self_cycles_sha256":
		return hash(joined(p.SelfCycles, "\n")), true
	case "self_cycles_full":
		return notNil(p.SelfCycles), true
	}
	return nil, false
}

// otherJudgements are the keys of expectations that are judged elsewhere in
// this package.
var otherJudgements = []string{
	"explain",                                                                                 // TestCorpusExplain
	"schedule", "critical_path", "total_work", "after_failure", "built_with_cutoff", "merged", // corpus_run_test.go
}

func TestCorpusPlans(t *testing.T) {
	tiers, cycles := &tally{t: t, name: "tiers"}, &tally{t: t, name: "cycles"}
	planCases(t, func(c planCase) {
		where := c.file + " " + c.name
		p, err := c.graph.Plan(c.request)
		if err != nil {
			tiers.judge(where, []string{err.Error()})
			return
		}
		var badTiers, badCycles []string
		for key, want := range c.expect {
			if got, ok := tiersAnswer(p, key); ok {
				badTiers = appendDifference(badTiers, key, want, got)
				continue
			}
			got, ok := cyclesAnswer(p, key)
			if key == "self_cycles" && want[0] != '[' { // the big files tell only how many
				got = len(p.SelfCycles)
			}
			switch {
			case ok:
				badCycles = appendDifference(badCycles, key, want, got)
			case !slices.Contains(otherJudgements, key):
				badTiers = append(badTiers, "nothing judges the key "+key)
			}
		}
		if len(p.Unknown) > 0 && c.expect["unknown"] == nil {
			badTiers = append(badTiers, "unknown ids that the case does not list")
		}
		for _, key := range c.asks {
			if !slices.Contains(requestKeys, key) {
				badTiers = append(badTiers, "nothing understands the request's "+key)
			}
		}
		tiers.judge(where, badTiers)
		cycles.judge(where, badCycles)
	})
	tiers.log()
	cycles.log()
}

func TestCorpusExplain(t *testing.T) {
	y := &tally{t: t, name: "explain"}
	planCases(t, func(c planCase) {
		raw := c.expect["explain"]
		if raw == nil {
			return
		}
		var want map[planner.ID][]planner.ID
		require.NoError(t, json.Unmarshal(raw, &want), c.name)
		p, err := c.graph.Plan(c.request)
		require.NoError(t, err, c.name)
		var bad []string
		for id, path := range want {
			x, err := p.Explain(id)
			if err != nil || !x.Affected || !slices.Equal(x.Path, path) {
				bad = append(bad, string(id)+": "+joined(x.Path, " ")+" instead of "+joined(path, " "))
			}
		}
		y.judge(c.file+" "+c.name, bad)
	})
	y.log()
}

// appendDifference compares by JSON value.
func appendDifference(bad []string, key string, want json.RawMessage, got any) []string {
	have, err := json.Marshal(got)
	var a, b any
	if err != nil || json.Unmarshal(want, &a) != nil || json.Unmarshal(have, &b) != nil || !jsonEqual(a, b) {
		return append(bad, key+": "+shorten(string(have))+" instead of "+shorten(string(want)))
	}
	return bad
}

func jsonEqual(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

func descending(list []int) {
	slices.Sort(list)
	slices.Reverse(list)
}

func shorten(s string) string {
	if len(s) > 200 {
		return s[:200] + "..."
	}
	return s
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func joined(ids []planner.ID, sep string) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(string(id))
	}
	return b.String()
}

func joinedAll(lists [][]planner.ID) string {
	lines := make([]string, len(lists))
	for i, l := range lists {
		lines[i] = joined(l, ",")
	}
	return strings.Join(lines, "\n")
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

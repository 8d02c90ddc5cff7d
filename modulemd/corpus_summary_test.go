// SPDX-License-Identifier: MIT

package modulemd_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

// defaultStreams returns the general default streams under "", and those of
// intents where they differ.
func defaultStreams(x *modulemd.Index) map[string]map[string]string {
	general := x.DefaultStreams("")
	out := map[string]map[string]string{"": general}
	for m := range x.Modules() {
		d := m.Defaults()
		if d == nil {
			continue
		}
		for intent := range d.Intents {
			if got := x.DefaultStreams(intent); !reflect.DeepEqual(got, general) {
				out[intent] = got
			}
		}
	}
	return out
}

func sameDocuments(mode string, want, got []map[string]any) (diffs []string) {
	if len(want) != len(got) {
		diffs = append(diffs, fmt.Sprintf("%s: %d documents, reference %d", mode, len(got), len(want)))
	}
	for i := range min(len(want), len(got)) {
		if !sameSummary(want[i], got[i]) {
			diffs = append(diffs, fmt.Sprintf("%s: document %d\n\t\t is %v\n\t\twant %v", mode, i, got[i], want[i]))
		}
	}
	return diffs
}

func sameSummary(want, got map[string]any) bool { return reflect.DeepEqual(want, got) }

// summaries describes the documents of an index as the golden set does.
func summaries(x *modulemd.Index, now modulemd.Minute) []map[string]any {
	var out []map[string]any
	for m := range x.Modules() {
		for d, err := range m.Documents() {
			if err != nil {
				out = append(out, map[string]any{"error": err.Error()})
				continue
			}
			out = append(out, normal(summary(m, d, now)))
		}
	}
	return out
}

// normal sends a summary through JSON, so that it compares with a recorded one.
func normal(m map[string]any) map[string]any {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var out map[string]any
	if err := dec.Decode(&out); err != nil {
		panic(err)
	}
	return out
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func minuteOrNil(m modulemd.Minute) any {
	if m == 0 {
		return nil
	}
	return uint64(m)
}

func keys[V any](m map[string]V) []string {
	out := []string{}
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func summary(m *modulemd.Module, d modulemd.Document, now modulemd.Minute) map[string]any {
	s := map[string]any{"kind": d.Kind().String(), "mdversion": 1, "name": d.ModuleName()}
	switch d := d.(type) {
	case *modulemd.Stream:
		s["mdversion"] = d.MDVersion
		s["stream"], s["version"], s["context"], s["arch"] = d.Stream, d.Version, orNil(d.Context), orNil(d.Arch)
		s["nsvc"], s["nsvca"] = d.NSVC().String(), d.NSVC().NSVCA()
		s["profiles"], s["api"], s["filters"], s["artifacts"] = keys(d.Profiles), len(d.API), len(d.Filter), len(d.Artifacts)
		s["rpm_components"], s["module_components"] = len(d.RPMs), len(d.Modules)
		if d.MDVersion == 2 {
			s["dependencies"], s["static_context"] = len(d.Dependencies), d.StaticContext
			if o := m.ObsoletesFor(d.Stream, d.Context, now.Time()); o != nil {
				s["obsoletes_resolved"] = map[string]any{"context": orNil(o.Context), "message": o.Message, "modified": uint64(o.Modified)}
			}
		}
	case *modulemd.Defaults:
		s["modified"] = d.Modified
		s["stream"] = nil
		if stream, ok := d.DefaultStream(""); ok {
			s["stream"] = stream
		}
		profiles := map[string][]string{}
		for stream, list := range d.Profiles {
			profiles[stream] = append([]string{}, list...)
		}
		s["profile_streams"] = profiles
	case *modulemd.Obsoletes:
		s["modified"], s["stream"], s["context"], s["message"] = uint64(d.Modified), d.Stream, orNil(d.Context), d.Message
		s["eol_date"], s["reset"], s["obsoleted_by"] = minuteOrNil(d.EOL), d.Reset, nil
		if by := d.ObsoletedBy; by != nil {
			s["obsoleted_by"] = []string{by.Module, by.Stream}
		}
	case *modulemd.Translations:
		s["stream"], s["modified"], s["locales"] = d.Stream, d.Modified, keys(d.Locales)
	}
	return s
}

// lateObsoletes takes out of our summaries what the reference does not tell:
// obsoletes for all contexts that stand before their stream in the input. It
// is wanted that their order does not matter.
func lateObsoletes(t *testing.T, input []byte, want, got []map[string]any) {
	before := map[string]bool{} // streams that obsoletes for all contexts were there before
	streams := map[string]bool{}
	for d := range modulemd.Read(t.Context(), bytes.NewReader(input), modulemd.Options{}) {
		switch d := d.(type) {
		case *modulemd.Obsoletes:
			if d.Context == "" && !streams[d.Module+":"+d.Stream] {
				before[d.Module+":"+d.Stream] = true
			}
		case *modulemd.Stream:
			streams[d.Name+":"+d.Stream] = true
		}
	}
	for i := range min(len(want), len(got)) {
		o, ok := got[i]["obsoletes_resolved"].(map[string]any)
		if !ok || want[i]["obsoletes_resolved"] != nil || o["context"] != nil {
			continue
		}
		if before[fmt.Sprint(got[i]["name"], ":", got[i]["stream"])] {
			delete(got[i], "obsoletes_resolved")
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// readMaybePacked reads a file that may be kept with .gz appended.
func readMaybePacked(t testing.TB, path string) []byte {
	t.Helper()
	if exists(path) && !strings.HasSuffix(path, ".gz") {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		return b
	}
	if !strings.HasSuffix(path, ".gz") {
		path += ".gz"
	}
	f, err := os.Open(path)
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	b, err := io.ReadAll(z)
	require.NoError(t, err)
	return b
}

// strictJSON decodes a sidecar and fails on what no judgement looks at.
func strictJSON(t testing.TB, path string, into any) {
	t.Helper()
	if err := decodeJSON(t, path, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func decodeJSON(t testing.TB, path string, into any) error {
	dec := json.NewDecoder(bytes.NewReader(readMaybePacked(t, path)))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	return dec.Decode(into)
}

func sameBytes(what string, want, got []byte) []string {
	if bytes.Equal(want, got) {
		return nil
	}
	w, g := strings.SplitAfter(string(want), "\n"), strings.SplitAfter(string(got), "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return []string{fmt.Sprintf("%s, line %d: %q, want %q", what, i+1, g[i], w[i])}
		}
	}
	return []string{fmt.Sprintf("%s: %d lines, want %d", what, cmp.Compare(len(g), 0)*len(g), len(w))}
}

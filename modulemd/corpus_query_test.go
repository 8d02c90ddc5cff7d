// SPDX-License-Identifier: MIT

package modulemd_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

// TestCorpusMerge judges merges by priority.
func TestCorpusMerge(t *testing.T) {
	dir := corpus(t)
	y := &tally{t: t, what: "merge/merge"}
	var cases []struct {
		Name                 string
		StrictDefaultStreams bool `json:"strict_default_streams"`
		Inputs               []struct {
			Priority int
			YAML     string
		}
		InputsLoadedOK []bool `json:"inputs_loaded_ok"`
		OK             bool
		Error          *refError
		Dump           string
		DumpError      *refError         `json:"dump_error"`
		DefaultStreams map[string]string `json:"default_streams"`
		Documents      []map[string]any
		Want           *struct {
			DefaultStreams string `json:"default_streams"`
			Why            string
		}
	}
	strictJSON(t, filepath.Join(dir, "merge", "merge.json"), &cases)
	for _, c := range cases {
		var diffs []string
		add := func(format string, args ...any) { diffs = append(diffs, fmt.Sprintf(format, args...)) }
		m := modulemd.Merger{StrictDefaultStreams: c.StrictDefaultStreams}
		for i, in := range c.Inputs {
			x, err := modulemd.Load(t.Context(), strings.NewReader(in.YAML), modulemd.Options{})
			if (err == nil) != c.InputsLoadedOK[i] {
				add("input %d loads %v: %v", i, err == nil, err)
			}
			m.Add(in.Priority, x)
		}
		x, err := m.Merge()
		switch {
		case (err == nil) != c.OK || (c.Error == nil) != c.OK:
			add("merges %v, reference %v: %v", err == nil, c.OK, err)
		case err != nil && !strings.Contains(fmt.Sprint(classesOf(err)), c.Error.Class):
			add("class %v, reference %s", classesOf(err), c.Error.Class)
		case err == nil:
			got := x.DefaultStreams("")
			// Where the record says that a conflict may also last, the dump
			// and the list of documents show the same choice.
			either := c.Want != nil && strings.HasPrefix(c.Want.DefaultStreams, "either empty") && len(got) == 0
			if either {
				break
			}
			if !reflect.DeepEqual(got, c.DefaultStreams) {
				add("default streams %v, reference %v", got, c.DefaultStreams)
			}
			diffs = append(diffs, sameDocuments("merged", c.Documents, summaries(x, modulemd.MinuteOf(time.Now())))...)
			dump, err := x.Format()
			if (err == nil) != (c.DumpError == nil) {
				add("dump: %v", err)
			}
			diffs = append(diffs, sameBytes("dump", []byte(c.Dump), dump)...)
		}
		y.judge(c.Name, diffs)
	}
	y.log()
}

func classesOf(err error) (out []string) {
	var f modulemd.Failures
	if asFailures(err, &f) {
		for _, e := range f {
			out = append(out, e.Class.String())
		}
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok && out == nil {
		for _, e := range j.Unwrap() {
			out = append(out, classesOf(e)...)
		}
	}
	return out
}

// TestCorpusDefaultsDirectory judges folders of defaults with overrides.
func TestCorpusDefaultsDirectory(t *testing.T) {
	dir := corpus(t)
	y := &tally{t: t, what: "merge/defaults_directory"}
	var cases []struct {
		Name           string
		Files          map[string]string
		Overrides      map[string]string
		Strict         bool
		Existing       *string
		OK             bool
		Error          *refError
		Dump           *string
		DumpError      *refError         `json:"dump_error"`
		DefaultStreams map[string]string `json:"default_streams"`
	}
	strictJSON(t, filepath.Join(dir, "merge", "defaults_directory.json"), &cases)
	folder := func(files map[string]string) fstest.MapFS {
		out := fstest.MapFS{}
		for name, text := range files {
			out[name] = &fstest.MapFile{Data: []byte(text)}
		}
		return out
	}
	for _, c := range cases {
		var diffs []string
		add := func(format string, args ...any) { diffs = append(diffs, fmt.Sprintf(format, args...)) }
		x := modulemd.NewIndex()
		if c.Existing != nil {
			require.NoError(t, x.Update(t.Context(), strings.NewReader(*c.Existing), modulemd.Options{}))
		}
		var err error
		if c.Overrides == nil {
			err = x.AddDefaults(t.Context(), folder(c.Files), nil, modulemd.Options{Strict: c.Strict})
		} else {
			err = x.AddDefaults(t.Context(), folder(c.Files), folder(c.Overrides), modulemd.Options{Strict: c.Strict})
		}
		if (err == nil) != c.OK || (c.Error == nil) != c.OK {
			add("loads %v, reference %v: %v", err == nil, c.OK, err)
		} else if err == nil {
			if got := x.DefaultStreams(""); !reflect.DeepEqual(got, c.DefaultStreams) {
				add("default streams %v, reference %v", got, c.DefaultStreams)
			}
			dump, err := x.Format()
			if (err == nil) != (c.DumpError == nil) {
				add("dump: %v", err)
			}
			if c.Dump != nil {
				diffs = append(diffs, sameBytes("dump", []byte(*c.Dump), dump)...)
			}
		}
		y.judge(c.Name, diffs)
	}
	y.log()
}

// TestCorpusSearch judges searches by part, by identity and by artifact.
func TestCorpusSearch(t *testing.T) {
	dir := corpus(t)
	y := &tally{t: t, what: "merge/search"}
	var cases []map[string]json.RawMessage
	strictJSON(t, filepath.Join(dir, "merge", "search.json"), &cases)
	indexes := map[string]*modulemd.Index{}
	for i, c := range cases {
		var input string
		var want []string
		require.NoError(t, json.Unmarshal(c["input"], &input))
		require.NoError(t, json.Unmarshal(c["result"], &want))
		x := indexes[input]
		if x == nil {
			path := filepath.Join(dir, "merge", input)
			if !exists(path) {
				path = filepath.Join(dir, "real", input)
			}
			x, _ = modulemd.Load(t.Context(), bytes.NewReader(readMaybePacked(t, path)), modulemd.Options{})
			indexes[input] = x
		}
		got := []string{}
		judged := 2
		for key, raw := range c {
			switch key {
			case "search_streams":
				judged++
				var parts []*string
				require.NoError(t, json.Unmarshal(raw, &parts))
				q := modulemd.Query{Name: deref(parts[0]), Stream: deref(parts[1]), Version: deref(parts[2]), Context: deref(parts[3]), Arch: deref(parts[4])}
				for _, b := range x.Search(q) {
					got = append(got, b.NSVC().NSVCA())
				}
			case "search_streams_by_nsvca_glob":
				judged++
				pattern := "*"
				if string(raw) != "null" {
					require.NoError(t, json.Unmarshal(raw, &pattern))
				}
				for _, b := range x.SearchNSVCA(pattern) {
					got = append(got, b.NSVC().NSVCA())
				}
			case "search_rpms":
				judged++
				var pattern string
				require.NoError(t, json.Unmarshal(raw, &pattern))
				streams, err := x.SearchRPMs(pattern)
				require.NoError(t, err)
				for _, s := range streams {
					got = append(got, s.NSVC().NSVCA())
				}
			}
		}
		var diffs []string
		if !slices.Equal(got, want) || judged != len(c) {
			diffs = append(diffs, fmt.Sprintf("%s\n\t got %v\n\twant %v", c, got, want))
		}
		y.judge(fmt.Sprintf("search %d", i), diffs)
	}
	y.log()
}

// TestCorpusDependsOn judges what lists of streams match.
func TestCorpusDependsOn(t *testing.T) {
	dir := corpus(t)
	y := &tally{t: t, what: "merge/depends_on"}
	var cases []struct {
		Streams              []string
		Ask                  string
		DependsOnStream      bool `json:"depends_on_stream"`
		BuildDependsOnStream bool `json:"build_depends_on_stream"`
		OtherModule          bool `json:"other_module"`
	}
	strictJSON(t, filepath.Join(dir, "merge", "depends_on.json"), &cases)
	for _, c := range cases {
		deps := map[string][]string{"mod": c.Streams}
		s := modulemd.Stream{Dependencies: []modulemd.Dependencies{{BuildRequires: deps, Requires: deps}}}
		var diffs []string
		if s.DependsOn("mod", c.Ask) != c.DependsOnStream || s.BuildDependsOn("mod", c.Ask) != c.BuildDependsOnStream ||
			s.DependsOn("other", c.Ask) != c.OtherModule || s.BuildDependsOn("other", c.Ask) != c.OtherModule {
			diffs = append(diffs, fmt.Sprintf("%+v", c))
		}
		y.judge(fmt.Sprintf("%v %s", c.Streams, c.Ask), diffs)
	}
	y.log()
}

// TestCorpusNEVRA judges which artifacts are allowed.
func TestCorpusNEVRA(t *testing.T) {
	dir := corpus(t)
	y := &tally{t: t, what: "merge/nevra"}
	var cases []struct {
		NEVRA string
		Valid bool
	}
	strictJSON(t, filepath.Join(dir, "merge", "nevra.json"), &cases)
	for _, c := range cases {
		var diffs []string
		if modulemd.ValidArtifact(c.NEVRA) != c.Valid {
			diffs = append(diffs, fmt.Sprintf("wanted %v", c.Valid))
		}
		y.judge(c.NEVRA, diffs)
	}
	y.log()
}

// TestCorpusEmit judges the bytes of a stream that has one text in every
// place where texts go.
func TestCorpusEmit(t *testing.T) {
	dir := corpus(t)
	y := &tally{t: t, what: "emit"}
	var cases []struct {
		S      string
		Dump   string
		Error  *refError
		Reload []bool `json:"reload_same_dump_summary_description_stream"`
	}
	strictJSON(t, filepath.Join(dir, "emit", "strings.json"), &cases)
	for _, c := range cases {
		var diffs []string
		s := streamWith(t, c.S)
		got, err := s.Format()
		if (err == nil) != (c.Error == nil) {
			diffs = append(diffs, fmt.Sprintf("writes %v: %v", err == nil, err))
		}
		diffs = append(diffs, sameBytes("dump", []byte(c.Dump), got)...)
		var reload []bool
		if again, err := modulemd.Parse("", got); err != nil {
			diffs = append(diffs, err.Error())
		} else {
			second, err := again.Format()
			reload = []bool{err == nil && bytes.Equal(second, got), again.Summary == c.S, again.Description == c.S, again.Stream == c.S}
		}
		if !slices.Equal(reload, c.Reload) {
			diffs = append(diffs, fmt.Sprintf("reloads %v, reference %v", reload, c.Reload))
		}
		y.judge(fmt.Sprintf("%q", c.S), diffs)
	}
	y.log()
}

// streamWith is the stream of the golden set's table of strings.
func streamWith(t testing.TB, text string) *modulemd.Stream {
	xmd, err := modulemd.NewValue(map[string]any{text: text, "n": []any{text}})
	require.NoError(t, err)
	empty, err := modulemd.ParseLax("", []byte("document: modulemd\nversion: 2\ndata:\n  name: mod\n  stream: ''\n  context: ''\n  summary: ''\n"+
		"  description: ''\n  license: {module: [x]}\n  references: {community: ''}\n  profiles: {'': {description: ''}}\n"+
		"  buildopts: {rpms: {macros: ''}}\n  components: {rpms: {'': {rationale: '', ref: ''}}}\n"))
	require.NoError(t, err)
	s := empty // remembers which keys are there, which matters for the empty string
	s.Stream, s.Context, s.Summary, s.Description = text, text, text, text
	s.ModuleLicenses, s.XMD = []string{text}, xmd
	s.Dependencies = []modulemd.Dependencies{{Requires: map[string][]string{text: {"v"}, "m": {text}}}}
	s.References.Community = text
	p := s.Profiles[""]
	p.Description, p.RPMs = text, []string{text}
	s.Profiles = map[string]modulemd.Profile{text: p}
	s.API = []string{text}
	s.BuildOpts.Macros, s.BuildOpts.Arches = text, []string{text}
	c := s.RPMs[""]
	c.Rationale, c.Ref, c.Arches = text, text, []string{text}
	s.RPMs = map[string]modulemd.RPMComponent{text: c}
	return s
}

// TestCorpusContext judges the hashes of published builds.
func TestCorpusContext(t *testing.T) {
	dir := corpus(t)
	y := &tally{t: t, what: "context"}
	var cases []struct {
		NSVC           string
		BuildRequires  map[string]string
		Requires       []map[string][]string
		BuildContext   string `json:"build_context"`
		RuntimeContext string `json:"runtime_context"`
		Context        string
	}
	strictJSON(t, filepath.Join(dir, "context", "vectors.json"), &cases)
	for _, c := range cases {
		var deps []modulemd.Dependencies
		for _, r := range c.Requires {
			deps = append(deps, modulemd.Dependencies{Requires: r})
		}
		got := modulemd.ComputeContexts(c.BuildRequires, deps)
		var diffs []string
		if want := (modulemd.Contexts{Build: c.BuildContext, Runtime: c.RuntimeContext, Context: c.Context}); got != want {
			diffs = append(diffs, fmt.Sprintf("got %+v, want %+v", got, want))
		}
		if n, err := modulemd.ParseNSVC(c.NSVC); err != nil || n.Context != got.Context || n.String() != c.NSVC {
			diffs = append(diffs, fmt.Sprintf("the identity %s is read as %+v: %v", c.NSVC, n, err))
		}
		y.judge(c.NSVC, diffs)
	}
	y.log()
}

// TestCorpusCompression judges that one document comes out of every packing,
// whatever the file is called.
func TestCorpusCompression(t *testing.T) {
	dir := filepath.Join(corpus(t), "compression")
	y := &tally{t: t, what: "compression"}
	plain, err := modulemd.LoadFile(t.Context(), filepath.Join(dir, "uncompressed"), modulemd.Options{})
	require.NoError(t, err)
	want, err := plain.Format()
	require.NoError(t, err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		var diffs []string
		info, err := e.Info()
		require.NoError(t, err)
		x, err := modulemd.LoadFile(t.Context(), filepath.Join(dir, e.Name()), modulemd.Options{})
		switch {
		case err != nil:
			diffs = append(diffs, err.Error())
		case info.Size() == 0:
			if x.Len() != 0 {
				diffs = append(diffs, "an empty file has modules")
			}
		default:
			got, err := x.Format()
			if err != nil {
				diffs = append(diffs, err.Error())
			}
			diffs = append(diffs, sameBytes("dump", want, got)...)
		}
		y.judge(e.Name(), diffs)
	}
	y.log()
}

// SPDX-License-Identifier: MIT

package modulemd_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

func TestTheZeroIndexIsReady(t *testing.T) {
	var x modulemd.Index
	assert.Equal(t, 0, x.Len())
	assert.Nil(t, x.Module("foo"))
	assert.Empty(t, x.DefaultStreams(""))
	require.NoError(t, x.Update(t.Context(), strings.NewReader(stream()), modulemd.Options{}))
	assert.Equal(t, 1, x.Len())
}

func TestAnIndexHoldsOneStreamPerIdentity(t *testing.T) {
	one := stream("version: 5", "context: c", "arch: x86_64")
	x, err := load(t, one+strings.Replace(one, "license: {module: [MIT]}", "license:\n    module:\n    - MIT", 1), modulemd.Options{})
	require.NoError(t, err, "the same again is no fault")
	assert.Len(t, x.Module("foo").Builds(), 1)
	for _, other := range []string{"summary: other", "xmd: {a: b}", "api: {rpms: [a]}", "components: {rpms: {a: {}}}"} {
		x, err = load(t, one+stream("version: 5", "context: c", "arch: x86_64", other), modulemd.Options{})
		assert.ErrorIs(t, err, modulemd.ErrValidate)
		assert.ErrorContains(t, err, "foo:latest:5:c:x86_64 is there already")
		s, _ := x.Module("foo").Builds()[0].Stream()
		assert.Equal(t, "s", s.Summary, "the first stays")
	}
	x = mustLoad(t, one+stream("version: 5", "context: c")+stream("version: 5")+stream())
	assert.Len(t, x.Module("foo").Builds(), 4, "what is absent matches nothing")
}

func TestStreamsOfAnIndexHaveOneVersion(t *testing.T) {
	v1 := strings.Replace(stream("dependencies: {requires: {a: 5.10}}", "eol: 2030-01-02"), "version: 2", "version: 1", 1)
	x := mustLoad(t, v1)
	assert.Equal(t, 1, x.StreamVersion())
	got, err := x.Format()
	require.NoError(t, err)
	assert.Contains(t, string(got), "version: 1\n")
	assert.Contains(t, string(got), "      a: 5.10\n")

	for name, text := range map[string]string{
		"a stream of version 2": v1 + strings.Replace(stream(), "foo", "bar", 1), "the other way round": strings.Replace(stream(), "foo", "bar", 1) + v1,
		"obsoletes": v1 + document("modulemd-obsoletes", "1", "modified: 2020-01-01T00:00Z", "module: foo", "stream: x", "message: m"),
	} {
		for _, o := range []modulemd.Options{{}, {Lazy: true}} {
			x, err := load(t, text, o)
			require.NoError(t, err)
			assert.Equal(t, 2, x.StreamVersion(), name)
			s, err := x.Module("foo").Builds()[0].Stream()
			require.NoError(t, err)
			assert.Equal(t, 2, s.MDVersion, name)
			assert.True(t, s.DependsOn("a", "5.10"))
			assert.Equal(t, 2030, s.ServiceLevels["rawhide"].EOL.Year())
		}
	}
}

func TestValuesSetByAProgramAreValidatedToo(t *testing.T) {
	good := func() *modulemd.Stream {
		return &modulemd.Stream{Name: "foo", Stream: "1", Summary: "s", Description: "d", ModuleLicenses: []string{"MIT"}}
	}
	require.NoError(t, good().Validate())
	for name, tt := range map[string]struct {
		path string
		set  func(*modulemd.Stream)
	}{
		"version":        {"data", func(s *modulemd.Stream) { s.MDVersion = 3 }},
		"summary":        {"data.summary", func(s *modulemd.Stream) { s.Summary = "" }},
		"description":    {"data.description", func(s *modulemd.Stream) { s.Description = "" }},
		"license":        {"data.license.module", func(s *modulemd.Stream) { s.ModuleLicenses = nil }},
		"static context": {"data.context", func(s *modulemd.Stream) { s.StaticContext, s.Context = true, "no-dash" }},
		"artifact":       {"data.artifacts.rpms", func(s *modulemd.Stream) { s.Artifacts = []string{"a-1-1.x"} }},
		"map": {"data.artifacts.rpm-map.sha256.00.nevra", func(s *modulemd.Stream) {
			s.RPMMap = map[string]map[string]modulemd.RPMMapEntry{"sha256": {"00": {Name: "a", Version: "1", Release: "1", Arch: "x", NEVRA: "b"}}}
		}},
		"order and after": {"data.components.rpms.a", func(s *modulemd.Stream) {
			s.RPMs = map[string]modulemd.RPMComponent{"a": {BuildOrder: 1, BuildAfter: []string{"b"}}, "b": {}}
		}},
		"order beside after": {"data.components.rpms.a.buildafter", func(s *modulemd.Stream) {
			s.RPMs = map[string]modulemd.RPMComponent{"a": {BuildAfter: []string{"b"}}, "b": {BuildOrder: 1}}
		}},
		"after nothing": {"data.components.rpms.a.buildafter", func(s *modulemd.Stream) {
			s.RPMs = map[string]modulemd.RPMComponent{"a": {BuildAfter: []string{"c"}}}
		}},
		"arch": {"data.components.rpms.a.arches", func(s *modulemd.Stream) {
			s.BuildOpts = &modulemd.BuildOpts{Arches: []string{"x86_64"}}
			s.RPMs = map[string]modulemd.RPMComponent{"a": {Arches: []string{"s390x"}}}
		}},
		"signs": {"data.dependencies[0].requires.p", func(s *modulemd.Stream) {
			s.Dependencies = []modulemd.Dependencies{{Requires: map[string][]string{"p": {"a", "-b"}}}}
		}},
		"version 1 with two streams": {"data.dependencies", func(s *modulemd.Stream) {
			s.MDVersion = 1
			s.Dependencies = []modulemd.Dependencies{{Requires: map[string][]string{"p": {"a", "b"}}}}
		}},
	} {
		s := good()
		tt.set(s)
		f := failures(t, s.Validate())
		assert.Equal(t, tt.path, f[0].Path, name)
		_, err := s.Format()
		assert.Error(t, err, name)
		assert.Error(t, modulemd.NewIndex().Add(s), name)
	}
	for name, d := range map[string]modulemd.Document{
		"stream without name": &modulemd.Stream{Stream: "1", Summary: "s", Description: "d", ModuleLicenses: []string{"MIT"}},
		"defaults":            &modulemd.Defaults{}, "translations": &modulemd.Translations{Module: "a", Stream: "b"},
		"obsoletes": &modulemd.Obsoletes{Module: "a", Stream: "b", Message: "c", Modified: 202013010000},
		"successor": &modulemd.Obsoletes{Module: "a", Stream: "b", Message: "c", Modified: 202012010000, ObsoletedBy: &modulemd.Successor{Module: "x"}},
		"reset":     &modulemd.Obsoletes{Module: "a", Stream: "b", Message: "c", Modified: 202012010000, Reset: true, EOL: 202012010000},
		"packager":  &modulemd.Packager{}, "nil": nil,
	} {
		assert.Error(t, modulemd.NewIndex().Add(d), name)
	}
}

func defaults(lines ...string) string {
	return document("modulemd-defaults", "1", append([]string{"module: foo"}, lines...)...)
}

func TestDefaultsOfIntents(t *testing.T) {
	d := mustLoad(t, defaults("stream: a", "profiles: {a: [p], b: []}", "intents: {server: {stream: b, profiles: {b: [q]}}, none: {stream: ''}, same: {}}")).Module("foo").Defaults()
	for intent, want := range map[string]string{"": "a", "server": "b", "same": "a", "unheard": "a"} {
		got, ok := d.DefaultStream(intent)
		assert.True(t, ok)
		assert.Equal(t, want, got, intent)
	}
	_, ok := d.DefaultStream("none")
	assert.False(t, ok)
	p, ok := d.DefaultProfiles("b", "server")
	assert.True(t, ok)
	assert.Equal(t, []string{"q"}, p)
	p, ok = d.DefaultProfiles("b", "")
	assert.True(t, ok)
	assert.Empty(t, p)
	_, ok = d.DefaultProfiles("c", "")
	assert.False(t, ok)
}

func TestMergingDefaults(t *testing.T) {
	for _, tt := range []struct {
		rule       string
		a, b       string
		strict     bool
		prioA      int
		want       string // default stream, "-" for none, "error"
		profilesOf string
		profiles   []string
	}{
		{"equal streams stay", defaults("stream: a"), defaults("stream: a"), true, 0, "a", "", nil},
		{"one side is enough", defaults(), defaults("stream: a"), true, 0, "a", "", nil},
		{"the newer wins", defaults("stream: a", "modified: 2"), defaults("stream: b", "modified: 1"), true, 0, "a", "", nil},
		{"a dated document wins", defaults("stream: a"), defaults("stream: b", "modified: 1"), true, 0, "b", "", nil},
		{"a conflict leaves none", defaults("stream: a"), defaults("stream: b"), false, 0, "-", "", nil},
		{"a conflict is an error in strict merging", defaults("stream: a"), defaults("stream: b"), true, 0, "error", "", nil},
		{"a higher level overrides", defaults("stream: a", "modified: 9"), defaults("stream: b"), true, -1, "b", "", nil},
		{"different profiles are always an error", defaults("profiles: {a: [x]}"), defaults("profiles: {a: [y]}"), false, 0, "error", "", nil},
		{"the newer profiles win", defaults("profiles: {a: [x]}", "modified: 2"), defaults("profiles: {a: [y]}"), false, 0, "-", "a", []string{"x"}},
		{"profiles of the lower level vanish", defaults("profiles: {a: [x]}"), defaults("stream: b"), false, -1, "b", "a", nil},
		{"different intents are always an error", defaults("intents: {i: {stream: a}}"), defaults("intents: {i: {stream: b}}"), false, 0, "error", "", nil},
	} {
		m := modulemd.Merger{StrictDefaultStreams: tt.strict}
		m.Add(tt.prioA, mustLoad(t, tt.a))
		m.Add(0, mustLoad(t, tt.b))
		x, err := m.Merge()
		if tt.want == "error" {
			assert.ErrorIs(t, err, modulemd.ErrValidate, tt.rule)
			continue
		}
		require.NoError(t, err, tt.rule)
		got, ok := x.Module("foo").DefaultStream("")
		if !ok {
			got = "-"
		}
		assert.Equal(t, tt.want, got, tt.rule)
		if tt.profilesOf != "" {
			p, _ := x.Module("foo").Defaults().DefaultProfiles(tt.profilesOf, "")
			assert.Equal(t, tt.profiles, p, tt.rule)
		}
	}
}

func TestAConflictLastsWithinItsLevel(t *testing.T) {
	var m modulemd.Merger
	for _, s := range []string{"a", "b", "a"} {
		m.Add(0, mustLoad(t, defaults("stream: "+s)))
	}
	x, err := m.Merge()
	require.NoError(t, err)
	assert.True(t, x.Module("foo").Defaults().Conflict())
	assert.Empty(t, x.DefaultStreams(""))
	m.Add(0, mustLoad(t, defaults("stream: c", "modified: 5")))
	x, err = m.Merge()
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"foo": "c"}, x.DefaultStreams(""), "until something newer speaks")
	m.Add(1, mustLoad(t, defaults("stream: d")))
	x, err = m.Merge()
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"foo": "d"}, x.DefaultStreams(""))
}

func TestMergingLeavesItsSourcesAlone(t *testing.T) {
	v1 := mustLoad(t, strings.Replace(stream(), "version: 2", "version: 1", 1))
	into := mustLoad(t, strings.Replace(stream(), "foo", "bar", 1))
	require.NoError(t, into.Merge(v1, modulemd.MergeOptions{}))
	assert.Equal(t, 1, v1.StreamVersion())
	s, _ := v1.Module("foo").Builds()[0].Stream()
	assert.Equal(t, 1, s.MDVersion)
	s, _ = into.Module("foo").Builds()[0].Stream()
	assert.Equal(t, 2, s.MDVersion)

	lazy, err := load(t, stream("version: 7"), modulemd.Options{Lazy: true})
	require.NoError(t, err)
	require.NoError(t, into.Merge(lazy, modulemd.MergeOptions{}))
	assert.Len(t, into.Module("foo").Builds(), 2)
	s, err = into.Module("foo").Latest("latest", "").Stream()
	require.NoError(t, err)
	assert.Equal(t, uint64(7), s.Version)
}

func TestFoldersOfDefaults(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	dir := fstest.MapFS{"a.yaml": file(defaults("stream: a")), "readme.txt": file("no YAML: ["), "sub.yaml/x": file("")}
	x := mustLoad(t, defaults("stream: old", "profiles: {old: [x]}"))
	require.NoError(t, x.AddDefaults(t.Context(), dir, nil, modulemd.Options{Strict: true}))
	assert.Equal(t, map[string]string{"foo": "a"}, x.DefaultStreams(""))
	over := fstest.MapFS{"z.yaml": file(defaults("stream: z"))}
	require.NoError(t, x.AddDefaults(t.Context(), dir, over, modulemd.Options{}))
	assert.Equal(t, map[string]string{"foo": "z"}, x.DefaultStreams(""))
	over["broken.yaml"] = file("a: [")
	err := x.AddDefaults(t.Context(), dir, over, modulemd.Options{Name: "modules.defaults.d"})
	assert.ErrorContains(t, err, "modules.defaults.d/broken.yaml")
	assert.Equal(t, map[string]string{"foo": "z"}, x.DefaultStreams(""), "nothing is half done")
}

func obsoletes(lines ...string) string {
	return document("modulemd-obsoletes", "1", append([]string{"module: foo", "stream: latest"}, lines...)...)
}

func TestTheLatestWordAboutTheEndCounts(t *testing.T) {
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ rule, text, want string }{
		{"nothing said", stream(), ""},
		{"the newest", obsoletes("modified: 2020-01-01T00:00Z", "message: new") + obsoletes("modified: 2019-01-01T00:00Z", "message: old"), "new"},
		{"not yet", obsoletes("modified: 2020-01-01T00:00Z", "message: m", "eol_date: 2025-01-01T00:01Z"), ""},
		{"from this minute on", obsoletes("modified: 2020-01-01T00:00Z", "message: m", "eol_date: 2025-01-01T00:00Z"), "m"},
		{"another context", obsoletes("modified: 2020-01-01T00:00Z", "message: m", "context: other"), ""},
		{"of equal ones that with a context", obsoletes("modified: 2020-01-01T00:00Z", "message: exact", "context: c") + obsoletes("modified: 2020-01-01T00:00Z", "message: all"), "exact"},
		{"a reset takes back", obsoletes("modified: 2020-01-01T00:00Z", "message: m") + obsoletes("modified: 2021-01-01T00:00Z", "message: r", "reset: true"), ""},
		{"the same thing at the same time is replaced", obsoletes("modified: 2020-01-01T00:00Z", "message: a") + obsoletes("modified: 2020-01-01T00:00Z", "message: b"), "b"},
	} {
		m := mustLoad(t, tt.text).Module("foo")
		got := ""
		if o := m.ObsoletesFor("latest", "c", now); o != nil {
			got = o.Message
		}
		assert.Equal(t, tt.want, got, tt.rule)
	}
}

func TestTimesOfObsoletes(t *testing.T) {
	for text, want := range map[string]modulemd.Minute{
		"2020-05-01T00:00Z": 202005010000, "2020-5-1T1:2Z": 202005010102, " 2020-02-30T23:59Z": 202002302359,
	} {
		got, ok := modulemd.ParseMinute(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got)
	}
	for _, text := range []string{"", "2020-05-01", "2020-05-01T00:00", "2020-05-01T00:00z", "2020-05-01 00:00Z", "2020-05-01T00:00:00Z",
		"2020-05-01T24:00Z", "2020-05-01T00:60Z", "2020-13-01T00:00Z", "2020-05-00T00:00Z", "20200-05-01T00:00Z", "2020-05-01T00:00Z ", "202005010000"} {
		_, ok := modulemd.ParseMinute(text)
		assert.False(t, ok, text)
	}
	at := time.Date(2020, 5, 1, 12, 30, 59, 0, time.FixedZone("", 3600))
	assert.Equal(t, "2020-05-01T11:30Z", modulemd.MinuteOf(at).String())
	assert.Equal(t, at.Truncate(time.Minute).UTC(), modulemd.MinuteOf(at).Time())
}

func TestSearching(t *testing.T) {
	x := mustLoad(t, stream("version: 1", "context: a", "arch: x86_64", "artifacts: {rpms: ['bash-0:1-1.x86_64']}", "components: {rpms: {bash: {}, zsh5: {name: zsh}}}")+
		stream("version: 2", "context: b")+strings.Replace(stream("context: '[x]'"), "latest", "10", 1))
	ids := func(builds []*modulemd.Build) (out []string) {
		for _, b := range builds {
			out = append(out, b.NSVC().NSVCA())
		}
		return out
	}
	assert.Equal(t, []string{"foo:10::[x]", "foo:latest:2:b", "foo:latest:1:a:x86_64"}, ids(x.Search(modulemd.Query{})), "the highest version first")
	assert.Equal(t, []string{"foo:latest:2:b"}, ids(x.Search(modulemd.Query{Stream: "l*[!x]", Version: "2"})))
	assert.Empty(t, x.Search(modulemd.Query{Arch: "*", Context: "b"}), "what is absent matches no pattern")
	assert.Equal(t, []string{"foo:10::[x]"}, ids(x.Search(modulemd.Query{Context: `\[x]`})))
	assert.Equal(t, []string{"foo:latest:1:a:x86_64", "foo:latest:2:b"}, ids(x.SearchNSVCA("foo:l?test:*")))
	for pattern, n := range map[string]int{"bash-*": 1, "*.src": 0} {
		streams, err := x.SearchRPMs(pattern)
		require.NoError(t, err)
		assert.Len(t, streams, n, pattern)
	}
	for component, n := range map[string]int{"bash": 1, "zsh": 1, "zsh5": 0, "ksh": 0} {
		streams, err := x.Containing(component)
		require.NoError(t, err)
		assert.Len(t, streams, n, component)
	}
	assert.Equal(t, []string{"10", "latest"}, x.Module("foo").StreamNames())
	assert.Equal(t, 1, x.RemoveStreams(modulemd.Query{Version: "2"}))
	assert.Len(t, x.Module("foo").Builds(), 2)
	assert.True(t, x.Remove("foo"))
	assert.False(t, x.Remove("foo"))
}

func TestIdentities(t *testing.T) {
	for text, want := range map[string]modulemd.NSVC{
		"a:b": {Name: "a", Stream: "b"}, "a:b:12:c": {Name: "a", Stream: "b", Version: 12, Context: "c"},
		"a:b::c:x86_64": {Name: "a", Stream: "b", Context: "c", Arch: "x86_64"},
	} {
		got, err := modulemd.ParseNSVC(text)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		if strings.Count(text, ":") != 3 {
			assert.Equal(t, text, got.NSVCA())
		}
	}
	for _, text := range []string{"", "a", "a:", ":b", "a:b:x", "a:b:+1", "a:b:1:c:d:e"} {
		_, err := modulemd.ParseNSVC(text)
		assert.ErrorIs(t, err, modulemd.ErrParse, text)
	}
	n, err := modulemd.ParseNEVRA("perl-libs-4:5.30-1.module+el8.x86_64")
	require.NoError(t, err)
	assert.Equal(t, modulemd.NEVRA{Name: "perl-libs", Epoch: 4, Version: "5.30", Release: "1.module+el8", Arch: "x86_64"}, n)
	assert.Equal(t, "perl-libs-4:5.30-1.module+el8.x86_64", n.String())
	for _, text := range []string{"a-1-1.x", "a-0:1.x", "-0:1-1.x", "a-x:1-1.x", "a-0:1-1", ""} {
		_, err := modulemd.ParseNEVRA(text)
		assert.ErrorIs(t, err, modulemd.ErrParse, text)
	}
}

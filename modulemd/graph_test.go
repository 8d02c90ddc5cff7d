// SPDX-License-Identifier: MIT

package modulemd_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

func batchText(batches []modulemd.Batch) string {
	var out []string
	for _, b := range batches {
		out = append(out, strings.Join(append(b.RPMs, b.Modules...), " "))
	}
	return strings.Join(out, " | ")
}

func TestBatchesFollowBuildorder(t *testing.T) {
	s := &modulemd.Stream{
		RPMs:    map[string]modulemd.RPMComponent{"c": {BuildOrder: 10}, "b": {}, "a": {}, "first": {BuildOrder: -1}},
		Modules: map[string]modulemd.ModuleComponent{"tools": {BuildOrder: 10}, "last": {BuildOrder: 11}},
	}
	got, err := s.Batches()
	require.NoError(t, err)
	assert.Equal(t, "first | a b | c tools | last", batchText(got))
	got, err = s.ExpandBatches(func(name string, _ modulemd.ModuleComponent) (*modulemd.Stream, error) {
		if name != "tools" {
			return nil, nil
		}
		return &modulemd.Stream{RPMs: map[string]modulemd.RPMComponent{"x": {BuildOrder: 10}, "y": {BuildOrder: 20}}}, nil
	})
	require.NoError(t, err)
	assert.Equal(t, "first | a b | c tools/x | tools/y | last", batchText(got), "an included module goes on from its batch")
	self := func(string, modulemd.ModuleComponent) (*modulemd.Stream, error) { return s, nil }
	_, err = s.ExpandBatches(self)
	assert.ErrorIs(t, err, modulemd.ErrInconsistent, "modules that include each other")
	got, err = new(modulemd.Stream).Batches()
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestBatchesFollowBuildafter(t *testing.T) {
	after := func(keys ...string) modulemd.RPMComponent { return modulemd.RPMComponent{BuildAfter: keys} }
	s := &modulemd.Stream{RPMs: map[string]modulemd.RPMComponent{"d": after("b", "c"), "b": after("a"), "c": after("a", "b"), "a": {}, "e": {}}}
	got, err := s.Batches()
	require.NoError(t, err)
	assert.Equal(t, "a e | b | c | d", batchText(got))
	s.RPMs["a"] = after("d")
	s.RPMs["f"] = after("d")
	_, err = s.Batches()
	assert.ErrorIs(t, err, modulemd.ErrInconsistent)
	assert.ErrorContains(t, err, "wait for each other: a, b, c, d", "and not what only follows them")
	s.RPMs = map[string]modulemd.RPMComponent{"a": after("a")}
	_, err = s.Batches()
	assert.ErrorIs(t, err, modulemd.ErrInconsistent)
	s.RPMs = map[string]modulemd.RPMComponent{"a": after("z")}
	_, err = s.Batches()
	assert.ErrorIs(t, err, modulemd.ErrValidate)
	s.RPMs = map[string]modulemd.RPMComponent{"k0": {}}
	for i := range 50_000 {
		s.RPMs[fmt.Sprintf("k%d", i+1)] = after(fmt.Sprintf("k%d", i))
	}
	got, err = s.Batches()
	require.NoError(t, err)
	assert.Len(t, got, 50_001, "chains of any length")
}

// world is an index of modules that need each other.
func world(t *testing.T) *modulemd.Index {
	mod := func(name, stream, version, requires string) string {
		return fmt.Sprintf("---\ndocument: modulemd\nversion: 2\ndata:\n  name: %s\n  stream: %s\n  version: %s\n  context: %s%s\n  summary: s\n  description: d\n"+
			"  license: {module: [MIT]}\n  dependencies:\n  - requires: %s\n", name, stream, version, stream, version, requires)
	}
	def := func(name, stream string) string {
		return document("modulemd-defaults", "1", "module: "+name, "stream: "+stream)
	}
	return mustLoad(t, mod("app", "1", "1", "{db: [old]}")+mod("app", "1", "2", "{db: [], platform: [el8]}")+mod("app", "2", "1", "{db: [new]}")+
		mod("db", "old", "1", "{platform: [el8]}")+mod("db", "new", "1", "{platform: [-el7]}")+mod("tool", "x", "1", "{db: [-new], nothere: []}")+
		mod("ui", "1", "1", "{app: ['2']}")+def("app", "1")+def("db", "old")+def("tool", "x")+def("ui", "1"))
}

func active(t *testing.T, x *modulemd.Index, sel modulemd.Selection) (streams string, leftOut map[string]string) {
	t.Helper()
	a, err := x.Active(sel)
	require.NoError(t, err)
	var out []string
	for m := range x.Modules() {
		if s := a.Streams[m.Name()]; s != nil {
			out = append(out, fmt.Sprintf("%s:%s:%d", s.Name, s.Stream, s.Version))
		}
	}
	return strings.Join(out, " "), a.LeftOut
}

func TestActiveStreams(t *testing.T) {
	x := world(t)
	got, left := active(t, x, modulemd.Selection{Platform: "el8"})
	assert.Equal(t, "app:1:2 db:old:1", got, "defaults, the highest version")
	assert.Equal(t, "nothere is needed, but there is no module nothere", left["tool"])
	assert.Equal(t, "app:[2] is needed, app:1 is active", left["ui"])

	got, _ = active(t, x, modulemd.Selection{Platform: "el8", Enabled: map[string]string{"ui": "1"}})
	assert.Equal(t, "app:2:1 db:new:1 ui:1:1", got, "an enabled stream pulls in what it requires")
	got, _ = active(t, x, modulemd.Selection{Platform: "el8", Enabled: map[string]string{"db": "new"}})
	assert.Equal(t, "app:1:2 db:new:1", got)
	got, left = active(t, x, modulemd.Selection{Platform: "el8", Disabled: []string{"db"}})
	assert.Empty(t, got)
	assert.Contains(t, left["app"], "module db is disabled")
	got, left = active(t, x, modulemd.Selection{Platform: "el7"})
	assert.Empty(t, got)
	assert.Equal(t, "it is not for platform:el7", left["db"])

	_, err := x.Active(modulemd.Selection{Enabled: map[string]string{"tool": "x"}})
	assert.ErrorIs(t, err, modulemd.ErrInconsistent)
	assert.ErrorContains(t, err, "tool:x cannot be active")
	_, err = x.Active(modulemd.Selection{Enabled: map[string]string{"app": "1"}, Disabled: []string{"app"}})
	assert.ErrorIs(t, err, modulemd.ErrInconsistent)
}

func TestDiff(t *testing.T) {
	v := func(version, ref, extra string) string {
		return stream("version: "+version, "context: c"+version, "arch: x86_64", "components: {rpms: {bash: {ref: "+ref+"}"+extra+"}}",
			"artifacts: {rpms: ['bash-0:"+version+"-1.x86_64']}")
	}
	from := mustLoad(t, v("1", "aaa", ", zsh: {}")+strings.Replace(stream(), "foo", "gone", 1)+defaults("stream: a", "profiles: {a: [p]}"))
	to := mustLoad(t, v("2", "bbb", ", ksh: {}")+strings.Replace(stream(), "foo", "new", 1)+defaults("stream: b", "profiles: {a: [q]}")+
		obsoletes("modified: 2020-01-01T00:00Z", "message: end"))
	got, err := modulemd.Diff(from, to)
	require.NoError(t, err)
	assert.Equal(t, []modulemd.Change{
		{Op: modulemd.Changed, Kind: modulemd.KindDefaults, Module: "foo", ID: "foo", Details: []string{"default stream a → b", "default profiles of a: [p] → [q]"}},
		{Op: modulemd.Added, Kind: modulemd.KindObsoletes, Module: "foo", ID: "foo:latest", Details: []string{"end"}},
		{Op: modulemd.Changed, Kind: modulemd.KindStream, Module: "foo", ID: "foo:latest:2:c2:x86_64", Was: "foo:latest:1:c1:x86_64", Details: []string{
			"component bash: aaa → bbb", "component ksh added", "component zsh removed", "artifacts: +bash-0:2-1.x86_64 -bash-0:1-1.x86_64"}},
		{Op: modulemd.Removed, Kind: modulemd.KindStream, Module: "gone", ID: "gone:latest"},
		{Op: modulemd.Added, Kind: modulemd.KindStream, Module: "new", ID: "new:latest"},
	}, got)
	got, err = modulemd.Diff(from, from)
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestPackagerDocumentsBecomeStreams(t *testing.T) {
	text := document("modulemd-packager", "3", "name: foo", "stream: 5.10", "summary: s", "description: d", "profiles: {p: {rpms: [a], default: true}}",
		"configurations:\n- {context: B, platform: f40, requires: {x: [1]}, buildopts: {arches: [x86_64]}}\n- {context: A, platform: f41, buildrequires: {platform: f99}}")
	doc, err := modulemd.ParsePackager([]byte(text), modulemd.Options{})
	require.NoError(t, err)
	p := doc.(*modulemd.Packager)
	s, err := p.ToStream()
	require.NoError(t, err)
	assert.Equal(t, []modulemd.Dependencies{
		{BuildRequires: map[string][]string{"platform": {"f41", "f99"}}, Requires: map[string][]string{"platform": {"f41"}}},
		{BuildRequires: map[string][]string{"platform": {"f40"}}, Requires: map[string][]string{"platform": {"f40"}, "x": {"1"}}},
	}, s.Dependencies, "in the order of contexts")
	assert.Empty(t, s.Context)
	assert.Nil(t, s.BuildOpts)
	assert.False(t, s.Profiles["p"].Default)
	x, err := p.ToIndex()
	require.NoError(t, err)
	assert.Len(t, x.Module("foo").Builds(), 2)
	profiles, _ := x.Module("foo").Defaults().DefaultProfiles("5.10", "")
	assert.Equal(t, []string{"p"}, profiles)
	_, ok := x.Module("foo").DefaultStream("")
	assert.False(t, ok)

	again, err := p.Format()
	require.NoError(t, err)
	doc, err = modulemd.ParsePackager(again, modulemd.Options{})
	require.NoError(t, err)
	twice, err := doc.Format()
	require.NoError(t, err)
	assert.Equal(t, string(again), string(twice))

	p.Name = ""
	_, err = p.ToIndex()
	assert.ErrorIs(t, err, modulemd.ErrMissing, "default profiles need a name")
	s, err = p.ToStream()
	require.NoError(t, err)
	out, err := s.Format()
	require.NoError(t, err)
	assert.NotContains(t, string(out), "name:", "placeholders are not written")
	for _, bad := range []string{"configurations: [{context: A, platform: x}, {context: A, platform: y}]", "configurations: [{context: a_b, platform: x}]",
		"configurations: [{context: A}]", "configurations: [{context: A, platform: x, requires: {m: [a, b]}}]", "bogus: x", "artifacts: {}"} {
		_, err := modulemd.ParsePackager([]byte(document("modulemd-packager", "3", bad)), modulemd.Options{})
		assert.Error(t, err, bad)
	}
	p.Configurations = nil
	_, err = p.ToStream()
	assert.ErrorIs(t, err, modulemd.ErrValidate)
}

func TestValues(t *testing.T) {
	v, err := modulemd.NewValue(map[string]any{"b": []any{"1", true, nil}, "a": map[string]string{"x": "y"}, "n": 5, "l": []string{}})
	require.NoError(t, err)
	assert.Equal(t, modulemd.ValueMap, v.Kind())
	assert.Equal(t, 4, v.Len())
	assert.Equal(t, map[string]any{"a": map[string]any{"x": "y"}, "b": []any{"1", true, ""}, "n": "5", "l": []any{}}, v.Any())
	s := &modulemd.Stream{Summary: "s", Description: "d", ModuleLicenses: []string{"x"}, XMD: v}
	text, err := s.Format()
	require.NoError(t, err)
	again, err := modulemd.Parse("", text)
	require.NoError(t, err)
	assert.True(t, again.XMD.Equal(v), "%s", text)
	inner, err := modulemd.NewValue(map[string]any{"copy": v.Get("a"), "none": modulemd.Value{}})
	require.NoError(t, err)
	assert.Equal(t, "y", inner.Get("copy", "x").Text())
	assert.True(t, v.Get("b", "x").IsZero())
	assert.Nil(t, modulemd.Value{}.Any())
	_, err = modulemd.NewValue(map[string]any{"f": 1.5})
	assert.ErrorIs(t, err, modulemd.ErrParse)
	loop := []any{nil}
	loop[0] = loop
	_, err = modulemd.NewValue(loop)
	assert.ErrorIs(t, err, modulemd.ErrLimit)
	other, _ := modulemd.NewValue(map[string]any{"b": []any{"1", false, nil}})
	assert.False(t, v.Equal(other))
}

func TestContexts(t *testing.T) {
	// The Module Build Service made this build, and these hashes, in 2018.
	c := modulemd.ComputeContexts(map[string]string{"platform": "f29"}, []modulemd.Dependencies{{Requires: map[string][]string{"platform": {"f29"}}}})
	assert.Equal(t, "ef25c801bb4d5799a1453bd2d5798d3a597b9061", c.Build)
	assert.Equal(t, "6c81f848", c.Context)
	s, err := modulemd.Parse("", []byte(stream("xmd: {mbs: {buildrequires: {platform: {stream: f29}}}}", "dependencies: [{requires: {platform: [f29]}}]")))
	require.NoError(t, err)
	got, ok := s.Contexts()
	assert.True(t, ok)
	assert.Equal(t, c, got)
	_, ok = new(modulemd.Stream).Contexts()
	assert.False(t, ok)
	assert.Equal(t, modulemd.ComputeContexts(nil, nil).Build, modulemd.BuildContextWithout(map[string]string{"platform": "f29"}, "platform"))
	odd := modulemd.ComputeContexts(map[string]string{"a\"\\\n\u00e9\U0001F600": "\x01"}, nil)
	assert.Len(t, odd.Build, 40)
}

// FuzzLoad checks that what can be read and written stays as it is.
func FuzzLoad(f *testing.F) {
	sample, err := os.ReadFile("testdata/sample.yaml")
	require.NoError(f, err)
	f.Add(sample)
	for _, doc := range bytes.SplitAfter(sample, []byte("\n---\n")) {
		f.Add(doc)
	}
	f.Add([]byte(stream("xmd: {a: \"\\x00\\u2028\\u0085 \\t\", 'b: c': '#'}")))
	f.Add([]byte(document("modulemd-packager", "3", "configurations: [{context: A, platform: x}]")))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := modulemd.Options{MaxSize: 1 << 20, Workers: 1, Recover: true}
		x, _ := modulemd.Load(t.Context(), bytes.NewReader(data), o)
		first, err := x.Format()
		if err == nil {
			again, err := modulemd.Load(t.Context(), bytes.NewReader(first), modulemd.Options{Strict: true})
			require.NoError(t, err, "%s", first)
			second, err := again.Format()
			require.NoError(t, err)
			require.Equal(t, string(first), string(second))
		} else if x.Len() > 0 {
			t.Fatalf("read but not written: %v", err)
		}
		for s, err := range x.Streams() {
			require.NoError(t, err)
			s.Batches()
			s.Contexts()
		}
		if doc, err := modulemd.ParsePackager(data, o); err == nil {
			if p, ok := doc.(*modulemd.Packager); ok {
				p.ToIndex()
				p.ToStream()
				_, err := p.Format()
				require.NoError(t, err)
			}
		}
		lazy, _ := modulemd.Load(t.Context(), bytes.NewReader(data), modulemd.Options{Lazy: true, Workers: 1})
		lazy.Format()
	})
}

// FuzzText checks that every text survives in every place.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", " ", "a b", "1.10", "a: b", "# x", "\n", "a\n\n", " a\n  b \n", "\t", "\x00", "\u0085", "\u2028x", "é\U0001F600", "---", "'\"\\", "- x", strings.Repeat("word ", 40) + "\n" + strings.Repeat("x", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := streamWith(t, text)
		got, err := s.Format()
		if !utf8.ValidString(text) {
			require.ErrorIs(t, err, modulemd.ErrValidate)
			return
		}
		require.NoError(t, err)
		again, err := modulemd.Parse("", got)
		require.NoError(t, err, "%s", got)
		require.True(t, again.Equal(s), "%q is read as %q from\n%s", text, again.Summary, got)
	})
}

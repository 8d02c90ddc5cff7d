// SPDX-License-Identifier: MIT

package modulemd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/modulemd"
)

// stream returns a modulemd document with more lines in its data.
func stream(lines ...string) string {
	return "---\ndocument: modulemd\nversion: 2\ndata:\n  name: foo\n  stream: latest\n  summary: s\n  description: d\n  license: {module: [MIT]}\n" +
		indent(lines) + "...\n"
}

func document(kind, version string, lines ...string) string {
	return "---\ndocument: " + kind + "\nversion: " + version + "\ndata:\n" + indent(lines) + "...\n"
}

func indent(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("  " + strings.ReplaceAll(l, "\n", "\n  ") + "\n")
	}
	return b.String()
}

func load(t testing.TB, text string, o modulemd.Options) (*modulemd.Index, error) {
	t.Helper()
	return modulemd.Load(t.Context(), strings.NewReader(text), o)
}

func mustLoad(t testing.TB, text string) *modulemd.Index {
	t.Helper()
	x, err := load(t, text, modulemd.Options{})
	require.NoError(t, err)
	return x
}

func failures(t testing.TB, err error) modulemd.Failures {
	t.Helper()
	var f modulemd.Failures
	require.ErrorAs(t, err, &f)
	return f
}

func TestTheSampleIsWrittenInTheFormOfTheReference(t *testing.T) {
	x, err := modulemd.LoadFile(t.Context(), "testdata/sample.yaml", modulemd.Options{Strict: true})
	require.NoError(t, err)
	got, err := x.Format()
	require.NoError(t, err)
	golden.Compare(t, "testdata/sample.golden", got)
	again, err := mustLoad(t, string(got)).Format()
	require.NoError(t, err)
	assert.Equal(t, string(got), string(again), "a dump is a fixed point")
}

func TestTheSampleIsTyped(t *testing.T) {
	x, err := modulemd.LoadFile(t.Context(), "testdata/sample.yaml", modulemd.Options{})
	require.NoError(t, err)
	s, err := x.Module("perl").Builds()[0].Stream()
	require.NoError(t, err)
	assert.Equal(t, "5.10", s.Stream, "a stream is text")
	assert.Equal(t, "perl:5.10:20240102030405:8d5f9f2e", s.NSVC().String())
	assert.Equal(t, []string{"Artistic-1.0", "GPL-1.0-or-later"}, s.ContentLicenses)
	assert.Equal(t, time.Date(2030, 5, 1, 0, 0, 0, 0, time.UTC), s.ServiceLevels["stable_api"].EOL)
	assert.Equal(t, []string{"f39", "f40"}, s.Dependencies[0].BuildRequires["platform"])
	assert.Equal(t, int64(-1), s.RPMs["perl-macros"].BuildOrder)
	assert.True(t, s.RPMs["perl-macros"].BuildOnly)
	assert.Equal(t, uint64(4), s.RPMMap["sha256"]["0a1b"].Epoch)
	assert.Equal(t, []string{"perl", "perl-core"}, s.API, "a list is a set")
	assert.Equal(t, []string{"perl-interpreter"}, s.Profiles["minimal"].RPMs, "one text is a list of one")
	assert.Equal(t, "f40", s.XMD.Get("mbs", "buildrequires", "platform", "stream").Text())
	assert.True(t, s.XMD.Get("mbs", "mse").Bool())
	summary, description := x.Module("perl").Translations("5.10").Localize(s, "de")
	assert.Equal(t, "Praktische Sprache zum Extrahieren und Berichten", summary)
	assert.Equal(t, s.Description, description)
}

func TestFaultsSayWhereTheyAre(t *testing.T) {
	text := stream() + "# comment\n" + stream(
		"components:\n  rpms:\n    bar:\n      buildorder: soon\n      naïve: yes",
		"api: [x]",
		"artifacts: {rpms: [good-0:1-1.noarch, bad]}",
		"dependencies:\n- requires: {a: [b]}\n- requires:\n    platform: [f1, -f2]",
		"xmd: {? [a] : b}",
	)
	x, err := load(t, text, modulemd.Options{Name: "modules.yaml", Strict: true})
	var got []string
	for _, e := range failures(t, err) {
		got = append(got, strings.TrimPrefix(e.Error(), "modulemd: "))
		assert.Equal(t, 2, e.Document)
	}
	assert.Equal(t, []string{
		`modules.yaml:24:21: data.components.rpms.bar.buildorder: "soon" is no whole number of 64 bits`,
		`modules.yaml:25:9: data.components.rpms.bar.naïve: unknown key`,
		`modules.yaml:26:8: data.api: a mapping expected, got a list`,
		`modules.yaml:27:41: data.artifacts.rpms[1]: "bad" is not of the form name-epoch:version-release.arch`,
		`modules.yaml:31:17: data.dependencies[1].requires.platform: a list cannot both name streams and exclude streams`,
		`modules.yaml:32:11: data.xmd: a key must be text, not a collection`,
	}, got)
	assert.Equal(t, 1, x.Len(), "the good document is there")
	assert.ErrorIs(t, err, modulemd.ErrUnknownKey)
	assert.ErrorIs(t, err, modulemd.ErrValidate)
	assert.NotErrorIs(t, err, modulemd.ErrUnparseable)
}

func TestColumnsCountCharacters(t *testing.T) {
	_, err := load(t, stream(`"ключ": {a: b}`), modulemd.Options{Strict: true})
	assert.Equal(t, 3, failures(t, err)[0].Column)
	_, err = load(t, stream("static_context: да", "profiles: {ü: {description: x, rpms: x}, é: [x]}"), modulemd.Options{})
	f := failures(t, err)
	assert.Equal(t, 19, f[0].Column)
	assert.Equal(t, "data.profiles.é", f[1].Path)
	assert.Equal(t, 47, f[1].Column)
}

func TestUnknownKeysAreKeptInLenientReading(t *testing.T) {
	text := stream("bogus: {a: [1, TRUE]}", "components: {rpms: {x: {preserve: me}}}")
	s, err := modulemd.ParseLax("foo.yaml", []byte(text))
	require.NoError(t, err)
	require.Len(t, s.Unknown, 2)
	assert.Equal(t, "data.bogus", s.Unknown[0].Path)
	assert.Equal(t, 10, s.Unknown[0].Line)
	assert.Equal(t, map[string]any{"a": []any{"1", true}}, s.Unknown[0].Value.Any())
	assert.Equal(t, "data.components.rpms.x.preserve", s.Unknown[1].Path)
	_, err = modulemd.Parse("foo.yaml", []byte(text))
	assert.Len(t, failures(t, err), 2)
	assert.ErrorIs(t, err, modulemd.ErrUnknownKey)
}

func TestScalarsAreText(t *testing.T) {
	for _, s := range []string{"1.10", "5.30", "010", "0x10", "1e3", "on", "yes", "~", "null", "2019-01-01", "-1", ".5", "1_000", "!!int 5", "!!binary aGk="} {
		text := strings.Replace(stream(), "latest", s, 1)
		want := strings.TrimPrefix(strings.TrimPrefix(s, "!!int "), "!!binary ")
		p, err := modulemd.Parse("", []byte(text))
		require.NoError(t, err, s)
		assert.Equal(t, want, p.Stream)
	}
}

func TestNumbersHaveOneGrammar(t *testing.T) {
	for text, want := range map[string]uint64{"42": 42, `" 42"`: 42, "+42": 42, "007": 7, "18446744073709551615": 1<<64 - 1} {
		s, err := modulemd.Parse("", []byte(stream("version: "+text)))
		require.NoError(t, err, text)
		assert.Equal(t, want, s.Version)
	}
	for _, text := range []string{`"42 "`, "-1", "1.0", "0x10", "1_000", "abc", `""`, "18446744073709551616", "+", "[1]"} {
		_, err := modulemd.Parse("", []byte(stream("version: "+text)))
		assert.Error(t, err, text)
	}
}

func TestAnOverflowedBuildorderIsReadWhenAsked(t *testing.T) {
	text := stream("components: {rpms: {a: {buildorder: 18446744073709551615}, b: {buildorder: 9223372036854775807}}}")
	_, err := load(t, text, modulemd.Options{})
	assert.ErrorIs(t, err, modulemd.ErrParse)
	x, err := load(t, text, modulemd.Options{AcceptOverflowedBuildorder: true})
	require.NoError(t, err)
	s, _ := x.Module("foo").Builds()[0].Stream()
	assert.Equal(t, int64(-1), s.RPMs["a"].BuildOrder)
	assert.Equal(t, int64(1<<63-1), s.RPMs["b"].BuildOrder)
	_, err = load(t, strings.Replace(text, "9223372036854775807", "18446744073709551614", 1), modulemd.Options{AcceptOverflowedBuildorder: true})
	assert.Error(t, err, "exactly one value is meant")
}

func TestAliasesAreRefused(t *testing.T) {
	for _, lines := range []string{"xmd: {a: &x b, c: *x}", "api: {rpms: [&x a, *x]}", "xmd: {a: &x {b: c}, d: {<<: *x}}", "xmd: *nope"} {
		_, err := load(t, stream(lines), modulemd.Options{})
		assert.Error(t, err, lines)
	}
	s, err := modulemd.Parse("", []byte(stream("xmd: {a: &x b, <<: text}")))
	require.NoError(t, err, "an anchor alone is harmless, as is the key")
	assert.Equal(t, "text", s.XMD.Get("<<").Text())
}

func TestDirectivesAndMarkers(t *testing.T) {
	body := strings.TrimPrefix(stream(), "---\n")
	for name, text := range map[string]string{
		"YAML 1.1": "%YAML 1.1\n---\n" + body, "YAML 1.2": "%YAML 1.2\n---\n" + body, "TAG": "%TAG !e! tag:example.com,2000:\n---\n" + body,
		"none": body, "byte order mark": "\ufeff---\n" + body, "CRLF": strings.ReplaceAll("---\n"+body, "\n", "\r\n"),
		"JSON": `{"document": "modulemd", "version": 2, "data": {"name": "foo", "stream": "latest", "summary": "s", "description": "d", "license": {"module": ["MIT"]}}}`,
	} {
		x, err := load(t, text, modulemd.Options{Strict: true})
		require.NoError(t, err, name)
		assert.Equal(t, 1, x.Len(), name)
	}
	for name, text := range map[string]string{"YAML 2": "%YAML 2.0\n---\n" + body, "unknown": "%FOO\n---\n" + body[:0], "no document": "%YAML 1.1\n"} {
		_, err := load(t, text, modulemd.Options{})
		assert.Error(t, err, name)
	}
	x, err := load(t, "# nothing\n\n", modulemd.Options{})
	require.NoError(t, err, "a file without documents is fine")
	_, err = x.Format()
	assert.ErrorIs(t, err, modulemd.ErrValidate, "but cannot be written")
}

func TestBadHeadersDoNotEndTheReading(t *testing.T) {
	for name, bad := range map[string]string{
		"null": "---\n...\n", "scalar": "--- text\n", "list": "---\n- a\n", "kind": document("modulemd-toys", "1", "a: b"),
		"no version": "---\ndocument: modulemd\ndata: {}\n", "version 0": document("modulemd", "0", "a: b"), "version 3": document("modulemd", "3", "a: b"),
		"twice": "---\ndocument: modulemd\ndocument: modulemd\nversion: 2\ndata: {}\n", "no data": "---\ndocument: modulemd\nversion: 2\n",
		"hexadecimal": document("modulemd", "0x2", "a: b"), "defaults 2": document("modulemd-defaults", "2", "module: a"),
		"obsoletes 2": document("modulemd-obsoletes", "2", "a: b"), "packager": document("modulemd-packager", "3", "name: a"),
	} {
		x, err := load(t, stream()+bad+strings.Replace(stream(), "foo", "bar", 1), modulemd.Options{})
		f := failures(t, err)
		assert.Equal(t, 1, f.Documents(), name)
		assert.Equal(t, 2, f[0].Document, name)
		assert.Equal(t, 2, x.Len(), name)
	}
}

func TestTextThatIsNoYAMLEndsTheReadingUnlessToldToRecover(t *testing.T) {
	for name, bad := range map[string]string{
		"indentation": "---\na: b\n  c: d\n", "quote": "---\na: \"b\n", "tab": "---\na:\n\t- b\n", "control character": "---\na: \x01\n",
		"NUL": "---\na: b\x00\n", "UTF-8": "---\na: \xff\n", "undefined alias": "---\na: *b\n", "stray text": "...\nstray\n",
	} {
		text := stream() + bad + strings.Replace(stream(), "foo", "bar", 1)
		x, err := load(t, text, modulemd.Options{})
		assert.ErrorIs(t, err, modulemd.ErrUnparseable, name)
		assert.Equal(t, 1, x.Len(), name)
		assert.Greater(t, failures(t, err)[0].Line, 9, name)
		x, err = load(t, text, modulemd.Options{Recover: true})
		assert.ErrorIs(t, err, modulemd.ErrUnparseable, name)
		assert.Equal(t, 2, x.Len(), name)
	}
}

func TestLimits(t *testing.T) {
	deep := "xmd: " + strings.Repeat("[", 600) + strings.Repeat("]", 600)
	_, err := load(t, stream("xmd: {a: "+deep[5:]+"}"), modulemd.Options{})
	assert.ErrorIs(t, err, modulemd.ErrLimit)
	_, err = load(t, stream("xmd: {a: "+strings.Repeat("[", 500)+strings.Repeat("]", 500)+"}"), modulemd.Options{})
	assert.NoError(t, err)
	x, err := load(t, stream()+stream("xmd: "+strings.Repeat("x", 100_000)), modulemd.Options{MaxDocument: 50_000})
	assert.ErrorIs(t, err, modulemd.ErrLimit)
	assert.Equal(t, 1, x.Len(), "what came before is there")
	_, err = load(t, stream(), modulemd.Options{MaxSize: 20})
	assert.ErrorIs(t, err, modulemd.ErrLimit)
	_, err = load(t, strings.Repeat("---\n", 5000), modulemd.Options{MaxFailures: 7})
	assert.Len(t, failures(t, err), 7)
	_, err = load(t, stream(strings.Split(strings.Repeat("x: y\n", 50), "\n")...), modulemd.Options{Strict: true, MaxFailures: 7})
	assert.Len(t, failures(t, err), 7)
}

func TestHostileInputCostsNoMoreThanItsSize(t *testing.T) {
	r := strings.Repeat
	for name, lines := range map[string]string{
		"brackets": "xmd: " + r("[", 300_000), "braces": "xmd: " + r("{a: ", 100_000), "comments": "xmd: !x y\n" + r("# c\n", 100_000),
		"keys": r("key: value\n", 50_000), "questions": "xmd:\n  " + r("? ", 200_000), "dashes": "xmd:\n  a:\n  " + r("- ", 200_000),
		"colons": "xmd: " + r("a: ", 200_000), "aliases": "xmd:\n  x: &a b\n" + r("  a: *a\n", 50_000), "tags": "xmd:\n" + r("  a: !a b\n", 50_000),
		"lines": "xmd: " + r("word\n    ", 100_000), "flow": "xmd: {a: [" + r("a, ", 200_000) + "]}", "bad artifacts": "artifacts: {rpms: [" + r("bad, ", 50_000) + "]}",
		"long key": r("k", 500_000) + ": v", "quotes": "xmd: '" + r("''", 200_000) + "'",
	} {
		x, err := load(t, stream(lines), modulemd.Options{})
		if err == nil {
			_, err = x.Format()
			assert.NoError(t, err, name)
		}
	}
}

func TestReadYieldsDocumentsAndFaultsInOrder(t *testing.T) {
	text := stream() + document("modulemd-toys", "1", "a: b") + document("modulemd-packager", "3", "name: a") + document("modulemd-defaults", "1", "module: foo")
	var got []string
	for d, err := range modulemd.Read(t.Context(), strings.NewReader(text), modulemd.Options{}) {
		if err != nil {
			got = append(got, "error")
			continue
		}
		got = append(got, d.Kind().String()+" "+d.ModuleName())
	}
	assert.Equal(t, []string{"modulemd foo", "error", "modulemd-packager a", "modulemd-defaults foo"}, got)
	for range modulemd.Read(t.Context(), strings.NewReader(strings.Repeat(text, 1000)), modulemd.Options{}) {
		break // and nothing leaks
	}
}

func TestReadingStopsWhenTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range modulemd.Read(ctx, strings.NewReader(strings.Repeat(stream(), 20_000)), modulemd.Options{}) {
		if last = err; err == nil {
			n++
		}
		if n == 10 {
			cancel()
		}
	}
	assert.ErrorIs(t, last, context.Canceled)
	assert.Less(t, n, 20_000)
}

func TestTheResultDoesNotDependOnWorkersOrLaziness(t *testing.T) {
	data := generated(60)
	data = append(data, document("modulemd-toys", "1", "a: b")...)
	data = append(data, stream("bogus: x")...)
	var want []byte
	var wantErr string
	for _, o := range []modulemd.Options{{Workers: 1}, {Workers: 2}, {Workers: 7}, {Lazy: true}, {Lazy: true, Workers: 5}} {
		x, err := modulemd.Load(t.Context(), bytes.NewReader(data), o)
		require.Error(t, err)
		got, ferr := x.Format()
		require.NoError(t, ferr)
		if want == nil {
			want, wantErr = got, err.Error()
		}
		assert.Equal(t, string(want), string(got), "%+v", o)
		assert.Equal(t, wantErr, err.Error(), "%+v", o)
	}
}

func TestALazyIndexFindsFaultsLate(t *testing.T) {
	x, err := load(t, stream("api: [x]"), modulemd.Options{Lazy: true, Name: "m.yaml"})
	require.NoError(t, err)
	b := x.Module("foo").Builds()[0]
	assert.Equal(t, "foo:latest:0", b.NSVC().String())
	_, err = b.Stream()
	assert.ErrorIs(t, err, modulemd.ErrParse)
	assert.ErrorContains(t, err, "m.yaml:10:8: data.api")
	_, err = x.Format()
	assert.Error(t, err)
	_, err = load(t, strings.Replace(stream(), "  stream: latest\n", "", 1), modulemd.Options{Lazy: true})
	assert.ErrorIs(t, err, modulemd.ErrMissing, "identities are checked")
}

func TestPackedFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	path := dir + "/modules.yaml.gz"
	require.NoError(t, os.WriteFile(path, []byte{}, 0o600))
	_, err := modulemd.LoadFile(t.Context(), path, modulemd.Options{})
	assert.ErrorContains(t, err, "modules.yaml.gz: gzip: truncated after 0 bytes")
	assert.ErrorIs(t, err, modulemd.ErrUnparseable)
	lost := errors.New("connection lost")
	x, err := modulemd.Load(t.Context(), io.MultiReader(strings.NewReader(stream()+"---\n"), iotest.ErrReader(lost)), modulemd.Options{})
	assert.ErrorIs(t, err, lost)
	assert.Equal(t, 1, x.Len())
	_, err = modulemd.LoadFile(t.Context(), dir+"/none", modulemd.Options{})
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = load(t, "\x1f\x8b\x08broken", modulemd.Options{})
	assert.Error(t, err)
}

func TestParseWantsExactlyOneStream(t *testing.T) {
	_, err := modulemd.Parse("f.yaml", []byte(stream()+stream()))
	assert.ErrorContains(t, err, "f.yaml:11:1: only one document expected")
	_, err = modulemd.Parse("f.yaml", nil)
	assert.ErrorIs(t, err, modulemd.ErrMissing)
	_, err = modulemd.Parse("f.yaml", []byte(document("modulemd-defaults", "1", "module: a")))
	assert.ErrorIs(t, err, modulemd.ErrParse)
}

func TestErrorsOfLoadAreFoundByClass(t *testing.T) {
	_, err := load(t, strings.Replace(stream(), "  summary: s\n", "", 1), modulemd.Options{Name: "x"})
	var e *modulemd.Error
	require.True(t, errors.As(err, &e))
	assert.Equal(t, modulemd.ClassMissing, e.Class)
	assert.Equal(t, "data.summary", e.Path)
	assert.Equal(t, 5, e.Line, "of the mapping that lacks it")
	text, _ := e.Class.MarshalText()
	var c modulemd.Class
	require.NoError(t, c.UnmarshalText(text))
	assert.Equal(t, e.Class, c)
	assert.Equal(t, "Class(99)", modulemd.Class(99).String())
	assert.Error(t, c.UnmarshalText([]byte("NONE")))
}

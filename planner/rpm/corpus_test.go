// SPDX-License-Identifier: MIT

package rpm_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

func corpus(t *testing.T, name string, into any) {
	t.Helper()
	base := golden.Corpus(t)
	data, err := os.ReadFile(filepath.Join(base, "planner", name))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, into))
}

func TestCorpusEVR(t *testing.T) {
	var f struct {
		VersionCompare [][3]any `json:"version_compare"`
		EVRCompare     [][3]any `json:"evr_compare"`
		Overlap        [][3]any `json:"overlap"`
	}
	corpus(t, "rpm-evr.json", &f)
	differ := 0
	fail := func(kind string, c [3]any, got any) {
		differ++
		t.Errorf("%s %v: got %v", kind, c, got)
	}
	for _, c := range f.VersionCompare {
		if got := rpm.CompareVersions(c[0].(string), c[1].(string)); float64(got) != c[2] {
			fail("version", c, got)
		}
	}
	for _, c := range f.EVRCompare {
		a, err := rpm.ParseEVR(c[0].(string))
		require.NoError(t, err)
		b, err := rpm.ParseEVR(c[1].(string))
		require.NoError(t, err)
		if got := a.Compare(b); float64(got) != c[2] {
			fail("evr", c, got)
		}
	}
	for _, c := range f.Overlap {
		p, err := rpm.ParseRelation(c[0].(string))
		require.NoError(t, err)
		r, err := rpm.ParseRelation(c[1].(string))
		require.NoError(t, err)
		if got := r.Match(p); got != c[2] {
			fail("overlap", c, got)
		}
	}
	t.Logf("corpus planner/rpm-evr: %d cases, %d differ", len(f.VersionCompare)+len(f.EVRCompare)+len(f.Overlap), differ)
}

// member is a package of the corpus' universe.
type member []rpm.Relation

func (m member) Satisfies(r rpm.Relation) bool {
	return slices.ContainsFunc(m, r.MatchVersioned)
}

func TestCorpusRich(t *testing.T) {
	var f struct {
		Universe map[string][]string `json:"universe"`
		Cases    []struct {
			Dep         string   `json:"dep"`
			SatisfiedBy []string `json:"satisfied_by"`
		} `json:"cases"`
	}
	corpus(t, "rpm-rich.json", &f)
	var names []string
	for name := range f.Universe {
		names = append(names, name)
	}
	sort.Strings(names)
	members := map[string]member{}
	for name, row := range f.Universe {
		for i, text := range row {
			if i == 0 {
				text = name + " = " + text + "-1"
			}
			r, err := rpm.ParseRelation(text)
			require.NoError(t, err)
			members[name] = append(members[name], r)
		}
	}
	differ := 0
	for _, c := range f.Cases {
		d, err := rpm.Parse(c.Dep)
		var got []string
		for bits := range 1 << len(names) {
			set, installed := "", []member{}
			for i, n := range names {
				if bits&(1<<i) != 0 {
					set += n
					installed = append(installed, members[n])
				}
			}
			if err == nil && d.Satisfied(func(match func(rpm.Provider) bool) bool {
				return slices.ContainsFunc(installed, func(m member) bool { return match(m) })
			}) {
				got = append(got, set)
			}
		}
		want := slices.Clone(c.SatisfiedBy)
		sort.Strings(want)
		sort.Strings(got)
		if err != nil || !slices.Equal(want, got) {
			differ++
			t.Errorf("%s: want %v, got %v %v", c.Dep, want, got, err)
		}
	}
	t.Logf("corpus planner/rpm-rich: %d cases, %d differ", len(f.Cases), differ)
}

// accepted reports whether rpm's spec parser would take the text under a tag.
func accepted(tag, text string) bool {
	list, err := rpm.ParseList(text)
	if err != nil {
		return false
	}
	for _, d := range list {
		if rpm.Check(tag, d) != nil {
			return false
		}
	}
	return true
}

func TestCorpusDependencySyntax(t *testing.T) {
	var f struct{ Cases [][3]any }
	corpus(t, "rpm-dep-syntax.json", &f)
	differ := 0
	for _, c := range f.Cases {
		if accepted(c[0].(string), c[1].(string)) != c[2] {
			differ++
			t.Errorf("%s: %s: want accepted %v", c[0], c[1], c[2])
		}
	}
	t.Logf("corpus planner/rpm-dep-syntax: %d cases, %d differ", len(f.Cases), differ)
}

// The answers in testdata were given by rpm 4.18 to generated dependencies.
func TestSyntaxIsThatOfTheSpecParser(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "dep-syntax.json"))
	require.NoError(t, err)
	var f struct{ Cases [][3]any }
	require.NoError(t, json.Unmarshal(data, &f))
	require.NotEmpty(t, f.Cases)
	for _, c := range f.Cases {
		if accepted(c[0].(string), c[1].(string)) != c[2] {
			t.Errorf("%s: %s: want accepted %v", c[0], c[1], c[2])
		}
	}
}

func TestEVROrder(t *testing.T) {
	// Each is older than the next, by rpm's rules for tilde and caret.
	order := []string{"0.9", "1.0~rc1", "1.0~rc1^git1", "1.0", "1.0^git1~pre", "1.0^git1", "1.0.1", "1.0.1a", "1.0.2", "1.10", "2", "1:0.1"}
	for i, a := range order {
		for j, b := range order {
			x, err := rpm.ParseEVR(a)
			require.NoError(t, err)
			y, err := rpm.ParseEVR(b)
			require.NoError(t, err)
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := x.Compare(y); got != want {
				t.Errorf("%s against %s: want %d, got %d", a, b, want, got)
			}
		}
	}
}

func TestOverlapOfRanges(t *testing.T) {
	for _, c := range []struct {
		provide, require string
		match            bool
	}{
		{"x = 1.0", "x >= 1.0-5", true}, {"x = 1.0", "x < 1.0-5", true}, {"x = 1.0-1", "x > 1.0", false}, {"x = 1.0-1", "x < 1.0", false},
		{"x", "x = 1", true}, {"x = 1", "x", true}, {"x = 1:1.0", "x = 1.0", false}, {"y = 1", "x = 1", false}, {"x < 2", "x > 1", true},
		{"x = 1.0-1", "x = 1.0", true}, {"x <= 1", "x >= 1", true}, {"x < 1", "x >= 1", false},
	} {
		p, err := rpm.ParseRelation(c.provide)
		require.NoError(t, err)
		r, err := rpm.ParseRelation(c.require)
		require.NoError(t, err)
		if got := r.Match(p); got != c.match {
			t.Errorf("%s for %s: got %v", c.provide, c.require, got)
		}
	}
	r, _ := rpm.ParseRelation("x = 1")
	if r.MatchVersioned(rpm.Relation{Name: "x"}) {
		t.Error("MatchVersioned takes no unversioned provide for a versioned require")
	}
}

func TestNamesTellTheirKind(t *testing.T) {
	for name, want := range map[string]rpm.Kind{
		"bash": rpm.Plain, "pkgconfig(zlib)": rpm.Plain, "/usr/bin/sh": rpm.File, "libz.so.1()(64bit)": rpm.Soname, "libz.so.1": rpm.Soname,
		"libc.so.6(GLIBC_2.34)(64bit)": rpm.Symbol, "libc.so.6(GLIBC_2.0)": rpm.Symbol, "rpmlib(CompressedFileNames)": rpm.RPMLib,
		"config(bash)": rpm.Config, "(a or b)": rpm.Rich, "my.software": rpm.Plain, "libfoo.so()(64bit)": rpm.Soname,
	} {
		if got := rpm.KindOf(name); got != want {
			t.Errorf("%s: want %v, got %v", name, want, got)
		}
	}
}

func TestPackageNamesAreReadFromTheRight(t *testing.T) {
	n, err := rpm.ParseNEVRA("python3-foo-bar-2:1.0~rc1-3.fc43.x86_64.rpm")
	require.NoError(t, err)
	require.Equal(t, rpm.NEVRA{Name: "python3-foo-bar", EVR: rpm.EVR{Epoch: 2, Version: "1.0~rc1", Release: "3.fc43"}, Arch: "x86_64"}, n)
	require.Equal(t, "python3-foo-bar-2:1.0~rc1-3.fc43.x86_64", n.String())
	n, err = rpm.ParseNEVRA("2:foo-1-1.noarch")
	require.NoError(t, err)
	require.EqualValues(t, 2, n.Epoch)
	name, err := rpm.SourceName("python-foo-1.0-3.fc43.src.rpm")
	require.NoError(t, err)
	require.Equal(t, "python-foo", name)
	for _, bad := range []string{"", "foo", "foo-1", "foo-1.x86_64", "-1-1.x86_64", "foo--1.x86_64"} {
		_, err := rpm.ParseNEVRA(bad)
		require.ErrorIs(t, err, rpm.ErrSyntax, bad)
	}
	for _, bad := range []string{"foo-1-1.x86_64.rpm", "foo.src.rpm", "foo-1-1.src", ""} {
		_, err := rpm.SourceName(bad)
		require.ErrorIs(t, err, rpm.ErrSyntax, bad)
	}
}

func TestBadDependenciesNameThePlace(t *testing.T) {
	for text, at := range map[string]int{
		"": 0, "a >=": 2, "a >= 1-2-3": 6, "(a and b or c)": 9, "(a": 2, "()": 1, "(a, b)": 2, ">= 1": 0,
		strings.Repeat("(", 100): 64,
	} {
		_, err := rpm.Parse(text)
		var e *rpm.SyntaxError
		require.ErrorAs(t, err, &e, text)
		require.Equal(t, at, e.Offset, "%s: %v", text, err)
	}
}

func FuzzCompareVersions(f *testing.F) {
	f.Add("1.0~rc1", "1.0", "1.0^git1")
	f.Add("1a", "1", "10")
	f.Add("", "~", "^")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, ba := rpm.CompareVersions(a, b), rpm.CompareVersions(b, a)
		if ab != -ba {
			t.Fatalf("%q %q: %d and %d", a, b, ab, ba)
		}
		if rpm.CompareVersions(a, a) != 0 {
			t.Fatal("not equal to itself")
		}
		if bc := rpm.CompareVersions(b, c); ab > 0 && bc > 0 && rpm.CompareVersions(a, c) <= 0 {
			t.Fatalf("not transitive: %q > %q > %q", a, b, c)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a", "a >= 1:2-3", "(a if (b or c) else d)", "(a with b without c)", "lib.so.1()(64bit)", "(a", "a b)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := rpm.Parse(s)
		if err != nil {
			return
		}
		again, err := rpm.Parse(d.String())
		if err != nil || again.String() != d.String() {
			t.Fatalf("%q: %q: %v", s, d.String(), err)
		}
	})
}

var evrs = []string{"1.0-1.fc43", "1.0~rc1-1.fc43", "2.3.4-12.fc43", "2.3.14-1.fc43", "1:0.9-3.fc43", "20240101git1234567-1.fc43"}

func BenchmarkCompareEVR(b *testing.B) {
	var list []rpm.EVR
	for _, s := range evrs {
		e, err := rpm.ParseEVR(s)
		require.NoError(b, err)
		list = append(list, e)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		list[i%len(list)].Compare(list[(i+1)%len(list)])
		i++
	}
}

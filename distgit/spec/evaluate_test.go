// SPDX-License-Identifier: MIT

package spec_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit/spec"
	"github.com/seed-f134cc8e/relkit/internal/golden"
)

// rules are macro and conditional rules by name: the lines put before
// "Summary: s", and what stands there. "?" is for what only rpm knows, "!" for
// what rpm refuses.
var rules = []struct{ name, lines, summary, want string }{
	{"an undefined macro with a question mark is nothing", "", "[%{?nosuch}%?nosuch%{?nosuch:x}]", "[]"},
	{"text stands in for an undefined macro", "", "%{!?nosuch:x}%{?!nosuch:y}", "xy"},
	{"text stands in for a defined macro", "", "%{?fedora:x}%{!?fedora:y}", "x"},
	{"an undefined macro stays", "", "%{nosuch}", "?"},
	{"two percent signs are one", "", "100%%", "100%"},
	{"a percent sign alone is one", "", "5 % 3", "5 % 3"},
	{"define expands when used, global when defined", "%define a %{b}\n%global c %{?b}\n%global b 1", "%{a}%{c}.", "1."},
	{"undefine uncovers what was before", "%global a 1\n%global a 2\n%undefine a", "%{a}", "1"},
	{"a definition may stand inside a macro", "%{!?a:%global a 1}%{!?a:%global a 2}", "%{a}", "1"},
	{"a definition may be braced", "%global a {x y}", "%{a}", "x y"},
	{"a body goes on after a backslash", "%global a one\\\ntwo", "%{shrink:%{a}}", "one two"},
	{"a body goes on inside braces", "%global a %{?nosuch:\n}x", "%{a}", "x"},
	{"a macro without a body is refused", "%global a", "x", "!"},
	{"a macro of one underscore is refused", "%global _ 1", "x", "!"},
	{"a builtin cannot be defined", "%global lua 1", "x", "!"},
	{"arguments are numbered, counted and joined", "%define f() %{1}+%{2}+%#+%*", "%{f a b}|%f c d", "a+b+2+a b|c+d+2+c d"},
	{"options are taken out of the arguments", "%define f(qx:) %{-q}|%{-q:Q}|%{-x*}|%{-x}|%{1}|%{!-q:no}", "%{f -q -x v w}", "-q|Q|v|-x v|w|"},
	{"an option that is not declared is refused", "%define f() %1", "%{f -q}", "!"},
	{"a colon makes one argument", "%define f() <%{1}>", "%{f:a b}", "<a b>"},
	{"a quoted argument is one", "%define f() <%{1}>", "%{f %{quote:a b} c}", "<a b>"},
	{"definitions in a parametric macro end with it", "%define f() %{define in 1}%{in}", "%{f x}%{?in}", "1"},
	{"global definitions in a parametric macro stay", "%define f() %{expand:%%global out %1}", "%{f 7}%{?out}", "7"},
	{"expand expands twice", "%global n fedora", "%{expand:%%{%{n}}}", "41"},
	{"paths are taken apart", "", "%{basename:a/b.c} %{dirname:a/b} %{suffix:a.b.c} %{u2p:http://h/p}", "b.c a c /p"},
	{"expressions count", "", "%[1 + 2 * 3 - 4 / 2]%{expr:(1+2)*3}", "59"},
	{"expressions choose", "", `%[0%{?fedora} >= 41 ? "new" : "old"]`, "new"},
	{"versions compare as versions", "", `%[v"1.10" > v"1.9"]%["1.10" > "1.9"]%[v"1:1" > v"2"]%[v"1.0-2" == v"1.0"]`, "1010"},
	{"a bare word is refused", "%if fedora\n%endif", "x", "!"},
	{"different types are refused", "%if 1 == \"1\"\n%endif", "x", "!"},
	{"division by zero is refused", "%if 1 / 0\n%endif", "x", "!"},
	{"the other side of or is not computed", "%if 1 || 1 / 0\n%global a 1\n%endif", "%{?a}", "1"},
	{"branches choose", "%if 0\n%global a 1\n%elif 1\n%global a 2\n%elif 1\n%global a 3\n%else\n%global a 4\n%endif", "%{a}", "2"},
	{"branches nest", "%if 1\n%if 0\n%else\n%global a 1\n%endif\n%else\n%if 1\n%global a 2\n%endif\n%endif", "%{a}", "1"},
	{"a branch that does not count defines nothing", "%if 0\n%global a 1\n%endif", "%{!?a:none}", "none"},
	{"a condition goes on after a backslash", "%if 1 && \\\n  0\n%global a 1\n%endif", "%{!?a:none}", "none"},
	{"an open if is refused", "%if 1", "x", "!"},
	{"an endif alone is refused", "%endif", "x", "!"},
	{"else twice is refused", "%if 1\n%else\n%else\n%endif", "x", "!"},
	{"architectures match in any case", "%ifarch X86_64\n%global a 1\n%endif\n%ifnarch %{ix86} %{arm}\n%global b 2\n%endif", "%{a}%{b}", "12"},
	{"operating systems match", "%ifos linux\n%global a 1\n%endif\n%ifnos linux\n%global a 2\n%endif", "%{a}", "1"},
	{"build conditionals have defaults", "%bcond_with a\n%bcond_without b\n%bcond c 1\n%bcond d 0", "%{with a}%{with b}%{with c}%{with d}%{without a}", "01101"},
	{"tags become macros", "URL: http://x/%{name}", "%{name} %{VERSION} %{release} %{url}", "demo 1.0 1 http://x/demo"},
	{"sources become macros", "Source3: http://x/a.tgz", "%{basename:%{SOURCEURL3}}", "a.tgz"},
	{"comments expand, dnl does not", "# %{!?a:%global a 1}\n%dnl %{!?b:%global b 1}", "%{?a}%{?b}.", "1."},
	{"shell is not run", "", "%(echo 1)", "?"},
	{"Lua is not run", "", "%{lua: print(1)}", "?"},
	{"what shell says may not matter", "%global a %(echo 1)\n%if 0%{a}\n%global b 1\n%else\n%global b 1\n%endif", "%{b}%{?a:x}", "1x"},
	{"what shell says may matter", "%global a %(echo 1)\n%if 0%{a}\n%global b 1\n%else\n%global b 2\n%endif", "%{b}", "?"},
	{"the same unknown is decided alike", "%global a %(echo 1)\n%if 0%{a}\n%global b 1\n%else\n%global b 2\n%endif\n%if 0%{a}\n%global c 2\n%else\n%global c 1\n%endif", "%[%{b}+%{c}]", "3"},
	{"what Lua may define is unknown", "%{lua: rpm.define('who 1')}", "%{?who}", "?"},
	{"what Lua does not name is known", "%{lua: rpm.define('who 1')}", "%{?fedora}", "41"},
	{"the machine is not asked", "", "%{getenv:HOME}", "?"},
	{"rpm's own scripts are not known", "", "%{__find_requires}", "?"},
	{"endless recursion is refused", "%define a %{b}\n%define b %{a}", "%{a}", "!"},
	{"an unknown tag is refused", "Bogus: 1", "x", "!"},
	{"an empty tag is refused", "URL:", "x", "!"},
	{"a second token in a version is refused", "Epoch: 1 2", "x", "!"},
	{"two of a tag are refused", "Version: 2", "x", "!"},
	{"a tag after a blank is refused", " URL: x", "x", "!"},
}

func evaluate(text string, opts spec.Options) (*spec.Evaluation, error) {
	s, err := spec.Parse("demo.spec", []byte(text))
	if err != nil {
		return nil, err
	}
	return s.Evaluate(opts)
}

func TestMacrosAndConditionsFollowRPM(t *testing.T) {
	for _, c := range rules {
		t.Run(c.name, func(t *testing.T) {
			ev, err := evaluate(fmt.Sprintf(skeleton, c.lines+"\nSummary: "+c.summary), spec.Options{Macros: map[string]string{"fedora": "41"}})
			switch c.want {
			case "!":
				require.ErrorIs(t, err, spec.ErrRejected)
				assert.True(t, strings.HasPrefix(err.Error(), "spec: demo.spec:"), err.Error())
			case "?":
				require.NoError(t, err)
				assert.False(t, ev.Summary.Known(), ev.Summary.Text)
				assert.NotZero(t, ev.Summary.Unknown[0].Line)
			default:
				require.NoError(t, err)
				require.True(t, ev.Summary.Known(), "%v", ev.Summary.Unknown)
				assert.Equal(t, c.want, ev.Summary.Text)
			}
		})
	}
}

func TestRPMFollowsTheSameRules(t *testing.T) {
	oracle := newRPMSpec(t)
	for _, c := range rules {
		text := fmt.Sprintf(skeleton, c.lines+"\nSummary: "+c.summary)
		a, err := oracle.run("demo.spec", []byte(text), map[string]string{"fedora": "41"}, "--srpm", "--qf", "%{summary}")
		switch c.want {
		case "!":
			assert.Error(t, err, "%s: %q", c.name, a)
		case "?":
		default:
			assert.NoError(t, err, c.name)
			assert.Equal(t, c.want, a, c.name)
		}
	}
	compareWithRPM(t, oracle, string(readDemo(t)), map[string]string{"fedora": "41", "dist": ".fc41", "_isa": "(x86-64)", "_sourcedir": "/s"})
}

func TestAWholeSpecFileIsUnderstood(t *testing.T) {
	s, err := spec.Parse("demo.spec", readDemo(t))
	require.NoError(t, err)
	ev, err := s.Evaluate(spec.Options{Macros: map[string]string{"fedora": "41", "dist": ".fc41", "_isa": "(x86-64)"}})
	require.NoError(t, err)
	var b strings.Builder
	fmt.Fprintf(&b, "url %s\nexclusive arch %v\nbuild requires\n", ev.URL, ev.ExclusiveArch.List)
	for _, d := range ev.BuildRequires.List {
		fmt.Fprintf(&b, "  %d: %v rich=%v\n", d.Line, d, d.Rich())
	}
	for _, f := range append(ev.Sources.List, ev.Patches.List...) {
		fmt.Fprintf(&b, "file %d: %d %s -> %s\n", f.Line, f.Number, f.Value, f.File())
	}
	for _, p := range ev.Packages.List {
		evr, ok := p.EVR()
		fmt.Fprintf(&b, "package %d: %s %v %v %s %q built=%v\n", p.Line, p.Name, evr, ok, p.Arch, p.Summary, p.Built())
		for tag, list := range map[string]spec.Dependencies{"requires": p.Requires} {
			for _, d := range list.List {
				fmt.Fprintf(&b, "  %s(%s) %v\n", tag, d.Qualifier, d)
			}
		}
		fmt.Fprintf(&b, "  provides %v obsoletes %v recommends %v files %q\n", p.Provides.List, p.Obsoletes.List, p.Recommends.List, p.Files.List)
	}
	for _, e := range ev.Changelog.List {
		fmt.Fprintf(&b, "changelog %d: %s | %s | %s | %q\n", e.Line, e.Time.Format("2006-01-02T15:04:05Z"), e.Author(), e.EVR(), e.Text)
	}
	golden.Compare(t, "testdata/demo.evaluation.golden", []byte(b.String()))
	assert.Empty(t, ev.Refused)
	assert.Empty(t, ev.Opaque)
	for _, known := range []bool{ev.Name.Known(), ev.BuildRequires.Known(), ev.Packages.Known(), ev.Changelog.Known(), ev.Sources.Known(), ev.Requires.Known()} {
		assert.True(t, known)
	}
}

func TestBuildArchMakesRPMReadTheFileTwice(t *testing.T) {
	head := "Name: demo\nVersion: 1\nRelease: %{!?n:1}%{?n}\nSummary: s\nLicense: MIT\n%global n 7\n"
	tail := "%ifarch noarch\nRequires: only-noarch\n%endif\n%description\n"
	ev, err := evaluate(head+tail, spec.Options{})
	require.NoError(t, err)
	assert.Equal(t, "1", ev.Release.Text)
	assert.Equal(t, "x86_64", ev.Arch.Text)
	ev, err = evaluate(head+"BuildArch: noarch\n"+tail, spec.Options{})
	require.NoError(t, err)
	assert.Equal(t, "7", ev.Release.Text, "the second time, macros from below are there")
	assert.Equal(t, "noarch", ev.Arch.Text)
	assert.Len(t, ev.Requires.List, 1)
	_, err = evaluate(head+"BuildArch: s390x\n"+tail, spec.Options{})
	require.ErrorIs(t, err, spec.ErrRejected)
}

func TestMissingPiecesMakeThingsUnknownNotWrong(t *testing.T) {
	base := "Name: demo\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\n"
	for name, c := range map[string]struct {
		lines   string
		kind    spec.ReasonKind
		refused bool
	}{
		"an include":                    {"%include more.inc", spec.ReasonInclude, true},
		"a macro at a line's beginning": {"%gometa -f", spec.ReasonUndefined, true},
		"Lua that prints tags":          {"%{lua: print('BuildRequires: make')}", spec.ReasonLua, false},
		"shell that prints lines":       {"%(cat more)", spec.ReasonShell, false},
		"a macro in a dependency":       {"BuildRequires: %{py3_dist x}", spec.ReasonUndefined, true},
		"a version in a dependency":     {"BuildRequires: a >= %(cat v)", spec.ReasonShell, false},
	} {
		t.Run(name, func(t *testing.T) {
			ev, err := evaluate(base+c.lines+"\nBuildRequires: gcc\n%description\n%files\n", spec.Options{})
			require.NoError(t, err)
			assert.True(t, ev.Name.Known() && ev.Version.Known() && ev.Release.Known())
			require.False(t, ev.BuildRequires.Known())
			assert.Equal(t, c.kind, ev.BuildRequires.Unknown[0].Kind)
			assert.Equal(t, 6, ev.BuildRequires.Unknown[0].Line)
			assert.Contains(t, set(ev.BuildRequires.List), "gcc", "what is known is told")
			assert.Equal(t, c.refused, len(ev.Refused) > 0, "%v", ev.Refused)
		})
	}
}

func TestTagsThatCodeMayPrintAreUnknownWhereverTheyMatter(t *testing.T) {
	ev, err := evaluate("Name: demo\n%{lua: print('Version: 1')}\nRelease: 1\nSummary: s%{?version}%{?fedora}\nLicense: MIT\n%description\n%package sub\nSummary: s\n%description sub\n",
		spec.Options{Macros: map[string]string{"fedora": "41"}})
	require.NoError(t, err)
	assert.False(t, ev.Version.Known())
	assert.False(t, ev.Summary.Known(), "the macro may be defined")
	assert.True(t, ev.Release.Known())
	assert.True(t, ev.BuildRequires.Known(), "the script does not say so")
	require.Len(t, ev.Packages.List, 2)
	assert.False(t, ev.Packages.List[1].Version.Known(), "it is inherited")
	assert.True(t, ev.Packages.List[1].Release.Known())
}

func TestWhatRPMGivesUpForIsToldInTheSecondPassToo(t *testing.T) {
	ev, err := evaluate("%forgemeta\nName: demo\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\nBuildArch: noarch\n%description\n", spec.Options{})
	require.NoError(t, err)
	require.Len(t, ev.Refused, 1)
	assert.Equal(t, "line 1: undefined macro: %forgemeta", ev.Refused[0].String())
}

func TestIncludesAndLoadsComeFromTheCallersFiles(t *testing.T) {
	files := fstest.MapFS{
		"more.inc": {Data: []byte("BuildRequires: make\n%include deep.inc\n")},
		"deep.inc": {Data: []byte("BuildRequires: sed\n")},
		"m.macros": {Data: []byte("# comment\n%who you\n%f() <%1>\n")},
		"self.inc": {Data: []byte("%include self.inc\n")},
	}
	base := "Name: demo\nVersion: 1\nRelease: 1\nSummary: %{?who}%{?f:%{f x}}\nLicense: MIT\n"
	ev, err := evaluate("%{load:m.macros}\n"+base+"%include more.inc\n%description\n", spec.Options{Files: files})
	require.NoError(t, err)
	assert.Equal(t, []string{"make", "sed"}, set(ev.BuildRequires.List))
	assert.True(t, ev.BuildRequires.Known())
	assert.Equal(t, "you<x>", ev.Summary.Text)
	_, err = evaluate(base+"%include self.inc\n%description\n", spec.Options{Files: files})
	require.ErrorIs(t, err, spec.ErrRejected)
	_, err = evaluate(base, spec.Options{Macros: map[string]string{"a": "\x00"}})
	require.ErrorIs(t, err, spec.ErrInvalid)
}

func TestAutoreleaseAndAutochangelogAreTold(t *testing.T) {
	text := "Name: demo\nVersion: 1\nRelease: %autorelease -p -b 3 -e rc1 -s git7\nSummary: s\nLicense: MIT\n%description\n%changelog\n%autochangelog\n"
	ev, err := evaluate(text, spec.Options{Macros: map[string]string{"dist": ".fc41"}})
	require.NoError(t, err)
	require.False(t, ev.Release.Known())
	assert.Equal(t, spec.ReasonAutorelease, ev.Release.Unknown[0].Kind)
	assert.False(t, ev.Changelog.Known())
	ev, err = evaluate(text, spec.Options{Macros: map[string]string{"dist": ".fc41"}, Autorelease: 5, Autochangelog: "* Thu Jan 02 2025 A <a@b> - %{version}-%{release}\n- x\n"})
	require.NoError(t, err)
	assert.Equal(t, "0.7.rc1.git7.fc41", ev.Release.Text)
	require.Len(t, ev.Changelog.List, 1)
	assert.Equal(t, "1-0.7.rc1.git7.fc41", ev.Changelog.List[0].EVR())
}

func TestBombsEndInAnError(t *testing.T) {
	var silent, loud strings.Builder
	silent.WriteString("%define m0 %{nil}\n")
	loud.WriteString("%define m0 xxxxxxxxxx\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&silent, "%%define m%d %%{m%d}%%{m%d}\n", i, i-1, i-1)
		fmt.Fprintf(&loud, "%%define m%d %%{m%d}%%{m%d}\n", i, i-1, i-1)
	}
	var unknown strings.Builder
	for i := range 20 {
		fmt.Fprintf(&unknown, "%%if %%(test -e /%d)\n%%global m39 %d\n%%endif\n", i, i)
	}
	base := "Name: demo\nVersion: 1\nRelease: 1\nLicense: MIT\nSummary: %{m39}\n%description\n"
	for name, text := range map[string]string{"silent": silent.String() + base, "loud": loud.String() + base} {
		_, err := evaluate(text, spec.Options{})
		require.ErrorIs(t, err, spec.ErrTooLarge, name)
	}
	ev, err := evaluate(unknown.String()+base, spec.Options{})
	require.NoError(t, err)
	assert.False(t, ev.Name.Known(), "too many ways it could go")
	assert.Equal(t, spec.ReasonLimit, ev.Name.Unknown[0].Kind)
	deep := strings.Repeat("%{nosuch:", 100_000) + strings.Repeat("}", 100_000)
	_, err = evaluate(base+deep, spec.Options{})
	require.Error(t, err)
	for _, expr := range []string{strings.Repeat("!", 100_000) + "1", strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000)} {
		_, err = evaluate("%if "+expr+"\n%endif\n"+base, spec.Options{})
		require.ErrorIs(t, err, spec.ErrRejected)
	}
	_, err = spec.ParseDependencies(strings.Repeat("(", 100_000))
	require.Error(t, err)
}

func TestDependenciesReadAsByRPM(t *testing.T) {
	for _, c := range []struct {
		value string
		want  []string
	}{
		{"a b,c , d", []string{"a", "b", "c", "d"}},
		{"a>=2", []string{"a>=2"}},
		{"a >= 2 b", []string{"a >= 2", "b"}},
		{"a => 2, b =< 3 c == 1:2-3", []string{"a >= 2", "b <= 3", "c = 1:2-3"}},
		{"lib.so.6(GLIBC_2.4)(64bit) perl(A::B) /bin/sh", []string{"lib.so.6(GLIBC_2.4)(64bit)", "perl(A::B)", "/bin/sh"}},
		{"( a  if  b>=1 ) x", []string{"(a if b>=1)", "x"}},
		{"(a >= 1 and (b or c(d)) and e)", []string{"(a >= 1 and (b or c(d)) and e)"}},
		{"(a if b else c)", []string{"(a if b else c)"}},
		{"", nil},
	} {
		deps, err := spec.ParseDependencies(c.value)
		require.NoError(t, err, c.value)
		var got []string
		for _, d := range deps {
			got = append(got, d.String())
		}
		assert.Equal(t, c.want, got, c.value)
	}
	for _, bad := range []string{"a >=", ">= 2", "-a", "/bin/sh = 1", "a = 1..2", "a = 1-2-3", "a = x:1", "(a", "()", "(a and b or c)", "(a nor b)", "(a if)", "(a if b if c)", "a = $1"} {
		_, err := spec.ParseDependencies(bad)
		assert.Error(t, err, bad)
	}
}

func TestChangelogsAreReadAsByRPM(t *testing.T) {
	text := "\n* Mon Dec 02 2024 Jane <j@x> - 1:1.0-2.fc41\n- one\n  more\n\n- two\n# comment\n\n* Sun Dec  1 13:14:15 EST 2024  Joe <j@x> 1.0-1 \n- x\n* Sat Nov 30 2024 Nobody\n- y\n"
	log, err := spec.ParseChangelog(text)
	require.NoError(t, err)
	require.Len(t, log, 3)
	assert.EqualValues(t, 1733140800, log[0].Time.Unix(), "noon UTC")
	assert.Equal(t, "Jane <j@x>", log[0].Author())
	assert.Equal(t, "1:1.0-2.fc41", log[0].EVR())
	assert.Equal(t, "- one\n  more\n\n- two", log[0].Text)
	assert.Equal(t, 2, log[0].Line)
	assert.Equal(t, "2024-12-01 18:14:15 +0000 UTC", log[1].Time.String())
	assert.Equal(t, "1.0-1", log[1].EVR())
	assert.Equal(t, "Nobody", log[2].Author())
	assert.Empty(t, log[2].EVR())
	for name, c := range map[string]struct {
		text string
		line int
	}{
		"no star":       {"- x\n", 1},
		"no date":       {"* Jane - 1\n- x\n", 1},
		"no such month": {"* Mon Foo 02 2024 J\n- x\n", 1},
		"no such day":   {"* Mon Dec 32 2024 J\n- x\n", 1},
		"an old year":   {"* Mon Dec 02 1989 J\n- x\n", 1},
		"a bad clock":   {"* Mon Dec 02 25:00:00 UTC 2024 J\n- x\n", 1},
		"no name":       {"* Mon Dec 02 2024\n- x\n", 1},
		"no text":       {"* Mon Dec 02 2024 J\n", 1},
		"wrong order":   {"* Mon Dec 02 2024 J\n- x\n* Tue Dec 03 2024 J\n- y\n", 3},
	} {
		log, err := spec.ParseChangelog(c.text)
		e, ok := errors.AsType[*spec.Error](err)
		require.True(t, ok, name)
		require.ErrorIs(t, err, spec.ErrRejected)
		assert.Equal(t, c.line, e.Line, name)
		assert.Len(t, log, max(c.line-2, 0), name)
	}
}

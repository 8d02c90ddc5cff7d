// SPDX-License-Identifier: MIT

package spec_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit/spec"
)

// rpmspec is a [spec.Oracle] that runs the real tool on specs of our own.
type rpmspec struct {
	ctx context.Context
	dir string
}

var _ spec.Oracle = rpmspec{}

func newRPMSpec(t *testing.T) rpmspec {
	t.Helper()
	if _, err := exec.LookPath("rpmspec"); err != nil {
		t.Skip("rpmspec is not installed: rpm itself is not asked")
	}
	return rpmspec{ctx: t.Context(), dir: t.TempDir()}
}

func (r rpmspec) run(name string, data []byte, macros map[string]string, query ...string) (string, error) {
	file := filepath.Join(r.dir, filepath.Base(name))
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return "", err
	}
	args := append([]string{"-q"}, query...)
	for name, body := range macros {
		args = append(args, "--define", name+" "+body)
	}
	ctx, cancel := context.WithTimeout(r.ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "rpmspec", append(args, file)...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + r.dir, "LC_ALL=C.UTF-8", "TZ=UTC"}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", errors.New(strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}

func (r rpmspec) QuerySpec(name string, data []byte, macros map[string]string) (a spec.OracleAnswer, err error) {
	const sep = "\x1e"
	out, err := r.run(name, data, macros, "--srpm", "--qf",
		"%{name}"+sep+"%|epoch?{%{epoch}}:{}|"+sep+"%{version}"+sep+"%{release}"+sep+"[%{requirenevrs}\n]")
	if err != nil {
		return a, err
	}
	f := strings.Split(out, sep)
	if len(f) != 5 {
		return a, fmt.Errorf("%d fields", len(f))
	}
	a.Name, a.EVR = f[0], spec.EVR{Epoch: f[1], Version: f[2], Release: f[3]}
	for line := range strings.SplitSeq(f[4], "\n") {
		if line != "" && !strings.HasPrefix(line, "rpmlib(") {
			a.BuildRequires = append(a.BuildRequires, line)
		}
	}
	return a, nil
}

func TestAnOracleFillsInWhatOnlyRPMKnows(t *testing.T) {
	oracle := newRPMSpec(t)
	data := []byte("Name: demo\nVersion: %(echo 1.2)\nRelease: %{lua: print(3)}\nSummary: x\nLicense: MIT\n" +
		"%{lua: for _, n in ipairs({'make', 'gcc >= 14'}) do print('BuildRequires: ' .. n .. '\\n') end}\n%description\nx\n")
	s, err := spec.Parse("demo.spec", data)
	require.NoError(t, err)
	ev, err := s.Evaluate(spec.Options{})
	require.NoError(t, err)
	assert.False(t, ev.Version.Known())
	assert.False(t, ev.BuildRequires.Known())
	ev, err = s.Evaluate(spec.Options{Oracle: oracle})
	require.NoError(t, err)
	evr, ok := ev.EVR()
	assert.True(t, ok)
	assert.Equal(t, spec.EVR{Version: "1.2", Release: "3"}, evr)
	assert.ElementsMatch(t, []string{"make", "gcc >= 14"}, set(ev.BuildRequires.List))
}

// compareWithRPM holds an evaluation against the real rpmspec: equal, or
// unknown.
func compareWithRPM(t *testing.T, oracle rpmspec, text string, macros map[string]string) (known bool) {
	t.Helper()
	s, err := spec.Parse("demo.spec", []byte(text))
	var ev *spec.Evaluation
	if err == nil {
		ev, err = s.Evaluate(spec.Options{Macros: macros})
	}
	const sep = "\x1e"
	out, rpmErr := oracle.run("demo.spec", []byte(text), macros, "--srpm", "--qf", "%{name}"+sep+"%|epoch?{%{epoch}}:{}|"+sep+"%{version}"+sep+
		"%{release}"+sep+"%{summary}"+sep+"[%{requirenevrs}\n]"+sep+"[%{conflictnevrs}\n]"+sep+"[%{exclusivearch} ]"+sep+"[%{source}\n][%{patch}\n]")
	switch {
	case errors.Is(err, spec.ErrTooLarge):
		return false
	case err != nil && rpmErr == nil:
		t.Errorf("%s\nrpm reads it: %q\nhere: %v", text, out, err)
		return false
	case rpmErr != nil:
		// Code that is not run here may fail there.
		if err == nil && len(ev.Refused) == 0 && !anyUnknown(ev) && !strings.Contains(text, "%{lua:") {
			t.Errorf("%s\nrpm refuses it: %v\nhere: accepted", text, rpmErr)
		}
		return err != nil
	}
	f := strings.Split(out, sep)
	require.Len(t, f, 9, out)
	lines := func(s string) []string {
		l := slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool { return l == "" || strings.HasPrefix(l, "rpmlib(") })
		return sorted(l)
	}
	var sources []string
	for _, x := range append(slices.Clone(ev.Sources.List), ev.Patches.List...) {
		if x.File() != "" {
			sources = append(sources, x.File())
		}
	}
	for _, c := range []struct {
		field     string
		known     bool
		want, got any
	}{
		{"name", ev.Name.Known(), f[0], ev.Name.Text}, {"epoch", ev.Epoch.Known(), f[1], ev.Epoch.Text},
		{"version", ev.Version.Known(), f[2], ev.Version.Text}, {"release", ev.Release.Known(), f[3], ev.Release.Text},
		{"summary", ev.Summary.Known(), f[4], ev.Summary.Text},
		{"build requires", ev.BuildRequires.Known(), lines(f[5]), set(ev.BuildRequires.List)},
		{"build conflicts", ev.BuildConflicts.Known(), lines(f[6]), set(ev.BuildConflicts.List)},
		{"exclusive arch", ev.ExclusiveArch.Known(), strings.Fields(f[7]), ev.ExclusiveArch.List},
		{"sources", ev.Sources.Known() && ev.Patches.Known(), lines(f[8]), sorted(sources)},
	} {
		if w, g := fmt.Sprint(c.want), fmt.Sprint(c.got); c.known && w != g {
			t.Errorf("%s\n%s\nrpm:  %s\nhere: %s", text, c.field, w, g)
		}
	}
	return ev.Summary.Known()
}

const skeleton = "Name: demo\nVersion: 1.0\nRelease: 1\nLicense: MIT\n%s\n%%description\nx\n"

// generator writes random preambles.
type generator struct{ *rand.Rand }

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g generator) name() string { return g.pick("aa", "bb", "cc", "with_x", "par", "nil", "fedora") }

func (g generator) text(depth int) string {
	if depth <= 0 {
		return g.pick("1", "0", "x", "41", "a-b", "", "%%", "3.13", "-q", "z z", "{}", "\\", "(y)", "\"q\"")
	}
	d := depth - 1
	switch g.IntN(24) {
	case 0, 1:
		return "%{" + g.name() + "}"
	case 2:
		return "%" + g.name()
	case 3, 4:
		return "%{?" + g.name() + "}"
	case 5:
		return "%{?" + g.name() + ":" + g.text(d) + "}"
	case 6:
		return "%{!?" + g.name() + ":" + g.text(d) + "}"
	case 7:
		return "%{!" + g.name() + "}"
	case 8:
		return "%{par " + g.text(d) + " " + g.text(d) + "}"
	case 9:
		return "%{par:" + g.text(d) + "}"
	case 10:
		return "%[" + g.expr(d, true) + "]"
	case 11:
		return "%{expand:" + g.text(d) + "%" + g.text(d) + "}"
	case 12:
		return "%{quote:" + g.text(d) + "}"
	case 13:
		return g.pick("%{basename:", "%{dirname:", "%{suffix:", "%{shrink:", "%{u2p:", "%{expr:", "%{shescape:") + g.pick("a/b.c", "http://h/p/q", "1 + 2", " a  b ") + "}"
	case 14:
		return "%{with x}" + g.pick("", "%{without y}", "%{defined aa}", "%{undefined bb}")
	case 15:
		return "%(echo " + g.text(0) + ")"
	case 16:
		return "%{lua: print(" + g.pick("1", "'a'", "rpm.expand('%{aa}')") + ")}"
	case 17:
		return "%par " + g.text(0)
	case 18:
		return "%{?!" + g.name() + ":" + g.text(d) + "}"
	default:
		return g.text(d) + g.text(0)
	}
}

func (g generator) expr(depth int, macros bool) string {
	if depth <= 0 {
		return g.pick("0", "1", "41", `"a"`, `""`, `"x y"`, `v"1.2"`, `v"1:1.10-1"`)
	}
	d := depth - 1
	switch g.IntN(12) {
	case 0:
		return "!" + g.expr(d, macros)
	case 1:
		return "(" + g.expr(d, macros) + ")"
	case 2:
		return g.expr(d, macros) + " ? " + g.expr(d, macros) + " : " + g.expr(d, macros)
	case 3, 4, 5:
		return g.expr(d, macros) + g.pick(" == ", " != ", "<", " <= ", ">", " >= ") + g.expr(d, macros)
	case 6, 7:
		return g.expr(d, macros) + g.pick(" && ", " || ", "&&", "||") + g.expr(d, macros)
	case 8:
		return g.expr(d, macros) + g.pick(" + ", " - ", "*", "/") + g.expr(d, macros)
	case 9:
		return "0%{?" + g.name() + "}"
	case 10:
		return `"%{?` + g.name() + `}"`
	default:
		return g.expr(d, macros)
	}
}

func (g generator) lines(n, depth int) string {
	var b strings.Builder
	for range n {
		switch g.IntN(18) {
		case 0, 1:
			b.WriteString("%global " + g.name() + " " + g.text(depth) + "\n")
		case 2, 3:
			b.WriteString("%define " + g.name() + " " + g.text(depth) + "\n")
		case 4:
			b.WriteString("%define par(" + g.pick("", "q", "-", "x:q") + ") [%{1}|%*|%#|%{?-q:Q}|%{-x*}" + g.text(1) + "]\n")
		case 5:
			b.WriteString("%undefine " + g.name() + "\n")
		case 6:
			b.WriteString(g.pick("%bcond_with x", "%bcond_without x", "%bcond x 1", "%bcond x 0%{?fedora}", "%bcond_without y") + "\n")
		case 7, 8:
			b.WriteString("%if " + g.expr(2, true) + "\n" + g.lines(2, depth) + g.pick("%else\n", "%elif 1\n", "", "%elif "+g.expr(1, true)+"\n") + g.lines(1, depth) + "%endif\n")
		case 9:
			b.WriteString(g.pick("%ifarch", "%ifnarch") + g.pick(" x86_64", " %{ix86}", " i686 X86_64", " %{arm} aarch64") + "\n" + g.lines(1, depth) + "%endif\n")
		case 10, 11:
			b.WriteString("BuildRequires: " + g.dep() + g.pick(" ", ", ") + g.dep() + g.pick("", "%{?aa}", g.text(1)) + "\n")
		case 12:
			b.WriteString(g.pick("# %{aa}", "#%global aa 7", "%dnl %global bb 8", "  # x") + "\n")
		case 13:
			b.WriteString("Source" + g.pick("", "0", "5", "012") + ": http://x/" + g.text(1) + "\n")
		case 14:
			b.WriteString("%{!?" + g.name() + ":%global " + g.name() + " " + g.text(1) + "}\n")
		case 15:
			b.WriteString("%global " + g.name() + " " + g.text(1) + "\\\n" + g.text(1) + "\n")
		case 16:
			b.WriteString(g.pick("Epoch: 2", "ExclusiveArch: x86_64 %{?aa}", "BuildConflicts: foo < 3", "BuildRequires: bar", "BuildArch: noarch") + "\n")
		default:
			b.WriteString("BuildRequires: n-" + g.text(depth) + "\n")
		}
	}
	return b.String()
}

func (g generator) dep() string {
	return g.pick("foo", "foo >= 1.0", "bar<2", "/usr/bin/x", "pkgconfig(z) = 1:2-3", "(a if b)", "(a >= 1 and (b or c))", "(a if b else c)",
		"( x  with y<3 )", "perl(A::B)", "foo => 2", "foo == 3", "foo >=", "(a or b", "-bad", "%{aa}", "(a and b or c)", "lib(x)(64bit)")
}

// TestRandomSpecsReadAsByRPM is the differential test: whatever a random spec
// says, rpm says the same, or only rpm can know.
func TestRandomSpecsReadAsByRPM(t *testing.T) {
	oracle := newRPMSpec(t)
	out, err := exec.Command("rpmspec", "--version").Output()
	require.NoError(t, err)
	if !strings.Contains(string(out), " 4.18.") {
		t.Skipf("the rules here are those of rpm 4.18, not of %s", strings.TrimSpace(string(out)))
	}
	n, seed := 60, uint64(1)
	if v := os.Getenv("RELKIT_RPMSPEC_RUNS"); v != "" {
		_, err := fmt.Sscan(v, &n, &seed)
		if err != nil {
			_, err = fmt.Sscan(v, &n)
		}
		require.NoError(t, err)
	}
	known := 0
	for i := range n {
		g := generator{rand.New(rand.NewPCG(seed, uint64(i)))}
		body := g.lines(1+g.IntN(6), 1+g.IntN(3)) + "Summary: s" + g.text(3)
		if compareWithRPM(t, oracle, fmt.Sprintf(skeleton, body), map[string]string{"fedora": "41", "_sourcedir": "/s"}) {
			known++
		}
		if t.Failed() && n > 60 && i > 0 {
			t.Fatalf("run %d", i)
		}
	}
	t.Logf("%d random specs, %d with a known answer or a refusal", n, known)
}

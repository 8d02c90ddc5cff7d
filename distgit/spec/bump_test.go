// SPDX-License-Identifier: MIT

package spec_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/distgit/spec"
)

func options() spec.BumpOptions {
	return spec.BumpOptions{
		File: "x.spec", Author: "Jane Builder <jane@example.com>", Comment: "Rebuilt for reasons",
		Date: time.Date(2025, 1, 2, 23, 0, 0, 0, time.UTC), Macros: map[string]string{"dist": ".fc41"},
	}
}

// made returns a spec file with these lines at its head.
func made(lines string) string {
	return lines + "\nSummary: x\nLicense: MIT\n%description\nx\n%files\n\n%changelog\n* Mon Dec 02 2024 Old <old@example.com> - 1.0-1\n- old\n"
}

func TestEveryReleaseFormIsBumpedAsByTheReferenceTool(t *testing.T) {
	for _, c := range []struct{ from, plain, minor string }{
		{"1%{?dist}", "2%{?dist}", "1%{?dist}.1"},
		{"9", "10", "9.1"},
		{"1%{?dist}.2", "2%{?dist}.2", "1%{?dist}.3"},
		{"10%{?dist}.9", "11%{?dist}.9", "10%{?dist}.10"},
		{"0%{?dist}", "1%{?dist}", "0%{?dist}.1"},
		{"0.9", "0.10", "0.10"},
		{"0.1.rc1%{?dist}", "0.2.rc1%{?dist}", "0.1.rc1%{?dist}.1"},
		{"0.beta5%{?dist}", "0.beta5%{?dist}.1", "0.beta5%{?dist}.1"},
		{"1.1.1", "2.1.1", "1.1.2"},
		{"2.beta3", "3.beta3", "2.beta3.1"},
		{"007%{?dist}", "8%{?dist}", "007%{?dist}.1"},
		{"3.src2%{?dist}", "3.src2%{?dist}.1", "3.src2%{?dist}.1"},
		{"1~rc1%{?dist}", "1~rc1%{?dist}.1", "1~rc1%{?dist}.1"},
		{"1jpp.2%{?dist}", "1jpp.3%{?dist}", "1jpp.2%{?dist}.1"},
		{"1jpp_2fc", "1jpp_2fc.1", "1jpp_2fc.1"},
		{"r1", "r1.1", "r1.1"},
		{"%{?pre:0.}3%{?dist}", "%{?pre:0.}3%{?dist}.1", "%{?pre:0.}3%{?dist}.1"},
		{"%{unknown}", "%{unknown}.1", "%{unknown}.1"},
		{"99999999999999999999", "100000000000000000000", "99999999999999999999.1"},
	} {
		for _, mode := range []spec.BumpMode{spec.BumpSmart, spec.BumpCompat} {
			text := made("Name: x\nVersion: 1.0\nRelease:\t" + c.from)
			opts := options()
			opts.Mode = mode
			r, err := spec.Bump([]byte(text), opts)
			require.NoError(t, err, "%v %s", mode, c.from)
			assert.Contains(t, string(r.Data), "\nRelease:\t"+c.plain+"\n", "%v", mode)
			opts.Minor = true
			r, err = spec.Bump([]byte(text), opts)
			require.NoError(t, err)
			assert.Contains(t, string(r.Data), "\nRelease:\t"+c.minor+"\n", "%v, minor", mode)
			opts.Minor, opts.Suffix = false, "hotfix"
			r, err = spec.Bump([]byte(text), opts)
			require.NoError(t, err)
			again, err := spec.Bump(r.Data, opts)
			require.NoError(t, err)
			assert.Contains(t, string(again.Data), ".hotfix2\n", "%v, suffix", mode)
		}
	}
}

func TestSmartBumpDepartsFromTheToolWhereItErrs(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		differs    []spec.Difference
	}{
		"a macro by any name is followed": {
			"%global rel 3\nName: x\nVersion: 1.0\nRelease: %{rel}%{?dist}", "%global rel 4\nName: x\nVersion: 1.0\nRelease: %{rel}%{?dist}",
			[]spec.Difference{spec.DifferentMacro}},
		"macros are followed to the end": {
			"%define n 3\n%global rel %{n}%{?dist}\nName: x\nVersion: 1.0\nRelease: %rel", "%define n 4\n%global rel %{n}%{?dist}\nName: x\nVersion: 1.0\nRelease: %rel",
			[]spec.Difference{spec.DifferentMacro}},
		"an indented or defaulted definition counts": {
			"%{!?baserelease:%global baserelease 3}\nName: x\nVersion: 1.0\nRelease: %{baserelease}", "%{!?baserelease:%global baserelease 4}\nName: x\nVersion: 1.0\nRelease: %{baserelease}",
			[]spec.Difference{spec.DifferentMacro}},
		"every branch of a conditional is bumped": {
			"%if 0%{?rhel}\n%global baserelease 1\n%else\n%global baserelease 5\n%endif\nName: x\nVersion: 1.0\nRelease: %{baserelease}",
			"%if 0%{?rhel}\n%global baserelease 2\n%else\n%global baserelease 6\n%endif\nName: x\nVersion: 1.0\nRelease: %{baserelease}",
			[]spec.Difference{spec.DifferentBranches, spec.DifferentMacro}},
		"a macro that is not used is left": {
			"%global baserelease 1\nName: x\nVersion: 1.0\nRelease: 3", "%global baserelease 1\nName: x\nVersion: 1.0\nRelease: 4",
			[]spec.Difference{spec.DifferentUnused, spec.DifferentTag}},
		"a macro that others use too is left": {
			"%global rev 3\nName: x\nVersion: 1.0.%{rev}\nRelease: %{rev}", "%global rev 3\nName: x\nVersion: 1.0.%{rev}\nRelease: %{rev}.1", nil},
		"a date is left": {
			"%global day 20250101\nName: x\nVersion: 1.0\nRelease: %{day}", "%global day 20250101\nName: x\nVersion: 1.0\nRelease: %{day}.1", nil},
		"a tag with a blank before the colon is one": {
			"Name: x\nVersion: 1.0\nRelease : r3", "Name: x\nVersion: 1.0\nRelease : r3.1",
			[]spec.Difference{spec.DifferentTag}},
		"a commented %autorelease is none": {
			"# Release: %autorelease\nName: x\nVersion: 1.0\nRelease: 3", "# Release: %autorelease\nName: x\nVersion: 1.0\nRelease: 4",
			[]spec.Difference{spec.DifferentAutorelease}},
		"twins in a conditional are both bumped": {
			"Name: x\nVersion: 1.0\n%if 0%{?fedora}\nRelease: 3\n%else\nRelease: 1\n%endif", "Name: x\nVersion: 1.0\n%if 0%{?fedora}\nRelease: 4\n%else\nRelease: 2\n%endif", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := spec.Bump([]byte(made(c.text)), options())
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(string(r.Data), c.want+"\n"), "%s", r.Data)
			assert.ElementsMatch(t, c.differs, r.Differences)
			assert.True(t, r.Verified || strings.Contains(c.text, "unknown"), "%v", r.Notes)
			assert.Positive(t, r.After.Compare(r.Before))
		})
	}
}

func TestOnlyTheLinesConcernedChange(t *testing.T) {
	text := "Name: x\r\nVersion: 1.0\nRelease: 3%{?dist}\t\r\nSummary: caf\xe9\r\nLicense: MIT\n%description\nRelease: 5 of it\n\n%prep\nrelease: 1\n%package s\nSummary: s\nRelease: 7\n%description s\ns\n%changelog \r\n* Mon Dec 02 2024 Old <old@example.com> - 1.0-1\r\n- old"
	want := strings.NewReplacer("Release: 3", "Release: 4", "Release: 7", "Release: 8", "%changelog \r\n",
		"%changelog \r\n* Thu Jan 02 2025 Jane Builder <jane@example.com>\r\n- Rebuilt for reasons\r\n\r\n").Replace(text)
	r, err := spec.Bump([]byte(text), options())
	require.NoError(t, err)
	assert.Equal(t, want, string(r.Data))
	assert.Contains(t, r.Differences, spec.DifferentEncoding)
}

func TestTheChangelogEntry(t *testing.T) {
	bump := func(t *testing.T, text string, change func(*spec.BumpOptions)) spec.BumpResult {
		t.Helper()
		opts := options()
		if change != nil {
			change(&opts)
		}
		r, err := spec.Bump([]byte(text), opts)
		require.NoError(t, err)
		return r
	}
	head := "Name: x\nEpoch: 2\nVersion: 1.0\nRelease: 3%{?dist}"
	t.Run("has epoch, version and release without the dist tag", func(t *testing.T) {
		assert.Equal(t, "* Thu Jan 02 2025 Jane Builder <jane@example.com> - 2:1.0-4\n- Rebuilt for reasons\n\n", bump(t, made(head), nil).Entry)
	})
	t.Run("says rebuilt when nothing is said, and new version with one", func(t *testing.T) {
		assert.Contains(t, bump(t, made(head), func(o *spec.BumpOptions) { o.Comment = "" }).Entry, "\n- rebuilt\n")
		assert.Contains(t, bump(t, made(head), func(o *spec.BumpOptions) { o.Comment, o.Version = "", "1.1" }).Entry, " - 2:1.1-1\n- new version\n")
	})
	t.Run("wraps one line, keeps several, keeps another bullet", func(t *testing.T) {
		long := strings.Repeat("word ", 20) + strings.Repeat("x", 90)
		got := bump(t, made(head), func(o *spec.BumpOptions) { o.Comment = "* " + long }).Entry
		for i, line := range strings.Split(got, "\n")[1:] {
			if !strings.Contains(line, "xxx") {
				assert.LessOrEqual(t, len(line), 80)
			}
			if i == 1 {
				assert.True(t, strings.HasPrefix(line, "  word"))
			}
		}
		assert.Contains(t, bump(t, made(head), func(o *spec.BumpOptions) { o.Comment = "one\n  two" }).Entry, "\n- one\n  two\n\n")
	})
	t.Run("writes percent signs so that rpm reads them", func(t *testing.T) {
		assert.Contains(t, bump(t, made(head), func(o *spec.BumpOptions) { o.Comment = "100% of %{name}" }).Entry, "- 100%% of %%{name}\n")
	})
	t.Run("is not glued to a header at the end of the file", func(t *testing.T) {
		r := bump(t, head+"\nSummary: x\nLicense: MIT\n%description\n%changelog", nil)
		assert.Contains(t, string(r.Data), "%changelog\n* Thu Jan 02 2025")
		assert.Equal(t, []spec.Difference{spec.DifferentEntry}, r.Differences)
	})
	t.Run("goes where entries are, when there are two changelogs", func(t *testing.T) {
		r := bump(t, strings.Replace(made(head), "%files", "%changelog\n\n%files", 1), nil)
		assert.Contains(t, string(r.Data), "%changelog\n\n%files\n\n%changelog\n* Thu Jan 02 2025")
	})
	t.Run("is left to %autochangelog", func(t *testing.T) {
		r := bump(t, head+"\nSummary: x\nLicense: MIT\n%description\n%changelog\n%autochangelog\n", nil)
		assert.True(t, r.Autochangelog)
		assert.Empty(t, r.Entry)
		assert.True(t, r.Changed)
	})
	t.Run("needs a section", func(t *testing.T) {
		r := bump(t, head+"\nSummary: x\nLicense: MIT\n%description\n", nil)
		assert.Empty(t, r.Entry)
		assert.Equal(t, []string{"no %changelog, no entry written"}, r.Notes)
	})
}

func TestAutoreleaseIsLeftToACommit(t *testing.T) {
	for _, release := range []string{"%autorelease", "%{autorelease}", "%{?autorelease}", "%autorelease -b 3", "%{autorelease -e asan}", "%{rel}"} {
		text := "%global rel %autorelease\nName: x\nVersion: 1.0\nRelease: " + release + "\nSummary: x\nLicense: MIT\n%description\n%changelog\n%autochangelog\n"
		r, err := spec.Bump([]byte(text), options())
		require.NoError(t, err, release)
		assert.True(t, r.Autorelease, release)
		assert.False(t, r.Changed, release)
		assert.Equal(t, text, string(r.Data))
		assert.True(t, r.Verified)
		assert.Empty(t, r.Differences)
	}
	opts := options()
	opts.Version, opts.AutoreleaseNumber = "2.0", 1
	r, err := spec.Bump([]byte(made("Name: x\nVersion: 1.0\nRelease: %autorelease")), opts)
	require.NoError(t, err)
	assert.Contains(t, string(r.Data), "Version: 2.0\nRelease: %autorelease\n")
	assert.Contains(t, r.Entry, " - 2.0-1\n")
}

func TestANewVersionResetsTheRelease(t *testing.T) {
	text := made("Name: x\nVersion : %{?a:b}\nRelease : %{rel}\n%package s\nSummary: s\nVersion: 7\nRelease: 3\n%description s\ns")
	opts := options()
	opts.Version, opts.Release = "9.9", "0.1%{?dist}"
	r, err := spec.Bump([]byte(text), opts)
	require.NoError(t, err)
	assert.Contains(t, string(r.Data), "Version : 9.9\nRelease : 0.1%{?dist}\n")
	assert.Contains(t, string(r.Data), "Version: 7\nRelease: 4\n", "a sub-package keeps its own version")
	assert.Contains(t, r.Differences, spec.DifferentSubpackage)
}

func TestWhatCannotBeBumpedIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		change func(*spec.BumpOptions)
		is     error
		msg    string
	}{
		"no release":          {text: made("Name: x\nVersion: 1.0"), is: spec.ErrNoRelease, msg: "spec: x.spec: no release to bump: no Release tag in any preamble"},
		"an indented release": {text: made("Name: x\nVersion: 1.0\n  Release: 1"), is: spec.ErrNoRelease},
		"an empty release":    {text: made("Name: x\nVersion: 1.0\nRelease:"), is: spec.ErrNotBumpable, msg: "spec: x.spec:3: release cannot be bumped: the release is empty"},
		"a shell command":     {text: made("Name: x\nVersion: 1.0\nRelease: %(date +%%s)"), is: spec.ErrNotBumpable},
		"Lua":                 {text: made("Name: x\nVersion: 1.0\nRelease: 0.%{lua: print(1)}"), is: spec.ErrNotBumpable},
		"a revision keyword":  {text: made("Name: x\nVersion: 1.0\nRelease: $Revision: 1.2 $"), is: spec.ErrNotBumpable},
		"a processed spec":    {text: "## START: Set by rpmautospec\n## END\n" + made("Name: x\nVersion: 1.0\nRelease: 1"), is: spec.ErrProcessed},
		"a lower version": {text: made("Name: x\nVersion: 10\nRelease: 1"), change: func(o *spec.BumpOptions) { o.Version = "9.9" },
			is: spec.ErrNotIncreased, msg: "spec: x.spec:3: release would not increase: 10-1 before, 9.9-1.fc41 after"},
		"no version to set":  {text: made("Name: x\nRelease: 1"), change: func(o *spec.BumpOptions) { o.Version = "9.9" }, is: spec.ErrNotBumpable},
		"no author":          {text: made("Name: x\nVersion: 1\nRelease: 1"), change: func(o *spec.BumpOptions) { o.Author = "" }, is: spec.ErrInvalid},
		"an author of lines": {text: made("Name: x\nVersion: 1\nRelease: 1"), change: func(o *spec.BumpOptions) { o.Author = "a\n* b" }, is: spec.ErrInvalid},
		"no date":            {text: made("Name: x\nVersion: 1\nRelease: 1"), change: func(o *spec.BumpOptions) { o.Date = time.Time{} }, is: spec.ErrInvalid},
		"two wishes":         {text: made("Name: x\nVersion: 1\nRelease: 1"), change: func(o *spec.BumpOptions) { o.Version, o.Minor = "2", true }, is: spec.ErrInvalid},
		"release alone":      {text: made("Name: x\nVersion: 1\nRelease: 1"), change: func(o *spec.BumpOptions) { o.Release = "2" }, is: spec.ErrInvalid},
		"version of words":   {text: made("Name: x\nVersion: 1\nRelease: 1"), change: func(o *spec.BumpOptions) { o.Version = "2 3" }, is: spec.ErrInvalid},
		"unknown mode":       {text: made("Name: x\nVersion: 1\nRelease: 1"), change: func(o *spec.BumpOptions) { o.Mode = 9 }, is: spec.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			opts := options()
			if c.change != nil {
				c.change(&opts)
			}
			r, err := spec.Bump([]byte(c.text), opts)
			require.ErrorIs(t, err, c.is)
			assert.Zero(t, r)
			if c.msg != "" {
				assert.EqualError(t, err, c.msg)
			}
		})
	}
}

func TestAMinorBumpTakesEvenAComputedRelease(t *testing.T) {
	opts := options()
	opts.Minor = true
	r, err := spec.Bump([]byte(made("Name: x\nVersion: 1.0\nRelease: %(date +%%s)%{?dist}")), opts)
	require.NoError(t, err)
	assert.Contains(t, string(r.Data), "\nRelease: %(date +%%s)%{?dist}.1\n")
	assert.False(t, r.Verified, "nothing is run to find out")
}

func TestCompatRepeatsTheToolsMistakes(t *testing.T) {
	opts := options()
	opts.Mode = spec.BumpCompat
	bump := func(text string) string {
		r, err := spec.Bump([]byte(text), opts)
		require.NoError(t, err)
		return string(r.Data)
	}
	assert.Contains(t, bump(made("Name: x\r\nVersion: 1.0\r\nRelease: 1\r")), "Name: x\nVersion: 1.0\nRelease: 2\n", "CR LF is lost")
	assert.Contains(t, bump(made("Name: x\nVersion: 1.0\nRelease: 1\n%description\nRelease: 5 x")), "Release: 6 x", "descriptions are edited")
	assert.Contains(t, bump(made("%global release 1\nName: x\nVersion: 1.0\nRelease: 3")), "%global release 2\nName: x\nVersion: 1.0\nRelease: 3\n", "the first macro is enough")
	assert.Contains(t, bump("Name: x\nVersion: 1.0\nRelease: 1\n%changelog"), "%changelog* Thu", "glued")
	_, err := spec.Bump([]byte(made("Name: x\nVersion: 1.0\nRelease: 1\n# caf\xe9")), opts)
	require.ErrorIs(t, err, spec.ErrNotBumpable)
	assert.ErrorContains(t, err, "x.spec:4: ")
}

func TestBumpsAddUp(t *testing.T) {
	data := readDemo(t)
	for i := range 5 {
		r, err := spec.Bump(data, options())
		require.NoError(t, err)
		require.True(t, r.Verified)
		assert.Equal(t, fmt.Sprintf("1:2.4-%d.fc41", 4+i), r.After.String())
		data = r.Data
	}
	s, err := spec.Parse("demo.spec", data)
	require.NoError(t, err)
	log, err := s.Changelog()
	require.NoError(t, err)
	require.Len(t, log, 7)
	assert.Equal(t, "1:2.4-8", log[0].EVR())
}

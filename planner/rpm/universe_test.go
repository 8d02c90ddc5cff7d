// SPDX-License-Identifier: MIT

package rpm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// world reads packages: a line "NEVRA SOURCE" or "NEVRA" for sources, and
// below it lines "p:", "r:", "w:" (recommends), "s:" (supplements), "f:" and
// "prio:". A "." for the source makes one of the package's own name.
func world(t testing.TB, text string) []rpm.Package {
	t.Helper()
	var out []rpm.Package
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ": ")
		if !ok {
			f := strings.Fields(line)
			n, err := rpm.ParseNEVRA(f[0])
			require.NoError(t, err)
			p := rpm.Package{NEVRA: n}
			if len(f) > 1 {
				src := f[1]
				if src == "." {
					src = n.Name
				}
				p.Source = src + "-1-1.src.rpm"
			}
			out = append(out, p)
			continue
		}
		p := &out[len(out)-1]
		r := rpm.Relation{Name: value}
		if value[0] != '(' {
			var err error
			r, err = rpm.ParseRelation(value)
			require.NoError(t, err)
		}
		switch key {
		case "p":
			p.Provides = append(p.Provides, r)
		case "r":
			p.Requires = append(p.Requires, r)
		case "w":
			p.Recommends = append(p.Recommends, r)
		case "s":
			p.Supplements = append(p.Supplements, r)
		case "f":
			p.Files = append(p.Files, value)
		case "prio":
			_, err := fmt.Sscan(value, &p.Priority)
			require.NoError(t, err)
		}
	}
	return out
}

// edges are the edges of a graph, one line each.
func edges(u *rpm.Universe) []string {
	var out []string
	for e := range u.Graph.Edges() {
		s := fmt.Sprintf("%s %s %s", e.From, e.Kind, e.To)
		if e.Weak {
			s += " weak"
		}
		if e.Possible {
			s += " possible"
		}
		if e.Arches != nil {
			s += " arch=" + strings.Join(e.Arches, ",")
		}
		if e.Evidence != "" {
			s += " [" + e.Evidence + "]"
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

func universe(t testing.TB, text string, policy rpm.Policy) *rpm.Universe {
	t.Helper()
	u, err := rpm.NewUniverse(world(t, text), policy)
	require.NoError(t, err)
	return u
}

// needs are the edges of nodes, those to sources left out.
func needs(u *rpm.Universe) []string {
	return slices.DeleteFunc(edges(u), func(s string) bool { return strings.Contains(s, " from rpms/") })
}

func TestGraph(t *testing.T) {
	for name, c := range map[string]struct {
		world  string
		policy rpm.Policy
		want   []string
	}{
		"binaries come from sources, sources need binaries": {`
			zlib-1-1.x86_64 .
			zlib-devel-1-1.x86_64 zlib
			p: pkgconfig(zlib) = 1
			r: zlib = 1-1
			curl-1-1.src
			r: pkgconfig(zlib) >= 1`,
			rpm.Policy{}, []string{
				"binary/zlib-devel run binary/zlib [zlib = 1-1]",
				"rpms/curl build binary/zlib-devel [pkgconfig(zlib) >= 1]",
			}},
		"what a package provides itself, and rpm's features, make no edge": {`
			a-1-1.x86_64 .
			p: config(a) = 1
			r: config(a) = 1
			r: rpmlib(FileDigests) <= 4.6.0-1
			r: a = 1-1`, rpm.Policy{}, nil},
		"files are found in file lists and in provides": {`
			bash-1-1.x86_64 .
			f: /usr/bin/bash
			p: /bin/sh
			a-1-1.noarch .
			r: /usr/bin/bash
			r: /bin/sh`, rpm.Policy{}, []string{
			"binary/a run binary/bash [/bin/sh]", "binary/a run binary/bash [/usr/bin/bash]"}},
		"a soname is an edge of the source too": {`
			zlib-1-1.x86_64 .
			p: libz.so.1()(64bit)
			app-1-1.x86_64 .
			r: libz.so.1()(64bit)`, rpm.Policy{}, []string{
			"binary/app run binary/zlib [libz.so.1()(64bit)]", "rpms/app build binary/zlib [libz.so.1()(64bit)]"}},
		"the package whose name is asked for wins": {`
			web-1-1.x86_64 .
			apache-1-1.x86_64 .
			p: web
			a-1-1.x86_64 .
			r: web`, rpm.Policy{}, []string{"binary/a run binary/apache possible [web]", "binary/a run binary/web [web]"}},
		"the caller's preference wins over the name": {`
			web-1-1.x86_64 .
			apache-1-1.x86_64 .
			p: web
			a-1-1.x86_64 .
			r: web`, rpm.Policy{Prefer: []string{"nginx", "apache"}},
			[]string{"binary/a run binary/apache [web]", "binary/a run binary/web possible [web]"}},
		"a provider forced by another dependency wins": {`
			b-1-1.x86_64 .
			p: web
			c-1-1.x86_64 .
			p: web
			a-1-1.x86_64 .
			r: web
			r: c`, rpm.Policy{}, []string{"binary/a run binary/b possible [web]", "binary/a run binary/c [c]", "binary/a run binary/c [web]"}},
		"the higher priority wins": {`
			b-1-1.x86_64 .
			p: web
			c-1-1.x86_64 .
			p: web
			prio: 1
			a-1-1.x86_64 .
			r: web`, rpm.Policy{}, []string{"binary/a run binary/b possible [web]", "binary/a run binary/c [web]"}},
		"the source of another chosen package wins": {`
			b-1-1.x86_64 .
			p: web
			c-1-1.x86_64 s
			p: web
			d-1-1.x86_64 s
			a-1-1.x86_64 .
			r: web
			r: d`, rpm.Policy{}, []string{"binary/a run binary/b possible [web]", "binary/a run binary/c [web]", "binary/a run binary/d [d]"}},
		"the smallest name decides what nothing else does": {`
			c-1-1.x86_64 .
			p: web
			b-1-1.x86_64 .
			p: web
			a-1-1.x86_64 .
			r: web`, rpm.Policy{}, []string{"binary/a run binary/b [web]", "binary/a run binary/c possible [web]"}},
		"a strict universe chooses nothing by the alphabet": {`
			c-1-1.x86_64 .
			p: web
			b-1-1.x86_64 .
			p: web
			a-1-1.x86_64 .
			r: web`, rpm.Policy{Strict: true}, []string{"binary/a run binary/b possible [web]", "binary/a run binary/c possible [web]"}},
		"a blocked package is not there": {`
			c-1-1.x86_64 .
			p: web
			b-1-1.x86_64 .
			p: web
			a-1-1.x86_64 .
			r: web`, rpm.Policy{Block: []string{"b"}}, []string{"binary/a run binary/c [web]"}},
		"an unversioned provide is no version where versions are asked for": {`
			b-1-1.x86_64 .
			p: web
			c-1-1.x86_64 .
			p: web = 2
			a-1-1.x86_64 .
			r: web >= 1`, rpm.Policy{Versioned: true}, []string{"binary/a run binary/c [web >= 1]"}},
		"an unversioned provide is any version": {`
			b-1-1.x86_64 .
			p: web
			a-1-1.x86_64 .
			r: web >= 1`, rpm.Policy{}, []string{"binary/a run binary/b [web >= 1]"}},
		"weak dependencies make no edges": {`
			b-1-1.x86_64 .
			a-1-1.x86_64 .
			w: b
			s: b`, rpm.Policy{}, nil},
		"weak dependencies are followed where asked for": {`
			b-1-1.x86_64 .
			a-1-1.x86_64 .
			w: b
			c-1-1.x86_64 .
			s: b`, rpm.Policy{Weak: rpm.WeakFollow}, []string{
			"binary/a run binary/b weak [b]", "binary/b run binary/c weak [Supplements: b]"}},
		"weak dependencies can be possible": {`
			b-1-1.x86_64 .
			a-1-1.x86_64 .
			w: b`, rpm.Policy{Weak: rpm.WeakPossible}, []string{"binary/a run binary/b weak possible [b]"}},
		"and, or and with make edges, conditions possible ones": {`
			b-1-1.x86_64 .
			p: crate(x) = 1.5
			c-1-1.x86_64 .
			p: crate(x) = 3
			d-1-1.x86_64 .
			e-1-1.x86_64 .
			a-1-1.src
			r: (crate(x) >= 1 with crate(x) < 2)
			r: (nothing or d or e)
			r: (c if e)`, rpm.Policy{}, []string{
			"rpms/a build binary/b [(crate(x) >= 1 with crate(x) < 2)]",
			"rpms/a build binary/c possible [c]",
			"rpms/a build binary/d [d]",
			"rpms/a build binary/e possible [e]"}},
		"an alternative that is needed anyway is chosen": {`
			d-1-1.x86_64 .
			e-1-1.x86_64 .
			a-1-1.src
			r: (d or e)
			r: e`, rpm.Policy{}, []string{"rpms/a build binary/d possible [d]", "rpms/a build binary/e [e]"}},
		"without is the difference": {`
			b-1-1.x86_64 .
			p: web
			p: bad
			c-1-1.x86_64 .
			p: web
			a-1-1.x86_64 .
			r: (web without bad)`, rpm.Policy{}, []string{"binary/a run binary/c [(web without bad)]"}},
		"names of several architectures carry it": {`
			z-1-1.x86_64 .
			z-1-1.i686 .
			a-1-1.x86_64 .
			r: z
			b-1-1.i686 .
			r: z`, rpm.Policy{}, []string{"binary/a run binary/z.x86_64 [z]", "binary/b run binary/z.i686 [z]"}},
		"a package of the family serves where there is none of the own": {`
			sh-1-1.x86_64 .
			b-1-1.i686 .
			r: sh`, rpm.Policy{}, []string{"binary/b run binary/sh [sh]"}},
		"what holds on one architecture only says so": {`
			z-1-1.x86_64 .
			z-1-1.aarch64 .
			n-1-1.noarch .
			a-1-1.src
			r: z
			r: n`, rpm.Policy{}, []string{
			"rpms/a build binary/n [n]",
			"rpms/a build binary/z.aarch64 arch=aarch64 [z]",
			"rpms/a build binary/z.x86_64 arch=x86_64 [z]"}},
		"other architectures are left out": {`
			z-1-1.x86_64 .
			z-1-1.aarch64 .
			a-1-1.src
			r: z`, rpm.Policy{Arches: []string{"x86_64"}}, []string{"rpms/a build binary/z [z]"}},
		"the build group is one conduit": {`
			gcc-1-1.x86_64 .
			a-1-1.src`, rpm.Policy{Group: rpm.GroupFollow, BuildGroup: []string{"gcc"}, GroupName: "f43"}, []string{
			"buildroot/f43 run binary/gcc [gcc]", "rpms/a build buildroot/f43", "rpms/gcc build buildroot/f43"}},
		"the build group can order alone": {`
			gcc-1-1.x86_64 .
			a-1-1.src`, rpm.Policy{Group: rpm.GroupOrder, BuildGroup: []string{"gcc"}}, []string{
			"buildroot/build run binary/gcc [gcc]", "rpms/a order buildroot/build", "rpms/gcc order buildroot/build"}},
		"the highest version of a name takes part": {`
			z-1-1.x86_64 .
			p: old
			z-2-1.x86_64 .
			p: new
			a-1-1.x86_64 .
			r: new`, rpm.Policy{}, []string{"binary/a run binary/z [new]"}},
	} {
		t.Run(name, func(t *testing.T) {
			u := universe(t, c.world, c.policy)
			got := needs(u)
			if len(c.want) == 0 {
				assert.Empty(t, got)
				return
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestNothingIsLeftOutSilently(t *testing.T) {
	u := universe(t, `
		z-1-1.x86_64 .
		z-1-1.x86_64 .
		z-0.9-1.x86_64 .
		y-1-1.x86_64
		p: v = 3
		p: w
		other-1-1.aarch64 .
		a-1-1.x86_64 .
		r: gone
		r: v < 2
		r: w = 1
		r: /no/file
		r: other
		r: (x1 or x2)
		r: (x1 if z)
		r: (x1 if x2)
		r: (a b
		r: (v with w)`, rpm.Policy{Versioned: true})
	assert.Equal(t, "[z-1-1.x86_64]", fmt.Sprint(u.Duplicates))
	assert.Equal(t, "[z-0.9-1.x86_64]", fmt.Sprint(u.Superseded))
	assert.Equal(t, []planner.ID{"rpms/a", "rpms/other", "rpms/z"}, u.Assumed)
	require.Len(t, u.Problems, 1)
	assert.Equal(t, "y-1-1.x86_64", u.Problems[0].Package)
	var got []string
	for _, x := range u.Unresolved {
		assert.Equal(t, planner.ID("binary/a"), x.By)
		assert.Equal(t, "x86_64", x.Arch)
		got = append(got, x.Requirement+": "+x.Reason)
	}
	slices.Sort(got)
	require.Len(t, got, 8)
	assert.Contains(t, got[0], "(a b: rpm: ")
	assert.Equal(t, []string{
		"(x1 if z): nothing provides x1 should z be installed",
		"(x1 or x2): no alternative is provided",
		"/no/file: no package is known to hold the file",
		"gone: nothing provides it",
		"other: provided for other architectures only",
		"v < 2: provided in other versions only: v = 3",
		"w = 1: provided without a version only",
	}, got[1:])

	u, err := rpm.NewUniverse(make([]rpm.Package, 2), rpm.Policy{})
	require.NoError(t, err)
	assert.Len(t, u.Problems, 2)
	assert.Zero(t, u.Graph.Len())
}

func TestChoices(t *testing.T) {
	u := universe(t, `
		c-1-1.x86_64 .
		p: web
		b-1-1.x86_64 .
		p: web
		web-1-1.x86_64 .
		a-1-1.x86_64 .
		r: web`, rpm.Policy{})
	got := slices.Collect(u.Choices())
	assert.Equal(t, []rpm.Choice{{By: "binary/a", Requirement: "web", Chosen: "binary/web",
		Rejected: []planner.ID{"binary/b", "binary/c"}, Rule: rpm.RuleName}}, got)
	assert.Equal(t, []planner.ID{"binary/b", "binary/c", "binary/web"}, u.Providers(rpm.Relation{Name: "web"}))
	strict := universe(t, "c-1-1.x86_64 .\np: w\nb-1-1.x86_64 .\np: w\na-1-1.x86_64 .\nr: w", rpm.Policy{Strict: true})
	require.Len(t, strict.Unresolved, 1)
	assert.Equal(t, "have choice: binary/b, binary/c", strict.Unresolved[0].Reason)
}

func TestEnums(t *testing.T) {
	assert.Equal(t, "follow WeakPolicy(9) order GroupPolicy(9) source Rule(9)",
		fmt.Sprint(rpm.WeakFollow, rpm.WeakPolicy(9), rpm.GroupOrder, rpm.GroupPolicy(9), rpm.RuleSource, rpm.Rule(9)))
	var w rpm.WeakPolicy
	require.NoError(t, w.UnmarshalText([]byte("possible")))
	assert.Equal(t, rpm.WeakPossible, w)
	require.ErrorIs(t, w.UnmarshalText([]byte("x")), rpm.ErrSyntax)
}

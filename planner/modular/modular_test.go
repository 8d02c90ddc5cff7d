// SPDX-License-Identifier: MIT

package modular_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/modular"
)

type lists = map[string][]string

func build(t testing.TB, nsvc string, against string, requires lists, virtual ...string) modular.Build {
	t.Helper()
	n, err := modulemd.ParseNSVC(nsvc)
	require.NoError(t, err)
	b := modular.Build{NSVC: n, VirtualStreams: virtual}
	if against != "" {
		b.BuiltAgainst = map[string]string{"platform": against}
	}
	if requires != nil {
		b.Dependencies = []modulemd.Dependencies{{Requires: requires}}
	}
	return b
}

func needs(requires lists) []modulemd.Dependencies {
	return []modulemd.Dependencies{{BuildRequires: requires}}
}

func found(list []modular.Combination) []string {
	out := []string{}
	for _, c := range list {
		out = append(out, fmt.Sprint(c.Block, texts(c.Modules)))
	}
	return out
}

func TestResolve(t *testing.T) {
	two := []modular.Build{
		build(t, "platform:f1:1:p", "", nil), build(t, "platform:f2:1:p", "", nil),
		build(t, "lib:a:1:x", "f1", lists{"platform": {"f1"}}), build(t, "lib:a:2:x", "f1", lists{"platform": {"f1"}}),
		build(t, "lib:a:1:y", "f2", lists{"platform": {"f2"}}), build(t, "lib:b:1:x", "f1", lists{"platform": {"f1"}}),
	}
	minor := []modular.Build{
		build(t, "platform:el9.0.0:1:p", "", nil, "el9"), build(t, "platform:el9.1.0:1:p", "", nil, "el9"),
		build(t, "lib:a:1:x", "el9.0.0", lists{"platform": {"el9"}}), build(t, "lib:a:2:x", "el9.1.0", lists{"platform": {"el9"}}),
		build(t, "old:a:1:x", "", lists{"platform": {"el9.0.0"}}),
	}
	clash := []modular.Build{
		build(t, "a:1:1:x", "", lists{"zip": {"1"}}), build(t, "b:1:1:x", "", lists{"c": {}}), build(t, "c:1:1:x", "", lists{"zip": {"-1"}}),
		build(t, "zip:1:1:x", "", nil), build(t, "zip:2:1:x", "", nil),
	}
	for _, c := range []struct {
		rule     string
		builds   []modular.Build
		requires lists
		want     []string
		err      error
	}{
		{"any stream means every stream, the newest version of each", two, lists{"platform": {"f1"}, "lib": {}},
			[]string{"0 [lib:a:2:x platform:f1:1:p]", "0 [lib:b:1:x platform:f1:1:p]"}, nil},
		{"all but one leaves the others", two, lists{"platform": {"f1"}, "lib": {"-b"}}, []string{"0 [lib:a:2:x platform:f1:1:p]"}, nil},
		{"a negative entry beside a positive one is ignored", two, lists{"platform": {"f1"}, "lib": {"b", "-a"}}, []string{"0 [lib:b:1:x platform:f1:1:p]"}, nil},
		{"choices without builds are left out", two, lists{"platform": {}, "lib": {"b"}}, []string{"0 [lib:b:1:x platform:f1:1:p]"}, nil},
		{"a stream without builds is an error", two, lists{"lib": {"c"}}, nil, modular.ErrNoBuild},
		{"a required base module comes along", two, lists{"lib": {"b"}}, []string{"0 [lib:b:1:x platform:f1:1:p]"}, nil},
		{"builds of an earlier minor release can be used", minor, lists{"platform": {"el9.1.0"}, "lib": {"a"}}, []string{"0 [lib:a:2:x platform:el9.1.0:1:p]"}, nil},
		{"builds of a later minor release cannot", minor, lists{"platform": {"el9.0.0"}, "lib": {"a"}}, []string{"0 [lib:a:1:x platform:el9.0.0:1:p]"}, nil},
		{"a required minor release admits later ones", minor, lists{"platform": {"el9.1.0"}, "old": {"a"}}, []string{"0 [old:a:1:x platform:el9.1.0:1:p]"}, nil},
		{"transitive requirements for two streams conflict", clash, lists{"a": {"1"}, "b": {"1"}}, nil, modular.ErrNoSolution},
		{"no requirements have one empty solution", nil, nil, []string{"0 []"}, nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			got, err := modular.NewPool(c.builds, modular.Options{}).Resolve(needs(c.requires))
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, found(got))
		})
	}
	_, err := modular.NewPool(clash, modular.Options{}).Resolve(needs(lists{"a": {"1"}, "b": {"1"}}))
	var conflict *modular.ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, []string{"zip:1:1:x", "zip:2:1:x"}, texts(conflict.Builds[:]))
	_, err = modular.NewPool(two, modular.Options{MaxSteps: 2}).Resolve(needs(lists{"platform": {}, "lib": {}}))
	assert.ErrorIs(t, err, modular.ErrLimit)
}

func TestExpand(t *testing.T) {
	pool := func(o modular.Options) *modular.Pool {
		return modular.NewPool([]modular.Build{
			build(t, "platform:el9.0.0:1:p", "", nil, "el9"), build(t, "platform:el9.1.0:1:p", "", nil, "el9"),
			build(t, "lib:a:1:x", "el9.0.0", lists{"platform": {"el9"}}), build(t, "lib:b:1:y", "el9.1.0", lists{"platform": {"el9"}}),
		}, o)
	}
	xmd, err := modulemd.NewValue(map[string]any{"kept": "yes", "mbs": map[string]any{"commit": "c0"}})
	require.NoError(t, err)
	doc := &modulemd.Stream{Name: "app", Stream: "1", XMD: xmd, Dependencies: []modulemd.Dependencies{{
		BuildRequires: lists{"platform": {"el9"}, "lib": {}}, Requires: lists{"platform": {"el9"}, "lib": {"a", "b"}},
	}}}
	x, err := pool(modular.Options{}).Expand(doc)
	require.NoError(t, err)
	require.Len(t, x.Variants, 2)
	assert.Equal(t, []string{"lib"}, x.Ambiguous)
	v := x.Variants[0].Stream
	assert.Equal(t, []modulemd.Dependencies{{
		BuildRequires: lists{"platform": {"el9.1.0"}, "lib": {"a"}}, Requires: lists{"platform": {"el9.1.0"}, "lib": {"a", "b"}},
	}}, v.Dependencies)
	assert.Equal(t, "yes", v.XMD.Get("kept").Text())
	assert.Equal(t, "c0", v.XMD.Get("mbs", "commit").Text())
	assert.True(t, v.XMD.Get("mbs", "mse").Bool())
	assert.Equal(t, "x", v.XMD.Get("mbs", "buildrequires", "lib", "context").Text())
	c, ok := v.Contexts()
	require.True(t, ok)
	assert.Equal(t, c.Context, v.Context, "the context is the one that the document itself gives")
	assert.NotEqual(t, v.Context, x.Variants[1].Stream.Context)
	assert.Empty(t, doc.Context, "the submitted document is left alone")

	x, err = pool(modular.Options{Defaults: map[string]string{"lib": "b"}, ForbidAmbiguity: true}).Expand(doc)
	require.NoError(t, err)
	require.Len(t, x.Variants, 1)
	assert.Equal(t, []string{"lib:b:1:y", "platform:el9.1.0:1:p"}, texts(x.Variants[0].BuiltWith))

	_, err = pool(modular.Options{ForbidAmbiguity: true}).Expand(doc)
	assert.ErrorIs(t, err, modular.ErrAmbiguous)
	_, err = pool(modular.Options{}).Expand(&modulemd.Stream{Name: "app", Stream: "1", Dependencies: needs(lists{"nothing": {}})})
	assert.ErrorIs(t, err, modular.ErrNoBuild)
}

func TestVersions(t *testing.T) {
	for stream, want := range map[string]uint64{"f27": 270000, "f27.0.1": 270001, "el8.2.0": 80200, "el8.2.0.z": 80200, "el8": 80000} {
		got, ok := modular.StreamVersion(stream)
		assert.True(t, ok)
		assert.Equal(t, want, got, stream)
	}
	_, ok := modular.StreamVersion("rawhide")
	assert.False(t, ok)
	at := time.Date(2020, 7, 15, 14, 45, 51, 0, time.FixedZone("", 2*3600))
	assert.Equal(t, uint64(8020020200715124551), modular.BuildVersion("el8.2.0", at))
	assert.Equal(t, uint64(20200715124551), modular.BuildVersion("rawhide", at))
	assert.Equal(t, uint64(20200715124551), modular.BuildVersion("el100000.2", at), "a number beyond 64 bits is left out")
}

func built(t testing.TB, name, stream string, version uint64, against lists, rpms map[string]modulemd.RPMComponent) *modulemd.Stream {
	t.Helper()
	br := map[string]any{}
	for module, v := range against { // stream, version, ref
		br[module] = map[string]any{"stream": v[0], "version": v[1], "context": "c", "ref": v[2]}
	}
	xmd, err := modulemd.NewValue(map[string]any{"mbs": map[string]any{"buildrequires": br, "commit": name + "-commit"}})
	require.NoError(t, err)
	return &modulemd.Stream{Name: name, Stream: stream, Version: version, Context: "c", XMD: xmd, RPMs: rpms}
}

func TestReuse(t *testing.T) {
	base := lists{"platform": {"f1", "1", "p1"}}
	other := lists{"platform": {"f2", "1", "p2"}}
	rpms := func(ref string) map[string]modulemd.RPMComponent {
		return map[string]modulemd.RPMComponent{"a": {Ref: "1"}, "b": {Ref: ref, BuildOrder: 1}, "c": {Ref: "1", BuildOrder: 2}}
	}
	old, older, elsewhere := built(t, "m", "s", 2, base, rpms("1")), built(t, "m", "s", 1, base, rpms("1")), built(t, "m", "s", 3, other, rpms("1"))
	next := built(t, "m", "s", 4, base, rpms("2"))
	builds := []*modulemd.Stream{older, elsewhere, old, next}
	assert.Same(t, old, modular.Donor(next, builds))
	assert.Same(t, elsewhere, modular.Donor(next, builds, "platform"))
	assert.Nil(t, modular.Donor(built(t, "m", "other", 1, base, nil), builds))

	reused := func(how planner.ReuseStrategy, from *modulemd.Stream, ignore ...string) (out []string) {
		list, err := modular.Reuse(how, from, next, ignore...)
		require.NoError(t, err)
		for _, d := range list {
			if d.Reused {
				out = append(out, d.Component)
			}
		}
		return out
	}
	assert.Equal(t, []string{"a"}, reused(planner.ReuseChangedAndAfter, old))
	assert.Equal(t, []string{"a", "c"}, reused(planner.ReuseOnlyChanged, old))
	assert.Empty(t, reused(planner.ReuseNone, old))
	assert.Empty(t, reused(planner.ReuseOnlyChanged, elsewhere), "another build context")
	assert.Equal(t, []string{"a", "c"}, reused(planner.ReuseOnlyChanged, elsewhere, "platform"))
	next.BuildOpts = &modulemd.BuildOpts{Macros: "%x 1"}
	assert.Empty(t, reused(planner.ReuseOnlyChanged, old), "other macros")
	assert.Empty(t, reused(planner.ReuseOnlyChanged, elsewhere, "platform"), "other macros")
}

func tiers(t *testing.T, g *planner.Graph, r planner.Request) []string {
	t.Helper()
	p, err := g.Plan(r)
	require.NoError(t, err)
	out := []string{}
	for _, tier := range p.Tiers {
		out = append(out, fmt.Sprint(tier.Members()))
	}
	return out
}

func TestGraphs(t *testing.T) {
	rpm := func(order int64) modulemd.RPMComponent { return modulemd.RPMComponent{BuildOrder: order, Ref: "r"} }
	lib := built(t, "lib", "1", 5, lists{"platform": {"f1", "1", "p1"}}, map[string]modulemd.RPMComponent{"a": rpm(0), "b": rpm(1), "c": rpm(5)})
	app := built(t, "app", "1", 5, lists{"platform": {"f1", "1", "p1"}, "lib": {"1", "4", "l4"}}, map[string]modulemd.RPMComponent{"x": rpm(0)})
	src := &modulemd.Stream{Name: "src", Stream: "1", Dependencies: []modulemd.Dependencies{{BuildRequires: lists{"app": {"-2"}}, Requires: lists{"lib": {}}}}}
	all := []*modulemd.Stream{src, app, lib}

	g, err := modular.ModuleGraph(all)
	require.NoError(t, err)
	assert.Equal(t, []string{"[modules/lib:1]", "[modules/app:1]", "[modules/src:1]"}, tiers(t, g, planner.Request{Changed: []planner.ID{"modules/platform:f1"}}))

	g, err = modular.ComponentGraph(lib, planner.ReuseChangedAndAfter)
	require.NoError(t, err)
	assert.Equal(t, []string{"[modules/lib:1/rpms/a]", "[modules/lib:1/rpms/b]", "[modules/lib:1/rpms/c]"},
		tiers(t, g, planner.Request{Changed: []planner.ID{modular.ComponentID("lib", "1", "a")}}))
	assert.Equal(t, []string{"[modules/lib:1/rpms/a]", "[modules/lib:1/rpms/c]"},
		tiers(t, g, planner.Request{Select: []planner.ID{"modules/lib:1/rpms/a", "modules/lib:1/rpms/c"}}), "batches hold across one that is not built")

	g, err = modular.ComponentGraph(lib, planner.ReuseOnlyChanged)
	require.NoError(t, err)
	assert.Equal(t, []string{"[modules/lib:1/rpms/a]"}, tiers(t, g, planner.Request{Changed: []planner.ID{"modules/lib:1/rpms/a"}}))
	assert.Equal(t, []string{"[modules/lib:1/rpms/a]", "[modules/lib:1/rpms/c]"},
		tiers(t, g, planner.Request{Changed: []planner.ID{"modules/lib:1/rpms/a", "modules/lib:1/rpms/c"}}))

	g, err = modular.FlatGraph(all, planner.ReuseChangedAndAfter)
	require.NoError(t, err)
	assert.Equal(t, []string{"[modules/lib:1/rpms/b]", "[modules/lib:1/rpms/c]", "[modules/app:1/rpms/x]"},
		tiers(t, g, planner.Request{Changed: []planner.ID{"modules/lib:1/rpms/b"}}))

	assert.Equal(t, []modular.Use{{Build: app.NSVC(), Module: "platform"}, {Build: lib.NSVC(), Module: "platform"}}, modular.BuiltFrom(all, "", "p1"))
	assert.Equal(t, []modular.Use{{Build: lib.NSVC(), Component: "b"}}, modular.BuiltFrom(all, "b", "r"))
	assert.Equal(t, []modular.Stale{{Build: app.NSVC(), Used: modulemd.NSVC{Name: "lib", Stream: "1", Version: 4, Context: "c"}, Newest: lib.NSVC()}}, modular.Outdated(all))
	assert.Equal(t, map[string]string{"platform": "f1", "lib": "1"}, modular.BuildOf(app).BuiltAgainst)
	assert.Equal(t, "app-commit", modular.BuildOf(app).Ref)
}

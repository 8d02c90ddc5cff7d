// SPDX-License-Identifier: MIT

package updater_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// manyNeeds are facts of n packages that need each other in a ring.
func manyNeeds(n int) updater.Facts {
	var f updater.Facts
	for i := range n {
		f.Needs = append(f.Needs, updater.Needs{Release: "fedora-43", Name: fmt.Sprintf("p%03d", i),
			On: map[string][]string{pdc.RPMRequires: {fmt.Sprintf("p%03d", (i+1)%n)}}})
	}
	return f
}

func TestManyRowsAreOneRequest(t *testing.T) {
	p, c := world(t, pdctest.Options{}, release("fedora-43"))
	u := updater.Updater{Client: c, Batch: 150}
	r, err := u.Update(t.Context(), manyNeeds(300), "m")
	require.NoError(t, err)
	assert.Len(t, r.Applied, 901, "300 global and release components and relationships, and the type")
	posts := map[string]int{}
	for _, call := range p.Calls() {
		if call.Method == "POST" {
			posts[call.Path]++
			assert.Equal(t, "m", call.Header.Get("PDC-Change-Comment"))
		}
	}
	assert.Equal(t, map[string]int{"component-relationship-types/": 1, "global-components/": 2, "release-components/": 2, "release-component-relationships/": 2}, posts)
	r, err = u.Update(t.Context(), manyNeeds(300), "m")
	require.NoError(t, err)
	assert.Empty(t, r.Applied, "the same facts owe nothing the second time")
}

func TestARowThatIsRefusedSpoilsNoOther(t *testing.T) {
	_, c := world(t, pdctest.Options{}, release("fedora-43"))
	var found []updater.Finding
	for _, name := range []string{"one", "two", "bad", "three"} {
		found = append(found, updater.Finding{Kind: updater.KindPackage, Verdict: updater.Missing, Resource: "global-components/", Name: name,
			Write: &updater.Write{Method: "POST", Resource: "global-components/", Fields: pdc.Fields{"name": strings.TrimPrefix(name, "bad")}}})
	}
	// Somebody else was faster with one of them.
	_, err := c.GlobalComponents().Create(t.Context(), pdc.GlobalComponent{Name: "two"})
	require.NoError(t, err)
	var told []string
	a := updater.Applier{Client: c, Progress: func(f updater.Finding, err error) { told = append(told, fmt.Sprint(f.Name[:3], " ", err == nil)) }}
	r, err := a.Apply(t.Context(), found)
	require.NoError(t, err)
	assert.Len(t, r.Applied, 2)
	require.Len(t, r.Already, 1)
	assert.Equal(t, "two", r.Already[0].Name)
	require.Len(t, r.Refused, 1)
	assert.ErrorIs(t, r.Refused[0].Err, pdc.ErrInvalid)
	assert.Equal(t, []string{"one true", "two true", "bad false", "thr true"}, told)
	n, err := c.GlobalComponents().Count(t.Context(), pdc.Query{})
	require.NoError(t, err)
	assert.Equal(t, 3, n)
}

func TestARowAtWhichTheServerFailsHoldsUpNoOther(t *testing.T) {
	p, c := world(t, pdctest.Options{})
	var found []updater.Finding
	for _, name := range []string{"one", "two", "three"} {
		found = append(found, updater.Finding{Kind: updater.KindPackage, Verdict: updater.Missing, Resource: "global-components/", Name: name,
			Write: &updater.Write{Method: "POST", Resource: "global-components/", Fields: pdc.Fields{"name": name}}})
	}
	p.Fail("POST", "global-components/", pdctest.ServerError()) // of all three
	p.Fail("POST", "global-components/", pdctest.ServerError()) // of the first
	r, err := (&updater.Applier{Client: c}).Apply(t.Context(), found)
	require.NoError(t, err)
	assert.Len(t, r.Applied, 2)
	require.Len(t, r.Refused, 1)
	assert.ErrorIs(t, r.Refused[0].Err, pdc.ErrInternal)
}

func TestRowsThatAreGoneAreDone(t *testing.T) {
	_, c := world(t, pdctest.Options{}, release("fedora-43"))
	u := updater.Updater{Client: c}
	_, err := u.Update(t.Context(), manyNeeds(5), "m")
	require.NoError(t, err)
	facts := manyNeeds(5)
	for i := range facts.Needs {
		facts.Needs[i].On = map[string][]string{pdc.RPMRequires: {}}
	}
	found, err := u.Compare(t.Context(), facts)
	require.NoError(t, err)
	require.Len(t, found, 5)
	require.NoError(t, c.Relationships().Delete(t.Context(), found[2].Write.Key))
	r, err := u.Repair(t.Context(), found, "")
	require.NoError(t, err)
	assert.Len(t, r.Applied, 4)
	assert.Len(t, r.Already, 1)
}

// A batch whose component somebody else made meanwhile still refers to it.
func TestAReferenceIsFoundWhenSomebodyElseMadeTheRow(t *testing.T) {
	_, c := world(t, pdctest.Options{}, release("fedora-43"))
	u := updater.Updater{Client: c}
	found, err := u.Compare(t.Context(), manyNeeds(2))
	require.NoError(t, err)
	_, err = c.GlobalComponents().Create(t.Context(), pdc.GlobalComponent{Name: "p000"})
	require.NoError(t, err)
	_, err = c.ReleaseComponents().Create(t.Context(), pdc.ReleaseComponent{Name: "p000", GlobalComponent: "p000", Release: pdc.ReleaseRef{ReleaseID: "fedora-43"}})
	require.NoError(t, err)
	r, err := u.Repair(t.Context(), found, "")
	require.NoError(t, err)
	assert.Empty(t, r.Refused)
	assert.Len(t, r.Already, 2)
	found, err = u.Compare(t.Context(), manyNeeds(2))
	require.NoError(t, err)
	assert.Empty(t, found)
}

func TestADryRunWritesNothing(t *testing.T) {
	p, c := world(t, pdctest.Options{}, release("fedora-43"))
	u := updater.Updater{Client: c, DryRun: true}
	r, err := u.Update(t.Context(), manyNeeds(3), "m")
	require.NoError(t, err)
	assert.True(t, r.DryRun)
	assert.Len(t, r.Left, 10)
	for _, call := range p.Calls() {
		assert.Equal(t, "GET", call.Method)
	}
}

func TestReadOnlyResourcesAreRefusedWithTheWayOut(t *testing.T) {
	p, c := world(t, pdctest.Options{})
	a := updater.Applier{Client: c}
	commit := updater.Finding{Verdict: updater.Missing, Resource: "changesets/", Name: "rpms/bash#abc",
		Write: &updater.Write{Method: "POST", Resource: "changesets/", Fields: pdc.Fields{"commit": "abc"}}}
	r, err := a.Apply(t.Context(), []updater.Finding{commit})
	require.NoError(t, err)
	require.Len(t, r.Refused, 1)
	var e *updater.ReadOnlyError
	require.ErrorAs(t, r.Refused[0].Err, &e)
	assert.Equal(t, "changesets/", e.Resource)
	assert.Contains(t, e.Instead, "srpm_commit_hash")
	assert.ErrorIs(t, e, pdc.ErrInvalid)
	assert.Empty(t, p.Calls(), "the server is not bothered")
	assert.ErrorContains(t, updater.CheckWritable("images/"), "build-images")
	assert.NoError(t, updater.CheckWritable("rpms/"))
}

// Whatever is cut, lost or refused by the front end at whatever request: told
// until it is dealt with, an event leaves the same rows, each once.
func TestAnUpdateThatIsCutShortGoesOn(t *testing.T) {
	_, whole := world(t, pdctest.Options{}, release("fedora-43"))
	u := updater.Updater{Client: whole, Batch: 7}
	_, err := u.Update(t.Context(), manyNeeds(20), "m")
	require.NoError(t, err)
	want := snapshot(t, whole)
	dice := rand.New(rand.NewPCG(5, 6))
	for round := range 30 {
		p, c := world(t, pdctest.Options{}, release("fedora-43"))
		u := updater.Updater{Client: c, Batch: 7}
		tries := 0
		for {
			p.Heal()
			if tries++; tries < 6 {
				for range 3 {
					method := []string{"GET", "POST"}[dice.IntN(2)]
					p.Fail(method, []string{"release-components/", "global-components/", "release-component-relationships/"}[dice.IntN(3)],
						[]pdctest.Fault{pdctest.CutAfter(), pdctest.CutBefore(), pdctest.Status(502)}[dice.IntN(3)])
				}
			}
			r, err := u.Update(t.Context(), manyNeeds(20), "m")
			require.Empty(t, r.Refused)
			if err == nil {
				break
			}
			require.ErrorIs(t, err, pdc.ErrUnavailable, "round %d", round)
		}
		p.Heal()
		assert.Equal(t, want, snapshot(t, c))
		n, err := c.Relationships().Count(t.Context(), pdc.Query{})
		require.NoError(t, err)
		assert.Equal(t, 20, n)
	}
}

func TestWhatIsNotTriedIsLeft(t *testing.T) {
	p, c := world(t, pdctest.Options{}, release("fedora-43"))
	u := updater.Updater{Client: c}
	found, err := u.Compare(t.Context(), manyNeeds(4))
	require.NoError(t, err)
	p.Fail("POST", "release-components/", pdctest.Status(503))
	r, err := u.Repair(t.Context(), found, "")
	require.Error(t, err)
	assert.Equal(t, len(found), len(r.Applied)+len(r.Left))
	assert.Len(t, r.Left, 8)
	_, c2 := world(t, pdctest.Options{})
	nobody, err := pdc.NewClient(c2.URL())
	require.NoError(t, err)
	r, err = (&updater.Applier{Client: nobody}).Apply(t.Context(), found)
	assert.ErrorIs(t, err, pdc.ErrUnauthorized)
	assert.Len(t, r.Left, len(found), "a token that is not taken is wrong for all")
}

func TestEventsWithoutASourceAreNotLost(t *testing.T) {
	_, c := world(t, pdctest.Options{})
	u := updater.Updater{Client: c, Policy: updater.Policy{Rawhide: "43"}}
	for topic, body := range map[string]string{
		"buildsys.tag":                `{"tag": "f43", "build_id": 1, "name": "a", "version": "1", "release": "1"}`,
		"mbs.module.state.change":     `{"id": 1, "name": "m", "stream": "1", "version": "1", "context": "c", "state": 5, "state_name": "ready"}`,
		"pungi.compose.status.change": `{"compose_id": "c", "status": "FINISHED", "location": "x"}`,
		"git.receive":                 `{"commit": {"rev": "ab", "repo": "p", "branch": "f42", "stats": {"files": {"dead.package": {"additions": 1, "deletions": 0}}}}}`,
		"trac.git.receive":            `{"commit": {"repo": "fedora-atomic", "branch": "master"}}`,
	} {
		ev, err := trigger.Decode([]byte(event(topic, "m", body)))
		require.NoError(t, err, topic)
		_, err = u.Handle(t.Context(), ev)
		assert.ErrorIs(t, err, updater.ErrNoSource, topic)
	}
	_, err := u.Audit(t.Context(), updater.Scope{Kind: updater.KindRPM})
	assert.ErrorIs(t, err, updater.ErrNoSource)
}

func TestEventsThatPDCNeedNotKnowOfAskNothing(t *testing.T) {
	p := updater.Policy{Rawhide: "43"}
	for name, message := range map[string]string{
		"a build in another instance":      event("buildsys.tag", "m", `{"tag": "f43", "build_id": 1, "name": "a", "version": "1", "release": "1", "instance": "s390"}`),
		"a tag of no release":              event("buildsys.tag", "m", `{"tag": "f43-candidate", "build_id": 1, "name": "a", "version": "1", "release": "1"}`),
		"a build that leaves":              event("buildsys.untag", "m", `{"tag": "f43", "build_id": 1, "name": "a", "version": "1", "release": "1"}`),
		"a compose that is doomed":         event("pungi.compose.status.change", "m", `{"compose_id": "c", "status": "DOOMED"}`),
		"a scratch module":                 event("mbs.module.state.change", "m", `{"id": 1, "name": "m", "stream": "1", "version": "1", "context": "c", "state": 5, "scratch": true}`),
		"a module that failed":             event("mbs.module.state.change", "m", `{"id": 1, "name": "m", "stream": "1", "version": "1", "context": "c", "state": 4}`),
		"a commit":                         event("git.receive", "m", `{"commit": {"rev": "ab", "repo": "p", "branch": "f42", "stats": {"files": {"p.spec": {"additions": 1, "deletions": 0}}}}}`),
		"dead.package taken away":          event("git.receive", "m", `{"commit": {"rev": "ab", "repo": "p", "branch": "f42", "stats": {"files": {"dead.package": {"additions": 0, "deletions": 3}}}}}`),
		"a package of another namespace":   event("pkgdb.package.new", "m", `{"package_name": "p", "package_listing": {"package": {"name": "p", "namespace": "docker"}, "collection": {"name": "Fedora", "version": "25"}}}`),
		"a change of a person":             event("fas.user.update", "m", `{"agent": "a", "user": "a", "fields": []}`),
		"another project of the old forge": event("trac.git.receive", "m", `{"commit": {"repo": "other", "branch": "master"}}`),
		"a dead.package on the old forge":  event("trac.git.receive", "m", `{"commit": {"rev": "ab12", "repo": "other", "branch": "master", "stats": {"files": {"dead.package": {"additions": 1, "deletions": 0}}}}}`),
		"a topic nobody knows":             event("weather.change", "m", `{}`),
	} {
		ev, err := trigger.Decode([]byte(message))
		require.NoError(t, err, name)
		asks, err := p.Asks(ev)
		require.NoError(t, err, name)
		assert.Empty(t, asks, name)
	}
}

func TestTheHandlerHearsItsTopicsAndTellsItsReports(t *testing.T) {
	_, c := world(t, pdctest.Options{})
	u := &updater.Updater{Client: c, Kinds: []updater.Kind{updater.KindPerson, updater.KindRPM}}
	var heard []string
	h := u.Handler(func(ev trigger.Event, r updater.Report) { heard = append(heard, ev.ID+" "+r.Applied[0].Name) })
	assert.Equal(t, []string{"buildsys.tag", "fas.user.create"}, h.Topics)
	d, err := trigger.NewDispatcher(h)
	require.NoError(t, err)
	for i, user := range []string{"ralph", "ralph", "kate"} {
		ev, err := trigger.Decode([]byte(event("fas.user.create", fmt.Sprintf("m%d", i), fmt.Sprintf(`{"agent": "a", "user": %q}`, user))))
		require.NoError(t, err)
		assert.Empty(t, d.Dispatch(t.Context(), ev))
	}
	assert.Equal(t, []string{"m0 ralph", "m2 kate"}, heard, "a person who is known already is no news")
}

func TestOlderServers(t *testing.T) {
	_, c := world(t, pdctest.Options{Old: true})
	u := updater.Updater{Client: c}
	m := updater.Module{Name: "m", Stream: "1", Version: "2", State: trigger.ModuleReady, KojiTag: "t", Modulemd: minimalMD}
	for range 2 {
		r, err := u.Update(t.Context(), updater.Facts{Modules: []updater.Module{m}}, "")
		require.NoError(t, err)
		assert.Empty(t, r.Refused)
	}
	row, err := c.UnreleasedVariants().Get(t.Context(), "m:1:2:00000000")
	require.NoError(t, err)
	assert.True(t, row.Active)
	assert.Equal(t, "t", row.KojiTag)
}

func FuzzAsks(f *testing.F) {
	for _, s := range history(rand.New(rand.NewPCG(1, 1))) {
		f.Add([]byte(s.message))
	}
	f.Add([]byte(`{"topic": "VirtualTopic.eng.brew.build.tag", "headers": {"tag": "f43"}, "body": {"msg": {"build": {"id": 1}}}}`))
	p := updater.Policy{Rawhide: "43"}
	f.Fuzz(func(t *testing.T, data []byte) {
		ev, err := trigger.Decode(data)
		if err != nil {
			return
		}
		asks, err := p.Asks(ev)
		if err != nil {
			return
		}
		again, err := p.Asks(ev)
		require.NoError(t, err)
		require.Equal(t, asks, again)
		for _, a := range asks {
			require.True(t, slices.Contains(updater.Kinds(), a.Kind))
			if a.Facts != nil {
				one := updater.Owed(*a.Facts, updater.Rows{PeoplePath: "contacts/people/"}, p)
				_, err := json.Marshal(one)
				require.NoError(t, err)
			}
		}
	})
}

// What no message tells of is written as what messages tell of is.
func TestFactsWithoutMessages(t *testing.T) {
	_, c := world(t, pdctest.Options{}, append(branchesOf42(), release("fedora-43"),
		pdctest.Rows{Resource: "global-components/", Rows: []any{pdc.GlobalComponent{Name: "bash"}, pdc.GlobalComponent{Name: "glibc"}}},
		pdctest.Rows{Resource: "release-components/", Rows: []any{pdc.ReleaseComponent{Name: "bash", GlobalComponent: "bash", Release: pdc.ReleaseRef{ReleaseID: "fedora-43"}, DistGitBranch: "rawhide", Active: true}}})...)
	u := updater.Updater{Client: c}
	rpms := []updater.RPM{{Name: "bash", Version: "5", Release: "1", Arch: "x86_64"}}
	facts := updater.Facts{
		Images:   []updater.Image{{ID: "httpd-docker-2-1", Format: "tar.gz", MD5: "0123456789abcdef0123456789abcdef", Releases: []string{"fedora-43"}, RPMs: rpms}},
		Groups:   []updater.Group{{Type: "atomic", Release: "fedora-43", Description: "d", Packages: []string{"bash", "glibc", "zlib"}}},
		Bugzilla: []updater.Bugzilla{{Release: "fedora-43", Package: "bash", Path: "shells/bash"}},
		Branchings: []updater.Branching{{From: "fedora-43", To: "fedora-44", FromBranch: "f42", Branch: "f44",
			EOL: map[string]pdc.Date{"bug_fixes": "2031-01-01"}}},
	}
	for i := range 3 {
		r, err := u.Update(t.Context(), facts, "by hand")
		require.NoError(t, err)
		require.Empty(t, r.Refused)
		require.Empty(t, r.Undecided)
		assert.Equal(t, i == 0, len(r.Applied) > 0, "time %d: %v", i, r.Applied)
	}
	row, err := c.ReleaseComponents().Get(t.Context(), "1")
	require.NoError(t, err)
	require.NotNil(t, row.Bugzilla)
	assert.Equal(t, "shells", row.Bugzilla.Parent)
	for g, err := range c.ComponentGroups().All(t.Context(), pdc.Query{}) {
		require.NoError(t, err)
		assert.Len(t, g.Components, 3)
	}
	next, err := c.Releases().Get(t.Context(), "fedora-44")
	require.NoError(t, err)
	require.NotNil(t, next.DistGit)
	assert.Equal(t, "f44", next.DistGit.Branch)
	n := 0
	for b, err := range c.Branches().All(t.Context(), pdc.Query{Filter: map[string][]string{"name": {"f44"}}}) {
		require.NoError(t, err)
		assert.True(t, b.Active)
		assert.Equal(t, []string{"bug_fixes"}, []string{b.SLAs[0].SLA})
		n++
	}
	assert.Equal(t, 12, n, "each branch that lived has one of the new name")
}

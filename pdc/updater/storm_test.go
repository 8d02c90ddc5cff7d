// SPDX-License-Identifier: MIT

package updater_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/compose"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// distribution is the systems of record of a small distribution: what they
// say changes as messages are sent, and each message tells of one change.
type distribution struct {
	builds     map[int64]updater.Build
	needs      map[int64][]updater.Needs // of builds in f43
	containers map[int64][]updater.Needs // of builds in f43-container
	packages   map[string]updater.Package
	modules    map[string]updater.Module
	composes   map[string]updater.Compose
	dead       map[updater.Branch]bool
	people     map[string]bool
}

func newDistribution() *distribution {
	return &distribution{map[int64]updater.Build{}, map[int64][]updater.Needs{}, map[int64][]updater.Needs{}, map[string]updater.Package{},
		map[string]updater.Module{}, map[string]updater.Compose{}, map[updater.Branch]bool{}, map[string]bool{}}
}

func (d *distribution) sources() updater.Sources {
	return updater.Sources{
		Build: func(_ context.Context, a updater.Ask) (updater.Build, error) { return d.builds[a.BuildID], nil },
		Needs: func(_ context.Context, a updater.Ask) ([]updater.Needs, error) {
			if a.Kind == updater.KindContainer {
				return d.containers[a.BuildID], nil
			}
			return d.needs[a.BuildID], nil
		},
		Module: func(_ context.Context, m *trigger.Module) (updater.Module, error) { return d.modules[m.NSVC()], nil },
		Compose: func(_ context.Context, id, _ string) (updater.Compose, error) {
			return d.composes[id], nil
		},
		Dead: func(_ context.Context, b updater.Branch) (bool, error) { return d.dead[b], nil },
		All:  func(_ context.Context, s updater.Scope) (updater.Facts, error) { return d.all(s), nil },
	}
}

// latest returns the last of each name.
func latest(all map[int64][]updater.Needs, release string) []updater.Needs {
	last := map[string]updater.Needs{}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		for _, n := range all[id] {
			n.Release = release
			last[n.Name] = n
		}
	}
	return slices.Collect(maps.Values(last))
}

func (d *distribution) all(s updater.Scope) updater.Facts {
	var f updater.Facts
	switch s.Kind {
	case updater.KindPackage:
		f.Packages = slices.Collect(maps.Values(d.packages))
	case updater.KindRPM:
		for id, b := range d.builds {
			if d.needs[id] != nil {
				b.Releases = []string{s.Release}
				f.Builds = append(f.Builds, b)
			}
		}
	case updater.KindDependency:
		f.Needs = latest(d.needs, s.Release)
	case updater.KindContainer:
		f.Needs = latest(d.containers, s.Release)
	case updater.KindModule:
		for _, m := range d.modules {
			m.Release = "fedora-43"
			f.Modules = append(f.Modules, m)
		}
	case updater.KindCompose:
		f.Composes = slices.Collect(maps.Values(d.composes))
	case updater.KindRetirement:
		for b, dead := range d.dead {
			b.Dead = dead
			f.Branches = append(f.Branches, b)
		}
	case updater.KindPerson:
		for name := range d.people {
			f.People = append(f.People, updater.Person{Username: name})
		}
	}
	return f
}

// step is a change in the systems of record and the message about it.
type step struct {
	happen  func(*distribution)
	message string
}

func event(topic, id, body string) string {
	return fmt.Sprintf(`{"topic": "org.fedoraproject.prod.%s", "msg_id": %q, "msg": %s}`, topic, id, body)
}

// year of a distribution: packages come, are built twice with other needs, go
// into containers, modules and composes, and retire.
func history(dice *rand.Rand) []step {
	var out []step
	add := func(topic, body string, happen func(*distribution)) {
		out = append(out, step{happen, event(topic, fmt.Sprintf("m%d", len(out)), body)})
	}
	name := func(i int) string { return fmt.Sprintf("pkg%02d", i) }
	some := func(n int) []string {
		names := []string{}
		for range n {
			names = append(names, name(dice.IntN(20)))
		}
		return names
	}
	for i := range 20 {
		p := updater.Package{Name: name(i), Release: "fedora-43", Branch: "master", ReleaseName: "Fedora"}
		add("pkgdb.package.new", fmt.Sprintf(`{"package_name": %q, "package_listing": {"package": {"name": %q}, "collection":
			{"name": "Fedora", "version": "devel", "branchname": "master", "dist_tag": ".fc43", "status": "Under Development"}}}`, p.Name, p.Name),
			func(d *distribution) { d.packages[p.Name] = p })
	}
	tagged := func(id int64, tag, n, rel string) string {
		return fmt.Sprintf(`{"tag": %q, "build_id": %d, "name": %q, "version": "1", "release": %q, "instance": "primary"}`, tag, id, n, rel)
	}
	for round := range int64(2) {
		for i := range 20 {
			id, n, rel := round*100+int64(i)+1, name(i), fmt.Sprintf("%d.fc43", round+1)
			b := updater.Build{ID: id, Name: n, Version: "1", Release: rel, CommitHash: fmt.Sprintf("%040x", id)}
			for _, arch := range []string{"src", "x86_64", "aarch64"} {
				b.RPMs = append(b.RPMs, updater.RPM{Name: n, Version: "1", Release: rel, Arch: arch})
			}
			needs := []updater.Needs{{Name: n, On: map[string][]string{pdc.RPMRequires: some(3), pdc.RPMBuildRequires: some(2)}}}
			add("buildsys.tag", tagged(id, "f43", n, rel), func(d *distribution) { d.builds[id], d.needs[id] = b, needs })
		}
		for i := range 4 {
			id, n := round*100+int64(i)+51, fmt.Sprintf("image%d", i)
			needs := []updater.Needs{{Name: n, Type: "container", On: map[string][]string{pdc.ContainerIncludesRPM: some(5)}}}
			add("buildsys.tag", tagged(id, "f43-container", n, "1"), func(d *distribution) {
				d.builds[id], d.containers[id] = updater.Build{ID: id, Name: n, Version: "1", Release: "1"}, needs
			})
		}
	}
	for i := range 6 {
		m := updater.Module{Name: fmt.Sprintf("mod%d", i), Stream: "1", Version: "20260101000000", Context: "c0ffee00", KojiTag: fmt.Sprintf("module-%d", i)}
		m.Modulemd = fmt.Sprintf(`---
document: modulemd
version: 2
data:
  name: %s
  stream: "1"
  summary: s
  description: d
  license:
    module: [MIT]
  dependencies:
  - buildrequires:
      platform: [f43]
      mod%d: ["1"]
    requires:
      platform: [f43]
`, m.Name, (i+1)%6)
		for _, state := range []trigger.ModuleState{trigger.ModuleWait, trigger.ModuleBuilding, trigger.ModuleDone, trigger.ModuleReady} {
			now := m
			if now.State = state; state == trigger.ModuleWait {
				now.KojiTag = ""
			}
			if state == trigger.ModuleReady {
				now.RPMs = []updater.RPM{{Name: m.Name, Version: "1", Release: "1.mod", Arch: "src"}, {Name: m.Name, Version: "1", Release: "1.mod", Arch: "noarch"}}
			}
			add("mbs.module.state.change", fmt.Sprintf(`{"id": %d, "name": %q, "stream": "1", "version": %q, "context": %q, "state": %d, "state_name": %q}`,
				i+1, m.Name, m.Version, m.Context, int(state), state), func(d *distribution) { d.modules[now.UID()] = now })
		}
	}
	for i := range 3 {
		id := fmt.Sprintf("Fedora-43-2026010%d.n.0", i+1)
		c := updater.Compose{Info: &compose.Info{Compose: compose.Compose{ID: id}, Release: compose.Release{Name: "Fedora", Short: "Fedora", Version: "43"}}}
		c.InfoJSON = json.RawMessage(fmt.Sprintf(`{"header": {"version": "1.1"}, "payload": {"compose": {"id": %q, "date": "2026010%d", "respin": 0, "type": "nightly"},
			"release": {"name": "Fedora", "short": "Fedora", "version": "43", "type": "ga"}, "variants": {}}}`, id, i+1))
		c.Images = json.RawMessage(fmt.Sprintf(`{"header": {"version": "1.1"}, "payload": {"compose": {"id": %q, "date": "2026010%d", "respin": 0, "type": "nightly"}, "images": {}}}`, id, i+1))
		add("pungi.compose.status.change", fmt.Sprintf(`{"compose_id": %q, "status": "FINISHED", "location": "https://example.org/%s/compose"}`, id, id),
			func(d *distribution) { d.composes[id] = c })
	}
	for i := range 8 {
		b := updater.Branch{Component: name(i), Type: "rpm", Name: "f42"}
		add("git.receive", fmt.Sprintf(`{"commit": {"rev": "abc%d", "repo": %q, "namespace": "rpms", "branch": "f42", "stats": {"files": {"dead.package": {"additions": 1, "deletions": 0}}}}}`, i, b.Component),
			func(d *distribution) { d.dead[b] = true })
	}
	for i := range 10 {
		user := fmt.Sprintf("user%d", i)
		add("fas.user.create", fmt.Sprintf(`{"agent": "admin", "user": %q}`, user), func(d *distribution) { d.people[user] = true })
	}
	return out
}

// branchesOf42 are branches of dist-git that PDC knew before.
func branchesOf42() []pdctest.Rows {
	rows := []pdctest.Rows{release("fedora-42"), {Resource: "component-sla-types/", Rows: []any{pdc.NamedType{Name: "bug_fixes"}, pdc.NamedType{Name: "security_fixes"}}}}
	globals, slas := pdctest.Rows{Resource: "global-components/"}, pdctest.Rows{Resource: "component-branch-slas/"}
	for i := range 12 {
		name := fmt.Sprintf("pkg%02d", i)
		globals.Rows = append(globals.Rows, pdc.GlobalComponent{Name: name})
		for _, sla := range []string{"bug_fixes", "security_fixes"} {
			slas.Rows = append(slas.Rows, pdc.BranchSLA{SLA: sla, EOL: "2030-01-01", Branch: pdc.BranchRef{Name: "f42", GlobalComponent: name, Type: "rpm"}})
		}
	}
	return append(rows, globals, slas)
}

var stormScopes = []updater.Scope{{Kind: updater.KindPackage, Release: "fedora-43"}, {Kind: updater.KindRPM, Release: "fedora-43"},
	{Kind: updater.KindDependency, Release: "fedora-43"}, {Kind: updater.KindContainer, Release: "fedora-43"}, {Kind: updater.KindCompose},
	{Kind: updater.KindModule}, {Kind: updater.KindRetirement}, {Kind: updater.KindPerson}}

// play lets the history happen, tells the messages for which told is true, and
// returns the updater and the end of the distribution.
func play(t *testing.T, steps []step, told func(i int) bool) (*updater.Updater, *pdctest.PDC) {
	t.Helper()
	p, c := world(t, pdctest.Options{}, branchesOf42()...)
	d := newDistribution()
	for i := range 12 {
		d.dead[updater.Branch{Component: fmt.Sprintf("pkg%02d", i), Type: "rpm", Name: "f42"}] = false
	}
	u := &updater.Updater{Client: c, Sources: d.sources(), Policy: updater.Policy{Rawhide: "43", Platforms: map[string]string{"f43": "fedora-43"}},
		Now: func() time.Time { return time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC) }}
	for i, s := range steps {
		s.happen(d)
		if !told(i) {
			continue
		}
		ev, err := trigger.Decode([]byte(s.message))
		require.NoError(t, err, s.message)
		r, err := u.Handle(t.Context(), ev)
		require.NoError(t, err, s.message)
		require.Empty(t, r.Refused, s.message)
	}
	return u, p
}

// snapshot is what PDC has, by resource and name, read with plain requests.
func snapshot(t *testing.T, c *pdc.Client) map[string]string {
	t.Helper()
	out := map[string]string{}
	note := func(resource, name string, members ...any) { out[resource+" "+name] = fmt.Sprint(members...) }
	q := pdc.Query{Fresh: true}
	types := map[int]string{}
	for x, err := range c.ReleaseComponents().All(t.Context(), q) {
		require.NoError(t, err)
		types[x.ID] = x.Type
		note("release-components/", x.Release.ReleaseID+" "+x.Type+" "+x.Name, x.Active, x.GlobalComponent, x.DistGitBranch)
	}
	for x, err := range c.Relationships().All(t.Context(), q) {
		require.NoError(t, err)
		note("release-component-relationships/", strings.Join([]string{x.From.Release, types[x.From.ID], x.From.Name, x.Type, x.To.Name}, " "))
	}
	for x, err := range c.RelationshipTypes().All(t.Context(), q) {
		require.NoError(t, err)
		note("component-relationship-types/", x.Name)
	}
	for x, err := range c.Releases().All(t.Context(), q) {
		require.NoError(t, err)
		note("releases/", x.ReleaseID, x.Active)
	}
	for x, err := range c.GlobalComponents().All(t.Context(), q) {
		require.NoError(t, err)
		note("global-components/", x.Name)
	}
	for x, err := range c.RPMs().All(t.Context(), q) {
		require.NoError(t, err)
		if len(x.LinkedReleases) > 0 { // rows of modules have no audit of their own
			note("rpms/", fmt.Sprintf("%s-%d:%s-%s.%s", x.Name, x.Epoch, x.Version, x.Release, x.Arch), x.LinkedReleases)
		}
	}
	for x, err := range c.Composes().All(t.Context(), q) {
		require.NoError(t, err)
		note("compose-images/", x.ComposeID)
	}
	for x, err := range c.Modules().All(t.Context(), q) {
		require.NoError(t, err)
		note("modules/", x.UID, x.Active, x.KojiTag, x.RPMs)
	}
	for x, err := range c.Branches().All(t.Context(), q) {
		require.NoError(t, err)
		for _, s := range x.SLAs {
			note("component-branch-slas/", x.Type+"/"+x.GlobalComponent+" "+x.Name+" "+s.SLA, s.EOL)
		}
	}
	for x, err := range c.People().All(t.Context(), q) {
		require.NoError(t, err)
		note("contacts/people/", x.Username, x.Email)
	}
	return out
}

// auditAll returns what all audits find, each finding once.
func auditAll(t *testing.T, u *updater.Updater) map[string]updater.Finding {
	t.Helper()
	out := map[string]updater.Finding{}
	for _, s := range stormScopes {
		found, err := u.Audit(t.Context(), s)
		require.NoError(t, err, s)
		for _, f := range found {
			name, _, _ := strings.Cut(f.Name, " #")
			out[f.Verdict.String()+" "+f.Resource+" "+name] = f
		}
	}
	return out
}

func TestAnAuditFindsExactlyWhatLostMessagesLeftWrong(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		steps := history(rand.New(rand.NewPCG(seed, 1)))
		whole, wp := play(t, steps, func(int) bool { return true })
		assert.Empty(t, auditAll(t, whole), "nothing was lost")
		drop := rand.New(rand.NewPCG(seed, 2))
		lossy, lp := play(t, steps, func(int) bool { return drop.IntN(10) > 0 })
		wc, lc := clientOf(t, wp), clientOf(t, lp)

		want, have, wrong := snapshot(t, wc), snapshot(t, lc), []string{}
		for name, v := range want {
			if now, ok := have[name]; !ok {
				wrong = append(wrong, "missing "+name)
			} else if now != v {
				wrong = append(wrong, "differs "+name)
			}
		}
		for name := range have {
			if _, ok := want[name]; !ok {
				wrong = append(wrong, "extra "+name)
			}
		}
		found := auditAll(t, lossy)
		// Components that only stale relationships needed stay: PDC alone knows
		// them, and nothing says that they are wrong.
		wrong = slices.DeleteFunc(wrong, func(s string) bool {
			return strings.HasPrefix(s, "extra release-components/") || strings.HasPrefix(s, "extra global-components/")
		})
		require.NotEmpty(t, wrong, "a tenth of the messages was lost")
		for name := range found {
			if strings.HasPrefix(name, "extra release-components/") {
				delete(found, name)
			}
		}
		assert.ElementsMatch(t, wrong, slices.Collect(maps.Keys(found)), "seed %d", seed)

		for _, s := range stormScopes {
			found, err := lossy.Audit(t.Context(), s)
			require.NoError(t, err)
			r, err := lossy.Repair(t.Context(), found, "audit")
			require.NoError(t, err)
			assert.Empty(t, r.Refused)
		}
		left := auditAll(t, lossy)
		for name, f := range left {
			assert.Nil(t, f.Write, name)
		}
	}
}

func clientOf(t *testing.T, p *pdctest.PDC) *pdc.Client {
	t.Helper()
	srv := pdctest.NewServer(p)
	t.Cleanup(srv.Close)
	c, err := srv.Client(pdc.WithToken("secret"))
	require.NoError(t, err)
	return c
}

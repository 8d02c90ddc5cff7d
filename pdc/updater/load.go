// SPDX-License-Identifier: MIT

package updater

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc"
)

// Load reads the rows that [Owed] needs to judge the facts: those that they
// speak of and, where they are whole ([Facts.Whole]), all there are. It reads
// past the server's page cache. Lists of names are asked for a hundred at a
// time. An error is that of the client.
func Load(ctx context.Context, c *pdc.Client, f Facts) (Rows, error) {
	l := &loader{ctx: ctx, c: c, f: f, need: needed(f)}
	for _, step := range []func() error{l.releases, l.components, l.relationships, l.rpms, l.composes, l.modules,
		l.branches, l.people, l.groups, l.images, l.bugzilla} {
		if err := step(); err != nil {
			return Rows{}, err
		}
	}
	return l.rows, nil
}

type loader struct {
	ctx  context.Context
	c    *pdc.Client
	f    Facts
	need *need
	rows Rows
}

// whole reports whether the facts are all there is of one of the kinds.
func (l *loader) whole(release string, kinds ...Kind) bool {
	return slices.ContainsFunc(l.f.Whole, func(s Scope) bool {
		return slices.Contains(kinds, s.Kind) && (s.Release == release || s.Release == "")
	})
}

// collect appends what a list yields.
func collect[T any](into *[]T, rows iter.Seq2[T, error]) error {
	for row, err := range rows {
		if err != nil {
			return err
		}
		*into = append(*into, row)
	}
	return nil
}

func filter(pairs ...string) pdc.Query {
	q := pdc.Query{Fresh: true, Filter: url.Values{}}
	for i := 0; i < len(pairs); i += 2 {
		q.Filter.Add(pairs[i], pairs[i+1])
	}
	return q
}

func (l *loader) releases() error {
	for _, id := range sorted(l.need.releases) {
		row, err := l.c.Releases().GetPart(l.ctx, id, pdc.Query{Fresh: true})
		switch {
		case errors.Is(err, pdc.ErrNotFound):
		case err != nil:
			return err
		default:
			l.rows.Releases = append(l.rows.Releases, row)
		}
	}
	return nil
}

// manyNames is from how many names on reading all of a release is less work
// than asking for them.
const manyNames = 2000

func (l *loader) components() error {
	known := set{}
	for _, r := range l.rows.Releases {
		known.add(r.ReleaseID)
	}
	for _, release := range sorted(l.need.components) {
		if !known[release] {
			continue // the server refuses to filter by it
		}
		names, q := sorted(l.need.components[release]), filter("release", release, "include_inactive_release", "1")
		rows := l.c.ReleaseComponents().AllOf(l.ctx, q, "name", names)
		if len(names) > manyNames || l.whole(release, KindPackage, KindDependency, KindContainer) {
			rows = l.c.ReleaseComponents().All(l.ctx, q)
		}
		if err := collect(&l.rows.ReleaseComponents, rows); err != nil {
			return err
		}
	}
	// What has a component has a global one.
	missing := set{}
	missing.add(sorted(l.need.globals)...)
	for _, c := range l.rows.ReleaseComponents {
		if missing[c.GlobalComponent] {
			delete(missing, c.GlobalComponent)
			l.rows.GlobalComponents = append(l.rows.GlobalComponents, pdc.GlobalComponent{Name: c.GlobalComponent})
		}
	}
	if l.need.otherTypes {
		if err := collect(&l.rows.ComponentTypes, l.c.ComponentTypes().All(l.ctx, filter())); err != nil {
			return err
		}
	}
	rows := l.c.GlobalComponents().AllOf(l.ctx, filter(), "name", sorted(missing))
	if len(missing) > manyNames {
		rows = l.c.GlobalComponents().All(l.ctx, filter())
	}
	return collect(&l.rows.GlobalComponents, rows)
}

func (l *loader) relationships() error {
	types := set{}
	types.add(sorted(l.need.edgeTypes)...)
	for release, kinds := range map[Kind][]string{KindDependency: {pdc.RPMRequires, pdc.RPMBuildRequires, pdc.RPMBuildRoot}, KindContainer: {pdc.ContainerIncludesRPM}} {
		for _, s := range l.f.Whole {
			if s.Kind == release {
				types.add(kinds...)
			}
		}
	}
	if len(types) == 0 {
		return nil
	}
	if err := collect(&l.rows.RelationshipTypes, l.c.RelationshipTypes().All(l.ctx, filter())); err != nil {
		return err
	}
	known := set{}
	for _, t := range l.rows.RelationshipTypes {
		known.add(t.Name)
	}
	for _, release := range sorted(l.need.components) {
		if !slices.ContainsFunc(l.rows.Releases, func(r pdc.Release) bool { return r.ReleaseID == release }) {
			continue
		}
		for _, typ := range sorted(types) {
			if !known[typ] {
				continue
			}
			kind := KindDependency
			if typ == pdc.ContainerIncludesRPM {
				kind = KindContainer
			}
			names, q := sorted(l.need.from[release]), filter("from_component_release", release, "type", typ)
			rows := l.c.Relationships().AllOf(l.ctx, q, "from_component_name", names)
			if l.whole(release, kind) {
				rows = l.c.Relationships().All(l.ctx, q)
			}
			if err := collect(&l.rows.Relationships, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loader) rpms() error {
	fields := []string{"id", "name", "version", "epoch", "release", "arch", "srpm_name", "srpm_nevra", "linked_releases"}
	seen, missing := map[int]bool{}, set{}
	missing.add(sorted(l.need.rpms)...)
	take := func(rows iter.Seq2[pdc.RPM, error]) error {
		for row, err := range rows {
			if err != nil {
				return err
			}
			if !seen[row.ID] {
				seen[row.ID] = true
				l.rows.RPMs = append(l.rows.RPMs, row)
			}
		}
		return nil
	}
	for _, r := range l.rows.Releases {
		if l.whole(r.ReleaseID, KindRPM) {
			q := filter("linked_release", r.ReleaseID)
			q.Fields = fields
			if err := take(l.c.RPMs().All(l.ctx, q)); err != nil {
				return err
			}
		}
	}
	there := newIndex(Rows{RPMs: l.rows.RPMs}).rpms
	q := pdc.Query{Fresh: true, Fields: fields, Filter: url.Values{}}
	want, versions, releases := set{}, set{}, set{}
	for _, b := range l.f.Builds {
		for _, r := range b.RPMs {
			if there[rpmName(r.Name, r.Epoch, r.Version, r.Release, r.Arch)] == nil {
				want.add("^" + regexp.QuoteMeta(r.Name) + "$")
				versions.add(r.Version)
				releases.add(r.Release)
			}
		}
	}
	if len(versions)+len(releases) <= 20 { // of one build, or a few
		q.Filter["version"], q.Filter["release"] = sorted(versions), sorted(releases)
	}
	return take(l.c.RPMs().AllOf(l.ctx, q, "name", sorted(want)))
}

func (l *loader) composes() error {
	if len(l.f.Composes) > 0 {
		if err := collect(&l.rows.Arches, l.c.Arches().All(l.ctx, filter())); err != nil {
			return err
		}
	}
	if l.whole("", KindCompose) {
		return collect(&l.rows.Composes, l.c.Composes().All(l.ctx, pdc.Query{Fresh: true, Fields: []string{"compose_id", "release", "deleted"}}))
	}
	for _, c := range l.f.Composes {
		if c.Info == nil || c.Info.Compose.ID == "" {
			continue
		}
		row, err := l.c.Composes().GetPart(l.ctx, c.Info.Compose.ID, pdc.Query{Fresh: true, Fields: []string{"compose_id", "release", "deleted"}})
		switch {
		case errors.Is(err, pdc.ErrNotFound):
		case err != nil:
			return err
		default:
			l.rows.Composes = append(l.rows.Composes, row)
		}
	}
	return nil
}

func (l *loader) modules() error {
	if len(l.need.modules) == 0 && !l.whole("", KindModule) {
		return nil
	}
	has, err := l.c.Has(l.ctx, "modules")
	if err != nil {
		return err
	}
	uids := sorted(l.need.modules)
	if has {
		q := pdc.Query{Fresh: true, Exclude: []string{"modulemd"}}
		rows := l.c.Modules().AllOf(l.ctx, q, "uid", uids)
		if l.whole("", KindModule) {
			rows = l.c.Modules().All(l.ctx, q)
		}
		return collect(&l.rows.Modules, rows)
	}
	l.rows.OldModules = true
	q := pdc.Query{Fresh: true, Exclude: []string{"modulemd"}, Filter: url.Values{"variant_type": {"module"}}}
	var old []pdc.UnreleasedVariant
	if l.whole("", KindModule) {
		err = collect(&old, l.c.UnreleasedVariants().All(l.ctx, q))
	} else {
		// A uid there is whatever its creator chose: the parts tell.
		for _, uid := range uids {
			p := append(strings.SplitN(uid, ":", 4), "", "")
			q.Filter = url.Values{"variant_type": {"module"}, "variant_name": p[:1], "variant_version": p[1:2], "variant_release": p[2:3]}
			if err = collect(&old, l.c.UnreleasedVariants().All(l.ctx, q)); err != nil {
				break
			}
		}
	}
	for _, u := range old {
		l.rows.Modules = append(l.rows.Modules, u.Module())
	}
	return err
}

func (l *loader) branches() error {
	if l.whole("", KindRetirement) {
		return collect(&l.rows.Branches, l.c.Branches().All(l.ctx, filter()))
	}
	for _, b := range l.f.Branches {
		q := filter("global_component", b.Component, "name", b.Name, "type", b.Type)
		if err := collect(&l.rows.Branches, l.c.Branches().All(l.ctx, q)); err != nil {
			return err
		}
	}
	for _, b := range l.f.Branchings {
		for _, name := range []string{b.FromBranch, b.Branch} {
			if err := collect(&l.rows.Branches, l.c.Branches().All(l.ctx, filter("name", name))); err != nil {
				return err
			}
		}
	}
	if len(l.f.Branchings) == 0 {
		return nil
	}
	return collect(&l.rows.SLATypes, l.c.SLATypes().All(l.ctx, filter()))
}

func (l *loader) people() error {
	if len(l.f.People) == 0 && !l.whole("", KindPerson) {
		return nil
	}
	for _, path := range []string{"contacts/people", "persons"} {
		has, err := l.c.Has(l.ctx, path)
		if err != nil {
			return err
		}
		if has {
			l.rows.PeoplePath = path + "/"
			break
		}
	}
	if l.rows.PeoplePath == "" {
		return nil
	}
	people := pdc.NewResource[pdc.Person](l.c, l.rows.PeoplePath)
	if l.whole("", KindPerson) {
		return collect(&l.rows.People, people.All(l.ctx, filter()))
	}
	names := set{}
	for _, p := range l.f.People {
		names.add(p.Username)
	}
	return collect(&l.rows.People, people.AllOf(l.ctx, filter(), "username", sorted(names)))
}

func (l *loader) groups() error {
	for _, g := range l.f.Groups {
		if !slices.ContainsFunc(l.rows.Releases, func(r pdc.Release) bool { return r.ReleaseID == g.Release }) {
			continue
		}
		if err := collect(&l.rows.Groups, l.c.ComponentGroups().All(l.ctx, filter("release", g.Release, "group_type", g.Type))); err != nil {
			return err
		}
	}
	if len(l.f.Groups) == 0 {
		return nil
	}
	return collect(&l.rows.GroupTypes, l.c.ComponentGroupTypes().All(l.ctx, filter()))
}

func (l *loader) images() error {
	names := set{}
	for _, i := range l.f.Images {
		names.add(i.ID)
	}
	return collect(&l.rows.Images, l.c.BuildImages().AllOf(l.ctx, filter(), "image_id", sorted(names)))
}

func (l *loader) bugzilla() error {
	if len(l.f.Bugzilla) == 0 {
		return nil
	}
	return collect(&l.rows.BugzillaComponents, l.c.BugzillaComponents().All(l.ctx, filter()))
}

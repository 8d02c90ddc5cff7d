// SPDX-License-Identifier: MIT

package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
)

func rpmOf(r koji.RPM, source string) updater.RPM {
	out := updater.RPM{Name: r.Name, Version: r.Version, Release: r.Release, Arch: r.Arch, SRPM: source}
	if r.Epoch != nil {
		out.Epoch = *r.Epoch
	}
	return out
}

func isSource(arch string) bool { return arch == "src" || arch == "nosrc" }

// buildFact is a build with its rpms.
func buildFact(b koji.Build, rpms []koji.RPM) updater.Build {
	out := updater.Build{ID: int64(b.ID), Name: b.Name, Version: b.Version, Release: b.Release}
	if b.Epoch != nil {
		out.Epoch = *b.Epoch
	}
	// A source that is no commit, an uploaded file for example, tells none.
	if s, err := distgit.ParseURL(b.Source); err == nil && isCommit(s.Ref) {
		out.CommitHash = s.Ref
	}
	for _, r := range rpms {
		out.RPMs = append(out.RPMs, rpmOf(r, b.Name))
	}
	return out
}

func isCommit(ref string) bool {
	return len(ref) == 40 && strings.Trim(ref, "0123456789abcdef") == ""
}

// buildOf reads one build.
func (a *app) buildOf(ctx context.Context, ask updater.Ask) (updater.Build, error) {
	id := ask.BuildID
	batch := a.koji.NewBatch()
	build, rpms := batch.Build(koji.ID(int(id))), batch.BuildRPMs(koji.ID(int(id)))
	if err := batch.Do(ctx); err != nil {
		return updater.Build{}, err
	}
	b, err := build.Get()
	if err != nil {
		return updater.Build{}, err
	}
	if b.ID == 0 {
		return updater.Build{}, fmt.Errorf("koji: build %d: %w", id, koji.ErrNotFound)
	}
	r, err := rpms.Get()
	return buildFact(b, r), err
}

// tagsOf are the hub's tags that belong to releases, by release, sorted.
func (a *app) tagsOf(ctx context.Context, belongs func(string) (string, bool)) (map[string][]string, error) {
	tags, err := a.koji.ListTags(ctx, koji.TagsQuery{OmitPerms: true})
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, t := range tags {
		if release, ok := belongs(t.Name); ok {
			out[release] = append(out[release], t.Name)
		}
	}
	for _, names := range out {
		slices.Sort(names)
	}
	return out, nil
}

// tagsOfRelease are the tags of one release. None is an error: all that PDC has
// of it would be extra.
func (a *app) tagsOfRelease(ctx context.Context, release string, belongs func(string) (string, bool)) ([]string, error) {
	tags, err := a.tagsOf(ctx, belongs)
	if err == nil && len(tags[release]) == 0 {
		err = fmt.Errorf("no tag of the hub belongs to %s (see -tags, -container-tags and -rawhide)", release)
	}
	return tags[release], err
}

// releasesOf are the releases of which something of a kind is known.
func (a *app) releasesOf(ctx context.Context, k updater.Kind) ([]string, error) {
	if k == updater.KindPackage {
		all, err := a.listedPackages("")
		names := map[string]bool{}
		for _, p := range all {
			names[p.Release] = true
		}
		return sortedKeys(names), err
	}
	belongs := a.policy.ReleaseOfTag
	if k == updater.KindContainer {
		belongs = a.policy.ReleaseOfContainerTag
	}
	tags, err := a.tagsOf(ctx, belongs)
	return sortedKeys(tags), err
}

// allBuilds are all builds in the tags of a release, older ones included: a
// message told of each.
func (a *app) allBuilds(ctx context.Context, release string) ([]updater.Build, error) {
	tags, err := a.tagsOfRelease(ctx, release, a.policy.ReleaseOfTag)
	if err != nil {
		return nil, err
	}
	rpms, builds := map[int][]koji.RPM{}, map[int]koji.Build{}
	for _, tag := range tags {
		inTag, in, err := a.koji.ListTaggedRPMs(ctx, koji.TaggedRPMQuery{Tag: koji.Ref(tag), OmitExtra: true})
		if err != nil {
			return nil, err
		}
		fresh := map[int]bool{}
		for _, b := range in {
			if _, ok := builds[b.ID]; !ok {
				builds[b.ID], fresh[b.ID] = b.Build, true
			}
		}
		for _, r := range inTag {
			if fresh[r.BuildID] {
				rpms[r.BuildID] = append(rpms[r.BuildID], r)
			}
		}
	}
	ids := slices.Sorted(maps.Keys(builds))
	refs := make([]koji.Ref, len(ids))
	for i, id := range ids {
		refs[i] = koji.ID(id)
	}
	full, err := a.koji.BuildsByRef(ctx, refs) // listings leave the source out
	if err != nil {
		return nil, err
	}
	var out []updater.Build
	for i, id := range ids {
		if full[i] == nil {
			continue // deleted meanwhile
		}
		b := buildFact(*full[i], rpms[id])
		b.Releases = []string{release}
		out = append(out, b)
	}
	return out, nil
}

// needsOf reads what the packages of a build need, or what a container holds.
// Present facts are wanted: if a newer build of the package was tagged since,
// it is that one's.
func (a *app) needsOf(ctx context.Context, ask updater.Ask) ([]updater.Needs, error) {
	belongs, read := a.policy.ReleaseOfTag, a.dependencies
	if ask.Kind == updater.KindContainer {
		belongs, read = a.policy.ReleaseOfContainerTag, a.contents
	}
	b, err := a.koji.Build(ctx, koji.ID(int(ask.BuildID)))
	if err != nil {
		return nil, err
	}
	in, err := a.koji.ListTags(ctx, koji.TagsQuery{Build: koji.ID(b.ID), OmitPerms: true})
	if err != nil {
		return nil, err
	}
	var found koji.TaggedBuild // of several tags of the release, the last tagging counts
	for _, t := range in {
		if release, _ := belongs(t.Name); release != ask.Release {
			continue
		}
		latest, err := a.koji.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(t.Name), Package: b.Name, Latest: 1})
		if err != nil {
			return nil, err
		}
		for _, x := range latest {
			if x.TagTime > found.TagTime {
				found = x
			}
		}
	}
	if found.ID == 0 {
		return nil, nil // it was untagged meanwhile
	}
	return read(ctx, ask.Release, []koji.TaggedBuild{found})
}

// allNeeds reads the needs of the latest builds in the tags of a release.
func (a *app) allNeeds(ctx context.Context, release string, belongs func(string) (string, bool),
	read func(context.Context, string, []koji.TaggedBuild) ([]updater.Needs, error)) ([]updater.Needs, error) {
	tags, err := a.tagsOfRelease(ctx, release, belongs)
	if err != nil {
		return nil, err
	}
	latest := map[string]koji.TaggedBuild{} // by package; of several tags, the last tagging counts
	for _, tag := range tags {
		in, err := a.koji.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(tag), Latest: 1})
		if err != nil {
			return nil, err
		}
		for _, b := range in {
			if b.TagTime > latest[b.Name].TagTime {
				latest[b.Name] = b
			}
		}
	}
	var builds []koji.TaggedBuild
	for _, name := range sortedKeys(latest) {
		builds = append(builds, latest[name])
	}
	return read(ctx, release, builds)
}

// dependencies are what the binary packages of builds need: at run time by
// their requirements, and at their build by their build roots. PDC knows no
// architectures, so that the needs of all are put together.
func (a *app) dependencies(ctx context.Context, release string, builds []koji.TaggedBuild) ([]updater.Needs, error) {
	var all []koji.RPM
	byTag := map[string][]koji.RPM{}
	batch := a.koji.NewBatch()
	var lists []*koji.Future[[]koji.RPM]
	for _, b := range builds {
		lists = append(lists, batch.BuildRPMs(b.Ref()))
	}
	if err := batch.Do(ctx); err != nil {
		return nil, err
	}
	for i, l := range lists {
		rpms, err := l.Get()
		if err != nil {
			return nil, err
		}
		for _, r := range rpms {
			if !isSource(r.Arch) && (a.arches == nil || r.Arch == "noarch" || slices.Contains(a.arches, r.Arch)) {
				all = append(all, r)
				byTag[builds[i].Tag] = append(byTag[builds[i].Tag], r)
			}
		}
	}
	roots, err := a.buildroots(ctx, all)
	if err != nil {
		return nil, err
	}
	on := map[string]map[string][]string{}
	add := func(name, typ string, to ...string) {
		if on[name] == nil {
			on[name] = map[string][]string{}
		}
		on[name][typ] = append(on[name][typ], to...)
	}
	for _, r := range all {
		if r.BuildrootID != 0 {
			for typ, names := range updater.FromBuildroot(roots[r.BuildrootID]) {
				add(r.Name, typ, names...)
			}
		}
	}
	for tag, rpms := range byTag {
		needs, err := a.packages.requires(ctx, tag, rpms)
		if err != nil {
			return nil, err
		}
		for name, to := range needs {
			add(name, pdc.RPMRequires, to...)
		}
	}
	return needsFacts(release, "", on), nil
}

// buildroots lists the build roots in which rpms were built.
func (a *app) buildroots(ctx context.Context, rpms []koji.RPM) (map[int][]updater.BuildrootRPM, error) {
	out := map[int][]updater.BuildrootRPM{}
	batch := a.koji.NewBatch()
	asked := map[int]*koji.Future[[]koji.RPM]{}
	for _, r := range rpms {
		if id := r.BuildrootID; id != 0 && asked[id] == nil {
			asked[id] = koji.Add[[]koji.RPM](batch, "listRPMs", koji.Named{"componentBuildrootID": id})
		}
	}
	if err := batch.Do(ctx); err != nil {
		return nil, err
	}
	for id, f := range asked {
		list, err := f.Get()
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			out[id] = append(out[id], updater.BuildrootRPM{Name: r.Name, IsUpdate: r.IsUpdate})
		}
	}
	return out, nil
}

// contents are the packages that containers hold: those of all their images.
func (a *app) contents(ctx context.Context, release string, builds []koji.TaggedBuild) ([]updater.Needs, error) {
	on := map[string]map[string][]string{}
	for _, b := range builds {
		images, err := a.koji.ListArchives(ctx, koji.ArchiveQuery{BuildID: b.ID, Type: "image"})
		if err != nil {
			return nil, err
		}
		names := []string{}
		for _, i := range images {
			if slices.Contains([]string{"ks", "cfg", "xml"}, i.Type) {
				continue // kickstarts and descriptions hold nothing
			}
			rpms, err := a.koji.ListRPMs(ctx, koji.RPMQuery{ImageID: i.ID})
			if err != nil {
				return nil, err
			}
			for _, r := range rpms {
				names = append(names, r.Name)
			}
		}
		on[b.Name] = map[string][]string{pdc.ContainerIncludesRPM: names}
	}
	return needsFacts(release, "container", on), nil
}

// needsFacts makes facts of needs by name and type, sorted, each name once.
func needsFacts(release, typ string, on map[string]map[string][]string) []updater.Needs {
	var out []updater.Needs
	for name, types := range on {
		for t, names := range types {
			slices.Sort(names)
			types[t] = slices.Compact(names)
		}
		out = append(out, updater.Needs{Release: release, Name: name, Type: typ, On: types})
	}
	slices.SortFunc(out, func(x, y updater.Needs) int { return cmp.Compare(x.Name, y.Name) })
	return out
}

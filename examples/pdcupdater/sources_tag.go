// SPDX-License-Identifier: MIT

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/rpm"
)

// tagPackages knows what packages of a tag need at run time. A package asks for
// capabilities ("libz.so.1()(64bit)", "/bin/sh"), and PDC keeps packages: who
// provides a capability is found among the packages of the tag, inherited ones
// included, or of the repositories given in its place. A capability is never
// taken for a name.
//
// The hub tells only what one rpm provides. Each rpm is asked for once, since
// it never changes; for a tag of many thousands repositories are much quicker.
type tagPackages struct {
	hub    *koji.Client
	repos  []string
	arches []string
	now    func() time.Time
	warn   func(format string, args ...any)

	mu   sync.Mutex
	rpms map[int]rpm.Package // of the hub, by id
	tags map[string]*tagState
}

// maxAge is for how long a list of a tag's packages counts. Packages that come
// meanwhile are added to it when their needs are asked for.
const maxAge = 10 * time.Minute

// tagState are the packages of a tag.
type tagState struct {
	read     time.Time
	packages []rpm.Package
	has      map[string]bool // NEVRAs of packages
	universe *rpm.Universe   // nil: to be made of packages
}

// requires returns what packages of a tag need, names by name.
func (t *tagPackages) requires(ctx context.Context, tag string, rpms []koji.RPM) (map[string][]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, err := t.at(ctx, tag)
	if err != nil {
		return nil, err
	}
	fresh := slices.DeleteFunc(slices.Clone(rpms), func(r koji.RPM) bool { return s.has[nevraOf(r).String()] })
	if err := t.add(ctx, s, fresh, 1); err != nil {
		return nil, err
	}
	if s.universe == nil {
		if s.universe, err = rpm.NewUniverse(s.packages, rpm.Policy{Arches: t.arches}); err != nil {
			return nil, err
		}
	}
	out := map[string][]string{}
	wanted := map[string]bool{}
	for _, r := range rpms {
		wanted[r.Name], out[r.Name] = true, nil
	}
	for n := range s.universe.Graph.Nodes() {
		p, ok := s.universe.Package(n.ID)
		if !ok || p.IsSource() || !wanted[p.Name] {
			continue
		}
		for e := range s.universe.Graph.Needs(n.ID) {
			if to, ok := s.universe.Package(e.To); ok && e.Kind == planner.EdgeRun && !e.Possible {
				out[p.Name] = append(out[p.Name], to.Name)
			}
		}
	}
	for _, x := range s.universe.Unresolved {
		if p, ok := s.universe.Package(x.By); ok && !p.IsSource() && wanted[p.Name] {
			t.warn("%s needs %s, which nothing in %s provides; left out", p.Name, x.Requirement, cmp.Or(strings.Join(t.repos, ","), tag))
		}
	}
	return out, nil
}

// at returns the packages of a tag, or of the repositories in its place.
func (t *tagPackages) at(ctx context.Context, tag string) (*tagState, error) {
	if s := t.tags[tag]; s != nil && t.now().Sub(s.read) < maxAge {
		return s, nil
	}
	s := &tagState{read: t.now(), has: map[string]bool{}}
	if t.repos != nil {
		var err error
		if s.packages, err = source.Packages(ctx, t.repos); err != nil {
			return nil, err
		}
		for _, p := range s.packages {
			s.has[p.NEVRA.String()] = true
		}
	} else {
		q := koji.TaggedRPMQuery{Tag: koji.Ref(tag), Inherit: true, Latest: 1, OmitExtra: true}
		if t.arches != nil {
			q.Arches = append([]string{"noarch"}, t.arches...)
		}
		list, _, err := t.hub.ListTaggedRPMs(ctx, q)
		if err != nil {
			return nil, err
		}
		if err := t.add(ctx, s, list, 0); err != nil {
			return nil, err
		}
	}
	if t.tags == nil {
		t.tags = map[string]*tagState{}
	}
	t.tags[tag] = s
	return s, nil
}

// add puts rpms of the hub among the packages of a tag. Those of a higher
// priority take the place of others of the same name.
func (t *tagPackages) add(ctx context.Context, s *tagState, list []koji.RPM, priority int) error {
	list = slices.DeleteFunc(list, func(r koji.RPM) bool { return isSource(r.Arch) })
	if err := t.read(ctx, list); err != nil {
		return err
	}
	for _, r := range list {
		p := t.rpms[r.ID]
		p.Priority = priority
		s.packages, s.has[p.NEVRA.String()], s.universe = append(s.packages, p), true, nil
	}
	return nil
}

// chunk is how many calls one request to the hub makes.
const chunk = 500

// read asks the hub for the dependencies and files of rpms that it was not
// asked for yet.
func (t *tagPackages) read(ctx context.Context, list []koji.RPM) error {
	if t.rpms == nil {
		t.rpms = map[int]rpm.Package{}
	}
	fresh := slices.DeleteFunc(slices.Clone(list), func(r koji.RPM) bool {
		_, known := t.rpms[r.ID]
		return known
	})
	for part := range slices.Chunk(fresh, chunk) {
		batch := t.hub.NewBatch()
		var deps []*koji.Future[[]koji.RPMDep]
		var files []*koji.Future[[]koji.RPMFile]
		for _, r := range part {
			deps = append(deps, koji.Add[[]koji.RPMDep](batch, "getRPMDeps", r.ID))
			files = append(files, koji.Add[[]koji.RPMFile](batch, "listRPMFiles", r.ID))
		}
		if err := batch.Do(ctx); err != nil {
			return err
		}
		for i, r := range part {
			d, err := deps[i].Get()
			f, err2 := files[i].Get()
			if err := errors.Join(err, err2); err != nil {
				return fmt.Errorf("rpm %d: %w", r.ID, err)
			}
			t.rpms[r.ID] = packageOf(r, d, f)
		}
	}
	return nil
}

func nevraOf(r koji.RPM) rpm.NEVRA {
	n := rpm.NEVRA{Name: r.Name, EVR: rpm.EVR{Version: r.Version, Release: r.Release}, Arch: r.Arch}
	if r.Epoch != nil {
		n.Epoch = uint32(*r.Epoch)
	}
	return n
}

// packageOf puts together what the hub tells of an rpm. Of its files those are
// kept that repositories tell, too: others are hardly ever asked for.
func packageOf(r koji.RPM, deps []koji.RPMDep, files []koji.RPMFile) rpm.Package {
	p := rpm.Package{NEVRA: nevraOf(r)}
	for _, d := range deps {
		rel := rpm.Relation{Name: d.Name}
		if d.Version != "" {
			sense, err := rpm.ParseSense(d.Op())
			evr, err2 := rpm.ParseEVR(d.Version)
			if err == nil && err2 == nil { // else any version will do
				rel.Sense, rel.EVR = sense, evr
			}
		}
		switch d.Type {
		case koji.DepProvides:
			p.Provides = append(p.Provides, rel)
		case koji.DepRequires:
			p.Requires = append(p.Requires, rel)
		}
	}
	for _, f := range files {
		if strings.Contains(f.Name, "bin/") || strings.HasPrefix(f.Name, "/etc/") || f.Name == "/usr/lib/sendmail" {
			p.Files = append(p.Files, f.Name)
		}
	}
	return p
}

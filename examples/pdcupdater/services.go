// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/modulemd/mbs"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/compose"
	"github.com/seed-f134cc8e/relkit/pdc/updater"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

// services are PDC and the systems of record; nil are those not given.
type services struct {
	pdc      *pdc.Client
	koji     *koji.Client
	mbs      *mbs.Client
	git      *distgit.Client
	folders  []folder
	packages *tagPackages
}

const agent = "pdcupdater"

func (a *app) connect() (s services, err error) {
	const wait, most = time.Second, 30 * time.Second
	if s.pdc, err = a.connectPDC(pdc.WithUserAgent(agent), pdc.WithRetry(pdc.Retry{Max: a.retries, Wait: wait, MaxWait: most})); err != nil {
		return s, err
	}
	hub := []koji.Option{koji.WithUserAgent(agent), koji.WithRetry(koji.Retry{Max: a.retries, Wait: wait, MaxWait: most})}
	switch {
	case a.profile != "":
		s.koji, err = koji.FromProfile(a.profile, hub...)
	case a.kojiURL != "":
		s.koji, err = koji.NewClient(a.kojiURL, hub...)
	}
	if err != nil {
		return s, err
	}
	if s.koji != nil {
		s.koji = s.koji.Anonymous() // it is only read
		s.packages = &tagPackages{hub: s.koji, repos: a.repos, arches: a.arches, now: a.now, warn: a.warn}
	}
	if a.mbsURL != "" {
		s.mbs, err = mbs.NewClient(a.mbsURL, mbs.WithUserAgent(agent), mbs.WithRetry(mbs.Retry{Max: a.retries, Wait: wait, MaxWait: most}))
		if err != nil {
			return s, err
		}
	}
	if a.distgitURL != "" {
		s.git, err = distgit.NewClient(a.distgitURL, distgit.WithUserAgent(agent), distgit.WithRetry(distgit.Retry{Max: a.retries, Wait: wait, MaxWait: most}))
		if err != nil {
			return s, err
		}
	}
	for _, place := range a.composes {
		f := folder{place: strings.TrimRight(place, "/"), retries: a.retries}
		if f.client, err = f.connect(compose.WithUserAgent(agent), compose.WithRetry(compose.Retry{Max: a.retries, Wait: wait, MaxWait: most})); err != nil {
			return s, err
		}
		s.folders = append(s.folders, f)
	}
	return s, nil
}

func (a *app) connectPDC(opts ...pdc.Option) (*pdc.Client, error) {
	if a.pdcServer != "" {
		return pdc.FromConfig(a.pdcServer, opts...)
	}
	if a.tokenFile != "" {
		token, err := os.ReadFile(a.tokenFile)
		if err != nil {
			return nil, err
		}
		token = bytes.TrimSpace(token)
		if len(token) == 0 {
			return nil, fmt.Errorf("%s holds no token", a.tokenFile)
		}
		opts = append(opts, pdc.WithToken(string(token)))
	}
	return pdc.NewClient(a.pdcURL, opts...)
}

func (a *app) warn(format string, args ...any) {
	fmt.Fprintf(a.errs, "pdcupdater: "+format+"\n", args...)
}

// sources are the systems of record as the updater asks them, and the kinds
// that they tell of.
func (a *app) sources() (updater.Sources, []updater.Kind) {
	kinds := []updater.Kind{updater.KindPackage, updater.KindPerson, updater.KindBranching} // messages and flags say all
	s := updater.Sources{All: a.all}
	if a.koji != nil {
		s.Build, s.Needs = a.buildOf, a.needsOf
		kinds = append(kinds, updater.KindRPM, updater.KindDependency, updater.KindContainer)
	}
	if a.mbs != nil {
		s.Module = a.moduleOf
		kinds = append(kinds, updater.KindModule)
	}
	if a.folders != nil {
		s.Compose = a.composeOf
		kinds = append(kinds, updater.KindCompose)
	}
	if a.git != nil {
		s.Dead = a.dead
		kinds = append(kinds, updater.KindRetirement)
	}
	if a.groups != nil {
		s.Groups = a.groupsOf
		kinds = append(kinds, updater.KindGroup)
	}
	slices.Sort(kinds)
	return s, kinds
}

// all returns everything that there is of a scope.
func (a *app) all(ctx context.Context, s updater.Scope) (f updater.Facts, err error) {
	switch s.Kind {
	case updater.KindPackage:
		f.Packages, err = a.listedPackages(s.Release)
	case updater.KindRPM:
		f.Builds, err = a.allBuilds(ctx, s.Release)
	case updater.KindDependency:
		f.Needs, err = a.allNeeds(ctx, s.Release, a.policy.ReleaseOfTag, a.dependencies)
	case updater.KindContainer:
		f.Needs, err = a.allNeeds(ctx, s.Release, a.policy.ReleaseOfContainerTag, a.contents)
	case updater.KindCompose:
		f.Composes, err = a.allComposes(ctx, s.Release)
	case updater.KindModule:
		f.Modules, err = a.allModules(ctx)
	case updater.KindRetirement:
		f.Branches, err = a.allBranches(ctx)
	case updater.KindPerson:
		f.People, err = a.listedPeople()
	case updater.KindGroup:
		for _, typ := range sortedKeys(a.groups) {
			var groups []updater.Group
			if groups, err = a.groupsOf(ctx, typ); err != nil {
				break
			}
			f.Groups = append(f.Groups, groups...)
		}
	default:
		err = updater.ErrNoSource
	}
	return f, err
}

// moduleOf reads a module from its build service, and its rpms from the hub.
func (a *app) moduleOf(ctx context.Context, m *trigger.Module) (updater.Module, error) {
	b, err := a.mbs.Build(ctx, m.ID)
	if err != nil {
		return updater.Module{}, err
	}
	if told := m.NSVC(); !strings.HasPrefix(b.NSVC(), told) {
		return updater.Module{}, fmt.Errorf("the build service knows %d as %s, not as %s", m.ID, b.NSVC(), told)
	}
	return a.module(ctx, b)
}

func (a *app) module(ctx context.Context, b mbs.Build) (updater.Module, error) {
	m := updater.Module{Name: b.Name, Stream: b.Stream, Version: b.Version, Context: b.Context, KojiTag: b.KojiTag, Modulemd: b.Modulemd,
		State: trigger.ModuleState(b.State)}
	if b.State != mbs.Ready || b.KojiTag == "" || a.koji == nil {
		return m, nil
	}
	rpms, builds, err := a.koji.ListTaggedRPMs(ctx, koji.TaggedRPMQuery{Tag: koji.Ref(b.KojiTag), Latest: 1, OmitExtra: true})
	if errors.Is(err, koji.ErrNotFound) {
		return m, nil // tags of old modules are removed
	}
	source := map[int]string{}
	for _, x := range builds {
		source[x.ID] = x.Name
	}
	for _, r := range rpms {
		m.RPMs = append(m.RPMs, rpmOf(r, source[r.BuildID]))
	}
	return m, err
}

// allModules are those that PDC should know: begun and not failed.
func (a *app) allModules(ctx context.Context) ([]updater.Module, error) {
	var out []updater.Module
	q := mbs.BuildQuery{States: []mbs.State{mbs.Wait, mbs.Building, mbs.Done, mbs.Ready}, Verbose: true, OldestFirst: true}
	for b, err := range a.mbs.Builds(ctx, q) {
		if err != nil {
			return nil, err
		}
		if b.Scratch {
			continue
		}
		m, err := a.module(ctx, b)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

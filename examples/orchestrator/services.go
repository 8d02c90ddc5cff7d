// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/examples/world/services"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/ci"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/planner"
)

// clients are the services that a run talks to; those that were not asked for
// are nil.
type clients struct {
	rebuild.Clients
	pdc   *pdc.Client
	ci    *ci.Greenwave
	world *services.World // the demo's
}

// connect makes the clients. It talks to nobody, except that the demo's
// services are started.
func connect(o *options, out *screen) (*clients, error) {
	c := &clients{}
	pass := o.password
	if o.Demo && o.Graph == "" && len(o.Repos) == 0 {
		world := services.Options{Dir: demoFolder(*o), Speed: o.speed, FailBuild: named(o.Fail), FailTest: named(o.FailTest)}
		if !o.planOnly {
			world.Changed = source.PackageNames(o.changed)
		}
		w, err := services.Start(world)
		if err != nil {
			return nil, err
		}
		c.world, pass = w, services.Password
		o.PDC, o.DistGit, o.Koji, o.CI, o.User = w.PDC, w.DistGit, w.Koji, w.CI, services.User
		out.say("demo world: koji %s, pdc %s, dist-git %s, ci %s", w.Koji, w.PDC, w.DistGit, w.CI)
	}
	wait := o.clock().Real(2 * time.Second)
	var err, pdcErr, ciErr error
	c.Clients, err = rebuild.Connect(o.From, o.DistGit, rebuild.Login{User: o.User, Password: pass, Write: o.write}, wait)
	if o.PDC != "" {
		c.pdc, pdcErr = pdc.NewClient(o.PDC)
	}
	if o.CI != "" {
		c.ci, ciErr = ci.NewGreenwave(o.CI, ci.WithRetry(ci.Retry{Max: rebuild.Retries, Wait: wait, MaxWait: wait}))
	}
	err = errors.Join(err, pdcErr, ciErr)
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *clients) close() error {
	if c.world == nil {
		return nil
	}
	return c.world.Close()
}

// demoFolder is where the demo world lives: with the run if that is to last.
func demoFolder(o options) string {
	if o.State == "" {
		return ""
	}
	return filepath.Join(o.State, "world")
}

func named(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

// durations adds how long builds usually take, as the hub remembers it, so
// that the plan can tell how long it will take. It is a forecast only: what the
// hub does not know stays unknown.
func (c *clients) durations(ctx context.Context, g *planner.Graph) (*planner.Graph, error) {
	if c.Koji == nil {
		return g, nil
	}
	away := false // then the forecast is done without
	usual := func(name string) time.Duration {
		if away {
			return 0
		}
		d, err := c.Koji.AverageBuildDuration(ctx, koji.Ref(name), 0)
		away = errors.Is(err, koji.ErrUnavailable)
		return d
	}
	if c.world != nil {
		usual = c.world.Duration
	}
	b := planner.Builder{Release: g.Release()}
	for e := range g.Edges() {
		b.AddEdge(e)
	}
	for n := range g.Nodes() {
		if repo, _ := rebuild.Component(n.ID); repo.Namespace == "rpms" && !n.Conduit && n.Duration == 0 {
			n.Duration = usual(repo.Name)
		}
		b.AddNode(n)
	}
	return b.Graph()
}

// sensible refuses plans that rest on a mistake.
func sensible(o options, p *planner.Plan) error {
	if len(p.Unknown) > 0 {
		return fmt.Errorf("the graph does not know %s: %w", joinIDs(p.Unknown), rebuild.ErrUsage)
	}
	if len(p.Rebuild) == 0 {
		return fmt.Errorf("nothing is to be rebuilt for %s", joinIDs(o.changed))
	}
	return nil
}

func joinIDs(ids []planner.ID) string {
	words := make([]string, 0, len(ids))
	for _, id := range ids {
		words = append(words, string(id))
	}
	return strings.Join(words, ", ")
}

// preview checks without changing anything that the hub could do what the plan
// asks for.
func preview(ctx context.Context, o options, c *clients, out *screen) error {
	if c.Koji == nil || o.Target == "" || o.Demo {
		return nil
	}
	t, err := c.Koji.Target(ctx, koji.Ref(o.Target))
	if err != nil {
		return err
	}
	out.say("hub %s: target %s builds in %s for %s; nothing was changed (-write builds)", c.Koji.URL(), t.Name, t.BuildTag, t.DestTag)
	return nil
}

// login tells early when the hub refuses the user; a hub that is away is
// waited for.
func (c *clients) login(ctx context.Context) error {
	if err := c.Koji.Login(ctx); err != nil {
		return fmt.Errorf("login at the hub: %w", err)
	}
	return nil
}

// merge brings what was built to where everybody finds it, and removes the
// side tag. Everything is looked for before it is done, so that it may be
// repeated.
func (c *clients) merge(ctx context.Context, o options, s *state, results map[planner.ID]string, out *screen) error {
	if s.Merged {
		return nil
	}
	t, err := c.Koji.Target(ctx, koji.Ref(o.Target))
	if err != nil {
		return err
	}
	byTag := map[string][]string{}
	for id, nvr := range results {
		tag := t.DestTag
		if rebuild.IsModule(id) {
			tag = modularTag(tag)
		}
		byTag[tag] = append(byTag[tag], nvr)
	}
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		if err := rebuild.TagAll(ctx, c.Koji, tag, byTag[tag], o.clock().Real(o.poll)); err != nil {
			return err
		}
		out.say("merged %d builds into %s", len(byTag[tag]), tag)
	}
	if err := s.Tag.Remove(ctx, c.Koji); err != nil {
		return err
	}
	s.Merged = true
	return s.save()
}

// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit"
	"github.com/seed-f134cc8e/relkit/distgit/spec"
	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/examples/source"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/planner"
)

// clients are the services that a run talks to; those that were not asked for
// are nil.
type clients struct {
	rebuild.Clients
	bodhi *bodhi.Client
	demo  *demo
}

// connect makes the clients. It talks to nobody, except that the demo's
// services are started.
func connect(o *options, s *state, out *screen) (*clients, error) {
	c := &clients{}
	var err error
	if o.Demo {
		if c.demo, err = startDemo(o, s.Path("world"), out); err != nil {
			return nil, err
		}
	}
	wait := o.clock().Real(2 * time.Second)
	hub := source.From{Koji: o.Koji, Profile: o.Profile, TopURL: o.TopURL}
	c.Clients, err = rebuild.Connect(hub, o.DistGit, rebuild.Login{User: o.User, Password: o.password, Write: o.write}, wait)
	if o.Bodhi != "" {
		opts := []bodhi.Option{bodhi.WithRetry(bodhi.Retry{Max: rebuild.Retries, Wait: wait, MaxWait: wait})}
		if o.token != "" {
			opts = append(opts, bodhi.WithToken(o.token))
		}
		var bodhiErr error
		c.bodhi, bodhiErr = bodhi.NewClient(o.Bodhi, opts...)
		err = errors.Join(err, bodhiErr)
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *clients) close() error {
	if c.demo == nil {
		return nil
	}
	return c.demo.close()
}

// ready checks, without changing anything, that the services could do what the
// plan asks for: before half of it has been done.
func (c *clients) ready(ctx context.Context, o options, s *state, out *screen) error {
	if s.ID != "" {
		return nil // it was, when the run began
	}
	if c.Koji != nil && o.Target != "" {
		t, err := c.Koji.Target(ctx, koji.Ref(o.Target))
		if err != nil {
			return err
		}
		if !o.write {
			out.say("hub %s: a side tag would be made below %s, of target %s", c.Koji.URL(), t.BuildTag, t.Name)
		}
	}
	if o.SideTag != "" && c.Koji != nil {
		t, err := c.Koji.Tag(ctx, koji.Ref(o.SideTag))
		if err != nil {
			return err
		}
		if on, _ := t.Extra["sidetag"].(bool); !on {
			return fmt.Errorf("%s is a tag, but no side tag", o.SideTag)
		}
	}
	for _, id := range s.Breakage.Sources {
		if c.Git == nil || !s.Breakage.asIs(id) {
			continue
		}
		if nvr, err := c.inSideTag(ctx, o.SideTag, id, s.Breakage); err != nil || nvr != "" {
			if err != nil {
				return err
			}
			continue
		}
		have, err := c.versionInGit(ctx, o, id)
		if err != nil {
			return err
		}
		if want := s.Breakage.Versions[id]; have != "" && have != want {
			return fmt.Errorf("%s: the new packages are of version %s, but branch %s of dist-git has %s: push the update there first", packageName(id), want, o.Branch, have)
		}
	}
	if !o.write {
		out.say("nothing was changed (-write does it)")
	}
	return nil
}

// inSideTag returns the build of a new source that a side tag has already, or
// nothing.
func (c *clients) inSideTag(ctx context.Context, tag string, id planner.ID, b *breakage) (string, error) {
	if tag == "" || c.Koji == nil {
		return "", nil
	}
	tagged, err := c.Koji.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(tag), Package: packageName(id), Latest: 1})
	if err != nil {
		return "", err
	}
	for _, t := range tagged {
		if t.Version == b.Versions[id] {
			return t.NVR, nil
		}
	}
	return "", nil
}

// versionInGit is the version that a branch has, empty when the spec file
// leaves it open.
func (c *clients) versionInGit(ctx context.Context, o options, id planner.ID) (string, error) {
	repo, _ := rebuild.Component(id)
	file, err := c.Git.File(ctx, repo, o.Branch, repo.Name+".spec")
	if err != nil {
		return "", err
	}
	parsed, err := spec.Parse(repo.Name+".spec", file.Data)
	if err != nil {
		return "", err
	}
	e, err := parsed.Evaluate(spec.Options{Macros: distgit.ParseBranch(o.Branch).Macros(0)})
	if err != nil || !e.Version.Known() {
		return "", err
	}
	return e.Version.Text, nil
}

// sideTag takes the side tag that was given, or makes one.
func (c *clients) sideTag(ctx context.Context, o options, s *state) error {
	if err := c.Koji.Login(ctx); err != nil {
		return fmt.Errorf("login at the hub: %w", err)
	}
	if o.SideTag != "" && s.Tag.Name == "" {
		s.Tag.Name = o.SideTag
		return s.save()
	}
	if o.SideTag == "" {
		s.Ours = true
	}
	return s.Tag.Make(ctx, c.Koji, o.Target, s.save)
}

// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/examples/world/services"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/bodhi"
	"github.com/seed-f134cc8e/relkit/koji/bodhi/bodhitest"
)

// demo is the demo distribution with its services, a Bodhi beside them, and the
// maintainer of a library who has pushed its next version.
type demo struct {
	world *services.World
	bodhi *bodhitest.Bodhi
	hub   *koji.Client // as the service acts on it
	http  *http.Server
	done  sync.WaitGroup
	stop  context.CancelFunc
}

// startDemo starts it, or wakes the one in the folder, and points the options
// to it.
func startDemo(o *options, dir string, out *screen) (*demo, error) {
	d, err := distro.Load()
	if err != nil {
		return nil, err
	}
	version, err := writeDemo(filepath.Join(dir, "repos"), d, o.Bump)
	if err != nil {
		return nil, err
	}
	o.Old, o.New = []string{filepath.Join(dir, "repos", "old")}, []string{filepath.Join(dir, "repos", "new")}
	if o.planOnly {
		return &demo{}, nil
	}
	w, err := services.Start(services.Options{Dir: dir, Speed: o.speed, FailBuild: o.Fail})
	if err != nil {
		return nil, err
	}
	x := &demo{world: w}
	if err := x.open(o, dir, d, version); err != nil {
		return nil, errors.Join(err, x.close())
	}
	o.Koji, o.DistGit, o.User, o.password = w.Koji, w.DistGit, services.User, services.Password
	out.say("demo world: koji %s, dist-git %s, bodhi %s", w.Koji, w.DistGit, o.Bodhi)
	return x, nil
}

func (x *demo) open(o *options, dir string, d *distro.Distro, version string) error {
	var err error
	if x.hub, err = x.world.Client(services.User); err != nil {
		return err
	}
	if err := pushVersion(x.world, d, o.Bump, version); err != nil || o.Merge {
		return err
	}
	x.bodhi, err = bodhitest.New(bodhitest.Seed{
		Dir:      filepath.Join(dir, "bodhi"),
		Releases: []bodhi.Release{{Name: "F43", Version: "43", Branch: distro.Branch, IDPrefix: "FEDORA", State: "pending", StableTag: distro.Tag}},
		Users:    []bodhitest.User{{Name: services.User, Token: services.Password, Groups: []string{"packager"}}},
		SideTag:  x.sideTag, Now: x.world.Hub.Now,
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	o.Bodhi, o.token = "http://"+l.Addr().String(), services.Password
	x.http = &http.Server{Handler: x.bodhi, ReadHeaderTimeout: 10 * time.Second}
	ctx, cancel := context.WithCancel(context.Background())
	x.stop = cancel
	x.done.Add(2)
	go func() { defer x.done.Done(); _ = x.http.Serve(l) }()
	go func() { defer x.done.Done(); services.LookAgain(ctx, 100*time.Millisecond, x.look) }()
	return nil
}

// pushVersion is what the library's maintainer did.
func pushVersion(w *services.World, d *distro.Distro, name, version string) error {
	p, _ := d.Package(name)
	repo, _ := rebuild.Component(sourceID(name))
	old := "Version:        " + p.Version + "\n"
	data, err := w.Git.File(repo, distro.Branch, name+".spec")
	if err != nil || !strings.Contains(string(data), old) {
		return err // pushed when the world was made
	}
	_, err = w.Git.Commit(repo, distgittest.Commit{
		Branch: distro.Branch, Message: "Update to " + version, Author: p.Maintainer + " <" + p.Maintainer + "@example.com>",
		Files: map[string]string{name + ".spec": strings.Replace(string(data), old, "Version:        "+version+"\n", 1)},
	})
	return err
}

// sideTag tells Bodhi what Koji has.
func (x *demo) sideTag(name string) (bodhitest.SideTag, error) {
	ctx := context.Background()
	t, err := x.hub.Tag(ctx, koji.Ref(name))
	if errors.Is(err, koji.ErrNotFound) {
		return bodhitest.SideTag{}, bodhitest.ErrNoTag
	}
	if err != nil {
		return bodhitest.SideTag{}, err
	}
	s := bodhitest.SideTag{}
	s.Owner, _ = t.Extra["sidetag_user"].(string)
	builds, err := x.hub.ListTagged(ctx, koji.TaggedQuery{Tag: koji.Ref(name), Latest: 1})
	for _, b := range builds {
		s.Builds = append(s.Builds, b.NVR)
	}
	if err != nil {
		return s, err
	}
	parents, err := x.hub.FullInheritance(ctx, koji.Ref(name), 0, false)
	for _, p := range parents {
		s.Inherits = append(s.Inherits, p.Name)
	}
	return s, err
}

// look is what happens to updates: builds are signed, and when tests have
// passed Bodhi has them tagged, removes the side tag and calls them stable.
func (x *demo) look(ctx context.Context) error {
	all, err := x.bodhi.Updates()
	if err != nil {
		return err
	}
	for _, u := range all {
		switch u.Status {
		case bodhi.Pending:
			if err := x.bodhi.Sign(); err != nil {
				return err
			}
		case bodhi.Testing:
			for _, b := range u.Builds {
				if err := x.hub.TagBuildDirectly(ctx, distro.Tag, koji.Ref(b.NVR), false); err != nil && !errors.Is(err, koji.ErrConflict) {
					return err
				}
			}
			if err := x.hub.RemoveSideTag(ctx, koji.Ref(u.FromTag)); err != nil && !errors.Is(err, koji.ErrNotFound) {
				return err
			}
			if err := x.bodhi.Approve(u.Alias); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *demo) close() error {
	var errs []error
	if x.stop != nil {
		x.stop()
		errs = append(errs, x.http.Close())
		x.done.Wait()
	}
	if x.world != nil {
		errs = append(errs, x.world.Close())
	}
	return errors.Join(errs...)
}

// SPDX-License-Identifier: MIT

package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/distgit/distgittest"
	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/koji"
	"github.com/seed-f134cc8e/relkit/koji/ci/citest"
	"github.com/seed-f134cc8e/relkit/koji/kojitest"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

// The account that drives rebuilds in the world. Maintainers log in by their
// name, with the same password.
const (
	User     = "releng"
	Password = "demo"
)

// Options say what happens in a world. The zero value is a world of its own
// in a temporary folder in which nothing fails.
type Options struct {
	// Dir keeps the state; empty means a temporary folder that Close removes.
	Dir string
	// Port is the hub's port; the next three are PDC's, dist-git's and the
	// test system's. 0 means any free ports, or those of the folder's last run.
	Port int
	// Speed is how many seconds pass in the world in one second; 0 means 300.
	Speed float64
	// Changed are the packages whose change the world is about to see: the
	// hub's builders fail a build whose buildroot lacks what was rebuilt of it.
	Changed []string
	// FailBuild and FailTest are packages whose build or test fails until
	// their maintainer has committed a fix.
	FailBuild, FailTest []string
	// FixAfter is how long, in the world, a maintainer takes; 0 means 15
	// minutes, below 0 that nobody ever fixes anything.
	FixAfter time.Duration
	// NoTests leaves builds untested, RepoTime is how long a repo takes to be
	// made (0 means 90 seconds): for worlds in which something never happens.
	NoTests  bool
	RepoTime time.Duration
	// Log is told every request; nil is silent. It may be called by several
	// goroutines at a time.
	Log func(service, method, path string)
}

// World is the running services.
type World struct {
	// Koji, PDC, DistGit and CI are their URLs.
	Koji, PDC, DistGit, CI string

	// Hub, PDCServer, Git and Tests are the services behind them, for tests
	// that look at what really happened or break something.
	Hub       *kojitest.Hub
	PDCServer *pdctest.PDC
	Git       *distgittest.Host
	Tests     *citest.Services

	opts    Options
	distro  *distro.Distro
	removes bool
	began   time.Time // the hub's time at which the story began
	servers []*http.Server

	unplugged sync.Map // names of services
	stop      context.CancelFunc
	done      sync.WaitGroup
}

// memory is what the world itself keeps in its folder.
type memory struct {
	Ports [4]int `json:"ports"`
	// Event is the hub's event at which the story began: what is rebuilt must
	// be newer. Began is the hub's time then.
	Event int       `json:"event"`
	Began time.Time `json:"began"`
}

// Start makes a world, or wakes the one in the folder, and lets its time run.
func Start(o Options) (*World, error) {
	if o.Speed == 0 {
		o.Speed = 300
	}
	if o.FixAfter == 0 {
		o.FixAfter = 15 * time.Minute
	}
	if o.RepoTime == 0 {
		o.RepoTime = 90 * time.Second
	}
	d, err := distro.Load()
	if err != nil {
		return nil, err
	}
	w := &World{opts: o, distro: d}
	if o.Dir == "" {
		if w.opts.Dir, err = os.MkdirTemp("", "relkit-world-"); err != nil {
			return nil, err
		}
		w.removes = true
	}
	if err := w.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("world: %w", err), w.Close())
	}
	return w, nil
}

func (w *World) open() error {
	if err := os.MkdirAll(w.opts.Dir, 0o755); err != nil {
		return err
	}
	for _, name := range append(append([]string{}, w.opts.Changed...), append(w.opts.FailBuild, w.opts.FailTest...)...) {
		if _, ok := w.distro.Package(name); !ok {
			return fmt.Errorf("the demo distribution has no package %q", name)
		}
	}
	var m memory
	data, err := os.ReadFile(w.path("world.json"))
	switch {
	case err == nil:
		if err := json.Unmarshal(data, &m); err != nil {
			return fmt.Errorf("%s: %w", w.path("world.json"), err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if w.opts.Port != 0 {
		for i := range m.Ports {
			m.Ports[i] = w.opts.Port + i
		}
	}
	listeners, err := listen(&m.Ports)
	if err != nil {
		return err
	}
	urls := []*string{&w.Koji, &w.PDC, &w.DistGit, &w.CI}
	for i, p := range m.Ports {
		*urls[i] = "http://127.0.0.1:" + strconv.Itoa(p)
	}
	w.Koji += "/kojihub"
	for _, step := range []func(*memory) error{w.openGit, w.openHub, w.openPDC, w.openTests} {
		if err := step(&m); err != nil {
			for _, l := range listeners {
				l.Close()
			}
			return err
		}
	}
	if err := w.remember(m); err != nil {
		return err
	}
	for i, h := range []http.Handler{w.Hub, w.PDCServer, w.Git, w.Tests} {
		w.serve([]string{"koji", "pdc", "dist-git", "ci"}[i], listeners[i], h)
	}
	people, err := w.newPeople()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	w.done.Add(2)
	go w.live(ctx)
	go func() { defer w.done.Done(); LookAgain(ctx, 60*time.Millisecond, people.look) }()
	return nil
}

func (w *World) path(name string) string { return filepath.Join(w.opts.Dir, name) }

// remember writes the world's own state in one step.
func (w *World) remember(m memory) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	tmp := w.path("world.json.tmp")
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, w.path("world.json"))
}

// listen opens the given ports, and any free one for 0, and fills them in.
func listen(ports *[4]int) ([]net.Listener, error) {
	var out []net.Listener
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(ports[i]))
		if err != nil {
			for _, l := range out {
				l.Close()
			}
			return nil, err
		}
		ports[i] = l.Addr().(*net.TCPAddr).Port
		out = append(out, l)
	}
	return out, nil
}

func (w *World) serve(name string, l net.Listener, h http.Handler) {
	srv := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.opts.Log != nil {
			w.opts.Log(name, r.Method, r.URL.Path)
		}
		if _, off := w.unplugged.Load(name); off {
			http.Error(rw, "Service Unavailable", http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(rw, r)
	})}
	w.servers = append(w.servers, srv)
	w.done.Add(1)
	go func() {
		defer w.done.Done()
		_ = srv.Serve(l)
	}()
}

// live lets the hub's time run.
func (w *World) live(ctx context.Context) {
	defer w.done.Done()
	const step = 10 * time.Millisecond
	tick := time.NewTicker(step)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			w.Hub.Advance(time.Duration(float64(now.Sub(last)) * w.opts.Speed))
			last = now
		}
	}
}

// Unplug makes a service ("koji", "pdc", "dist-git", "ci") refuse every
// request with 503 until [World.Plug] is called.
func (w *World) Unplug(service string) { w.unplugged.Store(service, true) }

// Plug ends Unplug.
func (w *World) Plug(service string) { w.unplugged.Delete(service) }

// Client returns a client of the hub that acts as the given user, or as nobody
// for the empty name.
func (w *World) Client(user string) (*koji.Client, error) {
	if user == "" {
		return koji.NewClient(w.Koji)
	}
	return koji.NewClient(w.Koji, koji.WithPassword(user, Password))
}

// Close stops the services and removes a temporary folder.
func (w *World) Close() error {
	if w.stop != nil {
		w.stop()
	}
	var errs []error
	for _, s := range w.servers {
		errs = append(errs, s.Close())
	}
	w.done.Wait()
	if w.Hub != nil {
		errs = append(errs, w.Hub.Close())
	}
	if w.Git != nil {
		errs = append(errs, w.Git.Close())
	}
	if w.Tests != nil {
		errs = append(errs, w.Tests.Close())
	}
	if w.removes {
		errs = append(errs, os.RemoveAll(w.opts.Dir))
	}
	return errors.Join(errs...)
}

// SPDX-License-Identifier: MIT

package owed

import (
	"context"
	_ "embed"
	"flag"
	"io"
	"os"
	"time"

	"github.com/seed-f134cc8e/relkit/examples/busorchestrator/releases"
	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/trigger"
)

//go:embed depends.txt
var dependents string

// Options are the flags that every program of this orchestrator has.
type Options struct{ graph, releases, modules string }

// Flags defines them.
func (o *Options) Flags(f *flag.FlagSet) {
	f.StringVar(&o.graph, "graph", "", "`file` that says who depends on what, as planner.ParseGraphText reads it (default: a small one of release f41)")
	f.StringVar(&o.releases, "releases", "", "who knows the active releases: pdc=`URL`, bodhi=URL or distgit=URL/rpms/PACKAGE (default: f41 is the only one)")
	f.StringVar(&o.modules, "modules", "f41", "`release` that the streams of all modules belong to")
}

// Service returns the orchestrator that the flags describe. Its graph is read
// again for each question, so that it may be replaced.
func (o *Options) Service(ctx context.Context, out io.Writer) (*Service, error) {
	active := []trigger.Release{{Label: "f41", At: map[trigger.Place][]string{trigger.PlaceDist: {"fc41"}}}}
	if o.releases != "" {
		var err error
		if active, err = releases.Active(ctx, o.releases, time.Now()); err != nil {
			return nil, err
		}
	}
	routes := append(trigger.RoutesTo(active...), trigger.Route{Place: trigger.PlaceStream, Pattern: "*", Release: o.modules})
	ask := func(string) (*planner.Graph, error) {
		text := []byte(dependents)
		if o.graph != "" {
			var err error
			if text, err = os.ReadFile(o.graph); err != nil {
				return nil, err
			}
		}
		return planner.ParseGraphText(string(text))
	}
	return &Service{Routes: routes, Ask: ask, Out: out}, routes.Check()
}

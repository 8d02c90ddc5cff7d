// SPDX-License-Identifier: MIT

package main

import (
	"strings"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
	"github.com/seed-f134cc8e/relkit/planner"
)

// state is what a run remembers besides the driver's journal: what was asked,
// the graph it was planned from, and the side tag. Each change of it is
// written in one step.
type state struct {
	*rebuild.Folder `json:"-"`

	ID      string          `json:"id"` // goes into commits, so that they are found again
	Options options         `json:"options"`
	Tag     rebuild.SideTag `json:"tag"`
	Merged  bool            `json:"merged,omitempty"`
}

// openState opens the folder of a run, or a temporary one, and takes from a run
// that is there what it was asked for.
func openState(o *options) (*state, error) {
	s := &state{Folder: &rebuild.Folder{}}
	if o.State == "" && !o.write {
		return s, nil
	}
	f, err := rebuild.OpenFolder(o.State, o.resume, s)
	if err != nil {
		return nil, err
	}
	if s.Folder = f; !o.resume {
		return s, nil
	}
	now := *o
	*o = s.Options
	o.State, o.resume, o.write, o.json, o.hook, o.password = now.State, true, true, now.json, now.hook, now.password
	o.limit, o.poll, o.patience, o.timeout, o.speed, o.yes = now.limit, now.poll, now.patience, now.timeout, now.speed, true
	for _, id := range strings.Split(o.Changed, ",") {
		o.changed = append(o.changed, planner.ID(strings.TrimSpace(id)))
	}
	if o.Demo {
		o.demo()
	}
	return s, nil
}

// begin remembers a new run; it does nothing for one that is resumed.
func (s *state) begin(g *planner.Graph, o options) error {
	if s.ID != "" {
		return nil
	}
	if err := s.Begin(g); err != nil {
		return err
	}
	s.ID, s.Options = rebuild.NewID(), o
	return s.save()
}

func (s *state) save() error { return s.Save(s) }

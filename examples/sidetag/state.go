// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"

	"github.com/seed-f134cc8e/relkit/examples/rebuild"
)

// state is what a run remembers besides the driver's journal. Each change of
// it is written in one step.
type state struct {
	*rebuild.Folder `json:"-"`

	ID       string    `json:"id"` // goes into commits, so that they are found again
	Options  options   `json:"options"`
	Breakage *breakage `json:"breakage"`

	Tag  rebuild.SideTag `json:"tag"`
	Ours bool            `json:"ours,omitempty"` // we made the side tag
	// Update is the update's alias; Merged that the builds were tagged.
	Update string `json:"update,omitempty"`
	Merged bool   `json:"merged,omitempty"`
}

// openState opens the folder of a run, or a temporary one, and takes from a run
// that is there what it was asked for.
func openState(o *options) (*state, error) {
	s := &state{Folder: &rebuild.Folder{}}
	if o.State == "" && !o.write && !o.Demo {
		return s, nil
	}
	f, err := rebuild.OpenFolder(o.State, o.resume, s)
	if err != nil {
		return nil, err
	}
	if s.Folder = f; !o.resume {
		return s, nil
	}
	if s.Breakage == nil || s.ID == "" {
		err := errors.New("the run's own file lacks a part")
		return nil, fmt.Errorf("%s: %w: %w", s.Path("run.json"), err, rebuild.ErrState)
	}
	now := *o
	*o = s.Options
	o.State, o.resume, o.write, o.yes = now.State, true, true, true
	o.json, o.loud, o.retry, o.hook, o.password, o.token = now.json, now.loud, now.retry, now.hook, now.password, now.token
	o.poll, o.patience, o.speed = now.poll, now.patience, now.speed
	if o.Demo {
		o.demo()
	}
	return s, nil
}

// begin remembers a new run; it does nothing for one that is resumed.
func (s *state) begin(o options) error {
	if s.ID != "" {
		return nil
	}
	if err := s.Begin(s.Graph); err != nil {
		return err
	}
	s.ID, s.Options = "sidetag-"+rebuild.NewID(), o
	return s.save()
}

func (s *state) save() error { return s.Save(s) }

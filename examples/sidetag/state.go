// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
)

var errState = errors.New("state folder can't be used")

// state is what a run remembers besides the driver's journal. Each change of
// it is written in one step.
type state struct {
	dir       string
	temporary bool
	graph     *planner.Graph

	ID       string    `json:"id"` // goes into commits, so that they are found again
	Options  options   `json:"options"`
	Breakage *breakage `json:"breakage"`
	// Before are the side tags that we had before asking for one, nil until
	// then; SideTag is the one that we got or took, Ours if we made it.
	Before  []string `json:"before"`
	SideTag string   `json:"sideTag,omitempty"`
	Ours    bool     `json:"ours,omitempty"`
	// Update is the update's alias; Merged that the builds were tagged.
	Update string `json:"update,omitempty"`
	Merged bool   `json:"merged,omitempty"`
}

// openState opens the folder of a run, or a temporary one, and takes from a run
// that is there what it was asked for.
func openState(o *options) (*state, error) {
	s := &state{dir: o.State}
	if s.dir == "" {
		if !o.write && !o.Demo {
			return s, nil
		}
		dir, err := os.MkdirTemp("", "relkit-sidetag-")
		s.dir, s.temporary = dir, true
		return s, err
	}
	data, err := os.ReadFile(s.path("run.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.resume:
		return nil, fmt.Errorf("%s holds no run to go on with: %w", s.dir, errState)
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, err
	case !o.resume:
		return nil, fmt.Errorf("%s holds a run already; go on with it by resume, or take another folder: %w", s.dir, errState)
	}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", s.path("run.json"), err, errState)
	}
	text, err := os.ReadFile(s.path("graph.json"))
	if err == nil {
		s.graph, err = planner.ParseGraph(text)
	}
	if err == nil && (s.Breakage == nil || s.ID == "") {
		err = errors.New("the run's own file lacks a part")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", s.path("graph.json"), err, errState)
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

func (s *state) path(name string) string { return filepath.Join(s.dir, name) }

// begin remembers a new run; it does nothing for one that is resumed.
func (s *state) begin(o options) error {
	if s.ID != "" {
		return nil
	}
	text, err := s.graph.MarshalJSON()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	if err := writeFile(s.path("graph.json"), text); err != nil {
		return err
	}
	s.ID, s.Options = "sidetag-"+time.Now().UTC().Format("20060102-150405"), o
	return s.save()
}

func (s *state) save() error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(s.path("run.json"), append(data, '\n'))
}

// writeFile replaces a file in one step: after a crash it is the old or the
// new one.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (s *state) close() {
	if s.temporary {
		os.RemoveAll(s.dir)
	}
}

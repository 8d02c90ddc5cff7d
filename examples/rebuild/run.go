// SPDX-License-Identifier: MIT

package rebuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
	"github.com/seed-f134cc8e/relkit/planner/drive"
)

// ErrState means that a folder holds no run to go on with, one already, or
// something else than a run.
var ErrState = errors.New("state folder can't be used")

// Folder is where a run is remembered beside the driver's journal: run.json,
// which the program defines, and graph.json, what it was planned from. Each
// file is replaced in one step.
type Folder struct {
	Dir       string
	Graph     *planner.Graph // of a run that is gone on with, else nil
	Temporary bool           // taken away by Close
}

// OpenFolder opens a run's folder. To go on with a run, it is read into the
// value; a new one must not be there yet. An empty dir is a folder that
// [Folder.Close] takes away.
func OpenFolder(dir string, resume bool, into any) (*Folder, error) {
	f := &Folder{Dir: dir}
	if dir == "" {
		tmp, err := os.MkdirTemp("", "relkit-run-")
		f.Dir, f.Temporary = tmp, true
		return f, err
	}
	data, err := os.ReadFile(f.Path("run.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist) && resume:
		return nil, fmt.Errorf("%s holds no run to go on with: %w", dir, ErrState)
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return nil, err
	case !resume:
		return nil, fmt.Errorf("%s holds a run already; go on with it by resume, or take another folder: %w", dir, ErrState)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", f.Path("run.json"), err, ErrState)
	}
	text, err := os.ReadFile(f.Path("graph.json"))
	if err == nil {
		f.Graph, err = planner.ParseGraph(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", f.Path("graph.json"), err, ErrState)
	}
	return f, nil
}

// Path returns the path of a file in the folder.
func (f *Folder) Path(name string) string { return filepath.Join(f.Dir, name) }

// Begin remembers what a new run is planned from, before its run.json says
// that there is one.
func (f *Folder) Begin(g *planner.Graph) error {
	text, err := g.MarshalJSON()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return err
	}
	f.Graph = g
	return WriteFile(f.Path("graph.json"), text)
}

// Save replaces run.json.
func (f *Folder) Save(run any) error {
	data, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(f.Path("run.json"), append(data, '\n'))
}

// Close takes a temporary folder away.
func (f *Folder) Close() {
	if f.Temporary {
		os.RemoveAll(f.Dir)
	}
}

// WriteFile replaces a file in one step: after a crash it is the old or the
// new one.
func WriteFile(path string, data []byte) error {
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

// NewID names a run by when it began.
func NewID() string { return time.Now().UTC().Format("20060102-150405") }

// Exit codes of programs that drive a run.
const (
	ExitDone        = 0 // everything was rebuilt, or planned as asked
	ExitFailed      = 1 // a service or a file failed
	ExitUsage       = 2 // the command line makes no sense
	ExitHeld        = 3 // the plan is over its limit and waits for a person
	ExitStuck       = 4 // failures are left that nobody has fixed
	ExitState       = 5 // the state folder is in use, damaged, or of another run
	ExitInterrupted = 130
)

// What a person must see to.
var (
	ErrUsage = errors.New("usage")
	ErrHeld  = errors.New("the plan is held")
)

// ExitCode returns the exit code that tells of an error.
func ExitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return ExitDone
	case ctx.Err() != nil:
		return ExitInterrupted
	case errors.Is(err, ErrUsage):
		return ExitUsage
	case errors.Is(err, ErrHeld):
		return ExitHeld
	case errors.Is(err, drive.ErrStuck):
		return ExitStuck
	case errors.Is(err, drive.ErrLocked), errors.Is(err, drive.ErrOtherPlan), errors.Is(err, drive.ErrFormat), errors.Is(err, drive.ErrCorrupt), errors.Is(err, ErrState):
		return ExitState
	}
	return ExitFailed
}

// Built returns what a run has made, by node.
func Built(r *planner.Run) map[planner.ID]string {
	built := map[planner.ID]string{}
	for row := range r.Rows() {
		if row.Artifact != "" {
			built[row.ID] = row.Artifact
		}
	}
	return built
}

// Clock is the system's clock, faster where a demo world's is: Speed seconds
// pass in one; 0 means 1.
type Clock struct{ Speed float64 }

const worldEpoch = 1767225600 // 2026-01-01, in seconds

func (c Clock) speed() float64 {
	if c.Speed == 0 {
		return 1
	}
	return c.Speed
}

// Now is the time in the world. It does not multiply durations: these end
// after 292 years.
func (c Clock) Now() time.Time {
	seconds, nanos := math.Modf(float64(time.Now().UnixNano()-worldEpoch*1e9) / 1e9 * c.speed())
	return time.Unix(worldEpoch+int64(seconds), int64(nanos*1e9)).UTC()
}

// After fires when d has passed in the world.
func (c Clock) After(d time.Duration) <-chan time.Time { return time.After(c.Real(d)) }

// Real is how long something takes outside when it takes d in the world.
func (c Clock) Real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.speed())
}

// SPDX-License-Identifier: MIT

package planner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// SnapshotFormat is the format of the snapshots that this version writes.
const SnapshotFormat = "planner-run/1"

// ErrFormat is wrapped by errors about a snapshot or a log whose format this
// version does not know; ErrOtherPlan by errors about one of another plan.
var (
	ErrFormat    = errors.New("unknown format")
	ErrOtherPlan = errors.New("it is of another plan")
)

// snapshot holds what a run knows; everything else follows from it.
type snapshot struct {
	Format   string          `json:"format"`
	Plan     string          `json:"plan"`
	Options  RunOptions      `json:"options"`
	Now      time.Duration   `json:"now"`
	Moment   uint32          `json:"moment"`
	Held     string          `json:"held,omitempty"`
	Changes  []Change        `json:"changes,omitempty"`
	Ended    int             `json:"ended,omitempty"`
	Badly    int             `json:"badly,omitempty"`
	Starts   []time.Duration `json:"starts,omitempty"`
	Canaries []unitName      `json:"canaries,omitempty"`
	Owed     []Action        `json:"owed,omitempty"`
	Flight   []InFlight      `json:"flight,omitempty"`
	Pushed   []pushedNode    `json:"pushed,omitempty"`
	Nodes    []nodeSnapshot  `json:"nodes,omitempty"`
	Units    []unitSnapshot  `json:"units,omitempty"`
	End      bool            `json:"end"` // the last field: what lacks it is cut short
}

type unitName struct {
	ID   ID     `json:"id"`
	Pass uint16 `json:"pass,omitempty"`
}

type pushedNode struct {
	ID ID     `json:"id"`
	At uint32 `json:"at"`
}

type nodeSnapshot struct {
	ID      ID               `json:"id"`
	Forced  uint32           `json:"forced,omitempty"`
	Seen    uint32           `json:"seen,omitempty"`
	Record  uint32           `json:"record,omitempty"`
	Content uint32           `json:"content,omitempty"`
	Before  uint32           `json:"before,omitempty"`
	By      uint16           `json:"by,omitempty"`
	Flags   uint8            `json:"flags,omitempty"`
	Results []resultSnapshot `json:"results,omitempty"`
}

type resultSnapshot struct {
	At       uint32 `json:"at"`
	Artifact string `json:"artifact"`
}

type unitSnapshot struct {
	unitName
	Phase     uint8               `json:"phase,omitempty"`
	Step      ActionKind          `json:"step,omitzero"`
	How       FailureKind         `json:"how,omitzero"`
	Flags     uint8               `json:"flags,omitempty"`
	Attempt   int32               `json:"attempt,omitempty"`
	Tries     [2]int32            `json:"tries,omitzero"`
	Stamp     uint32              `json:"stamp,omitempty"`
	Carries   uint32              `json:"carries,omitempty"`
	Since     time.Duration       `json:"since,omitempty"`
	NotBefore time.Duration       `json:"notBefore,omitempty"`
	Ref       string              `json:"ref,omitempty"`
	Retries   [failureKinds]uint8 `json:"retries,omitzero"`
}

// Snapshot returns the run's state as JSON. The same state always gives the
// same bytes, whether it was reached by events or restored.
func (r *Run) Snapshot() ([]byte, error) {
	s := snapshot{
		Format: SnapshotFormat, Plan: r.digest, Options: r.opts, Now: r.now, Moment: r.seq, Held: r.held,
		Changes: r.merged, Ended: r.ended, Badly: r.endedBadly, Starts: r.starts, End: true,
		Owed: slices.Collect(r.owed.all()), Flight: slices.Collect(r.flight.all()),
	}
	for _, i := range r.canaries {
		s.Canaries = append(s.Canaries, r.nameOf(i))
	}
	for v, at := range r.pushed {
		s.Pushed = append(s.Pushed, pushedNode{r.plan.graph.ids[v], at})
	}
	slices.SortFunc(s.Pushed, func(x, y pushedNode) int { return compareIDs(x.ID, y.ID) })
	for p := range r.nodes {
		n := &r.nodes[p]
		x := nodeSnapshot{
			Forced: n.forced, Seen: n.seen, Record: n.record, Content: n.content, Before: n.before, By: n.by, Flags: n.flags,
		}
		for _, res := range n.results {
			x.Results = append(x.Results, resultSnapshot{res.at, res.artifact})
		}
		x.ID = r.plan.Rebuild[p]
		s.Nodes = append(s.Nodes, x)
	}
	for i := range r.units {
		u := &r.units[i]
		if u.kind == unitJoin {
			continue
		}
		x := unitSnapshot{
			unitName: r.nameOf(int32(i)), Phase: u.phase, Step: u.step, How: u.how, Flags: u.flags & (unitOverride | unitSame),
			Attempt: u.attempt, Tries: u.tries, Stamp: u.stamp, Carries: u.c1,
			Since: u.since, NotBefore: u.notBefore, Ref: u.ref, Retries: u.retries,
		}
		if u.phase == phaseReady || u.phase == phaseOwed { // found owed again
			x.Phase, x.Step = phaseIdle, 0
		}
		if u.phase == phaseIdle {
			x.Step = 0
		}
		s.Units = append(s.Units, x)
	}
	return json.Marshal(s)
}

func (r *Run) nameOf(i int32) unitName { return unitName{r.idOf(i), r.units[i].pass} }

// RestoreRun takes up a run of the plan from a snapshot. The error wraps
// [ErrFormat], [ErrOtherPlan], or [ErrInvalid] when the snapshot is damaged or
// cut short.
func RestoreRun(p *Plan, data []byte) (*Run, error) {
	bad := func(format string, args ...any) (*Run, error) {
		return nil, fmt.Errorf("planner: snapshot: "+format, args...)
	}
	var head struct{ Format string }
	if err := json.Unmarshal(data, &head); err != nil {
		return bad("%w: %w", ErrInvalid, err)
	}
	if head.Format != SnapshotFormat {
		return bad("%w %q, not %q", ErrFormat, head.Format, SnapshotFormat)
	}
	var s snapshot
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return bad("%w: %w", ErrInvalid, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || !s.End {
		return bad("%w: it is cut short or has more than one value", ErrInvalid)
	}
	r, err := NewRun(p, s.Options)
	if err != nil {
		return nil, err
	}
	if s.Plan != r.digest {
		return bad("%w: %.12s, not %.12s", ErrOtherPlan, s.Plan, r.digest)
	}
	for _, c := range s.Changes {
		second, err := r.plan.further(c.IDs)
		if err != nil {
			return bad("%w", err)
		}
		if r.plan, err = r.plan.joined(second, r.plan.Rebuild); err != nil {
			return bad("%w", err)
		}
		if c.Ref != "" {
			r.refs[c.Ref] = true
		}
	}
	r.nodes = make([]nodeState, len(r.plan.order.rebuild))
	r.building, r.queued, r.timers, r.canaries = 0, 0, nil, nil
	r.pushed = map[int32]uint32{}
	r.owed, r.flight = queue[Action]{}, queue[InFlight]{}
	r.build()
	if err := r.fill(&s); err != nil {
		return bad("%w: %w", ErrInvalid, err)
	}
	r.restoring = true
	r.settleAll()
	r.restoring = false
	return r, nil
}

// fill takes over a snapshot's facts.
func (r *Run) fill(s *snapshot) error {
	r.now, r.seq, r.held, r.merged = s.Now, s.Moment, s.Held, s.Changes
	r.ended, r.endedBadly, r.starts = s.Ended, s.Badly, s.Starts
	if s.Now < 0 || s.Moment == 0 || len(s.Nodes) != len(r.nodes) || len(s.Starts) > r.opts.Rate.Starts {
		return errors.New("its counts do not fit")
	}
	for _, x := range s.Nodes {
		p, err := r.node(x.ID)
		if err != nil {
			return err
		}
		n := nodeState{
			forced: x.Forced, seen: x.Seen, record: x.Record, content: x.Content, before: x.Before, by: x.By, flags: x.Flags,
		}
		for _, res := range x.Results {
			n.results = append(n.results, result{res.At, res.Artifact})
		}
		r.nodes[p] = n
	}
	for _, x := range s.Pushed {
		v, ok := r.plan.graph.index(x.ID)
		if !ok {
			return fmt.Errorf("%q: %w", x.ID, ErrNotFound)
		}
		r.pushed[v] = x.At
	}
	for _, a := range s.Owed {
		if a.Kind != ActionCancel && a.Kind != ActionNotify {
			return fmt.Errorf("%s is not owed by itself", a.Key)
		}
		r.owed.put(a.Key, a)
	}
	for _, f := range s.Flight {
		r.flight.put(f.Key, f)
	}
	messages := 0
	for _, f := range s.Flight {
		if f.Kind == ActionCancel || f.Kind == ActionNotify {
			messages++
		}
	}
	for _, x := range s.Units {
		i, err := r.named(x.unitName)
		if err != nil {
			return err
		}
		if x.Phase > phaseCanceled || x.Phase == phaseReady || x.Phase == phaseOwed || int(x.How) >= failureKinds || x.Step > ActionGate {
			return fmt.Errorf("%s is in no possible state", x.ID)
		}
		u := unit{
			phase: x.Phase, step: x.Step, how: x.How, flags: x.Flags & (unitOverride | unitSame), attempt: x.Attempt, tries: x.Tries,
			stamp: x.Stamp, c1: x.Carries, since: x.Since, notBefore: x.NotBefore, ref: x.Ref, retries: x.Retries,
		}
		r.adopt(i, &u)
		if u.inFlight() {
			kind := ActionBuild
			if u.phase == phaseStep {
				kind = u.step
			}
			if _, ok := r.flight.get(r.key(i, kind)); !ok {
				return fmt.Errorf("%s is under way and is not", r.key(i, kind))
			}
			messages++
		}
	}
	if messages != r.flight.len() {
		return errors.New("something is under way that no node knows of")
	}
	for _, c := range s.Canaries {
		i, err := r.named(c)
		if err != nil {
			return err
		}
		r.canaries = append(r.canaries, i)
	}
	return nil
}

func (r *Run) named(n unitName) (int32, error) {
	kind := ActionBuild
	if _, ok := r.gateOf[n.ID]; ok && n.Pass == 0 {
		kind = ActionGate
	}
	return r.unitOf(keyParts{kind: kind, id: n.ID, pass: int32(n.Pass)})
}

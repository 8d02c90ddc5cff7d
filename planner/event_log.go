// SPDX-License-Identifier: MIT

package planner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// LogFormat is the format of the logs that this version writes.
const LogFormat = "planner-log/1"

// A Log is a run as data: the plan's digest, the options and the events that
// were told. Replaying it gives the run again. Package planner/drive keeps a
// journal with the same events that also survives crashes.
type Log struct {
	Plan    string
	Options RunOptions
	Events  []Event
}

type logHeader struct {
	Format  string     `json:"format"`
	Plan    string     `json:"plan"`
	Options RunOptions `json:"options"`
}

// Encode returns the log as lines of JSON: a header, then an event per line.
// The same log always gives the same bytes.
func (l Log) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	if err := e.Encode(logHeader{LogFormat, l.Plan, l.Options}); err != nil {
		return nil, fmt.Errorf("planner: log: %w", err)
	}
	for _, ev := range l.Events {
		if err := e.Encode(ev); err != nil {
			return nil, fmt.Errorf("planner: log: %w", err)
		}
	}
	return b.Bytes(), nil
}

// ParseLog reads what [Log.Encode] wrote. The error names the line and wraps
// [ErrFormat] or [ErrInvalid].
func ParseLog(data []byte) (Log, error) {
	var l Log
	for line := 1; len(data) > 0; line++ {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			return Log{}, fmt.Errorf("planner: log: line %d is cut short: %w", line, ErrInvalid)
		}
		text := data[:end]
		data = data[end+1:]
		if line == 1 {
			var h logHeader
			var f struct{ Format string }
			if json.Unmarshal(text, &f) == nil && f.Format != LogFormat {
				return Log{}, fmt.Errorf("planner: log: %w %q, not %q", ErrFormat, f.Format, LogFormat)
			}
			if err := strictJSON(text, &h); err != nil {
				return Log{}, fmt.Errorf("planner: log: line 1: %w: %w", ErrInvalid, err)
			}
			l.Plan, l.Options = h.Plan, h.Options
			continue
		}
		var e Event
		if err := strictJSON(text, &e); err != nil {
			return Log{}, fmt.Errorf("planner: log: line %d: %w: %w", line, ErrInvalid, err)
		}
		l.Events = append(l.Events, e)
	}
	if l.Plan == "" {
		return Log{}, fmt.Errorf("planner: log: no header: %w", ErrInvalid)
	}
	return l, nil
}

func strictJSON(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

// Replay begins a run of the plan and tells it the log's events. The error
// wraps [ErrOtherPlan] or is that of the first event that makes no sense.
func (l Log) Replay(p *Plan) (*Run, error) {
	r, err := NewRun(p, l.Options)
	if err != nil {
		return nil, err
	}
	if l.Plan != r.digest {
		return nil, fmt.Errorf("planner: log: %w: %.12s, not %.12s", ErrOtherPlan, l.Plan, r.digest)
	}
	for _, e := range l.Events {
		if err := r.Apply(e); err != nil {
			return nil, err
		}
	}
	return r, nil
}

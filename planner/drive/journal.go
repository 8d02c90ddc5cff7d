// SPDX-License-Identifier: MIT

package drive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/seed-f134cc8e/relkit/planner"
)

// Format is the format of journals that this version writes.
const Format = "relkit-journal/1"

const (
	journalName = "journal.jsonl"
	// maxLine bounds a journal's line; a plan of a million nodes fits.
	maxLine = 256 << 20
)

// A Header is the first line of a journal.
type Header struct {
	// Format is [Format].
	Format string `json:"format"`
	// Plan is the digest of the plan.
	Plan string `json:"plan"`
	// Began is when the run began, the zero of its events' times.
	Began time.Time `json:"began"`
	// Options are the run's options.
	Options planner.RunOptions `json:"options"`
	// Meta is what the embedding program wrote there to find its way back to
	// the plan.
	Meta map[string]string `json:"meta,omitempty"`
}

type entry struct {
	N     int           `json:"n"`
	Event planner.Event `json:"event"`
}

// Read returns what a folder's journal holds, without locking it: the header
// and the events so far. A torn last line is left out. The error matches
// [fs.ErrNotExist] when there is no journal, [ErrFormat] or [ErrCorrupt].
func Read(dir string) (Header, []planner.Event, error) {
	path := filepath.Join(dir, journalName)
	data, err := os.ReadFile(path)
	if err != nil {
		return Header{}, nil, &JournalError{Path: path, Err: err}
	}
	h, events, _, err := parse(path, data)
	return h, events, err
}

// parse reads a journal and returns how many bytes of it are whole lines.
func parse(path string, data []byte) (h Header, events []planner.Event, whole int, err error) {
	fail := func(line int, err error) (Header, []planner.Event, int, error) {
		return Header{}, nil, 0, &JournalError{Path: path, Line: line, Err: err}
	}
	for line := 1; len(data) > whole; line++ {
		rest := data[whole:]
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			break // torn: it was never acted upon
		}
		body, ok := checked(rest[:end])
		if line == 1 {
			// Other versions may sum differently: the format comes first.
			var f struct{ Format string }
			if json.Unmarshal(rest[:end], &f) == nil && f.Format != Format {
				return fail(line, fmt.Errorf("%w %q, not %q", ErrFormat, f.Format, Format))
			}
			if !ok || strict(body, &h) != nil {
				return fail(line, fmt.Errorf("%w: no header", ErrCorrupt))
			}
		} else {
			var e entry
			if ok {
				ok = strict(body, &e) == nil && e.N == line-1
			}
			if !ok {
				if whole+end+1 == len(data) {
					break // the last line, torn by the file system
				}
				return fail(line, ErrCorrupt)
			}
			events = append(events, e.Event)
		}
		whole += end + 1
	}
	if whole == 0 {
		return fail(1, fmt.Errorf("%w: no header", ErrCorrupt))
	}
	return h, events, whole, nil
}

var table = crc32.MakeTable(crc32.Castagnoli)

const sumLen = len(`,"sum":"01234567"}`)

// summed returns a value as a line of JSON that carries its own checksum.
func summed(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(b) > maxLine {
		return nil, fmt.Errorf("drive: a journal line of %d bytes: %w", len(b), planner.ErrLimit)
	}
	sum := crc32.Checksum(b, table)
	return fmt.Appendf(b[:len(b)-1], ",\"sum\":\"%08x\"}\n", sum), nil
}

// checked returns a line's JSON without the checksum, and whether it agrees.
func checked(line []byte) ([]byte, bool) {
	if len(line) < sumLen {
		return nil, false
	}
	cut := len(line) - sumLen
	body := append(bytes.Clone(line[:cut]), '}')
	return body, string(line[cut:]) == fmt.Sprintf(",\"sum\":\"%08x\"}", crc32.Checksum(body, table))
}

func strict(data []byte, v any) error {
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

// journal appends to a journal file.
type journal struct {
	path  string
	file  *os.File
	n     int
	began time.Time
}

// openJournal opens or makes the journal of a run and returns the run as it
// was left. The caller holds the lock.
func openJournal(dir string, p *planner.Plan, opts Options, now time.Time) (*journal, *planner.Run, error) {
	path := filepath.Join(dir, journalName)
	fail := func(err error) (*journal, *planner.Run, error) {
		var j *JournalError
		if errors.As(err, &j) {
			return nil, nil, err
		}
		return nil, nil, &JournalError{Path: path, Err: err}
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(dir, path, p, opts, now); err != nil {
			return fail(err)
		}
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return fail(err)
	}
	h, events, whole, err := parse(path, data)
	if err != nil {
		return fail(err)
	}
	if digest := p.Digest(); h.Plan != digest {
		return fail(fmt.Errorf("%w: it is of plan %.12s, not %.12s", ErrOtherPlan, h.Plan, digest))
	}
	if !reflect.DeepEqual(opts.Run, planner.RunOptions{}) && !sameOptions(h.Options, opts.Run) {
		return fail(fmt.Errorf("%w: it has other options", ErrOtherPlan))
	}
	run, err := planner.NewRun(p, h.Options)
	if err != nil {
		return fail(err)
	}
	for i, e := range events {
		if err := run.Apply(e); err != nil {
			return nil, nil, &JournalError{Path: path, Line: i + 2, Err: fmt.Errorf("%w: %w", ErrCorrupt, err)}
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fail(err)
	}
	if whole < len(data) {
		if err := f.Truncate(int64(whole)); err != nil {
			f.Close()
			return fail(err)
		}
		if err := f.Sync(); err != nil {
			f.Close()
			return fail(err)
		}
	}
	if _, err := f.Seek(int64(whole), io.SeekStart); err != nil {
		f.Close()
		return fail(err)
	}
	return &journal{path: path, file: f, n: len(events), began: h.Began}, run, nil
}

func sameOptions(a, b planner.RunOptions) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

// create makes a journal that holds a header alone: all of it or nothing.
func create(dir, path string, p *planner.Plan, opts Options, now time.Time) error {
	h := Header{Format: Format, Plan: p.Digest(), Began: now.UTC(), Options: opts.Run, Meta: maps.Clone(opts.Meta)}
	if _, err := planner.NewRun(p, opts.Run); err != nil {
		return err
	}
	line, err := summed(h)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, journalName+".new*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(line)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(dir)
	}
	return err
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// write appends events and makes them durable.
func (j *journal) write(events ...planner.Event) error {
	var out []byte
	for i, e := range events {
		line, err := summed(entry{N: j.n + i + 1, Event: e})
		if err != nil {
			return &JournalError{Path: j.path, Err: err}
		}
		out = append(out, line...)
	}
	if len(out) == 0 {
		return nil
	}
	if _, err := j.file.Write(out); err != nil {
		return &JournalError{Path: j.path, Err: err}
	}
	if err := j.file.Sync(); err != nil {
		return &JournalError{Path: j.path, Err: err}
	}
	j.n += len(events)
	return nil
}

func (j *journal) close() error { return j.file.Close() }

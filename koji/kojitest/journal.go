// SPDX-License-Identifier: MIT

package kojitest

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// The state in a folder is the list of everything that changed the hub: the
// hub is deterministic, so doing it all again gives the same state. The file
// starts with a line that names the format and the seed; a last line without
// its end was cut off while it was written and is dropped.
const (
	journalName   = "hub.jsonl"
	journalFormat = 1
)

type journal struct {
	file *os.File
}

type journalHead struct {
	Format int    `json:"format"`
	Seed   string `json:"seed"`
}

// An entry is one thing that changed the hub, at a time.
type entry struct {
	At      time.Time `json:"at"`
	Letter  *letter   `json:"letter,omitempty"`
	Do      string    `json:"do,omitempty"`
	ID      int       `json:"id,omitempty"`
	State   int       `json:"state,omitempty"`
	Code    int       `json:"code,omitempty"`
	Name    string    `json:"name,omitempty"`
	Failure *Failure  `json:"failure,omitempty"`
	Told    *told     `json:"told,omitempty"`
}

// told keeps what the seed's functions answered while time passed, in order:
// they may depend on things that the state knows nothing of.
type told struct {
	Needs     [][]Need        `json:"needs,omitempty"`
	Durations []time.Duration `json:"durations,omitempty"`
	RPMs      [][]string      `json:"rpms,omitempty"`
}

// answerOf asks a function of the seed, or takes what it answered when this
// was done the first time. Without a function the answer is the usual one.
func answerOf[T any](h *Hub, list *[]T, ask func(string) T, name string, usual T) T {
	if h.replaying && len(*list) > 0 {
		v := (*list)[0]
		*list = (*list)[1:]
		return v
	}
	if ask == nil {
		return usual
	}
	v := ask(name)
	if h.journal != nil && !h.planting {
		*list = append(*list, v)
	}
	return v
}

func (h *Hub) needs(pkg string) []Need { return answerOf(h, &h.told.Needs, h.seed.Needs, pkg, nil) }

func (h *Hub) duration(pkg string) time.Duration {
	return answerOf(h, &h.told.Durations, h.seed.Builder.Duration, pkg, h.seed.Builder.Build)
}

func (h *Hub) binaries(pkg string) []string {
	return answerOf(h, &h.told.RPMs, h.seed.Builder.RPMs, pkg, []string{pkg})
}

// Open makes a hub that keeps its state in a folder, which it makes when it
// is not there: everything that changes the hub is appended to a file before
// it is answered, and done again by the next Open. The seed must be the one
// that the folder was started with; what its functions answered is kept with
// the rest. A process that is killed loses nothing that was answered.
// Fault injections, files written by the embedder and the call log are not
// kept.
func Open(dir string, seed Seed) (*Hub, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	h := NewHub(seed)
	name := filepath.Join(dir, journalName)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := h.load(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("kojitest: %s: %w", name, err)
	}
	h.journal = &journal{file: f}
	return h, nil
}

// Close ends the keeping of state; the hub works on in memory.
func (h *Hub) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.journal == nil {
		return nil
	}
	err := h.journal.file.Close()
	h.journal = nil
	return err
}

// seedDigest names a seed by its data.
func seedDigest(s Seed) string {
	s.Source, s.Needs, s.Negotiate, s.Builder.Duration, s.Builder.RPMs = nil, nil, nil, nil, nil
	text, err := json.Marshal(struct {
		Now                              time.Time
		Users, Tags, Packages            any
		Builds, Targets, Repos, Failures any
		Tasks, Hosts                     any
	}{s.Now, s.Users, s.Tags, s.Packages, s.Builds, s.Targets, s.Repos, s.Builder.Failures, s.Tasks, s.Hosts})
	if err != nil { // a channel or function in an extra map
		bad("seed: %v", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// load replays a journal, or starts one in an empty file.
func (h *Hub) load(f *os.File) error {
	head := journalHead{Format: journalFormat, Seed: seedDigest(h.seed)}
	r := bufio.NewReader(f)
	line, err := r.ReadBytes('\n')
	if errors.Is(err, io.EOF) { // new, or torn before its first line was whole
		if err := f.Truncate(0); err != nil {
			return err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		text, err := json.Marshal(head)
		if err != nil {
			return err
		}
		_, err = f.Write(append(text, '\n'))
		return err
	}
	if err != nil {
		return err
	}
	var found journalHead
	if err := json.Unmarshal(line, &found); err != nil || found.Format != head.Format {
		return fmt.Errorf("not a hub's state of format %d", head.Format)
	}
	if found.Seed != head.Seed {
		return errors.New("the state was started with another seed; use an empty folder")
	}
	whole := int64(len(line))
	h.replaying = true
	defer func() { h.replaying = false }()
	for n := 2; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := h.redo(bytes.TrimSpace(line)); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		whole += int64(len(line))
	}
	h.calls = nil
	if err := f.Truncate(whole); err != nil {
		return err
	}
	_, err = f.Seek(whole, io.SeekStart)
	return err
}

func (h *Hub) redo(line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	if e.Told != nil {
		h.told = *e.Told
	}
	defer func() { h.told = told{} }()
	if e.Do == "advance" {
		h.advanceTo(e.At)
		return nil
	}
	if e.At.After(h.now) {
		h.now = e.At
	}
	switch {
	case e.Letter != nil:
		r, no := e.Letter.read()
		if no != nil {
			return errors.New(no.text)
		}
		if _, f := h.serve(r); f != nil {
			return fmt.Errorf("%s fails when done again: %w", r.method, f)
		}
	case e.Do == "expire":
		if s := h.sessions.get(e.ID); s != nil {
			s.expired = true
		}
	case e.Do == "failBuild" && e.Failure != nil:
		h.failBuild(*e.Failure)
	case e.Do == "repairBuilds":
		h.repairBuilds(e.Name)
	case e.Do == "finish":
		return h.finishTask(e.ID, e.State, e.Code, e.Name)
	default:
		return fmt.Errorf("unknown entry %q", e.Do)
	}
	return nil
}

// note appends an entry; a hub in memory keeps none. When the file can't be
// written the hub goes out of service, rather than answer for something that
// would be lost.
func (h *Hub) note(e entry) {
	if h.journal == nil || h.replaying {
		return
	}
	e.At = h.now
	if t := h.told; len(t.Needs)+len(t.Durations)+len(t.RPMs) > 0 {
		e.Told, h.told = &t, told{}
	}
	text, err := json.Marshal(e)
	if err == nil {
		_, err = h.journal.file.Write(append(text, '\n'))
	}
	if err != nil {
		h.offline = "state can't be written: " + err.Error()
	}
}

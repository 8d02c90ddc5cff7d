// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/modulemd/comps"
)

//go:embed demo/modules.yaml
var demoModules []byte

var errConflict = errors.New("stored edits do not fit")

// store is what documents are made of.
type store struct {
	modules, edits string
	variant, name  string
	arches         []string
	write          bool
	now            func() time.Time

	mu   sync.Mutex // held while edits are checked and stored
	kept []byte     // edits where there is no file for them
}

// entry is a stored edit.
type entry struct {
	Time   time.Time    `json:"time"`
	Change comps.Change `json:"change"`
	// Conflict says why the edit does not fit any more; it is not stored.
	Conflict string `json:"conflict,omitempty"`
}

// state is what there is at a moment.
type state struct {
	comps   *comps.Comps
	variant comps.Variant
	entries []entry
}

func (s *store) load(ctx context.Context) (*state, error) {
	var index *modulemd.Index
	var err error
	if s.modules == "" {
		index, err = modulemd.Load(ctx, bytes.NewReader(demoModules), modulemd.Options{})
	} else {
		index, err = modulemd.LoadFile(ctx, s.modules, modulemd.Options{})
	}
	if err != nil {
		return nil, err
	}
	src := comps.Source{Variant: s.variant, Name: s.name, Defaults: map[string]*modulemd.Defaults{}}
	for m := range index.Modules() {
		if d := m.Defaults(); d != nil {
			src.Defaults[m.Name()] = d
		}
	}
	for stream, err := range index.Streams() {
		if err != nil {
			return nil, err
		}
		// A variant has the default stream of a module, or, where none is
		// said, all.
		if d := src.Defaults[stream.Name]; d != nil {
			if name, ok := d.DefaultStream(""); ok && name != stream.Stream {
				continue
			}
		}
		src.Streams = append(src.Streams, stream)
	}
	st := &state{}
	if st.comps, err = comps.Generate(src); err != nil {
		return nil, err
	}
	data, err := s.read()
	if err != nil {
		return nil, err
	}
	for i, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", s.edits, i+1, err)
		}
		e.Conflict = ""
		if _, err := st.comps.Apply(e.Change.Edit); err != nil {
			e.Conflict = err.Error()
		}
		st.entries = append(st.entries, e)
	}
	st.variant = comps.ModuleVariant(src, st.comps, s.arches...)
	return st, nil
}

func (s *store) read() ([]byte, error) {
	if s.edits == "" {
		return s.kept, nil
	}
	data, err := os.ReadFile(s.edits)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// save appends edits in one piece, or nothing; a line that a crash cut short is
// told by the next load.
func (s *store) save(changes []comps.Change) error {
	var lines []byte
	for _, c := range changes {
		line, err := json.Marshal(entry{Time: s.now().UTC().Truncate(time.Second), Change: c})
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	if s.edits == "" {
		s.kept = append(s.kept, lines...)
		return nil
	}
	f, err := os.OpenFile(s.edits, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err = f.Write(lines); err != nil {
		err = errors.Join(err, f.Truncate(info.Size()))
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// conflict tells how many of the stored edits do not fit the modules any more.
func (st *state) conflict() error {
	n, first := 0, ""
	for _, e := range st.entries {
		if e.Conflict != "" {
			if n++; n == 1 {
				first = e.Conflict
			}
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d of %d, first %s", errConflict, n, len(st.entries), first)
}

// render returns a document.
func (st *state) render(what, arch string) ([]byte, error) {
	switch what {
	case "comps":
		c := st.comps.Clone()
		c.Filter(arch, st.variant.ID)
		return c.Format()
	case "variants":
		return (&comps.Variants{Variants: []comps.Variant{st.variant}}).Format()
	}
	list := st.entries
	if list == nil {
		list = []entry{}
	}
	body, err := json.MarshalIndent(list, "", "  ")
	return append(body, '\n'), err
}

// etag names a document by its content.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// revision is the ETag of the edits. It changes with the groups that they are
// for, too.
func (st *state) revision() (string, error) {
	edits, err := st.render("edits", "")
	if err != nil {
		return "", err
	}
	text, err := st.comps.Format()
	return etag(append(edits, text...)), err
}

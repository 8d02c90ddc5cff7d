// SPDX-License-Identifier: MIT

package modulemd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// MergeOptions say how [Index.Merge] treats what both indexes hold.
type MergeOptions struct {
	// Override makes the defaults of the other index replace those here,
	// profiles and intents included. Otherwise they are combined.
	Override bool
	// StrictDefaultStreams makes it an error when combined defaults name
	// different default streams and neither was modified later. Otherwise the
	// module has no default stream then.
	StrictDefaultStreams bool
}

// Merge adds what another index holds. Streams are added, and where one is
// here already with other contents, that one stays. Translations replace
// older ones. Obsoletes are all added. Defaults follow the options: combined,
// the one modified later wins for each default stream, profile list and
// intent; different lists of equal age are an error. When it fails the index
// may hold a part of the other. The other index stays as it is, but documents
// are shared.
func (x *Index) Merge(from *Index, o MergeOptions) error {
	var errs []error
	for m := range from.Modules() {
		if err := x.mergeModule(m, o); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (x *Index) mergeModule(m *Module, o MergeOptions) error {
	if len(m.builds) == 0 && m.defaults == nil && len(m.translations)+len(m.obsoletes) == 0 {
		return nil
	}
	into := x.module(m.name)
	if m.defaults != nil {
		merged := m.defaults
		if into.defaults != nil && !o.Override {
			var err error
			if merged, err = combineDefaults(into.defaults, m.defaults, o.StrictDefaultStreams); err != nil {
				return err
			}
		}
		into.defaults = merged
		x.defaultsVersion = 1
	}
	for _, b := range m.builds {
		if into.byID[b.id] != nil {
			continue
		}
		c := &Build{id: b.id, version: b.version, src: b.src, opts: b.opts}
		if b.opts == nil {
			s := *b.stream // an upgrade here must not reach into the other index
			c.stream, c.version = &s, s.mdVersion()
		}
		if err := x.addBuild(c, false); err != nil {
			return err
		}
	}
	for _, stream := range sortedKeys(m.translations) {
		t := m.translations[stream]
		if old := into.translations[stream]; old == nil || t.Modified > old.Modified {
			if err := x.add(t); err != nil {
				return err
			}
		}
	}
	for _, obsoletes := range m.obsoletes {
		if err := x.add(obsoletes); err != nil {
			return err
		}
	}
	return nil
}

// combineDefaults merges defaults of equal standing into new ones.
func combineDefaults(a, b *Defaults, strict bool) (*Defaults, error) {
	out := &Defaults{
		Module: a.Module, Modified: max(a.Modified, b.Modified),
		Stream: a.Stream, empty: a.empty, conflict: a.conflict || b.conflict,
	}
	aHas, bHas := a.empty.has(emptyStream, a.Stream), b.empty.has(emptyStream, b.Stream)
	switch {
	case a.conflict || b.conflict:
		// A conflict lasts until something newer than both speaks.
		if newer := a; a.Modified != b.Modified {
			if b.Modified > a.Modified {
				newer = b
			}
			if newer.hasStream() {
				out.conflict, out.Stream, out.empty = false, newer.Stream, newer.empty
			}
		}
	case !bHas || aHas && a.Stream == b.Stream:
	case !aHas || b.Modified > a.Modified:
		out.Stream, out.empty = b.Stream, b.empty
	case a.Modified == b.Modified && strict:
		return nil, mergeConflict(a.Module, "default stream %q differs from %q", a.Stream, b.Stream)
	case a.Modified == b.Modified:
		out.conflict = true
	}
	var err error
	if out.Profiles, err = combineProfiles(a.Module, a.Profiles, b.Profiles, a.Modified, b.Modified); err != nil {
		return nil, err
	}
	if out.Intents, err = combineIntents(a, b); err != nil {
		return nil, err
	}
	return out, nil
}

func mergeConflict(module, format string, args ...any) error {
	return Failures{{Class: ClassValidate, Msg: "defaults of module " + module + ": " + fmt.Sprintf(format, args...) + ", and neither is newer"}}
}

func combineProfiles(module string, a, b map[string][]string, aTime, bTime uint64) (map[string][]string, error) {
	out := maps.Clone(a)
	if out == nil && b != nil {
		out = map[string][]string{}
	}
	for _, stream := range sortedKeys(b) {
		old, ok := out[stream]
		switch {
		case !ok || bTime > aTime:
			out[stream] = b[stream]
		case aTime == bTime && !sameSet(old, b[stream]):
			return nil, mergeConflict(module, "default profiles of stream %q differ", stream)
		}
	}
	return out, nil
}

func combineIntents(a, b *Defaults) (map[string]Intent, error) {
	out := maps.Clone(a.Intents)
	if out == nil && b.Intents != nil {
		out = map[string]Intent{}
	}
	for _, name := range sortedKeys(b.Intents) {
		i, ok := out[name]
		other := b.Intents[name]
		if !ok {
			out[name] = other
			continue
		}
		iHas, otherHas := i.empty.has(emptyStream, i.Stream), other.empty.has(emptyStream, other.Stream)
		switch {
		case !otherHas || iHas && i.Stream == other.Stream:
		case !iHas || b.Modified > a.Modified:
			i.Stream, i.empty = other.Stream, other.empty
		case a.Modified == b.Modified:
			return nil, mergeConflict(a.Module, "default stream of intent %q differs", name)
		}
		var err error
		if i.Profiles, err = combineProfiles(a.Module, i.Profiles, other.Profiles, a.Modified, b.Modified); err != nil {
			return nil, err
		}
		out[name] = i
	}
	return out, nil
}

// Merger merges several indexes by priority. Indexes of one priority are
// combined in the order in which they were added; higher ones override lower
// ones. The zero Merger is ready for use.
type Merger struct {
	// StrictDefaultStreams is as in [MergeOptions].
	StrictDefaultStreams bool

	levels map[int][]*Index
}

// Add takes an index for merging. Package managers use 0 for repositories and
// 1000 for the administrator's files.
func (m *Merger) Add(priority int, x *Index) {
	if m.levels == nil {
		m.levels = map[int][]*Index{}
	}
	m.levels[priority] = append(m.levels[priority], x)
}

// Merge returns a new index of all that was added.
func (m *Merger) Merge() (*Index, error) {
	out := NewIndex()
	priorities := slices.Sorted(maps.Keys(m.levels))
	for _, p := range priorities {
		level := NewIndex()
		for _, x := range m.levels[p] {
			if err := level.Merge(x, MergeOptions{StrictDefaultStreams: m.StrictDefaultStreams}); err != nil {
				return nil, err
			}
		}
		if err := out.Merge(level, MergeOptions{Override: true, StrictDefaultStreams: m.StrictDefaultStreams}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// AddDefaults reads folders of defaults as administrators have them: every
// file of dir whose name ends in .yaml, combined as equals, then those of
// overrides (which may be nil) at a higher priority. The result replaces what
// the index says about these modules. With Options.Strict, unknown keys and
// conflicting default streams are errors. A bad file fails the whole call and
// the index stays as it was.
func (x *Index) AddDefaults(ctx context.Context, dir, overrides fs.FS, o Options) error {
	m := Merger{StrictDefaultStreams: o.Strict}
	for priority, folder := range []fs.FS{dir, overrides} {
		if folder == nil {
			continue
		}
		level, err := loadFolder(ctx, folder, o)
		if err != nil {
			return err
		}
		m.Add(priority, level)
	}
	all, err := m.Merge()
	if err != nil {
		return err
	}
	return x.Merge(all, MergeOptions{Override: true, StrictDefaultStreams: o.Strict})
}

func loadFolder(ctx context.Context, folder fs.FS, o Options) (*Index, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, err
	}
	level := NewIndex()
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".yaml") {
			continue
		}
		one, err := loadEntry(ctx, folder, e.Name(), o)
		if err != nil {
			return nil, err
		}
		if err := level.Merge(one, MergeOptions{StrictDefaultStreams: o.Strict}); err != nil {
			return nil, err
		}
	}
	return level, nil
}

func loadEntry(ctx context.Context, folder fs.FS, name string, o Options) (*Index, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o.Name = path.Join(o.Name, name)
	return Load(ctx, f, o)
}

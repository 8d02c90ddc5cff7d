// SPDX-License-Identifier: MIT

package modulemd

import (
	"iter"
	"slices"
	"time"
)

// Name returns the name of the module.
func (m *Module) Name() string { return m.name }

// Defaults returns the module's defaults, nil when there are none.
func (m *Module) Defaults() *Defaults { return m.defaults }

// DefaultStream returns the default stream for an intent, "" being the
// general case. It reports false when there is none.
func (m *Module) DefaultStream(intent string) (string, bool) {
	if m.defaults == nil {
		return "", false
	}
	return m.defaults.DefaultStream(intent)
}

// Builds returns the module's builds in order of arrival.
func (m *Module) Builds() []*Build { return slices.Clone(m.builds) }

// StreamNames returns the names of the module's streams, sorted.
func (m *Module) StreamNames() []string {
	names := make([]string, 0, len(m.builds))
	for _, b := range m.builds {
		names = append(names, b.id.Stream)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Latest returns the build of the highest version of a stream for an arch, ""
// being any; nil when there is none. Of several contexts it is the one that
// arrived first.
func (m *Module) Latest(stream, arch string) *Build {
	var latest *Build
	for _, b := range m.builds {
		if b.id.Stream == stream && (arch == "" || b.id.Arch == arch) && (latest == nil || b.id.Version > latest.id.Version) {
			latest = b
		}
	}
	return latest
}

// Translations returns the translations of a stream, nil when there are none.
func (m *Module) Translations(stream string) *Translations { return m.translations[stream] }

// Obsoletes returns what was said about the end of streams, in order of
// arrival.
func (m *Module) Obsoletes() []*Obsoletes { return slices.Clone(m.obsoletes) }

// addObsoletes keeps o, in place of an older entry about the same thing that
// was made at the same time.
func (m *Module) addObsoletes(o *Obsoletes) {
	for i, old := range m.obsoletes {
		if old.Stream == o.Stream && old.Context == o.Context && old.Modified == o.Modified &&
			old.empty.has(emptyContext, old.Context) == o.empty.has(emptyContext, o.Context) {
			m.obsoletes = slices.Delete(slices.Clone(m.obsoletes), i, i+1)
			break
		}
	}
	m.obsoletes = append(m.obsoletes, o)
}

// ObsoletesFor returns what holds at a time about a stream and context: of
// the entries that apply and are active, the one modified last; of equal
// ones that with a context, then the one that arrived last. It is nil when
// there is none or the last one took back what was said before.
func (m *Module) ObsoletesFor(stream, context string, at time.Time) *Obsoletes {
	var best *Obsoletes
	for _, o := range m.obsoletes {
		if o.Stream != stream || o.Context != "" && o.Context != context || !o.Active(at) {
			continue
		}
		if best == nil || o.Modified > best.Modified ||
			o.Modified == best.Modified && (o.Context != "" || best.Context == "") {
			best = o
		}
	}
	if best != nil && best.Reset {
		return nil
	}
	return best
}

// Documents goes over the module's documents in the order in which they are
// written; the errors are those of streams in a lazy index.
func (m *Module) Documents() iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		if m.defaults != nil && !yield(m.defaults, nil) {
			return
		}
		for _, o := range m.obsoletes {
			if !yield(o, nil) {
				return
			}
		}
		for _, stream := range sortedKeys(m.translations) {
			if !yield(m.translations[stream], nil) {
				return
			}
		}
		for _, b := range m.sortedBuilds() {
			s, err := b.Stream()
			if err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}

// SPDX-License-Identifier: MIT

package modulemd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"sync"
)

// Index holds everything known of some modules: the contents of one
// modules.yaml, or of several that were merged. The zero Index is empty and
// ready for use. All streams of an index have one version of the format: the
// first of version 2, or the first obsoletes, upgrades those of version 1.
// An Index is safe for concurrent readers while nobody changes it.
type Index struct {
	modules         map[string]*Module
	streamVersion   int
	defaultsVersion int
}

// Module is one module of an [Index].
type Module struct {
	name         string
	index        *Index
	defaults     *Defaults
	builds       []*Build
	byID         map[NSVC]*Build
	translations map[string]*Translations
	obsoletes    []*Obsoletes
}

// Build is one stream of a [Module], which lazy reading may not have read yet.
type Build struct {
	id      NSVC
	module  *Module
	version int // of the format, as it was added
	once    sync.Once
	stream  *Stream
	err     error
	src     document // kept by lazy reading
	opts    *Options
}

// NewIndex returns an empty index, as new(Index) does.
func NewIndex() *Index { return new(Index) }

// Load reads a modules.yaml, packed or not, into a new index. When documents
// are bad it returns the index of the good ones together with [Failures].
func Load(ctx context.Context, r io.Reader, o Options) (*Index, error) {
	x := NewIndex()
	return x, x.Update(ctx, r, o)
}

// LoadFile is [Load] for a file; Options.Name defaults to its path.
func LoadFile(ctx context.Context, path string, o Options) (*Index, error) {
	x := NewIndex()
	f, err := os.Open(path)
	if err != nil {
		return x, err
	}
	defer f.Close()
	if o.Name == "" {
		o.Name = path
	}
	return x, x.Update(ctx, f, o)
}

// Update reads more documents into the index. A second defaults document of a
// module replaces the first, as do translations of one stream; a stream that
// is there with the same identity but other contents is a failure, and the
// first stays. When documents are bad the good ones are in the index and the
// error is [Failures].
func (x *Index) Update(ctx context.Context, r io.Reader, o Options) error {
	o = o.withDefaults()
	m := modeIndex
	if o.Lazy {
		m = modeLazy
	}
	var all Failures
	err := each(ctx, r, o, m, func(res result) bool {
		errs := res.errs
		if len(errs) == 0 {
			errs = x.insert(res, &o)
		}
		all = append(all, errs[:min(len(errs), o.MaxFailures-len(all))]...)
		return true
	})
	if err == nil {
		return all.err()
	}
	var last Failures
	if errors.As(err, &last) {
		return all.err() // they are among all already
	}
	var one *Error
	if errors.As(err, &one) {
		return append(all, one)
	}
	if len(all) > 0 {
		return errors.Join(err, all)
	}
	return err
}

// insert adds what was read and gives failures their place.
func (x *Index) insert(res result, o *Options) Failures {
	var err error
	switch {
	case res.lazy != nil:
		err = x.addBuild(&Build{id: res.lazy.id, version: res.lazy.version, src: res.src, opts: o}, o.AutoName)
	default:
		if s, ok := res.doc.(*Stream); ok && o.AutoName {
			autoName(s, len(x.modules)+1)
		}
		err = x.add(res.doc)
	}
	var errs Failures
	if !errors.As(err, &errs) {
		return nil
	}
	for _, e := range errs {
		e.File, e.Document, e.Line, e.Column = o.Name, res.src.index, res.src.line, 1
	}
	return errs
}

// Add puts a document into the index by the rules of [Index.Update], if it can
// be written. Packager documents do not belong into an index. The index
// keeps the document and may upgrade it: change it no more.
func (x *Index) Add(d Document) error {
	if d == nil {
		return Failures{{Class: ClassMissing, Msg: "no document"}}
	}
	if _, err := d.Format(); err != nil {
		return err
	}
	return x.add(d)
}

func (x *Index) add(d Document) error {
	switch d := d.(type) {
	case *Stream:
		if !d.empty.has(emptyName, d.Name) || !d.empty.has(emptyStream, d.Stream) {
			return Failures{{Class: ClassMissing, Msg: "an index holds streams that have a name and a stream"}}
		}
		return x.addBuild(&Build{id: d.NSVC(), version: d.mdVersion(), stream: d}, false)
	case *Defaults:
		x.module(d.Module).defaults = d
		x.defaultsVersion = 1
	case *Translations:
		m := x.module(d.Module)
		if m.translations == nil {
			m.translations = map[string]*Translations{}
		}
		m.translations[d.Stream] = d
	case *Obsoletes:
		x.module(d.Module).addObsoletes(d)
		x.Upgrade()
	default:
		return Failures{{Class: ClassParse, Msg: "packager documents do not belong into an index"}}
	}
	return nil
}

func (x *Index) module(name string) *Module {
	m := x.modules[name]
	if m == nil {
		m = &Module{name: name, index: x, byID: map[NSVC]*Build{}}
		if x.modules == nil {
			x.modules = map[string]*Module{}
		}
		x.modules[name] = m
	}
	return m
}

func (x *Index) addBuild(b *Build, autoNamed bool) error {
	if autoNamed {
		s := Stream{Name: b.id.Name, Stream: b.id.Stream}
		autoName(&s, len(x.modules)+1)
		b.id.Name, b.id.Stream = s.Name, s.Stream
	}
	if old, ok := x.modules[b.id.Name]; ok && old.byID[b.id] != nil {
		return old.byID[b.id].replace(b)
	}
	m := x.module(b.id.Name)
	b.module = m
	m.builds = append(m.builds, b)
	m.byID[b.id] = b
	switch {
	case b.version == 2 && x.streamVersion < 2:
		x.Upgrade()
	case x.streamVersion == 0:
		x.streamVersion = b.version
	case x.streamVersion == 2 && b.stream != nil:
		b.stream.Upgrade()
	}
	return nil
}

// replace decides about a second stream of one identity.
func (b *Build) replace(other *Build) error {
	if b.src.text != "" && b.src.text == other.src.text {
		return nil
	}
	first, err := b.Stream()
	if err != nil {
		return err
	}
	other.module = b.module
	second, err := other.Stream()
	if err != nil {
		return err
	}
	if first.Equal(second) {
		return nil
	}
	return Failures{{Class: ClassValidate, Msg: fmt.Sprintf("%s is there already, with other contents", b.id.NSVCA())}}
}

// NSVC returns the identity of the build, without reading it.
func (b *Build) NSVC() NSVC { return b.id }

// Stream returns the stream. Only in a lazy index is there work to do, which
// happens once, and can there be an error: the document's [Failures].
func (b *Build) Stream() (*Stream, error) {
	b.once.Do(func() {
		if b.stream != nil {
			return
		}
		res := newDecoder(b.opts).read(b.src, modeAny)
		if b.err = res.errs.err(); b.err != nil {
			return
		}
		b.stream = res.doc.(*Stream)
		b.stream.Name, b.stream.Stream = b.id.Name, b.id.Stream
		if b.module.index.streamVersion == 2 {
			b.stream.Upgrade()
		}
	})
	return b.stream, b.err
}

// Upgrade brings all streams to version 2 of the format.
func (x *Index) Upgrade() {
	x.streamVersion = 2
	for _, m := range x.modules {
		for _, b := range m.builds {
			if b.stream != nil {
				b.stream.Upgrade()
			}
		}
	}
}

// StreamVersion returns the version of the format that the streams have: 1 or
// 2, 0 when there are none.
func (x *Index) StreamVersion() int { return x.streamVersion }

// DefaultsVersion returns the version of the format that the defaults have: 1,
// or 0 when there are none.
func (x *Index) DefaultsVersion() int { return x.defaultsVersion }

// Len returns the number of modules.
func (x *Index) Len() int { return len(x.modules) }

// Module returns a module, nil when the index does not know it.
func (x *Index) Module(name string) *Module { return x.modules[name] }

// Modules goes over the modules by name.
func (x *Index) Modules() iter.Seq[*Module] {
	return func(yield func(*Module) bool) {
		for _, name := range sortedKeys(x.modules) {
			if !yield(x.modules[name]) {
				return
			}
		}
	}
}

// Builds goes over the builds of all modules, in the order of
// [Index.Modules] and [Module.Builds].
func (x *Index) Builds() iter.Seq[*Build] {
	return func(yield func(*Build) bool) {
		for m := range x.Modules() {
			for _, b := range m.builds {
				if !yield(b) {
					return
				}
			}
		}
	}
}

// Streams goes over all streams in the order of [Index.Builds]; the errors are
// those of [Build.Stream].
func (x *Index) Streams() iter.Seq2[*Stream, error] {
	return func(yield func(*Stream, error) bool) {
		for b := range x.Builds() {
			if !yield(b.Stream()) {
				return
			}
		}
	}
}

// Remove takes a module out and reports whether it was there.
func (x *Index) Remove(module string) bool {
	_, ok := x.modules[module]
	delete(x.modules, module)
	return ok
}

// RemoveStreams takes out the streams that q matches and returns how many
// there were. Defaults and the like stay.
func (x *Index) RemoveStreams(q Query) int {
	n := 0
	for _, m := range x.modules {
		before := len(m.builds)
		m.builds = slices.DeleteFunc(m.builds, func(b *Build) bool {
			if q.match(b.id) {
				delete(m.byID, b.id)
				return true
			}
			return false
		})
		n += before - len(m.builds)
	}
	return n
}

// ClearXMD drops the xmd section of all streams. In a lazy index it reads
// them, and their errors are returned.
func (x *Index) ClearXMD() error {
	var all []error
	for s, err := range x.Streams() {
		if err != nil {
			all = append(all, err)
			continue
		}
		s.XMD = Value{}
	}
	return errors.Join(all...)
}

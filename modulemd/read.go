// SPDX-License-Identifier: MIT

package modulemd

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"strings"
	"sync"

	"github.com/seed-f134cc8e/relkit/internal/decompress"
)

// mode says what a document is read for.
type mode uint8

const (
	modeAny      mode = iota // every kind, validated
	modeIndex                // for an Index: named streams, no packager documents
	modeLazy                 // the same, streams by their identity only
	modePackager             // for a build system: streams are not validated
)

// result is one document read, or what is wrong with it.
type result struct {
	doc  Document // nil when it failed
	src  document
	lazy *identity // of a stream that was not read further
	errs Failures
}

// identity is what lazy reading wants to know of a stream.
type identity struct {
	id      NSVC
	version int
}

// read decodes one document.
func (d *decoder) read(src document, m mode) result {
	res := result{src: src}
	if d.tokens(src) {
		if h, ok := d.header(); ok {
			if m == modeLazy && h.kind == KindStream && (h.version == 1 || h.version == 2) {
				res.lazy = d.identity(h)
			} else {
				res.doc = d.typed(h, m)
			}
		}
	}
	d.resolve()
	res.errs = d.errs
	if len(d.errs) > 0 {
		res.doc, res.lazy = nil, nil
	}
	if res.doc != nil && len(d.unknown) > 0 {
		switch x := res.doc.(type) {
		case *Stream:
			x.Unknown = d.unknown
		case *Defaults:
			x.Unknown = d.unknown
		case *Obsoletes:
			x.Unknown = d.unknown
		case *Translations:
			x.Unknown = d.unknown
		}
	}
	return res
}

// typed reads the data of a document whose header is good.
func (d *decoder) typed(h header, m mode) Document {
	var doc Document
	checked := true
	switch h.kind {
	case KindStream:
		if h.version > 2 {
			return d.noVersion(h, ClassParse)
		}
		doc, checked = d.stream(h, false), m != modePackager
	case KindPackager:
		switch {
		case m == modeIndex || m == modeLazy:
			d.fail(0, ClassParse, "packager documents do not belong into an index")
			return nil
		case h.version == 1:
			return d.noVersion(h, ClassInconsistent)
		case h.version == 2:
			doc, checked = d.stream(h, true), false
		case h.version == 3:
			doc = d.packager(h)
		default:
			return d.noVersion(h, ClassParse)
		}
	case KindDefaults:
		if h.version != 1 {
			return d.noVersion(h, ClassParse)
		}
		doc = d.defaults(h)
	case KindObsoletes:
		if h.version != 1 {
			return d.noVersion(h, ClassValidate)
		}
		doc = d.obsoletes(h)
	case KindTranslations:
		doc = d.translations(h)
	}
	if checked {
		d.checking = true
		r := &report{d: d}
		if s, ok := doc.(*Stream); ok && m == modeIndex {
			d.named(s, r)
		}
		doc.check(r)
	}
	return doc
}

func (d *decoder) noVersion(h header, c Class) Document {
	_, v := d.find(0, "version")
	d.fail(v, c, "there is no version %d of %s documents", h.version, h.kind)
	return nil
}

// named asks for what a stream needs to be found in an index.
func (d *decoder) named(s *Stream, r *report) {
	if d.opts.AutoName {
		return
	}
	if !s.empty.has(emptyName, s.Name) {
		r.at(ClassMissing, []string{"name"}, "name is missing")
	}
	if !s.empty.has(emptyStream, s.Stream) {
		r.at(ClassMissing, []string{"stream"}, "stream is missing")
	}
}

// identity reads no more of a stream than its name.
func (d *decoder) identity(h header) *identity {
	s := &Stream{MDVersion: int(h.version)}
	for k, v := range d.pairs(h.data) {
		switch d.toks[k].text {
		case "name":
			d.optional(v, &s.Name, &s.empty, emptyName)
		case "stream":
			d.optional(v, &s.Stream, &s.empty, emptyStream)
		case "version":
			d.uint(v, &s.Version)
		case "context":
			d.text(v, &s.Context)
		case "arch":
			d.text(v, &s.Arch)
		}
	}
	d.named(s, &report{d: d})
	n := s.NSVC()
	n.Name, n.Stream = strings.Clone(n.Name), strings.Clone(n.Stream)
	n.Context, n.Arch = strings.Clone(n.Context), strings.Clone(n.Arch)
	return &identity{n, s.MDVersion}
}

// batch is some documents on their way through a worker.
type batch struct {
	docs    []document
	results []result
	done    chan struct{}
}

// batchBytes is how much text a worker takes at a time.
const batchBytes = 64 << 10

// each reads the documents of r on all workers and hands the results to
// yield in the order of the input, until yield returns false. Its error is
// the one that ended the reading early: from r, from ctx, or an *Error for
// text that cannot be followed.
func each(ctx context.Context, r io.Reader, o Options, m mode, yield func(result) bool) error {
	src, err := decompress.NewReader(r, decompress.Options{Name: o.Name, MaxSize: o.MaxSize})
	if err != nil {
		return wrapRead(err, &o)
	}
	defer src.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work := make(chan *batch, o.Workers)
	order := make(chan *batch, 4*o.Workers)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range o.Workers {
		wg.Go(func() {
			d := newDecoder(&o)
			for b := range work {
				for _, doc := range b.docs {
					b.results = append(b.results, d.read(doc, m))
				}
				close(b.done)
			}
		})
	}
	var readErr error
	wg.Go(func() {
		readErr = produce(ctx, src, &o, work, order)
		close(work)
		close(order)
	})
	for b := range order {
		<-b.done
		for _, res := range b.results {
			if !yield(res) {
				return nil
			}
			if !o.Recover && fatal(res) {
				return res.errs
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return wrapRead(readErr, &o)
}

// produce cuts src into batches of documents.
func produce(ctx context.Context, src io.Reader, o *Options, work, order chan<- *batch) error {
	s := newSplitter(src, o)
	send := func(b *batch) bool {
		select {
		case order <- b:
		case <-ctx.Done():
			close(b.done)
			return false
		}
		select {
		case work <- b:
			return true
		case <-ctx.Done():
			close(b.done)
			return false
		}
	}
	b := &batch{done: make(chan struct{})}
	size := 0
	for {
		doc, err := s.next()
		var stray *Error
		switch {
		case err == nil:
			b.docs = append(b.docs, doc)
			size += len(doc.text)
		case errors.As(err, &stray) && stray.Class == ClassUnparseable:
			if len(b.docs) > 0 && !send(b) {
				return ctx.Err()
			}
			b = &batch{done: make(chan struct{}), results: []result{{errs: Failures{stray}}}}
			size = batchBytes
		default:
			if len(b.docs) > 0 && !send(b) {
				return ctx.Err()
			}
			if err == io.EOF {
				return nil
			}
			return err
		}
		if size >= batchBytes {
			if !send(b) {
				return ctx.Err()
			}
			b, size = &batch{done: make(chan struct{})}, 0
		}
	}
}

// fatal reports whether a document was no YAML at all.
func fatal(res result) bool {
	return len(res.errs) > 0 && res.errs[0].Class == ClassUnparseable
}

// wrapRead makes faults of a packed file faults of ours; what the reader
// itself failed with stays as it is.
func wrapRead(err error, o *Options) error {
	var packed *decompress.Error
	if !errors.As(err, &packed) {
		return err
	}
	class := ClassUnparseable
	switch packed.Err {
	case decompress.ErrTooLarge:
		class = ClassLimit
	case decompress.ErrTruncated, decompress.ErrCorrupt, decompress.ErrUnsupported:
	default:
		return err
	}
	nameless := *packed
	nameless.Name = ""
	return &Error{File: o.Name, Class: class, Msg: nameless.Error()}
}

// Read goes over the documents of r, packed or not, in order: each yields
// either a document or, as Failures, all that is wrong with it, and reading
// goes on. Streams need not have a name. What ends the reading early (an
// error of r or ctx, a limit, or text that is no YAML, unless Options.Recover
// is set) is yielded last.
func Read(ctx context.Context, r io.Reader, o Options) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		o := o.withDefaults()
		stopped := false
		err := each(ctx, r, o, modeAny, func(res result) bool {
			if fatal(res) && !o.Recover {
				return true // comes back as the final error
			}
			stopped = !yield(res.doc, res.errs.err())
			return !stopped
		})
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

// ReadFile is [Read] for a file; Options.Name defaults to its path.
func ReadFile(ctx context.Context, path string, o Options) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		if o.Name == "" {
			o.Name = path
		}
		Read(ctx, f, o)(yield)
	}
}

// Parse reads the one stream that data holds, as a modulemd document of
// version 1 or 2 or a packager document of version 2, strictly: unknown keys
// are errors. The name is the file's, for errors. Names are not required.
func Parse(name string, data []byte) (*Stream, error) {
	return parseStream(data, Options{Name: name, Strict: true})
}

// ParseLax is [Parse] for documents that a later version of the format may
// have added to: unknown keys are kept in Stream.Unknown.
func ParseLax(name string, data []byte) (*Stream, error) {
	return parseStream(data, Options{Name: name})
}

func parseStream(data []byte, o Options) (*Stream, error) {
	doc, err := parseOne(data, o, modeAny)
	if err != nil {
		return nil, err
	}
	s, ok := doc.(*Stream)
	if !ok {
		return nil, Failures{{File: o.Name, Document: 1, Line: 1, Column: 1, Class: ClassParse,
			Msg: "a stream expected, got a " + doc.Kind().String() + " document"}}
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

// ParsePackager reads the one document that a build system is given: a
// packager document of version 2 or 3, or a modulemd document of version 1
// (upgraded to 2 at once) or 2. It returns a *[Packager] or a *[Stream].
// Streams are not validated, since what they lack may be set afterwards.
func ParsePackager(data []byte, o Options) (Document, error) {
	doc, err := parseOne(data, o, modePackager)
	if err != nil {
		return nil, err
	}
	switch doc := doc.(type) {
	case *Stream:
		doc.Upgrade()
	case *Packager:
	default:
		return nil, Failures{{File: o.Name, Document: 1, Line: 1, Column: 1, Class: ClassParse,
			Msg: "a packager document expected, got a " + doc.Kind().String() + " document"}}
	}
	return doc, nil
}

// parseOne reads exactly one document.
func parseOne(data []byte, o Options, m mode) (Document, error) {
	o = o.withDefaults()
	s := newSplitter(strings.NewReader(string(data)), &o)
	src, err := s.next()
	if err == io.EOF {
		return nil, Failures{{File: o.Name, Class: ClassMissing, Msg: "there is no document"}}
	}
	var fault *Error
	if errors.As(err, &fault) {
		return nil, Failures{fault}
	}
	res := newDecoder(&o).read(src, m)
	if next, err := s.next(); err != io.EOF {
		res.errs = append(res.errs, &Error{File: o.Name, Document: 2, Line: max(next.line, 1), Column: 1,
			Class: ClassParse, Msg: "only one document expected"})
	}
	if len(res.errs) > 0 {
		return nil, res.errs
	}
	return res.doc, nil
}

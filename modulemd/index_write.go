// SPDX-License-Identifier: MIT

package modulemd

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
)

// Format returns the whole index as YAML: see [Index.WriteTo].
func (x *Index) Format() ([]byte, error) {
	var b bytes.Buffer
	_, err := x.WriteTo(&b)
	return b.Bytes(), err
}

// WriteTo writes all documents as the reference does: modules by name, of
// each the defaults, the obsoletes in order of arrival, the translations by
// stream, the streams by their NSVCA text. It writes as it goes and holds no
// more than one document at a time. Nothing is written when the index is
// empty, which is an error, or holds something invalid.
func (x *Index) WriteTo(w io.Writer) (int64, error) {
	docs, err := x.documents()
	if err != nil {
		return 0, err
	}
	if len(docs) == 0 {
		return 0, Failures{{Class: ClassValidate, Msg: "an index without modules cannot be written"}}
	}
	var e emitter
	var total int64
	for _, d := range docs {
		d.write(&e)
		if e.invalid {
			return total, errNotUTF8(d)
		}
		if len(e.b) >= 64<<10 {
			n, err := w.Write(e.b)
			total += int64(n)
			if err != nil {
				return total, err
			}
			e.b = e.b[:0]
		}
	}
	n, err := w.Write(e.b)
	return total + int64(n), err
}

// Documents goes over all documents in the order in which they are written;
// the errors are those of streams in a lazy index.
func (x *Index) Documents() iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		for m := range x.Modules() {
			for d, err := range m.Documents() {
				if !yield(d, err) {
					return
				}
			}
		}
	}
}

// documents returns all documents, validated.
func (x *Index) documents() ([]Document, error) {
	var docs []Document
	var errs []error
	for d, err := range x.Documents() {
		if err == nil {
			err = d.Validate()
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		docs = append(docs, d)
	}
	return docs, errors.Join(errs...)
}

// sortedBuilds returns the builds by the text of their identity.
func (m *Module) sortedBuilds() []*Build {
	type keyed struct {
		key string
		b   *Build
	}
	list := make([]keyed, len(m.builds))
	for i, b := range m.builds {
		list[i] = keyed{b.id.NSVCA(), b}
	}
	slices.SortStableFunc(list, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	out := make([]*Build, len(list))
	for i, k := range list {
		out[i] = k.b
	}
	return out
}

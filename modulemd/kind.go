// SPDX-License-Identifier: MIT

package modulemd

import (
	"fmt"
	"slices"
)

// Kind is a kind of document.
type Kind int

// The kinds of documents.
const (
	KindStream       Kind = iota + 1 // modulemd, also called modulemd-stream
	KindPackager                     // modulemd-packager
	KindDefaults                     // modulemd-defaults
	KindObsoletes                    // modulemd-obsoletes
	KindTranslations                 // modulemd-translations
)

var kindNames = [...]string{
	"", "modulemd", "modulemd-packager", "modulemd-defaults", "modulemd-obsoletes", "modulemd-translations",
}

// String returns the word that stands in a document's header; an unknown
// value prints as Kind(7).
func (k Kind) String() string {
	if k <= 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// MarshalText returns the word of the header.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a header's word, modulemd-stream included.
func (k *Kind) UnmarshalText(b []byte) error {
	if *k = kindOf(string(b)); *k == 0 {
		return fmt.Errorf("modulemd: unknown kind of document %q", b)
	}
	return nil
}

func kindOf(s string) Kind {
	if s == "modulemd-stream" {
		return KindStream
	}
	if s == "" {
		return 0
	}
	return Kind(max(slices.Index(kindNames[:], s), 0))
}

// Document is one of *[Stream], *[Packager], *[Defaults], *[Obsoletes] and
// *[Translations].
type Document interface {
	// Kind returns the kind of document.
	Kind() Kind
	// ModuleName returns the module that the document is about.
	ModuleName() string
	// Validate returns everything that is wrong as Failures, nil if nothing.
	Validate() error
	// Format returns the document as YAML, in the form of the reference.
	Format() ([]byte, error)

	write(e *emitter)
	check(r *report)
}

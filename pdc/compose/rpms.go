// SPDX-License-Identifier: MIT

package compose

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
)

// RPM is one entry of rpms.json: a package file in a variant and architecture.
type RPM struct {
	Variant string // UID
	Arch    string // of the tree; never src from version 1.0 on
	SRPM    string // NEVRA of the source package; see [ParseNEVRA]
	NEVRA   string // of this one
	RPMFile
}

// RPMFile is what rpms.json says of one file.
type RPMFile struct {
	Path     string    // relative to the folder that holds metadata; "" from 2.0 on
	SigKey   string    // lower case; "" if not signed
	Category string    // binary, debug or source; "package" is binary before 1.0
	SigKeys  []string  // from 2.0 on
	Location *Location // from 2.0 on, in place of Path

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage

	read   bool // read from a file, so that null and absent members are told apart
	key    presence
	legacy bool // category was called type
	nocat  bool // there was no category
	nopath bool // there was no path
}

type presence uint8

const (
	absent presence = iota
	null
	present
)

// File returns the path within the compose, "" if there is none.
func (f RPMFile) File() string {
	if f.Location != nil {
		return f.Location.LocalPath
	}
	return f.Path
}

// MarshalJSON writes the entry as it was read; one made by hand has path (or
// location), sigkey and category.
func (f RPMFile) MarshalJSON() ([]byte, error) {
	m := make(map[string]any, 4)
	for k, v := range f.Extra {
		m[k] = v
	}
	if f.Location != nil {
		m["location"] = f.Location
	}
	if f.Path != "" || f.read && !f.nopath || !f.read && f.Location == nil {
		m["path"] = f.Path
	}
	switch {
	case f.SigKey != "" || f.key == present:
		m["sigkey"] = f.SigKey
	case f.key == null || !f.read && f.Location == nil:
		m["sigkey"] = nil
	}
	if f.SigKeys != nil {
		m["sigkeys"] = f.SigKeys
	}
	switch {
	case f.legacy:
		m["type"] = f.Category
	case f.Category != "" || !f.nocat:
		m["category"] = f.Category
	}
	return marshal(m)
}

// RPMReader reads rpms.json as a stream, in memory that does not grow with
// the file. It is for one goroutine.
type RPMReader struct {
	s         *scanner
	header    Header
	compose   Compose
	lean      bool                              // leave paths and keys out
	open      func(variant, arch, srpm string)  // told of every object, also of empty ones
	words     map[string]string                 // few and often repeated strings
	extra     func(k string, v json.RawMessage) // told of unknown members of the payload
	root      func(k string, v json.RawMessage) // and of the document
	hasHeader bool
	kind      presence // of the payload
	member    string   // rpms or manifest
}

// NewRPMReader returns a reader of rpms.json, of any version from 0.3 to 2.x.
// It reads nothing yet.
func NewRPMReader(r io.Reader) *RPMReader {
	return &RPMReader{s: newScanner(r), words: map[string]string{}}
}

// Header returns the header, once reading has come past it: in files that are
// written as usual, from the first entry on.
func (r *RPMReader) Header() Header { return r.header }

// Compose returns payload.compose, once reading has come past it.
func (r *RPMReader) Compose() Compose { return r.compose }

var errStop = errors.New("stop")

// All returns the entries in the order of the file. It can be ranged over
// once. An error, an *Error that names the place, ends it: ErrInvalid for
// what is not rpms.json or is cut off, ErrVersion, ErrPath, or the reader's.
func (r *RPMReader) All() iter.Seq2[RPM, error] {
	return func(yield func(RPM, error) bool) {
		err := r.each(func(p *RPM) error {
			if !yield(*p, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			yield(RPM{}, err)
		}
	}
}

func (r *RPMReader) each(fn func(*RPM) error) error {
	s := r.s
	err := s.object(func(key []byte) error {
		switch string(key) {
		case "header":
			raw, err := s.value()
			if err != nil {
				return err
			}
			if err := r.header.UnmarshalJSON(raw); err != nil {
				return wrapJSON("rpms", "header", err)
			}
			r.hasHeader = true
			return r.header.check("rpms")
		case "payload":
			if r.kind != absent {
				return s.fail("a second payload")
			}
			r.kind = present
			return s.object(func(key []byte) error { return r.payload(string(key), fn) })
		}
		return keepUnknown(s, string(key), r.root)
	})
	if err != nil {
		return err
	}
	switch {
	case s.peek() != 0 || s.pos < s.end:
		return s.fail("more after the end of the document")
	case s.err != io.EOF:
		return s.fail("")
	case !r.hasHeader:
		return invalid("rpms", "header", "missing")
	case r.member == "":
		return invalid("rpms", "payload", "no rpms")
	}
	return nil
}

func keepUnknown(s *scanner, key string, fn func(string, json.RawMessage)) error {
	raw, err := s.value()
	if err == nil && fn != nil {
		fn(key, raw)
	}
	return err
}

func (r *RPMReader) payload(key string, fn func(*RPM) error) error {
	s := r.s
	switch key {
	case "compose":
		raw, err := s.value()
		if err != nil {
			return err
		}
		return wrapJSON("rpms", "payload.compose", r.compose.UnmarshalJSON(raw))
	case "rpms", "manifest":
		if r.member != "" {
			return s.fail("rpms are there twice")
		}
		r.member = key
	default:
		return keepUnknown(s, key, r.extra)
	}
	var p RPM
	p.read = true
	opened := func(v, a, srpm string) {
		if r.open != nil {
			r.open(v, a, srpm)
		}
	}
	return s.names(func(key []byte) error {
		p.Variant = string(key)
		opened(p.Variant, "", "")
		return s.names(func(key []byte) error {
			p.Arch = string(key)
			opened(p.Variant, p.Arch, "")
			return s.names(func(key []byte) error {
				p.SRPM = string(key)
				opened(p.Variant, p.Arch, p.SRPM)
				return s.names(func(key []byte) error {
					p.NEVRA = string(key)
					if err := r.file(&p); err != nil {
						return err
					}
					return fn(&p)
				})
			})
		})
	})
}

// file reads one entry.
func (r *RPMReader) file(p *RPM) error {
	s := r.s
	p.RPMFile = RPMFile{read: true, nocat: true, nopath: true}
	return s.object(func(key []byte) error {
		switch string(key) {
		case "path":
			v, err := s.str()
			if err != nil {
				return err
			}
			if bytes.IndexByte(v, '\\') >= 0 || len(v) > 0 && v[0] == '/' || bytes.IndexByte(v, 0) >= 0 || bytes.Contains(v, []byte("..")) {
				if err := checkPath("rpms", p.Variant+"."+p.Arch+"."+p.NEVRA, string(v)); err != nil {
					return err
				}
			}
			if !r.lean {
				p.Path = string(v)
			}
			p.nopath = false
		case "sigkey":
			if s.null() {
				p.key = null
				return nil
			}
			v, err := s.str()
			if err != nil {
				return err
			}
			p.key = present
			p.SigKey = r.word(v)
		case "category", "type":
			if p.legacy || !p.nocat {
				return s.fail("category is there twice")
			}
			p.legacy, p.nocat = key[0] == 't', false
			v, err := s.str()
			if err != nil {
				return err
			}
			p.Category = r.word(v)
		case "location":
			raw, err := s.value()
			if err != nil {
				return err
			}
			p.Location = new(Location)
			if err := p.Location.UnmarshalJSON(raw); err != nil {
				return wrapJSON("rpms", p.NEVRA+".location", err)
			}
			return p.Location.check("rpms", p.NEVRA)
		case "sigkeys":
			raw, err := s.value()
			if err != nil {
				return err
			}
			if raw[0] == '[' {
				return wrapJSON("rpms", p.NEVRA+".sigkeys", json.Unmarshal(raw, &p.SigKeys))
			}
			return s.fail("sigkeys is not a list")
		default:
			k := string(key)
			raw, err := s.value()
			if err != nil {
				return err
			}
			if p.Extra == nil {
				p.Extra = map[string]json.RawMessage{}
			}
			p.Extra[k] = raw
		}
		return nil
	})
}

// word returns the string, one copy for all of its kind.
func (r *RPMReader) word(b []byte) string {
	if w, ok := r.words[string(b)]; ok {
		return w
	}
	w := string(b)
	if len(r.words) < 1000 {
		r.words[w] = w
	}
	return w
}

// SPDX-License-Identifier: MIT

package compose

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Document is one metadata file: *[Info], *[RPMs], *[Images], *[Modules],
// *[ExtraFiles] or *[OSBS].
type Document interface {
	// Kind returns the word for it: composeinfo, rpms, images, modules,
	// extra_files or osbs.
	Kind() string
	// Validate returns all that breaks productmd's rules, joined; each is an
	// *Error that is ErrInvalid.
	Validate() error
	json.Marshaler
	json.Unmarshaler
}

// Parse reads a JSON metadata file of any kind. The kind comes from the
// header, in files before version 1.1 from what the payload holds, and for
// files without header from the name. Rules are left to Validate, but paths
// that lead out of the compose are refused with ErrPath, and unknown major
// versions with ErrVersion. Nothing of the file is dropped: writing the
// document again gives an equal JSON value.
func Parse(name string, data []byte) (Document, error) {
	var head struct {
		Header  *Header                    `json:"header"`
		Payload map[string]json.RawMessage `json:"payload"`
		Data    json.RawMessage            `json:"data"`
	}
	base := path.Base(name)
	if err := json.Unmarshal(data, &head); err != nil && !strings.HasSuffix(base, "osbs.json") {
		return nil, invalid(base, "", "%v", err)
	}
	kind := ""
	if head.Header == nil {
		if strings.HasSuffix(base, "osbs.json") {
			kind = "osbs"
		}
	} else if kind = strings.TrimPrefix(head.Header.Type, "productmd."); kind == "" {
		for member, k := range map[string]string{"variants": "composeinfo", "rpms": "rpms", "manifest": "rpms",
			"images": "images", "modules": "modules", "extra_files": "extra_files"} {
			if _, ok := head.Payload[member]; ok {
				kind = k
			}
		}
		if head.Data != nil {
			kind = "extra_files"
		}
	}
	d, err := newDocument(kind)
	if err != nil {
		return nil, invalid(base, "header", "%v", err)
	}
	if err := d.UnmarshalJSON(data); err != nil {
		return nil, err
	}
	return d, nil
}

func newDocument(kind string) (Document, error) {
	switch kind {
	case "composeinfo":
		return new(Info), nil
	case "rpms":
		return new(RPMs), nil
	case "images":
		return new(Images), nil
	case "modules":
		return new(Modules), nil
	case "extra_files":
		return new(ExtraFiles), nil
	case "osbs":
		return new(OSBS), nil
	}
	return nil, fmt.Errorf("metadata of kind %q is not known", kind)
}

// Write writes a document as productmd does: indented by four spaces, members
// sorted. It does not validate, so that what was read can always be written.
func Write(w io.Writer, d Document) error {
	raw, err := d.MarshalJSON()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "    "); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err = w.Write(b.Bytes())
	return err
}

// Header is the head of a metadata file.
type Header struct {
	Version string // "1.2"
	Type    string // "productmd.rpms"; not there before 1.1

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage
	src   source
}

type headerWire struct {
	Version string `json:"version"`
	Type    string `json:"type,omitzero"`
}

// UnmarshalJSON reads a header.
func (h *Header) UnmarshalJSON(data []byte) error {
	var w headerWire
	if err := decodeObject(data, &w, &h.src, &h.Extra); err != nil {
		return err
	}
	h.Version, h.Type = w.Version, w.Type
	return nil
}

// MarshalJSON writes a header.
func (h Header) MarshalJSON() ([]byte, error) {
	return encodeObject(&headerWire{h.Version, h.Type}, h.src, h.Extra)
}

// Numbers returns the version as numbers: 1 and 2 for "1.2". The error is
// ErrInvalid.
func (h Header) Numbers() (major, minor int, err error) {
	a, b, ok := strings.Cut(h.Version, ".")
	major, err1 := strconv.Atoi(a)
	minor, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || major < 0 || minor < 0 {
		return 0, 0, invalid("header", "version", "%q is not <number>.<number>", h.Version)
	}
	return major, minor, nil
}

// atLeast reports whether the version is a known one and not below.
func (h Header) atLeast(major, minor int) bool {
	a, b, err := h.Numbers()
	return err == nil && (a > major || a == major && b >= minor)
}

// check refuses headers of other kinds and of unknown major versions; a newer
// minor version only adds members.
func (h Header) check(kind string) error {
	major, _, err := h.Numbers()
	if err != nil {
		return err
	}
	if major > 2 {
		return &Error{Op: kind, Path: "header.version", Err: ErrVersion,
			Msg: fmt.Sprintf("version %s is not supported, 2.x is the newest", h.Version)}
	}
	if h.Type != "" && h.Type != "productmd."+kind {
		return invalid(kind, "header.type", "type is %q", h.Type)
	}
	return nil
}

func (h Header) validate(kind string) []error {
	var errs []error
	if err := h.check(kind); err != nil {
		errs = append(errs, err)
	} else if h.Type == "" && h.atLeast(1, 1) {
		errs = append(errs, invalid(kind, "header.type", "missing, required from version 1.1"))
	}
	return errs
}

// Compose is payload.compose, the same in all files of a compose.
type Compose struct {
	ID     string `json:"id"`
	Date   string `json:"date"` // YYYYMMDD
	Type   Type   `json:"type"`
	Respin int    `json:"respin"`
	Label  string `json:"label,omitzero"` // in composeinfo only; see [ParseLabel]
	Final  bool   `json:"final,omitzero"` // whether the label is the last of its milestone

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage `json:"-"`
	src   source
}

// UnmarshalJSON reads payload.compose.
func (c *Compose) UnmarshalJSON(data []byte) error { return decodeObject(data, c, &c.src, &c.Extra) }

// MarshalJSON writes payload.compose.
func (c Compose) MarshalJSON() ([]byte, error) { return encodeObject(&c, c.src, c.Extra) }

// GA reports whether the compose is a release: its label is a final RC.
func (c Compose) GA() bool { return c.Final && strings.HasPrefix(c.Label, "RC-") }

var (
	datePattern  = regexp.MustCompile(`^[0-9]{8}$`)
	loosePattern = regexp.MustCompile(`[0-9]{8}(\.[a-z]+)?(\.[0-9]+)?`)
)

func (c Compose) validate(kind string) []error {
	var errs []error
	add := func(field, format string, args ...any) {
		errs = append(errs, invalid(kind, "payload.compose."+field, format, args...))
	}
	if !loosePattern.MatchString(c.ID) {
		add("id", "%q holds no date", c.ID)
	}
	if !datePattern.MatchString(c.Date) {
		add("date", "%q is not YYYYMMDD", c.Date)
	}
	if !slices.Contains(typeOrder, c.Type) {
		add("type", "%q is not a compose type", string(c.Type))
	}
	if c.Respin < 0 {
		add("respin", "%d is negative", c.Respin)
	}
	if c.Label != "" {
		if _, err := ParseLabel(c.Label); err != nil {
			add("label", "%q is not a compose label", c.Label)
		}
	}
	return errs
}

// envelope is what all files with a header are wrapped in.
type envelope struct {
	Header  Header          `json:"header"`
	Payload json.RawMessage `json:"payload,omitzero"`
	Data    json.RawMessage `json:"data,omitzero"`

	extra map[string]json.RawMessage
	src   source
}

// open reads the envelope of a file of the kind, and its payload into v.
func (e *envelope) open(kind string, data []byte, v any, src *source, extra *map[string]json.RawMessage) error {
	if err := decodeObject(data, e, &e.src, &e.extra); err != nil {
		return wrapJSON(kind, "", err)
	}
	if err := e.Header.check(kind); err != nil {
		return err
	}
	if e.Payload == nil {
		return invalid(kind, "payload", "missing")
	}
	err := decodeObject(e.Payload, v, src, extra)
	e.Payload = nil
	return wrapJSON(kind, "payload", err)
}

// seal is the reverse of open.
func (e envelope) seal(h Header, v any, src source, extra map[string]json.RawMessage) ([]byte, error) {
	raw, err := encodeObject(v, src, extra)
	if err != nil {
		return nil, err
	}
	e.Header, e.Payload = h, raw
	return encodeObject(&e, e.src, e.extra)
}

// wrapJSON makes an *Error of a decoder's error; an *Error within is kept.
func wrapJSON(kind, where string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return invalid(kind, where, "%v", err)
}

// sorted returns the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

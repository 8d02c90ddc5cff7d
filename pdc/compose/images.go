// SPDX-License-Identifier: MIT

package compose

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Images is images.json.
type Images struct {
	Header  Header
	Compose Compose
	// Variants holds the images by variant UID and architecture. Source
	// images are repeated under each binary one from version 1.2, under "src"
	// before.
	Variants map[string]map[string][]Image

	// Extra holds members of the payload that are not known, nil if none.
	Extra map[string]json.RawMessage
	src   source
	env   envelope
}

type imagesWire struct {
	Compose  Compose                       `json:"compose"`
	Variants map[string]map[string][]Image `json:"images"`
}

// Image is one image file. Up to version 1.2 it has Path, Size and Checksums,
// from 2.0 a Location; see [Image.File] and [Image.Bytes].
type Image struct {
	Path               string            `json:"path,omitzero"` // relative to the folder that holds metadata
	Mtime              int64             `json:"mtime"`         // seconds since 1970
	Size               int64             `json:"size,omitzero"` // bytes
	VolumeID           string            `json:"volume_id"`     // "" if none
	Type               string            `json:"type"`          // dvd, live, qcow2...
	Format             string            `json:"format"`        // iso, qcow2, raw.xz...
	Arch               string            `json:"arch"`
	DiscNumber         int               `json:"disc_number"`
	DiscCount          int               `json:"disc_count"`
	Checksums          map[string]string `json:"checksums,omitzero"` // hex by algorithm
	ImplantMD5         string            `json:"implant_md5"`        // "" if none
	Bootable           bool              `json:"bootable"`
	Subvariant         string            `json:"subvariant"` // not there before 1.1
	Unified            bool              `json:"unified,omitzero"`
	AdditionalVariants []string          `json:"additional_variants,omitzero"`
	Location           *Location         `json:"location,omitzero"`

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage `json:"-"`
	src   source
}

// Location says where a file is, from version 2.0 on.
type Location struct {
	URL       string          `json:"url"` // https: or oci:
	Size      int64           `json:"size"`
	Checksum  string          `json:"checksum"`          // algorithm:hex
	LocalPath string          `json:"local_path"`        // relative to the folder that holds metadata
	Contents  []LocationEntry `json:"contents,omitzero"` // files within an OCI image

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage `json:"-"`
	src   source
}

// LocationEntry is one file within an OCI image.
type LocationEntry struct {
	File        string `json:"file"`
	Size        int64  `json:"size"`
	Checksum    string `json:"checksum"`
	LayerDigest string `json:"layer_digest"`

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage `json:"-"`
	src   source
}

// UnmarshalJSON reads an image.
func (m *Image) UnmarshalJSON(data []byte) error { return decodeObject(data, m, &m.src, &m.Extra) }

// MarshalJSON writes an image.
func (m Image) MarshalJSON() ([]byte, error) { return encodeObject(&m, m.src, m.Extra) }

// UnmarshalJSON reads a location.
func (l *Location) UnmarshalJSON(data []byte) error { return decodeObject(data, l, &l.src, &l.Extra) }

// MarshalJSON writes a location.
func (l Location) MarshalJSON() ([]byte, error) { return encodeObject(&l, l.src, l.Extra) }

// UnmarshalJSON reads an entry.
func (e *LocationEntry) UnmarshalJSON(data []byte) error {
	return decodeObject(data, e, &e.src, &e.Extra)
}

// MarshalJSON writes an entry.
func (e LocationEntry) MarshalJSON() ([]byte, error) { return encodeObject(&e, e.src, e.Extra) }

func (l *Location) check(kind, where string) error {
	if l == nil {
		return nil
	}
	if err := checkPath(kind, where+".location.local_path", l.LocalPath); err != nil {
		return err
	}
	for _, e := range l.Contents {
		if err := checkPath(kind, where+".location.contents", e.File); err != nil {
			return err
		}
	}
	return nil
}

// File returns the image's path within the compose, "" if it has none.
func (m Image) File() string {
	if m.Location != nil {
		return m.Location.LocalPath
	}
	return m.Path
}

// Bytes returns the image's size.
func (m Image) Bytes() int64 {
	if m.Location != nil {
		return m.Location.Size
	}
	return m.Size
}

// ImageID is what makes an image the same one in another compose. It is
// comparable.
type ImageID struct {
	Subvariant, Type, Format, Arch string
	DiscNumber                     int
	Unified                        bool
	AdditionalVariants             string // joined by commas
}

// ID returns the image's identity across composes.
func (m Image) ID() ImageID {
	return ImageID{m.Subvariant, m.Type, m.Format, m.Arch, m.DiscNumber, m.Unified, strings.Join(m.AdditionalVariants, ",")}
}

// sum returns the image's checksums as text that is equal for equal files.
func (m Image) sum() string {
	if m.Location != nil {
		return m.Location.Checksum
	}
	return fmt.Sprint(m.Checksums)
}

// Kind returns "images".
func (*Images) Kind() string { return "images" }

// UnmarshalJSON reads images.json of any known version.
func (x *Images) UnmarshalJSON(data []byte) error {
	var n Images
	var w imagesWire
	if err := n.env.open("images", data, &w, &n.src, &n.Extra); err != nil {
		return err
	}
	n.Header, n.Compose, n.Variants = n.env.Header, w.Compose, w.Variants
	for ref, m := range n.all() {
		where := "payload.images." + ref.Variant + "." + ref.Arch
		if err := errors.Join(checkPath("images", where, m.Path), m.Location.check("images", where)); err != nil {
			return err
		}
	}
	*x = n
	return nil
}

// MarshalJSON writes images.json in the version that the header names.
func (x *Images) MarshalJSON() ([]byte, error) {
	return x.env.seal(x.Header, &imagesWire{x.Compose, x.Variants}, x.src, x.Extra)
}

// formats are those of the image types that have fixed ones.
var formats = map[string][]string{
	"boot": {"iso"}, "cd": {"iso"}, "dvd": {"iso"}, "dvd-debuginfo": {"iso"}, "dvd-ostree": {"iso"},
	"netinst": {"iso"}, "live-osbuild": {"iso"}, "docker": {"tar.gz", "tar.xz"},
	"container": {"oci", "ociarchive", "tar.xz"}, "qcow2": {"qcow2"}, "raw": {"raw"}, "raw-xz": {"raw.xz"},
	"tar-gz": {"tar.gz"}, "vmdk": {"vmdk"}, "vpc": {"vhd"},
}

// Validate checks header and compose, that every image has what it must have,
// and, from version 1.1, that no two different images have one identity.
func (x *Images) Validate() error {
	errs := append(x.Header.validate(x.Kind()), x.Compose.validate(x.Kind())...)
	sums := map[any]string{}
	for ref, m := range x.all() {
		add := func(format string, args ...any) {
			errs = append(errs, invalid(x.Kind(), "payload.images."+ref.Variant+"."+ref.Arch, format, args...))
		}
		v2 := x.Header.atLeast(2, 0)
		switch {
		case m.File() == "" && (m.Location == nil || m.Location.URL == ""):
			add("image without path")
		case m.Type == "" || m.Format == "" || m.Arch == "":
			add("%s: type, format or arch is missing", m.File())
		case m.Bytes() < 0 || m.Mtime < 0:
			add("%s: negative size or time", m.File())
		case m.Location == nil && len(m.Checksums) == 0:
			add("%s: no checksum", m.File())
		case !v2 && (m.DiscNumber < 1 || m.DiscCount < m.DiscNumber):
			add("%s: disc %d of %d", m.File(), m.DiscNumber, m.DiscCount)
		}
		// From 2.0 on, any type may be shipped as files within an OCI image.
		if fs := formats[m.Type]; fs != nil && m.Format != "" && !v2 && !slices.Contains(fs, m.Format) {
			add("%s: a %s has format %s, not %s", m.File(), m.Type, strings.Join(fs, " or "), m.Format)
		}
		if !x.Header.atLeast(1, 1) {
			continue
		}
		key := imageKey(ref.Variant, m)
		if old, ok := sums[key]; ok && old != m.sum() {
			add("%s: another image has the same subvariant, type, format, arch and disc", m.File())
		}
		sums[key] = m.sum()
	}
	return errors.Join(errs...)
}

// imageKey is the identity by which images are told apart. Where there is no
// subvariant, the variant takes its place.
func imageKey(variant string, m *Image) any {
	type key struct {
		id      ImageID
		variant string
	}
	if m.Subvariant != "" {
		variant = ""
	}
	return key{m.ID(), variant}
}

// all goes through the images by variant, architecture and order of the file.
func (x *Images) all() func(func(ImageRef, *Image) bool) {
	return func(yield func(ImageRef, *Image) bool) {
		if x == nil {
			return
		}
		for _, v := range sorted(x.Variants) {
			for _, a := range sorted(x.Variants[v]) {
				for i := range x.Variants[v][a] {
					m := &x.Variants[v][a][i]
					if !yield(ImageRef{v, a, m.ID()}, m) {
						return
					}
				}
			}
		}
	}
}

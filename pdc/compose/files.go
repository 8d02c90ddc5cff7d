// SPDX-License-Identifier: MIT

package compose

import (
	"encoding/json"
	"errors"
	"slices"
)

// ExtraFiles is extra_files.json: release notes, keys and licences. The file
// of a whole compose has Variants, the one within a tree has Files.
type ExtraFiles struct {
	Header   Header
	Compose  Compose
	Variants map[string]map[string][]ExtraFile // by variant UID and architecture
	Files    []ExtraFile                       // within a tree

	// Extra holds members of the payload that are not known, nil if none.
	Extra map[string]json.RawMessage
	src   source
	env   envelope
}

type extraFilesWire struct {
	Compose  Compose                           `json:"compose"`
	Variants map[string]map[string][]ExtraFile `json:"extra_files"`
}

// ExtraFile is one file beside the packages.
type ExtraFile struct {
	File      string            `json:"file"` // relative to the tree
	Size      int64             `json:"size"`
	Checksums map[string]string `json:"checksums"` // hex by algorithm

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage `json:"-"`
	src   source
}

// UnmarshalJSON reads a file's entry.
func (f *ExtraFile) UnmarshalJSON(data []byte) error { return decodeObject(data, f, &f.src, &f.Extra) }

// MarshalJSON writes a file's entry.
func (f ExtraFile) MarshalJSON() ([]byte, error) { return encodeObject(&f, f.src, f.Extra) }

// Kind returns "extra_files".
func (*ExtraFiles) Kind() string { return "extra_files" }

// UnmarshalJSON reads extra_files.json of a compose or of a tree.
func (x *ExtraFiles) UnmarshalJSON(data []byte) error {
	var n ExtraFiles
	if err := decodeObject(data, &n.env, &n.env.src, &n.env.extra); err != nil {
		return wrapJSON("extra_files", "", err)
	}
	if n.env.Data != nil {
		if err := errors.Join(n.env.Header.check("extra_files"), json.Unmarshal(n.env.Data, &n.Files)); err != nil {
			return wrapJSON("extra_files", "data", err)
		}
		n.env.Data = nil
	} else {
		var w extraFilesWire
		if err := n.env.open("extra_files", data, &w, &n.src, &n.Extra); err != nil {
			return err
		}
		n.Compose, n.Variants = w.Compose, w.Variants
	}
	n.Header = n.env.Header
	for _, f := range n.all() {
		if err := checkPath("extra_files", "file", f.File); err != nil {
			return err
		}
	}
	*x = n
	return nil
}

// MarshalJSON writes extra_files.json.
func (x *ExtraFiles) MarshalJSON() ([]byte, error) {
	if x.Files == nil {
		return x.env.seal(x.Header, &extraFilesWire{x.Compose, x.Variants}, x.src, x.Extra)
	}
	raw, err := marshal(x.Files)
	if err != nil {
		return nil, err
	}
	e := x.env
	e.Header, e.Data = x.Header, raw
	return encodeObject(&e, e.src, e.extra)
}

// Validate checks header and compose, and that each file has name and checksum.
func (x *ExtraFiles) Validate() error {
	var errs []error
	if x.Files == nil {
		errs = append(x.Header.validate(x.Kind()), x.Compose.validate(x.Kind())...)
	}
	for _, f := range x.all() {
		if f.File == "" || len(f.Checksums) == 0 || f.Size < 0 {
			errs = append(errs, invalid(x.Kind(), f.File, "file without name, size or checksum"))
		}
	}
	return errors.Join(errs...)
}

func (x *ExtraFiles) all() []ExtraFile {
	all := slices.Clone(x.Files)
	for _, v := range sorted(x.Variants) {
		for _, a := range sorted(x.Variants[v]) {
			all = append(all, x.Variants[v][a]...)
		}
	}
	return all
}

// OSBS is osbs.json: the containers of a compose, by variant and architecture
// (or "scratch"). It has no header.
type OSBS struct {
	Variants map[string]map[string][]Container
}

// Container is a container image built for a compose. Scratch builds have
// only ComposeID, KojiTask and Repositories.
type Container struct {
	ComposeID    string                     `json:"compose_id,omitzero"`
	KojiTask     int64                      `json:"koji_task,omitzero"`
	Name         string                     `json:"name,omitzero"`
	Version      string                     `json:"version,omitzero"`
	Release      string                     `json:"release,omitzero"`
	NVR          string                     `json:"nvr,omitzero"`
	CreationTime string                     `json:"creation_time,omitzero"`
	Filename     string                     `json:"filename,omitzero"`
	Size         int64                      `json:"size,omitzero"` // bytes
	Checksum     string                     `json:"checksum,omitzero"`
	Repositories []string                   `json:"repositories,omitzero"`
	Docker       map[string]json.RawMessage `json:"docker,omitzero"`
	Image        map[string]json.RawMessage `json:"image,omitzero"`

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage `json:"-"`
	src   source
}

// UnmarshalJSON reads a container.
func (c *Container) UnmarshalJSON(data []byte) error { return decodeObject(data, c, &c.src, &c.Extra) }

// MarshalJSON writes a container.
func (c Container) MarshalJSON() ([]byte, error) { return encodeObject(&c, c.src, c.Extra) }

// Kind returns "osbs".
func (*OSBS) Kind() string { return "osbs" }

// UnmarshalJSON reads osbs.json.
func (x *OSBS) UnmarshalJSON(data []byte) error {
	var m map[string]map[string][]Container
	if err := json.Unmarshal(data, &m); err != nil {
		return invalid("osbs", "", "%v", err)
	}
	for v, arches := range m {
		for a, containers := range arches {
			for _, c := range containers {
				if err := checkPath("osbs", v+"."+a, c.Filename); err != nil {
					return err
				}
			}
		}
	}
	x.Variants = m
	return nil
}

// MarshalJSON writes osbs.json.
func (x *OSBS) MarshalJSON() ([]byte, error) { return marshal(x.Variants) }

// Validate checks that every container names its task or build.
func (x *OSBS) Validate() error {
	var errs []error
	for _, v := range sorted(x.Variants) {
		for _, a := range sorted(x.Variants[v]) {
			for _, c := range x.Variants[v][a] {
				if c.KojiTask == 0 && c.NVR == "" {
					errs = append(errs, invalid(x.Kind(), v+"."+a, "container without task and NVR"))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// SPDX-License-Identifier: MIT

package compose

import (
	"encoding/json"
	"errors"
	"strings"
)

// Modules is modules.json.
type Modules struct {
	Header  Header
	Compose Compose
	// Variants holds the modules by variant UID, architecture and module UID
	// (name:stream:version:context).
	Variants map[string]map[string]map[string]*Module

	// Extra holds members of the payload that are not known, nil if none.
	Extra map[string]json.RawMessage
	src   source
	env   envelope
}

type modulesWire struct {
	Compose  Compose                                  `json:"compose"`
	Variants map[string]map[string]map[string]*Module `json:"modules"`
}

// Module is a module build in a compose. Up to version 1.2 its identity is in
// Metadata, from 2.0 in the fields beside it; [Module.NSVC] reads both.
type Module struct {
	Metadata     *ModuleMetadata   `json:"metadata,omitzero"`
	ModulemdPath map[string]string `json:"modulemd_path,omitzero"` // by category: binary, debug, source
	RPMs         []string          `json:"rpms"`                   // name-epoch:version-release.arch.rpm

	Name     string    `json:"name,omitzero"`
	Stream   string    `json:"stream,omitzero"`
	Version  string    `json:"version,omitzero"`
	Context  string    `json:"context,omitzero"`
	Arch     string    `json:"arch,omitzero"`
	Location *Location `json:"location,omitzero"`

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage `json:"-"`
	src   source
}

// ModuleMetadata is a module's identity up to version 1.2.
type ModuleMetadata struct {
	UID     string `json:"uid"`
	Name    string `json:"name"`
	Stream  string `json:"stream"`
	Version string `json:"version"`
	Context string `json:"context"`
	KojiTag string `json:"koji_tag"`

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage `json:"-"`
	src   source
}

// UnmarshalJSON reads a module.
func (m *Module) UnmarshalJSON(data []byte) error { return decodeObject(data, m, &m.src, &m.Extra) }

// MarshalJSON writes a module.
func (m Module) MarshalJSON() ([]byte, error) { return encodeObject(&m, m.src, m.Extra) }

// UnmarshalJSON reads a module's identity.
func (m *ModuleMetadata) UnmarshalJSON(data []byte) error {
	return decodeObject(data, m, &m.src, &m.Extra)
}

// MarshalJSON writes a module's identity.
func (m ModuleMetadata) MarshalJSON() ([]byte, error) { return encodeObject(&m, m.src, m.Extra) }

// NSVC returns the module's name, stream, version and context; what is not
// known is "".
func (m Module) NSVC() (name, stream, version, context string) {
	if d := m.Metadata; d != nil {
		return d.Name, d.Stream, d.Version, d.Context
	}
	return m.Name, m.Stream, m.Version, m.Context
}

// Kind returns "modules".
func (*Modules) Kind() string { return "modules" }

// UnmarshalJSON reads modules.json of any known version.
func (x *Modules) UnmarshalJSON(data []byte) error {
	var n Modules
	var w modulesWire
	if err := n.env.open("modules", data, &w, &n.src, &n.Extra); err != nil {
		return err
	}
	n.Header, n.Compose, n.Variants = n.env.Header, w.Compose, w.Variants
	for where, m := range n.all() {
		if m == nil {
			return invalid("modules", where, "null")
		}
		if err := m.Location.check("modules", where); err != nil {
			return err
		}
		for _, p := range m.ModulemdPath {
			if err := checkPath("modules", where+".modulemd_path", p); err != nil {
				return err
			}
		}
	}
	*x = n
	return nil
}

// MarshalJSON writes modules.json in the version that the header names.
func (x *Modules) MarshalJSON() ([]byte, error) {
	return x.env.seal(x.Header, &modulesWire{x.Compose, x.Variants}, x.src, x.Extra)
}

// Validate checks header and compose, and that each module's key is its UID.
func (x *Modules) Validate() error {
	errs := append(x.Header.validate(x.Kind()), x.Compose.validate(x.Kind())...)
	for where, m := range x.all() {
		uid := where[strings.LastIndex(where, "/")+1:]
		if m == nil {
			errs = append(errs, invalid(x.Kind(), where, "null"))
			continue
		}
		n, s, v, c := m.NSVC()
		parts := strings.Split(uid, ":")
		if n == "" {
			errs = append(errs, invalid(x.Kind(), where, "module without name"))
			continue
		}
		for i, want := range []string{n, s, v, c} {
			if i < len(parts) && parts[i] != want || i >= len(parts) && want != "" {
				errs = append(errs, invalid(x.Kind(), where, "key and identity differ: %q", want))
				break
			}
		}
		if m.Metadata != nil && m.Metadata.UID != uid {
			errs = append(errs, invalid(x.Kind(), where, "uid is %q", m.Metadata.UID))
		}
	}
	return errors.Join(errs...)
}

// all goes through the modules in order, by their place.
func (x *Modules) all() func(func(string, *Module) bool) {
	return func(yield func(string, *Module) bool) {
		for _, v := range sorted(x.Variants) {
			for _, a := range sorted(x.Variants[v]) {
				for _, uid := range sorted(x.Variants[v][a]) {
					if !yield("payload.modules."+v+"."+a+"/"+uid, x.Variants[v][a][uid]) {
						return
					}
				}
			}
		}
	}
}

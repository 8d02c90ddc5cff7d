// SPDX-License-Identifier: MIT

package compose

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// RPMs is rpms.json, whole. For files of tens of megabytes [RPMReader] needs
// far less memory.
type RPMs struct {
	Header  Header
	Compose Compose
	// Variants holds the files by variant UID, architecture, NEVRA of the
	// source package and NEVRA.
	Variants map[string]map[string]map[string]map[string]RPMFile

	// Extra holds members of the payload that are not known, nil if none.
	Extra  map[string]json.RawMessage
	root   map[string]json.RawMessage
	member string
}

// Kind returns "rpms".
func (*RPMs) Kind() string { return "rpms" }

// UnmarshalJSON reads rpms.json of any known version.
func (x *RPMs) UnmarshalJSON(data []byte) error {
	type files = map[string]RPMFile
	n := RPMs{Variants: map[string]map[string]map[string]map[string]RPMFile{}}
	r := NewRPMReader(bytes.NewReader(data))
	keep := func(m *map[string]json.RawMessage) func(string, json.RawMessage) {
		return func(k string, v json.RawMessage) {
			if *m == nil {
				*m = map[string]json.RawMessage{}
			}
			(*m)[k] = v
		}
	}
	r.extra, r.root = keep(&n.Extra), keep(&n.root)
	var now files
	r.open = func(v, a, srpm string) {
		if n.Variants[v] == nil {
			n.Variants[v] = map[string]map[string]files{}
		}
		if a != "" && n.Variants[v][a] == nil {
			n.Variants[v][a] = map[string]files{}
		}
		if srpm != "" {
			if now = n.Variants[v][a][srpm]; now == nil {
				now = files{}
				n.Variants[v][a][srpm] = now
			}
		}
	}
	err := r.each(func(p *RPM) error {
		if _, dup := now[p.NEVRA]; dup {
			return invalid("rpms", p.Variant+"."+p.Arch+"."+p.SRPM, "%s is there twice", p.NEVRA)
		}
		now[p.NEVRA] = p.RPMFile
		return nil
	})
	if err != nil {
		return err
	}
	n.Header, n.Compose, n.member = r.header, r.compose, r.member
	*x = n
	return nil
}

// MarshalJSON writes rpms.json in the version that the header names.
func (x *RPMs) MarshalJSON() ([]byte, error) {
	member := x.member
	if member == "" {
		member = "rpms"
	}
	payload := map[string]any{member: x.Variants}
	if !x.Compose.src.read && x.member != "" && x.Compose.ID == "" {
		// there was none
	} else {
		payload["compose"] = x.Compose
	}
	for k, v := range x.Extra {
		payload[k] = v
	}
	doc := map[string]any{"header": x.Header, "payload": payload}
	for k, v := range x.root {
		doc[k] = v
	}
	return marshal(doc)
}

// Validate checks header and compose, that names are NEVRAs with an epoch and
// of source packages where they must be, and each entry's category and path.
func (x *RPMs) Validate() error {
	errs := append(x.Header.validate(x.Kind()), x.Compose.validate(x.Kind())...)
	legacy := x.Header.Version != "" && !x.Header.atLeast(1, 0)
	for _, v := range sorted(x.Variants) {
		for _, a := range sorted(x.Variants[v]) {
			if (a == "src" || a == "nosrc") && !legacy {
				errs = append(errs, invalid(x.Kind(), v, "architecture %s", a))
			}
			for _, srpm := range sorted(x.Variants[v][a]) {
				if n, ok := splitNEVRA(srpm); !ok || n.Arch != "src" && n.Arch != "nosrc" || n.String() != srpm {
					errs = append(errs, invalid(x.Kind(), v+"."+a, "%q is not the NEVRA of a source package", srpm))
				}
				files := x.Variants[v][a][srpm]
				for _, nevra := range sorted(files) {
					errs = append(errs, files[nevra].validate(v+"."+a, nevra, legacy)...)
				}
			}
		}
	}
	return errors.Join(errs...)
}

func (f RPMFile) validate(where, nevra string, legacy bool) []error {
	var errs []error
	add := func(format string, args ...any) {
		errs = append(errs, invalid("rpms", where+"."+nevra, format, args...))
	}
	n, ok := splitNEVRA(nevra)
	source := n.Arch == "src" || n.Arch == "nosrc"
	switch {
	case !ok || n.String() != nevra:
		add("not a NEVRA with epoch")
	case f.File() == "" && f.Location == nil:
		add("no path")
	case legacy && f.Category == "package":
	case !slices.Contains([]string{"binary", "debug", "source"}, f.Category):
		add("category is %q", f.Category)
	case source != (f.Category == "source"):
		add("category is %s", f.Category)
	}
	if f.SigKey != strings.ToLower(f.SigKey) {
		add("sigkey %q is not lower case", f.SigKey)
	}
	return errs
}

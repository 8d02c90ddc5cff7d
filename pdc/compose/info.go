// SPDX-License-Identifier: MIT

package compose

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// Info is composeinfo.json: which release was composed and what is in it.
type Info struct {
	Header      Header
	Compose     Compose
	Release     Release
	BaseProduct *Release            // of layered products, else nil
	Variants    map[string]*Variant // by UID; parents and children alike

	// Extra holds members of the payload that are not known, nil if none.
	Extra map[string]json.RawMessage
	src   source
	env   envelope
}

// infoWire is the payload. Before version 1.0 the release was the product.
type infoWire struct {
	Compose     Compose             `json:"compose"`
	Release     *Release            `json:"release,omitzero"`
	Product     *Release            `json:"product,omitzero"`
	BaseProduct *Release            `json:"base_product,omitzero"`
	Variants    map[string]*Variant `json:"variants"`
}

// Kind returns "composeinfo".
func (*Info) Kind() string { return "composeinfo" }

// UnmarshalJSON reads composeinfo.json of any known version.
func (i *Info) UnmarshalJSON(data []byte) error {
	var n Info
	var w infoWire
	if err := n.env.open("composeinfo", data, &w, &n.src, &n.Extra); err != nil {
		return err
	}
	n.Header, n.Compose, n.BaseProduct, n.Variants = n.env.Header, w.Compose, w.BaseProduct, w.Variants
	switch {
	case w.Release != nil && w.Product != nil:
		return invalid("composeinfo", "payload", "both release and product")
	case w.Release != nil:
		n.Release = *w.Release
	case w.Product != nil:
		n.Release = *w.Product
	}
	for uid, v := range n.Variants {
		if v == nil {
			return invalid("composeinfo", "payload.variants."+uid, "null")
		}
		for category, arches := range v.Paths {
			for arch, p := range arches {
				if err := checkPath("composeinfo", "payload.variants."+uid+".paths."+category+"."+arch, p); err != nil {
					return err
				}
			}
		}
	}
	*i = n
	return nil
}

// MarshalJSON writes composeinfo.json in the version that the header names.
func (i *Info) MarshalJSON() ([]byte, error) {
	w := infoWire{Compose: i.Compose, BaseProduct: i.BaseProduct, Variants: i.Variants}
	switch {
	case i.src.read && !i.Release.src.read && i.Release.Name == "":
	case i.Header.Version != "" && !i.Header.atLeast(1, 0):
		w.Product = &i.Release
	default:
		w.Release = &i.Release
	}
	return i.env.seal(i.Header, &w, i.src, i.Extra)
}

// Validate checks header, compose, release and variants. A variant that says
// nothing at all, as in metadata merged from several composes, is accepted.
func (i *Info) Validate() error {
	errs := append(i.Header.validate(i.Kind()), i.Compose.validate(i.Kind())...)
	errs = append(errs, i.Release.validate("release")...)
	if i.Release.Layered && i.BaseProduct == nil {
		errs = append(errs, invalid(i.Kind(), "payload.base_product", "missing in a layered product"))
	}
	if i.BaseProduct != nil {
		errs = append(errs, i.BaseProduct.validate("base_product")...)
	}
	for _, uid := range sorted(i.Variants) {
		errs = append(errs, i.validateVariant(uid, i.Variants[uid])...)
	}
	return errors.Join(errs...)
}

func (i *Info) validateVariant(uid string, v *Variant) []error {
	var errs []error
	add := func(field, format string, args ...any) {
		errs = append(errs, invalid(i.Kind(), "payload.variants."+uid+field, format, args...))
	}
	if v == nil {
		add("", "null")
		return errs
	}
	if v.src.read && v.ID == "" && v.UID == "" && v.Name == "" && v.Type == "" && v.Paths == nil && v.Arches == nil {
		return nil
	}
	if v.UID != uid {
		add(".uid", "is %q", v.UID)
	}
	if v.ID == "" || v.UID != v.ID && !strings.HasSuffix(v.UID, "-"+v.ID) {
		add(".id", "%q is not the end of the uid", v.ID)
	}
	if v.Name == "" {
		add(".name", "missing")
	}
	if !slices.Contains(variantTypes, v.Type) {
		add(".type", "%q is not one of %s", v.Type, strings.Join(variantTypes, ", "))
	}
	if len(v.Arches) == 0 && !v.Empty {
		add(".arches", "missing")
	}
	for _, category := range sorted(v.Paths) {
		for _, arch := range sorted(v.Paths[category]) {
			if !slices.Contains(v.Arches, arch) {
				add(".paths."+category, "%s is not an architecture of the variant", arch)
			}
		}
	}
	for _, id := range v.Children {
		if i.Variants[uid+"-"+id] == nil && i.Variants[id] == nil {
			add(".variants", "%s is not there", id)
		}
	}
	return errs
}

// Release is what a compose is of. It serves as base product, too.
type Release struct {
	Name     string `json:"name"`
	Short    string `json:"short"`
	Version  string `json:"version"`
	Type     string `json:"type,omitzero"` // ga, updates, eus...; "" means ga
	Layered  bool   `json:"is_layered,omitzero"`
	Internal bool   `json:"internal,omitzero"`

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage `json:"-"`
	src   source
}

// UnmarshalJSON reads a release.
func (r *Release) UnmarshalJSON(data []byte) error { return decodeObject(data, r, &r.src, &r.Extra) }

// MarshalJSON writes a release.
func (r Release) MarshalJSON() ([]byte, error) { return encodeObject(&r, r.src, r.Extra) }

var (
	releaseTypes = []string{"fast", "ga", "updates", "updates-testing", "eus", "aus", "els", "tus", "e4s"}
	variantTypes = []string{"variant", "optional", "addon", "layered-product"}
)

func (r Release) validate(field string) []error {
	var errs []error
	for _, m := range []struct{ name, value string }{{"name", r.Name}, {"short", r.Short}, {"version", r.Version}} {
		if m.value == "" {
			errs = append(errs, invalid("composeinfo", "payload."+field+"."+m.name, "missing"))
		}
	}
	if r.Type != "" && !slices.Contains(releaseTypes, strings.ToLower(r.Type)) {
		errs = append(errs, invalid("composeinfo", "payload."+field+".type", "%q is not a release type", r.Type))
	}
	return errs
}

// Variant is a part of a compose with repositories and images of its own.
type Variant struct {
	ID     string   `json:"id"`
	UID    string   `json:"uid"` // <parent>-<id> for children, else the id
	Name   string   `json:"name"`
	Type   string   `json:"type"` // variant, optional, addon or layered-product
	Arches []string `json:"arches"`
	// Paths are relative to the folder that holds metadata, by category
	// (os_tree, packages, repository, isos, images, source_..., debug_...,
	// identity) and architecture.
	Paths    map[string]map[string]string `json:"paths"`
	Children []string                     `json:"variants,omitzero"` // ids
	Empty    bool                         `json:"is_empty,omitzero"`
	Release  *Release                     `json:"release,omitzero"` // of layered products within

	// Extra holds members that are not known, nil if none.
	Extra map[string]json.RawMessage `json:"-"`
	src   source
}

// UnmarshalJSON reads a variant.
func (v *Variant) UnmarshalJSON(data []byte) error { return decodeObject(data, v, &v.src, &v.Extra) }

// MarshalJSON writes a variant.
func (v Variant) MarshalJSON() ([]byte, error) { return encodeObject(&v, v.src, v.Extra) }

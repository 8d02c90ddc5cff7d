// SPDX-License-Identifier: MIT

package comps

import (
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Variants is a variants.xml file: what the variants of a compose are made of.
type Variants struct {
	Variants []Variant
}

// VariantType is the kind of a variant.
type VariantType string

// The variant types.
const (
	TypeVariant  VariantType = "variant"         // stands alone
	TypeAddon    VariantType = "addon"           // extends another one
	TypeOptional VariantType = "optional"        // the rest of another one
	TypeLayered  VariantType = "layered-product" // a product on top of another one
)

// Variant is a part of a compose, such as Server.
type Variant struct {
	ID          string
	Name        string
	Type        VariantType
	HasOptional *bool // nil when not said
	IsEmpty     *bool // nil when not said
	// Release is the product that a layered one is; nil for others.
	Release              *VariantRelease
	Arches               []string
	Groups               []VariantGroup
	Modules              []VariantModule
	KojiTags             []string // whose modules are taken
	Environments         []VariantEnvironment
	BuildInstallPackages []string
	// Refs are ids of variants, elsewhere in the file, that belong to this
	// one; Variants those that stand in it.
	Refs     []string
	Variants []Variant
}

// VariantRelease names a layered product.
type VariantRelease struct {
	Name    string
	Short   string
	Version string
}

// VariantGroup is a group of comps.xml that a variant offers.
type VariantGroup struct {
	ID          string // or a pattern, with Glob
	Default     *bool  // overrides the group's own; nil leaves that
	UserVisible *bool  // overrides the group's own; nil leaves that
	Glob        bool
}

// VariantModule is a module of a variant: name:stream[:version[:context]], or a
// pattern.
type VariantModule struct {
	Name string
	Glob bool
}

// VariantEnvironment is an environment of comps.xml that a variant offers.
type VariantEnvironment struct {
	ID           string
	DisplayOrder *int // overrides the environment's own; nil leaves that
}

// ReadVariants reads a variants.xml file strictly: unknown elements and
// attributes, and all that [Variants.Validate] finds, are errors with a line.
func ReadVariants(r io.Reader) (*Variants, error) {
	root, err := parse(r, "variants")
	if err != nil {
		return nil, err
	}
	d := &decoder{places: map[string]*element{}}
	v := &Variants{}
	d.noAttrs(root, "")
	d.counted(root, "", func(e *element, path string) {
		if d.known(e, path, "variant") {
			v.Variants = append(v.Variants, d.variant(e, path))
		}
	})
	for _, f := range v.faults() {
		d.fail(d.places[f.Path], f.Path, f.Err)
	}
	if len(d.failures) > 0 {
		slices.SortStableFunc(d.failures, byLine)
		return nil, d.failures
	}
	return v, nil
}

func (d *decoder) variant(e *element, path string) Variant {
	v := Variant{
		ID: e.Attrs["id"], Name: e.Attrs["name"], Type: VariantType(e.Attrs["type"]),
		HasOptional: d.flagAttr(e, path, "has_optional"), IsEmpty: d.flagAttr(e, path, "is_empty"),
	}
	d.rest(e, path, "id", "name", "type", "has_optional", "is_empty")
	seen := map[string]bool{}
	words := func(to *[]string, name string) func(*element, string) {
		return func(e *element, path string) {
			if d.known(e, path, name) {
				d.noAttrs(e, path)
				*to = append(*to, d.word(e, path))
			}
		}
	}
	glob := func(e *element, path string) bool {
		g := d.flagAttr(e, path, "glob")
		return g != nil && *g
	}
	d.counted(e, path, func(e *element, path string) {
		if e.Name == "release" {
			if seen[e.Name] {
				d.fail(e, path, fmt.Errorf("there is a second release"))
			}
			seen[e.Name] = true
			v.Release = &VariantRelease{Name: e.Attrs["name"], Short: e.Attrs["short"], Version: e.Attrs["version"]}
			d.rest(e, path, "name", "short", "version")
			d.counted(e, path, func(e *element, path string) { d.known(e, path, "") })
			return
		}
		d.once(e, path, seen)
		switch e.Name {
		case "arches":
			d.counted(e, path, words(&v.Arches, "arch"))
		case "groups":
			d.counted(e, path, func(e *element, path string) {
				if d.known(e, path, "group") {
					v.Groups = append(v.Groups, VariantGroup{
						ID: d.word(e, path), Default: d.flagAttr(e, path, "default"),
						UserVisible: d.flagAttr(e, path, "uservisible"), Glob: glob(e, path),
					})
					d.rest(e, path, "default", "uservisible", "glob")
				}
			})
		case "modules":
			d.counted(e, path, func(e *element, path string) {
				if e.Name == "kojitag" {
					words(&v.KojiTags, "kojitag")(e, path)
				} else if d.known(e, path, "module") {
					v.Modules = append(v.Modules, VariantModule{Name: d.word(e, path), Glob: glob(e, path)})
					d.rest(e, path, "glob")
				}
			})
		case "environments":
			d.counted(e, path, func(e *element, path string) {
				if !d.known(e, path, "environment") {
					return
				}
				x := VariantEnvironment{ID: d.word(e, path)}
				if n, ok := e.Attrs["display_order"]; ok {
					x.DisplayOrder = d.number(e, path, n)
				}
				d.rest(e, path, "display_order")
				v.Environments = append(v.Environments, x)
			})
		case "buildinstallpackages":
			d.counted(e, path, words(&v.BuildInstallPackages, "package"))
		case "variants":
			d.counted(e, path, func(e *element, path string) {
				switch {
				case e.Name == "ref":
					v.Refs = append(v.Refs, e.Attrs["id"])
					d.rest(e, path, "id")
				case d.known(e, path, "variant"):
					v.Variants = append(v.Variants, d.variant(e, path))
				}
			})
		default:
			d.fail(e, path, fmt.Errorf("unknown element %s", e.Name))
		}
	})
	return v
}

// Validate returns what is wrong with the file, as [Failures] without lines, or
// nil: missing ids, names and types; ids twice in one place; children of what is
// not of the type variant, with their parent's id, or without an architecture
// in common with it; references to what is not there.
func (v *Variants) Validate() error {
	if f := v.faults(); len(f) > 0 {
		return f
	}
	return nil
}

func (v *Variants) faults() Failures {
	var out Failures
	fail := func(path, format string, args ...any) {
		out = append(out, &Error{Path: path, Err: fmt.Errorf(format, args...)})
	}
	top := map[string]Variant{}
	for _, x := range v.Variants {
		top[x.ID] = x
	}
	uids := map[string]bool{}
	child := func(path string, parent, x Variant) {
		if parent.Type != TypeVariant {
			fail(path, "%s is of the type %s and cannot have variants", parent.ID, parent.Type)
		}
		if x.ID == parent.ID {
			fail(path, "%s has the id of its parent", x.ID)
		}
		if len(x.Arches) > 0 && !slices.ContainsFunc(x.Arches, func(a string) bool { return slices.Contains(parent.Arches, a) }) {
			fail(path, "%s has no architecture of its parent %s", x.ID, parent.ID)
		}
	}
	var walk func(path, prefix string, list []Variant, parent *Variant)
	walk = func(path, prefix string, list []Variant, parent *Variant) {
		for i, x := range list {
			at := path + "variant[" + strconv.Itoa(i+1) + "]"
			uid := prefix + x.ID
			switch {
			case x.ID == "":
				fail(at, "the id is missing")
			case uids[uid]:
				fail(at, "a second variant has the uid %s", uid)
			}
			uids[uid] = true
			if x.Name == "" {
				fail(at, "variant %s has no name", x.ID)
			}
			if !slices.Contains([]VariantType{TypeVariant, TypeAddon, TypeOptional, TypeLayered}, x.Type) {
				fail(at, "variant %s has the unknown type %q", x.ID, string(x.Type))
			}
			if x.Release != nil && x.Type != TypeLayered {
				fail(at, "variant %s has a release but is no layered product", x.ID)
			}
			if parent != nil {
				child(at, *parent, x)
			}
			for j, id := range x.Refs {
				ref := at + "/variants[1]/ref[" + strconv.Itoa(j+1) + "]"
				other, ok := top[id]
				if !ok {
					fail(ref, "there is no variant %q", id)
					continue
				}
				child(ref, x, other)
			}
			walk(at+"/variants[1]/", uid+"-", x.Variants, &x)
		}
	}
	walk("", "", v.Variants, nil)
	return out
}

// All returns the variants by uid: that of a variant in another one is the
// other's uid, a dash and its id. References are followed one level; what they
// lead to is there under its parent's uid only.
func (v *Variants) All() map[string]Variant {
	out := map[string]Variant{}
	top := map[string]Variant{}
	referred := map[string]bool{}
	var note func([]Variant)
	note = func(list []Variant) {
		for _, x := range list {
			for _, id := range x.Refs {
				referred[id] = true
			}
			note(x.Variants)
		}
	}
	note(v.Variants)
	for _, x := range v.Variants {
		top[x.ID] = x
	}
	var walk func(prefix string, x Variant)
	walk = func(prefix string, x Variant) {
		out[prefix+x.ID] = x
		for _, id := range x.Refs {
			if other, ok := top[id]; ok {
				out[prefix+x.ID+"-"+id] = other
			}
		}
		for _, c := range x.Variants {
			walk(prefix+x.ID+"-", c)
		}
	}
	for _, x := range v.Variants {
		if !referred[x.ID] {
			walk("", x)
		}
	}
	return out
}

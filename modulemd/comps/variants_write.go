// SPDX-License-Identifier: MIT

package comps

import (
	"io"
	"strconv"
)

const variantsHeader = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE variants PUBLIC "-//Red Hat, Inc.//DTD Variants info//EN" "variants.dtd">
`

// Format returns the file as XML. Reading gives the same Variants again. Texts
// that XML has no form for are an error.
func (v *Variants) Format() ([]byte, error) {
	w := &writer{b: []byte(variantsHeader)}
	w.open(0, "variants")
	for i := range v.Variants {
		w.variant(1, &v.Variants[i])
	}
	w.close(0, "variants")
	return w.b, w.err
}

// WriteTo writes what [Variants.Format] returns; nothing when that fails.
func (v *Variants) WriteTo(to io.Writer) (int64, error) {
	b, err := v.Format()
	if err != nil {
		return 0, err
	}
	n, err := to.Write(b)
	return int64(n), err
}

func (w *writer) variant(depth int, v *Variant) {
	w.open(depth, "variant", attrs(nil, attr{"id", v.ID}, attr{"name", v.Name}, attr{"type", string(v.Type)},
		attr{"has_optional", flagText(v.HasOptional)}, attr{"is_empty", flagText(v.IsEmpty)})...)
	depth++
	if r := v.Release; r != nil {
		w.leaf(depth, "release", "", attrs(nil, attr{"name", r.Name}, attr{"version", r.Version}, attr{"short", r.Short})...)
	}
	words := func(name, inside string, list []string) {
		if len(list) == 0 {
			return
		}
		w.open(depth, name)
		for _, s := range list {
			w.leaf(depth+1, inside, s)
		}
		w.close(depth, name)
	}
	words("arches", "arch", v.Arches)
	if len(v.Groups) > 0 {
		w.open(depth, "groups")
		for _, g := range v.Groups {
			w.leaf(depth+1, "group", g.ID, attrs(nil, attr{"default", flagText(g.Default)}, attr{"uservisible", flagText(g.UserVisible)}, glob(g.Glob))...)
		}
		w.close(depth, "groups")
	}
	if len(v.Modules)+len(v.KojiTags) > 0 {
		w.open(depth, "modules")
		for _, m := range v.Modules {
			w.leaf(depth+1, "module", m.Name, attrs(nil, glob(m.Glob))...)
		}
		for _, t := range v.KojiTags {
			w.leaf(depth+1, "kojitag", t)
		}
		w.close(depth, "modules")
	}
	if len(v.Environments) > 0 {
		w.open(depth, "environments")
		for _, e := range v.Environments {
			order := ""
			if e.DisplayOrder != nil {
				order = strconv.Itoa(*e.DisplayOrder)
			}
			w.leaf(depth+1, "environment", e.ID, attrs(nil, attr{"display_order", order})...)
		}
		w.close(depth, "environments")
	}
	words("buildinstallpackages", "package", v.BuildInstallPackages)
	if len(v.Refs)+len(v.Variants) > 0 {
		w.open(depth, "variants")
		for _, id := range v.Refs {
			w.leaf(depth+1, "ref", "", attr{"id", id})
		}
		for i := range v.Variants {
			w.variant(depth+1, &v.Variants[i])
		}
		w.close(depth, "variants")
	}
	w.close(depth-1, "variant")
}

func glob(b bool) attr {
	if !b {
		return attr{}
	}
	return attr{"glob", "true"}
}

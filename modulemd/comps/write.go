// SPDX-License-Identifier: MIT

package comps

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

const header = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
`

// Format returns the file as XML: groups, environments, categories, language
// packs, black list and whiteout, each in its order, translations sorted.
// Reading gives the same Comps again. Names, attributes and texts that XML has
// no form for are an error.
func (c *Comps) Format() ([]byte, error) {
	w := &writer{b: []byte(header)}
	w.open(0, "comps")
	for i := range c.Groups {
		w.group(&c.Groups[i])
	}
	for i := range c.Environments {
		e := &c.Environments[i]
		w.open(1, "environment", attrs(e.Extra, scope(e.Scope)...)...)
		w.head(e.ID, e.Name, e.Description, e.DisplayOrder)
		w.refs("grouplist", e.Groups, e.Unknown, true)
		w.refs("optionlist", e.Options, e.Unknown, e.HasOptions)
		w.unknown(2, "", e.Unknown)
		w.close(1, "environment")
	}
	for i := range c.Categories {
		e := &c.Categories[i]
		w.open(1, "category", attrs(e.Extra, scope(e.Scope)...)...)
		w.head(e.ID, e.Name, e.Description, e.DisplayOrder)
		w.refs("grouplist", e.Groups, e.Unknown, true)
		w.unknown(2, "", e.Unknown)
		w.close(1, "category")
	}
	section(w, "langpacks", "match", c.Langpacks, func(l Langpack) []attr {
		return []attr{{"name", l.Name}, {"install", l.Install}}
	})
	section(w, "blacklist", "package", c.Blacklist, func(b Blacklisted) []attr {
		return []attr{{"name", b.Name}, {"arch", b.Arch}}
	})
	section(w, "whiteout", "ignoredep", c.Whiteout, func(d IgnoredDep) []attr {
		return []attr{{"requires", d.Requires}, {"package", d.Package}}
	})
	w.unknown(1, "", c.Unknown)
	w.close(0, "comps")
	return w.b, w.err
}

// WriteTo writes what [Comps.Format] returns; nothing when that fails.
func (c *Comps) WriteTo(to io.Writer) (int64, error) {
	b, err := c.Format()
	if err != nil {
		return 0, err
	}
	n, err := to.Write(b)
	return int64(n), err
}

func section[T any](w *writer, name, inside string, list []T, f func(T) []attr) {
	if len(list) == 0 {
		return
	}
	w.open(1, name)
	for _, x := range list {
		w.leaf(2, inside, "", attrs(nil, f(x)...)...)
	}
	w.close(1, name)
}

func scope(s Scope) []attr {
	return []attr{{"arch", strings.Join(s.Arches, ",")}, {"variant", strings.Join(s.Variants, ",")}}
}

func flagText(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

func (w *writer) flag(name string, b *bool) {
	if b != nil {
		w.leaf(2, name, flagText(b))
	}
}

func (w *writer) text(name string, t Text) {
	if t.Template {
		name = "_" + name
	}
	if !t.None {
		w.leaf(2, name, t.Text)
	}
	for _, lang := range slices.Sorted(maps.Keys(t.Lang)) {
		w.leaf(2, strings.TrimPrefix(name, "_"), t.Lang[lang], attr{"xml:lang", lang})
	}
}

func (w *writer) head(id string, name Text, description *Text, order *int) {
	w.leaf(2, "id", id)
	w.text("name", name)
	if description != nil {
		w.text("description", *description)
	}
	if order != nil {
		w.leaf(2, "display_order", strconv.Itoa(*order))
	}
}

func (w *writer) group(g *Group) {
	w.open(1, "group", attrs(g.Extra, scope(g.Scope)...)...)
	w.head(g.ID, g.Name, g.Description, g.DisplayOrder)
	w.flag("default", g.Default)
	w.flag("uservisible", g.UserVisible)
	w.flag("biarchonly", g.BiarchOnly)
	if g.LangOnly != "" {
		w.leaf(2, "langonly", g.LangOnly)
	}
	w.open(2, "packagelist")
	for _, p := range g.Packages {
		w.leaf(3, "packagereq", p.Name, attrs(p.Extra, append([]attr{
			{"type", string(p.Type)}, {"requires", p.Requires}, {"basearchonly", flagText(p.BaseArchOnly)},
		}, scope(p.Scope)...)...)...)
	}
	w.unknown(3, "packagelist", g.Unknown)
	w.close(2, "packagelist")
	w.unknown(2, "", g.Unknown)
	w.close(1, "group")
}

func (w *writer) refs(name string, list []GroupRef, unknown []Unknown, always bool) {
	if len(list) == 0 && !always {
		return
	}
	w.open(2, name)
	for _, r := range list {
		w.leaf(3, "groupid", r.ID, attrs(r.Extra, append([]attr{{"default", flagText(r.Default)}}, scope(r.Scope)...)...)...)
	}
	w.unknown(3, name, unknown)
	w.close(2, name)
}

func (w *writer) unknown(depth int, in string, list []Unknown) {
	for _, u := range list {
		if u.In == in {
			w.element(depth, u.Element)
		}
	}
}

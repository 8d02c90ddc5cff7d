// SPDX-License-Identifier: MIT

package comps

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Read reads a comps.xml file, or a comps.xml.in template, strictly: unknown
// elements, attributes and package types, and all that [Comps.Validate] finds,
// are errors with a line. All faults are returned, as [Failures], unless the
// XML itself is broken. The file may have 64 MB.
func Read(r io.Reader) (*Comps, error) { return read(r, false) }

// ReadLax reads like [Read], but keeps unknown elements and attributes, to be
// written again, and lets package types pass.
func ReadLax(r io.Reader) (*Comps, error) { return read(r, true) }

func read(r io.Reader, lax bool) (*Comps, error) {
	root, err := parse(r, "comps")
	if err != nil {
		return nil, err
	}
	d := &decoder{lax: lax, places: map[string]*element{}}
	c := &Comps{}
	d.noAttrs(root, "")
	d.counted(root, "", func(e *element, path string) {
		switch e.Name {
		case "group":
			c.Groups = append(c.Groups, d.group(e, path))
		case "environment":
			c.Environments = append(c.Environments, d.environment(e, path))
		case "category":
			c.Categories = append(c.Categories, d.category(e, path))
		case "langpacks":
			d.entries(e, path, "match", "name", "install", func(name, install string) {
				c.Langpacks = append(c.Langpacks, Langpack{Name: name, Install: install})
			})
		case "blacklist":
			d.entries(e, path, "package", "name", "arch", func(name, arch string) {
				c.Blacklist = append(c.Blacklist, Blacklisted{Name: name, Arch: arch})
			})
		case "whiteout":
			d.entries(e, path, "ignoredep", "requires", "package", func(requires, pkg string) {
				c.Whiteout = append(c.Whiteout, IgnoredDep{Requires: requires, Package: pkg})
			})
		default:
			d.unknown(&c.Unknown, "", e, path)
		}
	})
	for _, f := range c.faults(lax) {
		d.fail(d.places[f.Path], f.Path, f.Err)
	}
	if len(d.failures) > 0 {
		slices.SortStableFunc(d.failures, byLine)
		return nil, d.failures
	}
	return c, nil
}

type decoder struct {
	lax      bool
	failures Failures
	places   map[string]*element
}

func (d *decoder) fail(e *element, path string, err error) {
	f := &Error{Path: path, Err: err}
	if e != nil {
		f.Line, f.Column = e.line, e.column
	}
	d.failures = append(d.failures, f)
}

// counted calls f for every element inside, with its path.
func (d *decoder) counted(e *element, path string, f func(e *element, path string)) {
	if len(e.inside) == 0 && strings.TrimSpace(e.Text) != "" {
		d.fail(e, path, fmt.Errorf("there is text where elements belong"))
	}
	numbers := map[string]int{}
	for _, c := range e.inside {
		numbers[c.Name]++
		at := c.Name + "[" + strconv.Itoa(numbers[c.Name]) + "]"
		if path != "" {
			at = path + "/" + at
		}
		d.places[at] = c
		f(c, at)
	}
}

// entries reads a list whose elements have one name and two attributes.
func (d *decoder) entries(e *element, path, name, first, second string, take func(first, second string)) {
	d.noAttrs(e, path)
	d.counted(e, path, func(m *element, at string) {
		if d.known(m, at, name) {
			take(d.attr(m, first), d.attr(m, second))
			d.rest(m, at, first, second)
		}
	})
}

// known reports whether an element has the name; another one is a fault, in
// lenient reading, too: its place has no room for it.
func (d *decoder) known(e *element, path, name string) bool {
	if e.Name == name {
		return true
	}
	d.fail(e, path, fmt.Errorf("unknown element %s", e.Name))
	return false
}

func (d *decoder) unknown(to *[]Unknown, in string, e *element, path string) {
	if !d.lax {
		d.fail(e, path, fmt.Errorf("unknown element %s", e.Name))
		return
	}
	*to = append(*to, Unknown{In: in, Element: e.kept()})
}

func (d *decoder) attr(e *element, name string) string { return e.Attrs[name] }

// rest returns the attributes that are not known; in strict reading they are
// faults.
func (d *decoder) rest(e *element, path string, known ...string) map[string]string {
	var out map[string]string
	for name, v := range e.Attrs {
		if slices.Contains(known, name) {
			continue
		}
		if !d.lax {
			d.fail(e, path, fmt.Errorf("unknown attribute %s", name))
		}
		if out == nil {
			out = map[string]string{}
		}
		out[name] = v
	}
	return out
}

// noAttrs says that an element has no attributes that could be kept.
func (d *decoder) noAttrs(e *element, path string) {
	for name := range e.Attrs {
		if !strings.HasPrefix(name, "xmlns") && !d.lax {
			d.fail(e, path, fmt.Errorf("unknown attribute %s", name))
		}
	}
}

// word returns the text of an element without the space around it.
func (d *decoder) word(e *element, path string) string {
	if len(e.inside) > 0 {
		d.fail(e, path, fmt.Errorf("there is an element %s where text belongs", e.inside[0].Name))
	}
	return strings.TrimSpace(e.Text)
}

// flag reads true or false; an empty element says neither.
func (d *decoder) flag(e *element, path, text string) *bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "":
		return nil
	case "true", "1", "yes":
		return new(true)
	case "false", "0", "no":
		return new(false)
	}
	d.fail(e, path, fmt.Errorf("%q is neither true nor false", text))
	return nil
}

func (d *decoder) flagAttr(e *element, path, name string) *bool {
	if v, ok := e.Attrs[name]; ok {
		return d.flag(e, path, v)
	}
	return nil
}

func (d *decoder) number(e *element, path, text string) *int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		d.fail(e, path, fmt.Errorf("%q is no number", text))
		return nil
	}
	return &n
}

func (d *decoder) scope(e *element) Scope {
	words := func(s string) []string {
		list := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' })
		if len(list) == 0 {
			return nil
		}
		return list
	}
	return Scope{Arches: words(e.Attrs["arch"]), Variants: words(e.Attrs["variant"])}
}

// text adds an element to a text; translations come one by one.
func (d *decoder) text(t *Text, e *element, path string, first bool) {
	if first {
		t.None = true
	}
	if len(e.inside) > 0 {
		d.fail(e, path, fmt.Errorf("there is an element %s where text belongs", e.inside[0].Name))
	}
	d.rest(e, path, "xml:lang")
	lang, ok := e.Attrs["xml:lang"]
	switch {
	case !ok && !t.None:
		d.fail(e, path, errors.New("there are two of it without a language"))
	case !ok:
		t.Text, t.None, t.Template = e.Text, false, strings.HasPrefix(e.Name, "_")
	default:
		if t.Lang == nil {
			t.Lang = map[string]string{}
		}
		if _, ok := t.Lang[lang]; ok {
			d.fail(e, path, fmt.Errorf("there are two translations to %q", lang))
		}
		t.Lang[lang] = e.Text
	}
}

// head reads what groups, environments and categories have in common. It
// reports false for other elements.
func (d *decoder) head(e *element, path string, seen map[string]bool, id *string, name *Text, description **Text, order **int) bool {
	key := strings.TrimPrefix(e.Name, "_")
	switch key {
	case "name":
		d.text(name, e, path, !seen[key])
	case "description":
		if *description == nil {
			*description = &Text{}
		}
		d.text(*description, e, path, !seen[key])
	case "id":
		d.once(e, path, seen)
		*id = d.word(e, path)
	case "display_order":
		d.once(e, path, seen)
		*order = d.number(e, path, d.word(e, path))
	default:
		return false
	}
	seen[key] = true
	return true
}

// once says that an element stands there once only and has no attributes.
func (d *decoder) once(e *element, path string, seen map[string]bool) {
	if seen[e.Name] {
		d.fail(e, path, fmt.Errorf("there is a second %s", e.Name))
	}
	seen[e.Name] = true
	d.noAttrs(e, path)
}

func (d *decoder) group(e *element, path string) Group {
	g := Group{Scope: d.scope(e), Extra: d.rest(e, path, "arch", "variant")}
	seen := map[string]bool{}
	d.counted(e, path, func(e *element, path string) {
		if d.head(e, path, seen, &g.ID, &g.Name, &g.Description, &g.DisplayOrder) {
			return
		}
		switch e.Name {
		case "default":
			d.once(e, path, seen)
			g.Default = d.flag(e, path, d.word(e, path))
		case "uservisible":
			d.once(e, path, seen)
			g.UserVisible = d.flag(e, path, d.word(e, path))
		case "biarchonly":
			d.once(e, path, seen)
			g.BiarchOnly = d.flag(e, path, d.word(e, path))
		case "langonly":
			d.once(e, path, seen)
			g.LangOnly = d.word(e, path)
		case "packagelist":
			d.once(e, path, seen)
			d.counted(e, path, func(e *element, path string) {
				if e.Name != "packagereq" {
					d.unknown(&g.Unknown, "packagelist", e, path)
					return
				}
				g.Packages = append(g.Packages, Package{
					Name: d.word(e, path), Type: PackageType(d.attr(e, "type")), Requires: d.attr(e, "requires"),
					BaseArchOnly: d.flagAttr(e, path, "basearchonly"), Scope: d.scope(e),
					Extra: d.rest(e, path, "type", "requires", "basearchonly", "arch", "variant"),
				})
			})
		default:
			d.unknown(&g.Unknown, "", e, path)
		}
	})
	return g
}

func (d *decoder) groupRefs(to *[]GroupRef, unknown *[]Unknown, e *element, path string) {
	in := e.Name
	d.counted(e, path, func(e *element, path string) {
		if e.Name != "groupid" {
			d.unknown(unknown, in, e, path)
			return
		}
		*to = append(*to, GroupRef{
			ID: d.word(e, path), Default: d.flagAttr(e, path, "default"), Scope: d.scope(e),
			Extra: d.rest(e, path, "default", "arch", "variant"),
		})
	})
}

func (d *decoder) environment(e *element, path string) Environment {
	out := Environment{Scope: d.scope(e), Extra: d.rest(e, path, "arch", "variant")}
	seen := map[string]bool{}
	d.counted(e, path, func(e *element, path string) {
		switch {
		case d.head(e, path, seen, &out.ID, &out.Name, &out.Description, &out.DisplayOrder):
		case e.Name == "grouplist":
			d.once(e, path, seen)
			d.groupRefs(&out.Groups, &out.Unknown, e, path)
		case e.Name == "optionlist":
			d.once(e, path, seen)
			out.HasOptions = true
			d.groupRefs(&out.Options, &out.Unknown, e, path)
		default:
			d.unknown(&out.Unknown, "", e, path)
		}
	})
	return out
}

func (d *decoder) category(e *element, path string) Category {
	out := Category{Scope: d.scope(e), Extra: d.rest(e, path, "arch", "variant")}
	seen := map[string]bool{}
	d.counted(e, path, func(e *element, path string) {
		switch {
		case d.head(e, path, seen, &out.ID, &out.Name, &out.Description, &out.DisplayOrder):
		case e.Name == "grouplist":
			d.once(e, path, seen)
			d.groupRefs(&out.Groups, &out.Unknown, e, path)
		default:
			d.unknown(&out.Unknown, "", e, path)
		}
	})
	return out
}

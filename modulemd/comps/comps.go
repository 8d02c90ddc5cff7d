// SPDX-License-Identifier: MIT

package comps

import (
	"slices"
	"strings"
)

// Comps is a comps.xml file: which packages make up the groups that people
// install, and how the groups are offered. Lists keep their order.
type Comps struct {
	Groups       []Group
	Environments []Environment
	Categories   []Category
	Langpacks    []Langpack
	Blacklist    []Blacklisted
	Whiteout     []IgnoredDep
	// Unknown is what lenient reading did not know; it is written again.
	Unknown []Unknown
}

// Unknown is an element that lenient reading did not know.
type Unknown struct {
	// In is the element below its owner that it stands in, such as
	// packagelist; empty when it stands directly in it.
	In      string
	Element Element
}

// Text is a text with translations.
type Text struct {
	Text string
	// Lang holds translations by language: cs, pt_BR.
	Lang map[string]string
	// Template marks an element that is still to be translated: comps.xml.in
	// files write it with an underscore, as in _name.
	Template bool
	// None tells that the default text is absent where translations are not.
	None bool
}

// In returns the text in a language, else of the language without its country,
// else the default.
func (t Text) In(lang string) string {
	if s, ok := t.Lang[lang]; ok {
		return s
	}
	if base, _, ok := strings.Cut(lang, "_"); ok {
		if s, ok := t.Lang[base]; ok {
			return s
		}
	}
	return t.Text
}

func (t Text) absent() bool { return t.Text == "" && len(t.Lang) == 0 && !t.Template }

// Group is a set of packages that are installed together.
type Group struct {
	ID           string
	Name         Text
	Description  *Text // nil when absent
	Default      *bool // whether it is preselected; nil when not said
	UserVisible  *bool // whether it is offered; nil when not said
	BiarchOnly   *bool // nil when not said
	LangOnly     string
	DisplayOrder *int // lower is earlier; nil when not said
	Packages     []Package
	Scope        Scope
	Extra        map[string]string // attributes that lenient reading did not know
	Unknown      []Unknown
}

// Scope says where an element counts.
type Scope struct {
	// Arches and Variants are those it counts for; empty means all.
	Arches   []string
	Variants []string
}

// Package is a package of a group.
type Package struct {
	Name string
	Type PackageType
	// Requires is the package without which a conditional one is left out.
	Requires     string
	BaseArchOnly *bool // nil when not said
	Scope        Scope
	Extra        map[string]string
}

// PackageType says when a package of a group is installed. The zero value is
// written as nothing and means mandatory.
type PackageType string

// The package types.
const (
	Mandatory   PackageType = "mandatory"   // always
	Default     PackageType = "default"     // unless deselected
	Optional    PackageType = "optional"    // when selected
	Conditional PackageType = "conditional" // when another package is there
)

// Valid reports whether the type is one that comps files know; the empty one
// is.
func (t PackageType) Valid() bool {
	return slices.Contains([]PackageType{"", Mandatory, Default, Optional, Conditional}, t)
}

// Environment is a set of groups that a system is made of.
type Environment struct {
	ID           string
	Name         Text
	Description  *Text // nil when absent
	DisplayOrder *int  // nil when not said
	Groups       []GroupRef
	Options      []GroupRef // offered besides
	HasOptions   bool       // an empty option list is written, too
	Scope        Scope
	Extra        map[string]string
	Unknown      []Unknown
}

// Category is a heading under which groups are shown.
type Category struct {
	ID           string
	Name         Text
	Description  *Text // nil when absent
	DisplayOrder *int  // nil when not said
	Groups       []GroupRef
	Scope        Scope
	Extra        map[string]string
	Unknown      []Unknown
}

// GroupRef names a group.
type GroupRef struct {
	ID      string
	Default *bool // whether it is preselected; nil when not said
	Scope   Scope
	Extra   map[string]string
}

// Langpack says which package brings the languages of another: %s in Install
// stands for the language.
type Langpack struct {
	Name    string
	Install string
}

// Blacklisted is a package that is not to be composed.
type Blacklisted struct {
	Name string
	Arch string // empty means all
}

// IgnoredDep is a dependency that does not count.
type IgnoredDep struct {
	Requires string
	Package  string
}

// Group returns the group with an id, or nil.
func (c *Comps) Group(id string) *Group {
	return find(c.Groups, func(g *Group) bool { return g.ID == id })
}

// Environment returns the environment with an id, or nil.
func (c *Comps) Environment(id string) *Environment {
	return find(c.Environments, func(e *Environment) bool { return e.ID == id })
}

// Category returns the category with an id, or nil.
func (c *Comps) Category(id string) *Category {
	return find(c.Categories, func(g *Category) bool { return g.ID == id })
}

// Package returns the entry of a group for a package, or nil; of several, the
// first.
func (g *Group) Package(name string) *Package {
	return find(g.Packages, func(p *Package) bool { return p.Name == name })
}

// GroupsWith returns the ids of the groups that have a package, in their order.
func (c *Comps) GroupsWith(name string) []string {
	var out []string
	for i := range c.Groups {
		if c.Groups[i].Package(name) != nil {
			out = append(out, c.Groups[i].ID)
		}
	}
	return out
}

func find[T any](list []T, ok func(*T) bool) *T {
	for i := range list {
		if ok(&list[i]) {
			return &list[i]
		}
	}
	return nil
}

// Clone returns a copy that shares no list with the original; texts and
// pointers to single values are shared and not to be changed in place.
func (c *Comps) Clone() *Comps {
	out := *c
	out.Groups = slices.Clone(c.Groups)
	for i := range out.Groups {
		out.Groups[i].Packages = slices.Clone(out.Groups[i].Packages)
		out.Groups[i].Unknown = slices.Clone(out.Groups[i].Unknown)
	}
	out.Environments = slices.Clone(c.Environments)
	for i := range out.Environments {
		e := &out.Environments[i]
		e.Groups, e.Options, e.Unknown = slices.Clone(e.Groups), slices.Clone(e.Options), slices.Clone(e.Unknown)
	}
	out.Categories = slices.Clone(c.Categories)
	for i := range out.Categories {
		e := &out.Categories[i]
		e.Groups, e.Unknown = slices.Clone(e.Groups), slices.Clone(e.Unknown)
	}
	out.Langpacks = slices.Clone(c.Langpacks)
	out.Blacklist = slices.Clone(c.Blacklist)
	out.Whiteout = slices.Clone(c.Whiteout)
	out.Unknown = slices.Clone(c.Unknown)
	return &out
}

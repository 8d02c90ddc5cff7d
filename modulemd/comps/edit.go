// SPDX-License-Identifier: MIT

package comps

import (
	"cmp"
	"fmt"
	"slices"
)

// EditOp is what an edit does.
type EditOp string

// The operations.
const (
	Add    EditOp = "add"
	Remove EditOp = "remove"
	Move   EditOp = "move"
)

// An Edit is one change to a comps file. What it changes follows from what is
// set:
//
//   - Package: the package in the group; Move puts it into the group To, where
//     it keeps its type.
//   - Environment or Category, with Group: the group in that list; Move puts it
//     into the environment, or category, To.
//   - Environment or Category alone: that itself.
//   - Group alone: the group itself; Remove takes it out of all environments and
//     categories, too.
//
// Moving a group, environment or category itself gives it the id To, wherever
// it is named.
type Edit struct {
	Op          EditOp      `json:"op"`
	Package     string      `json:"package,omitempty"`
	Group       string      `json:"group,omitempty"`
	Environment string      `json:"environment,omitempty"`
	Category    string      `json:"category,omitempty"`
	To          string      `json:"to,omitempty"`
	Type        PackageType `json:"type,omitempty"`     // of an added package
	Requires    string      `json:"requires,omitempty"` // of an added, conditional package
	Optional    bool        `json:"optional,omitempty"` // an added group is an option of the environment
	Name        string      `json:"name,omitempty"`     // of an added group, environment or category; empty means its id
	Description string      `json:"description,omitempty"`
}

// String returns "add package httpd to group web".
func (e Edit) String() string {
	what, where := e.target()
	s := string(e.Op) + " " + what
	switch {
	case where == "":
	case e.Op == Add:
		s += " to " + where
	default:
		s += " from " + where
	}
	if e.Op == Move {
		s += " to " + e.To
	}
	return s
}

func (e Edit) target() (what, where string) {
	list := ""
	switch {
	case e.Environment != "":
		list = "environment " + e.Environment
	case e.Category != "":
		list = "category " + e.Category
	}
	switch {
	case e.Package != "":
		return "package " + e.Package, "group " + e.Group
	case e.Group != "":
		return "group " + e.Group, list
	}
	return list, ""
}

// A Change is an entry of a change log.
type Change struct {
	Edit Edit `json:"edit"`
	// Text says what happened, for a person.
	Text string `json:"text"`
	// Undo are the edits that take it back, as far as edits can say: the
	// place in a list and details of what was removed are not among that.
	Undo []Edit `json:"undo,omitempty"`
}

// Apply carries out edits one after another and returns what they changed. When
// one does not fit, nothing is changed at all: what is to be added must not be
// there ([ErrExist]), what is removed or moved must be ([ErrNotFound]), and an
// edit must make sense ([ErrInvalid]).
func (c *Comps) Apply(edits ...Edit) ([]Change, error) {
	next := c.Clone()
	var log []Change
	for i, e := range edits {
		undo, err := next.apply(e)
		if err != nil {
			return nil, fmt.Errorf("comps: edit %d: %s: %w", i+1, e, err)
		}
		log = append(log, Change{Edit: e, Text: e.String(), Undo: undo})
	}
	*c = *next
	return log, nil
}

func (c *Comps) apply(e Edit) ([]Edit, error) {
	switch {
	case e.Op != Add && e.Op != Remove && e.Op != Move:
		return nil, fmt.Errorf("unknown operation %q: %w", string(e.Op), ErrInvalid)
	case e.Op == Move && e.To == "", e.Op != Move && e.To != "":
		return nil, fmt.Errorf("a destination belongs to moves, and to nothing else: %w", ErrInvalid)
	case !e.Type.Valid():
		return nil, fmt.Errorf("unknown package type %q: %w", string(e.Type), ErrInvalid)
	case e.Environment != "" && e.Category != "", e.Package != "" && (e.Group == "" || e.Environment+e.Category != ""),
		e.Package+e.Group+e.Environment+e.Category == "":
		return nil, fmt.Errorf("it is not clear what is meant: %w", ErrInvalid)
	case e.Package != "":
		return c.editPackage(e)
	case e.Group != "" && e.Environment+e.Category != "":
		return c.editList(e)
	}
	return c.editWhole(e)
}

func missing(what string) error { return fmt.Errorf("%s: %w", what, ErrNotFound) }
func exists(what string) error  { return fmt.Errorf("%s: %w", what, ErrExist) }

func (c *Comps) editPackage(e Edit) ([]Edit, error) {
	g := c.Group(e.Group)
	if g == nil {
		return nil, missing("group " + e.Group)
	}
	have := g.Package(e.Package)
	if e.Op == Add {
		if have != nil {
			return nil, exists("package " + e.Package)
		}
		g.Packages = append(g.Packages, Package{Name: e.Package, Type: e.Type, Requires: e.Requires})
		return []Edit{{Op: Remove, Package: e.Package, Group: e.Group}}, nil
	}
	if have == nil {
		return nil, missing("package " + e.Package)
	}
	p := *have
	if e.Op == Move {
		to := c.Group(e.To)
		switch {
		case to == nil:
			return nil, missing("group " + e.To)
		case to.Package(e.Package) != nil:
			return nil, exists("package " + e.Package)
		}
		to.Packages = append(to.Packages, p)
	}
	g.Packages = slices.DeleteFunc(g.Packages, func(x Package) bool { return x.Name == e.Package })
	if e.Op == Move {
		return []Edit{{Op: Move, Package: e.Package, Group: e.To, To: e.Group}}, nil
	}
	return []Edit{{Op: Add, Package: e.Package, Group: e.Group, Type: p.Type, Requires: p.Requires}}, nil
}

// lists returns the lists of groups of an environment or a category; the second
// is nil for the latter.
func (c *Comps) lists(e Edit, id string) (groups, options *[]GroupRef, err error) {
	if e.Environment != "" {
		if x := c.Environment(id); x != nil {
			return &x.Groups, &x.Options, nil
		}
		return nil, nil, missing("environment " + id)
	}
	if x := c.Category(id); x != nil {
		return &x.Groups, nil, nil
	}
	return nil, nil, missing("category " + id)
}

func refAt(list *[]GroupRef, id string) int {
	if list == nil {
		return -1
	}
	return slices.IndexFunc(*list, func(r GroupRef) bool { return r.ID == id })
}

func (c *Comps) editList(e Edit) ([]Edit, error) {
	id := cmp.Or(e.Environment, e.Category)
	groups, options, err := c.lists(e, id)
	if err != nil {
		return nil, err
	}
	back := Edit{Group: e.Group, Environment: e.Environment, Category: e.Category}
	if e.Op == Add {
		switch {
		case refAt(groups, e.Group) >= 0 || refAt(options, e.Group) >= 0:
			return nil, exists("group " + e.Group)
		case c.Group(e.Group) == nil:
			return nil, missing("group " + e.Group)
		case e.Optional && options == nil:
			return nil, fmt.Errorf("categories have no options: %w", ErrInvalid)
		}
		list := groups
		if e.Optional {
			list = options
		}
		*list = append(*list, GroupRef{ID: e.Group})
		back.Op = Remove
		return []Edit{back}, nil
	}
	from := groups
	if refAt(from, e.Group) < 0 {
		from = options
	}
	i := refAt(from, e.Group)
	if i < 0 {
		return nil, missing("group " + e.Group)
	}
	ref, optional := (*from)[i], from == options
	if e.Op == Move {
		toGroups, toOptions, err := c.lists(e, e.To)
		if err != nil {
			return nil, err
		}
		if refAt(toGroups, e.Group) >= 0 || refAt(toOptions, e.Group) >= 0 {
			return nil, exists("group " + e.Group)
		}
		to := toGroups
		if optional {
			to = toOptions
		}
		*to = append(*to, ref)
		back.Op, back.To = Move, id
		if e.Environment != "" {
			back.Environment = e.To
		} else {
			back.Category = e.To
		}
	} else {
		back.Op, back.Optional = Add, optional
	}
	*from = slices.Delete(*from, i, i+1)
	return []Edit{back}, nil
}

func (c *Comps) editWhole(e Edit) ([]Edit, error) {
	id := cmp.Or(e.Group, e.Environment, e.Category)
	has := func(id string) bool {
		switch {
		case e.Group != "":
			return c.Group(id) != nil
		case e.Environment != "":
			return c.Environment(id) != nil
		}
		return c.Category(id) != nil
	}
	what, _ := e.target()
	back := Edit{Group: e.Group, Environment: e.Environment, Category: e.Category}
	switch {
	case e.Op == Add && has(id):
		return nil, exists(what)
	case e.Op != Add && !has(id):
		return nil, missing(what)
	case e.Op == Move && has(e.To):
		return nil, exists(e.To)
	}
	switch e.Op {
	case Add:
		name := Text{Text: cmp.Or(e.Name, id)}
		var description *Text
		if e.Description != "" {
			description = &Text{Text: e.Description}
		}
		switch {
		case e.Group != "":
			c.Groups = append(c.Groups, Group{ID: id, Name: name, Description: description, Default: new(false), UserVisible: new(true)})
		case e.Environment != "":
			c.Environments = append(c.Environments, Environment{ID: id, Name: name, Description: description})
		default:
			c.Categories = append(c.Categories, Category{ID: id, Name: name, Description: description})
		}
		back.Op = Remove
		return []Edit{back}, nil
	case Move:
		c.rename(e, id)
		back = Edit{Op: Move, To: id}
		switch {
		case e.Group != "":
			back.Group = e.To
		case e.Environment != "":
			back.Environment = e.To
		default:
			back.Category = e.To
		}
		return []Edit{back}, nil
	}
	return c.removeWhole(e, id), nil
}

func (c *Comps) rename(e Edit, id string) {
	switch {
	case e.Environment != "":
		c.Environment(id).ID = e.To
	case e.Category != "":
		c.Category(id).ID = e.To
	default:
		c.Group(id).ID = e.To
		c.eachList(func(list *[]GroupRef, _ Edit) {
			for i := range *list {
				if (*list)[i].ID == id {
					(*list)[i].ID = e.To
				}
			}
		})
	}
}

// eachList calls f for every list of groups, with the edit that would add to it.
func (c *Comps) eachList(f func(list *[]GroupRef, add Edit)) {
	for i := range c.Environments {
		x := &c.Environments[i]
		f(&x.Groups, Edit{Op: Add, Environment: x.ID})
		f(&x.Options, Edit{Op: Add, Environment: x.ID, Optional: true})
	}
	for i := range c.Categories {
		f(&c.Categories[i].Groups, Edit{Op: Add, Category: c.Categories[i].ID})
	}
}

func (c *Comps) removeWhole(e Edit, id string) (undo []Edit) {
	add := Edit{Op: Add, Group: e.Group, Environment: e.Environment, Category: e.Category}
	fill := func(name Text, description *Text) {
		add.Name = name.Text
		if description != nil {
			add.Description = description.Text
		}
		undo = append(undo, add)
	}
	refs := func(list []GroupRef, optional bool) {
		for _, r := range list {
			undo = append(undo, Edit{Op: Add, Group: r.ID, Environment: e.Environment, Category: e.Category, Optional: optional})
		}
	}
	switch {
	case e.Environment != "":
		x := c.Environment(id)
		fill(x.Name, x.Description)
		refs(x.Groups, false)
		refs(x.Options, true)
		c.Environments = slices.DeleteFunc(c.Environments, func(x Environment) bool { return x.ID == id })
	case e.Category != "":
		x := c.Category(id)
		fill(x.Name, x.Description)
		refs(x.Groups, false)
		c.Categories = slices.DeleteFunc(c.Categories, func(x Category) bool { return x.ID == id })
	default:
		g := c.Group(id)
		fill(g.Name, g.Description)
		for _, p := range g.Packages {
			undo = append(undo, Edit{Op: Add, Package: p.Name, Group: id, Type: p.Type, Requires: p.Requires})
		}
		c.eachList(func(list *[]GroupRef, add Edit) {
			if refAt(list, id) >= 0 {
				add.Group = id
				undo = append(undo, add)
			}
			*list = slices.DeleteFunc(*list, func(r GroupRef) bool { return r.ID == id })
		})
		c.Groups = slices.DeleteFunc(c.Groups, func(g Group) bool { return g.ID == id })
	}
	return undo
}

// SPDX-License-Identifier: MIT

package updater

import (
	"fmt"
	"strings"

	"github.com/seed-f134cc8e/relkit/pdc"
)

// Rows are what PDC has today, as far as some facts are concerned. [Load]
// reads those of an event, [LoadScope] all of a scope.
type Rows struct {
	Releases           []pdc.Release
	Arches             []pdc.Name
	GlobalComponents   []pdc.GlobalComponent
	ReleaseComponents  []pdc.ReleaseComponent
	ComponentTypes     []pdc.ComponentType
	Relationships      []pdc.Relationship
	RelationshipTypes  []pdc.NamedType
	RPMs               []pdc.RPM
	Composes           []pdc.Compose
	Modules            []pdc.Module
	Branches           []pdc.Branch
	SLATypes           []pdc.NamedType
	People             []pdc.Person
	Groups             []pdc.ComponentGroup
	GroupTypes         []pdc.NamedType
	Images             []pdc.BuildImage
	BugzillaComponents []pdc.BugzillaComponent

	// PeoplePath is where people are: "contacts/people/", "persons/" on older
	// servers, "" on those that have none.
	PeoplePath string
	// OldModules says that the server has modules as unreleasedvariants only.
	// Modules then hold these, with their own uids.
	OldModules bool
}

// Names of rows, as in [Finding.Name].

func componentName(release, typ, name string) string { return release + " " + typ + " " + name }

func edgeName(release, fromType, from, typ, to string) string {
	return fmt.Sprintf("%s %s %s %s %s", release, fromType, from, typ, to)
}

func rpmName(name string, epoch int, version, release, arch string) string {
	return fmt.Sprintf("%s-%d:%s-%s.%s", name, epoch, version, release, arch)
}

func branchName(typ, component, name string) string { return typ + "/" + component + " " + name }

func typeOr(typ string) string {
	if typ == "" {
		return "rpm"
	}
	return typ
}

// index finds rows by their names.
type index struct {
	Rows
	releases       map[string]*pdc.Release
	arches         map[string]bool
	globals        map[string]bool
	components     map[string]*pdc.ReleaseComponent // by componentName
	byID           map[int]*pdc.ReleaseComponent
	relTypes       map[string]bool
	componentTypes map[string]bool
	rpms           map[string]*pdc.RPM
	composes       map[string]*pdc.Compose
	modules        map[string]*pdc.Module // by name:stream:version:context
	branches       map[string]*pdc.Branch
	people         map[string]*pdc.Person
	groups         map[string]*pdc.ComponentGroup
	groupTypes     map[string]bool
	images         map[string]*pdc.BuildImage
	bugzilla       map[string]*pdc.BugzillaComponent // by path
	edges          map[string][]*pdc.Relationship    // by component of From
}

func by[T any, K comparable](rows []T, key func(*T) K) map[K]*T {
	m := make(map[K]*T, len(rows))
	for i := range rows {
		if k := key(&rows[i]); m[k] == nil {
			m[k] = &rows[i]
		}
	}
	return m
}

func have[T any](rows []T, key func(*T) string) map[string]bool {
	m := make(map[string]bool, len(rows))
	for i := range rows {
		m[key(&rows[i])] = true
	}
	return m
}

func newIndex(r Rows) *index {
	x := &index{Rows: r}
	named := func(t *pdc.NamedType) string { return t.Name }
	x.releases = by(r.Releases, func(r *pdc.Release) string { return r.ReleaseID })
	x.arches = have(r.Arches, func(n *pdc.Name) string { return n.Name })
	x.globals = have(r.GlobalComponents, func(g *pdc.GlobalComponent) string { return g.Name })
	x.components = by(r.ReleaseComponents, func(c *pdc.ReleaseComponent) string {
		return componentName(c.Release.ReleaseID, c.Type, c.Name)
	})
	x.byID = by(r.ReleaseComponents, func(c *pdc.ReleaseComponent) int { return c.ID })
	x.relTypes, x.groupTypes = have(r.RelationshipTypes, named), have(r.GroupTypes, named)
	x.componentTypes = have(r.ComponentTypes, func(t *pdc.ComponentType) string { return t.Name })
	x.rpms = by(r.RPMs, func(r *pdc.RPM) string { return rpmName(r.Name, r.Epoch, r.Version, r.Release, r.Arch) })
	x.composes = by(r.Composes, func(c *pdc.Compose) string { return c.ComposeID })
	x.modules = by(r.Modules, func(m *pdc.Module) string {
		return m.Name + ":" + m.Stream + ":" + m.Version + ":" + contextOr(m.Context)
	})
	x.branches = by(r.Branches, func(b *pdc.Branch) string { return branchName(b.Type, b.GlobalComponent, b.Name) })
	x.people = by(r.People, func(p *pdc.Person) string { return p.Username })
	x.groups = by(r.Groups, func(g *pdc.ComponentGroup) string { return g.Release + " " + g.GroupType })
	x.images = by(r.Images, func(i *pdc.BuildImage) string { return i.ImageID + " " + i.ImageFormat })
	x.bugzilla = by(r.BugzillaComponents, func(b *pdc.BugzillaComponent) string {
		return strings.TrimPrefix(b.Parent+"/"+b.Name, "/")
	})
	x.edges = map[string][]*pdc.Relationship{}
	for i := range r.Relationships {
		e := &r.Relationships[i]
		from := x.nameOf(e.From)
		x.edges[from] = append(x.edges[from], e)
	}
	return x
}

// nameOf is the componentName of one end of a relationship. Its type is known
// if the component is among the rows; else it is an rpm: names of other types
// are asked for with the components.
func (x *index) nameOf(ref pdc.ComponentRef) string {
	if c := x.byID[ref.ID]; c != nil {
		return componentName(c.Release.ReleaseID, c.Type, c.Name)
	}
	return componentName(ref.Release, "rpm", ref.Name)
}

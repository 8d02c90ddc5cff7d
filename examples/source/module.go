// SPDX-License-Identifier: MIT

package source

import (
	"maps"
	"slices"

	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/planner"
)

// How these sources name things in a graph.

// SourceID is a source package's node.
func SourceID(name string) planner.ID { return planner.ID("rpms/" + name) }

// BinaryID is a binary package's node.
func BinaryID(name string) planner.ID { return planner.ID("binary/" + name) }

// ModuleID is a module stream's node.
func ModuleID(name, stream string) planner.ID { return planner.ID("modules/" + name + ":" + stream) }

// A Module is a module stream and the source packages that it holds, sorted.
type Module struct {
	ID         planner.ID
	Components []string
}

func moduleOf(id planner.ID, doc *modulemd.Stream) Module {
	return Module{ID: id, Components: slices.Sorted(maps.Keys(doc.RPMs))}
}

// withModules adds to a graph the modules that hold sources of it.
func withModules(g *planner.Graph, modules []Module) (*planner.Graph, error) {
	b := planner.Builder{Release: g.Release()}
	for _, m := range modules {
		m.add(&b, func(name string) bool { _, ok := g.Node(SourceID(name)); return ok })
	}
	more, err := b.Graph()
	if err != nil || more.Len() == 0 {
		return g, err
	}
	return planner.Union(g, more)
}

// add adds the module if it holds anything that is known.
func (m Module) add(b *planner.Builder, known func(source string) bool) {
	for _, c := range m.Components {
		if known(c) {
			b.AddNode(planner.Node{ID: m.ID, Kind: "module"})
			b.AddEdge(planner.Edge{From: m.ID, To: SourceID(c), Kind: planner.EdgeContains, Evidence: "components.rpms." + c})
		}
	}
}

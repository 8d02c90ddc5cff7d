// SPDX-License-Identifier: MIT

package modular

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/seed-f134cc8e/relkit/modulemd"
	"github.com/seed-f134cc8e/relkit/planner"
)

// ModuleID returns the id that graphs of this package have for a stream:
// "modules/nodejs:18".
func ModuleID(name, stream string) planner.ID {
	return planner.ID("modules/" + name + ":" + stream)
}

// ComponentID returns the id that graphs of this package have for a component
// of a stream: "modules/nodejs:18/rpms/libuv".
func ComponentID(name, stream, component string) planner.ID {
	return ModuleID(name, stream) + planner.ID("/rpms/"+component)
}

func batchID(s *modulemd.Stream, n int) planner.ID {
	return ModuleID(s.Name, s.Stream) + planner.ID("/batch/"+strconv.Itoa(n))
}

// ModuleGraph returns the graph of module streams. All builds of a stream are
// one node. A built document needs, to build, what it notes to have been built
// with; another one, every stream that its build requirements admit. At run
// time both need every stream that their requirements admit; only those among
// the documents count, and named ones. Modules that are only named, such as
// platform, become conduits: they can change, but are not rebuilt here.
func ModuleGraph(streams []*modulemd.Stream) (*planner.Graph, error) {
	var b planner.Builder
	k := newKnown(streams)
	for _, s := range streams {
		b.AddNode(planner.Node{ID: ModuleID(s.Name, s.Stream), Kind: planner.KindModule})
	}
	for _, s := range streams {
		k.link(&b, s, ModuleID(s.Name, s.Stream))
		k.linkRuntime(&b, s, ModuleID(s.Name, s.Stream))
	}
	return b.Graph()
}

// ComponentGraph returns the graph of the components of one stream: those of a
// batch need all those of the batches before. With
// [planner.ReuseOnlyChanged] that only orders rebuilds; with the other
// strategies it also causes them. Under [planner.ReuseNone], in which any change
// rebuilds all, name all components as changed. Components that wait for each
// other are an error that is [modulemd.ErrInconsistent].
func ComponentGraph(s *modulemd.Stream, how planner.ReuseStrategy) (*planner.Graph, error) {
	var b planner.Builder
	if err := addComponents(&b, s, how, nil); err != nil {
		return nil, err
	}
	return b.Graph()
}

// FlatGraph returns the graph of the components of all streams, as
// [ComponentGraph] has them, with modules as conduits: the components of a
// stream need the whole of every stream that it is built against, and what that
// needs at run time. Included modules that are among the documents are replaced
// by their components. A plan on it waits for exactly what is needed, where one
// of module builds waits for more.
func FlatGraph(streams []*modulemd.Stream, how planner.ReuseStrategy) (*planner.Graph, error) {
	var b planner.Builder
	k := newKnown(streams)
	done := map[planner.ID]string{}
	for _, s := range streams {
		id := ModuleID(s.Name, s.Stream)
		b.AddNode(planner.Node{ID: id, Kind: planner.KindModule, Conduit: true})
		k.link(&b, s, batchID(s, 1))
		k.linkRuntime(&b, s, id)
		// The builds of a stream have the same components as a rule; where
		// contexts differ, one graph has those of all.
		batches, err := s.ExpandBatches(k.find)
		if err != nil {
			return nil, fmt.Errorf("modular: %s: %w", s.NSVC(), err)
		}
		text := fmt.Sprint(batches)
		if done[id] == text {
			continue
		}
		done[id] = text
		if err := addComponents(&b, s, how, k.find); err != nil {
			return nil, err
		}
		for _, batch := range batches {
			for _, name := range slices.Concat(batch.RPMs, batch.Modules) {
				b.AddEdge(planner.Edge{From: id, To: ComponentID(s.Name, s.Stream, name), Kind: planner.EdgeContains})
			}
		}
	}
	return b.Graph()
}

func addComponents(b *planner.Builder, s *modulemd.Stream, how planner.ReuseStrategy, find func(string, modulemd.ModuleComponent) (*modulemd.Stream, error)) error {
	batches, err := s.ExpandBatches(find)
	if err != nil {
		return fmt.Errorf("modular: %s: %w", s.NSVC(), err)
	}
	kind := planner.EdgeBuild
	if how == planner.ReuseOnlyChanged {
		kind = planner.EdgeOrder
	}
	// A conduit for each batch stands for it and all before, so that edges do
	// not multiply.
	b.AddNode(planner.Node{ID: batchID(s, 1), Kind: planner.KindBuildroot, Conduit: true})
	for i, batch := range batches {
		n := FirstBatch + i
		b.AddNode(planner.Node{ID: batchID(s, n), Kind: planner.KindBuildroot, Conduit: true})
		below := kind
		if n == FirstBatch {
			below = planner.EdgeBuild
		}
		b.AddEdge(planner.Edge{From: batchID(s, n), To: batchID(s, n-1), Kind: below})
		for _, name := range slices.Concat(batch.RPMs, batch.Modules) {
			id := ComponentID(s.Name, s.Stream, name)
			b.AddNode(planner.Node{ID: id, Kind: planner.KindComponent, Labels: []string{string(ModuleID(s.Name, s.Stream))}})
			b.AddEdge(planner.Edge{From: batchID(s, n), To: id, Kind: kind})
			b.AddEdge(planner.Edge{From: id, To: batchID(s, 1), Kind: planner.EdgeBuild})
			b.AddEdge(planner.Edge{From: id, To: batchID(s, n-1), Kind: below, Evidence: "batch " + strconv.Itoa(n)})
		}
	}
	return nil
}

// known is which streams there are among some documents.
type known struct {
	streams map[string]map[string]*modulemd.Stream
}

func newKnown(streams []*modulemd.Stream) *known {
	k := &known{streams: map[string]map[string]*modulemd.Stream{}}
	for _, s := range streams {
		if k.streams[s.Name] == nil {
			k.streams[s.Name] = map[string]*modulemd.Stream{}
		}
		if have := k.streams[s.Name][s.Stream]; have == nil || have.NSVC().Compare(s.NSVC()) < 0 {
			k.streams[s.Name][s.Stream] = s
		}
	}
	return k
}

func (k *known) find(name string, c modulemd.ModuleComponent) (*modulemd.Stream, error) {
	return k.streams[name][c.Ref], nil
}

// admitted returns the streams of a module that a list stands for.
func (k *known) admitted(name string, streams []string) []string {
	out := slices.DeleteFunc(slices.Sorted(maps.Keys(k.streams[name])), func(s string) bool { return !allowed(streams, s) })
	for _, s := range streams {
		if len(s) > 0 && s[0] != '-' && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func (k *known) edge(b *planner.Builder, from planner.ID, kind planner.EdgeKind, name, stream, evidence string) {
	to := ModuleID(name, stream)
	if k.streams[name][stream] == nil {
		b.AddNode(planner.Node{ID: to, Kind: planner.KindModule, Conduit: true})
	}
	b.AddEdge(planner.Edge{From: from, To: to, Kind: kind, Evidence: evidence})
}

// link adds what a document is built against.
func (k *known) link(b *planner.Builder, s *modulemd.Stream, from planner.ID) {
	if built := noted(s); len(built) > 0 {
		for name, stream := range built {
			k.edge(b, from, planner.EdgeBuild, name, stream, "built against "+name+":"+stream)
		}
		return
	}
	for _, d := range s.Dependencies {
		for name, streams := range d.BuildRequires {
			for _, stream := range k.admitted(name, streams) {
				k.edge(b, from, planner.EdgeBuild, name, stream, "buildrequires "+name+":"+stream)
			}
		}
	}
}

func (k *known) linkRuntime(b *planner.Builder, s *modulemd.Stream, from planner.ID) {
	for _, d := range s.Dependencies {
		for name, streams := range d.Requires {
			for _, stream := range k.admitted(name, streams) {
				k.edge(b, from, planner.EdgeRun, name, stream, "requires "+name+":"+stream)
			}
		}
	}
}

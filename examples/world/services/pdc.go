// SPDX-License-Identifier: MIT

package services

import (
	"strconv"

	"github.com/seed-f134cc8e/relkit/examples/world/distro"
	"github.com/seed-f134cc8e/relkit/pdc"
	"github.com/seed-f134cc8e/relkit/pdc/pdctest"
)

// openPDC makes a PDC that holds the release as the updater would have put it
// there: packages, what each asked for at its build and asks for when it is
// installed, and the module builds with their documents.
func (w *World) openPDC(*memory) error {
	graph := pdctest.Graph{Release: distro.Release}
	for _, p := range w.distro.Packages {
		for _, b := range p.Binaries {
			graph.Packages = append(graph.Packages, pdctest.Package{
				Name: b.Name, Source: p.Name, Version: p.Version, Rel: "1" + distro.Dist, Arch: distro.Arch, Branch: distro.Branch,
			})
			// What a source package needs is known by each of its binaries: PDC
			// speaks of these alone.
			for _, r := range p.BuildRequires {
				graph.Edges = append(graph.Edges, pdctest.Edge{From: b.Name, To: r, Type: pdc.RPMBuildRequires})
			}
			for _, r := range b.Requires {
				graph.Edges = append(graph.Edges, pdctest.Edge{From: b.Name, To: r, Type: pdc.RPMRequires})
			}
		}
	}
	var modules []any
	for _, m := range w.distro.Modules {
		row := pdc.Module{
			Name: m.Name, Stream: m.Stream, Version: strconv.FormatUint(m.Version, 10), Context: m.Context, Active: true,
			KojiTag: "module-" + m.Name + "-" + m.Stream, Modulemd: string(m.Document),
		}
		for _, c := range m.Components {
			row.RPMs = append(row.RPMs, pdc.RPMLink{
				Name: c, Version: "1", Release: "1.module_" + m.Context, Arch: distro.Arch, SRPMName: c,
				SRPMNEVRA: c + "-0:1-1.module_" + m.Context + ".src",
			})
		}
		modules = append(modules, row)
	}
	var err error
	w.PDCServer, err = pdctest.New(pdctest.Seed{
		Rows: []pdctest.Rows{
			{Resource: "releases/", Rows: []any{pdc.Release{
				Short: "fedora", Version: "43", Name: "Fedora", ReleaseType: "ga", Active: true, DistGit: &pdc.DistGit{Branch: distro.Branch},
			}}},
			{Resource: "modules/", Rows: modules},
		},
		Graphs: []pdctest.Graph{graph},
	}, pdctest.Options{})
	return err
}

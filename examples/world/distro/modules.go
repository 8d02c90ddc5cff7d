// SPDX-License-Identifier: MIT

package distro

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-f134cc8e/relkit/modulemd"
)

// loadModules reads the published module streams and finds which of their
// components the distribution has.
func (d *Distro) loadModules() error {
	documents := bytes.Split(moduleFile, []byte("---\n"))[1:]
	i := 0
	for doc, err := range modulemd.Read(context.Background(), bytes.NewReader(moduleFile), modulemd.Options{}) {
		if err != nil {
			return fmt.Errorf("distro: modules.yaml: %w", err)
		}
		s, ok := doc.(*modulemd.Stream)
		if !ok || i >= len(documents) {
			return fmt.Errorf("distro: modules.yaml: document %d is no module stream", i+1)
		}
		m := Module{Name: s.Name, Stream: s.Stream, Version: s.Version, Context: s.Context, Document: documents[i]}
		for name := range s.RPMs {
			if _, ok := d.byName[name]; ok {
				m.Components = append(m.Components, name)
			}
		}
		slices.Sort(m.Components)
		d.Modules = append(d.Modules, m)
		i++
	}
	slices.SortFunc(d.Modules, func(a, b Module) int { return strings.Compare(string(a.ID()), string(b.ID())) })
	return nil
}

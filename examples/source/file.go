// SPDX-License-Identifier: MIT

package source

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"

	"github.com/seed-f134cc8e/relkit/planner"
)

// maxGraph bounds a graph file, unpacked.
const maxGraph = 1 << 30

// Graph reads a graph file: planner-graph/1 JSON or graph text, gzipped or not.
func Graph(path string) (*planner.Graph, error) {
	g, err := readGraph(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return g, nil
}

func readGraph(path string) (*planner.Graph, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		if data, err = io.ReadAll(io.LimitReader(z, maxGraph+1)); err != nil {
			return nil, err
		}
	}
	if len(data) > maxGraph {
		return nil, fmt.Errorf("larger than %d bytes", maxGraph)
	}
	if text := bytes.TrimSpace(data); len(text) > 0 && text[0] == '{' {
		return planner.ParseGraph(text)
	}
	return planner.ParseGraphText(string(data))
}

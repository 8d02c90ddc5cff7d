// SPDX-License-Identifier: MIT

package planner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// GraphFormat is the name of the JSON graph format that [ParseGraph] reads and
// [Graph.WriteJSON] writes.
const GraphFormat = "planner-graph/1"

// fileNode is a node in the JSON format. Conduit is told only where the kind
// does not tell it.
type fileNode struct {
	ID        ID       `json:"id"`
	Kind      NodeKind `json:"kind,omitempty"`
	Conduit   *bool    `json:"conduit,omitempty"`
	Arches    []string `json:"arches,omitempty"`
	Labels    []string `json:"labels,omitempty"`
	Duration  string   `json:"duration,omitempty"`
	Bootstrap bool     `json:"bootstrap,omitempty"`
}

// fileDetail is the optional fourth element of an edge in the JSON format.
type fileDetail struct {
	Weak      bool     `json:"weak,omitempty"`
	Bootstrap bool     `json:"bootstrap,omitempty"`
	Possible  bool     `json:"possible,omitempty"`
	Arches    []string `json:"arches,omitempty"`
	Evidence  string   `json:"evidence,omitempty"`
}

// conduitByKind is the meaning of a kind in files that do not say conduit.
func conduitByKind(k NodeKind) bool { return k == KindBinary || k == KindBuildroot }

// ParseGraph reads a graph in the JSON format [GraphFormat]:
//
//	{"format": "planner-graph/1", "release": "f41",
//	 "nodes": [{"id": "rpms/bash", "kind": "source"}, {"id": "binary/bash", "kind": "binary"}],
//	 "edges": [[1, 0, "from"], [0, 1, "build", {"weak": true, "evidence": "BuildRequires: bash"}]]}
//
// An edge [from, to, kind] says that from depends on to; the ends are
// positions in nodes, or ids. Nodes may also say conduit, arches, labels,
// duration ("1m30s") and bootstrap; without conduit, the kinds binary and
// buildroot are conduits and all others are built. Unknown members are
// ignored. Errors name the place and wrap [ErrInvalid].
func ParseGraph(data []byte) (*Graph, error) {
	var file struct {
		Format  *string           `json:"format"`
		Release string            `json:"release"`
		Nodes   []fileNode        `json:"nodes"`
		Edges   []json.RawMessage `json:"edges"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("planner: graph: %w: %w", err, ErrInvalid)
	}
	if file.Format == nil || *file.Format != GraphFormat {
		have := "no format"
		if file.Format != nil {
			have = fmt.Sprintf("the format %q", *file.Format)
		}
		return nil, fmt.Errorf("planner: graph has %s, not %q: %w", have, GraphFormat, ErrInvalid)
	}
	b := Builder{Release: file.Release}
	b.Grow(len(file.Nodes), len(file.Edges))
	refs := make([]Ref, len(file.Nodes))
	for i, n := range file.Nodes {
		node, err := n.node()
		if err != nil {
			return nil, fmt.Errorf("planner: graph: nodes[%d] %q: %w: %w", i, n.ID, err, ErrInvalid)
		}
		refs[i] = b.AddNode(node)
	}
	for i, raw := range file.Edges {
		if err := b.addFileEdge(raw, refs); err != nil {
			return nil, fmt.Errorf("planner: graph: edges[%d] %.80s: %w: %w", i, raw, err, ErrInvalid)
		}
	}
	return b.Graph()
}

func (n fileNode) node() (Node, error) {
	out := Node{ID: n.ID, Kind: n.Kind, Conduit: conduitByKind(n.Kind), Arches: n.Arches, Labels: n.Labels, Bootstrap: n.Bootstrap}
	if n.Conduit != nil {
		out.Conduit = *n.Conduit
	}
	if n.Duration != "" {
		d, err := time.ParseDuration(n.Duration)
		if err != nil {
			return out, err
		}
		out.Duration = d
	}
	return out, nil
}

func (b *Builder) addFileEdge(raw []byte, refs []Ref) error {
	if from, to, kind, ok := plainEdge(raw); ok {
		if from >= len(refs) || to >= len(refs) {
			return fmt.Errorf("there are only %d nodes", len(refs))
		}
		b.Connect(refs[from], refs[to], Detail(kind))
		return nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	if len(parts) != 3 && len(parts) != 4 {
		return fmt.Errorf("%d elements, not 3 or 4", len(parts))
	}
	var e Edge
	var err error
	if e.From, err = b.fileEnd(parts[0], refs); err != nil {
		return err
	}
	if e.To, err = b.fileEnd(parts[1], refs); err != nil {
		return err
	}
	if err := json.Unmarshal(parts[2], &e.Kind); err != nil {
		return err
	}
	if len(parts) == 4 {
		var d fileDetail
		if err := json.Unmarshal(parts[3], &d); err != nil {
			return err
		}
		e.Weak, e.Bootstrap, e.Possible, e.Arches, e.Evidence = d.Weak, d.Bootstrap, d.Possible, d.Arches, d.Evidence
	}
	b.AddEdge(e)
	return nil
}

// fileEnd returns the id that an edge end stands for.
func (b *Builder) fileEnd(raw []byte, refs []Ref) (ID, error) {
	if len(raw) > 0 && raw[0] == '"' {
		var id ID
		err := json.Unmarshal(raw, &id)
		return id, err
	}
	i, err := strconv.Atoi(string(raw))
	if err != nil || i < 0 {
		return "", fmt.Errorf("%s is neither a position nor an id", raw)
	}
	if i >= len(refs) {
		return "", fmt.Errorf("there are only %d nodes", len(refs))
	}
	if refs[i] < 0 {
		return "", fmt.Errorf("node %d has no id", i)
	}
	return b.ids[refs[i]], nil
}

// plainEdge reads the form [12,7,"build"] without spaces, which nearly all
// edges of large files have.
func plainEdge(raw []byte) (from, to int, kind EdgeKind, ok bool) {
	rest, ok := bytes.CutPrefix(raw, []byte("["))
	if !ok {
		return
	}
	if from, rest, ok = number(rest); !ok {
		return
	}
	if to, rest, ok = number(rest); !ok {
		return
	}
	for k, name := range edgeKindNames {
		if len(rest) == len(name)+3 && rest[0] == '"' && string(rest[1:1+len(name)]) == name && rest[len(rest)-2] == '"' {
			return from, to, EdgeKind(k), true
		}
	}
	return 0, 0, 0, false
}

func number(b []byte) (n int, rest []byte, ok bool) {
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9' && i < 10:
			n = n*10 + int(c-'0')
		case c == ',' && i > 0:
			return n, b[i+1:], true
		default:
			return 0, nil, false
		}
	}
	return 0, nil, false
}

// WriteJSON writes the graph in the format that [ParseGraph] reads, nodes and
// edges sorted, one a line. Dangling edges follow by id, so that nothing is
// lost.
func (g *Graph) WriteJSON(w io.Writer) error {
	var buf bytes.Buffer
	fmt.Fprintf(&buf, "{\"format\":%q", GraphFormat)
	if g.release != "" {
		fmt.Fprintf(&buf, ",\"release\":%s", mustJSON(g.release))
	}
	buf.WriteString(",\"nodes\":[")
	for i := range g.ids {
		comma(&buf, i)
		n := g.node(int32(i))
		f := fileNode{ID: n.ID, Kind: n.Kind, Arches: n.Arches, Labels: n.Labels, Bootstrap: n.Bootstrap}
		if n.Conduit != conduitByKind(n.Kind) {
			f.Conduit = &n.Conduit
		}
		if n.Duration > 0 {
			f.Duration = n.Duration.String()
		}
		buf.Write(mustJSON(f))
		if err := spill(w, &buf); err != nil {
			return err
		}
	}
	buf.WriteString("\n],\"edges\":[")
	for f := range g.ids {
		for e := g.fwd.off[f]; e < g.fwd.off[f+1]; e++ {
			comma(&buf, int(e))
			d := g.detailAt(e)
			fmt.Fprintf(&buf, "[%d,%d,%q%s]", f, g.fwd.to[e], EdgeKind(d.attr>>attrShift).String(), d.file())
			if err := spill(w, &buf); err != nil {
				return err
			}
		}
	}
	for i, e := range g.dangling {
		comma(&buf, i+len(g.fwd.to))
		d := edgeDetail{attr: e.attr(), arches: e.Arches, evidence: e.Evidence}
		fmt.Fprintf(&buf, "[%s,%s,%q%s]", mustJSON(e.From), mustJSON(e.To), e.Kind.String(), d.file())
	}
	buf.WriteString("\n]}\n")
	_, err := w.Write(buf.Bytes())
	return err
}

// MarshalJSON returns what [Graph.WriteJSON] writes.
func (g *Graph) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	err := g.WriteJSON(&buf)
	return buf.Bytes(), err
}

// file returns the fourth element of a JSON edge with its comma, or "".
func (d edgeDetail) file() string {
	if d.attr&(1<<attrShift-1) == 0 && d.arches == nil && d.evidence == "" {
		return ""
	}
	f := fileDetail{
		Weak: d.attr&attrWeak != 0, Bootstrap: d.attr&attrBootstrap != 0, Possible: d.attr&attrPossible != 0,
		Arches: d.arches, Evidence: d.evidence,
	}
	return "," + string(mustJSON(f))
}

func comma(buf *bytes.Buffer, i int) {
	if i > 0 {
		buf.WriteByte(',')
	}
	buf.WriteByte('\n')
}

func spill(w io.Writer, buf *bytes.Buffer) error {
	if buf.Len() < 1<<16 {
		return nil
	}
	_, err := w.Write(buf.Bytes())
	buf.Reset()
	return err
}

// mustJSON encodes plain data, which cannot fail, without escaping <, > and &.
func mustJSON(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// SPDX-License-Identifier: MIT

package planner

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// ParseGraphText reads a graph from text, made for fixtures and small cases:
//
//	# a comment
//	release f41
//	node rpms/gcc source bootstrap duration=2h label=ring0,toolchain
//	node binary/gcc binary
//	binary/gcc from rpms/gcc
//	rpms/gcc build binary/gcc bootstrap "BuildRequires: gcc"
//
// A node line holds an id, a kind, and any of conduit, buildable, bootstrap,
// duration=, label= and arch= (lists with commas); without conduit or
// buildable, the kinds binary and buildroot are conduits. Every other line is
// an edge: who needs, the [EdgeKind], who is needed, and any of weak,
// bootstrap, possible, arch= and the evidence in quotes. Ids with spaces, or
// named node or release, are written in Go quotes. Errors name the line and
// wrap [ErrInvalid].
func ParseGraphText(text string) (*Graph, error) {
	var b Builder
	line := 0
	for raw := range strings.Lines(text) {
		line++
		fields, err := splitFields(raw)
		if err == nil && len(fields) > 0 {
			err = b.textLine(fields)
		}
		if err == nil && b.mistakes > 0 {
			err = b.errs[0]
		}
		if err != nil {
			return nil, fmt.Errorf("planner: graph text: line %d: %w: %w", line, err, ErrInvalid)
		}
	}
	return b.Graph()
}

// textField is a word of a line; quoted words are never keywords.
type textField struct {
	word   string
	quoted bool
}

func (f textField) is(word string) bool { return !f.quoted && f.word == word }

func splitFields(line string) ([]textField, error) {
	var fields []textField
	for {
		line = strings.TrimLeft(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			return fields, nil
		}
		if line[0] == '"' {
			q, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("quote that does not end: %.40s", strings.TrimSpace(line))
			}
			word, err := strconv.Unquote(q)
			if err != nil {
				return nil, err
			}
			fields = append(fields, textField{word, true})
			line = line[len(q):]
			if line != "" && !strings.ContainsRune(" \t\r\n", rune(line[0])) {
				return nil, fmt.Errorf("text right after the quote %s", q)
			}
			continue
		}
		end := strings.IndexAny(line, " \t\r\n")
		if end < 0 {
			end = len(line)
		}
		fields = append(fields, textField{line[:end], false})
		line = line[end:]
	}
}

func (b *Builder) textLine(f []textField) error {
	switch {
	case f[0].is("release"):
		if len(f) != 2 {
			return fmt.Errorf("a release line holds one label")
		}
		b.Release = f[1].word
		return nil
	case f[0].is("node"):
		return b.textNode(f[1:])
	case len(f) < 3:
		return fmt.Errorf("an edge line holds at least three words")
	}
	e := Edge{From: ID(f[0].word), To: ID(f[2].word)}
	if err := e.Kind.UnmarshalText([]byte(f[1].word)); err != nil {
		return err
	}
	for _, w := range f[3:] {
		switch {
		case w.quoted:
			e.Evidence = w.word
		case w.word == "weak":
			e.Weak = true
		case w.word == "bootstrap":
			e.Bootstrap = true
		case w.word == "possible":
			e.Possible = true
		case strings.HasPrefix(w.word, "arch="):
			e.Arches = textList(w.word)
		default:
			return fmt.Errorf("unknown edge word %q", w.word)
		}
	}
	b.AddEdge(e)
	return nil
}

func (b *Builder) textNode(f []textField) error {
	if len(f) == 0 {
		return fmt.Errorf("a node line holds an id")
	}
	n := Node{ID: ID(f[0].word)}
	f = f[1:]
	if len(f) > 0 && (f[0].quoted || !nodeWord(f[0].word)) {
		n.Kind = NodeKind(f[0].word)
		n.Conduit = conduitByKind(n.Kind)
		f = f[1:]
	}
	for _, w := range f {
		key, value, _ := strings.Cut(w.word, "=")
		switch {
		case w.is("conduit"):
			n.Conduit = true
		case w.is("buildable"):
			n.Conduit = false
		case w.is("bootstrap"):
			n.Bootstrap = true
		case key == "label":
			n.Labels = textList(w.word)
		case key == "arch":
			n.Arches = textList(w.word)
		case key == "duration":
			d, err := time.ParseDuration(value)
			if err != nil {
				return err
			}
			n.Duration = d
		default:
			return fmt.Errorf("unknown node word %q", w.word)
		}
	}
	b.AddNode(n)
	return nil
}

func nodeWord(w string) bool {
	switch w {
	case "conduit", "buildable", "bootstrap":
		return true
	}
	return strings.Contains(w, "=")
}

func textList(word string) []string {
	_, list, _ := strings.Cut(word, "=")
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

// WriteText writes the graph in the grammar that [ParseGraphText] reads, nodes
// and edges sorted; dangling edges come last.
func (g *Graph) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	if g.release != "" {
		fmt.Fprintf(out, "release %s\n", textWord(g.release))
	}
	for n := range g.Nodes() {
		fmt.Fprintf(out, "node %s", textWord(string(n.ID)))
		if n.Kind != "" {
			word := textWord(string(n.Kind))
			if nodeWord(string(n.Kind)) {
				word = strconv.Quote(string(n.Kind))
			}
			fmt.Fprintf(out, " %s", word)
		}
		switch {
		case n.Conduit && !conduitByKind(n.Kind):
			fmt.Fprint(out, " conduit")
		case !n.Conduit && conduitByKind(n.Kind):
			fmt.Fprint(out, " buildable")
		}
		if n.Bootstrap {
			fmt.Fprint(out, " bootstrap")
		}
		if n.Duration > 0 {
			fmt.Fprintf(out, " duration=%s", n.Duration)
		}
		textOption(out, "label", n.Labels)
		textOption(out, "arch", n.Arches)
		fmt.Fprintln(out)
	}
	for e := range g.Edges() {
		textEdge(out, e)
	}
	for _, e := range g.dangling {
		textEdge(out, e)
	}
	return out.Flush()
}

func textEdge(out *bufio.Writer, e Edge) {
	fmt.Fprintf(out, "%s %s %s", textWord(string(e.From)), e.Kind, textWord(string(e.To)))
	for _, flag := range []struct {
		on   bool
		name string
	}{{e.Weak, "weak"}, {e.Bootstrap, "bootstrap"}, {e.Possible, "possible"}} {
		if flag.on {
			fmt.Fprintf(out, " %s", flag.name)
		}
	}
	textOption(out, "arch", e.Arches)
	if e.Evidence != "" {
		fmt.Fprintf(out, " %s", strconv.Quote(e.Evidence))
	}
	fmt.Fprintln(out)
}

func textOption(out *bufio.Writer, name string, list []string) {
	if len(list) > 0 {
		fmt.Fprintf(out, " %s", textWord(name+"="+strings.Join(list, ",")))
	}
}

// textWord quotes a word where the grammar needs it.
func textWord(s string) string {
	if s == "" || s == "node" || s == "release" || s[0] == '#' || s[0] == '"' ||
		strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xfffd }) {
		return strconv.Quote(s)
	}
	return s
}

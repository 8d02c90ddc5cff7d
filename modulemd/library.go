// SPDX-License-Identifier: MIT

package modulemd

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// parseWithLibrary fills toks from the YAML library, for documents that the
// scanner declined. Scalars come as text, whatever type their tag or shape
// suggests; aliases are kept as such, never followed.
func parseWithLibrary(toks []token, d document, o *Options) ([]token, *Error) {
	toks = toks[:0]
	fail := func(line, col int, c Class, msg string) *Error {
		return &Error{File: o.Name, Document: d.index, Line: d.line - 1 + max(line, 1), Column: max(col, 1), Class: c, Msg: msg}
	}
	dec := yaml.NewDecoder(strings.NewReader(acceptVersion(d.text)))
	var root yaml.Node
	if err := decodeNode(dec, &root); err != nil && err != io.EOF {
		line, msg := libraryError(err)
		return toks, fail(line, 1, ClassUnparseable, msg)
	}
	var more yaml.Node
	if err := decodeNode(dec, &more); err == nil {
		return toks, fail(more.Line, more.Column, ClassUnparseable, "document markers need a line feed before them")
	} else if err != io.EOF {
		line, msg := libraryError(err)
		return toks, fail(line, 1, ClassUnparseable, msg)
	}
	if root.Kind != yaml.DocumentNode || len(root.Content) != 1 {
		return append(toks, token{line: 1, col: 1, end: 1}), nil
	}
	toks, ok := flatten(toks, root.Content[0], o.MaxDepth)
	if !ok {
		t := toks[len(toks)-1]
		return toks, fail(int(t.line), int(t.col), ClassLimit, fmt.Sprintf("collections nest deeper than %d", o.MaxDepth))
	}
	return toks, nil
}

// decodeNode keeps a panic of the library from reaching the caller; it has
// had such bugs on broken input.
func decodeNode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	return dec.Decode(n)
}

// flatten appends the tokens of n. Where it gives up, the last token is where.
func flatten(toks []token, n *yaml.Node, depth int) ([]token, bool) {
	self := len(toks)
	toks = append(toks, token{text: n.Value, line: int32(n.Line), col: int32(n.Column)})
	if depth < 0 {
		return toks, false
	}
	switch n.Kind {
	case yaml.MappingNode, yaml.SequenceNode:
		toks[self].kind = kindMap
		if n.Kind == yaml.SequenceNode {
			toks[self].kind = kindSeq
		}
		for _, c := range n.Content {
			var ok bool
			if toks, ok = flatten(toks, c, depth-1); !ok {
				return toks, false
			}
		}
	case yaml.AliasNode:
		toks[self].kind = kindAlias
	}
	toks[self].end = int32(len(toks))
	return toks, true
}

// acceptVersion writes %YAML 1.2 directives as 1.1: what is read here is the
// same in both, and the library refuses the newer.
func acceptVersion(text string) string {
	if !strings.HasPrefix(text, "%") {
		return text
	}
	i := strings.Index(text, "\n---")
	if i < 0 {
		return text
	}
	return yamlVersion.ReplaceAllString(text[:i+1], "${1}1.1") + text[i+1:]
}

var yamlVersion = regexp.MustCompile(`(?m)^(%YAML[ \t]+)1\.2\b`)

var errorLine = regexp.MustCompile(`^line (\d+): `)

// libraryError takes the line out of an error's text.
func libraryError(err error) (line int, msg string) {
	msg = strings.TrimPrefix(err.Error(), "yaml: ")
	var te *yaml.TypeError
	if errors.As(err, &te) && len(te.Errors) > 0 {
		msg = te.Errors[0]
	}
	if m := errorLine.FindStringSubmatch(msg); m != nil {
		line, _ = strconv.Atoi(m[1])
		msg = msg[len(m[0]):]
	}
	return line, msg
}

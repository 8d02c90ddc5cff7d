// SPDX-License-Identifier: MIT

package comps

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of what is read. Real files have about 5 MB and seven levels.
const (
	maxSize  = 64 << 20
	maxDepth = 32
)

// An Element is an XML element that the readers do not know. Its text is kept
// when it has no elements inside.
type Element struct {
	Name     string
	Attrs    map[string]string
	Text     string
	Children []Element
}

// element is a read element with its place.
type element struct {
	Element
	line, column int
	chars        []byte
	inside       []*element
}

// parse reads a document whose root has the name.
func parse(r io.Reader, root string) (*element, error) {
	d := xml.NewDecoder(bufio.NewReader(&limited{r: r, left: maxSize}))
	var stack []*element
	var top *element
	for {
		tok, err := d.Token()
		line, column := d.InputPos()
		if errors.Is(err, io.EOF) && top != nil && len(stack) == 0 {
			return top, nil
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("there is no %s element", root)
			}
			var syntax *xml.SyntaxError
			if errors.As(err, &syntax) {
				line, err = syntax.Line, errors.New(syntax.Msg)
			}
			return nil, &Error{Line: line, Column: column, Err: err}
		}
		fail := func(format string, args ...any) error {
			return &Error{Line: line, Column: column, Err: fmt.Errorf(format, args...)}
		}
		switch t := tok.(type) {
		case xml.StartElement:
			e := &element{Element: Element{Name: qualified(t.Name)}, line: line, column: column}
			for _, a := range t.Attr {
				if e.Attrs == nil {
					e.Attrs = map[string]string{}
				}
				name := qualified(a.Name)
				if _, ok := e.Attrs[name]; ok {
					return nil, fail("%s has two attributes %s", e.Name, name)
				}
				e.Attrs[name] = a.Value
			}
			switch {
			case len(stack) == maxDepth:
				return nil, fail("elements are nested deeper than %d", maxDepth)
			case len(stack) > 0:
				stack[len(stack)-1].inside = append(stack[len(stack)-1].inside, e)
			case top != nil:
				return nil, fail("there is a second root element %s", e.Name)
			case e.Name != root:
				return nil, fail("the root element is %s, not %s", e.Name, root)
			default:
				top = e
			}
			stack = append(stack, e)
		case xml.EndElement:
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if len(e.inside) == 0 {
				e.Text = string(e.chars)
			} else if len(bytes.TrimSpace(e.chars)) > 0 {
				return nil, fail("there is text between the elements of %s", e.Name)
			}
			e.chars = nil
		case xml.CharData:
			if len(stack) > 0 {
				e := stack[len(stack)-1]
				e.chars = append(e.chars, t...)
			} else if s := strings.Trim(string(t), " \t\r\n\ufeff"); s != "" {
				return nil, fail("there is text outside of the root element")
			}
		}
	}
}

func qualified(n xml.Name) string {
	switch n.Space {
	case "":
		return n.Local
	case "xml", "http://www.w3.org/XML/1998/namespace":
		return "xml:" + n.Local
	}
	return n.Space + ":" + n.Local
}

// limited fails after too many bytes, where a silent end would look like a
// truncated file.
type limited struct {
	r    io.Reader
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("the document has more than %d bytes", maxSize)
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// kept returns the element without its place.
func (e *element) kept() Element {
	out := e.Element
	for _, c := range e.inside {
		out.Children = append(out.Children, c.kept())
	}
	return out
}

// writer writes indented XML and keeps the first error.
type writer struct {
	b   []byte
	err error
}

type attr struct{ name, value string }

// attrs makes a list of those pairs that have a value, and adds others.
func attrs(extra map[string]string, pairs ...attr) []attr {
	pairs = slices.DeleteFunc(pairs, func(a attr) bool { return a.value == "" })
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		pairs = append(pairs, attr{name, extra[name]})
	}
	return pairs
}

func (w *writer) tag(depth int, name string, list []attr, end string) {
	for range depth {
		w.b = append(w.b, "  "...)
	}
	if !validName(name) {
		w.fail("%q is no element name", name)
	}
	w.b = append(w.b, '<')
	w.b = append(w.b, name...)
	for _, a := range list {
		if !validName(a.name) {
			w.fail("%q is no attribute name", a.name)
		}
		w.b = append(w.b, ' ')
		w.b = append(w.b, a.name...)
		w.b = append(w.b, `="`...)
		w.escape(a.value, true)
		w.b = append(w.b, '"')
	}
	w.b = append(w.b, end...)
}

// leaf writes an element with text.
func (w *writer) leaf(depth int, name, text string, list ...attr) {
	if text == "" {
		w.tag(depth, name, list, "/>\n")
		return
	}
	w.tag(depth, name, list, ">")
	w.escape(text, false)
	w.b = append(w.b, "</"+name+">\n"...)
}

func (w *writer) open(depth int, name string, list ...attr) { w.tag(depth, name, list, ">\n") }

func (w *writer) close(depth int, name string) {
	for range depth {
		w.b = append(w.b, "  "...)
	}
	w.b = append(w.b, "</"+name+">\n"...)
}

func (w *writer) element(depth int, e Element) {
	list := attrs(e.Attrs)
	if len(e.Children) == 0 {
		w.leaf(depth, e.Name, e.Text, list...)
		return
	}
	w.open(depth, e.Name, list...)
	for _, c := range e.Children {
		w.element(depth+1, c)
	}
	w.close(depth, e.Name)
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("comps: "+format, args...)
	}
}

func (w *writer) escape(s string, quoted bool) {
	for i, r := range s {
		switch {
		case r == '&':
			w.b = append(w.b, "&amp;"...)
		case r == '<':
			w.b = append(w.b, "&lt;"...)
		case r == '>':
			w.b = append(w.b, "&gt;"...)
		case r == '"' && quoted:
			w.b = append(w.b, "&quot;"...)
		case r == '\r', quoted && (r == '\n' || r == '\t'):
			w.b = fmt.Appendf(w.b, "&#x%X;", r)
		case r < 0x20 && r != '\n' && r != '\t', r == 0xfffe, r == 0xffff:
			w.fail("%q holds a character that XML has no form for", s)
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			w.fail("%q is not UTF-8", s)
		default:
			w.b = utf8.AppendRune(w.b, r)
		}
	}
}

// validName is a little narrower than XML.
func validName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r == ':' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0xc0
		if !letter && (i == 0 || r != '-' && r != '.' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != "" && utf8.ValidString(s)
}

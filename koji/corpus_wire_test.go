// SPDX-License-Identifier: MIT

package koji_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A reader of XML-RPC that shares nothing with the package's own.

type element struct {
	name     string
	children []*element
	text     string
}

func parseXML(doc []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	root := &element{}
	stack := []*element{root}
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := tok.(type) {
		case xml.StartElement:
			e := &element{name: t.Name.Local}
			top.children = append(top.children, e)
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(t)
		}
	}
	if len(root.children) != 1 {
		return nil, errors.New("no single root element")
	}
	return root.children[0], nil
}

func (e *element) child(name string) *element {
	for _, c := range e.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (e *element) value() (any, error) {
	if len(e.children) == 0 {
		return e.text, nil
	}
	c := e.children[0]
	text := strings.TrimSpace(c.text)
	switch c.name {
	case "nil":
		return nil, nil
	case "string":
		return c.text, nil
	case "int", "i4", "i8":
		return strconv.ParseInt(text, 10, 64)
	case "boolean":
		return text == "1", nil
	case "double":
		return strconv.ParseFloat(text, 64)
	case "dateTime.iso8601":
		return time.Parse("20060102T15:04:05", text)
	case "base64":
		return base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\n", ""))
	case "array":
		out := []any{}
		for _, v := range c.child("data").children {
			x, err := v.value()
			if err != nil {
				return nil, err
			}
			out = append(out, x)
		}
		return out, nil
	case "struct":
		out := map[string]any{}
		for _, m := range c.children {
			x, err := m.child("value").value()
			if err != nil {
				return nil, err
			}
			out[m.child("name").text] = x
		}
		return out, nil
	}
	return nil, fmt.Errorf("type %s", c.name)
}

func parseCall(doc []byte) (method string, params []any, err error) {
	root, err := parseXML(doc)
	if err != nil {
		return "", nil, err
	}
	if root.name != "methodCall" || root.child("methodName") == nil {
		return "", nil, errors.New("no methodCall")
	}
	params = []any{}
	if ps := root.child("params"); ps != nil {
		for _, p := range ps.children {
			v, err := p.child("value").value()
			if err != nil {
				return "", nil, err
			}
			params = append(params, v)
		}
	}
	return strings.TrimSpace(root.child("methodName").text), params, nil
}

// parseReply returns the result, or the fault as a map.
func parseReply(doc []byte) (result any, fault map[string]any, err error) {
	root, err := parseXML(doc)
	if err != nil {
		return nil, nil, err
	}
	if f := root.child("fault"); f != nil {
		v, err := f.child("value").value()
		m, ok := v.(map[string]any)
		if err == nil && !ok {
			err = errors.New("fault is no struct")
		}
		return nil, m, err
	}
	ps := root.child("params")
	if ps == nil || len(ps.children) != 1 {
		return nil, nil, errors.New("no single result")
	}
	result, err = ps.children[0].child("value").value()
	return result, nil, err
}

// A signature is how the hub declares a method.
type signature struct {
	names    []string
	defaults map[string]any
	varargs  bool
	kwargs   bool
}

func signatures(t testing.TB) map[string]signature {
	t.Helper()
	f, err := os.Open("testdata/methods.txt")
	require.NoError(t, err)
	defer f.Close()
	out := map[string]signature{}
	for s := bufio.NewScanner(f); s.Scan(); {
		name, args, ok := strings.Cut(strings.TrimSuffix(s.Text(), ")"), "(")
		require.True(t, ok, s.Text())
		sig := signature{defaults: map[string]any{}}
		for arg := range strings.SplitSeq(args, ", ") {
			switch {
			case arg == "":
			case strings.HasPrefix(arg, "**"):
				sig.kwargs = true
			case strings.HasPrefix(arg, "*"):
				sig.varargs = true
			default:
				n, def, has := strings.Cut(arg, "=")
				sig.names = append(sig.names, n)
				if has {
					sig.defaults[n] = literal(t, def)
				}
			}
		}
		out[name] = sig
	}
	return out
}

func literal(t testing.TB, s string) any {
	switch s {
	case "None":
		return nil
	case "True":
		return true
	case "False":
		return false
	}
	if text, ok := strings.CutPrefix(s, "'"); ok {
		return strings.TrimSuffix(text, "'")
	}
	n, err := strconv.ParseInt(s, 10, 64)
	require.NoError(t, err, s)
	return n
}

// bind gives every argument its name. What a method with *args takes beyond
// its names stays in order under "*".
func (s signature) bind(params []any) (map[string]any, error) {
	out := map[string]any{}
	var named map[string]any
	if n := len(params); n > 0 {
		if m, ok := params[n-1].(map[string]any); ok && m["__starstar"] == true {
			named, params = m, params[:n-1]
		}
	}
	for i, p := range params {
		switch {
		case i < len(s.names):
			out[s.names[i]] = p
		case s.varargs:
			rest, _ := out["*"].([]any)
			out["*"] = append(rest, p)
		default:
			return nil, fmt.Errorf("%d arguments for %d names", len(params), len(s.names))
		}
	}
	for k, v := range named {
		if k == "__starstar" {
			continue
		}
		if _, twice := out[k]; twice {
			return nil, fmt.Errorf("%s given twice", k)
		}
		out[k] = v
	}
	for k := range out {
		if k != "*" && !s.kwargs && !contains(s.names, k) {
			return nil, fmt.Errorf("unknown argument %s", k)
		}
	}
	for _, n := range s.names {
		if _, given := out[n]; !given {
			if _, optional := s.defaults[n]; !optional {
				return nil, fmt.Errorf("%s is missing", n)
			}
		}
	}
	return out, nil
}

// normal is bind without the arguments that have their default.
func (s signature) normal(params []any) (map[string]any, error) {
	out, err := s.bind(params)
	for k, v := range out {
		if def, has := s.defaults[k]; has && reflect.DeepEqual(def, v) {
			delete(out, k)
		}
	}
	// A method that takes any named arguments ignores those that are nil.
	if s.kwargs {
		for k, v := range out {
			if v == nil && !contains(s.names, k) {
				delete(out, k)
			}
		}
	}
	return out, err
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// raw turns recorded parameters into arguments of Call.
func raw(params []any, named func(map[string]any) any) []any {
	out := append([]any{}, params...)
	if n := len(out); n > 0 {
		if m, ok := out[n-1].(map[string]any); ok && m["__starstar"] == true {
			rest := map[string]any{}
			for k, v := range m {
				if k != "__starstar" {
					rest[k] = v
				}
			}
			out[n-1] = named(rest)
		}
	}
	return out
}

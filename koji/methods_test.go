// SPDX-License-Identifier: MIT

package koji_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-f134cc8e/relkit/internal/golden"
)

// upstream lists a hub's methods with their arguments, in order.
func upstream(t *testing.T) (names []string, args map[string]string) {
	t.Helper()
	data, err := os.ReadFile("testdata/methods.txt")
	require.NoError(t, err)
	args = map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), "(")
		require.True(t, ok, line)
		names = append(names, name)
		args[name] = "(" + rest
	}
	return names, args
}

// exported is a method of Client or Batch.
type exported struct {
	name     string
	calls    map[string]bool // upstream names in its body
	says     map[string]bool // upstream names that its comment says it calls
	position string
}

var callsWords = regexp.MustCompile(`(?s)calls\s+(.*?)\.(?:\s|$)`)

func exportedMethods(t *testing.T, known map[string]string) []exported {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var out []exported
	set := token.NewFileSet()
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, file, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() {
				continue
			}
			recv, ok := fn.Recv.List[0].Type.(*ast.StarExpr)
			if !ok {
				continue
			}
			typ, _ := recv.X.(*ast.Ident)
			if typ == nil || typ.Name != "Client" && typ.Name != "Batch" {
				continue
			}
			e := exported{name: typ.Name + "." + fn.Name.Name, calls: map[string]bool{}, says: map[string]bool{}, position: set.Position(fn.Pos()).String()}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if s, err := strconv.Unquote(lit.Value); err == nil && known[s] != "" {
						e.calls[s] = true
					}
				}
				return true
			})
			for _, m := range callsWords.FindAllStringSubmatch(fn.Doc.Text()+" ", -1) {
				for _, w := range strings.FieldsFunc(m[1], func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
					if known[w] != "" {
						e.says[w] = true
					}
				}
			}
			out = append(out, e)
		}
	}
	return out
}

// METHODS.md says how each method of a hub is reached; the source proves it.
func TestTheTableOfMethodsIsTrue(t *testing.T) {
	names, args := upstream(t)
	require.Len(t, names, 328)
	reached := map[string][]string{}
	said := map[string][]string{}
	for _, e := range exportedMethods(t, args) {
		for m := range e.calls {
			reached[m] = append(reached[m], e.name)
			if strings.HasPrefix(e.name, "Client.") {
				// count, search and the like are words too
				assert.True(t, e.says[m] || m == "count" || m == "search" || m == "build" || m == "error" || m == "fault",
					"%s: %s calls %s and its comment does not say so", e.position, e.name, m)
			}
		}
		for m := range e.says {
			said[m] = append(said[m], e.name)
		}
	}
	var b bytes.Buffer
	b.WriteString("# How each method of a Koji hub is reached\n\nThe 328 methods of a hub 1.35 with the plugins sidetag, runroot, kiwi,\nsave_failed_tree and dud. \"Call\" stands for `Client.Call` with the method's\nname; arguments by name are a `Named` at the end.\n\n")
	b.WriteString("| hub | relkit |\n|---|---|\n")
	typed := 0
	for _, n := range names {
		how := reached[n]
		if len(how) == 0 {
			how = said[n]
		}
		slices.Sort(how)
		how = slices.Compact(how)
		cell := "Call"
		if len(how) > 0 {
			typed++
			cell = "`" + strings.Join(how, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s%s` | %s |\n", n, strings.ReplaceAll(args[n], "|", "\\|"), cell)
	}
	fmt.Fprintf(&b, "\n%d have a method of their own, %d are reached by Call.\n", typed, len(names)-typed)
	golden.Compare(t, "METHODS.md", b.Bytes())
}

// What a comment says that is called must be called, here or further down.
func TestCommentsNameRealMethods(t *testing.T) {
	_, args := upstream(t)
	literals := map[string]bool{}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "methods.go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					literals[s] = true
				}
			}
			return true
		})
	}
	for _, e := range exportedMethods(t, args) {
		for _, m := range slices.Sorted(maps.Keys(e.says)) {
			assert.True(t, literals[m], "%s: %s says that it calls %s", e.position, e.name, m)
		}
	}
}
